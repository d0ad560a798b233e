/* SPDX-License-Identifier: MIT */
/*
 * test-device-behaviour.c - how streams behave: queues, drain, clear, changes of format, hangs
 */
#include <errno.h>
#include <string.h>
#include <time.h>
#include "device-fixture.h"
#include "fake-vacodec.h"

#define FEED(id, timestamp, ...)                                                                   \
	fx_feed(id, timestamp, (const char[]){__VA_ARGS__}, sizeof((const char[]){__VA_ARGS__}))

enum { W = 64, H = 64 };

/* Words of an answer to RESOURCE_QUEUE. */
static void expect_queue(uint64_t token, uint64_t timestamp, uint32_t flags, uint32_t size)
{
	const struct got *got = fx_wait(token);

	assert_int_equal(got->len, 24);
	assert_int_equal(get32(got->bytes, 0), 0x202);
	assert_int_equal(get32(got->bytes, 4), 1);
	assert_true(get64(got->bytes, 8) == timestamp);
	assert_int_equal(get32(got->bytes, 16), flags);
	assert_int_equal(get32(got->bytes, 20), size);
}

static void expect_type(uint64_t token, uint32_t type)
{
	assert_int_equal(get32(fx_wait(token)->bytes, 0), type);
}

static uint64_t submit(struct msg msg)
{
	return fx_submit(&msg);
}

static bool is_frame(const uint8_t *at, uint8_t value)
{
	for (unsigned int y = 0; y < H; y++) {
		for (unsigned int x = 0; x < W; x++) {
			if (at[y * W + x] != fake_sample(value, 0, x, y))
				return false;
		}
	}
	return true;
}

static struct vvd_stats stats(void)
{
	struct vvd_stats stats = {.size_bytes = sizeof(stats)};

	vvd_device_get_stats(fx.device, &stats);
	return stats;
}

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
	input = FEED(90, 77, 'F', 5, 0, 0);
	expect_queue(input, 77, 0, 0);
	expect_queue(frame, 77, 0, W * H * 3 / 2);
	out = fx_output(1);
	assert_true(is_frame(out, 5));
	for (unsigned int y = 0; y < H / 2; y++) {
		for (unsigned int x = 0; x < W / 2; x++) {
			assert_int_equal(out[W * H + y * W + 2 * x], fake_sample(5, 1, x, y));
			assert_int_equal(out[W * H + y * W + 2 * x + 1], fake_sample(5, 2, x, y));
		}
	}
	assert_true(stats().frames == 1);
	assert_true(stats().copied_bytes == W * H * 3 / 2);
	assert_true(stats().driver_copied_bytes == 0);
	assert_true(stats().bitstream_bytes == 8);
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
	FEED(90, 3, 'F', 9, 0, 0);
	expect_queue(frame, 3, 0, sizeof(picture));
	gather(picture, places, sizes);
	for (unsigned int y = 0; y < H; y++) {
		for (unsigned int x = 0; x < W; x++)
			assert_int_equal(picture[80 * y + x], fake_sample(9, 0, x, y));
		assert_int_equal(picture[80 * y + W], 0xee);
	}
	for (unsigned int y = 0; y < H / 2; y++) {
		for (unsigned int x = 0; x < W / 2; x++) {
			const uint8_t *at = picture + 80 * H + 40 * y + x;

			assert_int_equal(at[0], fake_sample(9, 1, x, y));
			assert_int_equal(at[40 * H / 2], fake_sample(9, 2, x, y));
		}
	}
	assert_int_equal(fake.n_transfers, fake.no_derive);
	assert_true((stats().driver_copied_bytes > 0) == fake.no_derive);
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
	struct msg create = msg_resource(1, OUT, 1, 0x8000, W * H + 16);
	uint64_t frame;

	(void)state;
	fx_stream(NV12);
	fx_start(4, 4, 2);
	msg_put32(&create, 16, 2);
	msg_put32(&create, 20, 2);
	msg_put32(&create, 24, 16);
	msg_put32(&create, 60, 1);
	msg_put64(&create, 104, GPA + 0x20000);
	msg_put32(&create, 112, W * H / 2);
	create.len = 88 + 32;
	assert_int_equal(fx_do(create), OK_NODATA);
	frame = fx_queue_output(1);
	FEED(90, 3, 'F', 9, 0, 0);
	expect_queue(frame, 3, 0, W * H * 3 / 2);
	assert_true(is_frame(fx.ram + 0x8010, 9));
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
	first = FEED(1, 10, 'F', 1, 0, 0);
	expect_queue(first, 10, 0, 0);
	expect_queue(out, 10, 0, W * H * 3 / 2);
	/* The next frame has no resource: what follows it is not consumed. */
	second = FEED(2, 20, 'F', 2, 0, 0, 'F', 3, 0, 0);
	assert_false(fx_is_answered(second));
	expect_queue(fx_queue_output(1), 20, 0, W * H * 3 / 2);
	expect_queue(fx_queue_output(1), 20, 0, W * H * 3 / 2);
	expect_queue(second, 20, 0, 0);
	assert_true(is_frame(fx_output(1), 3));
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
	expect_type(second, ERR_PARAM);
	assert_int_equal(fx_wait(second)->len, 24);
	assert_false(fx_is_answered(first));
	FEED(90, 5, 'F', 1, 0, 0);
	expect_queue(first, 5, 0, W * H * 3 / 2);
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
	b = submit(msg_queue(2, OUT, 1, 0, 0));
	assert_false(fx_is_answered(a));
	assert_false(fx_is_answered(b));
	/* Replacing a queued one answers it; the other stream's stays. */
	fx_make_output(1);
	expect_queue(a, 0, 1, 0);
	assert_false(fx_is_answered(b));
	assert_int_equal(stats().resources, 4);
}

