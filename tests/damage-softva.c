/* SPDX-License-Identifier: MIT */
/*
 * damage-softva.c - what is lost or damaged in a stream costs its own frames, and these are flagged
 *
 * On softva. The project's streams are decoded with one unit missing or damaged. Every frame that is
 * not flagged must look as it does without the damage; frames come in the same order; what was
 * decoded before the damage, and from the next IDR picture on, is not flagged. (VP8, VP9 and AV1 do not
 * number their frames: one that is not there at all nobody misses, so units are cut down instead.)
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "codec-stream.h"
#include "softva-session.h"
#include "tools/readout.h"

#define MAX_UNITS  400
#define MAX_FRAMES 128

struct unit {
	const uint8_t *data; /* with its start code */
	size_t size_bytes;
	unsigned int type;    /* as H.264 numbers them: 1 a slice, 5 of an IDR picture */
	unsigned int picture; /* number of the access unit, from 0 on */
	bool first;           /* slice: begins with macroblock 0 */
};

struct stream {
	struct codec_stream *s;
	struct unit units[MAX_UNITS];
	unsigned int n_units, n_pictures;
};

struct shown {
	unsigned int picture;
	uint64_t hash;
	bool corrupt, key;
};

struct run {
	struct shown frames[MAX_FRAMES]; /* in output order */
	unsigned int n_frames;
	bool whole_lost; /* nothing of this picture is there */
	unsigned int lost;
	struct readout readout;
};

static struct vawrap_display *display;

/* ---- Streams ---- */

static bool is_slice(const struct unit *unit)
{
	return unit->type == 1 || unit->type == 5;
}

/* A picture's slices follow its parameter sets and messages; the first one has macroblock 0. */
static void number_pictures(struct stream *s)
{
	bool seen_slice = false;
	unsigned int i, picture = 0;

	for (i = 0; i < s->n_units; i++) {
		struct unit *unit = &s->units[i];
		bool begins = !is_slice(unit) || unit->first;

		picture += seen_slice && begins;
		seen_slice = is_slice(unit) || (seen_slice && !begins);
		unit->picture = picture;
	}
	s->n_pictures = picture + 1;
}

/* H.265 has VCL units of types up to 31; its IDR pictures are 19 and 20. */
static void read_unit(struct stream *s, unsigned int i)
{
	struct unit *unit = &s->units[i];
	unsigned int type = codec_stream_get_type(s->s, i);

	unit->data = codec_stream_get_unit(s->s, i);
	unit->size_bytes = codec_stream_get_size(s->s, i);
	if (s->s->codec == VACODEC_CODEC_HEVC)
		type = type == 19 || type == 20 ? 5 : type < 32 ? 1 : 0;
	unit->type = type;
	unit->first = unit->data[codec_stream_get_header_size(s->s, i)] & 0x80;
}

static struct stream load(const char *name)
{
	struct stream s = {.s = codec_stream_load(STREAMS, name)};

	assert_non_null(s.s);
	assert_true(s.s->n_units < MAX_UNITS);
	s.n_units = s.s->n_units;
	for (unsigned int i = 0; i < s.n_units; i++)
		read_unit(&s, i);
	if (s.s->codec == VACODEC_CODEC_H264 || s.s->codec == VACODEC_CODEC_HEVC)
		number_pictures(&s);
	return s;
}

static unsigned int count_slices(const struct stream *s, unsigned int picture)
{
	unsigned int i, n = 0;

	for (i = 0; i < s->n_units; i++)
		n += is_slice(&s->units[i]) && s->units[i].picture == picture;
	return n;
}

/* ---- Decoding ---- */

/* FNV-1a over the visible samples of an NV12 picture. */
static uint64_t hash_picture(const struct output_picture *picture)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	unsigned int plane, x, y;

	for (plane = 0; plane < 2; plane++) {
		for (y = 0; y < picture->height >> plane; y++) {
			for (x = 0; x < picture->width; x++)
				hash = (hash ^
					picture->plane[plane]
						      [y * picture->pitch_bytes[plane] + x]) *
				       UINT64_C(0x100000001b3);
		}
	}
	return hash;
}

/*
 * A picture begins with the units before its slices. Where all slices of one are lost, these begin the
 * next one.
 */
static unsigned int get_picture(const struct run *run, unsigned int timestamp)
{
	return run->whole_lost && timestamp == run->lost ? timestamp + 1 : timestamp;
}

