#!/bin/bash
# SPDX-License-Identifier: MIT
#
# "make check-hw" with softva in the driver's place: its report says which pictures were exact, what the
# driver was, and what is refused; a driver that shows other pictures does not pass; none is said to be none.
set -u
python=${PYTHON3:-python3}
driver=$top_builddir/soft-driver/.libs/softva_drv_video.so
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
n=0

if [ ! -e "$driver" ] || [ ! -x "$top_builddir/tools/vacodec" ]; then
	echo "1..0 # SKIP vacodec or softva is not built"
	exit 0
fi
if ! command -v "$python" >/dev/null; then
	[ "${CI:-}" != true ] || { echo "Bail out! python3 is not installed"; exit 1; }
	echo "1..0 # SKIP python3 is not installed"
	exit 0
fi

check_hw() { # EXPECTED-STATUS GLOB
	local status
	unset VECTORS_DIR DEVICE
	"$python" "$top_srcdir/tests/check-hw.py" "$top_srcdir" "$top_builddir" "$work/report" "$2" >"$work/out" 2>&1
	status=$?
	[ "$status" -eq "$1" ] || echo "exit status $status" >>"$work/out"
	[ "$status" -eq "$1" ]
}

says() { # PYTHON-EXPRESSION over the report
	"$python" -c 'import json, sys; r = json.load(open(sys.argv[1])); sys.exit(not eval("(" + sys.argv[2] + ")"))' \
		"$work/report" "$1" >>"$work/out" 2>&1
}

result() { # STATUS NAME
	n=$((n + 1))
	[ "$1" -eq 0 ] || sed 's/^/# /' "$work/out" | head -n 8
	[ "$1" -eq 0 ] && echo "ok $n - $2" || echo "not ok $n - $2"
}

export DRIVER=$driver
check_hw 0 'size-16x16.264' && says 'r["summary"]["vacodec"] == {"exact": 1} and
	r["summary"]["virtio_video"] == {"exact": 1} and r["protocol_suite"]["passed"] > 100 and
	"softva" in json.dumps(r["driver"]) and
	r["streams"][0]["virtio_video"]["read_out"] == ["a derived image"]'
result $? 'exact'
export SOFTVA_LIKE=nvidia
check_hw 0 'size-16x16.264' && says 'r["summary"]["vacodec"] == {"refused": 1} and
	r["quirks"] == {"SOFTVA_LIKE": "nvidia"} and r["streams"][0]["vacodec"]["reason"]'
result $? 'refused'
unset SOFTVA_LIKE
export SOFTVA_NO_DECODE=1
check_hw 1 'size-16x16.264' && says 'r["summary"]["vacodec"] == {"different": 1}'
result $? 'other pictures'
unset SOFTVA_NO_DECODE
DRIVER=nonesuch
check_hw 3 '*'
result $? 'no driver'
echo "1..$n"
