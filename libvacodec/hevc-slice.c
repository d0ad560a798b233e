/* SPDX-License-Identifier: MIT */
/*
 * hevc-slice.c - HEVC slice segment headers
 *
 * Source: Rec. ITU-T H.265, 7.3.6 and 7.4.7.
 */
#include "hevc-parser.h"

#include <errno.h>
#include <string.h>

/* What a header is parsed by. */
struct sets {
	const struct hevc_sps *sps;
	const struct hevc_pps *pps;
};

/* Ceil(Log2(n)) */
static unsigned int ceil_log2(uint32_t n)
{
	unsigned int bits = 0;

	while (bits < 32 && (UINT64_C(1) << bits) < n)
		bits++;
	return bits;
}

/* ---- Reference pictures ---- */

static void parse_short_term(struct bits *b, const struct hevc_sps *sps, struct hevc_slice *s)
{
	unsigned int n = sps->num_short_term_ref_pic_sets;
	uint64_t begin;
	uint32_t index;

	s->short_term_ref_pic_set_sps_flag = bits_flag(b);
	if (!s->short_term_ref_pic_set_sps_flag) {
		begin = b->n_read;
		hevc_rps_parse(b, sps->rps, n, n, &s->rps);
		s->st_rps_bits = (uint32_t)(b->n_read - begin);
		return;
	}
	index = bits_u(b, ceil_log2(n));
	if (index >= n)
		b->err = -EBADMSG;
	else
		s->rps = sps->rps[index];
}

static void parse_long_term_picture(struct bits *b, const struct hevc_sps *sps, bool of_sps,
				    struct hevc_long_term *lt)
{
	unsigned int index;

	if (of_sps) {
		index = bits_u(b, ceil_log2(sps->num_long_term_ref_pics_sps));
		if (index >= sps->num_long_term_ref_pics_sps) {
			b->err = -EBADMSG;
			return;
		}
		lt->poc_lsb_lt = sps->lt_ref_pic_poc_lsb_sps[index];
		lt->used_by_curr_pic_lt = sps->used_by_curr_pic_lt_sps_flag[index];
	} else {
		lt->poc_lsb_lt = (uint16_t)bits_u(b, sps->log2_max_pic_order_cnt_lsb);
		lt->used_by_curr_pic_lt = bits_flag(b);
	}
	lt->delta_poc_msb_present_flag = bits_flag(b);
	if (lt->delta_poc_msb_present_flag)
		lt->delta_poc_msb_cycle =
			bits_ue_max(b, UINT32_MAX >> sps->log2_max_pic_order_cnt_lsb);
}

static void parse_long_term(struct bits *b, const struct hevc_sps *sps, struct hevc_slice *s)
{
	unsigned int max = HEVC_MAX_REFS - s->rps.num_negative_pics - s->rps.num_positive_pics;
	unsigned int of_sps = 0;
	unsigned int i, n;

	if (!sps->long_term_ref_pics_present_flag)
		return;
	if (sps->num_long_term_ref_pics_sps > 0)
		of_sps = bits_ue_max(b, max < sps->num_long_term_ref_pics_sps
						? max
						: sps->num_long_term_ref_pics_sps);
	n = of_sps + bits_ue_max(b, max - of_sps);
	for (i = 0; i < n && bits_ok(b); i++) {
		parse_long_term_picture(b, sps, i < of_sps, &s->long_term[i]);
		if (i > 0 && i != of_sps) /* (7-52) */
			s->long_term[i].delta_poc_msb_cycle +=
				s->long_term[i - 1].delta_poc_msb_cycle;
	}
	s->n_long_term = (uint8_t)n;
}

/* (7-55) */
static unsigned int count_current(const struct hevc_slice *s)
{
	unsigned int n = s->refers_to_itself;
	unsigned int i;

	for (i = 0; i < s->rps.num_negative_pics; i++)
		n += s->rps.used_s0[i];
	for (i = 0; i < s->rps.num_positive_pics; i++)
		n += s->rps.used_s1[i];
	for (i = 0; i < s->n_long_term; i++)
		n += s->long_term[i].used_by_curr_pic_lt;
	return n;
}

