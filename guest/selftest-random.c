/* SPDX-License-Identifier: MIT */
/*
 * selftest-random.c - a guest that does anything in any order, and the model says what may come of it
 *
 * Several streams, each with few buffers, so that commands meet; every message is cut anew. Now and
 * then everything settles: each stream is drained and must have shown all that it was given.
 */
#include <stdio.h>
#include <string.h>
#include "selftest-model.h"

#define DEFAULT_COMMANDS 10000
#define MAX_IN_FLIGHT    100
#define RING_RESERVE     100 /* descriptors: more than the longest chain */
#define SETTLE_EVERY     1500

static uint32_t pick(struct model *model, uint32_t n)
{
	return st_pick(&model->seed, n);
}

/* ---- Sending ---- */

static unsigned int cut(struct model *model, uint16_t *sizes, uint32_t total)
{
	unsigned int n = pick(model, 3) ? 0 : pick(model, 12);

	for (unsigned int i = 0; i < n; i++)
		sizes[i] = (uint16_t)(1 + pick(model, 2 * total / n + 1));
	return n;
}

static bool is_full(const struct model *model)
{
	return model->n_commands >= MAX_IN_FLIGHT ||
	       guest_ring_get_free(model->st->rings[0]) < RING_RESERVE;
}

static void make_room(struct model *model)
{
	int64_t end = 0;

	while (is_full(model)) {
		model_process(model);
		if (!is_full(model))
			return;
		st_tick(model->st, &end, "room for more commands");
		model_process(model);
	}
}

/* size_bytes of a request, and as much of entries as the buffer has. */
static void send(struct model *model, struct model_command *c, const void *request,
		 size_t size_bytes, const struct model_buffer *entries)
{
	struct st *st = model->st;
	struct st_framing framing = {.direct = pick(model, 2)};
	uint32_t cap = st_answer_room(st, c->type);

	if (pick(model, 100) == 0 && !c->any_error) {
		cap = pick(model, cap < 8 ? cap : 8);
		c->no_room = true;
	}
	framing.n_read = cut(model, framing.read, (uint32_t)size_bytes);
	framing.n_write = cap ? cut(model, framing.write, cap) : 0;
	st->framing = &framing;
	c->serial = ++model->serial;
	if (entries && !c->no_room)
		c->reply = st_send_long(st, request, size_bytes, entries->base.entries_gpa,
					(uint32_t)entries->base.entries_bytes);
	else
		c->reply = st_send_cap(st, request, size_bytes, cap);
	st->framing = NULL;
	model->commands[model->n_commands++] = *c;
}

/* No answer is taken between this and the sending: what is known now holds then. */
static struct model_command begin(struct model *model, unsigned int which, uint32_t type, int side)
{
	struct model_stream *stream = &model->streams[which];

	make_room(model);

	return (struct model_command){
		.type = type,
		.stream = which,
		.life = stream->life,
		.side = (unsigned int)side,
		.epoch = stream->epoch,
		.exact = stream->life ? 0 : WIRE_ERR_INVALID_STREAM_ID,
	};
}

static unsigned int pending(const struct model *model, unsigned int which, uint32_t type)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < model->n_commands; i++)
		n += model->commands[i].stream == which && model->commands[i].type == type &&
		     model->commands[i].life == model->streams[which].life;
	return n;
}

/* ---- Streams ---- */

