/* SPDX-License-Identifier: MIT */
/*
 * landing-ways.h - the ways a landing goes, for landing.c
 */
#ifndef LANDING_WAYS_H
#define LANDING_WAYS_H

#include <stdbool.h>
#include <stdint.h>
#include "params.h"

struct vawrap_display;
struct vawrap_image_layout;
struct vawrap_surface;

/*
 * landing-copy.c: the CPU copies samples that can be seen, or compares with them, in vvd_guard().
 * Errors: -EFAULT memory has gone; -EILSEQ it has other samples.
 */
struct landing_copy {
	const uint8_t *samples;
	const struct vawrap_image_layout *from;
	const struct params_layout *layout;
	const struct resource *resource;
	bool compare; /* of the surface's own layout */
};
int landing_copy_run(const struct landing_copy *copy);

/*
 * landing-import.c: objects of resources as surfaces, each imported once. Surfaces go on the thread
 * of the landing only, since that may block in the driver.
 */
struct landing_imports {
	unsigned int n;
	struct {
		struct resource *resource;      /* a reference */
		struct vawrap_surface *surface; /* NULL: it cannot be imported */
	} slots[2 * PARAMS_MAX_BUFFERS];
};
struct vawrap_surface *landing_imports_find(const struct landing_imports *imports,
					    const struct resource *resource);
void landing_imports_add(struct landing_imports *imports, struct vawrap_display *display,
			 const struct params_layout *layout, struct resource *resource);
/* Lets go of those whose resources were removed, or of all. */
void landing_imports_drop(struct landing_imports *imports, bool all);

#endif
