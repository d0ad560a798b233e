#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Every unit test once more under valgrind: no invalid access, no leak. UNIT_TESTS names them.
set -u
cd "$top_builddir" || exit 1

# shellcheck disable=SC2086
set -- $(printf '%s\n' ${UNIT_TESTS:-} | grep -v '\.sh$')

if [ $# -eq 0 ]; then
	echo "1..0 # SKIP no unit tests were built"
	exit 0
fi
if [ "${SANITIZERS:-no}" != no ]; then
	echo "1..0 # SKIP valgrind and sanitizers exclude each other"
	exit 0
fi
if ! command -v valgrind >/dev/null 2>&1; then
	[ "${CI:-}" != true ] || { echo "Bail out! valgrind is not installed"; exit 1; }
	echo "1..0 # SKIP valgrind is not installed"
	exit 0
fi

echo "1..$#"
n=0
for test in "$@"; do
	n=$((n + 1))
	log=$(mktemp)
	if ./libtool --mode=execute valgrind --quiet --error-exitcode=99 --leak-check=full \
		--errors-for-leak-kinds=definite,indirect,possible --trace-children=no \
		--suppressions="$top_srcdir/tests/valgrind.supp" "./$test" >"$log" 2>&1; then
		echo "ok $n - $test"
	else
		sed 's/^/# /' "$log" | grep -v '^# ok ' | tail -n 60
		echo "not ok $n - $test"
	fi
	rm -f "$log"
done
