/* SPDX-License-Identifier: MIT */
/*
 * h264-dpb.c - H.264 reference marking
 *
 * Source: Rec. ITU-T H.264, 8.2.5.
 */
#include "h264-dpb.h"

#include "frame-pool.h"

#include <string.h>

#define N_PICTURES (H264_MAX_REFS + 1)

static void drop(struct h264_picture *picture)
{
	if (picture->frame)
		picture->frame->is_reference = false;
	picture->frame = vacodec_frame_unref(picture->frame);
	picture->short_fields = 0;
	picture->long_fields = 0;
}

/* A picture that is no reference any more is let go of. */
static void drop_unused(struct h264_picture *picture)
{
	if (!h264_picture_is_reference(picture))
		drop(picture);
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
		n += h264_picture_is_reference(&dpb->pictures[i]);
	return n;
}

bool h264_dpb_has(const struct h264_dpb *dpb, const struct vacodec_frame *frame)
{
	unsigned int i;

	for (i = 0; i < N_PICTURES; i++) {
		if (h264_picture_is_reference(&dpb->pictures[i]) && dpb->pictures[i].frame == frame)
			return true;
	}
	return false;
}

/* Two pictures of one frame: the fields of a pair. */
static bool is_of(const struct h264_picture *picture, const struct vacodec_frame *frame)
{
	return frame && picture->frame == frame;
}

/*
 * A reference that has the current frame_num itself is MaxFrameNum older, unless it is the current
 * frame's first field: that happens where the DPB holds as many frames as there are numbers.
 */
void h264_dpb_number(struct h264_dpb *dpb, uint32_t frame_num, const struct vacodec_frame *current)
{
	struct h264_picture *p;

	for (p = dpb->pictures; p < dpb->pictures + N_PICTURES; p++) {
		p->frame_num_wrap = (int32_t)p->frame_num;
		if (p->frame_num >= frame_num && !is_of(p, current))
			p->frame_num_wrap -= (int32_t)dpb->max_frame_num;
	}
}

/* The short-term picture with the smallest FrameNumWrap; a long-term one when there is none. */
static struct h264_picture *find_oldest(struct h264_dpb *dpb, const struct vacodec_frame *current)
{
	struct h264_picture *oldest = NULL;
	struct h264_picture *p;

	for (p = dpb->pictures; p < dpb->pictures + N_PICTURES; p++) {
		if (!h264_picture_is_reference(p) || is_of(p, current))
			continue;
		if (!oldest || !oldest->short_fields > !p->short_fields ||
		    (!oldest->short_fields == !p->short_fields &&
		     p->frame_num_wrap < oldest->frame_num_wrap))
			oldest = p;
	}
	return oldest;
}

static unsigned int count_others(const struct h264_dpb *dpb, const struct vacodec_frame *current)
{
	unsigned int n = 0;
	unsigned int i;

	for (i = 0; i < N_PICTURES; i++)
		n += h264_picture_is_reference(&dpb->pictures[i]) &&
		     !is_of(&dpb->pictures[i], current);
	return n;
}

void h264_dpb_slide(struct h264_dpb *dpb, const struct vacodec_frame *current)
{
	struct h264_picture *oldest;

	/* More than one only after damage. */
	while (count_others(dpb, current) >= dpb->max_refs) {
		oldest = find_oldest(dpb, current);
		if (oldest->short_fields)
			oldest->short_fields = 0;
		else
			oldest->long_fields = 0;
		drop_unused(oldest);
	}
}

/* The frame's number; a field's has its parity in the lowest bit: 8.2.4.1. */
static int64_t split_number(int64_t number, unsigned int structure, unsigned int *fields)
{
	*fields = structure;
	if (structure == H264_FRAME)
		return number;
	if (!(number & 1))
		*fields = structure ^ H264_FRAME;
	return (number - (number & 1)) / 2;
}

struct h264_picture *h264_dpb_find_short(struct h264_dpb *dpb, int64_t number,
					 unsigned int structure, unsigned int *fields)
{
	int64_t frame_num_wrap = split_number(number, structure, fields);
	struct h264_picture *p;

	for (p = dpb->pictures; p < dpb->pictures + N_PICTURES; p++) {
		if ((p->short_fields & *fields) == *fields && p->frame_num_wrap == frame_num_wrap)
			return p;
	}
	return NULL;
}

struct h264_picture *h264_dpb_find_long(struct h264_dpb *dpb, int64_t number,
					unsigned int structure, unsigned int *fields)
{
	int64_t idx = split_number(number, structure, fields);
	struct h264_picture *p;

	for (p = dpb->pictures; p < dpb->pictures + N_PICTURES; p++) {
		if ((p->long_fields & *fields) == *fields && p->long_term_frame_idx == idx)
			return p;
	}
	return NULL;
}

/* Who has the index, but for the fields of one frame: 8.2.5.4.3. */
static void free_index(struct h264_dpb *dpb, uint32_t idx, const struct h264_picture *except)
{
	struct h264_picture *p;

	for (p = dpb->pictures; p < dpb->pictures + N_PICTURES; p++) {
		if (!p->long_fields || p->long_term_frame_idx != idx || p == except ||
		    (except && is_of(p, except->frame)))
			continue;
		p->long_fields = 0;
		drop_unused(p);
	}
}

static void assign_long(struct h264_dpb *dpb, struct h264_picture *picture, uint32_t idx,
			unsigned int fields)
{
	free_index(dpb, idx, picture);
	if (!picture)
		return;
	if (picture->long_term_frame_idx != idx)
		picture->long_fields = 0;
	picture->short_fields &= (uint8_t)~fields;
	picture->long_fields |= (uint8_t)fields;
	picture->long_term_frame_idx = idx;
}

