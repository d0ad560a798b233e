/* SPDX-License-Identifier: MIT */
/*
 * engine-thread.c - the engine's side: from queued resources through the decoder and back
 *
 * The thread does the first step of a list that can be done, the most urgent first. Each is called with
 * the lock held, gives it up while it works, and looks again at the shared state afterwards.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include "caps.h"
#include "engine-internal.h"
#include "landing.h"
#include "log.h"

#define MAX_REFUSALS 1000
#define MAX_HEAD     (1 << 20) /* bytes that are kept of what a stream begins with */

enum step {
	STEP_NEXT, /* nothing to do here: try the next step */
	STEP_DONE, /* begin anew */
	STEP_WAIT, /* nothing further may be done until something changes */
};

/* Between these two the driver may be called. */
static void unlock(struct engine *engine)
{
	engine->busy_since_ns = watchdog_now_ns();
	if (engine->params.watchdog)
		watchdog_arm(engine->params.watchdog, engine->hang_ns);
	pthread_mutex_unlock(&engine->lock);
}

static void lock(struct engine *engine)
{
	pthread_mutex_lock(&engine->lock);
	engine->busy_since_ns = 0;
}

static void drop_frame(struct engine *engine)
{
	landing_release(engine->landing);
	engine->frame = vacodec_frame_unref(engine->frame);
}

static void finish_input(struct engine *engine)
{
	struct resource *resource = engine->queues[ENGINE_INPUT].head;

	engine->filled = false;
	if (engine->input_active)
		engine_answer(engine, ENGINE_INPUT, resource, 0, 0);
}

static void progress(struct engine *engine)
{
	engine->poll_events = true;
	engine->refusals = 0;
}

/* Goes on with another display, at the next key frame. */
static bool reopen(struct engine *engine)
{
	struct vawrap_display *display = NULL;
	int err;

	engine->reopened = true;
	unlock(engine);
	drop_frame(engine);
	landing_shut_down(engine->landing);
	engine->landing = landing_free(engine->landing);
	lock(engine);
	/* The embedder is called, and must not go meanwhile. */
	if (engine->stop)
		return false;
	engine->opening = true;
	unlock(engine);
	err = engine->params.open_display(engine->params.open_cookie, &display);
	if (!err)
		err = landing_new(display, engine->params.log, &engine->landing);
	if (!err)
		err = vacodec_decoder_set_display(engine->decoder, display);
	caps_unref_display(display);
	lock(engine);
	engine->opening = engine->decoder_drains = false;
	pthread_cond_broadcast(&engine->ended);
	engine->format_state = FORMAT_NONE;
	if (engine->drain == DRAIN_RUNNING)
		engine->drain = DRAIN_ASKED;
	finish_input(engine);
	progress(engine);
	return !err;
}

static void lose(struct engine *engine, int error)
{
	/* After a loss some drivers only say that what they were asked for went wrong. */
	bool gone = error == -ENODEV || error == -ESHUTDOWN || error == -EIO;

	if (gone && !engine->reopened && !engine->stop && reopen(engine))
		log_printf(engine->params.log, LOG_LEVEL_WARN,
			   "stream %u: the device was lost and opened again",
			   engine->events.stream_id);
	else
		engine_lose(engine, error,
			    engine->decoder ? vacodec_decoder_get_last_error(engine->decoder) : "");
}

/*
 * The decoder refuses and has no event. Its fd says whether it would not now; otherwise a frame is
 * missing, and whoever gives one back wakes this thread.
 */
static enum step stall(struct engine *engine)
{
	struct pollfd fd = {.fd = vacodec_decoder_get_fd(engine->decoder), .events = POLLIN};

	engine->poll_events = true;
	if (poll(&fd, 1, 0) != 1)
		return STEP_WAIT;
	if (++engine->refusals > MAX_REFUSALS)
		lose(engine, -EDEADLK);
	return STEP_DONE;
}

/* Before guest memory is touched: from here on the lock is not held, but the resource. */
static struct answer *begin_copy(struct engine *engine, struct resource *resource, bool by_cpu)
{
	struct answer *answer = resource->answer;

	resource_ref(resource);
	resource->held = true;
	engine->copying = by_cpu;
	unlock(engine);
	if (by_cpu)
		resource_access(resource, true);
	return answer;
}

/* False: the resource was taken away meanwhile; what waited for it goes out. */
static bool end_copy(struct engine *engine, struct resource *resource, const struct answer *answer)
{
	bool same;

	if (engine->copying)
		resource_access(resource, false);
	lock(engine);
	same = resource->answer == answer;
	engine->copying = false;
	engine_let_go(engine, resource);
	pthread_cond_broadcast(&engine->ended);
	resource_unref(resource);
	return same;
}