static void create_stream(struct model *model, unsigned int which)
{
	struct model_stream *stream = &model->streams[which];
	struct model_command c = begin(model, which, WIRE_STREAM_CREATE, 0);
	uint32_t mem_type =
		st_has_objects(model->st) ? WIRE_MEM_VIRTIO_OBJECT : WIRE_MEM_GUEST_PAGES;
	struct wire_stream_create request = {
		.hdr = guest_wire_hdr(WIRE_STREAM_CREATE, stream->id),
		.in_mem_type = guest_le32(mem_type),
		.out_mem_type = guest_le32(mem_type),
		.coded_format = guest_le32(WIRE_FORMAT_H264),
	};
	static unsigned int lives;

	c.exact = stream->life ? WIRE_ERR_INVALID_STREAM_ID : WIRE_OK_NODATA;
	send(model, &c, &request, sizeof(request), NULL);
	if (stream->life || c.no_room)
		return;
	*stream = (struct model_stream){.id = stream->id, .life = ++lives, .want_idr = true};
	stream->planar = pick(model, 3) == 0;
	if (stream->planar) {
		struct wire_params_msg set = {
			.hdr = guest_wire_hdr(WIRE_SET_PARAMS, stream->id),
			.params = {.queue_type = guest_le32(WIRE_QUEUE_OUTPUT),
				   .format = guest_le32(WIRE_FORMAT_YUV420)},
		};

		c = begin(model, which, WIRE_SET_PARAMS, ST_OUTPUT);
		c.exact = WIRE_OK_NODATA;
		send(model, &c, &set, sizeof(set), NULL);
		stream->planar = !c.no_room;
	}
}

static void destroy_stream(struct model *model, unsigned int which)
{
	struct model_stream *stream = &model->streams[which];
	struct model_command c = begin(model, which, WIRE_STREAM_DESTROY, 0);
	struct wire_hdr request = guest_wire_hdr(WIRE_STREAM_DESTROY, stream->id);

	c.exact = stream->life ? WIRE_OK_NODATA : WIRE_ERR_INVALID_STREAM_ID;
	send(model, &c, &request, sizeof(request), NULL);
	if (!c.no_room)
		stream->life = 0;
}

static void drain(struct model *model, unsigned int which)
{
	struct model_stream *stream = &model->streams[which];
	struct model_command c = begin(model, which, WIRE_STREAM_DRAIN, 0);
	struct wire_hdr request = guest_wire_hdr(WIRE_STREAM_DRAIN, stream->id);

	c.may_be_draining = pending(model, which, WIRE_STREAM_DRAIN) > 0;
	send(model, &c, &request, sizeof(request), NULL);
	if (stream->life && !c.no_room)
		stream->drains_pending++;
}

static void end_queue(struct model *model, unsigned int which, uint32_t type, int side)
{
	struct model_stream *stream = &model->streams[which];
	struct model_command c = begin(model, which, type, side);
	struct wire_queue_cmd request = st_queue_cmd(type, stream->id, side);

	c.exact = stream->life ? WIRE_OK_NODATA : WIRE_ERR_INVALID_STREAM_ID;
	c.epoch += side == ST_INPUT;
	send(model, &c, &request, sizeof(request), NULL);
	if (!stream->life || c.no_room)
		return;
	stream->clear_serial[side] = stream->cancel_serial = model->serial;
	if (side == ST_INPUT) {
		stream->epoch++;
		stream->want_idr = true;
		model->n_seeks++;
	}
	for (int i = 0; i < MODEL_BUFFERS && type == WIRE_RESOURCE_DESTROY_ALL; i++)
		stream->exists[side][i] = false;
}

/* ---- Resources ---- */

static uint32_t resource_id(unsigned int side, unsigned int buffer)
{
	/* The same ids in both queues and in all streams. */
	(void)side;
	return 10 + buffer;
}

static void create_resource(struct model *model, unsigned int which, int side, unsigned int i)
{
	struct model_stream *stream = &model->streams[which];
	struct model_buffer *buffer = &model->buffers[which][side][i];
	struct model_command c = begin(model, which, WIRE_RESOURCE_CREATE, side);
	struct wire_resource_create request = {
		.hdr = guest_wire_hdr(WIRE_RESOURCE_CREATE, stream->id),
		.queue_type = guest_le32(st_queue_type(side)),
		.resource_id = guest_le32(resource_id(side, i)),
		.planes_layout = guest_le32(pick(model, 2)),
		.num_planes = guest_le32(1),
		.num_entries = {guest_le32(buffer->base.sg.n)},
	};

	/* With a queued input, some of it may be lost: seldom. */
	if (side == ST_INPUT && buffer->n_pending && pick(model, 10))
		return;
	c.buffer = i;
	if (stream->life)
		c.exact = WIRE_OK_NODATA;
	if (pick(model, 20) == 0 && stream->life) {
		request.num_planes = guest_le32(9);
		c.exact = WIRE_ERR_INVALID_PARAMETER;
	}
	send(model, &c, &request, sizeof(request), buffer);
	if (c.no_room || c.exact != WIRE_OK_NODATA)
		return;
	stream->exists[side][i] = true;
	stream->replace_serial[side][i] = model->serial;
}

