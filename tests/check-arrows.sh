#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The rules of check-tree.py (arrows) on this tree and on trees with planted faults.
# shellcheck source=tests/tap.sh
. "$top_srcdir/tests/tap.sh"
command -v "${PYTHON3:-python3}" >/dev/null || skip_at_home "python3 is not installed"
"${PYTHON3:-python3}" "$top_srcdir/tests/check-tree.py" arrows "$top_srcdir"
