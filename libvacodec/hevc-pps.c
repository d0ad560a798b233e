/* SPDX-License-Identifier: MIT */
/*
 * hevc-pps.c - HEVC picture parameter sets
 *
 * A PPS is parsed without its SPS, which may come later: what depends on both is checked when a slice
 * uses them.
 * Source: Rec. ITU-T H.265, 7.3.2.3 and 7.4.3.3, 6.5.1 (tiles), F.7.3.2.3.4 (multilayer extension).
 */
#include "hevc-parser.h"

#include <errno.h>
#include <string.h>

static void parse_first(struct bits *b, struct hevc_pps *pps)
{
	pps->pic_parameter_set_id = (uint8_t)bits_ue_max(b, HEVC_MAX_PPS - 1);
	pps->seq_parameter_set_id = (uint8_t)bits_ue_max(b, HEVC_MAX_SPS - 1);
	pps->dependent_slice_segments_enabled_flag = bits_flag(b);
	pps->output_flag_present_flag = bits_flag(b);
	pps->num_extra_slice_header_bits = (uint8_t)bits_u(b, 3);
	pps->sign_data_hiding_enabled_flag = bits_flag(b);
	pps->cabac_init_present_flag = bits_flag(b);
	pps->num_ref_idx_default_active_minus1[0] = (uint8_t)bits_ue_max(b, HEVC_MAX_LIST - 1);
	pps->num_ref_idx_default_active_minus1[1] = (uint8_t)bits_ue_max(b, HEVC_MAX_LIST - 1);
	pps->init_qp_minus26 = (int8_t)bits_se_range(b, -26 - 48, 25);
	pps->constrained_intra_pred_flag = bits_flag(b);
	pps->transform_skip_enabled_flag = bits_flag(b);
	pps->cu_qp_delta_enabled_flag = bits_flag(b);
	if (pps->cu_qp_delta_enabled_flag)
		pps->diff_cu_qp_delta_depth = (uint8_t)bits_ue_max(b, 3);
	pps->cb_qp_offset = (int8_t)bits_se_range(b, -12, 12);
	pps->cr_qp_offset = (int8_t)bits_se_range(b, -12, 12);
	pps->slice_chroma_qp_offsets_present_flag = bits_flag(b);
	pps->weighted_pred_flag = bits_flag(b);
	pps->weighted_bipred_flag = bits_flag(b);
	pps->transquant_bypass_enabled_flag = bits_flag(b);
	pps->tiles_enabled_flag = bits_flag(b);
	pps->entropy_coding_sync_enabled_flag = bits_flag(b);
}

static void parse_tiles(struct bits *b, struct hevc_pps *pps)
{
	unsigned int i;

	pps->num_tile_columns_minus1 = (uint8_t)bits_ue_max(b, HEVC_MAX_TILE_COLS - 1);
	pps->num_tile_rows_minus1 = (uint8_t)bits_ue_max(b, HEVC_MAX_TILE_ROWS - 1);
	pps->uniform_spacing_flag = bits_flag(b);
	if (!pps->uniform_spacing_flag) {
		for (i = 0; i < pps->num_tile_columns_minus1; i++)
			pps->column_width_minus1[i] = (uint16_t)bits_ue_max(b, HEVC_MAX_SIDE);
		for (i = 0; i < pps->num_tile_rows_minus1; i++)
			pps->row_height_minus1[i] = (uint16_t)bits_ue_max(b, HEVC_MAX_SIDE);
	}
	pps->loop_filter_across_tiles_enabled_flag = bits_flag(b);
}

static void parse_deblocking(struct bits *b, struct hevc_pps *pps)
{
	if (!bits_flag(b))
		return;
	pps->deblocking_filter_override_enabled_flag = bits_flag(b);
	pps->deblocking_filter_disabled_flag = bits_flag(b);
	if (pps->deblocking_filter_disabled_flag)
		return;
	pps->beta_offset_div2 = (int8_t)bits_se_range(b, -6, 6);
	pps->tc_offset_div2 = (int8_t)bits_se_range(b, -6, 6);
}

/* ---- Extensions ---- */

