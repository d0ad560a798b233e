/* SPDX-License-Identifier: MIT */
/*
 * test-unit-splitter.c - units are the same wherever the bytes are cut
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "fake-libva/fake-libva.h"
#include "libvacodec/unit-splitter.h"

#define MAX_UNITS 16

struct seen {
	unsigned int n;
	uint8_t data[MAX_UNITS][64];
	size_t size_bytes[MAX_UNITS];
	uint64_t timestamp[MAX_UNITS];
	bool damaged[MAX_UNITS];
};

/* Garbage, a 4-byte start code, trailing zeros, an empty unit, emulation prevention, 3-byte codes. */
static const uint8_t stream[] = {
	0x55, 1, 0, 1, 0,    0,    0, 1, 0x67, 0x42, 0x01, 0, 0, 3, 1, 0, 0,    0,    0, 0,
	1,    0, 0, 1, 0x68, 0xce, 0, 0, 1,    0x65, 0,    1, 2, 0, 0, 2, 0x99, 0x88, 0, 0,
};

static void take(struct unit_splitter *s, struct seen *seen)
{
	struct unit unit;

	if (!s->ready)
		return;
	unit_splitter_get(s, &unit);
	assert_true(seen->n < MAX_UNITS && unit.size_bytes <= 64);
	if (unit.size_bytes > 0)
		memcpy(seen->data[seen->n], unit.data, unit.size_bytes);
	seen->damaged[seen->n] = unit.damaged;
	seen->size_bytes[seen->n] = unit.size_bytes;
	seen->timestamp[seen->n] = unit.timestamp;
	seen->n++;
	unit_splitter_next(s);
}

/* Pushes pieces of the sizes that next() gives; the timestamp is the piece's first byte's index. */
static void split(struct seen *seen, size_t (*next)(size_t at))
{
	struct unit_splitter s;
	size_t at = 0;
	size_t end = 0;
	size_t start = 0;
	int64_t n;

	memset(seen, 0, sizeof(*seen));
	unit_splitter_init(&s, UNIT_START_CODES, 0);
	while (at < sizeof(stream)) {
		if (at == end) {
			start = at;
			end = at + next(at);
			if (end > sizeof(stream))
				end = sizeof(stream);
		}
		n = unit_splitter_push(&s, stream + at, end - at, start);
		assert_true(n > 0 && (size_t)n <= end - at);
		at += (size_t)n;
		take(&s, seen);
	}
	unit_splitter_end(&s);
	take(&s, seen);
	unit_splitter_finish(&s);
}

static size_t whole(size_t at)
{
	(void)at;
	return sizeof(stream);
}

static size_t one(size_t at)
{
	(void)at;
	return 1;
}

static size_t any(size_t at)
{
	(void)at;
	return 1 + (size_t)rand() % 9;
}

static void test_units_are_found_without_their_zeros(void **state)
{
	static const uint8_t first[] = {0x67, 0x42, 0x01, 0, 0, 3, 1};
	static const uint8_t last[] = {0x65, 0, 1, 2, 0, 0, 2, 0x99, 0x88};
	struct seen seen;

	(void)state;
	split(&seen, whole);
	assert_int_equal(seen.n, 3);
	assert_int_equal(seen.size_bytes[0], sizeof(first));
	assert_memory_equal(seen.data[0], first, sizeof(first));
	assert_int_equal(seen.size_bytes[1], 2);
	assert_int_equal(seen.data[1][1], 0xce);
	assert_int_equal(seen.size_bytes[2], sizeof(last));
	assert_memory_equal(seen.data[2], last, sizeof(last));
}

static void assert_same_units(const struct seen *a, const struct seen *b)
{
	unsigned int i;

	assert_int_equal(a->n, b->n);
	for (i = 0; i < a->n; i++) {
		assert_int_equal(a->size_bytes[i], b->size_bytes[i]);
		assert_memory_equal(a->data[i], b->data[i], a->size_bytes[i]);
	}
}

static void test_any_split_gives_the_same_units(void **state)
{
	struct seen expected, seen;
	unsigned int i;

	(void)state;
	split(&expected, whole);
	split(&seen, one);
	assert_same_units(&expected, &seen);
	srand(1);
	for (i = 0; i < 2000; i++) {
		split(&seen, any);
		assert_same_units(&expected, &seen);
	}
}

/* The first byte of the three that are the prefix counts as the unit's first. */
static void test_timestamp_is_that_of_the_first_byte(void **state)
{
	struct seen seen;

	(void)state;
	split(&seen, one);
	assert_int_equal(seen.timestamp[0], 5);
	assert_int_equal(seen.timestamp[1], 21);
	assert_int_equal(seen.timestamp[2], 26);
}

