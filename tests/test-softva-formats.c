/* SPDX-License-Identifier: MIT */
/*
 * softva's pixel formats: surfaces and images of each of them, in and out every way there is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>
#include <va/va_drmcommon.h>

#include "soft-driver/format.h"
#include "softva-client.h"
#include "softva-shapes.h"

#define WIDTH  37
#define HEIGHT 21

static unsigned int sample(const struct shape *shape, char name, int x, int y)
{
	unsigned int value = (unsigned int)(name * 50 + x * 37 + y * 71);

	return value & ((1u << shape->bits) - 1);
}

static const char names[] = "YUV";

static int component_width(const struct shape *shape, int c, int width)
{
	return c ? (width + shape_columns(shape) - 1) / shape_columns(shape) : width;
}

static int component_height(const struct shape *shape, int c, int height)
{
	return c ? (height + (int)shape->rows - 1) / (int)shape->rows : height;
}

static void fill(const struct memory *m)
{
	for (int c = 0; c < shape_num_components(m->shape); c++)
		for (int y = 0; y < component_height(m->shape, c, HEIGHT); y++)
			for (int x = 0; x < component_width(m->shape, c, WIDTH); x++)
				shape_set(m, names[c], x, y, sample(m->shape, names[c], x, y));
}

struct part {
	int left, top, width, height;
};

static const struct part whole = {0, 0, WIDTH, HEIGHT};
/* Chroma samples begin at its origin, none ends with it. */
static const struct part middle = {8, 4, 11, 7};

static void check(const struct memory *m, const struct part *part)
{
	for (int c = 0; c < shape_num_components(m->shape); c++) {
		int left = part->left / (c ? shape_columns(m->shape) : 1);
		int top = part->top / (c ? (int)m->shape->rows : 1);

		for (int y = 0; y < component_height(m->shape, c, part->height); y++)
			for (int x = 0; x < component_width(m->shape, c, part->width); x++)
				assert_int_equal(shape_get(m, names[c], x, y),
						 sample(m->shape, names[c], x + left, y + top));
	}
}

static VAImage make_image(VADisplay display, const struct shape *shape)
{
	VAImageFormat format = {.fourcc = shape->fourcc};
	VAImage image;

	assert_int_equal(vaCreateImage(display, &format, WIDTH, HEIGHT, &image), VA_STATUS_SUCCESS);
	assert_int_equal(image.format.fourcc, shape->fourcc);
	assert_int_equal(image.num_planes, shape_num_planes(shape));
	return image;
}

static struct memory map(VADisplay display, const VAImage *image)
{
	struct memory m = {.shape = shape_find(image->format.fourcc)};
	uint8_t *data;

	assert_int_equal(vaMapBuffer(display, image->buf, (void **)&data), VA_STATUS_SUCCESS);
	for (uint32_t i = 0; i < image->num_planes; i++) {
		m.plane[i] = data + image->offsets[i];
		m.pitch[i] = image->pitches[i];
	}
	return m;
}

static void fill_image(VADisplay display, const VAImage *image)
{
	struct memory m = map(display, image);

	fill(&m);
	vaUnmapBuffer(display, image->buf);
}

static void check_image(VADisplay display, const VAImage *image, const struct part *part)
{
	struct memory m = map(display, image);

	check(&m, part);
	vaUnmapBuffer(display, image->buf);
}

static VASurfaceAttrib pixel_format(uint32_t fourcc)
{
	VASurfaceAttrib attrib = {.type = VASurfaceAttribPixelFormat,
				  .flags = VA_SURFACE_ATTRIB_SETTABLE};

	attrib.value.type = VAGenericValueTypeInteger;
	attrib.value.value.i = (int)fourcc;
	return attrib;
}

static VASurfaceID make_surface(VADisplay display, const struct shape *shape)
{
	VASurfaceAttrib attrib = pixel_format(shape->fourcc);
	VASurfaceID surface;

	assert_int_equal(
		vaCreateSurfaces(display, shape->rt_format, WIDTH, HEIGHT, &surface, 1, &attrib, 1),
		VA_STATUS_SUCCESS);
	return surface;
}

static VAStatus put_image(VADisplay display, VASurfaceID surface, const VAImage *image)
{
	return vaPutImage(display, surface, image->image_id, 0, 0, WIDTH, HEIGHT, 0, 0, WIDTH,
			  HEIGHT);
}

