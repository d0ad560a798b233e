#!/bin/bash
# SPDX-License-Identifier: MIT
#
# User-Mode Linux attaches the daemon: its kernel finds a virtio device with the decoder's id. Needs
# Debian's user-mode-linux package and no privileges. Part of "make check-qemu".
set -u
# shellcheck source=tests/play-common.sh
. "$top_srcdir/tests/play-common.sh"
# shellcheck source=tests/vhost-user-common.sh
. "$top_srcdir/tests/vhost-user-common.sh"

uml=$(command -v linux.uml) || skip_all "no linux.uml (package user-mode-linux)"
socket=$work/s

cat >"$work/init" <<'END'
#!/bin/sh
mount -t proc proc /proc 2>/dev/null
mount -t sysfs sys /sys 2>/dev/null
for device in /sys/bus/virtio/devices/*; do
	echo "found $(cat $device/device)"
done
poweroff -f
END
chmod +x "$work/init"

# boots: with the host's files for its own, which it only reads.
boots() {
	TMPDIR=$work HOME=$work timeout 60 "$uml" mem=128M rootfstype=hostfs root=none ro \
		init="$work/init" "virtio_uml.device=$socket:31" con=null con0=null,fd:1 con1=null,fd:1 \
		</dev/null >"$work/console" 2>&1
}

echo "1..5"
start_daemon "$socket" --log-level debug
ok $? "the daemon starts"
for which in first second; do
	boots && grep -q '^found 0x001f' "$work/console"
	result=$?
	[ $result = 0 ] || tail -n 20 "$work/console" | sed 's/^/# /'
	ok $result "the $which machine finds the decoder"
done
grep -q 'SET_BACKEND_REQ_FD: 0' "$work/log" && ! grep -q 'error' "$work/log"
ok $? "no request failed"
stop_daemon
ok $? "the daemon ends"
