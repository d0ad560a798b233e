/* SPDX-License-Identifier: MIT */
/*
 * test-splits.c - the same frames however the bytes come and whenever the events are taken
 *
 * Streams of all codecs are given to softva whole, by units, by bytes and in pieces of any size (those of
 * VP8 and VP9 by packets only), and the events are taken after each send, only when a send is refused,
 * blocking, or when poll(2) says so. The frames must be those of the stream's MD5s, and have the timestamp
 * of the packet that holds their first byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec-stream.h"
#include "frame-md5.h"
#include "softva-session.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FRAMES   256
#define MAX_BYTES    (1u << 17)
#define PATIENCE_MS  30000
#define RANDOM_TURNS 4

/*
 * Fields, B pictures, slices, formats that change, reordering, units that belong to no picture, hidden frames
 * and frames that are shown again, superframes, layers, film grain.
 */
static const char *const names[] = {
	"written-fields.264",
	"cavlc-b.264",
	"slices-bytes.264",
	"resolution-change.264",
	"mbaff-crop.264",
	"b-pyramid-mmco.264",
	"written-foreign-units.264",
	"written-reorder-3.264",
	"size-16x16.264",
	"hrd-filler-aud.264",
	"intra-refresh.264",
	"written-parameter-sets.264",
	"hevc-open-gop.265",
	"hevc-slices.265",
	"hevc-resolution-change.265",
	"hevc-main10.265",
	"vp8-altref.ivf",
	"vp8-written-sizes.ivf",
	"vp9-altref.ivf",
	"vp9-shown.ivf",
	"vp9-layers.ivf",
	"vp9-written.ivf",
	"av1-plain.ivf",
	"av1-forward-key.ivf",
	"av1-tile-groups.ivf",
	"av1-grain.ivf",
	"av1-annexb.obu",
	"mpeg2-interlaced-tff.m2v",
	"mpeg2-written-fields.m2v",
	"mpeg2-b-frames.m2v",
};

enum way {
	WAY_EACH,    /* all events after each send */
	WAY_REFUSED, /* one event when a send is refused */
	WAY_WAIT,    /* the same, and receive may wait for ever */
	WAY_POLL,    /* the same, and only when the fd is readable */
	WAY_RANDOM,  /* some events, sometimes */
	N_WAYS,
};

struct stream {
	struct codec_stream *s;
	char md5[MAX_FRAMES][FRAME_MD5_SIZE];
	unsigned int n_frames;
	size_t first_byte[MAX_FRAMES]; /* of the access units, in output order */
};

struct client {
	struct session session;
	struct stream *stream;
	enum way way;
	unsigned int n; /* frames so far */
	size_t begun;   /* bytes that the packets so far have, but the last one */
	const size_t *packet;
};

static struct stream at_hand;
static size_t packets[MAX_BYTES]; /* where each byte's packet begins */
static bool learning;             /* packets are small: the frames' first bytes are found out */

/* ---- Events ---- */

static void check_frame(struct session *session, struct vacodec_frame *frame)
{
	struct client *client = session->cookie;
	struct vacodec_frame_info info = {.size_bytes = sizeof(info)};
	struct stream *s = client->stream;
	char md5[FRAME_MD5_SIZE];

	assert_true(client->n < s->n_frames);
	assert_int_equal(vacodec_frame_get_info(frame, &info), 0);
	assert_int_equal(info.flags & VACODEC_FRAME_CORRUPT, 0);
	assert_int_equal(frame_md5(frame, md5), 0);
	assert_string_equal(md5, s->md5[client->n]);
	if (learning)
		s->first_byte[client->n] = info.timestamp;
	else
		assert_int_equal(info.timestamp, packets[s->first_byte[client->n]]);
	client->n++;
}

/* Returns false when there was none. */
static bool take_one(struct client *client, int64_t timeout_ns)
{
	struct vacodec_event event = {.size_bytes = sizeof(event)};
	int ret = vacodec_decoder_receive(client->session.decoder, &event, timeout_ns);

	if (ret == 0)
		session_take(&client->session, &event);
	else
		assert_int_equal(ret, -EAGAIN);
	assert_false(client->session.ended);
	return ret == 0;
}

static void wait_readable(const struct client *client)
{
	struct pollfd fd = {vacodec_decoder_get_fd(client->session.decoder), POLLIN, 0};

	assert_int_equal(poll(&fd, 1, PATIENCE_MS), 1);
}

static void take_all(struct client *client)
{
	while (take_one(client, 0))
		;
}

/* A send was taken. */
static void after_send(struct client *client)
{
	if (client->way == WAY_EACH)
		take_all(client);
	else if (client->way == WAY_RANDOM && rand() % 3 == 0)
		take_one(client, 0);
}

/* A send was refused: something must happen now, or the next one is taken. */
static void after_refusal(struct client *client)
{
	if (client->way == WAY_POLL)
		wait_readable(client);
	take_one(client, client->way == WAY_WAIT ? -1 : 0);
}

/* ---- Packets ---- */

/* The packet is there only while the call lasts, and begins where malloc's memory does. */
static ssize_t send_copy(struct client *client, const struct vacodec_packet *packet)
{
	uint8_t *data = malloc(packet->size_bytes);
	struct vacodec_packet copy = {data, packet->size_bytes, packet->timestamp};
	ssize_t n;

	assert_non_null(data);
	memcpy(data, packet->data, packet->size_bytes);
	n = vacodec_decoder_send(client->session.decoder, &copy);
	memset(data, 0xdd, packet->size_bytes);
	free(data);
	return n;
}

