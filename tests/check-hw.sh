#!/bin/bash
# SPDX-License-Identifier: MIT
#
# "make check-hw" with softva in the driver's place: its report says which pictures were exact, what the
# driver was, and what is refused; a driver that shows other pictures does not pass; none is said to be none.
set -u
# shellcheck source=tests/tap.sh
. "$top_srcdir/tests/tap.sh"
python=${PYTHON3:-python3}
driver=$top_builddir/soft-driver/.libs/softva_drv_video.so

if [ ! -e "$driver" ] || [ ! -x "$top_builddir/tools/vacodec" ]; then
	skip_all "vacodec or softva is not built"
fi
command -v "$python" >/dev/null || skip_at_home "python3 is not installed"

check_hw() { # EXPECTED-STATUS GLOB
	local status
	unset VECTORS_DIR DEVICE
	"$python" "$top_srcdir/tests/check-hw.py" "$top_srcdir" "$top_builddir" "$work/report" "$2" >"$work/err" 2>&1
	status=$?
	[ "$status" -eq "$1" ] || echo "exit status $status" >>"$work/err"
	[ "$status" -eq "$1" ]
}

says() { # PYTHON-EXPRESSION over the report
	"$python" -c 'import json, sys; r = json.load(open(sys.argv[1])); sys.exit(not eval("(" + sys.argv[2] + ")"))' \
		"$work/report" "$1" >>"$work/err" 2>&1
}

export DRIVER=$driver
check_hw 0 'size-16x16.264' && says 'r["summary"]["vacodec"] == {"exact": 1} and
	r["summary"]["virtio_video"] == {"exact": 1} and r["protocol_suite"]["passed"] > 100 and
	"softva" in json.dumps(r["driver"]) and
	r["streams"][0]["virtio_video"]["read_out"] == ["a derived image"]'
ok $? 'exact'
export SOFTVA_LIKE=nvidia
check_hw 0 'size-16x16.264' && says 'r["summary"]["vacodec"] == {"refused": 1} and
	r["quirks"] == {"SOFTVA_LIKE": "nvidia"} and r["streams"][0]["vacodec"]["reason"]'
ok $? 'refused'
unset SOFTVA_LIKE
export SOFTVA_NO_DECODE=1
check_hw 1 'size-16x16.264' && says 'r["summary"]["vacodec"] == {"different": 1}'
ok $? 'other pictures'
unset SOFTVA_NO_DECODE
DRIVER=nonesuch
check_hw 3 '*'
ok $? 'no driver'
plan
