/* SPDX-License-Identifier: MIT */
/*
 * test-input.c - the readers of IVF and raw AV1, from files and from pipes that give a byte at a time
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/input.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAX_BYTES   4096
#define MAX_PACKETS 16
#define SECOND      1000000000u

struct file {
	uint8_t data[MAX_BYTES];
	size_t size;
};

struct packets {
	uint8_t data[MAX_PACKETS][MAX_BYTES];
	size_t size[MAX_PACKETS];
	uint64_t time[MAX_PACKETS];
	unsigned int n;
	int end; /* what reading ended with */
	char error[160];
};

static struct packets packets;

/* ---- Files ---- */

static void add(struct file *file, const void *data, size_t size)
{
	assert_true(file->size + size <= sizeof(file->data));
	memcpy(file->data + file->size, data, size);
	file->size += size;
}

static void add_number(struct file *file, unsigned int bytes, uint64_t value)
{
	for (; bytes; bytes--, value >>= 8)
		add(file, &(uint8_t){(uint8_t)value}, 1);
}

static struct file make_ivf(const char *fourcc, unsigned int header, uint32_t rate, uint32_t scale)
{
	struct file file = {.size = 0};

	add(&file, "DKIF", 4);
	add_number(&file, 2, 0);
	add_number(&file, 2, header);
	add(&file, fourcc, 4);
	add_number(&file, 4, 64 | 48 << 16);
	add_number(&file, 4, rate);
	add_number(&file, 4, scale);
	add_number(&file, 8, 77); /* frames: not so many */
	while (file.size < header)
		add(&file, "x", 1);
	return file;
}

static void add_frame(struct file *file, uint64_t time, const char *text)
{
	add_number(file, 4, strlen(text));
	add_number(file, 8, time);
	add(file, text, strlen(text));
}

/* ---- Reading ---- */

static void read_all(const char *path, bool any_codec)
{
	struct input_options options = {.any_codec = any_codec};
	struct input_packet packet;
	struct input *input;
	const char *why;
	int ret = input_open(path, &options, &input, &why);

	memset(&packets, 0, sizeof(packets));
	packets.end = ret;
	if (ret < 0) {
		snprintf(packets.error, sizeof(packets.error), "%s", why ? why : "");
		return;
	}
	while ((packets.end = input_read(input, &packet)) == 1) {
		assert_true(packets.n < MAX_PACKETS && packet.size_bytes <= MAX_BYTES);
		memcpy(packets.data[packets.n], packet.data, packet.size_bytes);
		packets.size[packets.n] = packet.size_bytes;
		packets.time[packets.n++] = packet.timestamp_ns;
	}
	if (input_get_error(input))
		snprintf(packets.error, sizeof(packets.error), "%s", input_get_error(input));
	if (packets.end == 0)
		assert_int_equal(input_read(input, &packet), 0);
	input_free(input);
}

