/* SPDX-License-Identifier: MIT */
/*
 * test-surface.c - surfaces: batches, import and export, waiting with every kind of driver, errors
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include "vawrap-fixture.h"

static struct vawrap_surface_params default_params(void)
{
	return (struct vawrap_surface_params){
		.size_bytes = sizeof(struct vawrap_surface_params), .width = 64, .height = 48};
}

static void test_a_batch_is_one_call(void **state)
{
	struct fixture f = fixture_new();
	struct vawrap_surface_params params = default_params();
	struct vawrap_surface *surfaces[20];
	unsigned int calls = fake_get_calls(), width, height;

	(void)state;
	assert_int_equal(vawrap_surface_new_batch(f.display, &params, surfaces, 20), 0);
	assert_int_equal(fake_get_calls(), calls + 1);
	assert_int_equal(fake_get_live(FAKE_SURFACE), 24);
	for (int i = 0; i < 20; i++) {
		assert_ptr_equal(vawrap_surface_get_display(surfaces[i]), f.display);
		vawrap_surface_get_size(surfaces[i], &width, &height);
		assert_int_equal(width, 64);
		assert_int_equal(height, 48);
		assert_null(vawrap_surface_unref(surfaces[i]));
	}
	assert_int_equal(fake_get_live(FAKE_SURFACE), 4);
	fixture_close(&f);
}

static void test_a_failed_batch_leaves_none(void **state)
{
	struct fixture f = fixture_new();
	struct vawrap_surface_params params = default_params();
	struct vawrap_surface *surfaces[3] = {(void *)&f, (void *)&f, (void *)&f};

	(void)state;
	fake_fail_call(1, VA_STATUS_ERROR_ALLOCATION_FAILED);
	assert_int_equal(vawrap_surface_new_batch(f.display, &params, surfaces, 3), -ENOMEM);
	for (int i = 0; i < 3; i++)
		assert_null(surfaces[i]);
	assert_int_equal(vawrap_display_get_live_count(f.display, VAWRAP_KIND_SURFACE), 4);
	fixture_close(&f);
}

static void test_bad_parameters_are_refused(void **state)
{
	struct fixture f = fixture_new();
	struct vawrap_surface_params params = default_params();
	struct vawrap_dmabuf dmabuf = {.fourcc = VA_FOURCC_NV12, .width = 64, .height = 48};
	struct vawrap_surface *surface;

	(void)state;
	params.width = 0;
	assert_int_equal(vawrap_surface_new_batch(f.display, &params, &surface, 1), -EINVAL);
	params = default_params();
	params.height = 0x80000000;
	assert_int_equal(vawrap_surface_new_batch(f.display, &params, &surface, 1), -EINVAL);
	params = default_params();
	params.n_attribs = 1;
	assert_int_equal(vawrap_surface_new_batch(f.display, &params, &surface, 1), -EINVAL);
	params = default_params();
	params.size_bytes = 4;
	assert_int_equal(vawrap_surface_new_batch(f.display, &params, &surface, 1), -EINVAL);
	params = default_params();
	assert_int_equal(vawrap_surface_new_batch(f.display, &params, NULL, 0), -EINVAL);
	assert_int_equal(vawrap_surface_new_dmabuf(f.display, &dmabuf, &surface), -EINVAL);
	dmabuf.num_planes = 4;
	assert_int_equal(vawrap_surface_new_dmabuf(f.display, &dmabuf, &surface), -EINVAL);
	assert_null(surface);
	params.rt_format = VA_RT_FORMAT_YUV444;
	assert_int_equal(vawrap_surface_new_batch(f.display, &params, &surface, 1), -ENOTSUP);
	params = default_params();
	params.fourcc = VA_FOURCC_P010;
	assert_int_equal(vawrap_surface_new_batch(f.display, &params, &surface, 1), -ENOTSUP);
	params = default_params();
	params.width = 5000;
	assert_int_equal(vawrap_surface_new_batch(f.display, &params, &surface, 1), -ENOTSUP);
	fixture_close(&f);
}

static void test_more_attributes_reach_the_driver(void **state)
{
	struct fixture f = fixture_new();
	struct vawrap_surface_params params = default_params();
	VASurfaceAttrib attrib = {.type = VASurfaceAttribPixelFormat,
				  .flags = VA_SURFACE_ATTRIB_SETTABLE,
				  .value = {VAGenericValueTypeInteger, {VA_FOURCC_I420}}};
	struct vawrap_surface *surface;

	(void)state;
	params.attribs = &attrib;
	params.n_attribs = 1;
	assert_int_equal(vawrap_surface_new_batch(f.display, &params, &surface, 1), -ENOTSUP);
	attrib.value.value.i = VA_FOURCC_NV12;
	assert_int_equal(vawrap_surface_new_batch(f.display, &params, &surface, 1), 0);
	vawrap_surface_unref(surface);
	fixture_close(&f);
}

/* ---- Memory from outside, and for others ---- */

