/* SPDX-License-Identifier: MIT */
/*
 * test-mpeg2-decoder.c - MPEG-2's headers, and its decoder on the fake libva
 *
 * Pictures are told apart by their number: what a reference names is the picture that was last
 * decoded into its surface. A packet is one picture with the headers before it; its timestamp is
 * its number.
 */
#include "libvacodec/mpeg2-header.h"
#include "mpeg2-writer.h"
#include "vacodec-fixture.h"
#include <errno.h>
#include <string.h>

#define NONE TARGETS_NONE

static struct {
	struct targets targets;
	VAPictureParameterBufferMPEG2 pic[CLIENT_MAX_FRAMES];
	VAIQMatrixBufferMPEG2 iq;
	VASliceParameterBufferMPEG2 slice;
	uint8_t data[4];
	unsigned int n_slices;
} seen;

static void on_render(void *cookie, VABufferType type, const void *data, size_t size_bytes,
		      size_t n)
{
	(void)cookie;
	(void)size_bytes;
	(void)n;
	if (type == VAPictureParameterBufferType)
		memcpy(&seen.pic[seen.targets.n - 1], data, sizeof(seen.pic[0]));
	else if (type == VAIQMatrixBufferType)
		memcpy(&seen.iq, data, sizeof(seen.iq));
	else if (type == VASliceParameterBufferType)
		memcpy(&seen.slice, data, sizeof(seen.slice));
	else
		memcpy(seen.data, data, sizeof(seen.data));
	seen.n_slices += type == VASliceParameterBufferType;
}

static unsigned int find_picture(VASurfaceID surface, unsigned int before)
{
	return targets_find(&seen.targets, surface, before);
}

static void assert_references(unsigned int n, unsigned int forward, unsigned int backward)
{
	assert_int_equal(find_picture(seen.pic[n].forward_reference_picture, n), forward);
	assert_int_equal(find_picture(seen.pic[n].backward_reference_picture, n), backward);
}

/* ---- The client ---- */

static int open_mpeg2(struct client *c)
{
	static const VAProfile profiles[] = {VAProfileMPEG2Main};
	const struct fake_hooks hooks = {
		.cookie = &seen.targets, .begin = targets_add, .render = on_render};

	fake_set_profiles(profiles, 1);
	fake_set_hooks(&hooks);
	memset(&seen, 0, sizeof(seen));
	c->codec = VACODEC_CODEC_MPEG2;
	return client_open(c);
}

/*
 * i, p, b: frames; t and b fields behind a letter of their type: "it" "pb". S: sequence, G, C, K:
 * groups.
 */
static void write_unit(struct mpeg2_writer *w, const char *text, unsigned int temporal_reference)
{
	struct mpeg2_written_picture picture = {
		.structure = 3, .temporal_reference = temporal_reference, .progressive = true};

	for (; *text; text++) {
		if (*text == 'S')
			mpeg2_write_sequence(w, &(struct mpeg2_written_sequence){0});
		else if (*text == 'W')
			mpeg2_write_sequence(w, &(struct mpeg2_written_sequence){.width = 32});
		else if (*text == 'G' || *text == 'C' || *text == 'K')
			mpeg2_write_group(w, *text == 'C', *text == 'K');
		else if (*text == 'T' || *text == 'B')
			picture.structure = *text == 'T' ? 1 : 2;
		else
			picture.type = *text == 'i' ? 1 : *text == 'p' ? 2 : 3;
	}
	picture.progressive = picture.structure == 3;
	if (picture.type)
		mpeg2_write_picture(w, &picture);
}

static int send_text(struct client *c, const char *text, unsigned int number)
{
	struct mpeg2_writer w = {0};

	write_unit(&w, text, number);
	return client_send(c, w.data, mpeg2_writer_get_size(&w), number);
}

static void send_all(struct client *c, const char *const *texts)
{
	assert_int_equal(open_mpeg2(c), 0);
	for (unsigned int i = 0; texts[i]; i++)
		assert_int_equal(send_text(c, texts[i], i), 0);
	assert_int_equal(client_drain(c), 0);
}

static void assert_frames(const struct client *c, const char *order, const char *corrupt)
{
	assert_int_equal(c->n_frames, strlen(order));
	for (unsigned int i = 0; i < c->n_frames; i++) {
		assert_int_equal(c->timestamps[i], order[i] - '0');
		assert_int_equal(c->flags[i] & VACODEC_FRAME_CORRUPT ? '!' : '.', corrupt[i]);
	}
}

/* ---- Frames ---- */

