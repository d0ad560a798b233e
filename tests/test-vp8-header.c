/* SPDX-License-Identifier: MIT */
/*
 * test-vp8-header.c - VP8's arithmetic decoder and frame headers, from written frames
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "libvacodec/vp8-bool.h"
#include "libvacodec/vp8-header.h"
#include "vp8-writer.h"

static const struct vp8_setup key = {.key_frame = true, .width = 33, .height = 18, .qi = 35};

/* In a piece of memory that ends with the frame, so that a read beyond it is seen. */
static int parse_bytes(const uint8_t *data, size_t size_bytes, struct vp8_state *state,
		       struct vp8_frame *frame)
{
	uint8_t *copy = malloc(size_bytes ? size_bytes : 1);
	int ret;

	assert_non_null(copy);
	memcpy(copy, data, size_bytes);
	ret = vp8_parse_frame(copy, size_bytes, state, frame);
	if (ret == 0)
		vp8_leave_state(frame, state);
	free(copy);
	return ret;
}

static void parse(const struct vp8_setup *setup, struct vp8_state *state, struct vp8_frame *frame)
{
	uint8_t data[VP8_WRITER_MAX_BYTES];
	size_t size_bytes = vp8_write_frame(setup, data);

	memset(frame, 0xa5, sizeof(*frame));
	assert_int_equal(parse_bytes(data, size_bytes, state, frame), 0);
}

/* ---- Arithmetic decoder ---- */

static bool read_one(struct vp8_bool *b, unsigned int prob)
{
	return vp8_bool_find(b, &(uint8_t){(uint8_t)prob}, 1) == 0;
}

static void test_bool_reads_what_was_written(void **cookie)
{
	static struct vp8_writer w;
	struct vp8_bool b;
	unsigned int i;

	(void)cookie;
	vp8_writer_init(&w);
	for (i = 0; i < 5000; i++)
		vp8_writer_put(&w, 1 + i * 37 % 255, i * i % 7 < 3);
	vp8_writer_literal(&w, 16, 0xbeef);
	vp8_writer_finish(&w);
	vp8_bool_init(&b, w.data, w.size_bytes);
	for (i = 0; i < 5000; i++)
		assert_int_equal(read_one(&b, 1 + i * 37 % 255), i * i % 7 < 3);
	assert_int_equal(vp8_bool_literal(&b, 8), 0xbe);
	assert_int_equal(vp8_bool_literal(&b, 8), 0xef);
	assert_true(vp8_bool_ok(&b));
	assert_true(b.range >= 128 && b.range <= 255);
}

static void test_bool_finds_what_is_set(void **cookie)
{
	static const size_t set[] = {0, 1, 40, 41, 700, 999};
	static struct vp8_writer w;
	uint8_t probs[1000];
	struct vp8_bool b;
	size_t at = 0;

	(void)cookie;
	vp8_writer_init(&w);
	for (size_t i = 0, n = 0; i < 1000; i++) {
		probs[i] = (uint8_t)(1 + i * 91 % 255);
		vp8_writer_put(&w, probs[i], i == set[n]);
		n += i == set[n] && n < 5;
	}
	vp8_writer_literal(&w, 16, 0xbeef);
	vp8_writer_finish(&w);
	vp8_bool_init(&b, w.data, w.size_bytes);
	for (size_t i = 0; i < 6; i++, at++) {
		at += vp8_bool_find(&b, probs + at, 1000 - at);
		assert_int_equal(at, set[i]);
	}
	assert_int_equal(vp8_bool_find(&b, probs, 0), 0);
	assert_int_equal(vp8_bool_literal(&b, 8), 0xbe);
	assert_int_equal(vp8_bool_literal(&b, 8), 0xef);
	assert_true(vp8_bool_ok(&b));
	memset(probs, 128, sizeof(probs));
	vp8_bool_init(&b, (const uint8_t[]){0}, 1);
	assert_int_equal(vp8_bool_find(&b, probs, 1000), 1000); /* beyond the end */
	assert_false(vp8_bool_ok(&b));
}

static struct vp8_bool begin_at(const uint8_t *data, size_t size_bytes, uint32_t range)
{
	struct vp8_bool b;

	vp8_bool_init(&b, data, size_bytes);
	b.range = range;
	return b;
}

