/* SPDX-License-Identifier: MIT */
/*
 * The shapes of pixel formats; see softva-shapes.h.
 */
#include "softva-shapes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define DRM(text) VA_FOURCC((text)[0], (text)[1], (text)[2], (text)[3])
#define R8        VA_FOURCC('R', '8', ' ', ' ')
#define R16       VA_FOURCC('R', '1', '6', ' ')

const struct shape shapes[SHAPES] = {
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

const struct shape *shape_find(uint32_t fourcc)
{
	for (size_t i = 0; i < SHAPES; i++)
		if (shapes[i].fourcc == fourcc)
			return &shapes[i];
	fail();
	return NULL;
}

static bool is_one_word(const struct shape *shape)
{
	return shape->fourcc == VA_FOURCC_Y410;
}

int shape_columns(const struct shape *shape)
{
	bool half = shape->rows == 2 || shape->fourcc == VA_FOURCC_422H ||
		    strcmp(shape->planes[0], "YUYV") == 0;

	return half ? 2 : 1;
}

int shape_num_components(const struct shape *shape)
{
	return shape->fourcc == VA_FOURCC_Y800 ? 1 : 3;
}

int shape_num_planes(const struct shape *shape)
{
	int n = 0;

	while (n < 3 && shape->planes[n])
		n++;
	return n;
}

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

unsigned int shape_get(const struct memory *m, char name, int x, int y)
{
	unsigned int shift, value = 0;
	const uint8_t *word = locate(m, name, x, y, &shift);

	memcpy(&value, word,
	       m->shape->word_bytes); /* little-endian machines only, as softva's clients */
	return value >> shift & ((1u << m->shape->bits) - 1);
}

void shape_set(const struct memory *m, char name, int x, int y, unsigned int sample)
{
	unsigned int shift, value = 0, mask = (1u << m->shape->bits) - 1;
	uint8_t *word = locate(m, name, x, y, &shift);

	memcpy(&value, word, m->shape->word_bytes);
	value = (value & ~(mask << shift)) | sample << shift;
	memcpy(word, &value, m->shape->word_bytes);
}
