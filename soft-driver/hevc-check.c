/* SPDX-License-Identifier: MIT */
/*
 * The client's parameters against each other, the surface, and the slice's own header.
 */
#include "hevc.h"

#include <string.h>

#include "context.h"

/* Whether the fields lie within the standard's limits (7.4.3), as far as shifts and arrays depend on them. */
static bool is_sound(const struct hevc_picture *picture)
{
	const VAPictureParameterBufferHEVC *pic = picture->pic;
	uint32_t min_cb = pic->log2_min_luma_coding_block_size_minus3 + 3u;
	uint32_t min_tb = pic->log2_min_transform_block_size_minus2 + 2u;
	uint32_t ctb = hevc_ctb_log2(pic);

	return min_cb <= 6 && ctb >= 4 && ctb <= 6 && min_tb < min_cb &&
	       min_tb + pic->log2_diff_max_min_transform_block_size <= (ctb < 5 ? ctb : 5) &&
	       pic->pic_width_in_luma_samples && pic->pic_height_in_luma_samples &&
	       pic->pic_width_in_luma_samples % (1u << min_cb) == 0 &&
	       pic->pic_height_in_luma_samples % (1u << min_cb) == 0 &&
	       pic->log2_max_pic_order_cnt_lsb_minus4 <= 12 &&
	       pic->num_short_term_ref_pic_sets <= 64 && pic->num_long_term_ref_pic_sps <= 32 &&
	       pic->num_extra_slice_header_bits <= 7 &&
	       pic->num_ref_idx_l0_default_active_minus1 < HEVC_MAX_LIST &&
	       pic->num_ref_idx_l1_default_active_minus1 < HEVC_MAX_LIST &&
	       pic->num_tile_columns_minus1 < HEVC_MAX_TILE_COLUMNS &&
	       pic->num_tile_rows_minus1 < HEVC_MAX_TILE_ROWS &&
	       (!picture->rext || picture->rext->chroma_qp_offset_list_len_minus1 < 6);
}

/*
 * Up to 9 bits extended_precision_processing_flag changes no range and no shift (8.6.2 to 8.6.4), but only the
 * code of levels beyond 16385 (9.3.3.11), which are next to none.
 */
static bool needs_extended_precision(const struct hevc_picture *picture)
{
	return picture->rext->range_extension_pic_fields.bits.extended_precision_processing_flag &&
	       picture->pic->bit_depth_luma_minus8 > 1;
}

/* high_precision_offsets_enabled_flag is about the offsets of weights, where there are more than 8 bits (7-56). */
static bool needs_high_precision(const struct hevc_picture *picture)
{
	const VAPictureParameterBufferHEVC *pic = picture->pic;

	return picture->rext->range_extension_pic_fields.bits.high_precision_offsets_enabled_flag &&
	       pic->bit_depth_luma_minus8 > 0 &&
	       (pic->pic_fields.bits.weighted_pred_flag ||
		pic->pic_fields.bits.weighted_bipred_flag);
}

static const char *name_missing(const struct hevc_picture *picture)
{
	const VAPictureParameterBufferHEVC *pic = picture->pic;
	const VAPictureParameterBufferHEVCRext *rext = picture->rext;

	if (pic->pic_fields.bits.separate_colour_plane_flag)
		return "separate_colour_plane_flag";
	if (hevc_has_chroma(pic) && pic->bit_depth_luma_minus8 != pic->bit_depth_chroma_minus8)
		return "luma and chroma of different depths";
	if (!rext)
		return NULL;
	if (needs_extended_precision(picture))
		return "extended_precision_processing_flag";
	if (needs_high_precision(picture))
		return "high_precision_offsets_enabled_flag";
	if (rext->range_extension_pic_fields.bits.cabac_bypass_alignment_enabled_flag)
		return "cabac_bypass_alignment_enabled_flag";
	return NULL;
}

bool hevc_is_refused(const struct hevc_picture *picture)
{
	const char *name = name_missing(picture);

	if (name)
		softva_log(picture->base.softva, "HEVC: %s is not implemented", name);
	return name != NULL;
}

static bool is_of_profile(const VAPictureParameterBufferHEVC *pic, const struct profile *profile)
{
	uint32_t chroma = pic->pic_fields.bits.chroma_format_idc;

	return chroma <= profile->chroma_format_idc &&
	       pic->bit_depth_luma_minus8 + 8u <= profile->bit_depth &&
	       (chroma || profile->rt_format & VA_RT_FORMAT_YUV400);
}

/* Monochrome goes into surfaces of 4:2:0 too. */
static bool is_surface_fit(const struct hevc_picture *picture)
{
	const struct format *format = picture->base.target->format;
	uint32_t chroma = picture->pic->pic_fields.bits.chroma_format_idc;
	uint32_t depth = picture->pic->bit_depth_luma_minus8 + 8u;
	uint32_t h_shift = chroma == 3 ? 0 : 1, v_shift = chroma < 2 ? 1 : 0;

	if (!(format->rt_format & picture->base.context->rt_format) || depth > format->bits ||
	    (depth > 8) != (format->bits > 8))
		return false;
	if (format->num_components == 1)
		return !chroma;
	return format->h_shift == h_shift && format->v_shift == v_shift;
}

