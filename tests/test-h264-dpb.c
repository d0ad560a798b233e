/* SPDX-License-Identifier: MIT */
/*
 * test-h264-dpb.c - picture order counts, marking, gaps and lists by worked examples
 *
 * Each example is worked out from the rules of Rec. ITU-T H.264, 8.2.1, 8.2.4 and 8.2.5. Frames are
 * named by a number; they have no surface.
 */
#include "dpb-fixture.h"
#include <errno.h>
#include <string.h>

/* ---- Picture order counts ---- */

struct poc_step {
	uint8_t nal_unit_type, nal_ref_idc;
	uint32_t frame_num, lsb;
	int32_t delta[2];
	int32_t top, bottom; /* expected */
};

static void check_pocs(const struct h264_sps *sps, const struct poc_step *steps, size_t n)
{
	struct h264_poc poc = {0};
	struct h264_slice slice;
	int32_t out[2];
	size_t i;

	for (i = 0; i < n; i++) {
		memset(&slice, 0, sizeof(slice));
		slice.nal_unit_type = steps[i].nal_unit_type;
		slice.nal_ref_idc = steps[i].nal_ref_idc;
		slice.frame_num = steps[i].frame_num;
		slice.pic_order_cnt_lsb = steps[i].lsb;
		slice.delta_pic_order_cnt[0] = steps[i].delta[0];
		slice.delta_pic_order_cnt[1] = steps[i].delta[1];
		slice.delta_pic_order_cnt_bottom = steps[i].delta[1];
		h264_poc_compute(&poc, sps, &slice, out);
		assert_int_equal(out[0], steps[i].top);
		assert_int_equal(out[1], steps[i].bottom);
		h264_poc_advance(&poc, &slice, out, false);
	}
}

/* 8.2.1.1: the most significant part follows the lsb of the last reference, both ways. */
static void test_poc_type_0_wraps_both_ways(void **state)
{
	const struct h264_sps sps = make_sps(0, 4);
	const struct poc_step steps[] = {
		{5, 1, 0, 0, {0, 1}, 0, 1},    {1, 1, 1, 6, {0, 0}, 6, 6},
		{1, 0, 2, 14, {0, 0}, 14, 14}, /* 14 - 6 is 8: not over half of 16 */
		{1, 1, 2, 12, {0, 0}, 12, 12}, {1, 1, 3, 2, {0, 0}, 18, 18},
		{1, 0, 4, 14, {0, 0}, 14, 14}, {1, 1, 4, 4, {0, -1}, 20, 19},
		{5, 1, 0, 3, {0, 0}, 3, 3},
	};

	(void)state;
	check_pocs(&sps, steps, 8);
}

/* 8.2.1.2: two references a cycle with offsets 4 and 6, non-references 3 before. */
static void test_poc_type_1_sums_part_of_the_cycle(void **state)
{
	struct h264_sps sps = make_sps(1, 4);
	const struct poc_step steps[] = {
		{5, 1, 0, 0, {0, 0}, 0, 1},   {1, 1, 1, 0, {0, 0}, 4, 5},
		{1, 1, 2, 0, {0, 0}, 10, 11}, {1, 1, 3, 0, {2, 0}, 16, 17},
		{1, 0, 4, 0, {0, 0}, 11, 12}, /* as after three references: 14 - 3 */
		{1, 1, 4, 0, {0, 5}, 20, 26},
	};

	(void)state;
	sps.offset_for_non_ref_pic = -3;
	sps.offset_for_top_to_bottom_field = 1;
	sps.num_ref_frames_in_pic_order_cnt_cycle = 2;
	sps.offset_for_ref_frame[0] = 4;
	sps.offset_for_ref_frame[1] = 6;
	check_pocs(&sps, steps, 6);
}

/* 8.2.1.3: twice the number, less one for non-references; frame_num wraps at 16. */
static void test_poc_type_2_follows_decoding_order(void **state)
{
	const struct h264_sps sps = make_sps(2, 4);
	const struct poc_step steps[] = {
		{5, 1, 0, 0, {0, 0}, 0, 0},   {1, 0, 1, 0, {0, 0}, 1, 1},
		{1, 1, 1, 0, {0, 0}, 2, 2},   {1, 1, 15, 0, {0, 0}, 30, 30},
		{1, 1, 0, 0, {0, 0}, 32, 32}, {1, 0, 1, 0, {0, 0}, 33, 33},
	};

	(void)state;
	check_pocs(&sps, steps, 6);
}

