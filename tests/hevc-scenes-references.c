/* SPDX-License-Identifier: MIT */
/*
 * hevc-scenes-references.c - scenes of order counts, reference picture sets, lists and weights
 *
 * Source: Rec. ITU-T H.265, 7.4.8, 8.3.1, 8.3.2, 8.3.4.
 */
#include "hevc-scenes.h"

/* Of the SPS and of slice headers, by the lower bits and by all, used and kept, twice the same lower bits. */
static void long_term(struct hevcw_stream *s)
{
	struct hevcw_sps sps = hevcw_sps_default();
	int a, b, c, d, e, f, g, h;

	sps.log2_max_poc_lsb = 4;
	sps.reorder = 0;
	sps.dpb = 6;
	sps.tmvp = true;
	sps.long_term = true;
	sps.n_lt = 3;
	sps.lt_lsb[1] = 4;
	sps.lt_lsb[2] = 2;
	sps.lt_unused = 1 << 1;
	hevc_scene_begin(s, &sps, NULL);
	a = SHOT(s, I, IDR_N_LP, 0);
	b = NEXT(s, 1, a);
	c = SHOT(s, P, TRAIL_R, 2, .rps = {.pics = {-1}}, .n_lt = 1, .long_term = {{.used = true}},
		 .list = {{b, a}});
	d = SHOT(s, P, TRAIL_R, 3, .rps = {.pics = {-1}}, .n_lt = 1, .n_lt_sps = 1,
		 .long_term = {{.of_sps = 1}}, .list = {{c, a}}, .collocated = 1);
	e = SHOT(s, P, TRAIL_R, 4, .rps = {.pics = {-1}}, .n_lt = 2, .n_lt_sps = 1,
		 .long_term = {{.of_sps = 1}, {.lsb = 2, .used = true}}, .list = {{d, a, c}});
	f = SHOT(s, P, TRAIL_R, 9, .n_lt = 3, .n_lt_sps = 2,
		 .long_term = {{.of_sps = 3}, {.of_sps = 2}, {.used = true}}, .list = {{c, a}});
	g = SHOT(s, P, TRAIL_R, 16, .rps = {.pics = {-7}}, .n_lt = 3,
		 .long_term = {{.used = true, .msb_present = true, .msb_cycle = 1},
			       {.lsb = 2, .used = true, .msb_present = true},
			       {.lsb = 4, .used = true}},
		 .list = {{f, a, c, e}});
	h = SHOT(s, P, TRAIL_R, 24, .rps = {.pics = {-8}}, .n_lt = 1,
		 .long_term = {{.used = true, .msb_present = true, .msb_cycle = 1}},
		 .list = {{g, a}}, .no_tmvp = true);
	SHOT(s, B, TRAIL_R, 31, .rps = {.pics = {-7}}, .n_lt = 2,
	     .long_term = {{.used = true, .msb_present = true},
			   {.used = true, .msb_present = true, .msb_cycle = 1}},
	     .list = {{h, g, a}, {h, g}}, .collocated_l1 = true, .collocated = 1);
}

/* Sets predicted from others: in the SPS, and in slice headers from any of these. */
static void rps_prediction(struct hevcw_stream *s)
{
	struct hevcw_sps sps = hevcw_sps_default();
	int a, b, c, d, e, f, g;

	sps.reorder = 1;
	sps.n_rps = 4;
	sps.rps[0] = (struct hevcw_rps){.pics = {-1}};
	sps.rps[1] = (struct hevcw_rps){.flags = "uu", .delta_rps = -1};
	sps.rps[2] = (struct hevcw_rps){.flags = "u-k", .delta_rps = -2};
	sps.rps[3] = (struct hevcw_rps){.pics = {-1, 2}};
	hevc_scene_begin(s, &sps, NULL);
	a = SHOT(s, I, IDR_N_LP, 0);
	b = SHOT(s, P, TRAIL_R, 1, .rps_of_sps = 1, .list = {{a}});
	c = SHOT(s, P, TRAIL_R, 2, .rps_of_sps = 2, .list = {{b, a}});
	d = SHOT(s, P, TRAIL_R, 3, .rps = {.flags = "uku", .from = 3, .delta_rps = -1},
		 .list = {{c, b}});
	e = SHOT(s, P, TRAIL_R, 5, .rps = {.pics = {-2, -5}}, .list = {{d, a}});
	f = SHOT(s, B, TRAIL_R, 4, .rps = {.flags = "-uu", .from = 1, .delta_rps = -1},
		 .list = {{d}, {e}});
	g = SHOT(s, P, TRAIL_R, 6, .rps_of_sps = 2, .list = {{e, f}});
	SHOT(s, P, TRAIL_R, 8, .rps_of_sps = 3, .list = {{e}});
	(void)g;
}

