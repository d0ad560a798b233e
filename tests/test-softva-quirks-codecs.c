/* SPDX-License-Identifier: MIT */
/*
 * softva's quirks of single codecs: libvacodec decodes bit-exactly with each, and a client that is not
 * prepared, which is made by one change on the way to softva, does not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <va/va.h>
#include <va/va_dec_av1.h>

#include "codec-stream.h"
#include "frame-md5.h"
#include "softva-mistake.h"
#include "softva-session.h"

#define MAX_FRAMES 64

struct quirk_case {
	struct mistake mistake;
	const char *quirks, *stream;
	bool exact;
};

/* The data is copied to where nothing of the frame is before it. */
static void move(void *data)
{
	(void)data;
}

static void show_reference(void *data)
{
	VADecPictureParameterBufferAV1 *pic = data;

	pic->current_display_picture = pic->ref_frame_map[0];
}

#define VP8_CASE(name, quirks, change, exact)                                                      \
	{                                                                                          \
		{name, 0, VASliceDataBufferType, change, ""}, quirks, "vp8-written-segments.ivf",  \
			exact                                                                      \
	}
#define GRAIN_CASE(name, quirks, change, exact, checks)                                            \
	{                                                                                          \
		{name, 2, VAPictureParameterBufferType, change, checks}, quirks, "av1-grain.ivf",  \
			exact                                                                      \
	}

static const struct quirk_case cases[] = {
	VP8_CASE("vp8=lookback", "vp8=lookback", NULL, true),
	VP8_CASE("vp8=lookback, of data without its frame", "vp8=lookback", move, false),
	VP8_CASE("data without its frame", "", move, true),
	GRAIN_CASE("grain=extra", "grain=extra", NULL, true, ""),
	GRAIN_CASE("grain=extra, as many surfaces as a decoder has",
		   "grain=extra,surfaces=32,bind-at-context", NULL, true, ""),
	GRAIN_CASE("grain=extra, shown from a reference", "grain=extra", show_reference, false,
		   "target-id "),
	GRAIN_CASE("grain=inexact", "grain=inexact", NULL, false, ""),
};

#define N_CASES (sizeof(cases) / sizeof(cases[0]))

static const struct quirk_case *at_hand;
static char expected[MAX_FRAMES][FRAME_MD5_SIZE];
static unsigned int n_expected, n_wrong;

static void look(struct session *session, struct vacodec_frame *frame)
{
	char md5[FRAME_MD5_SIZE];
	unsigned int n = session->n_frames - 1;

	if (n >= n_expected || frame_md5(frame, md5) < 0 || strcmp(md5, expected[n]) != 0)
		n_wrong++;
}

static void decode(struct session *session)
{
	struct codec_stream *s = codec_stream_load(STREAMS, at_hand->stream);
	char path[1024];

	assert_non_null(s);
	snprintf(path, sizeof(path), "%s/%s.md5", STREAMS, at_hand->stream);
	n_expected = frame_md5_load(path, expected, MAX_FRAMES);
	for (unsigned int i = 0; i < s->n_units; i++)
		assert_int_equal(session_send(session, codec_stream_get_unit(s, i),
					      codec_stream_get_size(s, i), i),
				 0);
	assert_int_equal(session_drain(session), 0);
	codec_stream_free(s);
}

static void test_quirk(void **state)
{
	struct session session = {.on_frame = look};
	char names[512];

	at_hand = *state;
	n_wrong = 0;
	session.codec = codec_stream_find_codec(at_hand->stream);
	setenv("SOFTVA_QUIRKS", at_hand->quirks, 1);
	assert_true(mistake_run(&at_hand->mistake, &session, decode, names, sizeof(names)) > 0);
	unsetenv("SOFTVA_QUIRKS");
	assert_int_equal(mistake_was_made(), at_hand->mistake.make != NULL);
	assert_true(n_expected > 0);
	if (at_hand->exact)
		assert_int_equal(session.n_frames, n_expected);
	assert_int_equal(n_wrong + session.n_corrupt == 0, at_hand->exact);
	assert_string_equal(names, at_hand->mistake.checks);
}

int main(void)
{
	/* libdav1d's code is more than valgrind can translate; VP8 comes first. */
	unsigned int n =
		session_is_slow() || !codec_stream_is_decodable("av1-grain.ivf") ? 3 : N_CASES;

	return mistake_run_tests("softva quirks of codecs", cases, n, sizeof(cases[0]), test_quirk);
}
