/* SPDX-License-Identifier: MIT */
/*
 * stream.c - one decoder stream: formats, input, frames, changes of resolution, end
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "stream.h"

/* What a V4L2 client keeps in its hands while the device has min_buffers. */
#define EXTRA_OUTPUT 2

static int send_plain(struct guest_stream *stream, uint32_t type,
		      void (*done)(void *, const struct guest_answer *))
{
	struct wire_hdr request = guest_wire_hdr(type, stream->id);
	struct guest_command command = {
		.request = &request,
		.request_bytes = sizeof(request),
		.ok_type = WIRE_OK_NODATA,
		.ok_bytes = sizeof(struct wire_hdr),
		.done = done,
		.cookie = stream,
	};

	return guest_channel_send(stream->driver->channel, &command);
}

static int send_create(struct guest_stream *stream)
{
	/* The ARCVM driver says VIRTIO_OBJECT here whatever it does later. */
	struct wire_stream_create request = {
		.hdr = guest_wire_hdr(WIRE_STREAM_CREATE, stream->id),
		.in_mem_type = guest_le32(WIRE_MEM_VIRTIO_OBJECT),
		.out_mem_type = guest_le32(WIRE_MEM_VIRTIO_OBJECT),
		.coded_format = guest_le32(stream->coded_format),
		.tag = "guest",
	};
	struct guest_command command = {
		.request = &request,
		.request_bytes = sizeof(request),
		.ok_type = WIRE_OK_NODATA,
		.ok_bytes = sizeof(struct wire_hdr),
	};

	if (stream->driver->options.plain_v3) {
		request.in_mem_type = guest_le32(WIRE_MEM_GUEST_PAGES);
		request.out_mem_type = guest_le32(WIRE_MEM_GUEST_PAGES);
	}
	return guest_channel_send(stream->driver->channel, &command);
}

static int get_params(struct guest_stream *stream, uint32_t queue_type)
{
	struct guest_queue *queue = guest_buffers_queue(stream, queue_type);
	bool ext = !stream->driver->options.plain_v3;
	struct wire_queue_cmd request = {
		.hdr = guest_wire_hdr(ext ? WIRE_GET_PARAMS_EXT : WIRE_GET_PARAMS, stream->id),
		.queue_type = guest_le32(queue_type),
	};
	struct wire_params_ext_msg answer;
	struct guest_command command = {
		.request = &request,
		.request_bytes = sizeof(request),
		.ok_type = WIRE_OK_GET_PARAMS,
		.ok_bytes = ext ? sizeof(answer) : sizeof(struct wire_params_msg),
	};
	int ret = guest_channel_call(stream->driver->channel, &command, &answer);

	if (ret < 0)
		return ret;
	ret = guest_wire_get_params(&answer.params.base, &queue->params);
	if (ret < 0 || queue->params.queue_type != queue_type)
		return guest_fault_set(&stream->driver->fault, -EPROTO,
				       "GET_PARAMS of queue 0x%x: queue 0x%x, %u planes",
				       queue_type, queue->params.queue_type,
				       queue->params.num_planes);
	return 0;
}

static int set_params(struct guest_stream *stream, const struct guest_params *params)
{
	bool ext = !stream->driver->options.plain_v3;
	struct wire_params_ext_msg request = {
		.hdr = guest_wire_hdr(ext ? WIRE_SET_PARAMS_EXT : WIRE_SET_PARAMS, stream->id),
	};
	struct guest_command command = {
		.request = &request,
		.request_bytes = ext ? sizeof(request) : sizeof(struct wire_params_msg),
		.ok_type = WIRE_OK_NODATA,
		.ok_bytes = sizeof(struct wire_hdr),
	};

	guest_wire_put_params(&request.params, params);
	return guest_channel_send(stream->driver->channel, &command);
}

static int get_control(struct guest_stream *stream, uint32_t control)
{
	struct wire_get_control request = {
		.hdr = guest_wire_hdr(WIRE_GET_CONTROL, stream->id),
		.control = guest_le32(control),
	};
	struct guest_command command = {
		.request = &request,
		.request_bytes = sizeof(request),
		.ok_type = WIRE_OK_GET_CONTROL,
		.ok_bytes = sizeof(struct wire_get_control_resp),
	};
	int ret = guest_channel_call(stream->driver->channel, &command, NULL);

	return ret < 0 ? ret : 0;
}

