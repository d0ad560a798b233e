/* SPDX-License-Identifier: MIT */
/*
 * hevc-writer.c - units and parameter sets; see hevc-writer.h
 */
#include "hevc-writer.h"

#include <assert.h>
#include <string.h>

/* ---- Units ---- */

void hevcw_unit_begin(struct hevcw_stream *s, enum hevcw_unit type, unsigned int temporal_id)
{
	struct writer *w = &s->bits;

	memset(w, 0, sizeof(*w));
	put(w, 7, type);
	put(w, 6, s->layer_id);
	put(w, 3, temporal_id + 1);
}

void hevcw_unit_write(struct hevcw_stream *s)
{
	unsigned int zeros = 0;

	for (unsigned int i = 0; i < (s->start_code_zeros ? s->start_code_zeros : 3); i++)
		fputc(0, s->units);
	fputc(1, s->units);
	for (size_t i = 0; i < s->bits.n_bits / 8; i++) {
		if (zeros >= 2 && s->bits.data[i] <= 3) {
			fputc(3, s->units);
			zeros = 0;
		}
		fputc(s->bits.data[i], s->units);
		zeros = s->bits.data[i] ? 0 : zeros + 1;
	}
}

void hevcw_unit_raw(struct hevcw_stream *s, unsigned int type, const char *bytes, size_t n)
{
	hevcw_unit_begin(s, type, 0);
	for (size_t i = 0; i < n; i++)
		put(&s->bits, 8, (uint8_t)bytes[i]);
	hevcw_unit_write(s);
}

static void finish(struct hevcw_stream *s)
{
	end(&s->bits);
	hevcw_unit_write(s);
}

/* ---- Parts of parameter sets ---- */

/* Table A.2: the narrowest of the range extensions' profiles; 4:2:0 has Main 12 alone. */
static uint32_t constraints_of(const struct hevcw_sps *sps)
{
	bool of_10_bits = sps->depth[0] <= 10 && sps->chroma_format_idc >= 2;
	bool of_8_bits = sps->depth[0] == 8 && sps->chroma_format_idc == 3;

	return 1u << 8 | (uint32_t)of_10_bits << 7 | (uint32_t)of_8_bits << 6 |
	       (uint32_t)(sps->chroma_format_idc <= 2) << 5 |
	       (uint32_t)(sps->chroma_format_idc <= 1) << 4 | 1;
}

/* 7.3.3: lower sub-layers have levels, every second one a profile, too. sps: NULL, Main. */
static void profile_write(struct writer *w, const struct hevcw_sps *sps, unsigned int sub_layers)
{
	unsigned int profile_idc = sps ? sps->profile_idc : 1;

	put(w, 3, 0);
	put(w, 5, profile_idc);
	put(w, 32, 1u << (31 - profile_idc) | (profile_idc == 1 ? 1u << 29 : 0));
	put(w, 4, 9); /* progressive, frames only */
	put(w, 9, profile_idc == 4 ? constraints_of(sps) : 0);
	put(w, 32, 0);
	put(w, 3, 0);
	put(w, 8, 93);
	for (unsigned int i = 0; i + 1 < sub_layers; i++)
		put(w, 2, i % 2 ? 3 : 1);
	if (sub_layers > 1)
		put(w, 2 * (9 - sub_layers), 0);
	for (unsigned int i = 0; i + 1 < sub_layers; i++) {
		if (i % 2) {
			put(w, 8, profile_idc);
			put(w, 32, 1u << (31 - profile_idc));
			put(w, 32, 0x90000000);
			put(w, 16, 0);
		}
		put(w, 8, 60);
	}
}

static void sub_layer_hrd_write(struct writer *w, unsigned int n, bool sub_pic)
{
	for (; n > 0; n--) {
		ue(w, 3121);
		ue(w, 12487);
		if (sub_pic) {
			ue(w, 99);
			ue(w, 1);
		}
		put(w, 1, 0);
	}
}

/* E.2.2, each sub-layer another kind. */
static void hrd_write(struct writer *w, bool common, unsigned int sub_layers)
{
	if (common) {
		put(w, 2, 3); /* NAL and VCL */
		put(w, 1, 1); /* with sub-picture parameters */
		put(w, 8, 98);
		put(w, 5, 15);
		put(w, 1, 1);
		put(w, 5, 15);
		put(w, 8, 0x45);
		put(w, 4, 2);
		put(w, 15, 0x5b5b & 0x7fff);
	}
	for (unsigned int i = 0; i < sub_layers; i++) {
		bool fixed_general = i % 3 == 0, fixed = fixed_general || i % 3 == 1;
		bool low_delay = !fixed && i % 2;

		put(w, 1, fixed_general);
		if (!fixed_general)
			put(w, 1, fixed);
		if (fixed)
			ue(w, 17);
		else
			put(w, 1, low_delay);
		if (!low_delay)
			ue(w, 1); /* two of them */
		for (int kind = 0; kind < (common ? 2 : 0); kind++)
			sub_layer_hrd_write(w, low_delay ? 1 : 2, true);
	}
}

