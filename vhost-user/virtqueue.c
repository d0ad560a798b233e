/* SPDX-License-Identifier: MIT */
/*
 * virtqueue.c - popping and pushing chains of a split virtqueue
 *
 * Ring memory is shared with a guest that runs meanwhile: it is accessed by atomic loads and stores
 * of naturally aligned fields only, and each field is loaded once.
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include "virtqueue.h"

/* Section 2.7.5, the descriptor table. */
#define DESC_BYTES      16
#define DESC_F_NEXT     1
#define DESC_F_WRITE    2
#define DESC_F_INDIRECT 4
/* Section 2.7.6 and 2.7.8: flags, idx, ring, then the other side's event index. */
#define RING_HEADER_BYTES    4
#define USED_ELEM_BYTES      8
#define AVAIL_F_NO_INTERRUPT 1

struct virtq {
	const struct virtq_memory *memory;
	unsigned int size;
	bool event_idx, indirect;
	bool broken;
	uint8_t *desc, *avail, *used;
	uint16_t next_avail; /* to pop */
	uint16_t used_idx;   /* to push; where the used ring ends, read with the first push */
	bool used_valid;
	uint16_t told_used; /* used_idx when the driver was last considered */
	bool told_valid;
	size_t n_readable;
	size_t n_pieces, capacity;
	struct iovec *pieces; /* readable first */
};

struct desc {
	uint64_t gpa;
	uint32_t len;
	uint16_t flags, next;
};

/* What a walk through a chain has come to. */
struct walk {
	struct virtq *queue;
	struct virtq_chain *chain;
	unsigned int n_descs;
	bool writable; /* one was seen: none that is readable may follow */
};

/* ---- Loads and stores ---- */

static uint16_t load16(const uint8_t *at)
{
	return le16toh(__atomic_load_n((const uint16_t *)(const void *)at, __ATOMIC_RELAXED));
}

static uint16_t load16_acquire(const uint8_t *at)
{
	return le16toh(__atomic_load_n((const uint16_t *)(const void *)at, __ATOMIC_ACQUIRE));
}

static void store16(uint8_t *at, uint16_t value)
{
	__atomic_store_n((uint16_t *)(void *)at, htole16(value), __ATOMIC_RELAXED);
}

static void store16_release(uint8_t *at, uint16_t value)
{
	__atomic_store_n((uint16_t *)(void *)at, htole16(value), __ATOMIC_RELEASE);
}

static void store32(uint8_t *at, uint32_t value)
{
	__atomic_store_n((uint32_t *)(void *)at, htole32(value), __ATOMIC_RELAXED);
}

/* Also where ThreadSanitizer, which does not know fences, builds. */
static void full_barrier(void)
{
	__sync_synchronize();
}

/* A descriptor need not be aligned when it is in an indirect table. */
static void load_desc(const uint8_t *at, struct desc *desc)
{
	uint8_t copy[DESC_BYTES];

	for (int i = 0; i < DESC_BYTES; i++)
		copy[i] = __atomic_load_n(at + i, __ATOMIC_RELAXED);
	*desc = (struct desc){0};
	for (int i = 7; i >= 0; i--)
		desc->gpa = desc->gpa << 8 | copy[i];
	for (int i = 11; i >= 8; i--)
		desc->len = desc->len << 8 | copy[i];
	desc->flags = copy[12] | copy[13] << 8;
	desc->next = copy[14] | copy[15] << 8;
}

static uint8_t *avail_event(const struct virtq *queue)
{
	return queue->used + RING_HEADER_BYTES + USED_ELEM_BYTES * (size_t)queue->size;
}

static const uint8_t *used_event(const struct virtq *queue)
{
	return queue->avail + RING_HEADER_BYTES + 2 * (size_t)queue->size;
}

/* ---- New ---- */

static int map_ring(const struct virtq_memory *memory, uint64_t gpa, size_t size_bytes,
		    unsigned int alignment, uint8_t **out)
{
	uint64_t mapped = 0;

	if (gpa % alignment)
		return -EINVAL;
	*out = virtq_memory_map(memory, gpa, size_bytes, &mapped);
	if (!*out || mapped < size_bytes)
		return -EFAULT;
	return (uintptr_t)*out % alignment ? -EINVAL : 0;
}

static size_t avail_bytes(unsigned int size)
{
	return RING_HEADER_BYTES + 2 * (size_t)size + 2;
}

static size_t used_bytes(unsigned int size)
{
	return RING_HEADER_BYTES + USED_ELEM_BYTES * (size_t)size + 2;
}

static int map_rings(struct virtq *queue, const struct virtq_config *config)
{
	int err;

	/* Alignments: section 2.7. */
	err = map_ring(config->memory, config->desc_gpa, (size_t)DESC_BYTES * config->size, 16,
		       &queue->desc);
	if (!err)
		err = map_ring(config->memory, config->avail_gpa, avail_bytes(config->size), 2,
			       &queue->avail);
	if (!err)
		err = map_ring(config->memory, config->used_gpa, used_bytes(config->size), 4,
			       &queue->used);
	return err;
}

