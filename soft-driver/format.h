/* SPDX-License-Identifier: MIT */
/*
 * The table of pixel formats: where the samples of surfaces and images are. Everything that lays out,
 * copies, exports or fills a picture goes by it.
 */
#ifndef SOFTVA_FORMAT_H
#define SOFTVA_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <va/va.h>

#define FORMAT_MAX_PLANES 3

/* Y, Cb and Cr, in this order. */
struct format_component {
	uint8_t plane;
	/* Of the first sample's word in its row, and from one sample's word to the next. */
	uint8_t offset;
	uint8_t step;
	/* Of the sample in its word, which is little-endian. */
	uint8_t shift;
};

struct format {
	uint32_t fourcc;
	/* 0: no surfaces are made of it, only images. */
	uint32_t rt_format;
	/* All planes as one layer, in the names of <drm_fourcc.h>. */
	uint32_t drm_format;
	uint8_t bits_per_pixel;
	uint8_t num_planes;
	uint8_t num_components;
	uint8_t word_bytes;
	/* Of a sample's place; a sample of less stands in the upper bits. */
	uint8_t bits;
	/* Of the chroma: columns and rows of luma for a sample, as powers of two. */
	uint8_t h_shift;
	uint8_t v_shift;
	struct format_component component[3];
};

struct format_layout {
	size_t size_bytes;
	size_t offset_bytes[FORMAT_MAX_PLANES];
	uint32_t pitch_bytes[FORMAT_MAX_PLANES];
};

extern const struct format formats[];
extern const unsigned int num_formats;

/* NULL if there is none. */
const struct format *format_find(uint32_t fourcc);
/* The first format of any of the VA_RT_FORMAT_* bits, or NULL. */
const struct format *format_find_rt(uint32_t rt_format);
/* Whether a picture can be copied between the two, sample by sample. */
bool format_is_alike(const struct format *a, const struct format *b);

/* What a plane has of a picture's size, without padding. */
uint32_t format_row_bytes(const struct format *format, unsigned int plane, uint32_t width);
uint32_t format_rows(const struct format *format, unsigned int plane, uint32_t height);
/* Where in its rows a column begins that has a chroma sample of its own. */
uint32_t format_column_offset(const struct format *format, unsigned int plane, uint32_t x);
/* Of a component's. */
uint32_t format_samples(const struct format *format, unsigned int component, uint32_t width);
/* What planes have beyond the picture: pitches and rows to a multiple, bytes between two planes. */
struct format_padding {
	uint32_t pitch_bytes;
	uint32_t rows;
	uint32_t gap_bytes;
};
/* Planes one after the other. */
void format_lay_out(const struct format *format, const uint32_t size[2],
		    const struct format_padding *padding, struct format_layout *layout);

/*
 * Samples of a component from and to a row of its plane. Those of 8 bits are bytes in the array, others
 * are of 16 bits; depth is at most what the format has.
 */
void format_put_row(const struct format *format, unsigned int component, uint8_t *row,
		    const void *samples, uint32_t count, unsigned int depth);
void format_get_row(const struct format *format, unsigned int component, const uint8_t *row,
		    void *samples, uint32_t count);
/* The same value everywhere. */
void format_fill_row(const struct format *format, unsigned int component, uint8_t *row,
		     uint32_t value, uint32_t count);

#endif
