/* SPDX-License-Identifier: MIT */
/*
 * hevc-parser.h - HEVC parameter sets, slice segment headers and the SEI messages that matter
 *
 * Field names are the standard's. Each limit is the standard's own, or what VA-API can carry; a value
 * beyond it makes the unit damaged. Of streams with several layers only the base layer is parsed, its
 * parameter sets with all extensions that they may have.
 * Source: Rec. ITU-T H.265, 7.3 and 7.4.
 */
#ifndef LIBVACODEC_HEVC_PARSER_H
#define LIBVACODEC_HEVC_PARSER_H

#include "bits.h"

#define HEVC_MAX_VPS         16         /* 7.4.3.1 */
#define HEVC_MAX_SPS         16         /* 7.4.3.2.1 */
#define HEVC_MAX_PPS         64         /* 7.4.3.3.1 */
#define HEVC_MAX_SUB_LAYERS  7          /* sps_max_sub_layers_minus1 is at most 6 */
#define HEVC_MAX_DPB         16         /* MaxDpbSize, A.4.2 */
#define HEVC_MAX_REFS        16         /* of a reference picture set */
#define HEVC_MAX_LIST        15         /* num_ref_idx_active_minus1 is at most 14, 7.4.7.1 */
#define HEVC_MAX_RPS         64         /* num_short_term_ref_pic_sets, 7.4.3.2.1 */
#define HEVC_MAX_LT_SPS      32         /* num_long_term_ref_pics_sps */
#define HEVC_MAX_SIDE        16888      /* Sqrt(8 * MaxLumaPs) of level 6.2, A.4.1 */
#define HEVC_MAX_SAMPLES     142606336U /* MaxLumaPs of the highest level */
#define HEVC_MAX_TILE_COLS   20         /* Table A.9 */
#define HEVC_MAX_TILE_ROWS   22
#define HEVC_MAX_PALETTE     128 /* PaletteMaxPredictorSize, 7.4.3.2.3.3 */
#define HEVC_MAX_QP_OFFSETS  6   /* chroma_qp_offset_list_len_minus1 is at most 5 */
#define HEVC_NAL_HEADER_BITS 16  /* 7.3.1.2 */

enum hevc_nal_type {
	HEVC_NAL_TRAIL_N = 0,
	HEVC_NAL_RADL_N = 6,
	HEVC_NAL_RADL_R = 7,
	HEVC_NAL_RASL_N = 8,
	HEVC_NAL_RASL_R = 9,
	HEVC_NAL_LAST_SUB_LAYER = 15, /* of those that are even when no reference in their layer */
	HEVC_NAL_BLA_W_LP = 16,
	HEVC_NAL_BLA_N_LP = 18,
	HEVC_NAL_IDR_W_RADL = 19,
	HEVC_NAL_IDR_N_LP = 20,
	HEVC_NAL_CRA = 21,
	HEVC_NAL_LAST_IRAP = 23,
	HEVC_NAL_VPS = 32,
	HEVC_NAL_SPS = 33,
	HEVC_NAL_PPS = 34,
	HEVC_NAL_AUD = 35,
	HEVC_NAL_END_SEQUENCE = 36,
	HEVC_NAL_END_STREAM = 37,
	HEVC_NAL_PREFIX_SEI = 39,
	HEVC_NAL_SUFFIX_SEI = 40,
	HEVC_NAL_RESERVED_41 = 41,
	HEVC_NAL_RESERVED_44 = 44,
	HEVC_NAL_UNSPECIFIED_48 = 48,
	HEVC_NAL_UNSPECIFIED_55 = 55,
};

enum hevc_slice_type {
	HEVC_SLICE_B,
	HEVC_SLICE_P,
	HEVC_SLICE_I,
};

struct hevc_nal {
	uint8_t nal_unit_type;
	uint8_t nuh_layer_id;
	uint8_t temporal_id; /* nuh_temporal_id_plus1 - 1 */
};

/* st_ref_pic_set(), 7.3.7, as of (7-61) to (7-68): S0 before the picture in output order, S1 after. */
struct hevc_rps {
	uint8_t num_negative_pics, num_positive_pics; /* together at most HEVC_MAX_REFS */
	bool used_s0[HEVC_MAX_REFS], used_s1[HEVC_MAX_REFS];
	int32_t delta_poc_s0[HEVC_MAX_REFS], delta_poc_s1[HEVC_MAX_REFS];
};

