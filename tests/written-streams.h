// SPDX-License-Identifier: MIT
/*
 * The scenes that make-written-streams makes: each writes one stream, and states the reference lists
 * and the output order by hand from the standard.
 */
#ifndef TESTS_WRITTEN_STREAMS_H
#define TESTS_WRITTEN_STREAMS_H

#include "h264-writer.h"

struct scene {
	const char *name;
	void (*write)(struct h264w_stream *s);
};

/* Tables that end with a scene without a name. */
extern const struct scene scenes_order[];
extern const struct scene scenes_marking[];
extern const struct scene scenes_prediction[];
extern const struct scene scenes_syntax[];
extern const struct scene scenes_fields[];
extern const struct scene scenes_pairs[];
extern const struct scene scenes_units[];

/* SPS 0 and PPS 0 into the stream; sps NULL is the default one. */
void scene_begin(struct h264w_stream *s, const struct h264w_sps *sps, const struct h264w_pps *pps);
/* An IDR picture, POC 0. */
int scene_idr(struct h264w_stream *s);

/* A picture with the named fields; type, ref_idc, frame_num and POC are what all have. */
#define SHOT(s, kind, nal_ref_idc, num, order, ...)                                                \
	h264w_picture(s, &(struct h264w_shot){.type = H264W_##kind,                                \
					      .ref_idc = (nal_ref_idc),                            \
					      .frame_num = (num),                                  \
					      .poc = (order),                                      \
					      __VA_ARGS__})

#endif