static void parse_range_extension(struct bits *b, struct hevc_pps *pps)
{
	unsigned int i;

	if (pps->transform_skip_enabled_flag)
		pps->log2_max_transform_skip_block_size_minus2 = (uint8_t)bits_ue_max(b, 3);
	pps->cross_component_prediction_enabled_flag = bits_flag(b);
	pps->chroma_qp_offset_list_enabled_flag = bits_flag(b);
	if (pps->chroma_qp_offset_list_enabled_flag) {
		pps->diff_cu_chroma_qp_offset_depth = (uint8_t)bits_ue_max(b, 3);
		pps->chroma_qp_offset_list_len_minus1 =
			(uint8_t)bits_ue_max(b, HEVC_MAX_QP_OFFSETS - 1);
		for (i = 0; i <= pps->chroma_qp_offset_list_len_minus1; i++) {
			pps->cb_qp_offset_list[i] = (int8_t)bits_se_range(b, -12, 12);
			pps->cr_qp_offset_list[i] = (int8_t)bits_se_range(b, -12, 12);
		}
	}
	pps->log2_sao_offset_scale_luma = (uint8_t)bits_ue_max(b, 6);
	pps->log2_sao_offset_scale_chroma = (uint8_t)bits_ue_max(b, 6);
}

static void skip_offsets(struct bits *b)
{
	unsigned int i;

	for (i = 0; i < 4; i++)
		bits_se_range(b, -INT32_MAX, INT32_MAX);
}

/* False when what follows it cannot be found: a colour mapping table, which no base layer needs. */
static bool skip_multilayer_extension(struct bits *b)
{
	unsigned int i, n;

	if (bits_flag(b)) /* pps_infer_scaling_list_flag */
		bits_skip(b, 6);
	n = bits_ue_max(b, 63);
	for (; n > 0 && bits_ok(b); n--) {
		bits_skip(b, 6);
		if (bits_flag(b))
			skip_offsets(b);
		if (bits_flag(b))
			skip_offsets(b);
		for (i = bits_flag(b) ? 4 : 0; i > 0; i--)
			bits_ue_max(b, 63);
	}
	return !bits_flag(b);
}

static void parse_palette(struct bits *b, struct hevc_pps *pps)
{
	unsigned int n = bits_ue_max(b, HEVC_MAX_PALETTE);
	unsigned int depth[2] = {0, 0};
	unsigned int c, i;
	bool mono;

	if (n == 0)
		return;
	mono = bits_flag(b);
	depth[0] = 8 + bits_ue_max(b, 8);
	if (!mono)
		depth[1] = 8 + bits_ue_max(b, 8);
	for (c = 0; c < (mono ? 1U : 3U); c++) {
		for (i = 0; i < n; i++)
			pps->palette.entry[c][i] = (uint16_t)bits_u(b, depth[c > 0]);
	}
	pps->palette.n = (uint8_t)n;
}

static void parse_scc_extension(struct bits *b, struct hevc_pps *pps)
{
	pps->curr_pic_ref_enabled_flag = bits_flag(b);
	pps->residual_adaptive_colour_transform_enabled_flag = bits_flag(b);
	if (pps->residual_adaptive_colour_transform_enabled_flag) {
		pps->slice_act_qp_offsets_present_flag = bits_flag(b);
		pps->act_y_qp_offset_plus5 = (int8_t)bits_se_range(b, -7, 17);
		pps->act_cb_qp_offset_plus5 = (int8_t)bits_se_range(b, -7, 17);
		pps->act_cr_qp_offset_plus3 = (int8_t)bits_se_range(b, -9, 15);
	}
	pps->palette_predictor_initializers_present_flag = bits_flag(b);
	if (pps->palette_predictor_initializers_present_flag)
		parse_palette(b, pps);
}

static void parse_extensions(struct bits *b, struct hevc_pps *pps)
{
	bool range, multilayer, three_d, scc;

	range = bits_flag(b);
	multilayer = bits_flag(b);
	three_d = bits_flag(b);
	scc = bits_flag(b);
	bits_skip(b, 4); /* pps_extension_4bits: their data follows, to the end */
	if (range)
		parse_range_extension(b, pps);
	if (multilayer && !skip_multilayer_extension(b))
		return;
	/* Depth look-up tables are of depth layers; no profile has them and what comes next. */
	if (scc && !three_d)
		parse_scc_extension(b, pps);
}