static void list_modification(struct hevcw_stream *s)
{
	const struct hevcw_pps pps = {.modification = true, .num_ref_default = {2, 1}};
	int a, b, c, d, e;

	hevc_scene_begin(s, NULL, &pps);
	a = SHOT(s, I, IDR_N_LP, 0);
	b = NEXT(s, 1, a);
	c = SHOT(s, P, TRAIL_R, 2, .rps = {.pics = {-1, -2}}, .num_pic_total_curr = 2,
		 .modification = {"10"}, .list = {{a, b}});
	d = SHOT(s, P, TRAIL_R, 3, .rps = {.pics = {-1, -2, -3}}, .num_pic_total_curr = 3,
		 .modification = {"2012"}, .list = {{a, c, b, a}});
	e = SHOT(s, B, TRAIL_R, 6, .rps = {.pics = {-3, -4, -5}}, .num_pic_total_curr = 3,
		 .modification = {NULL, "21"}, .list = {{d, c}, {b, c}});
	SHOT(s, B, TRAIL_N, 5, .rps = {.pics = {-2, -3, 1}}, .num_pic_total_curr = 3,
	     .modification = {"21", NULL}, .list = {{e, c}, {e, d, c, e, d}});
	SHOT(s, P, TRAIL_R, 7, .rps = {.pics = {-1}}, .num_pic_total_curr = 1,
	     .list = {{e, e, e, e, e, e, e, e, e, e, e, e, e, e, e}});
}

/* The ends of the ranges; (7-56) clips chroma's offsets. */
static const struct hevcw_weights weights_ends = {
	.log2_denom = {5, 6},
	.entry = {{{true, true, {-64, 60, -128}, {127, -128, 127}},
		   {true, true, {33, 65, 27}, {-128, 1, -1}}},
		  {{true, true, {31, 3, 100}, {-28, 27, 3}}, {false, true, {0, 63, 9}, {0, 3, 4}}}},
};
static const struct hevcw_weights weights_odd = {
	.log2_denom = {0, 7},
	.entry = {{{true, false, {1}, {-1}}, {false, true, {0, 60, 27}, {0, 5, -5}}},
		  {{true, true, {-1, 1, 60}, {100, 0, -50}}, {true, false, {2}, {7}}}},
};

static void weights(struct hevcw_stream *s)
{
	const struct hevcw_pps pps = {.weighted = true, .bipred = true, .cabac_init = true};
	struct hevcw_sps sps = hevcw_sps_default();
	int a, b, c;

	sps.reorder = 3;
	hevc_scene_begin(s, &sps, &pps);
	a = SHOT(s, I, IDR_N_LP, 0);
	b = SHOT(s, P, TRAIL_R, 8, .rps = {.pics = {-8}}, .list = {{a}}, .weights = &weights_odd);
	c = SHOT(s, P, TRAIL_R, 16, .rps = {.pics = {-8, -16}}, .list = {{b, a}},
		 .weights = &weights_ends);
	SHOT(s, B, TRAIL_N, 12, .rps = {.pics = {-4, -12, 4}}, .list = {{b, a}, {c, b}},
	     .weights = &weights_ends);
	SHOT(s, B, TRAIL_N, 5, .rps = {.pics = {-5, 3, 11}}, .list = {{a, b}, {b, c}},
	     .weights = &weights_odd, .mvd_l1_zero = true);
}

/* Order counts of 4 bits: below 0, round their end, and past pictures that do not count (8.3.1). */
static void poc(struct hevcw_stream *s)
{
	struct hevcw_sps sps = hevcw_sps_default();
	int a, b, c, d, e;

	sps.log2_max_poc_lsb = 4;
	sps.sub_layers = 2;
	sps.dpb = 6;
	sps.reorder = 3;
	hevc_scene_begin(s, &sps, NULL);
	a = SHOT(s, I, IDR_W_RADL, 0);
	b = SHOT(s, P, RADL_R, -7, .rps = {.pics = {7}}, .list = {{a}});
	SHOT(s, B, RADL_N, -3, .rps = {.pics = {-4, 3}}, .list = {{b, a}, {a, b}});
	c = SHOT(s, P, TRAIL_R, 7, .rps = {.pics = {-7}}, .list = {{a}});
	d = SHOT(s, P, TRAIL_N, 14, .rps = {.pics = {-7, -14}}, .list = {{c, a}});
	e = SHOT(s, B, TRAIL_R, 3, .rps = {.pics = {-3, 4}, .unused = 0}, .list = {{a}, {c}});
	(void)d;
	d = SHOT(s, P, TSA_R, 11, .temporal_id = 1, .rps = {.pics = {-4, -8}}, .list = {{c, e}});
	a = SHOT(s, P, TRAIL_R, 10, .rps = {.pics = {-3, 1}, .unused = 2}, .list = {{c}});
	b = SHOT(s, P, TRAIL_R, 17, .rps = {.pics = {-7}}, .list = {{a}});
	SHOT(s, I, TRAIL_R, 24);
	(void)d;
	(void)b;
}

