/* SPDX-License-Identifier: MIT */
/*
 * test-seek.c - decoding that begins anywhere: after a flush, at a recovery point, over broken links
 *
 * Every frame that comes out and is not flagged must be the encoder's picture of its place: the unit
 * that it begins with is its timestamp, and the stream's MD5s say what it shows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec-stream.h"
#include "frame-md5.h"
#include "softva-session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FRAMES 512
#define STEP       10

struct frame {
	uint64_t timestamp;
	uint32_t flags;
	char md5[FRAME_MD5_SIZE];
};

struct frames {
	struct frame frame[MAX_FRAMES];
	unsigned int n;
};

struct stream {
	struct codec_stream *s;
	struct frames expected; /* in output order */
};

static struct frames got;

/* ---- Streams ---- */

static void keep_frame(struct session *session, struct vacodec_frame *frame)
{
	struct vacodec_frame_info info = {.size_bytes = sizeof(info)};
	struct frames *frames = session->cookie;
	struct frame *next = &frames->frame[frames->n++];

	assert_true(frames->n <= MAX_FRAMES);
	assert_int_equal(vacodec_frame_get_info(frame, &info), 0);
	next->timestamp = info.timestamp;
	next->flags = info.flags;
	assert_int_equal(frame_md5(frame, next->md5), 0);
}

/* One unit a packet; its index is its timestamp. */
static void send_units(struct session *session, const struct stream *stream, unsigned int from,
		       unsigned int to)
{
	const struct codec_stream *s = stream->s;

	for (unsigned int i = from; i < to; i++)
		assert_int_equal(session_send(session, codec_stream_get_unit(s, i),
					      codec_stream_get_size(s, i), i),
				 0);
}

static struct session open_session(const struct stream *stream, struct frames *frames,
				   bool show_incomplete)
{
	struct session session = {.on_frame = keep_frame,
				  .cookie = frames,
				  .codec = stream->s->codec,
				  .show_incomplete = show_incomplete};

	frames->n = 0;
	assert_int_equal(session_open(&session, session_display), 0);
	return session;
}

static void close_session(struct session *session)
{
	session_close(session);
	assert_int_equal(vawrap_display_get_live_count(session_display, VAWRAP_N_KINDS), 0);
}

/* What the whole stream shows, which must be what the encoder had. */
static void decode_whole(struct stream *s)
{
	static char md5s[MAX_FRAMES][FRAME_MD5_SIZE];
	struct session session = open_session(s, &s->expected, false);
	char path[1024];
	unsigned int n;

	snprintf(path, sizeof(path), "%s/%s.md5", STREAMS, s->s->name);
	n = frame_md5_load(path, md5s, MAX_FRAMES);
	send_units(&session, s, 0, s->s->n_units);
	assert_int_equal(session_drain(&session), 0);
	assert_int_equal(s->expected.n, n);
	for (unsigned int i = 0; i < n; i++) {
		assert_string_equal(s->expected.frame[i].md5, md5s[i]);
		assert_int_equal(s->expected.frame[i].flags & VACODEC_FRAME_CORRUPT, 0);
	}
	close_session(&session);
}

static struct stream *load_whole(const char *name)
{
	struct stream *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->s = codec_stream_load(STREAMS, name);
	assert_non_null(s->s);
	decode_whole(s);
	return s;
}

static void unload(struct stream *s)
{
	codec_stream_free(s->s);
	free(s);
}

/* ---- What must hold ---- */

/* The picture that a unit belongs to: a seek may go behind its first one. */
static const struct frame *find_expected(const struct stream *s, uint64_t timestamp)
{
	const struct frame *found = NULL;

	for (unsigned int i = 0; i < s->expected.n; i++) {
		const struct frame *frame = &s->expected.frame[i];

		if (frame->timestamp <= timestamp &&
		    (!found || frame->timestamp > found->timestamp))
			found = frame;
	}
	return found;
}

/*
 * The frames from one on: each in its place, none left out up to the end, and each shows what it must.
 * Returns how many were shown without a flag.
 */
static unsigned int check_frames(const struct stream *s, unsigned int from)
{
	const struct frame *end = s->expected.frame + s->expected.n, *expected = NULL;
	unsigned int intact = 0;

	for (unsigned int i = from; i < got.n; i++) {
		const struct frame *frame = &got.frame[i];

		expected = expected ? expected + 1 : find_expected(s, frame->timestamp);
		assert_non_null(expected);
		assert_true(expected < end);
		assert_ptr_equal(find_expected(s, frame->timestamp), expected);
		if (frame->flags & VACODEC_FRAME_CORRUPT)
			continue;
		assert_string_equal(frame->md5, expected->md5);
		intact++;
	}
	assert_true(got.n == from || expected == end - 1);
	return intact;
}

/* ---- Seeks ---- */

