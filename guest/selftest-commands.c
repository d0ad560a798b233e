/* SPDX-License-Identifier: MIT */
/*
 * selftest-commands.c - each command's good answer, byte by byte where the protocol says all of them
 */
#include <string.h>
#include "selftest-private.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

static void expect_words(struct st *st, const struct st_reply *reply, const uint32_t *words,
			 size_t n)
{
	st_check(st, reply->len_bytes == 4 * n, "%u bytes, not %zu", reply->len_bytes, 4 * n);
	for (size_t i = 0; i < n; i++)
		st_check(st, st_get32(reply->bytes, 4 * i) == words[i],
			 "word %zu of the answer to 0x%x is 0x%x, not 0x%x", i, reply->request_type,
			 st_get32(reply->bytes, 4 * i), words[i]);
}

/* ---- Device ---- */

static void config_space(struct st *st)
{
	struct guest_transport *t = st->transport;
	uint8_t whole[44], part[44];

	st_check(st, t->ops->get_config(t, 0, whole, 44) == 0, "44 bytes cannot be read");
	st_check(st, st_get32(whole, 0) == 0, "version %u", st_get32(whole, 0));
	st_check(st, st_get32(whole, 4) && st_get32(whole, 8), "a length is 0");
	for (uint32_t at = 0; at < 44; at++) {
		st_check(st, t->ops->get_config(t, at, part, 44 - at) == 0, "offset %u", at);
		st_check(st, memcmp(part, whole + at, 44 - at) == 0, "other bytes at %u", at);
	}
}

static void check_range(struct st *st, const uint8_t *at, uint32_t least)
{
	uint32_t min = st_get32(at, 0), max = st_get32(at, 4);

	st_check(st, min >= least && min <= max, "a range of %u to %u", min, max);
	st_check(st, st_get32(at, 8) == 1, "step %u: drivers know continuous ranges only",
		 st_get32(at, 8));
	st_check(st, st_get32(at, 12) == 0, "padding is 0x%x", st_get32(at, 12));
}

/* Returns how many bytes one format's description takes. */
static size_t check_desc(struct st *st, const struct st_reply *reply, size_t at)
{
	const uint8_t *b = reply->bytes;
	uint32_t n_frames = st_get32(b, at + 20);
	size_t begin = at;

	st_check(st, st_get32(b, at + 12) >= 1 && st_get32(b, at + 12) <= 3, "planes_layout %u",
		 st_get32(b, at + 12));
	st_check(st, n_frames >= 1 && n_frames < 1000, "%u frame sizes", n_frames);
	at += 24;
	for (; n_frames; n_frames--) {
		uint32_t n_rates;

		st_check(st, at + 40 <= reply->len_bytes, "cut inside a frame size");
		check_range(st, b + at, 1);
		check_range(st, b + at + 16, 1);
		n_rates = st_get32(b, at + 32);
		st_check(st, n_rates < 1000 && at + 40 + 16 * n_rates <= reply->len_bytes,
			 "cut inside the rates");
		for (at += 40; n_rates; n_rates--, at += 16)
			check_range(st, b + at, 1);
	}
	return at - begin;
}

static void check_caps(struct st *st, int side, struct guest_formats *formats)
{
	struct wire_queue_cmd request = st_queue_cmd(WIRE_QUERY_CAPABILITY, 0, side);
	const struct st_reply *reply = st_call(st, &request, sizeof(request));
	size_t at = 16;

	st_check(st, st_reply_type(reply) == WIRE_OK_QUERY_CAPABILITY, "an error");
	st_check(st, st_get32(reply->bytes, 12) == 0, "padding");
	for (uint32_t n = st_get32(reply->bytes, 8); n; n--) {
		st_check(st, at + 24 <= reply->len_bytes, "cut inside a description");
		at += check_desc(st, reply, at);
	}
	st_check(st, at == reply->len_bytes, "%u bytes, of which %zu say something",
		 reply->len_bytes, at);
	st_check(st, guest_wire_get_formats(reply->bytes, reply->len_bytes, formats) == 0,
		 "malformed");
	st_check(st, formats->n > 0, "no format");
}

static void one_desc_a_format(struct st *st, const struct guest_formats *formats)
{
	for (unsigned int i = 0; i < formats->n; i++) {
		for (unsigned int j = 0; j < i; j++)
			st_check(st, formats->desc[i].format != formats->desc[j].format,
				 "format 0x%x twice", formats->desc[i].format);
	}
}

