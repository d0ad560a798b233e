/* SPDX-License-Identifier: MIT */
/*
 * buffer.c - buffers of the client's: imported as surfaces, copied to, and looked at
 *
 * There are drivers that accept memory with success and write elsewhere, or in another layout. So the
 * first picture is looked for in the memory itself. That goes by pread and pwrite where the file has
 * them, since a file can shrink under a mapping; what has not (a dma-buf) keeps its size.
 */
#include "buffer.h"
#include "vawrap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define MARK 0x5a

struct vacodec_buffer {
	atomic_uint refs;
	struct vawrap_display *display;
	struct vawrap_surface *surface;
	struct vawrap_dmabuf memory; /* with an fd of its own */
	void *cookie;
};

/* What is no memfd says EINVAL; a dma-buf keeps its size. */
static bool can_shrink(int fd)
{
	int seals = fcntl(fd, F_GET_SEALS);

	return seals >= 0 && !(seals & F_SEAL_SHRINK);
}

int vacodec_buffer_new(struct vawrap_display *display, const struct vawrap_dmabuf *memory,
		       void *cookie, struct vacodec_buffer **out)
{
	struct vacodec_buffer *buffer;
	int ret;

	if (!display || !memory || !out)
		return -EINVAL;
	*out = NULL;
	/* A driver that works in software would be stopped by a SIGBUS, on a thread of its own. */
	if (can_shrink(memory->fd))
		return -EPERM;
	buffer = calloc(1, sizeof(*buffer));
	if (!buffer)
		return -ENOMEM;
	atomic_init(&buffer->refs, 1);
	buffer->memory = *memory;
	buffer->cookie = cookie;
	buffer->memory.fd = fcntl(memory->fd, F_DUPFD_CLOEXEC, 0);
	ret = buffer->memory.fd < 0 ? -errno : 0;
	if (ret == 0)
		ret = vawrap_surface_new_dmabuf(display, &buffer->memory, &buffer->surface);
	buffer->display = vawrap_display_ref(display);
	if (ret < 0) {
		vacodec_buffer_unref(buffer);
		return ret;
	}
	*out = buffer;
	return 0;
}

struct vacodec_buffer *vacodec_buffer_ref(struct vacodec_buffer *buffer)
{
	if (buffer)
		atomic_fetch_add_explicit(&buffer->refs, 1, memory_order_relaxed);
	return buffer;
}

struct vacodec_buffer *vacodec_buffer_unref(struct vacodec_buffer *buffer)
{
	if (!buffer || atomic_fetch_sub_explicit(&buffer->refs, 1, memory_order_acq_rel) != 1)
		return NULL;
	vawrap_surface_unref(buffer->surface);
	if (buffer->memory.fd >= 0)
		close(buffer->memory.fd);
	vawrap_display_unref(buffer->display);
	free(buffer);
	return NULL;
}

void *vacodec_buffer_get_cookie(const struct vacodec_buffer *buffer)
{
	return buffer ? buffer->cookie : NULL;
}

struct vawrap_surface *buffer_get_surface(const struct vacodec_buffer *buffer)
{
	return buffer->surface;
}

/* ---- The memory itself ---- */

static int access_file(int fd, uint8_t *bytes, size_t size_bytes, bool store)
{
	size_t done = 0;
	ssize_t n;

	while (done < size_bytes) {
		n = store ? pwrite(fd, bytes + done, size_bytes - done, (off_t)done)
			  : pread(fd, bytes + done, size_bytes - done, (off_t)done);
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		done += (size_t)n;
	}
	return 0;
}