/* scaling_list_data(), 7.3.4, in the order of coding (up-right diagonal). 32x32 has entries 0 and 3. */
struct hevc_scaling {
	uint8_t list4x4[6][16];
	uint8_t list8x8[6][64];
	uint8_t list16x16[6][64];
	uint8_t list32x32[6][64];
	uint8_t dc16x16[6], dc32x32[6]; /* scaling_list_dc_coef_minus8 + 8 */
};

struct hevc_palette {
	uint8_t n; /* entries for each component */
	uint16_t entry[3][HEVC_MAX_PALETTE];
};

/* A bit of general_profile_compatibility_flag[]. */
#define HEVC_FLAG_OF(profile_idc) (UINT32_C(1) << (31 - (profile_idc)))

/* What the profile_tier_level() says of the whole stream, 7.3.3. */
struct hevc_profile {
	uint8_t general_profile_idc;
	uint32_t compatibility_flags; /* flag j is bit 31 - j */
	uint64_t constraint_flags;    /* the 48 bits before the level, the first one highest */
	uint8_t general_level_idc;    /* 30 times the level's number */
};

struct hevc_vps {
	bool valid;
	uint8_t video_parameter_set_id;
	uint32_t num_units_in_tick, time_scale; /* 0 when not there */
};

struct hevc_sps {
	bool valid;
	uint8_t video_parameter_set_id;
	uint8_t seq_parameter_set_id;
	uint8_t max_sub_layers_minus1;
	struct hevc_profile profile;
	uint8_t chroma_format_idc;
	bool separate_colour_plane_flag;
	uint16_t pic_width_in_luma_samples, pic_height_in_luma_samples;
	uint16_t crop_left, crop_right, crop_top, crop_bottom; /* luma samples */
	uint8_t bit_depth_luma, bit_depth_chroma;
	uint8_t log2_max_pic_order_cnt_lsb;
	/* Of the highest sub-layer. */
	uint8_t max_dec_pic_buffering_minus1, max_num_reorder_pics;
	uint32_t max_latency_increase_plus1;
	uint8_t log2_min_luma_coding_block_size, ctb_log2_size;
	uint8_t log2_min_luma_transform_block_size;
	uint8_t log2_diff_max_min_luma_transform_block_size;
	uint8_t max_transform_hierarchy_depth_inter, max_transform_hierarchy_depth_intra;
	bool scaling_list_enabled_flag;
	struct hevc_scaling scaling; /* what holds where a PPS has none */
	bool amp_enabled_flag;
	bool sample_adaptive_offset_enabled_flag;
	bool pcm_enabled_flag;
	uint8_t pcm_sample_bit_depth_luma, pcm_sample_bit_depth_chroma;
	uint8_t log2_min_pcm_luma_coding_block_size;
	uint8_t log2_diff_max_min_pcm_luma_coding_block_size;
	bool pcm_loop_filter_disabled_flag;
	uint8_t num_short_term_ref_pic_sets;
	struct hevc_rps rps[HEVC_MAX_RPS];
	bool long_term_ref_pics_present_flag;
	uint8_t num_long_term_ref_pics_sps;
	uint16_t lt_ref_pic_poc_lsb_sps[HEVC_MAX_LT_SPS];
	bool used_by_curr_pic_lt_sps_flag[HEVC_MAX_LT_SPS];
	bool sps_temporal_mvp_enabled_flag;
	bool strong_intra_smoothing_enabled_flag;
	/* Annex E */
	bool field_seq_flag, frame_field_info_present_flag;
	uint32_t num_units_in_tick, time_scale; /* 0 when not there */
	/* sps_range_extension(), 7.3.2.2.2 */
	bool transform_skip_rotation_enabled_flag;
	bool transform_skip_context_enabled_flag;
	bool implicit_rdpcm_enabled_flag, explicit_rdpcm_enabled_flag;
	bool extended_precision_processing_flag;
	bool intra_smoothing_disabled_flag;
	bool high_precision_offsets_enabled_flag;
	bool persistent_rice_adaptation_enabled_flag;
	bool cabac_bypass_alignment_enabled_flag;
	/* sps_scc_extension(), 7.3.2.2.3 */
	bool scc_extension_flag;
	bool curr_pic_ref_enabled_flag;
	bool palette_mode_enabled_flag;
	uint8_t palette_max_size, delta_palette_max_predictor_size;
	struct hevc_palette palette;
	uint8_t motion_vector_resolution_control_idc;
	bool intra_boundary_filtering_disabled_flag;
};

