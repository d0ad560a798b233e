/* SPDX-License-Identifier: MIT */
/*
 * hevc-parser.c - HEVC NAL unit headers, VPS and SPS
 *
 * Source: Rec. ITU-T H.265, 7.3.1.2, 7.3.2.1, 7.3.2.2, 7.3.3.
 */
#include "hevc-parser.h"

#include <errno.h>
#include <string.h>

#define MAX_UE (UINT32_MAX - 1)

int hevc_parse_nal(const uint8_t *data, size_t size_bytes, struct hevc_nal *nal)
{
	/* forbidden_zero_bit, nuh_temporal_id_plus1 */
	if (size_bytes < 2 || data[0] & 0x80 || (data[1] & 7) == 0)
		return -EBADMSG;
	nal->nal_unit_type = data[0] >> 1;
	nal->nuh_layer_id = (uint8_t)((data[0] & 1) << 5 | data[1] >> 3);
	nal->temporal_id = (uint8_t)((data[1] & 7) - 1);
	return 0;
}

/* profile_tier_level(1, max_sub_layers_minus1) */
static void parse_profile(struct bits *b, unsigned int max_sub_layers_minus1,
			  struct hevc_profile *profile)
{
	bool has_profile[HEVC_MAX_SUB_LAYERS], has_level[HEVC_MAX_SUB_LAYERS];
	unsigned int i;

	bits_skip(b, 3);
	profile->general_profile_idc = (uint8_t)bits_u(b, 5);
	profile->compatibility_flags = bits_u(b, 32);
	profile->constraint_flags = (uint64_t)bits_u(b, 16) << 32;
	profile->constraint_flags |= bits_u(b, 32);
	profile->general_level_idc = (uint8_t)bits_u(b, 8);
	for (i = 0; i < max_sub_layers_minus1; i++) {
		has_profile[i] = bits_flag(b);
		has_level[i] = bits_flag(b);
	}
	if (max_sub_layers_minus1 > 0)
		bits_skip(b, 2 * (8 - max_sub_layers_minus1));
	for (i = 0; i < max_sub_layers_minus1; i++)
		bits_skip(b, (has_profile[i] ? 88 : 0) + (has_level[i] ? 8 : 0));
}

/* ---- VPS ---- */

static void skip_layer_sets(struct bits *b)
{
	unsigned int max_layer_id = bits_u(b, 6);
	unsigned int n = bits_ue_max(b, 1023);

	for (; n > 0 && bits_ok(b); n--)
		bits_skip(b, max_layer_id + 1);
}

/* What follows the timing is of no use to us. */
int hevc_parse_vps(const uint8_t *data, size_t size_bytes, struct hevc_vps *vps)
{
	struct hevc_profile profile;
	struct hevc_vps v;
	unsigned int sub_layers_minus1, n;
	struct bits b;

	memset(&v, 0, sizeof(v));
	bits_init(&b, data, size_bytes);
	bits_skip(&b, HEVC_NAL_HEADER_BITS);
	v.video_parameter_set_id = (uint8_t)bits_u(&b, 4);
	bits_skip(&b, 8);
	sub_layers_minus1 = bits_u(&b, 3);
	bits_skip(&b, 17);
	if (!bits_ok(&b) || sub_layers_minus1 >= HEVC_MAX_SUB_LAYERS)
		return -EBADMSG;
	parse_profile(&b, sub_layers_minus1, &profile);
	n = bits_flag(&b) ? sub_layers_minus1 + 1 : 1;
	for (; n > 0; n--) {
		bits_ue_max(&b, MAX_UE);
		bits_ue_max(&b, MAX_UE);
		bits_ue_max(&b, MAX_UE);
	}
	skip_layer_sets(&b);
	if (bits_flag(&b)) { /* vps_timing_info_present_flag */
		v.num_units_in_tick = bits_u(&b, 32);
		v.time_scale = bits_u(&b, 32);
	}
	if (!bits_ok(&b))
		return -EBADMSG;
	v.valid = true;
	*vps = v;
	return 0;
}

/* ---- SPS ---- */

