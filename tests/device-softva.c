/* SPDX-License-Identifier: MIT */
/*
 * device-softva.c - the device with everything beneath it, many streams at once, on softva
 *
 * Run by device-softva.sh, which sets the environment.
 */
#include <dirent.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <setjmp.h>
#include <cmocka.h>
#include "mini-guest.h"

#define MAX_NAMES 256

static char names[MAX_NAMES][64];
static unsigned int n_names;
static struct guest guest;

static int is_small_stream(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);
	char path[512];
	struct stat info;

	if (len < 5 || len > 60 || strcmp(entry->d_name + len - 4, ".264") != 0)
		return 0;
	snprintf(path, sizeof(path), STREAMS "%s", entry->d_name);
	/* One input resource has the whole file, and one slice the pictures. */
	return stat(path, &info) == 0 && info.st_size <= 100000 &&
	       strcmp(entry->d_name, "size-1280x720.264") != 0;
}

static int list_streams(void **state)
{
	struct dirent **list;
	int n = scandir(STREAMS, &list, is_small_stream, alphasort);

	(void)state;
	for (int i = 0; i < n; i++) {
		if (n_names < MAX_NAMES)
			snprintf(names[n_names++], sizeof(names[0]), "%.*s",
				 (int)strlen(list[i]->d_name) - 4, list[i]->d_name);
		free(list[i]);
	}
	free(list);
	return n < 64;
}

static int setup(void **state)
{
	(void)state;
	memset(&guest, 0, sizeof(guest));
	guest.format = 4;
	return 0;
}

static void open_guest(void)
{
	assert_int_equal(guest_open(&guest, NULL), 0);
}

/* Plays n streams of names[first ...] at the same time, and ends them. */
static void play(unsigned int first, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		assert_int_equal(guest_start(&guest, i, names[(first + i) % n_names]), 0);
	assert_true(guest_run(&guest));
	for (unsigned int i = 0; i < n; i++) {
		if (!guest_is_exact(&guest, i))
			print_message("%s: %u of %u pictures, %u wrong\n",
				      names[(first + i) % n_names], guest.streams[i].n_frames,
				      guest.streams[i].n_expected, guest.streams[i].n_wrong);
		assert_true(guest_is_exact(&guest, i));
	}
	for (unsigned int i = 0; i < n; i++)
		guest_end(&guest, i);
	assert_int_equal(guest.n_errors, 0);
}

static struct vvd_stats stats(void)
{
	struct vvd_stats stats = {.size_bytes = sizeof(stats)};

	assert_int_equal(vvd_device_get_stats(guest.device, &stats), 0);
	return stats;
}

static void test_64_streams_at_once_with_min_buffers(void **state)
{
	(void)state;
	open_guest();
	play(0, 64);
	/* The rest of the suite. */
	play(64, n_names - 64);
	assert_int_equal(stats().streams, 0);
	assert_int_equal(stats().detached_engines, 0);
	guest_close(&guest);
}

static void test_interleaved_pictures_and_long_strides(void **state)
{
	(void)state;
	guest.format = 3;
	guest.stride = 256;
	open_guest();
	play(7, 8);
	guest_close(&guest);
}

static void test_a_buffer_for_each_plane(void **state)
{
	(void)state;
	guest.per_plane = true;
	open_guest();
	play(20, 4);
	guest.format = 3;
	play(24, 4);
	guest_close(&guest);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_64_streams_at_once_with_min_buffers),
		TEST(test_interleaved_pictures_and_long_strides),
		TEST(test_a_buffer_for_each_plane),
	};

	return cmocka_run_group_tests(tests, list_streams, NULL);
}
