/* SPDX-License-Identifier: MIT */
/*
 * test-session.c - vhost-user requests in the orders of known front ends, and while the queues run
 */
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include "session-fixture.h"

/* ---- Front ends as they are ---- */

static void test_qemu(void **state)
{
	struct vhost_message m;

	(void)state;
	sx_negotiate(QEMU_WANTS);
	assert_int_equal(sx_get_u64(VHOST_GET_QUEUE_NUM), 2);
	assert_true(sx_acked(sx_mem_table()));
	sx_set_up_queue(0, 0);
	sx_set_up_queue(1, 0);
	/* Rings begin disabled. */
	assert_int_equal(sx_command(QUERY), 0);
	assert_true(sx_acked(sx_with_vring(VHOST_SET_VRING_ENABLE, 0, 1)));
	assert_true(sx_acked(sx_with_vring(VHOST_SET_VRING_ENABLE, 1, 1)));
	sx_run_session();
	assert_int_equal(sx_answer_type(), 0x201);
	assert_true(sx_acked(sx_with_vring(VHOST_SET_VRING_ENABLE, 0, 0)));
	m = sx_with_vring(VHOST_GET_VRING_BASE, 0, 0);
	sx_call(&m);
	assert_int_equal(m.vring.index, 0);
	assert_int_equal(m.vring.num, 1);
}

static void test_config_of_any_size(void **state)
{
	static const uint32_t sizes[] = {12, 44, 64, 256};
	uint8_t whole[44];
	struct vhost_message m;

	(void)state;
	vvd_device_get_config(fx.device, 0, whole, sizeof(whole));
	sx_negotiate(QEMU_WANTS);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		m = sx_request(VHOST_GET_CONFIG, 12 + sizes[i]);
		m.config.size = sizes[i];
		sx_call(&m);
		assert_int_equal(m.size, 12 + sizes[i]);
		assert_int_equal(m.config.size, sizes[i]);
		for (uint32_t at = 0; at < sizes[i]; at++)
			assert_int_equal(m.config.bytes[at], at < 44 ? whole[at] : 0);
	}
	/* crosvm reads field by field, and where there is nothing. */
	for (uint32_t offset = 0; offset < 60; offset += 3) {
		m = sx_request(VHOST_GET_CONFIG, 12);
		m.config.offset = offset;
		m.config.size = 5;
		sx_call(&m);
		assert_int_equal(m.size, 12 + 5);
		assert_int_equal(m.config.offset, offset);
		for (uint32_t at = 0; at < 5; at++)
			assert_int_equal(m.config.bytes[at],
					 offset + at < 44 ? whole[offset + at] : 0);
	}
	m = sx_request(VHOST_GET_CONFIG, 12);
	m.config.offset = UINT32_MAX;
	m.config.size = 8;
	sx_call(&m);
	assert_int_equal(m.size, 20);
}

/* Table of 72 bytes for one region, call before all else, a pipe to call, no event index. */
static void test_user_mode_linux(void **state)
{
	struct vhost_message m;
	struct pollfd fd = {.events = POLLIN};
	int ends[2], backend[2];

	(void)state;
	sx_negotiate(BIT(REPLY_ACK) | BIT(BACKEND_REQ) | BIT(CONFIG));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, backend), 0);
	m = sx_request(VHOST_SET_BACKEND_REQ_FD, 0);
	m.fds[0] = backend[1];
	m.n_fds = 1;
	assert_true(sx_acked(m));
	m = sx_request(VHOST_SET_MEM_TABLE, 72);
	m.table.n = m.n_fds = 1;
	m.table.regions[0] = sx_region(0);
	m.fds[0] = sx.regions[0].fd;
	assert_true(sx_acked(m));
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	for (unsigned int i = 0; i < 2; i++) {
		assert_true(sx_acked(sx_with_fd(VHOST_SET_VRING_CALL, i, ends[1])));
		assert_true(sx_acked(sx_with_vring(VHOST_SET_VRING_NUM, i, QSIZE)));
		assert_true(sx_acked(sx_with_vring(VHOST_SET_VRING_BASE, i, 0)));
		assert_true(sx_acked(sx_vring_addr(i)));
		assert_true(sx_acked(sx_with_fd(VHOST_SET_VRING_KICK, i, sx_kick_fd(i))));
		assert_true(sx_acked(sx_with_vring(VHOST_SET_VRING_ENABLE, i, 1)));
	}
	assert_int_equal(sx_command(QUERY), 0x201);
	fd.fd = ends[0];
	assert_int_equal(poll(&fd, 1, 0), 1);
	close(ends[0]);
	close(ends[1]);
	close(backend[0]);
	close(backend[1]);
}

