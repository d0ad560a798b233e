/* SPDX-License-Identifier: MIT */
/*
 * A slice header written from VA's parameters (7.3.3), in front of the stream's slice data. Every reference
 * of RefPicList is named by a modification command, so that the decoder's lists are the client's. Only
 * dec_ref_pic_marking() is the stream's own: VA does not have it. Where the stream was entered in the
 * middle, it may take away references that never were; those operations are left out.
 */
#include "h264.h"

#include <string.h>

static void write_order_count(struct bit_writer *w, const VAPictureParameterBufferH264 *pic)
{
	int32_t top = pic->CurrPic.TopFieldOrderCnt, bottom = pic->CurrPic.BottomFieldOrderCnt;
	bool is_field = pic->pic_fields.bits.field_pic_flag;
	bool is_bottom = is_field && pic->CurrPic.flags & VA_PICTURE_H264_BOTTOM_FIELD;

	bit_writer_put(w, 16, (uint32_t)(is_bottom ? bottom : top) & 0xffff);
	if (!is_field)
		bit_writer_se(w, (int32_t)((uint32_t)bottom - (uint32_t)top));
}

static void write_first_part(struct bit_writer *w, const struct h264_picture *picture,
			     const struct h264_slice *slice, const struct h264_pps_variant *pps)
{
	const VAPictureParameterBufferH264 *pic = picture->pic;

	bit_writer_put(w, 8, slice->unit.data[0]);
	bit_writer_ue(w, slice->param->first_mb_in_slice);
	bit_writer_ue(w, slice->param->slice_type % 5);
	bit_writer_ue(w, pps->id);
	bit_writer_put(w, pic->seq_fields.bits.log2_max_frame_num_minus4 + 4,
		       (pic->frame_num - picture->state->frame_num_base) &
			       (h264_max_frame_num(pic) - 1));
	if (!pic->seq_fields.bits.frame_mbs_only_flag) {
		bit_writer_put(w, 1, pic->pic_fields.bits.field_pic_flag);
		if (pic->pic_fields.bits.field_pic_flag)
			bit_writer_put(w, 1, !!(pic->CurrPic.flags & VA_PICTURE_H264_BOTTOM_FIELD));
	}
	if (slice->header.nal_unit_type == H264_NAL_IDR)
		bit_writer_ue(w, picture->state->idr_pic_id);
	write_order_count(w, pic);
	if (pps->redundant_pic_cnt_present)
		bit_writer_ue(w, 0);
}

/* PicNum and LongTermPicNum of a list entry (8.2.4.1), PicNum modulo MaxPicNum. */
static uint32_t picture_number(const struct h264_picture *picture, const VAPictureH264 *entry)
{
	const VAPictureParameterBufferH264 *pic = picture->pic;
	uint32_t number = entry->frame_idx;

	if (!h264_is_long_term(entry))
		number &= h264_max_frame_num(pic) - 1;
	if (!pic->pic_fields.bits.field_pic_flag)
		return number;
	/* A field of the same parity is the odd one of its pair of numbers. */
	return 2 * number + (h264_fields(entry) == picture->fields);
}

static void write_list(struct bit_writer *w, const struct h264_picture *picture,
		       const struct h264_slice *slice, int list)
{
	bool is_field = picture->pic->pic_fields.bits.field_pic_flag;
	uint32_t max = h264_max_frame_num(picture->pic) << is_field;
	uint32_t predicted = is_field ? 2u * picture->pic->frame_num + 1 : picture->pic->frame_num;
	const VAPictureH264 *entries = h264_list(slice->param, list);
	const VAPictureH264 *entry = NULL;

	bit_writer_put(w, 1, 1);
	for (uint32_t i = 0; i < h264_list_size(slice->param, list); i++) {
		uint32_t number;

		/* An entry that names nothing repeats the one before it. */
		if (!entry || h264_is_valid(&entries[i]))
			entry = &entries[i];
		if (!h264_is_valid(entry))
			continue;
		number = picture_number(picture, entry);
		if (h264_is_long_term(entry)) {
			bit_writer_ue(w, 2);
			bit_writer_ue(w, number);
		} else {
			uint32_t difference = (predicted - number) & (max - 1);

			bit_writer_ue(w, 0);
			bit_writer_ue(w, (difference ? difference : max) - 1);
			predicted = number;
		}
	}
	bit_writer_ue(w, 3);
}

static void write_lists(struct bit_writer *w, const struct h264_picture *picture,
			const struct h264_slice *slice)
{
	uint32_t type = slice->param->slice_type % 5;
	int lists = type == H264_I ? 0 : type == H264_B ? 2 : 1;

	if (type == H264_B)
		bit_writer_put(w, 1, slice->param->direct_spatial_mv_pred_flag);
	if (lists)
		bit_writer_put(w, 1, 1); /* num_ref_idx_active_override_flag */
	for (int list = 0; list < lists; list++)
		bit_writer_ue(w, h264_list_size(slice->param, list) - 1);
	for (int list = 0; list < lists; list++)
		write_list(w, picture, slice, list);
}

