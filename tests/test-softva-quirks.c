/* SPDX-License-Identifier: MIT */
/*
 * softva's quirks of queries, contexts, waiting and decoding: each shows what its driver does to a client
 * that is not prepared. Those of pictures' memory are in test-softva-quirks-images.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "display.h"
#include "softva-client.h"

#define OK VA_STATUS_SUCCESS

/* ---- What is listed ---- */

static unsigned int list(const char *quirks, VASurfaceAttrib attribs[64])
{
	VADisplay display = client_display_with(quirks);
	VAConfigAttrib rt = {VAConfigAttribRTFormat, VA_RT_FORMAT_YUV420};
	unsigned int n = 64;
	VAConfigID config;

	assert_int_equal(
		vaCreateConfig(display, VAProfileHEVCMain10, VAEntrypointVLD, &rt, 1, &config), OK);
	assert_int_equal(vaQuerySurfaceAttributes(display, config, attribs, &n), OK);
	vaDestroyConfig(display, config);
	vaTerminate(display);
	return n;
}

/* How often it is listed; any value: -1. */
static unsigned int count(const VASurfaceAttrib *attribs, unsigned int n, VASurfaceAttribType type,
			  int value)
{
	unsigned int found = 0;

	for (unsigned int i = 0; i < n; i++)
		found += attribs[i].type == type &&
			 (value == -1 || attribs[i].value.value.i == value);
	return found;
}

static void test_surface_attributes(void **state)
{
	VASurfaceAttrib attribs[64];
	unsigned int n;

	(void)state;
	n = list("", attribs);
	assert_int_equal(count(attribs, n, VASurfaceAttribMemoryType, -1), 1);
	assert_int_equal(count(attribs, n, VASurfaceAttribPixelFormat, -1), 1);
	n = list("memtype=unlisted", attribs);
	assert_int_equal(count(attribs, n, VASurfaceAttribMemoryType, -1), 0);
	assert_int_equal(count(attribs, n, VASurfaceAttribExternalBufferDescriptor, -1), 0);
	n = list("p016", attribs);
	assert_int_equal(count(attribs, n, VASurfaceAttribPixelFormat, -1), 4);
	assert_int_equal(count(attribs, n, VASurfaceAttribPixelFormat, VA_FOURCC_P016), 1);
	n = list("limits", attribs);
	assert_int_equal(count(attribs, n, VASurfaceAttribMinWidth, 144), 1);
	assert_int_equal(count(attribs, n, VASurfaceAttribMaxHeight, 8192), 1);
}

static void test_config_attributes(void **state)
{
	VAConfigAttrib attribs[2] = {{VAConfigAttribEncMaxRefFrames, 4711},
				     {VAConfigAttribRTFormat, 0}};
	VADisplay display = client_display_with("attribs=untouched");

	(void)state;
	assert_int_equal(
		vaGetConfigAttributes(display, VAProfileH264Main, VAEntrypointVLD, attribs, 2), OK);
	assert_int_equal(attribs[0].value, 4711);
	assert_int_equal(attribs[1].value, VA_RT_FORMAT_YUV420);
	vaTerminate(display);
	display = client_display_with("");
	assert_int_equal(
		vaGetConfigAttributes(display, VAProfileH264Main, VAEntrypointVLD, attribs, 2), OK);
	assert_int_equal(attribs[0].value, VA_ATTRIB_NOT_SUPPORTED);
	vaTerminate(display);
}

/* The RT formats of a config of VP9's profile 2. */
static uint32_t rt_formats(VADisplay display, VAConfigAttrib *attribs, int n)
{
	VAConfigAttrib got[16];
	VAEntrypoint entrypoint;
	VAConfigID config;
	VAProfile profile;
	int count = 0;

	assert_int_equal(
		vaCreateConfig(display, VAProfileVP9Profile2, VAEntrypointVLD, attribs, n, &config),
		OK);
	assert_int_equal(
		vaQueryConfigAttributes(display, config, &profile, &entrypoint, got, &count), OK);
	vaDestroyConfig(display, config);
	for (int i = 0; i < count; i++)
		if (got[i].type == VAConfigAttribRTFormat)
			return got[i].value;
	return 0;
}

static void test_rt_format_must_be_first(void **state)
{
	VAConfigAttrib attribs[2] = {{VAConfigAttribDecSliceMode, VA_DEC_SLICE_MODE_NORMAL},
				     {VAConfigAttribRTFormat, VA_RT_FORMAT_YUV420_12}};
	VADisplay display = client_display_with("rtformat-first");

	(void)state;
	assert_int_equal(rt_formats(display, attribs, 2), VA_RT_FORMAT_YUV420_10);
	assert_int_equal(rt_formats(display, NULL, 0), VA_RT_FORMAT_YUV420_10);
	assert_int_equal(rt_formats(display, attribs + 1, 1), VA_RT_FORMAT_YUV420_12);
	vaTerminate(display);
	display = client_display_with("");
	assert_int_equal(rt_formats(display, attribs, 2), VA_RT_FORMAT_YUV420_12);
	vaTerminate(display);
}

