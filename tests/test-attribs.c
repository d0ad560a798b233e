/* SPDX-License-Identifier: MIT */
/*
 * test-attribs.c - config attribute values in words, against libva's own constants
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>
#include "tools/attribs.h"

static void check(VAConfigAttribType type, uint32_t value, const char *expected)
{
	char text[512];

	attribs_describe(type, value, text, sizeof(text));
	assert_string_equal(text, expected);
}

static void test_flags(void **state)
{
	(void)state;
	check(VAConfigAttribRTFormat, VA_RT_FORMAT_YUV420, "YUV420");
	check(VAConfigAttribRTFormat,
	      VA_RT_FORMAT_YUV420 | VA_RT_FORMAT_YUV420_10 | VA_RT_FORMAT_YUV444_12 |
		      VA_RT_FORMAT_RGB32 | VA_RT_FORMAT_RGB32_10 | VA_RT_FORMAT_PROTECTED,
	      "YUV420 YUV420_10 YUV444_12 RGB32 RGB32_10 PROTECTED");
	check(VAConfigAttribRateControl, VA_RC_CQP | VA_RC_MB | VA_RC_TCBRC, "CQP MB TCBRC");
	check(VAConfigAttribDecSliceMode, VA_DEC_SLICE_MODE_BASE, "BASE");
	check(VAConfigAttribEncPackedHeaders,
	      VA_ENC_PACKED_HEADER_MISC | VA_ENC_PACKED_HEADER_RAW_DATA, "MISC RAW_DATA");
	check(VAConfigAttribEncSliceStructure,
	      VA_ENC_SLICE_STRUCTURE_MAX_SLICE_SIZE | VA_ENC_SLICE_STRUCTURE_EQUAL_MULTI_ROWS,
	      "MAX_SLICE_SIZE EQUAL_MULTI_ROWS");
	check(VAConfigAttribEncIntraRefresh,
	      VA_ENC_INTRA_REFRESH_CYCLIC | VA_ENC_INTRA_REFRESH_MULTI_REF, "CYCLIC MULTI_REF");
	check(VAConfigAttribPredictionDirection, VA_PREDICTION_DIRECTION_BI_NOT_EMPTY,
	      "BI_NOT_EMPTY");
	check(VAConfigAttribProcessingRate, VA_PROCESSING_RATE_DECODE, "DECODE");
}

static void test_numbers(void **state)
{
	VAConfigAttribValEncROI roi = {
		.bits = {.num_roi_regions = 8, .roi_rc_qp_delta_support = 1}};
	VAConfigAttribValEncPerBlockControl block = {.bits = {.delta_qp_support = 1,
							      .log2_delta_qp_block_size = 4,
							      .delta_qp_size_in_bytes = 1}};

	(void)state;
	check(VAConfigAttribMaxPictureWidth, 4096, "4096");
	check(VAConfigAttribMaxPictureWidth, 0xffffffff, "4294967295");
	check(VAConfigAttribEncQualityRange, 0, "0");
	check(VAConfigAttribEncMaxRefFrames, 0x00010004, "list0=4 list1=1");
	check(VAConfigAttribEncROI, roi.value, "regions=8 QP_DELTA");
	check(VAConfigAttribEncPerBlockControl, block.value, "DELTA_QP log2_block_size=4 bytes=1");
}

static void test_nothing_and_the_unknown(void **state)
{
	(void)state;
	check(VAConfigAttribEncInterlaced, VA_ENC_INTERLACED_NONE, "none");
	check(VAConfigAttribRTFormat, VA_RT_FORMAT_YUV420 | 0x40000, "YUV420 0x40000");
	check((VAConfigAttribType)63, 0x1234, "0x1234");
	check((VAConfigAttribType)63, 0, "0x0");
}

static void test_short_space_is_kept(void **state)
{
	char text[8];

	(void)state;
	memset(text, 'x', sizeof(text));
	attribs_describe(VAConfigAttribRTFormat, VA_RT_FORMAT_YUV420 | VA_RT_FORMAT_YUV422, text,
			 7);
	assert_string_equal(text, "YUV420");
	assert_int_equal(text[7], 'x');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_nothing_and_the_unknown),
		cmocka_unit_test(test_short_space_is_kept),
	};

	return cmocka_run_group_tests_name("attribs", tests, NULL, NULL);
}
