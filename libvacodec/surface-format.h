/* SPDX-License-Identifier: MIT */
/*
 * surface-format.h - which surfaces hold pictures of a chroma format and a bit depth
 */
#ifndef LIBVACODEC_SURFACE_FORMAT_H
#define LIBVACODEC_SURFACE_FORMAT_H

#include "vacodec.h"
#include "vawrap.h"

/*
 * Sets the format's fourcc for its profile, chroma and bit_depth: the first one of the table that the
 * display offers. Errors: -ENOTSUP the profile has no surfaces for such pictures; -errno of a VA call.
 */
int surface_format_choose(struct vawrap_display *display, struct vacodec_format *format);
/* VA_RT_FORMAT_* of the surfaces; 0 for a format that none has. */
unsigned int surface_format_get_rt(const struct vacodec_format *format);

#endif
