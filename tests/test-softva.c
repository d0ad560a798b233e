/* SPDX-License-Identifier: MIT */
/*
 * softva's calls: what it offers and refuses, and its asynchrony.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "softva-client.h"

#define POISON 0x55

static void test_profiles_decode_and_no_more(void **state)
{
	VADisplay display = client_open_display();
	VAProfile profiles[48];
	VAEntrypoint entrypoints[8];
	int count;

	(void)state;
	assert_non_null(strstr(vaQueryVendorString(display), "softva"));
	assert_true(vaMaxNumProfiles(display) <= 48 && vaMaxNumEntrypoints(display) <= 8);
	assert_int_equal(vaQueryConfigProfiles(display, profiles, &count), VA_STATUS_SUCCESS);
	assert_true(count >= 5 && count <= vaMaxNumProfiles(display));
	for (int i = 0; i < count; i++) {
		int n;

		assert_int_equal(vaQueryConfigEntrypoints(display, profiles[i], entrypoints, &n),
				 VA_STATUS_SUCCESS);
		assert_int_equal(n, 1);
		assert_int_equal(entrypoints[0], profiles[i] == VAProfileNone
							 ? VAEntrypointVideoProc
							 : VAEntrypointVLD);
	}
	assert_int_equal(
		vaQueryConfigEntrypoints(display, VAProfileJPEGBaseline, entrypoints, &count),
		VA_STATUS_ERROR_UNSUPPORTED_PROFILE);
	vaTerminate(display);
}

static void test_unsupported_configs_are_refused(void **state)
{
	VADisplay display = client_open_display();
	VAConfigAttrib format = {VAConfigAttribRTFormat, VA_RT_FORMAT_YUV420_10};
	VAConfigAttrib rate = {VAConfigAttribRateControl, VA_RC_CQP};
	VAConfigID config;

	(void)state;
	assert_int_equal(
		vaCreateConfig(display, VAProfileJPEGBaseline, VAEntrypointVLD, NULL, 0, &config),
		VA_STATUS_ERROR_UNSUPPORTED_PROFILE);
	assert_int_equal(
		vaCreateConfig(display, VAProfileH264Main, VAEntrypointEncSlice, NULL, 0, &config),
		VA_STATUS_ERROR_UNSUPPORTED_ENTRYPOINT);
	assert_int_equal(
		vaCreateConfig(display, VAProfileH264Main, VAEntrypointVLD, &format, 1, &config),
		VA_STATUS_ERROR_UNSUPPORTED_RT_FORMAT);
	assert_int_equal(
		vaCreateConfig(display, VAProfileH264Main, VAEntrypointVLD, &rate, 1, &config),
		VA_STATUS_ERROR_ATTR_NOT_SUPPORTED);
	assert_int_equal(vaDestroyConfig(display, 77), VA_STATUS_ERROR_INVALID_CONFIG);
	vaTerminate(display);
}

static void test_config_tells_its_attributes(void **state)
{
	VAConfigAttrib asked[3] = {{VAConfigAttribRTFormat, 0},
				   {VAConfigAttribMaxPictureWidth, 0},
				   {VAConfigAttribRateControl, 0}};
	VAConfigAttrib list[32];
	struct client client;
	VAEntrypoint entrypoint;
	VAProfile profile;
	int count = 0;

	(void)state;
	client_open(&client);
	assert_int_equal(
		vaGetConfigAttributes(client.display, VAProfileH264High, VAEntrypointVLD, asked, 3),
		VA_STATUS_SUCCESS);
	assert_int_equal(asked[0].value, VA_RT_FORMAT_YUV420 | VA_RT_FORMAT_YUV400);
	assert_true(asked[1].value >= 4096);
	assert_int_equal(asked[2].value, VA_ATTRIB_NOT_SUPPORTED);
	assert_true(vaMaxNumConfigAttributes(client.display) <= 32);
	assert_int_equal(vaQueryConfigAttributes(client.display, client.config, &profile,
						 &entrypoint, list, &count),
			 VA_STATUS_SUCCESS);
	assert_int_equal(profile, VAProfileH264High);
	assert_int_equal(entrypoint, VAEntrypointVLD);
	assert_true(count >= 1);
	client_close(&client, NULL);
}

static void test_surface_attributes_are_listed(void **state)
{
	VASurfaceAttrib list[16];
	unsigned int count = 0, small = 1;
	struct client client;
	bool nv12 = false;

	(void)state;
	client_open(&client);
	assert_int_equal(vaQuerySurfaceAttributes(client.display, client.config, NULL, &count),
			 VA_STATUS_SUCCESS);
	assert_true(count >= 1 && count <= 16);
	assert_int_equal(vaQuerySurfaceAttributes(client.display, client.config, list, &small),
			 VA_STATUS_ERROR_MAX_NUM_EXCEEDED);
	assert_int_equal(small, count);
	assert_int_equal(vaQuerySurfaceAttributes(client.display, client.config, list, &count),
			 VA_STATUS_SUCCESS);
	for (unsigned int i = 0; i < count; i++)
		if (list[i].type == VASurfaceAttribPixelFormat)
			nv12 = nv12 || (unsigned int)list[i].value.value.i == VA_FOURCC_NV12;
	assert_true(nv12);
	client_close(&client, NULL);
}

static void test_impossible_surfaces_are_refused(void **state)
{
	VADisplay display = client_open_display();
	VASurfaceAttrib format = {.type = VASurfaceAttribPixelFormat,
				  .flags = VA_SURFACE_ATTRIB_SETTABLE};
	VASurfaceID surfaces[2];

	(void)state;
	format.value.type = VAGenericValueTypeInteger;
	format.value.value.i = (int)VA_FOURCC_P010;
	assert_int_equal(
		vaCreateSurfaces(display, VA_RT_FORMAT_YUV420, 0, 16, surfaces, 2, NULL, 0),
		VA_STATUS_ERROR_RESOLUTION_NOT_SUPPORTED);
	assert_int_equal(
		vaCreateSurfaces(display, VA_RT_FORMAT_YUV420, 8193, 16, surfaces, 2, NULL, 0),
		VA_STATUS_ERROR_RESOLUTION_NOT_SUPPORTED);
	assert_int_equal(
		vaCreateSurfaces(display, VA_RT_FORMAT_RGB32, 16, 16, surfaces, 2, NULL, 0),
		VA_STATUS_ERROR_UNSUPPORTED_RT_FORMAT);
	assert_int_equal(
		vaCreateSurfaces(display, VA_RT_FORMAT_YUV420, 16, 16, surfaces, 2, &format, 1),
		VA_STATUS_ERROR_UNSUPPORTED_RT_FORMAT);
	format.value.value.i = (int)VA_FOURCC_I420; /* of images only */
	assert_int_equal(
		vaCreateSurfaces(display, VA_RT_FORMAT_YUV420, 16, 16, surfaces, 2, &format, 1),
		VA_STATUS_ERROR_INVALID_VALUE);
	assert_int_equal(surfaces[1], VA_INVALID_SURFACE);
	assert_int_equal(vaDestroySurfaces(display, surfaces, 1), VA_STATUS_ERROR_INVALID_SURFACE);
	vaTerminate(display);
}

