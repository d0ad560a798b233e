/* SPDX-License-Identifier: MIT */
/*
 * test-device-objects.c - virtio objects as resources: imported once, written by the driver
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include "device-fixture.h"
#include "fake-vacodec.h"

#define PICTURE    (64 * 64 * 3 / 2)
#define SIZE       0x4000u
#define N          5
#define MAY_SHRINK 4
#define FEATURES   7u

static struct {
	int fds[N];
	uint8_t *maps[N];
	unsigned int n_calls;
	int result; /* of the callback, when not 0 */
} objects;

static int get_object(void *cookie, const uint8_t uuid[16], int *fd)
{
	assert_ptr_equal(cookie, &objects);
	objects.n_calls++;
	if (objects.result)
		return objects.result;
	for (int i = 1; i < 15; i++)
		assert_int_equal(uuid[i], i);
	if (uuid[0] >= N)
		return -ENOENT;
	*fd = fcntl(objects.fds[uuid[0]], F_DUPFD_CLOEXEC, 0);
	return *fd < 0 ? -errno : 0;
}

static int setup(void **state)
{
	struct vvd_device_options options = {.size_bytes = sizeof(options),
					     .role = VVD_ROLE_DECODER,
					     .get_object = get_object,
					     .get_object_cookie = &objects,
					     .hang_ms = 600000};

	fx_setup(state);
	for (int i = 0; i < N; i++) {
		objects.fds[i] = memfd_create("object", MFD_CLOEXEC | MFD_ALLOW_SEALING);
		assert_int_equal(ftruncate(objects.fds[i], SIZE), 0);
		/* A driver is given only what keeps its size. */
		if (i != MAY_SHRINK)
			assert_int_equal(fcntl(objects.fds[i], F_ADD_SEALS, F_SEAL_SHRINK), 0);
		objects.maps[i] =
			mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, objects.fds[i], 0);
		memset(objects.maps[i], 0xee, SIZE);
	}
	objects.n_calls = 0;
	objects.result = 0;
	fx_open(&options);
	return 0;
}

static int teardown(void **state)
{
	fx_teardown(state);
	for (int i = 0; i < N; i++) {
		munmap(objects.maps[i], SIZE);
		close(objects.fds[i]);
	}
	return 0;
}

/* SET_PARAMS_EXT with resource_type. */
static void use_objects(uint32_t queue, uint32_t format)
{
	struct msg set = msg_queue_type(0x10e, 1, queue);

	set.len = 128;
	msg_put32(&set, 12, format);
	msg_put32(&set, 120, 1);
	assert_int_equal(fx_do(set), OK_NODATA);
}

static struct msg msg_object(uint32_t queue, uint32_t id, uint8_t object)
{
	struct msg msg = msg_resource(1, queue, id, 0, 0);

	msg.bytes[88] = object;
	for (uint8_t i = 1; i < 16; i++)
		msg.bytes[88 + i] = i;
	return msg;
}

static void start(uint32_t format)
{
	fx_stream(format);
	fx_start(4, 4, 2);
	use_objects(OUT, format);
}

static uint64_t feed(uint8_t value)
{
	return fx_feed(90, 7, (const char[]){'F', (char)value, 0, 0}, 4);
}

static void expect(uint64_t token, uint32_t flags, uint32_t size)
{
	const struct got *got = fx_wait(token);

	assert_int_equal(get32(got->bytes, 0), 0x202);
	assert_int_equal(get32(got->bytes, 16), flags);
	assert_int_equal(get32(got->bytes, 20), size);
}

static bool shows(const uint8_t *at, uint8_t value)
{
	for (unsigned int y = 0; y < 64; y++) {
		for (unsigned int x = 0; x < 64; x++) {
			if (at[y * 64 + x] != fake_sample(value, 0, x, y) ||
			    at[4096 + y / 2 * 64 + x] !=
				    fake_sample(value, 1 + x % 2, x / 2, y / 2))
				return false;
		}
	}
	return true;
}

static bool is_untouched(const uint8_t *at)
{
	for (unsigned int i = 0; i < SIZE; i++) {
		if (at[i] != 0xee)
			return false;
	}
	return true;
}

static struct vvd_stats stats(void)
{
	struct vvd_stats stats = {.size_bytes = sizeof(stats)};

	vvd_device_get_stats(fx.device, &stats);
	return stats;
}

static void land(uint32_t id, uint8_t value)
{
	uint64_t out = fx_queue_output(id);

	feed(value);
	expect(out, 0, PICTURE);
}

