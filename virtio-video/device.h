/* SPDX-License-Identifier: MIT */
/*
 * device.h - the device's state and what a command's handler gets
 *
 * All of this belongs to the caller's thread.
 */
#ifndef DEVICE_H
#define DEVICE_H

#include "caps.h"
#include "done.h"
#include "engine.h"
#include "memory.h"
#include "virtio-video.h"
#include "wire.h"

struct log;
struct stream;

struct vvd_device {
	struct vvd_device_options options; /* limits have their defaults, strings are ours */
	char *device_path, *driver_name;
	char name[WIRE_DEVICE_NAME];
	struct log *log;
	struct vawrap_display *display;
	struct caps caps;
	struct memory memory;
	uint64_t features; /* negotiated */
	struct done_queue done;
	int fd; /* an epoll of the done queue's and the watchdog's */
	struct watchdog watchdog;
	struct vvd_stats stats;  /* of commands, and of streams that have gone */
	struct stream **streams; /* limits.streams places */
	unsigned int n_streams;
	struct engine **leaving; /* stopped, their threads not ended; as many places */
	unsigned int n_leaving, n_abandoned;
	uint8_t *request; /* the copy of the request that is handled */
	size_t request_capacity;
};

/* One request on its way through the dispatcher. */
struct call {
	struct vvd_device *device;
	uint32_t type;
	struct stream *stream;   /* of those commands that name one */
	enum engine_side side;   /* of those that name a queue */
	struct wire request;     /* after the header and queue_type */
	struct answer *answer;   /* the header is OK_NODATA unless a handler says otherwise */
	bool read_output_params; /* to be told to the engine once the answer is out */
};

/* What a handler returns besides 0 (answered) and -errno: the answer is the engine's now. */
#define CALL_PENDING 1

/* Begins an answer with a body; the caller's chain has room for size_bytes or it is -EINVAL. */
int call_begin(struct call *call, uint32_t type, size_t size_bytes, struct wire *w);
/* Joins the threads that have ended meanwhile. */
void device_collect(struct vvd_device *device);
/* There are buffers for events. */
void device_send_events(struct vvd_device *device);
/* Looks after the streams when the watchdog says so; returns whether it did. */
bool device_watch(struct vvd_device *device);
/* The cookie is the device; on any thread. */
int device_open_display(void *device, struct vawrap_display **out);

/* Handlers. device.c has the table. */
int stream_handle_create(struct call *call);
int stream_handle_destroy(struct call *call);
int stream_handle_drain(struct call *call);
int stream_handle_clear(struct call *call); /* of RESOURCE_DESTROY_ALL, too */
int stream_handle_resource_create(struct call *call);
int stream_handle_resource_queue(struct call *call);
int control_handle_get_params(struct call *call);
int control_handle_set_params(struct call *call);
int control_handle_query(struct call *call);
int control_handle_get(struct call *call);
/* The full-size answers to failed RESOURCE_QUEUE and GET_PARAMS. */
void stream_answer_failed_queue(struct call *call, uint32_t code);
void control_answer_failed_get(struct call *call, uint32_t code);

/* ---- Streams ---- */

struct stream {
	uint32_t id;
	struct engine *engine;
	const struct caps_format *caps;
};

struct stream *stream_find(const struct vvd_device *device, uint32_t id);
void device_add_stats(struct vvd_stats *to, struct engine *engine);
/* Answers all that is pending, then answer (or NULL), and takes the stream out; its engine leaves. */
void stream_destroy(struct vvd_device *device, struct stream *stream, struct answer *answer);

#endif
