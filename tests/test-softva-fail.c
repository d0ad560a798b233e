/* SPDX-License-Identifier: MIT */
/*
 * SOFTVA_FAIL: the call that it names fails the time that it names, does nothing, and works again; a text
 * that is none of the kind is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <va/va_drmcommon.h>

#include "display.h"
#include "softva-client.h"

#define STATUS 0x17 /* VA_STATUS_ERROR_DECODING_ERROR, which none of these gives by itself */

static VAStatus run_create_config(struct client *c)
{
	VAConfigID id;
	VAStatus status =
		vaCreateConfig(c->display, VAProfileH264Main, VAEntrypointVLD, NULL, 0, &id);

	if (status == VA_STATUS_SUCCESS)
		vaDestroyConfig(c->display, id);
	return status;
}

static VAStatus run_create_surfaces(struct client *c)
{
	VASurfaceID id;
	VAStatus status =
		vaCreateSurfaces(c->display, VA_RT_FORMAT_YUV420, 16, 16, &id, 1, NULL, 0);

	if (status == VA_STATUS_SUCCESS)
		vaDestroySurfaces(c->display, &id, 1);
	return status;
}

static VAStatus run_destroy_surfaces(struct client *c)
{
	VASurfaceID *spare = &c->surfaces[STREAM_PICTURES];
	VAStatus status = vaDestroySurfaces(c->display, spare, 1);

	if (status == VA_STATUS_SUCCESS)
		vaCreateSurfaces(c->display, VA_RT_FORMAT_YUV420, 16, 16, spare, 1, NULL, 0);
	return status;
}

static VAStatus run_create_context(struct client *c)
{
	VAContextID id;
	VAStatus status = vaCreateContext(c->display, c->config, 16, 16, 0, NULL, 0, &id);

	if (status == VA_STATUS_SUCCESS)
		vaDestroyContext(c->display, id);
	return status;
}

static VAStatus run_destroy_context(struct client *c)
{
	VAStatus status = vaDestroyContext(c->display, c->context);

	if (status == VA_STATUS_SUCCESS)
		vaCreateContext(c->display, c->config, STREAM_SIZE, STREAM_SIZE, 0, NULL, 0,
				&c->context);
	return status;
}

static VABufferID make_buffer(struct client *c)
{
	VABufferID id = VA_INVALID_ID;

	vaCreateBuffer(c->display, c->context, VASliceDataBufferType, 16, 1, NULL, &id);
	return id;
}

static VAStatus run_create_buffer(struct client *c)
{
	VABufferID id;
	VAStatus status =
		vaCreateBuffer(c->display, c->context, VASliceDataBufferType, 16, 1, NULL, &id);

	if (status == VA_STATUS_SUCCESS)
		vaDestroyBuffer(c->display, id);
	return status;
}

static VAStatus run_destroy_buffer(struct client *c)
{
	VABufferID id = make_buffer(c);
	VAStatus status = vaDestroyBuffer(c->display, id);

	if (status != VA_STATUS_SUCCESS)
		assert_int_equal(vaDestroyBuffer(c->display, id), VA_STATUS_SUCCESS);
	return status;
}

static VAStatus run_map_buffer(struct client *c)
{
	VABufferID id = make_buffer(c);
	void *data;
	VAStatus status = vaMapBuffer(c->display, id, &data);

	vaDestroyBuffer(c->display, id);
	return status;
}

static VAStatus run_unmap_buffer(struct client *c)
{
	VABufferID id = make_buffer(c);
	VAStatus status;
	void *data;

	vaMapBuffer(c->display, id, &data);
	status = vaUnmapBuffer(c->display, id);
	vaDestroyBuffer(c->display, id);
	return status;
}

/* Begin, render and end, of which one fails; where render failed the picture is ended all the same. */
static VAStatus run_picture(struct client *c)
{
	VAStatus status = client_submit(c, &c->stream.pictures[0]);

	if (status == VA_STATUS_SUCCESS)
		assert_int_equal(vaSyncSurface(c->display, c->surfaces[0]), VA_STATUS_SUCCESS);
	return status;
}

static VAStatus run_render_picture(struct client *c)
{
	VAStatus status = client_submit(c, &c->stream.pictures[0]);

	if (status != VA_STATUS_SUCCESS)
		assert_int_equal(vaEndPicture(c->display, c->context), VA_STATUS_SUCCESS);
	return status;
}

