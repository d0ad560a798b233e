/* SPDX-License-Identifier: MIT */
/*
 * landing.h - brings a decoded picture into a guest's resource
 *
 *     fetch    waits for the picture and makes its samples readable; may block in the driver
 *     store    copies them into the resource; never calls the driver, so that it can run under the
 *              lock that protects the guest's memory
 *     release  lets go of the samples
 *
 * Which way it goes (a view of the surface, a transfer into an image; later a blit, or decoding in
 * place) is chosen inside, and nobody else sees it.
 */
#ifndef LANDING_H
#define LANDING_H

#include <stdint.h>

struct landing;
struct log;
struct params_layout;
struct resource;
struct vacodec_frame;
struct vawrap_display;

/* Takes a reference on the display. */
int landing_new(struct vawrap_display *display, struct log *log, struct landing **out);
/* Gives up the display last of all. Returns NULL; NULL is accepted. */
struct landing *landing_free(struct landing *landing);
struct vawrap_display *landing_get_display(struct landing *landing);

/*
 * Errors: -EBADMSG the picture is damaged, its samples are there all the same; any other: they are
 * not. A picture that is fetched already stays so.
 */
int landing_fetch(struct landing *landing, struct vacodec_frame *frame,
		  const struct params_layout *layout);
/* The layout fits the resource. Errors: -EFAULT its memory has gone. */
int landing_store(struct landing *landing, const struct params_layout *layout,
		  const struct resource *resource);
void landing_release(struct landing *landing);
/* Forgets what is kept for the surfaces of the old format. */
void landing_reset(struct landing *landing);
/* Bytes that the driver transferred for the fetched picture. */
uint64_t landing_get_driver_bytes(const struct landing *landing);

#endif
