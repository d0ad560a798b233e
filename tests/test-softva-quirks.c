/* SPDX-License-Identifier: MIT */
/*
 * softva's quirks: each shows what its driver does to a client that is not prepared. Those of imported
 * memory that pictures stay away from are in test-softva-images.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>
#include <va/va_drmcommon.h>

#include "display.h"
#include "softva-client.h"

#define OK VA_STATUS_SUCCESS

static void open_with(struct client *client, const char *quirks)
{
	setenv("SOFTVA_QUIRKS", quirks, 1);
	client_open(client);
	unsetenv("SOFTVA_QUIRKS");
}

static VADisplay display_with(const char *quirks)
{
	VADisplay display;

	setenv("SOFTVA_QUIRKS", quirks, 1);
	display = client_open_display();
	unsetenv("SOFTVA_QUIRKS");
	return display;
}

/* The stream's first picture, decoded. */
static VASurfaceID decode(struct client *client)
{
	struct stream_picture *picture = &client->stream.pictures[0];

	assert_int_equal(client_submit(client, picture), OK);
	assert_int_equal(vaSyncSurface(client->display, picture->target), OK);
	return picture->target;
}

static VAImage new_image(VADisplay display, uint32_t fourcc, int size)
{
	VAImageFormat format = {.fourcc = fourcc};
	VAImage image;

	assert_int_equal(vaCreateImage(display, &format, size, size, &image), OK);
	return image;
}

static uint8_t *map(VADisplay display, const VAImage *image)
{
	void *data;

	assert_int_equal(vaMapBuffer(display, image->buf, &data), OK);
	return data;
}

/* ---- Read-out ---- */

/* Whether a derived image shows the surface as vaGetImage does. */
static bool derived_is_linear(struct client *client, VASurfaceID surface)
{
	VAImage derived, got = new_image(client->display, VA_FOURCC_NV12, STREAM_SIZE);
	const uint8_t *a, *b;
	bool same = true;

	assert_int_equal(
		vaGetImage(client->display, surface, 0, 0, STREAM_SIZE, STREAM_SIZE, got.image_id),
		OK);
	assert_int_equal(vaDeriveImage(client->display, surface, &derived), OK);
	a = map(client->display, &derived);
	b = map(client->display, &got);
	for (unsigned int y = 0; y < STREAM_SIZE; y++)
		same = same && !memcmp(a + derived.offsets[0] + y * derived.pitches[0],
				       b + got.offsets[0] + y * got.pitches[0], STREAM_SIZE);
	vaUnmapBuffer(client->display, derived.buf);
	vaUnmapBuffer(client->display, got.buf);
	vaDestroyImage(client->display, derived.image_id);
	vaDestroyImage(client->display, got.image_id);
	return same;
}

static void test_derive(void **state)
{
	struct client client;
	VASurfaceID surface;
	VAImage image;

	(void)state;
	open_with(&client, "derive=fail");
	surface = decode(&client);
	assert_int_equal(vaDeriveImage(client.display, surface, &image),
			 VA_STATUS_ERROR_OPERATION_FAILED);
	client_close(&client, NULL);
	open_with(&client, "derive=tiled");
	assert_false(derived_is_linear(&client, decode(&client)));
	client_close(&client, NULL);
	open_with(&client, "derive=slow");
	assert_true(derived_is_linear(&client, decode(&client)));
	client_close(&client, NULL);
}

static void test_getimage_native(void **state)
{
	VADisplay display = display_with("getimage=native");
	VAImage i420 = new_image(display, VA_FOURCC_I420, 32);
	VAImage planar = new_image(display, VA_FOURCC_444P, 32);
	VAImage packed = new_image(display, VA_FOURCC_XYUV, 32);
	VASurfaceID nv12, xyuv;

	(void)state;
	assert_int_equal(vaCreateSurfaces(display, VA_RT_FORMAT_YUV420, 32, 32, &nv12, 1, NULL, 0),
			 OK);
	assert_int_equal(vaCreateSurfaces(display, VA_RT_FORMAT_YUV444, 32, 32, &xyuv, 1, NULL, 0),
			 OK);
	assert_int_equal(vaGetImage(display, nv12, 0, 0, 32, 32, i420.image_id), OK);
	assert_int_equal(vaGetImage(display, xyuv, 0, 0, 32, 32, packed.image_id), OK);
	assert_int_equal(vaGetImage(display, xyuv, 0, 0, 32, 32, planar.image_id),
			 VA_STATUS_ERROR_OPERATION_FAILED);
	vaTerminate(display);
}

