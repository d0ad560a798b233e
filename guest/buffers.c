/* SPDX-License-Identifier: MIT */
/*
 * buffers.c - a stream's buffers: their creation as resources, queueing, answers, and their end
 */
#include <assert.h>
#include <errno.h>
#include <string.h>
#include "stream.h"

struct guest_queue *guest_buffers_queue(struct guest_stream *stream, uint32_t queue_type)
{
	return queue_type == WIRE_QUEUE_INPUT ? &stream->input : &stream->output;
}

static const char *queue_name(uint32_t queue_type)
{
	return queue_type == WIRE_QUEUE_INPUT ? "input" : "output";
}

static void release_entries(struct guest_buffer *buffer)
{
	if (buffer->entries_gpa)
		guest_ram_release(buffer->stream->driver->ram, buffer->entries_gpa,
				  buffer->sg.n * sizeof(struct wire_mem_entry));
	buffer->entries_gpa = 0;
}

static void created(void *cookie, const struct guest_answer *answer)
{
	struct guest_buffer *buffer = cookie;

	release_entries(buffer);
	if (answer->status && !buffer->stream->failed)
		guest_fault_set(
			&buffer->stream->driver->fault, answer->status,
			"RESOURCE_CREATE (%s, %zu bytes in %u entries) was answered with %s",
			queue_name(buffer->queue_type), buffer->sg.size_bytes, buffer->sg.n,
			guest_wire_name(answer->type));
}

static int write_entries(struct guest_buffer *buffer)
{
	struct guest_ram *ram = buffer->stream->driver->ram;
	size_t size = buffer->sg.n * sizeof(struct wire_mem_entry);
	size_t left = buffer->sg.size_bytes;
	struct wire_mem_entry *entries;
	int ret;

	ret = guest_ram_alloc(ram, size, &buffer->entries_gpa);
	if (ret < 0)
		return ret;
	entries = guest_ram_get_pointer(ram, buffer->entries_gpa, size);
	for (unsigned int i = 0; i < buffer->sg.n; i++) {
		const struct guest_extent *extent = &buffer->sg.extents[i];
		size_t n = left < extent->size_bytes ? left : extent->size_bytes;

		entries[i] = (struct wire_mem_entry){
			.addr = guest_le64(extent->gpa),
			.length = guest_le32((uint32_t)n),
		};
		left -= n;
	}
	return 0;
}

/* One buffer holds all planes, one behind the other: what works with every driver. */
static void describe_planes(struct wire_resource_create *request, const struct guest_buffer *buffer)
{
	const struct guest_queue *queue = guest_buffers_queue(buffer->stream, buffer->queue_type);
	unsigned int n = queue->params.num_planes ? queue->params.num_planes : 1;
	uint32_t offset = 0;

	request->planes_layout = guest_le32(WIRE_LAYOUT_SINGLE_BUFFER);
	request->num_planes = guest_le32(n);
	request->num_entries[0] = guest_le32(buffer->sg.n);
	for (unsigned int i = 0; i < n; i++) {
		request->plane_offsets[i] = guest_le32(offset);
		offset += queue->params.planes[i].size_bytes;
	}
}

static int send_create(struct guest_buffer *buffer)
{
	struct wire_resource_create request = {
		.hdr = guest_wire_hdr(WIRE_RESOURCE_CREATE, buffer->stream->id),
		.queue_type = guest_le32(buffer->queue_type),
		.resource_id = guest_le32(buffer->resource_id),
	};
	struct guest_command command = {
		.request = &request,
		.request_bytes = sizeof(request),
		.extra_gpa = buffer->entries_gpa,
		.extra_bytes = (uint32_t)(buffer->sg.n * sizeof(struct wire_mem_entry)),
		.ok_type = WIRE_OK_NODATA,
		.ok_bytes = sizeof(struct wire_hdr),
		.done = created,
		.cookie = buffer,
	};

	describe_planes(&request, buffer);
	return guest_channel_send(buffer->stream->driver->channel, &command);
}

static int create_one(struct guest_buffer *buffer, uint32_t size_bytes)
{
	struct guest_driver *driver = buffer->stream->driver;
	int ret;

	buffer->resource_id = ++driver->last_resource_id;
	ret = guest_sg_alloc(driver->ram, size_bytes, !driver->options.one_piece, &buffer->sg);
	if (ret == 0)
		ret = write_entries(buffer);
	if (ret < 0)
		return guest_fault_set(&driver->fault, ret, "no guest memory for a buffer of %u",
				       size_bytes);
	return send_create(buffer);
}

int guest_buffers_create(struct guest_stream *stream, uint32_t queue_type, unsigned int n,
			 uint32_t size_bytes)
{
	struct guest_queue *queue = guest_buffers_queue(stream, queue_type);
	int ret = 0;

	assert(queue->n == 0 && n <= GUEST_MAX_BUFFERS);
	while (queue->n < n && ret == 0) {
		struct guest_buffer *buffer = &queue->buffers[queue->n++];

		memset(buffer, 0, sizeof(*buffer));
		buffer->stream = stream;
		buffer->queue_type = queue_type;
		ret = create_one(buffer, size_bytes);
	}
	return ret;
}

/* An input answer gives its timestamp back; that is how drivers know it. */
static void input_answered(struct guest_buffer *buffer, uint64_t timestamp)
{
	struct guest_fault *fault = &buffer->stream->driver->fault;

	if (timestamp != buffer->timestamp)
		guest_fault_set(fault, -EPROTO, "an input with timestamp %llu came back with %llu",
				(unsigned long long)buffer->timestamp,
				(unsigned long long)timestamp);
	if (buffer->flags & WIRE_BUFFER_ERR)
		buffer->stream->input_errors++;
}

