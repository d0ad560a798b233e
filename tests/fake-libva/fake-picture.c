/* SPDX-License-Identifier: MIT */
/*
 * fake-picture.c - the fake libva's pictures: begun, rendered, ended, waited for
 *
 * From the end of a picture to the first answer that its target is done, the target is pending and
 * the buffers are in use.
 */
#include <string.h>
#include "fake-internal.h"

#define MAX_ERRORS 8192

static bool is_pipeline(const struct fake_object *buffer)
{
	return buffer->type == VAProcPipelineParameterBufferType;
}

static void release_buffers(VASurfaceID target)
{
	for (struct fake_object *object = fake.objects; object; object = object->next) {
		if (object->kind != FAKE_BUFFER || object->in_use_by != target)
			continue;
		object->in_use_by = 0;
		if (!is_pipeline(object))
			continue;
		fake_pipeline_check(object->data);
		if (fake_pipeline_hash(object->data) != object->pointed)
			fake_misuse("what a pipeline points to changed while it was in use");
	}
}

static void complete(struct fake_object *surface)
{
	surface->pending = false;
	surface->polls_left = 0;
	release_buffers(surface->id);
}

VAStatus vaBeginPicture(VADisplay dpy, VAContextID context, VASurfaceID render_target)
{
	struct fake_call call = fake_begin("vaBeginPicture", dpy);
	struct fake_object *object = fake_object_get(&call, FAKE_CONTEXT, context);

	fake_object_get(&call, FAKE_SURFACE, render_target);
	if (object && object->state != FAKE_IDLE) {
		fake_misuse("vaBeginPicture in the middle of a picture");
		call.status = VA_STATUS_ERROR_OPERATION_FAILED;
	}
	if (!call.status) {
		object->state = FAKE_BEGUN;
		object->target = render_target;
		if (fake.hooks.begin)
			fake.hooks.begin(fake.hooks.cookie, context, render_target);
	}
	return fake_end(&call);
}

static void render_one(struct fake_call *call, const struct fake_object *context, VABufferID id)
{
	struct fake_object *buffer = fake_object_get(call, FAKE_BUFFER, id);

	if (!buffer || call->status)
		return;
	if (buffer->context != context->id)
		fake_misuse("a buffer of another context rendered");
	if (buffer->mapped)
		fake_misuse("a mapped buffer rendered");
	buffer->in_use_by = context->target;
	if (is_pipeline(buffer)) {
		fake_pipeline_check(buffer->data);
		buffer->pointed = fake_pipeline_hash(buffer->data);
	}
	if (fake.hooks.render)
		fake.hooks.render(fake.hooks.cookie, buffer->type, buffer->data, buffer->size_bytes,
				  buffer->n);
}

VAStatus vaRenderPicture(VADisplay dpy, VAContextID context, VABufferID *buffers, int num_buffers)
{
	struct fake_call call = fake_begin("vaRenderPicture", dpy);
	struct fake_object *object = fake_object_get(&call, FAKE_CONTEXT, context);

	if (object && object->state == FAKE_IDLE) {
		fake_misuse("vaRenderPicture outside a picture");
		call.status = VA_STATUS_ERROR_OPERATION_FAILED;
	}
	if (num_buffers < 1)
		fake_misuse("vaRenderPicture with nothing");
	if (object && !call.status) {
		object->state = FAKE_RENDERED;
		for (int i = 0; i < num_buffers; i++)
			render_one(&call, object, buffers[i]);
	}
	return fake_end(&call);
}

static void submit(const struct fake_object *context)
{
	struct fake_object *target = fake_object_find(FAKE_SURFACE, context->target);

	if (!target) {
		fake_misuse("the target was destroyed in the middle of its picture");
		return;
	}
	target->pending = true;
	target->context = context->id;
	target->polls_left = fake.polls;
	target->broken = fake.fail_decodes > 0;
	if (fake.fail_decodes > 0)
		fake.fail_decodes--;
	if (fake.hooks.end)
		fake.hooks.end(fake.hooks.cookie, context->id);
}

