#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The examples of libvawrap do on softva what they say.
# shellcheck disable=SC2154 # top_builddir comes from the Makefile
set -u
# shellcheck source=tests/tap.sh
. "$top_srcdir/tests/tap.sh"
cd "$top_builddir" || exit 1

run() { # example, words that it must print
	LIBVA_DRIVERS_PATH=$PWD/soft-driver/.libs "examples/$1" softva >"$work/err" 2>&1 &&
		grep -qF -- "$2" "$work/err"
	ok $? "$1"
}

run vawrap-decode '64x48 decoded, 0 samples differ'
run vawrap-dmabuf 'exported and imported, 0 samples differ'
run vawrap-scale 'scaled to 128x96 and back, '
plan