static void on_frame(struct session *session, struct vacodec_frame *frame)
{
	struct vacodec_frame_info info = {.size_bytes = sizeof(info)};
	struct run *run = session->cookie;
	struct shown *shown = &run->frames[run->n_frames++];
	struct output_picture picture;

	assert_true(run->n_frames <= MAX_FRAMES);
	vacodec_frame_get_info(frame, &info);
	shown->picture = get_picture(run, (unsigned int)info.timestamp);
	shown->corrupt = info.flags & VACODEC_FRAME_CORRUPT;
	shown->key = info.flags & VACODEC_FRAME_KEY;
	assert_int_equal(readout_map(&run->readout, frame, &picture), 0);
	shown->hash = hash_picture(&picture);
	readout_unmap(&run->readout);
}

/* What is given in place of a unit; size 0: nothing. */
struct change {
	unsigned int unit; /* UINT_MAX: none */
	const uint8_t *data;
	size_t size_bytes;
};

static const struct change none = {UINT_MAX, NULL, 0};

static void decode(struct run *run, const struct stream *s, const struct change *change)
{
	struct session session = {.on_frame = on_frame, .cookie = run, .codec = s->s->codec};
	const struct unit *unit = s->units;
	unsigned int i;

	memset(run, 0, sizeof(*run));
	if (change->unit < s->n_units && change->size_bytes == 0) {
		run->lost = s->units[change->unit].picture;
		run->whole_lost = count_slices(s, run->lost) == 1;
	}
	assert_int_equal(session_open(&session, display), 0);
	for (i = 0; i < s->n_units; i++, unit++) {
		bool changed = i == change->unit;

		assert_int_equal(session_send(&session, changed ? change->data : unit->data,
					      changed ? change->size_bytes : unit->size_bytes,
					      unit->picture),
				 0);
	}
	assert_int_equal(session_drain(&session), 0);
	assert_false(session.ended);
	session_close(&session);
	readout_finish(&run->readout);
}

static const struct shown *find(const struct run *run, unsigned int picture)
{
	unsigned int i;

	for (i = 0; i < run->n_frames; i++) {
		if (run->frames[i].picture == picture)
			return &run->frames[i];
	}
	return NULL;
}

/* The first picture from a unit on that nothing before it can be seen in. */
static unsigned int find_end(const struct stream *s, unsigned int unit)
{
	unsigned int i;

	for (i = unit + 1; i < s->n_units; i++) {
		if (s->units[i].type == 5 && s->units[i].first &&
		    s->units[i].picture > s->units[unit].picture)
			return s->units[i].picture;
	}
	return s->n_pictures;
}

static void check_flags(const struct run *run, const struct stream *s, unsigned int unit)
{
	unsigned int begin = s->units[unit].picture;
	unsigned int end = find_end(s, unit);
	unsigned int i;

	for (i = 0; i < run->n_frames; i++) {
		const struct shown *shown = &run->frames[i];

		if (shown->corrupt && (shown->picture < begin || shown->picture >= end))
			fail_msg("unit %u: picture %u is flagged", unit, shown->picture);
	}
}

/* Frames that are not flagged are right, and in order. */
static void check_pictures(const struct run *run, const struct run *intact, unsigned int unit)
{
	const struct shown *last = NULL;
	unsigned int i;

	for (i = 0; i < run->n_frames; i++) {
		const struct shown *shown = &run->frames[i];
		const struct shown *expected = find(intact, shown->picture);

		assert_non_null(expected);
		if (!shown->corrupt && shown->hash != expected->hash)
			fail_msg("unit %u: picture %u is wrong", unit, shown->picture);
		if (last && last > expected)
			fail_msg("unit %u: picture %u is out of order", unit, shown->picture);
		last = expected;
	}
}

/*
 * Of a picture that has lost one of its slices there is a flagged frame, of one that has lost all of them
 * none, and no other is missing. Where it is not the first slice the sequence can begin with, that is.
 */
static void check_count(const struct run *run, const struct stream *s, unsigned int unit)
{
	const struct shown *shown = find(run, s->units[unit].picture);

	if (s->units[unit].picture == 0)
		return;
	assert_int_equal(run->n_frames, s->n_pictures - run->whole_lost);
	if (!run->whole_lost && (!shown || !shown->corrupt))
		fail_msg("unit %u: picture %u is not flagged", unit, s->units[unit].picture);
}

