/* SPDX-License-Identifier: MIT */
/*
 * event.c - events that wait for buffers, and buffers that wait for events
 */
#include "done.h"

static uint32_t next_type(struct event_source *source)
{
	/* A change of format was before the failure, or it would not have been seen. */
	if (source->format_changed) {
		source->format_changed = false;
		source->unheeded = true;
		return VIRTIO_VIDEO_EVENT_DECODER_RESOLUTION_CHANGED;
	}
	source->failed = false;
	return VIRTIO_VIDEO_EVENT_ERROR;
}

static void deliver(struct done_queue *done)
{
	while (done->waiting && done->event_buffers.head) {
		struct event_source *source = done->waiting;
		struct answer *buffer = done_list_pop(&done->event_buffers);

		buffer->stream_id = source->stream_id;
		answer_header(buffer, next_type(source));
		done_push_locked(done, buffer);
		done->n_events++;
		if (source->format_changed || source->failed)
			continue;
		done->waiting = source->next;
		source->waiting = false;
	}
}

void event_post_buffer(struct done_queue *done, struct answer *buffer)
{
	pthread_mutex_lock(&done->lock);
	done_list_append(&done->event_buffers, buffer);
	deliver(done);
	pthread_mutex_unlock(&done->lock);
}

void event_raise(struct done_queue *done, struct event_source *source, uint32_t type)
{
	struct event_source **at = &done->waiting;

	pthread_mutex_lock(&done->lock);
	if (type == VIRTIO_VIDEO_EVENT_ERROR)
		source->failed = true;
	else
		source->format_changed = true;
	if (!source->waiting) {
		while (*at)
			at = &(*at)->next;
		source->next = NULL;
		source->waiting = true;
		*at = source;
	}
	deliver(done);
	pthread_mutex_unlock(&done->lock);
}

void event_forget_buffers(struct done_queue *done)
{
	struct answer *answer;

	pthread_mutex_lock(&done->lock);
	while ((answer = done_list_pop(&done->event_buffers)))
		done_recycle(done, answer);
	pthread_mutex_unlock(&done->lock);
}

void event_heed(struct done_queue *done, struct event_source *source)
{
	pthread_mutex_lock(&done->lock);
	source->unheeded = false;
	pthread_mutex_unlock(&done->lock);
}

bool event_is_heeded(struct done_queue *done, const struct event_source *source)
{
	bool heeded;

	pthread_mutex_lock(&done->lock);
	heeded = !source->format_changed && !source->unheeded;
	pthread_mutex_unlock(&done->lock);
	return heeded;
}

static void unlink_source(struct done_queue *done, struct event_source *source)
{
	struct event_source **at = &done->waiting;

	while (*at && *at != source)
		at = &(*at)->next;
	if (*at)
		*at = source->next;
	source->waiting = source->format_changed = source->failed = false;
}

/* An event for an unknown stream would cost the driver its buffer. */
static void take_back(struct done_queue *done, uint32_t stream_id)
{
	struct answer_list all = done->ready;
	struct answer *answer;
	bool was_empty = !all.head;

	done->ready = (struct answer_list){NULL, NULL};
	while ((answer = done_list_pop(&all))) {
		if (answer->queue == VVD_QUEUE_EVENT && answer->stream_id == stream_id) {
			done->n_events--;
			done_list_append(&done->event_buffers, answer);
		} else {
			done_list_append(&done->ready, answer);
		}
	}
	done_update_fd(done, was_empty);
}

void event_forget(struct done_queue *done, struct event_source *source)
{
	pthread_mutex_lock(&done->lock);
	unlink_source(done, source);
	take_back(done, source->stream_id);
	deliver(done);
	pthread_mutex_unlock(&done->lock);
}
