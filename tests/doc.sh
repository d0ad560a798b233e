#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Doxygen makes the reference of the public headers without a warning, and the reference has the text
# that stands in them.
# shellcheck disable=SC2154 # top_srcdir comes from the Makefile
set -u
# shellcheck source=tests/tap.sh
. "$top_srcdir/tests/tap.sh"
command -v "${DOXYGEN:-doxygen}" >/dev/null 2>&1 || skip_all 'doxygen is not installed'

has() { # page, text
	grep -q "$2" "$work/html/$1" 2>"$work/err"
	ok $? "$1 has: $2"
}

(cd "$top_srcdir" && DOXYGEN_OUTPUT=$work "${DOXYGEN:-doxygen}" docs/Doxyfile) >"$work/err" 2>&1
ok $? 'no warning'
has vawrap_8h.html 'Waits until the surface.s work is done'
has vacodec_8h.html 'vacodec_decoder_send'
has virtio-video_8h.html 'vvd_device_reap'
has structvawrap__process.html 'ARGB around the target rectangle'

# A warning is seen.
mkdir -p "$work/bad/include" "$work/bad/docs"
cp "$top_srcdir"/docs/Doxyfile "$top_srcdir"/docs/doxygen-filter.py "$work/bad/docs/"
cp "$top_srcdir"/include/*.h "$work/bad/include/"
printf '/* \\nonsense */\nint vvd_f(void);\n' >>"$work/bad/include/vacodec.h"
! (cd "$work/bad" && DOXYGEN_OUTPUT=$work/bad "${DOXYGEN:-doxygen}" docs/Doxyfile) >"$work/err" 2>&1
ok $? 'a warning is an error'
plan
