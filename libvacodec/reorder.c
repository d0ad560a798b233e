/* SPDX-License-Identifier: MIT */
/*
 * reorder.c - frames that wait for their turn in output order, and the queue of events
 */
#include "reorder.h"

#include <assert.h>
#include <string.h>

void reorder_add(struct reorder *reorder, struct vacodec_frame *frame, int64_t order)
{
	assert(reorder->n < REORDER_MAX_FRAMES);
	reorder->waiting[reorder->n].frame = vacodec_frame_ref(frame);
	reorder->waiting[reorder->n].order = order;
	reorder->waiting[reorder->n].latency = 0;
	reorder->n++;
}

/* The first of equals is the one that was added first. */
static unsigned int find_first(const struct reorder *reorder)
{
	unsigned int first = 0;
	unsigned int i;

	for (i = 1; i < reorder->n; i++) {
		if (reorder->waiting[i].order < reorder->waiting[first].order)
			first = i;
	}
	return first;
}

struct vacodec_frame *reorder_pop(struct reorder *reorder)
{
	unsigned int first = find_first(reorder);
	struct vacodec_frame *frame;

	if (reorder->n == 0)
		return NULL;
	frame = reorder->waiting[first].frame;
	reorder->n--;
	memmove(&reorder->waiting[first], &reorder->waiting[first + 1],
		(reorder->n - first) * sizeof(reorder->waiting[0]));
	return frame;
}

bool reorder_holds(const struct reorder *reorder, const struct vacodec_frame *frame)
{
	unsigned int i;

	for (i = 0; i < reorder->n; i++) {
		if (reorder->waiting[i].frame == frame)
			return true;
	}
	return false;
}

void reorder_clear(struct reorder *reorder)
{
	unsigned int i;

	for (i = 0; i < reorder->n; i++)
		vacodec_frame_unref(reorder->waiting[i].frame);
	reorder->n = 0;
}

void event_queue_push(struct event_queue *queue, const struct vacodec_event *event)
{
	assert(queue->n < EVENT_QUEUE_MAX);
	queue->events[(queue->first + queue->n) % EVENT_QUEUE_MAX] = *event;
	queue->n++;
}

bool event_queue_pop(struct event_queue *queue, struct vacodec_event *event)
{
	if (queue->n == 0)
		return false;
	*event = queue->events[queue->first];
	queue->first = (queue->first + 1) % EVENT_QUEUE_MAX;
	queue->n--;
	return true;
}

void event_queue_flush(struct event_queue *queue)
{
	struct vacodec_event event;
	unsigned int n = queue->n;

	while (n-- > 0 && event_queue_pop(queue, &event)) {
		if (event.type == VACODEC_EVENT_FORMAT || event.type == VACODEC_EVENT_ERROR)
			event_queue_push(queue, &event);
		else
			vacodec_frame_unref(event.frame);
	}
}

void event_queue_clear(struct event_queue *queue)
{
	struct vacodec_event event;

	while (event_queue_pop(queue, &event))
		vacodec_frame_unref(event.frame);
}
