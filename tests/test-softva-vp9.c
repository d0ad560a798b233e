/* SPDX-License-Identifier: MIT */
/*
 * Every mistake of a client that decodes VP9 is seen: written frames go through libvacodec, one value of one
 * buffer is changed on its way to softva, and just the checks named here fail. Unchanged, none does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <va/va.h>

#include "softva-mistake.h"
#include "softva-session.h"
#include "vp9-writer.h"

#define N_FRAMES 6

#define PIC(name, change)                                                                          \
	static void name(void *data)                                                               \
	{                                                                                          \
		VADecPictureParameterBufferVP9 *pic = data;                                        \
		change;                                                                            \
	}
#define SLICE(name, change)                                                                        \
	static void name(void *data)                                                               \
	{                                                                                          \
		VASliceParameterBufferVP9 *slice = data;                                           \
		change;                                                                            \
	}
#define BIT(name) PIC(name, pic->pic_fields.bits.name ^= 1)

PIC(frame_width, pic->frame_width--)
PIC(frame_height, pic->frame_height--)
PIC(no_width, pic->frame_width = 0)
PIC(large, pic->frame_width = 300)
PIC(no_surface, pic->reference_frames[1] = VA_INVALID_SURFACE)
PIC(other_surface, pic->reference_frames[1] = pic->reference_frames[2])
PIC(unused_surface, pic->reference_frames[7] = pic->reference_frames[2])
BIT(subsampling_x)
BIT(frame_type)
BIT(show_frame)
BIT(error_resilient_mode)
BIT(intra_only)
BIT(allow_high_precision_mv)
BIT(mcomp_filter_type)
BIT(frame_parallel_decoding_mode)
BIT(reset_frame_context)
BIT(refresh_frame_context)
BIT(frame_context_idx)
BIT(segmentation_enabled)
BIT(segmentation_temporal_update)
BIT(segmentation_update_map)
BIT(last_ref_frame)
BIT(last_ref_frame_sign_bias)
BIT(golden_ref_frame)
BIT(golden_ref_frame_sign_bias)
BIT(alt_ref_frame)
BIT(alt_ref_frame_sign_bias)
BIT(lossless_flag)
PIC(filter_level, pic->filter_level++)
PIC(sharpness_level, pic->sharpness_level++)
PIC(tile_rows, pic->log2_tile_rows++)
PIC(tile_columns, pic->log2_tile_columns++)
PIC(header_bytes, pic->frame_header_length_in_bytes++)
PIC(partition, pic->first_partition_size--)
PIC(tree_probs, pic->mb_segment_tree_probs[6]--)
PIC(pred_probs, pic->segment_pred_probs[2]--)
PIC(profile, pic->profile = 1)
PIC(bit_depth, pic->bit_depth = 10)
SLICE(data_size, slice->slice_data_size++)
SLICE(data_offset, slice->slice_data_offset = 1)
SLICE(data_flag, slice->slice_data_flag = VA_SLICE_DATA_FLAG_BEGIN)
SLICE(reference_enabled, slice->seg_param[5].segment_flags.fields.segment_reference_enabled ^= 1)
SLICE(reference, slice->seg_param[5].segment_flags.fields.segment_reference ^= 1)
SLICE(skipped, slice->seg_param[5].segment_flags.fields.segment_reference_skipped ^= 1)
SLICE(level, slice->seg_param[3].filter_level[2][1]++)
SLICE(luma_ac, slice->seg_param[7].luma_ac_quant_scale++)
SLICE(luma_dc, slice->seg_param[7].luma_dc_quant_scale++)
SLICE(chroma_ac, slice->seg_param[7].chroma_ac_quant_scale++)
SLICE(chroma_dc, slice->seg_param[7].chroma_dc_quant_scale++)
SLICE(key_level, slice->seg_param[0].filter_level[0][0]++)

#define IN_PIC   VAPictureParameterBufferType
#define IN_SLICE VASliceParameterBufferType

static const struct mistake mistakes[] = {
	{"no mistake", 0, IN_PIC, NULL, ""},
	{"frame_width", 5, IN_PIC, frame_width, "picture-size "},
	{"frame_height", 5, IN_PIC, frame_height, "picture-size "},
	{"no width", 5, IN_PIC, no_width, "picture-size-surface "},
	{"a width beyond the surface", 5, IN_PIC, large,
	 "picture-size-context picture-size-surface "},
	{"no surface", 5, IN_PIC, no_surface, "reference-surface "},
	{"another picture's surface", 5, IN_PIC, other_surface, "reference-content "},
	{"another surface in a slot that is not used", 5, IN_PIC, unused_surface,
	 "reference-content "},
	{"subsampling_x", 5, IN_PIC, subsampling_x, "format surface-format "},
	{"frame_type", 5, IN_PIC, frame_type, "frame-flags "},
	{"show_frame", 5, IN_PIC, show_frame, "frame-flags "},
	{"error_resilient_mode", 5, IN_PIC, error_resilient_mode, "frame-flags "},
	{"intra_only", 5, IN_PIC, intra_only, "frame-flags "},
	{"allow_high_precision_mv", 5, IN_PIC, allow_high_precision_mv, "frame-flags "},
	{"mcomp_filter_type", 5, IN_PIC, mcomp_filter_type, "frame-flags "},
	{"frame_parallel_decoding_mode", 5, IN_PIC, frame_parallel_decoding_mode, "frame-flags "},
	{"reset_frame_context", 5, IN_PIC, reset_frame_context, "frame-flags "},
	{"refresh_frame_context", 5, IN_PIC, refresh_frame_context, "frame-flags "},
	{"frame_context_idx", 5, IN_PIC, frame_context_idx, "frame-flags "},
	{"segmentation_enabled", 5, IN_PIC, segmentation_enabled, "frame-flags "},
	{"segmentation_temporal_update", 5, IN_PIC, segmentation_temporal_update, "frame-flags "},
	{"segmentation_update_map", 5, IN_PIC, segmentation_update_map, "frame-flags "},
	{"lossless_flag", 5, IN_PIC, lossless_flag, "frame-flags "},
	{"last_ref_frame", 5, IN_PIC, last_ref_frame, "reference-index "},
	{"golden_ref_frame", 5, IN_PIC, golden_ref_frame, "reference-index "},
	{"alt_ref_frame", 5, IN_PIC, alt_ref_frame, "reference-index "},
	{"last_ref_frame_sign_bias", 5, IN_PIC, last_ref_frame_sign_bias, "reference-index "},
	{"golden_ref_frame_sign_bias", 5, IN_PIC, golden_ref_frame_sign_bias, "reference-index "},
	{"alt_ref_frame_sign_bias", 5, IN_PIC, alt_ref_frame_sign_bias, "reference-index "},
	{"filter_level", 5, IN_PIC, filter_level, "deblocking "},
	{"sharpness_level", 5, IN_PIC, sharpness_level, "deblocking "},
	{"log2_tile_rows", 5, IN_PIC, tile_rows, "tile-log2 "},
	{"log2_tile_columns", 5, IN_PIC, tile_columns, "tile-log2 "},
	{"frame_header_length_in_bytes", 5, IN_PIC, header_bytes, "partitions "},
	{"first_partition_size", 5, IN_PIC, partition, "partitions "},
	{"mb_segment_tree_probs", 5, IN_PIC, tree_probs, "probabilities "},
	{"segment_pred_probs", 5, IN_PIC, pred_probs, "probabilities "},
	{"profile", 5, IN_PIC, profile, "format "},
	{"bit_depth", 5, IN_PIC, bit_depth, "format surface-format "},
	{"slice_data_size", 5, IN_SLICE, data_size, "buffers-present slice-data "},
	{"slice_data_offset", 5, IN_SLICE, data_offset, "buffers-present slice-data "},
	{"slice_data_flag", 5, IN_SLICE, data_flag, "buffers-present slice-data "},
	{"segment_reference_enabled", 5, IN_SLICE, reference_enabled, "segmentation "},
	{"segment_reference", 5, IN_SLICE, reference, "segmentation "},
	{"segment_reference_skipped", 5, IN_SLICE, skipped, "segmentation "},
	{"a segment's filter_level", 5, IN_SLICE, level, "deblocking "},
	{"luma_ac_quant_scale", 5, IN_SLICE, luma_ac, "quantizers "},
	{"luma_dc_quant_scale", 5, IN_SLICE, luma_dc, "quantizers "},
	{"chroma_ac_quant_scale", 5, IN_SLICE, chroma_ac, "quantizers "},
	{"chroma_dc_quant_scale", 5, IN_SLICE, chroma_dc, "quantizers "},
	{"a key frame's filter_level", 0, IN_SLICE, key_level, "deblocking "},
};

#define N_MISTAKES (sizeof(mistakes) / sizeof(mistakes[0]))

/* ---- Frames ---- */

