/* SPDX-License-Identifier: MIT */
/*
 * The client's references against what was decoded into the surfaces that they name, and against the
 * stream's reference picture set where it stands in the slice header (8.3.2).
 */
#include "hevc.h"

#include <string.h>

#include "context.h"

static void check_content(struct hevc_picture *picture, const VAPictureHEVC *entry,
			  const struct content *content)
{
	bool good = content->valid && content->poc[0] == entry->pic_order_cnt;

	/* A real driver goes on: the stream was entered in its middle. */
	if (picture->state->random_start && !good) {
		check_event(&picture->base.softva->checks, EVENT_REFERENCES_MISSING);
		return;
	}
	if (!hevc_check(picture, CHECK_REFERENCE_CONTENT, content->valid))
		return;
	hevc_check(picture, CHECK_REFERENCE_SIZE,
		   content->format == picture->base.target->format &&
			   content->width == picture->pic->pic_width_in_luma_samples &&
			   content->height == picture->pic->pic_height_in_luma_samples);
	hevc_check(picture, CHECK_REFERENCE_POC, content->poc[0] == entry->pic_order_cnt);
}

/* What an entry says of itself. */
static bool is_term_good(const struct hevc_picture *picture, const VAPictureHEVC *entry)
{
	bool is_long = entry->flags & VA_PICTURE_HEVC_LONG_TERM_REFERENCE;

	switch (entry->flags & HEVC_RPS_CURRENT) {
	case 0:
		return true;
	case VA_PICTURE_HEVC_RPS_ST_CURR_BEFORE:
		return !is_long && entry->pic_order_cnt < picture->pic->CurrPic.pic_order_cnt;
	case VA_PICTURE_HEVC_RPS_ST_CURR_AFTER:
		return !is_long && entry->pic_order_cnt > picture->pic->CurrPic.pic_order_cnt;
	case VA_PICTURE_HEVC_RPS_LT_CURR:
		return is_long;
	default:
		return false;
	}
}

static void check_reference(struct hevc_picture *picture, int index)
{
	const VAPictureHEVC *references = picture->pic->ReferenceFrames;
	struct surface *surface = object_get(&picture->base.softva->heap,
					     references[index].picture_id, OBJECT_SURFACE);
	struct content content;
	bool unique = true;

	if (!hevc_check(picture, CHECK_REFERENCE_SURFACE, surface))
		return;
	for (int i = 0; i < index; i++)
		if (hevc_is_valid(&references[i]) &&
		    (references[i].picture_id == references[index].picture_id ||
		     references[i].pic_order_cnt == references[index].pic_order_cnt))
			unique = false;
	hevc_check(picture, CHECK_REFERENCE_DUPLICATE, unique);
	hevc_check(picture, CHECK_REFERENCE_TERM, is_term_good(picture, &references[index]));
	pthread_mutex_lock(&surface->lock);
	content = surface->content;
	pthread_mutex_unlock(&surface->lock);
	check_content(picture, &references[index], &content);
	object_unref(&surface->object);
}

static const VAPictureHEVC *find_by_poc(const VAPictureParameterBufferHEVC *pic, int32_t poc)
{
	for (int i = 0; i < HEVC_MAX_REFERENCES; i++)
		if (hevc_is_valid(&pic->ReferenceFrames[i]) &&
		    pic->ReferenceFrames[i].pic_order_cnt == poc)
			return &pic->ReferenceFrames[i];
	return NULL;
}

static bool is_kept(const struct hevc_state *state, int32_t poc)
{
	for (size_t i = 0; i < state->num_kept; i++)
		if (state->kept[i].poc == poc)
			return true;
	return false;
}

/* What the set names must be there, if it ever was, and be used as the set says. */
static void check_set_entry(struct hevc_picture *picture, const struct hevc_set *set, size_t i)
{
	int32_t poc = (int32_t)((uint32_t)picture->pic->CurrPic.pic_order_cnt +
				(uint32_t)set->delta_poc[i]);
	const VAPictureHEVC *entry = find_by_poc(picture->pic, poc);

	if (!entry && !is_kept(picture->state, poc)) {
		check_event(&picture->base.softva->checks, EVENT_REFERENCES_MISSING);
		return;
	}
	hevc_check(picture, CHECK_REFERENCE_SET,
		   entry && !(entry->flags & VA_PICTURE_HEVC_LONG_TERM_REFERENCE) &&
			   set->used[i] == !!(entry->flags & HEVC_RPS_CURRENT));
}

