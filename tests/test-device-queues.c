/* SPDX-License-Identifier: MIT */
/*
 * test-device-queues.c - pictures, queues and drains, on the scripted decoder
 */
#include <errno.h>
#include <string.h>
#include <time.h>
#include "device-fixture.h"
#include "fake-vacodec.h"

/* ---- Pictures ---- */

static void test_frames_land_in_nv12(void **state)
{
	const uint8_t *out;
	uint64_t input, frame;

	(void)state;
	fx_stream(NV12);
	fx_start(4, 4, 2);
	fx_make_output(1);
	frame = fx_queue_output(1);
	input = FX_FEED(90, 77, 'F', 5, 0, 0);
	fx_expect_queue(input, 77, 0, 0);
	fx_expect_queue(frame, 77, 0, FX_W * FX_H * 3 / 2);
	out = fx_output(1);
	assert_true(fx_is_frame(out, 5));
	for (unsigned int y = 0; y < FX_H / 2; y++) {
		for (unsigned int x = 0; x < FX_W / 2; x++) {
			assert_int_equal(out[FX_W * FX_H + y * FX_W + 2 * x],
					 fake_sample(5, 1, x, y));
			assert_int_equal(out[FX_W * FX_H + y * FX_W + 2 * x + 1],
					 fake_sample(5, 2, x, y));
		}
	}
	assert_true(fx_stats().frames == 1);
	assert_true(fx_stats().copied_bytes == FX_W * FX_H * 3 / 2);
	assert_true(fx_stats().driver_copied_bytes == 0);
	assert_true(fx_stats().bitstream_bytes == 8);
}

/* Eleven entries of odd sizes at odd places, in no order; the whole is 64 x 64 with stride 80. */
static void make_scattered(struct msg *msg, uint32_t *places, uint32_t *sizes)
{
	uint32_t left = 80 * 96, at = 0x20001;

	*msg = msg_resource(1, OUT, 1, 0, 1);
	msg_put32(msg, 24, 0);
	msg_put32(msg, 56, 11);
	for (int i = 0; i < 11; i++) {
		sizes[i] = i == 10 ? left : 601u + 2 * (i % 3);
		places[i] = at + (10 - i) * 0x2003;
		msg_put64(msg, 88 + 16 * i, GPA + places[i]);
		msg_put32(msg, 96 + 16 * i, sizes[i]);
		left -= sizes[i];
	}
	msg->len = 88 + 16 * 11;
}

static void gather(uint8_t *to, const uint32_t *places, const uint32_t *sizes)
{
	for (int i = 0; i < 11; i++) {
		memcpy(to, fx.ram + places[i], sizes[i]);
		to += sizes[i];
	}
}

static void test_frames_land_in_scattered_i420(void **state)
{
	struct msg set = msg_queue_type(0x109, 1, OUT), create;
	uint32_t places[11], sizes[11];
	uint8_t picture[80 * 96];
	uint64_t frame;

	(void)state;
	fake.no_derive = *(bool *)*state;
	fx_stream(YUV420);
	fx_start(4, 4, 2);
	set.len = 120;
	msg_put32(&set, 52, 1);
	msg_put32(&set, 60, 80);
	assert_int_equal(fx_do(set), OK_NODATA);
	make_scattered(&create, places, sizes);
	assert_int_equal(fx_do(create), OK_NODATA);
	memset(fx.ram + 0x20000, 0xee, 0x20000);
	frame = fx_queue_output(1);
	FX_FEED(90, 3, 'F', 9, 0, 0);
	fx_expect_queue(frame, 3, 0, sizeof(picture));
	gather(picture, places, sizes);
	for (unsigned int y = 0; y < FX_H; y++) {
		for (unsigned int x = 0; x < FX_W; x++)
			assert_int_equal(picture[80 * y + x], fake_sample(9, 0, x, y));
		assert_int_equal(picture[80 * y + FX_W], 0xee);
	}
	for (unsigned int y = 0; y < FX_H / 2; y++) {
		for (unsigned int x = 0; x < FX_W / 2; x++) {
			const uint8_t *at = picture + 80 * FX_H + 40 * y + x;

			assert_int_equal(at[0], fake_sample(9, 1, x, y));
			assert_int_equal(at[40 * FX_H / 2], fake_sample(9, 2, x, y));
		}
	}
	assert_int_equal(fake.n_transfers, fake.no_derive);
	assert_true((fx_stats().driver_copied_bytes > 0) == fake.no_derive);
}

static int setup_derive(void **state)
{
	static bool no = false;

	fx_setup(state);
	*state = &no;
	return 0;
}

static int setup_transfer(void **state)
{
	static bool yes = true;

	fx_setup(state);
	*state = &yes;
	return 0;
}

