#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The committed tests/streams/vp8-written-* and mpeg2-written-* are what their writers make. (That they come out
# bit-exact is vacodec-decode.sh's.)

streams=$top_srcdir/tests/streams
# shellcheck source=tests/tap.sh
. "$top_srcdir/tests/tap.sh"

mkdir "$work/new"
"$top_builddir/tests/make-vp8-streams" "$work/new" && "$top_builddir/tests/make-mpeg2-streams" "$work/new"
ok $? "the writers run"
bad=
for f in "$work/new"/* "$streams"/vp8-written-* "$streams"/mpeg2-written-*; do
	cmp -s "$work/new/${f##*/}" "$streams/${f##*/}" || bad="$bad ${f##*/}"
done
[ -z "$bad" ]
ok $? "the committed files are what they make$bad"
plan
