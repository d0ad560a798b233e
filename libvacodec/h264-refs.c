/* SPDX-License-Identifier: MIT */
/*
 * h264-refs.c - H.264 reference picture lists
 *
 * Source: Rec. ITU-T H.264, 8.2.4.2 (initialisation) and 8.2.4.3 (modification), for frames.
 */
#include "h264-dpb.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define N_PICTURES (H264_MAX_REFS + 1)

struct list {
	const struct h264_picture *entry[H264_MAX_LIST + 1]; /* one more while it is modified */
	unsigned int n;
};

/* The orders: ascending by the key. */
typedef int64_t (*key_of)(const struct h264_picture *picture);

static int64_t by_pic_num_descending(const struct h264_picture *picture)
{
	return -(int64_t)picture->frame_num_wrap;
}

static int64_t by_long_term_pic_num(const struct h264_picture *picture)
{
	return picture->long_term_frame_idx;
}

static int64_t by_poc(const struct h264_picture *picture)
{
	return h264_poc_of_frame(picture->poc);
}

static int64_t by_poc_descending(const struct h264_picture *picture)
{
	return -(int64_t)h264_poc_of_frame(picture->poc);
}

static void insert_sorted(struct list *list, unsigned int start, const struct h264_picture *picture,
			  key_of key)
{
	unsigned int i = list->n++;

	for (; i > start && key(list->entry[i - 1]) > key(picture); i--)
		list->entry[i] = list->entry[i - 1];
	list->entry[i] = picture;
}

static void append_long(struct list *list, const struct h264_dpb *dpb)
{
	unsigned int start = list->n;
	unsigned int i;

	for (i = 0; i < N_PICTURES; i++) {
		if (dpb->pictures[i].marking == H264_LONG_TERM)
			insert_sorted(list, start, &dpb->pictures[i], by_long_term_pic_num);
	}
}

/* 8.2.4.2.1 */
static void init_p(struct list *list, const struct h264_dpb *dpb)
{
	unsigned int i;

	for (i = 0; i < N_PICTURES; i++) {
		if (dpb->pictures[i].marking == H264_SHORT_TERM)
			insert_sorted(list, 0, &dpb->pictures[i], by_pic_num_descending);
	}
	append_long(list, dpb);
}

struct b_side {
	bool before; /* pictures before the current one in output order, or after it */
	int32_t poc;
	bool skip_gaps;
};

static void append_side(struct list *list, const struct h264_dpb *dpb, const struct b_side *side)
{
	const struct h264_picture *p;
	unsigned int start = list->n;

	for (p = dpb->pictures; p < dpb->pictures + N_PICTURES; p++) {
		if (p->marking != H264_SHORT_TERM || (side->skip_gaps && !p->frame))
			continue;
		if ((h264_poc_of_frame(p->poc) < side->poc) == side->before)
			insert_sorted(list, start, p, side->before ? by_poc_descending : by_poc);
	}
}

/* 8.2.4.2.3 */
static void init_b(struct list *list, const struct h264_dpb *dpb, const struct b_side *first)
{
	struct b_side second = *first;

	second.before = !first->before;
	append_side(list, dpb, first);
	append_side(list, dpb, &second);
	append_long(list, dpb);
}

static void init_lists(struct list lists[2], const struct h264_dpb *dpb, const struct h264_sps *sps,
		       const struct h264_slice *slice, const struct h264_picture *current)
{
	struct b_side side = {
		.before = true,
		.poc = h264_poc_of_frame(current->poc),
		.skip_gaps = sps->pic_order_cnt_type == 0,
	};
	const struct h264_picture *first;

	if (slice->slice_type == H264_SLICE_P) {
		init_p(&lists[0], dpb);
		return;
	}
	init_b(&lists[0], dpb, &side);
	side.before = false;
	init_b(&lists[1], dpb, &side);
	if (lists[1].n > 1 && lists[0].n == lists[1].n &&
	    memcmp(lists[0].entry, lists[1].entry, lists[1].n * sizeof(lists[1].entry[0])) == 0) {
		first = lists[1].entry[0];
		lists[1].entry[0] = lists[1].entry[1];
		lists[1].entry[1] = first;
	}
}

