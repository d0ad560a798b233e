/* SPDX-License-Identifier: MIT */
/*
 * hevc-va.c - HEVC pictures and slice segments as VA-API's parameter buffers
 *
 * The slice data of one segment is given when the next one is there: drivers are told which is the
 * last.
 * Source: va/va_dec_hevc.h; Rec. ITU-T H.265, 6.5.3 (up-right diagonal scan), 7.4.
 */
#include "hevc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_VA_REFS 15
#define NO_INDEX    0xff

/* ---- Pictures ---- */

static void set_invalid(VAPictureHEVC *va)
{
	memset(va, 0, sizeof(*va));
	va->picture_id = VA_INVALID_SURFACE;
	va->flags = VA_PICTURE_HEVC_INVALID;
}

static void set_picture(VAPictureHEVC *va, const struct hevc_picture *picture)
{
	memset(va, 0, sizeof(*va));
	va->picture_id = vawrap_surface_get_id(picture->frame->surface);
	va->pic_order_cnt = picture->poc;
	if (picture->field)
		va->flags = VA_PICTURE_HEVC_FIELD_PIC;
	if (picture->field == 2)
		va->flags |= VA_PICTURE_HEVC_BOTTOM_FIELD;
}

static void set_reference(VAPictureHEVC *va, const struct hevc_picture *picture)
{
	static const uint32_t flags[] = {
		[HEVC_ST_CURR_BEFORE] = VA_PICTURE_HEVC_RPS_ST_CURR_BEFORE,
		[HEVC_ST_CURR_AFTER] = VA_PICTURE_HEVC_RPS_ST_CURR_AFTER,
		[HEVC_LT_CURR] = VA_PICTURE_HEVC_RPS_LT_CURR,
		[HEVC_FOLL] = 0,
		[HEVC_NO_SUBSET] = 0,
	};

	set_picture(va, picture);
	va->flags |= flags[picture->subset];
	if (picture->marking == HEVC_LONG_TERM)
		va->flags |= VA_PICTURE_HEVC_LONG_TERM_REFERENCE;
}

/* The current picture, where it refers to itself, comes last, as a long-term reference (8.1.3). */
static unsigned int list_references(const struct hevc *hevc,
				    const struct hevc_picture *list[MAX_VA_REFS])
{
	const struct hevc_picture *p;
	unsigned int n = 0;

	for (p = hevc->dpb.pictures; p < hevc->dpb.pictures + HEVC_MAX_DPB; p++) {
		if (p->marking != HEVC_UNUSED && n < MAX_VA_REFS)
			list[n++] = p;
	}
	if (hevc->first_slice.refers_to_itself && n < MAX_VA_REFS)
		list[n++] = &hevc->current;
	return n;
}

static int add_references(struct hevc *hevc, VAPictureHEVC va[MAX_VA_REFS])
{
	const struct hevc_picture *list[MAX_VA_REFS];
	unsigned int i, n = list_references(hevc, list);
	int ret;

	for (i = 0; i < n; i++) {
		set_reference(&va[i], list[i]);
		if (list[i] == &hevc->current)
			continue;
		ret = submit_add_reference(hevc->current.frame, list[i]->frame);
		if (ret < 0)
			return ret;
	}
	for (; i < MAX_VA_REFS; i++)
		set_invalid(&va[i]);
	return 0;
}

