/* SPDX-License-Identifier: MIT */
/*
 * pixels.h - where the samples of each component are in a surface's or guest's picture
 */
#ifndef TOOLS_PIXELS_H
#define TOOLS_PIXELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "tools/output.h"

struct pixel_component {
	uint8_t plane;
	uint8_t offset_bytes; /* of the first sample's word in its row */
	uint8_t step_bytes;   /* from one sample's word to the next */
	uint8_t shift;        /* of the sample in its word, which is little-endian */
};

struct pixel_format {
	uint32_t fourcc;
	uint8_t num_components;
	uint8_t word_bytes;
	uint8_t bits;             /* of a sample's place; a picture of less has its upper bits */
	uint8_t h_shift, v_shift; /* of the chroma components */
	struct pixel_component component[3];
};

/* NULL where we do not know it. */
const struct pixel_format *pixel_format_find(uint32_t fourcc);
/* Components that belong to the picture: all of the format's, or the luma alone. */
unsigned int pixel_num_components(const struct pixel_format *format,
				  const struct output_picture *picture);
/* Where in a plane the samples of the picture's column x and row y are. */
size_t pixel_plane_offset(const struct pixel_format *format, unsigned int plane, unsigned int x,
			  unsigned int y, size_t pitch_bytes);
/* The C tag of a Y4M header; false where there is none. */
bool pixel_format_get_y4m(const struct pixel_format *format, const struct output_picture *picture,
			  char *tag, size_t size);
unsigned int pixel_component_width(const struct pixel_format *format, unsigned int component,
				   unsigned int width);
unsigned int pixel_component_height(const struct pixel_format *format, unsigned int component,
				    unsigned int height);
/* The sample at column x and row y of the component, in the picture's depth. */
unsigned int pixel_sample_get(const struct pixel_format *format,
			      const struct output_picture *picture, unsigned int component,
			      unsigned int x, unsigned int y);
/* Copies row y of a component into row[], in native depth, little-endian; returns the bytes. */
size_t pixel_row_get(const struct pixel_format *format, const struct output_picture *picture,
		     unsigned int component, unsigned int y, uint8_t *row);

#endif