static struct wire_resource_queue queue_request(const struct model_stream *stream, int side,
						unsigned int i)
{
	return (struct wire_resource_queue){
		.hdr = guest_wire_hdr(WIRE_RESOURCE_QUEUE, stream->id),
		.queue_type = guest_le32(st_queue_type(side)),
		.resource_id = guest_le32(resource_id((unsigned int)side, i)),
	};
}

static void queue_output(struct model *model, unsigned int which, unsigned int i)
{
	struct model_stream *stream = &model->streams[which];
	struct model_buffer *buffer = &model->buffers[which][ST_OUTPUT][i];
	struct model_command c = begin(model, which, WIRE_RESOURCE_QUEUE, ST_OUTPUT);
	struct wire_resource_queue request = queue_request(stream, ST_OUTPUT, i);

	if (buffer->n_pending && pick(model, 10))
		return;
	c.buffer = i;
	c.may_be_queued = buffer->n_pending > 0;
	if (stream->life && !stream->exists[ST_OUTPUT][i])
		c.exact = WIRE_ERR_INVALID_RESOURCE_ID;
	buffer->n_pending++;
	send(model, &c, &request, sizeof(request), NULL);
}

static const struct model_unit *next_unit(struct model *model, struct model_stream *stream)
{
	if (stream->want_idr || stream->at == MODEL_GOP || pick(model, 8) == 0) {
		if (pick(model, 10) == 0)
			stream->size = pick(model, MODEL_SIZES);
		stream->gop = pick(model, MODEL_GOPS);
		stream->at = 0;
	}
	stream->want_idr = false;
	return &model->units[stream->size][stream->gop][stream->at++];
}

static void note_input(struct model *model, struct model_stream *stream,
		       const struct model_unit *unit)
{
	stream->inputs[stream->n_inputs++ % MODEL_UNITS] = (struct model_input){
		.unit = unit,
		.timestamp = model->timestamp,
		.serial = model->serial,
		.epoch = stream->epoch,
		.tainted = unit->idr && stream->taint_idr,
	};
	if (unit->idr)
		stream->taint_idr = false;
}

static void queue_input(struct model *model, unsigned int which, unsigned int i)
{
	struct model_stream *stream = &model->streams[which];
	struct model_buffer *buffer = &model->buffers[which][ST_INPUT][i];
	struct model_command c = begin(model, which, WIRE_RESOURCE_QUEUE, ST_INPUT);
	struct wire_resource_queue request = queue_request(stream, ST_INPUT, i);
	const struct model_unit *unit = NULL;

	c.buffer = i;
	c.may_be_queued = buffer->n_pending > 0;
	c.may_be_draining = stream->drains_pending > 0;
	if ((c.may_be_queued && pick(model, 20)) || (c.may_be_draining && pick(model, 30)))
		return;
	if (stream->life && !stream->exists[ST_INPUT][i])
		c.exact = WIRE_ERR_INVALID_RESOURCE_ID;
	/* Of a buffer that may be the device's, no byte is written or named. */
	if (!c.exact && !c.may_be_queued)
		unit = next_unit(model, stream);
	if (unit)
		guest_sg_write(model->st->ram, &buffer->base.sg, unit->bytes, unit->size_bytes);
	c.timestamp = ++model->timestamp;
	c.has_input = unit != NULL;
	request.timestamp = guest_le64(c.timestamp);
	request.num_data_sizes = guest_le32(1);
	request.data_sizes[0] = guest_le32(unit ? unit->size_bytes : 0);
	buffer->n_pending++;
	send(model, &c, &request, sizeof(request), NULL);
	if (unit && c.no_room)
		stream->want_idr = true;
	else if (unit)
		note_input(model, stream, unit);
}

/* ---- The rest ---- */

