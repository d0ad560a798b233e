/* SPDX-License-Identifier: MIT */
/*
 * ram.c - a guest's memory and who has which page of it
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "ram.h"

#define MIN_BYTES (UINT64_C(1) << 20)
#define MAX_BYTES (UINT64_C(1) << 36)

/* Before, between and behind the regions; a step outside is a crash in whoever takes it. */
#define GUARD_BYTES (UINT64_C(1) << 16)

/* Half of the memory below 4 GiB, the other above it, as on a PC. */
static const uint64_t region_gpa[GUEST_RAM_REGIONS] = {UINT64_C(0x10000000),
						       UINT64_C(0x1000000000)};

struct guest_ram {
	int fd;
	uint8_t *map; /* guards and regions in turn */
	uint64_t size_bytes;
	unsigned int n_pages;
	unsigned int n_low; /* pages for alloc(); the others are for scattered buffers */
	unsigned int n_used;
	unsigned int cursor; /* where the last scattered extent was taken */
	uint8_t *used;       /* one byte a page */
};

static uint64_t map_bytes(const struct guest_ram *ram)
{
	return ram->size_bytes + (GUEST_RAM_REGIONS + 1) * GUARD_BYTES;
}

/* The byte at an offset of the memfd. */
static uint8_t *byte_at(const struct guest_ram *ram, uint64_t offset)
{
	uint64_t region = offset / (ram->size_bytes / GUEST_RAM_REGIONS);

	return ram->map + offset + (region + 1) * GUARD_BYTES;
}

static int map_regions(struct guest_ram *ram)
{
	uint64_t part = ram->size_bytes / GUEST_RAM_REGIONS;
	void *map = mmap(NULL, map_bytes(ram), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED)
		return -errno;
	ram->map = map;
	for (unsigned int i = 0; i < GUEST_RAM_REGIONS; i++) {
		if (mmap(byte_at(ram, i * part), part, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_FIXED, ram->fd, (off_t)(i * part)) == MAP_FAILED)
			return -errno;
	}
	return 0;
}

/* A sealed memfd. On failure *fd may be one all the same. */
static int make_file(const char *name, uint64_t size_bytes, int *fd)
{
	int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

	*fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (*fd < 0)
		return -errno;
	if (ftruncate(*fd, (off_t)size_bytes) < 0)
		return -errno;
	return fcntl(*fd, F_ADD_SEALS, seals) < 0 ? -errno : 0;
}

static int make_memory(struct guest_ram *ram)
{
	int ret = make_file("guest-ram", ram->size_bytes, &ram->fd);

	return ret < 0 ? ret : map_regions(ram);
}

int guest_ram_new(uint64_t size_bytes, struct guest_ram **out)
{
	struct guest_ram *ram;
	int ret = -ENOMEM;

	*out = NULL;
	if (size_bytes < MIN_BYTES || size_bytes > MAX_BYTES || (size_bytes & (size_bytes - 1)))
		return -EINVAL;
	ram = calloc(1, sizeof(*ram));
	if (!ram)
		return -ENOMEM;
	ram->fd = -1;
	ram->size_bytes = size_bytes;
	ram->n_pages = (unsigned int)(size_bytes / GUEST_PAGE_BYTES);
	ram->n_low = ram->n_pages / 4;
	ram->used = calloc(ram->n_pages, 1);
	if (ram->used)
		ret = make_memory(ram);
	if (ret < 0) {
		guest_ram_free(ram);
		return ret;
	}
	*out = ram;
	return 0;
}

struct guest_ram *guest_ram_free(struct guest_ram *ram)
{
	if (!ram)
		return NULL;
	if (ram->map)
		munmap(ram->map, map_bytes(ram));
	if (ram->fd >= 0)
		close(ram->fd);
	free(ram->used);
	free(ram);
	return NULL;
}

void guest_ram_get_regions(const struct guest_ram *ram,
			   struct guest_region regions[GUEST_RAM_REGIONS])
{
	uint64_t part = ram->size_bytes / GUEST_RAM_REGIONS;

	for (unsigned int i = 0; i < GUEST_RAM_REGIONS; i++)
		regions[i] = (struct guest_region){
			.gpa = region_gpa[i],
			.addr = byte_at(ram, i * part),
			.size_bytes = part,
			.fd = ram->fd,
			.fd_offset = i * part,
		};
}

