/* SPDX-License-Identifier: MIT */
/*
 * test-pump.c - chains through both queues into the device and back, on the scripted decoder
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>
#include "device-fixture.h"
#include "fake-vacodec.h"
#include "vhost-user/pump.h"
#include "vhost-user/virtqueue.h"

#define QSIZE    16u
#define RINGS    UINT64_C(0x1000)
#define RING_RAM 0x10000u
#define EVENT_AT 0x8000u /* 8 bytes for each event buffer */
#define MSG_AT   0x9000u /* 512 bytes for each head's request */
#define RESP_AT  0xc000u /* 512 for its answer */

static struct {
	struct pump *pump;
	uint8_t *ram;
	int ram_fd, kick, call;
	uint16_t avail[2], used[2];
} t;

static uint32_t ring_at(int queue, uint32_t part)
{
	return queue * 0x3000u + part * 0x1000u;
}

static void put16(uint32_t at, uint16_t value)
{
	__atomic_store_n((uint16_t *)(void *)(t.ram + at), value, __ATOMIC_RELEASE);
}

static void put_desc(int queue, unsigned int index, uint32_t at, uint32_t len, int flags)
{
	uint8_t *desc = t.ram + ring_at(queue, 0) + 16 * index;
	uint64_t gpa = RINGS + at;

	memset(desc, 0, 16);
	for (int i = 0; i < 4; i++) {
		desc[i] = gpa >> 8 * i;
		desc[8 + i] = len >> 8 * i;
	}
	desc[12] = flags;
	desc[14] = index + 1;
}

static void offer(int queue, uint16_t head)
{
	uint32_t avail = ring_at(queue, 1);

	put16(avail + 4 + 2 * (t.avail[queue] % QSIZE), head);
	put16(avail + 2, ++t.avail[queue]);
}

static void kick(void)
{
	uint64_t one = 1;

	assert_int_equal(write(t.kick, &one, 8), 8);
}

static void start(uint64_t features)
{
	struct pump_queue queue = {.size = QSIZE, .kick_fd = t.kick, .call_fd = t.call};

	memset(t.ram, 0, RING_RAM);
	memset(t.avail, 0, sizeof(t.avail));
	memset(t.used, 0, sizeof(t.used));
	assert_int_equal(pump_set_features(t.pump, features), 0);
	for (unsigned int i = 0; i < 2; i++) {
		queue.desc_gpa = RINGS + ring_at(i, 0);
		queue.avail_gpa = RINGS + ring_at(i, 1);
		queue.used_gpa = RINGS + ring_at(i, 2);
		if (i == 1)
			queue.kick_fd = -1;
		assert_int_equal(pump_set_queue(t.pump, i, &queue), 0);
	}
	assert_int_equal(pump_start(t.pump), 0);
}

static int setup(void **state)
{
	struct pump_region ring = {RINGS, NULL, RING_RAM, -1};

	fx_setup(state);
	t.ram_fd = memfd_create("rings", MFD_CLOEXEC);
	assert_int_equal(ftruncate(t.ram_fd, RING_RAM), 0);
	t.ram = mmap(NULL, RING_RAM, PROT_READ | PROT_WRITE, MAP_SHARED, t.ram_fd, 0);
	t.kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	t.call = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	assert_int_equal(vvd_device_remove_region(fx.device, GPA), 0);
	assert_int_equal(pump_new(fx.device, &t.pump), 0);
	ring.addr = t.ram;
	assert_int_equal(pump_add_region(t.pump, &ring), 0);
	ring = (struct pump_region){GPA, fx.ram, RAM_SIZE, -1};
	assert_int_equal(pump_add_region(t.pump, &ring), 0);
	start(pump_get_features(t.pump) & ~VIRTQ_FEATURE_EVENT_IDX);
	return 0;
}

static int teardown(void **state)
{
	t.pump = pump_free(t.pump);
	fx_teardown(state);
	close(t.kick);
	close(t.call);
	munmap(t.ram, RING_RAM);
	close(t.ram_fd);
	return 0;
}

/* Dispatches until the queue's used index has moved; returns the used element's length. */
static uint32_t wait_used(int queue, uint16_t head)
{
	uint32_t used = ring_at(queue, 2);
	struct pollfd fd = {pump_get_fd(t.pump), POLLIN, 0};
	uint8_t *elem;

	while (__atomic_load_n((uint16_t *)(void *)(t.ram + used + 2), __ATOMIC_ACQUIRE) ==
	       t.used[queue]) {
		assert_int_equal(poll(&fd, 1, 10000), 1);
		assert_true(pump_dispatch(t.pump) >= 0);
	}
	elem = t.ram + used + 4 + 8 * (t.used[queue]++ % QSIZE);
	assert_int_equal(get32(elem, 0), head);
	return get32(elem, 4);
}

