/* SPDX-License-Identifier: MIT */
/*
 * h264-refs.c - H.264 reference picture lists
 *
 * Source: Rec. ITU-T H.264, 8.2.4.2 (initialisation) and 8.2.4.3 (modification).
 */
#include "h264-dpb.h"

#include "decoder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define N_PICTURES (H264_MAX_REFS + 1)

struct list {
	struct h264_ref entry[2 * N_PICTURES + 1]; /* one more while it is modified */
	unsigned int n;
};

/* Frames, complementary pairs and single fields in an order: refFrameList... of the standard. */
struct frames {
	const struct h264_picture *entry[N_PICTURES];
	unsigned int n;
};

/* What is marked and may stand in a list, in the buffer's order: the buffer is looked through once. */
struct usable {
	struct frames short_term, long_term;
};

/* The orders: ascending by the key. */
typedef int64_t (*key_of)(const struct h264_picture *picture);

static int64_t by_frame_num_descending(const struct h264_picture *picture)
{
	return -(int64_t)picture->frame_num_wrap;
}

static int64_t by_long_term_frame_idx(const struct h264_picture *picture)
{
	return picture->long_term_frame_idx;
}

static int64_t by_poc(const struct h264_picture *picture)
{
	return h264_poc_get(picture->poc, picture->fields);
}

static int64_t by_poc_descending(const struct h264_picture *picture)
{
	return -by_poc(picture);
}

static void insert_sorted(struct frames *frames, unsigned int start,
			  const struct h264_picture *picture, key_of key)
{
	unsigned int i = frames->n++;

	for (; i > start && key(frames->entry[i - 1]) > key(picture); i--)
		frames->entry[i] = frames->entry[i - 1];
	frames->entry[i] = picture;
}

/* A frame refers to frames both fields of which are marked, a field to any field. */
static bool is_usable(unsigned int marked, unsigned int structure)
{
	return structure == H264_FRAME ? marked == H264_FRAME : marked != 0;
}

static void collect(struct usable *usable, const struct h264_dpb *dpb, unsigned int structure)
{
	const struct h264_picture *p;

	usable->short_term.n = usable->long_term.n = 0;
	for (p = dpb->pictures; p < dpb->pictures + N_PICTURES; p++) {
		if (is_usable(p->short_fields, structure))
			usable->short_term.entry[usable->short_term.n++] = p;
		if (is_usable(p->long_fields, structure))
			usable->long_term.entry[usable->long_term.n++] = p;
	}
}

/* The next picture that has a field of the parity marked; moves at behind it. */
static const struct h264_picture *next_of_parity(const struct frames *frames, unsigned int *at,
						 unsigned int parity, bool is_long)
{
	const struct h264_picture *p;

	while (*at < frames->n) {
		p = frames->entry[(*at)++];
		if ((is_long ? p->long_fields : p->short_fields) & parity)
			return p;
	}
	return NULL;
}

static void append_picture(struct list *list, const struct h264_picture *picture,
			   unsigned int fields)
{
	list->entry[list->n].picture = picture;
	list->entry[list->n++].fields = fields;
}

/* 8.2.4.2.5: parities alternate, the current one first, until one has run out. */
static void append_fields(struct list *list, const struct frames *frames, unsigned int parity,
			  bool is_long)
{
	unsigned int at[H264_BOTTOM + 1] = {0};
	const struct h264_picture *p;

	while ((p = next_of_parity(frames, &at[parity], parity, is_long))) {
		append_picture(list, p, parity);
		parity ^= H264_FRAME;
	}
	parity ^= H264_FRAME;
	while ((p = next_of_parity(frames, &at[parity], parity, is_long)))
		append_picture(list, p, parity);
}

static void append(struct list *list, const struct frames *frames, unsigned int structure,
		   bool is_long)
{
	unsigned int i;

	if (structure != H264_FRAME) {
		append_fields(list, frames, structure, is_long);
		return;
	}
	for (i = 0; i < frames->n; i++)
		append_picture(list, frames->entry[i], H264_FRAME);
}

static void append_long(struct list *list, const struct usable *usable, unsigned int structure)
{
	struct frames frames = {.n = 0};
	unsigned int i;

	for (i = 0; i < usable->long_term.n; i++)
		insert_sorted(&frames, 0, usable->long_term.entry[i], by_long_term_frame_idx);
	append(list, &frames, structure, true);
}

