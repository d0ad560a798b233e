#!/bin/bash
# SPDX-License-Identifier: MIT
#
# QEMU attaches the daemon, and a driver over qtest brings the device up, asks for its capabilities and
# makes a stream, twice, with a reset in between; config spaces of several sizes. No processor and no
# guest are needed. QEMU (or its path in $QEMU) is 10.2 or newer. Part of "make check-qemu".
set -u
# shellcheck source=tests/play-common.sh
. "$top_srcdir/tests/play-common.sh"
# shellcheck source=tests/vhost-user-common.sh
. "$top_srcdir/tests/vhost-user-common.sh"

qemu=$(command -v "${QEMU:-qemu-system-x86_64}") || skip_all "no QEMU"
"$qemu" -device help 2>/dev/null | grep -q '"vhost-user-test-device-pci"' ||
	skip_all "this QEMU has no vhost-user-test-device-pci"
[ "${PYTHON3:-no}" != no ] || skip_all "no python3"
socket=$work/s

echo "1..6"
start_daemon "$socket" --log-level debug
ok $? "the daemon starts"
for size in 12 44 64 256; do
	timeout 60 "$PYTHON3" "$top_srcdir/tests/vmm/qemu.py" "$qemu" "$socket" "$size" \
		>"$work/out" 2>&1
	result=$?
	[ $result = 0 ] || tail -n 12 "$work/out" | sed 's/^/# /'
	ok $result "a driver in QEMU, config space of $size bytes"
done
stop_daemon
ok $? "the daemon ends"
