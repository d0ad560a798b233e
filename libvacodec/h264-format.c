/* SPDX-License-Identifier: MIT */
/*
 * h264-format.c - what an SPS asks of the display and of the decoded picture buffer
 *
 * Source: Rec. ITU-T H.264, Annex A (profiles, levels), E.2.1.
 */
#include "h264.h"
#include "sps.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define CONSTRAINT_SET1 0x40
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

/* ---- Profiles ---- */

struct name {
	uint8_t profile_idc;
	uint8_t constraint_flags; /* those that make it this one */
	const char *name;
};

static const struct name names[] = {
	{66, CONSTRAINT_SET1, "Constrained Baseline"},
	{66, 0, "Baseline"},
	{77, 0, "Main"},
	{88, 0, "Extended"},
	{100, 0, "High"},
	{110, CONSTRAINT_SET3, "High 10 Intra"},
	{110, 0, "High 10"},
	{122, CONSTRAINT_SET3, "High 4:2:2 Intra"},
	{122, 0, "High 4:2:2"},
	{244, CONSTRAINT_SET3, "High 4:4:4 Intra"},
	{244, 0, "High 4:4:4 Predictive"},
	{44, 0, "CAVLC 4:4:4 Intra"},
	{83, 0, "Scalable Baseline"},
	{86, 0, "Scalable High"},
	{118, 0, "Multiview High"},
	{128, 0, "Stereo High"},
};

void h264_name_profile(const struct h264_sps *sps, char *name, size_t size_bytes)
{
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		unsigned int flags = names[i].constraint_flags;

		if (names[i].profile_idc == sps->profile_idc &&
		    (sps->constraint_flags & flags) == flags) {
			snprintf(name, size_bytes, "%s", names[i].name);
			return;
		}
	}
	snprintf(name, size_bytes, "unknown (%u)", sps->profile_idc);
}

/* Each decodes what those before it do; what a picture may be. */
static const struct container {
	VAProfile profile;
	uint8_t chroma_format_idc;
	uint8_t bit_depth;
} containers[] = {
	{VAProfileH264ConstrainedBaseline, 1, 8}, /* A.2.1.1 */
	{VAProfileH264Main, 1, 8},                /* A.2.2 */
	{VAProfileH264High, 1, 8},                /* A.2.4 */
	{H264_PROFILE_HIGH_10, 1, 10},            /* A.2.5, A.2.8 */
	{H264_PROFILE_HIGH_422, 2, 10},           /* A.2.6, A.2.9 */
};

#define N_CONTAINERS (sizeof(containers) / sizeof(containers[0]))

/* The first container of a profile_idc. By content: 8 bit 4:2:0 of 110 and 122 is High. */
static size_t get_first_container(const struct h264_sps *sps)
{
	switch (sps->profile_idc) {
	case 66:
		return 0;
	case 77:
		return 1;
	case 100:
	case 110:
	case 122:
		return 2;
	}
	return N_CONTAINERS;
}

static unsigned int get_bit_depth(const struct h264_sps *sps)
{
	return sps_get_bit_depth(sps->chroma_format_idc, sps->bit_depth_luma,
				 sps->bit_depth_chroma);
}

void h264_name_faults(const struct h264_sps *sps, char *text, size_t size_bytes)
{
	const char *chroma = sps->chroma_format_idc == 3 ? "4:4:4 chroma, " : "";
	const char *planes = sps->separate_colour_plane_flag ? "separate colour planes, " : "";
	const char *lossless = sps->qpprime_y_zero_transform_bypass_flag ? "lossless coding, " : "";
	char bits[SPS_DEPTH_FAULT_BYTES];
	size_t used;

	sps_name_depth_fault(sps->chroma_format_idc, sps->bit_depth_luma, sps->bit_depth_chroma, 10,
			     bits);
	snprintf(text, size_bytes, "%s%s%s%s", chroma, planes, bits, lossless);
	used = strlen(text);
	if (used >= 2)
		text[used - 2] = '\0';
}

static int choose_profile(struct vacodec_decoder *decoder, const struct h264_sps *sps,
			  struct vacodec_format *format)
{
	VAProfile list[N_CONTAINERS];
	unsigned int n = 0;
	size_t i;

	for (i = get_first_container(sps); i < N_CONTAINERS; i++) {
		if (sps->chroma_format_idc <= containers[i].chroma_format_idc &&
		    sps->bit_depth_luma <= containers[i].bit_depth)
			list[n++] = containers[i].profile;
	}
	return decoder_choose_profile(decoder, list, n, format);
}

static int check_tools(struct vacodec_decoder *decoder, const struct h264_sps *sps)
{
	char faults[H264_FAULTS_BYTES];

	h264_name_faults(sps, faults, sizeof(faults));
	if (!faults[0])
		return 0;
	decoder_warn(decoder, "H.264 %s: not supported", faults);
	return -ENOTSUP;
}

/* ---- Format ---- */

/*
 * A monochrome picture is a 4:2:0 one of mid-grey chroma, as drivers decode it and as the standard's
 * conformance streams have it.
 */
static unsigned int get_chroma(const struct h264_sps *sps)
{
	static const unsigned int chroma[] = {420, 420, 422, 444};

	return chroma[sps->chroma_format_idc];
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

void h264_describe_format(const struct h264_sps *sps, struct vacodec_format *format)
{
	memset(format, 0, sizeof(*format)); /* padding, too: formats are compared whole */
	format->codec = VACODEC_CODEC_H264;
	format->profile = VAProfileNone;
	format->level = get_level(sps);
	format->chroma = get_chroma(sps);
	format->bit_depth = get_bit_depth(sps);
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
}

int h264_get_format(struct vacodec_decoder *decoder, const struct h264_sps *sps,
		    struct vacodec_format *format)
{
	char profile[40];
	int ret = check_tools(decoder, sps);

	if (ret < 0)
		return ret;
	h264_describe_format(sps, format);
	ret = choose_profile(decoder, sps, format);
	if (ret == -ENOTSUP) {
		h264_name_profile(sps, profile, sizeof(profile));
		decoder_warn(decoder, "H.264 %s profile: not supported", profile);
	}
	return ret;
}
