/* SPDX-License-Identifier: MIT */
/*
 * hevc-scenes-sequences.c - scenes of where sequences begin and end, and of what is shown
 *
 * Source: Rec. ITU-T H.265, 8.1.3, C.5.2.2.
 */
#include "hevc-scenes.h"

/* Leading pictures of the CRA picture that the stream begins with: those that refer to what is before are not there. */
static void cra_first(struct hevcw_stream *s)
{
	int a, b;

	hevc_scene_begin(s, NULL, NULL);
	a = SHOT(s, I, CRA, 8);
	SHOT(s, B, RASL_R, 4, .rps = {.pics = {-4, 4}}, .list = {{HEVCW_NONE}, {a}},
	     .hidden = true);
	SHOT(s, B, RASL_N, 3, .rps = {.pics = {-3, 1}}, .list = {{HEVCW_NONE}, {a}},
	     .hidden = true);
	b = SHOT(s, P, RADL_R, 6, .rps = {.pics = {2}}, .list = {{a}});
	SHOT(s, B, RADL_N, 7, .rps = {.pics = {-1, 1}}, .list = {{b}, {a}});
	b = NEXT(s, 9, a);
	NEXT(s, 10, b);
}

/* A CRA picture in the middle has its leading pictures; behind an end of sequence it has not. */
static void cra_after_end(struct hevcw_stream *s)
{
	struct hevcw_sps sps = hevcw_sps_default();
	int a, b, c;

	sps.reorder = 1;
	hevc_scene_begin(s, &sps, NULL);
	a = SHOT(s, I, IDR_N_LP, 0);
	b = NEXT(s, 1, a);
	c = SHOT(s, I, CRA, 4, .rps = {.pics = {-3}, .unused = 1});
	a = SHOT(s, B, RASL_R, 2, .rps = {.pics = {-1, 2}}, .list = {{b}, {c}});
	SHOT(s, B, RASL_N, 3, .rps = {.pics = {-1, 1}}, .list = {{a}, {c}});
	/* It waits when the next sequence begins: C.5.2.2 leaves it out where that has a CRA picture. */
	b = NEXT(s, 5, c, .hidden = true);
	hevcw_unit_raw(s, HEVCW_EOS, "", 0);
	hevcw_flush(s);
	c = SHOT(s, I, CRA, 9, .rps = {.pics = {-4}, .unused = 1});
	SHOT(s, B, RASL_N, 7, .rps = {.pics = {-2, 2}}, .list = {{b}, {c}}, .hidden = true);
	b = NEXT(s, 10, c);
	hevcw_unit_raw(s, HEVCW_EOB, "", 0);
	hevcw_flush(s);
	a = SHOT(s, I, IDR_N_LP, 0);
	NEXT(s, 1, a);
}

static void bla(struct hevcw_stream *s)
{
	int a, b;

	hevc_scene_begin(s, NULL, NULL);
	a = SHOT(s, I, IDR_N_LP, 0);
	b = NEXT(s, 1, a);
	hevcw_flush(s);
	a = SHOT(s, I, BLA_W_LP, 6, .rps = {.pics = {-5}, .unused = 1});
	SHOT(s, B, RASL_R, 4, .rps = {.pics = {-3, 2}}, .list = {{b}, {a}}, .hidden = true);
	SHOT(s, P, RADL_N, 5, .rps = {.pics = {1}}, .list = {{a}});
	NEXT(s, 7, a);
	hevcw_flush(s);
	a = SHOT(s, I, BLA_W_RADL, 3, .rps = {.pics = {-2, -5}});
	SHOT(s, P, RADL_N, 2, .rps = {.pics = {1}}, .list = {{a}});
	NEXT(s, 4, a);
	hevcw_flush(s);
	a = SHOT(s, I, BLA_N_LP, 60);
	b = NEXT(s, 61, a);
	NEXT(s, 62, b);
	a = SHOT(s, I, CRA, 70);
	NEXT(s, 71, a);
}

