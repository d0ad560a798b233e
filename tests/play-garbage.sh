#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Whatever comes in, or wherever the output cannot go: a message and a status, and first all frames
# that are intact.
set -u
# shellcheck source=tests/play-common.sh
. "$top_srcdir/tests/play-common.sh"

whole=$streams/cavlc-baseline.264 # each frame refers to the one before it
frames=$(wc -l <"$whole.md5")
size=$(stat -c %s "$whole")

# run STATUS NAME INPUT: must end with one of the statuses and say something.
run() {
	local status=0

	"$play" --driver softva --md5 "$3" >"$work/out" 2>"$work/err" || status=$?
	sed '/^[a-z ]*: *[0-9]/d' "$work/err" >"$work/said" # the report is no message
	case " $1 " in
	*" $status "*) [ -s "$work/said" ] ;;
	*) false ;;
	esac
	ok $? "$2 ends with $1: $status"
}

# first N: the first N frames came, and are right.
first() {
	[ "$(wc -l <"$work/out")" -ge "$1" ] &&
		cmp -s <(head -n "$1" "$work/out") <(head -n "$1" "$whole.md5")
	ok $? "... with the first $1 frames intact"
}

echo "1..25"

: >"$work/empty"
run "1 2 3" "an empty file" "$work/empty"

for _ in $(seq 200); do echo "This is no video at all, but a text with lines in it."; done >"$work/text"
run "1 2 3" "a text file" "$work/text"

run "1" "a file that is not there" "$work/none"

# VP8 in IVF, of one damaged frame.
printf 'DKIF\0\0\040\0VP80\020\0\020\0\031\0\0\0\001\0\0\0\001\0\0\0\0\0\0\0' >"$work/vp8.ivf"
printf '\012\0\0\0\0\0\0\0\0\0\0\0\020\002\0\235\001\052\020\0\020\0' >>"$work/vp8.ivf"
run "2 3" "a stream of another codec" "$work/vp8.ivf"

# An HEVC VPS, SPS start and slice: valid start codes, none of H.264's units.
printf '\0\0\0\001\100\001\014\001\377\377\001\140\0\0\003\0\220\0\0\003\0\0\003\0\074\225\230\011' \
	>"$work/hevc.265"
printf '\0\0\0\001\102\001\001\001\140\0\0\003\0\220\0\0\003\0\0\003\0\074\240\012\010\110' \
	>>"$work/hevc.265"
run "2 3" "an HEVC stream" "$work/hevc.265"

head -c $((size * 6 / 10 + 3)) "$whole" >"$work/cut"
run "2" "a truncated file" "$work/cut"
delivered=$(wc -l <"$work/out")
[ "$delivered" -gt $((frames / 4)) ]
ok $? "... with a good part of its frames"
first $((delivered - 1))

# damage OFFSET BYTES MASK: bits flipped in some bytes of the whole stream.
damage() {
	cp "$whole" "$work/damaged"
	tail -c +$(($1 + 1)) "$whole" | head -c "$2" | od -An -v -tu1 -w1 |
		awk -v mask="$3" '{
			v = $1; m = mask; r = 0
			for (b = 1; b < 256; b *= 2) {
				r += (v % 2 != m % 2) * b
				v = int(v / 2)
				m = int(m / 2)
			}
			printf "\\%03o", r
		}' >"$work/octal"
	printf "$(cat "$work/octal")" |
		dd of="$work/damaged" bs=1 seek="$1" conv=notrunc 2>/dev/null
}

# What comes before the damage is intact: as many frames as the stream up to there has.
intact_before() {
	head -c "$1" "$whole" >"$work/before"
	"$play" --driver softva --md5 "$work/before" 2>/dev/null | wc -l
}

for percent in 30 50 75; do
	at=$((size * percent / 100))
	damage $at 60 85
	run "2" "60 damaged bytes at $percent %" "$work/damaged"
	first $(($(intact_before $at) - 1))
done

# One bit: where that makes other data of the same form, no decoder can tell.
told=0
result=0
for percent in 10 20 30 40 50 60 70 80 90; do
	damage $((size * percent / 100)) 1 16
	"$play" --driver softva --md5 "$work/damaged" >"$work/out" 2>"$work/err"
	status=$?
	[ $status = 2 ] && told=$((told + 1))
	[ $status = 2 ] || [ $status = 0 ] || result=1
done
ok $result "one flipped bit ends in order"
[ $told -ge 1 ]
ok $? "... and is told sometimes ($told of 9)"

# Units of every type with nonsense in them, behind a valid start.
head -c $((size / 4)) "$whole" >"$work/junk"
for type in $(seq 0 31); do
	printf "\\0\\0\\1\\$(printf %03o $((type + 96)))" >>"$work/junk"
	seq -s "Z" "$type" 50 >>"$work/junk"
done
run "2" "nonsense behind a valid start" "$work/junk"
first $(($(intact_before $((size / 4))) - 1))

# The parameter sets alone.
head -c 40 "$whole" >"$work/headers"
run "2 3" "parameter sets and no picture" "$work/headers"

# ---- Where the output goes ----

"$play" --driver softva --md5 "$whole" >/dev/full 2>"$work/err"
[ $? = 1 ] && [ -s "$work/err" ]
ok $? "a full disk, MD5s"
"$play" --driver softva --y4m /dev/full "$whole" >/dev/null 2>"$work/err"
[ $? = 1 ] && [ -s "$work/err" ]
ok $? "a full disk, Y4M"
"$play" --driver softva --y4m "$work/no/such/folder" "$whole" >/dev/null 2>"$work/err"
[ $? = 1 ] && [ -s "$work/err" ]
ok $? "a folder that is not there"

"$play" --driver softva --y4m - "$streams/demo.264" 2>"$work/err" | head -c 100 >/dev/null
status=${PIPESTATUS[0]}
[ "$status" = 1 ]
ok $? "a closed pipe ends with 1 ($status)"

# ---- Interrupted ----

mkfifo "$work/fifo"
"$play" --driver softva --md5 "$work/fifo" >"$work/out" 2>"$work/err" &
pid=$!
# All of the stream but its end, which never comes before the signal.
{ cat "$streams/demo.264"; kill -INT $pid; cat "$streams/demo.264"; } >"$work/fifo"
wait $pid
status=$?
[ $status = 130 ]
ok $? "an interrupt ends with 130 ($status)"
! grep -qi 'sanitizer\|assert' "$work/err"
ok $? "... cleanly"
