/* SPDX-License-Identifier: MIT */
/*
 * HEVC: from VA's parameters and the entropy-coded data to a packet whose headers say what the client
 * said, with the checks of what cannot show in the picture.
 *
 * Section numbers are those of ITU-T H.265.
 */
#ifndef SOFTVA_HEVC_H
#define SOFTVA_HEVC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <va/va.h>

#include "bitio.h"
#include "codec.h"
#include "softva.h"

#define HEVC_MAX_REFERENCES   15
#define HEVC_MAX_LIST         15
#define HEVC_NO_ENTRY         0xff
#define HEVC_MAX_TILE_COLUMNS 20
#define HEVC_MAX_TILE_ROWS    22
#define HEVC_MAX_SET          16

#define HEVC_NAL_TRAIL_R  1
#define HEVC_NAL_IDR      19
#define HEVC_NAL_IDR_LAST 20
#define HEVC_NAL_CRA      21

enum hevc_slice_type {
	HEVC_B = 0,
	HEVC_P = 1,
	HEVC_I = 2,
};

struct hevc_weights {
	uint32_t luma_denom;
	int32_t delta_chroma_denom;
	int32_t delta_luma_weight[2][HEVC_MAX_LIST];
	int32_t luma_offset[2][HEVC_MAX_LIST];
	int32_t delta_chroma_weight[2][HEVC_MAX_LIST][2];
	/* The variable ChromaOffset (7-56), not the syntax element. */
	int32_t chroma_offset[2][HEVC_MAX_LIST][2];
};

/* st_ref_pic_set() of a slice header, where it stands there and is not predicted. */
struct hevc_set {
	bool known;
	size_t count;
	int32_t delta_poc[2 * HEVC_MAX_SET];
	bool used[2 * HEVC_MAX_SET];
};

/* A slice segment header as it stands in the stream (7.3.6), read with VA's words on its syntax. */
struct hevc_slice_header {
	uint32_t nal_unit_type;
	bool first_slice_segment_in_pic_flag;
	bool dependent_slice_segment_flag;
	uint32_t slice_segment_address;
	/* All from here to num_entry_point_offsets: of the independent segment. */
	uint32_t slice_type;
	uint32_t slice_pic_order_cnt_lsb;
	struct hevc_set set;
	/* The bits of st_ref_pic_set(), or 0. */
	uint32_t set_bits;
	uint32_t num_long_term;
	bool slice_temporal_mvp_enabled_flag;
	bool slice_sao_luma_flag;
	bool slice_sao_chroma_flag;
	uint32_t num_ref_idx_active[2];
	bool mvd_l1_zero_flag;
	bool cabac_init_flag;
	bool collocated_from_l0_flag;
	uint32_t collocated_ref_idx;
	struct hevc_weights weights;
	uint32_t five_minus_max_num_merge_cand;
	int32_t slice_qp_delta;
	int32_t slice_cb_qp_offset;
	int32_t slice_cr_qp_offset;
	bool cu_chroma_qp_offset_enabled_flag;
	bool slice_deblocking_filter_disabled_flag;
	int32_t slice_beta_offset_div2;
	int32_t slice_tc_offset_div2;
	bool slice_loop_filter_across_slices_enabled_flag;
	uint32_t num_entry_point_offsets;
	/* Where slice_segment_data() begins, and what was taken out in front of it. */
	size_t size_bytes;
};

/* A picture that the stream's reference picture sets have kept. */
struct hevc_kept {
	VASurfaceID surface;
	int32_t poc;
};

struct hevc_state {
	/* What the decoder has been given. */
	struct bytes sps;
	struct bytes pps;
	/* The sequence did not begin with an IDR picture: references may never have been decoded. */
	bool random_start;
	size_t num_kept;
	struct hevc_kept kept[HEVC_MAX_REFERENCES + 1];
};

/* One picture while it is being put together. */
struct hevc_picture {
	struct picture base;
	struct hevc_state *state;
	const VAPictureParameterBufferHEVC *pic;
	/* NULL for the profiles of version 1. */
	const VAPictureParameterBufferHEVCRext *rext;
	const VAIQMatrixBufferHEVC *iq;
	/* Nothing of it can be given to the decoder. */
	bool unusable;
	size_t num_slices;
	bool last_seen;
	/* The first segment's header, and that of the last independent one. */
	struct hevc_slice_header first;
	struct hevc_slice_header independent;
	VASliceParameterBufferHEVC independent_param;
	struct bytes slices;
};