static uint32_t attrib_number(VASurfaceAttribType type)
{
	VASurfaceAttrib attrib;

	if (!fake_get_surface_attrib(type, &attrib))
		return 0;
	assert_int_equal(attrib.flags, VA_SURFACE_ATTRIB_SETTABLE);
	assert_int_equal(attrib.value.type, VAGenericValueTypeInteger);
	return (uint32_t)attrib.value.value.i;
}

static const void *attrib_pointer(VASurfaceAttribType type)
{
	VASurfaceAttrib attrib;

	if (!fake_get_surface_attrib(type, &attrib))
		return NULL;
	assert_int_equal(attrib.value.type, VAGenericValueTypePointer);
	return attrib.value.value.p;
}

static int make_one(struct fixture *f, const struct vawrap_surface_params *params)
{
	struct vawrap_surface *surface;
	int error = vawrap_surface_new_batch(f->display, params, &surface, 1);

	vawrap_surface_unref(surface);
	return error;
}

static void test_hints_and_modifiers_reach_the_driver(void **state)
{
	static const uint64_t modifiers[] = {0, 0x100000000000001};
	struct fixture f = fixture_new();
	struct vawrap_surface_params params = default_params();

	(void)state;
	params.fourcc = VA_FOURCC_NV12;
	params.usage_hint = VA_SURFACE_ATTRIB_USAGE_HINT_EXPORT;
	params.modifiers = modifiers;
	params.n_modifiers = 2;
	assert_int_equal(make_one(&f, &params), 0);
	assert_int_equal(attrib_number(VASurfaceAttribPixelFormat), VA_FOURCC_NV12);
	assert_int_equal(attrib_number(VASurfaceAttribUsageHint),
			 VA_SURFACE_ATTRIB_USAGE_HINT_EXPORT);
	assert_int_equal(attrib_number(VASurfaceAttribMemoryType), 0);
	assert_non_null(attrib_pointer(VASurfaceAttribDRMFormatModifiers));
	params.modifiers = NULL;
	assert_int_equal(make_one(&f, &params), -EINVAL);
	params.modifiers = modifiers;
	params.n_modifiers = 1025;
	assert_int_equal(make_one(&f, &params), -EINVAL);
	fixture_close(&f);
}

static VADRMPRIMESurfaceDescriptor good_prime(void)
{
	return (VADRMPRIMESurfaceDescriptor){
		.fourcc = VA_FOURCC_NV12,
		.width = 64,
		.height = 48,
		.num_objects = 1,
		.objects = {{.fd = 0, .size = 65536}},
		.num_layers = 1,
		.layers = {{.num_planes = 2, .offset = {0, 3072}, .pitch = {64, 64}}},
	};
}

static void test_prime_descriptors_are_imported(void **state)
{
	static const uint32_t types[] = {VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME_2, 0x08000000};
	struct fixture f = fixture_new();
	struct vawrap_surface_params params = default_params();
	/* A PRIME_3 one begins like this and is longer. */
	struct {
		VADRMPRIMESurfaceDescriptor prime;
		uint32_t more[32];
	} descriptor = {.prime = good_prime()};
	struct vawrap_surface *pair[2];

	(void)state;
	params.descriptor = &descriptor;
	for (size_t i = 0; i < N_OF(types); i++) {
		params.memory_type = types[i];
		assert_int_equal(make_one(&f, &params), 0);
		assert_int_equal(attrib_number(VASurfaceAttribMemoryType), types[i]);
		assert_ptr_equal(attrib_pointer(VASurfaceAttribExternalBufferDescriptor),
				 &descriptor);
		assert_int_equal(vawrap_surface_new_batch(f.display, &params, pair, 2), -EINVAL);
	}
	params.descriptor = NULL;
	assert_int_equal(vawrap_surface_new_batch(f.display, &params, pair, 2), 0);
	vawrap_surface_unref(pair[0]);
	vawrap_surface_unref(pair[1]);
	params.memory_type = 0x00400000;
	assert_int_equal(make_one(&f, &params), -ENOTSUP);
	fixture_close(&f);
}

