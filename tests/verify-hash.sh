#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The encoder's own word: vacodec decode --verify-hash finds the pictures of all HEVC streams that have
# hashes to be those that were coded, whatever kind of hash and depth; and a wrong hash is noticed.
set -u
# shellcheck source=tests/codecs.sh
. "$top_srcdir/tests/codecs.sh"
vacodec=$top_builddir/tools/vacodec
driver=$top_builddir/soft-driver/.libs/softva_drv_video.so
streams=$top_srcdir/tests/streams
# shellcheck source=tests/tap.sh
. "$top_srcdir/tests/tap.sh"

verify() { # FILE: status, and what was said
	timeout 120 "$vacodec" decode --driver "$driver" --log-level error --verify-hash --json "$1" \
		>"$work/out" 2>"$work/err"
	status=$?
}

field() { # FIELD: of the report
	sed -n "s/.*\"$1\": *\([0-9]*\).*/\1/p" "$work/out" | head -n 1
}

# The message's type and size, and the type of its hash (D.2.19).
kinds=(md5:'\x84\x31\x00' crc:'\x84\x07\x01' checksum:'\x84\x0d\x02')

# places FILE PATTERN: where such messages begin
places() {
	LC_ALL=C grep -obUaP "\x50\x01$2" "$1" | cut -d: -f1
}

has_hash() { # FILE
	for kind in "${kinds[@]}"; do
		places "$1" "${kind#*:}" | grep -q . && return 0
	done
	return 1
}

for file in $(codec_streams_shown hevc) $(codec_vectors hevc decode if-va); do
	has_hash "$file" || continue
	verify "$file"
	case $file in
	*/hevc-hash-crc.265)
		# x265's CRC is not that of D.3.19; libde265 says the same.
		[ $status = 2 ] && grep -q ': 8 of 8 picture hashes do not match' "$work/err"
		ok $? "${file##*/}: the encoder is wrong"
		continue ;;
	esac
	[ $status = 0 ] && [ "$(field hashes)" -gt 0 ]
	ok $? "${file##*/}: $(field hashes) hashes"
done
[ $count -ge 12 ]
ok $? "$count streams have hashes"

# flip FILE AT: one bit of a byte
flip() {
	byte=$(od -An -tu1 -j "$2" -N 1 "$1")
	printf '%b' "$(printf '\\%03o' $((byte ^ 4)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# Behind the unit's header, the message's type and size and the hash's type: the first component's, and
# the last byte of them all.
for name in hevc-hashes hevc-hash-checksum hevc-main10 hevc-written-hashes hevc-written-hashes-main10 \
	hevc-written-hashes-422-10 hevc-written-hashes-444-12; do
	for kind in "${kinds[@]}"; do
		at=$(places "$streams/$name.265" "${kind#*:}" | head -n 1)
		[ -n "$at" ] || continue
		for behind in 5 $(($(printf '%d' "0x${kind:$((${#kind} - 6)):2}") + 3)); do
			cp "$streams/$name.265" "$work/wrong.265"
			flip "$work/wrong.265" $((at + behind))
			verify "$work/wrong.265"
			[ $status = 2 ] && grep -q ': 1 of [0-9]* picture hashes do not match' "$work/err"
			ok $? "$name: a wrong ${kind%%:*}, byte $behind"
		done
	done
done

verify "$streams/hevc-small.265"
[ $status = 0 ] && grep -q 'no picture has a hash' "$work/err"
ok $? "a stream without hashes is told so"
plan
