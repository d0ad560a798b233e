/* SPDX-License-Identifier: MIT */
/*
 * test-types.c - buffers have the size of their type's struct, and live with what they point to
 */
#include <string.h>
#include "libvawrap/shadow.h"
#include "libvawrap/types.h"
#include "vawrap-fixture.h"

#define H264 VAProfileH264High
#define VLD  VAEntrypointVLD
#define ENC  VAEntrypointEncSlice

/* Written from the headers once more: what each context takes. */
static const struct {
	VAProfile profile;
	VAEntrypoint entrypoint;
	VABufferType type;
	size_t size_bytes;
} known[] = {
	{VAProfileMPEG2Main, VLD, VAPictureParameterBufferType,
	 sizeof(VAPictureParameterBufferMPEG2)},
	{VAProfileMPEG2Main, VLD, VAIQMatrixBufferType, sizeof(VAIQMatrixBufferMPEG2)},
	{VAProfileMPEG2Main, VLD, VASliceParameterBufferType, sizeof(VASliceParameterBufferMPEG2)},
	{VAProfileMPEG2Simple, ENC, VAEncSequenceParameterBufferType,
	 sizeof(VAEncSequenceParameterBufferMPEG2)},
	{VAProfileMPEG2Simple, ENC, VAEncPictureParameterBufferType,
	 sizeof(VAEncPictureParameterBufferMPEG2)},
	{VAProfileMPEG2Simple, ENC, VAEncSliceParameterBufferType,
	 sizeof(VAEncSliceParameterBufferMPEG2)},
	{VAProfileMPEG4Main, VLD, VAPictureParameterBufferType,
	 sizeof(VAPictureParameterBufferMPEG4)},
	{VAProfileH263Baseline, VLD, VASliceParameterBufferType,
	 sizeof(VASliceParameterBufferMPEG4)},
	{H264, VLD, VAPictureParameterBufferType, sizeof(VAPictureParameterBufferH264)},
	{H264, VLD, VAIQMatrixBufferType, sizeof(VAIQMatrixBufferH264)},
	{H264, VLD, VASliceParameterBufferType, sizeof(VASliceParameterBufferH264)},
	{H264, VLD, VASliceParameterBufferType, sizeof(VASliceParameterBufferBase)},
	{(VAProfile)36, VLD, VAPictureParameterBufferType, sizeof(VAPictureParameterBufferH264)},
	{(VAProfile)40, VLD, VASliceParameterBufferType, sizeof(VASliceParameterBufferH264)},
	{VAProfileH264ConstrainedBaseline, ENC, VAEncSequenceParameterBufferType,
	 sizeof(VAEncSequenceParameterBufferH264)},
	{VAProfileH264Main, VAEntrypointEncSliceLP, VAEncPictureParameterBufferType,
	 sizeof(VAEncPictureParameterBufferH264)},
	{VAProfileH264MultiviewHigh, ENC, VAEncSliceParameterBufferType,
	 sizeof(VAEncSliceParameterBufferH264)},
	{H264, VAEntrypointFEI, VAEncMacroblockParameterBufferType,
	 sizeof(VAEncMacroblockParameterBufferH264)},
	{VAProfileVC1Advanced, VLD, VAPictureParameterBufferType,
	 sizeof(VAPictureParameterBufferVC1)},
	{VAProfileVC1Simple, VLD, VASliceParameterBufferType, sizeof(VASliceParameterBufferVC1)},
	{VAProfileJPEGBaseline, VLD, VAPictureParameterBufferType,
	 sizeof(VAPictureParameterBufferJPEGBaseline)},
	{VAProfileJPEGBaseline, VLD, VAIQMatrixBufferType, sizeof(VAIQMatrixBufferJPEGBaseline)},
	{VAProfileJPEGBaseline, VLD, VASliceParameterBufferType,
	 sizeof(VASliceParameterBufferJPEGBaseline)},
	{VAProfileJPEGBaseline, VLD, VAHuffmanTableBufferType,
	 sizeof(VAHuffmanTableBufferJPEGBaseline)},
	{VAProfileJPEGBaseline, VAEntrypointEncPicture, VAHuffmanTableBufferType,
	 sizeof(VAHuffmanTableBufferJPEGBaseline)},
	{VAProfileJPEGBaseline, VAEntrypointEncPicture, VAEncPictureParameterBufferType,
	 sizeof(VAEncPictureParameterBufferJPEG)},
	{VAProfileJPEGBaseline, VAEntrypointEncPicture, VAEncSliceParameterBufferType,
	 sizeof(VAEncSliceParameterBufferJPEG)},
	{VAProfileJPEGBaseline, VAEntrypointEncPicture, VAQMatrixBufferType,
	 sizeof(VAQMatrixBufferJPEG)},
	{VAProfileVP8Version0_3, VLD, VAPictureParameterBufferType,
	 sizeof(VAPictureParameterBufferVP8)},
	{VAProfileVP8Version0_3, VLD, VAProbabilityBufferType, sizeof(VAProbabilityDataBufferVP8)},
	{VAProfileVP8Version0_3, VLD, VASliceParameterBufferType,
	 sizeof(VASliceParameterBufferVP8)},
	{VAProfileVP8Version0_3, VLD, VAIQMatrixBufferType, sizeof(VAIQMatrixBufferVP8)},
	{VAProfileVP8Version0_3, ENC, VAQMatrixBufferType, sizeof(VAQMatrixBufferVP8)},
	{VAProfileVP8Version0_3, ENC, VAEncMacroblockMapBufferType, sizeof(VAEncMBMapBufferVP8)},
	{VAProfileHEVCMain, VLD, VAPictureParameterBufferType,
	 sizeof(VAPictureParameterBufferHEVC)},
	{VAProfileHEVCMain444_12, VLD, VAPictureParameterBufferType,
	 sizeof(VAPictureParameterBufferHEVCExtension)},
	{VAProfileHEVCMain10, VLD, VASliceParameterBufferType, sizeof(VASliceParameterBufferHEVC)},
	{VAProfileHEVCSccMain444_10, VLD, VASliceParameterBufferType,
	 sizeof(VASliceParameterBufferHEVCExtension)},
	{VAProfileHEVCMain12, VLD, VAIQMatrixBufferType, sizeof(VAIQMatrixBufferHEVC)},
	{VAProfileHEVCMain, ENC, VAEncSequenceParameterBufferType,
	 sizeof(VAEncSequenceParameterBufferHEVC)},
	{VAProfileHEVCMain, ENC, VAEncPictureParameterBufferType,
	 sizeof(VAEncPictureParameterBufferHEVC)},
	{VAProfileHEVCMain, ENC, VAEncSliceParameterBufferType,
	 sizeof(VAEncSliceParameterBufferHEVC)},
	{VAProfileVP9Profile0, VLD, VAPictureParameterBufferType,
	 sizeof(VADecPictureParameterBufferVP9)},
	{VAProfileVP9Profile3, VLD, VASliceParameterBufferType, sizeof(VASliceParameterBufferVP9)},
	{VAProfileVP9Profile2, ENC, VAEncPictureParameterBufferType,
	 sizeof(VAEncPictureParameterBufferVP9)},
	{VAProfileAV1Profile0, VLD, VAPictureParameterBufferType,
	 sizeof(VADecPictureParameterBufferAV1)},
	{(VAProfile)39, VLD, VASliceParameterBufferType, sizeof(VASliceParameterBufferAV1)},
	{VAProfileAV1Profile0, ENC, VAEncSliceParameterBufferType, sizeof(VAEncTileGroupBufferAV1)},
	{H264, ENC, VAEncPackedHeaderParameterBufferType, sizeof(VAEncPackedHeaderParameterBuffer)},
	{VAProfileNone, VAEntrypointVideoProc, VAProcPipelineParameterBufferType,
	 sizeof(VAProcPipelineParameterBuffer)},
};

