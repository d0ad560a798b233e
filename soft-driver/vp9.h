/* SPDX-License-Identifier: MIT */
/*
 * VP9: a frame is passed on as it is, since libavcodec takes nothing from VA. So the frame's header is
 * parsed here, too, and all that VA's buffers say is compared with it and with what came before.
 *
 * What pictures hand on to the next ones (probabilities, segments, references) is in a stream. It outlives
 * the context that began it: clients make a new context when the size changes, in the middle of a
 * sequence, too. The next context takes the stream over by the surfaces that its picture refers to.
 * Source: VP9 bitstream specification, 6.2, 7.2, 8.6.1, 8.8.1; va_dec_vp9.h.
 */
#ifndef SOFTVA_VP9_H
#define SOFTVA_VP9_H

#include <pthread.h>
#include <va/va.h>

#include "codec.h"
#include "decoder.h"
#include "softva.h"

#define VP9_SLOTS    8
#define VP9_SEGMENTS 8

struct vp9_color {
	uint8_t bit_depth;
	uint8_t subsampling_x;
	uint8_t subsampling_y;
};

struct vp9_slot {
	/* Of the picture in it, as the surface's content has it; 0: none. */
	uint32_t number;
	uint32_t width;
	uint32_t height;
};

/* What headers leave to the next one. */
struct vp9_past {
	struct vp9_color color;
	int8_t ref_deltas[4];
	int8_t mode_deltas[2];
	bool absolute;
	/* By feature: quantizer, filter level, reference, skip. */
	bool enabled[VP9_SEGMENTS][4];
	int16_t data[VP9_SEGMENTS][4];
	struct vp9_slot slots[VP9_SLOTS];
};

/* A header, and what VA's buffers must say of it. */
struct vp9_header {
	VADecPictureParameterBufferVP9 pic;
	VASegmentParameterVP9 segments[VP9_SEGMENTS];
	struct vp9_color color;
	bool intra;
	unsigned int refresh;
	/* After it. */
	struct vp9_past past;
};

/* 0, -EBADMSG, or -ENOENT where the size is that of a picture from before the start. */
int vp9_header_parse(struct vp9_header *header, const struct vp9_past *past, const uint8_t *data,
		     size_t size);
/* An index is cut to 0 to 255. */
int16_t vp9_dc_scale(unsigned int bit_depth, int index);
int16_t vp9_ac_scale(unsigned int bit_depth, int index);

/* ---- vp9-stream.c ---- */

struct vp9_stream {
	struct object object;
	/* Over what the client's threads know of it, and the turns. */
	pthread_mutex_t lock;
	pthread_cond_t turn_ends;
	struct vp9_past past;
	/* Pictures; the newest one's number. */
	uint32_t count;
	/* Pictures that were queued, in whatever context, and that are done: one decodes at a time. */
	uint32_t queued;
	uint32_t done;
	struct decoder decoder;
};

struct vp9_stream *vp9_stream_new(void);
/* A picture is queued: it has a turn, which the job holds until it is freed. 0 or -ENOMEM. */
int vp9_stream_queue(struct vp9_stream *stream, struct job *job);
/* Waits for the job's turn and decodes it. */
int vp9_stream_decode(struct context *context, struct job *job);

/* ---- vp9-check.c ---- */

struct vp9_picture {
	struct picture base;
	struct vp9_stream *stream;
	const VADecPictureParameterBufferVP9 *pic;
	const VASliceParameterBufferVP9 *slice;
	const uint8_t *data;
	size_t size;
	struct vp9_header header;
	bool unusable;
};

static inline bool vp9_check(struct vp9_picture *picture, enum check check, bool good)
{
	return picture_check(&picture->base, check, good);
}

/* Profile, samples, size, target. */
void vp9_check_picture(struct vp9_picture *picture);
void vp9_check_header(struct vp9_picture *picture);
/* Under the stream's lock. */
void vp9_check_references(struct vp9_picture *picture);

#endif
