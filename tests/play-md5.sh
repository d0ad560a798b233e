#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The whole way is bit-exact: each of the project's own streams, and each stream of the
# vectors, comes out of guest memory with the MD5 of every frame as the encoder's own
# reconstruction or an independent decoder has it, and softva, which checks what its client says of
# each picture, finds nothing wrong. What the wire has no format for is play-refused.sh's.
set -u
# shellcheck source=tests/play-common.sh
. "$top_srcdir/tests/play-common.sh"

list() {
	for codec in $(codecs_of play); do
		streams_for_the_wire "$codec"
		vectors_by_wire "$codec" 1
	done
}

# The stream's display made checks, and none failed on any display.
checks_hold() {
	grep -q '^softva: [1-9][0-9]* checks, 0 failed$' "$1" &&
		! grep '^softva: [0-9]* checks, ' "$1" | grep -qv ', 0 failed$'
}

check() {
	local out=$work/out err=$work/err status=0

	rm -f "$work/checks"
	SOFTVA_CHECKS=$work/checks "$play" --driver softva --md5 "$1" >"$out" 2>"$err" || status=$?
	if [ $status = 0 ] && cmp -s "$out" "$1.md5" && checks_hold "$work/checks"; then
		ok 0 "$2"
		return
	fi
	echo "# exit status $status; $(wc -l <"$out") frames of $(wc -l <"$1.md5")"
	echo "# the first that differs: $(cmp "$out" "$1.md5" 2>&1)"
	grep -v ', 0 failed$' "$work/checks" | sed 's/^/# /'
	ok 1 "$2"
}

list >"$work/list"
echo "1..$(wc -l <"$work/list")"
while read -r file; do
	check "$file" "${file##*/}"
done <"$work/list"
