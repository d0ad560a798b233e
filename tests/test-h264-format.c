/* SPDX-License-Identifier: MIT */
/*
 * test-h264-format.c - the profile and the surfaces that are chosen for a sequence, by what the display has
 */
#include "libvacodec/h264.h"
#include "libvacodec/surface-format.h"
#include "vacodec-fixture.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define CBP  VAProfileH264ConstrainedBaseline
#define MAIN VAProfileH264Main
#define HIGH VAProfileH264High
#define HI10 ((VAProfile)36)
#define H422 ((VAProfile)40)

#define YUV420    VA_RT_FORMAT_YUV420
#define YUV420_10 VA_RT_FORMAT_YUV420_10
#define YUV422    VA_RT_FORMAT_YUV422
#define YUV422_10 VA_RT_FORMAT_YUV422_10
#define ALL       (YUV420 | YUV420_10 | YUV422 | YUV422_10)

struct sequence {
	uint8_t profile_idc, constraint_flags, chroma_format_idc, luma, chroma;
	bool lossless;
};

struct expected {
	VAProfile profile;
	uint32_t fourcc;
	unsigned int chroma, bit_depth, rt_format;
};

struct row {
	struct sequence sequence;
	/* What the display has. */
	VAProfile profiles[5];
	unsigned int rt_formats;
	uint32_t listed; /* pixel format */
	struct expected expected;
};

#define ANY CBP, MAIN, HIGH, HI10, H422

static const struct row rows[] = {
	/* 8 bit 4:2:0: the least profile that contains it. */
	{{66, 0x40, 1, 8, 8, false}, {ANY}, ALL, 0, {CBP, VA_FOURCC_NV12, 420, 8, YUV420}},
	{{66, 0x40, 1, 8, 8, false}, {H422}, ALL, 0, {H422, VA_FOURCC_NV12, 420, 8, YUV420}},
	{{77, 0, 1, 8, 8, false}, {ANY}, ALL, 0, {MAIN, VA_FOURCC_NV12, 420, 8, YUV420}},
	{{77, 0, 1, 8, 8, false}, {CBP, HI10}, ALL, 0, {HI10, VA_FOURCC_NV12, 420, 8, YUV420}},
	{{100, 0, 1, 8, 8, false}, {ANY}, ALL, 0, {HIGH, VA_FOURCC_NV12, 420, 8, YUV420}},
	{{110, 0, 1, 8, 8, false}, {ANY}, ALL, 0, {HIGH, VA_FOURCC_NV12, 420, 8, YUV420}},
	{{110, 0x10, 1, 8, 8, false}, {ANY}, ALL, 0, {HIGH, VA_FOURCC_NV12, 420, 8, YUV420}},
	{{122, 0, 1, 8, 8, false}, {ANY}, ALL, 0, {HIGH, VA_FOURCC_NV12, 420, 8, YUV420}},
	{{122, 0, 1, 8, 8, false}, {MAIN, H422}, ALL, 0, {H422, VA_FOURCC_NV12, 420, 8, YUV420}},
	/* Monochrome, whose chroma has no depth. */
	{{100, 0, 0, 8, 8, false}, {ANY}, ALL, 0, {HIGH, VA_FOURCC_NV12, 420, 8, YUV420}},
	{{110, 0, 0, 10, 8, false}, {ANY}, ALL, 0, {HI10, VA_FOURCC_P010, 420, 10, YUV420_10}},
	{{110, 0, 0, 8, 10, false}, {ANY}, ALL, 0, {HIGH, VA_FOURCC_NV12, 420, 8, YUV420}},
	/* More than 8 bits. */
	{{110, 0, 1, 10, 10, false}, {ANY}, ALL, 0, {HI10, VA_FOURCC_P010, 420, 10, YUV420_10}},
	{{110, 0x10, 1, 10, 10, false}, {ANY}, ALL, 0, {HI10, VA_FOURCC_P010, 420, 10, YUV420_10}},
	{{110, 0, 1, 9, 9, false}, {ANY}, ALL, 0, {HI10, VA_FOURCC_P010, 420, 9, YUV420_10}},
	{{110, 0, 1, 10, 10, false},
	 {HIGH, H422},
	 ALL,
	 0,
	 {H422, VA_FOURCC_P010, 420, 10, YUV420_10}},
	{{122, 0, 1, 10, 10, false}, {ANY}, ALL, 0, {HI10, VA_FOURCC_P010, 420, 10, YUV420_10}},
	{{110, 0, 1, 10, 10, false}, {CBP, MAIN, HIGH}, ALL, 0, {VAProfileNone, 0, 0, 0, 0}},
	{{110, 0, 1, 10, 10, false}, {ANY}, YUV420 | YUV422_10, 0, {VAProfileNone, 0, 0, 0, 0}},
	/* 4:2:2. */
	{{122, 0, 2, 8, 8, false}, {ANY}, ALL, 0, {H422, VA_FOURCC_YUY2, 422, 8, YUV422}},
	{{122, 0, 2, 8, 8, false},
	 {ANY},
	 ALL,
	 VA_FOURCC_422H,
	 {H422, VA_FOURCC_422H, 422, 8, YUV422}},
	{{122, 0, 2, 8, 8, false},
	 {ANY},
	 ALL,
	 VA_FOURCC_YUY2,
	 {H422, VA_FOURCC_YUY2, 422, 8, YUV422}},
	{{122, 0, 2, 10, 10, false}, {ANY}, ALL, 0, {H422, VA_FOURCC_Y210, 422, 10, YUV422_10}},
	{{122, 0x10, 2, 10, 10, false}, {ANY}, ALL, 0, {H422, VA_FOURCC_Y210, 422, 10, YUV422_10}},
	{{122, 0, 2, 8, 8, false}, {HI10}, ALL, 0, {VAProfileNone, 0, 0, 0, 0}},
	{{122, 0, 2, 8, 8, false}, {ANY}, YUV420 | YUV422_10, 0, {VAProfileNone, 0, 0, 0, 0}},
};