/* 16x16 from the second macroblock: the first one comes, in rows of 16 bytes. */
static void test_getimage_whole(void **state)
{
	struct client client;
	VASurfaceID surface;
	VAImage image;
	const uint8_t *data;

	(void)state;
	open_with(&client, "getimage=whole");
	image = new_image(client.display, VA_FOURCC_NV12, STREAM_SIZE);
	assert_int_equal(image.pitches[0], STREAM_SIZE);
	assert_int_equal(
		vaGetImage(client.display, client.surfaces[0], 0, 0, 16, 16, image.image_id),
		VA_STATUS_ERROR_INVALID_CONTEXT);
	surface = decode(&client);
	assert_int_equal(vaGetImage(client.display, surface, 16, 0, 16, 16, image.image_id), OK);
	data = map(client.display, &image);
	for (unsigned int i = 0; i < 256; i++)
		assert_int_equal(data[i], client.stream.pictures[0].expected[0][0]);
	assert_int_equal(data[256], client.stream.pictures[0].expected[0][1]);
	vaUnmapBuffer(client.display, image.buf);
	vaDestroyImage(client.display, image.image_id);
	client_close(&client, NULL);
}

static void test_putimage_does_nothing(void **state)
{
	struct client client;
	VASurfaceID surface;
	VAImage image;

	(void)state;
	open_with(&client, "putimage=noop");
	image = new_image(client.display, VA_FOURCC_NV12, STREAM_SIZE);
	surface = decode(&client);
	assert_int_equal(vaPutImage(client.display, surface, image.image_id, 0, 0, STREAM_SIZE,
				    STREAM_SIZE, 0, 0, STREAM_SIZE, STREAM_SIZE),
			 OK);
	assert_true(client_shows(&client, surface, &client.stream.pictures[0]));
	vaDestroyImage(client.display, image.image_id);
	client_close(&client, NULL);
}

/* ---- Memory ---- */

static void check_layout(const char *quirks, uint32_t pitch, uint32_t second_plane)
{
	struct client client;
	VASurfaceID surface;
	VAImage derived, image;
	const uint8_t *data;

	open_with(&client, quirks);
	surface = decode(&client);
	assert_true(client_shows(&client, surface, &client.stream.pictures[0]));
	assert_int_equal(vaDeriveImage(client.display, surface, &derived), OK);
	image = new_image(client.display, VA_FOURCC_NV12, STREAM_SIZE);
	assert_int_equal(image.pitches[0], pitch);
	assert_int_equal(image.offsets[1], second_plane);
	assert_int_equal(derived.pitches[0], pitch);
	assert_int_equal(derived.offsets[1], second_plane);
	data = map(client.display, &derived);
	assert_int_equal(data[STREAM_SIZE], 0xa7);
	assert_int_equal(data[second_plane - 1], 0xa7);
	vaUnmapBuffer(client.display, derived.buf);
	vaDestroyImage(client.display, derived.image_id);
	vaDestroyImage(client.display, image.image_id);
	client_close(&client, NULL);
}

static void test_padding(void **state)
{
	(void)state;
	check_layout("align=256x64", 256, 256 * 64);
	check_layout("gap", 64, 64 * STREAM_SIZE + 4352);
	check_layout("gap,align=256x64", 256, 256 * 64 + 4352);
}

static VAStatus export(struct client *client, VASurfaceID surface, uint32_t layers,
		       VADRMPRIMESurfaceDescriptor *out)
{
	return vaExportSurfaceHandle(client->display, surface,
				     VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME_2,
				     VA_EXPORT_SURFACE_READ_ONLY | layers, out);
}

/* Whether the memory has the picture's first row of macroblocks as rows. */
static bool is_linear(const uint8_t *memory, uint32_t pitch, const struct stream_picture *picture)
{
	for (unsigned int y = 0; y < 16; y++)
		for (unsigned int x = 0; x < STREAM_SIZE; x++)
			if (memory[y * pitch + x] != picture->expected[x / 16][0])
				return false;
	return true;
}

static bool is_linear_fd(int fd, size_t size, uint32_t pitch, const struct stream_picture *picture)
{
	const uint8_t *memory = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	bool linear;

	assert_ptr_not_equal(memory, MAP_FAILED);
	linear = is_linear(memory, pitch, picture);
	munmap((void *)(uintptr_t)memory, size);
	return linear;
}

