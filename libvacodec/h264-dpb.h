/* SPDX-License-Identifier: MIT */
/*
 * h264-dpb.h - H.264 picture order counts, reference marking and reference lists
 *
 * Knows reference pictures only: what waits for output is in the reorder queue. An entry of the DPB
 * is a frame, a complementary field pair or a single field; each field has a marking of its own.
 * Source: Rec. ITU-T H.264, 8.2.1, 8.2.4, 8.2.5.
 */
#ifndef LIBVACODEC_H264_DPB_H
#define LIBVACODEC_H264_DPB_H

#include "h264-parser.h"
#include "vacodec.h"

/* Sets of fields; also what a picture is: a frame, or a field by its parity. */
enum h264_fields {
	H264_TOP = 1,
	H264_BOTTOM = 2,
	H264_FRAME = 3,
};

struct h264_picture {
	struct vacodec_frame *frame; /* NULL for a frame that a gap in frame_num stands for */
	uint8_t fields;              /* decoded so far, enum h264_fields */
	uint8_t short_fields;        /* used for short-term reference */
	uint8_t long_fields;         /* used for long-term reference */
	bool lost;                   /* it should have been in the stream */
	uint64_t number;             /* of the last picture before a lost one, in decoding order */
	uint32_t frame_num;
	int32_t frame_num_wrap;
	uint32_t long_term_frame_idx;
	int32_t poc[2]; /* TopFieldOrderCnt, BottomFieldOrderCnt */
};

static inline unsigned int h264_slice_get_fields(const struct h264_slice *slice)
{
	if (!slice->field_pic_flag)
		return H264_FRAME;
	return slice->bottom_field_flag ? H264_BOTTOM : H264_TOP;
}

static inline bool h264_picture_is_reference(const struct h264_picture *picture)
{
	return (picture->short_fields | picture->long_fields) != 0;
}

/* What the picture order count of the next picture depends on, 8.2.1. */
struct h264_poc {
	int32_t prev_msb, prev_lsb;
	uint32_t prev_frame_num;
	int32_t prev_frame_num_offset;
	int32_t frame_num_offset; /* of the current picture */
	int32_t msb;              /* of the current picture */
};

struct h264_dpb {
	struct h264_picture pictures[H264_MAX_REFS + 1];
	unsigned int max_refs; /* max_num_ref_frames, at least 1 */
	uint32_t max_frame_num;
	uint32_t prev_ref_frame_num; /* 7.4.3, frame_num */
	uint32_t max_long_term_frame_idx_plus1;
	struct h264_poc poc;
};

/* ---- h264-poc.c ---- */

/*
 * Picture order counts, 8.2.1.1 to 8.2.1.3. Of a field only the one of its parity counts; the other
 * is not a value of the stream.
 */
void h264_poc_compute(struct h264_poc *state, const struct h264_sps *sps,
		      const struct h264_slice *slice, int32_t poc[2]);
/* The picture is complete; mmco5: it had memory_management_control_operation 5. */
void h264_poc_advance(struct h264_poc *state, const struct h264_slice *slice, const int32_t poc[2],
		      bool mmco5);
/* PicOrderCnt() of a field, or of a frame or complementary field pair. */
int32_t h264_poc_get(const int32_t poc[2], unsigned int fields);

/* ---- h264-dpb.c ---- */

void h264_dpb_begin_sequence(struct h264_dpb *dpb, const struct h264_sps *sps);
/* Drops all references. */
void h264_dpb_clear(struct h264_dpb *dpb);
unsigned int h264_dpb_count(const struct h264_dpb *dpb);
bool h264_dpb_has(const struct h264_dpb *dpb, const struct vacodec_frame *frame);
/*
 * FrameNumWrap of all short-term references, 8.2.4.1. current is the frame being decoded, whose first
 * field may be a reference; NULL for a gap.
 */
void h264_dpb_number(struct h264_dpb *dpb, uint32_t frame_num, const struct vacodec_frame *current);
/* Sliding window marking, 8.2.5.3: makes room for the current frame, unless it has a place. */
void h264_dpb_slide(struct h264_dpb *dpb, const struct vacodec_frame *current);
/*
 * The reference with a PicNum or LongTermPicNum (8.2.4.1) for a picture that is a frame or a field;
 * fields says which of its fields are meant. NULL when there is none.
 */
struct h264_picture *h264_dpb_find_short(struct h264_dpb *dpb, int64_t number,
					 unsigned int structure, unsigned int *fields);
struct h264_picture *h264_dpb_find_long(struct h264_dpb *dpb, int64_t number,
					unsigned int structure, unsigned int *fields);
/*
 * Marks references after the current picture, which is a reference, was decoded: 8.2.5.1. Returns
 * true when memory_management_control_operation 5 was among them; current's numbers are what they
 * are after it then. current's marking is that of the picture, not of a first field before it.
 */
bool h264_dpb_mark(struct h264_dpb *dpb, const struct h264_slice *slice,
		   struct h264_picture *current);
/*
 * Keeps a reference picture; takes a reference of its own on the frame. A second field joins the
 * first one.
 */
void h264_dpb_insert(struct h264_dpb *dpb, const struct h264_picture *picture);
/*
 * Gaps in frame_num, 8.2.5.2: the first frame_num that is missing before the slice's, as far as it
 * matters; false when none is.
 */
bool h264_dpb_find_gap(const struct h264_dpb *dpb, const struct h264_slice *slice, uint32_t *first);

/* ---- h264-refs.c ---- */

struct h264_ref {
	const struct h264_picture *picture;
	unsigned int fields; /* enum h264_fields */
};

struct h264_lists {
	struct h264_ref entry[2][H264_MAX_LIST];
	bool missing; /* an entry stands for a picture that is not there */
	uint64_t
		missing_number; /* the last such picture's place in decoding order, as far as known */
};

/*
 * The reference lists of a slice, 8.2.4.2 and 8.2.4.3, every entry of num_ref_idx_active a picture
 * with a frame. Returns -ENOENT when there is no reference picture at all.
 */
int h264_refs_build(struct h264_dpb *dpb, const struct h264_sps *sps,
		    const struct h264_slice *slice, const struct h264_picture *current,
		    struct h264_lists *lists);

#endif