/* All that a header can say, and other values than a key frame leaves. */
static const struct vp9_setup full = {
	.inter = true,
	.width = 260,
	.height = 70,
	.refs = {0, 1, 2},
	.biases = {false, true, true},
	.size_of = 2,
	.refresh = 1,
	.high_precision = true,
	.filter = 2,
	.reset_context = 2,
	.refresh_context = true,
	.context = 2,
	.level = 20,
	.sharpness = 3,
	.deltas = true,
	.update_deltas = true,
	.ref_deltas = {4, -3, 2, -1},
	.mode_deltas = {5, -6},
	.q_index = 90,
	.q_deltas = {3, -4, 5},
	.segmentation = true,
	.update_map = true,
	.temporal = true,
	.update_data = true,
	.tree_probs = {1, 2, 3, 4, 5, 6, 7},
	.pred_probs = {8, 9, 10},
	.features = {[3] = {true, true}, [5] = {false, false, true, true}, [7] = {true}},
	.data = {[3] = {-30, 11}, [5] = {0, 0, 2}, [7] = {77}},
};

/* Each slot has another picture from the fourth frame on. */
static void get_setup(unsigned int n, struct vp9_setup *setup)
{
	*setup = (struct vp9_setup){
		.width = 260,
		.height = 70,
		.inter = n > 0,
		.refresh = 1U << n,
		.size_of = 1,
		.q_index = 40 + n,
		.level = 10,
		.refresh_context = true,
	};
	if (n == 5)
		*setup = full;
}

static void decode(struct session *session)
{
	uint8_t data[VP9_WRITER_MAX_BYTES];
	struct vp9_setup setup;

	for (unsigned int i = 0; i < N_FRAMES; i++) {
		get_setup(i, &setup);
		assert_int_equal(session_send(session, data, vp9_write_frame(&setup, data), i), 0);
	}
	assert_int_equal(session_drain(session), 0);
}

/* ---- What softva says ---- */

static void test_mistake_is_seen(void **state)
{
	struct session session = {.codec = VACODEC_CODEC_VP9};
	const struct mistake *mistake = *state;
	char names[512];

	assert_true(mistake_run(mistake, &session, decode, names, sizeof(names)) > 0);
	assert_string_equal(names, mistake->checks);
	assert_int_equal(session.n_frames, N_FRAMES);
	/* A failed check fails its picture. */
	assert_int_equal(session.n_corrupt > 0, names[0] != '\0');
}

int main(void)
{
	return mistake_run_tests("softva vp9", mistakes, N_MISTAKES, sizeof(mistakes[0]),
				 test_mistake_is_seen);
}
