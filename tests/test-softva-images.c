/* SPDX-License-Identifier: MIT */
/*
 * softva's images, and its surfaces as file descriptors.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>
#include <va/va_drmcommon.h>

#include "display.h"
#include "softva-client.h"

#define WIDTH  37
#define HEIGHT 21

static VAImage make_image(VADisplay display, uint32_t fourcc, int width, int height)
{
	VAImageFormat format = {.fourcc = fourcc};
	VAImage image;

	assert_int_equal(vaCreateImage(display, &format, width, height, &image), VA_STATUS_SUCCESS);
	assert_int_equal(image.format.fourcc, fourcc);
	assert_int_equal(image.width, width);
	return image;
}

static uint8_t *map(VADisplay display, const VAImage *image)
{
	void *data;

	assert_int_equal(vaMapBuffer(display, image->buf, &data), VA_STATUS_SUCCESS);
	return data;
}

static uint8_t sample(int plane, int x, int y)
{
	return (uint8_t)(plane * 50 + x * 3 + y * 7);
}

/* plane 0 to 2: Y, Cb, Cr. */
static uint8_t *locate(const VAImage *image, uint8_t *data, int plane, int x, int y)
{
	bool nv12 = image->format.fourcc == VA_FOURCC_NV12;
	int at = nv12 && plane ? 1 : plane;
	int step = nv12 && plane ? 2 : 1;

	return data + image->offsets[at] + (size_t)image->pitches[at] * (size_t)y + x * step +
	       (nv12 && plane == 2);
}

static void fill(VADisplay display, const VAImage *image)
{
	uint8_t *data = map(display, image);

	for (int plane = 0; plane < 3; plane++)
		for (int y = 0; y < (plane ? (HEIGHT + 1) / 2 : HEIGHT); y++)
			for (int x = 0; x < (plane ? (WIDTH + 1) / 2 : WIDTH); x++)
				*locate(image, data, plane, x, y) = sample(plane, x, y);
	vaUnmapBuffer(display, image->buf);
}

/* The image holds what fill() made, from (left, top) on. */
static void check(VADisplay display, const VAImage *image, int left, int top, int width, int height)
{
	uint8_t *data = map(display, image);

	for (int plane = 0; plane < 3; plane++) {
		int shift = plane > 0;

		for (int y = 0; y < (height + shift) >> shift; y++)
			for (int x = 0; x < (width + shift) >> shift; x++)
				assert_int_equal(
					*locate(image, data, plane, x, y),
					sample(plane, x + (left >> shift), y + (top >> shift)));
	}
	vaUnmapBuffer(display, image->buf);
}

static VASurfaceID make_surface(VADisplay display, unsigned int width, unsigned int height)
{
	VASurfaceID surface;

	assert_int_equal(
		vaCreateSurfaces(display, VA_RT_FORMAT_YUV420, width, height, &surface, 1, NULL, 0),
		VA_STATUS_SUCCESS);
	return surface;
}

static void check_formats(uint32_t put, uint32_t get)
{
	VADisplay display = client_open_display();
	VASurfaceID surface = make_surface(display, WIDTH, HEIGHT);
	VAImage from = make_image(display, put, WIDTH, HEIGHT);
	VAImage to = make_image(display, get, WIDTH, HEIGHT);

	fill(display, &from);
	assert_int_equal(vaPutImage(display, surface, from.image_id, 0, 0, WIDTH, HEIGHT, 0, 0,
				    WIDTH, HEIGHT),
			 VA_STATUS_SUCCESS);
	assert_int_equal(vaGetImage(display, surface, 0, 0, WIDTH, HEIGHT, to.image_id),
			 VA_STATUS_SUCCESS);
	check(display, &to, 0, 0, WIDTH, HEIGHT);
	assert_int_equal(vaGetImage(display, surface, 8, 4, 11, 7, to.image_id), VA_STATUS_SUCCESS);
	check(display, &to, 8, 4, 11, 7);
	vaDestroyImage(display, from.image_id);
	vaDestroyImage(display, to.image_id);
	vaDestroySurfaces(display, &surface, 1);
	vaTerminate(display);
}

static void test_put_and_get_keep_every_sample(void **state)
{
	(void)state;
	check_formats(VA_FOURCC_NV12, VA_FOURCC_NV12);
	check_formats(VA_FOURCC_NV12, VA_FOURCC_I420);
	check_formats(VA_FOURCC_I420, VA_FOURCC_NV12);
	check_formats(VA_FOURCC_I420, VA_FOURCC_I420);
}

