/* SPDX-License-Identifier: MIT */
/*
 * virtqueue-memory.c - the table of guest memory regions that rings and chains lie in
 */
#include <errno.h>
#include <string.h>
#include "virtqueue.h"

static uint64_t last_of(const struct virtq_region *region)
{
	return region->gpa + (region->size_bytes - 1);
}

/* The first region that does not end before gpa; the table is sorted and has no overlaps. */
static unsigned int lower_bound(const struct virtq_memory *memory, uint64_t gpa)
{
	unsigned int low = 0, high = memory->n;

	while (low < high) {
		unsigned int mid = (low + high) / 2;

		if (last_of(&memory->regions[mid]) < gpa)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

int virtq_memory_add(struct virtq_memory *memory, const struct virtq_region *region)
{
	unsigned int at;

	if (!region->addr || region->size_bytes == 0 || last_of(region) < region->gpa)
		return -EINVAL;
	at = lower_bound(memory, region->gpa);
	if (at < memory->n && memory->regions[at].gpa <= last_of(region))
		return -EEXIST;
	if (memory->n == VIRTQ_MAX_REGIONS)
		return -ENOSPC;
	memmove(&memory->regions[at + 1], &memory->regions[at],
		(memory->n - at) * sizeof(memory->regions[0]));
	memory->regions[at] = *region;
	memory->n++;
	return 0;
}

int virtq_memory_remove(struct virtq_memory *memory, uint64_t gpa, struct virtq_region *removed)
{
	unsigned int at = lower_bound(memory, gpa);

	if (at == memory->n || memory->regions[at].gpa != gpa)
		return -ENOENT;
	*removed = memory->regions[at];
	memory->n--;
	memmove(&memory->regions[at], &memory->regions[at + 1],
		(memory->n - at) * sizeof(memory->regions[0]));
	return 0;
}

uint8_t *virtq_memory_map(const struct virtq_memory *memory, uint64_t gpa, uint64_t size_bytes,
			  uint64_t *mapped_bytes)
{
	unsigned int at = lower_bound(memory, gpa);
	const struct virtq_region *region;
	uint64_t left;

	if (at == memory->n || memory->regions[at].gpa > gpa)
		return NULL;
	region = &memory->regions[at];
	left = region->size_bytes - (gpa - region->gpa);
	*mapped_bytes = size_bytes < left ? size_bytes : left;
	return region->addr + (gpa - region->gpa);
}
