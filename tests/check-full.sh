#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What "make check-full" runs beyond "make check": many mutants, a million random commands, streams on
# drivers with manners of their own, by us and by FFmpeg, each picture of a stream as the one that a device is
# lost with, the suite in an ASan+UBSan build, and what has threads in a TSan build. Takes longer; each build
# has a folder of its own below the build folder.
set -u

status=0
build() { # folder, sanitizers
	mkdir -p "$1" && (cd "$1" && "$top_srcdir/configure" --enable-sanitizers="$2" \
		${VECTORS_DIR:+--with-vectors="$VECTORS_DIR"} >configure.out 2>&1 &&
		make -j"$(nproc)" >make.out 2>&1) || { tail -n 40 "$1"/*.out; exit 1; }
}

cd "$top_builddir" || exit 1
DEVICE_RESETS=1000 make check TESTS=tests/device-softva.sh || status=1
# A million random commands, each chain back once and with the right answer.
if [ -x tools/virtio-video-play ] && [ -f soft-driver/softva_drv_video.la ]; then
	SELFTEST_COMMANDS=1000000 bash "$top_srcdir/tests/protocol/random.sh" | tee random.out
	grep -q '^not ok' random.out && status=1
fi
if [ -e soft-driver/softva_drv_video.la ]; then
	make mutants || status=1
fi
# Ten streams of each codec on a driver like each of those that softva knows.
if [ -f soft-driver/softva_drv_video.la ]; then
	QUIRK_STREAMS=10 bash "$top_srcdir/tests/quirks.sh" | tee quirks.out
	grep -q '^not ok' quirks.out && status=1
	LOST_ALL=1 bash "$top_srcdir/tests/lost-device.sh" | tee lost.out
	grep -q '^not ok' lost.out && status=1
fi
# FFmpeg on the same drivers comes to what docs/drivers.md says.
if [ -f soft-driver/softva_drv_video.la ] && command -v ffmpeg >/dev/null; then
	bash "$top_srcdir/tests/ffmpeg-control.sh" --check || status=1
fi
build check-full-asan address,undefined
ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 \
	make -C check-full-asan -j"$(nproc)" check || status=1
if [ -e check-full-asan/soft-driver/softva_drv_video.la ]; then
	make -C check-full-asan mutants MUTANTS=20000 || status=1
fi
build check-full-tsan thread
TSAN_OPTIONS="halt_on_error=1 suppressions=$top_srcdir/tests/tsan.supp" \
	make -C check-full-tsan -j"$(nproc)" check || status=1
exit $status
