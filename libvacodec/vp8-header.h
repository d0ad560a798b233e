/* SPDX-License-Identifier: MIT */
/*
 * vp8-header.h - VP8's frame headers, and what one frame leaves to the next
 *
 * Source: RFC 6386, 9 and 19.2, where each field's name is from. Counts and sizes are those of the
 * syntax; what a field is held to beyond that stands beside it.
 */
#ifndef LIBVACODEC_VP8_HEADER_H
#define LIBVACODEC_VP8_HEADER_H

#include "vp8-bool.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VP8_MAX_VERSION    3 /* 9.1; the others are reserved */
#define VP8_MAX_PARTITIONS 8
#define VP8_N_SEGMENTS     4

/* Probabilities that refresh_entropy_probs (9.11) keeps or takes back. */
struct vp8_probs {
	uint8_t coeff[4][8][3][11]; /* 9.9 */
	uint8_t mv[2][19];          /* 17.2 */
	uint8_t y_mode[4];          /* 16.2 */
	uint8_t uv_mode[3];
};

/* Segment based adjustments, 9.3. */
struct vp8_segmentation {
	bool segment_feature_mode; /* values replace those of the frame, or add to them */
	int8_t quantizer_update[VP8_N_SEGMENTS];
	int8_t lf_update[VP8_N_SEGMENTS];
	uint8_t tree_probs[3];
};

/* 9.6 */
struct vp8_lf_deltas {
	int8_t ref_frame[4];
	int8_t mode[4];
};

/* What stays from frame to frame. A key frame begins anew. */
struct vp8_state {
	struct vp8_probs probs;
	struct vp8_segmentation segmentation;
	struct vp8_lf_deltas lf_deltas;
};

/* The frame tag and the key frame's start, 9.1. */
struct vp8_tag {
	bool key_frame;
	uint8_t version;
	bool show_frame;
	uint32_t first_part_size;
	uint16_t width, height; /* of key frames; at least 1 */
	uint8_t horizontal_scale, vertical_scale;
	unsigned int size_bytes; /* of all this: 3 or 10 */
};

/* 9.6, Quantization Indices */
struct vp8_quant {
	uint8_t y_ac_qi;
	int8_t y_dc_delta, y2_dc_delta, y2_ac_delta, uv_dc_delta, uv_ac_delta;
};

enum vp8_copy {
	VP8_COPY_NONE,
	VP8_COPY_LAST,
	VP8_COPY_OTHER, /* the alternate frame to golden, golden to the alternate frame */
};

struct vp8_frame {
	struct vp8_tag tag;
	bool color_space, clamping_type; /* of key frames, 9.2 */
	bool segmentation_enabled;
	bool update_mb_segmentation_map;
	bool update_segment_feature_data;
	bool filter_type; /* simple */
	uint8_t loop_filter_level, sharpness_level;
	bool loop_filter_adj_enable, mode_ref_lf_delta_update;
	struct vp8_quant quant;
	bool refresh_golden_frame, refresh_alternate_frame, refresh_last; /* 9.7 */
	uint8_t copy_buffer_to_golden,
		copy_buffer_to_alternate; /* enum vp8_copy; 3 copies nothing */
	bool sign_bias_golden, sign_bias_alternate;
	bool refresh_entropy_probs;
	bool mb_no_coeff_skip; /* 9.10 */
	uint8_t prob_skip_false, prob_intra, prob_last, prob_gf;
	struct vp8_probs probs; /* of this frame */
	/* As they are for this frame, after it and up to the next key frame. */
	struct vp8_segmentation segmentation;
	struct vp8_lf_deltas lf_deltas;
	/* Where the macroblocks begin in the first partition: the arithmetic decoder's state. */
	uint32_t header_bits;
	uint8_t range, value;
	/* 9.5: where they begin in the frame, and their sizes. */
	unsigned int n_partitions;
	uint32_t partition_bytes[VP8_MAX_PARTITIONS];
};

/* 13.4, 13.5, 16.2 and 17.2 */
extern const uint8_t vp8_default_coeff_probs[4][8][3][11];
extern const uint8_t vp8_coeff_update_probs[4][8][3][11];
extern const struct vp8_run vp8_coeff_runs[32]; /* of 33 update flags each */
extern const uint8_t vp8_default_mv_probs[2][19];
extern const uint8_t vp8_mv_update_probs[2][19];
extern const uint8_t vp8_default_y_mode_probs[4];
extern const uint8_t vp8_default_uv_mode_probs[3];
extern const uint8_t vp8_key_y_mode_probs[4];
extern const uint8_t vp8_key_uv_mode_probs[3];

/* The tag alone; -EBADMSG fills nothing. */
int vp8_parse_tag(const uint8_t *data, size_t size_bytes, struct vp8_tag *tag);
/*
 * A whole frame: its header, and that its partitions are there. state is what the frame before
 * left. After -EBADMSG nothing is known of the frame.
 */
int vp8_parse_frame(const uint8_t *data, size_t size_bytes, const struct vp8_state *state,
		    struct vp8_frame *frame);
/* What a frame leaves to those after it. */
void vp8_leave_state(const struct vp8_frame *frame, struct vp8_state *state);

#endif
