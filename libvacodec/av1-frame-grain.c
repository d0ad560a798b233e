/* SPDX-License-Identifier: MIT */
/*
 * av1-frame-grain.c - of AV1's frame header: film grain
 *
 * Source: 5.9.30 (film_grain_params), 6.8.20 (limits).
 */
#include "av1-frame.h"

#include <errno.h>
#include <string.h>

#define MAX_Y_POINTS  14
#define MAX_UV_POINTS 10

/* A piecewise linear function: values ascend. */
static uint8_t parse_points(struct bits *b, unsigned int max, uint8_t *values, uint8_t *scalings)
{
	unsigned int n = bits_u(b, 4);
	unsigned int i;

	if (n > max) {
		b->err = -EBADMSG;
		return 0;
	}
	for (i = 0; i < n; i++) {
		values[i] = (uint8_t)bits_u(b, 8);
		scalings[i] = (uint8_t)bits_u(b, 8);
		if (i > 0 && values[i] <= values[i - 1])
			b->err = -EBADMSG;
	}
	return (uint8_t)n;
}

static void parse_coefficients(struct bits *b, int8_t *coefficients, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		coefficients[i] = (int8_t)((int)bits_u(b, 8) - 128);
}

static void parse_all_points(struct av1_frame_parser *p, struct av1_film_grain *g)
{
	const struct av1_color *color = &p->sequence->color;
	struct bits *b = &p->b;

	g->num_y_points = parse_points(b, MAX_Y_POINTS, g->point_y_value, g->point_y_scaling);
	if (color->mono_chrome)
		return;
	g->chroma_scaling_from_luma = bits_flag(b);
	if (g->chroma_scaling_from_luma ||
	    (color->subsampling_x && color->subsampling_y && g->num_y_points == 0))
		return;
	g->num_cb_points = parse_points(b, MAX_UV_POINTS, g->point_cb_value, g->point_cb_scaling);
	g->num_cr_points = parse_points(b, MAX_UV_POINTS, g->point_cr_value, g->point_cr_scaling);
	/* 6.8.20: with 4:2:0, both or none. */
	if (color->subsampling_x && color->subsampling_y && !g->num_cb_points != !g->num_cr_points)
		b->err = -EBADMSG;
}

static void parse_noise(struct bits *b, struct av1_film_grain *g)
{
	unsigned int n_luma, n_chroma;

	g->grain_scaling_minus_8 = (uint8_t)bits_u(b, 2);
	g->ar_coeff_lag = (uint8_t)bits_u(b, 2);
	n_luma = 2U * g->ar_coeff_lag * (g->ar_coeff_lag + 1U);
	n_chroma = n_luma + (g->num_y_points > 0);
	if (g->num_y_points > 0)
		parse_coefficients(b, g->ar_coeffs_y, n_luma);
	if (g->chroma_scaling_from_luma || g->num_cb_points > 0)
		parse_coefficients(b, g->ar_coeffs_cb, n_chroma);
	if (g->chroma_scaling_from_luma || g->num_cr_points > 0)
		parse_coefficients(b, g->ar_coeffs_cr, n_chroma);
	g->ar_coeff_shift_minus_6 = (uint8_t)bits_u(b, 2);
	g->grain_scale_shift = (uint8_t)bits_u(b, 2);
	if (g->num_cb_points > 0) {
		g->cb_mult = (uint8_t)bits_u(b, 8);
		g->cb_luma_mult = (uint8_t)bits_u(b, 8);
		g->cb_offset = (uint16_t)bits_u(b, 9);
	}
	if (g->num_cr_points > 0) {
		g->cr_mult = (uint8_t)bits_u(b, 8);
		g->cr_luma_mult = (uint8_t)bits_u(b, 8);
		g->cr_offset = (uint16_t)bits_u(b, 9);
	}
	g->overlap_flag = bits_flag(b);
	g->clip_to_restricted_range = bits_flag(b);
}

/* load_grain_params() of one of the frame's references, with a seed of its own. */
static void load_from_reference(struct av1_frame_parser *p, struct av1_film_grain *g)
{
	uint8_t slot = (uint8_t)bits_u(&p->b, 3);
	uint16_t grain_seed = g->grain_seed;

	if (!memchr(p->f->ref_frame_idx, slot, AV1_REFS_PER_FRAME)) {
		p->b.err = -EBADMSG;
		return;
	}
	*g = p->refs->slots[slot].film_grain;
	g->grain_seed = grain_seed;
	g->update_grain = false;
}

void av1_frame_parse_film_grain(struct av1_frame_parser *p)
{
	struct av1_film_grain *g = &p->f->film_grain;

	if (!p->sequence->film_grain_params_present || (!p->f->show_frame && !p->f->showable_frame))
		return;
	g->apply_grain = bits_flag(&p->b);
	if (!g->apply_grain)
		return;
	g->grain_seed = (uint16_t)bits_u(&p->b, 16);
	g->update_grain = true;
	if (p->f->frame_type == AV1_INTER_FRAME)
		g->update_grain = bits_flag(&p->b);
	if (!g->update_grain) {
		load_from_reference(p, g);
		return;
	}
	parse_all_points(p, g);
	parse_noise(&p->b, g);
}
