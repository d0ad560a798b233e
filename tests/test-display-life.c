/* SPDX-License-Identifier: MIT */
/*
 * test-display-life.c - what an open display says of itself, and how it is shut down
 */
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include "vawrap-fixture.h"

/* ---- Capabilities ---- */

static void test_capabilities_are_read_once(void **state)
{
	const VAImageFormat *formats;
	const VAProfile *profiles;
	struct vawrap_display *display;
	VAEntrypoint entrypoints[8];
	unsigned int calls;

	(void)state;
	assert_int_equal(vawrap_display_new_driver("fake", NULL, &display), 0);
	calls = fake_get_calls();
	assert_int_equal(vawrap_display_get_profiles(display, &profiles), 5);
	assert_int_equal(profiles[0], VAProfileNone);
	assert_int_equal(profiles[3], VAProfileH264High);
	assert_int_equal(vawrap_display_get_image_formats(display, &formats), 2);
	assert_int_equal(formats[0].fourcc, VA_FOURCC_NV12);
	assert_int_equal(fake_get_calls(), calls);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(
			vawrap_display_get_entrypoints(display, VAProfileH264Main, entrypoints, 8),
			2);
		assert_int_equal(entrypoints[0], VAEntrypointVLD);
		assert_int_equal(entrypoints[1], VAEntrypointEncSlice);
	}
	assert_int_equal(fake_get_calls(), calls + 1);
	assert_int_equal(vawrap_display_get_entrypoints(display, VAProfileH264Main, entrypoints, 1),
			 -ENOSPC);
	assert_int_equal(
		vawrap_display_get_entrypoints(display, VAProfileVP8Version0_3, entrypoints, 8),
		-ENOTSUP);
	vawrap_display_unref(display);
}

static void test_config_attribs_are_filled_in(void **state)
{
	VAConfigAttrib attribs[2] = {{.type = VAConfigAttribRTFormat},
				     {.type = VAConfigAttribEncQualityRange}};
	struct vawrap_display *display;

	(void)state;
	assert_int_equal(vawrap_display_new_driver("fake", NULL, &display), 0);
	assert_int_equal(vawrap_display_get_config_attribs(display, VAProfileH264Main,
							   VAEntrypointVLD, attribs, 2),
			 0);
	assert_int_equal(attribs[0].value, VA_RT_FORMAT_YUV420 | VA_RT_FORMAT_YUV420_10);
	assert_int_equal(attribs[1].value, VA_ATTRIB_NOT_SUPPORTED);
	fake_fail_call(1, VA_STATUS_ERROR_OPERATION_FAILED);
	assert_int_equal(vawrap_display_get_config_attribs(display, VAProfileH264Main,
							   VAEntrypointVLD, attribs, 2),
			 -EIO);
	vawrap_display_unref(display);
}

static void test_counts_beyond_the_stated_size_are_refused(void **state)
{
	struct vawrap_display *display;
	VAEntrypoint entrypoints[64];

	(void)state;
	fake_set_excess(1);
	assert_int_equal(vawrap_display_new_driver("fake", NULL, &display), -EIO);
	fake_set_excess(-1000);
	assert_int_equal(vawrap_display_new_driver("fake", NULL, &display), -EIO);
	fake_set_excess(0);
	assert_int_equal(vawrap_display_new_driver("fake", NULL, &display), 0);
	fake_set_excess(1);
	assert_int_equal(
		vawrap_display_get_entrypoints(display, VAProfileH264Main, entrypoints, 64), -EIO);
	fake_set_excess(0);
	assert_int_equal(
		vawrap_display_get_entrypoints(display, VAProfileH264Main, entrypoints, 64), 2);
	vawrap_display_unref(display);
}

static void test_a_driver_without_image_formats_opens(void **state)
{
	struct vawrap_display *display;
	const VAImageFormat *formats;

	(void)state;
	fake_fail_name("vaQueryImageFormats", VA_STATUS_ERROR_UNIMPLEMENTED);
	assert_int_equal(vawrap_display_new_driver("fake", NULL, &display), 0);
	assert_int_equal(vawrap_display_get_image_formats(display, &formats), 0);
	vawrap_display_unref(display);
}

