// SPDX-License-Identifier: MIT
/*
 * fuzz-hevc-parser.c - HEVC parameter sets, slice segment headers and SEI of any bytes
 *
 * Input: an Annex B byte stream. What holds: a parameter set changes on success only, and then no
 * field is over the limit that hevc-parser.h states.
 */
#include "fuzz.h"
#include "libvacodec/hevc-dpb.h"
#include "libvacodec/unit-splitter.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char fuzz_name[] = "fuzz-hevc-parser";
const size_t fuzz_stream_at = 0;
const bool fuzz_hevc = true;

static struct hevc_sets sets;
static struct hevc_slice independent;
static bool has_independent;

static bool is_filled(const void *object, size_t size_bytes, uint8_t value)
{
	const uint8_t *bytes = object;

	for (size_t i = 0; i < size_bytes; i++) {
		if (bytes[i] != value)
			return false;
	}
	return true;
}

static void check_rps(const struct hevc_rps *rps)
{
	fuzz_check(rps->num_negative_pics + rps->num_positive_pics <= HEVC_MAX_REFS,
		   "the size of a reference picture set");
	for (unsigned int i = 0; i < rps->num_negative_pics; i++)
		fuzz_check(rps->delta_poc_s0[i] < 0, "a picture before that is not");
	for (unsigned int i = 0; i < rps->num_positive_pics; i++)
		fuzz_check(rps->delta_poc_s1[i] > 0, "a picture behind that is not");
}

static void check_sps(const struct hevc_sps *sps)
{
	fuzz_check(sps->valid && sps->seq_parameter_set_id < HEVC_MAX_SPS &&
			   sps->video_parameter_set_id < HEVC_MAX_VPS &&
			   sps->max_sub_layers_minus1 < HEVC_MAX_SUB_LAYERS,
		   "the SPS's ids");
	fuzz_check(sps->crop_left + sps->crop_right < sps->pic_width_in_luma_samples &&
			   sps->crop_top + sps->crop_bottom < sps->pic_height_in_luma_samples &&
			   sps->pic_width_in_luma_samples <= HEVC_MAX_SIDE &&
			   sps->pic_height_in_luma_samples <= HEVC_MAX_SIDE,
		   "the size of a picture");
	fuzz_check(sps->bit_depth_luma <= 16 && sps->bit_depth_chroma <= 16 &&
			   sps->ctb_log2_size >= 4 && sps->ctb_log2_size <= 6 &&
			   sps->max_dec_pic_buffering_minus1 < HEVC_MAX_DPB &&
			   sps->max_num_reorder_pics <= sps->max_dec_pic_buffering_minus1 &&
			   sps->palette.n <= HEVC_MAX_PALETTE,
		   "a field of an SPS");
	for (unsigned int i = 0; i < sps->num_short_term_ref_pic_sets; i++)
		check_rps(&sps->rps[i]);
}

static void parse_sps(const uint8_t *data, size_t size_bytes)
{
	static struct hevc_sps sps;

	memset(&sps, 0xa5, sizeof(sps));
	if (hevc_parse_sps(data, size_bytes, &sps) < 0) {
		fuzz_check(is_filled(&sps, sizeof(sps), 0xa5), "an SPS is filled on failure");
		return;
	}
	check_sps(&sps);
	sets.sps[sps.seq_parameter_set_id] = sps;
}

static void parse_pps(const uint8_t *data, size_t size_bytes)
{
	static struct hevc_pps pps;

	memset(&pps, 0xa5, sizeof(pps));
	if (hevc_parse_pps(data, size_bytes, &pps) < 0) {
		fuzz_check(is_filled(&pps, sizeof(pps), 0xa5), "a PPS is filled on failure");
		return;
	}
	fuzz_check(pps.valid && pps.pic_parameter_set_id < HEVC_MAX_PPS &&
			   pps.seq_parameter_set_id < HEVC_MAX_SPS,
		   "the PPS's ids");
	fuzz_check(pps.num_tile_columns_minus1 < HEVC_MAX_TILE_COLS &&
			   pps.num_tile_rows_minus1 < HEVC_MAX_TILE_ROWS &&
			   pps.chroma_qp_offset_list_len_minus1 < HEVC_MAX_QP_OFFSETS &&
			   pps.palette.n <= HEVC_MAX_PALETTE,
		   "a count of a PPS");
	sets.pps[pps.pic_parameter_set_id] = pps;
}

