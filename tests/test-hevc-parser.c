/* SPDX-License-Identifier: MIT */
/*
 * test-hevc-parser.c - NAL unit headers, parameter sets and SEI from written bits
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include "hevc-headers.h"
#include "libvacodec/hevc-parser.h"

static struct hevc_sets sets;
static struct hevc_slice slice;

static int parse_sps(const struct sps_setup *setup, struct hevc_sps *sps)
{
	struct writer w;
	size_t n = write_sps(&w, setup);

	return hevc_parse_sps(w.data, n, sps);
}

/* ---- NAL units ---- */

static void test_nal_shorter_than_its_header_is_damage(void **state)
{
	static const uint8_t data[] = {0x26, 0x01};
	struct hevc_nal nal;

	(void)state;
	assert_int_equal(hevc_parse_nal(data, 0, &nal), -EBADMSG);
	assert_int_equal(hevc_parse_nal(data, 1, &nal), -EBADMSG);
	assert_int_equal(hevc_parse_nal(data, 2, &nal), 0);
	assert_int_equal(nal.nal_unit_type, HEVC_NAL_IDR_W_RADL);
	assert_int_equal(hevc_parse_slice(data, 1, &sets, NULL, &slice), -EBADMSG);
	assert_int_equal(hevc_parse_slice(data, 2, &sets, NULL, &slice), -EBADMSG);
}

static void test_nal_header_fields(void **state)
{
	static const uint8_t data[] = {0x43, 0xfa}; /* SPS, layer 63, temporal id 1 */
	static const uint8_t no_temporal_id[] = {0x42, 0x00}, forbidden[] = {0xc2, 0x01};
	struct hevc_nal nal;

	(void)state;
	assert_int_equal(hevc_parse_nal(data, 2, &nal), 0);
	assert_int_equal(nal.nal_unit_type, HEVC_NAL_SPS);
	assert_int_equal(nal.nuh_layer_id, 63);
	assert_int_equal(nal.temporal_id, 1);
	assert_int_equal(hevc_parse_nal(no_temporal_id, 2, &nal), -EBADMSG);
	assert_int_equal(hevc_parse_nal(forbidden, 2, &nal), -EBADMSG);
}

/* ---- Parameter sets ---- */

static void test_vps_timing_is_read(void **state)
{
	struct hevc_vps vps;
	struct writer w;
	size_t n = write_vps(&w);

	(void)state;
	assert_int_equal(hevc_parse_vps(w.data, n, &vps), 0);
	assert_int_equal(vps.video_parameter_set_id, 3);
	assert_int_equal(vps.num_units_in_tick, 1001);
	assert_int_equal(vps.time_scale, 30000);
	assert_int_equal(hevc_parse_vps(w.data, 20, &vps), -EBADMSG);
}

static void test_sps_fields_are_read(void **state)
{
	const struct sps_setup setup = {
		.profile_idc = 2,
		.id = 5,
		.depth_minus8 = 2,
		.width = 104,
		.height = 72,
		.crop_right = 3,
		.dpb_minus1 = 4,
		.reorder = 2,
		.latency_plus1 = 3,
		.n_sets = 3,
		.scaling = true,
		.long_term = true,
		.sao = true,
		.mvp = true,
		.vui = true,
	};
	struct hevc_sps sps;

	(void)state;
	assert_int_equal(parse_sps(&setup, &sps), 0);
	assert_true(sps.valid);
	assert_int_equal(sps.seq_parameter_set_id, 5);
	assert_int_equal(sps.profile.general_profile_idc, 2);
	assert_int_equal(sps.profile.general_level_idc, 93);
	assert_int_equal(sps.bit_depth_luma, 10);
	assert_int_equal(sps.pic_width_in_luma_samples, 104);
	assert_int_equal(sps.crop_right, 6);
	assert_int_equal(sps.crop_top, 2);
	assert_int_equal(sps.max_dec_pic_buffering_minus1, 4);
	assert_int_equal(sps.max_num_reorder_pics, 2);
	assert_int_equal(sps.max_latency_increase_plus1, 3);
	assert_int_equal(sps.ctb_log2_size, 4);
	assert_int_equal(sps.num_short_term_ref_pic_sets, 3);
	assert_int_equal(sps.rps[2].num_negative_pics, 3);
	assert_int_equal(sps.rps[2].delta_poc_s0[2], -3);
	assert_int_equal(sps.num_long_term_ref_pics_sps, 2);
	assert_int_equal(sps.lt_ref_pic_poc_lsb_sps[1], 9);
	assert_true(sps.used_by_curr_pic_lt_sps_flag[0]);
	assert_true(sps.field_seq_flag && sps.frame_field_info_present_flag);
	assert_int_equal(sps.time_scale, 0x32323232);
	/* Table 7-6 */
	assert_int_equal(sps.scaling.list8x8[0][63], 115);
	assert_int_equal(sps.scaling.list32x32[3][63], 91);
	assert_int_equal(sps.scaling.dc16x16[5], 16);
}

