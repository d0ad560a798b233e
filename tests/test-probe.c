/* SPDX-License-Identifier: MIT */
/*
 * test-probe.c - what the library says of streams that it does not decode, in whatever pieces
 */
#include "h264-headers.h"
#include "vacodec-fixture.h"
#include <stdlib.h>
#include <string.h>

static struct vawrap_display *open_display(void)
{
	struct client c = {0};
	struct vawrap_display *display;

	assert_int_equal(client_open(&c), 0);
	display = vawrap_display_ref(c.display);
	client_close(&c);
	return display;
}

static int probe(const uint8_t *data, size_t size_bytes, size_t piece_bytes,
		 struct vacodec_probe_result *result)
{
	struct vawrap_display *display = open_display();
	struct vacodec_probe *p;
	size_t i, n;
	int ret = vacodec_probe_new(display, VACODEC_CODEC_H264, &p);

	assert_int_equal(ret, 0);
	for (i = 0; i < size_bytes && ret == 0; i += n) {
		n = size_bytes - i < piece_bytes ? size_bytes - i : piece_bytes;
		ret = vacodec_probe_send(p, data + i, n);
	}
	assert_int_equal(ret, 0);
	*result = (struct vacodec_probe_result){.size_bytes = sizeof(*result)};
	ret = vacodec_probe_get_result(p, result);
	vacodec_probe_free(p);
	vawrap_display_unref(display);
	return ret;
}

static struct vacodec_probe_result probe_written(const struct writer *w)
{
	struct vacodec_probe_result result;

	assert_int_equal(probe(w->data, w->n_bits / 8, SIZE_MAX, &result), 0);
	return result;
}

static bool has(const struct vacodec_probe_result *result, const char *feature)
{
	const char *name;
	unsigned int i;

	for (i = 0; (name = vacodec_probe_get_feature_name(VACODEC_CODEC_H264, i)); i++) {
		if (strcmp(name, feature) == 0)
			return result->features >> i & 1;
	}
	fail_msg("no feature is called %s", feature);
	return false;
}

/* ---- What is refused ---- */

static void test_baseline_decodes(void **state)
{
	const struct setup s = {66, 0x40, 30, 2, false, false, 0, 0};
	struct vacodec_probe_result r;
	struct writer w = {0};

	(void)state;
	write_headers(&w, &s);
	write_slice(&w, &s, 0, 7, 0x65);
	r = probe_written(&w);
	assert_int_equal(r.error, 0);
	assert_string_equal(r.reason, "");
	assert_string_equal(r.profile, "Constrained Baseline");
	assert_int_equal(r.format.profile, VAProfileH264ConstrainedBaseline);
	assert_int_equal(r.format.level, 30);
	assert_int_equal(r.format.crop.width, 32);
	assert_int_equal(r.chroma, 420);
	assert_int_equal(r.max_refs, 3);
	assert_int_equal(r.structure, VACODEC_STRUCTURE_FRAMES);
	assert_int_equal(r.pictures, 1);
	assert_int_equal(r.units, 3);
	assert_true(has(&r, "cavlc") && has(&r, "i-slices") && has(&r, "poc-type-2"));
	assert_false(has(&r, "multi-slice") || has(&r, "fmo"));
}

static void test_slice_groups_are_named(void **state)
{
	const struct setup s = {66, 0, 30, 2, false, true, 0, 0};
	struct vacodec_probe_result r;
	struct writer w = {0};

	(void)state;
	write_headers(&w, &s);
	write_slice(&w, &s, 0, 7, 0x65);
	write_slice(&w, &s, 1, 7, 0x65);
	r = probe_written(&w);
	assert_int_equal(r.error, -ENOTSUP);
	assert_string_equal(r.reason, "slice groups (FMO)");
	assert_string_equal(r.profile, "Baseline");
	assert_true(has(&r, "fmo") && has(&r, "multi-slice"));
	assert_int_equal(r.pictures, 1);
}

static void test_slice_order_is_named(void **state)
{
	const struct setup s = {66, 0, 30, 2, false, false, 0, 0};
	struct vacodec_probe_result r;
	struct writer w = {0};

	(void)state;
	write_headers(&w, &s);
	write_slice(&w, &s, 2, 7, 0x65);
	write_slice(&w, &s, 0, 7, 0x65);
	r = probe_written(&w);
	assert_int_equal(r.error, -ENOTSUP);
	assert_string_equal(r.reason, "arbitrary slice order (ASO)");
	assert_int_equal(r.pictures, 1);
}

