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
# shellcheck source=tests/tap.sh
. "$top_srcdir/tests/tap.sh"

command -v ffmpeg >/dev/null || skip_at_home "no ffmpeg"
command -v "${PYTHON3:-python3}" >/dev/null || skip_at_home "no python3"
[ -e "$preload" ] && [ -e "$driver/softva_drv_video.so" ] || skip_at_home "softva is not built"
grep -q '^#define HAVE_DAV1D 1' "$top_builddir/config.h" || skip_at_home "softva is built without AV1"

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

for stream in $streams; do
	trace "$stream"
	$compare compare "$work/a" "$work/b" "$(wc -l <"$stream.md5")"
	ok $? "$(basename "$stream")"
done
trace "$top_srcdir/tests/streams/av1-grain.ivf"
$compare plant "$work/a" "$work/b"
ok $? "a fault in any field is noticed"
plan