static VAStatus copy(VADisplay display, VASurfaceID to, VASurfaceID from)
{
	VACopyObject objects[2] = {{.obj_type = VACopyObjectSurface, .object.surface_id = to},
				   {.obj_type = VACopyObjectSurface, .object.surface_id = from}};
	VACopyOption option = {.bits.va_copy_sync = VA_EXEC_SYNC};

	return vaCopy(display, &objects[0], &objects[1], option);
}

static void test_copy_keeps_every_sample(void **state)
{
	VADisplay display = client_open_display();
	VASurfaceID from = make_surface(display, WIDTH, HEIGHT);
	VASurfaceID to = make_surface(display, WIDTH, HEIGHT);
	VASurfaceID other = make_surface(display, WIDTH + 1, HEIGHT);
	VAImage image = make_image(display, VA_FOURCC_NV12, WIDTH, HEIGHT);
	VACopyObject buffers[2] = {{.obj_type = VACopyObjectBuffer},
				   {.obj_type = VACopyObjectBuffer}};

	(void)state;
	fill(display, &image);
	vaPutImage(display, from, image.image_id, 0, 0, WIDTH, HEIGHT, 0, 0, WIDTH, HEIGHT);
	assert_int_equal(copy(display, to, from), VA_STATUS_SUCCESS);
	memset(map(display, &image), 0, image.data_size);
	vaUnmapBuffer(display, image.buf);
	vaGetImage(display, to, 0, 0, WIDTH, HEIGHT, image.image_id);
	check(display, &image, 0, 0, WIDTH, HEIGHT);
	assert_int_equal(copy(display, other, from), VA_STATUS_ERROR_INVALID_PARAMETER);
	assert_int_equal(copy(display, from, from), VA_STATUS_ERROR_INVALID_PARAMETER);
	assert_int_equal(copy(display, 77, from), VA_STATUS_ERROR_INVALID_SURFACE);
	assert_int_equal(vaCopy(display, &buffers[0], &buffers[1], (VACopyOption){.value = 0}),
			 VA_STATUS_ERROR_UNIMPLEMENTED);
	vaDestroyImage(display, image.image_id);
	vaDestroySurfaces(display, (VASurfaceID[]){from, to, other}, 3);
	vaTerminate(display);
}

static void test_derived_image_is_the_surface(void **state)
{
	VADisplay display = client_open_display();
	VASurfaceID surface = make_surface(display, WIDTH, HEIGHT);
	VAImage to = make_image(display, VA_FOURCC_I420, WIDTH, HEIGHT);
	VAImage derived;

	(void)state;
	assert_int_equal(vaDeriveImage(display, surface, &derived), VA_STATUS_SUCCESS);
	assert_int_equal(derived.format.fourcc, VA_FOURCC_NV12);
	assert_int_equal(derived.pitches[0] % 64, 0);
	fill(display, &derived);
	assert_int_equal(vaGetImage(display, surface, 0, 0, WIDTH, HEIGHT, to.image_id),
			 VA_STATUS_SUCCESS);
	check(display, &to, 0, 0, WIDTH, HEIGHT);
	/* The derived image keeps the surface's memory. */
	assert_int_equal(vaDestroySurfaces(display, &surface, 1), VA_STATUS_SUCCESS);
	check(display, &derived, 0, 0, WIDTH, HEIGHT);
	vaDestroyImage(display, derived.image_id);
	vaDestroyImage(display, to.image_id);
	vaTerminate(display);
}

