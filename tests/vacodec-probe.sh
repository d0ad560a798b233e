#!/bin/sh
# SPDX-License-Identifier: MIT
#
# vacodec-probe.sh - vacodec probe on softva: what a stream is, and that decode agrees on whether it
# can be decoded
#
# The project's own streams of all codecs, then the vectors of VECTORS_DIR, whose list names what must be
# refused, and of H.264 profile, size and samples. Prints TAP.
set -u
# shellcheck source=tests/codecs.sh
. "$top_srcdir/tests/codecs.sh"
vacodec=$top_builddir/tools/vacodec
driver=$top_builddir/soft-driver/.libs/softva_drv_video.so
streams=$top_srcdir/tests/streams
# shellcheck source=tests/tap.sh
. "$top_srcdir/tests/tap.sh"

probe() { # [OPTION]... FILE: to $work/out
	timeout 60 "$vacodec" probe --driver "$driver" --log-level error "$@" \
		>"$work/out" 2>"$work/err"
}

says() { # KEY PATTERN: a line of the answer
	grep -Eq "^$1 +$2" "$work/out"
}

decode_status() { # FILE: 3 where decode refuses it
	timeout 60 "$vacodec" decode --driver "$driver" --log-level error --frames 25 "$1" \
		>/dev/null 2>&1
	echo $?
}

# What the names of MANIFEST.tsv's pixel formats say.
samples_of() {
	case $1 in
	*420p*) chroma=4:2:0 ;;
	*422p*) chroma=4:2:2 ;;
	*444p*) chroma=4:4:4 ;;
	*) chroma=4:0:0 ;;
	esac
	depth=$(echo "$1" | sed -n 's/.*p\([0-9][0-9]*\)le$/\1/p')
	echo "$chroma, ${depth:-8} bit"
}

vector() { # FILE EXPECT SIZE PROFILE PIX_FMT
	probe "$1"
	status=$?
	good=0
	says codec "h264, $4 profile, level [1-6]" || good=1
	says size "$3 " || good=1
	says samples "$(samples_of "$5")\$" || good=1
	says units '[0-9]+, 0 damaged' || good=1
	if [ "$(decode_status "$1")" -eq 3 ]; then
		[ $status -eq 3 ] && says decodes 'no: [A-Za-z0-9]' || good=1
	else
		[ $status -eq 0 ] && says decodes 'yes, H264' || good=1
	fi
	# What none decodes must be refused by name, whatever this driver has.
	if [ "$2" = refuse ]; then
		says decodes 'no: .*(4:4:4 chroma|1[0-4] bit samples|lossless|Extended profile)' || good=1
	fi
	ok $good "$(basename "$1"): $(sed -n 's/^decodes *//p' "$work/out")"
}

other_vector() { # CODEC FILE EXPECT
	[ "$1" != av1 ] || has_dav1d || return 0
	is_readable "$2" || return 0
	probe "$2"
	status=$?
	good=0
	# One of VP8's files holds VP9.
	says codec '[a-z0-9]+, [A-Za-z]' || good=1
	if [ "$3" = refuse ]; then
		[ $status -eq 3 ] && says decodes 'no: .' || good=1
	else
		[ $status -eq 0 ] && says decodes 'yes, ' || good=1
	fi
	ok $good "$(basename "$2"): $(sed -n 's/^decodes *//p' "$work/out")"
}

if [ ! -e "$driver" ] || [ ! -x "$vacodec" ]; then
	echo "1..0 # SKIP vacodec or softva is not built"
	exit 0
fi

structure_of() { # STREAM
	case $1 in
	mbaff-* | *-mbaff.*) echo 'interlaced: MBAFF frames' ;;
	written-*fields* | written-high422-9-bit.*) echo 'interlaced: (frames, )?field pictures' ;;
	fake-interlaced.*) echo 'interlaced: ' ;;
	*) echo progressive ;;
	esac
}

