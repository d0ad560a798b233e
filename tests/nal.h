/* SPDX-License-Identifier: MIT */
/*
 * nal.h - NAL units for tests that change streams: where they begin, their bytes without and with
 * emulation prevention, and their bits
 *
 * Nothing of libvacodec: what a test knows of a stream it finds out by itself.
 * Source: Rec. ITU-T H.264, 7.3.1, 7.4.1, 9.1, B.1.
 */
#ifndef TESTS_NAL_H
#define TESTS_NAL_H

#include <stddef.h>
#include <stdint.h>

#define NAL_MAX_BYTES 65536

/* A unit's header byte and what follows it, without emulation prevention bytes. */
struct nal {
	uint8_t data[NAL_MAX_BYTES];
	size_t size_bytes;
};

/* Begin of the n-th start code prefix (00 00 01) at or after from; size where there is none. */
size_t nal_find(const uint8_t *data, size_t size, size_t from, unsigned int n);
unsigned int nal_count(const uint8_t *data, size_t size, size_t from);
/* A unit without its start code; what is beyond NAL_MAX_BYTES is left out. */
void nal_unescape(struct nal *nal, const uint8_t *data, size_t size);
/* Returns the bytes written, at most capacity; what has no room is left out. */
size_t nal_escape(const struct nal *nal, uint8_t *data, size_t capacity);

/* Bits are counted from the header byte's first; past the end all are 0. */
unsigned int nal_get_bit(const struct nal *nal, size_t at);
uint32_t nal_get_bits(const struct nal *nal, size_t at, unsigned int n);
/* Both return the bit behind what was written; past NAL_MAX_BYTES nothing is. */
size_t nal_put_bits(struct nal *nal, size_t at, unsigned int n, uint64_t value);
size_t nal_put_ue(struct nal *nal, size_t at, uint32_t value);
/* The length of the ue(v) code at a bit, and its value. */
unsigned int nal_read_ue(const struct nal *nal, size_t at, uint32_t *value);

#endif
