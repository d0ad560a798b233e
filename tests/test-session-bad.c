/* SPDX-License-Identifier: MIT */
/*
 * test-session-bad.c - front ends that misbehave or die, and daemons that did
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include "session-fixture.h"

/* ---- What outlives a daemon ---- */

static struct vhost_message inflight(uint32_t id, uint64_t size, uint16_t queues, uint16_t entries)
{
	struct vhost_message m = sx_request(id, 24);

	memcpy(m.bytes, &size, 8);
	memcpy(m.bytes + 16, &queues, 2);
	memcpy(m.bytes + 18, &entries, 2);
	return m;
}

/* A chain that stays with the device, while one after it is used. */
static void leave_one_behind(void)
{
	struct msg create = msg_resource(1, OUT, 2, 0, 4096), out = msg_queue(1, OUT, 2, 0, 0);
	uint64_t first = sx.message_gpa;

	assert_int_equal(sx_command(msg_create(1, H264)), OK_NODATA);
	msg_put64(&create, 88, sx.picture_gpa);
	assert_int_equal(sx_command(create), OK_NODATA);
	sx.message_gpa = sx.picture_gpa + 4096;
	assert_int_equal(sx_command(out), 0);
	sx.message_gpa = first;
	assert_int_equal(sx_command(QUERY), 0x201);
}

static void test_what_was_in_flight_is_answered_after_a_crash(void **state)
{
	struct vhost_message m = inflight(VHOST_GET_INFLIGHT_FD, 0, 2, QSIZE);
	uint64_t token, size;
	uint32_t len;
	int fd;

	(void)state;
	sx_negotiate(ALL_WANTED | BIT(INFLIGHT_SHMFD));
	assert_true(sx_acked(sx_mem_table()));
	sx_call(&m);
	assert_int_equal(m.n_fds, 1);
	assert_int_equal(m.size, 24);
	fd = m.fds[0];
	memcpy(&size, m.bytes, 8);
	assert_true(size >= 2 * (16 + 16 * QSIZE));
	for (uint32_t i = 0; i < 2; i++) {
		sx_set_up_queue(i, 0);
		assert_true(sx_acked(sx_with_vring(VHOST_SET_VRING_ENABLE, i, 1)));
	}
	leave_one_behind();
	sx_reconnect();
	sx_negotiate(ALL_WANTED | BIT(INFLIGHT_SHMFD));
	assert_true(sx_acked(sx_mem_table()));
	m = inflight(VHOST_SET_INFLIGHT_FD, size, 2, QSIZE);
	m.fds[0] = fd;
	m.n_fds = 1;
	assert_true(sx_acked(m));
	/* As QEMU has it: the index of what was used, which is before the last one that was taken. */
	sx_set_up_queue(0, 3);
	assert_true(sx_acked(sx_with_vring(VHOST_SET_VRING_ENABLE, 0, 1)));
	sx_run_session();
	assert_int_equal(guest_ring_get(sx.rings[0], &token, &len), 1);
	assert_int_equal(len, 24);
	assert_int_equal(get32(guest_ram_get_pointer(sx.ram, sx.picture_gpa + 4096 + 512, 512), 0),
			 ERR_STREAM);
	assert_int_equal(guest_ring_get(sx.rings[0], &token, &len), 0);
	assert_int_equal(sx_command(QUERY), 0x201);
	/* A reset forgets it all. */
	leave_one_behind();
	assert_true(sx_acked(sx_request(VHOST_RESET_DEVICE, 0)));
	sx_make_rings();
	sx_set_up_queue(0, 0);
	assert_true(sx_acked(sx_with_vring(VHOST_SET_VRING_ENABLE, 0, 1)));
	sx_run_session();
	assert_int_equal(guest_ring_get(sx.rings[0], &token, &len), 0);
	close(fd);
}

/* Noise where the record should be: nothing but chains that are wrong, which come back. */
static void test_a_record_that_makes_no_sense(void **state)
{
	struct vhost_message m = inflight(VHOST_SET_INFLIGHT_FD, 4096, 2, QSIZE);
	const uint16_t header[8] = {0, 0, 0, 0, 1, QSIZE, 0xffff, 7};
	uint8_t noise[4096];
	int fd = memfd_create("inflight", MFD_CLOEXEC);

	(void)state;
	memset(noise, 0x5a, sizeof(noise));
	memcpy(noise, header, sizeof(header));
	assert_int_equal(write(fd, noise, sizeof(noise)), sizeof(noise));
	sx_negotiate(ALL_WANTED | BIT(INFLIGHT_SHMFD));
	assert_true(sx_acked(sx_mem_table()));
	m.fds[0] = fd;
	m.n_fds = 1;
	assert_true(sx_acked(m));
	m = inflight(VHOST_SET_INFLIGHT_FD, 8192, 2, QSIZE);
	m.fds[0] = fd;
	m.n_fds = 1;
	assert_false(sx_acked(m)); /* the file is shorter */
	assert_false(sx_acked(inflight(VHOST_GET_INFLIGHT_FD, 0, 3, QSIZE)));
	assert_false(sx_acked(inflight(VHOST_GET_INFLIGHT_FD, 0, 2, 0)));
	sx_set_up_queue(0, 0);
	assert_true(sx_acked(sx_with_vring(VHOST_SET_VRING_ENABLE, 0, 1)));
	sx_run_session();
	assert_int_equal(sx.ended, 0);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_true(sx_acked(sx_with_vring(VHOST_SET_VRING_ENABLE, 0, 0)));
	close(fd);
}

