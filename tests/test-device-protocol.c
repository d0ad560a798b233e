/* SPDX-License-Identifier: MIT */
/*
 * test-device-protocol.c - each command's answer, byte by byte, and each way to get it wrong
 */
#include <errno.h>
#include <string.h>
#include "device-fixture.h"
#include "fake-vacodec.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

static void expect_words(const struct got *got, const uint32_t *words, size_t n)
{
	assert_int_equal(got->len, 4 * n);
	for (size_t i = 0; i < n; i++) {
		if (get32(got->bytes, 4 * i) != words[i])
			fail_msg("word %zu: 0x%x, not 0x%x", i, get32(got->bytes, 4 * i), words[i]);
	}
}

/* ---- Device ---- */

static void test_new_refuses_what_it_cannot_do(void **state)
{
	struct vvd_device_options options = {.size_bytes = sizeof(options),
					     .role = VVD_ROLE_ENCODER};
	struct vvd_device *device;

	(void)state;
	assert_int_equal(vvd_device_new(&options, &device), -ENOTSUP);
	options.role = 1;
	assert_int_equal(vvd_device_new(&options, &device), -EINVAL);
	options.role = VVD_ROLE_DECODER;
	options.size_bytes = 8;
	assert_int_equal(vvd_device_new(&options, &device), -EINVAL);
	options.size_bytes = sizeof(options);
	options.device_name = "a name of more than thirty-one bytes";
	assert_int_equal(vvd_device_new(&options, &device), -EINVAL);
	options.device_name = NULL;
	fake.no_display = true;
	assert_int_equal(vvd_device_new(&options, &device), -ENODEV);
	assert_null(device);
}

static void test_default_opener_takes_device_and_driver(void **state)
{
	struct vvd_device_options options = {
		.size_bytes = sizeof(options), .role = VVD_ROLE_DECODER, .driver = "softva"};

	(void)state;
	fx_open(&options);
	assert_string_equal(fake.driver, "softva");
	assert_null(fake.path);
	options.device = "/dev/dri/renderD128";
	fx_open(&options);
	assert_string_equal(fake.driver, "softva");
	assert_string_equal(fake.path, "/dev/dri/renderD128");
}

static void test_config_space_at_any_offset(void **state)
{
	uint8_t whole[64], part[64];

	(void)state;
	memset(whole, 0xee, sizeof(whole));
	assert_int_equal(vvd_device_get_config(fx.device, 0, whole, 64), 0);
	assert_int_equal(get32(whole, 0), 0);
	assert_int_equal(get32(whole, 4), 8 + 8 + 2 * (24 + 40 + 16));
	assert_int_equal(get32(whole, 8), 128);
	assert_string_equal((char *)whole + 12, "vaapi");
	for (int i = 17; i < 64; i++)
		assert_int_equal(whole[i], 0);
	for (uint32_t offset = 0; offset < 64; offset++) {
		for (uint32_t size = 0; offset + size <= 64; size++) {
			memset(part, 0xee, sizeof(part));
			assert_int_equal(vvd_device_get_config(fx.device, offset, part, size), 0);
			assert_memory_equal(part, whole + offset, size);
			assert_int_equal(part[size % 64], size < 64 ? 0xee : whole[offset]);
		}
	}
	assert_int_equal(vvd_device_get_config(fx.device, UINT32_MAX, part, 8), 0);
	assert_int_equal(part[0] | part[7], 0);
}

static void test_features_are_those_offered(void **state)
{
	(void)state;
	assert_true(vvd_device_get_features(fx.device) == 3);
	assert_int_equal(vvd_device_set_features(fx.device, 4), -EINVAL);
	assert_int_equal(vvd_device_set_features(fx.device, UINT64_C(1) << 32), -EINVAL);
	assert_int_equal(vvd_device_set_features(fx.device, 0), 0);
}