static bool has_zero(const VAIQMatrixBufferHEVC *iq)
{
	return memchr(iq, 0, offsetof(VAIQMatrixBufferHEVC, va_reserved)) != NULL;
}

static void check_size(struct hevc_picture *picture)
{
	uint32_t width = picture->pic->pic_width_in_luma_samples;
	uint32_t height = picture->pic->pic_height_in_luma_samples;
	const struct context *context = picture->base.context;
	const struct surface *target = picture->base.target;

	if (!hevc_check(picture, CHECK_PICTURE_SIZE_CONTEXT,
			width <= align_up(context->width, 16) &&
				height <= align_up(context->height, 16)))
		picture->unusable = true;
	if (!hevc_check(picture, CHECK_PICTURE_SIZE_SURFACE,
			width <= align_up(target->width, 16) &&
				height <= align_up(target->height, 16)))
		picture->unusable = true;
}

static bool are_tiles_good(const VAPictureParameterBufferHEVC *pic)
{
	uint32_t columns = hevc_in_ctbs(pic, pic->pic_width_in_luma_samples);
	uint32_t rows = hevc_in_ctbs(pic, pic->pic_height_in_luma_samples);
	uint32_t width = 0, height = 0;

	for (int i = 0; i < pic->num_tile_columns_minus1; i++)
		width += pic->column_width_minus1[i] + 1u;
	for (int i = 0; i < pic->num_tile_rows_minus1; i++)
		height += pic->row_height_minus1[i] + 1u;
	return width < columns && height < rows;
}

static void check_target(struct hevc_picture *picture)
{
	const VAPictureHEVC *current = &picture->pic->CurrPic;
	VASurfaceID id = picture->base.target->object.id;
	bool is_reference = false;

	hevc_check(picture, CHECK_TARGET_ID, hevc_is_valid(current) && current->picture_id == id);
	for (int i = 0; i < HEVC_MAX_REFERENCES; i++)
		if (hevc_is_valid(&picture->pic->ReferenceFrames[i]) &&
		    picture->pic->ReferenceFrames[i].picture_id == id)
			is_reference = true;
	hevc_check(picture, CHECK_TARGET_NOT_REFERENCE, !is_reference);
}

void hevc_check_picture(struct hevc_picture *picture)
{
	const VAPictureParameterBufferHEVC *pic = picture->pic;
	const struct profile *profile = picture->base.context->profile;

	if (!hevc_check(picture, CHECK_FORMAT, is_sound(picture) && is_of_profile(pic, profile)))
		picture->unusable = true;
	else if (!hevc_check(picture, CHECK_SURFACE_FORMAT, is_surface_fit(picture)))
		picture->unusable = true;
	check_size(picture);
	check_target(picture);
	if (!picture->unusable && pic->pic_fields.bits.tiles_enabled_flag &&
	    !hevc_check(picture, CHECK_TILES, are_tiles_good(pic)))
		picture->unusable = true;
	if (pic->pic_fields.bits.scaling_list_enabled_flag &&
	    !hevc_check(picture, CHECK_SCALING_LISTS, !has_zero(picture->iq)))
		picture->unusable = true;
}

static bool is_poc_good(const VAPictureParameterBufferHEVC *pic, const struct hevc_slice_header *h)
{
	uint32_t mask = (16u << pic->log2_max_pic_order_cnt_lsb_minus4) - 1;

	if (pic->slice_parsing_fields.bits.IdrPicFlag)
		return pic->CurrPic.pic_order_cnt == 0;
	return (((uint32_t)pic->CurrPic.pic_order_cnt ^ h->slice_pic_order_cnt_lsb) & mask) == 0;
}

static void check_unit(struct hevc_picture *picture, const struct hevc_slice *slice)
{
	const VAPictureParameterBufferHEVC *pic = picture->pic;
	const struct hevc_slice_header *h = &slice->header;
	bool is_rap = h->nal_unit_type >= 16 && h->nal_unit_type <= 23;
	bool is_idr = h->nal_unit_type == HEVC_NAL_IDR || h->nal_unit_type == HEVC_NAL_IDR_LAST;

	hevc_check(
		picture, CHECK_RAP_FLAGS,
		pic->slice_parsing_fields.bits.RapPicFlag == is_rap &&
			pic->slice_parsing_fields.bits.IdrPicFlag == is_idr &&
			(!pic->slice_parsing_fields.bits.IntraPicFlag || h->slice_type == HEVC_I));
	hevc_check(picture, CHECK_POC, is_poc_good(pic, h));
	hevc_check(picture, CHECK_SLICES_ALIKE,
		   h->nal_unit_type == picture->first.nal_unit_type &&
			   h->slice_pic_order_cnt_lsb == picture->first.slice_pic_order_cnt_lsb &&
			   h->first_slice_segment_in_pic_flag == !picture->num_slices);
	/* What stands there itself says how long it is. */
	if (h->set.known || !h->set_bits)
		hevc_check(picture, CHECK_SET_BITS, pic->st_rps_bits == h->set_bits);
}

