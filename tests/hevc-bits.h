/* SPDX-License-Identifier: MIT */
/*
 * hevc-bits.h - how HEVC's NAL units begin, for the tests' writers of headers and of streams
 */
#ifndef TESTS_HEVC_BITS_H
#define TESTS_HEVC_BITS_H

#include "bit-writer.h"

/* An empty unit with the nal_unit_header() of the base layer. */
void begin(struct writer *w, unsigned int type, unsigned int temporal_id);

#endif
