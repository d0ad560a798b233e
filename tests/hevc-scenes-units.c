/* SPDX-License-Identifier: MIT */
/*
 * hevc-scenes-units.c - scenes of units that are to be ignored, of parameter sets, and of hashes
 *
 * Source: Rec. ITU-T H.265, 7.4.2.2, 7.4.2.4, 7.4.3.
 */
#include "hevc-scenes.h"

/* Every type that is reserved or of no use to a decoder, between pictures and within them. */
static void unit_types(struct hevcw_stream *s)
{
	static const unsigned char types[] = {
		10, 11, 12, 13, 14, 15, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 41, 42, 43, 44,
		45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63,
	};
	int last;

	hevcw_unit_raw(s, HEVCW_AUD, "\x10", 1);
	hevc_scene_begin(s, NULL, NULL);
	last = SHOT(s, I, IDR_N_LP, 0);
	for (unsigned int i = 0; i < sizeof(types); i++) {
		hevcw_unit_raw(s, types[i], "\xc1\x80\0\0\1\x13\x80", 7);
		if (i % 6 == 5)
			last = NEXT(s, (int)i / 6 + 1, last);
	}
	hevcw_unit_raw(s, HEVCW_AUD, "\x50", 1);
	NEXT(s, 7, last);
}

/* Filler of all kinds, words of zeros behind slices, start codes of any length. */
static void filler(struct hevcw_stream *s)
{
	const struct hevcw_pps pps = {.dependent = true};
	int last;

	hevc_scene_begin(s, NULL, &pps);
	s->start_code_zeros = 2;
	last = SHOT(s, I, IDR_N_LP, 0, .zero_words = 3);
	hevcw_unit_raw(s, HEVCW_FILLER, "\xff\xff\xff\xff\x80", 5);
	/* filler_payload(), and one that nobody knows */
	hevcw_unit_raw(s, HEVCW_PREFIX_SEI, "\3\4\xff\xff\xff\xff\xff\x01\x02\x55\xaa\x80", 12);
	last = NEXT(s, 1, last, .cut = {5, 7}, .dependent = 2, .zero_words = 1);
	hevcw_unit_raw(s, HEVCW_SUFFIX_SEI, "\3\2\xff\xff\x80", 5);
	s->start_code_zeros = 7;
	last = NEXT(s, 2, last, .zero_words = 200);
	hevcw_unit_raw(s, HEVCW_FILLER, "\x80", 1);
	NEXT(s, 3, last);
	fwrite("\0\0\0\0\0", 1, 5, s->units);
}

/* Units of upper layers, with parameter sets of the same ids, and slices within the base layer's pictures. */
static void layers(struct hevcw_stream *s)
{
	struct hevcw_sps base;
	int a, last;

	hevc_scene_begin(s, NULL, NULL);
	base = s->sps[0];
	last = SHOT(s, I, IDR_N_LP, 0);
	for (int i = 1; i < 5; i++) {
		s->layer_id = i == 4 ? 62 : (unsigned int)i;
		s->sps[0].width = 16;
		s->pps[0].cabac_init = true;
		hevcw_vps_write(s, &(struct hevcw_vps){.timing = true});
		hevcw_sps_write(s, 0);
		hevcw_pps_write(s, 0);
		a = SHOT(s, I, IDR_N_LP, 0, .hidden = true);
		SHOT(s, P, TRAIL_R, 1, .rps = {.pics = {-1}}, .list = {{a}}, .hidden = true);
		hevcw_unit_raw(s, HEVCW_AUD, "\x50", 1);
		s->layer_id = 0;
		s->sps[0] = base;
		s->pps[0].cabac_init = false;
		last = NEXT(s, i, last);
	}
}

/* Everything that VPS, SPS and VUI may hold, and nothing of it changes a picture. */
static void all_information(struct hevcw_stream *s)
{
	struct hevcw_sps sps = hevcw_sps_default();
	int last;

	sps.vui = true;
	sps.sub_layers = 4;
	sps.ordering_for_all = true;
	hevcw_vps_write(s,
			&(struct hevcw_vps){
				.sub_layers = 4, .timing = true, .hrd = true, .extension = true});
	s->sps[0] = sps;
	hevcw_sps_write(s, 0);
	hevcw_pps_write(s, 0);
	last = SHOT(s, I, IDR_N_LP, 0);
	last = NEXT(s, 1, last);
	/* A recovery point, a message of three bytes' size, one of an unknown type */
	hevcw_unit_raw(s, HEVCW_PREFIX_SEI, "\6\1\xd0\x05\3\1\2\3\xff\7\1\x42\x80", 13);
	NEXT(s, 2, last);
}