static void test_sps_extensions_are_read_behind_the_vui(void **state)
{
	const struct sps_setup setup = {.profile_idc = 9, .vui = true, .range = true, .scc = true};
	struct hevc_sps sps;

	(void)state;
	assert_int_equal(parse_sps(&setup, &sps), 0);
	assert_true(sps.transform_skip_rotation_enabled_flag && sps.implicit_rdpcm_enabled_flag);
	assert_false(sps.transform_skip_context_enabled_flag);
	assert_true(sps.extended_precision_processing_flag);
	assert_true(sps.high_precision_offsets_enabled_flag);
	assert_true(sps.cabac_bypass_alignment_enabled_flag);
	assert_false(sps.persistent_rice_adaptation_enabled_flag);
	assert_true(sps.scc_extension_flag && sps.curr_pic_ref_enabled_flag);
	assert_int_equal(sps.palette_max_size, 31);
	assert_int_equal(sps.delta_palette_max_predictor_size, 32);
	assert_int_equal(sps.palette.n, 1);
	assert_int_equal(sps.palette.entry[2][0], 9);
	assert_int_equal(sps.motion_vector_resolution_control_idc, 2);
	assert_true(sps.intra_boundary_filtering_disabled_flag);
}

/* Decoders of a profile that is older than the extension are to ignore it. */
static void test_scc_extension_of_another_profile_is_ignored(void **state)
{
	const struct sps_setup setup = {.profile_idc = 4, .scc = true};
	struct hevc_sps sps;

	(void)state;
	assert_int_equal(parse_sps(&setup, &sps), 0);
	assert_false(sps.scc_extension_flag || sps.palette_mode_enabled_flag);
}

static void test_profile_idc_4_to_11_are_taken(void **state)
{
	struct sps_setup setup = {0};
	struct hevc_sps sps;

	(void)state;
	for (setup.profile_idc = 0; setup.profile_idc < 32; setup.profile_idc++) {
		assert_int_equal(parse_sps(&setup, &sps), 0);
		assert_int_equal(sps.profile.general_profile_idc, setup.profile_idc);
	}
}

static void test_seventh_sub_layer_is_the_last(void **state)
{
	struct sps_setup setup = {.sub_layers_minus1 = 6};
	struct hevc_sps sps;

	(void)state;
	assert_int_equal(parse_sps(&setup, &sps), 0);
	assert_int_equal(sps.max_sub_layers_minus1, 6);
	setup.sub_layers_minus1 = 7;
	assert_int_equal(parse_sps(&setup, &sps), -EBADMSG);
}

static void test_sps_sizes_must_fit(void **state)
{
	struct sps_setup setup = {.width = 60};
	struct hevc_sps sps;

	(void)state;
	memset(&sps, 0x5a, sizeof(sps));
	assert_int_equal(parse_sps(&setup, &sps), -EBADMSG); /* no multiple of 8 */
	setup.width = 16896;
	assert_int_equal(parse_sps(&setup, &sps), -EBADMSG);
	setup.width = 64;
	setup.crop_right = 32;
	assert_int_equal(parse_sps(&setup, &sps), -EBADMSG);
	/* Nothing was filled in. */
	assert_int_equal(sps.pic_width_in_luma_samples, 0x5a5a);
	/* Too small a buffer for what is reordered is made large enough. */
	setup = (struct sps_setup){.dpb_minus1 = 1, .reorder = 3};
	assert_int_equal(parse_sps(&setup, &sps), 0);
	assert_int_equal(sps.max_dec_pic_buffering_minus1, 3);
}