/* ---- Marking ---- */

static void add_short(struct h264_dpb *dpb, uint32_t frame_num, int32_t poc)
{
	struct h264_picture picture = {
		.frame = &frames[frame_num],
		.fields = H264_FRAME,
		.short_fields = H264_FRAME,
		.frame_num = frame_num,
		.poc = {poc, poc},
	};

	h264_dpb_insert(dpb, &picture);
	dpb->prev_ref_frame_num = frame_num;
}

static void add_long(struct h264_dpb *dpb, unsigned int frame, uint32_t idx)
{
	struct h264_picture picture = {
		.frame = &frames[frame],
		.fields = H264_FRAME,
		.long_fields = H264_FRAME,
		.frame_num = frame,
		.long_term_frame_idx = idx,
		.poc = {2 * (int32_t)frame, 2 * (int32_t)frame},
	};

	h264_dpb_insert(dpb, &picture);
}

static bool mark(struct h264_dpb *dpb, const struct h264_slice *slice, struct h264_picture *current)
{
	memset(current, 0, sizeof(*current));
	current->frame = &frames[slice->frame_num];
	current->frame_num = slice->frame_num;
	current->poc[0] = 40;
	current->poc[1] = 41;
	return h264_dpb_mark(dpb, slice, current);
}

/* Which of the frames are references: one bit a frame. */
static uint32_t held(const struct h264_dpb *dpb)
{
	uint32_t set = 0;
	unsigned int i;

	for (i = 0; i < N_FRAMES; i++)
		set |= (uint32_t)h264_dpb_has(dpb, &frames[i]) << i;
	return set;
}

/* 8.2.5.3: frame_num has wrapped, so 14 is the oldest. */
static void test_sliding_window_drops_the_oldest(void **state)
{
	struct h264_slice slice = {.nal_unit_type = 1, .nal_ref_idc = 1, .frame_num = 1};
	struct h264_picture current;
	struct h264_dpb dpb;

	(void)state;
	begin(&dpb, 3);
	add_short(&dpb, 14, 0);
	add_short(&dpb, 15, 2);
	add_short(&dpb, 0, 4);
	assert_false(mark(&dpb, &slice, &current));
	assert_int_equal(held(&dpb), 1 << 15 | 1 << 0);
	assert_int_equal(current.short_fields, H264_FRAME);
	h264_dpb_clear(&dpb);
}

static void test_sliding_window_spares_long_term(void **state)
{
	struct h264_slice slice = {.nal_unit_type = 1, .nal_ref_idc = 1, .frame_num = 4};
	struct h264_picture current;
	struct h264_dpb dpb;

	(void)state;
	begin(&dpb, 2);
	add_long(&dpb, 1, 0);
	add_short(&dpb, 3, 0);
	mark(&dpb, &slice, &current);
	assert_int_equal(held(&dpb), 1 << 1);
	h264_dpb_clear(&dpb);
}

/* Operations 1, 2, 3 with an index that is taken, 4 and 6. */
static void test_adaptive_marking(void **state)
{
	struct h264_slice slice = {
		.nal_unit_type = 1,
		.nal_ref_idc = 1,
		.frame_num = 5,
		.adaptive_ref_pic_marking_mode_flag = true,
		.n_mmcos = 5,
		.mmcos = {{.memory_management_control_operation = 1,
			   .difference_of_pic_nums_minus1 = 0}, /* frame 4 */
			  {.memory_management_control_operation = 2, .long_term = 2},
			  {.memory_management_control_operation = 3,
			   .difference_of_pic_nums_minus1 = 2, /* frame 2 */
			   .long_term_frame_idx = 1},
			  {.memory_management_control_operation = 4, .long_term = 3},
			  {.memory_management_control_operation = 6, .long_term_frame_idx = 0}},
	};
	struct h264_picture current;
	struct h264_dpb dpb;

	(void)state;
	begin(&dpb, 8);
	add_long(&dpb, 20, 1);
	add_long(&dpb, 21, 2);
	add_long(&dpb, 22, 3);
	add_short(&dpb, 2, 4);
	add_short(&dpb, 3, 6);
	add_short(&dpb, 4, 8);
	assert_false(mark(&dpb, &slice, &current));
	assert_int_equal(held(&dpb), 1 << 2 | 1 << 3);
	assert_int_equal(current.short_fields, 0);
	assert_int_equal(current.long_fields, H264_FRAME);
	assert_int_equal(current.long_term_frame_idx, 0);
	h264_dpb_clear(&dpb);
}

