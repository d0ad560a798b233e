/* SPDX-License-Identifier: MIT */
/*
 * selftest-limits.c - memory, features, limits, events without buffers, loss, reset
 */
#include <string.h>
#include "selftest-private.h"

#define IN_BYTES 100000u
#define ENTRIES  5000 /* more than a device should take */

static struct st_buffer *input(struct st_stream *stream)
{
	return &stream->buffers[ST_INPUT][0];
}

static struct st_stream *open_stream(struct st *st)
{
	struct st_stream *stream = st_open(st, true);

	st_make(stream, ST_INPUT, 1, IN_BYTES);
	return stream;
}

/* One whole picture with its headers is fed. */
static struct st_picture feed_one(struct st_stream *stream, struct st_h264 *h, uint32_t seed)
{
	struct st_picture picture;

	st_h264_take(h);
	st_h264_headers(h);
	picture = st_h264_idr(h, seed);
	st_h264_end(h);
	st_feed(stream, input(stream), h->bytes, h->size_bytes, seed);
	return picture;
}

/* ---- Memory ---- */

struct piece {
	uint64_t gpa;
	uint32_t size_bytes;
};

static uint32_t create_of_pieces(struct st_stream *stream,
				 const struct wire_resource_create *create,
				 const struct piece *pieces, unsigned int n)
{
	struct {
		struct wire_resource_create create;
		struct wire_mem_entry entries[64];
	} request = {.create = *create};
	size_t size = sizeof(*create) + n * sizeof(request.entries[0]);

	for (unsigned int i = 0; i < n; i++)
		request.entries[i] = (struct wire_mem_entry){
			guest_le64(pieces[i].gpa), guest_le32(pieces[i].size_bytes), guest_le32(0)};
	return st_reply_type(st_call(stream->st, &request, size));
}

static struct wire_resource_create output_create(const struct st_stream *stream, uint32_t id)
{
	return (struct wire_resource_create){
		.hdr = guest_wire_hdr(WIRE_RESOURCE_CREATE, stream->id),
		.queue_type = guest_le32(WIRE_QUEUE_OUTPUT),
		.resource_id = guest_le32(id),
		.planes_layout = guest_le32(WIRE_LAYOUT_SINGLE_BUFFER),
		.num_planes = guest_le32(1),
	};
}

/* Output 0, described anew by the test, gets a picture; the pieces have it. */
static void show_in_pieces(struct st_stream *stream, const struct piece *pieces, unsigned int n)
{
	struct st *st = stream->st;
	struct st_h264 *h = st_h264_new(st, 64, 64);
	struct st_picture picture = feed_one(stream, h, 3);
	uint8_t *to = st->pixels;
	struct st_queued q;

	st_wait_event(st, WIRE_EVENT_RESOLUTION_CHANGED, stream->id);
	st_get_params(stream, ST_OUTPUT);
	st_give(stream, 0);
	q = st_take(stream, st_next_output(stream));
	st_check(st, q.type == WIRE_OK_RESOURCE_QUEUE && q.flags == 0, "%s, flags %u",
		 guest_wire_name(q.type), q.flags);
	for (unsigned int i = 0; i < n; i++) {
		memcpy(to, guest_ram_get_pointer(st->ram, pieces[i].gpa, pieces[i].size_bytes),
		       pieces[i].size_bytes);
		to += pieces[i].size_bytes;
	}
	st_check(st, st_pixels_hash(stream) == picture.hash, "the picture is wrong");
}

/* Entries of odd sizes at odd places, in no order, from both regions. */
static void any_entries(struct st *st)
{
	struct st_stream *stream = open_stream(st);
	struct st_buffer *out = stream->buffers[ST_OUTPUT];
	struct wire_resource_create create;
	struct piece pieces[60];
	uint32_t sum = 0;
	unsigned int n = 0;

	st_make(stream, ST_OUTPUT, 1, 60 * GUEST_PAGE_BYTES);
	create = output_create(stream, out->id);
	for (; n < 60 && sum < 64 * 64 * 3 / 2; n++) {
		pieces[n] = (struct piece){out->sg.extents[n * 37 % 60].gpa + 1 + n % 13,
					   97 + 4 * (n % 50)};
		sum += pieces[n].size_bytes;
	}
	create.num_entries[0] = guest_le32(n);
	st_check(st, create_of_pieces(stream, &create, pieces, n) == WIRE_OK_NODATA, "refused");
	show_in_pieces(stream, pieces, n);
}

