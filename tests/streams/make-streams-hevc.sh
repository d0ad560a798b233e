#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Makes the project's own HEVC streams again: synthetic pictures from FFmpeg's lavfi, encoded by x265 as
# Debian 12 has it. FILE.265.md5 has one MD5 a frame and line, in output order, over the cropped planar
# picture, taken from the encoder's own reconstruction. Each is compared with FFmpeg's software decoder
# and with libde265 afterwards, and a difference is reported, never adopted.
# The streams are committed; this is only needed to change them. Usage: make-streams-hevc.sh [FOLDER]
# Needs: x265 ffmpeg libde265-examples

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"

# source NAME FRAMES FILTERGRAPH PIX_FMT: one y4m of synthetic pictures.
source_new() {
	ffmpeg -nostdin -hide_banner -v error -y -f lavfi -i "$3" -frames:v "$2" -pix_fmt "$4" \
		-strict -1 "$work/$1.y4m"
}

# Bytes of a frame of WIDTH HEIGHT in 400, 420, 422 or 444 and a depth.
frame_bytes() {
	local samples=$(($1 * $2))
	case $3 in
	420) samples=$((samples + 2 * (($1 + 1) / 2) * (($2 + 1) / 2))) ;;
	422) samples=$((samples + 2 * (($1 + 1) / 2) * $2)) ;;
	444) samples=$((samples * 3)) ;;
	esac
	echo $((samples * ($4 > 8 ? 2 : 1)))
}

md5_frames() { # YUV BYTES
	split -b "$2" --filter='md5sum' "$1" | cut -d' ' -f1
}

# x265_stream NAME SOURCE CHROMA DEPTH OPTIONS...: --recon is in output order.
x265_stream() {
	local name=$1 y4m=$work/$2.y4m chroma=$3 depth=$4 width height
	shift 4
	read -r width height <<<"$(head -n 1 "$y4m" | sed 's/.* W\([0-9]*\) H\([0-9]*\) .*/\1 \2/')"
	timeout 60 x265 --log-level error --no-progress --no-info --pools none --frame-threads 1 \
		--output-depth "$depth" --recon "$work/rec.yuv" -o "$out/$name.265" "$@" "$y4m" ||
		{ echo "$name: x265 fails"; return 0; }
	md5_frames "$work/rec.yuv" "$(frame_bytes "$width" "$height" "$chroma" "$depth")" \
		>"$out/$name.265.md5"
	check "$name" "$chroma" "$depth"
}

# x265_hashed NAME SOURCE OPTIONS...: x265 reconstructs files of 8 bits only. Of more bits each picture has
# the encoder's own hash in the stream; FFmpeg's pictures are taken where all of them agree with it.
x265_hashed() {
	local name=$1 y4m=$work/$2.y4m frames
	frames=$(grep -ao FRAME "$y4m" | wc -l)
	shift 2
	timeout 60 x265 --log-level error --no-progress --no-info --pools none --frame-threads 1 --hash 1 \
		-o "$out/$name.265" "$@" "$y4m"
	ffmpeg -nostdin -v error -err_detect crccheck+explode -flags unaligned -threads 1 -strict 1 \
		-i "$out/$name.265" -fps_mode passthrough -noautoscale -f framemd5 - 2>"$work/errors" |
		sed -n 's/^0,.*, *//p' >"$out/$name.265.md5"
	[ ! -s "$work/errors" ] && [ "$(wc -l <"$out/$name.265.md5")" -eq "$frames" ] ||
		echo "$name: FFmpeg shows other pictures"
}

# Two other decoders' word; libde265 knows 8 bit 4:2:0 best.
check() {
	local file=$out/$1.265
	ffmpeg -nostdin -v quiet -flags unaligned -threads 1 -strict 1 -i "$file" -fps_mode passthrough \
		-noautoscale -f framemd5 - | sed -n 's/^0,.*, *//p' >"$work/md5"
	cmp -s "$work/md5" "$file.md5" || echo "$1: FFmpeg shows other pictures"
	[ "$2:$3" = 420:8 ] || return 0
	libde265-dec265 -q -o "$work/de265.yuv" "$file" >"$work/de265.log" 2>&1 || true
	cmp -s "$work/de265.yuv" "$work/rec.yuv" || echo "$1: libde265 shows other pictures"
}

size=176x144
source_new scene 20 "testsrc2=size=$size:rate=25,noise=alls=6:allf=t" yuv420p
source_new short 8 "testsrc2=size=$size:rate=25,noise=alls=6:allf=t" yuv420p
source_new fade 16 "testsrc2=size=$size:rate=25,fade=in:0:16" yuv420p
source_new small 8 "testsrc2=size=64x64:rate=25" yuv420p
source_new odd 8 "testsrc2=size=98x66:rate=25" yuv420p
source_new wide 6 "testsrc2=size=416x240:rate=25" yuv420p
source_new ten 8 "testsrc2=size=$size:rate=25,noise=alls=6:allf=t" yuv420p10le
source_new c422 6 "testsrc2=size=$size:rate=25" yuv422p
source_new c422ten 6 "testsrc2=size=$size:rate=25" yuv422p10le
source_new c444 6 "testsrc2=size=$size:rate=25" yuv444p
source_new c444ten 6 "testsrc2=size=$size:rate=25" yuv444p10le
source_new mono 6 "testsrc2=size=$size:rate=25" gray

