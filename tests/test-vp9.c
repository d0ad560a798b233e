/* SPDX-License-Identifier: MIT */
/*
 * test-vp9.c - VP9's headers and superframes, and its decoder on the fake libva
 */
#include "libvacodec/vp9.h"
#include "vacodec-fixture.h"
#include "vp9-writer.h"
#include <stdlib.h>
#include <string.h>

static const VAProfile profiles[] = {VAProfileVP9Profile0, VAProfileVP9Profile1,
				     VAProfileVP9Profile2, VAProfileVP9Profile3};

/* ---- Headers ---- */

/* All that a header can say. */
static const struct vp9_setup full = {
	.inter = true,
	.width = 300,
	.height = 70,
	.refs = {6, 1, 2},
	.biases = {false, true, true},
	.refresh = 0x81,
	.high_precision = true,
	.filter = 1,
	.render_size = true,
	.reset_context = 1,
	.refresh_context = true,
	.parallel = true,
	.context = 3,
	.level = 63,
	.sharpness = 7,
	.deltas = true,
	.update_deltas = true,
	.ref_deltas = {63, -63, 0, 1},
	.mode_deltas = {-1, 2},
	.q_index = 255,
	.q_deltas = {15, -15, 1},
	.segmentation = true,
	.update_map = true,
	.temporal = true,
	.update_data = true,
	.absolute = true,
	.tree_probs = {1, 0, 3, 0, 5, 0, 7},
	.pred_probs = {0, 9, 0},
	.features = {[1] = {true}, [4] = {true, true, true, true}},
	.data = {[1] = {-255}, [4] = {255, -63, 3}},
	.tile_rows = 2,
};

static int parse(const struct vp9_setup *setup, const struct vp9_state *state,
		 struct vp9_header *header)
{
	uint8_t data[VP9_WRITER_MAX_BYTES];
	size_t n = vp9_write_frame(setup, data);

	return vp9_header_parse(data, n, state, header);
}

static void test_all_fields_are_read(void **state)
{
	struct vp9_state past = {.samples = {0, 8, 0, 1, 1}};
	struct vp9_header h;

	(void)state;
	assert_int_equal(parse(&full, &past, &h), 0);
	assert_false(h.key_frame || h.intra_only || h.error_resilient_mode);
	assert_true(h.show_frame && h.allow_high_precision_mv && h.refresh_frame_context &&
		    h.frame_parallel_decoding_mode);
	assert_int_equal(h.size.width, 300);
	assert_int_equal(h.size.height, 70);
	assert_int_equal(h.refresh_frame_flags, 0x81);
	assert_int_equal(h.ref_frame_idx[0], 6);
	assert_true(h.ref_frame_sign_bias[2]);
	assert_int_equal(h.interp_filter, VP9_FILTER_REGULAR);
	assert_int_equal(h.reset_frame_context, 1);
	assert_int_equal(h.frame_context_idx, 3);
	assert_int_equal(h.loop_filter_level, 63);
	assert_int_equal(h.loop_filter_sharpness, 7);
	assert_int_equal(h.loop_filter.ref_deltas[1], -63);
	assert_int_equal(h.loop_filter.mode_deltas[1], 2);
	assert_int_equal(h.base_q_idx, 255);
	assert_int_equal(h.delta_q_uv_dc, -15);
	assert_int_equal(h.delta_q_uv_ac, 1);
	assert_false(h.lossless);
	assert_int_equal(h.tree_probs[1], 255);
	assert_int_equal(h.tree_probs[6], 7);
	assert_int_equal(h.pred_probs[1], 9);
	assert_true(h.segmentation.abs_delta_update);
	assert_int_equal(h.segmentation.enabled[4], 15);
	assert_int_equal(h.segmentation.data[1][VP9_SEG_ALT_Q], -255);
	assert_int_equal(h.segmentation.data[4][VP9_SEG_ALT_L], -63);
	assert_int_equal(h.segmentation.data[4][VP9_SEG_REF_FRAME], 3);
	assert_int_equal(h.tile_rows_log2, 2);
	assert_int_equal(h.header_size_in_bytes, 16);
}

