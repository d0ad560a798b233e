/* SPDX-License-Identifier: MIT */
/*
 * selftest-model.c - judges answers and events of a random run
 */
#include <stdlib.h>
#include <string.h>
#include "selftest-model.h"

/* ---- Before and after ---- */

#define N_UNITS   (MODEL_SIZES * MODEL_GOPS * MODEL_GOP)
#define N_BUFFERS (MODEL_STREAMS * 2 * MODEL_BUFFERS)

static struct model_unit *unit_at(struct model *model, uint32_t i)
{
	return &model->units[i / (MODEL_GOPS * MODEL_GOP)][i / MODEL_GOP % MODEL_GOPS]
			    [i % MODEL_GOP];
}

static struct model_buffer *buffer_at(struct model *model, uint32_t i)
{
	return &model->buffers[i / (2 * MODEL_BUFFERS)][i / MODEL_BUFFERS % 2][i % MODEL_BUFFERS];
}

static void make_units(struct model *model)
{
	static const uint32_t sizes[MODEL_SIZES][2] = {{64, 64}, {96, 64}, {64, 96}, {80, 80}};
	struct st_h264 *h = st_h264_new(model->st, 64, 64);

	for (uint32_t i = 0; i < N_UNITS; i++) {
		struct model_unit *unit = unit_at(model, i);
		struct st_picture picture;

		h->width = sizes[i / (MODEL_GOPS * MODEL_GOP)][0];
		h->height = sizes[i / (MODEL_GOPS * MODEL_GOP)][1];
		st_h264_take(h);
		unit->idr = i % MODEL_GOP == 0;
		if (unit->idr)
			st_h264_headers(h);
		picture = unit->idr ? st_h264_idr(h, i) : st_h264_p(h, i);
		unit->bytes = malloc(h->size_bytes);
		st_check(model->st, unit->bytes != NULL, "out of memory");
		memcpy(unit->bytes, h->bytes, h->size_bytes);
		unit->size_bytes = (uint32_t)h->size_bytes;
		unit->width = picture.width;
		unit->height = picture.height;
		unit->hash = picture.hash;
	}
}

static void make_buffers(struct model *model)
{
	for (uint32_t i = 0; i < N_BUFFERS; i++) {
		struct model_buffer *buffer = buffer_at(model, i);
		bool output = i / MODEL_BUFFERS % 2 == ST_OUTPUT;

		st_take_memory(model->st, &buffer->base, output ? MODEL_OUT_BYTES : MODEL_IN_BYTES,
			       st_has_objects(model->st));
		if (output)
			guest_sg_read(model->st->ram, &buffer->base.sg, buffer->shadow,
				      MODEL_OUT_BYTES);
	}
}

void model_end(struct model *model)
{
	for (uint32_t i = 0; i < N_BUFFERS; i++) {
		struct model_buffer *buffer = buffer_at(model, i);

		st_release_memory(model->st, &buffer->base);
	}
	for (uint32_t i = 0; i < N_UNITS; i++)
		free(unit_at(model, i)->bytes);
}

void model_begin(struct model *model)
{
	make_units(model);
	make_buffers(model);
}

/* ---- Inputs ---- */

struct model_input *model_find_input(struct model_stream *stream, uint64_t timestamp)
{
	for (uint64_t i = stream->n_inputs; i-- > 0 && i + MODEL_UNITS >= stream->n_inputs;) {
		struct model_input *input = &stream->inputs[i % MODEL_UNITS];

		if (input->timestamp == timestamp)
			return input;
	}
	return NULL;
}

/*
 * What comes behind it, up to the next IDR picture, may look like anything. That picture may have its
 * timestamp, for a part of what was lost may have been consumed and stand before it.
 */
static void drop_input(struct model_stream *stream, uint64_t timestamp)
{
	bool behind = false;

	for (uint64_t i = stream->n_inputs > MODEL_UNITS ? stream->n_inputs - MODEL_UNITS : 0;
	     i < stream->n_inputs; i++) {
		struct model_input *input = &stream->inputs[i % MODEL_UNITS];

		if (behind && input->unit->idr) {
			input->tainted = true;
			return;
		}
		if (input->timestamp == timestamp) {
			input->state = MODEL_DROPPED;
			behind = true;
		}
		input->tainted |= behind;
	}
	stream->want_idr |= behind;
	stream->taint_idr |= behind;
}

/* ---- Frames ---- */

static int size_index(const struct model *model, const struct model_unit *unit)
{
	for (int i = 0; i < MODEL_SIZES; i++) {
		if (model->units[i][0][0].width == unit->width &&
		    model->units[i][0][0].height == unit->height)
			return i;
	}
	return 0;
}

