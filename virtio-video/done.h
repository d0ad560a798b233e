/* SPDX-License-Identifier: MIT */
/*
 * done.h - answers: from the token that was submitted to the bytes that are reaped
 *
 * One answer goes with one token for its whole life: it is taken from a pool at submit, waits with
 * its resource or stream, is filled in, and is reaped. Streams' threads push; the caller's thread
 * does all else. The queue's eventfd is readable while an answer waits.
 */
#ifndef DONE_H
#define DONE_H

#include <pthread.h>
#include <stdbool.h>
#include "virtio-video.h"
#include "wire.h"

struct answer {
	struct answer *next;
	uint64_t token;
	enum vvd_queue queue;
	uint32_t cap_bytes; /* of the chain */
	uint32_t stream_id; /* of the request or event */
	uint32_t len_bytes;
	bool is_error;
	uint8_t bytes[WIRE_MAX_CAPS];
};

struct answer_list {
	struct answer *head, *tail;
};

/* Something that has events to send; embedded in a stream's engine. */
struct event_source {
	uint32_t stream_id;
	bool format_changed, failed; /* not sent yet */
	bool unheeded;               /* 0x200 was sent, and no GET_PARAMS(OUTPUT) answered since */
};

struct done_queue {
	pthread_mutex_t lock;
	int fd;
	struct answer_list ready;
	struct answer *pool;
	struct answer_list event_buffers; /* posted and not used */
	unsigned int commands, events;    /* tokens that the device holds */
	uint64_t n_events, n_errors;
};

int done_init(struct done_queue *done);
void done_finish(struct done_queue *done);
/* Takes an answer from the pool. Errors: -ENOMEM, also when limit of the queue's kind are out. */
int done_take(struct done_queue *done, enum vvd_queue queue, unsigned int limit,
	      struct answer **out);
/* Makes an answer ready to be reaped. */
void done_push(struct done_queue *done, struct answer *answer);
/* As vvd_device_reap(), with a buffer that is large enough. */
int done_reap(struct done_queue *done, struct vvd_done *out, uint8_t *buf);
/* Forgets what is ready and the event buffers. */
void done_reset(struct done_queue *done);
/* Gives an answer that is not ready back to the pool: its token is forgotten. */
void done_forget(struct done_queue *done, struct answer *answer);

/* A bare header; at most what the chain has room for. */
void answer_header(struct answer *answer, uint32_t type);
/* A full answer to RESOURCE_QUEUE. */
void answer_resource(struct answer *answer, uint32_t type, uint64_t timestamp, uint32_t flags,
		     uint32_t size_bytes);

/* event.c: events of a stream that could not be sent yet are kept, each kind once. */
void event_post_buffer(struct done_queue *done, struct answer *buffer);
/* Sends what is not sent yet and has buffers now, and that; 0: nothing new. */
void event_raise(struct done_queue *done, struct event_source *source, uint32_t type);
/* The tokens of the buffers that wait for events are the embedder's again. */
void event_forget_buffers(struct done_queue *done);
/* GET_PARAMS(OUTPUT) was answered. */
void event_heed(struct done_queue *done, struct event_source *source);
/* No 0x200 is on its way to the guest or not heeded: only then may it see an EOS. */
bool event_is_heeded(struct done_queue *done, const struct event_source *source);
/* The stream goes: nothing is sent for it any more; what is ready for it is taken back. */
void event_forget(struct done_queue *done, struct event_source *source);

/* For event.c, with the lock held. */
void done_recycle_all(struct done_queue *done, struct answer_list *list);
void done_list_append(struct answer_list *list, struct answer *answer);
struct answer *done_list_pop(struct answer_list *list);
void done_push_locked(struct done_queue *done, struct answer *answer);
void done_update_fd(struct done_queue *done, bool was_empty);

#endif
