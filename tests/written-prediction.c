// SPDX-License-Identifier: MIT
/*
 * Scenes about prediction from known references: explicit and implicit weights, direct prediction,
 * slices of one picture that differ in type and lists.
 */
#include "written-streams.h"

/* Two weights of a bipredicted macroblock must not add up to more than 128, or 127 where the
 * denominator is 2^7 (8.4.2.3): every pair below keeps that. */
static const struct h264w_weights weights_a = {
	.log2_denom = {5, 3},
	.entry = {{{true, true, {20, 6, 11}, {10, -4, 7}}, {true, false, {-16}, {127}}, {false}},
		  {{false, true, {0, 12, -3}, {0, 30, 100}},
		   {true, true, {90, 8, 8}, {-128, 1, -1}}}},
};
/* The ends of the ranges. */
static const struct h264w_weights weights_b = {
	.log2_denom = {0, 7},
	.entry = {{{true, true, {1, 60, -128}, {-20, -128, 127}}, {false, true, {0, 30, 27}}},
		  {{true, true, {-1, 60, 100}, {100, 0, -50}},
		   {false, true, {0, 5, 9}, {0, 3, 4}}}},
};
static const struct h264w_weights weights_none = {.log2_denom = {6, 0}};
/* The same picture twice with other weights. */
static const struct h264w_weights weights_twice = {
	.log2_denom = {6, 6},
	.entry = {{{true, true, {64, 64, 64}, {0, 0, 0}},
		   {true, true, {32, 40, 90}, {9, 0, -9}},
		   {true, false, {63}, {-1}}}},
};

static void weights_explicit(struct h264w_stream *s)
{
	struct h264w_pps pps = {.weighted_pred = true, .weighted_bipred_idc = 1};
	int a, b, c, d;

	scene_begin(s, NULL, &pps);
	a = scene_idr(s);
	b = SHOT(s, P, 1, 1, 8, .list = {{a}}, .weights = &weights_b);
	c = SHOT(s, P, 1, 2, 16, .list = {{b, a}}, .weights = &weights_a);
	SHOT(s, B, 0, 3, 12, .list = {{b, a, c}, {c, b, a}}, .weights = &weights_a);
	SHOT(s, B, 0, 3, 4, .list = {{a, b}, {b, c}}, .weights = &weights_b);
	SHOT(s, B, 0, 3, 5, .list = {{a}, {b}}, .weights = &weights_a, .all_skipped = true);
	d = SHOT(s, P, 1, 3, 24, .list = {{c, c, b}}, .modification = {{{'S', 1}, {'S', 16}}},
		 .weights = &weights_twice);
	SHOT(s, B, 0, 4, 20, .list = {{c, b}, {d, c}}, .weights = &weights_none);
	SHOT(s, P, 0, 4, 28, .list = {{d, c}}, .weights = &weights_none);
}

/* The weights follow from the distances in POC; far ones, equal ones and long-term references. */
static void weights_implicit(struct h264w_stream *s)
{
	struct h264w_sps sps = h264w_sps_default();
	struct h264w_pps pps = {.weighted_bipred_idc = 2};
	int a, b, c;

	sps.log2_max_poc_lsb = 10;
	scene_begin(s, &sps, &pps);
	a = scene_idr(s);
	b = SHOT(s, P, 1, 1, 12, .list = {{a}});
	for (int poc = 1; poc < 12; poc += 3)
		SHOT(s, B, 0, 2, poc, .list = {{a, b}, {b, a}});
	SHOT(s, B, 0, 2, 14, .list = {{b, a}, {a, b}});
	SHOT(s, B, 0, 2, 60, .list = {{b, a}, {a, b}});
	SHOT(s, B, 0, 2, 400, .list = {{b, a}, {a, b}});
	SHOT(s, B, 0, 2, 3, .list = {{a}, {b}}, .all_skipped = true);
	c = SHOT(s, P, 1, 2, 410, .list = {{b, a}}, .mmco = {{4, 1}, {3, 2, 0}});
	s->picture[a].long_term = true;
	SHOT(s, B, 0, 3, 17, .list = {{b, c, a}, {c, b, a}});
	SHOT(s, B, 0, 3, 300, .list = {{b, c, a}, {c, b, a}});
}

/* Fields of one frame that differ: the distance is taken between the smaller ones. */
static void weights_implicit_bottom(struct h264w_stream *s)
{
	struct h264w_pps pps = {.weighted_bipred_idc = 2, .pic_order_present = true};
	int a, b;

	scene_begin(s, NULL, &pps);
	a = SHOT(s, I, 1, 0, 0, .idr = true, .delta_bottom = 3);
	b = SHOT(s, P, 1, 1, 16, .delta_bottom = -3, .list = {{a}});
	SHOT(s, B, 0, 2, 5, .delta_bottom = 2, .list = {{a, b}, {b, a}});
	SHOT(s, B, 0, 2, 9, .delta_bottom = -2, .list = {{a, b}, {b, a}});
}

