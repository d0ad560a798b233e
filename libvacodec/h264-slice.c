/* SPDX-License-Identifier: MIT */
/*
 * h264-slice.c - H.264 slice headers
 *
 * Source: Rec. ITU-T H.264, 7.3.3 and 7.4.3.
 */
#include "h264-parser.h"

#include <errno.h>
#include <string.h>

#define CONSTRAINT_SET1 0x40

static bool is_b(const struct h264_slice *s)
{
	return s->slice_type == H264_SLICE_B;
}

static bool is_intra(const struct h264_slice *s)
{
	return s->slice_type == H264_SLICE_I || s->slice_type == H264_SLICE_SI;
}

static void parse_poc(struct bits *b, const struct h264_sps *sps, const struct h264_pps *pps,
		      struct h264_slice *s)
{
	bool both = pps->bottom_field_pic_order_in_frame_present_flag && !s->field_pic_flag;

	if (sps->pic_order_cnt_type == 0) {
		s->pic_order_cnt_lsb = bits_u(b, sps->log2_max_pic_order_cnt_lsb);
		if (both)
			s->delta_pic_order_cnt_bottom = bits_se_range(b, -INT32_MAX, INT32_MAX);
	}
	if (sps->pic_order_cnt_type == 1 && !sps->delta_pic_order_always_zero_flag) {
		s->delta_pic_order_cnt[0] = bits_se_range(b, -INT32_MAX, INT32_MAX);
		if (both)
			s->delta_pic_order_cnt[1] = bits_se_range(b, -INT32_MAX, INT32_MAX);
	}
}

static void parse_num_ref_idx(struct bits *b, const struct h264_pps *pps, struct h264_slice *s)
{
	unsigned int max = s->field_pic_flag ? 32 : 16;
	unsigned int i;

	if (is_intra(s))
		return;
	s->num_ref_idx_active[0] = pps->num_ref_idx_default_active_minus1[0] + 1;
	if (is_b(s))
		s->num_ref_idx_active[1] = pps->num_ref_idx_default_active_minus1[1] + 1;
	if (bits_flag(b)) {
		for (i = 0; i < (is_b(s) ? 2U : 1U); i++)
			s->num_ref_idx_active[i] = (uint8_t)(1 + bits_ue_max(b, H264_MAX_LIST - 1));
	}
	if (s->num_ref_idx_active[0] > max || s->num_ref_idx_active[1] > max)
		b->err = -EBADMSG;
}

/* ref_pic_list_modification(), 7.3.3.1. */
static void parse_modifications(struct bits *b, struct h264_slice *s)
{
	struct h264_modification *m;
	unsigned int list;
	uint32_t idc;

	for (list = 0; list < 2 && s->num_ref_idx_active[list] > 0; list++) {
		if (!bits_flag(b))
			continue;
		while (bits_ok(b)) {
			idc = bits_ue_max(b, 3);
			if (idc == 3)
				break;
			/* No more than the list has entries: 7.4.3.1. */
			if (s->n_modifications[list] > H264_MAX_LIST) {
				b->err = -EBADMSG;
				break;
			}
			m = &s->modifications[list][s->n_modifications[list]++];
			m->modification_of_pic_nums_idc = (uint8_t)idc;
			m->value = bits_ue_max(b, 1U << 17);
		}
	}
}

static void parse_weight(struct bits *b, int16_t *weight, int16_t *offset)
{
	*weight = (int16_t)bits_se_range(b, -128, 127);
	*offset = (int16_t)bits_se_range(b, -128, 127);
}

static void parse_luma_weight(struct bits *b, struct h264_weights *w, unsigned int list,
			      unsigned int i)
{
	int16_t normal = (int16_t)(1 << w->luma_log2_weight_denom);

	w->luma_weight[list][i] = normal;
	if (bits_flag(b))
		parse_weight(b, &w->luma_weight[list][i], &w->luma_offset[list][i]);
	if (w->luma_weight[list][i] != normal || w->luma_offset[list][i] != 0)
		w->luma_flag[list] = true;
}

static void parse_chroma_weight(struct bits *b, struct h264_weights *w, unsigned int list,
				unsigned int i)
{
	int16_t normal = (int16_t)(1 << w->chroma_log2_weight_denom);
	bool coded = bits_flag(b);
	unsigned int c;

	for (c = 0; c < 2; c++) {
		w->chroma_weight[list][i][c] = normal;
		if (coded)
			parse_weight(b, &w->chroma_weight[list][i][c],
				     &w->chroma_offset[list][i][c]);
		if (w->chroma_weight[list][i][c] != normal || w->chroma_offset[list][i][c] != 0)
			w->chroma_flag[list] = true;
	}
}

