#!/bin/sh
# SPDX-License-Identifier: MIT
#
# tests/device-quirks with softva found in the build folder.
driver=$top_builddir/soft-driver/.libs
if [ ! -e "$driver/softva_drv_video.so" ]; then
	echo '1..0 # SKIP softva was not built'
	exit 0
fi
export LIBVA_DRIVERS_PATH="$driver" LIBVA_MESSAGING_LEVEL=0
exec "$top_builddir/tests/device-quirks"
