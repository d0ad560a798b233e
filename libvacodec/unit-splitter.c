/* SPDX-License-Identifier: MIT */
/*
 * unit-splitter.c - NAL units out of an Annex B byte stream that comes in any pieces
 *
 * Source: Rec. ITU-T H.264, B.1 and B.3.
 */
#include "unit-splitter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY_BYTES 65536

void unit_splitter_init(struct unit_splitter *s)
{
	memset(s, 0, sizeof(*s));
}

void unit_splitter_finish(struct unit_splitter *s)
{
	free(s->data);
	memset(s, 0, sizeof(*s));
}

void unit_splitter_reset(struct unit_splitter *s)
{
	s->size_bytes = 0;
	s->zeros = 0;
	s->in_unit = false;
	s->ready = false;
	s->too_large = false;
}

static int reserve(struct unit_splitter *s, size_t size_bytes)
{
	size_t capacity = s->capacity_bytes ? s->capacity_bytes : FIRST_CAPACITY_BYTES;
	uint8_t *data;

	if (size_bytes <= s->capacity_bytes)
		return 0;
	while (capacity < size_bytes)
		capacity *= 2;
	data = realloc(s->data, capacity);
	if (!data)
		return -ENOMEM;
	s->data = data;
	s->capacity_bytes = capacity;
	return 0;
}

/*
 * Finds the 01 that ends a start code prefix; zeros[] go on from the bytes before. Returns its
 * index, or size_bytes.
 */
static size_t find_start_code(const struct unit_splitter *s, const uint8_t *data, size_t size_bytes)
{
	size_t i = 0;
	const uint8_t *one;

	while (i < size_bytes) {
		one = memchr(data + i, 1, size_bytes - i);
		if (!one)
			return size_bytes;
		i = (size_t)(one - data);
		if (i >= 2 && data[i - 1] == 0 && data[i - 2] == 0)
			return i;
		if (i == 1 && data[0] == 0 && s->zeros >= 1)
			return i;
		if (i == 0 && s->zeros >= 2)
			return i;
		i++;
	}
	return size_bytes;
}

/* Remembers the end of what was taken: a start code may begin in it. */
static void note_tail(struct unit_splitter *s, const uint8_t *data, size_t n, uint64_t timestamp)
{
	size_t i;

	for (i = n > 2 ? n - 2 : 0; i < n; i++) {
		s->zeros = data[i] ? 0 : s->zeros + 1;
		if (s->zeros > 2)
			s->zeros = 2;
		s->zero_timestamp[0] = s->zero_timestamp[1];
		s->zero_timestamp[1] = timestamp;
	}
}

static int append(struct unit_splitter *s, const uint8_t *data, size_t n)
{
	int ret;

	if (!s->in_unit || s->too_large || n == 0)
		return 0;
	if (n > UNIT_SPLITTER_MAX_BYTES - s->size_bytes) {
		s->too_large = true;
		return 0;
	}
	ret = reserve(s, s->size_bytes + n);
	if (ret < 0)
		return ret;
	memcpy(s->data + s->size_bytes, data, n);
	s->size_bytes += n;
	return 0;
}

static void trim_zeros(struct unit_splitter *s)
{
	while (s->size_bytes > 0 && s->data[s->size_bytes - 1] == 0)
		s->size_bytes--;
}

int64_t unit_splitter_push(struct unit_splitter *s, const uint8_t *data, size_t size_bytes,
			   uint64_t timestamp)
{
	size_t i = find_start_code(s, data, size_bytes);
	int ret = append(s, data, i);

	if (ret < 0)
		return ret;
	note_tail(s, data, i, timestamp);
	if (i == size_bytes)
		return (int64_t)size_bytes;
	/* The prefix's own zeros are trimmed with those before it. */
	trim_zeros(s);
	s->next_timestamp = s->zero_timestamp[0];
	s->zeros = 0;
	s->ready = s->in_unit && (s->size_bytes > 0 || s->too_large);
	if (!s->ready)
		unit_splitter_next(s);
	s->in_unit = true;
	return (int64_t)i + 1;
}

void unit_splitter_end(struct unit_splitter *s)
{
	trim_zeros(s);
	s->ready = s->in_unit && (s->size_bytes > 0 || s->too_large);
	s->in_unit = false;
	s->zeros = 0;
}

bool unit_splitter_get(const struct unit_splitter *s, struct unit *unit)
{
	unit->data = s->data;
	unit->size_bytes = s->size_bytes;
	unit->timestamp = s->timestamp;
	return !s->too_large;
}

void unit_splitter_next(struct unit_splitter *s)
{
	s->size_bytes = 0;
	s->too_large = false;
	s->ready = false;
	s->timestamp = s->next_timestamp;
}
