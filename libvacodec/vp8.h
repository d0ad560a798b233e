/* SPDX-License-Identifier: MIT */
/*
 * vp8.h - the VP8 decoder's state, shared by its files
 */
#ifndef LIBVACODEC_VP8_H
#define LIBVACODEC_VP8_H

#include "decoder.h"
#include "vp8-header.h"

/* 9.7 */
enum vp8_reference {
	VP8_LAST,
	VP8_GOLDEN,
	VP8_ALTERNATE,
	VP8_N_REFERENCES,
};

struct vp8 {
	struct vp8_state state; /* that the last frame left */
	struct vacodec_frame *references[VP8_N_REFERENCES];
	struct vacodec_frame *shown; /* the last one; NULL: none */
	bool lost;                   /* a frame since the last key frame: all may differ */
	struct vp8_frame frame;      /* the one at hand */
};

static inline struct vp8 *vp8_of(struct vacodec_decoder *decoder)
{
	return decoder->codec;
}

/* A key frame's format as far as it does not depend on the display: without fourcc. */
void vp8_describe_format(const struct vp8_tag *tag, struct vacodec_format *format);

/* ---- vp8-va.c ---- */

/* The current picture's buffers; unit: the whole frame. */
int vp8_va_add_picture(struct vacodec_decoder *decoder, const struct unit *unit);

#endif
