/* SPDX-License-Identifier: MIT */
/*
 * frame-pool.c - the frames of one format: their surfaces, their context, and who holds them
 *
 * Surfaces come first, then the context with all of them as render targets: drivers size
 * themselves by them. A client's surface that comes up later makes a new context.
 */
#include "frame-pool.h"
#include "buffer.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct frame_pool {
	atomic_uint refs; /* the decoder's, and one for each frame that is out */
	struct vacodec_format format;
	struct vacodec_frame_ops ops;
	bool client_owned;
	struct vacodec_place place; /* its buffers are among the targets; lend NULL: none */
	struct wake *wake;
	struct vawrap_config *config;
	struct vawrap_context *context;
	struct vawrap_surface **targets; /* known to the context */
	unsigned int n_targets;
	unsigned int n_frames;
	struct vacodec_frame *frames; /* and as many more that show others again */
	pthread_mutex_t lock;         /* over what follows, and what frames depend on */
	struct vacodec_frame *free;
	struct vacodec_frame *free_again;
	bool retired;
};

static void drop_pictures(struct vacodec_frame *frame)
{
	frame->pictures[0] = vawrap_picture_unref(frame->pictures[0]);
	frame->pictures[1] = vawrap_picture_unref(frame->pictures[1]);
}

/* All but the frames that somebody holds. */
static void drop_context(struct frame_pool *pool)
{
	unsigned int i;

	for (i = 0; i < pool->n_frames; i++)
		drop_pictures(&pool->frames[i]);
	pool->context = vawrap_context_unref(pool->context);
	pool->config = vawrap_config_unref(pool->config);
	while (pool->n_targets > 0)
		vawrap_surface_unref(pool->targets[--pool->n_targets]);
}

