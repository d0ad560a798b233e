/* SPDX-License-Identifier: MIT */
/*
 * test-h264-fields.c - order counts, marking and lists of field pictures by worked examples
 *
 * Each example is worked out from the rules of Rec. ITU-T H.264, 8.2.1, 8.2.4 and 8.2.5. Frames are
 * named by a number; they have no surface. A field is written as frame * 4 + 1 (top) or 2 (bottom).
 */
#include "dpb-fixture.h"
#include <string.h>

#define T(frame) (4 * (frame) + H264_TOP)
#define B(frame) (4 * (frame) + H264_BOTTOM)
#define F(frame) (4 * (frame) + H264_FRAME)

/* A pair or a single field; the bottom field's order count is one more than the top's. */
static void add(struct h264_dpb *dpb, unsigned int which, int32_t poc, int long_term_frame_idx)
{
	unsigned int fields = which % 4;
	struct h264_picture picture = {
		.frame = &frames[which / 4],
		.fields = (uint8_t)fields,
		.frame_num = which / 4 % 16,
		.poc = {poc, poc + 1},
	};

	if (long_term_frame_idx < 0) {
		picture.short_fields = (uint8_t)fields;
	} else {
		picture.long_fields = (uint8_t)fields;
		picture.long_term_frame_idx = (uint32_t)long_term_frame_idx;
	}
	h264_dpb_insert(dpb, &picture);
}

static struct h264_slice make_slice(unsigned int which)
{
	struct h264_slice slice = {
		.nal_unit_type = 1,
		.nal_ref_idc = 1,
		.frame_num = which / 4,
		.field_pic_flag = which % 4 != H264_FRAME,
		.bottom_field_flag = which % 4 == H264_BOTTOM,
	};

	return slice;
}

static void set_mmco(struct h264_slice *slice, unsigned int op, uint32_t a, uint32_t b)
{
	struct h264_mmco *m = &slice->mmcos[slice->n_mmcos++];

	slice->adaptive_ref_pic_marking_mode_flag = true;
	m->memory_management_control_operation = (uint8_t)op;
	m->difference_of_pic_nums_minus1 = a;
	m->long_term = a;
	m->long_term_frame_idx = b;
}

/* Marks a picture and keeps it, as the decoder does. */
static void decode(struct h264_dpb *dpb, const struct h264_slice *slice)
{
	unsigned int fields = h264_slice_get_fields(slice);
	struct h264_picture current = {
		.frame = &frames[slice->frame_num],
		.fields = (uint8_t)fields,
		.frame_num = slice->frame_num,
		.poc = {40, 41},
	};

	h264_dpb_mark(dpb, slice, &current);
	h264_dpb_insert(dpb, &current);
}

static const struct h264_picture *find(const struct h264_dpb *dpb, unsigned int frame)
{
	static const struct h264_picture none;
	unsigned int i;

	for (i = 0; i < sizeof(dpb->pictures) / sizeof(dpb->pictures[0]); i++) {
		if (h264_picture_is_reference(&dpb->pictures[i]) &&
		    dpb->pictures[i].frame == &frames[frame])
			return &dpb->pictures[i];
	}
	return &none;
}

#define assert_marked(dpb, frame, short_term, long_term)                                           \
	assert_int_equal(find(dpb, frame)->short_fields * 4 + find(dpb, frame)->long_fields,       \
			 (short_term)*4 + (long_term))

/* ---- Picture order counts ---- */

/* 8.2.1.1: a bottom field's count is its own lsb; the pair's other field is not touched by it. */
static void test_poc_type_0_of_fields(void **state)
{
	const struct h264_sps sps = make_sps(0, 4);
	struct h264_slice slice = make_slice(T(0));
	struct h264_poc poc = {0};
	int32_t out[2];

	(void)state;
	slice.nal_unit_type = H264_NAL_IDR;
	slice.pic_order_cnt_lsb = 10;
	h264_poc_compute(&poc, &sps, &slice, out);
	assert_int_equal(out[0], -6); /* 10 is more than half of 16 above 0 */
	h264_poc_advance(&poc, &slice, out, false);
	slice = make_slice(B(0));
	slice.pic_order_cnt_lsb = 1;
	h264_poc_compute(&poc, &sps, &slice, out);
	assert_int_equal(out[1], 1);
	h264_poc_advance(&poc, &slice, out, false);
}

