/* SPDX-License-Identifier: MIT */
/*
 * Parameter sets written from VA's parameters (7.3.2). Order counts of 16 bits and reference picture sets in
 * the slice headers serve all streams, because VA has the order counts themselves and the references; the
 * profile is always the range extensions', whose PPS carries everything that VA says.
 */
#include "hevc.h"

#define NAL_VPS      32
#define NAL_SPS      33
#define NAL_PPS      34
#define PROFILE_REXT 4
#define LEVEL        186
#define POC_LSB_BITS 16

static const uint8_t diagonal_4x4[16] = {0, 4, 1, 8, 5, 2, 12, 9, 6, 3, 13, 10, 7, 14, 11, 15};

static const uint8_t diagonal_8x8[64] = {
	0,  8,  1,  16, 9,  2,  24, 17, 10, 3,  32, 25, 18, 11, 4,  40, 33, 26, 19, 12, 5,  48,
	41, 34, 27, 20, 13, 6,  56, 49, 42, 35, 28, 21, 14, 7,  57, 50, 43, 36, 29, 22, 15, 58,
	51, 44, 37, 30, 23, 59, 52, 45, 38, 31, 60, 53, 46, 39, 61, 54, 47, 62, 55, 63,
};

static void append(struct bytes *out, struct bit_writer *unit)
{
	bit_writer_trail(unit);
	if (unit->bytes.failed)
		out->failed = true;
	else
		bytes_append_nal(out, unit->bytes.data, unit->bytes.size);
	bit_writer_finish(unit);
}

static void write_unit_header(struct bit_writer *w, uint32_t type)
{
	bit_writer_put(w, 1, 0);
	bit_writer_put(w, 6, type);
	bit_writer_put(w, 6, 0); /* nuh_layer_id */
	bit_writer_put(w, 3, 1); /* nuh_temporal_id_plus1 */
}

static void write_profile(struct bit_writer *w)
{
	bit_writer_put(w, 2, 0); /* general_profile_space */
	bit_writer_put(w, 1, 0); /* general_tier_flag */
	bit_writer_put(w, 5, PROFILE_REXT);
	bit_writer_put(w, 32, 1u << (31 - PROFILE_REXT));
	bit_writer_put(w, 4, 9);  /* progressive, frames only */
	bit_writer_put(w, 32, 0); /* no constraints */
	bit_writer_put(w, 12, 0);
	bit_writer_put(w, 8, LEVEL);
}

static void write_buffering(struct bit_writer *w)
{
	bit_writer_put(w, 1, 1); /* sub_layer_ordering_info_present_flag */
	bit_writer_ue(w, 15);    /* max_dec_pic_buffering_minus1 */
	bit_writer_ue(w, 0);     /* max_num_reorder_pics: what is put out is dropped */
	bit_writer_ue(w, 0);     /* max_latency_increase_plus1 */
}

static void write_vps(struct bytes *out)
{
	struct bit_writer w = {0};

	write_unit_header(&w, NAL_VPS);
	bit_writer_put(&w, 4, 0); /* vps_video_parameter_set_id */
	bit_writer_put(&w, 2, 3); /* base layer: internal, available */
	bit_writer_put(&w, 6, 0); /* vps_max_layers_minus1 */
	bit_writer_put(&w, 3, 0); /* vps_max_sub_layers_minus1 */
	bit_writer_put(&w, 1, 1); /* vps_temporal_id_nesting_flag */
	bit_writer_put(&w, 16, 0xffff);
	write_profile(&w);
	write_buffering(&w);
	bit_writer_put(&w, 6, 0); /* vps_max_layer_id */
	bit_writer_ue(&w, 0);     /* vps_num_layer_sets_minus1 */
	bit_writer_put(&w, 1, 0); /* vps_timing_info_present_flag */
	bit_writer_put(&w, 1, 0); /* vps_extension_flag */
	append(out, &w);
}