/* The request in two parts, the answer in three, the last of which is long. */
static void offer_command(unsigned int slot, const struct msg *msg)
{
	unsigned int first = 5 * slot;
	uint32_t at = MSG_AT + 512 * slot, resp = RESP_AT + 512 * slot;

	memcpy(t.ram + at, msg->bytes, msg->len);
	put_desc(0, first, at, 3, 1);
	put_desc(0, first + 1, at + 3, msg->len - 3, 1);
	put_desc(0, first + 2, resp, 1, 3);
	put_desc(0, first + 3, resp + 1, 6, 3);
	put_desc(0, first + 4, resp + 7, 400, 2);
	offer(0, first);
	kick();
}

static uint32_t command(struct msg msg)
{
	offer_command(0, &msg);
	assert_true(wait_used(0, 0) >= 8);
	return get32(t.ram + RESP_AT, 0);
}

static void post_event(unsigned int index)
{
	put_desc(1, index, EVENT_AT + 8 * index, 8, 2);
	offer(1, index);
	kick();
}

static void test_commands_go_through(void **state)
{
	struct msg query = msg_queue_type(0x100, 3, OUT);
	uint64_t told;

	(void)state;
	assert_int_equal(command(msg_create(1, H264)), OK_NODATA);
	assert_int_equal(command(msg_create(1, H264)), ERR_STREAM);
	offer_command(1, &query);
	assert_int_equal(wait_used(0, 5), 8 + 8 + 160);
	assert_int_equal(get32(t.ram + RESP_AT + 512, 0), 0x201);
	assert_int_equal(get32(t.ram + RESP_AT + 512, 4), 3);
	assert_int_equal(read(t.call, &told, 8), 8);
	assert_int_equal(told, 3);
	assert_int_equal(pump_dispatch(t.pump), 0);
}

static void test_notifications_are_suppressed(void **state)
{
	uint64_t told;

	(void)state;
	put16(ring_at(0, 1), 1);
	assert_int_equal(command(msg_create(1, H264)), OK_NODATA);
	assert_int_equal(read(t.call, &told, 8), -1);
	assert_int_equal(pump_stop(t.pump), 0);
	start(pump_get_features(t.pump));
	assert_int_equal(command(msg_create(1, H264)), OK_NODATA);
	assert_int_equal(read(t.call, &told, 8), 8);
	put16(ring_at(0, 1) + 4 + 2 * QSIZE, 2);
	assert_int_equal(command(msg_create(2, H264)), OK_NODATA);
	assert_int_equal(read(t.call, &told, 8), -1);
	assert_int_equal(command(msg_create(3, H264)), OK_NODATA);
	assert_int_equal(read(t.call, &told, 8), 8);
}

static void test_a_frame_through_the_rings(void **state)
{
	struct msg queue = msg_queue(1, IN, 1, 5, 8), out = msg_queue(1, OUT, 2, 0, 0);

	(void)state;
	memcpy(fx.ram,
	       "S\x04\x04\x02"
	       "F\x07\x00\x00",
	       8);
	post_event(0);
	command(msg_create(1, H264));
	assert_int_equal(command(msg_resource(1, IN, 1, 0, 64)), OK_NODATA);
	assert_int_equal(command(msg_resource(1, OUT, 2, 0x8000, 64 * 64 * 2)), OK_NODATA);
	offer_command(1, &queue);
	assert_int_equal(wait_used(1, 0), 8);
	assert_int_equal(get32(t.ram + EVENT_AT, 0), 0x200);
	assert_int_equal(command(msg_queue_type(0x108, 1, OUT)), 0x203);
	offer_command(2, &out);
	assert_int_equal(wait_used(0, 5), 24);
	assert_int_equal(wait_used(0, 10), 24);
	assert_int_equal(get32(t.ram + RESP_AT + 1024, 8), 5);
	assert_int_equal(fx.ram[0x8000 + 3], fake_sample(7, 0, 3, 0));
}

static void test_bad_chains_come_back_empty(void **state)
{
	(void)state;
	put_desc(0, 0, 0, 8, 1);
	put_desc(0, 1, RING_RAM - 1, 8, 2); /* not in a region */
	offer(0, 0);
	put_desc(1, 0, EVENT_AT, 7, 2); /* too small for an event */
	offer(1, 0);
	kick();
	assert_int_equal(wait_used(0, 0), 0);
	assert_int_equal(wait_used(1, 0), 0);
	assert_int_equal(command(msg_create(1, H264)), OK_NODATA);
}

