#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The VA parameters by an independent witness: FFmpeg and vacodec decode the same streams on softva,
# libva traces both, and trace-compare.py compares field by field. Then a fault is planted into every
# field, and has to be noticed.
set -u
set -o pipefail
# shellcheck source=tests/codecs.sh
. "$top_srcdir/tests/codecs.sh"
compare="${PYTHON3:-python3} $top_srcdir/tests/trace-compare.py"
driver=$top_builddir/soft-driver/.libs
preload=$top_builddir/tests/.libs/preload-display.so
vacodec=$top_builddir/tools/vacodec
# shellcheck source=tests/tap.sh
. "$top_srcdir/tests/tap.sh"

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
	hevc-written-bla | hevc-written-cra-after-end)
		echo "FFmpeg makes pictures for what the set of an IRAP picture names (hevc_refs.c; 8.3.2)" ;;
	hevc-written-extensions | hevc-written-wavefront-offsets)
		echo "FFmpeg does not count emulation prevention in headers (vaapi_hevc.c)" ;;
	hevc-written-pps-first | hevc-written-sps-changed)
		echo "FFmpeg does not decode it (known-ffmpeg-faults)" ;;
	written-redundant)
		echo "FFmpeg gives no Baseline to a driver" ;;
	openh264-slices | hevc-written-filler | written-foreign-units | written-ends | written-extensions)
		echo "FFmpeg counts the zero before a long start code as slice data (h2645_parse.c; B.1)" ;;
	*high10-* | *high422-* | mono-high10)
		echo "FFmpeg decodes these profiles in software" ;;
	hevc-depth-change)
		echo "FFmpeg puts out one pixel format, and stops" ;;
	fixture_bytes__r413-* | hevc-intra)
		echo "FFmpeg finds no profile for it, and takes Main" ;;
	format-change)
		echo "FFmpeg changes over to software in it" ;;
	*)
		return 1 ;;
	esac
}

# Pictures that are decoded, and not shown.
count_hidden() {
	case $1 in
	hevc-written-ends | hevc-written-no-output-of-prior | hevc-written-output-flag) echo 4 ;;
	*) echo 0 ;;
	esac
}

# FFmpeg takes the zero byte of a long start code for the end of the unit before (h2645_parse.c; B.1).
shorten_start_codes() { # STREAM
	"${PYTHON3:-python3}" -c 'import sys
sys.stdout.buffer.write(open(sys.argv[1], "rb").read().replace(b"\0\0\0\1", b"\0\0\1"))' "$1"
}

by_ffmpeg() { # STREAM TRACE FORMAT: the pictures' MD5s
	LD_PRELOAD=$preload LIBVA_DRIVERS_PATH=$driver LIBVA_TRACE=$2 \
		ffmpeg -nostdin -hide_banner -v quiet -hwaccel vaapi -hwaccel_device /dev/null \
		-hwaccel_flags allow_profile_mismatch \
		-hwaccel_output_format "$3" -threads 1 -strict 1 -i "$1" -fps_mode passthrough \
		-noautoscale -f framemd5 - >/dev/null
}

by_vacodec() { # STREAM TRACE
	LIBVA_DRIVERS_PATH=$driver LIBVA_TRACE=$2 \
		"$vacodec" decode --driver softva --md5 "$1" >/dev/null
}

both_say_the_same() { # CODEC STREAM
	local name ffmpeg format stream=$2
	name=$(stream_name "$2")
	read -r format _ <<<"$(surface_format "$1" "$2")"
	if [ "$1" = hevc ]; then
		stream=$work/$name.265
		shorten_start_codes "$2" >"$stream"
	fi
	by_ffmpeg "$stream" "$work/$name-ffmpeg" "$format" &
	ffmpeg=$!
	if ! by_vacodec "$stream" "$work/$name-ours" 2>"$work/stderr"; then
		grep -v 'Add buf info failed' "$work/stderr" | sed 's/^/# /'
		echo "# vacodec fails"
		return 1
	fi
	wait $ffmpeg || echo "# FFmpeg fails"
	$compare compare "$1" "$work/$name-ours" "$work/$name-ffmpeg" $(($(wc -l <"$2.md5") + $(count_hidden "$name")))
}

# The project's own; of H.264's vectors field coding by other encoders, of the others' all.
list() { # CODEC
	codec_streams "$1"
	codec_vectors "$1" decode if-va | while read -r file; do
		[ "$1" != h264 ] || grep -qE "^h264	${file#"$VECTORS_DIR"/}	decode	.*(PAFF|MBAFF|interlace-sps)" \
			"$VECTORS_DIR/MANIFEST.tsv" || continue
		echo "$file"
	done
}

# Streams whose fields, one with the other, are all in use.
kept() {
	case $1 in
	cavlc-baseline | written-weights-explicit | weights-explicit-2) ;;
	hevc-weightb | hevc-scaling-default | hevc-slices | hevc-written-pcm) ;;
	*) return 1 ;;
	esac
}

[ "${SANITIZERS:-no}" = no ] || { echo "1..0 # SKIP FFmpeg cannot load a driver with sanitizers"; exit 0; }
command -v ffmpeg >/dev/null || skip_at_home "ffmpeg is not installed"
command -v "${PYTHON3:-python3}" >/dev/null || skip_at_home "python3 is not installed"

for codec in $(codecs_of trace); do
	compared=0
	traces=()
	for stream in $(list "$codec"); do
		name=$(stream_name "$stream")
		if reason=$(left_out "$name"); then
			echo "# left out: $name: $reason"
			continue
		fi
		if ! surface_format "$codec" "$stream" >"$work/format"; then
			echo "# left out: $name: FFmpeg gives no pictures of this kind to a driver"
			continue
		fi
		compared=$((compared + 1))
		both_say_the_same "$codec" "$stream"
		ok $? "$name"
		if kept "$name"; then traces+=("$work/$name-ours"); else rm -f "$work/$name"[-.]*; fi
	done
	[ $compared -ge 20 ]
	ok $? "$codec: $compared streams were compared, at least 20"
	$compare self-test "$codec" "${traces[@]}" >"$work/self-test"
	status=$?
	sed -n 's/^not ok/# not ok/p' "$work/self-test"
	ok $status "$codec: a fault is noticed in each of $(grep -c '^ok' "$work/self-test") places"
done
plan
