/* SPDX-License-Identifier: MIT */
/*
 * The client's references against what was decoded into the surfaces that they name.
 */
#include "h264.h"

#include "context.h"

size_t h264_count_references(const VAPictureParameterBufferH264 *pic)
{
	size_t count = 0;

	for (int i = 0; i < H264_MAX_REFERENCES; i++)
		count += h264_is_valid(&pic->ReferenceFrames[i]);
	return count;
}

/* A real driver goes on: the stream was entered in its middle, or frame_num has a gap here. */
static bool may_be_missing(const struct h264_picture *picture, const VAPictureH264 *entry)
{
	uint32_t frame_num = entry->frame_idx & (h264_max_frame_num(picture->pic) - 1);

	return picture->state->random_start || h264_is_gap(picture->state, frame_num);
}

static bool is_poc_of(const VAPictureH264 *entry, const struct content *content,
		      unsigned int fields, const int32_t poc[2])
{
	fields &= content->fields;
	return (!(fields & 1) || entry->TopFieldOrderCnt == poc[0]) &&
	       (!(fields & 2) || entry->BottomFieldOrderCnt == poc[1]);
}

static bool is_poc_good(const VAPictureH264 *entry, const struct content *content,
			unsigned int fields)
{
	return is_poc_of(entry, content, fields, content->poc) ||
	       (content->reset && is_poc_of(entry, content, fields, content->reset_poc));
}

static bool has_content(const VAPictureH264 *entry, const struct content *content)
{
	unsigned int named = h264_fields(entry);
	unsigned int there = content->reference_fields & named;

	/* Frames without flags may be single fields still waiting for their second. */
	return content->valid && (named == H264_FRAME ? there != 0 : there == named);
}

static void check_content(struct h264_picture *picture, const VAPictureH264 *entry,
			  const struct content *content)
{
	/* Some clients give FrameNumWrap, which is negative for frames before a wrap (8-27). */
	uint32_t mask = h264_max_frame_num(picture->pic) - 1;
	bool same_number =
		h264_is_long_term(entry) || !((entry->frame_idx ^ content->frame_num) & mask);

	if (may_be_missing(picture, entry) && !(has_content(entry, content) && same_number &&
						is_poc_good(entry, content, h264_fields(entry)))) {
		check_event(&picture->base.softva->checks, EVENT_REFERENCES_MISSING);
		return;
	}
	if (!h264_check(picture, CHECK_REFERENCE_CONTENT, has_content(entry, content)))
		return;
	h264_check(
		picture, CHECK_REFERENCE_SIZE,
		content->format == picture->base.target->format &&
			content->width == (picture->pic->picture_width_in_mbs_minus1 + 1u) * 16 &&
			content->height == (picture->pic->picture_height_in_mbs_minus1 + 1u) * 16);
	h264_check(picture, CHECK_REFERENCE_POC, is_poc_good(entry, content, h264_fields(entry)));
	h264_check(picture, CHECK_REFERENCE_FRAME_NUM, same_number);
}

static void check_reference(struct h264_picture *picture, int index)
{
	const VAPictureH264 *references = picture->pic->ReferenceFrames;
	struct surface *surface = object_get(&picture->base.softva->heap,
					     references[index].picture_id, OBJECT_SURFACE);
	struct content content;
	bool unique = true;

	if (!h264_check(picture, CHECK_REFERENCE_SURFACE, surface))
		return;
	/* Clients let a gap's frames take the surface of the frame before, each under its frame_num. */
	for (int i = 0; i < index; i++)
		if (h264_is_valid(&references[i]) &&
		    references[i].picture_id == references[index].picture_id &&
		    !may_be_missing(picture, &references[i]) &&
		    !may_be_missing(picture, &references[index]))
			unique = false;
	h264_check(picture, CHECK_REFERENCE_DUPLICATE, unique);
	pthread_mutex_lock(&surface->lock);
	content = surface->content;
	pthread_mutex_unlock(&surface->lock);
	check_content(picture, &references[index], &content);
	object_unref(&surface->object);
}

void h264_check_references(struct h264_picture *picture)
{
	for (int i = 0; i < H264_MAX_REFERENCES; i++)
		if (h264_is_valid(&picture->pic->ReferenceFrames[i]))
			check_reference(picture, i);
}

/* The entry says of the surface what ReferenceFrames says. */
static bool is_same(const struct h264_picture *picture, const VAPictureH264 *entry,
		    const VAPictureH264 *reference)
{
	bool is_field = picture->pic->pic_fields.bits.field_pic_flag;
	unsigned int fields = h264_fields(entry);

	return entry->frame_idx == reference->frame_idx && is_field == (fields != H264_FRAME) &&
	       h264_is_long_term(entry) == h264_is_long_term(reference) &&
	       (!(fields & 1) || entry->TopFieldOrderCnt == reference->TopFieldOrderCnt) &&
	       (!(fields & 2) || entry->BottomFieldOrderCnt == reference->BottomFieldOrderCnt);
}

/* The reference that the entry repeats, else one of its surface, else NULL. */
static const VAPictureH264 *find_reference(const struct h264_picture *picture,
					   const VAPictureH264 *entry)
{
	const VAPictureH264 *found = NULL;

	for (int i = 0; i < H264_MAX_REFERENCES; i++) {
		const VAPictureH264 *reference = &picture->pic->ReferenceFrames[i];

		if (h264_is_valid(reference) && reference->picture_id == entry->picture_id &&
		    (!found || is_same(picture, entry, reference)))
			found = reference;
	}
	return found;
}

static void check_entry(struct h264_picture *picture, const VAPictureH264 *entry)
{
	const struct h264_state *state = picture->state;
	const VAPictureH264 *reference;

	if (!h264_is_valid(entry) && (state->random_start || state->gap_seen)) {
		check_event(&picture->base.softva->checks, EVENT_REFERENCES_MISSING);
		return;
	}
	if (!h264_check(picture, CHECK_LIST_ENTRY, h264_is_valid(entry)))
		return;
	reference = find_reference(picture, entry);
	if (!h264_check(picture, CHECK_LIST_IN_REFERENCES, reference))
		return;
	/* FFmpeg names such a surface once, with what the gap's frame is. */
	if (!is_same(picture, entry, reference) && may_be_missing(picture, reference))
		check_event(&picture->base.softva->checks, EVENT_REFERENCES_MISSING);
	else
		h264_check(picture, CHECK_LIST_ENTRY, is_same(picture, entry, reference));
}

void h264_check_lists(struct h264_picture *picture, const struct h264_slice *slice)
{
	for (int list = 0; list < 2; list++)
		for (uint32_t i = 0; i < h264_list_size(slice->param, list); i++)
			check_entry(picture, &h264_list(slice->param, list)[i]);
}
