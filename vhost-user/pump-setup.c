/* SPDX-License-Identifier: MIT */
/*
 * pump-setup.c - the pump's life: memory, features, queues, start and stop
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include "pump-internal.h"

#define TRANSPORT_FEATURES                                                                         \
	(VIRTQ_FEATURE_INDIRECT_DESC | VIRTQ_FEATURE_EVENT_IDX | VIRTQ_FEATURE_VERSION_1)

/* ---- New and free ---- */

static int watch(struct pump *pump, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	/* Both queues may have the same kick. */
	if (epoll_ctl(pump->epoll_fd, EPOLL_CTL_ADD, fd, &event) && errno != EEXIST)
		return -errno;
	return 0;
}

void pump_arm_timer(struct pump *pump, uint64_t ns)
{
	struct itimerspec t = {.it_value = {.tv_nsec = ns}};

	timerfd_settime(pump->timer_fd, 0, &t, NULL);
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

bool pump_is_any_started(const struct pump *pump)
{
	return pump->sides[VVD_QUEUE_COMMAND].queue || pump->sides[VVD_QUEUE_EVENT].queue;
}

int pump_set_features(struct pump *pump, uint64_t features)
{
	int err;

	if (pump_is_any_started(pump))
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
	if (index >= VVD_N_QUEUES)
		return -EINVAL;
	if (pump->sides[index].queue)
		return -EBUSY;
	pump->sides[index].config = *queue;
	pump->sides[index].set = pump->sides[index].enabled = true;
	return 0;
}

/* ---- Start and stop ---- */

static void unwatch(struct pump *pump, const struct pump_side *side)
{
	const struct pump_side *other = &pump->sides[side == pump->sides];
	int fd = side->config.kick_fd;

	if (fd >= 0 && !(other->queue && other->config.kick_fd == fd))
		epoll_ctl(pump->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}

static void free_queue(struct pump_side *side)
{
	free(side->again);
	side->again = NULL;
	side->n_again = side->next_again = 0;
	for (unsigned int i = 0; i < side->n_slots; i++)
		free(side->slots[i].more);
	free(side->slots);
	side->slots = NULL;
	side->n_slots = 0;
	side->queue = virtq_free(side->queue);
	side->pushed = false;
}

static int recover(void *cookie)
{
	struct pump_side *side = cookie;
	uint16_t used = virtq_read_used(side->queue);
	unsigned int n = inflight_recover(&side->inflight, used, side->again);

	if (n)
		virtq_set_next_avail(side->queue, (uint16_t)(used + n));
	return (int)n;
}

/* What the device had when it ended without a word. */
static int find_again(struct pump_side *side)
{
	int n;

	side->inflight = (struct inflight){side->config.inflight, side->config.size, 0};
	if (!side->config.inflight)
		return 0;
	side->again = calloc(side->config.size, sizeof(*side->again));
	if (!side->again)
		return -ENOMEM;
	n = vvd_guard(recover, side);
	if (n < 0)
		return n;
	side->n_again = (unsigned int)n;
	inflight_sort(side->again, side->n_again);
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
		.next_avail = side->config.next_avail,
	};
	int err;

	if (!side->set)
		return -EINVAL;
	err = virtq_new(&config, &side->queue);
	if (err)
		return err;
	side->slots = calloc(config.size, sizeof(*side->slots));
	err = side->slots ? find_again(side) : -ENOMEM;
	if (!err && side->config.kick_fd >= 0)
		err = watch(pump, side->config.kick_fd);
	if (err) {
		free_queue(side);
		return err;
	}
	side->n_slots = config.size;
	return 0;
}

void pump_drop_queue(struct pump *pump, struct pump_side *side)
{
	if (side->queue)
		unwatch(pump, side);
	free_queue(side);
	*side = (struct pump_side){.set = false};
}

int pump_start_queue(struct pump *pump, unsigned int index)
{
	if (index >= VVD_N_QUEUES)
		return -EINVAL;
	if (pump->sides[index].queue)
		return -EBUSY;
	/* Chains that are there already are looked at without a kick. */
	pump_arm_timer(pump, 1);
	return start_side(pump, &pump->sides[index]);
}

int pump_start(struct pump *pump)
{
	int err;

	if (pump_is_any_started(pump))
		return -EBUSY;
	err = pump_start_queue(pump, VVD_QUEUE_COMMAND);
	if (!err)
		err = pump_start_queue(pump, VVD_QUEUE_EVENT);
	if (err) {
		pump_drop_queue(pump, &pump->sides[VVD_QUEUE_COMMAND]);
		pump_drop_queue(pump, &pump->sides[VVD_QUEUE_EVENT]);
	}
	return err;
}

int pump_stop(struct pump *pump)
{
	bool started = pump_is_any_started(pump);

	pump_drop_queue(pump, &pump->sides[VVD_QUEUE_COMMAND]);
	pump_drop_queue(pump, &pump->sides[VVD_QUEUE_EVENT]);
	return started ? pump_reset_device(pump) : 0;
}

int pump_reset_device(struct pump *pump)
{
	if (pump_is_any_started(pump))
		return -EBUSY;
	pump->retry = false;
	pump->features = 0;
	return vvd_device_reset(pump->device);
}

int pump_set_kick_fd(struct pump *pump, unsigned int index, int fd)
{
	struct pump_side *side = &pump->sides[index];
	int err = 0;

	if (index >= VVD_N_QUEUES || !side->set)
		return -EINVAL;
	if (side->queue) {
		unwatch(pump, side);
		side->config.kick_fd = -1;
		err = fd < 0 ? 0 : watch(pump, fd);
		pump_arm_timer(pump, 1);
	}
	if (!err)
		side->config.kick_fd = fd;
	return err;
}

int pump_set_call_fd(struct pump *pump, unsigned int index, int fd)
{
	if (index >= VVD_N_QUEUES || !pump->sides[index].set)
		return -EINVAL;
	pump->sides[index].config.call_fd = fd;
	return 0;
}

int pump_set_enabled(struct pump *pump, unsigned int index, bool enabled)
{
	if (index >= VVD_N_QUEUES || !pump->sides[index].set)
		return -EINVAL;
	pump->sides[index].enabled = enabled;
	pump_arm_timer(pump, 1);
	return 0;
}

bool pump_is_started(const struct pump *pump, unsigned int index)
{
	return index < VVD_N_QUEUES && pump->sides[index].queue;
}

bool pump_is_broken(const struct pump *pump, unsigned int index)
{
	return pump_is_started(pump, index) && virtq_is_broken(pump->sides[index].queue);
}

int pump_get_fd(const struct pump *pump)
{
	return pump->epoll_fd;
}