static void test_stream_is_exact(void **state)
{
	struct client_report report;
	struct client client;

	(void)state;
	client_open(&client);
	/* All queued before the first is waited for. */
	for (int i = 0; i < STREAM_PICTURES; i++)
		assert_int_equal(client_submit(&client, &client.stream.pictures[i]),
				 VA_STATUS_SUCCESS);
	for (int i = STREAM_PICTURES; i-- > 0;) {
		const struct stream_picture *picture = &client.stream.pictures[i];

		assert_int_equal(vaSyncSurface(client.display, picture->target), VA_STATUS_SUCCESS);
		assert_true(client_shows(&client, picture->target, picture));
	}
	client_close(&client, &report);
	assert_string_equal(report.names, "");
	assert_true(report.performed > 0);
	assert_int_equal(report.failed, 0);
	assert_int_equal(report.leaked, 0);
}

static void test_picture_is_awaited(void **state)
{
	struct stream_picture *picture;
	struct client_report report;
	struct client_gate gate;
	struct client_view view;
	struct client client;
	VASurfaceStatus status;

	(void)state;
	client_gate_open(&gate);
	client_open(&client);
	picture = &client.stream.pictures[0];
	client_view_open(&client, picture->target, &view);
	assert_int_equal(view.data[0], 0);
	assert_int_equal(client_submit(&client, picture), VA_STATUS_SUCCESS);
	assert_int_equal(vaSyncSurface2(client.display, picture->target, 0),
			 VA_STATUS_ERROR_TIMEDOUT);
	assert_int_equal(vaSyncSurface2(client.display, picture->target, 1000000),
			 VA_STATUS_ERROR_TIMEDOUT);
	assert_int_equal(vaQuerySurfaceStatus(client.display, picture->target, &status),
			 VA_STATUS_SUCCESS);
	assert_int_equal(status, VASurfaceRendering);
	assert_int_equal(view.data[0], POISON);
	client_gate_pass(&gate, 1);
	assert_int_equal(vaSyncSurface2(client.display, picture->target, VA_TIMEOUT_INFINITE),
			 VA_STATUS_SUCCESS);
	assert_int_equal(vaQuerySurfaceStatus(client.display, picture->target, &status),
			 VA_STATUS_SUCCESS);
	assert_int_equal(status, VASurfaceReady);
	assert_int_equal(view.data[0], picture->expected[0][0]);
	client_view_close(&client, &view);
	assert_true(client_shows(&client, picture->target, picture));
	client_close(&client, &report);
	client_gate_close(&gate);
	assert_string_equal(report.names, "");
}