/* (7-78) and so on: in units of chroma samples. */
static void parse_window(struct bits *b, struct hevc_sps *sps)
{
	unsigned int unit_x = sps->chroma_format_idc == 1 || sps->chroma_format_idc == 2 ? 2 : 1;
	unsigned int unit_y = sps->chroma_format_idc == 1 ? 2 : 1;
	unsigned int width = sps->pic_width_in_luma_samples;
	unsigned int height = sps->pic_height_in_luma_samples;

	sps->crop_left = (uint16_t)(unit_x * bits_ue_max(b, width / unit_x));
	sps->crop_right = (uint16_t)(unit_x * bits_ue_max(b, width / unit_x));
	sps->crop_top = (uint16_t)(unit_y * bits_ue_max(b, height / unit_y));
	sps->crop_bottom = (uint16_t)(unit_y * bits_ue_max(b, height / unit_y));
	if ((unsigned int)sps->crop_left + sps->crop_right >= width ||
	    (unsigned int)sps->crop_top + sps->crop_bottom >= height)
		b->err = -EBADMSG;
}

static void parse_picture_format(struct bits *b, struct hevc_sps *sps)
{
	sps->chroma_format_idc = (uint8_t)bits_ue_max(b, 3);
	if (sps->chroma_format_idc == 3)
		sps->separate_colour_plane_flag = bits_flag(b);
	sps->pic_width_in_luma_samples = (uint16_t)bits_ue_max(b, HEVC_MAX_SIDE);
	sps->pic_height_in_luma_samples = (uint16_t)bits_ue_max(b, HEVC_MAX_SIDE);
	if (!sps->pic_width_in_luma_samples || !sps->pic_height_in_luma_samples ||
	    (uint32_t)sps->pic_width_in_luma_samples * sps->pic_height_in_luma_samples >
		    HEVC_MAX_SAMPLES)
		b->err = -EBADMSG;
	if (bits_flag(b))
		parse_window(b, sps);
	sps->bit_depth_luma = (uint8_t)(8 + bits_ue_max(b, 8));
	sps->bit_depth_chroma = (uint8_t)(8 + bits_ue_max(b, 8));
	sps->log2_max_pic_order_cnt_lsb = (uint8_t)(4 + bits_ue_max(b, 12));
}

/* The highest sub-layer's values hold, since all are decoded. */
static void parse_ordering(struct bits *b, struct hevc_sps *sps)
{
	unsigned int n = bits_flag(b) ? sps->max_sub_layers_minus1 + 1U : 1;

	for (; n > 0; n--) {
		sps->max_dec_pic_buffering_minus1 = (uint8_t)bits_ue_max(b, HEVC_MAX_DPB - 1);
		sps->max_num_reorder_pics = (uint8_t)bits_ue_max(b, HEVC_MAX_DPB - 1);
		sps->max_latency_increase_plus1 = bits_ue_max(b, MAX_UE);
	}
	/* There are encoders that get this wrong: the pictures need their places. */
	if (sps->max_dec_pic_buffering_minus1 < sps->max_num_reorder_pics)
		sps->max_dec_pic_buffering_minus1 = sps->max_num_reorder_pics;
}

/* 7.4.3.2.1; CTBs are of 16 to 64 samples in all profiles (A.3). */
static void parse_block_sizes(struct bits *b, struct hevc_sps *sps)
{
	unsigned int mask, diff;

	sps->log2_min_luma_coding_block_size = (uint8_t)(3 + bits_ue_max(b, 3));
	sps->ctb_log2_size = (uint8_t)(sps->log2_min_luma_coding_block_size + bits_ue_max(b, 3));
	sps->log2_min_luma_transform_block_size = (uint8_t)(2 + bits_ue_max(b, 3));
	diff = bits_ue_max(b, 3);
	sps->log2_diff_max_min_luma_transform_block_size = (uint8_t)diff;
	mask = (1U << sps->log2_min_luma_coding_block_size) - 1;
	if (sps->ctb_log2_size < 4 || sps->ctb_log2_size > 6 ||
	    sps->log2_min_luma_transform_block_size >= sps->log2_min_luma_coding_block_size ||
	    sps->log2_min_luma_transform_block_size + diff > 5 ||
	    sps->log2_min_luma_transform_block_size + diff > sps->ctb_log2_size ||
	    sps->pic_width_in_luma_samples & mask || sps->pic_height_in_luma_samples & mask) {
		b->err = -EBADMSG;
		return;
	}
	diff = sps->ctb_log2_size - (unsigned int)sps->log2_min_luma_transform_block_size;
	sps->max_transform_hierarchy_depth_inter = (uint8_t)bits_ue_max(b, diff);
	sps->max_transform_hierarchy_depth_intra = (uint8_t)bits_ue_max(b, diff);
}

