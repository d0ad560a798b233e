/* SPDX-License-Identifier: MIT */
/*
 * transport-vhost-user.h - a device in another process, reached over a vhost-user socket
 */
#ifndef TOOLS_TRANSPORT_VHOST_USER_H
#define TOOLS_TRANSPORT_VHOST_USER_H

#include <stdbool.h>
#include "guest/transport.h"

struct transport_vhost_user;

/*
 * Connects and negotiates. Errors: -errno of connect(); -ENOTCONN, -ETIMEDOUT, -EPROTO in the
 * beginning of the conversation; -ENOMEM.
 */
int transport_vhost_user_new(const char *path, struct transport_vhost_user **out);
/* Stops first. NULL is accepted; returns NULL. */
struct transport_vhost_user *transport_vhost_user_free(struct transport_vhost_user *remote);
struct guest_transport *transport_vhost_user_get_base(struct transport_vhost_user *remote);
/* The device has closed the connection. */
bool transport_vhost_user_is_closed(const struct transport_vhost_user *remote);

#endif
