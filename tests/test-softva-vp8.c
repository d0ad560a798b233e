/* SPDX-License-Identifier: MIT */
/*
 * Every mistake of a client that decodes VP8 is seen: written frames go through libvacodec, one
 * value of one buffer is changed on its way to softva, and just the checks named here fail.
 * Unchanged, none does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <va/va.h>
#include <va/va_dec_vp8.h>

#include "softva-mistake.h"
#include "softva-session.h"
#include "vp8-writer.h"

#define N_FRAMES 6

#define PIC(name, change)                                                                          \
	static void name(void *data)                                                               \
	{                                                                                          \
		VAPictureParameterBufferVP8 *pic = data;                                           \
		change;                                                                            \
	}
#define SLICE(name, change)                                                                        \
	static void name(void *data)                                                               \
	{                                                                                          \
		VASliceParameterBufferVP8 *slice = data;                                           \
		change;                                                                            \
	}

PIC(width, pic->frame_width++)
PIC(no_width, pic->frame_width = 0)
PIC(large, pic->frame_width = 80)
PIC(last, pic->last_ref_frame = pic->golden_ref_frame)
PIC(golden, pic->golden_ref_frame = pic->alt_ref_frame)
PIC(alternate, pic->alt_ref_frame = pic->last_ref_frame)
PIC(no_surface, pic->last_ref_frame = VA_INVALID_SURFACE)
PIC(version, pic->pic_fields.bits.version = 4)
PIC(segmentation, pic->pic_fields.bits.segmentation_enabled ^= 1)
PIC(update_map, pic->pic_fields.bits.update_mb_segmentation_map ^= 1)
PIC(update_data, pic->pic_fields.bits.update_segment_feature_data ^= 1)
PIC(tree, pic->mb_segment_tree_probs[2]++)
PIC(filter_type, pic->pic_fields.bits.filter_type ^= 1)
PIC(sharpness, pic->pic_fields.bits.sharpness_level ^= 1)
PIC(adjust, pic->pic_fields.bits.loop_filter_adj_enable ^= 1)
PIC(adjust_update, pic->pic_fields.bits.mode_ref_lf_delta_update ^= 1)
PIC(disable, pic->pic_fields.bits.loop_filter_disable ^= 1)
PIC(level, pic->loop_filter_level[3]++)
PIC(reference_delta, pic->loop_filter_deltas_ref_frame[3]++)
PIC(mode_delta, pic->loop_filter_deltas_mode[0]--)
PIC(bias_golden, pic->pic_fields.bits.sign_bias_golden ^= 1)
PIC(bias_alternate, pic->pic_fields.bits.sign_bias_alternate ^= 1)
PIC(no_skip, pic->pic_fields.bits.mb_no_coeff_skip ^= 1)
PIC(skip_prob, pic->prob_skip_false++)
PIC(intra_prob, pic->prob_intra++)
PIC(last_prob, pic->prob_last++)
PIC(golden_prob, pic->prob_gf++)
PIC(luma_mode, pic->y_mode_probs[3]++)
PIC(chroma_mode, pic->uv_mode_probs[2]++)
PIC(vector, pic->mv_probs[1][18]--)
PIC(range, pic->bool_coder_ctx.range--)
PIC(value, pic->bool_coder_ctx.value ^= 1)
PIC(bit_count, pic->bool_coder_ctx.count ^= 1)
SLICE(data_size, slice->slice_data_size++)
SLICE(data_flag, slice->slice_data_flag = VA_SLICE_DATA_FLAG_BEGIN)
SLICE(offset, slice->macroblock_offset ^= 1)
SLICE(count, slice->num_of_partitions--)
SLICE(partition, slice->partition_size[1]--)
SLICE(last_partition, slice->partition_size[2]++)
SLICE(first_partition, slice->partition_size[0] = 1 << 20)

static void coefficient(void *data)
{
	((VAProbabilityDataBufferVP8 *)data)->dct_coeff_probs[3][7][2][10]++;
}

static void quantizer(void *data)
{
	((VAIQMatrixBufferVP8 *)data)->quantization_index[3][5]++;
}

#define IN_PIC   VAPictureParameterBufferType
#define IN_SLICE VASliceParameterBufferType

static const struct mistake mistakes[] = {
	{"no mistake", 0, IN_PIC, NULL, ""},
	{"a width", 1, IN_PIC, width, "picture-size "},
	{"no width", 1, IN_PIC, no_width, "format reference-content "},
	{"a width beyond the surface", 0, IN_PIC, large,
	 "picture-size-context picture-size-surface "},
	{"a version that is reserved", 5, IN_PIC, version, "format "},
	{"the last frame's surface", 4, IN_PIC, last, "reference-content "},
	{"the golden frame's surface", 4, IN_PIC, golden, "reference-content "},
	{"the alternate frame's surface", 4, IN_PIC, alternate, "reference-content "},
	{"no surface", 2, IN_PIC, no_surface, "reference-surface "},
	{"segmentation_enabled", 5, IN_PIC, segmentation, "segmentation "},
	{"update_mb_segmentation_map", 5, IN_PIC, update_map, "segmentation "},
	{"update_segment_feature_data", 5, IN_PIC, update_data, "segmentation "},
	{"mb_segment_tree_probs", 5, IN_PIC, tree, "segmentation "},
	{"filter_type", 5, IN_PIC, filter_type, "deblocking "},
	{"sharpness_level", 5, IN_PIC, sharpness, "deblocking "},
	{"loop_filter_adj_enable", 5, IN_PIC, adjust, "deblocking "},
	{"mode_ref_lf_delta_update", 5, IN_PIC, adjust_update, "deblocking "},
	{"loop_filter_disable", 5, IN_PIC, disable, "deblocking "},
	{"loop_filter_level", 5, IN_PIC, level, "deblocking "},
	{"loop_filter_deltas_ref_frame", 5, IN_PIC, reference_delta, "deblocking "},
	{"loop_filter_deltas_mode", 5, IN_PIC, mode_delta, "deblocking "},
	{"sign_bias_golden", 5, IN_PIC, bias_golden, "reference-flag "},
	{"sign_bias_alternate", 5, IN_PIC, bias_alternate, "reference-flag "},
	{"mb_no_coeff_skip", 5, IN_PIC, no_skip, "probabilities "},
	{"prob_skip_false", 5, IN_PIC, skip_prob, "probabilities "},
	{"prob_intra", 5, IN_PIC, intra_prob, "probabilities "},
	{"prob_last", 5, IN_PIC, last_prob, "probabilities "},
	{"prob_gf", 5, IN_PIC, golden_prob, "probabilities "},
	{"y_mode_probs", 5, IN_PIC, luma_mode, "probabilities "},
	{"y_mode_probs of a key frame", 0, IN_PIC, luma_mode, "probabilities "},
	{"uv_mode_probs", 5, IN_PIC, chroma_mode, "probabilities "},
	{"mv_probs", 5, IN_PIC, vector, "probabilities "},
	{"dct_coeff_probs", 5, VAProbabilityBufferType, coefficient, "probabilities "},
	{"quantization_index", 5, VAIQMatrixBufferType, quantizer, "quantizers "},
	{"the decoder's range", 5, IN_PIC, range, "data-bit-offset "},
	{"the decoder's value", 5, IN_PIC, value, "data-bit-offset "},
	{"the decoder's count", 5, IN_PIC, bit_count, "data-bit-offset "},
	{"slice_data_size", 5, IN_SLICE, data_size, "buffers-present slice-data "},
	{"slice_data_flag", 5, IN_SLICE, data_flag, "buffers-present slice-data "},
	{"macroblock_offset", 5, IN_SLICE, offset, "data-bit-offset "},
	{"num_of_partitions", 5, IN_SLICE, count, "partitions "},
	{"a partition's size", 5, IN_SLICE, partition, "partitions "},
	{"the last partition's size", 5, IN_SLICE, last_partition, "partitions "},
	{"the first partition's size", 5, IN_SLICE, first_partition, "slice-header "},
};

#define N_MISTAKES (sizeof(mistakes) / sizeof(mistakes[0]))

/* ---- Frames ---- */

