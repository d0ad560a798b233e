/* SPDX-License-Identifier: MIT */
/*
 * caps.h - what the display can do, in the protocol's words; read once at start
 */
#ifndef CAPS_H
#define CAPS_H

#include <stddef.h>
#include <stdint.h>
#include "params.h"
#include "vacodec.h"

struct log;
struct vawrap_display;
struct vvd_device_options;

#define CAPS_MAX_PROFILES 8
#define CAPS_MAX_LEVELS   16

struct caps_coded;

struct caps_format {
	uint32_t format;                /* enum virtio_video_format */
	const struct caps_coded *coded; /* NULL: a raw one */
	enum vacodec_codec codec;
	uint32_t min_width, min_height, max_width, max_height;
	unsigned int n_profiles, n_levels;
	uint32_t profiles[CAPS_MAX_PROFILES]; /* ascending, each once */
	uint32_t levels[CAPS_MAX_LEVELS];
};

/* Of each queue: coded formats at the input, raw ones at the output. */
struct caps {
	struct caps_list {
		unsigned int n;
		struct caps_format formats[WIRE_MAX_FORMATS];
	} lists[2];
};

/* Errors: -ENOTSUP nothing that the protocol knows is decoded; what the display says. */
int caps_init(struct caps *caps, const struct vvd_device_options *options,
	      struct vawrap_display *display);
/* The answer to QUERY_CAPABILITY, its header included. */
size_t caps_get_size(const struct caps *caps, unsigned int side);
/* Writes what follows the header. */
void caps_write(const struct caps *caps, unsigned int side, struct wire *w);
/* A coded format; NULL: the display does not decode it. */
const struct caps_format *caps_find(const struct caps *caps, uint32_t format);
/* Whether decoded frames can be put out in any raw format that the protocol has. */
bool caps_can_show(const struct vacodec_format *format);
/* Whether frames can be put out in the raw format. */
bool caps_is_raw(uint32_t format);
/* The wire's number of a VAProfile or of ten times a level's number; the nearest where it has none. */
uint32_t caps_profile(const struct caps_format *format, int32_t va_profile);
uint32_t caps_level(const struct caps_format *format, unsigned int level);

/* The opener that options name by device and driver, for who gives none. */
int caps_open_display(const struct vvd_device_options *options, struct log *log,
		      struct vawrap_display **out);
struct vawrap_display *caps_ref_display(struct vawrap_display *display);
struct vawrap_display *caps_unref_display(struct vawrap_display *display);

#endif
