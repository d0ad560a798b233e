#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Every unit test once more under valgrind: no invalid access, no leak. UNIT_TESTS names them.
set -u
# shellcheck source=tests/tap.sh
. "$top_srcdir/tests/tap.sh"
cd "$top_builddir" || exit 1

# shellcheck disable=SC2086
set -- $(printf '%s\n' ${UNIT_TESTS:-} | grep -v '\.sh$')

[ $# -gt 0 ] || skip_all "no unit tests were built"
[ "${SANITIZERS:-no}" = no ] || skip_all "valgrind and sanitizers exclude each other"
command -v valgrind >/dev/null 2>&1 || skip_at_home "valgrind is not installed"

echo "1..$#"
for test in "$@"; do
	./libtool --mode=execute valgrind --quiet --error-exitcode=99 --leak-check=full \
		--errors-for-leak-kinds=definite,indirect,possible --trace-children=no \
		--suppressions="$top_srcdir/tests/valgrind.supp" "./$test" >"$work/log" 2>&1
	status=$?
	grep -v '^ok ' "$work/log" | tail -n 60 >"$work/err"
	ok $status "$test"
done