static const struct h264_picture *find(const struct h264_dpb *dpb, enum h264_marking marking,
				       int64_t number)
{
	const struct h264_picture *p;

	for (p = dpb->pictures; p < dpb->pictures + N_PICTURES; p++) {
		if (p->marking == marking &&
		    (marking == H264_LONG_TERM ? p->long_term_frame_idx == number
					       : p->frame_num_wrap == number))
			return p;
	}
	return NULL;
}

/* Puts a picture at an index and closes the gap where it was behind: (8-37), (8-38). */
static void move_to(struct list *list, unsigned int index, unsigned int size,
		    const struct h264_picture *picture)
{
	unsigned int from = index;
	unsigned int to = index;

	memmove(&list->entry[index + 1], &list->entry[index],
		(size - index) * sizeof(list->entry[0]));
	list->entry[index] = picture;
	for (from = index + 1, to = index + 1; from <= size; from++) {
		if (list->entry[from] != picture || !picture)
			list->entry[to++] = list->entry[from];
	}
}

/* 8.2.4.3; a picture that is not there leaves a hole. */
static void modify(struct list *list, const struct h264_dpb *dpb, const struct h264_slice *slice,
		   unsigned int which)
{
	uint32_t size = slice->num_ref_idx_active[which];
	uint32_t mask = dpb->max_frame_num - 1;
	uint32_t pred = slice->frame_num;
	const struct h264_modification *m;
	const struct h264_picture *picture;
	int64_t pic_num;
	unsigned int i;

	for (i = 0; i < slice->n_modifications[which] && i < size; i++) {
		m = &slice->modifications[which][i];
		if (m->modification_of_pic_nums_idc == 2) {
			picture = find(dpb, H264_LONG_TERM, m->value);
		} else {
			pred += m->modification_of_pic_nums_idc == 0 ? -(m->value + 1)
								     : m->value + 1;
			pred &= mask;
			pic_num =
				pred >= slice->frame_num ? (int64_t)pred - mask - 1 : (int64_t)pred;
			picture = find(dpb, H264_SHORT_TERM, pic_num);
		}
		move_to(list, i, size, picture);
	}
}

/* What comes closest to a picture that is not there. */
static const struct h264_picture *find_nearest(const struct h264_dpb *dpb, int64_t pic_num)
{
	const struct h264_picture *nearest = NULL;
	const struct h264_picture *p;
	int64_t distance;
	int64_t least = INT64_MAX;

	for (p = dpb->pictures; p < dpb->pictures + N_PICTURES; p++) {
		if (p->marking == H264_UNUSED || !p->frame)
			continue;
		distance = llabs(p->frame_num_wrap - pic_num);
		if (distance < least) {
			least = distance;
			nearest = p;
		}
	}
	return nearest;
}

/*
 * Entries behind the last picture are legal while nothing refers to them; so are frames that gaps
 * stand for, where gaps are allowed.
 */
static void fill(struct h264_lists *lists, const struct list *list, const struct h264_dpb *dpb,
		 const struct h264_slice *slice, unsigned int which)
{
	bool hole;
	const struct h264_picture *picture;
	unsigned int i;

	for (i = 0; i < slice->num_ref_idx_active[which]; i++) {
		picture = list->entry[i];
		hole = !picture && (i < list->n || i < slice->n_modifications[which]);
		if (hole || (picture && picture->lost))
			lists->missing = true;
		if (!picture && i > 0 && !hole)
			picture = lists->entry[which][0];
		if (!picture || !picture->frame)
			picture = find_nearest(dpb, picture ? picture->frame_num_wrap
							    : (int64_t)slice->frame_num - 1);
		lists->entry[which][i] = picture;
	}
}

int h264_refs_build(struct h264_dpb *dpb, const struct h264_sps *sps,
		    const struct h264_slice *slice, const struct h264_picture *current,
		    struct h264_lists *lists)
{
	struct list list[2];
	unsigned int i;

	memset(lists, 0, sizeof(*lists));
	if (slice->num_ref_idx_active[0] == 0)
		return 0;
	h264_dpb_number(dpb, slice->frame_num);
	if (!find_nearest(dpb, slice->frame_num))
		return -ENOENT;
	memset(list, 0, sizeof(list));
	init_lists(list, dpb, sps, slice, current);
	for (i = 0; i < 2; i++) {
		if (slice->num_ref_idx_active[i] == 0)
			continue;
		if (list[i].n == 0)
			lists->missing = true;
		modify(&list[i], dpb, slice, i);
		fill(lists, &list[i], dpb, slice, i);
	}
	return 0;
}
