#!/bin/sh
# SPDX-License-Identifier: MIT
#
# vacodec-decode.sh - vacodec decode on softva: every stream bit-exact, whatever pieces it comes in
#
# The project's own streams, then the vectors of VECTORS_DIR, of all codecs that are decoded. Streams that must be
# refused end with exit status 3, a message and no frame. Prints TAP.
set -u
# shellcheck source=tests/codecs.sh
. "$top_srcdir/tests/codecs.sh"
vacodec=$top_builddir/tools/vacodec
driver=$top_builddir/soft-driver/.libs/softva_drv_video.so
streams=$top_srcdir/tests/streams
# shellcheck source=tests/tap.sh
. "$top_srcdir/tests/tap.sh"

decode() { # FILE [OPTION]...: lines to $work/out
	decoded=$1
	shift
	timeout 120 "$vacodec" decode --driver "$driver" --log-level error --md5 "$@" "$decoded" \
		>"$work/out" 2>"$work/err"
}

exact() { # NAME FILE [OPTION]...
	what=$1
	shift
	decode "$@"
	status=$?
	# softva's own sliding window takes a reference with the current frame_num for the newest one:
	# its frames are right, but it says they are not.
	case $what in written-refs-16.264) [ $status -ne 2 ] || status=0 ;; esac
	[ $status -eq 0 ] || echo "exit status $status" >>"$work/err"
	cmp -s "$work/out" "$1.md5" || echo "frames differ from $1.md5" >>"$work/err"
	[ $status -eq 0 ] && cmp -s "$work/out" "$1.md5"
	ok $? "$what"
}

refused() { # NAME FILE
	decode "$2"
	status=$?
	[ $status -eq 3 ] && [ ! -s "$work/out" ] && grep -q 'not support' "$work/err"
	ok $? "$1 (exit status $status)"
}

garbage() { # NAME FILE: a message and a status that is not 0, but no crash
	decode "$2"
	status=$?
	[ $status -ge 1 ] && [ $status -le 4 ] && [ -s "$work/err" ]
	ok $? "$1 (exit status $status)"
}

if [ ! -e "$driver" ] || [ ! -x "$vacodec" ]; then
	echo "1..0 # SKIP vacodec or softva is not built"
	exit 0
fi

for codec in $(codecs_of decode); do
	for file in $(codec_streams_shown "$codec"); do
		is_readable "$file" || continue
		exact "$(basename "$file")" "$file"
	done
done
for name in size-16x16 cabac-b slices-count resolution-change; do
	for bytes in 1 7 1000; do
		exact "$name.264 in pieces of $bytes" "$streams/$name.264" --chunk $bytes
	done
done

if has_dav1d; then
	for name in section5.obu annexb.obu grain.ivf tile-groups.ivf superres.ivf resize-random.ivf; do
		for bytes in 1 7 1000; do
			exact "av1-$name in pieces of $bytes" "$streams/av1-$name" --chunk $bytes
		done
	done
	for name in av1-grain av1-grain-10bit av1-svt-grain; do
		decode "$streams/$name.ivf" --no-film-grain && cmp -s "$work/out" "$streams/$name.ivf.no-grain.md5" &&
			! cmp -s "$work/out" "$streams/$name.ivf.md5"
		ok $? "$name without film grain"
	done
fi

# Y4M as another program reads it: every form that the streams have.
if command -v ffmpeg >/dev/null; then
	for name in crop-36x66 high10-crop high422-crop high422-10-mbaff mono-cavlc mono-high10; do
		timeout 60 "$vacodec" decode --driver "$driver" --log-level error --y4m - \
			"$streams/$name.264" 2>"$work/err" |
			ffmpeg -nostdin -v error -i - -f framemd5 - 2>>"$work/err" |
			sed -n 's/^0,.*, *//p' >"$work/out"
		cmp -s "$work/out" "$streams/$name.264.md5"
		ok $? "$name.264 as Y4M"
	done
elif [ "${CI:-}" = true ]; then
	echo "Bail out! ffmpeg is not installed"
	exit 1
fi

# A start in the middle: from the recovery point on, all that follows it in output order is exact.
for name in open-gop intra-refresh; do
	file=$streams/$name.264
	at=$(grep -obUaP '\x00\x00\x01\x67' "$file" | cut -d: -f1 | sed -n 2p)
	tail -c +$((at + 1)) "$file" >"$work/middle.264"
	decode "$work/middle.264"
	status=$?
	lines=$(wc -l <"$work/out")
	[ $status -eq 0 ] && [ "$lines" -gt 2 ] &&
		tail -n "$lines" "$file.md5" | cmp -s - "$work/out"
	ok $? "$name.264 from a recovery point on ($lines frames)"
	decode "$work/middle.264" --show-incomplete
	status=$?
	[ $status -eq 2 ] && [ "$(wc -l <"$work/out")" -gt "$lines" ]
	ok $? "$name.264 with what comes before it, flagged"
done

# Units behind lengths, as files hold them; ffmpeg puts the project's streams into such files.
contained() { # NAME EXTENSION
	decode "$work/$1.$2"
	status=$?
	[ $status -eq 0 ] && cmp -s "$work/out" "$streams/$1.264.md5"
	ok $? "$1.$2"
}
if grep -q 'define HAVE_LIBAVFORMAT 1' "$top_builddir/config.h" && command -v ffmpeg >"$work/out"; then
	# A byte stream has no times of its own, which some containers want: they get those of MP4.
	convert() { # NAME EXTENSION
		from=$streams/$1.264
		[ "$2" = mp4 ] || from=$work/$1.mp4
		ffmpeg -v error -i "$from" -c copy "$work/$1.$2" 2>"$work/err"
	}
	for name in idr-only slices-count mbaff-tff; do
		for extension in mp4 mkv ts; do
			convert $name $extension
			contained $name $extension
		done
	done
	# A second record in the middle: FLV tags follow 13 bytes of file header.
	convert idr-only flv
	convert crop-36x66 mp4
	convert crop-36x66 flv
	tail -c +14 "$work/crop-36x66.flv" | cat "$work/idr-only.flv" - >"$work/two.flv"
	decode "$work/two.flv"
	status=$?
	cat "$streams/idr-only.264.md5" "$streams/crop-36x66.264.md5" | cmp -s - "$work/out" &&
		[ $status -eq 0 ]
	ok $? "a second record in the middle"
else
	[ "${CI:-}" != true ]
	ok $? "containers # SKIP no ffmpeg, or built without libavformat"
fi

# Garbage in: what is intact comes out first.
file=$streams/cavlc-b.264
size=$(wc -c <"$file")
: >"$work/empty.264"
garbage "an empty file" "$work/empty.264"
seq 1 2000 >"$work/text.264"
garbage "a text file" "$work/text.264"
head -c $((size * 2 / 3)) "$file" >"$work/cut.264"
decode "$work/cut.264"
lines=$(wc -l <"$work/out")
[ "$lines" -gt 1 ] && head -n $((lines / 2)) "$work/out" >"$work/half" &&
	head -n $((lines / 2)) "$file.md5" | cmp -s - "$work/half"
ok $? "a truncated file: the frames before the end are intact"

if [ -n "${VECTORS_DIR:-}" ]; then
	for codec in $(codecs_of decode); do
		for file in $(codec_vectors "$codec" decode if-va); do
			is_readable "$file" || continue
			exact "${file#"$VECTORS_DIR"/}" "$file"
		done
		for file in $(codec_vectors "$codec" refuse); do
			refused "${file#"$VECTORS_DIR"/}" "$file"
		done
	done
else
	skip vectors "configure --with-vectors was not given"
fi
plan
