/* SPDX-License-Identifier: MIT */
/*
 * bits.h - bit reader over the bytes of a NAL unit, or of plain bytes
 *
 * Removes the emulation prevention bytes of NAL units as it goes. Its error is sticky: past the end, or over a stated
 * limit, every read gives 0 from then on, so that a syntax structure is parsed straight down and
 * tested once.
 */
#ifndef LIBVACODEC_BITS_H
#define LIBVACODEC_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bits {
	const uint8_t *data;
	size_t size_bytes;
	size_t next;    /* the next byte to fetch */
	uint64_t cache; /* fetched and not read, at its low end */
	unsigned int n_cached;
	unsigned int zeros; /* zero bytes in a row before next, as of emulation prevention */
	uint64_t n_read;    /* bits read, emulation prevention bytes not counted */
	bool raw;           /* no emulation prevention */
	int err;            /* 0 or -EBADMSG */
};

void bits_init(struct bits *b, const uint8_t *data, size_t size_bytes);
/* For syntaxes without emulation prevention: VP8, VP9, AV1. */
void bits_init_raw(struct bits *b, const uint8_t *data, size_t size_bytes);
/* u(n), n at most 32. */
uint32_t bits_u(struct bits *b, unsigned int n);
bool bits_flag(struct bits *b);
void bits_skip(struct bits *b, unsigned int n);
/* ue(v) and se(v), Rec. ITU-T H.264, 9.1; a value over the limit is an error. */
uint32_t bits_ue_max(struct bits *b, uint32_t max);
int32_t bits_se_range(struct bits *b, int32_t min, int32_t max);
/* more_rbsp_data(), 7.2. */
bool bits_more_rbsp(const struct bits *b);
/* True while no payload bit was read past the end. */
bool bits_ok(const struct bits *b);

#endif
