/* SPDX-License-Identifier: MIT */
/*
 * sps.h - what the sequence parameter sets of H.264 and HEVC have in common
 */
#ifndef LIBVACODEC_SPS_H
#define LIBVACODEC_SPS_H

#include "bits.h"

/*
 * The VUI's fields before the timing, which are of no use to us: sample aspect ratio, overscan, video
 * signal and the place of chroma samples. H.264, E.1.1; H.265, E.2.1.
 */
void sps_skip_video_signal(struct bits *b);

/* The wider of the two; without chroma its depth means nothing: 7.4.2.1.1 and 7.4.3.2.1. */
unsigned int sps_get_bit_depth(unsigned int chroma_format_idc, unsigned int luma,
			       unsigned int chroma);
/* What of them no driver decodes, to go into a list: "14 bit samples, "; else "". */
#define SPS_DEPTH_FAULT_BYTES 64
void sps_name_depth_fault(unsigned int chroma_format_idc, unsigned int luma, unsigned int chroma,
			  unsigned int max, char *text);

#endif
