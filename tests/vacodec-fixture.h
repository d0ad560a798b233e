/* SPDX-License-Identifier: MIT */
/*
 * vacodec-fixture.h - a client of a decoder on the fake libva
 *
 * The fake decodes nothing, so what is compared is what the driver is given: a hash over all
 * parameter and data buffers, with surfaces left out.
 */
#ifndef VACODEC_FIXTURE_H
#define VACODEC_FIXTURE_H

#include "vawrap-fixture.h"
#include "vacodec.h"

#define CLIENT_MAX_FRAMES 128

struct stream {
	uint8_t *data;
	size_t size_bytes;
};

struct client {
	struct vawrap_display *display;
	struct vacodec_decoder *decoder;
	enum vacodec_codec codec; /* NONE is H.264 */
	const struct vacodec_frame_ops *ops;
	const uint8_t *extradata;
	size_t extradata_bytes;
	unsigned int extra_frames;
	bool hold;   /* keep the frames instead of letting go of them */
	bool manual; /* leave FORMAT unanswered */
	bool show_incomplete;
	bool skip_film_grain;
	unsigned int n_formats, n_drained, n_errors, n_frames, n_corrupt, n_held;
	int error; /* of the ERROR event */
	struct vacodec_format format;
	uint64_t timestamps[CLIENT_MAX_FRAMES];
	uint32_t flags[CLIENT_MAX_FRAMES];
	unsigned int widths[CLIENT_MAX_FRAMES]; /* coded */
	struct vacodec_frame *held[CLIENT_MAX_FRAMES];
};

/* tests/streams/NAME, .264 if it has no extension. */
struct stream stream_load(const char *name);
void stream_free(struct stream *stream);
/* Index of the n-th NAL unit's start code prefix; the size behind the last one. */
size_t stream_find_unit(const struct stream *stream, unsigned int n);

/* Returns 0 or -errno; nothing is left on failure. */
int client_open(struct client *client);
void client_close(struct client *client);
void client_release(struct client *client);
/* Takes all events there are; 0 or the first error. */
int client_take_events(struct client *client);
/* Sends it all, taking events in between; -EAGAIN when frames that are held stop it. */
int client_send(struct client *client, const uint8_t *data, size_t size_bytes, uint64_t timestamp);
int client_drain(struct client *client);
/* Opens, sends a stream in pieces of at most so many bytes (0: whole), drains, closes. */
int client_run(struct client *client, const struct stream *stream, size_t piece_bytes);

/* Begins to hash what the driver is given. */
void hash_begin(void);
void hash_end(void);
uint64_t hash_get(void);
unsigned int hash_get_pictures(void);

/* The surfaces of the pictures in the order in which they begin; it is the cookie of add, a hook of the fake. */
struct targets {
	unsigned int n;
	VASurfaceID surface[CLIENT_MAX_FRAMES];
};

#define TARGETS_NONE UINT32_MAX

void targets_add(void *targets, VAContextID context, VASurfaceID target);
/* The last picture before one that was decoded into a surface. */
unsigned int targets_find(const struct targets *targets, VASurfaceID surface, unsigned int before);

bool is_readable(int fd);

#endif
