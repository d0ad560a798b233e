#!/bin/sh
# SPDX-License-Identifier: MIT
#
# seek.sh - --seek of vacodec decode and virtio-video-play: the frames from a time on, and no other
#
# FFmpeg makes the containers and counts the frames from a time on; the frames must be those with which
# the whole file ends. Prints TAP.
set -u
driver=$top_builddir/soft-driver/.libs/softva_drv_video.so
streams=$top_srcdir/tests/streams
# shellcheck source=tests/tap.sh
. "$top_srcdir/tests/tap.sh"

run() { # TOOL [OPTION]... FILE: lines to $work/out
	tool=$1
	shift
	[ "$tool" = vacodec ] && tool='vacodec decode'
	# shellcheck disable=SC2086
	timeout 60 "$top_builddir"/tools/$tool --driver "$driver" --log-level error --md5 "$@" \
		>"$work/out" 2>"$work/err"
}

ends_with() { # FILE COUNT: the last COUNT lines are $work/out
	[ "$(wc -l <"$work/out")" -eq "$2" ] && tail -n "$2" "$1" | cmp -s - "$work/out"
}

if [ ! -e "$driver" ]; then
	echo "1..0 # SKIP softva is not built"
	exit 0
fi
tools=vacodec
[ ! -x "$top_builddir/tools/virtio-video-play" ] || tools="$tools virtio-video-play"

# A byte stream's frames count as 30 a second.
for tool in $tools; do
	for at in 0=320 0.01=319 0.5=305 10.6=2; do
		run "$tool" --seek ${at%=*} "$streams/demo.264" &&
			ends_with "$streams/demo.264.md5" ${at#*=}
		ok $? "$tool: a byte stream from ${at%=*} s on"
	done
	run "$tool" --seek 5 --frames 3 "$streams/demo.264" && [ "$(wc -l <"$work/out")" -eq 3 ] &&
		[ "$(head -n 1 "$work/out")" = "$(sed -n 151p "$streams/demo.264.md5")" ]
	ok $? "$tool: --frames counts from there"
	run "$tool" --seek 11 "$streams/demo.264"
	[ $? -eq 1 ] && [ ! -s "$work/out" ] && grep -q 'ends before' "$work/err"
	ok $? "$tool: behind the end"
	for at in -1 x 1s nan ''; do
		run "$tool" --seek "$at" "$streams/demo.264"
		[ $? -eq 1 ] && [ ! -s "$work/out" ] && [ -s "$work/err" ]
		ok $? "$tool: \"$at\" is no time"
	done
done

make_files() { # a closed and an open GOP of 1 s, 10 frames a second, B pictures
	ffmpeg -v error -f lavfi -i testsrc=size=64x64:rate=10:duration=6 -pix_fmt yuv420p -c:v libx264 \
		-threads 1 -bf 3 -g 10 "$work/closed.mp4" &&
		ffmpeg -v error -f lavfi -i testsrc=size=64x64:rate=10:duration=6 -pix_fmt yuv420p \
			-c:v libx264 -threads 1 -bf 3 -x264-params \
			open-gop=1:keyint=10:min-keyint=5:scenecut=0 "$work/open.mkv" &&
		ffmpeg -v error -i "$work/open.mkv" -c copy "$work/open.ts" &&
		ffmpeg -v error -i "$work/closed.mp4" -c copy "$work/closed.mkv"
}

expected() { # FILE SECONDS: frames that are shown from then on
	start=$(ffprobe -v error -select_streams v -show_entries stream=start_time -of csv=p=0 "$1" |
		sed -n 1p)
	ffprobe -v error -select_streams v -show_entries packet=pts_time -of csv=p=0 "$1" |
		tr -d , | awk -v t="$2" -v s="$start" '$1 != "" && $1 - s >= t - 1e-9' | wc -l
}

container() { # FILE
	run vacodec "$work/$1"
	cp "$work/out" "$work/whole"
	for tool in $tools; do
		for at in 0.05 1 1.95 5.9; do
			wanted=$(expected "$work/$1" $at)
			run "$tool" --seek $at "$work/$1"
			status=$?
			[ $status -eq 0 ] && [ "$wanted" -gt 0 ] && ends_with "$work/whole" "$wanted"
			ok $? "$tool: $1 from $at s on ($wanted frames)"
		done
	done
	run vacodec --seek 3 - <"$work/$1"
	status=$?
	wanted=$(expected "$work/$1" 3)
	[ $status -eq 0 ] && ends_with "$work/whole" "$wanted"
	ok $? "$1 in a pipe: the same frames"
}

if ! grep -q 'define HAVE_LIBAVFORMAT 1' "$top_builddir/config.h"; then
	skip containers "built without libavformat"
elif make_files 2>"$work/err"; then
	for file in closed.mp4 closed.mkv open.mkv open.ts; do
		container $file
	done
else
	[ "${CI:-}" != true ]
	ok $? "ffmpeg makes files # SKIP no ffmpeg, or without libx264"
fi
plan
