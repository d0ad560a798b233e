/* SPDX-License-Identifier: MIT */
/*
 * bit-writer.h - bits of H.264's and HEVC's units, for the tests' writers of headers and of streams
 */
#ifndef TESTS_BIT_WRITER_H
#define TESTS_BIT_WRITER_H

#include <stddef.h>
#include <stdint.h>

/* Zeros behind what was written. */
struct writer {
	uint8_t data[1 << 16];
	size_t n_bits;
};

void put(struct writer *w, unsigned int n, uint32_t value);
void ue(struct writer *w, uint32_t value);
void se(struct writer *w, int32_t value);
/*
 * The stop bit and zeros up to a byte; returns the size in bytes. Emulation prevention is up to the test:
 * values are chosen that need none.
 */
size_t end(struct writer *w);

#endif
