/* SPDX-License-Identifier: MIT */
/*
 * Each pixel format that a surface can have, to planes in native depth: small pictures written byte by byte
 * from va.h's descriptions.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <va/va.h>
#include "tools/pixels.h"

struct row {
	const char *name;
	uint32_t fourcc;
	unsigned int chroma, bit_depth;
	unsigned int width;
	uint8_t planes[3][8];
	uint8_t native[8];
	size_t native_bytes;
	const char *y4m;
};

/* Of 10 bits: Y 0x123 (and 0x3ff), U 0x155, V 0x2aa; of 12 bits V is 0xaaa. Alpha is all ones. */
static const struct row rows[] = {
	{"NV12", VA_FOURCC_NV12, 420, 8, 2, {{1, 2}, {10, 20}}, {1, 2, 10, 20}, 4, "420mpeg2"},
	{"NV12, luma", VA_FOURCC_NV12, 400, 8, 2, {{1, 2}, {128, 128}}, {1, 2}, 2, "mono"},
	{"I420", VA_FOURCC_I420, 420, 8, 2, {{1, 2}, {10}, {20}}, {1, 2, 10, 20}, 4, "420mpeg2"},
	{"P010",
	 VA_FOURCC_P010,
	 420,
	 10,
	 1,
	 {{0xc0, 0x48}, {0x40, 0x55, 0x80, 0xaa}},
	 {0x23, 1, 0x55, 1, 0xaa, 2},
	 6,
	 "420p10"},
	{"P010, rubbish in the lower bits",
	 VA_FOURCC_P010,
	 420,
	 10,
	 1,
	 {{0xff, 0x48}, {0x41, 0x55, 0xbf, 0xaa}},
	 {0x23, 1, 0x55, 1, 0xaa, 2},
	 6,
	 "420p10"},
	{"P010 of 9 bits",
	 VA_FOURCC_P010,
	 420,
	 9,
	 1,
	 {{0x80, 0x91}, {0x80, 0xaa, 0, 0x55}},
	 {0x23, 1, 0x55, 1, 0xaa, 0},
	 6,
	 "420p9"},
	{"P010, luma", VA_FOURCC_P010, 400, 10, 1, {{0xc0, 0x48}, {0}}, {0x23, 1}, 2, "mono10"},
	{"P012",
	 VA_FOURCC_P012,
	 420,
	 12,
	 1,
	 {{0x30, 0x12}, {0x50, 0x15, 0xa0, 0xaa}},
	 {0x23, 1, 0x55, 1, 0xaa, 0xa},
	 6,
	 "420p12"},
	{"YUY2", VA_FOURCC_YUY2, 422, 8, 2, {{1, 10, 2, 20}}, {1, 2, 10, 20}, 4, "422"},
	{"422H", VA_FOURCC_422H, 422, 8, 2, {{1, 2}, {10}, {20}}, {1, 2, 10, 20}, 4, "422"},
	{"Y210",
	 VA_FOURCC_Y210,
	 422,
	 10,
	 2,
	 {{0xc0, 0x48, 0x40, 0x55, 0xc0, 0xff, 0x80, 0xaa}},
	 {0x23, 1, 0xff, 3, 0x55, 1, 0xaa, 2},
	 8,
	 "422p10"},
	{"Y212",
	 VA_FOURCC_Y212,
	 422,
	 12,
	 2,
	 {{0x30, 0x12, 0x50, 0x15, 0xf0, 0x3f, 0xa0, 0xaa}},
	 {0x23, 1, 0xff, 3, 0x55, 1, 0xaa, 0xa},
	 8,
	 "422p12"},
	{"XYUV", VA_FOURCC_XYUV, 444, 8, 1, {{20, 10, 1, 255}}, {1, 10, 20}, 3, "444"},
	{"444P", VA_FOURCC_444P, 444, 8, 1, {{1}, {10}, {20}}, {1, 10, 20}, 3, "444"},
	{"Y410",
	 VA_FOURCC_Y410,
	 444,
	 10,
	 1,
	 {{0x55, 0x8d, 0xa4, 0xea}},
	 {0x23, 1, 0x55, 1, 0xaa, 2},
	 6,
	 "444p10"},
	{"Y412",
	 VA_FOURCC_Y412,
	 444,
	 12,
	 1,
	 {{0x50, 0x15, 0x30, 0x12, 0xa0, 0xaa, 0xf0, 0xff}},
	 {0x23, 1, 0x55, 1, 0xaa, 0xa},
	 6,
	 "444p12"},
	{"Y800", VA_FOURCC_Y800, 400, 8, 2, {{1, 2}}, {1, 2}, 2, "mono"},
};