static void query_capability_input(struct st *st)
{
	struct guest_formats formats;

	check_caps(st, ST_INPUT, &formats);
	one_desc_a_format(st, &formats);
	for (unsigned int i = 0; i < formats.n; i++)
		st_check(st, formats.desc[i].format >= 0x1000, "a raw format on the input");
}

static void query_capability_output(struct st *st)
{
	struct guest_formats formats;
	bool nv12 = false;

	check_caps(st, ST_OUTPUT, &formats);
	one_desc_a_format(st, &formats);
	for (unsigned int i = 0; i < formats.n; i++) {
		st_check(st, formats.desc[i].format < 0x1000, "a coded format on the output");
		nv12 |= formats.desc[i].format == WIRE_FORMAT_NV12;
	}
	st_check(st, nv12, "no NV12, which all drivers know");
}

static void capability_masks(struct st *st)
{
	struct guest_formats in, out;

	check_caps(st, ST_INPUT, &in);
	check_caps(st, ST_OUTPUT, &out);
	for (unsigned int i = 0; i < in.n; i++) {
		st_check(st, in.desc[i].mask && in.desc[i].mask >> out.n == 0,
			 "the mask of 0x%x names what is not", in.desc[i].format);
		for (unsigned int o = 0; o < out.n; o++)
			st_check(st, (in.desc[i].mask >> o & 1) == (out.desc[o].mask >> i & 1),
				 "the masks of 0x%x and %u differ", in.desc[i].format,
				 out.desc[o].format);
	}
}

static void capability_is_not_cut(struct st *st)
{
	struct wire_queue_cmd request = st_queue_cmd(WIRE_QUERY_CAPABILITY, 5, ST_OUTPUT);
	uint32_t whole = st_call(st, &request, sizeof(request))->len_bytes;

	for (uint32_t cap = 8; cap < whole; cap++) {
		struct st_reply *reply = st_send_cap(st, &request, sizeof(request), cap);

		st_wait(st, reply);
		st_check(st, st_reply_type(reply) >= 0x300 && reply->len_bytes == 8,
			 "%u bytes of room: answered with 0x%x in %u bytes", cap,
			 st_reply_type(reply), reply->len_bytes);
		st_drop(st, reply);
	}
}

/* ---- Streams ---- */

static struct wire_stream_create create_request(uint32_t id)
{
	return (struct wire_stream_create){
		.hdr = guest_wire_hdr(WIRE_STREAM_CREATE, id),
		.coded_format = guest_le32(WIRE_FORMAT_H264),
	};
}

static void stream_create_and_destroy(struct st *st)
{
	struct wire_stream_create create = create_request(0xfedcba98);
	struct wire_hdr destroy = guest_wire_hdr(WIRE_STREAM_DESTROY, 0xfedcba98);
	const uint32_t ok[] = {0x200, 0xfedcba98}, error[] = {0x302, 0xfedcba98};

	expect_words(st, st_call(st, &create, sizeof(create)), ok, 2);
	expect_words(st, st_call(st, &create, sizeof(create)), error, 2);
	expect_words(st, st_call(st, &destroy, sizeof(destroy)), ok, 2);
	expect_words(st, st_call(st, &destroy, sizeof(destroy)), error, 2);
	expect_words(st, st_call(st, &create, sizeof(create)), ok, 2);
	expect_words(st, st_call(st, &destroy, sizeof(destroy)), ok, 2);
}

static void stream_create_objects(struct st *st)
{
	struct st_stream *stream = st_create(st, WIRE_MEM_VIRTIO_OBJECT);
	struct st_buffer buffer = {.id = 1, .queue_type = WIRE_QUEUE_INPUT};

	st_check(st, guest_ram_alloc(st->ram, 4096, &buffer.entries_gpa) == 0, "no guest memory");
	buffer.entries_bytes = 16;
	buffer.sg.n = 1;
	/* Objects were not negotiated. */
	st_check(st, st_create_resource(stream, &buffer) >= 0x303, "an object is taken");
	guest_ram_release(st->ram, buffer.entries_gpa, 4096);
}

/* ---- Parameters ---- */