int virtq_new(const struct virtq_config *config, struct virtq **out)
{
	struct virtq *queue;
	int err;

	*out = NULL;
	if (config->size == 0 || config->size > VIRTQ_MAX_SIZE ||
	    (config->size & (config->size - 1)))
		return -EINVAL;
	queue = calloc(1, sizeof(*queue));
	if (!queue)
		return -ENOMEM;
	queue->memory = config->memory;
	queue->size = config->size;
	queue->event_idx = config->features & VIRTQ_FEATURE_EVENT_IDX;
	queue->indirect = config->features & VIRTQ_FEATURE_INDIRECT_DESC;
	err = map_rings(queue, config);
	if (err) {
		free(queue);
		return err;
	}
	queue->next_avail = config->next_avail;
	*out = queue;
	return 0;
}

struct virtq *virtq_free(struct virtq *queue)
{
	if (queue)
		free(queue->pieces);
	free(queue);
	return NULL;
}

void virtq_break(struct virtq *queue)
{
	queue->broken = true;
}

bool virtq_is_broken(const struct virtq *queue)
{
	return queue->broken;
}

static bool overlaps(const uint8_t *at, size_t size_bytes, const struct virtq_region *region)
{
	return at < region->addr + region->size_bytes && at + size_bytes > region->addr;
}

bool virtq_uses_region(const struct virtq *queue, const struct virtq_region *region)
{
	return overlaps(queue->desc, (size_t)DESC_BYTES * queue->size, region) ||
	       overlaps(queue->avail, avail_bytes(queue->size), region) ||
	       overlaps(queue->used, used_bytes(queue->size), region);
}

unsigned int virtq_get_size(const struct virtq *queue)
{
	return queue->size;
}

uint16_t virtq_get_next_avail(const struct virtq *queue)
{
	return queue->next_avail;
}

void virtq_set_next_avail(struct virtq *queue, uint16_t next_avail)
{
	queue->next_avail = next_avail;
}

uint16_t virtq_read_used(const struct virtq *queue)
{
	return load16(queue->used + 2);
}

/* ---- Chains ---- */

static int reserve_piece(struct virtq *queue)
{
	size_t capacity = queue->capacity ? 2 * queue->capacity : 64;
	struct iovec *pieces;

	if (queue->n_pieces < queue->capacity)
		return 0;
	pieces = realloc(queue->pieces, capacity * sizeof(*pieces));
	if (!pieces)
		return -EBADMSG;
	queue->pieces = pieces;
	queue->capacity = capacity;
	return 0;
}

/* A buffer may cross from one region into the next one, when no address is missing in between. */
static int add_pieces(struct walk *walk, const struct desc *desc)
{
	struct virtq *queue = walk->queue;
	uint64_t gpa = desc->gpa, left = desc->len;

	if (left && gpa + (left - 1) < gpa)
		return -EBADMSG;
	while (left) {
		uint64_t mapped;
		uint8_t *at = virtq_memory_map(queue->memory, gpa, left, &mapped);
		int err = at ? reserve_piece(queue) : -EBADMSG;

		if (err)
			return err;
		queue->pieces[queue->n_pieces++] = (struct iovec){at, mapped};
		gpa += mapped;
		left -= mapped;
	}
	return 0;
}

static int add_desc(struct walk *walk, const struct desc *desc)
{
	int err;

	if (desc->flags & DESC_F_WRITE) {
		walk->writable = true;
		walk->chain->writable_bytes += desc->len;
	} else {
		if (walk->writable)
			return -EBADMSG;
		walk->chain->readable_bytes += desc->len;
	}
	err = add_pieces(walk, desc);
	if (!walk->writable)
		walk->queue->n_readable = walk->queue->n_pieces;
	return err;
}

/* Section 2.7.5.3.1: no chain is longer than the queue, which ends loops too. */
static int count_desc(struct walk *walk)
{
	return ++walk->n_descs > walk->queue->size ? -EBADMSG : 0;
}

static int load_indirect(const struct virtq *queue, const struct desc *table, unsigned int index,
			 struct desc *desc)
{
	uint64_t gpa = table->gpa + (uint64_t)index * DESC_BYTES, mapped;
	const uint8_t *at;

	if (gpa < table->gpa)
		return -EBADMSG;
	at = virtq_memory_map(queue->memory, gpa, DESC_BYTES, &mapped);
	if (!at || mapped < DESC_BYTES)
		return -EBADMSG;
	load_desc(at, desc);
	return 0;
}

