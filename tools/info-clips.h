/* SPDX-License-Identifier: MIT */
/*
 * info-clips.h - small streams to try drivers with; info-clips.c is made of those in tests/streams
 */
#ifndef TOOLS_INFO_CLIPS_H
#define TOOLS_INFO_CLIPS_H

#include <stddef.h>
#include <stdint.h>

/* A stream whose pictures have more than one colour in a row, each of 8 bits and 4:2:0. */
struct info_clip {
	int codec; /* enum vacodec_codec */
	const uint8_t *data;
	size_t size_bytes;
};

extern const struct info_clip info_clips[];
extern const unsigned int info_n_clips;

#endif
