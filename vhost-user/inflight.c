/* SPDX-License-Identifier: MIT */
/*
 * inflight.c - the shared record of chains that the device has
 */
#include <stdlib.h>
#include <string.h>
#include "inflight.h"

#define ALIGNMENT      64
#define RECORD_VERSION 1

struct header {
	uint64_t features;
	uint16_t version, n_descs, last_head, used_idx;
};

struct desc {
	uint8_t taken, padding[5];
	uint16_t next; /* of the heads that were used together; one, with us */
	uint64_t counter;
};

size_t inflight_bytes(unsigned int size)
{
	size_t bytes = sizeof(struct header) + size * sizeof(struct desc);

	return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static volatile struct header *header_of(const struct inflight *inflight)
{
	return (volatile struct header *)(void *)inflight->at;
}

static volatile struct desc *desc_of(const struct inflight *inflight, uint16_t head)
{
	return (volatile struct desc *)(void *)(inflight->at + sizeof(struct header)) + head;
}

/* The order of these stores is what a crash between any two of them is recovered by. */
static void barrier(void)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

void inflight_take(struct inflight *inflight, uint16_t head)
{
	if (!inflight->at || head >= inflight->size)
		return;
	desc_of(inflight, head)->counter = inflight->counter++;
	barrier();
	desc_of(inflight, head)->taken = 1;
}

void inflight_untake(struct inflight *inflight, uint16_t head)
{
	if (inflight->at && head < inflight->size)
		desc_of(inflight, head)->taken = 0;
}

void inflight_before_push(struct inflight *inflight, uint16_t head)
{
	if (!inflight->at || head >= inflight->size)
		return;
	desc_of(inflight, head)->next = header_of(inflight)->last_head;
	barrier();
	header_of(inflight)->last_head = head;
	barrier();
}

void inflight_after_push(struct inflight *inflight, uint16_t head, uint16_t used_idx)
{
	if (!inflight->at || head >= inflight->size)
		return;
	barrier();
	desc_of(inflight, head)->taken = 0;
	barrier();
	header_of(inflight)->used_idx = used_idx;
}

/* ---- After a crash ---- */

static void make_new(struct inflight *inflight, uint16_t used_idx)
{
	const struct header header = {.version = RECORD_VERSION,
				      .n_descs = (uint16_t)inflight->size,
				      .used_idx = used_idx};

	memset(inflight->at, 0, inflight_bytes(inflight->size));
	memcpy(inflight->at, &header, sizeof(header));
}

/* It was used, but to say so was not possible any more. */
static void finish_last(struct inflight *inflight, uint16_t used_idx)
{
	uint16_t n = used_idx - header_of(inflight)->used_idx;
	uint16_t head = header_of(inflight)->last_head;

	for (unsigned int i = 0; i < n && i < inflight->size && head < inflight->size; i++) {
		desc_of(inflight, head)->taken = 0;
		head = desc_of(inflight, head)->next;
	}
	header_of(inflight)->used_idx = used_idx;
}

unsigned int inflight_recover(struct inflight *inflight, uint16_t used_idx,
			      struct inflight_chain *chains)
{
	unsigned int n = 0;

	if (!inflight->at)
		return 0;
	if (header_of(inflight)->version != RECORD_VERSION ||
	    header_of(inflight)->n_descs != (uint16_t)inflight->size) {
		make_new(inflight, used_idx);
		return 0;
	}
	finish_last(inflight, used_idx);
	for (unsigned int i = 0; i < inflight->size; i++) {
		const volatile struct desc *desc = desc_of(inflight, (uint16_t)i);

		if (!desc->taken)
			continue;
		chains[n] = (struct inflight_chain){desc->counter, (uint16_t)i};
		if (chains[n].counter >= inflight->counter)
			inflight->counter = chains[n].counter + 1;
		n++;
	}
	return n;
}

static int compare(const void *left, const void *right)
{
	const struct inflight_chain *a = left, *b = right;

	return (a->counter > b->counter) - (a->counter < b->counter);
}

void inflight_sort(struct inflight_chain *chains, unsigned int n)
{
	if (n)
		qsort(chains, n, sizeof(*chains), compare);
}