static void test_reset_forgets_everything(void **state)
{
	struct unit_splitter s;

	(void)state;
	unit_splitter_init(&s, UNIT_START_CODES, 0);
	assert_int_equal(unit_splitter_push(&s, stream, 12, 0), 8);
	assert_int_equal(unit_splitter_push(&s, stream + 8, 4, 0), 4);
	unit_splitter_reset(&s);
	unit_splitter_end(&s);
	assert_false(s.ready);
	unit_splitter_finish(&s);
}

static void test_a_unit_beyond_the_limit_is_dropped(void **state)
{
	static const uint8_t code[] = {0, 0, 1, 0x65};
	size_t size = 1 << 20;
	uint8_t *zeros = malloc(size);
	struct unit_splitter s;
	struct unit unit;
	unsigned int i;

	(void)state;
	assert_non_null(zeros);
	memset(zeros, 0x55, size);
	unit_splitter_init(&s, UNIT_START_CODES, 0);
	unit_splitter_push(&s, code, 3, 0);
	for (i = 0; i < 66; i++)
		assert_int_equal(unit_splitter_push(&s, zeros, size, 0), size);
	assert_int_equal(unit_splitter_push(&s, code, 4, 0), 3);
	assert_true(s.ready);
	unit_splitter_get(&s, &unit);
	assert_true(unit.damaged);
	assert_true(s.capacity_bytes <= UNIT_SPLITTER_MAX_BYTES);
	unit_splitter_next(&s);
	assert_int_equal(unit_splitter_push(&s, code + 3, 1, 0), 1);
	unit_splitter_end(&s);
	assert_true(s.ready);
	unit_splitter_get(&s, &unit);
	assert_true(!unit.damaged && unit.size_bytes == 1);
	unit_splitter_finish(&s);
	free(zeros);
}

/* ---- Lengths ---- */

/* Gives one packet, in pieces of at most so many bytes. */
static void send(struct unit_splitter *s, struct seen *seen, const uint8_t *packet,
		 size_t size_bytes, size_t piece_bytes)
{
	size_t at = 0;
	size_t n;

	unit_splitter_begin_packet(s, packet, size_bytes);
	take(s, seen);
	while (at < size_bytes) {
		n = size_bytes - at < piece_bytes ? size_bytes - at : piece_bytes;
		n = (size_t)unit_splitter_push(s, packet + at, n, at);
		assert_true(n > 0);
		at += n;
		take(s, seen);
	}
}

static void test_lengths_of_1_2_and_4_bytes(void **state)
{
	static const uint8_t prefixed[3][14] = {
		{2, 0x67, 1, 0, 1, 0x68},
		{0, 2, 0x67, 1, 0, 0, 0, 1, 0x68},
		{0, 0, 0, 2, 0x67, 1, 0, 0, 0, 1, 0x68},
	};
	static const unsigned int length_bytes[] = {1, 2, 4};
	static const size_t size_bytes[] = {6, 9, 11};
	struct unit_splitter s;
	struct seen seen;
	unsigned int i;
	size_t piece;

	(void)state;
	for (i = 0; i < 3; i++) {
		for (piece = 1; piece <= size_bytes[i]; piece++) {
			memset(&seen, 0, sizeof(seen));
			unit_splitter_init(&s, UNIT_LENGTHS, length_bytes[i]);
			send(&s, &seen, prefixed[i], size_bytes[i], piece);
			assert_int_equal(seen.n, 2);
			assert_memory_equal(seen.data[0], "\x67\x01", 2);
			assert_int_equal(seen.size_bytes[1], 1);
			assert_int_equal(seen.timestamp[0], 0);
			unit_splitter_end(&s);
			assert_false(s.ready);
			unit_splitter_finish(&s);
		}
	}
}

static const uint8_t good[] = {0, 0, 0, 2, 0x41, 7, 0, 0, 0, 1, 0x42};

/* A length beyond the limit costs the rest of its packet, and says that something is missing. */
static void test_order_returns_with_the_next_packet(void **state)
{
	static const uint8_t bad[] = {0, 0, 0, 1, 0x41, 9, 9, 9, 9, 0x42, 0x43};
	struct unit_splitter s;
	struct seen seen = {0};

	(void)state;
	unit_splitter_init(&s, UNIT_LENGTHS, 4);
	send(&s, &seen, bad, sizeof(bad), 3);
	assert_int_equal(seen.n, 2);
	assert_true(!seen.damaged[0] && seen.damaged[1] && seen.size_bytes[1] == 0);
	send(&s, &seen, good, sizeof(good), 3);
	assert_int_equal(seen.n, 4);
	assert_int_equal(seen.data[2][0], 0x41);
	assert_int_equal(seen.data[3][0], 0x42);
	assert_false(seen.damaged[2]);
	unit_splitter_finish(&s);
}

