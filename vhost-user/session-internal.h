/* SPDX-License-Identifier: MIT */
/*
 * session-internal.h - what the session's files share, and the protocol's numbers
 *
 * Source: QEMU's docs/interop/vhost-user, "Message Specification" and "Front-end message types".
 */
#ifndef SESSION_INTERNAL_H
#define SESSION_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "message.h"
#include "pump.h"
#include "session.h"
#include "virtqueue.h"

/* Means: protocol features may be negotiated, and rings begin disabled. */
#define SESSION_FEATURE_PROTOCOL (UINT64_C(1) << 30)

enum session_protocol_feature {
	SESSION_PROTOCOL_MQ = 1u << 0,
	SESSION_PROTOCOL_REPLY_ACK = 1u << 3,
	SESSION_PROTOCOL_BACKEND_REQ = 1u << 5,
	SESSION_PROTOCOL_CONFIG = 1u << 9,
	SESSION_PROTOCOL_INFLIGHT_SHMFD = 1u << 12,
	SESSION_PROTOCOL_RESET_DEVICE = 1u << 13,
	SESSION_PROTOCOL_CONFIGURE_MEM_SLOTS = 1u << 15,
	SESSION_PROTOCOL_STATUS = 1u << 16,
};

enum session_request {
	SESSION_GET_FEATURES = 1,
	SESSION_SET_FEATURES = 2,
	SESSION_SET_OWNER = 3,
	SESSION_RESET_OWNER = 4,
	SESSION_SET_MEM_TABLE = 5,
	SESSION_SET_LOG_BASE = 6,
	SESSION_SET_LOG_FD = 7,
	SESSION_SET_VRING_NUM = 8,
	SESSION_SET_VRING_ADDR = 9,
	SESSION_SET_VRING_BASE = 10,
	SESSION_GET_VRING_BASE = 11,
	SESSION_SET_VRING_KICK = 12,
	SESSION_SET_VRING_CALL = 13,
	SESSION_SET_VRING_ERR = 14,
	SESSION_GET_PROTOCOL_FEATURES = 15,
	SESSION_SET_PROTOCOL_FEATURES = 16,
	SESSION_GET_QUEUE_NUM = 17,
	SESSION_SET_VRING_ENABLE = 18,
	SESSION_SET_BACKEND_REQ_FD = 21,
	SESSION_GET_CONFIG = 24,
	SESSION_SET_CONFIG = 25,
	SESSION_GET_INFLIGHT_FD = 31,
	SESSION_SET_INFLIGHT_FD = 32,
	SESSION_RESET_DEVICE = 34,
	SESSION_GET_MAX_MEM_SLOTS = 36,
	SESSION_ADD_MEM_REG = 37,
	SESSION_REM_MEM_REG = 38,
	SESSION_SET_STATUS = 39,
	SESSION_GET_STATUS = 40,
	SESSION_N_REQUESTS,
};

/* Payloads, with their natural layout. */
struct session_vring_state {
	uint32_t index, num;
};

struct session_vring_addr {
	uint32_t index, flags;
	uint64_t desc, used, avail, log; /* addresses in the front end's own space */
};

struct session_region {
	uint64_t gpa, size_bytes, user_addr, mmap_offset;
};

struct session_config {
	uint32_t offset, size_bytes, flags;
};

/* Some front ends send the padding behind it, some do not. */
struct session_inflight {
	uint64_t mmap_size_bytes, mmap_offset;
	uint16_t n_queues, queue_size;
};

#define SESSION_INFLIGHT_BYTES 20

/* A region that is mapped. */
struct session_mapping {
	struct session_region region;
	dev_t dev; /* which file it is, to know it again */
	ino_t ino;
	void *map;
	size_t map_bytes;
};

struct session_ring {
	bool has_num, has_addr, has_kick, enabled;
	bool told_error;
	unsigned int size;
	struct session_vring_addr addr;
	uint16_t base, stopped_at; /* the index of the next chain; where it was when it ran last */
	int kick_fd, call_fd, err_fd;
};

struct session {
	struct vvd_device *device;
	struct vvd_log log;
	unsigned int id;
	int socket, epoll_fd;
	bool sending; /* the socket is watched for room, and nothing is read meanwhile */
	struct pump *pump;
	uint64_t features, protocol_features;
	uint8_t status;
	bool reset_wanted; /* by a status of 0, unless the queues go on where they were */
	struct session_inflight inflight; /* n_queues 0: there is none */
	void *inflight_map;
	size_t inflight_map_bytes;
	int backend_fd; /* for requests to the front end, of which there are none */
	struct session_ring rings[VVD_N_QUEUES];
	unsigned int n_mappings;
	struct session_mapping mappings[VIRTQ_MAX_REGIONS];
	struct message_reader in;
	struct message_writer out;
};

/* What a handler returns besides 0 and -errno: it has replied. */
#define SESSION_REPLIED 1

typedef int session_handler(struct session *session, struct message *message);

void session_log(const struct session *session, int level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Returns SESSION_REPLIED or -errno. */
int session_reply(struct session *session, const struct message *message, const void *payload,
		  size_t size_bytes);
int session_reply_u64(struct session *session, const struct message *message, uint64_t value);
uint64_t session_u64(const struct message *message);

/* ---- session-memory.c ---- */

session_handler session_set_mem_table, session_get_max_mem_slots, session_add_mem_reg,
	session_rem_mem_reg;
/* Errors: -EFAULT. */
int session_find_gpa(const struct session *session, uint64_t user_addr, uint64_t *gpa);
/* Unmaps everything; the pump is stopped. False: something stays, see session_free(). */
bool session_unmap_all(struct session *session);

/* ---- session-inflight.c ---- */

session_handler session_get_inflight_fd, session_set_inflight_fd;
/* The part of a queue of that size; NULL without. */
void *session_get_inflight(const struct session *session, unsigned int index, unsigned int size);
void session_forget_inflight(struct session *session);
/* Nothing of what was noted is to be done again. */
void session_clear_inflight(struct session *session);

/* ---- session-ring.c ---- */

session_handler session_set_vring_num, session_set_vring_addr, session_set_vring_base,
	session_get_vring_base, session_set_vring_kick, session_set_vring_call,
	session_set_vring_err, session_set_vring_enable;
void session_init_rings(struct session *session);
void session_close_rings(struct session *session);
/* Forgets what was set, but for where to call; the pump is stopped. */
void session_reset_rings(struct session *session);
/* Stops a ring that runs, after which session_start_ring() takes it up where it was. */
void session_pause_ring(struct session *session, unsigned int index);
/* Starts a ring for which all is known; else does nothing. */
int session_start_ring(struct session *session, unsigned int index);
bool session_is_any_started(const struct session *session);
/* Follows from features and SET_VRING_ENABLE. */
void session_update_enabled(struct session *session, unsigned int index);
/* Tells the front end, once, of a ring on which the driver did something wrong. */
void session_tell_errors(struct session *session);

#endif
