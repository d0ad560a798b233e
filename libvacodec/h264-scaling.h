/* SPDX-License-Identifier: MIT */
/*
 * h264-scaling.h - scaling lists as parameter sets code them
 */
#ifndef LIBVACODEC_H264_SCALING_H
#define LIBVACODEC_H264_SCALING_H

#include "h264-parser.h"

/* Parses six 4x4 lists and n_8x8 8x8 lists: 7.3.2.1.1 and 7.3.2.1.1.1. */
void h264_scaling_parse(struct bits *b, struct h264_scaling *scaling, unsigned int n_8x8);

#endif
