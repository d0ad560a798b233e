#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The rules of check-tree.py (arrows) on this tree and on trees with planted faults.
if ! command -v "${PYTHON3:-python3}" >/dev/null; then
	[ "$CI" != true ] || { echo 'Bail out! python3 is not installed'; exit 1; }
	echo '1..0 # SKIP python3 is not installed'
	exit 0
fi
exec "${PYTHON3:-python3}" "$top_srcdir/tests/check-tree.py" arrows "$top_srcdir"