static void planes_of_their_own(struct st *st)
{
	struct st_stream *stream = open_stream(st);
	struct st_buffer *out = stream->buffers[ST_OUTPUT];
	struct wire_resource_create create;
	struct piece pieces[2];

	st_make(stream, ST_OUTPUT, 1, 4 * GUEST_PAGE_BYTES);
	pieces[0] = (struct piece){out->sg.extents[2].gpa, 64 * 64};
	pieces[1] = (struct piece){out->sg.extents[0].gpa + 64, 64 * 32};
	create = output_create(stream, out->id);
	create.planes_layout = guest_le32(WIRE_LAYOUT_PER_PLANE);
	create.num_planes = guest_le32(2);
	create.num_entries[0] = create.num_entries[1] = guest_le32(1);
	st_check(st, create_of_pieces(stream, &create, pieces, 2) == WIRE_OK_NODATA, "refused");
	show_in_pieces(stream, pieces, 2);
}

static void layout_0(struct st *st)
{
	struct st_stream *stream = open_stream(st);
	struct st_buffer *out = stream->buffers[ST_OUTPUT];
	struct wire_resource_create create;
	struct piece pieces[2];

	st_make(stream, ST_OUTPUT, 1, 4 * GUEST_PAGE_BYTES);
	for (int i = 0; i < 2; i++)
		pieces[i] = (struct piece){out->sg.extents[i].gpa, GUEST_PAGE_BYTES};
	create = output_create(stream, out->id);
	create.planes_layout = guest_le32(0);
	create.num_entries[0] = guest_le32(2);
	st_check(st, create_of_pieces(stream, &create, pieces, 2) == WIRE_OK_NODATA, "refused");
	show_in_pieces(stream, pieces, 2);
}

/* What comes back with ERR is the guest's again: it writes there, and the device does not. */
static void nothing_after_the_answer(struct st *st)
{
	struct st_stream *stream = open_stream(st);
	struct st_h264 *h = st_h264_new(st, 64, 64);

	feed_one(stream, h, 1);
	st_start_output(stream, 4);
	st_take(stream, st_next_output(stream));
	for (unsigned int round = 0; round < 60; round++) {
		struct st_buffer *out = stream->buffers[ST_OUTPUT];

		if (input(stream)->reply)
			st_take(stream, input(stream));
		st_give_all(stream);
		feed_one(stream, h, round);
		for (unsigned int i = 0; i < round % 7; i++)
			st_process(st);
		st_clear(stream, ST_OUTPUT);
		for (unsigned int i = 0; i < stream->n[ST_OUTPUT]; i++) {
			if (out[i].reply)
				st_take(stream, &out[i]);
			memset(st->pixels, 0x77, out[i].sg.size_bytes);
			guest_sg_write(st->ram, &out[i].sg, st->pixels, out[i].sg.size_bytes);
		}
		if (round % 10 == 0)
			st_moment(st);
		for (unsigned int i = 0; i < stream->n[ST_OUTPUT]; i++) {
			guest_sg_read(st->ram, &out[i].sg, st->pixels, out[i].sg.size_bytes);
			for (size_t j = 0; j < out[i].sg.size_bytes; j++)
				st_check(st, st->pixels[j] == 0x77,
					 "byte %zu of a buffer is written after its answer", j);
		}
		/* The frame may still be there, for lack of a buffer. */
		st_give(stream, 0);
		st_clear(stream, ST_INPUT);
		st_clear(stream, ST_OUTPUT);
		st_take(stream, &out[0]);
	}
}

/* ---- Features ---- */

static void no_sg(struct st *st)
{
	struct st_stream *stream = open_stream(st);
	struct st_buffer *out = stream->buffers[ST_OUTPUT];
	struct wire_resource_create create;
	struct piece pieces[2];

	st_make(stream, ST_OUTPUT, 1, 4 * GUEST_PAGE_BYTES);
	for (int i = 0; i < 2; i++)
		pieces[i] = (struct piece){out->sg.extents[0].gpa + i * GUEST_PAGE_BYTES,
					   GUEST_PAGE_BYTES};
	create = output_create(stream, out->id);
	create.num_entries[0] = guest_le32(2);
	st_check(st, create_of_pieces(stream, &create, pieces, 2) >= 0x300,
		 "two entries are taken");
	create.num_entries[0] = guest_le32(1);
	st_check(st, create_of_pieces(stream, &create, pieces, 1) == WIRE_OK_NODATA,
		 "one entry is refused");
	st_decode_check(st);
}

