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

static VAStatus check_target(const struct context *context, const struct surface *surface)
{
	const struct quirks *quirks = &context->softva->quirks;

	if (context->codec == &codec_vpp)
		return VA_STATUS_SUCCESS;
	if (surface->imported && quirks->import == QUIRK_IMPORT_VPP_ONLY)
		return VA_STATUS_ERROR_UNSUPPORTED_MEMORY_TYPE;
	if (quirks->bind_at_context && surface->serial >= context->serial)
		return VA_STATUS_ERROR_INVALID_SURFACE;
	return VA_STATUS_SUCCESS;
}

VAStatus picture_begin(VADriverContextP va, VAContextID id, VASurfaceID target)
{
	struct softva *softva = softva_of(va);
	struct context *context = object_get(&softva->heap, id, OBJECT_CONTEXT);
	struct surface *surface = object_get(&softva->heap, target, OBJECT_SURFACE);
	VAStatus status = softva_enter(softva);

	if (!context || !surface) {
		object_unref(context ? &context->object : NULL);
		object_unref(surface ? &surface->object : NULL);
		return context ? VA_STATUS_ERROR_INVALID_SURFACE : VA_STATUS_ERROR_INVALID_CONTEXT;
	}
	pthread_mutex_lock(&context->lock);
	if (status == VA_STATUS_SUCCESS)
		status = check_target(context, surface);
	if (status != VA_STATUS_SUCCESS) {
		object_unref(&surface->object);
	} else if (check_count(&softva->checks, CHECK_CALL_ORDER, !context->target)) {
		context->target = surface;
	} else {
		status = VA_STATUS_ERROR_OPERATION_FAILED;
		object_unref(&surface->object);
	}
	pthread_mutex_unlock(&context->lock);
	object_unref(&context->object);
	return status;
}

static const struct codec_buffer *find_row(const struct codec *codec, VABufferType type)
{
	for (const struct codec_buffer *row = codec->buffers; row->size_bytes; row++)
		if (row->type == type)
			return row;
	return NULL;
}

static bool is_size_good(const struct codec_buffer *row, const struct buffer *buffer)
{
	/* Data, or what the codec does not read. */
	if (!row)
		return true;
	return (buffer->size_bytes == row->size_bytes ||
		(row->extended_bytes && buffer->size_bytes == row->extended_bytes)) &&
	       (row->many || buffer->num_elements == 1);
}