static void write_picture(struct bit_writer *w, const VAPictureParameterBufferHEVC *pic)
{
	uint32_t chroma = pic->pic_fields.bits.chroma_format_idc;

	bit_writer_ue(w, chroma);
	if (chroma == 3)
		bit_writer_put(w, 1, pic->pic_fields.bits.separate_colour_plane_flag);
	bit_writer_ue(w, pic->pic_width_in_luma_samples);
	bit_writer_ue(w, pic->pic_height_in_luma_samples);
	bit_writer_put(w, 1, 0); /* conformance_window_flag */
	/* Chroma that is not there has the luma's depth. */
	bit_writer_ue(w, pic->bit_depth_luma_minus8);
	bit_writer_ue(w, chroma ? pic->bit_depth_chroma_minus8 : pic->bit_depth_luma_minus8);
}

static void write_blocks(struct bit_writer *w, const VAPictureParameterBufferHEVC *pic)
{
	bit_writer_ue(w, pic->log2_min_luma_coding_block_size_minus3);
	bit_writer_ue(w, pic->log2_diff_max_min_luma_coding_block_size);
	bit_writer_ue(w, pic->log2_min_transform_block_size_minus2);
	bit_writer_ue(w, pic->log2_diff_max_min_transform_block_size);
	bit_writer_ue(w, pic->max_transform_hierarchy_depth_inter);
	bit_writer_ue(w, pic->max_transform_hierarchy_depth_intra);
}

static void write_pcm(struct bit_writer *w, const VAPictureParameterBufferHEVC *pic)
{
	bit_writer_put(w, 1, pic->pic_fields.bits.pcm_enabled_flag);
	if (!pic->pic_fields.bits.pcm_enabled_flag)
		return;
	bit_writer_put(w, 4, pic->pcm_sample_bit_depth_luma_minus1);
	bit_writer_put(w, 4, pic->pcm_sample_bit_depth_chroma_minus1);
	bit_writer_ue(w, pic->log2_min_pcm_luma_coding_block_size_minus3);
	bit_writer_ue(w, pic->log2_diff_max_min_pcm_luma_coding_block_size);
	bit_writer_put(w, 1, pic->pic_fields.bits.pcm_loop_filter_disabled_flag);
}

static void write_sps_extension(struct bit_writer *w, const VAPictureParameterBufferHEVCRext *rext)
{
	bit_writer_put(w, 1, rext != NULL);
	if (!rext)
		return;
	bit_writer_put(w, 8, 0x80); /* sps_range_extension_flag, and no other */
	bit_writer_put(w, 1,
		       rext->range_extension_pic_fields.bits.transform_skip_rotation_enabled_flag);
	bit_writer_put(w, 1,
		       rext->range_extension_pic_fields.bits.transform_skip_context_enabled_flag);
	bit_writer_put(w, 1, rext->range_extension_pic_fields.bits.implicit_rdpcm_enabled_flag);
	bit_writer_put(w, 1, rext->range_extension_pic_fields.bits.explicit_rdpcm_enabled_flag);
	bit_writer_put(w, 1, 0); /* extended_precision_processing_flag: refused where it counts */
	bit_writer_put(w, 1, rext->range_extension_pic_fields.bits.intra_smoothing_disabled_flag);
	bit_writer_put(w, 1, 0); /* high_precision_offsets_enabled_flag: the same */
	bit_writer_put(
		w, 1,
		rext->range_extension_pic_fields.bits.persistent_rice_adaptation_enabled_flag);
	bit_writer_put(w, 1, 0); /* cabac_bypass_alignment_enabled_flag: refused */
}

void hevc_write_sets(struct bytes *out, const struct hevc_picture *picture)
{
	const VAPictureParameterBufferHEVC *pic = picture->pic;
	struct bit_writer w = {0};

	write_vps(out);
	write_unit_header(&w, NAL_SPS);
	bit_writer_put(&w, 4, 0); /* sps_video_parameter_set_id */
	bit_writer_put(&w, 3, 0); /* sps_max_sub_layers_minus1 */
	bit_writer_put(&w, 1, 1); /* sps_temporal_id_nesting_flag */
	write_profile(&w);
	bit_writer_ue(&w, 0); /* sps_seq_parameter_set_id */
	write_picture(&w, pic);
	bit_writer_ue(&w, POC_LSB_BITS - 4);
	write_buffering(&w);
	write_blocks(&w, pic);
	bit_writer_put(&w, 1, pic->pic_fields.bits.scaling_list_enabled_flag);
	if (pic->pic_fields.bits.scaling_list_enabled_flag)
		bit_writer_put(&w, 1, 0); /* the PPS has them */
	bit_writer_put(&w, 1, pic->pic_fields.bits.amp_enabled_flag);
	bit_writer_put(&w, 1, pic->slice_parsing_fields.bits.sample_adaptive_offset_enabled_flag);
	write_pcm(&w, pic);
	bit_writer_ue(&w, 0);     /* num_short_term_ref_pic_sets */
	bit_writer_put(&w, 1, 1); /* long_term_ref_pics_present_flag */
	bit_writer_ue(&w, 0);     /* num_long_term_ref_pics_sps */
	bit_writer_put(&w, 1, pic->slice_parsing_fields.bits.sps_temporal_mvp_enabled_flag);
	bit_writer_put(&w, 1, pic->pic_fields.bits.strong_intra_smoothing_enabled_flag);
	bit_writer_put(&w, 1, 0); /* vui_parameters_present_flag */
	write_sps_extension(&w, picture->rext);
	append(out, &w);
}

