/* SPDX-License-Identifier: MIT */
/*
 * session-fixture.c - messages, rings and what must not be left behind
 */
#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "session-fixture.h"

struct session_fixture sx;

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

void sx_run_session(void)
{
	struct pollfd fd = {.events = POLLIN};

	while (sx.session && !sx.ended) {
		fd.fd = session_get_fd(sx.session);
		if (poll(&fd, 1, 0) == 0)
			return;
		sx.ended = session_dispatch(sx.session);
	}
}

struct vhost_message sx_request(uint32_t id, size_t size)
{
	return (struct vhost_message){.request = id, .size = (uint32_t)size};
}

void sx_send_message(struct vhost_message *message)
{
	assert_int_equal(guest_vhost_send(sx.front, message), 0);
	sx_run_session();
}

void sx_call(struct vhost_message *message)
{
	uint32_t id = message->request;

	sx_send_message(message);
	assert_int_equal(sx.ended, 0);
	assert_int_equal(guest_vhost_receive(sx.front, message), 0);
	assert_int_equal(message->request, id);
	assert_int_equal(message->flags, VHOST_VERSION | VHOST_FLAG_REPLY);
}

uint64_t sx_get_u64(uint32_t id)
{
	struct vhost_message m = sx_request(id, 0);

	sx_call(&m);
	assert_int_equal(m.size, 8);
	return m.u64;
}

bool sx_acked(struct vhost_message m)
{
	m.flags |= VHOST_FLAG_NEED_REPLY;
	sx_call(&m);
	assert_int_equal(m.size, 8);
	return m.u64 == 0;
}

struct vhost_message sx_with_u64(uint32_t id, uint64_t value)
{
	struct vhost_message m = sx_request(id, 8);

	m.u64 = value;
	return m;
}

struct vhost_message sx_with_vring(uint32_t id, uint32_t index, uint32_t num)
{
	struct vhost_message m = sx_request(id, 8);

	m.vring = (struct vhost_vring){index, num};
	return m;
}

struct vhost_message sx_with_fd(uint32_t id, uint64_t value, int fd)
{
	struct vhost_message m = sx_with_u64(id, value);

	m.fds[0] = fd;
	m.n_fds = 1;
	return m;
}

struct vhost_region sx_region(unsigned int i)
{
	const struct guest_region *r = &sx.regions[i];

	return (struct vhost_region){r->gpa, r->size_bytes, USER + r->gpa, r->fd_offset};
}

/* As QEMU does it: as long as it has regions. */
struct vhost_message sx_mem_table(void)
{
	struct vhost_message m =
		sx_request(VHOST_SET_MEM_TABLE, 8 + 2 * sizeof(struct vhost_region));

	m.table.n = m.n_fds = 2;
	for (unsigned int i = 0; i < 2; i++) {
		m.table.regions[i] = sx_region(i);
		m.fds[i] = sx.regions[i].fd;
	}
	return m;
}

struct vhost_message sx_one_region(uint32_t id, unsigned int i)
{
	struct vhost_message m = sx_request(id, sizeof(struct vhost_one_region));

	m.one.region = sx_region(i);
	if (id == VHOST_ADD_MEM_REG) {
		m.fds[0] = sx.regions[i].fd;
		m.n_fds = 1;
	}
	return m;
}

struct vhost_message sx_vring_addr(uint32_t index)
{
	struct vhost_message m = sx_request(VHOST_SET_VRING_ADDR, sizeof(m.addr));
	struct guest_ring_setup setup;

	guest_ring_get_setup(sx.rings[index], &setup);
	m.addr = (struct vhost_vring_addr){
		.index = index,
		.desc = USER + setup.desc_gpa,
		.used = USER + setup.used_gpa,
		.avail = USER + setup.avail_gpa,
	};
	return m;
}

int sx_kick_fd(unsigned int index)
{
	struct guest_ring_setup setup;

	guest_ring_get_setup(sx.rings[index], &setup);
	return setup.kick_fd;
}

int sx_call_fd(unsigned int index)
{
	struct guest_ring_setup setup;

	guest_ring_get_setup(sx.rings[index], &setup);
	return setup.call_fd;
}

void sx_negotiate(uint64_t protocol_features)
{
	uint64_t features = sx_get_u64(VHOST_GET_FEATURES), offered;
	struct vhost_message m;

	assert_true(features & VHOST_F_PROTOCOL_FEATURES);
	offered = sx_get_u64(VHOST_GET_PROTOCOL_FEATURES);
	assert_int_equal(offered & protocol_features, protocol_features);
	m = sx_with_u64(VHOST_SET_PROTOCOL_FEATURES, protocol_features);
	sx_send_message(&m);
	m = sx_request(VHOST_SET_OWNER, 0);
	sx_send_message(&m);
	m = sx_with_u64(VHOST_SET_FEATURES, features & ~RING_FEATURE_EVENT_IDX);
	sx_send_message(&m);
	assert_int_equal(sx.ended, 0);
}