/* ref_pic_lists_modification(), 7.3.6.2. */
static void parse_modification(struct bits *b, struct hevc_slice *s)
{
	unsigned int bits = ceil_log2(s->num_pic_total_curr);
	unsigned int list, i;

	for (list = 0; list < 2 && s->num_ref_idx_active[list] > 0; list++) {
		s->ref_pic_list_modification_flag[list] = bits_flag(b);
		if (!s->ref_pic_list_modification_flag[list])
			continue;
		for (i = 0; i < s->num_ref_idx_active[list]; i++) {
			s->list_entry[list][i] = (uint8_t)bits_u(b, bits);
			if (s->list_entry[list][i] >= s->num_pic_total_curr)
				b->err = -EBADMSG;
		}
	}
}

unsigned int hevc_slice_get_candidate(const struct hevc_slice *slice, unsigned int list,
				      unsigned int i)
{
	if (slice->ref_pic_list_modification_flag[list])
		return slice->list_entry[list][i];
	/* The end of 8.3.4: the current picture is not left out of list 0. */
	if (slice->refers_to_itself && list == 0 && i + 1 == slice->num_ref_idx_active[0] &&
	    slice->num_pic_total_curr > slice->num_ref_idx_active[0])
		return slice->num_pic_total_curr - 1U;
	return i % slice->num_pic_total_curr;
}

static void parse_lists(struct bits *b, const struct hevc_pps *pps, struct hevc_slice *s)
{
	bool is_b = s->slice_type == HEVC_SLICE_B;

	s->num_ref_idx_active[0] = pps->num_ref_idx_default_active_minus1[0] + 1;
	if (is_b)
		s->num_ref_idx_active[1] = pps->num_ref_idx_default_active_minus1[1] + 1;
	if (bits_flag(b)) {
		s->num_ref_idx_active[0] = (uint8_t)(1 + bits_ue_max(b, HEVC_MAX_LIST - 1));
		if (is_b)
			s->num_ref_idx_active[1] = (uint8_t)(1 + bits_ue_max(b, HEVC_MAX_LIST - 1));
	}
	/* A slice that refers to pictures has some to refer to: 7.4.7.1. */
	if (s->num_pic_total_curr == 0)
		b->err = -EBADMSG;
	if (bits_ok(b) && pps->lists_modification_present_flag && s->num_pic_total_curr > 1)
		parse_modification(b, s);
}

static void parse_collocated(struct bits *b, struct hevc_slice *s)
{
	unsigned int list;

	if (!s->slice_temporal_mvp_enabled_flag)
		return;
	if (s->slice_type == HEVC_SLICE_B)
		s->collocated_from_l0_flag = bits_flag(b);
	list = !s->collocated_from_l0_flag;
	if (s->num_ref_idx_active[list] > 1)
		s->collocated_ref_idx = (uint8_t)bits_ue_max(b, s->num_ref_idx_active[list] - 1U);
}

/* ---- Weights ---- */

/* The current picture has no weights: its order count is its own. */
static bool has_weights(const struct hevc_slice *s, unsigned int list, unsigned int i)
{
	return !s->refers_to_itself ||
	       hevc_slice_get_candidate(s, list, i) + 1 != s->num_pic_total_curr;
}

static void parse_chroma_weight(struct bits *b, const struct hevc_sps *sps, struct hevc_weights *w,
				unsigned int list, unsigned int i)
{
	int denom = w->luma_log2_weight_denom + w->delta_chroma_log2_weight_denom;
	int half =
		sps->high_precision_offsets_enabled_flag ? 1 << (sps->bit_depth_chroma - 1) : 128;
	int weight, offset;
	unsigned int c;

	for (c = 0; c < 2; c++) {
		w->delta_chroma_weight[list][i][c] = (int8_t)bits_se_range(b, -128, 127);
		weight = (1 << denom) + w->delta_chroma_weight[list][i][c];
		offset = bits_se_range(b, -4 * half, 4 * half - 1);
		/* (7-56) */
		offset = half + offset - (half * weight >> denom);
		if (offset < -half)
			offset = -half;
		if (offset > half - 1)
			offset = half - 1;
		w->chroma_offset[list][i][c] = (int16_t)offset;
	}
}