struct hevc_pps {
	bool valid;
	uint8_t pic_parameter_set_id;
	uint8_t seq_parameter_set_id;
	bool dependent_slice_segments_enabled_flag;
	bool output_flag_present_flag;
	uint8_t num_extra_slice_header_bits;
	bool sign_data_hiding_enabled_flag;
	bool cabac_init_present_flag;
	uint8_t num_ref_idx_default_active_minus1[2];
	int8_t init_qp_minus26;
	bool constrained_intra_pred_flag;
	bool transform_skip_enabled_flag;
	bool cu_qp_delta_enabled_flag;
	uint8_t diff_cu_qp_delta_depth;
	int8_t cb_qp_offset, cr_qp_offset;
	bool slice_chroma_qp_offsets_present_flag;
	bool weighted_pred_flag, weighted_bipred_flag;
	bool transquant_bypass_enabled_flag;
	bool tiles_enabled_flag;
	bool entropy_coding_sync_enabled_flag;
	uint8_t num_tile_columns_minus1, num_tile_rows_minus1;
	bool uniform_spacing_flag;
	uint16_t column_width_minus1[HEVC_MAX_TILE_COLS]; /* as coded: all but the last one */
	uint16_t row_height_minus1[HEVC_MAX_TILE_ROWS];
	bool loop_filter_across_tiles_enabled_flag;
	bool loop_filter_across_slices_enabled_flag;
	bool deblocking_filter_override_enabled_flag;
	bool deblocking_filter_disabled_flag;
	int8_t beta_offset_div2, tc_offset_div2;
	bool scaling_list_data_present_flag;
	struct hevc_scaling scaling;
	bool lists_modification_present_flag;
	uint8_t log2_parallel_merge_level_minus2;
	bool slice_segment_header_extension_present_flag;
	/* pps_range_extension(), 7.3.2.3.2 */
	uint8_t log2_max_transform_skip_block_size_minus2;
	bool cross_component_prediction_enabled_flag;
	bool chroma_qp_offset_list_enabled_flag;
	uint8_t diff_cu_chroma_qp_offset_depth;
	uint8_t chroma_qp_offset_list_len_minus1;
	int8_t cb_qp_offset_list[HEVC_MAX_QP_OFFSETS], cr_qp_offset_list[HEVC_MAX_QP_OFFSETS];
	uint8_t log2_sao_offset_scale_luma, log2_sao_offset_scale_chroma;
	/* pps_scc_extension(), 7.3.2.3.3 */
	bool curr_pic_ref_enabled_flag;
	bool residual_adaptive_colour_transform_enabled_flag;
	bool slice_act_qp_offsets_present_flag;
	int8_t act_y_qp_offset_plus5, act_cb_qp_offset_plus5, act_cr_qp_offset_plus3;
	bool palette_predictor_initializers_present_flag;
	struct hevc_palette palette;
};

/* A long-term picture of a slice header, 7.3.6.1. */
struct hevc_long_term {
	uint16_t poc_lsb_lt;
	bool used_by_curr_pic_lt;
	bool delta_poc_msb_present_flag;
	uint32_t delta_poc_msb_cycle; /* DeltaPocMsbCycleLt, (7-52) */
};

/* pred_weight_table(), 7.3.6.3; weights as differences from 1, offsets as of (7-56). */
struct hevc_weights {
	uint8_t luma_log2_weight_denom;
	int8_t delta_chroma_log2_weight_denom;
	int8_t delta_luma_weight[2][HEVC_MAX_LIST];
	int16_t luma_offset[2][HEVC_MAX_LIST];
	int8_t delta_chroma_weight[2][HEVC_MAX_LIST][2];
	int16_t chroma_offset[2][HEVC_MAX_LIST][2];
};

