/* SPDX-License-Identifier: MIT */
/*
 * selftest-queues.c - when buffers come back, and how: queues, drain, clear, destroy, timestamps
 */
#include <string.h>
#include "selftest-private.h"

#define IN_BYTES 200000u

/* A stream whose output is ready, with frames of 64x64; its first picture has been taken. */
struct running {
	struct st_stream *stream;
	struct st_h264 *h;
	struct st_buffer *in; /* ST_N_INPUT of them */
};

#define N_INPUT 4

static void feed(struct running *r, unsigned int in, uint64_t timestamp)
{
	st_feed(r->stream, &r->in[in], r->h->bytes, r->h->size_bytes, timestamp);
	st_h264_take(r->h);
}

static struct running start(struct st *st, unsigned int more)
{
	struct running r = {.stream = st_open(st, true), .h = st_h264_new(st, 64, 64)};
	struct st_picture picture;

	r.in = r.stream->buffers[ST_INPUT];
	st_make(r.stream, ST_INPUT, N_INPUT, IN_BYTES);
	st_h264_headers(r.h);
	picture = st_h264_idr(r.h, 1000);
	st_h264_end(r.h);
	feed(&r, 0, 1000);
	st_start_output(r.stream, more);
	st_expect_frame(r.stream, st_next_output(r.stream), &picture, 1000);
	st_expect_taken(r.stream, &r.in[0], 1000, 0);
	return r;
}

/* The same with no output queued. */
static struct running start_dry(struct st *st)
{
	struct running r = start(st, 1);

	st_clear(r.stream, ST_OUTPUT);
	for (unsigned int i = 0; i < r.stream->n[ST_OUTPUT]; i++) {
		if (r.stream->buffers[ST_OUTPUT][i].reply)
			st_take(r.stream, &r.stream->buffers[ST_OUTPUT][i]);
	}
	return r;
}

static struct st_buffer *output(struct running *r, unsigned int i)
{
	return &r->stream->buffers[ST_OUTPUT][i];
}

/*
 * The buffer for the next frame: they are filled in the order in which they were queued, but for
 * objects, into which pictures may be decoded before they are shown.
 */
static struct st_buffer *next(struct running *r, unsigned int i)
{
	return st_has_objects(r->stream->st) ? st_next_output(r->stream) : output(r, i);
}

/* ---- Queues ---- */

enum { MANY = 30 };

static void input_when_consumed(struct st *st)
{
	struct running r = start_dry(st);
	struct st_picture pictures[MANY];

	for (int i = 0; i < MANY; i++)
		pictures[i] = i ? st_h264_p(r.h, i) : st_h264_idr(r.h, i);
	st_h264_end(r.h);
	feed(&r, 1, 7);
	/* No device holds so many frames back. */
	st_quiet(st, r.in[1].reply);
	for (int i = 0; i < MANY; i++) {
		st_give(r.stream, 0);
		st_expect_frame(r.stream, output(&r, 0), &pictures[i], 7);
	}
	st_expect_taken(r.stream, &r.in[1], 7, 0);
}

static void output_when_filled(struct st *st)
{
	struct running r = start_dry(st);
	struct st_picture pictures[2];

	st_make_like_params(r.stream, 1);
	st_give(r.stream, 1);
	st_give(r.stream, 0);
	st_quiet(st, output(&r, 0)->reply);
	pictures[0] = st_h264_idr(r.h, 5);
	pictures[1] = st_h264_p(r.h, 6);
	st_h264_end(r.h);
	feed(&r, 0, 8);
	st_expect_frame(r.stream, next(&r, 1), &pictures[0], 8);
	st_expect_frame(r.stream, next(&r, 0), &pictures[1], 8);
}

static void queued_twice(struct st *st)
{
	struct running r = start_dry(st);
	struct st_picture picture;
	struct st_reply *first = st_give(r.stream, 0), *second = st_give(r.stream, 0);

	st_wait(st, second);
	st_check(st, st_reply_type(second) == WIRE_ERR_INVALID_PARAMETER, "the second: %s",
		 guest_wire_name(st_reply_type(second)));
	st_check(st, !first->done, "the first comes back");
	output(&r, 0)->reply = first;
	picture = st_h264_idr(r.h, 5);
	st_h264_end(r.h);
	feed(&r, 0, 9);
	st_expect_frame(r.stream, output(&r, 0), &picture, 9);
}

