#!/bin/bash
# SPDX-License-Identifier: MIT
#
# FFmpeg and libvawrap on two displays of one process, with drivers of two names, do not disturb each
# other: FFmpeg's pictures have the MD5s beside the stream, libvawrap's are right at every sample looked at.
# shellcheck disable=SC2154 # top_srcdir and top_builddir come from the Makefile
set -u
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
for name in softva other; do
	ln -s "$top_builddir/soft-driver/.libs/softva_drv_video.so" "$tmp/${name}_drv_video.so"
done

n=0
echo "1..3"
for stream in demo cabac-b b-pyramid-normal; do
	n=$((n + 1))
	if LIBVA_DRIVERS_PATH=$tmp LIBVA_MESSAGING_LEVEL=1 "$top_builddir/tests/same-process" \
		"$top_srcdir/tests/streams/$stream.264" softva other >"$tmp/md5" 2>"$tmp/err" &&
		diff "$top_srcdir/tests/streams/$stream.264.md5" "$tmp/md5" >"$tmp/diff"; then
		echo "ok $n - $stream ($(tail -n 1 "$tmp/err"))"
	else
		sed 's/^/# /' "$tmp/err"
		head -n 5 "$tmp/diff" 2>/dev/null | sed 's/^/# /'
		echo "not ok $n - $stream"
	fi
done