/* Whether the profile has the entry point, as the list says and as a config shows. */
static bool has_entrypoint(VADisplay display, VAProfile profile, VAEntrypoint entrypoint)
{
	VAEntrypoint list[16];
	VAConfigID config;
	bool listed = false;
	int n = 0;

	if (vaQueryConfigEntrypoints(display, profile, list, &n) == OK)
		for (int i = 0; i < n; i++)
			listed |= list[i] == entrypoint;
	assert_int_equal(vaCreateConfig(display, profile, entrypoint, NULL, 0, &config) == OK,
			 listed);
	if (listed)
		vaDestroyConfig(display, config);
	return listed;
}

static uint32_t packed_headers(VADisplay display, VAProfile profile, VAEntrypoint entrypoint)
{
	VAConfigAttrib attrib = {VAConfigAttribEncPackedHeaders, 4711};

	assert_int_equal(vaGetConfigAttributes(display, profile, entrypoint, &attrib, 1), OK);
	return attrib.value;
}

static void test_encoders_are_listed(void **state)
{
	const VAProfile main = VAProfileH264Main, scc = VAProfileHEVCSccMain;
	VADisplay display = client_display_with("");
	VAContextID context;
	VAConfigID config;

	(void)state;
	assert_false(has_entrypoint(display, main, VAEntrypointEncSliceLP));
	assert_false(has_entrypoint(display, main, VAEntrypointEncSlice));
	assert_false(has_entrypoint(display, scc, VAEntrypointEncSliceLP));
	vaTerminate(display);

	display = client_display_with("enc=lp-only,no-packed");
	assert_true(has_entrypoint(display, main, VAEntrypointVLD));
	assert_true(has_entrypoint(display, main, VAEntrypointEncSliceLP));
	assert_false(has_entrypoint(display, main, VAEntrypointEncSlice));
	assert_false(has_entrypoint(display, VAProfileVP9Profile0, VAEntrypointEncSliceLP));
	/* A profile may be there for encoding alone. */
	assert_true(has_entrypoint(display, scc, VAEntrypointEncSliceLP));
	assert_false(has_entrypoint(display, scc, VAEntrypointVLD));
	assert_int_equal(packed_headers(display, main, VAEntrypointEncSliceLP), 0);
	assert_int_equal(packed_headers(display, main, VAEntrypointVLD), VA_ATTRIB_NOT_SUPPORTED);
	/* Nothing is behind it. */
	assert_int_equal(vaCreateConfig(display, main, VAEntrypointEncSliceLP, NULL, 0, &config),
			 OK);
	assert_int_equal(vaCreateContext(display, config, 64, 64, 0, NULL, 0, &context),
			 VA_STATUS_ERROR_UNIMPLEMENTED);
	vaDestroyConfig(display, config);
	vaTerminate(display);

	display = client_display_with("enc=lp-only");
	assert_true(packed_headers(display, main, VAEntrypointEncSliceLP) > 0);
	vaTerminate(display);
	display = client_display_with("no-packed");
	assert_true(has_entrypoint(display, main, VAEntrypointEncSlice));
	assert_int_equal(packed_headers(display, main, VAEntrypointEncSlice), 0);
	vaTerminate(display);
}

/* ---- Contexts ---- */

static VAStatus begin(struct client *client, VASurfaceID surface)
{
	return vaBeginPicture(client->display, client->context, surface);
}

static void test_surfaces_are_bound(void **state)
{
	struct client client;
	VASurfaceID late;

	(void)state;
	client_open_with(&client, "bind-at-context");
	assert_int_equal(vaCreateSurfaces(client.display, VA_RT_FORMAT_YUV420, STREAM_SIZE,
					  STREAM_SIZE, &late, 1, NULL, 0),
			 OK);
	assert_int_equal(begin(&client, late), VA_STATUS_ERROR_INVALID_SURFACE);
	client_decode(&client);
	vaDestroySurfaces(client.display, &late, 1);
	client_close(&client, NULL);
}

