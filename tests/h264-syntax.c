/* SPDX-License-Identifier: MIT */
/*
 * h264-syntax.c - coding of single fields both ways, and H.264 parameter sets; see h264-syntax.h
 */
#include "h264-syntax.h"

#include <string.h>

/* ---- Fields ---- */

static void show(struct h264s_coder *c, struct h264s_field *field)
{
	if (c->on_field)
		c->on_field(c->cookie, field);
}

void h264s_u(struct h264s_coder *c, const char *name, unsigned int n_bits, int64_t *value)
{
	struct h264s_field field = {name, H264S_U, n_bits, *value};

	if (!c->writing) {
		*value = nal_get_bits(c->nal, c->at, n_bits);
		c->at += n_bits;
		return;
	}
	show(c, &field);
	*value = (int64_t)((uint64_t)field.value & ((UINT64_C(1) << n_bits) - 1));
	c->at = nal_put_bits(c->nal, c->at, n_bits, (uint64_t)*value);
}

void h264s_ue(struct h264s_coder *c, const char *name, int64_t *value)
{
	struct h264s_field field = {name, H264S_UE, 0, *value};
	uint32_t code;

	if (!c->writing) {
		c->at += nal_read_ue(c->nal, c->at, &code);
		*value = code;
		return;
	}
	show(c, &field);
	*value = field.value < 0 ? 0 : field.value >= UINT32_MAX ? UINT32_MAX - 1 : field.value;
	c->at = nal_put_ue(c->nal, c->at, (uint32_t)*value);
}

/* Table 9-3 */
void h264s_se(struct h264s_coder *c, const char *name, int64_t *value)
{
	struct h264s_field field = {name, H264S_SE, 0, *value};
	uint32_t code;

	if (!c->writing) {
		c->at += nal_read_ue(c->nal, c->at, &code);
		*value = code & 1 ? ((int64_t)code + 1) / 2 : -((int64_t)code / 2);
		return;
	}
	show(c, &field);
	*value = field.value > INT32_MAX    ? INT32_MAX
		 : field.value < -INT32_MAX ? -INT32_MAX
					    : field.value;
	code = (uint32_t)(*value > 0 ? 2 * *value - 1 : -2 * *value);
	c->at = nal_put_ue(c->nal, c->at, code);
}

void h264s_header(struct h264s_coder *c, struct h264s_header *header)
{
	h264s_u(c, "forbidden_zero_bit", 1, &header->forbidden);
	h264s_u(c, "nal_ref_idc", 2, &header->ref_idc);
	h264s_u(c, "nal_unit_type", 5, &header->type);
}

void h264s_begin_reading(struct h264s_coder *c, struct nal *nal)
{
	*c = (struct h264s_coder){.nal = nal};
}

void h264s_begin_writing(struct h264s_coder *c, struct nal *nal)
{
	memset(nal, 0, sizeof(*nal));
	*c = (struct h264s_coder){.nal = nal, .writing = true};
}

void h264s_end_writing(struct h264s_coder *c)
{
	c->at = nal_put_bits(c->nal, c->at, 1, 1);
	c->nal->size_bytes = (c->at + 7) / 8;
}

/* ---- Sequence parameter sets ---- */

/* 7.3.2.1.1.1 */
static void scaling_list(struct h264s_coder *c, int64_t *delta, unsigned int size)
{
	int64_t last = 8, next = 8;

	for (unsigned int i = 0; i < size && next; i++) {
		h264s_se(c, "delta_scale", &delta[i]);
		next = (last + delta[i] + 256) & 255;
		last = next ? next : last;
	}
}

void h264s_scaling(struct h264s_coder *c, struct h264s_scaling *scaling, unsigned int n)
{
	h264s_u(c, "scaling_matrix_present_flag", 1, &scaling->present);
	for (unsigned int i = 0; scaling->present && i < n; i++) {
		h264s_u(c, "scaling_list_present_flag", 1, &scaling->list_present[i]);
		if (scaling->list_present[i])
			scaling_list(c, scaling->delta[i], i < 6 ? 16 : 64);
	}
}