/* UINT64_MAX where not all of it is inside one region. */
static uint64_t offset_of(const struct guest_ram *ram, uint64_t gpa, uint64_t size_bytes)
{
	uint64_t part = ram->size_bytes / GUEST_RAM_REGIONS;

	for (unsigned int i = 0; i < GUEST_RAM_REGIONS; i++) {
		uint64_t in = gpa - region_gpa[i];

		if (gpa >= region_gpa[i] && in < part && size_bytes <= part - in)
			return i * part + in;
	}
	return UINT64_MAX;
}

static uint64_t gpa_of(const struct guest_ram *ram, unsigned int page)
{
	unsigned int part = ram->n_pages / GUEST_RAM_REGIONS;

	return region_gpa[page / part] + (uint64_t)(page % part) * GUEST_PAGE_BYTES;
}

void *guest_ram_get_pointer(const struct guest_ram *ram, uint64_t gpa, uint64_t size_bytes)
{
	uint64_t offset = offset_of(ram, gpa, size_bytes);

	return offset == UINT64_MAX ? NULL : byte_at(ram, offset);
}

unsigned int guest_ram_get_used_pages(const struct guest_ram *ram)
{
	return ram->n_used;
}

static unsigned int pages_for(size_t size_bytes)
{
	return (unsigned int)((size_bytes + GUEST_PAGE_BYTES - 1) / GUEST_PAGE_BYTES);
}

static bool all_free(const struct guest_ram *ram, unsigned int first, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (ram->used[first + i])
			return false;
	return true;
}

static void mark(struct guest_ram *ram, unsigned int first, unsigned int n, uint8_t used)
{
	for (unsigned int i = 0; i < n; i++)
		assert(ram->used[first + i] != used);
	memset(ram->used + first, used, n);
	if (used)
		ram->n_used += n;
	else
		ram->n_used -= n;
}

int guest_ram_alloc(struct guest_ram *ram, size_t size_bytes, uint64_t *gpa)
{
	unsigned int n = pages_for(size_bytes);

	if (size_bytes == 0)
		return -EINVAL;
	if (size_bytes > ram->size_bytes)
		return -ENOMEM;
	for (unsigned int first = 0; n <= ram->n_low && first <= ram->n_low - n; first++) {
		if (!all_free(ram, first, n))
			continue;
		mark(ram, first, n, 1);
		*gpa = gpa_of(ram, first);
		memset(byte_at(ram, (uint64_t)first * GUEST_PAGE_BYTES), 0,
		       (size_t)n * GUEST_PAGE_BYTES);
		return 0;
	}
	return -ENOMEM;
}

void guest_ram_release(struct guest_ram *ram, uint64_t gpa, size_t size_bytes)
{
	uint64_t offset = offset_of(ram, gpa, size_bytes);

	assert(offset != UINT64_MAX && offset % GUEST_PAGE_BYTES == 0);
	mark(ram, (unsigned int)(offset / GUEST_PAGE_BYTES), pages_for(size_bytes), 0);
}

/*
 * The next free run of pages, far from the last one. The number of runs is a power of two and the
 * step is odd and about 0.62 of it, so that the walk meets each run once before it repeats.
 */
static int take_run(struct guest_ram *ram, unsigned int run, unsigned int *first)
{
	unsigned int n_runs = ram->n_pages / run;
	unsigned int step = (unsigned int)(n_runs * UINT64_C(618) / 1000) | 1;

	for (unsigned int i = 0; i < n_runs; i++) {
		ram->cursor = (ram->cursor + step) & (n_runs - 1);
		*first = ram->cursor * run;
		if (*first >= ram->n_low && all_free(ram, *first, run)) {
			mark(ram, *first, run, 1);
			return 0;
		}
	}
	return -ENOMEM;
}

static int scatter_pages(struct guest_ram *ram, struct guest_sg *sg, unsigned int n)
{
	unsigned int run = 1, first;
	int ret;

	while (n / run >= GUEST_SG_MAX)
		run *= 2;
	sg->extents = calloc((n + run - 1) / run, sizeof(*sg->extents));
	if (!sg->extents)
		return -ENOMEM;
	for (unsigned int left = n; left > 0; left -= left < run ? left : run) {
		ret = take_run(ram, run, &first);
		if (ret < 0)
			return ret;
		sg->extents[sg->n++] = (struct guest_extent){
			.gpa = gpa_of(ram, first),
			.size_bytes = run * GUEST_PAGE_BYTES,
		};
	}
	return 0;
}

