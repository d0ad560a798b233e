/* SPDX-License-Identifier: MIT */
/*
 * h264-format.c - what an SPS asks of the display and of the decoded picture buffer
 *
 * Source: Rec. ITU-T H.264, Annex A (profiles, levels), E.2.1.
 */
#include "h264.h"

#include <errno.h>
#include <string.h>

#define CONSTRAINT_SET3 0x10

struct level {
	uint8_t level_idc;
	uint32_t max_dpb_mbs; /* Table A-1 */
};

static const struct level levels[] = {
	{9, 396},     {10, 396},    {11, 900},    {12, 2376},   {13, 2376},
	{20, 2376},   {21, 4752},   {22, 8100},   {30, 8100},   {31, 18000},
	{32, 20480},  {40, 32768},  {41, 32768},  {42, 34816},  {50, 110400},
	{51, 184320}, {52, 184320}, {60, 696320}, {61, 696320}, {62, 696320},
};

/* Level 1b is 9, or 11 with constraint_set3_flag in the older profiles: A.3.1. */
static unsigned int get_level(const struct h264_sps *sps)
{
	bool older = sps->profile_idc == 66 || sps->profile_idc == 77 || sps->profile_idc == 88;

	if (older && sps->level_idc == 11 && sps->constraint_flags & CONSTRAINT_SET3)
		return 9;
	return sps->level_idc;
}

static unsigned int get_level_frames(const struct h264_sps *sps)
{
	unsigned int mbs = (unsigned int)sps->pic_width_in_mbs * sps->frame_height_in_mbs;
	unsigned int level = get_level(sps);
	unsigned int frames;
	size_t i;

	for (i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		if (levels[i].level_idc < level)
			continue;
		frames = levels[i].max_dpb_mbs / mbs;
		return frames < H264_MAX_REFS ? frames : H264_MAX_REFS;
	}
	return H264_MAX_REFS;
}

/* Profiles whose streams may be intra only: E.2.1, max_num_reorder_frames. */
static bool is_intra_only(const struct h264_sps *sps)
{
	static const uint8_t profiles[] = {44, 86, 100, 110, 122, 244};

	return sps->constraint_flags & CONSTRAINT_SET3 &&
	       memchr(profiles, sps->profile_idc, sizeof(profiles));
}

unsigned int h264_get_dpb_frames(const struct h264_sps *sps)
{
	unsigned int frames = get_level_frames(sps);

	if (sps->bitstream_restriction_flag)
		frames = sps->max_dec_frame_buffering;
	else if (is_intra_only(sps))
		frames = 0;
	if (frames < sps->max_num_ref_frames)
		frames = sps->max_num_ref_frames;
	return frames > 0 ? frames : 1;
}

unsigned int h264_get_max_reorder(const struct h264_sps *sps)
{
	if (sps->bitstream_restriction_flag)
		return sps->max_num_reorder_frames;
	/* Type 2: output order is decoding order, 8.2.1.3. */
	if (sps->pic_order_cnt_type == 2 || is_intra_only(sps))
		return 0;
	return h264_get_dpb_frames(sps);
}

/* The profiles that decode a profile_idc, the first that the display has is taken. */
struct candidates {
	uint8_t profile_idc;
	VAProfile profiles[3];
};

static const struct candidates candidates[] = {
	{66, {VAProfileH264ConstrainedBaseline, VAProfileH264Main, VAProfileH264High}},
	{77, {VAProfileH264Main, VAProfileH264High, VAProfileNone}},
	{100, {VAProfileH264High, VAProfileNone, VAProfileNone}},
	/* By content: 8 bit 4:2:0 of these has no tool that High lacks. */
	{110, {VAProfileH264High, VAProfileNone, VAProfileNone}},
	{122, {VAProfileH264High, VAProfileNone, VAProfileNone}},
};

static VAProfile choose_profile(struct vacodec_decoder *decoder, const struct h264_sps *sps)
{
	size_t i, j;

	for (i = 0; i < sizeof(candidates) / sizeof(candidates[0]); i++) {
		if (candidates[i].profile_idc != sps->profile_idc)
			continue;
		for (j = 0; j < 3 && candidates[i].profiles[j] != VAProfileNone; j++) {
			if (decoder_has_profile(decoder, candidates[i].profiles[j]))
				return candidates[i].profiles[j];
		}
	}
	return VAProfileNone;
}

static int check_tools(struct vacodec_decoder *decoder, const struct h264_sps *sps)
{
	static const char *const chroma[] = {"4:0:0", "4:2:0", "4:2:2", "4:4:4"};

	if (sps->chroma_format_idc == 1 && sps->bit_depth_luma == 8 && sps->bit_depth_chroma == 8 &&
	    !sps->qpprime_y_zero_transform_bypass_flag)
		return 0;
	decoder_warn(decoder, "H.264 profile %u, %s, %u bit%s is not supported", sps->profile_idc,
		     chroma[sps->chroma_format_idc], sps->bit_depth_luma,
		     sps->qpprime_y_zero_transform_bypass_flag ? ", lossless" : "");
	return -ENOTSUP;
}

static void set_frame_rate(struct vacodec_format *format, const struct h264_sps *sps)
{
	/* A frame is two ticks: E.2.1, equation E-1. */
	if (sps->num_units_in_tick == 0 || sps->time_scale == 0 ||
	    sps->num_units_in_tick > UINT32_MAX / 2)
		return;
	format->frame_rate_num = sps->time_scale;
	format->frame_rate_den = 2 * sps->num_units_in_tick;
}

int h264_get_format(struct vacodec_decoder *decoder, const struct h264_sps *sps,
		    struct vacodec_format *format)
{
	VAProfile profile;
	int ret = check_tools(decoder, sps);

	if (ret < 0)
		return ret;
	profile = choose_profile(decoder, sps);
	if (profile == VAProfileNone) {
		decoder_warn(decoder, "H.264 profile %u is not supported", sps->profile_idc);
		return -ENOTSUP;
	}
	memset(format, 0, sizeof(*format)); /* padding, too: formats are compared whole */
	format->codec = VACODEC_CODEC_H264;
	format->profile = profile;
	format->level = get_level(sps);
	format->fourcc = VA_FOURCC_NV12;
	format->bit_depth = 8;
	format->coded_width = 16U * sps->pic_width_in_mbs;
	format->coded_height = 16U * sps->frame_height_in_mbs;
	format->crop.x = sps->crop_left;
	format->crop.y = sps->crop_top;
	format->crop.width = format->coded_width - sps->crop_left - sps->crop_right;
	format->crop.height = format->coded_height - sps->crop_top - sps->crop_bottom;
	format->min_frames = h264_get_dpb_frames(sps) + 1;
	format->max_reorder = h264_get_max_reorder(sps);
	format->interlaced = !sps->frame_mbs_only_flag;
	set_frame_rate(format, sps);
	return 0;
}
