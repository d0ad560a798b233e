/* SPDX-License-Identifier: MIT */
/*
 * av1-frame-motion.c - of AV1's frame header: global motion, and whether skip mode is allowed
 *
 * Source: 5.9.22 (skip_mode_params), 5.9.24 to 5.9.29 (global_motion_params), 7.11.3.6 (shear).
 */
#include "av1-frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define GM_ABS_ALPHA_BITS       12
#define GM_ALPHA_PREC_BITS      15
#define GM_ABS_TRANS_ONLY_BITS  9
#define GM_TRANS_ONLY_PREC_BITS 3
#define GM_ABS_TRANS_BITS       12
#define GM_TRANS_PREC_BITS      6
#define ONE                     (INT32_C(1) << AV1_WARPEDMODEL_PREC)
#define DIV_LUT_BITS            8
#define DIV_LUT_PREC_BITS       14
#define SHEAR_REDUCE_BITS       6

/* ---- Skip mode ---- */

bool av1_frame_allows_skip_mode(const struct av1_frame_parser *p)
{
	const struct av1_frame *f = p->f;
	int forward = -1, second = -1, backward = -1; /* order hints */
	unsigned int i;
	int hint;

	if (av1_frame_is_intra(f) || !f->reference_select || !p->sequence->enable_order_hint)
		return false;
	for (i = 0; i < AV1_REFS_PER_FRAME; i++) {
		hint = f->ref_order_hint[f->ref_frame_idx[i]];
		if (av1_get_relative_dist(p->sequence, (unsigned int)hint, f->order_hint) < 0 &&
		    (forward < 0 || av1_get_relative_dist(p->sequence, (unsigned int)hint,
							  (unsigned int)forward) > 0))
			forward = hint;
		if (av1_get_relative_dist(p->sequence, (unsigned int)hint, f->order_hint) > 0 &&
		    (backward < 0 || av1_get_relative_dist(p->sequence, (unsigned int)hint,
							   (unsigned int)backward) < 0))
			backward = hint;
	}
	if (forward < 0 || backward >= 0)
		return forward >= 0;
	for (i = 0; i < AV1_REFS_PER_FRAME; i++) {
		hint = f->ref_order_hint[f->ref_frame_idx[i]];
		if (av1_get_relative_dist(p->sequence, (unsigned int)hint, (unsigned int)forward) <
		    0)
			second = hint;
	}
	return second >= 0;
}

/* ---- Global motion ---- */

void av1_frame_default_motion(struct av1_motion *motion)
{
	unsigned int i;

	memset(motion, 0, AV1_TOTAL_REFS * sizeof(*motion));
	for (i = 0; i < AV1_TOTAL_REFS; i++) {
		motion[i].params[2] = ONE;
		motion[i].params[5] = ONE;
	}
}

/* decode_subexp(), 5.9.28 */
static int32_t parse_subexp(struct bits *b, int32_t n_symbols)
{
	unsigned int n_bits = 3;
	int32_t sum = 0;
	int32_t step;

	/* Each step doubles; n_symbols is at most 2^13 + 1. */
	while (bits_ok(b)) {
		step = INT32_C(1) << n_bits;
		if (n_symbols <= sum + 3 * step)
			return sum + (int32_t)av1_bits_ns(b, (uint32_t)(n_symbols - sum));
		if (!bits_flag(b))
			return sum + (int32_t)bits_u(b, n_bits);
		if (sum > 0)
			n_bits++;
		sum += step;
	}
	return 0;
}

static int32_t inverse_recenter(int32_t r, int32_t v)
{
	if (v > 2 * r)
		return v;
	return v & 1 ? r - ((v + 1) >> 1) : r + (v >> 1);
}

/* decode_signed_subexp_with_ref(-limit, limit + 1, r), 5.9.26 and 5.9.27 */
static int32_t parse_signed_subexp(struct bits *b, int32_t limit, int32_t r)
{
	int32_t n = 2 * limit + 1;
	int32_t v = parse_subexp(b, n);

	r += limit;
	if (r << 1 <= n)
		return inverse_recenter(r, v) - limit;
	return n - 1 - inverse_recenter(n - 1 - r, v) - limit;
}

