/* SPDX-License-Identifier: MIT */
/*
 * frame-pool.c - the frames of one format: their surfaces, their context, and who holds them
 *
 * Surfaces come first, then the context with all of them as render targets: drivers size
 * themselves by them. A client's surface that comes up later makes a new context.
 */
#include "frame-pool.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct frame_pool {
	atomic_uint refs; /* the decoder's, and one for each frame that is out */
	struct vacodec_format format;
	struct vacodec_frame_ops ops;
	bool client_owned;
	struct wake *wake;
	struct vawrap_config *config;
	struct vawrap_context *context;
	struct vawrap_surface **targets; /* known to the context */
	unsigned int n_targets;
	unsigned int n_frames;
	struct vacodec_frame *frames;
	pthread_mutex_t lock; /* over free */
	struct vacodec_frame *free;
};

static void pool_destroy(struct frame_pool *pool)
{
	unsigned int i;

	for (i = 0; i < pool->n_frames; i++) {
		vawrap_picture_unref(pool->frames[i].pictures[0]);
		vawrap_picture_unref(pool->frames[i].pictures[1]);
		if (!pool->client_owned)
			vawrap_surface_unref(pool->frames[i].surface);
	}
	vawrap_context_unref(pool->context);
	vawrap_config_unref(pool->config);
	for (i = 0; i < pool->n_targets; i++)
		vawrap_surface_unref(pool->targets[i]);
	wake_unref(pool->wake);
	pthread_mutex_destroy(&pool->lock);
	free(pool->targets);
	free(pool->frames);
	free(pool);
}

struct frame_pool *frame_pool_unref(struct frame_pool *pool)
{
	if (pool && atomic_fetch_sub_explicit(&pool->refs, 1, memory_order_acq_rel) == 1)
		pool_destroy(pool);
	return NULL;
}

/* Makes the context over the targets; the old one lives on in its pictures. */
static int make_context(struct frame_pool *pool)
{
	struct vawrap_context *context;
	int ret = vawrap_context_new(pool->config, pool->format.coded_width,
				     pool->format.coded_height,
				     pool->format.interlaced ? 0 : VA_PROGRESSIVE, pool->targets,
				     pool->n_targets, &context);

	if (ret < 0)
		return ret;
	vawrap_context_unref(pool->context);
	pool->context = context;
	return 0;
}

static int make_own_surfaces(struct frame_pool *pool, struct vawrap_display *display,
			     unsigned int rt_format)
{
	struct vawrap_surface_params params = {
		.size_bytes = sizeof(params),
		.rt_format = rt_format,
		.fourcc = pool->format.fourcc,
		.width = pool->format.coded_width,
		.height = pool->format.coded_height,
	};
	unsigned int i;
	int ret = vawrap_surface_new_batch(display, &params, pool->targets, pool->n_frames);

	if (ret < 0)
		return ret;
	pool->n_targets = pool->n_frames;
	for (i = 0; i < pool->n_frames; i++)
		pool->frames[i].surface = vawrap_surface_ref(pool->targets[i]);
	return 0;
}

static bool is_target(const struct frame_pool *pool, const struct vawrap_surface *surface)
{
	unsigned int i;

	for (i = 0; i < pool->n_targets; i++) {
		if (pool->targets[i] == surface)
			return true;
	}
	return false;
}

/* Learns the client's surfaces: takes all that there are now, and gives them back. */
static void learn_client_surfaces(struct frame_pool *pool)
{
	struct vawrap_surface *surface;
	unsigned int i;

	while (pool->n_targets < pool->n_frames) {
		surface = pool->ops.acquire(pool->ops.cookie);
		if (!surface)
			break;
		pool->targets[pool->n_targets++] = vawrap_surface_ref(surface);
	}
	for (i = 0; i < pool->n_targets; i++)
		pool->ops.release(pool->ops.cookie, pool->targets[i]);
}

