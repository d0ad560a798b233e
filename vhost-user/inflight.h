/* SPDX-License-Identifier: MIT */
/*
 * inflight.h - which chains of a queue the device has, in memory that outlives the process
 *
 * The front end keeps the memory and gives it to the next daemon after a crash, which then knows what
 * was never answered. What is in it is not trusted, and may shrink: all functions that touch it are
 * called in a guard.
 *
 * Source: QEMU's docs/interop/vhost-user, "Inflight I/O tracking", for split virtqueues.
 */
#ifndef INFLIGHT_H
#define INFLIGHT_H

#include <stddef.h>
#include <stdint.h>

/* One queue's part. at is NULL: nothing is kept, and nothing is done. */
struct inflight {
	uint8_t *at;
	unsigned int size; /* of the queue */
	uint64_t counter;
};

struct inflight_chain {
	uint64_t counter;
	uint16_t head;
};

/* How much memory a queue of that size takes. */
size_t inflight_bytes(unsigned int size);
/* The chain was taken out of the ring; was put back; is about to be used; was used. */
void inflight_take(struct inflight *inflight, uint16_t head);
void inflight_untake(struct inflight *inflight, uint16_t head);
void inflight_before_push(struct inflight *inflight, uint16_t head);
void inflight_after_push(struct inflight *inflight, uint16_t head, uint16_t used_idx);
/*
 * Finds what was taken and never used, into chains (room for the queue's size), in no order; returns
 * how many. Memory that is new, or makes no sense, is made new.
 */
unsigned int inflight_recover(struct inflight *inflight, uint16_t used_idx,
			      struct inflight_chain *chains);
/* Into the order in which they were taken. Touches nothing that is shared. */
void inflight_sort(struct inflight_chain *chains, unsigned int n);

#endif
