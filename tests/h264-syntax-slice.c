/* SPDX-License-Identifier: MIT */
/*
 * h264-syntax-slice.c - H.264 slice headers both ways; see h264-syntax.h
 */
#include "h264-syntax.h"

#include <string.h>

#define SLICE_P  0
#define SLICE_B  1
#define SLICE_I  2
#define SLICE_SP 3
#define SLICE_SI 4

void h264s_slice_init(struct h264s_slice *slice)
{
	memset(slice, 0, sizeof(*slice));
	for (unsigned int i = 0; i < H264S_MAX_STEPS; i++)
		slice->modification[0][i].op = slice->modification[1][i].op = 3;
}

bool h264s_is_slice(unsigned int type)
{
	return type == 1 || type == 5;
}

static bool is_b(const struct h264s_slice *slice)
{
	return slice->type % 5 == SLICE_B;
}

static bool is_p(const struct h264s_slice *slice)
{
	return slice->type % 5 == SLICE_P || slice->type % 5 == SLICE_SP;
}

static void number_fields(struct h264s_coder *c, const struct h264s_sps *sps,
			  struct h264s_slice *slice)
{
	unsigned int bits = 4 + (sps->log2_max_frame_num_minus4 & 15);

	if (sps->separate_planes)
		h264s_u(c, "colour_plane_id", 2, &slice->colour_plane);
	h264s_u(c, "frame_num", bits, &slice->frame_num);
	if (!sps->frame_mbs_only) {
		h264s_u(c, "field_pic_flag", 1, &slice->field_pic);
		if (slice->field_pic)
			h264s_u(c, "bottom_field_flag", 1, &slice->bottom_field);
	}
	if (slice->header.type == 5)
		h264s_ue(c, "idr_pic_id", &slice->idr_pic_id);
}

static void poc_fields(struct h264s_coder *c, const struct h264s_sps *sps,
		       const struct h264s_pps *pps, struct h264s_slice *slice)
{
	bool both = pps->pic_order_present && !slice->field_pic;

	if (sps->poc_type == 0) {
		h264s_u(c, "pic_order_cnt_lsb", 4 + (sps->log2_max_poc_lsb_minus4 & 15),
			&slice->poc_lsb);
		if (both)
			h264s_se(c, "delta_pic_order_cnt_bottom", &slice->delta_poc_bottom);
	}
	if (sps->poc_type == 1 && !sps->delta_always_zero) {
		h264s_se(c, "delta_pic_order_cnt[0]", &slice->delta_poc[0]);
		if (both)
			h264s_se(c, "delta_pic_order_cnt[1]", &slice->delta_poc[1]);
	}
}

static void num_ref_fields(struct h264s_coder *c, const struct h264s_pps *pps,
			   struct h264s_slice *slice)
{
	h264s_u(c, "num_ref_idx_active_override_flag", 1, &slice->override);
	if (!slice->override) {
		memcpy(slice->num_ref_idx_minus1, pps->num_ref_idx_minus1,
		       sizeof(slice->num_ref_idx_minus1));
		return;
	}
	h264s_ue(c, "num_ref_idx_l0_active_minus1", &slice->num_ref_idx_minus1[0]);
	if (is_b(slice))
		h264s_ue(c, "num_ref_idx_l1_active_minus1", &slice->num_ref_idx_minus1[1]);
}

/* 7.3.3.1 */
static void modification(struct h264s_coder *c, struct h264s_slice *slice, unsigned int list)
{
	struct h264s_step *step = slice->modification[list];

	h264s_u(c, "ref_pic_list_modification_flag", 1, &slice->modified[list]);
	for (unsigned int i = 0; slice->modified[list] && i < H264S_MAX_STEPS; i++, step++) {
		h264s_ue(c, "modification_of_pic_nums_idc", &step->op);
		if (step->op == 3)
			return;
		h264s_ue(c, "abs_diff_pic_num_minus1 or long_term_pic_num", &step->value);
	}
}

static void weight_pair(struct h264s_coder *c, int64_t pair[2])
{
	h264s_se(c, "weight", &pair[0]);
	h264s_se(c, "offset", &pair[1]);
}

/* 7.3.3.2 */
static void weights(struct h264s_coder *c, const struct h264s_sps *sps, struct h264s_slice *slice)
{
	struct h264s_weights *w = &slice->weights;
	bool chroma = sps->chroma_format_idc && !sps->separate_planes;

	h264s_ue(c, "luma_log2_weight_denom", &w->denom[0]);
	if (chroma)
		h264s_ue(c, "chroma_log2_weight_denom", &w->denom[1]);
	for (int l = 0; l <= is_b(slice); l++) {
		for (int i = 0; i <= slice->num_ref_idx_minus1[l] && i < H264S_MAX_LIST; i++) {
			h264s_u(c, "luma_weight_flag", 1, &w->flag[l][i][0]);
			if (w->flag[l][i][0])
				weight_pair(c, w->weight[l][i][0]);
			if (chroma)
				h264s_u(c, "chroma_weight_flag", 1, &w->flag[l][i][1]);
			for (int plane = 1; w->flag[l][i][1] && chroma && plane < 3; plane++)
				weight_pair(c, w->weight[l][i][plane]);
		}
	}
}

