/* SPDX-License-Identifier: MIT */
/*
 * selftest-errors.c - bad requests: one error answer each, and the device and its streams go on
 *
 * Each is a good request with some numbers changed, another length or little room for the answer.
 * Behind each, QUERY_CAPABILITY works and a decode in a stream of its own is bit-exact.
 */
#include <string.h>
#include "selftest-private.h"

/* The good requests; all name the test's stream, whose input resource 1 and output resource 2 are. */
enum base {
	RAW, /* nothing but zeros */
	CAPS,
	CREATE,
	DESTROY,
	DRAIN,
	RESOURCE,
	QUEUE,
	DESTROY_ALL,
	CLEAR,
	GET,
	SET,
	QUERY_CTL,
	GET_CTL,
	SET_CTL,
	GET_EXT,
	SET_EXT,
};

#define WHOLE     0xffff /* the length that the request has */
#define NO_STREAM 0xdeadbeef

struct patch {
	uint16_t at; /* 0 with value 0: none */
	uint32_t value;
};

struct bad {
	enum base base;
	uint16_t len;  /* of the request */
	uint16_t cap;  /* for the answer; 0: as much as wanted */
	uint32_t code; /* 0: any error */
	struct patch patches[3];
};

static const uint16_t lengths[] = {64, 16, 88, 8, 8, 104, 64, 16, 16, 16, 120, 24, 16, 24, 16, 128};

static void put32(uint8_t *bytes, size_t at, uint32_t value)
{
	struct le32 v = guest_le32(value);

	memcpy(bytes + at, &v, sizeof(v));
}

static void put_gpa(const struct st *st, uint8_t *bytes, size_t at)
{
	struct le64 v = guest_le64(st->event_gpa);

	memcpy(bytes + at, &v, sizeof(v));
}

/* Fills in what a good request has besides its type and stream. */
static void fill(const struct st *st, enum base base, uint8_t *bytes)
{
	if (base == CREATE)
		put32(bytes, 16, WIRE_FORMAT_H264);
	else if (base != RAW && lengths[base] > 8)
		put32(bytes, 8, base >= QUERY_CTL && base <= SET_CTL ? 2 : WIRE_QUEUE_INPUT);
	if (base == RESOURCE) {
		put32(bytes, 12, 3);
		put32(bytes, 16, 1);
		put32(bytes, 20, 1);
		put32(bytes, 56, 1);
		put_gpa(st, bytes, 88);
		put32(bytes, 96, 4096);
	}
	if (base == QUEUE) {
		put32(bytes, 12, 1);
		put32(bytes, 24, 1);
	}
	if (base == QUERY_CTL)
		put32(bytes, 16, WIRE_FORMAT_H264);
}

static size_t build(const struct st *st, const struct bad *bad, uint32_t stream_id, uint8_t *bytes)
{
	memset(bytes, 0, 512);
	if (bad->base != RAW)
		put32(bytes, 0, WIRE_QUERY_CAPABILITY + bad->base - CAPS);
	put32(bytes, 4, stream_id);
	fill(st, bad->base, bytes);
	for (int i = 0; i < 3; i++) {
		if (bad->patches[i].at || bad->patches[i].value)
			put32(bytes, bad->patches[i].at, bad->patches[i].value);
	}
	return bad->len == WHOLE ? lengths[bad->base] : bad->len;
}

static void device_goes_on(struct st *st)
{
	struct wire_queue_cmd request = st_queue_cmd(WIRE_QUERY_CAPABILITY, 0, ST_INPUT);

	st_expect(st, &request, sizeof(request), WIRE_OK_QUERY_CAPABILITY);
	st_decode_check(st);
}

