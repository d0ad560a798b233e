/* SPDX-License-Identifier: MIT */
/*
 * pump-internal.h - what the two halves of the pump share: set-up, and moving chains
 *
 * A token is a chain's head; the slot of that head keeps where the answer goes. A head that the
 * driver offers while the device still has it is the driver's mistake and breaks the queue.
 */
#ifndef PUMP_INTERNAL_H
#define PUMP_INTERNAL_H

#include <sys/uio.h>
#include "inflight.h"
#include "pump.h"
#include "virtio-video.h"
#include "virtqueue.h"

#define INLINE_PIECES 4 /* more than drivers use for an answer */

struct slot {
	bool busy;
	bool again;           /* the chain was popped in an earlier life: it has no order */
	uint16_t order;       /* the index at which the chain was popped */
	uint16_t popped;      /* in the i-th of n slots: the head popped last at an index i mod n */
	struct iovec *pieces; /* room for the answer: few, or more */
	size_t n_pieces;
	struct iovec few[INLINE_PIECES];
	struct iovec *more;
	size_t capacity;
};

struct pump_side {
	bool set, enabled;
	struct pump_queue config;
	struct virtq *queue;
	struct slot *slots;
	unsigned int n_slots;
	bool pushed;
	struct inflight inflight;
	struct inflight_chain *again; /* chains of an earlier life, and which is next */
	unsigned int n_again, next_again;
};

struct pump {
	struct vvd_device *device;
	struct virtq_memory memory;
	uint64_t features;
	int epoll_fd, timer_fd;
	struct pump_side sides[VVD_N_QUEUES];
	uint8_t *answer;
	size_t answer_bytes;
	bool retry; /* a chain waits for memory */
};

/* pump_dispatch() is due soon, with no event from outside. */
void pump_arm_timer(struct pump *pump, uint64_t ns);
bool pump_is_any_started(const struct pump *pump);
/* Forgets the queue with its chains; it is to be set anew. */
void pump_drop_queue(struct pump *pump, struct pump_side *side);

#endif
