/* SPDX-License-Identifier: MIT */
/*
 * memory.c - guest-physical to host addresses
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "memory.h"

/* The first region that ends behind gpa; the table is sorted and has no overlaps. */
static unsigned int lower_bound(const struct memory *memory, uint64_t gpa)
{
	unsigned int low = 0, high = memory->n;

	while (low < high) {
		unsigned int mid = (low + high) / 2;
		const struct memory_region *r = &memory->regions[mid];

		if (r->gpa + (r->size_bytes - 1) < gpa)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

int memory_add(struct memory *memory, const struct memory_region *region)
{
	uint64_t last = region->gpa + (region->size_bytes - 1);
	unsigned int at;

	if (!region->addr || region->size_bytes == 0 || last < region->gpa)
		return -EINVAL;
	if ((uintptr_t)region->addr + (region->size_bytes - 1) < (uintptr_t)region->addr)
		return -EINVAL;
	at = lower_bound(memory, region->gpa);
	if (at < memory->n && memory->regions[at].gpa <= last)
		return -EEXIST;
	if (memory->n == MEMORY_MAX_REGIONS)
		return -ENOSPC;
	memmove(&memory->regions[at + 1], &memory->regions[at],
		(memory->n - at) * sizeof(memory->regions[0]));
	memory->regions[at] = *region;
	memory->n++;
	memory->n_by_syscall += region->by_syscall;
	return 0;
}

const struct memory_region *memory_find(const struct memory *memory, uint64_t gpa)
{
	unsigned int at = lower_bound(memory, gpa);

	return at < memory->n && memory->regions[at].gpa == gpa ? &memory->regions[at] : NULL;
}

int memory_remove(struct memory *memory, uint64_t gpa)
{
	const struct memory_region *region = memory_find(memory, gpa);
	unsigned int at;

	if (!region)
		return -ENOENT;
	at = region - memory->regions;
	memory->n--;
	memory->n_by_syscall -= region->by_syscall;
	memmove(&memory->regions[at], &memory->regions[at + 1],
		(memory->n - at) * sizeof(memory->regions[0]));
	return 0;
}

int memory_map(const struct memory *memory, uint64_t gpa, uint64_t size_bytes, struct iovec *out)
{
	const struct memory_region *r;
	unsigned int at;

	if (size_bytes == 0 || gpa + (size_bytes - 1) < gpa)
		return -EINVAL;
	at = lower_bound(memory, gpa);
	if (at == memory->n)
		return -EFAULT;
	r = &memory->regions[at];
	if (gpa < r->gpa || size_bytes > r->size_bytes - (gpa - r->gpa))
		return -EFAULT;
	*out = (struct iovec){.iov_base = r->addr + (gpa - r->gpa), .iov_len = size_bytes};
	return 0;
}

/* The kernel says EFAULT where the process would get a signal. */
int memory_copy(bool by_syscall, void *to, const void *from, size_t n_bytes)
{
	struct iovec ours = {to, n_bytes}, theirs = {(void *)(uintptr_t)from, n_bytes};

	if (!by_syscall) {
		memcpy(to, from, n_bytes);
		return 0;
	}
	return process_vm_readv(getpid(), &ours, 1, &theirs, 1, 0) == (ssize_t)n_bytes ? 0
										       : -EFAULT;
}
