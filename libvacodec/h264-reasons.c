/* SPDX-License-Identifier: MIT */
/*
 * h264-reasons.c - what of H.264 is not decoded and no sequence header tells, by name
 *
 * The names are the decoder's and the probe's. What separates a tool from damage that looks like it:
 *
 *   - a profile that does not have it: then it is damage, and costs its own frames;
 *   - where the profile has it, what is refused is refused before the first picture. Later, a
 *     parameter set that is not decoded counts when it comes a second time, and slices out of order
 *     when no picture of several slices came in order before, or two pictures in a row do not.
 *
 * Source: Rec. ITU-T H.264, Annex A (profiles and their tools).
 */
#include "h264.h"

#include <errno.h>

const char *h264_reason_get_name(enum h264_reason reason)
{
	static const char *const names[H264_N_REASONS] = {
		[H264_REASON_FMO] = "slice groups (FMO)",
		[H264_REASON_ASO] = "arbitrary slice order (ASO)",
		[H264_REASON_PARTITIONS] = "data partitioning",
		[H264_REASON_SWITCHING] = "SP and SI slices",
	};

	return names[reason];
}

int h264_refuse(struct vacodec_decoder *decoder, enum h264_reason reason)
{
	decoder_warn(decoder, "H.264 %s: not supported", h264_reason_get_name(reason));
	return -ENOTSUP;
}
