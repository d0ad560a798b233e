// SPDX-License-Identifier: MIT
/*
 * test-guest-ram.c - guest memory: addresses, bounds, scattered buffers, seals
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>
#include "guest/ram.h"

#define RAM_BYTES (UINT64_C(8) << 20)

static int make(void **state)
{
	return guest_ram_new(RAM_BYTES, (struct guest_ram **)state);
}

static int drop(void **state)
{
	assert_int_equal(guest_ram_get_used_pages(*state), 0);
	*state = guest_ram_free(*state);
	return 0;
}

static void test_size_must_be_a_power_of_two(void **state)
{
	struct guest_ram *ram = (void *)state;

	assert_int_equal(guest_ram_new(0, &ram), -EINVAL);
	assert_null(ram);
	assert_int_equal(guest_ram_new(RAM_BYTES - 4096, &ram), -EINVAL);
	assert_int_equal(guest_ram_new(UINT64_C(1) << 40, &ram), -EINVAL);
	assert_null(guest_ram_free(NULL));
}

static void test_memory_is_sealed_and_shared(void **state)
{
	struct guest_region regions[GUEST_RAM_REGIONS];
	uint8_t *second;

	guest_ram_get_regions(*state, regions);
	assert_true(regions[0].gpa + regions[0].size_bytes <= regions[1].gpa);
	assert_true(regions[1].gpa > UINT32_MAX);
	assert_int_equal(ftruncate(regions[0].fd, 4096), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(ftruncate(regions[0].fd, (off_t)(RAM_BYTES * 2)), -1);
	second =
		mmap(NULL, 4096, PROT_READ, MAP_SHARED, regions[1].fd, (off_t)regions[1].fd_offset);
	assert_true(second != MAP_FAILED);
	memcpy(regions[1].addr, "seen", 4);
	assert_memory_equal(second, "seen", 4);
	munmap(second, 4096);
}

static void test_pointers_stay_inside_a_region(void **state)
{
	struct guest_region r[GUEST_RAM_REGIONS];

	guest_ram_get_regions(*state, r);
	for (int i = 0; i < GUEST_RAM_REGIONS; i++) {
		uint64_t end = r[i].gpa + r[i].size_bytes;

		assert_ptr_equal(guest_ram_get_pointer(*state, r[i].gpa, r[i].size_bytes),
				 r[i].addr);
		assert_non_null(guest_ram_get_pointer(*state, end - 1, 1));
		assert_null(guest_ram_get_pointer(*state, end - 1, 2));
		assert_null(guest_ram_get_pointer(*state, end, 1));
		assert_null(guest_ram_get_pointer(*state, r[i].gpa - 1, 1));
		assert_null(guest_ram_get_pointer(*state, r[i].gpa + 16, UINT64_MAX - 8));
	}
	assert_null(guest_ram_get_pointer(*state, UINT64_MAX, 1));
}

static void test_one_piece_is_zeroed_and_comes_back(void **state)
{
	uint64_t a, b, c;
	uint8_t *p;

	assert_int_equal(guest_ram_alloc(*state, 0, &a), -EINVAL);
	assert_int_equal(guest_ram_alloc(*state, RAM_BYTES, &a), -ENOMEM);
	assert_int_equal(guest_ram_alloc(*state, SIZE_MAX, &a), -ENOMEM);
	assert_int_equal(guest_ram_alloc(*state, 5000, &a), 0);
	assert_int_equal(guest_ram_alloc(*state, 1, &b), 0);
	assert_int_equal(guest_ram_get_used_pages(*state), 3);
	assert_true(b >= a + 2 * GUEST_PAGE_BYTES || b + GUEST_PAGE_BYTES <= a);
	p = guest_ram_get_pointer(*state, a, 5000);
	memset(p, 0xff, 5000);
	guest_ram_release(*state, a, 5000);
	assert_int_equal(guest_ram_alloc(*state, 8192, &c), 0);
	assert_true(c == a);
	assert_int_equal(p[0] | p[4999], 0);
	guest_ram_release(*state, c, 8192);
	guest_ram_release(*state, b, 1);
}

static void test_scattered_buffer_is_in_both_regions(void **state)
{
	struct guest_region r[GUEST_RAM_REGIONS];
	unsigned int n_in[GUEST_RAM_REGIONS] = {0};
	struct guest_sg sg;

	guest_ram_get_regions(*state, r);
	assert_int_equal(guest_sg_alloc(*state, 100 * 4096 - 7, true, &sg), 0);
	assert_int_equal(sg.n, 100);
	for (unsigned int i = 0; i < sg.n; i++) {
		n_in[sg.extents[i].gpa >= r[1].gpa]++;
		assert_non_null(guest_ram_get_pointer(*state, sg.extents[i].gpa, 4096));
		if (i > 0)
			assert_true(sg.extents[i].gpa != sg.extents[i - 1].gpa + 4096);
	}
	assert_true(n_in[0] > 10 && n_in[1] > 10);
	guest_sg_release(*state, &sg);
	assert_int_equal(sg.n, 0);
	guest_sg_release(*state, &sg);
}

static void test_bytes_come_back_through_any_list(void **state)
{
	static const size_t sizes[] = {1, 4095, 4096, 4097, 50000, 3 << 20};

	for (size_t i = 0; i < 2 * sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t size = sizes[i / 2];
		uint8_t *in = malloc(size), *out = malloc(size);
		struct guest_sg sg;

		if (i % 2 == 1 || size < (1 << 20)) {
			assert_int_equal(guest_sg_alloc(*state, size, i % 2, &sg), 0);
			assert_true(sg.n >= 1 && sg.n <= GUEST_SG_MAX);
			for (size_t at = 0; at < size; at++)
				in[at] = (uint8_t)(at * 131 >> 3);
			guest_sg_write(*state, &sg, in, size);
			guest_sg_read(*state, &sg, out, size);
			assert_memory_equal(in, out, size);
			guest_sg_release(*state, &sg);
		}
		free(in);
		free(out);
	}
}

static void test_memory_runs_out_without_a_leak(void **state)
{
	struct guest_sg sg[16];
	unsigned int n = 0;

	while (n < 16 && guest_sg_alloc(*state, 1 << 20, true, &sg[n]) == 0)
		n++;
	assert_int_equal(n, 6); /* 8 MiB, a quarter of it low */
	assert_int_equal(guest_ram_get_used_pages(*state), n * 256);
	assert_int_equal(sg[n].n, 0);
	while (n > 0)
		guest_sg_release(*state, &sg[--n]);
}

