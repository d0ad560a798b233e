/* SPDX-License-Identifier: MIT */
/*
 * test-vpp.c - video processing: queries, one surface into another, copies
 */
#include <string.h>
#include "vawrap-fixture.h"

/* A fixture with a context of the video processor on the same surfaces. */
struct vpp {
	struct fixture f;
	struct vawrap_config *config;
	struct vawrap_context *context;
};

static struct vpp vpp_new(void)
{
	struct vpp vpp = {.f = fixture_new()};

	assert_int_equal(vawrap_config_new(vpp.f.display, VAProfileNone, VAEntrypointVideoProc,
					   NULL, 0, &vpp.config),
			 0);
	assert_int_equal(vawrap_context_new(vpp.config, FIXTURE_WIDTH, FIXTURE_HEIGHT, 0,
					    vpp.f.surfaces, 2, &vpp.context),
			 0);
	return vpp;
}

static void vpp_close(struct vpp *vpp)
{
	vawrap_context_unref(vpp->context);
	vawrap_config_unref(vpp->config);
	fixture_close(&vpp->f);
}

static struct vawrap_buffer *new_filter(struct vpp *vpp)
{
	VAProcFilterParameterBuffer noise = {.type = VAProcFilterNoiseReduction, .value = 16};
	struct vawrap_buffer *filter;

	assert_int_equal(vawrap_buffer_new(vpp->context, VAProcFilterParameterBufferType,
					   sizeof(noise), 1, &noise, &filter),
			 0);
	return filter;
}

/* ---- Queries ---- */

static void test_filters_are_listed(void **state)
{
	struct vpp vpp = vpp_new();
	VAProcFilterType filters[8];

	(void)state;
	assert_int_equal(vawrap_context_get_filters(vpp.context, filters, 8), 4);
	assert_int_equal(filters[0], VAProcFilterNoiseReduction);
	assert_int_equal(vawrap_context_get_filters(vpp.context, filters, 3), -ENOSPC);
	fake_set_excess(100);
	assert_int_equal(vawrap_context_get_filters(vpp.context, filters, 8), -ENOSPC);
	vpp_close(&vpp);
}

static void test_filter_caps_are_listed_by_their_struct(void **state)
{
	struct vpp vpp = vpp_new();
	VAProcFilterCapColorBalance balance[4];
	VAProcFilterCap noise;

	(void)state;
	assert_int_equal(vawrap_context_get_filter_caps(vpp.context, VAProcFilterColorBalance,
							balance, sizeof(balance[0]), 4),
			 2);
	assert_int_equal(balance[1].type, VAProcColorBalanceSaturation);
	assert_int_equal(vawrap_context_get_filter_caps(vpp.context, VAProcFilterNoiseReduction,
							&noise, sizeof(noise), 1),
			 1);
	assert_int_equal(vawrap_context_get_filter_caps(vpp.context, VAProcFilterColorBalance,
							&noise, sizeof(noise), 1),
			 -EINVAL);
	assert_int_equal(vawrap_context_get_filter_caps(vpp.context, VAProcFilterColorBalance,
							balance, sizeof(balance[0]), 1),
			 -ENOSPC);
	assert_int_equal(vawrap_context_get_filter_caps(vpp.context, VAProcFilterSharpening, &noise,
							sizeof(noise), 1),
			 -ENOTSUP);
	vpp_close(&vpp);
}

static void test_pipeline_caps_fill_the_callers_lists(void **state)
{
	struct vpp vpp = vpp_new();
	VAProcColorStandardType standards[8] = {0};
	uint32_t formats[8] = {0};
	VAProcPipelineCaps caps;
	struct vawrap_buffer *filter = new_filter(&vpp);

	(void)state;
	memset(&caps, 0, sizeof(caps));
	caps.input_color_standards = standards;
	caps.num_input_color_standards = 8;
	caps.output_pixel_format = formats;
	caps.num_output_pixel_formats = 8;
	assert_int_equal(vawrap_context_get_pipeline_caps(vpp.context, &filter, 1, &caps), 0);
	assert_ptr_equal(caps.input_color_standards, standards);
	assert_int_equal(caps.num_input_color_standards, 2);
	assert_int_equal(standards[1], VAProcColorStandardBT709);
	assert_int_equal(caps.num_output_pixel_formats, 3);
	assert_int_equal(formats[2], VA_FOURCC_BGRA);
	/* Not asked for, though the driver shows them. */
	assert_null(caps.output_color_standards);
	assert_int_equal(caps.num_output_color_standards, 0);
	vawrap_buffer_unref(filter);
	vpp_close(&vpp);
}

