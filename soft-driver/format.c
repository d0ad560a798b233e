/* SPDX-License-Identifier: MIT */
/*
 * The table of pixel formats; see format.h.
 *
 * Sources: va.h, VA_FOURCC_* (which names the packed ones' samples from the highest bits down), and
 * <drm_fourcc.h>.
 */
#include "format.h"

#include <string.h>

#include "softva.h"

#define DRM_FORMAT(a, b, c, d) VA_FOURCC(a, b, c, d)

/* clang-format off */
const struct format formats[] = {
	{VA_FOURCC_NV12, VA_RT_FORMAT_YUV420, DRM_FORMAT('N', 'V', '1', '2'), 12, 2, 3, 1, 8, 1, 1,
	 {{0, 0, 1, 0}, {1, 0, 2, 0}, {1, 1, 2, 0}}},
	{VA_FOURCC_P010, VA_RT_FORMAT_YUV420_10, DRM_FORMAT('P', '0', '1', '0'), 24, 2, 3, 2, 10, 1, 1,
	 {{0, 0, 2, 6}, {1, 0, 4, 6}, {1, 2, 4, 6}}},
	{VA_FOURCC_P012, VA_RT_FORMAT_YUV420_12, DRM_FORMAT('P', '0', '1', '2'), 24, 2, 3, 2, 12, 1, 1,
	 {{0, 0, 2, 4}, {1, 0, 4, 4}, {1, 2, 4, 4}}},
	{VA_FOURCC_YUY2, VA_RT_FORMAT_YUV422, DRM_FORMAT('Y', 'U', 'Y', 'V'), 16, 1, 3, 1, 8, 1, 0,
	 {{0, 0, 2, 0}, {0, 1, 4, 0}, {0, 3, 4, 0}}},
	{VA_FOURCC_422H, VA_RT_FORMAT_YUV422, DRM_FORMAT('Y', 'U', '1', '6'), 16, 3, 3, 1, 8, 1, 0,
	 {{0, 0, 1, 0}, {1, 0, 1, 0}, {2, 0, 1, 0}}},
	{VA_FOURCC_Y210, VA_RT_FORMAT_YUV422_10, DRM_FORMAT('Y', '2', '1', '0'), 32, 1, 3, 2, 10, 1, 0,
	 {{0, 0, 4, 6}, {0, 2, 8, 6}, {0, 6, 8, 6}}},
	{VA_FOURCC_Y212, VA_RT_FORMAT_YUV422_12, DRM_FORMAT('Y', '2', '1', '2'), 32, 1, 3, 2, 12, 1, 0,
	 {{0, 0, 4, 4}, {0, 2, 8, 4}, {0, 6, 8, 4}}},
	{VA_FOURCC_XYUV, VA_RT_FORMAT_YUV444, DRM_FORMAT('X', 'Y', 'U', 'V'), 32, 1, 3, 1, 8, 0, 0,
	 {{0, 2, 4, 0}, {0, 1, 4, 0}, {0, 0, 4, 0}}},
	{VA_FOURCC_444P, VA_RT_FORMAT_YUV444, DRM_FORMAT('Y', 'U', '2', '4'), 24, 3, 3, 1, 8, 0, 0,
	 {{0, 0, 1, 0}, {1, 0, 1, 0}, {2, 0, 1, 0}}},
	{VA_FOURCC_Y410, VA_RT_FORMAT_YUV444_10, DRM_FORMAT('Y', '4', '1', '0'), 32, 1, 3, 4, 10, 0, 0,
	 {{0, 0, 4, 10}, {0, 0, 4, 0}, {0, 0, 4, 20}}},
	{VA_FOURCC_Y412, VA_RT_FORMAT_YUV444_12, DRM_FORMAT('Y', '4', '1', '2'), 64, 1, 3, 2, 12, 0, 0,
	 {{0, 2, 8, 4}, {0, 0, 8, 4}, {0, 4, 8, 4}}},
	{VA_FOURCC_Y800, VA_RT_FORMAT_YUV400, DRM_FORMAT('R', '8', ' ', ' '), 8, 1, 1, 1, 8, 0, 0,
	 {{0, 0, 1, 0}}},
	{VA_FOURCC_I420, 0, 0, 12, 3, 3, 1, 8, 1, 1,
	 {{0, 0, 1, 0}, {1, 0, 1, 0}, {2, 0, 1, 0}}},
};
/* clang-format on */

const unsigned int num_formats = sizeof(formats) / sizeof(formats[0]);

const struct format *format_find(uint32_t fourcc)
{
	for (unsigned int i = 0; i < num_formats; i++)
		if (formats[i].fourcc == fourcc)
			return &formats[i];
	return NULL;
}

const struct format *format_find_rt(uint32_t rt_format)
{
	for (unsigned int i = 0; i < num_formats; i++)
		if (formats[i].rt_format & rt_format)
			return &formats[i];
	return NULL;
}

