# shellcheck shell=bash disable=SC2034,SC2154
# SPDX-License-Identifier: MIT
#
# What the play tests share; sourced. Sets play (the tool), and skips the whole test where there is no software driver.

# shellcheck source=tests/codecs.sh
. "$top_srcdir/tests/codecs.sh"
# shellcheck source=tests/tap.sh
. "$top_srcdir/tests/tap.sh"

play=$top_builddir/tools/virtio-video-play
streams=$top_srcdir/tests/streams

[ -x "$play" ] || skip_all "virtio-video-play was not built"
ls "$top_builddir"/soft-driver/softva_drv_video.la >/dev/null 2>&1 || skip_all "softva was not built"

# The wire has raw formats for 8 bit 4:2:0 only, into which monochrome fits.
is_for_the_wire() { # STREAM of ours
	! grep -qx "$(stream_name "$1")" "$streams/beyond-the-wire"
}

# The project's own, but for HEVC's monochrome: its MD5s are of luma alone, the wire's pictures are 4:2:0.
streams_for_the_wire() { # CODEC
	codec_streams_shown "$1" | while read -r file; do
		[ "$(stream_name "$file")" = hevc-mono ] || ! is_for_the_wire "$file" || echo "$file"
	done
}

# The vectors that are decoded, by whether the wire has a format for their pictures; monochrome is left out.
vectors_by_wire() { # CODEC 0|1
	[ -n "${VECTORS_DIR:-}" ] || return 0
	awk -F'\t' -v dir="$VECTORS_DIR" -v codec="$1" -v fits="$2" '$1 == codec && $3 != "refuse" &&
		$7 != "gray" && ($7 ~ /^yuvj?420p$/) == fits { print dir "/" $2 }' "$VECTORS_DIR/MANIFEST.tsv"
}
