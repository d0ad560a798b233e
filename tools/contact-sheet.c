// SPDX-License-Identifier: MIT
/*
 * contact-sheet.c - thumbnails of up to 12 pictures, in a grid of 4 columns, as a PNG file
 *
 * How many pictures come is not known beforehand: when all places are taken, every second
 * thumbnail goes and the distance between two doubles.
 */
#include "tools/contact-sheet.h"
#include "tools/pixels.h"
#include <errno.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS    4
#define PLACES     12
#define MAX_WIDTH  240
#define MAX_HEIGHT 240
#define GAP        4

struct thumb {
	unsigned int width, height;
	uint8_t *rgb;
};

struct contact_sheet {
	FILE *file;
	uint64_t every, seen;
	bool fixed;
	unsigned int n;
	struct thumb thumb[PLACES];
};

int contact_sheet_new(const char *path, unsigned int every, struct contact_sheet **out)
{
	struct contact_sheet *sheet = calloc(1, sizeof(*sheet));
	int ret;

	*out = NULL;
	if (!sheet)
		return -ENOMEM;
	sheet->file = fopen(path, "wb");
	if (!sheet->file) {
		ret = -errno;
		free(sheet);
		return ret;
	}
	sheet->fixed = every != 0;
	sheet->every = every ? every : 1;
	*out = sheet;
	return 0;
}

static void halve(struct contact_sheet *sheet)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < sheet->n; i++) {
		if (i % 2 == 0)
			sheet->thumb[kept++] = sheet->thumb[i];
		else
			free(sheet->thumb[i].rgb);
	}
	sheet->n = kept;
	sheet->every *= 2;
}

/* In 8 bits. */
static unsigned int get_sample(const struct pixel_format *format,
			       const struct output_picture *picture, unsigned int component,
			       unsigned int x, unsigned int y)
{
	if (component >= pixel_num_components(format, picture))
		return 128;
	x >>= component ? format->h_shift : 0;
	y >>= component ? format->v_shift : 0;
	return pixel_sample_get(format, picture, component, x, y) >> (picture->bit_depth - 8);
}

static uint8_t clip(int value)
{
	return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

/* ITU-R BT.601, limited range, in 1/256. */
static void write_rgb(uint8_t *rgb, const unsigned int yuv[3])
{
	int y = 298 * ((int)yuv[0] - 16) + 128;
	int u = (int)yuv[1] - 128, v = (int)yuv[2] - 128;

	rgb[0] = clip((y + 409 * v) / 256);
	rgb[1] = clip((y - 100 * u - 208 * v) / 256);
	rgb[2] = clip((y + 516 * u) / 256);
}

/* The mean of up to 4 x 4 samples spread over the thumbnail pixel's area. */
static void write_pixel(const struct pixel_format *format, const struct output_picture *picture,
			const struct thumb *thumb, unsigned int tx, unsigned int ty)
{
	unsigned int yuv[3] = {0, 0, 0};

	for (unsigned int i = 0; i < 16; i++) {
		uint64_t fx = 8u * tx + 2u * (i % 4) + 1, fy = 8u * ty + 2u * (i / 4) + 1;
		unsigned int x = (unsigned int)(fx * picture->width / (8u * thumb->width));
		unsigned int y = (unsigned int)(fy * picture->height / (8u * thumb->height));

		for (unsigned int c = 0; c < 3; c++)
			yuv[c] += get_sample(format, picture, c, x, y);
	}
	for (unsigned int c = 0; c < 3; c++)
		yuv[c] = (yuv[c] + 8) / 16;
	write_rgb(thumb->rgb + 3 * ((size_t)ty * thumb->width + tx), yuv);
}

static void choose_size(struct thumb *thumb, const struct output_picture *picture)
{
	uint64_t w = picture->width, h = picture->height;

	if (w > MAX_WIDTH) {
		h = h * MAX_WIDTH / w;
		w = MAX_WIDTH;
	}
	if (h > MAX_HEIGHT) {
		w = w * MAX_HEIGHT / h;
		h = MAX_HEIGHT;
	}
	thumb->width = w ? (unsigned int)w : 1;
	thumb->height = h ? (unsigned int)h : 1;
}

int contact_sheet_add(struct contact_sheet *sheet, const struct output_picture *picture)
{
	const struct pixel_format *format = pixel_format_find(picture->fourcc);
	struct thumb *thumb;

	if (sheet->seen++ % sheet->every)
		return 0;
	if (!format)
		return -ENOTSUP;
	if (sheet->n == PLACES) {
		if (sheet->fixed)
			return 0;
		halve(sheet);
		if ((sheet->seen - 1) % sheet->every)
			return 0;
	}
	thumb = &sheet->thumb[sheet->n];
	choose_size(thumb, picture);
	thumb->rgb = malloc((size_t)3 * thumb->width * thumb->height);
	if (!thumb->rgb)
		return -ENOMEM;
	for (unsigned int y = 0; y < thumb->height; y++)
		for (unsigned int x = 0; x < thumb->width; x++)
			write_pixel(format, picture, thumb, x, y);
	sheet->n++;
	return 0;
}

static void paste(uint8_t *page, unsigned int page_width, unsigned int x, unsigned int y,
		  const struct thumb *thumb)
{
	for (unsigned int row = 0; row < thumb->height; row++)
		memcpy(page + 3 * ((size_t)(y + row) * page_width + x),
		       thumb->rgb + (size_t)3 * row * thumb->width, (size_t)3 * thumb->width);
}

static int write_page(struct contact_sheet *sheet, unsigned int cell_width,
		      unsigned int cell_height)
{
	unsigned int columns = sheet->n < COLUMNS ? sheet->n : COLUMNS;
	unsigned int rows = (sheet->n + COLUMNS - 1) / COLUMNS;
	png_image image = {
		.version = PNG_IMAGE_VERSION,
		.width = columns * cell_width + GAP,
		.height = rows * cell_height + GAP,
		.format = PNG_FORMAT_RGB,
	};
	uint8_t *page = malloc(PNG_IMAGE_SIZE(image));
	int ret = 0;

	if (!page)
		return -ENOMEM;
	memset(page, 0x20, PNG_IMAGE_SIZE(image));
	for (unsigned int i = 0; i < sheet->n; i++)
		paste(page, image.width, GAP + i % COLUMNS * cell_width,
		      GAP + i / COLUMNS * cell_height, &sheet->thumb[i]);
	if (!png_image_write_to_stdio(&image, sheet->file, 0, page, 0, NULL))
		ret = -EIO;
	free(page);
	return ret;
}

int contact_sheet_write(struct contact_sheet *sheet)
{
	unsigned int cell_width = 0, cell_height = 0;
	int ret = -ENODATA;

	for (unsigned int i = 0; i < sheet->n; i++) {
		if (sheet->thumb[i].width + GAP > cell_width)
			cell_width = sheet->thumb[i].width + GAP;
		if (sheet->thumb[i].height + GAP > cell_height)
			cell_height = sheet->thumb[i].height + GAP;
	}
	if (sheet->n)
		ret = write_page(sheet, cell_width, cell_height);
	if (sheet->file && fclose(sheet->file) != 0 && ret == 0)
		ret = -errno;
	sheet->file = NULL;
	return ret;
}

struct contact_sheet *contact_sheet_free(struct contact_sheet *sheet)
{
	if (!sheet)
		return NULL;
	for (unsigned int i = 0; i < sheet->n; i++)
		free(sheet->thumb[i].rgb);
	if (sheet->file)
		fclose(sheet->file);
	free(sheet);
	return NULL;
}
