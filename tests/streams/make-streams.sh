#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Makes the project's own H.264 streams again: synthetic pictures from FFmpeg's lavfi, encoded by x264
# and openh264 as Debian 12 has them. FILE.264.md5 has one MD5 a frame and line, in output order, over
# the cropped planar picture, taken from the encoder's own reconstruction. Each is compared with
# FFmpeg's software decoder afterwards, and a difference is reported, never adopted.
# The streams are committed; this is only needed to change them. Usage: make-streams.sh [FOLDER]
# Needs: x264 ffmpeg libopenh264-dev python3 gcc

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"

ff() {
	ffmpeg -nostdin -hide_banner -v error -y "$@"
}

# source NAME FRAMES FILTERGRAPH: one y4m of synthetic pictures.
source_new() {
	ff -f lavfi -i "$3" -frames:v "$2" -pix_fmt yuv420p "$work/$1.y4m"
}

frame_bytes() { # WIDTH HEIGHT of a 4:2:0 picture
	echo $(($1 * $2 + 2 * (($1 + 1) / 2) * (($2 + 1) / 2)))
}

# md5_frames YUV WIDTH HEIGHT: one MD5 a frame.
md5_frames() {
	split -b "$(frame_bytes "$2" "$3")" --filter=md5sum "$1" | cut -d' ' -f1
}

y4m_size() { # prints WIDTH HEIGHT
	head -n 1 "$1" | sed 's/.* W\([0-9]*\) H\([0-9]*\) .*/\1 \2/'
}

# x264_stream NAME SOURCE OPTIONS...: the MD5s are of --dump-yuv, which is in output order.
x264_stream() {
	local name=$1 y4m=$work/$2.y4m
	shift 2
	x264 --quiet --threads 1 --keyint 250 --dump-yuv "$work/rec.yuv" -o "$out/$name.264" "$@" \
		"$y4m" 2>"$work/x264.log" || { cat "$work/x264.log"; return 1; }
	# shellcheck disable=SC2046
	md5_frames "$work/rec.yuv" $(y4m_size "$y4m") >"$out/$name.264.md5"
	[[ $* != *--crop-rect* ]] || crop_md5 "$name" "$y4m" "$@"
	check "$name"
}

# x264 dumps the picture as it was before cropping.
crop_md5() {
	local name=$1 y4m=$2 w h l t r b
	shift 2
	while [ "$1" != --crop-rect ]; do shift; done
	read -r w h < <(y4m_size "$y4m")
	IFS=, read -r l t r b <<<"$2"
	ff -f rawvideo -pix_fmt yuv420p -s "${w}x$h" -i "$work/rec.yuv" \
		-vf "crop=$((w - l - r)):$((h - t - b)):$l:$t:exact=1" -f rawvideo "$work/crop.yuv"
	md5_frames "$work/crop.yuv" $((w - l - r)) $((h - t - b)) >"$out/$name.264.md5"
}

# openh264_stream NAME SOURCE MODE: encoded by openh264; the MD5s are those of openh264's decoder.
openh264_stream() {
	local y4m=$work/$2.y4m w h
	read -r w h < <(y4m_size "$y4m")
	ff -i "$y4m" -f rawvideo "$work/in.yuv"
	"$work/openh264-stream" "$3" "$w" "$h" "$work/in.yuv" "$out/$1.264" "$work/rec.yuv"
	md5_frames "$work/rec.yuv" "$w" "$h" >"$out/$1.264.md5"
	check "$1"
}

# moved_stream NAME FROM MODE: the scaling lists of FROM written elsewhere; pictures are unchanged.
moved_stream() {
	python3 "$here/move-scaling-lists.py" "$3" "$out/$2.264" "$out/$1.264"
	cp "$out/$2.264.md5" "$out/$1.264.md5"
	check "$1"
}

# joined_stream NAME FROM...: one after the other, each begins with an IDR picture.
joined_stream() {
	local name=$1 from
	shift
	: >"$out/$name.264"
	: >"$out/$name.264.md5"
	for from; do
		cat "$out/$from.264" >>"$out/$name.264"
		cat "$out/$from.264.md5" >>"$out/$name.264.md5"
	done
	check "$name"
}

