// SPDX-License-Identifier: MIT
/*
 * Scenes about picture order: POC types 0, 1 and 2 with all their offsets, wrapping numbers, memory
 * management command 5, and output that is bounded by the VUI.
 */
#include "written-streams.h"

/* 8.2.1.2 by hand for a cycle of offsets 6 and 4: 0, 6, 10, 16, 20, ... */
static int cycle_poc(int n)
{
	return n / 2 * 10 + n % 2 * 6;
}

/* Type 1, no deltas: reference pictures, and between them B pictures by offset_for_non_ref_pic.
 * frame_num wraps once. */
static void poc1_cycle(struct h264w_stream *s)
{
	struct h264w_sps sps = h264w_sps_default();
	int newer, older = 0, last;

	sps.poc_type = 1;
	sps.delta_pic_order_always_zero = true;
	sps.offset_for_non_ref_pic = -3;
	sps.num_ref_frames_in_cycle = 2;
	sps.offset_for_ref_frame[0] = 6;
	sps.offset_for_ref_frame[1] = 4;
	sps.max_num_ref_frames = 2;
	scene_begin(s, &sps, NULL);
	last = scene_idr(s);
	for (int n = 1; n < 20; n++) {
		newer = SHOT(s, P, 1, n % 16, cycle_poc(n), .list = {{last, older}});
		if (n % 3)
			SHOT(s, B, 0, (n + 1) % 16, cycle_poc(n) - 3,
			     .list = {{last, newer}, {newer, last}});
		older = last;
		last = newer;
	}
}

/* Type 1 with an empty cycle: delta_pic_order_cnt says it all. Bottom is top - 1 + its own delta. */
static void poc1_deltas(struct h264w_stream *s)
{
	struct h264w_sps sps = h264w_sps_default();
	struct h264w_pps pps = {.pic_order_present = true};
	int a, b, c;

	sps.poc_type = 1;
	sps.offset_for_non_ref_pic = -2;
	sps.offset_for_top_to_bottom = -1;
	scene_begin(s, &sps, &pps);
	a = SHOT(s, I, 1, 0, 0, .idr = true, .delta = 1);
	b = SHOT(s, P, 1, 1, 8, .delta = 9, .list = {{a}});
	SHOT(s, B, 0, 2, 4, .delta = 7, .list = {{a, b}, {b, a}});
	SHOT(s, B, 0, 2, 5, .delta = 7, .delta_bottom = 3, .list = {{a, b}, {b, a}});
	c = SHOT(s, P, 1, 2, 16, .delta = 17, .list = {{b, a}});
	SHOT(s, B, 0, 3, 11, .delta = 15, .delta_bottom = -1, .list = {{b, a, c}, {c, b, a}});
	SHOT(s, P, 1, 3, 17, .delta = 18, .list = {{c, b, a}});
}

/* Type 1 with a cycle, deltas, a negative offset in the cycle, and a second IDR picture. */
static void poc1_cycle_deltas(struct h264w_stream *s)
{
	struct h264w_sps sps = h264w_sps_default();
	int a, b, c, d;

	sps.poc_type = 1;
	sps.offset_for_non_ref_pic = -4;
	sps.num_ref_frames_in_cycle = 3;
	sps.offset_for_ref_frame[0] = 12;
	sps.offset_for_ref_frame[1] = -6;
	sps.offset_for_ref_frame[2] = 10;
	scene_begin(s, &sps, NULL);
	for (int turn = 0; turn < 2; turn++) {
		a = SHOT(s, I, 1, 0, 0, .idr = true, .idr_pic_id = turn);
		b = SHOT(s, P, 1, 1, 12, .list = {{a}});
		c = SHOT(s, B, 1, 2, 6, .list = {{a, b}, {b, a}});
		/* Counts as the second of the cycle: 6 - 4 + 7. */
		SHOT(s, B, 0, 3, 9, .delta = 7, .list = {{c, a, b}, {b, c, a}});
		d = SHOT(s, P, 1, 3, 16, .list = {{c, b, a}});
		/* The next cycle begins: 28 - 1. */
		SHOT(s, P, 1, 4, 27, .delta = -1, .list = {{d, c, b, a}});
	}
}

