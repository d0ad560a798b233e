/* SPDX-License-Identifier: MIT */
/*
 * softva's pixel formats: surfaces and images of each of them, in and out every way there is. Where a sample
 * lies is said here once more, in other words: by the order of the words in memory, as va.h has it.
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

#define WIDTH  37
#define HEIGHT 21

struct shape {
	uint32_t fourcc;
	unsigned int rt_format;
	unsigned int word_bytes;
	unsigned int bits; /* of each word, the highest */
	/* A plane each; U and V for one or two Y. Fields of one word are told from the lowest. */
	const char *planes[3];
	unsigned int rows; /* of luma for one of chroma */
	uint32_t drm;      /* as one layer */
	uint32_t drm_first;
};

#define DRM(text) VA_FOURCC((text)[0], (text)[1], (text)[2], (text)[3])
#define R8        VA_FOURCC('R', '8', ' ', ' ')
#define R16       VA_FOURCC('R', '1', '6', ' ')

static const struct shape shapes[] = {
	{VA_FOURCC_NV12, VA_RT_FORMAT_YUV420, 1, 8, {"Y", "UV"}, 2, DRM("NV12"), R8},
	{VA_FOURCC_P010, VA_RT_FORMAT_YUV420_10, 2, 10, {"Y", "UV"}, 2, DRM("P010"), R16},
	{VA_FOURCC_P012, VA_RT_FORMAT_YUV420_12, 2, 12, {"Y", "UV"}, 2, DRM("P012"), R16},
	{VA_FOURCC_YUY2, VA_RT_FORMAT_YUV422, 1, 8, {"YUYV"}, 1, DRM("YUYV"), DRM("YUYV")},
	{VA_FOURCC_422H, VA_RT_FORMAT_YUV422, 1, 8, {"Y", "U", "V"}, 1, DRM("YU16"), R8},
	{VA_FOURCC_Y210, VA_RT_FORMAT_YUV422_10, 2, 10, {"YUYV"}, 1, DRM("Y210"), DRM("Y210")},
	{VA_FOURCC_Y212, VA_RT_FORMAT_YUV422_12, 2, 12, {"YUYV"}, 1, DRM("Y212"), DRM("Y212")},
	{VA_FOURCC_XYUV, VA_RT_FORMAT_YUV444, 1, 8, {"VUYX"}, 1, DRM("XYUV"), DRM("XYUV")},
	{VA_FOURCC_444P, VA_RT_FORMAT_YUV444, 1, 8, {"Y", "U", "V"}, 1, DRM("YU24"), R8},
	{VA_FOURCC_Y410, VA_RT_FORMAT_YUV444_10, 4, 10, {"UYV"}, 1, DRM("Y410"), DRM("Y410")},
	{VA_FOURCC_Y412, VA_RT_FORMAT_YUV444_12, 2, 12, {"UYVA"}, 1, DRM("Y412"), DRM("Y412")},
	{VA_FOURCC_Y800, VA_RT_FORMAT_YUV400, 1, 8, {"Y"}, 1, R8, R8},
	{VA_FOURCC_I420, 0, 1, 8, {"Y", "U", "V"}, 2, 0, 0},
};

#define NUM_SHAPES (sizeof(shapes) / sizeof(shapes[0]))

static const struct shape *find_shape(uint32_t fourcc)
{
	for (size_t i = 0; i < NUM_SHAPES; i++)
		if (shapes[i].fourcc == fourcc)
			return &shapes[i];
	fail();
	return NULL;
}

static bool is_one_word(const struct shape *shape)
{
	return shape->fourcc == VA_FOURCC_Y410;
}

/* Columns of luma for one of chroma. */
static int columns(const struct shape *shape)
{
	bool half = shape->rows == 2 || shape->fourcc == VA_FOURCC_422H ||
		    strcmp(shape->planes[0], "YUYV") == 0;

	return half ? 2 : 1;
}

static int num_components(const struct shape *shape)
{
	return shape->fourcc == VA_FOURCC_Y800 ? 1 : 3;
}

static int num_planes(const struct shape *shape)
{
	int n = 0;

	while (n < 3 && shape->planes[n])
		n++;
	return n;
}

/* The planes of a picture, wherever they are. */
struct memory {
	const struct shape *shape;
	uint8_t *plane[3];
	uint32_t pitch[3];
};

/* The word of a sample, and the sample's lowest bit in it. */
static uint8_t *locate(const struct memory *m, char name, int x, int y, unsigned int *shift)
{
	const struct shape *shape = m->shape;
	int plane = 0, at, each, step;

	while (!strchr(shape->planes[plane], name))
		plane++;
	at = (int)(strchr(shape->planes[plane], name) - shape->planes[plane]);
	step = is_one_word(shape) ? 1 : (int)strlen(shape->planes[plane]);
	/* A pair of luma samples in a packed group. */
	each = name == 'Y' && !strcmp(shape->planes[plane], "YUYV") ? 2 : 1;
	*shift = 8 * shape->word_bytes - shape->bits;
	if (is_one_word(shape)) {
		*shift = (unsigned int)at * shape->bits;
		at = 0;
	}
	return m->plane[plane] + (size_t)y * m->pitch[plane] +
	       (size_t)(x / each * step + x % each * 2 + at) * shape->word_bytes;
}

static unsigned int get(const struct memory *m, char name, int x, int y)
{
	unsigned int shift, value = 0;
	const uint8_t *word = locate(m, name, x, y, &shift);

	memcpy(&value, word,
	       m->shape->word_bytes); /* little-endian machines only, as softva's clients */
	return value >> shift & ((1u << m->shape->bits) - 1);
}

