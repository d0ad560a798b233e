/* SPDX-License-Identifier: MIT */
/*
 * test-wire.c - readers, writers, errors, memory, params and cursors, without a device
 */
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "virtio-video/memory.h"
#include "virtio-video/params.h"
#include "virtio-video/resource.h"
#include "virtio-video/wire.h"

static void test_reader_is_sticky(void **state)
{
	uint8_t data[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
	struct wire r;

	(void)state;
	wire_init(&r, data, sizeof(data));
	assert_int_equal(wire_u32(&r), 0x04030201);
	assert_int_equal(wire_u32(&r), 0x08070605);
	assert_int_equal(r.err, 0);
	assert_int_equal(wire_u32(&r), 0);
	assert_int_equal(r.err, -EINVAL);
	wire_skip(&r, 1);
	assert_int_equal(r.pos, 8);
	wire_init(&r, data, sizeof(data));
	assert_true(wire_u64(&r) == UINT64_C(0x0807060504030201));
	assert_true(wire_u64(&r) == 0);
	assert_int_equal(r.err, -EINVAL);
}

static void test_writer_is_sticky(void **state)
{
	const uint8_t expected[] = {4, 3, 2, 1, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0xee};
	uint8_t data[15];
	struct wire w;

	(void)state;
	memset(data, 0xee, sizeof(data));
	wire_init(&w, data, sizeof(data));
	wire_put_u32(&w, 0x01020304);
	wire_put_u64(&w, UINT64_C(0x0102030405060708));
	wire_put_zeros(&w, 2);
	assert_int_equal(w.err, 0);
	assert_memory_equal(data, expected, sizeof(data));
	wire_put_u32(&w, 1);
	assert_int_equal(w.err, -EINVAL);
	wire_put_zeros(&w, 1);
	assert_memory_equal(data, expected, sizeof(data));
}

static void test_errors_have_their_codes(void **state)
{
	(void)state;
	assert_int_equal(wire_code(-ENOMEM), 0x301);
	assert_int_equal(wire_code(-ENOSPC), 0x301);
	assert_int_equal(wire_code(-ESRCH), 0x302);
	assert_int_equal(wire_code(-EEXIST), 0x302);
	assert_int_equal(wire_code(-ENOENT), 0x303);
	assert_int_equal(wire_code(-EINVAL), 0x304);
	assert_int_equal(wire_code(-EFAULT), 0x304);
	assert_int_equal(wire_code(-ENOTSUP), 0x305);
	assert_int_equal(wire_code(-EPERM), 0x300);
	assert_int_equal(wire_code(-EIO), 0x300);
}

static void test_memory_maps_within_one_region(void **state)
{
	static uint8_t a[0x2000], b[0x1000];
	static struct memory memory;
	struct iovec iov;

	(void)state;
	memory.n = 0;
	assert_int_equal(memory_add(&memory, &(struct memory_region){0x3000, b, 0x1000, false}), 0);
	assert_int_equal(memory_add(&memory, &(struct memory_region){0x1000, a, 0x2000, false}), 0);
	assert_int_equal(memory_add(&memory, &(struct memory_region){0x2fff, a, 1, false}),
			 -EEXIST);
	assert_int_equal(memory_add(&memory, &(struct memory_region){0xfff, a, 2, false}), -EEXIST);
	assert_int_equal(memory_add(&memory, &(struct memory_region){0x9000, a, 0, false}),
			 -EINVAL);
	assert_int_equal(memory_add(&memory, &(struct memory_region){UINT64_MAX, a, 2, false}),
			 -EINVAL);
	assert_int_equal(memory_map(&memory, 0x1001, 0x1fff, &iov), 0);
	assert_ptr_equal(iov.iov_base, a + 1);
	assert_int_equal(memory_map(&memory, 0x2fff, 2, &iov), -EFAULT);
	assert_int_equal(memory_map(&memory, 0xfff, 1, &iov), -EFAULT);
	assert_int_equal(memory_map(&memory, 0x4000, 1, &iov), -EFAULT);
	assert_int_equal(memory_map(&memory, 0x3000, 0, &iov), -EINVAL);
	assert_int_equal(memory_map(&memory, 0x3800, UINT64_MAX, &iov), -EINVAL);
	assert_int_equal(memory_remove(&memory, 0x1001), -ENOENT);
	assert_int_equal(memory_remove(&memory, 0x1000), 0);
	assert_int_equal(memory_map(&memory, 0x1000, 1, &iov), -EFAULT);
	assert_int_equal(memory_map(&memory, 0x3fff, 1, &iov), 0);
	assert_ptr_equal(iov.iov_base, b + 0xfff);
}

static void test_memory_has_room_for_512_regions(void **state)
{
	static uint8_t byte;
	static struct memory memory;

	(void)state;
	memory.n = 0;
	for (uint64_t i = 0; i < 512; i++)
		assert_int_equal(
			memory_add(&memory, &(struct memory_region){2 * i, &byte, 1, false}), 0);
	assert_int_equal(memory_add(&memory, &(struct memory_region){4096, &byte, 1, false}),
			 -ENOSPC);
}

static const struct params_bounds bounds = {16, 16, 1920, 1088, 32, 1 << 20};

static void test_params_adjust_and_never_refuse(void **state)
{
	struct params params, asked = {.width = 100000, .height = 1};
	struct params_format none = {0};

	(void)state;
	params_init(&params, VIRTIO_VIDEO_QUEUE_TYPE_OUTPUT, VIRTIO_VIDEO_FORMAT_NV12, &bounds);
	assert_int_equal(params.min_buffers, 1);
	params_set(&params, &asked, &bounds, &none);
	assert_int_equal(params.width, 1920);
	assert_int_equal(params.height, 16);
	assert_int_equal(params.planes[0].stride_bytes, 1920);
	assert_int_equal(params.planes[0].size_bytes, 1920 * 16 * 3 / 2);
	asked = (struct params){.width = 321, .height = 241, .num_planes = 1};
	asked.planes[0].stride_bytes = 401;
	params_set(&params, &asked, &bounds, &none);
	assert_int_equal(params.width, 336);
	assert_int_equal(params.height, 256);
	assert_int_equal(params.planes[0].stride_bytes, 402);
	asked.planes[0].stride_bytes = UINT32_MAX;
	asked.frame_rate = UINT32_MAX;
	params_set(&params, &asked, &bounds, &none);
	assert_int_equal(params.planes[0].stride_bytes, 32768);
	assert_int_equal(params.frame_rate, 1000);
	/* Longer planes than the picture needs are possible, shorter ones are not. */
	asked.planes[0].stride_bytes = 336;
	asked.planes[0].size_bytes = 336 * 256 * 3 / 2 + 4097;
	params_set(&params, &asked, &bounds, &none);
	assert_int_equal(params.planes[0].size_bytes, 336 * 256 * 3 / 2 + 4097);
	asked.planes[0].size_bytes = 100;
	params_set(&params, &asked, &bounds, &none);
	assert_int_equal(params.planes[0].size_bytes, 336 * 256 * 3 / 2);
	asked.planes[0].size_bytes = UINT32_MAX;
	params_set(&params, &asked, &bounds, &none);
	assert_int_equal(params.planes[0].size_bytes, 1 << 30);
}

static void test_params_follow_the_stream(void **state)
{
	struct params params, asked = {.width = 640, .height = 480};
	struct params_format format = {true, 176, 144, {0, 0, 170, 144}, 8, 40, 0, 0, 25};

	(void)state;
	params_init(&params, VIRTIO_VIDEO_QUEUE_TYPE_OUTPUT, VIRTIO_VIDEO_FORMAT_YUV420, &bounds);
	params_apply(&params, &format, &bounds);
	assert_int_equal(params.min_buffers, 32);
	params_set(&params, &asked, &bounds, &format);
	assert_int_equal(params.width, 176);
	assert_int_equal(params.crop.width, 170);
	assert_int_equal(params.frame_rate, 25);
}

static void test_coded_buffers_are_bounded(void **state)
{
	struct params params, asked = {.num_planes = 1};
	struct params_format none = {0};

	(void)state;
	params_init(&params, VIRTIO_VIDEO_QUEUE_TYPE_INPUT, VIRTIO_VIDEO_FORMAT_H264, &bounds);
	assert_int_equal(params.planes[0].size_bytes, 1 << 20);
	asked.planes[0].size_bytes = UINT32_MAX;
	params_set(&params, &asked, &bounds, &none);
	assert_int_equal(params.planes[0].size_bytes, 1 << 20);
	asked.planes[0].size_bytes = 1;
	params_set(&params, &asked, &bounds, &none);
	assert_int_equal(params.planes[0].size_bytes, 65536);
}

static void test_params_dialects_differ_by_the_tail(void **state)
{
	struct params in = {.queue_type = 0x101, .format = 3, .width = 5, .mem_type = 1}, out;
	uint8_t bytes[120];
	struct wire w, r;

	(void)state;
	wire_init(&w, bytes, sizeof(bytes));
	params_write(&w, true, &in);
	assert_int_equal(w.pos, 120);
	wire_init(&r, bytes, sizeof(bytes));
	assert_int_equal(wire_u32(&r), in.queue_type);
	params_read(&r, true, &out);
	assert_int_equal(r.pos, 120);
	assert_int_equal(r.err, 0);
	out.queue_type = in.queue_type;
	assert_memory_equal(&in, &out, sizeof(in));
	wire_init(&r, bytes, sizeof(bytes));
	wire_skip(&r, 4);
	params_read(&r, false, &out);
	assert_int_equal(r.pos, 112);
	assert_int_equal(out.mem_type, 0);
}

static void test_cursor_crosses_pieces(void **state)
{
	uint8_t a[] = {'a', 'b', 'c'}, b[] = {'d'}, c[] = {'e', 'f', 'g', 'h'}, out[6];
	struct resource *resource = calloc(1, sizeof(*resource) + 3 * sizeof(struct iovec));
	struct resource_cursor cursor;
	size_t n = 10;

	(void)state;
	atomic_init(&resource->refs, 1);
	resource->n_pieces = 3;
	resource->pieces[0] = (struct iovec){a, 3};
	resource->pieces[1] = (struct iovec){b, 1};
	resource->pieces[2] = (struct iovec){c, 4};
	resource->planes[0] = (struct resource_plane){1, 0, 3, 8};
	resource_read(resource, out, 6);
	assert_memory_equal(out, "bcdefg", 6);
	resource_cursor_init(&cursor, resource, 0);
	assert_ptr_equal(resource_cursor_at(&cursor, 2, &n), a + 2);
	assert_int_equal(n, 1);
	n = 10;
	assert_ptr_equal(resource_cursor_at(&cursor, 7, &n), c + 3);
	assert_int_equal(n, 1);
	n = 10;
	assert_null(resource_cursor_at(&cursor, 8, &n));
	assert_false(resource_touches(resource, b + 1, 0));
	assert_true(resource_touches(resource, b, 1));
	resource_unref(resource);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reader_is_sticky),
		cmocka_unit_test(test_writer_is_sticky),
		cmocka_unit_test(test_errors_have_their_codes),
		cmocka_unit_test(test_memory_maps_within_one_region),
		cmocka_unit_test(test_memory_has_room_for_512_regions),
		cmocka_unit_test(test_params_adjust_and_never_refuse),
		cmocka_unit_test(test_params_follow_the_stream),
		cmocka_unit_test(test_coded_buffers_are_bounded),
		cmocka_unit_test(test_params_dialects_differ_by_the_tail),
		cmocka_unit_test(test_cursor_crosses_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
