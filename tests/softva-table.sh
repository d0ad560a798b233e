#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Each row of softva's table of checks has a test that expects it to fail, and a line in docs/softva.md;
# each quirk has its place in softva(7), with where it was seen, and each driver its list.
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

for name in "${names[@]}"; do
	grep -qxF -- "$name" <<<"$expected"
	ok $? "$name is made to fail by a test"
	grep -E '^\| [a-z]' docs/softva.md | cut -d'|' -f2 | tr -d ' ' | tr ',' '\n' | grep -qxF -- "$name"
	ok $? "$name is documented"
done
# The page as plain text, a paragraph a line.
page=$(sed 's/\\f[BR]//g; s/\\-/-/g; s/^\.TP$/\x1/' docs/man/softva.7 | tr '\n\1' ' \n')
for name in "${quirks[@]}"; do
	grep -qE -- "^ \.B $name .*[^ ] Source: [^ ]" <<<"$page"
	ok $? "quirk $name is documented, with its source"
done
drivers=$(sed -n '/^} drivers\[\]/,/^};/p' soft-driver/quirks.c | tr -d '\t\n')
for name in ihd radeonsi nvidia; do
	list=$(grep -o "{\"$name\",[^}]*" <<<"$drivers" | sed "s/{\"$name\",//; s/\"//g; s/ *//g; s/,/, /g")
	[ -n "$list" ] && grep -qF -- " .B $name $list. " <<<"$page"
	ok $? "what $name is short for is documented"
done
for name in $(grep -oh 'SOFTVA_[A-Z_]*"' soft-driver/softva.c | tr -d '"' | sort -u); do
	grep -qF -- " .B $name " <<<"$page"
	ok $? "variable $name is documented"
done
echo "1..$count"