/* Operation 5: no reference is left, and the picture counts as frame_num 0 with its own POC 0. */
static void test_operation_5_resets_all(void **state)
{
	struct h264_slice slice = {
		.nal_unit_type = 1,
		.nal_ref_idc = 1,
		.frame_num = 5,
		.adaptive_ref_pic_marking_mode_flag = true,
		.n_mmcos = 1,
		.mmcos = {{.memory_management_control_operation = 5}},
	};
	struct h264_picture current;
	struct h264_dpb dpb;

	(void)state;
	begin(&dpb, 4);
	add_short(&dpb, 4, 8);
	add_long(&dpb, 20, 1);
	assert_true(mark(&dpb, &slice, &current));
	assert_int_equal(held(&dpb), 0);
	assert_int_equal(current.frame_num, 0);
	assert_int_equal(current.poc[0], 0);
	assert_int_equal(current.poc[1], 1);
	assert_int_equal(dpb.prev_ref_frame_num, 0);
}

/* However many operations ask for more, the DPB holds what the SPS says. */
static void test_references_never_exceed_the_limit(void **state)
{
	struct h264_slice slice = {
		.nal_unit_type = 1,
		.nal_ref_idc = 1,
		.adaptive_ref_pic_marking_mode_flag = true,
	};
	struct h264_picture current;
	struct h264_dpb dpb;

	(void)state;
	begin(&dpb, 2);
	for (slice.frame_num = 0; slice.frame_num < 16; slice.frame_num++) {
		mark(&dpb, &slice, &current);
		h264_dpb_insert(&dpb, &current);
		assert_true(h264_dpb_count(&dpb) <= 2);
	}
	h264_dpb_clear(&dpb);
}

static void test_gaps_are_found(void **state)
{
	struct h264_slice slice = {.nal_unit_type = 1, .nal_ref_idc = 1};
	struct h264_dpb dpb;
	uint32_t first;

	(void)state;
	begin(&dpb, 3);
	dpb.prev_ref_frame_num = 14;
	slice.frame_num = 14;
	assert_false(h264_dpb_find_gap(&dpb, &slice, &first));
	slice.frame_num = 15;
	assert_false(h264_dpb_find_gap(&dpb, &slice, &first));
	slice.frame_num = 1;
	assert_true(h264_dpb_find_gap(&dpb, &slice, &first));
	assert_int_equal(first, 15);
	slice.frame_num = 9; /* ten are missing; the last three stay */
	assert_true(h264_dpb_find_gap(&dpb, &slice, &first));
	assert_int_equal(first, 6);
}

/* However far frame_num jumps, no more frames are made than the DPB keeps. */
static void test_gaps_are_filled_as_far_as_it_matters(void **state)
{
	struct h264_sps sps = make_sps(0, 16);
	struct h264_slice slice = {.nal_unit_type = 1, .nal_ref_idc = 1};
	struct h264_dpb dpb;
	uint32_t first;

	(void)state;
	memset(&dpb, 0, sizeof(dpb));
	sps.log2_max_frame_num = 16;
	h264_dpb_begin_sequence(&dpb, &sps);
	for (slice.frame_num = 0; slice.frame_num < 65536; slice.frame_num++) {
		if (h264_dpb_find_gap(&dpb, &slice, &first))
			assert_true(((slice.frame_num - first) & 65535) <= 16);
	}
}

/* ---- Lists ---- */

struct refs {
	unsigned int n;
	unsigned int frame[H264_MAX_LIST];
};

static void check_list(const struct h264_lists *lists, unsigned int which,
		       const struct refs *expected)
{
	unsigned int i;

	for (i = 0; i < expected->n; i++) {
		assert_non_null(lists->entry[which][i].picture);
		assert_int_equal(lists->entry[which][i].picture->frame - frames,
				 expected->frame[i]);
	}
}

static void build(struct h264_dpb *dpb, const struct h264_slice *slice, int32_t poc,
		  struct h264_lists *lists)
{
	const struct h264_sps sps = make_sps(0, 8);
	struct h264_picture current = {.frame_num = slice->frame_num, .poc = {poc, poc}};

	assert_int_equal(h264_refs_build(dpb, &sps, slice, &current, lists), 0);
}