/* Type 2: output is decoding order, frame_num wraps. */
static void poc2(struct h264w_stream *s)
{
	struct h264w_sps sps = h264w_sps_default();
	int last, older = 0, newer;

	sps.poc_type = 2;
	sps.max_num_ref_frames = 2;
	scene_begin(s, &sps, NULL);
	last = scene_idr(s);
	for (int n = 1; n < 20; n++) {
		if (n % 3 == 0)
			SHOT(s, P, 0, n % 16, 2 * n - 1, .list = {{last, older}});
		newer = SHOT(s, P, 1, n % 16, 2 * n, .list = {{last, older}});
		older = last;
		last = newer;
	}
}

/* Type 0 with 4 bits, many wraps, and bottom fields before and after the top. */
static void poc0_wrap(struct h264w_stream *s)
{
	struct h264w_sps sps = h264w_sps_default();
	struct h264w_pps pps = {.pic_order_present = true};
	int last, newer, older = 0;

	sps.log2_max_poc_lsb = 4;
	sps.max_num_ref_frames = 2;
	scene_begin(s, &sps, &pps);
	last = SHOT(s, I, 1, 0, 0, .idr = true, .delta_bottom = 1);
	for (int n = 1; n < 14; n++) {
		newer = SHOT(s, P, 1, n, 7 * n, .delta_bottom = n % 3 - 1, .list = {{last, older}});
		SHOT(s, B, 0, n + 1, 7 * n - 4, .delta_bottom = 1 - n % 3,
		     .list = {{last, newer}, {newer, last}});
		older = last;
		last = newer;
	}
}

/* Command 5: all before is output first, the picture becomes frame_num 0 and POC 0. */
static void mmco5(struct h264w_stream *s)
{
	int a, b, c, d;

	scene_begin(s, NULL, NULL);
	a = scene_idr(s);
	for (int turn = 0; turn < 3; turn++) {
		b = SHOT(s, P, 1, 1, 8, .list = {{a}});
		SHOT(s, B, 0, 2, 4, .list = {{a, b}, {b, a}});
		c = SHOT(s, P, 1, 2, 16, .list = {{b, a}});
		SHOT(s, B, 0, 3, 12, .list = {{b, a, c}, {c, b, a}});
		d = SHOT(s, P, 1, 3, turn == 1 ? 10 : 20, .list = {{c, b, a}}, .mmco = {{5}});
		a = d;
	}
	SHOT(s, P, 1, 1, 2, .list = {{a}});
}

/* Command 5 under types 1 and 2: the frame_num offset restarts too. */
static void mmco5_without_lsb(struct h264w_stream *s, unsigned int poc_type)
{
	struct h264w_sps sps = h264w_sps_default();
	int a, b;

	sps.poc_type = poc_type;
	sps.num_ref_frames_in_cycle = 1;
	sps.offset_for_ref_frame[0] = 2;
	sps.delta_pic_order_always_zero = true;
	sps.max_num_ref_frames = 1;
	scene_begin(s, &sps, NULL);
	a = scene_idr(s);
	for (int turn = 0; turn < 3; turn++) {
		for (int n = 1; n < 10 * turn + 5; n++)
			a = SHOT(s, P, 1, n % 16, 2 * n, .list = {{a}});
		b = SHOT(s, P, 1, (10 * turn + 5) % 16, 2 * (10 * turn + 5), .list = {{a}},
			 .mmco = {{5}});
		a = b;
	}
	SHOT(s, P, 1, 1, 2, .list = {{a}});
}

static void mmco5_poc1(struct h264w_stream *s)
{
	mmco5_without_lsb(s, 1);
}

static void mmco5_poc2(struct h264w_stream *s)
{
	mmco5_without_lsb(s, 2);
}

