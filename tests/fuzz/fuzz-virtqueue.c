// SPDX-License-Identifier: MIT
/*
 * fuzz-virtqueue.c - rings and chains of a driver that means harm
 *
 * Input: a struct of settings (see set_up()), what the memory begins with, steps. Two regions lie
 * next to each other and a third one apart, each in an allocation of its own, so that a byte beyond
 * one is seen. What holds: each piece of a chain lies in a region, and the sums are right.
 */
#include "fuzz.h"
#include "vhost-user/virtqueue.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define GPA       UINT64_C(0x1000)
#define N_REGIONS 3
#define MAX_STEPS 256

const char fuzz_name[] = "fuzz-virtqueue";

enum step {
	STEP_POP,
	STEP_POP_AND_PUSH,
	STEP_PUSH,
	STEP_UNPOP,
	STEP_NOTIFY,
	STEP_POKE,
	STEP_OFFER,
	STEP_BREAK,
	STEP_DESC,
	N_STEPS,
};

struct state {
	struct virtq_memory memory;
	struct virtq_config config;
	struct virtq *queue;
	bool broken;
	uint16_t popped; /* that unpop() may take back */
};

/* The last one ends at the end of all addresses. */
static const struct virtq_region layout[N_REGIONS] = {
	{GPA, NULL, 0x1000},
	{GPA + 0x1000, NULL, 0x200},
	{UINT64_MAX - 0xff, NULL, 0xff},
};

static bool is_in_region(const struct state *s, const struct iovec *piece)
{
	for (unsigned int i = 0; i < s->memory.n; i++) {
		const struct virtq_region *region = &s->memory.regions[i];
		const uint8_t *at = piece->iov_base;

		if (at >= region->addr && at < region->addr + region->size_bytes)
			return piece->iov_len <= (size_t)(region->addr + region->size_bytes - at);
	}
	return false;
}

static uint64_t sum(const struct state *s, const struct iovec *pieces, size_t n)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < n; i++) {
		fuzz_check(pieces[i].iov_len > 0 && is_in_region(s, &pieces[i]), "a piece's place");
		bytes += pieces[i].iov_len;
	}
	return bytes;
}

static void check_chain(const struct state *s, const struct virtq_chain *chain)
{
	fuzz_check(chain->head < s->config.size, "a chain's head");
	fuzz_check(sum(s, chain->readable, chain->n_readable) == chain->readable_bytes,
		   "the readable bytes");
	fuzz_check(sum(s, chain->writable, chain->n_writable) == chain->writable_bytes,
		   "the writable bytes");
}

static int pop(struct state *s, struct virtq_chain *chain)
{
	int ret = virtq_pop(s->queue, chain);

	fuzz_check(ret == 0 || ret == 1 || ret == -EBADMSG || ret == -EIO, "what pop says");
	fuzz_check(!s->broken || ret == -EIO, "a broken queue works");
	s->broken |= ret == -EIO;
	if (ret == 1)
		check_chain(s, chain);
	if (ret == -EBADMSG)
		fuzz_check(chain->head < s->config.size, "a wrong chain's head");
	s->popped = ret == 1;
	return ret;
}

static void push(struct state *s, uint16_t head, uint32_t len)
{
	int ret = virtq_push(s->queue, head, len);

	if (s->broken)
		fuzz_check(ret == -EIO, "a broken queue takes a chain");
	else
		fuzz_check(ret == (head < s->config.size ? 0 : -EINVAL), "what push says");
	s->popped = 0;
}

/* Writes into the first region, where the rings mostly lie. */
static void poke(struct state *s, uint16_t at, uint16_t value)
{
	uint8_t *ram = s->memory.regions[0].addr;

	at = at % (0x1000 / 2) * 2;
	ram[at] = value & 0xff;
	ram[at + 1] = value >> 8;
}

/* Makes n more chains available, whatever they are. */
static void offer(struct state *s, uint8_t n)
{
	uint16_t at = (uint16_t)(s->config.avail_gpa - GPA);

	poke(s, at + 2, virtq_get_next_avail(s->queue) + n % 8);
}