/* A frame's fields are pictures of their own on one surface. */
static int make_frame_pictures(struct frame_pool *pool, struct vacodec_frame *frame,
			       struct vawrap_surface *surface)
{
	unsigned int n = pool->format.interlaced ? 2 : 1;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < n && ret == 0; i++) {
		if (!frame->pictures[i])
			ret = vawrap_picture_new(pool->context, surface, &frame->pictures[i]);
	}
	return ret;
}

static int make_pictures(struct frame_pool *pool)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < pool->n_frames && !pool->client_owned && ret == 0; i++)
		ret = make_frame_pictures(pool, &pool->frames[i], pool->frames[i].surface);
	return ret;
}

static int make_config(struct frame_pool *pool, const struct frame_pool_params *params)
{
	VAConfigAttrib attrib = {.type = VAConfigAttribRTFormat, .value = params->rt_format};

	return vawrap_config_new(params->display, (VAProfile)params->format->profile,
				 VAEntrypointVLD, &attrib, 1, &pool->config);
}

static struct frame_pool *pool_alloc(const struct frame_pool_params *params)
{
	struct frame_pool *pool = calloc(1, sizeof(*pool));

	if (!pool)
		return NULL;
	pool->frames = calloc(params->n_frames, sizeof(*pool->frames));
	/* Twice as many, for a client who changes surfaces on the way. */
	pool->targets = calloc(2 * (size_t)params->n_frames, sizeof(struct vawrap_surface *));
	if (!pool->frames || !pool->targets) {
		free(pool->frames);
		free(pool->targets);
		free(pool);
		return NULL;
	}
	atomic_init(&pool->refs, 1);
	pthread_mutex_init(&pool->lock, NULL);
	pool->format = *params->format;
	pool->n_frames = params->n_frames;
	pool->wake = wake_ref(params->wake);
	pool->client_owned = params->ops != NULL;
	if (params->ops)
		pool->ops = *params->ops;
	return pool;
}

static void fill_free_list(struct frame_pool *pool)
{
	unsigned int i;

	for (i = 0; i < pool->n_frames; i++) {
		pool->frames[i].pool = pool;
		pool->frames[i].next_free = pool->free;
		pool->free = &pool->frames[i];
	}
}

int frame_pool_new(const struct frame_pool_params *params, struct frame_pool **out)
{
	struct frame_pool *pool;
	int ret;

	*out = NULL;
	if (params->n_frames == 0 || params->n_frames > FRAME_POOL_MAX_FRAMES)
		return -EINVAL;
	pool = pool_alloc(params);
	if (!pool)
		return -ENOMEM;
	ret = make_config(pool, params);
	if (ret < 0)
		goto fail;
	if (pool->client_owned)
		learn_client_surfaces(pool);
	else
		ret = make_own_surfaces(pool, params->display, params->rt_format);
	if (ret < 0)
		goto fail;
	ret = make_context(pool);
	if (ret < 0)
		goto fail;
	ret = make_pictures(pool);
	if (ret < 0)
		goto fail;
	fill_free_list(pool);
	*out = pool;
	return 0;
fail:
	pool_destroy(pool);
	return ret;
}

/* A surface that the context does not know yet makes a new one. */
static int learn_surface(struct frame_pool *pool, struct vawrap_surface *surface)
{
	int ret;

	if (is_target(pool, surface))
		return 0;
	if (pool->n_targets == 2 * pool->n_frames)
		vawrap_surface_unref(pool->targets[--pool->n_targets]);
	pool->targets[pool->n_targets++] = vawrap_surface_ref(surface);
	ret = make_context(pool);
	if (ret < 0)
		vawrap_surface_unref(pool->targets[--pool->n_targets]);
	return ret;
}

/* Gives a slot the surface that the client acquired. */
static int adopt_surface(struct frame_pool *pool, struct vacodec_frame *frame,
			 struct vawrap_surface *surface)
{
	int ret = learn_surface(pool, surface);

	if (ret < 0)
		return ret;
	if (frame->context != pool->context) {
		frame->pictures[0] = vawrap_picture_unref(frame->pictures[0]);
		frame->pictures[1] = vawrap_picture_unref(frame->pictures[1]);
	}
	frame->context = pool->context;
	ret = make_frame_pictures(pool, frame, surface);
	if (ret < 0)
		return ret;
	frame->surface = vawrap_surface_ref(surface);
	return 0;
}

