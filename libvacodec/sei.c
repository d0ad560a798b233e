/* SPDX-License-Identifier: MIT */
/*
 * sei.c - how SEI messages lie in their NAL unit
 */
#include "sei.h"

#include <errno.h>

#define MAX_NUMBER (1U << 24)

/* The coding of payloadType and payloadSize. */
static uint32_t read_number(struct bits *b)
{
	uint32_t sum = 0;
	uint32_t byte;

	do {
		byte = bits_u(b, 8);
		sum += byte;
	} while (byte == 255 && bits_ok(b) && sum < MAX_NUMBER);
	return sum;
}

bool sei_next(struct bits *b, struct sei_message *message)
{
	struct bits rest = *b;

	/* A message takes two bytes at least; the trailing bits are one without its second. */
	message->type = read_number(&rest);
	message->size_bytes = read_number(&rest);
	message->begin_bits = rest.n_read;
	if (!bits_ok(&rest))
		return false;
	*b = rest;
	return true;
}

void sei_skip(struct bits *b, const struct sei_message *message)
{
	uint64_t end = message->begin_bits + 8 * (uint64_t)message->size_bytes;

	if (b->n_read > end)
		b->err = -EBADMSG;
	while (bits_ok(b) && b->n_read < end)
		bits_skip(b, end - b->n_read > 32 ? 32 : (unsigned int)(end - b->n_read));
}
