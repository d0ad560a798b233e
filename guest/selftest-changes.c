/* SPDX-License-Identifier: MIT */
/*
 * selftest-changes.c - sequence headers: when the device says so, and what waits for whom
 */
#include "selftest-private.h"

#define IN_BYTES 200000u

static struct st_stream *open_stream(struct st *st)
{
	struct st_stream *stream = st_open(st, true);

	st_make(stream, ST_INPUT, 6, IN_BYTES);
	return stream;
}

static struct st_buffer *input(struct st_stream *stream, unsigned int i)
{
	return &stream->buffers[ST_INPUT][i];
}

static void feed(struct st_stream *stream, unsigned int in, struct st_h264 *h, uint64_t timestamp)
{
	st_feed(stream, input(stream, in), h->bytes, h->size_bytes, timestamp);
	st_h264_take(h);
}

/* A sequence header of this size and a picture. */
static struct st_picture sequence(struct st_h264 *h, uint32_t width, uint32_t height, uint32_t seed)
{
	h->width = width;
	h->height = height;
	st_h264_headers(h);
	return st_h264_idr(h, seed);
}

static bool is_answered(const struct st_stream *stream)
{
	for (unsigned int i = 0; i < stream->n[ST_OUTPUT]; i++) {
		const struct st_reply *reply = stream->buffers[ST_OUTPUT][i].reply;

		if (reply && reply->done)
			return true;
	}
	return stream->n_early > 0;
}

/* The next frame, with a reaction to each event that comes before it. */
static void expect_among_changes(struct st_stream *stream, const struct st_picture *picture,
				 uint64_t time)
{
	struct st *st = stream->st;
	int64_t end = 0;

	while (!is_answered(stream)) {
		if (st->n_taken_events < st->n_events) {
			st->n_taken_events = st->n_events;
			st_react(stream, 1);
		} else {
			st_tick(st, &end, "a frame");
		}
	}
	st->n_events = st->n_taken_events = 0;
	/* What it is said to look like may have been read for a change that was taken back. */
	if (!stream->n_early)
		st_get_params(stream, ST_OUTPUT);
	st_expect_next(stream, picture, time);
}

static void wait_change(struct st_stream *stream)
{
	st_wait_event(stream->st, WIRE_EVENT_RESOLUTION_CHANGED, stream->id);
}

static void first_header(struct st *st)
{
	struct st_stream *stream = open_stream(st);
	struct st_h264 *h = st_h264_new(st, 64, 64);
	struct st_picture picture = sequence(h, 64, 64, 1);

	st_no_event(st);
	st_h264_end(h);
	feed(stream, 0, h, 1);
	wait_change(stream);
	st_no_event(st);
	st_get_params(stream, ST_INPUT);
	st_check(st, stream->params[ST_INPUT].min_buffers == 1, "the input's min_buffers is %u",
		 stream->params[ST_INPUT].min_buffers);
	st_react(stream, 1);
	st_check(st, stream->params[ST_OUTPUT].frame_width == 64, "frame_width %u",
		 stream->params[ST_OUTPUT].frame_width);
	st_expect_next(stream, &picture, 1);
	st_no_event(st);
}

static void waits_for_params(struct st *st)
{
	struct st_stream *stream = open_stream(st);
	struct st_h264 *h = st_h264_new(st, 64, 64);
	struct st_picture picture = sequence(h, 64, 64, 1);

	st_h264_end(h);
	/* A buffer that fits is there from the first. */
	st_make(stream, ST_OUTPUT, 1, 100000);
	st_give(stream, 0);
	feed(stream, 0, h, 1);
	wait_change(stream);
	st_quiet(st, stream->buffers[ST_OUTPUT][0].reply);
	st_get_params(stream, ST_INPUT);
	st_quiet(st, stream->buffers[ST_OUTPUT][0].reply);
	st_get_params(stream, ST_OUTPUT);
	st_expect_next(stream, &picture, 1);
}

static unsigned int count_done(const struct st_stream *stream)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < stream->n[ST_OUTPUT]; i++) {
		const struct st_reply *reply = stream->buffers[ST_OUTPUT][i].reply;

		n += reply && reply->done;
	}
	return n;
}