static void parse_list_weights(struct bits *b, const struct sets *sets, struct hevc_slice *s,
			       unsigned int list)
{
	bool luma[HEVC_MAX_LIST] = {false};
	bool chroma[HEVC_MAX_LIST] = {false};
	unsigned int n = s->num_ref_idx_active[list];
	bool high = sets->sps->high_precision_offsets_enabled_flag;
	int half = high ? 1 << (sets->sps->bit_depth_luma - 1) : 128;
	struct hevc_weights *w = &s->weights;
	unsigned int i;

	for (i = 0; i < n; i++)
		luma[i] = has_weights(s, list, i) && bits_flag(b);
	for (i = 0; i < n && hevc_get_chroma_array_type(sets->sps) != 0; i++)
		chroma[i] = has_weights(s, list, i) && bits_flag(b);
	for (i = 0; i < n; i++) {
		if (luma[i]) {
			w->delta_luma_weight[list][i] = (int8_t)bits_se_range(b, -128, 127);
			w->luma_offset[list][i] = (int16_t)bits_se_range(b, -half, half - 1);
		}
		if (chroma[i])
			parse_chroma_weight(b, sets->sps, w, list, i);
	}
}

/* pred_weight_table(), 7.3.6.3. */
static void parse_weights(struct bits *b, const struct sets *sets, struct hevc_slice *s)
{
	struct hevc_weights *w = &s->weights;
	int denom;

	s->explicit_weights = true;
	denom = (int)bits_ue_max(b, 7);
	w->luma_log2_weight_denom = (uint8_t)denom;
	if (hevc_get_chroma_array_type(sets->sps) != 0)
		w->delta_chroma_log2_weight_denom = (int8_t)bits_se_range(b, -denom, 7 - denom);
	parse_list_weights(b, sets, s, 0);
	if (s->slice_type == HEVC_SLICE_B)
		parse_list_weights(b, sets, s, 1);
}

/* ---- The header ---- */

static void parse_inter(struct bits *b, const struct sets *sets, struct hevc_slice *s)
{
	const struct hevc_pps *pps = sets->pps;

	parse_lists(b, pps, s);
	if (!bits_ok(b))
		return;
	if (s->slice_type == HEVC_SLICE_B)
		s->mvd_l1_zero_flag = bits_flag(b);
	if (pps->cabac_init_present_flag)
		s->cabac_init_flag = bits_flag(b);
	parse_collocated(b, s);
	if (s->slice_type == HEVC_SLICE_P ? pps->weighted_pred_flag : pps->weighted_bipred_flag)
		parse_weights(b, sets, s);
	s->five_minus_max_num_merge_cand = (uint8_t)bits_ue_max(b, 4);
	s->use_integer_mv_flag = sets->sps->motion_vector_resolution_control_idc == 1;
	if (sets->sps->motion_vector_resolution_control_idc == 2)
		s->use_integer_mv_flag = bits_flag(b);
}

static void parse_qp(struct bits *b, const struct sets *sets, struct hevc_slice *s)
{
	const struct hevc_pps *pps = sets->pps;

	s->slice_qp_delta = (int8_t)bits_se_range(b, -51 - 48, 51 + 48);
	if (pps->slice_chroma_qp_offsets_present_flag) {
		s->slice_cb_qp_offset = (int8_t)bits_se_range(b, -12, 12);
		s->slice_cr_qp_offset = (int8_t)bits_se_range(b, -12, 12);
	}
	if (sets->sps->scc_extension_flag && pps->slice_act_qp_offsets_present_flag) {
		s->slice_act_y_qp_offset = (int8_t)bits_se_range(b, -12, 12);
		s->slice_act_cb_qp_offset = (int8_t)bits_se_range(b, -12, 12);
		s->slice_act_cr_qp_offset = (int8_t)bits_se_range(b, -12, 12);
	}
	if (pps->chroma_qp_offset_list_enabled_flag && !hevc_is_version_1(sets->sps))
		s->cu_chroma_qp_offset_enabled_flag = bits_flag(b);
}

