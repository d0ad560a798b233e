/* SPDX-License-Identifier: MIT */
/*
 * test-virtqueue.c - the device's side of a split ring against a driver's side written here, which
 * also breaks every rule that there is
 */
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "vhost-user/virtqueue.h"

#define SIZE     8u
#define GPA      UINT64_C(0x40000000)
#define RAM      0x10000u
#define DESC     0x0u
#define AVAIL    0x1000u
#define USED     0x2000u
#define TABLE    0x3000u
#define DATA     0x8000u
#define NEXT     1
#define WRITE    2
#define INDIRECT 4

static struct {
	uint8_t *ram;
	struct virtq_memory memory;
	struct virtq_config config;
	struct virtq *queue;
	struct virtq_chain chain;
	uint16_t avail_idx;
} t;

static void put16(uint32_t at, uint16_t value)
{
	t.ram[at] = value;
	t.ram[at + 1] = value >> 8;
}

static uint16_t get16(uint32_t at)
{
	return t.ram[at] | t.ram[at + 1] << 8;
}

static void put_desc(uint32_t table, unsigned int index, uint64_t gpa, uint32_t len, int flags,
		     uint16_t next)
{
	uint32_t at = table + 16 * index;

	for (int i = 0; i < 8; i++)
		t.ram[at + i] = gpa >> 8 * i;
	for (int i = 0; i < 4; i++)
		t.ram[at + 8 + i] = len >> 8 * i;
	put16(at + 12, flags);
	put16(at + 14, next);
}

/* A descriptor of the queue's table. */
static void desc(unsigned int index, uint64_t gpa, uint32_t len, int flags, uint16_t next)
{
	put_desc(DESC, index, gpa, len, flags, next);
}

static void offer(uint16_t head)
{
	put16(AVAIL + 4 + 2 * (t.avail_idx % SIZE), head);
	put16(AVAIL + 2, ++t.avail_idx);
}

static void open_queue(uint64_t features)
{
	t.queue = virtq_free(t.queue);
	memset(t.ram, 0, DATA);
	t.avail_idx = 0;
	t.config.features = features;
	assert_int_equal(virtq_new(&t.config, &t.queue), 0);
}

static int setup(void **state)
{
	struct virtq_region region = {GPA, NULL, RAM};

	(void)state;
	memset(&t, 0, sizeof(t));
	t.ram = aligned_alloc(4096, RAM);
	memset(t.ram, 0, RAM);
	region.addr = t.ram;
	assert_int_equal(virtq_memory_add(&t.memory, &region), 0);
	t.config =
		(struct virtq_config){&t.memory, SIZE, GPA + DESC, GPA + AVAIL, GPA + USED, 0, 0};
	open_queue(VIRTQ_FEATURE_INDIRECT_DESC);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	t.queue = virtq_free(t.queue);
	free(t.ram);
	return 0;
}

static int pop(void)
{
	return virtq_pop(t.queue, &t.chain);
}

/* ---- Set-up ---- */

static void expect_new(unsigned int size, uint64_t desc_gpa, uint64_t avail, uint64_t used, int err)
{
	struct virtq_config config = {&t.memory, size, desc_gpa, avail, used, 0, 0};
	struct virtq *queue;

	assert_int_equal(virtq_new(&config, &queue), err);
	virtq_free(queue);
}

