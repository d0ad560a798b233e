/* SPDX-License-Identifier: MIT */
/*
 * vp8-bool.c - the arithmetic decoder of VP8's headers
 */
#include "vp8-bool.h"

#include <string.h>

#define VALUE_BITS 64
#define TOP_SHIFT  (VALUE_BITS - 8) /* where value stands against the range */
#define MIN_CACHED 16               /* a read takes 7 bits at most, and needs 8 behind them */

/* Encoders leave out zeros at the end of a partition. */
static void fill(struct vp8_bool *b)
{
	unsigned int room;

	for (room = VALUE_BITS - b->n_cached; room >= 8; room -= 8, b->next++) {
		if (b->next < b->size_bytes)
			b->value |= (uint64_t)b->data[b->next] << (room - 8);
	}
	b->n_cached = VALUE_BITS - room;
}

uint64_t vp8_bool_get_bits(const struct vp8_bool *b)
{
	return 8 * b->next - b->n_cached;
}

void vp8_bool_init(struct vp8_bool *b, const uint8_t *data, size_t size_bytes)
{
	memset(b, 0, sizeof(*b));
	b->data = data;
	b->size_bytes = size_bytes;
	b->range = 255;
	fill(b);
}

/* Shifts until the range is 128 or more. */
static void normalize(struct vp8_bool *b)
{
	unsigned int shift = (unsigned int)__builtin_clz(b->range) - 24;

	b->range <<= shift;
	b->value <<= shift;
	b->n_cached -= shift;
	if (b->n_cached < MIN_CACHED)
		fill(b);
}

/* Of the range, what stands for false. */
static uint32_t get_split(uint32_t range, unsigned int prob)
{
	return 1 + ((range - 1) * prob >> 8);
}

/* Keeps the range less 1, which is all that a split is made from, and shifts only where it must. */
size_t vp8_bool_find(struct vp8_bool *b, const uint8_t *probs, size_t n)
{
	uint32_t top = (uint32_t)(b->value >> TOP_SHIFT);
	uint32_t last = b->range - 1;
	uint32_t next;
	size_t i;

	for (i = 0; i < n; i++) {
		next = last * probs[i] >> 8;
		if (top > next)
			break;
		last = next;
		if (last >= 127)
			continue;
		b->range = last + 1;
		normalize(b);
		last = b->range - 1;
		top = (uint32_t)(b->value >> TOP_SHIFT);
	}
	b->range = last + 1;
	if (i < n)
		vp8_bool_read(b, probs[i]);
	return vp8_bool_ok(b) ? i : n;
}

/*
 * While all is false nothing is taken from the value, and each split is below the one before it: the
 * value is below all of them if it is below the last one. MIN_CACHED is enough for the shift.
 */
bool vp8_bool_skip(struct vp8_bool *b, const struct vp8_run *run)
{
	unsigned int range = run->range[b->range - 128];
	unsigned int shift = run->shift[b->range - 128];

	if (b->value >> (TOP_SHIFT - shift) >= range)
		return false;
	b->range = range;
	b->value <<= shift;
	b->n_cached -= shift;
	if (b->n_cached < MIN_CACHED)
		fill(b);
	return true;
}

/*
 * n reads of probability 128, n at most MIN_CACHED - 8: each shifts by one, or by none. Nothing branches
 * on the data, which is as good as random. Whatever stands beyond the end.
 */
static unsigned int read_even(struct vp8_bool *b, unsigned int n)
{
	uint64_t value = b->value;
	uint32_t range = b->range;
	unsigned int bits = 0;
	uint32_t split, set, shift;

	while (n-- > 0) {
		split = (range + 1) >> 1;
		set = value >> TOP_SHIFT >= split;
		value -= (uint64_t)(split & -set) << TOP_SHIFT;
		range = set ? range - split : split;
		shift = range < 128;
		range <<= shift;
		value <<= shift;
		b->n_cached -= shift;
		bits = bits << 1 | set;
	}
	b->value = value;
	b->range = range;
	if (b->n_cached < MIN_CACHED)
		fill(b);
	return bits;
}

bool vp8_bool_read(struct vp8_bool *b, unsigned int prob)
{
	uint32_t split = get_split(b->range, prob);
	bool set = b->value >> TOP_SHIFT >= split;

	if (set) {
		b->range -= split;
		b->value -= (uint64_t)split << TOP_SHIFT;
	} else {
		b->range = split;
	}
	if (b->range < 128)
		normalize(b);
	return set && vp8_bool_ok(b);
}

bool vp8_bool_flag(struct vp8_bool *b)
{
	return read_even(b, 1) && vp8_bool_ok(b);
}

unsigned int vp8_bool_literal(struct vp8_bool *b, unsigned int n)
{
	unsigned int value = 0;

	for (; n > MIN_CACHED - 8; n--)
		value = value << 1 | read_even(b, 1);
	value = value << n | read_even(b, n);
	return vp8_bool_ok(b) ? value : 0;
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
	return b->size_bytes > 0 && vp8_bool_get_bits(b) <= 8 * (uint64_t)b->size_bytes;
}