/* Plays up to a unit, then seeks to another one and plays to the end. Returns the intact frames. */
static unsigned int seek(struct stream *s, unsigned int from, unsigned int to)
{
	struct session session = open_session(s, &got, false);
	unsigned int before, intact;

	send_units(&session, s, 0, from);
	before = got.n;
	assert_int_equal(vacodec_decoder_flush(session.decoder), 0);
	assert_true(session_take_events(&session));
	assert_int_equal(got.n, before);
	send_units(&session, s, to, s->s->n_units);
	assert_int_equal(session_drain(&session), 0);
	intact = check_frames(s, before);
	/* What is not complete is not shown, so nothing is flagged. */
	if (got.n - before != intact)
		fail_msg("%s, from unit %u to %u: %u of %u frames are flagged", s->s->name, from,
			 to, got.n - before - intact, got.n - before);
	close_session(&session);
	return intact;
}

/*
 * To each unit of a stream, or to every tenth, forth and back. Not to each where units are NAL units: softva
 * is not told of a seek, and where the stream goes on behind it as if there had been none (frame_num by
 * chance, a CRA picture without its RASL pictures), it takes what stands in for references that were not
 * decoded for the client's mistake.
 */
static void seek_everywhere(const char *name)
{
	struct stream *s = load_whole(name);
	unsigned int resumed = 0, n = 0, step = STEP;

	if (s->s->packets || s->s->codec == VACODEC_CODEC_AV1)
		step = 1;
	if (session_is_slow())
		step *= 6;
	for (unsigned int to = 0; to < s->s->n_units; to += step, n++)
		resumed += seek(s, (to * 7 + 31) % s->s->n_units, to) > 0;
	print_message("# %s: %u of %u seeks resume\n", name, resumed, n);
	/* All but those behind the last point at which decoding can begin. */
	assert_true(resumed > 0 && 2 * resumed >= n);
	unload(s);
}

/* Open and closed groups, leading pictures, intra refresh, frames that are shown again. */
static const char *const names[] = {
	"open-gop.264",           "open-gop-slices.264",
	"mbaff-open-gop.264",     "intra-refresh.264",
	"intra-refresh-long.264", "idr-only.264",
	"hevc-open-gop.265",      "hevc-closed-gop.265",
	"hevc-radl.265",          "hevc-multi-pps.265",
	"vp8-key-frames.ivf",     "vp9-key-frames.ivf",
	"av1-forward-key.ivf",    "av1-svt.ivf",
	"mpeg2-b-frames.m2v",     "mpeg2-closed-groups.m2v",
	"mpeg2-intra.m2v",
};

static void test_seek_to_any_place(void **state)
{
	(void)state;
	assert_true(codec_stream_names_all(names, sizeof(names) / sizeof(names[0])));
	/* No fifth is AV1's: libdav1d's code is more than valgrind can translate. */
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i += session_is_slow() ? 5 : 1) {
		if (codec_stream_is_decodable(names[i]))
			seek_everywhere(names[i]);
	}
}

/* Many seeks with one decoder, some pictures after each. */
static void test_seeks_one_after_the_other(void **state)
{
	struct stream *s = load_whole("open-gop-slices.264");
	struct session session = open_session(s, &got, false);
	unsigned int at = 0;

	(void)state;
	for (unsigned int i = 0; i < 40; i++) {
		send_units(&session, s, at, at + 60 < s->s->n_units ? at + 60 : s->s->n_units);
		assert_true(session_take_events(&session));
		for (unsigned int k = 0; k < got.n; k++) {
			const struct frame *expected = find_expected(s, got.frame[k].timestamp);

			assert_non_null(expected);
			assert_string_equal(got.frame[k].md5, expected->md5);
		}
		got.n = 0;
		assert_int_equal(vacodec_decoder_flush(session.decoder), 0);
		at = (at + 97) % s->s->n_units;
	}
	assert_int_equal(session.n_corrupt, 0);
	assert_true(session.n_frames > 100);
	close_session(&session);
	unload(s);
}

/* ---- Starts ---- */

/* Unit n of those with a type. */
static unsigned int find_type(const struct stream *s, unsigned int type, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < s->s->n_units; i++) {
		if (codec_stream_get_type(s->s, i) == type && n-- == 0)
			break;
	}
	assert_true(i < s->s->n_units);
	return i;
}

/* Parameter sets, then all from a unit on. */
static struct session start_at(struct stream *s, unsigned int unit, bool show_incomplete)
{
	struct session session = open_session(s, &got, show_incomplete);
	unsigned int sps = find_type(s, 7, 0);

	/* They begin the access unit: its timestamp is theirs. */
	assert_int_equal(session_send(&session, codec_stream_get_unit(s->s, sps),
				      s->s->unit[sps + 2] - s->s->unit[sps], unit),
			 0);
	send_units(&session, s, unit, s->s->n_units);
	assert_int_equal(session_drain(&session), 0);
	return session;
}

