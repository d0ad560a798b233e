/* SPDX-License-Identifier: MIT */
/*
 * engine.c - the caller's side of an engine: queues, parameters, start and end
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "engine-internal.h"
#include "landing.h"
#include "log.h"

#define LIMBO_NS 500000000 /* the driver gives up after 5 s, and guests should not wait */

/* ---- State ---- */

static void wake_and_unlock(struct engine *engine)
{
	pthread_cond_signal(&engine->wake);
	pthread_mutex_unlock(&engine->lock);
}

void engine_push(struct engine *engine, struct answer *answer)
{
	if (!engine->hostages.head) {
		done_push(engine->params.done, answer);
		return;
	}
	if (!engine->limbo.head)
		engine->limbo_since_ns = watchdog_now_ns();
	done_list_append(&engine->limbo, answer);
	watchdog_arm(engine->params.watchdog, LIMBO_NS);
}

static void push_all(struct engine *engine, struct answer_list *list)
{
	struct answer *answer;

	while ((answer = done_list_pop(list)))
		done_push(engine->params.done, answer);
}

void engine_let_go(struct engine *engine, struct resource *resource)
{
	struct resource **at = &engine->kept;

	resource->held = false;
	while (*at && *at != resource)
		at = &(*at)->next_kept;
	if (*at) {
		*at = resource->next_kept;
		resource->kept = false;
		resource_unref(resource);
	}
	if (!engine->kept) {
		push_all(engine, &engine->hostages);
		push_all(engine, &engine->limbo);
	}
}

void engine_cancel_drain(struct engine *engine)
{
	if (engine->drain_answer) {
		answer_header(engine->drain_answer, VIRTIO_VIDEO_RESP_ERR_INVALID_OPERATION);
		engine_push(engine, engine->drain_answer);
	}
	engine->drain_answer = NULL;
	engine->drain = DRAIN_NONE;
}

/* Lists are short: no queue of a stream has more than PARAMS_MAX_BUFFERS resources. */
static void append(struct resource_list *list, struct resource *resource)
{
	struct resource **at = &list->head;

	while (*at)
		at = &(*at)->next;
	*at = resource;
	resource->next = NULL;
	list->n++;
}

static void unqueue(struct engine *engine, enum engine_side side, struct resource *resource)
{
	struct resource_list *list = &engine->queues[side];
	struct resource **at = &list->head;

	if (side == ENGINE_INPUT && resource == list->head)
		engine->input_active = false;
	while (*at != resource)
		at = &(*at)->next;
	*at = resource->next;
	list->n--;
}

void engine_answer(struct engine *engine, enum engine_side side, struct resource *resource,
		   uint32_t flags, uint32_t size_bytes)
{
	struct answer *answer = resource->answer;

	unqueue(engine, side, resource);
	resource->answer = NULL;
	engine->state.stats.errors += (flags & VIRTIO_VIDEO_BUFFER_FLAG_ERR) != 0;
	answer_resource(answer, VIRTIO_VIDEO_RESP_OK_RESOURCE_QUEUE, resource->timestamp, flags,
			size_bytes);
	/* What the decoder refers to may be shown again, and is copied before the guest writes there. */
	if (!resource->kept && (resource->held || (resource->lent && !size_bytes))) {
		resource->held = false;
		resource->kept = true;
		resource->next_kept = engine->kept;
		engine->kept = resource_ref(resource);
	}
	if (engine->kept)
		done_list_append(&engine->hostages, answer);
	else
		done_push(engine->params.done, answer);
}

void engine_answer_all(struct engine *engine, enum engine_side side)
{
	struct resource *resource;

	while ((resource = engine->queues[side].head)) {
		if (side == ENGINE_OUTPUT)
			resource->timestamp = 0;
		engine_answer(engine, side, resource, VIRTIO_VIDEO_BUFFER_FLAG_ERR, 0);
	}
}