static void direct_spatial(struct h264w_stream *s)
{
	int a, b, c;

	scene_begin(s, NULL, NULL);
	a = scene_idr(s);
	b = SHOT(s, P, 1, 1, 8, .list = {{a}});
	c = SHOT(s, P, 1, 2, 16, .list = {{b, a}});
	SHOT(s, B, 0, 3, 4, .list = {{a, b, c}, {b, c, a}}, .all_skipped = true);
	SHOT(s, B, 0, 3, 12, .list = {{b, a, c}, {c, b, a}}, .all_skipped = true);
	SHOT(s, B, 0, 3, 20, .list = {{c, b, a}, {b, c, a}}, .all_skipped = true);
}

/* The co-located macroblocks refer to several pictures, and each is found again in list 0. */
static void direct_temporal(struct h264w_stream *s, unsigned int weighted_bipred_idc)
{
	struct h264w_pps pps = {.weighted_bipred_idc = weighted_bipred_idc};
	int a, b, c, d;

	scene_begin(s, NULL, &pps);
	a = scene_idr(s);
	b = SHOT(s, P, 1, 1, 8, .list = {{a}});
	c = SHOT(s, P, 1, 2, 16, .list = {{b, a}});
	d = SHOT(s, P, 1, 3, 24, .list = {{c, b, a}});
	SHOT(s, B, 0, 4, 20, .list = {{c, b, a, d}, {d, c, b, a}}, .all_skipped = true,
	     .temporal_direct = true);
	SHOT(s, B, 0, 4, 18, .list = {{a, c, b, d}, {d, c, b, a}}, .all_skipped = true,
	     .temporal_direct = true, .modification = {{{'S', 4}}});
	SHOT(s, B, 0, 4, 10, .list = {{b, a}, {c}}, .all_skipped = true, .temporal_direct = true);
	SHOT(s, B, 0, 4, 11, .list = {{b, a, c, d}, {c, d, b, a}}, .temporal_direct = true);
}

static void direct_temporal_plain(struct h264w_stream *s)
{
	direct_temporal(s, 0);
}

static void direct_temporal_implicit(struct h264w_stream *s)
{
	direct_temporal(s, 2);
}

/* One picture of I, P and B slices, each with lists of its own length and order. */
static void slices_mixed(struct h264w_stream *s)
{
	struct h264w_shot cut[4];
	int a, b, c;

	scene_begin(s, NULL, NULL);
	a = scene_idr(s);
	b = SHOT(s, P, 1, 1, 8, .list = {{a}});
	c = SHOT(s, P, 1, 2, 16, .list = {{b, a}});
	for (unsigned int ref_idc = 0; ref_idc < 2; ref_idc++) {
		cut[0] = (struct h264w_shot){.type = H264W_B,
					     .ref_idc = ref_idc,
					     .frame_num = 3,
					     .poc = 10 + 2 * ref_idc,
					     .n_mbs = 7,
					     .list = {{b, a, c}, {c}}};
		cut[1] = (struct h264w_shot){.type = H264W_I, .first_mb = 7, .n_mbs = 2};
		cut[2] = (struct h264w_shot){.type = H264W_P,
					     .first_mb = 9,
					     .n_mbs = 6,
					     .list = {{a, c, b}},
					     .modification = {{{'S', 3}}}};
		cut[3] = (struct h264w_shot){.type = H264W_B,
					     .first_mb = 15,
					     .list = {{c}, {a, c}},
					     .modification = {{{'S', 1}}, {{'S', 3}}}};
		h264w_picture_slices(s, cut, 4);
	}
}

/* Weights that differ from slice to slice. */
static void slices_weights(struct h264w_stream *s)
{
	struct h264w_pps pps = {.weighted_pred = true, .weighted_bipred_idc = 1};
	struct h264w_shot cut[3];
	int a, b;

	scene_begin(s, NULL, &pps);
	a = scene_idr(s);
	b = SHOT(s, P, 1, 1, 8, .list = {{a}}, .weights = &weights_none);
	cut[0] = (struct h264w_shot){.type = H264W_P,
				     .ref_idc = 1,
				     .frame_num = 2,
				     .poc = 4,
				     .n_mbs = 5,
				     .list = {{b, a}},
				     .weights = &weights_a};
	cut[1] = (struct h264w_shot){.type = H264W_P,
				     .first_mb = 5,
				     .n_mbs = 5,
				     .list = {{b, a}},
				     .weights = &weights_b};
	cut[2] = (struct h264w_shot){
		.type = H264W_B, .first_mb = 10, .list = {{a, b}, {b, a}}, .weights = &weights_a};
	h264w_picture_slices(s, cut, 3);
}

const struct scene scenes_prediction[] = {
	{"written-weights-explicit", weights_explicit},
	{"written-weights-implicit", weights_implicit},
	{"written-weights-implicit-bottom", weights_implicit_bottom},
	{"written-direct-spatial", direct_spatial},
	{"written-direct-temporal", direct_temporal_plain},
	{"written-direct-temporal-implicit", direct_temporal_implicit},
	{"written-slices-mixed", slices_mixed},
	{"written-slices-weights", slices_weights},
	{NULL, NULL},
};
