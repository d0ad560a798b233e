#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Doxygen makes the reference of the public headers without a warning, and the reference has the text
# that stands in them.
# shellcheck disable=SC2154 # top_srcdir comes from the Makefile
set -u
if ! command -v "${DOXYGEN:-doxygen}" >/dev/null 2>&1; then
	echo '1..0 # SKIP doxygen is not installed'
	exit 0
fi
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
n=0

report() { # status, what
	n=$((n + 1))
	[ "$1" = 0 ] && echo "ok $n - $2" || { sed 's/^/# /' "$tmp/log"; echo "not ok $n - $2"; }
}

has() { # page, text
	grep -q "$2" "$tmp/html/$1" 2>"$tmp/log"
	report $? "$1 has: $2"
}

(cd "$top_srcdir" && DOXYGEN_OUTPUT=$tmp "${DOXYGEN:-doxygen}" docs/Doxyfile) >"$tmp/log" 2>&1
report $? 'no warning'
has vawrap_8h.html 'Waits until the surface.s work is done'
has vacodec_8h.html 'vacodec_decoder_send'
has virtio-video_8h.html 'vvd_device_reap'
has structvawrap__process.html 'ARGB around the target rectangle'

# A warning is seen.
mkdir -p "$tmp/bad/include" "$tmp/bad/docs"
cp "$top_srcdir"/docs/Doxyfile "$top_srcdir"/docs/doxygen-filter.py "$tmp/bad/docs/"
cp "$top_srcdir"/include/*.h "$tmp/bad/include/"
printf '/* \\nonsense */\nint vvd_f(void);\n' >>"$tmp/bad/include/vacodec.h"
! (cd "$tmp/bad" && DOXYGEN_OUTPUT=$tmp/bad "${DOXYGEN:-doxygen}" docs/Doxyfile) >"$tmp/log" 2>&1
report $? 'a warning is an error'
echo "1..$n"