/* Where ASO is not allowed, macroblock 0 begins a picture. */
static void test_macroblock_0_begins_a_picture(void **state)
{
	const struct setup s = {77, 0, 30, 2, false, false, 0, 0};
	struct vacodec_probe_result r;
	struct writer w = {0};

	(void)state;
	write_headers(&w, &s);
	write_slice(&w, &s, 2, 7, 0x65);
	write_slice(&w, &s, 0, 7, 0x65);
	r = probe_written(&w);
	assert_int_equal(r.error, 0);
	assert_int_equal(r.pictures, 2);
	assert_false(has(&r, "aso"));
}

static void test_extended_tools_are_named(void **state)
{
	const struct setup s = {88, 0, 11, 2, false, false, 0, 0};
	struct vacodec_probe_result r;
	struct writer w = {0};

	(void)state;
	write_headers(&w, &s);
	write_slice(&w, &s, 0, 7, 0x65);
	write_slice(&w, &s, 0, 2, 0x62); /* partition A */
	write_slice(&w, &s, 0, 3, 0x61); /* SP */
	r = probe_written(&w);
	assert_int_equal(r.error, -ENOTSUP);
	assert_string_equal(r.reason, "Extended profile, data partitioning, SP and SI slices");
	assert_int_equal(r.format.profile, VAProfileNone);
	assert_int_equal(r.bad_units, 0);
}

/* In a profile without them they are damage. */
static void test_foreign_tools_are_damage(void **state)
{
	const struct setup s = {77, 0, 30, 2, false, false, 0, 0};
	struct vacodec_probe_result r;
	struct writer w = {0};

	(void)state;
	write_headers(&w, &s);
	write_slice(&w, &s, 0, 7, 0x65);
	write_slice(&w, &s, 0, 2, 0x62);
	write_slice(&w, &s, 0, 3, 0x61);
	r = probe_written(&w);
	assert_int_equal(r.error, 0);
	assert_int_equal(r.bad_units, 2);
	assert_int_equal(r.pictures, 1);
}

static void test_fields_are_seen(void **state)
{
	const struct setup s = {77, 0x10, 11, 2, true, false, 0, 0};
	struct vacodec_probe_result r;
	struct writer w = {0};

	(void)state;
	write_headers(&w, &s);
	write_slice(&w, &s, 0, 7, 0x65);
	r = probe_written(&w);
	assert_int_equal(r.structure, VACODEC_STRUCTURE_FIELDS);
	assert_true(r.format.interlaced);
	assert_int_equal(r.format.level, 9); /* 1b */
	assert_int_equal(r.format.coded_height, 64);
}

static void test_the_drivers_limits_are_named(void **state)
{
	const struct setup s = {77, 0, 62, 600, false, false, 0, 0};
	static const VAProfile none[] = {VAProfileH264ConstrainedBaseline};
	struct vacodec_probe_result r;
	struct writer w = {0};

	(void)state;
	write_headers(&w, &s);
	write_slice(&w, &s, 0, 7, 0x65);
	r = probe_written(&w);
	assert_int_equal(r.error, -ENOTSUP);
	assert_non_null(strstr(r.reason, "9600x32 is larger than the driver's "));
	fake_set_profiles(none, 1);
	r = probe_written(&w);
	assert_int_equal(r.error, -ENOTSUP);
	assert_string_equal(r.reason, "Main profile");
}

/* ---- Pieces, ends and misuse ---- */

static void test_pieces_make_no_difference(void **state)
{
	static const size_t pieces[] = {1, 3, 1000};
	struct vacodec_probe_result whole, r;
	struct stream s = stream_load("slices-count");
	size_t i;

	(void)state;
	assert_int_equal(probe(s.data, s.size_bytes, SIZE_MAX, &whole), 0);
	assert_int_equal(whole.error, 0);
	assert_true(has(&whole, "multi-slice"));
	assert_int_equal(whole.bad_units, 0);
	for (i = 0; i < N_OF(pieces); i++) {
		assert_int_equal(probe(s.data, s.size_bytes, pieces[i], &r), 0);
		assert_memory_equal(&r, &whole, sizeof(r));
	}
	stream_free(&s);
}