static void test_planes_may_have_buffers_of_their_own(void **state)
{
	struct msg create = msg_resource(1, OUT, 1, 0x8000, FX_W * FX_H + 16);
	uint64_t frame;

	(void)state;
	fx_stream(NV12);
	fx_start(4, 4, 2);
	msg_put32(&create, 16, 2);
	msg_put32(&create, 20, 2);
	msg_put32(&create, 24, 16);
	msg_put32(&create, 60, 1);
	msg_put64(&create, 104, GPA + 0x20000);
	msg_put32(&create, 112, FX_W * FX_H / 2);
	create.len = 88 + 32;
	assert_int_equal(fx_do(create), OK_NODATA);
	frame = fx_queue_output(1);
	FX_FEED(90, 3, 'F', 9, 0, 0);
	fx_expect_queue(frame, 3, 0, FX_W * FX_H * 3 / 2);
	assert_true(fx_is_frame(fx.ram + 0x8010, 9));
	assert_int_equal(fx.ram[0x20003], fake_sample(9, 2, 1, 0));
}

/* ---- Queues ---- */

static void test_input_is_answered_when_consumed(void **state)
{
	uint64_t first, second, out;

	(void)state;
	fx_stream(NV12);
	fx_start(4, 4, 2);
	fx_make_input(1);
	fx_make_input(2);
	fx_make_output(1);
	out = fx_queue_output(1);
	first = FX_FEED(1, 10, 'F', 1, 0, 0);
	fx_expect_queue(first, 10, 0, 0);
	fx_expect_queue(out, 10, 0, FX_W * FX_H * 3 / 2);
	/* The next frame has no resource: what follows it is not consumed. */
	second = FX_FEED(2, 20, 'F', 2, 0, 0, 'F', 3, 0, 0);
	assert_false(fx_is_answered(second));
	fx_expect_queue(fx_queue_output(1), 20, 0, FX_W * FX_H * 3 / 2);
	fx_expect_queue(fx_queue_output(1), 20, 0, FX_W * FX_H * 3 / 2);
	fx_expect_queue(second, 20, 0, 0);
	assert_true(fx_is_frame(fx_output(1), 3));
}

static void test_queued_twice(void **state)
{
	uint64_t first, second;

	(void)state;
	fx_stream(NV12);
	fx_start(4, 4, 2);
	fx_make_output(1);
	first = fx_queue_output(1);
	second = fx_queue_output(1);
	fx_expect_type(second, ERR_PARAM);
	assert_int_equal(fx_wait(second)->len, 24);
	assert_false(fx_is_answered(first));
	FX_FEED(90, 5, 'F', 1, 0, 0);
	fx_expect_queue(first, 5, 0, FX_W * FX_H * 3 / 2);
}

static void test_ids_are_per_stream_and_queue(void **state)
{
	uint64_t a, b;

	(void)state;
	fx_stream(NV12);
	fx_start(4, 4, 2);
	fx_make_input(1);
	fx_make_output(1);
	assert_int_equal(fx_do(msg_create(2, H264)), OK_NODATA);
	assert_int_equal(fx_do(msg_queue(2, OUT, 1, 0, 0)), ERR_RES);
	assert_int_equal(fx_do(msg_resource(2, OUT, 1, 0, 4096)), OK_NODATA);
	a = fx_queue_output(1);
	b = fx_submit_msg(msg_queue(2, OUT, 1, 0, 0));
	assert_false(fx_is_answered(a));
	assert_false(fx_is_answered(b));
	/* Replacing a queued one answers it; the other stream's stays. */
	fx_make_output(1);
	fx_expect_queue(a, 0, 1, 0);
	assert_false(fx_is_answered(b));
	assert_int_equal(fx_stats().resources, 4);
}

static void test_corrupt_frames_have_err(void **state)
{
	uint64_t out;

	(void)state;
	fx_stream(NV12);
	fx_start(4, 4, 2);
	fx_make_output(1);
	out = fx_queue_output(1);
	fx_expect_queue(FX_FEED(90, 5, 'C', 8, 0, 0), 5, 0, 0);
	fx_expect_queue(out, 5, 1, FX_W * FX_H * 3 / 2);
	assert_true(fx_is_frame(fx_output(1), 8));
	assert_true(fx_stats().corrupt_frames == 1);
}

static void test_timestamps_are_those_of_the_first_byte(void **state)
{
	uint64_t out[3];

	(void)state;
	fx_stream(NV12);
	fx_start(4, 4, 2);
	fx_make_input(1);
	for (uint32_t i = 0; i < 3; i++) {
		fx_make_output(i + 1);
		out[i] = fx_queue_output(i + 1);
	}
	/* One record begins in the first buffer and ends in the second; one is output late. */
	FX_FEED(90, UINT64_MAX, 'D', 1, 0, 0, 'F', 2);
	FX_FEED(1, 7, 0, 0, 'F', 3, 0, 0);
	fx_expect_queue(out[0], UINT64_MAX, 0, FX_W * FX_H * 3 / 2);
	fx_expect_queue(out[1], UINT64_MAX, 0, FX_W * FX_H * 3 / 2);
	fx_expect_queue(out[2], 7, 0, FX_W * FX_H * 3 / 2);
	assert_true(fx_is_frame(fx_output(1), 2));
	assert_true(fx_is_frame(fx_output(2), 1));
}

