// SPDX-License-Identifier: MIT
/*
 * mutate-h264.c - changes the fields of H.264 headers, not just bytes
 *
 * Takes one NAL unit of an input's stream, removes the emulation prevention bytes, rewrites an
 * Exp-Golomb code or flips a bit near its begin, and escapes it again; or repeats, moves or drops a
 * whole unit. One time out of three it is libFuzzer's own mutation, which also reaches the settings.
 */
#include "fuzz.h"
#include <string.h>

#define MAX_BYTES 65536
#define NEAR_BITS 256 /* headers are short */

/* A unit without its start code, and without emulation prevention bytes where so said. */
struct nal {
	uint8_t data[MAX_BYTES];
	size_t size_bytes;
};

static struct nal unit, rewritten;
static uint8_t output[2 * MAX_BYTES];
static uint32_t state;

static uint32_t pick(uint32_t n)
{
	state = state * 1664525 + 1013904223;
	return n ? (state >> 8) % n : 0;
}

/* ---- Units ---- */

/* Begin of the n-th unit's start code at or after from; size where there is none. */
static size_t find_unit(const uint8_t *data, size_t size, size_t from, unsigned int n)
{
	for (size_t i = from; i + 3 < size; i++) {
		if (data[i] == 0 && data[i + 1] == 0 && data[i + 2] == 1 && n-- == 0)
			return i;
	}
	return size;
}

static unsigned int count_units(const uint8_t *data, size_t size, size_t from)
{
	unsigned int n = 0;

	for (; (from = find_unit(data, size, from, 0)) < size; from += 3)
		n++;
	return n;
}

/* Rec. ITU-T H.264, 7.4.1. */
static void unescape(const uint8_t *data, size_t size, struct nal *nal)
{
	unsigned int zeros = 0;

	nal->size_bytes = 0;
	for (size_t i = 0; i < size && nal->size_bytes < MAX_BYTES; i++) {
		if (zeros >= 2 && data[i] == 3) {
			zeros = 0;
			continue;
		}
		zeros = data[i] ? 0 : zeros + 1;
		nal->data[nal->size_bytes++] = data[i];
	}
}

static size_t escape(const struct nal *nal, uint8_t *data, size_t capacity)
{
	unsigned int zeros = 0;
	size_t n = 0;

	for (size_t i = 0; i < nal->size_bytes && n + 2 <= capacity; i++) {
		if (zeros >= 2 && nal->data[i] <= 3) {
			data[n++] = 3;
			zeros = 0;
		}
		zeros = nal->data[i] ? 0 : zeros + 1;
		data[n++] = nal->data[i];
	}
	return n;
}

/* ---- Bits ---- */

static unsigned int get_bit(const struct nal *nal, size_t at)
{
	return at / 8 < nal->size_bytes ? nal->data[at / 8] >> (7 - at % 8) & 1u : 0;
}

static size_t put_bits(struct nal *nal, size_t at, unsigned int n, uint64_t value)
{
	for (; n > 0 && at / 8 < MAX_BYTES; at++) {
		uint8_t mask = (uint8_t)(0x80 >> at % 8);

		n--;
		if (value >> n & 1)
			nal->data[at / 8] |= mask;
		else
			nal->data[at / 8] &= (uint8_t)~mask;
	}
	return at;
}

/* The length of the code at a bit, and its value. */
static unsigned int read_ue(const struct nal *nal, size_t at, uint32_t *value)
{
	unsigned int zeros = 0;
	uint64_t code = 1;

	while (zeros < 32 && !get_bit(nal, at + zeros))
		zeros++;
	for (unsigned int i = 1; i <= zeros; i++)
		code = code << 1 | get_bit(nal, at + zeros + i);
	*value = (uint32_t)(code - 1);
	return 2 * zeros + 1;
}

static size_t put_ue(struct nal *nal, size_t at, uint32_t value)
{
	uint64_t code = (uint64_t)value + 1;
	unsigned int n = 0;

	while (code >> (n + 1))
		n++;
	at = put_bits(nal, at, n, 0);
	return put_bits(nal, at, n + 1, code);
}