/* The same state, whatever of the data each has fetched. Beyond the end that is all there is to it. */
static void assert_same_state(struct vp8_bool *a, struct vp8_bool *b)
{
	assert_int_equal(vp8_bool_ok(a), vp8_bool_ok(b));
	if (!vp8_bool_ok(a))
		return;
	assert_int_equal(vp8_bool_get_bits(a), vp8_bool_get_bits(b));
	assert_int_equal(a->range, b->range);
	assert_int_equal(vp8_bool_literal(a, 8), vp8_bool_literal(b, 8));
	assert_int_equal(vp8_bool_literal(a, 8), vp8_bool_literal(b, 8));
	assert_int_equal(vp8_bool_ok(a), vp8_bool_ok(b));
}

static void compare_skip(struct vp8_bool b, const struct vp8_run *run, const uint8_t *probs)
{
	struct vp8_bool one_by_one = b, before = b;
	bool all_false = vp8_bool_find(&one_by_one, probs, 33) == 33;

	if (vp8_bool_skip(&b, run)) {
		assert_true(all_false);
		assert_same_state(&b, &one_by_one);
	} else {
		assert_true(!all_false || !vp8_bool_ok(&one_by_one));
		assert_memory_equal(&b, &before, sizeof(b));
	}
}

/* From one state: the first value that is not all false, the last one that is, and others; and their ends. */
static void compare_skips(uint32_t range, const struct vp8_run *run, const uint8_t *probs)
{
	uint8_t data[16] = {0};
	struct vp8_bool zeros = begin_at(data, sizeof(data), range);
	uint64_t values[8] = {0, ((uint64_t)range << 56) - 1};

	assert_true(vp8_bool_skip(&zeros, run));
	values[2] = (uint64_t)zeros.range << (56 - vp8_bool_get_bits(&zeros));
	values[3] = values[2] - 1;
	for (unsigned int i = 4; i < 8; i++)
		values[i] = ((uint64_t)rand() << 33) % ((uint64_t)range << 56);
	for (unsigned int i = 0; i < 8; i++) {
		for (unsigned int j = 0; j < 16; j++)
			data[j] = (uint8_t)(j < 8 ? values[i] >> (56 - 8 * j) : (uint64_t)rand());
		for (size_t size_bytes = 1; size_bytes <= 16; size_bytes += size_bytes)
			compare_skip(begin_at(data, size_bytes, range), run, probs);
	}
}

static void test_bool_skips_as_it_reads(void **cookie)
{
	const uint8_t *probs = &vp8_coeff_update_probs[0][0][0][0];

	(void)cookie;
	for (unsigned int i = 0; i < 32; i++, probs += 33) {
		for (uint32_t range = 128; range < 256; range++)
			compare_skips(range, &vp8_coeff_runs[i], probs);
	}
}

/* Many after each other, which fetch again and again. */
static void test_bool_skips_run_after_run(void **cookie)
{
	const uint8_t *probs = vp8_coeff_update_probs[0][1][0], data[64] = {0};

	(void)cookie;
	for (unsigned int n = 1; n <= 100; n++) {
		struct vp8_bool b = begin_at(data, sizeof(data), 255), one_by_one = b;

		for (unsigned int i = 0; i < n; i++) {
			assert_true(vp8_bool_skip(&b, &vp8_coeff_runs[1]));
			assert_int_equal(vp8_bool_find(&one_by_one, probs, 33), 33);
		}
		assert_same_state(&b, &one_by_one);
	}
}

static void test_bool_ends_with_its_data(void **cookie)
{
	const uint8_t data[] = {0x7f, 0x80};
	struct vp8_bool b;
	unsigned int i;

	(void)cookie;
	vp8_bool_init(&b, data, sizeof(data));
	for (i = 0; i < 16; i++)
		vp8_bool_flag(&b);
	assert_true(vp8_bool_ok(&b));
	for (i = 0; i < 16; i++)
		vp8_bool_flag(&b);
	assert_false(vp8_bool_ok(&b));
	vp8_bool_init(&b, data, 0);
	assert_false(vp8_bool_ok(&b));
}

