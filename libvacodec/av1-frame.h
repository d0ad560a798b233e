/* SPDX-License-Identifier: MIT */
/*
 * av1-frame.h - AV1's frame header, and what it takes over from reference frames
 *
 * Names are the specification's. Source: 5.9 (syntax), 6.8 (semantics), 7.8 (frame references by short
 * signaling), 7.20 and 7.21 (what reference frames keep). The limits are those of 6.8 and Annex A.
 */
#ifndef LIBVACODEC_AV1_FRAME_H
#define LIBVACODEC_AV1_FRAME_H

#include "av1-obu.h"
#include "av1-sequence.h"

#define AV1_NUM_REF_FRAMES     8
#define AV1_REFS_PER_FRAME     7
#define AV1_PRIMARY_REF_NONE   7
#define AV1_MAX_SEGMENTS       8
#define AV1_SEG_LVL_MAX        8
#define AV1_MAX_TILE_COLS      64
#define AV1_MAX_TILE_ROWS      64
#define AV1_TOTAL_REFS         8 /* intra, last, last2, last3, golden, bwdref, altref2, altref */
#define AV1_SUPERRES_NUM       8
#define AV1_WARPEDMODEL_PREC   16
#define AV1_RESTORE_NONE       0
#define AV1_RESTORE_WIENER     1
#define AV1_RESTORE_SGRPROJ    2
#define AV1_RESTORE_SWITCHABLE 3

enum av1_frame_type {
	AV1_KEY_FRAME,
	AV1_INTER_FRAME,
	AV1_INTRA_ONLY_FRAME,
	AV1_SWITCH_FRAME,
};

enum av1_warp {
	AV1_WARP_IDENTITY,
	AV1_WARP_TRANSLATION,
	AV1_WARP_ROTZOOM,
	AV1_WARP_AFFINE,
};

struct av1_size {
	uint32_t frame_width, frame_height;
	uint32_t upscaled_width;
	uint32_t render_width, render_height;
	bool use_superres;
	uint8_t superres_denom; /* 8 to 16 */
};

/* 5.9.15; widths and heights in superblocks. */
struct av1_tiles {
	bool uniform_tile_spacing_flag;
	uint8_t cols, rows; /* 1 to 64 */
	uint8_t cols_log2, rows_log2;
	uint16_t width_in_sbs[AV1_MAX_TILE_COLS];
	uint16_t height_in_sbs[AV1_MAX_TILE_ROWS];
	uint16_t context_update_tile_id;
	uint8_t size_bytes; /* TileSizeBytes, 1 to 4 */
};

/* 5.9.12 */
struct av1_quant {
	uint8_t base_q_idx;
	int8_t delta_y_dc, delta_u_dc, delta_u_ac, delta_v_dc, delta_v_ac;
	bool using_qmatrix;
	uint8_t qm_y, qm_u, qm_v;
};

/* 5.9.14 */
struct av1_segmentation {
	bool enabled, update_map, temporal_update, update_data;
	uint8_t feature_mask[AV1_MAX_SEGMENTS];
	int16_t feature_data[AV1_MAX_SEGMENTS][AV1_SEG_LVL_MAX];
};

/* 5.9.11 */
struct av1_loop_filter {
	uint8_t level[4]; /* Y vertical, Y horizontal, U, V */
	uint8_t sharpness;
	bool delta_enabled, delta_update;
	int8_t ref_deltas[AV1_TOTAL_REFS];
	int8_t mode_deltas[2];
};

/* 5.9.19; secondary strengths as coded. */
struct av1_cdef {
	uint8_t damping_minus_3, bits;
	uint8_t y_pri[8], y_sec[8], uv_pri[8], uv_sec[8];
};

/* 5.9.20 */
struct av1_restoration {
	uint8_t type[3]; /* AV1_RESTORE_* */
	uint8_t unit_shift;
	uint8_t uv_shift;
};

/* 5.9.24 */
struct av1_motion {
	uint8_t type; /* enum av1_warp */
	int32_t params[6];
};

/* 5.9.30 */
struct av1_film_grain {
	bool apply_grain;
	uint16_t grain_seed;
	bool update_grain;
	uint8_t num_y_points, point_y_value[14], point_y_scaling[14];
	bool chroma_scaling_from_luma;
	uint8_t num_cb_points, point_cb_value[10], point_cb_scaling[10];
	uint8_t num_cr_points, point_cr_value[10], point_cr_scaling[10];
	uint8_t grain_scaling_minus_8, ar_coeff_lag;
	int8_t ar_coeffs_y[24], ar_coeffs_cb[25], ar_coeffs_cr[25];
	uint8_t ar_coeff_shift_minus_6, grain_scale_shift;
	uint8_t cb_mult, cb_luma_mult;
	uint16_t cb_offset;
	uint8_t cr_mult, cr_luma_mult;
	uint16_t cr_offset;
	bool overlap_flag, clip_to_restricted_range;
};

/* What a slot keeps of the frame in it: 7.20. */
struct av1_ref {
	bool valid; /* there is one, of this sequence */
	uint8_t frame_type;
	bool showable_frame;
	uint32_t frame_id;
	uint8_t order_hint;
	uint8_t saved_order_hints[AV1_TOTAL_REFS];
	struct av1_size size;
	uint8_t bit_depth;
	bool subsampling_x, subsampling_y, mono_chrome;
	struct av1_motion motion[AV1_TOTAL_REFS];
	struct av1_loop_filter loop_filter; /* its deltas */
	struct av1_segmentation segmentation;
	struct av1_film_grain film_grain;
};

