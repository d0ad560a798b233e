/* SPDX-License-Identifier: MIT */
/*
 * landing-copy.c - the CPU's copy of a picture into a guest's scattered memory
 *
 * One copy, whatever the format: chroma is taken apart on the way.
 */
#include <errno.h>
#include <string.h>
#include "landing-ways.h"
#include "memory.h"
#include "params.h"
#include "vawrap.h"
#include "virtio-video.h"

typedef uint8_t block __attribute__((vector_size(16)));

/* Every other sample of n pairs: the first ones or the second ones. */
static void pick(uint8_t *into, const uint8_t *from, size_t n, bool second)
{
	block a, b, picked;

	for (; n >= sizeof(block); n -= sizeof(block), from += 2 * sizeof(block)) {
		memcpy(&a, from, sizeof(block));
		memcpy(&b, from + sizeof(block), sizeof(block));
		if (second)
			picked = __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19,
							 21, 23, 25, 27, 29, 31);
		else
			picked = __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18,
							 20, 22, 24, 26, 28, 30);
		memcpy(into, &picked, sizeof(block));
		into += sizeof(block);
	}
	for (size_t i = 0; i < n; i++)
		into[i] = from[2 * i + second];
}

/* Maybe on its way to memory that only the kernel may touch. */
static int copy_picked(bool by_syscall, uint8_t *to, const uint8_t *from,
		       const struct params_plane *plane, size_t n)
{
	bool second = plane->samples == PARAMS_SAMPLES_ODD;
	uint8_t row[PARAMS_MAX_SIZE];

	pick(by_syscall ? row : to, from, n, second);
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
			err = copy_picked(by_syscall, to, from, plane, n);
		from += plane->samples == PARAMS_SAMPLES_ALL ? n : 2 * n;
	}
	return err;
}

/* Rows without a gap on either side are one. */
static void join_rows(struct params_plane *plane, uint32_t pitch_bytes)
{
	if (plane->samples != PARAMS_SAMPLES_ALL || plane->stride_bytes != plane->width_bytes ||
	    pitch_bytes != plane->width_bytes)
		return;
	plane->width_bytes *= plane->rows;
	plane->rows = 1;
}

static int copy_plane(const struct landing_copy *copy, unsigned int i)
{
	struct params_plane plane = copy->layout->planes[i];
	uint32_t pitch_bytes = copy->from->pitch_bytes[plane.source];
	const uint8_t *row = copy->samples + copy->from->offset_bytes[plane.source];
	struct resource_cursor cursor;
	unsigned int in;
	uint64_t pos = params_plane_start(copy->layout, copy->resource, i, &in);
	int err = 0;

	join_rows(&plane, pitch_bytes);
	resource_cursor_init(&cursor, copy->resource, in);
	for (uint32_t y = 0; !err && y < plane.rows; y++) {
		err = copy_row(&cursor, pos, row, copy, &plane);
		row += pitch_bytes;
		pos += plane.stride_bytes;
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