static void test_corrupt_frames_have_err(void **state)
{
	uint64_t out;

	(void)state;
	fx_stream(NV12);
	fx_start(4, 4, 2);
	fx_make_output(1);
	out = fx_queue_output(1);
	expect_queue(FEED(90, 5, 'C', 8, 0, 0), 5, 0, 0);
	expect_queue(out, 5, 1, W * H * 3 / 2);
	assert_true(is_frame(fx_output(1), 8));
	assert_true(stats().corrupt_frames == 1);
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
	FEED(90, UINT64_MAX, 'D', 1, 0, 0, 'F', 2);
	FEED(1, 7, 0, 0, 'F', 3, 0, 0);
	expect_queue(out[0], UINT64_MAX, 0, W * H * 3 / 2);
	expect_queue(out[1], UINT64_MAX, 0, W * H * 3 / 2);
	expect_queue(out[2], 7, 0, W * H * 3 / 2);
	assert_true(is_frame(fx_output(1), 2));
	assert_true(is_frame(fx_output(2), 1));
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
	FEED(90, 1, 'F', 1, 0, 0, 'D', 2, 0, 0);
	drain = submit(msg_new(0x103, 1, 8));
	expect_queue(out[0], 1, 0, W * H * 3 / 2);
	expect_queue(out[1], 1, 0, W * H * 3 / 2);
	assert_false(fx_is_answered(drain));
	expect_type(submit(msg_new(0x103, 1, 8)), ERR_OP);
	expect_type(FEED(90, 1, 'F', 1, 0, 0), ERR_OP);
	out[2] = fx_queue_output(3);
	expect_queue(out[2], 0, 2, 0);
	expect_type(drain, OK_NODATA);
	assert_int_equal(fx_wait(drain)->len, 8);
	assert_true(fx_order(out[2]) < fx_order(drain));
	/* References stay: no flush, and it goes on. */
	out[2] = fx_queue_output(3);
	FEED(90, 9, 'F', 3, 0, 0);
	expect_queue(out[2], 9, 0, W * H * 3 / 2);
	assert_int_equal(fake.n_flushes, 0);
	assert_int_equal(fake.n_drains, 1);
}

