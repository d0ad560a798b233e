/* SPDX-License-Identifier: MIT */
/*
 * test-session.c - vhost-user requests on the scripted device, in the orders of known front ends
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include "device-fixture.h"
#include "guest/ram.h"
#include "guest/ring.h"
#include "guest/vhost.h"
#include "vhost-user/session.h"

#define QSIZE 16u
/* What the front end says that its memory's addresses are. */
#define USER UINT64_C(0x7f0000000000)

static struct {
	struct session *session;
	int front, ended, fds_before;
	struct guest_ram *ram;
	struct guest_region regions[GUEST_RAM_REGIONS];
	struct guest_ring *rings[2];
	uint64_t message_gpa, picture_gpa;
} t;

static int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* ---- The front end ---- */

/* Whatever is ready in the session is done. */
static void run_session(void)
{
	struct pollfd fd = {.events = POLLIN};

	while (t.session && !t.ended) {
		fd.fd = session_get_fd(t.session);
		if (poll(&fd, 1, 0) == 0)
			return;
		t.ended = session_dispatch(t.session);
	}
}

static struct vhost_message request(uint32_t id, size_t size)
{
	return (struct vhost_message){.request = id, .size = (uint32_t)size};
}

static void send_message(struct vhost_message *message)
{
	assert_int_equal(guest_vhost_send(t.front, message), 0);
	run_session();
}

/* A request with a reply, of which there is one and no more. */
static void call(struct vhost_message *message)
{
	uint32_t id = message->request;

	send_message(message);
	assert_int_equal(t.ended, 0);
	assert_int_equal(guest_vhost_receive(t.front, message), 0);
	assert_int_equal(message->request, id);
	assert_int_equal(message->flags, VHOST_VERSION | VHOST_FLAG_REPLY);
}

static uint64_t get_u64(uint32_t id)
{
	struct vhost_message m = request(id, 0);

	call(&m);
	assert_int_equal(m.size, 8);
	return m.u64;
}

/* Sends with NEED_REPLY: whether it was done. */
static bool acked(struct vhost_message m)
{
	m.flags |= VHOST_FLAG_NEED_REPLY;
	call(&m);
	assert_int_equal(m.size, 8);
	return m.u64 == 0;
}

static struct vhost_message with_u64(uint32_t id, uint64_t value)
{
	struct vhost_message m = request(id, 8);

	m.u64 = value;
	return m;
}

static struct vhost_message with_vring(uint32_t id, uint32_t index, uint32_t num)
{
	struct vhost_message m = request(id, 8);

	m.vring = (struct vhost_vring){index, num};
	return m;
}

static struct vhost_message with_fd(uint32_t id, uint64_t value, int fd)
{
	struct vhost_message m = with_u64(id, value);

	m.fds[0] = fd;
	m.n_fds = 1;
	return m;
}

static struct vhost_region region(unsigned int i)
{
	const struct guest_region *r = &t.regions[i];

	return (struct vhost_region){r->gpa, r->size_bytes, USER + r->gpa, r->fd_offset};
}

/* As QEMU does it: as long as it has regions. */
static struct vhost_message mem_table(void)
{
	struct vhost_message m = request(VHOST_SET_MEM_TABLE, 8 + 2 * sizeof(struct vhost_region));

	m.table.n = m.n_fds = 2;
	for (unsigned int i = 0; i < 2; i++) {
		m.table.regions[i] = region(i);
		m.fds[i] = t.regions[i].fd;
	}
	return m;
}

static struct vhost_message one_region(uint32_t id, unsigned int i)
{
	struct vhost_message m = request(id, sizeof(struct vhost_one_region));

	m.one.region = region(i);
	if (id == VHOST_ADD_MEM_REG) {
		m.fds[0] = t.regions[i].fd;
		m.n_fds = 1;
	}
	return m;
}

static struct vhost_message vring_addr(uint32_t index)
{
	struct vhost_message m = request(VHOST_SET_VRING_ADDR, sizeof(m.addr));
	struct guest_ring_setup setup;

	guest_ring_get_setup(t.rings[index], &setup);
	m.addr = (struct vhost_vring_addr){
		.index = index,
		.desc = USER + setup.desc_gpa,
		.used = USER + setup.used_gpa,
		.avail = USER + setup.avail_gpa,
	};
	return m;
}

