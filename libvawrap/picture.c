/* SPDX-License-Identifier: MIT */
/*
 * picture.c - one job on a context: a checked state machine that holds what the driver reads
 *
 * From a vaEndPicture() that the driver took until the target is synced, the job is pending: the
 * driver may still read the buffers, what they point to, and the reference surfaces. So whoever
 * drops a pending picture (the last unref, a reset) waits for it first. The arrays stay in the
 * recycled handle, so that a steady stream of pictures allocates nothing.
 */
#include <stdlib.h>
#include <string.h>
#include "internal.h"

#define MAX_HELD       65536
#define MAX_MISC_BYTES 1024

struct vawrap_picture {
	struct handle handle;
	struct vawrap_context *context;
	struct vawrap_surface *target;
	enum vawrap_picture_state state;
	bool pending;

	struct handle **held; /* surfaces and buffers that the content names by their ids */
	size_t n_held, cap_held;
	struct vawrap_buffer **buffers;
	VABufferID *ids; /* of the buffers */
	size_t n_buffers, cap_buffers, cap_ids;
	size_t n_rendered; /* buffers that the driver was given */
};

/* ---- The state machine: see the drawing in vawrap.h ---- */

enum event {
	EVENT_ADD,
	EVENT_BEGIN,
	EVENT_RENDER,
	EVENT_END,
	EVENT_ABORT,
	EVENT_SYNC,
	EVENT_RESET,
	N_EVENTS,
};

#define N_STATES (VAWRAP_PICTURE_FAILED + 1)

/* The next state, and 1 more: 0 is a hole. */
static const uint8_t transitions[N_STATES][N_EVENTS] = {
	[VAWRAP_PICTURE_NEW] = {[EVENT_ADD] = 1 + VAWRAP_PICTURE_NEW,
				[EVENT_BEGIN] = 1 + VAWRAP_PICTURE_BEGUN,
				[EVENT_RESET] = 1 + VAWRAP_PICTURE_NEW},
	[VAWRAP_PICTURE_BEGUN] = {[EVENT_ADD] = 1 + VAWRAP_PICTURE_BEGUN,
				  [EVENT_RENDER] = 1 + VAWRAP_PICTURE_RENDERED,
				  [EVENT_ABORT] = 1 + VAWRAP_PICTURE_FAILED},
	[VAWRAP_PICTURE_RENDERED] = {[EVENT_ADD] = 1 + VAWRAP_PICTURE_RENDERED,
				     [EVENT_RENDER] = 1 + VAWRAP_PICTURE_RENDERED,
				     [EVENT_END] = 1 + VAWRAP_PICTURE_ENDED,
				     [EVENT_ABORT] = 1 + VAWRAP_PICTURE_FAILED},
	[VAWRAP_PICTURE_ENDED] = {[EVENT_SYNC] = 1 + VAWRAP_PICTURE_SYNCED},
	[VAWRAP_PICTURE_SYNCED] = {[EVENT_RESET] = 1 + VAWRAP_PICTURE_NEW},
	[VAWRAP_PICTURE_FAILED] = {[EVENT_RESET] = 1 + VAWRAP_PICTURE_NEW},
};

static int check_event(const struct vawrap_picture *picture, enum event event)
{
	return transitions[picture->state][event] ? 0 : -EINVAL;
}

/* The one place that writes the state of a picture that exists. Returns error. */
static int advance(struct vawrap_picture *picture, enum event event, int error)
{
	picture->state =
		error ? VAWRAP_PICTURE_FAILED
		      : (enum vawrap_picture_state)(transitions[picture->state][event] - 1);
	return error;
}

/* ---- What it holds ---- */

static void drop_held(struct vawrap_picture *picture)
{
	for (size_t i = 0; i < picture->n_held; i++)
		handle_unref(picture->held[i]);
	for (size_t i = 0; i < picture->n_buffers; i++)
		vawrap_buffer_unref(picture->buffers[i]);
	picture->n_held = 0;
	picture->n_buffers = 0;
	picture->n_rendered = 0;
}

