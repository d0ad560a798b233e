#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The VA parameters by an independent witness: FFmpeg and vacodec decode the same streams on softva,
# libva traces both, and trace-compare.py compares field by field. Then a fault is planted into every
# field, and has to be noticed.
set -u
set -o pipefail
streams=$top_srcdir/tests/streams
compare="${PYTHON3:-python3} $top_srcdir/tests/trace-compare.py"
driver=$top_builddir/soft-driver/.libs
preload=$top_builddir/tests/.libs/preload-display.so
vacodec=$top_builddir/tools/vacodec
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT

# Not compared, each with the reason: NAME or NAME-.
left_out() {
	case $1 in
	demo)
		echo "long, and nothing in it that the others have not" ;;
	*gaps*)
		echo "for frames that are missing FFmpeg makes surfaces of its own (h264_slice.c, h264_field_start)" ;;
	written-mmco5-* | written-fields-mmco5)
		echo "FFmpeg keeps the POC that a picture with command 5 had before (h264_refs.c; 8.2.1)" ;;
	written-sps-changed | written-fields-mmco | written-fields-unpaired)
		echo "FFmpeg does not decode it (known-ffmpeg-faults)" ;;
	CABREF3_Sand_D | CAPAMA3_Sand_F)
		echo "FFmpeg leaves cabac_init_idc of the slice before in I slices (h264_slice.c; 7.3.3)" ;;
	written-redundant)
		echo "FFmpeg gives no Baseline to a driver" ;;
	openh264-slices | written-foreign-units | written-ends | written-extensions)
		echo "FFmpeg counts the zero before a long start code as slice data (h2645_parse.c; B.1)" ;;
	*)
		return 1 ;;
	esac
}

skip() {
	if [ "${CI:-}" = true ]; then echo "Bail out! $1"; exit 1; fi
	echo "1..0 # SKIP $1"
	exit 0
}

by_ffmpeg() { # STREAM TRACE: the pictures' MD5s
	LD_PRELOAD=$preload LIBVA_DRIVERS_PATH=$driver LIBVA_TRACE=$2 \
		ffmpeg -nostdin -hide_banner -v quiet -hwaccel vaapi -hwaccel_device /dev/null \
		-hwaccel_output_format nv12 -threads 1 -strict 1 -i "$1" -fps_mode passthrough \
		-noautoscale -f framemd5 - >/dev/null
}

by_vacodec() { # STREAM TRACE
	LIBVA_DRIVERS_PATH=$driver LIBVA_TRACE=$2 \
		"$vacodec" decode --driver softva --md5 "$1" >/dev/null
}

both_say_the_same() { # STREAM
	local name ffmpeg
	name=$(basename "$1" .264)
	by_ffmpeg "$1" "$work/$name-ffmpeg" &
	ffmpeg=$!
	if ! by_vacodec "$1" "$work/$name-ours" 2>"$work/stderr"; then
		grep -v 'Add buf info failed' "$work/stderr" | sed 's/^/# /'
		echo "# vacodec fails"
		return 1
	fi
	wait $ffmpeg || echo "# FFmpeg fails"
	$compare compare "$work/$name-ours" "$work/$name-ffmpeg" "$(wc -l <"$1.md5")"
}

# The project's own, and field coding by other encoders.
list() {
	ls "$streams"/*.264
	[ -z "${VECTORS_DIR:-}" ] ||
		awk -F'\t' -v dir="$VECTORS_DIR" '$1 == "h264" && $3 == "decode" &&
			$8 ~ /PAFF|MBAFF|interlace-sps/ { print dir "/" $2 }' "$VECTORS_DIR/MANIFEST.tsv"
}

[ "${SANITIZERS:-no}" = no ] || { echo "1..0 # SKIP FFmpeg cannot load a driver with sanitizers"; exit 0; }
command -v ffmpeg >/dev/null || skip "ffmpeg is not installed"
command -v "${PYTHON3:-python3}" >/dev/null || skip "python3 is not installed"

n=0
compared=0
for stream in $(list); do
	name=$(basename "$stream" .264)
	if reason=$(left_out "$name"); then
		echo "# left out: $name: $reason"
		continue
	fi
	n=$((n + 1))
	compared=$((compared + 1))
	if both_say_the_same "$stream"; then echo "ok $n - $name"; else echo "not ok $n - $name"; fi
	case $name in cavlc-baseline | written-weights-explicit | weights-explicit-2) ;;
	*) rm -f "$work/$name"-* ;; esac
done

n=$((n + 1))
if [ $compared -ge 20 ]; then echo "ok $n - $compared streams were compared"
else echo "not ok $n - only $compared streams were compared"; fi

n=$((n + 1))
if $compare self-test "$work/weights-explicit-2-ours" "$work/cavlc-baseline-ours" \
	"$work/written-weights-explicit-ours" >"$work/self-test"; then
	echo "ok $n - a fault is noticed in each of $(grep -c '^ok' "$work/self-test") places"
else
	sed -n 's/^not ok/# not ok/p' "$work/self-test"
	echo "not ok $n - a fault goes unnoticed"
fi
echo "1..$n"