/* ---- Tests ---- */

/* Each unit that is a slice is left out in turn. */
static void lose_each_slice(const char *name)
{
	struct stream s = load(name);
	struct change change = none;
	struct run intact, run;
	unsigned int i;

	decode(&intact, &s, &change);
	assert_int_equal(intact.n_frames, s.n_pictures);
	for (i = 0; i < s.n_units; i++) {
		if (!is_slice(&s.units[i]))
			continue;
		change.unit = i;
		decode(&run, &s, &change);
		check_flags(&run, &s, i);
		check_pictures(&run, &intact, i);
		check_count(&run, &s, i);
	}
	codec_stream_free(s.s);
}

static void test_lost_pictures(void **state)
{
	(void)state;
	lose_each_slice("idr-only.264");
	lose_each_slice("cavlc-b.264");
	lose_each_slice("b-pyramid-normal.264");
	lose_each_slice("cavlc-baseline.264");
	lose_each_slice("hevc-intra.265");
	lose_each_slice("hevc-p.265");
	lose_each_slice("hevc-b-pyramid.265");
}

static void test_lost_slices(void **state)
{
	(void)state;
	lose_each_slice("slices-count.264");
	lose_each_slice("slices-cavlc.264");
	lose_each_slice("hevc-slices.265");
}

/* ---- Streams of the other codecs: units that are cut down ---- */

/* The frame that a unit belongs to: its first unit is its timestamp. */
static unsigned int find_begin(const struct run *intact, unsigned int unit)
{
	unsigned int begin = 0;

	for (unsigned int i = 0; i < intact->n_frames; i++) {
		unsigned int at = intact->frames[i].picture;

		if (at <= unit && at > begin)
			begin = at;
	}
	return begin;
}

/* From the next key frame on nothing is flagged. */
static unsigned int find_next_key(const struct run *intact, unsigned int unit)
{
	unsigned int end = UINT_MAX;

	for (unsigned int i = 0; i < intact->n_frames; i++) {
		const struct shown *shown = &intact->frames[i];

		if (shown->key && shown->picture > unit && shown->picture < end)
			end = shown->picture;
	}
	return end;
}

/* Header and one byte of payload; an OBU with the size that it has then. False: there is no more to it. */
static bool cut(const struct stream *s, unsigned int i, uint8_t *data, struct change *change)
{
	const struct unit *unit = &s->units[i];
	size_t head = codec_stream_get_header_size(s->s, i);

	if (unit->size_bytes < head + 3)
		return false;
	memcpy(data, unit->data, head + 1);
	*change = (struct change){i, data, head + 1};
	if (s->s->codec == VACODEC_CODEC_AV1) {
		memset(data + 1, 0x80, head - 1);
		data[1] |= 1;
		data[head - 1] = head > 2 ? 0 : 1;
	}
	return true;
}

/* Returns how many frames were flagged. */
static unsigned int check_cut(const struct run *run, const struct run *intact, unsigned int unit)
{
	unsigned int begin = find_begin(intact, unit), end = find_next_key(intact, unit);
	unsigned int flagged = 0;

	for (unsigned int i = 0; i < run->n_frames; i++) {
		const struct shown *shown = &run->frames[i];

		flagged += shown->corrupt;
		if (shown->corrupt && (shown->picture < begin || shown->picture >= end))
			fail_msg("unit %u: the frame of unit %u is flagged", unit, shown->picture);
	}
	check_pictures(run, intact, unit);
	assert_true(run->n_frames <= intact->n_frames);
	return flagged;
}

static void cut_each_unit(const char *name)
{
	struct stream s = load(name);
	struct run intact, run;
	struct change change;
	uint8_t data[16];
	unsigned int flagged = 0, n = 0, missing = 0;

	for (unsigned int i = 0; i < s.n_units; i++)
		s.units[i].picture = i;
	decode(&intact, &s, &none);
	for (unsigned int i = 0; i < s.n_units; i++) {
		if (!cut(&s, i, data, &change))
			continue;
		decode(&run, &s, &change);
		flagged += check_cut(&run, &intact, i);
		missing += intact.n_frames - run.n_frames;
		n++;
	}
	print_message("# %s: %u units cut, %u frames flagged, %u missing\n", name, n, flagged,
		      missing);
	assert_true(n > 0 && 3 * (flagged + missing) >= n);
	codec_stream_free(s.s);
}

