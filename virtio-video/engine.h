/* SPDX-License-Identifier: MIT */
/*
 * engine.h - a stream's work: a thread with its own decoder and display
 *
 * The caller's thread queues resources, drains and clears; none of these calls waits for the
 * driver. The engine answers through the device's done queue. Once a resource was answered or
 * removed, the engine touches none of its memory any more.
 */
#ifndef ENGINE_H
#define ENGINE_H

#include <stdbool.h>
#include <stdint.h>
#include "done.h"
#include "params.h"
#include "vacodec.h"
#include "virtio-video.h"
#include "watchdog.h"

struct engine;
struct log;
struct vawrap_display;

/* Which of a stream's queues. */
enum engine_side {
	ENGINE_INPUT,
	ENGINE_OUTPUT,
	ENGINE_N_SIDES,
};

struct engine_state {
	struct params params[ENGINE_N_SIDES];
	struct params_format format;
	struct vvd_stream_stats stats; /* lost: nothing but clearing and stopping is of use */
	unsigned int n_resources;
};

struct engine_params {
	struct vawrap_display *display; /* the engine takes a reference of its own */
	struct log *log;
	struct done_queue *done; /* both outlive the engine, or until it is abandoned */
	struct watchdog *watchdog;
	/* Opens another display when this one is lost, on the engine's thread. */
	int (*open_display)(void *cookie, struct vawrap_display **out);
	void *open_cookie;
	enum vacodec_codec codec;
	struct params_bounds bounds;
	uint64_t resource_bytes;   /* of all resources, at most */
	struct engine_state state; /* to begin with */
};

/* Errors: -ENOMEM, -EAGAIN no thread. */
int engine_new(const struct engine_params *params, struct engine **out);

/* ---- Parameters ---- */

/* A copy of what can be asked for. */
void engine_get_state(struct engine *engine, struct engine_state *out);
void engine_set_params(struct engine *engine, enum engine_side side, const struct params *asked);
/* The guest has read the output's parameters: after a change of format, decoding may resume. */
void engine_params_were_read(struct engine *engine);
/* Errors: -EBUSY bitstream of another codec was seen. */
int engine_set_codec(struct engine *engine, enum vacodec_codec codec);

/* ---- Resources ---- */

/* NULL: there is none. */
struct resource *engine_find(const struct engine *engine, enum engine_side side, uint32_t id);
/*
 * Takes the caller's reference; a resource with the same id goes, as engine_remove() says. Then answer
 * goes out. Errors: -ENOSPC there are too many, or they have too much memory: it stays the caller's.
 */
int engine_add(struct engine *engine, enum engine_side side, struct resource *resource,
	       struct answer *answer);
/* Takes one away: when it is queued, it is answered with ERR. */
void engine_remove(struct engine *engine, enum engine_side side, struct resource *resource);
void engine_remove_all(struct engine *engine, enum engine_side side);
/* Takes away those with memory in the range; nothing of it is touched any more then. */
void engine_drop_memory(struct engine *engine, const uint8_t *addr, uint64_t size_bytes);
/* Waits until nothing is copied from or to a resource of guest pages that was removed. */
void engine_wait_for_copy(struct engine *engine);

/* ---- Work ---- */

struct engine_job {
	struct answer *answer;
	uint64_t timestamp;
	uint32_t data_bytes;
};

/*
 * Queues a resource. Errors: -EPERM input while draining, or the session is lost; -EINVAL queued
 * already: the answer stays the caller's.
 */
int engine_queue(struct engine *engine, enum engine_side side, struct resource *resource,
		 const struct engine_job *job);
/* Errors: -EPERM a drain is not finished, or the session is lost. */
int engine_drain(struct engine *engine, struct answer *answer);
/*
 * Answers all of a queue with ERR, in order, a pending drain before; input: seeks. Then answer, which
 * may be NULL, goes out: an answer waits as long as something is written into its resource, and so do
 * those behind it.
 */
void engine_clear(struct engine *engine, enum engine_side side, struct answer *answer);

/* Sends events that have waited for buffers. */
void engine_send_events(struct engine *engine);
/* Fails the session when a driver call hangs; where one has just begun, the watchdog looks again. */
void engine_check(struct engine *engine);

/* ---- End ---- */

/* Clears both queues and removes all resources; tells the thread to end and does not wait for it. */
void engine_stop(struct engine *engine, struct answer *answer);
/* After engine_stop(): waits up to timeout_ns for the thread. True: the engine is freed. */
bool engine_collect(struct engine *engine, uint64_t timeout_ns);
/*
 * Leaves a thread that hangs behind; it frees the engine when the driver lets it go. What was not
 * answered yet is forgotten, and params.done not used any more.
 */
void engine_abandon(struct engine *engine);

#endif