/* E.1.2 */
static void hrd(struct h264s_coder *c, struct h264s_hrd *hrd)
{
	h264s_ue(c, "cpb_cnt_minus1", &hrd->cpb_cnt_minus1);
	h264s_u(c, "bit_rate_scale", 4, &hrd->bit_rate_scale);
	h264s_u(c, "cpb_size_scale", 4, &hrd->cpb_size_scale);
	for (unsigned int i = 0; i < 32 && i <= hrd->cpb_cnt_minus1; i++) {
		h264s_ue(c, "bit_rate_value_minus1", &hrd->bit_rate[i]);
		h264s_ue(c, "cpb_size_value_minus1", &hrd->cpb_size[i]);
		h264s_u(c, "cbr_flag", 1, &hrd->cbr[i]);
	}
	h264s_u(c, "delay_lengths", 20, &hrd->delay_lengths);
}

static void video_signal(struct h264s_coder *c, struct h264s_vui *vui)
{
	h264s_u(c, "aspect_ratio_info_present_flag", 1, &vui->aspect_present);
	if (vui->aspect_present)
		h264s_u(c, "aspect_ratio_idc", 8, &vui->aspect_idc);
	if (vui->aspect_present && vui->aspect_idc == 255)
		h264s_u(c, "sar", 32, &vui->sar);
	h264s_u(c, "overscan_info_present_flag", 1, &vui->overscan_present);
	if (vui->overscan_present)
		h264s_u(c, "overscan_appropriate_flag", 1, &vui->overscan);
	h264s_u(c, "video_signal_type_present_flag", 1, &vui->signal_present);
	if (vui->signal_present) {
		h264s_u(c, "video_format", 4, &vui->signal);
		h264s_u(c, "colour_description_present_flag", 1, &vui->colour_present);
		if (vui->colour_present)
			h264s_u(c, "colour_description", 24, &vui->colour);
	}
	h264s_u(c, "chroma_loc_info_present_flag", 1, &vui->chroma_loc_present);
	for (unsigned int i = 0; vui->chroma_loc_present && i < 2; i++)
		h264s_ue(c, "chroma_sample_loc_type", &vui->chroma_loc[i]);
}

/* E.1.1 */
static void vui_parameters(struct h264s_coder *c, struct h264s_vui *vui)
{
	video_signal(c, vui);
	h264s_u(c, "timing_info_present_flag", 1, &vui->timing_present);
	if (vui->timing_present) {
		h264s_u(c, "num_units_in_tick", 32, &vui->num_units);
		h264s_u(c, "time_scale", 32, &vui->time_scale);
		h264s_u(c, "fixed_frame_rate_flag", 1, &vui->fixed_rate);
	}
	h264s_u(c, "nal_hrd_parameters_present_flag", 1, &vui->nal_hrd_present);
	if (vui->nal_hrd_present)
		hrd(c, &vui->hrd[0]);
	h264s_u(c, "vcl_hrd_parameters_present_flag", 1, &vui->vcl_hrd_present);
	if (vui->vcl_hrd_present)
		hrd(c, &vui->hrd[1]);
	if (vui->nal_hrd_present || vui->vcl_hrd_present)
		h264s_u(c, "low_delay_hrd_flag", 1, &vui->low_delay);
	h264s_u(c, "pic_struct_present_flag", 1, &vui->pic_struct_present);
	h264s_u(c, "bitstream_restriction_flag", 1, &vui->restriction_present);
	if (!vui->restriction_present)
		return;
	h264s_u(c, "motion_vectors_over_pic_boundaries_flag", 1, &vui->restriction[0]);
	for (unsigned int i = 1; i < 5; i++)
		h264s_ue(c, "max_bytes_or_vectors", &vui->restriction[i]);
	h264s_ue(c, "max_num_reorder_frames", &vui->restriction[5]);
	h264s_ue(c, "max_dec_frame_buffering", &vui->restriction[6]);
}

