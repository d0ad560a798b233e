/* SPDX-License-Identifier: MIT */
/*
 * make-vp8-streams.c - writes tests/streams/vp8-written-*: headers that no encoder in reach makes
 *
 * Pictures are of one grey, known by construction: the MD5s beside the streams are of what is
 * written here, and need no decoder. Usage: make-vp8-streams FOLDER
 */
#include "vp8-writer.h"

#include <md5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADER_BYTES 32
#define FRAME_BYTES  12

/*
 * A frame, and the grey that it shows; of frames that are written from a reference that is told
 * here.
 */
struct frame {
	struct vp8_setup setup;
	int shown; /* less 128 */
};

struct stream {
	const char *name;
	const struct frame *frames;
	unsigned int n;
};

#define SMALL     .width = 40, .height = 24
#define KEY_FRAME .key_frame = true, SMALL
#define SIZE      SMALL, .qi = 35
#define KEY       KEY_FRAME, .qi = 35

/* Each reference by itself, copies of one, hidden frames. */
static const struct frame references[] = {
	{{KEY, .grey = 1}, 1},
	{{SIZE, .from = VP8_FROM_NONE, .grey = 2, .refresh_golden = true, .keep_last = true}, 2},
	{{SIZE, .from = VP8_FROM_NONE, .grey = 3, .refresh_alternate = true, .keep_last = true}, 3},
	{{SIZE, .from = VP8_FROM_LAST, .bias_golden = true}, 1},
	{{SIZE, .from = VP8_FROM_GOLDEN, .keep_last = true, .bias_alternate = true}, 2},
	{{SIZE, .from = VP8_FROM_ALTERNATE, .keep_last = true, .bias_golden = true,
	  .bias_alternate = true},
	 3},
	{{SIZE, .from = VP8_FROM_NONE, .grey = 4, .hidden = true, .copy_to_golden = 1}, 0},
	{{SIZE, .from = VP8_FROM_GOLDEN, .keep_last = true}, 1},
	{{SIZE, .from = VP8_FROM_LAST, .copy_to_alternate = 2}, 4},
	{{SIZE, .from = VP8_FROM_ALTERNATE}, 1},
	{{SIZE, .from = VP8_FROM_NONE, .grey = -5, .refresh_golden = true}, -5},
	{{SIZE, .from = VP8_FROM_ALTERNATE, .copy_to_golden = 2, .keep_last = true}, 1},
	{{SIZE, .from = VP8_FROM_GOLDEN, .keep_last = true, .copy_to_alternate = 1}, 1},
	{{SIZE, .from = VP8_FROM_ALTERNATE, .keep_last = true}, -5},
	{{SIZE, .from = VP8_FROM_GOLDEN, .refresh_golden = true, .refresh_alternate = true}, 1},
	{{KEY, .grey = 6, .hidden = true}, 0},
	{{SIZE, .from = VP8_FROM_GOLDEN}, 6},
};

/* Probabilities that are kept, and taken back: the wrong ones make another picture. */
#define LEFT .left_index = 264, .left_prob = 1
static const struct frame entropy[] = {
	{{KEY, .grey = 9, .coeff_index = 264, .coeff_prob = 1}, 9},
	{{SIZE, .from = VP8_FROM_NONE, .grey = -7, LEFT, .keep_entropy = true, .coeff_index = 271,
	  .coeff_prob = 200, .mv_index = 3, .mv_prob = 9, .y_mode_probs = {3, 4, 5, 6},
	  .uv_mode_probs = {250, 7, 8}},
	 -7},
	{{SIZE, .from = VP8_FROM_LAST, .keep_entropy = true}, -7},
	{{SIZE, .from = VP8_FROM_NONE, .grey = 6, LEFT}, 6},
	{{KEY, .grey = 8, .keep_entropy = true, .coeff_index = 264, .coeff_prob = 3}, 8},
	{{SIZE, .from = VP8_FROM_NONE, .grey = 5}, 5},
	{{SIZE, .from = VP8_FROM_NONE, .grey = -10, .log2_partitions = 3}, -10},
};

