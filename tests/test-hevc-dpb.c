/* SPDX-License-Identifier: MIT */
/*
 * test-hevc-dpb.c - HEVC order counts, reference picture sets and lists, by worked examples
 *
 * Frames are named by their order count; they have no surface, and no pool is behind them.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include "libvacodec/frame-pool.h"
#include "libvacodec/hevc-dpb.h"

#define N_FRAMES 64

static struct vacodec_frame frames[N_FRAMES];
static struct hevc_dpb dpb;
static struct hevc_lists lists;
static const struct hevc_sps sps = {.valid = true, .log2_max_pic_order_cnt_lsb = 4};

static int setup(void **state)
{
	unsigned int i;

	(void)state;
	memset(frames, 0, sizeof(frames));
	for (i = 0; i < N_FRAMES; i++)
		atomic_store(&frames[i].refs, 1000);
	memset(&dpb, 0, sizeof(dpb));
	dpb.max_refs = 6;
	return 0;
}

/* What was referenced is let go of. */
static int teardown(void **state)
{
	unsigned int i;

	(void)state;
	hevc_dpb_clear(&dpb);
	for (i = 0; i < N_FRAMES; i++) {
		if (atomic_load(&frames[i].refs) != 1000 || frames[i].is_reference)
			return -1;
	}
	return 0;
}

static void keep(int32_t poc)
{
	const struct hevc_picture picture = {.frame = &frames[poc & (N_FRAMES - 1)], .poc = poc};

	hevc_dpb_insert(&dpb, &picture);
}

static bool has(int32_t poc)
{
	unsigned int i;

	for (i = 0; i < HEVC_MAX_DPB; i++) {
		if (dpb.pictures[i].marking != HEVC_UNUSED && dpb.pictures[i].poc == poc)
			return true;
	}
	return false;
}

static int32_t compute(unsigned int type, unsigned int temporal_id, unsigned int lsb, bool begins)
{
	const struct hevc_slice slice = {.nal = {(uint8_t)type, 0, (uint8_t)temporal_id},
					 .pic_order_cnt_lsb = (uint16_t)lsb};
	int32_t poc = hevc_dpb_compute_poc(&dpb, &sps, &slice, begins);

	hevc_dpb_note_poc(&dpb, &slice, poc);
	return poc;
}

/* ---- Order counts ---- */

static void test_poc_wraps_in_both_directions(void **state)
{
	(void)state;
	assert_int_equal(compute(HEVC_NAL_CRA, 0, 9, true), 9);
	assert_int_equal(compute(1, 0, 14, false), 14);
	assert_int_equal(compute(1, 0, 3, false), 19);
	assert_int_equal(compute(1, 0, 12, false), 12); /* 7 back, and not 9 on */
	assert_int_equal(compute(1, 0, 4, false), 20);  /* 8 on */
	assert_int_equal(compute(HEVC_NAL_IDR_N_LP, 0, 0, true), 0);
	assert_int_equal(compute(1, 0, 15, false), -1);
}

/* prevTid0Pic: of the lowest sub-layer, no leading picture, a reference in its sub-layer. */
static void test_poc_does_not_follow_pictures_that_may_be_missing(void **state)
{
	(void)state;
	compute(HEVC_NAL_CRA, 0, 0, true);
	compute(1, 1, 7, false);
	assert_int_equal(dpb.prev_tid0_poc, 0);
	compute(HEVC_NAL_RASL_R, 0, 14, false);
	compute(HEVC_NAL_RADL_R, 0, 15, false);
	assert_int_equal(dpb.prev_tid0_poc, 0);
	compute(HEVC_NAL_TRAIL_N, 0, 6, false);
	compute(14, 0, 6, false); /* RSV_VCL_N14 */
	assert_int_equal(dpb.prev_tid0_poc, 0);
	compute(1, 0, 5, false);
	assert_int_equal(dpb.prev_tid0_poc, 5);
}

/* ---- Reference picture sets ---- */