static void parse_filters(struct bits *b, const struct hevc_pps *pps, struct hevc_slice *s)
{
	s->slice_deblocking_filter_disabled_flag = pps->deblocking_filter_disabled_flag;
	s->slice_beta_offset_div2 = pps->beta_offset_div2;
	s->slice_tc_offset_div2 = pps->tc_offset_div2;
	if (pps->deblocking_filter_override_enabled_flag && bits_flag(b)) {
		s->slice_deblocking_filter_disabled_flag = bits_flag(b);
		if (!s->slice_deblocking_filter_disabled_flag) {
			s->slice_beta_offset_div2 = (int8_t)bits_se_range(b, -6, 6);
			s->slice_tc_offset_div2 = (int8_t)bits_se_range(b, -6, 6);
		}
	}
	s->slice_loop_filter_across_slices_enabled_flag =
		pps->loop_filter_across_slices_enabled_flag;
	if (pps->loop_filter_across_slices_enabled_flag &&
	    (s->slice_sao_luma_flag || s->slice_sao_chroma_flag ||
	     !s->slice_deblocking_filter_disabled_flag))
		s->slice_loop_filter_across_slices_enabled_flag = bits_flag(b);
}

static void parse_references(struct bits *b, const struct sets *sets, struct hevc_slice *s)
{
	const struct hevc_sps *sps = sets->sps;

	if (!hevc_is_idr(s->nal.nal_unit_type)) {
		s->pic_order_cnt_lsb = (uint16_t)bits_u(b, sps->log2_max_pic_order_cnt_lsb);
		parse_short_term(b, sps, s);
		parse_long_term(b, sps, s);
		if (sps->sps_temporal_mvp_enabled_flag)
			s->slice_temporal_mvp_enabled_flag = bits_flag(b);
	}
	s->num_pic_total_curr = (uint8_t)count_current(s);
}

/* What a dependent slice segment does not have. */
static void parse_independent(struct bits *b, const struct sets *sets, struct hevc_slice *s)
{
	const struct hevc_sps *sps = sets->sps;
	const struct hevc_pps *pps = sets->pps;

	s->refers_to_itself = hevc_has_curr_pic_ref(sps, pps);
	bits_skip(b, pps->num_extra_slice_header_bits);
	s->slice_type = (uint8_t)bits_ue_max(b, HEVC_SLICE_I);
	/* IRAP pictures refer to no other ones: 7.4.7.1. */
	if (hevc_is_irap(s->nal.nal_unit_type) && s->slice_type != HEVC_SLICE_I &&
	    !s->refers_to_itself)
		b->err = -EBADMSG;
	s->pic_output_flag = !pps->output_flag_present_flag || bits_flag(b);
	if (sps->separate_colour_plane_flag)
		s->colour_plane_id = (uint8_t)bits_u(b, 2);
	parse_references(b, sets, s);
	if (sps->sample_adaptive_offset_enabled_flag) {
		s->slice_sao_luma_flag = bits_flag(b);
		if (hevc_get_chroma_array_type(sps) != 0)
			s->slice_sao_chroma_flag = bits_flag(b);
	}
	s->collocated_from_l0_flag = true; /* inferred, as the index 0 */
	if (s->slice_type != HEVC_SLICE_I && bits_ok(b))
		parse_inter(b, sets, s);
	parse_qp(b, sets, s);
	parse_filters(b, pps, s);
}

/* 7.4.7.1: as many as there are substreams behind the first one, at most. */
static unsigned int get_max_entry_points(const struct sets *sets)
{
	const struct hevc_pps *pps = sets->pps;
	unsigned int columns = pps->num_tile_columns_minus1 + 1U;
	unsigned int rows = pps->num_tile_rows_minus1 + 1U;

	if (pps->entropy_coding_sync_enabled_flag)
		rows = hevc_get_height_ctbs(sets->sps);
	return columns * rows - 1;
}

static void parse_end(struct bits *b, const struct sets *sets, struct hevc_slice *s)
{
	unsigned int i, n, size;

	s->num_entry_point_offsets = 0;
	if (sets->pps->tiles_enabled_flag || sets->pps->entropy_coding_sync_enabled_flag) {
		n = bits_ue_max(b, get_max_entry_points(sets));
		s->num_entry_point_offsets = (uint16_t)n;
		size = n > 0 ? 1 + bits_ue_max(b, 31) : 0;
		for (i = 0; i < n && bits_ok(b); i++)
			bits_u(b, size);
	}
	if (sets->pps->slice_segment_header_extension_present_flag)
		bits_skip(b, 8 * bits_ue_max(b, 256));
	/* byte_alignment() */
	if (!bits_flag(b))
		b->err = -EBADMSG;
	bits_skip(b, (unsigned int)(-b->n_read & 7));
}

