#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Every frame has its input's timestamp, with B pictures too. The witness is FFmpeg: it names, in
# output order, the place in the file of each frame's access unit; the units' order of places is the
# order of our timestamps.
set -u
# shellcheck source=tests/play-common.sh
. "$top_srcdir/tests/play-common.sh"

command -v ffprobe >/dev/null 2>&1 || skip_at_home "ffprobe is not installed"

# Numbers to ranks: 0 for the least, in place.
ranks() {
	awk '{ v[NR] = $1 } END {
		for (i = 1; i <= NR; i++) {
			r = 0
			for (j = 1; j <= NR; j++)
				r += v[j] < v[i]
			print r
		}
	}'
}

expected() {
	ffprobe -v quiet -f h264 -show_frames -show_entries frame=pkt_pos -of csv=p=0 "$1" |
		awk -F, '/^[0-9]+(,|$)/ { print $1 }' | ranks
}

names="b-pyramid-normal cabac-b open-gop direct-temporal cavlc-baseline refs-16"
# shellcheck disable=SC2086
set -- $names
echo "1..$((2 * $#))"
for name in "$@"; do
	stream=$streams/$name.264
	expected "$stream" >"$work/expected"
	"$play" --driver softva --timestamps "$work/stamps" "$stream" >/dev/null 2>"$work/err"
	ranks <"$work/stamps" >"$work/ranks"
	[ -s "$work/ranks" ] && cmp "$work/ranks" "$work/expected"
	ok $? "$name: frames and timestamps belong together"
	[ "$(sort -u "$work/stamps" | wc -l)" = "$(wc -l <"$stream.md5")" ]
	ok $? "$name: no timestamp twice"
done