/* pred_weight_table(), 7.3.3.2. */
static void parse_weights(struct bits *b, const struct h264_sps *sps, struct h264_slice *s)
{
	struct h264_weights *w = &s->weights;
	bool chroma = sps->chroma_format_idc != 0 && !sps->separate_colour_plane_flag;
	unsigned int list, i;

	s->explicit_weights = true;
	w->luma_log2_weight_denom = (uint8_t)bits_ue_max(b, 7);
	if (chroma)
		w->chroma_log2_weight_denom = (uint8_t)bits_ue_max(b, 7);
	for (list = 0; list < 2; list++) {
		for (i = 0; i < s->num_ref_idx_active[list]; i++) {
			parse_luma_weight(b, w, list, i);
			if (chroma)
				parse_chroma_weight(b, w, list, i);
		}
	}
}

static void parse_mmco(struct bits *b, struct h264_mmco *m)
{
	unsigned int op = m->memory_management_control_operation;

	if (op == 1 || op == 3)
		m->difference_of_pic_nums_minus1 = bits_ue_max(b, 1U << 17);
	if (op == 2)
		m->long_term = bits_ue_max(b, 2 * H264_MAX_REFS - 1);
	if (op == 3 || op == 6)
		m->long_term_frame_idx = bits_ue_max(b, H264_MAX_REFS - 1);
	if (op == 4)
		m->long_term = bits_ue_max(b, H264_MAX_REFS);
}

/* dec_ref_pic_marking(), 7.3.3.3. */
static void parse_marking(struct bits *b, struct h264_slice *s)
{
	struct h264_mmco *m;
	uint32_t op;

	if (s->nal_unit_type == H264_NAL_IDR) {
		s->no_output_of_prior_pics_flag = bits_flag(b);
		s->long_term_reference_flag = bits_flag(b);
		return;
	}
	s->adaptive_ref_pic_marking_mode_flag = bits_flag(b);
	while (s->adaptive_ref_pic_marking_mode_flag && bits_ok(b)) {
		op = bits_ue_max(b, 6);
		if (op == 0)
			break;
		if (s->n_mmcos == H264_MAX_MMCOS) {
			b->err = -EBADMSG;
			break;
		}
		m = &s->mmcos[s->n_mmcos++];
		m->memory_management_control_operation = (uint8_t)op;
		parse_mmco(b, m);
	}
}

static void parse_deblocking(struct bits *b, const struct h264_pps *pps, struct h264_slice *s)
{
	if (!pps->deblocking_filter_control_present_flag)
		return;
	s->disable_deblocking_filter_idc = (uint8_t)bits_ue_max(b, 2);
	if (s->disable_deblocking_filter_idc == 1)
		return;
	s->slice_alpha_c0_offset_div2 = (int8_t)bits_se_range(b, -6, 6);
	s->slice_beta_offset_div2 = (int8_t)bits_se_range(b, -6, 6);
}

static void parse_reference_fields(struct bits *b, const struct h264_sps *sps,
				   const struct h264_pps *pps, struct h264_slice *s)
{
	bool p = s->slice_type == H264_SLICE_P || s->slice_type == H264_SLICE_SP;

	if (is_b(s))
		s->direct_spatial_mv_pred_flag = bits_flag(b);
	parse_num_ref_idx(b, pps, s);
	if (bits_ok(b))
		parse_modifications(b, s);
	if (bits_ok(b) &&
	    ((pps->weighted_pred_flag && p) || (pps->weighted_bipred_idc == 1 && is_b(s))))
		parse_weights(b, sps, s);
	if (s->nal_ref_idc != 0)
		parse_marking(b, s);
}

/* What must be known before anything behind it can be read. */
static int parse_start(struct bits *b, const struct h264_sets *sets, struct h264_slice *s)
{
	uint32_t header = bits_u(b, 8);
	uint32_t type;

	s->nal_ref_idc = (uint8_t)(header >> 5 & 3);
	s->nal_unit_type = (uint8_t)(header & 31);
	s->first_mb_in_slice = bits_ue_max(b, H264_MAX_MBS - 1);
	type = bits_ue_max(b, 9);
	s->slice_type = (uint8_t)(type % 5);
	s->pic_parameter_set_id = (uint8_t)bits_ue_max(b, H264_MAX_PPS - 1);
	if (!bits_ok(b))
		return -EBADMSG;
	if (!sets->pps[s->pic_parameter_set_id].valid ||
	    !sets->sps[sets->pps[s->pic_parameter_set_id].seq_parameter_set_id].valid)
		return -ENOENT;
	/* An IDR picture is a reference and has only I and SI slices: 7.4.1.2.4, 7.4.3. */
	if (s->nal_unit_type == H264_NAL_IDR && (s->nal_ref_idc == 0 || !is_intra(s)))
		return -EBADMSG;
	return 0;
}