static void set_pic_fields(VAPictureParameterBufferHEVC *va, const struct hevc_sps *sps,
			   const struct hevc_pps *pps)
{
	va->pic_fields.bits.chroma_format_idc = sps->chroma_format_idc;
	va->pic_fields.bits.separate_colour_plane_flag = sps->separate_colour_plane_flag;
	va->pic_fields.bits.pcm_enabled_flag = sps->pcm_enabled_flag;
	va->pic_fields.bits.scaling_list_enabled_flag = sps->scaling_list_enabled_flag;
	va->pic_fields.bits.transform_skip_enabled_flag = pps->transform_skip_enabled_flag;
	va->pic_fields.bits.amp_enabled_flag = sps->amp_enabled_flag;
	va->pic_fields.bits.strong_intra_smoothing_enabled_flag =
		sps->strong_intra_smoothing_enabled_flag;
	va->pic_fields.bits.sign_data_hiding_enabled_flag = pps->sign_data_hiding_enabled_flag;
	va->pic_fields.bits.constrained_intra_pred_flag = pps->constrained_intra_pred_flag;
	va->pic_fields.bits.cu_qp_delta_enabled_flag = pps->cu_qp_delta_enabled_flag;
	va->pic_fields.bits.weighted_pred_flag = pps->weighted_pred_flag;
	va->pic_fields.bits.weighted_bipred_flag = pps->weighted_bipred_flag;
	va->pic_fields.bits.transquant_bypass_enabled_flag = pps->transquant_bypass_enabled_flag;
	va->pic_fields.bits.tiles_enabled_flag = pps->tiles_enabled_flag;
	va->pic_fields.bits.entropy_coding_sync_enabled_flag =
		pps->entropy_coding_sync_enabled_flag;
	va->pic_fields.bits.pps_loop_filter_across_slices_enabled_flag =
		pps->loop_filter_across_slices_enabled_flag;
	va->pic_fields.bits.loop_filter_across_tiles_enabled_flag =
		pps->loop_filter_across_tiles_enabled_flag;
	va->pic_fields.bits.pcm_loop_filter_disabled_flag = sps->pcm_loop_filter_disabled_flag;
	va->pic_fields.bits.NoPicReorderingFlag = sps->max_num_reorder_pics == 0;
	/* NoBiPredFlag would have to be known before all slices are: false says nothing. */
}

static void set_block_sizes(VAPictureParameterBufferHEVC *va, const struct hevc_sps *sps)
{
	va->sps_max_dec_pic_buffering_minus1 = sps->max_dec_pic_buffering_minus1;
	va->bit_depth_luma_minus8 = (uint8_t)(sps->bit_depth_luma - 8);
	va->bit_depth_chroma_minus8 = (uint8_t)(sps->bit_depth_chroma - 8);
	if (sps->pcm_enabled_flag) {
		va->pcm_sample_bit_depth_luma_minus1 =
			(uint8_t)(sps->pcm_sample_bit_depth_luma - 1);
		va->pcm_sample_bit_depth_chroma_minus1 =
			(uint8_t)(sps->pcm_sample_bit_depth_chroma - 1);
		va->log2_min_pcm_luma_coding_block_size_minus3 =
			(uint8_t)(sps->log2_min_pcm_luma_coding_block_size - 3);
		va->log2_diff_max_min_pcm_luma_coding_block_size =
			sps->log2_diff_max_min_pcm_luma_coding_block_size;
	}
	va->log2_min_luma_coding_block_size_minus3 =
		(uint8_t)(sps->log2_min_luma_coding_block_size - 3);
	va->log2_diff_max_min_luma_coding_block_size =
		(uint8_t)(sps->ctb_log2_size - sps->log2_min_luma_coding_block_size);
	va->log2_min_transform_block_size_minus2 =
		(uint8_t)(sps->log2_min_luma_transform_block_size - 2);
	va->log2_diff_max_min_transform_block_size =
		sps->log2_diff_max_min_luma_transform_block_size;
	va->max_transform_hierarchy_depth_intra = sps->max_transform_hierarchy_depth_intra;
	va->max_transform_hierarchy_depth_inter = sps->max_transform_hierarchy_depth_inter;
}

