/* SPDX-License-Identifier: MIT */
/*
 * pump.c - from chains to tokens and back
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include "pump-internal.h"

#define RETRY_NS       1000000 /* after the device had no memory for a chain */
#define POLL_NS        1000000 /* between looks at a queue without a kick */
#define EVENT_BYTES    8
#define CHAINS_A_ROUND 256
#define STOP_LOOK_MS   20 /* between looks at what a stopping queue still owes */
#define STOP_LOOKS     100

/* ---- In ---- */

/* Keeps where the answer goes. The few pieces of a usual chain need no memory of their own. */
static int keep_pieces(struct slot *slot, const struct virtq_chain *chain)
{
	slot->pieces = slot->few;
	if (chain->n_writable > INLINE_PIECES) {
		if (chain->n_writable > slot->capacity) {
			struct iovec *more = realloc(slot->more, chain->n_writable * sizeof(*more));

			if (!more)
				return -ENOMEM;
			slot->more = more;
			slot->capacity = chain->n_writable;
		}
		slot->pieces = slot->more;
	}
	slot->n_pieces = chain->n_writable;
	if (chain->n_writable)
		memcpy(slot->pieces, chain->writable, chain->n_writable * sizeof(*slot->pieces));
	return 0;
}

static int give_to_device(struct pump *pump, enum vvd_queue which, const struct virtq_chain *chain)
{
	uint64_t cap = chain->writable_bytes;

	if (which == VVD_QUEUE_EVENT)
		return vvd_device_post_event(pump->device, chain->head);
	return vvd_device_submit(pump->device, chain->head, chain->readable, chain->n_readable,
				 cap > UINT32_MAX ? UINT32_MAX : (uint32_t)cap);
}

/*
 * What touches rings and chains runs in a guard: in memory that has shrunk it ends with -EFAULT, and
 * the queue is broken.
 */
struct touch {
	struct virtq *queue;
	struct inflight *inflight;
	struct virtq_chain *chain;
	const struct slot *slot;
	const uint8_t *from;
	uint16_t head;
	uint32_t len_bytes;
};

static int run_guarded(int (*what)(void *cookie), struct touch *touch)
{
	int ret = vvd_guard(what, touch);

	if (ret != -EFAULT)
		return ret;
	virtq_break(touch->queue);
	return -EIO;
}

static int touch_pop(void *cookie)
{
	const struct touch *touch = cookie;
	int ret = virtq_pop(touch->queue, touch->chain);

	if (ret == 1 || ret == -EBADMSG)
		inflight_take(touch->inflight, touch->chain->head);
	return ret;
}

static int touch_pop_again(void *cookie)
{
	const struct touch *touch = cookie;

	return virtq_pop_again(touch->queue, touch->head, touch->chain);
}

static int touch_unpop(void *cookie)
{
	const struct touch *touch = cookie;

	inflight_untake(touch->inflight, touch->head);
	return 0;
}

static int touch_push(void *cookie)
{
	const struct touch *touch = cookie;
	int ret;

	inflight_before_push(touch->inflight, touch->head);
	ret = virtq_push(touch->queue, touch->head, touch->len_bytes);
	if (!ret)
		inflight_after_push(touch->inflight, touch->head, virtq_read_used(touch->queue));
	return ret;
}

static int touch_should_notify(void *cookie)
{
	const struct touch *touch = cookie;

	return virtq_should_notify(touch->queue);
}

static int push(struct pump_side *side, uint16_t head, uint32_t len_bytes)
{
	struct touch touch = {.queue = side->queue,
			      .inflight = &side->inflight,
			      .head = head,
			      .len_bytes = len_bytes};

	side->pushed = true;
	return run_guarded(touch_push, &touch);
}

/* The chain that was popped last goes back into its ring. */
static void unpop(struct pump_side *side, uint16_t head)
{
	struct touch touch = {.queue = side->queue, .inflight = &side->inflight, .head = head};

	virtq_unpop(side->queue);
	run_guarded(touch_unpop, &touch);
}