static VAStatus get_image(VADisplay display, VASurfaceID surface, const VAImage *image,
			  const struct part *part)
{
	return vaGetImage(display, surface, part->left, part->top, (unsigned int)part->width,
			  (unsigned int)part->height, image->image_id);
}

static void check_transfers(const struct shape *put, const struct shape *surface_shape,
			    const struct shape *got)
{
	VADisplay display = client_open_display();
	VASurfaceID surface = make_surface(display, surface_shape);
	VAImage from = make_image(display, put), to = make_image(display, got);

	fill_image(display, &from);
	assert_int_equal(put_image(display, surface, &from), VA_STATUS_SUCCESS);
	assert_int_equal(get_image(display, surface, &to, &whole), VA_STATUS_SUCCESS);
	check_image(display, &to, &whole);
	assert_int_equal(get_image(display, surface, &to, &middle), VA_STATUS_SUCCESS);
	check_image(display, &to, &middle);
	vaDestroyImage(display, from.image_id);
	vaDestroyImage(display, to.image_id);
	vaDestroySurfaces(display, &surface, 1);
	vaTerminate(display);
}

static void test_put_and_get(void **state)
{
	const struct shape *shape = *state;

	check_transfers(shape, shape, shape);
}

/* A part in the middle goes to a part in the middle and nowhere else. */
static void test_put_part(void **state)
{
	const struct shape *shape = *state;
	VADisplay display = client_open_display();
	VASurfaceID surface = make_surface(display, shape);
	VAImage from = make_image(display, shape), to = make_image(display, shape);
	struct memory m;

	fill_image(display, &from);
	assert_int_equal(vaPutImage(display, surface, from.image_id, 8, 4, 12, 6, 20, 10, 12, 6),
			 VA_STATUS_SUCCESS);
	assert_int_equal(get_image(display, surface, &to, &whole), VA_STATUS_SUCCESS);
	m = map(display, &to);
	assert_int_equal(shape_get(&m, 'Y', 20, 10), sample(shape, 'Y', 8, 4));
	assert_int_equal(shape_get(&m, 'Y', 31, 15), sample(shape, 'Y', 19, 9));
	/* New surfaces are black. */
	assert_int_equal(shape_get(&m, 'Y', 19, 10), 0);
	assert_int_equal(shape_get(&m, 'Y', 32, 15), 0);
	assert_int_equal(shape_get(&m, 'Y', 20, 9), 0);
	assert_int_equal(shape_get(&m, 'Y', 31, 16), 0);
	vaUnmapBuffer(display, to.buf);
	vaDestroyImage(display, from.image_id);
	vaDestroyImage(display, to.image_id);
	vaDestroySurfaces(display, &surface, 1);
	vaTerminate(display);
}

static void test_derive(void **state)
{
	const struct shape *shape = *state;
	VADisplay display = client_open_display();
	VASurfaceID surface = make_surface(display, shape);
	VAImage to = make_image(display, shape), derived;

	assert_int_equal(vaDeriveImage(display, surface, &derived), VA_STATUS_SUCCESS);
	assert_int_equal(derived.format.fourcc, shape->fourcc);
	assert_int_equal(derived.num_planes, shape_num_planes(shape));
	for (uint32_t i = 0; i < derived.num_planes; i++)
		assert_int_equal(derived.pitches[i] % 64, 0);
	fill_image(display, &derived);
	assert_int_equal(get_image(display, surface, &to, &whole), VA_STATUS_SUCCESS);
	check_image(display, &to, &whole);
	vaDestroyImage(display, derived.image_id);
	vaDestroyImage(display, to.image_id);
	vaDestroySurfaces(display, &surface, 1);
	vaTerminate(display);
}

static VASurfaceID import(VADisplay display, const struct shape *shape,
			  const VADRMPRIMESurfaceDescriptor *descriptor)
{
	VASurfaceAttrib attribs[3] = {
		pixel_format(shape->fourcc),
		{.type = VASurfaceAttribMemoryType, .flags = VA_SURFACE_ATTRIB_SETTABLE},
		{.type = VASurfaceAttribExternalBufferDescriptor,
		 .flags = VA_SURFACE_ATTRIB_SETTABLE},
	};
	VASurfaceID surface;

	attribs[1].value.type = VAGenericValueTypeInteger;
	attribs[1].value.value.i = VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME_2;
	attribs[2].value.type = VAGenericValueTypePointer;
	attribs[2].value.value.p = (void *)(uintptr_t)descriptor;
	assert_int_equal(
		vaCreateSurfaces(display, shape->rt_format, WIDTH, HEIGHT, &surface, 1, attribs, 3),
		VA_STATUS_SUCCESS);
	return surface;
}