static void mmco_step(struct h264s_coder *c, struct h264s_step *step)
{
	if (step->op == 1 || step->op == 3)
		h264s_ue(c, "difference_of_pic_nums_minus1", &step->value);
	if (step->op == 2)
		h264s_ue(c, "long_term_pic_num", &step->value);
	if (step->op == 4)
		h264s_ue(c, "max_long_term_frame_idx_plus1", &step->value);
	if (step->op == 3 || step->op == 6)
		h264s_ue(c, "long_term_frame_idx", &step->value2);
}

/* 7.3.3.3 */
static void marking(struct h264s_coder *c, struct h264s_slice *slice)
{
	if (slice->header.type == 5) {
		h264s_u(c, "no_output_of_prior_pics_flag", 1, &slice->no_output);
		h264s_u(c, "long_term_reference_flag", 1, &slice->long_term_reference);
		return;
	}
	h264s_u(c, "adaptive_ref_pic_marking_mode_flag", 1, &slice->adaptive);
	for (unsigned int i = 0; slice->adaptive && i < H264S_MAX_STEPS; i++) {
		h264s_ue(c, "memory_management_control_operation", &slice->mmco[i].op);
		if (!slice->mmco[i].op)
			return;
		mmco_step(c, &slice->mmco[i]);
	}
}

static void reference_fields(struct h264s_coder *c, const struct h264s_sps *sps,
			     const struct h264s_pps *pps, struct h264s_slice *slice)
{
	if (is_b(slice))
		h264s_u(c, "direct_spatial_mv_pred_flag", 1, &slice->direct_spatial);
	if (is_p(slice) || is_b(slice)) {
		num_ref_fields(c, pps, slice);
		modification(c, slice, 0);
	}
	if (is_b(slice))
		modification(c, slice, 1);
	if ((pps->weighted_pred && is_p(slice)) || (pps->weighted_bipred == 1 && is_b(slice)))
		weights(c, sps, slice);
	if (slice->header.ref_idc)
		marking(c, slice);
}

static void end_fields(struct h264s_coder *c, const struct h264s_pps *pps,
		       struct h264s_slice *slice)
{
	if (pps->cabac && (is_p(slice) || is_b(slice)))
		h264s_ue(c, "cabac_init_idc", &slice->cabac_init_idc);
	h264s_se(c, "slice_qp_delta", &slice->qp_delta);
	if (slice->type % 5 == SLICE_SP)
		h264s_u(c, "sp_for_switch_flag", 1, &slice->sp_switch);
	if (slice->type % 5 == SLICE_SP || slice->type % 5 == SLICE_SI)
		h264s_se(c, "slice_qs_delta", &slice->qs_delta);
	if (!pps->deblocking_control)
		return;
	h264s_ue(c, "disable_deblocking_filter_idc", &slice->deblocking_idc);
	if (slice->deblocking_idc == 1)
		return;
	h264s_se(c, "slice_alpha_c0_offset_div2", &slice->alpha);
	h264s_se(c, "slice_beta_offset_div2", &slice->beta);
}

bool h264s_slice(struct h264s_coder *c, const struct h264s_sets *sets, struct h264s_slice *slice)
{
	const struct h264s_pps *pps;
	const struct h264s_sps *sps;

	h264s_header(c, &slice->header);
	h264s_ue(c, "first_mb_in_slice", &slice->first_mb);
	h264s_ue(c, "slice_type", &slice->type);
	h264s_ue(c, "pic_parameter_set_id", &slice->pps_id);
	pps = &sets->pps[slice->pps_id & (H264S_N_PPS - 1)];
	sps = &sets->sps[pps->sps_id & (H264S_N_SPS - 1)];
	if (!pps->valid || !sps->valid)
		return false;
	number_fields(c, sps, slice);
	poc_fields(c, sps, pps, slice);
	if (pps->redundant_present)
		h264s_ue(c, "redundant_pic_cnt", &slice->redundant_pic_cnt);
	reference_fields(c, sps, pps, slice);
	end_fields(c, pps, slice);
	return true;
}

/* CABAC data begins at a byte behind ones (7.3.4), CAVLC data anywhere. */
void h264s_copy_data(struct h264s_coder *c, const struct h264s_coder *from, bool cabac)
{
	size_t at = from->at, end = 8 * from->nal->size_bytes;

	if (cabac) {
		at = (at + 7) & ~(size_t)7;
		while (c->at % 8)
			c->at = nal_put_bits(c->nal, c->at, 1, 1);
	}
	for (; at < end && at % 8; at++)
		c->at = nal_put_bits(c->nal, c->at, 1, nal_get_bit(from->nal, at));
	for (; at < end; at += 8)
		c->at = nal_put_bits(c->nal, c->at, 8, from->nal->data[at / 8]);
	c->nal->size_bytes = (c->at + 7) / 8;
	/* The last byte must not be 0: a CAVLC stream's shift may leave one. */
	while (c->nal->size_bytes && !c->nal->data[c->nal->size_bytes - 1])
		c->nal->size_bytes--;
}