static void test_b_frames_are_shown_before_what_they_refer_to(void **state)
{
	static const char *const texts[] = {"SCi", "p", "b", "b", "p", "b", NULL};
	struct client c = {0};

	(void)state;
	send_all(&c, texts);
	assert_int_equal(c.n_formats, 1);
	assert_int_equal(c.format.profile, VAProfileMPEG2Main);
	assert_int_equal(c.format.coded_width, 16);
	assert_int_equal(c.format.coded_height, 32);
	assert_int_equal(c.format.frame_rate_num, 25);
	assert_int_equal(c.format.max_reorder, 1);
	assert_references(1, 0, NONE);
	assert_references(2, 0, 1);
	assert_references(4, 1, NONE);
	assert_references(5, 1, 4);
	assert_frames(&c, "023154", "......");
	assert_true(c.flags[0] & VACODEC_FRAME_KEY);
	client_close(&c);
}

static void test_fields_are_two_pictures_of_a_frame(void **state)
{
	struct client c = {0};
	struct mpeg2_writer w = {0};

	(void)state;
	assert_int_equal(open_mpeg2(&c), 0);
	write_unit(&w, "SCiT", 0);
	write_unit(&w, "pB", 0);
	write_unit(&w, "pB", 1);
	write_unit(&w, "pT", 1);
	write_unit(&w, "iT", 2); /* a single field */
	write_unit(&w, "p", 3);
	assert_int_equal(client_send(&c, w.data, mpeg2_writer_get_size(&w), 0), 0);
	assert_int_equal(client_drain(&c), 0);
	assert_int_equal(seen.targets.n, 6);
	assert_int_equal(c.n_frames, 4);
	assert_int_equal(c.n_corrupt, 0);
	assert_int_equal(seen.targets.surface[0], seen.targets.surface[1]);
	assert_int_equal(seen.targets.surface[2], seen.targets.surface[3]);
	assert_int_equal(seen.pic[0].picture_coding_extension.bits.is_first_field, 1);
	assert_int_equal(seen.pic[1].picture_coding_extension.bits.is_first_field, 0);
	assert_int_equal(seen.pic[1].picture_coding_extension.bits.picture_structure, 2);
	assert_int_equal(seen.pic[1].forward_reference_picture, seen.targets.surface[0]);
	assert_int_equal(seen.pic[3].forward_reference_picture, seen.targets.surface[0]);
	assert_int_equal(seen.pic[5].forward_reference_picture, seen.targets.surface[4]);
	assert_true(c.flags[0] & VACODEC_FRAME_TOP_FIRST);
	assert_false(c.flags[1] & VACODEC_FRAME_TOP_FIRST);
	assert_true(c.flags[1] & VACODEC_FRAME_INTERLACED);
	client_close(&c);
}

static void test_an_open_group_is_entered_without_its_first_b_frames(void **state)
{
	static const char *const texts[] = {"SGp", "b", "Gi", "b", "b", "p", "b", "SGi", "b", NULL};
	struct client c = {0};

	(void)state;
	send_all(&c, texts);
	assert_frames(&c, "26587", ".....");
	client_close(&c);
}

static void test_a_closed_group_is_whole(void **state)
{
	static const char *const texts[] = {"SCi", "b", "p", NULL};
	struct client c = {0};

	(void)state;
	send_all(&c, texts);
	/* Both references are the one that there is. */
	assert_references(1, 0, 0);
	assert_frames(&c, "102", "...");
	client_close(&c);
}

static void test_a_broken_link_takes_b_frames_away(void **state)
{
	static const char *const texts[] = {"SCi", "p", "Ki", "b", "p", "b", NULL};
	struct client c = {0};

	(void)state;
	send_all(&c, texts);
	assert_frames(&c, "01254", ".....");
	client_close(&c);
}

static void test_a_sequence_changes_the_size(void **state)
{
	static const char *const texts[] = {"SCi", "p", "Si", "WCi", "p", NULL};
	struct client c = {0};

	(void)state;
	send_all(&c, texts);
	assert_int_equal(c.n_formats, 2);
	assert_int_equal(c.format.coded_width, 32);
	assert_frames(&c, "01234", ".....");
	client_close(&c);
}

static void test_a_lost_picture_flags_what_follows(void **state)
{
	static const char *const texts[] = {"SCi", "p", NULL};
	static const char *const more[] = {"p", "b", "Gi", "b", "p", "b", NULL};
	const uint8_t header[] = {0, 0, 1, 0, 0, 0x3f, 0xff, 0xf8, 0, 0, 1, 1, 0x12, 0x34};
	struct client c = {0};

	(void)state;
	send_all(&c, texts);
	assert_int_equal(client_send(&c, header, sizeof(header), 9), 0);
	for (unsigned int i = 0; more[i]; i++)
		assert_int_equal(send_text(&c, more[i], i + 2), 0);
	assert_int_equal(client_drain(&c), 0);
	/* 5 precedes the intra frame in output order. */
	assert_frames(&c, "01325476", "..!!!...");
	client_close(&c);
}