static void check_exported(const struct shape *shape, const VADRMPRIMESurfaceDescriptor *exported)
{
	struct memory m = {.shape = shape};
	uint8_t *data = mmap(NULL, exported->objects[0].size, PROT_READ | PROT_WRITE, MAP_SHARED,
			     exported->objects[0].fd, 0);
	bool composed = exported->num_layers == 1;

	assert_ptr_not_equal(data, MAP_FAILED);
	for (int i = 0; i < shape_num_planes(shape); i++) {
		m.plane[i] = data + exported->layers[composed ? 0 : i].offset[composed ? i : 0];
		m.pitch[i] = exported->layers[composed ? 0 : i].pitch[composed ? i : 0];
	}
	check(&m, &whole);
	munmap(data, exported->objects[0].size);
}

/* Out, and in again: what is written into one surface is in the other. */
static void check_export(const struct shape *shape, uint32_t flags)
{
	bool composed = flags == VA_EXPORT_SURFACE_COMPOSED_LAYERS;
	VADisplay display = client_open_display();
	VASurfaceID surface = make_surface(display, shape), other;
	VAImage image = make_image(display, shape);
	VADRMPRIMESurfaceDescriptor out;

	fill_image(display, &image);
	assert_int_equal(vaExportSurfaceHandle(display, surface,
					       VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME_2,
					       VA_EXPORT_SURFACE_READ_WRITE | flags, &out),
			 VA_STATUS_SUCCESS);
	assert_int_equal(out.fourcc, shape->fourcc);
	assert_int_equal(out.num_layers, composed ? 1 : shape_num_planes(shape));
	assert_int_equal(out.layers[0].drm_format, composed ? shape->drm : shape->drm_first);
	other = import(display, shape, &out);
	assert_int_equal(put_image(display, other, &image), VA_STATUS_SUCCESS);
	check_exported(shape, &out);
	assert_int_equal(get_image(display, surface, &image, &middle), VA_STATUS_SUCCESS);
	check_image(display, &image, &middle);
	close(out.objects[0].fd);
	vaDestroyImage(display, image.image_id);
	vaDestroySurfaces(display, &surface, 1);
	vaDestroySurfaces(display, &other, 1);
	vaTerminate(display);
}

static void test_export_and_import(void **state)
{
	check_export(*state, VA_EXPORT_SURFACE_COMPOSED_LAYERS);
	check_export(*state, VA_EXPORT_SURFACE_SEPARATE_LAYERS);
}

/* Without a pixel format it is the first of the RT format; one of another RT format is refused. */
static void test_rt_format(void **state)
{
	const struct shape *shape = *state;
	VASurfaceAttrib attrib = pixel_format(shape->fourcc);
	VADisplay display = client_open_display();
	VASurfaceID surface;
	VAImage derived;

	assert_int_equal(
		vaCreateSurfaces(display, shape->rt_format, WIDTH, HEIGHT, &surface, 1, NULL, 0),
		VA_STATUS_SUCCESS);
	assert_int_equal(vaDeriveImage(display, surface, &derived), VA_STATUS_SUCCESS);
	assert_int_equal(shape_find(derived.format.fourcc)->rt_format, shape->rt_format);
	vaDestroyImage(display, derived.image_id);
	vaDestroySurfaces(display, &surface, 1);
	for (size_t i = 0; i < SHAPES; i++) {
		if (!shapes[i].rt_format || shapes[i].rt_format == shape->rt_format)
			continue;
		assert_int_equal(vaCreateSurfaces(display, shapes[i].rt_format, WIDTH, HEIGHT,
						  &surface, 1, &attrib, 1),
				 VA_STATUS_ERROR_UNSUPPORTED_RT_FORMAT);
	}
	vaTerminate(display);
}

static bool is_alike(const struct shape *a, const struct shape *b)
{
	return a->bits == b->bits && a->rows == b->rows && shape_columns(a) == shape_columns(b) &&
	       shape_num_components(a) == shape_num_components(b);
}

