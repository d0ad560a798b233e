// SPDX-License-Identifier: MIT
/*
 * Scenes of field pictures, continued: fields without their second one, memory management command 5 in a
 * field, order counts of types 1 and 2, cropping. T2 is the top field of frame 2.
 */
#include "written-fields.h"

/*
 * Single fields that are references: before a field of the same parity, before a frame, at the end. Lines
 * that no field has are what the writer fills in.
 */
static void unpaired(struct h264w_stream *s)
{
	int t[7], b[7], f[5];

	fields_begin(s, NULL, 8);
	t[0] = FIRST(s, I, TOP, 1, 0, 0, .idr = true);
	b[0] = SECOND(s, P, BOTTOM, 1, 0, 1, .list = {{t[0]}});
	t[1] = FIRST(s, P, TOP, 1, 1, 4, .list = {{t[0], b[0]}});
	/* There is no B1: parities alternate over what there is. */
	t[2] = FIRST(s, P, TOP, 1, 2, 8, .list = {{t[1], b[0], t[0]}});
	b[2] = SECOND(s, P, BOTTOM, 1, 2, 9, .list = {{b[0], t[2], t[1], t[0]}});
	f[0] = h264w_view(s, t[0], H264W_FRAME);
	f[2] = h264w_view(s, t[2], H264W_FRAME);
	/* A frame refers to frames that are whole. */
	f[3] = SHOT(s, P, 1, 3, 12, .list = {{f[2], f[0]}});
	t[3] = h264w_view(s, f[3], H264W_TOP);
	b[3] = h264w_view(s, f[3], H264W_BOTTOM);
	f[4] = SHOT(s, P, 1, 4, 20, .list = {{f[3], f[2], f[0]}});
	t[4] = h264w_view(s, f[4], H264W_TOP);
	b[4] = h264w_view(s, f[4], H264W_BOTTOM);
	t[5] = FIRST(s, P, TOP, 1, 5, 24,
		     .list = {{t[4], b[4], t[3], b[3], t[2], b[2], t[1], b[0], t[0]}});
	t[6] = FIRST(s, P, TOP, 1, 6, 28,
		     .list = {{t[5], b[4], t[4], b[3], t[3], b[2], t[2], b[0], t[1], t[0]}});
	b[6] = SECOND(s, P, BOTTOM, 1, 6, 29,
		      .list = {{b[4], t[6], b[3], t[5], b[2], t[4], b[0], t[3], t[2], t[1], t[0]}});
	FIRST(s, P, TOP, 1, 7, 32,
	      .list = {{t[6], b[6], t[5], b[4], t[4], b[3], t[3], b[2], t[2], b[0], t[1], t[0]}});
}

/*
 * Single fields that are no references, between frames. (Behind one, libavcodec pairs no fields any more
 * of which the first is single: these are scenes of their own.)
 */
static void single(struct h264w_stream *s)
{
	int t, b, f[4];

	fields_begin(s, NULL, 4);
	t = FIRST(s, I, TOP, 1, 0, 0, .idr = true);
	b = SECOND(s, P, BOTTOM, 1, 0, 1, .list = {{t}});
	f[0] = h264w_view(s, t, H264W_FRAME);
	FIRST(s, P, BOTTOM, 0, 1, 4, .list = {{b, t}});
	f[1] = SHOT(s, P, 1, 1, 8, .list = {{f[0]}});
	t = h264w_view(s, f[1], H264W_TOP);
	FIRST(s, P, TOP, 0, 2, 12,
	      .list = {{t, h264w_view(s, f[1], H264W_BOTTOM), h264w_view(s, f[0], H264W_TOP), b}});
	f[2] = SHOT(s, P, 1, 2, 16, .list = {{f[1], f[0]}});
	SHOT(s, B, 0, 3, 6, .list = {{f[0], f[1], f[2]}, {f[1], f[2], f[0]}});
	f[3] = SHOT(s, P, 1, 3, 20, .list = {{f[2], f[1], f[0]}});
	SHOT(s, P, 1, 4, 24, .list = {{f[3], f[2], f[1], f[0]}});
}

