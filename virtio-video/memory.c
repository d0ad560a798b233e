/* SPDX-License-Identifier: MIT */
/*
 * memory.c - guest-physical to host addresses
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "memory.h"

int memory_add(struct memory *memory, const struct memory_region *region)
{
	uint64_t last = region->gpa + (region->size_bytes - 1);

	if (!region->addr || region->size_bytes == 0 || last < region->gpa)
		return -EINVAL;
	if ((uintptr_t)region->addr + (region->size_bytes - 1) < (uintptr_t)region->addr)
		return -EINVAL;
	for (unsigned int i = 0; i < memory->n; i++) {
		const struct memory_region *r = &memory->regions[i];

		if (r->gpa <= last && region->gpa <= r->gpa + (r->size_bytes - 1))
			return -EEXIST;
	}
	if (memory->n == MEMORY_MAX_REGIONS)
		return -ENOSPC;
	memory->regions[memory->n++] = *region;
	memory->n_by_syscall += region->by_syscall;
	return 0;
}

/* The region that has the address, or NULL. */
static const struct memory_region *region_at(const struct memory *memory, uint64_t gpa)
{
	for (unsigned int i = 0; i < memory->n; i++) {
		const struct memory_region *r = &memory->regions[i];

		if (gpa >= r->gpa && gpa - r->gpa < r->size_bytes)
			return r;
	}
	return NULL;
}

const struct memory_region *memory_find(const struct memory *memory, uint64_t gpa)
{
	const struct memory_region *r = region_at(memory, gpa);

	return r && r->gpa == gpa ? r : NULL;
}

int memory_remove(struct memory *memory, uint64_t gpa)
{
	const struct memory_region *region = memory_find(memory, gpa);

	if (!region)
		return -ENOENT;
	memory->n_by_syscall -= region->by_syscall;
	memory->regions[region - memory->regions] = memory->regions[--memory->n];
	return 0;
}

int memory_map(const struct memory *memory, uint64_t gpa, uint64_t size_bytes, struct iovec *out)
{
	const struct memory_region *r = region_at(memory, gpa);

	if (size_bytes == 0 || gpa + (size_bytes - 1) < gpa)
		return -EINVAL;
	if (!r || size_bytes > r->size_bytes - (gpa - r->gpa))
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
