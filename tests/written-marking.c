// SPDX-License-Identifier: MIT
/*
 * Scenes about which pictures are references and in which order: memory management commands, long-term
 * references, list modification, gaps in frame_num, 16 references.
 */
#include "written-streams.h"

/* Commands 1, 2, 3, 4 and 6, and the sliding window between them. Letters are frame numbers 0, 1, ... */
static void mmco(struct h264w_stream *s)
{
	int a, c, d, e, f, g, h, i, j, k, l, b;

	scene_begin(s, NULL, NULL);
	a = scene_idr(s);
	b = SHOT(s, P, 1, 1, 2, .list = {{a}});
	c = SHOT(s, P, 1, 2, 4, .list = {{b, a}});
	d = SHOT(s, P, 1, 3, 6, .list = {{c, b, a}});
	/* b goes: 4 - 3 */
	e = SHOT(s, P, 1, 4, 8, .list = {{d, c, b, a}}, .mmco = {{1, 3}});
	/* two long-term indices; c gets 1, a gets 0, d goes */
	f = SHOT(s, P, 1, 5, 10, .list = {{e, d, c, a}},
		 .mmco = {{4, 2}, {3, 3, 1}, {3, 5, 0}, {1, 2}});
	s->picture[a].long_term = s->picture[c].long_term = true;
	/* c goes, the picture itself gets its index */
	g = SHOT(s, P, 1, 6, 12, .list = {{f, e, a, c}}, .mmco = {{2, 1}, {6, 1}});
	s->picture[g].long_term = true;
	/* the window: e goes */
	h = SHOT(s, P, 1, 7, 14, .list = {{f, e, a, g}});
	/* index 1 is taken away, and g with it */
	i = SHOT(s, P, 1, 8, 16, .list = {{a, h, f, g}}, .modification = {{{'L', 0}, {'S', 1}}},
		 .mmco = {{4, 1}});
	/* no long-term indices any more: a goes */
	j = SHOT(s, P, 1, 9, 18, .list = {{i, h, f, a}}, .mmco = {{4, 0}});
	k = SHOT(s, P, 1, 10, 20, .list = {{j, i, h, f}}, .mmco = {{4, 1}, {3, 1, 0}, {1, 5}});
	s->picture[j].long_term = true;
	/* k takes the index, j goes */
	l = SHOT(s, P, 1, 11, 22, .list = {{k, i, h, j}}, .mmco = {{3, 1, 0}});
	s->picture[k].long_term = true;
	SHOT(s, P, 0, 12, 24, .list = {{l, i, h, k}});
	SHOT(s, B, 0, 12, 19, .list = {{i, h, l, k}, {l, i, h, k}});
	SHOT(s, P, 1, 12, 26, .list = {{l, i, h, k}});
}

/* An IDR picture that is long-term from the start. */
static void long_term_idr(struct h264w_stream *s)
{
	struct h264w_sps sps = h264w_sps_default();
	int a, b, c, d;

	sps.max_num_ref_frames = 3;
	scene_begin(s, &sps, NULL);
	for (int turn = 0; turn < 2; turn++) {
		a = SHOT(s, I, 1, 0, 0, .idr = true, .idr_long_term = true, .idr_pic_id = turn);
		b = SHOT(s, P, 1, 1, 8, .list = {{a}});
		c = SHOT(s, P, 1, 2, 16, .list = {{b, a}});
		d = SHOT(s, P, 1, 3, 24, .list = {{a, c, b}}, .modification = {{{'L', 0}}});
		SHOT(s, B, 0, 4, 20, .list = {{c, d, a}, {d, c, a}});
		SHOT(s, B, 0, 4, 22, .list = {{a, c, d}, {d, a, c}},
		     .modification = {{{'L', 0}}, {{'S', 1}, {'L', 0}}});
		SHOT(s, P, 1, 4, 28, .list = {{d, c, a}});
	}
}

