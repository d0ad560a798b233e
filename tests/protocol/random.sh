#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Random commands against the model of the protocol, with a driver that is quick and ones that take
# their time; with guest pages, and with objects: in place, copies of the driver, and of ours. SELFTEST_SEED
# and SELFTEST_COMMANDS in the environment take others.
set -u
# shellcheck source=tests/play-common.sh
. "$top_srcdir/tests/play-common.sh"

commands=${SELFTEST_COMMANDS:-10000}
seed=${SELFTEST_SEED:-$(date +%j%H%M)}
echo "1..9"
run() { # NAME DELAY-US OPTION...
	local name=$1 delay=$2
	shift 2
	SOFTVA_DELAY_US=$delay "$play" --driver softva --log-level error --selftest='random*' "$@" \
		--seed "$seed" --commands $((delay > 100 ? commands / 10 : commands)) >"$work/out" 2>&1
	status=$?
	grep '^#' "$work/out"
	ok $status "random commands, $name, seed $seed, pictures that take $delay us"
	seed=$((seed + 1))
}

for delay in 0 30 300 2000; do
	run "guest pages" $delay
done
for delay in 0 30 300; do
	run "objects, in place" $delay --objects
done
SOFTVA_QUIRKS=import=vpp-only run "objects, copies of the driver" 30 --objects
SOFTVA_QUIRKS=import=none run "objects, copies of ours" 30 --objects