static int end_at_driver(struct vawrap_picture *picture)
{
	struct vawrap_display *display = picture->handle.display;
	int error = DISPLAY_CALL(display, vaEndPicture, vawrap_context_get_id(picture->context));

	picture->pending = !error;
	context_release(picture->context);
	return error;
}

/* Gets the picture into a state where nothing at the driver refers to what it holds. */
static void settle(struct vawrap_picture *picture)
{
	if (picture->state == VAWRAP_PICTURE_BEGUN || picture->state == VAWRAP_PICTURE_RENDERED)
		end_at_driver(picture);
	if (picture->pending)
		surface_wait(picture->target, -1);
	picture->pending = false;
}

static void destroy(struct handle *handle)
{
	struct vawrap_picture *picture = (struct vawrap_picture *)handle;
	struct vawrap_context *context = picture->context;
	struct vawrap_surface *target = picture->target;

	settle(picture);
	drop_held(picture);
	handle_retire(handle);
	vawrap_surface_unref(target);
	vawrap_context_unref(context);
}

static void finish(struct handle *handle)
{
	struct vawrap_picture *picture = (struct vawrap_picture *)handle;

	free(picture->held);
	free(picture->buffers);
	free(picture->ids);
}

static const struct handle_class picture_class = {
	.kind = VAWRAP_KIND_PICTURE,
	.size_bytes = sizeof(struct vawrap_picture),
	.destroy = destroy,
	.finish = finish,
};

/* Makes room for one more; returns the array, moved perhaps, or NULL. */
static void *grow(void *items, size_t n, size_t *capacity, size_t item_bytes)
{
	size_t wanted = *capacity ? *capacity * 2 : 16;
	void *moved;

	if (n < *capacity)
		return items;
	moved = reallocarray(items, wanted, item_bytes);
	if (moved)
		*capacity = wanted;
	return moved;
}

/* ---- The object ---- */

int vawrap_picture_new_at(struct vawrap_context *context, struct vawrap_surface *target,
			  struct vawrap_picture **out, const char *site)
{
	struct vawrap_display *display = vawrap_context_get_display(context);
	struct vawrap_picture *picture;

	*out = NULL;
	if (!target || vawrap_surface_get_display(target) != display)
		return -EINVAL;
	if (atomic_load_explicit(&display->shut_down, memory_order_relaxed))
		return -ESHUTDOWN;
	picture = handle_new(display, &picture_class, site);
	if (!picture)
		return -ENOMEM;
	picture->context = vawrap_context_ref(context);
	picture->target = vawrap_surface_ref(target);
	picture->state = VAWRAP_PICTURE_NEW;
	picture->pending = false;
	handle_publish(&picture->handle, 0);
	*out = picture;
	return 0;
}

struct vawrap_picture *vawrap_picture_ref(struct vawrap_picture *picture)
{
	return handle_ref((struct handle *)picture);
}

struct vawrap_picture *vawrap_picture_unref(struct vawrap_picture *picture)
{
	handle_unref((struct handle *)picture);
	return NULL;
}

enum vawrap_picture_state vawrap_picture_get_state(const struct vawrap_picture *picture)
{
	return picture->state;
}

struct vawrap_surface *vawrap_picture_get_target(const struct vawrap_picture *picture)
{
	return picture->target;
}

struct vawrap_context *picture_get_context(const struct vawrap_picture *picture)
{
	return picture->context;
}

static int hold(struct vawrap_picture *picture, struct handle *handle)
{
	int error = check_event(picture, EVENT_ADD);
	struct handle **held;

	if (error)
		return error;
	if (!handle || handle->display != picture->handle.display)
		return -EINVAL;
	if (picture->n_held >= MAX_HELD)
		return -ENOSPC;
	held = grow(picture->held, picture->n_held, &picture->cap_held, sizeof(struct handle *));
	if (!held)
		return -ENOMEM;
	picture->held = held;
	held[picture->n_held++] = handle_ref(handle);
	return advance(picture, EVENT_ADD, 0);
}