static void test_a_head_offered_twice_breaks_the_queue(void **state)
{
	(void)state;
	post_event(0);
	offer(1, 0);
	assert_int_equal(pump_dispatch(t.pump), -EIO);
	/* The other queue goes on. */
	kick();
	offer_command(0, &(struct msg){{0}, 8});
	assert_int_equal(pump_dispatch(t.pump), -EIO);
	assert_int_equal(t.ram[ring_at(0, 2) + 2], 1);
	assert_int_equal(pump_stop(t.pump), 0);
	start(VVD_FEATURE_RESOURCE_GUEST_PAGES);
	assert_int_equal(command(msg_create(1, H264)), OK_NODATA);
}

/* A device that takes three at most: the rest waits, and nothing is lost. */
static void test_chains_wait_for_memory(void **state)
{
	struct vvd_device_options options = {.size_bytes = sizeof(options),
					     .role = VVD_ROLE_DECODER,
					     .limits = {.pending_commands = 3}};
	struct pump_region ring = {RINGS, t.ram, RING_RAM, -1};
	uint32_t mask = 0;

	(void)state;
	t.pump = pump_free(t.pump);
	fx_open(&options);
	assert_int_equal(pump_new(fx.device, &t.pump), 0);
	assert_int_equal(pump_add_region(t.pump, &ring), 0);
	start(0);
	for (unsigned int i = 0; i < 8; i++) {
		put_desc(0, i, MSG_AT, 8, 0);
		offer(0, i);
	}
	kick();
	for (uint16_t i = 0; i < 8; i++) {
		assert_int_equal(wait_used(0, i), 0);
		mask |= 1u << i;
	}
	assert_int_equal(mask, 0xff);
	for (unsigned int i = 0; i < 5; i++)
		post_event(i);
	assert_int_equal(pump_dispatch(t.pump), 3);
	assert_int_equal(pump_dispatch(t.pump), 0);
}

static void test_removing_a_region(void **state)
{
	struct msg msg = msg_queue(1, OUT, 2, 0, 0);

	(void)state;
	command(msg_create(1, H264));
	assert_int_equal(command(msg_resource(1, OUT, 2, 0, 4096)), OK_NODATA);
	/* The answer would go into the region that goes. */
	memcpy(t.ram + MSG_AT, msg.bytes, msg.len);
	put_desc(0, 5, MSG_AT, 64, 1);
	put_desc(0, 6, GPA - RINGS, 24, 2);
	t.ram[ring_at(0, 0) + 16 * 6 + 4] = GPA >> 32;
	t.ram[ring_at(0, 0) + 16 * 6 + 1] = 0x10;
	offer(0, 5);
	kick();
	assert_true(pump_dispatch(t.pump) >= 1);
	assert_int_equal(pump_remove_region(t.pump, GPA + 1), -ENOENT);
	assert_int_equal(pump_remove_region(t.pump, GPA), 0);
	assert_int_equal(wait_used(0, 5), 0);
	/* The rings' own region. */
	assert_int_equal(pump_remove_region(t.pump, RINGS), 0);
	kick();
	assert_int_equal(pump_dispatch(t.pump), -EIO);
}

static void on_sigbus(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)context;
	if (!vvd_handle_sigbus(info))
		_exit(99);
}

static void test_memory_that_shrinks(void **state)
{
	struct sigaction action = {.sa_flags = SA_SIGINFO, .sa_sigaction = on_sigbus};
	struct msg create = msg_create(1, H264);

	(void)state;
	sigaction(SIGBUS, &action, NULL);
	/* The place of the answer has gone, not the request. */
	assert_int_equal(ftruncate(t.ram_fd, RESP_AT), 0);
	offer_command(0, &create);
	assert_int_equal(wait_used(0, 0), 0);
	assert_int_equal(ftruncate(t.ram_fd, RING_RAM), 0);
	assert_int_equal(command(create), ERR_STREAM);
	/* The rings themselves: both queues are broken, the device lives. */
	assert_int_equal(ftruncate(t.ram_fd, 0), 0);
	kick();
	assert_int_equal(pump_dispatch(t.pump), -EIO);
	assert_int_equal(ftruncate(t.ram_fd, RING_RAM), 0);
	assert_int_equal(pump_dispatch(t.pump), -EIO);
	assert_int_equal(pump_stop(t.pump), 0);
	start(pump_get_features(t.pump));
	assert_int_equal(command(create), OK_NODATA);
}

