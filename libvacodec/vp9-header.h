/* SPDX-License-Identifier: MIT */
/*
 * vp9-header.h - a VP9 frame's uncompressed header, and what one frame leaves to the next
 *
 * A header is read against the state, which only vp9_state_update() changes: a frame that is not
 * decoded leaves nothing. Fields have the names of the specification.
 * Source: VP9 bitstream specification, 6.2 and 7.2.
 */
#ifndef LIBVACODEC_VP9_HEADER_H
#define LIBVACODEC_VP9_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VP9_NUM_REF_FRAMES 8
#define VP9_REFS_PER_FRAME 3
#define VP9_MAX_SEGMENTS   8
#define VP9_COLOR_RGB      7 /* color_space, 7.2.2 */

enum vp9_seg_feature {
	VP9_SEG_ALT_Q,
	VP9_SEG_ALT_L,
	VP9_SEG_REF_FRAME,
	VP9_SEG_SKIP,
	VP9_SEG_FEATURES,
};

/* interp_filter, 7.2.7 */
enum vp9_filter {
	VP9_FILTER_SMOOTH,
	VP9_FILTER_REGULAR,
	VP9_FILTER_SHARP,
	VP9_FILTER_BILINEAR,
	VP9_FILTER_SWITCHABLE,
};

/* The samples of a frame: what references must share with it (7.2.5). */
struct vp9_samples {
	uint8_t profile; /* 0 to 3 */
	uint8_t bit_depth;
	uint8_t color_space;
	uint8_t subsampling_x, subsampling_y;
};

struct vp9_size {
	uint32_t width, height; /* 1 to 65536 */
};

struct vp9_loop_filter {
	bool delta_enabled;
	int8_t ref_deltas[4]; /* -63 to 63 */
	int8_t mode_deltas[2];
};

struct vp9_segmentation {
	bool abs_delta_update;
	uint8_t enabled[VP9_MAX_SEGMENTS]; /* bits of enum vp9_seg_feature */
	int16_t data[VP9_MAX_SEGMENTS][VP9_SEG_FEATURES];
};

struct vp9_header {
	bool show_existing_frame;
	uint8_t frame_to_show_map_idx;
	uint8_t profile;
	bool key_frame, show_frame, error_resilient_mode, intra_only;
	uint8_t reset_frame_context;
	struct vp9_samples samples;
	uint8_t refresh_frame_flags;
	uint8_t ref_frame_idx[VP9_REFS_PER_FRAME];
	bool ref_frame_sign_bias[VP9_REFS_PER_FRAME];
	struct vp9_size size;
	bool allow_high_precision_mv;
	enum vp9_filter interp_filter;
	bool refresh_frame_context, frame_parallel_decoding_mode;
	uint8_t frame_context_idx;
	uint8_t loop_filter_level, loop_filter_sharpness;
	struct vp9_loop_filter loop_filter;
	uint8_t base_q_idx;
	int8_t delta_q_y_dc, delta_q_uv_dc, delta_q_uv_ac; /* -15 to 15 */
	bool lossless;
	bool segmentation_enabled, segmentation_update_map, segmentation_temporal_update;
	bool segmentation_update_data;
	uint8_t tree_probs[VP9_MAX_SEGMENTS - 1], pred_probs[3]; /* 255 where none are sent */
	struct vp9_segmentation segmentation;
	uint8_t tile_cols_log2, tile_rows_log2;
	uint16_t header_size_in_bytes; /* of the compressed header, which follows; never 0 */
	uint16_t uncompressed_bytes;
};

/* What is known of a reference slot. */
struct vp9_slot_info {
	bool valid;
	struct vp9_size size;
	struct vp9_samples samples;
};

struct vp9_state {
	struct vp9_samples samples; /* of the newest intra frame; a depth of 0 before one */
	struct vp9_loop_filter loop_filter;
	struct vp9_segmentation segmentation;
	struct vp9_slot_info slots[VP9_NUM_REF_FRAMES];
};

/*
 * Reads a frame's header. header is filled on success only. Errors: -EBADMSG; -ENOENT no intra frame
 * came before, or the size is that of a reference which is not there.
 */
int vp9_header_parse(const uint8_t *data, size_t size_bytes, const struct vp9_state *state,
		     struct vp9_header *header);
/* The frame is decoded: what it leaves. */
void vp9_state_update(struct vp9_state *state, const struct vp9_header *header);
static inline bool vp9_header_is_intra(const struct vp9_header *header)
{
	return header->key_frame || header->intra_only;
}

/* Whether a slot can be referred to: 7.2.5 asks for the same samples... */
bool vp9_slot_is_alike(const struct vp9_slot_info *slot, const struct vp9_header *header);
/* ... and 8.5.2.3 for no less than half the size and no more than 16 times. */
bool vp9_slot_scales(const struct vp9_slot_info *slot, const struct vp9_header *header);

#endif