void engine_lose(struct engine *engine, int error, const char *why)
{
	if (engine->state.stats.lost || engine->stop)
		return;
	log_printf(engine->params.log, LOG_LEVEL_ERROR, "stream %u: the session is lost: %s: %s",
		   engine->events.stream_id, strerror(-error), why);
	engine->state.stats.lost = true;
	engine_cancel_drain(engine);
	engine_answer_all(engine, ENGINE_INPUT);
	engine_answer_all(engine, ENGINE_OUTPUT);
	event_raise(engine->params.done, &engine->events, VIRTIO_VIDEO_EVENT_ERROR);
}

/* ---- Start ---- */

static void init_sync(struct engine *engine)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&engine->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&engine->wake, &attr);
	pthread_cond_init(&engine->ended, &attr);
	pthread_condattr_destroy(&attr);
}

void engine_destroy(struct engine *engine)
{
	pthread_cond_destroy(&engine->ended);
	pthread_cond_destroy(&engine->wake);
	pthread_mutex_destroy(&engine->lock);
	log_unref(engine->params.log);
	free(engine);
}

/* The embedder's signals are not for our threads, but for the one that a thread brings on itself. */
static int start_thread(struct engine *engine)
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	sigdelset(&all, SIGBUS);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&engine->thread, NULL, engine_thread, engine);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -err;
}

int engine_new(const struct engine_params *params, struct engine **out)
{
	struct engine *engine = calloc(1, sizeof(*engine));
	int err;

	if (!engine)
		return -ENOMEM;
	engine->params = *params;
	engine->hang_ns = params->watchdog->period_ns;
	engine->state = params->state;
	engine->events.stream_id = params->state.stats.stream_id;
	log_ref(params->log);
	init_sync(engine);
	err = landing_new(params->display, params->log, &engine->landing);
	if (!err)
		err = start_thread(engine);
	if (err) {
		landing_free(engine->landing);
		engine_destroy(engine);
		return err;
	}
	*out = engine;
	return 0;
}

/* ---- Parameters ---- */

static bool hangs(const struct engine *engine, uint64_t now_ns)
{
	return engine->busy_since_ns && now_ns - engine->busy_since_ns >= engine->hang_ns;
}

void engine_get_state(struct engine *engine, struct engine_state *out)
{
	pthread_mutex_lock(&engine->lock);
	*out = engine->state;
	out->stats.queued_inputs = engine->queues[ENGINE_INPUT].n;
	out->stats.queued_outputs = engine->queues[ENGINE_OUTPUT].n;
	out->n_resources = engine->tables[ENGINE_INPUT].n + engine->tables[ENGINE_OUTPUT].n;
	out->stats.hangs = hangs(engine, watchdog_now_ns());
	pthread_mutex_unlock(&engine->lock);
}

void engine_set_params(struct engine *engine, enum engine_side side, const struct params *asked)
{
	pthread_mutex_lock(&engine->lock);
	params_set(&engine->state.params[side], asked, &engine->params.bounds,
		   &engine->state.format);
	wake_and_unlock(engine);
}

void engine_params_were_read(struct engine *engine)
{
	pthread_mutex_lock(&engine->lock);
	if (engine->format_state == FORMAT_ANNOUNCED)
		engine->format_state = FORMAT_READ;
	event_heed(engine->params.done, &engine->events);
	wake_and_unlock(engine);
}

int engine_set_codec(struct engine *engine, enum vacodec_codec codec)
{
	int err = 0;

	pthread_mutex_lock(&engine->lock);
	if (codec != engine->params.codec && engine->started)
		err = -EBUSY;
	else
		engine->params.codec = codec;
	pthread_mutex_unlock(&engine->lock);
	return err;
}

void engine_send_events(struct engine *engine)
{
	event_raise(engine->params.done, &engine->events, 0);
}

