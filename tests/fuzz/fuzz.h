/* SPDX-License-Identifier: MIT */
/*
 * fuzz.h - what the fuzzers share: their entry points, and a reader that never runs dry
 *
 * Each fuzzer is one file with LLVMFuzzerTestOneInput(). Linked with libFuzzer it is driven by that,
 * linked with replay.c it goes through its corpus once.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The program's name, and that of its folder below corpus/. */
extern const char fuzz_name[];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* mutate-nal.c: where in an input the byte stream begins, and whether it is HEVC. */
extern const size_t fuzz_stream_at;
extern const bool fuzz_hevc;
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);
/* libFuzzer's own mutator. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

/* Says what does not hold and aborts, which is what a fuzzer counts as found. */
void fuzz_check(bool holds, const char *what);

struct fuzz_reader {
	const uint8_t *data;
	size_t left;
};

/* Past the end all is 0. */
static inline uint8_t fuzz_u8(struct fuzz_reader *r)
{
	if (!r->left)
		return 0;
	r->left--;
	return *r->data++;
}

static inline uint16_t fuzz_u16(struct fuzz_reader *r)
{
	uint16_t low = fuzz_u8(r);

	return (uint16_t)(low | fuzz_u8(r) << 8);
}

static inline uint32_t fuzz_u32(struct fuzz_reader *r)
{
	uint32_t low = fuzz_u16(r);

	return low | (uint32_t)fuzz_u16(r) << 16;
}

/* At most max bytes, as they lie in the input. */
static inline const uint8_t *fuzz_bytes(struct fuzz_reader *r, size_t max, size_t *n)
{
	const uint8_t *data = r->data;

	*n = max < r->left ? max : r->left;
	r->data += *n;
	r->left -= *n;
	return data;
}

#endif
