/* SPDX-License-Identifier: MIT */
/*
 * softva-session.c - a client of libvacodec on softva; see softva-session.h
 */
#include "softva-session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_REFUSALS 3

static void print_message(void *cookie, enum vawrap_log_level level, const char *message)
{
	(void)cookie;
	(void)level;
	printf("# %s\n", message);
}

int session_open_display(bool verbose, struct vawrap_display **out)
{
	const struct vawrap_display_options options = {
		.size_bytes = sizeof(options),
		.log = {.write = verbose ? print_message : NULL, .level = VAWRAP_LOG_INFO},
	};
	const char *build = getenv("top_builddir");
	char path[4096];

	snprintf(path, sizeof(path), "%s/soft-driver/.libs", build ? build : ".");
	setenv("LIBVA_DRIVERS_PATH", path, 1);
	return vawrap_display_new_driver("softva", &options, out);
}

struct vawrap_display *session_display;

int session_set_up(void **state)
{
	(void)state;
	return session_open_display(false, &session_display);
}

int session_tear_down(void **state)
{
	(void)state;
	session_display = vawrap_display_unref(session_display);
	return 0;
}

bool session_is_slow(void)
{
	const char *preload = getenv("LD_PRELOAD");

	return preload && strstr(preload, "vgpreload");
}

bool session_has_sanitizer(void)
{
	const char *list = getenv("SANITIZERS");

	return list && *list && strcmp(list, "no") != 0;
}

enum vacodec_codec session_codec_of(const char *name)
{
	static const struct {
		const char *extension;
		enum vacodec_codec codec;
	} rows[] = {
		{".264", VACODEC_CODEC_H264},
		{".265", VACODEC_CODEC_HEVC},
	};
	const char *extension = strrchr(name, '.');

	for (size_t i = 0; extension && i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!strcmp(extension, rows[i].extension))
			return rows[i].codec;
	return VACODEC_CODEC_NONE;
}

int session_open(struct session *session, struct vawrap_display *display)
{
	struct vacodec_decoder_params params = {
		.size_bytes = sizeof(params),
		.codec = session->codec ? session->codec : VACODEC_CODEC_H264,
		.max_in_flight = session->max_in_flight,
		.show_incomplete = session->show_incomplete,
	};

	return vacodec_decoder_new(display, &params, &session->decoder);
}

void session_close(struct session *session)
{
	session->decoder = vacodec_decoder_unref(session->decoder);
}

static void take_format(struct session *session, const struct vacodec_format *format)
{
	session->n_formats++;
	if (session->max_samples &&
	    (uint64_t)format->coded_width * format->coded_height > session->max_samples)
		session->error = -E2BIG;
	else
		session->error = vacodec_decoder_accept_format(session->decoder, NULL, 0);
	session->ended = session->error < 0;
}

static void take_frame(struct session *session, struct vacodec_frame *frame)
{
	struct vacodec_frame_info info = {.size_bytes = sizeof(info)};
	int ret = vacodec_frame_sync(frame, -1);

	(void)ret; /* the flags say it */
	vacodec_frame_get_info(frame, &info);
	session->n_frames++;
	session->n_corrupt += (info.flags & VACODEC_FRAME_CORRUPT) != 0;
	if (session->on_frame)
		session->on_frame(session, frame);
	vacodec_frame_unref(frame);
}

void session_take(struct session *session, struct vacodec_event *event)
{
	session->n_events++;
	switch (event->type) {
	case VACODEC_EVENT_FORMAT:
		take_format(session, &event->format);
		break;
	case VACODEC_EVENT_FRAME:
		take_frame(session, event->frame);
		break;
	case VACODEC_EVENT_DRAINED:
		session->n_drained++;
		break;
	case VACODEC_EVENT_ERROR:
		session->ended = true;
		session->error = event->error;
		break;
	}
}

bool session_take_events(struct session *session)
{
	struct vacodec_event event = {.size_bytes = sizeof(event)};

	while (!session->ended && vacodec_decoder_receive(session->decoder, &event, 0) == 0)
		session_take(session, &event);
	return !session->ended;
}

int session_send(struct session *session, const uint8_t *data, size_t size_bytes,
		 uint64_t timestamp)
{
	struct vacodec_packet packet = {data, size_bytes, timestamp};
	unsigned int refusals = 0;

	while (packet.size_bytes > 0 && !session->ended) {
		ssize_t n = vacodec_decoder_send(session->decoder, &packet);

		if (n > 0) {
			packet.data += n;
			packet.size_bytes -= (size_t)n;
			refusals = 0;
		}
		session_take_events(session);
		if (n < 0 && !session->ended && (n != -EAGAIN || ++refusals > MAX_REFUSALS))
			return (int)n;
	}
	return 0;
}

int session_drain(struct session *session)
{
	unsigned int before = session->n_drained;
	int ret = -EAGAIN;

	for (unsigned int i = 0; i <= MAX_REFUSALS && ret == -EAGAIN && !session->ended; i++) {
		ret = vacodec_decoder_drain(session->decoder);
		session_take_events(session);
	}
	if (session->ended)
		return 0;
	return ret == 0 && session->n_drained == before ? -EAGAIN : ret;
}
