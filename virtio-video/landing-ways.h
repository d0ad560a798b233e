/* SPDX-License-Identifier: MIT */
/*
 * landing-ways.h - the ways a landing goes, for landing.c
 */
#ifndef LANDING_WAYS_H
#define LANDING_WAYS_H

#include <stdint.h>
#include "params.h"

struct vawrap_image_layout;

/* landing-copy.c: the CPU copies samples that can be seen, in vvd_guard(). -EFAULT memory has gone. */
struct landing_copy {
	const uint8_t *samples;
	const struct vawrap_image_layout *from;
	const struct params_layout *layout;
	const struct resource *resource;
};
int landing_copy_run(const struct landing_copy *copy);

#endif