static int kick_fd(unsigned int index)
{
	struct guest_ring_setup setup;

	guest_ring_get_setup(t.rings[index], &setup);
	return setup.kick_fd;
}

static int call_fd(unsigned int index)
{
	struct guest_ring_setup setup;

	guest_ring_get_setup(t.rings[index], &setup);
	return setup.call_fd;
}

static void negotiate(uint64_t protocol_features)
{
	uint64_t features = get_u64(VHOST_GET_FEATURES), offered;
	struct vhost_message m;

	assert_true(features & VHOST_F_PROTOCOL_FEATURES);
	offered = get_u64(VHOST_GET_PROTOCOL_FEATURES);
	assert_int_equal(offered & protocol_features, protocol_features);
	m = with_u64(VHOST_SET_PROTOCOL_FEATURES, protocol_features);
	send_message(&m);
	m = request(VHOST_SET_OWNER, 0);
	send_message(&m);
	m = with_u64(VHOST_SET_FEATURES, features & ~RING_FEATURE_EVENT_IDX);
	send_message(&m);
	assert_int_equal(t.ended, 0);
}

#define BIT(name)  (UINT64_C(1) << VHOST_PROTOCOL_##name)
#define QEMU_WANTS (BIT(CONFIG) | BIT(REPLY_ACK) | BIT(MQ))
#define ALL_WANTED (QEMU_WANTS | BIT(BACKEND_REQ) | BIT(RESET_DEVICE) | BIT(STATUS) | SLOTS)
#define SLOTS      BIT(CONFIGURE_MEM_SLOTS)

/* QEMU's order for a queue. */
static void set_up_queue(unsigned int index, uint32_t base)
{
	assert_true(acked(with_vring(VHOST_SET_VRING_NUM, index, QSIZE)));
	assert_true(acked(with_vring(VHOST_SET_VRING_BASE, index, base)));
	assert_true(acked(vring_addr(index)));
	assert_true(acked(with_fd(VHOST_SET_VRING_KICK, index, kick_fd(index))));
	assert_true(acked(with_fd(VHOST_SET_VRING_CALL, index, call_fd(index))));
}

static void start_as_qemu(void)
{
	negotiate(ALL_WANTED);
	assert_true(acked(mem_table()));
	set_up_queue(0, 0);
	set_up_queue(1, 0);
	assert_true(acked(with_vring(VHOST_SET_VRING_ENABLE, 0, 1)));
	assert_true(acked(with_vring(VHOST_SET_VRING_ENABLE, 1, 1)));
}

/* ---- The driver ---- */

static void offer(const struct msg *msg)
{
	uint8_t *at = guest_ram_get_pointer(t.ram, t.message_gpa, 1024);
	struct guest_piece pieces[] = {
		{t.message_gpa, (uint32_t)msg->len, false},
		{t.message_gpa + 512, 512, true},
	};

	memcpy(at, msg->bytes, msg->len);
	memset(at + 512, 0xa5, 512);
	assert_int_equal(guest_ring_add(t.rings[0], pieces, 2, msg->len), 0);
	assert_true(guest_ring_kick(t.rings[0]) >= 0);
	run_session();
}

static uint32_t answer_type(void)
{
	return get32(guest_ram_get_pointer(t.ram, t.message_gpa + 512, 512), 0);
}

/* Offers a command; the type of its answer, or 0 without one. */
static uint32_t command(struct msg msg)
{
	uint64_t token;
	uint32_t len;

	offer(&msg);
	if (guest_ring_get(t.rings[0], &token, &len) != 1)
		return 0;
	return answer_type();
}

#define QUERY msg_queue_type(0x100, 0, OUT)

/* ---- Set-up ---- */

static void make_rings(void)
{
	for (int i = 0; i < 2; i++) {
		t.rings[i] = guest_ring_free(t.rings[i]);
		assert_int_equal(guest_ring_new(t.ram, QSIZE, RING_FEATURE_INDIRECT, &t.rings[i]),
				 0);
	}
}