static void output_answered(struct guest_buffer *buffer, uint64_t timestamp)
{
	struct guest_fault *fault = &buffer->stream->driver->fault;
	uint32_t size = buffer->used_bytes;

	buffer->timestamp = timestamp;
	if (size > buffer->sg.size_bytes) {
		guest_fault_set(fault, -EPROTO, "%u bytes in a buffer of %zu", size,
				buffer->sg.size_bytes);
	} else if (buffer->flags & WIRE_BUFFER_EOS) {
		buffer->stream->eos = true;
		if (size)
			guest_fault_set(fault, -EPROTO, "EOS on a frame");
		if (buffer->stream->drain != GUEST_DRAIN_SENT)
			guest_fault_set(fault, -EPROTO, "EOS without STREAM_DRAIN");
	} else if (size || buffer->flags & WIRE_BUFFER_ERR) {
		buffer->state = GUEST_BUFFER_DONE;
	} else {
		guest_fault_set(fault, -EPROTO, "an empty output buffer, with neither ERR nor EOS");
	}
}

static void queue_answered(void *cookie, const struct guest_answer *answer)
{
	struct guest_buffer *buffer = cookie;
	struct guest_stream *stream = buffer->stream;
	struct guest_queue *queue = guest_buffers_queue(stream, buffer->queue_type);
	const struct wire_resource_queue_resp *resp = answer->data;

	buffer->state = GUEST_BUFFER_FREE;
	buffer->flags = guest_get32(resp->flags);
	buffer->used_bytes = guest_get32(resp->size);
	buffer->order = ++stream->answers;
	queue->n_queued--;
	if (queue->clearing && buffer->flags & WIRE_BUFFER_ERR)
		return;
	if (answer->status && !stream->failed)
		guest_fault_set(&stream->driver->fault, answer->status,
				"RESOURCE_QUEUE (%s) was answered with %s",
				queue_name(buffer->queue_type), guest_wire_name(answer->type));
	else if (answer->status)
		return;
	else if (buffer->queue_type == WIRE_QUEUE_INPUT)
		input_answered(buffer, guest_get64(resp->timestamp));
	else
		output_answered(buffer, guest_get64(resp->timestamp));
}

int guest_buffers_put(struct guest_buffer *buffer, uint32_t data_bytes, uint64_t timestamp)
{
	struct wire_resource_queue request = {
		.hdr = guest_wire_hdr(WIRE_RESOURCE_QUEUE, buffer->stream->id),
		.queue_type = guest_le32(buffer->queue_type),
		.resource_id = guest_le32(buffer->resource_id),
		.timestamp = guest_le64(timestamp),
		.num_data_sizes = guest_le32(1),
		.data_sizes = {guest_le32(data_bytes)},
	};
	struct guest_command command = {
		.request = &request,
		.request_bytes = sizeof(request),
		.ok_type = WIRE_OK_RESOURCE_QUEUE,
		.ok_bytes = sizeof(struct wire_resource_queue_resp),
		.done = queue_answered,
		.cookie = buffer,
	};
	int ret;

	assert(buffer->state == GUEST_BUFFER_FREE);
	ret = guest_channel_send(buffer->stream->driver->channel, &command);
	if (ret < 0)
		return ret;
	buffer->state = GUEST_BUFFER_QUEUED;
	buffer->timestamp = timestamp;
	guest_buffers_queue(buffer->stream, buffer->queue_type)->n_queued++;
	return 0;
}

static int call_for_queue(struct guest_stream *stream, uint32_t type, uint32_t queue_type)
{
	struct wire_queue_cmd request = {
		.hdr = guest_wire_hdr(type, stream->id),
		.queue_type = guest_le32(queue_type),
	};
	struct guest_command command = {
		.request = &request,
		.request_bytes = sizeof(request),
		.ok_type = WIRE_OK_NODATA,
		.ok_bytes = sizeof(struct wire_hdr),
	};
	int ret = guest_channel_call(stream->driver->channel, &command, NULL);

	return ret < 0 ? ret : 0;
}

int guest_buffers_clear(struct guest_stream *stream, uint32_t queue_type)
{
	struct guest_queue *queue = guest_buffers_queue(stream, queue_type);
	int ret;

	queue->clearing = true;
	ret = call_for_queue(stream, WIRE_QUEUE_CLEAR, queue_type);
	if (ret == 0 && queue->n_queued)
		ret = guest_fault_set(&stream->driver->fault, -EPROTO,
				      "QUEUE_CLEAR (%s) left %u buffers unanswered",
				      queue_name(queue_type), queue->n_queued);
	queue->clearing = false;
	return ret;
}

int guest_buffers_destroy(struct guest_stream *stream, uint32_t queue_type)
{
	int ret = call_for_queue(stream, WIRE_RESOURCE_DESTROY_ALL, queue_type);

	if (ret == 0)
		guest_buffers_release(stream, queue_type);
	return ret;
}

void guest_buffers_release(struct guest_stream *stream, uint32_t queue_type)
{
	struct guest_queue *queue = guest_buffers_queue(stream, queue_type);

	for (unsigned int i = 0; i < queue->n; i++) {
		release_entries(&queue->buffers[i]);
		guest_sg_release(stream->driver->ram, &queue->buffers[i].sg);
	}
	queue->n = queue->n_queued = 0;
}
