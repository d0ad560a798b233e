/* SPDX-License-Identifier: MIT */
/*
 * vp8-bool.h - the arithmetic decoder of VP8's headers
 *
 * Its state is handed to the driver, which goes on where the header ends. Its error is sticky:
 * beyond the end of the data every read gives 0.
 *
 * Source: RFC 6386, 7.
 */
#ifndef LIBVACODEC_VP8_BOOL_H
#define LIBVACODEC_VP8_BOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vp8_bool {
	const uint8_t *data;
	size_t size_bytes;
	uint32_t range;  /* 128 to 255 */
	uint32_t value;  /* 16 bits, of which the upper 8 stand against the range */
	uint64_t n_bits; /* that value was shifted by: it begins there in the data */
	int err;         /* 0 or -EBADMSG */
};

void vp8_bool_init(struct vp8_bool *b, const uint8_t *data, size_t size_bytes);
/* One that is false with a probability of prob / 256; prob is at least 1. */
bool vp8_bool_read(struct vp8_bool *b, unsigned int prob);
/* L(1) */
bool vp8_bool_flag(struct vp8_bool *b);
/* L(n), n at most 16. */
unsigned int vp8_bool_literal(struct vp8_bool *b, unsigned int n);
/* A magnitude of n bits, and its sign. */
int vp8_bool_signed(struct vp8_bool *b, unsigned int n);
/* L(1) and, if it is set, vp8_bool_signed(); else 0. */
int vp8_bool_optional(struct vp8_bool *b, unsigned int n);
/* True while nothing was read beyond the end. */
bool vp8_bool_ok(const struct vp8_bool *b);

#endif
