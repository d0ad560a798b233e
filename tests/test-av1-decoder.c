/* SPDX-License-Identifier: MIT */
/*
 * test-av1-decoder.c - AV1's decoder on the fake libva: OBUs of both forms in any pieces, and damage
 *
 * The fake decodes nothing: what is compared is what the driver is given. The two streams are of one
 * encoder and one source, of the low-overhead form and of Annex B.
 */
#include "codec-stream.h"
#include "vacodec-fixture.h"
#include "libvacodec/av1-frame.h"
#include "libvacodec/unit-splitter.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <va/va_dec_av1.h>

#define N_FRAMES 10

static struct {
	uint64_t hash;
	unsigned int n_pictures;
	unsigned int n_grained; /* with grain, into a surface of its own */
	unsigned int n_apart;   /* that are shown from another surface than they are decoded into */
} seen;

/* FNV-1a */
static void add_bytes(const void *data, size_t size_bytes)
{
	const uint8_t *bytes = data;
	size_t i;

	for (i = 0; i < size_bytes; i++)
		seen.hash = (seen.hash ^ bytes[i]) * UINT64_C(0x100000001b3);
}

static void on_render(void *cookie, VABufferType type, const void *data, size_t size_bytes,
		      size_t n)
{
	VADecPictureParameterBufferAV1 picture;

	(void)cookie;
	(void)n;
	if (type != VAPictureParameterBufferType) {
		add_bytes(data, size_bytes); /* of all n elements */
		return;
	}
	seen.n_pictures++;
	memcpy(&picture, data, sizeof(picture));
	seen.n_grained += picture.film_grain_info.film_grain_info_fields.bits.apply_grain;
	seen.n_apart += picture.current_display_picture != picture.current_frame;
	/* Which surfaces it is says nothing of the stream. */
	picture.current_frame = 0;
	picture.current_display_picture = 0;
	memset(picture.ref_frame_map, 0, sizeof(picture.ref_frame_map));
	add_bytes(&picture, sizeof(picture));
}

static struct stream load(const char *name)
{
	struct stream stream = {0};
	char path[1024];
	FILE *file;

	snprintf(path, sizeof(path), "%s%s", STREAMS, name);
	file = fopen(path, "rb");
	assert_non_null(file);
	stream.data = test_malloc(1 << 20);
	stream.size_bytes = fread(stream.data, 1, 1 << 20, file);
	fclose(file);
	assert_true(stream.size_bytes > 0);
	return stream;
}

/* ---- The client ---- */

static int open_av1(struct client *c)
{
	static const VAProfile profiles[] = {VAProfileAV1Profile0, VAProfileAV1Profile1};
	static const struct fake_hooks hooks = {.render = on_render};

	fake_set_profiles(profiles, 2);
	fake_set_hooks(&hooks);
	seen.hash = UINT64_C(0xcbf29ce484222325);
	seen.n_pictures = 0;
	seen.n_grained = 0;
	seen.n_apart = 0;
	c->codec = VACODEC_CODEC_AV1;
	return client_open(c);
}

static void close_av1(struct client *c)
{
	client_close(c);
	fake_set_hooks(&(struct fake_hooks){0});
}

/* Pieces of up to so many bytes, 0: one piece. */
static int run(struct client *c, const uint8_t *data, size_t size_bytes, size_t piece_bytes)
{
	size_t at = 0;
	size_t n;
	int ret = open_av1(c);

	if (ret < 0)
		return ret;
	while (ret == 0 && at < size_bytes) {
		n = size_bytes - at;
		if (piece_bytes > 0 && n > piece_bytes)
			n = 1 + (size_t)rand() % piece_bytes;
		ret = client_send(c, data + at, n, at);
		at += n;
	}
	if (ret == 0)
		ret = client_drain(c);
	close_av1(c);
	return ret;
}

/* ---- Whole streams ---- */

