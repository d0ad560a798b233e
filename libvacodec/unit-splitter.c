/* SPDX-License-Identifier: MIT */
/*
 * unit-splitter.c - the units of a stream that comes in any pieces
 *
 * Source: Rec. ITU-T H.264, B.1 and B.3; ISO/IEC 14496-15, 5.2.3 (lengths).
 */
#include "unit-splitter.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY_BYTES 65536
/*
 * Of where a packet begins, as malloc's memory does: nvidia-vaapi-driver takes the tag of a VP8 frame from
 * before the data that it is given, back to such a place.
 */
#define PACKET_ALIGNMENT 16

#if defined(__LP64__)
_Static_assert(_Alignof(max_align_t) >= PACKET_ALIGNMENT, "see push_packet()");
#endif

void unit_splitter_init(struct unit_splitter *s, enum unit_syntax syntax, unsigned int length_bytes)
{
	memset(s, 0, sizeof(*s));
	s->syntax = syntax;
	s->length_bytes = length_bytes;
}

void unit_splitter_finish(struct unit_splitter *s)
{
	free(s->data);
	s->data = NULL;
}

void unit_splitter_reset(struct unit_splitter *s)
{
	s->size_bytes = 0;
	s->borrowed = NULL;
	s->zeros = 0;
	s->n_length = 0;
	s->left_bytes = 0;
	s->in_unit = false;
	s->ready = false;
	s->damaged = false;
	s->lost = false;
	s->split = false;
	memset(&s->obu, 0, sizeof(s->obu));
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

static void drop_unit(struct unit_splitter *s)
{
	s->size_bytes = 0;
	s->borrowed = NULL;
}

static const uint8_t *get_data(const struct unit_splitter *s)
{
	return s->borrowed ? s->borrowed : s->data;
}

/* The memory to keep it is taken at once, and only touched if need be. */
static int borrow(struct unit_splitter *s, const uint8_t *data, size_t n)
{
	int ret = reserve(s, n);

	if (ret < 0)
		return ret;
	s->borrowed = data;
	s->size_bytes = n;
	return 0;
}

void unit_splitter_keep(struct unit_splitter *s)
{
	if (!s->borrowed)
		return;
	memcpy(s->data, s->borrowed, s->size_bytes);
	s->borrowed = NULL;
}

int unit_splitter_append(struct unit_splitter *s, const uint8_t *data, size_t n, bool last)
{
	int ret;

	if (!s->in_unit || s->damaged || n == 0)
		return 0;
	if (n > UNIT_SPLITTER_MAX_BYTES - s->size_bytes) {
		s->damaged = true;
		return 0;
	}
	if (last && s->size_bytes == 0)
		return borrow(s, data, n);
	ret = reserve(s, s->size_bytes + n);
	if (ret < 0)
		return ret;
	memcpy(s->data + s->size_bytes, data, n);
	s->size_bytes += n;
	return 0;
}

/* ---- Start codes ---- */

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

/* n_prefix: zeros of the next start code's prefix. Where units end with other bytes, all of them go. */
static void trim_zeros(struct unit_splitter *s, size_t n_prefix)
{
	if (s->syntax == UNIT_WHOLE_START_CODES) {
		s->size_bytes -= s->size_bytes < n_prefix ? s->size_bytes : n_prefix;
		return;
	}
	while (s->size_bytes > 0 && get_data(s)[s->size_bytes - 1] == 0)
		s->size_bytes--;
}

static int64_t push_start_codes(struct unit_splitter *s, const uint8_t *data, size_t size_bytes,
				uint64_t timestamp)
{
	size_t i = find_start_code(s, data, size_bytes);
	int ret = unit_splitter_append(s, data, i, i < size_bytes);

	if (ret < 0)
		return ret;
	note_tail(s, data, i, timestamp);
	if (i == size_bytes)
		return (int64_t)size_bytes;
	/* The prefix's own zeros are trimmed with those before it. */
	trim_zeros(s, 2);
	s->next_timestamp = s->zero_timestamp[0];
	s->zeros = 0;
	s->ready = s->in_unit && (s->size_bytes > 0 || s->damaged);
	if (!s->ready)
		unit_splitter_next(s);
	s->in_unit = true;
	return (int64_t)i + 1;
}

/* ---- Lengths ---- */

/* A big-endian length; size_bytes when it is cut off or reaches beyond. */
static size_t find_end(const struct unit_splitter *s, const uint8_t *data, size_t size_bytes)
{
	uint64_t length = 0;
	unsigned int i;

	if (size_bytes < s->length_bytes)
		return size_bytes + 1;
	for (i = 0; i < s->length_bytes; i++)
		length = length << 8 | data[i];
	return length > size_bytes - s->length_bytes ? size_bytes + 1
						     : s->length_bytes + (size_t)length;
}

/* From the first byte to the last one: units, of which none is empty or has the forbidden bit. */
static bool is_whole_units(const struct unit_splitter *s, const uint8_t *data, size_t size_bytes)
{
	size_t end;

	while (size_bytes > 0) {
		end = find_end(s, data, size_bytes);
		if (end > size_bytes || end == s->length_bytes || data[s->length_bytes] & 0x80)
			return false;
		data += end;
		size_bytes -= end;
	}
	return true;
}

/* What there is of a unit that cannot be completed. */
static void give_up_unit(struct unit_splitter *s)
{
	s->damaged = true;
	s->ready = true;
	s->in_unit = false;
	s->n_length = 0;
	s->left_bytes = 0;
}

static void begin_lengths(struct unit_splitter *s, const uint8_t *data, size_t size_bytes)
{
	bool within = s->n_length > 0;

	if (!s->lost && (!within || s->split))
		return;
	if (!is_whole_units(s, data, size_bytes)) {
		s->split |= within;
		return;
	}
	s->lost = false;
	if (within)
		give_up_unit(s);
}

/* One byte of a length. */
static void push_length(struct unit_splitter *s, uint8_t byte, uint64_t timestamp)
{
	if (s->n_length == 0)
		s->timestamp = timestamp;
	s->left_bytes = s->left_bytes << 8 | byte;
	if (++s->n_length < s->length_bytes)
		return;
	if (s->left_bytes == 0) {
		s->n_length = 0;
	} else if (s->left_bytes > UNIT_SPLITTER_MAX_BYTES) {
		s->lost = true;
		give_up_unit(s);
	} else {
		s->in_unit = true;
	}
}

static int64_t push_lengths(struct unit_splitter *s, const uint8_t *data, size_t size_bytes,
			    uint64_t timestamp)
{
	size_t n = size_bytes;
	int ret;

	if (s->lost)
		return (int64_t)size_bytes;
	if (!s->in_unit) {
		push_length(s, data[0], timestamp);
		return 1;
	}
	if (n > s->left_bytes)
		n = s->left_bytes;
	ret = unit_splitter_append(s, data, n, n == s->left_bytes);
	if (ret < 0)
		return ret;
	s->left_bytes -= (uint32_t)n;
	if (s->left_bytes == 0) {
		s->ready = true;
		s->in_unit = false;
		s->n_length = 0;
	}
	return (int64_t)n;
}

/* ---- Packets ---- */

static void split_packet(struct unit_splitter *s)
{
	int n = 1;

	s->parts[0] = (struct unit_part){0, s->size_bytes};
	if (s->split_packet && !s->damaged)
		n = s->split_packet(get_data(s), s->size_bytes, s->parts);
	if (n < 0) {
		s->damaged = true;
		s->parts[0] = (struct unit_part){0, s->size_bytes};
	}
	s->n_parts = n < 0 ? 1 : (unsigned int)n;
	s->part = 0;
	s->ready = s->n_parts > 0;
}

static int64_t push_packet(struct unit_splitter *s, const uint8_t *data, size_t size_bytes,
			   uint64_t timestamp)
{
	int ret;

	s->in_unit = true;
	s->timestamp = timestamp;
	ret = unit_splitter_append(s, data, size_bytes, (uintptr_t)data % PACKET_ALIGNMENT == 0);
	s->in_unit = false;
	if (ret < 0)
		return ret;
	split_packet(s);
	if (!s->ready)
		drop_unit(s);
	return (int64_t)size_bytes;
}

/* ---- All ---- */

void unit_splitter_begin_packet(struct unit_splitter *s, const uint8_t *data, size_t size_bytes)
{
	if (s->syntax == UNIT_LENGTHS && size_bytes > 0)
		begin_lengths(s, data, size_bytes);
	if (s->syntax == UNIT_OBUS && size_bytes > 0)
		unit_splitter_begin_obus(s, data, size_bytes);
}

int64_t unit_splitter_push(struct unit_splitter *s, const uint8_t *data, size_t size_bytes,
			   uint64_t timestamp)
{
	/* A packet that is one unit is one without bytes, too. */
	if (size_bytes == 0 && (s->syntax != UNIT_PACKETS || s->split_packet))
		return 0;
	switch (s->syntax) {
	case UNIT_LENGTHS:
		return push_lengths(s, data, size_bytes, timestamp);
	case UNIT_PACKETS:
		return push_packet(s, data, size_bytes, timestamp);
	case UNIT_OBUS:
		return unit_splitter_push_obus(s, data, size_bytes, timestamp);
	case UNIT_START_CODES:
	case UNIT_WHOLE_START_CODES:
		break;
	}
	return push_start_codes(s, data, size_bytes, timestamp);
}

void unit_splitter_end(struct unit_splitter *s)
{
	if (s->syntax == UNIT_LENGTHS) {
		if (s->n_length > 0)
			give_up_unit(s);
		s->lost = false;
		return;
	}
	if (s->syntax == UNIT_OBUS) {
		unit_splitter_end_obus(s);
		return;
	}
	trim_zeros(s, 0);
	s->ready = s->in_unit && (s->size_bytes > 0 || s->damaged);
	s->in_unit = false;
	s->zeros = 0;
}

void unit_splitter_get(const struct unit_splitter *s, struct unit *unit)
{
	unit->data = get_data(s);
	unit->size_bytes = s->size_bytes;
	unit->timestamp = s->timestamp;
	unit->damaged = s->damaged;
	unit->packet = unit->data;
	unit->parts = s->parts;
	unit->n_parts = s->n_parts;
	unit->part = s->part;
	/* An empty packet may come before there is memory. */
	if (s->syntax == UNIT_PACKETS && s->size_bytes > 0) {
		unit->data += s->parts[s->part].offset;
		unit->size_bytes = s->parts[s->part].size_bytes;
	}
}

void unit_splitter_next(struct unit_splitter *s)
{
	if (s->syntax == UNIT_PACKETS && s->part + 1 < s->n_parts) {
		s->part++;
		return;
	}
	drop_unit(s);
	s->damaged = false;
	s->ready = false;
	if (s->syntax == UNIT_OBUS)
		unit_splitter_next_obu(s);
	else
		s->timestamp = s->next_timestamp;
}