static void run_bad(struct st *st)
{
	const struct bad *bad = st->test->data;
	struct st_stream *stream = st_open(st, true);
	struct st_reply *reply;
	uint8_t bytes[512];
	size_t size;
	uint32_t type;

	st_make(stream, ST_INPUT, 1, 4096);
	st_make(stream, ST_OUTPUT, 1, 4096);
	stream->buffers[ST_INPUT][0].id = stream->buffers[ST_OUTPUT][0].id = 1;
	st_create_resource(stream, &stream->buffers[ST_INPUT][0]);
	size = build(st, bad, stream->id, bytes);
	reply = st_send_cap(st, bytes, size, bad->cap ? bad->cap : 512);
	st_wait(st, reply);
	type = st_reply_type(reply);
	if (reply->cap_bytes >= 8)
		st_check(st, type >= 0x300 && (!bad->code || type == bad->code),
			 "answered with %s, not %s", guest_wire_name(type),
			 guest_wire_name(bad->code));
	st_check(st, !reply[0].keep || reply->len_bytes <= reply->cap_bytes, "too long an answer");
	device_goes_on(st);
	/* The stream does too. */
	st_feed(stream, &stream->buffers[ST_INPUT][0], "", 1, 5);
	st_expect_taken(stream, &stream->buffers[ST_INPUT][0], 5, 0);
}

#define OP     WIRE_ERR_INVALID_OPERATION
#define MEM    WIRE_ERR_OUT_OF_MEMORY
#define STREAM WIRE_ERR_INVALID_STREAM_ID
#define RES    WIRE_ERR_INVALID_RESOURCE_ID
#define PARAM  WIRE_ERR_INVALID_PARAMETER
#define CTRL   WIRE_ERR_UNSUPPORTED_CONTROL

/* Resources are described as guest pages. */
#define BAD(name, base, ...)                                                                       \
	{                                                                                          \
		"bad request: " name, run_bad, (base) == RESOURCE ? ST_PAGES : 0,                  \
			&(const struct bad)                                                        \
		{                                                                                  \
			base, __VA_ARGS__                                                          \
		}                                                                                  \
	}