bool h264_has_weights(const VAPictureParameterBufferH264 *pic, uint32_t slice_type)
{
	return (slice_type == H264_P && pic->pic_fields.bits.weighted_pred_flag) ||
	       (slice_type == H264_B && pic->pic_fields.bits.weighted_bipred_idc == 1);
}

static void get_list_weights(const VASliceParameterBufferH264 *param, int list, bool has_chroma,
			     struct h264_weights *w)
{
	bool luma = list ? param->luma_weight_l1_flag : param->luma_weight_l0_flag;
	bool chroma = list ? param->chroma_weight_l1_flag : param->chroma_weight_l0_flag;
	const int16_t *luma_weight = list ? param->luma_weight_l1 : param->luma_weight_l0;
	const int16_t *luma_offset = list ? param->luma_offset_l1 : param->luma_offset_l0;
	const int16_t(*chroma_weight)[2] = list ? param->chroma_weight_l1 : param->chroma_weight_l0;
	const int16_t(*chroma_offset)[2] = list ? param->chroma_offset_l1 : param->chroma_offset_l0;

	for (uint32_t i = 0; i < h264_list_size(param, list); i++) {
		w->luma_weight[list][i] = luma ? luma_weight[i] : 1 << w->luma_denom;
		w->luma_offset[list][i] = luma ? luma_offset[i] : 0;
		for (int c = 0; c < 2 && has_chroma; c++) {
			w->chroma_weight[list][i][c] =
				chroma ? chroma_weight[i][c] : 1 << w->chroma_denom;
			w->chroma_offset[list][i][c] = chroma ? chroma_offset[i][c] : 0;
		}
	}
}

void h264_get_weights(const struct h264_picture *picture, const VASliceParameterBufferH264 *param,
		      struct h264_weights *w)
{
	bool has_chroma = picture->pic->seq_fields.bits.chroma_format_idc;

	memset(w, 0, sizeof(*w));
	w->luma_denom = param->luma_log2_weight_denom & 7;
	if (has_chroma)
		w->chroma_denom = param->chroma_log2_weight_denom & 7;
	get_list_weights(param, 0, has_chroma, w);
	get_list_weights(param, 1, has_chroma, w);
}

/* A weight of 2^denom with offset 0 is the default, and cannot be written for denom 7. */
static void write_weight_entry(struct bit_writer *w, const struct h264_weights *weights, int list,
			       uint32_t i)
{
	bool present = weights->luma_weight[list][i] != 1 << weights->luma_denom ||
		       weights->luma_offset[list][i];

	bit_writer_put(w, 1, present);
	if (!present)
		return;
	bit_writer_se(w, weights->luma_weight[list][i]);
	bit_writer_se(w, weights->luma_offset[list][i]);
}

static void write_chroma_weight_entry(struct bit_writer *w, const struct h264_weights *weights,
				      int list, uint32_t i)
{
	bool present = false;

	for (int c = 0; c < 2; c++)
		present = present || weights->chroma_offset[list][i][c] ||
			  weights->chroma_weight[list][i][c] != 1 << weights->chroma_denom;
	bit_writer_put(w, 1, present);
	for (int c = 0; c < 2 && present; c++) {
		bit_writer_se(w, weights->chroma_weight[list][i][c]);
		bit_writer_se(w, weights->chroma_offset[list][i][c]);
	}
}

static void write_weights(struct bit_writer *w, const struct h264_picture *picture,
			  const struct h264_slice *slice)
{
	bool chroma = picture->pic->seq_fields.bits.chroma_format_idc;
	struct h264_weights weights;

	h264_get_weights(picture, slice->param, &weights);
	bit_writer_ue(w, weights.luma_denom);
	if (chroma)
		bit_writer_ue(w, weights.chroma_denom);
	for (int list = 0; list < 2; list++)
		for (uint32_t i = 0; i < h264_list_size(slice->param, list); i++) {
			write_weight_entry(w, &weights, list, i);
			if (chroma)
				write_chroma_weight_entry(w, &weights, list, i);
		}
}

/* Whether the picture that an operation takes from the short-term references is one (8-39). */
static bool has_short(const struct h264_picture *picture, uint32_t difference)
{
	const VAPictureParameterBufferH264 *pic = picture->pic;
	bool is_field = pic->pic_fields.bits.field_pic_flag;
	uint32_t mask = (h264_max_frame_num(pic) << is_field) - 1;
	uint32_t current = is_field ? 2u * pic->frame_num + 1 : pic->frame_num;
	uint32_t frame_num = ((current - difference - 1) & mask) >> is_field;

	/* The first field of the same frame. */
	if (picture->second_field && frame_num == pic->frame_num)
		return true;
	if (h264_is_gap(picture->state, frame_num))
		return true;
	for (int i = 0; i < H264_MAX_REFERENCES; i++)
		if (h264_is_valid(&pic->ReferenceFrames[i]) &&
		    !h264_is_long_term(&pic->ReferenceFrames[i]) &&
		    (pic->ReferenceFrames[i].frame_idx & (mask >> is_field)) == frame_num)
			return true;
	return false;
}

