#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The embedder of examples/embed.c decodes streams on softva; each picture's MD5 is the expected one.
set -u

streams=(demo cabac-b crop-36x66)
driver=$top_builddir/soft-driver/.libs
program=$top_builddir/examples/embed

# shellcheck source=tests/tap.sh
. "$top_srcdir/tests/tap.sh"

[ -e "$driver/softva_drv_video.so" ] || skip_all "softva was not built"
export LIBVA_DRIVERS_PATH=$driver LIBVA_MESSAGING_LEVEL=0

exact() { # stream
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
for stream in "${streams[@]}"; do
	exact "$stream" 2>"$work/err"
	ok $? "$stream"
done
