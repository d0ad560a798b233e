#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The embedder of examples/embed.c decodes streams on softva; each picture's MD5 is the expected one.
set -u

streams=(demo cabac-b crop-36x66)
driver=$top_builddir/soft-driver/.libs
program=$top_builddir/examples/embed

if [ ! -e "$driver/softva_drv_video.so" ]; then
	echo "1..0 # SKIP softva was not built"
	exit 0
fi
export LIBVA_DRIVERS_PATH=$driver LIBVA_MESSAGING_LEVEL=0
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

check() { # stream
	local expected=$top_srcdir/tests/streams/$1.264.md5 frames bytes

	"$program" softva "$top_srcdir/tests/streams/$1.264" >"$work/out" 2>"$work/report" || return 1
	grep -q "^stream 1: .* frames, 0 corrupt" "$work/report" || return 1
	frames=$(wc -l <"$expected")
	bytes=$(stat -c %s "$work/out")
	[ "$bytes" -gt 0 ] && [ $((bytes % frames)) -eq 0 ] || return 1
	split -a 6 -b $((bytes / frames)) "$work/out" "$work/frame."
	md5sum "$work"/frame.* | cut -d' ' -f1 | cmp - "$expected" || return 1
	rm -f "$work"/frame.*
}

echo "1..${#streams[@]}"
n=0
for stream in "${streams[@]}"; do
	n=$((n + 1))
	if check "$stream"; then echo "ok $n - $stream"; else echo "not ok $n - $stream"; fi
done