static VAStatus check_buffer(struct context *context, const struct buffer *buffer)
{
	struct check_table *checks = &context->softva->checks;
	const struct codec_buffer *row = find_row(context->codec, buffer->type);

	if (!check_count(checks, CHECK_BUFFER_CONTEXT, buffer->context == context->object.id))
		return VA_STATUS_ERROR_INVALID_BUFFER;
	if (!check_count(checks, CHECK_BUFFER_SIZE, is_size_good(row, buffer)))
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
	if (status == VA_STATUS_SUCCESS && context->codec->render)
		status = context->codec->render(context, buffer);
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

const void *picture_find(const struct context *context, VABufferType type, size_t *size)
{
	size_t from = 0;
	const struct buffer *buffer = find_buffer(context, type, &from);

	if (buffer && size)
		*size = buffer->size_bytes;
	return buffer ? buffer->data : NULL;
}

struct picture picture_start(struct context *context)
{
	return (struct picture){
		.softva = context->softva, .context = context, .target = context->target};
}

bool picture_check(struct picture *picture, enum check check, bool good)
{
	if (check_count(&picture->softva->checks, check, good))
		return true;
	picture->failed = true;
	softva_log(picture->softva, "check %s failed: surface 0x%08x", check_name(check),
		   picture->target->object.id);
	return false;
}

/* All tiles of AV1 lie in one buffer, which its driver knows. */
static bool is_whole_slice(const struct picture *picture)
{
	VAProfile profile = picture->context->profile->profile;

	return picture->softva->quirks.slicedata_whole_buffer && profile != VAProfileAV1Profile0 &&
	       profile != VAProfileAV1Profile1;
}

/* A driver that takes no heed of where the client says that the slice is. */
static void take_whole_buffer(struct picture *picture, const struct buffer *params, size_t size)
{
	VASliceParameterBufferBase *base = (void *)params->data;

	picture_check(picture, CHECK_SLICE_PAIRS, params->num_elements == 1);
	if (params->size_bytes < sizeof(*base))
		return;
	base->slice_data_size = (uint32_t)size;
	base->slice_data_offset = 0;
}

void picture_for_each_slice(struct picture *picture,
			    void (*add)(struct picture *picture, const struct picture_slice *slice))
{
	const struct context *context = picture->context;
	size_t param_from = 0, data_from = 0;

	for (;;) {
		const struct buffer *params =
			find_buffer(context, VASliceParameterBufferType, &param_from);
		const struct buffer *data = find_buffer(context, VASliceDataBufferType, &data_from);
		struct picture_slice slice;

		if (!params && !data)
			return;
		if (!picture_check(picture, CHECK_SLICE_PAIRS, params && data))
			return;
		slice.data = data->data;
		slice.data_size = (size_t)data->size_bytes * data->num_elements;
		slice.before_bytes = data->before_bytes;
		slice.param_size = params->size_bytes;
		if (is_whole_slice(picture))
			take_whole_buffer(picture, params, slice.data_size);
		for (unsigned int i = 0; i < params->num_elements; i++) {
			slice.param = params->data + (size_t)i * params->size_bytes;
			add(picture, &slice);
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

	check_event(&context->softva->checks, EVENT_PICTURES);
	if (context->softva->no_decode < 2)
		context->codec->build(context, job);
	if (job->packet.size)
		bytes_append(&job->packet, padding, sizeof(padding));
	if (job->packet.failed)
		bytes_finish(&job->packet);
	if (context->render_failed)
		job->failed = true;
}

/* The call still says that all is well; whoever waits for the picture hears otherwise. */
static bool lose(struct context *context, struct job *job)
{
	struct softva *softva = context->softva;

	if (context->codec == &codec_vpp || !quirks_lose(&softva->quirks))
		return false;
	atomic_store(&softva->lost, true);
	surface_lose(job->surface);
	if (job->display)
		surface_lose(job->display);
	job_free(job);
	return true;
}

static VAStatus submit(struct context *context)
{
	bool poison = context->softva->no_decode < 2;
	struct job *job = calloc(1, sizeof(*job));

	if (!job || hold_slice_data(context, job)) {
		free(job);
		return VA_STATUS_ERROR_ALLOCATION_FAILED;
	}
	if (!context_knows(context, context->target)) {
		job_free(job);
		return VA_STATUS_ERROR_DECODING_ERROR;
	}
	job->surface = object_ref(&context->target->object);
	build(context, job);
	if (job->refused != VA_STATUS_SUCCESS) {
		VAStatus refused = job->refused;

		job_free(job);
		return refused;
	}
	if (lose(context, job))
		return VA_STATUS_SUCCESS;
	surface_submit(job->surface, poison && !job->second_field);
	if (job->display)
		surface_submit(job->display, poison);
	context_queue(context, job);
	return VA_STATUS_SUCCESS;
}

void picture_abandon(VADriverContextP va, VAContextID id)
{
	struct context *context = object_get(&softva_of(va)->heap, id, OBJECT_CONTEXT);

	if (!context)
		return;
	pthread_mutex_lock(&context->lock);
	picture_drop(context);
	pthread_mutex_unlock(&context->lock);
	object_unref(&context->object);
}

VAStatus picture_end(VADriverContextP va, VAContextID id)
{
	struct softva *softva = softva_of(va);
	struct context *context = object_get(&softva->heap, id, OBJECT_CONTEXT);
	VAStatus status = VA_STATUS_ERROR_OPERATION_FAILED;
	bool there = !softva_enter(softva);

	if (!context)
		return VA_STATUS_ERROR_INVALID_CONTEXT;
	pthread_mutex_lock(&context->lock);
	if (check_count(&softva->checks, CHECK_CALL_ORDER, context->target) && there)
		status = submit(context);
	picture_drop(context);
	pthread_mutex_unlock(&context->lock);
	object_unref(&context->object);
	return status;
}
