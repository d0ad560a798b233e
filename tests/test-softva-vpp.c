/* SPDX-License-Identifier: MIT */
/*
 * softva's video processing: each picture it makes is compared with what a plain loop here says it must be.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <va/va.h>
#include <va/va_vpp.h>

#include "softva-client.h"

#define WIDTH  48
#define HEIGHT 32
#define MAX    96

/* Y, Cb and Cr of 4:2:0, sample by sample. */
struct pixels {
	int width, height;
	uint8_t at[3][MAX][MAX];
};

struct fixture {
	VADisplay display;
	VAConfigID config;
	VAContextID context;
};

static int opened(void **state)
{
	static struct fixture f;

	client_find_driver();
	f.display = client_open_display();
	assert_int_equal(
		vaCreateConfig(f.display, VAProfileNone, VAEntrypointVideoProc, NULL, 0, &f.config),
		VA_STATUS_SUCCESS);
	/* As GStreamer does it. */
	assert_int_equal(vaCreateContext(f.display, f.config, 0, 0, 0, NULL, 0, &f.context),
			 VA_STATUS_SUCCESS);
	*state = &f;
	return 0;
}

static int closed(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(vaDestroyContext(f->display, f->context), VA_STATUS_SUCCESS);
	assert_int_equal(vaDestroyConfig(f->display, f->config), VA_STATUS_SUCCESS);
	assert_int_equal(vaTerminate(f->display), VA_STATUS_SUCCESS);
	return 0;
}

static void transfer(struct fixture *f, VASurfaceID surface, struct pixels *pixels, bool put)
{
	unsigned int width = (unsigned int)pixels->width, height = (unsigned int)pixels->height;
	VAImageFormat format = {.fourcc = VA_FOURCC_I420};
	VAImage image;
	uint8_t *data;

	assert_int_equal(vaCreateImage(f->display, &format, pixels->width, pixels->height, &image),
			 0);
	if (!put)
		assert_int_equal(
			vaGetImage(f->display, surface, 0, 0, width, height, image.image_id), 0);
	assert_int_equal(vaMapBuffer(f->display, image.buf, (void **)&data), 0);
	for (int c = 0; c < 3; c++) {
		for (int y = 0; y < pixels->height >> (c > 0); y++) {
			uint8_t *row = data + image.offsets[c] + (size_t)image.pitches[c] * y;

			memcpy(put ? row : pixels->at[c][y], put ? pixels->at[c][y] : row,
			       width >> (c > 0));
		}
	}
	assert_int_equal(vaUnmapBuffer(f->display, image.buf), 0);
	if (put)
		assert_int_equal(vaPutImage(f->display, surface, image.image_id, 0, 0, width,
					    height, 0, 0, width, height),
				 0);
	assert_int_equal(vaDestroyImage(f->display, image.image_id), 0);
}

static VASurfaceID make_surface(struct fixture *f, uint32_t rt_format, int width, int height)
{
	VASurfaceID surface;

	assert_int_equal(vaCreateSurfaces(f->display, rt_format, (unsigned int)width,
					  (unsigned int)height, &surface, 1, NULL, 0),
			 VA_STATUS_SUCCESS);
	return surface;
}

static void draw(struct pixels *pixels, int width, int height)
{
	pixels->width = width;
	pixels->height = height;
	for (int c = 0; c < 3; c++)
		for (int y = 0; y < height >> (c > 0); y++)
			for (int x = 0; x < width >> (c > 0); x++)
				pixels->at[c][y][x] = (uint8_t)(c * 20 + x * 2 + y * 3 + 20);
}

static void assert_same(const struct pixels *a, const struct pixels *b)
{
	assert_int_equal(a->width, b->width);
	assert_int_equal(a->height, b->height);
	for (int c = 0; c < 3; c++)
		for (int y = 0; y < a->height >> (c > 0); y++)
			assert_memory_equal(a->at[c][y], b->at[c][y],
					    (size_t)(a->width >> (c > 0)));
}

static VAStatus process(struct fixture *f, VASurfaceID target,
			const VAProcPipelineParameterBuffer *pipeline)
{
	VAProcPipelineParameterBuffer copy = *pipeline;
	VABufferID buffer;
	VAStatus status, synced;

	assert_int_equal(vaCreateBuffer(f->display, f->context, VAProcPipelineParameterBufferType,
					sizeof(copy), 1, &copy, &buffer),
			 VA_STATUS_SUCCESS);
	assert_int_equal(vaBeginPicture(f->display, f->context, target), VA_STATUS_SUCCESS);
	status = vaRenderPicture(f->display, f->context, &buffer, 1);
	assert_int_equal(vaEndPicture(f->display, f->context), VA_STATUS_SUCCESS);
	synced = vaSyncSurface(f->display, target);
	assert_true(status ? synced == VA_STATUS_ERROR_DECODING_ERROR : !synced);
	assert_int_equal(vaDestroyBuffer(f->display, buffer), VA_STATUS_SUCCESS);
	return status;
}