static void set_pps_values(VAPictureParameterBufferHEVC *va, const struct hevc_pps *pps)
{
	va->init_qp_minus26 = pps->init_qp_minus26;
	va->diff_cu_qp_delta_depth = pps->diff_cu_qp_delta_depth;
	va->pps_cb_qp_offset = pps->cb_qp_offset;
	va->pps_cr_qp_offset = pps->cr_qp_offset;
	va->log2_parallel_merge_level_minus2 = pps->log2_parallel_merge_level_minus2;
	va->num_ref_idx_l0_default_active_minus1 = pps->num_ref_idx_default_active_minus1[0];
	va->num_ref_idx_l1_default_active_minus1 = pps->num_ref_idx_default_active_minus1[1];
	va->pps_beta_offset_div2 = pps->beta_offset_div2;
	va->pps_tc_offset_div2 = pps->tc_offset_div2;
	va->num_extra_slice_header_bits = pps->num_extra_slice_header_bits;
}

/* Sizes minus 1. VA leaves out the last column and row of the largest grid that there may be. */
static void set_tiles(VAPictureParameterBufferHEVC *va, const struct hevc_sps *sps,
		      const struct hevc_pps *pps)
{
	uint16_t columns[HEVC_MAX_TILE_COLS], rows[HEVC_MAX_TILE_ROWS];
	unsigned int i;

	if (!pps->tiles_enabled_flag)
		return;
	hevc_get_tiles(sps, pps, columns, rows);
	va->num_tile_columns_minus1 = pps->num_tile_columns_minus1;
	va->num_tile_rows_minus1 = pps->num_tile_rows_minus1;
	for (i = 0; i <= pps->num_tile_columns_minus1 && i < HEVC_MAX_TILE_COLS - 1; i++)
		va->column_width_minus1[i] = (uint16_t)(columns[i] - 1);
	for (i = 0; i <= pps->num_tile_rows_minus1 && i < HEVC_MAX_TILE_ROWS - 1; i++)
		va->row_height_minus1[i] = (uint16_t)(rows[i] - 1);
}

/* Of use to drivers that parse slice headers themselves. */
static void set_parsing_fields(VAPictureParameterBufferHEVC *va, const struct hevc *hevc)
{
	const struct hevc_sps *sps = &hevc->sets.active;
	const struct hevc_pps *pps = &hevc->pps;
	unsigned int type = hevc->first_slice.nal.nal_unit_type;

	va->slice_parsing_fields.bits.lists_modification_present_flag =
		pps->lists_modification_present_flag;
	va->slice_parsing_fields.bits.long_term_ref_pics_present_flag =
		sps->long_term_ref_pics_present_flag;
	va->slice_parsing_fields.bits.sps_temporal_mvp_enabled_flag =
		sps->sps_temporal_mvp_enabled_flag;
	va->slice_parsing_fields.bits.cabac_init_present_flag = pps->cabac_init_present_flag;
	va->slice_parsing_fields.bits.output_flag_present_flag = pps->output_flag_present_flag;
	va->slice_parsing_fields.bits.dependent_slice_segments_enabled_flag =
		pps->dependent_slice_segments_enabled_flag;
	va->slice_parsing_fields.bits.pps_slice_chroma_qp_offsets_present_flag =
		pps->slice_chroma_qp_offsets_present_flag;
	va->slice_parsing_fields.bits.sample_adaptive_offset_enabled_flag =
		sps->sample_adaptive_offset_enabled_flag;
	va->slice_parsing_fields.bits.deblocking_filter_override_enabled_flag =
		pps->deblocking_filter_override_enabled_flag;
	va->slice_parsing_fields.bits.pps_disable_deblocking_filter_flag =
		pps->deblocking_filter_disabled_flag;
	va->slice_parsing_fields.bits.slice_segment_header_extension_present_flag =
		pps->slice_segment_header_extension_present_flag;
	va->slice_parsing_fields.bits.RapPicFlag = hevc_is_irap(type);
	va->slice_parsing_fields.bits.IdrPicFlag = hevc_is_idr(type);
	va->slice_parsing_fields.bits.IntraPicFlag =
		hevc_is_irap(type) && !hevc->first_slice.refers_to_itself;
	va->log2_max_pic_order_cnt_lsb_minus4 = (uint8_t)(sps->log2_max_pic_order_cnt_lsb - 4);
	va->num_short_term_ref_pic_sets = sps->num_short_term_ref_pic_sets;
	va->num_long_term_ref_pic_sps = sps->num_long_term_ref_pics_sps;
	va->st_rps_bits = hevc->first_slice.st_rps_bits;
}

