#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Random commands against the model of the protocol, with a driver that is quick and ones that take
# their time. SELFTEST_SEED and SELFTEST_COMMANDS in the environment take others.
set -u
# shellcheck source=tests/play-common.sh
. "$top_srcdir/tests/play-common.sh"

commands=${SELFTEST_COMMANDS:-10000}
seed=${SELFTEST_SEED:-$(date +%j%H%M)}
echo "1..4"
for delay in 0 30 300 2000; do
	SOFTVA_DELAY_US=$delay "$play" --driver softva --log-level error --selftest='random*' \
		--seed "$seed" --commands $((delay > 100 ? commands / 10 : commands)) >"$work/out" 2>&1
	status=$?
	grep '^#' "$work/out"
	ok $status "random commands, seed $seed, pictures that take $delay us"
	seed=$((seed + 1))
done