static void get_params(struct model *model, unsigned int which, int side)
{
	struct model_stream *stream = &model->streams[which];
	uint32_t type = pick(model, 2) ? WIRE_GET_PARAMS : WIRE_GET_PARAMS_EXT;
	struct model_command c = begin(model, which, type, side);
	struct wire_queue_cmd request = st_queue_cmd(type, stream->id, side);

	if (stream->life)
		c.exact = WIRE_OK_GET_PARAMS;
	send(model, &c, &request, sizeof(request), NULL);
	if (side == ST_OUTPUT && !c.no_room)
		stream->params_serial = model->serial;
}

static void ask(struct model *model, unsigned int which)
{
	static const struct {
		uint32_t type, value, answer;
		uint16_t size_bytes;
		bool of_stream;
	} questions[] = {
		{WIRE_QUERY_CAPABILITY, 0x100, WIRE_OK_QUERY_CAPABILITY, 16, false},
		{WIRE_QUERY_CAPABILITY, 0x101, WIRE_OK_QUERY_CAPABILITY, 16, false},
		{WIRE_QUERY_CAPABILITY, 0x102, WIRE_ERR_INVALID_PARAMETER, 16, false},
		{WIRE_QUERY_CONTROL, 1, WIRE_ERR_UNSUPPORTED_CONTROL, 24, false},
		{WIRE_GET_CONTROL, 2, WIRE_OK_GET_CONTROL, 16, true},
		{WIRE_GET_CONTROL, 3, WIRE_OK_GET_CONTROL, 16, true},
		{WIRE_GET_CONTROL, 4, WIRE_ERR_UNSUPPORTED_CONTROL, 16, true},
		{WIRE_SET_CONTROL, 1, WIRE_ERR_UNSUPPORTED_CONTROL, 24, true},
		{0x10f, 0, WIRE_ERR_INVALID_OPERATION, 64, false},
	};
	unsigned int i = pick(model, sizeof(questions) / sizeof(questions[0]));
	struct model_command c = begin(model, which, questions[i].type, 0);
	uint8_t request[64] = {0};
	struct wire_queue_cmd head = st_queue_cmd(c.type, model->streams[which].id, 0);

	head.queue_type = guest_le32(questions[i].value);
	memcpy(request, &head, sizeof(head));
	if (!questions[i].of_stream || model->streams[which].life)
		c.exact = questions[i].answer;
	send(model, &c, request, questions[i].size_bytes, NULL);
}

/* Bytes that are no command, or too few of one. */
static void garbage(struct model *model, unsigned int which)
{
	struct model_command c = begin(model, which, WIRE_STREAM_DRAIN, 0);
	struct wire_queue_cmd head =
		st_queue_cmd(WIRE_QUERY_CAPABILITY + pick(model, 15), model->streams[which].id, 0);
	uint8_t request[200];
	size_t size = 1 + pick(model, 7);

	for (size_t i = 0; i < sizeof(request); i++)
		request[i] = (uint8_t)pick(model, 256);
	if (pick(model, 2)) {
		size = 8 + pick(model, 190);
		head.hdr.type = guest_le32(0x110 + pick(model, 1u << 20));
	}
	memcpy(request, &head, sizeof(head));
	c.any_error = true;
	c.exact = 0;
	c.type = guest_get32(head.hdr.type);
	send(model, &c, request, size, NULL);
}

/* As drivers do, with most of the buffers at once. */
static void open_stream(struct model *model, unsigned int which)
{
	bool existed = model->streams[which].life;

	create_stream(model, which);
	for (unsigned int i = 0; !existed && i < 2 * MODEL_BUFFERS; i++) {
		if (pick(model, 5))
			create_resource(model, which, i / MODEL_BUFFERS, i % MODEL_BUFFERS);
	}
}

