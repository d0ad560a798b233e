#!/bin/bash
# SPDX-License-Identifier: MIT
#
# H.264 streams outside of VA-API's profiles are refused: status 3, a message, no frame.
set -u
# shellcheck source=tests/play-common.sh
. "$top_srcdir/tests/play-common.sh"

[ -n "${VECTORS_DIR:-}" ] || skip_all "no vectors (configure --with-vectors)"
awk -F'\t' '$1 == "h264" && $3 == "refuse" { print $2 }' "$VECTORS_DIR/MANIFEST.tsv" >"$work/list"
[ -s "$work/list" ] || skip_all "no vector is to be refused"

echo "1..$(wc -l <"$work/list")"
while read -r file; do
	"$play" --driver softva --md5 "$VECTORS_DIR/$file" >"$work/out" 2>"$work/err"
	status=$?
	[ $status = 3 ] && [ ! -s "$work/out" ] && grep -q 'not support' "$work/err"
	result=$?
	[ $result = 0 ] || { echo "# status $status"; note "$work/err"; }
	ok $result "$file"
done <"$work/list"