/* Deltas and segments stay until a frame that needs nothing of the past. */
static void test_the_past_stays_and_goes(void **state)
{
	const struct vp9_setup plain = {
		.inter = true, .width = 64, .height = 64, .deltas = true, .segmentation = true};
	struct vp9_setup resilient = plain;
	struct vp9_state past = {.samples = {0, 8, 0, 1, 1}};
	struct vp9_header h;

	(void)state;
	assert_int_equal(parse(&full, &past, &h), 0);
	vp9_state_update(&past, &h);
	assert_true(past.slots[0].valid && past.slots[7].valid);
	assert_false(past.slots[1].valid);
	assert_int_equal(parse(&plain, &past, &h), 0);
	assert_int_equal(h.loop_filter.ref_deltas[0], 63);
	assert_int_equal(h.segmentation.enabled[4], 15);
	resilient.resilient = true;
	resilient.context = 2;
	assert_int_equal(parse(&resilient, &past, &h), 0);
	assert_int_equal(h.loop_filter.ref_deltas[0], 1);
	assert_int_equal(h.loop_filter.ref_deltas[3], -1);
	assert_int_equal(h.segmentation.enabled[4], 0);
	assert_int_equal(h.frame_context_idx, 0);
	assert_true(h.frame_parallel_decoding_mode);
}

/* An intra-only frame of profile 0 has 8 bits and 4:2:0, whatever there was. */
static void test_intra_only_defaults(void **state)
{
	struct vp9_setup setup = {
		.intra_only = true, .hidden = true, .width = 9, .height = 5, .refresh = 0x0c};
	struct vp9_state past = {.samples = {3, 12, 2, 0, 0}};
	struct vp9_header h;

	(void)state;
	assert_int_equal(parse(&setup, &past, &h), 0);
	assert_true(h.intra_only && !h.show_frame);
	assert_int_equal(h.samples.bit_depth, 8);
	assert_int_equal(h.samples.subsampling_x, 1);
	assert_int_equal(h.refresh_frame_flags, 0x0c);
	setup.profile = 2;
	setup.twelve_bits = true;
	assert_int_equal(parse(&setup, &past, &h), 0);
	assert_int_equal(h.samples.bit_depth, 12);
}

static void test_sizes_of_references(void **state)
{
	struct vp9_setup setup = {.inter = true, .size_of = 2, .refs = {0, 5, 0}};
	struct vp9_state past = {.samples = {0, 8, 0, 1, 1}};
	struct vp9_header h;

	(void)state;
	assert_int_equal(parse(&setup, &past, &h), -ENOENT);
	past.slots[5] = (struct vp9_slot_info){true, {33, 77}, past.samples};
	assert_int_equal(parse(&setup, &past, &h), 0);
	assert_int_equal(h.size.width, 33);
	assert_int_equal(h.size.height, 77);
}

/* 2 times smaller to 16 times larger: 8.5.2.3. */
static void test_limits_of_scaling(void **state)
{
	static const struct {
		uint32_t ref, size;
		bool good;
	} cases[] = {{64, 32, true}, {65, 32, false}, {2, 32, true}, {1, 17, false}, {1, 16, true}};
	struct vp9_header h = {.samples = {0, 8, 0, 1, 1}};
	struct vp9_slot_info slot = {true, {64, 64}, {0, 8, 0, 1, 1}};

	(void)state;
	for (unsigned int i = 0; i < N_OF(cases); i++) {
		slot.size = (struct vp9_size){cases[i].ref, 20};
		h.size = (struct vp9_size){cases[i].size, 20};
		assert_int_equal(vp9_slot_scales(&slot, &h), cases[i].good);
	}
	assert_true(vp9_slot_is_alike(&slot, &h));
	slot.samples.bit_depth = 10;
	assert_false(vp9_slot_is_alike(&slot, &h));
}

