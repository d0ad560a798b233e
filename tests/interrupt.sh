#!/bin/bash
# SPDX-License-Identifier: MIT
#
# ^C ends the tools cleanly with status 130, also while they wait for a pipe that gives nothing, and
# what was decoded before it has come out.
# shellcheck disable=SC2154 # top_srcdir and top_builddir come from the Makefile
set -u
demo=$top_srcdir/tests/streams/demo.264
# shellcheck source=tests/tap.sh
. "$top_srcdir/tests/tap.sh"
mkfifo "$work/pipe"

interrupt() { # name, bytes before the silence, tool...
	local name=$1 bytes=$2 pid status lines
	shift 2
	exec 9<>"$work/pipe"
	head -c "$bytes" "$demo" >&9 &
	"$@" --driver softva --md5 - <"$work/pipe" >"$work/out" 2>"$work/err" 9>&- &
	pid=$!
	# Everything that the bytes hold has come out when nothing more comes for a while.
	lines=-1
	for _ in $(seq 60); do
		[ "$(wc -l <"$work/out")" = "$lines" ] && [ "$lines" -ge $((bytes > 0)) ] && break
		lines=$(wc -l <"$work/out")
		kill -0 $pid 2>/dev/null || break
		sleep 1
	done
	# The tool itself, below libtool's script.
	kill -INT "$(pgrep -P $pid || echo $pid)" 2>/dev/null
	wait $pid
	status=$?
	exec 9>&-
	[ $status = 130 ] && head -n "$(wc -l <"$work/out")" "$demo.md5" | cmp -s - "$work/out" &&
		{ [ "$bytes" = 0 ] || [ -s "$work/out" ]; }
	ok $? "$name: status $status, $(wc -l <"$work/out") frames"
}

# A shell's background jobs ignore SIGINT unless they are jobs of their own.
set -m
tools=$top_builddir/tools
interrupt "vacodec waits for the first byte" 0 "$tools/vacodec" decode
interrupt "vacodec waits for more" 200000 "$tools/vacodec" decode
interrupt "virtio-video-play waits for the first byte" 0 "$tools/virtio-video-play"
interrupt "virtio-video-play waits for more" 200000 "$tools/virtio-video-play"
plan