static bool has_high_fields(const struct h264s_sps *sps)
{
	return sps->profile_idc == 100 || sps->profile_idc == 110 || sps->profile_idc == 122 ||
	       sps->profile_idc == 244 || sps->profile_idc == 44;
}

static void high_fields(struct h264s_coder *c, struct h264s_sps *sps)
{
	h264s_ue(c, "chroma_format_idc", &sps->chroma_format_idc);
	if (sps->chroma_format_idc == 3)
		h264s_u(c, "separate_colour_plane_flag", 1, &sps->separate_planes);
	h264s_ue(c, "bit_depth_luma_minus8", &sps->bit_depth_luma);
	h264s_ue(c, "bit_depth_chroma_minus8", &sps->bit_depth_chroma);
	h264s_u(c, "qpprime_y_zero_transform_bypass_flag", 1, &sps->bypass);
	h264s_scaling(c, &sps->scaling, sps->chroma_format_idc == 3 ? 12 : 8);
}

static void poc_fields(struct h264s_coder *c, struct h264s_sps *sps)
{
	h264s_ue(c, "pic_order_cnt_type", &sps->poc_type);
	if (sps->poc_type == 0)
		h264s_ue(c, "log2_max_pic_order_cnt_lsb_minus4", &sps->log2_max_poc_lsb_minus4);
	if (sps->poc_type != 1)
		return;
	h264s_u(c, "delta_pic_order_always_zero_flag", 1, &sps->delta_always_zero);
	h264s_se(c, "offset_for_non_ref_pic", &sps->offset_non_ref);
	h264s_se(c, "offset_for_top_to_bottom_field", &sps->offset_top_to_bottom);
	h264s_ue(c, "num_ref_frames_in_pic_order_cnt_cycle", &sps->n_cycle);
	for (unsigned int i = 0; i < sps->n_cycle && i < 256; i++)
		h264s_se(c, "offset_for_ref_frame", &sps->offset_ref[i]);
}

static void size_fields(struct h264s_coder *c, struct h264s_sps *sps)
{
	static const char *const sides[] = {"frame_crop_left_offset", "frame_crop_right_offset",
					    "frame_crop_top_offset", "frame_crop_bottom_offset"};

	h264s_ue(c, "pic_width_in_mbs_minus1", &sps->width_minus1);
	h264s_ue(c, "pic_height_in_map_units_minus1", &sps->height_minus1);
	h264s_u(c, "frame_mbs_only_flag", 1, &sps->frame_mbs_only);
	if (!sps->frame_mbs_only)
		h264s_u(c, "mb_adaptive_frame_field_flag", 1, &sps->mbaff);
	h264s_u(c, "direct_8x8_inference_flag", 1, &sps->direct_8x8);
	h264s_u(c, "frame_cropping_flag", 1, &sps->crop_present);
	for (unsigned int i = 0; sps->crop_present && i < 4; i++)
		h264s_ue(c, sides[i], &sps->crop[i]);
}

void h264s_sps(struct h264s_coder *c, struct h264s_sps *sps)
{
	h264s_header(c, &sps->header);
	h264s_u(c, "profile_idc", 8, &sps->profile_idc);
	h264s_u(c, "constraint_flags", 8, &sps->constraints);
	h264s_u(c, "level_idc", 8, &sps->level_idc);
	h264s_ue(c, "seq_parameter_set_id", &sps->id);
	if (has_high_fields(sps))
		high_fields(c, sps);
	h264s_ue(c, "log2_max_frame_num_minus4", &sps->log2_max_frame_num_minus4);
	poc_fields(c, sps);
	h264s_ue(c, "max_num_ref_frames", &sps->num_ref_frames);
	h264s_u(c, "gaps_in_frame_num_value_allowed_flag", 1, &sps->gaps_allowed);
	size_fields(c, sps);
	h264s_u(c, "vui_parameters_present_flag", 1, &sps->vui_present);
	if (sps->vui_present)
		vui_parameters(c, &sps->vui);
	if (c->writing)
		h264s_end_writing(c);
}

/* ---- Picture parameter sets ---- */