/* A pipe as the kick, and each thing set after the kick. */
static void test_any_order(void **state)
{
	struct vhost_message m;
	int ends[2];

	(void)state;
	sx_negotiate(ALL_WANTED);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_true(sx_acked(sx_with_vring(VHOST_SET_VRING_ENABLE, 0, 1)));
	assert_true(sx_acked(sx_with_fd(VHOST_SET_VRING_KICK, 0, ends[0])));
	assert_true(sx_acked(sx_with_vring(VHOST_SET_VRING_NUM, 0, QSIZE)));
	assert_true(sx_acked(sx_with_vring(VHOST_SET_VRING_BASE, 0, 0)));
	assert_true(sx_acked(sx_vring_addr(0)));
	/* Memory comes last, and that with the ring after other memory. */
	assert_true(sx_acked(sx_one_region(VHOST_ADD_MEM_REG, 1)));
	assert_true(sx_acked(sx_one_region(VHOST_ADD_MEM_REG, 0)));
	m = sx_vring_addr(1);
	m.addr.used = 0x1000;
	assert_true(sx_acked(m));
	assert_true(sx_acked(sx_with_vring(VHOST_SET_VRING_NUM, 1, QSIZE)));
	assert_true(sx_acked(sx_with_fd(VHOST_SET_VRING_KICK, 1, sx_kick_fd(1))));
	assert_true(sx_acked(sx_with_vring(VHOST_SET_VRING_BASE, 1, 0)));
	assert_false(sx_acked(sx_with_vring(VHOST_SET_VRING_ENABLE, 1, 1)));
	assert_int_equal(sx_command(QUERY), 0); /* that was the ring's own eventfd */
	assert_int_equal(write(ends[1], "12345678", 8), 8);
	sx_run_session();
	assert_int_equal(sx_answer_type(), 0x201);
	close(ends[0]);
	close(ends[1]);
}

static void test_a_front_end_without_protocol_features(void **state)
{
	struct vhost_message m;

	(void)state;
	m = sx_with_u64(VHOST_SET_FEATURES, RING_FEATURE_VERSION_1 | RING_FEATURE_INDIRECT);
	sx_send_message(&m);
	m = sx_mem_table();
	sx_send_message(&m);
	m = sx_with_vring(VHOST_SET_VRING_NUM, 0, QSIZE);
	sx_send_message(&m);
	m = sx_vring_addr(0);
	sx_send_message(&m);
	/* No descriptor: the queue is looked at from time to time. */
	m = sx_with_u64(VHOST_SET_VRING_KICK, 0 | VHOST_VRING_NO_FD);
	sx_send_message(&m);
	assert_int_equal(sx.ended, 0);
	(void)sx_command(QUERY); /* the look may come at once, or not */
	while (sx_answer_type() == 0xa5a5a5a5)
		sx_run_session();
	assert_int_equal(sx_answer_type(), 0x201);
}

static void test_one_byte_at_a_time(void **state)
{
	struct vhost_message m = sx_with_u64(VHOST_SET_PROTOCOL_FEATURES, QEMU_WANTS);
	const uint8_t *bytes = (const uint8_t *)&m;

	(void)state;
	m.flags = VHOST_VERSION | VHOST_FLAG_NEED_REPLY;
	for (size_t i = 0; i < 20; i++) {
		assert_int_equal(send(sx.front, bytes + (i < 12 ? i : i + 4), 1, 0), 1);
		sx_run_session();
	}
	assert_int_equal(guest_vhost_receive(sx.front, &m), 0);
	assert_int_equal(m.u64, 0);
}

