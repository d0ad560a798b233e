// SPDX-License-Identifier: MIT
/*
 * transport-inprocess.c - a device in the same process as its guest
 */
#include "tools/transport-inprocess.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "vhost-user/pump.h"

/* At once, far more than the suite makes. */
#define MAX_OBJECTS 2048

struct object {
	uint8_t uuid[16];
	int fd; /* the guest's */
};

struct transport_inprocess {
	struct guest_transport base; /* first */
	struct vvd_device *device;
	struct pump *pump;
	uint64_t regions[GUEST_RAM_REGIONS]; /* where they begin, while they are added */
	unsigned int n_regions;
	pthread_t thread;
	bool running;
	int stop_fd;
	int error; /* the thread's, until it was joined */
	struct vvd_stats stats;
	pthread_mutex_t lock; /* for the objects */
	unsigned int n_objects;
	struct object objects[MAX_OBJECTS];
};

static struct transport_inprocess *of(struct guest_transport *transport)
{
	return (struct transport_inprocess *)(void *)transport;
}

static void *run(void *arg)
{
	struct transport_inprocess *t = arg;
	struct pollfd pfd[] = {
		{.fd = pump_get_fd(t->pump), .events = POLLIN},
		{.fd = t->stop_fd, .events = POLLIN},
	};
	int ret = 0;

	while (ret >= 0 && !(pfd[1].revents & POLLIN)) {
		ret = pump_dispatch(t->pump);
		if (ret >= 0 && poll(pfd, 2, -1) < 0 && errno != EINTR)
			ret = -errno;
	}
	t->error = ret < 0 ? ret : 0;
	return NULL;
}

/* ---- Objects: named by the guest's thread, asked for by the device's ---- */

/* With the lock. NULL: none has this name. */
static struct object *find_object(struct transport_inprocess *t, const uint8_t uuid[16])
{
	for (unsigned int i = 0; i < t->n_objects; i++) {
		if (memcmp(t->objects[i].uuid, uuid, 16) == 0)
			return &t->objects[i];
	}
	return NULL;
}

static int add_object(struct guest_transport *transport, const uint8_t uuid[16], int fd)
{
	struct transport_inprocess *t = of(transport);
	int ret = -ENOSPC;

	pthread_mutex_lock(&t->lock);
	if (t->n_objects < MAX_OBJECTS) {
		t->objects[t->n_objects].fd = fd;
		memcpy(t->objects[t->n_objects++].uuid, uuid, 16);
		ret = 0;
	}
	pthread_mutex_unlock(&t->lock);
	return ret;
}

static void remove_object(struct guest_transport *transport, const uint8_t uuid[16])
{
	struct transport_inprocess *t = of(transport);
	struct object *object;

	pthread_mutex_lock(&t->lock);
	object = find_object(t, uuid);
	if (object)
		*object = t->objects[--t->n_objects];
	pthread_mutex_unlock(&t->lock);
}

static void remove_objects(struct transport_inprocess *t)
{
	pthread_mutex_lock(&t->lock);
	t->n_objects = 0;
	pthread_mutex_unlock(&t->lock);
}

int transport_inprocess_get_object(void *cookie, const uint8_t uuid[16], int *fd)
{
	struct transport_inprocess *t = cookie;
	const struct object *object;
	int ret = -ENOENT;

	pthread_mutex_lock(&t->lock);
	object = find_object(t, uuid);
	if (object) {
		*fd = fcntl(object->fd, F_DUPFD_CLOEXEC, 0);
		ret = *fd < 0 ? -errno : 0;
	}
	pthread_mutex_unlock(&t->lock);
	return ret;
}

/* ---- The device ---- */

static int get_config(struct guest_transport *transport, uint32_t offset, void *data,
		      uint32_t size_bytes)
{
	return vvd_device_get_config(of(transport)->device, offset, data, size_bytes);
}

static int get_features(struct guest_transport *transport, uint64_t *features)
{
	*features = pump_get_features(of(transport)->pump);
	return 0;
}

static int set_features(struct guest_transport *transport, uint64_t features)
{
	return pump_set_features(of(transport)->pump, features);
}