static void no_pages(struct st *st)
{
	struct st_stream *stream = st_open(st, true);
	struct wire_resource_create create = output_create(stream, 5);
	struct piece piece = {st->event_gpa, GUEST_PAGE_BYTES};

	create.num_entries[0] = guest_le32(1);
	st_check(st, create_of_pieces(stream, &create, &piece, 1) >= 0x300,
		 "guest pages are taken");
}

/* ---- Limits ---- */

static void limit_of_streams(struct st *st)
{
	uint32_t first = 100000, n = 0, type = WIRE_OK_NODATA;

	while (n < 4096 && type == WIRE_OK_NODATA) {
		struct wire_stream_create create = {
			.hdr = guest_wire_hdr(WIRE_STREAM_CREATE, first + n++),
			.coded_format = guest_le32(WIRE_FORMAT_H264),
		};

		type = st_reply_type(st_call(st, &create, sizeof(create)));
	}
	st_check(st, type == WIRE_ERR_OUT_OF_MEMORY, "stream %u: %s", n, guest_wire_name(type));
	for (uint32_t i = 0; i + 1 < n; i++) {
		struct wire_hdr destroy = guest_wire_hdr(WIRE_STREAM_DESTROY, first + i);

		st_expect(st, &destroy, sizeof(destroy), WIRE_OK_NODATA);
	}
	st_decode_check(st);
}

static void limit_of_resources(struct st *st)
{
	struct st_stream *stream = st_open(st, true);
	struct piece piece = {st->event_gpa, GUEST_PAGE_BYTES};
	uint32_t n = 0, type = WIRE_OK_NODATA;

	for (; n < 100000 && type == WIRE_OK_NODATA; n++) {
		struct wire_resource_create create = output_create(stream, 1000 + n);

		create.num_entries[0] = guest_le32(1);
		type = create_of_pieces(stream, &create, &piece, 1);
	}
	st_check(st, type == WIRE_ERR_OUT_OF_MEMORY, "resource %u: %s", n, guest_wire_name(type));
	st_check(st, n > 32, "%u resources are too few for drivers", n - 1);
	/* One that replaces another is none more. */
	st_check(st,
		 create_of_pieces(stream,
				  &(struct wire_resource_create){
					  .hdr = guest_wire_hdr(WIRE_RESOURCE_CREATE, stream->id),
					  .queue_type = guest_le32(WIRE_QUEUE_OUTPUT),
					  .resource_id = guest_le32(1000),
					  .planes_layout = guest_le32(1),
					  .num_planes = guest_le32(1),
					  .num_entries = {guest_le32(1)},
				  },
				  &piece, 1) == WIRE_OK_NODATA,
		 "a resource cannot be replaced at the limit");
	st_decode_check(st);
}

static void limit_of_entries(struct st *st)
{
	struct st_stream *stream = st_open(st, true);
	struct wire_resource_create create = output_create(stream, 5);
	struct wire_mem_entry *entries;
	struct st_reply *reply;
	uint64_t gpa;

	st_check(st, guest_ram_alloc(st->ram, ENTRIES * sizeof(*entries), &gpa) == 0, "no memory");
	entries = guest_ram_get_pointer(st->ram, gpa, ENTRIES * sizeof(*entries));
	for (unsigned int i = 0; i < ENTRIES; i++)
		entries[i] = (struct wire_mem_entry){guest_le64(st->event_gpa), guest_le32(16),
						     guest_le32(0)};
	create.num_entries[0] = guest_le32(ENTRIES);
	reply = st_send_long(st, &create, sizeof(create), gpa, ENTRIES * sizeof(*entries));
	st_wait(st, reply);
	st_check(st, st_reply_type(reply) == WIRE_ERR_OUT_OF_MEMORY, "%s",
		 guest_wire_name(st_reply_type(reply)));
	guest_ram_release(st->ram, gpa, ENTRIES * sizeof(*entries));
	st_decode_check(st);
}

/* ---- Several streams ---- */

static void a_stalled_stream(struct st *st)
{
	struct st_stream *stalled = open_stream(st);
	struct st_h264 *h = st_h264_new(st, 64, 64);

	/* It has said 0x200, and nobody does anything about it. */
	feed_one(stalled, h, 1);
	st_wait_event(st, WIRE_EVENT_RESOLUTION_CHANGED, stalled->id);
	for (int i = 0; i < 5; i++)
		st_decode_check(st);
	st_check(st,
		 !input(stalled)->reply->done || st_read_queued(input(stalled)->reply).flags == 0,
		 "the stalled stream is disturbed");
}

