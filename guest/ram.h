/* SPDX-License-Identifier: MIT */
/*
 * ram.h - a guest's memory: a sealed memfd, seen at guest-physical addresses in two regions
 *
 * Around each region lies memory that nobody may touch. Pages are given out whole. The low part is for what must lie in one piece (rings, messages);
 * buffers come as lists of extents that are far apart on purpose, from both regions. Used by the
 * guest's thread only; what is in the pages is shared with the device.
 */
#ifndef GUEST_RAM_H
#define GUEST_RAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GUEST_PAGE_BYTES  4096u
#define GUEST_RAM_REGIONS 2

struct guest_ram;

struct guest_region {
	uint64_t gpa;
	void *addr;
	uint64_t size_bytes;
	int fd; /* the memfd, owned by the RAM */
	uint64_t fd_offset;
};

struct guest_extent {
	uint64_t gpa;
	uint32_t size_bytes;
};

/* A buffer in pieces of whole pages, of which the last may have more than the buffer needs. */
struct guest_sg {
	struct guest_extent *extents;
	unsigned int n;
	size_t size_bytes;
	bool is_object;
	int fd; /* the object's */
};

/* size_bytes: a power of two, 1 MiB to 64 GiB. Errors: -EINVAL, -ENOMEM, -errno of memfd_create. */
int guest_ram_new(uint64_t size_bytes, struct guest_ram **out);
/* NULL is accepted; returns NULL. */
struct guest_ram *guest_ram_free(struct guest_ram *ram);
void guest_ram_get_regions(const struct guest_ram *ram,
			   struct guest_region regions[GUEST_RAM_REGIONS]);
/* NULL where not all the bytes are inside one region. */
void *guest_ram_get_pointer(const struct guest_ram *ram, uint64_t gpa, uint64_t size_bytes);
/* Pages now given out. */
unsigned int guest_ram_get_used_pages(const struct guest_ram *ram);

/* Zeroed memory in one piece. Errors: -ENOMEM, -EINVAL nothing wanted. */
int guest_ram_alloc(struct guest_ram *ram, size_t size_bytes, uint64_t *gpa);
void guest_ram_release(struct guest_ram *ram, uint64_t gpa, size_t size_bytes);

/* A buffer, in one piece or scattered, of at most GUEST_SG_MAX extents. Errors: as alloc. */
#define GUEST_SG_MAX 1024
int guest_sg_alloc(struct guest_ram *ram, size_t size_bytes, bool scatter, struct guest_sg *sg);
/*
 * A buffer in one piece whose bytes are a memfd of its own, sealed and of whole pages, as a virtio
 * object is: they are seen at the piece's address for as long as it lives. Errors: as alloc, and
 * -errno of memfd_create.
 */
int guest_sg_alloc_object(struct guest_ram *ram, size_t size_bytes, struct guest_sg *sg);
/* Gives the pages back, and ends an object; a zeroed sg is accepted. */
void guest_sg_release(struct guest_ram *ram, struct guest_sg *sg);
/* The caller keeps within sg->size_bytes. */
void guest_sg_write(struct guest_ram *ram, const struct guest_sg *sg, const void *data,
		    size_t size_bytes);
void guest_sg_read(const struct guest_ram *ram, const struct guest_sg *sg, void *data,
		   size_t size_bytes);

#endif
