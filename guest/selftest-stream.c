/* SPDX-License-Identifier: MIT */
/*
 * selftest-stream.c - streams and buffers of the suite's tests, and the pictures in them
 */
#include <stdlib.h>
#include <string.h>
#include "selftest-private.h"

uint32_t st_queue_type(int side)
{
	return side == ST_INPUT ? WIRE_QUEUE_INPUT : WIRE_QUEUE_OUTPUT;
}

struct wire_queue_cmd st_queue_cmd(uint32_t type, uint32_t stream_id, int side)
{
	return (struct wire_queue_cmd){
		.hdr = guest_wire_hdr(type, stream_id),
		.queue_type = guest_le32(st_queue_type(side)),
	};
}

/* ---- Streams ---- */

static struct st_stream *add_stream(struct st *st)
{
	struct st_stream *stream = calloc(1, sizeof(*stream));

	for (unsigned int i = 0; i < ST_MAX_STREAMS && stream; i++) {
		if (st->streams[i])
			continue;
		st->streams[i] = stream;
		stream->st = st;
		stream->id = ++st->last_stream_id;
		return stream;
	}
	free(stream);
	st_fail(st, "too many streams");
}

struct st_stream *st_create(struct st *st, uint32_t mem_type)
{
	struct st_stream *stream = add_stream(st);
	struct wire_stream_create request = {
		.hdr = guest_wire_hdr(WIRE_STREAM_CREATE, stream->id),
		.in_mem_type = guest_le32(mem_type),
		.out_mem_type = guest_le32(mem_type),
		.coded_format = guest_le32(WIRE_FORMAT_H264),
		.tag = "selftest",
	};

	st_expect(st, &request, sizeof(request), WIRE_OK_NODATA);
	return stream;
}

bool st_has_objects(const struct st *st)
{
	return st->options->objects && !(st->test->flags & ST_PAGES);
}

struct st_stream *st_open(struct st *st, bool ext)
{
	bool objects = st_has_objects(st);
	struct st_stream *stream =
		st_create(st, ext || objects ? WIRE_MEM_VIRTIO_OBJECT : WIRE_MEM_GUEST_PAGES);

	stream->ext = ext;
	stream->objects = objects;
	for (int side = 0; side < 2; side++) {
		st_get_params(stream, side);
		stream->params[side].format =
			side == ST_INPUT ? WIRE_FORMAT_H264 : WIRE_FORMAT_NV12;
		stream->params[side].resource_type =
			objects ? WIRE_MEM_VIRTIO_OBJECT : WIRE_MEM_GUEST_PAGES;
		st_set_params(stream, side, &stream->params[side]);
		st_get_params(stream, side);
	}
	return stream;
}

static void get_uuid(const struct st_buffer *buffer, uint8_t uuid[16])
{
	struct le32 number = guest_le32(buffer->object);

	memcpy(uuid, "selftest-object", 16);
	memcpy(uuid, &number, sizeof(number));
}

void st_release_memory(struct st *st, struct st_buffer *buffer)
{
	uint8_t uuid[16];

	if (buffer->object) {
		get_uuid(buffer, uuid);
		st->transport->ops->remove_object(st->transport, uuid);
	}
	guest_sg_release(st->ram, &buffer->sg);
	if (buffer->entries_gpa)
		guest_ram_release(st->ram, buffer->entries_gpa, buffer->entries_bytes);
	buffer->entries_gpa = 0;
	buffer->object = 0;
}

static void release_buffers(struct st *st, struct st_stream *stream, int side)
{
	for (unsigned int i = 0; i < stream->n[side]; i++) {
		struct st_buffer *buffer = &stream->buffers[side][i];

		if (buffer->reply)
			st_drop(st, buffer->reply);
		st_release_memory(st, buffer);
	}
	stream->n[side] = 0;
}

void st_forget_stream(struct st *st, struct st_stream *stream)
{
	for (int side = 0; side < 2; side++)
		release_buffers(st, stream, side);
	for (unsigned int i = 0; i < ST_MAX_STREAMS; i++)
		if (st->streams[i] == stream)
			st->streams[i] = NULL;
	free(stream);
}

void st_destroy(struct st *st, struct st_stream *stream)
{
	struct wire_hdr request = guest_wire_hdr(WIRE_STREAM_DESTROY, stream->id);
	const struct st_reply *reply = st_call(st, &request, sizeof(request));
	uint32_t type = st_reply_type(reply);

	/* The test may have destroyed it. */
	st_check(st, type == WIRE_OK_NODATA || type == WIRE_ERR_INVALID_STREAM_ID,
		 "STREAM_DESTROY was answered with %s", guest_wire_name(type));
	for (unsigned int i = 0; i < ST_RING_SIZE; i++) {
		const struct st_reply *other = &st->replies[i];

		st_check(st, !other->used || other->done || other->stream_id != stream->id,
			 "command 0x%x of stream %u is not answered, and the stream is destroyed",
			 other->request_type, stream->id);
	}
	st_forget_stream(st, stream);
}

