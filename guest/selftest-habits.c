/* SPDX-License-Identifier: MIT */
/*
 * selftest-habits.c - guests as they are: each program's order of calls, bit-exact frames each time
 *
 * The Linux driver turns V4L2 calls into commands: open() into STREAM_CREATE, GET_PARAMS and
 * GET_CONTROL, S_FMT into SET_PARAMS, REQBUFS(n) into RESOURCE_CREATE when a buffer is first queued,
 * STREAMOFF into QUEUE_CLEAR, REQBUFS(0) into RESOURCE_DESTROY_ALL, CMD_STOP into STREAM_DRAIN.
 */
#include <string.h>
#include "selftest-private.h"

#define IN_BYTES 400000u
#define FRAMES   24

/* A picture is whole when the next one begins, and that is seen when its unit ends. */
#define BEHIND 2

/* A stream of one picture a unit, with a P picture behind each but every eighth. */
struct movie {
	struct st_h264 *h;
	struct st_picture pictures[FRAMES];
	size_t ends[FRAMES]; /* of the units in h->bytes */
};

static void make_movie(struct st *st, struct movie *movie, uint32_t seed)
{
	movie->h = st_h264_new(st, 64, 64);
	for (uint32_t i = 0; i < FRAMES; i++) {
		if (i % 8 == 0) {
			st_h264_headers(movie->h);
			movie->pictures[i] = st_h264_idr(movie->h, seed + i);
		} else {
			movie->pictures[i] = st_h264_p(movie->h, seed + i);
		}
		movie->ends[i] = movie->h->size_bytes;
	}
}

static void feed_unit(struct st_stream *stream, const struct movie *movie, unsigned int unit)
{
	size_t begin = unit ? movie->ends[unit - 1] : 0;
	unsigned int in = unit % stream->n[ST_INPUT];
	struct st_buffer *buffer = &stream->buffers[ST_INPUT][in];

	if (buffer->reply)
		st_expect_taken(stream, buffer, unit - stream->n[ST_INPUT], 0);
	st_feed(stream, buffer, movie->h->bytes + begin, movie->ends[unit] - begin, unit);
}

static void open_commands(struct st_stream *stream)
{
	for (uint32_t control = WIRE_CONTROL_PROFILE; control <= WIRE_CONTROL_LEVEL; control++) {
		struct wire_get_control request = {
			.hdr = guest_wire_hdr(WIRE_GET_CONTROL, stream->id),
			.control = guest_le32(control),
		};

		st_expect(stream->st, &request, sizeof(request), WIRE_OK_GET_CONTROL);
	}
}

/* The inputs are taken back as they come. */
static void reap_inputs(struct st_stream *stream)
{
	for (unsigned int i = 0; i < stream->n[ST_INPUT]; i++) {
		struct st_buffer *buffer = &stream->buffers[ST_INPUT][i];

		if (buffer->reply && buffer->reply->done)
			st_take(stream, buffer);
	}
}

/*
 * GStreamer's v4l2 decoder: the first unit is queued before the output is set up, which waits for
 * SOURCE_CHANGE; a pool of min_buffers and some, each buffer queued again as soon as it is shown.
 */
static void gstreamer(struct st *st)
{
	struct st_stream *stream = st_open(st, true);
	struct st_reply *drain = NULL;
	struct movie movie;
	unsigned int fed = 0;

	open_commands(stream);
	make_movie(st, &movie, 100);
	st_make(stream, ST_INPUT, 2, IN_BYTES);
	feed_unit(stream, &movie, fed++);
	feed_unit(stream, &movie, fed++);
	st_wait_event(st, WIRE_EVENT_RESOLUTION_CHANGED, stream->id);
	st_react(stream, 2);
	for (unsigned int shown = 0; shown < FRAMES; shown++) {
		for (; fed < FRAMES && fed <= shown + BEHIND; fed++)
			feed_unit(stream, &movie, fed);
		if (shown + BEHIND == FRAMES)
			drain = st_drain(stream);
		st_expect_next(stream, &movie.pictures[shown], shown);
		st_give_all(stream);
	}
	st_expect_end(stream, drain);
	st_clear(stream, ST_INPUT);
	st_clear(stream, ST_OUTPUT);
	st_destroy_all(stream, ST_INPUT);
	st_destroy_all(stream, ST_OUTPUT);
}

