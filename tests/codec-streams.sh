#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The committed tests/streams/vp8-written-* and mpeg2-written-* are what their writers make, and vacodec decodes the
# project's VP8 and MPEG-2 streams, and the VP8 ones of VECTORS_DIR, bit-exactly on softva, which finds no
# fault.

streams=$top_srcdir/tests/streams
driver=$top_builddir/soft-driver/.libs/softva_drv_video.so
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
n=0

report() { # STATUS NAME
	n=$((n + 1))
	if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; fi
}

exact() { # FILE
	rm -f "$work/checks"
	SOFTVA_CHECKS=$work/checks timeout 120 "$top_builddir/tools/vacodec" decode --driver "$driver" \
		--log-level error --md5 "$1" >"$work/out" 2>"$work/err" &&
		cmp -s "$work/out" "$1.md5" && grep -q ' checks, 0 failed$' "$work/checks"
	status=$?
	[ $status = 0 ] || sed 's/^/# /' "$work/err" | head -n 3
	report $status "${1##*/}"
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

has_avformat() {
	grep -q '^#define HAVE_LIBAVFORMAT 1' "$top_builddir/config.h"
}

for f in "$streams"/vp8-*.ivf; do
	exact "$f"
done
for f in "$streams"/mpeg2-*.m2v; do
	! has_avformat || exact "$f"
done
if [ -n "$VECTORS_DIR" ]; then
	# One of them holds VP9.
	for f in $(awk -F'\t' '$1 == "vp8" && $3 == "decode" && $6 !~ /Profile/ { print $2 }' \
		"$VECTORS_DIR/MANIFEST.tsv"); do
		case $f in
		*.webm) has_avformat || continue ;;
		esac
		exact "$VECTORS_DIR/$f"
	done
else
	echo "# no vectors: configure --with-vectors=DIR adds them"
fi
echo "1..$n"
