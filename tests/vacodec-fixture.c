/* SPDX-License-Identifier: MIT */
/*
 * vacodec-fixture.c - a client of a decoder on the fake libva
 */
#include "vacodec-fixture.h"
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Streams ---- */

struct stream stream_load(const char *name)
{
	struct stream stream = {0};
	char path[1024];
	FILE *file;
	long size;

	snprintf(path, sizeof(path), "%s%s%s", STREAMS, name, strchr(name, '.') ? "" : ".264");
	file = fopen(path, "rb");
	assert_non_null(file);
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	size = ftell(file);
	rewind(file);
	stream.data = test_malloc((size_t)size);
	stream.size_bytes = (size_t)size;
	assert_int_equal(fread(stream.data, 1, stream.size_bytes, file), stream.size_bytes);
	fclose(file);
	return stream;
}

void stream_free(struct stream *stream)
{
	test_free(stream->data);
}

size_t stream_find_unit(const struct stream *stream, unsigned int n)
{
	size_t i;

	for (i = 0; i + 3 < stream->size_bytes; i++) {
		if (stream->data[i] == 0 && stream->data[i + 1] == 0 && stream->data[i + 2] == 1 &&
		    n-- == 0)
			return i;
	}
	return stream->size_bytes;
}

/* ---- The client ---- */

int client_open(struct client *client)
{
	struct vacodec_decoder_params params = {
		.size_bytes = sizeof(params),
		.codec = client->codec ? client->codec : VACODEC_CODEC_H264,
		.show_incomplete = client->show_incomplete,
		.skip_film_grain = client->skip_film_grain,
		.extradata = client->extradata,
		.extradata_bytes = client->extradata_bytes,
	};
	int ret = vawrap_display_new_driver("fake", NULL, &client->display);

	if (ret < 0)
		return ret;
	ret = vacodec_decoder_new(client->display, &params, &client->decoder);
	if (ret < 0)
		client->display = vawrap_display_unref(client->display);
	return ret;
}

void client_release(struct client *client)
{
	while (client->n_held > 0)
		vacodec_frame_unref(client->held[--client->n_held]);
}

void client_close(struct client *client)
{
	client->decoder = vacodec_decoder_unref(client->decoder);
	client_release(client);
	client->display = vawrap_display_unref(client->display);
}

static void take_frame(struct client *client, struct vacodec_frame *frame)
{
	struct vacodec_frame_info info = {.size_bytes = sizeof(info)};
	int ret = client->hold ? 0 : vacodec_frame_sync(frame, -1);

	(void)ret; /* the flags say it */
	vacodec_frame_get_info(frame, &info);
	if (client->n_frames < CLIENT_MAX_FRAMES) {
		client->timestamps[client->n_frames] = info.timestamp;
		client->flags[client->n_frames] = info.flags;
		client->widths[client->n_frames] = info.coded_width;
	}
	client->n_frames++;
	client->n_corrupt += (info.flags & VACODEC_FRAME_CORRUPT) != 0;
	if (client->hold && client->n_held < CLIENT_MAX_FRAMES)
		client->held[client->n_held++] = frame;
	else
		vacodec_frame_unref(frame);
}

static int take_event(struct client *client, struct vacodec_event *event)
{
	switch (event->type) {
	case VACODEC_EVENT_FORMAT:
		client->n_formats++;
		client->format = event->format;
		if (client->manual)
			return 0;
		return vacodec_decoder_accept_format(client->decoder, client->ops,
						     client->extra_frames);
	case VACODEC_EVENT_FRAME:
		take_frame(client, event->frame);
		return 0;
	case VACODEC_EVENT_DRAINED:
		client->n_drained++;
		return 0;
	case VACODEC_EVENT_ERROR:
		client->n_errors++;
		client->error = event->error;
		return event->error;
	}
	return -EPROTO;
}

int client_take_events(struct client *client)
{
	struct vacodec_event event = {.size_bytes = sizeof(event)};
	int ret;

	do {
		ret = vacodec_decoder_receive(client->decoder, &event, 0);
		if (ret == 0)
			ret = take_event(client, &event);
	} while (ret == 0);
	return ret == -EAGAIN ? 0 : ret;
}

