#!/bin/bash
# SPDX-License-Identifier: MIT
#
# A device that is lost with the N-th picture, for each N of a stream: virtio-video-play goes on at the next
# key frame, shows no picture that is not the stream's, those behind that key frame all, and leaves
# nothing behind.
set -u
# shellcheck source=tests/tap.sh
. "$top_srcdir/tests/tap.sh"
play=$top_builddir/tools/virtio-video-play
driver=$top_builddir/soft-driver/.libs/softva_drv_video.so
streams=$top_srcdir/tests/streams

if [ ! -e "$driver" ] || [ ! -x "$play" ]; then
	skip_all "virtio-video-play or softva is not built"
fi

# goes_on EXPECTED GOT CORRUPT LAST: the pictures are the stream's, in order, but for those that are said to be
# corrupt; the last ones came.
goes_on() {
	awk -v corrupt="$3" -v last="$4" 'FNR == NR { expected[++n] = $0; next }
		{
			for (i = at + 1; i <= n && expected[i] != $0; i++)
				;
			if (i <= n)
				at = i
			else
				wrong++
			run = i <= n ? run + 1 : 0
		}
		END { exit !(at == n && run >= last && wrong + 0 <= corrupt) }' "$1" "$2"
}

lose() { # STREAM LOST LAST
	local file=$streams/$1
	SOFTVA_QUIRKS=lost=$2 timeout 120 "$play" --driver "$driver" --log-level warn --md5 "$file" \
		>"$work/md5" 2>"$work/err"
	status=$?
	corrupt=$(sed -n 's/^frames: .* \([0-9]*\) corrupt$/\1/p' "$work/err")
	echo "exit status $status, $(wc -l <"$work/md5") pictures" >>"$work/err"
	{ [ $status -eq 0 ] || [ $status -eq 2 ]; } &&
		goes_on "$file.md5" "$work/md5" "${corrupt:-0}" "$3" &&
		grep -q 'was lost and opened again' "$work/err" &&
		grep -q '^left behind: .* 0 live handles, 0 fds, 0 threads, 0 commands$' "$work/err"
	ok $? "$1, lost with picture $2"
}

# A key frame follows each of these. LOST_ALL: 50 pictures of a longer stream, too.
for lost in 1 2 3 6 9 12; do
	lose vp8-key-frames.ivf "$lost" 1
done
for lost in 1 2 3 5 8; do
	lose hevc-closed-gop.265 "$lost" 2
done
for lost in 1 2 4; do
	lose idr-only.264 "$lost" 2
done
if [ -n "${LOST_ALL:-}" ]; then
	for lost in $(seq 1 50); do
		lose demo.264 "$lost" 2
	done
fi
plan