void st_set_params(struct st_stream *stream, int side, const struct guest_params *params)
{
	struct wire_params_ext_msg request = {
		.hdr = guest_wire_hdr(stream->ext ? WIRE_SET_PARAMS_EXT : WIRE_SET_PARAMS,
				      stream->id),
	};

	guest_wire_put_params(&request.params, params);
	request.params.base.queue_type = guest_le32(st_queue_type(side));
	st_expect(stream->st, &request,
		  stream->ext ? sizeof(request) : sizeof(struct wire_params_msg), WIRE_OK_NODATA);
}

void st_get_params(struct st_stream *stream, int side)
{
	struct wire_queue_cmd request =
		st_queue_cmd(stream->ext ? WIRE_GET_PARAMS_EXT : WIRE_GET_PARAMS, stream->id, side);
	const struct st_reply *reply = st_call(stream->st, &request, sizeof(request));
	struct wire_params_msg msg;

	st_check(stream->st, st_reply_type(reply) == WIRE_OK_GET_PARAMS,
		 "GET_PARAMS was answered with %s", guest_wire_name(st_reply_type(reply)));
	memcpy(&msg, reply->bytes, sizeof(msg));
	st_check(stream->st, guest_wire_get_params(&msg.params, &stream->params[side]) == 0,
		 "GET_PARAMS has too many planes");
	if (stream->ext)
		stream->params[side].resource_type = st_get32(reply->bytes, 8 + 112);
}

/* ---- Buffers ---- */

static void add_object(struct st *st, struct st_buffer *buffer, uint8_t *entry)
{
	uint8_t uuid[16];

	buffer->object = ++st->last_object;
	get_uuid(buffer, uuid);
	memcpy(entry, uuid, sizeof(uuid));
	st_check(st, st->transport->ops->add_object(st->transport, uuid, buffer->sg.fd) == 0,
		 "no room for one more object");
}

static void write_entries(struct st *st, struct st_buffer *buffer)
{
	struct guest_ram *ram = st->ram;
	struct wire_mem_entry *entries;

	buffer->entries_bytes = buffer->sg.n * sizeof(*entries);
	st_check(st, guest_ram_alloc(ram, buffer->entries_bytes, &buffer->entries_gpa) == 0,
		 "no guest memory");
	entries = guest_ram_get_pointer(ram, buffer->entries_gpa, buffer->entries_bytes);
	if (buffer->sg.is_object) {
		add_object(st, buffer, (uint8_t *)entries);
		return;
	}
	for (unsigned int i = 0; i < buffer->sg.n; i++)
		entries[i] = (struct wire_mem_entry){
			.addr = guest_le64(buffer->sg.extents[i].gpa),
			.length = guest_le32(buffer->sg.extents[i].size_bytes),
		};
}

void st_take_memory(struct st *st, struct st_buffer *buffer, size_t size_bytes, bool object)
{
	int ret;

	if (object)
		ret = guest_sg_alloc_object(st->ram, size_bytes, &buffer->sg);
	else
		ret = guest_sg_alloc(st->ram, size_bytes, st->features & WIRE_FEATURE_NON_CONTIG,
				     &buffer->sg);
	st_check(st, ret == 0, "no guest memory: %s", strerror(-ret));
	write_entries(st, buffer);
}

uint32_t st_create_resource(struct st_stream *stream, struct st_buffer *buffer)
{
	struct wire_resource_create request = {
		.hdr = guest_wire_hdr(WIRE_RESOURCE_CREATE, stream->id),
		.queue_type = guest_le32(buffer->queue_type),
		.resource_id = guest_le32(buffer->id),
		.planes_layout = guest_le32(WIRE_LAYOUT_SINGLE_BUFFER),
		.num_planes = guest_le32(1),
		.num_entries = {guest_le32(buffer->sg.n)},
	};
	struct st_reply *reply = st_send_long(stream->st, &request, sizeof(request),
					      buffer->entries_gpa, (uint32_t)buffer->entries_bytes);
	uint32_t type;

	st_wait(stream->st, reply);
	type = st_reply_type(reply);
	st_drop(stream->st, reply);
	return type;
}