static int one_piece(struct guest_ram *ram, struct guest_sg *sg, unsigned int n)
{
	int ret;

	sg->extents = calloc(1, sizeof(*sg->extents));
	if (!sg->extents)
		return -ENOMEM;
	sg->extents[0].size_bytes = n * GUEST_PAGE_BYTES;
	ret = guest_ram_alloc(ram, sg->extents[0].size_bytes, &sg->extents[0].gpa);
	if (ret == 0)
		sg->n = 1;
	return ret;
}

int guest_sg_alloc(struct guest_ram *ram, size_t size_bytes, bool scatter, struct guest_sg *sg)
{
	unsigned int n = pages_for(size_bytes);
	int ret;

	memset(sg, 0, sizeof(*sg));
	if (size_bytes == 0)
		return -EINVAL;
	if (size_bytes > ram->size_bytes || size_bytes > UINT32_MAX - GUEST_PAGE_BYTES)
		return -ENOMEM;
	sg->size_bytes = size_bytes;
	ret = scatter ? scatter_pages(ram, sg, n) : one_piece(ram, sg, n);
	if (ret < 0)
		guest_sg_release(ram, sg);
	return ret;
}

/* What is seen at the piece is from now on in this file, at this place. */
static int show(struct guest_ram *ram, const struct guest_extent *piece, int fd, uint64_t at)
{
	void *addr = guest_ram_get_pointer(ram, piece->gpa, piece->size_bytes);

	if (mmap(addr, piece->size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
		 (off_t)at) == MAP_FAILED)
		return -errno;
	return 0;
}

int guest_sg_alloc_object(struct guest_ram *ram, size_t size_bytes, struct guest_sg *sg)
{
	int ret = guest_sg_alloc(ram, size_bytes, false, sg);

	if (ret < 0)
		return ret;
	sg->is_object = true;
	ret = make_file("guest-object", sg->extents[0].size_bytes, &sg->fd);
	if (ret == 0)
		ret = show(ram, &sg->extents[0], sg->fd, 0);
	if (ret < 0)
		guest_sg_release(ram, sg);
	return ret;
}

static void end_object(struct guest_ram *ram, struct guest_sg *sg)
{
	const struct guest_extent *piece = &sg->extents[0];
	uint64_t offset = offset_of(ram, piece->gpa, piece->size_bytes);

	/* Where that fails, the pages are the object's for ever: still memory, and still there. */
	show(ram, piece, ram->fd, offset);
	if (sg->fd >= 0)
		close(sg->fd);
}

void guest_sg_release(struct guest_ram *ram, struct guest_sg *sg)
{
	if (sg->is_object)
		end_object(ram, sg);
	for (unsigned int i = 0; i < sg->n; i++)
		guest_ram_release(ram, sg->extents[i].gpa, sg->extents[i].size_bytes);
	free(sg->extents);
	memset(sg, 0, sizeof(*sg));
}

void guest_sg_write(struct guest_ram *ram, const struct guest_sg *sg, const void *data,
		    size_t size_bytes)
{
	const uint8_t *from = data;

	assert(size_bytes <= sg->size_bytes);
	for (unsigned int i = 0; size_bytes > 0; i++) {
		const struct guest_extent *e = &sg->extents[i];
		size_t n = size_bytes < e->size_bytes ? size_bytes : e->size_bytes;

		memcpy(guest_ram_get_pointer(ram, e->gpa, n), from, n);
		from += n;
		size_bytes -= n;
	}
}

void guest_sg_read(const struct guest_ram *ram, const struct guest_sg *sg, void *data,
		   size_t size_bytes)
{
	uint8_t *to = data;

	assert(size_bytes <= sg->size_bytes);
	for (unsigned int i = 0; size_bytes > 0; i++) {
		const struct guest_extent *e = &sg->extents[i];
		size_t n = size_bytes < e->size_bytes ? size_bytes : e->size_bytes;

		memcpy(to, guest_ram_get_pointer(ram, e->gpa, n), n);
		to += n;
		size_bytes -= n;
	}
}