static void read_file(const struct file *file, bool any_codec)
{
	int fd = memfd_create("test-input", MFD_CLOEXEC);
	char path[64];

	assert_true(fd >= 0);
	assert_int_equal(write(fd, file->data, file->size), file->size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	read_all(path, any_codec);
	close(fd);
}

struct pipe {
	int fds[2];
	const struct file *file;
};

static void *fill_pipe(void *arg)
{
	struct pipe *pipe = arg;

	for (size_t i = 0; i < pipe->file->size; i++) {
		if (write(pipe->fds[1], &pipe->file->data[i], 1) != 1)
			break;
	}
	close(pipe->fds[1]);
	return NULL;
}

/* The same from a pipe: packets, times and the end. */
static void check_pipe(const struct file *file)
{
	struct packets *expected = malloc(sizeof(*expected));
	struct pipe pipe_ = {.file = file};
	pthread_t thread;
	char path[64];

	assert_non_null(expected);
	memcpy(expected, &packets, sizeof(*expected));
	assert_int_equal(pipe(pipe_.fds), 0);
	assert_int_equal(pthread_create(&thread, NULL, fill_pipe, &pipe_), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", pipe_.fds[0]);
	read_all(path, true);
	pthread_join(thread, NULL);
	close(pipe_.fds[0]);
	assert_memory_equal(expected, &packets, sizeof(packets));
	free(expected);
}

static void check_packet(unsigned int i, const void *data, size_t size, uint64_t time)
{
	assert_true(i < packets.n);
	assert_int_equal(packets.size[i], size);
	assert_memory_equal(packets.data[i], data, size);
	assert_int_equal(packets.time[i], time);
}

/* ---- IVF ---- */

static void test_ivf_gives_its_frames(void **state)
{
	struct file file = make_ivf("VP90", 32, 50, 2);

	(void)state;
	add_frame(&file, 0, "one");
	add_frame(&file, 3, "three");
	add_frame(&file, (uint64_t)1 << 33, "late");
	read_file(&file, true);
	assert_int_equal(packets.n, 3);
	assert_int_equal(packets.end, 0);
	check_packet(0, "one", 3, 0);
	check_packet(1, "three", 5, 3 * SECOND / 25);
	check_packet(2, "late", 4, ((uint64_t)1 << 33) * (SECOND / 25));
	check_pipe(&file);
}

static void test_ivf_header_has_the_length_that_it_says(void **state)
{
	static const unsigned int lengths[] = {0, 31, 32, 33, 80};

	(void)state;
	for (unsigned int i = 0; i < 5; i++) {
		struct file file = make_ivf("AV01", lengths[i], 30, 1);

		add_frame(&file, 1, "frame");
		read_file(&file, true);
		assert_int_equal(packets.n, 1);
		check_packet(0, "frame", 5, SECOND / 30);
		check_pipe(&file);
	}
}

/* A rate or a scale of 0: frames count, 30 a second. */
static void test_ivf_rate_may_be_0(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct file file = make_ivf("VP80", 32, i ? 25 : 0, i ? 0 : 1);

		add_frame(&file, 100, "a");
		add_frame(&file, 100, "b");
		read_file(&file, true);
		assert_int_equal(packets.n, 2);
		check_packet(0, "a", 1, 0);
		check_packet(1, "b", 1, SECOND / 30);
	}
}

static void test_ivf_frames_may_be_empty(void **state)
{
	struct file file = make_ivf("VP90", 32, 1, 1);

	(void)state;
	add_frame(&file, 0, "");
	add_frame(&file, 1, "a");
	add_frame(&file, 2, "");
	add_frame(&file, 3, "");
	add_frame(&file, 4, "b");
	add_frame(&file, 5, "");
	read_file(&file, true);
	assert_int_equal(packets.n, 2);
	check_packet(0, "a", 1, SECOND);
	check_packet(1, "b", 1, 4 * (uint64_t)SECOND);
	check_pipe(&file);
}

/* Wherever it is cut off: whole frames, and what there is of the last one. */
static void test_ivf_may_end_anywhere(void **state)
{
	struct file file = make_ivf("VP90", 40, 1, 1);

	(void)state;
	add_frame(&file, 0, "first");
	add_frame(&file, 1, "second");
	for (size_t whole = file.size; file.size >= 32; file.size--) {
		size_t lost = whole - file.size;

		read_file(&file, true);
		assert_int_equal(packets.end, 0);
		assert_int_equal(packets.n, lost < 6 ? 2 : lost < 12 + 6 + 5 ? 1 : 0);
		if (lost < 6)
			check_packet(1, "second", 6 - lost, SECOND);
	}
}

static void test_ivf_size_beyond_reason_is_damage(void **state)
{
	struct file file = make_ivf("VP90", 32, 1, 1);

	(void)state;
	add_frame(&file, 0, "first");
	add_number(&file, 4, 0xfffffff0);
	add_number(&file, 8, 1);
	add(&file, "rest", 4);
	read_file(&file, true);
	assert_int_equal(packets.n, 1);
	assert_int_equal(packets.end, -EBADMSG);
	assert_string_equal(packets.error, "IVF frame 1 has 4294967280 bytes, which is too much");
}

static void test_ivf_names_the_codec_that_it_refuses(void **state)
{
	static const char *const names[][2] = {
		{"VVC1", "it holds VVC, which is not supported"},
		{"abcd", "it holds a codec that is not known, which is not supported"},
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct file file = make_ivf(names[i][0], 32, 1, 1);

		read_file(&file, false);
		assert_int_equal(packets.end, -ENOTSUP);
		assert_string_equal(packets.error, names[i][1]);
	}
}

static void test_ivf_of_h264_is_taken(void **state)
{
	struct file file = make_ivf("H264", 32, 25, 1);

	(void)state;
	add_frame(&file, 1, "picture");
	read_file(&file, false);
	assert_int_equal(packets.n, 1);
	check_packet(0, "picture", 7, SECOND / 25);
}

static void test_ivf_of_another_version_is_refused(void **state)
{
	struct file file = make_ivf("H264", 32, 25, 1);

	(void)state;
	file.data[4] = 1;
	read_file(&file, false);
	assert_int_equal(packets.end, -EBADMSG);
	assert_string_equal(packets.error, "an IVF version that is not known");
}

/* ---- AV1 ---- */

/* A temporal delimiter, a sequence header of 3 bytes, a frame of 200; then one with two frames. */
static void add_low_overhead(struct file *file, size_t ends[2])
{
	static const uint8_t first[] = {0x12, 0, 0x0a, 3, 1, 2, 3, 0x32, 0xc8, 1};
	static const uint8_t second[] = {0x12, 0, 0x32, 2, 0x12, 0, 0x36, 0x48, 1, 9};
	uint8_t frame[200] = {0x12, 0, 0x12};

	add(file, first, sizeof(first));
	add(file, frame, sizeof(frame));
	ends[0] = file->size;
	add(file, second, sizeof(second));
	ends[1] = file->size;
}

static void test_obu_units_begin_with_delimiters(void **state)
{
	struct file file = {.size = 0};
	size_t ends[2];

	(void)state;
	add_low_overhead(&file, ends);
	read_file(&file, true);
	assert_int_equal(packets.end, 0);
	assert_int_equal(packets.n, 2);
	check_packet(0, file.data, ends[0], 0);
	check_packet(1, file.data + ends[0], ends[1] - ends[0], SECOND / 30);
	check_pipe(&file);
	read_file(&file, false);
	assert_int_equal(packets.end, 0);
	assert_int_equal(packets.n, 2);
}

static void test_obu_may_end_anywhere(void **state)
{
	struct file file = {.size = 0};
	size_t ends[2];

	(void)state;
	add_low_overhead(&file, ends);
	for (file.size--; file.size > 4; file.size--) {
		read_file(&file, true);
		assert_int_equal(packets.end, 0);
		assert_int_equal(packets.n, file.size > ends[0] ? 2 : 1);
	}
}

static void test_obu_without_a_size_is_damage(void **state)
{
	struct file file = {.size = 0};
	size_t ends[2];

	(void)state;
	add_low_overhead(&file, ends);
	add(&file, "\x12\0\x30 no size of its own, and a few bytes more", 40);
	read_file(&file, true);
	assert_int_equal(packets.n, 2);
	assert_int_equal(packets.end, -EBADMSG);
	assert_string_equal(packets.error, "an OBU without its size, or damage");
}

/* Annex B: units, frames and OBUs behind their sizes. */
static void test_obu_units_behind_their_sizes(void **state)
{
	static const uint8_t unit[] = {10, 6, 1, 0x10, 3, 0x08, 1, 2, 2, 1, 0x30};
	struct file file = {.size = 0};

	(void)state;
	for (unsigned int i = 0; i < 3; i++)
		add(&file, unit, sizeof(unit));
	read_file(&file, true);
	assert_int_equal(packets.end, 0);
	assert_int_equal(packets.n, 3);
	for (unsigned int i = 0; i < 3; i++)
		check_packet(i, unit, sizeof(unit), i * (SECOND / 30));
	check_pipe(&file);
	file.size -= 4;
	read_file(&file, true);
	assert_int_equal(packets.n, 3);
	check_packet(2, unit, sizeof(unit) - 4, 2 * (SECOND / 30));
}

static void test_obu_sizes_that_are_none_are_damage(void **state)
{
	static const uint8_t unit[] = {10, 6, 1, 0x10, 3, 0x08, 1, 2, 2, 1, 0x30};
	struct file file = {.size = 0};

	(void)state;
	add(&file, unit, sizeof(unit));
	add(&file, "\xff\xff\xff\xff\xff\xff\xff\xff\xff", 9);
	read_file(&file, true);
	assert_int_equal(packets.n, 1);
	assert_int_equal(packets.end, -EBADMSG);
	file.size -= 9;
	add(&file, "\xff\xff\xff\xff\x0f", 5);
	read_file(&file, true);
	assert_int_equal(packets.n, 1);
	assert_int_equal(packets.end, -EBADMSG);
	assert_string_equal(packets.error, "a temporal unit that is too large, or damage");
}

/* Heads of other files are not taken for AV1. */
static void test_other_heads_are_no_obus(void **state)
{
	static const char *const heads[] = {"\x1a\x45\xdf\xa3\x01\x02\x03\x04",
					    "G@\x11\x10",
					    "RIFF1234AVI ",
					    "#!/bin/sh\n",
					    "\x12\x01\x0a\x03",
					    "\x0a\x06\x01\x08\x03",
					    "\x05\x06\x01\x10\x03"};

	(void)state;
	for (unsigned int i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		struct file file = {.size = 0};

		add(&file, heads[i], strlen(heads[i]));
		add(&file, "\0\0\0\0\0\0\0\0\0\0\0\0", 12);
		read_file(&file, true);
		assert_int_equal(packets.end, -ENOTSUP);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ivf_gives_its_frames),
		cmocka_unit_test(test_ivf_header_has_the_length_that_it_says),
		cmocka_unit_test(test_ivf_rate_may_be_0),
		cmocka_unit_test(test_ivf_frames_may_be_empty),
		cmocka_unit_test(test_ivf_may_end_anywhere),
		cmocka_unit_test(test_ivf_size_beyond_reason_is_damage),
		cmocka_unit_test(test_ivf_names_the_codec_that_it_refuses),
		cmocka_unit_test(test_ivf_of_h264_is_taken),
		cmocka_unit_test(test_ivf_of_another_version_is_refused),
		cmocka_unit_test(test_obu_units_begin_with_delimiters),
		cmocka_unit_test(test_obu_may_end_anywhere),
		cmocka_unit_test(test_obu_without_a_size_is_damage),
		cmocka_unit_test(test_obu_units_behind_their_sizes),
		cmocka_unit_test(test_obu_sizes_that_are_none_are_damage),
		cmocka_unit_test(test_other_heads_are_no_obus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
