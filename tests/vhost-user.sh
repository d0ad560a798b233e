#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Every stream of the project through the daemon over its socket, bit-exact; many front ends at once;
# front ends that are killed at any moment, after which nothing is left of them.
set -u
# shellcheck source=tests/play-common.sh
. "$top_srcdir/tests/play-common.sh"
# shellcheck source=tests/vhost-user-common.sh
. "$top_srcdir/tests/vhost-user-common.sh"

KILLS=${KILLS:-20}
socket=$work/s

list() {
	for codec in $(codecs_of play); do
		streams_for_the_wire "$codec"
	done
}

# Sixteen guests in one daemon, each with another stream.
sixteen() {
	local result=0 jobs=() job

	while read -r file; do
		plays "$socket" "$file" >"$work/one.${#jobs[@]}" &
		jobs+=($!)
	done < <(list | head -n 16)
	for job in "${jobs[@]}"; do
		wait "$job" || result=1
	done
	cat "$work"/one.*
	return $result
}

# killed N: a front end that is gone after a while, which differs each time.
killed() {
	local victim

	"$play" --vhost-user "$socket" --md5 "$streams/demo.264" >"$work/victim" 2>/dev/null &
	victim=$!
	sleep "0.$(printf '%03d' $(($1 * 37 % 200)))"
	kill -9 "$victim" 2>/dev/null
	wait "$victim" 2>/dev/null
}

survives() {
	local fds rss i

	for ((i = 0; i < 5; i++)); do
		killed $((i * 3 + 1))
	done
	wait_idle || { echo "# front ends stay"; return 1; }
	fds=$(count_fds)
	rss=$(rss_kb)
	for ((i = 0; i < KILLS; i++)); do
		killed "$i"
	done
	wait_idle || { echo "# front ends stay"; return 1; }
	echo "# fds $fds, then $(count_fds); RSS $rss kB, then $(rss_kb)"
	[ "$(count_fds)" = "$fds" ] || return 1
	case "${SANITIZERS:-no}" in
	*address*) return 0 ;; # freed memory is kept for a while
	esac
	[ "$(rss_kb)" -le $((rss + 16384)) ]
}

list >"$work/list"
echo "1..$(($(wc -l <"$work/list") + 7))"
start_daemon "$socket" || { echo "Bail out! the daemon does not start"; exit 1; }
while read -r file; do
	plays "$socket" "$file"
	ok $? "${file##*/}"
done <"$work/list"
timeout 120 "$play" --vhost-user "$socket" --selftest >"$work/suite" 2>&1
result=$?
[ $result = 0 ] || grep -A 3 '^not ok' "$work/suite" | sed 's/^/# /'
ok $result "the protocol suite over the socket"
stop_daemon
ok $? "the daemon ends with status 0"

start_daemon "$socket" --max-front-ends 16
sixteen
ok $? "sixteen front ends at once"
wait_idle
ok $? "all sixteen have left"
stop_daemon

start_daemon "$socket"
survives
ok $? "$KILLS front ends are killed: nothing of them is left"
plays "$socket" "$streams/cabac-b.264"
ok $? "the next front end decodes"
# Input that does not end keeps the front end until the daemon goes.
mkfifo "$work/input"
"$play" --vhost-user "$socket" --md5 "$work/input" >"$work/frames" 2>"$work/err" &
victim=$!
exec 3>"$work/input"
cat "$streams/demo.264" >&3
while [ ! -s "$work/frames" ]; do
	kill -0 $victim 2>/dev/null || break
	sleep 0.01
done
stop_daemon
status=$?
exec 3>&-
wait $victim
[ $? = 4 ] && [ $status = 0 ]
result=$?
[ $result = 0 ] || note "$work/err"
ok $result "the daemon ends under a front end, which is told"
