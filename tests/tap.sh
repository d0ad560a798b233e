# shellcheck shell=sh disable=SC2034
# SPDX-License-Identifier: MIT
#
# tap.sh - what tests in shell share; sourced. Makes work (a folder that goes at the end) and prints TAP.

work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
count=0

skip_all() { # WHY
	echo "1..0 # SKIP $*"
	exit 0
}

# A test that CI must not go without.
skip_at_home() { # WHY
	[ "${CI:-}" != true ] || {
		echo "Bail out! $*"
		exit 1
	}
	skip_all "$@"
}

# Shows a file behind hashes.
note() { # FILE [LINES]
	sed 's/^/# /' "$1" | head -n "${2:-20}"
}

# One test; what $work/err holds tells of its failure.
ok() { # STATUS NAME
	count=$((count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $count - $2"
	else
		echo "not ok $count - $2"
		[ ! -s "$work/err" ] || note "$work/err"
	fi
}

skip() { # NAME WHY
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
}

# One test: that a command succeeds.
check() { # NAME COMMAND...
	checked=$1
	shift
	status=0
	"$@" >"$work/log" 2>&1 || status=$?
	[ "$status" = 0 ] || note "$work/log" 60
	ok "$status" "$checked"
}

plan() {
	echo "1..$count"
}