/* What is true of any answer to GET_PARAMS. */
static void check_params(struct st *st, const struct guest_params *p, int side)
{
	st_check(st, p->queue_type == st_queue_type(side), "queue 0x%x", p->queue_type);
	st_check(st, p->min_buffers >= 1 && p->min_buffers <= 32, "min_buffers %u", p->min_buffers);
	st_check(st, p->max_buffers >= p->min_buffers, "max_buffers %u", p->max_buffers);
	st_check(st, p->num_planes >= 1 && p->planes[0].size_bytes, "no plane");
	st_check(st,
		 p->crop_left + p->crop_width <= p->frame_width &&
			 p->crop_top + p->crop_height <= p->frame_height,
		 "a crop rectangle outside the frame");
	if (side == ST_OUTPUT)
		st_check(st,
			 p->planes[0].stride_bytes >= p->frame_width &&
				 p->planes[0].size_bytes >=
					 p->planes[0].stride_bytes * p->frame_height,
			 "a plane of %u bytes, stride %u, for %ux%u", p->planes[0].size_bytes,
			 p->planes[0].stride_bytes, p->frame_width, p->frame_height);
}

static void get_params_at_once(struct st *st)
{
	struct st_stream *stream = st_create(st, WIRE_MEM_GUEST_PAGES);

	for (int ext = 0; ext < 2; ext++) {
		stream->ext = ext;
		for (int side = 0; side < 2; side++) {
			st_get_params(stream, side);
			check_params(st, &stream->params[side], side);
			st_check(st, stream->params[side].min_buffers == 1,
				 "min_buffers is %u before a sequence header",
				 stream->params[side].min_buffers);
		}
	}
	st_check(st, stream->params[ST_INPUT].format == WIRE_FORMAT_H264, "format 0x%x",
		 stream->params[ST_INPUT].format);
}

/* The two dialects say the same, but for the type of memory behind. */
static void dialects_agree(struct st *st)
{
	struct st_stream *stream = st_create(st, WIRE_MEM_GUEST_PAGES);

	for (int side = 0; side < 2; side++) {
		struct wire_queue_cmd plain = st_queue_cmd(WIRE_GET_PARAMS, stream->id, side);
		struct wire_queue_cmd ext = st_queue_cmd(WIRE_GET_PARAMS_EXT, stream->id, side);
		struct st_reply *a = st_send(st, &plain, sizeof(plain));
		struct st_reply *b = st_send(st, &ext, sizeof(ext));

		st_wait(st, a);
		st_wait(st, b);
		st_check(st, memcmp(a->bytes, b->bytes, 120) == 0, "they differ");
		st_check(st, st_get32(b->bytes, 120) == 0 && st_get32(b->bytes, 124) == 0,
			 "resource_type %u, padding 0x%x", st_get32(b->bytes, 120),
			 st_get32(b->bytes, 124));
	}
}

static void set_params_adjusts(struct st *st)
{
	static const uint32_t sizes[] = {0,    1,    2,     3,          63,        640,
					 1919, 4095, 65535, 0x7fffffff, 0xffffffff};
	struct st_stream *stream = st_open(st, false);

	for (size_t i = 0; i < N(sizes); i++) {
		for (int side = 0; side < 2; side++) {
			struct guest_params p = stream->params[side];

			p.frame_width = sizes[i];
			p.frame_height = sizes[N(sizes) - 1 - i];
			p.frame_rate = sizes[i];
			p.min_buffers = p.max_buffers = sizes[i];
			p.crop_left = p.crop_width = sizes[i];
			p.planes[0] = (struct guest_plane){sizes[i], sizes[i]};
			st_set_params(stream, side, &p);
			st_get_params(stream, side);
			check_params(st, &stream->params[side], side);
		}
	}
}

static void set_params_format(struct st *st)
{
	struct st_stream *stream = st_open(st, true);
	struct guest_params p = stream->params[ST_OUTPUT];

	p.format = WIRE_FORMAT_YUV420;
	st_set_params(stream, ST_OUTPUT, &p);
	st_get_params(stream, ST_OUTPUT);
	st_check(st, stream->params[ST_OUTPUT].format == WIRE_FORMAT_YUV420, "YUV420 is not taken");
	p.format = 0;
	st_set_params(stream, ST_OUTPUT, &p);
	p.format = 0x7777;
	st_set_params(stream, ST_OUTPUT, &p);
	p.format = WIRE_FORMAT_H264;
	st_set_params(stream, ST_OUTPUT, &p);
	st_get_params(stream, ST_OUTPUT);
	st_check(st, stream->params[ST_OUTPUT].format == WIRE_FORMAT_YUV420,
		 "format 0, \"not set\", and unknown ones change it to %u",
		 stream->params[ST_OUTPUT].format);
}

