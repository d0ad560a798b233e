# shellcheck shell=bash disable=SC2034,SC2154
# SPDX-License-Identifier: MIT
#
# What the daemon's tests share; sourced after play-common.sh. Starts and stops daemons, and sees what
# they hold.

daemon=$top_builddir/tools/vhost-user-video
[ -x "$daemon" ] || skip_all "vhost-user-video was not built"
pid=
# A sanitizer's runtime does at any time what the sandbox refuses.
sandbox=on
[ "${SANITIZERS:-no}" = no ] || sandbox=off
trap 'stop_daemon >/dev/null 2>&1; rm -rf "$work"' EXIT

# start_daemon SOCKET [ARGUMENT...]: returns when front ends can come.
start_daemon() {
	local at=$1 i
	shift

	: >"$work/log"
	"$daemon" --socket-path="$at" --driver softva --sandbox="$sandbox" "$@" \
		>"$work/daemon.out" 2>"$work/log" &
	pid=$!
	for ((i = 0; i < 600; i++)); do
		grep -q 'ready$' "$work/log" && return 0
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.05
	done
	note "$work/log"
	return 1
}

# Returns its exit status.
stop_daemon() {
	[ -n "$pid" ] || return 0
	kill "$pid" 2>/dev/null
	wait "$pid"
	local status=$?
	pid=
	return $status
}

count_fds() {
	find "/proc/$pid/fd" -mindepth 1 2>/dev/null | wc -l
}

rss_kb() {
	awk '$1 == "VmRSS:" { print $2 }' "/proc/$pid/status"
}

# The daemon has noticed that all front ends are gone; no more than that is waited for.
wait_idle() {
	local came gone i

	for ((i = 0; i < 400; i++)); do
		came=$(grep -c ': process [0-9]*$' "$work/log")
		gone=$(grep -c 'front end [0-9]*: \(has left\|connection closed\)$' "$work/log")
		[ "$came" = "$gone" ] && return 0
		sleep 0.02
	done
	return 1
}

# plays SOCKET FILE [ARGUMENT...]: through the daemon, bit-exact.
plays() {
	local at=$1 file=$2 out status=0
	shift 2

	out=$(mktemp -p "$work")
	timeout 120 "$play" --vhost-user "$at" --md5 "$@" "$file" >"$out" 2>"$out.err" || status=$?
	if [ $status = 0 ] && cmp -s "$out" "$file.md5"; then
		return 0
	fi
	echo "# ${file##*/}: exit status $status; $(wc -l <"$out") frames of $(wc -l <"$file.md5")"
	note "$out.err" 8
	return 1
}
