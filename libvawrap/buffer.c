/* SPDX-License-Identifier: MIT */
/*
 * buffer.c - parameter, data and coded buffers of a context
 *
 * A buffer that goes back to its context's pool keeps its VA id there, for the next one of its type
 * and size, whose content is written through a mapping.
 */
#include <string.h>
#include "internal.h"

#if defined(VA_MAPBUFFER_FLAG_DEFAULT) /* from 1.21 on */
_Static_assert(VAWRAP_MAP_READ == VA_MAPBUFFER_FLAG_READ, "the intents are libva's flags");
_Static_assert(VAWRAP_MAP_WRITE == VA_MAPBUFFER_FLAG_WRITE, "the intents are libva's flags");
#endif

struct vawrap_buffer {
	struct handle handle;
	struct vawrap_context *context;
	struct context_idle kind; /* its type and size */
	bool mapped;
	struct shadow shadow; /* what the content points to */
};

static void destroy(struct handle *handle)
{
	struct vawrap_buffer *buffer = (struct vawrap_buffer *)handle;
	struct vawrap_display *display = handle->display;
	struct vawrap_context *context = buffer->context;

	buffer->kind.id = handle->id;
	if (!context_keep(context, &buffer->kind))
		DISPLAY_DESTROY(display, vaDestroyBuffer, handle->id);
	handle_retire(handle);
	vawrap_context_unref(context);
}

static void finish(struct handle *handle)
{
	shadow_finish(&((struct vawrap_buffer *)handle)->shadow);
}

static const struct handle_class buffer_class = {
	.kind = VAWRAP_KIND_BUFFER,
	.size_bytes = sizeof(struct vawrap_buffer),
	.destroy = destroy,
	.finish = finish,
};

static int write_content(struct vawrap_display *display, VABufferID id,
			 const struct types_content *content)
{
	void *data;
	int error = content->data ? buffer_map_id(display, id, VAWRAP_MAP_WRITE, &data) : 0;

	if (error || !content->data)
		return error;
	memcpy(data, content->data, (size_t)content->size_bytes * content->n);
	return buffer_unmap_id(display, id);
}

/* An idle buffer of the context's pool, or a new one. */
static int create(struct vawrap_context *context, const struct types_content *content,
		  VABufferID *id)
{
	struct vawrap_display *display = vawrap_context_get_display(context);
	struct context_idle idle = {content->type, content->size_bytes, content->n, VA_INVALID_ID};
	int error;

	/* The driver copies the content, though the call takes it as non-const. */
	if (!context_take(context, &idle))
		return DISPLAY_CALL(display, vaCreateBuffer, vawrap_context_get_id(context),
				    content->type, content->size_bytes, content->n,
				    (void *)(uintptr_t)content->data, id);
	*id = idle.id;
	error = write_content(display, idle.id, content);
	if (error)
		DISPLAY_DESTROY(display, vaDestroyBuffer, idle.id);
	return error;
}

/* Checks the content by its type, and has what it points to live as long as the buffer. */
static int prepare(struct vawrap_buffer *buffer, const struct types *types,
		   struct types_content *content)
{
	const struct types_pointer *pointers;
	int error = types_check(types, content, &pointers);

	if (error || !pointers || !content->data)
		return error;
	error = shadow_copy(&buffer->shadow, content, pointers);
	content->data = buffer->shadow.memory;
	return error;
}

int vawrap_buffer_new_at(struct vawrap_context *context, VABufferType type, size_t size_bytes,
			 size_t n, const void *data, struct vawrap_buffer **out, const char *site)
{
	struct types_content content = {.type = type, .data = data};
	struct vawrap_buffer *buffer;
	VABufferID id = VA_INVALID_ID;
	int error;

	*out = NULL;
	if (size_bytes == 0 || n == 0 || size_bytes > INT32_MAX || n > INT32_MAX / size_bytes)
		return -EINVAL;
	content.size_bytes = (unsigned int)size_bytes;
	content.n = (unsigned int)n;
	buffer = handle_new(vawrap_context_get_display(context), &buffer_class, site);
	if (!buffer)
		return -ENOMEM;
	error = prepare(buffer, context_get_types(context), &content);
	if (!error)
		error = create(context, &content, &id);
	if (error) {
		handle_retire(&buffer->handle);
		return error;
	}
	buffer->context = vawrap_context_ref(context);
	buffer->kind = (struct context_idle){type, content.size_bytes, content.n, id};
	buffer->mapped = false;
	handle_publish(&buffer->handle, id);
	*out = buffer;
	return 0;
}

struct vawrap_buffer *vawrap_buffer_ref(struct vawrap_buffer *buffer)
{
	return handle_ref((struct handle *)buffer);
}

struct vawrap_buffer *vawrap_buffer_unref(struct vawrap_buffer *buffer)
{
	handle_unref((struct handle *)buffer);
	return NULL;
}