/* Packets have held whole units, and the next one does: so it was the length that was wrong. */
static void test_a_unit_beyond_its_packet_ends_with_it(void **state)
{
	static const uint8_t longer[] = {0, 0, 0, 1, 0x41, 0, 0, 0, 9, 0x42, 0x43};
	struct unit_splitter s;
	struct seen seen = {0};

	(void)state;
	unit_splitter_init(&s, UNIT_LENGTHS, 4);
	send(&s, &seen, good, sizeof(good), 99);
	send(&s, &seen, longer, sizeof(longer), 99);
	assert_int_equal(seen.n, 3);
	send(&s, &seen, good, sizeof(good), 99);
	assert_int_equal(seen.n, 6);
	assert_true(seen.damaged[3] && seen.size_bytes[3] == 2);
	assert_true(!seen.damaged[4] && seen.data[4][0] == 0x41);
	unit_splitter_finish(&s);
}

/* Where packets are cut anywhere, what looks like a unit within another one is none. */
static void test_pieces_that_look_like_units_are_none(void **state)
{
	static const uint8_t outer[] = {0, 0, 0, 13, 0x65, 1, 2};
	struct unit_splitter s;
	struct seen seen = {0};

	(void)state;
	unit_splitter_init(&s, UNIT_LENGTHS, 4);
	send(&s, &seen, outer, 3, 99);
	send(&s, &seen, outer + 3, 3, 99);
	send(&s, &seen, outer + 6, 1, 99);
	send(&s, &seen, good, 6, 99);
	send(&s, &seen, good + 6, 4, 99);
	assert_int_equal(seen.n, 1);
	assert_true(seen.size_bytes[0] == 13 && !seen.damaged[0]);
	unit_splitter_finish(&s);
}

static void test_a_unit_that_is_cut_off_is_damaged(void **state)
{
	struct unit_splitter s;
	struct seen seen = {0};

	(void)state;
	unit_splitter_init(&s, UNIT_LENGTHS, 4);
	send(&s, &seen, good, 5, 99);
	unit_splitter_end(&s);
	take(&s, &seen);
	assert_true(seen.n == 1 && seen.damaged[0] && seen.size_bytes[0] == 1);
	send(&s, &seen, good, sizeof(good), 99);
	assert_true(seen.n == 3 && !seen.damaged[1] && !seen.damaged[2]);
	unit_splitter_finish(&s);
}

/* ---- Packets ---- */

static void test_a_packet_is_a_unit(void **state)
{
	struct unit_splitter s;
	struct seen seen = {0};

	(void)state;
	unit_splitter_init(&s, UNIT_PACKETS, 0);
	send(&s, &seen, good, sizeof(good), 99);
	send(&s, &seen, stream, sizeof(stream), 99);
	assert_int_equal(seen.n, 2);
	assert_int_equal(seen.size_bytes[0], sizeof(good));
	assert_memory_equal(seen.data[1], stream, sizeof(stream));
	unit_splitter_end(&s);
	assert_false(s.ready);
	unit_splitter_finish(&s);
}

/* Of H.262: zeros may end a unit, and only those of the prefix are not its own. */
static void test_zeros_may_end_a_unit(void **state)
{
	static const uint8_t bytes[] = {0, 0, 1, 5, 0, 0, 0, 1, 6, 7, 0, 0, 0, 0, 0, 1, 8, 0};
	static const size_t sizes[] = {2, 5, 2};
	unsigned int n = 0;

	(void)state;
	for (size_t piece = 1; piece <= sizeof(bytes); piece++, n = 0) {
		struct unit_splitter s;
		struct unit unit;
		size_t at = 0;

		unit_splitter_init(&s, UNIT_WHOLE_START_CODES, 0);
		while (at < sizeof(bytes) || !s.ready) {
			if (at < sizeof(bytes)) {
				size_t left = sizeof(bytes) - at;

				at += (size_t)unit_splitter_push(&s, bytes + at,
								 left < piece ? left : piece, 0);
			} else {
				unit_splitter_end(&s);
			}
			if (!s.ready)
				continue;
			unit_splitter_get(&s, &unit);
			assert_int_equal(unit.size_bytes, sizes[n++]);
			if (n == 3)
				break;
			unit_splitter_next(&s);
		}
		assert_int_equal(n, 3);
		unit_splitter_finish(&s);
	}
}

/* ---- Units that are whole where they are ---- */

struct whole {
	enum unit_syntax syntax;
	size_t size_bytes, at, unit_bytes; /* of all; of the last unit that is there */
	uint8_t bytes[24];
};

