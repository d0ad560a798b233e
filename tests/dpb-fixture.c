/* SPDX-License-Identifier: MIT */
/*
 * dpb-fixture.c - frames and a DPB for worked examples of H.264 marking and lists
 */
#include "dpb-fixture.h"
#include <string.h>

/* References that are never the last one: no pool is behind these. */
struct vacodec_frame frames[N_FRAMES];

int dpb_setup(void **state)
{
	unsigned int i;

	(void)state;
	memset(frames, 0, sizeof(frames));
	for (i = 0; i < N_FRAMES; i++)
		atomic_store(&frames[i].refs, 1000);
	return 0;
}

/* What was referenced is let go of. */
int dpb_teardown(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < N_FRAMES; i++) {
		if (atomic_load(&frames[i].refs) != 1000)
			return -1;
	}
	return 0;
}

struct h264_sps make_sps(unsigned int poc_type, unsigned int refs)
{
	struct h264_sps sps = {
		.valid = true,
		.log2_max_frame_num = 4,
		.pic_order_cnt_type = (uint8_t)poc_type,
		.log2_max_pic_order_cnt_lsb = 4,
		.max_num_ref_frames = (uint8_t)refs,
	};

	return sps;
}

void begin(struct h264_dpb *dpb, unsigned int refs)
{
	const struct h264_sps sps = make_sps(0, refs);

	memset(dpb, 0, sizeof(*dpb));
	h264_dpb_begin_sequence(dpb, &sps);
}