static void test_new_checks_sizes_and_places(void **state)
{
	(void)state;
	expect_new(0, GPA, GPA + AVAIL, GPA + USED, -EINVAL);
	expect_new(3, GPA, GPA + AVAIL, GPA + USED, -EINVAL);
	expect_new(65536, GPA, GPA + AVAIL, GPA + USED, -EINVAL);
	expect_new(8, GPA + 8, GPA + AVAIL, GPA + USED, -EINVAL);
	expect_new(8, GPA, GPA + AVAIL + 1, GPA + USED, -EINVAL);
	expect_new(8, GPA, GPA + AVAIL, GPA + USED + 2, -EINVAL);
	expect_new(8, GPA - 16, GPA + AVAIL, GPA + USED, -EFAULT);
	expect_new(8, GPA + RAM - 112, GPA + AVAIL, GPA + USED, -EFAULT);
	expect_new(8, GPA, GPA + RAM - 20, GPA + USED, -EFAULT);
	expect_new(8, GPA, GPA + AVAIL, GPA + RAM - 64, -EFAULT);
	expect_new(8, UINT64_MAX - 15, GPA + AVAIL, GPA + USED, -EFAULT);
	expect_new(8, GPA + RAM - 128, GPA + RAM - 150, GPA + USED, 0);
}

static void test_memory_table(void **state)
{
	static uint8_t bytes[64];
	struct virtq_region removed;
	uint64_t mapped;

	(void)state;
	assert_int_equal(virtq_memory_add(&t.memory, &(struct virtq_region){GPA, bytes, 1}),
			 -EEXIST);
	assert_int_equal(virtq_memory_add(&t.memory, &(struct virtq_region){GPA - 1, bytes, 2}),
			 -EEXIST);
	assert_int_equal(virtq_memory_add(&t.memory, &(struct virtq_region){0, bytes, 0}), -EINVAL);
	assert_int_equal(virtq_memory_add(&t.memory, &(struct virtq_region){UINT64_MAX, bytes, 2}),
			 -EINVAL);
	assert_int_equal(virtq_memory_add(&t.memory, &(struct virtq_region){GPA - 64, bytes, 64}),
			 0);
	assert_ptr_equal(virtq_memory_map(&t.memory, GPA - 4, 100, &mapped), bytes + 60);
	assert_true(mapped == 4);
	assert_null(virtq_memory_map(&t.memory, GPA - 65, 1, &mapped));
	assert_null(virtq_memory_map(&t.memory, GPA + RAM, 1, &mapped));
	assert_int_equal(virtq_memory_remove(&t.memory, GPA - 63, &removed), -ENOENT);
	assert_int_equal(virtq_memory_remove(&t.memory, GPA - 64, &removed), 0);
	assert_ptr_equal(removed.addr, bytes);
}

/* ---- Chains that are right ---- */

static void test_chain_of_three(void **state)
{
	(void)state;
	assert_int_equal(pop(), 0);
	desc(2, GPA + DATA, 10, NEXT, 5);
	desc(5, GPA + DATA + 100, 20, NEXT, 1);
	desc(1, GPA + DATA + 200, 30, WRITE, 0);
	offer(2);
	assert_int_equal(pop(), 1);
	assert_int_equal(t.chain.head, 2);
	assert_int_equal(t.chain.n_readable, 2);
	assert_int_equal(t.chain.n_writable, 1);
	assert_true(t.chain.readable_bytes == 30 && t.chain.writable_bytes == 30);
	assert_ptr_equal(t.chain.readable[1].iov_base, t.ram + DATA + 100);
	assert_ptr_equal(t.chain.writable[0].iov_base, t.ram + DATA + 200);
	assert_int_equal(pop(), 0);
	assert_int_equal(virtq_push(t.queue, 2, 24), 0);
	assert_int_equal(get16(USED + 2), 1);
	assert_int_equal(t.ram[USED + 4], 2);
	assert_int_equal(t.ram[USED + 8], 24);
	assert_int_equal(virtq_push(t.queue, SIZE, 0), -EINVAL);
}

static void test_indirect_chain(void **state)
{
	(void)state;
	put_desc(TABLE, 0, GPA + DATA, 8, NEXT, 2);
	put_desc(TABLE, 2, GPA + DATA + 64, 8, WRITE, 0);
	desc(1, GPA + DATA + 32, 4, NEXT, 3);
	desc(3, GPA + TABLE, 48, INDIRECT, 0);
	offer(1);
	assert_int_equal(pop(), 1);
	assert_int_equal(t.chain.n_readable, 2);
	assert_int_equal(t.chain.n_writable, 1);
	assert_true(t.chain.readable_bytes == 12);
}