static const struct whole wholes[] = {
	{UNIT_START_CODES, 9, 3, 3, {0, 0, 1, 0x67, 1, 2, 0, 0, 1}},
	{UNIT_WHOLE_START_CODES, 9, 3, 3, {0, 0, 1, 5, 1, 2, 0, 0, 1}},
	{UNIT_LENGTHS, 6, 4, 2, {0, 0, 0, 2, 0x41, 7}},
	{UNIT_PACKETS, 3, 0, 3, {1, 2, 3}},
	{UNIT_OBUS, 11, 6, 5, {0x12, 0, 0x0a, 2, 1, 2, 0x32, 3, 4, 5, 6}},
	/* Annex B: a temporal unit of a frame unit of three OBUs without sizes. */
	{UNIT_OBUS, 13, 8, 5, {12, 11, 1, 0x10, 2, 0x08, 1, 5, 0x30, 3, 4, 5, 6}},
};

static void assert_unit(const struct unit_splitter *s, const struct whole *whole, const uint8_t *at)
{
	struct unit unit;

	unit_splitter_get(s, &unit);
	assert_int_equal(unit.size_bytes, whole->unit_bytes);
	assert_memory_equal(unit.data, whole->bytes + whole->at, unit.size_bytes);
	if (at)
		assert_ptr_equal(unit.data, at);
	assert_false(unit.damaged);
}

static void stay(const struct whole *whole, size_t shift)
{
	_Alignas(16) uint8_t bytes[sizeof(whole->bytes) + 1];
	uint8_t *data = bytes + shift;
	bool copied = shift && whole->syntax == UNIT_PACKETS;
	struct unit_splitter s;
	struct unit unit;
	size_t at = 0;

	memcpy(data, whole->bytes, whole->size_bytes);
	unit_splitter_init(&s, whole->syntax, 4);
	unit_splitter_begin_packet(&s, data, whole->size_bytes);
	while (at < whole->size_bytes) {
		if (s.ready)
			unit_splitter_next(&s);
		at += (size_t)unit_splitter_push(&s, data + at, whole->size_bytes - at, 0);
	}
	assert_true(s.ready);
	assert_unit(&s, whole, copied ? NULL : data + whole->at);
	unit_splitter_keep(&s);
	memset(bytes, 0xee, sizeof(bytes));
	assert_unit(&s, whole, NULL);
	unit_splitter_get(&s, &unit);
	/* See nvidia-vaapi-driver, of VP8. */
	assert_true(whole->syntax != UNIT_PACKETS || (uintptr_t)unit.data % 16 == 0);
	unit_splitter_finish(&s);
}

/* And is there still when what was pushed is gone, if it must be. */
static void test_a_whole_unit_stays_where_it_is(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wholes) / sizeof(wholes[0]); i++) {
		stay(&wholes[i], 0);
		stay(&wholes[i], 1);
	}
}

/* Annex B shows with its first unit, which then asks for memory: its lengths are read once. */
static void test_bytes_are_pushed_again_when_there_was_no_memory(void **state)
{
	const struct whole *whole = &wholes[5];
	struct unit_splitter s;
	struct unit unit;
	size_t at = 0;
	int64_t n;

	(void)state;
	unit_splitter_init(&s, UNIT_OBUS, 0);
	while (at < whole->size_bytes && !s.ready) {
		fake_alloc_reset(1);
		n = unit_splitter_push(&s, whole->bytes + at, 1, at);
		assert_true(n == 1 || n == -ENOMEM);
		assert_true(n == 1 || fake_alloc_has_failed());
		fake_alloc_reset(0);
		at += n == 1 || unit_splitter_push(&s, whole->bytes + at, 1, at) == 1;
	}
	assert_true(s.ready);
	unit_splitter_get(&s, &unit);
	assert_int_equal(unit.size_bytes, 1);
	assert_int_equal(unit.data[0], 0x10);
	assert_int_equal(unit.timestamp, 0);
	assert_false(unit.damaged);
	unit_splitter_finish(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_units_are_found_without_their_zeros),
		cmocka_unit_test(test_any_split_gives_the_same_units),
		cmocka_unit_test(test_timestamp_is_that_of_the_first_byte),
		cmocka_unit_test(test_reset_forgets_everything),
		cmocka_unit_test(test_a_unit_beyond_the_limit_is_dropped),
		cmocka_unit_test(test_lengths_of_1_2_and_4_bytes),
		cmocka_unit_test(test_order_returns_with_the_next_packet),
		cmocka_unit_test(test_a_unit_beyond_its_packet_ends_with_it),
		cmocka_unit_test(test_pieces_that_look_like_units_are_none),
		cmocka_unit_test(test_a_unit_that_is_cut_off_is_damaged),
		cmocka_unit_test(test_a_packet_is_a_unit),
		cmocka_unit_test(test_zeros_may_end_a_unit),
		cmocka_unit_test(test_a_whole_unit_stays_where_it_is),
		cmocka_unit_test(test_bytes_are_pushed_again_when_there_was_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