static void pool_destroy(struct frame_pool *pool)
{
	unsigned int i;

	for (i = 0; i < pool->n_frames; i++) {
		drop_pictures(&pool->frames[i]);
		if (!pool->client_owned)
			vawrap_surface_unref(pool->frames[i].surface);
	}
	drop_context(pool);
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

struct frame_pool *frame_pool_retire(struct frame_pool *pool)
{
	struct vacodec_frame *frame;

	if (!pool)
		return NULL;
	pthread_mutex_lock(&pool->lock);
	frame = pool->free;
	pool->free = NULL;
	pool->retired = true;
	pthread_mutex_unlock(&pool->lock);
	drop_context(pool);
	for (; frame && !pool->client_owned; frame = frame->next_free)
		frame->surface = vawrap_surface_unref(frame->surface);
	return frame_pool_unref(pool);
}

const struct vacodec_format *frame_pool_get_format(const struct frame_pool *pool)
{
	return &pool->format;
}

void frame_pool_lock(struct frame_pool *pool)
{
	pthread_mutex_lock(&pool->lock);
}

void frame_pool_unlock(struct frame_pool *pool)
{
	pthread_mutex_unlock(&pool->lock);
}

/* What a format says of the stream, and not of its surfaces. */
bool frame_pool_adapt(struct frame_pool *pool, const struct vacodec_format *format,
		      unsigned int n_frames)
{
	struct vacodec_format same;

	memcpy(&same, format, sizeof(same)); /* with its padding */
	same.level = pool->format.level;
	same.crop = pool->format.crop;
	same.min_frames = pool->format.min_frames;
	same.max_reorder = pool->format.max_reorder;
	same.frame_rate_num = pool->format.frame_rate_num;
	same.frame_rate_den = pool->format.frame_rate_den;
	if (pool->client_owned || pool->place.lend || n_frames > pool->n_frames ||
	    memcmp(&same, &pool->format, sizeof(same)) != 0)
		return false;
	pool->format.crop = format->crop;
	return true;
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

/* The client's buffers come up with any picture: the context knows them from the beginning. */
static void add_buffers(struct frame_pool *pool)
{
	struct vacodec_buffer *buffer;
	unsigned int i;

	for (i = 0; i < pool->place.n_most; i++) {
		buffer = pool->place.list(pool->place.cookie, i);
		if (buffer)
			pool->targets[pool->n_targets++] =
				vawrap_surface_ref(buffer_get_surface(buffer));
	}
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
	add_buffers(pool);
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
	size_t n_buffers = params->place ? params->place->n_most : 0;

	if (!pool)
		return NULL;
	pool->frames = calloc(2 * (size_t)params->n_frames, sizeof(*pool->frames));
	/* Twice as many, for a client who changes surfaces on the way. */
	pool->targets =
		calloc(2 * (size_t)params->n_frames + n_buffers, sizeof(struct vawrap_surface *));
	if (!pool->frames || !pool->targets) {
		free(pool->frames);
		free(pool->targets);
		free(pool);
		return NULL;
	}
	atomic_init(&pool->refs, 1);
	pthread_mutex_init(&pool->lock, NULL);
	memcpy(&pool->format, params->format, sizeof(pool->format)); /* with its padding */
	pool->n_frames = params->n_frames;
	pool->wake = wake_ref(params->wake);
	pool->client_owned = params->ops != NULL;
	if (params->ops)
		pool->ops = *params->ops;
	if (params->place)
		pool->place = *params->place;
	return pool;
}

static void push_free(struct vacodec_frame **list, struct vacodec_frame *frame)
{
	frame->next_free = *list;
	*list = frame;
}

static void fill_free_lists(struct frame_pool *pool)
{
	unsigned int i;

	for (i = 0; i < 2 * pool->n_frames; i++) {
		pool->frames[i].pool = pool;
		push_free(i < pool->n_frames ? &pool->free : &pool->free_again, &pool->frames[i]);
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
	if (params->context_of) {
		pool->config = vawrap_config_ref(params->context_of->config);
		pool->context = vawrap_context_ref(params->context_of->context);
	} else {
		ret = make_config(pool, params);
		if (ret < 0)
			goto fail;
	}
	if (pool->client_owned)
		learn_client_surfaces(pool);
	else
		ret = make_own_surfaces(pool, params->display, params->rt_format);
	if (ret < 0)
		goto fail;
	if (!pool->context)
		ret = make_context(pool);
	if (ret < 0)
		goto fail;
	ret = make_pictures(pool);
	if (ret < 0)
		goto fail;
	fill_free_lists(pool);
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
		drop_pictures(frame);
	}
	frame->context = pool->context;
	ret = make_frame_pictures(pool, frame, surface);
	if (ret < 0)
		return ret;
	frame->surface = vawrap_surface_ref(surface);
	return 0;
}

static struct vacodec_frame *pop_free(struct frame_pool *pool, struct vacodec_frame **list)
{
	struct vacodec_frame *frame;

	pthread_mutex_lock(&pool->lock);
	frame = *list;
	if (frame)
		*list = frame->next_free;
	pthread_mutex_unlock(&pool->lock);
	return frame;
}

/* In a pool that is retired nobody needs the frame's memory any more. */
static void put_free(struct frame_pool *pool, struct vacodec_frame *frame)
{
	bool retired;

	pthread_mutex_lock(&pool->lock);
	retired = pool->retired;
	if (!retired)
		push_free(&pool->free, frame);
	pthread_mutex_unlock(&pool->lock);
	if (retired && !pool->client_owned)
		frame->surface = vawrap_surface_unref(frame->surface);
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

/* A buffer that came up after the context was made stays with the client. */
static void borrow_buffer(struct frame_pool *pool, struct vacodec_frame *frame)
{
	struct vacodec_buffer *buffer =
		pool->place.lend ? pool->place.lend(pool->place.cookie) : NULL;

	if (!buffer)
		return;
	if (!is_target(pool, buffer_get_surface(buffer))) {
		pool->place.take_back(pool->place.cookie, buffer);
		return;
	}
	frame->buffer = vacodec_buffer_ref(buffer);
	frame->own = frame->surface;
	frame->surface = vawrap_surface_ref(buffer_get_surface(buffer));
}

void frame_pool_return_buffer(struct vacodec_frame *frame)
{
	const struct vacodec_place *place = &frame->pool->place;

	frame->parameters = vawrap_buffer_unref(frame->parameters);
	if (!frame->buffer)
		return;
	/* With its decoder go pictures that nobody has waited for. */
	if (!frame_is_synced(frame))
		vawrap_surface_sync(frame->surface, -1);
	vawrap_surface_unref(frame->surface);
	frame->surface = frame->own;
	frame->own = NULL;
	atomic_store(&frame->vacated, FRAME_IN_PLACE);
	place->take_back(place->cookie, frame->buffer);
	frame->buffer = vacodec_buffer_unref(frame->buffer);
}

struct vacodec_frame *frame_pool_hold(struct frame_pool *pool, unsigned int i)
{
	struct vacodec_frame *frame = &pool->frames[i];
	unsigned int refs = atomic_load(&frame->refs);

	while (refs > 0 && !atomic_compare_exchange_weak(&frame->refs, &refs, refs + 1))
		;
	return refs > 0 ? frame : NULL;
}

unsigned int frame_pool_get_size(const struct frame_pool *pool)
{
	return pool->n_frames;
}

struct vawrap_context *frame_pool_get_context(const struct frame_pool *pool)
{
	return pool->context;
}

static void release_surface(struct frame_pool *pool, struct vacodec_frame *frame)
{
	frame_pool_return_buffer(frame);
	if (!pool->client_owned)
		return;
	pool->ops.release(pool->ops.cookie, frame->surface);
	frame->surface = vawrap_surface_unref(frame->surface);
}

/* The frame comes from the free list, so its last picture is synced or never began. */
static int prepare(struct frame_pool *pool, bool in_place, struct vacodec_frame *frame)
{
	int ret = pool->client_owned ? acquire_client(pool, frame) : 0;

	if (ret < 0)
		return ret;
	if (in_place)
		borrow_buffer(pool, frame);
	ret = vawrap_picture_reset(frame->pictures[0], frame->surface);
	if (ret == 0 && frame->pictures[1])
		ret = vawrap_picture_reset(frame->pictures[1], frame->surface);
	if (ret < 0)
		release_surface(pool, frame);
	return ret;
}

/* The first reference on a frame, which is one on the pool. */
static void begin_life(struct frame_pool *pool, struct vacodec_frame *frame)
{
	atomic_fetch_add_explicit(&pool->refs, 1, memory_order_relaxed);
	atomic_store(&frame->refs, 1);
	atomic_store(&frame->flags, 0);
	atomic_store(&frame->error, 0);
	frame->current = 0;
	frame->is_reference = false;
	frame->crop = pool->format.crop;
	memset(&frame->notes, 0, sizeof(frame->notes));
	atomic_store(&frame->sync_result, FRAME_SYNC_PENDING);
}

int frame_pool_acquire(struct frame_pool *pool, bool in_place, struct vacodec_frame **out)
{
	struct vacodec_frame *frame = pop_free(pool, &pool->free);
	int ret;

	*out = NULL;
	if (!frame)
		return -EAGAIN;
	ret = prepare(pool, in_place, frame);
	if (ret < 0) {
		put_free(pool, frame);
		return ret;
	}
	begin_life(pool, frame);
	*out = frame;
	return 0;
}

int frame_pool_acquire_again(struct vacodec_frame *first, struct vacodec_frame **out)
{
	struct frame_pool *pool = first->pool;
	struct vacodec_frame *frame = pop_free(pool, &pool->free_again);

	*out = frame;
	if (!frame)
		return -EAGAIN;
	begin_life(pool, frame);
	frame->again = vacodec_frame_ref(first);
	frame->surface = first->surface;
	frame->crop = first->crop;
	frame->notes = first->notes;
	return 0;
}

static void give_back_again(struct frame_pool *pool, struct vacodec_frame *frame)
{
	struct vacodec_frame *first = frame->again;

	frame->again = NULL;
	frame->surface = NULL;
	pthread_mutex_lock(&pool->lock);
	push_free(&pool->free_again, frame);
	pthread_mutex_unlock(&pool->lock);
	vacodec_frame_unref(first);
}

void frame_pool_give_back(struct vacodec_frame *frame)
{
	struct frame_pool *pool = frame->pool;
	struct wake *wake = wake_ref(pool->wake);

	if (frame->again) {
		give_back_again(pool, frame);
	} else {
		frame_drop_depends(frame);
		frame->clean = vacodec_frame_unref(frame->clean);
		release_surface(pool, frame);
		put_free(pool, frame);
	}
	frame_pool_unref(pool);
	wake_frame_free(wake);
	wake_unref(wake);
}
