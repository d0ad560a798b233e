/* SPDX-License-Identifier: MIT */
/*
 * record.h - what the decoder configuration records of ISO base media files have in common
 *
 * They hold NAL units, each behind its 16 bit length, with counts before them.
 * Source: ISO/IEC 14496-15, 5.3.3.1 and 8.3.3.1.
 */
#ifndef LIBVACODEC_RECORD_H
#define LIBVACODEC_RECORD_H

#include "extradata.h"

#include <stddef.h>
#include <stdint.h>

struct record {
	const struct unit_sink *sink;
	const uint8_t *data;
	size_t left_bytes;
	unsigned int length_bytes; /* of the lengths before units in the stream */
};

/*
 * Begins at the counts; the byte before them tells the size of lengths. 1, 0 for data of another kind,
 * which has no version, or -EBADMSG.
 */
int record_open(struct record *record, const uint8_t *data, size_t size_bytes, size_t at);
/* A big-endian number of one or two bytes; -EBADMSG. */
int record_read_number(struct record *record, unsigned int bytes, unsigned int *number);
/* Gives the sink n units; the bits of mask in their first byte must be of that value. -EBADMSG. */
int record_read_units(struct record *record, unsigned int n, unsigned int mask, unsigned int value);

#endif
