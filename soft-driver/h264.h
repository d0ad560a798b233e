/* SPDX-License-Identifier: MIT */
/*
 * H.264: from VA's parameters and the entropy-coded data to a packet whose headers say what the client
 * said, with the checks of what cannot show in the picture.
 *
 * Section numbers are those of ITU-T H.264.
 */
#ifndef SOFTVA_H264_H
#define SOFTVA_H264_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <va/va.h>

#include "bitio.h"
#include "codec.h"
#include "softva.h"

#define H264_MAX_REFERENCES 16
#define H264_MAX_LIST       32
/* 7.4.3.3 bounds the operations by the number of fields in the DPB and a few more. */
#define H264_MAX_MMCO  70
#define H264_NAL_SLICE 1
#define H264_NAL_IDR   5
#define H264_FRAME     3u

enum h264_slice_type {
	H264_P = 0,
	H264_B = 1,
	H264_I = 2,
};

struct h264_weights {
	uint32_t luma_denom;
	uint32_t chroma_denom;
	int32_t luma_weight[2][H264_MAX_LIST];
	int32_t luma_offset[2][H264_MAX_LIST];
	int32_t chroma_weight[2][H264_MAX_LIST][2];
	int32_t chroma_offset[2][H264_MAX_LIST][2];
};

struct h264_mmco {
	uint32_t operation;
	uint32_t difference_of_pic_nums_minus1;
	uint32_t long_term_pic_num;
	uint32_t long_term_frame_idx;
	uint32_t max_long_term_frame_idx_plus1;
};

/* A slice header as it stands in the stream (7.3.3). */
struct h264_slice_header {
	uint32_t nal_ref_idc;
	uint32_t nal_unit_type;
	uint32_t first_mb_in_slice;
	uint32_t slice_type;
	uint32_t pic_parameter_set_id;
	uint32_t frame_num;
	bool field_pic_flag;
	bool bottom_field_flag;
	uint32_t idr_pic_id;
	uint32_t pic_order_cnt_lsb;
	int32_t delta_pic_order_cnt_bottom;
	int32_t delta_pic_order_cnt[2];
	uint32_t redundant_pic_cnt;
	bool direct_spatial_mv_pred_flag;
	bool num_ref_idx_active_override_flag;
	uint32_t num_ref_idx_active[2];
	struct h264_weights weights;
	/* dec_ref_pic_marking(): bits [from, to) of the unit, and what it says. */
	size_t marking_from;
	size_t marking_to;
	bool no_output_of_prior_pics_flag;
	bool long_term_reference_flag;
	bool adaptive_ref_pic_marking_mode_flag;
	size_t num_mmco;
	struct h264_mmco mmco[H264_MAX_MMCO];
	uint32_t cabac_init_idc;
	int32_t slice_qp_delta;
	uint32_t disable_deblocking_filter_idc;
	int32_t slice_alpha_c0_offset_div2;
	int32_t slice_beta_offset_div2;
	/* Where slice_data() begins. */
	size_t size_bits;
};

/* A reference that the stream's own marking keeps (8.2.5), by surface. */
struct h264_dpb_entry {
	VASurfaceID surface;
	uint32_t frame_num;
	/* Bits of the fields that are references of the kind. */
	unsigned int short_fields;
	unsigned int long_fields;
	uint32_t long_term_frame_idx;
};

/* What the stream's own marking says should be in ReferenceFrames; see h264-dpb.c. */
struct h264_dpb {
	/* Not known until an IDR picture, and after a gap in frame_num. */
	bool known;
	size_t count;
	struct h264_dpb_entry entries[H264_MAX_REFERENCES + 1];
};

struct h264_state {
	/* What the decoder has been given. */
	struct bytes sps;
	struct bytes pps;
	bool started;
	uint32_t idr_pic_id;
	/* No IDR picture yet: references may never have been decoded. */
	bool random_start;
	bool gap_seen;
	/* What the decoder's frame_num is short of the stream's: it must see no gap where it begins. */
	uint32_t frame_num_base;
	uint32_t prev_ref_frame_num;
	/* The target of the picture before. */
	VASurfaceID last_target;
	/* One bit for each frame_num that a gap left out. */
	uint8_t *gaps;
	struct h264_dpb dpb;
};

