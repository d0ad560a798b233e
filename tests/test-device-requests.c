/* SPDX-License-Identifier: MIT */
/*
 * test-device-requests.c - resources, limits, and each way to get a request wrong
 */
#include <errno.h>
#include <string.h>
#include "device-fixture.h"
#include "fake-vacodec.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

/* ---- Resources ---- */

static void test_resource_create_checks_each_entry(void **state)
{
	struct msg msg;

	(void)state;
	fx_stream(NV12);
	assert_int_equal(fx_do(msg_resource(1, IN, 1, 0, RAM_SIZE)), OK_NODATA);
	assert_int_equal(fx_do(msg_resource(1, IN, 2, 1, RAM_SIZE)), ERR_PARAM);
	assert_int_equal(fx_do(msg_resource(1, IN, 2, RAM_SIZE, 1)), ERR_PARAM);
	assert_int_equal(fx_do(msg_resource(1, IN, 2, -1, 2)), ERR_PARAM);
	assert_int_equal(fx_do(msg_resource(1, IN, 2, 0, 0)), ERR_PARAM);
	msg = msg_resource(1, IN, 2, 0, 16);
	msg_put64(&msg, 88, UINT64_MAX - 3);
	assert_int_equal(fx_do(msg), ERR_PARAM);
	msg = msg_resource(1, IN, 2, 0, 16);
	msg_put32(&msg, 24, 16); /* the plane begins behind the end */
	assert_int_equal(fx_do(msg), ERR_PARAM);
	msg_put32(&msg, 24, 15);
	assert_int_equal(fx_do(msg), OK_NODATA);
	assert_int_equal(fx_do(msg_resource(1, 5, 2, 0, 16)), ERR_PARAM);
	assert_int_equal(fx_do(msg_resource(2, IN, 2, 0, 16)), ERR_STREAM);
}

static void test_resource_create_checks_planes(void **state)
{
	struct msg msg = msg_resource(1, OUT, 1, 0, 4096);

	(void)state;
	fx_stream(NV12);
	msg_put32(&msg, 20, 0);
	assert_int_equal(fx_do(msg), ERR_PARAM);
	msg_put32(&msg, 20, 9);
	assert_int_equal(fx_do(msg), ERR_PARAM);
	msg_put32(&msg, 20, UINT32_MAX);
	assert_int_equal(fx_do(msg), ERR_PARAM);
	msg_put32(&msg, 20, 1);
	msg_put32(&msg, 16, 3);
	assert_int_equal(fx_do(msg), ERR_PARAM);
	msg_put32(&msg, 16, 2);
	assert_int_equal(fx_do(msg), OK_NODATA);
	/* Layout 0 is what old drivers send. */
	msg_put32(&msg, 16, 0);
	assert_int_equal(fx_do(msg), OK_NODATA);
	/* Coded data has one plane. */
	msg = msg_resource(1, IN, 1, 0, 4096);
	msg_put32(&msg, 20, 2);
	assert_int_equal(fx_do(msg), ERR_PARAM);
	/* A plane without an entry of its own. */
	msg = msg_resource(1, OUT, 1, 0, 4096);
	msg_put32(&msg, 16, 2);
	msg_put32(&msg, 20, 2);
	assert_int_equal(fx_do(msg), ERR_PARAM);
}

static void test_resource_create_counts_entries(void **state)
{
	struct msg msg = msg_resource(1, OUT, 1, 0, 4096);

	(void)state;
	fx_stream(NV12);
	msg.len -= 1;
	assert_int_equal(fx_do(msg), ERR_PARAM);
	msg.len += 2;
	assert_int_equal(fx_do(msg), ERR_PARAM);
	msg.len -= 1;
	msg_put32(&msg, 56, 0);
	assert_int_equal(fx_do(msg), ERR_PARAM);
	msg_put32(&msg, 56, 4097);
	assert_int_equal(fx_do(msg), ERR_MEM);
	msg_put32(&msg, 56, UINT32_MAX);
	assert_int_equal(fx_do(msg), ERR_MEM);
	msg_put32(&msg, 56, 2);
	assert_int_equal(fx_do(msg), ERR_PARAM);
}

static void test_what_was_not_negotiated_is_refused(void **state)
{
	struct msg two = msg_resource(1, OUT, 1, 0, 4096);

	(void)state;
	fx_stream(NV12);
	msg_put32(&two, 56, 2);
	msg_put64(&two, 104, GPA + 8192);
	msg_put32(&two, 112, 4096);
	two.len = 88 + 32;
	assert_int_equal(fx_do(two), OK_NODATA);
	vvd_device_set_features(fx.device, VVD_FEATURE_RESOURCE_GUEST_PAGES);
	assert_int_equal(fx_do(two), ERR_PARAM);
	assert_int_equal(fx_do(msg_resource(1, OUT, 1, 0, 4096)), OK_NODATA);
	vvd_device_set_features(fx.device, 0);
	assert_int_equal(fx_do(msg_resource(1, OUT, 1, 0, 4096)), ERR_PARAM);
}

