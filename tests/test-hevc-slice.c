/* SPDX-License-Identifier: MIT */
/*
 * test-hevc-slice.c - HEVC slice segment headers from written bits
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include "hevc-headers.h"
#include "libvacodec/hevc-parser.h"

static struct hevc_sets sets;
static struct hevc_slice slice;

/* Up to where the types differ: a first segment of a TRAIL_R picture. */
static void begin_slice(struct writer *w, unsigned int type, unsigned int lsb)
{
	begin(w, 1, 0);
	put(w, 1, 1);
	ue(w, 0);
	ue(w, type);
	put(w, 4, lsb);
}

static int parse(struct writer *w)
{
	size_t n = end(w);

	/* What looks like slice data. */
	w->data[n] = 0xab;
	return hevc_parse_slice(w->data, n + 1, &sets, NULL, &slice);
}

static void test_p_slice_with_nothing_to_refer_to_is_damage(void **state)
{
	const struct sps_setup sps = {.dpb_minus1 = 2, .n_sets = 1};
	const struct pps_setup pps = {0};
	struct writer w;

	(void)state;
	assert_int_equal(parse_headers(&sets, &sps, &pps), 0);
	begin_slice(&w, HEVC_SLICE_P, 3);
	put(&w, 1, 0); /* a set of its own: no picture */
	put(&w, 1, 0);
	ue(&w, 0);
	ue(&w, 0);
	put(&w, 1, 0);
	ue(&w, 0);
	se(&w, 0);
	assert_int_equal(parse(&w), -EBADMSG);
	assert_int_equal(slice.num_pic_total_curr, 0);
}

static void check_slice_fields(void)
{
	assert_int_equal(slice.nal.temporal_id, 1);
	assert_false(slice.pic_output_flag);
	assert_int_equal(slice.pic_order_cnt_lsb, 9);
	assert_int_equal(slice.st_rps_bits, 0);
	assert_int_equal(slice.num_pic_total_curr, 4);
	assert_int_equal(slice.long_term[0].poc_lsb_lt, 3);
	assert_int_equal(slice.long_term[0].delta_poc_msb_cycle, 2);
	assert_false(slice.long_term[1].delta_poc_msb_present_flag);
	assert_int_equal(slice.list_entry[0][0], 3);
	assert_int_equal(slice.list_entry[0][2], 1);
	assert_int_equal(slice.collocated_ref_idx, 2);
	assert_int_equal(slice.weights.luma_log2_weight_denom, 3);
	assert_int_equal(slice.weights.delta_chroma_log2_weight_denom, -1);
	assert_int_equal(slice.weights.delta_luma_weight[0][1], 5);
	assert_int_equal(slice.weights.luma_offset[0][1], -7);
	assert_int_equal(slice.weights.delta_luma_weight[0][0], 0);
	/* (7-56): 128 + 10 - (128 * 6 >> 2) */
	assert_int_equal(slice.weights.chroma_offset[0][1][0], -54);
	assert_int_equal(slice.weights.chroma_offset[0][1][1], 0);
	assert_int_equal(slice.slice_qp_delta, -9);
	assert_true(slice.slice_loop_filter_across_slices_enabled_flag);
}

static void test_slice_fields_are_read(void **state)
{
	const struct sps_setup sps = {
		.dpb_minus1 = 4, .n_sets = 3, .long_term = true, .sao = true, .mvp = true};
	const struct pps_setup pps = {
		.lists_modification = true, .weighted = true, .output_flag = true, .extra_bits = 1};
	struct writer w;

	(void)state;
	assert_int_equal(parse_headers(&sets, &sps, &pps), 0);
	begin(&w, 1, 1);
	put(&w, 1, 1);
	ue(&w, 0);
	put(&w, 1, 1); /* slice_reserved_flag */
	ue(&w, HEVC_SLICE_P);
	put(&w, 1, 0); /* pic_output_flag */
	put(&w, 4, 9);
	put(&w, 1, 1);
	put(&w, 2, 1); /* the second set: -1, -2 */
	ue(&w, 1);     /* num_long_term_sps */
	ue(&w, 1);
	put(&w, 1, 0); /* 3, used */
	put(&w, 1, 1);
	ue(&w, 2);
	put(&w, 4, 12);
	put(&w, 1, 1);
	put(&w, 1, 0);
	put(&w, 1, 1); /* slice_temporal_mvp_enabled_flag */
	put(&w, 2, 2); /* SAO of luma */
	put(&w, 1, 1);
	ue(&w, 2); /* 3 entries */
	put(&w, 1, 1);
	put(&w, 6, 0x39); /* 3, 2, 1 */
	ue(&w, 2);        /* collocated_ref_idx */
	ue(&w, 3);        /* weights */
	se(&w, -1);
	put(&w, 3, 2); /* of the second entry only */
	put(&w, 3, 2);
	se(&w, 5);
	se(&w, -7);
	se(&w, 2);
	se(&w, 10);
	se(&w, 0);
	se(&w, 0);
	ue(&w, 1); /* five_minus_max_num_merge_cand */
	se(&w, -9);
	put(&w, 1, 1);
	assert_int_equal(parse(&w), 0);
	assert_int_equal(slice.header_bytes, w.n_bits / 8);
	check_slice_fields();
}