static void test_image_misuse_is_refused(void **state)
{
	VADisplay display = client_open_display();
	VASurfaceID surface = make_surface(display, WIDTH, HEIGHT);
	VAImage image = make_image(display, VA_FOURCC_NV12, 16, 16), none;
	VAImageFormat format = {.fourcc = VA_FOURCC_RGBA};
	void *data;

	(void)state;
	assert_int_equal(vaCreateImage(display, &format, 16, 16, &none),
			 VA_STATUS_ERROR_INVALID_IMAGE_FORMAT);
	format.fourcc = VA_FOURCC_NV12;
	assert_int_equal(vaCreateImage(display, &format, 0, 16, &none),
			 VA_STATUS_ERROR_INVALID_PARAMETER);
	assert_int_equal(vaDeriveImage(display, 77, &none), VA_STATUS_ERROR_INVALID_SURFACE);
	assert_int_equal(vaGetImage(display, surface, 0, 0, 17, 16, image.image_id),
			 VA_STATUS_ERROR_INVALID_PARAMETER);
	assert_int_equal(vaGetImage(display, surface, 30, 0, 16, 16, image.image_id),
			 VA_STATUS_ERROR_INVALID_PARAMETER);
	assert_int_equal(vaGetImage(display, surface, 0, 0, 16, 16, 77),
			 VA_STATUS_ERROR_INVALID_IMAGE);
	assert_int_equal(vaGetImage(display, 77, 0, 0, 16, 16, image.image_id),
			 VA_STATUS_ERROR_INVALID_SURFACE);
	assert_int_equal(vaPutImage(display, surface, image.image_id, 0, 0, 8, 8, 0, 0, 16, 16),
			 VA_STATUS_ERROR_UNIMPLEMENTED);
	assert_int_equal(vaMapBuffer(display, image.buf, &data), VA_STATUS_SUCCESS);
	assert_int_equal(vaMapBuffer(display, image.buf, &data), VA_STATUS_ERROR_OPERATION_FAILED);
	assert_int_equal(vaUnmapBuffer(display, image.buf), VA_STATUS_SUCCESS);
	assert_int_equal(vaUnmapBuffer(display, image.buf), VA_STATUS_ERROR_OPERATION_FAILED);
	assert_int_equal(vaDestroyImage(display, image.image_id), VA_STATUS_SUCCESS);
	assert_int_equal(vaDestroyImage(display, image.image_id), VA_STATUS_ERROR_INVALID_IMAGE);
	assert_int_equal(vaMapBuffer(display, image.buf, &data), VA_STATUS_ERROR_INVALID_BUFFER);
	vaDestroySurfaces(display, &surface, 1);
	vaTerminate(display);
}

static void export(struct client *client, VASurfaceID surface, uint32_t layers,
		   VADRMPRIMESurfaceDescriptor *out)
{
	assert_int_equal(vaExportSurfaceHandle(client->display, surface,
					       VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME_2,
					       VA_EXPORT_SURFACE_READ_ONLY | layers, out),
			 VA_STATUS_SUCCESS);
	assert_int_equal(out->fourcc, VA_FOURCC_NV12);
	assert_int_equal(out->width, STREAM_SIZE);
	assert_int_equal(out->num_objects, 1);
	assert_int_equal(out->objects[0].drm_format_modifier, 0);
}

/* The first picture's first macroblock, in the exported memory. */
static void check_memory(const VADRMPRIMESurfaceDescriptor *exported, uint32_t chroma_offset,
			 const struct stream_picture *picture)
{
	uint8_t *data = mmap(NULL, exported->objects[0].size, PROT_READ, MAP_SHARED,
			     exported->objects[0].fd, 0);

	assert_ptr_not_equal(data, MAP_FAILED);
	assert_int_equal(data[exported->layers[0].offset[0]], picture->expected[0][0]);
	assert_int_equal(data[chroma_offset], picture->expected[0][1]);
	assert_int_equal(data[chroma_offset + 1], picture->expected[0][2]);
	munmap(data, exported->objects[0].size);
}

static void test_export_hands_out_the_memory(void **state)
{
	VADRMPRIMESurfaceDescriptor composed, separate;
	struct stream_picture *picture;
	struct client client;

	(void)state;
	client_open(&client);
	picture = &client.stream.pictures[0];
	client_submit(&client, picture);
	assert_int_equal(vaSyncSurface(client.display, picture->target), VA_STATUS_SUCCESS);
	export(&client, picture->target, VA_EXPORT_SURFACE_COMPOSED_LAYERS, &composed);
	assert_int_equal(composed.num_layers, 1);
	assert_int_equal(composed.layers[0].drm_format, VA_FOURCC_NV12);
	assert_int_equal(composed.layers[0].num_planes, 2);
	check_memory(&composed, composed.layers[0].offset[1], picture);
	export(&client, picture->target, VA_EXPORT_SURFACE_SEPARATE_LAYERS, &separate);
	assert_int_equal(separate.num_layers, 2);
	assert_int_equal(separate.layers[0].drm_format, VA_FOURCC('R', '8', ' ', ' '));
	assert_int_equal(separate.layers[1].drm_format, VA_FOURCC('G', 'R', '8', '8'));
	check_memory(&separate, separate.layers[1].offset[0], picture);
	assert_int_equal(ftruncate(composed.objects[0].fd, 0), -1);
	close(composed.objects[0].fd);
	close(separate.objects[0].fd);
	assert_int_equal(vaExportSurfaceHandle(client.display, picture->target,
					       VA_SURFACE_ATTRIB_MEM_TYPE_KERNEL_DRM, 0, &composed),
			 VA_STATUS_ERROR_UNSUPPORTED_MEMORY_TYPE);
	client_close(&client, NULL);
}

