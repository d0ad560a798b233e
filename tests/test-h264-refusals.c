/* SPDX-License-Identifier: MIT */
/*
 * test-h264-refusals.c - what is not decoded ends the session by name, and damage does not
 *
 * The streams are headers; the fake driver decodes nothing. Most of them are of 2x2 macroblocks.
 */
#include "h264-headers.h"
#include "vacodec-fixture.h"
#include <stdlib.h>
#include <string.h>

#define IDR     0x65
#define PICTURE 0x61

static const struct setup main_profile = {77, 0, 30, 2, false, false, 0, 0};
static const struct setup baseline = {66, 0, 30, 2, false, false, 0, 0};
static const struct setup constrained = {66, 0x40, 30, 2, false, false, 0, 0};
static const struct setup extended = {88, 0, 30, 2, false, false, 0, 0};
static const struct setup slice_groups = {66, 0, 30, 2, false, true, 0, 0};

/* An IDR picture of two slices; their first macroblocks. */
static void write_idr(struct writer *w, const struct setup *s, unsigned int id, unsigned int first,
		      unsigned int second)
{
	struct setup picture = *s;

	picture.idr_pic_id = id;
	write_slice(w, &picture, first, 7, IDR);
	write_slice(w, &picture, second, 7, IDR);
}

static int decode(struct client *c, const struct writer *w)
{
	int ret = client_open(c);

	assert_int_equal(ret, 0);
	ret = client_send(c, w->data, w->n_bits / 8, 0);
	if (ret == 0)
		ret = client_drain(c);
	return ret;
}

static void assert_refused(const struct writer *w, const char *reason, unsigned int n_frames)
{
	struct client c = {0};

	assert_int_equal(decode(&c, w), -ENOTSUP);
	assert_int_equal(c.error, -ENOTSUP);
	assert_int_equal(c.n_frames, n_frames);
	if (!strstr(vacodec_decoder_get_last_error(c.decoder), reason))
		fail_msg("\"%s\" lacks \"%s\"", vacodec_decoder_get_last_error(c.decoder), reason);
	client_close(&c);
}

static void assert_decoded(const struct writer *w, const char *corrupt)
{
	struct client c = {0};
	unsigned int i;

	assert_int_equal(decode(&c, w), 0);
	assert_int_equal(c.n_frames, strlen(corrupt));
	for (i = 0; i < c.n_frames; i++)
		assert_int_equal(c.flags[i] & VACODEC_FRAME_CORRUPT ? '!' : '.', corrupt[i]);
	client_close(&c);
}

/* ---- Before the first picture ---- */

static void test_tools_are_refused_by_name(void **state)
{
	static const struct {
		const struct setup *setup;
		unsigned int first_mb, type, header;
		const char *reason;
	} cases[] = {
		{&slice_groups, 0, 7, IDR, "slice groups (FMO)"},
		{&extended, 0, 2, 0x62, "data partitioning"},
		{&extended, 0, 3, PICTURE, "SP and SI slices"},
		{&extended, 0, 4, IDR, "SP and SI slices"},
		{&extended, 0, 7, IDR, "Extended profile"},
	};
	struct writer w;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(&w, 0, sizeof(w));
		write_headers(&w, cases[i].setup);
		write_slice(&w, cases[i].setup, cases[i].first_mb, cases[i].type, cases[i].header);
		assert_refused(&w, cases[i].reason, 0);
	}
}

static void write_high_sps(struct writer *w, unsigned int chroma, unsigned int depth)
{
	begin(w, 0x67);
	put(w, 24, 244 << 16 | 30);
	ue(w, 0);
	ue(w, chroma);
	if (chroma == 3)
		put(w, 1, 1); /* separate_colour_plane_flag */
	ue(w, depth - 8);
	ue(w, depth - 8);
	put(w, 2, 2); /* lossless, no scaling lists */
	ue(w, 0);
	ue(w, 2);
	ue(w, 3);
	put(w, 1, 0);
	ue(w, 1);
	ue(w, 1);
	put(w, 4, 12);
	end(w);
}

static void test_formats_are_refused_by_name(void **state)
{
	struct writer w = {0};

	(void)state;
	write_high_sps(&w, 3, 14);
	write_pps(&w, &main_profile);
	begin(&w, IDR);
	ue(&w, 0);
	ue(&w, 7);
	ue(&w, 0);
	put(&w, 32, 0x0fffffff); /* colour_plane_id and the rest */
	end(&w);
	assert_refused(&w, "4:4:4 chroma, separate colour planes, 14 bit samples, lossless", 0);
}

static void test_slice_order_is_refused(void **state)
{
	struct writer w = {0};

	(void)state;
	write_headers(&w, &baseline);
	write_idr(&w, &baseline, 0, 2, 0);
	assert_refused(&w, "arbitrary slice order (ASO)", 0);
}

/* ---- What looks like it and is damage ---- */

static void test_foreign_tools_cost_their_own_frames(void **state)
{
	struct writer w = {0};

	(void)state;
	write_headers(&w, &main_profile);
	write_idr(&w, &main_profile, 0, 0, 2);
	write_slice(&w, &main_profile, 2, 2, 0x62);
	write_idr(&w, &main_profile, 1, 0, 2);
	write_slice(&w, &main_profile, 3, 3, PICTURE);
	write_idr(&w, &main_profile, 0, 0, 2);
	assert_decoded(&w, "!!.");
}

