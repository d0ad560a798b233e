#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Each row of the protocol's table of behaviour has a test, where rows.tsv says.
set -u
rows=$top_srcdir/tests/protocol/rows.tsv
count=0

echo "1..$(grep -vc '^#' "$rows")"
while IFS=$'\t' read -r row file pattern; do
	case $row in '#'*) continue ;; esac
	count=$((count + 1))
	if grep -qF -- "$pattern" "$top_srcdir/$file"; then
		echo "ok $count - $row"
	else
		echo "not ok $count - $row: \"$pattern\" is not in $file"
	fi
done <"$rows"