/* QEMU's order for a queue. */
void sx_set_up_queue(unsigned int index, uint32_t base)
{
	assert_true(sx_acked(sx_with_vring(VHOST_SET_VRING_NUM, index, QSIZE)));
	assert_true(sx_acked(sx_with_vring(VHOST_SET_VRING_BASE, index, base)));
	assert_true(sx_acked(sx_vring_addr(index)));
	assert_true(sx_acked(sx_with_fd(VHOST_SET_VRING_KICK, index, sx_kick_fd(index))));
	assert_true(sx_acked(sx_with_fd(VHOST_SET_VRING_CALL, index, sx_call_fd(index))));
}

void sx_start_as_qemu(void)
{
	sx_negotiate(ALL_WANTED);
	assert_true(sx_acked(sx_mem_table()));
	sx_set_up_queue(0, 0);
	sx_set_up_queue(1, 0);
	assert_true(sx_acked(sx_with_vring(VHOST_SET_VRING_ENABLE, 0, 1)));
	assert_true(sx_acked(sx_with_vring(VHOST_SET_VRING_ENABLE, 1, 1)));
}

/* ---- The driver ---- */

static void offer(const struct msg *msg)
{
	uint8_t *at = guest_ram_get_pointer(sx.ram, sx.message_gpa, 1024);
	struct guest_piece pieces[] = {
		{sx.message_gpa, (uint32_t)msg->len, false},
		{sx.message_gpa + 512, 512, true},
	};

	memcpy(at, msg->bytes, msg->len);
	memset(at + 512, 0xa5, 512);
	assert_int_equal(guest_ring_add(sx.rings[0], pieces, 2, msg->len), 0);
	assert_true(guest_ring_kick(sx.rings[0]) >= 0);
	sx_run_session();
}

uint32_t sx_answer_type(void)
{
	return get32(guest_ram_get_pointer(sx.ram, sx.message_gpa + 512, 512), 0);
}

uint32_t sx_command(struct msg msg)
{
	uint64_t token;
	uint32_t len;

	offer(&msg);
	if (guest_ring_get(sx.rings[0], &token, &len) != 1)
		return 0;
	return sx_answer_type();
}

/* ---- Set-up ---- */

void sx_make_rings(void)
{
	for (int i = 0; i < 2; i++) {
		sx.rings[i] = guest_ring_free(sx.rings[i]);
		assert_int_equal(guest_ring_new(sx.ram, QSIZE, RING_FEATURE_INDIRECT, &sx.rings[i]),
				 0);
	}
}

int sx_setup(void **state)
{
	struct session_options options = {0};
	int ends[2];

	fx_setup(state);
	assert_int_equal(vvd_device_remove_region(fx.device, GPA), 0);
	assert_int_equal(guest_ram_new(4 << 20, &sx.ram), 0);
	guest_ram_get_regions(sx.ram, sx.regions);
	assert_int_equal(guest_ram_alloc(sx.ram, 1024, &sx.message_gpa), 0);
	assert_int_equal(guest_ram_alloc(sx.ram, 8192, &sx.picture_gpa), 0);
	sx_make_rings();
	sx.fds_before = count_fds();
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	sx.front = ends[0];
	sx.ended = 0;
	options.device = fx.device;
	assert_int_equal(session_new(&options, ends[1], &sx.session), 0);
	return 0;
}

void sx_end_session(void)
{
	assert_true(session_free(sx.session));
	sx.session = NULL;
	close(sx.front);
	sx.front = -1;
}

/* However a session ends, all descriptors that came are closed, and all memory is unmapped. */
int sx_teardown(void **state)
{
	char line[256];
	FILE *maps;
	bool mapped = false;

	if (sx.session)
		sx_end_session();
	assert_int_equal(count_fds(), sx.fds_before);
	for (int i = 0; i < 2; i++)
		sx.rings[i] = guest_ring_free(sx.rings[i]);
	sx.ram = guest_ram_free(sx.ram);
	maps = fopen("/proc/self/maps", "re");
	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps))
		mapped |= strstr(line, "memfd") != NULL;
	fclose(maps);
	assert_false(mapped);
	return fx_teardown(state);
}

void sx_reconnect(void)
{
	struct session_options options = {.device = fx.device};
	int ends[2];

	sx_end_session();
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	sx.front = ends[0];
	sx.ended = 0;
	assert_int_equal(session_new(&options, ends[1], &sx.session), 0);
}