static void test_tile_columns_are_limited(void **state)
{
	struct vp9_setup setup = {
		.width = 4096, .height = 64, .tile_columns = 6, .max_tile_columns = 4};
	struct vp9_state past = {0};
	struct vp9_header h;

	(void)state;
	assert_int_equal(parse(&setup, &past, &h), 0);
	assert_int_equal(h.tile_cols_log2, 4);
	setup.width = 8192;
	setup.max_tile_columns = 0;
	assert_int_equal(parse(&setup, &past, &h), 0);
	assert_int_equal(h.tile_cols_log2, 1); /* no tile is wider than 4096 */
}

static void test_damaged_headers_are_refused(void **state)
{
	struct vp9_setup sync = {.width = 8, .height = 8, .sync_code = 0x498343};
	struct vp9_setup rgb = {.width = 8, .height = 8, .color_space = 7};
	struct vp9_setup even = {
		.width = 8, .height = 8, .profile = 1, .subsampling_x = 1, .subsampling_y = 1};
	struct vp9_setup none = {.width = 8, .height = 8, .no_compressed_header = true};
	struct vp9_setup good = {.width = 8, .height = 8};
	struct vp9_state past = {0};
	uint8_t data[VP9_WRITER_MAX_BYTES];
	struct vp9_header h;
	size_t n = vp9_write_frame(&good, data);

	(void)state;
	assert_int_equal(parse(&sync, &past, &h), -EBADMSG);
	assert_int_equal(parse(&rgb, &past, &h), -EBADMSG);
	assert_int_equal(parse(&even, &past, &h), -EBADMSG);
	assert_int_equal(parse(&none, &past, &h), -EBADMSG);
	assert_int_equal(vp9_header_parse(data, n, &past, &h), 0);
	/* All of both headers must be there. */
	for (size_t i = 0; i < h.uncompressed_bytes + 16U; i++)
		assert_int_equal(vp9_header_parse(data, i, &past, &h), -EBADMSG);
	data[0] ^= 0x40;
	assert_int_equal(vp9_header_parse(data, n, &past, &h), -EBADMSG);
}

static void test_scales_of_quantizers(void **state)
{
	(void)state;
	assert_int_equal(vp9_get_dc_scale(8, -3), 4);
	assert_int_equal(vp9_get_dc_scale(8, 300), 1336);
	assert_int_equal(vp9_get_ac_scale(8, 255), 1828);
	assert_int_equal(vp9_get_dc_scale(10, 255), 5347);
	assert_int_equal(vp9_get_ac_scale(12, 255), 29247);
}

/* ---- Superframes ---- */

static void test_superframes_are_split(void **state)
{
	uint8_t data[600] = {0};
	const size_t sizes[3] = {5, 300, 7};
	struct unit_part parts[UNIT_MAX_PARTS];

	(void)state;
	for (unsigned int bytes = 2; bytes <= 4; bytes++) {
		size_t n = 312 + vp9_write_index(data + 312, sizes, 3, bytes);

		assert_int_equal(vp9_split_packet(data, n, parts), 3);
		assert_int_equal(parts[2].offset, 305);
		assert_int_equal(parts[2].size_bytes, 7);
	}
}

/* The lesson's packets: c0, an index without its first byte, sizes beyond the packet. */
static void test_false_indices(void **state)
{
	static const uint8_t one[] = {0xc0};
	static const uint8_t no_begin[] = {0x82, 0, 0xc1, 1, 1, 0xc0};
	static const uint8_t beyond[] = {0x82, 0, 0xc1, 2, 200, 0xc1};
	static const uint8_t zero[] = {0x82, 0xc1, 1, 0, 0xc1};
	struct unit_part parts[UNIT_MAX_PARTS];

	(void)state;
	assert_int_equal(vp9_split_packet(one, sizeof(one), parts), -EBADMSG);
	assert_int_equal(vp9_split_packet(no_begin, sizeof(no_begin), parts), -EBADMSG);
	assert_int_equal(vp9_split_packet(beyond, sizeof(beyond), parts), 2);
	assert_int_equal(parts[0].size_bytes, 2);
	assert_int_equal(parts[1].size_bytes, 0);
	assert_int_equal(vp9_split_packet(zero, sizeof(zero), parts), 2);
	assert_int_equal(parts[1].size_bytes, 0);
}