static void test_limits_are_out_of_memory(void **state)
{
	struct vvd_device_options options = {
		.size_bytes = sizeof(options),
		.role = VVD_ROLE_DECODER,
		.limits = {.streams = 2,
			   .resources_per_queue = 2,
			   .entries_per_resource = 1,
			   .resource_bytes = 10000,
			   .coded_buffer_bytes = 100},
	};
	struct msg msg = msg_resource(1, IN, 3, 0, 10);

	(void)state;
	fx_open(&options);
	fx_stream(NV12);
	assert_int_equal(fx_do(msg_create(2, H264)), OK_NODATA);
	assert_int_equal(fx_do(msg_create(3, H264)), ERR_MEM);
	assert_int_equal(fx_do(msg_new(0x102, 2, 8)), OK_NODATA);
	assert_int_equal(fx_do(msg_create(3, H264)), OK_NODATA);
	assert_int_equal(fx_do(msg_resource(1, IN, 1, 0, 10001)), ERR_MEM);
	assert_int_equal(fx_do(msg_resource(1, IN, 1, 0, 6000)), OK_NODATA);
	assert_int_equal(fx_do(msg_resource(1, OUT, 1, 0, 4001)), ERR_MEM);
	assert_int_equal(fx_do(msg_resource(1, IN, 2, 0, 4000)), OK_NODATA);
	assert_int_equal(fx_do(msg_resource(1, IN, 3, 0, 10)), ERR_MEM);
	/* One that takes another's place is counted without that; refused, it leaves the old one there. */
	assert_int_equal(fx_do(msg_resource(1, IN, 2, 0, 4001)), ERR_MEM);
	assert_int_equal(fx_do(msg_resource(1, IN, 1, 0, 6000)), OK_NODATA);
	assert_int_equal(fx_do(msg_queue(1, IN, 2, 0, 10)), 0x202);
	assert_int_equal(fx_do(msg_queue(1, IN, 1, 0, 101)), ERR_MEM);
	assert_int_equal(fx_do(msg_queue(1, IN, 1, 0, 100)), 0x202);
	msg_put32(&msg, 56, 2);
	assert_int_equal(fx_do(msg), ERR_MEM);
}

static void test_too_many_pending_commands(void **state)
{
	struct vvd_device_options options = {.size_bytes = sizeof(options),
					     .role = VVD_ROLE_DECODER,
					     .limits = {.pending_commands = 3}};
	struct msg msg = msg_create(2, H264);
	struct iovec iov = {msg.bytes, msg.len};

	(void)state;
	fx_open(&options);
	fx_stream(NV12);
	for (uint32_t id = 1; id <= 4; id++)
		fx_make_output(id);
	for (uint32_t id = 1; id <= 3; id++)
		assert_false(fx_is_answered(fx_queue_output(id)));
	assert_int_equal(fx_do(msg_queue(1, OUT, 4, 0, 0)), ERR_MEM);
	/* Nobody reaps: the device takes no more. */
	for (int i = 0; i < 3; i++)
		assert_int_equal(vvd_device_submit(fx.device, 1, &iov, 1, 8), 0);
	assert_int_equal(vvd_device_submit(fx.device, 1, &iov, 1, 8), -ENOMEM);
	for (int i = 0; i < 3; i++)
		assert_int_equal(vvd_device_post_event(fx.device, 1), 0);
	assert_int_equal(vvd_device_post_event(fx.device, 1), -ENOMEM);
}

static void test_resource_queue_errors_are_full_size(void **state)
{
	const uint32_t expected[] = {ERR_RES, 1, 0x89abcdef, 0x01234567, 1, 0};
	struct msg msg;

	(void)state;
	fx_stream(NV12);
	fx_expect_words(fx_call(msg_queue(1, IN, 4, UINT64_C(0x0123456789abcdef), 0)), expected,
			N(expected));
	assert_int_equal(fx_call(msg_queue(9, IN, 4, 0, 0))->len, 24);
	assert_int_equal(fx_do(msg_queue(1, 9, 4, 0, 0)), ERR_PARAM);
	fx_make_input(4);
	assert_int_equal(fx_do(msg_queue(1, IN, 4, 0, 4097)), ERR_PARAM);
	assert_int_equal(fx_do(msg_queue(1, OUT, 4, 0, 0)), ERR_RES);
	msg = msg_queue(1, IN, 4, 0, 16);
	msg_put32(&msg, 24, 0);
	assert_int_equal(fx_do(msg), ERR_PARAM);
	msg_put32(&msg, 24, 9);
	assert_int_equal(fx_do(msg), ERR_PARAM);
	msg.len = 60;
	assert_int_equal(fx_do(msg), ERR_PARAM);
	assert_int_equal(fx_do(msg_queue(1, IN, 4, 7, 0)), 0x202);
}

