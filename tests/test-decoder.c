/* SPDX-License-Identifier: MIT */
/*
 * test-decoder.c - the decoder's API: what a call takes, when it refuses, what the fd says
 */
#include "vacodec-fixture.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- Making one ---- */

static void test_new_refuses_misuse(void **state)
{
	struct vacodec_decoder_params params = {.size_bytes = sizeof(params),
						.codec = VACODEC_CODEC_H264};
	struct vacodec_decoder *decoder = (void *)1;
	struct vawrap_display *display;

	(void)state;
	assert_int_equal(vawrap_display_new_driver("fake", NULL, &display), 0);
	assert_int_equal(vacodec_decoder_new(NULL, &params, &decoder), -EINVAL);
	assert_null(decoder);
	assert_int_equal(vacodec_decoder_new(display, NULL, &decoder), -EINVAL);
	assert_int_equal(vacodec_decoder_new(display, &params, NULL), -EINVAL);
	params.size_bytes = 4;
	assert_int_equal(vacodec_decoder_new(display, &params, &decoder), -EINVAL);
	params.size_bytes = sizeof(params);
	params.codec = VACODEC_CODEC_NONE;
	assert_int_equal(vacodec_decoder_new(display, &params, &decoder), -EINVAL);
	params.codec = (enum vacodec_codec)99;
	assert_int_equal(vacodec_decoder_new(display, &params, &decoder), -EINVAL);
	params.codec = VACODEC_CODEC_H264;
	params.extradata = (const uint8_t *)"\0\0\1\x67\x64";
	params.extradata_bytes = 5;
	assert_int_equal(vacodec_decoder_new(display, &params, &decoder), -EBADMSG);
	vawrap_display_unref(display);
}

static void test_new_needs_a_profile_of_the_codec(void **state)
{
	static const VAProfile jpeg[] = {VAProfileJPEGBaseline};
	struct client c = {0};
	struct vacodec_caps caps;
	struct vawrap_display *display;

	(void)state;
	fake_set_profiles(jpeg, 1);
	assert_int_equal(client_open(&c), -ENOTSUP);
	assert_int_equal(vawrap_display_new_driver("fake", NULL, &display), 0);
	assert_int_equal(vacodec_get_caps(display, &caps, 1), 0);
	vawrap_display_unref(display);
}

static void test_caps_name_each_profile_once(void **state)
{
	static const VAProfile profiles[] = {VAProfileH264High, VAProfileH264Main,
					     VAProfileH264ConstrainedBaseline};
	struct vacodec_caps caps;
	struct vawrap_display *display;

	(void)state;
	fake_set_profiles(profiles, 3);
	assert_int_equal(vawrap_display_new_driver("fake", NULL, &display), 0);
	assert_int_equal(vacodec_get_caps(display, NULL, 0), 1);
	assert_int_equal(vacodec_get_caps(display, &caps, 1), 1);
	assert_int_equal(caps.codec, VACODEC_CODEC_H264);
	assert_int_equal(caps.n_profiles, 3);
	assert_int_equal(caps.profiles[0], VAProfileH264Main);
	assert_int_equal(caps.profiles[1], VAProfileH264High);
	assert_int_equal(caps.profiles[2], VAProfileH264ConstrainedBaseline);
	assert_true(caps.min_width >= 1 && caps.max_width >= caps.min_width);
	vawrap_display_unref(display);
}

static void test_extradata_serves_a_stream_without_parameter_sets(void **state)
{
	struct vacodec_decoder_params params = {.size_bytes = sizeof(params),
						.codec = VACODEC_CODEC_H264};
	struct stream s = stream_load("size-16x16");
	size_t slices = stream_find_unit(&s, 2);
	struct client c = {0};

	(void)state;
	params.extradata = s.data;
	params.extradata_bytes = slices;
	assert_int_equal(vawrap_display_new_driver("fake", NULL, &c.display), 0);
	assert_int_equal(vacodec_decoder_new(c.display, &params, &c.decoder), 0);
	assert_int_equal(client_send(&c, s.data + slices, s.size_bytes - slices, 0), 0);
	assert_int_equal(client_drain(&c), 0);
	assert_int_equal(c.n_frames, 16);
	client_close(&c);
	stream_free(&s);
}

