#!/bin/sh
# SPDX-License-Identifier: MIT
#
# tests/damage-softva, which finds softva in the build folder; not under valgrind, which would take too long.
if [ ! -x "$top_builddir/tests/damage-softva" ]; then
	echo '1..0 # SKIP it was not built'
	exit 0
fi
exec "$top_builddir/tests/damage-softva"
