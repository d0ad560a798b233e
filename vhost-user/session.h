/* SPDX-License-Identifier: MIT */
/*
 * session.h - one front end's connection: vhost-user requests on a socket, and the device they drive
 *
 * A session never blocks and starts no thread: whoever runs the loop calls session_dispatch() when
 * the session's fd is readable. The front end is not trusted. A request that cannot be done is
 * answered so where the front end wants to know (REPLY_ACK); one that makes no sense, and one that
 * failed without anybody to tell, ends the session, and the reason is logged.
 *
 * Source: QEMU's docs/interop/vhost-user.
 */
#ifndef SESSION_H
#define SESSION_H

#include <stdbool.h>
#include "virtio-video.h"

struct session;

struct session_options {
	struct vvd_device *device; /* as new; the session's alone until session_free() */
	struct vvd_log log;        /* copied; write NULL is silent */
	unsigned int id;           /* for the log */
};

/* The socket is connected; it becomes the session's, also on failure. Errors: -ENOMEM, -errno. */
int session_new(const struct session_options *options, int socket, struct session **out);
/*
 * Ends the session: nothing of the guest's memory is touched any more. Returns true when the device
 * was reset and is as new. False: a thread of it hangs in the driver and may still touch memory,
 * which stays mapped; the device is to be freed. NULL is accepted: true.
 */
bool session_free(struct session *session);
/* For poll(2): readable when session_dispatch() has something to do. */
int session_get_fd(const struct session *session);
/*
 * Does what is ready. Returns 0, or 1 when the front end has closed. Errors: the session is of no
 * more use; the reason was logged.
 */
int session_dispatch(struct session *session);
/* Answers what is pending and stops the queues, as a front end does by itself before it leaves. */
void session_drain(struct session *session);

#endif