static void input_queued_twice(struct st *st)
{
	struct running r = start_dry(st);
	struct st_reply *first, *second;

	for (int i = 0; i < MANY; i++)
		st_h264_idr(r.h, i);
	feed(&r, 0, 9);
	first = r.in[0].reply;
	/* Nothing is written: the buffer is the device's. */
	second = st_feed(r.stream, &r.in[0], "", 0, 10);
	st_wait(st, second);
	st_check(st, st_reply_type(second) == WIRE_ERR_INVALID_PARAMETER, "the second: %s",
		 guest_wire_name(st_reply_type(second)));
	st_check(st, !first->done, "the first comes back");
}

static void unknown_resource(struct st *st)
{
	struct st_stream *stream = st_open(st, true);
	struct st_buffer *buffer = &stream->buffers[ST_OUTPUT][0];
	struct st_queued q;
	struct st_reply *drain;

	st_make(stream, ST_OUTPUT, 1, 4096);
	buffer->id += 1000;
	st_give(stream, 0);
	q = st_take(stream, buffer);
	st_check(st, q.type == WIRE_ERR_INVALID_RESOURCE_ID && q.flags & WIRE_BUFFER_ERR, "%s",
		 guest_wire_name(q.type));
	/* No trace of it: made and queued now, it is queued once. */
	st_create_resource(stream, buffer);
	st_give(stream, 0);
	drain = st_drain(stream);
	st_expect_taken(stream, buffer, 0, WIRE_BUFFER_EOS);
	st_wait(st, drain);
}

static void ids_per_stream_and_queue(struct st *st)
{
	struct running a = start_dry(st), b = start_dry(st);
	struct st_picture picture;

	output(&a, 0)->id = output(&b, 0)->id = b.in[1].id = 77;
	st_create_resource(a.stream, output(&a, 0));
	st_create_resource(b.stream, output(&b, 0));
	st_create_resource(b.stream, &b.in[1]);
	st_give(a.stream, 0);
	st_give(b.stream, 0);
	picture = st_h264_idr(b.h, 3);
	st_h264_end(b.h);
	feed(&b, 1, 4);
	st_expect_frame(b.stream, output(&b, 0), &picture, 4);
	st_quiet(st, output(&a, 0)->reply);
}

static void replaced(struct st *st)
{
	struct running r = start_dry(st);
	struct st_buffer *buffer = output(&r, 0);
	struct st_picture picture;
	struct st_reply *first = st_give(r.stream, 0);
	unsigned int before;

	st_quiet(st, first);
	before = st->n_done;
	/* The other buffer's memory under this one's id. */
	output(&r, 1)->id = buffer->id;
	st_check(st, st_create_resource(r.stream, output(&r, 1)) == WIRE_OK_NODATA, "refused");
	st_check(st, first->done && first->order == before + 1,
		 "the queued one is not answered first");
	st_expect_taken(r.stream, buffer, 0, WIRE_BUFFER_ERR);
	memset(guest_ram_get_pointer(st->ram, buffer->sg.extents[0].gpa, 4096), 0x33, 4096);
	st_give(r.stream, 1);
	picture = st_h264_idr(r.h, 3);
	st_h264_end(r.h);
	feed(&r, 1, 4);
	st_expect_frame(r.stream, output(&r, 1), &picture, 4);
	for (int i = 0; i < 4096; i++)
		st_check(st,
			 ((uint8_t *)guest_ram_get_pointer(st->ram, buffer->sg.extents[0].gpa,
							   4096))[i] == 0x33,
			 "the old memory is written");
}

/* ---- Drain ---- */

static void drain_order(struct st *st)
{
	struct running r = start_dry(st);
	struct st_picture pictures[3];
	struct st_reply *drain, *second, *input;

	st_make_like_params(r.stream, 3);
	for (unsigned int i = 0; i < 3; i++)
		st_give(r.stream, i);
	for (int i = 0; i < 3; i++)
		pictures[i] = i ? st_h264_p(r.h, i) : st_h264_idr(r.h, i);
	feed(&r, 0, 3);
	drain = st_drain(r.stream);
	for (unsigned int i = 0; i < 3; i++)
		st_expect_frame(r.stream, next(&r, i), &pictures[i], 3);
	/* The frames have taken all there were; none was kept for the end. */
	st_quiet(st, drain);
	second = st_drain(r.stream);
	input = st_feed(r.stream, &r.in[1], "", 1, 5);
	st_wait(st, second);
	st_wait(st, input);
	st_check(st, st_reply_type(second) == WIRE_ERR_INVALID_OPERATION, "a second DRAIN: %s",
		 guest_wire_name(st_reply_type(second)));
	st_check(st, st_reply_type(input) == WIRE_ERR_INVALID_OPERATION, "input: %s",
		 guest_wire_name(st_reply_type(input)));
	st_give(r.stream, 0);
	st_wait(st, drain);
	st_check(st, st_reply_type(drain) == WIRE_OK_NODATA, "DRAIN: an error");
	st_check(st, output(&r, 0)->reply->done && output(&r, 0)->reply->order < drain->order,
		 "OK comes before EOS");
	st_expect_taken(r.stream, output(&r, 0), 0, WIRE_BUFFER_EOS);
}

