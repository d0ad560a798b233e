#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What make install leaves serves who builds against it: each library through pkg-config, shared and
# static, from C and (the headers) from C++, and nothing lands outside its place.
# shellcheck disable=SC2154 # top_builddir comes from the Makefile
set -u
cd "$top_builddir" || exit 1

if [ "${SANITIZERS:-no}" != no ]; then
	echo "1..0 # SKIP a sanitizer build is not for installing"
	exit 0
fi

# shellcheck source=tests/tap.sh
. "$top_srcdir/tests/tap.sh"
prefix=$(sed -n 's/^prefix = //p' Makefile)
# libtool relinks in the build folder while it installs: no other test may run its programs now.
flock -x 8 2>/dev/null || true
make DESTDIR="$work/dest" install >"$work/install.log" 2>&1 || {
	tail -n 20 "$work/install.log"
	echo "Bail out! make install failed"
	exit 1
}
flock -s 8 2>/dev/null || true
root=$work/dest$prefix
PKG_CONFIG_PATH=$(find "$root" -type d -name pkgconfig)
export PKG_CONFIG_PATH

flags() {
	pkg-config --define-variable=prefix="$root" "$@"
}

program() { # header, expression that uses the library
	printf '#include <%s>\n#include <stdio.h>\nint main(void) { return (%s); }\n' "$1" "$2"
}

build_and_run() { # package, header, expression, more pkg-config flags
	program "$2" "$3" >"$work/use.c"
	# shellcheck disable=SC2046
	${CC:-cc} -Wall -Werror -o "$work/use" "$work/use.c" $(flags --cflags --libs "$1") \
		-Wl,-rpath-link,"$(dirname "$PKG_CONFIG_PATH")" &&
		LD_LIBRARY_PATH=$(dirname "$PKG_CONFIG_PATH") "$work/use"
}

build_static() { # package, header, expression, archives
	program "$2" "$3" >"$work/use.c"
	local archives=()
	for archive in $4; do
		archives+=("$(dirname "$PKG_CONFIG_PATH")/$archive")
	done
	# shellcheck disable=SC2046
	${CC:-cc} -Wall -Werror -o "$work/use" "$work/use.c" $(flags --cflags "$1") "${archives[@]}" \
		$(pkg-config --libs libva libva-drm libdrm) -lpthread && "$work/use"
}

header_alone() { # package, header, language
	printf '#include <%s>\n' "$2" >"$work/header.$3"
	# shellcheck disable=SC2046
	${CC:-cc} -fsyntax-only -Wall -Werror -x "$([ "$3" = c ] && echo c || echo c++)" \
		$(flags --cflags "$1") "$work/header.$3"
}

rows="vawrap|vawrap.h|vawrap_status_to_errno(0)|libvawrap.a
vacodec|vacodec.h|vacodec_codec_get_name(VACODEC_CODEC_H264)==NULL|libvacodec.a libvawrap.a
virtio-video|virtio-video.h|vvd_device_free(NULL)!=NULL|libvirtio-video.a libvacodec.a libvawrap.a"
languages=c
echo 'int main() { return 0; }' >"$work/try.cc"
${CC:-cc} -fsyntax-only -x c++ "$work/try.cc" 2>/dev/null && languages="c cc"

while IFS='|' read -r package header expression archives; do
	check "$package: pkg-config, shared" build_and_run "$package" "$header" "$expression"
	check "$package: static" build_static "$package" "$header" "$expression" "$archives"
	for language in $languages; do
		check "$header alone is valid $language" header_alone "$package" "$header" "$language"
	done
done <<<"$rows"

check "nothing lands outside the prefix" \
	test -z "$(find "$work/dest" -type f ! -path "$root/*" -print -quit)"
check "make uninstall takes all of it away" sh -c "make DESTDIR='$work/dest' uninstall &&
	test -z \"\$(find '$root' -type f -o -type l | head -n 5 | tee /dev/stderr)\""
plan
