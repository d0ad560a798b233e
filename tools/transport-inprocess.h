/* SPDX-License-Identifier: MIT */
/*
 * transport-inprocess.h - a device in the same process as its guest
 *
 * A thread of its own moves chains between the guest's rings and the device: all calls on the
 * device between start and stop come from it.
 */
#ifndef TOOLS_TRANSPORT_INPROCESS_H
#define TOOLS_TRANSPORT_INPROCESS_H

#include "guest/transport.h"
#include "virtio-video.h"

struct transport_inprocess;

/* The device stays the caller's and must outlive the transport. Errors: -ENOMEM, -errno. */
int transport_inprocess_new(struct vvd_device *device, struct transport_inprocess **out);
/* Stops first. NULL is accepted; returns NULL. */
struct transport_inprocess *transport_inprocess_free(struct transport_inprocess *inprocess);
struct guest_transport *transport_inprocess_get_base(struct transport_inprocess *inprocess);
/* A device's get_object callback; the cookie is a transport. */
int transport_inprocess_get_object(void *cookie, const uint8_t uuid[16], int *fd);
/* As they were when the device was stopped. */
const struct vvd_stats *transport_inprocess_get_stats(const struct transport_inprocess *inprocess);
/* Why the thread ended before it was stopped: -errno, or 0. */
int transport_inprocess_get_error(const struct transport_inprocess *inprocess);

#endif