static void check_tiles(const struct hevc_sps *sps, const struct hevc_pps *pps)
{
	uint16_t columns[HEVC_MAX_TILE_COLS], rows[HEVC_MAX_TILE_ROWS];
	unsigned int width = 0, height = 0;

	hevc_get_tiles(sps, pps, columns, rows);
	for (unsigned int i = 0; i <= pps->num_tile_columns_minus1; i++)
		width += columns[i];
	for (unsigned int i = 0; i <= pps->num_tile_rows_minus1; i++)
		height += rows[i];
	fuzz_check(width == hevc_get_width_ctbs(sps) && height == hevc_get_height_ctbs(sps),
		   "the tiles are not the picture");
}

static void check_slice(const struct hevc_slice *slice, size_t size_bytes)
{
	const struct hevc_pps *pps = &sets.pps[slice->pic_parameter_set_id];
	const struct hevc_sps *sps = hevc_select_sps(&sets, pps, slice->nal.nal_unit_type);

	fuzz_check(pps->valid && sps && sps->valid, "a slice without its parameter sets");
	fuzz_check(slice->slice_type <= HEVC_SLICE_I &&
			   slice->num_ref_idx_active[0] <= HEVC_MAX_LIST &&
			   slice->num_ref_idx_active[1] <= HEVC_MAX_LIST &&
			   slice->n_long_term <= HEVC_MAX_REFS,
		   "a count of a slice");
	check_rps(&slice->rps);
	fuzz_check(slice->pic_order_cnt_lsb >> sps->log2_max_pic_order_cnt_lsb == 0,
		   "pic_order_cnt_lsb");
	for (unsigned int list = 0; list < 2; list++) {
		for (unsigned int i = 0; i < slice->num_ref_idx_active[list]; i++)
			fuzz_check(hevc_slice_get_candidate(slice, list, i) <
					   slice->num_pic_total_curr,
				   "an entry of a list");
	}
	fuzz_check(slice->header_bytes + slice->emulation_bytes <= size_bytes,
		   "a header longer than its unit");
	check_tiles(sps, pps);
	sets.active = *sps;
}

static void parse_slice(const uint8_t *data, size_t size_bytes)
{
	static struct hevc_slice slice;
	int ret = hevc_parse_slice(data, size_bytes, &sets, has_independent ? &independent : NULL,
				   &slice);

	fuzz_check(ret == 0 || ret == -EBADMSG || ret == -ENOENT, "what parsing a slice says");
	if (ret < 0)
		return;
	check_slice(&slice, size_bytes);
	if (!slice.dependent_slice_segment_flag)
		independent = slice;
	has_independent = true;
}

static void parse_vps(const uint8_t *data, size_t size_bytes)
{
	struct hevc_vps vps;

	if (hevc_parse_vps(data, size_bytes, &vps) < 0)
		return;
	fuzz_check(vps.valid && vps.video_parameter_set_id < HEVC_MAX_VPS, "the VPS's id");
	sets.vps[vps.video_parameter_set_id] = vps;
}

/* Of a copy of the exact size: a read beyond it is seen. */
static void parse_unit(const struct unit *unit)
{
	uint8_t *data = malloc(unit->size_bytes ? unit->size_bytes : 1);
	struct hevc_sei sei = {.has = 0};
	struct hevc_nal nal;

	if (!data)
		return;
	memcpy(data, unit->data, unit->size_bytes);
	if (hevc_parse_nal(data, unit->size_bytes, &nal) < 0 || nal.nuh_layer_id > 0)
		nal.nal_unit_type = HEVC_NAL_AUD;
	if (nal.nal_unit_type == HEVC_NAL_VPS)
		parse_vps(data, unit->size_bytes);
	else if (nal.nal_unit_type == HEVC_NAL_SPS)
		parse_sps(data, unit->size_bytes);
	else if (nal.nal_unit_type == HEVC_NAL_PPS)
		parse_pps(data, unit->size_bytes);
	else if (hevc_is_slice(nal.nal_unit_type))
		parse_slice(data, unit->size_bytes);
	else
		hevc_parse_sei(data, unit->size_bytes, &sei);
	fuzz_check(sei.hash_type <= 2, "the type of a hash");
	free(data);
}

static void take(struct unit_splitter *s)
{
	struct unit unit;

	unit_splitter_get(s, &unit);
	if (!unit.damaged)
		parse_unit(&unit);
	unit_splitter_next(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct unit_splitter s;

	memset(&sets, 0, sizeof(sets));
	has_independent = false;
	unit_splitter_init(&s, UNIT_START_CODES, 0);
	while (size) {
		int64_t n = unit_splitter_push(&s, data, size, 0);

		if (n < 0)
			break;
		data += n;
		size -= (size_t)n;
		if (s.ready)
			take(&s);
	}
	unit_splitter_end(&s);
	if (s.ready)
		take(&s);
	unit_splitter_finish(&s);
	return 0;
}