/* Flags of an extension that nobody knows; anything may follow them. */
static void extension_write(struct writer *w, unsigned int bits, unsigned int count)
{
	put(w, 8, bits);
	for (unsigned int i = 0; bits && i < count; i++)
		put(w, 16, 0xb1e5 ^ i * 0x2f1d);
}

static int coefficient(unsigned int list, unsigned int i)
{
	return (int)(1 + (list * 37 + i * (list + 3)) % 255);
}

static void list_write(struct writer *w, unsigned int list, char how)
{
	int last = 8;

	put(w, 1, how == 'c');
	if (how != 'c') {
		ue(w, how == 'd' ? 0 : (uint32_t)(how - '0'));
		return;
	}
	if (list >= 12) {
		last = coefficient(list, 99);
		se(w, last - 8);
	}
	for (unsigned int i = 0; i < (list < 6 ? 16 : 64); i++) {
		int step = coefficient(list, i) - last;

		se(w, step > 127 ? step - 256 : step < -128 ? step + 256 : step);
		last = coefficient(list, i);
	}
}

static void scaling_write(struct writer *w, const char *lists)
{
	put(w, 1, lists && *lists);
	for (unsigned int i = 0; lists && *lists && i < HEVCW_LISTS; i++)
		list_write(w, i, lists[i]);
}

/* ---- VPS ---- */

void hevcw_vps_write(struct hevcw_stream *s, const struct hevcw_vps *vps)
{
	unsigned int sub_layers = vps->sub_layers ? vps->sub_layers : 1;
	struct writer *w = &s->bits;

	hevcw_unit_begin(s, HEVCW_VPS, 0);
	put(w, 4, vps->id);
	put(w, 2, 3);
	put(w, 6, 0);
	put(w, 3, sub_layers - 1);
	put(w, 1, sub_layers == 1);
	put(w, 16, 0xffff);
	profile_write(w, NULL, sub_layers);
	put(w, 1, 0);
	ue(w, 4);
	ue(w, 2);
	ue(w, 0);
	put(w, 6, vps->extension ? 3 : 0); /* vps_max_layer_id */
	ue(w, vps->extension);             /* vps_num_layer_sets_minus1 */
	if (vps->extension)
		put(w, 4, 9);
	put(w, 1, vps->timing);
	if (vps->timing) {
		put(w, 32, 1001);
		put(w, 32, 24000);
		put(w, 1, 1);
		ue(w, 0);
		ue(w, vps->hrd ? 2 : 0);
		if (vps->hrd) {
			ue(w, 0);
			hrd_write(w, true, sub_layers);
			ue(w, 0);
			put(w, 1, 0); /* cprms_present_flag: as the one before */
			hrd_write(w, false, sub_layers);
		}
	}
	put(w, 1, vps->extension);
	for (unsigned int i = 0; vps->extension && i < 8; i++)
		put(w, 16, 0x5a5a + i);
	finish(s);
}

/* ---- SPS ---- */

struct hevcw_sps hevcw_sps_default(void)
{
	return (struct hevcw_sps){
		.profile_idc = 1,
		.chroma_format_idc = 1,
		.depth = {8, 8},
		.width = 64,
		.height = 48,
		.log2_max_poc_lsb = 6,
		.dpb = 5,
		.reorder = 2,
		.pcm_depth = {2, 2},
	};
}

static void ordering_write(struct writer *w, const struct hevcw_sps *sps, unsigned int sub_layers)
{
	put(w, 1, sps->ordering_for_all);
	for (unsigned int i = sps->ordering_for_all ? 0 : sub_layers - 1; i < sub_layers; i++) {
		unsigned int less = sub_layers - 1 - i;

		ue(w, sps->dpb > less + 1 ? sps->dpb - 1 - less : 0);
		ue(w, sps->reorder > less ? sps->reorder - less : 0);
		ue(w, sps->latency_plus1);
	}
}

