/* SPDX-License-Identifier: MIT */
/*
 * transport.h - how a guest's driver reaches its device
 *
 * A transport embeds struct guest_transport and fills in the operations. In process or over a
 * socket: the driver does not see which.
 */
#ifndef GUEST_TRANSPORT_H
#define GUEST_TRANSPORT_H

#include <stdint.h>
#include "ram.h"
#include "ring.h"

struct guest_transport;

/*
 * All return 0 or -errno. Order: get_features, set_features, add_region, set_queue for each queue,
 * start, ... stop. get_config at any time. stop() ends what add_region began as well; after it the
 * device touches nothing of the guest, unless it says -EBUSY.
 *
 * add_object, NULL where a device cannot be given any: it finds the file, which stays the caller's,
 * under this UUID from now on, until remove_object or stop. Errors: -ENOSPC.
 */
struct guest_transport_ops {
	int (*get_config)(struct guest_transport *transport, uint32_t offset, void *data,
			  uint32_t size_bytes);
	int (*get_features)(struct guest_transport *transport, uint64_t *features);
	int (*set_features)(struct guest_transport *transport, uint64_t features);
	int (*add_region)(struct guest_transport *transport, const struct guest_region *region);
	int (*set_queue)(struct guest_transport *transport, unsigned int index,
			 const struct guest_ring_setup *setup);
	int (*start)(struct guest_transport *transport);
	int (*stop)(struct guest_transport *transport);
	int (*add_object)(struct guest_transport *transport, const uint8_t uuid[16], int fd);
	void (*remove_object)(struct guest_transport *transport, const uint8_t uuid[16]);
};

struct guest_transport {
	const struct guest_transport_ops *ops;
};

#endif
