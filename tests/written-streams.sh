#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The committed tests/streams/written-* and hevc-written-* are what make-written-streams and
# make-hevc-streams make: pictures known by construction, so their MD5s stand without a decoder.

streams=$top_srcdir/tests/streams
new=$(mktemp -d) || exit 99
trap 'rm -rf "$new"' EXIT

echo 1..4
if "$top_builddir/tests/make-written-streams" "$new" && "$top_builddir/tests/make-hevc-streams" "$new"; then
	echo "ok 1 - the writers run"
else
	echo "not ok 1 - the writers run"
fi

n=$(find "$new" -name '*.264' | wc -l)
if [ "$n" -ge 30 ]; then echo "ok 2 - $n streams of H.264"; else echo "not ok 2 - only $n streams"; fi
n=$(find "$new" -name '*.265' | wc -l)
if [ "$n" -ge 35 ]; then echo "ok 3 - $n streams of HEVC"; else echo "not ok 3 - only $n streams"; fi

# What the writer does not know, the deblocking filter, has the decoders' sums.
known=$(mktemp) || exit 99
for f in "$new"/* "$streams"/written-* "$streams"/hevc-written-*; do
	case ${f##*/} in hevc-written-filters.265.md5) continue ;; esac
	cmp -s "$new/${f##*/}" "$streams/${f##*/}" || echo " ${f##*/}"
done >"$known"
if [ ! -s "$known" ]; then echo "ok 4 - the committed files are these"
else echo "not ok 4 - differ, or are on one side only:$(tr -d '\n' <"$known")"; fi
rm -f "$known"
