#!/bin/bash
# SPDX-License-Identifier: MIT
#
# AV1's VA parameters by an independent witness: FFmpeg and vacodec decode the same streams on softva,
# libva traces both, and trace-av1.py compares field by field. Then a fault is planted into every field.
set -u
top_builddir=$(cd "$top_builddir" && pwd)
compare="${PYTHON3:-python3} $top_srcdir/tests/trace-av1.py"
driver=$top_builddir/soft-driver/.libs
preload=$top_builddir/tests/.libs/preload-display.so
vacodec=$top_builddir/tools/vacodec
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT

skip() {
	if [ "${CI:-}" = true ]; then echo "Bail out! $1"; exit 1; fi
	echo "1..0 # SKIP $1"
	exit 0
}

command -v ffmpeg >/dev/null || skip "no ffmpeg"
command -v "${PYTHON3:-python3}" >/dev/null || skip "no python3"
[ -e "$preload" ] && [ -e "$driver/softva_drv_video.so" ] || skip "softva is not built"
grep -q '^#define HAVE_DAV1D 1' "$top_builddir/config.h" || skip "softva is built without AV1"

# FFmpeg gives monochrome and 4:4:4 to no driver, and takes Annex B for another form.
streams=$(ls "$top_srcdir"/tests/streams/av1-*.ivf | grep -v -e av1-mono -e av1-444)

trace() { # STREAM: one file for each client
	local format=nv12
	case $1 in *10bit*) format=p010le ;; esac
	rm -f "$work"/*
	LD_PRELOAD=$preload LIBVA_DRIVERS_PATH=$driver LIBVA_TRACE=$work/theirs \
		ffmpeg -nostdin -hide_banner -v quiet -c:v av1 -hwaccel vaapi -hwaccel_device /dev/null \
		-hwaccel_output_format $format -threads 1 -i "$1" -fps_mode passthrough -noautoscale \
		-f framemd5 - >/dev/null 2>&1
	LIBVA_DRIVERS_PATH=$driver LIBVA_TRACE=$work/ours \
		"$vacodec" decode --driver softva --md5 "$1" >/dev/null 2>&1
	# One for each thread: the largest has the pictures.
	cat "$(ls -S "$work"/ours.* | head -n 1)" >"$work/a"
	cat "$(ls -S "$work"/theirs.* | head -n 1)" >"$work/b"
}

n=0
for stream in $streams; do
	n=$((n + 1))
	trace "$stream"
	if $compare compare "$work/a" "$work/b" "$(wc -l <"$stream.md5")"; then
		echo "ok $n - $(basename "$stream")"
	else
		echo "not ok $n - $(basename "$stream")"
	fi
done
n=$((n + 1))
trace "$top_srcdir/tests/streams/av1-grain.ivf"
if $compare plant "$work/a" "$work/b"; then
	echo "ok $n - a fault in any field is noticed"
else
	echo "not ok $n - a fault in any field is noticed"
fi
echo "1..$n"
