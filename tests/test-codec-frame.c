/* SPDX-License-Identifier: MIT */
/*
 * test-codec-frame.c - what all codecs share, with a codec of a few lines hung into it
 *
 * A packet's timestamp is its number, so that frames can be told apart.
 */
#include "toy-codec.h"
#include "vacodec-fixture.h"
#include <string.h>

static const VAProfile vp8[] = {VAProfileVP8Version0_3};

static void open_toy(struct client *c, const struct codec_ops *ops, bool show_incomplete)
{
	struct vacodec_decoder_params params = {
		.size_bytes = sizeof(params),
		.show_incomplete = show_incomplete,
	};

	fake_set_profiles(vp8, 1);
	assert_int_equal(vawrap_display_new_driver("fake", NULL, &c->display), 0);
	assert_int_equal(decoder_new(c->display, &params, ops, &c->decoder), 0);
}

/* A picture's or header's bytes; a digit is an order or a reference. */
static int send_unit(struct client *c, const char *text, uint64_t timestamp)
{
	uint8_t bytes[32];
	size_t n = strlen(text);
	size_t i;

	for (i = 0; i < n; i++)
		bytes[i] = (uint8_t)(text[i] >= '0' && text[i] <= '9' ? text[i] - '0' : text[i]);
	return client_send(c, bytes, n, timestamp);
}

static void send_units(struct client *c, const char *const *units)
{
	unsigned int i;

	for (i = 0; units[i]; i++)
		assert_int_equal(send_unit(c, units[i], i), 0);
}

/* Sends it all and drains; the client stays open. */
static void run(struct client *c, const char *const *units)
{
	open_toy(c, &toy_codec_ops, false);
	send_units(c, units);
	assert_int_equal(client_drain(c), 0);
}

static void assert_frames(const struct client *c, const char *order, const char *corrupt)
{
	unsigned int i;

	assert_int_equal(c->n_frames, strlen(order));
	for (i = 0; i < c->n_frames; i++) {
		assert_int_equal(c->timestamps[i], order[i] - '0');
		assert_int_equal(c->flags[i] & VACODEC_FRAME_CORRUPT ? '!' : '.', corrupt[i]);
	}
}

static void test_frames_come_in_output_order(void **state)
{
	static const char *const units[] = {"S2232", "K0",  "P40",  "B204",
					    "B104",  "P84", "B648", NULL};
	struct client c = {0};

	(void)state;
	run(&c, units);
	assert_int_equal(c.n_formats, 1);
	assert_int_equal(c.format.min_frames, 4);
	assert_frames(&c, "143265", "......");
	client_close(&c);
}

/* With a reorder depth of 1 a frame is output as soon as a second one waits. */
static void test_frames_come_as_soon_as_they_may(void **state)
{
	static const char *const units[] = {"S2231", "K0", "P40", "B204", NULL};
	struct client c = {0};

	(void)state;
	open_toy(&c, &toy_codec_ops, false);
	send_units(&c, units);
	assert_int_equal(c.n_frames, 1);
	assert_int_equal(client_drain(&c), 0);
	assert_frames(&c, "132", "...");
	client_close(&c);
}

static void test_a_new_sequence_ends_the_old_one(void **state)
{
	static const char *const units[] = {"S2231", "K0", "P40", "S4431", "K0", "P40", NULL};
	struct client c = {0};

	(void)state;
	run(&c, units);
	assert_int_equal(c.n_formats, 2);
	assert_int_equal(c.format.coded_width, 64);
	assert_frames(&c, "1245", "....");
	client_close(&c);
}

static void test_a_drain_keeps_references(void **state)
{
	static const char *const more[] = {"P80", NULL};
	static const char *const units[] = {"S2231", "K0", NULL};
	struct client c = {0};

	(void)state;
	run(&c, units);
	assert_int_equal(c.n_drained, 1);
	send_units(&c, more);
	assert_int_equal(client_drain(&c), 0);
	assert_frames(&c, "10", "..");
	client_close(&c);
}

static void test_a_flush_waits_for_a_start(void **state)
{
	static const char *const units[] = {"S2231", "K0", "P40", NULL};
	static const char *const more[] = {"P80", "B64", "K0", "P10", NULL};
	struct client c = {0};

	(void)state;
	open_toy(&c, &toy_codec_ops, false);
	send_units(&c, units);
	assert_int_equal(vacodec_decoder_flush(c.decoder), 0);
	send_units(&c, more);
	assert_int_equal(client_drain(&c), 0);
	assert_frames(&c, "23", "..");
	client_close(&c);
}

