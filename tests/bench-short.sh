#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The short form of the bench: what a frame costs has not changed its structure (bench/short.py).
set -u
# shellcheck disable=SC2154 # the variables come from the Makefile
skip() {
	echo "1..0 # SKIP $1"
	exit 0
}

[ "${SANITIZERS:-no}" = no ] || skip "sanitizers have costs of their own"
[ -e "$top_builddir/soft-driver/.libs/softva_drv_video.so" ] || skip "softva was not built"
for tool in valgrind size nm; do
	command -v "$tool" >/dev/null && continue
	[ "${CI:-}" != true ] || { echo "Bail out! $tool is not installed"; exit 1; }
	skip "$tool is not installed"
done
for program in vawrap-cost device-latency; do
	[ -e "$top_builddir/bench/$program" ] || skip "bench/$program was not built"
done
[ -e "$top_builddir/tests/.libs/libcount-malloc.so" ] || skip "libcount-malloc.so was not built"
exec "${PYTHON3:-python3}" "$top_srcdir/bench/short.py" "$top_builddir"
