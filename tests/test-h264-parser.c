/* SPDX-License-Identifier: MIT */
/*
 * test-h264-parser.c - parameter sets, slice headers, SEI and scaling lists from written bits
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include "libvacodec/h264-parser.h"

/* A small bit writer, so that the tests say what they mean. */
struct writer {
	uint8_t data[512];
	size_t n_bits;
};

static void put(struct writer *w, unsigned int n, uint32_t value)
{
	while (n-- > 0) {
		if (value >> n & 1)
			w->data[w->n_bits / 8] |= (uint8_t)(0x80 >> w->n_bits % 8);
		w->n_bits++;
	}
}

static void ue(struct writer *w, uint32_t value)
{
	unsigned int n = 0;

	while ((value + 1) >> (n + 1))
		n++;
	put(w, n, 0);
	put(w, n + 1, value + 1);
}

static void se(struct writer *w, int32_t value)
{
	ue(w, value > 0 ? 2 * (uint32_t)value - 1 : 2 * (uint32_t)-value);
}

static size_t finish(struct writer *w)
{
	put(w, 1, 1);
	return (w->n_bits + 7) / 8;
}

/* ---- Parameter sets ---- */

struct sps_setup {
	unsigned int profile_idc;
	unsigned int poc_type;
	unsigned int width_mbs, height_mbs;
	unsigned int crop_right;
	bool vui;
};

static size_t write_sps(struct writer *w, const struct sps_setup *setup)
{
	put(w, 8, 0x67);
	put(w, 8, setup->profile_idc);
	put(w, 8, 0);
	put(w, 8, 30);
	ue(w, 3); /* id */
	if (setup->profile_idc == 100) {
		ue(w, 1);
		ue(w, 0);
		ue(w, 0);
		put(w, 2, 0);
	}
	ue(w, 0); /* log2_max_frame_num_minus4 */
	ue(w, setup->poc_type);
	if (setup->poc_type == 0) {
		ue(w, 2);
	} else if (setup->poc_type == 1) {
		put(w, 1, 0);
		se(w, -3);
		se(w, 1);
		ue(w, 2);
		se(w, 4);
		se(w, 6);
	}
	ue(w, 4); /* max_num_ref_frames */
	put(w, 1, 1);
	ue(w, setup->width_mbs - 1);
	ue(w, setup->height_mbs - 1);
	put(w, 2, 3); /* frame_mbs_only, direct_8x8_inference */
	put(w, 1, setup->crop_right > 0);
	if (setup->crop_right > 0) {
		ue(w, 1);
		ue(w, setup->crop_right);
		ue(w, 0);
		ue(w, 3);
	}
	put(w, 1, setup->vui);
	if (setup->vui) {
		put(w, 4, 0);
		put(w, 1, 1);
		put(w, 32, 1001);
		put(w, 32, 60000);
		put(w, 1, 1);
		put(w, 3, 0);
		put(w, 1, 1);
		put(w, 1, 1);
		ue(w, 0);
		ue(w, 0);
		ue(w, 10);
		ue(w, 10);
		ue(w, 2);
		ue(w, 4);
	}
	return finish(w);
}

static void test_sps_fields_are_read(void **state)
{
	const struct sps_setup setup = {100, 1, 11, 9, 5, true};
	struct writer w = {0};
	struct h264_sps sps;

	(void)state;
	assert_int_equal(h264_parse_sps(w.data, write_sps(&w, &setup), &sps), 0);
	assert_true(sps.valid);
	assert_int_equal(sps.seq_parameter_set_id, 3);
	assert_int_equal(sps.chroma_format_idc, 1);
	assert_int_equal(sps.bit_depth_luma, 8);
	assert_int_equal(sps.log2_max_frame_num, 4);
	assert_int_equal(sps.pic_order_cnt_type, 1);
	assert_int_equal(sps.offset_for_non_ref_pic, -3);
	assert_int_equal(sps.offset_for_top_to_bottom_field, 1);
	assert_int_equal(sps.num_ref_frames_in_pic_order_cnt_cycle, 2);
	assert_int_equal(sps.offset_for_ref_frame[1], 6);
	assert_int_equal(sps.max_num_ref_frames, 4);
	assert_int_equal(sps.pic_width_in_mbs, 11);
	assert_int_equal(sps.frame_height_in_mbs, 9);
	assert_int_equal(sps.crop_left, 2);
	assert_int_equal(sps.crop_right, 10);
	assert_int_equal(sps.crop_bottom, 6);
	assert_int_equal(sps.num_units_in_tick, 1001);
	assert_int_equal(sps.time_scale, 60000);
	assert_true(sps.bitstream_restriction_flag);
	assert_int_equal(sps.max_num_reorder_frames, 2);
	assert_int_equal(sps.max_dec_frame_buffering, 4);
}

