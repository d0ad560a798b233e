/* SPDX-License-Identifier: MIT */
/*
 * test-device-commands.c - each command's answer, byte by byte
 */
#include <errno.h>
#include <string.h>
#include "device-fixture.h"
#include "fake-vacodec.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

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
	fx_expect_words(fx_call(msg_queue_type(0x100, 77, IN)), expected, N(expected));
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
	fx_expect_words(fx_call(msg_queue_type(0x100, 0, OUT)), expected, N(expected));
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
	fx_expect_words(fx_call(msg_create(5, H264)), ok, N(ok));
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
	fx_expect_words(fx_call(msg_queue_type(0x108, 1, IN)), in, N(in));
	fx_expect_words(fx_call(msg_queue_type(0x10d, 1, OUT)), out, N(out));
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
	fx_expect_words(fx_call(query_control(2, H264, 24)), profiles, N(profiles));
	fx_expect_words(fx_call(query_control(3, H264, 24)), levels, N(levels));
	assert_int_equal(fx_do(query_control(2, H264, 16)), ERR_PARAM);
	assert_int_equal(fx_do(query_control(2, 0x1005, 24)), ERR_PARAM);
	for (uint32_t control = 0; control < 9; control++) {
		if (control != 2 && control != 3)
			assert_int_equal(fx_do(query_control(control, H264, 16)), ERR_CTRL);
	}
}

/* Each codec in the protocol's order, and only profiles whose pictures have a raw format. */
static void test_all_codecs_have_their_numbers(void **state)
{
	static const struct {
		uint32_t format, n, values[4], n_levels;
	} rows[] = {
		{0x1003, 2, {0x200, 0x202}, 13}, {0x1004, 4, {0x300, 0x301, 0x302, 0x303}, 0},
		{0x1005, 1, {0x400}, 0},         {0x1000, 2, {0x500, 0x501}, 0},
		{0x1f00, 1, {0x1f00}, 0},
	};
	struct vvd_device_options options = {.size_bytes = sizeof(options),
					     .role = VVD_ROLE_DECODER};
	const struct got *got;

	(void)state;
	fake.all_codecs = true;
	for (uint32_t n = 4; n <= 5; n++) {
		options.offer_av1 = n == 5;
		fx_open(&options);
		got = fx_call(msg_queue_type(0x100, 0, IN));
		assert_int_equal(get32(got->bytes, 8), n);
		for (uint32_t i = 0; i < n; i++)
			assert_int_equal(get32(got->bytes, 16 + 80 * i + 8), rows[i].format);
		got = fx_call(msg_queue_type(0x100, 0, OUT));
		assert_true(get64(got->bytes, 16) == (UINT64_C(1) << n) - 1);
		/* The union of their sizes. */
		assert_int_equal(get32(got->bytes, 40), 1);
		assert_int_equal(get32(got->bytes, 44), 8192);
	}
	for (size_t i = 0; i < N(rows); i++) {
		got = fx_call(query_control(2, rows[i].format, 24));
		assert_int_equal(get32(got->bytes, 0), 0x204);
		assert_int_equal(get32(got->bytes, 8), rows[i].n);
		for (uint32_t k = 0; k < rows[i].n; k++)
			assert_int_equal(get32(got->bytes, 16 + 4 * k), rows[i].values[k]);
		got = fx_call(query_control(3, rows[i].format, 24));
		assert_int_equal(get32(got->bytes, 0), rows[i].n_levels ? 0x204 : ERR_CTRL);
		if (rows[i].n_levels)
			assert_int_equal(get32(got->bytes, 8), rows[i].n_levels);
		/* A stream has a level whatever it is: drivers ask all of them. */
		assert_int_equal(fx_do(msg_create(1, rows[i].format)), OK_NODATA);
		got = fx_call(msg_queue_type(0x10b, 1, 3));
		assert_int_equal(get32(got->bytes, 0), 0x205);
		assert_int_equal(get32(got->bytes, 8), rows[i].n_levels ? rows[i].values[0] : 0);
		assert_int_equal(fx_do(msg_new(0x102, 1, 8)), OK_NODATA);
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
	fx_expect_words(fx_call(msg_queue_type(0x10b, 1, 2)), before, N(before));
	fx_expect_words(fx_call(msg_queue_type(0x10b, 1, 3)), before, N(before));
	assert_int_equal(fx_do(msg_queue_type(0x10b, 1, 1)), ERR_CTRL);
	assert_int_equal(fx_do(msg_queue_type(0x10b, 2, 2)), ERR_STREAM);
	fx_start(4, 4, 2);
	fx_expect_words(fx_call(msg_queue_type(0x10b, 1, 2)), profile, N(profile));
	fx_expect_words(fx_call(msg_queue_type(0x10b, 1, 3)), level, N(level));
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
		TEST(test_all_codecs_have_their_numbers),
		TEST(test_query_control_without_room_for_the_values),
		TEST(test_get_control_before_and_after_the_header),
		TEST(test_set_control_is_for_encoders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