static void check_pixels(struct model *model, const struct model_command *c,
			 const struct model_input *input, uint32_t size_bytes)
{
	struct model_stream *stream = &model->streams[c->stream];
	struct model_buffer *buffer = &model->buffers[c->stream][ST_OUTPUT][c->buffer];
	const struct guest_params *layout =
		&model->layouts[size_index(model, input->unit)][stream->planar];
	struct st_stream view = {.st = model->st};

	st_check(model->st, layout->frame_width == input->unit->width,
		 "a frame of %ux%u, of which GET_PARAMS never spoke", input->unit->width,
		 input->unit->height);
	st_check(model->st, size_bytes == layout->planes[0].size_bytes,
		 "a frame of %u bytes, not %u", size_bytes, layout->planes[0].size_bytes);
	view.params[ST_OUTPUT] = *layout;
	guest_sg_read(model->st->ram, &buffer->base.sg, model->st->pixels,
		      buffer->base.sg.size_bytes);
	st_check(model->st, st_pixels_hash(&view) == input->unit->hash,
		 "the picture with timestamp %llu is wrong", (unsigned long long)input->timestamp);
}

/* For a change, GET_PARAMS must have been sent since the first unit that could have announced it. */
static void check_heeded(struct model *model, const struct model_stream *stream,
			 const struct model_unit *unit)
{
	for (uint64_t i = stream->n_inputs > MODEL_UNITS ? stream->n_inputs - MODEL_UNITS : 0;
	     i < stream->n_inputs; i++) {
		const struct model_input *input = &stream->inputs[i % MODEL_UNITS];

		if (input->timestamp <= stream->last_shown || input->unit->width != unit->width ||
		    input->unit->height != unit->height)
			continue;
		st_check(model->st, stream->params_serial > input->serial,
			 "a frame of another format, and GET_PARAMS(OUTPUT) was not sent");
		return;
	}
}

static void judge_frame(struct model *model, const struct model_command *c,
			const struct st_queued *q)
{
	struct model_stream *stream = &model->streams[c->stream];
	struct model_input *input = model_find_input(stream, q->timestamp);
	struct st *st = model->st;
	bool changed;

	st_check(st, input != NULL, "a frame with timestamp %llu, which no input had",
		 (unsigned long long)q->timestamp);
	st_check(st, q->timestamp > stream->last_shown || input->tainted, "frames in wrong order");
	st_check(st, !input->shown || input->tainted, "a frame comes twice");
	st_check(st, input->epoch >= stream->epoch_answered, "a frame from before the last seek");
	st_check(st, q->flags == 0 || input->tainted, "an intact frame has flags %u", q->flags);
	changed = stream->shown_width != input->unit->width ||
		  stream->shown_height != input->unit->height;
	if (changed && !input->tainted && !stream->shown_unknown)
		check_heeded(model, stream, input->unit);
	stream->shown_unknown = input->tainted;
	stream->last_shown = q->timestamp;
	input->shown = true;
	model->n_frames++;
	if (input->tainted || q->flags)
		return;
	model->n_changes += changed;
	stream->shown_width = input->unit->width;
	stream->shown_height = input->unit->height;
	/* Queued again meanwhile, it may hold the next one. */
	if (model->buffers[c->stream][ST_OUTPUT][c->buffer].n_pending == 0)
		check_pixels(model, c, input, q->size_bytes);
}

/* ---- RESOURCE_QUEUE ---- */

static bool was_cleared(const struct model *model, const struct model_command *c)
{
	const struct model_stream *stream = &model->streams[c->stream];

	return stream->life != c->life || stream->clear_serial[c->side] > c->serial ||
	       stream->replace_serial[c->side][c->buffer] > c->serial;
}

static void judge_output(struct model *model, const struct model_command *c,
			 const struct st_queued *q)
{
	struct model_stream *stream = &model->streams[c->stream];
	struct st *st = model->st;

	if (q->flags & WIRE_BUFFER_EOS) {
		st_check(st, q->flags == WIRE_BUFFER_EOS && q->size_bytes == 0, "EOS on a frame");
		st_check(st, stream->drains_pending > 0 || stream->life != c->life,
			 "EOS without a drain");
		st_check(st, !stream->unheeded || stream->life != c->life,
			 "EOS between 0x200 and the answer to GET_PARAMS(OUTPUT)");
		stream->eos++;
	} else if (q->size_bytes == 0) {
		st_check(st, q->flags == WIRE_BUFFER_ERR && was_cleared(model, c),
			 "an empty output, flags %u, that nobody cleared", q->flags);
	} else if (stream->life == c->life) {
		judge_frame(model, c, q);
	}
}