static void test_slice_rps_size_is_that_of_its_bits(void **state)
{
	const struct sps_setup sps = {.dpb_minus1 = 4, .n_sets = 3};
	const struct pps_setup pps = {0};
	struct writer w;
	size_t from;

	(void)state;
	assert_int_equal(parse_headers(&sets, &sps, &pps), 0);
	begin_slice(&w, HEVC_SLICE_I, 3);
	put(&w, 1, 0);
	from = w.n_bits;
	put(&w, 1, 1); /* predicted of the first set: 1 back of the third */
	ue(&w, 2);
	put(&w, 1, 1);
	ue(&w, 0);
	put(&w, 2, 3);
	from = w.n_bits - from;
	se(&w, 0);
	put(&w, 1, 1);
	assert_int_equal(parse(&w), 0);
	assert_int_equal(slice.st_rps_bits, from);
	assert_int_equal(slice.rps.num_negative_pics, 2);
	assert_int_equal(slice.rps.delta_poc_s0[1], -2);
}

static void test_long_term_index_beyond_the_sps_is_damage(void **state)
{
	const struct sps_setup sps = {.dpb_minus1 = 4, .long_term = true};
	const struct pps_setup pps = {0};
	struct writer w;

	(void)state;
	assert_int_equal(parse_headers(&sets, &sps, &pps), 0);
	sets.sps[0].num_long_term_ref_pics_sps = 3; /* two bits, of which 3 is no index */
	begin_slice(&w, HEVC_SLICE_I, 3);
	put(&w, 3, 3); /* a set of its own, empty */
	ue(&w, 1);
	ue(&w, 0);
	put(&w, 2, 3);
	put(&w, 8, 0x55);
	assert_int_equal(parse(&w), -EBADMSG);
}

/* An I slice behind 20 entry points of 8 bits. */
static int parse_entry_points(unsigned int n, bool wavefront)
{
	const struct sps_setup sps = {.height = 400};
	const struct pps_setup pps = {.tiles = true, .wavefront = wavefront};
	struct writer w;
	unsigned int i;

	assert_int_equal(parse_headers(&sets, &sps, &pps), 0);
	begin_slice(&w, HEVC_SLICE_I, 0);
	put(&w, 3, 3);
	se(&w, 0);
	put(&w, 1, 1);
	ue(&w, n);
	if (n > 0)
		ue(&w, 7);
	for (i = 0; i < n; i++)
		put(&w, 8, 0x77);
	return parse(&w);
}

static void test_entry_points_are_as_many_as_substreams(void **state)
{
	(void)state;
	assert_int_equal(parse_entry_points(0, false), 0);
	assert_int_equal(parse_entry_points(3, false), 0);
	assert_int_equal(slice.num_entry_point_offsets, 3);
	assert_int_equal(parse_entry_points(4, false), -EBADMSG);
	/* With wavefronts, each CTB row of a tile is one: 2 * 25. */
	assert_int_equal(parse_entry_points(49, true), 0);
	assert_int_equal(parse_entry_points(50, true), -EBADMSG);
}

static void test_dependent_segment_has_the_rest_of_its_slice(void **state)
{
	const struct sps_setup sps = {.dpb_minus1 = 1, .n_sets = 1};
	const struct pps_setup pps = {.dependent = true};
	struct hevc_slice first;
	struct writer w;
	size_t n;

	(void)state;
	assert_int_equal(parse_headers(&sets, &sps, &pps), 0);
	begin_slice(&w, HEVC_SLICE_P, 3);
	put(&w, 1, 1);
	put(&w, 1, 0);
	ue(&w, 2);
	se(&w, 7);
	put(&w, 1, 0);
	assert_int_equal(parse(&w), 0);
	first = slice;
	begin(&w, 1, 0);
	put(&w, 1, 0);
	ue(&w, 0);
	put(&w, 1, 1);
	put(&w, 4, 6);
	n = end(&w);
	assert_int_equal(hevc_parse_slice(w.data, n, &sets, NULL, &slice), -EBADMSG);
	assert_int_equal(hevc_parse_slice(w.data, n, &sets, &first, &slice), 0);
	assert_true(slice.dependent_slice_segment_flag);
	assert_int_equal(slice.slice_segment_address, 6);
	assert_int_equal(slice.slice_qp_delta, 7);
	assert_int_equal(slice.num_ref_idx_active[0], 1);
	assert_int_equal(slice.header_bytes, n);
	assert_false(hevc_begins_picture(&first, &slice));
}

