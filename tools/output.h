/* SPDX-License-Identifier: MIT */
/*
 * output.h - where decoded pictures go: MD5 lines, a Y4M file, a contact sheet
 */
#ifndef TOOLS_OUTPUT_H
#define TOOLS_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A cropped picture in memory. fourcc: VA_FOURCC_NV12, P010, ... as the surface has it. */
struct output_picture {
	uint32_t fourcc;
	unsigned int chroma; /* 400: the luma alone is the picture; else all that the fourcc has */
	unsigned int bit_depth;
	unsigned int width, height;                  /* visible luma samples */
	unsigned int frame_rate_num, frame_rate_den; /* 0 where unknown */
	const uint8_t *plane[3];                     /* at the first visible sample */
	size_t pitch_bytes[3];
};

struct output_options {
	bool md5; /* one lower-case MD5 a frame and line on stdout, over the planar picture */
	const char *y4m;     /* file, "-" is stdout, NULL none */
	const char *picture; /* PNG file for a contact sheet, NULL none */
	unsigned int
		sheet_every; /* keep every n-th frame for the sheet; 0: chosen as frames come */
};

struct output;

/* Errors: -EINVAL md5 together with y4m "-"; -errno of opening a file; -ENOMEM. */
int output_new(const struct output_options *options, struct output **out);
/*
 * Writes one picture. Errors: -ENOTSUP fourcc, or (Y4M) the picture's size or format differs from
 * the first one's; -errno of writing.
 */
int output_write(struct output *output, const struct output_picture *picture);
/* Writes the contact sheet and closes all files; the first error of any write is returned. */
int output_finish(struct output *output);
/* NULL is accepted; what was written stays. Returns NULL. */
struct output *output_free(struct output *output);
/* Pictures written so far. */
uint64_t output_get_count(const struct output *output);

#endif
