#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Each row of softva's table of checks has a test that expects it to fail, and a line in docs/softva.md,
# where each quirk has one, too.
set -u
# shellcheck source=tests/tap.sh
. "$top_srcdir/tests/tap.sh"
cd "$top_srcdir" || exit 1

mapfile -t names < <(sed -n 's/^\t\[CHECK_[A-Z_0-9]*\] = "\(.*\)",$/\1/p' soft-driver/check.c)
[ ${#names[@]} -gt 0 ] || { echo "Bail out! no checks found"; exit 1; }

# What the tests expect stands in strings, each name followed by a space.
expected=$(grep -oh '"[^"]*"' tests/test-softva*.c |
	grep ' "$' | tr -d '"' | tr ' ' '\n')

mapfile -t quirks < <(sed -n 's/^\t{"\(.*\)", FIELD(.*/\1/p' soft-driver/quirks.c)
[ ${#quirks[@]} -gt 0 ] || { echo "Bail out! no quirks found"; exit 1; }

echo "1..$((2 * ${#names[@]} + ${#quirks[@]}))"
for name in "${names[@]}"; do
	grep -qxF -- "$name" <<<"$expected"
	ok $? "$name is made to fail by a test"
	grep -E '^\| [a-z]' docs/softva.md | cut -d'|' -f2 | tr -d ' ' | tr ',' '\n' | grep -qxF -- "$name"
	ok $? "$name is documented"
done
for name in "${quirks[@]}"; do
	grep -qF -- "| \`$name\` | " docs/softva.md
	ok $? "quirk $name is documented"
done
