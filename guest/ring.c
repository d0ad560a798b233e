/* SPDX-License-Identifier: MIT */
/*
 * ring.c - the driver's side of a split virtqueue, with indirect tables and event indices
 *
 * What both sides look at without a lock (the indices, flags and events) is accessed by
 * sequentially consistent atomics: "publish, then look whether the other sleeps" needs that order,
 * and thread sanitizers understand it, unlike fences.
 */
#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "ring.h"

/* Source: virtio 1.2, 2.7.5, 2.7.6, 2.7.8. */
#define DESC_F_NEXT          1
#define DESC_F_WRITE         2
#define DESC_F_INDIRECT      4
#define AVAIL_F_NO_INTERRUPT 1
#define USED_F_NO_NOTIFY     1

struct desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags;
	uint16_t next;
};

struct avail {
	uint16_t flags;
	uint16_t idx;
	uint16_t ring[]; /* used_event behind it */
};

struct used_elem {
	uint32_t id;
	uint32_t len;
};

struct used {
	uint16_t flags;
	uint16_t idx;
	struct used_elem ring[]; /* avail_event behind it */
};

struct chain {
	bool offered;
	uint16_t n; /* descriptors of the ring */
	uint32_t cap_bytes;
	uint64_t token;
};

struct guest_ring {
	struct guest_ram *ram;
	unsigned int size, max_chain;
	bool indirect, event_idx;
	uint64_t mem_gpa, table_gpa;
	size_t mem_bytes, table_bytes, avail_at, used_at;
	struct desc *desc;
	struct avail *avail;
	struct used *used;
	struct desc *tables; /* max_chain for each descriptor */
	struct chain chains[GUEST_RING_MAX_SIZE];
	uint16_t next[GUEST_RING_MAX_SIZE]; /* of the free list, and of a chain */
	uint16_t free_head;
	unsigned int n_free, n_pending;
	uint16_t avail_idx, kicked_idx, used_idx;
	int kick_fd, call_fd;
};

static uint16_t load16(const uint16_t *p)
{
	return le16toh(__atomic_load_n(p, __ATOMIC_SEQ_CST));
}

static void store16(uint16_t *p, uint16_t v)
{
	__atomic_store_n(p, htole16(v), __ATOMIC_SEQ_CST);
}

static uint16_t *used_event(struct guest_ring *ring)
{
	return &ring->avail->ring[ring->size];
}

/* avail_event follows the elements, which end at a multiple of 4. */
static const uint16_t *avail_event(const struct guest_ring *ring)
{
	return (const uint16_t *)(const void *)&ring->used->ring[ring->size];
}

static size_t align_up(size_t n, size_t to)
{
	return (n + to - 1) / to * to;
}

static int make_rings(struct guest_ring *ring)
{
	size_t size = ring->size;
	uint8_t *mem;
	int ret;

	ring->avail_at = size * sizeof(struct desc);
	ring->used_at = align_up(ring->avail_at + sizeof(struct avail) + 2 * (size + 1), 4);
	ring->mem_bytes = ring->used_at + sizeof(struct used) + size * sizeof(struct used_elem) + 2;
	ret = guest_ram_alloc(ring->ram, ring->mem_bytes, &ring->mem_gpa);
	if (ret < 0) {
		ring->mem_bytes = 0;
		return ret;
	}
	mem = guest_ram_get_pointer(ring->ram, ring->mem_gpa, ring->mem_bytes);
	ring->desc = (void *)mem;
	ring->avail = (void *)(mem + ring->avail_at);
	ring->used = (void *)(mem + ring->used_at);
	return 0;
}

static int make_tables(struct guest_ring *ring)
{
	int ret;

	if (!ring->indirect)
		return 0;
	ring->table_bytes = ring->size * ring->max_chain * sizeof(struct desc);
	ret = guest_ram_alloc(ring->ram, ring->table_bytes, &ring->table_gpa);
	if (ret < 0) {
		ring->table_bytes = 0;
		return ret;
	}
	ring->tables = guest_ram_get_pointer(ring->ram, ring->table_gpa, ring->table_bytes);
	return 0;
}

