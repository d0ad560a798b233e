/* SPDX-License-Identifier: MIT */
/*
 * landing-copy.c - the CPU's copy of a picture into a guest's scattered memory
 *
 * One copy, whatever the format: chroma is taken apart on the way.
 */
#include <endian.h>
#include <errno.h>
#include <string.h>
#include "landing-ways.h"
#include "memory.h"
#include "params.h"
#include "vawrap.h"
#include "virtio-video.h"

typedef uint16_t pairs __attribute__((vector_size(32)));
typedef uint8_t samples __attribute__((vector_size(16)));

/* One sample of each pair in a row. */
static void pick(uint8_t *to, const uint8_t *from, size_t n, bool second)
{
	const int shift = second == (BYTE_ORDER == LITTLE_ENDIAN) ? 8 : 0;
	samples picked;
	pairs all;

	for (; n >= sizeof(picked); n -= sizeof(picked), from += sizeof(all)) {
		memcpy(&all, from, sizeof(all));
		picked = __builtin_convertvector(all >> shift, samples);
		memcpy(to, &picked, sizeof(picked));
		to += sizeof(picked);
	}
	for (size_t i = 0; i < n; i++)
		to[i] = from[2 * i + second];
}

/* Maybe on its way to memory that only the kernel may touch. */
static int copy_picked(bool by_syscall, uint8_t *to, const uint8_t *from, bool second, size_t n)
{
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
			err = copy_picked(by_syscall, to, from,
					  plane->samples == PARAMS_SAMPLES_ODD, n);
		from += plane->samples == PARAMS_SAMPLES_ALL ? n : 2 * n;
	}
	return err;
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

	/* Rows without a gap on either side are one. */
	if (plane.samples == PARAMS_SAMPLES_ALL && plane.stride_bytes == plane.width_bytes &&
	    pitch_bytes == plane.width_bytes) {
		plane.width_bytes *= plane.rows;
		plane.rows = 1;
	}
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