static int setup(void **state)
{
	struct session_options options = {0};
	int ends[2];

	fx_setup(state);
	assert_int_equal(vvd_device_remove_region(fx.device, GPA), 0);
	assert_int_equal(guest_ram_new(4 << 20, &t.ram), 0);
	guest_ram_get_regions(t.ram, t.regions);
	assert_int_equal(guest_ram_alloc(t.ram, 1024, &t.message_gpa), 0);
	assert_int_equal(guest_ram_alloc(t.ram, 8192, &t.picture_gpa), 0);
	make_rings();
	t.fds_before = count_fds();
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	t.front = ends[0];
	t.ended = 0;
	options.device = fx.device;
	assert_int_equal(session_new(&options, ends[1], &t.session), 0);
	return 0;
}

static void end_session(void)
{
	assert_true(session_free(t.session));
	t.session = NULL;
	close(t.front);
	t.front = -1;
}

/* However a session ends, all descriptors that came are closed, and all memory is unmapped. */
static int teardown(void **state)
{
	char line[256];
	FILE *maps;
	bool mapped = false;

	if (t.session)
		end_session();
	assert_int_equal(count_fds(), t.fds_before);
	for (int i = 0; i < 2; i++)
		t.rings[i] = guest_ring_free(t.rings[i]);
	t.ram = guest_ram_free(t.ram);
	maps = fopen("/proc/self/maps", "re");
	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps))
		mapped |= strstr(line, "memfd") != NULL;
	fclose(maps);
	assert_false(mapped);
	return fx_teardown(state);
}

static void reconnect(void)
{
	struct session_options options = {.device = fx.device};
	int ends[2];

	end_session();
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	t.front = ends[0];
	t.ended = 0;
	assert_int_equal(session_new(&options, ends[1], &t.session), 0);
}

/* ---- Front ends as they are ---- */

static void test_qemu(void **state)
{
	struct vhost_message m;

	(void)state;
	negotiate(QEMU_WANTS);
	assert_int_equal(get_u64(VHOST_GET_QUEUE_NUM), 2);
	assert_true(acked(mem_table()));
	set_up_queue(0, 0);
	set_up_queue(1, 0);
	/* Rings begin disabled. */
	assert_int_equal(command(QUERY), 0);
	assert_true(acked(with_vring(VHOST_SET_VRING_ENABLE, 0, 1)));
	assert_true(acked(with_vring(VHOST_SET_VRING_ENABLE, 1, 1)));
	run_session();
	assert_int_equal(answer_type(), 0x201);
	assert_true(acked(with_vring(VHOST_SET_VRING_ENABLE, 0, 0)));
	m = with_vring(VHOST_GET_VRING_BASE, 0, 0);
	call(&m);
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
	negotiate(QEMU_WANTS);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		m = request(VHOST_GET_CONFIG, 12 + sizes[i]);
		m.config.size = sizes[i];
		call(&m);
		assert_int_equal(m.size, 12 + sizes[i]);
		assert_int_equal(m.config.size, sizes[i]);
		for (uint32_t at = 0; at < sizes[i]; at++)
			assert_int_equal(m.config.bytes[at], at < 44 ? whole[at] : 0);
	}
	/* crosvm reads field by field, and where there is nothing. */
	for (uint32_t offset = 0; offset < 60; offset += 3) {
		m = request(VHOST_GET_CONFIG, 12);
		m.config.offset = offset;
		m.config.size = 5;
		call(&m);
		assert_int_equal(m.size, 12 + 5);
		assert_int_equal(m.config.offset, offset);
		for (uint32_t at = 0; at < 5; at++)
			assert_int_equal(m.config.bytes[at],
					 offset + at < 44 ? whole[offset + at] : 0);
	}
	m = request(VHOST_GET_CONFIG, 12);
	m.config.offset = UINT32_MAX;
	m.config.size = 8;
	call(&m);
	assert_int_equal(m.size, 20);
}

