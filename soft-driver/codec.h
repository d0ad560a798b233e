/* SPDX-License-Identifier: MIT */
/*
 * What a codec is to the driver: the sizes of its buffers, a state in each context, and how a picture's
 * buffers become a job for the worker. A codec is a row of such an object, its profiles in config.c, and
 * files of its own.
 */
#ifndef SOFTVA_CODEC_H
#define SOFTVA_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <va/va.h>

#include "check.h"

struct buffer;
struct context;
struct decoder_kind;
struct job;
struct softva;
struct surface;

/* A type of buffers that a picture may have. */
struct codec_buffer {
	VABufferType type;
	/* Of an element; the second one where extensions make it longer, else 0. */
	size_t size_bytes;
	size_t extended_bytes;
	/* Whether a buffer holds several elements. */
	bool many;
};

#define CODEC_MAX_BUFFERS 5

/*
 * open, close and build run on the client's threads under the context's lock (close when nobody is left);
 * decode and reset on the worker. Those that are NULL do nothing, or what libavcodec does.
 */
struct codec {
	const char *name;
	/* Slice data is not in it: any size will do. Ends with a size of 0. */
	struct codec_buffer buffers[CODEC_MAX_BUFFERS + 1];
	/* Of context->state, zero before open. */
	size_t state_size;
	/* libavcodec's decoder, or NULL where decode() is another's. */
	const struct decoder_kind *decoder;
	int (*open)(struct context *context);
	/* Failed or not, it is due after open. */
	void (*close)(struct context *context);
	/* Whether a buffer can be rendered into the context's picture; its size is good. */
	VAStatus (*render)(struct context *context, const struct buffer *buffer);
	/* Checks the rendered buffers; fills in the packet (empty if nothing can be decoded) and the rest. */
	void (*build)(struct context *context, struct job *job);
	/* Decodes the job's packet into its surface, whose lock it takes to write. 0 or -errno. */
	int (*decode)(struct context *context, struct job *job);
	/* Forget all pictures before. */
	void (*reset)(struct context *context);
};

#ifdef HAVE_DAV1D
extern const struct codec codec_av1;
#endif
extern const struct codec codec_h264;
extern const struct codec codec_vp8;
extern const struct codec codec_mpeg2;
extern const struct codec codec_hevc;
extern const struct codec codec_vp9;
extern const struct codec codec_vpp;

/* What the pictures of all codecs have while they are built. */
struct picture {
	struct softva *softva;
	struct context *context;
	struct surface *target;
	/* A check failed. */
	bool failed;
};

/* For the context's picture. */
struct picture picture_start(struct context *context);
/* Counts a check; a failed one fails the picture. Returns good. */
bool picture_check(struct picture *picture, enum check check, bool good);
/* The data of the first rendered buffer of a type and its element's size (if size is not NULL), or NULL. */
const void *picture_find(const struct context *context, VABufferType type, size_t *size);

struct picture_slice {
	/* An element of a slice parameter buffer. */
	const void *param;
	size_t param_size;
	/* All of the data buffer that goes with it. */
	const void *data;
	size_t data_size;
	/* Of vp8=lookback: what stands before it and was the client's, too. */
	size_t before_bytes;
};

/* The n-th slice parameter buffer describes slices in the n-th data buffer. */
void picture_for_each_slice(struct picture *picture,
			    void (*add)(struct picture *picture,
					const struct picture_slice *slice));

#endif