static void test_bool_literals_are_their_flags(void **cookie)
{
	struct vp8_bool flags, literal;
	unsigned int first, second, n, i, bits;

	(void)cookie;
	for (n = 1; n <= 8; n++) {
		for (first = 0; first < 255; first++) {
			for (second = 0; second < 256; second++) {
				const uint8_t data[4] = {(uint8_t)first, (uint8_t)second};

				vp8_bool_init(&flags, data, sizeof(data));
				vp8_bool_init(&literal, data, sizeof(data));
				for (i = 0, bits = 0; i < n; i++)
					bits = bits << 1 | vp8_bool_flag(&flags);
				assert_int_equal(vp8_bool_literal(&literal, n), bits);
				assert_same_state(&flags, &literal);
			}
		}
	}
}

/* The value would not be below the range: a frame like that was damaged. */
static void test_bool_of_255_is_empty(void **cookie)
{
	const uint8_t data[] = {255, 1, 2, 3};
	struct vp8_bool b;

	(void)cookie;
	vp8_bool_init(&b, data, sizeof(data));
	assert_false(vp8_bool_ok(&b));
	assert_int_equal(vp8_bool_literal(&b, 8), 0);
	assert_false(vp8_bool_ok(&b));
}

/* ---- Fields ---- */

static void test_key_frame_has_its_fields(void **cookie)
{
	struct vp8_setup setup = key;
	struct vp8_state state = {0};
	struct vp8_frame frame;

	(void)cookie;
	setup.version = 2;
	setup.hidden = true;
	setup.scale = 2;
	setup.color_space = setup.clamping_type = true;
	setup.simple_filter = true;
	setup.filter_level = 41;
	setup.sharpness = 5;
	setup.log2_partitions = 3;
	setup.qi = 101;
	for (int i = 0; i < 5; i++)
		setup.q_deltas[i] = i % 2 ? -i - 7 : i + 7;
	parse(&setup, &state, &frame);
	assert_true(frame.tag.key_frame);
	assert_false(frame.tag.show_frame);
	assert_int_equal(frame.tag.version, 2);
	assert_int_equal(frame.tag.width, 33);
	assert_int_equal(frame.tag.height, 18);
	assert_int_equal(frame.tag.horizontal_scale, 2);
	assert_int_equal(frame.tag.vertical_scale, 2);
	assert_int_equal(frame.tag.size_bytes, 10);
	assert_true(frame.color_space && frame.clamping_type && frame.filter_type);
	assert_int_equal(frame.loop_filter_level, 41);
	assert_int_equal(frame.sharpness_level, 5);
	assert_int_equal(frame.n_partitions, 8);
	assert_int_equal(frame.quant.y_ac_qi, 101);
	assert_int_equal(frame.quant.y_dc_delta, 7);
	assert_int_equal(frame.quant.y2_dc_delta, -8);
	assert_int_equal(frame.quant.y2_ac_delta, 9);
	assert_int_equal(frame.quant.uv_dc_delta, -10);
	assert_int_equal(frame.quant.uv_ac_delta, 11);
	assert_true(frame.refresh_golden_frame && frame.refresh_alternate_frame &&
		    frame.refresh_last && frame.refresh_entropy_probs);
	assert_true(frame.mb_no_coeff_skip);
	assert_int_equal(frame.prob_skip_false, 128);
}

static void test_inter_frame_has_its_fields(void **cookie)
{
	struct vp8_setup setup = {.width = 33, .height = 18};
	struct vp8_state state = {0};
	struct vp8_frame frame;

	(void)cookie;
	parse(&key, &state, &frame);
	setup.refresh_golden = true;
	setup.copy_to_alternate = VP8_COPY_OTHER;
	setup.bias_alternate = true;
	setup.keep_last = true;
	for (unsigned int i = 0; i < 4; i++)
		setup.y_mode_probs[i] = 11 + i;
	for (unsigned int i = 0; i < 3; i++)
		setup.uv_mode_probs[i] = 21 + i;
	setup.mv_index = 20;
	setup.mv_prob = 77;
	parse(&setup, &state, &frame);
	assert_false(frame.tag.key_frame);
	assert_int_equal(frame.tag.size_bytes, 3);
	assert_true(frame.refresh_golden_frame);
	assert_false(frame.refresh_alternate_frame || frame.refresh_last);
	assert_int_equal(frame.copy_buffer_to_golden, VP8_COPY_NONE);
	assert_int_equal(frame.copy_buffer_to_alternate, VP8_COPY_OTHER);
	assert_true(frame.sign_bias_alternate && !frame.sign_bias_golden);
	assert_int_equal(frame.prob_intra, 128);
	assert_int_equal(frame.prob_last, 128);
	assert_int_equal(frame.prob_gf, 128);
	assert_int_equal(frame.probs.y_mode[3], 14);
	assert_int_equal(frame.probs.uv_mode[0], 21);
	assert_int_equal(frame.probs.mv[1][1], 154);
	setup.mv_prob = 0;
	parse(&setup, &state, &frame);
	assert_int_equal(frame.probs.mv[1][1], 154);
	assert_int_equal(frame.probs.y_mode[0], 11);
}

