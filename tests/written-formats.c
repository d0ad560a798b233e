// SPDX-License-Identifier: MIT
/*
 * Scenes of other depths and chroma formats than 8 bit 4:2:0: what no encoder makes of them, which is
 * field pictures, 9 bits, and weights at the ends of their ranges.
 */
#include "written-streams.h"

static void begin(struct h264w_stream *s, unsigned int chroma_format_idc, unsigned int bit_depth,
		  bool fields)
{
	struct h264w_sps sps = h264w_sps_default();
	const struct h264w_pps pps = {.weighted_pred = true, .weighted_bipred_idc = 1};

	sps.profile_idc = chroma_format_idc == 2 ? 122 : bit_depth > 8 ? 110 : 100;
	sps.chroma_format_idc = chroma_format_idc;
	sps.bit_depth = bit_depth;
	sps.level_idc = 30;
	sps.fields = fields;
	scene_begin(s, &sps, &pps);
}

/* Pairs add up to 128 at most (8.4.2.3). The offsets' ends, and weights whose rounding shows in the bits below the eighth. */
static const struct h264w_weights weights_ends = {
	.log2_denom = {5, 6},
	.entry = {{{true, true, {33, 60, -128}, {127, -128, 127}},
		   {true, true, {-128, 65, 27}, {-128, 1, -1}}},
		  {{true, true, {31, 3, 100}, {-28, 27, 3}}, {false, true, {0, 63, 9}, {0, 3, 4}}}},
};
/* The same with chroma that libavcodec's x86 code for 10 bits does not get wrong (its C code never does). */
static const struct h264w_weights weights_mild = {
	.log2_denom = {5, 6},
	.entry = {{{true, true, {33, 60, 70}, {127, -12, 12}},
		   {true, true, {-128, 65, 27}, {-128, 1, -1}}},
		  {{true, true, {31, 3, 50}, {-28, 27, 3}}, {false, true, {0, 63, 9}, {0, 3, 4}}}},
};
static const struct h264w_weights weights_odd = {
	.log2_denom = {0, 6},
	.entry = {{{true, false, {1}, {-1}}, {false, true, {0, 60, 27}, {0, 5, -5}}},
		  {{true, true, {-1, 1, 60}, {100, 0, -50}}, {true, false, {2}, {7}}}},
};

static void weights(struct h264w_stream *s, unsigned int chroma_format_idc, unsigned int bit_depth)
{
	const struct h264w_weights *ends = bit_depth == 10 ? &weights_mild : &weights_ends;
	int a, b, c;

	begin(s, chroma_format_idc, bit_depth, false);
	a = scene_idr(s);
	b = SHOT(s, P, 1, 1, 8, .list = {{a}}, .weights = &weights_odd);
	c = SHOT(s, P, 1, 2, 16, .list = {{b, a}}, .weights = ends);
	SHOT(s, B, 0, 3, 12, .list = {{b, a}, {c, b}}, .weights = ends);
	SHOT(s, B, 0, 3, 4, .list = {{a, b}, {b, c}}, .weights = &weights_odd);
}

/* Both parities first; references of the other parity, whose chroma is shifted in 4:2:0 only. */
static void fields(struct h264w_stream *s, unsigned int chroma_format_idc, unsigned int bit_depth)
{
	struct h264w_weights none = {.log2_denom = {0, 0}};
	int t[3], b[3];

	begin(s, chroma_format_idc, bit_depth, true);
	t[0] = SHOT(s, I, 1, 0, 0, .structure = H264W_TOP, .idr = true);
	b[0] = SHOT(s, P, 1, 0, 1, .structure = H264W_BOTTOM, .second = true, .list = {{t[0]}},
		    .weights = &none);
	b[1] = SHOT(s, P, 1, 1, 4, .structure = H264W_BOTTOM, .list = {{b[0], t[0]}},
		    .weights = &none);
	t[1] = SHOT(s, P, 1, 1, 5, .structure = H264W_TOP, .second = true,
		    .list = {{t[0], b[1], b[0]}}, .weights = &weights_ends);
	t[2] = SHOT(s, P, 1, 2, 8, .structure = H264W_TOP, .list = {{t[1], b[1], t[0], b[0]}},
		    .weights = &weights_odd);
	b[2] = SHOT(s, P, 1, 2, 9, .structure = H264W_BOTTOM, .second = true,
		    .list = {{b[1], t[2], b[0], t[1], t[0]}}, .weights = &none);
	t[0] = SHOT(s, P, 0, 3, 12, .structure = H264W_BOTTOM,
		    .list = {{b[2], t[2], b[1], t[1], b[0], t[0]}}, .weights = &none);
	SHOT(s, P, 0, 3, 13, .structure = H264W_TOP, .second = true,
	     .list = {{t[2], b[2], t[1], b[1]}}, .weights = &none);
}

static void high10_weights(struct h264w_stream *s)
{
	weights(s, 1, 10);
}

static void high10_fields(struct h264w_stream *s)
{
	fields(s, 1, 10);
}

static void high10_9_bit(struct h264w_stream *s)
{
	weights(s, 1, 9);
}

static void high422_weights(struct h264w_stream *s)
{
	weights(s, 2, 8);
}

static void high422_10_weights(struct h264w_stream *s)
{
	weights(s, 2, 10);
}

static void high422_fields(struct h264w_stream *s)
{
	fields(s, 2, 8);
}

static void high422_9_bit(struct h264w_stream *s)
{
	fields(s, 2, 9);
}

static void high422_10_fields(struct h264w_stream *s)
{
	fields(s, 2, 10);
}

static void mono_weights(struct h264w_stream *s)
{
	weights(s, 0, 8);
}

static void mono_fields(struct h264w_stream *s)
{
	fields(s, 0, 8);
}

static void mono_high10_weights(struct h264w_stream *s)
{
	weights(s, 0, 10);
}

const struct scene scenes_formats[] = {
	{"written-high10-weights", high10_weights},
	{"written-high10-fields", high10_fields},
	{"written-high10-9-bit", high10_9_bit},
	{"written-high422-weights", high422_weights},
	{"written-high422-fields", high422_fields},
	{"written-high422-9-bit", high422_9_bit},
	{"written-high422-10-weights", high422_10_weights},
	{"written-high422-10-fields", high422_10_fields},
	{"written-mono-weights", mono_weights},
	{"written-mono-fields", mono_fields},
	{"written-mono-high10-weights", mono_high10_weights},
	{NULL, NULL},
};