static void test_reap_wants_room_for_any_answer(void **state)
{
	struct msg msg = msg_create(1, H264);
	struct vvd_done done;
	uint8_t buf[512];

	(void)state;
	assert_int_equal(vvd_device_reap(fx.device, &done, buf, sizeof(buf)), 0);
	fx_submit(&msg);
	assert_int_equal(
		vvd_device_reap(fx.device, &done, buf, vvd_device_get_max_resp(fx.device) - 1),
		-ENOSPC);
	assert_int_equal(vvd_device_reap(fx.device, &done, buf, sizeof(buf)), 1);
	assert_true(done.token == fx.next_token);
}

/* ---- Commands ---- */

static void test_query_capability_input(void **state)
{
	const uint32_t expected[] = {
		0x201, 77,   1,      0,        /* header, one description */
		3,     0,    0x1002, 1, 1,  1, /* mask, format, layout, align, frames */
		16,    4096, 1,      0, 16, 2304, 1, 0, 1, 0, /* widths, heights, one rate */
		1,     60,   1,      0,
	};

	(void)state;
	expect_words(fx_call(msg_queue_type(0x100, 77, IN)), expected, N(expected));
}

static void test_query_capability_output(void **state)
{
	const uint32_t expected[] = {
		0x201, 0,    2, 0, 1,  0,    NV12, 1, 1, 1, 16, 4096,   1, 0, 16,
		2304,  1,    0, 1, 0,  1,    60,   1, 0, 1, 0,  YUV420, 1, 1, 1,
		16,    4096, 1, 0, 16, 2304, 1,    0, 1, 0, 1,  60,     1, 0,
	};
	uint32_t config[2];

	(void)state;
	expect_words(fx_call(msg_queue_type(0x100, 0, OUT)), expected, N(expected));
	vvd_device_get_config(fx.device, 0, config, sizeof(config));
	assert_int_equal(config[1], sizeof(expected));
}

static void test_query_capability_is_never_cut(void **state)
{
	struct msg msg = msg_queue_type(0x100, 0, OUT);
	const struct got *got;

	(void)state;
	got = fx_wait(fx_submit_cap(&msg, 8 + 8 + 80 + 79));
	assert_int_equal(got->len, 8);
	assert_int_equal(get32(got->bytes, 0), ERR_PARAM);
	assert_int_equal(fx_do(msg_queue_type(0x100, 0, 0x102)), ERR_PARAM);
}

static void test_stream_create(void **state)
{
	const uint32_t ok[] = {OK_NODATA, 5};
	struct msg msg = msg_create(6, H264);

	(void)state;
	expect_words(fx_call(msg_create(5, H264)), ok, N(ok));
	assert_int_equal(fx_do(msg_create(5, H264)), ERR_STREAM);
	assert_int_equal(fx_do(msg_create(6, 0x1003)), ERR_PARAM);
	assert_int_equal(fx_do(msg_create(6, NV12)), ERR_PARAM);
	/* The driver says objects, negotiated or not. */
	msg_put32(&msg, 8, 1);
	msg_put32(&msg, 12, 1);
	assert_int_equal(fx_do(msg), OK_NODATA);
	assert_int_equal(fx_do(msg_resource(6, IN, 1, 0, 4096)), ERR_PARAM);
	msg = msg_create(7, H264);
	msg_put32(&msg, 8, 2);
	assert_int_equal(fx_do(msg), ERR_PARAM);
}

static void test_stream_create_without_a_display(void **state)
{
	(void)state;
	fake.no_display = true;
	assert_int_equal(fx_do(msg_create(1, H264)), ERR_OP);
	fake.no_display = false;
	assert_int_equal(fx_do(msg_create(1, H264)), OK_NODATA);
}

static void test_stream_destroy(void **state)
{
	(void)state;
	assert_int_equal(fx_do(msg_new(0x102, 5, 8)), ERR_STREAM);
	assert_int_equal(fx_do(msg_create(5, H264)), OK_NODATA);
	assert_int_equal(fx_do(msg_new(0x102, 5, 8)), OK_NODATA);
	assert_int_equal(fx_do(msg_new(0x102, 5, 8)), ERR_STREAM);
	assert_int_equal(fx_do(msg_create(5, H264)), OK_NODATA);
}

