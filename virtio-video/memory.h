/* SPDX-License-Identifier: MIT */
/*
 * memory.h - the table of guest memory regions
 *
 * Used by the caller's thread only; what streams use of it are the pieces in their resources.
 */
#ifndef MEMORY_H
#define MEMORY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#define MEMORY_MAX_REGIONS 512

struct memory_region {
	uint64_t gpa;
	uint8_t *addr;
	uint64_t size_bytes;
	bool by_syscall; /* it may shrink, and nobody handles SIGBUS */
};

struct memory {
	unsigned int n, n_by_syscall;
	struct memory_region regions[MEMORY_MAX_REGIONS];
};

int memory_add(struct memory *memory, const struct memory_region *region);
/* The region that begins at gpa, or NULL. */
const struct memory_region *memory_find(const struct memory *memory, uint64_t gpa);
int memory_remove(struct memory *memory, uint64_t gpa);
/* -EINVAL empty or wraps; -EFAULT not inside one region. */
int memory_map(const struct memory *memory, uint64_t gpa, uint64_t size_bytes, struct iovec *out);
/* Copies to or from guest memory, in vvd_guard(). -EFAULT: some of it has gone, by a system call. */
int memory_copy(bool by_syscall, void *to, const void *from, size_t n_bytes);

#endif
