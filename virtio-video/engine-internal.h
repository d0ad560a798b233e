/* SPDX-License-Identifier: MIT */
/*
 * engine-internal.h - what the two sides of an engine share
 *
 * engine.c runs on the caller's thread, engine-thread.c on the engine's. Order of locks: lock, the
 * done queue's. The driver is never called and no guest memory touched with one of them held.
 *
 * A resource that is written or read meanwhile is held, and so is one that a picture is decoded into.
 * When it is taken away then, it is kept: its answer and those of other resources after it wait as
 * hostages, and the answers to commands behind them in the limbo, until the thread has let go of all that
 * are kept. When the driver does not, the commands are answered all the same after a while, as failed,
 * and the hostages stay: what may still be written is not the guest's.
 */
#ifndef ENGINE_INTERNAL_H
#define ENGINE_INTERNAL_H

#include <pthread.h>
#include "engine.h"

/*
 *         asked        begun          drained        told
 *  NONE -------> ASKED ------> RUNNING --------> EOS -------> NONE
 *                  |    (nothing to drain)        ^
 *                  +------------------------------+
 *  A cancel leads from each state to NONE.
 */
enum drain_state {
	DRAIN_NONE,
	DRAIN_ASKED,   /* input before it is not consumed yet */
	DRAIN_RUNNING, /* in the decoder */
	DRAIN_EOS,     /* all frames were answered; waits for an output resource */
};

/*
 *         quiet change
 *  NONE ---------------> QUIET ---------------------+
 *    |     change                    params read    | accepted
 *    +---------------> ANNOUNCED ---------> READ ---+----------> NONE
 */
enum format_state {
	FORMAT_NONE,
	FORMAT_QUIET,     /* nothing that the guest must know: accepted at once */
	FORMAT_ANNOUNCED, /* event 0x200 is out, GET_PARAMS(OUTPUT) is not answered */
	FORMAT_READ,      /* waits for an output resource that fits */
};

struct resource_list {
	struct resource *head;
	unsigned int n;
};

/* All resources of a queue. The caller's thread changes it, under the lock. */
struct resource_table {
	unsigned int n;
	struct resource *all[PARAMS_MAX_BUFFERS];
};

struct engine {
	pthread_mutex_t lock;
	pthread_cond_t wake, ended; /* for the thread; of its copies, and of itself */
	pthread_t thread;
	struct engine_params params; /* constant, but for codec, and watchdog when abandoned */
	uint64_t hang_ns;            /* constant: how long a driver call may take */

	/* Under the lock. */
	bool stop, exited, abandoned;
	uint64_t busy_since_ns; /* not 0: in the driver, or on the way there */
	bool started;           /* the decoder is chosen */
	struct event_source events;
	struct resource_table tables[ENGINE_N_SIDES];
	struct resource_list queues[ENGINE_N_SIDES];
	struct answer_list hostages, limbo;
	struct resource *kept; /* references */
	uint64_t limbo_since_ns;
	bool copying;      /* the CPU reads or writes a resource that is held */
	bool opening;      /* the embedder opens a display */
	bool purge;        /* resources were removed */
	bool input_active; /* the head of the input is in bytes[] */
	bool flush;        /* a seek is to be done first */
	enum drain_state drain;
	uint64_t drain_serial;
	struct answer *drain_answer;
	enum format_state format_state;
	bool reallocating; /* from the event until an output resource is queued that knows of it */
	struct engine_state state;

	/* The engine's thread only. */
	struct landing *landing; /* NULL: its display was lost and no other opened */
	bool reopened;           /* since the last frame */
	struct vacodec_decoder *decoder;
	struct vacodec_frame *frame; /* next to be landed */
	bool poll_events;
	bool decoder_drains;
	unsigned int refusals; /* in a row, although the decoder's fd says otherwise */
	uint8_t *bytes;        /* of the input resource that is being consumed */
	size_t capacity_bytes, n_bytes, pos;
	bool filled;
	uint64_t timestamp;
};

/* All of these want the lock. */
void engine_cancel_drain(struct engine *engine);
/* Sends the answer to a command off, or into the limbo. */
void engine_push(struct engine *engine, struct answer *answer);
/* The resource is held no more; sends off what waited for it. */
void engine_let_go(struct engine *engine, struct resource *resource);
/* Takes the resource from its queue and answers it. */
void engine_answer(struct engine *engine, enum engine_side side, struct resource *resource,
		   uint32_t flags, uint32_t size_bytes);
void engine_answer_all(struct engine *engine, enum engine_side side);
/* Ends the session: answers all that waits and raises the event, once. */
void engine_lose(struct engine *engine, int error, const char *why);

/*
 * engine-place.c: the resource for the frame at hand, or for any, and the layout of its pictures; where the
 * frame is already comes first, and last where it was taken away from meanwhile. NULL: there is none.
 */
struct resource *engine_find_output(struct engine *engine, struct params_layout *layout);

/* Without the lock: accepts the format, with frames in place where that is good. */
int engine_place_accept(struct engine *engine);
#define ENGINE_EXTRA_FRAMES 2 /* one being landed, one waiting for it */

/* The start routine; frees what the thread owns. */
void *engine_thread(void *engine);
void engine_destroy(struct engine *engine);

#endif