/* read_global_param(), 5.9.25; previous: PrevGmParams, which value is given by. */
static void parse_param(struct av1_frame_parser *p, struct av1_motion *motion, int32_t previous,
			unsigned int index)
{
	unsigned int abs_bits = GM_ABS_ALPHA_BITS;
	unsigned int prec_bits = GM_ALPHA_PREC_BITS;
	bool is_scale = index == 2 || index == 5;
	int32_t value, diff, r;

	if (index < 2 && motion->type == AV1_WARP_TRANSLATION) {
		abs_bits = GM_ABS_TRANS_ONLY_BITS - !p->f->allow_high_precision_mv;
		prec_bits = GM_TRANS_ONLY_PREC_BITS - !p->f->allow_high_precision_mv;
	} else if (index < 2) {
		abs_bits = GM_ABS_TRANS_BITS;
		prec_bits = GM_TRANS_PREC_BITS;
	}
	diff = AV1_WARPEDMODEL_PREC - (int32_t)prec_bits;
	r = (previous >> diff) - (is_scale ? INT32_C(1) << prec_bits : 0);
	value = parse_signed_subexp(&p->b, INT32_C(1) << abs_bits, r);
	motion->params[index] = value * (INT32_C(1) << diff) + (is_scale ? ONE : 0);
}

static uint8_t parse_type(struct bits *b)
{
	if (!bits_flag(b)) /* is_global */
		return AV1_WARP_IDENTITY;
	if (bits_flag(b)) /* is_rot_zoom */
		return AV1_WARP_ROTZOOM;
	return bits_flag(b) ? AV1_WARP_TRANSLATION : AV1_WARP_AFFINE;
}

static void parse_warp(struct av1_frame_parser *p, struct av1_motion *motion,
		       const struct av1_motion *previous)
{
	motion->type = parse_type(&p->b);
	if (motion->type >= AV1_WARP_ROTZOOM) {
		parse_param(p, motion, previous->params[2], 2);
		parse_param(p, motion, previous->params[3], 3);
		motion->params[4] = -motion->params[3];
		motion->params[5] = motion->params[2];
	}
	if (motion->type == AV1_WARP_AFFINE) {
		parse_param(p, motion, previous->params[4], 4);
		parse_param(p, motion, previous->params[5], 5);
	}
	if (motion->type >= AV1_WARP_TRANSLATION) {
		parse_param(p, motion, previous->params[0], 0);
		parse_param(p, motion, previous->params[1], 1);
	}
}

void av1_frame_parse_motion(struct av1_frame_parser *p)
{
	struct av1_motion defaults[AV1_TOTAL_REFS];
	const struct av1_motion *previous = defaults;
	unsigned int i;

	av1_frame_default_motion(p->f->motion);
	av1_frame_default_motion(defaults);
	if (av1_frame_is_intra(p->f))
		return;
	if (p->f->primary_ref_frame != AV1_PRIMARY_REF_NONE)
		previous = p->refs->slots[p->f->ref_frame_idx[p->f->primary_ref_frame]].motion;
	for (i = 1; i < AV1_TOTAL_REFS; i++)
		parse_warp(p, &p->f->motion[i], &previous[i]);
}

/* ---- Shear ---- */

static int64_t round2_signed(int64_t x, unsigned int n)
{
	int64_t half = n ? INT64_C(1) << (n - 1) : 0;

	return x < 0 ? -((-x + half) >> n) : (x + half) >> n;
}

static int64_t clamp16(int64_t x)
{
	if (x < INT16_MIN)
		return INT16_MIN;
	return x > INT16_MAX ? INT16_MAX : x;
}

/* resolve_divisor() of a positive number, 7.11.3.7 */
static int64_t resolve_divisor(int32_t d, unsigned int *shift)
{
	unsigned int n = 31U - (unsigned int)__builtin_clz((unsigned int)d);
	int64_t e = d - (INT32_C(1) << n);
	int64_t f = n > DIV_LUT_BITS ? round2_signed(e, n - DIV_LUT_BITS)
				     : e * (INT64_C(1) << (DIV_LUT_BITS - n));
	int64_t divisor = 256 + f;

	*shift = n + DIV_LUT_PREC_BITS;
	/* Div_Lut[f] */
	return ((INT64_C(1) << (DIV_LUT_BITS + DIV_LUT_PREC_BITS)) + divisor / 2) / divisor;
}

static int64_t reduce(int64_t x)
{
	return round2_signed(x, SHEAR_REDUCE_BITS) * (1 << SHEAR_REDUCE_BITS);
}

bool av1_motion_is_valid(const struct av1_motion *motion)
{
	const int32_t *m = motion->params;
	int64_t alpha, beta, gamma, delta, factor;
	unsigned int shift;

	if (m[2] <= 0)
		return false;
	factor = resolve_divisor(m[2], &shift);
	alpha = reduce(clamp16((int64_t)m[2] - ONE));
	beta = reduce(clamp16(m[3]));
	gamma = reduce(clamp16(round2_signed((int64_t)m[4] * ONE * factor, shift)));
	delta = reduce(clamp16(m[5] - round2_signed((int64_t)m[3] * m[4] * factor, shift) - ONE));
	return 4 * llabs(alpha) + 7 * llabs(beta) < ONE &&
	       4 * llabs(gamma) + 4 * llabs(delta) < ONE;
}
