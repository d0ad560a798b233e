/* SPDX-License-Identifier: MIT */
/*
 * h264-scaling.c - scaling lists: how they are coded, and what holds where they are not
 *
 * Source: Rec. ITU-T H.264, 7.3.2.1.1.1, Tables 7-2 to 7-4.
 */
#include "h264-scaling.h"

#include <string.h>

/* Table 7-3, in zig-zag order. */
static const uint8_t default_4x4[2][16] = {
	{6, 13, 13, 20, 20, 20, 28, 28, 28, 28, 32, 32, 32, 37, 37, 42},
	{10, 14, 14, 20, 20, 20, 24, 24, 24, 24, 27, 27, 27, 30, 30, 34},
};

/* Table 7-4. */
static const uint8_t default_8x8[2][64] = {
	{6,  10, 10, 13, 11, 13, 16, 16, 16, 16, 18, 18, 18, 18, 18, 23, 23, 23, 23, 23, 23, 25,
	 25, 25, 25, 25, 25, 25, 27, 27, 27, 27, 27, 27, 27, 27, 29, 29, 29, 29, 29, 29, 29, 31,
	 31, 31, 31, 31, 31, 33, 33, 33, 33, 33, 36, 36, 36, 36, 38, 38, 38, 40, 40, 42},
	{9,  13, 13, 15, 13, 15, 17, 17, 17, 17, 19, 19, 19, 19, 19, 21, 21, 21, 21, 21, 21, 22,
	 22, 22, 22, 22, 22, 22, 24, 24, 24, 24, 24, 24, 24, 24, 25, 25, 25, 25, 25, 25, 25, 27,
	 27, 27, 27, 27, 27, 28, 28, 28, 28, 28, 30, 30, 30, 30, 32, 32, 32, 33, 33, 35},
};

/* scaling_list(), 7.3.2.1.1.1. */
static uint8_t parse_list(struct bits *b, uint8_t *list, unsigned int size)
{
	int last = 8;
	int next = 8;
	unsigned int i;

	for (i = 0; i < size; i++) {
		if (next != 0) {
			next = (last + bits_se_range(b, -128, 127) + 256) % 256;
			if (i == 0 && next == 0)
				return H264_LIST_DEFAULT;
		}
		if (next != 0)
			last = next;
		list[i] = (uint8_t)last;
	}
	return H264_LIST_CODED;
}

void h264_scaling_parse(struct bits *b, struct h264_scaling *scaling, unsigned int n_8x8)
{
	unsigned int i;

	scaling->present = true;
	for (i = 0; i < 6; i++) {
		if (bits_flag(b))
			scaling->source4x4[i] = parse_list(b, scaling->list4x4[i], 16);
	}
	for (i = 0; i < n_8x8; i++) {
		if (bits_flag(b))
			scaling->source8x8[i] = parse_list(b, scaling->list8x8[i], 64);
	}
}

/* The lists that fall-back rules lead to for the first list of a kind: intra and inter. */
struct fall_back {
	const uint8_t *list4x4[2];
	const uint8_t *list8x8[2];
};

/* Only the first two 8x8 lists exist for 4:2:0 and 4:2:2: Intra Y and Inter Y. */
static void apply(const struct h264_scaling *scaling, const struct fall_back *back,
		  uint8_t list4x4[6][16], uint8_t list8x8[2][64])
{
	const uint8_t *from;
	unsigned int i;

	for (i = 0; i < 6; i++) {
		from = scaling->list4x4[i];
		if (scaling->source4x4[i] == H264_LIST_DEFAULT)
			from = default_4x4[i / 3];
		else if (scaling->source4x4[i] == H264_LIST_FALL_BACK)
			from = i % 3 ? list4x4[i - 1] : back->list4x4[i / 3];
		memmove(list4x4[i], from, 16);
	}
	for (i = 0; i < 2; i++) {
		from = scaling->list8x8[i];
		if (scaling->source8x8[i] == H264_LIST_DEFAULT)
			from = default_8x8[i];
		else if (scaling->source8x8[i] == H264_LIST_FALL_BACK)
			from = back->list8x8[i];
		memmove(list8x8[i], from, 64);
	}
}

void h264_resolve_scaling(const struct h264_sps *sps, const struct h264_pps *pps,
			  uint8_t list4x4[6][16], uint8_t list8x8[2][64])
{
	const struct fall_back rule_a = {
		{default_4x4[0], default_4x4[1]},
		{default_8x8[0], default_8x8[1]},
	};
	uint8_t sps4x4[6][16];
	uint8_t sps8x8[2][64];
	const struct fall_back rule_b = {{sps4x4[0], sps4x4[3]}, {sps8x8[0], sps8x8[1]}};

	memset(sps4x4, 16, sizeof(sps4x4)); /* Flat_4x4_16 */
	memset(sps8x8, 16, sizeof(sps8x8));
	if (sps->scaling.present)
		apply(&sps->scaling, &rule_a, sps4x4, sps8x8);
	if (pps->scaling.present) {
		apply(&pps->scaling, sps->scaling.present ? &rule_b : &rule_a, list4x4, list8x8);
		if (pps->transform_8x8_mode_flag)
			return;
	} else {
		memcpy(list4x4, sps4x4, sizeof(sps4x4));
	}
	memcpy(list8x8, sps8x8, sizeof(sps8x8));
}