static void test_pipeline_counts_are_held_to_the_room(void **state)
{
	struct vpp vpp = vpp_new();
	VAProcColorStandardType standards[1];
	uint32_t formats[4];
	VAProcPipelineCaps caps;

	(void)state;
	memset(&caps, 0, sizeof(caps));
	caps.input_color_standards = standards;
	caps.num_input_color_standards = 1;
	caps.input_pixel_format = formats;
	caps.num_input_pixel_formats = 4;
	fake_set_excess(1000);
	assert_int_equal(vawrap_context_get_pipeline_caps(vpp.context, NULL, 0, &caps), 0);
	assert_int_equal(caps.num_input_color_standards, 1);
	assert_int_equal(caps.num_input_pixel_formats, 4);
	fake_set_excess(0);
	caps.num_input_pixel_formats = 2;
	assert_int_equal(vawrap_context_get_pipeline_caps(vpp.context, NULL, 0, &caps), -ENOSPC);
	assert_int_equal(vawrap_context_get_pipeline_caps(vpp.context, NULL, 1, &caps), -EINVAL);
	vpp_close(&vpp);
}

/* ---- One surface into another ---- */

static VAProcPipelineParameterBuffer seen;
static unsigned int n_seen;

static void see(void *cookie, VABufferType type, const void *data, size_t size_bytes, size_t n)
{
	(void)cookie;
	(void)n;
	if (type != VAProcPipelineParameterBufferType)
		return;
	assert_int_equal(size_bytes, sizeof(seen));
	memcpy(&seen, data, sizeof(seen));
	n_seen++;
}

static void watch(void)
{
	struct fake_hooks hooks = {.render = see};

	memset(&seen, 0, sizeof(seen));
	n_seen = 0;
	fake_set_hooks(&hooks);
}

static void test_one_call_processes_a_surface(void **state)
{
	struct vpp vpp = vpp_new();

	(void)state;
	watch();
	assert_int_equal(
		vawrap_context_process(vpp.context, vpp.f.surfaces[0], vpp.f.surfaces[1], NULL), 0);
	assert_int_equal(n_seen, 1);
	assert_int_equal(seen.surface, vawrap_surface_get_id(vpp.f.surfaces[0]));
	assert_null(seen.surface_region);
	assert_null(seen.blend_state);
	assert_null(seen.filters);
	assert_int_equal(vawrap_display_get_live_count(vpp.f.display, VAWRAP_KIND_PICTURE), 0);
	assert_int_equal(vawrap_display_get_live_count(vpp.f.display, VAWRAP_KIND_BUFFER), 0);
	vpp_close(&vpp);
}

static struct vawrap_process full_process(struct vpp *vpp, struct vawrap_buffer **filter,
					  VAHdrMetaData *hdr)
{
	return (struct vawrap_process){
		.size_bytes = sizeof(struct vawrap_process),
		.source = {2, 4, 32, 16},
		.target = {8, 6, 24, 40},
		.rotation = VA_ROTATION_90,
		.mirror = VA_MIRROR_HORIZONTAL,
		.filter_flags = VA_FILTER_SCALING_HQ,
		.pipeline_flags = VA_PROC_PIPELINE_FAST,
		.background = 0xff102030,
		.blend = {.flags = VA_BLEND_GLOBAL_ALPHA, .global_alpha = 0.5f},
		.source_flags = VA_TOP_FIELD_FIRST,
		.target_flags = VA_TOP_FIELD,
		.mode = VAProcPerformanceMode,
		.source_standard = VAProcColorStandardBT709,
		.target_standard = VAProcColorStandardExplicit,
		.target_color = {.color_range = VA_SOURCE_RANGE_FULL},
		.hdr = hdr,
		.filters = filter,
		.n_filters = 1,
		.forward = &vpp->f.surfaces[2],
		.n_forward = 1,
		.backward = &vpp->f.surfaces[3],
		.n_backward = 1,
		.outputs = &vpp->f.surfaces[2],
		.n_outputs = 2,
	};
}