/* ---- Resources that have gone, and seeks ---- */

static enum step step_purge(struct engine *engine)
{
	if (!engine->purge)
		return STEP_NEXT;
	engine->purge = false;
	unlock(engine);
	landing_purge(engine->landing, false);
	lock(engine);
	return STEP_DONE;
}

static enum step step_flush(struct engine *engine)
{
	int err = 0;

	if (!engine->flush)
		return STEP_NEXT;
	engine->flush = false;
	engine->filled = false;
	engine->decoder_drains = false;
	unlock(engine);
	drop_frame(engine);
	if (engine->decoder)
		err = vacodec_decoder_flush(engine->decoder);
	lock(engine);
	progress(engine);
	if (err)
		lose(engine, err);
	return STEP_DONE;
}

/* Resources were taken away while pictures were to come into them, and the guest waits. */
static enum step step_reclaim(struct engine *engine)
{
	struct resource *resource = engine->kept;
	int64_t n_bytes;

	if (!resource)
		return STEP_NEXT;
	resource_ref(resource);
	unlock(engine);
	landing_release(engine->landing);
	n_bytes = vacodec_decoder_vacate(engine->decoder, resource);
	lock(engine);
	engine->state.stats.driver_copied_bytes += n_bytes > 0 ? n_bytes : 0;
	engine_let_go(engine, resource);
	resource_unref(resource);
	progress(engine);
	return STEP_DONE;
}

/* ---- Frames out ---- */

static void answer_frame(struct engine *engine, struct resource *resource,
			 const struct params_layout *layout)
{
	struct vacodec_frame_info info = {.size_bytes = sizeof(info)};
	struct vvd_stream_stats *stats = &engine->state.stats;
	uint32_t flags = 0;

	vacodec_frame_get_info(engine->frame, &info);
	if (info.flags & VACODEC_FRAME_CORRUPT)
		flags = VIRTIO_VIDEO_BUFFER_FLAG_ERR;
	resource->timestamp = info.timestamp;
	stats->frames++;
	engine->reopened = false;
	stats->corrupt_frames += flags != 0;
	landing_count_bytes(engine->landing, &stats->copied_bytes, &stats->driver_copied_bytes);
	engine_answer(engine, ENGINE_OUTPUT, resource, flags, layout->size_bytes);
}

static enum step step_land(struct engine *engine)
{
	struct params_layout layout;
	struct resource *resource;
	struct answer *answer;
	int err;

	if (!engine->frame)
		return STEP_NEXT;
	resource = engine_find_output(engine, &layout);
	if (!resource)
		return STEP_WAIT;
	resource_ref(resource);
	unlock(engine);
	err = landing_fetch(engine->landing, engine->frame, &layout, resource);
	resource_unref(resource);
	lock(engine);
	if (err && err != -EBADMSG) {
		lose(engine, err);
		return STEP_DONE;
	}
	/* A seek meanwhile takes the frame away. */
	resource = engine->flush ? NULL : engine_find_output(engine, &layout);
	if (!resource)
		return STEP_DONE;
	answer = begin_copy(engine, resource, !landing_is_direct(engine->landing, resource));
	err = landing_store(engine->landing, &layout, resource, engine->frame);
	if (!end_copy(engine, resource, answer) || engine->flush || err == -EAGAIN)
		return STEP_DONE;
	if (err) {
		/* Its memory has gone; the frame waits for another one. */
		resource->timestamp = 0;
		engine_answer(engine, ENGINE_OUTPUT, resource, VIRTIO_VIDEO_BUFFER_FLAG_ERR, 0);
		return STEP_DONE;
	}
	answer_frame(engine, resource, &layout);
	unlock(engine);
	drop_frame(engine);
	lock(engine);
	return STEP_DONE;
}

/* ---- Format ---- */

static enum step step_resume(struct engine *engine)
{
	struct params_layout layout;
	int err;

	if (engine->format_state == FORMAT_NONE)
		return STEP_NEXT;
	if (engine->format_state == FORMAT_ANNOUNCED)
		return STEP_WAIT;
	if (!engine_find_output(engine, &layout) && engine->format_state == FORMAT_READ)
		return STEP_WAIT;
	unlock(engine);
	landing_reset(engine->landing, &layout);
	err = engine_place_accept(engine);
	lock(engine);
	engine->format_state = FORMAT_NONE;
	progress(engine);
	if (err < 0)
		lose(engine, err);
	return STEP_DONE;
}

static void refuse_format(struct engine *engine, const struct vacodec_format *format)
{
	char text[80];

	snprintf(text, sizeof(text), "no format for pictures of %ux%u, %u:%u:%u, %u bit",
		 format->coded_width, format->coded_height, format->chroma / 100,
		 format->chroma / 10 % 10, format->chroma % 10, format->bit_depth);
	engine_lose(engine, -ENOTSUP, text);
}