static void test_get_params_before_the_first_header(void **state)
{
	const uint32_t in[] = {0x203, 1, IN, H264, 640, 480, 1, 32, 0, 0, 640, 480, 30, 1, 1 << 20,
			       0,     0, 0,  0,    0,   0,   0, 0,  0, 0, 0,   0,   0,  0, 0};
	const uint32_t out[] = {
		0x203, 1, OUT, NV12, 640, 480, 1, 32, 0, 0, 640, 480, 30, 1, 640 * 480 * 3 / 2,
		640,   0, 0,   0,    0,   0,   0, 0,  0, 0, 0,   0,   0,  0, 0,
		0,     0};

	(void)state;
	fx_do(msg_create(1, H264));
	expect_words(fx_call(msg_queue_type(0x108, 1, IN)), in, N(in));
	expect_words(fx_call(msg_queue_type(0x10d, 1, OUT)), out, N(out));
}

static void test_get_params_errors_are_full_size(void **state)
{
	const struct got *got;

	(void)state;
	got = fx_call(msg_queue_type(0x108, 9, OUT));
	assert_int_equal(got->len, 120);
	assert_int_equal(get32(got->bytes, 0), ERR_STREAM);
	got = fx_call(msg_queue_type(0x10d, 9, OUT));
	assert_int_equal(got->len, 128);
	fx_do(msg_create(1, H264));
	got = fx_call(msg_queue_type(0x10d, 1, 0));
	assert_int_equal(get32(got->bytes, 0), ERR_PARAM);
	assert_int_equal(got->len, 128);
}

static struct msg set_params(uint32_t type, uint32_t queue, uint32_t format)
{
	struct msg msg = msg_queue_type(type, 1, queue);

	msg.len = type == 0x10e ? 128 : 120;
	msg_put32(&msg, 12, format);
	return msg;
}

static void test_set_params_adjusts(void **state)
{
	struct msg msg = set_params(0x109, OUT, YUV420);
	const struct got *got;

	(void)state;
	fx_do(msg_create(1, H264));
	msg_put32(&msg, 16, 100);
	msg_put32(&msg, 20, 99999);
	msg_put32(&msg, 52, 1);
	msg_put32(&msg, 60, 200);
	assert_int_equal(fx_do(msg), OK_NODATA);
	got = fx_call(msg_queue_type(0x108, 1, OUT));
	assert_int_equal(get32(got->bytes, 12), YUV420);
	assert_int_equal(get32(got->bytes, 16), 112);
	assert_int_equal(get32(got->bytes, 20), 2304);
	assert_int_equal(get32(got->bytes, 60), 200);
	/* Format 0 and unknown ones leave it. */
	assert_int_equal(fx_do(set_params(0x109, OUT, 0)), OK_NODATA);
	assert_int_equal(fx_do(set_params(0x109, OUT, 999)), OK_NODATA);
	assert_int_equal(fx_do(set_params(0x109, IN, NV12)), OK_NODATA);
	got = fx_call(msg_queue_type(0x108, 1, OUT));
	assert_int_equal(get32(got->bytes, 12), YUV420);
	got = fx_call(msg_queue_type(0x108, 1, IN));
	assert_int_equal(get32(got->bytes, 12), H264);
	assert_int_equal(fx_do(set_params(0x109, 7, 0)), ERR_PARAM);
}

static void test_set_params_ext_tells_the_memory_type(void **state)
{
	struct msg create = msg_create(1, H264), set = set_params(0x10e, IN, 0);
	const struct got *got;

	(void)state;
	msg_put32(&create, 8, 1);
	fx_do(create);
	assert_int_equal(fx_do(msg_resource(1, IN, 1, 0, 4096)), ERR_PARAM);
	assert_int_equal(fx_do(set), OK_NODATA);
	assert_int_equal(fx_do(msg_resource(1, IN, 1, 0, 4096)), OK_NODATA);
	msg_put32(&set, 120, 1);
	assert_int_equal(fx_do(set), OK_NODATA);
	got = fx_call(msg_queue_type(0x10d, 1, IN));
	assert_int_equal(get32(got->bytes, 120), 1);
}

