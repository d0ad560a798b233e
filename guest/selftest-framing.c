/* SPDX-License-Identifier: MIT */
/*
 * selftest-framing.c - how a message is cut into descriptors means nothing
 *
 * Each request is sent in one piece, in every two pieces, in equal pieces of every size and cut at
 * random, the room for its answer likewise; directly and by indirect tables. The answers are the same.
 */
#include <string.h>
#include "selftest-private.h"

#define RANDOM_CUTS 40

struct framed {
	uint32_t type;
	uint16_t size_bytes;
};

static void put32(uint8_t *bytes, size_t at, uint32_t value)
{
	struct le32 v = guest_le32(value);

	memcpy(bytes + at, &v, sizeof(v));
}

static void put64(uint8_t *bytes, size_t at, uint64_t value)
{
	struct le64 v = guest_le64(value);

	memcpy(bytes + at, &v, sizeof(v));
}

static void put_resource(struct st *st, uint8_t *bytes)
{
	put32(bytes, 12, 4711);
	put32(bytes, 16, 1);
	put32(bytes, 20, 1);
	put32(bytes, 56, 2);
	for (size_t at = 88; at < 120; at += 16) {
		put64(bytes, at, st->event_gpa);
		put32(bytes, at + 8, 4096);
	}
}

/* A good request of the type. Its answer is the same however often it is sent. */
static void build(struct st_stream *stream, const struct framed *framed, uint8_t *bytes)
{
	memset(bytes, 0, framed->size_bytes);
	put32(bytes, 0, framed->type);
	put32(bytes, 4, stream->id);
	if (framed->size_bytes > 8)
		put32(bytes, 8, WIRE_QUEUE_INPUT);
	if (framed->type >= WIRE_QUERY_CONTROL && framed->type <= WIRE_SET_CONTROL)
		put32(bytes, 8, WIRE_CONTROL_PROFILE);
	if (framed->type == WIRE_QUERY_CONTROL)
		put32(bytes, 16, WIRE_FORMAT_H264);
	if (framed->type == WIRE_RESOURCE_CREATE)
		put_resource(stream->st, bytes);
	if (framed->type == WIRE_STREAM_CREATE) {
		put32(bytes, 4, stream->id + 1000000);
		put32(bytes, 8, 0);
		put32(bytes, 16, WIRE_FORMAT_H264);
	}
	if (framed->type == WIRE_RESOURCE_QUEUE) {
		put32(bytes, 12, stream->buffers[ST_INPUT][0].id);
		put64(bytes, 16, UINT64_C(0x1122334455667788));
		put32(bytes, 24, 1);
	}
}

/* What must be there for the request to be good again. */
static void before(struct st_stream *stream, uint32_t type)
{
	if (type == WIRE_STREAM_DRAIN)
		st_give(stream, 0);
	if (type == WIRE_STREAM_DESTROY) {
		struct wire_stream_create create = {
			.hdr = guest_wire_hdr(WIRE_STREAM_CREATE, stream->id),
			.coded_format = guest_le32(WIRE_FORMAT_H264),
		};

		st_expect(stream->st, &create, sizeof(create), WIRE_OK_NODATA);
	}
}

static void after(struct st_stream *stream, uint32_t type)
{
	if (type == WIRE_STREAM_DRAIN)
		st_expect_taken(stream, &stream->buffers[ST_OUTPUT][0], 0, WIRE_BUFFER_EOS);
	if (type == WIRE_STREAM_CREATE) {
		struct wire_hdr destroy = guest_wire_hdr(WIRE_STREAM_DESTROY, stream->id + 1000000);

		st_expect(stream->st, &destroy, sizeof(destroy), WIRE_OK_NODATA);
	}
}

struct run {
	struct st_stream *stream;
	const struct framed *framed;
	uint8_t request[256];
	uint32_t cap_bytes;
	uint8_t golden[ST_MAX_ANSWER];
	uint32_t golden_bytes;
};

static void send_one(struct run *run, const struct st_framing *framing)
{
	struct st *st = run->stream->st;
	struct st_reply *reply;

	before(run->stream, run->framed->type);
	st->framing = framing;
	reply = st_send_cap(st, run->request, run->framed->size_bytes, run->cap_bytes);
	st->framing = NULL;
	st_wait(st, reply);
	if (!run->golden_bytes) {
		run->golden_bytes = reply->len_bytes;
		memcpy(run->golden, reply->bytes, reply->len_bytes);
		st_check(st, st_reply_type(reply) < 0x300, "answered with %s",
			 guest_wire_name(st_reply_type(reply)));
	}
	st_check(st,
		 reply->len_bytes == run->golden_bytes &&
			 memcmp(reply->bytes, run->golden, run->golden_bytes) == 0,
		 "another answer when cut into %u and %u pieces", framing ? framing->n_read + 1 : 1,
		 framing ? framing->n_write + 1 : 1);
	st_drop(st, reply);
	after(run->stream, run->framed->type);
}

