/* SPDX-License-Identifier: MIT */
/*
 * test-device-memory.c - guest memory that shrinks while it is used: an error answer, not a crash
 *
 * Each test runs with a SIGBUS handler and without one, where any signal would end the program.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "device-fixture.h"
#include "fake-vacodec.h"

#define SHRINKING UINT64_C(0x10000) /* where its region begins */
#define SIZE      0x8000u
#define KEPT      0x1000u /* of it, after shrinking */
#define PICTURE   (64 * 64 * 3 / 2)

static uint8_t *map;
static int fd;
static bool handler;

static void on_sigbus(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)context;
	if (!vvd_handle_sigbus(info))
		_exit(99);
}

/* In the test itself, since cmocka takes the signal for each of them. */
static void take_sigbus(void)
{
	struct sigaction action = {.sa_flags = SA_SIGINFO, .sa_sigaction = on_sigbus};

	if (!handler)
		action = (struct sigaction){.sa_handler = SIG_DFL};
	sigaction(SIGBUS, &action, NULL);
}

static void set_up(void **state, bool handles, bool seal)
{
	struct vvd_device_options options = {
		.size_bytes = sizeof(options), .role = VVD_ROLE_DECODER, .handles_sigbus = handles};

	fx_setup(state);
	handler = handles;
	fd = memfd_create("guest", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_int_equal(ftruncate(fd, SIZE), 0);
	if (seal)
		assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	map = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(map, MAP_FAILED);
	fx_open(&options);
	assert_int_equal(vvd_device_add_region(fx.device, SHRINKING, map, SIZE, fd), 0);
}

static int setup_handler(void **state)
{
	set_up(state, true, false);
	return 0;
}

static int setup_syscall(void **state)
{
	set_up(state, false, false);
	return 0;
}

static int setup_sealed(void **state)
{
	set_up(state, false, true);
	return 0;
}

static int teardown(void **state)
{
	fx_teardown(state);
	munmap(map, SIZE);
	close(fd);
	return 0;
}

static void make(uint32_t queue, uint32_t id, uint32_t at)
{
	assert_int_equal(fx_do(msg_resource(1, queue, id, SHRINKING + at - GPA, SIZE - at)),
			 OK_NODATA);
}

static void expect(uint64_t token, uint32_t flags, uint32_t size)
{
	const struct got *got = fx_wait(token);

	assert_int_equal(got->len, 24);
	assert_int_equal(get32(got->bytes, 0), 0x202);
	assert_int_equal(get32(got->bytes, 16), flags);
	assert_int_equal(get32(got->bytes, 20), size);
}

static uint64_t feed_frame(uint8_t value)
{
	return fx_feed(90, 7, (const char[]){'F', (char)value, 0, 0}, 4);
}

/* The picture begins in what is left and ends in what is gone. */
static void check_output(uint32_t format)
{
	uint64_t out;

	fx_stream(format);
	fx_start(4, 4, 2);
	make(OUT, 1, 0);
	fx_make_output(2);
	out = fx_queue_output(1);
	feed_frame(3);
	expect(out, 0, PICTURE);
	assert_int_equal(map[64 * 40 + 5], fake_sample(3, 0, 5, 40));
	assert_int_equal(ftruncate(fd, KEPT), 0);
	out = fx_queue_output(1);
	feed_frame(4);
	expect(out, 1, 0);
	/* The frame was kept, and everything goes on. */
	expect(fx_queue_output(2), 0, PICTURE);
	assert_int_equal(fx_output(2)[64 * 40 + 5], fake_sample(4, 0, 5, 40));
	assert_int_equal(fx_do(msg_new(0x102, 1, 8)), OK_NODATA);
}

static void test_output_that_is_gone(void **state)
{
	(void)state;
	take_sigbus();
	check_output(NV12);
}

static void test_planar_output_that_is_gone(void **state)
{
	(void)state;
	take_sigbus();
	check_output(YUV420);
}

static void test_input_that_is_gone(void **state)
{
	struct msg msg = msg_queue(1, IN, 1, 5, 8);
	uint64_t out, in;

	(void)state;
	take_sigbus();
	fx_stream(NV12);
	fx_start(4, 4, 2);
	make(IN, 1, KEPT - 4);
	fx_make_output(2);
	memcpy(map + KEPT - 4, "F\1\0\0F\2\0\0", 8);
	assert_int_equal(ftruncate(fd, KEPT), 0);
	out = fx_queue_output(2);
	in = fx_submit(&msg);
	expect(in, 1, 0);
	assert_false(fx_is_answered(out));
	feed_frame(9);
	expect(out, 0, PICTURE);
	assert_int_equal(fx_output(2)[0], fake_sample(9, 0, 0, 0));
}

static void test_request_that_is_gone(void **state)
{
	struct msg msg = msg_create(3, H264);
	struct iovec iov[2] = {{map, 8}, {map + KEPT, msg.len - 8}};

	(void)state;
	take_sigbus();
	memcpy(map, msg.bytes, 8);
	assert_int_equal(ftruncate(fd, KEPT), 0);
	assert_int_equal(vvd_device_submit(fx.device, 77, iov, 2, 512), 0);
	assert_int_equal(get32(fx_wait(77)->bytes, 0), ERR_PARAM);
	assert_int_equal(fx_do(msg_create(3, H264)), OK_NODATA);
}

static atomic_bool stop;

static void *shrink_and_grow(void *arg)
{
	(void)arg;
	while (!stop) {
		assert_int_equal(ftruncate(fd, KEPT), 0);
		assert_int_equal(ftruncate(fd, SIZE), 0);
	}
	return NULL;
}

static void test_shrinking_in_the_middle(void **state)
{
	pthread_t thread;
	uint32_t flags;

	(void)state;
	take_sigbus();
	fx_stream(YUV420);
	fx_start(4, 4, 2);
	make(OUT, 1, 0);
	stop = false;
	pthread_create(&thread, NULL, shrink_and_grow, NULL);
	feed_frame(1);
	for (int i = 0; i < 300; i++) {
		const struct got *got = fx_wait(fx_queue_output(1));

		flags = get32(got->bytes, 16);
		assert_true(flags <= 1 && get32(got->bytes, 20) == (flags ? 0 : PICTURE));
		if (!flags)
			feed_frame(2);
		fx.n_got = 0;
	}
	stop = true;
	pthread_join(thread, NULL);
	assert_int_equal(fx_do(msg_new(0x102, 1, 8)), OK_NODATA);
}

static void test_sealed_memory_cannot_shrink(void **state)
{
	uint64_t out;

	(void)state;
	take_sigbus();
	assert_int_equal(ftruncate(fd, KEPT), -1);
	fx_stream(NV12);
	fx_start(4, 4, 2);
	make(OUT, 1, 0);
	out = fx_queue_output(1);
	feed_frame(3);
	expect(out, 0, PICTURE);
	assert_int_equal(map[64 * 40 + 5], fake_sample(3, 0, 5, 40));
}

/* ---- The guard by itself ---- */

static int touch(void *cookie)
{
	const volatile uint8_t *at = cookie;

	return *at;
}

static int touch_twice(void *cookie)
{
	assert_int_equal(vvd_guard(touch, map), 0);
	assert_int_equal(vvd_guard(touch, map + KEPT), -EFAULT);
	return touch(cookie);
}

static int send_signal(void *cookie)
{
	siginfo_t info = {.si_signo = SIGBUS, .si_code = SI_USER};

	(void)cookie;
	return vvd_handle_sigbus(&info);
}

static void test_the_guard(void **state)
{
	siginfo_t info = {.si_signo = SIGBUS, .si_code = BUS_ADRERR};

	(void)state;
	take_sigbus();
	assert_false(vvd_handle_sigbus(&info));
	assert_int_equal(ftruncate(fd, KEPT), 0);
	map[1] = 55;
	assert_int_equal(vvd_guard(touch, map + 1), 55);
	assert_int_equal(vvd_guard(touch, map + KEPT), -EFAULT);
	assert_int_equal(vvd_guard(touch_twice, map + 1), 55);
	assert_int_equal(vvd_guard(touch_twice, map + KEPT), -EFAULT);
	/* A signal that somebody sends is not ours, nor is any when nothing is guarded. */
	assert_int_equal(vvd_guard(send_signal, NULL), 0);
	assert_false(vvd_handle_sigbus(&info));
}

#define TEST(name, setup)                                                                          \
	{                                                                                          \
#name " (" #setup ")", name, setup, teardown, NULL                                 \
	}
#define BOTH(name) TEST(name, setup_handler), TEST(name, setup_syscall)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(test_output_that_is_gone),
		BOTH(test_planar_output_that_is_gone),
		BOTH(test_input_that_is_gone),
		BOTH(test_request_that_is_gone),
		BOTH(test_shrinking_in_the_middle),
		TEST(test_sealed_memory_cannot_shrink, setup_sealed),
		TEST(test_the_guard, setup_handler),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
