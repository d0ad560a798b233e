/* SPDX-License-Identifier: MIT */
/*
 * test-h264-record.c - H.264 as files hold it: parameter sets in a record, units behind lengths
 *
 * The project's streams are put into that form here; the driver must be given the same as from the
 * byte stream.
 */
#include "vacodec-fixture.h"
#include <stdlib.h>
#include <string.h>

#define MAX_PACKETS     400
#define FIRST_TIMESTAMP 1000 /* a packet's is its number more */

/* A stream in packets of one access unit each. */
struct file {
	uint8_t record[1024];
	size_t record_bytes;
	uint8_t *data;
	size_t size_bytes;
	size_t packets[MAX_PACKETS + 1]; /* where each begins, and the end */
	unsigned int n_packets;
	unsigned int length_bytes;
};

static void put_length(uint8_t **at, size_t length, unsigned int n)
{
	while (n-- > 0)
		*(*at)++ = (uint8_t)(length >> 8 * n);
}

/* Bytes of the n-th unit without start code and trailing zeros. */
static const uint8_t *get_unit(const struct stream *s, unsigned int n, size_t *size_bytes)
{
	size_t at = stream_find_unit(s, n) + 3;
	size_t end = stream_find_unit(s, n + 1);

	while (end > at && s->data[end - 1] == 0)
		end--;
	*size_bytes = end - at;
	return s->data + at;
}

/* The first two units are the SPS and the PPS. */
static void make_record(struct file *f, const struct stream *s)
{
	uint8_t *at = f->record;
	const uint8_t *unit;
	size_t size;
	unsigned int i;

	*at++ = 1;
	unit = get_unit(s, 0, &size);
	memcpy(at, unit + 1, 3);
	at += 3;
	*at++ = (uint8_t)(0xfc | (f->length_bytes - 1));
	for (i = 0; i < 2; i++) {
		unit = get_unit(s, i, &size);
		*at++ = i == 0 ? 0xe1 : 1;
		put_length(&at, size, 2);
		memcpy(at, unit, size);
		at += size;
	}
	f->record_bytes = (size_t)(at - f->record);
}

static void make_file(struct file *f, const struct stream *s, unsigned int length_bytes)
{
	const uint8_t *unit;
	bool in_picture = true;
	size_t size;
	uint8_t *at;
	unsigned int i;

	memset(f, 0, sizeof(*f));
	f->length_bytes = length_bytes;
	f->data = malloc(2 * s->size_bytes);
	assert_non_null(f->data);
	make_record(f, s);
	at = f->data;
	for (i = 2; stream_find_unit(s, i) < s->size_bytes; i++) {
		unit = get_unit(s, i, &size);
		/* A slice of macroblock 0, or what comes before one. */
		if (in_picture && ((unit[0] & 31) > 5 || unit[1] & 0x80)) {
			assert_true(f->n_packets < MAX_PACKETS);
			f->packets[f->n_packets++] = (size_t)(at - f->data);
			in_picture = false;
		}
		in_picture |= (unit[0] & 31) <= 5;
		put_length(&at, size, length_bytes);
		memcpy(at, unit, size);
		at += size;
	}
	f->size_bytes = (size_t)(at - f->data);
	f->packets[f->n_packets] = f->size_bytes;
}

static void send_packet(struct client *c, const struct file *f, unsigned int i)
{
	assert_int_equal(client_send(c, f->data + f->packets[i], f->packets[i + 1] - f->packets[i],
				     FIRST_TIMESTAMP + i),
			 0);
}

static void open_file(struct client *c, const struct file *f)
{
	c->extradata = f->record;
	c->extradata_bytes = f->record_bytes;
	assert_int_equal(client_open(c), 0);
}

/* Pieces of a size up to so many bytes; 0: packets. Returns what the driver was given. */
static uint64_t run_file(const struct file *f, size_t piece_bytes, unsigned int *n_frames)
{
	struct client c = {0};
	size_t at = 0;
	size_t n;
	unsigned int i;

	hash_begin();
	open_file(&c, f);
	for (i = 0; piece_bytes == 0 && i < f->n_packets; i++)
		send_packet(&c, f, i);
	for (; piece_bytes > 0 && at < f->size_bytes; at += n) {
		n = 1 + (size_t)rand() % piece_bytes;
		n = n < f->size_bytes - at ? n : f->size_bytes - at;
		assert_int_equal(client_send(&c, f->data + at, n, at), 0);
	}
	assert_int_equal(client_drain(&c), 0);
	assert_int_equal(c.n_corrupt, 0);
	*n_frames = c.n_frames;
	client_close(&c);
	hash_end();
	return hash_get();
}

static void test_the_driver_gets_the_same(void **state)
{
	static const size_t pieces[] = {0, 1, 2, 9, 300, 100000};
	struct stream s = stream_load("slices-count");
	struct client c = {0};
	struct file f;
	uint64_t expected;
	unsigned int i, n_frames, length_bytes;

	(void)state;
	srand(1);
	hash_begin();
	assert_int_equal(client_run(&c, &s, 0), 0);
	expected = hash_get();
	hash_end();
	for (length_bytes = 2; length_bytes <= 4; length_bytes += 2) {
		make_file(&f, &s, length_bytes);
		for (i = 0; i < 6; i++) {
			assert_true(run_file(&f, pieces[i], &n_frames) == expected);
			assert_int_equal(n_frames, c.n_frames);
		}
		free(f.data);
	}
	stream_free(&s);
}