static int set_base(struct hevc *hevc, VAPictureParameterBufferHEVC *va)
{
	const struct hevc_sps *sps = &hevc->sets.active;

	set_picture(&va->CurrPic, &hevc->current);
	va->pic_width_in_luma_samples = sps->pic_width_in_luma_samples;
	va->pic_height_in_luma_samples = sps->pic_height_in_luma_samples;
	set_pic_fields(va, sps, &hevc->pps);
	set_block_sizes(va, sps);
	set_pps_values(va, &hevc->pps);
	set_tiles(va, sps, &hevc->pps);
	set_parsing_fields(va, hevc);
	return add_references(hevc, va->ReferenceFrames);
}

static void set_range_extension(VAPictureParameterBufferHEVCRext *va, const struct hevc_sps *sps,
				const struct hevc_pps *pps)
{
	va->range_extension_pic_fields.bits.transform_skip_rotation_enabled_flag =
		sps->transform_skip_rotation_enabled_flag;
	va->range_extension_pic_fields.bits.transform_skip_context_enabled_flag =
		sps->transform_skip_context_enabled_flag;
	va->range_extension_pic_fields.bits.implicit_rdpcm_enabled_flag =
		sps->implicit_rdpcm_enabled_flag;
	va->range_extension_pic_fields.bits.explicit_rdpcm_enabled_flag =
		sps->explicit_rdpcm_enabled_flag;
	va->range_extension_pic_fields.bits.extended_precision_processing_flag =
		sps->extended_precision_processing_flag;
	va->range_extension_pic_fields.bits.intra_smoothing_disabled_flag =
		sps->intra_smoothing_disabled_flag;
	va->range_extension_pic_fields.bits.high_precision_offsets_enabled_flag =
		sps->high_precision_offsets_enabled_flag;
	va->range_extension_pic_fields.bits.persistent_rice_adaptation_enabled_flag =
		sps->persistent_rice_adaptation_enabled_flag;
	va->range_extension_pic_fields.bits.cabac_bypass_alignment_enabled_flag =
		sps->cabac_bypass_alignment_enabled_flag;
	va->range_extension_pic_fields.bits.cross_component_prediction_enabled_flag =
		pps->cross_component_prediction_enabled_flag;
	va->range_extension_pic_fields.bits.chroma_qp_offset_list_enabled_flag =
		pps->chroma_qp_offset_list_enabled_flag;
	va->diff_cu_chroma_qp_offset_depth = pps->diff_cu_chroma_qp_offset_depth;
	va->chroma_qp_offset_list_len_minus1 = pps->chroma_qp_offset_list_len_minus1;
	va->log2_sao_offset_scale_luma = pps->log2_sao_offset_scale_luma;
	va->log2_sao_offset_scale_chroma = pps->log2_sao_offset_scale_chroma;
	va->log2_max_transform_skip_block_size_minus2 =
		pps->log2_max_transform_skip_block_size_minus2;
	memcpy(va->cb_qp_offset_list, pps->cb_qp_offset_list, sizeof(va->cb_qp_offset_list));
	memcpy(va->cr_qp_offset_list, pps->cr_qp_offset_list, sizeof(va->cr_qp_offset_list));
}

