#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Every status of the installed <va/va.h> is in the table of vawrap.h. VA_STATUS_ERROR_UNKNOWN stays
# out: it is what every unknown status is, -EIO.
# shellcheck disable=SC2154,SC2046 # top_srcdir comes from the Makefile; flags are words
set -u

names=$(printf '#include <va/va.h>\n' | ${CC:-cc} $(pkg-config --cflags libva) -E -dM - |
	sed -n 's/^#define \(VA_STATUS_[A-Z_0-9]*\) .*/\1/p' | grep -v '^VA_STATUS_ERROR_UNKNOWN$' | sort)
count=$(printf '%s\n' "$names" | wc -l)
if [ "$count" -lt 30 ]; then
	echo "Bail out! only $count statuses found in va.h"
	exit 1
fi
echo "1..$count"
n=0
for name in $names; do
	n=$((n + 1))
	if grep -q "X($name, " "$top_srcdir/include/vawrap.h"; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name is not in VAWRAP_STATUS_TABLE"
	fi
done
