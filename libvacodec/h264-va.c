/* SPDX-License-Identifier: MIT */
/*
 * h264-va.c - H.264 pictures and slices as VA-API's parameter buffers
 *
 * Source: va/va.h, "H.264/AVC data structures"; Rec. ITU-T H.264, 7.4 and 8.5.6.
 */
#include "h264.h"

#include <string.h>

/* Raster position of the n-th coefficient in zig-zag order, 8.5.6 and 8.5.7 (frame scan). */
static const uint8_t zigzag_4x4[16] = {0, 1, 4, 8, 5, 2, 3, 6, 9, 12, 13, 10, 7, 11, 14, 15};
static const uint8_t zigzag_8x8[64] = {
	0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48,
	41, 34, 27, 20, 13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23,
	30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
};

/* From first on; all else in them is 0. */
static void set_invalid(VAPictureH264 *va, size_t first, size_t n)
{
	size_t i;

	for (i = first; i < n; i++) {
		va[i].picture_id = VA_INVALID_SURFACE;
		va[i].flags = VA_PICTURE_H264_INVALID;
	}
}

/*
 * Of an entry that is all 0. VA has one frame_idx and one kind of marking for both fields of a surface: a pair of which one
 * field is long-term counts as long-term. The first field's entry, while the second one is decoded,
 * has both order counts as the current picture has.
 */
static void set_picture(VAPictureH264 *va, const struct h264 *h264,
			const struct h264_picture *picture, unsigned int fields)
{
	bool is_current = picture->frame == h264->current.frame;
	const int32_t *poc = is_current ? h264->current.poc : picture->poc;

	va->picture_id = vawrap_surface_get_id(picture->frame->surface);
	va->frame_idx = picture->long_fields ? picture->long_term_frame_idx : picture->frame_num;
	if (picture->long_fields)
		va->flags = VA_PICTURE_H264_LONG_TERM_REFERENCE;
	else if (picture->short_fields)
		va->flags = VA_PICTURE_H264_SHORT_TERM_REFERENCE;
	if (fields == H264_TOP)
		va->flags |= VA_PICTURE_H264_TOP_FIELD;
	if (fields == H264_BOTTOM)
		va->flags |= VA_PICTURE_H264_BOTTOM_FIELD;
	va->TopFieldOrderCnt = poc[0];
	va->BottomFieldOrderCnt = poc[1];
}

/*
 * Frames that gaps stand for have no surface and are left out: no picture is made from them where gaps are
 * allowed (8.2.5.2), and drivers want a surface for every entry. In lists another one stands in for them.
 */
static int add_references(struct h264 *h264, VAPictureH264 va[16])
{
	const struct h264_picture *p;
	unsigned int n = 0;
	int ret;
	size_t i;

	for (i = 0; i < sizeof(h264->dpb.pictures) / sizeof(*p) && n < 16; i++) {
		p = &h264->dpb.pictures[i];
		if (!h264_picture_is_reference(p) || !p->frame)
			continue;
		set_picture(&va[n++], h264, p, p->short_fields | p->long_fields);
		ret = submit_add_reference(h264->current.frame, p->frame);
		if (ret < 0)
			return ret;
	}
	set_invalid(va, n, 16);
	return 0;
}

static void set_seq_fields(VAPictureParameterBufferH264 *va, const struct h264_sps *sps)
{
	unsigned int lsb = sps->log2_max_pic_order_cnt_lsb;

	va->seq_fields.bits.chroma_format_idc = sps->chroma_format_idc;
	va->seq_fields.bits.residual_colour_transform_flag = sps->separate_colour_plane_flag;
	va->seq_fields.bits.gaps_in_frame_num_value_allowed_flag =
		sps->gaps_in_frame_num_value_allowed_flag;
	va->seq_fields.bits.frame_mbs_only_flag = sps->frame_mbs_only_flag;
	va->seq_fields.bits.mb_adaptive_frame_field_flag = sps->mb_adaptive_frame_field_flag;
	va->seq_fields.bits.direct_8x8_inference_flag = sps->direct_8x8_inference_flag;
	va->seq_fields.bits.MinLumaBiPredSize8x8 = sps->level_idc >= 31; /* A.3.3.2 */
	va->seq_fields.bits.log2_max_frame_num_minus4 = sps->log2_max_frame_num - 4U;
	va->seq_fields.bits.pic_order_cnt_type = sps->pic_order_cnt_type;
	va->seq_fields.bits.log2_max_pic_order_cnt_lsb_minus4 = lsb > 4 ? lsb - 4 : 0;
	va->seq_fields.bits.delta_pic_order_always_zero_flag =
		sps->delta_pic_order_always_zero_flag;
}