/* VA's lists are in raster order; the syntax is in diagonal order, as differences modulo 256 (7.3.4). */
static void write_scaling_list(struct bit_writer *w, const uint8_t *list, unsigned int size, int dc)
{
	const uint8_t *scan = size == 16 ? diagonal_4x4 : diagonal_8x8;
	int last = 8;

	bit_writer_put(w, 1, 1); /* scaling_list_pred_mode_flag */
	if (dc) {
		bit_writer_se(w, dc - 8);
		last = dc;
	}
	for (unsigned int i = 0; i < size; i++) {
		bit_writer_se(w, (int8_t)(list[scan[i]] - last));
		last = list[scan[i]];
	}
}

static void write_scaling(struct bit_writer *w, const VAIQMatrixBufferHEVC *iq)
{
	for (int i = 0; i < 6; i++)
		write_scaling_list(w, iq->ScalingList4x4[i], 16, 0);
	for (int i = 0; i < 6; i++)
		write_scaling_list(w, iq->ScalingList8x8[i], 64, 0);
	for (int i = 0; i < 6; i++)
		write_scaling_list(w, iq->ScalingList16x16[i], 64, iq->ScalingListDC16x16[i]);
	for (int i = 0; i < 2; i++)
		write_scaling_list(w, iq->ScalingList32x32[i], 64, iq->ScalingListDC32x32[i]);
}

static void write_tiles(struct bit_writer *w, const VAPictureParameterBufferHEVC *pic)
{
	if (!pic->pic_fields.bits.tiles_enabled_flag)
		return;
	bit_writer_ue(w, pic->num_tile_columns_minus1);
	bit_writer_ue(w, pic->num_tile_rows_minus1);
	bit_writer_put(w, 1, 0); /* uniform_spacing_flag */
	for (int i = 0; i < pic->num_tile_columns_minus1; i++)
		bit_writer_ue(w, pic->column_width_minus1[i]);
	for (int i = 0; i < pic->num_tile_rows_minus1; i++)
		bit_writer_ue(w, pic->row_height_minus1[i]);
	bit_writer_put(w, 1, pic->pic_fields.bits.loop_filter_across_tiles_enabled_flag);
}

static void write_filter(struct bit_writer *w, const VAPictureParameterBufferHEVC *pic)
{
	bool disabled = pic->slice_parsing_fields.bits.pps_disable_deblocking_filter_flag;

	/* So that every slice says whether it does. */
	bit_writer_put(w, 1, 1); /* pps_loop_filter_across_slices_enabled_flag */
	bit_writer_put(w, 1, 1); /* deblocking_filter_control_present_flag */
	bit_writer_put(w, 1, 1); /* deblocking_filter_override_enabled_flag */
	bit_writer_put(w, 1, disabled);
	if (!disabled) {
		bit_writer_se(w, pic->pps_beta_offset_div2);
		bit_writer_se(w, pic->pps_tc_offset_div2);
	}
}