static void take_format(struct engine *engine, const struct vacodec_format *format)
{
	struct params_format new = {
		.known = true,
		.width = format->coded_width,
		.height = format->coded_height,
		.crop = {format->crop.x, format->crop.y, format->crop.width, format->crop.height},
		.bit_depth = format->bit_depth,
		.min_buffers = format->min_frames,
		.profile = format->profile,
		.level = format->level,
	};

	if (format->frame_rate_den)
		new.frame_rate = (format->frame_rate_num + format->frame_rate_den / 2) /
				 format->frame_rate_den;
	if (!caps_can_show(format)) {
		refuse_format(engine, format);
		return;
	}
	if (!params_format_differs(&engine->state.format, &new)) {
		engine->state.format = new;
		engine->format_state = FORMAT_QUIET;
		return;
	}
	engine->state.format = new;
	engine->format_state = FORMAT_ANNOUNCED;
	engine->reallocating = true;
	for (int i = 0; i < ENGINE_N_SIDES; i++)
		params_apply(&engine->state.params[i], &new, &engine->params.bounds);
	event_raise(engine->params.done, &engine->events,
		    VIRTIO_VIDEO_EVENT_DECODER_RESOLUTION_CHANGED);
}

/* ---- Events of the decoder ---- */

static void take_drained(struct engine *engine)
{
	engine->decoder_drains = false;
	/* The drain may have been cancelled since, and even asked for again. */
	if (engine->drain == DRAIN_RUNNING)
		engine->drain = DRAIN_EOS;
}

static void take_event(struct engine *engine, const struct vacodec_event *event)
{
	progress(engine);
	switch (event->type) {
	case VACODEC_EVENT_FRAME:
		engine->frame = event->frame;
		break;
	case VACODEC_EVENT_FORMAT:
		if (!engine->stop)
			take_format(engine, &event->format);
		break;
	case VACODEC_EVENT_DRAINED:
		take_drained(engine);
		break;
	case VACODEC_EVENT_ERROR:
		lose(engine, event->error);
		break;
	}
}

static enum step step_receive(struct engine *engine)
{
	struct vacodec_event event = {.size_bytes = sizeof(event)};
	int err;

	if (!engine->poll_events || !engine->decoder)
		return STEP_NEXT;
	unlock(engine);
	err = vacodec_decoder_receive(engine->decoder, &event, 0);
	lock(engine);
	engine->poll_events = false;
	if (!err)
		take_event(engine, &event);
	else if (err != -EAGAIN && err != -ETIMEDOUT)
		lose(engine, err);
	else if (engine->decoder_drains)
		return stall(engine);
	return STEP_DONE;
}

/* ---- Bitstream in ---- */

static enum step step_send(struct engine *engine)
{
	struct vacodec_packet packet;
	ssize_t n;

	if (!engine->filled)
		return STEP_NEXT;
	/* Without its resource, the rest of it was taken away too. */
	if (!engine->input_active || engine->pos == engine->n_bytes) {
		finish_input(engine);
		return STEP_DONE;
	}
	packet = (struct vacodec_packet){
		.data = engine->bytes + engine->pos,
		.size_bytes = engine->n_bytes - engine->pos,
		.timestamp = engine->timestamp,
	};
	unlock(engine);
	n = vacodec_decoder_send(engine->decoder, &packet);
	lock(engine);
	if (n == -EAGAIN)
		return stall(engine);
	if (n <= 0 || (size_t)n > packet.size_bytes) {
		lose(engine, n < 0 ? n : -EIO);
	} else {
		engine->pos += n;
		progress(engine);
		if (engine->pos == engine->n_bytes)
			finish_input(engine);
	}
	return STEP_DONE;
}

static enum step create_decoder(struct engine *engine)
{
	struct vacodec_decoder_params params = {
		.size_bytes = sizeof(params),
		.codec = engine->params.codec,
		.log = {log_write, engine->params.log, log_get_level(engine->params.log)},
	};
	int err;

	engine->started = true;
	unlock(engine);
	err = vacodec_decoder_new(landing_get_display(engine->landing), &params, &engine->decoder);
	lock(engine);
	progress(engine);
	if (err)
		lose(engine, err);
	return STEP_DONE;
}

static bool reserve(struct engine *engine, size_t n_bytes)
{
	uint8_t *bytes;

	if (n_bytes <= engine->capacity_bytes)
		return true;
	bytes = realloc(engine->bytes, 2 * n_bytes);
	if (!bytes)
		return false;
	engine->bytes = bytes;
	engine->capacity_bytes = 2 * n_bytes;
	return true;
}