static int open_commands(struct guest_stream *stream)
{
	int ret = send_create(stream);

	if (ret == 0)
		ret = get_params(stream, WIRE_QUEUE_INPUT);
	if (ret == 0)
		ret = get_params(stream, WIRE_QUEUE_OUTPUT);
	if (ret == 0)
		ret = get_control(stream, WIRE_CONTROL_PROFILE);
	if (ret == 0)
		ret = get_control(stream, WIRE_CONTROL_LEVEL);
	return ret;
}

static int enlist(struct guest_driver *driver, struct guest_stream *stream)
{
	for (unsigned int i = 0; i < GUEST_MAX_STREAMS; i++)
		if (!driver->streams[i]) {
			driver->streams[i] = stream;
			return 0;
		}
	return -ENOSPC;
}

int guest_stream_open(struct guest_driver *driver, uint32_t coded_format, struct guest_stream **out)
{
	struct guest_stream *stream = calloc(1, sizeof(*stream));
	int ret;

	*out = NULL;
	if (!stream)
		return -ENOMEM;
	stream->driver = driver;
	stream->coded_format = coded_format;
	stream->id = ++driver->last_stream_id;
	ret = enlist(driver, stream);
	if (ret < 0) {
		free(stream);
		return ret;
	}
	ret = open_commands(stream);
	if (ret < 0) {
		guest_stream_close(stream);
		return ret;
	}
	*out = stream;
	return 0;
}

static void delist(struct guest_stream *stream)
{
	for (unsigned int i = 0; i < GUEST_MAX_STREAMS; i++)
		if (stream->driver->streams[i] == stream)
			stream->driver->streams[i] = NULL;
}

static int destroy_stream(struct guest_stream *stream)
{
	struct wire_hdr request = guest_wire_hdr(WIRE_STREAM_DESTROY, stream->id);
	struct guest_command command = {
		.request = &request,
		.request_bytes = sizeof(request),
		.ok_type = WIRE_OK_NODATA,
		.ok_bytes = sizeof(struct wire_hdr),
	};
	int ret = guest_channel_call(stream->driver->channel, &command, NULL);

	return ret < 0 ? ret : 0;
}

static int end_queue(struct guest_stream *stream, uint32_t queue_type)
{
	int ret;

	if (guest_buffers_queue(stream, queue_type)->n == 0)
		return 0;
	ret = guest_buffers_clear(stream, queue_type);
	return ret < 0 ? ret : guest_buffers_destroy(stream, queue_type);
}

/* After a fault the device is only stopped, and then the memory is the guest's again. */
int guest_stream_close(struct guest_stream *stream)
{
	struct guest_driver *driver;
	int ret;

	if (!stream)
		return 0;
	driver = stream->driver;
	ret = driver->fault.code;
	if (ret == 0)
		ret = end_queue(stream, WIRE_QUEUE_INPUT);
	if (ret == 0)
		ret = end_queue(stream, WIRE_QUEUE_OUTPUT);
	if (ret == 0)
		ret = destroy_stream(stream);
	if (ret == 0)
		ret = guest_driver_process(driver);
	if (ret < 0)
		guest_driver_stop(driver);
	guest_buffers_release(stream, WIRE_QUEUE_INPUT);
	guest_buffers_release(stream, WIRE_QUEUE_OUTPUT);
	delist(stream);
	free(stream);
	return ret < 0 ? ret : 0;
}

int guest_stream_set_input(struct guest_stream *stream, unsigned int n_buffers,
			   uint32_t buffer_bytes)
{
	struct guest_params params = stream->input.params;
	uint32_t least;
	int ret;

	params.format = stream->coded_format;
	params.num_planes = 1;
	params.planes[0] = (struct guest_plane){.size_bytes = buffer_bytes};
	params.resource_type = WIRE_MEM_GUEST_PAGES;
	ret = set_params(stream, &params);
	params = stream->output.params;
	params.format = WIRE_FORMAT_NV12;
	params.resource_type = WIRE_MEM_GUEST_PAGES;
	if (ret == 0)
		ret = set_params(stream, &params);
	if (ret == 0)
		ret = get_params(stream, WIRE_QUEUE_INPUT);
	if (ret == 0)
		ret = get_params(stream, WIRE_QUEUE_OUTPUT);
	if (ret < 0)
		return ret;
	least = stream->input.params.min_buffers;
	if (n_buffers < least)
		n_buffers = least;
	if (n_buffers > GUEST_MAX_BUFFERS)
		n_buffers = GUEST_MAX_BUFFERS;
	if (stream->input.params.max_buffers && n_buffers > stream->input.params.max_buffers)
		n_buffers = stream->input.params.max_buffers;
	stream->input.params.num_planes = 1;
	return guest_buffers_create(stream, WIRE_QUEUE_INPUT, n_buffers, buffer_bytes);
}

