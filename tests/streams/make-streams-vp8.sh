#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Makes the project's own VP8 streams again: synthetic pictures from FFmpeg's lavfi, encoded by libvpx
# (vpxenc, and vp8-stream.c for what it cannot ask for). FILE.ivf.md5 has one MD5 a shown frame and line,
# from libvpx's decoder. FFmpeg's own decoder is asked afterwards, and a difference is reported, never
# adopted. The streams are committed; this is only needed to change them.
# Usage: make-streams-vp8.sh [FOLDER]
# Needs: vpx-tools libvpx-dev libmd-dev ffmpeg gcc

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"
gcc -O2 -Wall -o "$work/vp8-stream" "$here/vp8-stream.c" -lvpx -lmd

ff() {
	ffmpeg -nostdin -hide_banner -v error -y "$@"
}

# source_new NAME FRAMES FILTERGRAPH
source_new() {
	ff -f lavfi -i "$3" -frames:v "$2" -pix_fmt yuv420p "$work/$1.y4m"
	ff -i "$work/$1.y4m" -f rawvideo "$work/$1.yuv"
}

finish() { # NAME
	local file=$out/vp8-$1.ivf
	"$work/vp8-stream" md5 "$file" >"$file.md5"
	ff -i "$file" -fps_mode passthrough -noautoscale -f framemd5 - |
		sed -n 's/^[^#].*, *\([0-9a-f]\{32\}\)$/\1/p' >"$work/ffmpeg"
	cmp -s "$work/ffmpeg" "$file.md5" || echo "FFmpeg differs: $1"
	echo "$1: $(stat -c %s "$file") bytes, $(wc -l <"$file.md5") frames"
}

enc() { # NAME SOURCE OPTION...
	vpxenc --codec=vp8 --quiet --disable-warning-prompt --ivf --threads=1 --limit=30 -o "$out/vp8-$1.ivf" "${@:3}" "$work/$2.y4m"
	finish "$1"
}

api() { # NAME MODE SOURCE WIDTH HEIGHT
	"$work/vp8-stream" "$2" "$4" "$5" "$work/$3.yuv" "$out/vp8-$1.ivf"
	finish "$1"
}

moving="testsrc2=size=%s:rate=30,noise=alls=6:allf=t:all_seed=1"
source_new small 24 "${moving/\%s/176x144}"
source_new odd 12 "${moving/\%s/175x143}"
source_new narrow 12 "${moving/\%s/35x67}"
source_new tiny 12 "${moving/\%s/16x16}"
source_new dot 8 "color=gray:size=16x16:rate=30,noise=alls=60:allf=t:all_seed=2,format=yuv444p,crop=1:1"
source_new noise 6 "color=gray:size=96x96:rate=30,noise=alls=90:allf=t:all_seed=3"
source_new still 20 "smptebars=size=176x144:rate=30"
source_new large 40 "mandelbrot=size=352x288:rate=30:maxiter=300"

for version in 0 1 2 3; do
	enc version-$version small --profile=$version --target-bitrate=120 --good --cpu-used=2
done
enc partitions-2 small --token-parts=1 --target-bitrate=100 --rt --cpu-used=8
enc partitions-8 small --token-parts=3 --target-bitrate=100 --rt --cpu-used=8
enc altref small --auto-alt-ref=1 --lag-in-frames=12 --arnr-maxframes=7 --arnr-strength=5 --arnr-type=3 \
	--target-bitrate=90 --good --passes=2
enc resilient small --error-resilient=1 --target-bitrate=100 --rt --cpu-used=6
enc resilient-partitions small --error-resilient=3 --token-parts=2 --target-bitrate=100 --rt --cpu-used=6
enc sharpness small --sharpness=7 --noise-sensitivity=4 --target-bitrate=80 --rt --cpu-used=4
enc key-frames small --kf-max-dist=4 --kf-min-dist=4 --target-bitrate=120 --rt --cpu-used=8
enc quantizer-high small --min-q=55 --max-q=63 --target-bitrate=10 --good
enc quantizer-low noise --min-q=0 --max-q=8 --target-bitrate=9000 --good
enc screen still --screen-content-mode=1 --static-thresh=1000 --rt --cpu-used=8 --target-bitrate=60
enc cyclic-refresh small --rt --cpu-used=10 --error-resilient=1 --end-usage=cbr --target-bitrate=40 \
	--buf-sz=300 --buf-initial-sz=150 --buf-optimal-sz=200
enc size-175x143 odd --target-bitrate=120 --good
enc size-35x67 narrow --target-bitrate=60 --good
enc size-16x16 tiny --target-bitrate=40 --good
enc size-1x1 dot --target-bitrate=20 --good
enc resize large --resize-allowed=1 --resize-up=90 --resize-down=60 --target-bitrate=40 --rt --cpu-used=8 \
	--end-usage=cbr --buf-sz=300 --buf-initial-sz=150 --buf-optimal-sz=200
api golden flags small 176 144
api segments segments small 176 144
api scaling scale small 176 144
api layers layers small 176 144