static void test_fields_of_a_progressive_sequence_are_damage(void **state)
{
	struct mpeg2_writer w = {0};
	struct client c = {0};

	(void)state;
	mpeg2_write_sequence(&w, &(struct mpeg2_written_sequence){.progressive = true});
	write_unit(&w, "Ci", 0);
	write_unit(&w, "iT", 1);
	write_unit(&w, "pB", 1);
	write_unit(&w, "p", 2);
	assert_int_equal(open_mpeg2(&c), 0);
	assert_int_equal(client_send(&c, w.data, mpeg2_writer_get_size(&w), 0), 0);
	assert_int_equal(client_drain(&c), 0);
	assert_frames(&c, "00", ".!");
	client_close(&c);
}

static void test_a_damaged_slice_flags_its_frame(void **state)
{
	static const char *const texts[] = {"SCi", "p", "p", "SCi", NULL};
	struct client c = {0};
	struct mpeg2_writer w;

	(void)state;
	assert_int_equal(open_mpeg2(&c), 0);
	for (unsigned int i = 0; texts[i]; i++) {
		memset(&w, 0, sizeof(w));
		write_unit(&w, texts[i], i);
		if (i == 1)
			w.data[mpeg2_writer_get_size(&w) - 3] = 7; /* the second slice's row */
		assert_int_equal(client_send(&c, w.data, mpeg2_writer_get_size(&w), i), 0);
	}
	assert_int_equal(client_drain(&c), 0);
	assert_frames(&c, "0123", ".!!.");
	client_close(&c);
}

static void test_any_split_gives_the_same(void **state)
{
	static const char *const texts[] = {"SCi", "p", "b", "SGi", "b", "p", NULL};
	struct mpeg2_writer w = {0};

	(void)state;
	for (unsigned int i = 0; texts[i]; i++)
		write_unit(&w, texts[i], i);
	for (size_t piece = 1; piece < 40; piece += 3) {
		struct client c = {0};
		size_t at, size_bytes = mpeg2_writer_get_size(&w);

		assert_int_equal(open_mpeg2(&c), 0);
		for (at = 0; at < size_bytes; at += piece)
			assert_int_equal(
				client_send(&c, w.data + at,
					    size_bytes - at < piece ? size_bytes - at : piece, 0),
				0);
		assert_int_equal(client_drain(&c), 0);
		assert_int_equal(c.n_frames, 6);
		assert_int_equal(c.n_corrupt, 0);
		assert_int_equal(seen.n_slices, 12);
		client_close(&c);
	}
}

static void test_what_is_not_decoded_is_refused_by_name(void **state)
{
	static const struct {
		struct mpeg2_written_sequence sequence;
		const char *error;
	} rows[] = {
		{{.mpeg1 = true}, "MPEG-1: not supported"},
		{{.chroma_format = 2}, "MPEG-2 4:2:2 chroma: not supported"},
		{{.chroma_format = 3}, "MPEG-2 4:4:4 chroma: not supported"},
	};

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		struct mpeg2_writer w = {0};
		struct client c = {0};

		mpeg2_write_sequence(&w, &rows[i].sequence);
		write_unit(&w, "i", 0);
		assert_int_equal(open_mpeg2(&c), 0);
		client_send(&c, w.data, mpeg2_writer_get_size(&w), 0);
		client_drain(&c);
		assert_int_equal(c.error, -ENOTSUP);
		assert_string_equal(vacodec_decoder_get_last_error(c.decoder), rows[i].error);
		client_close(&c);
	}
}

/* ---- Buffers ---- */

static void test_matrices_stay_until_a_sequence_header(void **state)
{
	struct mpeg2_written_picture picture = {.type = 1, .structure = 3, .progressive = true};
	struct mpeg2_writer w = {0};
	struct client c = {0};
	uint8_t matrix[64];

	(void)state;
	memset(matrix, 77, sizeof(matrix));
	assert_int_equal(open_mpeg2(&c), 0);
	assert_int_equal(send_text(&c, "SCi", 0), 0);
	assert_int_equal(client_drain(&c), 0);
	assert_int_equal(seen.iq.intra_quantiser_matrix[0], 8);
	assert_int_equal(seen.iq.intra_quantiser_matrix[3], 19);
	assert_int_equal(seen.iq.intra_quantiser_matrix[63], 83);
	assert_int_equal(seen.iq.chroma_non_intra_quantiser_matrix[63], 16);
	picture.intra_matrix = matrix;
	mpeg2_write_picture(&w, &picture);
	assert_int_equal(client_send(&c, w.data, mpeg2_writer_get_size(&w), 1), 0);
	assert_int_equal(send_text(&c, "i", 2), 0);
	assert_int_equal(client_drain(&c), 0);
	assert_memory_equal(seen.iq.chroma_intra_quantiser_matrix, matrix, 64);
	assert_int_equal(send_text(&c, "Si", 3), 0);
	assert_int_equal(client_drain(&c), 0);
	assert_int_equal(seen.iq.intra_quantiser_matrix[63], 83);
	client_close(&c);
}