static int access_mapping(int fd, uint8_t *bytes, size_t size_bytes, bool store)
{
	struct dma_buf_sync sync = {.flags = DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW};
	uint8_t *map = mmap(NULL, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (map == MAP_FAILED)
		return -errno;
	ioctl(fd, DMA_BUF_IOCTL_SYNC, &sync);
	memcpy(store ? map : bytes, store ? bytes : map, size_bytes);
	sync.flags = DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW;
	ioctl(fd, DMA_BUF_IOCTL_SYNC, &sync);
	munmap(map, size_bytes);
	return 0;
}

static int access_memory(const struct vacodec_buffer *buffer, uint8_t *bytes, bool store)
{
	int fd = buffer->memory.fd;
	int ret = access_file(fd, bytes, buffer->memory.size_bytes, store);

	/* A dma-buf has no such calls. */
	if (ret == -EINVAL || ret == -ESPIPE)
		ret = access_mapping(fd, bytes, buffer->memory.size_bytes, store);
	return ret;
}

/* Of NV12, and what else has its two planes. */
static uint64_t get_row_bytes(const struct vawrap_dmabuf *memory)
{
	return (uint64_t)memory->width * (memory->fourcc == VA_FOURCC_NV12 ? 1 : 2);
}

uint64_t buffer_get_picture_bytes(const struct vacodec_buffer *buffer)
{
	return get_row_bytes(&buffer->memory) * (buffer->memory.height + buffer->memory.height / 2);
}

static bool is_in_bounds(const struct vawrap_dmabuf *memory)
{
	uint64_t width = get_row_bytes(memory);
	uint64_t rows, end;
	unsigned int plane;

	if (memory->num_planes != 2)
		return false;
	for (plane = 0; plane < memory->num_planes; plane++) {
		rows = memory->height >> (plane > 0);
		end = memory->offset_bytes[plane] + width;
		if (rows > 0)
			end += (rows - 1) * memory->pitch_bytes[plane];
		if (memory->pitch_bytes[plane] < width || end > memory->size_bytes)
			return false;
	}
	return true;
}

int buffer_mark(const struct vacodec_buffer *buffer)
{
	uint8_t *bytes;
	int ret;

	if (!is_in_bounds(&buffer->memory))
		return -EINVAL;
	bytes = malloc(buffer->memory.size_bytes);
	if (!bytes)
		return -ENOMEM;
	memset(bytes, MARK, buffer->memory.size_bytes);
	ret = access_memory(buffer, bytes, true);
	free(bytes);
	return ret;
}

/* Whether the memory has the samples: 1, 0. */
static int compare(const struct vacodec_buffer *buffer, const uint8_t *bytes,
		   const uint8_t *samples, const struct vawrap_image_layout *layout)
{
	const struct vawrap_dmabuf *memory = &buffer->memory;
	size_t row_bytes = get_row_bytes(memory);
	unsigned int plane, y;

	for (plane = 0; plane < memory->num_planes; plane++) {
		const uint8_t *ours = bytes + memory->offset_bytes[plane];
		const uint8_t *theirs = samples + layout->offset_bytes[plane];

		for (y = 0; y < memory->height >> (plane > 0); y++) {
			if (memcmp(ours, theirs, row_bytes) != 0)
				return 0;
			ours += memory->pitch_bytes[plane];
			theirs += layout->pitch_bytes[plane];
		}
	}
	return 1;
}

static bool is_marked_still(const struct vawrap_dmabuf *memory, const uint8_t *bytes)
{
	size_t i = 0;

	while (i < memory->size_bytes && bytes[i] == MARK)
		i++;
	return i == memory->size_bytes;
}

int buffer_look(const struct vacodec_buffer *buffer, struct vawrap_surface *surface)
{
	const struct vawrap_dmabuf *memory = &buffer->memory;
	const struct vawrap_image_layout *layout;
	uint8_t *bytes = malloc(memory->size_bytes);
	struct vawrap_view *view = NULL;
	const uint8_t *samples;
	int ret = bytes ? access_memory(buffer, bytes, false) : -ENOMEM;

	if (ret == 0)
		ret = vawrap_view_new(buffer->display, memory->fourcc, memory->width,
				      memory->height, &view);
	if (ret == 0)
		ret = vawrap_view_map(view, surface, &samples, &layout);
	if (ret == 0) {
		/* A driver that writes nothing may read what it was given. */
		ret = surface == buffer->surface && is_marked_still(memory, bytes) ? -EILSEQ : 0;
		if (ret == 0 && !compare(buffer, bytes, samples, layout))
			ret = -EILSEQ;
		vawrap_view_unmap(view);
	}
	vawrap_view_free(view);
	free(bytes);
	return ret;
}

int vacodec_buffer_copy(struct vacodec_buffer *buffer, const struct vacodec_frame *frame,
			bool check)
{
	int ret = 0;

	if (!buffer || !frame)
		return -EINVAL;
	if (check)
		ret = buffer_mark(buffer);
	if (ret == 0)
		ret = vawrap_surface_copy(buffer->surface, vacodec_frame_get_surface(frame));
	if (ret == 0 && check)
		ret = buffer_look(buffer, vacodec_frame_get_surface(frame));
	return ret;
}