static void test_drain_before_anything(void **state)
{
	uint64_t drain, out;

	(void)state;
	fx_stream(NV12);
	fx_make_output(1);
	drain = submit(msg_new(0x103, 1, 8));
	assert_false(fx_is_answered(drain));
	out = fx_queue_output(1);
	expect_queue(out, 0, 2, 0);
	expect_type(drain, OK_NODATA);
}

static void test_clear_answers_a_pending_drain_first(void **state)
{
	uint64_t drain, out, clear, input;

	(void)state;
	fx_stream(NV12);
	fx_start(4, 4, 2);
	fx_make_output(1);
	fx_make_input(2);
	FEED(90, 1, 'F', 1, 0, 0);
	input = FEED(2, 44, 'F', 1, 0, 0);
	drain = submit(msg_new(0x103, 1, 8));
	assert_false(fx_is_answered(drain));
	clear = submit(msg_queue_type(0x107, 1, IN));
	expect_type(clear, OK_NODATA);
	expect_type(drain, ERR_OP);
	expect_queue(input, 44, 1, 0);
	assert_true(fx_order(drain) < fx_order(input));
	assert_true(fx_order(input) < fx_order(clear));
	/* The same for the other queue. */
	out = fx_queue_output(1);
	assert_false(fx_is_answered(out));
	FEED(90, 1, 'F', 1, 0, 0);
	expect_queue(out, 1, 0, W * H * 3 / 2);
	drain = submit(msg_new(0x103, 1, 8));
	assert_false(fx_is_answered(drain));
	clear = submit(msg_queue_type(0x107, 1, OUT));
	expect_type(drain, ERR_OP);
	assert_true(fx_order(drain) < fx_order(clear));
}

/* ---- Clear and destroy ---- */

static void test_clear_of_the_input_seeks(void **state)
{
	uint64_t out;

	(void)state;
	fx_stream(NV12);
	fx_start(4, 4, 2);
	fx_make_output(1);
	out = fx_queue_output(1);
	FEED(90, 1, 'F', 1, 0, 0);
	expect_queue(out, 1, 0, W * H * 3 / 2);
	/* This one waits for a resource. */
	expect_queue(FEED(90, 1, 'F', 1, 0, 0), 1, 0, 0);
	assert_int_equal(fx_do(msg_queue_type(0x107, 1, IN)), OK_NODATA);
	out = fx_queue_output(1);
	assert_false(fx_is_answered(out));
	assert_int_equal(fake.n_flushes, 1);
	FEED(90, 2, 'F', 2, 0, 0);
	expect_queue(out, 2, 0, W * H * 3 / 2);
	assert_true(is_frame(fx_output(1), 2));
}

static void test_clear_of_the_output_keeps_frames(void **state)
{
	uint64_t out[3], clear;

	(void)state;
	fx_stream(NV12);
	fx_start(4, 4, 2);
	for (uint32_t i = 0; i < 3; i++) {
		fx_make_output(i + 1);
		out[i] = fx_queue_output(i + 1);
	}
	clear = submit(msg_queue_type(0x107, 1, OUT));
	for (int i = 0; i < 3; i++) {
		expect_queue(out[i], 0, 1, 0);
		assert_true(fx_order(out[i]) < fx_order(clear));
		assert_true(i == 0 || fx_order(out[i - 1]) < fx_order(out[i]));
	}
	expect_type(clear, OK_NODATA);
	FEED(90, 4, 'F', 4, 0, 0);
	expect_queue(fx_queue_output(2), 4, 0, W * H * 3 / 2);
	assert_int_equal(fake.n_flushes, 0);
}