int vawrap_picture_add_reference(struct vawrap_picture *picture, struct vawrap_surface *surface)
{
	return hold(picture, (struct handle *)surface);
}

int vawrap_picture_hold_buffer(struct vawrap_picture *picture, struct vawrap_buffer *buffer)
{
	return hold(picture, (struct handle *)buffer);
}

static int make_room(struct vawrap_picture *picture)
{
	struct vawrap_buffer **buffers;
	VABufferID *ids;

	if (picture->n_buffers >= MAX_HELD)
		return -ENOSPC;
	buffers =
		grow(picture->buffers, picture->n_buffers, &picture->cap_buffers, sizeof(*buffers));
	if (!buffers)
		return -ENOMEM;
	picture->buffers = buffers;
	ids = grow(picture->ids, picture->n_buffers, &picture->cap_ids, sizeof(*ids));
	if (!ids)
		return -ENOMEM;
	picture->ids = ids;
	return 0;
}

int vawrap_picture_add_buffer(struct vawrap_picture *picture, struct vawrap_buffer *buffer)
{
	int error = check_event(picture, EVENT_ADD);

	if (!error)
		error = buffer_check(buffer, picture->context);
	if (!error)
		error = make_room(picture);
	if (error)
		return error;
	picture->ids[picture->n_buffers] = vawrap_buffer_get_id(buffer);
	picture->buffers[picture->n_buffers++] = vawrap_buffer_ref(buffer);
	return advance(picture, EVENT_ADD, 0);
}

int vawrap_picture_add_array(struct vawrap_picture *picture, VABufferType type, const void *data,
			     size_t size_bytes, unsigned int n)
{
	struct vawrap_buffer *buffer;
	int error = check_event(picture, EVENT_ADD);

	if (error)
		return error;
	error = vawrap_buffer_new_at(picture->context, type, size_bytes, n, data, &buffer,
				     picture->handle.site);
	if (error)
		return error;
	error = vawrap_picture_add_buffer(picture, buffer);
	vawrap_buffer_unref(buffer);
	return error;
}

int vawrap_picture_add_data(struct vawrap_picture *picture, VABufferType type, const void *data,
			    size_t size_bytes)
{
	return vawrap_picture_add_array(picture, type, data, size_bytes, 1);
}

int vawrap_picture_add_misc(struct vawrap_picture *picture, VAEncMiscParameterType type,
			    const void *data, size_t size_bytes)
{
	struct {
		VAEncMiscParameterType type;
		uint8_t content[MAX_MISC_BYTES];
	} misc = {.type = type};

	_Static_assert(offsetof(VAEncMiscParameterBuffer, data) == sizeof(misc.type), "as va.h");
	if (!data || size_bytes > MAX_MISC_BYTES)
		return -EINVAL;
	memcpy(misc.content, data, size_bytes);
	return vawrap_picture_add_data(picture, VAEncMiscParameterBufferType, &misc,
				       sizeof(misc.type) + size_bytes);
}

int vawrap_picture_add_packed_header(struct vawrap_picture *picture, uint32_t type,
				     const void *data, size_t bits, bool has_emulation_bytes)
{
	VAEncPackedHeaderParameterBuffer param = {
		.type = type,
		.bit_length = (uint32_t)bits,
		.has_emulation_bytes = has_emulation_bytes,
	};
	size_t before = picture->n_buffers;
	int error = !data || bits == 0 || bits > INT32_MAX ? -EINVAL : 0;

	if (!error)
		error = vawrap_picture_add_data(picture, VAEncPackedHeaderParameterBufferType,
						&param, sizeof(param));
	if (!error)
		error = vawrap_picture_add_data(picture, VAEncPackedHeaderDataBufferType, data,
						(bits + 7) / 8);
	/* One without the other would take the next buffer for its own. */
	while (error && picture->n_buffers > before)
		vawrap_buffer_unref(picture->buffers[--picture->n_buffers]);
	return error;
}