static void drain_then_p(struct st *st)
{
	struct running r = start(st, 3);
	struct st_picture a, b;

	a = st_h264_idr(r.h, 1);
	feed(&r, 0, 1);
	st_drop(st, st_drain(r.stream));
	st_expect_frame(r.stream, st_next_output(r.stream), &a, 1);
	st_expect_taken(r.stream, st_next_output(r.stream), 0, WIRE_BUFFER_EOS);
	b = st_h264_p(r.h, 2);
	feed(&r, 1, 2);
	st_give_all(r.stream);
	st_drop(st, st_drain(r.stream));
	st_expect_frame(r.stream, st_next_output(r.stream), &b, 2);
	st_expect_taken(r.stream, st_next_output(r.stream), 0, WIRE_BUFFER_EOS);
}

static void drain_again_and_again(struct st *st)
{
	struct running r = start(st, 2);

	for (int i = 0; i < 50; i++) {
		struct st_reply *drain = st_drain(r.stream);

		st_expect_taken(r.stream, st_next_output(r.stream), 0, WIRE_BUFFER_EOS);
		st_wait(st, drain);
		st_check(st, st_reply_type(drain) == WIRE_OK_NODATA, "an error");
		st_drop(st, drain);
		st_give_all(r.stream);
	}
}

static void end_of_sequence(struct st *st)
{
	struct running r = start(st, 2);
	struct st_picture picture = st_h264_idr(r.h, 9);

	st_h264_end(r.h);
	feed(&r, 0, 9);
	/* expect_frame() wants flags to be 0. */
	st_expect_frame(r.stream, st_next_output(r.stream), &picture, 9);
}

/* ---- Clear ---- */

/* The answers of buffers come in order after some other, and before the command's. */
static void check_cleared(struct st *st, struct st_stream *stream, int side, unsigned int n,
			  unsigned int after)
{
	for (unsigned int i = 0; i < n; i++) {
		struct st_buffer *buffer = &stream->buffers[side][i];
		const struct st_reply *reply = buffer->reply;

		st_check(st, reply && reply->done && reply->order > after,
			 "buffer %u is not answered in its turn", i);
		after = reply->order;
		st_check(st, st_read_queued(reply).flags == WIRE_BUFFER_ERR, "buffer %u: flags %u",
			 i, st_read_queued(reply).flags);
	}
	st_check(st, after < st->n_done, "the command is answered before them");
}

static void clear_output(struct st *st)
{
	struct running r = start_dry(st);
	struct st_picture picture;
	struct st_reply *drain;

	st_make_like_params(r.stream, 3);
	for (unsigned int i = 0; i < 4; i++)
		st_give(r.stream, i);
	st_clear(r.stream, ST_OUTPUT);
	check_cleared(st, r.stream, ST_OUTPUT, 4, 0);
	for (unsigned int i = 0; i < 4; i++)
		st_expect_taken(r.stream, output(&r, i), 0, WIRE_BUFFER_ERR);
	/* A drain that waits for a buffer is answered before the buffers are. */
	picture = st_h264_idr(r.h, 4);
	feed(&r, 0, 4);
	drain = st_drain(r.stream);
	st_quiet(st, drain);
	st_clear(r.stream, ST_OUTPUT);
	st_check(st, drain->done && st_reply_type(drain) == WIRE_ERR_INVALID_OPERATION,
		 "the drain is not answered with an error first");
	/* No frame is lost. */
	st_give(r.stream, 0);
	st_expect_frame(r.stream, output(&r, 0), &picture, 4);
}

static void clear_input(struct st *st)
{
	struct running r = start_dry(st);
	struct st_picture picture;
	struct st_reply *drain;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		for (int j = 0; j < MANY; j++)
			st_h264_idr(r.h, j);
		feed(&r, i, 50 + i);
	}
	drain = st_drain(r.stream);
	st_quiet(st, drain);
	st_clear(r.stream, ST_INPUT);
	st_check(st, drain->done && st_reply_type(drain) == WIRE_ERR_INVALID_OPERATION,
		 "the drain is not answered with an error");
	check_cleared(st, r.stream, ST_INPUT, 3, drain->order);
	for (i = 0; i < 3; i++)
		st_expect_taken(r.stream, &r.in[i], 50 + i, WIRE_BUFFER_ERR);
	/* A seek: nothing of the old comes, and it resumes at a picture that refers to none. */
	st_h264_p(r.h, 1);
	st_h264_p(r.h, 2);
	feed(&r, 0, 98);
	picture = st_h264_idr(r.h, 3);
	st_h264_end(r.h);
	feed(&r, 1, 99);
	st_give(r.stream, 0);
	st_expect_frame(r.stream, output(&r, 0), &picture, 99);
}