/* A timestamp is that of the packet with the length's first byte. */
static void test_timestamps_are_those_of_the_packets(void **state)
{
	struct stream s = stream_load("idr-only");
	struct client c = {0};
	struct file f;
	unsigned int i;

	(void)state;
	make_file(&f, &s, 4);
	open_file(&c, &f);
	for (i = 0; i < f.n_packets; i++)
		send_packet(&c, &f, i);
	assert_int_equal(client_drain(&c), 0);
	assert_int_equal(c.n_frames, f.n_packets);
	for (i = 0; i < c.n_frames; i++)
		assert_int_equal(c.timestamps[i], FIRST_TIMESTAMP + i);
	client_close(&c);
	free(f.data);
	stream_free(&s);
}

/* Of IDR pictures, the one with the wrong length alone. */
static void test_a_wrong_length_costs_its_own_frame(void **state)
{
	static const uint8_t wrong[][4] = {
		{0, 0, 0, 3}, {0x7f, 0, 0, 0}, {0xff, 0xff, 0xff, 0xff},
		{0, 1, 0, 0}, {0, 0, 0x40, 0},
	};
	struct stream s = stream_load("idr-only");
	struct file f;
	unsigned int i, j;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct client c = {0};

		make_file(&f, &s, 4);
		/* The last unit of its packet: the packet's first ones are parameter sets. */
		for (j = (unsigned int)f.packets[5]; (f.data[j + 4] & 31) != 5;)
			j += 4 + (unsigned int)(f.data[j + 2] << 8 | f.data[j + 3]);
		memcpy(f.data + j, wrong[i], 4);
		open_file(&c, &f);
		for (j = 0; j < f.n_packets; j++)
			send_packet(&c, &f, j);
		assert_int_equal(client_drain(&c), 0);
		assert_true(c.n_frames == 11 || c.n_frames == 12);
		assert_int_equal(c.n_corrupt, c.n_frames - 11);
		for (j = 0; j < c.n_frames; j++)
			assert_true(!(c.flags[j] & VACODEC_FRAME_CORRUPT) ||
				    c.timestamps[j] == FIRST_TIMESTAMP + 5);
		client_close(&c);
		free(f.data);
	}
	stream_free(&s);
}

static int open_record(const uint8_t *record, size_t size_bytes)
{
	struct client c = {.extradata = record, .extradata_bytes = size_bytes};
	int ret = client_open(&c);

	if (ret == 0)
		client_close(&c);
	return ret;
}

static void test_damaged_records_are_refused(void **state)
{
	struct stream s = stream_load("idr-only");
	struct file f;
	size_t n;

	(void)state;
	make_file(&f, &s, 4);
	assert_int_equal(open_record(f.record, f.record_bytes), 0);
	for (n = 1; n < f.record_bytes; n++)
		assert_int_equal(open_record(f.record, n), -EBADMSG);
	f.record[4] = 0xfe; /* lengths of 3 bytes */
	assert_int_equal(open_record(f.record, f.record_bytes), -EBADMSG);
	f.record[4] = 0xff;
	f.record[8] = 0x65; /* no SPS */
	assert_int_equal(open_record(f.record, f.record_bytes), -EBADMSG);
	free(f.data);
	stream_free(&s);
}

/* Chroma format, bit depths and SPS extensions may follow; whatever is there says nothing new. */
static void test_what_follows_the_sets_is_not_read(void **state)
{
	static const uint8_t tail[] = {0xfd, 0xf8, 0xf8, 1, 0xff, 0xff, 0x6d};
	struct stream s = stream_load("idr-only");
	struct file f;

	(void)state;
	make_file(&f, &s, 4);
	memcpy(f.record + f.record_bytes, tail, sizeof(tail));
	assert_int_equal(open_record(f.record, f.record_bytes + sizeof(tail)), 0);
	assert_int_equal(open_record(f.record, f.record_bytes + 2), 0);
	free(f.data);
	stream_free(&s);
}

static void test_the_probe_reads_it_too(void **state)
{
	struct vacodec_probe_result result = {.size_bytes = sizeof(result)};
	struct stream s = stream_load("idr-only");
	struct vacodec_probe *probe;
	struct file f;

	(void)state;
	make_file(&f, &s, 2);
	assert_int_equal(vacodec_probe_new(NULL, VACODEC_CODEC_H264, &probe), 0);
	assert_int_equal(vacodec_probe_set_extradata(NULL, f.record, 1), -EINVAL);
	assert_int_equal(vacodec_probe_set_extradata(probe, f.record, 3), -EBADMSG);
	assert_int_equal(vacodec_probe_set_extradata(probe, f.record, f.record_bytes), 0);
	assert_int_equal(vacodec_probe_send(probe, f.data, f.size_bytes), 0);
	assert_int_equal(vacodec_probe_get_result(probe, &result), 0);
	assert_int_equal(result.pictures, 12);
	assert_int_equal(result.bad_units, 0);
	vacodec_probe_free(probe);
	free(f.data);
	stream_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_the_driver_gets_the_same),
		FAKE_TEST(test_timestamps_are_those_of_the_packets),
		FAKE_TEST(test_a_wrong_length_costs_its_own_frame),
		FAKE_TEST(test_damaged_records_are_refused),
		FAKE_TEST(test_what_follows_the_sets_is_not_read),
		FAKE_TEST(test_the_probe_reads_it_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
