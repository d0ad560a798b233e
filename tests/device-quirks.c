/* SPDX-License-Identifier: MIT */
/*
 * device-quirks.c - eight streams of a device on softva, of which one's driver hangs or waits under its lock:
 * the others do not notice; a guest whose driver hangs is answered, and what it gave is not written when
 * the driver wakes
 *
 * Run by device-quirks.sh, which sets the environment.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include "mini-guest.h"

#define N_STREAMS 8
#define GUARD     0xee

static const char *const names[N_STREAMS] = {"cabac-b",          "cavlc-b",        "b-pyramid-mmco",
					     "b-pyramid-normal", "deblock-off",    "frame-num-gaps",
					     "direct-spatial",   "direct-temporal"};

static struct guest guest;
static char gate_path[64];
static int gate;

static void open_gate(void)
{
	snprintf(gate_path, sizeof(gate_path), "/tmp/softva-gate-%d", (int)getpid());
	unlink(gate_path);
	assert_int_equal(mkfifo(gate_path, 0600), 0);
	gate = open(gate_path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	assert_true(gate >= 0);
}

static struct vvd_stats stats(void)
{
	struct vvd_stats stats = {.size_bytes = sizeof(stats)};

	assert_int_equal(vvd_device_get_stats(guest.device, &stats), 0);
	return stats;
}

/* A display is opened where a stream is created, on this thread. */
static void start_at_gate(unsigned int i, const char *quirks)
{
	setenv("SOFTVA_QUIRKS", quirks, 1);
	setenv("SOFTVA_GATE", gate_path, 1);
	assert_int_equal(guest_start(&guest, i, names[i]), 0);
	unsetenv("SOFTVA_QUIRKS");
	unsetenv("SOFTVA_GATE");
}

static uint8_t *slice(unsigned int i)
{
	return guest.ram + (size_t)i * GUEST_SLICE;
}

static void expect_guard(unsigned int i)
{
	const uint8_t *at = slice(i);

	for (size_t k = 0; k < GUEST_SLICE; k++)
		assert_int_equal(at[k], GUARD);
}

static unsigned int n_finished(void)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < N_STREAMS; i++)
		n += guest.streams[i].finished;
	return n;
}

static void test_one_of_eight_hangs(void **state)
{
	const struct vvd_device_options options = {.size_bytes = sizeof(options), .hang_ms = 2000};
	const unsigned int bad = 3;

	(void)state;
	memset(&guest, 0, sizeof(guest));
	guest.format = 4;
	open_gate();
	assert_int_equal(guest_open(&guest, &options), 0);
	for (unsigned int i = 0; i < N_STREAMS; i++) {
		if (i == bad)
			start_at_gate(i, "sync=hang");
		else
			assert_int_equal(guest_start(&guest, i, names[i]), 0);
	}
	while (n_finished() < N_STREAMS - 1 || !guest.n_errors)
		assert_true(guest_step(&guest, 60000));
	for (unsigned int i = 0; i < N_STREAMS; i++)
		assert_int_equal(guest_is_exact(&guest, i), i != bad);
	/* It is over for its guest, and not yet for the driver. */
	assert_int_equal(guest.streams[bad].n_frames, 0);
	assert_int_equal(stats().detached_engines, 1);
	guest_end(&guest, bad);
	memset(slice(bad), GUARD, GUEST_SLICE);
	/* All the waits that are to come. */
	for (int i = 0; i < 100; i++)
		assert_int_equal(write(gate, "x", 1), 1);
	while (stats().detached_engines)
		guest_step(&guest, 10);
	expect_guard(bad);
	for (unsigned int i = 0; i < N_STREAMS; i++)
		if (i != bad)
			guest_end(&guest, i);
	guest_close(&guest);
	close(gate);
	unlink(gate_path);
}

static void finish(void)
{
	for (unsigned int i = 0; i < N_STREAMS; i++) {
		assert_true(guest_is_exact(&guest, i));
		guest_end(&guest, i);
	}
	assert_int_equal(guest.n_errors, 0);
	guest_close(&guest);
}

/* Each wait holds the driver's lock, and the driver gives up waiting, or says that it is busy. */
static void play_all_with(const char *quirks)
{
	memset(&guest, 0, sizeof(guest));
	guest.format = 4;
	setenv("SOFTVA_QUIRKS", quirks, 1);
	assert_int_equal(guest_open(&guest, NULL), 0);
	for (unsigned int i = 0; i < N_STREAMS; i++)
		assert_int_equal(guest_start(&guest, i, names[i]), 0);
	unsetenv("SOFTVA_QUIRKS");
	assert_true(guest_run(&guest));
	finish();
}

static void test_eight_wait_under_locks(void **state)
{
	(void)state;
	play_all_with("lock-while-waiting,sync=timedout");
	play_all_with("lock-while-waiting,sync=busy,no-sync2");
}

/* A wait that takes long, and the driver's lock with it, is one stream's alone. */
static void test_one_of_eight_keeps_its_lock(void **state)
{
	const struct vvd_device_options options = {.size_bytes = sizeof(options),
						   .hang_ms = 600000};
	const unsigned int slow = 5;

	(void)state;
	memset(&guest, 0, sizeof(guest));
	guest.format = 4;
	open_gate();
	assert_int_equal(guest_open(&guest, &options), 0);
	for (unsigned int i = 0; i < N_STREAMS; i++) {
		if (i == slow)
			start_at_gate(i, "lock-while-waiting");
		else
			assert_int_equal(guest_start(&guest, i, names[i]), 0);
	}
	while (n_finished() < N_STREAMS - 1)
		assert_true(guest_step(&guest, 60000));
	assert_false(guest.streams[slow].finished);
	assert_int_equal(guest.streams[slow].n_frames, 0);
	/* All its pictures may come. */
	for (int i = 0; i < 1000; i++)
		assert_int_equal(write(gate, "x", 1), 1);
	assert_true(guest_run(&guest));
	finish();
	close(gate);
	unlink(gate_path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_eight_wait_under_locks),
		cmocka_unit_test(test_one_of_eight_keeps_its_lock),
		cmocka_unit_test(test_one_of_eight_hangs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