static void clear_partial_input(struct st *st)
{
	struct running r = start(st, 1);
	struct st_picture picture;
	size_t half;

	/* Half a picture, of which the other half never comes. */
	st_h264_idr(r.h, 7);
	half = r.h->size_bytes / 2;
	st_feed(r.stream, &r.in[0], r.h->bytes, half, 1);
	st_expect_taken(r.stream, &r.in[0], 1, 0);
	st_h264_take(r.h);
	st_clear(r.stream, ST_INPUT);
	picture = st_h264_idr(r.h, 8);
	st_h264_end(r.h);
	feed(&r, 0, 2);
	st_expect_frame(r.stream, st_next_output(r.stream), &picture, 2);
}

static void destroy_all(struct st *st)
{
	struct running r = start_dry(st);
	struct st_picture picture;
	struct st_reply *reply;
	struct wire_queue_cmd request =
		st_queue_cmd(WIRE_RESOURCE_DESTROY_ALL, r.stream->id, ST_OUTPUT);

	st_make_like_params(r.stream, 2);
	for (unsigned int i = 0; i < 3; i++)
		st_give(r.stream, i);
	st_expect(st, &request, sizeof(request), WIRE_OK_NODATA);
	check_cleared(st, r.stream, ST_OUTPUT, 3, 0);
	for (unsigned int i = 0; i < 3; i++)
		st_take(r.stream, output(&r, i));
	reply = st_give(r.stream, 0);
	st_wait(st, reply);
	st_check(st, st_reply_type(reply) == WIRE_ERR_INVALID_RESOURCE_ID,
		 "a destroyed resource is still known");
	st_take(r.stream, output(&r, 0));
	st_destroy_all(r.stream, ST_OUTPUT);
	/* The other queue's are. */
	picture = st_h264_idr(r.h, 3);
	st_h264_end(r.h);
	feed(&r, 3, 3);
	st_make_like_params(r.stream, 1);
	st_give(r.stream, 0);
	st_expect_frame(r.stream, output(&r, 0), &picture, 3);
}

static void destroy_with_work(struct st *st)
{
	for (int i = 0; i < 10; i++) {
		struct running r = start(st, 2);
		struct wire_hdr request = guest_wire_hdr(WIRE_STREAM_DESTROY, r.stream->id);
		struct st_reply *drain;

		for (int j = 0; j < 3 * i; j++)
			st_h264_idr(r.h, j);
		st_give_all(r.stream);
		feed(&r, 0, 1);
		feed(&r, 1, 2);
		drain = st_drain(r.stream);
		st_expect(st, &request, sizeof(request), WIRE_OK_NODATA);
		st_check(st, drain->done && r.in[0].reply->done && r.in[1].reply->done,
			 "not all is answered before the stream is destroyed");
		for (unsigned int j = 0; j < r.stream->n[ST_OUTPUT]; j++)
			st_check(st, output(&r, j)->reply->done, "an output is not answered");
		st_drop(st, drain);
		st_forget_stream(st, r.stream);
	}
}

/* ---- Timestamps ---- */

static void timestamps_of_first_bytes(struct st *st)
{
	struct running r = start(st, 4);
	struct st_picture pictures[3];
	size_t ends[3], first;

	for (int i = 0; i < 3; i++) {
		pictures[i] = i ? st_h264_p(r.h, i) : st_h264_idr(r.h, i);
		ends[i] = r.h->size_bytes;
	}
	st_h264_end(r.h);
	/* The first two begin in one buffer; of the third, but a part of the start code does. */
	first = ends[1] - 100;
	st_feed(r.stream, &r.in[0], r.h->bytes, first, UINT64_MAX);
	st_feed(r.stream, &r.in[1], r.h->bytes + first, ends[1] - first, 5);
	st_feed(r.stream, &r.in[2], r.h->bytes + ends[1], r.h->size_bytes - ends[1], 6);
	st_expect_frame(r.stream, st_next_output(r.stream), &pictures[0], UINT64_MAX);
	st_expect_frame(r.stream, st_next_output(r.stream), &pictures[1], UINT64_MAX);
	st_expect_frame(r.stream, st_next_output(r.stream), &pictures[2], 6);
	st_expect_taken(r.stream, &r.in[0], UINT64_MAX, 0);
	st_expect_taken(r.stream, &r.in[1], 5, 0);
	st_expect_taken(r.stream, &r.in[2], 6, 0);
}