static void many_streams(struct st *st)
{
	enum { STREAMS = 16, FRAMES = 6 };
	struct st_stream *streams[STREAMS];
	struct st_picture pictures[STREAMS];
	struct st_h264 *h = st_h264_new(st, 64, 64);

	for (unsigned int i = 0; i < STREAMS; i++) {
		streams[i] = open_stream(st);
		pictures[i] = feed_one(streams[i], h, i);
	}
	for (unsigned int i = 0; i < STREAMS; i++) {
		int64_t end = 0;

		/* Events come in any order among streams. */
		while (st->n_events < STREAMS)
			st_tick(st, &end, "event 0x200");
		st_get_params(streams[i], ST_OUTPUT);
		st_make_like_params(streams[i], streams[i]->params[ST_OUTPUT].min_buffers);
	}
	st->n_taken_events = st->n_events;
	for (unsigned int frame = 0; frame < FRAMES; frame++) {
		for (unsigned int i = 0; i < STREAMS; i++)
			st_give_all(streams[i]);
		for (unsigned int i = STREAMS; i-- > 0;) {
			st_expect_frame(streams[i], st_next_output(streams[i]), &pictures[i],
					i + frame * 100);
			st_expect_taken(streams[i], input(streams[i]), i + frame * 100, 0);
			pictures[i] = feed_one(streams[i], h, i + (frame + 1) * 100);
		}
	}
}

/* ---- Events ---- */

static void events_wait(struct st *st)
{
	struct st_stream *a = open_stream(st), *b = open_stream(st);
	struct st_h264 *h = st_h264_new(st, 64, 64);
	struct st_picture picture = feed_one(a, h, 1);
	uint32_t first;
	int64_t end = 0;

	feed_one(b, h, 2);
	st_moment(st);
	st_check(st, st->n_events == 0, "an event without a buffer");
	st_post_events(st, 1);
	st_moment(st);
	st_check(st, st->n_events == 1, "one buffer, %u events", st->n_events);
	st_post_events(st, 4);
	while (st->n_events < 2)
		st_tick(st, &end, "the second stream's event");
	st_moment(st);
	st_check(st, st->n_events == 2, "an event comes twice");
	first = st->events[0].stream_id;
	st_check(st, first == a->id || first == b->id, "stream %u", first);
	st_check(st, st->events[1].stream_id == a->id + b->id - first, "the same stream twice");
	st_get_params(a, ST_OUTPUT);
	st_make_like_params(a, 1);
	st_give_all(a);
	st_expect_frame(a, st_next_output(a), &picture, 1);
}

/* The driver cannot know before the event is there: no EOS till it has come and was heeded. */
static void no_eos_before_the_event(struct st *st)
{
	struct st_stream *stream = open_stream(st);
	struct st_h264 *h = st_h264_new(st, 64, 64);
	struct st_picture picture = feed_one(stream, h, 1);
	struct st_reply *drain;

	st_make(stream, ST_OUTPUT, 2, 64 * 1024);
	st_give_all(stream);
	drain = st_drain(stream);
	st_moment(st);
	st_get_params(stream, ST_OUTPUT);
	st_quiet(st, drain);
	st_post_events(st, 1);
	st_wait_event(st, WIRE_EVENT_RESOLUTION_CHANGED, stream->id);
	st_quiet(st, drain);
	st_get_params(stream, ST_OUTPUT);
	st_expect_frame(stream, st_next_output(stream), &picture, 1);
	st_wait(st, drain);
	st_expect_taken(stream, st_next_output(stream), 0, WIRE_BUFFER_EOS);
}

static void no_events_of_the_dead(struct st *st)
{
	struct st_stream *stream = open_stream(st);
	struct st_h264 *h = st_h264_new(st, 64, 64);

	feed_one(stream, h, 1);
	st_moment(st);
	st_destroy(st, stream);
	st_post_events(st, 4);
	st_moment(st);
	st_check(st, st->n_events == 0, "an event of a stream that was destroyed");
}

/* ---- Loss ---- */

static void expect_refused(struct st_stream *stream, uint32_t type, size_t size_bytes)
{
	uint8_t request[128] = {0};
	struct wire_queue_cmd head = st_queue_cmd(type, stream->id, ST_OUTPUT);

	memcpy(request, &head, sizeof(head));
	st_expect(stream->st, request, size_bytes, WIRE_ERR_INVALID_OPERATION);
}

