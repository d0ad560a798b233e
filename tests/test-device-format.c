/* SPDX-License-Identifier: MIT */
/*
 * test-device-format.c - changes of format, events and the loss of a session
 */
#include <errno.h>
#include <string.h>
#include <time.h>
#include "device-fixture.h"
#include "fake-vacodec.h"

/* ---- Format ---- */

static void test_first_header_raises_one_event(void **state)
{
	uint64_t event = fx_post_event(), spare = fx_post_event(), input;
	const struct got *got;

	(void)state;
	fx_stream(NV12);
	fx_make_input(1);
	input = FX_FEED(1, 1, 'S', 20, 15, 5 | 0x80);
	got = fx_wait(event);
	assert_int_equal(got->queue, VVD_QUEUE_EVENT);
	assert_int_equal(got->len, 8);
	assert_int_equal(get32(got->bytes, 0), 0x200);
	assert_int_equal(get32(got->bytes, 4), 1);
	fx_expect_queue(input, 1, 0, 0);
	got = fx_call(msg_queue_type(0x108, 1, OUT));
	assert_int_equal(get32(got->bytes, 16), 320);
	assert_int_equal(get32(got->bytes, 20), 240);
	assert_int_equal(get32(got->bytes, 24), 5);
	assert_int_equal(get32(got->bytes, 32), 2);
	assert_int_equal(get32(got->bytes, 40), 318);
	assert_int_equal(get32(got->bytes, 48), 25);
	assert_int_equal(get32(got->bytes, 56), 320 * 240 * 3 / 2);
	assert_int_equal(get32(fx_call(msg_queue_type(0x108, 1, IN))->bytes, 24), 1);
	assert_false(fx_is_answered(spare));
}

static void test_decoding_waits_for_params_and_a_resource(void **state)
{
	uint64_t event = fx_post_event(), out;

	(void)state;
	fx_stream(NV12);
	fx_make_input(1);
	fx_make_output(1);
	out = fx_queue_output(1);
	FX_FEED(1, 1, 'S', 4, 4, 2, 'F', 1, 0, 0);
	fx_wait(event);
	/* A resource that fits is there, but the parameters were not read. */
	assert_false(fx_is_answered(out));
	fx_do(msg_queue_type(0x108, 1, IN));
	assert_false(fx_is_answered(out));
	assert_int_equal(fx_do(msg_queue_type(0x10d, 1, OUT)), 0x203);
	fx_expect_queue(out, 1, 0, FX_W * FX_H * 3 / 2);
}

static void test_change_waits_when_nothing_fits(void **state)
{
	uint64_t event, old, big;

	(void)state;
	fx_stream(NV12);
	fx_start(4, 4, 2);
	fx_make_output(1);
	fx_make_output(2);
	event = fx_post_event();
	old = fx_queue_output(1);
	FX_FEED(90, 1, 'F', 1, 0, 0, 'S', 9, 9, 2, 'F', 2, 0, 0);
	fx_expect_queue(old, 1, 0, FX_W * FX_H * 3 / 2);
	fx_expect_type(event, 0x200);
	assert_true(fx_order(old) < fx_order(event));
	old = fx_queue_output(2);
	assert_int_equal(fx_do(msg_queue_type(0x108, 1, OUT)), 0x203);
	assert_false(fx_is_answered(old));
	assert_int_equal(fx_do(msg_queue_type(0x106, 1, OUT)), OK_NODATA);
	fx_expect_queue(old, 0, 1, 0);
	fx_do(msg_resource(1, OUT, 9, 0x10000, 144 * 144 * 3 / 2 - 1));
	fx_do(msg_resource(1, OUT, 10, 0x20000, 144 * 144 * 3 / 2));
	big = fx_queue_output(9);
	assert_false(fx_is_answered(big));
	fx_expect_queue(fx_queue_output(10), 1, 0, 144 * 144 * 3 / 2);
	assert_false(fx_is_answered(big));
}