/* ---- Malformed ---- */

static const struct {
	uint32_t type;
	size_t min, max;
	uint32_t resp;
} shapes[] = {
	{0x100, 16, 16, 16},  {0x101, 88, 88, 8},   {0x102, 8, 8, 8},     {0x103, 8, 8, 8},
	{0x104, 88, 512, 8},  {0x105, 64, 64, 24},  {0x106, 16, 16, 8},   {0x107, 16, 16, 8},
	{0x108, 16, 16, 120}, {0x109, 120, 120, 8}, {0x10a, 16, 24, 16},  {0x10b, 16, 16, 16},
	{0x10c, 16, 24, 8},   {0x10d, 16, 16, 128}, {0x10e, 128, 128, 8},
};

static void test_every_length_is_answered_once(void **state)
{
	(void)state;
	fx_do(msg_create(1, H264));
	for (size_t i = 0; i < N(shapes); i++) {
		for (size_t len = 0; len <= 140; len++) {
			struct msg msg = msg_new(shapes[i].type, 1, len < 8 ? 8 : len);
			const struct got *got;

			if (shapes[i].type == 0x103 && len == 8)
				continue; /* pending, as it should be */
			msg.len = len;
			fx.n_got = 0;
			got = fx_call(msg);
			if (len < shapes[i].min || len > shapes[i].max)
				assert_true(get32(got->bytes, 0) >= 0x300);
			assert_int_equal(fx.n_got, 1);
			fx.n_got = 0;
			fx_do(msg_new(0x102, 1, 8));
			fx_do(msg_create(1, H264));
		}
	}
}

static void test_small_answer_areas_change_nothing(void **state)
{
	(void)state;
	fx_stream(NV12);
	fx_make_output(1);
	for (size_t i = 0; i < N(shapes); i++) {
		for (uint32_t cap = 0; cap < shapes[i].resp; cap++) {
			struct msg msg = msg_new(shapes[i].type, 1, shapes[i].min);
			const struct got *got;

			if (shapes[i].type == 0x105)
				msg = msg_queue(1, OUT, 1, 0, 0);
			else if (shapes[i].type == 0x10a)
				continue;
			fx.n_got = 0;
			got = fx_wait(fx_submit_cap(&msg, cap));
			assert_int_equal(got->len, cap < 8 ? cap : 8);
			if (cap >= 8)
				assert_true(get32(got->bytes, 0) >= 0x300);
		}
	}
	/* Neither destroyed nor queued. */
	assert_false(fx_is_answered(fx_queue_output(1)));
}

static void test_unknown_commands(void **state)
{
	(void)state;
	fx_do(msg_create(1, H264));
	assert_int_equal(fx_do(msg_new(0, 1, 64)), ERR_OP);
	assert_int_equal(fx_do(msg_new(0x10f, 1, 64)), ERR_OP);
	assert_int_equal(fx_do(msg_new(0xffffffff, 0xffffffff, 64)), ERR_OP);
	assert_int_equal(fx_do(msg_queue_type(0x107, 1, 3)), ERR_PARAM);
	assert_int_equal(fx_do(msg_queue_type(0x106, 1, 3)), ERR_PARAM);
}

static void test_huge_requests(void **state)
{
	struct msg head = msg_new(0x105, 1, 64);
	struct iovec iov[3] = {{head.bytes, 64}, {fx.ram, RAM_SIZE}, {fx.ram, RAM_SIZE}};

	(void)state;
	fx_do(msg_create(1, H264));
	assert_int_equal(vvd_device_submit(fx.device, 1, iov, 3, 512), 0);
	assert_int_equal(get32(fx_wait(1)->bytes, 0), ERR_PARAM);
	msg_put32(&head, 0, 0x104);
	assert_int_equal(vvd_device_submit(fx.device, 2, iov, 3, 512), 0);
	assert_true(get32(fx_wait(2)->bytes, 0) >= 0x300);
	assert_int_equal(vvd_device_submit(fx.device, 3, NULL, 0, 512), 0);
	assert_int_equal(get32(fx_wait(3)->bytes, 0), ERR_PARAM);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_resource_create_checks_each_entry),
		TEST(test_resource_create_checks_planes),
		TEST(test_resource_create_counts_entries),
		TEST(test_what_was_not_negotiated_is_refused),
		TEST(test_limits_are_out_of_memory),
		TEST(test_too_many_pending_commands),
		TEST(test_resource_queue_errors_are_full_size),
		TEST(test_every_length_is_answered_once),
		TEST(test_small_answer_areas_change_nothing),
		TEST(test_unknown_commands),
		TEST(test_huge_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