/* One slice segment: VA's parameters, the unit without emulation prevention, its own header. */
struct hevc_slice {
	const VASliceParameterBufferHEVC *param;
	/* NULL for the profiles of version 1. */
	const VASliceParameterBufferHEVCRext *rext;
	struct bytes unit;
	struct hevc_slice_header header;
};

/* hevc-header.c: 0 or -errno. */
int hevc_header_parse(const struct hevc_picture *picture, const struct bytes *unit,
		      struct hevc_slice_header *header);

/* hevc-params.c */
void hevc_write_sets(struct bytes *out, const struct hevc_picture *picture);
void hevc_write_pps(struct bytes *out, const struct hevc_picture *picture);

/* hevc-writer.c */
void hevc_write_slice(struct hevc_picture *picture, const struct hevc_slice *slice);
void hevc_get_weights(const struct hevc_picture *picture, const struct hevc_slice *slice,
		      struct hevc_weights *weights);

/* hevc-check.c: whether the picture has a tool that libavcodec lacks. */
bool hevc_is_refused(const struct hevc_picture *picture);
void hevc_check_picture(struct hevc_picture *picture);
void hevc_check_slice(struct hevc_picture *picture, const struct hevc_slice *slice);

/* hevc-reference.c */
void hevc_check_references(struct hevc_picture *picture);
void hevc_check_lists(struct hevc_picture *picture, const struct hevc_slice *slice);
/* The pictures that are references after this one. */
void hevc_keep_references(struct hevc_picture *picture);

static inline bool hevc_check(struct hevc_picture *picture, enum check check, bool good)
{
	return picture_check(&picture->base, check, good);
}

static inline bool hevc_is_valid(const VAPictureHEVC *picture)
{
	return !(picture->flags & VA_PICTURE_HEVC_INVALID) &&
	       picture->picture_id != VA_INVALID_SURFACE;
}

#define HEVC_RPS_CURRENT                                                                           \
	(VA_PICTURE_HEVC_RPS_ST_CURR_BEFORE | VA_PICTURE_HEVC_RPS_ST_CURR_AFTER |                  \
	 VA_PICTURE_HEVC_RPS_LT_CURR)

/* Of those that the current picture may refer to: NumPicTotalCurr (7-55). */
static inline uint32_t hevc_count_current(const VAPictureParameterBufferHEVC *pic)
{
	uint32_t count = 0;

	for (int i = 0; i < HEVC_MAX_REFERENCES; i++)
		count += hevc_is_valid(&pic->ReferenceFrames[i]) &&
			 pic->ReferenceFrames[i].flags & HEVC_RPS_CURRENT;
	return count;
}

static inline uint32_t hevc_ceil_log2(uint32_t value)
{
	uint32_t bits = 0;

	while (bits < 31 && 1u << bits < value)
		bits++;
	return bits;
}

static inline uint32_t hevc_ctb_log2(const VAPictureParameterBufferHEVC *pic)
{
	return pic->log2_min_luma_coding_block_size_minus3 + 3u +
	       pic->log2_diff_max_min_luma_coding_block_size;
}

/* Columns or rows of coding tree blocks. */
static inline uint32_t hevc_in_ctbs(const VAPictureParameterBufferHEVC *pic, uint32_t samples)
{
	return (samples + (1u << hevc_ctb_log2(pic)) - 1) >> hevc_ctb_log2(pic);
}

static inline uint32_t hevc_num_ctbs(const VAPictureParameterBufferHEVC *pic)
{
	return hevc_in_ctbs(pic, pic->pic_width_in_luma_samples) *
	       hevc_in_ctbs(pic, pic->pic_height_in_luma_samples);
}

static inline uint32_t hevc_num_lists(uint32_t slice_type)
{
	return slice_type == HEVC_B ? 2 : slice_type == HEVC_P ? 1 : 0;
}

static inline uint32_t hevc_list_size(const VASliceParameterBufferHEVC *param, uint32_t list)
{
	if (list >= hevc_num_lists(param->LongSliceFlags.fields.slice_type))
		return 0;
	return 1u +
	       (list ? param->num_ref_idx_l1_active_minus1 : param->num_ref_idx_l0_active_minus1);
}

static inline bool hevc_has_weights(const VAPictureParameterBufferHEVC *pic, uint32_t slice_type)
{
	return (slice_type == HEVC_P && pic->pic_fields.bits.weighted_pred_flag) ||
	       (slice_type == HEVC_B && pic->pic_fields.bits.weighted_bipred_flag);
}

static inline bool hevc_has_chroma(const VAPictureParameterBufferHEVC *pic)
{
	return pic->pic_fields.bits.chroma_format_idc != 0;
}

#endif