static void set_pic_fields(VAPictureParameterBufferH264 *va, const struct h264_pps *pps,
			   const struct h264_slice *slice)
{
	va->pic_fields.bits.entropy_coding_mode_flag = pps->entropy_coding_mode_flag;
	va->pic_fields.bits.weighted_pred_flag = pps->weighted_pred_flag;
	va->pic_fields.bits.weighted_bipred_idc = pps->weighted_bipred_idc;
	va->pic_fields.bits.transform_8x8_mode_flag = pps->transform_8x8_mode_flag;
	va->pic_fields.bits.field_pic_flag = slice->field_pic_flag;
	va->pic_fields.bits.constrained_intra_pred_flag = pps->constrained_intra_pred_flag;
	va->pic_fields.bits.pic_order_present_flag =
		pps->bottom_field_pic_order_in_frame_present_flag;
	va->pic_fields.bits.deblocking_filter_control_present_flag =
		pps->deblocking_filter_control_present_flag;
	va->pic_fields.bits.redundant_pic_cnt_present_flag = pps->redundant_pic_cnt_present_flag;
	va->pic_fields.bits.reference_pic_flag = slice->nal_ref_idc != 0;
}

static int add_picture_parameters(struct h264 *h264)
{
	const struct h264_sps *sps = &h264->sets.active;
	const struct h264_pps *pps = &h264->pps;
	VAPictureParameterBufferH264 va;
	int ret;

	memset(&va, 0, sizeof(va));
	set_picture(&va.CurrPic, h264, &h264->current, h264_slice_get_fields(&h264->first_slice));
	ret = add_references(h264, va.ReferenceFrames);
	if (ret < 0)
		return ret;
	va.picture_width_in_mbs_minus1 = (uint16_t)(sps->pic_width_in_mbs - 1);
	va.picture_height_in_mbs_minus1 = (uint16_t)(sps->frame_height_in_mbs - 1);
	va.bit_depth_luma_minus8 = (uint8_t)(sps->bit_depth_luma - 8);
	va.bit_depth_chroma_minus8 = (uint8_t)(sps->bit_depth_chroma - 8);
	va.num_ref_frames = sps->max_num_ref_frames;
	set_seq_fields(&va, sps);
	va.pic_init_qp_minus26 = pps->pic_init_qp_minus26;
	va.pic_init_qs_minus26 = pps->pic_init_qs_minus26;
	va.chroma_qp_index_offset = pps->chroma_qp_index_offset;
	va.second_chroma_qp_index_offset = pps->second_chroma_qp_index_offset;
	set_pic_fields(&va, pps, &h264->first_slice);
	va.frame_num = (uint16_t)h264->first_slice.frame_num;
	return submit_add_data(h264->current.frame, VAPictureParameterBufferType, &va, sizeof(va));
}

/* VA wants raster order. */
static int add_scaling_lists(struct h264 *h264)
{
	uint8_t list4x4[6][16];
	uint8_t list8x8[2][64];
	VAIQMatrixBufferH264 va;
	unsigned int list, i;

	memset(&va, 0, sizeof(va));
	if (!h264->sets.active.scaling.present && !h264->pps.scaling.present) {
		/* Flat_4x4_16 and Flat_8x8_16: what most streams have. */
		memset(va.ScalingList4x4, 16, sizeof(va.ScalingList4x4));
		memset(va.ScalingList8x8, 16, sizeof(va.ScalingList8x8));
		return submit_add_data(h264->current.frame, VAIQMatrixBufferType, &va, sizeof(va));
	}
	h264_resolve_scaling(&h264->sets.active, &h264->pps, list4x4, list8x8);
	for (list = 0; list < 6; list++) {
		for (i = 0; i < 16; i++)
			va.ScalingList4x4[list][zigzag_4x4[i]] = list4x4[list][i];
	}
	for (list = 0; list < 2; list++) {
		for (i = 0; i < 64; i++)
			va.ScalingList8x8[list][zigzag_8x8[i]] = list8x8[list][i];
	}
	return submit_add_data(h264->current.frame, VAIQMatrixBufferType, &va, sizeof(va));
}