static void set_screen_content(VAPictureParameterBufferHEVCScc *va, const struct hevc_sps *sps,
			       const struct hevc_pps *pps)
{
	const struct hevc_palette *palette =
		pps->palette_predictor_initializers_present_flag ? &pps->palette : &sps->palette;

	va->screen_content_pic_fields.bits.pps_curr_pic_ref_enabled_flag =
		pps->curr_pic_ref_enabled_flag;
	va->screen_content_pic_fields.bits.palette_mode_enabled_flag =
		sps->palette_mode_enabled_flag;
	va->screen_content_pic_fields.bits.motion_vector_resolution_control_idc =
		sps->motion_vector_resolution_control_idc & 3U;
	va->screen_content_pic_fields.bits.intra_boundary_filtering_disabled_flag =
		sps->intra_boundary_filtering_disabled_flag;
	va->screen_content_pic_fields.bits.residual_adaptive_colour_transform_enabled_flag =
		pps->residual_adaptive_colour_transform_enabled_flag;
	va->screen_content_pic_fields.bits.pps_slice_act_qp_offsets_present_flag =
		pps->slice_act_qp_offsets_present_flag;
	va->palette_max_size = sps->palette_max_size;
	va->delta_palette_max_predictor_size = sps->delta_palette_max_predictor_size;
	va->predictor_palette_size = palette->n;
	memcpy(va->predictor_palette_entries, palette->entry,
	       sizeof(va->predictor_palette_entries));
	va->pps_act_y_qp_offset_plus5 = pps->act_y_qp_offset_plus5;
	va->pps_act_cb_qp_offset_plus5 = pps->act_cb_qp_offset_plus5;
	va->pps_act_cr_qp_offset_plus3 = pps->act_cr_qp_offset_plus3;
}

/* ---- Scaling lists ---- */

/* From the order of coding, up-right diagonals, to raster order: 6.5.3. */
static void to_raster(const uint8_t *coded, unsigned int side, uint8_t *raster)
{
	unsigned int diagonal, x;

	for (diagonal = 0; diagonal < 2 * side - 1; diagonal++) {
		for (x = diagonal < side ? 0 : diagonal - side + 1; x < side && x <= diagonal; x++)
			raster[(diagonal - x) * side + x] = *coded++;
	}
}

static int add_scaling_lists(struct hevc *hevc)
{
	const struct hevc_scaling *from = hevc->pps.scaling_list_data_present_flag
						  ? &hevc->pps.scaling
						  : &hevc->sets.active.scaling;
	VAIQMatrixBufferHEVC va;
	unsigned int i;

	memset(&va, 0, sizeof(va));
	for (i = 0; i < 6; i++) {
		to_raster(from->list4x4[i], 4, va.ScalingList4x4[i]);
		to_raster(from->list8x8[i], 8, va.ScalingList8x8[i]);
		to_raster(from->list16x16[i], 8, va.ScalingList16x16[i]);
		va.ScalingListDC16x16[i] = from->dc16x16[i];
	}
	for (i = 0; i < 2; i++) {
		to_raster(from->list32x32[3 * i], 8, va.ScalingList32x32[i]);
		va.ScalingListDC32x32[i] = from->dc32x32[3 * i];
	}
	return submit_add_data(hevc->current.frame, VAIQMatrixBufferType, &va, sizeof(va));
}

int hevc_va_add_picture(struct vacodec_decoder *decoder)
{
	struct hevc *hevc = hevc_of(decoder);
	VAPictureParameterBufferHEVCExtension va;
	int ret;

	memset(&va, 0, sizeof(va));
	ret = set_base(hevc, &va.base);
	if (ret < 0)
		return ret;
	set_range_extension(&va.rext, &hevc->sets.active, &hevc->pps);
	if (hevc->sets.active.scc_extension_flag)
		set_screen_content(&va.scc, &hevc->sets.active, &hevc->pps);
	ret = submit_add_data(hevc->current.frame, VAPictureParameterBufferType, &va,
			      hevc_has_extensions(decoder->format.profile) ? sizeof(va)
									   : sizeof(va.base));
	if (ret == 0 && hevc->sets.active.scaling_list_enabled_flag)
		ret = add_scaling_lists(hevc);
	return ret;
}

/* ---- Slices ---- */