/* 8.2.4.2.1 and 8.2.4.2.2 */
static void init_p(struct list *list, const struct usable *usable, unsigned int structure)
{
	struct frames frames = {.n = 0};
	unsigned int i;

	for (i = 0; i < usable->short_term.n; i++)
		insert_sorted(&frames, 0, usable->short_term.entry[i], by_frame_num_descending);
	append(list, &frames, structure, false);
	append_long(list, usable, structure);
}

struct b_side {
	bool before; /* pictures before the limit in output order, or the others */
	int64_t poc; /* of the limit */
	bool skip_gaps;
	unsigned int structure;
};

static void add_side(struct frames *frames, const struct usable *usable, const struct b_side *side)
{
	const struct h264_picture *p;
	unsigned int start = frames->n;
	unsigned int i;

	for (i = 0; i < usable->short_term.n; i++) {
		p = usable->short_term.entry[i];
		if (side->skip_gaps && !p->frame)
			continue;
		if ((by_poc(p) < side->poc) == side->before)
			insert_sorted(frames, start, p, side->before ? by_poc_descending : by_poc);
	}
}

/* 8.2.4.2.3 and 8.2.4.2.4 */
static void init_b(struct list *list, const struct usable *usable, const struct b_side *first)
{
	struct b_side second = *first;
	struct frames frames = {.n = 0};

	second.before = !first->before;
	add_side(&frames, usable, first);
	add_side(&frames, usable, &second);
	append(list, &frames, first->structure, false);
	append_long(list, usable, first->structure);
}

static bool is_same(const struct h264_ref *a, const struct h264_ref *b)
{
	return a->picture == b->picture && a->fields == b->fields;
}

static bool are_equal(const struct list *a, const struct list *b)
{
	unsigned int i;

	if (a->n != b->n)
		return false;
	for (i = 0; i < a->n; i++) {
		if (!is_same(&a->entry[i], &b->entry[i]))
			return false;
	}
	return true;
}

static void init_lists(struct list lists[2], const struct h264_dpb *dpb, const struct h264_sps *sps,
		       const struct h264_slice *slice, const struct h264_picture *current)
{
	struct b_side side = {
		.before = true,
		.skip_gaps = sps->pic_order_cnt_type == 0,
		.structure = h264_slice_get_fields(slice),
	};
	struct usable usable;
	struct h264_ref first;

	collect(&usable, dpb, side.structure);
	if (slice->slice_type == H264_SLICE_P) {
		init_p(&lists[0], &usable, side.structure);
		return;
	}
	/* A field may follow one of the same count, which is before it then. */
	side.poc = (int64_t)h264_poc_get(current->poc, side.structure) + slice->field_pic_flag;
	init_b(&lists[0], &usable, &side);
	side.before = false;
	init_b(&lists[1], &usable, &side);
	if (lists[1].n > 1 && are_equal(&lists[0], &lists[1])) {
		first = lists[1].entry[0];
		lists[1].entry[0] = lists[1].entry[1];
		lists[1].entry[1] = first;
	}
}

/* Puts a picture at an index and closes the gap where it was behind: (8-37), (8-38). */
static void move_to(struct list *list, unsigned int index, unsigned int size,
		    const struct h264_ref *ref)
{
	unsigned int from, to;

	memmove(&list->entry[index + 1], &list->entry[index],
		(size - index) * sizeof(list->entry[0]));
	list->entry[index] = *ref;
	for (from = index + 1, to = index + 1; from <= size; from++) {
		if (!ref->picture || !is_same(&list->entry[from], ref))
			list->entry[to++] = list->entry[from];
	}
}

/* 8.2.4.3; a picture that is not there leaves a hole. */
static void modify(struct list *list, struct h264_dpb *dpb, const struct h264_slice *slice,
		   unsigned int which)
{
	unsigned int structure = h264_slice_get_fields(slice);
	uint32_t current = slice->field_pic_flag ? 2 * slice->frame_num + 1 : slice->frame_num;
	uint32_t mask = (dpb->max_frame_num << slice->field_pic_flag) - 1;
	uint32_t size = slice->num_ref_idx_active[which];
	uint32_t pred = current;
	const struct h264_modification *m;
	struct h264_ref ref;
	unsigned int i;

	for (i = 0; i < slice->n_modifications[which] && i < size; i++) {
		m = &slice->modifications[which][i];
		if (m->modification_of_pic_nums_idc == 2) {
			ref.picture = h264_dpb_find_long(dpb, m->value, structure, &ref.fields);
		} else {
			pred += m->modification_of_pic_nums_idc == 0 ? -(m->value + 1)
								     : m->value + 1;
			pred &= mask;
			ref.picture = h264_dpb_find_short(
				dpb, pred >= current ? (int64_t)pred - mask - 1 : (int64_t)pred,
				structure, &ref.fields);
		}
		move_to(list, i, size, &ref);
	}
}