/* 8.2.1.2: delta_pic_order_cnt[0] is the bottom field's own. */
static void test_poc_type_1_of_fields(void **state)
{
	struct h264_sps sps = make_sps(1, 4);
	struct h264_slice slice = make_slice(B(1));
	struct h264_poc poc = {0};
	int32_t out[2];

	(void)state;
	sps.num_ref_frames_in_pic_order_cnt_cycle = 1;
	sps.offset_for_ref_frame[0] = 8;
	sps.offset_for_top_to_bottom_field = -3;
	slice.delta_pic_order_cnt[0] = 2;
	h264_poc_compute(&poc, &sps, &slice, out);
	assert_int_equal(h264_poc_get(out, H264_BOTTOM), 8 - 3 + 2);
	slice.bottom_field_flag = false;
	h264_poc_compute(&poc, &sps, &slice, out);
	assert_int_equal(h264_poc_get(out, H264_TOP), 8 + 2);
}

/* 8.2.1.1: what follows a bottom field with operation 5 counts from 0, not from that field. */
static void test_poc_after_operation_5_of_a_bottom_field(void **state)
{
	const struct h264_sps sps = make_sps(0, 4);
	struct h264_slice slice = make_slice(B(0));
	const int32_t own[2] = {9, 0};
	struct h264_poc poc = {.msb = 64};
	int32_t out[2];

	(void)state;
	h264_poc_advance(&poc, &slice, own, true);
	slice.pic_order_cnt_lsb = 2;
	h264_poc_compute(&poc, &sps, &slice, out);
	assert_int_equal(out[1], 2);
}

/* ---- Marking ---- */

/* 8.2.5.3: the second field takes no place of its own; the first one of the next frame does. */
static void test_second_field_does_not_slide(void **state)
{
	struct h264_slice slice;
	struct h264_dpb dpb;

	(void)state;
	begin(&dpb, 2);
	add(&dpb, F(1), 0, -1);
	slice = make_slice(T(2));
	decode(&dpb, &slice);
	slice = make_slice(B(2));
	decode(&dpb, &slice);
	assert_marked(&dpb, 1, H264_FRAME, 0);
	assert_marked(&dpb, 2, H264_FRAME, 0);
	assert_int_equal(find(&dpb, 2)->fields, H264_FRAME);
	slice = make_slice(B(3));
	decode(&dpb, &slice);
	assert_marked(&dpb, 1, 0, 0);
	assert_marked(&dpb, 3, H264_BOTTOM, 0);
	h264_dpb_clear(&dpb);
}

/*
 * 8.2.4.1 for frame_num 4, top: CurrPicNum is 9; frame 3 has 7 (top) and 6, frame 14 has -3 (top) and
 * -4. Each operation takes one field.
 */
static void test_operations_take_single_fields(void **state)
{
	struct h264_slice slice = make_slice(T(4));
	struct h264_dpb dpb;

	(void)state;
	begin(&dpb, 6);
	add(&dpb, F(3), 0, -1);
	add(&dpb, F(14), 2, -1);
	add(&dpb, F(2), 4, 1);
	set_mmco(&slice, 1, 1, 0);  /* 9 - 2 = 7 */
	set_mmco(&slice, 1, 12, 0); /* 9 - 13 = -4 */
	set_mmco(&slice, 2, 2, 0);  /* long-term index 1, the other parity */
	decode(&dpb, &slice);
	assert_marked(&dpb, 3, H264_BOTTOM, 0);
	assert_marked(&dpb, 14, H264_TOP, 0);
	assert_marked(&dpb, 2, 0, H264_TOP);
	slice = make_slice(B(4));
	set_mmco(&slice, 1, 1, 0); /* 9 - 2 = 7: bottom now */
	set_mmco(&slice, 1, 0, 0); /* 9 - 1 = 8: the first field of this frame */
	decode(&dpb, &slice);
	assert_marked(&dpb, 3, 0, 0);
	assert_marked(&dpb, 4, H264_BOTTOM, 0);
	h264_dpb_clear(&dpb);
}

