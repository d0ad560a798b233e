#!/bin/bash
# SPDX-License-Identifier: MIT
#
# A guest with exactly min_buffers output buffers gets every frame of each of the project's streams.
set -u
# shellcheck source=tests/play-common.sh
. "$top_srcdir/tests/play-common.sh"

list=()
for file in "$streams"/*.264; do
	[ -f "$file.md5" ] && is_for_the_wire "$file" && list+=("$file")
done
echo "1..${#list[@]}"
for file in "${list[@]}"; do
	"$play" --driver softva --md5 --min-buffers "$file" >"$work/out" 2>"$work/err" &&
		cmp -s "$work/out" "$file.md5"
	status=$?
	[ $status = 0 ] || note "$work/err" 8
	ok $status "min_buffers: ${file##*/}"
done
