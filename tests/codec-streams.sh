#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The committed tests/streams/vp8-written-* and mpeg2-written-* are what their writers make. (That they come out
# bit-exact is vacodec-decode.sh's.)

streams=$top_srcdir/tests/streams
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
n=0

report() { # STATUS NAME
	n=$((n + 1))
	if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; fi
}

mkdir "$work/new"
"$top_builddir/tests/make-vp8-streams" "$work/new" && "$top_builddir/tests/make-mpeg2-streams" "$work/new"
report $? "the writers run"
bad=
for f in "$work/new"/* "$streams"/vp8-written-* "$streams"/mpeg2-written-*; do
	cmp -s "$work/new/${f##*/}" "$streams/${f##*/}" || bad="$bad ${f##*/}"
done
[ -z "$bad" ]
report $? "the committed files are what they make$bad"
echo "1..$n"