int h264_va_add_picture(struct h264 *h264)
{
	int ret = add_picture_parameters(h264);

	return ret < 0 ? ret : add_scaling_lists(h264);
}

static void set_list(VAPictureH264 va[32], const struct h264 *h264, unsigned int list)
{
	unsigned int n = h264->slice.num_ref_idx_active[list];
	unsigned int i;

	for (i = 0; i < n; i++)
		set_picture(&va[i], h264, h264->lists.entry[list][i].picture,
			    h264->lists.entry[list][i].fields);
	set_invalid(va, n, 32);
}

/* Where a flag is not set, the entries are the defaults, which the driver need not look at. */
static void set_weights(VASliceParameterBufferH264 *va, const struct h264_weights *w)
{
	va->luma_log2_weight_denom = w->luma_log2_weight_denom;
	va->chroma_log2_weight_denom = w->chroma_log2_weight_denom;
	va->luma_weight_l0_flag = w->luma_flag[0];
	va->luma_weight_l1_flag = w->luma_flag[1];
	va->chroma_weight_l0_flag = w->chroma_flag[0];
	va->chroma_weight_l1_flag = w->chroma_flag[1];
	memcpy(va->luma_weight_l0, w->luma_weight[0], sizeof(va->luma_weight_l0));
	memcpy(va->luma_weight_l1, w->luma_weight[1], sizeof(va->luma_weight_l1));
	memcpy(va->luma_offset_l0, w->luma_offset[0], sizeof(va->luma_offset_l0));
	memcpy(va->luma_offset_l1, w->luma_offset[1], sizeof(va->luma_offset_l1));
	memcpy(va->chroma_weight_l0, w->chroma_weight[0], sizeof(va->chroma_weight_l0));
	memcpy(va->chroma_weight_l1, w->chroma_weight[1], sizeof(va->chroma_weight_l1));
	memcpy(va->chroma_offset_l0, w->chroma_offset[0], sizeof(va->chroma_offset_l0));
	memcpy(va->chroma_offset_l1, w->chroma_offset[1], sizeof(va->chroma_offset_l1));
}

static uint8_t get_num_ref_idx_minus1(const struct h264_slice *slice, unsigned int list)
{
	return slice->num_ref_idx_active[list] ? slice->num_ref_idx_active[list] - 1 : 0;
}

int h264_va_add_slice(struct h264 *h264, const struct unit *unit)
{
	const struct h264_slice *slice = &h264->slice;
	VASliceParameterBufferH264 va;

	memset(&va, 0, sizeof(va));
	va.slice_data_size = (uint32_t)unit->size_bytes;
	va.slice_data_flag = VA_SLICE_DATA_FLAG_ALL;
	va.slice_data_bit_offset = (uint16_t)slice->header_bits;
	va.first_mb_in_slice = (uint16_t)slice->first_mb_in_slice;
	va.slice_type = slice->slice_type;
	va.direct_spatial_mv_pred_flag = slice->direct_spatial_mv_pred_flag;
	va.num_ref_idx_l0_active_minus1 = get_num_ref_idx_minus1(slice, 0);
	va.num_ref_idx_l1_active_minus1 = get_num_ref_idx_minus1(slice, 1);
	va.cabac_init_idc = slice->cabac_init_idc;
	va.slice_qp_delta = slice->slice_qp_delta;
	va.disable_deblocking_filter_idc = slice->disable_deblocking_filter_idc;
	va.slice_alpha_c0_offset_div2 = slice->slice_alpha_c0_offset_div2;
	va.slice_beta_offset_div2 = slice->slice_beta_offset_div2;
	set_list(va.RefPicList0, h264, 0);
	set_list(va.RefPicList1, h264, 1);
	if (slice->explicit_weights)
		set_weights(&va, &slice->weights);
	return submit_add_slice(h264->current.frame, &va, sizeof(va), unit->data, unit->size_bytes);
}