/* What precedes a recovery point in output order is not shown, or flagged when it is asked for. */
static void test_a_recovery_point_is_a_start(void **state)
{
	static const char *const units[] = {"S2231", "P90", "R8", "B648", "P98", NULL};
	struct client c = {0};
	struct client all = {0};

	(void)state;
	run(&c, units);
	assert_frames(&c, "24", "..");
	client_close(&c);
	open_toy(&all, &toy_codec_ops, true);
	send_units(&all, units);
	assert_int_equal(client_drain(&all), 0);
	assert_frames(&all, "324", "!..");
	client_close(&all);
}

/* 3 refers to 9, which never came: the nearest one stands in, and what follows from it is flagged. */
static void test_a_missing_reference_flags_what_refers_to_it(void **state)
{
	static const char *const units[] = {"S2230", "K0", "P10", "P29", "P32",
					    "P41",   "R5", "P65", NULL};
	struct client c = {0};

	(void)state;
	run(&c, units);
	assert_frames(&c, "1234567", "..!!...");
	client_close(&c);
}

/* Behind the recovery point damage ends, also where old references are still named. */
static void test_damage_ends_at_a_recovery_point(void **state)
{
	static const char *const units[] = {"S2231", "K0",   "P49",  "R80",
					    "B648",  "P948", "P594", NULL};
	struct client c = {0};

	(void)state;
	run(&c, units);
	/* 4 refers to damage and precedes the recovery point; 6 does, too, and is behind it. */
	assert_int_equal(c.n_frames, 6);
	assert_int_equal(c.n_corrupt, 3);
	assert_int_equal(c.timestamps[1], 2);
	assert_true(c.flags[1] & VACODEC_FRAME_CORRUPT);
	client_close(&c);
}

static void test_damaged_units_cost_what_they_say(void **state)
{
	static const char *const units[] = {"S2230", "K0", "P10", "!", "K0", "x", "P10", NULL};
	struct vacodec_stats stats = {.size_bytes = sizeof(stats)};
	struct client c = {0};

	(void)state;
	run(&c, units);
	assert_frames(&c, "1246", ".!!!");
	assert_int_equal(vacodec_decoder_get_stats(c.decoder, &stats), 0);
	assert_int_equal(stats.units, 7);
	assert_int_equal(stats.bad_units, 2);
	assert_int_equal(stats.pictures, 4);
	assert_int_equal(stats.corrupt_frames, 3);
	client_close(&c);
}

static void test_what_is_not_supported_ends_the_session(void **state)
{
	static const char *const units[] = {"S2231", "K0", "P40", NULL};
	struct client c = {0};

	(void)state;
	open_toy(&c, &toy_codec_ops, false);
	send_units(&c, units);
	assert_int_equal(send_unit(&c, "?", 3), -ENOTSUP);
	assert_int_equal(c.error, -ENOTSUP);
	assert_string_equal(vacodec_decoder_get_last_error(c.decoder), "a toy cannot do that");
	client_close(&c);
}

/* No picture is decoded twice or lost when it has to wait for a frame. */
static void test_a_picture_waits_for_a_frame(void **state)
{
	static const char *const units[] = {"S2210", "K0", "P10", "P21", NULL};
	struct client c = {.hold = true};

	(void)state;
	open_toy(&c, &toy_codec_ops, false);
	assert_int_equal(send_unit(&c, units[0], 0), 0);
	assert_int_equal(send_unit(&c, units[1], 1), 0);
	assert_int_equal(send_unit(&c, units[2], 2), 0);
	assert_int_equal(send_unit(&c, units[3], 3), 0);
	assert_int_equal(client_drain(&c), -EAGAIN);
	client_release(&c);
	assert_int_equal(client_drain(&c), 0);
	assert_frames(&c, "123", "...");
	client_close(&c);
}

/* The same units behind start codes, in any pieces. */
static void test_the_row_chooses_the_syntax(void **state)
{
	static const uint8_t stream[] = {0, 0, 1, 'S', 2, 2, 3, 1, 0, 0,   1, 'K', 9,
					 0, 0, 1, 'P', 7, 9, 0, 0, 1, 'P', 8, 7};
	struct client c = {0};
	size_t i;

	(void)state;
	open_toy(&c, &toy_codec_stream_ops, false);
	for (i = 0; i < sizeof(stream); i++)
		assert_int_equal(client_send(&c, stream + i, 1, i), 0);
	assert_int_equal(client_drain(&c), 0);
	assert_int_equal(c.n_frames, 3);
	assert_int_equal(c.n_corrupt, 0);
	assert_int_equal(c.timestamps[0], 13);
	client_close(&c);
}

