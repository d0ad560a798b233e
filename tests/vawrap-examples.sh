#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The examples of libvawrap do on softva what they say.
# shellcheck disable=SC2154 # top_builddir comes from the Makefile
set -u
cd "$top_builddir" || exit 1
n=0

run() { # example, words that it must print
	local out status
	n=$((n + 1))
	out=$(LIBVA_DRIVERS_PATH=$PWD/soft-driver/.libs "examples/$1" softva 2>&1)
	status=$?
	if [ "$status" = 0 ] && [[ $out == *$2* ]]; then
		echo "ok $n - $1"
	else
		echo "# $out"
		echo "not ok $n - $1"
	fi
}

run vawrap-decode '64x48 decoded, 0 samples differ'
run vawrap-dmabuf 'exported and imported, 0 samples differ'
run vawrap-scale 'scaled to 128x96 and back, '
echo "1..$n"
