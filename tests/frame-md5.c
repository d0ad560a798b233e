/* SPDX-License-Identifier: MIT */
/*
 * frame-md5.c - what a decoded frame shows; see frame-md5.h
 */
#include "frame-md5.h"

#include "tools/pixels.h"
#include "tools/readout.h"

#include <errno.h>
#include <md5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int add_picture(MD5_CTX *md5, const struct output_picture *picture)
{
	const struct pixel_format *format = pixel_format_find(picture->fourcc);
	uint8_t *row = malloc((size_t)picture->width * 2 + 2);

	if (!format || !row) {
		free(row);
		return format ? -ENOMEM : -ENOTSUP;
	}
	for (unsigned int i = 0; i < format->num_components; i++) {
		unsigned int height = pixel_component_height(format, i, picture->height);

		for (unsigned int y = 0; y < height; y++)
			MD5Update(md5, row, pixel_row_get(format, picture, i, y, row));
	}
	free(row);
	return 0;
}

int frame_md5(struct vacodec_frame *frame, char md5[FRAME_MD5_SIZE])
{
	struct output_picture picture;
	struct readout readout = {0};
	MD5_CTX context;
	int ret = readout_map(&readout, frame, &picture);

	if (ret < 0)
		return ret;
	MD5Init(&context);
	ret = add_picture(&context, &picture);
	MD5End(&context, md5);
	readout_finish(&readout);
	return ret;
}

unsigned int frame_md5_load(const char *path, char (*md5s)[FRAME_MD5_SIZE], unsigned int max)
{
	FILE *file = fopen(path, "r");
	unsigned int n = 0;

	while (file && n < max && fscanf(file, "%32s", md5s[n]) == 1)
		n++;
	if (file)
		fclose(file);
	return n;
}
