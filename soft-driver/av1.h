/* SPDX-License-Identifier: MIT */
/*
 * AV1: sequence and frame headers are written anew from VA's parameters, in front of the client's tiles,
 * and libdav1d decodes them. VA does not say which slots a frame goes to: softva keeps eight slots of its
 * own, by the surfaces that the client still names. Names are the AV1 specification's.
 */
#ifndef SOFTVA_AV1_H
#define SOFTVA_AV1_H

#include <va/va.h>
#include <va/va_dec_av1.h>

#include "bitio.h"
#include "codec.h"
#include "softva.h"

#define AV1_SLOTS     8
#define AV1_REFS      7
#define AV1_MAX_TILES 4096
#define AV1_MOTIONS   7

enum av1_frame_type {
	AV1_KEY,
	AV1_INTER,
	AV1_INTRA_ONLY,
	AV1_SWITCH,
};

struct av1_slot {
	VASurfaceID surface; /* VA_INVALID_SURFACE: empty */
	uint8_t order_hint;
	uint32_t width, height;
	/* gm_params of its frame, which the next one's are coded against (7.20). */
	int32_t motion[AV1_MOTIONS][6];
};

struct av1_state {
	struct av1_slot slots[AV1_SLOTS];
	/*
	 * The last frame, while it is in no slot: should the client name it, it is decoded again into one
	 * that is free by then.
	 */
	struct bytes last;
	struct av1_slot last_slot;
	size_t last_refresh_at; /* the bit where refresh_frame_flags is */
	/* The worker's. */
	void *dav1d;
};

struct av1_tile {
	const uint8_t *data;
	uint32_t size;
};

struct av1_picture {
	struct picture base;
	struct av1_state *state;
	const VADecPictureParameterBufferAV1 *pic;
	struct av1_tile *tiles;
	unsigned int num_tiles, num_given;
	/* The slots that ref_frame_idx means. */
	unsigned int ref_slots[AV1_REFS];
	uint8_t refresh_frame_flags;
	size_t refresh_at; /* its bit in the header */
};

static inline bool av1_is_intra(const struct av1_picture *picture)
{
	unsigned int type = picture->pic->pic_info_fields.bits.frame_type;

	return type == AV1_KEY || type == AV1_INTRA_ONLY;
}

static inline bool av1_is_shown_key(const struct av1_picture *picture)
{
	return picture->pic->pic_info_fields.bits.frame_type == AV1_KEY &&
	       picture->pic->pic_info_fields.bits.show_frame;
}

static inline bool av1_check(struct av1_picture *picture, enum check check, bool good)
{
	return picture_check(&picture->base, check, good);
}

/* ---- av1-slots.c ---- */

void av1_slots_init(struct av1_state *state);
/* Finds the picture's references; appends the last frame again if it needs a slot. */
bool av1_slots_find(struct av1_picture *picture, struct bytes *packet);
/* Chooses refresh_frame_flags. */
void av1_slots_choose(struct av1_picture *picture);
/* After the picture's packet was written, from that byte on. */
void av1_slots_record(struct av1_picture *picture, const struct bytes *packet, size_t from);

/* ---- av1-header.c, av1-tools.c ---- */

/* A sequence header OBU. */
void av1_write_sequence(const struct av1_picture *picture, struct bytes *packet);
/* uncompressed_header(), up to the tile group's first byte. */
void av1_write_frame_header(struct av1_picture *picture, struct bit_writer *w);
/* From quantization_params() on. */
void av1_write_tools(const struct av1_picture *picture, struct bit_writer *w);
/* The second part of tools, in a file of its own: global motion and grain. */
void av1_write_motion(const struct av1_picture *picture, struct bit_writer *w);
void av1_write_grain(const struct av1_picture *picture, struct bit_writer *w);
/* su(n) and ns(n) */
void av1_put_su(struct bit_writer *w, unsigned int n, int value);
void av1_put_ns(struct bit_writer *w, uint32_t n, uint32_t value);

/* ---- av1-dav1d.c ---- */

void av1_dav1d_close(struct context *context);
int av1_dav1d_decode(struct context *context, struct job *job);

#endif
