/* SPDX-License-Identifier: MIT */
/*
 * Which pictures the stream's own marking keeps as references (8.2.5): the client's ReferenceFrames must
 * name just these. It is not known before the first IDR picture nor after a gap in frame_num, where clients
 * differ; then nothing is checked until the next IDR picture.
 */
#include "h264.h"

#include <string.h>

struct h264_dpb_entry *h264_dpb_find(struct h264_dpb *dpb, VASurfaceID surface)
{
	for (size_t i = 0; i < dpb->count; i++)
		if (dpb->entries[i].surface == surface)
			return &dpb->entries[i];
	return NULL;
}

static void drop_unused(struct h264_dpb *dpb)
{
	size_t kept = 0;

	for (size_t i = 0; i < dpb->count; i++)
		if (dpb->entries[i].short_fields | dpb->entries[i].long_fields)
			dpb->entries[kept++] = dpb->entries[i];
	dpb->count = kept;
}

static void check_entry(struct h264_picture *picture, const VAPictureH264 *entry, size_t *named)
{
	struct h264_dpb_entry *kept = h264_dpb_find(&picture->state->dpb, entry->picture_id);

	if (picture->second_field && entry->picture_id == picture->state->last_target)
		return;
	if (!h264_check(picture, CHECK_REFERENCE_SET, kept))
		return;
	++*named;
	h264_check(picture, CHECK_REFERENCE_TERM,
		   h264_is_long_term(entry)
			   ? kept->long_fields && kept->long_term_frame_idx == entry->frame_idx
			   : kept->short_fields != 0);
}

void h264_dpb_check(struct h264_picture *picture)
{
	struct h264_dpb *dpb = &picture->state->dpb;
	size_t named = 0, kept = dpb->count;

	if (!dpb->known)
		return;
	if (picture->second_field && h264_dpb_find(dpb, picture->state->last_target))
		kept--;
	for (int i = 0; i < H264_MAX_REFERENCES; i++)
		if (h264_is_valid(&picture->pic->ReferenceFrames[i]))
			check_entry(picture, &picture->pic->ReferenceFrames[i], &named);
	h264_check(picture, CHECK_REFERENCE_SET, named >= kept);
}

/* The fields of the current frame, or of the two parities that PicNum tells apart (8.2.4.1). */
static unsigned int fields_of_number(const struct h264_picture *picture, uint32_t number,
				     uint32_t *frame_number)
{
	if (picture->fields == H264_FRAME) {
		*frame_number = number;
		return H264_FRAME;
	}
	*frame_number = number / 2;
	return number % 2 ? picture->fields : picture->fields ^ H264_FRAME;
}

static struct h264_dpb_entry *find_short(struct h264_dpb *dpb, uint32_t frame_num,
					 unsigned int fields)
{
	for (size_t i = 0; i < dpb->count; i++)
		if (dpb->entries[i].short_fields & fields && dpb->entries[i].frame_num == frame_num)
			return &dpb->entries[i];
	return NULL;
}

static struct h264_dpb_entry *find_long(struct h264_dpb *dpb, uint32_t idx, unsigned int fields)
{
	for (size_t i = 0; i < dpb->count; i++)
		if (dpb->entries[i].long_fields & fields &&
		    dpb->entries[i].long_term_frame_idx == idx)
			return &dpb->entries[i];
	return NULL;
}

/* The short-term picture picNumX of an operation (8-39), and which of its fields. */
static struct h264_dpb_entry *find_difference(struct h264_picture *picture, uint32_t difference,
					      unsigned int *fields)
{
	bool is_field = picture->fields != H264_FRAME;
	uint32_t max = h264_max_frame_num(picture->pic) << is_field;
	uint32_t current = is_field ? 2 * picture->header.frame_num + 1 : picture->header.frame_num;
	uint32_t frame_num;

	*fields = fields_of_number(picture, (current - difference - 1) & (max - 1), &frame_num);
	return find_short(&picture->state->dpb, frame_num, *fields);
}

/* Frees a long-term index that another frame has. */
static void free_index(struct h264_dpb *dpb, uint32_t idx, const struct h264_dpb_entry *except)
{
	for (size_t i = 0; i < dpb->count; i++)
		if (&dpb->entries[i] != except && dpb->entries[i].long_fields &&
		    dpb->entries[i].long_term_frame_idx == idx)
			dpb->entries[i].long_fields = 0;
}

static void make_long(struct h264_dpb *dpb, struct h264_dpb_entry *entry, uint32_t idx,
		      unsigned int fields)
{
	free_index(dpb, idx, entry);
	if (entry->long_fields && entry->long_term_frame_idx != idx)
		entry->long_fields = 0;
	entry->short_fields &= ~fields;
	entry->long_fields |= fields;
	entry->long_term_frame_idx = idx;
}