/*
 * FFmpeg's v4l2m2m sets up both queues at once with what G_FMT says, queues all outputs, and at a
 * SOURCE_CHANGE whose size is what it has it re-creates nothing and goes on queueing.
 */
static void ffmpeg(struct st *st)
{
	struct st_stream *stream = st_open(st, false);
	struct st_reply *drain = NULL;
	struct movie movie;
	unsigned int fed = 0;

	make_movie(st, &movie, 200);
	st_make(stream, ST_INPUT, 16, 8192);
	st_make_like_params(stream, 20);
	st_give_all(stream);
	for (; fed < 16; fed++)
		feed_unit(stream, &movie, fed);
	st_wait_event(st, WIRE_EVENT_RESOLUTION_CHANGED, stream->id);
	st_get_params(stream, ST_OUTPUT);
	for (unsigned int shown = 0; shown < FRAMES; shown++) {
		if (fed < FRAMES)
			feed_unit(stream, &movie, fed++);
		if (shown + BEHIND == FRAMES)
			drain = st_drain(stream);
		st_expect_next(stream, &movie.pictures[shown], shown);
		st_give_all(stream);
	}
	st_expect_end(stream, drain);
}

/* The whole file in one input buffer, and a few outputs. */
static void v4l2_ctl(struct st *st)
{
	struct st_stream *stream = st_open(st, true);
	struct st_reply *drain;
	struct movie movie;

	make_movie(st, &movie, 300);
	st_make(stream, ST_INPUT, 1, IN_BYTES);
	st_feed(stream, &stream->buffers[ST_INPUT][0], movie.h->bytes, movie.h->size_bytes, 42);
	st_start_output(stream, 0);
	drain = st_drain(stream);
	for (unsigned int i = 0; i < FRAMES; i++) {
		st_expect_next(stream, &movie.pictures[i], 42);
		st_give_all(stream);
	}
	st_expect_end(stream, drain);
	st_expect_taken(stream, &stream->buffers[ST_INPUT][0], 42, 0);
}

/* Frames up to some, then STREAMOFF of the input or of both queues, and on at another picture. */
static void seek_to(struct st_stream *stream, const struct movie *movie, unsigned int unit)
{
	unsigned int fed = unit;

	st_clear(stream, ST_INPUT);
	reap_inputs(stream);
	st_clear(stream, ST_OUTPUT);
	for (unsigned int i = 0; i < stream->n[ST_OUTPUT]; i++) {
		if (stream->buffers[ST_OUTPUT][i].reply)
			st_take(stream, &stream->buffers[ST_OUTPUT][i]);
	}
	st_give_all(stream);
	/* In the middle of a group, nothing is shown before the next IDR picture. */
	for (unsigned int shown = (unit + 7) / 8 * 8; shown + BEHIND < FRAMES && shown < unit + 10;
	     shown++) {
		for (; fed < FRAMES && fed <= shown + BEHIND; fed++) {
			reap_inputs(stream);
			feed_unit(stream, movie, fed);
		}
		st_expect_next(stream, &movie->pictures[shown], shown);
		st_give_all(stream);
	}
}

