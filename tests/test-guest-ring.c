// SPDX-License-Identifier: MIT
/*
 * test-guest-ring.c - the driver's side of a ring against a small device written here
 *
 * Each scenario runs with every combination of indirect descriptors and event indices.
 */
#include <endian.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <cmocka.h>
#include "guest/ring.h"

#define SIZE    8
#define F_NEXT  1
#define F_WRITE 2
#define F_INDIR 4

struct desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags, next;
};

/* Device side. */
struct device {
	struct guest_ram *ram;
	struct guest_ring *ring;
	struct guest_ring_setup setup;
	uint64_t features;
	struct desc *desc;
	uint16_t *avail; /* flags, idx, ring, used_event */
	uint16_t *used;  /* flags, idx, then pairs of u32, avail_event */
	uint16_t seen, put;
};

/* What the device found in a chain. */
struct found {
	uint16_t head;
	unsigned int n;
	struct desc piece[GUEST_RING_MAX_CHAIN];
	bool indirect;
};

static void init(struct device *d, uint64_t features)
{
	memset(d, 0, sizeof(*d));
	d->features = features;
	assert_int_equal(guest_ram_new(UINT64_C(1) << 20, &d->ram), 0);
	assert_int_equal(guest_ring_new(d->ram, SIZE, features, &d->ring), 0);
	guest_ring_get_setup(d->ring, &d->setup);
	assert_int_equal(d->setup.size, SIZE);
	assert_int_equal(d->setup.desc_gpa % 16, 0);
	assert_int_equal(d->setup.avail_gpa % 2, 0);
	assert_int_equal(d->setup.used_gpa % 4, 0);
	d->desc = guest_ram_get_pointer(d->ram, d->setup.desc_gpa, SIZE * sizeof(struct desc));
	d->avail = guest_ram_get_pointer(d->ram, d->setup.avail_gpa, 6 + 2 * SIZE);
	d->used = guest_ram_get_pointer(d->ram, d->setup.used_gpa, 6 + 8 * SIZE);
}

static void finish(struct device *d)
{
	d->ring = guest_ring_free(d->ring);
	assert_int_equal(guest_ram_get_used_pages(d->ram), 0);
	d->ram = guest_ram_free(d->ram);
}

static bool pop(struct device *d, struct found *f)
{
	const struct desc *table = d->desc;
	uint16_t at;

	memset(f, 0, sizeof(*f));
	if (d->seen == le16toh(d->avail[1]))
		return false;
	at = f->head = le16toh(d->avail[2 + d->seen++ % SIZE]);
	if (le16toh(d->desc[at].flags) & F_INDIR) {
		f->indirect = true;
		assert_int_equal(le16toh(d->desc[at].flags), F_INDIR);
		table = guest_ram_get_pointer(d->ram, le64toh(d->desc[at].addr),
					      le32toh(d->desc[at].len));
		assert_non_null(table);
		at = 0;
	}
	do {
		assert_true(f->n < GUEST_RING_MAX_CHAIN);
		f->piece[f->n++] = table[at];
		at = le16toh(table[at].next);
	} while (le16toh(f->piece[f->n - 1].flags) & F_NEXT);
	return true;
}

static void push(struct device *d, uint32_t id, uint32_t len)
{
	uint32_t elem[2] = {htole32(id), htole32(len)};

	memcpy(&d->used[2 + 4 * (d->put % SIZE)], elem, sizeof(elem));
	d->used[1] = htole16(++d->put);
}

static void set_avail_event(struct device *d, uint16_t v)
{
	d->used[2 + 4 * SIZE] = htole16(v);
}

static uint16_t used_event(const struct device *d)
{
	return le16toh(d->avail[2 + SIZE]);
}

static const struct guest_piece out_in[] = {
	{0x1000, 24, false}, {0x5000, 64, false}, {0x2000, 100, true}};

static const uint64_t combos[] = {0, RING_FEATURE_INDIRECT, RING_FEATURE_EVENT_IDX,
				  RING_FEATURE_INDIRECT | RING_FEATURE_EVENT_IDX};

#define N_COMBOS (sizeof(combos) / sizeof(combos[0]))