/* Table of 72 bytes for one region, call before all else, a pipe to call, no event index. */
static void test_user_mode_linux(void **state)
{
	struct vhost_message m;
	struct pollfd fd = {.events = POLLIN};
	int ends[2], backend[2];

	(void)state;
	negotiate(BIT(REPLY_ACK) | BIT(BACKEND_REQ) | BIT(CONFIG));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, backend), 0);
	m = request(VHOST_SET_BACKEND_REQ_FD, 0);
	m.fds[0] = backend[1];
	m.n_fds = 1;
	assert_true(acked(m));
	m = request(VHOST_SET_MEM_TABLE, 72);
	m.table.n = m.n_fds = 1;
	m.table.regions[0] = region(0);
	m.fds[0] = t.regions[0].fd;
	assert_true(acked(m));
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	for (unsigned int i = 0; i < 2; i++) {
		assert_true(acked(with_fd(VHOST_SET_VRING_CALL, i, ends[1])));
		assert_true(acked(with_vring(VHOST_SET_VRING_NUM, i, QSIZE)));
		assert_true(acked(with_vring(VHOST_SET_VRING_BASE, i, 0)));
		assert_true(acked(vring_addr(i)));
		assert_true(acked(with_fd(VHOST_SET_VRING_KICK, i, kick_fd(i))));
		assert_true(acked(with_vring(VHOST_SET_VRING_ENABLE, i, 1)));
	}
	assert_int_equal(command(QUERY), 0x201);
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
	negotiate(ALL_WANTED);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_true(acked(with_vring(VHOST_SET_VRING_ENABLE, 0, 1)));
	assert_true(acked(with_fd(VHOST_SET_VRING_KICK, 0, ends[0])));
	assert_true(acked(with_vring(VHOST_SET_VRING_NUM, 0, QSIZE)));
	assert_true(acked(with_vring(VHOST_SET_VRING_BASE, 0, 0)));
	assert_true(acked(vring_addr(0)));
	/* Memory comes last, and that with the ring after other memory. */
	assert_true(acked(one_region(VHOST_ADD_MEM_REG, 1)));
	assert_true(acked(one_region(VHOST_ADD_MEM_REG, 0)));
	m = vring_addr(1);
	m.addr.used = 0x1000;
	assert_true(acked(m));
	assert_true(acked(with_vring(VHOST_SET_VRING_NUM, 1, QSIZE)));
	assert_false(acked(with_fd(VHOST_SET_VRING_KICK, 1, kick_fd(1))));
	assert_int_equal(command(QUERY), 0); /* that was the ring's own eventfd */
	assert_int_equal(write(ends[1], "12345678", 8), 8);
	run_session();
	assert_int_equal(answer_type(), 0x201);
	close(ends[0]);
	close(ends[1]);
}

static void test_a_front_end_without_protocol_features(void **state)
{
	struct vhost_message m;

	(void)state;
	m = with_u64(VHOST_SET_FEATURES, RING_FEATURE_VERSION_1 | RING_FEATURE_INDIRECT);
	send_message(&m);
	m = mem_table();
	send_message(&m);
	m = with_vring(VHOST_SET_VRING_NUM, 0, QSIZE);
	send_message(&m);
	m = vring_addr(0);
	send_message(&m);
	/* No descriptor: the queue is looked at from time to time. */
	m = with_u64(VHOST_SET_VRING_KICK, 0 | VHOST_VRING_NO_FD);
	send_message(&m);
	assert_int_equal(t.ended, 0);
	assert_int_equal(command(QUERY), 0);
	while (answer_type() == 0xa5a5a5a5)
		run_session();
	assert_int_equal(answer_type(), 0x201);
}

static void test_one_byte_at_a_time(void **state)
{
	struct vhost_message m = with_u64(VHOST_SET_PROTOCOL_FEATURES, QEMU_WANTS);
	const uint8_t *bytes = (const uint8_t *)&m;

	(void)state;
	m.flags = VHOST_VERSION | VHOST_FLAG_NEED_REPLY;
	for (size_t i = 0; i < 20; i++) {
		assert_int_equal(send(t.front, bytes + (i < 12 ? i : i + 4), 1, 0), 1);
		run_session();
	}
	assert_int_equal(guest_vhost_receive(t.front, &m), 0);
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
	start_as_qemu();
	assert_int_equal(command(msg_create(1, H264)), OK_NODATA);
	msg_put64(&create, 88, t.picture_gpa);
	assert_int_equal(command(create), OK_NODATA);
	assert_int_equal(command(out), 0);
	m = with_vring(VHOST_GET_VRING_BASE, 0, 0);
	call(&m);
	assert_int_equal(m.vring.num, 3);
	assert_int_equal(guest_ring_get(t.rings[0], &token, &len), 1);
	assert_int_equal(len, 24);
	assert_int_equal(get32(guest_ram_get_pointer(t.ram, t.message_gpa + 512, 512), 16), 1);
	/* A pause: it goes on, and the stream is still there. */
	set_up_queue(0, 3);
	assert_int_equal(command(msg_create(1, H264)), ERR_STREAM);
}

