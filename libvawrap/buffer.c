/* SPDX-License-Identifier: MIT */
/*
 * buffer.c - parameter and data buffers of a context
 */
#include "internal.h"

struct vawrap_buffer {
	struct handle handle;
	struct vawrap_context *context;
	bool mapped;
	struct shadow shadow; /* what the content points to */
};

static void destroy(struct handle *handle)
{
	struct vawrap_buffer *buffer = (struct vawrap_buffer *)handle;
	struct vawrap_display *display = handle->display;
	struct vawrap_context *context = buffer->context;

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

/* The driver copies the content and does not write to it, though the call takes it as non-const. */
static int create(struct vawrap_context *context, const struct types_content *content,
		  VABufferID *id)
{
	struct vawrap_display *display = vawrap_context_get_display(context);

	return DISPLAY_CALL(display, vaCreateBuffer, vawrap_context_get_id(context), content->type,
			    content->size_bytes, content->n, (void *)(uintptr_t)content->data, id);
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

int vawrap_buffer_copy(struct vawrap_buffer *to, struct vawrap_buffer *from, unsigned int mode)
{
	VACopyObject there = {.obj_type = VACopyObjectBuffer};
	VACopyObject here = {.obj_type = VACopyObjectBuffer};

	if (!from || to == from || from->handle.display != to->handle.display)
		return -EINVAL;
	if (to->mapped || from->mapped)
		return -EBUSY;
	there.object.buffer_id = to->handle.id;
	here.object.buffer_id = from->handle.id;
	return vpp_copy(to->handle.display, &there, &here, mode);
}

int vawrap_buffer_map(struct vawrap_buffer *buffer, void **data)
{
	int error;

	*data = NULL;
	if (buffer->mapped)
		return -EBUSY;
	error = buffer_map_id(buffer->handle.display, buffer->handle.id, data);
	if (error)
		return error;
	buffer->mapped = true;
	vawrap_buffer_ref(buffer);
	return 0;
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

/* ---- Mapping, for images too ---- */

int buffer_map_id(struct vawrap_display *display, VABufferID id, void **data)
{
	int error = DISPLAY_CALL(display, vaMapBuffer, id, data);

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
