#!/bin/bash
# SPDX-License-Identifier: MIT
#
# In steady state none of the three libraries allocates: over frames 50 to 250 of a session, the
# count of allocations by module is 0 for each of them. What the driver, the libraries beneath it and
# the tool (its input's buffer grows) allocate is printed beside.
set -u
# shellcheck source=tests/play-common.sh
. "$top_srcdir/tests/play-common.sh"

[ "${SANITIZERS:-no}" = no ] || skip_all "sanitizers have an allocator of their own"
preload=$top_builddir/tests/.libs/libcount-malloc.so
[ -r "$preload" ] || skip_all "libcount-malloc.so was not built"

# The counter sees what it should: from the tool's start on there must be some.
echo "1..5"
COUNT_MALLOC_FRAMES=0-1 COUNT_MALLOC_OUT=$work/early LD_PRELOAD=$preload \
	"$play" --driver softva --frames 20 "$streams/demo.264" >/dev/null 2>"$work/err"
grep -q '^module libvawrap' "$work/early" && grep -q '^module libvacodec' "$work/early" &&
	grep -q '^module libvirtio-video' "$work/early"
ok $? "the counter counts"

COUNT_MALLOC_OUT=$work/counts LD_PRELOAD=$preload \
	"$play" --driver softva "$streams/demo.264" >/dev/null 2>"$work/err"
status=$?
grep -qx 'marks 2' "$work/counts" && grep -qx 'lost 0' "$work/counts" && [ $status = 0 ]
ok $? "frames 50 to 250 were counted"
sed -n 's/^module \([^ ]*\) \([0-9]*\) \([0-9]*\)$/# \1: \2 allocations, \3 bytes/p' "$work/counts"

for library in libvawrap libvacodec libvirtio-video; do
	n=$(awk -v lib="$library.so" '$1 == "module" && index($2, lib) == 1 { n += $3 }
		END { print n + 0 }' "$work/counts" 2>/dev/null)
	[ "$n" = 0 ] || grep "^site $library" "$work/counts" | sed 's/^/# /'
	[ "$n" = 0 ]
	ok $? "$library: $n allocations"
done