/* ---- The job ---- */

int vawrap_picture_begin(struct vawrap_picture *picture)
{
	struct vawrap_display *display = picture->handle.display;
	int error = check_event(picture, EVENT_BEGIN);

	if (!error)
		error = context_claim(picture->context);
	if (error)
		return error;
	error = DISPLAY_CALL(display, vaBeginPicture, vawrap_context_get_id(picture->context),
			     vawrap_surface_get_id(picture->target));
	if (error)
		context_release(picture->context);
	return advance(picture, EVENT_BEGIN, error);
}

int vawrap_picture_render(struct vawrap_picture *picture)
{
	struct vawrap_display *display = picture->handle.display;
	int n = (int)(picture->n_buffers - picture->n_rendered);
	int error = check_event(picture, EVENT_RENDER);

	if (error)
		return error;
	if (n == 0)
		return -EINVAL;
	error = DISPLAY_CALL(display, vaRenderPicture, vawrap_context_get_id(picture->context),
			     picture->ids + picture->n_rendered, n);
	picture->n_rendered = picture->n_buffers;
	/* Or the context would stay in the middle of this picture. */
	if (error)
		end_at_driver(picture);
	return advance(picture, EVENT_RENDER, error);
}

int vawrap_picture_end(struct vawrap_picture *picture)
{
	int error = check_event(picture, EVENT_END);

	if (error)
		return error;
	return advance(picture, EVENT_END, end_at_driver(picture));
}

int vawrap_picture_submit(struct vawrap_picture *picture)
{
	/* Or it would stay begun, with nothing to render. */
	int error = picture->n_buffers == 0 ? -EINVAL : vawrap_picture_begin(picture);

	if (!error)
		error = vawrap_picture_render(picture);
	return error ? error : vawrap_picture_end(picture);
}

int vawrap_picture_abort(struct vawrap_picture *picture)
{
	int error = check_event(picture, EVENT_ABORT);

	if (error)
		return error;
	error = end_at_driver(picture);
	advance(picture, EVENT_ABORT, 0);
	return error;
}

int vawrap_picture_sync(struct vawrap_picture *picture, int64_t timeout_ns)
{
	int error = check_event(picture, EVENT_SYNC);

	if (error)
		return error;
	error = surface_wait(picture->target, timeout_ns);
	if (error == -ETIMEDOUT)
		return error;
	/* After any other failure nobody knows whether the driver still reads: it stays pending. */
	if (!error || error == -EBADMSG) {
		picture->pending = false;
		drop_held(picture);
	}
	return advance(picture, EVENT_SYNC, error);
}

static bool is_target(const struct vawrap_picture *picture, const struct vawrap_surface *target)
{
	return target && vawrap_surface_get_display(target) == picture->handle.display;
}

static void set_target(struct vawrap_picture *picture, struct vawrap_surface *target)
{
	vawrap_surface_ref(target);
	vawrap_surface_unref(picture->target);
	picture->target = target;
}

int vawrap_picture_retarget(struct vawrap_picture *picture, struct vawrap_surface *target)
{
	if (picture->state != VAWRAP_PICTURE_NEW || !is_target(picture, target))
		return -EINVAL;
	set_target(picture, target);
	return 0;
}

int vawrap_picture_reset(struct vawrap_picture *picture, struct vawrap_surface *target)
{
	int error = check_event(picture, EVENT_RESET);

	if (error)
		return error;
	if (!is_target(picture, target))
		return -EINVAL;
	settle(picture);
	set_target(picture, target);
	drop_held(picture);
	return advance(picture, EVENT_RESET, 0);
}
