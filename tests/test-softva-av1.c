/* SPDX-License-Identifier: MIT */
/*
 * Every mistake of a client that decodes AV1 is seen: streams go through libvacodec, one value of one buffer
 * is changed on its way to softva, and a check fails or a frame shows something else. Unchanged, none does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <va/va.h>
#include <va/va_dec_av1.h>

#include "codec-stream.h"
#include "frame-md5.h"
#include "softva-mistake.h"
#include "softva-session.h"

#define MAX_FRAMES 64

struct av1_mistake {
	struct mistake mistake; /* any check may fail */
	const char *stream;
};

static const struct av1_mistake *at_hand;
static char expected[MAX_FRAMES][FRAME_MD5_SIZE];
static unsigned int n_expected, n_wrong;

/* ---- Mistakes ---- */

#define PIC(name, change)                                                                          \
	static void name(void *data)                                                               \
	{                                                                                          \
		VADecPictureParameterBufferAV1 *pic = data;                                        \
		change;                                                                            \
	}
#define SEQ(name)   PIC(name, pic->seq_info_fields.fields.name ^= 1)
#define BIT(name)   PIC(name, pic->pic_info_fields.bits.name ^= 1)
#define MODE(name)  PIC(name, pic->mode_control_fields.bits.name ^= 1)
#define GRAIN(name) PIC(name, pic->film_grain_info.film_grain_info_fields.bits.name ^= 1)
#define SEG(name)   PIC(seg_##name, pic->seg_info.segment_info_fields.bits.name ^= 1)
#define TILE(name, change)                                                                         \
	static void name(void *data)                                                               \
	{                                                                                          \
		VASliceParameterBufferAV1 *tile = data;                                            \
		change;                                                                            \
	}

PIC(no_surface, pic->ref_frame_map[pic->ref_frame_idx[0]] = VA_INVALID_SURFACE)
PIC(other_surface,
    pic->ref_frame_map[pic->ref_frame_idx[0]] = pic->ref_frame_map[pic->ref_frame_idx[6]])