static void one_command(struct model *model)
{
	unsigned int which = pick(model, MODEL_STREAMS), i = pick(model, MODEL_BUFFERS);
	unsigned int what = pick(model, 1000);
	int side = (int)pick(model, 2);

	if (what < 400)
		queue_output(model, which, i);
	else if (what < 750)
		queue_input(model, which, i);
	else if (what < 780)
		get_params(model, which, pick(model, 4) ? ST_OUTPUT : ST_INPUT);
	else if (what < 850)
		create_resource(model, which, side, i);
	else if (what < 900)
		ask(model, which);
	else if (what < 920)
		garbage(model, which);
	else if (what < 926)
		drain(model, which);
	else if (what < 930)
		end_queue(model, which, WIRE_QUEUE_CLEAR, side);
	else if (what < 932)
		end_queue(model, which, WIRE_RESOURCE_DESTROY_ALL, side);
	else if (what < 980)
		open_stream(model, which);
	else if (what < 981)
		destroy_stream(model, which);
}

/* A driver reads the params at each event, sooner or later. */
static void heed(struct model *model)
{
	for (unsigned int i = 0; i < MODEL_STREAMS; i++) {
		if (model->streams[i].life && model->streams[i].unheeded && pick(model, 4) == 0)
			get_params(model, i, ST_OUTPUT);
	}
}

/* ---- Settling ---- */

static void push_on(struct model *model, unsigned int which)
{
	struct model_stream *stream = &model->streams[which];

	get_params(model, which, ST_OUTPUT);
	for (unsigned int i = 0; i < MODEL_BUFFERS; i++) {
		if (!stream->exists[ST_OUTPUT][i])
			create_resource(model, which, ST_OUTPUT, i);
		if (model->buffers[which][ST_OUTPUT][i].n_pending == 0)
			queue_output(model, which, i);
	}
}

/* Each stream is drained. What it was given is judged when the drain ends. */
static void settle(struct model *model)
{
	for (unsigned int which = 0; which < MODEL_STREAMS; which++) {
		struct model_stream *stream = &model->streams[which];
		uint64_t drained = stream->drained;
		unsigned int life = stream->life;
		int64_t end = 0;

		while (stream->life && stream->life == life && stream->drained == drained) {
			push_on(model, which);
			if (stream->drains_pending == 0)
				drain(model, which);
			model_process(model);
			if (stream->drained == drained)
				st_tick(model->st, &end, "the end of a drain");
			model_process(model);
		}
	}
}

static void finish(struct model *model)
{
	int64_t end = 0;

	for (unsigned int which = 0; which < MODEL_STREAMS; which++) {
		while (model->streams[which].life)
			destroy_stream(model, which);
	}
	while (model->n_commands) {
		model_process(model);
		if (model->n_commands)
			st_tick(model->st, &end, "the rest of the answers");
	}
}

static void say_what_was_done(const struct model *model, uint32_t seed)
{
	char line[200];

	snprintf(line, sizeof(line),
		 "# seed %u: %llu commands, %llu frames, %llu drains, %llu seeks, %llu changes",
		 seed, (unsigned long long)model->serial, (unsigned long long)model->n_frames,
		 (unsigned long long)model->n_drains, (unsigned long long)model->n_seeks,
		 (unsigned long long)model->n_changes);
	model->st->options->print(model->st->options->cookie, line);
}

static void run(struct st *st)
{
	/* Too large for a stack, and it must outlive a failure. */
	static struct model model;
	uint32_t commands =
		st->options->random_commands ? st->options->random_commands : DEFAULT_COMMANDS;

	memset(&model, 0, sizeof(model));
	model.st = st;
	model.seed = st->options->seed ? st->options->seed : 1;
	model_begin(&model);
	for (unsigned int i = 0; i < MODEL_STREAMS; i++)
		model.streams[i].id = 0x70000000 + i;
	for (uint32_t n = 0; model.serial < commands; n++) {
		one_command(&model);
		heed(&model);
		if (pick(&model, 3) == 0)
			model_process(&model);
		if (pick(&model, 200) == 0)
			st_process(st);
		if (n % 16 == 0)
			model_check_memory(&model);
		if (n % SETTLE_EVERY == SETTLE_EVERY - 1)
			settle(&model);
	}
	finish(&model);
	model_check_memory(&model);
	say_what_was_done(&model, st->options->seed ? st->options->seed : 1);
	model_end(&model);
}

const struct st_case selftest_random[] = {
	{"random commands: the model's answers, each chain once, nothing outside", run, ST_FRESH,
	 NULL},
	{NULL, NULL, 0, NULL},
};
