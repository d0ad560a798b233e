#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The frames are the same in both dialects, with buffers in one piece, with plain rings and with the
# stream cut anywhere; --frames, --y4m, --picture and --json do what they say.
set -u
# shellcheck source=tests/play-common.sh
. "$top_srcdir/tests/play-common.sh"

stream=$streams/resolution-change.264
same() {
	"$play" --driver softva --md5 "$@" >"$work/out" 2>"$work/err" &&
		cmp "$work/out" "$stream.md5" >>"$work/err" 2>&1
	ok $? "same frames with $*"
}

echo "1..17"
same --dialect v3 "$stream"
same --dialect ext "$stream"
same --no-sg "$stream"
same --no-indirect "$stream"
same --no-event-idx "$stream"
same --dialect v3 --no-sg --no-indirect --no-event-idx "$stream"
same --chunk 1000 "$stream"
same --chunk 77777777 "$stream"
same - <"$stream"

"$play" --driver softva --md5 --frames 7 "$stream" >"$work/out" 2>/dev/null &&
	[ "$(wc -l <"$work/out")" = 7 ] && cmp -n 231 "$work/out" "$stream.md5" >/dev/null
ok $? "--frames stops early"

stream=$streams/demo.264
"$play" --driver softva --frames 20 --y4m "$work/out.y4m" --picture "$work/out.png" "$stream" \
	>"$work/stdout" 2>/dev/null && head -c 9 "$work/out.y4m" | grep -q '^YUV4MPEG2' &&
	head -c 4 "$work/out.png" | grep -q PNG
ok $? "--y4m and --picture write files"
[ ! -s "$work/stdout" ]
ok $? "and nothing to stdout"

"$play" --driver softva --json --frames 20 "$stream" >"$work/json" 2>/dev/null &&
	grep -q '"frames": *20' "$work/json"
ok $? "--json gives a report"

"$play" --driver softva --md5 --y4m - "$stream" >/dev/null 2>"$work/err"
[ $? = 1 ] && [ -s "$work/err" ]
ok $? "--md5 with --y4m - is a usage error"

"$play" --driver softva --objects "$stream" >/dev/null 2>"$work/err"
[ $? = 1 ] && grep -q -- --objects "$work/err"
ok $? "--objects without --selftest is a usage error"
"$play" --vhost-user "$work/socket" --selftest --objects >/dev/null 2>"$work/err"
[ $? = 1 ] && grep -q -- --objects "$work/err"
ok $? "--objects with a device over a socket is a usage error"

"$play" --driver no-such-driver "$stream" >/dev/null 2>"$work/err"
[ $? = 3 ] && [ -s "$work/err" ]
ok $? "an unknown driver is no device"
