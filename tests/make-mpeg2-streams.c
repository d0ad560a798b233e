/* SPDX-License-Identifier: MIT */
/*
 * make-mpeg2-streams.c - writes tests/streams/mpeg2-written-fields.m2v: field pictures, which no
 * encoder in reach makes
 *
 * Fields are of one grey, known by construction: the MD5s beside the stream are of what is written
 * here, and need no decoder. Usage: make-mpeg2-streams FOLDER
 */
#include "mpeg2-writer.h"

#include <md5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAIR(first, second)                                                                        \
	{                                                                                          \
		first, second                                                                      \
	}
#define I(s, g)                                                                                    \
	{                                                                                          \
		.type = 1, .structure = s, .grey = g                                               \
	}
#define P(s, from)                                                                                 \
	{                                                                                          \
		.type = 2, .structure = s, .select_bottom = from == BOTTOM                         \
	}
#define TOP    1
#define BOTTOM 2
#define FRAME  3

/* Two fields, or a frame and nothing; what both parities show, less 128. */
static const struct pair {
	struct mpeg2_written_picture pictures[2];
	int top, bottom;
} pairs[] = {
	{PAIR(I(TOP, 10), I(BOTTOM, -20)), 10, -20},
	{PAIR(P(TOP, BOTTOM), P(BOTTOM, TOP)), -20, -20}, /* the second one copies the first one */
	{PAIR(I(BOTTOM, 40), P(TOP, BOTTOM)), 40, 40},
	{PAIR(I(FRAME, 70), {0}), 70, 70},
	{PAIR(I(TOP, -90), P(BOTTOM, BOTTOM)), -90, 70}, /* its bottom field of the frame before */
	{PAIR(P(FRAME, TOP), {0}), -90, 70},
	{PAIR(P(BOTTOM, TOP), P(TOP, TOP)), -90, -90},
	{PAIR(I(TOP, 127), I(BOTTOM, -127)), 127, -127},
};

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static FILE *create(const char *folder, const char *ending)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/mpeg2-written-fields.m2v%s", folder, ending);
	file = fopen(path, "wb");
	if (!file)
		fail(path);
	return file;
}

static void write_md5(const struct pair *pair, FILE *file)
{
	uint8_t data[MPEG2_WRITER_WIDTH * MPEG2_WRITER_HEIGHT * 3 / 2];
	char text[MD5_DIGEST_STRING_LENGTH];

	memset(data, 128, sizeof(data));
	for (unsigned int y = 0; y < MPEG2_WRITER_HEIGHT; y++)
		memset(data + (size_t)y * MPEG2_WRITER_WIDTH,
		       128 + (y % 2 ? pair->bottom : pair->top), MPEG2_WRITER_WIDTH);
	fprintf(file, "%s\n", MD5Data(data, sizeof(data), text));
}

static void write_pair(struct mpeg2_writer *w, unsigned int n)
{
	for (unsigned int i = 0; i < 2 && pairs[n].pictures[i].type; i++) {
		struct mpeg2_written_picture picture = pairs[n].pictures[i];

		picture.temporal_reference = n;
		picture.top_first = picture.structure == FRAME;
		mpeg2_write_picture(w, &picture);
	}
}

int main(int argc, char **argv)
{
	struct mpeg2_writer w = {0};
	FILE *file, *md5;
	size_t size_bytes;

	if (argc != 2) {
		fprintf(stderr, "usage: make-mpeg2-streams FOLDER\n");
		return 1;
	}
	file = create(argv[1], "");
	md5 = create(argv[1], ".md5");
	mpeg2_write_sequence(&w, &(struct mpeg2_written_sequence){.low_delay = true});
	mpeg2_write_group(&w, true, false);
	for (unsigned int n = 0; n < sizeof(pairs) / sizeof(pairs[0]); n++) {
		write_pair(&w, n);
		write_md5(&pairs[n], md5);
	}
	mpeg2_writer_start(&w, 0xb7);
	size_bytes = mpeg2_writer_get_size(&w);
	if (fwrite(w.data, 1, size_bytes, file) != size_bytes || fclose(file) || fclose(md5))
		fail(argv[1]);
	return 0;
}
