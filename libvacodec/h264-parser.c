/* SPDX-License-Identifier: MIT */
/*
 * h264-parser.c - H.264 parameter sets and SEI
 *
 * Source: Rec. ITU-T H.264, 7.3.2.1, 7.3.2.2, 7.3.2.3, Annex E.
 */
#include "h264-parser.h"

#include "h264-scaling.h"
#include "sei.h"
#include "sps.h"

#include <errno.h>
#include <string.h>

#define SEI_RECOVERY_POINT 6 /* D.1 */

/* Profiles whose SPS has chroma format, bit depths and scaling lists: 7.3.2.1.1. */
static bool has_high_fields(unsigned int profile_idc)
{
	static const uint8_t high[] = {100, 110, 122, 244, 44,  83, 86,
				       118, 128, 138, 139, 134, 135};
	size_t i;

	for (i = 0; i < sizeof(high); i++) {
		if (high[i] == profile_idc)
			return true;
	}
	return false;
}

static void parse_high_fields(struct bits *b, struct h264_sps *sps)
{
	sps->chroma_format_idc = (uint8_t)bits_ue_max(b, 3);
	if (sps->chroma_format_idc == 3)
		sps->separate_colour_plane_flag = bits_flag(b);
	sps->bit_depth_luma = (uint8_t)(8 + bits_ue_max(b, 6));
	sps->bit_depth_chroma = (uint8_t)(8 + bits_ue_max(b, 6));
	sps->qpprime_y_zero_transform_bypass_flag = bits_flag(b);
	if (bits_flag(b))
		h264_scaling_parse(b, &sps->scaling, sps->chroma_format_idc == 3 ? 6 : 2);
}

static void parse_poc_fields(struct bits *b, struct h264_sps *sps)
{
	unsigned int i;

	sps->pic_order_cnt_type = (uint8_t)bits_ue_max(b, 2);
	if (sps->pic_order_cnt_type == 0)
		sps->log2_max_pic_order_cnt_lsb = (uint8_t)(4 + bits_ue_max(b, 12));
	if (sps->pic_order_cnt_type != 1)
		return;
	sps->delta_pic_order_always_zero_flag = bits_flag(b);
	sps->offset_for_non_ref_pic = bits_se_range(b, -INT32_MAX, INT32_MAX);
	sps->offset_for_top_to_bottom_field = bits_se_range(b, -INT32_MAX, INT32_MAX);
	sps->num_ref_frames_in_pic_order_cnt_cycle = (uint8_t)bits_ue_max(b, 255);
	for (i = 0; i < sps->num_ref_frames_in_pic_order_cnt_cycle; i++)
		sps->offset_for_ref_frame[i] = bits_se_range(b, -INT32_MAX, INT32_MAX);
}

static void parse_size_fields(struct bits *b, struct h264_sps *sps)
{
	uint32_t height;

	sps->pic_width_in_mbs = (uint16_t)(1 + bits_ue_max(b, H264_MAX_SIDE_MBS - 1));
	height = 1 + bits_ue_max(b, H264_MAX_SIDE_MBS - 1);
	sps->frame_mbs_only_flag = bits_flag(b);
	if (!sps->frame_mbs_only_flag) {
		height *= 2;
		sps->mb_adaptive_frame_field_flag = bits_flag(b);
	}
	sps->frame_height_in_mbs = (uint16_t)height;
	if (height > H264_MAX_SIDE_MBS || sps->pic_width_in_mbs * height > H264_MAX_MBS)
		b->err = -EBADMSG;
	sps->direct_8x8_inference_flag = bits_flag(b);
}

/* 7.4.2.1.1, equations 7-19 to 7-22. */
static void parse_crop(struct bits *b, struct h264_sps *sps)
{
	unsigned int unit_x = sps->chroma_format_idc == 1 || sps->chroma_format_idc == 2 ? 2 : 1;
	unsigned int unit_y =
		(sps->chroma_format_idc == 1 ? 2 : 1) * (2 - sps->frame_mbs_only_flag);
	unsigned int width = 16U * sps->pic_width_in_mbs;
	unsigned int height = 16U * sps->frame_height_in_mbs;

	if (!bits_flag(b))
		return;
	sps->crop_left = (uint16_t)(unit_x * bits_ue_max(b, width / unit_x));
	sps->crop_right = (uint16_t)(unit_x * bits_ue_max(b, width / unit_x));
	sps->crop_top = (uint16_t)(unit_y * bits_ue_max(b, height / unit_y));
	sps->crop_bottom = (uint16_t)(unit_y * bits_ue_max(b, height / unit_y));
	if ((unsigned int)sps->crop_left + sps->crop_right >= width ||
	    (unsigned int)sps->crop_top + sps->crop_bottom >= height)
		b->err = -EBADMSG;
}

