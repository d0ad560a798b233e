#!/bin/bash
# SPDX-License-Identifier: MIT
#
# AV1 on softva: every stream bit-exact, whatever pieces it comes in, with no failed check; streams
# that must be refused end with exit status 3, a message and no frame.
set -u
vacodec=$top_builddir/tools/vacodec
driver=$top_builddir/soft-driver/.libs/softva_drv_video.so
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
n=0

if [ ! -e "$driver" ] || ! grep -q '^#define HAVE_DAV1D 1' "$top_builddir/config.h"; then
	echo "1..0 # SKIP softva is built without AV1"
	exit 0
fi

result() { # STATUS NAME
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		sed 's/^/# /' "$work/err" | head -n 5
	fi
}

exact() { # FILE [OPTION]...
	timeout 120 "$vacodec" decode --driver "$driver" --log-level error --md5 "${@:2}" "$1" \
		>"$work/out" 2>"$work/err" && cmp -s "$work/out" "$1.md5"
	result $? "$(basename "$1") ${*:2}"
}

refused() { # FILE
	"$vacodec" decode --driver "$driver" --md5 "$1" >"$work/out" 2>"$work/err"
	[ $? -eq 3 ] && [ ! -s "$work/out" ] && grep -q 'not supported' "$work/err"
	result $? "$(basename "$1") is refused"
}

streams=$top_srcdir/tests/streams
for file in "$streams"/av1-*.ivf "$streams"/av1-*.obu; do
	exact "$file"
done
for name in section5.obu annexb.obu grain.ivf tile-groups.ivf superres.ivf resize-random.ivf; do
	for bytes in 1 7 1000; do
		exact "$streams/av1-$name" --chunk $bytes
	done
done
if [ -n "${VECTORS_DIR:-}" ]; then
	while IFS=$'\t' read -r codec file expect _; do
		[ "$codec" = av1 ] || continue
		case $expect in
		decode | if-va) exact "$VECTORS_DIR/$file" ;;
		refuse) refused "$VECTORS_DIR/$file" ;;
		esac
	done <"$VECTORS_DIR/MANIFEST.tsv"
fi
echo "1..$n"
