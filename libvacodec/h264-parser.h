/* SPDX-License-Identifier: MIT */
/*
 * h264-parser.h - H.264 parameter sets, slice headers and the SEI messages that matter
 *
 * Field names are the standard's. Each limit is the standard's own, or what VA-API can carry; a value
 * beyond it makes the unit damaged.
 * Source: Rec. ITU-T H.264, 7.3 and 7.4.
 */
#ifndef LIBVACODEC_H264_PARSER_H
#define LIBVACODEC_H264_PARSER_H

#include "bits.h"

#define H264_MAX_SPS      32     /* 7.4.2.1.1 */
#define H264_MAX_PPS      256    /* 7.4.2.2 */
#define H264_MAX_REFS     16     /* of a frame's list modification and marking: A.3.1, DPB */
#define H264_MAX_LIST     32     /* num_ref_idx_active_minus1 is at most 31, 7.4.3 */
#define H264_MAX_MMCOS    66     /* each of 32 fields once, and 3 others, 7.4.3.3 */
#define H264_MAX_MBS      139264 /* PicSizeInMbs of level 6.2, Table A-1 */
#define H264_MAX_SIDE_MBS 1056   /* Sqrt(8 * MaxFS), A.3.1 */

enum h264_nal_type {
	H264_NAL_SLICE = 1,
	H264_NAL_PARTITION_A = 2,
	H264_NAL_PARTITION_C = 4,
	H264_NAL_IDR = 5,
	H264_NAL_SEI = 6,
	H264_NAL_SPS = 7,
	H264_NAL_PPS = 8,
	H264_NAL_AUD = 9,
	H264_NAL_END_SEQUENCE = 10,
	H264_NAL_END_STREAM = 11,
	H264_NAL_PREFIX = 14,
	H264_NAL_RESERVED_18 = 18,
};

enum h264_slice_type {
	H264_SLICE_P,
	H264_SLICE_B,
	H264_SLICE_I,
	H264_SLICE_SP,
	H264_SLICE_SI,
};

/* How a scaling list comes, 7.3.2.1.1.1. */
enum h264_list_source {
	H264_LIST_FALL_BACK, /* not present: fall-back rule A or B, Table 7-2 */
	H264_LIST_DEFAULT,   /* present, but the default list is meant */
	H264_LIST_CODED,
};

/* Scaling lists in the order in which they are coded: zig-zag. */
struct h264_scaling {
	bool present;
	uint8_t source4x4[6]; /* enum h264_list_source */
	uint8_t source8x8[6];
	uint8_t list4x4[6][16];
	uint8_t list8x8[6][64];
};

struct h264_sps {
	bool valid;
	uint8_t profile_idc;
	uint8_t constraint_flags; /* constraint_set0_flag is the highest bit */
	uint8_t level_idc;
	uint8_t seq_parameter_set_id;
	uint8_t chroma_format_idc;
	bool separate_colour_plane_flag;
	uint8_t bit_depth_luma, bit_depth_chroma;
	bool qpprime_y_zero_transform_bypass_flag;
	struct h264_scaling scaling;
	uint8_t log2_max_frame_num;
	uint8_t pic_order_cnt_type;
	uint8_t log2_max_pic_order_cnt_lsb; /* 0 when not there */
	bool delta_pic_order_always_zero_flag;
	int32_t offset_for_non_ref_pic;
	int32_t offset_for_top_to_bottom_field;
	uint8_t num_ref_frames_in_pic_order_cnt_cycle;
	int32_t offset_for_ref_frame[255];
	uint8_t max_num_ref_frames;
	bool gaps_in_frame_num_value_allowed_flag;
	uint16_t pic_width_in_mbs;
	uint16_t frame_height_in_mbs;
	bool frame_mbs_only_flag;
	bool mb_adaptive_frame_field_flag;
	bool direct_8x8_inference_flag;
	uint16_t crop_left, crop_right, crop_top, crop_bottom; /* luma samples */
	/* Annex E */
	uint32_t num_units_in_tick, time_scale; /* 0 when not there */
	bool bitstream_restriction_flag;
	uint8_t max_num_reorder_frames, max_dec_frame_buffering;
};

struct h264_pps {
	bool valid;
	uint8_t pic_parameter_set_id;
	uint8_t seq_parameter_set_id;
	bool entropy_coding_mode_flag;
	bool bottom_field_pic_order_in_frame_present_flag;
	uint8_t num_slice_groups_minus1;
	uint8_t num_ref_idx_default_active_minus1[2];
	bool weighted_pred_flag;
	uint8_t weighted_bipred_idc;
	int8_t pic_init_qp_minus26, pic_init_qs_minus26;
	int8_t chroma_qp_index_offset, second_chroma_qp_index_offset;
	bool deblocking_filter_control_present_flag;
	bool constrained_intra_pred_flag;
	bool redundant_pic_cnt_present_flag;
	bool transform_8x8_mode_flag;
	struct h264_scaling scaling;
};

