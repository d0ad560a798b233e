#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The short form of the bench: what a frame costs has not changed its structure (bench/short.py).
set -u
# shellcheck disable=SC2154 # the variables come from the Makefile
# shellcheck source=tests/tap.sh
. "$top_srcdir/tests/tap.sh"

[ "${SANITIZERS:-no}" = no ] || skip_all "sanitizers have costs of their own"
[ -e "$top_builddir/soft-driver/.libs/softva_drv_video.so" ] || skip_all "softva was not built"
for tool in valgrind size nm; do
	command -v "$tool" >/dev/null || skip_at_home "$tool is not installed"
done
for program in vawrap-cost device-latency; do
	[ -e "$top_builddir/bench/$program" ] || skip_all "bench/$program was not built"
done
[ -e "$top_builddir/tests/.libs/libcount-malloc.so" ] || skip_all "libcount-malloc.so was not built"
"${PYTHON3:-python3}" "$top_srcdir/bench/short.py" "$top_builddir"
