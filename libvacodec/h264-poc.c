/* SPDX-License-Identifier: MIT */
/*
 * h264-poc.c - H.264 picture order counts
 *
 * Sums wrap as unsigned: a damaged stream must not overflow a signed number. A field's differences
 * to the other field are 0, so that one set of formulas serves frames and fields.
 * Source: Rec. ITU-T H.264, 8.2.1.
 */
#include "h264-dpb.h"

static int32_t add(int32_t a, int32_t b)
{
	return (int32_t)((uint32_t)a + (uint32_t)b);
}

/* 8.2.1.1 */
static void compute_type_0(struct h264_poc *state, const struct h264_sps *sps,
			   const struct h264_slice *slice, int32_t poc[2])
{
	int32_t max_lsb = 1 << sps->log2_max_pic_order_cnt_lsb;
	int32_t lsb = (int32_t)slice->pic_order_cnt_lsb;

	if (slice->nal_unit_type == H264_NAL_IDR) {
		state->prev_msb = 0;
		state->prev_lsb = 0;
	}
	state->msb = state->prev_msb;
	if (lsb < state->prev_lsb && state->prev_lsb - lsb >= max_lsb / 2)
		state->msb = add(state->prev_msb, max_lsb);
	else if (lsb > state->prev_lsb && lsb - state->prev_lsb > max_lsb / 2)
		state->msb = add(state->prev_msb, -max_lsb);
	poc[0] = add(state->msb, lsb);
	poc[1] = add(poc[0], slice->delta_pic_order_cnt_bottom);
}

/* FrameNumOffset, 8.2.1.2 and 8.2.1.3. */
static void compute_frame_num_offset(struct h264_poc *state, const struct h264_sps *sps,
				     const struct h264_slice *slice)
{
	state->frame_num_offset = state->prev_frame_num_offset;
	if (slice->nal_unit_type == H264_NAL_IDR)
		state->frame_num_offset = 0;
	else if (state->prev_frame_num > slice->frame_num)
		state->frame_num_offset =
			add(state->prev_frame_num_offset, 1 << sps->log2_max_frame_num);
}

/* The expected difference after n reference frames: whole cycles, and the next one's first part. */
static int32_t expected_delta(const struct h264_sps *sps, uint32_t n)
{
	uint32_t cycle = sps->num_ref_frames_in_pic_order_cnt_cycle;
	int32_t whole = 0;
	int32_t part = 0;
	uint32_t i;

	for (i = 0; i < cycle; i++)
		whole = add(whole, sps->offset_for_ref_frame[i]);
	for (i = 0; i <= (n - 1) % cycle; i++)
		part = add(part, sps->offset_for_ref_frame[i]);
	return add((int32_t)((n - 1) / cycle * (uint32_t)whole), part);
}

/* 8.2.1.2 */
static void compute_type_1(struct h264_poc *state, const struct h264_sps *sps,
			   const struct h264_slice *slice, int32_t poc[2])
{
	uint32_t abs_frame_num = 0;
	int32_t expected = 0;

	compute_frame_num_offset(state, sps, slice);
	if (sps->num_ref_frames_in_pic_order_cnt_cycle > 0)
		abs_frame_num = (uint32_t)state->frame_num_offset + slice->frame_num;
	if (slice->nal_ref_idc == 0 && abs_frame_num > 0)
		abs_frame_num--;
	if (abs_frame_num > 0)
		expected = expected_delta(sps, abs_frame_num);
	if (slice->nal_ref_idc == 0)
		expected = add(expected, sps->offset_for_non_ref_pic);
	poc[0] = add(expected, slice->delta_pic_order_cnt[0]);
	poc[1] = add(add(poc[0], sps->offset_for_top_to_bottom_field),
		     slice->delta_pic_order_cnt[1]);
}

/* 8.2.1.3 */
static void compute_type_2(struct h264_poc *state, const struct h264_sps *sps,
			   const struct h264_slice *slice, int32_t poc[2])
{
	int32_t twice;

	compute_frame_num_offset(state, sps, slice);
	twice = (int32_t)(2 * ((uint32_t)state->frame_num_offset + slice->frame_num));
	if (slice->nal_unit_type == H264_NAL_IDR)
		twice = 0;
	else if (slice->nal_ref_idc == 0)
		twice = add(twice, -1);
	poc[0] = twice;
	poc[1] = twice;
}

void h264_poc_compute(struct h264_poc *state, const struct h264_sps *sps,
		      const struct h264_slice *slice, int32_t poc[2])
{
	if (sps->pic_order_cnt_type == 0)
		compute_type_0(state, sps, slice, poc);
	else if (sps->pic_order_cnt_type == 1)
		compute_type_1(state, sps, slice, poc);
	else
		compute_type_2(state, sps, slice, poc);
}

void h264_poc_advance(struct h264_poc *state, const struct h264_slice *slice, const int32_t poc[2],
		      bool mmco5)
{
	state->prev_frame_num = mmco5 ? 0 : slice->frame_num;
	state->prev_frame_num_offset = mmco5 ? 0 : state->frame_num_offset;
	if (slice->nal_ref_idc == 0)
		return;
	state->prev_msb = mmco5 ? 0 : state->msb;
	state->prev_lsb = (int32_t)slice->pic_order_cnt_lsb;
	/* After operation 5 the picture's own TopFieldOrderCnt stands in for the lsb. */
	if (mmco5)
		state->prev_lsb = slice->bottom_field_flag ? 0 : poc[0];
}

int32_t h264_poc_get(const int32_t poc[2], unsigned int fields)
{
	if (fields == H264_FRAME)
		return poc[0] < poc[1] ? poc[0] : poc[1];
	return poc[fields == H264_BOTTOM];
}