/* ---- Drain ---- */

static void test_drain_ends_with_an_empty_buffer(void **state)
{
	uint64_t out[3], drain;

	(void)state;
	fx_stream(NV12);
	fx_start(4, 4, 2);
	for (uint32_t i = 0; i < 3; i++) {
		fx_make_output(i + 1);
		out[i] = i < 2 ? fx_queue_output(i + 1) : 0;
	}
	FX_FEED(90, 1, 'F', 1, 0, 0, 'D', 2, 0, 0);
	drain = fx_submit_msg(msg_new(0x103, 1, 8));
	fx_expect_queue(out[0], 1, 0, FX_W * FX_H * 3 / 2);
	fx_expect_queue(out[1], 1, 0, FX_W * FX_H * 3 / 2);
	assert_false(fx_is_answered(drain));
	fx_expect_type(fx_submit_msg(msg_new(0x103, 1, 8)), ERR_OP);
	fx_expect_type(FX_FEED(90, 1, 'F', 1, 0, 0), ERR_OP);
	out[2] = fx_queue_output(3);
	fx_expect_queue(out[2], 0, 2, 0);
	fx_expect_type(drain, OK_NODATA);
	assert_int_equal(fx_wait(drain)->len, 8);
	assert_true(fx_order(out[2]) < fx_order(drain));
	/* References stay: no flush, and it goes on. */
	out[2] = fx_queue_output(3);
	FX_FEED(90, 9, 'F', 3, 0, 0);
	fx_expect_queue(out[2], 9, 0, FX_W * FX_H * 3 / 2);
	assert_int_equal(fake.n_flushes, 0);
	assert_int_equal(fake.n_drains, 1);
}

static void test_drain_before_anything(void **state)
{
	uint64_t drain, out;

	(void)state;
	fx_stream(NV12);
	fx_make_output(1);
	drain = fx_submit_msg(msg_new(0x103, 1, 8));
	assert_false(fx_is_answered(drain));
	out = fx_queue_output(1);
	fx_expect_queue(out, 0, 2, 0);
	fx_expect_type(drain, OK_NODATA);
}

static void test_clear_answers_a_pending_drain_first(void **state)
{
	uint64_t drain, out, clear, input;

	(void)state;
	fx_stream(NV12);
	fx_start(4, 4, 2);
	fx_make_output(1);
	fx_make_input(2);
	FX_FEED(90, 1, 'F', 1, 0, 0);
	input = FX_FEED(2, 44, 'F', 1, 0, 0);
	drain = fx_submit_msg(msg_new(0x103, 1, 8));
	assert_false(fx_is_answered(drain));
	clear = fx_submit_msg(msg_queue_type(0x107, 1, IN));
	fx_expect_type(clear, OK_NODATA);
	fx_expect_type(drain, ERR_OP);
	fx_expect_queue(input, 44, 1, 0);
	assert_true(fx_order(drain) < fx_order(input));
	assert_true(fx_order(input) < fx_order(clear));
	/* The same for the other queue. */
	out = fx_queue_output(1);
	assert_false(fx_is_answered(out));
	FX_FEED(90, 1, 'F', 1, 0, 0);
	fx_expect_queue(out, 1, 0, FX_W * FX_H * 3 / 2);
	drain = fx_submit_msg(msg_new(0x103, 1, 8));
	assert_false(fx_is_answered(drain));
	clear = fx_submit_msg(msg_queue_type(0x107, 1, OUT));
	fx_expect_type(drain, ERR_OP);
	assert_true(fx_order(drain) < fx_order(clear));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_frames_land_in_nv12),
		{"test_frames_land_in_scattered_i420 (derived)", test_frames_land_in_scattered_i420,
		 setup_derive, fx_teardown, NULL},
		{"test_frames_land_in_scattered_i420 (transfer)",
		 test_frames_land_in_scattered_i420, setup_transfer, fx_teardown, NULL},
		TEST(test_planes_may_have_buffers_of_their_own),
		TEST(test_input_is_answered_when_consumed),
		TEST(test_queued_twice),
		TEST(test_ids_are_per_stream_and_queue),
		TEST(test_corrupt_frames_have_err),
		TEST(test_timestamps_are_those_of_the_first_byte),
		TEST(test_drain_ends_with_an_empty_buffer),
		TEST(test_drain_before_anything),
		TEST(test_clear_answers_a_pending_drain_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
