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

static void deliver(struct done_queue *done, struct event_source *source)
{
	while ((source->format_changed || source->failed) && done->event_buffers.head) {
		struct answer *buffer = done_list_pop(&done->event_buffers);

		buffer->stream_id = source->stream_id;
		answer_header(buffer, next_type(source));
		done_push_locked(done, buffer);
		done->n_events++;
	}
}

void event_post_buffer(struct done_queue *done, struct answer *buffer)
{
	pthread_mutex_lock(&done->lock);
	done_list_append(&done->event_buffers, buffer);
	pthread_mutex_unlock(&done->lock);
}

void event_raise(struct done_queue *done, struct event_source *source, uint32_t type)
{
	pthread_mutex_lock(&done->lock);
	source->failed |= type == VIRTIO_VIDEO_EVENT_ERROR;
	source->format_changed |= type == VIRTIO_VIDEO_EVENT_DECODER_RESOLUTION_CHANGED;
	deliver(done, source);
	pthread_mutex_unlock(&done->lock);
}

void event_forget_buffers(struct done_queue *done)
{
	pthread_mutex_lock(&done->lock);
	done_recycle_all(done, &done->event_buffers);
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

/*
 * An event for an unknown stream would cost the driver its buffer. What is taken back was posted before
 * those that wait.
 */
static void take_back(struct done_queue *done, uint32_t stream_id)
{
	struct answer_list ready = done->ready, buffers = done->event_buffers;
	bool was_empty = !ready.head;
	struct answer *answer;

	done->ready = done->event_buffers = (struct answer_list){NULL, NULL};
	while ((answer = done_list_pop(&ready))) {
		if (answer->queue == VVD_QUEUE_EVENT && answer->stream_id == stream_id) {
			done->n_events--;
			done_list_append(&done->event_buffers, answer);
		} else {
			done_list_append(&done->ready, answer);
		}
	}
	while ((answer = done_list_pop(&buffers)))
		done_list_append(&done->event_buffers, answer);
	done_update_fd(done, was_empty);
}

void event_forget(struct done_queue *done, struct event_source *source)
{
	pthread_mutex_lock(&done->lock);
	source->format_changed = source->failed = false;
	take_back(done, source->stream_id);
	pthread_mutex_unlock(&done->lock);
}
