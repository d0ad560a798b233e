// SPDX-License-Identifier: MIT
/*
 * fuzz-h264-parser.c - parameter sets, slice headers and SEI of any bytes
 *
 * Input: an Annex B byte stream. What holds: a parameter set changes on success only, and
 * then no field is over the limit that h264-parser.h states.
 */
#include "fuzz.h"
#include "libvacodec/h264-parser.h"
#include "libvacodec/unit-splitter.h"
#include <stdlib.h>
#include <string.h>

const char fuzz_name[] = "fuzz-h264-parser";
const size_t fuzz_stream_at = 0;
const bool fuzz_hevc = false;

static struct h264_sets sets;

static bool is_filled(const void *object, size_t size_bytes, uint8_t value)
{
	const uint8_t *bytes = object;

	for (size_t i = 0; i < size_bytes; i++) {
		if (bytes[i] != value)
			return false;
	}
	return true;
}

static void parse_sps(const uint8_t *data, size_t size_bytes)
{
	struct h264_sps sps;
	int ret;

	memset(&sps, 0xa5, sizeof(sps));
	ret = h264_parse_sps(data, size_bytes, &sps);
	if (ret < 0) {
		fuzz_check(is_filled(&sps, sizeof(sps), 0xa5), "an SPS is filled on failure");
		return;
	}
	fuzz_check(sps.valid && sps.seq_parameter_set_id < H264_MAX_SPS, "the SPS's id");
	fuzz_check(sps.pic_width_in_mbs > 0 && sps.pic_width_in_mbs <= H264_MAX_SIDE_MBS &&
			   sps.frame_height_in_mbs > 0 &&
			   sps.frame_height_in_mbs <= H264_MAX_SIDE_MBS &&
			   sps.pic_width_in_mbs * sps.frame_height_in_mbs <= H264_MAX_MBS,
		   "the size of a picture");
	fuzz_check(sps.crop_left + sps.crop_right < 16 * sps.pic_width_in_mbs &&
			   sps.crop_top + sps.crop_bottom < 16 * sps.frame_height_in_mbs,
		   "the crop");
	fuzz_check(sps.max_num_ref_frames <= H264_MAX_REFS && sps.log2_max_frame_num >= 4 &&
			   sps.log2_max_frame_num <= 16 && sps.pic_order_cnt_type <= 2,
		   "a field of an SPS");
	fuzz_check(!sps.bitstream_restriction_flag ||
			   sps.max_num_reorder_frames <= sps.max_dec_frame_buffering,
		   "the reordering");
	sets.sps[sps.seq_parameter_set_id] = sps;
}

static void parse_pps(const uint8_t *data, size_t size_bytes)
{
	struct h264_pps pps;
	int ret;

	memset(&pps, 0xa5, sizeof(pps));
	ret = h264_parse_pps(data, size_bytes, &sets, &pps);
	if (ret < 0) {
		fuzz_check(is_filled(&pps, sizeof(pps), 0xa5), "a PPS is filled on failure");
		return;
	}
	fuzz_check(pps.valid && pps.seq_parameter_set_id < H264_MAX_SPS, "the PPS's ids");
	fuzz_check(pps.num_ref_idx_default_active_minus1[0] < H264_MAX_LIST &&
			   pps.num_ref_idx_default_active_minus1[1] < H264_MAX_LIST &&
			   pps.weighted_bipred_idc <= 2,
		   "a field of a PPS");
	sets.pps[pps.pic_parameter_set_id] = pps;
}

static void parse_slice(const uint8_t *data, size_t size_bytes)
{
	uint8_t list4x4[6][16], list8x8[2][64];
	struct h264_slice slice;
	const struct h264_pps *pps;
	const struct h264_sps *sps;
	int ret;

	/* Its output is worked on in place: after a failure it says nothing. */
	ret = h264_parse_slice(data, size_bytes, &sets, &slice);
	fuzz_check(ret <= 0, "what parsing a slice says");
	if (ret < 0)
		return;
	pps = &sets.pps[slice.pic_parameter_set_id];
	fuzz_check(pps->valid, "a slice without its PPS");
	sps = h264_select_sps(&sets, pps, slice.nal_unit_type == H264_NAL_IDR);
	fuzz_check(sps && sps->valid, "a slice without its SPS");
	fuzz_check(slice.slice_type <= H264_SLICE_SI && slice.n_mmcos <= H264_MAX_MMCOS &&
			   slice.num_ref_idx_active[0] <= H264_MAX_LIST &&
			   slice.num_ref_idx_active[1] <= H264_MAX_LIST &&
			   slice.n_modifications[0] <= H264_MAX_LIST + 1 &&
			   slice.n_modifications[1] <= H264_MAX_LIST + 1,
		   "a count of a slice");
	fuzz_check(slice.frame_num >> sps->log2_max_frame_num == 0, "frame_num");
	fuzz_check(slice.header_bits <= 8 * size_bytes, "a header longer than its unit");
	h264_resolve_scaling(sps, pps, list4x4, list8x8);
	sets.active = *sps;
}

/* Of a copy of the exact size: a read beyond it is seen. */
static void parse_unit(const struct unit *unit)
{
	uint8_t *data = malloc(unit->size_bytes ? unit->size_bytes : 1);
	int64_t recovery;
	bool broken_link;

	if (!data)
		return;
	memcpy(data, unit->data, unit->size_bytes);
	switch (unit->size_bytes ? data[0] & 0x1f : 0) {
	case H264_NAL_SPS:
		parse_sps(data, unit->size_bytes);
		break;
	case H264_NAL_PPS:
		parse_pps(data, unit->size_bytes);
		break;
	case H264_NAL_SEI:
		recovery = h264_parse_sei_recovery(data, unit->size_bytes, &broken_link);
		fuzz_check(recovery >= -1, "recovery_frame_cnt");
		sets.random_access |= recovery >= 0;
		break;
	case H264_NAL_SLICE:
	case H264_NAL_IDR:
		parse_slice(data, unit->size_bytes);
		break;
	}
	free(data);
}

static void take(struct unit_splitter *s)
{
	struct unit unit;

	if (!s->ready)
		return;
	unit_splitter_get(s, &unit);
	if (!unit.damaged)
		parse_unit(&unit);
	unit_splitter_next(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct unit_splitter s;
	size_t at = 0;

	memset(&sets, 0, sizeof(sets));
	unit_splitter_init(&s, UNIT_START_CODES, 0);
	while (at < size) {
		int64_t n = unit_splitter_push(&s, data + at, size - at, 0);

		fuzz_check(n > 0, "no byte is taken");
		at += (size_t)n;
		take(&s);
	}
	unit_splitter_end(&s);
	take(&s);
	unit_splitter_finish(&s);
	return 0;
}