static void test_change_needs_no_new_resources_when_old_ones_fit(void **state)
{
	uint64_t event, out[2];

	(void)state;
	fx_stream(NV12);
	fx_start(4, 4, 2);
	fx_make_output(1);
	fx_make_output(2);
	event = fx_post_event();
	out[0] = fx_queue_output(1);
	out[1] = fx_queue_output(2);
	FX_FEED(90, 1, 'F', 1, 0, 0, 'S', 2, 2, 2, 'F', 2, 0, 0);
	fx_expect_queue(out[0], 1, 0, FX_W * FX_H * 3 / 2);
	fx_expect_type(event, 0x200);
	assert_int_equal(fx_do(msg_queue_type(0x108, 1, OUT)), 0x203);
	fx_expect_queue(out[1], 1, 0, 32 * 32 * 3 / 2);
}

static void test_no_event_when_nothing_differs(void **state)
{
	uint64_t event, out;

	(void)state;
	fx_stream(NV12);
	fx_start(4, 4, 2);
	fx_make_output(1);
	event = fx_post_event();
	out = fx_queue_output(1);
	FX_FEED(90, 1, 'S', 4, 4, 2, 'F', 1, 0, 0);
	fx_expect_queue(out, 1, 0, FX_W * FX_H * 3 / 2);
	assert_false(fx_is_answered(event));
	/* The visible rectangle and min_buffers count. */
	FX_FEED(90, 1, 'S', 4, 4, 2 | 0x80);
	fx_expect_type(event, 0x200);
	event = fx_post_event();
	fx_queue_output(1);
	fx_do(msg_queue_type(0x108, 1, OUT));
	FX_FEED(90, 1, 'S', 4, 4, 3 | 0x80);
	fx_expect_type(event, 0x200);
}

static void test_no_end_of_stream_before_params_are_read(void **state)
{
	uint64_t event = fx_post_event(), out, drain;

	(void)state;
	fx_stream(NV12);
	fx_make_input(1);
	fx_make_output(1);
	out = fx_queue_output(1);
	FX_FEED(1, 1, 'S', 4, 4, 2);
	fx_expect_type(event, 0x200);
	drain = fx_submit_msg(msg_new(0x103, 1, 8));
	assert_false(fx_is_answered(out));
	assert_false(fx_is_answered(drain));
	assert_int_equal(fx_do(msg_queue_type(0x108, 1, OUT)), 0x203);
	fx_expect_queue(out, 0, 2, 0);
	fx_expect_type(drain, OK_NODATA);
}

static void test_drain_goes_on_behind_a_change(void **state)
{
	uint64_t event, out, drain;

	(void)state;
	fx_stream(NV12);
	fx_start(4, 4, 2);
	fx_make_output(1);
	event = fx_post_event();
	fx_queue_output(1);
	FX_FEED(90, 1, 'S', 8, 8, 2, 'F', 2, 0, 0);
	drain = fx_submit_msg(msg_new(0x103, 1, 8));
	fx_expect_type(event, 0x200);
	/* As the driver does it. */
	fx_do(msg_queue_type(0x108, 1, OUT));
	fx_do(msg_queue_type(0x107, 1, OUT));
	fx_do(msg_queue_type(0x106, 1, OUT));
	fx_do(msg_resource(1, OUT, 1, 0x10000, 128 * 128 * 3 / 2));
	out = fx_queue_output(1);
	fx_expect_queue(out, 1, 0, 128 * 128 * 3 / 2);
	assert_false(fx_is_answered(drain));
	fx_expect_queue(fx_queue_output(1), 0, 2, 0);
	fx_expect_type(drain, OK_NODATA);
}

/* ---- Events ---- */

