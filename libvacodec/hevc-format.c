/* SPDX-License-Identifier: MIT */
/*
 * hevc-format.c - what an SPS asks of the display and of the decoded picture buffer
 *
 * Source: Rec. ITU-T H.265, Annex A (profiles, levels), 7.4.3.2.1.
 */
#include "hevc.h"
#include "sps.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* general_profile_idc and the flags of general_profile_compatibility_flag[], A.3. */
enum profile_idc {
	MAIN = 1,
	MAIN_10 = 2,
	MAIN_STILL = 3,
	RANGE_EXTENSIONS = 4,
	SCREEN_CONTENT = 9,
	HIGH_THROUGHPUT_SCREEN_CONTENT = 11,
};

/* There are encoders whose own sets are larger than the buffer that they announce. */
unsigned int hevc_get_dpb_frames(const struct hevc_sps *sps)
{
	unsigned int frames = sps->max_dec_pic_buffering_minus1 + 1U;
	unsigned int i, of_set;

	for (i = 0; i < sps->num_short_term_ref_pic_sets; i++) {
		of_set = 1U + sps->rps[i].num_negative_pics + sps->rps[i].num_positive_pics;
		if (frames < of_set)
			frames = of_set;
	}
	return frames < HEVC_MAX_DPB ? frames : HEVC_MAX_DPB;
}

/* ---- Profiles ---- */

static const char *const names[] = {
	[1] = "Main",
	[2] = "Main 10",
	[3] = "Main Still Picture",
	[5] = "High Throughput",
	[6] = "Multiview Main",
	[7] = "Scalable Main",
	[8] = "3D Main",
	[10] = "Scalable Range Extensions",
};

/* Range extensions and screen content have a profile for each format: Tables A.2 and A.4. */
static void name_extension(const struct hevc_sps *sps, const char *prefix, char *name,
			   size_t size_bytes)
{
	static const char *const chroma[] = {"Monochrome", "Main", "Main 4:2:2", "Main 4:4:4"};
	unsigned int depth = sps->bit_depth_luma;

	if (depth > 8)
		snprintf(name, size_bytes, "%s%s %u", prefix, chroma[sps->chroma_format_idc],
			 depth > 12   ? 16
			 : depth > 10 ? 12
				      : 10);
	else
		snprintf(name, size_bytes, "%s%s", prefix, chroma[sps->chroma_format_idc]);
}

void hevc_name_profile(const struct hevc_sps *sps, char *name, size_t size_bytes)
{
	unsigned int idc = sps->profile.general_profile_idc;

	if (idc == RANGE_EXTENSIONS)
		name_extension(sps, "", name, size_bytes);
	else if (idc == SCREEN_CONTENT || idc == HIGH_THROUGHPUT_SCREEN_CONTENT)
		name_extension(sps, "Screen-Extended ", name, size_bytes);
	else if (idc < sizeof(names) / sizeof(names[0]) && names[idc])
		snprintf(name, size_bytes, "%s", names[idc]);
	else
		snprintf(name, size_bytes, "unknown (%u)", idc);
}

/* What a stream may have that is decoded by a profile of VA-API. */
struct container {
	VAProfile profile;
	uint8_t chroma_format_idc;
	uint8_t bit_depth;
	bool mono; /* 4:0:0 */
	bool range_extensions;
	bool screen_content;
};

/* The narrowest first. Screen content profiles are for streams with that extension only. */
static const struct container containers[] = {
	{VAProfileHEVCMain, 1, 8, false, false, false},
	{VAProfileHEVCMain10, 1, 10, false, false, false},
	{VAProfileHEVCMain12, 1, 12, true, true, false},
	{VAProfileHEVCMain422_10, 2, 10, true, true, false},
	{VAProfileHEVCMain422_12, 2, 12, true, true, false},
	{VAProfileHEVCMain444, 3, 8, true, true, false},
	{VAProfileHEVCMain444_10, 3, 10, true, true, false},
	{VAProfileHEVCMain444_12, 3, 12, true, true, false},
	{VAProfileHEVCSccMain, 1, 8, false, true, true},
	{VAProfileHEVCSccMain10, 1, 10, true, true, true},
	{VAProfileHEVCSccMain444, 3, 8, true, true, true},
	{VAProfileHEVCSccMain444_10, 3, 10, true, true, true},
};

#define N_CONTAINERS (sizeof(containers) / sizeof(containers[0]))

bool hevc_has_extensions(int32_t profile)
{
	return profile != VAProfileHEVCMain && profile != VAProfileHEVCMain10;
}

static bool has_range_tools(const struct hevc_sps *sps)
{
	return sps->transform_skip_rotation_enabled_flag ||
	       sps->transform_skip_context_enabled_flag || sps->implicit_rdpcm_enabled_flag ||
	       sps->explicit_rdpcm_enabled_flag || sps->extended_precision_processing_flag ||
	       sps->intra_smoothing_disabled_flag || sps->high_precision_offsets_enabled_flag ||
	       sps->persistent_rice_adaptation_enabled_flag ||
	       sps->cabac_bypass_alignment_enabled_flag;
}