static void set_params_ext_resource_type(struct st *st)
{
	struct st_stream *stream = st_create(st, WIRE_MEM_VIRTIO_OBJECT);

	stream->ext = true;
	st_get_params(stream, ST_INPUT);
	st_check(st, stream->params[ST_INPUT].resource_type == WIRE_MEM_VIRTIO_OBJECT,
		 "the type of STREAM_CREATE is lost");
	stream->params[ST_INPUT].resource_type = WIRE_MEM_GUEST_PAGES;
	st_set_params(stream, ST_INPUT, &stream->params[ST_INPUT]);
	st_get_params(stream, ST_INPUT);
	st_check(st, stream->params[ST_INPUT].resource_type == WIRE_MEM_GUEST_PAGES,
		 "resource_type is not taken");
	st_make(stream, ST_INPUT, 1, 4096);
}

/* ---- Controls ---- */

static void query_control(struct st *st, uint32_t control)
{
	struct wire_query_control request = {
		.hdr = guest_wire_hdr(WIRE_QUERY_CONTROL, 3),
		.control = guest_le32(control),
		.format = guest_le32(WIRE_FORMAT_H264),
	};
	const struct st_reply *reply = st_call(st, &request, sizeof(request));
	uint32_t n = st_get32(reply->bytes, 8);

	st_check(st, st_reply_type(reply) == WIRE_OK_QUERY_CONTROL, "an error");
	st_check(st, n && reply->len_bytes == 16 + 4 * n && st_get32(reply->bytes, 12) == 0,
		 "%u values in %u bytes", n, reply->len_bytes);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t value = st_get32(reply->bytes, 16 + 4 * i);

		st_check(st, value >= 0x100 && value <= 0x10e, "value 0x%x", value);
		st_check(st, i == 0 || value > st_get32(reply->bytes, 12 + 4 * i),
			 "0x%x is not above the one before", value);
	}
}

static void query_control_profile(struct st *st)
{
	query_control(st, WIRE_CONTROL_PROFILE);
}

static void query_control_level(struct st *st)
{
	query_control(st, WIRE_CONTROL_LEVEL);
}

static uint32_t get_control(struct st_stream *stream, uint32_t control)
{
	struct wire_get_control request = {
		.hdr = guest_wire_hdr(WIRE_GET_CONTROL, stream->id),
		.control = guest_le32(control),
	};
	const struct st_reply *reply = st_call(stream->st, &request, sizeof(request));

	st_check(stream->st, st_reply_type(reply) == WIRE_OK_GET_CONTROL, "an error");
	st_check(stream->st, st_get32(reply->bytes, 12) == 0, "padding");
	return st_get32(reply->bytes, 8);
}

static void get_control_answers(struct st *st)
{
	struct st_stream *stream = st_open(st, true);
	struct st_h264 *h = st_h264_new(st, 64, 64);

	st_check(st, get_control(stream, WIRE_CONTROL_PROFILE) == 0x100, "not the lowest profile");
	st_check(st, get_control(stream, WIRE_CONTROL_LEVEL) == 0x100, "not the lowest level");
	st_h264_headers(h);
	st_h264_idr(h, 1);
	st_h264_end(h);
	st_make(stream, ST_INPUT, 1, 65536);
	st_feed(stream, &stream->buffers[ST_INPUT][0], h->bytes, h->size_bytes, 1);
	st_start_output(stream, 1);
	st_check(st, get_control(stream, WIRE_CONTROL_PROFILE) == 0x100,
		 "not the stream's profile");
	st_check(st, get_control(stream, WIRE_CONTROL_LEVEL) == 0x107, "not the stream's level");
}

static void set_control(struct st *st)
{
	struct st_stream *stream = st_open(st, true);
	const uint32_t error[] = {0x305, stream->id};

	for (uint32_t control = 1; control <= 7; control++) {
		struct wire_set_control request = {
			.hdr = guest_wire_hdr(WIRE_SET_CONTROL, stream->id),
			.control = guest_le32(control),
			.value = guest_le32(1),
		};

		expect_words(st, st_call(st, &request, sizeof(request)), error, 2);
		expect_words(st, st_call(st, &request, 16), error, 2);
	}
}

/* ---- Resources ---- */

static void golden_input(struct st *st)
{
	struct st_stream *stream = st_open(st, true);
	const uint32_t words[] = {0x202, stream->id, 0x89abcdef, 0x01234567, 0, 0};
	struct st_reply *reply;

	st_make(stream, ST_INPUT, 1, 4096);
	reply = st_feed(stream, &stream->buffers[ST_INPUT][0], "", 1, UINT64_C(0x0123456789abcdef));
	st_wait(st, reply);
	expect_words(st, reply, words, N(words));
}