/* A map that stays, values that replace those of the frame or add to them, and all filters. */
#define MAP .segmentation = true, .update_map = true, .tree_probs = {9, 200, 0}
static const struct frame segments[] = {
	{{KEY_FRAME, .qi = 60, MAP, .update_data = true, .absolute = true,
	  .quantizer = {0, 35, 0, 127}, .filter = {63, 20, 0, 1}, .grey = 3, .filter_level = 9},
	 3},
	{{SMALL, .qi = 99, .segmentation = true, .from = VP8_FROM_NONE, .grey = -4,
	  .filter_level = 63, .sharpness = 7, .simple_filter = true},
	 -4},
	{{SMALL, .qi = 20, .segmentation = true, .update_data = true, .quantizer = {0, 15, -9, 9},
	  .filter = {1, 2, 3, 4}, .from = VP8_FROM_NONE, .grey = 7, .filter_level = 30,
	  .deltas = true, .update_deltas = true, .ref_deltas = {2, 0, -2, 63},
	  .mode_deltas = {4, -2, 2, -63}},
	 7},
	{{SMALL, .qi = 20, .segmentation = true, .from = VP8_FROM_NONE, .grey = 2,
	  .filter_level = 1, .deltas = true},
	 2},
	{{SMALL, .qi = 20, .segmentation = true, .from = VP8_FROM_NONE, .grey = 10, .version = 3,
	  .filter_level = 2, .q_deltas = {1, 0, 5, -6, 7}},
	 10},
	{{SIZE, .from = VP8_FROM_LAST, .version = 1, .deltas = true, .filter_level = 5}, 10},
};

/* Sizes of one, two and three digits, with scaling bits. */
static const struct frame sizes[] = {
	{{.key_frame = true, .width = 1, .height = 1, .qi = 35, .grey = 5}, 5},
	{{.width = 1, .height = 1, .from = VP8_FROM_GOLDEN}, 5},
	{{.key_frame = true, .width = 17, .height = 130, .scale = 1, .qi = 35, .grey = -3}, -3},
	{{.key_frame = true, .width = 17, .height = 130, .scale = 3, .qi = 35, .grey = 1}, 1},
	{{.width = 17, .height = 130, .hidden = true}, 0},
	{{.key_frame = true, .width = 64, .height = 16, .hidden = true, .qi = 35, .grey = 2}, 0},
	{{.width = 64, .height = 16, .from = VP8_FROM_ALTERNATE}, 2},
	{{.key_frame = true, .width = 63, .height = 15, .scale = 2, .qi = 35, .grey = 4}, 4},
};

#define STREAM(frames)                                                                             \
	{                                                                                          \
#frames, frames, sizeof(frames) / sizeof(frames[0])                                \
	}

static const struct stream streams[] = {STREAM(references), STREAM(entropy), STREAM(segments),
					STREAM(sizes)};

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void put_le(uint8_t *at, unsigned int n, uint32_t value)
{
	for (; n > 0; n--, value >>= 8)
		*at++ = (uint8_t)value;
}

static void write_header(const struct stream *stream, FILE *file)
{
	uint8_t header[HEADER_BYTES] = "DKIF";

	put_le(header + 6, 2, HEADER_BYTES);
	memcpy(header + 8, "VP80", 4);
	put_le(header + 12, 2, stream->frames[0].setup.width);
	put_le(header + 14, 2, stream->frames[0].setup.height);
	put_le(header + 16, 4, 30);
	put_le(header + 20, 4, 1);
	put_le(header + 24, 4, stream->n);
	fwrite(header, 1, sizeof(header), file);
}

static void write_md5(const struct frame *frame, FILE *file)
{
	unsigned int width = frame->setup.width, height = frame->setup.height;
	size_t luma = (size_t)width * height;
	size_t chroma = (size_t)((width + 1) / 2) * ((height + 1) / 2);
	uint8_t *data = malloc(luma + 2 * chroma);
	char text[MD5_DIGEST_STRING_LENGTH];

	if (!data)
		fail("memory");
	memset(data, 128 + frame->shown, luma);
	memset(data + luma, 128, 2 * chroma);
	fprintf(file, "%s\n", MD5Data(data, luma + 2 * chroma, text));
	free(data);
}

static FILE *create(const char *folder, const char *name, const char *ending)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/vp8-written-%s.ivf%s", folder, name, ending);
	file = fopen(path, "wb");
	if (!file)
		fail(path);
	return file;
}

static void write_stream(const struct stream *stream, const char *folder)
{
	static uint8_t data[VP8_WRITER_MAX_BYTES];
	FILE *file = create(folder, stream->name, ""), *md5 = create(folder, stream->name, ".md5");
	uint8_t header[FRAME_BYTES] = {0};

	write_header(stream, file);
	for (unsigned int i = 0; i < stream->n; i++) {
		size_t size_bytes = vp8_write_frame(&stream->frames[i].setup, data);

		put_le(header, 4, (uint32_t)size_bytes);
		put_le(header + 4, 4, i);
		fwrite(header, 1, sizeof(header), file);
		fwrite(data, 1, size_bytes, file);
		if (!stream->frames[i].setup.hidden)
			write_md5(&stream->frames[i], md5);
	}
	if (fclose(file) || fclose(md5))
		fail(folder);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: make-vp8-streams FOLDER\n");
		return 1;
	}
	for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++)
		write_stream(&streams[i], argv[1]);
	return 0;
}