int guest_stream_write(struct guest_stream *stream, const void *data, size_t size_bytes,
		       uint64_t timestamp)
{
	struct guest_queue *queue = &stream->input;
	int ret;

	assert(stream->drain == GUEST_DRAIN_NONE);
	for (unsigned int i = 0; i < queue->n; i++) {
		struct guest_buffer *buffer = &queue->buffers[i];

		if (buffer->state != GUEST_BUFFER_FREE)
			continue;
		if (size_bytes > buffer->sg.size_bytes)
			size_bytes = buffer->sg.size_bytes;
		guest_sg_write(stream->driver->ram, &buffer->sg, data, size_bytes);
		ret = guest_buffers_put(buffer, (uint32_t)size_bytes, timestamp);
		return ret < 0 ? ret : (int)size_bytes;
	}
	return -EAGAIN;
}

void guest_stream_drain(struct guest_stream *stream)
{
	if (stream->drain == GUEST_DRAIN_NONE)
		stream->drain = GUEST_DRAIN_WANTED;
}

bool guest_stream_ended(const struct guest_stream *stream)
{
	return stream->drain == GUEST_DRAIN_DONE;
}

void guest_stream_take_event(struct guest_stream *stream, uint32_t type)
{
	if (type == WIRE_EVENT_ERROR) {
		stream->failed = true;
		return;
	}
	stream->resolution_event = true;
	stream->resolution_events++;
}

/* A clear of a queue ends a drain; it is asked for again when the buffers are there. */
static void drain_answered(void *cookie, const struct guest_answer *answer)
{
	struct guest_stream *stream = cookie;
	struct guest_fault *fault = &stream->driver->fault;

	if (answer->status == 0) {
		stream->drain = GUEST_DRAIN_DONE;
		if (!stream->eos)
			guest_fault_set(fault, -EPROTO, "STREAM_DRAIN was answered before EOS");
	} else if (stream->output.clearing || stream->input.clearing) {
		stream->drain = GUEST_DRAIN_WANTED;
		stream->eos = false;
	} else if (!stream->failed) { /* or not known yet to have failed */
		guest_fault_set(fault, answer->status, "STREAM_DRAIN was answered with %s",
				guest_wire_name(answer->type));
	}
}

/* Sizes and places must fit each other before anything is read by them. */
static int check_output(struct guest_stream *stream, uint64_t *size_bytes)
{
	const struct guest_params *p = &stream->output.params;
	uint64_t stride = p->planes[0].stride_bytes;
	uint64_t pixels = stride * p->frame_height;

	*size_bytes = 0;
	for (unsigned int i = 0; i < p->num_planes; i++)
		*size_bytes += p->planes[i].size_bytes;
	if (p->format != WIRE_FORMAT_NV12 || p->num_planes < 1 || p->num_planes > 2 ||
	    stride < p->frame_width || *size_bytes == 0 || *size_bytes > UINT32_MAX ||
	    *size_bytes < pixels + pixels / 2 ||
	    (p->num_planes == 2 && p->planes[0].size_bytes < pixels) ||
	    (uint64_t)p->crop_left + p->crop_width > p->frame_width ||
	    (uint64_t)p->crop_top + p->crop_height > p->frame_height)
		return guest_fault_set(&stream->driver->fault, -EPROTO,
				       "output params: format %u, %ux%u, crop %ux%u at %u,%u, %u "
				       "planes, %llu bytes, stride %llu",
				       p->format, p->frame_width, p->frame_height, p->crop_width,
				       p->crop_height, p->crop_left, p->crop_top, p->num_planes,
				       (unsigned long long)*size_bytes, (unsigned long long)stride);
	return 0;
}

static int make_output(struct guest_stream *stream)
{
	struct guest_queue *queue = &stream->output;
	unsigned int extra = stream->driver->options.min_buffers ? 0 : EXTRA_OUTPUT;
	unsigned int n = queue->params.min_buffers + extra;
	uint64_t size_bytes;
	int ret = check_output(stream, &size_bytes);

	if (ret < 0)
		return ret;
	if (queue->params.min_buffers > GUEST_MAX_BUFFERS)
		return guest_fault_set(&stream->driver->fault, -EPROTO, "min_buffers is %u",
				       queue->params.min_buffers);
	if (n > GUEST_MAX_BUFFERS)
		n = GUEST_MAX_BUFFERS;
	if (queue->params.max_buffers && n > queue->params.max_buffers)
		n = queue->params.max_buffers;
	ret = guest_buffers_create(stream, WIRE_QUEUE_OUTPUT, n, (uint32_t)size_bytes);
	for (unsigned int i = 0; i < queue->n && ret == 0; i++)
		ret = guest_buffers_put(&queue->buffers[i], 0, 0);
	stream->output_ready = ret == 0;
	return ret;
}