/* slice_segment_header(), 7.3.6.1. A dependent segment has the rest of the one before it. */
struct hevc_slice {
	struct hevc_nal nal;
	bool first_slice_segment_in_pic_flag;
	bool no_output_of_prior_pics_flag;
	uint8_t pic_parameter_set_id;
	bool dependent_slice_segment_flag;
	uint32_t slice_segment_address;
	uint8_t slice_type; /* enum hevc_slice_type */
	bool pic_output_flag;
	uint8_t colour_plane_id;
	uint16_t pic_order_cnt_lsb;
	bool short_term_ref_pic_set_sps_flag;
	struct hevc_rps rps; /* the one that holds */
	uint32_t
		st_rps_bits; /* its size in the header, without emulation prevention; 0 of the SPS */
	uint8_t n_long_term;
	struct hevc_long_term long_term[HEVC_MAX_REFS];
	bool slice_temporal_mvp_enabled_flag;
	bool slice_sao_luma_flag, slice_sao_chroma_flag;
	bool refers_to_itself;         /* the current picture is a reference, too (SCC) */
	uint8_t num_pic_total_curr;    /* NumPicTotalCurr, (7-55) */
	uint8_t num_ref_idx_active[2]; /* 0 for a list that is not used */
	bool ref_pic_list_modification_flag[2];
	uint8_t list_entry[2][HEVC_MAX_LIST];
	bool mvd_l1_zero_flag;
	bool cabac_init_flag;
	bool collocated_from_l0_flag;
	uint8_t collocated_ref_idx;
	bool explicit_weights;
	struct hevc_weights weights;
	uint8_t five_minus_max_num_merge_cand;
	bool use_integer_mv_flag;
	int8_t slice_qp_delta;
	int8_t slice_cb_qp_offset, slice_cr_qp_offset;
	int8_t slice_act_y_qp_offset, slice_act_cb_qp_offset, slice_act_cr_qp_offset;
	bool cu_chroma_qp_offset_enabled_flag;
	bool slice_deblocking_filter_disabled_flag;
	int8_t slice_beta_offset_div2, slice_tc_offset_div2;
	bool slice_loop_filter_across_slices_enabled_flag;
	uint16_t num_entry_point_offsets;
	uint32_t
		header_bytes; /* up to slice_segment_data(), emulation prevention bytes not counted */
	uint16_t emulation_bytes; /* these */
};

/* The parameter sets received so far. */
struct hevc_sets {
	struct hevc_vps vps[HEVC_MAX_VPS];
	struct hevc_sps sps[HEVC_MAX_SPS];
	struct hevc_sps active;
	struct hevc_pps pps[HEVC_MAX_PPS];
};

/* SEI messages of an access unit; a bit of has for each that came. */
enum hevc_sei_kind {
	HEVC_SEI_RECOVERY = 1 << 0,
	HEVC_SEI_PIC_TIMING = 1 << 1,
	HEVC_SEI_MASTERING = 1 << 2,
	HEVC_SEI_LIGHT = 1 << 3,
	HEVC_SEI_HASH = 1 << 4,
};

struct hevc_sei {
	uint32_t has;
	int32_t recovery_poc_cnt; /* D.3.8 */
	bool broken_link_flag;
	uint8_t pic_struct, source_scan_type; /* D.3.3; only where frame_field_info_present_flag */
	/* D.3.28, as coded: green, blue, red */
	uint16_t display_primaries[3][2], white_point[2];
	uint32_t max_display_mastering_luminance, min_display_mastering_luminance;
	uint16_t max_content_light_level, max_pic_average_light_level; /* D.3.35 */
	uint8_t hash_type;   /* D.3.19: 0 MD5, 1 CRC, 2 checksum */
	uint8_t hash[3][16]; /* big-endian, of 16, 2 or 4 bytes */
};

static inline bool hevc_is_irap(unsigned int type)
{
	return type >= HEVC_NAL_BLA_W_LP && type <= HEVC_NAL_LAST_IRAP;
}

static inline bool hevc_is_idr(unsigned int type)
{
	return type == HEVC_NAL_IDR_W_RADL || type == HEVC_NAL_IDR_N_LP;
}

static inline bool hevc_is_bla(unsigned int type)
{
	return type >= HEVC_NAL_BLA_W_LP && type <= HEVC_NAL_BLA_N_LP;
}

static inline bool hevc_is_rasl(unsigned int type)
{
	return type == HEVC_NAL_RASL_N || type == HEVC_NAL_RASL_R;
}

static inline bool hevc_is_leading(unsigned int type)
{
	return type >= HEVC_NAL_RADL_N && type <= HEVC_NAL_RASL_R;
}

/* Slice segments, those of types that are reserved left out (7.4.2.2: they are ignored). */
static inline bool hevc_is_slice(unsigned int type)
{
	return type <= HEVC_NAL_RASL_R || (type >= HEVC_NAL_BLA_W_LP && type <= HEVC_NAL_CRA);
}

/* ChromaArrayType, 7.4.3.2.1. */
static inline unsigned int hevc_get_chroma_array_type(const struct hevc_sps *sps)
{
	return sps->separate_colour_plane_flag ? 0 : sps->chroma_format_idc;
}