static void test_both_forms_same_pictures(void **state)
{
	struct stream low = load("av1-section5.obu"), annexb = load("av1-annexb.obu");
	struct client c = {0}, d = {0};
	uint64_t hash;

	(void)state;
	assert_int_equal(run(&c, low.data, low.size_bytes, 0), 0);
	hash = seen.hash;
	assert_int_equal(c.n_frames, N_FRAMES);
	assert_int_equal(c.n_corrupt, 0);
	assert_int_equal(c.n_formats, 1);
	assert_int_equal(run(&d, annexb.data, annexb.size_bytes, 0), 0);
	assert_int_equal(d.n_frames, N_FRAMES);
	assert_true(seen.hash == hash);
	stream_free(&low);
	stream_free(&annexb);
}

static void check_pieces(const char *name)
{
	static const size_t sizes[] = {1, 2, 3, 7, 50, 1000};
	struct stream stream = load(name);
	struct client whole = {0};
	uint64_t hash;
	size_t i;

	assert_int_equal(run(&whole, stream.data, stream.size_bytes, 0), 0);
	hash = seen.hash;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct client c = {0};

		assert_int_equal(run(&c, stream.data, stream.size_bytes, sizes[i]), 0);
		assert_int_equal(c.n_frames, whole.n_frames);
		assert_int_equal(c.n_corrupt, 0);
		assert_true(seen.hash == hash);
	}
	stream_free(&stream);
}

static void test_pieces_of_any_size_same_pictures(void **state)
{
	(void)state;
	check_pieces("av1-section5.obu");
	check_pieces("av1-annexb.obu");
}

/*
 * Cut in two anywhere near the begin: a second piece that can be read as OBUs from its first byte to its last
 * one ("0b 00 00 ...": an empty sequence header, and one of no known type to the end) goes on all the same.
 */
static void test_a_cut_anywhere_is_no_new_begin(void **state)
{
	struct stream stream = load("av1-section5.obu");
	struct client c;
	size_t cut;

	(void)state;
	for (cut = 1; cut < 64; cut++) {
		c = (struct client){0};
		assert_int_equal(open_av1(&c), 0);
		assert_int_equal(client_send(&c, stream.data, cut, 0), 0);
		assert_int_equal(client_send(&c, stream.data + cut, 901, 0), 0);
		assert_int_equal(
			client_send(&c, stream.data + cut + 901, stream.size_bytes - cut - 901, 0),
			0);
		assert_int_equal(client_drain(&c), 0);
		assert_int_equal(c.n_frames, N_FRAMES);
		assert_int_equal(c.n_corrupt, 0);
		close_av1(&c);
	}
	stream_free(&stream);
}

/* An intact frame has the time of the piece with the first byte of its temporal unit. */
static void test_timestamps_of_temporal_units(void **state)
{
	struct stream stream = load("av1-section5.obu");
	struct client c = {0};
	unsigned int i, n = 0;
	size_t at;

	(void)state;
	assert_int_equal(run(&c, stream.data, stream.size_bytes, 1), 0);
	for (at = 0; at + 1 < stream.size_bytes && n < c.n_frames; at++) {
		if (c.timestamps[n] == at) {
			assert_int_equal(stream.data[at], 0x12);
			assert_int_equal(stream.data[at + 1], 0);
			n++;
		}
	}
	assert_int_equal(n, N_FRAMES);
	for (i = 1; i < c.n_frames; i++)
		assert_true(c.timestamps[i] > c.timestamps[i - 1]);
	stream_free(&stream);
}

/* The record has the sequence header, so that the stream needs none. */
static void test_record_stands_for_sequence_header(void **state)
{
	struct stream stream = load("av1-section5.obu");
	uint8_t record[64] = {0x81, 0, 0, 0};
	size_t sequence_bytes = 2U + stream.data[3];
	struct client c = {.extradata = record, .extradata_bytes = 4 + sequence_bytes};
	struct client bad = {.extradata = record, .extradata_bytes = 3};

	(void)state;
	assert_int_equal(stream.data[2], 0x0a);
	memcpy(record + 4, stream.data + 2, sequence_bytes);
	assert_int_equal(run(&c, stream.data + 2 + sequence_bytes,
			     stream.size_bytes - 2 - sequence_bytes, 0),
			 0);
	assert_int_equal(c.n_frames, N_FRAMES);
	assert_int_equal(c.n_corrupt, 0);
	assert_int_equal(open_av1(&bad), -EBADMSG);
	stream_free(&stream);
}