static uint32_t choose_value(uint32_t value)
{
	static const uint32_t edges[] = {0, 1, 2, 3, 15, 16, 31, 32, 255, 65535, UINT32_MAX - 1};

	switch (pick(4)) {
	case 0:
		return value + 1;
	case 1:
		return value ? value - 1 : 1;
	case 2:
		return edges[pick(sizeof(edges) / sizeof(edges[0]))];
	}
	return pick(70);
}

/* Puts another value in the place of a code; all behind it moves. */
static void rewrite_code(void)
{
	size_t n_bits = 8 * unit.size_bytes, from, at;
	uint32_t value;
	unsigned int n;

	/* Behind the header byte, or what an SPS has before its first code. */
	from = (unit.data[0] & 0x1f) == 7 ? 32 : 8;
	for (unsigned int skip = pick(16); skip && from < n_bits; skip--)
		from += pick(3) ? read_ue(&unit, from, &value) : 1;
	if (from >= n_bits)
		from = 8;
	n = read_ue(&unit, from, &value);
	memset(&rewritten, 0, sizeof(rewritten));
	memcpy(rewritten.data, unit.data, from / 8 + 1);
	at = put_ue(&rewritten, from, choose_value(value));
	for (size_t i = from + n; i < n_bits; i++)
		at = put_bits(&rewritten, at, 1, get_bit(&unit, i));
	rewritten.size_bytes = (at + 7) / 8;
	unit = rewritten;
}

static void flip_bit(void)
{
	size_t n_bits = 8 * unit.size_bytes;
	size_t at = pick((uint32_t)(n_bits < NEAR_BITS ? n_bits : NEAR_BITS));

	put_bits(&unit, at, 1, !get_bit(&unit, at));
}

/* ---- Inputs ---- */

/* Replaces data[begin, end) by n bytes; the new size, or the old one when there is no room. */
static size_t replace(uint8_t *data, size_t size, const size_t range[2], size_t n)
{
	size_t begin = range[0], end = range[1];

	memmove(data + begin + n, data + end, size - end);
	memcpy(data + begin, output, n);
	return size - (end - begin) + n;
}

/* The unit at range, changed, in output; its size. */
static size_t change_unit(const uint8_t *data, const size_t range[2])
{
	size_t n;

	memcpy(output, data + range[0], 3);
	unescape(data + range[0] + 3, range[1] - range[0] - 3, &unit);
	if (unit.size_bytes == 0)
		return range[1] - range[0] == 3 ? 3 : 0;
	for (unsigned int i = 1 + pick(3); i; i--) {
		if (pick(4))
			rewrite_code();
		else
			flip_bit();
	}
	n = escape(&unit, output + 3, sizeof(output) - 3);
	return 3 + n;
}

static size_t mutate_units(uint8_t *data, size_t size, size_t max_size)
{
	unsigned int n_units = count_units(data, size, fuzz_stream_at), n = pick(n_units);
	size_t range[2], new_bytes;

	range[0] = find_unit(data, size, fuzz_stream_at, n);
	range[1] = find_unit(data, size, range[0] + 3, 0);
	new_bytes = range[1] - range[0];
	if (new_bytes > MAX_BYTES)
		return 0;
	switch (pick(8)) {
	case 0: /* drop it */
		new_bytes = 0;
		break;
	case 1: /* put it before another one, too */
		memcpy(output, data + range[0], new_bytes);
		range[0] = range[1] = find_unit(data, size, fuzz_stream_at, pick(n_units));
		break;
	default:
		new_bytes = change_unit(data, range);
	}
	if (size - (range[1] - range[0]) + new_bytes > max_size)
		return 0;
	return replace(data, size, range, new_bytes);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	size_t n = 0;

	state = seed;
	if (pick(3) && size > fuzz_stream_at && count_units(data, size, fuzz_stream_at) > 0)
		n = mutate_units(data, size, max_size);
	return n ? n : LLVMFuzzerMutate(data, size, max_size);
}