/* The driver keeps a resource for so long that what waits for it must be answered. */
static void leave_limbo(struct engine *engine)
{
	engine_lose(engine, -ETIMEDOUT, "the driver keeps a resource");
	for (struct answer *a = engine->limbo.head; a && !engine->stop; a = a->next)
		answer_header(a, VIRTIO_VIDEO_RESP_ERR_INVALID_OPERATION);
	push_all(engine, &engine->limbo);
}

void engine_check(struct engine *engine)
{
	uint64_t now_ns;

	pthread_mutex_lock(&engine->lock);
	now_ns = watchdog_now_ns(); /* not before what it is compared with */
	/* A copy by the CPU ends, however slow the machine is. */
	if (engine->limbo.head && (engine->copying || now_ns - engine->limbo_since_ns < LIMBO_NS))
		watchdog_arm(engine->params.watchdog, LIMBO_NS);
	else if (engine->limbo.head)
		leave_limbo(engine);
	if (hangs(engine, now_ns))
		engine_lose(engine, -ETIMEDOUT, "a driver call hangs");
	else if (engine->busy_since_ns)
		watchdog_arm(engine->params.watchdog, engine->hang_ns);
	pthread_mutex_unlock(&engine->lock);
}

/* ---- Resources ---- */

struct resource *engine_find(const struct engine *engine, enum engine_side side, uint32_t id)
{
	const struct resource_table *table = &engine->tables[side];

	for (unsigned int i = 0; i < table->n; i++) {
		if (table->all[i]->id == id)
			return table->all[i];
	}
	return NULL;
}

static uint64_t sum_bytes(const struct engine *engine)
{
	uint64_t sum = 0;

	for (int side = 0; side < ENGINE_N_SIDES; side++) {
		for (unsigned int i = 0; i < engine->tables[side].n; i++)
			sum += engine->tables[side].all[i]->size_bytes;
	}
	return sum;
}

int engine_add(struct engine *engine, enum engine_side side, struct resource *resource,
	       struct answer *answer)
{
	struct resource *old = engine_find(engine, side, resource->id);
	struct resource_table *table = &engine->tables[side];
	uint64_t kept_bytes = sum_bytes(engine) - (old ? old->size_bytes : 0);

	if (resource->size_bytes > engine->params.resource_bytes - kept_bytes ||
	    (!old && table->n >= engine->params.bounds.max_buffers))
		return -ENOSPC;
	if (old)
		engine_remove(engine, side, old);
	pthread_mutex_lock(&engine->lock);
	table->all[table->n++] = resource;
	engine_push(engine, answer);
	pthread_mutex_unlock(&engine->lock);
	return 0;
}

void engine_remove(struct engine *engine, enum engine_side side, struct resource *resource)
{
	struct resource_table *table = &engine->tables[side];
	unsigned int i = 0;

	pthread_mutex_lock(&engine->lock);
	if (resource->answer)
		engine_answer(engine, side, resource, VIRTIO_VIDEO_BUFFER_FLAG_ERR, 0);
	while (table->all[i] != resource)
		i++;
	table->all[i] = table->all[--table->n];
	resource->removed = engine->purge = true;
	wake_and_unlock(engine);
	resource_unref(resource);
}

void engine_remove_all(struct engine *engine, enum engine_side side)
{
	while (engine->tables[side].n)
		engine_remove(engine, side, engine->tables[side].all[0]);
}

void engine_drop_memory(struct engine *engine, const uint8_t *addr, uint64_t size_bytes)
{
	for (int side = 0; side < ENGINE_N_SIDES; side++) {
		struct resource_table *table = &engine->tables[side];

		for (unsigned int i = table->n; i-- > 0;) {
			if (resource_touches(table->all[i], addr, size_bytes))
				engine_remove(engine, side, table->all[i]);
		}
	}
	engine_wait_for_copy(engine);
}

