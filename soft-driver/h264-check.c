/* SPDX-License-Identifier: MIT */
/*
 * The client's picture and slice parameters against each other, the surfaces, and the slice's own header.
 */
#include "h264.h"

#include <string.h>

#include "context.h"

/* What the decoder beneath can do, and what the syntax has room for. */
static bool is_decodable(const VAPictureParameterBufferH264 *pic)
{
	bool poc_type_0 = pic->seq_fields.bits.pic_order_cnt_type == 0;

	return !pic->seq_fields.bits.residual_colour_transform_flag &&
	       pic->seq_fields.bits.log2_max_frame_num_minus4 <= 12 &&
	       pic->seq_fields.bits.pic_order_cnt_type <= 2 &&
	       (!poc_type_0 || pic->seq_fields.bits.log2_max_pic_order_cnt_lsb_minus4 <= 12) &&
	       pic->pic_fields.bits.weighted_bipred_idc <= 2 &&
	       pic->num_ref_frames <= H264_MAX_REFERENCES &&
	       pic->picture_width_in_mbs_minus1 < SOFTVA_MAX_WIDTH / 16 &&
	       pic->picture_height_in_mbs_minus1 < SOFTVA_MAX_HEIGHT / 16 &&
	       (pic->seq_fields.bits.frame_mbs_only_flag ? !pic->pic_fields.bits.field_pic_flag
							 : pic->picture_height_in_mbs_minus1 % 2);
}

/* Monochrome is of the High profiles only. */
static bool is_of_profile(const VAPictureParameterBufferH264 *pic, const struct profile *profile)
{
	uint32_t chroma = pic->seq_fields.bits.chroma_format_idc;

	return chroma <= profile->chroma_format_idc &&
	       pic->bit_depth_luma_minus8 + 8u <= profile->bit_depth &&
	       (chroma ? pic->bit_depth_chroma_minus8 == pic->bit_depth_luma_minus8
		       : profile->rt_format & VA_RT_FORMAT_YUV400);
}

/* Monochrome goes into surfaces of 4:2:0 too. */
static bool is_surface_fit(const struct h264_picture *picture)
{
	const struct format *format = picture->base.target->format;
	uint32_t chroma = picture->pic->seq_fields.bits.chroma_format_idc;
	uint32_t depth = picture->pic->bit_depth_luma_minus8 + 8u;
	bool has_chroma = format->num_components > 1;

	if (!(format->rt_format & picture->base.context->rt_format) || depth > format->bits ||
	    (depth > 8) != (format->bits > 8))
		return false;
	if (chroma == 2)
		return has_chroma && format->h_shift == 1 && format->v_shift == 0;
	return has_chroma ? format->h_shift == 1 && format->v_shift == 1 : !chroma;
}

static bool has_zero(const uint8_t *list, size_t size)
{
	return memchr(list, 0, size) != NULL;
}

static void check_size(struct h264_picture *picture)
{
	uint32_t width = (picture->pic->picture_width_in_mbs_minus1 + 1u) * 16;
	uint32_t height = (picture->pic->picture_height_in_mbs_minus1 + 1u) * 16;
	/* A frame of field macroblocks is a multiple of 32 high. */
	uint32_t unit = picture->pic->seq_fields.bits.frame_mbs_only_flag ? 16 : 32;

	if (!h264_check(picture, CHECK_PICTURE_SIZE_CONTEXT,
			width <= align_up(picture->base.context->width, 16) &&
				height <= align_up(picture->base.context->height, unit)))
		picture->unusable = true;
	if (!h264_check(picture, CHECK_PICTURE_SIZE_SURFACE,
			width <= align_up(picture->base.target->width, 16) &&
				height <= align_up(picture->base.target->height, unit)))
		picture->unusable = true;
}

