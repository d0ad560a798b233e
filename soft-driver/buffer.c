/* SPDX-License-Identifier: MIT */
/*
 * Buffers: parameters, slice data, and the memory of images.
 */
#include "softva.h"

#include <stdlib.h>
#include <string.h>

#define MAX_BUFFER_BYTES (256u << 20)

static void buffer_free(struct object *object)
{
	struct buffer *buffer = (struct buffer *)object;

	if (buffer->surface)
		object_unref(&buffer->surface->object);
	else
		free(buffer->data);
	free(buffer);
}

static struct buffer *buffer_new(VABufferType type, unsigned int size, unsigned int count)
{
	struct buffer *buffer = calloc(1, sizeof(*buffer));

	if (!buffer)
		return NULL;
	object_init(&buffer->object, OBJECT_BUFFER, buffer_free);
	buffer->type = type;
	buffer->size_bytes = size;
	buffer->num_elements = count;
	buffer->context = VA_INVALID_ID;
	atomic_init(&buffer->in_flight, 0);
	return buffer;
}

static bool is_supported(VABufferType type)
{
	return type == VAProcPipelineParameterBufferType || type == VAPictureParameterBufferType ||
	       type == VAIQMatrixBufferType || type == VASliceParameterBufferType ||
	       type == VASliceDataBufferType || type == VAProbabilityBufferType;
}

static VAStatus buffer_add(struct softva *softva, struct buffer *buffer)
{
	if (!object_add(&softva->heap, &buffer->object))
		return VA_STATUS_SUCCESS;
	object_unref(&buffer->object);
	return VA_STATUS_ERROR_ALLOCATION_FAILED;
}

VAStatus buffer_create(VADriverContextP va, VAContextID context, VABufferType type,
		       unsigned int size, unsigned int count, void *data, VABufferID *id)
{
	struct softva *softva = softva_of(va);
	struct object *owner = object_get(&softva->heap, context, OBJECT_CONTEXT);
	struct buffer *buffer;
	VAStatus status;

	*id = VA_INVALID_ID;
	if (!owner)
		return VA_STATUS_ERROR_INVALID_CONTEXT;
	object_unref(owner);
	if (!is_supported(type))
		return VA_STATUS_ERROR_UNSUPPORTED_BUFFERTYPE;
	if (!size || !count || size > MAX_BUFFER_BYTES / count)
		return VA_STATUS_ERROR_INVALID_PARAMETER;
	buffer = buffer_new(type, size, count);
	if (!buffer)
		return VA_STATUS_ERROR_ALLOCATION_FAILED;
	buffer->context = context;
	buffer->data = data ? malloc((size_t)size * count) : calloc(count, size);
	if (!buffer->data) {
		object_unref(&buffer->object);
		return VA_STATUS_ERROR_ALLOCATION_FAILED;
	}
	if (data)
		memcpy(buffer->data, data, (size_t)size * count);
	status = buffer_add(softva, buffer);
	if (status == VA_STATUS_SUCCESS)
		*id = buffer->object.id;
	return status;
}

struct buffer *buffer_new_image(struct softva *softva, unsigned int size, struct surface *surface)
{
	struct buffer *buffer = buffer_new(VAImageBufferType, size, 1);

	if (!buffer)
		return NULL;
	if (surface) {
		buffer->surface = object_ref(&surface->object);
		buffer->data = surface->map;
	} else {
		buffer->data = calloc(1, size);
	}
	if (!buffer->data) {
		object_unref(&buffer->object);
		return NULL;
	}
	return buffer_add(softva, buffer) == VA_STATUS_SUCCESS ? buffer : NULL;
}

VAStatus buffer_set_num_elements(VADriverContextP va, VABufferID id, unsigned int count)
{
	struct buffer *buffer = object_get(&softva_of(va)->heap, id, OBJECT_BUFFER);
	VAStatus status = VA_STATUS_SUCCESS;

	if (!buffer)
		return VA_STATUS_ERROR_INVALID_BUFFER;
	/* Never more than what was allocated: drivers differ, and none grows here. */
	if (!count || count > buffer->num_elements)
		status = VA_STATUS_ERROR_INVALID_PARAMETER;
	else
		buffer->num_elements = count;
	object_unref(&buffer->object);
	return status;
}

static VAStatus map(struct softva *softva, struct buffer *buffer, void **data)
{
	if (buffer->type == VASliceDataBufferType)
		check_count(&softva->checks, CHECK_BUFFER_IN_FLIGHT,
			    !atomic_load(&buffer->in_flight));
	if (buffer->mapped)
		return VA_STATUS_ERROR_OPERATION_FAILED;
	if (buffer->surface)
		surface_access(softva, buffer->surface);
	buffer->mapped = true;
	*data = buffer->data;
	return VA_STATUS_SUCCESS;
}

VAStatus buffer_map(VADriverContextP va, VABufferID id, void **data)
{
	struct softva *softva = softva_of(va);
	struct buffer *buffer = object_get(&softva->heap, id, OBJECT_BUFFER);
	VAStatus status;

	if (!check_count(&softva->checks, CHECK_BUFFER_ID, buffer))
		return VA_STATUS_ERROR_INVALID_BUFFER;
	status = map(softva, buffer, data);
	object_unref(&buffer->object);
	return status;
}

VAStatus buffer_unmap(VADriverContextP va, VABufferID id)
{
	struct softva *softva = softva_of(va);
	struct buffer *buffer = object_get(&softva->heap, id, OBJECT_BUFFER);
	VAStatus status = VA_STATUS_SUCCESS;

	if (!check_count(&softva->checks, CHECK_BUFFER_ID, buffer))
		return VA_STATUS_ERROR_INVALID_BUFFER;
	if (!buffer->mapped)
		status = VA_STATUS_ERROR_OPERATION_FAILED;
	buffer->mapped = false;
	object_unref(&buffer->object);
	return status;
}

VAStatus buffer_destroy(VADriverContextP va, VABufferID id)
{
	struct softva *softva = softva_of(va);
	struct buffer *buffer = object_remove(&softva->heap, id, OBJECT_BUFFER);

	if (!check_count(&softva->checks, CHECK_BUFFER_ID, buffer))
		return VA_STATUS_ERROR_INVALID_BUFFER;
	object_unref(&buffer->object);
	return VA_STATUS_SUCCESS;
}

VAStatus buffer_info(VADriverContextP va, VABufferID id, VABufferType *type, unsigned int *size,
		     unsigned int *count)
{
	struct buffer *buffer = object_get(&softva_of(va)->heap, id, OBJECT_BUFFER);

	if (!buffer)
		return VA_STATUS_ERROR_INVALID_BUFFER;
	*type = buffer->type;
	*size = buffer->size_bytes;
	*count = buffer->num_elements;
	object_unref(&buffer->object);
	return VA_STATUS_SUCCESS;
}
