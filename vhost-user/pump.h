/* SPDX-License-Identifier: MIT */
/*
 * pump.h - moves chains between two virtqueues and a virtio-video device
 *
 * The command and event queues of one device, with no socket: whoever has the guest's memory and
 * the rings' addresses (a vhost-user server, a guest in the same process) sets them here and calls
 * pump_dispatch() when the pump's fd is readable. Requests go to vvd_device_submit(), answers go
 * into the chain's writable part, and the driver is notified where it asked for it.
 *
 * Rings are shared memory: with regions that may shrink, the process needs a SIGBUS handler that calls
 * vvd_handle_sigbus(). A queue whose ring is gone is broken; an answer whose place is gone is lost,
 * and its chain comes back with length 0.
 *
 * Common to all functions: 0 (or as said) or -errno.
 * Threads: all calls come from the thread that uses the device.
 */
#ifndef PUMP_H
#define PUMP_H

#include <stdbool.h>
#include <stdint.h>

struct vvd_device;
struct pump;

struct pump_region {
	uint64_t gpa;
	void *addr; /* the caller keeps the mapping until the region was removed */
	uint64_t size_bytes;
	int fd; /* or -1; not kept */
};

struct pump_queue {
	unsigned int size; /* a power of two, at most 32768 */
	uint64_t desc_gpa, avail_gpa, used_gpa;
	int kick_fd; /* readable when the driver has added chains: eventfd or pipe; or -1; the caller's */
	int call_fd;         /* written 8 bytes (1) to notify the driver; or -1; the caller's */
	uint16_t next_avail; /* the index of the first chain to take; 0 for a new queue */
	/*
	 * inflight_bytes(size) bytes, the caller's, where the chains that the device has are noted, or
	 * NULL. What is noted there when the queue starts is given to the device once more.
	 */
	void *inflight;
};

/* The device stays the caller's and must outlive the pump. */
int pump_new(struct vvd_device *device, struct pump **out);
/* Stops the pump and frees it; returns NULL; NULL is accepted. */
struct pump *pump_free(struct pump *pump);

/* For the device and for the rings alike. Errors: -EEXIST, -EINVAL, -ENOSPC. */
int pump_add_region(struct pump *pump, const struct pump_region *region);
/*
 * Answers that were to go into the region are dropped (their chains come back with length 0), and
 * a queue whose ring lies there is broken. Errors: -ENOENT; -EBUSY as vvd_device_remove_region().
 */
int pump_remove_region(struct pump *pump, uint64_t gpa);

/* What the device and the transport offer: the device's bits, and 28, 29 and 32. */
uint64_t pump_get_features(const struct pump *pump);
/* What the driver took; before pump_start(). Errors: -EINVAL not offered; -EBUSY started. */
int pump_set_features(struct pump *pump, uint64_t features);

/* Queue 0 is the command queue, 1 the event queue. Errors: -EINVAL; -EBUSY it is started. */
int pump_set_queue(struct pump *pump, unsigned int index, const struct pump_queue *queue);

/*
 * Begins with both queues empty. Errors: -EINVAL a queue is not set or is set wrongly; -EFAULT a
 * ring is not in a region; -EBUSY started; -ENOMEM.
 */
int pump_start(struct pump *pump);
/*
 * Stops and resets the device: chains in flight are forgotten, as after a driver's reset. Features
 * and queues are to be set again; regions stay. Stopping twice is no error.
 */
int pump_stop(struct pump *pump);

/*
 * One queue at a time, as vhost-user has it. Features are final once one is started. Errors: as
 * pump_start().
 */
int pump_start_queue(struct pump *pump, unsigned int index);
/*
 * Stops one queue and says in *next_avail where it is to go on. Commands that the device still has
 * are answered first: queued resources with ERR, drains as refused; streams and resources stay.
 * Event buffers that were not used are as if they had not been taken. Errors: -EINVAL not started.
 */
int pump_stop_queue(struct pump *pump, unsigned int index, uint16_t *next_avail);
/* Features are to be set anew, once no queue is started. Errors: -EBUSY. */
int pump_reset_device(struct pump *pump);

/* Of a queue that was set, started or not. Errors: -EINVAL not set; watching: -errno of epoll. */
int pump_set_kick_fd(struct pump *pump, unsigned int index, int fd);
int pump_set_call_fd(struct pump *pump, unsigned int index, int fd);
/* No chain is taken from a queue while it is disabled. They begin enabled. */
int pump_set_enabled(struct pump *pump, unsigned int index, bool enabled);
bool pump_is_started(const struct pump *pump, unsigned int index);
/* The driver has done something wrong; nothing is taken from the queue until it is set up anew. */
bool pump_is_broken(const struct pump *pump, unsigned int index);

/* For poll(2): readable when pump_dispatch() has something to do; owned by the pump. */
int pump_get_fd(const struct pump *pump);
/*
 * Does what is ready and does not block, but that whoever has a kick or a call as well can make it
 * block on purpose, by taking what was there to be read or the room to be written. A signal that
 * comes then ends that, and the descriptor is not used any more. Returns the number of chains moved in either direction.
 * Errors: -EINVAL not started; -EIO a queue is broken (the other one goes on).
 */
int pump_dispatch(struct pump *pump);

#endif
