/* SPDX-License-Identifier: MIT */
/*
 * input.h - files and pipes as packets of one video stream
 *
 * Raw H.264 and HEVC (Annex B) are read here, in chunks or one access unit a packet; so are IVF and
 * raw AV1 (OBUs). Any other container is opened by libavformat when the tools were built with it.
 */
#ifndef TOOLS_INPUT_H
#define TOOLS_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "vacodec.h"

enum input_split {
	INPUT_SPLIT_UNITS,  /* one access unit a packet, as a guest's front end sends it */
	INPUT_SPLIT_CHUNKS, /* chunk_bytes a packet, wherever they end (raw streams only) */
};

struct input_options {
	enum input_split split;
	size_t chunk_bytes; /* 0: 64 KiB */
	/*
	 * Units behind lengths come as the container has them, with its record as extradata; else as a
	 * byte stream, which is all that some can take.
	 */
	bool as_stored;
	bool any_codec; /* open what no decoder is for, too, to look at its packets */
};

struct input_packet {
	const uint8_t *data; /* valid until the next call */
	size_t size_bytes;
	uint64_t timestamp_ns; /* from the container, or the packet's number times the frame time */
	bool key;
};

struct input;

/*
 * Opens a file ("-": stdin) and finds out what it holds. Errors: -errno of open(2) and read(2);
 * -ENOTSUP no stream that we know, -EBADMSG a damaged one, both with a readable reason in *why
 * (static or owned by the process).
 */
int input_open(const char *path, const struct input_options *options, struct input **out,
	       const char **why);
/* VACODEC_CODEC_NONE with any_codec only. */
enum vacodec_codec input_get_codec(const struct input *input);
/* Out-of-band parameter sets, NULL without. */
const uint8_t *input_get_extradata(const struct input *input, size_t *size_bytes);
/* Size of the whole input and how much was read, for progress; 0 where unknown (pipes). */
uint64_t input_get_size(const struct input *input);
uint64_t input_get_position(const struct input *input);
/*
 * Before the first packet: makes reading begin at the last key frame that is not after a time, counted
 * from the video's start, where a container that can be sought in knows one; else at the start.
 * -errno of reading.
 */
int input_seek(struct input *input, uint64_t time_ns);
/*
 * Whether a frame comes before that time; to be asked of each frame, in output order. A byte stream
 * has no times: there, the frames count, 30 a second.
 */
bool input_is_before_seek(struct input *input, uint64_t timestamp_ns);
/* Returns 1 and a packet, 0 at the end, -errno; -EBADMSG where the container is damaged. */
int input_read(struct input *input, struct input_packet *packet);
/* What input_read() failed of, in words; NULL where its -errno says it. */
const char *input_get_error(const struct input *input);
/* NULL is accepted; returns NULL. */
struct input *input_free(struct input *input);

#endif
