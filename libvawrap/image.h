/* SPDX-License-Identifier: MIT */
/*
 * image.h - two images compared
 */
#ifndef VAWRAP_IMAGE_H
#define VAWRAP_IMAGE_H

#include "vawrap.h"

/*
 * Whether two mapped images show the same, where both have samples. Sets *telling when a picture of which
 * the columns were mixed up would have shown something else.
 */
bool image_is_same(const struct vawrap_image *a, const uint8_t *a_data,
		   const struct vawrap_image *b, const uint8_t *b_data, bool *telling);

#endif