/* softva tells of the access, and then waits. */
static void open_gate(void *gate, const char *message)
{
	if (strstr(message, "before vaSyncSurface"))
		client_gate_pass(gate, 1);
}

static void test_access_waits_and_is_counted(void **state)
{
	VAImageFormat format = {.fourcc = VA_FOURCC_NV12};
	struct stream_picture *picture;
	struct client_report report;
	struct client_gate gate;
	struct client client;
	VAImage image;
	uint8_t *data;

	(void)state;
	client_gate_open(&gate);
	client_open(&client);
	vaSetInfoCallback(client.display, open_gate, &gate);
	picture = &client.stream.pictures[0];
	assert_int_equal(client_submit(&client, picture), VA_STATUS_SUCCESS);
	assert_true(client_shows(&client, picture->target, picture));
	picture = &client.stream.pictures[1];
	assert_int_equal(client_submit(&client, picture), VA_STATUS_SUCCESS);
	assert_int_equal(vaCreateImage(client.display, &format, STREAM_SIZE, STREAM_SIZE, &image),
			 VA_STATUS_SUCCESS);
	assert_int_equal(vaGetImage(client.display, picture->target, 0, 0, STREAM_SIZE, STREAM_SIZE,
				    image.image_id),
			 VA_STATUS_SUCCESS);
	assert_int_equal(vaMapBuffer(client.display, image.buf, (void **)&data), VA_STATUS_SUCCESS);
	assert_int_equal(data[image.offsets[0]], picture->expected[0][0]);
	vaDestroyImage(client.display, image.image_id);
	client_close(&client, &report);
	client_gate_close(&gate);
	assert_string_equal(report.names, "read-before-sync ");
}

static void *wait_for(void *data)
{
	struct client *client = data;
	uintptr_t status = (uintptr_t)vaSyncSurface(client->display, client->surfaces[0]);

	return (void *)status;
}

static void test_wait_blocks_nobody_else(void **state)
{
	struct client_gate gate;
	struct client client;
	VASurfaceID surface;
	pthread_t thread;
	void *status;

	(void)state;
	client_gate_open(&gate);
	client_open(&client);
	assert_int_equal(client_submit(&client, &client.stream.pictures[0]), VA_STATUS_SUCCESS);
	assert_int_equal(pthread_create(&thread, NULL, wait_for, &client), 0);
	assert_int_equal(client_submit(&client, &client.stream.pictures[1]), VA_STATUS_SUCCESS);
	assert_int_equal(
		vaCreateSurfaces(client.display, VA_RT_FORMAT_YUV420, 64, 64, &surface, 1, NULL, 0),
		VA_STATUS_SUCCESS);
	assert_int_equal(vaSyncSurface(client.display, surface), VA_STATUS_SUCCESS);
	assert_int_equal(vaDestroySurfaces(client.display, &surface, 1), VA_STATUS_SUCCESS);
	client_gate_pass(&gate, 2);
	assert_int_equal(pthread_join(thread, &status), 0);
	assert_int_equal((uintptr_t)status, VA_STATUS_SUCCESS);
	client_close(&client, NULL);
	client_gate_close(&gate);
}

static void test_destroyed_context_finishes_its_queue(void **state)
{
	struct client_gate gate;
	struct client client;

	(void)state;
	client_gate_open(&gate);
	client_open(&client);
	for (int i = 0; i < STREAM_PICTURES; i++)
		assert_int_equal(client_submit(&client, &client.stream.pictures[i]),
				 VA_STATUS_SUCCESS);
	assert_int_equal(vaDestroyContext(client.display, client.context), VA_STATUS_SUCCESS);
	for (int i = 0; i < STREAM_PICTURES; i++) {
		const struct stream_picture *picture = &client.stream.pictures[i];

		assert_int_equal(vaSyncSurface2(client.display, picture->target, 0),
				 VA_STATUS_SUCCESS);
		assert_true(client_shows(&client, picture->target, picture));
	}
	client_close(&client, NULL);
	client_gate_close(&gate);
}

static void test_surface_may_go_while_it_is_decoded(void **state)
{
	struct client_gate gate;
	struct client client;

	(void)state;
	client_gate_open(&gate);
	client_open(&client);
	assert_int_equal(client_submit(&client, &client.stream.pictures[0]), VA_STATUS_SUCCESS);
	assert_int_equal(vaDestroySurfaces(client.display, client.surfaces, 1), VA_STATUS_SUCCESS);
	assert_int_equal(vaSyncSurface(client.display, client.surfaces[0]),
			 VA_STATUS_ERROR_INVALID_SURFACE);
	client_gate_pass(&gate, 1);
	client_close(&client, NULL);
	client_gate_close(&gate);
}

