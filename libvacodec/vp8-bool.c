/* SPDX-License-Identifier: MIT */
/*
 * vp8-bool.c - the arithmetic decoder of VP8's headers
 */
#include "vp8-bool.h"

#include <assert.h>
#include <stdatomic.h>
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

static unsigned int find_after(struct vp8_run *run, uint32_t range, const uint8_t *probs, size_t n)
{
	_Atomic uint16_t *known = &run->after[range - 128];
	unsigned int after = atomic_load_explicit(known, memory_order_relaxed);
	unsigned int shift = 0;
	size_t i;

	if (after)
		return after;
	for (i = 0; i < n; i++) {
		for (range = get_split(range, probs[i]); range < 128; range <<= 1)
			shift++;
	}
	assert(shift + 8 <= MIN_CACHED);
	/* Whoever is first: it is the same for all. */
	atomic_store_explicit(known, (uint16_t)(range << 8 | shift), memory_order_relaxed);
	return range << 8 | shift;
}

/*
 * While all is false nothing is taken from the value, and each split is below the one before it: the
 * value is below all of them if it is below the last one.
 */
bool vp8_bool_skip(struct vp8_bool *b, struct vp8_run *run, const uint8_t *probs, size_t n)
{
	unsigned int after = find_after(run, b->range, probs, n);
	unsigned int shift = after & 0xff;

	if (b->value >> (TOP_SHIFT - shift) >= after >> 8)
		return false;
	b->range = after >> 8;
	b->value <<= shift;
	b->n_cached -= shift;
	if (b->n_cached < MIN_CACHED)
		fill(b);
	return true;
}

/* Whatever stands beyond the end. */
static inline bool read_any(struct vp8_bool *b, unsigned int prob)
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
	return set;
}

bool vp8_bool_read(struct vp8_bool *b, unsigned int prob)
{
	return read_any(b, prob) && vp8_bool_ok(b);
}

bool vp8_bool_flag(struct vp8_bool *b)
{
	return vp8_bool_read(b, 128);
}

unsigned int vp8_bool_literal(struct vp8_bool *b, unsigned int n)
{
	unsigned int value = 0;

	while (n-- > 0)
		value = value << 1 | read_any(b, 128);
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