static void judge_input(struct model *model, const struct model_command *c,
			const struct st_queued *q)
{
	struct model_stream *stream = &model->streams[c->stream];
	struct model_input *input;

	st_check(model->st, q->timestamp == c->timestamp && q->size_bytes == 0,
		 "an input comes back with another timestamp, or %u bytes", q->size_bytes);
	st_check(model->st, q->flags == 0 || (q->flags == WIRE_BUFFER_ERR && was_cleared(model, c)),
		 "an input has flags %u, and nobody cleared it", q->flags);
	if (!c->has_input || stream->life != c->life)
		return;
	input = model_find_input(stream, c->timestamp);
	if (q->flags)
		drop_input(stream, c->timestamp);
	else if (input && input->state == MODEL_SENT)
		input->state = MODEL_TAKEN;
}

static void judge_queue(struct model *model, const struct model_command *c)
{
	struct st_queued q = st_read_queued(c->reply);
	struct model_stream *stream = &model->streams[c->stream];

	if (q.type >= 0x300) {
		st_check(model->st,
			 (q.type == WIRE_ERR_INVALID_PARAMETER && c->may_be_queued) ||
				 (q.type == WIRE_ERR_INVALID_OPERATION && c->may_be_draining),
			 "RESOURCE_QUEUE is refused with %s", guest_wire_name(q.type));
		if (c->has_input && stream->life == c->life)
			drop_input(stream, c->timestamp);
		return;
	}
	st_check(model->st, q.type == WIRE_OK_RESOURCE_QUEUE, "%s", guest_wire_name(q.type));
	if (c->side == ST_OUTPUT)
		judge_output(model, c, &q);
	else
		judge_input(model, c, &q);
}

/* ---- Drain, clear, destroy ---- */

/* All input before a drain that has ended was consumed, and its frames have come. */
static void check_complete(struct model *model, const struct model_command *c)
{
	struct model_stream *stream = &model->streams[c->stream];

	for (uint64_t i = stream->n_inputs > MODEL_UNITS ? stream->n_inputs - MODEL_UNITS : 0;
	     i < stream->n_inputs; i++) {
		const struct model_input *input = &stream->inputs[i % MODEL_UNITS];

		if (input->serial > c->serial || input->epoch != c->epoch ||
		    input->state == MODEL_DROPPED || input->tainted)
			continue;
		st_check(model->st, input->state == MODEL_TAKEN,
			 "a drain ends before input %llu was consumed",
			 (unsigned long long)input->timestamp);
		st_check(model->st, input->shown, "a drain ends, and frame %llu never came",
			 (unsigned long long)input->timestamp);
	}
}

static void judge_drain(struct model *model, const struct model_command *c)
{
	struct model_stream *stream = &model->streams[c->stream];
	uint32_t type = st_reply_type(c->reply);
	bool gone = stream->life != c->life;

	if (!gone)
		stream->drains_pending--;
	if (type == WIRE_ERR_INVALID_OPERATION) {
		st_check(model->st, gone || c->may_be_draining || stream->cancel_serial > c->serial,
			 "a drain is refused");
		return;
	}
	st_check(model->st, type == WIRE_OK_NODATA, "STREAM_DRAIN: %s", guest_wire_name(type));
	if (gone)
		return;
	st_check(model->st, stream->eos > stream->drained, "a drain ends without EOS");
	stream->drained = stream->eos;
	model->n_drains++;
	check_complete(model, c);
}

/* What the command had to answer before itself has been answered. */
static void check_answered(struct model *model, const struct model_command *c)
{
	for (unsigned int i = 0; i < model->n_commands; i++) {
		const struct model_command *other = &model->commands[i];

		if (other->stream != c->stream || other->life != c->life ||
		    other->serial > c->serial ||
		    (other->type != WIRE_RESOURCE_QUEUE && other->type != WIRE_STREAM_DRAIN))
			continue;
		if (c->type != WIRE_STREAM_DESTROY &&
		    (other->type == WIRE_STREAM_DRAIN || other->side != c->side))
			continue;
		st_check(model->st, other->reply->done && other->reply->order < c->reply->order,
			 "command 0x%x is answered before a 0x%x that it ends", c->type,
			 other->type);
	}
}

static void judge_params(struct model *model, const struct model_command *c)
{
	struct model_stream *stream = &model->streams[c->stream];
	struct wire_params_msg msg;
	struct guest_params params;

	memcpy(&msg, c->reply->bytes, sizeof(msg));
	st_check(model->st, guest_wire_get_params(&msg.params, &params) == 0, "malformed params");
	if (c->side == ST_INPUT || stream->life != c->life)
		return;
	stream->unheeded = false;
	stream->heeded = true;
	for (int i = 0; i < MODEL_SIZES; i++) {
		const struct model_unit *unit = &model->units[i][0][0];

		if (unit->width == params.frame_width && unit->height == params.frame_height)
			model->layouts[i][stream->planar] = params;
	}
}

