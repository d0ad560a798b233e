/* SPDX-License-Identifier: MIT */
/*
 * Buffers: parameters, slice data, and the memory of images.
 */
#include "context.h"
#include "softva.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_BUFFER_BYTES (256u << 20)
/* Of derive=slow, for each mapping. */
#define SLOW_NS 20000000

static void buffer_free(struct object *object)
{
	struct buffer *buffer = (struct buffer *)object;

	if (!buffer->surface || buffer->data != buffer->surface->map)
		free(buffer->data ? buffer->data - buffer->before_bytes : NULL);
	if (buffer->surface)
		object_unref(&buffer->surface->object);
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

/* The header that VA does not have is taken from before the data, if that begins at a multiple of 16. */
static unsigned int look_back(const struct softva *softva, const struct context *context,
			      VABufferType type, const void *data)
{
	return softva->quirks.vp8_lookback && data && type == VASliceDataBufferType &&
			       context->codec == &codec_vp8
		       ? (uintptr_t)data & 15
		       : 0;
}

static int fill(struct buffer *buffer, size_t size, const uint8_t *data)
{
	uint8_t *memory = data ? malloc(buffer->before_bytes + size) : calloc(1, size);

	if (!memory)
		return -ENOMEM;
	if (data)
		memcpy(memory, data - buffer->before_bytes, buffer->before_bytes + size);
	buffer->data = memory + buffer->before_bytes;
	return 0;
}

VAStatus buffer_create(VADriverContextP va, VAContextID id_of_context, VABufferType type,
		       unsigned int size, unsigned int count, void *data, VABufferID *id)
{
	struct softva *softva = softva_of(va);
	struct context *context = object_get(&softva->heap, id_of_context, OBJECT_CONTEXT);
	struct buffer *buffer;
	unsigned int before;
	VAStatus status;

	*id = VA_INVALID_ID;
	if (!context)
		return VA_STATUS_ERROR_INVALID_CONTEXT;
	before = look_back(softva, context, type, data);
	object_unref(&context->object);
	status = softva_enter(softva);
	if (status != VA_STATUS_SUCCESS)
		return status;
	if (!is_supported(type))
		return VA_STATUS_ERROR_UNSUPPORTED_BUFFERTYPE;
	if (!size || !count || size > MAX_BUFFER_BYTES / count)
		return VA_STATUS_ERROR_INVALID_PARAMETER;
	buffer = buffer_new(type, size, count);
	if (!buffer)
		return VA_STATUS_ERROR_ALLOCATION_FAILED;
	buffer->context = id_of_context;
	buffer->before_bytes = before;
	if (fill(buffer, (size_t)size * count, data)) {
		object_unref(&buffer->object);
		return VA_STATUS_ERROR_ALLOCATION_FAILED;
	}
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
	if (surface)
		buffer->surface = object_ref(&surface->object);
	if (surface && softva->quirks.derive != QUIRK_DERIVE_TILED)
		buffer->data = surface->map;
	else
		buffer->data = calloc(1, size);
	if (buffer->data && !surface && (softva->quirks.align || softva->quirks.gap))
		memset(buffer->data, SOFTVA_PADDING, size);
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

/* In time of the CPU, which is what reading such memory takes. */
static void burn(long ns)
{
	struct timespec begin, now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
	do
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	while ((now.tv_sec - begin.tv_sec) * 1000000000 + now.tv_nsec - begin.tv_nsec < ns);
}

static void show_surface(struct softva *softva, struct buffer *buffer)
{
	struct surface *surface = buffer->surface;

	surface_access(softva, surface);
	if (softva->quirks.derive == QUIRK_DERIVE_SLOW)
		burn(SLOW_NS);
	if (buffer->data == surface->map)
		return;
	pthread_mutex_lock(&surface->lock);
	tiles_show(surface, buffer->data, surface->planes);
	pthread_mutex_unlock(&surface->lock);
}

static VAStatus map(struct softva *softva, struct buffer *buffer, void **data)
{
	if (buffer->type == VASliceDataBufferType)
		check_count(&softva->checks, CHECK_BUFFER_IN_FLIGHT,
			    !atomic_load(&buffer->in_flight));
	if (buffer->mapped)
		return VA_STATUS_ERROR_OPERATION_FAILED;
	if (buffer->surface)
		show_surface(softva, buffer);
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