/* Frames, then a larger format in the same input. */
static void old_frames_first(struct st *st)
{
	struct st_stream *stream = open_stream(st);
	struct st_h264 *h = st_h264_new(st, 64, 64);
	struct st_picture old[6], new[2];

	for (int i = 0; i < 6; i++)
		old[i] = i ? st_h264_p(h, i) : sequence(h, 64, 64, 0);
	new[0] = sequence(h, 96, 80, 100);
	new[1] = st_h264_p(h, 101);
	st_h264_end(h);
	feed(stream, 0, h, 1);
	st_start_output(stream, 0);
	for (unsigned int i = 0; i < 6; i++) {
		struct st_buffer *buffer = st_next_output(stream);

		/* Where the event is there, so are all frames before it: answers are read later. */
		if (st->n_events > st->n_taken_events)
			st_check(st, count_done(stream) == 6 - i, "the event overtakes a frame");
		st_expect_frame(stream, buffer, &old[i], 1);
		if (i < 5)
			st_give_all(stream);
	}
	wait_change(stream);
	st_react(stream, 1);
	st_check(st, stream->params[ST_OUTPUT].frame_width == 96, "frame_width %u",
		 stream->params[ST_OUTPUT].frame_width);
	st_expect_next(stream, &new[0], 1);
	st_expect_next(stream, &new[1], 1);
}

/* As FFmpeg with an unchanged or smaller size: it goes on queueing and sends nothing more. */
static void old_buffers_serve(struct st *st)
{
	struct st_stream *stream = open_stream(st);
	struct st_h264 *h = st_h264_new(st, 128, 64);
	struct st_picture a = sequence(h, 128, 64, 1), b = sequence(h, 64, 64, 2);

	st_h264_end(h);
	feed(stream, 0, h, 1);
	st_start_output(stream, 2);
	st_expect_next(stream, &a, 1);
	st_give_all(stream);
	wait_change(stream);
	st_get_params(stream, ST_OUTPUT);
	st_expect_next(stream, &b, 1);
	st_expect_taken(stream, input(stream, 0), 1, 0);
}

static void waits_when_none_fits(struct st *st)
{
	struct st_stream *stream = open_stream(st);
	struct st_h264 *h = st_h264_new(st, 64, 64);
	struct st_picture a = sequence(h, 64, 64, 1), b = sequence(h, 128, 128, 2);
	struct st_buffer *small;

	st_h264_end(h);
	feed(stream, 0, h, 1);
	st_start_output(stream, 1);
	st_expect_next(stream, &a, 1);
	st_give_all(stream);
	wait_change(stream);
	st_get_params(stream, ST_OUTPUT);
	small = &stream->buffers[ST_OUTPUT][0];
	st_quiet(st, small->reply);
	st_make_like_params(stream, 1);
	st_give(stream, stream->n[ST_OUTPUT] - 1);
	/* The one that fits is used, though others were queued before it. */
	st_expect_frame(stream, &stream->buffers[ST_OUTPUT][stream->n[ST_OUTPUT] - 1], &b, 1);
	st_quiet(st, small->reply);
}

static void no_event_without_difference(struct st *st)
{
	struct st_stream *stream = open_stream(st);
	struct st_h264 *h = st_h264_new(st, 64, 64);
	struct st_picture pictures[4];

	for (uint32_t i = 0; i < 4; i++) {
		/* Another level is nothing to the guest's buffers. */
		h->level_idc = i < 2 ? 30 : 31;
		pictures[i] = sequence(h, 64, 64, i);
	}
	st_h264_end(h);
	feed(stream, 0, h, 1);
	st_start_output(stream, 4);
	for (int i = 0; i < 4; i++)
		st_expect_next(stream, &pictures[i], 1);
	st_no_event(st);
}

static void event_for_crop(struct st *st)
{
	struct st_stream *stream = open_stream(st);
	struct st_h264 *h = st_h264_new(st, 64, 64);
	struct st_picture a = sequence(h, 64, 64, 1), b;

	h->crop_right = 6;
	h->crop_bottom = 10;
	b = sequence(h, 64, 64, 2);
	st_h264_end(h);
	feed(stream, 0, h, 1);
	st_start_output(stream, 1);
	st_expect_next(stream, &a, 1);
	st_give_all(stream);
	wait_change(stream);
	st_react(stream, 1);
	st_check(st,
		 stream->params[ST_OUTPUT].crop_width == 58 &&
			 stream->params[ST_OUTPUT].crop_height == 54,
		 "crop %ux%u", stream->params[ST_OUTPUT].crop_width,
		 stream->params[ST_OUTPUT].crop_height);
	st_expect_next(stream, &b, 1);
}

/* Sizes one after the other, each with its frames, in one input or in many. */
static void several_changes(struct st *st)
{
	static const uint32_t sizes[][2] = {{64, 64}, {96, 80}, {64, 128}, {128, 64}, {64, 64}};
	struct st_stream *stream = open_stream(st);
	struct st_h264 *h = st_h264_new(st, 64, 64);
	struct st_picture pictures[5][2];

	for (uint32_t i = 0; i < 5; i++) {
		pictures[i][0] = sequence(h, sizes[i][0], sizes[i][1], 10 * i);
		pictures[i][1] = st_h264_p(h, 10 * i + 1);
	}
	st_h264_end(h);
	feed(stream, 0, h, 1);
	for (int i = 0; i < 5; i++) {
		wait_change(stream);
		st_react(stream, 1);
		st_expect_next(stream, &pictures[i][0], 1);
		st_expect_next(stream, &pictures[i][1], 1);
		st_give_all(stream);
	}
	st_no_event(st);
}