static void test_the_driver_copies_and_we_do_not(void **state)
{
	(void)state;
	assert_int_equal(vvd_device_get_features(fx.device), FEATURES);
	start(NV12);
	assert_int_equal(fx_do(msg_object(OUT, 1, 0)), OK_NODATA);
	assert_int_equal(fx_do(msg_object(OUT, 2, 1)), OK_NODATA);
	for (uint8_t i = 0; i < 6; i++) {
		land(1 + i % 2, i);
		assert_true(shows(objects.maps[i % 2], i));
	}
	/* Each was asked for and imported once. */
	assert_int_equal(objects.n_calls, 2);
	assert_int_equal(fake.n_imports, 2);
	assert_int_equal(fake.n_copies, 6);
	assert_true(stats().frames == 6 && stats().copied_bytes == 0);
	assert_true(stats().driver_copied_bytes == 6 * PICTURE);
}

/* Where the driver does not, the CPU does; for the other format it always does. */
static void check_by_cpu(uint32_t format)
{
	start(format);
	assert_int_equal(fx_do(msg_object(OUT, 1, 0)), OK_NODATA);
	land(1, 3);
	land(1, 4);
	if (format == NV12)
		assert_true(shows(objects.maps[0], 4));
	else
		assert_int_equal(objects.maps[0][64 * 64 + 1], fake_sample(4, 1, 1, 0));
	assert_int_equal(fake.n_copies, 0);
	assert_true(stats().copied_bytes == 2 * PICTURE);
}

static void test_without_import(void **state)
{
	(void)state;
	fake.no_import = true;
	check_by_cpu(NV12);
	/* It is not tried again and again. */
	assert_int_equal(fake.n_imports, 1);
}

static void test_without_copies_of_the_driver(void **state)
{
	(void)state;
	fake.no_copy = true;
	check_by_cpu(NV12);
}

static void test_planar_pictures(void **state)
{
	(void)state;
	check_by_cpu(YUV420);
}

static void test_bitstream_in_objects(void **state)
{
	struct msg queue = msg_queue(1, IN, 1, 9, 4);
	uint64_t out;

	(void)state;
	start(NV12);
	use_objects(IN, H264);
	assert_int_equal(fx_do(msg_object(IN, 1, 2)), OK_NODATA);
	assert_int_equal(fx_do(msg_object(OUT, 2, 0)), OK_NODATA);
	out = fx_queue_output(2);
	memcpy(objects.maps[2], "F\5\0\0", 4);
	fx_submit(&queue);
	expect(out, 0, PICTURE);
	assert_true(shows(objects.maps[0], 5));
}

static void test_refusals(void **state)
{
	struct msg msg = msg_object(OUT, 1, 0);

	(void)state;
	start(NV12);
	assert_int_equal(fx_do(msg_object(OUT, 1, 77)), ERR_RES);
	objects.result = -ENOENT;
	assert_int_equal(fx_do(msg), ERR_RES);
	objects.result = 1;
	assert_int_equal(fx_do(msg), ERR_PARAM);
	objects.result = 0;
	msg_put32(&msg, 56, 2);
	assert_int_equal(fx_do(msg), ERR_PARAM);
	/* An empty one, and one of a size that no plane fits into. */
	assert_int_equal(ftruncate(objects.fds[MAY_SHRINK], 0), 0);
	assert_int_equal(fx_do(msg_object(OUT, 1, MAY_SHRINK)), ERR_PARAM);
	assert_int_equal(stats().resources, 1);
	/* Not negotiated. */
	assert_int_equal(vvd_device_set_features(fx.device, 3), 0);
	assert_int_equal(fx_do(msg_object(OUT, 1, 0)), ERR_PARAM);
	/* No callback: not offered. */
	fx_open(&(struct vvd_device_options){.size_bytes = sizeof(struct vvd_device_options),
					     .role = VVD_ROLE_DECODER});
	assert_int_equal(vvd_device_get_features(fx.device), 3);
	assert_int_equal(vvd_device_set_features(fx.device, FEATURES), -EINVAL);
	start(NV12);
	assert_int_equal(fx_do(msg_object(OUT, 1, 0)), ERR_PARAM);
}