static void test_events_wait_for_buffers(void **state)
{
	uint64_t event, spare;

	(void)state;
	fx_stream(NV12);
	fx_make_input(1);
	fx_make_output(1);
	FX_FEED(1, 1, 'S', 4, 4, 2, 'S', 4, 5, 2, 'L', 0, 0, 0);
	fx_do(msg_queue_type(0x108, 1, OUT));
	while (get32(fx_call(msg_queue_type(0x108, 1, OUT))->bytes, 0) < 0x300) {
		fx_queue_output(1);
		fx.n_got = 0;
	}
	/* Two changes are one, and then the loss. */
	event = fx_post_event();
	fx_expect_type(event, 0x200);
	event = fx_post_event();
	fx_expect_type(event, 0x100);
	spare = fx_post_event();
	assert_false(fx_is_answered(spare));
	assert_true(fx_stats().events == 2);
}

static void test_no_events_of_destroyed_streams(void **state)
{
	struct msg destroy = msg_new(0x102, 1, 8);
	uint64_t event, token;

	(void)state;
	/* It waits for a buffer. */
	fx_stream(NV12);
	fx_make_input(1);
	fx_expect_queue(FX_FEED(1, 1, 'S', 4, 4, 2), 1, 0, 0);
	fx_do(destroy);
	event = fx_post_event();
	assert_false(fx_is_answered(event));
	/* It has one that was not reaped yet: the buffer serves again. */
	fx_stream(NV12);
	fx_make_input(1);
	FX_FEED(1, 1, 'S', 4, 4, 2, 'H', 0, 0, 0);
	while (fx_stats().events == 0)
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	token = fx_submit(&destroy);
	assert_int_equal(fx_stats().events, 0);
	fx_expect_type(token, OK_NODATA);
	assert_false(fx_is_answered(event));
	fx_stream(NV12);
	fx_make_input(1);
	FX_FEED(1, 1, 'S', 4, 4, 2);
	fx_expect_type(event, 0x200);
}

/* ---- Loss ---- */

static void test_lost_session(void **state)
{
	uint64_t event, spare, out, drain;

	(void)state;
	fx_stream(NV12);
	fx_start(4, 4, 2);
	fx_make_output(1);
	out = fx_queue_output(1);
	event = fx_post_event();
	spare = fx_post_event();
	FX_FEED(90, 1, 'L', 0, 0, 0, 'F', 0, 0, 0);
	drain = fx_submit_msg(msg_new(0x103, 1, 8));
	fx_expect_type(event, 0x100);
	assert_int_equal(get32(fx_wait(event)->bytes, 4), 1);
	fx_expect_type(drain, ERR_OP);
	fx_expect_queue(out, 0, 1, 0);
	assert_int_equal(fx_do(msg_queue(1, OUT, 1, 0, 0)), ERR_OP);
	assert_int_equal(fx_do(msg_queue_type(0x108, 1, OUT)), ERR_OP);
	assert_int_equal(fx_call(msg_queue_type(0x108, 1, OUT))->len, 120);
	assert_int_equal(fx_do(msg_queue_type(0x10b, 1, 2)), ERR_OP);
	assert_int_equal(fx_do(msg_new(0x103, 1, 8)), ERR_OP);
	assert_int_equal(fx_do(msg_resource(1, OUT, 1, 0, 4096)), ERR_OP);
	assert_int_equal(fx_do(msg_queue_type(0x107, 1, IN)), OK_NODATA);
	assert_int_equal(fx_do(msg_queue_type(0x106, 1, OUT)), OK_NODATA);
	assert_int_equal(fx_do(msg_new(0x102, 1, 8)), OK_NODATA);
	assert_false(fx_is_answered(spare));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_first_header_raises_one_event),
		TEST(test_decoding_waits_for_params_and_a_resource),
		TEST(test_change_waits_when_nothing_fits),
		TEST(test_change_needs_no_new_resources_when_old_ones_fit),
		TEST(test_no_event_when_nothing_differs),
		TEST(test_no_end_of_stream_before_params_are_read),
		TEST(test_drain_goes_on_behind_a_change),
		TEST(test_events_wait_for_buffers),
		TEST(test_no_events_of_destroyed_streams),
		TEST(test_lost_session),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
