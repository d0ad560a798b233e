/* SPDX-License-Identifier: MIT */
/*
 * A stream of six small pictures written bit by bit, with the VA parameters that describe it and the
 * pictures that must come out. 32x32, four macroblocks of one colour each:
 *
 *	0  IDR, I_PCM			frame_num 0, POC 0
 *	1  I_PCM			frame_num 1, POC 2
 *	2  P of 1 and 0, weighted	frame_num 2, POC 12; makes 0 a long-term reference
 *	3  B of 1 and 2, implicit	frame_num 3, POC 6, no reference
 *	4  P of 2, 1 and 0 (long)	frame_num 3, POC 14, loop filter on (and idle)
 *	5  P of 4, all skipped, CABAC	frame_num 4, POC 16
 */
#ifndef TESTS_SOFTVA_STREAM_H
#define TESTS_SOFTVA_STREAM_H

#include <stddef.h>
#include <stdint.h>
#include <va/va.h>

#define STREAM_PICTURES 6
#define STREAM_SIZE     32
#define STREAM_MBS      4

struct stream_picture {
	VAPictureParameterBufferH264 pic;
	VAIQMatrixBufferH264 iq;
	VASliceParameterBufferH264 slice;
	uint8_t data[2048];
	size_t size;
	VASurfaceID target;
	/* Of each macroblock: Y, Cb, Cr. */
	uint8_t expected[STREAM_MBS][3];
};

struct stream {
	struct stream_picture pictures[STREAM_PICTURES];
};

/* surfaces: the targets, in decoding order. */
void stream_make(struct stream *stream, const VASurfaceID surfaces[STREAM_PICTURES]);

#endif