/* A failing end takes the context out of the picture too. */
VAStatus vaEndPicture(VADisplay dpy, VAContextID context)
{
	struct fake_call call = fake_begin("vaEndPicture", dpy);
	struct fake_object *object = fake_object_get(&call, FAKE_CONTEXT, context);

	if (!object)
		return fake_end(&call);
	if (object->state == FAKE_IDLE) {
		fake_misuse("vaEndPicture outside a picture");
		call.status = VA_STATUS_ERROR_OPERATION_FAILED;
	} else if (!call.status && object->state == FAKE_RENDERED) {
		submit(object);
	} else {
		release_buffers(object->target);
	}
	object->state = FAKE_IDLE;
	return fake_end(&call);
}

/* ---- Waiting ---- */

static void wait_unblocked(void)
{
	fake.blocked_threads++;
	while (fake.blocked)
		pthread_cond_wait(&fake.wake, &fake.lock);
	fake.blocked_threads--;
}

/* A failure that a test injects ends the work too, or nothing would ever end it. */
static VAStatus finish_sync(struct fake_call *call, struct fake_object *surface)
{
	if (surface)
		complete(surface);
	if (surface && !call->status && surface->broken)
		call->status = VA_STATUS_ERROR_DECODING_ERROR;
	return fake_end(call);
}

VAStatus vaSyncSurface(VADisplay dpy, VASurfaceID render_target)
{
	struct fake_call call = fake_begin("vaSyncSurface", dpy);

	wait_unblocked();
	return finish_sync(&call, fake_object_get(&call, FAKE_SURFACE, render_target));
}

VAStatus vaSyncSurface2(VADisplay dpy, VASurfaceID surface, uint64_t timeout_ns)
{
	struct fake_call call = fake_begin("vaSyncSurface2", dpy);
	struct fake_object *object;

	if (fake.no_sync2 && !call.status) {
		call.status = VA_STATUS_ERROR_UNIMPLEMENTED;
		return fake_end(&call);
	}
	if (timeout_ns > 0)
		wait_unblocked();
	object = fake_object_get(&call, FAKE_SURFACE, surface);
	if (object && object->polls_left > 0 && timeout_ns != VA_TIMEOUT_INFINITE && !call.status) {
		object->polls_left--;
		call.status = VA_STATUS_ERROR_TIMEDOUT;
		return fake_end(&call);
	}
	return finish_sync(&call, object);
}

VAStatus vaQuerySurfaceStatus(VADisplay dpy, VASurfaceID render_target, VASurfaceStatus *status)
{
	struct fake_call call = fake_begin("vaQuerySurfaceStatus", dpy);
	struct fake_object *surface = fake_object_get(&call, FAKE_SURFACE, render_target);

	if (!surface || call.status)
		return fake_end(&call);
	*status = VASurfaceReady;
	if (surface->polls_left > 0) {
		surface->polls_left--;
		*status = VASurfaceRendering;
	}
	return fake_end(&call);
}

VAStatus vaQuerySurfaceError(VADisplay dpy, VASurfaceID surface, VAStatus error_status,
			     void **error_info)
{
	static VASurfaceDecodeMBErrors errors[MAX_ERRORS + 1];
	struct fake_call call = fake_begin("vaQuerySurfaceError", dpy);
	unsigned int n = fake.decode_errors < MAX_ERRORS ? fake.decode_errors : MAX_ERRORS;

	fake_object_get(&call, FAKE_SURFACE, surface);
	if (!call.status && error_status != VA_STATUS_ERROR_DECODING_ERROR)
		call.status = VA_STATUS_ERROR_INVALID_PARAMETER;
	if (call.status)
		return fake_end(&call);
	memset(errors, 0, sizeof(errors));
	for (unsigned int i = 0; i < MAX_ERRORS; i++) {
		errors[i].status = i < n || fake.unterminated ? 1 : -1;
		errors[i].start_mb = i;
		errors[i].end_mb = i + 1;
		errors[i].num_mb = 1;
	}
	errors[MAX_ERRORS].status = -1;
	*error_info = errors;
	return fake_end(&call);
}