/* C.5.2.2: pictures that wait are not shown where the flag says so; two wait, since three may not. */
static void no_output_of_prior(struct hevcw_stream *s)
{
	int a, b;

	hevc_scene_begin(s, NULL, NULL);
	a = SHOT(s, I, IDR_N_LP, 0);
	b = SHOT(s, P, TRAIL_R, 4, .rps = {.pics = {-4}}, .list = {{a}}, .hidden = true);
	SHOT(s, B, TRAIL_N, 2, .rps = {.pics = {-2, 2}}, .list = {{a}, {b}}, .hidden = true);
	hevcw_flush(s);
	a = SHOT(s, I, IDR_N_LP, 0, .no_output_of_prior = true);
	b = NEXT(s, 1, a);
	b = NEXT(s, 2, b);
	NEXT(s, 3, b);
	hevcw_flush(s);
	a = SHOT(s, I, IDR_W_RADL, 0);
	b = NEXT(s, 1, a, .hidden = true);
	NEXT(s, 2, b, .hidden = true);
	hevcw_flush(s);
	a = SHOT(s, I, BLA_N_LP, 9, .no_output_of_prior = true);
	NEXT(s, 10, a);
}

/* Behind an end of sequence, too, pictures wait until the next one begins, and its flag decides (C.5.2.2). */
static void ends(struct hevcw_stream *s)
{
	const struct hevcw_pps pps = {.output_flag = true};
	int a, b;

	hevc_scene_begin(s, NULL, &pps);
	a = SHOT(s, I, IDR_N_LP, 0);
	b = SHOT(s, P, TRAIL_R, 4, .rps = {.pics = {-4}}, .list = {{a}}, .hidden = true);
	SHOT(s, B, TRAIL_N, 2, .rps = {.pics = {-2, 2}}, .list = {{a}, {b}}, .hidden = true);
	hevcw_unit_raw(s, HEVCW_EOS, "", 0);
	hevcw_flush(s);
	a = SHOT(s, I, IDR_N_LP, 0, .no_output_of_prior = true);
	b = SHOT(s, P, TRAIL_R, 4, .rps = {.pics = {-4}}, .list = {{a}});
	SHOT(s, B, TRAIL_N, 2, .rps = {.pics = {-2, 2}}, .list = {{a}, {b}});
	hevcw_unit_raw(s, HEVCW_EOS, "", 0);
	hevcw_flush(s);
	a = SHOT(s, I, BLA_W_RADL, 9);
	SHOT(s, P, RADL_N, 8, .rps = {.pics = {1}}, .list = {{a}}, .no_output = true,
	     .hidden = true);
	b = NEXT(s, 10, a);
	hevcw_unit_raw(s, HEVCW_EOS, "", 0);
	hevcw_unit_raw(s, HEVCW_EOB, "", 0);
	hevcw_flush(s);
	a = SHOT(s, I, IDR_W_RADL, 0, .no_output = true, .hidden = true);
	NEXT(s, 1, a);
}

static void output_flag(struct hevcw_stream *s)
{
	const struct hevcw_pps pps = {.output_flag = true};
	int a, b, c;

	hevc_scene_begin(s, NULL, &pps);
	a = SHOT(s, I, IDR_N_LP, 0, .no_output = true, .hidden = true);
	b = NEXT(s, 1, a);
	c = NEXT(s, 2, b, .no_output = true, .hidden = true);
	b = SHOT(s, P, TRAIL_R, 6, .rps = {.pics = {-4}}, .list = {{c}});
	SHOT(s, B, TRAIL_N, 4, .rps = {.pics = {-2, 2}}, .list = {{c}, {b}}, .no_output = true,
	     .hidden = true);
	a = SHOT(s, I, CRA, 12, .rps = {.pics = {-6}, .unused = 1});
	SHOT(s, B, RASL_N, 9, .rps = {.pics = {-3, 3}}, .list = {{b}, {a}});
	SHOT(s, B, RASL_N, 10, .rps = {.pics = {2}}, .list = {{a}, {a}}, .no_output = true,
	     .hidden = true);
	NEXT(s, 13, a);
}

/* Another size, and back: at an IDR picture, at a CRA picture behind an end, and back at a BLA picture. */
static void sizes(struct hevcw_stream *s)
{
	int a;

	hevc_scene_begin(s, NULL, NULL);
	s->sps[1] = s->sps[0];
	s->sps[1].id = 1;
	s->sps[1].width = 96;
	s->sps[1].height = 32;
	s->pps[1] = (struct hevcw_pps){.id = 1, .sps_id = 1};
	hevcw_sps_write(s, 1);
	hevcw_pps_write(s, 1);
	a = SHOT(s, I, IDR_N_LP, 0);
	NEXT(s, 1, a);
	hevcw_flush(s);
	a = SHOT(s, I, IDR_N_LP, 0, .pps = 1);
	NEXT(s, 1, a, .pps = 1);
	hevcw_flush(s);
	a = SHOT(s, I, BLA_N_LP, 7);
	NEXT(s, 8, a);
	hevcw_flush(s);
	a = SHOT(s, I, IDR_N_LP, 0, .pps = 1);
	a = SHOT(s, I, IDR_N_LP, 0, .pps = 1);
	NEXT(s, 1, a, .pps = 1);
}

