/* SPDX-License-Identifier: MIT */
/*
 * test-device-hangs.c - drivers that hang or lose the device: the stream fails or goes on, the rest lives
 */
#include <errno.h>
#include <string.h>
#include <time.h>
#include "device-fixture.h"
#include "fake-vacodec.h"

#define PICTURE (64 * 64 * 3 / 2)

static char logged[4096];

static void write_log(void *cookie, int level, const char *message)
{
	(void)cookie;
	(void)level;
	strncat(logged, message, sizeof(logged) - strlen(logged) - 1);
}

static int setup(void **state)
{
	struct vvd_device_options options = {.size_bytes = sizeof(options),
					     .role = VVD_ROLE_DECODER,
					     .log = {.write = write_log, .level = 1},
					     .hang_ms = 1500};

	fx_setup(state);
	logged[0] = 0;
	fx_open(&options);
	return 0;
}

static struct vvd_stream_stats stream_stats(uint32_t id)
{
	struct vvd_stream_stats stats = {.size_bytes = sizeof(stats)};
	unsigned int i = 0;

	do
		assert_int_equal(vvd_device_get_stream_stats(fx.device, i++, &stats), 0);
	while (stats.stream_id != id);
	return stats;
}

static unsigned int detached(void)
{
	struct vvd_stats stats = {.size_bytes = sizeof(stats)};

	assert_int_equal(vvd_device_get_stats(fx.device, &stats), 0);
	return stats.detached_engines;
}

static uint64_t feed(const char *record)
{
	return fx_feed(90, 5, record, 4);
}

static void expect_err(uint64_t token)
{
	assert_int_equal(get32(fx_wait(token)->bytes, 0), 0x202);
	assert_int_equal(get32(fx_wait(token)->bytes, 16), 1);
}

/* Stream 2 decodes a picture, in the memory of stream 1's resources. */
static void decode_in_another_stream(void)
{
	struct msg in, out;
	uint64_t token;

	assert_int_equal(fx_do(msg_create(2, H264)), OK_NODATA);
	in = msg_resource(2, IN, 1, 0x200000, 0x1000);
	out = msg_resource(2, OUT, 1, 0x210000, 0x4000);
	assert_int_equal(fx_do(in), OK_NODATA);
	assert_int_equal(fx_do(out), OK_NODATA);
	memcpy(fx.ram + 0x200000, "S\4\4\2F\7\0\0", 8);
	in = msg_queue(2, IN, 1, 3, 8);
	out = msg_queue(2, OUT, 1, 0, 0);
	token = fx_submit(&out);
	fx_submit(&in);
	/* Until the event has told of the format this answer does not let it resume. */
	while (!fx_is_answered(token))
		assert_int_equal(fx_do(msg_queue_type(0x108, 2, OUT)), 0x203);
	assert_int_equal(get32(fx_wait(token)->bytes, 20), PICTURE);
	assert_int_equal(fx.ram[0x210000], fake_sample(7, 0, 0, 0));
	assert_int_equal(fx_do(msg_new(0x102, 2, 8)), OK_NODATA);
}

static void check_failed_stream(uint64_t event)
{
	struct vvd_stream_stats stats;

	assert_int_equal(get32(fx_wait(event)->bytes, 0), 0x100);
	assert_int_equal(get32(fx_wait(event)->bytes, 4), 1);
	assert_non_null(strstr(logged, "stream 1: the session is lost"));
	assert_non_null(strstr(logged, "a driver call hangs"));
	stats = stream_stats(1);
	assert_true(stats.lost && stats.hangs);
	assert_int_equal(stats.queued_inputs + stats.queued_outputs, 0);
	assert_int_equal(detached(), 1);
	assert_int_equal(fx_do(msg_queue_type(0x108, 1, OUT)), ERR_OP);
	assert_int_equal(fx_do(msg_queue_type(0x107, 1, OUT)), OK_NODATA);
	assert_int_equal(fx_do(msg_queue_type(0x106, 1, IN)), OK_NODATA);
}