/*
 * From the answer to GET_PARAMS on, frames of the new format may come in old buffers that are large
 * enough: the client takes them before these are destroyed.
 */
static int begin_change(struct guest_stream *stream)
{
	int ret;

	stream->resolution_event = false;
	stream->output_ready = false;
	stream->changing = true;
	ret = get_params(stream, WIRE_QUEUE_OUTPUT);
	return ret < 0 ? ret : guest_buffers_clear(stream, WIRE_QUEUE_OUTPUT);
}

static int end_change(struct guest_stream *stream)
{
	int ret;

	stream->changing = false;
	ret = guest_buffers_destroy(stream, WIRE_QUEUE_OUTPUT);
	return ret < 0 ? ret : make_output(stream);
}

static bool has_frames(const struct guest_stream *stream)
{
	for (unsigned int i = 0; i < stream->output.n; i++)
		if (stream->output.buffers[i].state == GUEST_BUFFER_DONE)
			return true;
	return false;
}

/*
 * A drain wants both queues streaming. Where the device has not seen a sequence header in all of
 * the input, the end of the input may still complete one: buffers of the current format serve.
 */
static int start_drain(struct guest_stream *stream)
{
	int ret = 0;

	if (!stream->output_ready && stream->input.n_queued)
		return 0;
	if (!stream->output_ready)
		ret = make_output(stream);
	if (ret == 0)
		ret = send_plain(stream, WIRE_STREAM_DRAIN, drain_answered);
	if (ret < 0)
		return ret;
	stream->drain = GUEST_DRAIN_SENT;
	return 1;
}

static int step(struct guest_stream *stream)
{
	int n = guest_driver_process(stream->driver);
	int ret = 0;

	if (n < 0)
		return n;
	if (stream->failed)
		return n > 0;
	if (stream->resolution_event && !has_frames(stream)) {
		ret = begin_change(stream);
		n++;
	} else if (stream->changing && !has_frames(stream)) {
		ret = end_change(stream);
		n++;
	} else if (stream->drain == GUEST_DRAIN_WANTED && !stream->resolution_event &&
		   !stream->changing) {
		ret = start_drain(stream);
		n += ret > 0;
	}
	return ret < 0 ? ret : n > 0;
}

int guest_stream_step(struct guest_stream *stream)
{
	int ret = step(stream);

	return ret < 0 && guest_driver_forgive(stream->driver, stream) ? 1 : ret;
}

int guest_stream_next(struct guest_stream *stream, struct guest_frame *frame)
{
	const struct guest_buffer *first = NULL;

	for (unsigned int i = 0; i < stream->output.n; i++) {
		const struct guest_buffer *buffer = &stream->output.buffers[i];

		if (buffer->state == GUEST_BUFFER_DONE && (!first || buffer->order < first->order))
			first = buffer;
	}
	if (!first)
		return 0;
	*frame = (struct guest_frame){
		.buffer = (unsigned int)(first - stream->output.buffers),
		.timestamp = first->timestamp,
		.corrupt = first->flags & WIRE_BUFFER_ERR,
		.size_bytes = first->used_bytes,
	};
	return 1;
}

void guest_stream_read(const struct guest_stream *stream, const struct guest_frame *frame,
		       void *data)
{
	guest_sg_read(stream->driver->ram, &stream->output.buffers[frame->buffer].sg, data,
		      frame->size_bytes);
}

int guest_stream_give_back(struct guest_stream *stream, const struct guest_frame *frame)
{
	struct guest_buffer *buffer = &stream->output.buffers[frame->buffer];

	assert(buffer->state == GUEST_BUFFER_DONE);
	buffer->state = GUEST_BUFFER_FREE;
	/* Before a change of resolution the buffer would only be cleared again. */
	if (stream->resolution_event || !stream->output_ready || stream->failed ||
	    stream->drain == GUEST_DRAIN_DONE)
		return 0;
	return guest_buffers_put(buffer, 0, 0);
}