/* A status of 0 means a reset when the queue begins anew, and nothing after a pause. */
static void test_status(void **state)
{
	struct vhost_message m;

	(void)state;
	start_as_qemu();
	assert_true(acked(with_u64(VHOST_SET_STATUS, 15)));
	assert_int_equal(get_u64(VHOST_GET_STATUS), 15);
	assert_int_equal(command(msg_create(1, H264)), OK_NODATA);
	for (uint32_t base = 1; base < 2; base--) {
		for (uint32_t i = 0; i < 2; i++) {
			m = with_vring(VHOST_GET_VRING_BASE, i, 0);
			call(&m);
		}
		assert_true(acked(with_u64(VHOST_SET_STATUS, 0)));
		if (base == 0)
			make_rings();
		set_up_queue(0, base);
		assert_int_equal(command(msg_create(1, H264)), base ? ERR_STREAM : OK_NODATA);
	}
}

/* QEMU says nothing at all of a driver's reset: the queue merely begins anew. */
static void test_a_reset_that_is_not_told(void **state)
{
	struct vhost_message m;

	(void)state;
	start_as_qemu();
	assert_int_equal(command(msg_create(1, H264)), OK_NODATA);
	for (uint32_t i = 0; i < 2; i++) {
		assert_true(acked(with_vring(VHOST_SET_VRING_ENABLE, i, 0)));
		m = with_vring(VHOST_GET_VRING_BASE, i, 0);
		call(&m);
	}
	make_rings();
	set_up_queue(0, 0);
	set_up_queue(1, 0);
	assert_true(acked(with_vring(VHOST_SET_VRING_ENABLE, 0, 1)));
	assert_int_equal(command(msg_create(1, H264)), OK_NODATA);
}

static void test_reset_device(void **state)
{
	(void)state;
	start_as_qemu();
	assert_int_equal(command(msg_create(1, H264)), OK_NODATA);
	assert_true(acked(request(VHOST_RESET_DEVICE, 0)));
	assert_int_equal(command(QUERY), 0);
	make_rings();
	assert_true(acked(with_u64(VHOST_SET_FEATURES,
				   get_u64(VHOST_GET_FEATURES) & ~RING_FEATURE_EVENT_IDX)));
	set_up_queue(0, 0);
	assert_int_equal(command(QUERY), 0);
	assert_true(acked(with_vring(VHOST_SET_VRING_ENABLE, 0, 1)));
	run_session();
	assert_int_equal(answer_type(), 0x201);
}

/* The same table again changes nothing; a table without a region takes its resources away. */
static void test_tables_that_change(void **state)
{
	struct msg create = msg_resource(1, OUT, 2, 0, 8192);
	struct vhost_message m = mem_table();
	uint64_t token;
	uint32_t len;
	int dup_fd;

	(void)state;
	start_as_qemu();
	assert_int_equal(command(msg_create(1, H264)), OK_NODATA);
	msg_put64(&create, 88, t.picture_gpa);
	assert_int_equal(command(create), OK_NODATA);
	dup_fd = dup(m.fds[0]);
	m.fds[0] = dup_fd;
	assert_true(acked(m));
	close(dup_fd);
	assert_int_equal(command(msg_queue(1, OUT, 2, 0, 0)), 0);
	m.table.n = m.n_fds = 1;
	m.size = 40;
	m.table.regions[0] = region(1);
	m.fds[0] = t.regions[1].fd;
	assert_true(acked(m));
	/* What was pending is answered before the ring and the resource go with their memory. */
	assert_int_equal(guest_ring_get(t.rings[0], &token, &len), 1);
	assert_int_equal(len, 24);
	assert_int_equal(command(QUERY), 0);
	assert_true(acked(mem_table()));
	run_session();
	assert_int_equal(guest_ring_get(t.rings[0], &token, &len), 1);
	assert_int_equal(answer_type(), 0x201);
	assert_int_equal(command(msg_queue(1, OUT, 2, 0, 0)), ERR_RES);
}