struct h264_modification {
	uint8_t modification_of_pic_nums_idc;
	uint32_t value; /* abs_diff_pic_num_minus1 or long_term_pic_num */
};

struct h264_mmco {
	uint8_t memory_management_control_operation;
	uint32_t difference_of_pic_nums_minus1;
	uint32_t
		long_term; /* long_term_pic_num, long_term_frame_idx or max_long_term_frame_idx_plus1 */
	uint32_t long_term_frame_idx; /* of operation 3 */
};

struct h264_weights {
	uint8_t luma_log2_weight_denom, chroma_log2_weight_denom;
	/* Set when an entry differs from the default, per list. */
	bool luma_flag[2], chroma_flag[2];
	int16_t luma_weight[2][H264_MAX_LIST], luma_offset[2][H264_MAX_LIST];
	int16_t chroma_weight[2][H264_MAX_LIST][2], chroma_offset[2][H264_MAX_LIST][2];
};

struct h264_slice {
	uint8_t nal_ref_idc, nal_unit_type;
	uint32_t first_mb_in_slice;
	uint8_t slice_type; /* enum h264_slice_type */
	uint8_t pic_parameter_set_id;
	uint32_t frame_num;
	bool field_pic_flag, bottom_field_flag;
	uint16_t idr_pic_id;
	uint32_t pic_order_cnt_lsb;
	int32_t delta_pic_order_cnt_bottom;
	int32_t delta_pic_order_cnt[2];
	uint8_t redundant_pic_cnt;
	bool direct_spatial_mv_pred_flag;
	uint8_t num_ref_idx_active[2]; /* 0 for a list that is not used */
	uint8_t n_modifications[2];
	struct h264_modification modifications[2][H264_MAX_LIST + 1];
	bool explicit_weights;
	struct h264_weights weights;
	bool no_output_of_prior_pics_flag, long_term_reference_flag;
	bool adaptive_ref_pic_marking_mode_flag;
	uint8_t n_mmcos;
	struct h264_mmco mmcos[H264_MAX_MMCOS];
	uint8_t cabac_init_idc;
	int8_t slice_qp_delta;
	uint8_t disable_deblocking_filter_idc;
	int8_t slice_alpha_c0_offset_div2, slice_beta_offset_div2;
	uint32_t header_bits; /* from the NAL header, emulation prevention bytes not counted */
};

/* The parameter sets received so far. */
struct h264_sets {
	struct h264_sps sps[H264_MAX_SPS];
	struct h264_sps active;
	bool random_access; /* a recovery point was announced */
	struct h264_pps pps[H264_MAX_PPS];
};

/*
 * Parse a whole NAL unit. Parameter sets are filled on success only; a slice header that failed holds
 * what was read before, so the caller parses into one that it can lose. Errors: -EBADMSG; -ENOTSUP for
 * a slice header with tools that nothing here decodes; -ENOENT for one without its parameter sets.
 */
int h264_parse_sps(const uint8_t *data, size_t size_bytes, struct h264_sps *sps);
int h264_parse_pps(const uint8_t *data, size_t size_bytes, const struct h264_sets *sets,
		   struct h264_pps *pps);
int h264_parse_slice(const uint8_t *data, size_t size_bytes, const struct h264_sets *sets,
		     struct h264_slice *slice);
/* Whether the profile has FMO and ASO: Baseline streams that are not Main ones too, and Extended. */
bool h264_has_slice_groups(const struct h264_sps *sps);
/*
 * Whether b's slice begins another primary coded picture than that which began with a: the conditions of
 * 7.4.1.2.4, and, since there are encoders that give IDR pictures in a row one idr_pic_id, macroblock 0.
 * In a picture it comes later only with ASO or colour planes of their own.
 */
bool h264_begins_picture(const struct h264_slice *a, const struct h264_slice *b,
			 const struct h264_sps *sps);
/* recovery_frame_cnt and broken_link_flag of a recovery point SEI message, or -1 without one (D.1.8). */
int64_t h264_parse_sei_recovery(const uint8_t *data, size_t size_bytes, bool *broken_link);
/*
 * The SPS that a picture uses. One that was sent again in another form counts from the next picture
 * on where decoding can start (7.4.1.2.1), so that damage to it costs nothing before.
 */
const struct h264_sps *h264_select_sps(const struct h264_sets *sets, const struct h264_pps *pps,
				       bool idr);
/* The scaling lists that hold for a picture, in zig-zag order: 7.4.2.1.1, 7.4.2.2, Table 7-2. */
void h264_resolve_scaling(const struct h264_sps *sps, const struct h264_pps *pps,
			  uint8_t list4x4[6][16], uint8_t list8x8[2][64]);

#endif