/* Tiles that the picture has no room for. */
static bool do_tiles_fit(const struct sets *sets)
{
	const struct hevc_pps *pps = sets->pps;
	unsigned int width = 1, height = 1;
	unsigned int i;

	for (i = 0; i < pps->num_tile_columns_minus1; i++)
		width += pps->column_width_minus1[i] + 1U;
	for (i = 0; i < pps->num_tile_rows_minus1; i++)
		height += pps->row_height_minus1[i] + 1U;
	return width <= hevc_get_width_ctbs(sets->sps) && height <= hevc_get_height_ctbs(sets->sps);
}

/* Up to the fields that dependent segments have, too. */
static int parse_start(struct bits *b, const struct hevc_sets *all, struct hevc_slice *s,
		       struct sets *sets)
{
	uint32_t n;

	bits_skip(b, HEVC_NAL_HEADER_BITS);
	s->first_slice_segment_in_pic_flag = bits_flag(b);
	if (hevc_is_irap(s->nal.nal_unit_type))
		s->no_output_of_prior_pics_flag = bits_flag(b);
	s->pic_parameter_set_id = (uint8_t)bits_ue_max(b, HEVC_MAX_PPS - 1);
	if (!bits_ok(b))
		return -EBADMSG;
	sets->pps = &all->pps[s->pic_parameter_set_id];
	if (!sets->pps->valid)
		return -ENOENT;
	sets->sps = hevc_select_sps(all, sets->pps, s->nal.nal_unit_type);
	if (!sets->sps->valid)
		return -ENOENT;
	if (!do_tiles_fit(sets))
		return -EBADMSG;
	s->dependent_slice_segment_flag = false;
	s->slice_segment_address = 0;
	if (s->first_slice_segment_in_pic_flag)
		return 0;
	if (sets->pps->dependent_slice_segments_enabled_flag)
		s->dependent_slice_segment_flag = bits_flag(b);
	n = (uint32_t)hevc_get_width_ctbs(sets->sps) * hevc_get_height_ctbs(sets->sps);
	s->slice_segment_address = bits_u(b, ceil_log2(n));
	return s->slice_segment_address < n ? 0 : -EBADMSG;
}

/* A dependent segment goes on with what its slice has. */
static int inherit(const struct hevc_slice *previous, struct hevc_slice *slice)
{
	struct hevc_slice own = *slice;

	if (!previous || previous->pic_parameter_set_id != own.pic_parameter_set_id ||
	    previous->nal.nal_unit_type != own.nal.nal_unit_type)
		return -EBADMSG;
	*slice = *previous;
	slice->first_slice_segment_in_pic_flag = false;
	slice->dependent_slice_segment_flag = true;
	slice->slice_segment_address = own.slice_segment_address;
	return 0;
}

int hevc_parse_slice(const uint8_t *data, size_t size_bytes, const struct hevc_sets *all,
		     const struct hevc_slice *previous, struct hevc_slice *slice)
{
	struct sets sets;
	struct bits b;
	int ret;

	memset(slice, 0, sizeof(*slice));
	ret = hevc_parse_nal(data, size_bytes, &slice->nal);
	if (ret < 0)
		return ret;
	bits_init(&b, data, size_bytes);
	ret = parse_start(&b, all, slice, &sets);
	if (ret < 0)
		return ret;
	if (slice->dependent_slice_segment_flag)
		ret = inherit(previous, slice);
	else
		parse_independent(&b, &sets, slice);
	if (ret < 0 || !bits_ok(&b))
		return -EBADMSG;
	parse_end(&b, &sets, slice);
	if (!bits_ok(&b))
		return -EBADMSG;
	slice->header_bytes = (uint32_t)(b.n_read / 8);
	slice->emulation_bytes = (uint16_t)(b.next - b.n_cached / 8 - slice->header_bytes);
	return 0;
}

bool hevc_begins_picture(const struct hevc_slice *a, const struct hevc_slice *b)
{
	if (b->first_slice_segment_in_pic_flag)
		return true;
	/* All segments of a picture agree in these: 7.4.2.2, 7.4.7.1. */
	return a->nal.nal_unit_type != b->nal.nal_unit_type ||
	       a->nal.temporal_id != b->nal.temporal_id ||
	       a->pic_parameter_set_id != b->pic_parameter_set_id ||
	       a->pic_order_cnt_lsb != b->pic_order_cnt_lsb;
}