static void test_single_regions(void **state)
{
	struct vhost_message m;

	(void)state;
	negotiate(ALL_WANTED);
	assert_true(get_u64(VHOST_GET_MAX_MEM_SLOTS) >= 32);
	assert_true(acked(one_region(VHOST_ADD_MEM_REG, 0)));
	assert_true(acked(one_region(VHOST_ADD_MEM_REG, 1)));
	assert_false(acked(one_region(VHOST_ADD_MEM_REG, 0)));
	m = one_region(VHOST_REM_MEM_REG, 0);
	m.one.region.user_addr++;
	assert_false(acked(m));
	m = one_region(VHOST_REM_MEM_REG, 0);
	/* QEMU of some years sends a descriptor along. */
	m.fds[0] = t.regions[0].fd;
	m.n_fds = 1;
	assert_true(acked(m));
	assert_false(acked(m));
	assert_true(acked(one_region(VHOST_ADD_MEM_REG, 0)));
}

/* ---- What outlives a daemon ---- */

static struct vhost_message inflight(uint32_t id, uint64_t size, uint16_t queues, uint16_t entries)
{
	struct vhost_message m = request(id, 24);

	memcpy(m.bytes, &size, 8);
	memcpy(m.bytes + 16, &queues, 2);
	memcpy(m.bytes + 18, &entries, 2);
	return m;
}

/* A chain that stays with the device, while one after it is used. */
static void leave_one_behind(void)
{
	struct msg create = msg_resource(1, OUT, 2, 0, 4096), out = msg_queue(1, OUT, 2, 0, 0);
	uint64_t first = t.message_gpa;

	assert_int_equal(command(msg_create(1, H264)), OK_NODATA);
	msg_put64(&create, 88, t.picture_gpa);
	assert_int_equal(command(create), OK_NODATA);
	t.message_gpa = t.picture_gpa + 4096;
	assert_int_equal(command(out), 0);
	t.message_gpa = first;
	assert_int_equal(command(QUERY), 0x201);
}

static void test_what_was_in_flight_is_answered_after_a_crash(void **state)
{
	struct vhost_message m = inflight(VHOST_GET_INFLIGHT_FD, 0, 2, QSIZE);
	uint64_t token, size;
	uint32_t len;
	int fd;

	(void)state;
	negotiate(ALL_WANTED | BIT(INFLIGHT_SHMFD));
	assert_true(acked(mem_table()));
	call(&m);
	assert_int_equal(m.n_fds, 1);
	assert_int_equal(m.size, 24);
	fd = m.fds[0];
	memcpy(&size, m.bytes, 8);
	assert_true(size >= 2 * (16 + 16 * QSIZE));
	for (uint32_t i = 0; i < 2; i++) {
		set_up_queue(i, 0);
		assert_true(acked(with_vring(VHOST_SET_VRING_ENABLE, i, 1)));
	}
	leave_one_behind();
	reconnect();
	negotiate(ALL_WANTED | BIT(INFLIGHT_SHMFD));
	assert_true(acked(mem_table()));
	m = inflight(VHOST_SET_INFLIGHT_FD, size, 2, QSIZE);
	m.fds[0] = fd;
	m.n_fds = 1;
	assert_true(acked(m));
	/* As QEMU has it: the index of what was used, which is before the last one that was taken. */
	set_up_queue(0, 3);
	assert_true(acked(with_vring(VHOST_SET_VRING_ENABLE, 0, 1)));
	run_session();
	assert_int_equal(guest_ring_get(t.rings[0], &token, &len), 1);
	assert_int_equal(len, 24);
	assert_int_equal(get32(guest_ram_get_pointer(t.ram, t.picture_gpa + 4096 + 512, 512), 0),
			 ERR_STREAM);
	assert_int_equal(guest_ring_get(t.rings[0], &token, &len), 0);
	assert_int_equal(command(QUERY), 0x201);
	/* A reset forgets it all. */
	leave_one_behind();
	assert_true(acked(request(VHOST_RESET_DEVICE, 0)));
	make_rings();
	set_up_queue(0, 0);
	assert_true(acked(with_vring(VHOST_SET_VRING_ENABLE, 0, 1)));
	run_session();
	assert_int_equal(guest_ring_get(t.rings[0], &token, &len), 0);
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
	negotiate(ALL_WANTED | BIT(INFLIGHT_SHMFD));
	assert_true(acked(mem_table()));
	m.fds[0] = fd;
	m.n_fds = 1;
	assert_true(acked(m));
	m = inflight(VHOST_SET_INFLIGHT_FD, 8192, 2, QSIZE);
	m.fds[0] = fd;
	m.n_fds = 1;
	assert_false(acked(m)); /* the file is shorter */
	assert_false(acked(inflight(VHOST_GET_INFLIGHT_FD, 0, 3, QSIZE)));
	assert_false(acked(inflight(VHOST_GET_INFLIGHT_FD, 0, 2, 0)));
	set_up_queue(0, 0);
	assert_true(acked(with_vring(VHOST_SET_VRING_ENABLE, 0, 1)));
	run_session();
	assert_int_equal(t.ended, 0);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_true(acked(with_vring(VHOST_SET_VRING_ENABLE, 0, 0)));
	close(fd);
}