/* To a decoder of the first version, flags of extensions mean that data follows. */
static void extensions(struct hevcw_stream *s)
{
	struct hevcw_sps sps = hevcw_sps_default();
	const struct hevcw_pps pps = {
		.extension_bits = 0x0f, .header_extension = true, .extra_bits = 7};
	int last;

	sps.extension_bits = 0x0f;
	s->pps[1] = (struct hevcw_pps){.id = 1, .extension_bits = 0x01};
	hevc_scene_begin(s, &sps, &pps);
	hevcw_pps_write(s, 1);
	last = SHOT(s, I, IDR_N_LP, 0, .extension_bytes = 3);
	last = NEXT(s, 1, last, .pps = 1);
	last = NEXT(s, 2, last, .cut = {4}, .extension_bytes = 40);
	hevcw_flush(s);
	s->sps[0].extension_bits = 0x71;
	s->pps[0].extension_bits = 0x71;
	hevcw_sps_write(s, 0);
	hevcw_pps_write(s, 0);
	last = SHOT(s, I, IDR_N_LP, 0);
	NEXT(s, 1, last);
}

/* A PPS that comes before its SPS, which comes before its VPS; one whose SPS never comes. */
static void pps_first(struct hevcw_stream *s)
{
	int last;

	s->sps[0] = hevcw_sps_default();
	s->sps[0].id = 3;
	s->sps[0].vps_id = 9;
	s->pps[0] = (struct hevcw_pps){.id = 1, .sps_id = 3, .cabac_init = true};
	s->pps[1] = (struct hevcw_pps){.id = 2, .sps_id = 4};
	hevcw_pps_write(s, 1);
	hevcw_pps_write(s, 0);
	hevcw_sps_write(s, 0);
	hevcw_vps_write(s, &(struct hevcw_vps){.id = 9});
	last = SHOT(s, I, IDR_N_LP, 0);
	NEXT(s, 1, last);
}

/*
 * Flags of the range extension that mean nothing to these pictures: extended precision and high precision of
 * offsets to weights of 8 bits; all others to PCM and copies.
 */
static void range_flags(struct hevcw_stream *s)
{
	static const struct hevcw_weights weights = {
		.log2_denom = {5, 6},
		.entry = {{{true, true, {-7, 33, -50}, {-60, 90, -128}}}},
	};
	const struct hevcw_pps pps = {.weighted = true};
	struct hevcw_sps sps = hevcw_sps_default();
	int a;

	sps.profile_idc = 4;
	sps.chroma_format_idc = 3;
	sps.range_flags = 0x1fe; /* all but cabac_bypass_alignment_enabled_flag */
	hevc_scene_begin(s, &sps, &pps);
	a = SHOT(s, I, IDR_N_LP, 0);
	NEXT(s, 1, a, .weights = &weights);
}

static void range_flags_9_bit(struct hevcw_stream *s)
{
	struct hevcw_sps sps = hevcw_sps_default();
	int a;

	sps.profile_idc = 4;
	sps.depth[0] = sps.depth[1] = 9;
	sps.range_flags = 0x014; /* the two, and no weights */
	hevc_scene_begin(s, &sps, NULL);
	a = SHOT(s, I, IDR_N_LP, 0);
	NEXT(s, 1, a);
}