static VAStatus import(VADisplay display, uint32_t type, const void *descriptor,
		       VASurfaceID *surface)
{
	VASurfaceAttrib attribs[2] = {
		{.type = VASurfaceAttribMemoryType, .flags = VA_SURFACE_ATTRIB_SETTABLE},
		{.type = VASurfaceAttribExternalBufferDescriptor,
		 .flags = VA_SURFACE_ATTRIB_SETTABLE},
	};

	attribs[0].value.type = VAGenericValueTypeInteger;
	attribs[0].value.value.i = (int)type;
	attribs[1].value.type = VAGenericValueTypePointer;
	attribs[1].value.value.p = (void *)(uintptr_t)descriptor;
	return vaCreateSurfaces(display, VA_RT_FORMAT_YUV420, STREAM_SIZE, STREAM_SIZE, surface, 1,
				attribs, 2);
}

/* A memfd of just the picture, with nothing beyond its last row. */
#define FRAME_BYTES (STREAM_SIZE * STREAM_SIZE * 3 / 2)

static VADRMPRIMESurfaceDescriptor describe(int fd)
{
	VADRMPRIMESurfaceDescriptor out = {.fourcc = VA_FOURCC_NV12,
					   .width = STREAM_SIZE,
					   .height = STREAM_SIZE,
					   .num_objects = 1,
					   .num_layers = 1};

	out.objects[0].fd = fd;
	out.objects[0].size = FRAME_BYTES;
	out.layers[0].drm_format = VA_FOURCC_NV12;
	out.layers[0].num_planes = 2;
	out.layers[0].offset[1] = STREAM_SIZE * STREAM_SIZE;
	out.layers[0].pitch[0] = out.layers[0].pitch[1] = STREAM_SIZE;
	return out;
}

static int make_memory(void)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, FRAME_BYTES), 0);
	return fd;
}

static void decode_into(struct client *client, VASurfaceID surface, int fd)
{
	struct stream_picture *picture = &client->stream.pictures[0];
	uint8_t first, chroma[2];

	picture->target = surface;
	picture->pic.CurrPic.picture_id = surface;
	assert_int_equal(client_submit(client, picture), VA_STATUS_SUCCESS);
	assert_int_equal(vaSyncSurface(client->display, surface), VA_STATUS_SUCCESS);
	assert_true(client_shows(client, surface, picture));
	assert_int_equal(pread(fd, &first, 1, 0), 1);
	assert_int_equal(first, picture->expected[0][0]);
	assert_int_equal(pread(fd, chroma, 2, STREAM_SIZE * STREAM_SIZE), 2);
	assert_int_equal(chroma[0], picture->expected[0][1]);
	assert_int_equal(chroma[1], picture->expected[0][2]);
}

static void test_import_decodes_into_the_memory(void **state)
{
	VADRMPRIMESurfaceDescriptor descriptor;
	uintptr_t handle;
	VASurfaceAttribExternalBuffers buffers = {.pixel_format = VA_FOURCC_NV12,
						  .width = STREAM_SIZE,
						  .height = STREAM_SIZE,
						  .data_size = FRAME_BYTES,
						  .num_planes = 2,
						  .pitches = {STREAM_SIZE, STREAM_SIZE},
						  .offsets = {0, STREAM_SIZE * STREAM_SIZE},
						  .buffers = &handle,
						  .num_buffers = 1};
	struct client client;
	VASurfaceID surface;
	int fd = make_memory();

	(void)state;
	client_open(&client);
	descriptor = describe(fd);
	assert_int_equal(import(client.display, VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME_2, &descriptor,
				&surface),
			 VA_STATUS_SUCCESS);
	decode_into(&client, surface, fd);
	vaDestroySurfaces(client.display, &surface, 1);
	close(fd);
	fd = make_memory();
	handle = (uintptr_t)fd;
	assert_int_equal(
		import(client.display, VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME, &buffers, &surface),
		VA_STATUS_SUCCESS);
	decode_into(&client, surface, fd);
	vaDestroySurfaces(client.display, &surface, 1);
	close(fd);
	client_close(&client, NULL);
}

static VAStatus import_with(const char *quirks, int fd, struct client *client, VASurfaceID *surface)
{
	VADRMPRIMESurfaceDescriptor descriptor = describe(fd);

	setenv("SOFTVA_QUIRKS", quirks, 1);
	client_open(client);
	unsetenv("SOFTVA_QUIRKS");
	return import(client->display, VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME_2, &descriptor,
		      surface);
}

