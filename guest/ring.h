/* SPDX-License-Identifier: MIT */
/*
 * ring.h - the driver's side of a split virtqueue
 *
 * Source: virtio 1.2, 2.7. The rings lie in guest RAM; which descriptor is free, and what belongs
 * to which chain, is kept in private memory, since the device can write to the rings. One thread.
 */
#ifndef GUEST_RING_H
#define GUEST_RING_H

#include <stdbool.h>
#include <stdint.h>
#include "ram.h"

#define RING_FEATURE_INDIRECT  (UINT64_C(1) << 28)
#define RING_FEATURE_EVENT_IDX (UINT64_C(1) << 29)
#define RING_FEATURE_VERSION_1 (UINT64_C(1) << 32)

#define GUEST_RING_MAX_SIZE  1024
#define GUEST_RING_MAX_CHAIN 8 /* of guest_ring_new() */

struct guest_ring;

/* A piece of a chain; pieces that the device reads come before those that it writes. */
struct guest_piece {
	uint64_t gpa;
	uint32_t size_bytes;
	bool device_writes;
};

/* What a device needs to know of a ring. */
struct guest_ring_setup {
	unsigned int size;
	uint64_t desc_gpa, avail_gpa, used_gpa;
	int kick_fd, call_fd; /* eventfds, owned by the ring */
};

/*
 * size: a power of two up to GUEST_RING_MAX_SIZE; features: of RING_FEATURE_*, as negotiated.
 * The RAM must outlive the ring. Errors: -EINVAL, -ENOMEM, -errno of eventfd.
 */
int guest_ring_new(struct guest_ram *ram, unsigned int size, uint64_t features,
		   struct guest_ring **out);
/* The same for chains of up to max_chain pieces, which is at most the size. */
int guest_ring_new_long(struct guest_ram *ram, unsigned int size, uint64_t features,
			unsigned int max_chain, struct guest_ring **out);
struct guest_ring *guest_ring_free(struct guest_ring *ring);
void guest_ring_get_setup(const struct guest_ring *ring, struct guest_ring_setup *setup);

/* Offers a chain of n pieces. Errors: -ENOSPC no descriptors; -EINVAL none or too many pieces. */
int guest_ring_add(struct guest_ring *ring, const struct guest_piece *pieces, unsigned int n,
		   uint64_t token);
/* The same with the choice of an indirect table, where these were negotiated. */
int guest_ring_add_as(struct guest_ring *ring, const struct guest_piece *pieces, unsigned int n,
		      uint64_t token, bool indirect);
/* Tells the device, if it wants to know: 1 told, 0 not wanted, -errno. */
int guest_ring_kick(struct guest_ring *ring);
/*
 * Takes back one chain: 1 and its token and how many bytes were written; 0 none; -EPROTO a chain
 * that was not offered, or more bytes than it holds.
 */
int guest_ring_get(struct guest_ring *ring, uint64_t *token, uint32_t *len_bytes);
/* Turns calls off, or on: then true where chains came in meanwhile, for which no call may come. */
bool guest_ring_want_call(struct guest_ring *ring, bool wanted);
/* Chains offered and not yet taken back; descriptors left. */
unsigned int guest_ring_get_pending(const struct guest_ring *ring);
unsigned int guest_ring_get_free(const struct guest_ring *ring);

#endif