/* With one target, the second surface is one too many. */
static void test_surfaces_are_counted(void **state)
{
	struct client client;
	struct stream_picture *picture = &client.stream.pictures[0];

	(void)state;
	client_open_with(&client, "surfaces=32");
	vaDestroyContext(client.display, client.context);
	assert_int_equal(vaCreateContext(client.display, client.config, STREAM_SIZE, STREAM_SIZE, 0,
					 &picture->target, 1, &client.context),
			 OK);
	client_decode(&client);
	client_decode(&client);
	picture->target = picture->pic.CurrPic.picture_id =
		client.surfaces[client.surfaces[0] == picture->target];
	assert_int_equal(client_submit(&client, picture), VA_STATUS_ERROR_DECODING_ERROR);
	client_close(&client, NULL);
}

static void test_limits(void **state)
{
	VADisplay display = client_display_with("limits");
	static const int sizes[][2] = {{47, 16}, {48, 15}, {4097, 64}, {64, 4097}};
	VAContextID context;
	VAConfigID config;

	(void)state;
	assert_int_equal(
		vaCreateConfig(display, VAProfileH264Main, VAEntrypointVLD, NULL, 0, &config), OK);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		assert_int_equal(vaCreateContext(display, config, sizes[i][0], sizes[i][1], 0, NULL,
						 0, &context),
				 VA_STATUS_ERROR_RESOLUTION_NOT_SUPPORTED);
	assert_int_equal(vaCreateContext(display, config, 48, 16, 0, NULL, 0, &context), OK);
	vaDestroyContext(display, context);
	vaDestroyConfig(display, config);
	vaTerminate(display);
}

/* ---- Calls that are missing ---- */

static void test_missing_calls(void **state)
{
	VASurfaceStatus status;
	struct client client;
	VASurfaceID surface;
	VABufferID buffer;
	void *errors;

	(void)state;
	client_open_with(&client, "no-sync2,no-status,no-error,setnum=fail");
	surface = client_decode(&client);
	assert_int_equal(vaSyncSurface2(client.display, surface, 0), VA_STATUS_ERROR_UNIMPLEMENTED);
	assert_int_equal(vaQuerySurfaceStatus(client.display, surface, &status),
			 VA_STATUS_ERROR_UNIMPLEMENTED);
	assert_int_equal(vaQuerySurfaceError(client.display, surface,
					     VA_STATUS_ERROR_DECODING_ERROR, &errors),
			 VA_STATUS_ERROR_UNIMPLEMENTED);
	assert_int_equal(vaCreateBuffer(client.display, client.context, VASliceDataBufferType, 4, 2,
					NULL, &buffer),
			 OK);
	assert_int_equal(vaBufferSetNumElements(client.display, buffer, 1),
			 VA_STATUS_ERROR_UNIMPLEMENTED);
	vaDestroyBuffer(client.display, buffer);
	client_close(&client, NULL);
}

/* ---- Waiting ---- */

static void test_a_wait_times_out(void **state)
{
	struct stream_picture *picture;
	struct client_gate gate;
	struct client client;

	(void)state;
	client_gate_open(&gate);
	client_open_with(&client, "sync=timedout,lock-while-waiting");
	picture = &client.stream.pictures[0];
	assert_int_equal(client_submit(&client, picture), OK);
	assert_int_equal(vaSyncSurface(client.display, picture->target), VA_STATUS_ERROR_TIMEDOUT);
	client_gate_pass(&gate, 1);
	while (vaSyncSurface(client.display, picture->target) == VA_STATUS_ERROR_TIMEDOUT)
		;
	assert_true(client_shows(&client, picture->target, picture));
	client_close(&client, NULL);
	client_gate_close(&gate);
}

static void test_the_hardware_is_busy(void **state)
{
	struct stream_picture *picture;
	struct client client;

	(void)state;
	client_open_with(&client, "sync=busy");
	picture = &client.stream.pictures[0];
	assert_int_equal(vaSyncSurface(client.display, picture->target), OK);
	assert_int_equal(client_submit(&client, picture), OK);
	assert_int_equal(vaSyncSurface2(client.display, picture->target, 0),
			 VA_STATUS_ERROR_HW_BUSY);
	assert_int_equal(vaSyncSurface(client.display, picture->target), VA_STATUS_ERROR_HW_BUSY);
	assert_int_equal(vaSyncSurface(client.display, picture->target), OK);
	client_close(&client, NULL);
}

/* Each wait takes one byte, though the pictures are done. */
static void test_a_wait_hangs(void **state)
{
	struct stream_picture *picture;
	struct client_gate gate;
	struct client client;
	struct pollfd left;

	(void)state;
	client_gate_open(&gate);
	client_gate_pass(&gate, 2);
	client_open_with(&client, "sync=hang");
	picture = &client.stream.pictures[0];
	assert_int_equal(vaSyncSurface(client.display, picture->target), OK);
	client_decode(&client);
	left = (struct pollfd){.fd = gate.fd, .events = POLLIN};
	assert_int_equal(poll(&left, 1, 0), 1);
	assert_int_equal(vaSyncSurface2(client.display, picture->target, 0), OK);
	assert_int_equal(poll(&left, 1, 0), 0);
	client_close(&client, NULL);
	client_gate_close(&gate);
}