/* ---- The way through ---- */

static void test_a_stream_gives_format_frames_drained(void **state)
{
	struct stream s = stream_load("cabac-b");
	struct client c = {0};

	(void)state;
	assert_int_equal(client_run(&c, &s, 0), 0);
	assert_int_equal(c.n_formats, 1);
	assert_int_equal(c.n_frames, 24);
	assert_int_equal(c.n_corrupt, 0);
	assert_int_equal(c.n_drained, 1);
	assert_true(c.flags[0] & VACODEC_FRAME_KEY);
	stream_free(&s);
}

static void test_frames_say_their_field_order(void **state)
{
	static const struct {
		const char *name;
		uint32_t flags;
	} cases[] = {
		{"mbaff-tff", VACODEC_FRAME_INTERLACED | VACODEC_FRAME_TOP_FIRST},
		{"mbaff-bff-temporal", VACODEC_FRAME_INTERLACED},
		{"fake-interlaced", 0},
	};
	unsigned int i, j;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct stream s = stream_load(cases[i].name);
		struct client c = {0};

		assert_int_equal(client_run(&c, &s, 0), 0);
		assert_true(c.n_frames > 4);
		for (j = 0; j < c.n_frames; j++)
			assert_int_equal(
				c.flags[j] & (VACODEC_FRAME_INTERLACED | VACODEC_FRAME_TOP_FIRST),
				cases[i].flags);
		stream_free(&s);
	}
}

/* What the driver gets, too, is the same wherever the bytes are cut. */
static void test_any_split_gives_the_same_pictures(void **state)
{
	static const size_t pieces[] = {1, 2, 7, 50, 1000};
	struct stream s = stream_load("size-16x16");
	uint64_t expected;
	size_t i;

	(void)state;
	srand(1);
	hash_begin();
	assert_int_equal(client_run(&(struct client){0}, &s, 0), 0);
	expected = hash_get();
	assert_int_equal(hash_get_pictures(), 16);
	for (i = 0; i < 40; i++) {
		hash_begin();
		assert_int_equal(client_run(&(struct client){0}, &s, pieces[i % 5]), 0);
		assert_int_equal(hash_get_pictures(), 16);
		assert_true(hash_get() == expected);
	}
	hash_end();
	stream_free(&s);
}