static void test_each_member_reaches_the_driver(void **state)
{
	struct vpp vpp = vpp_new();
	struct vawrap_buffer *filter = new_filter(&vpp);
	VAHdrMetaDataHDR10 light = {.max_content_light_level = 400};
	VAHdrMetaData hdr = {.metadata_type = VAProcHighDynamicRangeMetadataHDR10,
			     .metadata = &light,
			     .metadata_size = sizeof(light)};
	struct vawrap_process process = full_process(&vpp, &filter, &hdr);
	struct vawrap_picture *picture;

	(void)state;
	watch();
	assert_int_equal(vawrap_picture_new(vpp.context, vpp.f.surfaces[1], &picture), 0);
	assert_int_equal(vawrap_picture_add_source(picture, vpp.f.surfaces[0], &process), 0);
	fixture_advance(picture, VAWRAP_PICTURE_RENDERED);
	assert_int_equal(n_seen, 1);
	assert_int_equal(seen.surface_region->x, 2);
	assert_int_equal(seen.output_region->height, 40);
	assert_int_equal(seen.rotation_state, VA_ROTATION_90);
	assert_int_equal(seen.mirror_state, VA_MIRROR_HORIZONTAL);
	assert_int_equal(seen.filter_flags, VA_FILTER_SCALING_HQ);
	assert_int_equal(seen.pipeline_flags, VA_PROC_PIPELINE_FAST);
	assert_int_equal(seen.output_background_color, 0xff102030);
	assert_true(seen.blend_state->global_alpha == 0.5f);
	assert_int_equal(seen.input_surface_flag, VA_TOP_FIELD_FIRST);
	assert_int_equal(seen.output_surface_flag, VA_TOP_FIELD);
	assert_int_equal(seen.processing_mode, VAProcPerformanceMode);
	assert_int_equal(seen.surface_color_standard, VAProcColorStandardBT709);
	assert_int_equal(seen.output_color_standard, VAProcColorStandardExplicit);
	assert_int_equal(seen.output_color_properties.color_range, VA_SOURCE_RANGE_FULL);
	assert_int_equal(
		((VAHdrMetaDataHDR10 *)seen.output_hdr_metadata->metadata)->max_content_light_level,
		400);
	assert_int_equal(seen.num_filters, 1);
	assert_int_equal(seen.filters[0], vawrap_buffer_get_id(filter));
	assert_int_equal(seen.forward_references[0], vawrap_surface_get_id(vpp.f.surfaces[2]));
	assert_int_equal(seen.backward_references[0], vawrap_surface_get_id(vpp.f.surfaces[3]));
	assert_int_equal(seen.num_additional_outputs, 2);
	assert_int_equal(seen.additional_outputs[1], vawrap_surface_get_id(vpp.f.surfaces[3]));
	vawrap_picture_unref(picture);
	vawrap_buffer_unref(filter);
	vpp_close(&vpp);
}

/* The fake reads what the pipeline points to once more when the work is done. */
static void test_nothing_dangles_until_the_picture_is_synced(void **state)
{
	struct vpp vpp = vpp_new();
	struct vawrap_buffer *filter = new_filter(&vpp);
	VAHdrMetaDataHDR10 light = {.max_content_light_level = 400};
	VAHdrMetaData hdr = {.metadata = &light, .metadata_size = sizeof(light)};
	struct vawrap_process process = full_process(&vpp, &filter, &hdr);
	struct vawrap_surface *source = vpp.f.surfaces[0];
	struct vawrap_picture *picture, *other;

	(void)state;
	assert_int_equal(vawrap_picture_new(vpp.context, vpp.f.surfaces[1], &picture), 0);
	assert_int_equal(vawrap_picture_add_source(picture, source, &process), 0);
	memset(&process, 0xee, sizeof(process));
	memset(&light, 0xee, sizeof(light));
	memset(&hdr, 0xee, sizeof(hdr));
	vawrap_buffer_unref(filter);
	fake_set_polls(1);
	fixture_advance(picture, VAWRAP_PICTURE_ENDED);
	/* Another picture's memory is not this one's. */
	assert_int_equal(vawrap_picture_new(vpp.context, vpp.f.surfaces[2], &other), 0);
	assert_int_equal(vawrap_picture_add_source(other, source, NULL), 0);
	vawrap_picture_unref(other);
	for (int i = 2; i < FIXTURE_SURFACES; i++)
		vpp.f.surfaces[i] = vawrap_surface_unref(vpp.f.surfaces[i]);
	assert_int_equal(fake_get_live(FAKE_SURFACE), FIXTURE_SURFACES);
	assert_int_equal(fake_get_live(FAKE_BUFFER), 2);
	assert_int_equal(vawrap_picture_sync(picture, -1), 0);
	assert_int_equal(fake_get_live(FAKE_BUFFER), 0);
	vawrap_picture_unref(picture);
	vpp_close(&vpp);
}

