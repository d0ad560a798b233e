#!/bin/bash
# SPDX-License-Identifier: MIT
#
# FFmpeg's vaapi client as a control: one stream of each codec on softva with each quirk and like each
# driver, by FFmpeg and by vacodec, which reads surfaces, too. Prints the table of docs/drivers.md: where the
# two differ, and why. Ends with 1 where vacodec is not exact, or a difference has no reason here.
#
# make ffmpeg-control; --check compares the table with that in docs/drivers.md, if FFmpeg is the one there.
set -u
vacodec=$top_builddir/tools/vacodec
driver=$top_builddir/soft-driver/.libs
streams=$top_srcdir/tests/streams
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT

if ! command -v ffmpeg >/dev/null || [ ! -x "$vacodec" ] || [ ! -e "$driver/softva_drv_video.so" ]; then
	echo "ffmpeg-control: ffmpeg, vacodec or softva is not there" >&2
	exit 77
fi

# Those that FFmpeg gives to a driver, with the format of the surface.
list="h264:cabac-b.264:nv12 hevc:hevc-b.265:nv12 vp8:vp8-partitions-2.ivf:nv12 vp9:vp9-altref.ivf:nv12
mpeg2:mpeg2-slices.m2v:nv12 av1:av1-plain.ivf:nv12"

# Why FFmpeg and vacodec come to different pictures. Of a driver it is the manner that does it.
why() { # MANNER CODEC
	case $1:$2 in
	sync=busy:* | 'like ihd':*) echo "FFmpeg takes the first HW_BUSY for the end; vacodec asks again for 200 ms" ;;
	sync=timedout:* | 'like radeonsi':*) echo "FFmpeg takes a wait that ends by itself for a failure (each picture takes 5 ms here, softva waits 2 ms); vacodec asks again" ;;
	vp8=lookback:vp8 | 'like nvidia':vp8) echo "FFmpeg's slice data has the frame's tag before it, but not from a multiple of 16 on" ;;
	limits:* | 'like nvidia':*) echo "the size is below the driver's; FFmpeg decodes in software then" ;;
	none:*) echo "softva or FFmpeg is at fault" ;;
	esac
}

# FFmpeg's first choice for AV1 is a decoder in software.
by_ffmpeg() { # FILE FORMAT
	local decoder=()
	case $1 in */av1-*) decoder=(-c:v av1) ;; esac
	LIBVA_DRIVERS_PATH=$driver LD_PRELOAD=$top_builddir/tests/.libs/preload-display.so timeout 120 \
		ffmpeg -nostdin -v error -hwaccel vaapi -hwaccel_device /dev/null -hwaccel_output_format vaapi \
		-hwaccel_flags allow_profile_mismatch -strict 1 -extra_hw_frames 8 -threads 1 -noautorotate \
		"${decoder[@]}" -i "$1" \
		-fps_mode passthrough -noautoscale -vf "hwdownload,format=$2,setparams=range=tv,format=yuv420p" \
		-f framemd5 - 2>"$work/ffmpeg.err" | sed -n 's/^[^#].*, *\([0-9a-f]\{32\}\)$/\1/p' >"$work/ffmpeg"
	verdict "$work/ffmpeg" "$1"
}

by_vacodec() { # FILE
	timeout 120 "$vacodec" decode --driver "$driver/softva_drv_video.so" --log-level error --md5 "$1" \
		>"$work/vacodec" 2>"$work/vacodec.err"
	local status=$?
	[ $status -ne 3 ] || [ -s "$work/vacodec" ] || { echo refused; return; }
	verdict "$work/vacodec" "$1"
}

verdict() { # MD5S FILE
	if cmp -s "$1" "$2.md5"; then
		echo exact
	elif [ "$(wc -l <"$1")" -eq "$(wc -l <"$2.md5")" ]; then
		echo "other pictures"
	else
		echo "not all pictures"
	fi
}

# FFmpeg's first words, without addresses and numbers of its own.
words() {
	sed -n 's/^\[[^]]*\] *//; s/|/,/g; s/ 0x[0-9a-f]*//g; /./{p;q}' "$work/ffmpeg.err"
}

status=0
same='' differ=''
try() { # MANNER
	local row codec file format ffmpeg ours reason all_same=yes
	for row in $list; do
		IFS=: read -r codec file format <<<"$row"
		ours=$(by_vacodec "$streams/$file")
		ffmpeg=$(by_ffmpeg "$streams/$file" "$format")
		case $ours in exact | refused) ;; *)
			echo "ffmpeg-control: $1, $file: vacodec: $ours" >&2
			status=1
			;;
		esac
		[ "$ours" != "$ffmpeg" ] || continue
		all_same=no
		reason=$(why "$1" "$codec")
		if [ -z "$reason" ]; then
			echo "ffmpeg-control: $1, $file: ffmpeg $ffmpeg, vacodec $ours: why?" >&2
			status=1
		fi
		differ+="$1|$codec|$ffmpeg ($(words))|$ours|$reason"$'\n'
	done
	[ $all_same = no ] || same+="${same:+, }\`$1\`"
}

# Long enough for a wait of 2 ms to end before the picture is there.
export SOFTVA_DELAY_US=5000
quirks=$(sed -n 's/^\t{"\(.*\)", FIELD(.*/\1/p' "$top_srcdir/soft-driver/quirks.c" | grep -v '^sync=hang$')
try none
for quirk in $quirks; do
	export SOFTVA_QUIRKS=$quirk
	try "$quirk"
done
unset SOFTVA_QUIRKS
for like in ihd radeonsi nvidia; do
	export SOFTVA_LIKE=$like
	try "like $like"
done
unset SOFTVA_LIKE

{
	echo "$(ffmpeg -version | sed -n '1s/^ffmpeg version \([^ ]*\).*/FFmpeg \1/p'); $(echo "$list" | tr ' ' '\n' | cut -d: -f2 | sed 's/.*/`&`/' | paste -sd, | sed 's/,/, /g')."
	echo
	echo "| manner | codec | FFmpeg | vacodec | why |"
	echo "|---|---|---|---|---|"
	# One row for codecs with which it is the same.
	printf '%s' "$differ" | awk -F'|' '{ key = $1 "|" $3 "|" $4 "|" $5
			if (!(key in codecs)) { order[++n] = key; codecs[key] = $2 } else codecs[key] = codecs[key] ", " $2 }
		END { for (i = 1; i <= n; i++) { split(order[i], f, "|")
			printf "| `%s` | %s | %s | %s | %s |\n", f[1], codecs[order[i]], f[2], f[3], f[4] } }'
	echo "| $same | all | as vacodec | exact, or refused | |"
} >"$work/table"
if [ "${1:-}" = --check ]; then
	version=$(head -n 1 "$work/table" | cut -d';' -f1)
	grep -qF "$version;" "$top_srcdir/docs/drivers.md" || { echo "# another FFmpeg than the table's: $version"; exit $status; }
	sed -n '/^<!-- ffmpeg-control -->$/,/^<!-- end -->$/{//!p}' "$top_srcdir/docs/drivers.md" | diff -u - "$work/table" || status=1
else
	cat "$work/table"
fi
exit $status
