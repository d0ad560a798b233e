/* SPDX-License-Identifier: MIT */
/*
 * Pixels from one surface to another: a part of it, turned, mirrored, scaled, in another format.
 */
#ifndef SOFTVA_SCALE_H
#define SOFTVA_SCALE_H

#include <va/va.h>
#include <va/va_vpp.h>

#include "softva.h"

struct scale {
	struct surface *from, *to;
	/* Within their surfaces, and not empty. */
	VARectangle source, target;
	/* VA_ROTATION_* clockwise, then VA_MIRROR_* bits. */
	uint32_t rotation, mirror;
	/* The better and slower way. */
	bool fine;
};

/* Whether there is a way from one format to the other, with that rotation. */
bool scale_is_possible(const struct format *from, const struct format *to, uint32_t rotation);
/* Regions begin at chroma samples: others do so after rounding down. 0, -EINVAL, -ENOMEM. */
int scale_run(const struct scale *scale);
/* Fills what lies outside the rectangle; argb is full range, as VA has colours. */
void scale_fill_around(struct surface *surface, const VARectangle *inside, uint32_t argb);

#endif
