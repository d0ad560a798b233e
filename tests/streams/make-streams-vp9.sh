#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Makes the project's own VP9 streams again: synthetic pictures from FFmpeg's lavfi, encoded by libvpx
# (vpxenc, FFmpeg where vpxenc cannot, and vp9-stream.c). FILE.ivf.md5 has one MD5 a shown frame and line,
# from libvpx's decoder (vpxdec). FFmpeg's own decoder is asked afterwards, and a difference is reported,
# never adopted. The streams are committed; this is only needed to change them.
# Usage: make-streams-vp9.sh [FOLDER]
# Needs: vpx-tools libvpx-dev ffmpeg gcc

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"
gcc -O2 -Wall -o "$work/vp9-stream" "$here/vp9-stream.c" "$here/../vp9-writer.c" -lvpx

ff() {
	ffmpeg -nostdin -hide_banner -v error -y "$@"
}

# source_new NAME FRAMES FILTERGRAPH [PIX_FMT]
source_new() {
	ff -f lavfi -i "$3" -frames:v "$2" -pix_fmt "${4:-yuv420p}" -strict -1 "$work/$1.y4m"
	ff -i "$work/$1.y4m" -f rawvideo "$work/$1.yuv"
}

# vpxdec writes a frame to a file; with --md5 it only names it behind its sum.
finish() { # NAME
	local file=$out/vp9-$1.ivf
	vpxdec --rawvideo --md5 -o "$work/frame-%5" "$file" 2>/dev/null | cut -d' ' -f1 >"$file.md5"
	ff -i "$file" -fps_mode passthrough -noautoscale -f framemd5 - |
		sed -n 's/^[^#].*, *\([0-9a-f]\{32\}\)$/\1/p' >"$work/ffmpeg" || true
	cmp -s "$work/ffmpeg" "$file.md5" || echo "FFmpeg differs: $1"
	echo "$1: $(stat -c %s "$file") bytes, $(wc -l <"$file.md5") frames"
}

enc() { # NAME SOURCE OPTION...
	vpxenc --codec=vp9 --quiet --disable-warning-prompt --ivf --threads=1 -o "$out/vp9-$1.ivf" \
		"${@:3}" "$work/$2.y4m"
	finish "$1"
}

other() { # NAME PIX_FMT: a format that Y4M has not
	ff -i "$work/small.y4m" -frames:v 6 -pix_fmt "$2" -c:v libvpx-vp9 -b:v 80k -threads 1 -cpu-used 5 \
		-lag-in-frames 4 -f ivf "$out/vp9-$1.ivf"
	finish "$1"
}

api() { # NAME MODE SOURCE WIDTH HEIGHT
	"$work/vp9-stream" "$2" "$4" "$5" 24 "$work/$3.yuv" "$out/vp9-$1.ivf"
	finish "$1"
}

moving="testsrc2=size=%s:rate=30,noise=alls=6:allf=t:all_seed=1"
source_new small 16 "${moving/\%s/176x144}"
source_new longer 24 "${moving/\%s/176x144}"
source_new odd 10 "${moving/\%s/175x143}"
source_new narrow 10 "${moving/\%s/35x67}"
source_new tiny 10 "${moving/\%s/16x16}"
source_new dot 6 "color=gray:size=16x16:rate=30,noise=alls=60:allf=t:all_seed=2,format=yuv444p,crop=1:1"
source_new wide 6 "${moving/\%s/1088x64}"
source_new high 6 "${moving/\%s/64x528}"
source_new large 60 "mandelbrot=size=352x288:rate=30:maxiter=300"

good="--good --cpu-used=3 --target-bitrate=90"
fast="--rt --cpu-used=7 --target-bitrate=90"
# Options are words.
# shellcheck disable=SC2086
{
	enc altref small $good --passes=2 --auto-alt-ref=1 --lag-in-frames=10 --arnr-maxframes=5
	enc altref-layers longer $good --passes=2 --auto-alt-ref=6 --lag-in-frames=16
	enc lossless tiny --lossless=1 --good --cpu-used=5
	enc resilient small $fast --error-resilient=1
	enc parallel small $good --frame-parallel=1
	enc not-parallel small $good --frame-parallel=0
	enc key-frames small $fast --kf-max-dist=4 --kf-min-dist=4
	enc tile-columns wide $fast --tile-columns=4
	enc tile-rows high $good --tile-rows=2
	enc tiles wide $fast --tile-columns=1 --tile-rows=1
	for mode in 1 2 3; do
		enc segments-$mode small $fast --end-usage=cbr --aq-mode=$mode --static-thresh=1
	done
	enc segments-good small $good --aq-mode=2 --end-usage=q --cq-level=40
	enc sharpness small $good --sharpness=7
	enc quantizer-high small $fast --min-q=60 --max-q=63
	enc quantizer-low tiny --good --min-q=0 --max-q=2 --target-bitrate=2000
	enc screen small $fast --tune-content=screen --row-mt=0
	enc size-175x143 odd $good
	enc size-35x67 narrow $good
	enc size-16x16 tiny $good
	enc size-1x1 dot $good
	enc resize-rc large --rt --cpu-used=8 --end-usage=cbr --target-bitrate=15 --resize-allowed=1 \
		--buf-sz=300 --buf-initial-sz=150 --buf-optimal-sz=200 --min-q=2 --max-q=52
}
other profile-1-422 yuv422p
other profile-1-444 yuv444p
other profile-1-rgb gbrp
other profile-2-10 yuv420p10
other profile-2-12 yuv420p12
other profile-3-422-10 yuv422p10
other profile-3-422-12 yuv422p12
other profile-3-444-10 yuv444p10
other profile-3-444-12 yuv444p12
api resize resize longer 176 144
api layers layers longer 176 144
api references flags longer 176 144
api shown shown longer 176 144
api written written longer 96 80
api written-segments segments longer 96 80