static void test_a_broken_ring_is_told(void **state)
{
	int err = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct guest_ring_setup setup;
	eventfd_t told;

	(void)state;
	start_as_qemu();
	assert_true(acked(with_fd(VHOST_SET_VRING_ERR, 0, err)));
	guest_ring_get_setup(t.rings[0], &setup);
	/* The index jumps. */
	memset((uint8_t *)guest_ram_get_pointer(t.ram, setup.avail_gpa + 2, 2), 0x77, 2);
	eventfd_write(setup.kick_fd, 1);
	run_session();
	assert_int_equal(eventfd_read(err, &told), 0);
	eventfd_write(setup.kick_fd, 1);
	run_session();
	assert_int_equal(eventfd_read(err, &told), -1);
	assert_int_equal(t.ended, 0);
	close(err);
}

/* ---- Bad front ends ---- */

static void test_what_is_refused(void **state)
{
	struct vhost_message m;

	(void)state;
	start_as_qemu();
	assert_false(acked(with_vring(VHOST_SET_VRING_NUM, 0, QSIZE))); /* it runs */
	assert_false(acked(with_vring(VHOST_SET_VRING_BASE, 0, 1)));
	assert_false(acked(with_vring(VHOST_SET_VRING_NUM, 2, QSIZE)));
	assert_false(acked(with_vring(VHOST_SET_VRING_ENABLE, 0, 2)));
	assert_false(acked(with_vring(VHOST_SET_VRING_ENABLE, 77, 1)));
	assert_false(acked(with_u64(VHOST_SET_FEATURES, UINT64_C(1) << 34)));
	assert_false(acked(with_u64(VHOST_SET_FEATURES, 0)));
	assert_false(acked(with_u64(VHOST_SET_PROTOCOL_FEATURES, UINT64_C(1) << 40)));
	assert_false(acked(with_u64(VHOST_SET_STATUS, 256)));
	assert_false(acked(with_u64(VHOST_SET_LOG_BASE, 0)));
	assert_false(acked(with_fd(VHOST_SET_LOG_FD, 0, t.regions[0].fd)));
	assert_false(acked(request(VHOST_SET_CONFIG, 13)));
	assert_false(acked(with_fd(VHOST_SET_VRING_KICK, 0, t.regions[0].fd))); /* no eventfd */
	assert_false(acked(with_fd(VHOST_SET_VRING_CALL, 9, call_fd(0))));
	assert_false(acked(request(19, 8)));
	assert_false(acked(request(1000, 8)));
	m = vring_addr(0);
	assert_true(acked(m));
	m.addr.used += 16;
	assert_false(acked(m));
	m = one_region(VHOST_ADD_MEM_REG, 0);
	m.one.region.gpa = UINT64_C(1) << 40;
	m.one.region.size = UINT64_C(1) << 40; /* longer than the file */
	assert_false(acked(m));
	m.one.region.size = 0;
	assert_false(acked(m));
	m.one.region.size = UINT64_MAX;
	m.one.region.offset = 2;
	assert_false(acked(m));
	assert_int_equal(command(QUERY), 0x201);
}

static struct vhost_message bad_message(int which)
{
	struct vhost_message m = with_u64(VHOST_SET_FEATURES, 0);

