/* SPDX-License-Identifier: MIT */
/*
 * landing-copy.c - the CPU's copy of a picture into a guest's scattered memory
 *
 * One copy, whatever the format: chroma is taken apart on the way.
 */
#include <errno.h>
#include "landing-ways.h"
#include "memory.h"
#include "params.h"
#include "vawrap.h"
#include "virtio-video.h"

/* Every other sample of a row, maybe on its way to memory that only the kernel may touch. */
static int copy_picked(bool by_syscall, uint8_t *to, const uint8_t *from, size_t n)
{
	uint8_t row[PARAMS_MAX_SIZE], *into = by_syscall ? row : to;

	for (size_t i = 0; i < n; i++)
		into[i] = from[2 * i];
	return by_syscall ? memory_copy(true, to, row, n) : 0;
}

static int copy_row(struct resource_cursor *cursor, uint64_t pos, const uint8_t *from,
		    const struct landing_copy *copy, const struct params_plane *plane)
{
	bool by_syscall = copy->resource->by_syscall;
	size_t left = plane->width_bytes, n;
	int err = 0;

	for (; !err && left; pos += n, left -= n) {
		uint8_t *to;

		n = left;
		to = resource_cursor_at(cursor, pos, &n);
		if (!to)
			return -EFAULT;
		if (plane->samples == PARAMS_SAMPLES_ALL)
			err = memory_copy(by_syscall, to, from, n);
		else
			err = copy_picked(by_syscall, to, from, n);
		from += plane->samples == PARAMS_SAMPLES_ALL ? n : 2 * n;
	}
	return err;
}

static int copy_plane(const struct landing_copy *copy, unsigned int i)
{
	const struct params_plane *plane = &copy->layout->planes[i];
	const uint8_t *row = copy->samples + copy->from->offset_bytes[plane->source];
	struct resource_cursor cursor;
	unsigned int in;
	uint64_t pos = params_plane_start(copy->layout, copy->resource, i, &in);
	int err = 0;

	if (plane->samples == PARAMS_SAMPLES_ODD)
		row++;
	resource_cursor_init(&cursor, copy->resource, in);
	for (uint32_t y = 0; !err && y < plane->rows; y++) {
		err = copy_row(&cursor, pos, row, copy, plane);
		row += copy->from->pitch_bytes[plane->source];
		pos += plane->stride_bytes;
	}
	return err;
}

static int copy_planes(void *cookie)
{
	const struct landing_copy *copy = cookie;
	int err = 0;

	for (unsigned int i = 0; !err && i < copy->layout->num_planes; i++)
		err = copy_plane(copy, i);
	return err;
}

int landing_copy_run(const struct landing_copy *copy)
{
	return vvd_guard(copy_planes, (void *)(uintptr_t)copy);
}