static void test_sps_limits_are_held(void **state)
{
	const struct sps_setup wide = {66, 0, 1057, 1, 0, false};
	const struct sps_setup large = {66, 0, 1000, 1000, 0, false};
	const struct sps_setup crop = {66, 0, 1, 1, 7, false};
	struct writer w1 = {0}, w2 = {0}, w3 = {0};
	struct h264_sps sps;

	(void)state;
	assert_int_equal(h264_parse_sps(w1.data, write_sps(&w1, &wide), &sps), -EBADMSG);
	assert_int_equal(h264_parse_sps(w2.data, write_sps(&w2, &large), &sps), -EBADMSG);
	assert_int_equal(h264_parse_sps(w3.data, write_sps(&w3, &crop), &sps), -EBADMSG);
}

/* Cut anywhere before the VUI it is damaged, and never read behind its end. */
static void test_truncated_sps_is_damaged(void **state)
{
	const struct sps_setup setup = {100, 1, 11, 9, 5, false};
	struct writer w = {0};
	struct h264_sps sps;
	size_t size = write_sps(&w, &setup);
	size_t n;

	(void)state;
	for (n = 0; n + 1 < size; n++)
		assert_int_equal(h264_parse_sps(w.data, n, &sps), -EBADMSG);
}

static size_t write_pps(struct writer *w, bool transform_8x8)
{
	put(w, 8, 0x68);
	ue(w, 7); /* id */
	ue(w, 3); /* SPS */
	put(w, 1, 1);
	put(w, 1, 0);
	ue(w, 0);
	ue(w, 2);
	ue(w, 1);
	put(w, 1, 1);
	put(w, 2, 1);
	se(w, -4);
	se(w, 0);
	se(w, 2);
	put(w, 3, 4); /* deblocking control only */
	if (transform_8x8) {
		put(w, 1, 1);
		put(w, 1, 0);
		se(w, -2);
	}
	return finish(w);
}

static void test_pps_extension_is_there_only_with_more_data(void **state)
{
	struct h264_sets *sets = test_calloc(1, sizeof(*sets));
	struct writer w1 = {0}, w2 = {0};
	struct h264_pps pps;

	(void)state;
	assert_int_equal(h264_parse_pps(w1.data, write_pps(&w1, true), sets, &pps), 0);
	assert_int_equal(pps.pic_parameter_set_id, 7);
	assert_int_equal(pps.seq_parameter_set_id, 3);
	assert_int_equal(pps.num_ref_idx_default_active_minus1[0], 2);
	assert_int_equal(pps.weighted_bipred_idc, 1);
	assert_int_equal(pps.pic_init_qp_minus26, -4);
	assert_true(pps.transform_8x8_mode_flag);
	assert_int_equal(pps.second_chroma_qp_index_offset, -2);
	assert_int_equal(h264_parse_pps(w2.data, write_pps(&w2, false), sets, &pps), 0);
	assert_false(pps.transform_8x8_mode_flag);
	assert_int_equal(pps.second_chroma_qp_index_offset, 2);
	test_free(sets);
}

/* ---- Slice headers ---- */

static struct h264_sets *make_sets(void)
{
	const struct sps_setup setup = {100, 0, 11, 9, 0, false};
	struct h264_sets *sets = test_calloc(1, sizeof(*sets));
	struct writer w1 = {0}, w2 = {0};

	assert_int_equal(h264_parse_sps(w1.data, write_sps(&w1, &setup), &sets->sps[3]), 0);
	assert_int_equal(h264_parse_pps(w2.data, write_pps(&w2, true), sets, &sets->pps[7]), 0);
	return sets;
}

/* A P slice with a list modification, weights, MMCOs and deblocking offsets. */
static size_t write_p_slice(struct writer *w)
{
	put(w, 8, 0x41);
	ue(w, 5);      /* first_mb_in_slice */
	ue(w, 0);      /* P */
	ue(w, 7);      /* PPS */
	put(w, 4, 9);  /* frame_num */
	put(w, 6, 18); /* pic_order_cnt_lsb */
	put(w, 1, 1);
	ue(w, 1); /* two references */
	put(w, 1, 1);
	ue(w, 0);
	ue(w, 3);
	ue(w, 2);
	ue(w, 1);
	ue(w, 3);
	ue(w, 5); /* luma_log2_weight_denom */
	ue(w, 4);
	put(w, 1, 1);
	se(w, 30);
	se(w, -7);
	put(w, 1, 0);
	put(w, 1, 0);
	put(w, 1, 0);
	put(w, 1, 1); /* adaptive marking */
	ue(w, 3);
	ue(w, 2);
	ue(w, 1);
	ue(w, 4);
	ue(w, 2);
	ue(w, 0);
	ue(w, 1); /* cabac_init_idc */
	se(w, -3);
	ue(w, 0);
	se(w, 2);
	se(w, -1);
	return w->n_bits;
}