	switch (which) {
	case 0:
		m.size = 7;
		break;
	case 1:
		m = with_fd(VHOST_SET_FEATURES, 0, call_fd(0));
		break;
	case 2:
		m = request(VHOST_SET_MEM_TABLE, 0);
		break;
	case 3: /* fewer descriptors than regions */
		m = mem_table();
		m.n_fds = 1;
		break;
	case 4: /* more */
		m = mem_table();
		m.table.n = 1;
		break;
	case 5: /* more regions than bytes */
		m = mem_table();
		m.size = 40;
		break;
	case 6:
		m = with_u64(VHOST_SET_VRING_KICK, 0);
		break;
	case 7:
		m = request(VHOST_GET_CONFIG, 12);
		m.config.size = UINT32_MAX;
		break;
	case 8:
		m.flags = 2; /* the version, together with 1: 3 */
		break;
	case 9:
		m.flags = VHOST_FLAG_REPLY;
		break;
	case 10:
		m = request(VHOST_SET_BACKEND_REQ_FD, 0);
		break;
	case 11:
		m = request(12345, 0);
		m.flags = 0;
		break;
	case 12:
		m = with_vring(VHOST_GET_VRING_BASE, 5, 0);
		m.flags = 0;
		break;
	case 13:
		m = one_region(VHOST_ADD_MEM_REG, 0);
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

		negotiate(BIT(CONFIG) | BIT(BACKEND_REQ));
		send_message(&m);
		assert_true(t.ended < 0);
		reconnect();
	}
	start_as_qemu();
	assert_int_equal(command(QUERY), 0x201);
}

static void test_a_message_that_is_too_long(void **state)
{
	const uint32_t header[3] = {VHOST_GET_FEATURES, VHOST_VERSION, 0x7fffffff};

	(void)state;
	assert_int_equal(send(t.front, header, sizeof(header), 0), 12);
	run_session();
	assert_int_equal(t.ended, -EMSGSIZE);
}

static void test_a_front_end_that_dies(void **state)
{
	struct vhost_message m = mem_table();

	(void)state;
	/* In the middle of a message, with its descriptors here. */
	m.flags = VHOST_VERSION;
	m.size = 4;
	assert_int_equal(guest_vhost_send(t.front, &m), 0);
	run_session();
	reconnect();
	start_as_qemu();
	assert_int_equal(command(QUERY), 0x201);
	m = mem_table();
	m.size = 2000;
	assert_int_equal(guest_vhost_send(t.front, &m), 0);
	shutdown(t.front, SHUT_RDWR);
	run_session();
	assert_true(t.ended != 0);
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
		fds[i] = call_fd(0);
	control.align = (struct cmsghdr){
		.cmsg_len = CMSG_LEN(sizeof(fds)),
		.cmsg_level = SOL_SOCKET,
		.cmsg_type = SCM_RIGHTS,
	};
	memcpy(CMSG_DATA(&control.align), fds, sizeof(fds));
	assert_int_equal(sendmsg(t.front, &msg, 0), 6);
	run_session();
	assert_int_equal(t.ended, 0);
	iov.iov_base = (char *)iov.iov_base + 6;
	assert_int_equal(sendmsg(t.front, &msg, 0), 6);
	run_session();
	assert_int_equal(t.ended, -E2BIG);
}

/* Who asks and does not listen is not read from, and gets all replies in the end. */
static void test_a_front_end_that_does_not_read(void **state)
{
	struct vhost_message m;
	unsigned int asked = 0;

	(void)state;
	negotiate(QEMU_WANTS);
	assert_int_equal(fcntl(t.front, F_SETFL, O_NONBLOCK), 0);
	for (;;) {
		m = request(VHOST_GET_CONFIG, 12 + 256);
		m.config.size = 256;
		if (guest_vhost_send(t.front, &m) < 0)
			break;
		asked++;
		run_session();
	}
	assert_true(asked > 1);
	assert_int_equal(t.ended, 0);
	while (asked > 0) {
		assert_int_equal(guest_vhost_receive(t.front, &m), 0);
		assert_int_equal(m.size, 268);
		asked--;
		run_session();
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

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
		TEST(test_what_was_in_flight_is_answered_after_a_crash),
		TEST(test_a_record_that_makes_no_sense),
		TEST(test_a_broken_ring_is_told),
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
