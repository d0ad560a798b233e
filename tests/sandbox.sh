#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Inside the daemon, once it has confined itself, sockets, programs, other processes and files are out
# of reach, while new front ends and streams are served (tests/preload-confined.c does the trying).
set -u
# shellcheck source=tests/play-common.sh
. "$top_srcdir/tests/play-common.sh"
# shellcheck source=tests/vhost-user-common.sh
. "$top_srcdir/tests/vhost-user-common.sh"

[ "${SANITIZERS:-no}" = no ] || skip_all "sanitizers do what the sandbox refuses"
preload=$top_builddir/tests/.libs/preload-confined.so
[ -f "$preload" ] || skip_all "no $preload"
socket=$work/s

# tried MODE: starts a confined daemon, plays two files; what was tried is in $work/log.
tried() {
	echo secret >"$work/secret"
	rm -f "$work/made"
	CONFINED_WORK=$work LD_PRELOAD=$preload start_daemon "$socket" --sandbox="$1" || return 1
	plays "$socket" "$streams/cabac-b.264" && plays "$socket" "$streams/resolution-change.264"
	local result=$?
	stop_daemon || result=1
	return $result
}

says() {
	grep -q "sandbox: $1" "$work/log"
}

calls="socket-inet socket-unix socketpair bind fork execve ptrace process_vm_readv kill unshare setuid
bpf ioctl mount unlink chmod"
files="open-passwd open-shadow open-init open-root open-mem create-usr create-work open-work"
# shellcheck disable=SC2086
echo "1..$(($(echo $calls $files | wc -w) + 13))"

tried on
ok $? "streams are decoded in the sandbox"
for what in $calls; do
	if ! says "system calls: restricted"; then
		skip "$what" "no seccomp here"
		continue
	fi
	grep -q "^confined $what 1\$" "$work/log"
	ok $? "$what fails"
done
for what in $files; do
	if ! says "files: by Landlock"; then
		skip "$what" "no Landlock here"
		continue
	fi
	grep -q "^confined $what [1-9]" "$work/log"
	ok $? "$what fails"
done
[ -f "$work/secret" ] && [ ! -e "$work/made" ]
ok $? "files are as they were"
[ "$(grep -c '^needed [a-z]* 0$' "$work/log")" = 2 ]
ok $? "threads and libraries"
[ "$(grep -c '^status Cap\(Prm\|Eff\|Inh\|Amb\):[[:space:]]*0*$' "$work/log")" = 4 ]
ok $? "no capabilities"
grep -q '^status NoNewPrivs:[[:space:]]*1$' "$work/log"
ok $? "no new privileges"

# What a driver does with its first context: files are opened, threads started, with calls that are refused
# from then on.
for quirks in late-open late-thread late-open,late-thread; do
	SOFTVA_QUIRKS=$quirks tried on && ! grep -q 'no context before' "$work/log"
	ok $? "a driver with $quirks decodes in the sandbox"
done
SOFTVA_LIKE=radeonsi tried on
ok $? "a driver like radeonsi decodes in the sandbox"
tried off && says off
ok $? "--sandbox=off"
grep -q '^confined socket-unix 0$' "$work/log" && grep -q '^confined open-passwd 0$' "$work/log"
ok $? "without a sandbox the same attempts are possible"
tried log
ok $? "--sandbox=log"
grep -q '^confined socket-unix 0$' "$work/log"
ok $? "which refuses nothing"