/* ---- Packets of several units, hidden pictures, pictures that are shown again ---- */

static void test_a_hidden_picture_is_referred_to(void **state)
{
	static const char *const units[] = {"S2230", "K0", "H10", "P21", "H39", "P43", NULL};
	struct client c = {0};

	(void)state;
	run(&c, units);
	/* 4 refers to what is not there, so 5, which refers to it, is flagged. */
	assert_frames(&c, "135", "..!");
	client_close(&c);
}

static void test_a_picture_is_shown_again(void **state)
{
	static const char *const units[] = {"S2230", "K0", "H10", "@1", "P21", "@0", NULL};
	struct client c = {.hold = true, .extra_frames = 8};

	(void)state;
	run(&c, units);
	assert_frames(&c, "1345", "....");
	assert_ptr_equal(vacodec_frame_get_surface(c.held[0]),
			 vacodec_frame_get_surface(c.held[3]));
	assert_ptr_not_equal(vacodec_frame_get_surface(c.held[0]),
			     vacodec_frame_get_surface(c.held[1]));
	assert_ptr_not_equal(c.held[0], c.held[3]);
	assert_int_equal(vacodec_frame_sync(c.held[3], -1), 0);
	client_close(&c);
}

/* The damage of what is shown again is known only after its picture was decoded. */
static void test_damage_is_shown_again(void **state)
{
	static const char *const units[] = {"S2230", "K0", "H10", NULL};
	struct client c = {.hold = true, .extra_frames = 8};
	struct vacodec_frame_info info = {.size_bytes = sizeof(info)};

	(void)state;
	open_toy(&c, &toy_codec_ops, false);
	send_units(&c, units);
	fake_fail_decodes(1);
	assert_int_equal(send_unit(&c, "@1", 3), 0);
	assert_int_equal(c.n_frames, 2);
	assert_int_equal(vacodec_frame_sync(c.held[1], -1), -EBADMSG);
	assert_int_equal(vacodec_frame_get_info(c.held[1], &info), 0);
	assert_int_equal(info.timestamp, 3);
	assert_true(info.flags & VACODEC_FRAME_CORRUPT);
	client_close(&c);
}

/* The client holds them all: the unit waits, and goes on where it stopped. */
static void test_showing_again_waits_for_a_frame(void **state)
{
	static const char *const units[] = {"S2210", "K0", "@0", "@0", NULL};
	struct client c = {.hold = true};

	(void)state;
	open_toy(&c, &toy_codec_ops, false);
	send_units(&c, units);
	assert_int_equal(send_unit(&c, "@0", 4), 0);
	assert_int_equal(client_drain(&c), -EAGAIN);
	assert_true(c.n_frames < 4);
	client_release(&c);
	assert_int_equal(client_drain(&c), 0);
	assert_frames(&c, "1234", "....");
	client_close(&c);
}

/* All units of a packet have its timestamp; one that is wrong costs itself. */
static void test_a_packet_holds_several_units(void **state)
{
	static const char *const units[] = {"S2230|K0|H10|P21", "P32|x||P43", "P54|", NULL};
	struct vacodec_stats stats = {.size_bytes = sizeof(stats)};
	struct client c = {.hold = true, .extra_frames = 8};

	(void)state;
	run(&c, units);
	assert_frames(&c, "00112", "..!!!");
	assert_int_equal(vacodec_decoder_get_stats(c.decoder, &stats), 0);
	assert_int_equal(stats.units, 10);
	assert_int_equal(stats.bad_units, 3);
	client_close(&c);
}

/* Without room for more frames the packet waits between its units. */
static void test_a_packet_goes_on_where_it_stopped(void **state)
{
	struct client c = {.hold = true};

	(void)state;
	open_toy(&c, &toy_codec_ops, false);
	assert_int_equal(send_unit(&c, "S2210|K0|P10|P21|@2", 7), 0);
	assert_int_equal(client_drain(&c), -EAGAIN);
	client_release(&c);
	assert_int_equal(client_drain(&c), 0);
	client_release(&c);
	assert_int_equal(c.n_frames, 4);
	assert_int_equal(c.timestamps[3], 7);
	client_close(&c);
}