static void test_a_new_object_for_an_old_id(void **state)
{
	uint64_t out;

	(void)state;
	start(NV12);
	assert_int_equal(fx_do(msg_object(OUT, 1, 0)), OK_NODATA);
	land(1, 3);
	out = fx_queue_output(1);
	assert_int_equal(fx_do(msg_object(OUT, 1, 1)), OK_NODATA);
	expect(out, 1, 0);
	land(1, 4);
	assert_true(shows(objects.maps[0], 3));
	assert_true(shows(objects.maps[1], 4));
	assert_int_equal(fx_do(msg_queue_type(0x106, 1, OUT)), OK_NODATA);
	assert_int_equal(fx_do(msg_new(0x102, 1, 8)), OK_NODATA);
}

/* Hang a picture, clear, let the guest reuse the memory, release the picture: it is intact. */
static void test_nothing_is_written_after_the_answer(void **state)
{
	uint64_t out;

	(void)state;
	start(NV12);
	assert_int_equal(fx_do(msg_object(OUT, 1, 0)), OK_NODATA);
	assert_int_equal(fx_do(msg_object(OUT, 2, 1)), OK_NODATA);
	fake.hang_in_sync = true;
	out = fx_queue_output(1);
	feed(6);
	fake_wait_hang();
	assert_int_equal(fx_do(msg_queue_type(0x107, 1, OUT)), OK_NODATA);
	expect(out, 1, 0);
	fake_unhang();
	out = fx_queue_output(2);
	expect(out, 0, PICTURE);
	assert_true(shows(objects.maps[1], 6));
	assert_true(is_untouched(objects.maps[0]));
}

static void hang_in_copy(uint64_t *out, uint64_t *cleared)
{
	struct msg clear = msg_queue_type(0x107, 1, OUT);

	start(NV12);
	assert_int_equal(fx_do(msg_object(OUT, 1, 0)), OK_NODATA);
	assert_int_equal(fx_do(msg_object(OUT, 2, 1)), OK_NODATA);
	fake.hang_in_copy = true;
	*out = fx_queue_output(1);
	feed(6);
	fake_wait_hang();
	*cleared = fx_submit(&clear);
}

static void test_a_copy_in_progress_ends_before_the_answer(void **state)
{
	uint64_t out, cleared;

	(void)state;
	hang_in_copy(&out, &cleared);
	/* The memory is still the driver's, and other commands do not wait for it. */
	assert_int_equal(fx_do(msg_queue_type(0x10b, 1, 2)), 0x205);
	fake_unhang();
	expect(out, 1, 0);
	assert_int_equal(get32(fx_wait(cleared)->bytes, 0), OK_NODATA);
	assert_true(fx_order(out) < fx_order(cleared));
	/* The frame was not lost. */
	expect(fx_queue_output(2), 0, PICTURE);
	assert_true(shows(objects.maps[1], 6));
}

