/* SPDX-License-Identifier: MIT */
/*
 * object-memory.h - memory like that of a guest's objects: a dma-buf where the kernel makes one
 */
#ifndef TOOLS_OBJECT_MEMORY_H
#define TOOLS_OBJECT_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

struct object_memory {
	int fd; /* -1: none */
	bool is_dmabuf;
};

/* A dma-buf by /dev/udmabuf, else a memfd, which hardware does not take. Errors: -errno. */
int object_memory_new(size_t size_bytes, struct object_memory *memory);
void object_memory_free(struct object_memory *memory);

#endif
