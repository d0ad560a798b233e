// SPDX-License-Identifier: MIT
/*
 * test-tools.c - what the tools share: inputs cut into packets, pictures as MD5 lines, Y4M and PNG
 */
#include <errno.h>
#include <fcntl.h>
#include <png.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <va/va.h>
#include <cmocka.h>
#include "tools/input.h"
#include "tools/output.h"

static char folder[] = "/tmp/test-tools-XXXXXX";

static const char *in_folder(const char *name)
{
	static char path[4][128];
	static unsigned int next;
	char *out = path[next++ % 4];

	snprintf(out, sizeof(path[0]), "%s/%s", folder, name);
	return out;
}

static const char *stream_path(const char *name)
{
	static char path[4096];

	snprintf(path, sizeof(path), "%s/tests/streams/%s", getenv("top_srcdir"), name);
	return path;
}

static void write_file(const char *path, const void *data, size_t size)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static size_t read_file(const char *path, uint8_t *data, size_t capacity)
{
	FILE *file = fopen(path, "rb");
	size_t n;

	assert_non_null(file);
	n = fread(data, 1, capacity, file);
	fclose(file);
	return n;
}

/* ---- input ---- */

static struct input *open_input(const char *path, const struct input_options *options)
{
	struct input *input;
	const char *why;

	assert_int_equal(input_open(path, options, &input, &why), 0);
	assert_int_equal(input_get_codec(input), VACODEC_CODEC_H264);
	return input;
}

/* Reads all of it: the packets joined must be the file. */
static unsigned int count_packets(const char *path, const struct input_options *options)
{
	static uint8_t whole[1 << 20], joined[1 << 20];
	struct input *input = open_input(path, options);
	size_t size = read_file(path, whole, sizeof(whole)), at = 0;
	struct input_packet packet;
	unsigned int n = 0;
	uint64_t last = 0;
	int ret;

	while ((ret = input_read(input, &packet)) == 1) {
		assert_true(at + packet.size_bytes <= sizeof(joined));
		memcpy(joined + at, packet.data, packet.size_bytes);
		at += packet.size_bytes;
		assert_true(n == 0 || packet.timestamp_ns > last);
		last = packet.timestamp_ns;
		n++;
	}
	assert_int_equal(ret, 0);
	assert_int_equal(at, size);
	assert_memory_equal(joined, whole, size);
	assert_int_equal(input_get_position(input), size);
	input_free(input);
	return n;
}

static void test_input_units_are_pictures(void **state)
{
	struct input_options options = {.split = INPUT_SPLIT_UNITS};

	(void)state;
	assert_int_equal(count_packets(stream_path("slices-count.264"), &options), 24);
	assert_int_equal(count_packets(stream_path("hrd-filler-aud.264"), &options), 24);
	/* Wherever the reads end. */
	for (options.chunk_bytes = 1; options.chunk_bytes < 12; options.chunk_bytes++)
		assert_int_equal(
			count_packets(stream_path("size-16x16.264"), &options),
			count_packets(stream_path("size-16x16.264"),
				      &(struct input_options){.split = INPUT_SPLIT_UNITS}));
}

static void test_input_chunks_have_their_size(void **state)
{
	struct input_options options = {.split = INPUT_SPLIT_CHUNKS, .chunk_bytes = 7};
	struct stat st;

	(void)state;
	assert_int_equal(stat(stream_path("size-16x16.264"), &st), 0);
	assert_int_equal(count_packets(stream_path("size-16x16.264"), &options),
			 (st.st_size + 6) / 7);
}

static void test_input_refuses_with_a_reason(void **state)
{
	static const uint8_t mpeg2[] = {0, 0, 1, 0xb3, 0x14, 0, 0xf0, 0x13, 0, 0, 1, 0xb8, 0, 0};
	static const char text[] = "This is no video.\n";
	const struct {
		const void *data;
		size_t size;
	} rows[] = {{mpeg2, sizeof(mpeg2)}, {text, sizeof(text)}, {text, 0}};
	struct input_options options = {.split = INPUT_SPLIT_UNITS};
	struct input *input;
	const char *why;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		write_file(in_folder("bad"), rows[i].data, rows[i].size);
		assert_int_equal(input_open(in_folder("bad"), &options, &input, &why), -ENOTSUP);
		assert_null(input);
		assert_non_null(why);
	}
	assert_int_equal(input_open(in_folder("missing"), &options, &input, &why), -ENOENT);
	assert_int_equal(input_open(folder, &options, &input, &why), -EISDIR);
}