/* No sample came into the memory. */
static bool is_empty(int fd)
{
	uint8_t memory[FRAME_BYTES];

	assert_int_equal(pread(fd, memory, FRAME_BYTES, 0), FRAME_BYTES);
	for (size_t i = 0; i < FRAME_BYTES; i++)
		if (memory[i])
			return false;
	return true;
}

static void test_quirks_of_import(void **state)
{
	struct client client;
	VASurfaceID surface;
	struct stream_picture *picture = &client.stream.pictures[0];
	int fd = make_memory();

	(void)state;
	assert_int_equal(import_with("import=none", fd, &client, &surface),
			 VA_STATUS_ERROR_UNSUPPORTED_MEMORY_TYPE);
	client_close(&client, NULL);
	/* The last one counts. */
	assert_int_equal(import_with("import=none,import=ignored", fd, &client, &surface),
			 VA_STATUS_SUCCESS);
	picture->target = picture->pic.CurrPic.picture_id = surface;
	assert_int_equal(client_submit(&client, picture), VA_STATUS_SUCCESS);
	assert_int_equal(vaSyncSurface(client.display, surface), VA_STATUS_SUCCESS);
	assert_true(client_shows(&client, surface, picture));
	client_close(&client, NULL);
	assert_int_equal(import_with("import=vpp-only", fd, &client, &surface), VA_STATUS_SUCCESS);
	assert_int_equal(vaBeginPicture(client.display, client.context, surface),
			 VA_STATUS_ERROR_UNSUPPORTED_MEMORY_TYPE);
	assert_int_equal(client_submit(&client, picture), VA_STATUS_SUCCESS);
	assert_true(is_empty(fd));
	client_close(&client, NULL);
	close(fd);
}

static void silence(void *cookie, const char *message)
{
	(void)cookie, (void)message;
}

static void test_other_quirks_are_refused(void **state)
{
	static const char *const texts[] = {
		"import", "import=", "import=ignored,", "import=nonex", "import=none ", ",", "x"};
	int major, minor;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		VADisplay display = display_new("softva");

		setenv("SOFTVA_QUIRKS", texts[i], 1);
		vaSetInfoCallback(display, silence, NULL);
		vaSetErrorCallback(display, silence, NULL);
		assert_int_not_equal(vaInitialize(display, &major, &minor), VA_STATUS_SUCCESS);
		vaTerminate(display);
	}
	unsetenv("SOFTVA_QUIRKS");
}

static void check_refused(VADisplay display, const VADRMPRIMESurfaceDescriptor *descriptor)
{
	VASurfaceID surface;

	assert_int_equal(
		import(display, VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME_2, descriptor, &surface),
		VA_STATUS_ERROR_INVALID_PARAMETER);
	assert_int_equal(surface, VA_INVALID_SURFACE);
}

static void test_false_imports_are_refused(void **state)
{
	VADisplay display = client_open_display();
	VADRMPRIMESurfaceDescriptor d;
	int fd = make_memory();

	(void)state;
	d = describe(fd);
	d.objects[0].size++;
	check_refused(display, &d);
	d = describe(-1);
	check_refused(display, &d);
	d = describe(fd);
	d.layers[0].offset[1]++;
	check_refused(display, &d);
	d = describe(fd);
	d.layers[0].offset[1] = 0xffffffc0;
	check_refused(display, &d);
	d = describe(fd);
	d.layers[0].offset[1] = 0; /* the planes overlap */
	check_refused(display, &d);
	d = describe(fd);
	d.layers[0].pitch[0] = STREAM_SIZE - 1;
	check_refused(display, &d);
	d = describe(fd);
	d.layers[0].pitch[0] = UINT32_MAX;
	check_refused(display, &d);
	d = describe(fd);
	d.objects[0].drm_format_modifier = 1;
	check_refused(display, &d);
	d = describe(fd);
	d.fourcc = VA_FOURCC_P010;
	check_refused(display, &d);
	d = describe(fd);
	d.num_objects = 2;
	check_refused(display, &d);
	close(fd);
	vaTerminate(display);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_put_and_get_keep_every_sample),
		cmocka_unit_test(test_copy_keeps_every_sample),
		cmocka_unit_test(test_derived_image_is_the_surface),
		cmocka_unit_test(test_image_misuse_is_refused),
		cmocka_unit_test(test_export_hands_out_the_memory),
		cmocka_unit_test(test_import_decodes_into_the_memory),
		cmocka_unit_test(test_false_imports_are_refused),
		cmocka_unit_test(test_quirks_of_import),
		cmocka_unit_test(test_other_quirks_are_refused),
	};

	client_find_driver();
	return cmocka_run_group_tests_name("softva images", tests, NULL, NULL);
}