static void seek(struct st *st)
{
	static const unsigned int places[] = {16, 0, 8, 3, 9, 0, 0, 13};
	struct st_stream *stream = st_open(st, true);
	struct movie movie;

	make_movie(st, &movie, 400);
	st_make(stream, ST_INPUT, 8, 65536);
	for (unsigned int i = 0; i <= BEHIND; i++)
		feed_unit(stream, &movie, i);
	st_start_output(stream, 2);
	st_expect_next(stream, &movie.pictures[0], 0);
	for (unsigned int i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		seek_to(stream, &movie, places[i]);
}

/* CMD_STOP, all frames, LAST; CMD_START, and the next picture refers to the last one. */
static void drain_and_go_on(struct st *st)
{
	struct st_stream *stream = st_open(st, true);
	struct st_reply *drain;
	struct movie movie;

	make_movie(st, &movie, 500);
	st_make(stream, ST_INPUT, 4, 65536);
	for (unsigned int i = 0; i < FRAMES; i++) {
		reap_inputs(stream);
		feed_unit(stream, &movie, i);
		if (i == 0) {
			drain = st_drain(stream);
			st_start_output(stream, 1);
		} else {
			drain = st_drain(stream);
		}
		st_expect_next(stream, &movie.pictures[i], i);
		st_give_all(stream);
		st_expect_end(stream, drain);
		st_give_all(stream);
	}
}

/* The end of a film with a change of size in its last buffers; the drain is sent behind them. */
static void change_while_draining(struct st *st)
{
	struct st_stream *stream = st_open(st, false);
	struct movie small, large;
	struct st_reply *drain;

	make_movie(st, &small, 600);
	make_movie(st, &large, 700);
	st_h264_take(large.h);
	large.h->width = 128;
	large.h->height = 96;
	st_h264_headers(large.h);
	for (uint32_t i = 0; i < 4; i++)
		large.pictures[i] = i ? st_h264_p(large.h, i) : st_h264_idr(large.h, i);
	st_make(stream, ST_INPUT, 2, IN_BYTES);
	st_feed(stream, &stream->buffers[ST_INPUT][0], small.h->bytes, small.h->size_bytes, 1);
	st_feed(stream, &stream->buffers[ST_INPUT][1], large.h->bytes, large.h->size_bytes, 2);
	drain = st_drain(stream);
	st_start_output(stream, 0);
	for (unsigned int i = 0; i < FRAMES; i++) {
		st_expect_next(stream, &small.pictures[i], 1);
		if (i + 1 < FRAMES)
			st_give_all(stream);
	}
	st_wait_event(st, WIRE_EVENT_RESOLUTION_CHANGED, stream->id);
	st_react(stream, 0);
	for (unsigned int i = 0; i < 4; i++) {
		st_expect_next(stream, &large.pictures[i], 2);
		st_give_all(stream);
	}
	st_expect_end(stream, drain);
}

/* The driver replaces a resource when the memory behind a buffer is another one, at any time. */
static void replaces_buffers(struct st *st)
{
	struct st_stream *stream = st_open(st, true);
	struct movie movie;
	unsigned int fed = 0;

	make_movie(st, &movie, 800);
	st_make(stream, ST_INPUT, 3, 65536);
	feed_unit(stream, &movie, fed++);
	feed_unit(stream, &movie, fed++);
	st_start_output(stream, 2);
	for (unsigned int shown = 0; shown + BEHIND < FRAMES; shown++) {
		struct st_buffer *buffer;

		if (fed < FRAMES)
			feed_unit(stream, &movie, fed++);
		buffer = st_next_output(stream);
		st_expect_frame(stream, buffer, &movie.pictures[shown], shown);
		st_check(st, st_create_resource(stream, buffer) == WIRE_OK_NODATA, "refused");
		st_give_all(stream);
	}
}

const struct st_case selftest_habits[] = {
	{"guest: Linux with GStreamer", gstreamer, 0, NULL},
	{"guest: Linux with FFmpeg's v4l2m2m, which re-creates nothing", ffmpeg, 0, NULL},
	{"guest: v4l2-ctl, the whole file in one buffer", v4l2_ctl, 0, NULL},
	{"guest: seeks, also into the middle of a group", seek, 0, NULL},
	{"guest: drains and goes on with the next P frame", drain_and_go_on, 0, NULL},
	{"guest: a change of resolution while draining", change_while_draining, 0, NULL},
	{"guest: replaces the memory of its buffers", replaces_buffers, 0, NULL},
	{NULL, NULL, 0, NULL},
};