/* E.1.2; the values are of no use to us. */
static void skip_hrd(struct bits *b)
{
	unsigned int n = 1 + bits_ue_max(b, 31);

	bits_skip(b, 8);
	for (; n > 0; n--) {
		bits_ue_max(b, UINT32_MAX - 1);
		bits_ue_max(b, UINT32_MAX - 1);
		bits_skip(b, 1);
	}
	bits_skip(b, 20);
}

static void parse_restriction(struct bits *b, struct h264_sps *sps)
{
	bits_skip(b, 1);
	bits_ue_max(b, 16);
	bits_ue_max(b, 16);
	bits_ue_max(b, 16);
	bits_ue_max(b, 16);
	sps->max_num_reorder_frames = (uint8_t)bits_ue_max(b, 16);
	sps->max_dec_frame_buffering = (uint8_t)bits_ue_max(b, 16);
	sps->bitstream_restriction_flag =
		bits_ok(b) && sps->max_num_reorder_frames <= sps->max_dec_frame_buffering;
}

static void parse_vui(struct bits *b, struct h264_sps *sps)
{
	bool nal_hrd, vcl_hrd;

	sps_skip_video_signal(b);
	if (bits_flag(b)) { /* timing_info_present_flag */
		sps->num_units_in_tick = bits_u(b, 32);
		sps->time_scale = bits_u(b, 32);
		bits_skip(b, 1);
	}
	nal_hrd = bits_flag(b);
	if (nal_hrd)
		skip_hrd(b);
	vcl_hrd = bits_flag(b);
	if (vcl_hrd)
		skip_hrd(b);
	if (nal_hrd || vcl_hrd)
		bits_skip(b, 1);
	bits_skip(b, 1); /* pic_struct_present_flag */
	if (bits_flag(b))
		parse_restriction(b, sps);
}

int h264_parse_sps(const uint8_t *data, size_t size_bytes, struct h264_sps *sps)
{
	struct h264_sps s;
	struct bits b;

	memset(&s, 0, sizeof(s)); /* padding, too: parameter sets are compared whole */
	bits_init(&b, data, size_bytes);
	bits_skip(&b, 8);
	s.profile_idc = (uint8_t)bits_u(&b, 8);
	s.constraint_flags = (uint8_t)bits_u(&b, 8);
	s.level_idc = (uint8_t)bits_u(&b, 8);
	s.seq_parameter_set_id = (uint8_t)bits_ue_max(&b, H264_MAX_SPS - 1);
	s.chroma_format_idc = 1;
	s.bit_depth_luma = 8;
	s.bit_depth_chroma = 8;
	if (has_high_fields(s.profile_idc))
		parse_high_fields(&b, &s);
	s.log2_max_frame_num = (uint8_t)(4 + bits_ue_max(&b, 12));
	parse_poc_fields(&b, &s);
	s.max_num_ref_frames = (uint8_t)bits_ue_max(&b, H264_MAX_REFS);
	s.gaps_in_frame_num_value_allowed_flag = bits_flag(&b);
	parse_size_fields(&b, &s);
	parse_crop(&b, &s);
	if (!bits_ok(&b))
		return -EBADMSG;
	/* A VUI that is cut short does not make the rest useless. */
	if (bits_flag(&b))
		parse_vui(&b, &s);
	s.valid = true;
	memcpy(sps, &s, sizeof(s));
	return 0;
}

/* Slice groups are refused later: only the fields behind them matter here. 7.3.2.2. */
static void skip_slice_groups(struct bits *b, unsigned int num_slice_groups_minus1)
{
	static const uint8_t id_bits[8] = {0, 1, 2, 2, 3, 3, 3, 3};
	unsigned int type = bits_ue_max(b, 6);
	unsigned int i;
	uint32_t n;

	if (type == 0) {
		for (i = 0; i <= num_slice_groups_minus1; i++)
			bits_ue_max(b, H264_MAX_MBS);
	} else if (type == 2) {
		for (i = 0; i < 2 * num_slice_groups_minus1; i++)
			bits_ue_max(b, H264_MAX_MBS);
	} else if (type >= 3 && type <= 5) {
		bits_skip(b, 1);
		bits_ue_max(b, H264_MAX_MBS);
	} else if (type == 6) {
		n = 1 + bits_ue_max(b, H264_MAX_MBS - 1);
		for (; n > 0 && bits_ok(b); n--)
			bits_skip(b, id_bits[num_slice_groups_minus1]);
	}
}