static void test_senseless_descriptors_are_refused(void **state)
{
	struct fixture f = fixture_new();
	struct vawrap_surface_params params = default_params();
	VADRMPRIMESurfaceDescriptor bad[7];
	unsigned int calls = fake_get_calls();

	(void)state;
	for (size_t i = 0; i < N_OF(bad); i++)
		bad[i] = good_prime();
	bad[0].num_objects = 0;
	bad[1].num_objects = 5;
	bad[2].num_layers = 0;
	bad[3].num_layers = 5;
	bad[4].layers[0].num_planes = 5;
	bad[5].layers[0].object_index[1] = 1;
	bad[6].objects[0].fd = -1;
	params.memory_type = VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME_2;
	for (size_t i = 0; i < N_OF(bad); i++) {
		params.descriptor = &bad[i];
		assert_int_equal(make_one(&f, &params), -EINVAL);
	}
	assert_int_equal(fake_get_calls(), calls);
	fixture_close(&f);
}

static void test_user_memory_is_imported(void **state)
{
	static uint8_t memory[64 * 72];
	uintptr_t buffer = (uintptr_t)memory;
	VASurfaceAttribExternalBuffers external = {.pixel_format = VA_FOURCC_NV12,
						   .width = 64,
						   .height = 48,
						   .data_size = sizeof(memory),
						   .num_planes = 2,
						   .pitches = {64, 64},
						   .offsets = {0, 3072},
						   .buffers = &buffer,
						   .num_buffers = 1};
	struct fixture f = fixture_new();
	struct vawrap_surface_params params = default_params();
	struct vawrap_surface *pair[2];

	(void)state;
	params.memory_type = VA_SURFACE_ATTRIB_MEM_TYPE_USER_PTR;
	assert_int_equal(make_one(&f, &params), -EINVAL);
	params.descriptor = &external;
	assert_int_equal(make_one(&f, &params), 0);
	assert_int_equal(vawrap_surface_new_batch(f.display, &params, pair, 2), -EINVAL);
	external.num_planes = 5;
	assert_int_equal(make_one(&f, &params), -EINVAL);
	external.num_planes = 2;
	external.buffers = NULL;
	assert_int_equal(make_one(&f, &params), -EINVAL);
	fixture_close(&f);
}

static unsigned int count_fds(void)
{
	unsigned int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) != -1;
	return n;
}

static void test_exported_fds_are_owned(void **state)
{
	const uint32_t flags = VA_EXPORT_SURFACE_READ_ONLY | VA_EXPORT_SURFACE_COMPOSED_LAYERS;
	struct fixture f = fixture_new();
	unsigned int fds = count_fds();
	VADRMPRIMESurfaceDescriptor exported;

	(void)state;
	assert_int_equal(vawrap_surface_export(f.surfaces[0], flags, &exported), 0);
	assert_int_equal(exported.num_objects, 1);
	assert_int_equal(exported.layers[0].pitch[1], 64);
	assert_int_equal(count_fds(), fds + 1);
	vawrap_export_finish(&exported);
	assert_int_equal(count_fds(), fds);
	vawrap_export_finish(&exported);
	assert_int_equal(
		vawrap_surface_export(f.surfaces[0], VA_EXPORT_SURFACE_READ_WRITE, &exported),
		-EINVAL);
	assert_int_equal(
		vawrap_surface_export(f.surfaces[0], VA_EXPORT_SURFACE_SEPARATE_LAYERS, &exported),
		-EINVAL);
	assert_int_equal(vawrap_surface_export(f.surfaces[0],
					       flags | VA_EXPORT_SURFACE_SEPARATE_LAYERS,
					       &exported),
			 -EINVAL);
	fake_fail_call(1, VA_STATUS_ERROR_UNIMPLEMENTED);
	assert_int_equal(vawrap_surface_export(f.surfaces[0], flags, &exported), -ENOTSUP);
	vawrap_export_finish(&exported);
	fixture_close(&f);
}

static void test_senseless_exports_are_refused_and_closed(void **state)
{
	const uint32_t flags = VA_EXPORT_SURFACE_WRITE_ONLY | VA_EXPORT_SURFACE_SEPARATE_LAYERS;
	struct fixture f = fixture_new();
	unsigned int fds = count_fds();
	VADRMPRIMESurfaceDescriptor exported;

	(void)state;
	for (int fault = FAKE_EXPORT_OBJECTS; fault <= FAKE_EXPORT_INDEX; fault++) {
		fake_set_export((enum fake_export)fault);
		assert_int_equal(vawrap_surface_export(f.surfaces[0], flags, &exported), -EIO);
		assert_int_equal(exported.num_objects, 0);
		assert_int_equal(count_fds(), fds);
	}
	fixture_close(&f);
}