static void write_pps_extension(struct bit_writer *w, const struct hevc_picture *picture)
{
	const VAPictureParameterBufferHEVCRext *rext = picture->rext;

	bit_writer_put(w, 1, rext != NULL);
	if (!rext)
		return;
	bit_writer_put(w, 8, 0x80); /* pps_range_extension_flag, and no other */
	if (picture->pic->pic_fields.bits.transform_skip_enabled_flag)
		bit_writer_ue(w, rext->log2_max_transform_skip_block_size_minus2);
	bit_writer_put(
		w, 1,
		rext->range_extension_pic_fields.bits.cross_component_prediction_enabled_flag);
	bit_writer_put(w, 1,
		       rext->range_extension_pic_fields.bits.chroma_qp_offset_list_enabled_flag);
	if (rext->range_extension_pic_fields.bits.chroma_qp_offset_list_enabled_flag) {
		bit_writer_ue(w, rext->diff_cu_chroma_qp_offset_depth);
		bit_writer_ue(w, rext->chroma_qp_offset_list_len_minus1);
		for (int i = 0; i <= rext->chroma_qp_offset_list_len_minus1; i++) {
			bit_writer_se(w, rext->cb_qp_offset_list[i]);
			bit_writer_se(w, rext->cr_qp_offset_list[i]);
		}
	}
	bit_writer_ue(w, rext->log2_sao_offset_scale_luma);
	bit_writer_ue(w, rext->log2_sao_offset_scale_chroma);
}

static void write_quantisation(struct bit_writer *w, const VAPictureParameterBufferHEVC *pic)
{
	bit_writer_se(w, pic->init_qp_minus26);
	bit_writer_put(w, 1, pic->pic_fields.bits.constrained_intra_pred_flag);
	bit_writer_put(w, 1, pic->pic_fields.bits.transform_skip_enabled_flag);
	bit_writer_put(w, 1, pic->pic_fields.bits.cu_qp_delta_enabled_flag);
	if (pic->pic_fields.bits.cu_qp_delta_enabled_flag)
		bit_writer_ue(w, pic->diff_cu_qp_delta_depth);
	bit_writer_se(w, pic->pps_cb_qp_offset);
	bit_writer_se(w, pic->pps_cr_qp_offset);
	bit_writer_put(w, 1, 1); /* pps_slice_chroma_qp_offsets_present_flag */
}

void hevc_write_pps(struct bytes *out, const struct hevc_picture *picture)
{
	const VAPictureParameterBufferHEVC *pic = picture->pic;
	struct bit_writer w = {0};

	write_unit_header(&w, NAL_PPS);
	bit_writer_ue(&w, 0);     /* pps_pic_parameter_set_id */
	bit_writer_ue(&w, 0);     /* pps_seq_parameter_set_id */
	bit_writer_put(&w, 1, 1); /* dependent_slice_segments_enabled_flag */
	bit_writer_put(&w, 1, 1); /* output_flag_present_flag */
	bit_writer_put(&w, 3, 0); /* num_extra_slice_header_bits */
	bit_writer_put(&w, 1, pic->pic_fields.bits.sign_data_hiding_enabled_flag);
	bit_writer_put(&w, 1, 1); /* cabac_init_present_flag */
	bit_writer_ue(&w, 0);     /* num_ref_idx_l0_default_active_minus1 */
	bit_writer_ue(&w, 0);     /* num_ref_idx_l1_default_active_minus1 */
	write_quantisation(&w, pic);
	bit_writer_put(&w, 1, pic->pic_fields.bits.weighted_pred_flag);
	bit_writer_put(&w, 1, pic->pic_fields.bits.weighted_bipred_flag);
	bit_writer_put(&w, 1, pic->pic_fields.bits.transquant_bypass_enabled_flag);
	bit_writer_put(&w, 1, pic->pic_fields.bits.tiles_enabled_flag);
	bit_writer_put(&w, 1, pic->pic_fields.bits.entropy_coding_sync_enabled_flag);
	write_tiles(&w, pic);
	write_filter(&w, pic);
	bit_writer_put(&w, 1, pic->pic_fields.bits.scaling_list_enabled_flag);
	if (pic->pic_fields.bits.scaling_list_enabled_flag)
		write_scaling(&w, picture->iq);
	bit_writer_put(&w, 1, 1); /* lists_modification_present_flag */
	bit_writer_ue(&w, pic->log2_parallel_merge_level_minus2);
	bit_writer_put(&w, 1, 0); /* slice_segment_header_extension_present_flag */
	write_pps_extension(&w, picture);
	append(out, &w);
}
