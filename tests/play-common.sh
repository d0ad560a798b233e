# shellcheck shell=bash disable=SC2034,SC2154
# SPDX-License-Identifier: MIT
#
# What the play tests share; sourced. Sets play (the tool) and work (a folder that goes at the end),
# and skips the whole test where there is no software driver.

play=$top_builddir/tools/virtio-video-play
streams=$top_srcdir/tests/streams
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0

skip_all() {
	echo "1..0 # SKIP $*"
	exit 0
}

[ -x "$play" ] || skip_all "virtio-video-play was not built"
ls "$top_builddir"/soft-driver/softva_drv_video.la >/dev/null 2>&1 || skip_all "softva was not built"

# The wire has raw formats for 8 bit 4:2:0 only, into which monochrome fits.
is_for_the_wire() { # STREAM of ours
	case ${1##*/} in
	high10-of-8-bit.264 | high422-of-8-bit.264) return 0 ;;
	*high10-* | *high422-* | mono-high10.264 | format-change.264) return 1 ;;
	esac
}

# ok STATUS NAME: one line of TAP.
ok() {
	count=$((count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $count - $2"
	else
		echo "not ok $count - $2"
	fi
}

# Shows a file behind hashes.
note() {
	sed 's/^/# /' "$1" | head -n "${2:-20}"
}