/* 8.2.5.4.4 */
static void limit_long(struct h264_dpb *dpb, uint32_t max_plus1)
{
	struct h264_picture *p;

	for (p = dpb->pictures; p < dpb->pictures + N_PICTURES; p++) {
		if (!p->long_fields || p->long_term_frame_idx < max_plus1)
			continue;
		p->long_fields = 0;
		drop_unused(p);
	}
	dpb->max_long_term_frame_idx_plus1 = max_plus1;
}

/* Operation 5: as if an IDR picture came, 8.2.5.4.5 and the end of 8.2.1. */
static void reset_all(struct h264_dpb *dpb, unsigned int structure, struct h264_picture *current)
{
	int32_t base = h264_poc_get(current->poc, structure);

	h264_dpb_clear(dpb);
	dpb->max_long_term_frame_idx_plus1 = 0;
	current->frame_num = 0;
	current->poc[0] =
		structure & H264_TOP ? (int32_t)((uint32_t)current->poc[0] - (uint32_t)base) : 0;
	current->poc[1] =
		structure & H264_BOTTOM ? (int32_t)((uint32_t)current->poc[1] - (uint32_t)base) : 0;
}

/* Operations 1 and 3, on the short-term picture picNumX: (8-39). */
static void run_short_mmco(struct h264_dpb *dpb, const struct h264_mmco *m,
			   const struct h264_slice *slice)
{
	unsigned int structure = h264_slice_get_fields(slice);
	int64_t number =
		structure == H264_FRAME ? slice->frame_num : 2 * (int64_t)slice->frame_num + 1;
	struct h264_picture *picture;
	unsigned int fields;

	number -= (int64_t)m->difference_of_pic_nums_minus1 + 1;
	picture = h264_dpb_find_short(dpb, number, structure, &fields);
	if (m->memory_management_control_operation == 3) {
		assign_long(dpb, picture, m->long_term_frame_idx, fields);
	} else if (picture) {
		picture->short_fields &= (uint8_t)~fields;
		drop_unused(picture);
	}
}

static void drop_long(struct h264_dpb *dpb, uint32_t long_term_pic_num, unsigned int structure)
{
	unsigned int fields;
	struct h264_picture *picture =
		h264_dpb_find_long(dpb, long_term_pic_num, structure, &fields);

	if (!picture)
		return;
	picture->long_fields &= (uint8_t)~fields;
	drop_unused(picture);
}

static void run_mmco(struct h264_dpb *dpb, const struct h264_mmco *m,
		     const struct h264_slice *slice, struct h264_picture *current)
{
	unsigned int structure = h264_slice_get_fields(slice);

	switch (m->memory_management_control_operation) {
	case 1:
	case 3:
		run_short_mmco(dpb, m, slice);
		break;
	case 2:
		drop_long(dpb, m->long_term, structure);
		break;
	case 4:
		limit_long(dpb, m->long_term);
		break;
	case 5:
		reset_all(dpb, structure, current);
		break;
	case 6:
		assign_long(dpb, current, m->long_term_frame_idx, structure);
		break;
	}
}

static bool mark_adaptive(struct h264_dpb *dpb, const struct h264_slice *slice,
			  struct h264_picture *current)
{
	bool mmco5 = false;
	unsigned int i;

	for (i = 0; i < slice->n_mmcos; i++) {
		run_mmco(dpb, &slice->mmcos[i], slice, current);
		mmco5 |= slice->mmcos[i].memory_management_control_operation == 5;
	}
	return mmco5;
}

bool h264_dpb_mark(struct h264_dpb *dpb, const struct h264_slice *slice,
		   struct h264_picture *current)
{
	bool mmco5 = false;

	h264_dpb_number(dpb, slice->frame_num, current->frame);
	current->short_fields = (uint8_t)h264_slice_get_fields(slice);
	current->long_fields = 0;
	if (slice->nal_unit_type == H264_NAL_IDR) {
		dpb->max_long_term_frame_idx_plus1 = slice->long_term_reference_flag;
		if (slice->long_term_reference_flag)
			assign_long(dpb, current, 0, h264_slice_get_fields(slice));
	} else {
		if (slice->adaptive_ref_pic_marking_mode_flag)
			mmco5 = mark_adaptive(dpb, slice, current);
		/* After operations it does nothing unless the stream is damaged. */
		h264_dpb_slide(dpb, current->frame);
	}
	dpb->prev_ref_frame_num = current->frame_num;
	return mmco5;
}

static void join(struct h264_picture *first, const struct h264_picture *second)
{
	first->fields |= second->fields;
	first->poc[0] = second->poc[0];
	first->poc[1] = second->poc[1];
	first->short_fields |= second->short_fields;
	if (!second->long_fields)
		return;
	if (first->long_term_frame_idx != second->long_term_frame_idx)
		first->long_fields = 0;
	first->long_fields |= second->long_fields;
	first->long_term_frame_idx = second->long_term_frame_idx;
}

void h264_dpb_insert(struct h264_dpb *dpb, const struct h264_picture *picture)
{
	struct h264_picture *p;

	for (p = dpb->pictures; p < dpb->pictures + N_PICTURES; p++) {
		if (h264_picture_is_reference(p) && is_of(p, picture->frame)) {
			join(p, picture);
			return;
		}
	}
	p = dpb->pictures;
	while (p < dpb->pictures + N_PICTURES && h264_picture_is_reference(p))
		p++;
	if (p == dpb->pictures + N_PICTURES) {
		p = find_oldest(dpb, NULL);
		drop(p);
	}
	*p = *picture;
	vacodec_frame_ref(p->frame);
	if (p->frame)
		p->frame->is_reference = true;
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
