/* SPDX-License-Identifier: MIT */
/*
 * av1-refs.c - what AV1's reference frames keep for the headers of later ones
 *
 * Source: 7.20 (reference frame update), 7.21 (reference frame loading), 6.8.2 (lost ones).
 */
#include "av1-frame.h"

#include <string.h>

static void fill(struct av1_ref *ref, const struct av1_sequence *s, const struct av1_frame *f)
{
	ref->valid = true;
	ref->frame_type = f->frame_type;
	ref->showable_frame = f->showable_frame;
	ref->frame_id = f->current_frame_id;
	ref->order_hint = f->order_hint;
	memcpy(ref->saved_order_hints, f->order_hints, sizeof(ref->saved_order_hints));
	ref->size = f->size;
	ref->bit_depth = s->color.bit_depth;
	ref->subsampling_x = s->color.subsampling_x;
	ref->subsampling_y = s->color.subsampling_y;
	ref->mono_chrome = s->color.mono_chrome;
	memcpy(ref->motion, f->motion, sizeof(ref->motion));
	ref->loop_filter = f->loop_filter;
	ref->segmentation = f->segmentation;
	ref->film_grain = f->film_grain;
}

/* A key frame that is shown again is decoded anew: 7.21, then 7.20. */
static void refresh_from(struct av1_refs *refs, unsigned int from)
{
	struct av1_ref key = refs->slots[from];
	unsigned int i;

	key.showable_frame = false; /* it can be shown once only: 6.8.2 */
	for (i = 0; i < AV1_NUM_REF_FRAMES; i++)
		refs->slots[i] = key;
}

void av1_refs_update(struct av1_refs *refs, const struct av1_sequence *sequence,
		     const struct av1_frame *frame)
{
	unsigned int i;

	if (frame->show_existing_frame) {
		if (frame->frame_type == AV1_KEY_FRAME)
			refresh_from(refs, frame->frame_to_show_map_idx);
		return;
	}
	for (i = 0; i < AV1_NUM_REF_FRAMES; i++) {
		if (frame->refresh_frame_flags & 1 << i)
			fill(&refs->slots[i], sequence, frame);
	}
}

void av1_refs_lose(struct av1_refs *refs, const struct av1_frame *frame)
{
	unsigned int i;

	for (i = 0; i < AV1_NUM_REF_FRAMES; i++) {
		if (!(frame->lost_slots & 1 << i))
			continue;
		memset(&refs->slots[i], 0, sizeof(refs->slots[i]));
		refs->slots[i].order_hint = frame->ref_order_hint[i];
	}
}

void av1_refs_clear(struct av1_refs *refs)
{
	memset(refs, 0, sizeof(*refs));
}