static void any_cut_of_the_input(struct st *st)
{
	struct running r = start(st, 1);
	struct st_picture picture;
	uint8_t bytes[40000];
	size_t size;

	picture = st_h264_idr(r.h, 3);
	st_h264_end(r.h);
	size = r.h->size_bytes;
	memcpy(bytes, r.h->bytes, size);
	for (size_t at = 0; at < size; at += 61) {
		st_feed(r.stream, &r.in[0], bytes + at, size - at < 61 ? size - at : 61, 4);
		st_expect_taken(r.stream, &r.in[0], 4, 0);
	}
	st_expect_frame(r.stream, st_next_output(r.stream), &picture, 4);
}

static void input_offset(struct st *st)
{
	struct running r = start(st, 1);
	struct st_picture picture = st_h264_idr(r.h, 3);
	struct wire_resource_create request = {
		.hdr = guest_wire_hdr(WIRE_RESOURCE_CREATE, r.stream->id),
		.queue_type = guest_le32(WIRE_QUEUE_INPUT),
		.resource_id = guest_le32(r.in[0].id),
		.planes_layout = guest_le32(WIRE_LAYOUT_SINGLE_BUFFER),
		.num_planes = guest_le32(1),
		.plane_offsets = {guest_le32(4099)}, /* in the second entry */
		.num_entries = {guest_le32(r.in[0].sg.n)},
	};
	uint8_t *shifted = st->pixels;
	struct st_reply *reply;

	st_h264_end(r.h);
	reply = st_send_long(st, &request, sizeof(request), r.in[0].entries_gpa,
			     (uint32_t)r.in[0].entries_bytes);
	st_wait(st, reply);
	st_check(st, st_reply_type(reply) == WIRE_OK_NODATA, "refused");
	memset(shifted, 0xff, 4099);
	memcpy(shifted + 4099, r.h->bytes, r.h->size_bytes);
	guest_sg_write(st->ram, &r.in[0].sg, shifted, 4099 + r.h->size_bytes);
	/* Writes the same once more; the message says how much lies behind the offset. */
	st_feed(r.stream, &r.in[0], shifted, r.h->size_bytes, 4);
	st_expect_frame(r.stream, st_next_output(r.stream), &picture, 4);
}

const struct st_case selftest_queues[] = {
	{"RESOURCE_QUEUE(input): answered when its bytes are consumed", input_when_consumed, 0,
	 NULL},
	{"RESOURCE_QUEUE(input): the bitstream may be cut anywhere", any_cut_of_the_input, 0, NULL},
	{"RESOURCE_QUEUE(input): the bitstream begins at plane_offsets[0]", input_offset, 0, NULL},
	{"RESOURCE_QUEUE(output): answered when a frame is in it", output_when_filled, 0, NULL},
	{"queued twice: the second 0x304, the first intact", queued_twice, 0, NULL},
	{"queued twice: an input too", input_queued_twice, 0, NULL},
	{"queued twice: an unknown id 0x303 and no trace of it", unknown_resource, 0, NULL},
	{"RESOURCE_CREATE of an existing id: looked up per stream and queue",
	 ids_per_stream_and_queue, 0, NULL},
	{"RESOURCE_CREATE of an existing id: the queued one is answered with ERR first", replaced,
	 0, NULL},
	{"STREAM_DRAIN: all frames, EOS on an empty buffer, none reserved, then OK", drain_order, 0,
	 NULL},
	{"STREAM_DRAIN: as often as one likes", drain_again_and_again, 0, NULL},
	{"after DRAIN: the next P frame decodes", drain_then_p, 0, NULL},
	{"QUEUE_CLEAR: output, with ERR and in order, a drain before; no frame is lost",
	 clear_output, 0, NULL},
	{"QUEUE_CLEAR: input is a seek", clear_input, 0, NULL},
	{"QUEUE_CLEAR: input in the middle of a picture", clear_partial_input, 0, NULL},
	{"RESOURCE_DESTROY_ALL: as clear, then the resources of that queue go", destroy_all, 0,
	 NULL},
	{"STREAM_DESTROY: every pending chain is answered, then OK", destroy_with_work, 0, NULL},
	{"timestamps: a frame has that of the buffer with its first byte",
	 timestamps_of_first_bytes, 0, NULL},
	{"timestamps: an end of sequence flushes the output without EOS flag", end_of_sequence, 0,
	 NULL},
	{NULL, NULL, 0, NULL},
};