static void window(struct hevcw_stream *s, unsigned int chroma_format_idc)
{
	static const unsigned int offsets[4] = {3, 2, 1, 4};
	struct hevcw_sps sps = hevcw_sps_default();
	int a;

	sps.chroma_format_idc = chroma_format_idc;
	sps.profile_idc = chroma_format_idc == 1 ? 1 : 4;
	for (int i = 0; i < 4; i++)
		sps.window[i] = offsets[i];
	hevc_scene_begin(s, &sps, NULL);
	a = SHOT(s, I, IDR_N_LP, 0);
	NEXT(s, 1, a);
}

/* The same size in every sequence, of which other parts are shown. */
static void window_changes(struct hevcw_stream *s)
{
	struct hevcw_sps sps = hevcw_sps_default();
	int a;

	for (unsigned int i = 0; i < 3; i++) {
		hevcw_flush(s);
		sps.window[1] = 9 * (i % 2);
		sps.window[3] = 3 * i;
		hevc_scene_begin(s, &sps, NULL);
		a = SHOT(s, I, IDR_N_LP, 0);
		NEXT(s, 1, a);
	}
}

static void window_420(struct hevcw_stream *s)
{
	window(s, 1);
}

static void window_422(struct hevcw_stream *s)
{
	window(s, 2);
}

/* Fields, one a picture: a pair, an opposite pair, and paired ones by name (Table D.2). */
static void field_pictures(struct hevcw_stream *s)
{
	static const unsigned int structs[8] = {1, 2, 2, 1, 9, 10, 11, 12};
	struct hevcw_sps sps = hevcw_sps_default();
	int last;

	sps.field_seq = true;
	sps.reorder = 0;
	hevc_scene_begin(s, &sps, NULL);
	last = SHOT(s, I, IDR_N_LP, 0, .pic_struct = structs[0]);
	for (int i = 1; i < 8; i++)
		last = NEXT(s, i, last, .pic_struct = structs[i]);
}

/* Order of output where few or no pictures may wait, and where latency is limited. */
static void reorder(struct hevcw_stream *s, unsigned int num, unsigned int latency_plus1)
{
	struct hevcw_sps sps = hevcw_sps_default();
	int a, b, c;

	sps.reorder = num;
	sps.latency_plus1 = latency_plus1;
	hevc_scene_begin(s, &sps, NULL);
	a = SHOT(s, I, IDR_N_LP, 0);
	for (int i = 0; i < 3 && num; i++) {
		b = SHOT(s, P, TRAIL_R, 4 * i + 4, .rps = {.pics = {-4}}, .list = {{a}});
		c = SHOT(s, B, TRAIL_R, 4 * i + 2, .rps = {.pics = {-2, 2}}, .list = {{a}, {b}});
		if (num > 1)
			SHOT(s, B, TRAIL_N, 4 * i + 1, .rps = {.pics = {-1, 1, 3}, .unused = 4},
			     .list = {{a}, {c}});
		SHOT(s, B, TRAIL_N, 4 * i + 3, .rps = {.pics = {-1, 1}}, .list = {{c}, {b}});
		a = b;
	}
	for (int i = 0; i < 6 && !num; i++)
		a = NEXT(s, i + 1, a);
}

static void reorder_0(struct hevcw_stream *s)
{
	reorder(s, 0, 0);
}

static void reorder_1(struct hevcw_stream *s)
{
	reorder(s, 1, 2);
}

static void reorder_2(struct hevcw_stream *s)
{
	reorder(s, 2, 2);
}

const struct hevc_scene hevc_scenes_sequences[] = {
	{"hevc-written-cra-first", cra_first, false},
	{"hevc-written-cra-after-end", cra_after_end, false},
	{"hevc-written-bla", bla, false},
	{"hevc-written-no-output-of-prior", no_output_of_prior, false},
	{"hevc-written-ends", ends, false},
	{"hevc-written-output-flag", output_flag, false},
	{"hevc-written-sizes", sizes, false},
	{"hevc-written-window", window_420, false},
	{"hevc-written-window-changes", window_changes, false},
	{"hevc-written-window-422", window_422, false},
	{"hevc-written-fields", field_pictures, false},
	{"hevc-written-reorder-0", reorder_0, false},
	{"hevc-written-reorder-1", reorder_1, false},
	{"hevc-written-reorder-2", reorder_2, false},
	{NULL, NULL, false},
};