static int make_eventfds(struct guest_ring *ring)
{
	ring->kick_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (ring->kick_fd < 0)
		return -errno;
	ring->call_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return ring->call_fd < 0 ? -errno : 0;
}

int guest_ring_new(struct guest_ram *ram, unsigned int size, uint64_t features,
		   struct guest_ring **out)
{
	return guest_ring_new_long(ram, size, features, GUEST_RING_MAX_CHAIN, out);
}

int guest_ring_new_long(struct guest_ram *ram, unsigned int size, uint64_t features,
			unsigned int max_chain, struct guest_ring **out)
{
	struct guest_ring *ring;
	int ret;

	*out = NULL;
	if (size < 2 || size > GUEST_RING_MAX_SIZE || (size & (size - 1)) || max_chain == 0)
		return -EINVAL;
	ring = calloc(1, sizeof(*ring));
	if (!ring)
		return -ENOMEM;
	ring->ram = ram;
	ring->size = ring->n_free = size;
	ring->max_chain = max_chain;
	ring->indirect = features & RING_FEATURE_INDIRECT;
	ring->event_idx = features & RING_FEATURE_EVENT_IDX;
	ring->kick_fd = ring->call_fd = -1;
	for (unsigned int i = 0; i < size; i++)
		ring->next[i] = (uint16_t)(i + 1);
	ret = make_rings(ring);
	if (ret == 0)
		ret = make_tables(ring);
	if (ret == 0)
		ret = make_eventfds(ring);
	if (ret < 0) {
		guest_ring_free(ring);
		return ret;
	}
	*out = ring;
	return 0;
}

struct guest_ring *guest_ring_free(struct guest_ring *ring)
{
	if (!ring)
		return NULL;
	if (ring->mem_bytes)
		guest_ram_release(ring->ram, ring->mem_gpa, ring->mem_bytes);
	if (ring->table_bytes)
		guest_ram_release(ring->ram, ring->table_gpa, ring->table_bytes);
	if (ring->kick_fd >= 0)
		close(ring->kick_fd);
	if (ring->call_fd >= 0)
		close(ring->call_fd);
	free(ring);
	return NULL;
}

void guest_ring_get_setup(const struct guest_ring *ring, struct guest_ring_setup *setup)
{
	*setup = (struct guest_ring_setup){
		.size = ring->size,
		.desc_gpa = ring->mem_gpa,
		.avail_gpa = ring->mem_gpa + ring->avail_at,
		.used_gpa = ring->mem_gpa + ring->used_at,
		.kick_fd = ring->kick_fd,
		.call_fd = ring->call_fd,
	};
}

static struct desc make_desc(const struct guest_piece *piece, bool last, uint16_t next)
{
	uint16_t flags = (last ? 0 : DESC_F_NEXT) | (piece->device_writes ? DESC_F_WRITE : 0);

	return (struct desc){
		.addr = htole64(piece->gpa),
		.len = htole32(piece->size_bytes),
		.flags = htole16(flags),
		.next = htole16(last ? 0 : next),
	};
}

static void fill_indirect(struct guest_ring *ring, const struct guest_piece *pieces, unsigned int n)
{
	uint16_t head = ring->free_head;
	size_t first = (size_t)head * ring->max_chain;

	for (unsigned int i = 0; i < n; i++)
		ring->tables[first + i] = make_desc(&pieces[i], i + 1 == n, (uint16_t)(i + 1));
	ring->desc[head] = (struct desc){
		.addr = htole64(ring->table_gpa + first * sizeof(struct desc)),
		.len = htole32((uint32_t)(n * sizeof(struct desc))),
		.flags = htole16(DESC_F_INDIRECT),
	};
}

static void fill_direct(struct guest_ring *ring, const struct guest_piece *pieces, unsigned int n)
{
	uint16_t at = ring->free_head;

	for (unsigned int i = 0; i < n; i++) {
		ring->desc[at] = make_desc(&pieces[i], i + 1 == n, ring->next[at]);
		at = ring->next[at];
	}
}

