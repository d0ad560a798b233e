# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# The table of codecs (tests/codecs) for the tests that go through all of them; sourced. Names of files
# have no spaces.

codecs_table=$top_srcdir/tests/codecs

has_dav1d() {
	grep -q '^#define HAVE_DAV1D 1' "$top_builddir/config.h"
}

# The tools read containers and MPEG-2 with libavformat.
is_readable() { # FILE
	case $1 in
	*.m2v | *.m4v | *.mp4 | *.mkv | *.webm | *.ts | *.flv)
		grep -q '^#define HAVE_LIBAVFORMAT 1' "$top_builddir/config.h" ;;
	esac
}

# codecs_of STEP: the names of the codecs that it is done for; of those in CODECS, if that is set.
codecs_of() {
	grep -v '^#' "$codecs_table" | while read -r name _ steps; do
		case " ${CODECS:-$name} " in *" $name "*) ;; *) continue ;; esac
		[ "$name" != av1 ] || has_dav1d || continue
		case ,$steps, in *,"$1",*) echo "$name" ;; esac
	done
}

# codec_streams NAME: the project's own, those with MD5s beside them.
codec_streams() {
	grep "^$1[[:space:]]" "$codecs_table" | while read -r _ patterns _; do
		for pattern in $(echo "$patterns" | tr , '\n' | sed "s|^|$top_srcdir/tests/streams/|"); do
			# shellcheck disable=SC2086
			ls $pattern 2>/dev/null
		done
	done | while read -r file; do
		[ ! -f "$file.md5" ] || echo "$file"
	done
}

# Of these, those that softva can show: libavcodec has faults of its own.
codec_streams_shown() { # NAME
	codec_streams "$1" | while read -r file; do
		grep -q "^$(stream_name "$file"): " "$top_srcdir/tests/streams/known-softva-faults" || echo "$file"
	done
}

# codec_vectors NAME EXPECT...: of VECTORS_DIR, if there is one.
codec_vectors() {
	[ -n "${VECTORS_DIR:-}" ] || return 0
	codec=$1
	shift
	awk -F'\t' -v dir="$VECTORS_DIR" -v codec="$codec" -v expect=" $* " \
		'$1 == codec && index(expect, " " $3 " ") { print dir "/" $2 }' "$VECTORS_DIR/MANIFEST.tsv"
}

# stream_name FILE: as known-ffmpeg-faults, beyond-the-wire and the tests' lists have it.
stream_name() {
	basename "${1%.*}"
}

# What FFmpeg's pixel format is as a surface, if FFmpeg has such surfaces for the codec.
surface_format() { # CODEC FILE
	case $1:$(ffprobe -v quiet -select_streams v:0 -show_entries stream=pix_fmt -of csv=p=0 "$2") in
	h264:yuv420p | h264:yuvj420p | h264:gray) echo nv12 yuv420p ;;
	h264:* | vp9:yuv422* | vp9:yuv444* | vp9:gbr*) return 1 ;;
	*:yuv420p | *:yuvj420p) echo nv12 yuv420p ;;
	*:yuv420p10le) echo p010le yuv420p10le ;;
	*:yuv422p) echo yuyv422 yuv422p ;;
	*:yuv422p10le) echo y210le yuv422p10le ;;
	*) return 1 ;;
	esac
}
