// SPDX-License-Identifier: MIT
/*
 * What the scenes of field pictures share.
 */
#ifndef TESTS_WRITTEN_FIELDS_H
#define TESTS_WRITTEN_FIELDS_H

#include "written-streams.h"

/* A field; the second one shares the frame of the picture before it. */
#define FIRST(s, kind, parity, ref, num, order, ...)                                               \
	SHOT(s, kind, ref, num, order, .structure = H264W_##parity, __VA_ARGS__)
#define SECOND(s, kind, parity, ref, num, order, ...)                                              \
	SHOT(s, kind, ref, num, order, .structure = H264W_##parity, .second = true, __VA_ARGS__)

/* As scene_begin(), with fields and so many reference frames. */
void fields_begin(struct h264w_stream *s, const struct h264w_sps *sps, unsigned int refs);

#endif
