/* SPDX-License-Identifier: MIT */
/*
 * test-long-run.c - ten thousand frames through one decoder, and what the process has stays as it is
 *
 * softva only parses and checks (SOFTVA_NO_DECODE): what is looked at is the way there and back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "process-use.h"
#include "softva-session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BYTES    (1u << 17)
#define N_FRAMES     10000
#define N_WARM       2000
#define MAX_GROWTH   1024 /* KiB: of the allocator's own doing */
#define SLOW_DIVISOR 20
#define PACKET_BYTES 1000

static uint8_t data[MAX_BYTES];

static size_t load(const char *name)
{
	char path[1024];
	FILE *file;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s.264", STREAMS, name);
	file = fopen(path, "rb");
	assert_non_null(file);
	n = fread(data, 1, sizeof(data), file);
	fclose(file);
	assert_true(n >= 1 && n < sizeof(data));
	return n;
}

/* The stream again and again, until so many frames are out. */
static void play(struct session *session, size_t size_bytes, unsigned int n_frames)
{
	if (session_is_slow())
		n_frames /= SLOW_DIVISOR;
	while (session->n_frames < n_frames) {
		for (size_t at = 0; at < size_bytes; at += PACKET_BYTES) {
			size_t n = size_bytes - at < PACKET_BYTES ? size_bytes - at : PACKET_BYTES;

			assert_int_equal(session_send(session, data + at, n, at), 0);
			assert_false(session->ended);
		}
	}
}

static void run(const char *name, unsigned int min_formats)
{
	struct session session = {0};
	size_t size_bytes = load(name);
	struct process_use warm, end;

	assert_int_equal(session_open(&session, session_display), 0);
	play(&session, size_bytes, N_WARM);
	warm = process_use_read();
	play(&session, size_bytes, N_FRAMES);
	end = process_use_read();
	print_message("# %s: %u frames, %u formats; RSS %u to %u KiB, %u fds, %u maps\n", name,
		      session.n_frames, session.n_formats, (unsigned int)warm.rss_kib,
		      (unsigned int)end.rss_kib, (unsigned int)end.fds, (unsigned int)end.maps);
	assert_int_equal(session.n_corrupt, 0);
	assert_true(session.n_formats >= min_formats);
	assert_int_equal(end.fds, warm.fds);
	/* Those have allocators of their own. */
	if (!session_is_slow() && !session_has_sanitizer()) {
		assert_int_equal(end.maps, warm.maps);
		assert_true(end.rss_kib <= warm.rss_kib + MAX_GROWTH);
	}
	assert_int_equal(session_drain(&session), 0);
	session_close(&session);
	assert_int_equal(vawrap_display_get_live_count(session_display, VAWRAP_N_KINDS), 0);
}

static void test_ten_thousand_frames(void **state)
{
	(void)state;
	run("written-reorder-3", 1);
	run("written-fields", 1);
}

/* Three of four formats differ from the one before, each time. */
static void test_ten_thousand_frames_of_changing_formats(void **state)
{
	(void)state;
	run("resolution-change", session_is_slow() ? 4 : 100);
}

static int set_up(void **state)
{
	setenv("SOFTVA_NO_DECODE", "1", 1);
	return session_set_up(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ten_thousand_frames),
		cmocka_unit_test(test_ten_thousand_frames_of_changing_formats),
	};

	return cmocka_run_group_tests(tests, set_up, session_tear_down);
}