VABufferID vawrap_buffer_get_id(const struct vawrap_buffer *buffer)
{
	return buffer->handle.id;
}

int buffer_check(const struct vawrap_buffer *buffer, const struct vawrap_context *context)
{
	if (!buffer || buffer->context != context)
		return -EINVAL;
	return buffer->mapped ? -EBUSY : 0;
}

int vawrap_buffer_copy(struct vawrap_buffer *to, struct vawrap_buffer *from)
{
	VACopyObject there = {.obj_type = VACopyObjectBuffer};
	VACopyObject here = {.obj_type = VACopyObjectBuffer};

	if (!from || to == from || from->handle.display != to->handle.display)
		return -EINVAL;
	if (to->mapped || from->mapped)
		return -EBUSY;
	there.object.buffer_id = to->handle.id;
	here.object.buffer_id = from->handle.id;
	return vpp_copy(to->handle.display, &there, &here);
}

int vawrap_buffer_sync(struct vawrap_buffer *buffer, int64_t timeout_ns)
{
	uint64_t limit_ns = timeout_ns < 0 ? VA_TIMEOUT_INFINITE : (uint64_t)timeout_ns;

	return DISPLAY_CALL(buffer->handle.display, vaSyncBuffer, buffer->handle.id, limit_ns);
}

int vawrap_buffer_map_for(struct vawrap_buffer *buffer, unsigned int intent, void **data)
{
	int error;

	*data = NULL;
	if (buffer->mapped)
		return -EBUSY;
	error = buffer_map_id(buffer->handle.display, buffer->handle.id, intent, data);
	if (error)
		return error;
	buffer->mapped = true;
	vawrap_buffer_ref(buffer);
	return 0;
}

int vawrap_buffer_map(struct vawrap_buffer *buffer, void **data)
{
	return vawrap_buffer_map_for(buffer, VAWRAP_MAP_READ | VAWRAP_MAP_WRITE, data);
}

/* The mapping is over whatever the driver says: nobody could end it a second time. */
int vawrap_buffer_unmap(struct vawrap_buffer *buffer)
{
	int error;

	if (!buffer->mapped)
		return -EINVAL;
	buffer->mapped = false;
	error = buffer_unmap_id(buffer->handle.display, buffer->handle.id);
	vawrap_buffer_unref(buffer);
	return error;
}

/* ---- Coded data ---- */

/* Source: va.h, VA_CODED_BUF_STATUS_*. */
static int check_status(uint32_t status)
{
	if (status & VA_CODED_BUF_STATUS_BAD_BITSTREAM)
		return -EBADMSG;
	if (status &
	    (VA_CODED_BUF_STATUS_SLICE_OVERFLOW_MASK | VA_CODED_BUF_STATUS_FRAME_SIZE_OVERFLOW))
		return -EMSGSIZE;
	return 0;
}

/* The driver's list ends by itself, or here: there is no more in it than the buffer holds. */
static int walk_segments(const VACodedBufferSegment *segment, size_t left_bytes,
			 struct vawrap_coded *coded, size_t capacity)
{
	size_t n = 0;
	int error = 0;

	for (; segment && !error; segment = segment->next) {
		if (n == capacity)
			return -ENOSPC;
		if (segment->size > left_bytes || (segment->size > 0 && !segment->buf))
			return -EIO;
		left_bytes -= segment->size;
		coded[n++] = (struct vawrap_coded){segment->buf, segment->size, segment->bit_offset,
						   segment->status};
		error = check_status(segment->status);
	}
	return error ? error : (int)n;
}

int vawrap_buffer_map_coded(struct vawrap_buffer *buffer, struct vawrap_coded *coded,
			    size_t capacity)
{
	void *list;
	int n;

	if (buffer->kind.type != VAEncCodedBufferType || capacity > INT32_MAX)
		return -EINVAL;
	n = vawrap_buffer_map_for(buffer, VAWRAP_MAP_READ, &list);
	if (n)
		return n;
	n = walk_segments(list, (size_t)buffer->kind.size_bytes * buffer->kind.n, coded, capacity);
	if (n < 0)
		vawrap_buffer_unmap(buffer);
	return n;
}

/* ---- Mapping, for images too ---- */

int buffer_map_id(struct vawrap_display *display, VABufferID id, unsigned int intent, void **data)
{
	int error;

	if (intent == 0 || intent > (VAWRAP_MAP_READ | VAWRAP_MAP_WRITE))
		return -EINVAL;
#if defined(VA_MAPBUFFER_FLAG_DEFAULT)
	error = DISPLAY_CALL(display, vaMapBuffer2, id, data, intent);
#else
	error = DISPLAY_CALL(display, vaMapBuffer, id, data);
#endif
	if (!error && !*data) {
		buffer_unmap_id(display, id);
		error = -EIO;
	}
	return error;
}

int buffer_unmap_id(struct vawrap_display *display, VABufferID id)
{
	return DISPLAY_CALL(display, vaUnmapBuffer, id);
}