/* 8.2.4.2.1: by PicNum downwards across the wrap, then by LongTermPicNum upwards. */
static void test_p_list_is_by_pic_num(void **state)
{
	struct h264_slice slice = {
		.slice_type = H264_SLICE_P, .frame_num = 2, .num_ref_idx_active = {5, 0}};
	struct h264_lists lists;
	struct h264_dpb dpb;

	(void)state;
	begin(&dpb, 8);
	add_long(&dpb, 21, 3);
	add_short(&dpb, 15, 0);
	add_short(&dpb, 1, 4);
	add_long(&dpb, 20, 0);
	add_short(&dpb, 0, 2);
	build(&dpb, &slice, 6, &lists);
	check_list(&lists, 0, &(struct refs){5, {1, 0, 15, 20, 21}});
	assert_false(lists.missing);
	h264_dpb_clear(&dpb);
}

/* 8.2.4.2.3: before the current picture downwards, after it upwards; the other way round. */
static void test_b_lists_are_by_poc(void **state)
{
	struct h264_slice slice = {
		.slice_type = H264_SLICE_B, .frame_num = 5, .num_ref_idx_active = {5, 5}};
	struct h264_lists lists;
	struct h264_dpb dpb;

	(void)state;
	begin(&dpb, 8);
	add_short(&dpb, 1, 0);
	add_short(&dpb, 2, 16);
	add_short(&dpb, 3, 8);
	add_short(&dpb, 4, 12);
	add_long(&dpb, 20, 0);
	build(&dpb, &slice, 10, &lists);
	check_list(&lists, 0, &(struct refs){5, {3, 1, 4, 2, 20}});
	check_list(&lists, 1, &(struct refs){5, {4, 2, 3, 1, 20}});
	h264_dpb_clear(&dpb);
}

/* Equal lists of more than one entry: the first two of list 1 change places. */
static void test_equal_b_lists_are_swapped(void **state)
{
	struct h264_slice slice = {
		.slice_type = H264_SLICE_B, .frame_num = 5, .num_ref_idx_active = {1, 1}};
	struct h264_lists lists;
	struct h264_dpb dpb;

	(void)state;
	begin(&dpb, 8);
	add_short(&dpb, 1, 0);
	add_short(&dpb, 2, 4);
	build(&dpb, &slice, 10, &lists);
	check_list(&lists, 0, &(struct refs){1, {2}});
	check_list(&lists, 1, &(struct refs){1, {1}}); /* swapped before it is cut */
	h264_dpb_clear(&dpb);
}

/*
 * 8.2.4.3 on 1 0 15 20, frame_num 2: three back (15), one on (0), long-term 0 (20), and the same
 * picture twice.
 */
static void test_modification(void **state)
{
	struct h264_slice slice = {
		.slice_type = H264_SLICE_P,
		.frame_num = 2,
		.num_ref_idx_active = {4, 0},
		.n_modifications = {4, 0},
		.modifications = {{{0, 2}, {1, 0}, {2, 0}, {0, 15}}},
	};
	struct h264_lists lists;
	struct h264_dpb dpb;

	(void)state;
	begin(&dpb, 8);
	add_short(&dpb, 15, 0);
	add_short(&dpb, 0, 2);
	add_short(&dpb, 1, 4);
	add_long(&dpb, 20, 0);
	build(&dpb, &slice, 6, &lists);
	check_list(&lists, 0, &(struct refs){4, {15, 0, 20, 0}});
	assert_false(lists.missing);
	h264_dpb_clear(&dpb);
}

static void test_one_modification_moves_the_others_on(void **state)
{
	struct h264_slice slice = {
		.slice_type = H264_SLICE_P,
		.frame_num = 4,
		.num_ref_idx_active = {3, 0},
		.n_modifications = {1, 0},
		.modifications = {{{0, 2}}},
	};
	struct h264_lists lists;
	struct h264_dpb dpb;

	(void)state;
	begin(&dpb, 8);
	add_short(&dpb, 1, 2);
	add_short(&dpb, 2, 4);
	add_short(&dpb, 3, 6);
	build(&dpb, &slice, 8, &lists);
	check_list(&lists, 0, &(struct refs){3, {1, 3, 2}});
	h264_dpb_clear(&dpb);
}