static void test_rps_keeps_what_it_names(void **state)
{
	struct hevc_slice slice = {.rps = {
					   .num_negative_pics = 2,
					   .num_positive_pics = 1,
					   .delta_poc_s0 = {-1, -4},
					   .used_s0 = {true, false},
					   .delta_poc_s1 = {2},
					   .used_s1 = {true},
				   }};

	(void)state;
	keep(4);
	keep(7);
	keep(5);
	keep(10);
	hevc_dpb_apply_rps(&dpb, &sps, &slice, 8);
	assert_true(has(7) && has(4) && has(10));
	assert_false(has(5));
	assert_int_equal(hevc_dpb_count(&dpb), 3);
	assert_int_equal(dpb.n_curr[HEVC_ST_CURR_BEFORE], 1);
	assert_int_equal(dpb.n_curr[HEVC_ST_CURR_AFTER], 1);
	assert_int_equal(dpb.curr[HEVC_ST_CURR_BEFORE][0].picture->poc, 7);
	assert_int_equal(dpb.curr[HEVC_ST_CURR_AFTER][0].poc, 10);
}

static void test_rps_long_term_by_lower_bits_and_by_all(void **state)
{
	struct hevc_slice slice = {
		.n_long_term = 3,
		.long_term = {{5, true, false, 0}, {2, true, true, 2}, {9, false, true, 1}},
	};

	(void)state;
	keep(21); /* 5 */
	keep(2);  /* 34 is 2 * 16 + 2: two cycles back */
	keep(18); /* 2, too */
	keep(25); /* 34 - 2 - 16 + 9 */
	hevc_dpb_apply_rps(&dpb, &sps, &slice, 34);
	assert_int_equal(dpb.n_curr[HEVC_LT_CURR], 2);
	assert_int_equal(dpb.curr[HEVC_LT_CURR][0].picture->poc, 21);
	assert_int_equal(dpb.curr[HEVC_LT_CURR][1].picture->poc, 2);
	assert_int_equal(dpb.curr[HEVC_LT_CURR][0].picture->marking, HEVC_LONG_TERM);
	assert_true(has(25));
	assert_false(has(18));
	/* What is long-term is not found as short-term any more. */
	slice = (struct hevc_slice){
		.rps = {.num_negative_pics = 1, .delta_poc_s0 = {-14}, .used_s0 = {true}}};
	hevc_dpb_apply_rps(&dpb, &sps, &slice, 35);
	assert_null(dpb.curr[HEVC_ST_CURR_BEFORE][0].picture);
	assert_int_equal(hevc_dpb_count(&dpb), 0);
}

static void test_a_full_buffer_lets_the_oldest_go(void **state)
{
	int32_t poc;

	(void)state;
	for (poc = 10; poc > 0; poc--)
		keep(poc);
	assert_int_equal(hevc_dpb_count(&dpb), dpb.max_refs);
	assert_true(has(1) && has(10));
}

/* ---- Lists ---- */

/* Before 8: 7, 5; behind it: 10, 12; long-term: 3. */
static struct hevc_slice make_b_slice(void)
{
	struct hevc_slice slice = {
		.slice_type = HEVC_SLICE_B,
		.rps = {.num_negative_pics = 2,
			.num_positive_pics = 2,
			.delta_poc_s0 = {-1, -3},
			.used_s0 = {true, true},
			.delta_poc_s1 = {2, 4},
			.used_s1 = {true, true}},
		.n_long_term = 1,
		.long_term = {{3, true, false, 0}},
		.num_pic_total_curr = 5,
		.num_ref_idx_active = {7, 4},
	};

	return slice;
}

static void check_list(unsigned int list, const int32_t *pocs, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		assert_int_equal(lists.entry[list][i]->poc, pocs[i]);
}