/* more_rbsp_data(): something stands before the last 1. */
static bool more_data(const struct h264s_coder *c)
{
	size_t last = 8 * c->nal->size_bytes;

	while (last > c->at && !nal_get_bit(c->nal, last - 1))
		last--;
	return last > c->at + 1;
}

static void pps_end(struct h264s_coder *c, const struct h264s_sets *sets, struct h264s_pps *pps)
{
	const struct h264s_sps *sps = &sets->sps[pps->sps_id & (H264S_N_SPS - 1)];
	unsigned int n8x8;

	h264s_u(c, "transform_8x8_mode_flag", 1, &pps->transform_8x8);
	n8x8 = !pps->transform_8x8 ? 0 : sps->chroma_format_idc == 3 ? 6 : 2;
	h264s_scaling(c, &pps->scaling, 6 + n8x8);
	h264s_se(c, "second_chroma_qp_index_offset", &pps->second_chroma_offset);
}

bool h264s_pps(struct h264s_coder *c, const struct h264s_sets *sets, struct h264s_pps *pps)
{
	h264s_header(c, &pps->header);
	h264s_ue(c, "pic_parameter_set_id", &pps->id);
	h264s_ue(c, "seq_parameter_set_id", &pps->sps_id);
	h264s_u(c, "entropy_coding_mode_flag", 1, &pps->cabac);
	h264s_u(c, "bottom_field_pic_order_in_frame_present_flag", 1, &pps->pic_order_present);
	h264s_ue(c, "num_slice_groups_minus1", &pps->slice_groups_minus1);
	if (pps->slice_groups_minus1)
		h264s_ue(c, "slice_group_map_type", &pps->slice_group_type);
	h264s_ue(c, "num_ref_idx_l0_default_active_minus1", &pps->num_ref_idx_minus1[0]);
	h264s_ue(c, "num_ref_idx_l1_default_active_minus1", &pps->num_ref_idx_minus1[1]);
	h264s_u(c, "weighted_pred_flag", 1, &pps->weighted_pred);
	h264s_u(c, "weighted_bipred_idc", 2, &pps->weighted_bipred);
	h264s_se(c, "pic_init_qp_minus26", &pps->init_qp);
	h264s_se(c, "pic_init_qs_minus26", &pps->init_qs);
	h264s_se(c, "chroma_qp_index_offset", &pps->chroma_offset);
	h264s_u(c, "deblocking_filter_control_present_flag", 1, &pps->deblocking_control);
	h264s_u(c, "constrained_intra_pred_flag", 1, &pps->constrained_intra);
	h264s_u(c, "redundant_pic_cnt_present_flag", 1, &pps->redundant_present);
	if (!c->writing)
		pps->extended = more_data(c);
	if (pps->extended)
		pps_end(c, sets, pps);
	if (c->writing)
		h264s_end_writing(c);
	return sets->sps[pps->sps_id & (H264S_N_SPS - 1)].valid;
}

static void note_sps(struct h264s_sets *sets, struct h264s_coder *c)
{
	static struct h264s_sps sps;

	memset(&sps, 0, sizeof(sps));
	sps.chroma_format_idc = 1;
	h264s_sps(c, &sps);
	if (sps.id >= H264S_N_SPS)
		return;
	sps.valid = true;
	sets->sps[sps.id] = sps;
}

static void note_pps(struct h264s_sets *sets, struct h264s_coder *c)
{
	static struct h264s_pps pps;

	memset(&pps, 0, sizeof(pps));
	h264s_pps(c, sets, &pps);
	if (pps.id >= H264S_N_PPS || pps.sps_id >= H264S_N_SPS)
		return;
	pps.valid = true;
	sets->pps[pps.id] = pps;
}

void h264s_sets_note(struct h264s_sets *sets, struct nal *nal)
{
	struct h264s_coder c;

	h264s_begin_reading(&c, nal);
	if (nal->size_bytes && (nal->data[0] & 31) == 7)
		note_sps(sets, &c);
	else if (nal->size_bytes && (nal->data[0] & 31) == 8)
		note_pps(sets, &c);
}
