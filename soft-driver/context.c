/* SPDX-License-Identifier: MIT */
/*
 * Contexts and their workers; see context.h.
 */
#include "context.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

void job_free(struct job *job)
{
	if (!job)
		return;
	for (size_t i = 0; i < job->num_buffers; i++) {
		atomic_fetch_sub(&job->buffers[i]->in_flight, 1);
		object_unref(&job->buffers[i]->object);
	}
	free(job->buffers);
	if (job->own)
		job->free_own(job->own);
	bytes_finish(&job->packet);
	vpp_free(job->pipelines);
	if (job->surface)
		object_unref(&job->surface->object);
	if (job->display)
		object_unref(&job->display->object);
	free(job);
}

static struct job *next_job(struct context *context)
{
	struct job *job;

	pthread_mutex_lock(&context->queue_lock);
	while (!context->first && !context->stop)
		pthread_cond_wait(&context->queue_filled, &context->queue_lock);
	job = context->first;
	if (job) {
		context->first = job->next;
		if (!context->first)
			context->last = NULL;
	}
	pthread_mutex_unlock(&context->queue_lock);
	return job;
}

/* SOFTVA_GATE and SOFTVA_DELAY_US; both end when the context is destroyed. */
static void hold(struct context *context)
{
	struct pollfd fds[2] = {{.fd = context->stop_fd, .events = POLLIN},
				{.fd = context->gate_fd, .events = POLLIN}};
	char byte;

	if (context->softva->delay_us)
		poll(fds, 1, (int)(context->softva->delay_us + 999) / 1000);
	while (context->gate_fd >= 0 && context->softva->quirks.sync != QUIRK_SYNC_HANG) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return;
		if (fds[0].revents || read(context->gate_fd, &byte, 1) == 1)
			return;
	}
}

static void reset(struct context *context)
{
	if (context->codec->decoder)
		decoder_reset(&context->decoder);
	if (context->codec->reset)
		context->codec->reset(context);
}

/* What there is of a picture is copied all the same. */
static int decode(struct context *context, struct job *job)
{
	int ret, copied;

	if (context->codec->decode)
		return context->codec->decode(context, job);
	ret = decoder_decode(&context->decoder, job->packet.data,
			     job->packet.size - DECODER_PADDING, job->second_field);
	pthread_mutex_lock(&job->surface->lock);
	copied = decoder_copy(&context->decoder, job->surface, job->fields, job->mono);
	pthread_mutex_unlock(&job->surface->lock);
	return ret ? ret : copied;
}

static bool decode_job(struct context *context, struct job *job)
{
	bool good;

	if (job->reset)
		reset(context);
	if (context->softva->no_decode)
		return true;
	good = (job->packet.size || job->pipelines) && !decode(context, job);
	if (!good && !job->failed)
		check_event(&context->softva->checks, EVENT_DECODE_ERRORS);
	return good;
}

static void *work(void *data)
{
	struct context *context = data;
	struct job *job;

	for (job = next_job(context); job; job = next_job(context)) {
		struct surface *surface = object_ref(&job->surface->object);
		struct surface *display = job->display ? object_ref(&job->display->object) : NULL;
		bool good;

		hold(context);
		good = decode_job(context, job) && !job->failed;
		job_free(job);
		surface_complete(surface, good);
		object_unref(&surface->object);
		if (display) {
			surface_complete(display, good);
			object_unref(&display->object);
		}
	}
	return NULL;
}

/* A context that another thread destroys meanwhile decodes nothing more. */
void context_queue(struct context *context, struct job *job)
{
	bool stopped;

	pthread_mutex_lock(&context->queue_lock);
	stopped = context->stop;
	if (!stopped) {
		if (context->last)
			context->last->next = job;
		else
			context->first = job;
		context->last = job;
		pthread_cond_signal(&context->queue_filled);
	}
	pthread_mutex_unlock(&context->queue_lock);
	if (stopped) {
		surface_complete(job->surface, false);
		if (job->display)
			surface_complete(job->display, false);
		job_free(job);
	}
}

void context_stop(struct context *context)
{
	if (!context->worker_runs)
		return;
	pthread_mutex_lock(&context->queue_lock);
	context->stop = true;
	pthread_cond_signal(&context->queue_filled);
	pthread_mutex_unlock(&context->queue_lock);
	eventfd_write(context->stop_fd, 1);
	pthread_join(context->worker, NULL);
	context->worker_runs = false;
}

static void context_free(struct object *object)
{
	struct context *context = (struct context *)object;

	picture_drop(context);
	free(context->rendered);
	free(context->known);
	if (context->state && context->codec->close)
		context->codec->close(context);
	free(context->state);
	decoder_finish(&context->decoder);
	if (context->stop_fd >= 0)
		close(context->stop_fd);
	if (context->gate_fd >= 0)
		close(context->gate_fd);
	pthread_cond_destroy(&context->queue_filled);
	pthread_mutex_destroy(&context->queue_lock);
	pthread_mutex_destroy(&context->lock);
	free(context);
}

static struct context *context_new(struct softva *softva, uint32_t width, uint32_t height)
{
	struct context *context = calloc(1, sizeof(*context));

	if (!context)
		return NULL;
	object_init(&context->object, OBJECT_CONTEXT, context_free);
	context->softva = softva;
	context->width = width;
	context->height = height;
	context->stop_fd = -1;
	context->gate_fd = -1;
	pthread_mutex_init(&context->lock, NULL);
	pthread_mutex_init(&context->queue_lock, NULL);
	pthread_cond_init(&context->queue_filled, NULL);
	return context;
}

