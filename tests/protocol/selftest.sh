#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The protocol suite on the device, through virtio-video-play as a user runs it.
set -u
# shellcheck source=tests/play-common.sh
. "$top_srcdir/tests/play-common.sh"

"$play" --driver softva --log-level error --selftest 2>"$work/err" || sed 's/^/# /' "$work/err"