static void test_a_copy_that_hangs(void **state)
{
	struct msg destroy = msg_new(0x102, 1, 8);
	uint64_t out, cleared, event, destroyed;

	(void)state;
	hang_in_copy(&out, &cleared);
	event = fx_post_event();
	assert_int_equal(get32(fx_wait(cleared)->bytes, 0), ERR_OP);
	assert_int_equal(get32(fx_wait(event)->bytes, 0), 0x100);
	destroyed = fx_submit(&destroy);
	assert_int_equal(get32(fx_wait(destroyed)->bytes, 0), OK_NODATA);
	/* What the driver may still write into is not the guest's. */
	assert_false(fx_is_answered(out));
	fake_unhang();
	expect(out, 1, 0);
	while (fake_get_live() > 1)
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

/* A frame from before a seek, copied while it was asked for: its buffer waits for what comes after. */
static void test_a_seek_during_a_copy(void **state)
{
	struct msg seek = msg_queue_type(0x107, 1, IN);
	const struct got *got;
	uint64_t out, sought;

	(void)state;
	start(NV12);
	assert_int_equal(fx_do(msg_object(OUT, 1, 0)), OK_NODATA);
	fake.hang_in_copy = true;
	out = fx_queue_output(1);
	feed(6);
	fake_wait_hang();
	sought = fx_submit(&seek);
	assert_int_equal(get32(fx_wait(sought)->bytes, 0), OK_NODATA);
	fake_unhang();
	fx_feed(90, 99, (const char[]){'F', 9, 0, 0}, 4);
	got = fx_wait(out);
	assert_int_equal(get32(got->bytes, 16), 0);
	assert_true(get64(got->bytes, 8) == 99);
	assert_true(shows(objects.maps[0], 9));
}

/* The driver says that it has copied; the memory says that it has not. */
static void test_copies_that_do_not_arrive(void **state)
{
	(void)state;
	fake.copies_elsewhere = true;
	start(NV12);
	assert_int_equal(fx_do(msg_object(OUT, 1, 0)), OK_NODATA);
	land(1, 3);
	assert_true(shows(objects.maps[0], 3));
	land(1, 4);
	assert_true(shows(objects.maps[0], 4));
	/* It is tried once. */
	assert_int_equal(fake.n_copies, 1);
	assert_true(stats().copied_bytes == 2 * PICTURE && stats().driver_copied_bytes == 0);
}

static uint32_t get_min_buffers(void)
{
	return get32(fx_call(msg_queue_type(0x10d, 1, OUT))->bytes, 24);
}

/* Objects are lent to the decoder, so that more of them are on the way; pages are not. */
static void test_min_buffers_are_more_with_objects(void **state)
{
	struct msg set = msg_queue_type(0x10e, 1, OUT);
	uint32_t pages;

	(void)state;
	set.len = 128;
	fx_stream(NV12);
	fx_do(set);
	fx_start(4, 4, 2);
	pages = get_min_buffers();
	use_objects(OUT, NV12);
	assert_int_equal(get_min_buffers(), pages + 3);
	fx_do(set);
	assert_int_equal(get_min_buffers(), pages);
	assert_int_equal(fx_do(msg_new(0x102, 1, 8)), OK_NODATA);
	/* Known before there is a format. */
	fx_stream(NV12);
	use_objects(OUT, NV12);
	assert_int_equal(get_min_buffers(), 1);
	fx_start(4, 4, 2);
	assert_int_equal(get_min_buffers(), pages + 3);
	assert_int_equal(fx_do(msg_new(0x102, 1, 8)), OK_NODATA);
	/* Never more than a queue can have. */
	fx_stream(NV12);
	use_objects(OUT, NV12);
	fx_start(4, 4, 31);
	assert_int_equal(get_min_buffers(), 32);
}

static uint32_t seed;

static uint32_t pick(uint32_t n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 16) % n;
}

static void one_step(void)
{
	struct msg msg;
	uint32_t id = 1 + pick(3);

	switch (pick(8)) {
	case 0:
		msg = msg_object(OUT, id, (uint8_t)pick(N + 1));
		break;
	case 1:
		msg = msg_queue_type(pick(2) ? 0x107 : 0x106, 1, pick(4) ? OUT : IN);
		break;
	case 2:
	case 3:
		/* A few may be lost with the input's resource. */
		fx_make_input(90);
		memcpy(fx.ram + 0x100000 + 90 * 0x1000, "F\7\0\0", 4);
		msg = msg_queue(1, IN, 90, 7, 4);
		break;
	default:
		msg = msg_queue(1, OUT, id, 0, 0);
		break;
	}
	fx_submit(&msg);
}

static void test_objects_come_and_go_in_any_order(void **state)
{
	uint64_t first;

	(void)state;
	for (seed = 1; seed < 12; seed++) {
		uint32_t before = seed;

		start(NV12);
		fake.slow = true;
		first = fx.next_token + 1;
		seed *= 7919;
		for (int i = 0; i < 300; i++) {
			one_step();
			if (pick(4) == 0)
				fx_do(msg_queue_type(0x108, 1, OUT));
			if (fx.n_got > MAX_GOT - 64)
				fx.n_got = 0;
		}
		fx.n_got = 0;
		assert_int_equal(fx_do(msg_new(0x102, 1, 8)), OK_NODATA);
		/* What had waited came before. */
		assert_true(fx.got[fx.n_got - 1].token > first);
		assert_int_equal(stats().pending, 0);
		assert_int_equal(stats().resources, 0);
		fx.n_got = 0;
		seed = before;
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_driver_copies_and_we_do_not),
		TEST(test_without_import),
		TEST(test_without_copies_of_the_driver),
		TEST(test_planar_pictures),
		TEST(test_bitstream_in_objects),
		TEST(test_refusals),
		TEST(test_a_new_object_for_an_old_id),
		TEST(test_nothing_is_written_after_the_answer),
		TEST(test_a_copy_in_progress_ends_before_the_answer),
		TEST(test_a_copy_that_hangs),
		TEST(test_a_seek_during_a_copy),
		TEST(test_copies_that_do_not_arrive),
		TEST(test_min_buffers_are_more_with_objects),
		TEST(test_objects_come_and_go_in_any_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