static void test_slices_out_of_order_flag_their_frame(void **state)
{
	static const struct setup *const setups[] = {&main_profile, &constrained};
	struct writer w;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		memset(&w, 0, sizeof(w));
		write_headers(&w, setups[i]);
		write_idr(&w, setups[i], 0, 2, 1);
		write_idr(&w, setups[i], 1, 0, 2);
		assert_decoded(&w, "!.");
	}
}

/* Baseline has ASO: order that was there once makes one picture without it damage, but not two. */
static void test_one_picture_out_of_order_is_damage(void **state)
{
	struct writer w = {0};

	(void)state;
	write_headers(&w, &baseline);
	write_idr(&w, &baseline, 0, 0, 2);
	write_idr(&w, &baseline, 1, 2, 1);
	write_idr(&w, &baseline, 0, 0, 2);
	assert_decoded(&w, ".!.");
	write_idr(&w, &baseline, 1, 2, 1);
	write_idr(&w, &baseline, 0, 2, 1);
	assert_refused(&w, "arbitrary slice order (ASO)", 4);
}

/* A slice that comes twice is no order of its own. */
static void test_a_slice_twice_is_damage(void **state)
{
	struct writer w = {0};

	(void)state;
	write_headers(&w, &baseline);
	write_idr(&w, &baseline, 0, 1, 1);
	write_idr(&w, &baseline, 1, 0, 2);
	assert_decoded(&w, "!.");
}

/* In the middle of what is decoded, a header that ends it must come twice. */
static void test_a_sequence_header_is_refused_when_it_comes_twice(void **state)
{
	struct writer w = {0};

	(void)state;
	write_headers(&w, &main_profile);
	write_idr(&w, &main_profile, 0, 0, 2);
	write_sps(&w, &extended);
	write_slice(&w, &(struct setup){77, .frame_num = 1}, 0, 7, PICTURE);
	write_idr(&w, &main_profile, 1, 0, 2);
	write_sps(&w, &main_profile);
	write_idr(&w, &main_profile, 0, 0, 2);
	/* Not the picture of the same sequence, but the next sequence is in doubt. */
	assert_decoded(&w, "..!.");
	write_sps(&w, &extended);
	write_idr(&w, &main_profile, 1, 0, 2);
	assert_refused(&w, "Extended profile", 4);
}

static void test_a_picture_header_is_refused_when_it_comes_twice(void **state)
{
	struct setup without = slice_groups;
	struct writer w = {0};

	(void)state;
	without.slice_groups = false;
	write_headers(&w, &without);
	write_idr(&w, &without, 0, 0, 2);
	write_pps(&w, &slice_groups);
	write_idr(&w, &without, 1, 0, 2);
	assert_decoded(&w, "..");
	write_pps(&w, &slice_groups);
	write_idr(&w, &without, 0, 0, 2);
	assert_refused(&w, "slice groups (FMO)", 2);
}

/* Profiles without slice groups never have them. */
static void test_slice_groups_of_other_profiles_are_damage(void **state)
{
	struct setup damaged = main_profile;
	struct writer w = {0};

	(void)state;
	damaged.slice_groups = true;
	write_headers(&w, &main_profile);
	write_pps(&w, &damaged);
	write_pps(&w, &damaged);
	write_idr(&w, &main_profile, 0, 0, 2);
	assert_decoded(&w, ".");
}

/* ---- Loops that a stream drives ---- */

/* An IDR picture and a P slice with so many commands; the slice is damaged when it has too many. */
static void check_commands(unsigned int n_modifications, unsigned int n_operations, bool damaged)
{
	struct writer w = {0};

	write_headers(&w, &main_profile);
	write_idr(&w, &main_profile, 0, 0, 2);
	begin(&w, PICTURE);
	ue(&w, 0);
	ue(&w, 5);
	ue(&w, 0);
	put(&w, 4, 1); /* frame_num */
	put(&w, 1, 0); /* num_ref_idx_active_override_flag */
	put(&w, 1, n_modifications > 0);
	if (n_modifications > 0) {
		for (; n_modifications > 0; n_modifications--)
			put(&w, 2, 3); /* of the picture before, by one */
		ue(&w, 3);
	}
	put(&w, 1, n_operations > 0);
	for (; n_operations > 0; n_operations--) {
		ue(&w, 4); /* no long-term references */
		ue(&w, 0);
	}
	ue(&w, 0);
	ue(&w, 0);
	put(&w, 8, 0xff);
	end(&w);
	assert_decoded(&w, damaged ? "." : "..");
}

/* A list has no more than 33 commands, whatever they are, and marking no more than 66: 7.4.3.1, 7.4.3.3. */
static void test_endless_commands_are_damage(void **state)
{
	(void)state;
	check_commands(1, 0, false);
	check_commands(33, 0, false);
	check_commands(34, 0, true);
	check_commands(300, 0, true);
	check_commands(0, 1, false);
	check_commands(0, 66, false);
	check_commands(0, 67, true);
	check_commands(0, 300, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_tools_are_refused_by_name),
		FAKE_TEST(test_formats_are_refused_by_name),
		FAKE_TEST(test_slice_order_is_refused),
		FAKE_TEST(test_foreign_tools_cost_their_own_frames),
		FAKE_TEST(test_slices_out_of_order_flag_their_frame),
		FAKE_TEST(test_one_picture_out_of_order_is_damage),
		FAKE_TEST(test_a_slice_twice_is_damage),
		FAKE_TEST(test_a_sequence_header_is_refused_when_it_comes_twice),
		FAKE_TEST(test_a_picture_header_is_refused_when_it_comes_twice),
		FAKE_TEST(test_slice_groups_of_other_profiles_are_damage),
		FAKE_TEST(test_endless_commands_are_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
