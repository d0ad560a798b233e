/* SPDX-License-Identifier: MIT */
/*
 * resource.c - checks a guest's list of memory entries once and walks it afterwards
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "memory.h"
#include "resource.h"
#include "virtio-video.h"

struct header {
	uint32_t id, planes_layout, num_planes;
	uint32_t offsets[WIRE_MAX_PLANES], counts[WIRE_MAX_PLANES];
	uint32_t n_entries;
};

static int read_header(struct wire *r, const struct resource_limits *limits, struct header *h)
{
	uint64_t sum = 0;

	h->id = wire_u32(r);
	h->planes_layout = wire_u32(r);
	h->num_planes = wire_u32(r);
	for (int i = 0; i < WIRE_MAX_PLANES; i++)
		h->offsets[i] = wire_u32(r);
	for (int i = 0; i < WIRE_MAX_PLANES; i++)
		h->counts[i] = wire_u32(r);
	if (r->err)
		return r->err;
	if (h->num_planes == 0 || h->num_planes > WIRE_MAX_PLANES)
		return -EINVAL;
	/* 0 is what old drivers send; it means the only thing that they can do. */
	if (h->planes_layout == 0)
		h->planes_layout = VIRTIO_VIDEO_PLANES_LAYOUT_SINGLE_BUFFER;
	if (h->planes_layout != VIRTIO_VIDEO_PLANES_LAYOUT_SINGLE_BUFFER &&
	    h->planes_layout != VIRTIO_VIDEO_PLANES_LAYOUT_PER_PLANE)
		return -EINVAL;
	for (uint32_t i = 0; i < h->num_planes; i++)
		sum += h->counts[i];
	if (sum > limits->entries)
		return -ENOSPC;
	if (limits->get_object && sum > WIRE_MAX_PLANES)
		return -EINVAL;
	h->n_entries = sum;
	return sum == 0 ? -EINVAL : 0;
}

static int read_page(struct wire *r, const struct memory *memory, struct iovec *piece)
{
	uint64_t gpa = wire_u64(r);
	uint32_t size = wire_u32(r);

	wire_skip(r, 4);
	return r->err ? r->err : memory_map(memory, gpa, size, piece);
}

static int map_object(int fd, struct iovec *piece)
{
	off_t size = lseek(fd, 0, SEEK_END);
	void *map;

	if (size <= 0 || size > UINT32_MAX)
		return -EINVAL;
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return errno == ENOMEM ? -ENOMEM : -EINVAL;
	*piece = (struct iovec){map, size};
	return 0;
}

static int read_object(struct wire *r, const struct resource_limits *limits,
		       struct resource *resource, struct iovec *piece)
{
	int *fd = &resource->fds[resource->n_objects], err, seals;
	uint8_t uuid[16];

	for (size_t i = 0; i < sizeof(uuid); i++)
		uuid[i] = r->data[r->pos + i];
	wire_skip(r, sizeof(uuid));
	err = limits->get_object(limits->get_object_cookie, uuid, fd);
	if (err)
		return err < 0 ? err : -EINVAL;
	resource->n_objects++;
	/* Of a memfd; a dma-buf has no seals and keeps its size. */
	seals = fcntl(*fd, F_GET_SEALS);
	if (seals >= 0 && !(seals & F_SEAL_SHRINK) && !limits->handles_sigbus)
		resource->by_syscall = true;
	return map_object(*fd, piece);
}

static int read_entries(struct wire *r, const struct memory *memory,
			const struct resource_limits *limits, struct resource *resource)
{
	int err = r->size_bytes - r->pos == (size_t)resource->n_pieces * WIRE_ENTRY ? 0 : -EINVAL;

	for (uint32_t i = 0; !err && i < resource->n_pieces; i++) {
		struct iovec *piece = &resource->pieces[i];

		if (limits->get_object)
			err = read_object(r, limits, resource, piece);
		else
			err = read_page(r, memory, piece);
		resource->size_bytes += piece->iov_len;
	}
	return err;
}

static uint64_t sum_pieces(const struct resource *resource, uint32_t first, uint32_t n)
{
	uint64_t sum = 0;

	for (uint32_t i = first; i < first + n; i++)
		sum += resource->pieces[i].iov_len;
	return sum;
}

static int place_planes(const struct header *h, const struct resource_limits *limits,
			struct resource *resource)
{
	bool single = h->planes_layout == VIRTIO_VIDEO_PLANES_LAYOUT_SINGLE_BUFFER;
	uint32_t first = 0;

