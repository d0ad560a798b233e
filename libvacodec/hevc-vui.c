/* SPDX-License-Identifier: MIT */
/*
 * hevc-vui.c - HEVC's video usability information and HRD parameters
 *
 * Behind them in an SPS come its extensions, so all of it must be read right; a value that nobody here
 * uses may be what it likes.
 * Source: Rec. ITU-T H.265, E.2.1 to E.2.3.
 */
#include "hevc-parser.h"
#include "sps.h"

#include <errno.h>

#define MAX_UE (UINT32_MAX - 1)

/* sub_layer_hrd_parameters() */
static void skip_sub_layer_hrd(struct bits *b, unsigned int n, bool sub_pic)
{
	for (; n > 0 && bits_ok(b); n--) {
		bits_ue_max(b, MAX_UE);
		bits_ue_max(b, MAX_UE);
		if (sub_pic) {
			bits_ue_max(b, MAX_UE);
			bits_ue_max(b, MAX_UE);
		}
		bits_skip(b, 1);
	}
}

struct hrd {
	bool nal, vcl, sub_pic;
};

static void skip_common_hrd(struct bits *b, struct hrd *hrd)
{
	hrd->nal = bits_flag(b);
	hrd->vcl = bits_flag(b);
	if (!hrd->nal && !hrd->vcl)
		return;
	hrd->sub_pic = bits_flag(b);
	if (hrd->sub_pic)
		bits_skip(b, 8 + 5 + 1 + 5);
	bits_skip(b, 8);
	if (hrd->sub_pic)
		bits_skip(b, 4);
	bits_skip(b, 15);
}

void hevc_hrd_skip(struct bits *b, bool common, unsigned int max_sub_layers_minus1)
{
	struct hrd hrd = {.nal = false};
	unsigned int i, n;
	bool fixed, low_delay;

	if (common)
		skip_common_hrd(b, &hrd);
	for (i = 0; i <= max_sub_layers_minus1 && bits_ok(b); i++) {
		fixed = bits_flag(b);
		if (!fixed)
			fixed = bits_flag(b);
		low_delay = false;
		if (fixed)
			bits_ue_max(b, MAX_UE); /* elemental_duration_in_tc_minus1 */
		else
			low_delay = bits_flag(b);
		n = 1 + (low_delay ? 0 : bits_ue_max(b, 31));
		if (hrd.nal)
			skip_sub_layer_hrd(b, n, hrd.sub_pic);
		if (hrd.vcl)
			skip_sub_layer_hrd(b, n, hrd.sub_pic);
	}
}

/* The default display window is a wish for the display, not a part of the picture's size. */
static void skip_display_window(struct bits *b)
{
	unsigned int i;

	for (i = 0; i < 4; i++)
		bits_ue_max(b, MAX_UE);
}

static void parse_timing(struct bits *b, struct hevc_sps *sps)
{
	sps->num_units_in_tick = bits_u(b, 32);
	sps->time_scale = bits_u(b, 32);
	if (bits_flag(b)) /* vui_poc_proportional_to_timing_flag */
		bits_ue_max(b, MAX_UE);
	if (bits_flag(b))
		hevc_hrd_skip(b, true, sps->max_sub_layers_minus1);
}

static void skip_restriction(struct bits *b)
{
	unsigned int i;

	bits_skip(b, 3);
	for (i = 0; i < 5; i++)
		bits_ue_max(b, MAX_UE);
}

void hevc_vui_parse(struct bits *b, struct hevc_sps *sps)
{
	sps_skip_video_signal(b);
	bits_skip(b, 1); /* neutral_chroma_indication_flag */
	sps->field_seq_flag = bits_flag(b);
	sps->frame_field_info_present_flag = bits_flag(b);
	if (bits_flag(b))
		skip_display_window(b);
	if (bits_flag(b))
		parse_timing(b, sps);
	if (bits_flag(b))
		skip_restriction(b);
}
