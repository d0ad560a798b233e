// SPDX-License-Identifier: MIT
/*
 * Scenes of units that a decoder of the base view's primary pictures must pass over, and of sets that
 * change between pictures.
 */
#include "written-streams.h"

/* A redundant picture with other content behind each primary one. */
static void redundant(struct h264w_stream *s)
{
	struct h264w_sps sps = h264w_sps_default();
	struct h264w_pps pps = {.redundant_pic_cnt_present = true};
	int a;

	sps.profile_idc = 66;
	sps.poc_type = 2;
	scene_begin(s, &sps, &pps);
	a = scene_idr(s);
	for (unsigned int n = 1; n < 5; n++) {
		struct h264w_shot shot = {.type = H264W_P,
					  .ref_idc = 1,
					  .frame_num = n,
					  .poc = 2 * (int)n,
					  .list = {{a}}};

		a = h264w_picture(s, &shot);
		h264w_redundant(s, &shot, 1);
		h264w_redundant(s, &shot, 2);
	}
}

/*
 * What SVC, MVC and auxiliary pictures bring: prefix units, a subset SPS with the id of the one in use,
 * slices of other views and layers, an auxiliary picture, unspecified types (Table 7-1).
 */
static void extensions(struct h264w_stream *s)
{
	static const char slice[] = "\x40\x00\x07\x88\x84\x00\x33\xff\x12";
	static const char prefix[] = "\x40\x00\x07\x40";
	int a = 0;

	scene_begin(s, NULL, NULL);
	h264w_unit_raw(s, 15, "\x76\x00\x0a\xf8\x41\xa2\x80", 7);
	for (unsigned int n = 0; n < 4; n++) {
		h264w_unit_raw(s, 14, prefix, sizeof(prefix) - 1);
		a = n ? SHOT(s, P, 1, n, 2 * (int)n, .list = {{a}}) : scene_idr(s);
		h264w_unit_raw(s, 19, "\x88\x84\x00\x33\xff\x12", 6);
		h264w_unit_raw(s, 20, slice, sizeof(slice) - 1);
		h264w_unit_raw(s, 21, slice, sizeof(slice) - 1);
		for (unsigned int type = 24; type < 32; type++)
			h264w_unit_raw(s, type, "\x00\x80", 2);
	}
}

/* Two sizes in turn, each with sets of its own; and sets that come again between two pictures. */
static void alternating(struct h264w_stream *s)
{
	int a;

	for (unsigned int i = 0; i < 2; i++) {
		s->sps[i] = h264w_sps_default();
		s->sps[i].id = 4 * i;
		s->sps[i].width_mbs = 2 + i;
		s->sps[i].height_mbs = 2;
		s->sps[i].poc_type = 2 * i;
		s->pps[i] = (struct h264w_pps){.id = 11 * i, .sps_id = 4 * i};
	}
	for (unsigned int i = 0; i < 2; i++)
		h264w_sps_write(s, i);
	for (unsigned int i = 2; i-- > 0;)
		h264w_pps_write(s, i);
	for (unsigned int turn = 0; turn < 4; turn++) {
		unsigned int i = turn & 1;

		a = SHOT(s, I, 1, 0, 0, .idr = true, .idr_pic_id = turn, .pps = i);
		h264w_sps_write(s, i);
		h264w_pps_write(s, i);
		a = SHOT(s, P, 1, 1, 2, .pps = i, .list = {{a}});
		SHOT(s, P, 1, 2, 4, .pps = i, .list = {{a}});
	}
}

/* The end of the sequence between pictures: an IDR picture follows, whatever its number. */
static void ends(struct h264w_stream *s)
{
	int a;

	scene_begin(s, NULL, NULL);
	for (unsigned int turn = 0; turn < 3; turn++) {
		a = scene_idr(s);
		SHOT(s, P, 1, 1, 2, .list = {{a}});
		h264w_unit_raw(s, 10, "", 0);
		if (turn == 1)
			h264w_unit_raw(s, 11, "", 0);
	}
}

const struct scene scenes_units[] = {
	{"written-redundant", redundant},
	{"written-extensions", extensions},
	{"written-alternating-sets", alternating},
	{"written-ends", ends},
	{NULL, NULL},
};