/* ---- Waiting ---- */

static void check_sync(bool without_sync2)
{
	struct fixture f = fixture_new();
	struct vawrap_picture *picture = fixture_picture(&f, 0);
	VASurfaceStatus status;

	fake_lack_sync2(without_sync2);
	fake_set_polls(4);
	fixture_advance(picture, VAWRAP_PICTURE_ENDED);
	assert_int_equal(vawrap_surface_get_status(f.surfaces[0], &status), 0);
	assert_int_equal(status, VASurfaceRendering);
	assert_int_equal(vawrap_surface_sync(f.surfaces[0], 0), -ETIMEDOUT);
	assert_int_equal(vawrap_surface_sync(f.surfaces[0], 0), -ETIMEDOUT);
	assert_int_equal(vawrap_surface_sync(f.surfaces[0], 0), -ETIMEDOUT);
	assert_int_equal(vawrap_surface_sync(f.surfaces[0], 0), 0);
	assert_int_equal(vawrap_surface_get_status(f.surfaces[0], &status), 0);
	assert_int_equal(status, VASurfaceReady);
	assert_int_equal(vawrap_picture_sync(picture, 0), 0);
	vawrap_picture_unref(picture);

	picture = fixture_picture(&f, 1);
	fixture_advance(picture, VAWRAP_PICTURE_ENDED);
	assert_int_equal(vawrap_surface_sync(f.surfaces[1], -1), 0);
	assert_int_equal(vawrap_picture_sync(picture, 0), 0);
	vawrap_picture_unref(picture);
	fixture_close(&f);
}

static void test_sync_with_sync2(void **state)
{
	(void)state;
	check_sync(false);
}

static void test_sync_without_sync2(void **state)
{
	(void)state;
	check_sync(true);
}

static void test_without_sync2_a_timeout_polls_until_done(void **state)
{
	struct fixture f = fixture_new();
	struct vawrap_picture *picture = fixture_picture(&f, 0);

	(void)state;
	fake_lack_sync2(true);
	fake_set_polls(5);
	fixture_advance(picture, VAWRAP_PICTURE_ENDED);
	assert_int_equal(vawrap_picture_sync(picture, INT64_MAX), 0);
	vawrap_picture_unref(picture);

	picture = fixture_picture(&f, 0);
	fake_set_polls(1000000);
	fixture_advance(picture, VAWRAP_PICTURE_ENDED);
	assert_int_equal(vawrap_picture_sync(picture, 2000000), -ETIMEDOUT);
	vawrap_picture_unref(picture);
	fixture_close(&f);
}

static void test_a_driver_that_gives_up_is_asked_again(void **state)
{
	struct fixture f = fixture_new();
	struct vawrap_picture *picture = fixture_picture(&f, 0);
	struct vawrap_error error;

	(void)state;
	fixture_advance(picture, VAWRAP_PICTURE_ENDED);
	fake_fail_call(1, VA_STATUS_ERROR_TIMEDOUT);
	assert_int_equal(vawrap_surface_sync(f.surfaces[0], -1), 0);
	fake_fail_call(1, VA_STATUS_ERROR_HW_BUSY);
	assert_int_equal(vawrap_surface_sync(f.surfaces[0], -1), 0);
	fake_fail_call(1, VA_STATUS_ERROR_HW_BUSY);
	assert_int_equal(vawrap_surface_sync(f.surfaces[0], 0), -ETIMEDOUT);
	vawrap_display_get_last_error(f.display, &error);
	assert_int_equal(error.error, 0);
	/* But not for ever. */
	fake_fail_name("vaSyncSurface", VA_STATUS_ERROR_HW_BUSY);
	assert_int_equal(vawrap_surface_sync(f.surfaces[0], -1), -EBUSY);
	fake_fail_name("vaSyncSurface", VA_STATUS_ERROR_TIMEDOUT);
	assert_int_equal(vawrap_surface_sync(f.surfaces[0], -1), -EBUSY);
	vawrap_display_get_last_error(f.display, &error);
	assert_int_equal(error.status, VA_STATUS_ERROR_TIMEDOUT);
	fake_fail_name(NULL, 0);
	assert_int_equal(vawrap_picture_sync(picture, 0), 0);
	vawrap_picture_unref(picture);
	fixture_close(&f);
}

