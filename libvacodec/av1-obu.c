/* SPDX-License-Identifier: MIT */
/*
 * av1-obu.c - open bitstream units of AV1: header, payload, and the numbers of their own kinds
 */
#include "av1-obu.h"

#include <errno.h>
#include <string.h>

#define MAX_LEB128_BYTES 8

int av1_leb128_read(const uint8_t *data, size_t size_bytes, uint32_t *value)
{
	uint64_t sum = 0;
	int i;

	for (i = 0; i < MAX_LEB128_BYTES; i++) {
		if ((size_t)i == size_bytes)
			return 0;
		sum |= (uint64_t)(data[i] & 0x7f) << (7 * i);
		if (data[i] & 0x80)
			continue;
		if (sum > UINT32_MAX)
			return -EBADMSG;
		*value = (uint32_t)sum;
		return i + 1;
	}
	return -EBADMSG;
}

int av1_obu_parse(const uint8_t *data, size_t size_bytes, struct av1_obu *obu)
{
	uint32_t payload_bytes;
	size_t at = 1;
	int n;

	memset(obu, 0, sizeof(*obu));
	if (size_bytes == 0 || data[0] & 0x80) /* obu_forbidden_bit */
		return -EBADMSG;
	obu->obu_type = data[0] >> 3 & 15;
	obu->extension_flag = data[0] >> 2 & 1;
	if (obu->extension_flag) {
		if (size_bytes < 2)
			return -EBADMSG;
		obu->temporal_id = data[1] >> 5;
		obu->spatial_id = data[1] >> 3 & 3;
		at = 2;
	}
	obu->size_bytes = size_bytes - at;
	if (data[0] & 2) { /* obu_has_size_field */
		n = av1_leb128_read(data + at, size_bytes - at, &payload_bytes);
		if (n <= 0 || payload_bytes > size_bytes - at - (size_t)n)
			return -EBADMSG;
		at += (size_t)n;
		obu->size_bytes = payload_bytes;
	}
	obu->payload = data + at;
	return 0;
}

int32_t av1_bits_su(struct bits *b, unsigned int n)
{
	int32_t value = (int32_t)bits_u(b, n);

	return value >> (n - 1) & 1 ? value - (INT32_C(1) << n) : value;
}

uint32_t av1_bits_ns(struct bits *b, uint32_t n)
{
	unsigned int w = 0;
	uint32_t m, v;

	while (w < 31 && n >> w)
		w++;
	if (w == 0)
		return 0;
	m = (UINT32_C(1) << w) - n;
	v = bits_u(b, w - 1);
	if (v < m)
		return v;
	return (v << 1) - m + bits_u(b, 1);
}

uint32_t av1_bits_uvlc(struct bits *b)
{
	unsigned int zeros = 0;

	while (!bits_flag(b)) {
		if (!bits_ok(b))
			return 0;
		zeros++;
	}
	/* More than 32 mean 2^32 - 1, however many they are: 4.10.3. */
	return zeros >= 32 ? UINT32_MAX : (UINT32_C(1) << zeros) - 1 + bits_u(b, zeros);
}
