// SPDX-License-Identifier: MIT
/*
 * transport-vhost-user.c - the guest's driver as a vhost-user front end
 *
 * In the order in which QEMU does it: memory, the queues one after the other, then both enabled.
 */
#include "tools/transport-vhost-user.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "guest/vhost.h"

#define N_QUEUES   2
#define TIMEOUT_MS 10000
#define WANTED                                                                                     \
	(UINT64_C(1) << VHOST_PROTOCOL_CONFIG | UINT64_C(1) << VHOST_PROTOCOL_REPLY_ACK |          \
	 UINT64_C(1) << VHOST_PROTOCOL_MQ | UINT64_C(1) << VHOST_PROTOCOL_RESET_DEVICE |           \
	 UINT64_C(1) << VHOST_PROTOCOL_STATUS)

struct transport_vhost_user {
	struct guest_transport base; /* first */
	int socket;
	uint64_t features, protocol_features;
	bool started;
	unsigned int n_regions;
	struct guest_region regions[GUEST_RAM_REGIONS];
	struct guest_ring_setup queues[N_QUEUES];
};

static struct transport_vhost_user *of(struct guest_transport *transport)
{
	return (struct transport_vhost_user *)(void *)transport;
}

static bool has_protocol(const struct transport_vhost_user *t, enum vhost_protocol_feature bit)
{
	return t->protocol_features >> bit & 1;
}

/* ---- Messages ---- */

static struct vhost_message request(enum vhost_request id, uint32_t size)
{
	return (struct vhost_message){.request = id, .size = size};
}

static int get_u64(struct transport_vhost_user *t, enum vhost_request id, uint64_t *out)
{
	struct vhost_message m = request(id, 0);
	int ret = guest_vhost_call(t->socket, &m);

	if (ret == 0 && m.size != sizeof(m.u64))
		ret = -EPROTO;
	*out = ret == 0 ? m.u64 : 0;
	return ret;
}

/* Returns when it was done: the acknowledgement says so, or else an answer to something after it. */
static int tell(struct transport_vhost_user *t, struct vhost_message *m)
{
	uint64_t value;
	int ret;

	if (!has_protocol(t, VHOST_PROTOCOL_REPLY_ACK)) {
		ret = guest_vhost_send(t->socket, m);
		return ret < 0 ? ret : get_u64(t, VHOST_GET_FEATURES, &value);
	}
	m->flags |= VHOST_FLAG_NEED_REPLY;
	ret = guest_vhost_call(t->socket, m);
	if (ret == 0 && m->size != sizeof(m->u64))
		ret = -EPROTO;
	return ret == 0 && m->u64 != 0 ? -EREMOTEIO : ret;
}

static int tell_u64(struct transport_vhost_user *t, enum vhost_request id, uint64_t value)
{
	struct vhost_message m = request(id, sizeof(m.u64));

	m.u64 = value;
	return tell(t, &m);
}

static int tell_fd(struct transport_vhost_user *t, enum vhost_request id, unsigned int index,
		   int fd)
{
	struct vhost_message m = request(id, sizeof(m.u64));

	m.u64 = index;
	m.fds[0] = fd;
	m.n_fds = 1;
	return tell(t, &m);
}

static int tell_vring(struct transport_vhost_user *t, enum vhost_request id, uint32_t index,
		      uint32_t num)
{
	struct vhost_message m = request(id, sizeof(m.vring));

	m.vring = (struct vhost_vring){index, num};
	return tell(t, &m);
}

/* ---- Config and features ---- */

static int get_config(struct guest_transport *transport, uint32_t offset, void *data,
		      uint32_t size_bytes)
{
	struct transport_vhost_user *t = of(transport);
	const uint32_t head = offsetof(struct vhost_config, bytes);
	struct vhost_message m = request(VHOST_GET_CONFIG, head + size_bytes);
	int ret;

	if (!has_protocol(t, VHOST_PROTOCOL_CONFIG) || size_bytes > sizeof(m.config.bytes))
		return -ENOTSUP;
	m.config.offset = offset;
	m.config.size = size_bytes;
	ret = guest_vhost_call(t->socket, &m);
	if (ret < 0)
		return ret;
	if (m.size != head + size_bytes)
		return -EPROTO;
	memcpy(data, m.config.bytes, size_bytes);
	return 0;
}

static int get_features(struct guest_transport *transport, uint64_t *features)
{
	*features = of(transport)->features & ~VHOST_F_PROTOCOL_FEATURES;
	return 0;
}

static int set_features(struct guest_transport *transport, uint64_t features)
{
	struct transport_vhost_user *t = of(transport);

	return tell_u64(t, VHOST_SET_FEATURES,
			features | (t->features & VHOST_F_PROTOCOL_FEATURES));
}

/* ---- Memory and queues ---- */

static int add_region(struct guest_transport *transport, const struct guest_region *region)
{
	struct transport_vhost_user *t = of(transport);

	if (t->n_regions == GUEST_RAM_REGIONS)
		return -ENOSPC;
	t->regions[t->n_regions++] = *region;
	return 0;
}

static int set_queue(struct guest_transport *transport, unsigned int index,
		     const struct guest_ring_setup *setup)
{
	if (index >= N_QUEUES)
		return -EINVAL;
	of(transport)->queues[index] = *setup;
	return 0;
}

static int tell_memory(struct transport_vhost_user *t)
{
	struct vhost_message m = request(VHOST_SET_MEM_TABLE,
					 (uint32_t)(offsetof(struct vhost_mem_table, regions) +
						    t->n_regions * sizeof(struct vhost_region)));

	m.table.n = m.n_fds = t->n_regions;
	for (unsigned int i = 0; i < t->n_regions; i++) {
		const struct guest_region *r = &t->regions[i];

		m.table.regions[i] = (struct vhost_region){r->gpa, r->size_bytes,
							   (uintptr_t)r->addr, r->fd_offset};
		m.fds[i] = r->fd;
	}
	return tell(t, &m);
}

