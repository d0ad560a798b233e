/* SPDX-License-Identifier: MIT */
/*
 * h264-dpb.c - H.264 reference marking
 *
 * Source: Rec. ITU-T H.264, 8.2.5.
 */
#include "h264-dpb.h"

#include <string.h>

#define N_PICTURES (H264_MAX_REFS + 1)

static void drop(struct h264_picture *picture)
{
	picture->frame = vacodec_frame_unref(picture->frame);
	picture->marking = H264_UNUSED;
}

void h264_dpb_clear(struct h264_dpb *dpb)
{
	unsigned int i;

	for (i = 0; i < N_PICTURES; i++)
		drop(&dpb->pictures[i]);
}

void h264_dpb_begin_sequence(struct h264_dpb *dpb, const struct h264_sps *sps)
{
	dpb->max_refs = sps->max_num_ref_frames > 0 ? sps->max_num_ref_frames : 1;
	dpb->max_frame_num = 1U << sps->log2_max_frame_num;
}

unsigned int h264_dpb_count(const struct h264_dpb *dpb)
{
	unsigned int n = 0;
	unsigned int i;

	for (i = 0; i < N_PICTURES; i++)
		n += dpb->pictures[i].marking != H264_UNUSED;
	return n;
}

bool h264_dpb_has(const struct h264_dpb *dpb, const struct vacodec_frame *frame)
{
	unsigned int i;

	for (i = 0; i < N_PICTURES; i++) {
		if (dpb->pictures[i].marking != H264_UNUSED && dpb->pictures[i].frame == frame)
			return true;
	}
	return false;
}

/*
 * A reference that has the current frame_num itself is MaxFrameNum older: that happens where the
 * DPB holds as many frames as there are numbers.
 */
void h264_dpb_number(struct h264_dpb *dpb, uint32_t frame_num)
{
	struct h264_picture *p;

	for (p = dpb->pictures; p < dpb->pictures + N_PICTURES; p++) {
		p->frame_num_wrap = (int32_t)p->frame_num;
		if (p->frame_num >= frame_num)
			p->frame_num_wrap -= (int32_t)dpb->max_frame_num;
	}
}

/* The short-term picture with the smallest FrameNumWrap; a long-term one when there is none. */
static struct h264_picture *find_oldest(struct h264_dpb *dpb)
{
	struct h264_picture *oldest = NULL;
	struct h264_picture *p;

	for (p = dpb->pictures; p < dpb->pictures + N_PICTURES; p++) {
		if (p->marking == H264_UNUSED)
			continue;
		if (!oldest || p->marking < oldest->marking ||
		    (p->marking == oldest->marking && p->frame_num_wrap < oldest->frame_num_wrap))
			oldest = p;
	}
	return oldest;
}

void h264_dpb_slide(struct h264_dpb *dpb)
{
	/* More than one only after damage. */
	while (h264_dpb_count(dpb) >= dpb->max_refs)
		drop(find_oldest(dpb));
}

static struct h264_picture *find_short(struct h264_dpb *dpb, int32_t pic_num)
{
	struct h264_picture *p;

	for (p = dpb->pictures; p < dpb->pictures + N_PICTURES; p++) {
		if (p->marking == H264_SHORT_TERM && p->frame_num_wrap == pic_num)
			return p;
	}
	return NULL;
}

static struct h264_picture *find_long(struct h264_dpb *dpb, uint32_t long_term_frame_idx)
{
	struct h264_picture *p;

	for (p = dpb->pictures; p < dpb->pictures + N_PICTURES; p++) {
		if (p->marking == H264_LONG_TERM && p->long_term_frame_idx == long_term_frame_idx)
			return p;
	}
	return NULL;
}

static void drop_if(struct h264_picture *picture)
{
	if (picture)
		drop(picture);
}

/* 8.2.5.4.3: the index is taken from whoever has it. */
static void assign_long(struct h264_dpb *dpb, struct h264_picture *picture, uint32_t idx)
{
	struct h264_picture *holder = find_long(dpb, idx);

	if (holder != picture)
		drop_if(holder);
	if (!picture)
		return;
	picture->marking = H264_LONG_TERM;
	picture->long_term_frame_idx = idx;
}