static void test_lists_go_round_the_candidates(void **state)
{
	static const int32_t l0[] = {7, 5, 10, 12, 3, 7, 5}, l1[] = {10, 12, 7, 5};
	struct hevc_slice slice = make_b_slice();
	const struct hevc_picture current = {.poc = 8};

	(void)state;
	keep(3);
	keep(5);
	keep(7);
	keep(10);
	keep(12);
	hevc_dpb_apply_rps(&dpb, &sps, &slice, 8);
	assert_int_equal(hevc_refs_build(&dpb, &slice, &current, &lists), 0);
	check_list(0, l0, 7);
	check_list(1, l1, 4);
	assert_false(lists.missing);
}

static void test_lists_are_modified_by_entries(void **state)
{
	static const int32_t l1[] = {3, 3, 10, 5};
	struct hevc_slice slice = make_b_slice();
	const struct hevc_picture current = {.poc = 8};

	(void)state;
	keep(3);
	keep(5);
	keep(7);
	keep(10);
	keep(12);
	slice.ref_pic_list_modification_flag[1] = true;
	memcpy(slice.list_entry[1], (uint8_t[]){4, 4, 0, 3}, 4);
	hevc_dpb_apply_rps(&dpb, &sps, &slice, 8);
	assert_int_equal(hevc_refs_build(&dpb, &slice, &current, &lists), 0);
	check_list(1, l1, 4);
}

static void test_a_missing_picture_has_the_nearest_in_its_place(void **state)
{
	static const int32_t l0[] = {7, 3, 12, 12, 3, 7, 3};
	struct hevc_slice slice = make_b_slice();
	const struct hevc_picture current = {.poc = 8};

	(void)state;
	keep(3);
	keep(7);
	keep(12);
	hevc_dpb_apply_rps(&dpb, &sps, &slice, 8);
	assert_int_equal(hevc_refs_build(&dpb, &slice, &current, &lists), 0);
	check_list(0, l0, 7);
	assert_true(lists.missing);
	assert_int_equal(lists.missing_poc, 10);
	hevc_dpb_clear(&dpb);
	hevc_dpb_apply_rps(&dpb, &sps, &slice, 8);
	assert_int_equal(hevc_refs_build(&dpb, &slice, &current, &lists), -ENOENT);
}

static void test_the_current_picture_is_the_last_candidate(void **state)
{
	struct hevc_slice slice = {
		.slice_type = HEVC_SLICE_P,
		.refers_to_itself = true,
		.rps = {.num_negative_pics = 2, .delta_poc_s0 = {-1, -2}, .used_s0 = {true, true}},
		.num_pic_total_curr = 3,
		.num_ref_idx_active = {2, 0}};
	const struct hevc_picture current = {.poc = 8};

	(void)state;
	keep(6);
	keep(7);
	hevc_dpb_apply_rps(&dpb, &sps, &slice, 8);
	assert_int_equal(hevc_refs_build(&dpb, &slice, &current, &lists), 0);
	/* There is no room for it, so it has the last place. */
	assert_int_equal(lists.entry[0][0]->poc, 7);
	assert_ptr_equal(lists.entry[0][1], &current);
	slice.num_ref_idx_active[0] = 4;
	assert_int_equal(hevc_refs_build(&dpb, &slice, &current, &lists), 0);
	assert_ptr_equal(lists.entry[0][2], &current);
	assert_int_equal(lists.entry[0][3]->poc, 7);
}

#define DPB_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DPB_TEST(test_poc_wraps_in_both_directions),
		DPB_TEST(test_poc_does_not_follow_pictures_that_may_be_missing),
		DPB_TEST(test_rps_keeps_what_it_names),
		DPB_TEST(test_rps_long_term_by_lower_bits_and_by_all),
		DPB_TEST(test_a_full_buffer_lets_the_oldest_go),
		DPB_TEST(test_lists_go_round_the_candidates),
		DPB_TEST(test_lists_are_modified_by_entries),
		DPB_TEST(test_a_missing_picture_has_the_nearest_in_its_place),
		DPB_TEST(test_the_current_picture_is_the_last_candidate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