void engine_wait_for_copy(struct engine *engine)
{
	pthread_mutex_lock(&engine->lock);
	while (engine->copying)
		pthread_cond_wait(&engine->ended, &engine->lock);
	pthread_mutex_unlock(&engine->lock);
}

/* ---- Work ---- */

int engine_queue(struct engine *engine, enum engine_side side, struct resource *resource,
		 const struct engine_job *job)
{
	int err = 0;

	pthread_mutex_lock(&engine->lock);
	if (engine->state.stats.lost || (side == ENGINE_INPUT && engine->drain != DRAIN_NONE)) {
		err = -EPERM;
	} else if (resource->answer) {
		err = -EINVAL;
	} else {
		resource->answer = job->answer;
		resource->timestamp = job->timestamp;
		resource->data_bytes = job->data_bytes;
		append(&engine->queues[side], resource);
		if (side == ENGINE_OUTPUT && engine->format_state != FORMAT_ANNOUNCED)
			engine->reallocating = false;
	}
	wake_and_unlock(engine);
	return err;
}

int engine_drain(struct engine *engine, struct answer *answer)
{
	int err = 0;

	pthread_mutex_lock(&engine->lock);
	if (engine->state.stats.lost || engine->drain != DRAIN_NONE) {
		err = -EPERM;
	} else {
		engine->drain = DRAIN_ASKED;
		engine->drain_answer = answer;
		engine->drain_serial++;
	}
	wake_and_unlock(engine);
	return err;
}

void engine_clear(struct engine *engine, enum engine_side side, struct answer *answer)
{
	pthread_mutex_lock(&engine->lock);
	/* Clearing the output is a step of every change of format: the drain goes on behind it. */
	if (side == ENGINE_INPUT || !engine->reallocating)
		engine_cancel_drain(engine);
	engine_answer_all(engine, side);
	if (side == ENGINE_INPUT)
		engine->flush = true;
	if (answer)
		engine_push(engine, answer);
	wake_and_unlock(engine);
}

/* ---- End ---- */

void engine_stop(struct engine *engine, struct answer *answer)
{
	pthread_mutex_lock(&engine->lock);
	engine_cancel_drain(engine);
	engine_answer_all(engine, ENGINE_INPUT);
	engine_answer_all(engine, ENGINE_OUTPUT);
	engine->stop = true;
	event_forget(engine->params.done, &engine->events);
	if (answer)
		engine_push(engine, answer);
	wake_and_unlock(engine);
	for (int side = 0; side < ENGINE_N_SIDES; side++)
		engine_remove_all(engine, side);
}

bool engine_collect(struct engine *engine, uint64_t timeout_ns)
{
	uint64_t until = watchdog_now_ns() + timeout_ns;
	struct timespec t = {.tv_sec = until / 1000000000, .tv_nsec = until % 1000000000};
	bool exited;

	pthread_mutex_lock(&engine->lock);
	while (!engine->exited && timeout_ns) {
		if (pthread_cond_timedwait(&engine->ended, &engine->lock, &t) == ETIMEDOUT)
			break;
	}
	exited = engine->exited;
	pthread_mutex_unlock(&engine->lock);
	if (!exited)
		return false;
	pthread_join(engine->thread, NULL);
	engine_destroy(engine);
	return true;
}

void engine_abandon(struct engine *engine)
{
	struct answer *answer;
	bool exited;

	pthread_mutex_lock(&engine->lock);
	while (engine->copying || engine->opening)
		pthread_cond_wait(&engine->ended, &engine->lock);
	exited = engine->exited;
	while ((answer = done_list_pop(&engine->hostages)) ||
	       (answer = done_list_pop(&engine->limbo)))
		done_forget(engine->params.done, answer);
	if (!exited) {
		engine->params.watchdog = NULL;
		engine->abandoned = true;
		pthread_detach(engine->thread);
	}
	pthread_mutex_unlock(&engine->lock);
	if (exited)
		engine_collect(engine, 0);
}