/* Seven sub-layers, a picture of each between those of the lower ones. */
static void sub_layers(struct hevcw_stream *s)
{
	struct hevcw_sps sps = hevcw_sps_default();
	int p0, p64, p32, p16, p8, p4, p2;

	sps.log2_max_poc_lsb = 8;
	sps.sub_layers = 7;
	sps.ordering_for_all = true;
	sps.dpb = 8;
	sps.reorder = 6;
	hevc_scene_begin(s, &sps, NULL);
	p0 = SHOT(s, I, CRA, 0);
	p64 = SHOT(s, P, TRAIL_R, 64, .rps = {.pics = {-64}}, .list = {{p0}});
	p32 = SHOT(s, B, TSA_R, 32, .temporal_id = 1, .rps = {.pics = {-32, 32}},
		   .list = {{p0}, {p64}});
	p16 = SHOT(s, B, TSA_R, 16, .temporal_id = 2, .rps = {.pics = {-16, 16, 48}, .unused = 4},
		   .list = {{p0}, {p32}});
	p8 = SHOT(s, B, STSA_R, 8, .temporal_id = 3,
		  .rps = {.pics = {-8, 8, 24, 56}, .unused = 0xc}, .list = {{p0}, {p16}});
	p4 = SHOT(s, B, TSA_R, 4, .temporal_id = 4,
		  .rps = {.pics = {-4, 4, 12, 28, 60}, .unused = 0x1c}, .list = {{p0}, {p8}});
	p2 = SHOT(s, B, TSA_R, 2, .temporal_id = 5,
		  .rps = {.pics = {-2, 2, 6, 14, 30, 62}, .unused = 0x3c}, .list = {{p0}, {p4}});
	SHOT(s, B, TSA_N, 1, .temporal_id = 6,
	     .rps = {.pics = {-1, 1, 3, 7, 15, 31, 63}, .unused = 0x7c}, .list = {{p0}, {p2}});
	SHOT(s, B, TSA_N, 3, .temporal_id = 6,
	     .rps = {.pics = {-1, 1, 5, 13, 29, 61}, .unused = 0x3c}, .list = {{p2}, {p4}});
	SHOT(s, P, TRAIL_R, 66, .rps = {.pics = {-2}}, .list = {{p64}});
}

/* A full buffer: fifteen references, all of which are in a list. */
static void references_15(struct hevcw_stream *s)
{
	struct hevcw_sps sps = hevcw_sps_default();
	struct hevcw_shot shot = {.type = HEVCW_P, .unit = HEVCW_TRAIL_R};
	int last = 0;

	sps.width = 80;
	sps.height = 64;
	sps.dpb = 16;
	sps.reorder = 0;
	sps.tmvp = true;
	hevc_scene_begin(s, &sps, NULL);
	SHOT(s, I, IDR_N_LP, 0);
	for (int poc = 1; poc <= 18; poc++) {
		int n = poc < 15 ? poc : 15;

		for (int i = 0; i < n; i++) {
			shot.rps.pics[i] = -1 - i;
			shot.list[0][i] = poc - i; /* the first picture is number 1 */
		}
		shot.poc = poc;
		shot.collocated = (unsigned int)n - 1;
		last = hevcw_picture(s, &shot);
	}
	SHOT(s, B, TRAIL_R, 19, .rps = {.pics = {-1, -2, -15}},
	     .list = {{last}, {last, last - 1, last - 14}});
}

const struct hevc_scene hevc_scenes_references[] = {
	{"hevc-written-long-term", long_term, false},
	{"hevc-written-rps-prediction", rps_prediction, false},
	{"hevc-written-list-modification", list_modification, false},
	{"hevc-written-weights", weights, false},
	{"hevc-written-poc", poc, false},
	{"hevc-written-sub-layers", sub_layers, false},
	{"hevc-written-references-15", references_15, false},
	{NULL, NULL, false},
};
