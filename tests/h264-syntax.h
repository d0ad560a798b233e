/* SPDX-License-Identifier: MIT */
/*
 * h264-syntax.h - H.264 headers read into structures and written back, field by field
 *
 * Each syntax structure is one function that goes both ways: reading fills the structure, writing
 * codes it and shows each field first, so that it can be changed. What follows in the syntax then
 * follows the changed value. Values that the structure never had are those of h264s_*_init().
 * Source: Rec. ITU-T H.264, 7.3.2.1, 7.3.2.2, 7.3.3, E.1; names are the standard's, shortened.
 */
#ifndef TESTS_H264_SYNTAX_H
#define TESTS_H264_SYNTAX_H

#include "nal.h"
#include <stdbool.h>

#define H264S_MAX_LIST  32
#define H264S_MAX_STEPS 40 /* of list modification, of memory management */
#define H264S_N_SPS     32
#define H264S_N_PPS     256

enum h264s_kind { H264S_U, H264S_UE, H264S_SE };

struct h264s_field {
	const char *name;
	enum h264s_kind kind;
	unsigned int n_bits; /* of u(n) */
	int64_t value;
};

struct h264s_coder {
	struct nal *nal;
	size_t at; /* the bit that is next */
	bool writing;
	void (*on_field)(void *cookie, struct h264s_field *field); /* while writing; may be NULL */
	void *cookie;
};

struct h264s_header {
	int64_t forbidden, ref_idc, type;
};

struct h264s_scaling {
	int64_t present;
	int64_t list_present[12];
	int64_t delta[12][64];
};

struct h264s_hrd {
	int64_t cpb_cnt_minus1, bit_rate_scale, cpb_size_scale;
	int64_t bit_rate[32], cpb_size[32], cbr[32];
	int64_t delay_lengths;
};

struct h264s_vui {
	int64_t aspect_present, aspect_idc, sar;
	int64_t overscan_present, overscan;
	int64_t signal_present, signal, colour_present, colour;
	int64_t chroma_loc_present, chroma_loc[2];
	int64_t timing_present, num_units, time_scale, fixed_rate;
	int64_t nal_hrd_present, vcl_hrd_present, low_delay;
	struct h264s_hrd hrd[2];
	int64_t pic_struct_present, restriction_present;
	int64_t restriction[7];
};

struct h264s_sps {
	bool valid;
	struct h264s_header header;
	int64_t profile_idc, constraints, level_idc, id;
	int64_t chroma_format_idc, separate_planes, bit_depth_luma, bit_depth_chroma, bypass;
	struct h264s_scaling scaling;
	int64_t log2_max_frame_num_minus4, poc_type, log2_max_poc_lsb_minus4;
	int64_t delta_always_zero, offset_non_ref, offset_top_to_bottom, n_cycle;
	int64_t offset_ref[256];
	int64_t num_ref_frames, gaps_allowed, width_minus1, height_minus1;
	int64_t frame_mbs_only, mbaff, direct_8x8;
	int64_t crop_present, crop[4];
	int64_t vui_present;
	struct h264s_vui vui;
};

struct h264s_pps {
	bool valid;
	struct h264s_header header;
	int64_t id, sps_id, cabac, pic_order_present, slice_groups_minus1, slice_group_type;
	int64_t num_ref_idx_minus1[2], weighted_pred, weighted_bipred;
	int64_t init_qp, init_qs, chroma_offset, deblocking_control, constrained_intra;
	int64_t redundant_present;
	bool extended; /* what follows is there */
	int64_t transform_8x8, second_chroma_offset;
	struct h264s_scaling scaling;
};

struct h264s_step {
	int64_t op, value, value2;
};

struct h264s_weights {
	int64_t denom[2];
	int64_t flag[2][H264S_MAX_LIST][2];      /* luma, chroma */
	int64_t weight[2][H264S_MAX_LIST][3][2]; /* Y, Cb, Cr: weight and offset */
};

struct h264s_slice {
	struct h264s_header header;
	int64_t first_mb, type, pps_id, colour_plane, frame_num, field_pic, bottom_field;
	int64_t idr_pic_id, poc_lsb, delta_poc_bottom, delta_poc[2], redundant_pic_cnt;
	int64_t direct_spatial, override, num_ref_idx_minus1[2];
	int64_t modified[2];
	struct h264s_step modification[2][H264S_MAX_STEPS];
	struct h264s_weights weights;
	int64_t no_output, long_term_reference, adaptive;
	struct h264s_step mmco[H264S_MAX_STEPS];
	int64_t cabac_init_idc, qp_delta, sp_switch, qs_delta;
	int64_t deblocking_idc, alpha, beta;
};

/* The parameter sets in force, by their ids. */
struct h264s_sets {
	struct h264s_sps sps[H264S_N_SPS];
	struct h264s_pps pps[H264S_N_PPS];
};

/* What the syntax says that follows when it was never coded: lists end, lengths are small. */
void h264s_slice_init(struct h264s_slice *slice);

/* The primitives; reading sets the value. */
void h264s_u(struct h264s_coder *c, const char *name, unsigned int n_bits, int64_t *value);
void h264s_ue(struct h264s_coder *c, const char *name, int64_t *value);
void h264s_se(struct h264s_coder *c, const char *name, int64_t *value);
void h264s_header(struct h264s_coder *c, struct h264s_header *header);
void h264s_scaling(struct h264s_coder *c, struct h264s_scaling *scaling, unsigned int n);

/*
 * Whole units. Writing begins an empty unit and ends it with its trailing bits. The PPS and the slice
 * header need what they refer to: false where that is missing, and nothing more is coded.
 */
void h264s_sps(struct h264s_coder *c, struct h264s_sps *sps);
bool h264s_pps(struct h264s_coder *c, const struct h264s_sets *sets, struct h264s_pps *pps);
/* Up to the slice data; does not end the unit. */
bool h264s_slice(struct h264s_coder *c, const struct h264s_sets *sets, struct h264s_slice *slice);

void h264s_begin_reading(struct h264s_coder *c, struct nal *nal);
void h264s_begin_writing(struct h264s_coder *c, struct nal *nal);
/* rbsp_trailing_bits() */
void h264s_end_writing(struct h264s_coder *c);
/* Puts the slice data of a unit, read up to from, behind the header that was written. */
void h264s_copy_data(struct h264s_coder *c, const struct h264s_coder *from, bool cabac);

/* Remembers a parameter set that a unit has; other units change nothing. */
void h264s_sets_note(struct h264s_sets *sets, struct nal *nal);
/* True for the types 1 and 5. */
bool h264s_is_slice(unsigned int type);

#endif
