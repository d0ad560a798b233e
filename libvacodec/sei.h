/* SPDX-License-Identifier: MIT */
/*
 * sei.h - how SEI messages lie in their NAL unit: H.264 and HEVC have it in common
 *
 * Source: Rec. ITU-T H.264, 7.3.2.3.1; Rec. ITU-T H.265, 7.3.5.
 */
#ifndef LIBVACODEC_SEI_H
#define LIBVACODEC_SEI_H

#include "bits.h"

struct sei_message {
	uint32_t type;
	uint32_t size_bytes; /* of the payload, which comes next */
	uint64_t begin_bits; /* its place */
};

/* The next message's head; false behind the last one, and where the unit is damaged. */
bool sei_next(struct bits *b, struct sei_message *message);
/* Goes to the end of the message, of which any part was read; an error when that was too much. */
void sei_skip(struct bits *b, const struct sei_message *message);

#endif