static void test_pps_fields_are_read(void **state)
{
	const struct pps_setup setup = {.id = 63,
					.sps_id = 7,
					.dependent = true,
					.extra_bits = 2,
					.tiles = true,
					.wavefront = true,
					.range = true,
					.scc = true};
	struct hevc_pps pps;
	struct writer w;
	size_t n = write_pps(&w, &setup);

	(void)state;
	assert_int_equal(hevc_parse_pps(w.data, n, &pps), 0);
	assert_int_equal(pps.pic_parameter_set_id, 63);
	assert_int_equal(pps.seq_parameter_set_id, 7);
	assert_int_equal(pps.num_extra_slice_header_bits, 2);
	assert_int_equal(pps.init_qp_minus26, -4);
	assert_int_equal(pps.cr_qp_offset, -3);
	assert_int_equal(pps.num_tile_columns_minus1, 1);
	assert_int_equal(pps.row_height_minus1[0], 2);
	assert_int_equal(pps.chroma_qp_offset_list_len_minus1, 1);
	assert_int_equal(pps.cb_qp_offset_list[1], 5);
	assert_int_equal(pps.cr_qp_offset_list[1], -6);
	assert_int_equal(pps.log2_sao_offset_scale_chroma, 2);
	assert_true(pps.curr_pic_ref_enabled_flag);
	assert_int_equal(pps.act_cr_qp_offset_plus3, 3);
	assert_int_equal(hevc_parse_pps(w.data, n / 2, &pps), -EBADMSG);
}

/* Streams of the first version may have anything behind flags that were reserved. */
static void test_extensions_that_cannot_be_read_are_not_there(void **state)
{
	const struct sps_setup sps_setup = {.profile_idc = 1};
	const struct pps_setup pps_setup = {0};
	struct hevc_sps sps;
	struct hevc_pps pps;
	struct writer w;

	(void)state;
	write_sps(&w, &sps_setup);
	/* The last bits are sps_extension_present_flag 0 and the stop bit. */
	while (!(w.data[(w.n_bits - 1) / 8] >> (7 - (w.n_bits - 1) % 8) & 1))
		w.n_bits--;
	w.n_bits -= 2;
	w.data[w.n_bits / 8] &= (uint8_t) ~(0xff >> w.n_bits % 8);
	put(&w, 9, 0x17f); /* all but the range extension's, and nothing behind them */
	assert_int_equal(hevc_parse_sps(w.data, end(&w), &sps), 0);
	assert_false(sps.scc_extension_flag);
	write_pps(&w, &pps_setup);
	while (!(w.data[(w.n_bits - 1) / 8] >> (7 - (w.n_bits - 1) % 8) & 1))
		w.n_bits--;
	w.n_bits -= 2;
	w.data[w.n_bits / 8] &= (uint8_t) ~(0xff >> w.n_bits % 8);
	put(&w, 9, 0x1ff);
	assert_int_equal(hevc_parse_pps(w.data, end(&w), &pps), 0);
	assert_false(pps.cross_component_prediction_enabled_flag);
	assert_false(pps.curr_pic_ref_enabled_flag);
}

static void test_tiles_cover_the_picture(void **state)
{
	const struct sps_setup sps = {.width = 80, .height = 72};
	struct pps_setup pps = {.tiles = true};
	uint16_t columns[HEVC_MAX_TILE_COLS], rows[HEVC_MAX_TILE_ROWS];

	(void)state;
	assert_int_equal(parse_headers(&sets, &sps, &pps), 0);
	hevc_get_tiles(&sets.sps[0], &sets.pps[0], columns, rows);
	assert_int_equal(columns[0], 1);
	assert_int_equal(columns[1], 4);
	assert_int_equal(rows[0], 3);
	assert_int_equal(rows[1], 2);
	sets.pps[0].uniform_spacing_flag = true;
	hevc_get_tiles(&sets.sps[0], &sets.pps[0], columns, rows);
	assert_int_equal(columns[0], 2); /* (6-3) */
	assert_int_equal(columns[1], 3);
}

/* Columns of 2 and 3, rows of 3 and 2, in a picture of 5 by 5. */
static void test_tiles_change_the_order_of_addresses(void **state)
{
	const struct sps_setup sps = {.width = 80, .height = 72};
	static const uint8_t in_order[25] = {0,  1,  5,  6,  10, 11, 2,  3,  4,  7,  8,  9, 12,
					     13, 14, 15, 16, 20, 21, 17, 18, 19, 22, 23, 24};
	struct pps_setup pps = {.tiles = true};
	uint32_t i;

	(void)state;
	assert_int_equal(parse_headers(&sets, &sps, &pps), 0);
	sets.pps[0].column_width_minus1[0] = 1;
	for (i = 0; i < 25; i++)
		assert_int_equal(hevc_get_tile_scan(&sets.sps[0], &sets.pps[0], in_order[i]), i);
	sets.pps[0].tiles_enabled_flag = false;
	assert_int_equal(hevc_get_tile_scan(&sets.sps[0], &sets.pps[0], 7), 7);
}