/* Samples go from one packing to another, but are never resampled. */
static void test_other_images(void **state)
{
	const struct shape *shape = *state;
	VADisplay display = client_open_display();
	VASurfaceID surface = make_surface(display, shape);

	for (size_t i = 0; i < SHAPES; i++) {
		VAImage image;

		if (is_alike(shape, &shapes[i])) {
			check_transfers(&shapes[i], shape, &shapes[i]);
			check_transfers(shape, shape, &shapes[i]);
			continue;
		}
		image = make_image(display, &shapes[i]);
		assert_int_equal(put_image(display, surface, &image),
				 VA_STATUS_ERROR_INVALID_IMAGE_FORMAT);
		assert_int_equal(get_image(display, surface, &image, &whole),
				 VA_STATUS_ERROR_INVALID_IMAGE_FORMAT);
		vaDestroyImage(display, image.image_id);
	}
	vaDestroySurfaces(display, &surface, 1);
	vaTerminate(display);
}

/* What is decoded is put there row by row: an array of one component's samples. */
static void put_rows(const struct memory *m, unsigned int depth)
{
	const struct format *format = format_find(m->shape->fourcc);
	uint16_t words[WIDTH];
	uint8_t bytes[WIDTH];

	for (int c = 0; c < shape_num_components(m->shape); c++) {
		int width = component_width(m->shape, c, WIDTH);

		for (int y = 0; y < component_height(m->shape, c, HEIGHT); y++) {
			unsigned int plane = format->component[c].plane;

			for (int x = 0; x < width; x++) {
				words[x] = (uint16_t)(sample(m->shape, names[c], x, y) >>
						      (m->shape->bits - depth));
				bytes[x] = (uint8_t)words[x];
			}
			format_put_row(format, (unsigned int)c,
				       m->plane[plane] + (size_t)y * m->pitch[plane],
				       depth > 8 ? (void *)words : bytes, (uint32_t)width, depth);
		}
	}
}

static void check_rows(const struct memory *m, unsigned int depth)
{
	unsigned int less = m->shape->bits - depth;

	for (int c = 0; c < shape_num_components(m->shape); c++)
		for (int y = 0; y < component_height(m->shape, c, HEIGHT); y++)
			for (int x = 0; x < component_width(m->shape, c, WIDTH); x++)
				assert_int_equal(shape_get(m, names[c], x, y),
						 sample(m->shape, names[c], x, y) >> less << less);
}

static void test_rows(void **state)
{
	static uint8_t memory[3][HEIGHT * (WIDTH + 1) * 8];
	struct memory m = {.shape = *state, .pitch = {(WIDTH + 1) * 8, 304, 304}};
	const struct format *format = format_find(m.shape->fourcc);
	uint16_t row[WIDTH];

	for (int i = 0; i < 3; i++)
		m.plane[i] = memory[i];
	memset(memory, 0xff, sizeof(memory));
	put_rows(&m, m.shape->bits);
	check_rows(&m, m.shape->bits);
	format_get_row(format, 0, m.plane[0], row, WIDTH);
	assert_int_equal(m.shape->bits > 8 ? row[5] : ((uint8_t *)row)[5],
			 sample(m.shape, 'Y', 5, 0));
	if (m.shape->bits > 9) {
		put_rows(&m, m.shape->bits - 1);
		check_rows(&m, m.shape->bits - 1);
	}
	format_fill_row(format, 0, m.plane[0], 77, 3);
	assert_int_equal(shape_get(&m, 'Y', 2, 0), 77);
	assert_int_not_equal(shape_get(&m, 'Y', 3, 0), 77);
}

static void test_formats_are_listed(void **state)
{
	VADisplay display = client_open_display();
	VAImageFormat list[32];
	int count = 0;

	(void)state;
	/* assert_in_range() is deprecated in newer cmocka, what replaces it is not in older ones. */
	assert_true(vaMaxNumImageFormats(display) >= 1 && vaMaxNumImageFormats(display) <= 32);
	assert_int_equal(vaQueryImageFormats(display, list, &count), VA_STATUS_SUCCESS);
	assert_int_equal(count, SHAPES);
	assert_int_equal(list[0].fourcc, VA_FOURCC_NV12);
	for (int i = 0; i < count; i++)
		shape_find(list[i].fourcc);
	vaTerminate(display);
}