static void test_cut_units(void **state)
{
	static const char *const names[] = {
		"vp8-key-frames.ivf",      "vp8-altref.ivf",      "vp9-key-frames.ivf",
		"vp9-altref.ivf",          "av1-forward-key.ivf", "av1-tile-groups.ivf",
		"mpeg2-closed-groups.m2v", "mpeg2-simple.m2v",    "mpeg2-interlaced-tff.m2v",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (codec_stream_is_decodable(names[i]))
			cut_each_unit(names[i]);
	}
}

/* What comes after a start over intra macroblocks is right again, although no IDR picture follows. */
static void test_damage_ends_at_a_recovery_point(void **state)
{
	struct stream s = load("intra-refresh.264");
	struct change change = none;
	struct run intact, run;
	unsigned int i, n_lost = 0;

	(void)state;
	decode(&intact, &s, &change);
	for (change.unit = 0; n_lost < 3; change.unit++)
		n_lost += is_slice(&s.units[change.unit]);
	decode(&run, &s, &change);
	check_pictures(&run, &intact, change.unit);
	for (i = 0; i < run.n_frames && !run.frames[i].corrupt; i++)
		;
	assert_true(i < run.n_frames);
	assert_false(run.frames[run.n_frames - 1].corrupt);
	codec_stream_free(s.s);
}

/* A picture of which others are not made can be damaged in any way without harm to them. */
static void test_damaged_headers(void **state)
{
	static const char *const names[] = {"idr-only.264", "size-16x16.264", "slices-count.264"};
	struct run run;
	size_t n;
	unsigned int i, bit;

	(void)state;
	for (n = 0; n < 3; n++) {
		struct stream s = load(names[n]);
		uint8_t *copy = malloc(1 << 20);

		assert_non_null(copy);
		for (i = 0; i < s.n_units; i += 9) {
			memcpy(copy, s.units[i].data, s.units[i].size_bytes);
			for (bit = 24; is_slice(&s.units[i]) && bit < 64; bit++) {
				struct change change = {i, copy, s.units[i].size_bytes};

				copy[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
				decode(&run, &s, &change);
				/* It may be taken for a slice of the picture before it. */
				check_flags(&run, &s, i > 3 ? i - 1 : i);
				copy[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
			}
		}
		free(copy);
		codec_stream_free(s.s);
	}
}

/* Behind the unit before, as a unit of no known type, or as one that says it is a slice. */
static void test_garbage_between_units(void **state)
{
	static const char *const heads[] = {"", "\0\0\1\x1f", "\0\0\1\x41", "\0\0\1\x67"};
	static const size_t head_bytes[] = {0, 4, 4, 4};
	struct stream s = load("cavlc-b.264");
	struct run intact, run;
	uint8_t *copy = malloc(1 << 20);
	unsigned int i, j, head;

	(void)state;
	assert_non_null(copy);
	srand(3);
	decode(&intact, &s, &none);
	for (i = 2; i < s.n_units; i += 3) {
		struct change change = {i, copy, 0};

		head = i / 3 % 4;
		memcpy(copy, heads[head], head_bytes[head]);
		change.size_bytes = head_bytes[head];
		for (j = 0; j < 40; j++)
			copy[change.size_bytes++] = (uint8_t)(1 + rand() % 255);
		memcpy(copy + change.size_bytes, s.units[i].data, s.units[i].size_bytes);
		change.size_bytes += s.units[i].size_bytes;
		decode(&run, &s, &change);
		assert_int_equal(run.n_frames, s.n_pictures);
		check_flags(&run, &s, i - 1);
		check_pictures(&run, &intact, i);
	}
	free(copy);
	codec_stream_free(s.s);
}

static int open_display(void **state)
{
	(void)state;
	return session_open_display(false, &display);
}

static int close_display(void **state)
{
	(void)state;
	display = vawrap_display_unref(display);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lost_pictures),
		cmocka_unit_test(test_cut_units),
		cmocka_unit_test(test_lost_slices),
		cmocka_unit_test(test_damage_ends_at_a_recovery_point),
		cmocka_unit_test(test_damaged_headers),
		cmocka_unit_test(test_garbage_between_units),
	};

	return cmocka_run_group_tests(tests, open_display, close_display);
}