static void test_state_at_the_end_of_the_header_goes_on(void **cookie)
{
	uint8_t data[VP8_WRITER_MAX_BYTES];
	struct vp8_state state = {0};
	struct vp8_frame frame;
	struct vp8_bool b;
	uint32_t value;

	(void)cookie;
	vp8_write_frame(&key, data);
	assert_int_equal(vp8_parse_frame(data, vp8_write_frame(&key, data), &state, &frame), 0);
	/* As a driver does: eight bits of value, and the data from where they end. */
	b = (struct vp8_bool){.data = data + 10, .size_bytes = frame.tag.first_part_size};
	b.range = frame.range;
	value = (uint32_t)frame.value << 8;
	for (unsigned int i = 0; i < 8; i++) {
		unsigned int at = frame.header_bits + 8 + i;

		value |= (uint32_t)(b.data[at / 8] >> (7 - at % 8) & 1) << (7 - i);
	}
	/* The value's lower half is filled up to a whole byte of the data. */
	value &= ~((UINT32_C(1) << frame.header_bits % 8) - 1);
	b.value = (uint64_t)value << 48;
	b.n_cached = 16 - frame.header_bits % 8;
	b.next = frame.header_bits / 8 + 2;
	assert_int_equal(vp8_bool_get_bits(&b), frame.header_bits);
	for (unsigned int i = 0; i < 6; i++) {
		assert_true(read_one(&b, 128));
		assert_true(read_one(&b, vp8_key_y_mode_probs[0]));
		assert_false(read_one(&b, vp8_key_y_mode_probs[1]));
		assert_false(read_one(&b, vp8_key_y_mode_probs[2]));
		assert_false(read_one(&b, vp8_key_uv_mode_probs[0]));
	}
}

/* ---- What stays ---- */

static void test_segmentation_stays_until_a_key_frame(void **cookie)
{
	struct vp8_setup setup = key;
	struct vp8_setup inter = {.width = 33, .height = 18};
	struct vp8_state state = {0};
	struct vp8_frame frame;

	(void)cookie;
	setup.segmentation = setup.update_map = setup.update_data = setup.absolute = true;
	for (int i = 0; i < 4; i++) {
		setup.quantizer[i] = i % 2 ? -127 + i : 100 + i;
		setup.filter[i] = i % 2 ? -63 : i;
	}
	setup.tree_probs[1] = 9;
	parse(&setup, &state, &frame);
	assert_int_equal(frame.segmentation.quantizer_update[1], -126);
	assert_int_equal(frame.segmentation.quantizer_update[2], 102);
	assert_int_equal(frame.segmentation.lf_update[3], -63);
	assert_int_equal(frame.segmentation.tree_probs[0], 255);
	assert_int_equal(frame.segmentation.tree_probs[1], 9);
	parse(&inter, &state, &frame);
	assert_false(frame.segmentation_enabled || frame.update_mb_segmentation_map ||
		     frame.update_segment_feature_data);
	inter.segmentation = true;
	parse(&inter, &state, &frame);
	assert_true(frame.segmentation_enabled && frame.segmentation.segment_feature_mode);
	assert_int_equal(frame.segmentation.quantizer_update[3], -124);
	/* What is sent replaces all: values that are left out are 0. */
	inter.update_data = true;
	inter.quantizer[1] = 5;
	parse(&inter, &state, &frame);
	assert_false(frame.segmentation.segment_feature_mode);
	assert_int_equal(frame.segmentation.quantizer_update[1], 5);
	assert_int_equal(frame.segmentation.quantizer_update[3], 0);
	setup.update_data = setup.update_map = false;
	parse(&setup, &state, &frame);
	assert_int_equal(frame.segmentation.quantizer_update[1], 0);
}