static enum step step_fill(struct engine *engine)
{
	struct resource *resource = engine->queues[ENGINE_INPUT].head;
	struct answer *answer;
	int err;

	if (!resource)
		return STEP_NEXT;
	if (!engine->decoder)
		return create_decoder(engine);
	/* What comes before the first header may belong to it. */
	if (engine->state.format.known || engine->n_bytes > MAX_HEAD)
		engine->n_bytes = 0;
	engine->timestamp = resource->timestamp;
	err = reserve(engine, engine->n_bytes + resource->data_bytes) ? 0 : -ENOMEM;
	if (!err) {
		answer = begin_copy(engine, resource, true);
		err = resource_read(resource, engine->bytes + engine->n_bytes,
				    resource->data_bytes);
		if (!end_copy(engine, resource, answer))
			return STEP_DONE;
	}
	if (err) {
		engine_answer(engine, ENGINE_INPUT, resource, VIRTIO_VIDEO_BUFFER_FLAG_ERR, 0);
		return STEP_DONE;
	}
	engine->pos = engine->n_bytes;
	engine->n_bytes += resource->data_bytes;
	engine->state.stats.bitstream_bytes += resource->data_bytes;
	engine->input_active = true;
	engine->filled = true;
	return STEP_DONE;
}

/* ---- Drain ---- */

static enum step step_drain(struct engine *engine)
{
	uint64_t serial = engine->drain_serial;
	int err;

	if (engine->drain != DRAIN_ASKED)
		return STEP_NEXT;
	if (!engine->decoder) {
		engine->drain = DRAIN_EOS;
		return STEP_DONE;
	}
	unlock(engine);
	err = vacodec_decoder_drain(engine->decoder);
	lock(engine);
	if (err == -EAGAIN || err == -EBUSY) {
		engine->decoder_drains = err == -EBUSY;
		return stall(engine);
	}
	if (err) {
		lose(engine, err);
		return STEP_DONE;
	}
	engine->decoder_drains = true;
	progress(engine);
	if (serial == engine->drain_serial && engine->drain == DRAIN_ASKED)
		engine->drain = DRAIN_RUNNING;
	return STEP_DONE;
}

/*
 * The end of the stream has a resource of its own, since drivers ignore what else is in it; where a picture
 * is that is never shown, step_reclaim() follows.
 */
static enum step step_eos(struct engine *engine)
{
	struct resource *resource = engine->queues[ENGINE_OUTPUT].head;
	struct answer *answer = engine->drain_answer;

	if (engine->drain != DRAIN_EOS || !resource || engine->format_state == FORMAT_ANNOUNCED)
		return STEP_NEXT;
	/* An event that waited for a buffer may come late, after the parameters were read. */
	if (!event_is_heeded(engine->params.done, &engine->events))
		return STEP_NEXT;
	resource->timestamp = 0;
	engine_answer(engine, ENGINE_OUTPUT, resource, VIRTIO_VIDEO_BUFFER_FLAG_EOS, 0);
	engine->drain_answer = NULL;
	engine->drain = DRAIN_NONE;
	answer_header(answer, VIRTIO_VIDEO_RESP_OK_NODATA);
	engine_push(engine, answer);
	return STEP_DONE;
}

/* ---- The thread ---- */

static enum step (*const steps[])(struct engine *engine) = {
	step_purge,   step_flush, step_reclaim, step_land, step_resume,
	step_receive, step_eos,   step_send,    step_fill, step_drain,
};

static bool work(struct engine *engine)
{
	/* A session that is lost only gives back what it has of the guest's. */
	if (engine->state.stats.lost)
		return step_reclaim(engine) == STEP_DONE;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		enum step step = steps[i](engine);

		if (step != STEP_NEXT)
			return step == STEP_DONE;
	}
	return false;
}

static void finish(struct engine *engine)
{
	drop_frame(engine);
	engine->decoder = vacodec_decoder_unref(engine->decoder);
	engine->landing = landing_free(engine->landing);
	free(engine->bytes);
}

void *engine_thread(void *arg)
{
	struct engine *engine = arg;
	bool abandoned;

	lock(engine);
	while (!engine->stop) {
		if (!work(engine))
			pthread_cond_wait(&engine->wake, &engine->lock);
	}
	unlock(engine);
	finish(engine);
	lock(engine);
	engine->exited = true;
	while (engine->kept)
		engine_let_go(engine, engine->kept);
	abandoned = engine->abandoned;
	pthread_cond_broadcast(&engine->ended);
	unlock(engine);
	if (abandoned)
		engine_destroy(engine);
	return NULL;
}
