/* SPDX-License-Identifier: MIT */
/*
 * nal.c - NAL units for tests that change streams; see nal.h
 */
#include "nal.h"

size_t nal_find(const uint8_t *data, size_t size, size_t from, unsigned int n)
{
	for (size_t i = from; i + 3 < size; i++) {
		if (data[i] == 0 && data[i + 1] == 0 && data[i + 2] == 1 && n-- == 0)
			return i;
	}
	return size;
}

unsigned int nal_count(const uint8_t *data, size_t size, size_t from)
{
	unsigned int n = 0;

	for (; (from = nal_find(data, size, from, 0)) < size; from += 3)
		n++;
	return n;
}

void nal_unescape(struct nal *nal, const uint8_t *data, size_t size)
{
	unsigned int zeros = 0;

	nal->size_bytes = 0;
	for (size_t i = 0; i < size && nal->size_bytes < NAL_MAX_BYTES; i++) {
		if (zeros >= 2 && data[i] == 3) {
			zeros = 0;
			continue;
		}
		zeros = data[i] ? 0 : zeros + 1;
		nal->data[nal->size_bytes++] = data[i];
	}
}

size_t nal_escape(const struct nal *nal, uint8_t *data, size_t capacity)
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

unsigned int nal_get_bit(const struct nal *nal, size_t at)
{
	return at / 8 < nal->size_bytes ? nal->data[at / 8] >> (7 - at % 8) & 1u : 0;
}

uint32_t nal_get_bits(const struct nal *nal, size_t at, unsigned int n)
{
	uint32_t value = 0;

	while (n--)
		value = value << 1 | nal_get_bit(nal, at++);
	return value;
}

size_t nal_put_bits(struct nal *nal, size_t at, unsigned int n, uint64_t value)
{
	for (; n > 0 && at / 8 < NAL_MAX_BYTES; at++) {
		uint8_t mask = (uint8_t)(0x80 >> at % 8);

		n--;
		if (value >> n & 1)
			nal->data[at / 8] |= mask;
		else
			nal->data[at / 8] &= (uint8_t)~mask;
	}
	return at;
}

size_t nal_put_ue(struct nal *nal, size_t at, uint32_t value)
{
	uint64_t code = (uint64_t)value + 1;
	unsigned int n = 0;

	while (code >> (n + 1))
		n++;
	at = nal_put_bits(nal, at, n, 0);
	return nal_put_bits(nal, at, n + 1, code);
}

unsigned int nal_read_ue(const struct nal *nal, size_t at, uint32_t *value)
{
	unsigned int zeros = 0;
	uint64_t code = 1;

	while (zeros < 32 && !nal_get_bit(nal, at + zeros))
		zeros++;
	for (unsigned int i = 1; i <= zeros; i++)
		code = code << 1 | nal_get_bit(nal, at + zeros + i);
	*value = (uint32_t)(code - 1);
	return 2 * zeros + 1;
}