static void test_slice_header_is_read_to_its_last_bit(void **state)
{
	struct h264_sets *sets = make_sets();
	struct writer w = {0};
	size_t bits = write_p_slice(&w);
	struct h264_slice s;

	(void)state;
	assert_int_equal(h264_parse_slice(w.data, finish(&w), sets, &s), 0);
	assert_int_equal(s.header_bits, bits);
	assert_int_equal(s.nal_ref_idc, 2);
	assert_int_equal(s.first_mb_in_slice, 5);
	assert_int_equal(s.slice_type, H264_SLICE_P);
	assert_int_equal(s.frame_num, 9);
	assert_int_equal(s.pic_order_cnt_lsb, 18);
	assert_int_equal(s.num_ref_idx_active[0], 2);
	assert_int_equal(s.num_ref_idx_active[1], 0);
	assert_int_equal(s.n_modifications[0], 2);
	assert_int_equal(s.modifications[0][0].value, 3);
	assert_int_equal(s.modifications[0][1].modification_of_pic_nums_idc, 2);
	assert_true(s.explicit_weights);
	assert_true(s.weights.luma_flag[0]);
	assert_false(s.weights.chroma_flag[0]);
	assert_int_equal(s.weights.luma_weight[0][0], 30);
	assert_int_equal(s.weights.luma_offset[0][0], -7);
	assert_int_equal(s.weights.luma_weight[0][1], 32);
	assert_int_equal(s.weights.chroma_weight[0][1][1], 16);
	assert_int_equal(s.n_mmcos, 2);
	assert_int_equal(s.mmcos[0].difference_of_pic_nums_minus1, 2);
	assert_int_equal(s.mmcos[0].long_term_frame_idx, 1);
	assert_int_equal(s.mmcos[1].long_term, 2);
	assert_int_equal(s.cabac_init_idc, 1);
	assert_int_equal(s.slice_qp_delta, -3);
	assert_int_equal(s.slice_alpha_c0_offset_div2, 2);
	assert_int_equal(s.slice_beta_offset_div2, -1);
	test_free(sets);
}

static void test_truncated_slice_header_is_damaged(void **state)
{
	struct h264_sets *sets = make_sets();
	struct writer w = {0};
	size_t bits = write_p_slice(&w);
	struct h264_slice s;
	size_t n;

	(void)state;
	for (n = 0; n < bits / 8; n++)
		assert_int_equal(h264_parse_slice(w.data, n, sets, &s), -EBADMSG);
	test_free(sets);
}

static void test_slice_without_its_parameter_sets_is_told_apart(void **state)
{
	struct h264_sets *sets = make_sets();
	struct writer w = {0};
	struct h264_slice s;

	(void)state;
	write_p_slice(&w);
	sets->sps[3].valid = false;
	assert_int_equal(h264_parse_slice(w.data, finish(&w), sets, &s), -ENOENT);
	sets->sps[3].valid = true;
	sets->pps[7].valid = false;
	assert_int_equal(h264_parse_slice(w.data, finish(&w), sets, &s), -ENOENT);
	test_free(sets);
}

/* An SPS that was sent again in another form does not touch pictures before the next IDR. */
static void test_changed_sps_counts_from_the_next_idr(void **state)
{
	struct h264_sets *sets = make_sets();
	const struct h264_pps *pps = &sets->pps[7];

	(void)state;
	assert_ptr_equal(h264_select_sps(sets, pps, false), &sets->sps[3]);
	memcpy(&sets->active, &sets->sps[3], sizeof(sets->active));
	assert_ptr_equal(h264_select_sps(sets, pps, false), &sets->active);
	assert_ptr_equal(h264_select_sps(sets, pps, true), &sets->sps[3]);
	sets->random_access = true;
	assert_ptr_equal(h264_select_sps(sets, pps, false), &sets->sps[3]);
	test_free(sets);
}

/* ---- SEI ---- */

