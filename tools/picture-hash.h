/* SPDX-License-Identifier: MIT */
/*
 * picture-hash.h - whether a picture is the one whose hash the stream has
 */
#ifndef TOOLS_PICTURE_HASH_H
#define TOOLS_PICTURE_HASH_H

#include "tools/output.h"
#include "vacodec.h"

/*
 * Compares the picture, in its coded size, with the hash: 1 it is the same, 0 it is not, or the stream
 * has none. Errors: -ENOTSUP fourcc; -ENOMEM.
 */
int picture_hash_check(const struct output_picture *picture,
		       const struct vacodec_picture_hash *hash);

#endif
