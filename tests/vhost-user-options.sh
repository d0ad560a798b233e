#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The daemon's options and manners: those of QEMU's vhost-user backend programs, of systemd and of the
# journal.
set -u
# shellcheck source=tests/play-common.sh
. "$top_srcdir/tests/play-common.sh"
# shellcheck source=tests/vhost-user-common.sh
. "$top_srcdir/tests/vhost-user-common.sh"

socket=$work/s

# fails STATUS NAME ARGUMENT...: with a message and nothing on stdout.
fails() {
	local wanted=$1 name=$2 status=0
	shift 2

	timeout 30 "$daemon" "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
	[ $status = "$wanted" ] && [ -s "$work/err" ] && [ ! -s "$work/out" ]
	ok $? "$name ends with $wanted: $status"
}

echo "1..27"
out=$("$daemon" --print-capabilities --nonsense --fd=77 2>/dev/null)
[ $? = 0 ] && [ "$out" = '{"type":"video-decoder"}' ]
ok $? "--print-capabilities, whatever else is said"
"$daemon" --help | grep -q -- '--socket-path'
ok $? "--help"
"$daemon" --version | grep -q '^vhost-user-video [0-9]'
ok $? "--version"

fails 1 "neither a socket nor a descriptor"
fails 1 "both" --socket-path="$socket" --fd=3
fails 1 "an argument" --socket-path="$socket" file
fails 1 "an unknown option" --socket-path="$socket" --frobnicate
fails 1 "--role encoder" --socket-path="$socket" --role encoder
fails 1 "--sandbox perhaps" --socket-path="$socket" --sandbox=perhaps
fails 1 "too many things to read" --socket-path="$socket" $(printf -- '--sandbox-read=/x %.0s' {1..40})
fails 1 "a limit of nothing" --socket-path="$socket" --max-streams 0
fails 1 "a descriptor that is not open" --driver softva --fd=77
fails 1 "a descriptor that is no socket" --driver softva --fd=0
fails 1 "a folder that is not there" --driver softva --socket-path="$work/none/s"
fails 1 "a path that is too long" --driver softva --socket-path="/$(printf 'x%.0s' {1..200})"
fails 3 "no such driver" --driver nonesuch --socket-path="$socket.2"
: >"$work/file"
fails 1 "a file in its place" --driver softva --socket-path="$work/file"

start_daemon "$socket"
fails 1 "somebody else listens there" --driver softva --socket-path="$socket"
kill -HUP "$pid"
plays "$socket" "$streams/cabac-b.264"
ok $? "SIGHUP means nothing"
kill -9 "$pid"
wait "$pid" 2>/dev/null
start_daemon "$socket"
ok $? "a socket that was left over is replaced"
stop_daemon

start_daemon "$socket" --max-streams 1 --log-level debug
plays "$socket" "$streams/cabac-b.264" && grep -q 'debug: front end 1: SET_MEM_TABLE' "$work/log"
ok $? "limits and --log-level debug"
stop_daemon

if [ "${PYTHON3:-no}" = no ]; then
	for _ in 1 2 3 4 5 6; do
		skip manners "no python3"
	done
	exit 0
fi
for what in listening connected notify journal shrinks lingers; do
	timeout 60 "$PYTHON3" "$top_srcdir/tests/vhost-user-options.py" "$what" "$daemon" "$play" \
		"$streams/cabac-b.264" >"$work/out" 2>&1
	result=$?
	[ $result = 0 ] || tail -n 8 "$work/out" | sed 's/^/# /'
	ok $result "$what"
done