static void test_failed_picture_has_errors(void **state)
{
	VASurfaceDecodeMBErrors *errors;
	struct stream_picture *picture;
	struct client client;
	void *info;

	(void)state;
	client_open(&client);
	picture = &client.stream.pictures[0];
	picture->slice.slice_data_bit_offset += 3;
	assert_int_equal(client_submit(&client, picture), VA_STATUS_SUCCESS);
	assert_int_equal(vaSyncSurface(client.display, picture->target),
			 VA_STATUS_ERROR_DECODING_ERROR);
	assert_int_equal(vaQuerySurfaceError(client.display, picture->target,
					     VA_STATUS_ERROR_DECODING_ERROR, &info),
			 VA_STATUS_SUCCESS);
	errors = info;
	assert_int_equal(errors[0].status, 1);
	assert_int_equal(errors[0].end_mb, STREAM_MBS - 1);
	assert_int_equal(errors[1].status, -1);
	/* The next picture in the surface is judged by itself. */
	picture->slice.slice_data_bit_offset -= 3;
	assert_int_equal(client_submit(&client, picture), VA_STATUS_SUCCESS);
	assert_int_equal(vaSyncSurface(client.display, picture->target), VA_STATUS_SUCCESS);
	assert_true(client_shows(&client, picture->target, picture));
	client_close(&client, NULL);
}

static VABufferID make_buffer(struct client *client)
{
	VABufferID buffer;

	assert_int_equal(vaCreateBuffer(client->display, client->context, VASliceDataBufferType, 16,
					1, NULL, &buffer),
			 VA_STATUS_SUCCESS);
	return buffer;
}

static void test_leaks_are_counted(void **state)
{
	struct client_report report;
	struct client client;
	VAImageFormat format = {.fourcc = VA_FOURCC_NV12};
	VASurfaceID surface;
	VAConfigID config;
	VAContextID context;
	VAImage image;

	(void)state;
	client_open(&client);
	make_buffer(&client);
	vaCreateImage(client.display, &format, 16, 16, &image);
	vaCreateSurfaces(client.display, VA_RT_FORMAT_YUV420, 16, 16, &surface, 1, NULL, 0);
	vaCreateConfig(client.display, VAProfileH264Main, VAEntrypointVLD, NULL, 0, &config);
	vaCreateContext(client.display, config, 16, 16, 0, &surface, 1, &context);
	client_close(&client, &report);
	/* The image and its buffer are two. */
	assert_int_equal(report.leaked, 6);
}

static void *decode_stream(void *data)
{
	struct client *client = data;
	uintptr_t good = 0;

	for (int round = 0; round < 20; round++)
		for (int i = 0; i < STREAM_PICTURES; i++) {
			const struct stream_picture *picture = &client->stream.pictures[i];

			if (client_submit(client, picture) == VA_STATUS_SUCCESS &&
			    vaSyncSurface(client->display, picture->target) == VA_STATUS_SUCCESS &&
			    client_shows(client, picture->target, picture))
				good++;
		}
	return (void *)good;
}

static void test_displays_work_side_by_side(void **state)
{
	struct client_report report;
	struct client clients[3];
	pthread_t threads[3];
	void *good;

	(void)state;
	for (int i = 0; i < 3; i++)
		client_open(&clients[i]);
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, decode_stream, &clients[i]), 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(pthread_join(threads[i], &good), 0);
		assert_int_equal((uintptr_t)good, 20 * STREAM_PICTURES);
	}
	for (int i = 0; i < 3; i++) {
		client_close(&clients[i], &report);
		assert_string_equal(report.names, "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_profiles_decode_and_no_more),
		cmocka_unit_test(test_unsupported_configs_are_refused),
		cmocka_unit_test(test_config_tells_its_attributes),
		cmocka_unit_test(test_surface_attributes_are_listed),
		cmocka_unit_test(test_impossible_surfaces_are_refused),
		cmocka_unit_test(test_stream_is_exact),
		cmocka_unit_test(test_picture_is_awaited),
		cmocka_unit_test(test_access_waits_and_is_counted),
		cmocka_unit_test(test_wait_blocks_nobody_else),
		cmocka_unit_test(test_destroyed_context_finishes_its_queue),
		cmocka_unit_test(test_surface_may_go_while_it_is_decoded),
		cmocka_unit_test(test_failed_picture_has_errors),
		cmocka_unit_test(test_leaks_are_counted),
		cmocka_unit_test(test_displays_work_side_by_side),
	};

	client_find_driver();
	return cmocka_run_group_tests_name("softva", tests, NULL, NULL);
}
