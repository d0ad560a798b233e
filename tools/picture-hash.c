// SPDX-License-Identifier: MIT
/*
 * picture-hash.c - whether a picture is the one whose hash the stream has
 *
 * Each component has one of its own, over its samples row by row: bytes, or little-endian words where
 * there are more than 8 bits.
 * Source: Rec. ITU-T H.265, D.3.19.
 */
#include "tools/picture-hash.h"
#include "tools/pixels.h"
#include <errno.h>
#include <md5.h>
#include <stdlib.h>
#include <string.h>

#define CRC_POLYNOMIAL 0x1021

struct hash {
	enum vacodec_hash_type type;
	MD5_CTX md5;
	uint32_t crc, sum;
};

static uint32_t add_crc(uint32_t crc, uint8_t byte)
{
	for (int bit = 7; bit >= 0; bit--)
		crc = ((crc << 1 | (byte >> bit & 1u)) & 0xffff) ^
		      (crc & 0x8000 ? CRC_POLYNOMIAL : 0);
	return crc;
}

static void begin(struct hash *hash, enum vacodec_hash_type type)
{
	hash->type = type;
	hash->crc = 0xffff;
	hash->sum = 0;
	MD5Init(&hash->md5);
}

static void add_row(struct hash *hash, const uint8_t *row, size_t n)
{
	if (hash->type == VACODEC_HASH_MD5) {
		MD5Update(&hash->md5, row, n);
		return;
	}
	for (size_t i = 0; i < n && hash->type == VACODEC_HASH_CRC; i++)
		hash->crc = add_crc(hash->crc, row[i]);
}

/* The place of a sample is in its sum. */
static void add_sums(struct hash *hash, const uint8_t *row, size_t n, unsigned int bytes,
		     unsigned int y)
{
	for (size_t i = 0; i < n; i++) {
		size_t x = i / bytes;

		hash->sum += row[i] ^ (uint8_t)((x & 255) ^ (y & 255) ^ x >> 8 ^ y >> 8);
	}
}

/* Big-endian, as the stream has it. */
static void finish(struct hash *hash, uint8_t value[16])
{
	memset(value, 0, 16);
	if (hash->type == VACODEC_HASH_MD5) {
		MD5Final(value, &hash->md5);
	} else if (hash->type == VACODEC_HASH_CRC) {
		uint32_t crc = add_crc(add_crc(hash->crc, 0), 0);

		value[0] = (uint8_t)(crc >> 8);
		value[1] = (uint8_t)crc;
	} else {
		for (unsigned int i = 0; i < 4; i++)
			value[i] = (uint8_t)(hash->sum >> (24 - 8 * i));
	}
}

static void hash_component(struct hash *hash, const struct output_picture *picture,
			   unsigned int component, uint8_t *row)
{
	const struct pixel_format *format = pixel_format_find(picture->fourcc);
	unsigned int height = pixel_component_height(format, component, picture->height);

	for (unsigned int y = 0; y < height; y++) {
		size_t n = pixel_row_get(format, picture, component, y, row);

		if (hash->type == VACODEC_HASH_CHECKSUM)
			add_sums(hash, row, n, format->word_bytes > 1 ? 2 : 1, y);
		else
			add_row(hash, row, n);
	}
}

int picture_hash_check(const struct output_picture *picture,
		       const struct vacodec_picture_hash *hash)
{
	const struct pixel_format *format = pixel_format_find(picture->fourcc);
	struct hash own;
	uint8_t value[16], *row;
	int same = hash->type != VACODEC_HASH_NONE;

	if (!format)
		return -ENOTSUP;
	row = malloc(2 * (size_t)picture->width);
	if (!row)
		return -ENOMEM;
	for (unsigned int c = 0; c < pixel_num_components(format, picture) && same; c++) {
		begin(&own, hash->type);
		hash_component(&own, picture, c, row);
		finish(&own, value);
		same = memcmp(value, hash->value[c], sizeof(value)) == 0;
	}
	free(row);
	return same;
}
