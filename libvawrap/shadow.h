/* SPDX-License-Identifier: MIT */
/*
 * shadow.h - memory for a copy of a buffer's content with all that it points to
 */
#ifndef VAWRAP_SHADOW_H
#define VAWRAP_SHADOW_H

#include "types.h"

/* Kept by a buffer for its life, and by its recycled memory for the next one; zero at first. */
struct shadow {
	uint8_t *memory;
	size_t capacity;
};

/*
 * Copies the content and what its pointers name, so that the copy's pointers stay within the shadow.
 * Returns 0, -EINVAL a count beyond 65536 elements, -ENOMEM.
 */
int shadow_copy(struct shadow *shadow, const struct types_content *content,
		const struct types_pointer *pointers);
/* Makes room for at least so many bytes; what was there is lost. */
int shadow_reserve(struct shadow *shadow, size_t bytes);
void shadow_finish(struct shadow *shadow);

#endif
