/* SPDX-License-Identifier: MIT */
/*
 * hevc-bits.h - bits of HEVC's NAL units, for the tests' writers of headers and of streams
 */
#ifndef TESTS_HEVC_BITS_H
#define TESTS_HEVC_BITS_H

#include <stddef.h>
#include <stdint.h>

/* The payload of a unit, zeros behind its end. */
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
/* nal_unit_header() of the base layer. */
void begin(struct writer *w, unsigned int type, unsigned int temporal_id);

#endif