/* What an SPS that has not come yet will most likely say. */
static unsigned int count_8x8_lists(const struct h264_sets *sets, const struct h264_pps *pps)
{
	const struct h264_sps *sps = &sets->sps[pps->seq_parameter_set_id];

	if (!pps->transform_8x8_mode_flag)
		return 0;
	return sps->valid && sps->chroma_format_idc == 3 ? 6 : 2;
}

static void parse_pps_extension(struct bits *b, const struct h264_sets *sets, struct h264_pps *pps)
{
	pps->second_chroma_qp_index_offset = pps->chroma_qp_index_offset;
	if (!bits_ok(b) || !bits_more_rbsp(b))
		return;
	pps->transform_8x8_mode_flag = bits_flag(b);
	if (bits_flag(b))
		h264_scaling_parse(b, &pps->scaling, count_8x8_lists(sets, pps));
	pps->second_chroma_qp_index_offset = (int8_t)bits_se_range(b, -12, 12);
}

int h264_parse_pps(const uint8_t *data, size_t size_bytes, const struct h264_sets *sets,
		   struct h264_pps *pps)
{
	struct h264_pps p;
	struct bits b;

	memset(&p, 0, sizeof(p));
	bits_init(&b, data, size_bytes);
	bits_skip(&b, 8);
	p.pic_parameter_set_id = (uint8_t)bits_ue_max(&b, H264_MAX_PPS - 1);
	p.seq_parameter_set_id = (uint8_t)bits_ue_max(&b, H264_MAX_SPS - 1);
	p.entropy_coding_mode_flag = bits_flag(&b);
	p.bottom_field_pic_order_in_frame_present_flag = bits_flag(&b);
	p.num_slice_groups_minus1 = (uint8_t)bits_ue_max(&b, 7);
	if (p.num_slice_groups_minus1 > 0)
		skip_slice_groups(&b, p.num_slice_groups_minus1);
	p.num_ref_idx_default_active_minus1[0] = (uint8_t)bits_ue_max(&b, H264_MAX_LIST - 1);
	p.num_ref_idx_default_active_minus1[1] = (uint8_t)bits_ue_max(&b, H264_MAX_LIST - 1);
	p.weighted_pred_flag = bits_flag(&b);
	p.weighted_bipred_idc = (uint8_t)bits_u(&b, 2);
	/* The lower limits are those of 14 bit depth. */
	p.pic_init_qp_minus26 = (int8_t)bits_se_range(&b, -26 - 36, 25);
	p.pic_init_qs_minus26 = (int8_t)bits_se_range(&b, -26 - 36, 25); /* of SP and SI only */
	p.chroma_qp_index_offset = (int8_t)bits_se_range(&b, -12, 12);
	p.deblocking_filter_control_present_flag = bits_flag(&b);
	p.constrained_intra_pred_flag = bits_flag(&b);
	p.redundant_pic_cnt_present_flag = bits_flag(&b);
	parse_pps_extension(&b, sets, &p);
	if (!bits_ok(&b) || p.weighted_bipred_idc > 2)
		return -EBADMSG;
	p.valid = true;
	*pps = p;
	return 0;
}

int64_t h264_parse_sei_recovery(const uint8_t *data, size_t size_bytes, bool *broken_link)
{
	struct sei_message message;
	struct bits b;
	uint32_t count;

	*broken_link = false;
	bits_init(&b, data, size_bytes);
	bits_skip(&b, 8);
	while (sei_next(&b, &message)) {
		if (message.type == SEI_RECOVERY_POINT) {
			count = bits_ue_max(&b, 65535);
			bits_skip(&b, 1); /* exact_match_flag */
			*broken_link = bits_flag(&b);
			return bits_ok(&b) ? (int64_t)count : -1;
		}
		sei_skip(&b, &message);
	}
	return -1;
}
