#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The stack on drivers with manners of their own: each quirk of softva and each driver that it can be like,
# with small streams of each codec, come to the pictures of plain softva, or to the refusal that
# docs/drivers.md names. QUIRK_STREAMS: how many streams of each codec for each driver (1).
set -u
# shellcheck source=tests/tap.sh
. "$top_srcdir/tests/tap.sh"
# shellcheck source=tests/codecs.sh
. "$top_srcdir/tests/codecs.sh"
vacodec=$top_builddir/tools/vacodec
play=$top_builddir/tools/virtio-video-play
driver=$top_builddir/soft-driver/.libs/softva_drv_video.so

if [ ! -e "$driver" ] || [ ! -x "$vacodec" ]; then
	skip_all "vacodec or softva is not built"
fi

# The stream of each codec that shows the most in little time; AV1's 10 bits need the format first.
smallest() { # CODEC
	case $1 in
	h264) echo cabac-b.264 ;;
	hevc) echo hevc-b.265 ;;
	vp8) echo vp8-partitions-2.ivf ;;
	vp9) echo vp9-altref.ivf ;;
	av1) echo av1-10bit.ivf ;;
	mpeg2) echo mpeg2-slices.m2v ;;
	esac
}

codecs() {
	"$vacodec" probe --help >/dev/null && ls "$top_srcdir/tests/streams" |
		sed -n 's/.*\.264$/h264/p; s/.*\.265$/hevc/p; s/^\(vp8\|vp9\|av1\|mpeg2\)-.*\.\(ivf\|m2v\)$/\1/p' | sort -u
}

# How often each frame was copied on its way to a guest, by whom.
copies() { # LIKE QUIRKS EXPECTED
	SOFTVA_LIKE=$1 SOFTVA_QUIRKS=$2 timeout 120 "$play" --driver "$driver" --log-level error --md5 \
		"$top_srcdir/tests/streams/cabac-b.264" >"$work/out" 2>"$work/err" &&
		cmp -s "$work/out" "$top_srcdir/tests/streams/cabac-b.264.md5" &&
		grep -qx "copies a frame:  $3" "$work/err"
	ok $? "${1:+like $1: }${2:+$2: }copies a frame: $3"
}

# Any number of them, spread over the list.
streams_of() { # CODEC COUNT
	local all
	smallest "$1"
	[ "$2" -gt 1 ] || return 0
	all=$(cd "$top_srcdir/tests/streams" && ls -- *.md5 | sed 's/\.md5$//' | case $1 in
	h264) grep '\.264$' ;;
	hevc) grep '\.265$' ;;
	*) grep "^$1-.*\.\(ivf\|m2v\)\$" ;;
	esac | grep -v -e "^$(smallest "$1")\$" -e '^hevc-ctu16\.' -e '^demo\.' -e '^written-refs-16\.')
	echo "$all" | awk -v want="$(($2 - 1))" '{ line[NR] = $0 }
		END { for (i = 0; i < want && i < NR; i++) print line[1 + int(i * NR / want)] }'
}

# A refusal is a message and exit status 3, and no other picture than the stream's first ones: what the
# driver has no place for.
may_refuse() { # LIKE STREAM
	case $1:$2 in
	nvidia:vp9-resize.ivf) return 0 ;; # later pictures are smaller than the first one
	nvidia:*size-16x16* | nvidia:*size-1x1* | nvidia:*35x67* | nvidia:*48x2832*) return 0 ;;
	*) [ "$1" = nvidia ] && [ "$(size_class "$2")" = small ] ;;
	esac
}

# By the driver's own limits, with softva as it is.
size_class() { # STREAM
	"$vacodec" probe --driver "$driver" --log-level error --json "$top_srcdir/tests/streams/$1" 2>/dev/null |
		"${PYTHON3:-python3}" -c '
import json, sys
def find(o, key):
    if isinstance(o, dict):
        if key in o: return o[key]
        o = list(o.values())
    if isinstance(o, list):
        for each in o:
            found = find(each, key)
            if found is not None: return found
facts = json.load(sys.stdin)
least = {"hevc": (144, 144), "vp9": (128, 128), "av1": (128, 128)}.get(find(facts, "codec"), (48, 16))
print("small" if find(facts, "width") < least[0] or find(facts, "height") < least[1] else "fits")'
}

