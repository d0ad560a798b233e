/* SPDX-License-Identifier: MIT */
/*
 * frame-md5.h - what a decoded frame shows, and the MD5s that a stream must show
 */
#ifndef TESTS_FRAME_MD5_H
#define TESTS_FRAME_MD5_H

#include "vacodec.h"
#include <stdbool.h>

#define FRAME_MD5_SIZE 33 /* with its zero */

/* As tools' --md5: over the cropped planar picture, lower-case. The frame was synced. 0 or -errno. */
int frame_md5(struct vacodec_frame *frame, char md5[FRAME_MD5_SIZE]);

/* Reads a file of MD5s, one a line; returns their number, at most max. */
unsigned int frame_md5_load(const char *path, char (*md5s)[FRAME_MD5_SIZE], unsigned int max);

#endif