static void test_destroy_all_takes_one_queue(void **state)
{
	uint64_t out;

	(void)state;
	fx_stream(NV12);
	fx_start(4, 4, 2);
	fx_make_output(1);
	out = fx_queue_output(1);
	assert_int_equal(fx_do(msg_queue_type(0x106, 1, OUT)), OK_NODATA);
	expect_queue(out, 0, 1, 0);
	assert_int_equal(fx_do(msg_queue(1, OUT, 1, 0, 0)), ERR_RES);
	assert_int_equal(stats().resources, 1);
	fx_make_output(2);
	out = fx_queue_output(2);
	expect_queue(FEED(90, 4, 'F', 4, 0, 0), 4, 0, 0);
	expect_queue(out, 4, 0, W * H * 3 / 2);
}

static void test_destroy_answers_everything(void **state)
{
	uint64_t out, in, drain, destroy;

	(void)state;
	fx_stream(NV12);
	fx_start(4, 4, 2);
	fx_make_output(1);
	fx_make_input(2);
	out = fx_queue_output(1);
	FEED(90, 1, 'F', 1, 0, 0, 'F', 2, 0, 0);
	expect_queue(out, 1, 0, W * H * 3 / 2);
	in = FEED(2, 55, 'F', 3, 0, 0);
	drain = submit(msg_new(0x103, 1, 8));
	destroy = submit(msg_new(0x102, 1, 8));
	expect_type(destroy, OK_NODATA);
	expect_type(drain, ERR_OP);
	expect_queue(in, 55, 1, 0);
	assert_true(fx_order(in) < fx_order(destroy));
	assert_true(fx_order(drain) < fx_order(destroy));
	assert_int_equal(stats().resources, 0);
	assert_int_equal(stats().streams, 0);
	assert_int_equal(stats().pending, 0);
}

/* ---- Format ---- */

static void test_first_header_raises_one_event(void **state)
{
	uint64_t event = fx_post_event(), spare = fx_post_event(), input;
	const struct got *got;

	(void)state;
	fx_stream(NV12);
	fx_make_input(1);
	input = FEED(1, 1, 'S', 20, 15, 5 | 0x80);
	got = fx_wait(event);
	assert_int_equal(got->queue, VVD_QUEUE_EVENT);
	assert_int_equal(got->len, 8);
	assert_int_equal(get32(got->bytes, 0), 0x200);
	assert_int_equal(get32(got->bytes, 4), 1);
	expect_queue(input, 1, 0, 0);
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
	FEED(1, 1, 'S', 4, 4, 2, 'F', 1, 0, 0);
	fx_wait(event);
	/* A resource that fits is there, but the parameters were not read. */
	assert_false(fx_is_answered(out));
	fx_do(msg_queue_type(0x108, 1, IN));
	assert_false(fx_is_answered(out));
	assert_int_equal(fx_do(msg_queue_type(0x10d, 1, OUT)), 0x203);
	expect_queue(out, 1, 0, W * H * 3 / 2);
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
	FEED(90, 1, 'F', 1, 0, 0, 'S', 9, 9, 2, 'F', 2, 0, 0);
	expect_queue(old, 1, 0, W * H * 3 / 2);
	expect_type(event, 0x200);
	assert_true(fx_order(old) < fx_order(event));
	old = fx_queue_output(2);
	assert_int_equal(fx_do(msg_queue_type(0x108, 1, OUT)), 0x203);
	assert_false(fx_is_answered(old));
	assert_int_equal(fx_do(msg_queue_type(0x106, 1, OUT)), OK_NODATA);
	expect_queue(old, 0, 1, 0);
	fx_do(msg_resource(1, OUT, 9, 0x10000, 144 * 144 * 3 / 2 - 1));
	fx_do(msg_resource(1, OUT, 10, 0x20000, 144 * 144 * 3 / 2));
	big = fx_queue_output(9);
	assert_false(fx_is_answered(big));
	expect_queue(fx_queue_output(10), 1, 0, 144 * 144 * 3 / 2);
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
	FEED(90, 1, 'F', 1, 0, 0, 'S', 2, 2, 2, 'F', 2, 0, 0);
	expect_queue(out[0], 1, 0, W * H * 3 / 2);
	expect_type(event, 0x200);
	assert_int_equal(fx_do(msg_queue_type(0x108, 1, OUT)), 0x203);
	expect_queue(out[1], 1, 0, 32 * 32 * 3 / 2);
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
	FEED(90, 1, 'S', 4, 4, 2, 'F', 1, 0, 0);
	expect_queue(out, 1, 0, W * H * 3 / 2);
	assert_false(fx_is_answered(event));
	/* The visible rectangle and min_buffers count. */
	FEED(90, 1, 'S', 4, 4, 2 | 0x80);
	expect_type(event, 0x200);
	event = fx_post_event();
	fx_queue_output(1);
	fx_do(msg_queue_type(0x108, 1, OUT));
	FEED(90, 1, 'S', 4, 4, 3 | 0x80);
	expect_type(event, 0x200);
}