/* ---- output ---- */

/* A picture of 3x3 visible samples: Y 1..9, U 10..13, V 20..23. */
static uint8_t nv12[] = {1, 2, 3, 0, 4, 5, 6, 0, 7, 8, 9, 0, 10, 20, 11, 21, 12, 22, 13, 23};
static const uint8_t planar[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 20, 21, 22, 23};

static struct output_picture small_picture(void)
{
	return (struct output_picture){
		.fourcc = VA_FOURCC_NV12,
		.bit_depth = 8,
		.width = 3,
		.height = 3,
		.plane = {nv12, nv12 + 12},
		.pitch_bytes = {4, 4},
	};
}

static void test_output_y4m_is_planar_and_cropped(void **state)
{
	static const char head[] = "YUV4MPEG2 W3 H3 F30:1 Ip A0:0 C420mpeg2\n";
	struct output_options options = {.y4m = in_folder("out.y4m")};
	struct output_picture picture = small_picture();
	uint8_t data[256];
	struct output *output;
	size_t n;

	(void)state;
	assert_int_equal(output_new(&options, &output), 0);
	assert_int_equal(output_write(output, &picture), 0);
	picture.width = 2;
	assert_int_equal(output_write(output, &picture), -ENOTSUP);
	assert_int_equal(output_finish(output), 0);
	assert_int_equal(output_get_count(output), 1);
	output_free(output);
	n = read_file(options.y4m, data, sizeof(data));
	assert_int_equal(n, strlen(head) + 6 + sizeof(planar));
	assert_memory_equal(data, head, strlen(head));
	assert_memory_equal(data + strlen(head), "FRAME\n", 6);
	assert_memory_equal(data + n - sizeof(planar), planar, sizeof(planar));
}

static void test_output_high_depth_is_native(void **state)
{
	/* One sample: Y 0x123, U 0x155, V 0x2aa in the upper ten bits. */
	static uint8_t p010[] = {0xc0, 0x48, 0x40, 0x55, 0x80, 0xaa};
	static const uint8_t native[] = {0x23, 0x01, 0x55, 0x01, 0xaa, 0x02};
	struct output_options options = {.y4m = in_folder("deep.y4m")};
	struct output_picture picture = {.fourcc = VA_FOURCC_P010,
					 .bit_depth = 10,
					 .width = 1,
					 .height = 1,
					 .plane = {p010, p010 + 2},
					 .pitch_bytes = {2, 4}};
	uint8_t data[256];
	struct output *output;
	size_t n;

	(void)state;
	assert_int_equal(output_new(&options, &output), 0);
	assert_int_equal(output_write(output, &picture), 0);
	assert_int_equal(output_finish(output), 0);
	output_free(output);
	n = read_file(options.y4m, data, sizeof(data) - 1);
	data[n] = '\0';
	assert_non_null(strstr((char *)data, " C420p10\n"));
	assert_memory_equal(data + n - sizeof(native), native, sizeof(native));
}

static void test_output_md5_is_over_the_planes(void **state)
{
	/* of the bytes of planar[] */
	static const char sum[] = "c3e9db78825d863714c4e2115fa1fb08\n";
	struct output_options options = {.md5 = true};
	struct output_picture picture = small_picture();
	int saved = dup(STDOUT_FILENO);
	int file = open(in_folder("md5"), O_RDWR | O_CREAT | O_TRUNC, 0600);
	char line[64] = "";
	struct output *output;
	int ret;

	(void)state;
	fflush(stdout);
	dup2(file, STDOUT_FILENO);
	ret = output_new(&options, &output);
	if (ret == 0)
		ret = output_write(output, &picture);
	if (ret == 0)
		ret = output_finish(output);
	output_free(output);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	assert_int_equal(ret, 0);
	assert_int_equal(pread(file, line, sizeof(line) - 1, 0), 33);
	close(file);
	assert_string_equal(line, sum);
}