/* 8.3.2: a random access point that begins a sequence ends all references, whatever its set names. */
static bool begins_sequence(const struct hevc_picture *picture)
{
	if (!picture->pic->slice_parsing_fields.bits.RapPicFlag)
		return false;
	for (int i = 0; i < HEVC_MAX_REFERENCES; i++)
		if (hevc_is_valid(&picture->pic->ReferenceFrames[i]))
			return false;
	return true;
}

static void check_set(struct hevc_picture *picture)
{
	const struct hevc_set *set = &picture->first.set;
	size_t short_term = 0, long_term = 0, present = 0;

	if (begins_sequence(picture))
		return;
	for (int i = 0; i < HEVC_MAX_REFERENCES; i++) {
		const VAPictureHEVC *entry = &picture->pic->ReferenceFrames[i];

		if (!hevc_is_valid(entry))
			continue;
		if (entry->flags & VA_PICTURE_HEVC_LONG_TERM_REFERENCE)
			long_term++;
		else
			short_term++;
	}
	hevc_check(picture, CHECK_REFERENCE_TERM, long_term <= picture->first.num_long_term);
	if (!set->known)
		return;
	for (size_t i = 0; i < set->count; i++) {
		check_set_entry(picture, set, i);
		present += find_by_poc(picture->pic,
				       (int32_t)((uint32_t)picture->pic->CurrPic.pic_order_cnt +
						 (uint32_t)set->delta_poc[i])) != NULL;
	}
	hevc_check(picture, CHECK_REFERENCE_SET, short_term <= present);
}

/*
 * 8.3.2: an IDR picture ends all references. Encoders have more than their sps_max_dec_pic_buffering_minus1,
 * and drivers bear it.
 */
static void check_number(struct hevc_picture *picture)
{
	size_t count = 0;

	for (int i = 0; i < HEVC_MAX_REFERENCES; i++)
		count += hevc_is_valid(&picture->pic->ReferenceFrames[i]);
	hevc_check(picture, CHECK_REFERENCE_COUNT,
		   !count || !picture->pic->slice_parsing_fields.bits.IdrPicFlag);
}

/* A random access point whose references are not there begins a sequence: the client has sought. */
static void note_start(struct hevc_picture *picture)
{
	struct hevc_state *state = picture->state;

	if (picture->pic->slice_parsing_fields.bits.IdrPicFlag)
		state->random_start = false;
	else if (!state->sps.size)
		state->random_start = true;
	else if (picture->pic->slice_parsing_fields.bits.RapPicFlag &&
		 !hevc_count_current(picture->pic))
		state->random_start = true;
}

void hevc_check_references(struct hevc_picture *picture)
{
	note_start(picture);
	check_number(picture);
	for (int i = 0; i < HEVC_MAX_REFERENCES; i++)
		if (hevc_is_valid(&picture->pic->ReferenceFrames[i]))
			check_reference(picture, i);
	check_set(picture);
}

void hevc_check_lists(struct hevc_picture *picture, const struct hevc_slice *slice)
{
	for (uint32_t list = 0; list < 2; list++) {
		for (uint32_t i = 0; i < hevc_list_size(slice->param, list); i++) {
			uint8_t index = slice->param->RefPicList[list][i];
			const VAPictureHEVC *entry;

			if (index == HEVC_NO_ENTRY && picture->state->random_start) {
				check_event(&picture->base.softva->checks,
					    EVENT_REFERENCES_MISSING);
				continue;
			}
			if (!hevc_check(picture, CHECK_LIST_ENTRY, index < HEVC_MAX_REFERENCES))
				continue;
			entry = &picture->pic->ReferenceFrames[index];
			hevc_check(picture, CHECK_LIST_IN_REFERENCES,
				   hevc_is_valid(entry) && entry->flags & HEVC_RPS_CURRENT);
		}
	}
}

/* Whether the next picture may still refer to one that this picture's set has. */
static bool stays(const struct hevc_picture *picture, const struct hevc_kept *kept)
{
	const VAPictureHEVC *entry = find_by_poc(picture->pic, kept->poc);

	return entry && entry->picture_id == kept->surface &&
	       kept->surface != picture->base.target->object.id;
}

void hevc_keep_references(struct hevc_picture *picture)
{
	struct hevc_state *state = picture->state;
	size_t kept = 0;

	for (size_t i = 0; i < state->num_kept; i++)
		if (kept < HEVC_MAX_REFERENCES && stays(picture, &state->kept[i]))
			state->kept[kept++] = state->kept[i];
	state->kept[kept].surface = picture->base.target->object.id;
	state->kept[kept].poc = picture->pic->CurrPic.pic_order_cnt;
	state->num_kept = kept + 1;
}