/* ---- Shutdown ---- */

static void test_shutdown_ends_calls_and_ids(void **state)
{
	struct fixture f = fixture_new();
	struct vawrap_picture *picture = fixture_picture(&f, 0);
	struct vawrap_surface *surface = NULL;
	struct vawrap_buffer *buffer;
	struct vawrap_context *context;
	struct vawrap_config *config;
	struct vawrap_image *image, *image2;
	struct vawrap_picture *picture2;
	struct vawrap_surface_params params = {
		.size_bytes = sizeof(params), .width = 16, .height = 16};
	const VAProfile *profiles;
	const VAImageFormat *formats;
	VAEntrypoint entrypoints[8];
	VAConfigAttrib attrib = {.type = VAConfigAttribRTFormat};
	VASurfaceAttrib surface_attribs[8];
	VASurfaceDecodeMBErrors errors[4];
	VASurfaceStatus status;
	unsigned int calls;
	void *data;

	(void)state;
	assert_int_equal(vawrap_image_new(f.display, VA_FOURCC_NV12, 64, 48, &image), 0);
	assert_int_equal(vawrap_image_map(image, &data), 0);
	assert_int_equal(vawrap_picture_begin(picture), 0);
	assert_int_equal(vawrap_display_shutdown(f.display), 0);
	assert_int_equal(fake_get_live_total(), 0);
	assert_int_equal(vawrap_display_shutdown(f.display), 0);
	assert_int_equal(fake_get_terminates(), 1);
	calls = fake_get_calls();

	assert_int_equal(vawrap_display_get_profiles(f.display, &profiles), -ESHUTDOWN);
	assert_int_equal(vawrap_display_get_image_formats(f.display, &formats), -ESHUTDOWN);
	assert_int_equal(
		vawrap_display_get_entrypoints(f.display, VAProfileH264Main, entrypoints, 8),
		-ESHUTDOWN);
	assert_int_equal(vawrap_display_get_config_attribs(f.display, VAProfileH264Main,
							   VAEntrypointVLD, &attrib, 1),
			 -ESHUTDOWN);
	assert_int_equal(
		vawrap_config_new(f.display, VAProfileH264Main, VAEntrypointVLD, NULL, 0, &config),
		-ESHUTDOWN);
	assert_int_equal(vawrap_config_get_surface_attribs(f.config, surface_attribs, 8),
			 -ESHUTDOWN);
	assert_int_equal(vawrap_surface_new_batch(f.display, &params, &surface, 1), -ESHUTDOWN);
	assert_int_equal(vawrap_context_new(f.config, 64, 48, 0, NULL, 0, &context), -ESHUTDOWN);
	assert_int_equal(vawrap_buffer_new(f.context, VASliceDataBufferType, 1, 1, "x", &buffer),
			 -ESHUTDOWN);
	assert_int_equal(vawrap_image_new(f.display, VA_FOURCC_NV12, 64, 48, &image2), -ESHUTDOWN);
	assert_int_equal(vawrap_image_derive(f.surfaces[0], &image2), -ESHUTDOWN);
	assert_int_equal(vawrap_picture_new(f.context, f.surfaces[0], &picture2), -ESHUTDOWN);
	assert_int_equal(vawrap_surface_sync(f.surfaces[0], -1), -ESHUTDOWN);
	assert_int_equal(vawrap_surface_sync(f.surfaces[0], 0), -ESHUTDOWN);
	assert_int_equal(vawrap_surface_get_status(f.surfaces[0], &status), -ESHUTDOWN);
	assert_int_equal(vawrap_surface_get_errors(f.surfaces[0], errors, 4), -ESHUTDOWN);
	assert_int_equal(vawrap_image_unmap(image), -ESHUTDOWN);
	assert_int_equal(vawrap_image_map(image, &data), -ESHUTDOWN);
	assert_int_equal(vawrap_image_get(image, f.surfaces[0], 0, 0, 64, 48), -ESHUTDOWN);
	assert_int_equal(vawrap_image_put(image, f.surfaces[0], 0, 0), -ESHUTDOWN);
	assert_int_equal(vawrap_picture_render(picture), -ESHUTDOWN);
	assert_int_equal(vawrap_picture_get_state(picture), VAWRAP_PICTURE_FAILED);

	assert_int_equal(vawrap_display_get_live_count(f.display, VAWRAP_N_KINDS), 1 + 4 + 1 + 3);
	vawrap_picture_unref(picture);
	vawrap_image_unref(image);
	assert_int_equal(vawrap_display_get_live_count(f.display, VAWRAP_N_KINDS), 1 + 4 + 1);
	fixture_close(&f);
	assert_int_equal(fake_get_calls(), calls);
}

