// SPDX-License-Identifier: MIT
/*
 * pixels.c - the table of pixel formats and the one loop that reads a row of samples
 *
 * Source: va.h, VA_FOURCC_*.
 */
#include "tools/pixels.h"
#include <stdio.h>
#include <string.h>
#include <va/va.h>

/* clang-format off */
static const struct pixel_format formats[] = {
	{VA_FOURCC_NV12, 3, 1,  8, 1, 1, {{0, 0, 1, 0}, {1, 0, 2, 0}, {1, 1, 2, 0}}},
	{VA_FOURCC_I420, 3, 1,  8, 1, 1, {{0, 0, 1, 0}, {1, 0, 1, 0}, {2, 0, 1, 0}}},
	{VA_FOURCC_P010, 3, 2, 10, 1, 1, {{0, 0, 2, 6}, {1, 0, 4, 6}, {1, 2, 4, 6}}},
	{VA_FOURCC_P012, 3, 2, 12, 1, 1, {{0, 0, 2, 4}, {1, 0, 4, 4}, {1, 2, 4, 4}}},
	{VA_FOURCC_YUY2, 3, 1,  8, 1, 0, {{0, 0, 2, 0}, {0, 1, 4, 0}, {0, 3, 4, 0}}},
	{VA_FOURCC_422H, 3, 1,  8, 1, 0, {{0, 0, 1, 0}, {1, 0, 1, 0}, {2, 0, 1, 0}}},
	{VA_FOURCC_Y210, 3, 2, 10, 1, 0, {{0, 0, 4, 6}, {0, 2, 8, 6}, {0, 6, 8, 6}}},
	{VA_FOURCC_Y212, 3, 2, 12, 1, 0, {{0, 0, 4, 4}, {0, 2, 8, 4}, {0, 6, 8, 4}}},
	{VA_FOURCC_XYUV, 3, 1,  8, 0, 0, {{0, 2, 4, 0}, {0, 1, 4, 0}, {0, 0, 4, 0}}},
	{VA_FOURCC_444P, 3, 1,  8, 0, 0, {{0, 0, 1, 0}, {1, 0, 1, 0}, {2, 0, 1, 0}}},
	{VA_FOURCC_Y410, 3, 4, 10, 0, 0, {{0, 0, 4, 10}, {0, 0, 4, 0}, {0, 0, 4, 20}}},
	{VA_FOURCC_Y412, 3, 2, 12, 0, 0, {{0, 2, 8, 4}, {0, 0, 8, 4}, {0, 4, 8, 4}}},
	{VA_FOURCC_Y800, 1, 1,  8, 0, 0, {{0, 0, 1, 0}}},
};
/* clang-format on */

const struct pixel_format *pixel_format_find(uint32_t fourcc)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (formats[i].fourcc == fourcc)
			return &formats[i];
	}
	return NULL;
}

unsigned int pixel_num_components(const struct pixel_format *format,
				  const struct output_picture *picture)
{
	return picture->chroma == 400 ? 1 : format->num_components;
}

bool pixel_format_get_y4m(const struct pixel_format *format, const struct output_picture *picture,
			  char *tag, size_t size)
{
	bool mono = pixel_num_components(format, picture) == 1;
	const char *chroma = mono               ? "mono"
			     : !format->h_shift ? "444"
			     : !format->v_shift ? "422"
						: "420";

	if (picture->bit_depth > 8)
		snprintf(tag, size, mono ? "%s%u" : "%sp%u", chroma, picture->bit_depth);
	else
		snprintf(tag, size, "%s%s", chroma, strcmp(chroma, "420") == 0 ? "mpeg2" : "");
	return true;
}

unsigned int pixel_component_width(const struct pixel_format *format, unsigned int component,
				   unsigned int width)
{
	return component ? (width + (1u << format->h_shift) - 1) >> format->h_shift : width;
}

unsigned int pixel_component_height(const struct pixel_format *format, unsigned int component,
				    unsigned int height)
{
	return component ? (height + (1u << format->v_shift) - 1) >> format->v_shift : height;
}

/* In a packed plane the columns that share a chroma sample are not parted. */
size_t pixel_plane_offset(const struct pixel_format *format, unsigned int plane, unsigned int x,
			  unsigned int y, size_t pitch_bytes)
{
	size_t offset = 0;

	for (unsigned int c = 0; c < format->num_components; c++) {
		const struct pixel_component *where = &format->component[c];

		if (where->plane != plane)
			continue;
		offset = (y >> (c ? format->v_shift : 0)) * pitch_bytes +
			 (size_t)(x >> (c ? format->h_shift : 0)) * where->step_bytes;
	}
	return offset;
}

/* What of a word is the sample in the picture's depth. */
struct field {
	unsigned int shift;
	unsigned int mask;
};

static struct field get_field(const struct pixel_format *format,
			      const struct output_picture *picture, unsigned int component)
{
	unsigned int depth = picture->bit_depth < format->bits ? picture->bit_depth : format->bits;

	return (struct field){
		.shift = format->component[component].shift + format->bits - depth,
		.mask = (1u << depth) - 1,
	};
}

static unsigned int get_word(const uint8_t *in, unsigned int bytes)
{
	unsigned int word = in[0];

	for (unsigned int i = 1; i < bytes; i++)
		word |= (unsigned int)in[i] << (8 * i);
	return word;
}

unsigned int pixel_sample_get(const struct pixel_format *format,
			      const struct output_picture *picture, unsigned int component,
			      unsigned int x, unsigned int y)
{
	const struct pixel_component *where = &format->component[component];
	struct field field = get_field(format, picture, component);
	const uint8_t *in = picture->plane[where->plane] + y * picture->pitch_bytes[where->plane] +
			    where->offset_bytes + (size_t)x * where->step_bytes;

	return get_word(in, format->word_bytes) >> field.shift & field.mask;
}

static size_t get_deep_row(const struct pixel_component *where, const uint8_t *in, unsigned int n,
			   unsigned int word_bytes, struct field field, uint8_t *row)
{
	for (unsigned int x = 0; x < n; x++, in += where->step_bytes) {
		unsigned int sample = get_word(in, word_bytes) >> field.shift & field.mask;

		row[2 * x] = (uint8_t)sample;
		row[2 * x + 1] = (uint8_t)(sample >> 8);
	}
	return (size_t)n * 2;
}

size_t pixel_row_get(const struct pixel_format *format, const struct output_picture *picture,
		     unsigned int component, unsigned int y, uint8_t *row)
{
	const struct pixel_component *where = &format->component[component];
	const uint8_t *in = picture->plane[where->plane] + y * picture->pitch_bytes[where->plane] +
			    where->offset_bytes;
	unsigned int n = pixel_component_width(format, component, picture->width);

	if (format->word_bytes > 1)
		return get_deep_row(where, in, n, format->word_bytes,
				    get_field(format, picture, component), row);
	if (where->step_bytes == 1) {
		memcpy(row, in, n);
		return n;
	}
	for (unsigned int x = 0; x < n; x++)
		row[x] = in[(size_t)x * where->step_bytes];
	return n;
}