/* A reference that is not there is the nearest one's, and said to be missing. */
static void test_missing_reference_is_replaced(void **state)
{
	struct h264_slice slice = {
		.slice_type = H264_SLICE_P,
		.frame_num = 6,
		.num_ref_idx_active = {2, 0},
		.n_modifications = {1, 0},
		.modifications = {{{0, 2}}}, /* frame 3 */
	};
	struct h264_lists lists;
	struct h264_dpb dpb;

	(void)state;
	begin(&dpb, 8);
	add_short(&dpb, 1, 2);
	add_short(&dpb, 5, 4);
	build(&dpb, &slice, 8, &lists);
	assert_true(lists.missing);
	assert_non_null(lists.entry[0][0].picture);
	check_list(&lists, 0, &(struct refs){0, {0}});
	assert_int_equal(lists.entry[0][1].picture->frame - frames, 5);
	h264_dpb_clear(&dpb);
}

/* More entries than pictures are legal as long as nothing uses them. */
static void test_entries_behind_the_last_picture_are_filled(void **state)
{
	struct h264_slice slice = {
		.slice_type = H264_SLICE_P, .frame_num = 2, .num_ref_idx_active = {3, 0}};
	struct h264_lists lists;
	struct h264_dpb dpb;

	(void)state;
	begin(&dpb, 8);
	add_short(&dpb, 1, 2);
	build(&dpb, &slice, 4, &lists);
	assert_false(lists.missing);
	check_list(&lists, 0, &(struct refs){3, {1, 1, 1}});
	h264_dpb_clear(&dpb);
}

/* A frame that a gap stands for is in P lists, but never without a surface. */
static void test_gap_frames_are_replaced_in_lists(void **state)
{
	struct h264_slice slice = {
		.slice_type = H264_SLICE_P, .frame_num = 3, .num_ref_idx_active = {2, 0}};
	struct h264_picture gap = {
		.fields = H264_FRAME, .short_fields = H264_FRAME, .frame_num = 2};
	struct h264_lists lists;
	struct h264_dpb dpb;

	(void)state;
	begin(&dpb, 8);
	add_short(&dpb, 1, 2);
	h264_dpb_insert(&dpb, &gap);
	build(&dpb, &slice, 6, &lists);
	check_list(&lists, 0, &(struct refs){2, {1, 1}});
	assert_false(lists.missing);
	h264_dpb_clear(&dpb);
	gap.lost = true;
	add_short(&dpb, 1, 2);
	h264_dpb_insert(&dpb, &gap);
	build(&dpb, &slice, 6, &lists);
	assert_true(lists.missing);
	h264_dpb_clear(&dpb);
}

static void test_no_reference_at_all_is_said(void **state)
{
	const struct h264_sps sps = make_sps(0, 8);
	struct h264_slice slice = {.slice_type = H264_SLICE_P, .num_ref_idx_active = {1, 0}};
	struct h264_picture current = {0};
	struct h264_lists lists;
	struct h264_dpb dpb;

	(void)state;
	begin(&dpb, 8);
	assert_int_equal(h264_refs_build(&dpb, &sps, &slice, &current, &lists), -ENOENT);
	slice.slice_type = H264_SLICE_I;
	slice.num_ref_idx_active[0] = 0;
	assert_int_equal(h264_refs_build(&dpb, &sps, &slice, &current, &lists), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DPB_TEST(test_poc_type_0_wraps_both_ways),
		DPB_TEST(test_poc_type_1_sums_part_of_the_cycle),
		DPB_TEST(test_poc_type_2_follows_decoding_order),
		DPB_TEST(test_sliding_window_drops_the_oldest),
		DPB_TEST(test_sliding_window_spares_long_term),
		DPB_TEST(test_adaptive_marking),
		DPB_TEST(test_operation_5_resets_all),
		DPB_TEST(test_references_never_exceed_the_limit),
		DPB_TEST(test_gaps_are_found),
		DPB_TEST(test_gaps_are_filled_as_far_as_it_matters),
		DPB_TEST(test_p_list_is_by_pic_num),
		DPB_TEST(test_b_lists_are_by_poc),
		DPB_TEST(test_equal_b_lists_are_swapped),
		DPB_TEST(test_modification),
		DPB_TEST(test_one_modification_moves_the_others_on),
		DPB_TEST(test_missing_reference_is_replaced),
		DPB_TEST(test_entries_behind_the_last_picture_are_filled),
		DPB_TEST(test_gap_frames_are_replaced_in_lists),
		DPB_TEST(test_no_reference_at_all_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
