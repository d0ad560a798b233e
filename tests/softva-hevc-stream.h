/* SPDX-License-Identifier: MIT */
/*
 * A stream of five small HEVC pictures written bit by bit, with the VA parameters that describe it and the
 * pictures that must come out. 32x32, four coding tree blocks of one colour each:
 *
 *	0  IDR, PCM				POC 0
 *	1  PCM					POC 2
 *	2  P of 0 (weighted) before 1		POC 8
 *	3  B of 1 and 2, two segments		POC 4, the second one dependent
 *	4  P of 0 (long-term), then of 2	POC 10, two slices, temporal prediction on (and idle)
 *
 * All inter blocks are skipped, with the one merge candidate that there is: entry 0, no motion.
 */
#ifndef TESTS_SOFTVA_HEVC_STREAM_H
#define TESTS_SOFTVA_HEVC_STREAM_H

#include <stddef.h>
#include <stdint.h>
#include <va/va.h>

#define HEVC_PICTURES 5
#define HEVC_SIZE     32
#define HEVC_CTBS     4
#define HEVC_SLICES   2

struct hevc_picture {
	VAPictureParameterBufferHEVCExtension pic;
	VAIQMatrixBufferHEVC iq;
	VASliceParameterBufferHEVCExtension slices[HEVC_SLICES];
	uint8_t data[HEVC_SLICES][2048];
	unsigned int num_slices;
	VASurfaceID target;
	/* Of each block: Y, Cb, Cr. */
	uint8_t expected[HEVC_CTBS][3];
};

/* surfaces: the targets, in decoding order. */
void hevc_stream_make(struct hevc_picture pictures[HEVC_PICTURES],
		      const VASurfaceID surfaces[HEVC_PICTURES]);

#endif
