/* SPDX-License-Identifier: MIT */
/*
 * av1-sequence.h - AV1's sequence header
 *
 * Names are the specification's. Source: 5.5 (syntax), 6.4 (semantics).
 */
#ifndef LIBVACODEC_AV1_SEQUENCE_H
#define LIBVACODEC_AV1_SEQUENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AV1_MAX_OPERATING_POINTS 32
#define AV1_SELECT               2 /* seq_force_*: each frame says */

struct av1_operating_point {
	uint16_t idc; /* layers: 8 bits of temporal ones, above them 4 of spatial ones */
	uint8_t seq_level_idx;
	uint8_t seq_tier;
	bool decoder_model_present;
};

struct av1_color {
	uint8_t bit_depth;
	bool mono_chrome;
	uint8_t color_primaries, transfer_characteristics, matrix_coefficients;
	bool color_range;
	bool subsampling_x, subsampling_y;
	bool separate_uv_delta_q;
};

/* Filled by memset and fields, so that two of them can be compared whole. */
struct av1_sequence {
	bool valid;
	uint8_t seq_profile;
	bool still_picture;
	bool reduced_still_picture_header;
	bool timing_info_present_flag;
	uint32_t num_units_in_display_tick, time_scale;
	bool equal_picture_interval;
	uint32_t num_ticks_per_picture;
	bool decoder_model_info_present_flag;
	uint8_t buffer_delay_length;
	uint8_t buffer_removal_time_length;
	uint8_t frame_presentation_time_length;
	uint8_t n_operating_points;
	struct av1_operating_point operating_points[AV1_MAX_OPERATING_POINTS];
	uint8_t frame_width_bits, frame_height_bits;
	uint32_t max_frame_width, max_frame_height; /* 1 to 65536 */
	bool frame_id_numbers_present_flag;
	uint8_t delta_frame_id_length;
	uint8_t frame_id_length;
	bool use_128x128_superblock;
	bool enable_filter_intra;
	bool enable_intra_edge_filter;
	bool enable_interintra_compound;
	bool enable_masked_compound;
	bool enable_warped_motion;
	bool enable_dual_filter;
	bool enable_order_hint;
	bool enable_jnt_comp;
	bool enable_ref_frame_mvs;
	uint8_t seq_force_screen_content_tools;
	uint8_t seq_force_integer_mv;
	uint8_t order_hint_bits; /* OrderHintBits */
	bool enable_superres;
	bool enable_cdef;
	bool enable_restoration;
	bool film_grain_params_present;
	struct av1_color color;
};

/* The payload of a sequence header OBU. -EBADMSG. */
int av1_sequence_parse(const uint8_t *data, size_t size_bytes, struct av1_sequence *sequence);

#endif