/* clang-format off */
const struct st_case selftest_errors[] = {
	/* Any command. */
	BAD("1 byte", RAW, 1, 0, 0, {{0}}),
	BAD("7 bytes", DESTROY, 7, 0, 0, {{0}}),
	BAD("type 0", RAW, 64, 0, OP, {{0}}),
	BAD("type 0x10f", CLEAR, WHOLE, 0, OP, {{0, 0x10f}}),
	BAD("type 0x1ff", CLEAR, WHOLE, 0, OP, {{0, 0x1ff}}),
	BAD("a response's type", CLEAR, WHOLE, 0, OP, {{0, 0x200}}),
	BAD("type 0xffffffff", RAW, 8, 0, OP, {{0, 0xffffffff}}),
	BAD("a type of the sixth draft, 0x400", RAW, 64, 0, OP, {{0, 0x400}}),
	/* QUERY_CAPABILITY. */
	BAD("QUERY_CAPABILITY of no queue", CAPS, WHOLE, 0, PARAM, {{8, 0x102}}),
	BAD("QUERY_CAPABILITY of queue 0", CAPS, WHOLE, 0, 0, {{12, 1}, {8, 1}}),
	BAD("QUERY_CAPABILITY, 8 bytes", CAPS, 8, 0, PARAM, {{0}}),
	BAD("QUERY_CAPABILITY, 12 bytes", CAPS, 12, 0, PARAM, {{0}}),
	BAD("QUERY_CAPABILITY, 17 bytes", CAPS, 17, 0, PARAM, {{0}}),
	BAD("QUERY_CAPABILITY with room for 8 bytes", CAPS, WHOLE, 8, PARAM, {{0}}),
	BAD("QUERY_CAPABILITY with room for 7 bytes", CAPS, WHOLE, 7, 0, {{0}}),
	/* STREAM_CREATE. */
	BAD("STREAM_CREATE of an existing stream", CREATE, WHOLE, 0, STREAM, {{0}}),
	BAD("STREAM_CREATE of format 0", CREATE, WHOLE, 0, PARAM, {{4, NO_STREAM}, {16, 0x1fff}}),
	BAD("STREAM_CREATE of a raw format", CREATE, WHOLE, 0, PARAM, {{4, NO_STREAM}, {16, 3}}),
	BAD("STREAM_CREATE of FWHT", CREATE, WHOLE, 0, PARAM, {{4, NO_STREAM}, {16, 0x1006}}),
	BAD("STREAM_CREATE with memory type 2", CREATE, WHOLE, 0, PARAM, {{4, NO_STREAM}, {8, 2}}),
	BAD("STREAM_CREATE with output memory type 0xffffffff", CREATE, WHOLE, 0, PARAM,
	    {{4, NO_STREAM}, {12, 0xffffffff}}),
	BAD("STREAM_CREATE, 24 bytes", CREATE, 24, 0, PARAM, {{4, NO_STREAM}}),
	BAD("STREAM_CREATE, 87 bytes", CREATE, 87, 0, PARAM, {{4, NO_STREAM}}),
	BAD("STREAM_CREATE, 89 bytes", CREATE, 89, 0, PARAM, {{4, NO_STREAM}}),
	BAD("STREAM_CREATE with room for 4 bytes", CREATE, WHOLE, 4, 0, {{4, NO_STREAM}}),
	/* STREAM_DESTROY, STREAM_DRAIN. */
	BAD("STREAM_DESTROY of an unknown stream", DESTROY, WHOLE, 0, STREAM, {{4, NO_STREAM}}),
	BAD("STREAM_DESTROY, 9 bytes", DESTROY, 9, 0, PARAM, {{0}}),
	BAD("STREAM_DESTROY with room for 1 byte", DESTROY, WHOLE, 1, 0, {{0}}),
	BAD("STREAM_DRAIN of an unknown stream", DRAIN, WHOLE, 0, STREAM, {{4, NO_STREAM}}),
	BAD("STREAM_DRAIN, 16 bytes", DRAIN, 16, 0, PARAM, {{0}}),
	BAD("STREAM_DRAIN with room for 7 bytes", DRAIN, WHOLE, 7, 0, {{0}}),
	/* RESOURCE_CREATE. */
	BAD("RESOURCE_CREATE for an unknown stream", RESOURCE, WHOLE, 0, STREAM, {{4, NO_STREAM}}),
	BAD("RESOURCE_CREATE for no queue", RESOURCE, WHOLE, 0, PARAM, {{8, 2}}),
	BAD("RESOURCE_CREATE, 87 bytes", RESOURCE, 87, 0, PARAM, {{0}}),
	BAD("RESOURCE_CREATE without its entry", RESOURCE, 88, 0, PARAM, {{0}}),
	BAD("RESOURCE_CREATE with half an entry", RESOURCE, 96, 0, PARAM, {{0}}),
	BAD("RESOURCE_CREATE with an entry too many", RESOURCE, 120, 0, PARAM, {{0}}),
	BAD("RESOURCE_CREATE with a byte too many", RESOURCE, 105, 0, PARAM, {{0}}),
	BAD("RESOURCE_CREATE with no plane", RESOURCE, WHOLE, 0, PARAM, {{20, 0x80000000}}),
	BAD("RESOURCE_CREATE with 9 planes", RESOURCE, WHOLE, 0, PARAM, {{20, 9}}),
	BAD("RESOURCE_CREATE with 0xffffffff planes", RESOURCE, WHOLE, 0, PARAM, {{20, 0xffffffff}}),
	BAD("RESOURCE_CREATE with planes_layout 3", RESOURCE, WHOLE, 0, PARAM, {{16, 3}}),
	BAD("RESOURCE_CREATE with planes_layout 4", RESOURCE, WHOLE, 0, PARAM, {{16, 4}}),
	BAD("RESOURCE_CREATE with more entries than follow", RESOURCE, WHOLE, 0, PARAM, {{56, 2}}),
	BAD("RESOURCE_CREATE with 0xffffffff entries", RESOURCE, WHOLE, 0, 0, {{56, 0xffffffff}}),
	BAD("RESOURCE_CREATE with entries that add up to 2^32", RESOURCE, WHOLE, 0, 0,
	    {{20, 2}, {56, 0x80000000}, {60, 0x80000001}}),
	BAD("RESOURCE_CREATE with an empty entry", RESOURCE, WHOLE, 0, PARAM, {{96, 0x80000000}, {99, 0}}),
	BAD("RESOURCE_CREATE of memory that is not", RESOURCE, WHOLE, 0, PARAM, {{92, 0x7fffffff}}),
	BAD("RESOURCE_CREATE of memory that wraps", RESOURCE, WHOLE, 0, PARAM,
	    {{88, 0xfffff000}, {92, 0xffffffff}, {96, 0x2000}}),
	BAD("RESOURCE_CREATE of memory beyond its region", RESOURCE, WHOLE, 0, PARAM, {{96, 0xfffff000}}),
	BAD("RESOURCE_CREATE whose plane begins at its end", RESOURCE, WHOLE, 0, PARAM, {{24, 4096}}),
	BAD("RESOURCE_CREATE whose plane begins far off", RESOURCE, WHOLE, 0, PARAM, {{24, 0xffffffff}}),
	BAD("RESOURCE_CREATE of two planes for coded data", RESOURCE, WHOLE, 0, PARAM, {{20, 2}}),
	BAD("RESOURCE_CREATE with room for 2 bytes", RESOURCE, WHOLE, 2, 0, {{0}}),
	/* RESOURCE_QUEUE. */
	BAD("RESOURCE_QUEUE of an unknown resource", QUEUE, WHOLE, 0, RES, {{12, 999}}),
	BAD("RESOURCE_QUEUE of another queue's resource", QUEUE, WHOLE, 0, RES, {{8, 0x101}, {12, 3}}),
	BAD("RESOURCE_QUEUE for an unknown stream", QUEUE, WHOLE, 0, STREAM, {{4, NO_STREAM}}),
	BAD("RESOURCE_QUEUE for no queue", QUEUE, WHOLE, 0, PARAM, {{8, 0xffffffff}}),
	BAD("RESOURCE_QUEUE of more bytes than there are", QUEUE, WHOLE, 0, PARAM, {{28, 4097}}),
	BAD("RESOURCE_QUEUE of 0xffffffff bytes", QUEUE, WHOLE, 0, PARAM, {{28, 0xffffffff}}),
	BAD("RESOURCE_QUEUE with 9 sizes", QUEUE, WHOLE, 0, PARAM, {{24, 9}}),
	BAD("RESOURCE_QUEUE with 0xffffffff sizes", QUEUE, WHOLE, 0, PARAM, {{24, 0xffffffff}}),
	BAD("RESOURCE_QUEUE, 60 bytes", QUEUE, 60, 0, PARAM, {{0}}),
	BAD("RESOURCE_QUEUE, 65 bytes", QUEUE, 65, 0, PARAM, {{0}}),
	BAD("RESOURCE_QUEUE with room for 23 bytes", QUEUE, WHOLE, 23, 0, {{0}}),
	/* RESOURCE_DESTROY_ALL, QUEUE_CLEAR. */
	BAD("RESOURCE_DESTROY_ALL of no queue", DESTROY_ALL, WHOLE, 0, PARAM, {{8, 0xff}}),
	BAD("RESOURCE_DESTROY_ALL of an unknown stream", DESTROY_ALL, WHOLE, 0, STREAM, {{4, NO_STREAM}}),
	BAD("RESOURCE_DESTROY_ALL, 8 bytes", DESTROY_ALL, 8, 0, PARAM, {{0}}),
	BAD("QUEUE_CLEAR of no queue", CLEAR, WHOLE, 0, PARAM, {{8, 0x102}}),
	BAD("QUEUE_CLEAR of an unknown stream", CLEAR, WHOLE, 0, STREAM, {{4, NO_STREAM}}),
	BAD("QUEUE_CLEAR, 15 bytes", CLEAR, 15, 0, PARAM, {{0}}),
	BAD("QUEUE_CLEAR with room for 5 bytes", CLEAR, WHOLE, 5, 0, {{0}}),
	/* Parameters. */
	BAD("GET_PARAMS of no queue", GET, WHOLE, 0, PARAM, {{8, 5}}),
	BAD("GET_PARAMS of an unknown stream", GET, WHOLE, 0, STREAM, {{4, NO_STREAM}}),
	BAD("GET_PARAMS, 8 bytes", GET, 8, 0, PARAM, {{0}}),
	BAD("GET_PARAMS with room for 119 bytes", GET, WHOLE, 119, PARAM, {{0}}),
	BAD("GET_PARAMS_EXT of no queue", GET_EXT, WHOLE, 0, PARAM, {{8, 5}}),
	BAD("GET_PARAMS_EXT of an unknown stream", GET_EXT, WHOLE, 0, STREAM, {{4, NO_STREAM}}),
	BAD("GET_PARAMS_EXT with room for 120 bytes", GET_EXT, WHOLE, 120, PARAM, {{0}}),
	BAD("SET_PARAMS for no queue", SET, WHOLE, 0, PARAM, {{8, 0x1000}}),
	BAD("SET_PARAMS for an unknown stream", SET, WHOLE, 0, STREAM, {{4, NO_STREAM}}),
	BAD("SET_PARAMS, 119 bytes", SET, 119, 0, PARAM, {{0}}),
	BAD("SET_PARAMS in the other dialect's size", SET, 128, 0, PARAM, {{0}}),
	BAD("SET_PARAMS_EXT for no queue", SET_EXT, WHOLE, 0, PARAM, {{8, 0x1000}}),
	BAD("SET_PARAMS_EXT in the other dialect's size", SET_EXT, 120, 0, PARAM, {{0}}),
	/* Controls. */
	BAD("QUERY_CONTROL of BITRATE", QUERY_CTL, 16, 0, CTRL, {{8, 1}}),
	BAD("QUERY_CONTROL of control 99", QUERY_CTL, 16, 0, CTRL, {{8, 99}}),
	BAD("QUERY_CONTROL of PROFILE without a format", QUERY_CTL, 16, 0, PARAM, {{0}}),
	BAD("QUERY_CONTROL of an unknown format's PROFILE", QUERY_CTL, WHOLE, 0, PARAM, {{16, 0x1fff}}),
	BAD("QUERY_CONTROL, 12 bytes", QUERY_CTL, 12, 0, PARAM, {{0}}),
	BAD("QUERY_CONTROL with room for 16 bytes", QUERY_CTL, WHOLE, 16, PARAM, {{0}}),
	BAD("GET_CONTROL of BITRATE", GET_CTL, WHOLE, 0, CTRL, {{8, 1}}),
	BAD("GET_CONTROL of control 0xffffffff", GET_CTL, WHOLE, 0, CTRL, {{8, 0xffffffff}}),
	BAD("GET_CONTROL of an unknown stream", GET_CTL, WHOLE, 0, STREAM, {{4, NO_STREAM}}),
	BAD("GET_CONTROL, 8 bytes", GET_CTL, 8, 0, PARAM, {{0}}),
	BAD("GET_CONTROL with room for 15 bytes", GET_CTL, WHOLE, 15, PARAM, {{0}}),
	BAD("SET_CONTROL of BITRATE", SET_CTL, WHOLE, 0, CTRL, {{8, 1}}),
	BAD("SET_CONTROL of an unknown stream", SET_CTL, WHOLE, 0, STREAM, {{4, NO_STREAM}}),
	BAD("SET_CONTROL, 12 bytes", SET_CTL, 12, 0, PARAM, {{0}}),
	{NULL, NULL, 0, NULL},
};
/* clang-format on */
