/* SPDX-License-Identifier: MIT */
/*
 * landing.c - chooses how pictures get into resources, and keeps what the way needs
 */
#include <errno.h>
#include <stdlib.h>
#include "landing-ways.h"
#include "landing.h"
#include "log.h"
#include "params.h"
#include "vacodec.h"
#include "vawrap.h"

struct landing {
	struct vawrap_display *display;
	struct log *log;
	unsigned int width, height; /* of the pictures */
	struct vawrap_view *view;   /* made with the first picture of a size */

	const uint8_t *samples; /* not NULL: a picture is seen */
	const struct vawrap_image_layout *image;
	int status; /* of the picture */
};

int landing_new(struct vawrap_display *display, struct log *log, struct landing **out)
{
	struct landing *landing = calloc(1, sizeof(*landing));

	if (!landing)
		return -ENOMEM;
	landing->display = vawrap_display_ref(display);
	landing->log = log_ref(log);
	*out = landing;
	return 0;
}

struct landing *landing_free(struct landing *landing)
{
	if (!landing)
		return NULL;
	landing_reset(landing);
	vawrap_display_unref(landing->display);
	log_unref(landing->log);
	free(landing);
	return NULL;
}

struct vawrap_display *landing_get_display(struct landing *landing)
{
	return landing->display;
}

void landing_reset(struct landing *landing)
{
	landing_release(landing);
	landing->view = vawrap_view_free(landing->view);
}

static int see(struct landing *landing, struct vawrap_surface *surface)
{
	bool first = !landing->view;
	int err = 0;

	if (first)
		err = vawrap_view_new(landing->display, VA_FOURCC_NV12, landing->width,
				      landing->height, &landing->view);
	if (!err)
		err = vawrap_view_map(landing->view, surface, &landing->samples, &landing->image);
	if (!err && first)
		log_printf(landing->log, LOG_LEVEL_DEBUG, "pictures are read by %s",
			   vawrap_view_transfers(landing->view) ? "vaGetImage" : "a derived image");
	return err;
}

int landing_fetch(struct landing *landing, struct vacodec_frame *frame,
		  const struct params_layout *layout)
{
	int err;

	if (landing->samples)
		return landing->status;
	landing->status = vacodec_frame_sync(frame, -1);
	if (landing->status && landing->status != -EBADMSG)
		return landing->status;
	if (landing->width != layout->planes[0].width_bytes ||
	    landing->height != layout->planes[0].rows) {
		landing_reset(landing);
		landing->width = layout->planes[0].width_bytes;
		landing->height = layout->planes[0].rows;
	}
	err = see(landing, vacodec_frame_get_surface(frame));
	return err ? err : landing->status;
}

int landing_store(struct landing *landing, const struct params_layout *layout,
		  const struct resource *resource)
{
	const struct landing_copy copy = {landing->samples, landing->image, layout, resource};

	return landing_copy_run(&copy);
}

void landing_release(struct landing *landing)
{
	if (landing->samples)
		vawrap_view_unmap(landing->view);
	landing->samples = NULL;
}

uint64_t landing_get_driver_bytes(const struct landing *landing)
{
	return vawrap_view_transfers(landing->view) ? landing->image->size_bytes : 0;
}