static void test_output_refuses(void **state)
{
	struct output_options both = {.md5 = true, .y4m = "-"};
	struct output_options missing = {.y4m = in_folder("no/folder")};
	struct output_options full = {.y4m = "/dev/full"};
	struct output_picture picture = small_picture();
	struct output *output;
	int ret;

	(void)state;
	assert_int_equal(output_new(&both, &output), -EINVAL);
	assert_int_equal(output_new(&missing, &output), -ENOENT);
	assert_null(output);
	assert_int_equal(output_new(&full, &output), 0);
	ret = output_write(output, &picture);
	if (ret == 0)
		ret = output_finish(output);
	assert_int_equal(ret, -ENOSPC);
	output_free(output);
	assert_int_equal(output_new(&(struct output_options){0}, &output), 0);
	picture.fourcc = VA_FOURCC('n', 'o', 'n', 'e');
	assert_int_equal(output_write(output, &picture), -ENOTSUP);
	output_free(output);
}

static void test_sheet_is_a_png_of_what_came(void **state)
{
	struct output_options options = {.picture = in_folder("sheet.png")};
	static uint8_t luma[320 * 240], chroma[320 * 120];
	struct output_picture picture = {.fourcc = VA_FOURCC_NV12,
					 .bit_depth = 8,
					 .width = 320,
					 .height = 240,
					 .plane = {luma, chroma},
					 .pitch_bytes = {320, 320}};
	png_image image = {.version = PNG_IMAGE_VERSION};
	struct output *output;
	uint8_t *page, grey;

	(void)state;
	assert_int_equal(output_new(&options, &output), 0);
	memset(chroma, 128, sizeof(chroma));
	for (int i = 0; i < 30; i++) { /* 12 places fill, so every fourth stays: 0, 4, ... 28 */
		memset(luma, 16 + 7 * i, sizeof(luma));
		assert_int_equal(output_write(output, &picture), 0);
	}
	assert_int_equal(output_finish(output), 0);
	output_free(output);
	assert_true(png_image_begin_read_from_file(&image, options.picture));
	image.format = PNG_FORMAT_RGB;
	assert_int_equal(image.width, 4 * 244 + 4);
	assert_int_equal(image.height, 2 * 184 + 4);
	page = malloc(PNG_IMAGE_SIZE(image));
	assert_non_null(page);
	assert_true(png_image_finish_read(&image, NULL, page, 0, NULL));
	assert_int_equal(page[3 * (90 * image.width + 100)], 0); /* black: Y 16 */
	grey = page[3 * (90 * image.width + 344)];               /* Y 44 */
	assert_true(grey >= 31 && grey <= 34);
	free(page);
}

static void test_sheet_of_nothing_is_an_error(void **state)
{
	struct output_options options = {.picture = in_folder("none.png")};
	struct output *output;

	(void)state;
	assert_int_equal(output_new(&options, &output), 0);
	assert_int_equal(output_finish(output), -ENODATA);
	output_free(output);
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	static const char *const names[] = {"bad", "out.y4m",   "deep.y4m",
					    "md5", "sheet.png", "none.png"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(in_folder(names[i]));
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_input_units_are_pictures),
		cmocka_unit_test(test_input_chunks_have_their_size),
		cmocka_unit_test(test_input_refuses_with_a_reason),
		cmocka_unit_test(test_output_y4m_is_planar_and_cropped),
		cmocka_unit_test(test_output_high_depth_is_native),
		cmocka_unit_test(test_output_md5_is_over_the_planes),
		cmocka_unit_test(test_output_refuses),
		cmocka_unit_test(test_sheet_is_a_png_of_what_came),
		cmocka_unit_test(test_sheet_of_nothing_is_an_error),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
