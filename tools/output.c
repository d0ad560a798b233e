// SPDX-License-Identifier: MIT
/*
 * output.c - decoded pictures as MD5 lines and as a Y4M file
 *
 * Both want planes in native depth; a surface may have them interleaved or packed. A table says
 * where each component's samples are, and one loop gathers a row of them.
 */
#include "tools/output.h"
#include "tools/contact-sheet.h"
#include "tools/pixels.h"
#include <errno.h>
#include <md5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct output {
	struct output_options options;
	FILE *y4m;
	struct contact_sheet *sheet;
	uint8_t *row; /* one row of one component */
	size_t row_bytes;
	struct output_picture first; /* what the Y4M header said */
	uint64_t count;
	int error;
};

static int open_y4m(struct output *output)
{
	if (strcmp(output->options.y4m, "-") == 0) {
		output->y4m = stdout;
		return 0;
	}
	output->y4m = fopen(output->options.y4m, "wb");
	return output->y4m ? 0 : -errno;
}

int output_new(const struct output_options *options, struct output **out)
{
	struct output *output;
	int ret = 0;

	*out = NULL;
	if (options->md5 && options->y4m && strcmp(options->y4m, "-") == 0)
		return -EINVAL;
	output = calloc(1, sizeof(*output));
	if (!output)
		return -ENOMEM;
	output->options = *options;
	if (options->y4m)
		ret = open_y4m(output);
	if (ret == 0 && options->picture)
		ret = contact_sheet_new(options->picture, options->sheet_every, &output->sheet);
	if (ret < 0) {
		output_free(output);
		return ret;
	}
	*out = output;
	return 0;
}

static int write_y4m_header(struct output *output, const struct output_picture *picture)
{
	const struct pixel_format *format = pixel_format_find(picture->fourcc);
	unsigned int num = picture->frame_rate_num, den = picture->frame_rate_den;
	char colour[32];

	if (!num || !den) {
		num = 30;
		den = 1;
	}
	if (!pixel_format_get_y4m(format, picture, colour, sizeof(colour)))
		return -ENOTSUP;
	fprintf(output->y4m, "YUV4MPEG2 W%u H%u F%u:%u Ip A0:0 C%s\n", picture->width,
		picture->height, num, den, colour);
	output->first = *picture;
	return 0;
}

static int begin_y4m(struct output *output, const struct output_picture *picture)
{
	int ret = 0;

	if (!output->first.width)
		ret = write_y4m_header(output, picture);
	else if (picture->width != output->first.width || picture->height != output->first.height ||
		 picture->fourcc != output->first.fourcc ||
		 picture->chroma != output->first.chroma ||
		 picture->bit_depth != output->first.bit_depth)
		ret = -ENOTSUP;
	if (ret == 0)
		fputs("FRAME\n", output->y4m);
	return ret;
}

static int reserve_row(struct output *output, const struct output_picture *picture)
{
	size_t need = (size_t)picture->width * 2;
	uint8_t *row;

	if (need <= output->row_bytes)
		return 0;
	row = realloc(output->row, need);
	if (!row)
		return -ENOMEM;
	output->row = row;
	output->row_bytes = need;
	return 0;
}

/* All rows of all components to the file and into the sum. */
static void write_samples(struct output *output, const struct output_picture *picture, MD5_CTX *md5)
{
	const struct pixel_format *format = pixel_format_find(picture->fourcc);

	for (unsigned int c = 0; c < pixel_num_components(format, picture); c++) {
		unsigned int height = pixel_component_height(format, c, picture->height);

		for (unsigned int y = 0; y < height; y++) {
			size_t n = pixel_row_get(format, picture, c, y, output->row);

			if (md5)
				MD5Update(md5, output->row, n);
			if (output->y4m)
				fwrite(output->row, 1, n, output->y4m);
		}
	}
}

static void write_md5_line(MD5_CTX *md5)
{
	uint8_t digest[MD5_DIGEST_LENGTH];
	char line[2 * MD5_DIGEST_LENGTH + 1];

	MD5Final(digest, md5);
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(line + 2 * i, 3, "%02x", digest[i]);
	puts(line);
}

int output_write(struct output *output, const struct output_picture *picture)
{
	MD5_CTX md5;
	int ret;

	if (!pixel_format_find(picture->fourcc))
		return -ENOTSUP;
	ret = reserve_row(output, picture);
	if (ret == 0 && output->y4m)
		ret = begin_y4m(output, picture);
	if (ret < 0)
		return ret;
	if (output->options.md5)
		MD5Init(&md5);
	if (output->options.md5 || output->y4m)
		write_samples(output, picture, output->options.md5 ? &md5 : NULL);
	if (output->options.md5)
		write_md5_line(&md5);
	if (output->sheet)
		ret = contact_sheet_add(output->sheet, picture);
	output->count++;
	if (output->y4m && ferror(output->y4m))
		return errno ? -errno : -EIO;
	if (output->options.md5 && ferror(stdout))
		return errno ? -errno : -EIO;
	return ret;
}

int output_finish(struct output *output)
{
	int ret = 0, sheet;

	if (output->y4m && output->y4m != stdout) {
		if (fclose(output->y4m) != 0)
			ret = -errno;
		output->y4m = NULL;
	}
	if (fflush(stdout) != 0 && ret == 0)
		ret = -errno;
	if (output->sheet) {
		sheet = contact_sheet_write(output->sheet);
		ret = ret ? ret : sheet;
	}
	return ret;
}

struct output *output_free(struct output *output)
{
	if (!output)
		return NULL;
	if (output->y4m && output->y4m != stdout)
		fclose(output->y4m);
	contact_sheet_free(output->sheet);
	free(output->row);
	free(output);
	return NULL;
}

uint64_t output_get_count(const struct output *output)
{
	return output->count;
}
