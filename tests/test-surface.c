/* SPDX-License-Identifier: MIT */
/*
 * test-surface.c - surfaces: batches, waiting with every kind of driver, decoding errors
 */
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
		FAKE_TEST(test_sync_with_sync2),
		FAKE_TEST(test_sync_without_sync2),
		FAKE_TEST(test_without_sync2_a_timeout_polls_until_done),
		FAKE_TEST(test_the_missing_sync2_is_asked_for_once),
		FAKE_TEST(test_decoding_errors_are_ebadmsg),
		FAKE_TEST(test_errors_are_copied_up_to_the_mark),
		FAKE_TEST(test_a_list_of_errors_without_end_is_bounded),
	};

	return cmocka_run_group_tests_name("surface", tests, NULL, NULL);
}