/* The ends of the ids' ranges; sets that come again, and in another form, between pictures. */
static void parameter_sets(struct hevcw_stream *s)
{
	int a, b;

	s->sps[0] = hevcw_sps_default();
	s->sps[0].id = 15;
	s->sps[0].vps_id = 3;
	s->pps[0] = (struct hevcw_pps){.id = 63, .sps_id = 15};
	s->pps[1] = (struct hevcw_pps){.id = 5, .sps_id = 7, .dependent = true};
	hevcw_vps_write(s, &(struct hevcw_vps){.id = 3});
	hevcw_sps_write(s, 0);
	hevcw_pps_write(s, 0);
	a = SHOT(s, I, IDR_N_LP, 0);
	s->pps[0].num_ref_default[0] = 2;
	s->pps[0].extra_bits = 3;
	hevcw_pps_write(s, 0);
	b = NEXT(s, 1, a);
	hevcw_sps_write(s, 0); /* again, the same */
	hevcw_pps_write(s, 0);
	a = SHOT(s, P, TRAIL_R, 2, .rps = {.pics = {-1, -2}}, .list = {{b, a}});
	s->pps[0].cabac_init = true;
	s->pps[0].wavefront = true;
	hevcw_pps_write(s, 0);
	b = SHOT(s, P, TRAIL_R, 3, .rps = {.pics = {-1, -2}}, .list = {{a, b}});
	s->pps[2] = (struct hevcw_pps){.id = 0, .sps_id = 15, .tile_columns = 2, .tile_rows = 1};
	hevcw_pps_write(s, 2);
	NEXT(s, 4, b, .pps = 2);
	hevcw_flush(s);
	s->sps[1] = s->sps[0];
	s->sps[1].id = 7;
	s->sps[1].width = 48;
	hevcw_sps_write(s, 1);
	hevcw_pps_write(s, 1);
	a = SHOT(s, I, IDR_N_LP, 0, .pps = 1);
	NEXT(s, 1, a, .pps = 1, .cut = {4}, .dependent = 1);
	hevcw_flush(s);
	s->sps[0].height = 32;
	hevcw_sps_write(s, 0);
	hevcw_pps_write(s, 0);
	a = SHOT(s, I, IDR_N_LP, 0);
	NEXT(s, 1, a);
}

/* An SPS in another form, while its PPS stays what it was. */
static void sps_changed(struct hevcw_stream *s)
{
	int a;

	hevc_scene_begin(s, NULL, NULL);
	a = SHOT(s, I, IDR_N_LP, 0);
	NEXT(s, 1, a);
	hevcw_flush(s);
	s->sps[0].width = 48;
	hevcw_sps_write(s, 0);
	a = SHOT(s, I, IDR_N_LP, 0);
	NEXT(s, 1, a);
}

static void hashes(struct hevcw_stream *s, unsigned int chroma_format_idc, unsigned int depth,
		   unsigned int profile_idc)
{
	struct hevcw_sps sps = hevcw_sps_default();
	int last;

	sps.chroma_format_idc = chroma_format_idc;
	sps.depth[0] = sps.depth[1] = depth;
	sps.profile_idc = profile_idc;
	sps.width = 48;
	sps.height = 32;
	sps.pcm_depth[0] = depth; /* all bits count */
	sps.pcm_depth[1] = depth - 1;
	hevc_scene_begin(s, &sps, NULL);
	last = SHOT(s, I, IDR_N_LP, 0, .hash = HEVCW_MD5);
	last = NEXT(s, 1, last, .hash = HEVCW_CRC);
	last = NEXT(s, 2, last, .hash = HEVCW_CHECKSUM);
	NEXT(s, 3, last, .hash = HEVCW_MD5);
}

static void hashes_main(struct hevcw_stream *s)
{
	hashes(s, 1, 8, 1);
}

static void hashes_main10(struct hevcw_stream *s)
{
	hashes(s, 1, 10, 2);
}

static void hashes_main12(struct hevcw_stream *s)
{
	hashes(s, 1, 12, 4);
}

static void hashes_422_10(struct hevcw_stream *s)
{
	hashes(s, 2, 10, 4);
}

static void hashes_444_12(struct hevcw_stream *s)
{
	hashes(s, 3, 12, 4);
}

const struct hevc_scene hevc_scenes_units[] = {
	{"hevc-written-unit-types", unit_types, false},
	{"hevc-written-filler", filler, false},
	{"hevc-written-layers", layers, false},
	{"hevc-written-all-information", all_information, false},
	{"hevc-written-extensions", extensions, false},
	{"hevc-written-parameter-sets", parameter_sets, false},
	{"hevc-written-pps-first", pps_first, false},
	{"hevc-written-sps-changed", sps_changed, false},
	{"hevc-written-range-flags", range_flags, false},
	{"hevc-written-range-flags-9-bit", range_flags_9_bit, false},
	{"hevc-written-hashes", hashes_main, false},
	{"hevc-written-hashes-main10", hashes_main10, false},
	{"hevc-written-hashes-main12", hashes_main12, false},
	{"hevc-written-hashes-422-10", hashes_422_10, false},
	{"hevc-written-hashes-444-12", hashes_444_12, false},
	{NULL, NULL, false},
};