static bool is_deblocking_good(const VASliceParameterBufferHEVC *param,
			       const struct hevc_slice_header *h)
{
	if (param->LongSliceFlags.fields.slice_deblocking_filter_disabled_flag !=
		    h->slice_deblocking_filter_disabled_flag ||
	    param->LongSliceFlags.fields.slice_loop_filter_across_slices_enabled_flag !=
		    h->slice_loop_filter_across_slices_enabled_flag)
		return false;
	return h->slice_deblocking_filter_disabled_flag ||
	       (param->slice_beta_offset_div2 == h->slice_beta_offset_div2 &&
		param->slice_tc_offset_div2 == h->slice_tc_offset_div2);
}

static bool is_collocated_good(const VASliceParameterBufferHEVC *param,
			       const struct hevc_slice_header *h)
{
	if (param->LongSliceFlags.fields.slice_temporal_mvp_enabled_flag !=
	    h->slice_temporal_mvp_enabled_flag)
		return false;
	return !h->slice_temporal_mvp_enabled_flag ||
	       (param->LongSliceFlags.fields.collocated_from_l0_flag ==
			h->collocated_from_l0_flag &&
		param->collocated_ref_idx == h->collocated_ref_idx);
}

static bool is_quantisation_good(const struct hevc_slice *slice)
{
	const VASliceParameterBufferHEVC *param = slice->param;
	const struct hevc_slice_header *h = &slice->header;

	return param->slice_qp_delta == h->slice_qp_delta &&
	       param->slice_cb_qp_offset == h->slice_cb_qp_offset &&
	       param->slice_cr_qp_offset == h->slice_cr_qp_offset &&
	       (!slice->rext ||
		slice->rext->slice_ext_flags.bits.cu_chroma_qp_offset_enabled_flag ==
			h->cu_chroma_qp_offset_enabled_flag);
}

static void check_prediction(struct hevc_picture *picture, const struct hevc_slice *slice)
{
	const VASliceParameterBufferHEVC *param = slice->param;
	const struct hevc_slice_header *h = &slice->header;
	struct hevc_weights weights;
	bool same_sizes = hevc_list_size(param, 0) == h->num_ref_idx_active[0] &&
			  hevc_list_size(param, 1) == h->num_ref_idx_active[1];

	hevc_check(picture, CHECK_NUM_REF_IDX, same_sizes);
	/* FFmpeg lets an IDR picture have the flag of the picture before. */
	if (h->slice_type == HEVC_I)
		return;
	hevc_check(picture, CHECK_COLLOCATED, is_collocated_good(param, h));
	hevc_check(picture, CHECK_MERGE,
		   param->five_minus_max_num_merge_cand == h->five_minus_max_num_merge_cand &&
			   param->LongSliceFlags.fields.mvd_l1_zero_flag == h->mvd_l1_zero_flag);
	hevc_check(picture, CHECK_CABAC_INIT_IDC,
		   param->LongSliceFlags.fields.cabac_init_flag == h->cabac_init_flag);
	if (!hevc_has_weights(picture->pic, h->slice_type) || !same_sizes)
		return;
	hevc_get_weights(picture, slice, &weights);
	hevc_check(picture, CHECK_WEIGHTS, !memcmp(&weights, &h->weights, sizeof(weights)));
}

void hevc_check_slice(struct hevc_picture *picture, const struct hevc_slice *slice)
{
	const VASliceParameterBufferHEVC *param = slice->param;
	const struct hevc_slice_header *h = &slice->header;

	check_unit(picture, slice);
	hevc_check(picture, CHECK_DATA_BIT_OFFSET,
		   param->slice_data_byte_offset == h->size_bytes &&
			   h->size_bytes < slice->unit.size);
	hevc_check(picture, CHECK_FIRST_MB,
		   param->slice_segment_address == h->slice_segment_address &&
			   param->slice_segment_address < hevc_num_ctbs(picture->pic));
	hevc_check(picture, CHECK_DEPENDENT,
		   param->LongSliceFlags.fields.dependent_slice_segment_flag ==
			   h->dependent_slice_segment_flag);
	hevc_check(picture, CHECK_SLICE_TYPE,
		   param->LongSliceFlags.fields.slice_type == h->slice_type);
	hevc_check(picture, CHECK_SAO,
		   param->LongSliceFlags.fields.slice_sao_luma_flag == h->slice_sao_luma_flag &&
			   param->LongSliceFlags.fields.slice_sao_chroma_flag ==
				   h->slice_sao_chroma_flag);
	hevc_check(picture, CHECK_QP_DELTA, is_quantisation_good(slice));
	hevc_check(picture, CHECK_DEBLOCKING, is_deblocking_good(param, h));
	/* FFmpeg does not count them: drivers find the entries without. */
	hevc_check(picture, CHECK_ENTRY_POINTS,
		   !param->num_entry_point_offsets ||
			   param->num_entry_point_offsets == h->num_entry_point_offsets);
	check_prediction(picture, slice);
}