static void parse_pcm(struct bits *b, struct hevc_sps *sps)
{
	unsigned int log2_min, log2_diff;

	sps->pcm_enabled_flag = bits_flag(b);
	if (!sps->pcm_enabled_flag)
		return;
	sps->pcm_sample_bit_depth_luma = (uint8_t)(1 + bits_u(b, 4));
	sps->pcm_sample_bit_depth_chroma = (uint8_t)(1 + bits_u(b, 4));
	log2_min = 3 + bits_ue_max(b, 2);
	log2_diff = bits_ue_max(b, 2);
	sps->log2_min_pcm_luma_coding_block_size = (uint8_t)log2_min;
	sps->log2_diff_max_min_pcm_luma_coding_block_size = (uint8_t)log2_diff;
	sps->pcm_loop_filter_disabled_flag = bits_flag(b);
	if (log2_min + log2_diff > 5 || log2_min + log2_diff > sps->ctb_log2_size ||
	    sps->pcm_sample_bit_depth_luma > sps->bit_depth_luma ||
	    sps->pcm_sample_bit_depth_chroma > sps->bit_depth_chroma)
		b->err = -EBADMSG;
}

static void parse_tools(struct bits *b, struct hevc_sps *sps)
{
	sps->scaling_list_enabled_flag = bits_flag(b);
	if (sps->scaling_list_enabled_flag) {
		hevc_scaling_set_default(&sps->scaling);
		if (bits_flag(b))
			hevc_scaling_parse(b, &sps->scaling, sps->chroma_format_idc);
	}
	sps->amp_enabled_flag = bits_flag(b);
	sps->sample_adaptive_offset_enabled_flag = bits_flag(b);
	parse_pcm(b, sps);
}

static void parse_references(struct bits *b, struct hevc_sps *sps)
{
	unsigned int i, n = bits_ue_max(b, HEVC_MAX_RPS);

	for (i = 0; i < n && bits_ok(b); i++)
		hevc_rps_parse(b, sps->rps, i, n, &sps->rps[i]);
	sps->num_short_term_ref_pic_sets = (uint8_t)n;
	sps->long_term_ref_pics_present_flag = bits_flag(b);
	if (sps->long_term_ref_pics_present_flag) {
		n = bits_ue_max(b, HEVC_MAX_LT_SPS);
		for (i = 0; i < n; i++) {
			sps->lt_ref_pic_poc_lsb_sps[i] =
				(uint16_t)bits_u(b, sps->log2_max_pic_order_cnt_lsb);
			sps->used_by_curr_pic_lt_sps_flag[i] = bits_flag(b);
		}
		sps->num_long_term_ref_pics_sps = (uint8_t)n;
	}
	sps->sps_temporal_mvp_enabled_flag = bits_flag(b);
}

/* ---- Its extensions ---- */

static void parse_range_extension(struct bits *b, struct hevc_sps *sps)
{
	sps->transform_skip_rotation_enabled_flag = bits_flag(b);
	sps->transform_skip_context_enabled_flag = bits_flag(b);
	sps->implicit_rdpcm_enabled_flag = bits_flag(b);
	sps->explicit_rdpcm_enabled_flag = bits_flag(b);
	sps->extended_precision_processing_flag = bits_flag(b);
	sps->intra_smoothing_disabled_flag = bits_flag(b);
	sps->high_precision_offsets_enabled_flag = bits_flag(b);
	sps->persistent_rice_adaptation_enabled_flag = bits_flag(b);
	sps->cabac_bypass_alignment_enabled_flag = bits_flag(b);
}

/* sps_3d_extension(): nothing of it is of the base layer. */
static void skip_3d_extension(struct bits *b)
{
	bits_skip(b, 2);
	bits_ue_max(b, 3);
	bits_skip(b, 4);
	bits_skip(b, 3);
	bits_ue_max(b, 3);
	bits_skip(b, 5);
}

static void parse_palette(struct bits *b, struct hevc_sps *sps)
{
	unsigned int i, c, n;
	unsigned int components = sps->chroma_format_idc == 0 ? 1 : 3;

	sps->palette_max_size = (uint8_t)bits_ue_max(b, 64);
	sps->delta_palette_max_predictor_size =
		(uint8_t)bits_ue_max(b, HEVC_MAX_PALETTE - sps->palette_max_size);
	if (!bits_flag(b))
		return;
	n = 1 + bits_ue_max(b, HEVC_MAX_PALETTE - 1);
	if (n > (unsigned int)sps->palette_max_size + sps->delta_palette_max_predictor_size)
		b->err = -EBADMSG;
	for (c = 0; c < components; c++) {
		for (i = 0; i < n; i++)
			sps->palette.entry[c][i] = (uint16_t)bits_u(
				b, c == 0 ? sps->bit_depth_luma : sps->bit_depth_chroma);
	}
	sps->palette.n = (uint8_t)n;
}