/* The client's signals are the client's threads'. */
static int start_worker(struct context *context)
{
	sigset_t all, before;
	int ret;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ret = pthread_create(&context->worker, NULL, work, context);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	context->worker_runs = !ret;
	return -ret;
}

static int open_codec(struct context *context)
{
	const struct codec *codec = context->codec;

	context->state = calloc(1, codec->state_size + 1);
	if (!context->state)
		return -ENOMEM;
	if (codec->decoder) {
		int ret = decoder_init(&context->decoder, codec->decoder);

		if (ret)
			return ret;
	}
	return codec->open ? codec->open(context) : 0;
}

static int context_start(struct context *context)
{
	const char *gate = context->softva->gate_path;
	int ret = open_codec(context);

	if (ret)
		return ret;
	context->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (context->stop_fd < 0)
		return -errno;
	/* Open for writing too, so that the pipe lives while nobody else has it. */
	if (gate)
		context->gate_fd = open(gate, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (gate && context->gate_fd < 0)
		return -errno;
	return start_worker(context);
}

/* As many as there are targets, but no more than the driver that is played has room for. */
static int know_targets(struct context *context, unsigned int num_targets)
{
	unsigned int most = (unsigned int)context->softva->quirks.max_surfaces;

	context->serial = atomic_load(&context->softva->num_surfaces);
	if (!most || context->codec == &codec_vpp)
		return 0;
	context->max_known = num_targets && num_targets < most ? num_targets : most;
	context->known = calloc(context->max_known, sizeof(*context->known));
	return context->known ? 0 : -ENOMEM;
}

bool context_knows(struct context *context, const struct surface *target)
{
	for (unsigned int i = 0; i < context->num_known; i++)
		if (context->known[i] == target->object.id)
			return true;
	if (!context->max_known)
		return true;
	if (context->num_known == context->max_known)
		return false;
	context->known[context->num_known++] = target->object.id;
	return true;
}

static VAStatus check_size(const struct softva *softva, const struct profile *profile, int width,
			   int height)
{
	struct limits limits = config_limits(softva, profile);

	/* Video processing goes by its surfaces. */
	if (profile->codec == &codec_vpp)
		limits.min_width = limits.min_height = 0;
	return width < (int)limits.min_width || height < (int)limits.min_height ||
			       width > (int)limits.max_width || height > (int)limits.max_height
		       ? VA_STATUS_ERROR_RESOLUTION_NOT_SUPPORTED
		       : VA_STATUS_SUCCESS;
}

static VAStatus check_targets(struct softva *softva, const VASurfaceID *targets, int count)
{
	for (int i = 0; i < count; i++) {
		struct object *surface = object_get(&softva->heap, targets[i], OBJECT_SURFACE);

		if (!surface)
			return VA_STATUS_ERROR_INVALID_SURFACE;
		object_unref(surface);
	}
	return VA_STATUS_SUCCESS;
}

/* Encoders are listed by quirks, for clients to see; there is none. */
static VAStatus check_entrypoint(struct softva *softva, VAEntrypoint entrypoint)
{
	if (entrypoint == VAEntrypointVLD || entrypoint == VAEntrypointVideoProc)
		return VA_STATUS_SUCCESS;
	softva_log(softva, "encoders are only listed");
	return VA_STATUS_ERROR_UNIMPLEMENTED;
}

VAStatus context_create(VADriverContextP va, VAConfigID config_id, int width, int height, int flag,
			VASurfaceID *targets, int num_targets, VAContextID *id)
{
	struct softva *softva = softva_of(va);
	struct config *config = object_get(&softva->heap, config_id, OBJECT_CONFIG);
	const struct profile *profile;
	VAEntrypoint entrypoint;
	struct context *context;
	uint32_t rt_format;
	VAStatus status;

	(void)flag;
	*id = VA_INVALID_ID;
	if (!config)
		return VA_STATUS_ERROR_INVALID_CONFIG;
	profile = profile_find(config->profile);
	rt_format = config->rt_format;
	entrypoint = config->entrypoint;
	object_unref(&config->object);
	status = check_entrypoint(softva, entrypoint);
	if (status == VA_STATUS_SUCCESS)
		status = softva_enter(softva);
	if (status == VA_STATUS_SUCCESS && quirks_begin_late(&softva->quirks))
		status = VA_STATUS_ERROR_OPERATION_FAILED;
	if (status == VA_STATUS_SUCCESS)
		status = check_size(softva, profile, width, height);
	if (status == VA_STATUS_SUCCESS)
		status = check_targets(softva, targets, num_targets);
	if (status != VA_STATUS_SUCCESS)
		return status;
	context = context_new(softva, (uint32_t)width, (uint32_t)height);
	if (!context)
		return VA_STATUS_ERROR_ALLOCATION_FAILED;
	context->profile = profile;
	context->codec = profile->codec;
	context->rt_format = rt_format;
	if (know_targets(context, num_targets > 0 ? (unsigned int)num_targets : 0) ||
	    context_start(context) || object_add(&softva->heap, &context->object)) {
		context_stop(context);
		object_unref(&context->object);
		return VA_STATUS_ERROR_ALLOCATION_FAILED;
	}
	*id = context->object.id;
	return VA_STATUS_SUCCESS;
}

/* The queue is decoded to its end: clients look at surfaces after the context is gone. */
VAStatus context_destroy(VADriverContextP va, VAContextID id)
{
	struct context *context = object_remove(&softva_of(va)->heap, id, OBJECT_CONTEXT);

	if (!context)
		return VA_STATUS_ERROR_INVALID_CONTEXT;
	context_stop(context);
	object_unref(&context->object);
	return VA_STATUS_SUCCESS;
}
