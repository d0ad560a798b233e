#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What the device cannot give is refused: status 3, a message that says why, no frame, nothing left behind.
# That is what is outside of VA-API's profiles, and pictures for which the wire has no format: it has 8 bit
# 4:2:0 only. Frames that come before such pictures are delivered.
set -u
# shellcheck source=tests/play-common.sh
. "$top_srcdir/tests/play-common.sh"

play() { # FILE
	"$play" --driver softva --md5 "$1" >"$work/out" 2>"$work/err"
	status=$?
}

# Each with what the message must say.
for codec in $(codecs_of play); do
	codec_vectors "$codec" refuse | sed 's/$/\tnot support/'
	{
		vectors_by_wire "$codec" 0
		for stream in $(codec_streams "$codec"); do
			# Frames come before the first that is refused; see the last test.
			[ "$(stream_name "$stream")" != hevc-depth-change ] || continue
			is_for_the_wire "$stream" || echo "$stream"
		done
	} | sed 's/$/\tno format for pictures of .*, (4:(2:2|4:4), 8|4:(2:[02]|4:4|0:0), (9|1[02])) bit/'
done >"$work/list"

while IFS=$'\t' read -r file why; do
	play "$file"
	[ $status = 3 ] && [ ! -s "$work/out" ] && grep -Eq "$why" "$work/err" &&
		grep -q 'left behind: *0 live handles, 0 fds, 0 threads, 0 commands' "$work/err"
	ok $? "${file##*/}"
done <"$work/list"

cat "$streams/size-16x16.264" "$streams/high10-qp1.264" >"$work/switch.264"
play "$work/switch.264"
[ $status = 4 ] && cmp -s "$work/out" "$streams/size-16x16.264.md5" &&
	grep -q 'no format for pictures of 16x16, 4:2:0, 10 bit' "$work/err"
ok $? "10 bit after 8 bit: the frames before are delivered"
plan