static void check_found(const struct device *d, const struct found *f)
{
	assert_int_equal(f->n, 3);
	assert_int_equal(f->indirect, !!(d->features & RING_FEATURE_INDIRECT));
	for (unsigned int i = 0; i < 3; i++) {
		bool writes = le16toh(f->piece[i].flags) & F_WRITE;

		assert_int_equal(le64toh(f->piece[i].addr), out_in[i].gpa);
		assert_int_equal(le32toh(f->piece[i].len), out_in[i].size_bytes);
		assert_int_equal(writes, out_in[i].device_writes);
	}
}

/* Many laps, with chains given back in another order than they were offered. */
static void test_chains_go_round(void **state)
{
	(void)state;
	for (size_t c = 0; c < N_COMBOS; c++) {
		struct device d;
		struct found f[2];
		uint64_t token;
		uint32_t len;

		init(&d, combos[c]);
		for (uint64_t i = 0; i < 70000; i += 2) {
			assert_int_equal(guest_ring_add(d.ring, out_in, 3, i), 0);
			assert_int_equal(guest_ring_add(d.ring, out_in, 3, i + 1), 0);
			assert_int_equal(guest_ring_get(d.ring, &token, &len), 0);
			assert_true(pop(&d, &f[0]) && pop(&d, &f[1]));
			assert_int_equal(guest_ring_get_pending(d.ring), 2);
			push(&d, f[1].head, 100);
			push(&d, f[0].head, 8);
			assert_int_equal(guest_ring_get(d.ring, &token, &len), 1);
			assert_true(token == i + 1 && len == 100);
			assert_int_equal(guest_ring_get(d.ring, &token, &len), 1);
			assert_true(token == i && len == 8);
			if (i < 100)
				check_found(&d, &f[0]);
		}
		assert_int_equal(guest_ring_get_free(d.ring), SIZE);
		assert_int_equal(guest_ring_get_pending(d.ring), 0);
		finish(&d);
	}
}

static void test_full_ring_refuses(void **state)
{
	(void)state;
	for (size_t c = 0; c < N_COMBOS; c++) {
		unsigned int fits = combos[c] & RING_FEATURE_INDIRECT ? SIZE : SIZE / 3;
		struct guest_piece many[GUEST_RING_MAX_CHAIN + 1] = {{0}};
		struct device d;

		init(&d, combos[c]);
		for (unsigned int i = 0; i < fits; i++)
			assert_int_equal(guest_ring_add(d.ring, out_in, 3, i), 0);
		assert_int_equal(guest_ring_add(d.ring, out_in, 3, 0), -ENOSPC);
		assert_int_equal(le16toh(d.avail[1]), fits);
		assert_int_equal(guest_ring_add(d.ring, many, 0, 0), -EINVAL);
		assert_int_equal(guest_ring_add(d.ring, many, GUEST_RING_MAX_CHAIN + 1, 0),
				 -EINVAL);
		finish(&d);
	}
}

static void test_lying_device_is_found_out(void **state)
{
	static const struct {
		uint32_t id, len;
	} lies[] = {{1, 0}, {SIZE, 0}, {UINT32_MAX, 0}, {0, 101}};

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct device d;
		uint64_t token;
		uint32_t len;

		init(&d, RING_FEATURE_INDIRECT);
		assert_int_equal(guest_ring_add(d.ring, out_in, 3, 0), 0);
		push(&d, lies[i].id, lies[i].len);
		assert_int_equal(guest_ring_get(d.ring, &token, &len), -EPROTO);
		finish(&d);
	}
}

static void test_twice_used_is_found_out(void **state)
{
	struct device d;
	uint64_t token;
	uint32_t len;

	(void)state;
	init(&d, 0);
	assert_int_equal(guest_ring_add(d.ring, out_in, 3, 0), 0);
	push(&d, 0, 0);
	push(&d, 0, 0);
	assert_int_equal(guest_ring_get(d.ring, &token, &len), 1);
	assert_int_equal(guest_ring_get(d.ring, &token, &len), -EPROTO);
	finish(&d);
}

