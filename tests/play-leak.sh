#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Nothing is left when a session ends, in whatever way: no live handle, no failed destroy, no
# command, no file descriptor and no thread; and we copy each pixel at most once.
set -u
# shellcheck source=tests/play-common.sh
. "$top_srcdir/tests/play-common.sh"

value() {
	sed -n "s/^ *\"$1\": *\([-0-9.]*\),*$/\1/p" "$work/json"
}

keys="live_handles failed_destroys detached_engines pending_commands fds_left threads_left guest_pages"
case "${SANITIZERS:-no}" in
*thread*) keys=${keys/threads_left /} ;; # the sanitizer starts one of its own
esac

# run STATUS NAME ARGUMENT...
run() {
	local wanted=$1 name=$2 status=0 result=0
	shift 2

	"$play" --driver softva --json "$@" >"$work/json" 2>"$work/err" || status=$?
	[ $status = "$wanted" ] || { echo "# status $status, not $wanted"; result=1; }
	for key in $keys; do
		[ "$(value $key)" = 0 ] || { echo "# $key is $(value $key)"; result=1; }
	done
	ok $result "$name"
}

whole=$streams/cabac-b.264
head -c $(($(stat -c %s "$whole") * 6 / 10 + 3)) "$whole" >"$work/cut"

echo "1..5"
run 0 "a whole stream" "$whole"
awk -v copies="$(value copies_per_frame)" 'BEGIN { exit !(copies > 0 && copies <= 1) }'
result=$?
echo "# copies a frame: $(value copies_per_frame) by us, $(value driver_copies_per_frame) by the driver"
ok $result "at most one copy of the pixels by us"
run 0 "a stream that changes its size" "$streams/resolution-change.264"
run 0 "a session that ends early" --frames 5 "$streams/demo.264"
run 2 "a truncated stream" "$work/cut"