/* ---- While it runs ---- */

static void test_base_with_work_in_flight(void **state)
{
	struct msg out = msg_queue(1, OUT, 2, 0, 0), create = msg_resource(1, OUT, 2, 0, 8192);
	struct vhost_message m;
	uint64_t token;
	uint32_t len;

	(void)state;
	sx_start_as_qemu();
	assert_int_equal(sx_command(msg_create(1, H264)), OK_NODATA);
	msg_put64(&create, 88, sx.picture_gpa);
	assert_int_equal(sx_command(create), OK_NODATA);
	assert_int_equal(sx_command(out), 0);
	m = sx_with_vring(VHOST_GET_VRING_BASE, 0, 0);
	sx_call(&m);
	assert_int_equal(m.vring.num, 3);
	assert_int_equal(guest_ring_get(sx.rings[0], &token, &len), 1);
	assert_int_equal(len, 24);
	assert_int_equal(get32(guest_ram_get_pointer(sx.ram, sx.message_gpa + 512, 512), 16), 1);
	/* A pause: it goes on, and the stream is still there. */
	sx_set_up_queue(0, 3);
	assert_int_equal(sx_command(msg_create(1, H264)), ERR_STREAM);
}

/* A status of 0 means a reset when the queue begins anew, and nothing after a pause. */
static void test_status(void **state)
{
	struct vhost_message m;

	(void)state;
	sx_start_as_qemu();
	assert_true(sx_acked(sx_with_u64(VHOST_SET_STATUS, 15)));
	assert_int_equal(sx_get_u64(VHOST_GET_STATUS), 15);
	assert_int_equal(sx_command(msg_create(1, H264)), OK_NODATA);
	for (uint32_t base = 1; base < 2; base--) {
		for (uint32_t i = 0; i < 2; i++) {
			m = sx_with_vring(VHOST_GET_VRING_BASE, i, 0);
			sx_call(&m);
		}
		assert_true(sx_acked(sx_with_u64(VHOST_SET_STATUS, 0)));
		if (base == 0)
			sx_make_rings();
		sx_set_up_queue(0, base);
		assert_int_equal(sx_command(msg_create(1, H264)), base ? ERR_STREAM : OK_NODATA);
	}
}

/* QEMU says nothing at all of a driver's reset: the queue merely begins anew. */
static void test_a_reset_that_is_not_told(void **state)
{
	struct vhost_message m;

	(void)state;
	sx_start_as_qemu();
	assert_int_equal(sx_command(msg_create(1, H264)), OK_NODATA);
	for (uint32_t i = 0; i < 2; i++) {
		assert_true(sx_acked(sx_with_vring(VHOST_SET_VRING_ENABLE, i, 0)));
		m = sx_with_vring(VHOST_GET_VRING_BASE, i, 0);
		sx_call(&m);
	}
	sx_make_rings();
	sx_set_up_queue(0, 0);
	sx_set_up_queue(1, 0);
	assert_true(sx_acked(sx_with_vring(VHOST_SET_VRING_ENABLE, 0, 1)));
	assert_int_equal(sx_command(msg_create(1, H264)), OK_NODATA);
}

static void test_reset_device(void **state)
{
	(void)state;
	sx_start_as_qemu();
	assert_int_equal(sx_command(msg_create(1, H264)), OK_NODATA);
	assert_true(sx_acked(sx_request(VHOST_RESET_DEVICE, 0)));
	assert_int_equal(sx_command(QUERY), 0);
	sx_make_rings();
	assert_true(sx_acked(sx_with_u64(VHOST_SET_FEATURES, sx_get_u64(VHOST_GET_FEATURES) &
								     ~RING_FEATURE_EVENT_IDX)));
	sx_set_up_queue(0, 0);
	assert_int_equal(sx_command(QUERY), 0);
	assert_true(sx_acked(sx_with_vring(VHOST_SET_VRING_ENABLE, 0, 1)));
	sx_run_session();
	assert_int_equal(sx_answer_type(), 0x201);
}

