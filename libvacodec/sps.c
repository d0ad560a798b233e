/* SPDX-License-Identifier: MIT */
/*
 * sps.c - what the sequence parameter sets of H.264 and HEVC have in common
 */
#include "sps.h"

#include <stdio.h>

#define EXTENDED_SAR 255
#define MAX_UE       (UINT32_MAX - 1)

void sps_skip_video_signal(struct bits *b)
{
	if (bits_flag(b) && bits_u(b, 8) == EXTENDED_SAR)
		bits_skip(b, 32);
	if (bits_flag(b)) /* overscan_info_present_flag */
		bits_skip(b, 1);
	if (bits_flag(b)) { /* video_signal_type_present_flag */
		bits_skip(b, 4);
		if (bits_flag(b))
			bits_skip(b, 24);
	}
	if (bits_flag(b)) { /* chroma_loc_info_present_flag */
		bits_ue_max(b, MAX_UE);
		bits_ue_max(b, MAX_UE);
	}
}

unsigned int sps_get_bit_depth(unsigned int chroma_format_idc, unsigned int luma,
			       unsigned int chroma)
{
	return chroma_format_idc && chroma > luma ? chroma : luma;
}

void sps_name_depth_fault(unsigned int chroma_format_idc, unsigned int luma, unsigned int chroma,
			  unsigned int max, char *text)
{
	unsigned int depth = sps_get_bit_depth(chroma_format_idc, luma, chroma);

	text[0] = '\0';
	if (depth > max)
		snprintf(text, SPS_DEPTH_FAULT_BYTES, "%u bit samples, ", depth);
	else if (chroma_format_idc && luma != chroma)
		snprintf(text, SPS_DEPTH_FAULT_BYTES, "luma of %u and chroma of %u bits, ", luma,
			 chroma);
}
