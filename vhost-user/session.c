/* SPDX-License-Identifier: MIT */
/*
 * session.c - the loop's step, the table of requests, and those about the device as a whole
 */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include "session-internal.h"

#define LOG_LEVEL_ERROR   0
#define LOG_LEVEL_WARN    1
#define LOG_LEVEL_DEBUG   3
#define MESSAGES_A_ROUND  32
#define CONFIG_FOR_MOVING 1u /* a flag of SET_CONFIG: live migration */

#define PROTOCOL_FEATURES                                                                          \
	(SESSION_PROTOCOL_MQ | SESSION_PROTOCOL_REPLY_ACK | SESSION_PROTOCOL_BACKEND_REQ |         \
	 SESSION_PROTOCOL_CONFIG | SESSION_PROTOCOL_INFLIGHT_SHMFD |                               \
	 SESSION_PROTOCOL_RESET_DEVICE | SESSION_PROTOCOL_CONFIGURE_MEM_SLOTS |                    \
	 SESSION_PROTOCOL_STATUS)

void session_log(const struct session *session, int level, const char *format, ...)
{
	char text[256], line[320];
	va_list args;

	if (!session->log.write || level > session->log.level)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	snprintf(line, sizeof(line), "front end %u: %s", session->id, text);
	session->log.write(session->log.cookie, level, line);
}

/* ---- Replies ---- */

uint64_t session_u64(const struct message *message)
{
	uint64_t value;

	memcpy(&value, message->payload, sizeof(value));
	return value;
}

int session_reply(struct session *session, const struct message *message, const void *payload,
		  size_t size_bytes)
{
	int err = message_write(&session->out, message->request, payload, size_bytes, -1);

	return err ? err : SESSION_REPLIED;
}

int session_reply_u64(struct session *session, const struct message *message, uint64_t value)
{
	return session_reply(session, message, &value, sizeof(value));
}

/* ---- Features ---- */

static int get_features(struct session *session, struct message *message)
{
	return session_reply_u64(session, message,
				 pump_get_features(session->pump) | SESSION_FEATURE_PROTOCOL);
}

static int set_features(struct session *session, struct message *message)
{
	uint64_t features = session_u64(message);

	if (features & ~(pump_get_features(session->pump) | SESSION_FEATURE_PROTOCOL))
		return -EINVAL;
	if (session_is_any_started(session) && features != session->features)
		return -EBUSY;
	session->features = features;
	return 0;
}

static int get_protocol_features(struct session *session, struct message *message)
{
	return session_reply_u64(session, message, PROTOCOL_FEATURES);
}

static int set_protocol_features(struct session *session, struct message *message)
{
	uint64_t features = session_u64(message);

	if (features & ~(uint64_t)PROTOCOL_FEATURES)
		return -EINVAL;
	session->protocol_features = features;
	return 0;
}

/* ---- The device ---- */

static int set_owner(struct session *session, struct message *message)
{
	(void)session;
	(void)message;
	return 0;
}

/* Deprecated; "disable all rings" is what it means to those who still send it. */
static int reset_owner(struct session *session, struct message *message)
{
	(void)message;
	for (unsigned int i = 0; i < VVD_N_QUEUES; i++) {
		session->rings[i].enabled = false;
		session_update_enabled(session, i);
	}
	return 0;
}

static int reset_device(struct session *session, struct message *message)
{
	int err = pump_stop(session->pump);

	(void)message;
	if (!err)
		err = pump_reset_device(session->pump);
	session_reset_rings(session);
	session_clear_inflight(session);
	session->features = 0;
	session->status = 0;
	session->reset_wanted = false;
	return err;
}

static int set_status(struct session *session, struct message *message)
{
	uint64_t status = session_u64(message);

	if (status > UINT8_MAX)
		return -EINVAL;
	session->status = (uint8_t)status;
	if (status == 0)
		session->reset_wanted = true;
	return 0;
}

static int get_status(struct session *session, struct message *message)
{
	return session_reply_u64(session, message, session->status);
}

static int get_queue_num(struct session *session, struct message *message)
{
	return session_reply_u64(session, message, VVD_N_QUEUES);
}

static int set_backend_req_fd(struct session *session, struct message *message)
{
	if (message->n_fds != 1)
		return -EBADMSG;
	if (session->backend_fd >= 0)
		close(session->backend_fd);
	session->backend_fd = message_take_fd(message, 0);
	return 0;
}

/* Users choose the size that the front end asks for: the reply has that size, and zeros behind. */
static int get_config(struct session *session, struct message *message)
{
	uint8_t reply[MESSAGE_MAX_PAYLOAD];
	struct session_config config;

	memcpy(&config, message->payload, sizeof(config));
	if (config.size_bytes > sizeof(reply) - sizeof(config))
		return -EBADMSG;
	memcpy(reply, &config, sizeof(config));
	vvd_device_get_config(session->device, config.offset, reply + sizeof(config),
			      config.size_bytes);
	return session_reply(session, message, reply, sizeof(config) + config.size_bytes);
}