static void set_slice_lists(VASliceParameterBufferHEVC *va, const struct hevc *hevc)
{
	const struct hevc_picture *references[MAX_VA_REFS];
	unsigned int n = list_references(hevc, references);
	unsigned int list, i, at;

	memset(va->RefPicList, NO_INDEX, sizeof(va->RefPicList));
	for (list = 0; list < 2; list++) {
		for (i = 0; i < hevc->slice.num_ref_idx_active[list]; i++) {
			for (at = 0; at < n; at++) {
				if (references[at] == hevc->lists.entry[list][i])
					va->RefPicList[list][i] = (uint8_t)at;
			}
		}
	}
}

static void set_slice_flags(VASliceParameterBufferHEVC *va, const struct hevc_slice *slice)
{
	va->LongSliceFlags.fields.dependent_slice_segment_flag =
		slice->dependent_slice_segment_flag;
	va->LongSliceFlags.fields.slice_type = slice->slice_type & 3U;
	va->LongSliceFlags.fields.color_plane_id = slice->colour_plane_id & 3U;
	va->LongSliceFlags.fields.slice_sao_luma_flag = slice->slice_sao_luma_flag;
	va->LongSliceFlags.fields.slice_sao_chroma_flag = slice->slice_sao_chroma_flag;
	va->LongSliceFlags.fields.mvd_l1_zero_flag = slice->mvd_l1_zero_flag;
	va->LongSliceFlags.fields.cabac_init_flag = slice->cabac_init_flag;
	va->LongSliceFlags.fields.slice_temporal_mvp_enabled_flag =
		slice->slice_temporal_mvp_enabled_flag;
	va->LongSliceFlags.fields.slice_deblocking_filter_disabled_flag =
		slice->slice_deblocking_filter_disabled_flag;
	va->LongSliceFlags.fields.collocated_from_l0_flag = slice->collocated_from_l0_flag;
	va->LongSliceFlags.fields.slice_loop_filter_across_slices_enabled_flag =
		slice->slice_loop_filter_across_slices_enabled_flag;
}

static uint8_t get_num_ref_idx_minus1(const struct hevc_slice *slice, unsigned int list)
{
	return slice->num_ref_idx_active[list] ? slice->num_ref_idx_active[list] - 1 : 0;
}

static void set_slice_values(VASliceParameterBufferHEVC *va, const struct hevc_slice *slice)
{
	va->slice_data_byte_offset = slice->header_bytes;
	va->slice_segment_address = slice->slice_segment_address;
	va->collocated_ref_idx =
		slice->slice_temporal_mvp_enabled_flag ? slice->collocated_ref_idx : NO_INDEX;
	va->num_ref_idx_l0_active_minus1 = get_num_ref_idx_minus1(slice, 0);
	va->num_ref_idx_l1_active_minus1 = get_num_ref_idx_minus1(slice, 1);
	va->slice_qp_delta = slice->slice_qp_delta;
	va->slice_cb_qp_offset = slice->slice_cb_qp_offset;
	va->slice_cr_qp_offset = slice->slice_cr_qp_offset;
	va->slice_beta_offset_div2 = slice->slice_beta_offset_div2;
	va->slice_tc_offset_div2 = slice->slice_tc_offset_div2;
	va->five_minus_max_num_merge_cand = slice->five_minus_max_num_merge_cand;
	va->num_entry_point_offsets = slice->num_entry_point_offsets;
	va->slice_data_num_emu_prevn_bytes = slice->emulation_bytes;
}

