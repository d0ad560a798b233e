/* SPDX-License-Identifier: MIT */
/*
 * object-memory.c - a memfd, and a dma-buf over its pages where /dev/udmabuf can be opened
 */
#include "tools/object-memory.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

/* -1 where the kernel or the user may not. */
static int new_dmabuf(int memfd, size_t size_bytes)
{
	struct udmabuf_create create = {
		.memfd = (uint32_t)memfd,
		.flags = UDMABUF_FLAGS_CLOEXEC,
		.size = size_bytes,
	};
	int device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
	int fd = device < 0 ? -1 : ioctl(device, UDMABUF_CREATE, &create);

	if (device >= 0)
		close(device);
	return fd;
}

int object_memory_new(size_t size_bytes, struct object_memory *memory)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	int memfd = memfd_create("object", MFD_CLOEXEC | MFD_ALLOW_SEALING), dmabuf;

	*memory = (struct object_memory){.fd = memfd};
	if (memfd < 0)
		return -errno;
	size_bytes = (size_bytes + page - 1) / page * page;
	/* udmabuf takes memory that cannot shrink only. */
	if (ftruncate(memfd, (off_t)size_bytes) || fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK)) {
		int error = -errno;

		object_memory_free(memory);
		return error;
	}
	dmabuf = new_dmabuf(memfd, size_bytes);
	if (dmabuf < 0)
		return 0;
	close(memfd);
	*memory = (struct object_memory){.fd = dmabuf, .is_dmabuf = true};
	return 0;
}

void object_memory_free(struct object_memory *memory)
{
	if (memory->fd >= 0)
		close(memory->fd);
	memory->fd = -1;
}
