/* SPDX-License-Identifier: MIT */
/*
 * reorder.h - frames that wait for their turn in output order, and the queue of events
 */
#ifndef LIBVACODEC_REORDER_H
#define LIBVACODEC_REORDER_H

#include "vacodec.h"

/* No codec keeps more than 16 frames, and the current one. */
#define REORDER_MAX_FRAMES 32
/* One unit completes a picture and may begin a sequence: all waiting frames, twice; or settling a third time. */
#define EVENT_QUEUE_MAX (3 * REORDER_MAX_FRAMES + 8)

struct reorder {
	struct {
		struct vacodec_frame *frame;
		int64_t order; /* picture order count */
		uint64_t latency;
	} waiting[REORDER_MAX_FRAMES];
	unsigned int n;
};

/* Takes a reference of its own on the frame. */
void reorder_add(struct reorder *reorder, struct vacodec_frame *frame, int64_t order);
/* Takes out the frame that is first in output order, with its reference; NULL when empty. */
struct vacodec_frame *reorder_pop(struct reorder *reorder);
bool reorder_holds(const struct reorder *reorder, const struct vacodec_frame *frame);
void reorder_clear(struct reorder *reorder);

struct event_queue {
	struct vacodec_event events[EVENT_QUEUE_MAX];
	unsigned int first;
	unsigned int n;
};

/* The event's frame reference goes with it. */
void event_queue_push(struct event_queue *queue, const struct vacodec_event *event);
bool event_queue_pop(struct event_queue *queue, struct vacodec_event *event);
/* Drops frames and DRAINED; FORMAT and ERROR stay. */
void event_queue_flush(struct event_queue *queue);
void event_queue_clear(struct event_queue *queue);

#endif