/* Rings are told by their addresses in this process. */
static uint64_t to_user(const struct transport_vhost_user *t, uint64_t gpa)
{
	for (unsigned int i = 0; i < t->n_regions; i++) {
		const struct guest_region *r = &t->regions[i];

		if (gpa >= r->gpa && gpa - r->gpa < r->size_bytes)
			return (uintptr_t)r->addr + (gpa - r->gpa);
	}
	return 0;
}

static int tell_addresses(struct transport_vhost_user *t, unsigned int index)
{
	const struct guest_ring_setup *queue = &t->queues[index];
	struct vhost_message m = request(VHOST_SET_VRING_ADDR, sizeof(m.addr));

	m.addr = (struct vhost_vring_addr){
		.index = index,
		.desc = to_user(t, queue->desc_gpa),
		.used = to_user(t, queue->used_gpa),
		.avail = to_user(t, queue->avail_gpa),
	};
	return tell(t, &m);
}

static int start_queue(struct transport_vhost_user *t, unsigned int index)
{
	const struct guest_ring_setup *queue = &t->queues[index];
	int ret = tell_vring(t, VHOST_SET_VRING_NUM, index, queue->size);

	if (ret == 0)
		ret = tell_vring(t, VHOST_SET_VRING_BASE, index, 0);
	if (ret == 0)
		ret = tell_addresses(t, index);
	if (ret == 0)
		ret = tell_fd(t, VHOST_SET_VRING_KICK, index, queue->kick_fd);
	if (ret == 0)
		ret = tell_fd(t, VHOST_SET_VRING_CALL, index, queue->call_fd);
	return ret;
}

static int start(struct guest_transport *transport)
{
	struct transport_vhost_user *t = of(transport);
	int ret = tell_memory(t);

	t->started = true;
	for (unsigned int i = 0; i < N_QUEUES && ret == 0; i++)
		ret = start_queue(t, i);
	if (!(t->features & VHOST_F_PROTOCOL_FEATURES))
		return ret;
	for (unsigned int i = 0; i < N_QUEUES && ret == 0; i++)
		ret = tell_vring(t, VHOST_SET_VRING_ENABLE, i, 1);
	return ret;
}

/* As a driver's reset: the device is to begin anew when it is started again. */
static int reset(struct transport_vhost_user *t)
{
	struct vhost_message m = request(VHOST_RESET_DEVICE, 0);

	if (has_protocol(t, VHOST_PROTOCOL_RESET_DEVICE))
		return tell(t, &m);
	if (has_protocol(t, VHOST_PROTOCOL_STATUS))
		return tell_u64(t, VHOST_SET_STATUS, 0);
	return 0;
}

/* A device that has gone touches nothing any more either. */
static int stop(struct guest_transport *transport)
{
	struct transport_vhost_user *t = of(transport);
	int ret = 0;

	for (unsigned int i = 0; t->started && i < N_QUEUES && ret == 0; i++) {
		struct vhost_message m = request(VHOST_GET_VRING_BASE, sizeof(m.vring));

		m.vring.index = i;
		ret = guest_vhost_call(t->socket, &m);
	}
	if (t->started && ret == 0)
		ret = reset(t);
	t->started = false;
	t->n_regions = 0;
	return ret == -ENOTCONN ? 0 : ret;
}

static const struct guest_transport_ops ops = {
	.get_config = get_config,
	.get_features = get_features,
	.set_features = set_features,
	.add_region = add_region,
	.set_queue = set_queue,
	.start = start,
	.stop = stop,
};

/* ---- New and free ---- */

static int negotiate(struct transport_vhost_user *t)
{
	struct vhost_message m = request(VHOST_SET_PROTOCOL_FEATURES, sizeof(m.u64));
	uint64_t offered;
	int ret = get_u64(t, VHOST_GET_FEATURES, &t->features);

	if (ret == 0 && t->features & VHOST_F_PROTOCOL_FEATURES) {
		ret = get_u64(t, VHOST_GET_PROTOCOL_FEATURES, &offered);
		m.u64 = offered & WANTED;
		if (ret == 0)
			ret = guest_vhost_send(t->socket, &m);
		if (ret == 0)
			t->protocol_features = offered & WANTED;
	}
	m = request(VHOST_SET_OWNER, 0);
	return ret < 0 ? ret : tell(t, &m);
}

int transport_vhost_user_new(const char *path, struct transport_vhost_user **out)
{
	struct transport_vhost_user *t = calloc(1, sizeof(*t));
	int ret;

	*out = NULL;
	if (!t)
		return -ENOMEM;
	t->base.ops = &ops;
	ret = guest_vhost_connect(path, TIMEOUT_MS, &t->socket);
	if (ret == 0)
		ret = negotiate(t);
	if (ret < 0) {
		transport_vhost_user_free(t);
		return ret;
	}
	*out = t;
	return 0;
}

struct transport_vhost_user *transport_vhost_user_free(struct transport_vhost_user *remote)
{
	if (!remote)
		return NULL;
	stop(&remote->base);
	if (remote->socket >= 0)
		close(remote->socket);
	free(remote);
	return NULL;
}

struct guest_transport *transport_vhost_user_get_base(struct transport_vhost_user *remote)
{
	return &remote->base;
}

bool transport_vhost_user_is_closed(const struct transport_vhost_user *remote)
{
	return guest_vhost_is_closed(remote->socket);
}