static void parse_scc_extension(struct bits *b, struct hevc_sps *sps)
{
	sps->scc_extension_flag = true;
	sps->curr_pic_ref_enabled_flag = bits_flag(b);
	sps->palette_mode_enabled_flag = bits_flag(b);
	if (sps->palette_mode_enabled_flag)
		parse_palette(b, sps);
	sps->motion_vector_resolution_control_idc = (uint8_t)bits_u(b, 2);
	sps->intra_boundary_filtering_disabled_flag = bits_flag(b);
	if (sps->motion_vector_resolution_control_idc == 3)
		b->err = -EBADMSG;
}

/*
 * The profiles of screen content are the only known ones in which the extension means something: in others
 * it is to be ignored (A.3), as decoders do that are older than it.
 */
static bool may_have_screen_content(const struct hevc_profile *profile)
{
	unsigned int idc = profile->general_profile_idc;

	return profile->compatibility_flags & (HEVC_FLAG_OF(9) | HEVC_FLAG_OF(11)) || idc == 0 ||
	       idc == 9 || idc >= 11;
}

/*
 * Those behind the range extension came later than the first decoders: to streams that are older their
 * flags were reserved, and anything may follow. What cannot be read is not there.
 */
static void parse_later_extensions(struct bits *b, struct hevc_sps *sps, unsigned int flags)
{
	struct hevc_sps with = *sps;

	if (flags & 4)
		bits_skip(b,
			  1); /* sps_multilayer_extension(): inter_view_mv_vert_constraint_flag */
	if (flags & 2)
		skip_3d_extension(b);
	if (!(flags & 1) || !may_have_screen_content(&sps->profile))
		return;
	parse_scc_extension(b, &with);
	if (bits_ok(b))
		memcpy(sps, &with, sizeof(with));
}

static void parse_extensions(struct bits *b, struct hevc_sps *sps)
{
	struct bits rest;
	unsigned int flags;
	bool range;

	if (!bits_flag(b))
		return;
	range = bits_flag(b);
	flags = bits_u(b, 3);
	bits_skip(b, 4); /* sps_extension_4bits: their data follows, to the end */
	if (range)
		parse_range_extension(b, sps);
	rest = *b;
	parse_later_extensions(&rest, sps, flags);
}

int hevc_parse_sps(const uint8_t *data, size_t size_bytes, struct hevc_sps *sps)
{
	struct hevc_sps s;
	struct bits b;

	memset(&s, 0, sizeof(s)); /* padding, too: parameter sets are compared whole */
	bits_init(&b, data, size_bytes);
	bits_skip(&b, HEVC_NAL_HEADER_BITS);
	s.video_parameter_set_id = (uint8_t)bits_u(&b, 4);
	s.max_sub_layers_minus1 = (uint8_t)bits_u(&b, 3);
	bits_skip(&b, 1);
	if (s.max_sub_layers_minus1 >= HEVC_MAX_SUB_LAYERS)
		return -EBADMSG;
	parse_profile(&b, s.max_sub_layers_minus1, &s.profile);
	s.seq_parameter_set_id = (uint8_t)bits_ue_max(&b, HEVC_MAX_SPS - 1);
	parse_picture_format(&b, &s);
	parse_ordering(&b, &s);
	parse_block_sizes(&b, &s);
	if (!bits_ok(&b))
		return -EBADMSG;
	parse_tools(&b, &s);
	parse_references(&b, &s);
	s.strong_intra_smoothing_enabled_flag = bits_flag(&b);
	if (bits_flag(&b))
		hevc_vui_parse(&b, &s);
	parse_extensions(&b, &s);
	if (!bits_ok(&b))
		return -EBADMSG;
	s.valid = true;
	memcpy(sps, &s, sizeof(s));
	return 0;
}

const struct hevc_sps *hevc_select_sps(const struct hevc_sets *sets, const struct hevc_pps *pps,
				       unsigned int nal_unit_type)
{
	const struct hevc_sps *active = &sets->active;

	if (!hevc_is_irap(nal_unit_type) && active->valid &&
	    active->seq_parameter_set_id == pps->seq_parameter_set_id)
		return active;
	return &sets->sps[pps->seq_parameter_set_id];
}