/* From a drawn surface to one of a size; what it shows comes back. */
static void run(struct fixture *f, VAProcPipelineParameterBuffer *pipeline, struct pixels *shown)
{
	VASurfaceID surfaces[] = {
		make_surface(f, VA_RT_FORMAT_YUV420, WIDTH, HEIGHT),
		make_surface(f, VA_RT_FORMAT_YUV420, shown->width, shown->height)};
	struct pixels drawn;

	draw(&drawn, WIDTH, HEIGHT);
	transfer(f, surfaces[0], &drawn, true);
	pipeline->surface = surfaces[0];
	assert_int_equal(process(f, surfaces[1], pipeline), VA_STATUS_SUCCESS);
	transfer(f, surfaces[1], shown, false);
	assert_int_equal(vaDestroySurfaces(f->display, surfaces, 2), VA_STATUS_SUCCESS);
}

static void a_picture_of_the_same_size_is_the_same(void **state)
{
	VAProcPipelineParameterBuffer pipeline = {0};
	struct pixels expected, shown = {.width = WIDTH, .height = HEIGHT};

	run(*state, &pipeline, &shown);
	draw(&expected, WIDTH, HEIGHT);
	assert_same(&shown, &expected);
}

/* A quarter clockwise: the left column becomes the top row. */
static void turn(const struct pixels *from, struct pixels *to)
{
	to->width = from->height;
	to->height = from->width;
	for (int c = 0; c < 3; c++)
		for (int y = 0; y < to->height >> (c > 0); y++)
			for (int x = 0; x < to->width >> (c > 0); x++)
				to->at[c][y][x] = from->at[c][(from->height >> (c > 0)) - 1 - x][y];
}

static void flip(struct pixels *pixels, bool horizontal, bool vertical)
{
	struct pixels from = *pixels;

	for (int c = 0; c < 3; c++) {
		int width = from.width >> (c > 0), height = from.height >> (c > 0);

		for (int y = 0; y < height; y++)
			for (int x = 0; x < width; x++)
				pixels->at[c][y][x] = from.at[c][vertical ? height - 1 - y : y]
							     [horizontal ? width - 1 - x : x];
	}
}

static void pictures_are_turned_and_mirrored(void **state)
{
	for (uint32_t i = 0; i < 16; i++) {
		VAProcPipelineParameterBuffer pipeline = {.rotation_state = i / 4,
							  .mirror_state = i % 4};
		struct pixels expected, turned, shown;

		draw(&expected, WIDTH, HEIGHT);
		for (uint32_t quarters = i / 4; quarters; quarters--) {
			turn(&expected, &turned);
			expected = turned;
		}
		flip(&expected, i & VA_MIRROR_HORIZONTAL, i & VA_MIRROR_VERTICAL);
		shown.width = expected.width;
		shown.height = expected.height;
		run(*state, &pipeline, &shown);
		assert_same(&shown, &expected);
	}
}

/* A part of the source in a part of the target, on the colour that is asked for. */
static void a_part_goes_to_a_part(void **state)
{
	const VARectangle from = {8, 4, 20, 10}, to = {30, 12, 20, 10};
	VAProcPipelineParameterBuffer pipeline = {.surface_region = &from,
						  .output_region = &to,
						  .output_background_color = 0xffffffff};
	struct pixels drawn, shown = {.width = MAX, .height = 64};

	run(*state, &pipeline, &shown);
	draw(&drawn, WIDTH, HEIGHT);
	for (int y = 0; y < shown.height; y++) {
		for (int x = 0; x < shown.width; x++) {
			bool inside = x >= 30 && x < 50 && y >= 12 && y < 22;

			assert_int_equal(shown.at[0][y][x],
					 inside ? drawn.at[0][y - 8][x - 22] : 235);
			assert_int_equal(shown.at[1][y / 2][x / 2],
					 inside ? drawn.at[1][(y - 8) / 2][(x - 22) / 2] : 128);
		}
	}
}

/* The drawing is a ramp; between samples twice as close there is a step at most. */
static void pictures_are_scaled(void **state)
{
	VAProcPipelineParameterBuffer pipeline = {0};
	struct pixels drawn, shown = {.width = 2 * WIDTH, .height = 2 * HEIGHT};

	draw(&drawn, WIDTH, HEIGHT);
	for (int hq = 0; hq < 2; hq++) {
		pipeline.filter_flags = hq ? VA_FILTER_SCALING_HQ : VA_FILTER_SCALING_DEFAULT;
		run(*state, &pipeline, &shown);
		for (int y = 2; y < shown.height - 2; y++)
			for (int x = 2; x < shown.width - 2; x++)
				assert_true(abs(shown.at[0][y][x] - drawn.at[0][y / 2][x / 2]) < 4);
	}
}

