/* SPDX-License-Identifier: MIT */
/*
 * stream.h - one decoder stream, as a V4L2 client and the Linux driver make it together
 *
 *     guest_stream_open()        STREAM_CREATE, GET_PARAMS of both queues, GET_CONTROL
 *     guest_stream_set_input()   SET_PARAMS of both queues, RESOURCE_CREATE of the input buffers
 *     guest_stream_write()       RESOURCE_QUEUE (input)
 *     guest_stream_step()        takes what comes. Event 0x200: GET_PARAMS, QUEUE_CLEAR,
 *                                RESOURCE_DESTROY_ALL, RESOURCE_CREATE and RESOURCE_QUEUE of output
 *     guest_stream_next()        a frame; guest_stream_give_back() queues its buffer again
 *     guest_stream_drain()       STREAM_DRAIN
 *     guest_stream_close()       QUEUE_CLEAR, RESOURCE_DESTROY_ALL, STREAM_DESTROY
 */
#ifndef GUEST_STREAM_H
#define GUEST_STREAM_H

#include <stdbool.h>
#include <stdint.h>
#include "driver.h"

#define GUEST_MAX_BUFFERS 32

enum guest_buffer_state {
	GUEST_BUFFER_FREE,
	GUEST_BUFFER_QUEUED, /* the device's */
	GUEST_BUFFER_DONE,   /* holds a frame for the client */
};

struct guest_buffer {
	struct guest_stream *stream;
	uint32_t queue_type, resource_id;
	enum guest_buffer_state state;
	struct guest_sg sg;
	uint64_t entries_gpa; /* the sg list on its way to the device, 0 once it was read */
	uint64_t timestamp;
	uint32_t flags, used_bytes;
	uint64_t order; /* of the answers */
};

struct guest_queue {
	struct guest_params params;
	unsigned int n;
	struct guest_buffer buffers[GUEST_MAX_BUFFERS];
	bool clearing; /* answers with ERR are no news */
	unsigned int n_queued;
};

enum guest_drain {
	GUEST_DRAIN_NONE,
	GUEST_DRAIN_WANTED,
	GUEST_DRAIN_SENT,
	GUEST_DRAIN_DONE,
};

struct guest_stream {
	struct guest_driver *driver;
	uint32_t id, coded_format;
	struct guest_queue input, output;
	bool resolution_event, failed; /* events 0x200 and 0x100 */
	bool changing;                 /* params were read and the output cleared, no more yet */
	bool output_ready;             /* buffers of the current format are made */
	bool eos;
	enum guest_drain drain;
	uint64_t answers, resolution_events, input_errors;
};

struct guest_frame {
	unsigned int buffer;
	uint64_t timestamp;
	bool corrupt;
	uint32_t size_bytes; /* 0: a frame that is lost, without a picture */
};

int guest_stream_open(struct guest_driver *driver, uint32_t coded_format,
		      struct guest_stream **out);
/* NULL is accepted; returns 0, or what was wrong with the device's answers. Frees all the same. */
int guest_stream_close(struct guest_stream *stream);
int guest_stream_set_input(struct guest_stream *stream, unsigned int n_buffers,
			   uint32_t buffer_bytes);
/*
 * Puts data into a free buffer and queues it. Returns the bytes taken, fewer than given where the
 * buffer is small. Errors: -EAGAIN no free buffer.
 */
int guest_stream_write(struct guest_stream *stream, const void *data, size_t size_bytes,
		       uint64_t timestamp);
/* No more input until the stream has ended (guest_stream_ended()). */
void guest_stream_drain(struct guest_stream *stream);
bool guest_stream_ended(const struct guest_stream *stream);
/*
 * Takes what has come and does what is due. Before a change of resolution is dealt with, the
 * client takes all frames. Returns 1 something came or was done, 0 not, or the fault's code.
 */
int guest_stream_step(struct guest_stream *stream);
/* The next frame: 1, or 0 there is none. */
int guest_stream_next(struct guest_stream *stream, struct guest_frame *frame);
/* Copies the frame out of the guest's pages. data has room for frame->size_bytes. */
void guest_stream_read(const struct guest_stream *stream, const struct guest_frame *frame,
		       void *data);
int guest_stream_give_back(struct guest_stream *stream, const struct guest_frame *frame);

/* The driver's: an event for this stream. */
void guest_stream_take_event(struct guest_stream *stream, uint32_t type);

/* ---- buffers.c, for stream.c ---- */

struct guest_queue *guest_buffers_queue(struct guest_stream *stream, uint32_t queue_type);
/* RESOURCE_CREATE of n buffers. */
int guest_buffers_create(struct guest_stream *stream, uint32_t queue_type, unsigned int n,
			 uint32_t size_bytes);
/* RESOURCE_QUEUE of one. */
int guest_buffers_put(struct guest_buffer *buffer, uint32_t data_bytes, uint64_t timestamp);
/* QUEUE_CLEAR; every buffer must come back. Frames that are done stay the client's. */
int guest_buffers_clear(struct guest_stream *stream, uint32_t queue_type);
/* RESOURCE_DESTROY_ALL. */
int guest_buffers_destroy(struct guest_stream *stream, uint32_t queue_type);
/* Gives the memory back, with the device stopped or the resources destroyed. */
void guest_buffers_release(struct guest_stream *stream, uint32_t queue_type);

#endif
