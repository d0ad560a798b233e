/* SPDX-License-Identifier: MIT */
/*
 * bits.c - bit reader over the bytes of a NAL unit, or of plain bytes
 */
#include "bits.h"

#include <errno.h>
#include <string.h>

void bits_init(struct bits *b, const uint8_t *data, size_t size_bytes)
{
	memset(b, 0, sizeof(*b));
	b->data = data;
	b->size_bytes = size_bytes;
}

void bits_init_raw(struct bits *b, const uint8_t *data, size_t size_bytes)
{
	bits_init(b, data, size_bytes);
	b->raw = true;
}

/* Fetches one byte of payload; false at the end. */
static bool fetch(struct bits *b)
{
	uint8_t byte;

	if (!b->raw && b->next < b->size_bytes && b->zeros >= 2 && b->data[b->next] == 3) {
		b->next++;
		b->zeros = 0;
	}
	if (b->next >= b->size_bytes)
		return false;
	byte = b->data[b->next++];
	b->zeros = byte ? 0 : b->zeros + 1;
	b->cache = b->cache << 8 | byte;
	b->n_cached += 8;
	return true;
}

uint32_t bits_u(struct bits *b, unsigned int n)
{
	uint64_t value;

	if (b->err || n == 0)
		return 0;
	while (b->n_cached < n) {
		if (!fetch(b)) {
			b->err = -EBADMSG;
			return 0;
		}
	}
	value = b->cache >> (b->n_cached - n);
	b->n_cached -= n;
	b->n_read += n;
	return (uint32_t)(value & ((UINT64_C(1) << n) - 1));
}

bool bits_flag(struct bits *b)
{
	if (b->err)
		return false;
	if (b->n_cached == 0 && !fetch(b)) {
		b->err = -EBADMSG;
		return false;
	}
	b->n_cached--;
	b->n_read++;
	return b->cache >> b->n_cached & 1;
}

void bits_skip(struct bits *b, unsigned int n)
{
	for (; n > 32; n -= 32)
		bits_u(b, 32);
	bits_u(b, n);
}

/* Reads zeros and the one bit behind them; more than 32 are an error. */
static unsigned int count_zeros(struct bits *b)
{
	unsigned int zeros = 0, n = 0;
	uint64_t rest = 0;

	while (!b->err && rest == 0 && zeros <= 32) {
		if (b->n_cached == 0 && !fetch(b)) {
			b->err = -EBADMSG;
			return 0;
		}
		rest = b->cache << (64 - b->n_cached);
		n = rest ? (unsigned int)__builtin_clzll(rest) : b->n_cached;
		zeros += n;
		b->n_cached -= n;
		b->n_read += n;
	}
	if (zeros > 32)
		b->err = -EBADMSG;
	bits_flag(b);
	return zeros;
}

uint32_t bits_ue_max(struct bits *b, uint32_t max)
{
	unsigned int zeros = count_zeros(b);
	uint64_t value;

	if (b->err)
		return 0;
	value = (UINT64_C(1) << zeros) - 1 + bits_u(b, zeros);
	if (value > max)
		b->err = -EBADMSG;
	return b->err ? 0 : (uint32_t)value;
}

int32_t bits_se_range(struct bits *b, int32_t min, int32_t max)
{
	uint32_t code = bits_ue_max(b, UINT32_MAX);
	int64_t value = code & 1 ? (int64_t)(code / 2) + 1 : -(int64_t)(code / 2);

	if (!b->err && (value < min || value > max))
		b->err = -EBADMSG;
	return b->err ? 0 : (int32_t)value;
}

bool bits_more_rbsp(const struct bits *b)
{
	struct bits rest = *b;

	/* The last set bit is the stop bit: there is more when it is not the next one. */
	bits_flag(&rest);
	if (rest.err)
		return false;
	if (rest.cache & ((UINT64_C(1) << rest.n_cached) - 1))
		return true;
	while (fetch(&rest)) {
		if (rest.cache & 255)
			return true;
	}
	return false;
}

bool bits_ok(const struct bits *b)
{
	return b->err == 0;
}