/* To another format and back: more bits and more chroma lose nothing of a ramp's luma. */
static void formats_are_converted(void **state)
{
	static const uint32_t rt_formats[] = {VA_RT_FORMAT_YUV420_10, VA_RT_FORMAT_YUV420_12,
					      VA_RT_FORMAT_YUV422,    VA_RT_FORMAT_YUV444,
					      VA_RT_FORMAT_YUV444_10, VA_RT_FORMAT_YUV400};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(rt_formats) / sizeof(rt_formats[0]); i++) {
		VASurfaceID surfaces[] = {make_surface(f, VA_RT_FORMAT_YUV420, WIDTH, HEIGHT),
					  make_surface(f, rt_formats[i], WIDTH, HEIGHT)};
		VAProcPipelineParameterBuffer pipeline = {.surface = surfaces[0]};
		struct pixels drawn, shown = {.width = WIDTH, .height = HEIGHT};

		draw(&drawn, WIDTH, HEIGHT);
		transfer(f, surfaces[0], &drawn, true);
		assert_int_equal(process(f, surfaces[1], &pipeline), VA_STATUS_SUCCESS);
		memset(shown.at, 0, sizeof(shown.at));
		transfer(f, surfaces[0], &shown, true);
		pipeline.surface = surfaces[1];
		assert_int_equal(process(f, surfaces[0], &pipeline), VA_STATUS_SUCCESS);
		transfer(f, surfaces[0], &shown, false);
		for (int y = 0; y < HEIGHT; y++)
			assert_memory_equal(shown.at[0][y], drawn.at[0][y], WIDTH);
		assert_int_equal(shown.at[1][3][3], i == 5 ? 128 : drawn.at[1][3][3]);
		assert_int_equal(vaDestroySurfaces(f->display, surfaces, 2), VA_STATUS_SUCCESS);
	}
}

static void what_cannot_be_done_is_refused(void **state)
{
	static const VARectangle outside = {40, 0, 16, 16}, empty = {0, 0, 0, 8};
	static const VABlendState blend = {.flags = VA_BLEND_GLOBAL_ALPHA};
	struct fixture *f = *state;
	VABufferID filter = 1;
	VASurfaceID surfaces[] = {make_surface(f, VA_RT_FORMAT_YUV420, WIDTH, HEIGHT),
				  make_surface(f, VA_RT_FORMAT_YUV422, WIDTH, HEIGHT)};
	const struct {
		VAProcPipelineParameterBuffer pipeline;
		VAStatus status;
	} rows[] = {
		{{.surface = VA_INVALID_ID}, VA_STATUS_ERROR_INVALID_SURFACE},
		{{.surface = surfaces[1]}, VA_STATUS_ERROR_INVALID_SURFACE},
		{{.surface = surfaces[0], .surface_region = &outside},
		 VA_STATUS_ERROR_INVALID_PARAMETER},
		{{.surface = surfaces[0], .output_region = &empty},
		 VA_STATUS_ERROR_INVALID_PARAMETER},
		{{.surface = surfaces[0], .rotation_state = 4}, VA_STATUS_ERROR_INVALID_PARAMETER},
		{{.surface = surfaces[0], .mirror_state = 4}, VA_STATUS_ERROR_INVALID_PARAMETER},
		{{.surface = surfaces[0], .filters = &filter, .num_filters = 1},
		 VA_STATUS_ERROR_UNSUPPORTED_FILTER},
		{{.surface = surfaces[0], .blend_state = &blend}, VA_STATUS_ERROR_UNIMPLEMENTED},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(process(f, surfaces[1], &rows[i].pipeline), rows[i].status);
	/* A quarter turn of 4:2:2. */
	assert_int_equal(process(f, surfaces[0],
				 &(VAProcPipelineParameterBuffer){.surface = surfaces[1],
								  .rotation_state = 1}),
			 VA_STATUS_ERROR_INVALID_PARAMETER);
	assert_int_equal(vaDestroySurfaces(f->display, surfaces, 2), VA_STATUS_SUCCESS);
}

static void it_says_what_it_can(void **state)
{
	struct fixture *f = *state;
	VAProcFilterType filters[VAProcFilterCount];
	unsigned int n = VAProcFilterCount;
	VAProcPipelineCaps caps;

	assert_int_equal(vaQueryVideoProcFilters(f->display, f->context, filters, &n), 0);
	assert_int_equal(n, 0);
	memset(&caps, 0, sizeof(caps));
	assert_int_equal(vaQueryVideoProcPipelineCaps(f->display, f->context, NULL, 0, &caps), 0);
	assert_int_equal(caps.rotation_flags, 15);
	assert_int_equal(caps.mirror_flags, VA_MIRROR_HORIZONTAL | VA_MIRROR_VERTICAL);
	assert_true(caps.num_input_pixel_formats > 1);
	assert_int_equal(caps.input_pixel_format[0], VA_FOURCC_NV12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_picture_of_the_same_size_is_the_same),
		cmocka_unit_test(pictures_are_turned_and_mirrored),
		cmocka_unit_test(a_part_goes_to_a_part),
		cmocka_unit_test(pictures_are_scaled),
		cmocka_unit_test(formats_are_converted),
		cmocka_unit_test(what_cannot_be_done_is_refused),
		cmocka_unit_test(it_says_what_it_can),
	};

	return cmocka_run_group_tests_name("softva video processing", tests, opened, closed);
}