static void reorder_begin(struct h264w_stream *s, unsigned int reorder, unsigned int buffering)
{
	struct h264w_sps sps = h264w_sps_default();

	sps.vui = true;
	sps.max_num_reorder_frames = reorder;
	sps.max_dec_frame_buffering = buffering;
	sps.max_num_ref_frames = buffering;
	scene_begin(s, &sps, NULL);
}

static void reorder_0(struct h264w_stream *s)
{
	int last;

	reorder_begin(s, 0, 1);
	last = scene_idr(s);
	for (int n = 1; n < 12; n++) {
		SHOT(s, P, 0, n, 4 * n - 2, .list = {{last}});
		last = SHOT(s, P, 1, n, 4 * n, .list = {{last}});
	}
}

static void reorder_1(struct h264w_stream *s)
{
	int last, newer, older = 0;

	reorder_begin(s, 1, 2);
	last = scene_idr(s);
	for (int n = 1; n < 12; n++) {
		newer = SHOT(s, P, 1, n, 4 * n, .list = {{last, older}});
		SHOT(s, B, 0, n + 1, 4 * n - 2, .list = {{last, newer}, {newer, last}});
		older = last;
		last = newer;
	}
}

/* A pyramid of three levels: two pictures wait before the first of a group is shown. */
static void reorder_2(struct h264w_stream *s)
{
	int a, b, c, d, e;

	reorder_begin(s, 2, 4);
	a = scene_idr(s);
	b = SHOT(s, P, 1, 1, 8, .list = {{a}});
	c = SHOT(s, B, 1, 2, 4, .list = {{a, b}, {b, a}});
	SHOT(s, B, 0, 3, 2, .list = {{a, c, b}, {c, b, a}});
	SHOT(s, B, 0, 3, 6, .list = {{c, a, b}, {b, c, a}});
	d = SHOT(s, P, 1, 3, 16, .list = {{c, b, a}});
	e = SHOT(s, B, 1, 4, 12, .list = {{b, c, a, d}, {d, b, c, a}});
	SHOT(s, B, 0, 5, 10, .list = {{b, c, e, d}, {e, d, b, c}});
	SHOT(s, B, 0, 5, 14, .list = {{e, b, c, d}, {d, e, b, c}});
	SHOT(s, P, 1, 5, 18, .list = {{e, d, c, b}});
}

/* Four levels. */
static void reorder_3(struct h264w_stream *s)
{
	int a, b, c, d, e;

	reorder_begin(s, 3, 5);
	a = scene_idr(s);
	b = SHOT(s, P, 1, 1, 16, .list = {{a}});
	c = SHOT(s, B, 1, 2, 8, .list = {{a, b}, {b, a}});
	d = SHOT(s, B, 1, 3, 4, .list = {{a, c, b}, {c, b, a}});
	SHOT(s, B, 0, 4, 2, .list = {{a, d, c, b}, {d, c, b, a}});
	SHOT(s, B, 0, 4, 6, .list = {{d, a, c, b}, {c, b, d, a}});
	e = SHOT(s, B, 1, 4, 12, .list = {{c, d, a, b}, {b, c, d, a}});
	SHOT(s, B, 0, 5, 10, .list = {{c, d, a, e, b}, {e, b, c, d, a}});
	SHOT(s, B, 0, 5, 14, .list = {{e, c, d, a, b}, {b, e, c, d, a}});
	SHOT(s, P, 1, 5, 18, .list = {{e, d, c, b, a}});
}

const struct scene scenes_order[] = {
	{"written-poc0-wrap", poc0_wrap},
	{"written-poc1-cycle", poc1_cycle},
	{"written-poc1-cycle-deltas", poc1_cycle_deltas},
	{"written-poc1-deltas", poc1_deltas},
	{"written-poc2", poc2},
	{"written-mmco5-b", mmco5},
	{"written-mmco5-poc1", mmco5_poc1},
	{"written-mmco5-poc2", mmco5_poc2},
	{"written-reorder-0", reorder_0},
	{"written-reorder-1", reorder_1},
	{"written-reorder-2", reorder_2},
	{"written-reorder-3", reorder_3},
	{NULL, NULL},
};
