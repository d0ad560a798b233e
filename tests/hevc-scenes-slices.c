/* SPDX-License-Identifier: MIT */
/*
 * hevc-scenes-slices.c - scenes of how a picture is cut: slices, dependent segments, tiles, wavefronts
 *
 * Source: Rec. ITU-T H.265, 6.3.1, 7.4.7.1, 9.3.1.
 */
#include "hevc-scenes.h"

/* Each picture cut in another way; P slices stand among I and B slices. */
static void slices_mixed(struct hevcw_stream *s)
{
	struct hevcw_sps sps = hevcw_sps_default();
	const struct hevcw_pps pps = {.num_ref_default = {2, 2}};
	int a, b, c;

	sps.tmvp = true;
	hevc_scene_begin(s, &sps, &pps);
	a = SHOT(s, I, IDR_N_LP, 0, .cut = {1, 2, 7});
	b = SHOT(s, P, TRAIL_R, 4, .rps = {.pics = {-4}}, .list = {{a}}, .types = "IPPI",
		 .no_tmvp = true, .cut = {3, 6, 11});
	c = SHOT(s, B, TRAIL_R, 2, .rps = {.pics = {-2, 2}}, .list = {{a, b}, {b, a, b}},
		 .types = "PBIB", .cut = {2, 5, 9}, .collocated_l1 = true, .collocated = 1);
	SHOT(s, B, TRAIL_N, 1, .rps = {.pics = {-1, 1, 3}}, .list = {{a, c}, {c, b}},
	     .collocated_l1 = true, .types = "BIPBBIBPBIBP",
	     .cut = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
}

/* The contexts of a dependent segment go on where the one before it ended. */
static void dependent(struct hevcw_stream *s)
{
	struct hevcw_sps sps = hevcw_sps_default();
	const struct hevcw_pps pps = {.dependent = true, .cabac_init = true};
	int a, b, c;

	hevc_scene_begin(s, &sps, &pps);
	a = SHOT(s, I, IDR_N_LP, 0, .cut = {2, 5, 9}, .dependent = 5);
	b = SHOT(s, P, TRAIL_R, 3, .rps = {.pics = {-3}}, .list = {{a}}, .cut = {1, 4, 8, 11},
		 .dependent = 0xf);
	c = SHOT(s, B, TRAIL_R, 1, .rps = {.pics = {-1, 2}}, .list = {{a, b}, {b, a}},
		 .types = "BBPPBB", .cut = {1, 5, 7, 8, 10}, .dependent = 0x15);
	SHOT(s, B, TRAIL_R, 2, .rps = {.pics = {-1, 1}}, .list = {{c}, {b}}, .cut = {6},
	     .dependent = 1, .mvd_l1_zero = true);
}

static void wavefront(struct hevcw_stream *s, unsigned int width, unsigned int offset_bits)
{
	struct hevcw_sps sps = hevcw_sps_default();
	const struct hevcw_pps pps = {.wavefront = true,
				      .dependent = true,
				      .extra_bits = 2,
				      .header_extension = offset_bits == 32};
	unsigned int n = width / 16;
	int a, b, c;

	sps.width = width;
	hevc_scene_begin(s, &sps, &pps);
	a = SHOT(s, I, IDR_N_LP, 0, .offset_bits = offset_bits, .extension_bytes = 11);
	b = SHOT(s, P, TRAIL_R, 3, .rps = {.pics = {-3}}, .list = {{a}}, .cut = {n, 2 * n},
		 .dependent = 3, .offset_bits = offset_bits);
	c = SHOT(s, B, TRAIL_R, 1, .rps = {.pics = {-1, 2}}, .list = {{a, b}, {b, a}},
		 .cut = {n, 2 * n}, .dependent = 2, .extension_bytes = 256);
	if (n > 2) /* cut within rows */
		SHOT(s, B, TRAIL_R, 2, .rps = {.pics = {-1, 1}}, .list = {{c}, {b}},
		     .cut = {n - 1, n, n + 1, 2 * n, 2 * n + 2}, .dependent = 0x1b,
		     .offset_bits = offset_bits, .extension_bytes = 1);
	SHOT(s, P, TRAIL_R, 4, .rps = {.pics = {-1}}, .list = {{b}}, .offset_bits = offset_bits);
}

static void wavefront_4(struct hevcw_stream *s)
{
	wavefront(s, 64, 0);
}

/* offset_len_minus1 of 31, and a header extension with bytes to be escaped. */
static void wavefront_offsets(struct hevcw_stream *s)
{
	wavefront(s, 80, 32);
}

static void wavefront_2(struct hevcw_stream *s)
{
	wavefront(s, 32, 17);
}

static void wavefront_1(struct hevcw_stream *s)
{
	wavefront(s, 16, 0);
}

static void tiles_begin(struct hevcw_stream *s, unsigned int width, const struct hevcw_pps *pps)
{
	struct hevcw_sps sps = hevcw_sps_default();

	sps.width = width;
	sps.height = 64;
	hevc_scene_begin(s, &sps, pps);
}

/* Columns of 1, 2 and 2, rows of 2: slices of whole tiles, and tiles of whole slices. */
static void tiles_uniform(struct hevcw_stream *s)
{
	const struct hevcw_pps pps = {.tile_columns = 3, .tile_rows = 2, .dependent = true};
	int a, b, c;

	tiles_begin(s, 80, &pps);
	a = SHOT(s, I, IDR_N_LP, 0);
	b = SHOT(s, P, TRAIL_R, 3, .rps = {.pics = {-3}}, .list = {{a}}, .cut = {2, 6, 10},
		 .dependent = 2);
	c = SHOT(s, B, TRAIL_R, 1, .rps = {.pics = {-1, 2}}, .list = {{a, b}, {b, a}},
		 .cut = {1, 2, 4, 6, 12}, .dependent = 5);
	SHOT(s, B, TRAIL_R, 2, .rps = {.pics = {-1, 1}}, .list = {{c}, {b}},
	     .cut = {2, 6, 10, 12, 16}, .dependent = 0x1f, .offset_bits = 32);
}

/* The grid changes from picture to picture, by the PPS. */
static void tiles_sizes(struct hevcw_stream *s)
{
	const struct hevcw_pps pps = {.tile_columns = 3,
				      .tile_rows = 2,
				      .column_width = {1, 3},
				      .row_height = {3},
				      .not_across_tiles = true};
	int a, b;

	s->pps[1] = (struct hevcw_pps){.id = 1, .tile_columns = 6, .tile_rows = 1};
	s->pps[2] = (struct hevcw_pps){.id = 2,
				       .tile_columns = 2,
				       .tile_rows = 4,
				       .column_width = {4},
				       .row_height = {1, 1, 1}};
	s->pps[3] = (struct hevcw_pps){.id = 3};
	tiles_begin(s, 96, &pps);
	for (unsigned int i = 1; i < 4; i++)
		hevcw_pps_write(s, i);
	a = SHOT(s, I, IDR_N_LP, 0, .cut = {3, 12});
	b = SHOT(s, P, TRAIL_R, 4, .pps = 1, .rps = {.pics = {-4}}, .list = {{a}});
	a = SHOT(s, B, TRAIL_R, 2, .pps = 2, .rps = {.pics = {-2, 2}}, .list = {{a}, {b}},
		 .cut = {4, 6, 7, 12});
	a = SHOT(s, B, TRAIL_R, 3, .pps = 3, .rps = {.pics = {-1, 1}}, .list = {{a}, {b}});
	SHOT(s, P, TRAIL_R, 5, .rps = {.pics = {-1, -2}}, .list = {{b, a}});
}

/*
 * The deblocking filter: across the edges of tiles and slices or not, by the PPS and by slices, off in
 * some, and not in PCM blocks.
 */
static void filters(struct hevcw_stream *s)
{
	struct hevcw_sps sps = hevcw_sps_default();
	const struct hevcw_pps pps = {.deblock = true,
				      .tile_columns = 2,
				      .tile_rows = 2,
				      .not_across_tiles = true,
				      .across_slices = true,
				      .override = true};
	int a, b;

	sps.width = 96;
	sps.height = 64;
	sps.pcm_depth[0] = sps.pcm_depth[1] = 8;
	s->pps[1] = (struct hevcw_pps){.id = 1,
				       .deblock = true,
				       .tile_columns = 2,
				       .tile_rows = 2,
				       .across_slices = false};
	s->pps[2] = (struct hevcw_pps){
		.id = 2, .sps_id = 1, .deblock = true, .across_slices = true, .override = true};
	hevc_scene_begin(s, &sps, &pps);
	hevcw_pps_write(s, 1);
	a = SHOT(s, I, IDR_N_LP, 0, .flat = true);
	b = NEXT(s, 1, a, .flat = true, .pps = 1, .cut = {6, 9, 12});
	a = NEXT(s, 2, b, .flat = true, .cut = {6, 8, 12}, .not_across_slices = true);
	b = NEXT(s, 3, a, .flat = true, .deblock = -1);
	a = NEXT(s, 4, b, .flat = true, .cut = {6, 8, 12}, .deblock = 1);
	NEXT(s, 5, a, .flat = true, .pps = 1);
	s->sps[1] = sps;
	s->sps[1].id = 1;
	s->sps[1].pcm_filter_off = true;
	hevcw_sps_write(s, 1);
	hevcw_pps_write(s, 2);
	a = SHOT(s, I, IDR_N_LP, 0, .pps = 2, .flat = true);
	b = NEXT(s, 1, a, .pps = 2, .flat = true, .deblock = 1);
	SHOT(s, B, TRAIL_R, 2, .pps = 2, .rps = {.pics = {-1, -2}}, .list = {{b, a}, {b, a}},
	     .flat = true, .cut = {7, 13}, .not_across_slices = true);
}

/* PCM of all depths, of luma and chroma apart. */
static void pcm(struct hevcw_stream *s)
{
	struct hevcw_sps sps = hevcw_sps_default();

	sps.width = 32;
	sps.height = 16;
	for (unsigned int i = 0; i < 4; i++) {
		sps.pcm_depth[0] = 1 + 2 * i;
		sps.pcm_depth[1] = 8 - 2 * i;
		sps.pcm_filter_off = i & 1;
		hevcw_flush(s);
		hevc_scene_begin(s, &sps, NULL);
		SHOT(s, I, IDR_N_LP, 0);
	}
}

/* Contexts begin by the slice's quantiser, of the ends of its range and between; chroma's offsets are others. */
static void quantisers(struct hevcw_stream *s, unsigned int depth)
{
	const struct hevcw_pps pps = {.init_qp_minus26 = depth > 8 ? -38 : -26, .tools = true};
	struct hevcw_sps sps = hevcw_sps_default();
	int last;

	sps.profile_idc = depth > 8 ? 2 : 1;
	sps.depth[0] = sps.depth[1] = depth;
	sps.tools = true;
	s->pps[1] = (struct hevcw_pps){
		.id = 1, .init_qp_minus26 = 25, .cabac_init = true, .bypass = true};
	hevc_scene_begin(s, &sps, &pps);
	hevcw_pps_write(s, 1);
	last = SHOT(s, I, IDR_N_LP, 0, .qp_less = 51);
	last = NEXT(s, 1, last, .qp_less = depth > 8 ? 63 : 50);
	last = NEXT(s, 2, last, .pps = 1, .qp_less = 0);
	last = NEXT(s, 3, last, .pps = 1, .qp_less = 29);
	last = SHOT(s, B, TRAIL_R, 4, .rps = {.pics = {-1}}, .list = {{last}, {last}},
		    .qp_less = 13);
	SHOT(s, I, TRAIL_R, 5, .qp_less = 34, .pps = 1, .cut = {5});
}

static void quantisers_8(struct hevcw_stream *s)
{
	quantisers(s, 8);
}

static void quantisers_10(struct hevcw_stream *s)
{
	quantisers(s, 10);
}

/* Lists of the SPS and of PPSs, coded, copied and default ones: drivers are told, pictures do not show them. */
static void scaling(struct hevcw_stream *s, unsigned int chroma_format_idc)
{
	static const char *const lists[] = {"cdc1d2dcd1ccc1d2cdcd", "c1c23cd1c12ccd12ddc1"};
	struct hevcw_sps sps = hevcw_sps_default();
	int last;

	sps.chroma_format_idc = chroma_format_idc;
	sps.profile_idc = chroma_format_idc == 1 ? 1 : 4;
	sps.scaling = lists[0];
	s->pps[1] = (struct hevcw_pps){
		.id = 1, .scaling = lists[1], .range = chroma_format_idc > 1, .tools = true};
	s->pps[2] = (struct hevcw_pps){.id = 2, .scaling = "ddddddc1111cc1c1c1cd"};
	hevc_scene_begin(s, &sps, NULL);
	hevcw_pps_write(s, 1);
	hevcw_pps_write(s, 2);
	last = SHOT(s, I, IDR_N_LP, 0);
	last = NEXT(s, 1, last, .pps = 1);
	last = NEXT(s, 2, last, .pps = 2);
	NEXT(s, 3, last);
	hevcw_flush(s);
	s->sps[0].scaling = "";
	hevcw_sps_write(s, 0);
	hevcw_pps_write(s, 0);
	hevcw_pps_write(s, 1);
	last = SHOT(s, I, IDR_N_LP, 0);
	NEXT(s, 1, last, .pps = 1);
}

static void scaling_420(struct hevcw_stream *s)
{
	scaling(s, 1);
}

static void scaling_422(struct hevcw_stream *s)
{
	scaling(s, 2);
}

const struct hevc_scene hevc_scenes_slices[] = {
	{"hevc-written-slices-mixed", slices_mixed, false},
	{"hevc-written-dependent", dependent, false},
	{"hevc-written-wavefront", wavefront_4, false},
	{"hevc-written-wavefront-offsets", wavefront_offsets, false},
	{"hevc-written-wavefront-2", wavefront_2, false},
	{"hevc-written-wavefront-1", wavefront_1, false},
	{"hevc-written-tiles", tiles_uniform, false},
	{"hevc-written-tiles-sizes", tiles_sizes, false},
	{"hevc-written-filters", filters, true},
	{"hevc-written-pcm", pcm, false},
	{"hevc-written-quantisers", quantisers_8, false},
	{"hevc-written-quantisers-10", quantisers_10, false},
	{"hevc-written-scaling", scaling_420, false},
	{"hevc-written-scaling-422", scaling_422, false},
	{NULL, NULL, false},
};