/* One picture while it is being put together. */
struct h264_picture {
	struct picture base;
	struct h264_state *state;
	/* The surface's contents when the picture began. */
	struct content before;
	const VAPictureParameterBufferH264 *pic;
	const VAIQMatrixBufferH264 *iq;
	unsigned int fields;
	bool second_field;
	bool reset;
	/* Nothing of it can be given to the decoder. */
	bool unusable;
	size_t num_slices;
	/* The first slice's header stands for the picture's. */
	struct h264_slice_header header;
	struct bytes slices;
};

/* One slice: VA's parameters, the unit without emulation prevention, its own header. */
struct h264_slice {
	const VASliceParameterBufferH264 *param;
	struct bytes unit;
	struct h264_slice_header header;
};

/* h264.c: whether a gap left this frame_num out: the decoder has a picture of its own for it. */
bool h264_is_gap(const struct h264_state *state, uint32_t frame_num);

/* h264-header.c: 0 or -errno. */
int h264_header_parse(const VAPictureParameterBufferH264 *pic,
		      const VASliceParameterBufferH264 *param, const struct bytes *unit,
		      struct h264_slice_header *header);

/* h264-params.c */
void h264_write_sps(struct bytes *out, const VAPictureParameterBufferH264 *pic);
void h264_write_pps(struct bytes *out, const VAPictureParameterBufferH264 *pic,
		    const VAIQMatrixBufferH264 *iq);
/* The PPS under which a slice header becomes extra_bits (0 to 7) longer modulo 8. */
struct h264_pps_variant {
	uint32_t id;
	bool redundant_pic_cnt_present;
};
extern const struct h264_pps_variant h264_pps_variants[8];

/* h264-writer.c */
void h264_write_slice(struct h264_picture *picture, const struct h264_slice *slice);
void h264_get_weights(const struct h264_picture *picture, const VASliceParameterBufferH264 *param,
		      struct h264_weights *weights);
bool h264_has_weights(const VAPictureParameterBufferH264 *pic, uint32_t slice_type);

/* h264-check.c */
void h264_check_picture(struct h264_picture *picture);
void h264_check_slice(struct h264_picture *picture, const struct h264_slice *slice);

/* h264-reference.c */
void h264_check_references(struct h264_picture *picture);
size_t h264_count_references(const VAPictureParameterBufferH264 *pic);
void h264_check_lists(struct h264_picture *picture, const struct h264_slice *slice);

/* h264-dpb.c */
void h264_dpb_check(struct h264_picture *picture);
/* The entry of a surface, or NULL. */
struct h264_dpb_entry *h264_dpb_find(struct h264_dpb *dpb, VASurfaceID surface);
void h264_dpb_update(struct h264_picture *picture);

static inline bool h264_check(struct h264_picture *picture, enum check check, bool good)
{
	return picture_check(&picture->base, check, good);
}

static inline uint32_t h264_max_frame_num(const VAPictureParameterBufferH264 *pic)
{
	return 16u << pic->seq_fields.bits.log2_max_frame_num_minus4;
}

static inline bool h264_is_valid(const VAPictureH264 *picture)
{
	return !(picture->flags & VA_PICTURE_H264_INVALID) &&
	       picture->picture_id != VA_INVALID_SURFACE;
}

static inline bool h264_is_long_term(const VAPictureH264 *picture)
{
	return picture->flags & VA_PICTURE_H264_LONG_TERM_REFERENCE;
}

/* The fields that a picture names: no flag is the frame. */
static inline unsigned int h264_fields(const VAPictureH264 *picture)
{
	unsigned int fields = (picture->flags & VA_PICTURE_H264_TOP_FIELD ? 1u : 0u) |
			      (picture->flags & VA_PICTURE_H264_BOTTOM_FIELD ? 2u : 0u);

	return fields ? fields : H264_FRAME;
}

static inline const VAPictureH264 *h264_list(const VASliceParameterBufferH264 *param, int list)
{
	return list ? param->RefPicList1 : param->RefPicList0;
}

static inline uint32_t h264_list_size(const VASliceParameterBufferH264 *param, int list)
{
	uint32_t type = param->slice_type % 5;

	if (type == H264_I || (list && type != H264_B))
		return 0;
	return 1u +
	       (list ? param->num_ref_idx_l1_active_minus1 : param->num_ref_idx_l0_active_minus1);
}

#endif