struct av1_refs {
	struct av1_ref slots[AV1_NUM_REF_FRAMES];
};

struct av1_frame {
	bool show_existing_frame;
	uint8_t frame_to_show_map_idx;
	uint8_t frame_type; /* enum av1_frame_type; of a frame that is shown again: that one's */
	bool show_frame, showable_frame;
	bool error_resilient_mode;
	bool disable_cdf_update;
	bool allow_screen_content_tools;
	bool force_integer_mv;
	uint32_t current_frame_id;
	bool frame_size_override_flag;
	uint8_t order_hint;
	uint8_t primary_ref_frame;
	uint8_t refresh_frame_flags;
	/*
	 * Slots of which the header says that another frame should be there; their order hints as it
	 * says, and of the others those of the slots.
	 */
	uint8_t lost_slots;
	uint8_t ref_order_hint[AV1_NUM_REF_FRAMES];
	struct av1_size size;
	bool allow_intrabc;
	bool frame_refs_short_signaling;
	uint8_t ref_frame_idx[AV1_REFS_PER_FRAME];
	/* References whose frame_id is not the one that the header expects: bits of slots. */
	uint8_t wrong_ids;
	bool allow_high_precision_mv;
	uint8_t interpolation_filter; /* 4: switchable */
	bool is_motion_mode_switchable;
	bool use_ref_frame_mvs;
	uint8_t order_hints[AV1_TOTAL_REFS];
	bool disable_frame_end_update_cdf;
	struct av1_tiles tiles;
	struct av1_quant quant;
	struct av1_segmentation segmentation;
	bool delta_q_present;
	uint8_t delta_q_res;
	bool delta_lf_present;
	uint8_t delta_lf_res;
	bool delta_lf_multi;
	bool coded_lossless, all_lossless;
	struct av1_loop_filter loop_filter;
	struct av1_cdef cdef;
	struct av1_restoration restoration;
	uint8_t tx_mode; /* 0 only 4x4, 1 largest, 2 select */
	bool reference_select;
	bool skip_mode_present;
	bool allow_warped_motion;
	bool reduced_tx_set;
	struct av1_motion motion[AV1_TOTAL_REFS];
	struct av1_film_grain film_grain;
};

static inline bool av1_frame_is_intra(const struct av1_frame *f)
{
	return f->frame_type == AV1_KEY_FRAME || f->frame_type == AV1_INTRA_ONLY_FRAME;
}

/* What uncompressed_header() is read with. */
struct av1_frame_parser {
	struct bits b;
	const struct av1_sequence *sequence;
	const struct av1_refs *refs;
	uint8_t temporal_id, spatial_id;
	struct av1_frame *f;
};

/*
 * uncompressed_header() of an OBU's payload; bits: its length. -EBADMSG damaged; -ENOENT what it
 * takes over is in a slot without a frame.
 */
int av1_frame_parse(const struct av1_obu *obu, const struct av1_sequence *sequence,
		    const struct av1_refs *refs, struct av1_frame *frame, size_t *bits);
/* A frame was decoded, or a key frame shown again: its slots take it over (7.20). */
void av1_refs_update(struct av1_refs *refs, const struct av1_sequence *sequence,
		     const struct av1_frame *frame);
/* Slots that the header says were lost: 6.8.2, ref_order_hint[i]. */
void av1_refs_lose(struct av1_refs *refs, const struct av1_frame *frame);
void av1_refs_clear(struct av1_refs *refs);
/* get_relative_dist(), 7.9.2 */
int av1_get_relative_dist(const struct av1_sequence *sequence, unsigned int a, unsigned int b);

/* ---- The header's parts: each in a file av1-frame-*.c ---- */

void av1_frame_parse_size(struct av1_frame_parser *p);
void av1_frame_parse_size_with_refs(struct av1_frame_parser *p);
void av1_frame_parse_references(struct av1_frame_parser *p);
void av1_frame_parse_tiles(struct av1_frame_parser *p);
void av1_frame_parse_quant(struct av1_frame_parser *p);
void av1_frame_parse_segmentation(struct av1_frame_parser *p);
void av1_frame_parse_deltas(struct av1_frame_parser *p);
/* Sets coded_lossless and all_lossless. */
void av1_frame_find_lossless(struct av1_frame_parser *p);
/* Of a frame without a primary reference frame, 7.20 (setup_past_independence). */
void av1_frame_default_loop_filter(struct av1_loop_filter *filter);
void av1_frame_parse_loop_filter(struct av1_frame_parser *p);
void av1_frame_parse_cdef(struct av1_frame_parser *p);
void av1_frame_parse_restoration(struct av1_frame_parser *p);
bool av1_frame_allows_skip_mode(const struct av1_frame_parser *p);
void av1_frame_default_motion(struct av1_motion *motion);
void av1_frame_parse_motion(struct av1_frame_parser *p);
/* Whether the warp has a valid shear: warpValid of 7.11.3.6. */
bool av1_motion_is_valid(const struct av1_motion *motion);
void av1_frame_parse_film_grain(struct av1_frame_parser *p);

#endif
