/* SPDX-License-Identifier: MIT */
/*
 * buffer.h - a buffer of the client's as a surface, and its memory
 */
#ifndef LIBVACODEC_BUFFER_H
#define LIBVACODEC_BUFFER_H

#include "vacodec.h"

/* The buffer's, valid as long as the buffer. */
struct vawrap_surface *buffer_get_surface(const struct vacodec_buffer *buffer);
/* How much of the memory a picture has. */
uint64_t buffer_get_picture_bytes(const struct vacodec_buffer *buffer);
/*
 * Writes other samples than any picture's into the memory, before one is expected there. Errors: -EINVAL
 * planes that are not in the memory; -ENOMEM; -EIO the memory has gone.
 */
int buffer_mark(const struct vacodec_buffer *buffer);
/*
 * 0 when the memory has what the driver reads from the synced surface (which may be the buffer's own),
 * -EILSEQ when it has not. Errors: as buffer_mark(), those of vawrap_view_map().
 */
int buffer_look(const struct vacodec_buffer *buffer, struct vawrap_surface *surface);

#endif
