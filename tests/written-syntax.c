// SPDX-License-Identifier: MIT
/*
 * Scenes about parameter sets, cropping, and NAL units that a decoder must pass over.
 */
#include "written-streams.h"

/* Several ids of both kinds, two sizes, defaults for the list lengths, and sets sent again. */
static void parameter_sets(struct h264w_stream *s)
{
	int a, b;

	s->sps[0] = h264w_sps_default();
	s->sps[0].id = 31;
	s->sps[1] = h264w_sps_default();
	s->sps[1].id = 3;
	s->sps[1].poc_type = 2;
	s->sps[1].width_mbs = 3;
	s->sps[1].height_mbs = 2;
	s->sps[1].log2_max_frame_num = 7;
	s->pps[0] = (struct h264w_pps){.id = 255, .sps_id = 31};
	s->pps[1] = (struct h264w_pps){.id = 7, .sps_id = 31, .num_ref_idx_default = {2, 1}};
	s->pps[2] = (struct h264w_pps){.id = 9, .sps_id = 3, .num_ref_idx_default = {3, 3}};
	for (unsigned int i = 0; i < 2; i++)
		h264w_sps_write(s, i);
	for (unsigned int i = 0; i < 3; i++)
		h264w_pps_write(s, i);
	a = scene_idr(s);
	b = SHOT(s, P, 1, 1, 2, .list = {{a}});
	SHOT(s, P, 1, 2, 4, .pps = 1, .list = {{b, a}});
	/* Both sent again, the SPS as it was, the PPS with other defaults. */
	h264w_sps_write(s, 0);
	s->pps[1].num_ref_idx_default[0] = 3;
	h264w_pps_write(s, 1);
	a = SHOT(s, P, 1, 3, 6, .pps = 1, .list = {{b + 1, b, a}});
	SHOT(s, P, 1, 4, 8, .list = {{a}});
	a = SHOT(s, I, 1, 0, 0, .idr = true, .pps = 2);
	b = SHOT(s, P, 1, 1, 2, .pps = 2, .list = {{a}});
	SHOT(s, P, 1, 2, 4, .pps = 2, .list = {{b, a, b}},
	     .modification = {{{'S', 1}, {'S', 1}, {'A', 1}}});
}

/* An SPS with an old id and other content; the PPS that name it stay. */
static void sps_changed(struct h264w_stream *s)
{
	int a, b;

	scene_begin(s, NULL, NULL);
	a = scene_idr(s);
	SHOT(s, P, 1, 1, 2, .list = {{a}});
	h264w_flush(s);
	s->sps[0].width_mbs = 2;
	s->sps[0].log2_max_poc_lsb = 8;
	s->sps[0].max_num_ref_frames = 2;
	h264w_sps_write(s, 0);
	a = SHOT(s, I, 1, 0, 0, .idr = true, .idr_pic_id = 1);
	b = SHOT(s, P, 1, 1, 100, .list = {{a}});
	SHOT(s, P, 1, 2, 204, .list = {{b, a}});
}

/* Weighted prediction switched by the PPS from picture to picture. */
static void pps_switch(struct h264w_stream *s)
{
	static const struct h264w_weights half = {
		.log2_denom = {1, 1},
		.entry = {{{true, true, {1, 1, 1}, {0, 64, 64}}}},
	};
	int a, b;

	scene_begin(s, NULL, NULL);
	s->pps[1] = (struct h264w_pps){.id = 1, .weighted_pred = true, .weighted_bipred_idc = 2};
	h264w_pps_write(s, 1);
	a = scene_idr(s);
	b = SHOT(s, P, 1, 1, 8, .list = {{a}}, .pps = 1, .weights = &half);
	SHOT(s, B, 0, 2, 2, .list = {{a, b}, {b, a}});
	SHOT(s, B, 0, 2, 3, .list = {{a, b}, {b, a}}, .pps = 1);
	/* The same id means something else from here on. */
	s->pps[0].weighted_pred = true;
	h264w_pps_write(s, 0);
	SHOT(s, P, 1, 2, 16, .list = {{b, a}}, .weights = &half);
}

/* IDR pictures one after the other, told apart by idr_pic_id alone. */
static void idr_pic_id(struct h264w_stream *s)
{
	static const unsigned int ids[] = {0, 1, 65535, 0, 7};
	int a;

	scene_begin(s, NULL, NULL);
	for (unsigned int i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		a = SHOT(s, I, 1, 0, 0, .idr = true, .idr_pic_id = ids[i]);
	SHOT(s, P, 1, 1, 2, .list = {{a}});
}

/* A crop that starts off the corner. */
static void crop(struct h264w_stream *s)
{
	struct h264w_sps sps = h264w_sps_default();
	int a;

	sps.crop_left = 3;
	sps.crop_right = 4;
	sps.crop_top = 5;
	sps.crop_bottom = 1;
	scene_begin(s, &sps, NULL);
	a = scene_idr(s);
	SHOT(s, P, 1, 1, 2, .list = {{a}});
}

/* Delimiters, unknown and reserved types, filler, SEI of an unknown kind, short start codes, ends of
 * sequence: none of it changes a picture. */
static void foreign_units(struct h264w_stream *s)
{
	int a;

	h264w_unit_raw(s, 9, "\x10", 1);
	scene_begin(s, NULL, NULL);
	h264w_unit_raw(s, 6,
		       "\xff\x2d\x03"
		       "abc"
		       "\x80",
		       7);
	a = scene_idr(s);
	h264w_unit_raw(s, 12, "\xff\xff\xff\x80", 4);
	s->short_start_codes = true;
	h264w_unit_raw(s, 9, "\x30", 1);
	a = SHOT(s, P, 1, 1, 2, .list = {{a}});
	for (unsigned int type = 22; type < 32; type++)
		h264w_unit_raw(s, type, "\x55\xaa\x80", 3);
	h264w_unit_raw(s, 0, "\x01\x80", 2);
	a = SHOT(s, P, 1, 2, 4, .list = {{a}});
	h264w_unit_raw(s, 10, "", 0);
	a = SHOT(s, I, 1, 0, 0, .idr = true, .idr_pic_id = 1);
	SHOT(s, P, 1, 1, 2, .list = {{a}});
	h264w_unit_raw(s, 10, "", 0);
	h264w_unit_raw(s, 11, "", 0);
}

const struct scene scenes_syntax[] = {
	{"written-parameter-sets", parameter_sets},
	{"written-sps-changed", sps_changed},
	{"written-pps-switch", pps_switch},
	{"written-idr-pic-id", idr_pic_id},
	{"written-crop", crop},
	{"written-foreign-units", foreign_units},
	{NULL, NULL},
};
