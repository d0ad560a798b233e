/* SPDX-License-Identifier: MIT */
/*
 * A decoding context: the picture being assembled by the client's thread, the queue, and the one worker
 * thread that decodes what is in it.
 */
#ifndef SOFTVA_CONTEXT_H
#define SOFTVA_CONTEXT_H

#include "bitio.h"
#include "codec.h"
#include "decoder.h"
#include "softva.h"
#include "vpp.h"

/* Two buffers for each macroblock of the largest picture in slices of one would be far too many. */
#define MAX_PICTURE_BUFFERS 20000

/* A picture on its way to the decoder. */
struct job {
	struct job *next;
	struct surface *surface;
	/* Gets the picture with film grain, while the other one is what is referred to; or NULL. */
	struct surface *display;
	struct bytes packet;
	/* Of video processing, instead of a packet. */
	struct vpp_pipeline *pipelines;
	/* The fields that this picture writes: 1 top, 2 bottom, 3 both. */
	unsigned int fields;
	bool second_field;
	/* Luma only. */
	bool mono;
	/* Forget all pictures before this one. */
	bool reset;
	/* A check failed: the picture is decoded, but is not good. */
	bool failed;
	/* What vaEndPicture says instead of queueing it. */
	VAStatus refused;
	/* Slice data that the client must leave alone meanwhile. */
	struct buffer **buffers;
	size_t num_buffers;
	/* The codec's, let go of with the job; or NULL. */
	void *own;
	void (*free_own)(void *own);
};

struct context {
	struct object object;
	struct softva *softva;
	const struct profile *profile;
	const struct codec *codec;
	/* VA_RT_FORMAT_* of its targets. */
	uint32_t rt_format;
	uint32_t width;
	uint32_t height;

	/* The client's side. */
	pthread_mutex_t lock;
	struct surface *target;
	struct buffer **rendered;
	size_t num_rendered;
	bool render_failed;
	/* The codec's; what of it is whose, it says. */
	void *state;
	/* Surfaces that were made before it; the targets that it knows, and may know (0: any). */
	unsigned int serial;
	VASurfaceID *known;
	unsigned int num_known, max_known;

	/* The worker's side. */
	pthread_t worker;
	bool worker_runs;
	pthread_mutex_t queue_lock;
	pthread_cond_t queue_filled;
	struct job *first, *last;
	bool stop;
	int stop_fd;
	int gate_fd;
	struct decoder decoder;
};

VAStatus context_create(VADriverContextP va, VAConfigID config, int width, int height, int flag,
			VASurfaceID *targets, int num_targets, VAContextID *id);
VAStatus context_destroy(VADriverContextP va, VAContextID id);
/* Whether the driver that is played has room for the target: under the context's lock. */
bool context_knows(struct context *context, const struct surface *target);
/* Decodes what is queued and joins the worker. */
void context_stop(struct context *context);
void context_queue(struct context *context, struct job *job);
void job_free(struct job *job);

/* picture.c */
VAStatus picture_begin(VADriverContextP va, VAContextID context, VASurfaceID target);
VAStatus picture_render(VADriverContextP va, VAContextID context, VABufferID *buffers, int count);
VAStatus picture_end(VADriverContextP va, VAContextID context);
void picture_drop(struct context *context);
/* Ends the context's picture without decoding it. */
void picture_abandon(VADriverContextP va, VAContextID context);

#endif