static void test_too_many_units_are_one_that_is_damaged(void **state)
{
	static const char *const units[] = {"S2230", "K0", "P10|||||||||", "P10", NULL};
	struct client c = {0};

	(void)state;
	run(&c, units);
	assert_int_equal(c.n_frames, 2);
	client_close(&c);
}

/* ---- Other sizes while references stay ---- */

static unsigned int count_targets(const struct client *c)
{
	(void)c;
	return fake_get_live(FAKE_SURFACE);
}

static void test_references_outlive_a_change_of_size(void **state)
{
	static const char *const units[] = {"S2230", "K0", "P10", "C4430", "P21",
					    "P32",   "@0", "P43", NULL};
	struct client c = {0};

	(void)state;
	run(&c, units);
	assert_int_equal(c.n_formats, 2);
	assert_frames(&c, "124567", "......");
	assert_int_equal(c.widths[1], 32);
	assert_int_equal(c.widths[2], 64);
	assert_int_equal(c.widths[4], 32); /* shown again as it was decoded */
	client_close(&c);
}

/* Of the old size there are the surfaces that are referred to, and no context. */
static void test_old_frames_cost_no_more_than_themselves(void **state)
{
	struct client c = {0};
	char change[] = "C2230";
	unsigned int i;

	(void)state;
	open_toy(&c, &toy_codec_ops, false);
	assert_int_equal(send_unit(&c, "S1130|K0", 0), 0);
	for (i = 2; i < 9; i++) {
		change[1] = (char)('0' + i);
		assert_int_equal(send_unit(&c, change, i), 0);
		assert_int_equal(send_unit(&c, "P00", i), 0);
	}
	assert_int_equal(client_drain(&c), 0);
	assert_int_equal(c.n_formats, 8);
	assert_true(count_targets(&c) <= 4 + 3);
	assert_int_equal(fake_get_live(FAKE_CONTEXT), 1);
	client_close(&c);
}

/* What the client still holds after a change goes back to a pool that is not there any more. */
static void test_held_frames_outlive_a_change_of_size(void **state)
{
	static const char *const units[] = {"S2230", "K0", "P10", "C4430", "P21", NULL};
	struct client c = {.hold = true, .extra_frames = 4};

	(void)state;
	run(&c, units);
	assert_int_equal(c.n_frames, 3);
	c.decoder = vacodec_decoder_unref(c.decoder);
	assert_int_equal(vacodec_frame_sync(c.held[0], -1), 0);
	client_close(&c);
}

static void test_pictures_of_another_size_are_referred_to(void **state)
{
	static const char *const units[] = {"S4430", "K0",  "L110", "P21", "L312", "P43",
					    "L524",  "P65", "L796", "P87", NULL};
	struct client c = {0};

	(void)state;
	run(&c, units);
	assert_int_equal(c.n_formats, 1);
	/* The last one is larger than the context, and has one of its own. */
	assert_frames(&c, "13579", ".....");
	assert_int_equal(c.widths[2], 64);
	client_close(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_frames_come_in_output_order),
		FAKE_TEST(test_frames_come_as_soon_as_they_may),
		FAKE_TEST(test_a_new_sequence_ends_the_old_one),
		FAKE_TEST(test_a_drain_keeps_references),
		FAKE_TEST(test_a_flush_waits_for_a_start),
		FAKE_TEST(test_a_recovery_point_is_a_start),
		FAKE_TEST(test_a_missing_reference_flags_what_refers_to_it),
		FAKE_TEST(test_damage_ends_at_a_recovery_point),
		FAKE_TEST(test_damaged_units_cost_what_they_say),
		FAKE_TEST(test_what_is_not_supported_ends_the_session),
		FAKE_TEST(test_a_picture_waits_for_a_frame),
		FAKE_TEST(test_the_row_chooses_the_syntax),
		FAKE_TEST(test_a_hidden_picture_is_referred_to),
		FAKE_TEST(test_a_picture_is_shown_again),
		FAKE_TEST(test_damage_is_shown_again),
		FAKE_TEST(test_showing_again_waits_for_a_frame),
		FAKE_TEST(test_a_packet_holds_several_units),
		FAKE_TEST(test_a_packet_goes_on_where_it_stopped),
		FAKE_TEST(test_too_many_units_are_one_that_is_damaged),
		FAKE_TEST(test_references_outlive_a_change_of_size),
		FAKE_TEST(test_old_frames_cost_no_more_than_themselves),
		FAKE_TEST(test_held_frames_outlive_a_change_of_size),
		FAKE_TEST(test_pictures_of_another_size_are_referred_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