x265_stream hevc-intra short 420 8 --keyint 1 --crf 34
x265_stream hevc-p scene 420 8 --bframes 0 --keyint 10 --crf 34
x265_stream hevc-refs scene 420 8 --bframes 0 --ref 5 --crf 34
x265_stream hevc-b scene 420 8 --bframes 3 --no-b-pyramid --crf 34
x265_stream hevc-b-pyramid scene 420 8 --bframes 7 --b-adapt 0 --ref 4 --crf 34
x265_stream hevc-wpp wide 420 8 --wpp --crf 34
x265_stream hevc-no-wpp wide 420 8 --no-wpp --crf 34
x265_stream hevc-slices wide 420 8 --pools 1 --slices 2 --wpp --bframes 2 --crf 34
x265_stream hevc-scaling-default short 420 8 --scaling-list default --crf 28
x265_stream hevc-weightp fade 420 8 --weightp --bframes 0 --crf 30
x265_stream hevc-weightb fade 420 8 --weightp --weightb --bframes 3 --b-adapt 0 --crf 30
x265_stream hevc-open-gop scene 420 8 --open-gop --keyint 8 --min-keyint 4 --bframes 3 --crf 34
x265_stream hevc-closed-gop scene 420 8 --no-open-gop --keyint 8 --bframes 3 --crf 34
x265_stream hevc-radl scene 420 8 --radl 2 --no-open-gop --keyint 10 --bframes 3 --b-adapt 0 --crf 34
x265_stream hevc-temporal-layers scene 420 8 --temporal-layers --bframes 3 --b-adapt 0 --crf 34
x265_stream hevc-crop odd 420 8 --crf 30
x265_stream hevc-small small 420 8 --crf 30
x265_stream hevc-ctu32 short 420 8 --ctu 32 --crf 30
x265_stream hevc-ctu16-no-filters short 420 8 --ctu 16 --no-sao --no-deblock --crf 30
x265_stream hevc-ctu16 scene 420 8 --ctu 16 --crf 18
x265_stream hevc-cu-lossless short 420 8 --cu-lossless --crf 12
x265_stream hevc-lossless small 420 8 --lossless
x265_stream hevc-constrained-intra scene 420 8 --constrained-intra --crf 34
x265_stream hevc-amp-rect short 420 8 --amp --rect --crf 30
x265_stream hevc-transform-skip short 420 8 --tskip --crf 26
x265_stream hevc-no-sao short 420 8 --no-sao --crf 34
x265_stream hevc-no-deblock short 420 8 --no-deblock --crf 34
x265_stream hevc-deblock-offsets short 420 8 --deblock 4:-3 --crf 34
x265_stream hevc-chroma-offsets short 420 8 --cbqpoffs 4 --crqpoffs -3 --crf 30
x265_stream hevc-aud-hrd short 420 8 --aud --hrd --vbv-bufsize 300 --vbv-maxrate 300 --bitrate 200
x265_stream hevc-hashes short 420 8 --hash 1 --crf 34
x265_stream hevc-hash-crc short 420 8 --hash 2 --crf 34
x265_stream hevc-hash-checksum short 420 8 --hash 3 --crf 34
x265_stream hevc-intra-refresh scene 420 8 --intra-refresh --keyint 8 --bframes 0 --crf 34
x265_stream hevc-no-temporal-mvp short 420 8 --no-temporal-mvp --crf 34
x265_stream hevc-max-merge short 420 8 --max-merge 5 --crf 34
x265_stream hevc-multi-pps short 420 8 --multi-pass-opt-rps --crf 34
x265_hashed hevc-main10 ten --output-depth 10 --profile main10 --crf 34
x265_hashed hevc-main10-weights ten --output-depth 10 --profile main10 --weightp --weightb --crf 34
x265_hashed hevc-main12 ten --output-depth 12 --profile main12 --crf 34
x265_stream hevc-422 c422 422 8 --profile main422-10 --crf 34
x265_hashed hevc-422-10 c422ten --output-depth 10 --profile main422-10 --crf 34
x265_stream hevc-444 c444 444 8 --profile main444-8 --crf 34
x265_hashed hevc-444-10 c444ten --output-depth 10 --profile main444-10 --crf 34
x265_stream hevc-mono mono 400 8 --crf 34

# Another sequence in the middle.
cat "$out/hevc-small.265" "$out/hevc-crop.265" "$out/hevc-small.265" >"$out/hevc-resolution-change.265"
cat "$out/hevc-small.265.md5" "$out/hevc-crop.265.md5" "$out/hevc-small.265.md5" \
	>"$out/hevc-resolution-change.265.md5"
cat "$out/hevc-p.265" "$out/hevc-main10.265" >"$out/hevc-depth-change.265"
cat "$out/hevc-p.265.md5" "$out/hevc-main10.265.md5" >"$out/hevc-depth-change.265.md5"
du -cb "$out"/*.265 | tail -n 1