static void rps_write(struct writer *w, const struct hevcw_rps *rps, unsigned int index,
		      bool in_slice)
{
	unsigned int before = 0, n = 0;

	if (index > 0)
		put(w, 1, rps->flags != NULL);
	if (rps->flags) {
		if (in_slice)
			ue(w, rps->from - 1);
		put(w, 1, rps->delta_rps < 0);
		ue(w, (uint32_t)(rps->delta_rps < 0 ? -rps->delta_rps : rps->delta_rps) - 1);
		for (const char *flag = rps->flags; *flag; flag++) {
			put(w, 1, *flag == 'u');
			if (*flag != 'u')
				put(w, 1, *flag == 'k');
		}
		return;
	}
	for (; rps->pics[n]; n++)
		before += rps->pics[n] < 0;
	ue(w, before);
	ue(w, n - before);
	for (unsigned int i = 0; i < n; i++) {
		int last = i == 0 || i == before ? 0 : rps->pics[i - 1];
		int step = rps->pics[i] - last;

		ue(w, (uint32_t)(step < 0 ? -step : step) - 1);
		put(w, 1, !(rps->unused >> i & 1));
	}
}

void hevcw_rps_write(struct writer *w, const struct hevcw_sps *sps, const struct hevcw_rps *rps)
{
	rps_write(w, rps, sps->n_rps, true);
}

static void references_write(struct writer *w, const struct hevcw_sps *sps)
{
	ue(w, sps->n_rps);
	for (unsigned int i = 0; i < sps->n_rps; i++)
		rps_write(w, &sps->rps[i], i, false);
	put(w, 1, sps->long_term);
	if (sps->long_term) {
		ue(w, sps->n_lt);
		for (unsigned int i = 0; i < sps->n_lt; i++) {
			put(w, sps->log2_max_poc_lsb, sps->lt_lsb[i]);
			put(w, 1, !(sps->lt_unused >> i & 1));
		}
	}
	put(w, 1, sps->tmvp);
	put(w, 1, sps->tools); /* strong_intra_smoothing_enabled_flag */
}

/* E.2.1 with everything that there is, or with the flags of fields only. */
static void vui_write(struct writer *w, const struct hevcw_sps *sps)
{
	bool all = sps->vui;

	put(w, 1, all);
	if (all) {
		put(w, 8, 255);
		put(w, 32, 0x00280021);
	}
	put(w, 1, all); /* overscan_info_present_flag */
	if (all)
		put(w, 1, 1);
	put(w, 1, all);
	if (all) {
		put(w, 4, 0xa + 1);
		put(w, 24, 0x090e09 & 0xffffff);
	}
	put(w, 1, all);
	if (all) {
		ue(w, 2);
		ue(w, 2);
	}
	put(w, 1, 0);
	put(w, 1, sps->field_seq);
	put(w, 1, sps->field_seq); /* frame_field_info_present_flag */
	put(w, 1, all);
	for (unsigned int i = 0; all && i < 4; i++)
		ue(w, i + 1); /* the default display window: a wish */
	put(w, 1, all);
	if (all) {
		put(w, 32, 1001);
		put(w, 32, 30000);
		put(w, 1, 1);
		ue(w, 0);
		put(w, 1, 1);
		hrd_write(w, true, sps->sub_layers ? sps->sub_layers : 1);
	}
	put(w, 1, all);
	if (all) {
		put(w, 3, 3);
		for (unsigned int i = 0; i < 5; i++)
			ue(w, i);
	}
}

static void picture_format_write(struct writer *w, const struct hevcw_sps *sps)
{
	bool window = sps->window[0] || sps->window[1] || sps->window[2] || sps->window[3];

	ue(w, sps->chroma_format_idc);
	if (sps->chroma_format_idc == 3)
		put(w, 1, 0);
	ue(w, sps->width);
	ue(w, sps->height);
	put(w, 1, window);
	for (unsigned int i = 0; window && i < 4; i++)
		ue(w, sps->window[i]);
	ue(w, sps->depth[0] - 8);
	ue(w, sps->depth[1] - 8);
	ue(w, sps->log2_max_poc_lsb - 4);
}

static void tools_write(struct writer *w, const struct hevcw_sps *sps)
{
	ue(w, 1); /* coding blocks of 16 only */
	ue(w, 0);
	ue(w, 0); /* transform blocks of 4 to 16 */
	ue(w, 2);
	ue(w, 1);
	ue(w, 1);
	put(w, 1, sps->scaling != NULL);
	if (sps->scaling)
		scaling_write(w, sps->scaling);
	put(w, 1, sps->tools); /* asymmetric partitions */
	put(w, 1, sps->sao);
	put(w, 1, 1); /* PCM of 16x16 */
	put(w, 4, sps->pcm_depth[0] - 1);
	put(w, 4, sps->pcm_depth[1] - 1);
	ue(w, 1);
	ue(w, 0);
	put(w, 1, sps->pcm_filter_off);
}