/* Nothing of it can be written. After a migration it is here what it was there. */
static int set_config(struct session *session, struct message *message)
{
	struct session_config config;

	(void)session;
	memcpy(&config, message->payload, sizeof(config));
	return config.flags == CONFIG_FOR_MOVING ? 0 : -EPERM;
}

static int refuse(struct session *session, struct message *message)
{
	(void)session;
	(void)message;
	return -EPERM;
}

/* ---- The table ---- */

static const struct request {
	const char *name;
	uint16_t min_bytes; /* longer ones are taken: what follows has no meaning */
	uint16_t max_fds;
	session_handler *handle;
} requests[SESSION_N_REQUESTS] = {
	[SESSION_GET_FEATURES] = {"GET_FEATURES", 0, 0, get_features},
	[SESSION_SET_FEATURES] = {"SET_FEATURES", 8, 0, set_features},
	[SESSION_SET_OWNER] = {"SET_OWNER", 0, 0, set_owner},
	[SESSION_RESET_OWNER] = {"RESET_OWNER", 0, 0, reset_owner},
	[SESSION_SET_MEM_TABLE] = {"SET_MEM_TABLE", 8, MESSAGE_MAX_FDS, session_set_mem_table},
	[SESSION_SET_LOG_BASE] = {"SET_LOG_BASE", 0, 1, refuse},
	[SESSION_SET_LOG_FD] = {"SET_LOG_FD", 0, 1, refuse},
	[SESSION_SET_VRING_NUM] = {"SET_VRING_NUM", 8, 0, session_set_vring_num},
	[SESSION_SET_VRING_ADDR] = {"SET_VRING_ADDR", 40, 0, session_set_vring_addr},
	[SESSION_SET_VRING_BASE] = {"SET_VRING_BASE", 8, 0, session_set_vring_base},
	[SESSION_GET_VRING_BASE] = {"GET_VRING_BASE", 8, 0, session_get_vring_base},
	[SESSION_SET_VRING_KICK] = {"SET_VRING_KICK", 8, 1, session_set_vring_kick},
	[SESSION_SET_VRING_CALL] = {"SET_VRING_CALL", 8, 1, session_set_vring_call},
	[SESSION_SET_VRING_ERR] = {"SET_VRING_ERR", 8, 1, session_set_vring_err},
	[SESSION_GET_PROTOCOL_FEATURES] = {"GET_PROTOCOL_FEATURES", 0, 0, get_protocol_features},
	[SESSION_SET_PROTOCOL_FEATURES] = {"SET_PROTOCOL_FEATURES", 8, 0, set_protocol_features},
	[SESSION_GET_QUEUE_NUM] = {"GET_QUEUE_NUM", 0, 0, get_queue_num},
	[SESSION_SET_VRING_ENABLE] = {"SET_VRING_ENABLE", 8, 0, session_set_vring_enable},
	[SESSION_SET_BACKEND_REQ_FD] = {"SET_BACKEND_REQ_FD", 0, 1, set_backend_req_fd},
	[SESSION_GET_CONFIG] = {"GET_CONFIG", 12, 0, get_config},
	[SESSION_SET_CONFIG] = {"SET_CONFIG", 12, 0, set_config},
	[SESSION_GET_INFLIGHT_FD] = {"GET_INFLIGHT_FD", SESSION_INFLIGHT_BYTES, 0,
				     session_get_inflight_fd},
	[SESSION_SET_INFLIGHT_FD] = {"SET_INFLIGHT_FD", SESSION_INFLIGHT_BYTES, 1,
				     session_set_inflight_fd},
	[SESSION_RESET_DEVICE] = {"RESET_DEVICE", 0, 0, reset_device},
	[SESSION_GET_MAX_MEM_SLOTS] = {"GET_MAX_MEM_SLOTS", 0, 0, session_get_max_mem_slots},
	[SESSION_ADD_MEM_REG] = {"ADD_MEM_REG", 40, 1, session_add_mem_reg},
	[SESSION_REM_MEM_REG] = {"REM_MEM_REG", 40, 1, session_rem_mem_reg},
	[SESSION_SET_STATUS] = {"SET_STATUS", 8, 0, set_status},
	[SESSION_GET_STATUS] = {"GET_STATUS", 0, 0, get_status},
};

static const struct request *find_request(uint32_t id)
{
	return id < SESSION_N_REQUESTS && requests[id].handle ? &requests[id] : NULL;
}

static bool wants_ack(const struct session *session, const struct message *message)
{
	return message->flags & MESSAGE_FLAG_NEED_REPLY &&
	       session->protocol_features & SESSION_PROTOCOL_REPLY_ACK;
}