bool format_is_alike(const struct format *a, const struct format *b)
{
	return a->num_components == b->num_components && a->bits == b->bits &&
	       a->h_shift == b->h_shift && a->v_shift == b->v_shift;
}

uint32_t format_samples(const struct format *format, unsigned int component, uint32_t width)
{
	return component ? (width + (1u << format->h_shift) - 1) >> format->h_shift : width;
}

uint32_t format_row_bytes(const struct format *format, unsigned int plane, uint32_t width)
{
	uint32_t most = 0;

	for (unsigned int c = 0; c < format->num_components; c++) {
		uint32_t bytes = format_samples(format, c, width) * format->component[c].step;

		if (format->component[c].plane == plane && bytes > most)
			most = bytes;
	}
	return most;
}

uint32_t format_rows(const struct format *format, unsigned int plane, uint32_t height)
{
	return plane ? (height + (1u << format->v_shift) - 1) >> format->v_shift : height;
}

uint32_t format_column_offset(const struct format *format, unsigned int plane, uint32_t x)
{
	for (unsigned int c = 0; c < format->num_components; c++)
		if (format->component[c].plane == plane)
			return (x >> (c ? format->h_shift : 0)) * format->component[c].step;
	return 0;
}

void format_lay_out(const struct format *format, const uint32_t size[2],
		    const struct format_padding *padding, struct format_layout *layout)
{
	memset(layout, 0, sizeof(*layout));
	for (unsigned int plane = 0; plane < format->num_planes; plane++) {
		uint32_t row_bytes = format_row_bytes(format, plane, size[0]);
		uint32_t rows = format_rows(format, plane, align_up(size[1], padding->rows));

		layout->pitch_bytes[plane] = align_up(row_bytes, padding->pitch_bytes);
		layout->offset_bytes[plane] = layout->size_bytes;
		layout->size_bytes +=
			(size_t)layout->pitch_bytes[plane] * rows + padding->gap_bytes;
	}
}

static uint32_t load(const uint8_t *word, unsigned int bytes)
{
	uint32_t value = 0;

	for (unsigned int i = 0; i < bytes; i++)
		value |= (uint32_t)word[i] << 8 * i;
	return value;
}

static void store(uint8_t *word, unsigned int bytes, uint32_t value)
{
	for (unsigned int i = 0; i < bytes; i++)
		word[i] = (uint8_t)(value >> 8 * i);
}

static void put_bytes(const struct format_component *component, uint8_t *row,
		      const uint8_t *samples, uint32_t count)
{
	if (component->step == 1) {
		memcpy(row, samples, count);
		return;
	}
	for (uint32_t i = 0; i < count; i++)
		row[(size_t)i * component->step] = samples[i];
}

static void put_words(const struct format_component *component, uint8_t *row,
		      const uint16_t *samples, uint32_t count, unsigned int shift)
{
	for (uint32_t i = 0; i < count; i++)
		store(row + (size_t)i * component->step, 2, (uint32_t)samples[i] << shift);
}

/* Words that several components share. */
static void put_fields(const struct format *format, unsigned int c, uint8_t *row,
		       const uint16_t *samples, uint32_t count, unsigned int more)
{
	const struct format_component *component = &format->component[c];
	uint32_t mask = ((1u << format->bits) - 1) << component->shift;

	for (uint32_t i = 0; i < count; i++, row += component->step) {
		uint32_t field = (uint32_t)samples[i] << (component->shift + more) & mask;

		store(row, format->word_bytes, (load(row, format->word_bytes) & ~mask) | field);
	}
}

void format_put_row(const struct format *format, unsigned int c, uint8_t *row, const void *samples,
		    uint32_t count, unsigned int depth)
{
	const struct format_component *component = &format->component[c];
	unsigned int more = format->bits - depth;

	row += component->offset;
	if (format->word_bytes == 1)
		put_bytes(component, row, samples, count);
	else if (format->word_bytes == 2)
		put_words(component, row, samples, count, component->shift + more);
	else
		put_fields(format, c, row, samples, count, more);
}

void format_get_row(const struct format *format, unsigned int c, const uint8_t *row, void *samples,
		    uint32_t count)
{
	const struct format_component *component = &format->component[c];
	uint32_t mask = (1u << format->bits) - 1;
	uint16_t *words = samples;
	uint8_t *bytes = samples;

	row += component->offset;
	for (uint32_t i = 0; i < count; i++, row += component->step) {
		uint32_t sample = load(row, format->word_bytes) >> component->shift & mask;

		if (format->bits == 8)
			bytes[i] = (uint8_t)sample;
		else
			words[i] = (uint16_t)sample;
	}
}

void format_fill_row(const struct format *format, unsigned int c, uint8_t *row, uint32_t value,
		     uint32_t count)
{
	uint16_t word = (uint16_t)value;
	uint8_t byte = (uint8_t)value;
	const void *sample = format->bits == 8 ? (const void *)&byte : &word;

	for (uint32_t i = 0; i < count; i++, row += format->component[c].step)
		format_put_row(format, c, row, sample, 1, format->bits);
}