void st_make(struct st_stream *stream, int side, unsigned int n, uint32_t size_bytes)
{
	struct st *st = stream->st;
	uint32_t type;

	/* The device sees whole pages, and may use all of them. */
	size_bytes = (size_bytes + GUEST_PAGE_BYTES - 1) / GUEST_PAGE_BYTES * GUEST_PAGE_BYTES;
	for (; n; n--) {
		struct st_buffer *buffer = &stream->buffers[side][stream->n[side]];

		st_check(st, stream->n[side] < ST_MAX_BUFFERS, "the test makes too many buffers");
		memset(buffer, 0, sizeof(*buffer));
		stream->n[side]++;
		buffer->id = ++st->last_resource_id;
		buffer->queue_type = st_queue_type(side);
		st_take_memory(st, buffer, size_bytes, stream->objects);
		type = st_create_resource(stream, buffer);
		st_check(st, type == WIRE_OK_NODATA, "RESOURCE_CREATE was answered with %s",
			 guest_wire_name(type));
	}
}

void st_make_like_params(struct st_stream *stream, unsigned int n)
{
	st_make(stream, ST_OUTPUT, n, stream->params[ST_OUTPUT].planes[0].size_bytes);
}

static struct st_reply *queue(struct st_stream *stream, struct st_buffer *buffer,
			      uint32_t data_bytes, uint64_t timestamp)
{
	struct wire_resource_queue request = {
		.hdr = guest_wire_hdr(WIRE_RESOURCE_QUEUE, stream->id),
		.queue_type = guest_le32(buffer->queue_type),
		.resource_id = guest_le32(buffer->id),
		.timestamp = guest_le64(timestamp),
		.num_data_sizes = guest_le32(1),
		.data_sizes = {guest_le32(data_bytes)},
	};

	buffer->reply = st_send(stream->st, &request, sizeof(request));
	return buffer->reply;
}

struct st_reply *st_feed(struct st_stream *stream, struct st_buffer *buffer, const void *data,
			 size_t size_bytes, uint64_t timestamp)
{
	st_check(stream->st, size_bytes <= buffer->sg.size_bytes,
		 "%zu bytes do not fit into the test's input buffer", size_bytes);
	guest_sg_write(stream->st->ram, &buffer->sg, data, size_bytes);
	return queue(stream, buffer, (uint32_t)size_bytes, timestamp);
}

struct st_reply *st_give(struct st_stream *stream, unsigned int index)
{
	return queue(stream, &stream->buffers[ST_OUTPUT][index], 0, 0);
}

void st_give_all(struct st_stream *stream)
{
	for (unsigned int i = 0; i < stream->n[ST_OUTPUT]; i++)
		if (!stream->buffers[ST_OUTPUT][i].reply)
			st_give(stream, i);
}

static void queue_command(struct st_stream *stream, uint32_t type, int side)
{
	struct wire_queue_cmd request = st_queue_cmd(type, stream->id, side);

	st_expect(stream->st, &request, sizeof(request), WIRE_OK_NODATA);
}

void st_clear(struct st_stream *stream, int side)
{
	queue_command(stream, WIRE_QUEUE_CLEAR, side);
	for (unsigned int i = 0; i < stream->n[side]; i++)
		st_check(stream->st,
			 !stream->buffers[side][i].reply || stream->buffers[side][i].reply->done,
			 "QUEUE_CLEAR leaves a buffer unanswered");
}

void st_destroy_all(struct st_stream *stream, int side)
{
	queue_command(stream, WIRE_RESOURCE_DESTROY_ALL, side);
	for (unsigned int i = 0; i < stream->n[side]; i++) {
		struct st_reply *reply = stream->buffers[side][i].reply;

		st_check(stream->st, !reply || reply->done,
			 "RESOURCE_DESTROY_ALL leaves a buffer unanswered");
	}
	release_buffers(stream->st, stream, side);
}

struct st_reply *st_drain(struct st_stream *stream)
{
	struct wire_hdr request = guest_wire_hdr(WIRE_STREAM_DRAIN, stream->id);

	return st_send(stream->st, &request, sizeof(request));
}

/* ---- Answers ---- */

struct st_queued st_read_queued(const struct st_reply *reply)
{
	struct wire_resource_queue_resp resp;

	memcpy(&resp, reply->bytes, sizeof(resp));
	return (struct st_queued){
		.type = guest_get32(resp.hdr.type),
		.timestamp = guest_get64(resp.timestamp),
		.flags = guest_get32(resp.flags),
		.size_bytes = guest_get32(resp.size),
	};
}