/* Section 2.7.5.3: a table of descriptors with links of its own, and no table within. */
static int walk_indirect(struct walk *walk, const struct desc *table)
{
	unsigned int n = table->len / DESC_BYTES, index = 0;
	struct desc desc;
	int err;

	if (!walk->queue->indirect || table->flags & DESC_F_NEXT || n == 0 ||
	    table->len % DESC_BYTES)
		return -EBADMSG;
	do {
		if (index >= n)
			return -EBADMSG;
		err = load_indirect(walk->queue, table, index, &desc);
		if (!err && desc.flags & DESC_F_INDIRECT)
			err = -EBADMSG;
		if (!err)
			err = count_desc(walk);
		if (!err)
			err = add_desc(walk, &desc);
		index = desc.next;
	} while (!err && desc.flags & DESC_F_NEXT);
	return err;
}

static int walk_chain(struct walk *walk, unsigned int index)
{
	struct virtq *queue = walk->queue;
	struct desc desc;
	int err;

	do {
		if (index >= queue->size)
			return -EBADMSG;
		load_desc(queue->desc + (size_t)index * DESC_BYTES, &desc);
		if (desc.flags & DESC_F_INDIRECT)
			return walk_indirect(walk, &desc);
		err = count_desc(walk);
		if (!err)
			err = add_desc(walk, &desc);
		index = desc.next;
	} while (!err && desc.flags & DESC_F_NEXT);
	return err;
}

/* ---- Pop ---- */

static int break_queue(struct virtq *queue)
{
	queue->broken = true;
	return -EIO;
}

/* Returns how many chains are there, or -EIO. */
static int count_available(struct virtq *queue)
{
	uint16_t n = load16_acquire(queue->avail + 2) - queue->next_avail;

	return n > queue->size ? break_queue(queue) : n;
}

/* Asks to be told of the next chain, and looks once more, since one may have come just before. */
static int ask_and_look_again(struct virtq *queue)
{
	if (!queue->event_idx)
		return 0;
	store16(avail_event(queue), queue->next_avail);
	full_barrier();
	return count_available(queue);
}

/* The chain's head is known. */
static int take_chain(struct virtq *queue, struct virtq_chain *chain)
{
	struct walk walk = {.queue = queue, .chain = chain};
	int err;

	queue->n_pieces = queue->n_readable = 0;
	err = walk_chain(&walk, chain->head);
	if (err)
		return err;
	chain->readable = queue->pieces;
	chain->n_readable = queue->n_readable;
	chain->n_writable = queue->n_pieces - queue->n_readable;
	chain->writable = chain->n_writable ? queue->pieces + queue->n_readable : NULL;
	return 1;
}

int virtq_pop(struct virtq *queue, struct virtq_chain *chain)
{
	unsigned int slot;
	int n;

	*chain = (struct virtq_chain){0};
	if (queue->broken)
		return -EIO;
	n = count_available(queue);
	if (n == 0)
		n = ask_and_look_again(queue);
	if (n <= 0)
		return n;
	slot = queue->next_avail & (queue->size - 1);
	chain->head = load16(queue->avail + RING_HEADER_BYTES + 2 * (size_t)slot);
	if (chain->head >= queue->size)
		return break_queue(queue);
	queue->next_avail++;
	return take_chain(queue, chain);
}

int virtq_pop_again(struct virtq *queue, uint16_t head, struct virtq_chain *chain)
{
	*chain = (struct virtq_chain){.head = head};
	if (queue->broken)
		return -EIO;
	return head < queue->size ? take_chain(queue, chain) : break_queue(queue);
}

void virtq_unpop(struct virtq *queue)
{
	queue->next_avail--;
}

/* ---- Push ---- */

int virtq_push(struct virtq *queue, uint16_t head, uint32_t len_bytes)
{
	uint8_t *elem;

	if (queue->broken)
		return -EIO;
	if (head >= queue->size)
		return -EINVAL;
	/* A queue that is taken up again goes on where its used ring ends. */
	if (!queue->used_valid)
		queue->used_idx = load16(queue->used + 2);
	queue->used_valid = true;
	elem = queue->used + RING_HEADER_BYTES +
	       USED_ELEM_BYTES * (size_t)(queue->used_idx & (queue->size - 1));
	store32(elem, head);
	store32(elem + 4, len_bytes);
	queue->used_idx++;
	store16_release(queue->used + 2, queue->used_idx);
	return 0;
}

/* Section 2.7.7.2: whether event lies in (before, now]. */
static bool is_passed(uint16_t event, uint16_t before, uint16_t now)
{
	return (uint16_t)(now - event - 1) < (uint16_t)(now - before);
}

bool virtq_should_notify(struct virtq *queue)
{
	uint16_t before = queue->told_used;
	bool known = queue->told_valid;

	if (queue->broken)
		return false;
	/* What was pushed must be seen before the driver's wish is read, or both sides wait. */
	full_barrier();
	if (!queue->event_idx)
		return !(load16(queue->avail) & AVAIL_F_NO_INTERRUPT);
	queue->told_used = queue->used_idx;
	queue->told_valid = true;
	return !known || is_passed(load16(used_event(queue)), before, queue->used_idx);
}
