/* SPDX-License-Identifier: MIT */
/*
 * cabac-writer.h - the arithmetic encoder of H.265 (9.3.4), for tests that write slice data
 *
 * Bits go out through a callback, so that any writer of headers can hold them.
 */
#ifndef TESTS_CABAC_WRITER_H
#define TESTS_CABAC_WRITER_H

#include <stdbool.h>
#include <stdint.h>

struct cabac_context {
	uint8_t state, mps;
};

struct cabac {
	void (*put)(void *cookie, unsigned int bit);
	void *cookie;
	uint32_t low, range;
	unsigned int outstanding;
	bool first;
};

void cabac_start(struct cabac *cabac, void (*put)(void *cookie, unsigned int bit), void *cookie);
/* 9.3.2.2 for an initValue and SliceQpY. */
struct cabac_context cabac_context_init(unsigned int value, int qp);
void cabac_encode(struct cabac *cabac, struct cabac_context *context, bool bin);
void cabac_bypass(struct cabac *cabac, bool bin);
/* After a bin of 1 the encoder is flushed; the last bit that it puts is a 1: the stop bit, or pcm_flag's end. */
void cabac_terminate(struct cabac *cabac, bool bin);

#endif