static void wait_until_detached_is(unsigned int n)
{
	while (detached() != n)
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

static void test_a_hang_fails_its_stream_once(void **state)
{
	struct msg drain = msg_new(0x103, 1, 8);
	uint64_t event, spare, out, drained;

	(void)state;
	fx_stream(NV12);
	fx_start(4, 4, 2);
	fx_make_output(1);
	out = fx_queue_output(1);
	event = fx_post_event();
	spare = fx_post_event();
	feed("H\0\0");
	drained = fx_submit(&drain);
	check_failed_stream(event);
	expect_err(out);
	assert_int_equal(get32(fx_wait(drained)->bytes, 0), ERR_OP);
	/* Its answers came before the event, in order. */
	assert_true(fx_order(drained) < fx_order(out) && fx_order(out) < fx_order(event));
	decode_in_another_stream();
	assert_int_equal(fx_do(msg_new(0x102, 1, 8)), OK_NODATA);
	fake_unhang();
	assert_int_equal(fx_do(msg_create(3, H264)), OK_NODATA);
	wait_until_detached_is(0);
	/* The other stream's change of format took the spare buffer: there was one ERROR. */
	assert_int_equal(get32(fx_wait(spare)->bytes, 0), 0x200);
}

static void test_a_hang_of_a_picture(void **state)
{
	uint64_t event, out;

	(void)state;
	fx_stream(NV12);
	fx_start(4, 4, 2);
	fx_make_output(1);
	memset(fx_output(1), 0xee, PICTURE);
	fake.hang_in_sync = true;
	out = fx_queue_output(1);
	event = fx_post_event();
	feed("F\3\0");
	check_failed_stream(event);
	expect_err(out);
	/* It comes back late and writes nothing; the stream stays lost until it is destroyed. */
	fake_unhang();
	wait_until_detached_is(0);
	assert_true(stream_stats(1).lost && !stream_stats(1).hangs);
	for (int i = 0; i < PICTURE; i++)
		assert_int_equal(fx_output(1)[i], 0xee);
	assert_int_equal(fx_do(msg_new(0x102, 1, 8)), OK_NODATA);
	decode_in_another_stream();
}

/* ---- A device that is lost ---- */

static void start_and_lose(uint64_t *out)
{
	fx_stream(NV12);
	fx_start(4, 4, 2);
	fx_make_output(1);
	*out = fx_queue_output(1);
	/* What is behind it in the same buffer goes with it. */
	fx_wait(fx_feed(90, 5, "N\0\0\0F\1\0\0", 8));
}

static void test_a_lost_device_is_opened_again(void **state)
{
	uint64_t event, out;

	(void)state;
	start_and_lose(&out);
	event = fx_post_event();
	/* The new decoder has the headers of the old one's, though they do not come again. */
	feed("F\3\0");
	assert_int_equal(get32(fx_wait(out)->bytes, 20), PICTURE);
	assert_int_equal(fx_output(1)[0], fake_sample(3, 0, 0, 0));
	assert_int_equal(fake.n_shutdowns, 1);
	assert_non_null(strstr(logged, "the device was lost and opened again"));
	/* Neither an error nor a change of format: the guest need not know. */
	assert_false(fx_is_answered(event));
	/* After a frame it may happen again; without one it has failed. */
	out = fx_queue_output(1);
	fx_wait(feed("N\0\0"));
	fx_feed(90, 6, "S\4\4\2F\3\0\0", 8);
	assert_int_equal(get32(fx_wait(out)->bytes, 20), PICTURE);
	fx_wait(feed("N\0\0"));
	fx_wait(feed("N\0\0"));
	assert_int_equal(get32(fx_wait(event)->bytes, 0), 0x100);
	assert_true(stream_stats(1).lost);
}

static void test_a_lost_device_that_cannot_be_opened(void **state)
{
	uint64_t out, event;

	(void)state;
	fx_stream(NV12);
	fx_start(4, 4, 2);
	fx_make_output(1);
	out = fx_queue_output(1);
	event = fx_post_event();
	fake.no_display = true;
	feed("N\0\0");
	assert_int_equal(get32(fx_wait(event)->bytes, 0), 0x100);
	expect_err(out);
	assert_int_equal(fx_do(msg_new(0x102, 1, 8)), OK_NODATA);
}

static void test_a_drain_over_a_lost_device_ends(void **state)
{
	struct msg drain = msg_new(0x103, 1, 8);
	uint64_t out, drained;

	(void)state;
	start_and_lose(&out);
	drained = fx_submit(&drain);
	assert_int_equal(get32(fx_wait(drained)->bytes, 0), OK_NODATA);
	assert_int_equal(get32(fx_wait(out)->bytes, 16), 2);
}

static void test_statistics_of_streams(void **state)
{
	struct vvd_stream_stats stats = {.size_bytes = sizeof(stats)};
	struct vvd_stats all = {.size_bytes = offsetof(struct vvd_stats, events)};
	uint64_t out;

	(void)state;
	assert_int_equal(vvd_device_get_stream_stats(fx.device, 0, &stats), -ENOENT);
	fx_stream(NV12);
	fx_start(4, 4, 2);
	fx_make_output(1);
	fx_make_output(2);
	out = fx_queue_output(1);
	feed("C\3\0");
	fx_wait(out);
	fx_queue_output(2);
	stats = stream_stats(1);
	assert_true(stats.frames == 1 && stats.corrupt_frames == 1 && stats.errors == 1);
	assert_true(stats.copied_bytes == PICTURE && stats.bitstream_bytes == 8);
	assert_true(stats.queued_inputs == 0 && stats.queued_outputs == 1);
	assert_true(!stats.lost && !stats.hangs);
	stats.size_bytes = 3;
	assert_int_equal(vvd_device_get_stream_stats(fx.device, 0, &stats), -EINVAL);
	/* An older caller's struct ends earlier. */
	all.frames = 77;
	assert_int_equal(vvd_device_get_stats(fx.device, &all), 0);
	assert_true(all.commands > 0 && all.frames == 77);
	/* What a stream did counts when it has gone. */
	assert_int_equal(fx_do(msg_new(0x102, 1, 8)), OK_NODATA);
	all.size_bytes = sizeof(all);
	assert_int_equal(vvd_device_get_stats(fx.device, &all), 0);
	assert_true(all.frames == 1 && all.copied_bytes == PICTURE && all.streams == 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_hang_fails_its_stream_once),
		TEST(test_a_hang_of_a_picture),
		TEST(test_a_lost_device_is_opened_again),
		TEST(test_a_lost_device_that_cannot_be_opened),
		TEST(test_a_drain_over_a_lost_device_ends),
		TEST(test_statistics_of_streams),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