	resource->num_planes = h->num_planes;
	for (uint32_t i = 0; i < h->num_planes; i++) {
		struct resource_plane *plane = &resource->planes[i];

		plane->offset_bytes = h->offsets[i];
		plane->first = single ? 0 : first;
		plane->n_pieces = single ? h->n_entries : h->counts[i];
		plane->size_bytes = sum_pieces(resource, plane->first, plane->n_pieces);
		if (plane->offset_bytes >= plane->size_bytes)
			return -EINVAL;
		if (plane->n_pieces > 1 && !limits->non_contiguous)
			return -EINVAL;
		first += h->counts[i];
	}
	return 0;
}

int resource_new(struct wire *r, const struct memory *memory, const struct resource_limits *limits,
		 struct resource **out)
{
	struct header h;
	struct resource *resource;
	int err;

	err = read_header(r, limits, &h);
	if (err)
		return err;
	resource = calloc(1, sizeof(*resource) + h.n_entries * sizeof(resource->pieces[0]));
	if (!resource)
		return -ENOMEM;
	atomic_init(&resource->refs, 1);
	resource->id = h.id;
	resource->n_pieces = h.n_entries;
	resource->by_syscall = !limits->get_object && memory->n_by_syscall > 0;
	err = read_entries(r, memory, limits, resource);
	if (!err)
		err = place_planes(&h, limits, resource);
	if (err) {
		resource_unref(resource);
		return err;
	}
	*out = resource;
	return 0;
}

struct resource *resource_ref(struct resource *resource)
{
	atomic_fetch_add_explicit(&resource->refs, 1, memory_order_relaxed);
	return resource;
}

void resource_unref(struct resource *resource)
{
	if (atomic_fetch_sub_explicit(&resource->refs, 1, memory_order_acq_rel) != 1)
		return;
	for (unsigned int i = 0; i < resource->n_objects; i++) {
		if (resource->pieces[i].iov_base)
			munmap(resource->pieces[i].iov_base, resource->pieces[i].iov_len);
		close(resource->fds[i]);
	}
	free(resource);
}

/* What is no dma-buf says ENOTTY. */
void resource_access(const struct resource *resource, bool begin)
{
	struct dma_buf_sync sync = {.flags = DMA_BUF_SYNC_RW};

	sync.flags |= begin ? DMA_BUF_SYNC_START : DMA_BUF_SYNC_END;
	for (unsigned int i = 0; i < resource->n_objects; i++)
		ioctl(resource->fds[i], DMA_BUF_IOCTL_SYNC, &sync);
}

bool resource_touches(const struct resource *resource, const uint8_t *addr, uint64_t size_bytes)
{
	for (uint32_t i = 0; i < resource->n_pieces; i++) {
		const uint8_t *p = resource->pieces[i].iov_base;

		/* A piece lies in one region wholly or not at all. */
		if (p >= addr && p < addr + size_bytes)
			return true;
	}
	return false;
}

void resource_cursor_init(struct resource_cursor *cursor, const struct resource *resource,
			  unsigned int plane)
{
	const struct resource_plane *p = &resource->planes[plane];

	*cursor = (struct resource_cursor){.piece = &resource->pieces[p->first],
					   .n_left = p->n_pieces};
}

uint8_t *resource_cursor_at(struct resource_cursor *cursor, uint64_t pos, size_t *n_bytes)
{
	uint64_t left;

	while (cursor->n_left && pos - cursor->begin >= cursor->piece->iov_len) {
		cursor->begin += cursor->piece->iov_len;
		cursor->piece++;
		cursor->n_left--;
	}
	if (!cursor->n_left)
		return NULL;
	left = cursor->piece->iov_len - (pos - cursor->begin);
	if (*n_bytes > left)
		*n_bytes = left;
	return (uint8_t *)cursor->piece->iov_base + (pos - cursor->begin);
}

struct reading {
	const struct resource *resource;
	uint8_t *to;
	size_t n_bytes;
};

static int read_pieces(void *cookie)
{
	const struct reading *reading = cookie;
	const struct resource *resource = reading->resource;
	struct resource_cursor cursor;
	size_t done = 0, n;
	int err = 0;

	resource_cursor_init(&cursor, resource, 0);
	for (; !err && done < reading->n_bytes; done += n) {
		const uint8_t *from;

		n = reading->n_bytes - done;
		from = resource_cursor_at(&cursor, resource->planes[0].offset_bytes + done, &n);
		err = from ? memory_copy(resource->by_syscall, reading->to + done, from, n)
			   : -EFAULT;
	}
	return err;
}

int resource_read(const struct resource *resource, void *out, size_t n_bytes)
{
	struct reading reading = {resource, out, n_bytes};

	return vvd_guard(read_pieces, &reading);
}