static void check_target(struct h264_picture *picture)
{
	const VAPictureH264 *current = &picture->pic->CurrPic;
	unsigned int fields = h264_fields(current);
	bool is_reference = false;

	h264_check(picture, CHECK_TARGET_ID,
		   h264_is_valid(current) &&
			   current->picture_id == picture->base.target->object.id);
	h264_check(picture, CHECK_TARGET_FIELD,
		   (fields == H264_FRAME) == !picture->pic->pic_fields.bits.field_pic_flag);
	for (int i = 0; i < H264_MAX_REFERENCES; i++) {
		const VAPictureH264 *entry = &picture->pic->ReferenceFrames[i];

		if (h264_is_valid(entry) && entry->picture_id == picture->base.target->object.id)
			is_reference = true;
	}
	h264_check(picture, CHECK_TARGET_NOT_REFERENCE, !is_reference || picture->second_field);
}

void h264_check_picture(struct h264_picture *picture)
{
	const VAPictureParameterBufferH264 *pic = picture->pic;
	const VAIQMatrixBufferH264 *iq = picture->iq;
	bool has_8x8 = pic->pic_fields.bits.transform_8x8_mode_flag;

	if (!h264_check(picture, CHECK_FORMAT,
			is_decodable(pic) && is_of_profile(pic, picture->base.context->profile)))
		picture->unusable = true;
	else if (!h264_check(picture, CHECK_SURFACE_FORMAT, is_surface_fit(picture)))
		picture->unusable = true;
	check_size(picture);
	check_target(picture);
	if (!h264_check(picture, CHECK_SCALING_LISTS,
			!has_zero(iq->ScalingList4x4[0], sizeof(iq->ScalingList4x4)) &&
				(!has_8x8 ||
				 !has_zero(iq->ScalingList8x8[0], sizeof(iq->ScalingList8x8)))))
		picture->unusable = true;
	h264_check(picture, CHECK_REFERENCE_COUNT,
		   h264_count_references(pic) <= (pic->num_ref_frames ? pic->num_ref_frames : 1u));
}

static bool is_poc_type_0_good(const VAPictureParameterBufferH264 *pic,
			       const struct h264_slice_header *h)
{
	uint32_t mask = (16u << pic->seq_fields.bits.log2_max_pic_order_cnt_lsb_minus4) - 1;
	uint32_t top = (uint32_t)pic->CurrPic.TopFieldOrderCnt;
	uint32_t bottom = (uint32_t)pic->CurrPic.BottomFieldOrderCnt;

	if (h->bottom_field_flag)
		return ((bottom ^ h->pic_order_cnt_lsb) & mask) == 0;
	if ((top ^ h->pic_order_cnt_lsb) & mask)
		return false;
	return h->field_pic_flag || bottom - top == (uint32_t)h->delta_pic_order_cnt_bottom;
}

/* Type 2 is twice the frame_num, one less where it is no reference (8.2.1.3); types agree modulo a cycle. */
static bool is_poc_type_2_good(const VAPictureParameterBufferH264 *pic,
			       const struct h264_slice_header *h)
{
	uint32_t mask = 2 * h264_max_frame_num(pic) - 1;
	uint32_t expected = 2 * h->frame_num - (h->nal_ref_idc == 0);
	uint32_t top = (uint32_t)pic->CurrPic.TopFieldOrderCnt;
	uint32_t bottom = (uint32_t)pic->CurrPic.BottomFieldOrderCnt;

	if (h->field_pic_flag)
		return (((h->bottom_field_flag ? bottom : top) ^ expected) & mask) == 0;
	return ((top ^ expected) & mask) == 0 && top == bottom;
}

static bool is_poc_good(const VAPictureParameterBufferH264 *pic, const struct h264_slice_header *h)
{
	switch (pic->seq_fields.bits.pic_order_cnt_type) {
	case 0:
		return is_poc_type_0_good(pic, h);
	case 2:
		return is_poc_type_2_good(pic, h);
	default:
		return true; /* VA does not have the offsets of type 1 */
	}
}

static bool are_alike(const struct h264_slice_header *a, const struct h264_slice_header *b)
{
	return a->nal_unit_type == b->nal_unit_type && a->nal_ref_idc == b->nal_ref_idc &&
	       a->frame_num == b->frame_num && a->field_pic_flag == b->field_pic_flag &&
	       a->bottom_field_flag == b->bottom_field_flag && a->idr_pic_id == b->idr_pic_id &&
	       a->pic_order_cnt_lsb == b->pic_order_cnt_lsb &&
	       a->delta_pic_order_cnt_bottom == b->delta_pic_order_cnt_bottom &&
	       !memcmp(a->delta_pic_order_cnt, b->delta_pic_order_cnt,
		       sizeof(a->delta_pic_order_cnt));
}

