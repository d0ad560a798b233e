/* SPDX-License-Identifier: MIT */
/*
 * softva-session.h - a client of libvacodec on softva, for tests that look at whole decodes
 *
 * One display may serve many sessions, one after the other. What a frame shows is asked by md5.
 */
#ifndef TESTS_SOFTVA_SESSION_H
#define TESTS_SOFTVA_SESSION_H

#include "vacodec.h"
#include "vawrap.h"

struct session {
	/* Set by the caller, all may be 0. */
	void (*on_frame)(struct session *session, struct vacodec_frame *frame); /* synced */
	void *cookie;
	enum vacodec_codec codec; /* NONE is H.264 */
	uint64_t max_samples;     /* a larger format ends the session: it would only take time */
	unsigned int max_in_flight;
	bool show_incomplete;
	/* What there was. */
	struct vacodec_decoder *decoder;
	unsigned int n_formats, n_frames, n_corrupt, n_drained, n_events;
	bool ended; /* by an ERROR event, or a format that is too large */
	int error;  /* the event's, or why the format was not accepted */
};

/* softva of the build tree, with no device; its messages go to stdout if so said. -errno. */
int session_open_display(bool verbose, struct vawrap_display **out);
/* A group's set-up and its end: one display for all its tests. */
extern struct vawrap_display *session_display;
int session_set_up(void **state);
int session_tear_down(void **state);
/* By the extension of a stream's name; NONE for one that has none of the table. */
enum vacodec_codec session_codec_of(const char *name);
int session_open(struct session *session, struct vawrap_display *display);
void session_close(struct session *session);
/* Valgrind runs the test: it does less then. */
bool session_is_slow(void);
/* Memory that was freed is kept; leaks are found otherwise. */
bool session_has_sanitizer(void);
/* Takes all events there are; false when the session has ended. */
bool session_take_events(struct session *session);
/* Takes one event that was received. */
void session_take(struct session *session, struct vacodec_event *event);
/* Sends it all, taking events in between. 0, or -errno of a send that is no -EAGAIN for long. */
int session_send(struct session *session, const uint8_t *data, size_t size_bytes,
		 uint64_t timestamp);
/* Drains and takes all events. */
int session_drain(struct session *session);

#endif
