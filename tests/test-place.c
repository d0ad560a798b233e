/* SPDX-License-Identifier: MIT */
/*
 * test-place.c - decoding on softva into buffers of the client's, which are lent for as long as it likes
 *
 * Buffers are memfds. Each frame must be right wherever it is, each buffer must come back, and where the
 * driver fails at any step, nothing is left and nothing hangs.
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
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#define MAX_BUFFERS 24
#define MAX_FRAMES  256

struct client {
	struct vawrap_display *display;
	struct vacodec_decoder *decoder;
	struct codec_stream *stream;
	struct vacodec_format format;
	struct vacodec_buffer *buffers[MAX_BUFFERS];
	uint8_t *came_back
		[MAX_BUFFERS]; /* what the buffers had when they came back last, where that is asked for */
	bool look;
	struct iovec memory[MAX_BUFFERS]; /* of the buffers, that the client may write to */
	bool lent[MAX_BUFFERS];
	unsigned int n_buffers, n_listed, n_most; /* n_most: that may be lent at one time */
	unsigned int n_lent, n_lends;
	int in_place; /* what accepting has said */
	unsigned int n_frames, n_in_place, n_wrong, n_flagged;
	int error;
	bool drained, keep_going;
	char md5[MAX_FRAMES][FRAME_MD5_SIZE];
	unsigned int n_md5;
};

/* ---- Buffers ---- */