/* Without an index, what follows a frame that shows another one is a frame. */
static void test_shown_frames_end_after_a_byte(void **state)
{
	static const uint8_t padded[] = {0x88, 0, 0, 0x8a, 0x82, 1, 2};
	static const uint8_t profile_3[] = {0xb5, 0x00, 0x82};
	struct unit_part parts[UNIT_MAX_PARTS];

	(void)state;
	assert_int_equal(vp9_split_packet(padded, sizeof(padded), parts), 3);
	assert_int_equal(parts[1].offset, 3);
	assert_int_equal(parts[2].size_bytes, 3);
	assert_int_equal(vp9_split_packet(padded, 3, parts), 1);
	assert_int_equal(vp9_split_packet(profile_3, sizeof(profile_3), parts), 2);
	assert_int_equal(parts[0].size_bytes, 2);
}

/* ---- The decoder ---- */

static void open_vp9(struct client *c)
{
	struct vacodec_decoder_params params = {.size_bytes = sizeof(params),
						.codec = VACODEC_CODEC_VP9};

	fake_set_profiles(profiles, N_OF(profiles));
	assert_int_equal(vawrap_display_new_driver("fake", NULL, &c->display), 0);
	assert_int_equal(vacodec_decoder_new(c->display, &params, &c->decoder), 0);
}

static int send_setup(struct client *c, const struct vp9_setup *setup, uint64_t timestamp)
{
	uint8_t data[VP9_WRITER_MAX_BYTES];

	return client_send(c, data, vp9_write_frame(setup, data), timestamp);
}

static const struct vp9_setup key = {.width = 64, .height = 48};
static const struct vp9_setup inter = {.inter = true, .size_of = 1, .refresh = 1};

static void test_frames_come_out(void **state)
{
	const struct vp9_setup shown = {.show_existing = true, .existing = 3};
	struct vp9_setup hidden = inter;
	struct client c = {0};

	(void)state;
	open_vp9(&c);
	hidden.hidden = true;
	assert_int_equal(send_setup(&c, &inter, 1), 0); /* before the start */
	assert_int_equal(send_setup(&c, &key, 2), 0);
	assert_int_equal(send_setup(&c, &hidden, 3), 0);
	assert_int_equal(send_setup(&c, &shown, 4), 0);
	assert_int_equal(send_setup(&c, &inter, 5), 0);
	assert_int_equal(client_drain(&c), 0);
	assert_int_equal(c.n_formats, 1);
	assert_int_equal(c.format.min_frames, 9);
	assert_int_equal(c.n_frames, 3);
	assert_int_equal(c.timestamps[1], 4);
	assert_int_equal(c.flags[0], VACODEC_FRAME_KEY);
	assert_int_equal(c.flags[1] | c.flags[2], 0);
	client_close(&c);
}

/* An empty chunk is no frame, and harms none. */
static void test_an_empty_packet_shows_nothing(void **state)
{
	const struct vacodec_packet empty = {NULL, 0, 1};
	struct client c = {0};

	(void)state;
	open_vp9(&c);
	assert_int_equal(vacodec_decoder_send(c.decoder, &empty), 0);
	assert_int_equal(send_setup(&c, &key, 0), 0);
	assert_int_equal(vacodec_decoder_send(c.decoder, &empty), 0);
	assert_int_equal(client_take_events(&c), 0);
	assert_int_equal(send_setup(&c, &key, 2), 0);
	assert_int_equal(client_drain(&c), 0);
	assert_int_equal(c.n_frames, 2);
	assert_int_equal(c.timestamps[1], 2);
	assert_int_equal(c.flags[1] & VACODEC_FRAME_CORRUPT, 0);
	client_close(&c);
}