/* Which pixel formats a profile's surfaces can have: the bits of their RT formats. */
static void test_profiles_have_their_formats(void **state)
{
	static const struct {
		int profile;
		unsigned int rt_formats;
	} rows[] = {
		{VAProfileH264ConstrainedBaseline, 0x1},
		{VAProfileH264Main, 0x1},
		{VAProfileH264High, 0x11},
		{36, 0x111},
		{40, 0x313},
	};
	VADisplay display = client_open_display();

	(void)state;
	for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
		VAConfigAttrib asked = {VAConfigAttribRTFormat, 0};
		unsigned int count = 64, found = 0;
		VASurfaceAttrib list[64];
		VAConfigID config;

		assert_int_equal(vaGetConfigAttributes(display, (VAProfile)rows[row].profile,
						       VAEntrypointVLD, &asked, 1),
				 VA_STATUS_SUCCESS);
		assert_int_equal(asked.value, rows[row].rt_formats);
		assert_int_equal(vaCreateConfig(display, (VAProfile)rows[row].profile,
						VAEntrypointVLD, NULL, 0, &config),
				 VA_STATUS_SUCCESS);
		assert_int_equal(vaQuerySurfaceAttributes(display, config, list, &count),
				 VA_STATUS_SUCCESS);
		for (unsigned int i = 0; i < count; i++)
			if (list[i].type == VASurfaceAttribPixelFormat)
				found |= shape_find((uint32_t)list[i].value.value.i)->rt_format;
		assert_int_equal(found, rows[row].rt_formats);
		vaDestroyConfig(display, config);
	}
	vaTerminate(display);
}

/* A config is for what it was asked for. */
static void test_config_keeps_its_rt_format(void **state)
{
	VAConfigAttrib wanted = {VAConfigAttribRTFormat, VA_RT_FORMAT_YUV422_10};
	VADisplay display = client_open_display();
	VASurfaceAttrib list[64];
	unsigned int count = 64;
	VAConfigID config;

	(void)state;
	assert_int_equal(
		vaCreateConfig(display, (VAProfile)36, VAEntrypointVLD, &wanted, 1, &config),
		VA_STATUS_ERROR_UNSUPPORTED_RT_FORMAT);
	assert_int_equal(
		vaCreateConfig(display, (VAProfile)40, VAEntrypointVLD, &wanted, 1, &config),
		VA_STATUS_SUCCESS);
	assert_int_equal(vaQuerySurfaceAttributes(display, config, list, &count),
			 VA_STATUS_SUCCESS);
	for (unsigned int i = 0; i < count; i++)
		if (list[i].type == VASurfaceAttribPixelFormat)
			assert_int_equal(list[i].value.value.i, VA_FOURCC_Y210);
	vaDestroyConfig(display, config);
	vaTerminate(display);
}

#define NUM_EACH  7
#define NUM_OTHER 3

int main(void)
{
	static const struct {
		const char *name;
		CMUnitTestFunction run;
	} each[NUM_EACH] = {
		{"put and get", test_put_and_get},
		{"put a part", test_put_part},
		{"derive", test_derive},
		{"export and import", test_export_and_import},
		{"RT format", test_rt_format},
		{"other images", test_other_images},
		{"rows", test_rows},
	};
	static char titles[SHAPES * NUM_EACH][40];
	struct CMUnitTest tests[SHAPES * NUM_EACH + NUM_OTHER] = {
		cmocka_unit_test(test_formats_are_listed),
		cmocka_unit_test(test_profiles_have_their_formats),
		cmocka_unit_test(test_config_keeps_its_rt_format),
	};
	size_t n = NUM_OTHER;

	client_find_driver();
	for (size_t i = 0; i < SHAPES; i++)
		for (size_t j = 0; shapes[i].rt_format && j < NUM_EACH; j++) {
			char *title = titles[n - NUM_OTHER];

			memcpy(title, &shapes[i].fourcc, 4);
			strcpy(title + 4, ": ");
			strcat(title, each[j].name);
			tests[n++] = (struct CMUnitTest){title, each[j].run, NULL, NULL,
							 (void *)(uintptr_t)&shapes[i]};
		}
	return _cmocka_run_group_tests("softva formats", tests, n, NULL, NULL);
}