static void test_filter_deltas_stay_until_a_key_frame(void **cookie)
{
	struct vp8_setup setup = key;
	struct vp8_setup inter = {.width = 33, .height = 18, .deltas = true};
	struct vp8_state state = {0};
	struct vp8_frame frame;

	(void)cookie;
	setup.deltas = setup.update_deltas = true;
	setup.ref_deltas[0] = 2;
	setup.ref_deltas[3] = -2;
	setup.mode_deltas[1] = -63;
	parse(&setup, &state, &frame);
	assert_true(frame.loop_filter_adj_enable && frame.mode_ref_lf_delta_update);
	inter.update_deltas = true;
	inter.ref_deltas[3] = 7;
	parse(&inter, &state, &frame);
	assert_int_equal(frame.lf_deltas.ref_frame[0], 2);
	assert_int_equal(frame.lf_deltas.ref_frame[3], 7);
	assert_int_equal(frame.lf_deltas.mode[1], -63);
	inter.deltas = false;
	parse(&inter, &state, &frame);
	assert_false(frame.loop_filter_adj_enable || frame.mode_ref_lf_delta_update);
	assert_int_equal(frame.lf_deltas.ref_frame[0], 2);
	parse(&key, &state, &frame);
	assert_int_equal(frame.lf_deltas.ref_frame[0], 0);
}

static void test_probabilities_are_taken_back(void **cookie)
{
	struct vp8_setup inter = {.width = 33, .height = 18, .keep_entropy = true};
	struct vp8_state state = {0};
	struct vp8_frame frame;

	(void)cookie;
	parse(&key, &state, &frame);
	inter.coeff_index = 500;
	inter.coeff_prob = 3;
	inter.mv_index = 4;
	inter.mv_prob = 0x7f;
	parse(&inter, &state, &frame);
	assert_int_equal((&frame.probs.coeff[0][0][0][0])[500], 3);
	assert_int_equal(frame.probs.mv[0][4], 254);
	inter.coeff_prob = inter.mv_prob = 0;
	parse(&inter, &state, &frame);
	assert_memory_equal(frame.probs.coeff, vp8_default_coeff_probs, sizeof(frame.probs.coeff));
	assert_memory_equal(frame.probs.mv, vp8_default_mv_probs, sizeof(frame.probs.mv));
	inter.keep_entropy = false;
	inter.coeff_prob = 4;
	parse(&inter, &state, &frame);
	inter.coeff_prob = 0;
	parse(&inter, &state, &frame);
	assert_int_equal((&frame.probs.coeff[0][0][0][0])[500], 4);
	parse(&key, &state, &frame);
	assert_memory_equal(frame.probs.coeff, vp8_default_coeff_probs, sizeof(frame.probs.coeff));
}

/* ---- Damage ---- */

static void refuse(const uint8_t *data, size_t size_bytes)
{
	struct vp8_state state, before;
	struct vp8_frame frame;

	memset(&state, 0x5a, sizeof(state));
	before = state;
	assert_int_equal(parse_bytes(data, size_bytes, &state, &frame), -EBADMSG);
	assert_memory_equal(&state, &before, sizeof(state));
}

static void test_every_cut_is_refused(void **cookie)
{
	struct vp8_setup setup = key;
	uint8_t data[VP8_WRITER_MAX_BYTES];
	size_t size_bytes, n;

	(void)cookie;
	setup.log2_partitions = 2;
	size_bytes = vp8_write_frame(&setup, data);
	/* The last partition is as long as there are bytes; it ends with four of its own. */
	for (n = 0; n <= size_bytes - 4; n++)
		refuse(data, n);
}