#define NUM_ROWS (sizeof(rows) / sizeof(rows[0]))

static void test_samples_in_native_depth(void **state)
{
	const struct row *row = *state;
	const struct pixel_format *format = pixel_format_find(row->fourcc);
	struct output_picture picture = {
		.fourcc = row->fourcc,
		.chroma = row->chroma,
		.bit_depth = row->bit_depth,
		.width = row->width,
		.height = 1,
		.plane = {row->planes[0], row->planes[1], row->planes[2]},
		.pitch_bytes = {8, 8, 8},
	};
	uint8_t data[16];
	char tag[32];
	size_t n = 0;

	assert_non_null(format);
	for (unsigned int c = 0; c < pixel_num_components(format, &picture); c++)
		n += pixel_row_get(format, &picture, c, 0, data + n);
	assert_int_equal(n, row->native_bytes);
	assert_memory_equal(data, row->native, n);
	assert_true(pixel_format_get_y4m(format, &picture, tag, sizeof(tag)));
	assert_string_equal(tag, row->y4m);
	/* One sample at a time says the same. */
	assert_int_equal(pixel_sample_get(format, &picture, 0, 0, 0),
			 row->bit_depth > 8 ? 0x123 : row->native[0]);
	if (pixel_num_components(format, &picture) == 3 && row->bit_depth > 8)
		assert_int_equal(pixel_sample_get(format, &picture, 1, 0, 0), 0x155);
}

/* Rows of 100 bytes. */
static void test_crop_begins_at_its_sample(void **state)
{
	static const struct {
		uint32_t fourcc;
		unsigned int plane, x, y;
		size_t offset;
	} cases[] = {
		{VA_FOURCC_NV12, 0, 3, 2, 203}, {VA_FOURCC_NV12, 1, 2, 2, 102},
		{VA_FOURCC_I420, 1, 6, 2, 103}, {VA_FOURCC_P010, 0, 3, 2, 206},
		{VA_FOURCC_P010, 1, 2, 2, 104}, {VA_FOURCC_YUY2, 0, 2, 1, 104},
		{VA_FOURCC_422H, 2, 2, 1, 101}, {VA_FOURCC_Y210, 0, 2, 1, 108},
		{VA_FOURCC_XYUV, 0, 3, 1, 112}, {VA_FOURCC_444P, 2, 3, 1, 103},
		{VA_FOURCC_Y410, 0, 3, 1, 112}, {VA_FOURCC_Y412, 0, 3, 1, 124},
		{VA_FOURCC_Y800, 0, 3, 1, 103},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(pixel_plane_offset(pixel_format_find(cases[i].fourcc),
						    cases[i].plane, cases[i].x, cases[i].y, 100),
				 cases[i].offset);
}

int main(void)
{
	struct CMUnitTest tests[NUM_ROWS + 1] = {cmocka_unit_test(test_crop_begins_at_its_sample)};

	for (size_t i = 0; i < NUM_ROWS; i++)
		tests[1 + i] = (struct CMUnitTest){rows[i].name, test_samples_in_native_depth, NULL,
						   NULL, (void *)(uintptr_t)&rows[i]};
	return cmocka_run_group_tests_name("pixels", tests, NULL, NULL);
}