static void test_slices_begin_with_their_start_code(void **state)
{
	static const char *const texts[] = {"SCi", NULL};
	struct client c = {0};

	(void)state;
	send_all(&c, texts);
	assert_int_equal(seen.n_slices, 2);
	assert_memory_equal(seen.data, ((uint8_t[]){0, 0, 1, 2}), 4);
	assert_int_equal(seen.slice.macroblock_offset, 38);
	assert_int_equal(seen.slice.slice_vertical_position, 1);
	assert_int_equal(seen.slice.slice_horizontal_position, 0);
	assert_int_equal(seen.slice.quantiser_scale_code, 2);
	assert_int_equal(seen.slice.intra_slice_flag, 0);
	client_close(&c);
}

/* Increments of each length, escapes, extra information; and what cannot be. */
static void test_slice_headers_are_read(void **state)
{
	static const struct {
		unsigned int n, code;
		int column;
	} rows[] = {
		{1, 1, 0},   {3, 3, 1},   {3, 2, 2},    {4, 2, 4},    {5, 2, 6},    {7, 7, 7},
		{8, 11, 9},  {8, 6, 14},  {10, 23, 15}, {10, 18, 20}, {11, 35, 21}, {11, 24, 32},
		{12, 1, 33}, {14, 3, 34}, {11, 15, -1}, {11, 1, -1},
	};
	struct mpeg2_sequence sequence = {.horizontal_size = 16 * 40, .vertical_size = 3000};
	const struct mpeg2_picture picture = {.picture_structure = 3};

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mpeg2_writer w = {0};
		struct mpeg2_slice slice;
		int ret;

		mpeg2_writer_put(&w, 8, 5);
		mpeg2_writer_put(&w, 3, 1);
		mpeg2_writer_put(&w, 5, 9);
		mpeg2_writer_put(&w, 9, 0x180);
		mpeg2_writer_put(&w, 10, 0x200 | 0xab << 1); /* one byte of extra information */
		if (rows[i].n > 11) {
			mpeg2_writer_put(&w, 11, 8);
			mpeg2_writer_put(&w, rows[i].n - 11, rows[i].code);
		} else {
			mpeg2_writer_put(&w, rows[i].n, rows[i].code);
		}
		ret = mpeg2_parse_slice(w.data, mpeg2_writer_get_size(&w) + 1, &sequence, &picture,
					&slice);
		assert_int_equal(ret, rows[i].column < 0 ? -EBADMSG : 0);
		if (ret < 0)
			continue;
		assert_int_equal(slice.mb_column, rows[i].column);
		assert_int_equal(slice.mb_row, 128 + 4);
		assert_int_equal(slice.quantiser_scale_code, 9);
		assert_true(slice.intra_slice_flag);
		assert_int_equal(slice.header_bits, 8 + 3 + 5 + 9 + 10);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_b_frames_are_shown_before_what_they_refer_to),
		FAKE_TEST(test_fields_are_two_pictures_of_a_frame),
		FAKE_TEST(test_an_open_group_is_entered_without_its_first_b_frames),
		FAKE_TEST(test_a_closed_group_is_whole),
		FAKE_TEST(test_a_broken_link_takes_b_frames_away),
		FAKE_TEST(test_a_sequence_changes_the_size),
		FAKE_TEST(test_a_lost_picture_flags_what_follows),
		FAKE_TEST(test_fields_of_a_progressive_sequence_are_damage),
		FAKE_TEST(test_a_damaged_slice_flags_its_frame),
		FAKE_TEST(test_any_split_gives_the_same),
		FAKE_TEST(test_what_is_not_decoded_is_refused_by_name),
		FAKE_TEST(test_matrices_stay_until_a_sequence_header),
		FAKE_TEST(test_slices_begin_with_their_start_code),
		FAKE_TEST(test_slice_headers_are_read),
	};

	return cmocka_run_group_tests_name("mpeg2-decoder", tests, NULL, NULL);
}
