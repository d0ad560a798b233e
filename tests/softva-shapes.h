/* SPDX-License-Identifier: MIT */
/*
 * Where a sample lies in a picture of each pixel format, said once more than softva says it and in other
 * words: by the order of the words in memory, as va.h has it.
 */
#ifndef TESTS_SOFTVA_SHAPES_H
#define TESTS_SOFTVA_SHAPES_H

#include <stdint.h>
#include <va/va.h>

#define SHAPES 13

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

/* The planes of a picture, wherever they are. */
struct memory {
	const struct shape *shape;
	uint8_t *plane[3];
	uint32_t pitch[3];
};

extern const struct shape shapes[SHAPES];

/* It must be there. */
const struct shape *shape_find(uint32_t fourcc);
/* Columns of luma for one of chroma. */
int shape_columns(const struct shape *shape);
int shape_num_components(const struct shape *shape);
int shape_num_planes(const struct shape *shape);
/* name: Y, U or V. */
unsigned int shape_get(const struct memory *m, char name, int x, int y);
void shape_set(const struct memory *m, char name, int x, int y, unsigned int sample);

#endif