static void test_export(void **state)
{
	VADRMPRIMESurfaceDescriptor out;
	struct client client;
	VASurfaceID surface;

	(void)state;
	open_with(&client, "export=separate-only");
	surface = decode(&client);
	assert_int_equal(export(&client, surface, VA_EXPORT_SURFACE_COMPOSED_LAYERS, &out),
			 VA_STATUS_ERROR_INVALID_SURFACE);
	assert_int_equal(export(&client, surface, VA_EXPORT_SURFACE_SEPARATE_LAYERS, &out), OK);
	assert_int_equal(out.num_layers, 2);
	assert_true(is_linear_fd(out.objects[0].fd, out.objects[0].size, out.layers[0].pitch[0],
				 &client.stream.pictures[0]));
	close(out.objects[0].fd);
	client_close(&client, NULL);
	open_with(&client, "export=modifier");
	surface = decode(&client);
	assert_int_equal(export(&client, surface, VA_EXPORT_SURFACE_COMPOSED_LAYERS, &out), OK);
	assert_true(out.objects[0].drm_format_modifier != 0);
	assert_false(is_linear_fd(out.objects[0].fd, out.objects[0].size, out.layers[0].pitch[0],
				  &client.stream.pictures[0]));
	close(out.objects[0].fd);
	client_close(&client, NULL);
}

enum { PITCH = 64, BYTES = PITCH * STREAM_SIZE * 3 / 2 };

static VASurfaceID import(VADisplay display, int fd)
{
	VADRMPRIMESurfaceDescriptor descriptor = {
		.fourcc = VA_FOURCC_NV12,
		.width = STREAM_SIZE,
		.height = STREAM_SIZE,
		.num_objects = 1,
		.objects = {{.fd = fd, .size = BYTES}},
		.num_layers = 1,
		.layers = {{.drm_format = VA_FOURCC_NV12,
			    .num_planes = 2,
			    .offset = {0, PITCH * STREAM_SIZE},
			    .pitch = {PITCH, PITCH}}},
	};
	VASurfaceAttrib attribs[2] = {{.type = VASurfaceAttribMemoryType},
				      {.type = VASurfaceAttribExternalBufferDescriptor}};
	VASurfaceID surface;

	attribs[0].value.value.i = VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME_2;
	attribs[1].value.value.p = &descriptor;
	assert_int_equal(vaCreateSurfaces(display, VA_RT_FORMAT_YUV420, STREAM_SIZE, STREAM_SIZE,
					  &surface, 1, attribs, 2),
			 OK);
	return surface;
}

static void copy(VADisplay display, VASurfaceID to, VASurfaceID from)
{
	VACopyObject objects[2] = {{.obj_type = VACopyObjectSurface, .object.surface_id = to},
				   {.obj_type = VACopyObjectSurface, .object.surface_id = from}};

	assert_int_equal(vaCopy(display, &objects[0], &objects[1], (VACopyOption){.value = 0}), OK);
}

/* Whether pictures come into imported memory by rows: decoded there, and copied. */
static void check_import(const char *quirks, bool linear)
{
	int fd = memfd_create("import", MFD_CLOEXEC);
	struct stream_picture *picture;
	struct client client;
	VASurfaceID surface;
	VASurfaceID own;

	assert_true(fd >= 0 && !ftruncate(fd, BYTES));
	open_with(&client, quirks);
	picture = &client.stream.pictures[0];
	own = picture->target;
	surface = import(client.display, fd);
	picture->target = picture->pic.CurrPic.picture_id = surface;
	decode(&client);
	assert_true(client_shows(&client, surface, picture));
	assert_int_equal(is_linear_fd(fd, BYTES, PITCH, picture), linear);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(ftruncate(fd, BYTES), 0);
	picture->target = picture->pic.CurrPic.picture_id = own;
	decode(&client);
	copy(client.display, surface, own);
	assert_int_equal(is_linear_fd(fd, BYTES, PITCH, picture), linear);
	vaDestroySurfaces(client.display, &surface, 1);
	client_close(&client, NULL);
	close(fd);
}

static void test_import_tiled(void **state)
{
	(void)state;
	check_import("", true);
	check_import("import=tiled", false);
}

/* ---- What is listed ---- */

