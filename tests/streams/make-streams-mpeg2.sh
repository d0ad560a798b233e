#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Makes the project's own MPEG-2 streams again: synthetic pictures from FFmpeg's lavfi, encoded by FFmpeg's
# encoder. FILE.m2v.md5 has one MD5 a frame and line, in output order, from FFmpeg's decoder: the standard
# leaves the inverse transform's rounding open (Annex A), so that no two decoders need agree. libmpeg2
# (mpeg2dec) is asked afterwards how far it is off; more than 45 dB is rounding.
# The streams are committed; this is only needed to change them. Usage: make-streams-mpeg2.sh [FOLDER]
# Needs: ffmpeg mpeg2dec

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"

ff() {
	ffmpeg -nostdin -hide_banner -v error -y "$@"
}

# source_new NAME FRAMES FILTERGRAPH
source_new() {
	ff -f lavfi -i "$3" -frames:v "$2" -pix_fmt yuv420p "$work/$1.y4m"
}

enc() { # NAME SOURCE OPTION...
	local file=$out/mpeg2-$1.m2v
	ff -i "$work/$2.y4m" -c:v mpeg2video -threads 1 -flags +bitexact "${@:3}" -f mpeg2video "$file"
	ff -i "$file" -fps_mode passthrough -noautoscale -f framemd5 - |
		sed -n 's/^[^#].*, *\([0-9a-f]\{32\}\)$/\1/p' >"$file.md5"
	ff -i "$file" -fps_mode passthrough -pix_fmt yuv420p "$work/ours.y4m"
	# What libmpeg2 writes has the coded size: compared over the size that both have.
	mpeg2dec -o pgmpipe "$file" >"$work/pgm" 2>/dev/null
	echo "$1: $(stat -c %s "$file") bytes, $(wc -l <"$file.md5") frames, $(psnr)"
}

# pgm: luma above, both chroma planes side by side below. The least of all frames, luma.
psnr() {
	perl -e '
		use strict; my ($y4m, $pgm) = @ARGV; my ($a, $b, $least) = ("", "", 99);
		open(my $f, "<:raw", $y4m); my $head = <$f>; my ($w) = $head =~ /W(\d+)/; my ($h) = $head =~ /H(\d+)/;
		open(my $g, "<:raw", $pgm);
		while (defined(my $line = <$f>)) {
			my $bytes = $w * $h; read($f, $a, $bytes); my $skip;
			read($f, $skip, 2 * int(($w + 1) / 2) * int(($h + 1) / 2));
			last unless defined(my $magic = <$g>); my ($pw, $ph) = split(" ", <$g>); <$g>;
			read($g, $b, $pw * $ph);
			my ($sum, $y) = (0, 0);
			for ($y = 0; $y < $h; $y++) {
				my @p = unpack("C*", substr($a, $y * $w, $w)); my @q = unpack("C*", substr($b, $y * $pw, $w));
				$sum += ($p[$_] - $q[$_]) ** 2 for 0 .. $w - 1;
			}
			my $psnr = $sum ? 10 * log(255 * 255 * $bytes / $sum) / log(10) : 99;
			$least = $psnr if $psnr < $least;
		}
		printf("libmpeg2 at least %.1f dB\n", $least);' "$work/ours.y4m" "$work/pgm"
}

moving="testsrc2=size=%s:rate=25,noise=alls=2:allf=t:all_seed=1"
source_new small 12 "${moving/\%s/176x144}"
source_new fields 8 "${moving/\%s/352x288},fieldorder=tff"
source_new odd 10 "${moving/\%s/175x143}"
source_new tiny 10 "${moving/\%s/16x16}"
source_new tall 2 "color=gray:size=48x2832:rate=25,noise=alls=5:allf=t:all_seed=2"
source_new noise 3 "color=gray:size=96x96:rate=25,noise=alls=90:allf=t:all_seed=3"

flat=$(printf '%s' 8; for i in $(seq 63); do printf ',%s' $((12 + i % 40)); done)
rising=$(printf '%s' 16; for i in $(seq 63); do printf ',%s' $((16 + i / 2)); done)
enc simple small -bf 0 -profile:v simple -level:v main -b:v 300k
enc b-frames small -bf 2 -g 9 -b:v 300k
enc closed-groups small -bf 2 -g 6 -b:v 300k -flags +bitexact+cgop -sc_threshold 1000000000
enc low-delay small -bf 0 -g 100 -b:v 200k -flags +bitexact+low_delay
enc intra small -g 1 -b:v 600k -dc 10
enc matrices small -bf 1 -b:v 300k -intra_matrix "$flat" -inter_matrix "$rising"
enc scans small -bf 2 -b:v 300k -intra_vlc 1 -alternate_scan 1 -non_linear_quant 1 -qmax 28
enc slices small -bf 2 -b:v 300k -slices 3
enc interlaced-tff fields -bf 2 -g 8 -b:v 900k -flags +bitexact+ildct+ilme -top 1
enc interlaced-bff fields -bf 1 -g 8 -b:v 900k -flags +bitexact+ildct+ilme -top 0 -alternate_scan 1
enc quantiser-1 noise -qmin 1 -qmax 1 -b:v 9000k
enc quantiser-31 small -bf 2 -qmin 31 -qmax 31 -b:v 10k
enc size-175x143 odd -bf 1 -b:v 300k
enc size-16x16 tiny -bf 2 -b:v 100k
enc size-48x2832 tall -bf 0 -b:v 2000k
cat "$out/mpeg2-b-frames.m2v" "$out/mpeg2-size-175x143.m2v" "$out/mpeg2-interlaced-tff.m2v" >"$out/mpeg2-sizes.m2v"
cat "$out/mpeg2-b-frames.m2v.md5" "$out/mpeg2-size-175x143.m2v.md5" "$out/mpeg2-interlaced-tff.m2v.md5" \
	>"$out/mpeg2-sizes.m2v.md5"