static void test_flush_resumes_at_key_frame(void **state)
{
	struct stream stream = load("av1-section5.obu");
	struct client c = {0};

	(void)state;
	assert_int_equal(open_av1(&c), 0);
	assert_int_equal(client_send(&c, stream.data, stream.size_bytes, 0), 0);
	assert_int_equal(client_drain(&c), 0);
	assert_int_equal(c.n_frames, N_FRAMES);
	assert_int_equal(vacodec_decoder_flush(c.decoder), 0);
	/* Without the beginning there is nothing to begin with, with it there is. */
	assert_int_equal(client_send(&c, stream.data + stream.size_bytes / 2,
				     stream.size_bytes - stream.size_bytes / 2, 0),
			 0);
	assert_int_equal(client_drain(&c), 0);
	assert_int_equal(c.n_frames, N_FRAMES);
	assert_int_equal(vacodec_decoder_flush(c.decoder), 0);
	assert_int_equal(client_send(&c, stream.data, stream.size_bytes, 0), 0);
	assert_int_equal(client_drain(&c), 0);
	assert_int_equal(c.n_frames, 2 * N_FRAMES);
	assert_int_equal(c.n_corrupt, 0);
	close_av1(&c);
	stream_free(&stream);
}

/* References stay clean; without grain there is one surface for both. */
static void test_film_grain_has_a_surface_of_its_own(void **state)
{
	struct stream stream = load("../fuzz/corpus/fuzz-av1/seed-grain-seeds");
	const size_t head = 5 + 16; /* of a fuzzer's input: fuzz-decoder.c */
	struct client with = {0}, without = {.skip_film_grain = true};

	(void)state;
	assert_int_equal(run(&with, stream.data + head, stream.size_bytes - head, 0), 0);
	assert_true(seen.n_grained > 0);
	assert_int_equal(seen.n_apart, seen.n_grained);
	assert_int_equal(with.format.min_frames, 18);
	assert_int_equal(run(&without, stream.data + head, stream.size_bytes - head, 0), 0);
	assert_true(seen.n_pictures > 0);
	assert_int_equal(seen.n_grained, 0);
	assert_int_equal(seen.n_apart, 0);
	assert_int_equal(without.n_frames, with.n_frames);
	stream_free(&stream);
}

/* ---- Damage ---- */

static void check_short(const uint8_t *data, size_t size_bytes)
{
	struct client c = {0};
	int ret = run(&c, data, size_bytes, 0);

	assert_true(ret == 0 || ret == -ENOTSUP);
	assert_int_equal(c.n_frames, 0);
	assert_int_equal(seen.n_pictures, 0);
}

/* What ended other decoders. */
static void test_short_damaged_streams(void **state)
{
	static const struct {
		uint8_t data[6];
		size_t size_bytes;
	} streams[] = {
		{{0x13, 0x00}, 2},             /* reserved bit */
		{{0x10, 0x00}, 2},             /* no size field */
		{{0x12, 0x7f}, 2},             /* a size beyond the data */
		{{0x92, 0x00}, 2},             /* forbidden bit */
		{{0x12, 0x00, 0x32, 0x00}, 4}, /* an empty frame OBU */
		{{0x12, 0x00, 0x22, 0x00}, 4}, /* an empty tile group */
		{{0x12, 0x00, 0x0a, 0x00}, 4}, /* an empty sequence header */
		{{0x16}, 1},                   /* an extension that is not there */
		{{0x80, 0x80, 0x80}, 3},       /* a length without an end */
		{{0x12, 0x00, 0x0a, 0xff, 0xff, 0xff}, 6},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(streams) / sizeof(streams[0]); i++)
		check_short(streams[i].data, streams[i].size_bytes);
	/* A tile list is of large scale tiles. */
	check_short((const uint8_t[]){0x12, 0x00, 0x42, 0x01, 0x00}, 5);
}