static void test_an_object_is_seen_at_its_address(void **state)
{
	struct guest_sg sg, again;
	uint8_t *at;
	char bytes[8];

	assert_int_equal(guest_sg_alloc_object(*state, 5000, &sg), 0);
	assert_int_equal(sg.n, 1);
	assert_int_equal(lseek(sg.fd, 0, SEEK_END), 2 * GUEST_PAGE_BYTES);
	at = guest_ram_get_pointer(*state, sg.extents[0].gpa, 2 * GUEST_PAGE_BYTES);
	assert_int_equal(pwrite(sg.fd, "object", 7, 4999), 7);
	assert_memory_equal(at + 4999, "object", 7);
	guest_sg_write(*state, &sg, "guest", 6);
	assert_int_equal(pread(sg.fd, bytes, 6, 0), 6);
	assert_memory_equal(bytes, "guest", 6);
	guest_sg_release(*state, &sg);
	/* The pages are the RAM's again, and empty. */
	assert_int_equal(guest_sg_alloc(*state, 5000, false, &again), 0);
	assert_ptr_equal(guest_ram_get_pointer(*state, again.extents[0].gpa, 1), at);
	for (unsigned int i = 0; i < 2 * GUEST_PAGE_BYTES; i++)
		assert_int_equal(at[i], 0);
	guest_sg_release(*state, &again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_size_must_be_a_power_of_two),
		cmocka_unit_test_setup_teardown(test_memory_is_sealed_and_shared, make, drop),
		cmocka_unit_test_setup_teardown(test_pointers_stay_inside_a_region, make, drop),
		cmocka_unit_test_setup_teardown(test_one_piece_is_zeroed_and_comes_back, make,
						drop),
		cmocka_unit_test_setup_teardown(test_scattered_buffer_is_in_both_regions, make,
						drop),
		cmocka_unit_test_setup_teardown(test_bytes_come_back_through_any_list, make, drop),
		cmocka_unit_test_setup_teardown(test_memory_runs_out_without_a_leak, make, drop),
		cmocka_unit_test_setup_teardown(test_an_object_is_seen_at_its_address, make, drop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