/* Offsets of high precision have their place in the extension only. */
static void set_weights(VASliceParameterBufferHEVC *va, const struct hevc_weights *w)
{
	unsigned int i, c;

	va->luma_log2_weight_denom = w->luma_log2_weight_denom;
	va->delta_chroma_log2_weight_denom = w->delta_chroma_log2_weight_denom;
	memcpy(va->delta_luma_weight_l0, w->delta_luma_weight[0], sizeof(va->delta_luma_weight_l0));
	memcpy(va->delta_luma_weight_l1, w->delta_luma_weight[1], sizeof(va->delta_luma_weight_l1));
	memcpy(va->delta_chroma_weight_l0, w->delta_chroma_weight[0],
	       sizeof(va->delta_chroma_weight_l0));
	memcpy(va->delta_chroma_weight_l1, w->delta_chroma_weight[1],
	       sizeof(va->delta_chroma_weight_l1));
	for (i = 0; i < HEVC_MAX_LIST; i++) {
		va->luma_offset_l0[i] = (int8_t)w->luma_offset[0][i];
		va->luma_offset_l1[i] = (int8_t)w->luma_offset[1][i];
		for (c = 0; c < 2; c++) {
			va->ChromaOffsetL0[i][c] = (int8_t)w->chroma_offset[0][i][c];
			va->ChromaOffsetL1[i][c] = (int8_t)w->chroma_offset[1][i][c];
		}
	}
}

static void set_slice_extension(VASliceParameterBufferHEVCRext *va, const struct hevc_slice *slice)
{
	const struct hevc_weights *w = &slice->weights;

	memcpy(va->luma_offset_l0, w->luma_offset[0], sizeof(va->luma_offset_l0));
	memcpy(va->luma_offset_l1, w->luma_offset[1], sizeof(va->luma_offset_l1));
	memcpy(va->ChromaOffsetL0, w->chroma_offset[0], sizeof(va->ChromaOffsetL0));
	memcpy(va->ChromaOffsetL1, w->chroma_offset[1], sizeof(va->ChromaOffsetL1));
	va->slice_ext_flags.bits.cu_chroma_qp_offset_enabled_flag =
		slice->cu_chroma_qp_offset_enabled_flag;
	va->slice_ext_flags.bits.use_integer_mv_flag = slice->use_integer_mv_flag;
	va->slice_act_y_qp_offset = slice->slice_act_y_qp_offset;
	va->slice_act_cb_qp_offset = slice->slice_act_cb_qp_offset;
	va->slice_act_cr_qp_offset = slice->slice_act_cr_qp_offset;
}

static int keep_data(struct hevc_pending *pending, const struct unit *unit)
{
	uint8_t *data;

	if (unit->size_bytes > pending->capacity_bytes) {
		data = realloc(pending->data, unit->size_bytes);
		if (!data)
			return -ENOMEM;
		pending->data = data;
		pending->capacity_bytes = unit->size_bytes;
	}
	memcpy(pending->data, unit->data, unit->size_bytes);
	pending->size_bytes = unit->size_bytes;
	return 0;
}

int hevc_va_hold_slice(struct hevc *hevc, const struct unit *unit)
{
	const struct hevc_slice *slice = &hevc->slice;
	VASliceParameterBufferHEVCExtension *va = &hevc->pending.va;
	int ret = keep_data(&hevc->pending, unit);

	if (ret < 0)
		return ret;
	memset(va, 0, sizeof(*va));
	va->base.slice_data_size = (uint32_t)unit->size_bytes;
	va->base.slice_data_flag = VA_SLICE_DATA_FLAG_ALL;
	set_slice_lists(&va->base, hevc);
	set_slice_flags(&va->base, slice);
	set_slice_values(&va->base, slice);
	if (slice->explicit_weights)
		set_weights(&va->base, &slice->weights);
	set_slice_extension(&va->rext, slice);
	hevc->pending.there = true;
	return 0;
}

int hevc_va_add_slice(struct vacodec_decoder *decoder, bool last)
{
	struct hevc *hevc = hevc_of(decoder);
	struct hevc_pending *pending = &hevc->pending;

	pending->there = false;
	pending->va.base.LongSliceFlags.fields.LastSliceOfPic = last;
	return submit_add_slice(hevc->current.frame, &pending->va,
				hevc_has_extensions(decoder->format.profile)
					? sizeof(pending->va)
					: sizeof(pending->va.base),
				pending->data, pending->size_bytes);
}