static void test_surfaces_are_composed_by_one_picture(void **state)
{
	struct vpp vpp = vpp_new();
	struct vawrap_picture *picture;

	(void)state;
	watch();
	assert_int_equal(vawrap_picture_new(vpp.context, vpp.f.surfaces[1], &picture), 0);
	assert_int_equal(vawrap_picture_add_source(picture, vpp.f.surfaces[0], NULL), 0);
	fixture_advance(picture, VAWRAP_PICTURE_RENDERED);
	assert_int_equal(vawrap_picture_add_source(picture, vpp.f.surfaces[2], NULL), 0);
	assert_int_equal(vawrap_picture_render(picture), 0);
	assert_int_equal(vawrap_picture_end(picture), 0);
	assert_int_equal(vawrap_picture_sync(picture, -1), 0);
	assert_int_equal(n_seen, 2);
	vawrap_picture_unref(picture);
	vpp_close(&vpp);
}

static void test_bad_parameters_are_refused(void **state)
{
	static const VARectangle outside[] = {{-1, 0, 8, 8}, {0, -1, 8, 8}, {60, 0, 8, 8},
					      {0, 44, 8, 8}, {0, 0, 8, 0},  {0, 0, 0, 8}};
	struct vpp vpp = vpp_new(), other = vpp_new();
	struct vawrap_buffer *filter = new_filter(&vpp), *foreign = new_filter(&other);
	struct vawrap_process process = {.size_bytes = sizeof(process)};
	struct vawrap_surface **s = vpp.f.surfaces;
	void *data;

	(void)state;
	for (size_t i = 0; i < N_OF(outside); i++) {
		process.source = outside[i];
		assert_int_equal(vawrap_context_process(vpp.context, s[0], s[1], &process),
				 -EINVAL);
		process.source = (VARectangle){0};
		process.target = outside[i];
		assert_int_equal(vawrap_context_process(vpp.context, s[0], s[1], &process),
				 -EINVAL);
		process.target = (VARectangle){0};
	}
	assert_int_equal(vawrap_context_process(vpp.context, NULL, s[1], NULL), -EINVAL);
	assert_int_equal(vawrap_context_process(vpp.context, s[0], NULL, NULL), -EINVAL);
	assert_int_equal(vawrap_context_process(vpp.context, other.f.surfaces[0], s[1], NULL),
			 -EINVAL);
	process.n_forward = 65;
	process.forward = s;
	assert_int_equal(vawrap_context_process(vpp.context, s[0], s[1], &process), -EINVAL);
	process = (struct vawrap_process){.size_bytes = 2};
	assert_int_equal(vawrap_context_process(vpp.context, s[0], s[1], &process), -EINVAL);
	process = (struct vawrap_process){
		.size_bytes = sizeof(process), .filters = &foreign, .n_filters = 1};
	assert_int_equal(vawrap_context_process(vpp.context, s[0], s[1], &process), -EINVAL);
	process.filters = &filter;
	assert_int_equal(vawrap_buffer_map(filter, &data), 0);
	assert_int_equal(vawrap_context_process(vpp.context, s[0], s[1], &process), -EBUSY);
	assert_int_equal(vawrap_buffer_unmap(filter), 0);
	assert_int_equal(vawrap_context_process(vpp.context, s[0], s[1], &process), 0);
	vawrap_buffer_unref(filter);
	vawrap_buffer_unref(foreign);
	vpp_close(&other);
	vpp_close(&vpp);
}