static void check_picture_fields(struct h264_picture *picture, const struct h264_slice *slice)
{
	const VAPictureParameterBufferH264 *pic = picture->pic;
	const struct h264_slice_header *h = &slice->header;

	h264_check(picture, CHECK_FRAME_NUM, h->frame_num == pic->frame_num);
	h264_check(picture, CHECK_FIELD_FLAGS,
		   h->field_pic_flag == pic->pic_fields.bits.field_pic_flag &&
			   (!h->field_pic_flag || h->bottom_field_flag == (picture->fields == 2)));
	h264_check(picture, CHECK_POC, is_poc_good(pic, h));
	h264_check(picture, CHECK_REFERENCE_FLAG,
		   pic->pic_fields.bits.reference_pic_flag == (h->nal_ref_idc != 0));
	h264_check(picture, CHECK_SLICES_ALIKE,
		   !h->redundant_pic_cnt && are_alike(h, &picture->header));
}

static bool is_deblocking_good(const VASliceParameterBufferH264 *param,
			       const struct h264_slice_header *h)
{
	if (param->disable_deblocking_filter_idc != h->disable_deblocking_filter_idc)
		return false;
	return h->disable_deblocking_filter_idc == 1 ||
	       (param->slice_alpha_c0_offset_div2 == h->slice_alpha_c0_offset_div2 &&
		param->slice_beta_offset_div2 == h->slice_beta_offset_div2);
}

static void check_weights(struct h264_picture *picture, const struct h264_slice *slice)
{
	struct h264_weights weights;

	if (!h264_has_weights(picture->pic, slice->header.slice_type) ||
	    h264_list_size(slice->param, 0) != slice->header.num_ref_idx_active[0] ||
	    h264_list_size(slice->param, 1) != slice->header.num_ref_idx_active[1])
		return;
	h264_get_weights(picture, slice->param, &weights);
	h264_check(picture, CHECK_WEIGHTS,
		   slice->param->luma_log2_weight_denom <= 7 &&
			   slice->param->chroma_log2_weight_denom <= 7 &&
			   !memcmp(&weights, &slice->header.weights, sizeof(weights)));
}

void h264_check_slice(struct h264_picture *picture, const struct h264_slice *slice)
{
	const VASliceParameterBufferH264 *param = slice->param;
	const struct h264_slice_header *h = &slice->header;

	check_picture_fields(picture, slice);
	h264_check(picture, CHECK_DATA_BIT_OFFSET,
		   param->slice_data_bit_offset == h->size_bits &&
			   h->size_bits < slice->unit.size * 8);
	h264_check(picture, CHECK_FIRST_MB, param->first_mb_in_slice == h->first_mb_in_slice);
	h264_check(picture, CHECK_SLICE_TYPE, param->slice_type % 5 == h->slice_type);
	h264_check(picture, CHECK_NUM_REF_IDX,
		   h264_list_size(param, 0) == h->num_ref_idx_active[0] &&
			   h264_list_size(param, 1) == h->num_ref_idx_active[1]);
	if (h->slice_type == H264_B)
		h264_check(picture, CHECK_DIRECT_FLAG,
			   param->direct_spatial_mv_pred_flag == h->direct_spatial_mv_pred_flag);
	if (h->slice_type != H264_I && picture->pic->pic_fields.bits.entropy_coding_mode_flag)
		h264_check(picture, CHECK_CABAC_INIT_IDC,
			   param->cabac_init_idc == h->cabac_init_idc);
	h264_check(picture, CHECK_QP_DELTA, param->slice_qp_delta == h->slice_qp_delta);
	h264_check(picture, CHECK_DEBLOCKING, is_deblocking_good(param, h));
	check_weights(picture, slice);
}
