/* SPDX-License-Identifier: MIT */
/*
 * AV1's global motion (5.9.24), coded against that of the primary reference frame, and film grain
 * (5.9.30), written from VA's picture parameters.
 */
#include "av1.h"

#define ONE 65536

/* decode_subexp(), the other way round. */
static void write_subexp(struct bit_writer *w, int symbols, int value)
{
	unsigned int bits = 3;
	int sum = 0;

	for (;;) {
		int step = 1 << bits;

		if (symbols <= sum + 3 * step) {
			av1_put_ns(w, (uint32_t)(symbols - sum), (uint32_t)(value - sum));
			return;
		}
		bit_writer_put(w, 1, value >= sum + step);
		if (value < sum + step) {
			bit_writer_put(w, bits, (uint32_t)(value - sum));
			return;
		}
		if (sum > 0)
			bits++;
		sum += step;
	}
}

/* What inverse_recenter() makes x of, with that r. */
static int recenter(int r, int x)
{
	if (x > 2 * r)
		return x;
	return x >= r ? 2 * (x - r) : 2 * (r - x) - 1;
}

static void write_signed_subexp(struct bit_writer *w, int limit, int r, int value)
{
	int n = 2 * limit + 1;

	if (value < -limit)
		value = -limit;
	if (value > limit)
		value = limit;
	r += limit;
	value += limit;
	if (2 * r <= n)
		write_subexp(w, n, recenter(r, value));
	else
		write_subexp(w, n, recenter(n - 1 - r, n - 1 - value));
}

/* 5.9.25 */
static void write_param(const struct av1_picture *picture, struct bit_writer *w, unsigned int ref,
			unsigned int index, const int32_t *previous)
{
	const VAWarpedMotionParamsAV1 *wm = &picture->pic->wm[ref];
	unsigned int abs_bits = 12, prec_bits = 15;
	bool scale = index == 2 || index == 5;
	int shift, one;

	if (index < 2 && wm->wmtype == VAAV1TransformationTranslation) {
		unsigned int high = picture->pic->pic_info_fields.bits.allow_high_precision_mv;

		abs_bits = 9 - !high;
		prec_bits = 3 - !high;
	} else if (index < 2) {
		prec_bits = 6;
	}
	shift = 16 - (int)prec_bits;
	one = scale ? 1 << prec_bits : 0;
	write_signed_subexp(w, 1 << abs_bits, (previous[index] >> shift) - one,
			    (wm->wmmat[index] >> shift) - one);
}

static void write_warp(const struct av1_picture *picture, struct bit_writer *w, unsigned int ref,
		       const int32_t *previous)
{
	unsigned int type = picture->pic->wm[ref].wmtype;

	bit_writer_put(w, 1, type != VAAV1TransformationIdentity);
	if (type == VAAV1TransformationIdentity)
		return;
	bit_writer_put(w, 1, type == VAAV1TransformationRotzoom);
	if (type != VAAV1TransformationRotzoom)
		bit_writer_put(w, 1, type == VAAV1TransformationTranslation);
	if (type >= VAAV1TransformationRotzoom) {
		write_param(picture, w, ref, 2, previous);
		write_param(picture, w, ref, 3, previous);
	}
	if (type == VAAV1TransformationAffine) {
		write_param(picture, w, ref, 4, previous);
		write_param(picture, w, ref, 5, previous);
	}
	write_param(picture, w, ref, 0, previous);
	write_param(picture, w, ref, 1, previous);
}

void av1_write_motion(const struct av1_picture *picture, struct bit_writer *w)
{
	static const int32_t none[6] = {0, 0, ONE, 0, 0, ONE};
	uint8_t primary = picture->pic->primary_ref_frame;

	if (av1_is_intra(picture))
		return;
	for (unsigned int i = 0; i < AV1_MOTIONS; i++)
		write_warp(picture, w, i,
			   primary < AV1_REFS
				   ? picture->state->slots[picture->ref_slots[primary]].motion[i]
				   : none);
}

/* ---- Film grain ---- */

