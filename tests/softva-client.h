/* SPDX-License-Identifier: MIT */
/*
 * A small client of softva for its tests: a display, a context, surfaces, pictures of softva-stream.h, and
 * what softva counted. Failures of what must not fail are cmocka assertions.
 */
#ifndef TESTS_SOFTVA_CLIENT_H
#define TESTS_SOFTVA_CLIENT_H

#include <stdbool.h>

#include "softva-stream.h"

#define CLIENT_SURFACES    (STREAM_PICTURES + 1)
#define CLIENT_MAX_BUFFERS 8

struct client {
	VADisplay display;
	VAConfigID config;
	VAContextID context;
	VASurfaceID surfaces[CLIENT_SURFACES];
	struct stream stream;
	char checks[64];
};

struct client_report {
	unsigned long performed;
	unsigned long failed;
	unsigned long missing;
	unsigned long leaked;
	/* The names of the failed checks, each followed by a space, in the table's order. */
	char names[512];
};

/* Finds softva in the build folder. Once a process. */
void client_find_driver(void);
VADisplay client_open_display(void);
/* Environment that the driver reads is to be set before. */
void client_open(struct client *client);
/* The same without a stream. */
void client_open_profile(struct client *client, VAProfile profile);
/* The same with SOFTVA_QUIRKS for this display only, and a display alone. */
void client_open_with(struct client *client, const char *quirks);
VADisplay client_display_with(const char *quirks);
/* Closes all that client_open() opened; report may be NULL. */
void client_close(struct client *client, struct client_report *report);

/* Begins, renders and ends a picture; the first error of any call. */
VAStatus client_submit(struct client *client, const struct stream_picture *picture);
struct client_buffer {
	VABufferType type;
	const void *data;
	size_t size;
};
VAStatus client_submit_buffers(struct client *client, VASurfaceID target,
			       const struct client_buffer *buffers, int count);
/* The stream's first picture, and waits for it; its surface. */
VASurfaceID client_decode(struct client *client);
/* Whether the surface shows what the picture must come to. */
bool client_shows(struct client *client, VASurfaceID surface, const struct stream_picture *picture);
/* Of each macroblock: Y, Cb, Cr. */
bool client_shows_colours(struct client *client, VASurfaceID surface,
			  const uint8_t colours[STREAM_MBS][3]);
/* The surface's memory, mapped before its picture is queued and kept. */
struct client_view {
	VAImage image;
	const uint8_t *data;
};
void client_view_open(struct client *client, VASurfaceID surface, struct client_view *view);
void client_view_close(struct client *client, struct client_view *view);

/* A pipe that holds softva's workers: one byte lets one picture through. */
struct client_gate {
	char path[64];
	int fd;
};
void client_gate_open(struct client_gate *gate);
void client_gate_pass(struct client_gate *gate, unsigned int count);
void client_gate_close(struct client_gate *gate);

#endif
