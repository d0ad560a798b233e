#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The project's own streams as a set: each has as many MD5s as frames, all together stay small, and
# FFmpeg's software decoder shows the same pictures, but for the faults of its own that are listed.

streams=$top_srcdir/tests/streams
faults=$streams/known-ffmpeg-faults
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
count=0

report() { # OK? TEXT
	count=$((count + 1))
	if [ "$1" = 0 ]; then echo "ok $count - $2"; else echo "not ok $count - $2"; fi
}

sums_sound() { # the form: one lower-case MD5 a line
	[ -s "$1" ] && ! grep -qvx '[0-9a-f]\{32\}' "$1"
}

decode() { # STREAM: FFmpeg's MD5s. -strict 1 makes it wait for pictures as the DPB's size says.
	ffmpeg -nostdin -hide_banner -v quiet -flags unaligned -threads 1 -strict 1 -i "$1" \
		-fps_mode passthrough -noautoscale -f framemd5 - | sed -n 's/^0,.*, *//p'
}

for f in "$streams"/*.264; do
	name=$(basename "$f" .264)
	sums_sound "$f.md5"
	report $? "$name: MD5s are there"
	command -v ffmpeg >/dev/null || continue
	decode "$f" >"$work/md5"
	if grep -q "^$name: " "$faults"; then
		! cmp -s "$work/md5" "$f.md5"
		report $? "$name: FFmpeg's fault is still there"
	else
		cmp -s "$work/md5" "$f.md5"
		report $? "$name: FFmpeg shows the same $(wc -l <"$f.md5") frames"
	fi
done

n=$(find "$streams" -name '*.264' | wc -l)
[ "$n" -ge 25 ]
report $? "$n streams"
bytes=$(cat "$streams"/* | wc -c)
[ "$bytes" -le $((15 << 20)) ]
report $? "$bytes bytes in all, of 15 MB"
! sed 's/#.*//; s/:.*//; /^$/d' "$faults" | while read -r name; do
	[ -f "$streams/$name.264" ] || echo "$name"
done | grep .
report $? "every listed fault names a stream"
if ! command -v ffmpeg >/dev/null; then
	[ "$CI" != true ]
	report $? "FFmpeg is there to ask # SKIP no ffmpeg"
fi
echo "1..$count"
