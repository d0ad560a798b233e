/* SPDX-License-Identifier: MIT */
/*
 * test-bits.c - the bit reader: numbers, limits, emulation prevention, the sticky error
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include "libvacodec/bits.h"

static struct bits open_bits(const uint8_t *data, size_t size_bytes)
{
	struct bits b;

	bits_init(&b, data, size_bytes);
	return b;
}

static void test_u_reads_most_significant_bit_first(void **state)
{
	const uint8_t data[] = {0xa5, 0x0f, 0x12, 0x34, 0x56, 0x78, 0x9a};
	struct bits b = open_bits(data, sizeof(data));

	(void)state;
	assert_int_equal(bits_u(&b, 1), 1);
	assert_int_equal(bits_u(&b, 3), 2);
	assert_int_equal(bits_u(&b, 12), 0x50f);
	assert_int_equal(bits_u(&b, 32), 0x12345678);
	assert_int_equal(bits_u(&b, 8), 0x9a);
	assert_int_equal(b.n_read, 56);
	assert_true(bits_ok(&b));
}

static void test_error_is_sticky(void **state)
{
	const uint8_t data[] = {0xff, 0xff};
	struct bits b = open_bits(data, sizeof(data));

	(void)state;
	assert_int_equal(bits_u(&b, 17), 0);
	assert_int_equal(b.err, -EBADMSG);
	assert_int_equal(bits_u(&b, 1), 0);
	assert_int_equal(bits_ue_max(&b, 100), 0);
	assert_false(bits_ok(&b));
}

/* 9.1, Table 9-2: 1, 010, 011, 00100, 00101. */
static void test_ue_decodes_the_table(void **state)
{
	const uint8_t data[] = {0xa6, 0x42, 0x80};
	struct bits b = open_bits(data, sizeof(data));
	unsigned int i;

	(void)state;
	for (i = 0; i < 5; i++)
		assert_int_equal(bits_ue_max(&b, 10), i);
	assert_true(bits_ok(&b));
}

/* Table 9-3: 0, 1, -1, 2, -2. */
static void test_se_alternates_signs(void **state)
{
	const uint8_t data[] = {0xa6, 0x42, 0x80};
	const int expected[] = {0, 1, -1, 2, -2};
	struct bits b = open_bits(data, sizeof(data));
	unsigned int i;

	(void)state;
	for (i = 0; i < 5; i++)
		assert_int_equal(bits_se_range(&b, -2, 2), expected[i]);
	assert_true(bits_ok(&b));
}

static void test_values_over_the_limit_are_errors(void **state)
{
	const uint8_t data[] = {0x28}; /* 00101: 4, or -2 */
	struct bits b = open_bits(data, sizeof(data));

	(void)state;
	assert_int_equal(bits_ue_max(&b, 3), 0);
	assert_int_equal(b.err, -EBADMSG);
	b = open_bits(data, sizeof(data));
	assert_int_equal(bits_se_range(&b, -1, 1), 0);
	assert_int_equal(b.err, -EBADMSG);
}

static void test_ue_takes_32_zeros_and_no_more(void **state)
{
	/* Emulation prevention stands between the zeros. 2^32 - 1 + 0 is over every limit. */
	const uint8_t most[] = {0, 0, 3, 0, 1, 0xff, 0xff, 0xff, 0xff, 0x80}; /* 31 zeros */
	const uint8_t over[] = {0, 0, 3, 0, 0, 3, 0, 0x80, 0, 0, 3, 0, 0, 3, 0};
	struct bits b = open_bits(most, sizeof(most));

	(void)state;
	assert_int_equal(bits_ue_max(&b, UINT32_MAX), UINT32_MAX - 1);
	assert_true(bits_ok(&b));
	b = open_bits(over, sizeof(over));
	assert_int_equal(bits_ue_max(&b, UINT32_MAX), 0);
	assert_int_equal(b.err, -EBADMSG);
}

static void test_emulation_prevention_is_removed(void **state)
{
	const uint8_t data[] = {0x12, 0, 0, 3, 1, 0, 0, 3, 0, 3, 0, 0, 3};
	const uint8_t expected[] = {0x12, 0, 0, 1, 0, 0, 0, 3, 0, 0};
	struct bits b = open_bits(data, sizeof(data));
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(expected); i++)
		assert_int_equal(bits_u(&b, 8), expected[i]);
	assert_int_equal(b.n_read, 8 * sizeof(expected));
	assert_true(bits_ok(&b));
	bits_u(&b, 1);
	assert_false(bits_ok(&b));
}

static void test_more_rbsp_sees_the_stop_bit(void **state)
{
	const uint8_t data[] = {0x60, 0x80};
	const uint8_t zeros[] = {0x80, 0, 0};
	struct bits b = open_bits(data, sizeof(data));

	(void)state;
	assert_true(bits_more_rbsp(&b));
	bits_u(&b, 8);
	assert_false(bits_more_rbsp(&b));
	assert_true(bits_ok(&b));
	b = open_bits(zeros, sizeof(zeros));
	assert_false(bits_more_rbsp(&b));
	b = open_bits(zeros + 1, 2);
	assert_false(bits_more_rbsp(&b));
}

static void test_raw_bytes_keep_their_threes(void **state)
{
	const uint8_t data[] = {0, 0, 3, 0, 0, 3, 1};
	struct bits b;
	size_t i;

	(void)state;
	bits_init_raw(&b, data, sizeof(data));
	for (i = 0; i < sizeof(data); i++)
		assert_int_equal(bits_u(&b, 8), data[i]);
	assert_true(bits_ok(&b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_u_reads_most_significant_bit_first),
		cmocka_unit_test(test_error_is_sticky),
		cmocka_unit_test(test_ue_decodes_the_table),
		cmocka_unit_test(test_se_alternates_signs),
		cmocka_unit_test(test_values_over_the_limit_are_errors),
		cmocka_unit_test(test_ue_takes_32_zeros_and_no_more),
		cmocka_unit_test(test_emulation_prevention_is_removed),
		cmocka_unit_test(test_more_rbsp_sees_the_stop_bit),
		cmocka_unit_test(test_raw_bytes_keep_their_threes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