static void test_bad_tags_are_refused(void **cookie)
{
	static const struct {
		size_t at;
		uint8_t value;
	} faults[] = {
		{0, 0x18}, /* version 4, and a first partition of some size */
		{3, 0x9c},
		{4, 0x00},
		{5, 0x2b}, /* the start code */
	};
	uint8_t data[VP8_WRITER_MAX_BYTES];
	struct vp8_setup setup = key;
	size_t size_bytes, i;

	(void)cookie;
	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		size_bytes = vp8_write_frame(&setup, data);
		data[faults[i].at] = faults[i].value;
		refuse(data, size_bytes);
	}
	size_bytes = vp8_write_frame(&setup, data);
	data[6] = data[7] = 0; /* no width */
	refuse(data, size_bytes);
	size_bytes = vp8_write_frame(&setup, data);
	data[8] = 0, data[9] = 0xc0; /* no height, but a scale */
	refuse(data, size_bytes);
	size_bytes = vp8_write_frame(&setup, data);
	data[0] &= 0x1f, data[1] = data[2] = 0; /* an empty first partition */
	refuse(data, size_bytes);
	size_bytes = vp8_write_frame(&setup, data);
	data[2] = 0xff; /* one that is too long */
	refuse(data, size_bytes);
}

/* The header reads on in what is the next partition's. */
static void test_short_first_partition_is_refused(void **cookie)
{
	uint8_t data[VP8_WRITER_MAX_BYTES];
	size_t size_bytes = vp8_write_frame(&key, data);

	(void)cookie;
	data[0] = (uint8_t)((data[0] & 0x1f) | 8 << 5);
	data[1] = data[2] = 0;
	refuse(data, size_bytes);
}

static void test_partition_sizes_beyond_the_frame_are_refused(void **cookie)
{
	struct vp8_setup setup = key;
	uint8_t data[VP8_WRITER_MAX_BYTES];
	uint8_t *sizes;
	size_t size_bytes;

	(void)cookie;
	setup.log2_partitions = 1;
	size_bytes = vp8_write_frame(&setup, data);
	sizes = data + 10 + ((data[0] | data[1] << 8 | data[2] << 16) >> 5);
	sizes[1] = 1;
	refuse(data, size_bytes);
	size_bytes = vp8_write_frame(&setup, data);
	sizes[0] = 0; /* an empty one */
	refuse(data, size_bytes);
	size_bytes = vp8_write_frame(&setup, data);
	sizes[0] = (uint8_t)(size_bytes - 3 - (size_t)(sizes - data)); /* nothing is left */
	refuse(data, size_bytes);
}

/* Bytes that were found to stop others. */
static void test_known_bytes_are_refused(void **cookie)
{
	static const uint8_t tag_only[] = {0x10, 0x00, 0x00};
	static const uint8_t start_only[] = {0x10, 0x02, 0x00, 0x9d, 0x01,
					     0x2a, 0x10, 0x00, 0x10, 0x00};
	static const uint8_t one[] = {0xc0};

	(void)cookie;
	refuse(tag_only, sizeof(tag_only));
	refuse(start_only, sizeof(start_only));
	refuse(one, sizeof(one));
	refuse(one, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bool_reads_what_was_written),
		cmocka_unit_test(test_bool_finds_what_is_set),
		cmocka_unit_test(test_bool_skips_as_it_reads),
		cmocka_unit_test(test_bool_skips_run_after_run),
		cmocka_unit_test(test_bool_ends_with_its_data),
		cmocka_unit_test(test_bool_literals_are_their_flags),
		cmocka_unit_test(test_bool_of_255_is_empty),
		cmocka_unit_test(test_key_frame_has_its_fields),
		cmocka_unit_test(test_inter_frame_has_its_fields),
		cmocka_unit_test(test_state_at_the_end_of_the_header_goes_on),
		cmocka_unit_test(test_segmentation_stays_until_a_key_frame),
		cmocka_unit_test(test_filter_deltas_stay_until_a_key_frame),
		cmocka_unit_test(test_probabilities_are_taken_back),
		cmocka_unit_test(test_every_cut_is_refused),
		cmocka_unit_test(test_bad_tags_are_refused),
		cmocka_unit_test(test_short_first_partition_is_refused),
		cmocka_unit_test(test_partition_sizes_beyond_the_frame_are_refused),
		cmocka_unit_test(test_known_bytes_are_refused),
	};

	return cmocka_run_group_tests_name("vp8-header", tests, NULL, NULL);
}
