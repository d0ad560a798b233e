/* SPDX-License-Identifier: MIT */
/*
 * virtqueue.h - the device's side of a split virtqueue over a table of guest memory regions
 *
 * The guest is not trusted: each field of the rings is read once, each index and address is checked.
 * A chain that is wrong is given back by the caller (its head is known); a ring that is wrong makes
 * the queue broken until it is set up anew.
 *
 * Source: Virtual I/O Device (VIRTIO) 1.2, section 2.7 "Split Virtqueues".
 */
#ifndef VIRTQUEUE_H
#define VIRTQUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define VIRTQ_MAX_SIZE    32768 /* section 2.7 */
#define VIRTQ_MAX_REGIONS 512

/* Section 6, "Reserved Feature Bits". */
#define VIRTQ_FEATURE_INDIRECT_DESC (UINT64_C(1) << 28)
#define VIRTQ_FEATURE_EVENT_IDX     (UINT64_C(1) << 29)
#define VIRTQ_FEATURE_VERSION_1     (UINT64_C(1) << 32)

/* ---- Guest memory ---- */

struct virtq_region {
	uint64_t gpa;
	uint8_t *addr;
	uint64_t size_bytes;
};

struct virtq_memory {
	unsigned int n;
	struct virtq_region regions[VIRTQ_MAX_REGIONS];
};

/* Errors: -EINVAL empty or wraps; -EEXIST overlaps; -ENOSPC too many. */
int virtq_memory_add(struct virtq_memory *memory, const struct virtq_region *region);
/* Errors: -ENOENT no region begins at gpa. */
int virtq_memory_remove(struct virtq_memory *memory, uint64_t gpa, struct virtq_region *removed);
/* The longest part of [gpa, gpa + size) that begins at gpa and lies in one region; NULL if none. */
uint8_t *virtq_memory_map(const struct virtq_memory *memory, uint64_t gpa, uint64_t size_bytes,
			  uint64_t *mapped_bytes);

/* ---- Queue ---- */

struct virtq_config {
	const struct virtq_memory *memory; /* the caller's; must outlive the queue */
	unsigned int size;                 /* a power of two, at most VIRTQ_MAX_SIZE */
	uint64_t desc_gpa, avail_gpa, used_gpa;
	uint64_t features;
	uint16_t next_avail; /* where to begin; 0 for a new queue */
};

/* A popped chain. The arrays belong to the queue and hold until the next pop. */
struct virtq_chain {
	uint16_t head;
	const struct iovec *readable;
	size_t n_readable;
	const struct iovec *writable;
	size_t n_writable;
	uint64_t readable_bytes, writable_bytes;
};

struct virtq;

/*
 * Sets up a queue. Errors: -EINVAL size, alignment; -EFAULT a ring is not within one region;
 * -ENOMEM.
 */
int virtq_new(const struct virtq_config *config, struct virtq **out);
/* Returns NULL; NULL is accepted. */
struct virtq *virtq_free(struct virtq *queue);

/*
 * Takes the next chain. Returns 1, or 0 when there is none; then the driver is asked to notify.
 * Errors: -EBADMSG the chain is wrong, chain->head says which: push it with length 0; -EIO the
 * queue is broken, now and from now on.
 */
int virtq_pop(struct virtq *queue, struct virtq_chain *chain);
/*
 * Walks the chain that begins at head, which was popped before, in an earlier life of the device.
 * Returns and errors: as virtq_pop().
 */
int virtq_pop_again(struct virtq *queue, uint16_t head, struct virtq_chain *chain);
/* Puts back the chain that was popped last, so that the next pop gives it again. */
void virtq_unpop(struct virtq *queue);
/* Gives a chain back with the number of bytes written. Errors: -EINVAL head; -EIO broken. */
int virtq_push(struct virtq *queue, uint16_t head, uint32_t len_bytes);
/* Whether the driver wants to be notified of what was pushed since this said so last. */
bool virtq_should_notify(struct virtq *queue);
/* Ends use of the queue's memory: every later call is -EIO. */
void virtq_break(struct virtq *queue);
bool virtq_is_broken(const struct virtq *queue);
/* Whether a ring of the queue lies in the region. */
bool virtq_uses_region(const struct virtq *queue, const struct virtq_region *region);
unsigned int virtq_get_size(const struct virtq *queue);
/* The index of the next chain to pop: what GET_VRING_BASE tells. */
uint16_t virtq_get_next_avail(const struct virtq *queue);
void virtq_set_next_avail(struct virtq *queue, uint16_t next_avail);
/* The ring's own index of what was used. */
uint16_t virtq_read_used(const struct virtq *queue);

#endif
