/* SPDX-License-Identifier: MIT */
/*
 * hevc-scaling.c - HEVC's scaling lists
 *
 * Source: Rec. ITU-T H.265, 7.3.4, 7.4.5, Tables 7-5 and 7-6.
 */
#include "hevc-parser.h"

#include <errno.h>
#include <string.h>

#define DEFAULT_DC 16

/* Table 7-6; 4x4 is flat. */
static const uint8_t default_intra[64] = {
	16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 17, 16, 17, 16, 17, 18, 17, 18, 18, 17,  18, 21,
	19, 20, 21, 20, 19, 21, 24, 22, 22, 24, 24, 22, 22, 24, 25, 25, 27, 30, 27, 25,  25, 29,
	31, 35, 35, 31, 29, 36, 41, 44, 41, 36, 47, 54, 54, 47, 65, 70, 65, 88, 88, 115,
};
static const uint8_t default_inter[64] = {
	16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 17, 17, 17, 17, 17, 18, 18, 18, 18, 18, 18, 20,
	20, 20, 20, 20, 20, 20, 24, 24, 24, 24, 24, 24, 24, 24, 25, 25, 25, 25, 25, 25, 25, 28,
	28, 28, 28, 28, 28, 33, 33, 33, 33, 33, 41, 41, 41, 41, 54, 54, 54, 71, 71, 91,
};

/* One list of a size: its coefficients, and where there is one its DC. */
struct list {
	uint8_t *coefficients;
	uint8_t *dc;
	unsigned int n;
};

static struct list get_list(struct hevc_scaling *scaling, unsigned int size_id, unsigned int matrix)
{
	switch (size_id) {
	case 0:
		return (struct list){scaling->list4x4[matrix], NULL, 16};
	case 1:
		return (struct list){scaling->list8x8[matrix], NULL, 64};
	case 2:
		return (struct list){scaling->list16x16[matrix], &scaling->dc16x16[matrix], 64};
	}
	return (struct list){scaling->list32x32[matrix], &scaling->dc32x32[matrix], 64};
}

static void set_default(struct hevc_scaling *scaling, unsigned int size_id, unsigned int matrix)
{
	struct list list = get_list(scaling, size_id, matrix);

	if (size_id == 0)
		memset(list.coefficients, 16, list.n);
	else
		memcpy(list.coefficients, matrix < 3 ? default_intra : default_inter, list.n);
	if (list.dc)
		*list.dc = DEFAULT_DC;
}

void hevc_scaling_set_default(struct hevc_scaling *scaling)
{
	unsigned int size_id, matrix;

	for (size_id = 0; size_id < 4; size_id++) {
		for (matrix = 0; matrix < 6; matrix++)
			set_default(scaling, size_id, matrix);
	}
}

static void parse_coefficients(struct bits *b, const struct list *list)
{
	int next = 8;
	unsigned int i;

	if (list->dc) {
		next = 8 + bits_se_range(b, -7, 247);
		*list->dc = (uint8_t)next;
	}
	for (i = 0; i < list->n; i++) {
		next = (next + bits_se_range(b, -128, 127) + 256) % 256;
		list->coefficients[i] = (uint8_t)next;
	}
}

/* The list that is delta steps before this one, or the default one for 0. */
static void copy_list(struct hevc_scaling *scaling, unsigned int size_id, unsigned int matrix,
		      unsigned int delta)
{
	struct list list = get_list(scaling, size_id, matrix);
	struct list from;

	if (delta == 0) {
		set_default(scaling, size_id, matrix);
		return;
	}
	from = get_list(scaling, size_id, matrix - delta);
	memcpy(list.coefficients, from.coefficients, list.n);
	if (list.dc)
		*list.dc = *from.dc;
}

/* 4:4:4 has 32x32 chroma blocks, whose lists are the 16x16 ones (7.4.5). */
static void derive_chroma_32x32(struct hevc_scaling *scaling)
{
	unsigned int matrix;

	for (matrix = 0; matrix < 6; matrix++) {
		if (matrix % 3 == 0)
			continue;
		memcpy(scaling->list32x32[matrix], scaling->list16x16[matrix], 64);
		scaling->dc32x32[matrix] = scaling->dc16x16[matrix];
	}
}

void hevc_scaling_parse(struct bits *b, struct hevc_scaling *scaling,
			unsigned int chroma_format_idc)
{
	unsigned int size_id, matrix, step, delta;
	struct list list;

	hevc_scaling_set_default(scaling);
	for (size_id = 0; size_id < 4; size_id++) {
		step = size_id == 3 ? 3 : 1;
		for (matrix = 0; matrix < 6 && bits_ok(b); matrix += step) {
			if (!bits_flag(b)) { /* scaling_list_pred_mode_flag */
				delta = step * bits_ue_max(b, matrix / step);
				copy_list(scaling, size_id, matrix, delta);
				continue;
			}
			list = get_list(scaling, size_id, matrix);
			parse_coefficients(b, &list);
			/* ScalingFactor is not 0: 7.4.5. */
			if (memchr(list.coefficients, 0, list.n))
				b->err = -EBADMSG;
		}
	}
	if (chroma_format_idc == 3)
		derive_chroma_32x32(scaling);
}