static void set(const struct memory *m, char name, int x, int y, unsigned int sample)
{
	unsigned int shift, value = 0, mask = (1u << m->shape->bits) - 1;
	uint8_t *word = locate(m, name, x, y, &shift);

	memcpy(&value, word, m->shape->word_bytes);
	value = (value & ~(mask << shift)) | sample << shift;
	memcpy(word, &value, m->shape->word_bytes);
}

static unsigned int sample(const struct shape *shape, char name, int x, int y)
{
	unsigned int value = (unsigned int)(name * 50 + x * 37 + y * 71);

	return value & ((1u << shape->bits) - 1);
}

static const char names[] = "YUV";

static int component_width(const struct shape *shape, int c, int width)
{
	return c ? (width + columns(shape) - 1) / columns(shape) : width;
}

static int component_height(const struct shape *shape, int c, int height)
{
	return c ? (height + (int)shape->rows - 1) / (int)shape->rows : height;
}

static void fill(const struct memory *m)
{
	for (int c = 0; c < num_components(m->shape); c++)
		for (int y = 0; y < component_height(m->shape, c, HEIGHT); y++)
			for (int x = 0; x < component_width(m->shape, c, WIDTH); x++)
				set(m, names[c], x, y, sample(m->shape, names[c], x, y));
}

struct part {
	int left, top, width, height;
};

static const struct part whole = {0, 0, WIDTH, HEIGHT};
/* Chroma samples begin at its origin, none ends with it. */
static const struct part middle = {8, 4, 11, 7};

static void check(const struct memory *m, const struct part *part)
{
	for (int c = 0; c < num_components(m->shape); c++) {
		int left = part->left / (c ? columns(m->shape) : 1);
		int top = part->top / (c ? (int)m->shape->rows : 1);

		for (int y = 0; y < component_height(m->shape, c, part->height); y++)
			for (int x = 0; x < component_width(m->shape, c, part->width); x++)
				assert_int_equal(get(m, names[c], x, y),
						 sample(m->shape, names[c], x + left, y + top));
	}
}

static VAImage make_image(VADisplay display, const struct shape *shape)
{
	VAImageFormat format = {.fourcc = shape->fourcc};
	VAImage image;

	assert_int_equal(vaCreateImage(display, &format, WIDTH, HEIGHT, &image), VA_STATUS_SUCCESS);
	assert_int_equal(image.format.fourcc, shape->fourcc);
	assert_int_equal(image.num_planes, num_planes(shape));
	return image;
}

static struct memory map(VADisplay display, const VAImage *image)
{
	struct memory m = {.shape = find_shape(image->format.fourcc)};
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
	assert_int_equal(get(&m, 'Y', 20, 10), sample(shape, 'Y', 8, 4));
	assert_int_equal(get(&m, 'Y', 31, 15), sample(shape, 'Y', 19, 9));
	/* New surfaces are black. */
	assert_int_equal(get(&m, 'Y', 19, 10), 0);
	assert_int_equal(get(&m, 'Y', 32, 15), 0);
	assert_int_equal(get(&m, 'Y', 20, 9), 0);
	assert_int_equal(get(&m, 'Y', 31, 16), 0);
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
	assert_int_equal(derived.num_planes, num_planes(shape));
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
	for (int i = 0; i < num_planes(shape); i++) {
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
	assert_int_equal(out.num_layers, composed ? 1 : num_planes(shape));
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
	assert_int_equal(find_shape(derived.format.fourcc)->rt_format, shape->rt_format);
	vaDestroyImage(display, derived.image_id);
	vaDestroySurfaces(display, &surface, 1);
	for (size_t i = 0; i < NUM_SHAPES; i++) {
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
	return a->bits == b->bits && a->rows == b->rows && columns(a) == columns(b) &&
	       num_components(a) == num_components(b);
}

/* Samples go from one packing to another, but are never resampled. */
static void test_other_images(void **state)
{
	const struct shape *shape = *state;
	VADisplay display = client_open_display();
	VASurfaceID surface = make_surface(display, shape);

	for (size_t i = 0; i < NUM_SHAPES; i++) {
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

static void test_formats_are_listed(void **state)
{
	VADisplay display = client_open_display();
	VAImageFormat list[32];
	int count = 0;

	(void)state;
	/* assert_in_range() is deprecated in newer cmocka, what replaces it is not in older ones. */
	assert_true(vaMaxNumImageFormats(display) >= 1 && vaMaxNumImageFormats(display) <= 32);
	assert_int_equal(vaQueryImageFormats(display, list, &count), VA_STATUS_SUCCESS);
	assert_int_equal(count, NUM_SHAPES);
	assert_int_equal(list[0].fourcc, VA_FOURCC_NV12);
	for (int i = 0; i < count; i++)
		find_shape(list[i].fourcc);
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
				found |= find_shape((uint32_t)list[i].value.value.i)->rt_format;
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

#define NUM_EACH  6
#define NUM_OTHER 3

int main(void)
{
	static const struct {
		const char *name;
		CMUnitTestFunction run;
	} each[NUM_EACH] = {
		{"put and get", test_put_and_get}, {"put a part", test_put_part},
		{"derive", test_derive},           {"export and import", test_export_and_import},
		{"RT format", test_rt_format},     {"other images", test_other_images},
	};
	static char titles[NUM_SHAPES * NUM_EACH][40];
	struct CMUnitTest tests[NUM_SHAPES * NUM_EACH + NUM_OTHER] = {
		cmocka_unit_test(test_formats_are_listed),
		cmocka_unit_test(test_profiles_have_their_formats),
		cmocka_unit_test(test_config_keeps_its_rt_format),
	};
	size_t n = NUM_OTHER;

	client_find_driver();
	for (size_t i = 0; i < NUM_SHAPES; i++)
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