static void test_unpop_gives_it_again(void **state)
{
	(void)state;
	desc(4, GPA + DATA, 8, 0, 0);
	offer(4);
	assert_int_equal(pop(), 1);
	assert_int_equal(virtq_get_next_avail(t.queue), 1);
	virtq_unpop(t.queue);
	assert_int_equal(pop(), 1);
	assert_int_equal(t.chain.head, 4);
	assert_int_equal(pop(), 0);
}

static void test_indices_wrap(void **state)
{
	(void)state;
	desc(3, GPA + DATA, 8, WRITE, 0);
	for (int i = 0; i < 70000; i++) {
		offer(3);
		assert_int_equal(pop(), 1);
		assert_int_equal(virtq_push(t.queue, 3, i), 0);
	}
	assert_int_equal(get16(USED + 2), (uint16_t)70000);
	assert_int_equal(pop(), 0);
}

static void test_buffer_crosses_adjacent_regions(void **state)
{
	static uint8_t more[32];

	(void)state;
	desc(0, GPA + RAM - 8, 40, WRITE, 0);
	offer(0);
	assert_int_equal(pop(), -EBADMSG);
	assert_int_equal(t.chain.head, 0);
	virtq_memory_add(&t.memory, &(struct virtq_region){GPA + RAM, more, 32});
	offer(0);
	assert_int_equal(pop(), 1);
	assert_int_equal(t.chain.n_writable, 2);
	assert_int_equal(t.chain.writable[0].iov_len, 8);
	assert_ptr_equal(t.chain.writable[1].iov_base, more);
	desc(0, GPA + RAM - 8, 41, WRITE, 0);
	offer(0);
	assert_int_equal(pop(), -EBADMSG);
}

static void test_empty_buffers_are_nothing(void **state)
{
	(void)state;
	desc(0, 0, 0, NEXT, 1);
	desc(1, GPA + DATA, 4, 0, 0);
	offer(0);
	assert_int_equal(pop(), 1);
	assert_int_equal(t.chain.n_readable, 1);
	assert_int_equal(t.chain.n_writable, 0);
}

/* ---- Chains that are wrong: given back, and the queue goes on ---- */

static void expect_bad_chain(void)
{
	offer(0);
	assert_int_equal(pop(), -EBADMSG);
	assert_int_equal(t.chain.head, 0);
	assert_int_equal(virtq_push(t.queue, 0, 0), 0);
	desc(7, GPA + DATA, 4, 0, 0);
	offer(7);
	assert_int_equal(pop(), 1);
	assert_int_equal(t.chain.head, 7);
	assert_int_equal(t.chain.n_readable, 1);
}

static void test_loop(void **state)
{
	(void)state;
	desc(0, GPA + DATA, 4, NEXT, 1);
	desc(1, GPA + DATA, 4, NEXT, 0);
	expect_bad_chain();
}

static void test_next_out_of_range(void **state)
{
	(void)state;
	desc(0, GPA + DATA, 4, NEXT, SIZE);
	expect_bad_chain();
}

static void test_length_beyond_the_region(void **state)
{
	(void)state;
	desc(0, GPA + RAM - 4, 5, 0, 0);
	expect_bad_chain();
	desc(0, GPA + DATA, UINT32_MAX, 0, 0);
	expect_bad_chain();
	desc(0, UINT64_MAX - 3, 5, 0, 0);
	expect_bad_chain();
	desc(0, GPA - 1, 1, WRITE, 0);
	expect_bad_chain();
}

static void test_readable_after_writable(void **state)
{
	(void)state;
	desc(0, GPA + DATA, 4, NEXT | WRITE, 1);
	desc(1, GPA + DATA, 4, 0, 0);
	expect_bad_chain();
}