/* ---- Bad front ends ---- */

static void test_what_is_refused(void **state)
{
	struct vhost_message m;

	(void)state;
	sx_start_as_qemu();
	assert_false(sx_acked(sx_with_vring(VHOST_SET_VRING_NUM, 0, QSIZE))); /* it runs */
	assert_false(sx_acked(sx_with_vring(VHOST_SET_VRING_BASE, 0, 1)));
	assert_false(sx_acked(sx_with_vring(VHOST_SET_VRING_NUM, 2, QSIZE)));
	assert_false(sx_acked(sx_with_vring(VHOST_SET_VRING_ENABLE, 0, 2)));
	assert_false(sx_acked(sx_with_vring(VHOST_SET_VRING_ENABLE, 77, 1)));
	assert_false(sx_acked(sx_with_u64(VHOST_SET_FEATURES, UINT64_C(1) << 34)));
	assert_false(sx_acked(sx_with_u64(VHOST_SET_FEATURES, 0)));
	assert_false(sx_acked(sx_with_u64(VHOST_SET_PROTOCOL_FEATURES, UINT64_C(1) << 40)));
	assert_false(sx_acked(sx_with_u64(VHOST_SET_STATUS, 256)));
	assert_false(sx_acked(sx_with_u64(VHOST_SET_LOG_BASE, 0)));
	assert_false(sx_acked(sx_with_fd(VHOST_SET_LOG_FD, 0, sx.regions[0].fd)));
	assert_false(sx_acked(sx_request(VHOST_SET_CONFIG, 13)));
	assert_false(
		sx_acked(sx_with_fd(VHOST_SET_VRING_KICK, 0, sx.regions[0].fd))); /* no eventfd */
	assert_false(sx_acked(sx_with_fd(VHOST_SET_VRING_CALL, 9, sx_call_fd(0))));
	assert_false(sx_acked(sx_request(19, 8)));
	assert_false(sx_acked(sx_request(1000, 8)));
	m = sx_vring_addr(0);
	assert_true(sx_acked(m));
	m.addr.used += 16;
	assert_false(sx_acked(m));
	m = sx_one_region(VHOST_ADD_MEM_REG, 0);
	m.one.region.gpa = UINT64_C(1) << 40;
	m.one.region.size = UINT64_C(1) << 40; /* longer than the file */
	assert_false(sx_acked(m));
	m.one.region.size = 0;
	assert_false(sx_acked(m));
	m.one.region.size = UINT64_MAX;
	m.one.region.offset = 2;
	assert_false(sx_acked(m));
	assert_int_equal(sx_command(QUERY), 0x201);
}

static struct vhost_message bad_message(int which)
{
	struct vhost_message m = sx_with_u64(VHOST_SET_FEATURES, 0);

	switch (which) {
	case 0:
		m.size = 7;
		break;
	case 1:
		m = sx_with_fd(VHOST_SET_FEATURES, 0, sx_call_fd(0));
		break;
	case 2:
		m = sx_request(VHOST_SET_MEM_TABLE, 0);
		break;
	case 3: /* fewer descriptors than regions */
		m = sx_mem_table();
		m.n_fds = 1;
		break;
	case 4: /* more */
		m = sx_mem_table();
		m.table.n = 1;
		break;
	case 5: /* more regions than bytes */
		m = sx_mem_table();
		m.size = 40;
		break;
	case 6:
		m = sx_with_u64(VHOST_SET_VRING_KICK, 0);
		break;
	case 7:
		m = sx_request(VHOST_GET_CONFIG, 12);
		m.config.size = UINT32_MAX;
		break;
	case 8:
		m.flags = 2; /* the version, together with 1: 3 */
		break;
	case 9:
		m.flags = VHOST_FLAG_REPLY;
		break;
	case 10:
		m = sx_request(VHOST_SET_BACKEND_REQ_FD, 0);
		break;
	case 11:
		m = sx_request(12345, 0);
		m.flags = 0;
		break;
	case 12:
		m = sx_with_vring(VHOST_GET_VRING_BASE, 5, 0);
		m.flags = 0;
		break;
	case 13:
		m = sx_one_region(VHOST_ADD_MEM_REG, 0);
		m.n_fds = 0;
		break;
	default:
		m.request = 0;
	}
	return m;
}