struct st_queued st_take(struct st_stream *stream, struct st_buffer *buffer)
{
	struct st_reply *reply = buffer->reply;
	struct st_queued queued;

	st_check(stream->st, reply != NULL, "the test takes a buffer that is not queued");
	st_wait(stream->st, reply);
	queued = st_read_queued(reply);
	st_drop(stream->st, reply);
	buffer->reply = NULL;
	return queued;
}

void st_expect_taken(struct st_stream *stream, struct st_buffer *buffer, uint64_t timestamp,
		     uint32_t flags)
{
	struct st_queued q = st_take(stream, buffer);

	st_check(stream->st, q.type == WIRE_OK_RESOURCE_QUEUE, "a buffer came back with %s",
		 guest_wire_name(q.type));
	st_check(stream->st, q.flags == flags && q.timestamp == timestamp && q.size_bytes == 0,
		 "a buffer came back with flags %u, timestamp %llu, %u bytes, not %u, %llu, none",
		 q.flags, (unsigned long long)q.timestamp, q.size_bytes, flags,
		 (unsigned long long)timestamp);
}

static struct st_buffer *oldest_output(struct st_stream *stream)
{
	struct st_buffer *first = NULL;

	for (unsigned int i = 0; i < stream->n[ST_OUTPUT]; i++) {
		struct st_buffer *b = &stream->buffers[ST_OUTPUT][i];

		if (b->reply && b->reply->done && (!first || b->reply->order < first->reply->order))
			first = b;
	}
	return first;
}

struct st_buffer *st_next_output(struct st_stream *stream)
{
	bool queued = false;
	int64_t end = 0;

	for (unsigned int i = 0; i < stream->n[ST_OUTPUT]; i++)
		queued |= stream->buffers[ST_OUTPUT][i].reply != NULL;
	st_check(stream->st, queued, "the test waits for a frame and has no output queued");
	while (!oldest_output(stream))
		st_tick(stream->st, &end, "a frame");
	return oldest_output(stream);
}

/* ---- Pictures ---- */

static uint64_t hash_plane(uint64_t hash, const uint8_t *at, uint32_t stride, uint32_t step,
			   const uint32_t size[2])
{
	for (uint32_t y = 0; y < size[1]; y++) {
		for (uint32_t x = 0; x < size[0]; x++)
			hash = st_hash(hash, &at[(size_t)y * stride + (size_t)x * step], 1);
	}
	return hash;
}

uint64_t st_pixels_hash(const struct st_stream *stream)
{
	const struct guest_params *p = &stream->params[ST_OUTPUT];
	uint32_t stride = p->planes[0].stride_bytes, rows = p->frame_height;
	uint32_t luma[2] = {p->crop_width, p->crop_height};
	uint32_t chroma[2] = {(p->crop_width + 1) / 2, (p->crop_height + 1) / 2};
	bool planar = p->format == WIRE_FORMAT_YUV420;
	const uint8_t *pixels = stream->st->pixels, *at = pixels + (size_t)stride * rows;
	uint32_t chroma_stride = planar ? stride / 2 : stride;
	size_t second = planar ? (size_t)chroma_stride * ((rows + 1) / 2) : 1;
	uint64_t hash = ST_HASH_BEGIN;

	hash = hash_plane(hash, pixels + (size_t)p->crop_top * stride + p->crop_left, stride, 1,
			  luma);
	at += (size_t)p->crop_top / 2 * chroma_stride + p->crop_left / 2 * (planar ? 1 : 2);
	hash = hash_plane(hash, at, chroma_stride, planar ? 1 : 2, chroma);
	return hash_plane(hash, at + second, chroma_stride, planar ? 1 : 2, chroma);
}

uint64_t st_picture_hash(struct st_stream *stream, const struct st_buffer *buffer)
{
	const struct guest_params *p = &stream->params[ST_OUTPUT];
	size_t stride = p->planes[0].stride_bytes;

	st_check(stream->st,
		 buffer->sg.size_bytes <= ST_MAX_PIXELS &&
			 stride * p->frame_height / 2 * 3 <= buffer->sg.size_bytes &&
			 p->crop_left + p->crop_width <= p->frame_width &&
			 p->crop_top + p->crop_height <= p->frame_height &&
			 stride >= p->frame_width,
		 "the output's params do not fit its buffer");
	guest_sg_read(stream->st->ram, &buffer->sg, stream->st->pixels, buffer->sg.size_bytes);
	return st_pixels_hash(stream);
}