static void test_indirect_in_indirect(void **state)
{
	(void)state;
	put_desc(TABLE, 0, GPA + TABLE, 16, INDIRECT, 0);
	desc(0, GPA + TABLE, 16, INDIRECT, 0);
	expect_bad_chain();
}

static void test_indirect_tables_that_are_wrong(void **state)
{
	(void)state;
	put_desc(TABLE, 0, GPA + DATA, 4, 0, 0);
	desc(0, GPA + TABLE, 0, INDIRECT, 0);
	expect_bad_chain();
	desc(0, GPA + TABLE, 17, INDIRECT, 0);
	expect_bad_chain();
	desc(0, GPA + TABLE, 16, INDIRECT | NEXT, 1);
	expect_bad_chain();
	desc(0, GPA + RAM - 8, 16, INDIRECT, 0);
	expect_bad_chain();
	desc(0, UINT64_MAX - 7, 16, INDIRECT, 0);
	expect_bad_chain();
	put_desc(TABLE, 0, GPA + DATA, 4, NEXT, 1);
	desc(0, GPA + TABLE, 16, INDIRECT, 0);
	expect_bad_chain();
	put_desc(TABLE, 0, GPA + DATA, 4, NEXT, 0);
	expect_bad_chain();
}

static void test_chain_longer_than_the_queue(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < SIZE + 1; i++)
		put_desc(TABLE, i, GPA + DATA, 1, i < SIZE ? NEXT : 0, i + 1);
	desc(0, GPA + TABLE, 16 * (SIZE + 1), INDIRECT, 0);
	expect_bad_chain();
	put_desc(TABLE, SIZE - 1, GPA + DATA, 1, 0, 0);
	offer(0);
	assert_int_equal(pop(), 1);
	assert_int_equal(t.chain.n_readable, SIZE);
}

static void test_indirect_that_was_not_negotiated(void **state)
{
	(void)state;
	open_queue(0);
	put_desc(TABLE, 0, GPA + DATA, 4, 0, 0);
	desc(0, GPA + TABLE, 16, INDIRECT, 0);
	expect_bad_chain();
}

/* ---- Rings that are wrong: broken for good ---- */

static void expect_broken(void)
{
	assert_int_equal(pop(), -EIO);
	put16(AVAIL + 2, 0);
	assert_int_equal(pop(), -EIO);
	assert_int_equal(virtq_push(t.queue, 0, 0), -EIO);
	assert_false(virtq_should_notify(t.queue));
}

static void test_index_jumps(void **state)
{
	(void)state;
	put16(AVAIL + 2, SIZE + 1);
	expect_broken();
	open_queue(0);
	put16(AVAIL + 2, 0xffff);
	expect_broken();
	open_queue(0);
	put16(AVAIL + 2, SIZE);
	assert_int_equal(pop(), 1);
}

static void test_head_out_of_range(void **state)
{
	(void)state;
	offer(SIZE);
	expect_broken();
}

static void test_break(void **state)
{
	struct virtq_region here = {GPA, t.ram, RAM}, there = {0, t.ram + DATA, 16};

	(void)state;
	assert_true(virtq_uses_region(t.queue, &here));
	assert_false(virtq_uses_region(t.queue, &there));
	virtq_break(t.queue);
	expect_broken();
}

/* ---- Notifications ---- */

static void test_notify_by_flag(void **state)
{
	(void)state;
	assert_true(virtq_should_notify(t.queue));
	put16(AVAIL, 1);
	assert_false(virtq_should_notify(t.queue));
	put16(AVAIL, 0);
	virtq_push(t.queue, 0, 0);
	assert_true(virtq_should_notify(t.queue));
}

