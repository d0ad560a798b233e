/* SPDX-License-Identifier: MIT */
/*
 * landing.h - brings a decoded picture into a guest's resource
 *
 *     fetch    waits for the picture and prepares what store needs; may block in the driver
 *     store    brings it into the resource
 *     release  lets go of the picture
 *
 * Which way it goes (a copy by the CPU from what it sees of the surface, a copy by the driver into an
 * object) is chosen inside, once for each layout of resources, and nobody else sees it.
 */
#ifndef LANDING_H
#define LANDING_H

#include <stdbool.h>
#include <stdint.h>

struct landing;
struct log;
struct params_layout;
struct resource;
struct vacodec_buffer;
struct vacodec_frame;
struct vawrap_display;

/* Takes a reference on the display. */
int landing_new(struct vawrap_display *display, struct log *log, struct landing **out);
/* Gives up the display last of all. Returns NULL; NULL is accepted. */
struct landing *landing_free(struct landing *landing);
/* Ends the display: the device is lost, and what is left of it calls the driver no more. */
void landing_shut_down(struct landing *landing);
struct vawrap_display *landing_get_display(struct landing *landing);

/*
 * Errors: -EBADMSG the picture is damaged, its samples are there all the same; any other: they are
 * not. A picture that is fetched already stays so.
 */
int landing_fetch(struct landing *landing, struct vacodec_frame *frame,
		  const struct params_layout *layout, struct resource *resource);
/* Whether store leaves the resource to the driver; else it is the CPU's and does not block. */
bool landing_is_direct(const struct landing *landing, const struct resource *resource);
/*
 * The layout fits the resource. Errors: -EFAULT its memory has gone; -EAGAIN the way is another one
 * now: fetch again.
 */
int landing_store(struct landing *landing, const struct params_layout *layout,
		  const struct resource *resource, struct vacodec_frame *frame);
/* NULL is accepted. */
void landing_release(struct landing *landing);
/* Forgets what is kept for the surfaces of the old format; the layout is that of the resources now. */
void landing_reset(struct landing *landing, const struct params_layout *layout);
bool landing_is_for(const struct landing *landing, const struct params_layout *layout);
/* The object for the decoder, in the landing's layout; NULL: it is none that can be. May block in the driver. */
struct vacodec_buffer *landing_import(struct landing *landing, struct resource *resource);
/* Forgets what is kept for resources that were removed, or for all of them. */
void landing_purge(struct landing *landing, bool all);
/* Adds the bytes that were copied for the picture that was stored last: by us, by the driver. */
void landing_count_bytes(const struct landing *landing, uint64_t *ours, uint64_t *drivers);

#endif