static void send_packet(struct client *client, const uint8_t *data, size_t size_bytes,
			uint64_t timestamp)
{
	struct vacodec_packet packet = {data, size_bytes, timestamp};
	unsigned int refusals = 0;

	while (packet.size_bytes > 0) {
		ssize_t n = send_copy(client, &packet);

		if (n == -EAGAIN) {
			assert_true(refusals++ < 64);
			after_refusal(client);
			continue;
		}
		assert_true(n > 0 && (size_t)n <= packet.size_bytes);
		refusals = 0;
		packet.data += n;
		packet.size_bytes -= (size_t)n;
		after_send(client);
	}
}

static void drain(struct client *client)
{
	unsigned int refusals = 0;

	while (vacodec_decoder_drain(client->session.decoder) == -EAGAIN) {
		assert_true(refusals++ < 64);
		after_refusal(client);
	}
	while (client->session.n_drained == 0) {
		if (client->way == WAY_POLL)
			wait_readable(client);
		assert_true(take_one(client, client->way == WAY_WAIT ? -1 : 0));
	}
	assert_false(take_one(client, 0));
}

/* The size of the packet at a place. */
typedef size_t (*split_of)(const struct codec_stream *s, size_t at);

static size_t split_whole(const struct codec_stream *s, size_t at)
{
	return s->size_bytes - at;
}

/* With what is before the first one. */
static size_t split_units(const struct codec_stream *s, size_t at)
{
	unsigned int i = 0;

	while (s->unit[i] <= at)
		i++;
	return s->unit[i] - at;
}

static size_t split_bytes(const struct codec_stream *s, size_t at)
{
	(void)s;
	(void)at;
	return 1;
}

/* In most turns pieces are small; some are as large as several pictures. */
static size_t split_random(const struct codec_stream *s, size_t at)
{
	static const int sizes[] = {3, 17, 200, 200, 1500, 9000};
	size_t n = 1 + (size_t)(rand() % sizes[rand() % 6]);

	return n < s->size_bytes - at ? n : s->size_bytes - at;
}

static void decode(struct stream *stream, split_of split, enum way way)
{
	const struct codec_stream *s = stream->s;
	struct client client = {.stream = stream, .way = way};

	client.session = (struct session){.on_frame = check_frame,
					  .cookie = &client,
					  .codec = s->codec,
					  .max_in_flight = (unsigned int)rand() % 5};
	assert_int_equal(session_open(&client.session, session_display), 0);
	for (size_t at = 0, n; at < s->size_bytes; at += n) {
		n = split(s, at);
		for (size_t i = at; i < at + n; i++)
			packets[i] = at;
		send_packet(&client, s->data + at, n, at);
	}
	drain(&client);
	if (client.n != stream->n_frames)
		fail_msg("%s: %u frames of %u", s->name, client.n, stream->n_frames);
	session_close(&client.session);
	assert_int_equal(vawrap_display_get_live_count(session_display, VAWRAP_N_KINDS), 0);
}

/* ---- Streams ---- */

static void load(struct stream *stream, const char *name)
{
	char path[1024];

	stream->s = codec_stream_load(STREAMS, name);
	assert_non_null(stream->s);
	assert_true(stream->s->size_bytes < MAX_BYTES);
	snprintf(path, sizeof(path), "%s/%s.md5", STREAMS, name);
	stream->n_frames = frame_md5_load(path, stream->md5, MAX_FRAMES);
	assert_true(stream->n_frames >= 1 && stream->n_frames < MAX_FRAMES);
}

/* A frame begins with a unit, or with the zero before it that belongs to it; the first with all there is. */
static bool is_begin(const struct codec_stream *s, size_t at)
{
	for (unsigned int i = 0; i < s->n_units; i++) {
		if (s->unit[i] == at || (s->unit[i] == at + 1 && s->data[at] == 0))
			return true;
	}
	return false;
}

/* By the smallest packets; from then on it is known with which byte each frame begins. */
static void learn(struct stream *stream, const char *name)
{
	load(stream, name);
	learning = true;
	decode(stream, stream->s->packets ? split_units : split_bytes, WAY_EACH);
	learning = false;
	for (unsigned int i = 0; i < stream->n_frames; i++)
		assert_true(is_begin(stream->s, stream->first_byte[i]));
}

static void each_stream(split_of split, unsigned int turns)
{
	unsigned int n = session_is_slow() ? 1 : sizeof(names) / sizeof(names[0]);

	for (unsigned int i = 0; i < n; i++) {
		if (!codec_stream_is_decodable(names[i]))
			continue;
		learn(&at_hand, names[i]);
		for (enum way way = 0; way < N_WAYS; way++) {
			for (unsigned int turn = 0; turn < turns; turn++) {
				if (split == split_units || !at_hand.s->packets)
					decode(&at_hand, split, way);
			}
		}
		at_hand.s = codec_stream_free(at_hand.s);
	}
}

static void test_no_codec_is_left_out(void **state)
{
	(void)state;
	assert_true(codec_stream_names_all(names, sizeof(names) / sizeof(names[0])));
}

static void test_whole_file_at_once(void **state)
{
	(void)state;
	each_stream(split_whole, 1);
}

static void test_unit_by_unit(void **state)
{
	(void)state;
	each_stream(split_units, 1);
}

static void test_byte_by_byte(void **state)
{
	(void)state;
	each_stream(split_bytes, 1);
}

static void test_random_splits(void **state)
{
	(void)state;
	srand(1);
	each_stream(split_random, RANDOM_TURNS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_codec_is_left_out),
		cmocka_unit_test(test_whole_file_at_once),
		cmocka_unit_test(test_unit_by_unit),
		cmocka_unit_test(test_byte_by_byte),
		cmocka_unit_test(test_random_splits),
	};

	return cmocka_run_group_tests(tests, session_set_up, session_tear_down);
}
