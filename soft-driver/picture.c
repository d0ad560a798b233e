/* SPDX-License-Identifier: MIT */
/*
 * vaBeginPicture, vaRenderPicture, vaEndPicture: collecting a picture's buffers and queueing it. The
 * parameters are read for good in vaEndPicture; slice data must stay as it is until the picture is done.
 */
#include "context.h"

#include <stdlib.h>
#include <string.h>

void picture_drop(struct context *context)
{
	for (size_t i = 0; i < context->num_rendered; i++)
		object_unref(&context->rendered[i]->object);
	context->num_rendered = 0;
	context->render_failed = false;
	if (context->target)
		object_unref(&context->target->object);
	context->target = NULL;
}

VAStatus picture_begin(VADriverContextP va, VAContextID id, VASurfaceID target)
{
	struct softva *softva = softva_of(va);
	struct context *context = object_get(&softva->heap, id, OBJECT_CONTEXT);
	struct surface *surface = object_get(&softva->heap, target, OBJECT_SURFACE);
	VAStatus status = VA_STATUS_SUCCESS;

	if (!context || !surface) {
		object_unref(context ? &context->object : NULL);
		object_unref(surface ? &surface->object : NULL);
		return context ? VA_STATUS_ERROR_INVALID_SURFACE : VA_STATUS_ERROR_INVALID_CONTEXT;
	}
	pthread_mutex_lock(&context->lock);
	if (check_count(&softva->checks, CHECK_CALL_ORDER, !context->target)) {
		context->target = surface;
	} else {
		status = VA_STATUS_ERROR_OPERATION_FAILED;
		object_unref(&surface->object);
	}
	pthread_mutex_unlock(&context->lock);
	object_unref(&context->object);
	return status;
}

static size_t element_size(VABufferType type)
{
	switch (type) {
	case VAPictureParameterBufferType:
		return sizeof(VAPictureParameterBufferH264);
	case VAIQMatrixBufferType:
		return sizeof(VAIQMatrixBufferH264);
	case VASliceParameterBufferType:
		return sizeof(VASliceParameterBufferH264);
	default:
		return 0;
	}
}

static VAStatus check_buffer(struct context *context, const struct buffer *buffer)
{
	struct check_table *checks = &context->softva->checks;
	size_t size = element_size(buffer->type);
	bool single = size && buffer->type != VASliceParameterBufferType;

	if (!check_count(checks, CHECK_BUFFER_CONTEXT, buffer->context == context->object.id))
		return VA_STATUS_ERROR_INVALID_BUFFER;
	if (!check_count(checks, CHECK_BUFFER_SIZE,
			 !size || (buffer->size_bytes == size &&
				   (!single || buffer->num_elements == 1))))
		return VA_STATUS_ERROR_INVALID_BUFFER;
	if (!check_count(checks, CHECK_CALL_ORDER, !buffer->mapped))
		return VA_STATUS_ERROR_OPERATION_FAILED;
	return VA_STATUS_SUCCESS;
}

static VAStatus keep(struct context *context, struct buffer *buffer)
{
	struct buffer **grown;
	size_t count = context->num_rendered;

	if (count == MAX_PICTURE_BUFFERS)
		return VA_STATUS_ERROR_MAX_NUM_EXCEEDED;
	if (!(count & (count - 1))) {
		grown = realloc(context->rendered, (count ? 2 * count : 1) * sizeof(*grown));
		if (!grown)
			return VA_STATUS_ERROR_ALLOCATION_FAILED;
		context->rendered = grown;
	}
	context->rendered[context->num_rendered++] = object_ref(&buffer->object);
	return VA_STATUS_SUCCESS;
}

static VAStatus render_one(struct context *context, VABufferID id)
{
	struct softva *softva = context->softva;
	struct buffer *buffer = object_get(&softva->heap, id, OBJECT_BUFFER);
	VAStatus status;

	if (!check_count(&softva->checks, CHECK_BUFFER_ID, buffer))
		return VA_STATUS_ERROR_INVALID_BUFFER;
	status = check_buffer(context, buffer);
	if (status == VA_STATUS_SUCCESS)
		status = keep(context, buffer);
	object_unref(&buffer->object);
	return status;
}

VAStatus picture_render(VADriverContextP va, VAContextID id, VABufferID *buffers, int count)
{
	struct softva *softva = softva_of(va);
	struct context *context = object_get(&softva->heap, id, OBJECT_CONTEXT);
	VAStatus status = VA_STATUS_SUCCESS;

	if (!context)
		return VA_STATUS_ERROR_INVALID_CONTEXT;
	pthread_mutex_lock(&context->lock);
	if (!check_count(&softva->checks, CHECK_CALL_ORDER, context->target))
		status = VA_STATUS_ERROR_OPERATION_FAILED;
	for (int i = 0; i < count && status == VA_STATUS_SUCCESS; i++)
		status = render_one(context, buffers[i]);
	if (status != VA_STATUS_SUCCESS)
		context->render_failed = true;
	pthread_mutex_unlock(&context->lock);
	object_unref(&context->object);
	return status;
}