/* The same table again changes nothing; a table without a region takes its resources away. */
static void test_tables_that_change(void **state)
{
	struct msg create = msg_resource(1, OUT, 2, 0, 8192);
	struct vhost_message m = sx_mem_table();
	uint64_t token;
	uint32_t len;
	int dup_fd;

	(void)state;
	sx_start_as_qemu();
	assert_int_equal(sx_command(msg_create(1, H264)), OK_NODATA);
	msg_put64(&create, 88, sx.picture_gpa);
	assert_int_equal(sx_command(create), OK_NODATA);
	dup_fd = dup(m.fds[0]);
	m.fds[0] = dup_fd;
	assert_true(sx_acked(m));
	close(dup_fd);
	assert_int_equal(sx_command(msg_queue(1, OUT, 2, 0, 0)), 0);
	m.table.n = m.n_fds = 1;
	m.size = 40;
	m.table.regions[0] = sx_region(1);
	m.fds[0] = sx.regions[1].fd;
	assert_true(sx_acked(m));
	/* What was pending is answered before the ring and the resource go with their memory. */
	assert_int_equal(guest_ring_get(sx.rings[0], &token, &len), 1);
	assert_int_equal(len, 24);
	assert_int_equal(sx_command(QUERY), 0);
	assert_true(sx_acked(sx_mem_table()));
	sx_run_session();
	assert_int_equal(guest_ring_get(sx.rings[0], &token, &len), 1);
	assert_int_equal(sx_answer_type(), 0x201);
	assert_int_equal(sx_command(msg_queue(1, OUT, 2, 0, 0)), ERR_RES);
}

static void test_single_regions(void **state)
{
	struct vhost_message m;

	(void)state;
	sx_negotiate(ALL_WANTED);
	assert_true(sx_get_u64(VHOST_GET_MAX_MEM_SLOTS) >= 32);
	assert_true(sx_acked(sx_one_region(VHOST_ADD_MEM_REG, 0)));
	assert_true(sx_acked(sx_one_region(VHOST_ADD_MEM_REG, 1)));
	assert_false(sx_acked(sx_one_region(VHOST_ADD_MEM_REG, 0)));
	m = sx_one_region(VHOST_REM_MEM_REG, 0);
	m.one.region.user_addr++;
	assert_false(sx_acked(m));
	m = sx_one_region(VHOST_REM_MEM_REG, 0);
	/* QEMU of some years sends a descriptor along. */
	m.fds[0] = sx.regions[0].fd;
	m.n_fds = 1;
	assert_true(sx_acked(m));
	assert_false(sx_acked(m));
	assert_true(sx_acked(sx_one_region(VHOST_ADD_MEM_REG, 0)));
}

static void test_a_broken_ring_is_told(void **state)
{
	int err = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct guest_ring_setup setup;
	eventfd_t told;

	(void)state;
	sx_start_as_qemu();
	assert_true(sx_acked(sx_with_fd(VHOST_SET_VRING_ERR, 0, err)));
	guest_ring_get_setup(sx.rings[0], &setup);
	/* The index jumps. */
	memset((uint8_t *)guest_ram_get_pointer(sx.ram, setup.avail_gpa + 2, 2), 0x77, 2);
	eventfd_write(setup.kick_fd, 1);
	sx_run_session();
	assert_int_equal(eventfd_read(err, &told), 0);
	eventfd_write(setup.kick_fd, 1);
	sx_run_session();
	assert_int_equal(eventfd_read(err, &told), -1);
	assert_int_equal(sx.ended, 0);
	close(err);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, sx_setup, sx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_qemu),
		TEST(test_config_of_any_size),
		TEST(test_user_mode_linux),
		TEST(test_any_order),
		TEST(test_a_front_end_without_protocol_features),
		TEST(test_one_byte_at_a_time),
		TEST(test_base_with_work_in_flight),
		TEST(test_status),
		TEST(test_a_reset_that_is_not_told),
		TEST(test_reset_device),
		TEST(test_tables_that_change),
		TEST(test_single_regions),
		TEST(test_a_broken_ring_is_told),
	};

	/* A session that waits for what never comes is not to hold up all others. */
	alarm(120);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
