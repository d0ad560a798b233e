/* SPDX-License-Identifier: MIT */
/*
 * frame-pool.h - the frames of one format: their surfaces, their context, and who holds them
 *
 * A frame is held by references: the codec's reference slots, the output queue, the ring of
 * pictures in flight, the client. With the last one it goes back to the pool. A frame holds its
 * pool, so that both outlive the decoder.
 */
#ifndef LIBVACODEC_FRAME_POOL_H
#define LIBVACODEC_FRAME_POOL_H

#include "vacodec.h"
#include "vawrap.h"
#include "wake.h"

#include <stdatomic.h>

#define FRAME_POOL_MAX_FRAMES 256

/* What a picture may refer to; what is beyond says nothing about it. */
#define FRAME_MAX_DEPENDS 32

/* vacodec_frame.sync_result while nobody has seen the picture finished. */
#define FRAME_SYNC_PENDING 1

struct frame_pool;

/* What the stream says of a picture, for the client alone. */
struct frame_notes {
	struct vacodec_mastering_display mastering;
	struct vacodec_content_light light;
	struct vacodec_picture_hash hash;
};

/* Of a frame in a buffer that the client has back, and that is only referred to there. */
enum frame_vacated {
	FRAME_IN_PLACE, /* not so */
	FRAME_MOVED,    /* it is shown from its own surface */
	FRAME_LOST,     /* what is shown may be anything */
};

struct vacodec_frame {
	atomic_uint refs;
	struct frame_pool *pool;
	struct vawrap_surface *surface;
	struct vacodec_buffer *buffer; /* of the client's, whose surface it is; NULL: the pool's */
	struct vawrap_surface *own;    /* meanwhile the frame's own surface; else NULL */
	atomic_int vacated;            /* enum frame_vacated */
	struct vawrap_buffer *parameters; /* in a buffer and not submitted: they name the surface */
	struct vawrap_picture *pictures[2];   /* the decoder's thread only; [1]: a second field's */
	unsigned int current;                 /* picture that is being filled */
	const struct vawrap_context *context; /* of the pictures, which hold it */
	uint64_t timestamp;
	uint64_t number;   /* in decoding order; the decoder's thread only, as the next ones */
	int64_t order;     /* in output order */
	bool is_reference; /* the codec keeps it */
	/* Frames whose damage is damage here and that were not done when this one was submitted. */
	struct vacodec_frame *depends[FRAME_MAX_DEPENDS]; /* references; under the pool's lock */
	unsigned int n_depends;
	atomic_uint flags;      /* enum vacodec_frame_flags */
	atomic_int error;       /* the first of its pictures' errors, 0 without one */
	atomic_int sync_result; /* FRAME_SYNC_PENDING, 0 or -errno; the first result stays */
	struct vacodec_rect crop;
	struct frame_notes notes;
	struct vacodec_frame
		*again; /* shown a second time by this one, which holds it; else NULL */
	/*
	 * What is shown has film grain, which references have not: the frame that the picture is decoded
	 * into, with a reference, while this one's surface gets it with grain. Else NULL.
	 */
	struct vacodec_frame *clean;
	struct vacodec_frame *next_free;
};

struct frame_pool_params {
	struct vawrap_display *display;
	const struct vacodec_format *format;
	unsigned int rt_format;
	const struct vacodec_frame_ops *ops; /* NULL: own surfaces */
	const struct vacodec_place *place; /* own surfaces, and the client's buffers; NULL: none */
	unsigned int n_frames;             /* all of them */
	struct wake *wake;
	const struct frame_pool
		*context_of; /* decode with its context; NULL: with one of its own */
};

int frame_pool_new(const struct frame_pool_params *params, struct frame_pool **out);
struct frame_pool *frame_pool_unref(struct frame_pool *pool);
/*
 * The decoder goes on with another pool, once all pictures are synced: lets go of it and of all its
 * memory but the frames that somebody holds, which may still be referred to.
 */
struct frame_pool *frame_pool_retire(struct frame_pool *pool);
/* True when it serves a format as it stands; its next frames have the format's crop. */
bool frame_pool_adapt(struct frame_pool *pool, const struct vacodec_format *format,
		      unsigned int n_frames);
const struct vacodec_format *frame_pool_get_format(const struct frame_pool *pool);
/*
 * Gives a frame with one reference; -EAGAIN when none is free. in_place: for a picture of the stream, which
 * may come into a buffer of the client's.
 */
int frame_pool_acquire(struct frame_pool *pool, bool in_place, struct vacodec_frame **out);
/*
 * Gives a second frame on the surface of one, which is shown again: of its own are the timestamp, the
 * flags and the crop; damage is that of the first. -EAGAIN when none is free.
 */
int frame_pool_acquire_again(struct vacodec_frame *frame, struct vacodec_frame **out);
/* One of the pool's frames, the place below get_size(), with another reference; NULL: nobody has it. */
struct vacodec_frame *frame_pool_hold(struct frame_pool *pool, unsigned int i);
unsigned int frame_pool_get_size(const struct frame_pool *pool);
struct vawrap_context *frame_pool_get_context(const struct frame_pool *pool);
/* The frame goes on in its own memory, where it had a buffer. */
void frame_pool_return_buffer(struct vacodec_frame *frame);
/* A frame without references goes back to its pool. */
void frame_pool_give_back(struct vacodec_frame *frame);
/* Over what frames of the pool depend on. */
void frame_pool_lock(struct frame_pool *pool);
void frame_pool_unlock(struct frame_pool *pool);

/* ---- frame.c: one frame ---- */

/* The frame's picture is decoded into another frame, whose reference goes to this one: see clean. */
int frame_decode_into(struct vacodec_frame *frame, struct vacodec_frame *clean);

/* From here on data is for the picture of the frame's second field. */
void frame_begin_second(struct vacodec_frame *frame);
/* Notes that one of the frame's pictures failed; 0 notes nothing. */
void frame_add_error(struct vacodec_frame *frame, int error);
/* The frame refers to another one: if that is flagged, now or once it is done, so is this one. */
void frame_depend(struct vacodec_frame *frame, struct vacodec_frame *reference);
/*
 * Records how decoding ended, with the errors noted before; the first result stays. What the
 * frame depends on is waited for.
 */
void frame_set_result(struct vacodec_frame *frame, int result);
/* The result is there. */
bool frame_is_synced(const struct vacodec_frame *frame);
void frame_add_flags(struct vacodec_frame *frame, uint32_t flags);
uint32_t frame_get_flags(const struct vacodec_frame *frame);
/* Lets go of what the frame depends on. */
void frame_drop_depends(struct vacodec_frame *frame);

#endif