/* Each ends its session, with what it brought, and the next front end is served. */
static void test_bad_messages_end_the_session(void **state)
{
	(void)state;
	for (int i = 0; i <= 14; i++) {
		struct vhost_message m = bad_message(i);

		sx_negotiate(BIT(CONFIG) | BIT(BACKEND_REQ));
		sx_send_message(&m);
		assert_true(sx.ended < 0);
		sx_reconnect();
	}
	sx_start_as_qemu();
	assert_int_equal(sx_command(QUERY), 0x201);
}

static void test_a_message_that_is_too_long(void **state)
{
	const uint32_t header[3] = {VHOST_GET_FEATURES, VHOST_VERSION, 0x7fffffff};

	(void)state;
	assert_int_equal(send(sx.front, header, sizeof(header), 0), 12);
	sx_run_session();
	assert_int_equal(sx.ended, -EMSGSIZE);
}

static void test_a_front_end_that_dies(void **state)
{
	struct vhost_message m = sx_mem_table();

	(void)state;
	/* In the middle of a message, with its descriptors here. */
	m.flags = VHOST_VERSION;
	m.size = 4;
	assert_int_equal(guest_vhost_send(sx.front, &m), 0);
	sx_run_session();
	sx_reconnect();
	sx_start_as_qemu();
	assert_int_equal(sx_command(QUERY), 0x201);
	m = sx_mem_table();
	m.size = 2000;
	assert_int_equal(guest_vhost_send(sx.front, &m), 0);
	shutdown(sx.front, SHUT_RDWR);
	sx_run_session();
	assert_true(sx.ended != 0);
}

/* Descriptors that come in many small pieces of one message. */
static void test_too_many_descriptors(void **state)
{
	int fds[200];
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(fds))];
	} control = {.bytes = {0}};
	const uint32_t header[3] = {VHOST_SET_MEM_TABLE, VHOST_VERSION, 4000};
	struct iovec iov = {.iov_base = (void *)(uintptr_t)header, .iov_len = 6};
	struct msghdr msg = {&(struct sockaddr){0}, 0, &iov, 1, control.bytes,
			     sizeof(control.bytes), 0};

	(void)state;
	msg.msg_name = NULL;
	for (int i = 0; i < 200; i++)
		fds[i] = sx_call_fd(0);
	control.align = (struct cmsghdr){
		.cmsg_len = CMSG_LEN(sizeof(fds)),
		.cmsg_level = SOL_SOCKET,
		.cmsg_type = SCM_RIGHTS,
	};
	memcpy(CMSG_DATA(&control.align), fds, sizeof(fds));
	assert_int_equal(sendmsg(sx.front, &msg, 0), 6);
	sx_run_session();
	assert_int_equal(sx.ended, 0);
	iov.iov_base = (char *)iov.iov_base + 6;
	assert_int_equal(sendmsg(sx.front, &msg, 0), 6);
	sx_run_session();
	assert_int_equal(sx.ended, -E2BIG);
}

/* Who asks and does not listen is not read from, and gets all replies in the end. */
static void test_a_front_end_that_does_not_read(void **state)
{
	struct vhost_message m;
	unsigned int asked = 0;

	(void)state;
	sx_negotiate(QEMU_WANTS);
	assert_int_equal(fcntl(sx.front, F_SETFL, O_NONBLOCK), 0);
	for (;;) {
		m = sx_request(VHOST_GET_CONFIG, 12 + 256);
		m.config.size = 256;
		if (guest_vhost_send(sx.front, &m) < 0)
			break;
		asked++;
		sx_run_session();
	}
	assert_true(asked > 1);
	assert_int_equal(sx.ended, 0);
	while (asked > 0) {
		assert_int_equal(guest_vhost_receive(sx.front, &m), 0);
		assert_int_equal(m.size, 268);
		asked--;
		sx_run_session();
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, sx_setup, sx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_was_in_flight_is_answered_after_a_crash),
		TEST(test_a_record_that_makes_no_sense),
		TEST(test_what_is_refused),
		TEST(test_bad_messages_end_the_session),
		TEST(test_a_message_that_is_too_long),
		TEST(test_a_front_end_that_dies),
		TEST(test_too_many_descriptors),
		TEST(test_a_front_end_that_does_not_read),
	};

	/* A session that waits for what never comes is not to hold up all others. */
	alarm(120);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