static int compare_u64(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/*
 * One unit a packet, its index as its timestamp. A frame has that of the first unit of its access
 * unit, which begins with AUD, SPS, PPS or SEI, or else with the slice of macroblock 0.
 */
static void check_timestamps(const char *name)
{
	struct stream s = stream_load(name);
	struct client c = {0};
	uint64_t expected[CLIENT_MAX_FRAMES];
	unsigned int n_expected = 0;
	bool begun = false;
	bool reordered = false;
	size_t at, end;
	unsigned int i;

	assert_int_equal(client_open(&c), 0);
	for (i = 0; (at = stream_find_unit(&s, i)) < s.size_bytes; i++) {
		unsigned int type = s.data[at + 3] & 31;
		bool slice = type == 1 || type == 5;

		end = stream_find_unit(&s, i + 1);
		if (!begun && (slice ? s.data[at + 4] >> 7 : type >= 6 && type <= 9)) {
			expected[n_expected++] = i;
			begun = true;
		}
		if (slice &&
		    (end == s.size_bytes || (s.data[end + 3] & 31) > 5 || s.data[end + 4] >> 7))
			begun = false;
		assert_int_equal(client_send(&c, s.data + at, end - at, i), 0);
	}
	assert_int_equal(client_drain(&c), 0);
	assert_int_equal(c.n_frames, n_expected);
	for (i = 1; i < c.n_frames; i++)
		reordered |= c.timestamps[i] < c.timestamps[i - 1];
	assert_true(reordered);
	qsort(c.timestamps, c.n_frames, sizeof(uint64_t), compare_u64);
	assert_memory_equal(c.timestamps, expected, n_expected * sizeof(uint64_t));
	client_close(&c);
	stream_free(&s);
}

static void test_timestamps_are_those_of_the_first_byte(void **state)
{
	(void)state;
	check_timestamps("cabac-b");
	check_timestamps("hrd-filler-aud");
}

static void test_resolution_change_asks_again(void **state)
{
	struct stream s = stream_load("resolution-change");
	struct client c = {0};

	(void)state;
	assert_int_equal(client_run(&c, &s, 0), 0);
	assert_true(c.n_formats > 1);
	assert_int_equal(c.n_corrupt, 0);
	stream_free(&s);
}

/* ---- Refusals ---- */

/* Sends until the first event is there. */
static size_t send_until_event(struct client *c, const struct stream *s)
{
	struct vacodec_packet packet = {s->data, s->size_bytes, 0};
	ssize_t n = vacodec_decoder_send(c->decoder, &packet);

	assert_true(n > 0 && (size_t)n < s->size_bytes);
	return (size_t)n;
}

static void test_refused_send_takes_nothing(void **state)
{
	struct stream s = stream_load("size-16x16");
	struct client c = {.manual = true};
	struct vacodec_packet packet;
	struct vacodec_stats before = {.size_bytes = sizeof(before)}, after = before;
	size_t at;

	(void)state;
	assert_int_equal(client_open(&c), 0);
	at = send_until_event(&c, &s);
	packet = (struct vacodec_packet){s.data + at, s.size_bytes - at, 0};
	assert_int_equal(vacodec_decoder_get_stats(c.decoder, &before), 0);
	assert_int_equal(vacodec_decoder_send(c.decoder, &packet), -EAGAIN);
	assert_int_equal(vacodec_decoder_drain(c.decoder), -EAGAIN);
	assert_int_equal(client_take_events(&c), 0); /* FORMAT; not answered */
	assert_int_equal(c.n_formats, 1);
	assert_int_equal(vacodec_decoder_send(c.decoder, &packet), -EAGAIN);
	assert_int_equal(vacodec_decoder_drain(c.decoder), -EAGAIN);
	assert_int_equal(vacodec_decoder_get_stats(c.decoder, &after), 0);
	assert_memory_equal(&before, &after, sizeof(before));
	assert_int_equal(vacodec_decoder_accept_format(c.decoder, NULL, 0), 0);
	assert_int_equal(vacodec_decoder_accept_format(c.decoder, NULL, 0), -EINVAL);
	assert_int_equal(client_send(&c, packet.data, packet.size_bytes, 0), 0);
	assert_int_equal(client_drain(&c), 0);
	assert_int_equal(c.n_frames, 16);
	client_close(&c);
	stream_free(&s);
}

static void test_accept_without_a_format_is_misuse(void **state)
{
	struct vacodec_frame_ops ops = {0};
	struct stream s = stream_load("size-16x16");
	struct client c = {.manual = true};

	(void)state;
	assert_int_equal(client_open(&c), 0);
	assert_int_equal(vacodec_decoder_accept_format(c.decoder, NULL, 0), -EINVAL);
	send_until_event(&c, &s);
	assert_int_equal(vacodec_decoder_accept_format(c.decoder, NULL, 0), -EINVAL);
	client_take_events(&c);
	assert_int_equal(vacodec_decoder_accept_format(c.decoder, &ops, 100), -EINVAL);
	assert_int_equal(vacodec_decoder_accept_format(c.decoder, NULL, 100000), -EINVAL);
	client_close(&c);
	stream_free(&s);
}

static void test_fd_follows_events_and_refusals(void **state)
{
	struct stream s = stream_load("size-16x16");
	struct client c = {.manual = true};
	struct vacodec_packet packet;
	size_t at;
	int fd;

	(void)state;
	assert_int_equal(client_open(&c), 0);
	fd = vacodec_decoder_get_fd(c.decoder);
	assert_true(fd >= 0);
	assert_false(is_readable(fd));
	at = send_until_event(&c, &s);
	assert_true(is_readable(fd)); /* FORMAT */
	client_take_events(&c);
	assert_false(is_readable(fd));
	packet = (struct vacodec_packet){s.data + at, s.size_bytes - at, 0};
	assert_int_equal(vacodec_decoder_send(c.decoder, &packet), -EAGAIN);
	assert_false(is_readable(fd)); /* still not taken */
	assert_int_equal(vacodec_decoder_accept_format(c.decoder, NULL, 1), 0);
	assert_true(is_readable(fd)); /* would be taken now */
	client_take_events(&c);
	packet.size_bytes = 1;
	assert_int_equal(vacodec_decoder_send(c.decoder, &packet), 1);
	assert_false(is_readable(fd));
	client_close(&c);
	stream_free(&s);
}

static void *release_later(void *arg)
{
	const struct timespec ts = {0, 20000000};

	nanosleep(&ts, NULL);
	vacodec_frame_unref(arg);
	return NULL;
}

/* Frames that the client keeps stop the decoder; one given back, on any thread, wakes it. */
static void test_a_frame_given_back_wakes_the_decoder(void **state)
{
	struct vacodec_event event = {.size_bytes = sizeof(event)};
	struct stream s = stream_load("size-352x288");
	struct client c = {.hold = true, .extra_frames = 1};
	pthread_t thread;
	int fd, ret;

	(void)state;
	assert_int_equal(client_open(&c), 0);
	fd = vacodec_decoder_get_fd(c.decoder);
	assert_int_equal(client_send(&c, s.data, s.size_bytes, 0), -EAGAIN);
	assert_true(c.n_held > 1);
	assert_false(is_readable(fd));
	assert_int_equal(vacodec_decoder_receive(c.decoder, &event, 1000000), -ETIMEDOUT);
	assert_int_equal(pthread_create(&thread, NULL, release_later, c.held[--c.n_held]), 0);
	ret = vacodec_decoder_receive(c.decoder, &event, -1);
	pthread_join(thread, NULL);
	/* An event, or the unit that waited was taken and gave none. */
	assert_true(ret == 0 || ret == -EAGAIN);
	if (ret == 0 && event.type == VACODEC_EVENT_FRAME)
		vacodec_frame_unref(event.frame);
	client_release(&c);
	client_close(&c);
	stream_free(&s);
}

static void test_fd_becomes_readable_when_a_frame_is_free(void **state)
{
	struct stream s = stream_load("size-352x288");
	struct client c = {.hold = true};
	int fd;

	(void)state;
	assert_int_equal(client_open(&c), 0);
	fd = vacodec_decoder_get_fd(c.decoder);
	assert_int_equal(client_send(&c, s.data, s.size_bytes, 0), -EAGAIN);
	assert_false(is_readable(fd));
	client_release(&c); /* some of them are references still */
	assert_true(is_readable(fd));
	client_close(&c);
	stream_free(&s);
}

/* ---- Drain and flush ---- */

/* After a drain in the middle the next P frame decodes, and no picture differs. */
static void test_drain_keeps_references(void **state)
{
	struct stream s = stream_load("cavlc-baseline");
	size_t half = stream_find_unit(&s, 9);
	struct client c = {0};
	uint64_t expected;

	(void)state;
	hash_begin();
	assert_int_equal(client_run(&(struct client){0}, &s, 0), 0);
	expected = hash_get();
	hash_begin();
	assert_int_equal(client_open(&c), 0);
	assert_int_equal(client_send(&c, s.data, half, 0), 0);
	assert_int_equal(client_drain(&c), 0);
	assert_true(c.n_frames > 1);
	assert_int_equal(client_send(&c, s.data + half, s.size_bytes - half, 0), 0);
	assert_int_equal(client_drain(&c), 0);
	assert_int_equal(c.n_drained, 2);
	assert_int_equal(c.n_corrupt, 0);
	assert_true(hash_get() == expected);
	client_close(&c);
	hash_end();
	stream_free(&s);
}

/* Sends unit by unit, keeping all frames: the index of the unit that is not taken. */
static unsigned int send_until_stopped(struct client *c, const struct stream *s)
{
	unsigned int i;
	size_t at;

	for (i = 0; (at = stream_find_unit(s, i)) < s->size_bytes; i++) {
		if (client_send(c, s->data + at, stream_find_unit(s, i + 1) - at, i) == -EAGAIN)
			break;
	}
	return i;
}

/* A drain whose last unit waits for a frame is unfinished; it goes on when one is given back. */
static void test_second_drain_is_busy(void **state)
{
	struct vacodec_event event = {.size_bytes = sizeof(event)};
	struct stream s = stream_load("size-352x288");
	struct client probe = {.hold = true}, c = {.hold = true};
	struct vacodec_packet packet = {s.data, 1, 0};
	unsigned int n;

	(void)state;
	assert_int_equal(client_open(&probe), 0);
	n = send_until_stopped(&probe, &s);
	client_close(&probe);
	assert_int_equal(client_open(&c), 0);
	assert_int_equal(client_send(&c, s.data, stream_find_unit(&s, n), 0), 0);
	assert_int_equal(vacodec_decoder_drain(c.decoder), 0);
	assert_int_equal(vacodec_decoder_drain(c.decoder), -EBUSY);
	assert_int_equal(client_take_events(&c), 0);
	assert_int_equal(c.n_drained, 0);
	assert_int_equal(vacodec_decoder_drain(c.decoder), -EBUSY);
	assert_int_equal(vacodec_decoder_send(c.decoder, &packet), -EAGAIN);
	assert_int_equal(vacodec_decoder_receive(c.decoder, &event, 0), -EAGAIN);
	client_release(&c);
	assert_true(is_readable(vacodec_decoder_get_fd(c.decoder)));
	assert_int_equal(client_take_events(&c), 0);
	assert_int_equal(c.n_drained, 1);
	client_close(&c);
	stream_free(&s);
}

static void test_drain_of_nothing_is_drained(void **state)
{
	struct client c = {0};

	(void)state;
	assert_int_equal(client_open(&c), 0);
	assert_int_equal(client_drain(&c), 0);
	assert_int_equal(c.n_drained, 1);
	assert_int_equal(c.n_frames, 0);
	client_close(&c);
}

/* After a flush nothing comes before a picture that decoding can start at. */
static void test_flush_drops_and_resumes_at_a_key(void **state)
{
	struct stream s = stream_load("cavlc-baseline");
	size_t half = stream_find_unit(&s, 9);
	struct client c = {0};
	unsigned int before;

	(void)state;
	assert_int_equal(client_open(&c), 0);
	assert_int_equal(client_send(&c, s.data, half, 0), 0);
	assert_int_equal(vacodec_decoder_flush(c.decoder), 0);
	before = c.n_frames;
	assert_int_equal(client_take_events(&c), 0);
	assert_int_equal(c.n_frames, before);
	assert_int_equal(client_send(&c, s.data + half, s.size_bytes - half, 0), 0);
	assert_int_equal(client_drain(&c), 0);
	assert_int_equal(c.n_frames, before);
	assert_int_equal(client_send(&c, s.data, s.size_bytes, 0), 0);
	assert_int_equal(client_drain(&c), 0);
	assert_true(c.n_frames > before);
	assert_true(c.flags[before] & VACODEC_FRAME_KEY);
	assert_int_equal(c.n_corrupt, 0);
	assert_int_equal(c.n_formats, 1);
	client_close(&c);
	stream_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_new_refuses_misuse),
		FAKE_TEST(test_new_needs_a_profile_of_the_codec),
		FAKE_TEST(test_caps_name_each_profile_once),
		FAKE_TEST(test_extradata_serves_a_stream_without_parameter_sets),
		FAKE_TEST(test_a_stream_gives_format_frames_drained),
		FAKE_TEST(test_frames_say_their_field_order),
		FAKE_TEST(test_any_split_gives_the_same_pictures),
		FAKE_TEST(test_timestamps_are_those_of_the_first_byte),
		FAKE_TEST(test_resolution_change_asks_again),
		FAKE_TEST(test_refused_send_takes_nothing),
		FAKE_TEST(test_accept_without_a_format_is_misuse),
		FAKE_TEST(test_fd_follows_events_and_refusals),
		FAKE_TEST(test_a_frame_given_back_wakes_the_decoder),
		FAKE_TEST(test_fd_becomes_readable_when_a_frame_is_free),
		FAKE_TEST(test_drain_keeps_references),
		FAKE_TEST(test_second_drain_is_busy),
		FAKE_TEST(test_drain_of_nothing_is_drained),
		FAKE_TEST(test_flush_drops_and_resumes_at_a_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
