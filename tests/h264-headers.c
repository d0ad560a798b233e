/* SPDX-License-Identifier: MIT */
/*
 * h264-headers.c - a small writer of H.264 headers, so that tests say what they mean
 */
#include "h264-headers.h"

void begin(struct writer *w, unsigned int header)
{
	put(w, 32, 1);
	put(w, 8, header);
}

void write_sps(struct writer *w, const struct setup *s)
{
	begin(w, 0x67);
	put(w, 8, s->profile_idc);
	put(w, 8, s->constraint_flags);
	put(w, 8, s->level_idc);
	ue(w, 0);
	ue(w, 0); /* log2_max_frame_num_minus4 */
	ue(w, 2); /* pic_order_cnt_type */
	ue(w, 3); /* max_num_ref_frames */
	put(w, 1, 0);
	ue(w, s->width_mbs - 1);
	ue(w, 1);
	put(w, 1, !s->interlaced);
	if (s->interlaced)
		put(w, 1, 0);
	put(w, 3, 4); /* direct_8x8_inference, no crop, no VUI */
	end(w);
}

void write_pps(struct writer *w, const struct setup *s)
{
	begin(w, 0x68);
	ue(w, 0);
	ue(w, 0);
	put(w, 2, 0); /* CAVLC */
	ue(w, s->slice_groups);
	if (s->slice_groups) {
		ue(w, 0); /* interleaved, in runs of one */
		ue(w, 0);
		ue(w, 0);
	}
	ue(w, 0);
	ue(w, 0);
	put(w, 3, 0);
	ue(w, 0);
	ue(w, 0);
	ue(w, 0);
	put(w, 3, 0);
	end(w);
}

void write_slice(struct writer *w, const struct setup *s, unsigned int first_mb, unsigned int type,
		 unsigned int header)
{
	begin(w, header);
	ue(w, first_mb);
	ue(w, type);
	ue(w, 0);
	put(w, 4, (header & 31) == 5 ? 0 : s->frame_num);
	if (s->interlaced)
		put(w, 2, 2); /* field_pic_flag, top */
	if ((header & 31) == 5)
		ue(w, s->idr_pic_id);
	put(w, (header & 31) == 5 ? 2 : 1, 0); /* marking */
	ue(w, 0);
	put(w, 8, 0xff);
	end(w);
}

void write_headers(struct writer *w, const struct setup *s)
{
	write_sps(w, s);
	write_pps(w, s);
}
