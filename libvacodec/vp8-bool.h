/* SPDX-License-Identifier: MIT */
/*
 * vp8-bool.h - the arithmetic decoder of VP8's headers
 *
 * Its state is handed to the driver, which goes on where the header ends. Beyond the end of the data it
 * reads zeros, as those do that encoders leave out; vp8_bool_ok() tells.
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
	uint64_t next;         /* the byte to fetch next, may be behind the end */
	uint64_t value;        /* the upper 8 bits stand against the range */
	unsigned int n_cached; /* bits of value that were fetched, at its upper end */
	uint32_t range;        /* 128 to 255 */
};

/* What each range, 128 and up, becomes in a run of reads that are all false. */
struct vp8_run {
	uint8_t range[128];
	uint8_t shift[128]; /* 8 at most */
};

/* Data that begins with 255, as none does that was encoded, is taken for none. */
void vp8_bool_init(struct vp8_bool *b, const uint8_t *data, size_t size_bytes);
/*
 * Reads, of n that are false with a probability of probs[i] / 256 each, up to the first that is true, and
 * returns how many were false before it; n where none is. Long runs of false are what headers are made of.
 */
size_t vp8_bool_find(struct vp8_bool *b, const uint8_t *probs, size_t n);
/* Reads n flags like that; behind each that is true L(8), which becomes the value. */
void vp8_bool_update(struct vp8_bool *restrict b, const uint8_t *probs, uint8_t *restrict values,
		     size_t n);
/* Reads a whole run where all of it is false; where it is not, reads nothing and returns false. */
bool vp8_bool_skip(struct vp8_bool *b, const struct vp8_run *run);
/* L(1) */
bool vp8_bool_flag(struct vp8_bool *b);
/* L(n), n at most 8. */
unsigned int vp8_bool_literal(struct vp8_bool *b, unsigned int n);
/* A magnitude of n bits, and its sign. */
int vp8_bool_signed(struct vp8_bool *b, unsigned int n);
/* L(1) and, if it is set, vp8_bool_signed(); else 0. */
int vp8_bool_optional(struct vp8_bool *b, unsigned int n);
/* The bits that value was shifted by: it begins there in the data. */
uint64_t vp8_bool_get_bits(const struct vp8_bool *b);
/* True while nothing was read beyond the end. */
bool vp8_bool_ok(const struct vp8_bool *b);

#endif