static void headers_without_frames_between(struct st *st)
{
	struct st_stream *stream = open_stream(st);
	struct st_h264 *h = st_h264_new(st, 64, 64);
	struct st_picture a = sequence(h, 64, 64, 1), b;

	/* Of the three headers only the last has a picture. */
	h->width = 96;
	st_h264_headers(h);
	h->width = 112;
	st_h264_headers(h);
	b = sequence(h, 128, 128, 2);
	st_h264_end(h);
	feed(stream, 0, h, 1);
	st_start_output(stream, 1);
	st_expect_next(stream, &a, 1);
	st_give_all(stream);
	wait_change(stream);
	st_react(stream, 1);
	st_expect_next(stream, &b, 1);
	st_no_event(st);
}

static void while_draining(struct st *st)
{
	struct st_stream *stream = open_stream(st);
	struct st_h264 *h = st_h264_new(st, 64, 64);
	struct st_picture a = sequence(h, 64, 64, 1), b = sequence(h, 96, 96, 2), c;
	struct st_reply *drain;

	c = sequence(h, 64, 128, 3);
	feed(stream, 0, h, 1);
	drain = st_drain(stream);
	wait_change(stream);
	st_react(stream, 1);
	st_expect_next(stream, &a, 1);
	wait_change(stream);
	st_react(stream, 1);
	st_expect_next(stream, &b, 1);
	wait_change(stream);
	st_react(stream, 1);
	st_expect_next(stream, &c, 1);
	st_give_all(stream);
	st_expect_end(stream, drain);
}

static void no_eos_before_params(struct st *st)
{
	struct st_stream *stream = open_stream(st);
	struct st_h264 *h = st_h264_new(st, 64, 64);
	struct st_reply *drain, *out;

	st_h264_headers(h);
	st_h264_idr(h, 1);
	st_make(stream, ST_OUTPUT, 1, 64);
	out = st_give(stream, 0);
	feed(stream, 0, h, 1);
	drain = st_drain(stream);
	wait_change(stream);
	st_quiet(st, out);
	st_check(st, !drain->done, "the drain is answered");
	st_react(stream, 1);
	st_take(stream, st_next_output(stream));
	st_give_all(stream);
	st_expect_end(stream, drain);
}

/* An input clear between the event and what the driver does about it. */
static void while_cleared(struct st *st)
{
	struct st_h264 *h = st_h264_new(st, 64, 64);

	for (int when = 0; when < 3; when++) {
		struct st_stream *stream = open_stream(st);
		struct st_picture picture;

		sequence(h, 64, 64, 1);
		st_h264_end(h);
		feed(stream, 0, h, 1);
		wait_change(stream);
		if (when > 0)
			st_get_params(stream, ST_OUTPUT);
		st_clear(stream, ST_INPUT);
		st_take(stream, input(stream, 0));
		if (when < 2)
			st_react(stream, 1);
		picture = sequence(h, 64, 64, 7);
		st_h264_end(h);
		feed(stream, 0, h, 9);
		if (when == 2)
			st_react(stream, 1);
		st_expect_next(stream, &picture, 9);
		st_destroy(st, stream);
	}
}

/* After a seek another size follows than the one that was announced. */
static void other_size_after_a_seek(struct st *st)
{
	struct st_stream *stream = open_stream(st);
	struct st_h264 *h = st_h264_new(st, 64, 64);
	struct st_picture picture;

	sequence(h, 128, 128, 1);
	st_h264_end(h);
	feed(stream, 0, h, 1);
	wait_change(stream);
	st_clear(stream, ST_INPUT);
	st_take(stream, input(stream, 0));
	picture = sequence(h, 96, 64, 7);
	st_h264_end(h);
	feed(stream, 0, h, 9);
	st_react(stream, 1);
	/* The driver does whatever it is told, until a frame comes. */
	while (stream->params[ST_OUTPUT].frame_width != 96) {
		wait_change(stream);
		st_react(stream, 1);
	}
	st_expect_next(stream, &picture, 9);
}