static void test_set_up_is_checked(void **state)
{
	struct pump_queue queue = {.size = 3, .kick_fd = -1, .call_fd = -1};

	(void)state;
	assert_int_equal(pump_start(t.pump), -EBUSY);
	assert_int_equal(pump_set_queue(t.pump, 0, &queue), -EBUSY);
	assert_int_equal(pump_set_features(t.pump, 0), -EBUSY);
	assert_int_equal(pump_stop(t.pump), 0);
	assert_int_equal(pump_stop(t.pump), 0);
	assert_int_equal(pump_dispatch(t.pump), -EINVAL);
	assert_int_equal(pump_start(t.pump), -EINVAL);
	assert_int_equal(pump_set_queue(t.pump, 2, &queue), -EINVAL);
	assert_int_equal(pump_set_features(t.pump, UINT64_C(1) << 40), -EINVAL);
	assert_int_equal(pump_set_queue(t.pump, 0, &queue), 0);
	assert_int_equal(pump_start(t.pump), -EINVAL);
}

static struct pump_queue queue_config(int index, uint16_t next_avail)
{
	return (struct pump_queue){
		.size = QSIZE,
		.desc_gpa = RINGS + ring_at(index, 0),
		.avail_gpa = RINGS + ring_at(index, 1),
		.used_gpa = RINGS + ring_at(index, 2),
		.kick_fd = t.kick,
		.call_fd = t.call,
		.next_avail = next_avail,
	};
}

/* The queue was stopped: it goes on at next_avail. */
static void restart(int index, uint16_t next_avail)
{
	struct pump_queue queue = queue_config(index, next_avail);

	assert_int_equal(pump_set_queue(t.pump, index, &queue), 0);
	assert_int_equal(pump_start_queue(t.pump, index), 0);
}

/* A drain that waits for a buffer of its stream, and a buffer that waits for a frame of another. */
static void test_a_stopped_queue_answers_what_it_has(void **state)
{
	struct msg out = msg_queue(2, OUT, 2, 0, 0), drain = msg_new(0x103, 1, 8);
	uint16_t next;

	(void)state;
	memcpy(fx.ram, "S\x04\x04\x02", 4);
	command(msg_create(1, H264));
	command(msg_create(2, H264));
	assert_int_equal(command(msg_resource(1, IN, 1, 0, 64)), OK_NODATA);
	assert_int_equal(command(msg_queue(1, IN, 1, 5, 4)), 0x202);
	assert_int_equal(command(msg_resource(2, OUT, 2, 0x8000, 64 * 64 * 2)), OK_NODATA);
	offer_command(1, &out);
	offer_command(2, &drain);
	assert_int_equal(pump_dispatch(t.pump), 2);
	assert_int_equal(pump_stop_queue(t.pump, 0, &next), 0);
	assert_int_equal(next, t.avail[0]);
	assert_int_equal(wait_used(0, 10), 8);
	assert_int_equal(get32(t.ram + RESP_AT + 1024, 0), ERR_OP);
	assert_int_equal(wait_used(0, 5), 24);
	assert_int_equal(get32(t.ram + RESP_AT + 512, 16), 1); /* ERR */
	assert_int_equal(pump_stop_queue(t.pump, 0, &next), -EINVAL);
	/* What comes meanwhile waits. The stream and its resource are still there. */
	offer_command(1, &out);
	pump_dispatch(t.pump);
	restart(0, next);
	assert_int_equal(pump_dispatch(t.pump), 1);
	drain = msg_queue_type(0x107, 2, OUT);
	offer_command(2, &drain);
	assert_int_equal(wait_used(0, 5), 24);
	assert_int_equal(wait_used(0, 10), 8);
}

static void test_event_buffers_of_a_stopped_queue_stay_in_the_ring(void **state)
{
	uint16_t next;

	(void)state;
	memcpy(fx.ram, "S\x04\x04\x02", 4);
	for (unsigned int i = 0; i < 4; i++)
		post_event(i);
	command(msg_create(1, H264));
	assert_int_equal(command(msg_resource(1, IN, 1, 0, 64)), OK_NODATA);
	assert_int_equal(command(msg_queue(1, IN, 1, 5, 4)), 0x202);
	assert_int_equal(wait_used(1, 0), 8);
	assert_int_equal(pump_stop_queue(t.pump, 1, &next), 0);
	assert_int_equal(next, 1);
	assert_int_equal(get32(t.ram + ring_at(1, 2), 0) >> 16, 1); /* nothing more was used */
	restart(1, next);
	/* The next event is in the next buffer. */
	assert_int_equal(command(msg_create(2, H264)), OK_NODATA);
	assert_int_equal(command(msg_resource(2, IN, 1, 0, 64)), OK_NODATA);
	assert_int_equal(command(msg_queue(2, IN, 1, 5, 4)), 0x202);
	assert_int_equal(wait_used(1, 1), 8);
}

