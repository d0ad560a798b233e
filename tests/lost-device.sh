#!/bin/bash
# SPDX-License-Identifier: MIT
#
# A device that is lost with the N-th picture, for each N of a stream: virtio-video-play goes on at the next
# key frame, shows no picture that is not the stream's, those behind that key frame all, and leaves
# nothing behind.
set -u
play=$top_builddir/tools/virtio-video-play
driver=$top_builddir/soft-driver/.libs/softva_drv_video.so
streams=$top_srcdir/tests/streams
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT

if [ ! -e "$driver" ] || [ ! -x "$play" ]; then
	echo "1..0 # SKIP virtio-video-play or softva is not built"
	exit 0
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

n=0
check() { # STREAM LOST LAST
	local file=$streams/$1
	SOFTVA_QUIRKS=lost=$2 timeout 120 "$play" --driver "$driver" --log-level warn --md5 "$file" \
		>"$work/md5" 2>"$work/err"
	status=$?
	corrupt=$(sed -n 's/^frames: .* \([0-9]*\) corrupt$/\1/p' "$work/err")
	n=$((n + 1))
	if { [ $status -eq 0 ] || [ $status -eq 2 ]; } &&
		goes_on "$file.md5" "$work/md5" "${corrupt:-0}" "$3" &&
		grep -q 'was lost and opened again' "$work/err" &&
		grep -q '^left behind: .* 0 live handles, 0 fds, 0 threads, 0 commands$' "$work/err"; then
		echo "ok $n - $1, lost with picture $2"
	else
		sed 's/^/# /' "$work/err" | head -n 8
		echo "# exit status $status, $(wc -l <"$work/md5") pictures"
		echo "not ok $n - $1, lost with picture $2"
	fi
}

# A key frame follows each of these. LOST_ALL: 50 pictures of a longer stream, too.
for lost in 1 2 3 6 9 12; do
	check vp8-key-frames.ivf "$lost" 1
done
for lost in 1 2 3 5 8; do
	check hevc-closed-gop.265 "$lost" 2
done
for lost in 1 2 4; do
	check idr-only.264 "$lost" 2
done
if [ -n "${LOST_ALL:-}" ]; then
	for lost in $(seq 1 50); do
		check demo.264 "$lost" 2
	done
fi
echo "1..$n"
