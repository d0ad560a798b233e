// SPDX-License-Identifier: MIT
/*
 * test-guest-wire.c - the wire structs have the protocol's sizes and offsets, and bytes are
 * little-endian; lists of capabilities are read within their bounds
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "guest/wire.h"

#define AT(type, field, offset)                                                                    \
	{                                                                                          \
#type "." #field, offsetof(struct type, field), offset                             \
	}
#define SIZE(type, size)                                                                           \
	{                                                                                          \
#type, sizeof(struct type), size                                                   \
	}

/* The numbers are the protocol's. */
static const struct {
	const char *what;
	size_t is, should;
} layout[] = {
	SIZE(wire_config, 44),
	AT(wire_config, max_caps_length, 4),
	AT(wire_config, max_resp_length, 8),
	AT(wire_config, device_name, 12),
	SIZE(wire_hdr, 8),
	AT(wire_hdr, stream_id, 4),
	SIZE(wire_queue_cmd, 16),
	AT(wire_queue_cmd, queue_type, 8),
	SIZE(wire_query_capability_resp, 16),
	AT(wire_query_capability_resp, num_descs, 8),
	SIZE(wire_format_desc, 24),
	AT(wire_format_desc, format, 8),
	AT(wire_format_desc, planes_layout, 12),
	AT(wire_format_desc, plane_align, 16),
	AT(wire_format_desc, num_frames, 20),
	SIZE(wire_format_frame, 40),
	AT(wire_format_frame, height, 16),
	AT(wire_format_frame, num_rates, 32),
	SIZE(wire_range, 16),
	AT(wire_range, max, 4),
	AT(wire_range, step, 8),
	SIZE(wire_stream_create, 88),
	AT(wire_stream_create, in_mem_type, 8),
	AT(wire_stream_create, out_mem_type, 12),
	AT(wire_stream_create, coded_format, 16),
	AT(wire_stream_create, tag, 24),
	SIZE(wire_resource_create, 88),
	AT(wire_resource_create, queue_type, 8),
	AT(wire_resource_create, resource_id, 12),
	AT(wire_resource_create, planes_layout, 16),
	AT(wire_resource_create, num_planes, 20),
	AT(wire_resource_create, plane_offsets, 24),
	AT(wire_resource_create, num_entries, 56),
	SIZE(wire_mem_entry, 16),
	AT(wire_mem_entry, length, 8),
	SIZE(wire_resource_queue, 64),
	AT(wire_resource_queue, queue_type, 8),
	AT(wire_resource_queue, resource_id, 12),
	AT(wire_resource_queue, timestamp, 16),
	AT(wire_resource_queue, num_data_sizes, 24),
	AT(wire_resource_queue, data_sizes, 28),
	AT(wire_resource_queue, pad, 60),
	SIZE(wire_resource_queue_resp, 24),
	AT(wire_resource_queue_resp, timestamp, 8),
	AT(wire_resource_queue_resp, flags, 16),
	AT(wire_resource_queue_resp, size, 20),
	SIZE(wire_params, 112),
	AT(wire_params, format, 4),
	AT(wire_params, frame_width, 8),
	AT(wire_params, frame_height, 12),
	AT(wire_params, min_buffers, 16),
	AT(wire_params, max_buffers, 20),
	AT(wire_params, crop, 24),
	AT(wire_params, crop.top, 28),
	AT(wire_params, crop.width, 32),
	AT(wire_params, crop.height, 36),
	AT(wire_params, frame_rate, 40),
	AT(wire_params, num_planes, 44),
	AT(wire_params, plane_formats, 48),
	AT(wire_params, plane_formats[0].stride, 52),
	SIZE(wire_params_ext, 120),
	AT(wire_params_ext, resource_type, 112),
	SIZE(wire_params_msg, 120),
	AT(wire_params_msg, params, 8),
	SIZE(wire_params_ext_msg, 128),
	AT(wire_params_ext_msg, params, 8),
	SIZE(wire_query_control, 24),
	AT(wire_query_control, control, 8),
	AT(wire_query_control, format, 16),
	SIZE(wire_query_control_resp, 16),
	AT(wire_query_control_resp, num, 8),
	SIZE(wire_get_control, 16),
	AT(wire_get_control, control, 8),
	SIZE(wire_get_control_resp, 16),
	AT(wire_get_control_resp, value, 8),
	SIZE(wire_set_control, 24),
	AT(wire_set_control, control, 8),
	AT(wire_set_control, value, 16),
	SIZE(wire_event, 8),
	AT(wire_event, stream_id, 4),
};

static const struct {
	uint32_t is, should;
} numbers[] = {
	{WIRE_QUERY_CAPABILITY, 0x100},
	{WIRE_STREAM_CREATE, 0x101},
	{WIRE_STREAM_DESTROY, 0x102},
	{WIRE_STREAM_DRAIN, 0x103},
	{WIRE_RESOURCE_CREATE, 0x104},
	{WIRE_RESOURCE_QUEUE, 0x105},
	{WIRE_RESOURCE_DESTROY_ALL, 0x106},
	{WIRE_QUEUE_CLEAR, 0x107},
	{WIRE_GET_PARAMS, 0x108},
	{WIRE_SET_PARAMS, 0x109},
	{WIRE_QUERY_CONTROL, 0x10a},
	{WIRE_GET_CONTROL, 0x10b},
	{WIRE_SET_CONTROL, 0x10c},
	{WIRE_GET_PARAMS_EXT, 0x10d},
	{WIRE_SET_PARAMS_EXT, 0x10e},
	{WIRE_OK_NODATA, 0x200},
	{WIRE_OK_GET_CONTROL, 0x205},
	{WIRE_ERR_INVALID_OPERATION, 0x300},
	{WIRE_ERR_UNSUPPORTED_CONTROL, 0x305},
	{WIRE_FORMAT_NV12, 3},
	{WIRE_FORMAT_H264, 0x1002},
	{WIRE_FORMAT_VP9, 0x1005},
	{WIRE_CONTROL_PROFILE, 2},
	{WIRE_CONTROL_LEVEL, 3},
};

