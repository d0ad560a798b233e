/* SPDX-License-Identifier: MIT */
/*
 * session-fixture.h - a front end and a driver for the tests of vhost-user sessions
 *
 * Both are in the test's own thread: what is sent is handled before the call returns. The device is
 * that of device-fixture.h, on the scripted decoder.
 */
#ifndef SESSION_FIXTURE_H
#define SESSION_FIXTURE_H

#include "device-fixture.h"
#include "guest/ram.h"
#include "guest/ring.h"
#include "guest/vhost.h"
#include "vhost-user/session.h"

#define QSIZE 16u
/* What the front end says that its memory's addresses are. */
#define USER UINT64_C(0x7f0000000000)

struct session_fixture {
	struct session *session;
	int front, ended, fds_before;
	struct guest_ram *ram;
	struct guest_region regions[GUEST_RAM_REGIONS];
	struct guest_ring *rings[2];
	uint64_t message_gpa, picture_gpa;
};

extern struct session_fixture sx;

/* ---- Set-up ---- */

int sx_setup(void **state);
/* However a session ends, all descriptors are closed then, and all memory is unmapped. */
int sx_teardown(void **state);
void sx_end_session(void);
void sx_reconnect(void);
/* As after a driver's reset. */
void sx_make_rings(void);
/* Whatever is ready in the session is done. */
void sx_run_session(void);

/* ---- The front end ---- */

struct vhost_message sx_request(uint32_t id, size_t size);
struct vhost_message sx_with_u64(uint32_t id, uint64_t value);
struct vhost_message sx_with_vring(uint32_t id, uint32_t index, uint32_t num);
struct vhost_message sx_with_fd(uint32_t id, uint64_t value, int fd);
struct vhost_region sx_region(unsigned int i);
/* SET_MEM_TABLE, as QEMU sends it: as long as it has regions. */
struct vhost_message sx_mem_table(void);
struct vhost_message sx_one_region(uint32_t id, unsigned int i);
struct vhost_message sx_vring_addr(uint32_t index);
int sx_kick_fd(unsigned int index);
int sx_call_fd(unsigned int index);
void sx_send_message(struct vhost_message *message);
/* A request with a reply, of which there is one and no more. */
void sx_call(struct vhost_message *message);
uint64_t sx_get_u64(uint32_t id);
/* Sends with NEED_REPLY: whether it was done. */
bool sx_acked(struct vhost_message m);

#define BIT(name)  (UINT64_C(1) << VHOST_PROTOCOL_##name)
#define QEMU_WANTS (BIT(CONFIG) | BIT(REPLY_ACK) | BIT(MQ))
#define ALL_WANTED (QEMU_WANTS | BIT(BACKEND_REQ) | BIT(RESET_DEVICE) | BIT(STATUS) | SLOTS)
#define SLOTS      BIT(CONFIGURE_MEM_SLOTS)

void sx_negotiate(uint64_t protocol_features);
/* QEMU's order for a queue, and for all. */
void sx_set_up_queue(unsigned int index, uint32_t base);
void sx_start_as_qemu(void);

/* ---- The driver ---- */

#define QUERY msg_queue_type(0x100, 0, OUT)

/* Offers a command; the type of its answer, or 0 without one. */
uint32_t sx_command(struct msg msg);
uint32_t sx_answer_type(void);

#endif