/* All that a header can say, and other values than a key frame leaves. */
static const struct vp8_setup full = {
	.width = 35,
	.height = 19,
	.segmentation = true,
	.update_map = true,
	.update_data = true,
	.quantizer = {1, -2, 3, -4},
	.filter = {-9, 8, -7, 6},
	.tree_probs = {100, 0, 50},
	.simple_filter = true,
	.filter_level = 30,
	.sharpness = 3,
	.deltas = true,
	.update_deltas = true,
	.ref_deltas = {1, 2, -3, 4},
	.mode_deltas = {-5, 6, 0, 7},
	.log2_partitions = 1,
	.qi = 60,
	.q_deltas = {1, -2, 3, -4, 5},
	.bias_golden = true,
	.coeff_index = 700,
	.coeff_prob = 77,
	.mv_index = 30,
	.mv_prob = 33,
	.y_mode_probs = {1, 2, 3, 4},
	.uv_mode_probs = {5, 6, 7},
	.from = VP8_FROM_GOLDEN,
};

/* Each reference is another picture from the third frame on. */
static void get_setup(unsigned int n, struct vp8_setup *setup)
{
	*setup = (struct vp8_setup){.width = 35, .height = 19, .qi = 35, .grey = (int)n + 1};
	setup->key_frame = n == 0;
	setup->from = VP8_FROM_NONE;
	if (n == 1)
		setup->refresh_golden = setup->keep_last = true;
	else if (n == 2)
		setup->refresh_alternate = setup->keep_last = true;
	else if (n == 4)
		setup->from = VP8_FROM_ALTERNATE;
	else if (n == 5)
		*setup = full;
}

static void decode(struct session *session)
{
	uint8_t data[VP8_WRITER_MAX_BYTES];
	struct vp8_setup setup;

	for (unsigned int i = 0; i < N_FRAMES; i++) {
		get_setup(i, &setup);
		assert_int_equal(session_send(session, data, vp8_write_frame(&setup, data), i), 0);
	}
	assert_int_equal(session_drain(session), 0);
}

/* ---- What softva says ---- */

static void test_mistake_is_seen(void **state)
{
	struct session session = {.codec = VACODEC_CODEC_VP8};
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
	return mistake_run_tests("softva vp8", mistakes, N_MISTAKES, sizeof(mistakes[0]),
				 test_mistake_is_seen);
}
