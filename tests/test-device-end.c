/* SPDX-License-Identifier: MIT */
/*
 * test-device-end.c - clear, destroy, hangs, memory that goes, reset
 */
#include <errno.h>
#include <string.h>
#include <time.h>
#include "device-fixture.h"
#include "fake-vacodec.h"

/* ---- Clear and destroy ---- */

static void test_clear_of_the_input_seeks(void **state)
{
	uint64_t out;

	(void)state;
	fx_stream(NV12);
	fx_start(4, 4, 2);
	fx_make_output(1);
	out = fx_queue_output(1);
	FX_FEED(90, 1, 'F', 1, 0, 0);
	fx_expect_queue(out, 1, 0, FX_W * FX_H * 3 / 2);
	/* This one waits for a resource. */
	fx_expect_queue(FX_FEED(90, 1, 'F', 1, 0, 0), 1, 0, 0);
	assert_int_equal(fx_do(msg_queue_type(0x107, 1, IN)), OK_NODATA);
	out = fx_queue_output(1);
	assert_false(fx_is_answered(out));
	assert_int_equal(fake.n_flushes, 1);
	FX_FEED(90, 2, 'F', 2, 0, 0);
	fx_expect_queue(out, 2, 0, FX_W * FX_H * 3 / 2);
	assert_true(fx_is_frame(fx_output(1), 2));
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
	clear = fx_submit_msg(msg_queue_type(0x107, 1, OUT));
	for (int i = 0; i < 3; i++) {
		fx_expect_queue(out[i], 0, 1, 0);
		assert_true(fx_order(out[i]) < fx_order(clear));
		assert_true(i == 0 || fx_order(out[i - 1]) < fx_order(out[i]));
	}
	fx_expect_type(clear, OK_NODATA);
	FX_FEED(90, 4, 'F', 4, 0, 0);
	fx_expect_queue(fx_queue_output(2), 4, 0, FX_W * FX_H * 3 / 2);
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
	fx_expect_queue(out, 0, 1, 0);
	assert_int_equal(fx_do(msg_queue(1, OUT, 1, 0, 0)), ERR_RES);
	assert_int_equal(fx_stats().resources, 1);
	fx_make_output(2);
	out = fx_queue_output(2);
	fx_expect_queue(FX_FEED(90, 4, 'F', 4, 0, 0), 4, 0, 0);
	fx_expect_queue(out, 4, 0, FX_W * FX_H * 3 / 2);
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
	FX_FEED(90, 1, 'F', 1, 0, 0, 'F', 2, 0, 0);
	fx_expect_queue(out, 1, 0, FX_W * FX_H * 3 / 2);
	in = FX_FEED(2, 55, 'F', 3, 0, 0);
	drain = fx_submit_msg(msg_new(0x103, 1, 8));
	destroy = fx_submit_msg(msg_new(0x102, 1, 8));
	fx_expect_type(destroy, OK_NODATA);
	fx_expect_type(drain, ERR_OP);
	fx_expect_queue(in, 55, 1, 0);
	assert_true(fx_order(in) < fx_order(destroy));
	assert_true(fx_order(drain) < fx_order(destroy));
	assert_int_equal(fx_stats().resources, 0);
	assert_int_equal(fx_stats().streams, 0);
	assert_int_equal(fx_stats().pending, 0);
}

/* ---- Hangs ---- */

static void hang_in_decoder(void)
{
	fx_stream(NV12);
	fx_start(4, 4, 2);
	fx_make_output(3);
	fx_queue_output(3);
	FX_FEED(90, 1, 'H', 0, 0, 0);
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
	FX_FEED(90, 6, 'F', 6, 0, 0);
	fake_wait_hang();
	assert_int_equal(fx_do(msg_queue_type(0x107, 1, OUT)), OK_NODATA);
	fx_expect_queue(out, 0, 1, 0);
	fake_unhang();
	/* The frame is kept for the next resource. */
	fx_expect_queue(fx_queue_output(2), 6, 0, FX_W * FX_H * 3 / 2);
	assert_true(fx_is_frame(fx_output(2), 6));
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
	assert_int_equal(fx_stats().detached_engines, 1);
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
	fx_expect_queue(there, 0, 1, 0);
	assert_int_equal(fx_do(msg_queue(1, OUT, 2, 0, 0)), ERR_RES);
	FX_FEED(90, 1, 'F', 1, 0, 0);
	fx_expect_queue(here, 1, 0, FX_W * FX_H * 3 / 2);
}

static void test_entries_may_lie_in_different_regions(void **state)
{
	static uint8_t other[FX_W * FX_H];
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
	msg_put32(&create, 128, FX_W * FX_H);
	create.len = 88 + 48;
	assert_int_equal(fx_do(create), OK_NODATA);
	frame = fx_queue_output(1);
	FX_FEED(90, 1, 'F', 1, 0, 0);
	fx_expect_queue(frame, 1, 0, FX_W * FX_H * 3 / 2);
	assert_int_equal(other[0], fake_sample(1, 0, 100 % FX_W, 100 / FX_W));
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
		FX_FEED(1, 1, 'S', 4, 4, 2, 'F', 1, 0, 0, 'F', 2, 0, 0);
		if (i & 1)
			fx_do(msg_queue_type(0x108, 1, OUT));
		fx_submit_msg(msg_new(0x103, 1, 8));
		assert_int_equal(vvd_device_reset(fx.device), 0);
		fx.n_got = 0;
		assert_int_equal(fx_stats().pending, 0);
		assert_int_equal(fx_stats().streams, 0);
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
		TEST(test_clear_of_the_input_seeks),
		TEST(test_clear_of_the_output_keeps_frames),
		TEST(test_destroy_all_takes_one_queue),
		TEST(test_destroy_answers_everything),
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