static void golden_output(struct st *st)
{
	struct st_stream *stream = st_open(st, true);
	struct st_h264 *h = st_h264_new(st, 64, 64);
	uint32_t words[] = {0x202, stream->id, 0x76543210, 0xfedcba98, 0, 0};
	struct st_buffer *frame;

	st_h264_headers(h);
	st_h264_idr(h, 1);
	st_h264_end(h);
	st_make(stream, ST_INPUT, 1, 65536);
	st_feed(stream, &stream->buffers[ST_INPUT][0], h->bytes, h->size_bytes,
		UINT64_C(0xfedcba9876543210));
	st_start_output(stream, 1);
	words[5] = stream->params[ST_OUTPUT].planes[0].size_bytes;
	frame = st_next_output(stream);
	expect_words(st, frame->reply, words, N(words));
}

static void golden_clear(struct st *st)
{
	struct st_stream *stream = st_open(st, true);
	const uint32_t cleared[] = {0x202, stream->id, 0, 0, 1, 0}, ok[] = {0x200, stream->id};

	for (uint32_t type = WIRE_RESOURCE_DESTROY_ALL; type <= WIRE_QUEUE_CLEAR; type++) {
		struct wire_queue_cmd request = st_queue_cmd(type, stream->id, ST_OUTPUT);
		struct st_reply *queued;

		st_make(stream, ST_OUTPUT, 1, 4096);
		queued = st_give(stream, stream->n[ST_OUTPUT] - 1);
		expect_words(st, st_call(st, &request, sizeof(request)), ok, 2);
		st_wait(st, queued);
		expect_words(st, queued, cleared, N(cleared));
	}
}

static void golden_drain(struct st *st)
{
	struct st_stream *stream = st_open(st, true);
	const uint32_t eos[] = {0x202, stream->id, 0, 0, 2, 0}, ok[] = {0x200, stream->id};
	struct st_reply *drain = st_drain(stream);

	st_make(stream, ST_OUTPUT, 1, 4096);
	st_quiet(st, drain);
	st_give(stream, 0);
	st_wait(st, drain);
	expect_words(st, drain, ok, 2);
	expect_words(st, stream->buffers[ST_OUTPUT][0].reply, eos, N(eos));
}

const struct st_case selftest_commands[] = {
	{"config space: version 0, both lengths, the same bytes at any offset", config_space, 0,
	 NULL},
	{"QUERY_CAPABILITY(input): whole descriptions of coded formats", query_capability_input, 0,
	 NULL},
	{"QUERY_CAPABILITY(output): whole descriptions of raw formats", query_capability_output, 0,
	 NULL},
	{"capabilities: the masks of both queues agree", capability_masks, 0, NULL},
	{"capabilities: never truncated", capability_is_not_cut, 0, NULL},
	{"STREAM_CREATE, STREAM_DESTROY: golden bytes, existing and unknown id 0x302",
	 stream_create_and_destroy, 0, NULL},
	{"STREAM_CREATE: objects are not refused before one is made", stream_create_objects, 0,
	 NULL},
	{"GET_PARAMS: answered before any bitstream, min_buffers 1", get_params_at_once, 0, NULL},
	{"GET_PARAMS, GET_PARAMS_EXT: the dialects agree", dialects_agree, 0, NULL},
	{"SET_PARAMS: adjusts sizes to what is possible, never refuses them", set_params_adjusts, 0,
	 NULL},
	{"SET_PARAMS: format 0 means not set", set_params_format, 0, NULL},
	{"SET_PARAMS_EXT: resource_type tells the memory", set_params_ext_resource_type, 0, NULL},
	{"QUERY_CONTROL: profiles, de-duplicated", query_control_profile, 0, NULL},
	{"QUERY_CONTROL: levels, de-duplicated", query_control_level, 0, NULL},
	{"GET_CONTROL: the lowest before the stream is parsed, then what it says",
	 get_control_answers, 0, NULL},
	{"SET_CONTROL: unsupported on a decoder", set_control, 0, NULL},
	{"RESOURCE_QUEUE(input): golden bytes", golden_input, 0, NULL},
	{"RESOURCE_QUEUE(output): golden bytes", golden_output, 0, NULL},
	{"QUEUE_CLEAR, RESOURCE_DESTROY_ALL: golden bytes", golden_clear, 0, NULL},
	{"STREAM_DRAIN: golden bytes", golden_drain, 0, NULL},
	{NULL, NULL, 0, NULL},
};
