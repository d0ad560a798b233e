#!/bin/bash
# SPDX-License-Identifier: MIT
#
# libvawrap compiles against the headers of newer libva. Where only an older one is installed, its
# headers stand in, with the version raised and the display's slot for vaGetDriverNames() named, as it
# is from VA-API 1.20 on.
# shellcheck disable=SC2154,SC2046 # top_srcdir and top_builddir come from the Makefile; flags are words
set -u

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
include=$(pkg-config --variable=includedir libva)
minor=$(sed -n 's/^#define VA_MINOR_VERSION *\([0-9]*\)$/\1/p' "$include/va/va_version.h")
if [ -z "$minor" ]; then
	echo "Bail out! no version in $include/va/va_version.h"
	exit 1
fi

raise() { # minor version
	rm -rf "$tmp/va"
	cp -r "$include/va" "$tmp/va"
	sed -i "s/^\(#define VA_MINOR_VERSION *\)[0-9]*$/\1$1/" "$tmp/va/va_version.h"
	[ "$1" -lt 20 ] || sed -i '/struct VADisplayContext {/,/^};/ {
		s/unsigned long reserved\[30\];/VAStatus (*vaGetDriverNames)(VADisplayContextP ctx, char **drivers, unsigned *num_drivers);\n    unsigned long reserved[29];/
	}' "$tmp/va/va_backend.h"
}

compile() {
	local file
	for file in "$top_srcdir"/libvawrap/*.c; do
		${CC:-cc} -std=gnu11 -Wall -Wextra -Werror -fsyntax-only -I"$tmp" -I"$top_srcdir/include" \
			-include "$top_builddir/config.h" "$file" || return 1
	done
}

echo "1..$((24 - minor + 1))"
n=0
for version in $(seq "$minor" 24); do
	n=$((n + 1))
	raise "$version"
	if compile >"$tmp/log" 2>&1; then
		echo "ok $n - VA-API 1.$version"
	else
		sed 's/^/# /' "$tmp/log"
		echo "not ok $n - VA-API 1.$version"
	fi
done
