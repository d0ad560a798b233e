/* SPDX-License-Identifier: MIT */
/*
 * test-pictures.c - each condition of 7.4.1.2.4 by which a slice is known to begin another picture
 *
 * Two pictures of two slices differ in one thing only. Whole, they are both right; without the second
 * one's first slice, which by its macroblock number would begin a picture too, the other slice must not
 * be taken for the first picture's: that one stays right, and the second one is flagged.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "frame-md5.h"
#include "h264-writer.h"
#include "nal.h"
#include "softva-session.h"

#include <stdlib.h>
#include <string.h>

#define MAX_FRAMES 32

struct condition {
	const char *name;
	void (*write)(struct h264w_stream *s);
};

static struct h264w_stream writer;
static char *units, *sums;
static size_t units_bytes, sums_bytes;
static unsigned int second; /* unit of the second picture's first slice */
static struct {
	char md5[MAX_FRAMES][FRAME_MD5_SIZE];
	uint32_t flags[MAX_FRAMES];
	unsigned int n;
	uint64_t pictures; /* a field is one */
} got;

/* ---- Streams ---- */

static unsigned int count_units(struct h264w_stream *s)
{
	fflush(s->units);
	return nal_count((const uint8_t *)units, units_bytes, 0);
}

/* A picture of two slices. */
static int halves(struct h264w_stream *s, struct h264w_shot shot)
{
	struct h264w_shot shots[2] = {shot, shot};

	shots[0].n_mbs = shots[1].first_mb = shot.structure ? 1 : 2;
	return h264w_picture_slices(s, shots, 2);
}

#define HALVES(s, kind, nal_ref_idc, num, order, ...)                                              \
	halves(s, (struct h264w_shot){.type = H264W_##kind,                                        \
				      .ref_idc = (nal_ref_idc),                                    \
				      .frame_num = (num),                                          \
				      .poc = (order),                                              \
				      __VA_ARGS__})

/* The sets and an IDR picture; sps and pps are what the stream has of its own. */
static int begin(struct h264w_stream *s, const struct h264w_sps *sps, const struct h264w_pps *pps)
{
	s->sps[0] = *sps;
	s->sps[0].width_mbs = 2;
	s->sps[0].height_mbs = 2;
	if (pps)
		s->pps[0] = *pps;
	h264w_sps_write(s, 0);
	h264w_pps_write(s, 0);
	return HALVES(s, I, 1, 0, 0, .idr = true);
}

static void by_frame_num(struct h264w_stream *s)
{
	struct h264w_sps sps = h264w_sps_default();
	int a, b;

	sps.poc_type = 2;
	a = begin(s, &sps, NULL);
	b = HALVES(s, P, 1, 1, 2, .list = {{a}});
	second = count_units(s);
	HALVES(s, P, 1, 2, 4, .list = {{b, a}});
}

static void by_pic_parameter_set_id(struct h264w_stream *s)
{
	struct h264w_sps sps = h264w_sps_default();
	int a = begin(s, &sps, NULL);

	s->pps[1].id = 1;
	h264w_pps_write(s, 1);
	HALVES(s, P, 0, 1, 2, .list = {{a}});
	second = count_units(s);
	HALVES(s, P, 0, 1, 2, .pps = 1, .list = {{a}});
}

static void by_field_pic_flag(struct h264w_stream *s)
{
	struct h264w_sps sps = h264w_sps_default();
	int a, t, b;

	sps.fields = true;
	sps.level_idc = 30;
	a = begin(s, &sps, NULL);
	t = h264w_view(s, a, H264W_TOP);
	b = h264w_view(s, a, H264W_BOTTOM);
	HALVES(s, P, 0, 1, 2, .list = {{a}});
	second = count_units(s);
	HALVES(s, P, 0, 1, 2, .structure = H264W_TOP, .list = {{t, b}});
	HALVES(s, P, 0, 1, 3, .structure = H264W_BOTTOM, .second = true, .list = {{b, t}});
}

static void by_bottom_field_flag(struct h264w_stream *s)
{
	struct h264w_sps sps = h264w_sps_default();
	int a, t, b;

	sps.fields = true;
	sps.level_idc = 30;
	a = begin(s, &sps, NULL);
	t = h264w_view(s, a, H264W_TOP);
	b = h264w_view(s, a, H264W_BOTTOM);
	HALVES(s, P, 0, 1, 2, .structure = H264W_TOP, .list = {{t, b}});
	second = count_units(s);
	HALVES(s, P, 0, 1, 2, .structure = H264W_BOTTOM, .second = true, .list = {{b, t}});
}

static void by_nal_ref_idc(struct h264w_stream *s)
{
	struct h264w_sps sps = h264w_sps_default();
	int a = begin(s, &sps, NULL);

	HALVES(s, P, 0, 1, 2, .list = {{a}});
	second = count_units(s);
	HALVES(s, P, 1, 1, 2, .list = {{a}});
}

static void by_pic_order_cnt_lsb(struct h264w_stream *s)
{
	struct h264w_sps sps = h264w_sps_default();
	int a = begin(s, &sps, NULL);

	HALVES(s, P, 0, 1, 2, .list = {{a}});
	second = count_units(s);
	HALVES(s, P, 0, 1, 4, .list = {{a}});
}

static void by_delta_pic_order_cnt_bottom(struct h264w_stream *s)
{
	struct h264w_sps sps = h264w_sps_default();
	struct h264w_pps pps = {.pic_order_present = true};
	int a = begin(s, &sps, &pps);

	HALVES(s, P, 0, 1, 2, .list = {{a}});
	second = count_units(s);
	HALVES(s, P, 0, 1, 2, .delta_bottom = 1, .list = {{a}});
}

