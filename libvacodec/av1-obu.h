/* SPDX-License-Identifier: MIT */
/*
 * av1-obu.h - open bitstream units of AV1: header, payload, and the numbers of their own kinds
 *
 * Source: AV1 Bitstream & Decoding Process Specification (with errata 1), 4.10 (descriptors),
 * 5.3 (OBU syntax), 6.2 (semantics).
 */
#ifndef LIBVACODEC_AV1_OBU_H
#define LIBVACODEC_AV1_OBU_H

#include "bits.h"

enum av1_obu_type {
	AV1_OBU_SEQUENCE_HEADER = 1,
	AV1_OBU_TEMPORAL_DELIMITER = 2,
	AV1_OBU_FRAME_HEADER = 3,
	AV1_OBU_TILE_GROUP = 4,
	AV1_OBU_METADATA = 5,
	AV1_OBU_FRAME = 6,
	AV1_OBU_REDUNDANT_FRAME_HEADER = 7,
	AV1_OBU_TILE_LIST = 8,
	AV1_OBU_PADDING = 15,
};

struct av1_obu {
	uint8_t obu_type;
	bool extension_flag;
	uint8_t temporal_id, spatial_id;
	const uint8_t *payload; /* with its trailing bits */
	size_t size_bytes;
};

/*
 * leb128() of up to 8 bytes that is at most UINT32_MAX. Returns its number of bytes; 0 when it is cut
 * off, -EBADMSG.
 */
int av1_leb128_read(const uint8_t *data, size_t size_bytes, uint32_t *value);
/*
 * Reads header and size of the unit whose bytes are given. Without a size field the payload is all that
 * follows. -EBADMSG: a forbidden bit, or a size beyond the data.
 */
int av1_obu_parse(const uint8_t *data, size_t size_bytes, struct av1_obu *obu);

/* ---- Descriptors that only AV1 has ---- */

/* su(n) */
int32_t av1_bits_su(struct bits *b, unsigned int n);
/* ns(n): 0 to n - 1 */
uint32_t av1_bits_ns(struct bits *b, uint32_t n);
/* uvlc() */
uint32_t av1_bits_uvlc(struct bits *b);

#endif
