/* SPDX-License-Identifier: MIT */
/*
 * hevc-bits.c - see hevc-bits.h
 *
 * Source: Rec. ITU-T H.265, 7.3.1.2.
 */
#include "hevc-bits.h"

#include <string.h>

void begin(struct writer *w, unsigned int type, unsigned int temporal_id)
{
	memset(w, 0, sizeof(*w));
	put(w, 7, type);
	put(w, 6, 0);
	put(w, 3, temporal_id + 1);
}
