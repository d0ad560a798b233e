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

/* Written with the headers' own bit fields, so that a shift that is wrong in the table shows. */
static void test_features_of_encoders(void **state)
{
	VAConfigAttribValEncHEVCFeatures features = {
		.bits = {.amp = 1, .cu_qp_delta = 2, .deblocking_filter_disable = 1}};
	VAConfigAttribValEncHEVCBlockSizes sizes = {
		.bits = {.log2_max_coding_tree_block_size_minus3 = 3,
			 .log2_min_pcm_coding_block_size_minus3 = 1}};
	VAConfigAttribValEncAV1 av1 = {
		.bits = {.support_filter_intra = 1, .support_cdef_channel_strength = 1}};
	VAConfigAttribValEncAV1Ext1 ext1 = {.bits = {.segment_feature_support = 5}};
	VAConfigAttribValEncAV1Ext2 ext2 = {.bits = {.max_tile_num_minus1 = 15}};
	VAConfigAttribValStats stats = {.bits = {.num_outputs = 2, .interlaced = 1}};
	const char *const wanted[] = {" amp=1 ", " cu_qp_delta=2 ", " deblocking_filter_disable=1"};
	char text[1024];

	(void)state;
	attribs_describe(VAConfigAttribEncHEVCFeatures, features.value, text, sizeof(text));
	for (size_t i = 0; i < 3; i++)
		assert_non_null(strstr(text, wanted[i]));
	assert_non_null(strstr(text, "sao=0"));
	attribs_describe(VAConfigAttribEncHEVCBlockSizes, sizes.value, text, sizeof(text));
	assert_non_null(strstr(text, "log2_max_coding_tree_block_size_minus3=3 "));
	assert_non_null(strstr(text, "log2_min_pcm_coding_block_size_minus3=1"));
	attribs_describe(VAConfigAttribEncAV1, av1.value, text, sizeof(text));
	assert_non_null(strstr(text, " filter_intra=1 "));
	assert_non_null(strstr(text, " cdef_channel_strength=1"));
	check(VAConfigAttribEncAV1Ext1, ext1.value,
	      "interpolation_filter=0 segid_block_sizes=0 segment_features=5");
	check(VAConfigAttribEncAV1Ext2, ext2.value,
	      "tile_size_bytes_minus1=0 obu_size_bytes_minus1=0 tx_modes=0 max_tile_num_minus1=15");
	check(VAConfigAttribStats, stats.value,
	      "past_references=0 future_references=0 outputs=2 INTERLACED");
	check(VAConfigAttribProtectedContentCipherMode, VA_PC_CIPHER_MODE_CTR, "CTR");
	check(VAConfigAttribFEIFunctionType, VA_FEI_FUNCTION_ENC_PAK, "ENC_PAK");
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
		cmocka_unit_test(test_features_of_encoders),
		cmocka_unit_test(test_nothing_and_the_unknown),
		cmocka_unit_test(test_short_space_is_kept),
	};

	return cmocka_run_group_tests_name("attribs", tests, NULL, NULL);
}
