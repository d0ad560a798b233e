#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What "make fuzz" runs: the fuzzers with libFuzzer, ASan and UBSan in a build of their own, one after
# the other for the seconds given. What is found lies in fuzz-build/found, new inputs in
# fuzz-build/corpus.
set -u
seconds=$1
clang=${FUZZ_CC:-clang}

if ! command -v "$clang" >/dev/null; then
	echo "there is no $clang: nothing is fuzzed"
	exit 0
fi
mkdir -p "$top_builddir/fuzz-build" && cd "$top_builddir/fuzz-build" || exit 1
if [ ! -f Makefile ]; then
	"$top_srcdir/configure" CC="$clang" CFLAGS='-g -O1 -fsanitize=fuzzer-no-link' --disable-shared \
		--disable-softva --without-libavformat --enable-sanitizers=address,undefined \
		>configure.out 2>&1 || { tail -n 40 configure.out; exit 1; }
fi
# shellcheck disable=SC2086
"$MAKE" FUZZ_CPPFLAGS=-DFUZZ_LIBFUZZER FUZZ_LDFLAGS=-fsanitize=fuzzer $FUZZERS >make.out 2>&1 ||
	{ tail -n 40 make.out; exit 1; }

status=0
for fuzzer in ${FUZZ_ONLY:-$FUZZERS}; do
	name=$(basename "$fuzzer")
	mkdir -p "corpus/$name" found
	echo "== $name, $seconds s"
	"tests/fuzz/$name" -max_total_time="$seconds" -max_len=16384 -timeout=10 -rss_limit_mb=1024 \
		-print_final_stats=1 -artifact_prefix="found/$name-" "corpus/$name" \
		"$top_srcdir/tests/fuzz/corpus/$name" >"$name.out" 2>&1 || status=1
	grep -E 'cov: .*(DONE|NEW|REDUCE|pulse)' "$name.out" | tail -n 1
	grep -E 'stat::number_of_executed_units|SUMMARY|Test unit written' "$name.out"
done
exit $status
