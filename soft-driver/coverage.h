/* SPDX-License-Identifier: MIT */
/*
 * Which macroblocks of a picture were decoded: libavcodec takes a picture for good whose slices leave some
 * of them out. Hardware counts them; here each one is marked before, and a mark that is left tells.
 */
#ifndef SOFTVA_COVERAGE_H
#define SOFTVA_COVERAGE_H

#include <stdbool.h>

struct AVFrame;

/* Marks all macroblocks of a frame that is to be decoded into. */
void coverage_mark(struct AVFrame *frame);
/* Whether no macroblock of the fields (1 top, 2 bottom, 3 both) is as it was marked. */
bool coverage_is_whole(const struct AVFrame *frame, unsigned int fields);

#endif
