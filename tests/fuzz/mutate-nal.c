// SPDX-License-Identifier: MIT
/*
 * mutate-nal.c - changes the fields of H.264 or HEVC headers, not just bytes
 *
 * Takes one NAL unit of an input's stream, removes the emulation prevention bytes, rewrites an
 * Exp-Golomb code or flips a bit near its begin, and escapes it again; or repeats, moves or drops a
 * whole unit. One time out of three it is libFuzzer's own mutation, which also reaches the settings.
 */
#include "fuzz.h"
#include "nal.h"
#include <string.h>

#define NEAR_BITS 256 /* headers are short */

static struct nal unit, rewritten;
static uint8_t output[2 * NAL_MAX_BYTES];
static uint32_t state;

static uint32_t pick(uint32_t n)
{
	state = state * 1664525 + 1013904223;
	return n ? (state >> 8) % n : 0;
}

/* ---- Fields ---- */

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

/* Behind the header, or what an SPS has before its first code. */
static size_t find_codes(void)
{
	if (fuzz_hevc)
		return (unit.data[0] >> 1 & 0x3f) == 33 ? 120 : 16;
	return (unit.data[0] & 0x1f) == 7 ? 32 : 8;
}

/* Puts another value in the place of a code; all behind it moves. */
static void rewrite_code(void)
{
	size_t n_bits = 8 * unit.size_bytes, from, at;
	uint32_t value;
	unsigned int n;

	from = find_codes();
	for (unsigned int skip = pick(16); skip && from < n_bits; skip--)
		from += pick(3) ? nal_read_ue(&unit, from, &value) : 1;
	if (from >= n_bits)
		from = fuzz_hevc ? 16 : 8;
	n = nal_read_ue(&unit, from, &value);
	memset(&rewritten, 0, sizeof(rewritten));
	memcpy(rewritten.data, unit.data, from / 8 + 1);
	at = nal_put_ue(&rewritten, from, choose_value(value));
	for (size_t i = from + n; i < n_bits; i++)
		at = nal_put_bits(&rewritten, at, 1, nal_get_bit(&unit, i));
	rewritten.size_bytes = (at + 7) / 8;
	unit = rewritten;
}

static void flip_bit(void)
{
	size_t n_bits = 8 * unit.size_bytes;
	size_t at = pick((uint32_t)(n_bits < NEAR_BITS ? n_bits : NEAR_BITS));

	nal_put_bits(&unit, at, 1, !nal_get_bit(&unit, at));
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
	nal_unescape(&unit, data + range[0] + 3, range[1] - range[0] - 3);
	if (unit.size_bytes == 0)
		return range[1] - range[0] == 3 ? 3 : 0;
	for (unsigned int i = 1 + pick(3); i; i--) {
		if (pick(4))
			rewrite_code();
		else
			flip_bit();
	}
	n = nal_escape(&unit, output + 3, sizeof(output) - 3);
	return 3 + n;
}

static size_t mutate_units(uint8_t *data, size_t size, size_t max_size)
{
	unsigned int n_units = nal_count(data, size, fuzz_stream_at), n = pick(n_units);
	size_t range[2], new_bytes;

	range[0] = nal_find(data, size, fuzz_stream_at, n);
	range[1] = nal_find(data, size, range[0] + 3, 0);
	new_bytes = range[1] - range[0];
	if (new_bytes > NAL_MAX_BYTES)
		return 0;
	switch (pick(8)) {
	case 0: /* drop it */
		new_bytes = 0;
		break;
	case 1: /* put it before another one, too */
		memcpy(output, data + range[0], new_bytes);
		range[0] = range[1] = nal_find(data, size, fuzz_stream_at, pick(n_units));
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
	if (pick(3) && size > fuzz_stream_at && nal_count(data, size, fuzz_stream_at) > 0)
		n = mutate_units(data, size, max_size);
	return n ? n : LLVMFuzzerMutate(data, size, max_size);
}