/*
 * To streams of the first version the flags were reserved, and anything may follow them. A PPS does not
 * tell its profile: what cannot be read is not there, and what can counts where the SPS has the profile.
 */
static void try_extensions(struct bits *b, struct hevc_pps *pps)
{
	struct hevc_pps with = *pps;
	struct bits rest;

	if (!bits_flag(b))
		return;
	rest = *b;
	parse_extensions(&rest, &with);
	if (bits_ok(&rest))
		memcpy(pps, &with, sizeof(with));
}

int hevc_parse_pps(const uint8_t *data, size_t size_bytes, struct hevc_pps *pps)
{
	struct hevc_pps p;
	struct bits b;

	memset(&p, 0, sizeof(p));
	bits_init(&b, data, size_bytes);
	bits_skip(&b, HEVC_NAL_HEADER_BITS);
	parse_first(&b, &p);
	p.loop_filter_across_tiles_enabled_flag = true; /* inferred, 7.4.3.3.1 */
	if (p.tiles_enabled_flag)
		parse_tiles(&b, &p);
	p.loop_filter_across_slices_enabled_flag = bits_flag(&b);
	parse_deblocking(&b, &p);
	p.scaling_list_data_present_flag = bits_flag(&b);
	/* Only 4:4:4 has 32x32 chroma lists, and those are the 16x16 ones: they harm nobody else. */
	if (p.scaling_list_data_present_flag)
		hevc_scaling_parse(&b, &p.scaling, 3);
	p.lists_modification_present_flag = bits_flag(&b);
	p.log2_parallel_merge_level_minus2 = (uint8_t)bits_ue_max(&b, 4);
	p.slice_segment_header_extension_present_flag = bits_flag(&b);
	try_extensions(&b, &p);
	if (!bits_ok(&b))
		return -EBADMSG;
	p.valid = true;
	memcpy(pps, &p, sizeof(p));
	return 0;
}

/* ---- Tiles ---- */

static void divide(unsigned int total, unsigned int n, const uint16_t *coded, uint16_t *sizes)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (!coded)
			sizes[i] = (uint16_t)((i + 1) * total / n - i * total / n);
		else
			sizes[i] = (uint16_t)(i + 1 < n ? coded[i] + 1U : total);
		if (coded)
			total -= sizes[i] < total ? sizes[i] : total;
	}
}

void hevc_get_tiles(const struct hevc_sps *sps, const struct hevc_pps *pps,
		    uint16_t columns[HEVC_MAX_TILE_COLS], uint16_t rows[HEVC_MAX_TILE_ROWS])
{
	divide(hevc_get_width_ctbs(sps), pps->num_tile_columns_minus1 + 1U,
	       pps->uniform_spacing_flag ? NULL : pps->column_width_minus1, columns);
	divide(hevc_get_height_ctbs(sps), pps->num_tile_rows_minus1 + 1U,
	       pps->uniform_spacing_flag ? NULL : pps->row_height_minus1, rows);
}

uint32_t hevc_get_tile_scan(const struct hevc_sps *sps, const struct hevc_pps *pps,
			    uint32_t address)
{
	uint16_t columns[HEVC_MAX_TILE_COLS], rows[HEVC_MAX_TILE_ROWS];
	uint32_t width = hevc_get_width_ctbs(sps);
	uint32_t x = address % width, y = address / width;
	unsigned int column = 0, row = 0;
	uint32_t scan = 0;

	if (!pps->tiles_enabled_flag)
		return address;
	hevc_get_tiles(sps, pps, columns, rows);
	for (; row < pps->num_tile_rows_minus1 && y >= rows[row]; row++) {
		y -= rows[row];
		scan += width * rows[row];
	}
	for (; column < pps->num_tile_columns_minus1 && x >= columns[column]; column++) {
		x -= columns[column];
		scan += (uint32_t)rows[row] * columns[column];
	}
	return scan + y * columns[column] + x;
}
