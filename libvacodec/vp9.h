/* SPDX-License-Identifier: MIT */
/*
 * vp9.h - the VP9 decoder's state, shared by its files
 */
#ifndef LIBVACODEC_VP9_H
#define LIBVACODEC_VP9_H

#include "decoder.h"
#include "vp9-header.h"

struct vp9_slot {
	struct vacodec_frame *frame;
	bool doubtful; /* a frame was lost that may have refreshed it */
};

struct vp9 {
	struct vp9_state state;
	struct vp9_slot slots[VP9_NUM_REF_FRAMES]; /* frames of state.slots that are valid */
	struct vp9_header header;                  /* of the frame at hand */
	uint8_t ref_slots[VP9_REFS_PER_FRAME];     /* its references, or what stands in for them */
	/* What was refused last: one in the middle of a stream may be damage. */
	struct vp9_samples refused_samples;
	struct vp9_size refused_size;
	/* The samples whose profile and surfaces were found, and these. */
	struct vp9_samples chosen_samples;
	struct vacodec_format chosen;
	struct vp9_size max_size; /* that the display decodes; 0 before it was asked */
};

static inline struct vp9 *vp9_of(struct vacodec_decoder *decoder)
{
	return decoder->codec;
}

/* ---- vp9-superframe.c ---- */

/* As unit_split_fn; the packet is not empty. */
int vp9_split_packet(const uint8_t *packet, size_t size_bytes, struct unit_part *parts);

/* ---- vp9-quant.c: an index is clipped to 0 to 255 ---- */

int16_t vp9_get_dc_scale(unsigned int bit_depth, int index);
int16_t vp9_get_ac_scale(unsigned int bit_depth, int index);

/* ---- vp9-format.c ---- */

/* 420, 422, 440 or 444 */
unsigned int vp9_get_chroma(const struct vp9_samples *samples);
/* What frames of these samples and this size are; profile and fourcc are not set. */
void vp9_describe_format(const struct vp9_samples *samples, const struct vp9_size *size,
			 struct vacodec_format *format);
/*
 * The same with profile and fourcc; -ENOTSUP, which is told, when the display does not decode it. vp9
 * keeps what was chosen last; NULL: it is chosen anew.
 */
int vp9_get_format(struct vacodec_decoder *decoder, struct vp9 *vp9,
		   const struct vp9_samples *samples, const struct vp9_size *size,
		   struct vacodec_format *format);

/* ---- vp9-refs.c: the reference slots ---- */

void vp9_refs_clear(struct vp9 *vp9);
/* A frame was lost: whatever slot it would have refreshed. */
void vp9_refs_doubt(struct vp9 *vp9);
/*
 * Replaces references of the frame at hand that are not there or cannot serve by those that can;
 * -EBADMSG when none can. missing: how many were replaced.
 */
int vp9_refs_repair(struct vp9 *vp9, unsigned int *missing);
/* Damage of its references is damage of the current picture. */
void vp9_refs_depend(struct vacodec_decoder *decoder, unsigned int missing);
/* The current picture is done with: what it refreshes. */
void vp9_refs_update(struct vacodec_decoder *decoder);

/* ---- vp9-va.c ---- */

/* The current picture's buffers, with its references. */
int vp9_va_add_frame(struct vacodec_decoder *decoder, const struct unit *unit);

extern const struct probe_ops vp9_probe_ops;

#endif
