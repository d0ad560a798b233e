/* SPDX-License-Identifier: MIT */
/*
 * av1-frame-tiles.c - of AV1's frame header: how the frame is cut into tiles
 *
 * Source: 5.9.15 (tile_info), 5.9.16 (tile_log2), Annex A.3 (limits).
 */
#include "av1-frame.h"

#include <errno.h>

#define MAX_TILE_WIDTH 4096
#define MAX_TILE_AREA  (4096 * 2304)

/* In superblocks, but for the logarithms. */
struct limits {
	unsigned int cols, rows; /* of the frame */
	unsigned int max_tile_width;
	unsigned int min_log2_cols, max_log2_cols, max_log2_rows;
	unsigned int min_log2_tiles;
};

/* The smallest k with size << k >= target. */
static unsigned int tile_log2(unsigned int size, unsigned int target)
{
	unsigned int k = 0;

	while (size << k < target)
		k++;
	return k;
}

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

static unsigned int greatest(unsigned int a, unsigned int b)
{
	return a > b ? a : b;
}

static void find_limits(const struct av1_frame_parser *p, struct limits *l)
{
	unsigned int mi_cols = 2 * ((p->f->size.frame_width + 7) >> 3);
	unsigned int mi_rows = 2 * ((p->f->size.frame_height + 7) >> 3);
	unsigned int shift = p->sequence->use_128x128_superblock ? 5 : 4;
	unsigned int pixels_log2 = shift + 2;

	l->cols = (mi_cols + (1U << shift) - 1) >> shift;
	l->rows = (mi_rows + (1U << shift) - 1) >> shift;
	l->max_tile_width = MAX_TILE_WIDTH >> pixels_log2;
	l->min_log2_cols = tile_log2(l->max_tile_width, l->cols);
	l->max_log2_cols = tile_log2(1, least(l->cols, AV1_MAX_TILE_COLS));
	l->max_log2_rows = tile_log2(1, least(l->rows, AV1_MAX_TILE_ROWS));
	l->min_log2_tiles = greatest(
		l->min_log2_cols, tile_log2(MAX_TILE_AREA >> 2 * pixels_log2, l->rows * l->cols));
}

/* increment_tile_cols_log2 or increment_tile_rows_log2 */
static unsigned int parse_log2(struct bits *b, unsigned int min, unsigned int max)
{
	while (min < max && bits_flag(b))
		min++;
	return min;
}

/* Tiles of one size, the last one with what is left. Returns their number. */
static uint8_t cut_evenly(unsigned int size, unsigned int log2, uint16_t *tiles)
{
	unsigned int tile = (size + (1U << log2) - 1) >> log2;
	uint8_t n = 0;

	for (; size > 0 && n < AV1_MAX_TILE_COLS; n++) {
		tiles[n] = (uint16_t)least(tile, size);
		size -= tiles[n];
	}
	return n;
}

static void parse_uniform(struct av1_frame_parser *p, const struct limits *l)
{
	struct av1_tiles *t = &p->f->tiles;
	unsigned int min_log2_rows;

	t->cols_log2 = (uint8_t)parse_log2(&p->b, l->min_log2_cols, l->max_log2_cols);
	t->cols = cut_evenly(l->cols, t->cols_log2, t->width_in_sbs);
	min_log2_rows = l->min_log2_tiles > t->cols_log2 ? l->min_log2_tiles - t->cols_log2 : 0;
	t->rows_log2 = (uint8_t)parse_log2(&p->b, min_log2_rows, l->max_log2_rows);
	t->rows = cut_evenly(l->rows, t->rows_log2, t->height_in_sbs);
}

/* Tiles of a size each, of which none is over max. Returns their number; widest: the largest one. */
static uint8_t parse_cuts(struct av1_frame_parser *p, unsigned int size, unsigned int max,
			  uint16_t *tiles, unsigned int *widest)
{
	uint8_t n = 0;

	*widest = 0;
	for (; size > 0 && n < AV1_MAX_TILE_COLS && bits_ok(&p->b); n++) {
		tiles[n] = (uint16_t)(av1_bits_ns(&p->b, least(size, max)) + 1);
		*widest = greatest(*widest, tiles[n]);
		size -= tiles[n];
	}
	if (size > 0)
		p->b.err = -EBADMSG;
	return n;
}

static void parse_non_uniform(struct av1_frame_parser *p, const struct limits *l)
{
	struct av1_tiles *t = &p->f->tiles;
	unsigned int area = l->rows * l->cols;
	unsigned int widest, highest;

	t->cols = parse_cuts(p, l->cols, l->max_tile_width, t->width_in_sbs, &widest);
	if (!bits_ok(&p->b))
		return;
	if (l->min_log2_tiles > 0)
		area >>= l->min_log2_tiles + 1;
	t->rows = parse_cuts(p, l->rows, greatest(area / widest, 1), t->height_in_sbs, &highest);
	t->cols_log2 = (uint8_t)tile_log2(1, t->cols);
	t->rows_log2 = (uint8_t)tile_log2(1, t->rows);
}

void av1_frame_parse_tiles(struct av1_frame_parser *p)
{
	struct av1_tiles *t = &p->f->tiles;
	struct limits l;

	find_limits(p, &l);
	t->uniform_tile_spacing_flag = bits_flag(&p->b);
	if (t->uniform_tile_spacing_flag)
		parse_uniform(p, &l);
	else
		parse_non_uniform(p, &l);
	t->size_bytes = 4;
	if (t->cols_log2 == 0 && t->rows_log2 == 0)
		return;
	t->context_update_tile_id = (uint16_t)bits_u(&p->b, t->rows_log2 + t->cols_log2);
	t->size_bytes = (uint8_t)(bits_u(&p->b, 2) + 1);
	if (t->context_update_tile_id >= t->cols * t->rows)
		p->b.err = -EBADMSG;
}
