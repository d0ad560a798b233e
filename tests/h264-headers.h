/* SPDX-License-Identifier: MIT */
/*
 * h264-headers.h - a small writer of H.264 headers, so that tests say what they mean
 */
#ifndef H264_HEADERS_H
#define H264_HEADERS_H

#include "bit-writer.h"
#include <stdbool.h>

struct setup {
	unsigned int profile_idc, constraint_flags, level_idc;
	unsigned int width_mbs; /* of 2 rows */
	bool interlaced;
	bool slice_groups;
	unsigned int idr_pic_id; /* of slices */
	unsigned int frame_num;  /* of slices that are not of an IDR picture */
};

/* The start code and the header of a unit. */
void begin(struct writer *w, unsigned int header);
/* What is needed to parse slices; pic_order_cnt_type 2, 3 reference frames. */
void write_sps(struct writer *w, const struct setup *s);
void write_pps(struct writer *w, const struct setup *s);
void write_headers(struct writer *w, const struct setup *s);
/* An intra slice's header and a few bits; the type is that of Table 7-6. */
void write_slice(struct writer *w, const struct setup *s, unsigned int first_mb, unsigned int type,
		 unsigned int header);

#endif
