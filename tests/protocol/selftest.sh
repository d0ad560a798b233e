#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The protocol suite on the device, through virtio-video-play as a user runs it: with guest pages, and with
# objects into which pictures are decoded, into which the driver copies, and into which we do.
set -u
# shellcheck source=tests/play-common.sh
. "$top_srcdir/tests/play-common.sh"

# Each test's line with a number of its own among those of all runs, and the name of the run.
number() { # NAME
	while IFS= read -r line; do
		case $line in
		ok\ * | not\ ok\ *)
			count=$((count + 1))
			line="${line%% [0-9]*} $count - $1: ${line#* - }"
			;;
		1..*) continue ;;
		esac
		printf '%s\n' "$line"
	done <"$work/out"
}

# The copies are counted over the guests as they are, who take NV12 all.
suite() { # NAME WHO-COPIES IMPORT OPTION...
	local name=$1 copies=$2 quirks=$3
	shift 3
	export SOFTVA_QUIRKS=$quirks
	"$play" --driver softva --log-level error --selftest "$@" >"$work/out" 2>"$work/err"
	status=$?
	number "$name"
	note "$work/err" 8
	ok $status "$name: the whole suite"
	"$play" --driver softva --log-level error --selftest='guest: *' "$@" >"$work/out" 2>"$work/err"
	grep -E "$copies" "$work/out"
	ok $? "$name: who copies"
}

suite "guest pages" ', [1-9][0-9]* bytes copied by the device' ''
suite "objects, in place" ', 0 bytes copied by the device' '' --objects
suite "objects, copies of the driver" ', 0 bytes copied by the device, [1-9]' import=vpp-only --objects
suite "objects, copies of ours" ', [1-9][0-9]* bytes copied by the device' import=none --objects
echo "1..$count"