static void by_delta_pic_order_cnt_0(struct h264w_stream *s)
{
	struct h264w_sps sps = h264w_sps_default();
	int a;

	sps.poc_type = 1;
	a = begin(s, &sps, NULL);
	HALVES(s, P, 0, 1, 2, .delta = 2, .list = {{a}});
	second = count_units(s);
	HALVES(s, P, 0, 1, 4, .delta = 4, .list = {{a}});
}

static void by_delta_pic_order_cnt_1(struct h264w_stream *s)
{
	struct h264w_sps sps = h264w_sps_default();
	struct h264w_pps pps = {.pic_order_present = true};
	int a;

	sps.poc_type = 1;
	a = begin(s, &sps, &pps);
	HALVES(s, P, 0, 1, 2, .delta = 2, .list = {{a}});
	second = count_units(s);
	HALVES(s, P, 0, 1, 2, .delta = 2, .delta_bottom = 1, .list = {{a}});
}

/* The picture before has frame_num 0, too. */
static void by_idr_pic_flag(struct h264w_stream *s)
{
	struct h264w_sps sps = h264w_sps_default();
	int last;

	sps.poc_type = 2;
	last = begin(s, &sps, NULL);
	for (int n = 1; n <= 16; n++)
		last = HALVES(s, P, 1, n % 16, 2 * n, .list = {{last}});
	second = count_units(s);
	HALVES(s, I, 1, 0, 0, .idr = true, .idr_pic_id = 1);
}

static void by_idr_pic_id(struct h264w_stream *s)
{
	struct h264w_sps sps = h264w_sps_default();

	begin(s, &sps, NULL);
	HALVES(s, I, 1, 0, 0, .idr = true, .idr_pic_id = 1);
	second = count_units(s);
	HALVES(s, I, 1, 0, 0, .idr = true, .idr_pic_id = 2);
}

/* ---- Decoding ---- */

static void keep_frame(struct session *session, struct vacodec_frame *frame)
{
	struct vacodec_frame_info info = {.size_bytes = sizeof(info)};

	(void)session;
	assert_true(got.n < MAX_FRAMES);
	assert_int_equal(vacodec_frame_get_info(frame, &info), 0);
	assert_int_equal(frame_md5(frame, got.md5[got.n]), 0);
	got.flags[got.n++] = info.flags;
}

/* All units but one; their number for none. */
static void decode(unsigned int lost)
{
	struct session session = {.on_frame = keep_frame};
	struct vacodec_stats stats = {.size_bytes = sizeof(stats)};
	const uint8_t *data = (const uint8_t *)units;
	unsigned int n = nal_count(data, units_bytes, 0);

	got.n = 0;
	assert_int_equal(session_open(&session, session_display), 0);
	for (unsigned int i = 0; i < n; i++) {
		size_t at = nal_find(data, units_bytes, 0, i);
		size_t end = nal_find(data, units_bytes, at + 3, 0);

		if (i != lost)
			assert_int_equal(session_send(&session, data + at, end - at, i), 0);
	}
	assert_int_equal(session_drain(&session), 0);
	assert_int_equal(vacodec_decoder_get_stats(session.decoder, &stats), 0);
	got.pictures = stats.pictures;
	session_close(&session);
}

/* Returns how many frames are flagged; all others must show what they should. */
static unsigned int check(void)
{
	unsigned int flagged = 0;

	assert_int_equal(got.n, sums_bytes / FRAME_MD5_SIZE);
	for (unsigned int i = 0; i < got.n; i++) {
		if (got.flags[i] & VACODEC_FRAME_CORRUPT)
			flagged++;
		else
			assert_memory_equal(got.md5[i], sums + (size_t)i * FRAME_MD5_SIZE,
					    FRAME_MD5_SIZE - 1);
	}
	return flagged;
}

static void make(void (*write)(struct h264w_stream *s))
{
	memset(&writer, 0, sizeof(writer));
	writer.units = open_memstream(&units, &units_bytes);
	writer.sums = open_memstream(&sums, &sums_bytes);
	assert_non_null(writer.units);
	assert_non_null(writer.sums);
	write(&writer);
	/* The session goes on behind it. */
	HALVES(&writer, I, 1, 0, 0, .idr = true, .idr_pic_id = 7);
	assert_int_equal(h264w_stream_close(&writer), 0);
}

static void test_condition(void **state)
{
	const struct condition *condition = *state;
	uint64_t pictures;

	make(condition->write);
	decode(UINT32_MAX);
	assert_int_equal(check(), 0);
	pictures = got.pictures;
	decode(second);
	assert_int_equal(check(), 1);
	assert_int_equal(got.pictures, pictures);
	free(units);
	free(sums);
}

int main(void)
{
	static struct condition conditions[] = {
		{"frame_num", by_frame_num},
		{"pic_parameter_set_id", by_pic_parameter_set_id},
		{"field_pic_flag", by_field_pic_flag},
		{"bottom_field_flag", by_bottom_field_flag},
		{"nal_ref_idc", by_nal_ref_idc},
		{"pic_order_cnt_lsb", by_pic_order_cnt_lsb},
		{"delta_pic_order_cnt_bottom", by_delta_pic_order_cnt_bottom},
		{"delta_pic_order_cnt[0]", by_delta_pic_order_cnt_0},
		{"delta_pic_order_cnt[1]", by_delta_pic_order_cnt_1},
		{"IdrPicFlag", by_idr_pic_flag},
		{"idr_pic_id", by_idr_pic_id},
	};
	struct CMUnitTest tests[sizeof(conditions) / sizeof(conditions[0])];

	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tests[i] = (struct CMUnitTest){.name = conditions[i].name,
					       .test_func = test_condition,
					       .initial_state = &conditions[i]};
	return cmocka_run_group_tests(tests, session_set_up, session_tear_down);
}
