/* SPDX-License-Identifier: MIT */
/*
 * av1-frame-size.c - of AV1's frame header: the frame's size, and which slots it refers to
 *
 * Source: 5.9.5 to 5.9.9 (sizes), 7.8 (set_frame_refs), 7.9.2 (order hints).
 */
#include "av1-frame.h"

#include <errno.h>

#define SUPERRES_DENOM_MIN 9

/* ---- Size ---- */

static void parse_superres(struct av1_frame_parser *p)
{
	struct av1_size *size = &p->f->size;

	size->use_superres = p->sequence->enable_superres && bits_flag(&p->b);
	size->superres_denom = AV1_SUPERRES_NUM;
	if (size->use_superres)
		size->superres_denom = (uint8_t)(bits_u(&p->b, 3) + SUPERRES_DENOM_MIN);
	size->upscaled_width = size->frame_width;
	size->frame_width = (size->upscaled_width * AV1_SUPERRES_NUM + size->superres_denom / 2) /
			    size->superres_denom;
}

static void parse_render_size(struct av1_frame_parser *p)
{
	struct av1_size *size = &p->f->size;

	size->render_width = size->upscaled_width;
	size->render_height = size->frame_height;
	if (!bits_flag(&p->b))
		return;
	size->render_width = bits_u(&p->b, 16) + 1;
	size->render_height = bits_u(&p->b, 16) + 1;
}

void av1_frame_parse_size(struct av1_frame_parser *p)
{
	const struct av1_sequence *s = p->sequence;
	struct av1_size *size = &p->f->size;

	size->frame_width = s->max_frame_width;
	size->frame_height = s->max_frame_height;
	if (p->f->frame_size_override_flag) {
		size->frame_width = bits_u(&p->b, s->frame_width_bits) + 1;
		size->frame_height = bits_u(&p->b, s->frame_height_bits) + 1;
	}
	/* 6.8.4: the frame is no larger than the sequence says. */
	if (size->frame_width > s->max_frame_width || size->frame_height > s->max_frame_height)
		p->b.err = -EBADMSG;
	parse_superres(p);
	parse_render_size(p);
}

void av1_frame_parse_size_with_refs(struct av1_frame_parser *p)
{
	const struct av1_sequence *s = p->sequence;
	struct av1_size *size = &p->f->size;
	unsigned int i;

	for (i = 0; i < AV1_REFS_PER_FRAME && !bits_flag(&p->b); i++)
		;
	if (i == AV1_REFS_PER_FRAME) {
		av1_frame_parse_size(p);
		return;
	}
	*size = p->refs->slots[p->f->ref_frame_idx[i]].size;
	size->frame_width = size->upscaled_width;
	if (size->frame_width > s->max_frame_width || size->frame_height > s->max_frame_height ||
	    size->frame_width == 0)
		p->b.err = -EBADMSG;
	parse_superres(p);
}

/* ---- References ---- */

int av1_get_relative_dist(const struct av1_sequence *sequence, unsigned int a, unsigned int b)
{
	int diff = (int)a - (int)b;
	int m;

	if (!sequence->enable_order_hint)
		return 0;
	m = 1 << (sequence->order_hint_bits - 1);
	return (diff & (m - 1)) - (diff & m);
}

/* The names of 6.10.24, less LAST_FRAME. */
enum {
	LAST,
	LAST2,
	LAST3,
	GOLDEN,
	BWDREF,
	ALTREF2,
	ALTREF,
};

struct search {
	int hints[AV1_NUM_REF_FRAMES]; /* shiftedOrderHints: the current frame's is current */
	int current;
	bool used[AV1_NUM_REF_FRAMES];
};

/* find_latest_backward() */
static int find_latest_backward(const struct search *s)
{
	int found = -1;
	int i;

	for (i = 0; i < AV1_NUM_REF_FRAMES; i++) {
		if (!s->used[i] && s->hints[i] >= s->current &&
		    (found < 0 || s->hints[i] >= s->hints[found]))
			found = i;
	}
	return found;
}