/* A descriptor that may be right: index, address, length, flags, next. */
static void put_desc(struct state *s, struct fuzz_reader *r)
{
	uint16_t at = (uint16_t)(s->config.desc_gpa - GPA) + 16 * (fuzz_u8(r) % 32);
	uint8_t flags = fuzz_u8(r);

	poke(s, at, (uint16_t)(GPA + fuzz_u16(r) % 0x1400));
	for (uint16_t i = 2; i < 8; i += 2)
		poke(s, at + i, 0);
	poke(s, at + 8, fuzz_u8(r) * 4);
	poke(s, at + 10, 0);
	poke(s, at + 12, flags & 7);
	poke(s, at + 14, flags >> 3);
}

static void step(struct state *s, struct fuzz_reader *r)
{
	struct virtq_chain chain = {0};
	uint16_t at;

	switch (fuzz_u8(r) % N_STEPS) {
	case STEP_POP:
		pop(s, &chain);
		break;
	case STEP_POP_AND_PUSH:
		if (pop(s, &chain) != -EIO)
			push(s, chain.head, (uint32_t)chain.writable_bytes);
		break;
	case STEP_PUSH:
		at = fuzz_u16(r);
		push(s, at, fuzz_u32(r));
		break;
	case STEP_UNPOP:
		if (s->popped)
			virtq_unpop(s->queue);
		s->popped = 0;
		break;
	case STEP_NOTIFY:
		fuzz_check(!virtq_should_notify(s->queue) || !s->broken, "a broken queue notifies");
		break;
	case STEP_POKE:
		at = fuzz_u16(r);
		poke(s, at, fuzz_u16(r));
		break;
	case STEP_OFFER:
		offer(s, fuzz_u8(r));
		break;
	case STEP_BREAK:
		/* Seldom: nothing can follow. */
		if (fuzz_u8(r) == 0xff) {
			virtq_break(s->queue);
			s->broken = true;
		}
		break;
	case STEP_DESC:
		put_desc(s, r);
		break;
	}
}

/* Regions of their exact size, aligned as pages are. */
static bool add_memory(struct state *s)
{
	for (unsigned int i = 0; i < N_REGIONS; i++) {
		struct virtq_region region = layout[i];
		void *addr = NULL;

		if (posix_memalign(&addr, 64, region.size_bytes))
			return false;
		memset(addr, 0, region.size_bytes);
		region.addr = addr;
		fuzz_check(virtq_memory_add(&s->memory, &region) == 0, "a region is refused");
	}
	return true;
}

static void fill_memory(struct state *s, struct fuzz_reader *r)
{
	size_t n;
	size_t want = fuzz_u16(r) % 0x1000;
	const uint8_t *bytes = fuzz_bytes(r, want, &n);

	memcpy(s->memory.regions[0].addr, bytes, n);
}

static int set_up(struct state *s, struct fuzz_reader *r)
{
	uint8_t flags = fuzz_u8(r), size = fuzz_u8(r);

	s->config = (struct virtq_config){
		.memory = &s->memory,
		.size = flags & 4 ? size : 1u << size % 6,
		.desc_gpa = GPA,
		.avail_gpa = GPA + 0x400,
		.used_gpa = GPA + 0x800,
		.next_avail = fuzz_u16(r),
	};
	/* Anywhere, one upon the other too. */
	if (flags & 8)
		s->config.desc_gpa += fuzz_u16(r);
	if (flags & 16)
		s->config.avail_gpa += fuzz_u16(r) - 0x400;
	if (flags & 32)
		s->config.used_gpa += fuzz_u16(r) - 0x800;
	if (flags & 1)
		s->config.features |= VIRTQ_FEATURE_INDIRECT_DESC;
	if (flags & 2)
		s->config.features |= VIRTQ_FEATURE_EVENT_IDX;
	fill_memory(s, r);
	return virtq_new(&s->config, &s->queue);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_reader r = {data, size};
	struct virtq_region removed;
	struct state s;

	memset(&s, 0, sizeof(s));
	if (add_memory(&s)) {
		int ret = set_up(&s, &r);

		fuzz_check((ret == 0) == (s.queue != NULL), "a queue that could not be made");
		for (unsigned int i = 0; ret == 0 && r.left && i < MAX_STEPS; i++)
			step(&s, &r);
	}
	virtq_free(s.queue);
	for (unsigned int i = 0; i < N_REGIONS; i++) {
		if (virtq_memory_remove(&s.memory, layout[i].gpa, &removed) == 0)
			free(removed.addr);
	}
	return 0;
}
