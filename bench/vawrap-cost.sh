#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Instructions for a picture through libvawrap against the same calls by hand: run by "make bench-vawrap".
# Counted by callgrind over the whole process, the driver's thread included, as the difference between
# a short and a long run, so that opening and closing do not count. Exits 1 above MAX_PERCENT (3).
# shellcheck disable=SC2154 # top_builddir comes from the Makefile
set -u
cd "$top_builddir" || exit 1
export LIBVA_DRIVERS_PATH=$PWD/soft-driver/.libs SOFTVA_NO_DECODE=1
short=${SHORT:-100} long=${LONG:-1100}

count() { # mode, pictures
	./libtool --mode=execute valgrind --tool=callgrind --callgrind-out-file=/dev/null \
		bench/vawrap-cost "$1" "$2" 2>&1 | sed -n 's/.*Collected : //p'
}

each() { # mode
	local few many
	few=$(count "$1" "$short") many=$(count "$1" "$long")
	[ -n "$few" ] && [ -n "$many" ] || { echo "callgrind counted nothing" >&2; exit 2; }
	echo $(((many - few) / (long - short)))
}

raw=$(each raw) || exit 2
echo "by hand: $raw instructions a picture"
status=0
for mode in vawrap pool; do
	mine=$(each "$mode") || exit 2
	percent=$(awk -v a="$mine" -v b="$raw" 'BEGIN { printf "%.2f", (a - b) * 100 / b }')
	echo "$mode: $mine instructions a picture, $percent % more"
	[ "$mode" = pool ] || awk -v p="$percent" -v m="${MAX_PERCENT:-3}" 'BEGIN { exit p > m }' || status=1
done
exit "$status"