/* 8.2.5.4.3: the second field of a pair joins the first under its index; another frame loses it. */
static void test_long_term_index_is_a_pairs(void **state)
{
	struct h264_slice slice = make_slice(T(5));
	struct h264_dpb dpb;

	(void)state;
	begin(&dpb, 6);
	add(&dpb, F(4), 0, -1);
	add(&dpb, F(3), 2, 0);
	set_mmco(&slice, 3, 1, 0); /* 11 - 2 = 9: the top field of 4 */
	decode(&dpb, &slice);
	assert_marked(&dpb, 3, 0, 0);
	assert_marked(&dpb, 4, H264_BOTTOM, H264_TOP);
	slice = make_slice(B(5));
	set_mmco(&slice, 3, 1, 0); /* 9: the bottom field of 4 */
	decode(&dpb, &slice);
	assert_marked(&dpb, 4, 0, H264_FRAME);
	h264_dpb_clear(&dpb);
}

/* 8.2.5.4.6 on both fields of the current frame. */
static void test_current_fields_become_long_term(void **state)
{
	struct h264_slice slice = make_slice(T(5));
	struct h264_dpb dpb;

	(void)state;
	begin(&dpb, 6);
	add(&dpb, F(3), 2, 2);
	set_mmco(&slice, 6, 0, 2);
	decode(&dpb, &slice);
	assert_marked(&dpb, 3, 0, 0);
	slice = make_slice(B(5));
	set_mmco(&slice, 6, 0, 2);
	decode(&dpb, &slice);
	assert_marked(&dpb, 5, 0, H264_FRAME);
	assert_int_equal(find(&dpb, 5)->long_term_frame_idx, 2);
	h264_dpb_clear(&dpb);
}

/* ---- Lists ---- */

static void check_list(struct h264_dpb *dpb, const struct h264_slice *slice, unsigned int which,
		       const unsigned int *expected)
{
	const struct h264_sps sps = make_sps(0, 8);
	struct h264_picture current = {
		.frame = &frames[slice->frame_num],
		.frame_num = slice->frame_num,
		.poc = {20, 21},
	};
	struct h264_lists lists;
	unsigned int i;

	assert_int_equal(h264_refs_build(dpb, &sps, slice, &current, &lists), 0);
	assert_false(lists.missing);
	for (i = 0; i < slice->num_ref_idx_active[which]; i++) {
		const struct h264_ref *ref = &lists.entry[which][i];

		assert_non_null(ref->picture);
		assert_int_equal(4 * (ref->picture->frame - frames) + ref->fields, expected[i]);
	}
}

/*
 * 8.2.4.2.2 and 8.2.4.2.5: frames 5 (its first field), 4, 15 by FrameNumWrap, parities alternate from
 * the current one on; 3 has its top field only, so that the bottom fields run out; then long-term.
 */
static void test_p_list_alternates_parities(void **state)
{
	struct h264_slice slice = make_slice(B(5));
	const unsigned int expected[] = {B(4), T(5), B(15), T(4), T(3), T(15), B(20), T(20), T(21)};
	struct h264_dpb dpb;

	(void)state;
	begin(&dpb, 8);
	add(&dpb, T(21), 0, 3);
	add(&dpb, F(15), 2, -1);
	add(&dpb, F(20), 4, 1);
	add(&dpb, T(3), 6, -1);
	add(&dpb, F(4), 8, -1);
	add(&dpb, T(5), 20, -1);
	slice.slice_type = H264_SLICE_P;
	slice.num_ref_idx_active[0] = 9;
	check_list(&dpb, &slice, 0, expected);
	h264_dpb_clear(&dpb);
}

