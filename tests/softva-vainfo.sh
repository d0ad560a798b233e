#!/bin/bash
# SPDX-License-Identifier: MIT
#
# vainfo, unchanged, lists what softva decodes, and names the driver.
set -u

skip() {
	echo "1..0 # SKIP $1"
	exit 0
}

[ "${SANITIZERS:-no}" = no ] || skip "a sanitizer's runtime cannot be loaded behind vainfo's back"
if ! command -v vainfo >/dev/null 2>&1; then
	[ "${CI:-}" != true ] || { echo "Bail out! vainfo is not installed"; exit 1; }
	skip "vainfo is not installed"
fi

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

n=0
report() { # status, text
	n=$((n + 1))
	[ "$1" = 0 ] && echo "ok $n - $2" || { echo "not ok $n - $2"; sed 's/^/# /' "$work/out"; }
}

echo "1..6"
LIBVA_DRIVERS_PATH="$top_builddir/soft-driver/.libs" \
	LD_PRELOAD="$top_builddir/tests/.libs/preload-display.so" SOFTVA_CHECKS="$work/checks" \
	vainfo --display drm --device /dev/null >"$work/out" 2>&1
report $? "vainfo succeeds"
grep -q 'Driver version: softva' "$work/out"
report $? "the driver is softva"
for profile in ConstrainedBaseline Main High; do
	grep -Eq "VAProfileH264$profile *:[[:space:]]*VAEntrypointVLD" "$work/out"
	report $? "H.264 $profile is decoded"
done
grep -q '^softva: event objects leaked: 0$' "$work/checks"
report $? "nothing is leaked"
