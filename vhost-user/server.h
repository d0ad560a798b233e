/* SPDX-License-Identifier: MIT */
/*
 * server.h - front ends that come and go on one listening socket, or a single one that is there
 *
 * Each front end gets a device of its own. While as many are served as may be, others wait in the
 * socket's queue. The server never blocks and starts no thread: the caller's loop calls
 * server_dispatch() when the server's fd is readable.
 */
#ifndef SERVER_H
#define SERVER_H

#include <stdbool.h>
#include "virtio-video.h"

struct server;

struct server_options {
	int socket;                /* the server's, also on failure */
	bool connected;            /* the socket is a front end, not a place where they come */
	unsigned int max_sessions; /* at a time; 0: 1 */
	/* Makes a device; one is made at once, to find out whether there can be any. */
	int (*open_device)(void *cookie, struct vvd_device **out);
	void *cookie;
	struct vvd_log log; /* copied; write NULL is silent */
};

/* Errors: what open_device says; -ENOMEM, -errno. */
int server_new(const struct server_options *options, struct server **out);
/* Pending chains of the front ends are answered; then all ends. NULL is accepted; returns NULL. */
struct server *server_free(struct server *server);
int server_get_fd(const struct server *server);
/* Does what is ready: 0, or 1 when the only front end there can be has left. */
int server_dispatch(struct server *server);
/* The number of front ends now. */
unsigned int server_get_sessions(const struct server *server);

#endif