static void test_recovery_point_is_found_behind_others(void **state)
{
	const uint8_t sei[] = {6, 5, 3, 1, 2, 3, 6, 1, 0x2f, 0x80};
	const uint8_t none[] = {6, 5, 3, 1, 2, 3, 0x80};
	const uint8_t cut[] = {6, 6};
	const uint8_t whole[] = {6, 6, 1, 0x29, 0x80};
	bool broken;

	(void)state;
	assert_int_equal(h264_parse_sei_recovery(sei, sizeof(sei), &broken), 4);
	assert_true(broken);
	assert_int_equal(h264_parse_sei_recovery(whole, sizeof(whole), &broken), 4);
	assert_false(broken);
	assert_int_equal(h264_parse_sei_recovery(none, sizeof(none), &broken), -1);
	assert_int_equal(h264_parse_sei_recovery(cut, sizeof(cut), &broken), -1);
}

/* Half a million empty messages: the time is linear, or this would not end. */
static void test_long_sei_takes_linear_time(void **state)
{
	size_t size = 1 << 20;
	uint8_t *sei = test_calloc(size, 1);
	bool broken;
	size_t i;

	(void)state;
	sei[0] = 6;
	for (i = 3; i < size; i += 3)
		sei[i] = 3;
	sei[size - 1] = 0x80;
	assert_int_equal(h264_parse_sei_recovery(sei, size, &broken), -1);
	test_free(sei);
}

/* ---- Scaling lists ---- */

static void test_scaling_is_flat_without_lists(void **state)
{
	struct h264_sets *sets = make_sets();
	uint8_t list4x4[6][16], list8x8[2][64];

	(void)state;
	h264_resolve_scaling(&sets->sps[3], &sets->pps[7], list4x4, list8x8);
	assert_int_equal(list4x4[5][15], 16);
	assert_int_equal(list8x8[1][63], 16);
	test_free(sets);
}

/* Table 7-2: rule A is the default list; a list in the middle is taken over by the next ones. */
static void test_scaling_falls_back_by_rule_a(void **state)
{
	struct h264_sets *sets = make_sets();
	struct h264_scaling *scaling = &sets->sps[3].scaling;
	uint8_t list4x4[6][16], list8x8[2][64];

	(void)state;
	scaling->present = true;
	scaling->source4x4[1] = H264_LIST_CODED;
	memset(scaling->list4x4[1], 50, 16);
	h264_resolve_scaling(&sets->sps[3], &sets->pps[7], list4x4, list8x8);
	assert_int_equal(list4x4[0][0], 6);
	assert_int_equal(list4x4[0][15], 42);
	assert_int_equal(list4x4[1][3], 50);
	assert_int_equal(list4x4[2][3], 50);
	assert_int_equal(list4x4[3][0], 10);
	assert_int_equal(list4x4[5][15], 34);
	assert_int_equal(list8x8[0][63], 42);
	assert_int_equal(list8x8[1][63], 35);
	test_free(sets);
}

/* Rule B: the SPS's lists stand behind those of the PPS. */
static void test_scaling_falls_back_by_rule_b(void **state)
{
	struct h264_sets *sets = make_sets();
	struct h264_scaling *sps = &sets->sps[3].scaling;
	struct h264_scaling *pps = &sets->pps[7].scaling;
	uint8_t list4x4[6][16], list8x8[2][64];

	(void)state;
	sps->present = true;
	sps->source4x4[0] = H264_LIST_CODED;
	memset(sps->list4x4[0], 60, 16);
	pps->present = true;
	pps->source4x4[4] = H264_LIST_CODED;
	memset(pps->list4x4[4], 70, 16);
	pps->source8x8[1] = H264_LIST_DEFAULT;
	h264_resolve_scaling(&sets->sps[3], &sets->pps[7], list4x4, list8x8);
	assert_int_equal(list4x4[0][1], 60);
	assert_int_equal(list4x4[2][1], 60);
	assert_int_equal(list4x4[3][0], 10);
	assert_int_equal(list4x4[4][0], 70);
	assert_int_equal(list4x4[5][0], 70);
	assert_int_equal(list8x8[1][0], 9);
	test_free(sets);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sps_fields_are_read),
		cmocka_unit_test(test_sps_limits_are_held),
		cmocka_unit_test(test_truncated_sps_is_damaged),
		cmocka_unit_test(test_pps_extension_is_there_only_with_more_data),
		cmocka_unit_test(test_slice_header_is_read_to_its_last_bit),
		cmocka_unit_test(test_truncated_slice_header_is_damaged),
		cmocka_unit_test(test_slice_without_its_parameter_sets_is_told_apart),
		cmocka_unit_test(test_changed_sps_counts_from_the_next_idr),
		cmocka_unit_test(test_recovery_point_is_found_behind_others),
		cmocka_unit_test(test_long_sei_takes_linear_time),
		cmocka_unit_test(test_scaling_is_flat_without_lists),
		cmocka_unit_test(test_scaling_falls_back_by_rule_a),
		cmocka_unit_test(test_scaling_falls_back_by_rule_b),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