static void parse_picture_fields(struct bits *b, const struct h264_sps *sps,
				 const struct h264_pps *pps, struct h264_slice *s)
{
	if (sps->separate_colour_plane_flag)
		bits_skip(b, 2);
	s->frame_num = bits_u(b, sps->log2_max_frame_num);
	if (!sps->frame_mbs_only_flag) {
		s->field_pic_flag = bits_flag(b);
		if (s->field_pic_flag)
			s->bottom_field_flag = bits_flag(b);
	}
	if (s->nal_unit_type == H264_NAL_IDR) {
		s->idr_pic_id = (uint16_t)bits_ue_max(b, 65535);
		s->frame_num = 0; /* 7.4.3; whatever was coded */
	}
	parse_poc(b, sps, pps, s);
	if (pps->redundant_pic_cnt_present_flag)
		s->redundant_pic_cnt = (uint8_t)bits_ue_max(b, 127);
}

/* SP and SI slices are refused by their profile; their fields are not needed. */
static void parse_end(struct bits *b, const struct h264_pps *pps, struct h264_slice *s)
{
	if (pps->entropy_coding_mode_flag && !is_intra(s))
		s->cabac_init_idc = (uint8_t)bits_ue_max(b, 2);
	s->slice_qp_delta = (int8_t)bits_se_range(b, -51 - 36, 51 + 36);
	parse_deblocking(b, pps, s);
}

const struct h264_sps *h264_select_sps(const struct h264_sets *sets, const struct h264_pps *pps,
				       bool idr)
{
	const struct h264_sps *active = &sets->active;

	if (!idr && !sets->random_access && active->valid &&
	    active->seq_parameter_set_id == pps->seq_parameter_set_id)
		return active;
	return &sets->sps[pps->seq_parameter_set_id];
}

bool h264_has_slice_groups(const struct h264_sps *sps)
{
	return (sps->profile_idc == 66 && !(sps->constraint_flags & CONSTRAINT_SET1)) ||
	       sps->profile_idc == 88;
}

static bool headers_differ(const struct h264_slice *a, const struct h264_slice *b)
{
	bool a_idr = a->nal_unit_type == H264_NAL_IDR;
	bool b_idr = b->nal_unit_type == H264_NAL_IDR;

	return a->frame_num != b->frame_num || a->pic_parameter_set_id != b->pic_parameter_set_id ||
	       a->field_pic_flag != b->field_pic_flag ||
	       a->bottom_field_flag != b->bottom_field_flag ||
	       (a->nal_ref_idc != b->nal_ref_idc && (!a->nal_ref_idc || !b->nal_ref_idc)) ||
	       a->pic_order_cnt_lsb != b->pic_order_cnt_lsb ||
	       a->delta_pic_order_cnt_bottom != b->delta_pic_order_cnt_bottom ||
	       a->delta_pic_order_cnt[0] != b->delta_pic_order_cnt[0] ||
	       a->delta_pic_order_cnt[1] != b->delta_pic_order_cnt[1] || a_idr != b_idr ||
	       (a_idr && a->idr_pic_id != b->idr_pic_id);
}

bool h264_begins_picture(const struct h264_slice *a, const struct h264_slice *b,
			 const struct h264_sps *sps)
{
	if (headers_differ(a, b))
		return true;
	return b->first_mb_in_slice == 0 && !sps->separate_colour_plane_flag &&
	       (a->first_mb_in_slice == 0 || !h264_has_slice_groups(sps));
}

int h264_parse_slice(const uint8_t *data, size_t size_bytes, const struct h264_sets *sets,
		     struct h264_slice *slice)
{
	const struct h264_pps *pps;
	const struct h264_sps *sps;
	struct bits b;
	int ret;

	memset(slice, 0, sizeof(*slice));
	bits_init(&b, data, size_bytes);
	ret = parse_start(&b, sets, slice);
	if (ret < 0)
		return ret;
	pps = &sets->pps[slice->pic_parameter_set_id];
	sps = h264_select_sps(sets, pps, slice->nal_unit_type == H264_NAL_IDR);
	parse_picture_fields(&b, sps, pps, slice);
	if (!bits_ok(&b))
		return -EBADMSG;
	if (slice->slice_type == H264_SLICE_SP || slice->slice_type == H264_SLICE_SI)
		return -ENOTSUP;
	parse_reference_fields(&b, sps, pps, slice);
	parse_end(&b, pps, slice);
	if (!bits_ok(&b) || b.n_read > UINT16_MAX)
		return -EBADMSG;
	slice->header_bits = (uint32_t)b.n_read;
	return 0;
}
