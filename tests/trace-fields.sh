#!/bin/bash
# SPDX-License-Identifier: MIT
#
# As trace-compare.sh, for the codecs that trace-fields.py knows: FFmpeg and vacodec decode the same
# streams on softva, libva traces both, and what they told the driver is compared number by number. Then a
# fault is planted into every number, and has to be noticed.
set -u
set -o pipefail
streams=$top_srcdir/tests/streams
compare="${PYTHON3:-python3} $top_srcdir/tests/trace-fields.py"
driver=$top_builddir/soft-driver/.libs
preload=$top_builddir/tests/.libs/preload-display.so
# shellcheck source=tests/tap.sh
. "$top_srcdir/tests/tap.sh"

# Not compared, each with the reason.
left_out() {
	case $1 in
	vp8-written-sizes.ivf | vp80-03-segmentation-1425.ivf)
		echo "FFmpeg keeps its surfaces where a key frame changes the size (vaapi_decode.c)" ;;
	mpeg2-size-48x2832.m2v)
		echo "FFmpeg leaves slice_vertical_position_extension out (vaapi_mpeg2.c; 6.2.4)" ;;
	mpeg2-written-fields.m2v)
		echo "FFmpeg counts a sequence_end_code as data of the last slice (mpeg12dec.c; 6.2.2)" ;;
	vp9-profile-1-* | vp9-profile-2-12* | vp9-profile-3-* | vp91-* | vp93-* | vp92-2-20-12bit-* | \
		p1_4* | p2_12bit* | p3_4* | vp9-intra.ivf | vp9-multi-tile.ivf)
		echo "FFmpeg decodes these formats in software" ;;
	*)
		return 1 ;;
	esac
}

# Streams whose fields, one with the other, are all in use.
kept() {
	case $1 in
	mpeg2-matrices.m2v | mpeg2-interlaced-tff.m2v | mpeg2-scans.m2v | \
		vp8-golden.ivf | vp8-segments.ivf | vp8-cyclic-refresh.ivf | vp8-partitions-8.ivf | vp8-altref.ivf | \
		vp8-written-segments.ivf | vp8-written-entropy.ivf | vp9-references.ivf | vp9-written-segments.ivf)
		return 0 ;;
	*) return 1 ;;
	esac
}

by_ffmpeg() { # STREAM TRACE
	format=nv12
	case $1 in *profile-2-10* | *10bit-yuv420*) format=p010 ;; esac
	LD_PRELOAD=$preload LIBVA_DRIVERS_PATH=$driver LIBVA_TRACE=$2 \
		ffmpeg -nostdin -hide_banner -v quiet -hwaccel vaapi -hwaccel_device /dev/null \
		-hwaccel_output_format $format -threads 1 -strict 1 -i "$1" -an -fps_mode passthrough \
		-noautoscale -f framemd5 - >/dev/null
}

by_vacodec() { # STREAM TRACE
	LIBVA_DRIVERS_PATH=$driver LIBVA_TRACE=$2 \
		"$top_builddir/tools/vacodec" decode --driver softva --md5 "$1" >/dev/null 2>&1
}

both_say_the_same() { # CODEC STREAM
	local name=${2##*/} ffmpeg
	by_ffmpeg "$2" "$work/$name-ffmpeg" &
	ffmpeg=$!
	by_vacodec "$2" "$work/$name-ours" || echo "# vacodec fails"
	wait $ffmpeg || echo "# FFmpeg fails"
	# Frames of VP9 that are shown again are no pictures.
	frames=1
	[ "$1" = vp9 ] || frames=$(wc -l <"$2.md5")
	$compare compare "$1" "$work/$name-ours" "$work/$name-ffmpeg" "$frames"
}

list() { # CODEC
	case $1 in
	*) ls "$streams/$1"-*.ivf "$streams/$1"-*.m2v 2>/dev/null ;;
	esac
	[ -z "${VECTORS_DIR:-}" ] ||
		awk -F'\t' -v dir="$VECTORS_DIR" -v codec="$1" '$1 == codec && $3 == "decode" &&
			$2 ~ /\/vp[89]0-/ { print dir "/" $2 }' "$VECTORS_DIR/MANIFEST.tsv"
}

[ "${SANITIZERS:-no}" = no ] || { echo "1..0 # SKIP FFmpeg cannot load a driver with sanitizers"; exit 0; }
command -v ffmpeg >/dev/null || skip_at_home "ffmpeg is not installed"
command -v "${PYTHON3:-python3}" >/dev/null || skip_at_home "python3 is not installed"

for codec in ${CODECS:-vp8 vp9 mpeg2}; do
	compared=0
	traces=()
	for stream in $(list $codec); do
		name=${stream##*/}
		if reason=$(left_out "$name"); then
			echo "# left out: $name: $reason"
			continue
		fi
		compared=$((compared + 1))
		both_say_the_same $codec "$stream"
		ok $? "$name"
		if kept "$name"; then traces+=("$work/$name-ours"); else rm -f "$work/$name"-*; fi
	done
	[ $compared -ge 14 ]
	ok $? "$codec: $compared streams were compared, at least 14"
	$compare self-test $codec "${traces[@]}" >"$work/self-test"
	status=$?
	sed -n 's/^not ok/# not ok/p' "$work/self-test"
	ok $status "$codec: a fault is noticed in each of $(grep -c '^ok' "$work/self-test") places"
done
plan