check() {
	local verdict=agrees
	ff -flags unaligned -threads 1 -strict 1 -i "$out/$1.264" -fps_mode passthrough -noautoscale -f framemd5 - |
		sed -n 's/^0,.*, *//p' >"$work/ffmpeg.md5"
	cmp -s "$work/ffmpeg.md5" "$out/$1.264.md5" || verdict='FFMPEG DISAGREES'
	printf '%-32s %7d bytes %4d frames  %s\n' "$1" "$(stat -c %s "$out/$1.264")" \
		"$(wc -l <"$out/$1.264.md5")" "$verdict"
}

gcc -O1 -Wall -o "$work/openh264-stream" "$here/openh264-stream.c" -lopenh264

noise='noise=alls=7:allf=t:all_seed=7'
moving='testsrc2=s=176x144:r=30'
source_new qcif    24 "$moving,$noise"
source_new fields  12 "testsrc2=s=160x96:r=60,$noise,tinterlace=interleave_top"
source_new clean   24 "$moving"
source_new fade    30 "$moving,fade=in:0:12,fade=out:18:12"
source_new long    40 "testsrc2=s=128x96:r=30"
source_new small   16 "testsrc2=s=96x80:r=30,$noise"
source_new cif     8  "testsrc2=s=352x288:r=30"
source_new hd      8  "testsrc2=s=1280x720:r=30"
source_new odd     16 "testsrc2=s=178x146:r=30"
source_new odd35   16 "testsrc2=s=320x240:r=30,scale=36:66"
source_new tiny    16 "testsrc2=s=320x240:r=30,scale=16:16"
source_new static  12 "nullsrc=s=64x48:r=30,geq=random(1)*255:128:128"
source_new zoom    24 "mandelbrot=s=176x144:r=30:end_scale=0.05"
source_new seek    72 "testsrc2=s=96x80:r=30"
source_new demo    320 "mandelbrot=s=768x576:r=30:maxiter=400:start_scale=2.2:end_scale=0.012:\
end_pts=320:outer=normalized_iteration_count:inner=black,hue=H=0.6+0.012*n:s=0.8,\
scale=384:288:flags=area"

# Entropy coding and picture types.
x264_stream cavlc-baseline      qcif  --profile baseline --ref 1 --qp 30
x264_stream cavlc-b             qcif  --profile main --no-cabac --bframes 3 --b-pyramid none --qp 30
x264_stream cabac-p-poc2        qcif  --profile main --bframes 0 --ref 4 --qp 30
x264_stream cabac-b             zoom  --profile main --bframes 2 --b-pyramid none --qp 28
x264_stream idr-only            zoom  --keyint 1 --qp 32 --frames 12
x264_stream ipcm                static --qp 1 --subme 7 --no-psy --bframes 2 --frames 8
x264_stream qp51                qcif  --qp 51 --ipratio 1
x264_stream qp1                 small --qp 1 --ipratio 1 --frames 8

# Prediction.
x264_stream b-pyramid-normal    qcif  --bframes 7 --b-adapt 0 --b-pyramid normal --ref 6 --qp 30
x264_stream b-pyramid-mmco      qcif  --bframes 7 --b-adapt 0 --b-pyramid strict --ref 4 --qp 30
x264_stream direct-temporal     qcif  --bframes 3 --direct temporal --partitions all --qp 30
x264_stream direct-spatial      qcif  --bframes 3 --direct spatial --partitions all --qp 30
x264_stream weights-explicit-1  fade  --weightp 1 --bframes 0 --ref 3 --qp 28
x264_stream weights-explicit-2  fade  --weightp 2 --bframes 2 --ref 4 --qp 28
x264_stream weights-implicit    fade  --weightb --weightp 0 --bframes 4 --b-adapt 0 --ref 4 --qp 28
x264_stream list-modification   fade  --weightp 2 --bframes 7 --b-adapt 0 --b-pyramid normal --ref 8 --qp 28
x264_stream refs-16             long  --keyint infinite --ref 16 --bframes 2 --qp 30
x264_stream sliding-window      long  --keyint infinite --ref 3 --bframes 0 --weightp 0 --qp 32
x264_stream intra-only-in-p     zoom  --bframes 0 --partitions none --no-8x8dct --me dia --qp 36

# Slices.
x264_stream slices-count        qcif  --slices 4 --bframes 2 --qp 30
x264_stream slices-macroblocks  qcif  --slice-max-mbs 7 --qp 30
x264_stream slices-bytes        qcif  --slice-max-size 300 --qp 28
x264_stream slices-cavlc        qcif  --no-cabac --slices 3 --bframes 2 --qp 30

