/* SPDX-License-Identifier: MIT */
/*
 * test-picture-hash.c - hashes of pictures, by values that are known from elsewhere
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include <va/va.h>
#include "tools/picture-hash.h"

/* A row of luma alone. */
static struct output_picture make_row(const char *samples)
{
	return (struct output_picture){
		.fourcc = VA_FOURCC_Y800,
		.chroma = 400,
		.bit_depth = 8,
		.width = (unsigned int)strlen(samples),
		.height = 1,
		.plane = {(const uint8_t *)samples},
		.pitch_bytes = {strlen(samples)},
	};
}

/* CRC-16 of polynomial 0x1021, begun with ones and with 16 zero bits behind: 0xe5cc by all tables. */
static void test_crc_of_the_usual_nine_digits(void **state)
{
	const struct output_picture picture = make_row("123456789");
	struct vacodec_picture_hash hash = {VACODEC_HASH_CRC, {{0xe5, 0xcc}}};

	(void)state;
	assert_int_equal(picture_hash_check(&picture, &hash), 1);
	hash.value[0][1] ^= 1;
	assert_int_equal(picture_hash_check(&picture, &hash), 0);
}

/* RFC 1321, A.5 */
static void test_md5_of_a_message(void **state)
{
	const struct output_picture picture = make_row("message digest");
	const struct vacodec_picture_hash hash = {
		VACODEC_HASH_MD5,
		{{0xf9, 0x6b, 0x69, 0x7d, 0x7c, 0xb7, 0x93, 0x8d, 0x52, 0x5a, 0x2f, 0x31, 0xaa,
		  0xf1, 0x61, 0xd0}}};

	(void)state;
	assert_int_equal(picture_hash_check(&picture, &hash), 1);
}

/* By hand: (1 ^ 0) + (2 ^ 1) + (1 ^ 1) + (7 ^ 0) in luma; 10 bit chroma of 0x2a5 and 0x101. */
static void test_checksum_knows_places_and_both_bytes(void **state)
{
	static const uint16_t luma[] = {1 << 6, 2 << 6, 1 << 6, 7 << 6};
	static const uint16_t chroma[] = {0x2a5 << 6, 0x101 << 6};
	const struct output_picture picture = {
		.fourcc = VA_FOURCC_P010,
		.chroma = 420,
		.bit_depth = 10,
		.width = 2,
		.height = 2,
		.plane = {(const uint8_t *)luma, (const uint8_t *)chroma},
		.pitch_bytes = {4, 4},
	};
	/* Luma's upper bytes are 0, and add the mask itself: 0 + 1 + 1 + 0. */
	struct vacodec_picture_hash hash = {VACODEC_HASH_CHECKSUM,
					    {{0, 0, 0, 11 + 2}, {0, 0, 0, 0xa7}, {0, 0, 0, 2}}};

	(void)state;
	assert_int_equal(picture_hash_check(&picture, &hash), 1);
	hash.value[2][3] = 3;
	assert_int_equal(picture_hash_check(&picture, &hash), 0);
}

static void test_without_a_hash_nothing_is_the_same(void **state)
{
	struct output_picture picture = make_row("1");
	const struct vacodec_picture_hash hash = {.type = VACODEC_HASH_NONE};

	(void)state;
	assert_int_equal(picture_hash_check(&picture, &hash), 0);
	picture.fourcc = 0;
	assert_int_equal(picture_hash_check(&picture, &hash), -ENOTSUP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_crc_of_the_usual_nine_digits),
		cmocka_unit_test(test_md5_of_a_message),
		cmocka_unit_test(test_checksum_knows_places_and_both_bytes),
		cmocka_unit_test(test_without_a_hash_nothing_is_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