decode() { # STREAM
	timeout 120 "$vacodec" decode --driver "$driver" --log-level error --md5 \
		"$top_srcdir/tests/streams/$1" >"$work/out" 2>"$work/err"
}

exact() { # WHAT STREAM
	local status
	decode "$2"
	status=$?
	if [ $status -eq 3 ] && [ -s "$work/err" ] && may_refuse "${SOFTVA_LIKE:-}" "$2" &&
		head -n "$(wc -l <"$work/out")" "$top_srcdir/tests/streams/$2.md5" | cmp -s - "$work/out"; then
		ok 0 "$1: $2 is refused"
		return
	fi
	[ $status -eq 0 ] || echo "exit status $status" >>"$work/err"
	cmp -s "$work/out" "$top_srcdir/tests/streams/$2.md5" || echo "other pictures" >>"$work/err"
	[ $status -eq 0 ] && cmp -s "$work/out" "$top_srcdir/tests/streams/$2.md5"
	ok $? "$1: $2"
}

# The names are softva's own; sync=hang is the device's to bear (tests/device-quirks.c).
quirks=$(sed -n 's/^\t{"\(.*\)", FIELD(.*/\1/p' "$top_srcdir/soft-driver/quirks.c" | grep -v '^sync=hang$')
[ -n "$quirks" ] || { echo "Bail out! no quirks found"; exit 1; }
codecs=$(codecs)
for quirk in $quirks; do
	export SOFTVA_QUIRKS=$quirk
	for codec in $codecs; do
		exact "$quirk" "$(smallest "$codec")"
	done
done
unset SOFTVA_QUIRKS
for like in ihd radeonsi nvidia; do
	export SOFTVA_LIKE=$like
	for codec in $codecs; do
		for stream in $(streams_of "$codec" "${QUIRK_STREAMS:-1}"); do
			exact "like $like" "$stream"
		done
	done
	# Over the wire, too.
	if [ -x "$play" ]; then
		timeout 120 "$play" --driver "$driver" --log-level error --md5 \
			"$top_srcdir/tests/streams/cabac-b.264" >"$work/out" 2>"$work/err" &&
			cmp -s "$work/out" "$top_srcdir/tests/streams/cabac-b.264.md5"
		ok $? "like $like: cabac-b.264 over virtio-video"
		# Of all three only vaGetImage serves: one transfer of the driver, and one copy of ours.
		copies "$like" "" '1.00 by us, 1.00 by the driver'
	fi
done
unset SOFTVA_LIKE

# Film grain: on a surface of its own, and with other grain than the stream's, which a client cannot see but
# can do without.
grain() { # QUIRKS STREAM MD5 ARGUMENT...
	local quirks=$1 stream=$2 md5=$top_srcdir/tests/streams/$3
	shift 3
	SOFTVA_QUIRKS=$quirks timeout 120 "$vacodec" decode --driver "$driver" --log-level error --md5 "$@" \
		"$top_srcdir/tests/streams/$stream" >"$work/out" 2>"$work/err" && cmp -s "$work/out" "$md5"
}
case $codecs in *av1*)
	for stream in av1-grain.ivf av1-grain-10bit.ivf av1-svt-grain.ivf; do
		grain grain=extra,surfaces=32,bind-at-context "$stream" "$stream.md5"
		ok $? "grain=extra: $stream"
		SOFTVA_LIKE=nvidia grain '' "$stream" "$stream.md5"
		ok $? "like nvidia: $stream"
		! grain grain=inexact "$stream" "$stream.md5" &&
			[ "$(wc -l <"$work/out")" = "$(wc -l <"$top_srcdir/tests/streams/$stream.md5")" ] &&
			grain grain=inexact "$stream" "$stream.no-grain.md5" --no-film-grain
		ok $? "grain=inexact: $stream without grain"
	done
	;;
esac
if [ -x "$play" ]; then
	copies '' '' '1.00 by us, 0.00 by the driver'
	copies '' derive=tiled '1.00 by us, 1.00 by the driver'
fi

# A device that is lost ends vacodec, with what was decoded before.
for at in 1 9; do
	SOFTVA_QUIRKS=lost=$at decode cabac-b.264
	status=$?
	[ $status -eq 4 ] && [ -s "$work/err" ] && [ "$(wc -l <"$work/out")" -lt 24 ]
	ok $? "lost=$at: exit status $status"
done
plan