/* Command 5 in a first field: the second one has frame_num 0, and both begin a new count. */
static void mmco5(struct h264w_stream *s)
{
	int t[2], b[2];

	fields_begin(s, NULL, 3);
	t[0] = FIRST(s, I, TOP, 1, 0, 0, .idr = true);
	b[0] = SECOND(s, P, BOTTOM, 1, 0, 1, .list = {{t[0]}});
	for (int turn = 0; turn < 2; turn++) {
		t[1] = FIRST(s, P, TOP, 1, 1, 4, .list = {{t[0], b[0]}});
		b[1] = SECOND(s, P, BOTTOM, 1, 1, 5, .list = {{b[0], t[1], t[0]}});
		t[0] = FIRST(s, P, TOP, 1, 2, 8, .list = {{t[1], b[1], t[0], b[0]}}, .mmco = {{5}});
		b[0] = SECOND(s, P, BOTTOM, 1, 0, 1, .list = {{t[0]}});
	}
	t[1] = FIRST(s, P, TOP, 1, 1, 4, .list = {{t[0], b[0]}});
	SECOND(s, P, BOTTOM, 1, 1, 5, .list = {{b[0], t[1], t[0]}});
}

/* Type 1: 4 for each frame, the bottom field one behind the top; B pairs two before their frame. */
static void poc1(struct h264w_stream *s)
{
	struct h264w_sps sps = h264w_sps_default();
	int t[2], b[2];

	sps.poc_type = 1;
	sps.delta_pic_order_always_zero = true;
	sps.offset_for_non_ref_pic = -2;
	sps.offset_for_top_to_bottom = 1;
	sps.num_ref_frames_in_cycle = 1;
	sps.offset_for_ref_frame[0] = 4;
	fields_begin(s, &sps, 2);
	t[0] = FIRST(s, I, TOP, 1, 0, 0, .idr = true);
	b[0] = SECOND(s, P, BOTTOM, 1, 0, 1, .list = {{t[0]}});
	for (int n = 1; n < 5; n++) {
		int at = 4 * n;

		t[1] = FIRST(s, P, TOP, 1, n, at, .list = {{t[0], b[0]}});
		b[1] = SECOND(s, P, BOTTOM, 1, n, at + 1, .list = {{b[0], t[1], t[0]}});
		FIRST(s, B, TOP, 0, n + 1, at - 2,
		      .list = {{t[0], b[0], t[1], b[1]}, {t[1], b[1], t[0], b[0]}});
		SECOND(s, B, BOTTOM, 0, n + 1, at - 1,
		       .list = {{b[0], t[0], b[1], t[1]}, {b[1], t[1], b[0], t[0]}});
		t[0] = t[1];
		b[0] = b[1];
	}
}

/* Type 2: both fields of a pair have one count; pairs that are no references, and a frame. */
static void poc2(struct h264w_stream *s)
{
	struct h264w_sps sps = h264w_sps_default();
	int t[2], b[2], f;

	sps.poc_type = 2;
	fields_begin(s, &sps, 1);
	t[0] = FIRST(s, I, TOP, 1, 0, 0, .idr = true);
	b[0] = SECOND(s, P, BOTTOM, 1, 0, 0, .list = {{t[0]}});
	for (int n = 1; n < 6; n++) {
		int other = FIRST(s, P, BOTTOM, 0, n, 2 * n - 1, .list = {{b[0], t[0]}});

		(void)other;
		SECOND(s, P, TOP, 0, n, 2 * n - 1, .list = {{t[0], b[0]}});
		b[1] = FIRST(s, P, BOTTOM, 1, n, 2 * n, .list = {{b[0], t[0]}});
		/* The window has one frame: the last one left it with the first field. */
		t[0] = SECOND(s, P, TOP, 1, n, 2 * n, .list = {{b[1]}});
		b[0] = b[1];
	}
	f = h264w_view(s, b[0], H264W_FRAME);
	SHOT(s, P, 1, 6, 12, .list = {{f}});
}

/* Vertical offsets count four lines where there may be fields (7-20). */
static void crop(struct h264w_stream *s)
{
	struct h264w_sps sps = h264w_sps_default();
	int t, b;

	sps.crop_left = 1;
	sps.crop_right = 2;
	sps.crop_top = 1;
	sps.crop_bottom = 3;
	fields_begin(s, &sps, 1);
	t = FIRST(s, I, TOP, 1, 0, 0, .idr = true);
	b = SECOND(s, P, BOTTOM, 1, 0, 1, .list = {{t}});
	SHOT(s, P, 1, 1, 4, .list = {{h264w_view(s, b, H264W_FRAME)}});
}

const struct scene scenes_pairs[] = {
	{"written-fields-unpaired", unpaired},
	{"written-fields-single", single},
	{"written-fields-mmco5", mmco5},
	{"written-fields-poc1", poc1},
	{"written-fields-poc2", poc2},
	{"written-fields-crop", crop},
	{NULL, NULL},
};