PIC(no_slot, pic->ref_frame_idx[2] = 8)
PIC(other_slot, pic->ref_frame_idx[0] = pic->ref_frame_idx[6])
PIC(target_in_map, pic->ref_frame_map[7] = pic->current_frame)
PIC(order_hint, pic->order_hint ^= 1)
PIC(order_hint_bits, pic->order_hint_bits_minus_1--)
PIC(primary_ref_frame, pic->primary_ref_frame = pic->primary_ref_frame == 7 ? 0 : 7)
PIC(bit_depth, pic->bit_depth_idx ^= 1)
PIC(width, pic->frame_width_minus1 -= 8)
PIC(height, pic->frame_height_minus1 -= 8)
PIC(superres, pic->superres_scale_denominator++)
PIC(tile_cols, pic->tile_cols = 1)
PIC(tile_rows, pic->tile_rows = 3)
PIC(interp_filter, pic->interp_filter = (uint8_t)((pic->interp_filter + 1) % 4))
PIC(filter_level, pic->filter_level[0] ^= 16)
PIC(filter_level_u, pic->filter_level_u ^= 32)
PIC(sharpness, pic->loop_filter_info_fields.bits.sharpness_level ^= 4)
PIC(ref_deltas, pic->ref_deltas[0] = -60)
PIC(base_qindex, pic->base_qindex ^= 8)
PIC(y_dc_delta, pic->y_dc_delta_q = 20)
PIC(u_ac_delta, pic->u_ac_delta_q = 20)
PIC(using_qm, pic->qmatrix_fields.bits.using_qmatrix ^= 1)
PIC(qm_y, pic->qmatrix_fields.bits.qm_y ^= 3)
PIC(qm_u, pic->qmatrix_fields.bits.qm_u ^= 3)
PIC(tx_mode, pic->mode_control_fields.bits.tx_mode = 1)
PIC(cdef_damping, pic->cdef_damping_minus_3 ^= 3)
PIC(cdef_y, pic->cdef_y_strengths[0] ^= 0x3c)
PIC(cdef_uv, pic->cdef_uv_strengths[0] ^= 0x3c)
PIC(restoration, pic->loop_restoration_fields.bits.yframe_restoration_type ^= 3)
PIC(warp, for (int i = 0; i < 7; i++) pic->wm[i].wmmat[0] += 4096)
PIC(seg_data, pic->seg_info.feature_data[0][0] += 40)
PIC(seg_mask, pic->seg_info.feature_mask[0] ^= 1)
PIC(grain_seed, pic->film_grain_info.grain_seed ^= 1)
PIC(grain_points, pic->film_grain_info.point_y_scaling[0] ^= 32)
PIC(grain_ar, pic->film_grain_info.ar_coeffs_y[0] ^= 32)
PIC(grain_cb, pic->film_grain_info.cb_mult ^= 32)
PIC(grain_scaling, pic->film_grain_info.film_grain_info_fields.bits.grain_scaling_minus_8 ^= 1)
PIC(grain_target, pic->current_display_picture = pic->current_frame)
GRAIN(apply_grain)
GRAIN(overlap_flag)
SEG(enabled)
SEG(update_map)
SEQ(use_128x128_superblock)
SEQ(enable_filter_intra)
SEQ(enable_intra_edge_filter)
SEQ(enable_interintra_compound)
SEQ(enable_masked_compound)
SEQ(enable_dual_filter)
SEQ(enable_order_hint)
SEQ(enable_jnt_comp)
SEQ(enable_cdef)
SEQ(mono_chrome)
BIT(frame_type)
BIT(error_resilient_mode)
BIT(disable_cdf_update)
BIT(allow_screen_content_tools)
BIT(allow_intrabc)
BIT(use_superres)
BIT(allow_high_precision_mv)
BIT(is_motion_mode_switchable)
BIT(use_ref_frame_mvs)
BIT(disable_frame_end_update_cdf)
BIT(allow_warped_motion)
MODE(delta_q_present_flag)
MODE(log2_delta_q_res)
MODE(delta_lf_present_flag)
MODE(reference_select)
MODE(reduced_tx_set_used)
MODE(skip_mode_present)
TILE(tile_size, tile->slice_data_size -= 3)
TILE(tile_offset, tile->slice_data_offset += 3)
TILE(tile_column, tile->tile_column ^= 1)