/* Six long-term references, by number and out of order. */
static void long_term_many(struct h264w_stream *s)
{
	struct h264w_sps sps = h264w_sps_default();
	int p[9] = {0};

	sps.max_num_ref_frames = 7;
	scene_begin(s, &sps, NULL);
	p[0] = SHOT(s, I, 1, 0, 0, .idr = true, .idr_long_term = true);
	/* Indices 5, 4, 3, 2, 1 for the next five, and 0 stays: lists have them by rising index. */
	p[1] = SHOT(s, P, 1, 1, 2, .list = {{p[0]}}, .mmco = {{4, 6}, {6, 5}});
	p[2] = SHOT(s, P, 1, 2, 4, .list = {{p[0], p[1]}}, .mmco = {{6, 4}});
	p[3] = SHOT(s, P, 1, 3, 6, .list = {{p[0], p[2], p[1]}}, .mmco = {{6, 3}});
	p[4] = SHOT(s, P, 1, 4, 8, .list = {{p[0], p[3], p[2], p[1]}}, .mmco = {{6, 2}});
	p[5] = SHOT(s, P, 1, 5, 10, .list = {{p[0], p[4], p[3], p[2], p[1]}}, .mmco = {{6, 1}});
	p[6] = SHOT(s, P, 1, 6, 12, .list = {{p[0], p[5], p[4], p[3], p[2], p[1]}});
	p[7] = SHOT(s, P, 1, 7, 14, .list = {{p[2], p[6], p[0], p[5], p[4], p[3], p[1]}},
		    .modification = {{{'L', 4}, {'S', 1}}});
	SHOT(s, P, 1, 8, 16, .list = {{p[1], p[0], p[7], p[5]}},
	     .modification = {{{'L', 5}, {'L', 0}}}, .mmco = {{2, 3}, {4, 3}});
	/* 3 by command 2; 4 and 5 by the lowered maximum. */
	SHOT(s, P, 1, 9, 18, .list = {{p[7] + 1, p[7], p[0], p[5], p[4]}});
}

/* Every kind of step: back, forth, round the ends of the number range, the same picture twice. */
static void modification(struct h264w_stream *s)
{
	int p[20];

	scene_begin(s, NULL, NULL);
	p[0] = scene_idr(s);
	p[1] = SHOT(s, P, 1, 1, 2, .list = {{p[0]}});
	p[2] = SHOT(s, P, 1, 2, 4, .list = {{p[1], p[0]}});
	p[3] = SHOT(s, P, 1, 3, 6, .list = {{p[2], p[1], p[0]}});
	p[4] = SHOT(s, P, 1, 4, 8, .list = {{p[1], p[3], p[2], p[0]}},
		    .modification = {{{'S', 3}, {'A', 2}}});
	/* 5 - 2 = 3, 3 - 2 = 1, 1 + 3 = 4, 4 + 14 - 16 = 2 */
	p[5] = SHOT(s, P, 1, 5, 10, .list = {{p[3], p[1], p[4], p[2]}},
		    .modification = {{{'S', 2}, {'S', 2}, {'A', 3}, {'A', 14}}});
	/* 6 - 1 = 5, and 16 back is 5 again */
	p[6] = SHOT(s, P, 1, 6, 12, .list = {{p[5], p[5], p[4], p[3], p[2]}},
		    .modification = {{{'S', 1}, {'S', 16}}});
	for (int n = 7; n < 17; n++)
		p[n] = SHOT(s, P, 1, n % 16, 2 * n, .list = {{p[n - 1], p[n - 2]}});
	/* frame_num is 1 and the references are 0, 15, 14, 13: picture numbers 0, -1, -2, -3 */
	p[17] = SHOT(s, P, 1, 1, 34, .list = {{p[14], p[16], p[15], p[13]}},
		     .modification = {{{'S', 3}}});
	p[18] = SHOT(s, P, 1, 2, 36, .list = {{p[14], p[17], p[15], p[16]}},
		     .modification = {{{'S', 4}, {'A', 3}, {'S', 2}}});
	SHOT(s, B, 0, 3, 33, .list = {{p[18], p[16], p[15], p[17]}, {p[15], p[15], p[17], p[18]}},
	     .modification = {{{'S', 1}}, {{'S', 4}, {'A', 16}}});
	/* One entry for a list of four. */
	SHOT(s, P, 1, 3, 38, .list = {{p[15]}}, .modification = {{{'S', 4}}});
}

/* B lists: all references before, so that list 1 is list 0 with its first two exchanged; all behind. */
static void b_lists(struct h264w_stream *s)
{
	int a, b, c;

	scene_begin(s, NULL, NULL);
	a = scene_idr(s);
	b = SHOT(s, P, 1, 1, 20, .list = {{a}});
	SHOT(s, B, 0, 2, 24, .list = {{b, a}, {a, b}});
	c = SHOT(s, P, 1, 2, 30, .list = {{b, a}});
	SHOT(s, B, 0, 3, 36, .list = {{c, b, a}, {b, c, a}});
	/* The exchange comes before the list is cut. */
	SHOT(s, B, 0, 3, 38, .list = {{c}, {b}});
	SHOT(s, B, 0, 3, 40, .list = {{c, b}, {b}});
	SHOT(s, B, 0, 3, 10, .list = {{a, b, c}, {b, c, a}});
	SHOT(s, B, 0, 3, 26, .list = {{b}, {c, b}});
	/* One short-term and one long-term reference. */
	SHOT(s, P, 1, 3, 50, .list = {{c, b, a}}, .mmco = {{4, 1}, {3, 2, 0}, {1, 3}, {1, 1}});
	s->picture[b].long_term = true;
	SHOT(s, B, 0, 4, 60, .list = {{10, b}, {b, 10}});
	SHOT(s, B, 0, 4, 44, .list = {{10, b}, {b, 10}});
}