static struct msg query_control(uint32_t control, uint32_t format, size_t len)
{
	struct msg msg = msg_queue_type(0x10a, 0, control);

	msg.len = len;
	msg_put32(&msg, 16, format);
	return msg;
}

static void test_query_control(void **state)
{
	const uint32_t profiles[] = {0x204, 0, 3, 0, 0x100, 0x101, 0x103};
	const uint32_t levels[] = {0x204, 0,     15,    0,     0x100, 0x101, 0x102,
				   0x103, 0x104, 0x105, 0x106, 0x107, 0x108, 0x109,
				   0x10a, 0x10b, 0x10c, 0x10d, 0x10e};

	(void)state;
	expect_words(fx_call(query_control(2, H264, 24)), profiles, N(profiles));
	expect_words(fx_call(query_control(3, H264, 24)), levels, N(levels));
	assert_int_equal(fx_do(query_control(2, H264, 16)), ERR_PARAM);
	assert_int_equal(fx_do(query_control(2, 0x1005, 24)), ERR_PARAM);
	for (uint32_t control = 0; control < 9; control++) {
		if (control != 2 && control != 3)
			assert_int_equal(fx_do(query_control(control, H264, 16)), ERR_CTRL);
	}
}

static void test_query_control_without_room_for_the_values(void **state)
{
	struct msg msg = query_control(3, H264, 24);
	const struct got *got = fx_wait(fx_submit_cap(&msg, 16 + 4 * 15 - 1));

	(void)state;
	assert_int_equal(get32(got->bytes, 0), ERR_PARAM);
	assert_int_equal(got->len, 8);
}

static void test_get_control_before_and_after_the_header(void **state)
{
	const uint32_t before[] = {0x205, 1, 0x100, 0}, profile[] = {0x205, 1, 0x103, 0};
	const uint32_t level[] = {0x205, 1, 0x10b, 0};

	(void)state;
	fx_stream(NV12);
	expect_words(fx_call(msg_queue_type(0x10b, 1, 2)), before, N(before));
	expect_words(fx_call(msg_queue_type(0x10b, 1, 3)), before, N(before));
	assert_int_equal(fx_do(msg_queue_type(0x10b, 1, 1)), ERR_CTRL);
	assert_int_equal(fx_do(msg_queue_type(0x10b, 2, 2)), ERR_STREAM);
	fx_start(4, 4, 2);
	expect_words(fx_call(msg_queue_type(0x10b, 1, 2)), profile, N(profile));
	expect_words(fx_call(msg_queue_type(0x10b, 1, 3)), level, N(level));
}

static void test_set_control_is_for_encoders(void **state)
{
	struct msg msg = msg_queue_type(0x10c, 1, 1);

	(void)state;
	fx_do(msg_create(1, H264));
	msg.len = 24;
	assert_int_equal(fx_do(msg), ERR_CTRL);
	msg.len = 16;
	assert_int_equal(fx_do(msg), ERR_CTRL);
}

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
	/* Replacing one makes no more of them. */
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
	expect_words(fx_call(msg_queue(1, IN, 4, UINT64_C(0x0123456789abcdef), 0)), expected,
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
		TEST(test_new_refuses_what_it_cannot_do),
		TEST(test_default_opener_takes_device_and_driver),
		TEST(test_config_space_at_any_offset),
		TEST(test_features_are_those_offered),
		TEST(test_reap_wants_room_for_any_answer),
		TEST(test_query_capability_input),
		TEST(test_query_capability_output),
		TEST(test_query_capability_is_never_cut),
		TEST(test_stream_create),
		TEST(test_stream_create_without_a_display),
		TEST(test_stream_destroy),
		TEST(test_get_params_before_the_first_header),
		TEST(test_get_params_errors_are_full_size),
		TEST(test_set_params_adjusts),
		TEST(test_set_params_ext_tells_the_memory_type),
		TEST(test_query_control),
		TEST(test_query_control_without_room_for_the_values),
		TEST(test_get_control_before_and_after_the_header),
		TEST(test_set_control_is_for_encoders),
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
