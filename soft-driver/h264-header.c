/* SPDX-License-Identifier: MIT */
/*
 * The slice header as it stands in the stream (7.3.3), read under the sequence and picture parameters that
 * VA has. What VA leaves out is the default number of references of the PPS: the client's count stands in
 * for it where the header does not say.
 */
#include "h264.h"

#include <errno.h>
#include <string.h>

static void parse_order_count(const VAPictureParameterBufferH264 *pic, struct bit_reader *in,
			      struct h264_slice_header *h)
{
	bool bottom = pic->pic_fields.bits.pic_order_present_flag && !h->field_pic_flag;

	if (pic->seq_fields.bits.pic_order_cnt_type == 0) {
		h->pic_order_cnt_lsb = bit_reader_get(
			in, pic->seq_fields.bits.log2_max_pic_order_cnt_lsb_minus4 + 4);
		if (bottom)
			h->delta_pic_order_cnt_bottom = bit_reader_se(in);
	} else if (pic->seq_fields.bits.pic_order_cnt_type == 1 &&
		   !pic->seq_fields.bits.delta_pic_order_always_zero_flag) {
		h->delta_pic_order_cnt[0] = bit_reader_se(in);
		if (bottom)
			h->delta_pic_order_cnt[1] = bit_reader_se(in);
	}
}

static void parse_first_part(const VAPictureParameterBufferH264 *pic, struct bit_reader *in,
			     struct h264_slice_header *h)
{
	h->first_mb_in_slice = bit_reader_ue(in);
	h->slice_type = bit_reader_ue(in);
	h->pic_parameter_set_id = bit_reader_ue(in);
	h->frame_num = bit_reader_get(in, pic->seq_fields.bits.log2_max_frame_num_minus4 + 4);
	if (!pic->seq_fields.bits.frame_mbs_only_flag) {
		h->field_pic_flag = bit_reader_get(in, 1);
		if (h->field_pic_flag)
			h->bottom_field_flag = bit_reader_get(in, 1);
	}
	if (h->nal_unit_type == H264_NAL_IDR)
		h->idr_pic_id = bit_reader_ue(in);
	parse_order_count(pic, in, h);
	if (pic->pic_fields.bits.redundant_pic_cnt_present_flag)
		h->redundant_pic_cnt = bit_reader_ue(in);
	if (h->slice_type > 9 || h->pic_parameter_set_id > 255)
		in->failed = true;
	h->slice_type %= 5;
	if (h->slice_type > H264_I) /* SP and SI belong to Extended profile */
		in->failed = true;
}

static void parse_list_counts(const VASliceParameterBufferH264 *param, struct bit_reader *in,
			      struct h264_slice_header *h)
{
	if (h->slice_type == H264_B)
		h->direct_spatial_mv_pred_flag = bit_reader_get(in, 1);
	if (h->slice_type == H264_I)
		return;
	h->num_ref_idx_active[0] = param->num_ref_idx_l0_active_minus1 + 1u;
	if (h->slice_type == H264_B)
		h->num_ref_idx_active[1] = param->num_ref_idx_l1_active_minus1 + 1u;
	h->num_ref_idx_active_override_flag = bit_reader_get(in, 1);
	if (h->num_ref_idx_active_override_flag) {
		h->num_ref_idx_active[0] = bit_reader_ue(in) + 1;
		if (h->slice_type == H264_B)
			h->num_ref_idx_active[1] = bit_reader_ue(in) + 1;
	}
	if (h->num_ref_idx_active[0] > H264_MAX_LIST || h->num_ref_idx_active[1] > H264_MAX_LIST)
		in->failed = true;
}

/* Skipped: the client's RefPicList is what is written anew. */
static void parse_list_modification(struct bit_reader *in, const struct h264_slice_header *h)
{
	for (int list = 0; list < 2 && h->num_ref_idx_active[list]; list++) {
		uint32_t count = 0, operation;

		if (!bit_reader_get(in, 1))
			continue;
		do {
			operation = bit_reader_ue(in);
			if (operation > 3 || count++ > h->num_ref_idx_active[list])
				in->failed = true;
			else if (operation < 3)
				bit_reader_ue(in);
		} while (operation != 3 && !in->failed);
	}
}

static void parse_weight_entry(struct bit_reader *in, struct h264_weights *w, int list, uint32_t i)
{
	w->luma_weight[list][i] = 1 << w->luma_denom;
	if (bit_reader_get(in, 1)) {
		w->luma_weight[list][i] = bit_reader_se(in);
		w->luma_offset[list][i] = bit_reader_se(in);
	}
}

