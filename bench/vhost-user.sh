#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What a process of its own costs: frames a second over the daemon's socket and in one process, the same
# file, one after the other, and the ratio of the medians.
#
#   bench/vhost-user.sh BUILDDIR [FILE [RUNS]]
set -eu
build=$1
file=${2:-}
runs=${3:-9}
source=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
pid=
trap 'kill $pid 2>/dev/null; rm -rf "$work"' EXIT

if [ -z "$file" ]; then
	file=$work/long.264
	for _ in 1 2 3 4 5 6; do
		cat "$source/tests/streams/demo.264"
	done >"$file"
fi
"$build/tools/vhost-user-video" --driver softva --socket-path="$work/s" 2>"$work/log" &
pid=$!
while ! grep -q 'ready$' "$work/log"; do
	kill -0 $pid
	sleep 0.05
done

rate() {
	"$build/tools/virtio-video-play" --json "$@" "$file" 2>/dev/null |
		sed -n 's/.*"frames_per_second": *\([0-9]*\).*/\1/p'
}

for ((i = 0; i < runs; i++)); do
	rate --driver softva >>"$work/process"
	rate --vhost-user "$work/s" >>"$work/socket"
done
median() {
	sort -n "$1" | sed -n "$((runs / 2 + 1))p"
}
awk -v a="$(median "$work/process")" -v b="$(median "$work/socket")" -v n="$runs" 'BEGIN {
	printf "in one process %d, over the socket %d frames a second (medians of %d): %.3f\n", a, b, n, b / a
}'
