/* SPDX-License-Identifier: MIT */
/*
 * libavcodec beneath: a packet in, the picture that the packet decodes out, whatever its display order.
 */
#ifndef SOFTVA_DECODER_H
#define SOFTVA_DECODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct AVCodecContext;
struct AVFrame;
struct AVPacket;
struct surface;

/* Which of the frames that a packet asks memory for is the packet's own. */
enum decoder_target {
	/* The others are stand-ins of earlier pictures. */
	DECODER_LAST,
	/* The others are stand-ins of its references. */
	DECODER_FIRST,
};

struct decoder_kind {
	/* libavcodec's. */
	const char *name;
	enum decoder_target target;
	/* It takes a picture for good whose slices leave some of it out: coverage.h. */
	bool coverage;
};

struct decoder {
	const struct decoder_kind *kind;
	struct AVCodecContext *codec;
	struct AVPacket *packet;
	struct AVFrame *output;
	/* The frame of the packet that was decoded last. */
	struct AVFrame *target;
	unsigned int allocated;
};

/* 0 or -errno. Failed or not, decoder_finish() is due. */
int decoder_init(struct decoder *decoder, const struct decoder_kind *kind);
void decoder_finish(struct decoder *decoder);
void decoder_reset(struct decoder *decoder);
/* data must be followed by DECODER_PADDING zero bytes. 0, or -errno if any part of it failed. */
#define DECODER_PADDING 64
int decoder_decode(struct decoder *decoder, const uint8_t *data, size_t size, bool second_field);
/*
 * Copies the target's fields (1 top, 2 bottom, 3 both) into the surface; mono: with mid-grey chroma.
 * -ENOENT if there is no target, -EINVAL if the surface has no place for its samples, -EBADMSG if a
 * macroblock was not decoded; what is there is copied then all the same.
 */
int decoder_copy(struct decoder *decoder, struct surface *surface, unsigned int fields, bool mono);

#endif