static unsigned int list(const char *quirks, VASurfaceAttrib attribs[64])
{
	VADisplay display = display_with(quirks);
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
	VADisplay display = display_with("attribs=untouched");

	(void)state;
	assert_int_equal(
		vaGetConfigAttributes(display, VAProfileH264Main, VAEntrypointVLD, attribs, 2), OK);
	assert_int_equal(attribs[0].value, 4711);
	assert_int_equal(attribs[1].value, VA_RT_FORMAT_YUV420);
	vaTerminate(display);
	display = display_with("");
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
	VADisplay display = display_with("rtformat-first");

	(void)state;
	assert_int_equal(rt_formats(display, attribs, 2), VA_RT_FORMAT_YUV420_10);
	assert_int_equal(rt_formats(display, NULL, 0), VA_RT_FORMAT_YUV420_10);
	assert_int_equal(rt_formats(display, attribs + 1, 1), VA_RT_FORMAT_YUV420_12);
	vaTerminate(display);
	display = display_with("");
	assert_int_equal(rt_formats(display, attribs, 2), VA_RT_FORMAT_YUV420_12);
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
	open_with(&client, "bind-at-context");
	assert_int_equal(vaCreateSurfaces(client.display, VA_RT_FORMAT_YUV420, STREAM_SIZE,
					  STREAM_SIZE, &late, 1, NULL, 0),
			 OK);
	assert_int_equal(begin(&client, late), VA_STATUS_ERROR_INVALID_SURFACE);
	decode(&client);
	vaDestroySurfaces(client.display, &late, 1);
	client_close(&client, NULL);
}

/* With one target, the second surface is one too many. */
static void test_surfaces_are_counted(void **state)
{
	struct client client;
	struct stream_picture *picture = &client.stream.pictures[0];

	(void)state;
	open_with(&client, "surfaces=32");
	vaDestroyContext(client.display, client.context);
	assert_int_equal(vaCreateContext(client.display, client.config, STREAM_SIZE, STREAM_SIZE, 0,
					 &picture->target, 1, &client.context),
			 OK);
	decode(&client);
	decode(&client);
	picture->target = picture->pic.CurrPic.picture_id =
		client.surfaces[client.surfaces[0] == picture->target];
	assert_int_equal(client_submit(&client, picture), VA_STATUS_ERROR_DECODING_ERROR);
	client_close(&client, NULL);
}

static void test_limits(void **state)
{
	VADisplay display = display_with("limits");
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
	open_with(&client, "no-sync2,no-status,no-error,setnum=fail");
	surface = decode(&client);
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
	open_with(&client, "sync=timedout,lock-while-waiting");
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
	open_with(&client, "sync=busy");
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
	open_with(&client, "sync=hang");
	picture = &client.stream.pictures[0];
	assert_int_equal(vaSyncSurface(client.display, picture->target), OK);
	decode(&client);
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
	open_with(&client, "");
	assert_int_equal(decode_padded(&client), OK);
	client_close(&client, NULL);
	open_with(&client, "slicedata=whole-buffer");
	decode(&client);
	assert_int_equal(decode_padded(&client), VA_STATUS_ERROR_DECODING_ERROR);
	client_close(&client, NULL);
}

/* The third picture of the process from now on. */
static void test_the_device_is_lost(void **state)
{
	struct client client;
	VASurfaceID surface;

	(void)state;
	open_with(&client, "lost=3");
	decode(&client);
	decode(&client);
	surface = client.stream.pictures[0].target;
	assert_int_equal(client_submit(&client, &client.stream.pictures[0]), OK);
	assert_int_equal(vaSyncSurface(client.display, surface), VA_STATUS_ERROR_HW_BUSY);
	assert_int_equal(begin(&client, surface), VA_STATUS_ERROR_OPERATION_FAILED);
	client_close(&client, NULL);
	open_with(&client, "lost=3");
	decode(&client);
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
		cmocka_unit_test(test_derive),
		cmocka_unit_test(test_getimage_native),
		cmocka_unit_test(test_getimage_whole),
		cmocka_unit_test(test_putimage_does_nothing),
		cmocka_unit_test(test_padding),
		cmocka_unit_test(test_export),
		cmocka_unit_test(test_import_tiled),
		cmocka_unit_test(test_surface_attributes),
		cmocka_unit_test(test_config_attributes),
		cmocka_unit_test(test_rt_format_must_be_first),
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
