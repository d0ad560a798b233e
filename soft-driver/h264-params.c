/* SPDX-License-Identifier: MIT */
/*
 * Sequence and picture parameter sets written from VA's parameters (7.3.2.1, 7.3.2.2). POC type 0 with 16
 * bits serves all streams, because VA has the order counts themselves; the profile is always one of the High
 * ones, whose PPS carries everything that VA says.
 */
#include "h264.h"

#define LEVEL            62
#define POC_LSB_BITS     16
#define NAL_SPS          0x67
#define NAL_PPS          0x68
#define NUM_PPS_VARIANTS 8

/*
 * CAVLC data can hold I_PCM samples, which are aligned to bytes of the unit, so data must keep its place
 * in the byte. The length of the PPS id (1, 3, 5, 7 or 9 bits) and an optional one-bit redundant_pic_cnt
 * make up any difference.
 */
const struct h264_pps_variant h264_pps_variants[NUM_PPS_VARIANTS] = {
	{0, false}, {15, true}, {1, false}, {2, true}, {3, false}, {4, true}, {7, false}, {8, true},
};

static const uint8_t zigzag_4x4[16] = {0, 1, 4, 8, 5, 2, 3, 6, 9, 12, 13, 10, 7, 11, 14, 15};

static const uint8_t zigzag_8x8[64] = {
	0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48,
	41, 34, 27, 20, 13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23,
	30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
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

static void write_size(struct bit_writer *w, const VAPictureParameterBufferH264 *pic)
{
	uint32_t height = pic->picture_height_in_mbs_minus1 + 1u;

	bit_writer_ue(w, pic->picture_width_in_mbs_minus1);
	if (!pic->seq_fields.bits.frame_mbs_only_flag)
		height = (height + 1) / 2;
	bit_writer_ue(w, height - 1);
	bit_writer_put(w, 1, pic->seq_fields.bits.frame_mbs_only_flag);
	if (!pic->seq_fields.bits.frame_mbs_only_flag)
		bit_writer_put(w, 1, pic->seq_fields.bits.mb_adaptive_frame_field_flag);
	bit_writer_put(w, 1, pic->seq_fields.bits.direct_8x8_inference_flag);
}

/* High, or the next of its kind that has such pictures (A.2.4 to A.2.6). */
static uint32_t get_profile_idc(const VAPictureParameterBufferH264 *pic)
{
	if (pic->seq_fields.bits.chroma_format_idc > 1)
		return 122;
	return pic->bit_depth_luma_minus8 ? 110 : 100;
}

void h264_write_sps(struct bytes *out, const VAPictureParameterBufferH264 *pic)
{
	struct bit_writer w = {0};

	bit_writer_put(&w, 8, NAL_SPS);
	bit_writer_put(&w, 8, get_profile_idc(pic));
	bit_writer_put(&w, 8, 0); /* constraint flags */
	bit_writer_put(&w, 8, LEVEL);
	bit_writer_ue(&w, 0); /* seq_parameter_set_id */
	bit_writer_ue(&w, pic->seq_fields.bits.chroma_format_idc);
	/* Chroma that is not there has the luma's depth (7.4.2.1.1 gives none). */
	bit_writer_ue(&w, pic->bit_depth_luma_minus8);
	bit_writer_ue(&w, pic->seq_fields.bits.chroma_format_idc ? pic->bit_depth_chroma_minus8
								 : pic->bit_depth_luma_minus8);
	bit_writer_put(&w, 1, 0); /* qpprime_y_zero_transform_bypass_flag */
	bit_writer_put(&w, 1, 0); /* seq_scaling_matrix_present_flag */
	bit_writer_ue(&w, pic->seq_fields.bits.log2_max_frame_num_minus4);
	bit_writer_ue(&w, 0); /* pic_order_cnt_type */
	bit_writer_ue(&w, POC_LSB_BITS - 4);
	bit_writer_ue(&w, pic->num_ref_frames);
	bit_writer_put(&w, 1, pic->seq_fields.bits.gaps_in_frame_num_value_allowed_flag);
	write_size(&w, pic);
	bit_writer_put(&w, 1, 0); /* frame_cropping_flag */
	bit_writer_put(&w, 1, 0); /* vui_parameters_present_flag */
	append(out, &w);
}

/* VA's lists are in raster order; the syntax is in zigzag order, as differences modulo 256 (7.3.2.1.1.1). */
static void write_scaling_list(struct bit_writer *w, const uint8_t *list, const uint8_t *scan,
			       unsigned int size)
{
	int last = 8;

	bit_writer_put(w, 1, 1);
	for (unsigned int i = 0; i < size; i++) {
		int next = list[scan[i]];

		bit_writer_se(w, (int8_t)(next - last));
		last = next;
	}
}

static void write_scaling(struct bit_writer *w, const VAPictureParameterBufferH264 *pic,
			  const VAIQMatrixBufferH264 *iq)
{
	bit_writer_put(w, 1, 1); /* pic_scaling_matrix_present_flag */
	for (int i = 0; i < 6; i++)
		write_scaling_list(w, iq->ScalingList4x4[i], zigzag_4x4, 16);
	if (!pic->pic_fields.bits.transform_8x8_mode_flag)
		return;
	for (int i = 0; i < 2; i++)
		write_scaling_list(w, iq->ScalingList8x8[i], zigzag_8x8, 64);
}

static void write_variant(struct bytes *out, const VAPictureParameterBufferH264 *pic,
			  const VAIQMatrixBufferH264 *iq, const struct h264_pps_variant *variant)
{
	struct bit_writer w = {0};

	bit_writer_put(&w, 8, NAL_PPS);
	bit_writer_ue(&w, variant->id);
	bit_writer_ue(&w, 0); /* seq_parameter_set_id */
	bit_writer_put(&w, 1, pic->pic_fields.bits.entropy_coding_mode_flag);
	bit_writer_put(&w, 1, 1); /* bottom_field_pic_order_in_frame_present_flag */
	bit_writer_ue(&w, 0);     /* num_slice_groups_minus1 */
	bit_writer_ue(&w, 0);     /* num_ref_idx_l0_default_active_minus1 */
	bit_writer_ue(&w, 0);     /* num_ref_idx_l1_default_active_minus1 */
	bit_writer_put(&w, 1, pic->pic_fields.bits.weighted_pred_flag);
	bit_writer_put(&w, 2, pic->pic_fields.bits.weighted_bipred_idc);
	bit_writer_se(&w, pic->pic_init_qp_minus26);
	bit_writer_se(&w, pic->pic_init_qs_minus26);
	bit_writer_se(&w, pic->chroma_qp_index_offset);
	bit_writer_put(&w, 1, 1); /* deblocking_filter_control_present_flag */
	bit_writer_put(&w, 1, pic->pic_fields.bits.constrained_intra_pred_flag);
	bit_writer_put(&w, 1, variant->redundant_pic_cnt_present);
	bit_writer_put(&w, 1, pic->pic_fields.bits.transform_8x8_mode_flag);
	write_scaling(&w, pic, iq);
	bit_writer_se(&w, pic->second_chroma_qp_index_offset);
	append(out, &w);
}

void h264_write_pps(struct bytes *out, const VAPictureParameterBufferH264 *pic,
		    const VAIQMatrixBufferH264 *iq)
{
	/* CABAC data begins at a byte of its own: one PPS will do. */
	int count = pic->pic_fields.bits.entropy_coding_mode_flag ? 1 : NUM_PPS_VARIANTS;

	for (int i = 0; i < count; i++)
		write_variant(out, pic, iq, &h264_pps_variants[i]);
}