/* A change that a seek takes back, at different moments. */
static void change_and_back(struct st *st)
{
	struct st_stream *stream = open_stream(st);
	struct st_h264 *h = st_h264_new(st, 64, 64);
	struct st_picture picture = sequence(h, 64, 96, 1);

	st_h264_end(h);
	feed(stream, 0, h, 1);
	st_start_output(stream, 1);
	st_expect_next(stream, &picture, 1);
	for (unsigned int i = 0; i < 60; i++) {
		sequence(h, 80, 80, 3);
		if (i % 3)
			st_h264_end(h);
		feed(stream, 1, h, 2);
		for (unsigned int j = 0; j < i % 5; j++)
			st_take_answers(st);
		if (i % 7 == 0)
			st_moment(st);
		st_clear(stream, ST_INPUT);
		picture = sequence(h, 64, 96, 10 + i);
		st_h264_end(h);
		feed(stream, 2, h, 100 + i);
		/* The driver reacts to each event, until the frame comes. */
		st_give_all(stream);
		expect_among_changes(stream, &picture, 100 + i);
		st_take(stream, input(stream, 1));
		st_take(stream, input(stream, 2));
		if (input(stream, 0)->reply)
			st_take(stream, input(stream, 0));
	}
}

static void yuv420(struct st *st)
{
	struct st_stream *stream = open_stream(st);
	struct st_h264 *h = st_h264_new(st, 96, 80);
	struct guest_params p = stream->params[ST_OUTPUT];
	struct st_picture a, b;

	p.format = WIRE_FORMAT_YUV420;
	st_set_params(stream, ST_OUTPUT, &p);
	h->crop_right = 2;
	h->crop_bottom = 4;
	a = sequence(h, 96, 80, 1);
	b = st_h264_p(h, 2);
	st_h264_end(h);
	feed(stream, 0, h, 1);
	st_start_output(stream, 1);
	st_check(st, stream->params[ST_OUTPUT].format == WIRE_FORMAT_YUV420, "another format");
	st_expect_next(stream, &a, 1);
	st_expect_next(stream, &b, 1);
}

static void strides(struct st *st)
{
	static const uint32_t wanted[] = {0, 1, 96, 100, 128, 130, 256, 1000};
	struct st_stream *stream = open_stream(st);
	struct st_h264 *h = st_h264_new(st, 96, 80);

	sequence(h, 96, 80, 1);
	st_h264_end(h);
	feed(stream, 0, h, 1);
	wait_change(stream);
	for (unsigned int i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		struct guest_params p = stream->params[ST_OUTPUT];
		struct st_picture picture;

		st_get_params(stream, ST_OUTPUT);
		p = stream->params[ST_OUTPUT];
		p.planes[0].stride_bytes = wanted[i];
		st_set_params(stream, ST_OUTPUT, &p);
		st_react(stream, 1);
		st_check(st, stream->params[ST_OUTPUT].planes[0].stride_bytes >= 96, "stride %u",
			 stream->params[ST_OUTPUT].planes[0].stride_bytes);
		if (i == 0 && stream->n_early == 0)
			st_take(stream, st_next_output(stream));
		stream->n_early = 0;
		st_give_all(stream);
		picture = sequence(h, 96, 80, 20 + i);
		st_h264_end(h);
		feed(stream, 1, h, i);
		st_expect_next(stream, &picture, i);
		st_expect_taken(stream, input(stream, 1), i, 0);
	}
}

const struct st_case selftest_changes[] = {
	{"resolution change: event 0x200 once for the first sequence header", first_header, 0,
	 NULL},
	{"resolution change: nothing resumes before GET_PARAMS(OUTPUT) is answered",
	 waits_for_params, 0, NULL},
	{"resolution change: frames of the old format come first", old_frames_first, 0, NULL},
	{"resolution change: old buffers that fit serve", old_buffers_serve, 0, NULL},
	{"resolution change: waits for new buffers where none fits", waits_when_none_fits, 0, NULL},
	{"resolution change: no event when nothing differs", no_event_without_difference, 0, NULL},
	{"resolution change: event for another visible rectangle", event_for_crop, 0, NULL},
	{"resolution change: several in a row", several_changes, 0, NULL},
	{"resolution change: headers without a frame between are one",
	 headers_without_frames_between, 0, NULL},
	{"resolution change: while draining", while_draining, 0, NULL},
	{"resolution change: while cleared", while_cleared, 0, NULL},
	{"resolution change: another size after a seek", other_size_after_a_seek, 0, NULL},
	{"resolution change: taken back by a seek", change_and_back, 0, NULL},
	{"between 0x200 and the answer to GET_PARAMS(OUTPUT): no EOS", no_eos_before_params, 0,
	 NULL},
	{"output: YUV420", yuv420, 0, NULL},
	{"output: strides as asked for, or adjusted", strides, 0, NULL},
	{NULL, NULL, 0, NULL},
};
