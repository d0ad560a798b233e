/* SPDX-License-Identifier: MIT */
/*
 * The second half of AV1's frame header (5.9.2), written from VA's picture parameters. What a frame may
 * take over from its primary reference frame is written out.
 */
#include "av1.h"

#define SEGMENTS 8
#define FEATURES 8

static void write_delta(struct bit_writer *w, int8_t delta)
{
	bit_writer_put(w, 1, delta != 0);
	if (delta)
		av1_put_su(w, 7, delta);
}

/* 5.9.12 */
static void write_quant(const VADecPictureParameterBufferAV1 *pic, struct bit_writer *w)
{
	bool mono = pic->seq_info_fields.fields.mono_chrome;

	bit_writer_put(w, 8, pic->base_qindex);
	write_delta(w, pic->y_dc_delta_q);
	if (!mono) {
		bit_writer_put(w, 1, 1); /* diff_uv_delta */
		write_delta(w, pic->u_dc_delta_q);
		write_delta(w, pic->u_ac_delta_q);
		write_delta(w, pic->v_dc_delta_q);
		write_delta(w, pic->v_ac_delta_q);
	}
	bit_writer_put(w, 1, pic->qmatrix_fields.bits.using_qmatrix);
	if (!pic->qmatrix_fields.bits.using_qmatrix)
		return;
	bit_writer_put(w, 4, pic->qmatrix_fields.bits.qm_y);
	bit_writer_put(w, 4, pic->qmatrix_fields.bits.qm_u);
	if (!mono) /* separate_uv_delta_q */
		bit_writer_put(w, 4, pic->qmatrix_fields.bits.qm_v);
}

/* 5.9.14 */
static void write_feature(const VASegmentationStructAV1 *seg, unsigned int i, unsigned int j,
			  struct bit_writer *w)
{
	static const uint8_t bits[FEATURES] = {8, 6, 6, 6, 6, 3, 0, 0};
	bool enabled = seg->feature_mask[i] >> j & 1;

	bit_writer_put(w, 1, enabled);
	if (!enabled || !bits[j])
		return;
	if (j < 5)
		av1_put_su(w, 1u + bits[j], seg->feature_data[i][j]);
	else
		bit_writer_put(w, bits[j], (uint32_t)seg->feature_data[i][j]);
}

static void write_segmentation(const struct av1_picture *picture, struct bit_writer *w)
{
	const VASegmentationStructAV1 *seg = &picture->pic->seg_info;

	bit_writer_put(w, 1, seg->segment_info_fields.bits.enabled);
	if (!seg->segment_info_fields.bits.enabled)
		return;
	if (picture->pic->primary_ref_frame < AV1_REFS) {
		bit_writer_put(w, 1, seg->segment_info_fields.bits.update_map);
		if (seg->segment_info_fields.bits.update_map)
			bit_writer_put(w, 1, seg->segment_info_fields.bits.temporal_update);
		bit_writer_put(w, 1, 1); /* segmentation_update_data */
	}
	for (unsigned int i = 0; i < SEGMENTS; i++)
		for (unsigned int j = 0; j < FEATURES; j++)
			write_feature(seg, i, j, w);
}

static void write_deltas(const VADecPictureParameterBufferAV1 *pic, struct bit_writer *w)
{
	if (pic->base_qindex == 0)
		return;
	bit_writer_put(w, 1, pic->mode_control_fields.bits.delta_q_present_flag);
	if (!pic->mode_control_fields.bits.delta_q_present_flag)
		return;
	bit_writer_put(w, 2, pic->mode_control_fields.bits.log2_delta_q_res);
	if (pic->pic_info_fields.bits.allow_intrabc)
		return;
	bit_writer_put(w, 1, pic->mode_control_fields.bits.delta_lf_present_flag);
	if (!pic->mode_control_fields.bits.delta_lf_present_flag)
		return;
	bit_writer_put(w, 2, pic->mode_control_fields.bits.log2_delta_lf_res);
	bit_writer_put(w, 1, pic->mode_control_fields.bits.delta_lf_multi);
}

/* CodedLossless */
static bool is_lossless(const VADecPictureParameterBufferAV1 *pic)
{
	const VASegmentationStructAV1 *seg = &pic->seg_info;

	if (pic->y_dc_delta_q || pic->u_dc_delta_q || pic->u_ac_delta_q || pic->v_dc_delta_q ||
	    pic->v_ac_delta_q)
		return false;
	for (unsigned int i = 0; i < SEGMENTS; i++) {
		int qindex = pic->base_qindex;

		if (seg->segment_info_fields.bits.enabled && seg->feature_mask[i] & 1)
			qindex += seg->feature_data[i][0];
		if (qindex > 0)
			return false;
	}
	return true;
}

/* 5.9.11 */
static void write_loop_filter(const VADecPictureParameterBufferAV1 *pic, struct bit_writer *w)
{
	bit_writer_put(w, 6, pic->filter_level[0]);
	bit_writer_put(w, 6, pic->filter_level[1]);
	if (!pic->seq_info_fields.fields.mono_chrome &&
	    (pic->filter_level[0] || pic->filter_level[1])) {
		bit_writer_put(w, 6, pic->filter_level_u);
		bit_writer_put(w, 6, pic->filter_level_v);
	}
	bit_writer_put(w, 3, pic->loop_filter_info_fields.bits.sharpness_level);
	bit_writer_put(w, 1, pic->loop_filter_info_fields.bits.mode_ref_delta_enabled);
	if (!pic->loop_filter_info_fields.bits.mode_ref_delta_enabled)
		return;
	bit_writer_put(w, 1, 1); /* loop_filter_delta_update */
	for (unsigned int i = 0; i < 8; i++) {
		bit_writer_put(w, 1, 1);
		av1_put_su(w, 7, pic->ref_deltas[i]);
	}
	for (unsigned int i = 0; i < 2; i++) {
		bit_writer_put(w, 1, 1);
		av1_put_su(w, 7, pic->mode_deltas[i]);
	}
}

