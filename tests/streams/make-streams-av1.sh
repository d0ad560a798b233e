#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Makes the project's own AV1 streams again: synthetic pictures from FFmpeg's lavfi, encoded by aomenc,
# libaom (av1-stream.c), SVT-AV1 and rav1e as Debian 12 has them. FILE.md5 has one MD5 a frame and line, in output order, over
# the planar picture, taken from aomdec, which decodes with other code than softva.
# The streams are committed; this is only needed to change them. Usage: make-streams-av1.sh [FOLDER]
# Needs: ffmpeg aom-tools libaom-dev svt-av1 rav1e gcc

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"
gcc -O2 -Wall -o "$work/av1-stream" "$here/av1-stream.c" -laom

# source_new NAME FRAMES PIXEL_FORMAT FILTERGRAPH
source_new() {
	ffmpeg -nostdin -hide_banner -v error -y -f lavfi -i "$4" -frames:v "$2" -pix_fmt "$3" \
		-strict -1 "$work/$1.y4m"
}

# sums FILE [OPTION]...: each frame's file has the size that the frame has.
sums() {
	rm -rf "$work/frames"
	mkdir "$work/frames"
	aomdec --rawvideo "${@:2}" -o "$work/frames/%6.yuv" "$out/$1" >/dev/null
	(cd "$work/frames" && md5sum -- *.yuv) | cut -d ' ' -f 1 >"$out/$1.md5"
	echo "$1: $(wc -l <"$out/$1.md5") frames, $(stat -c %s "$out/$1") bytes"
}

# sums_without_grain FILE: what the decoder shows when it is asked to leave grain out.
sums_without_grain() {
	mv "$out/$1.md5" "$work/with-grain"
	sums "$1" --skip-film-grain
	mv "$out/$1.md5" "$out/$1.no-grain.md5"
	mv "$work/with-grain" "$out/$1.md5"
}

# aom NAME SOURCE [OPTION]...
aom() {
	aomenc --quiet --ivf --threads=1 --cpu-used=5 --passes=1 --lag-in-frames=19 --end-usage=q \
		--cq-level=45 --limit=12 "${@:3}" -o "$out/$1.ivf" "$work/$2.y4m"
	sums "$1.ivf"
}

# aom_obu NAME ANNEXB: not in a container.
aom_obu() {
	aomenc --quiet --obu "--annexb=$2" --threads=1 --cpu-used=6 --passes=1 --end-usage=q \
		--cq-level=45 --limit=10 -o "$out/$1.obu" "$work/qcif.y4m"
	if [ "$2" = 1 ]; then sums "$1.obu" --annexb; else sums "$1.obu"; fi
}

# layers NAME SPATIAL TEMPORAL RATIO
layers() {
	"$work/av1-stream" "$2" "$3" "$4" 12 "$work/qcif.yuv" "$out/$1.ivf"
	sums "$1.ivf"
}

svt() {
	SvtAv1EncApp --preset 10 --lp 1 "${@:3}" -i "$work/$2.y4m" -b "$out/$1.ivf" >/dev/null 2>&1
	sums "$1.ivf"
}

rav() {
	rav1e -q -y --speed 10 --quantizer 140 --limit 10 --threads 1 "${@:3}" -o "$out/$1.ivf" \
		"$work/$2.y4m" >/dev/null
	sums "$1.ivf"
}

source_new qcif 24 yuv420p testsrc2=s=176x144
ffmpeg -nostdin -v error -y -i "$work/qcif.y4m" -f rawvideo "$work/qcif.yuv"
source_new odd 12 yuv420p testsrc2=s=131x97
source_new wide 8 yuv420p testsrc2=s=400x288
source_new turn 12 yuv420p "testsrc2=s=352x288,rotate=a=0.02*n:c=gray,crop=176:144"
source_new ten 12 yuv420p10le testsrc2=s=176x144
source_new full 8 yuv444p testsrc2=s=96x80
source_new full10 8 yuv444p10le testsrc2=s=96x80
source_new text 6 yuv420p "color=white:s=192x128,drawgrid=w=8:h=8:t=1:c=black,drawbox=x=100*t:y=16:w=32:h=32:c=red:t=fill"

aom av1-plain qcif --limit=20
aom av1-odd-size odd
aom av1-10bit ten --bit-depth=10 --input-bit-depth=10
aom av1-mono qcif --monochrome
aom av1-444 full --profile=1 --limit=8
aom av1-444-10bit full10 --profile=1 --bit-depth=10 --input-bit-depth=10 --limit=6
aom av1-tiles wide --tile-columns=1 --tile-rows=1 --limit=6
aom av1-tile-groups wide --tile-columns=2 --tile-rows=1 --num-tile-groups=3 --limit=6
aom av1-grain qcif --film-grain-test=1
aom av1-grain-seeds qcif --film-grain-test=8 --limit=20
aom av1-grain-10bit ten --bit-depth=10 --input-bit-depth=10 --film-grain-test=3
aom av1-superres qcif --superres-mode=1 --superres-denominator=13 --superres-kf-denominator=10
aom av1-superres-random qcif --superres-mode=2
aom av1-resize qcif --resize-mode=1 --resize-denominator=12 --resize-kf-denominator=9
aom av1-resize-random qcif --resize-mode=2
aom av1-qm qcif --enable-qm=1 --qm-min=0 --qm-max=8
aom av1-lossless qcif --lossless=1 --limit=4
aom av1-resilient qcif --error-resilient=1
aom av1-low-delay qcif --limit=20 --lag-in-frames=0
aom av1-screen text --tune-content=screen --enable-palette=1 --enable-intrabc=1 --limit=6
aom av1-motion turn --enable-global-motion=1 --cpu-used=2
aom av1-deltas qcif --deltaq-mode=2 --delta-lf-mode=1
aom av1-segments qcif --aq-mode=1
aom av1-forward-key qcif --enable-fwd-kf=1 --kf-max-dist=8 --limit=24
aom av1-no-cdf qcif --cdf-update-mode=0 --limit=8
aom av1-still qcif --limit=1
aom av1-still-full-header qcif --limit=1 --full-still-picture-hdr
aom_obu av1-section5 0
aom_obu av1-annexb 1
layers av1-layers-l1t3 1 3 1
layers av1-layers-l2t2 2 2 1
layers av1-layers-l3t3 3 3 2
svt av1-svt wide --rc 0 -q 50 --keyint 6
svt av1-svt-grain qcif --rc 0 -q 45 --film-grain 20
rav av1-rav1e qcif
rav av1-rav1e-tiles wide --tile-cols 2 --tile-rows 2

for file in av1-grain.ivf av1-grain-10bit.ivf av1-svt-grain.ivf; do
	sums_without_grain $file
done
