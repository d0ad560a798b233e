/* SPDX-License-Identifier: MIT */
/*
 * vp8-bool.c - the arithmetic decoder of VP8's headers
 */
#include "vp8-bool.h"

#include <endian.h>
#include <string.h>

#define VALUE_BITS  64
#define TOP_SHIFT   (VALUE_BITS - 8) /* where value stands against the range */
#define FIRST_RANGE 255              /* 7.3 */
#define MIN_CACHED  16               /* a read takes 7 bits at most, and needs 8 behind them */

static uint64_t read_be64(const uint8_t *data)
{
	uint64_t value;

	memcpy(&value, data, sizeof(value));
	return be64toh(value);
}

/* Encoders leave out zeros at the end of a partition. Bits behind the last whole byte are fetched again. */
static void fill(struct vp8_bool *b)
{
	unsigned int room = VALUE_BITS - b->n_cached;

	if (b->next + sizeof(b->value) <= b->size_bytes) {
		b->value |= read_be64(b->data + b->next) >> b->n_cached;
		b->next += room / 8;
		b->n_cached += room / 8 * 8;
		return;
	}
	for (; room >= 8; room -= 8, b->next++) {
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
	/* An encoder's value is below the range, and reads rely on it. */
	b->size_bytes = size_bytes > 0 && data[0] >= FIRST_RANGE ? 0 : size_bytes;
	b->range = FIRST_RANGE;
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

/* split: of the range, what stands for false. */
static void take_true(struct vp8_bool *b, uint32_t range, uint32_t split)
{
	b->range = range;
	b->value -= (uint64_t)split << TOP_SHIFT;
	normalize(b);
}

/* One read of probability 128, which shifts by one, or by none. */
static unsigned int read_half(struct vp8_bool *b)
{
	uint32_t split = (b->range + 1) >> 1;
	unsigned int set = b->value >> TOP_SHIFT >= split;
	unsigned int shift;

	b->value -= (uint64_t)(split & -set) << TOP_SHIFT;
	b->range = set ? b->range - split : split;
	shift = b->range < 128;
	b->range <<= shift;
	b->value <<= shift;
	b->n_cached -= shift;
	return set;
}

/*
 * n reads of probability 128, n at most 8. Where the range is even each read halves it and
 * doubles it again: these are the steps of a division by it. Where it is odd the first read makes it even.
 */
static inline unsigned int read_even(struct vp8_bool *b, unsigned int n)
{
	unsigned int bits = 0;
	uint32_t quotient;

	if (b->range & 1) {
		bits = read_half(b);
		n--;
	}
	quotient = (uint32_t)(b->value >> (TOP_SHIFT - n)) / b->range;
	b->value = (b->value << n) - ((uint64_t)quotient * b->range << TOP_SHIFT);
	b->n_cached -= n;
	if (b->n_cached < MIN_CACHED)
		fill(b);
	return bits << n | quotient;
}

/* A split less 1 that is as large stands above the value, and leaves a range that needs no shift. */
static uint32_t get_least(const struct vp8_bool *b)
{
	uint32_t top = (uint32_t)(b->value >> TOP_SHIFT);

	return top > 127 ? top : 127;
}

/*
 * Keeps the range less 1, which is all that a split is made from, and shifts only where it must: one
 * comparison tells that a flag is false and the range still large enough.
 */
static inline size_t find(struct vp8_bool *b, const uint8_t *probs, size_t n)
{
	uint32_t last = b->range - 1, least = get_least(b);
	uint32_t next;
	size_t i;

	for (i = 0; i < n; i++) {
		next = last * probs[i] >> 8;
		if (next >= least) {
			last = next;
			continue;
		}
		if (b->value >> TOP_SHIFT > next) {
			take_true(b, last - next, next + 1);
			return i;
		}
		b->range = next + 1;
		normalize(b);
		last = b->range - 1;
		least = get_least(b);
	}
	b->range = last + 1;
	return n;
}

size_t vp8_bool_find(struct vp8_bool *b, const uint8_t *probs, size_t n)
{
	return find(b, probs, n);
}

void vp8_bool_update(struct vp8_bool *restrict b, const uint8_t *probs, uint8_t *restrict values,
		     size_t n)
{
	size_t i;

	for (i = find(b, probs, n); i < n; i += find(b, probs + i, n - i)) {
		values[i] = (uint8_t)read_even(b, 8);
		i++;
	}
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

bool vp8_bool_flag(struct vp8_bool *b)
{
	unsigned int set = read_half(b);

	if (b->n_cached < MIN_CACHED)
		fill(b);
	return set;
}

unsigned int vp8_bool_literal(struct vp8_bool *b, unsigned int n)
{
	return read_even(b, n);
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