/* again: it is one of those from an earlier life. */
static int take_chain(struct pump *pump, enum vvd_queue which, const struct virtq_chain *chain,
		      bool again)
{
	struct pump_side *side = &pump->sides[which];
	struct slot *slot = &side->slots[chain->head];
	int err;

	if (which == VVD_QUEUE_EVENT && chain->writable_bytes < EVENT_BYTES)
		return push(side, chain->head, 0);
	err = keep_pieces(slot, chain);
	if (!err)
		err = give_to_device(pump, which, chain);
	if (err) {
		slot->n_pieces = 0;
		if (!again)
			unpop(side, chain->head);
		pump->retry = true;
		return -EAGAIN;
	}
	slot->busy = true;
	slot->again = again;
	if (again)
		return 0;
	slot->order = virtq_get_next_avail(side->queue) - 1;
	side->slots[slot->order & (side->n_slots - 1)].popped = chain->head;
	return 0;
}

/* Returns 1, 0 there is none, or as take_chain(). */
static int take_next(struct pump *pump, enum vvd_queue which)
{
	struct pump_side *side = &pump->sides[which];
	bool again = side->next_again < side->n_again;
	struct virtq_chain chain;
	struct touch touch = {.queue = side->queue, .inflight = &side->inflight, .chain = &chain};
	int ret;

	if (again)
		touch.head = side->again[side->next_again].head;
	ret = run_guarded(again ? touch_pop_again : touch_pop, &touch);
	if ((ret == 1 || ret == -EBADMSG) && side->slots[chain.head].busy) {
		virtq_break(side->queue);
		return -EIO;
	}
	if (ret == -EBADMSG)
		ret = push(side, chain.head, 0);
	else if (ret == 1)
		ret = take_chain(pump, which, &chain, again);
	else
		return ret;
	if (again && ret != -EAGAIN)
		side->next_again++;
	return ret ? ret : 1;
}

/* Returns the number of chains taken, or -EIO. */
static int take_chains(struct pump *pump, enum vvd_queue which)
{
	struct pump_side *side = &pump->sides[which];
	int n, ret = 0;

	if (!side->queue || !side->enabled)
		return side->queue && virtq_is_broken(side->queue) ? -EIO : 0;
	for (n = 0; n < CHAINS_A_ROUND; n++) {
		ret = take_next(pump, which);
		if (ret != 1)
			break;
	}
	return ret == -EIO ? ret : n;
}

/* ---- Out ---- */

/* Returns the number of bytes that had room. */
static int scatter(void *cookie)
{
	const struct touch *touch = cookie;
	const struct slot *slot = touch->slot;
	uint32_t done = 0;

	for (size_t i = 0; i < slot->n_pieces && done < touch->len_bytes; i++) {
		size_t left = touch->len_bytes - done;
		size_t n = slot->pieces[i].iov_len < left ? slot->pieces[i].iov_len : left;

		memcpy(slot->pieces[i].iov_base, touch->from + done, n);
		done += n;
	}
	return (int)done;
}

/* Returns the number of answers given back. */
static int give_back(struct pump *pump)
{
	struct vvd_done done;
	int n = 0;

	while (n < CHAINS_A_ROUND &&
	       vvd_device_reap(pump->device, &done, pump->answer, pump->answer_bytes) == 1) {
		struct pump_side *side = &pump->sides[done.queue];
		struct touch touch = {.from = pump->answer, .len_bytes = done.len_bytes};
		struct slot *slot;
		int written;

		n++;
		if (!side->queue)
			continue;
		slot = &side->slots[done.token];
		touch.slot = slot;
		written = vvd_guard(scatter, &touch);
		slot->busy = false;
		push(side, done.token, written < 0 ? 0 : (uint32_t)written);
		slot->n_pieces = 0;
	}
	return n;
}

static void notify(struct pump_side *side)
{
	struct touch touch = {.queue = side->queue};
	struct pollfd fd = {.events = POLLOUT};
	uint64_t one = 1;
	ssize_t n;

	if (!side->pushed)
		return;
	side->pushed = false;
	if (run_guarded(touch_should_notify, &touch) <= 0 || side->config.call_fd < 0)
		return;
	/* A full pipe or counter says it as well, and must not stop us; see pump_dispatch(). */
	fd.fd = side->config.call_fd;
	if (poll(&fd, 1, 0) != 1 || !(fd.revents & POLLOUT))
		return;
	n = write(side->config.call_fd, &one, sizeof(one));
	if (n < 0 && errno == EINTR)
		side->config.call_fd = -1;
}

/* ---- Stop one queue ---- */

static void give_back_all(struct pump *pump)
{
	while (give_back(pump) == CHAINS_A_ROUND)
		;
}