static void judge(struct model *model, const struct model_command *c)
{
	uint32_t type = st_reply_type(c->reply);

	if (c->no_room || c->any_error) {
		st_check(model->st, c->reply->cap_bytes < 8 || type >= 0x300,
			 "a bad 0x%x is answered with %s", c->type, guest_wire_name(type));
		return;
	}
	if (c->exact) {
		st_check(model->st, type == c->exact, "command 0x%x: %s, not %s", c->type,
			 guest_wire_name(type), guest_wire_name(c->exact));
		model->n_errors += type >= 0x300;
	}
	if (c->exact >= 0x300)
		return;
	if (c->type == WIRE_RESOURCE_QUEUE)
		judge_queue(model, c);
	else if (c->type == WIRE_STREAM_DRAIN)
		judge_drain(model, c);
	else if (c->type == WIRE_QUEUE_CLEAR || c->type == WIRE_RESOURCE_DESTROY_ALL ||
		 c->type == WIRE_STREAM_DESTROY)
		check_answered(model, c);
	else if (c->type == WIRE_GET_PARAMS || c->type == WIRE_GET_PARAMS_EXT)
		judge_params(model, c);
	if ((c->type == WIRE_QUEUE_CLEAR || c->type == WIRE_RESOURCE_DESTROY_ALL) &&
	    c->side == ST_INPUT && model->streams[c->stream].life == c->life)
		model->streams[c->stream].epoch_answered = c->epoch;
}

/* ---- Rounds ---- */

static void take_events(struct model *model)
{
	struct st *st = model->st;

	for (; st->n_taken_events < st->n_events; st->n_taken_events++) {
		const struct st_event *event = &st->events[st->n_taken_events];

		st_check(st, event->type == WIRE_EVENT_RESOLUTION_CHANGED, "a session is lost");
		for (int i = 0; i < MODEL_STREAMS; i++) {
			if (model->streams[i].life && model->streams[i].id == event->stream_id)
				model->streams[i].unheeded = !model->streams[i].heeded;
		}
	}
	st->n_events = st->n_taken_events = 0;
}

static struct model_command *next_done(struct model *model)
{
	struct model_command *first = NULL;

	for (unsigned int i = 0; i < model->n_commands; i++) {
		struct model_command *c = &model->commands[i];

		if (c->reply->done && (!first || c->reply->order < first->reply->order))
			first = c;
	}
	return first;
}

static void release_buffer(struct model *model, const struct model_command *c)
{
	struct model_buffer *buffer = &model->buffers[c->stream][c->side][c->buffer];

	if (c->type != WIRE_RESOURCE_QUEUE || c->any_error)
		return;
	if (--buffer->n_pending == 0 && c->side == ST_OUTPUT)
		guest_sg_read(model->st->ram, &buffer->base.sg, buffer->shadow, MODEL_OUT_BYTES);
}

void model_process(struct model *model)
{
	struct model_command *c;

	for (int i = 0; i < MODEL_STREAMS; i++)
		model->streams[i].heeded = false;
	st_take_answers(model->st);
	while ((c = next_done(model))) {
		release_buffer(model, c);
		judge(model, c);
		st_drop(model->st, c->reply);
		*c = model->commands[--model->n_commands];
	}
	/* Behind the answers: of one round, nobody can tell which was first. */
	take_events(model);
}

static void say_what_changed(struct model *model, int i, const struct model_buffer *buffer)
{
	const uint8_t *now = model->st->pixels;
	unsigned int first = 0, n = 0;

	for (unsigned int at = MODEL_OUT_BYTES; at-- > 0;) {
		if (now[at] == buffer->shadow[at])
			continue;
		first = at;
		n++;
	}
	st_check(
		model->st, false,
		"an output is written while it is the guest's: stream %d, buffer %d, %u bytes, at %u "
		"0x%02x is 0x%02x",
		i / MODEL_BUFFERS, i % MODEL_BUFFERS, n, first, buffer->shadow[first], now[first]);
}

void model_check_memory(struct model *model)
{
	for (int i = 0; i < MODEL_STREAMS * MODEL_BUFFERS; i++) {
		struct model_buffer *buffer =
			&model->buffers[i / MODEL_BUFFERS][ST_OUTPUT][i % MODEL_BUFFERS];

		if (buffer->n_pending)
			continue;
		guest_sg_read(model->st->ram, &buffer->base.sg, model->st->pixels, MODEL_OUT_BYTES);
		if (memcmp(model->st->pixels, buffer->shadow, MODEL_OUT_BYTES) != 0)
			say_what_changed(model, i, buffer);
	}
}
