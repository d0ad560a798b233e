#!/bin/bash
# SPDX-License-Identifier: MIT
#
# GStreamer's VA-API elements, unchanged, decode through softva: every picture has the MD5 that stands beside
# the stream, and softva finds no fault but one of GStreamer's own (it reads before it waits). It is the
# client that decodes monochrome into surfaces of luma only (Y800).
set -u
# shellcheck source=tests/tap.sh
. "$top_srcdir/tests/tap.sh"

missing() { # WHAT
	skip_at_home "$1 is not installed"
}

[ "${SANITIZERS:-no}" = no ] || skip_all "a sanitizer's runtime cannot be loaded behind GStreamer's back"
command -v gst-launch-1.0 >/dev/null || missing gst-launch-1.0
gst-inspect-1.0 --exists h264parse || missing "GStreamer's h264parse"
gst-inspect-1.0 vaapi >/dev/null 2>&1 || missing "GStreamer's set of VA-API elements"

decode() { # STREAM: raw pictures, NV12 or GRAY8
	GST_REGISTRY="$work/registry" GST_VAAPI_ALL_DRIVERS=1 GST_VAAPI_DRM_DEVICE=/dev/null \
		LIBVA_DRIVER_NAME=softva LIBVA_DRIVERS_PATH="$top_builddir/soft-driver/.libs" \
		LD_PRELOAD="$top_builddir/tests/.libs/preload-display.so" SOFTVA_CHECKS="$work/checks" \
		timeout 120 gst-launch-1.0 -q filesrc location="$1" ! h264parse ! vaapih264dec ! \
		filesink location="$work/raw" >"$work/err" 2>&1
}

sums() { # WIDTH HEIGHT LUMA_ONLY: MD5s of planar pictures; mid-grey stands for chroma that is not there
	"${PYTHON3:-python3}" - "$work/raw" "$@" <<'PYTHON'
import hashlib, sys
data = open(sys.argv[1], 'rb').read()
luma, mono = int(sys.argv[2]) * int(sys.argv[3]), sys.argv[4] == 'yes'
size = luma if mono else luma * 3 // 2
for at in range(0, len(data), size):
    y, uv = data[at:at + luma], data[at + luma:at + size]
    print(hashlib.md5(y + (b'\x80' * (luma // 2) if mono else uv[::2] + uv[1::2])).hexdigest())
PYTHON
}

while read -r name width height mono; do
	rm -f "$work/checks"
	decode "$top_srcdir/tests/streams/$name.264"
	sums "$width" "$height" "$mono" >"$work/md5"
	cmp -s "$work/md5" "$top_srcdir/tests/streams/$name.264.md5" &&
		! grep '^softva: check ' "$work/checks" | grep -v 'read-before-sync' | grep -v ' 0 failed$'
	ok $? "$name"
done <<'STREAMS'
cabac-b 176 144 no
weights-explicit-2 176 144 no
b-pyramid-mmco 176 144 no
mbaff-tff 160 96 no
mono-cabac 176 144 yes
mono-cavlc 96 80 yes
mono-mbaff 160 96 yes
written-mono-fields 80 64 yes
STREAMS
plan