static bool is_idle(const struct pump_side *side)
{
	for (unsigned int i = 0; i < side->n_slots; i++)
		if (side->slots[i].busy)
			return false;
	return true;
}

/* A resource that is being written is answered when that has ended; the device bounds the wait. */
static void wait_for_answers(struct pump *pump, const struct pump_side *side)
{
	struct pollfd fd = {.fd = vvd_device_get_fd(pump->device), .events = POLLIN};

	give_back_all(pump);
	for (int i = 0; i < STOP_LOOKS && !is_idle(side); i++) {
		poll(&fd, 1, STOP_LOOK_MS);
		give_back_all(pump);
	}
}

/*
 * The buffers that the device has not used are given back to the ring from its end, as if they had
 * not been popped. One that lies before a used one cannot be: it goes back empty.
 */
static void unpop_events(struct pump_side *side)
{
	for (;;) {
		uint16_t last = virtq_get_next_avail(side->queue) - 1;
		struct slot *slot = &side->slots[side->slots[last & (side->n_slots - 1)].popped];

		if (!slot->busy || slot->again || slot->order != last)
			break;
		slot->busy = false;
		unpop(side, side->slots[last & (side->n_slots - 1)].popped);
	}
	for (unsigned int i = 0; i < side->n_slots; i++)
		if (side->slots[i].busy)
			push(side, (uint16_t)i, 0);
}

int pump_stop_queue(struct pump *pump, unsigned int index, uint16_t *next_avail)
{
	struct pump_side *side = &pump->sides[index];

	if (index >= VVD_N_QUEUES || !side->queue)
		return -EINVAL;
	if (index == VVD_QUEUE_EVENT) {
		give_back_all(pump);
		vvd_device_clear_queue(pump->device, VVD_QUEUE_EVENT);
		unpop_events(side);
	} else {
		vvd_device_clear_queue(pump->device, VVD_QUEUE_COMMAND);
		wait_for_answers(pump, side);
	}
	for (int i = 0; i < VVD_N_QUEUES; i++)
		notify(&pump->sides[i]);
	*next_avail = virtq_get_next_avail(side->queue);
	pump_drop_queue(pump, side);
	return 0;
}

/* ---- Dispatch ---- */

/*
 * A pipe whose other end has gone, or what cannot be read, would be readable for ever; and what was
 * interrupted has blocked.
 */
static void swallow(struct pump *pump, int fd)
{
	uint8_t buf[64];
	ssize_t n = read(fd, buf, sizeof(buf));

	if (n == 0 || (n < 0 && errno != EAGAIN))
		epoll_ctl(pump->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}

/* Only what epoll says is readable is read, so that a blocking pipe does not block. */
static void swallow_kicks(struct pump *pump)
{
	struct epoll_event events[4];
	int n = epoll_wait(pump->epoll_fd, events, 4, 0);

	for (int i = 0; i < n; i++) {
		if (events[i].data.fd != vvd_device_get_fd(pump->device))
			swallow(pump, events[i].data.fd);
	}
}

/* A driver that was told to kick nowhere: its queue is looked at from time to time. */
static bool is_polled(const struct pump *pump)
{
	for (int i = 0; i < VVD_N_QUEUES; i++)
		if (pump->sides[i].queue && pump->sides[i].enabled &&
		    pump->sides[i].config.kick_fd < 0)
			return true;
	return false;
}

int pump_dispatch(struct pump *pump)
{
	int moved, commands, events;

	swallow_kicks(pump);
	if (!pump_is_any_started(pump))
		return -EINVAL;
	pump->retry = false;
	moved = give_back(pump);
	events = take_chains(pump, VVD_QUEUE_EVENT);
	commands = take_chains(pump, VVD_QUEUE_COMMAND);
	moved += give_back(pump);
	for (int i = 0; i < VVD_N_QUEUES; i++)
		notify(&pump->sides[i]);
	if (pump->retry)
		pump_arm_timer(pump, RETRY_NS);
	else if (events == CHAINS_A_ROUND || commands == CHAINS_A_ROUND)
		pump_arm_timer(pump, 1);
	else if (is_polled(pump))
		pump_arm_timer(pump, POLL_NS);
	if (events < 0 || commands < 0)
		return -EIO;
	return moved + events + commands;
}