static int new_buffer(struct client *client, unsigned int i)
{
	struct vacodec_buffer **out = &client->buffers[i];
	struct iovec *map = &client->memory[i];
	uint32_t pitch = (client->format.coded_width + 63) / 64 * 64;
	uint32_t luma = pitch * client->format.coded_height;
	struct vawrap_dmabuf memory = {
		.fd = memfd_create("buffer", MFD_CLOEXEC | MFD_ALLOW_SEALING),
		.size_bytes = luma + luma / 2 + pitch,
		.fourcc = VA_FOURCC_NV12,
		.width = client->format.coded_width,
		.height = client->format.coded_height,
		.num_planes = 2,
		.offset_bytes = {0, luma},
		.pitch_bytes = {pitch, pitch},
	};
	int ret;

	assert_true(memory.fd >= 0);
	assert_int_equal(ftruncate(memory.fd, memory.size_bytes), 0);
	assert_int_equal(vacodec_buffer_new(client->display, &memory, client, out), -EPERM);
	assert_int_equal(fcntl(memory.fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	ret = vacodec_buffer_new(client->display, &memory, client, out);
	map->iov_len = memory.size_bytes;
	map->iov_base = mmap(NULL, map->iov_len, PROT_READ | PROT_WRITE, MAP_SHARED, memory.fd, 0);
	assert_ptr_not_equal(map->iov_base, MAP_FAILED);
	close(memory.fd);
	if (ret < 0)
		munmap(map->iov_base, map->iov_len);
	return ret;
}

static void drop_buffers(struct client *client)
{
	assert_int_equal(client->n_lent, 0);
	while (client->n_buffers) {
		vacodec_buffer_unref(client->buffers[--client->n_buffers]);
		munmap(client->memory[client->n_buffers].iov_base,
		       client->memory[client->n_buffers].iov_len);
	}
	memset(client->lent, 0, sizeof(client->lent));
}

static struct vacodec_buffer *lend(void *cookie)
{
	struct client *client = cookie;

	for (unsigned int i = client->n_buffers; i-- > 0 && client->n_lent < client->n_most;) {
		if (client->lent[i])
			continue;
		assert_ptr_equal(vacodec_buffer_get_cookie(client->buffers[i]), client);
		client->lent[i] = true;
		client->n_lent++;
		client->n_lends++;
		return client->buffers[i];
	}
	return NULL;
}

static void take_back(void *cookie, struct vacodec_buffer *buffer)
{
	struct client *client = cookie;
	unsigned int i = 0;

	while (client->buffers[i] != buffer)
		i++;
	assert_true(i < client->n_buffers && client->lent[i]);
	client->lent[i] = false;
	client->n_lent--;
	if (!client->look)
		return;
	free(client->came_back[i]);
	client->came_back[i] = malloc(client->memory[i].iov_len);
	assert_non_null(client->came_back[i]);
	memcpy(client->came_back[i], client->memory[i].iov_base, client->memory[i].iov_len);
}

static struct vacodec_buffer *list(void *cookie, unsigned int i)
{
	struct client *client = cookie;

	return i < client->n_listed ? client->buffers[i] : NULL;
}

/* ---- A session ---- */

static void accept(struct client *client, const struct vacodec_format *format)
{
	struct vacodec_place place = {lend, take_back, list, MAX_BUFFERS, client, {0}};

	/* Frames of the old format have come, but may be referred to: their buffers stay where they are. */
	if (client->n_lent == 0)
		drop_buffers(client);
	client->format = *format;
	while (client->n_buffers < MAX_BUFFERS && new_buffer(client, client->n_buffers) == 0)
		client->n_buffers++;
	place.head.data = client->stream->data;
	place.head.size_bytes = client->stream->packets ? codec_stream_get_size(client->stream, 0)
							: client->stream->size_bytes;
	client->in_place = vacodec_decoder_accept_format_in_place(client->decoder, 2, &place);
	if (client->in_place < 0)
		client->error = client->in_place;
}

static void take_frame(struct client *client, struct vacodec_frame *frame)
{
	struct vacodec_frame_info info = {.size_bytes = sizeof(info)};
	char md5[FRAME_MD5_SIZE];
	int ret = vacodec_frame_sync(frame, -1);

	assert_int_equal(vacodec_frame_get_info(frame, &info), 0);
	client->n_flagged += ret < 0 || (info.flags & VACODEC_FRAME_CORRUPT);
	client->n_in_place += vacodec_frame_get_place(frame) != NULL;
	if (client->n_frames >= client->n_md5 || frame_md5(frame, md5) < 0 ||
	    strcmp(md5, client->md5[client->n_frames]) != 0)
		client->n_wrong++;
	client->n_frames++;
	vacodec_frame_unref(frame);
}

static void take_events(struct client *client)
{
	struct vacodec_event event = {.size_bytes = sizeof(event)};

	while (!client->error && vacodec_decoder_receive(client->decoder, &event, -1) == 0) {
		if (event.type == VACODEC_EVENT_FRAME)
			take_frame(client, event.frame);
		else if (event.type == VACODEC_EVENT_FORMAT)
			accept(client, &event.format);
		else if (event.type == VACODEC_EVENT_ERROR)
			client->error = event.error;
		else
			client->drained = true;
	}
}

static void send_units(struct client *client, unsigned int from, unsigned int to)
{
	struct vacodec_packet packet = {0};
	ssize_t n;

	for (unsigned int i = from; i < to; i++) {
		packet.data = codec_stream_get_unit(client->stream, i);
		packet.size_bytes = codec_stream_get_size(client->stream, i);
		while (packet.size_bytes > 0 && !client->error) {
			n = vacodec_decoder_send(client->decoder, &packet);
			assert_true(n > 0 || n == -EAGAIN || client->keep_going);
			packet.data += n > 0 ? n : 0;
			packet.size_bytes -= n > 0 ? (size_t)n : 0;
			take_events(client);
		}
	}
}

static void drain(struct client *client)
{
	while (!client->error && vacodec_decoder_drain(client->decoder) == -EAGAIN)
		take_events(client);
	while (!client->error && !client->drained)
		take_events(client);
}

static int open_client(struct client *client, const char *name)
{
	struct vacodec_decoder_params params = {.size_bytes = sizeof(params)};
	char path[1024];
	int ret;

	memset(client, 0, sizeof(*client));
	client->n_listed = client->n_most = MAX_BUFFERS;
	client->stream = codec_stream_load(STREAMS, name);
	assert_non_null(client->stream);
	snprintf(path, sizeof(path), "%s/%s.md5", STREAMS, name);
	client->n_md5 = frame_md5_load(path, client->md5, MAX_FRAMES);
	assert_true(client->n_md5 > 0);
	ret = session_open_display(false, &client->display);
	params.codec = client->stream->codec;
	if (ret == 0)
		ret = vacodec_decoder_new(client->display, &params, &client->decoder);
	return ret;
}

/* All buffers come back, at the latest with the decoder. */
static void close_client(struct client *client)
{
	vacodec_decoder_unref(client->decoder);
	drop_buffers(client);
	assert_int_equal(vawrap_display_report_live(client->display, stderr), 0);
	vawrap_display_unref(client->display);
	codec_stream_free(client->stream);
}

static void run(struct client *client)
{
	send_units(client, 0, client->stream->n_units);
	drain(client);
}

static void assert_right(const struct client *client)
{
	if (client->n_wrong || client->n_frames != client->n_md5)
		print_message("%s: %u frames of %u, %u wrong, %u flagged\n", client->stream->name,
			      client->n_frames, client->n_md5, client->n_wrong, client->n_flagged);
	assert_int_equal(client->error, 0);
	assert_int_equal(client->n_frames, client->n_md5);
	assert_int_equal(client->n_wrong, 0);
	assert_int_equal(client->n_flagged, 0);
}

/* ---- In place ---- */

/* B pictures, many references, cropping, hidden frames, those that are shown again, film grain. */
static const char *const names[] = {
	"cabac-b.264",    "b-pyramid-mmco.264",  "refs-16.264",   "crop-178x146.264",
	"open-gop.264",   "hevc-b-pyramid.265",  "hevc-crop.265", "hevc-small.265",
	"vp8-altref.ivf", "vp9-altref.ivf",      "vp9-shown.ivf", "vp9-written.ivf",
	"av1-plain.ivf",  "av1-forward-key.ivf", "av1-grain.ivf", "mpeg2-b-frames.m2v",
};
#define N_NAMES (sizeof(names) / sizeof(names[0]))

/* Here; libdav1d's code is more than valgrind can translate. */
static bool is_decodable(const char *name)
{
	return codec_stream_is_decodable(name) &&
	       !(session_is_slow() && codec_stream_find_codec(name) == VACODEC_CODEC_AV1);
}

static void test_all_frames_are_in_buffers(void **state)
{
	struct client client;

	(void)state;
	for (size_t i = 0; i < N_NAMES; i++) {
		if (!is_decodable(names[i]))
			continue;
		assert_int_equal(open_client(&client, names[i]), 0);
		run(&client);
		assert_right(&client);
		if (client.in_place != 1 || client.n_in_place != client.n_frames)
			print_message("%s: %d, %u of %u in place\n", names[i], client.in_place,
				      client.n_in_place, client.n_frames);
		assert_int_equal(client.n_in_place, client.n_frames);
		close_client(&client);
	}
}

/* Some are in buffers and some in the decoder's memory, which refer to each other. */
static void test_what_is_not_lent_is_in_the_decoders_memory(void **state)
{
	struct client client;

	(void)state;
	for (size_t i = 0; i < N_NAMES; i++) {
		if (!is_decodable(names[i]))
			continue;
		assert_int_equal(open_client(&client, names[i]), 0);
		client.n_most = 1;
		run(&client);
		assert_right(&client);
		assert_true(client.n_in_place > 0);
		if (client.stream->codec == VACODEC_CODEC_H264)
			assert_true(client.n_in_place < client.n_frames);
		close_client(&client);
	}
}

/* The last ones are lent first, and not in the list. */
static void test_a_buffer_that_is_not_listed_is_given_back(void **state)
{
	struct client client;

	(void)state;
	assert_int_equal(open_client(&client, "cabac-b.264"), 0);
	client.n_listed = MAX_BUFFERS / 2;
	run(&client);
	assert_right(&client);
	/* The trial has lent one that it was not shown, either. */
	assert_true(client.n_in_place == 0 && client.n_lends > 0);
	close_client(&client);
}

static void test_formats_that_change(void **state)
{
	struct client client;

	(void)state;
	assert_int_equal(open_client(&client, "resolution-change.264"), 0);
	run(&client);
	assert_right(&client);
	close_client(&client);
}

static void test_fields_are_not_in_place(void **state)
{
	struct client client;

	(void)state;
	assert_int_equal(open_client(&client, "mbaff-tff.264"), 0);
	run(&client);
	assert_right(&client);
	assert_true(client.in_place == 0 && client.n_lends == 0);
	close_client(&client);
}

static void test_nothing_is_in_place_where_pictures_do_not_arrive(void **state)
{
	static const char *const quirks[] = {"import=ignored", "import=none", "import=vpp-only",
					     "import=tiled"};
	struct client client;

	(void)state;
	for (size_t i = 0; i < sizeof(quirks) / sizeof(quirks[0]); i++) {
		setenv("SOFTVA_QUIRKS", quirks[i], 1);
		assert_int_equal(open_client(&client, "cabac-b.264"), 0);
		unsetenv("SOFTVA_QUIRKS");
		run(&client);
		assert_right(&client);
		assert_true(client.in_place == 0 && client.n_in_place == 0);
		close_client(&client);
	}
}

/* ---- Buffers that the client needs back ---- */

/* And writes to: softva's decoders keep references of their own. */
static int64_t vacate(struct client *client)
{
	int64_t n_bytes = vacodec_decoder_vacate(client->decoder, client);

	for (unsigned int i = 0; i < client->n_buffers; i++)
		memset(client->memory[i].iov_base, 0xab, client->memory[i].iov_len);
	return n_bytes;
}

static bool is_intact(const struct client *client)
{
	for (unsigned int i = 0; i < client->n_buffers; i++) {
		const uint8_t *bytes = client->memory[i].iov_base;

		if (bytes[0] != 0xab || memcmp(bytes, bytes + 1, client->memory[i].iov_len - 1))
			return false;
	}
	return true;
}

/* In the middle of a stream whose pictures take their time; none is written to what was given back. */
static void test_vacated_buffers_are_done(void **state)
{
	struct client client;
	unsigned int half;

	(void)state;
	setenv("SOFTVA_DELAY_US", "20000", 1);
	assert_int_equal(open_client(&client, "cabac-b.264"), 0);
	unsetenv("SOFTVA_DELAY_US");
	half = client.stream->n_units / 2;
	send_units(&client, 0, half);
	assert_true(client.n_lent > 0);
	assert_true(vacate(&client) >= 64 * 48 * 3 / 2);
	/* From here on all are the decoder's own. */
	client.n_most = 0;
	client.n_in_place = 0;
	send_units(&client, half, client.stream->n_units);
	drain(&client);
	assert_right(&client);
	assert_int_equal(client.n_in_place, 0);
	assert_true(is_intact(&client));
	close_client(&client);
}

/* Pictures that the driver still has when the decoder goes. */
static void test_buffers_come_back_when_their_pictures_are_done(void **state)
{
	struct client client;
	unsigned int n = 0;

	(void)state;
	setenv("SOFTVA_DELAY_US", "20000", 1);
	assert_int_equal(open_client(&client, "cabac-b.264"), 0);
	unsetenv("SOFTVA_DELAY_US");
	send_units(&client, 0, client.stream->n_units / 2);
	client.look = true;
	client.decoder = vacodec_decoder_unref(client.decoder);
	for (unsigned int i = 0; i < client.n_buffers; i++) {
		n += client.came_back[i] != NULL;
		if (client.came_back[i])
			assert_memory_equal(client.came_back[i], client.memory[i].iov_base,
					    client.memory[i].iov_len);
		free(client.came_back[i]);
	}
	assert_true(n > 0);
	close_client(&client);
}

/* Pictures of one slice and of many, that are referred to, hidden, shown again, with film grain. */
static void test_vacate_again_and_again(void **state)
{
	static const char *const sliced[] = {"open-gop-slices.264", "hevc-slices.265"};
	struct client client;
	int64_t n_bytes = 0;

	(void)state;
	for (size_t i = 0; i < N_NAMES + 2; i++) {
		const char *name = i < N_NAMES ? names[i] : sliced[i - N_NAMES];

		/* Buffers of another size are not copied from. */
		if (!is_decodable(name) || strcmp(name, "vp9-written.ivf") == 0)
			continue;
		/* After each unit, one picture is not at the driver yet; after some, others are in buffers. */
		for (unsigned int every = 1; every <= 4; every += 3) {
			assert_int_equal(open_client(&client, name), 0);
			for (unsigned int unit = 0; unit < client.stream->n_units; unit++) {
				send_units(&client, unit, unit + 1);
				if (unit % every == 0)
					n_bytes += vacate(&client);
			}
			drain(&client);
			assert_right(&client);
			assert_true(client.in_place == 1);
			close_client(&client);
		}
	}
	assert_true(n_bytes > 0);
}

/* The picture is lost with its buffer, and said to be. */
static void test_a_driver_that_does_not_copy(void **state)
{
	struct client client;

	(void)state;
	setenv("SOFTVA_FAIL", "vaCopy:1+", 1);
	assert_int_equal(open_client(&client, "cabac-b.264"), 0);
	unsetenv("SOFTVA_FAIL");
	for (unsigned int unit = 0; unit < client.stream->n_units; unit++) {
		send_units(&client, unit, unit + 1);
		if (unit % 4 == 0)
			vacate(&client);
	}
	drain(&client);
	assert_int_equal(client.error, 0);
	assert_int_equal(client.n_frames, client.n_md5);
	assert_true(client.n_wrong > 0 && client.n_wrong == client.n_flagged);
	close_client(&client);
}

/* ---- Another display ---- */

static void test_the_decoder_goes_on_with_another_display(void **state)
{
	struct vawrap_display *old;
	struct client client;

	(void)state;
	assert_int_equal(open_client(&client, "hevc-closed-gop.265"), 0);
	/* The parameter sets and some pictures; then the whole stream but for its parameter sets. */
	send_units(&client, 0, client.stream->n_units / 2);
	old = client.display;
	assert_int_equal(vawrap_display_shutdown(old), 0);
	assert_int_equal(session_open_display(false, &client.display), 0);
	assert_int_equal(vacodec_decoder_set_display(client.decoder, client.display), 0);
	assert_int_equal(client.n_lent, 0);
	drop_buffers(&client);
	vawrap_display_unref(old);
	client.error = 0;
	client.n_frames = client.n_wrong = client.n_flagged = 0;
	for (unsigned int i = 0; i < client.stream->n_units; i++) {
		unsigned int type = codec_stream_get_type(client.stream, i);

		if (type < 32 || type > 34)
			send_units(&client, i, i + 1);
	}
	drain(&client);
	assert_right(&client);
	close_client(&client);
}

/* ---- Errors ---- */

static void test_arguments(void **state)
{
	struct vacodec_place place = {lend, take_back, list, MAX_BUFFERS, NULL, {0}};
	struct vawrap_dmabuf memory = {.fd = -1, .num_planes = 2};
	struct vacodec_buffer *buffer;
	struct client client;

	(void)state;
	assert_int_equal(open_client(&client, "cabac-b.264"), 0);
	assert_int_equal(vacodec_buffer_new(NULL, &memory, NULL, &buffer), -EINVAL);
	assert_int_equal(vacodec_buffer_new(client.display, NULL, NULL, &buffer), -EINVAL);
	assert_int_equal(vacodec_buffer_new(client.display, &memory, NULL, NULL), -EINVAL);
	assert_int_equal(vacodec_buffer_new(client.display, &memory, NULL, &buffer), -EBADF);
	assert_null(buffer);
	assert_null(vacodec_buffer_ref(NULL));
	assert_null(vacodec_buffer_unref(NULL));
	assert_null(vacodec_buffer_get_cookie(NULL));
	assert_null(vacodec_frame_get_place(NULL));
	assert_int_equal(vacodec_buffer_copy(NULL, NULL, false), -EINVAL);
	assert_true(vacodec_decoder_vacate(NULL, NULL) == -EINVAL);
	assert_true(vacodec_decoder_vacate(client.decoder, NULL) == 0);
	assert_int_equal(vacodec_decoder_set_display(NULL, client.display), -EINVAL);
	assert_int_equal(vacodec_decoder_set_display(client.decoder, NULL), -EINVAL);
	/* No format was asked for. */
	assert_int_equal(vacodec_decoder_accept_format_in_place(client.decoder, 0, &place),
			 -EINVAL);
	close_client(&client);
}

static void test_a_place_without_its_functions(void **state)
{
	struct vacodec_place place = {lend, take_back, list, 257, NULL, {0}};
	struct vacodec_event event = {.size_bytes = sizeof(event)};
	struct vacodec_packet packet = {0};
	struct client client;

	(void)state;
	assert_int_equal(open_client(&client, "cabac-b.264"), 0);
	packet.data = client.stream->data;
	packet.size_bytes = client.stream->size_bytes;
	assert_true(vacodec_decoder_send(client.decoder, &packet) > 0);
	assert_int_equal(vacodec_decoder_receive(client.decoder, &event, 0), 0);
	assert_int_equal(event.type, VACODEC_EVENT_FORMAT);
	assert_int_equal(vacodec_decoder_accept_format_in_place(client.decoder, 0, NULL), -EINVAL);
	assert_int_equal(vacodec_decoder_accept_format_in_place(client.decoder, 0, &place),
			 -EINVAL);
	place = (struct vacodec_place){NULL, take_back, list, 1, NULL, {0}};
	assert_int_equal(vacodec_decoder_accept_format_in_place(client.decoder, 0, &place),
			 -EINVAL);
	place = (struct vacodec_place){lend, NULL, list, 1, NULL, {0}};
	assert_int_equal(vacodec_decoder_accept_format_in_place(client.decoder, 0, &place),
			 -EINVAL);
	place = (struct vacodec_place){lend, take_back, NULL, 1, NULL, {0}};
	assert_int_equal(vacodec_decoder_accept_format_in_place(client.decoder, 0, &place),
			 -EINVAL);
	/* Without a head nothing can be tried, and nothing is in place. */
	place = (struct vacodec_place){lend, take_back, list, 1, &client, {0}};
	client.format = event.format;
	assert_int_equal(new_buffer(&client, 0), 0);
	client.n_buffers = 1;
	assert_int_equal(vacodec_decoder_accept_format_in_place(client.decoder, 0, &place), 0);
	assert_int_equal(client.n_lends, 1);
	close_client(&client);
}

/* Each call fails at each of its first times: in the trial, in what is made, among the pictures. */
static void test_a_driver_that_fails(void **state)
{
	static const char *const calls[] = {"vaCreateConfig", "vaCreateContext", "vaCreateSurfaces",
					    "vaCreateBuffer", "vaBeginPicture",  "vaRenderPicture",
					    "vaEndPicture",   "vaSyncSurface",   "vaMapBuffer"};
	struct client client;
	char fail[64];

	(void)state;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		for (unsigned int n = 1; n <= 8; n++) {
			snprintf(fail, sizeof(fail), "%s:%u", calls[i], n);
			setenv("SOFTVA_FAIL", fail, 1);
			assert_int_equal(open_client(&client, "size-16x16.264"), 0);
			unsetenv("SOFTVA_FAIL");
			client.keep_going = true;
			run(&client);
			/* What is wrong is said. */
			assert_true(client.error || client.n_frames < client.n_md5 ||
				    client.n_wrong <= client.n_flagged);
			close_client(&client);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_frames_are_in_buffers),
		cmocka_unit_test(test_what_is_not_lent_is_in_the_decoders_memory),
		cmocka_unit_test(test_a_buffer_that_is_not_listed_is_given_back),
		cmocka_unit_test(test_formats_that_change),
		cmocka_unit_test(test_fields_are_not_in_place),
		cmocka_unit_test(test_nothing_is_in_place_where_pictures_do_not_arrive),
		cmocka_unit_test(test_vacated_buffers_are_done),
		cmocka_unit_test(test_buffers_come_back_when_their_pictures_are_done),
		cmocka_unit_test(test_vacate_again_and_again),
		cmocka_unit_test(test_a_driver_that_does_not_copy),
		cmocka_unit_test(test_the_decoder_goes_on_with_another_display),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_a_place_without_its_functions),
		cmocka_unit_test(test_a_driver_that_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
