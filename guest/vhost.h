/* SPDX-License-Identifier: MIT */
/*
 * vhost.h - the front end's side of vhost-user: messages to a device in another process
 *
 * Blocking, with a time limit; one thread. The numbers and structs are this room's own.
 *
 * Source: QEMU's docs/interop/vhost-user.
 */
#ifndef GUEST_VHOST_H
#define GUEST_VHOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum vhost_request {
	VHOST_GET_FEATURES = 1,
	VHOST_SET_FEATURES = 2,
	VHOST_SET_OWNER = 3,
	VHOST_RESET_OWNER = 4,
	VHOST_SET_MEM_TABLE = 5,
	VHOST_SET_LOG_BASE = 6,
	VHOST_SET_LOG_FD = 7,
	VHOST_SET_VRING_NUM = 8,
	VHOST_SET_VRING_ADDR = 9,
	VHOST_SET_VRING_BASE = 10,
	VHOST_GET_VRING_BASE = 11,
	VHOST_SET_VRING_KICK = 12,
	VHOST_SET_VRING_CALL = 13,
	VHOST_SET_VRING_ERR = 14,
	VHOST_GET_PROTOCOL_FEATURES = 15,
	VHOST_SET_PROTOCOL_FEATURES = 16,
	VHOST_GET_QUEUE_NUM = 17,
	VHOST_SET_VRING_ENABLE = 18,
	VHOST_SET_BACKEND_REQ_FD = 21,
	VHOST_GET_CONFIG = 24,
	VHOST_SET_CONFIG = 25,
	VHOST_GET_INFLIGHT_FD = 31,
	VHOST_SET_INFLIGHT_FD = 32,
	VHOST_RESET_DEVICE = 34,
	VHOST_GET_MAX_MEM_SLOTS = 36,
	VHOST_ADD_MEM_REG = 37,
	VHOST_REM_MEM_REG = 38,
	VHOST_SET_STATUS = 39,
	VHOST_GET_STATUS = 40,
};

#define VHOST_VERSION         1u
#define VHOST_FLAG_REPLY      4u
#define VHOST_FLAG_NEED_REPLY 8u

#define VHOST_F_PROTOCOL_FEATURES (UINT64_C(1) << 30)

/* Bit numbers. */
enum vhost_protocol_feature {
	VHOST_PROTOCOL_MQ = 0,
	VHOST_PROTOCOL_REPLY_ACK = 3,
	VHOST_PROTOCOL_BACKEND_REQ = 5,
	VHOST_PROTOCOL_CONFIG = 9,
	VHOST_PROTOCOL_INFLIGHT_SHMFD = 12,
	VHOST_PROTOCOL_RESET_DEVICE = 13,
	VHOST_PROTOCOL_CONFIGURE_MEM_SLOTS = 15,
	VHOST_PROTOCOL_STATUS = 16,
};

#define VHOST_VRING_NO_FD (UINT64_C(1) << 8)
#define VHOST_MAX_PAYLOAD 4096
#define VHOST_MAX_REGIONS 8
#define VHOST_MAX_FDS     8

struct vhost_vring {
	uint32_t index, num;
};

struct vhost_vring_addr {
	uint32_t index, flags;
	uint64_t desc, used, avail, log;
};

struct vhost_region {
	uint64_t gpa, size, user_addr, offset;
};

struct vhost_mem_table {
	uint32_t n, padding;
	struct vhost_region regions[VHOST_MAX_REGIONS];
};

struct vhost_one_region {
	uint64_t padding;
	struct vhost_region region;
};

struct vhost_config {
	uint32_t offset, size, flags;
	uint8_t bytes[256];
};

struct vhost_message {
	uint32_t request, flags, size;
	union {
		uint64_t u64;
		struct vhost_vring vring;
		struct vhost_vring_addr addr;
		struct vhost_mem_table table;
		struct vhost_one_region one;
		struct vhost_config config;
		uint8_t bytes[VHOST_MAX_PAYLOAD];
	};
	unsigned int n_fds; /* sent, and still the caller's; received, and then the caller's */
	int fds[VHOST_MAX_FDS];
};

/* Errors: -ENAMETOOLONG, -errno of socket() and connect(). */
int guest_vhost_connect(const char *path, unsigned int timeout_ms, int *socket);
/* The version is put into the flags. Errors: -errno of sendmsg(). */
int guest_vhost_send(int socket, struct vhost_message *message);
/* Errors: -ENOTCONN the device has closed; -ETIMEDOUT; -EPROTO it is no message; -errno. */
int guest_vhost_receive(int socket, struct vhost_message *message);
/* Sends, and takes the reply that must come, into the same message. Errors: -EPROTO it is another. */
int guest_vhost_call(int socket, struct vhost_message *message);
/* Whether the device has closed. */
bool guest_vhost_is_closed(int socket);

#endif