static uint32_t writable_bytes(const struct guest_piece *pieces, unsigned int n)
{
	uint32_t sum = 0;

	for (unsigned int i = 0; i < n; i++) {
		assert(i == 0 || pieces[i].device_writes || !pieces[i - 1].device_writes);
		if (pieces[i].device_writes)
			sum += pieces[i].size_bytes;
	}
	return sum;
}

int guest_ring_add(struct guest_ring *ring, const struct guest_piece *pieces, unsigned int n,
		   uint64_t token)
{
	return guest_ring_add_as(ring, pieces, n, token, n > 1);
}

int guest_ring_add_as(struct guest_ring *ring, const struct guest_piece *pieces, unsigned int n,
		      uint64_t token, bool indirect)
{
	unsigned int n_desc = indirect && ring->indirect ? 1 : n;
	uint16_t head = ring->free_head;

	if (n == 0 || n > ring->max_chain)
		return -EINVAL;
	if (n_desc > ring->n_free)
		return -ENOSPC;
	if (indirect && ring->indirect)
		fill_indirect(ring, pieces, n);
	else
		fill_direct(ring, pieces, n);
	ring->chains[head] = (struct chain){
		.offered = true,
		.n = (uint16_t)n_desc,
		.cap_bytes = writable_bytes(pieces, n),
		.token = token,
	};
	for (unsigned int i = 0; i < n_desc; i++)
		ring->free_head = ring->next[ring->free_head];
	ring->n_free -= n_desc;
	ring->n_pending++;
	ring->avail->ring[ring->avail_idx & (ring->size - 1)] = htole16(head);
	store16(&ring->avail->idx, ++ring->avail_idx);
	return 0;
}

/* Source: virtio 1.2, 2.7.10.1: the device's event lies among the entries added since the last. */
static bool device_wants_kick(const struct guest_ring *ring)
{
	uint16_t added = ring->avail_idx - ring->kicked_idx;
	uint16_t behind;

	if (!ring->event_idx)
		return !(load16(&ring->used->flags) & USED_F_NO_NOTIFY);
	behind = ring->avail_idx - load16(avail_event(ring)) - 1;
	return behind < added;
}

int guest_ring_kick(struct guest_ring *ring)
{
	bool wanted = ring->avail_idx != ring->kicked_idx && device_wants_kick(ring);

	ring->kicked_idx = ring->avail_idx;
	if (!wanted)
		return 0;
	return eventfd_write(ring->kick_fd, 1) < 0 ? -errno : 1;
}

static void give_back(struct guest_ring *ring, uint16_t head)
{
	uint16_t last = head;

	for (unsigned int i = 1; i < ring->chains[head].n; i++)
		last = ring->next[last];
	ring->next[last] = ring->free_head;
	ring->free_head = head;
	ring->n_free += ring->chains[head].n;
	ring->n_pending--;
	ring->chains[head].offered = false;
}

int guest_ring_get(struct guest_ring *ring, uint64_t *token, uint32_t *len_bytes)
{
	const struct used_elem *elem = &ring->used->ring[ring->used_idx & (ring->size - 1)];
	uint16_t waiting = load16(&ring->used->idx) - ring->used_idx;
	uint32_t id;

	if (waiting == 0)
		return 0;
	id = le32toh(elem->id);
	*len_bytes = le32toh(elem->len);
	if (waiting > ring->size || id >= ring->size || !ring->chains[id].offered)
		return -EPROTO;
	if (*len_bytes > ring->chains[id].cap_bytes)
		return -EPROTO;
	*token = ring->chains[id].token;
	give_back(ring, (uint16_t)id);
	ring->used_idx++;
	return 1;
}

bool guest_ring_want_call(struct guest_ring *ring, bool wanted)
{
	if (!ring->event_idx)
		store16(&ring->avail->flags, wanted ? 0 : AVAIL_F_NO_INTERRUPT);
	else /* an event that lies half a lap behind does not come soon */
		store16(used_event(ring), wanted ? ring->used_idx : ring->used_idx - 0x8000);
	return wanted && load16(&ring->used->idx) != ring->used_idx;
}

unsigned int guest_ring_get_pending(const struct guest_ring *ring)
{
	return ring->n_pending;
}

unsigned int guest_ring_get_free(const struct guest_ring *ring)
{
	return ring->n_free;
}