void hevcw_sps_write(struct hevcw_stream *s, unsigned int index)
{
	const struct hevcw_sps *sps = &s->sps[index];
	unsigned int sub_layers = sps->sub_layers ? sps->sub_layers : 1;
	struct writer *w = &s->bits;

	hevcw_unit_begin(s, HEVCW_SPS, 0);
	put(w, 4, sps->vps_id);
	put(w, 3, sub_layers - 1);
	put(w, 1, sub_layers == 1);
	profile_write(w, sps, sub_layers);
	ue(w, sps->id);
	picture_format_write(w, sps);
	ordering_write(w, sps, sub_layers);
	tools_write(w, sps);
	references_write(w, sps);
	put(w, 1, sps->vui || sps->field_seq);
	if (sps->vui || sps->field_seq)
		vui_write(w, sps);
	put(w, 1, sps->extension_bits || sps->range_flags);
	if (sps->extension_bits)
		extension_write(w, sps->extension_bits, 20);
	if (sps->range_flags)
		put(w, 17, 0x80 << 9 | sps->range_flags);
	finish(s);
}

/* ---- PPS ---- */

static void tiles_write(struct writer *w, const struct hevcw_pps *pps)
{
	ue(w, pps->tile_columns - 1);
	ue(w, pps->tile_rows - 1);
	put(w, 1, !pps->column_width[0] && !pps->row_height[0]);
	if (pps->column_width[0] || pps->row_height[0]) {
		for (unsigned int i = 0; i + 1 < pps->tile_columns; i++)
			ue(w, pps->column_width[i] - 1);
		for (unsigned int i = 0; i + 1 < pps->tile_rows; i++)
			ue(w, pps->row_height[i] - 1);
	}
	put(w, 1, !pps->not_across_tiles);
}

static void quantisation_write(struct writer *w, const struct hevcw_pps *pps)
{
	se(w, pps->init_qp_minus26);
	put(w, 1, pps->tools); /* constrained_intra_pred_flag */
	put(w, 1, pps->tools); /* transform_skip_enabled_flag */
	put(w, 1, pps->tools); /* cu_qp_delta_enabled_flag */
	if (pps->tools)
		ue(w, 0); /* coding units are as large as blocks */
	se(w, pps->tools ? -5 : 0);
	se(w, pps->tools ? 6 : 0);
	put(w, 1, pps->tools); /* pps_slice_chroma_qp_offsets_present_flag */
}

/* pps_range_extension(), 7.3.2.3.2; cross-component prediction is for 4:4:4. */
static void range_write(struct writer *w, const struct hevcw_pps *pps)
{
	put(w, 8, 0x80);
	if (pps->tools)
		ue(w, 2);
	put(w, 2, 1); /* chroma_qp_offset_list_enabled_flag */
	ue(w, 0);
	ue(w, 2);
	for (int i = 0; i < 3; i++) {
		se(w, 2 * i - 3);
		se(w, 4 - 5 * i);
	}
	ue(w, 0); /* as many bits as there are beyond 10 */
	ue(w, 0);
}

void hevcw_pps_write(struct hevcw_stream *s, unsigned int index)
{
	const struct hevcw_pps *pps = &s->pps[index];
	struct writer *w = &s->bits;

	hevcw_unit_begin(s, HEVCW_PPS, 0);
	ue(w, pps->id);
	ue(w, pps->sps_id);
	put(w, 1, pps->dependent);
	put(w, 1, pps->output_flag);
	put(w, 3, pps->extra_bits);
	put(w, 1, pps->sign_hiding);
	put(w, 1, pps->cabac_init);
	for (int i = 0; i < 2; i++)
		ue(w, pps->num_ref_default[i] ? pps->num_ref_default[i] - 1 : 0);
	quantisation_write(w, pps);
	put(w, 1, pps->weighted);
	put(w, 1, pps->bipred);
	put(w, 1, pps->bypass);
	put(w, 1, pps->tile_columns > 0);
	put(w, 1, pps->wavefront);
	if (pps->tile_columns)
		tiles_write(w, pps);
	put(w, 1, pps->across_slices);
	put(w, 1, 1);
	put(w, 1, pps->override);
	put(w, 1, !pps->deblock);
	if (pps->deblock) {
		se(w, 6);
		se(w, 6);
	}
	scaling_write(w, pps->scaling);
	put(w, 1, pps->modification);
	ue(w, pps->tools ? 2 : 0); /* log2_parallel_merge_level_minus2 */
	put(w, 1, pps->header_extension);
	put(w, 1, pps->extension_bits || pps->range);
	if (pps->range)
		range_write(w, pps);
	if (pps->extension_bits)
		extension_write(w, pps->extension_bits, 20);
	finish(s);
}

const struct hevcw_sps *hevcw_sps_of(const struct hevcw_stream *s, const struct hevcw_shot *shot)
{
	for (int i = 0; i < HEVCW_SETS; i++)
		if (s->sps[i].width && s->sps[i].id == s->pps[shot->pps].sps_id)
			return &s->sps[i];
	assert(!"the test names an SPS that it has not filled in");
	return NULL;
}