void st_expect_frame(struct st_stream *stream, struct st_buffer *buffer,
		     const struct st_picture *picture, uint64_t timestamp)
{
	const struct guest_params *p = &stream->params[ST_OUTPUT];
	struct st_queued q = st_take(stream, buffer);

	st_check(stream->st, q.type == WIRE_OK_RESOURCE_QUEUE && q.flags == 0,
		 "a frame came back with %s, flags %u", guest_wire_name(q.type), q.flags);
	st_check(stream->st, q.timestamp == timestamp, "a frame has timestamp %llu, not %llu",
		 (unsigned long long)q.timestamp, (unsigned long long)timestamp);
	st_check(stream->st, q.size_bytes == p->planes[0].size_bytes, "a frame of %u bytes, not %u",
		 q.size_bytes, p->planes[0].size_bytes);
	st_check(stream->st, p->crop_width == picture->width && p->crop_height == picture->height,
		 "the params say %ux%u, the stream %ux%u", p->crop_width, p->crop_height,
		 picture->width, picture->height);
	st_check(stream->st, st_picture_hash(stream, buffer) == picture->hash,
		 "the picture with timestamp %llu is wrong", (unsigned long long)timestamp);
}

void st_start_output(struct st_stream *stream, unsigned int more)
{
	uint32_t n;

	st_wait_event(stream->st, WIRE_EVENT_RESOLUTION_CHANGED, stream->id);
	st_get_params(stream, ST_OUTPUT);
	n = stream->params[ST_OUTPUT].min_buffers;
	st_check(stream->st, n >= 1 && n <= 32, "min_buffers is %u", n);
	st_make_like_params(stream, n + more);
	st_give_all(stream);
}

/* The outputs that were queued have all been answered: with frames, or with ERR. */
static void keep_early(struct st_stream *stream)
{
	struct st_buffer *buffer;

	while ((buffer = oldest_output(stream))) {
		struct st_queued q = st_take(stream, buffer);

		stream->early_eos |= q.flags & WIRE_BUFFER_EOS;
		if (q.flags || q.type != WIRE_OK_RESOURCE_QUEUE)
			continue;
		stream->early[stream->n_early++ % ST_MAX_BUFFERS] =
			(struct st_early){q.timestamp, st_picture_hash(stream, buffer)};
	}
}

void st_react(struct st_stream *stream, unsigned int more)
{
	st_get_params(stream, ST_OUTPUT);
	st_clear(stream, ST_OUTPUT);
	keep_early(stream);
	st_destroy_all(stream, ST_OUTPUT);
	st_make_like_params(stream, stream->params[ST_OUTPUT].min_buffers + more);
	st_give_all(stream);
}

void st_expect_next(struct st_stream *stream, const struct st_picture *picture, uint64_t timestamp)
{
	struct st_early early = stream->early[0];

	if (!stream->n_early) {
		st_expect_frame(stream, st_next_output(stream), picture, timestamp);
		return;
	}
	stream->n_early--;
	memmove(stream->early, stream->early + 1, stream->n_early * sizeof(early));
	st_check(stream->st, early.timestamp == timestamp && early.hash == picture->hash,
		 "the frame with timestamp %llu in an old buffer is wrong",
		 (unsigned long long)early.timestamp);
}

void st_expect_end(struct st_stream *stream, struct st_reply *drain)
{
	struct st *st = stream->st;

	if (!stream->early_eos) {
		struct st_buffer *buffer = st_next_output(stream);
		unsigned int order = buffer->reply->order;

		st_expect_taken(stream, buffer, 0, WIRE_BUFFER_EOS);
		st_wait(st, drain);
		st_check(st, drain->order > order, "OK comes before EOS");
	}
	stream->early_eos = false;
	st_wait(st, drain);
	st_check(st, st_reply_type(drain) == WIRE_OK_NODATA, "the drain ends with %s",
		 guest_wire_name(st_reply_type(drain)));
	st_drop(st, drain);
}

void st_decode_check(struct st *st)
{
	struct st_stream *stream = st_open(st, true);
	struct st_h264 *h = st_h264_new(st, 64, 64);
	struct st_picture pictures[2];

	st_h264_headers(h);
	pictures[0] = st_h264_idr(h, 77);
	pictures[1] = st_h264_p(h, 78);
	st_h264_end(h);
	st_make(stream, ST_INPUT, 1, 65536);
	st_feed(stream, &stream->buffers[ST_INPUT][0], h->bytes, h->size_bytes, 12345);
	st_start_output(stream, 1);
	for (int i = 0; i < 2; i++)
		st_expect_frame(stream, st_next_output(stream), &pictures[i], 12345);
	st_expect_taken(stream, &stream->buffers[ST_INPUT][0], 12345, 0);
	st_destroy(st, stream);
}