static struct buffer *find_buffer(const struct context *context, VABufferType type, size_t *from)
{
	for (size_t i = *from; i < context->num_rendered; i++)
		if (context->rendered[i]->type == type) {
			*from = i + 1;
			return context->rendered[i];
		}
	*from = context->num_rendered;
	return NULL;
}

static const void *find_parameters(const struct context *context, VABufferType type)
{
	size_t from = 0;
	const struct buffer *buffer = find_buffer(context, type, &from);

	return buffer ? buffer->data : NULL;
}

/* The n-th slice parameter buffer describes slices in the n-th data buffer. */
static void add_slices(const struct context *context, struct h264_picture *picture)
{
	size_t param_from = 0, data_from = 0;

	for (;;) {
		const struct buffer *params =
			find_buffer(context, VASliceParameterBufferType, &param_from);
		const struct buffer *data = find_buffer(context, VASliceDataBufferType, &data_from);
		struct h264_slice_source source;

		if (!params && !data)
			return;
		if (!h264_check(picture, CHECK_SLICE_PAIRS, params && data))
			return;
		source.data = data->data;
		source.data_size = (size_t)data->size_bytes * data->num_elements;
		for (unsigned int i = 0; i < params->num_elements; i++) {
			source.param = (const VASliceParameterBufferH264 *)params->data + i;
			h264_picture_add_slice(picture, &source);
		}
	}
}

static int hold_slice_data(struct context *context, struct job *job)
{
	struct buffer *buffer;
	size_t from = 0;

	job->buffers = calloc(context->num_rendered + 1, sizeof(*job->buffers));
	if (!job->buffers)
		return -1;
	while ((buffer = find_buffer(context, VASliceDataBufferType, &from))) {
		atomic_fetch_add(&buffer->in_flight, 1);
		job->buffers[job->num_buffers++] = object_ref(&buffer->object);
	}
	return 0;
}

static void build(struct context *context, struct job *job)
{
	static const uint8_t padding[DECODER_PADDING];
	struct h264_picture picture = {
		.softva = context->softva,
		.context = context,
		.state = &context->h264,
		.target = context->target,
		.pic = find_parameters(context, VAPictureParameterBufferType),
		.iq = find_parameters(context, VAIQMatrixBufferType),
	};

	check_event(&context->softva->checks, EVENT_PICTURES);
	if (h264_check(&picture, CHECK_BUFFERS_PRESENT, picture.pic && picture.iq)) {
		h264_check(&picture, CHECK_BUFFERS_PRESENT,
			   find_parameters(context, VASliceParameterBufferType));
		h264_picture_begin(&picture);
		add_slices(context, &picture);
		h264_picture_end(&picture, &job->packet);
	}
	if (job->packet.size)
		bytes_append(&job->packet, padding, sizeof(padding));
	if (job->packet.failed)
		bytes_finish(&job->packet);
	job->fields = picture.fields;
	job->second_field = picture.second_field;
	job->mono = picture.pic && !picture.pic->seq_fields.bits.chroma_format_idc;
	job->reset = picture.reset;
	job->failed = picture.failed || context->render_failed;
}

static VAStatus submit(struct context *context)
{
	struct job *job = calloc(1, sizeof(*job));

	if (!job || hold_slice_data(context, job)) {
		free(job);
		return VA_STATUS_ERROR_ALLOCATION_FAILED;
	}
	job->surface = object_ref(&context->target->object);
	build(context, job);
	surface_submit(job->surface, !job->second_field);
	context_queue(context, job);
	return VA_STATUS_SUCCESS;
}

VAStatus picture_end(VADriverContextP va, VAContextID id)
{
	struct softva *softva = softva_of(va);
	struct context *context = object_get(&softva->heap, id, OBJECT_CONTEXT);
	VAStatus status = VA_STATUS_ERROR_OPERATION_FAILED;

	if (!context)
		return VA_STATUS_ERROR_INVALID_CONTEXT;
	pthread_mutex_lock(&context->lock);
	if (check_count(&softva->checks, CHECK_CALL_ORDER, context->target))
		status = submit(context);
	picture_drop(context);
	pthread_mutex_unlock(&context->lock);
	object_unref(&context->object);
	return status;
}