/* The profiles that know no extension of a PPS: Main, Main 10, Main Still Picture. */
static inline bool hevc_is_version_1(const struct hevc_sps *sps)
{
	return sps->profile.general_profile_idc >= 1 && sps->profile.general_profile_idc <= 3;
}

/* Whether the picture refers to itself; nothing of a PPS's extension counts where its SPS has none. */
static inline bool hevc_has_curr_pic_ref(const struct hevc_sps *sps, const struct hevc_pps *pps)
{
	return sps->curr_pic_ref_enabled_flag && pps->curr_pic_ref_enabled_flag;
}

static inline unsigned int hevc_get_width_ctbs(const struct hevc_sps *sps)
{
	return (sps->pic_width_in_luma_samples + (1U << sps->ctb_log2_size) - 1) >>
	       sps->ctb_log2_size;
}

static inline unsigned int hevc_get_height_ctbs(const struct hevc_sps *sps)
{
	return (sps->pic_height_in_luma_samples + (1U << sps->ctb_log2_size) - 1) >>
	       sps->ctb_log2_size;
}

/*
 * Each parses a whole NAL unit of the base layer. Parameter sets and SEI are filled on success only; a
 * slice header that failed holds what was read before. Errors: -EBADMSG; -ENOENT for a slice without its
 * parameter sets.
 */
/* The header; it need not be of the base layer. */
int hevc_parse_nal(const uint8_t *data, size_t size_bytes, struct hevc_nal *nal);
int hevc_parse_vps(const uint8_t *data, size_t size_bytes, struct hevc_vps *vps);
int hevc_parse_sps(const uint8_t *data, size_t size_bytes, struct hevc_sps *sps);
int hevc_parse_pps(const uint8_t *data, size_t size_bytes, struct hevc_pps *pps);
/* previous: the last slice segment of the picture that is not dependent, NULL without one. */
int hevc_parse_slice(const uint8_t *data, size_t size_bytes, const struct hevc_sets *sets,
		     const struct hevc_slice *previous, struct hevc_slice *slice);
/* Adds the messages of a unit to those of the access unit. */
int hevc_parse_sei(const uint8_t *data, size_t size_bytes, struct hevc_sei *sei);

/*
 * The SPS that a picture uses: one that was sent again in another form counts from the next IRAP
 * picture on (7.4.2.4.2), so that damage to it costs nothing before.
 */
const struct hevc_sps *hevc_select_sps(const struct hevc_sets *sets, const struct hevc_pps *pps,
				       unsigned int nal_unit_type);
/* Whether b begins another picture than that which began with a, though its first segment was lost. */
bool hevc_begins_picture(const struct hevc_slice *a, const struct hevc_slice *b);
/*
 * Which of the NumPicTotalCurr candidates, in the order of 8.3.4, is entry i of a list; the current
 * picture itself, where the slice may refer to it (SCC), is the last one of them.
 */
unsigned int hevc_slice_get_candidate(const struct hevc_slice *slice, unsigned int list,
				      unsigned int i);
/* Widths and heights of the tile columns and rows in CTBs, (6-3) and (6-4). */
void hevc_get_tiles(const struct hevc_sps *sps, const struct hevc_pps *pps,
		    uint16_t columns[HEVC_MAX_TILE_COLS], uint16_t rows[HEVC_MAX_TILE_ROWS]);
/* CtbAddrRsToTs, (6-9): where the CTB of a raster address comes in decoding order. */
uint32_t hevc_get_tile_scan(const struct hevc_sps *sps, const struct hevc_pps *pps,
			    uint32_t address);

/* ---- Parts, shared by the parser's files ---- */

/* st_ref_pic_set(index); sets holds those before it, and index n is that of a slice header. */
void hevc_rps_parse(struct bits *b, const struct hevc_rps *sets, unsigned int index, unsigned int n,
		    struct hevc_rps *rps);
void hevc_scaling_set_default(struct hevc_scaling *scaling);
void hevc_scaling_parse(struct bits *b, struct hevc_scaling *scaling,
			unsigned int chroma_format_idc);
/* vui_parameters(), E.2.1; the SPS before it is there. */
void hevc_vui_parse(struct bits *b, struct hevc_sps *sps);
void hevc_hrd_skip(struct bits *b, bool common, unsigned int max_sub_layers_minus1);

#endif