int client_send(struct client *client, const uint8_t *data, size_t size_bytes, uint64_t timestamp)
{
	struct vacodec_packet packet = {data, size_bytes, timestamp};
	unsigned int refusals = 0;
	ssize_t n;
	int ret;

	while (packet.size_bytes > 0) {
		n = vacodec_decoder_send(client->decoder, &packet);
		refusals = n < 0 ? refusals + 1 : 0;
		if (n > 0) {
			packet.data += n;
			packet.size_bytes -= (size_t)n;
		}
		ret = client_take_events(client);
		if (ret < 0)
			return ret;
		if (n < 0 && (n != -EAGAIN || refusals > 2))
			return (int)n;
	}
	return 0;
}

int client_drain(struct client *client)
{
	unsigned int before = client->n_drained;
	unsigned int refusals = 0;
	int ret;

	do {
		ret = vacodec_decoder_drain(client->decoder);
		if (client_take_events(client) < 0)
			return client->error ? client->error : -EIO;
	} while (ret == -EAGAIN && refusals++ < 2);
	return ret == 0 && client->n_drained == before ? -EAGAIN : ret;
}

int client_run(struct client *client, const struct stream *stream, size_t piece_bytes)
{
	size_t at = 0;
	size_t n;
	int ret = client_open(client);

	if (ret < 0)
		return ret;
	while (ret == 0 && at < stream->size_bytes) {
		n = stream->size_bytes - at;
		if (piece_bytes > 0 && n > piece_bytes)
			n = 1 + (size_t)rand() % piece_bytes;
		ret = client_send(client, stream->data + at, n, at);
		at += n;
	}
	if (ret == 0)
		ret = client_drain(client);
	client_close(client);
	return ret;
}

/* ---- What the driver is given ---- */

static uint64_t hash;
static unsigned int n_pictures;

/* FNV-1a */
static void add_bytes(const void *data, size_t size_bytes)
{
	const uint8_t *bytes = data;
	size_t i;

	for (i = 0; i < size_bytes; i++)
		hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
}

static void mask(VAPictureH264 *pictures, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		pictures[i].picture_id = 0;
}

static void on_begin(void *cookie, VAContextID context, VASurfaceID target)
{
	(void)cookie;
	(void)context;
	(void)target;
	n_pictures++;
}

static void on_render(void *cookie, VABufferType type, const void *data, size_t size_bytes,
		      size_t n)
{
	VAPictureParameterBufferH264 picture;
	VASliceParameterBufferH264 slice;

	(void)cookie;
	if (type == VAPictureParameterBufferType && size_bytes == sizeof(picture)) {
		memcpy(&picture, data, sizeof(picture));
		mask(&picture.CurrPic, 1);
		mask(picture.ReferenceFrames, 16);
		add_bytes(&picture, sizeof(picture));
	} else if (type == VASliceParameterBufferType && size_bytes == sizeof(slice)) {
		memcpy(&slice, data, sizeof(slice));
		mask(slice.RefPicList0, 32);
		mask(slice.RefPicList1, 32);
		add_bytes(&slice, sizeof(slice));
	} else {
		add_bytes(data, size_bytes * n);
	}
}

void hash_begin(void)
{
	const struct fake_hooks hooks = {.begin = on_begin, .render = on_render};

	hash = UINT64_C(0xcbf29ce484222325);
	n_pictures = 0;
	fake_set_hooks(&hooks);
}

void hash_end(void)
{
	fake_set_hooks(&(struct fake_hooks){0});
}

uint64_t hash_get(void)
{
	return hash;
}

unsigned int hash_get_pictures(void)
{
	return n_pictures;
}

void targets_add(void *cookie, VAContextID context, VASurfaceID target)
{
	struct targets *targets = cookie;

	(void)context;
	if (targets->n < CLIENT_MAX_FRAMES)
		targets->surface[targets->n++] = target;
}

unsigned int targets_find(const struct targets *targets, VASurfaceID surface, unsigned int before)
{
	while (before > 0) {
		if (targets->surface[--before] == surface)
			return before;
	}
	return TARGETS_NONE;
}

bool is_readable(int fd)
{
	struct pollfd pfd = {.fd = fd, .events = POLLIN};

	return poll(&pfd, 1, 0) == 1;
}