static void parse_chroma_weight_entry(struct bit_reader *in, struct h264_weights *w, int list,
				      uint32_t i)
{
	bool present = bit_reader_get(in, 1);

	for (int c = 0; c < 2; c++) {
		w->chroma_weight[list][i][c] = 1 << w->chroma_denom;
		if (!present)
			continue;
		w->chroma_weight[list][i][c] = bit_reader_se(in);
		w->chroma_offset[list][i][c] = bit_reader_se(in);
	}
}

static void parse_weights(const VAPictureParameterBufferH264 *pic, struct bit_reader *in,
			  struct h264_slice_header *h)
{
	struct h264_weights *w = &h->weights;

	w->luma_denom = bit_reader_ue(in);
	if (pic->seq_fields.bits.chroma_format_idc)
		w->chroma_denom = bit_reader_ue(in);
	if (w->luma_denom > 7 || w->chroma_denom > 7) {
		in->failed = true;
		return;
	}
	for (int list = 0; list < 2; list++)
		for (uint32_t i = 0; i < h->num_ref_idx_active[list]; i++) {
			parse_weight_entry(in, w, list, i);
			if (pic->seq_fields.bits.chroma_format_idc)
				parse_chroma_weight_entry(in, w, list, i);
		}
}

static void parse_mmco(struct bit_reader *in, struct h264_slice_header *h)
{
	uint32_t operation;

	do {
		struct h264_mmco *mmco = &h->mmco[h->num_mmco];

		operation = mmco->operation = bit_reader_ue(in);
		if (operation == 1 || operation == 3)
			mmco->difference_of_pic_nums_minus1 = bit_reader_ue(in);
		if (operation == 2)
			mmco->long_term_pic_num = bit_reader_ue(in);
		if (operation == 3 || operation == 6)
			mmco->long_term_frame_idx = bit_reader_ue(in);
		if (operation == 4)
			mmco->max_long_term_frame_idx_plus1 = bit_reader_ue(in);
		if (operation > 6 || ++h->num_mmco == H264_MAX_MMCO)
			in->failed = true;
	} while (operation && !in->failed);
}

static void parse_marking(struct bit_reader *in, struct h264_slice_header *h)
{
	h->marking_from = in->pos;
	if (h->nal_unit_type == H264_NAL_IDR) {
		h->no_output_of_prior_pics_flag = bit_reader_get(in, 1);
		h->long_term_reference_flag = bit_reader_get(in, 1);
	} else {
		h->adaptive_ref_pic_marking_mode_flag = bit_reader_get(in, 1);
		if (h->adaptive_ref_pic_marking_mode_flag)
			parse_mmco(in, h);
	}
	h->marking_to = in->pos;
}

static void parse_last_part(const VAPictureParameterBufferH264 *pic, struct bit_reader *in,
			    struct h264_slice_header *h)
{
	if (pic->pic_fields.bits.entropy_coding_mode_flag && h->slice_type != H264_I)
		h->cabac_init_idc = bit_reader_ue(in);
	h->slice_qp_delta = bit_reader_se(in);
	if (!pic->pic_fields.bits.deblocking_filter_control_present_flag)
		return;
	h->disable_deblocking_filter_idc = bit_reader_ue(in);
	if (h->disable_deblocking_filter_idc != 1) {
		h->slice_alpha_c0_offset_div2 = bit_reader_se(in);
		h->slice_beta_offset_div2 = bit_reader_se(in);
	}
}

int h264_header_parse(const VAPictureParameterBufferH264 *pic,
		      const VASliceParameterBufferH264 *param, const struct bytes *unit,
		      struct h264_slice_header *h)
{
	struct bit_reader in;

	memset(h, 0, sizeof(*h));
	bit_reader_init(&in, unit->data, unit->size);
	if (bit_reader_get(&in, 1)) /* forbidden_zero_bit */
		return -EINVAL;
	h->nal_ref_idc = bit_reader_get(&in, 2);
	h->nal_unit_type = bit_reader_get(&in, 5);
	parse_first_part(pic, &in, h);
	if (in.failed)
		return -EINVAL;
	parse_list_counts(param, &in, h);
	parse_list_modification(&in, h);
	if (!in.failed && h264_has_weights(pic, h->slice_type))
		parse_weights(pic, &in, h);
	if (h->nal_ref_idc)
		parse_marking(&in, h);
	parse_last_part(pic, &in, h);
	h->size_bits = in.pos;
	return in.failed ? -EINVAL : 0;
}