static void test_kicks_only_who_wants(void **state)
{
	struct device d;
	eventfd_t value;

	(void)state;
	init(&d, 0);
	assert_int_equal(guest_ring_kick(d.ring), 0); /* nothing added */
	guest_ring_add(d.ring, out_in, 1, 0);
	assert_int_equal(guest_ring_kick(d.ring), 1);
	assert_int_equal(guest_ring_kick(d.ring), 0);
	assert_int_equal(eventfd_read(d.setup.kick_fd, &value), 0);
	assert_int_equal(value, 1);
	d.used[0] = htole16(1);
	guest_ring_add(d.ring, out_in, 1, 0);
	assert_int_equal(guest_ring_kick(d.ring), 0);
	finish(&d);
}

static void test_event_index_rules_kicks(void **state)
{
	struct device d;

	(void)state;
	init(&d, RING_FEATURE_EVENT_IDX);
	set_avail_event(&d, 0);
	guest_ring_add(d.ring, out_in, 1, 0);
	assert_int_equal(guest_ring_kick(d.ring), 1);
	guest_ring_add(d.ring, out_in, 1, 0); /* the event is behind */
	assert_int_equal(guest_ring_kick(d.ring), 0);
	set_avail_event(&d, 3); /* with the fourth */
	guest_ring_add(d.ring, out_in, 1, 0);
	assert_int_equal(guest_ring_kick(d.ring), 0);
	guest_ring_add(d.ring, out_in, 1, 0);
	guest_ring_add(d.ring, out_in, 1, 0);
	assert_int_equal(guest_ring_kick(d.ring), 1);
	d.used[0] = htole16(1); /* the flag means nothing with event indices */
	set_avail_event(&d, 5);
	guest_ring_add(d.ring, out_in, 1, 0);
	assert_int_equal(guest_ring_kick(d.ring), 1);
	finish(&d);
}

static void test_calls_are_wanted_or_not(void **state)
{
	(void)state;
	for (size_t c = 0; c < N_COMBOS; c++) {
		bool event_idx = combos[c] & RING_FEATURE_EVENT_IDX;
		struct device d;
		uint64_t token;
		uint32_t len;

		init(&d, combos[c]);
		guest_ring_add(d.ring, out_in, 1, 0);
		assert_false(guest_ring_want_call(d.ring, false));
		if (event_idx)
			assert_true((uint16_t)(d.put - used_event(&d)) > 0x4000);
		else
			assert_int_equal(le16toh(d.avail[0]), 1);
		assert_false(guest_ring_want_call(d.ring, true));
		assert_int_equal(event_idx ? used_event(&d) : le16toh(d.avail[0]), 0);
		push(&d, 0, 0);
		assert_true(guest_ring_want_call(d.ring, true)); /* came in between */
		assert_int_equal(guest_ring_get(d.ring, &token, &len), 1);
		assert_false(guest_ring_want_call(d.ring, true));
		if (event_idx)
			assert_int_equal(used_event(&d), 1);
		finish(&d);
	}
}

static void test_sizes_are_checked(void **state)
{
	static const unsigned int bad[] = {0, 1, 3, 12, GUEST_RING_MAX_SIZE * 2};
	struct guest_ram *ram;
	struct guest_ring *ring;

	(void)state;
	assert_int_equal(guest_ram_new(UINT64_C(1) << 20, &ram), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(guest_ring_new(ram, bad[i], 0, &ring), -EINVAL);
		assert_null(ring);
	}
	assert_int_equal(guest_ring_new(ram, 1024, RING_FEATURE_INDIRECT, &ring), 0);
	guest_ring_free(ring);
	assert_int_equal(guest_ram_get_used_pages(ram), 0);
	guest_ram_free(ram);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chains_go_round),
		cmocka_unit_test(test_full_ring_refuses),
		cmocka_unit_test(test_lying_device_is_found_out),
		cmocka_unit_test(test_twice_used_is_found_out),
		cmocka_unit_test(test_kicks_only_who_wants),
		cmocka_unit_test(test_event_index_rules_kicks),
		cmocka_unit_test(test_calls_are_wanted_or_not),
		cmocka_unit_test(test_sizes_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
