/* SPDX-License-Identifier: MIT */
/*
 * vp8-bool.c - the arithmetic decoder of VP8's headers
 */
#include "vp8-bool.h"

#include <errno.h>
#include <string.h>

/* Encoders leave out zeros at the end of a partition. */
static uint32_t get_byte(const struct vp8_bool *b, uint64_t at)
{
	return at < b->size_bytes ? b->data[at] : 0;
}

void vp8_bool_init(struct vp8_bool *b, const uint8_t *data, size_t size_bytes)
{
	memset(b, 0, sizeof(*b));
	b->data = data;
	b->size_bytes = size_bytes;
	b->range = 255;
	b->value = get_byte(b, 0) << 8 | get_byte(b, 1);
	if (size_bytes == 0)
		b->err = -EBADMSG;
}

/* Shifts until the range is 128 or more. */
static void normalize(struct vp8_bool *b)
{
	while (b->range < 128) {
		b->range <<= 1;
		b->value <<= 1;
		b->n_bits++;
		if (b->n_bits % 8 == 0)
			b->value |= get_byte(b, b->n_bits / 8 + 1);
	}
	if (b->n_bits > 8 * (uint64_t)b->size_bytes)
		b->err = -EBADMSG;
}

bool vp8_bool_read(struct vp8_bool *b, unsigned int prob)
{
	uint32_t split = 1 + ((b->range - 1) * prob >> 8);
	bool set = b->value >= split << 8;

	if (b->err)
		return false;
	if (set) {
		b->range -= split;
		b->value -= split << 8;
	} else {
		b->range = split;
	}
	normalize(b);
	return !b->err && set;
}

bool vp8_bool_flag(struct vp8_bool *b)
{
	return vp8_bool_read(b, 128);
}

unsigned int vp8_bool_literal(struct vp8_bool *b, unsigned int n)
{
	unsigned int value = 0;

	while (n-- > 0)
		value = value << 1 | vp8_bool_flag(b);
	return b->err ? 0 : value;
}

int vp8_bool_signed(struct vp8_bool *b, unsigned int n)
{
	int value = (int)vp8_bool_literal(b, n);

	return vp8_bool_flag(b) ? -value : value;
}

int vp8_bool_optional(struct vp8_bool *b, unsigned int n)
{
	return vp8_bool_flag(b) ? vp8_bool_signed(b, n) : 0;
}

bool vp8_bool_ok(const struct vp8_bool *b)
{
	return b->err == 0;
}
