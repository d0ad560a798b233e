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

static const struct pixel_format formats[] = {
	{VA_FOURCC_NV12, 3, 1, 1, 1, false, {{0, 0, 1}, {1, 0, 2}, {1, 1, 2}}},
	{VA_FOURCC_I420, 3, 1, 1, 1, false, {{0, 0, 1}, {1, 0, 1}, {2, 0, 1}}},
	{VA_FOURCC_P010, 3, 2, 1, 1, true, {{0, 0, 2}, {1, 0, 4}, {1, 2, 4}}},
	{VA_FOURCC_P012, 3, 2, 1, 1, true, {{0, 0, 2}, {1, 0, 4}, {1, 2, 4}}},
	{VA_FOURCC_YUY2, 3, 1, 1, 0, false, {{0, 0, 2}, {0, 1, 4}, {0, 3, 4}}},
	{VA_FOURCC_422H, 3, 1, 1, 0, false, {{0, 0, 1}, {1, 0, 1}, {2, 0, 1}}},
	{VA_FOURCC_444P, 3, 1, 0, 0, false, {{0, 0, 1}, {1, 0, 1}, {2, 0, 1}}},
	{VA_FOURCC_Y800, 1, 1, 0, 0, false, {{0, 0, 1}}},
};

const struct pixel_format *pixel_format_find(uint32_t fourcc)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (formats[i].fourcc == fourcc)
			return &formats[i];
	}
	return NULL;
}

bool pixel_format_get_y4m(const struct pixel_format *format, unsigned int bit_depth, char *tag,
			  size_t size)
{
	const char *chroma = format->num_components == 1 ? "mono"
			     : !format->h_shift          ? "444"
			     : !format->v_shift          ? "422"
							 : "420";

	if (bit_depth > 8)
		snprintf(tag, size, format->num_components == 1 ? "%s%u" : "%sp%u", chroma,
			 bit_depth);
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

static size_t get_row_16(const struct pixel_component *where, const uint8_t *in, unsigned int n,
			 unsigned int shift, uint8_t *row)
{
	for (unsigned int x = 0; x < n; x++, in += where->step_bytes) {
		unsigned int sample = (in[0] | (unsigned int)in[1] << 8) >> shift;

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

	if (format->sample_bytes == 2)
		return get_row_16(where, in, n, format->high ? 16 - picture->bit_depth : 0, row);
	if (where->step_bytes == 1) {
		memcpy(row, in, n);
		return n;
	}
	for (unsigned int x = 0; x < n; x++)
		row[x] = in[(size_t)x * where->step_bytes];
	return n;
}