static VAStatus run_sync_surface(struct client *c)
{
	return vaSyncSurface(c->display, c->surfaces[0]);
}

static VAStatus run_sync_surface2(struct client *c)
{
	return vaSyncSurface2(c->display, c->surfaces[0], 0);
}

static VAStatus run_query_surface_status(struct client *c)
{
	VASurfaceStatus status;

	return vaQuerySurfaceStatus(c->display, c->surfaces[0], &status);
}

static VAStatus make_image(struct client *c, VAImage *image)
{
	VAImageFormat format = {.fourcc = VA_FOURCC_NV12};

	return vaCreateImage(c->display, &format, STREAM_SIZE, STREAM_SIZE, image);
}

static VAStatus run_create_image(struct client *c)
{
	VAImage image;
	VAStatus status = make_image(c, &image);

	if (status == VA_STATUS_SUCCESS)
		vaDestroyImage(c->display, image.image_id);
	return status;
}

static VAStatus run_derive_image(struct client *c)
{
	VAImage image;
	VAStatus status = vaDeriveImage(c->display, c->surfaces[0], &image);

	if (status == VA_STATUS_SUCCESS)
		vaDestroyImage(c->display, image.image_id);
	return status;
}

static VAStatus run_destroy_image(struct client *c)
{
	VAImage image;
	VAStatus status;

	assert_int_equal(make_image(c, &image), VA_STATUS_SUCCESS);
	status = vaDestroyImage(c->display, image.image_id);
	if (status != VA_STATUS_SUCCESS)
		assert_int_equal(vaDestroyImage(c->display, image.image_id), VA_STATUS_SUCCESS);
	return status;
}

static VAStatus run_get_image(struct client *c)
{
	VAImage image;
	VAStatus status;

	assert_int_equal(make_image(c, &image), VA_STATUS_SUCCESS);
	status = vaGetImage(c->display, c->surfaces[0], 0, 0, 16, 16, image.image_id);
	vaDestroyImage(c->display, image.image_id);
	return status;
}

static VAStatus run_put_image(struct client *c)
{
	VAImage image;
	VAStatus status;

	assert_int_equal(make_image(c, &image), VA_STATUS_SUCCESS);
	status = vaPutImage(c->display, c->surfaces[0], image.image_id, 0, 0, 16, 16, 0, 0, 16, 16);
	vaDestroyImage(c->display, image.image_id);
	return status;
}

static VAStatus run_export(struct client *c)
{
	VADRMPRIMESurfaceDescriptor out;
	VAStatus status = vaExportSurfaceHandle(c->display, c->surfaces[0],
						VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME_2,
						VA_EXPORT_SURFACE_COMPOSED_LAYERS, &out);

	if (status == VA_STATUS_SUCCESS)
		close(out.objects[0].fd);
	return status;
}

static const struct row {
	const char *call;
	/* Calls that client_open() makes. */
	int before;
	VAStatus (*run)(struct client *client);
} rows[] = {
	{"vaCreateConfig", 1, run_create_config},
	{"vaCreateSurfaces", 1, run_create_surfaces},
	{"vaDestroySurfaces", 0, run_destroy_surfaces},
	{"vaCreateContext", 1, run_create_context},
	{"vaDestroyContext", 0, run_destroy_context},
	{"vaCreateBuffer", 0, run_create_buffer},
	{"vaMapBuffer", 0, run_map_buffer},
	{"vaUnmapBuffer", 0, run_unmap_buffer},
	{"vaDestroyBuffer", 0, run_destroy_buffer},
	{"vaBeginPicture", 0, run_picture},
	{"vaRenderPicture", 0, run_render_picture},
	{"vaEndPicture", 0, run_picture},
	{"vaSyncSurface", 0, run_sync_surface},
	{"vaSyncSurface2", 0, run_sync_surface2},
	{"vaQuerySurfaceStatus", 0, run_query_surface_status},
	{"vaCreateImage", 0, run_create_image},
	{"vaDeriveImage", 0, run_derive_image},
	{"vaDestroyImage", 0, run_destroy_image},
	{"vaGetImage", 0, run_get_image},
	{"vaPutImage", 0, run_put_image},
	{"vaExportSurfaceHandle", 0, run_export},
};