/* find_earliest_backward() */
static int find_earliest_backward(const struct search *s)
{
	int found = -1;
	int i;

	for (i = 0; i < AV1_NUM_REF_FRAMES; i++) {
		if (!s->used[i] && s->hints[i] >= s->current &&
		    (found < 0 || s->hints[i] < s->hints[found]))
			found = i;
	}
	return found;
}

/* find_latest_forward() */
static int find_latest_forward(const struct search *s)
{
	int found = -1;
	int i;

	for (i = 0; i < AV1_NUM_REF_FRAMES; i++) {
		if (!s->used[i] && s->hints[i] < s->current &&
		    (found < 0 || s->hints[i] >= s->hints[found]))
			found = i;
	}
	return found;
}

static int find_earliest(const struct search *s)
{
	int found = 0;
	int i;

	for (i = 1; i < AV1_NUM_REF_FRAMES; i++) {
		if (s->hints[i] < s->hints[found])
			found = i;
	}
	return found;
}

static void take(struct search *s, int idx[AV1_REFS_PER_FRAME], int ref, int slot)
{
	if (slot < 0)
		return;
	idx[ref] = slot;
	s->used[slot] = true;
}

/* 7.8, set_frame_refs(): last and golden frame are given. */
static void set_frame_refs(struct av1_frame_parser *p, int last, int golden)
{
	static const uint8_t forward[] = {LAST2, LAST3, BWDREF, ALTREF2, ALTREF};
	int idx[AV1_REFS_PER_FRAME] = {-1, -1, -1, -1, -1, -1, -1};
	struct search s = {.current = 1 << (p->sequence->order_hint_bits - 1)};
	int earliest;
	size_t i;

	for (i = 0; i < AV1_NUM_REF_FRAMES; i++)
		s.hints[i] = s.current + av1_get_relative_dist(p->sequence, p->f->ref_order_hint[i],
							       p->f->order_hint);
	/* 7.8: both are forward references. */
	if (s.hints[last] >= s.current || s.hints[golden] >= s.current)
		p->b.err = -EBADMSG;
	take(&s, idx, LAST, last);
	take(&s, idx, GOLDEN, golden);
	take(&s, idx, ALTREF, find_latest_backward(&s));
	take(&s, idx, BWDREF, find_earliest_backward(&s));
	take(&s, idx, ALTREF2, find_earliest_backward(&s));
	for (i = 0; i < sizeof(forward); i++) {
		if (idx[forward[i]] < 0)
			take(&s, idx, forward[i], find_latest_forward(&s));
	}
	earliest = find_earliest(&s);
	for (i = 0; i < AV1_REFS_PER_FRAME; i++)
		p->f->ref_frame_idx[i] = (uint8_t)(idx[i] < 0 ? earliest : idx[i]);
}

static void check_frame_id(struct av1_frame_parser *p, uint8_t slot)
{
	const struct av1_sequence *s = p->sequence;
	uint32_t delta = bits_u(&p->b, s->delta_frame_id_length) + 1;
	uint32_t mask = (UINT32_C(1) << s->frame_id_length) - 1;

	if (p->refs->slots[slot].frame_id != ((p->f->current_frame_id - delta) & mask))
		p->f->wrong_ids |= (uint8_t)(1U << slot);
}

void av1_frame_parse_references(struct av1_frame_parser *p)
{
	struct av1_frame *f = p->f;
	uint32_t last, golden;
	unsigned int i;

	if (p->sequence->enable_order_hint)
		f->frame_refs_short_signaling = bits_flag(&p->b);
	if (f->frame_refs_short_signaling) {
		last = bits_u(&p->b, 3);
		golden = bits_u(&p->b, 3);
		set_frame_refs(p, (int)last, (int)golden);
	}
	for (i = 0; i < AV1_REFS_PER_FRAME; i++) {
		if (!f->frame_refs_short_signaling)
			f->ref_frame_idx[i] = (uint8_t)bits_u(&p->b, 3);
		if (p->sequence->frame_id_numbers_present_flag)
			check_frame_id(p, f->ref_frame_idx[i]);
	}
}