static void test_layout_is_the_protocols(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(layout) / sizeof(layout[0]); i++)
		if (layout[i].is != layout[i].should)
			fail_msg("%s is %zu, not %zu", layout[i].what, layout[i].is,
				 layout[i].should);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		assert_int_equal(numbers[i].is, numbers[i].should);
}

static void test_numbers_are_little_endian(void **state)
{
	static const uint8_t bytes[] = {8, 7, 6, 5, 4, 3, 2, 1};
	struct le64 wire = guest_le64(UINT64_C(0x0102030405060708));
	struct le32 half = guest_le32(0xfffefdfc);

	(void)state;
	assert_memory_equal(&wire, bytes, sizeof(bytes));
	assert_true(guest_get64(wire) == UINT64_C(0x0102030405060708));
	assert_int_equal(half.b[0], 0xfc);
	assert_true(guest_get32(half) == 0xfffefdfc);
}

static void test_params_come_back_as_they_went(void **state)
{
	struct guest_params in, out;
	struct wire_params_ext wire;
	uint8_t *fill = (uint8_t *)&in;

	(void)state;
	for (size_t i = 0; i < sizeof(in); i++)
		fill[i] = (uint8_t)(i * 37 + 1);
	in.num_planes = 8;
	memset(&out, 0, sizeof(out));
	guest_wire_put_params(&wire, &in);
	assert_int_equal(guest_wire_get_params(&wire.base, &out), 0);
	assert_int_equal(guest_get32(wire.resource_type), in.resource_type);
	out.resource_type = in.resource_type;
	assert_memory_equal(&in, &out, sizeof(in));
	in.num_planes = 9;
	guest_wire_put_params(&wire, &in);
	assert_int_equal(guest_wire_get_params(&wire.base, &out), -EPROTO);
}

struct caps {
	struct wire_query_capability_resp head;
	struct wire_format_desc desc;
	struct wire_format_frame frame[2];
	struct wire_range rate;
};

static struct caps make_caps(void)
{
	struct caps caps = {
		.head.num_descs = guest_le32(1),
		.desc.mask = guest_le64(UINT64_C(1) << 40),
		.desc.format = guest_le32(WIRE_FORMAT_H264),
		.desc.num_frames = guest_le32(2),
		.frame[0].width = {guest_le32(16), guest_le32(1920), guest_le32(1), {{0}}},
		.frame[0].height = {guest_le32(32), guest_le32(1088), guest_le32(1), {{0}}},
		.frame[1].width = {guest_le32(8), guest_le32(64), guest_le32(1), {{0}}},
		.frame[1].height = {guest_le32(64), guest_le32(4096), guest_le32(1), {{0}}},
		.frame[1].num_rates = guest_le32(1),
	};

	return caps;
}

static void test_capabilities_are_read(void **state)
{
	struct caps caps = make_caps();
	struct guest_formats formats;

	(void)state;
	assert_int_equal(guest_wire_get_formats(&caps, sizeof(caps), &formats), 0);
	assert_int_equal(formats.n, 1);
	assert_int_equal(formats.desc[0].format, WIRE_FORMAT_H264);
	assert_true(formats.desc[0].mask == UINT64_C(1) << 40);
	assert_int_equal(formats.desc[0].min_width, 8);
	assert_int_equal(formats.desc[0].max_width, 1920);
	assert_int_equal(formats.desc[0].min_height, 32);
	assert_int_equal(formats.desc[0].max_height, 4096);
}

static void test_cut_capabilities_are_refused(void **state)
{
	struct caps caps = make_caps();
	struct guest_formats formats;

	(void)state;
	for (size_t n = 0; n < sizeof(caps); n++) {
		void *exact = malloc(n + !n);

		memcpy(exact, &caps, n);
		assert_int_equal(guest_wire_get_formats(exact, n, &formats), -EPROTO);
		assert_int_equal(formats.n, 0);
		free(exact);
	}
	caps.head.num_descs = guest_le32(GUEST_MAX_FORMATS + 1);
	assert_int_equal(guest_wire_get_formats(&caps, sizeof(caps), &formats), -EPROTO);
	caps = make_caps();
	caps.desc.num_frames = guest_le32(UINT32_MAX);
	assert_int_equal(guest_wire_get_formats(&caps, sizeof(caps), &formats), -EPROTO);
}

static void test_names_are_known(void **state)
{
	(void)state;
	assert_string_equal(guest_wire_name(0x105), "RESOURCE_QUEUE");
	assert_string_equal(guest_wire_name(0x304), "INVALID_PARAMETER");
	assert_string_equal(guest_wire_name(0x999), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout_is_the_protocols),
		cmocka_unit_test(test_numbers_are_little_endian),
		cmocka_unit_test(test_params_come_back_as_they_went),
		cmocka_unit_test(test_capabilities_are_read),
		cmocka_unit_test(test_cut_capabilities_are_refused),
		cmocka_unit_test(test_names_are_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
