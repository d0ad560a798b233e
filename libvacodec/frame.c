/* SPDX-License-Identifier: MIT */
/*
 * frame.c - one frame: who holds it, what is known of it, when it is done
 */
#include "frame-pool.h"

#include <assert.h>
#include <errno.h>

struct vacodec_frame *vacodec_frame_ref(struct vacodec_frame *frame)
{
	if (frame)
		atomic_fetch_add_explicit(&frame->refs, 1, memory_order_relaxed);
	return frame;
}

struct vacodec_frame *vacodec_frame_unref(struct vacodec_frame *frame)
{
	if (frame && atomic_fetch_sub_explicit(&frame->refs, 1, memory_order_acq_rel) == 1)
		frame_pool_give_back(frame);
	return NULL;
}

int vacodec_frame_get_info(const struct vacodec_frame *frame, struct vacodec_frame_info *info)
{
	const struct vacodec_format *format;

	if (!frame || !info || info->size_bytes < sizeof(*info))
		return -EINVAL;
	format = frame_pool_get_format(frame->pool);
	info->timestamp = frame->timestamp;
	info->flags = frame_get_flags(frame);
	info->fourcc = format->fourcc;
	info->chroma = format->chroma;
	info->bit_depth = format->bit_depth;
	info->coded_width = format->coded_width;
	info->coded_height = format->coded_height;
	info->crop = frame->crop;
	info->mastering_display = frame->notes.mastering;
	info->content_light = frame->notes.light;
	info->hash = frame->notes.hash;
	return 0;
}

struct vawrap_surface *vacodec_frame_get_surface(const struct vacodec_frame *frame)
{
	if (frame && frame->again)
		frame = frame->again;
	if (!frame)
		return NULL;
	return atomic_load(&frame->vacated) == FRAME_MOVED ? frame->own : frame->surface;
}

void *vacodec_frame_get_place(const struct vacodec_frame *frame)
{
	if (frame && frame->again)
		frame = frame->again;
	if (!frame || atomic_load(&frame->vacated) == FRAME_MOVED)
		return NULL;
	return vacodec_buffer_get_cookie(frame->buffer);
}

int frame_decode_into(struct vacodec_frame *frame, struct vacodec_frame *clean)
{
	assert(!frame->clean);
	frame->clean = clean;
	return vawrap_picture_reset(frame->pictures[frame->current], clean->surface);
}

void frame_add_flags(struct vacodec_frame *frame, uint32_t flags)
{
	atomic_fetch_or(&frame->flags, flags);
}

/* One that shows another again has that one's damage. */
uint32_t frame_get_flags(const struct vacodec_frame *frame)
{
	uint32_t flags = atomic_load(&frame->flags);

	if (frame->again)
		return flags | (frame_get_flags(frame->again) & VACODEC_FRAME_CORRUPT);
	return atomic_load(&frame->vacated) == FRAME_LOST ? flags | VACODEC_FRAME_CORRUPT : flags;
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

	frame_pool_lock(frame->pool);
	n = frame->n_depends;
	for (i = 0; i < n; i++)
		depends[i] = take ? frame->depends[i] : vacodec_frame_ref(frame->depends[i]);
	if (take)
		frame->n_depends = 0;
	frame_pool_unlock(frame->pool);
	return n;
}

void frame_drop_depends(struct vacodec_frame *frame)
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
	frame_drop_depends(frame);
}

bool frame_is_synced(const struct vacodec_frame *frame)
{
	return atomic_load(&frame->sync_result) != FRAME_SYNC_PENDING;
}

int vacodec_frame_sync(struct vacodec_frame *frame, int64_t timeout_ns)
{
	int ret;

	if (!frame)
		return -EINVAL;
	if (frame->again)
		frame = frame->again;
	ret = atomic_load(&frame->sync_result);
	if (ret != FRAME_SYNC_PENDING)
		return ret;
	ret = frame->clean ? vawrap_surface_sync(frame->clean->surface, timeout_ns) : 0;
	if (ret == 0)
		ret = vawrap_surface_sync(frame->surface, timeout_ns);
	if (ret == -ETIMEDOUT)
		return ret;
	/* As in submit.c: a driver that is busy here has lost its device. */
	frame_set_result(frame, ret == -EBUSY ? -ENODEV : ret);
	ret = atomic_load(&frame->sync_result);
	return ret == FRAME_SYNC_PENDING ? 0 : ret;
}