/* 8.2.4.2.1: a frame refers to whole frames only. */
static void test_p_frame_leaves_single_fields_out(void **state)
{
	struct h264_slice slice = make_slice(F(5));
	const unsigned int expected[] = {F(2), F(1), F(20)};
	struct h264_dpb dpb;

	(void)state;
	begin(&dpb, 8);
	add(&dpb, F(1), 2, -1);
	add(&dpb, F(2), 4, -1);
	add(&dpb, T(3), 6, -1);
	add(&dpb, F(20), 8, 0);
	add(&dpb, B(21), 8, 1);
	slice.slice_type = H264_SLICE_P;
	slice.num_ref_idx_active[0] = 3;
	check_list(&dpb, &slice, 0, expected);
	h264_dpb_clear(&dpb);
}

/* 8.2.4.2.4: the first field of the same frame is before the second one, whichever its count. */
static void test_b_lists_of_fields(void **state)
{
	struct h264_slice slice = make_slice(B(5));
	const unsigned int list0[] = {B(1), T(5), B(3), T(1), B(2), T(3), T(2)};
	const unsigned int list1[] = {B(3), T(3), B(2), T(2), B(1), T(5), T(1)};
	struct h264_dpb dpb;

	(void)state;
	begin(&dpb, 8);
	add(&dpb, F(1), 0, -1);
	add(&dpb, F(2), 40, -1);
	add(&dpb, F(3), 30, -1);
	add(&dpb, T(5), 20, -1);
	slice.slice_type = H264_SLICE_B;
	slice.num_ref_idx_active[0] = 7;
	slice.num_ref_idx_active[1] = 7;
	check_list(&dpb, &slice, 0, list0);
	check_list(&dpb, &slice, 1, list1);
	h264_dpb_clear(&dpb);
}

/*
 * 8.2.4.3 for frame_num 5, bottom, CurrPicNum 11: 11 - 1 = 10 is the first field of the frame, 10 - 7
 * = 3 the bottom field of 1, 3 + 5 = 8 the top field of 4, 8 + 21 - 32 = -3 the bottom field of 14;
 * long-term 1 is the bottom field of index 0.
 */
static void test_modification_of_fields(void **state)
{
	struct h264_slice slice = make_slice(B(5));
	const struct h264_modification steps[] = {{0, 0}, {0, 6}, {1, 4}, {1, 20}, {2, 1}};
	const unsigned int expected[] = {T(5), B(1), T(4), B(14), B(20)};
	struct h264_dpb dpb;

	(void)state;
	begin(&dpb, 8);
	add(&dpb, F(14), 0, -1);
	add(&dpb, F(1), 2, -1);
	add(&dpb, F(4), 4, -1);
	add(&dpb, F(20), 6, 0);
	add(&dpb, T(5), 20, -1);
	slice.slice_type = H264_SLICE_P;
	slice.num_ref_idx_active[0] = 5;
	slice.n_modifications[0] = 5;
	memcpy(slice.modifications[0], steps, sizeof(steps));
	check_list(&dpb, &slice, 0, expected);
	h264_dpb_clear(&dpb);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DPB_TEST(test_poc_type_0_of_fields),
		DPB_TEST(test_poc_type_1_of_fields),
		DPB_TEST(test_poc_after_operation_5_of_a_bottom_field),
		DPB_TEST(test_second_field_does_not_slide),
		DPB_TEST(test_operations_take_single_fields),
		DPB_TEST(test_long_term_index_is_a_pairs),
		DPB_TEST(test_current_fields_become_long_term),
		DPB_TEST(test_p_list_alternates_parities),
		DPB_TEST(test_p_frame_leaves_single_fields_out),
		DPB_TEST(test_b_lists_of_fields),
		DPB_TEST(test_modification_of_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
