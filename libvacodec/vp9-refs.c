/* SPDX-License-Identifier: MIT */
/*
 * vp9-refs.c - the reference slots, and what stands in for those that are not there
 *
 * Source: VP9 bitstream specification, 7.2 (refresh_frame_flags), 7.2.5 and 8.5.2.3 (what may be
 * referred to), 8.10 (update).
 */
#include "vp9.h"

#include <errno.h>
#include <string.h>

void vp9_refs_clear(struct vp9 *vp9)
{
	unsigned int i;

	for (i = 0; i < VP9_NUM_REF_FRAMES; i++) {
		vacodec_frame_unref(vp9->slots[i].frame);
		vp9->slots[i] = (struct vp9_slot){0};
		vp9->state.slots[i] = (struct vp9_slot_info){0};
	}
}

void vp9_refs_doubt(struct vp9 *vp9)
{
	unsigned int i;

	for (i = 0; i < VP9_NUM_REF_FRAMES; i++)
		vp9->slots[i].doubtful = vp9->slots[i].frame != NULL;
}

static int find_substitute(const struct vp9 *vp9)
{
	int i;

	for (i = 0; i < VP9_NUM_REF_FRAMES; i++) {
		if (vp9_slot_is_alike(&vp9->state.slots[i], &vp9->header) &&
		    vp9_slot_scales(&vp9->state.slots[i], &vp9->header))
			return i;
	}
	return -EBADMSG;
}

/* One whose size does not fit may be named as long as no block refers to it; not all may. */
static bool any_scales(const struct vp9 *vp9)
{
	unsigned int i;

	for (i = 0; i < VP9_REFS_PER_FRAME; i++) {
		if (vp9_slot_scales(&vp9->state.slots[vp9->ref_slots[i]], &vp9->header))
			return true;
	}
	return false;
}

int vp9_refs_repair(struct vp9 *vp9, unsigned int *missing)
{
	int substitute;
	unsigned int i;

	*missing = 0;
	if (vp9_header_is_intra(&vp9->header))
		return 0;
	for (i = 0; i < VP9_REFS_PER_FRAME; i++) {
		vp9->ref_slots[i] = vp9->header.ref_frame_idx[i];
		if (vp9_slot_is_alike(&vp9->state.slots[vp9->ref_slots[i]], &vp9->header))
			continue;
		substitute = find_substitute(vp9);
		if (substitute < 0)
			return substitute;
		vp9->ref_slots[i] = (uint8_t)substitute;
		(*missing)++;
	}
	return any_scales(vp9) ? 0 : -EBADMSG;
}

void vp9_refs_depend(struct vacodec_decoder *decoder, unsigned int missing)
{
	const struct vp9 *vp9 = decoder->codec;
	const struct vp9_slot *slot;
	unsigned int i;

	if (vp9_header_is_intra(&vp9->header))
		return;
	for (i = 0; i < VP9_REFS_PER_FRAME; i++) {
		slot = &vp9->slots[vp9->ref_slots[i]];
		picture_refer(decoder, slot->frame);
		if (slot->doubtful)
			missing++;
	}
	if (missing > 0)
		picture_refer_missing(decoder, UINT64_MAX);
}

void vp9_refs_update(struct vacodec_decoder *decoder)
{
	struct vp9 *vp9 = vp9_of(decoder);
	struct vp9_slot *slot;
	unsigned int i;

	for (i = 0; i < VP9_NUM_REF_FRAMES; i++) {
		if (!(vp9->header.refresh_frame_flags >> i & 1))
			continue;
		slot = &vp9->slots[i];
		vacodec_frame_unref(slot->frame);
		slot->frame = vacodec_frame_ref(decoder->current.frame);
		slot->doubtful = false;
	}
	vp9_state_update(&vp9->state, &vp9->header);
}
