#!/bin/bash
# SPDX-License-Identifier: MIT
#
# vawrap-info: its whole output on the fake libva, its facts on softva, its exit codes.
# shellcheck disable=SC2154 # top_srcdir and top_builddir come from the Makefile
set -u

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$top_builddir" || exit 1
fake=tests/fake-vawrap-info
info=tools/vawrap-info
n=0

check() { # what, command...
	local what=$1
	shift
	n=$((n + 1))
	if "$@" >"$tmp/log" 2>&1; then
		echo "ok $n - $what"
	else
		sed 's/^/# /' "$tmp/log"
		echo "not ok $n - $what"
	fi
}

skip() { # what, why
	n=$((n + 1))
	echo "ok $n - $1 # SKIP $2"
}

exits_with() { # status, command...
	local expected=$1 status
	shift
	"$@" >"$tmp/out" 2>"$tmp/err"
	status=$?
	[ "$status" -eq "$expected" ] || {
		echo "$* exited with $status, not $expected"
		cat "$tmp/out" "$tmp/err"
		return 1
	}
}

golden() {
	exits_with 0 "$fake" --driver fake || return 1
	[ ! -s "$tmp/err" ] || { cat "$tmp/err"; return 1; }
	sed 's/^va-api: 1\.[0-9]*$/va-api: 1.x/' "$tmp/out" |
		diff -u "$top_srcdir/tests/vawrap-info.golden" -
}

device() {
	exits_with 0 "$fake" --device /dev/null && grep -qx 'display: /dev/null' "$tmp/out"
}

says() { # status, pattern on stderr, command...
	local expected=$1 pattern=$2
	shift 2
	exits_with "$expected" "$@" && grep -q -- "$pattern" "$tmp/err" && [ ! -s "$tmp/out" ]
}

softva() {
	exits_with 0 "$info" --driver softva || return 1
	cat "$tmp/out"
	[ ! -s "$tmp/err" ] || { cat "$tmp/err"; return 1; }
	grep -qx 'display: no device' "$tmp/out" &&
		grep -q '^driver: .*softva' "$tmp/out" &&
		grep -q '^image formats:.* NV12' "$tmp/out" &&
		[ "$(grep -cx 'profile H264\(ConstrainedBaseline\|Main\|High\)' "$tmp/out")" = 3 ] &&
		grep -qx '  VLD' "$tmp/out" &&
		grep -q '^    RTFormat: YUV420' "$tmp/out" &&
		grep -q '^    surface formats:.* NV12' "$tmp/out" &&
		grep -q '^    surface sizes: [0-9]*x[0-9]* to [0-9]*x[0-9]*$' "$tmp/out"
}

path() {
	exits_with 0 "$info" --driver soft-driver/.libs/softva_drv_video.so && cmp "$tmp/out" "$tmp/softva"
}

check 'the whole output on the fake' golden
check 'a device by path' device
check '--help' exits_with 0 "$info" --help
check '--version' exits_with 0 "$info" --version
check 'an unknown option' says 1 'unrecognized option' "$info" --nonsense
check 'an argument' says 1 'no arguments' "$info" file
check 'a missing device' says 3 'No such file' "$info" --device /nowhere/node
check 'a missing driver' says 3 'no display' "$info" --driver nonesuch
check 'a full disk' exits_with 1 sh -c "'$fake' --driver fake >/dev/full"
if [ ! -f soft-driver/softva_drv_video.la ]; then
	skip 'softva by name' 'configured with --disable-softva'
	skip 'softva by path' 'configured with --disable-softva'
else
	check 'softva by name' softva
	"$info" --driver softva >"$tmp/softva" 2>&1
	check 'softva by path' path
fi
echo "1..$n"