#define IN_PIC  VAPictureParameterBufferType
#define IN_TILE VASliceParameterBufferType
#define MISTAKE(buffer, change, of, n)                                                             \
	{                                                                                          \
		{#change, n, buffer, change, ""}, "av1-" of ".ivf"                                 \
	}
#define P(change, of, n) MISTAKE(IN_PIC, change, of, n)
#define T(change, of, n) MISTAKE(IN_TILE, change, of, n)

static const struct av1_mistake mistakes[] = {
	{{"no mistake", 0, IN_PIC, NULL, ""}, "av1-plain.ivf"},
	P(no_surface, "plain", 5),
	P(other_surface, "plain", 5),
	P(no_slot, "plain", 5),
	P(other_slot, "plain", 5),
	P(target_in_map, "plain", 5),
	P(order_hint, "plain", 1),
	P(order_hint_bits, "plain", 5),
	P(primary_ref_frame, "plain", 5),
	P(bit_depth, "plain", 5),
	P(width, "plain", 5),
	P(height, "plain", 5),
	P(superres, "superres", 5),
	P(use_superres, "superres", 5),
	P(tile_cols, "tiles", 1),
	P(tile_rows, "tiles", 1),
	P(interp_filter, "plain", 2),
	P(filter_level, "plain", 0),
	P(filter_level_u, "plain", 0),
	P(sharpness, "plain", 0),
	P(ref_deltas, "plain", 0),
	P(base_qindex, "plain", 0),
	P(y_dc_delta, "plain", 0),
	P(u_ac_delta, "plain", 0),
	P(using_qm, "qm", 0),
	P(qm_y, "qm", 0),
	P(qm_u, "qm", 0),
	P(tx_mode, "plain", 0),
	P(cdef_damping, "plain", 0),
	P(cdef_y, "plain", 0),
	P(cdef_uv, "plain", 0),
	P(restoration, "motion", 0),
	P(warp, "motion", 5),
	P(seg_data, "segments", 0),
	P(seg_mask, "segments", 0),
	P(seg_enabled, "segments", 0),
	P(seg_update_map, "segments", 5),
	P(grain_seed, "grain", 0),
	P(grain_points, "grain", 0),
	P(grain_ar, "grain", 0),
	P(grain_cb, "grain", 0),
	P(grain_scaling, "grain", 0),
	P(grain_target, "grain", 0),
	P(apply_grain, "grain", 0),
	P(overlap_flag, "grain", 0),
	P(use_128x128_superblock, "plain", 0),
	P(enable_filter_intra, "plain", 0),
	P(enable_intra_edge_filter, "plain", 0),
	P(enable_interintra_compound, "plain", 2),
	P(enable_masked_compound, "plain", 2),
	P(enable_dual_filter, "plain", 2),
	P(enable_order_hint, "plain", 2),
	P(enable_jnt_comp, "plain", 3),
	P(enable_cdef, "plain", 0),
	P(mono_chrome, "plain", 0),
	P(frame_type, "plain", 0),
	P(error_resilient_mode, "plain", 2),
	P(disable_cdf_update, "plain", 0),
	P(allow_screen_content_tools, "plain", 0),
	P(allow_intrabc, "screen", 0),
	P(allow_high_precision_mv, "plain", 2),
	P(is_motion_mode_switchable, "plain", 2),
	P(use_ref_frame_mvs, "plain", 3),
	P(disable_frame_end_update_cdf, "plain", 1),
	P(allow_warped_motion, "motion", 2),
	P(delta_q_present_flag, "deltas", 0),
	P(log2_delta_q_res, "deltas", 0),
	P(delta_lf_present_flag, "deltas", 0),
	P(reference_select, "plain", 3),
	P(reduced_tx_set_used, "plain", 0),
	P(skip_mode_present, "plain", 4),
	T(tile_size, "plain", 0),
	T(tile_offset, "plain", 0),
	T(tile_column, "tiles", 0),
};

#define N_MISTAKES (sizeof(mistakes) / sizeof(mistakes[0]))

/* ---- The client ---- */

static void look(struct session *session, struct vacodec_frame *frame)
{
	unsigned int n = session->n_frames - 1;
	char md5[FRAME_MD5_SIZE];

	assert_true(n < n_expected);
	if (frame_md5(frame, md5) < 0 || strcmp(md5, expected[n]) != 0)
		n_wrong++;
}

static void decode(struct session *session)
{
	struct codec_stream *s = codec_stream_load(STREAMS, at_hand->stream);
	char path[1024];

	assert_non_null(s);
	snprintf(path, sizeof(path), "%s/%s.md5", STREAMS, at_hand->stream);
	n_expected = frame_md5_load(path, expected, MAX_FRAMES);
	assert_int_equal(session_send(session, s->data, s->size_bytes, 0), 0);
	assert_int_equal(session_drain(session), 0);
	codec_stream_free(s);
}

static void test_mistake_is_seen(void **state)
{
	struct session session = {.codec = VACODEC_CODEC_AV1, .on_frame = look};
	char names[512];

	at_hand = *state;
	n_wrong = 0;
	assert_true(mistake_run(&at_hand->mistake, &session, decode, names, sizeof(names)) > 0);
	assert_int_equal(mistake_was_made(), at_hand->mistake.make != NULL);
	assert_int_equal(session.n_frames, n_expected);
	if (at_hand->mistake.make)
		assert_true(names[0] || n_wrong > 0);
	else
		assert_true(!names[0] && n_wrong == 0);
	/* A failed check fails its picture. */
	assert_true(!names[0] || session.n_corrupt > 0);
}

int main(void)
{
	if (session_is_slow()) {
		printf("1..0 # SKIP libdav1d's code is more than valgrind can translate\n");
		return 0;
	}
	return mistake_run_tests("softva av1", mistakes, N_MISTAKES, sizeof(mistakes[0]),
				 test_mistake_is_seen);
}