static bool has_profile_idc(const struct hevc_sps *sps, unsigned int idc)
{
	return sps->profile.general_profile_idc == idc ||
	       sps->profile.compatibility_flags & HEVC_FLAG_OF(idc);
}

/*
 * By what the SPS says it uses; a PPS may have range extensions of its own, so that a stream of that
 * profile and no other is of those that have them.
 */
static bool needs_range_extensions(const struct hevc_sps *sps)
{
	return has_range_tools(sps) ||
	       (has_profile_idc(sps, RANGE_EXTENSIONS) && !has_profile_idc(sps, MAIN) &&
		!has_profile_idc(sps, MAIN_10) && !has_profile_idc(sps, MAIN_STILL));
}

static unsigned int get_bit_depth(const struct hevc_sps *sps)
{
	return sps_get_bit_depth(sps->chroma_format_idc, sps->bit_depth_luma,
				 sps->bit_depth_chroma);
}

void hevc_name_faults(const struct hevc_sps *sps, char *text, size_t size_bytes)
{
	const char *planes = sps->separate_colour_plane_flag ? "separate colour planes, " : "";
	char bits[SPS_DEPTH_FAULT_BYTES];
	size_t used;

	sps_name_depth_fault(sps->chroma_format_idc, sps->bit_depth_luma, sps->bit_depth_chroma, 12,
			     bits);
	snprintf(text, size_bytes, "%s%s", planes, bits);
	used = strlen(text);
	if (used >= 2)
		text[used - 2] = '\0';
}

static bool contains(const struct container *container, const struct hevc_sps *sps)
{
	if (sps->chroma_format_idc == 0 && !container->mono)
		return false;
	return sps->chroma_format_idc <= container->chroma_format_idc &&
	       get_bit_depth(sps) <= container->bit_depth &&
	       (container->range_extensions || !needs_range_extensions(sps)) &&
	       container->screen_content == sps->scc_extension_flag;
}

static int choose_profile(struct vacodec_decoder *decoder, const struct hevc_sps *sps,
			  struct vacodec_format *format)
{
	VAProfile list[N_CONTAINERS];
	unsigned int n = 0;
	size_t i;

	for (i = 0; i < N_CONTAINERS; i++) {
		if (contains(&containers[i], sps))
			list[n++] = containers[i].profile;
	}
	return decoder_choose_profile(decoder, list, n, format);
}

static int check_tools(struct vacodec_decoder *decoder, const struct hevc_sps *sps)
{
	char faults[HEVC_FAULTS_BYTES];

	hevc_name_faults(sps, faults, sizeof(faults));
	if (!faults[0])
		return 0;
	decoder_warn(decoder, "HEVC %s: not supported", faults);
	return -ENOTSUP;
}

/* ---- Format ---- */

/* The SPS's own timing counts; E.3.1, 7.4.3.1. */
static void set_frame_rate(struct vacodec_format *format, const struct hevc_sps *sps,
			   const struct hevc_vps *vps)
{
	if (sps->num_units_in_tick && sps->time_scale) {
		format->frame_rate_num = sps->time_scale;
		format->frame_rate_den = sps->num_units_in_tick;
	} else if (vps && vps->num_units_in_tick && vps->time_scale) {
		format->frame_rate_num = vps->time_scale;
		format->frame_rate_den = vps->num_units_in_tick;
	}
}

void hevc_describe_format(const struct hevc_sps *sps, const struct hevc_vps *vps,
			  struct vacodec_format *format)
{
	static const unsigned int chroma[] = {400, 420, 422, 444};

	memset(format, 0, sizeof(*format)); /* padding, too: formats are compared whole */
	format->codec = VACODEC_CODEC_HEVC;
	format->profile = VAProfileNone;
	format->level = sps->profile.general_level_idc / 3U;
	format->chroma = chroma[sps->chroma_format_idc];
	format->bit_depth = get_bit_depth(sps);
	format->coded_width = sps->pic_width_in_luma_samples;
	format->coded_height = sps->pic_height_in_luma_samples;
	format->crop.x = sps->crop_left;
	format->crop.y = sps->crop_top;
	format->crop.width = format->coded_width - sps->crop_left - sps->crop_right;
	format->crop.height = format->coded_height - sps->crop_top - sps->crop_bottom;
	format->min_frames = hevc_get_dpb_frames(sps) + 1;
	format->max_reorder = sps->max_num_reorder_pics;
	set_frame_rate(format, sps, vps);
}

int hevc_get_format(struct vacodec_decoder *decoder, const struct hevc_sps *sps,
		    const struct hevc_vps *vps, struct vacodec_format *format)
{
	char profile[40];
	int ret = check_tools(decoder, sps);

	if (ret < 0)
		return ret;
	hevc_describe_format(sps, vps, format);
	ret = choose_profile(decoder, sps, format);
	if (ret == -ENOTSUP) {
		hevc_name_profile(sps, profile, sizeof(profile));
		decoder_warn(decoder, "HEVC %s profile: not supported", profile);
	}
	return ret;
}
