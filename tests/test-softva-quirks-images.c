/* SPDX-License-Identifier: MIT */
/*
 * softva's quirks of reading, importing and exporting pictures: each shows what its driver does to a client that
 * is not prepared. Those of imported memory that pictures stay away from are in test-softva-images.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>
#include <va/va_drmcommon.h>

#include "softva-client.h"

#define OK VA_STATUS_SUCCESS

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
	client_open_with(&client, "derive=fail");
	surface = client_decode(&client);
	assert_int_equal(vaDeriveImage(client.display, surface, &image),
			 VA_STATUS_ERROR_OPERATION_FAILED);
	client_close(&client, NULL);
	client_open_with(&client, "derive=tiled");
	assert_false(derived_is_linear(&client, client_decode(&client)));
	client_close(&client, NULL);
	client_open_with(&client, "derive=slow");
	assert_true(derived_is_linear(&client, client_decode(&client)));
	client_close(&client, NULL);
}

static void test_getimage_native(void **state)
{
	VADisplay display = client_display_with("getimage=native");
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
	client_open_with(&client, "getimage=whole");
	image = new_image(client.display, VA_FOURCC_NV12, STREAM_SIZE);
	assert_int_equal(image.pitches[0], STREAM_SIZE);
	assert_int_equal(
		vaGetImage(client.display, client.surfaces[0], 0, 0, 16, 16, image.image_id),
		VA_STATUS_ERROR_INVALID_CONTEXT);
	surface = client_decode(&client);
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
	client_open_with(&client, "putimage=noop");
	image = new_image(client.display, VA_FOURCC_NV12, STREAM_SIZE);
	surface = client_decode(&client);
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

	client_open_with(&client, quirks);
	surface = client_decode(&client);
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
	client_open_with(&client, "export=separate-only");
	surface = client_decode(&client);
	assert_int_equal(export(&client, surface, VA_EXPORT_SURFACE_COMPOSED_LAYERS, &out),
			 VA_STATUS_ERROR_INVALID_SURFACE);
	assert_int_equal(export(&client, surface, VA_EXPORT_SURFACE_SEPARATE_LAYERS, &out), OK);
	assert_int_equal(out.num_layers, 2);
	assert_true(is_linear_fd(out.objects[0].fd, out.objects[0].size, out.layers[0].pitch[0],
				 &client.stream.pictures[0]));
	close(out.objects[0].fd);
	client_close(&client, NULL);
	client_open_with(&client, "export=modifier");
	surface = client_decode(&client);
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
	client_open_with(&client, quirks);
	picture = &client.stream.pictures[0];
	own = picture->target;
	surface = import(client.display, fd);
	picture->target = picture->pic.CurrPic.picture_id = surface;
	client_decode(&client);
	assert_true(client_shows(&client, surface, picture));
	assert_int_equal(is_linear_fd(fd, BYTES, PITCH, picture), linear);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(ftruncate(fd, BYTES), 0);
	picture->target = picture->pic.CurrPic.picture_id = own;
	client_decode(&client);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_derive),         cmocka_unit_test(test_getimage_native),
		cmocka_unit_test(test_getimage_whole), cmocka_unit_test(test_putimage_does_nothing),
		cmocka_unit_test(test_padding),        cmocka_unit_test(test_export),
		cmocka_unit_test(test_import_tiled),
	};

	client_find_driver();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
