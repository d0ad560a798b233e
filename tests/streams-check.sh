#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The project's own streams of all codecs as a set: each has as many MD5s as frames, all together stay small, and
# FFmpeg's software decoder shows the same pictures, but for the faults of its own that are listed.

# shellcheck source=tests/codecs.sh
. "$top_srcdir/tests/codecs.sh"

streams=$top_srcdir/tests/streams
faults=$streams/known-ffmpeg-faults
# shellcheck source=tests/tap.sh
. "$top_srcdir/tests/tap.sh"

sums_sound() { # the form: one lower-case MD5 a line
	[ -s "$1" ] && ! grep -qvx '[0-9a-f]\{32\}' "$1"
}

decode() { # STREAM: FFmpeg's MD5s. -strict 1 makes it wait for pictures as the DPB's size says.
	ffmpeg -nostdin -hide_banner -v quiet -flags unaligned -threads 1 -strict 1 -i "$1" \
		-fps_mode passthrough -noautoscale -f framemd5 - | sed -n 's/^0,.*, *//p'
}

list() { # also those that lack their MD5s
	grep -v '^#' "$codecs_table" | while read -r _ patterns _; do
		for pattern in $(echo "$patterns" | tr , '\n' | sed "s|^|$streams/|"); do
			# shellcheck disable=SC2086
			ls $pattern 2>/dev/null
		done
	done
}

for f in $(list); do
	name=$(stream_name "$f")
	sums_sound "$f.md5"
	ok $? "$name: MD5s are there"
	command -v ffmpeg >/dev/null || continue
	decode "$f" >"$work/md5"
	if grep -q "^$name: " "$faults"; then
		! cmp -s "$work/md5" "$f.md5"
		ok $? "$name: FFmpeg's fault is still there"
	else
		cmp -s "$work/md5" "$f.md5"
		ok $? "$name: FFmpeg shows the same $(wc -l <"$f.md5") frames"
	fi
done

n=$(list | wc -l)
[ "$n" -ge 25 ]
ok $? "$n streams"
bytes=$(cat "$streams"/* | wc -c)
[ "$bytes" -le $((15 << 20)) ]
ok $? "$bytes bytes in all, of 15 MB"
! sed 's/#.*//; s/:.*//; /^$/d' "$faults" | while read -r name; do
	find "$streams" -name "$name.*" | grep -q . || echo "$name"
done | grep .
ok $? "every listed fault names a stream"
if ! command -v ffmpeg >/dev/null; then
	[ "$CI" != true ]
	ok $? "FFmpeg is there to ask # SKIP no ffmpeg"
fi
plan