/* gaps_in_frame_num_allowed_flag: the frames that are not there take places in the window and in the
 * lists of P pictures; a long-term reference outlives them. */
static void gaps(struct h264w_stream *s)
{
	struct h264w_sps sps = h264w_sps_default();
	int a, b, c, d, f, none = H264W_NONE;

	sps.gaps_allowed = true;
	scene_begin(s, &sps, NULL);
	a = scene_idr(s);
	b = SHOT(s, P, 1, 1, 2, .list = {{a}});
	/* 2 is missing */
	c = SHOT(s, P, 1, 3, 6, .list = {{none, b, a}});
	d = SHOT(s, P, 1, 4, 8, .list = {{c, none, b, a}}, .mmco = {{4, 1}, {3, 4, 0}, {1, 3}});
	s->picture[a].long_term = true;
	/* 5 and 6 are missing: 2 and c leave the window */
	SHOT(s, P, 1, 7, 14, .list = {{d, a, none, none}}, .modification = {{{'S', 3}, {'L', 0}}});
	/* 8 to 11 are missing: all but the long-term one is gone */
	f = SHOT(s, P, 1, 12, 24, .list = {{none, none, none, a}});
	SHOT(s, P, 1, 13, 26, .list = {{f, none, none, a}});
	/* 14, 15 and 0 are missing */
	f = SHOT(s, P, 1, 1, 34, .list = {{none, none, none, a}});
	SHOT(s, P, 1, 2, 36, .list = {{f, none, none, a}});
}

/* Under POC type 0 the lists of a B picture leave the missing frames out (8.2.4.2.3). */
static void gaps_b(struct h264w_stream *s)
{
	struct h264w_sps sps = h264w_sps_default();
	int a, b, c;

	sps.gaps_allowed = true;
	scene_begin(s, &sps, NULL);
	a = scene_idr(s);
	b = SHOT(s, P, 1, 1, 16, .list = {{a}});
	/* 2 is missing */
	SHOT(s, B, 0, 3, 8, .list = {{a, b}, {b, a}});
	c = SHOT(s, P, 1, 3, 24, .list = {{H264W_NONE, b, a}});
	SHOT(s, B, 0, 4, 20, .list = {{b, a, c}, {c, b, a}});
}

/* A missing frame before a picture that is no reference; then before an I picture. */
static void gaps_disposable(struct h264w_stream *s)
{
	struct h264w_sps sps = h264w_sps_default();
	int a, b, c, none = H264W_NONE;

	sps.gaps_allowed = true;
	sps.max_num_ref_frames = 3;
	sps.poc_type = 2;
	scene_begin(s, &sps, NULL);
	a = scene_idr(s);
	b = SHOT(s, P, 1, 1, 2, .list = {{a}});
	SHOT(s, P, 0, 3, 5, .list = {{none, b, a}});
	c = SHOT(s, P, 1, 3, 6, .list = {{none, b, a}});
	SHOT(s, P, 0, 4, 7, .list = {{c, none, b}});
	c = SHOT(s, I, 1, 9, 18, );
	SHOT(s, P, 1, 10, 20, .list = {{c, none, none}});
}

static void refs_16(struct h264w_stream *s)
{
	struct h264w_sps sps = h264w_sps_default();
	struct h264w_shot shot = {.type = H264W_P, .ref_idc = 1};
	int p[40];

	sps.max_num_ref_frames = 16;
	sps.log2_max_frame_num = 5; /* 16 frames need more than 16 numbers */
	scene_begin(s, &sps, NULL);
	p[0] = scene_idr(s);
	for (int n = 1; n < 24; n++) {
		shot.frame_num = n;
		shot.poc = 2 * n;
		for (int i = 0; i < 16; i++)
			shot.list[0][i] = i < n ? p[n - 1 - i] : 0;
		p[n] = h264w_picture(s, &shot);
	}
	/* 16 steps: the oldest first. */
	shot.frame_num = 24;
	shot.poc = 48;
	for (int i = 0; i < 16; i++) {
		shot.list[0][i] = p[8 + i];
		shot.modification[0][i].op = i ? 'A' : 'S';
		shot.modification[0][i].value = i ? 1 : 16;
	}
	h264w_picture(s, &shot);
}

const struct scene scenes_marking[] = {
	{"written-mmco", mmco},
	{"written-long-term-idr", long_term_idr},
	{"written-long-term-many", long_term_many},
	{"written-list-modification", modification},
	{"written-b-lists", b_lists},
	{"written-gaps", gaps},
	{"written-gaps-b", gaps_b},
	{"written-gaps-disposable", gaps_disposable},
	{"written-refs-16", refs_16},
	{NULL, NULL},
};
