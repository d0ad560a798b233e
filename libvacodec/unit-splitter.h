/* SPDX-License-Identifier: MIT */
/*
 * unit-splitter.h - NAL units out of an Annex B byte stream that comes in any pieces
 *
 * Collects one unit at a time in a kept buffer. Time is linear in the bytes, memory is bounded by
 * the largest unit that is accepted.
 */
#ifndef LIBVACODEC_UNIT_SPLITTER_H
#define LIBVACODEC_UNIT_SPLITTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Level 6.2 in I_PCM macroblocks is 53 MB a picture (A.3.1). */
#define UNIT_SPLITTER_MAX_BYTES (UINT32_C(64) << 20)

/* A whole unit: its bytes without start code and trailing zeros, and its first byte's timestamp. */
struct unit {
	const uint8_t *data;
	size_t size_bytes;
	uint64_t timestamp;
};

struct unit_splitter {
	uint8_t *data;
	size_t size_bytes;
	size_t capacity_bytes;
	uint64_t timestamp;         /* of the unit that is being collected */
	uint64_t next_timestamp;    /* of the one whose start code has been seen */
	uint64_t zero_timestamp[2]; /* of the last two bytes before the next one */
	unsigned int zeros;         /* zero bytes in a row at the end, at most 2 */
	bool in_unit;               /* a start code was seen */
	bool ready;                 /* a unit is complete */
	bool too_large;             /* it outgrew the limit and is dropped */
};

void unit_splitter_init(struct unit_splitter *s);
void unit_splitter_finish(struct unit_splitter *s);
/*
 * Takes bytes up to the next start code; -ENOMEM takes none. When ready is set then, the unit is
 * there until unit_splitter_next().
 */
int64_t unit_splitter_push(struct unit_splitter *s, const uint8_t *data, size_t size_bytes,
			   uint64_t timestamp);
/* The stream ends here (for now): what was collected is a unit. */
void unit_splitter_end(struct unit_splitter *s);
/* False when the unit that is ready was too large to be kept. */
bool unit_splitter_get(const struct unit_splitter *s, struct unit *unit);
void unit_splitter_next(struct unit_splitter *s);
/* Forgets all that was collected. */
void unit_splitter_reset(struct unit_splitter *s);

#endif