# Transform and quantisation.
x264_stream transform-8x8       qcif  --8x8dct --partitions all --bframes 2 --qp 26 --frames 16
x264_stream transform-8x8-cavlc clean --8x8dct --no-cabac --bframes 2 --qp 26
x264_stream scaling-jvt         clean --cqm jvt --bframes 2 --qp 28
x264_stream scaling-custom-pps  clean --qp 26 --bframes 2 --partitions all \
	--cqm4iy 16,18,20,24,18,20,24,28,20,24,28,32,24,28,32,40 \
	--cqm4ic 14,18,22,26,18,22,26,30,22,26,30,34,26,30,34,38 \
	--cqm4py 12,14,16,18,14,16,18,20,16,18,20,22,18,20,22,24 \
	--cqm4pc 20,22,24,26,22,24,26,28,24,26,28,30,26,28,30,32 \
	--cqm8i "$(seq -s, 10 73)" --cqm8p "$(seq -s, 74 -1 11)"
x264_stream chroma-qp-offset    clean --chroma-qp-offset 12 --qp 28
x264_stream aq-mbtree           clean --crf 28 --aq-mode 3
moved_stream scaling-custom-sps scaling-custom-pps sps
moved_stream scaling-fallback   scaling-custom-pps fallback

# Deblocking.
x264_stream deblock-off         clean --no-deblock --qp 36
x264_stream deblock-offsets     clean --deblock 6:-6 --qp 36

# Random access.
x264_stream intra-refresh       qcif  --intra-refresh --keyint 12 --bframes 0 --qp 30
x264_stream open-gop            qcif  --open-gop --keyint 8 --min-keyint 8 --bframes 3 --b-adapt 0 --qp 30
x264_stream open-gop-slices     seek  --open-gop --keyint 12 --min-keyint 12 --bframes 3 --b-adapt 0 \
	--b-pyramid normal --ref 4 --slices 2 --aud --qp 30
x264_stream mbaff-open-gop      seek  --open-gop --keyint 12 --min-keyint 12 --bframes 3 --b-adapt 0 \
	--b-pyramid normal --ref 4 --tff --qp 30 --frames 48
x264_stream intra-refresh-long  seek  --intra-refresh --keyint 9 --bframes 0 --ref 1 --qp 30
x264_stream constrained-intra   qcif  --constrained-intra --bframes 2 --qp 30

# Sizes.
x264_stream crop-178x146        odd   --qp 28
x264_stream crop-36x66          odd35 --bframes 2 --qp 28
x264_stream crop-offset         qcif  --crop-rect 10,6,8,4 --qp 30 --frames 12
x264_stream size-16x16          tiny  --qp 22
x264_stream size-352x288        cif   --qp 32
x264_stream size-1280x720       hd    --bframes 2 --qp 34

# Side data.
x264_stream hrd-filler-aud      clean --nal-hrd cbr --bitrate 300 --vbv-maxrate 300 --vbv-bufsize 300 \
	--aud --pic-struct
x264_stream vui-full-range      clean --aud --sar 16:11 --colorprim bt709 --transfer bt709 \
	--colormatrix bt709 --range pc --qp 32

# Interlaced: x264 makes MBAFF frames of two fields; progressive frames under an interlaced SPS.
x264_stream mbaff-tff           fields --tff --bframes 2 --ref 3 --qp 30
x264_stream mbaff-bff-temporal  fields --bff --bframes 3 --b-adapt 0 --direct temporal --no-cabac --weightb \
	--ref 4 --qp 30
x264_stream mbaff-crop          fields --tff --bframes 2 --b-pyramid normal --weightp 2 --crop-rect 2,4,6,8 --qp 32
x264_stream fake-interlaced     clean --fake-interlaced --bframes 2 --qp 30 --frames 12

# openh264: temporal layers, long-term references, frame numbers that jump.
openh264_stream temporal-layers qcif  layers
openh264_stream frame-num-gaps  long  gaps
openh264_stream long-term       long  ltr
openh264_stream openh264-slices qcif  slices

joined_stream resolution-change cavlc-baseline crop-36x66 size-352x288 size-16x16
joined_stream profile-change    cavlc-baseline cabac-b b-pyramid-normal

x264_stream demo                demo  --preset slow --bframes 3 --b-pyramid normal --ref 4 \
	--keyint 100 --crf 29
du -cb "$out"/*.264 | tail -n 1