/* ---- Decoding ---- */

static VAStatus decode_padded(struct client *client)
{
	struct stream_picture *picture = &client->stream.pictures[0];
	uint8_t data[4096] = {0};
	const struct client_buffer buffers[] = {
		{VAPictureParameterBufferType, &picture->pic, sizeof(picture->pic)},
		{VAIQMatrixBufferType, &picture->iq, sizeof(picture->iq)},
		{VASliceParameterBufferType, &picture->slice, sizeof(picture->slice)},
		{VASliceDataBufferType, data, picture->size + 9},
	};

	assert_true(picture->size + 9 <= sizeof(data));
	memset(data, 0xff, sizeof(data));
	memcpy(data + 9, picture->data, picture->size);
	picture->slice.slice_data_offset = 9;
	assert_int_equal(client_submit_buffers(client, picture->target, buffers, 4), OK);
	return vaSyncSurface(client->display, picture->target);
}

static void test_a_slice_is_its_whole_buffer(void **state)
{
	struct client client;

	(void)state;
	client_open_with(&client, "");
	assert_int_equal(decode_padded(&client), OK);
	client_close(&client, NULL);
	client_open_with(&client, "slicedata=whole-buffer");
	client_decode(&client);
	assert_int_equal(decode_padded(&client), VA_STATUS_ERROR_DECODING_ERROR);
	client_close(&client, NULL);
}

/* The third picture of the process from now on. */
static void test_the_device_is_lost(void **state)
{
	struct client client;
	VASurfaceID surface;

	(void)state;
	client_open_with(&client, "lost=3");
	client_decode(&client);
	client_decode(&client);
	surface = client.stream.pictures[0].target;
	assert_int_equal(client_submit(&client, &client.stream.pictures[0]), OK);
	assert_int_equal(vaSyncSurface(client.display, surface), VA_STATUS_ERROR_HW_BUSY);
	assert_int_equal(begin(&client, surface), VA_STATUS_ERROR_OPERATION_FAILED);
	client_close(&client, NULL);
	client_open_with(&client, "lost=3");
	client_decode(&client);
	client_close(&client, NULL);
}

/* ---- Names ---- */

static void silence(void *cookie, const char *message)
{
	(void)cookie, (void)message;
}

static VAStatus try_open(const char *variable, const char *value)
{
	VADisplay display = display_new("softva");
	VAStatus status;
	int major, minor;

	setenv(variable, value, 1);
	vaSetInfoCallback(display, silence, NULL);
	vaSetErrorCallback(display, silence, NULL);
	status = vaInitialize(display, &major, &minor);
	unsetenv(variable);
	vaTerminate(display);
	return status;
}

static void test_names(void **state)
{
	static const char *const refused[] = {"lost",    "lost=",         "lost=0",   "lost=x",
					      "lost=5x", "lost=-1",       "no-sync",  "gap,",
					      "gap=",    "lost=99999999", "sync=hang"};

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		assert_int_not_equal(try_open("SOFTVA_QUIRKS", refused[i]), OK);
	assert_int_equal(try_open("SOFTVA_QUIRKS", "gap,lost=999,no-sync2"), OK);
	assert_int_equal(try_open("SOFTVA_LIKE", "ihd"), OK);
	assert_int_equal(try_open("SOFTVA_LIKE", "radeonsi"), OK);
	assert_int_equal(try_open("SOFTVA_LIKE", "nvidia"), OK);
	assert_int_not_equal(try_open("SOFTVA_LIKE", "i965"), OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* First: it counts the process's pictures. */
		cmocka_unit_test(test_the_device_is_lost),
		cmocka_unit_test(test_surface_attributes),
		cmocka_unit_test(test_config_attributes),
		cmocka_unit_test(test_rt_format_must_be_first),
		cmocka_unit_test(test_encoders_are_listed),
		cmocka_unit_test(test_surfaces_are_bound),
		cmocka_unit_test(test_surfaces_are_counted),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_missing_calls),
		cmocka_unit_test(test_a_wait_times_out),
		cmocka_unit_test(test_the_hardware_is_busy),
		cmocka_unit_test(test_a_wait_hangs),
		cmocka_unit_test(test_a_slice_is_its_whole_buffer),
		cmocka_unit_test(test_names),
	};

	client_find_driver();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
