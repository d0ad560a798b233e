/* SPDX-License-Identifier: MIT */
/*
 * Which of the decoder's slots holds which surface.
 *
 * ref_frame_map is all that the client keeps. A slot whose surface is not in it any more is free; when all
 * are taken, the frame is decoded without a slot, and again if the next map names it.
 */
#include "av1.h"

#include <string.h>

void av1_slots_init(struct av1_state *state)
{
	for (unsigned int i = 0; i < AV1_SLOTS; i++)
		state->slots[i].surface = VA_INVALID_SURFACE;
	state->last_slot.surface = VA_INVALID_SURFACE;
}

static bool is_in_map(const struct av1_picture *picture, VASurfaceID surface)
{
	for (unsigned int i = 0; i < AV1_SLOTS; i++)
		if (picture->pic->ref_frame_map[i] == surface)
			return true;
	return false;
}

static int find_slot(const struct av1_state *state, VASurfaceID surface)
{
	for (int i = 0; i < AV1_SLOTS; i++)
		if (surface != VA_INVALID_SURFACE && state->slots[i].surface == surface)
			return i;
	return -1;
}

/* One that is empty, not the first of its surface, or not named any more; -1. A key frame has no map. */
static int find_free(const struct av1_picture *picture)
{
	const struct av1_state *state = picture->state;
	bool has_map = picture->pic->pic_info_fields.bits.frame_type != AV1_KEY;

	for (int i = 0; i < AV1_SLOTS; i++) {
		VASurfaceID surface = state->slots[i].surface;

		if (surface == VA_INVALID_SURFACE || find_slot(state, surface) != i ||
		    (has_map && !is_in_map(picture, surface)))
			return i;
	}
	return -1;
}

/* The last frame has no slot, and the client has kept it. */
static void decode_again(struct av1_picture *picture, struct bytes *packet)
{
	struct av1_state *state = picture->state;
	int slot = find_free(picture);
	unsigned int flags, at;

	if (state->last_slot.surface == VA_INVALID_SURFACE ||
	    !is_in_map(picture, state->last_slot.surface) || slot < 0)
		return;
	flags = 1u << slot;
	for (unsigned int i = 0; i < 8; i++) {
		at = (unsigned int)(state->last_refresh_at + i);
		state->last.data[at / 8] &= (uint8_t) ~(0x80 >> at % 8);
		if (flags >> (7 - i) & 1)
			state->last.data[at / 8] |= (uint8_t)(0x80 >> at % 8);
	}
	bytes_append(packet, state->last.data, state->last.size);
	state->slots[slot] = state->last_slot;
}

/* 7.9.2 */
static bool is_size_good(const struct av1_picture *picture, const struct av1_slot *slot)
{
	uint32_t denom = picture->pic->superres_scale_denominator;
	uint32_t upscaled = picture->pic->frame_width_minus1 + 1u;
	uint32_t width = picture->pic->pic_info_fields.bits.use_superres && denom
				 ? (upscaled * 8 + denom / 2) / denom
				 : upscaled;
	uint32_t height = picture->pic->frame_height_minus1 + 1u;

	return 2 * width >= slot->width && 2 * height >= slot->height &&
	       width <= 16 * slot->width && height <= 16 * slot->height;
}

static bool find_reference(struct av1_picture *picture, unsigned int i)
{
	uint8_t index = picture->pic->ref_frame_idx[i];
	VASurfaceID surface;
	int slot;

	if (!av1_check(picture, CHECK_LIST_ENTRY, index < AV1_SLOTS))
		return false;
	surface = picture->pic->ref_frame_map[index];
	if (!av1_check(picture, CHECK_REFERENCE_SURFACE, surface != VA_INVALID_SURFACE))
		return false;
	slot = find_slot(picture->state, surface);
	if (slot < 0) {
		/* A stream that was entered in its middle, or has lost a frame. */
		check_event(&picture->base.softva->checks, EVENT_REFERENCES_MISSING);
		return false;
	}
	picture->ref_slots[i] = (unsigned int)slot;
	return av1_check(picture, CHECK_REFERENCE_SIZE,
			 is_size_good(picture, &picture->state->slots[slot]));
}

bool av1_slots_find(struct av1_picture *picture, struct bytes *packet)
{
	struct av1_state *state = picture->state;
	VASurfaceID target = picture->pic->current_frame;
	bool good = true;

	if (!av1_is_intra(picture)) {
		av1_check(picture, CHECK_TARGET_NOT_REFERENCE, !is_in_map(picture, target));
		decode_again(picture, packet);
	} else if (picture->pic->pic_info_fields.bits.frame_type == AV1_INTRA_ONLY) {
		decode_again(picture, packet);
	}
	bytes_finish(&state->last);
	state->last = (struct bytes){.data = NULL};
	state->last_slot.surface = VA_INVALID_SURFACE;
	for (unsigned int i = 0; i < AV1_REFS && !av1_is_intra(picture); i++)
		good = find_reference(picture, i) && good;
	return good;
}

void av1_slots_choose(struct av1_picture *picture)
{
	unsigned int type = picture->pic->pic_info_fields.bits.frame_type;
	int slot;

	if (av1_is_shown_key(picture) || type == AV1_SWITCH) {
		picture->refresh_frame_flags = 0xff;
		return;
	}
	slot = find_free(picture);
	picture->refresh_frame_flags = slot < 0 ? 0 : (uint8_t)(1u << slot);
}

static void fill(const struct av1_picture *picture, struct av1_slot *slot)
{
	const VADecPictureParameterBufferAV1 *pic = picture->pic;

	slot->surface = pic->current_frame;
	slot->order_hint = pic->order_hint;
	slot->width = pic->frame_width_minus1 + 1u;
	slot->height = pic->frame_height_minus1 + 1u;
	for (unsigned int i = 0; i < AV1_MOTIONS; i++)
		memcpy(slot->motion[i], pic->wm[i].wmmat, sizeof(slot->motion[i]));
}

void av1_slots_record(struct av1_picture *picture, const struct bytes *packet, size_t from)
{
	struct av1_state *state = picture->state;

	/* What was in the surface is no more. */
	for (unsigned int i = 0; i < AV1_SLOTS; i++)
		if (state->slots[i].surface == picture->pic->current_frame)
			state->slots[i].surface = VA_INVALID_SURFACE;
	for (unsigned int i = 0; i < AV1_SLOTS; i++)
		if (picture->refresh_frame_flags >> i & 1)
			fill(picture, &state->slots[i]);
	if (picture->refresh_frame_flags)
		return;
	fill(picture, &state->last_slot);
	bytes_append(&state->last, packet->data + from, packet->size - from);
	state->last_refresh_at = picture->refresh_at;
	if (state->last.failed)
		state->last_slot.surface = VA_INVALID_SURFACE;
}
