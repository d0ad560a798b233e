/* SPDX-License-Identifier: MIT */
/*
 * bit-writer.c - see bit-writer.h
 *
 * Source: Rec. ITU-T H.264, 7.3.2.11, 9.1; Rec. ITU-T H.265, 7.3.2.11, 9.2.
 */
#include "bit-writer.h"

#include <assert.h>

void put(struct writer *w, unsigned int n, uint32_t value)
{
	assert(n <= 32 && w->n_bits + n <= 8 * sizeof(w->data));
	while (n-- > 0) {
		if (value >> n & 1)
			w->data[w->n_bits / 8] |= (uint8_t)(0x80 >> w->n_bits % 8);
		w->n_bits++;
	}
}

void ue(struct writer *w, uint32_t value)
{
	unsigned int n = 0;

	while ((value + 1) >> (n + 1))
		n++;
	put(w, n, 0);
	put(w, n + 1, value + 1);
}

void se(struct writer *w, int32_t value)
{
	ue(w, value > 0 ? 2 * (uint32_t)value - 1 : 2 * (uint32_t)-value);
}

size_t end(struct writer *w)
{
	put(w, 1, 1);
	w->n_bits = (w->n_bits + 7) / 8 * 8;
	return w->n_bits / 8;
}
