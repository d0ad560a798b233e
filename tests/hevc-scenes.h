/* SPDX-License-Identifier: MIT */
/*
 * hevc-scenes.h - the scenes that make-hevc-streams makes: each writes one stream, and states the
 * reference lists and the output order by hand from the standard
 */
#ifndef TESTS_HEVC_SCENES_H
#define TESTS_HEVC_SCENES_H

#include "hevc-writer.h"

struct hevc_scene {
	const char *name;
	void (*write)(struct hevcw_stream *s);
	bool filtered; /* pictures are not known by construction: no sums are written */
};

/* Tables that end with a scene without a name. */
extern const struct hevc_scene hevc_scenes_references[];
extern const struct hevc_scene hevc_scenes_sequences[];
extern const struct hevc_scene hevc_scenes_slices[];
extern const struct hevc_scene hevc_scenes_units[];

/* VPS 0, SPS 0 and PPS 0 into the stream; NULL: the default ones. */
void hevc_scene_begin(struct hevcw_stream *s, const struct hevcw_sps *sps,
		      const struct hevcw_pps *pps);

/* A picture with the named fields; type, unit type and order count are what all have. */
#define SHOT(s, kind, nal, order, ...)                                                             \
	hevcw_picture(s, &(struct hevcw_shot){.type = HEVCW_##kind,                                \
					      .unit = HEVCW_##nal,                                 \
					      .poc = (order),                                      \
					      __VA_ARGS__})
/* One after the last, which is all that it refers to. */
#define NEXT(s, order, last, ...)                                                                  \
	SHOT(s, P, TRAIL_R, order, .rps = {.pics = {-1}}, .list = {{last}}, __VA_ARGS__)

#endif