static void drop_long_from(struct h264_dpb *dpb, uint32_t first)
{
	for (size_t i = 0; i < dpb->count; i++)
		if (dpb->entries[i].long_term_frame_idx >= first)
			dpb->entries[i].long_fields = 0;
}

/* One memory management control operation but 6, which marks the current picture (8.2.5.4). */
static void apply(struct h264_picture *picture, const struct h264_mmco *mmco)
{
	struct h264_dpb *dpb = &picture->state->dpb;
	struct h264_dpb_entry *entry = NULL;
	unsigned int fields = 0;
	uint32_t idx;

	if (mmco->operation == 1 || mmco->operation == 3)
		entry = find_difference(picture, mmco->difference_of_pic_nums_minus1, &fields);
	if (mmco->operation == 1 && entry)
		entry->short_fields &= ~fields;
	if (mmco->operation == 3 && entry)
		make_long(dpb, entry, mmco->long_term_frame_idx, fields);
	if (mmco->operation == 2) {
		fields = fields_of_number(picture, mmco->long_term_pic_num, &idx);
		entry = find_long(dpb, idx, fields);
		if (entry)
			entry->long_fields &= ~fields;
	}
	if (mmco->operation == 4)
		drop_long_from(dpb, mmco->max_long_term_frame_idx_plus1);
	if (mmco->operation == 5)
		dpb->count = 0;
}

/* 8.2.5.3: the oldest short-term frame goes when the buffer is full. */
static void slide(struct h264_picture *picture)
{
	struct h264_dpb *dpb = &picture->state->dpb;
	uint32_t max = h264_max_frame_num(picture->pic);
	size_t limit = picture->pic->num_ref_frames ? picture->pic->num_ref_frames : 1;
	struct h264_dpb_entry *oldest = NULL;
	uint32_t age = 0;

	if (dpb->count < limit)
		return;
	for (size_t i = 0; i < dpb->count; i++) {
		uint32_t this_age =
			(picture->header.frame_num - dpb->entries[i].frame_num) & (max - 1);

		if (dpb->entries[i].short_fields && (!oldest || this_age > age)) {
			oldest = &dpb->entries[i];
			age = this_age;
		}
	}
	if (oldest)
		oldest->short_fields = 0;
	if (oldest &&
	    oldest->long_fields) /* one field of each kind: the standard keeps the long one */
		return;
	drop_unused(dpb);
}

/* The current picture's entry, and how it is marked. */
static void insert(struct h264_picture *picture, bool long_term, uint32_t idx)
{
	struct h264_dpb *dpb = &picture->state->dpb;
	struct h264_dpb_entry *entry = h264_dpb_find(dpb, picture->base.target->object.id);

	if (!entry || !picture->second_field) {
		if (dpb->count > H264_MAX_REFERENCES) {
			dpb->known = false;
			return;
		}
		entry = &dpb->entries[dpb->count++];
		memset(entry, 0, sizeof(*entry));
		entry->surface = picture->base.target->object.id;
		entry->frame_num = picture->header.frame_num;
	}
	if (long_term)
		make_long(dpb, entry, idx, picture->fields);
	else
		entry->short_fields |= picture->fields;
}

static void mark(struct h264_picture *picture)
{
	const struct h264_slice_header *h = &picture->header;
	struct h264_dpb *dpb = &picture->state->dpb;
	bool long_term = h->long_term_reference_flag, reset = false;
	uint32_t idx = 0;

	for (size_t i = 0; i < h->num_mmco; i++) {
		apply(picture, &h->mmco[i]);
		reset = reset || h->mmco[i].operation == 5;
		if (h->mmco[i].operation == 6) {
			long_term = true;
			idx = h->mmco[i].long_term_frame_idx;
		}
	}
	drop_unused(dpb);
	if (!h->adaptive_ref_pic_marking_mode_flag && h->nal_unit_type != H264_NAL_IDR &&
	    !(picture->second_field && h264_dpb_find(dpb, picture->base.target->object.id)))
		slide(picture);
	insert(picture, long_term, idx);
	if (reset && dpb->count)
		dpb->entries[dpb->count - 1].frame_num = 0;
}

void h264_dpb_update(struct h264_picture *picture)
{
	struct h264_dpb *dpb = &picture->state->dpb;

	if (!dpb->known || !picture->header.nal_ref_idc)
		return;
	/* A surface that is a reference is overwritten: the check of the target says so. */
	if (!picture->second_field)
		for (size_t i = 0; i < dpb->count; i++)
			if (dpb->entries[i].surface == picture->base.target->object.id)
				dpb->known = false;
	if (dpb->known)
		mark(picture);
	if (dpb->count > (picture->pic->num_ref_frames ? picture->pic->num_ref_frames : 1u))
		dpb->known = false;
}