static bool get_order(const void *item, int64_t *order)
{
	const struct h264_picture *picture = item;

	*order = by_poc(picture);
	return h264_picture_is_reference(picture) && picture->frame;
}

static bool has_reference(const struct h264_dpb *dpb)
{
	unsigned int i;
	int64_t order;

	for (i = 0; i < N_PICTURES; i++) {
		if (get_order(&dpb->pictures[i], &order))
			return true;
	}
	return false;
}

/* Stands in for a picture that is not there; there is one. */
static struct h264_ref find_nearest(const struct h264_dpb *dpb, const struct h264_slice *slice,
				    const struct h264_picture *current)
{
	const struct conceal_candidates candidates = {
		.items = dpb->pictures,
		.n = N_PICTURES,
		.item_bytes = sizeof(dpb->pictures[0]),
		.get_order = get_order,
	};
	unsigned int structure = h264_slice_get_fields(slice);
	const struct h264_picture *p =
		conceal_find_nearest(&candidates, h264_poc_get(current->poc, structure));
	struct h264_ref nearest = {.picture = p, .fields = structure};

	if (structure != H264_FRAME && !((p->short_fields | p->long_fields) & structure))
		nearest.fields = structure ^ H264_FRAME;
	return nearest;
}

/* NULL: nobody knows which. */
static void note_missing(struct h264_lists *lists, const struct h264_picture *picture)
{
	uint64_t number = picture ? picture->number : UINT64_MAX;

	lists->missing = true;
	if (number > lists->missing_number)
		lists->missing_number = number;
}

/*
 * Entries behind the last picture are legal while nothing refers to them; so are frames that gaps
 * stand for, where gaps are allowed. Returns true where entries are left without a picture.
 */
static bool fill(struct h264_lists *lists, const struct list *list, const struct h264_slice *slice,
		 unsigned int which)
{
	struct h264_ref ref;
	bool hole, left = false;
	unsigned int i;

	for (i = 0; i < slice->num_ref_idx_active[which]; i++) {
		ref = list->entry[i];
		hole = !ref.picture && (i < list->n || i < slice->n_modifications[which]);
		if (hole || (ref.picture && ref.picture->lost))
			note_missing(lists, ref.picture);
		if (!ref.picture && i > 0 && !hole)
			ref = lists->entry[which][0];
		left = left || !ref.picture || !ref.picture->frame;
		lists->entry[which][i] = ref;
	}
	return left;
}

static void stand_in(struct h264_lists *lists, const struct h264_slice *slice,
		     const struct h264_ref *nearest)
{
	struct h264_ref *ref;
	unsigned int which, i;

	for (which = 0; which < 2; which++) {
		for (i = 0; i < slice->num_ref_idx_active[which]; i++) {
			ref = &lists->entry[which][i];
			if (!ref->picture || !ref->picture->frame)
				*ref = *nearest;
		}
	}
}

/* B lists leave out what has no order count: any of them may refer to a picture that was lost. */
static void note_lost(struct h264_lists *lists, const struct h264_dpb *dpb)
{
	const struct h264_picture *p;

	for (p = dpb->pictures; p < dpb->pictures + N_PICTURES; p++) {
		if (p->short_fields && p->lost && !p->frame)
			note_missing(lists, p);
	}
}

int h264_refs_build(struct h264_dpb *dpb, const struct h264_sps *sps,
		    const struct h264_slice *slice, const struct h264_picture *current,
		    struct h264_lists *lists)
{
	struct h264_ref nearest;
	struct list list[2];
	bool left = false;
	unsigned int i;

	memset(lists, 0, sizeof(*lists));
	if (slice->num_ref_idx_active[0] == 0)
		return 0;
	h264_dpb_number(dpb, slice->frame_num, current->frame);
	if (!has_reference(dpb))
		return -ENOENT;
	memset(list, 0, sizeof(list));
	init_lists(list, dpb, sps, slice, current);
	if (slice->slice_type == H264_SLICE_B)
		note_lost(lists, dpb);
	for (i = 0; i < 2; i++) {
		if (slice->num_ref_idx_active[i] == 0)
			continue;
		if (list[i].n == 0)
			note_missing(lists, NULL);
		modify(&list[i], dpb, slice, i);
		left = fill(lists, &list[i], slice, i) || left;
	}
	if (left) {
		nearest = find_nearest(dpb, slice, current);
		stand_in(lists, slice, &nearest);
	}
	return 0;
}
