/* SPDX-License-Identifier: MIT */
/*
 * params.h - the parameters of a queue, in both dialects, and the picture layout that follows
 *
 * A guest may ask for anything: what is not possible is adjusted, and the guest reads it back.
 */
#ifndef PARAMS_H
#define PARAMS_H

#include <stdbool.h>
#include <stdint.h>
#include "resource.h"
#include "wire.h"

#define PARAMS_MAX_BUFFERS 32 /* the driver's control for min_buffers ends here */
#define PARAMS_MAX_SIZE    16384

struct params_rect {
	uint32_t left, top, width, height;
};

/* All of its members are 32 bits and in the order of the wire. */
struct params {
	uint32_t queue_type; /* enum virtio_video_queue_type */
	uint32_t format;
	uint32_t width, height; /* output: of the whole coded picture */
	uint32_t min_buffers, max_buffers;
	struct params_rect crop;
	uint32_t frame_rate;
	uint32_t num_planes;
	struct {
		uint32_t size_bytes, stride_bytes;
	} planes[WIRE_MAX_PLANES];
	uint32_t mem_type;
};

/* What the stream said; known is false before the first sequence header. */
struct params_format {
	bool known;
	uint32_t width, height;
	struct params_rect crop;
	unsigned int bit_depth;
	uint32_t min_buffers;
	int32_t profile;
	unsigned int level;
	uint32_t frame_rate; /* 0: not said */
};

/* What the display and the options allow. */
struct params_bounds {
	uint32_t min_width, min_height, max_width, max_height;
	uint32_t max_buffers;
	uint32_t max_coded_bytes;
};

void params_init(struct params *params, uint32_t queue_type, uint32_t format,
		 const struct params_bounds *bounds);
/* A mem_type that changes nothing. */
#define PARAMS_SAME_MEM_TYPE UINT32_MAX
/* Takes what the guest asks for, adjusted. The format was checked or is 0, "not set". */
void params_set(struct params *params, const struct params *asked,
		const struct params_bounds *bounds, const struct params_format *format);
/* Takes what a new sequence header says. */
void params_apply(struct params *params, const struct params_format *format,
		  const struct params_bounds *bounds);
/* Whether the guest must be told of the difference. */
bool params_format_differs(const struct params_format *a, const struct params_format *b);

/* Without queue_type, which comes before. */
void params_read(struct wire *r, bool ext, struct params *params);
void params_write(struct wire *w, bool ext, const struct params *params);

/* ---- Where the samples of a picture go ---- */

enum params_samples {
	PARAMS_SAMPLES_ALL,  /* of the surface's plane, byte by byte */
	PARAMS_SAMPLES_EVEN, /* the U of an interleaved plane */
	PARAMS_SAMPLES_ODD,  /* the V */
};

struct params_plane {
	unsigned int source; /* the surface's plane: 0 luma, 1 interleaved chroma */
	enum params_samples samples;
	uint32_t width_bytes, rows;
	uint32_t stride_bytes;
	uint64_t offset_bytes; /* in a single buffer with one plane */
};

struct params_layout {
	uint32_t format;
	unsigned int num_planes;
	uint32_t size_bytes; /* of a single buffer */
	struct params_plane planes[3];
};

void params_get_layout(const struct params *params, struct params_layout *layout);
/* Whether a picture of the layout fits into the resource. */
bool params_layout_fits(const struct params_layout *layout, const struct resource *resource);
/* Where a plane begins: in which of the resource's planes and at which byte. */
uint64_t params_plane_start(const struct params_layout *layout, const struct resource *resource,
			    unsigned int plane, unsigned int *resource_plane);

#endif