static void test_notify_by_event_index(void **state)
{
	const uint32_t used_event = AVAIL + 4 + 2 * SIZE, avail_event = USED + 4 + 8 * SIZE;

	(void)state;
	open_queue(VIRTQ_FEATURE_EVENT_IDX);
	put16(AVAIL, 1); /* means nothing in this mode */
	virtq_push(t.queue, 0, 0);
	assert_true(virtq_should_notify(t.queue)); /* the first time nothing is known */
	put16(used_event, 2);
	virtq_push(t.queue, 0, 0);
	assert_false(virtq_should_notify(t.queue));
	virtq_push(t.queue, 0, 0);
	assert_true(virtq_should_notify(t.queue));
	assert_false(virtq_should_notify(t.queue));
	put16(used_event, 4);
	for (int i = 0; i < 5; i++)
		virtq_push(t.queue, 0, 0);
	assert_true(virtq_should_notify(t.queue));
	/* An empty queue asks to be told of the next chain. */
	desc(0, GPA + DATA, 4, 0, 0);
	assert_int_equal(pop(), 0);
	assert_int_equal(get16(avail_event), 0);
	offer(0);
	offer(0);
	assert_int_equal(pop(), 1);
	assert_int_equal(pop(), 1);
	assert_int_equal(get16(avail_event), 0);
	assert_int_equal(pop(), 0);
	assert_int_equal(get16(avail_event), 2);
}

static void test_event_index_wraps(void **state)
{
	(void)state;
	open_queue(VIRTQ_FEATURE_EVENT_IDX);
	for (int i = 0; i < 65535; i++)
		virtq_push(t.queue, 0, 0);
	virtq_should_notify(t.queue);
	put16(AVAIL + 4 + 2 * SIZE, 0);
	virtq_push(t.queue, 0, 0);
	assert_false(virtq_should_notify(t.queue));
	virtq_push(t.queue, 0, 0);
	assert_true(virtq_should_notify(t.queue));
}

/* Rings of noise: whatever comes out lies in guest memory. */
static void test_noise(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		open_queue(round & 1 ? VIRTQ_FEATURE_INDIRECT_DESC : VIRTQ_FEATURE_EVENT_IDX);
		for (uint32_t i = 0; i < 16 * SIZE; i++) {
			seed = seed * 1664525 + 1013904223;
			t.ram[DESC + i] = i % 16 < 2 || i % 16 > 11 ? seed >> 24 : 0;
			t.ram[TABLE + i] = t.ram[DESC + i];
			if (i % 16 == 3)
				t.ram[DESC + i] = t.ram[TABLE + i] = 0x40;
			if (i % 16 == 8)
				t.ram[DESC + i] = t.ram[TABLE + i] = seed >> 20 & 0x30;
			if (i % 16 == 14)
				t.ram[DESC + i] &= 7;
			if (i % 16 == 15)
				t.ram[DESC + i] = 0;
		}
		for (unsigned int i = 0; i < SIZE; i++)
			offer(i);
		for (int err = 1; err != 0 && err != -EIO;) {
			err = pop();
			for (size_t i = 0; err == 1 && i < t.chain.n_readable; i++) {
				const uint8_t *at = t.chain.readable[i].iov_base;

				assert_true(at >= t.ram &&
					    at + t.chain.readable[i].iov_len <= t.ram + RAM);
			}
		}
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_new_checks_sizes_and_places),
		TEST(test_memory_table),
		TEST(test_chain_of_three),
		TEST(test_indirect_chain),
		TEST(test_unpop_gives_it_again),
		TEST(test_indices_wrap),
		TEST(test_buffer_crosses_adjacent_regions),
		TEST(test_empty_buffers_are_nothing),
		TEST(test_loop),
		TEST(test_next_out_of_range),
		TEST(test_length_beyond_the_region),
		TEST(test_readable_after_writable),
		TEST(test_indirect_in_indirect),
		TEST(test_indirect_tables_that_are_wrong),
		TEST(test_chain_longer_than_the_queue),
		TEST(test_indirect_that_was_not_negotiated),
		TEST(test_index_jumps),
		TEST(test_head_out_of_range),
		TEST(test_break),
		TEST(test_notify_by_flag),
		TEST(test_notify_by_event_index),
		TEST(test_event_index_wraps),
		TEST(test_noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