static void test_with_no_way_to_ask_each_wait_is_for_ever(void **state)
{
	struct fixture f = fixture_new();
	struct vawrap_picture *picture = fixture_picture(&f, 0);

	(void)state;
	fake_lack_sync2(true);
	fake_fail_name("vaQuerySurfaceStatus", VA_STATUS_ERROR_UNIMPLEMENTED);
	fake_set_polls(4);
	fixture_advance(picture, VAWRAP_PICTURE_ENDED);
	assert_int_equal(vawrap_picture_sync(picture, 0), 0);
	vawrap_picture_unref(picture);
	fixture_close(&f);
}

static void test_the_missing_sync2_is_asked_for_once(void **state)
{
	struct fixture f = fixture_new();
	struct vawrap_error error;
	unsigned int calls;

	(void)state;
	fake_lack_sync2(true);
	assert_int_equal(vawrap_surface_sync(f.surfaces[0], 0), 0);
	vawrap_display_get_last_error(f.display, &error);
	assert_int_equal(error.error, 0);
	calls = fake_get_calls();
	assert_int_equal(vawrap_surface_sync(f.surfaces[0], 0), 0);
	assert_int_equal(fake_get_calls(), calls + 2); /* status, then sync */
	fixture_close(&f);
}

static void test_decoding_errors_are_ebadmsg(void **state)
{
	static const int64_t timeouts[] = {0, 1000000, -1};
	struct fixture f = fixture_new();
	struct vawrap_picture *picture;

	(void)state;
	for (size_t i = 0; i < 2 * N_OF(timeouts); i++) {
		fake_lack_sync2(i >= N_OF(timeouts));
		picture = fixture_picture(&f, 0);
		fake_fail_decodes(1);
		fixture_advance(picture, VAWRAP_PICTURE_ENDED);
		assert_int_equal(vawrap_surface_sync(f.surfaces[0], timeouts[i % 3]), -EBADMSG);
		vawrap_picture_unref(picture);
	}
	fixture_close(&f);
}

static void test_errors_are_copied_up_to_the_mark(void **state)
{
	struct fixture f = fixture_new();
	VASurfaceDecodeMBErrors errors[8];

	(void)state;
	assert_int_equal(vawrap_surface_get_errors(f.surfaces[0], errors, 8), 0);
	fake_set_decode_errors(3, false);
	assert_int_equal(vawrap_surface_get_errors(f.surfaces[0], errors, 8), 3);
	assert_int_equal(errors[2].start_mb, 2);
	assert_int_equal(vawrap_surface_get_errors(f.surfaces[0], errors, 2), 2);
	assert_int_equal(vawrap_surface_get_errors(f.surfaces[0], errors, 0), 0);
	fake_fail_call(1, VA_STATUS_ERROR_UNIMPLEMENTED);
	assert_int_equal(vawrap_surface_get_errors(f.surfaces[0], errors, 8), -ENOTSUP);
	fixture_close(&f);
}

static void test_a_list_of_errors_without_end_is_bounded(void **state)
{
	struct fixture f = fixture_new();
	VASurfaceDecodeMBErrors *errors = calloc(6000, sizeof(*errors));

	(void)state;
	assert_non_null(errors);
	fake_set_decode_errors(0, true);
	assert_int_equal(vawrap_surface_get_errors(f.surfaces[0], errors, 6000), 4096);
	free(errors);
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_a_batch_is_one_call),
		FAKE_TEST(test_a_failed_batch_leaves_none),
		FAKE_TEST(test_bad_parameters_are_refused),
		FAKE_TEST(test_more_attributes_reach_the_driver),
		FAKE_TEST(test_hints_and_modifiers_reach_the_driver),
		FAKE_TEST(test_prime_descriptors_are_imported),
		FAKE_TEST(test_senseless_descriptors_are_refused),
		FAKE_TEST(test_user_memory_is_imported),
		FAKE_TEST(test_exported_fds_are_owned),
		FAKE_TEST(test_senseless_exports_are_refused_and_closed),
		FAKE_TEST(test_sync_with_sync2),
		FAKE_TEST(test_sync_without_sync2),
		FAKE_TEST(test_without_sync2_a_timeout_polls_until_done),
		FAKE_TEST(test_a_driver_that_gives_up_is_asked_again),
		FAKE_TEST(test_with_no_way_to_ask_each_wait_is_for_ever),
		FAKE_TEST(test_the_missing_sync2_is_asked_for_once),
		FAKE_TEST(test_decoding_errors_are_ebadmsg),
		FAKE_TEST(test_errors_are_copied_up_to_the_mark),
		FAKE_TEST(test_a_list_of_errors_without_end_is_bounded),
	};

	return cmocka_run_group_tests_name("surface", tests, NULL, NULL);
}