static void test_shutdown_says_when_terminate_failed(void **state)
{
	struct vawrap_display *display;

	(void)state;
	assert_int_equal(vawrap_display_new_path("/dev/null", NULL, &display), 0);
	fake_fail_call(1, VA_STATUS_ERROR_OPERATION_FAILED);
	assert_int_equal(vawrap_display_shutdown(display), -EIO);
	assert_int_equal(vawrap_display_get_failed_destroys(display), 1);
	assert_int_equal(vawrap_display_shutdown(display), 0);
	vawrap_display_unref(display);
}

static void *sync_thread(void *cookie)
{
	return (void *)(intptr_t)vawrap_surface_sync(cookie, -1);
}

static void *shutdown_thread(void *cookie)
{
	return (void *)(intptr_t)vawrap_display_shutdown(cookie);
}

/* vaTerminate() during another thread's call counts as misuse at the fake. */
static void test_shutdown_waits_for_calls_in_progress(void **state)
{
	struct fixture f = fixture_new();
	pthread_t syncing, ending;
	VASurfaceStatus status;
	void *result;

	(void)state;
	fake_block_sync(true);
	assert_int_equal(pthread_create(&syncing, NULL, sync_thread, f.surfaces[0]), 0);
	while (fake_get_blocked() == 0)
		sched_yield();
	assert_int_equal(pthread_create(&ending, NULL, shutdown_thread, f.display), 0);
	while (vawrap_surface_get_status(f.surfaces[1], &status) != -ESHUTDOWN)
		sched_yield();
	assert_int_equal(fake_get_terminates(), 0);
	fake_block_sync(false);
	pthread_join(syncing, &result);
	assert_int_equal((intptr_t)result, 0);
	pthread_join(ending, &result);
	assert_int_equal((intptr_t)result, 0);
	assert_int_equal(fake_get_terminates(), 1);
	fixture_close(&f);
}

static void test_null_is_accepted(void **state)
{
	(void)state;
	assert_null(vawrap_display_ref(NULL));
	assert_null(vawrap_display_unref(NULL));
	assert_null(vawrap_config_ref(NULL));
	assert_null(vawrap_config_unref(NULL));
	assert_null(vawrap_surface_ref(NULL));
	assert_null(vawrap_surface_unref(NULL));
	assert_null(vawrap_context_ref(NULL));
	assert_null(vawrap_context_unref(NULL));
	assert_null(vawrap_buffer_ref(NULL));
	assert_null(vawrap_buffer_unref(NULL));
	assert_null(vawrap_image_ref(NULL));
	assert_null(vawrap_image_unref(NULL));
	assert_null(vawrap_picture_ref(NULL));
	assert_null(vawrap_picture_unref(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_capabilities_are_read_once),
		FAKE_TEST(test_config_attribs_are_filled_in),
		FAKE_TEST(test_counts_beyond_the_stated_size_are_refused),
		FAKE_TEST(test_a_driver_without_image_formats_opens),
		FAKE_TEST(test_shutdown_ends_calls_and_ids),
		FAKE_TEST(test_shutdown_says_when_terminate_failed),
		FAKE_TEST(test_shutdown_waits_for_calls_in_progress),
		FAKE_TEST(test_null_is_accepted),
	};

	return cmocka_run_group_tests_name("display-life", tests, NULL, NULL);
}