static void test_no_end_of_stream_before_params_are_read(void **state)
{
	uint64_t event = fx_post_event(), out, drain;

	(void)state;
	fx_stream(NV12);
	fx_make_input(1);
	fx_make_output(1);
	out = fx_queue_output(1);
	FEED(1, 1, 'S', 4, 4, 2);
	expect_type(event, 0x200);
	drain = submit(msg_new(0x103, 1, 8));
	assert_false(fx_is_answered(out));
	assert_false(fx_is_answered(drain));
	assert_int_equal(fx_do(msg_queue_type(0x108, 1, OUT)), 0x203);
	expect_queue(out, 0, 2, 0);
	expect_type(drain, OK_NODATA);
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
	FEED(90, 1, 'S', 8, 8, 2, 'F', 2, 0, 0);
	drain = submit(msg_new(0x103, 1, 8));
	expect_type(event, 0x200);
	/* As the driver does it. */
	fx_do(msg_queue_type(0x108, 1, OUT));
	fx_do(msg_queue_type(0x107, 1, OUT));
	fx_do(msg_queue_type(0x106, 1, OUT));
	fx_do(msg_resource(1, OUT, 1, 0x10000, 128 * 128 * 3 / 2));
	out = fx_queue_output(1);
	expect_queue(out, 1, 0, 128 * 128 * 3 / 2);
	assert_false(fx_is_answered(drain));
	expect_queue(fx_queue_output(1), 0, 2, 0);
	expect_type(drain, OK_NODATA);
}

/* ---- Events ---- */

static void test_events_wait_for_buffers(void **state)
{
	uint64_t event, spare;

	(void)state;
	fx_stream(NV12);
	fx_make_input(1);
	fx_make_output(1);
	FEED(1, 1, 'S', 4, 4, 2, 'S', 4, 5, 2, 'L', 0, 0, 0);
	fx_do(msg_queue_type(0x108, 1, OUT));
	while (get32(fx_call(msg_queue_type(0x108, 1, OUT))->bytes, 0) < 0x300) {
		fx_queue_output(1);
		fx.n_got = 0;
	}
	/* Two changes are one, and then the loss. */
	event = fx_post_event();
	expect_type(event, 0x200);
	event = fx_post_event();
	expect_type(event, 0x100);
	spare = fx_post_event();
	assert_false(fx_is_answered(spare));
	assert_true(stats().events == 2);
}

