/* SPDX-License-Identifier: MIT */
/*
 * pump.c - from chains to tokens and back
 *
 * A token is a chain's head; the slot of that head keeps where the answer goes. A head that the
 * driver offers while the device still has it is the driver's mistake and breaks the queue.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include "pump.h"
#include "virtio-video.h"
#include "virtqueue.h"

#define TRANSPORT_FEATURES                                                                         \
	(VIRTQ_FEATURE_INDIRECT_DESC | VIRTQ_FEATURE_EVENT_IDX | VIRTQ_FEATURE_VERSION_1)
#define RETRY_NS       1000000 /* after the device had no memory for a chain */
#define EVENT_BYTES    8
#define INLINE_PIECES  4 /* more than drivers use for an answer */
#define CHAINS_A_ROUND 256

struct slot {
	bool busy;
	struct iovec *pieces; /* room for the answer: few, or more */
	size_t n_pieces;
	struct iovec few[INLINE_PIECES];
	struct iovec *more;
	size_t capacity;
};

struct pump_side {
	bool set;
	struct pump_queue config;
	struct virtq *queue;
	struct slot *slots;
	unsigned int n_slots;
	bool pushed;
};

struct pump {
	struct vvd_device *device;
	struct virtq_memory memory;
	uint64_t features;
	bool started;
	int epoll_fd, timer_fd;
	struct pump_side sides[VVD_N_QUEUES];
	uint8_t *answer;
	size_t answer_bytes;
	bool retry; /* a chain waits for memory */
};

/* ---- New and free ---- */

static int watch(struct pump *pump, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	/* Both queues may have the same kick. */
	if (epoll_ctl(pump->epoll_fd, EPOLL_CTL_ADD, fd, &event) && errno != EEXIST)
		return -errno;
	return 0;
}

static int open_fds(struct pump *pump)
{
	int err;

	pump->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (pump->epoll_fd < 0)
		return -errno;
	pump->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (pump->timer_fd < 0)
		return -errno;
	err = watch(pump, pump->timer_fd);
	return err ? err : watch(pump, vvd_device_get_fd(pump->device));
}

static struct pump *destroy(struct pump *pump)
{
	if (pump->timer_fd >= 0)
		close(pump->timer_fd);
	if (pump->epoll_fd >= 0)
		close(pump->epoll_fd);
	free(pump->answer);
	free(pump);
	return NULL;
}

int pump_new(struct vvd_device *device, struct pump **out)
{
	struct pump *pump = calloc(1, sizeof(*pump));
	int err;

	*out = NULL;
	if (!pump)
		return -ENOMEM;
	pump->device = device;
	pump->epoll_fd = pump->timer_fd = -1;
	pump->answer_bytes = vvd_device_get_max_resp(device);
	pump->answer = malloc(pump->answer_bytes);
	err = pump->answer ? open_fds(pump) : -ENOMEM;
	if (err) {
		destroy(pump);
		return err;
	}
	*out = pump;
	return 0;
}

struct pump *pump_free(struct pump *pump)
{
	if (!pump)
		return NULL;
	pump_stop(pump);
	return destroy(pump);
}

/* ---- Memory ---- */

int pump_add_region(struct pump *pump, const struct pump_region *region)
{
	struct virtq_region ours = {region->gpa, region->addr, region->size_bytes}, removed;
	int err;

	err = virtq_memory_add(&pump->memory, &ours);
	if (err)
		return err;
	err = vvd_device_add_region(pump->device, region->gpa, region->addr, region->size_bytes,
				    region->fd);
	if (err)
		virtq_memory_remove(&pump->memory, region->gpa, &removed);
	return err;
}

static void drop_pieces(struct pump_side *side, const struct virtq_region *region)
{
	for (unsigned int i = 0; i < side->n_slots; i++) {
		struct slot *slot = &side->slots[i];

		for (size_t j = 0; j < slot->n_pieces; j++) {
			const uint8_t *at = slot->pieces[j].iov_base;

			if (at >= region->addr && at < region->addr + region->size_bytes)
				slot->n_pieces = 0;
		}
	}
}

int pump_remove_region(struct pump *pump, uint64_t gpa)
{
	struct virtq_region region;
	int err = vvd_device_remove_region(pump->device, gpa);

	if (err)
		return err;
	err = virtq_memory_remove(&pump->memory, gpa, &region);
	if (err)
		return err;
	for (int i = 0; i < VVD_N_QUEUES; i++) {
		struct pump_side *side = &pump->sides[i];

		drop_pieces(side, &region);
		if (side->queue && virtq_uses_region(side->queue, &region))
			virtq_break(side->queue);
	}
	return 0;
}

/* ---- Set-up ---- */

uint64_t pump_get_features(const struct pump *pump)
{
	return vvd_device_get_features(pump->device) | TRANSPORT_FEATURES;
}

int pump_set_features(struct pump *pump, uint64_t features)
{
	int err;

	if (pump->started)
		return -EBUSY;
	if (features & ~pump_get_features(pump))
		return -EINVAL;
	err = vvd_device_set_features(pump->device, features & ~TRANSPORT_FEATURES);
	if (!err)
		pump->features = features;
	return err;
}

int pump_set_queue(struct pump *pump, unsigned int index, const struct pump_queue *queue)
{
	if (pump->started)
		return -EBUSY;
	if (index >= VVD_N_QUEUES)
		return -EINVAL;
	pump->sides[index].config = *queue;
	pump->sides[index].set = true;
	return 0;
}

