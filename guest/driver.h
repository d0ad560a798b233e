/* SPDX-License-Identifier: MIT */
/*
 * driver.h - a virtio-video decoder driver in user space: the device as a whole
 *
 * It does in the same order what the Linux drivers do: negotiate, read the config, offer all event
 * buffers, ask for capabilities and controls. Streams are stream.h's. One thread.
 */
#ifndef GUEST_DRIVER_H
#define GUEST_DRIVER_H

#include <stdbool.h>
#include <stdint.h>
#include "channel.h"
#include "fault.h"
#include "transport.h"
#include "wire.h"

#define GUEST_MAX_STREAMS 8

struct guest_stream;

struct guest_driver_options {
	uint64_t ram_bytes; /* 0: 512 MiB */
	bool plain_v3;      /* GET_PARAMS and SET_PARAMS, not the EXT ones */
	bool one_piece;     /* buffers are not scattered over the memory */
	bool no_indirect, no_event_idx;
	bool min_buffers; /* exactly min_buffers output buffers, none for the client's hands */
	unsigned int timeout_ms; /* for an answer, 0: 5000, as the Linux drivers have it */
};

struct guest_driver {
	struct guest_transport *transport;
	struct guest_driver_options options;
	struct guest_fault fault;
	struct guest_ram *ram;
	struct guest_ring *command_ring, *event_ring;
	struct guest_channel *channel;
	uint64_t features;
	bool started;
	int stop_error;
	uint32_t max_caps_bytes, max_resp_bytes;
	char device_name[33];
	struct guest_formats input_formats, output_formats;
	uint64_t event_gpa;
	struct guest_stream *streams[GUEST_MAX_STREAMS];
	uint32_t last_stream_id, last_resource_id;
	uint64_t n_events;
};

/*
 * Probes the device, which stays the caller's. *out is set even on failure, for its fault's text,
 * and is to be freed. Errors: -ENOTSUP the device lacks what we need; -EPROTO, -EREMOTEIO,
 * -ETIMEDOUT a bad, negative or missing answer; -ENOMEM.
 */
int guest_driver_new(struct guest_transport *transport, const struct guest_driver_options *options,
		     struct guest_driver **out);
/* Stops the device; nothing can be sent any more. */
void guest_driver_stop(struct guest_driver *driver);
/*
 * Stops the device first. Where that fails, the RAM is left mapped: the device may write to it.
 * NULL is accepted; returns NULL. Streams must have been closed.
 */
struct guest_driver *guest_driver_free(struct guest_driver *driver);
/* The coded format among the input formats, NULL without. */
const struct guest_format *guest_driver_find_format(const struct guest_driver *driver,
						    uint32_t format);
/* Takes what has come on both queues; returns how much, or the fault's code. */
int guest_driver_process(struct guest_driver *driver);
/*
 * After a refused command: true, and the fault is forgotten, where an event says that the stream is
 * lost. Events have a queue of their own, so that the refusal may be seen first.
 */
bool guest_driver_forgive(struct guest_driver *driver, const struct guest_stream *stream);
/* Waits until something has come: 1, 0 timeout, -EINTR. */
int guest_driver_wait(struct guest_driver *driver, int timeout_ms);
/* Chains that the device still has, but for event buffers. */
unsigned int guest_driver_get_pending(const struct guest_driver *driver);

#endif