/* ---- Reference picture sets and scaling lists ---- */

static void parse_set(struct writer *w, const struct hevc_rps *before, unsigned int index,
		      struct hevc_rps *rps)
{
	struct bits b;

	bits_init(&b, w->data, end(w));
	hevc_rps_parse(&b, before, index, 8, rps);
	assert_true(bits_ok(&b));
}

static void test_rps_is_predicted(void **state)
{
	struct hevc_rps before[2], rps;
	struct writer w = {.n_bits = 0};

	(void)state;
	/* {-1, -3 | 2} */
	ue(&w, 2);
	ue(&w, 1);
	ue(&w, 0);
	put(&w, 1, 1);
	ue(&w, 1);
	put(&w, 1, 0);
	ue(&w, 1);
	put(&w, 1, 1);
	parse_set(&w, before, 0, &before[0]);
	assert_int_equal(before[0].num_negative_pics, 2);
	assert_int_equal(before[0].delta_poc_s0[1], -3);
	assert_false(before[0].used_s0[1]);
	assert_int_equal(before[0].delta_poc_s1[0], 2);
	/* One picture later (-1): {-2, -4, 1}, and the picture itself at -1; -4 is not used, 1 left out. */
	memset(&w, 0, sizeof(w));
	put(&w, 1, 1);
	put(&w, 1, 1);
	ue(&w, 0);
	put(&w, 1, 1);
	put(&w, 2, 1); /* not used, kept */
	put(&w, 2, 0); /* not kept */
	put(&w, 1, 1);
	parse_set(&w, before, 1, &rps);
	assert_int_equal(rps.num_negative_pics, 3);
	assert_int_equal(rps.num_positive_pics, 0);
	assert_int_equal(rps.delta_poc_s0[0], -1);
	assert_int_equal(rps.delta_poc_s0[1], -2);
	assert_int_equal(rps.delta_poc_s0[2], -4);
	assert_true(rps.used_s0[0] && rps.used_s0[1]);
	assert_false(rps.used_s0[2]);
}

static void test_rps_has_no_more_than_sixteen_pictures(void **state)
{
	struct writer w = {.n_bits = 0};
	struct hevc_rps rps;
	struct bits b;

	(void)state;
	ue(&w, 10);
	ue(&w, 7);
	bits_init(&b, w.data, end(&w));
	hevc_rps_parse(&b, NULL, 0, 1, &rps);
	assert_false(bits_ok(&b));
}

static void test_scaling_list_reference_below_the_first_is_damage(void **state)
{
	struct hevc_scaling scaling;
	struct writer w = {.n_bits = 0};
	struct bits b;

	(void)state;
	put(&w, 1, 0);
	ue(&w, 0); /* list 0: the default */
	put(&w, 1, 0);
	ue(&w, 2); /* list 1: list -1 */
	bits_init(&b, w.data, end(&w));
	hevc_scaling_parse(&b, &scaling, 1);
	assert_false(bits_ok(&b));
}

static void test_scaling_lists_of_a_kind_are_copied(void **state)
{
	struct hevc_scaling scaling;
	struct writer w = {.n_bits = 0};
	unsigned int i, size;
	struct bits b;

	(void)state;
	for (size = 0; size < 4; size++) {
		put(&w, 1, 1);
		if (size > 1)
			se(&w, 12); /* DC 20 */
		se(&w, size > 1 ? 10 : 22);
		for (i = 1; i < (size ? 64U : 16U); i++)
			se(&w, 0);
		for (i = 1; i < (size == 3 ? 2U : 6U); i++) {
			put(&w, 1, 0);
			ue(&w, 1);
		}
	}
	bits_init(&b, w.data, end(&w));
	hevc_scaling_parse(&b, &scaling, 3);
	assert_true(bits_ok(&b));
	assert_int_equal(scaling.list4x4[5][15], 30);
	assert_int_equal(scaling.list16x16[5][63], 30);
	assert_int_equal(scaling.dc16x16[5], 20);
	assert_int_equal(scaling.list32x32[3][63], 30);
	/* 4:4:4 has chroma lists of 32x32, which are those of 16x16. */
	assert_int_equal(scaling.list32x32[1][0], 30);
	assert_int_equal(scaling.dc32x32[4], 20);
}

