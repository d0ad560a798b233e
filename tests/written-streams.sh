#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The committed tests/streams/written-* are what make-written-streams makes: pictures known by
# construction, so their MD5s stand without a decoder.

streams=$top_srcdir/tests/streams
new=$(mktemp -d) || exit 99
trap 'rm -rf "$new"' EXIT

echo 1..3
if "$top_builddir/tests/make-written-streams" "$new"; then echo "ok 1 - the writer runs"
else echo "not ok 1 - the writer runs"; fi

n=$(find "$new" -name '*.264' | wc -l)
if [ "$n" -ge 30 ]; then echo "ok 2 - $n streams"; else echo "not ok 2 - only $n streams"; fi

bad=
for f in "$new"/* "$streams"/written-*; do
	cmp -s "$new/${f##*/}" "$streams/${f##*/}" || bad="$bad ${f##*/}"
done
if [ -z "$bad" ]; then echo "ok 3 - the committed files are these"
else echo "not ok 3 - differ, or are on one side only:$bad"; fi