/* What went wrong is told, if that is wanted; what is merely refused need not be. */
static int settle(struct session *session, const struct message *message, int ret)
{
	const struct request *request = find_request(message->request);
	const char *name = request ? request->name : "unknown request";

	if (ret == SESSION_REPLIED)
		return 0;
	if (ret < 0)
		session_log(session, ret == -EPERM ? LOG_LEVEL_WARN : LOG_LEVEL_ERROR,
			    "%s (%u), %u bytes, %u descriptors: %s", name, message->request,
			    message->size_bytes, message->n_fds, strerror(-ret));
	if (ret == -EBADMSG)
		return ret;
	if (wants_ack(session, message)) {
		ret = session_reply_u64(session, message, ret < 0);
		return ret < 0 ? ret : 0;
	}
	return ret == -EPERM ? 0 : ret;
}

static int handle(struct session *session, struct message *message)
{
	const struct request *request = find_request(message->request);
	int ret = -ENOTSUP;

	if (request &&
	    (message->size_bytes < request->min_bytes || message->n_fds > request->max_fds))
		ret = -EBADMSG;
	else if (request)
		ret = request->handle(session, message);
	if (request)
		session_log(session, LOG_LEVEL_DEBUG, "%s: %d", request->name, ret);
	ret = settle(session, message, ret);
	message_close_fds(message);
	return ret;
}

/* ---- The loop's step ---- */

static int watch(struct session *session, int op, int fd, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.fd = fd};

	return epoll_ctl(session->epoll_fd, op, fd, &event) ? -errno : 0;
}

/* While the front end does not read, nothing is read from it: what waits is one reply. */
static int flush(struct session *session)
{
	int ret = message_flush(&session->out, session->socket);
	bool sending = ret == 0;

	if (ret < 0)
		return ret;
	if (sending == session->sending)
		return ret;
	session->sending = sending;
	ret = watch(session, EPOLL_CTL_MOD, session->socket, sending ? EPOLLOUT : EPOLLIN);
	return ret < 0 ? ret : !sending;
}

static int serve_socket(struct session *session)
{
	int ret = flush(session);

	for (int i = 0; i < MESSAGES_A_ROUND && ret == 1; i++) {
		ret = message_read(&session->in, session->socket);
		if (ret == 0)
			return 0;
		if (ret == -ESHUTDOWN)
			return 1;
		if (ret < 0) {
			session_log(session, LOG_LEVEL_ERROR, "receiving: %s", strerror(-ret));
			return ret;
		}
		ret = handle(session, &session->in.message);
		if (ret < 0)
			return ret;
		ret = flush(session);
	}
	if (ret < 0)
		session_log(session, LOG_LEVEL_ERROR, "sending: %s", strerror(-ret));
	return ret < 0 ? ret : 0;
}

int session_dispatch(struct session *session)
{
	struct epoll_event events[2];
	int n = epoll_wait(session->epoll_fd, events, 2, 0), ret = 0;

	for (int i = 0; i < n && ret == 0; i++) {
		if (events[i].data.fd == session->socket)
			ret = serve_socket(session);
		else if (pump_dispatch(session->pump) == -EIO)
			session_tell_errors(session);
	}
	return ret;
}

int session_get_fd(const struct session *session)
{
	return session->epoll_fd;
}

/* ---- New and free ---- */

static int open_session(struct session *session)
{
	int err = pump_new(session->device, &session->pump);

	if (err)
		return err;
	session->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (session->epoll_fd < 0)
		return -errno;
	err = watch(session, EPOLL_CTL_ADD, session->socket, EPOLLIN);
	return err ? err : watch(session, EPOLL_CTL_ADD, pump_get_fd(session->pump), EPOLLIN);
}

int session_new(const struct session_options *options, int socket, struct session **out)
{
	struct session *session = calloc(1, sizeof(*session));
	int err;

	*out = NULL;
	if (!session) {
		close(socket);
		return -ENOMEM;
	}
	session->device = options->device;
	session->log = options->log;
	session->id = options->id;
	session->socket = socket;
	session->epoll_fd = session->backend_fd = -1;
	session_init_rings(session);
	message_reader_init(&session->in);
	message_writer_init(&session->out);
	err = open_session(session);
	if (err) {
		session_free(session);
		return err;
	}
	*out = session;
	return 0;
}

void session_drain(struct session *session)
{
	for (unsigned int i = 0; i < VVD_N_QUEUES; i++)
		session_pause_ring(session, i);
}

bool session_free(struct session *session)
{
	bool clean = true;

	if (!session)
		return true;
	if (session->pump) {
		pump_stop(session->pump);
		pump_reset_device(session->pump);
		clean = session_unmap_all(session);
	}
	pump_free(session->pump);
	session_close_rings(session);
	session_forget_inflight(session);
	message_close_fds(&session->in.message);
	message_writer_finish(&session->out);
	if (session->epoll_fd >= 0)
		close(session->epoll_fd);
	if (session->backend_fd >= 0)
		close(session->backend_fd);
	close(session->socket);
	free(session);
	return clean;
}