/* ---- SEI ---- */

static void test_sei_messages_are_read(void **state)
{
	struct hevc_sei sei = {.has = 0};
	struct writer w;
	unsigned int i;

	(void)state;
	begin(&w, HEVC_NAL_PREFIX_SEI, 0);
	put(&w, 16, 5 << 8 | 2); /* a message of no interest */
	put(&w, 16, 0xaaaa);
	put(&w, 16, 1 << 8 | 1);
	put(&w, 8, 2 << 4 | 1 << 2 | 1);
	put(&w, 16, 6 << 8 | 1);
	se(&w, -3);
	put(&w, 2, 1);
	put(&w, 1, 1);
	put(&w, 16, 144 << 8 | 4);
	put(&w, 16, 1000);
	put(&w, 16, 400);
	put(&w, 16, 137 << 8 | 24);
	for (i = 1; i <= 8; i++)
		put(&w, 16, 0x1100 + i);
	put(&w, 32, 10000000);
	put(&w, 32, 0x01010132);
	assert_int_equal(hevc_parse_sei(w.data, end(&w), &sei), 0);
	assert_int_equal(sei.has, HEVC_SEI_PIC_TIMING | HEVC_SEI_RECOVERY | HEVC_SEI_LIGHT |
					  HEVC_SEI_MASTERING);
	assert_int_equal(sei.pic_struct, 2);
	assert_int_equal(sei.recovery_poc_cnt, -3);
	assert_true(sei.broken_link_flag);
	assert_int_equal(sei.max_content_light_level, 1000);
	assert_int_equal(sei.display_primaries[1][0], 0x1103);
	assert_int_equal(sei.white_point[1], 0x1108);
	assert_int_equal(sei.min_display_mastering_luminance, 0x01010132);
}

static void test_sei_hash_is_of_a_suffix(void **state)
{
	struct hevc_sei sei = {.has = 0};
	struct writer w;
	unsigned int c;

	(void)state;
	begin(&w, HEVC_NAL_SUFFIX_SEI, 0);
	put(&w, 16, 132 << 8 | 7);
	put(&w, 8, 1);
	for (c = 0; c < 3; c++)
		put(&w, 16, 0x1230 + c);
	assert_int_equal(hevc_parse_sei(w.data, end(&w), &sei), 0);
	assert_int_equal(sei.has, HEVC_SEI_HASH);
	assert_int_equal(sei.hash_type, 1);
	assert_int_equal(sei.hash[2][1], 0x32);
	/* Longer than its unit: it is not taken. */
	sei.has = 0;
	w.data[3] = 70;
	assert_int_equal(hevc_parse_sei(w.data, 9, &sei), -EBADMSG);
	assert_int_equal(sei.has, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nal_shorter_than_its_header_is_damage),
		cmocka_unit_test(test_nal_header_fields),
		cmocka_unit_test(test_vps_timing_is_read),
		cmocka_unit_test(test_sps_fields_are_read),
		cmocka_unit_test(test_sps_extensions_are_read_behind_the_vui),
		cmocka_unit_test(test_scc_extension_of_another_profile_is_ignored),
		cmocka_unit_test(test_profile_idc_4_to_11_are_taken),
		cmocka_unit_test(test_seventh_sub_layer_is_the_last),
		cmocka_unit_test(test_sps_sizes_must_fit),
		cmocka_unit_test(test_pps_fields_are_read),
		cmocka_unit_test(test_extensions_that_cannot_be_read_are_not_there),
		cmocka_unit_test(test_tiles_cover_the_picture),
		cmocka_unit_test(test_tiles_change_the_order_of_addresses),
		cmocka_unit_test(test_rps_is_predicted),
		cmocka_unit_test(test_rps_has_no_more_than_sixteen_pictures),
		cmocka_unit_test(test_scaling_list_reference_below_the_first_is_damage),
		cmocka_unit_test(test_scaling_lists_of_a_kind_are_copied),
		cmocka_unit_test(test_sei_messages_are_read),
		cmocka_unit_test(test_sei_hash_is_of_a_suffix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
