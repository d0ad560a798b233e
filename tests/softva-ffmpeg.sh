#!/bin/bash
# SPDX-License-Identifier: MIT
#
# FFmpeg, unchanged, decodes through softva (-hwaccel vaapi): every picture has the MD5 that stands beside
# the stream, and no check of softva fails. All streams of tests/streams and all of VECTORS_DIR that must
# come out bit-exact, of the codecs in the table, where FFmpeg gives their pictures to a driver.
set -u

# shellcheck source=tests/tap.sh
. "$top_srcdir/tests/tap.sh"
# shellcheck source=tests/codecs.sh
. "$top_srcdir/tests/codecs.sh"

[ "${SANITIZERS:-no}" = no ] || skip_all "a sanitizer's runtime cannot be loaded behind FFmpeg's back"
command -v ffmpeg >/dev/null 2>&1 || skip_at_home "ffmpeg is not installed"

streams=()
formats=()
add() { # CODEC FILE
	local name fault format
	name=$(basename "$2")
	if fault=$(grep "^$(stream_name "$2"): " "$top_srcdir/tests/streams/known-ffmpeg-faults"); then
		echo "# left out, FFmpeg is at fault: $fault"
	elif ! format=$(surface_format "$1" "$2"); then
		echo "# left out, FFmpeg gives no pictures of this kind to a driver: $name"
	elif [ -f "$2.md5" ]; then
		streams+=("$2")
		formats+=("$format")
	fi
}
for codec in $(codecs_of softva); do
	# FFmpeg knows the beyond-8-bit profiles of H.264 in software only.
	if_va=if-va
	[ "$codec" != h264 ] || if_va=
	for stream in $(codec_streams "$codec") $(codec_vectors "$codec" decode $if_va); do
		add "$codec" "$stream"
	done
done
[ -n "${VECTORS_DIR:-}" ] || echo "# no vectors: configure --with-vectors=DIR adds them"
[ ${#streams[@]} -gt 0 ] || { echo "Bail out! no streams"; exit 1; }

# setparams: FFmpeg would convert full range to limited range on the way out of NV12. -strict 1: its guess
# at the reordering drops pictures; then it holds more surfaces than it asks for.
decode() { # stream, formats of surface and planes; the MD5s on stdout
	local filters="hwdownload,format=$2,setparams=range=tv,format=$3" options=()

	# FFmpeg crops hardware frames at the right and at the bottom only.
	case $1 in
	*/tests/streams/crop-offset.264)
		options=(-apply_cropping 0)
		filters="$filters,crop=158:134:10:6:exact=1"
		;;
	*/tests/streams/hevc-written-window.265)
		options=(-apply_cropping 0)
		filters="$filters,crop=54:38:6:2:exact=1"
		;;
	*/tests/streams/hevc-written-window-422.265)
		options=(-apply_cropping 0)
		filters="$filters,crop=54:43:6:1:exact=1"
		;;
	*/tests/streams/mbaff-crop.264)
		options=(-apply_cropping 0)
		filters="$filters,crop=152:84:2:4:exact=1"
		;;
	*/tests/streams/written-crop.264)
		options=(-apply_cropping 0)
		filters="$filters,crop=66:52:6:10:exact=1"
		;;
	*/tests/streams/written-fields-crop.264)
		options=(-apply_cropping 0)
		filters="$filters,crop=74:48:2:4:exact=1"
		;;
	esac
	LIBVA_DRIVERS_PATH="$top_builddir/soft-driver/.libs" \
		LD_PRELOAD="$top_builddir/tests/.libs/preload-display.so" \
		SOFTVA_CHECKS="$work/checks" timeout 120 \
		ffmpeg -nostdin -v error -hwaccel vaapi -hwaccel_device /dev/null \
		-hwaccel_output_format vaapi -hwaccel_flags allow_profile_mismatch \
		"${options[@]}" -strict 1 -extra_hw_frames 32 -threads 1 -noautorotate -i "$1" -fps_mode passthrough -noautoscale \
		-vf "$filters" -f framemd5 - 2>"$work/err" |
		sed -n 's/^[^#].*, *\([0-9a-f]\{32\}\)$/\1/p'
}

echo "1..${#streams[@]}"
for stream in "${streams[@]}"; do
	rm -f "$work/checks"
	# shellcheck disable=SC2086
	decode "$stream" ${formats[count]} >"$work/md5"
	if cmp -s "$work/md5" "$stream.md5" &&
		grep -Eq '^softva: [1-9][0-9]* checks, 0 failed$' "$work/checks" &&
		grep -q '^softva: event decode errors: 0$' "$work/checks"; then
		ok 0 "${stream##*/}"
	else
		echo "# $(wc -l <"$work/md5") pictures, $(wc -l <"$stream.md5") expected"
		diff "$work/md5" "$stream.md5" | head -n 4 | sed 's/^/# /'
		[ -f "$work/checks" ] && grep -v ' 0 failed$' "$work/checks" | sed 's/^/# /'
		ok 1 "${stream##*/}"
	fi
done
