/* SPDX-License-Identifier: MIT */
/*
 * done.c - the pool of answers and the queue of those that are ready
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "done.h"

int done_init(struct done_queue *done)
{
	*done = (struct done_queue){.lock = PTHREAD_MUTEX_INITIALIZER};
	done->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return done->fd < 0 ? -errno : 0;
}

static void free_chain(struct answer *answer)
{
	while (answer) {
		struct answer *next = answer->next;

		free(answer);
		answer = next;
	}
}

void done_finish(struct done_queue *done)
{
	free_chain(done->ready.head);
	free_chain(done->event_buffers.head);
	free_chain(done->pool);
	close(done->fd); /* or -1 */
}

void done_list_append(struct answer_list *list, struct answer *answer)
{
	answer->next = NULL;
	if (list->tail)
		list->tail->next = answer;
	else
		list->head = answer;
	list->tail = answer;
}

struct answer *done_list_pop(struct answer_list *list)
{
	struct answer *answer = list->head;

	if (!answer)
		return NULL;
	list->head = answer->next;
	if (!list->head)
		list->tail = NULL;
	answer->next = NULL;
	return answer;
}

/* The eventfd's counter is 1 while something is ready and 0 else; it changes under the lock. */
void done_update_fd(struct done_queue *done, bool was_empty)
{
	uint64_t value = 1;
	ssize_t n = 0;

	if (was_empty && done->ready.head)
		n = write(done->fd, &value, sizeof(value));
	else if (!was_empty && !done->ready.head)
		n = read(done->fd, &value, sizeof(value));
	(void)n;
}

static unsigned int *counter(struct done_queue *done, enum vvd_queue queue)
{
	return queue == VVD_QUEUE_EVENT ? &done->events : &done->commands;
}

int done_take(struct done_queue *done, enum vvd_queue queue, unsigned int limit,
	      struct answer **out)
{
	struct answer *answer = NULL;

	pthread_mutex_lock(&done->lock);
	if (*counter(done, queue) < limit) {
		answer = done->pool;
		if (answer)
			done->pool = answer->next;
		else
			answer = malloc(sizeof(*answer));
		if (answer)
			(*counter(done, queue))++;
	}
	pthread_mutex_unlock(&done->lock);
	if (!answer)
		return -ENOMEM;
	*answer = (struct answer){.queue = queue};
	*out = answer;
	return 0;
}

static void recycle(struct done_queue *done, struct answer *answer)
{
	(*counter(done, answer->queue))--;
	answer->next = done->pool;
	done->pool = answer;
}

void done_recycle_all(struct done_queue *done, struct answer_list *list)
{
	struct answer *answer;

	while ((answer = done_list_pop(list)))
		recycle(done, answer);
}

void done_push_locked(struct done_queue *done, struct answer *answer)
{
	bool was_empty = !done->ready.head;

	done_list_append(&done->ready, answer);
	done_update_fd(done, was_empty);
}

void done_push(struct done_queue *done, struct answer *answer)
{
	pthread_mutex_lock(&done->lock);
	done->n_errors += answer->is_error;
	done_push_locked(done, answer);
	pthread_mutex_unlock(&done->lock);
}

void done_forget(struct done_queue *done, struct answer *answer)
{
	pthread_mutex_lock(&done->lock);
	recycle(done, answer);
	pthread_mutex_unlock(&done->lock);
}

int done_reap(struct done_queue *done, struct vvd_done *out, uint8_t *buf)
{
	struct answer *answer;

	pthread_mutex_lock(&done->lock);
	answer = done_list_pop(&done->ready);
	if (answer) {
		*out = (struct vvd_done){answer->token, answer->queue, answer->len_bytes};
		memcpy(buf, answer->bytes, answer->len_bytes);
		recycle(done, answer);
		done_update_fd(done, false);
	}
	pthread_mutex_unlock(&done->lock);
	return answer != NULL;
}

void done_reset(struct done_queue *done)
{
	bool was_empty;

	pthread_mutex_lock(&done->lock);
	was_empty = !done->ready.head;
	done_recycle_all(done, &done->ready);
	done_recycle_all(done, &done->event_buffers);
	done_update_fd(done, was_empty);
	pthread_mutex_unlock(&done->lock);
}

void answer_header(struct answer *answer, uint32_t type)
{
	struct wire w;

	wire_init(&w, answer->bytes, WIRE_HDR);
	wire_put_u32(&w, type);
	wire_put_u32(&w, answer->stream_id);
	answer->len_bytes = answer->cap_bytes < WIRE_HDR ? answer->cap_bytes : WIRE_HDR;
	answer->is_error = type >= VIRTIO_VIDEO_RESP_ERR_INVALID_OPERATION;
}

void answer_resource(struct answer *answer, uint32_t type, uint64_t timestamp, uint32_t flags,
		     uint32_t size_bytes)
{
	struct wire w;

	answer_header(answer, type);
	if (answer->cap_bytes < WIRE_RESOURCE_QUEUE_RESP)
		return;
	wire_init(&w, answer->bytes + WIRE_HDR, WIRE_RESOURCE_QUEUE_RESP - WIRE_HDR);
	wire_put_u64(&w, timestamp);
	wire_put_u32(&w, flags);
	wire_put_u32(&w, size_bytes);
	answer->len_bytes = WIRE_RESOURCE_QUEUE_RESP;
}