static int check(VAProfile profile, VAEntrypoint entrypoint, const struct types_content *content)
{
	const struct types_pointer *pointers;
	struct types types;

	types_init(&types, profile, entrypoint);
	return types_check(&types, content, &pointers);
}

static void test_known_types_have_their_size_and_no_other(void **state)
{
	static const uint8_t zeros[8192];

	(void)state;
	for (size_t i = 0; i < N_OF(known); i++) {
		struct types_content content = {known[i].type, (unsigned int)known[i].size_bytes, 1,
						zeros};
		int error = check(known[i].profile, known[i].entrypoint, &content);

		if (error)
			print_message("# row %zu: size %zu\n", i, known[i].size_bytes);
		assert_int_equal(error, 0);
		content.size_bytes++;
		assert_int_equal(check(known[i].profile, known[i].entrypoint, &content), -EINVAL);
		content.size_bytes = 1;
		assert_int_equal(check(known[i].profile, known[i].entrypoint, &content), -EINVAL);
	}
}

static void test_unknown_types_and_profiles_pass(void **state)
{
	static const struct types_content odd = {VAPictureParameterBufferType, 3, 1, "ab"};
	static const struct types_content slice = {VASliceDataBufferType, 3, 1, "ab"};
	static const struct types_content vendors = {(VABufferType)4711, 3, 1, "ab"};
	static const struct types_content negative = {(VABufferType)-1, 3, 1, "ab"};

	(void)state;
	assert_int_equal(check((VAProfile)99, VLD, &odd), 0);
	assert_int_equal(check((VAProfile)-7, VLD, &odd), 0);
	assert_int_equal(check(VAProfileProtected, VAEntrypointProtectedContent, &odd), 0);
	assert_int_equal(check(H264, VAEntrypointStats, &odd), 0);
	assert_int_equal(check(H264, (VAEntrypoint)77, &odd), 0);
	assert_int_equal(check(H264, VLD, &slice), 0);
	assert_int_equal(check(H264, VLD, &vendors), 0);
	assert_int_equal(check(H264, VLD, &negative), 0);
	assert_int_equal(check(H264, VLD, &odd), -EINVAL);
}

