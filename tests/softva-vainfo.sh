#!/bin/bash
# SPDX-License-Identifier: MIT
#
# vainfo, unchanged, lists what softva decodes, and names the driver.
set -u
# shellcheck source=tests/tap.sh
. "$top_srcdir/tests/tap.sh"

[ "${SANITIZERS:-no}" = no ] || skip_all "a sanitizer's runtime cannot be loaded behind vainfo's back"
command -v vainfo >/dev/null 2>&1 || skip_at_home "vainfo is not installed"

echo "1..6"
LIBVA_DRIVERS_PATH="$top_builddir/soft-driver/.libs" \
	LD_PRELOAD="$top_builddir/tests/.libs/preload-display.so" SOFTVA_CHECKS="$work/checks" \
	vainfo --display drm --device /dev/null >"$work/out" 2>&1
ok $? "vainfo succeeds"
grep -q 'Driver version: softva' "$work/out"
ok $? "the driver is softva"
for profile in ConstrainedBaseline Main High; do
	grep -Eq "VAProfileH264$profile *:[[:space:]]*VAEntrypointVLD" "$work/out"
	ok $? "H.264 $profile is decoded"
done
grep -q '^softva: event objects leaked: 0$' "$work/checks"
ok $? "nothing is leaked"