static void test_irap_refers_to_itself_at_most(void **state)
{
	const struct sps_setup sps = {.profile_idc = 9, .scc = true};
	struct pps_setup pps = {.scc = true};
	struct writer w;
	unsigned int round;

	(void)state;
	for (round = 0; round < 2; round++) {
		pps.scc = round;
		assert_int_equal(parse_headers(&sets, &sps, &pps), 0);
		begin(&w, HEVC_NAL_IDR_N_LP, 0);
		put(&w, 1, 1);
		put(&w, 1, 0);
		ue(&w, 0);
		ue(&w, HEVC_SLICE_P);
		put(&w, 1, 0);
		ue(&w, 0);
		put(&w, 1, 1); /* use_integer_mv_flag */
		se(&w, 0);
		if (pps.scc) {
			se(&w, 1);
			se(&w, 2);
			se(&w, -3);
		}
		put(&w, 1, 1);
		assert_int_equal(parse(&w), pps.scc ? 0 : -EBADMSG);
	}
	assert_true(slice.refers_to_itself && slice.use_integer_mv_flag);
	assert_int_equal(slice.num_pic_total_curr, 1);
	assert_int_equal(slice.slice_act_cr_qp_offset, -3);
}

static void test_header_without_its_stop_bit_is_damage(void **state)
{
	const struct sps_setup sps = {0};
	const struct pps_setup pps = {0};
	struct writer w;

	(void)state;
	assert_int_equal(parse_headers(&sets, &sps, &pps), 0);
	begin_slice(&w, HEVC_SLICE_I, 0);
	put(&w, 3, 3);
	se(&w, 0);
	put(&w, 1, 1);
	put(&w, 1, 0); /* where byte_alignment() begins */
	assert_int_equal(parse(&w), -EBADMSG);
}

static void test_emulation_prevention_is_counted(void **state)
{
	const struct sps_setup sps = {0};
	const struct pps_setup pps = {.header_extension = true};
	uint8_t escaped[64];
	struct writer w;
	size_t i, n, out = 0, zeros = 0;

	(void)state;
	assert_int_equal(parse_headers(&sets, &sps, &pps), 0);
	begin_slice(&w, HEVC_SLICE_I, 0);
	put(&w, 3, 3);
	se(&w, 0);
	put(&w, 1, 1);
	ue(&w, 9);
	put(&w, 32, 0);
	put(&w, 32, 0);
	put(&w, 8, 0);
	n = end(&w);
	for (i = 0; i < n; i++) {
		if (zeros == 2 && w.data[i] <= 3) {
			escaped[out++] = 3;
			zeros = 0;
		}
		zeros = w.data[i] ? 0 : zeros + 1;
		escaped[out++] = w.data[i];
	}
	assert_true(out > n);
	assert_int_equal(hevc_parse_slice(escaped, out, &sets, NULL, &slice), 0);
	assert_int_equal(slice.header_bytes, n);
	assert_int_equal(slice.emulation_bytes, out - n);
}

static void test_slice_without_parameter_sets_says_so(void **state)
{
	const struct sps_setup sps = {.id = 1};
	const struct pps_setup pps = {0};
	struct writer w;

	(void)state;
	assert_int_equal(parse_headers(&sets, &sps, &pps), 0);
	begin_slice(&w, HEVC_SLICE_I, 0);
	assert_int_equal(parse(&w), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_p_slice_with_nothing_to_refer_to_is_damage),
		cmocka_unit_test(test_slice_fields_are_read),
		cmocka_unit_test(test_slice_rps_size_is_that_of_its_bits),
		cmocka_unit_test(test_long_term_index_beyond_the_sps_is_damage),
		cmocka_unit_test(test_entry_points_are_as_many_as_substreams),
		cmocka_unit_test(test_dependent_segment_has_the_rest_of_its_slice),
		cmocka_unit_test(test_irap_refers_to_itself_at_most),
		cmocka_unit_test(test_header_without_its_stop_bit_is_damage),
		cmocka_unit_test(test_emulation_prevention_is_counted),
		cmocka_unit_test(test_slice_without_parameter_sets_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