/* A stream that ends anywhere: no header, or what was there by then. */
static void test_every_end_is_survived(void **state)
{
	struct vacodec_probe_result r;
	struct stream s = stream_load("written-crop");
	size_t end_of_sps = stream_find_unit(&s, 1);
	uint64_t pictures = 0;
	uint8_t *copy;
	size_t n;
	int ret;

	(void)state;
	for (n = 0; n <= s.size_bytes; n += n < 200 ? 1 : 37) {
		/* Exactly as large, for valgrind and the sanitizers. */
		copy = malloc(n + !n);
		assert_non_null(copy);
		memcpy(copy, s.data, n);
		ret = probe(copy, n, SIZE_MAX, &r);
		free(copy);
		assert_true(ret == 0 || ret == -ENODATA);
		if (n >= end_of_sps)
			assert_int_equal(ret, 0);
		assert_true(r.pictures >= pictures);
		pictures = r.pictures;
	}
	assert_true(pictures > 0);
	stream_free(&s);
}

static void test_without_a_display_it_is_described(void **state)
{
	struct vacodec_probe_result r = {.size_bytes = sizeof(r)};
	struct stream s = stream_load("cabac-b");
	struct vacodec_probe *p;

	(void)state;
	assert_int_equal(vacodec_probe_new(NULL, VACODEC_CODEC_H264, &p), 0);
	assert_int_equal(vacodec_probe_send(p, s.data, s.size_bytes), 0);
	assert_int_equal(vacodec_probe_get_result(p, &r), 0);
	assert_int_equal(r.error, -ENODEV);
	assert_true(r.reason[0]);
	assert_true(has(&r, "cabac") && has(&r, "b-slices"));
	assert_int_equal(r.format.profile, VAProfileNone);
	assert_null(vacodec_probe_free(p));
	stream_free(&s);
}

static void test_misuse_is_refused(void **state)
{
	struct vacodec_probe_result r = {.size_bytes = sizeof(r) - 1};
	struct vacodec_probe *p;

	(void)state;
	assert_int_equal(vacodec_probe_new(NULL, VACODEC_CODEC_NONE, &p), -EINVAL);
	assert_null(p);
	assert_int_equal(vacodec_probe_new(NULL, VACODEC_N_CODECS, &p), -EINVAL);
	assert_int_equal(vacodec_probe_new(NULL, VACODEC_CODEC_H264, NULL), -EINVAL);
	assert_null(vacodec_probe_get_feature_name(VACODEC_CODEC_NONE, 0));
	assert_null(vacodec_probe_get_feature_name(VACODEC_CODEC_H264, 64));
	assert_null(vacodec_probe_free(NULL));
	assert_int_equal(vacodec_probe_new(NULL, VACODEC_CODEC_H264, &p), 0);
	assert_int_equal(vacodec_probe_send(NULL, NULL, 0), -EINVAL);
	assert_int_equal(vacodec_probe_send(p, NULL, 1), -EINVAL);
	assert_int_equal(vacodec_probe_send(p, NULL, 0), 0);
	assert_int_equal(vacodec_probe_get_result(p, &r), -EINVAL);
	r.size_bytes = sizeof(r);
	assert_int_equal(vacodec_probe_get_result(p, &r), -ENODATA);
	vacodec_probe_free(p);
}

static void test_allocations_may_fail(void **state)
{
	static const uint8_t data[] = {0, 0, 1, 0x67, 66, 0, 30, 0xff};
	struct vacodec_probe *p;
	unsigned int n;
	int ret;

	(void)state;
	for (n = 1; n < 100; n++) {
		fake_alloc_reset(n);
		ret = vacodec_probe_new(NULL, VACODEC_CODEC_H264, &p);
		if (ret == 0)
			ret = vacodec_probe_send(p, data, sizeof(data));
		p = vacodec_probe_free(p);
		if (!fake_alloc_has_failed())
			break;
		assert_int_equal(ret, -ENOMEM);
	}
	fake_alloc_reset(0);
	assert_int_equal(n, 4); /* probe, codec, splitter */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_baseline_decodes),
		FAKE_TEST(test_slice_groups_are_named),
		FAKE_TEST(test_slice_order_is_named),
		FAKE_TEST(test_macroblock_0_begins_a_picture),
		FAKE_TEST(test_extended_tools_are_named),
		FAKE_TEST(test_foreign_tools_are_damage),
		FAKE_TEST(test_fields_are_seen),
		FAKE_TEST(test_the_drivers_limits_are_named),
		FAKE_TEST(test_pieces_make_no_difference),
		FAKE_TEST(test_every_end_is_survived),
		FAKE_TEST(test_without_a_display_it_is_described),
		FAKE_TEST(test_misuse_is_refused),
		FAKE_TEST(test_allocations_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