/* The leading pictures of the recovery point refer to what was never decoded. */
static void test_start_at_a_recovery_point_hides_what_leads_it(void **state)
{
	struct stream *s = load_whole("open-gop-slices.264");
	unsigned int second = find_type(s, 7, 1);
	struct session session = start_at(s, second, false);
	unsigned int shown;

	(void)state;
	shown = check_frames(s, 0);
	assert_int_equal(shown, got.n);
	/* 12 pictures from I to I; of them 3 come behind the second I and before it in output order. */
	assert_int_equal(s->expected.n - shown, 12);
	assert_true(got.frame[0].flags & VACODEC_FRAME_KEY);
	close_session(&session);
	session = start_at(s, second, true);
	assert_int_equal(got.n, shown + 3);
	assert_int_equal(check_frames(s, 0), shown);
	assert_int_equal(session.n_corrupt, 3);
	close_session(&session);
	unload(s);
}

/* recovery_frame_cnt says which picture is the first that is whole. */
static void test_start_in_an_intra_refresh_waits_for_its_end(void **state)
{
	struct stream *s = load_whole("intra-refresh-long.264");
	unsigned int second = find_type(s, 7, 1);
	struct session session = start_at(s, second, false);
	unsigned int shown;

	(void)state;
	shown = check_frames(s, 0);
	assert_int_equal(shown, got.n);
	assert_int_equal(s->expected.n - shown, 9 + 4);
	close_session(&session);
	session = start_at(s, second, true);
	assert_int_equal(got.n, shown + 4);
	assert_int_equal(check_frames(s, 0), shown);
	close_session(&session);
	unload(s);
}

/* A stream that never has a point to begin at shows nothing, unless it is asked to. */
static void test_start_without_a_point_to_begin_at(void **state)
{
	struct stream *s = load_whole("cavlc-baseline.264");
	unsigned int unit = find_type(s, 1, 3);
	struct session session = start_at(s, unit, false);

	(void)state;
	assert_int_equal(got.n, 0);
	close_session(&session);
	session = start_at(s, unit, true);
	assert_int_equal(check_frames(s, 0), 0);
	assert_int_equal(got.n, s->expected.n - 4);
	close_session(&session);
	unload(s);
}

/*
 * Without any reference a picture gets one that was made up, for which it may have to wait when frames
 * are few: it is begun once all the same.
 */
static void test_start_with_a_gap_begins_each_picture_once(void **state)
{
	struct stream *s = load_whole("written-reorder-0.264");

	(void)state;
	for (unsigned int lost = session_is_slow() ? s->s->n_units : 3; lost < s->s->n_units;
	     lost++) {
		for (unsigned int end = lost + 1; end < s->s->n_units; end++) {
			struct session session = open_session(s, &got, true);

			send_units(&session, s, 0, lost);
			send_units(&session, s, end, s->s->n_units);
			assert_int_equal(session_drain(&session), 0);
			assert_int_equal(got.n, s->s->n_units - 2 - (end - lost));
			close_session(&session);
		}
	}
	unload(s);
}

/* ---- Broken links ---- */

/* broken_link_flag of a recovery point SEI message without a frame count (D.1.8): 06 06 01 c4 80. */
static void break_link(struct stream *s, unsigned int unit)
{
	uint8_t *data = s->s->data + s->s->unit[unit] + 3;

	assert_memory_equal(data, "\x06\x06\x01\xc4\x80", 5);
	data[3] |= 0x20;
}

/*
 * A stream with a GOP cut out: what leads the next recovery point is not decodable any more, and
 * broken_link_flag says so.
 */
static void test_broken_link_hides_what_leads_it(void **state)
{
	struct stream *s = load_whole("open-gop-slices.264");
	/* Delimiters count the pictures: the first 9 in decoding order are what precedes the leading ones. */
	unsigned int cut_from = find_type(s, 9, 9), cut_to = find_type(s, 9, 21), sei = cut_to;
	struct session session;

	(void)state;
	while (codec_stream_get_type(s->s, sei) != 6)
		sei++;
	break_link(s, sei);
	session = open_session(s, &got, false);
	send_units(&session, s, 0, cut_from);
	send_units(&session, s, cut_to, s->s->n_units);
	assert_int_equal(session_drain(&session), 0);
	assert_int_equal(session.n_corrupt, 0);
	/* Those before the cut, and all behind it but the 3 that lead. */
	assert_int_equal(got.n, 9 + s->expected.n - 21 - 3);
	for (unsigned int i = 0; i < got.n; i++) {
		const struct frame *expected = find_expected(s, got.frame[i].timestamp);

		assert_non_null(expected);
		assert_string_equal(got.frame[i].md5, expected->md5);
	}
	close_session(&session);
	unload(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_seek_to_any_place),
		cmocka_unit_test(test_seeks_one_after_the_other),
		cmocka_unit_test(test_start_at_a_recovery_point_hides_what_leads_it),
		cmocka_unit_test(test_start_in_an_intra_refresh_waits_for_its_end),
		cmocka_unit_test(test_start_without_a_point_to_begin_at),
		cmocka_unit_test(test_start_with_a_gap_begins_each_picture_once),
		cmocka_unit_test(test_broken_link_hides_what_leads_it),
	};

	return cmocka_run_group_tests(tests, session_set_up, session_tear_down);
}