static bool has_long(const struct h264_picture *picture, uint32_t number)
{
	const VAPictureParameterBufferH264 *pic = picture->pic;
	uint32_t idx = number >> pic->pic_fields.bits.field_pic_flag;

	for (int i = 0; i < H264_MAX_REFERENCES; i++)
		if (h264_is_valid(&pic->ReferenceFrames[i]) &&
		    h264_is_long_term(&pic->ReferenceFrames[i]) &&
		    pic->ReferenceFrames[i].frame_idx == idx)
			return true;
	return false;
}

static void write_operation(struct bit_writer *w, const struct h264_mmco *mmco)
{
	bit_writer_ue(w, mmco->operation);
	if (mmco->operation == 1 || mmco->operation == 3)
		bit_writer_ue(w, mmco->difference_of_pic_nums_minus1);
	if (mmco->operation == 2)
		bit_writer_ue(w, mmco->long_term_pic_num);
	if (mmco->operation == 3 || mmco->operation == 6)
		bit_writer_ue(w, mmco->long_term_frame_idx);
	if (mmco->operation == 4)
		bit_writer_ue(w, mmco->max_long_term_frame_idx_plus1);
}

static void write_marking(struct bit_writer *w, const struct h264_picture *picture,
			  const struct h264_slice *slice)
{
	const struct h264_slice_header *header = &slice->header;

	if (!picture->state->random_start || !header->adaptive_ref_pic_marking_mode_flag) {
		bit_writer_copy(w, slice->unit.data, header->marking_from, header->marking_to);
		return;
	}
	bit_writer_put(w, 1, 1);
	for (size_t i = 0; i < header->num_mmco; i++) {
		const struct h264_mmco *mmco = &header->mmco[i];
		uint32_t operation = mmco->operation;

		if ((operation == 1 || operation == 3) &&
		    !has_short(picture, mmco->difference_of_pic_nums_minus1))
			continue;
		if (operation == 2 && !has_long(picture, mmco->long_term_pic_num))
			continue;
		write_operation(w, mmco);
	}
}

static void write_last_part(struct bit_writer *w, const struct h264_picture *picture,
			    const struct h264_slice *slice)
{
	const VASliceParameterBufferH264 *param = slice->param;

	if (picture->pic->pic_fields.bits.entropy_coding_mode_flag &&
	    param->slice_type % 5 != H264_I)
		bit_writer_ue(w, param->cabac_init_idc);
	bit_writer_se(w, param->slice_qp_delta);
	bit_writer_ue(w, param->disable_deblocking_filter_idc);
	if (param->disable_deblocking_filter_idc != 1) {
		bit_writer_se(w, param->slice_alpha_c0_offset_div2);
		bit_writer_se(w, param->slice_beta_offset_div2);
	}
}

static void write_header(struct bit_writer *w, const struct h264_picture *picture,
			 const struct h264_slice *slice, const struct h264_pps_variant *pps)
{
	const struct h264_slice_header *header = &slice->header;

	write_first_part(w, picture, slice, pps);
	write_lists(w, picture, slice);
	if (h264_has_weights(picture->pic, slice->param->slice_type % 5))
		write_weights(w, picture, slice);
	if (header->nal_ref_idc)
		write_marking(w, picture, slice);
	write_last_part(w, picture, slice);
}

void h264_write_slice(struct h264_picture *picture, const struct h264_slice *slice)
{
	size_t end = slice->unit.size * 8, from = slice->param->slice_data_bit_offset;
	struct bit_writer w = {0};

	write_header(&w, picture, slice, &h264_pps_variants[0]);
	if (picture->pic->pic_fields.bits.entropy_coding_mode_flag) {
		while (w.pos % 8)
			bit_writer_put(&w, 1, 1); /* cabac_alignment_one_bit */
		from = (from + 7) / 8 * 8;
	} else if ((from - w.pos) % 8) {
		size_t extra = (from - w.pos) % 8;

		bit_writer_finish(&w);
		write_header(&w, picture, slice, &h264_pps_variants[extra]);
	}
	if (from < end)
		bit_writer_copy(&w, slice->unit.data, from, end);
	if (w.bytes.failed)
		picture->slices.failed = true;
	else
		bytes_append_nal(&picture->slices, w.bytes.data, w.bytes.size);
	bit_writer_finish(&w);
}
