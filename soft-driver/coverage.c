/* SPDX-License-Identifier: MIT */
/*
 * Marks in the middle of macroblocks; see coverage.h. Each has a row of either field, four bytes each, that
 * the deblocking of neighbours does not reach: it changes three samples from an edge on, 8.7.2.3 and
 * 8.7.2.4 of H.264. Field macroblocks have these rows, too, none of them nearer to an edge.
 */
#include "coverage.h"

#include <libavutil/frame.h>
#include <libavutil/pixdesc.h>
#include <string.h>

#define MARK_BYTES 4
#define MARK_X     6 /* in a macroblock */
#define MARK_Y     7 /* this row and the next one */

static const uint8_t marks[2][MARK_BYTES] = {{0xd7, 0x2a, 0x91, 0x6c}, {0x13, 0xec, 0x38, 0xc5}};

static uint8_t *get_row(const AVFrame *frame, int x, int y)
{
	const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get((enum AVPixelFormat)frame->format);
	int sample_bytes = desc && desc->comp[0].depth > 8 ? 2 : 1;

	return frame->data[0] + (ptrdiff_t)frame->linesize[0] * y + (x + MARK_X) * sample_bytes;
}

void coverage_mark(AVFrame *frame)
{
	for (int y = MARK_Y; y + 9 <= frame->height; y += 16) {
		for (int x = 0; x + 16 <= frame->width; x += 16) {
			memcpy(get_row(frame, x, y), marks[y % 2], MARK_BYTES);
			memcpy(get_row(frame, x, y + 1), marks[(y + 1) % 2], MARK_BYTES);
		}
	}
}

static bool is_marked(const AVFrame *frame, int x, int y)
{
	return memcmp(get_row(frame, x, y), marks[y % 2], MARK_BYTES) == 0;
}

bool coverage_is_whole(const AVFrame *frame, unsigned int fields)
{
	for (int y = MARK_Y; y + 9 <= frame->height; y += 16) {
		for (int x = 0; x + 16 <= frame->width; x += 16) {
			if ((fields & 2 && is_marked(frame, x, y)) ||
			    (fields & 1 && is_marked(frame, x, y + 1)))
				return false;
		}
	}
	return true;
}