static int add_region(struct guest_transport *transport, const struct guest_region *region)
{
	struct pump_region r = {
		.gpa = region->gpa,
		.addr = region->addr,
		.size_bytes = region->size_bytes,
		.fd = region->fd,
	};
	struct transport_inprocess *t = of(transport);
	int ret;

	if (t->n_regions == GUEST_RAM_REGIONS)
		return -ENOSPC;
	ret = pump_add_region(t->pump, &r);
	if (ret == 0)
		t->regions[t->n_regions++] = region->gpa;
	return ret;
}

/* -EBUSY: something hangs in the driver and may still touch the region, which stays. */
static int remove_regions(struct transport_inprocess *t)
{
	unsigned int n = t->n_regions;
	int ret = 0;

	t->n_regions = 0;
	for (unsigned int i = 0; i < n; i++) {
		int one = pump_remove_region(t->pump, t->regions[i]);

		if (one < 0)
			t->regions[t->n_regions++] = t->regions[i];
		ret = ret < 0 ? ret : one;
	}
	return ret;
}

static int set_queue(struct guest_transport *transport, unsigned int index,
		     const struct guest_ring_setup *setup)
{
	struct pump_queue queue = {
		.size = setup->size,
		.desc_gpa = setup->desc_gpa,
		.avail_gpa = setup->avail_gpa,
		.used_gpa = setup->used_gpa,
		.kick_fd = setup->kick_fd,
		.call_fd = setup->call_fd,
	};

	return pump_set_queue(of(transport)->pump, index, &queue);
}

/* The thread takes no signals: ^C is for the one that can end the session. */
static int start(struct guest_transport *transport)
{
	struct transport_inprocess *t = of(transport);
	sigset_t all, old;
	int ret = pump_start(t->pump);

	if (ret < 0)
		return ret;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	ret = -pthread_create(&t->thread, NULL, run, t);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (ret < 0)
		pump_stop(t->pump);
	t->running = ret == 0;
	return ret;
}

static int stop(struct guest_transport *transport)
{
	struct transport_inprocess *t = of(transport);
	eventfd_t value;
	int ret;

	remove_objects(t);
	if (!t->running)
		return remove_regions(t);
	eventfd_write(t->stop_fd, 1);
	pthread_join(t->thread, NULL);
	eventfd_read(t->stop_fd, &value);
	t->running = false;
	t->stats.size_bytes = sizeof(t->stats);
	vvd_device_get_stats(t->device, &t->stats);
	ret = pump_stop(t->pump);
	return ret < 0 ? ret : remove_regions(t);
}

static const struct guest_transport_ops ops = {
	.get_config = get_config,
	.get_features = get_features,
	.set_features = set_features,
	.add_region = add_region,
	.set_queue = set_queue,
	.start = start,
	.stop = stop,
	.add_object = add_object,
	.remove_object = remove_object,
};

int transport_inprocess_new(struct vvd_device *device, struct transport_inprocess **out)
{
	struct transport_inprocess *t = calloc(1, sizeof(*t));
	int ret;

	*out = NULL;
	if (!t)
		return -ENOMEM;
	t->base.ops = &ops;
	t->device = device;
	pthread_mutex_init(&t->lock, NULL);
	t->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ret = t->stop_fd < 0 ? -errno : pump_new(device, &t->pump);
	if (ret < 0) {
		transport_inprocess_free(t);
		return ret;
	}
	*out = t;
	return 0;
}

struct transport_inprocess *transport_inprocess_free(struct transport_inprocess *inprocess)
{
	if (!inprocess)
		return NULL;
	stop(&inprocess->base);
	pump_free(inprocess->pump);
	if (inprocess->stop_fd >= 0)
		close(inprocess->stop_fd);
	pthread_mutex_destroy(&inprocess->lock);
	free(inprocess);
	return NULL;
}

struct guest_transport *transport_inprocess_get_base(struct transport_inprocess *inprocess)
{
	return &inprocess->base;
}

const struct vvd_stats *transport_inprocess_get_stats(const struct transport_inprocess *inprocess)
{
	return &inprocess->stats;
}

int transport_inprocess_get_error(const struct transport_inprocess *inprocess)
{
	return inprocess->error;
}