static void test_an_older_callers_struct_is_taken(void **state)
{
	struct vpp vpp = vpp_new();
	struct vawrap_process process;

	(void)state;
	watch();
	memset(&process, 0xee, sizeof(process));
	process.size_bytes = offsetof(struct vawrap_process, filter_flags);
	process.source = process.target = (VARectangle){0};
	process.rotation = VA_ROTATION_180;
	process.mirror = 0;
	assert_int_equal(
		vawrap_context_process(vpp.context, vpp.f.surfaces[0], vpp.f.surfaces[1], &process),
		0);
	assert_int_equal(seen.rotation_state, VA_ROTATION_180);
	assert_int_equal(seen.filter_flags, 0);
	vpp_close(&vpp);
}

/* ---- Copies ---- */

static void fill(struct vawrap_surface *surface, int value)
{
	struct vawrap_image *image;
	void *data;

	assert_int_equal(vawrap_image_derive(surface, &image), 0);
	assert_int_equal(vawrap_image_map(image, &data), 0);
	memset(data, value, vawrap_image_get_layout(image)->size_bytes);
	assert_int_equal(vawrap_image_unmap(image), 0);
	vawrap_image_unref(image);
}

static void test_surfaces_are_copied(void **state)
{
	struct fixture f = fixture_new(), other = fixture_new();
	struct vawrap_image *image;
	void *data;

	(void)state;
	fill(f.surfaces[0], 0x42);
	assert_int_equal(vawrap_surface_copy(f.surfaces[1], f.surfaces[0], VA_EXEC_MODE_DEFAULT),
			 0);
	assert_int_equal(vawrap_image_derive(f.surfaces[1], &image), 0);
	assert_int_equal(vawrap_image_map(image, &data), 0);
	assert_int_equal(((uint8_t *)data)[100], 0x42);
	assert_int_equal(vawrap_image_unmap(image), 0);
	vawrap_image_unref(image);
	assert_int_equal(vawrap_surface_copy(f.surfaces[1], f.surfaces[1], 0), -EINVAL);
	assert_int_equal(vawrap_surface_copy(f.surfaces[1], NULL, 0), -EINVAL);
	assert_int_equal(vawrap_surface_copy(f.surfaces[1], other.surfaces[0], 0), -EINVAL);
	assert_int_equal(vawrap_surface_copy(f.surfaces[1], f.surfaces[0], 3), -EINVAL);
	fake_fail_call(1, VA_STATUS_ERROR_UNIMPLEMENTED);
	assert_int_equal(vawrap_surface_copy(f.surfaces[1], f.surfaces[0], 0), -ENOTSUP);
	fixture_close(&other);
	fixture_close(&f);
}

static void test_buffers_are_copied(void **state)
{
	struct fixture f = fixture_new();
	struct vawrap_buffer *from, *to;
	void *data;

	(void)state;
	assert_int_equal(vawrap_buffer_new(f.context, VASliceDataBufferType, 4, 1, "abc", &from),
			 0);
	assert_int_equal(vawrap_buffer_new(f.context, VASliceDataBufferType, 4, 1, NULL, &to), 0);
	assert_int_equal(vawrap_buffer_copy(to, from, VA_EXEC_MODE_PERFORMANCE), 0);
	assert_int_equal(vawrap_buffer_copy(to, to, 0), -EINVAL);
	assert_int_equal(vawrap_buffer_map(to, &data), 0);
	assert_string_equal(data, "abc");
	assert_int_equal(vawrap_buffer_copy(to, from, 0), -EBUSY);
	assert_int_equal(vawrap_buffer_copy(from, to, 0), -EBUSY);
	assert_int_equal(vawrap_buffer_unmap(to), 0);
	vawrap_buffer_unref(from);
	vawrap_buffer_unref(to);
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_filters_are_listed),
		FAKE_TEST(test_filter_caps_are_listed_by_their_struct),
		FAKE_TEST(test_pipeline_caps_fill_the_callers_lists),
		FAKE_TEST(test_pipeline_counts_are_held_to_the_room),
		FAKE_TEST(test_one_call_processes_a_surface),
		FAKE_TEST(test_each_member_reaches_the_driver),
		FAKE_TEST(test_nothing_dangles_until_the_picture_is_synced),
		FAKE_TEST(test_surfaces_are_composed_by_one_picture),
		FAKE_TEST(test_bad_parameters_are_refused),
		FAKE_TEST(test_an_older_callers_struct_is_taken),
		FAKE_TEST(test_surfaces_are_copied),
		FAKE_TEST(test_buffers_are_copied),
	};

	return cmocka_run_group_tests_name("vpp", tests, NULL, NULL);
}