static struct h264_sps make_sps(const struct sequence *sequence)
{
	return (struct h264_sps){
		.valid = true,
		.profile_idc = sequence->profile_idc,
		.constraint_flags = sequence->constraint_flags,
		.level_idc = 30,
		.chroma_format_idc = sequence->chroma_format_idc,
		.bit_depth_luma = sequence->luma,
		.bit_depth_chroma = sequence->chroma,
		.qpprime_y_zero_transform_bypass_flag = sequence->lossless,
		.log2_max_frame_num = 4,
		.max_num_ref_frames = 1,
		.pic_width_in_mbs = 2,
		.frame_height_in_mbs = 2,
		.frame_mbs_only_flag = true,
	};
}

static int get_format(const struct sequence *sequence, struct vacodec_format *format, char *error,
		      size_t size_bytes)
{
	struct vacodec_decoder decoder = {.ops = &h264_codec_ops};
	struct h264_sps sps = make_sps(sequence);
	int ret;

	assert_int_equal(vawrap_display_new_driver("fake", NULL, &decoder.display), 0);
	ret = h264_get_format(&decoder, &sps, format);
	snprintf(error, size_bytes, "%s", decoder.last_error);
	vawrap_display_unref(decoder.display);
	return ret;
}

static void test_choice(void **state)
{
	char error[240];
	size_t i;

	(void)state;
	for (i = 0; i < N_OF(rows); i++) {
		const struct row *row = &rows[i];
		struct vacodec_format format;
		int n = 0, ret;

		while (n < 5 && row->profiles[n])
			n++;
		fake_set_profiles(row->profiles, n);
		fake_set_formats(row->rt_formats, row->listed);
		ret = get_format(&row->sequence, &format, error, sizeof(error));
		if (row->expected.profile == VAProfileNone) {
			assert_int_equal(ret, -ENOTSUP);
			assert_non_null(strstr(error, "profile: not supported"));
			continue;
		}
		assert_int_equal(ret, 0);
		assert_int_equal(format.profile, row->expected.profile);
		assert_int_equal(format.fourcc, row->expected.fourcc);
		assert_int_equal(format.chroma, row->expected.chroma);
		assert_int_equal(format.bit_depth, row->expected.bit_depth);
		assert_int_equal(surface_format_get_rt(&format), row->expected.rt_format);
	}
}

/* Whatever the display has, and before it is asked. */
static void test_no_profile_has_it(void **state)
{
	static const struct {
		struct sequence sequence;
		const char *error;
	} cases[] = {
		{{244, 0, 3, 8, 8, false}, "H.264 4:4:4 chroma: not supported"},
		{{44, 0x10, 3, 10, 10, false}, "H.264 4:4:4 chroma: not supported"},
		{{110, 0, 1, 10, 8, false}, "H.264 luma of 10 and chroma of 8 bits: not supported"},
		{{122, 0, 2, 8, 9, false}, "H.264 luma of 8 and chroma of 9 bits: not supported"},
		{{244, 0, 1, 12, 12, false}, "H.264 12 bit samples: not supported"},
		{{244, 0, 1, 8, 14, false}, "H.264 14 bit samples: not supported"},
		{{244, 0, 3, 14, 14, true},
		 "H.264 4:4:4 chroma, 14 bit samples, lossless coding: not supported"},
		{{244, 0, 1, 8, 8, true}, "H.264 lossless coding: not supported"},
		{{244, 0, 1, 8, 8, false}, "H.264 High 4:4:4 Predictive profile: not supported"},
		{{244, 0x10, 1, 8, 8, false}, "H.264 High 4:4:4 Intra profile: not supported"},
		{{44, 0, 1, 8, 8, false}, "H.264 CAVLC 4:4:4 Intra profile: not supported"},
		{{88, 0, 1, 8, 8, false}, "H.264 Extended profile: not supported"},
		{{99, 0, 1, 8, 8, false}, "H.264 unknown (99) profile: not supported"},
	};
	static const VAProfile all[] = {ANY};
	char error[240];
	size_t i;

	(void)state;
	fake_set_profiles(all, 5);
	fake_set_formats(ALL, 0);
	for (i = 0; i < N_OF(cases); i++) {
		struct vacodec_format format;

		assert_int_equal(get_format(&cases[i].sequence, &format, error, sizeof(error)),
				 -ENOTSUP);
		assert_string_equal(error, cases[i].error);
	}
}

/* The only sequence for which the display's list of formats is read: a call fails, none is left. */
static void test_errors_of_calls_come_through(void **state)
{
	static const char *const calls[] = {"vaGetConfigAttributes", "vaCreateConfig",
					    "vaQuerySurfaceAttributes"};
	const struct sequence sequence = {122, 0, 2, 8, 8, false};
	static const VAProfile all[] = {ANY};
	struct vacodec_format format;
	char error[240];
	size_t i;

	(void)state;
	fake_set_profiles(all, 5);
	fake_set_formats(ALL, 0);
	for (i = 0; i < N_OF(calls); i++) {
		fake_fail_name(calls[i], VA_STATUS_ERROR_OPERATION_FAILED);
		assert_int_equal(get_format(&sequence, &format, error, sizeof(error)), -EIO);
	}
	fake_fail_name(NULL, VA_STATUS_SUCCESS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_choice),
		FAKE_TEST(test_no_profile_has_it),
		FAKE_TEST(test_errors_of_calls_come_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