/* Headers whose frames have no tiles: flagged frames, and the session goes on. */
static void test_frames_without_tiles(void **state)
{
	struct codec_stream *s = codec_stream_load(STREAMS, "av1-tile-groups.ivf");
	struct client c = {0};
	unsigned int i, n_lost = 0;

	(void)state;
	assert_non_null(s);
	assert_int_equal(open_av1(&c), 0);
	for (i = 0; i < s->n_units; i++) {
		if (codec_stream_get_type(s, i) == AV1_OBU_TILE_GROUP) {
			n_lost++;
			continue;
		}
		assert_int_equal(client_send(&c, codec_stream_get_unit(s, i),
					     codec_stream_get_size(s, i), i),
				 0);
	}
	assert_int_equal(client_drain(&c), 0);
	assert_true(n_lost > 0);
	assert_int_equal(c.n_frames, 6);
	assert_int_equal(c.n_corrupt, 6);
	assert_int_equal(seen.n_pictures, 0);
	close_av1(&c);
	codec_stream_free(s);
}

/* Nothing but the library's word that it is well: no crash, no id left (the fixture looks). */
static void check_flips(const char *name, size_t step)
{
	struct stream stream = load(name);
	size_t bit;

	for (bit = 0; bit < 8 * stream.size_bytes; bit += step) {
		struct client c = {0};

		stream.data[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		run(&c, stream.data, stream.size_bytes, bit % 3 ? 0 : 100);
		assert_true(c.n_frames <= N_FRAMES + 2);
		stream.data[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
	}
	stream_free(&stream);
}

static void test_flipped_bits(void **state)
{
	(void)state;
	check_flips("av1-section5.obu", 41);
	check_flips("av1-annexb.obu", 43);
}

/* Behind damage, decoding goes on at the next sequence header. */
static void test_lost_stream_is_found_again(void **state)
{
	struct stream stream = load("av1-section5.obu");
	uint8_t *twice = test_malloc(2 * stream.size_bytes + 3);
	struct client c = {0};

	(void)state;
	memcpy(twice, stream.data, stream.size_bytes);
	memset(twice + stream.size_bytes, 0xff, 3);
	memcpy(twice + stream.size_bytes + 3, stream.data, stream.size_bytes);
	assert_int_equal(run(&c, twice, 2 * stream.size_bytes + 3, 0), 0);
	assert_int_equal(c.n_frames, 2 * N_FRAMES);
	assert_int_equal(c.n_corrupt, 0);
	test_free(twice);
	stream_free(&stream);
}

/*
 * Up to the next key frame: nobody knows which slots the frame would have gone to. What is shown again from
 * one of them may be the key frame that was there before, and is not taken for a new one.
 */
static void test_damaged_header_flags_what_follows(void **state)
{
	struct stream stream = load("av1-section5.obu");
	uint8_t *twice = test_malloc(2 * stream.size_bytes);
	struct client c = {0};
	unsigned int n = 0, i;
	uint32_t size;
	size_t at = 0;
	int bytes;

	(void)state;
	for (;;) {
		bytes = av1_leb128_read(stream.data + at + 1, stream.size_bytes - at - 1, &size);
		assert_true(bytes > 0);
		n += stream.data[at] == 0x32;
		if (n == 3)
			break;
		at += 1 + (size_t)bytes + size;
	}
	memcpy(twice, stream.data, stream.size_bytes);
	memcpy(twice + stream.size_bytes, stream.data, stream.size_bytes);
	twice[at + 1 + (size_t)bytes] = 0xff; /* a frame that is shown again has no tiles */
	assert_int_equal(run(&c, twice, 2 * stream.size_bytes, 0), 0);
	assert_true(c.n_frames >= 2 * N_FRAMES - 1);
	for (i = 0; i < c.n_frames; i++)
		assert_int_equal((c.flags[i] & VACODEC_FRAME_CORRUPT) != 0,
				 i > 0 && i < c.n_frames - N_FRAMES);
	test_free(twice);
	stream_free(&stream);
}

/* ---- Numbers ---- */

static void test_leb128(void **state)
{
	static const uint8_t five[] = {0xe5, 0x8e, 0x26};
	static const uint8_t large[] = {0xff, 0xff, 0xff, 0xff, 0x1f};
	static const uint8_t padded[] = {0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00};
	uint32_t value;

	(void)state;
	assert_int_equal(av1_leb128_read(five, 3, &value), 3);
	assert_int_equal(value, 624485);
	assert_int_equal(av1_leb128_read(five, 2, &value), 0);
	assert_int_equal(av1_leb128_read(large, 5, &value), -EBADMSG);
	assert_int_equal(av1_leb128_read(padded, 8, &value), 8);
	assert_int_equal(value, 1);
}

static void test_descriptors(void **state)
{
	/* ns(5): 0, 1, 2, 3, 4 are 00 01 10 110 111. */
	static const uint8_t ns[] = {0x1b, 0x70};
	static const uint8_t su[] = {0xff, 0x01};
	struct bits b;
	uint32_t i;

	(void)state;
	bits_init_raw(&b, ns, sizeof(ns));
	for (i = 0; i < 5; i++)
		assert_int_equal(av1_bits_ns(&b, 5), i);
	bits_init_raw(&b, su, sizeof(su));
	assert_int_equal(av1_bits_su(&b, 7), -1);
	bits_init_raw(&b, su + 1, 1);
	assert_int_equal(av1_bits_su(&b, 8), 1);
}

static void test_order_hints_wrap(void **state)
{
	const struct av1_sequence sequence = {.enable_order_hint = true, .order_hint_bits = 4};
	const struct av1_sequence without = {.enable_order_hint = false};

	(void)state;
	assert_int_equal(av1_get_relative_dist(&sequence, 3, 1), 2);
	assert_int_equal(av1_get_relative_dist(&sequence, 1, 15), 2);
	assert_int_equal(av1_get_relative_dist(&sequence, 15, 1), -2);
	assert_int_equal(av1_get_relative_dist(&without, 15, 1), 0);
}

static void test_shear_of_warps(void **state)
{
	struct av1_motion motion = {.params = {0, 0, 65536, 0, 0, 65536}};

	(void)state;
	assert_true(av1_motion_is_valid(&motion));
	motion.params[3] = 16000; /* 7 * |beta| is too large */
	assert_false(av1_motion_is_valid(&motion));
	motion.params[3] = 0;
	motion.params[2] = 0; /* no inverse */
	assert_false(av1_motion_is_valid(&motion));
	motion.params[2] = 65536 + 8192;
	assert_true(av1_motion_is_valid(&motion));
	motion.params[2] = 65536 + 16384; /* 4 * |alpha| is 65536 */
	assert_false(av1_motion_is_valid(&motion));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_both_forms_same_pictures),
		FAKE_TEST(test_pieces_of_any_size_same_pictures),
		FAKE_TEST(test_a_cut_anywhere_is_no_new_begin),
		FAKE_TEST(test_timestamps_of_temporal_units),
		FAKE_TEST(test_record_stands_for_sequence_header),
		FAKE_TEST(test_flush_resumes_at_key_frame),
		FAKE_TEST(test_film_grain_has_a_surface_of_its_own),
		FAKE_TEST(test_short_damaged_streams),
		FAKE_TEST(test_frames_without_tiles),
		FAKE_TEST(test_flipped_bits),
		FAKE_TEST(test_lost_stream_is_found_again),
		FAKE_TEST(test_damaged_header_flags_what_follows),
		cmocka_unit_test(test_leb128),
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_order_hints_wrap),
		cmocka_unit_test(test_shear_of_warps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
