/* SPDX-License-Identifier: MIT */
/*
 * h264-dpb.h - H.264 picture order counts, reference marking and reference lists
 *
 * Knows reference pictures only: what waits for output is in the reorder queue.
 * Source: Rec. ITU-T H.264, 8.2.1, 8.2.4, 8.2.5.
 */
#ifndef LIBVACODEC_H264_DPB_H
#define LIBVACODEC_H264_DPB_H

#include "h264-parser.h"
#include "vacodec.h"

enum h264_marking {
	H264_UNUSED,
	H264_SHORT_TERM,
	H264_LONG_TERM,
};

struct h264_picture {
	struct vacodec_frame *frame; /* NULL for a frame that a gap in frame_num stands for */
	enum h264_marking marking;
	bool lost; /* it should have been in the stream */
	uint32_t frame_num;
	int32_t frame_num_wrap;
	uint32_t long_term_frame_idx;
	int32_t poc[2]; /* TopFieldOrderCnt, BottomFieldOrderCnt */
};

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

/* Picture order counts of a frame, 8.2.1.1 to 8.2.1.3. */
void h264_poc_compute(struct h264_poc *state, const struct h264_sps *sps,
		      const struct h264_slice *slice, int32_t poc[2]);
/* The picture is complete; mmco5: it had memory_management_control_operation 5. */
void h264_poc_advance(struct h264_poc *state, const struct h264_slice *slice, const int32_t poc[2],
		      bool mmco5);
/* PicOrderCnt() of a frame. */
int32_t h264_poc_of_frame(const int32_t poc[2]);

/* ---- h264-dpb.c ---- */

void h264_dpb_begin_sequence(struct h264_dpb *dpb, const struct h264_sps *sps);
/* Drops all references. */
void h264_dpb_clear(struct h264_dpb *dpb);
unsigned int h264_dpb_count(const struct h264_dpb *dpb);
bool h264_dpb_has(const struct h264_dpb *dpb, const struct vacodec_frame *frame);
/* FrameNumWrap of all short-term references, 8.2.4.1. */
void h264_dpb_number(struct h264_dpb *dpb, uint32_t frame_num);
/* Sliding window marking, 8.2.5.3. */
void h264_dpb_slide(struct h264_dpb *dpb);
/*
 * Marks references after the current picture, which is a reference, was decoded: 8.2.5.1. Returns
 * true when memory_management_control_operation 5 was among them; current's numbers are what they
 * are after it then.
 */
bool h264_dpb_mark(struct h264_dpb *dpb, const struct h264_slice *slice,
		   struct h264_picture *current);
/* Keeps a reference picture; takes a reference of its own on the frame. */
void h264_dpb_insert(struct h264_dpb *dpb, const struct h264_picture *picture);
/*
 * Gaps in frame_num, 8.2.5.2: the first frame_num that is missing before the slice's, as far as it
 * matters; false when none is.
 */
bool h264_dpb_find_gap(const struct h264_dpb *dpb, const struct h264_slice *slice, uint32_t *first);

/* ---- h264-refs.c ---- */

struct h264_lists {
	const struct h264_picture *entry[2][H264_MAX_LIST];
	bool missing; /* an entry stands for a picture that is not there */
};

/*
 * The reference lists of a slice, 8.2.4.2 and 8.2.4.3, every entry of num_ref_idx_active a picture
 * with a frame. Returns -ENOENT when there is no reference picture at all.
 */
int h264_refs_build(struct h264_dpb *dpb, const struct h264_sps *sps,
		    const struct h264_slice *slice, const struct h264_picture *current,
		    struct h264_lists *lists);

#endif