/* 8.2.5.4.4 */
static void limit_long(struct h264_dpb *dpb, uint32_t max_plus1)
{
	struct h264_picture *p;

	for (p = dpb->pictures; p < dpb->pictures + N_PICTURES; p++) {
		if (p->marking == H264_LONG_TERM && p->long_term_frame_idx >= max_plus1)
			drop(p);
	}
	dpb->max_long_term_frame_idx_plus1 = max_plus1;
}

/* Operation 5: as if an IDR picture came, 8.2.5.4.5 and the end of 8.2.1. */
static void reset_all(struct h264_dpb *dpb, struct h264_picture *current)
{
	int32_t base = h264_poc_of_frame(current->poc);

	h264_dpb_clear(dpb);
	dpb->max_long_term_frame_idx_plus1 = 0;
	current->frame_num = 0;
	current->poc[0] = (int32_t)((uint32_t)current->poc[0] - (uint32_t)base);
	current->poc[1] = (int32_t)((uint32_t)current->poc[1] - (uint32_t)base);
}

static void run_mmco(struct h264_dpb *dpb, const struct h264_mmco *m, uint32_t frame_num,
		     struct h264_picture *current)
{
	int32_t pic_num = (int32_t)(frame_num - m->difference_of_pic_nums_minus1 - 1);

	switch (m->memory_management_control_operation) {
	case 1:
		drop_if(find_short(dpb, pic_num));
		break;
	case 2:
		drop_if(find_long(dpb, m->long_term));
		break;
	case 3:
		assign_long(dpb, find_short(dpb, pic_num), m->long_term_frame_idx);
		break;
	case 4:
		limit_long(dpb, m->long_term);
		break;
	case 5:
		reset_all(dpb, current);
		break;
	case 6:
		assign_long(dpb, current, m->long_term_frame_idx);
		break;
	}
}

static bool mark_adaptive(struct h264_dpb *dpb, const struct h264_slice *slice,
			  struct h264_picture *current)
{
	bool mmco5 = false;
	unsigned int i;

	for (i = 0; i < slice->n_mmcos; i++) {
		run_mmco(dpb, &slice->mmcos[i], slice->frame_num, current);
		mmco5 |= slice->mmcos[i].memory_management_control_operation == 5;
	}
	return mmco5;
}

bool h264_dpb_mark(struct h264_dpb *dpb, const struct h264_slice *slice,
		   struct h264_picture *current)
{
	bool mmco5 = false;

	h264_dpb_number(dpb, slice->frame_num);
	current->marking = H264_SHORT_TERM;
	if (slice->nal_unit_type == H264_NAL_IDR) {
		dpb->max_long_term_frame_idx_plus1 = slice->long_term_reference_flag;
		if (slice->long_term_reference_flag)
			assign_long(dpb, current, 0);
	} else if (slice->adaptive_ref_pic_marking_mode_flag) {
		mmco5 = mark_adaptive(dpb, slice, current);
		h264_dpb_slide(dpb); /* does nothing unless the stream is damaged */
	} else {
		h264_dpb_slide(dpb);
	}
	dpb->prev_ref_frame_num = current->frame_num;
	return mmco5;
}

void h264_dpb_insert(struct h264_dpb *dpb, const struct h264_picture *picture)
{
	struct h264_picture *p = dpb->pictures;

	while (p < dpb->pictures + N_PICTURES && p->marking != H264_UNUSED)
		p++;
	if (p == dpb->pictures + N_PICTURES) {
		p = find_oldest(dpb);
		drop(p);
	}
	*p = *picture;
	vacodec_frame_ref(p->frame);
}

bool h264_dpb_find_gap(const struct h264_dpb *dpb, const struct h264_slice *slice, uint32_t *first)
{
	uint32_t mask = dpb->max_frame_num - 1;
	uint32_t expected = (dpb->prev_ref_frame_num + 1) & mask;
	uint32_t missing = (slice->frame_num - expected) & mask;

	if (slice->frame_num == dpb->prev_ref_frame_num || missing == 0)
		return false;
	/* All but the last of them would be pushed out again. */
	if (missing > dpb->max_refs)
		expected = (slice->frame_num - dpb->max_refs) & mask;
	*first = expected;
	return true;
}