/* Pieces of one size; what is left over is the last one. */
static unsigned int cut_evenly(uint16_t *sizes, uint32_t total, uint32_t part)
{
	unsigned int n = 0;

	while (n < ST_RING_SIZE / 2 - 2 && (n + 1) * part < total)
		sizes[n++] = (uint16_t)part;
	return n;
}

static unsigned int cut_randomly(uint16_t *sizes, uint32_t total, uint32_t *seed)
{
	unsigned int n = 0, most = st_pick(seed, 20);
	uint32_t at = 0;

	while (n < most && at < total) {
		sizes[n] = (uint16_t)(1 + st_pick(seed, total / (most ? most : 1) + 2));
		at += sizes[n++];
	}
	return n;
}

static void cut_all(struct run *run, bool direct)
{
	uint32_t size = run->framed->size_bytes, cap = run->cap_bytes;
	struct st_framing f = {.direct = direct};
	uint32_t seed = 1;

	for (uint32_t at = 1; at < size; at++) {
		f.n_read = 1;
		f.read[0] = (uint16_t)at;
		send_one(run, &f);
	}
	f.n_read = 0;
	for (uint32_t at = 1; at < cap && at < 200; at++) {
		f.n_write = 1;
		f.write[0] = (uint16_t)at;
		send_one(run, &f);
	}
	for (uint32_t part = 1; part < size || part < cap; part += part < 20 ? 1 : part / 2) {
		f.n_read = cut_evenly(f.read, size, part);
		f.n_write = cut_evenly(f.write, cap, part);
		send_one(run, &f);
	}
	for (int i = 0; i < RANDOM_CUTS; i++) {
		f.n_read = cut_randomly(f.read, size, &seed);
		f.n_write = cut_randomly(f.write, cap, &seed);
		send_one(run, &f);
	}
}

static void run_framed(struct st *st)
{
	struct run run = {.framed = st->test->data};

	run.stream = st_open(st, true);
	st_make(run.stream, ST_INPUT, 1, 4096);
	st_make(run.stream, ST_OUTPUT, 1, 4096);
	build(run.stream, run.framed, run.request);
	run.cap_bytes = st_answer_room(st, run.framed->type);
	if (run.framed->type == WIRE_STREAM_DESTROY) {
		struct wire_hdr destroy = guest_wire_hdr(WIRE_STREAM_DESTROY, run.stream->id);

		st_expect(st, &destroy, sizeof(destroy), WIRE_OK_NODATA);
	}
	send_one(&run, NULL);
	cut_all(&run, false);
	cut_all(&run, true);
}

#define FRAMED(name, type, size_bytes)                                                             \
	{                                                                                          \
		"framing: every split of " name, run_framed,                                       \
			(type) == WIRE_RESOURCE_CREATE ? ST_PAGES : 0, &(const struct framed)      \
		{                                                                                  \
			type, size_bytes                                                           \
		}                                                                                  \
	}

const struct st_case selftest_framing[] = {
	FRAMED("QUERY_CAPABILITY", WIRE_QUERY_CAPABILITY, 16),
	FRAMED("STREAM_CREATE", WIRE_STREAM_CREATE, 88),
	FRAMED("STREAM_DESTROY", WIRE_STREAM_DESTROY, 8),
	FRAMED("STREAM_DRAIN", WIRE_STREAM_DRAIN, 8),
	FRAMED("RESOURCE_CREATE", WIRE_RESOURCE_CREATE, 120),
	FRAMED("RESOURCE_QUEUE", WIRE_RESOURCE_QUEUE, 64),
	FRAMED("RESOURCE_DESTROY_ALL", WIRE_RESOURCE_DESTROY_ALL, 16),
	FRAMED("QUEUE_CLEAR", WIRE_QUEUE_CLEAR, 16),
	FRAMED("GET_PARAMS", WIRE_GET_PARAMS, 16),
	FRAMED("SET_PARAMS", WIRE_SET_PARAMS, 120),
	FRAMED("QUERY_CONTROL", WIRE_QUERY_CONTROL, 24),
	FRAMED("GET_CONTROL", WIRE_GET_CONTROL, 16),
	FRAMED("GET_PARAMS_EXT", WIRE_GET_PARAMS_EXT, 16),
	FRAMED("SET_PARAMS_EXT", WIRE_SET_PARAMS_EXT, 128),
	{NULL, NULL, 0, NULL},
};