static int start_side(struct pump *pump, struct pump_side *side)
{
	struct virtq_config config = {
		.memory = &pump->memory,
		.size = side->config.size,
		.desc_gpa = side->config.desc_gpa,
		.avail_gpa = side->config.avail_gpa,
		.used_gpa = side->config.used_gpa,
		.features = pump->features,
	};
	int err;

	if (!side->set)
		return -EINVAL;
	err = virtq_new(&config, &side->queue);
	if (err)
		return err;
	side->slots = calloc(config.size, sizeof(*side->slots));
	if (!side->slots)
		return -ENOMEM;
	side->n_slots = config.size;
	return side->config.kick_fd < 0 ? 0 : watch(pump, side->config.kick_fd);
}

static void stop_side(struct pump *pump, struct pump_side *side)
{
	if (side->set && side->config.kick_fd >= 0)
		epoll_ctl(pump->epoll_fd, EPOLL_CTL_DEL, side->config.kick_fd, NULL);
	for (unsigned int i = 0; i < side->n_slots; i++)
		free(side->slots[i].more);
	free(side->slots);
	virtq_free(side->queue);
	*side = (struct pump_side){.set = false};
}

int pump_start(struct pump *pump)
{
	int err;

	if (pump->started)
		return -EBUSY;
	err = start_side(pump, &pump->sides[VVD_QUEUE_COMMAND]);
	if (!err)
		err = start_side(pump, &pump->sides[VVD_QUEUE_EVENT]);
	if (err) {
		stop_side(pump, &pump->sides[VVD_QUEUE_COMMAND]);
		stop_side(pump, &pump->sides[VVD_QUEUE_EVENT]);
		return err;
	}
	pump->started = true;
	return 0;
}

int pump_stop(struct pump *pump)
{
	if (!pump->started)
		return 0;
	vvd_device_reset(pump->device);
	stop_side(pump, &pump->sides[VVD_QUEUE_COMMAND]);
	stop_side(pump, &pump->sides[VVD_QUEUE_EVENT]);
	pump->started = false;
	pump->retry = false;
	pump->features = 0;
	return 0;
}

int pump_get_fd(const struct pump *pump)
{
	return pump->epoll_fd;
}

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

	return virtq_pop(touch->queue, touch->chain);
}

static int touch_push(void *cookie)
{
	const struct touch *touch = cookie;

	return virtq_push(touch->queue, touch->head, touch->len_bytes);
}

static int touch_should_notify(void *cookie)
{
	const struct touch *touch = cookie;

	return virtq_should_notify(touch->queue);
}

static int push(struct pump_side *side, uint16_t head, uint32_t len_bytes)
{
	struct touch touch = {.queue = side->queue, .head = head, .len_bytes = len_bytes};

	side->pushed = true;
	return run_guarded(touch_push, &touch);
}

static int take_chain(struct pump *pump, enum vvd_queue which, const struct virtq_chain *chain)
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
		virtq_unpop(side->queue);
		pump->retry = true;
		return -EAGAIN;
	}
	slot->busy = true;
	return 0;
}

/* Returns the number of chains taken, or -EIO. */
static int take_chains(struct pump *pump, enum vvd_queue which)
{
	struct pump_side *side = &pump->sides[which];
	struct virtq_chain chain;
	struct touch touch = {.queue = side->queue, .chain = &chain};
	int n, err;

	for (n = 0; n < CHAINS_A_ROUND; n++) {
		err = run_guarded(touch_pop, &touch);
		if ((err == 1 || err == -EBADMSG) && side->slots[chain.head].busy) {
			virtq_break(side->queue);
			err = -EIO;
		}
		if (err == 1)
			err = take_chain(pump, which, &chain);
		else if (err == -EBADMSG)
			err = push(side, chain.head, 0);
		else
			break;
		if (err)
			break;
	}
	return err == -EIO ? err : n;
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
		struct slot *slot = &side->slots[done.token];
		struct touch touch = {
			.slot = slot, .from = pump->answer, .len_bytes = done.len_bytes};
		int written = vvd_guard(scatter, &touch);

		slot->busy = false;
		push(side, done.token, written < 0 ? 0 : (uint32_t)written);
		slot->n_pieces = 0;
		n++;
	}
	return n;
}

static void notify(struct pump_side *side)
{
	struct touch touch = {.queue = side->queue};
	uint64_t one = 1;
	ssize_t n;

	if (!side->pushed)
		return;
	side->pushed = false;
	if (run_guarded(touch_should_notify, &touch) <= 0 || side->config.call_fd < 0)
		return;
	/* A full pipe or counter says it as well. */
	n = write(side->config.call_fd, &one, sizeof(one));
	(void)n;
}

/* ---- Dispatch ---- */

/* A pipe whose other end has gone would be readable for ever. */
static void swallow(struct pump *pump, int fd)
{
	uint8_t buf[64];

	if (read(fd, buf, sizeof(buf)) == 0)
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

/* Comes back soon: a full round was done, or a chain waits for memory. */
static void arm_timer(struct pump *pump, uint64_t ns)
{
	struct itimerspec t = {.it_value = {.tv_nsec = ns}};

	timerfd_settime(pump->timer_fd, 0, &t, NULL);
}

int pump_dispatch(struct pump *pump)
{
	int moved, commands, events;

	if (!pump->started)
		return -EINVAL;
	swallow_kicks(pump);
	pump->retry = false;
	moved = give_back(pump);
	events = take_chains(pump, VVD_QUEUE_EVENT);
	commands = take_chains(pump, VVD_QUEUE_COMMAND);
	moved += give_back(pump);
	for (int i = 0; i < VVD_N_QUEUES; i++)
		notify(&pump->sides[i]);
	if (pump->retry)
		arm_timer(pump, RETRY_NS);
	else if (events == CHAINS_A_ROUND || commands == CHAINS_A_ROUND)
		arm_timer(pump, 1);
	if (events < 0 || commands < 0)
		return -EIO;
	return moved + events + commands;
}