/* ---- Types that begin with a number of their own ---- */

struct misc {
	uint32_t type;
	uint8_t content[512];
};

static const struct {
	VAEncMiscParameterType type;
	size_t size_bytes;
} miscs[] = {
	{VAEncMiscParameterTypeFrameRate, sizeof(VAEncMiscParameterFrameRate)},
	{VAEncMiscParameterTypeRateControl, sizeof(VAEncMiscParameterRateControl)},
	{VAEncMiscParameterTypeMaxSliceSize, sizeof(VAEncMiscParameterMaxSliceSize)},
	{VAEncMiscParameterTypeAIR, sizeof(VAEncMiscParameterAIR)},
	{VAEncMiscParameterTypeMaxFrameSize, sizeof(VAEncMiscParameterBufferMaxFrameSize)},
	{VAEncMiscParameterTypeHRD, sizeof(VAEncMiscParameterHRD)},
	{VAEncMiscParameterTypeQualityLevel, sizeof(VAEncMiscParameterBufferQualityLevel)},
	{VAEncMiscParameterTypeRIR, sizeof(VAEncMiscParameterRIR)},
	{VAEncMiscParameterTypeQuantization, sizeof(VAEncMiscParameterQuantization)},
	{VAEncMiscParameterTypeSkipFrame, sizeof(VAEncMiscParameterSkipFrame)},
	{VAEncMiscParameterTypeROI, sizeof(VAEncMiscParameterBufferROI)},
	{VAEncMiscParameterTypeMultiPassFrameSize,
	 sizeof(VAEncMiscParameterBufferMultiPassFrameSize)},
	{VAEncMiscParameterTypeTemporalLayerStructure,
	 sizeof(VAEncMiscParameterTemporalLayerStructure)},
	{VAEncMiscParameterTypeDirtyRect, sizeof(VAEncMiscParameterBufferDirtyRect)},
	{VAEncMiscParameterTypeParallelBRC, sizeof(VAEncMiscParameterParallelRateControl)},
	{VAEncMiscParameterTypeSubMbPartPel, sizeof(VAEncMiscParameterSubMbPartPelH264)},
	{VAEncMiscParameterTypeEncQuality, sizeof(VAEncMiscParameterEncQuality)},
	{VAEncMiscParameterTypeCustomRoundingControl,
	 sizeof(VAEncMiscParameterCustomRoundingControl)},
	{VAEncMiscParameterTypeFEIFrameControl, sizeof(VAEncMiscParameterFEIFrameControlH264)},
	{VAEncMiscParameterTypeExtensionData,
	 sizeof(VAEncMiscParameterExtensionDataSeqDisplayMPEG2)},
};

