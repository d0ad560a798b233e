/* SPDX-License-Identifier: MIT */
/*
 * av1-frame-quant.c - of AV1's frame header: quantisers, segments, what blocks may change of them
 *
 * Source: 5.9.12 (quantization_params), 5.9.14 (segmentation_params), 5.9.17 and 5.9.18 (deltas),
 * 7.12.2 (get_qidx).
 */
#include "av1-frame.h"

#include <string.h>

#define MAX_LOOP_FILTER 63
#define SEG_LVL_ALT_Q   0

/* delta_q */
static int8_t parse_delta(struct bits *b)
{
	return (int8_t)(bits_flag(b) ? av1_bits_su(b, 7) : 0);
}

static void parse_chroma_deltas(struct av1_frame_parser *p)
{
	struct av1_quant *q = &p->f->quant;
	bool differ = p->sequence->color.separate_uv_delta_q && bits_flag(&p->b);

	q->delta_u_dc = parse_delta(&p->b);
	q->delta_u_ac = parse_delta(&p->b);
	q->delta_v_dc = differ ? parse_delta(&p->b) : q->delta_u_dc;
	q->delta_v_ac = differ ? parse_delta(&p->b) : q->delta_u_ac;
}

void av1_frame_parse_quant(struct av1_frame_parser *p)
{
	struct av1_quant *q = &p->f->quant;

	q->base_q_idx = (uint8_t)bits_u(&p->b, 8);
	q->delta_y_dc = parse_delta(&p->b);
	if (!p->sequence->color.mono_chrome)
		parse_chroma_deltas(p);
	q->using_qmatrix = bits_flag(&p->b);
	if (!q->using_qmatrix)
		return;
	q->qm_y = (uint8_t)bits_u(&p->b, 4);
	q->qm_u = (uint8_t)bits_u(&p->b, 4);
	q->qm_v = q->qm_u;
	if (p->sequence->color.separate_uv_delta_q)
		q->qm_v = (uint8_t)bits_u(&p->b, 4);
}

/* ---- Segments ---- */

static int16_t parse_feature(struct bits *b, unsigned int feature)
{
	static const uint8_t n_bits[AV1_SEG_LVL_MAX] = {8, 6, 6, 6, 6, 3, 0, 0};
	static const bool is_signed[AV1_SEG_LVL_MAX] = {true, true, true, true, true};
	static const uint8_t max[AV1_SEG_LVL_MAX] = {
		255, MAX_LOOP_FILTER, MAX_LOOP_FILTER, MAX_LOOP_FILTER, MAX_LOOP_FILTER, 7, 0, 0};
	int value;

	if (n_bits[feature] == 0)
		return 0;
	value = is_signed[feature] ? av1_bits_su(b, 1U + n_bits[feature])
				   : (int)bits_u(b, n_bits[feature]);
	if (value > max[feature])
		value = max[feature];
	if (value < -max[feature])
		value = -max[feature];
	return (int16_t)value;
}

static void parse_features(struct bits *b, struct av1_segmentation *s)
{
	unsigned int i, j;

	memset(s->feature_mask, 0, sizeof(s->feature_mask));
	memset(s->feature_data, 0, sizeof(s->feature_data));
	for (i = 0; i < AV1_MAX_SEGMENTS; i++) {
		for (j = 0; j < AV1_SEG_LVL_MAX; j++) {
			if (!bits_flag(b))
				continue;
			s->feature_mask[i] |= (uint8_t)(1U << j);
			s->feature_data[i][j] = parse_feature(b, j);
		}
	}
}

/* The features are those of the primary reference frame before. */
void av1_frame_parse_segmentation(struct av1_frame_parser *p)
{
	struct av1_segmentation *s = &p->f->segmentation;

	s->enabled = bits_flag(&p->b);
	s->update_map = false;
	s->temporal_update = false;
	s->update_data = false;
	if (!s->enabled) {
		memset(s, 0, sizeof(*s));
		return;
	}
	if (p->f->primary_ref_frame == AV1_PRIMARY_REF_NONE) {
		s->update_map = true;
		s->update_data = true;
	} else {
		s->update_map = bits_flag(&p->b);
		if (s->update_map)
			s->temporal_update = bits_flag(&p->b);
		s->update_data = bits_flag(&p->b);
	}
	if (s->update_data)
		parse_features(&p->b, s);
}

/* ---- Deltas of blocks ---- */

void av1_frame_parse_deltas(struct av1_frame_parser *p)
{
	struct av1_frame *f = p->f;

	if (f->quant.base_q_idx > 0)
		f->delta_q_present = bits_flag(&p->b);
	if (f->delta_q_present) {
		f->delta_q_res = (uint8_t)bits_u(&p->b, 2);
		if (!f->allow_intrabc)
			f->delta_lf_present = bits_flag(&p->b);
	}
	if (f->delta_lf_present) {
		f->delta_lf_res = (uint8_t)bits_u(&p->b, 2);
		f->delta_lf_multi = bits_flag(&p->b);
	}
}

/* ---- Lossless ---- */

/* get_qidx(1, segment) */
static int get_qidx(const struct av1_frame *f, unsigned int segment)
{
	const struct av1_segmentation *s = &f->segmentation;
	int qidx = f->quant.base_q_idx;

	if (!s->enabled || !(s->feature_mask[segment] & 1 << SEG_LVL_ALT_Q))
		return qidx;
	qidx += s->feature_data[segment][SEG_LVL_ALT_Q];
	if (qidx < 0)
		return 0;
	return qidx > 255 ? 255 : qidx;
}

void av1_frame_find_lossless(struct av1_frame_parser *p)
{
	const struct av1_quant *q = &p->f->quant;
	unsigned int i;

	p->f->coded_lossless = !q->delta_y_dc && !q->delta_u_dc && !q->delta_u_ac &&
			       !q->delta_v_dc && !q->delta_v_ac;
	for (i = 0; i < AV1_MAX_SEGMENTS; i++)
		p->f->coded_lossless &= get_qidx(p->f, i) == 0;
	p->f->all_lossless =
		p->f->coded_lossless && p->f->size.frame_width == p->f->size.upscaled_width;
}
