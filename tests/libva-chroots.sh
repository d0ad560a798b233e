#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Builds this tree without warnings and runs the tests of libvawrap, of vawrap-info and of softva's
# clients against the libva of other Debian releases, each in a chroot:
#
#   tests/libva-chroots.sh [SUITE...]          (default: bookworm trixie sid: libva 2.17, 2.22, newest)
#
# Needs root, debootstrap and a Debian mirror. CHROOTS (default: /var/tmp) is the folder of the chroots:
# one that is there already is used as it is, others are made, with the packages below, and stay.
# The tree's committed state is what is built, below /tmp of the chroot; JOBS is for make.
# Prints one line for each suite and exits with the number of suites that failed.
set -u
top=$(cd "$(dirname "$0")/.." && pwd)
chroots=${CHROOTS:-/var/tmp}
mirror=${MIRROR:-http://deb.debian.org/debian}
packages=autoconf,automake,libtool,make,gcc,pkg-config,python3,libva-dev,libdrm-dev,libcmocka-dev
packages+=,libavcodec-dev,libavformat-dev,libavutil-dev,libswscale-dev,libdav1d-dev,libmd-dev,libpng-dev,libjson-c-dev,vainfo,clang-format

make_chroot() { # suite
	[ -x "$chroots/$1/usr/bin/gcc" ] && return 0
	debootstrap --variant=minbase --include="$packages" "$1" "$chroots/$1" "$mirror"
}

# What runs inside, in a mount namespace of its own, so that nothing stays mounted.
inside='
set -eu
mount -t proc proc /proc 2>/dev/null || true
cd /tmp/vawrap-build
echo "libva $(pkg-config --modversion libva), gcc $(gcc -dumpversion)"
autoreconf -i >/dev/null 2>&1
./configure --enable-werror >/dev/null
make -k -j"$JOBS" >/dev/null
make -j"$JOBS" check-vawrap
'

run() { # suite
	local root=$chroots/$1
	rm -rf "$root/tmp/vawrap-build" && mkdir -p "$root/tmp/vawrap-build" &&
		git -C "$top" archive HEAD | tar -x -C "$root/tmp/vawrap-build" &&
		unshare --mount env JOBS="${JOBS:-2}" PATH=/usr/sbin:/usr/bin:/sbin:/bin \
			chroot "$root" /bin/sh -c "$inside"
}

failed=0
for suite in "${@:-bookworm trixie sid}"; do
	for one in $suite; do
		log=$chroots/vawrap-$one.log
		if { make_chroot "$one" && run "$one"; } >"$log" 2>&1; then
			echo "$one: $(grep -m1 '^libva ' "$log"), $(grep -m1 '^# PASS:' "$log")"
		else
			echo "$one: FAILED, see $log"
			failed=$((failed + 1))
		fi
	done
done
exit "$failed"