for file in "$streams"/*.264; do
	probe "$file" && says decodes 'yes, H264' && says units '[0-9]+, 0 damaged' &&
		says structure "$(structure_of "$(basename "$file")")"
	ok $? "$(basename "$file")"
done

# Those of the other codecs; libavformat knows their size.
for codec in $(codecs_of decode); do
	[ "$codec" != h264 ] || continue
	for file in $(codec_streams "$codec"); do
		is_readable "$file" || continue
		probe "$file" && says codec "$codec, [A-Z]" && says decodes 'yes, [A-Z]' &&
			says pictures '[1-9][0-9]* coded' && says units '[1-9][0-9]*, 0 damaged'
		ok $? "$(basename "$file")"
	done
done

features() { # STREAM FEATURE...
	file=$1
	shift
	case $file in *.*) ;; *) file=$file.264 ;; esac
	probe "$streams/$file"
	good=$?
	for feature in "$@"; do
		says features "(.* )?$feature( |\$)" || good=1
	done
	ok $good "$file has $*"
}

features cavlc-b cavlc b-slices
features transform-8x8 cabac transform-8x8
features scaling-custom-pps scaling-lists
features slices-count multi-slice
features weights-explicit-1 weighted-p
features weights-implicit implicit-b
features long-term long-term mmco
features written-gaps frame-num-gaps
features open-gop recovery-points
features constrained-intra constrained-intra
features deblock-off no-deblocking
features hevc-wpp.265 sao sign-hiding
features hevc-main10-weights.265 weighted-p
features vp8-segments.ivf segmentation
features vp8-golden.ivf golden-updates
features vp9-tiles.ivf tile-columns tile-rows
features vp9-lossless.ivf lossless
features av1-tiles.ivf tiles
features av1-grain.ivf film-grain
features av1-superres.ivf superres
if is_readable x.m2v; then
	features mpeg2-scans.m2v alternate-scan intra-vlc-format non-linear-quantiser
	probe "$streams/mpeg2-interlaced-tff.m2v" && says structure 'interlaced: frames of two fields'
	ok $? "interlaced frames of MPEG-2 are no MBAFF frames"
fi
probe "$streams/resolution-change.264" && says pictures '.* coded, [2-9] sequences'
ok $? "a change of size is a new sequence"
probe "$streams/crop-offset.264" && says size '.* visible from [1-9]'
ok $? "the visible part's place"
probe --frames 3 "$streams/demo.264" && says pictures '3 coded'
ok $? "--frames stops early"
probe - <"$streams/demo.264" && says size '384x288 '
ok $? "a pipe"

probe --json "$streams/crop-178x146.264" && "${PYTHON3:-python3}" -c '
import json, sys
a = json.load(open(sys.argv[1]))
assert (a["codec"], a["width"], a["height"]) == ("h264", 178, 146), a
assert a["coded_width"] == 192 and a["crop"]["width"] == 178 and a["chroma"] == 420, a
assert a["decodes"] is True and a["reason"] is None and "i-slices" in a["features"], a
' "$work/out" 2>"$work/err"
ok $? "--json"

probe "$work/none.264"
[ $? -eq 1 ] && [ ! -s "$work/out" ] && [ -s "$work/err" ]
ok $? "a file that is not there"
seq 1 2000 >"$work/text"
probe "$work/text"
status=$?
[ $status -ne 0 ] && [ ! -s "$work/out" ] && [ -s "$work/err" ]
ok $? "a text file (exit status $status)"
for option in --md5 '--chunk 7' --stats; do
	# shellcheck disable=SC2086
	probe $option "$streams/demo.264"
	[ $? -eq 1 ] && [ ! -s "$work/out" ] && [ -s "$work/err" ]
	ok $? "probe takes no $option"
done
timeout 60 "$vacodec" probe --driver no-such-driver "$streams/demo.264" >"$work/out" 2>"$work/err"
[ $? -eq 3 ] && says size '384x288 ' && says decodes 'no: no VA display'
ok $? "without a driver it is still described"

if [ -n "${VECTORS_DIR:-}" ]; then
	tab=$(printf '\t')
	while IFS=$tab read -r codec file expect size _ profile pix_fmt _; do
		case $codec in
		h264) vector "$VECTORS_DIR/$file" "$expect" "$size" "$profile" "$pix_fmt" ;;
		codec) ;;
		*) other_vector "$codec" "$VECTORS_DIR/$file" "$expect" ;;
		esac
	done <"$VECTORS_DIR/MANIFEST.tsv"
else
	skip vectors "configure --with-vectors was not given"
fi
plan
