/* SPDX-License-Identifier: MIT */
/*
 * server.c - accepting front ends, and a device for each
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include "server.h"
#include "session.h"

#define LOG_LEVEL_ERROR 0
#define LOG_LEVEL_INFO  2
#define EVENTS_A_ROUND  16
#define RETRY_NS        100000000 /* when there was no descriptor or memory for a front end */

struct slot {
	struct session *session;
	struct vvd_device *device;
	unsigned int id;
};

struct server {
	struct server_options options;
	int epoll_fd, timer_fd;
	bool listening; /* the socket is watched */
	struct vvd_device *spare;
	unsigned int n_sessions, last_id;
	struct slot slots[];
};

static void log_line(const struct server *server, int level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void log_line(const struct server *server, int level, const char *format, ...)
{
	const struct vvd_log *log = &server->options.log;
	char text[256];
	va_list args;

	if (!log->write || level > log->level)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	log->write(log->cookie, level, text);
}

static int watch(struct server *server, int op, int fd, void *what)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = what};

	return epoll_ctl(server->epoll_fd, op, fd, &event) ? -errno : 0;
}

/* ---- A front end ---- */

static void end_session(struct server *server, struct slot *slot)
{
	bool clean = session_free(slot->session);

	if (clean && !server->spare)
		server->spare = slot->device;
	else
		vvd_device_free(slot->device);
	*slot = (struct slot){NULL};
	server->n_sessions--;
}

/* The socket is the session's, or closed. */
static int begin_session(struct server *server, int socket)
{
	struct session_options options = {.log = server->options.log, .id = ++server->last_id};
	struct slot *slot = server->slots;
	int err = 0;

	while (slot->session)
		slot++;
	if (!server->spare)
		err = server->options.open_device(server->options.cookie, &server->spare);
	if (err) {
		close(socket);
		return err;
	}
	options.device = slot->device = server->spare;
	slot->id = options.id;
	err = session_new(&options, socket, &slot->session);
	if (err) {
		*slot = (struct slot){NULL};
		return err;
	}
	server->spare = NULL;
	server->n_sessions++;
	err = watch(server, EPOLL_CTL_ADD, session_get_fd(slot->session), slot);
	if (err)
		end_session(server, slot);
	return err;
}

static void serve(struct server *server, struct slot *slot)
{
	int ret = session_dispatch(slot->session);
	unsigned int id = slot->id;

	if (ret == 0)
		return;
	end_session(server, slot);
	log_line(server, LOG_LEVEL_INFO, "front end %u: %s", id,
		 ret > 0 ? "has left" : "connection closed");
}

/* ---- Accepting ---- */

/* Who connects while there is no place, or no descriptor, waits. */
static void update_listening(struct server *server, bool wanted)
{
	wanted = wanted && server->n_sessions < server->options.max_sessions;
	if (server->options.connected || wanted == server->listening)
		return;
	if (watch(server, wanted ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, server->options.socket,
		  &server->options))
		return;
	server->listening = wanted;
}

static void rest(struct server *server)
{
	struct itimerspec t = {.it_value = {.tv_nsec = RETRY_NS}};

	update_listening(server, false);
	timerfd_settime(server->timer_fd, 0, &t, NULL);
}

static void welcome(struct server *server, int socket)
{
	struct ucred peer = {.pid = 0};
	socklen_t len = sizeof(peer);
	int err;

	getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &len);
	err = begin_session(server, socket);
	if (err)
		log_line(server, LOG_LEVEL_ERROR, "front end %u (process %d): refused: %s",
			 server->last_id, (int)peer.pid, strerror(-err));
	else
		log_line(server, LOG_LEVEL_INFO, "front end %u: process %d", server->last_id,
			 (int)peer.pid);
}

static void accept_one(struct server *server)
{
	int fd;

	if (server->n_sessions == server->options.max_sessions)
		return;
	fd = accept4(server->options.socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd >= 0) {
		welcome(server, fd);
	} else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
		log_line(server, LOG_LEVEL_ERROR, "accepting: %s", strerror(errno));
		rest(server);
	}
}

/* ---- The loop's step ---- */

int server_get_fd(const struct server *server)
{
	return server->epoll_fd;
}

unsigned int server_get_sessions(const struct server *server)
{
	return server->n_sessions;
}

static void end_rest(struct server *server)
{
	uint64_t n;

	if (read(server->timer_fd, &n, sizeof(n)) < 0)
		log_line(server, LOG_LEVEL_ERROR, "timer: %s", strerror(errno));
	update_listening(server, true);
}

int server_dispatch(struct server *server)
{
	struct epoll_event events[EVENTS_A_ROUND];
	int n = epoll_wait(server->epoll_fd, events, EVENTS_A_ROUND, 0);
	unsigned int before = server->n_sessions;

	for (int i = 0; i < n; i++) {
		void *what = events[i].data.ptr;

		if (what == &server->options)
			accept_one(server);
		else if (what == &server->timer_fd)
			end_rest(server);
		else
			serve(server, what);
	}
	if (server->n_sessions != before)
		update_listening(server, true);
	return server->options.connected && server->n_sessions == 0;
}

/* ---- New and free ---- */

static int open_server(struct server *server)
{
	const struct server_options *options = &server->options;
	int err;

	server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (server->epoll_fd < 0)
		return -errno;
	server->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (server->timer_fd < 0)
		return -errno;
	err = watch(server, EPOLL_CTL_ADD, server->timer_fd, &server->timer_fd);
	if (!err)
		err = options->open_device(options->cookie, &server->spare);
	if (err)
		return err;
	if (options->connected) {
		int socket = server->options.socket;

		server->options.socket = -1;
		return begin_session(server, socket);
	}
	update_listening(server, true);
	return server->listening ? 0 : -EINVAL;
}

int server_new(const struct server_options *options, struct server **out)
{
	unsigned int max = options->max_sessions ? options->max_sessions : 1;
	struct server *server = calloc(1, sizeof(*server) + max * sizeof(server->slots[0]));
	int err;

	*out = NULL;
	if (!server) {
		close(options->socket);
		return -ENOMEM;
	}
	server->options = *options;
	server->options.max_sessions = max;
	server->epoll_fd = server->timer_fd = -1;
	err = open_server(server);
	if (err) {
		server_free(server);
		return err;
	}
	*out = server;
	return 0;
}

struct server *server_free(struct server *server)
{
	if (!server)
		return NULL;
	for (unsigned int i = 0; i < server->options.max_sessions; i++) {
		if (!server->slots[i].session)
			continue;
		session_drain(server->slots[i].session);
		end_session(server, &server->slots[i]);
	}
	vvd_device_free(server->spare);
	if (server->timer_fd >= 0)
		close(server->timer_fd);
	if (server->epoll_fd >= 0)
		close(server->epoll_fd);
	if (server->options.socket >= 0)
		close(server->options.socket);
	free(server);
	return NULL;
}