static void write_points(struct bit_writer *w, unsigned int n, const uint8_t *values,
			 const uint8_t *scalings)
{
	bit_writer_put(w, 4, n);
	for (unsigned int i = 0; i < n; i++) {
		bit_writer_put(w, 8, values[i]);
		bit_writer_put(w, 8, scalings[i]);
	}
}

static void write_coefficients(struct bit_writer *w, unsigned int n, const int8_t *coefficients)
{
	for (unsigned int i = 0; i < n; i++)
		bit_writer_put(w, 8, (uint32_t)(coefficients[i] + 128));
}

static unsigned int at_most(unsigned int n, unsigned int max)
{
	return n < max ? n : max;
}

static void write_noise(const VAFilmGrainStructAV1 *g, unsigned int n_y, unsigned int n_cb,
			unsigned int n_cr, struct bit_writer *w)
{
	unsigned int lag = g->film_grain_info_fields.bits.ar_coeff_lag;
	unsigned int luma = 2 * lag * (lag + 1), chroma = luma + (n_y > 0);
	bool from_luma = g->film_grain_info_fields.bits.chroma_scaling_from_luma;

	bit_writer_put(w, 2, g->film_grain_info_fields.bits.grain_scaling_minus_8);
	bit_writer_put(w, 2, lag);
	if (n_y)
		write_coefficients(w, luma, g->ar_coeffs_y);
	if (from_luma || n_cb)
		write_coefficients(w, chroma, g->ar_coeffs_cb);
	if (from_luma || n_cr)
		write_coefficients(w, chroma, g->ar_coeffs_cr);
	bit_writer_put(w, 2, g->film_grain_info_fields.bits.ar_coeff_shift_minus_6);
	bit_writer_put(w, 2, g->film_grain_info_fields.bits.grain_scale_shift);
	if (n_cb) {
		bit_writer_put(w, 8, g->cb_mult);
		bit_writer_put(w, 8, g->cb_luma_mult);
		bit_writer_put(w, 9, g->cb_offset);
	}
	if (n_cr) {
		bit_writer_put(w, 8, g->cr_mult);
		bit_writer_put(w, 8, g->cr_luma_mult);
		bit_writer_put(w, 9, g->cr_offset);
	}
	bit_writer_put(w, 1, g->film_grain_info_fields.bits.overlap_flag);
	bit_writer_put(w, 1, g->film_grain_info_fields.bits.clip_to_restricted_range);
}

void av1_write_grain(const struct av1_picture *picture, struct bit_writer *w)
{
	const VADecPictureParameterBufferAV1 *pic = picture->pic;
	const VAFilmGrainStructAV1 *g = &pic->film_grain_info;
	unsigned int n_y = at_most(g->num_y_points, 14), n_cb = 0, n_cr = 0;
	bool subsampled = pic->profile == 0;
	bool inexact = picture->base.softva->quirks.grain == QUIRK_GRAIN_INEXACT;

	if (!pic->seq_info_fields.fields.film_grain_params_present ||
	    (!pic->pic_info_fields.bits.show_frame && !pic->pic_info_fields.bits.showable_frame))
		return;
	bit_writer_put(w, 1, g->film_grain_info_fields.bits.apply_grain);
	if (!g->film_grain_info_fields.bits.apply_grain)
		return;
	bit_writer_put(w, 16, inexact ? g->grain_seed ^ 1u : g->grain_seed);
	if (pic->pic_info_fields.bits.frame_type == AV1_INTER)
		bit_writer_put(w, 1, 1); /* update_grain */
	write_points(w, n_y, g->point_y_value, g->point_y_scaling);
	if (!pic->seq_info_fields.fields.mono_chrome) {
		bit_writer_put(w, 1, g->film_grain_info_fields.bits.chroma_scaling_from_luma);
		if (!g->film_grain_info_fields.bits.chroma_scaling_from_luma &&
		    !(subsampled && n_y == 0)) {
			n_cb = at_most(g->num_cb_points, 10);
			n_cr = at_most(g->num_cr_points, 10);
			write_points(w, n_cb, g->point_cb_value, g->point_cb_scaling);
			write_points(w, n_cr, g->point_cr_value, g->point_cr_scaling);
		}
	}
	write_noise(g, n_y, n_cb, n_cr, w);
}