/* What it would have refreshed nobody knows: flagged, up to the next key frame. */
static void test_a_lost_frame_leaves_doubt(void **state)
{
	static const uint8_t damage[] = {0x86, 0xff, 0, 1};
	static const uint8_t c0[] = {0xc0};
	struct vp9_setup intra = {
		.intra_only = true, .hidden = true, .refresh = 2, .width = 64, .height = 48};
	struct vp9_setup clean = inter;
	struct client c = {0};

	(void)state;
	open_vp9(&c);
	clean.refs[0] = clean.refs[1] = clean.refs[2] = 1;
	assert_int_equal(send_setup(&c, &key, 0), 0);
	assert_int_equal(client_send(&c, damage, sizeof(damage), 1), 0);
	assert_int_equal(client_send(&c, c0, sizeof(c0), 2), 0);
	assert_int_equal(send_setup(&c, &inter, 3), 0);
	assert_int_equal(send_setup(&c, &intra, 4), 0);
	assert_int_equal(send_setup(&c, &clean, 5), 0);
	assert_int_equal(send_setup(&c, &key, 6), 0);
	assert_int_equal(client_drain(&c), 0);
	assert_int_equal(c.n_frames, 4);
	assert_int_equal(c.n_corrupt, 1);
	assert_true(c.flags[1] & VACODEC_FRAME_CORRUPT);
	client_close(&c);
}

/* A reference that is not there, or of other samples: another one stands in, and the frame is flagged. */
static void test_missing_references_flag(void **state)
{
	struct vp9_setup intra = {
		.intra_only = true, .hidden = true, .refresh = 1, .width = 64, .height = 48};
	struct vp9_setup missing = inter;
	struct client c = {0};

	(void)state;
	open_vp9(&c);
	missing.refs[1] = 4;
	assert_int_equal(send_setup(&c, &intra, 0), 0);
	assert_int_equal(send_setup(&c, &missing, 1), 0);
	assert_int_equal(send_setup(&c, &key, 2), 0);
	assert_int_equal(send_setup(&c, &inter, 3), 0);
	assert_int_equal(client_drain(&c), 0);
	assert_int_equal(c.n_frames, 3);
	assert_int_equal(c.n_corrupt, 1);
	assert_int_equal(c.timestamps[0], 1);
	assert_true(c.flags[0] & VACODEC_FRAME_CORRUPT);
	client_close(&c);
}

/* The layers of a superframe: one format, the last one's, and one frame. */
static void test_layers_are_decoded_beside(void **state)
{
	struct vp9_setup layers[3] = {key, inter, inter};
	uint8_t data[4 * VP9_WRITER_MAX_BYTES];
	struct client c = {0};
	size_t sizes[3], n = 0;

	(void)state;
	open_vp9(&c);
	for (unsigned int i = 0; i < 3; i++) {
		layers[i].size_of = 0;
		layers[i].width = 32U << i;
		layers[i].height = 24U << i;
		layers[i].refresh = 1U << i;
		layers[i].refs[0] = layers[i].refs[1] = layers[i].refs[2] = i ? i - 1 : 0;
		sizes[i] = vp9_write_frame(&layers[i], data + n);
		n += sizes[i];
	}
	n += vp9_write_index(data + n, sizes, 3, 1);
	assert_int_equal(client_send(&c, data, n, 7), 0);
	assert_int_equal(client_drain(&c), 0);
	assert_int_equal(c.n_formats, 1);
	assert_int_equal(c.format.coded_width, 128);
	assert_int_equal(c.n_frames, 1);
	assert_int_equal(c.timestamps[0], 7);
	assert_int_equal(c.n_corrupt, 0);
	assert_int_equal(fake_get_live(FAKE_CONTEXT), 1);
	client_close(&c);
}

static void test_sizes_change_between_key_frames(void **state)
{
	const struct vp9_setup shown = {.show_existing = true, .existing = 5};
	struct vp9_setup small = inter;
	struct client c = {0};

	(void)state;
	open_vp9(&c);
	small.size_of = 0;
	small.width = 32;
	small.height = 24;
	assert_int_equal(send_setup(&c, &key, 0), 0);
	assert_int_equal(send_setup(&c, &small, 1), 0);
	assert_int_equal(send_setup(&c, &shown, 2), 0);
	assert_int_equal(client_drain(&c), 0);
	assert_int_equal(c.n_formats, 3);
	assert_int_equal(c.n_frames, 3);
	assert_int_equal(c.widths[0], 64);
	assert_int_equal(c.widths[1], 32);
	assert_int_equal(c.widths[2], 64);
	assert_int_equal(c.n_corrupt, 0);
	client_close(&c);
}