static struct vacodec_frame *pop_free(struct frame_pool *pool)
{
	struct vacodec_frame *frame;

	pthread_mutex_lock(&pool->lock);
	frame = pool->free;
	if (frame)
		pool->free = frame->next_free;
	pthread_mutex_unlock(&pool->lock);
	return frame;
}

static void push_free(struct frame_pool *pool, struct vacodec_frame *frame)
{
	pthread_mutex_lock(&pool->lock);
	frame->next_free = pool->free;
	pool->free = frame;
	pthread_mutex_unlock(&pool->lock);
}

static int acquire_client(struct frame_pool *pool, struct vacodec_frame *frame)
{
	struct vawrap_surface *surface = pool->ops.acquire(pool->ops.cookie);
	int ret;

	if (!surface)
		return -EAGAIN;
	ret = adopt_surface(pool, frame, surface);
	if (ret < 0)
		pool->ops.release(pool->ops.cookie, surface);
	return ret;
}

static void release_surface(struct frame_pool *pool, struct vacodec_frame *frame)
{
	if (!pool->client_owned)
		return;
	pool->ops.release(pool->ops.cookie, frame->surface);
	frame->surface = vawrap_surface_unref(frame->surface);
}

/* The frame comes from the free list, so its last picture is synced or never began. */
static int prepare(struct frame_pool *pool, struct vacodec_frame *frame)
{
	int ret = pool->client_owned ? acquire_client(pool, frame) : 0;

	if (ret < 0)
		return ret;
	ret = vawrap_picture_reset(frame->pictures[0], frame->surface);
	if (ret == 0 && frame->pictures[1])
		ret = vawrap_picture_reset(frame->pictures[1], frame->surface);
	if (ret < 0)
		release_surface(pool, frame);
	return ret;
}

int frame_pool_acquire(struct frame_pool *pool, struct vacodec_frame **out)
{
	struct vacodec_frame *frame = pop_free(pool);
	int ret;

	*out = NULL;
	if (!frame)
		return -EAGAIN;
	ret = prepare(pool, frame);
	if (ret < 0) {
		push_free(pool, frame);
		return ret;
	}
	atomic_fetch_add_explicit(&pool->refs, 1, memory_order_relaxed);
	atomic_store(&frame->refs, 1);
	atomic_store(&frame->flags, 0);
	atomic_store(&frame->error, 0);
	frame->current = 0;
	frame->is_reference = false;
	atomic_store(&frame->sync_result, FRAME_SYNC_PENDING);
	*out = frame;
	return 0;
}

static void drop_depends(struct vacodec_frame *frame);

static void frame_free(struct vacodec_frame *frame)
{
	struct frame_pool *pool = frame->pool;
	struct wake *wake = wake_ref(pool->wake);

	drop_depends(frame);
	release_surface(pool, frame);
	push_free(pool, frame);
	frame_pool_unref(pool);
	wake_frame_free(wake);
	wake_unref(wake);
}

struct vacodec_frame *vacodec_frame_ref(struct vacodec_frame *frame)
{
	if (frame)
		atomic_fetch_add_explicit(&frame->refs, 1, memory_order_relaxed);
	return frame;
}

struct vacodec_frame *vacodec_frame_unref(struct vacodec_frame *frame)
{
	if (frame && atomic_fetch_sub_explicit(&frame->refs, 1, memory_order_acq_rel) == 1)
		frame_free(frame);
	return NULL;
}

int vacodec_frame_get_info(const struct vacodec_frame *frame, struct vacodec_frame_info *info)
{
	const struct vacodec_format *format;

	if (!frame || !info || info->size_bytes < sizeof(*info))
		return -EINVAL;
	format = &frame->pool->format;
	info->timestamp = frame->timestamp;
	info->flags = atomic_load(&frame->flags);
	info->fourcc = format->fourcc;
	info->chroma = format->chroma;
	info->bit_depth = format->bit_depth;
	info->coded_width = format->coded_width;
	info->coded_height = format->coded_height;
	info->crop = format->crop;
	return 0;
}