static void test_event_buffers_that_were_not_used_are_taken_again(void **state)
{
	uint16_t next;

	(void)state;
	post_event(0);
	post_event(1);
	post_event(2);
	assert_int_equal(pump_dispatch(t.pump), 3);
	assert_int_equal(pump_stop_queue(t.pump, 1, &next), 0);
	assert_int_equal(next, 0);
	restart(1, 0);
	assert_int_equal(pump_dispatch(t.pump), 3);
}

static void test_a_disabled_queue_waits(void **state)
{
	struct msg msg = msg_create(1, H264);

	(void)state;
	assert_int_equal(pump_set_enabled(t.pump, 0, false), 0);
	offer_command(0, &msg);
	assert_int_equal(pump_dispatch(t.pump), 0);
	assert_int_equal(pump_set_enabled(t.pump, 0, true), 0);
	assert_int_equal(wait_used(0, 0), 8);
}

/* One queue alone, with no kick: it is looked at from time to time. */
static void test_a_queue_without_a_kick_is_polled(void **state)
{
	struct pump_queue queue;
	struct msg msg = msg_create(1, H264);

	(void)state;
	assert_int_equal(pump_stop(t.pump), 0);
	assert_int_equal(pump_set_features(t.pump, VVD_FEATURE_RESOURCE_GUEST_PAGES), 0);
	t.avail[0] = t.used[0] = 0;
	memset(t.ram, 0, RING_RAM);
	queue = queue_config(0, 0);
	queue.kick_fd = -1;
	assert_int_equal(pump_set_queue(t.pump, 0, &queue), 0);
	assert_int_equal(pump_start_queue(t.pump, 0), 0);
	assert_true(pump_is_started(t.pump, 0));
	assert_false(pump_is_started(t.pump, 1));
	assert_int_equal(pump_dispatch(t.pump), 0);
	offer_command(0, &msg);
	assert_int_equal(wait_used(0, 0), 8);
}

/* A pipe that nobody reads, and a kick that cannot be read: neither stops us nor keeps us busy. */
static void test_full_pipes_do_not_block(void **state)
{
	struct msg msg = msg_queue_type(0x100, 0, OUT);
	struct pollfd fd = {pump_get_fd(t.pump), POLLIN, 0};
	char page[4096] = "";
	int ends[2], flags;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	flags = fcntl(ends[1], F_GETFL);
	assert_int_equal(fcntl(ends[1], F_SETFL, flags | O_NONBLOCK), 0);
	while (write(ends[1], page, sizeof(page)) > 0)
		;
	assert_int_equal(fcntl(ends[1], F_SETFL, flags), 0);
	assert_int_equal(pump_set_call_fd(t.pump, 0, ends[1]), 0);
	assert_int_equal(command(msg), 0x201);
	assert_int_equal(pump_set_call_fd(t.pump, 0, -1), 0);
	close(ends[0]);
	close(ends[1]);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(pump_set_kick_fd(t.pump, 0, ends[0]), 0);
	close(ends[1]);
	offer_command(0, &msg);
	assert_int_equal(wait_used(0, 0), 8 + 8 + 160);
	pump_dispatch(t.pump);
	assert_int_equal(poll(&fd, 1, 0), 0);
	assert_int_equal(pump_set_kick_fd(t.pump, 0, t.kick), 0);
	close(ends[0]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_commands_go_through),
		TEST(test_notifications_are_suppressed),
		TEST(test_a_frame_through_the_rings),
		TEST(test_bad_chains_come_back_empty),
		TEST(test_a_head_offered_twice_breaks_the_queue),
		TEST(test_chains_wait_for_memory),
		TEST(test_removing_a_region),
		TEST(test_memory_that_shrinks),
		TEST(test_set_up_is_checked),
		TEST(test_a_stopped_queue_answers_what_it_has),
		TEST(test_event_buffers_of_a_stopped_queue_stay_in_the_ring),
		TEST(test_event_buffers_that_were_not_used_are_taken_again),
		TEST(test_a_disabled_queue_waits),
		TEST(test_a_queue_without_a_kick_is_polled),
		TEST(test_full_pipes_do_not_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