static void test_misc_parameters_have_their_size(void **state)
{
	struct misc misc = {0};
	struct types_content content = {VAEncMiscParameterBufferType, 0, 1, &misc};

	(void)state;
	for (size_t i = 0; i < N_OF(miscs); i++) {
		misc.type = miscs[i].type;
		content.size_bytes = (unsigned int)(4 + miscs[i].size_bytes);
		assert_int_equal(check(VAProfileHEVCMain, ENC, &content), 0);
		content.size_bytes++;
		assert_int_equal(check(VAProfileHEVCMain, ENC, &content), -EINVAL);
		content.size_bytes = 2;
		assert_int_equal(check(VAProfileHEVCMain, ENC, &content), -EINVAL);
	}
	misc.type = 200;
	content.size_bytes = 5;
	assert_int_equal(check(VAProfileHEVCMain, ENC, &content), 0);
	content.data = NULL;
	assert_int_equal(check(VAProfileHEVCMain, ENC, &content), 0);
}

static void test_filters_have_their_size(void **state)
{
	VAProcFilterParameterBufferDeinterlacing filter = {.type = VAProcFilterDeinterlacing};
	struct types_content content = {VAProcFilterParameterBufferType, sizeof(filter), 1,
					&filter};

	(void)state;
	assert_int_equal(check(VAProfileNone, VAEntrypointVideoProc, &content), 0);
	filter.type = VAProcFilterHighDynamicRangeToneMapping;
	assert_int_equal(check(VAProfileNone, VAEntrypointVideoProc, &content), -EINVAL);
	assert_int_equal(types_get_filter_cap_bytes(VAProcFilterDeinterlacing),
			 sizeof(VAProcFilterCapDeinterlacing));
	assert_int_equal(types_get_filter_cap_bytes(VAProcFilterTotalColorCorrection),
			 sizeof(VAProcFilterCapTotalColorCorrection));
	assert_int_equal(types_get_filter_cap_bytes(VAProcFilterNone), 0);
	assert_int_equal(types_get_filter_cap_bytes((VAProcFilterType)99), 0);
}

static void test_the_driver_never_sees_a_wrong_size(void **state)
{
	struct fixture f = fixture_new();
	struct vawrap_buffer *buffer;
	VAPictureParameterBufferH264 content;
	unsigned int calls = fake_get_calls();

	(void)state;
	memset(&content, 0, sizeof(content));
	assert_int_equal(vawrap_buffer_new(f.context, VAPictureParameterBufferType,
					   sizeof(content) - 4, 1, &content, &buffer),
			 -EINVAL);
	assert_null(buffer);
	assert_int_equal(fake_get_calls(), calls);
	assert_int_equal(vawrap_buffer_new(f.context, VAPictureParameterBufferType, sizeof(content),
					   1, &content, &buffer),
			 0);
	vawrap_buffer_unref(buffer);
	fixture_close(&f);
}

/* ---- What a struct points to ---- */

/* Copies a content whose pointers are found by its type; the caller finishes the shadow. */
static int copy(VAProfile profile, VAEntrypoint entrypoint, const struct types_content *content,
		struct shadow *shadow)
{
	const struct types_pointer *pointers;
	struct types types;

	*shadow = (struct shadow){.memory = NULL};
	types_init(&types, profile, entrypoint);
	assert_int_equal(types_check(&types, content, &pointers), 0);
	assert_non_null(pointers);
	return shadow_copy(shadow, content, pointers);
}

static void assert_within(const struct shadow *shadow, const void *at, size_t bytes)
{
	const uint8_t *p = at;

	assert_true(p >= shadow->memory && p + bytes <= shadow->memory + shadow->capacity);
}

static void test_a_list_of_anchors_is_copied(void **state)
{
	VASurfaceID anchors[3] = {7, 8, 9};
	VADecPictureParameterBufferAV1 picture;
	struct types_content content = {VAPictureParameterBufferType, sizeof(picture), 1, &picture};
	const VADecPictureParameterBufferAV1 *copied;
	struct shadow shadow;

	(void)state;
	memset(&picture, 0, sizeof(picture));
	picture.anchor_frames_num = 3;
	picture.anchor_frames_list = anchors;
	picture.frame_width_minus1 = 1919;
	assert_int_equal(copy(VAProfileAV1Profile0, VLD, &content, &shadow), 0);
	copied = (const void *)shadow.memory;
	assert_int_equal(copied->frame_width_minus1, 1919);
	assert_within(&shadow, copied->anchor_frames_list, sizeof(anchors));
	memset(anchors, 0, sizeof(anchors));
	assert_int_equal(copied->anchor_frames_list[2], 9);
	shadow_finish(&shadow);
}