struct vawrap_surface *vacodec_frame_get_surface(const struct vacodec_frame *frame)
{
	return frame ? frame->surface : NULL;
}

void frame_add_flags(struct vacodec_frame *frame, uint32_t flags)
{
	atomic_fetch_or(&frame->flags, flags);
}

void frame_begin_second(struct vacodec_frame *frame)
{
	assert(frame->pictures[1]);
	frame->current = 1;
}

void frame_add_error(struct vacodec_frame *frame, int error)
{
	int none = 0;

	if (error == 0)
		return;
	atomic_compare_exchange_strong(&frame->error, &none, error);
	frame_add_flags(frame, VACODEC_FRAME_CORRUPT);
}

void frame_depend(struct vacodec_frame *frame, struct vacodec_frame *reference)
{
	unsigned int i;

	if (atomic_load(&reference->flags) & VACODEC_FRAME_CORRUPT)
		frame_add_flags(frame, VACODEC_FRAME_CORRUPT);
	if (reference == frame || atomic_load(&reference->sync_result) != FRAME_SYNC_PENDING ||
	    frame->n_depends == FRAME_MAX_DEPENDS)
		return;
	for (i = 0; i < frame->n_depends; i++) {
		if (frame->depends[i] == reference)
			return;
	}
	frame->depends[frame->n_depends++] = vacodec_frame_ref(reference);
}

/* Copies what the frame depends on, with references; or takes it away. */
static unsigned int get_depends(struct vacodec_frame *frame,
				struct vacodec_frame *depends[FRAME_MAX_DEPENDS], bool take)
{
	unsigned int i, n;

	pthread_mutex_lock(&frame->pool->lock);
	n = frame->n_depends;
	for (i = 0; i < n; i++)
		depends[i] = take ? frame->depends[i] : vacodec_frame_ref(frame->depends[i]);
	if (take)
		frame->n_depends = 0;
	pthread_mutex_unlock(&frame->pool->lock);
	return n;
}

static void drop_depends(struct vacodec_frame *frame)
{
	struct vacodec_frame *depends[FRAME_MAX_DEPENDS];
	unsigned int n = get_depends(frame, depends, true);

	while (n > 0)
		vacodec_frame_unref(depends[--n]);
}

/* Drivers do pictures in order, so these are done. No deeper than there are pictures in flight. */
static void inherit_flags(struct vacodec_frame *frame)
{
	struct vacodec_frame *depends[FRAME_MAX_DEPENDS];
	unsigned int n = get_depends(frame, depends, false);

	while (n > 0) {
		n--;
		vacodec_frame_sync(depends[n], -1);
		if (atomic_load(&depends[n]->flags) & VACODEC_FRAME_CORRUPT)
			frame_add_flags(frame, VACODEC_FRAME_CORRUPT);
		vacodec_frame_unref(depends[n]);
	}
}

void frame_set_result(struct vacodec_frame *frame, int result)
{
	int pending = FRAME_SYNC_PENDING;

	assert(result <= 0);
	inherit_flags(frame);
	if (result == 0)
		result = atomic_load(&frame->error);
	if (!atomic_compare_exchange_strong(&frame->sync_result, &pending, result))
		return;
	if (result < 0)
		frame_add_flags(frame, VACODEC_FRAME_CORRUPT);
	drop_depends(frame);
}

int vacodec_frame_sync(struct vacodec_frame *frame, int64_t timeout_ns)
{
	int ret;

	if (!frame)
		return -EINVAL;
	ret = atomic_load(&frame->sync_result);
	if (ret != FRAME_SYNC_PENDING)
		return ret;
	ret = vawrap_surface_sync(frame->surface, timeout_ns);
	if (ret == -ETIMEDOUT)
		return ret;
	/* As in submit.c: a driver that is busy here has lost its device. */
	frame_set_result(frame, ret == -EBUSY ? -ENODEV : ret);
	ret = atomic_load(&frame->sync_result);
	return ret == FRAME_SYNC_PENDING ? 0 : ret;
}