static void test_no_events_of_destroyed_streams(void **state)
{
	struct msg destroy = msg_new(0x102, 1, 8);
	uint64_t event, token;

	(void)state;
	/* It waits for a buffer. */
	fx_stream(NV12);
	fx_make_input(1);
	expect_queue(FEED(1, 1, 'S', 4, 4, 2), 1, 0, 0);
	fx_do(destroy);
	event = fx_post_event();
	assert_false(fx_is_answered(event));
	/* It has one that was not reaped yet: the buffer serves again. */
	fx_stream(NV12);
	fx_make_input(1);
	FEED(1, 1, 'S', 4, 4, 2, 'H', 0, 0, 0);
	while (stats().events == 0)
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	token = fx_submit(&destroy);
	assert_int_equal(stats().events, 0);
	expect_type(token, OK_NODATA);
	assert_false(fx_is_answered(event));
	fx_stream(NV12);
	fx_make_input(1);
	FEED(1, 1, 'S', 4, 4, 2);
	expect_type(event, 0x200);
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
	FEED(90, 1, 'L', 0, 0, 0, 'F', 0, 0, 0);
	drain = submit(msg_new(0x103, 1, 8));
	expect_type(event, 0x100);
	assert_int_equal(get32(fx_wait(event)->bytes, 4), 1);
	expect_type(drain, ERR_OP);
	expect_queue(out, 0, 1, 0);
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

/* ---- Hangs ---- */

static void hang_in_decoder(void)
{
	fx_stream(NV12);
	fx_start(4, 4, 2);
	fx_make_output(3);
	fx_queue_output(3);
	FEED(90, 1, 'H', 0, 0, 0);
	fake_wait_hang();
}

static void test_commands_are_answered_while_the_driver_hangs(void **state)
{
	(void)state;
	hang_in_decoder();
	assert_int_equal(fx_do(msg_queue_type(0x108, 1, OUT)), 0x203);
	assert_int_equal(fx_do(msg_queue_type(0x10b, 1, 2)), 0x205);
	assert_int_equal(fx_do(msg_queue_type(0x107, 1, IN)), OK_NODATA);
	fx_make_output(1);
	fx_queue_output(1);
	assert_int_equal(fx_do(msg_queue_type(0x107, 1, OUT)), OK_NODATA);
	assert_int_equal(fx_do(msg_queue_type(0x106, 1, OUT)), OK_NODATA);
	/* Another stream works. */
	assert_int_equal(fx_do(msg_create(2, H264)), OK_NODATA);
	assert_int_equal(fx_do(msg_new(0x102, 1, 8)), OK_NODATA);
	assert_int_equal(fx_do(msg_new(0x102, 2, 8)), OK_NODATA);
}

static void test_no_byte_is_written_after_the_answer(void **state)
{
	uint64_t out;

	(void)state;
	fx_stream(NV12);
	fx_start(4, 4, 2);
	fx_make_output(1);
	fx_make_output(2);
	memset(fx_output(1), 0xee, 0x8000);
	fake.hang_in_sync = true;
	out = fx_queue_output(1);
	FEED(90, 6, 'F', 6, 0, 0);
	fake_wait_hang();
	assert_int_equal(fx_do(msg_queue_type(0x107, 1, OUT)), OK_NODATA);
	expect_queue(out, 0, 1, 0);
	fake_unhang();
	/* The frame is kept for the next resource. */
	expect_queue(fx_queue_output(2), 6, 0, W * H * 3 / 2);
	assert_true(is_frame(fx_output(2), 6));
	for (int i = 0; i < 0x4000; i++)
		assert_int_equal(fx_output(1)[i], 0xee);
}

static void test_hung_threads_are_left_behind(void **state)
{
	struct vvd_device_options options = {
		.size_bytes = sizeof(options), .role = VVD_ROLE_DECODER, .limits = {.streams = 1}};

	(void)state;
	fx_open(&options);
	hang_in_decoder();
	assert_int_equal(fx_do(msg_new(0x102, 1, 8)), OK_NODATA);
	/* It takes the place of a stream as long as it hangs. */
	assert_int_equal(fx_do(msg_create(2, H264)), ERR_MEM);
	assert_int_equal(vvd_device_reset(fx.device), 0);
	assert_int_equal(stats().detached_engines, 1);
	assert_int_equal(fx_do(msg_create(2, H264)), OK_NODATA);
	fx.device = vvd_device_free(fx.device);
	/* Its own references keep what it needs. */
	assert_true(fake_get_live() > 0);
	fake_unhang();
	while (fake_get_live() > 0)
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

/* ---- Memory and reset ---- */

static void test_removed_regions_take_their_resources(void **state)
{
	static uint8_t other[0x4000];
	uint64_t here, there;

	(void)state;
	fx_stream(NV12);
	fx_start(4, 4, 2);
	assert_int_equal(vvd_device_add_region(fx.device, 0x10000, other, sizeof(other), -1), 0);
	fx_make_output(1);
	fx_do(msg_resource(1, OUT, 2, UINT64_C(0x10000) - GPA, sizeof(other)));
	here = fx_queue_output(1);
	there = fx_queue_output(2);
	assert_int_equal(vvd_device_remove_region(fx.device, 0x10001), -ENOENT);
	assert_int_equal(vvd_device_remove_region(fx.device, 0x10000), 0);
	expect_queue(there, 0, 1, 0);
	assert_int_equal(fx_do(msg_queue(1, OUT, 2, 0, 0)), ERR_RES);
	FEED(90, 1, 'F', 1, 0, 0);
	expect_queue(here, 1, 0, W * H * 3 / 2);
}

static void test_entries_may_lie_in_different_regions(void **state)
{
	static uint8_t other[W * H];
	struct msg create;
	uint64_t frame;

	(void)state;
	fx_stream(NV12);
	fx_start(4, 4, 2);
	vvd_device_add_region(fx.device, 0x10000, other, sizeof(other), -1);
	create = msg_resource(1, OUT, 1, 0x8000, 100);
	msg_put32(&create, 56, 3);
	msg_put64(&create, 104, 0x10000);
	msg_put32(&create, 112, sizeof(other));
	msg_put64(&create, 120, GPA + 0x9000);
	msg_put32(&create, 128, W * H);
	create.len = 88 + 48;
	assert_int_equal(fx_do(create), OK_NODATA);
	frame = fx_queue_output(1);
	FEED(90, 1, 'F', 1, 0, 0);
	expect_queue(frame, 1, 0, W * H * 3 / 2);
	assert_int_equal(other[0], fake_sample(1, 0, 100 % W, 100 / W));
	assert_int_equal(vvd_device_remove_region(fx.device, 0x10000), 0);
}

static void test_reset_at_any_moment(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		fx_stream(NV12);
		fx_post_event();
		fx_make_input(1);
		fx_make_output(1);
		fx_queue_output(1);
		FEED(1, 1, 'S', 4, 4, 2, 'F', 1, 0, 0, 'F', 2, 0, 0);
		if (i & 1)
			fx_do(msg_queue_type(0x108, 1, OUT));
		submit(msg_new(0x103, 1, 8));
		assert_int_equal(vvd_device_reset(fx.device), 0);
		fx.n_got = 0;
		assert_int_equal(stats().pending, 0);
		assert_int_equal(stats().streams, 0);
		assert_int_equal(fx_do(msg_new(0x102, 1, 8)), ERR_STREAM);
		assert_int_equal(vvd_device_set_features(fx.device, 3), 0);
		assert_int_equal(fake_get_live(), 1);
	}
}

static void test_displays_are_shared_when_asked(void **state)
{
	struct vvd_device_options options = {
		.size_bytes = sizeof(options), .role = VVD_ROLE_DECODER, .share_display = true};

	(void)state;
	fx_open(&options);
	fake.no_display = true;
	assert_int_equal(fx_do(msg_create(1, H264)), OK_NODATA);
	assert_int_equal(fx_do(msg_create(2, H264)), OK_NODATA);
	assert_int_equal(fake_get_live(), 1);
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
		TEST(test_clear_of_the_input_seeks),
		TEST(test_clear_of_the_output_keeps_frames),
		TEST(test_destroy_all_takes_one_queue),
		TEST(test_destroy_answers_everything),
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
		TEST(test_commands_are_answered_while_the_driver_hangs),
		TEST(test_no_byte_is_written_after_the_answer),
		TEST(test_hung_threads_are_left_behind),
		TEST(test_removed_regions_take_their_resources),
		TEST(test_entries_may_lie_in_different_regions),
		TEST(test_reset_at_any_moment),
		TEST(test_displays_are_shared_when_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