#define NUM_ROWS (sizeof(rows) / sizeof(rows[0]))

static void open_failing(struct client *client, const char *text)
{
	setenv("SOFTVA_FAIL", text, 1);
	client_open(client);
	unsetenv("SOFTVA_FAIL");
}

/* The second of three. */
static void test_call_fails_once(void **state)
{
	const struct row *row = *state;
	struct client_report report;
	struct client client;
	char text[64];

	snprintf(text, sizeof(text), "%s:%d:0x%x", row->call, row->before + 2, STATUS);
	open_failing(&client, text);
	assert_int_equal(row->run(&client), VA_STATUS_SUCCESS);
	assert_int_equal(row->run(&client), STATUS);
	assert_int_equal(row->run(&client), VA_STATUS_SUCCESS);
	client_close(&client, &report);
	assert_int_equal(report.leaked, 0);
	/* A failed call is no mistake of the client's: but a render that failed fails its picture. */
	assert_string_equal(report.names, row->run == run_render_picture ? "buffers-present " : "");
}

static void test_call_fails_for_good(void **state)
{
	struct client client;

	(void)state;
	open_failing(&client, "vaSyncSurface:2+:1,vaQuerySurfaceStatus:1,vaSyncSurface:4:23");
	assert_int_equal(run_query_surface_status(&client), VA_STATUS_ERROR_OPERATION_FAILED);
	assert_int_equal(run_query_surface_status(&client), VA_STATUS_SUCCESS);
	assert_int_equal(run_sync_surface(&client), VA_STATUS_SUCCESS);
	assert_int_equal(run_sync_surface(&client), VA_STATUS_ERROR_OPERATION_FAILED);
	assert_int_equal(run_sync_surface(&client), VA_STATUS_ERROR_OPERATION_FAILED);
	assert_int_equal(run_sync_surface(&client), VA_STATUS_ERROR_DECODING_ERROR);
	assert_int_equal(run_sync_surface(&client), VA_STATUS_ERROR_OPERATION_FAILED);
	client_close(&client, NULL);
}

static void silence(void *cookie, const char *message)
{
	(void)cookie, (void)message;
}

static void test_other_text_is_refused(void **state)
{
	static const char *const texts[] = {
		"vaEndPicture",       "vaEndPicture:",
		"vaEndPicture:0",     "vaEndPicture:-1",
		"vaEndPicture:x",     "vaEndPicture:1:0",
		"vaEndPicture:1:",    "vaEndPicture:1:0x100000000",
		"vaEndPicture:1,",    "vaEndPictures:1",
		"vaTerminate:1",      "1",
		"vaEndPicture:1 ",    ",",
		"vaEndPicture:1++:1", "vaEndPicture:99999999999999999999",
	};
	char nine[9 * 20] = "vaEndPicture:1";
	int major, minor;

	(void)state;
	for (int i = 0; i < 8; i++)
		strcat(nine, ",vaEndPicture:1");
	for (size_t i = 0; i <= sizeof(texts) / sizeof(texts[0]); i++) {
		bool last = i == sizeof(texts) / sizeof(texts[0]);
		VADisplay display = display_new("softva");

		setenv("SOFTVA_FAIL", last ? nine : texts[i], 1);
		vaSetInfoCallback(display, silence, NULL);
		vaSetErrorCallback(display, silence, NULL);
		assert_int_not_equal(vaInitialize(display, &major, &minor), VA_STATUS_SUCCESS);
		vaTerminate(display);
	}
	unsetenv("SOFTVA_FAIL");
}

#define NUM_OTHERS 2

int main(void)
{
	struct CMUnitTest tests[NUM_ROWS + NUM_OTHERS] = {
		cmocka_unit_test(test_call_fails_for_good),
		cmocka_unit_test(test_other_text_is_refused),
	};

	client_find_driver();
	for (size_t i = 0; i < NUM_ROWS; i++)
		tests[NUM_OTHERS + i] =
			(struct CMUnitTest){rows[i].call, test_call_fails_once, NULL, NULL,
					    (void *)(uintptr_t)&rows[i]};
	return cmocka_run_group_tests_name("softva fail", tests, NULL, NULL);
}