static void test_regions_of_misc_parameters_are_copied(void **state)
{
	VAEncROI regions[2] = {{.roi_value = 1}, {.roi_value = 2}};
	VAEncMiscParameterBufferROI roi = {.num_roi = 2, .roi = regions}, copied;
	struct misc misc = {.type = VAEncMiscParameterTypeROI};
	struct types_content content = {VAEncMiscParameterBufferType, 4 + sizeof(roi), 1, &misc};
	struct shadow shadow;

	(void)state;
	memcpy(misc.content, &roi, sizeof(roi));
	assert_int_equal(copy(H264, ENC, &content, &shadow), 0);
	memcpy(&copied, shadow.memory + 4, sizeof(copied));
	assert_within(&shadow, copied.roi, sizeof(regions));
	assert_int_equal(copied.roi[1].roi_value, 2);
	shadow_finish(&shadow);
}

static void test_nested_metadata_is_copied(void **state)
{
	VAHdrMetaDataHDR10 light = {.max_content_light_level = 1000};
	VAProcFilterParameterBufferHDRToneMapping filter = {
		.type = VAProcFilterHighDynamicRangeToneMapping,
		.data = {.metadata = &light, .metadata_size = sizeof(light)},
	};
	struct types_content content = {VAProcFilterParameterBufferType, sizeof(filter), 1,
					&filter};
	const VAProcFilterParameterBufferHDRToneMapping *copied;
	const VAHdrMetaDataHDR10 *copied_light;
	struct shadow shadow;

	(void)state;
	assert_int_equal(copy(VAProfileNone, VAEntrypointVideoProc, &content, &shadow), 0);
	copied = (const void *)shadow.memory;
	copied_light = copied->data.metadata;
	assert_within(&shadow, copied_light, sizeof(light));
	assert_int_equal(copied_light->max_content_light_level, 1000);
	shadow_finish(&shadow);
}

static void test_every_element_is_copied_with_its_list(void **state)
{
	uint8_t segments[2][5] = {"one", "two"};
	VAEncMBMapBufferVP8 maps[2] = {{.num_mbs = 4, .mb_segment_id = segments[0]},
				       {.num_mbs = 4, .mb_segment_id = segments[1]}};
	struct types_content content = {VAEncMacroblockMapBufferType, sizeof(maps[0]), 2, maps};
	const VAEncMBMapBufferVP8 *copied;
	struct shadow shadow;

	(void)state;
	assert_int_equal(copy(VAProfileVP8Version0_3, ENC, &content, &shadow), 0);
	copied = (const void *)shadow.memory;
	for (int i = 0; i < 2; i++) {
		assert_within(&shadow, copied[i].mb_segment_id, 4);
		assert_memory_equal(copied[i].mb_segment_id, segments[i], 4);
	}
	shadow_finish(&shadow);
}

static void test_lists_without_end_are_refused(void **state)
{
	uint8_t segment = 0;
	VAEncMBMapBufferVP8 map = {.num_mbs = 65537, .mb_segment_id = &segment};
	struct types_content content = {VAEncMacroblockMapBufferType, sizeof(map), 1, &map};
	struct shadow shadow;

	(void)state;
	assert_int_equal(copy(VAProfileVP8Version0_3, ENC, &content, &shadow), -EINVAL);
	map.mb_segment_id = NULL;
	assert_int_equal(copy(VAProfileVP8Version0_3, ENC, &content, &shadow), 0);
	shadow_finish(&shadow);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_known_types_have_their_size_and_no_other),
		FAKE_TEST(test_unknown_types_and_profiles_pass),
		FAKE_TEST(test_misc_parameters_have_their_size),
		FAKE_TEST(test_filters_have_their_size),
		FAKE_TEST(test_the_driver_never_sees_a_wrong_size),
		FAKE_TEST(test_a_list_of_anchors_is_copied),
		FAKE_TEST(test_regions_of_misc_parameters_are_copied),
		FAKE_TEST(test_nested_metadata_is_copied),
		FAKE_TEST(test_every_element_is_copied_with_its_list),
		FAKE_TEST(test_lists_without_end_are_refused),
	};

	return cmocka_run_group_tests_name("types", tests, NULL, NULL);
}