/* 5.9.19 */
static void write_cdef(const VADecPictureParameterBufferAV1 *pic, struct bit_writer *w)
{
	if (!pic->seq_info_fields.fields.enable_cdef)
		return;
	bit_writer_put(w, 2, pic->cdef_damping_minus_3);
	bit_writer_put(w, 2, pic->cdef_bits);
	for (unsigned int i = 0; i < 1u << (pic->cdef_bits & 3); i++) {
		bit_writer_put(w, 6, pic->cdef_y_strengths[i]);
		if (!pic->seq_info_fields.fields.mono_chrome)
			bit_writer_put(w, 6, pic->cdef_uv_strengths[i]);
	}
}

/* 5.9.20 */
static void write_restoration(const VADecPictureParameterBufferAV1 *pic, struct bit_writer *w)
{
	static const uint8_t lr_types[4] = {0, 2, 3, 1};
	const unsigned int types[3] = {pic->loop_restoration_fields.bits.yframe_restoration_type,
				       pic->loop_restoration_fields.bits.cbframe_restoration_type,
				       pic->loop_restoration_fields.bits.crframe_restoration_type};
	unsigned int planes = pic->seq_info_fields.fields.mono_chrome ? 1 : 3;
	unsigned int shift = pic->loop_restoration_fields.bits.lr_unit_shift;
	bool chroma = planes == 3 && (types[1] || types[2]);

	for (unsigned int i = 0; i < planes; i++)
		bit_writer_put(w, 2, lr_types[types[i]]);
	if (!types[0] && !chroma)
		return;
	if (pic->seq_info_fields.fields.use_128x128_superblock) {
		bit_writer_put(w, 1, shift > 1);
	} else {
		bit_writer_put(w, 1, shift > 0);
		if (shift > 0)
			bit_writer_put(w, 1, shift > 1);
	}
	if (chroma && pic->profile == 0)
		bit_writer_put(w, 1, pic->loop_restoration_fields.bits.lr_uv_shift);
}

static void write_filters(const VADecPictureParameterBufferAV1 *pic, bool lossless,
			  struct bit_writer *w)
{
	bool scaled = pic->pic_info_fields.bits.use_superres;

	if (pic->pic_info_fields.bits.allow_intrabc)
		return;
	if (!lossless) {
		write_loop_filter(pic, w);
		write_cdef(pic, w);
	}
	if (!lossless || scaled)
		write_restoration(pic, w);
}

/* get_relative_dist(), 7.9.2 */
static int distance(const VADecPictureParameterBufferAV1 *pic, int a, int b)
{
	int m = 1 << pic->order_hint_bits_minus_1;
	int diff = a - b;

	return (diff & (m - 1)) - (diff & m);
}

/* 5.9.22 */
static bool allows_skip_mode(const struct av1_picture *picture)
{
	const VADecPictureParameterBufferAV1 *pic = picture->pic;
	int forward = -1;
	bool backward = false, second = false;

	if (av1_is_intra(picture) || !pic->mode_control_fields.bits.reference_select ||
	    !pic->seq_info_fields.fields.enable_order_hint)
		return false;
	for (unsigned int i = 0; i < AV1_REFS; i++) {
		int hint = picture->state->slots[picture->ref_slots[i]].order_hint;
		int dist = distance(pic, hint, pic->order_hint);

		if (dist < 0 && (forward < 0 || distance(pic, hint, forward) > 0))
			forward = hint;
		backward = backward || dist > 0;
	}
	if (forward < 0 || backward)
		return forward >= 0;
	for (unsigned int i = 0; i < AV1_REFS; i++) {
		int hint = picture->state->slots[picture->ref_slots[i]].order_hint;

		second = second || distance(pic, hint, forward) < 0;
	}
	return second;
}

void av1_write_tools(const struct av1_picture *picture, struct bit_writer *w)
{
	const VADecPictureParameterBufferAV1 *pic = picture->pic;
	bool lossless = is_lossless(pic);

	write_quant(pic, w);
	write_segmentation(picture, w);
	write_deltas(pic, w);
	write_filters(pic, lossless, w);
	if (!lossless)
		bit_writer_put(w, 1, pic->mode_control_fields.bits.tx_mode == 2);
	if (!av1_is_intra(picture))
		bit_writer_put(w, 1, pic->mode_control_fields.bits.reference_select);
	if (allows_skip_mode(picture))
		bit_writer_put(w, 1, pic->mode_control_fields.bits.skip_mode_present);
	if (!av1_is_intra(picture) && !pic->pic_info_fields.bits.error_resilient_mode &&
	    pic->pic_info_fields.bits.frame_type != AV1_SWITCH)
		bit_writer_put(w, 1, pic->pic_info_fields.bits.allow_warped_motion);
	bit_writer_put(w, 1, pic->mode_control_fields.bits.reduced_tx_set_used);
	av1_write_motion(picture, w);
	av1_write_grain(picture, w);
}