static void lost_session(struct st *st)
{
	struct st_stream *stream = open_stream(st);
	struct st_h264 *h = st_h264_new(st, 64, 64);
	struct st_reply *drain;

	st_make(stream, ST_OUTPUT, 1, 64 * 1024);
	st_give(stream, 0);
	st_h264_bad_headers(h);
	st_h264_idr(h, 1);
	st_h264_end(h);
	st_feed(stream, input(stream), h->bytes, h->size_bytes, 1);
	drain = st_drain(stream);
	st_wait_event(st, WIRE_EVENT_ERROR, stream->id);
	st_wait(st, drain);
	st_check(st, st_reply_type(drain) == WIRE_ERR_INVALID_OPERATION,
		 "DRAIN is answered with %s", guest_wire_name(st_reply_type(drain)));
	st_expect_taken(stream, &stream->buffers[ST_OUTPUT][0], 0, WIRE_BUFFER_ERR);
	expect_refused(stream, WIRE_RESOURCE_QUEUE, 64);
	expect_refused(stream, WIRE_RESOURCE_CREATE, 104);
	expect_refused(stream, WIRE_STREAM_DRAIN, 8);
	expect_refused(stream, WIRE_GET_PARAMS, 16);
	expect_refused(stream, WIRE_GET_PARAMS_EXT, 16);
	expect_refused(stream, WIRE_SET_PARAMS, 120);
	expect_refused(stream, WIRE_SET_PARAMS_EXT, 128);
	expect_refused(stream, WIRE_GET_CONTROL, 16);
	expect_refused(stream, WIRE_SET_CONTROL, 24);
	st_no_event(st);
	st_clear(stream, ST_INPUT);
	st_clear(stream, ST_OUTPUT);
	st_destroy_all(stream, ST_OUTPUT);
	/* Another one is none the worse. */
	st_decode_check(st);
}

/* ---- Reset ---- */

static void reset_with_work(struct st *st)
{
	for (unsigned int i = 0; i < 10; i++) {
		struct st_stream *stream = open_stream(st);
		struct st_h264 *h = st_h264_new(st, 64, 64);
		struct wire_hdr destroy = guest_wire_hdr(WIRE_STREAM_DESTROY, stream->id);
		int ret;

		feed_one(stream, h, i);
		if (i > 3) {
			st_start_output(stream, 1);
			st_drain(stream);
		}
		for (unsigned int j = 0; j < i; j++)
			st_process(st);
		ret = st_session_stop(st);
		st_check(st, ret == 0, "stopping fails: %s", strerror(-ret));
		ret = st_session_start(st, ST_FRESH);
		st_check(st, ret == 0, "starting fails: %s", strerror(-ret));
		st_expect(st, &destroy, sizeof(destroy), WIRE_ERR_INVALID_STREAM_ID);
	}
	st_decode_check(st);
}

static void plain_rings(struct st *st)
{
	st_decode_check(st);
	st_decode_check(st);
}

const struct st_case selftest_limits[] = {
	{"guest pages: any number, alignment and order of entries, in several regions", any_entries,
	 ST_PAGES, NULL},
	{"guest pages: planes_layout PER_PLANE", planes_of_their_own, ST_PAGES, NULL},
	{"guest pages: planes_layout 0 of old drivers", layout_0, ST_PAGES, NULL},
	{"after an answer: no byte of that resource is written", nothing_after_the_answer, 0, NULL},
	{"features: sg lists that were not negotiated are refused", no_sg, ST_NO_SG | ST_PAGES,
	 NULL},
	{"features: guest pages that were not negotiated are refused", no_pages,
	 ST_NO_PAGES | ST_PAGES, NULL},
	{"features: without indirect descriptors and event indices", plain_rings, ST_PLAIN, NULL},
	{"limits: streams, over them 0x301", limit_of_streams, 0, NULL},
	{"limits: resources, over them 0x301", limit_of_resources, ST_PAGES, NULL},
	{"limits: entries, over them 0x301", limit_of_entries, ST_PAGES, NULL},
	{"streams: one that stalls delays no other", a_stalled_stream, 0, NULL},
	{"streams: many at once", many_streams, 0, NULL},
	{"no event buffer: events wait, and none is lost", events_wait, ST_NO_EVENTS, NULL},
	{"no event buffer: no EOS before the event has come and GET_PARAMS was answered",
	 no_eos_before_the_event, ST_NO_EVENTS, NULL},
	{"no event buffer: none for a destroyed stream", no_events_of_the_dead, ST_NO_EVENTS, NULL},
	{"event ERROR: once; then all but CLEAR and DESTROY get 0x300", lost_session, 0, NULL},
	{"reset: at any moment, and the device is as new", reset_with_work, ST_FRESH, NULL},
	{NULL, NULL, 0, NULL},
};