/* No reference that could be scaled: the frame is lost. */
static void test_unfit_references_lose_the_frame(void **state)
{
	struct vp9_setup tiny = inter;
	struct client c = {0};

	(void)state;
	open_vp9(&c);
	tiny.size_of = 0;
	tiny.width = tiny.height = 8;
	assert_int_equal(send_setup(&c, &key, 0), 0);
	assert_int_equal(send_setup(&c, &tiny, 1), 0);
	assert_int_equal(send_setup(&c, &inter, 2), 0);
	assert_int_equal(client_drain(&c), 0);
	assert_int_equal(c.n_frames, 2);
	assert_int_equal(c.n_corrupt, 1);
	client_close(&c);
}

static void test_4_4_0_is_refused_by_name(void **state)
{
	struct vp9_setup setup = {.width = 64, .height = 48, .profile = 1, .subsampling_y = 1};
	struct client c = {0};

	(void)state;
	open_vp9(&c);
	assert_int_equal(send_setup(&c, &setup, 0), -ENOTSUP);
	assert_int_equal(c.error, -ENOTSUP);
	assert_string_equal(vacodec_decoder_get_last_error(c.decoder),
			    "VP9 4:4:0 chroma: not supported");
	client_close(&c);
}

/* In the middle of a stream it may be damage, until it comes a second time. */
static void test_what_is_not_supported_may_be_damage(void **state)
{
	struct vp9_setup other = {.width = 64, .height = 48, .profile = 1, .subsampling_y = 1};
	struct client c = {0};

	(void)state;
	open_vp9(&c);
	assert_int_equal(send_setup(&c, &key, 0), 0);
	assert_int_equal(send_setup(&c, &other, 1), 0);
	assert_int_equal(send_setup(&c, &inter, 2), 0);
	assert_int_equal(c.n_frames, 2);
	assert_int_equal(c.n_corrupt, 1);
	assert_int_equal(send_setup(&c, &other, 3), -ENOTSUP);
	client_close(&c);
}

/* A size that no driver decodes: the same. */
static void test_a_size_beyond_the_driver_may_be_damage(void **state)
{
	struct vp9_setup huge = {.width = 65536, .height = 65536};
	struct client c = {0};

	(void)state;
	open_vp9(&c);
	assert_int_equal(send_setup(&c, &key, 0), 0);
	assert_int_equal(send_setup(&c, &huge, 1), 0);
	assert_int_equal(send_setup(&c, &inter, 2), 0);
	assert_int_equal(client_drain(&c), 0);
	assert_int_equal(c.n_formats, 1);
	assert_int_equal(c.n_frames, 2);
	assert_int_equal(c.n_corrupt, 1);
	client_close(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_fields_are_read),
		cmocka_unit_test(test_the_past_stays_and_goes),
		cmocka_unit_test(test_intra_only_defaults),
		cmocka_unit_test(test_sizes_of_references),
		cmocka_unit_test(test_limits_of_scaling),
		cmocka_unit_test(test_tile_columns_are_limited),
		cmocka_unit_test(test_damaged_headers_are_refused),
		cmocka_unit_test(test_scales_of_quantizers),
		cmocka_unit_test(test_superframes_are_split),
		cmocka_unit_test(test_false_indices),
		cmocka_unit_test(test_shown_frames_end_after_a_byte),
		FAKE_TEST(test_frames_come_out),
		FAKE_TEST(test_an_empty_packet_shows_nothing),
		FAKE_TEST(test_a_lost_frame_leaves_doubt),
		FAKE_TEST(test_missing_references_flag),
		FAKE_TEST(test_layers_are_decoded_beside),
		FAKE_TEST(test_sizes_change_between_key_frames),
		FAKE_TEST(test_unfit_references_lose_the_frame),
		FAKE_TEST(test_4_4_0_is_refused_by_name),
		FAKE_TEST(test_what_is_not_supported_may_be_damage),
		FAKE_TEST(test_a_size_beyond_the_driver_may_be_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
