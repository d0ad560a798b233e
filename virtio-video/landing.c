/* SPDX-License-Identifier: MIT */
/*
 * landing.c - chooses how pictures get into resources, and keeps what the way needs
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "landing-ways.h"
#include "landing.h"
#include "log.h"
#include "params.h"
#include "vacodec.h"
#include "vawrap.h"

struct landing {
	struct vawrap_display *display;
	struct log *log;
	struct vawrap_view *view; /* made with the first picture of a size */

	const uint8_t *samples; /* not NULL: a picture is seen */
	const struct vawrap_image_layout *image;
	int status; /* of the picture */

	struct params_layout layout; /* of the resources */
	struct landing_imports imports;
	bool no_blit, blit_seen; /* for this layout */
	uint64_t copied_bytes, driver_bytes;
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

void landing_shut_down(struct landing *landing)
{
	vawrap_display_shutdown(landing->display);
}

void landing_reset(struct landing *landing)
{
	landing_release(landing);
	landing->view = vawrap_view_free(landing->view);
	landing_imports_drop(&landing->imports, true);
	landing->no_blit = landing->blit_seen = false;
}

void landing_purge(struct landing *landing)
{
	landing_imports_drop(&landing->imports, false);
}

static int see(struct landing *landing, struct vawrap_surface *surface)
{
	bool first = !landing->view;
	int err = 0;

	if (first)
		err = vawrap_view_new(landing->display, VA_FOURCC_NV12,
				      landing->layout.planes[0].width_bytes,
				      landing->layout.planes[0].rows, &landing->view);
	if (!err)
		err = vawrap_view_map(landing->view, surface, &landing->samples, &landing->image);
	if (!err && first)
		log_printf(landing->log, LOG_LEVEL_DEBUG, "pictures are read by %s",
			   vawrap_view_transfers(landing->view) ? "vaGetImage" : "a derived image");
	return err;
}

bool landing_is_direct(const struct landing *landing, const struct resource *resource)
{
	return !landing->no_blit && landing_imports_find(&landing->imports, resource);
}

static bool is_layout(const struct landing *landing, const struct params_layout *layout)
{
	const struct params_layout *ours = &landing->layout;

	return ours->format == layout->format && ours->size_bytes == layout->size_bytes &&
	       ours->planes[0].width_bytes == layout->planes[0].width_bytes &&
	       ours->planes[0].stride_bytes == layout->planes[0].stride_bytes;
}

int landing_fetch(struct landing *landing, struct vacodec_frame *frame,
		  const struct params_layout *layout, struct resource *resource)
{
	int err = 0;

	if (!is_layout(landing, layout)) {
		landing_reset(landing);
		landing->layout = *layout;
	}
	if (!landing->samples) {
		landing->status = vacodec_frame_sync(frame, -1);
		if (landing->status && landing->status != -EBADMSG)
			return landing->status;
	}
	if (resource->n_objects && !landing->no_blit)
		landing_imports_add(&landing->imports, landing->display, layout, resource);
	if (!landing->samples && !landing_is_direct(landing, resource))
		err = see(landing, vacodec_frame_get_surface(frame));
	return err ? err : landing->status;
}

/* ---- Copies of the driver: some drivers accept memory and write elsewhere ---- */

/* Other samples than any picture's, before one is expected there. */
static void fill(const struct params_layout *layout, const struct resource *resource)
{
	static const struct vawrap_image_layout one_row;
	uint8_t row[2 * PARAMS_MAX_SIZE];
	struct landing_copy copy = {row, &one_row, layout, resource, false};

	memset(row, 0x5a, sizeof(row));
	resource_begin_access(resource);
	landing_copy_run(&copy);
	resource_end_access(resource);
}

/* Whether the object's memory has what the driver reads from the surface. */
static bool shows(struct landing *landing, const struct resource *resource,
		  struct vawrap_surface *surface)
{
	struct landing_copy look = {NULL, NULL, &landing->layout, resource, true};
	bool same = false;

	if (!see(landing, surface)) {
		look.samples = landing->samples;
		look.from = landing->image;
		resource_begin_access(resource);
		same = !landing_copy_run(&look);
		resource_end_access(resource);
	}
	landing_release(landing);
	return same;
}

/* The first one of a layout is looked at. */
static int blit(struct landing *landing, const struct resource *resource,
		struct vawrap_surface *from)
{
	bool first = !landing->blit_seen;
	int err;

	if (first)
		fill(&landing->layout, resource);
	err = vawrap_surface_copy(landing_imports_find(&landing->imports, resource), from);
	if (!err && first && !shows(landing, resource, from))
		err = -EILSEQ;
	landing->copied_bytes = 0;
	landing->driver_bytes = landing->layout.size_bytes;
	landing->blit_seen = true;
	landing->no_blit = err;
	if (!err)
		return 0;
	log_printf(landing->log, LOG_LEVEL_DEBUG, "the driver copies into no object: %s",
		   err == -EILSEQ ? "nothing arrives" : strerror(-err));
	return -EAGAIN;
}

int landing_store(struct landing *landing, const struct params_layout *layout,
		  const struct resource *resource, struct vacodec_frame *frame)
{
	const struct landing_copy copy = {landing->samples, landing->image, layout, resource,
					  false};

	/* The layout or the resource may be another one since. */
	if (!is_layout(landing, layout))
		return -EAGAIN;
	if (landing_is_direct(landing, resource))
		return blit(landing, resource, vacodec_frame_get_surface(frame));
	if (!landing->samples)
		return -EAGAIN;
	/* 4:2:0, and even. */
	landing->copied_bytes =
		UINT64_C(3) * layout->planes[0].width_bytes * layout->planes[0].rows / 2;
	landing->driver_bytes =
		vawrap_view_transfers(landing->view) ? landing->image->size_bytes : 0;
	return landing_copy_run(&copy);
}

void landing_release(struct landing *landing)
{
	if (landing->samples)
		vawrap_view_unmap(landing->view);
	landing->samples = NULL;
}

void landing_count_bytes(const struct landing *landing, uint64_t *ours, uint64_t *drivers)
{
	*ours += landing->copied_bytes;
	*drivers += landing->driver_bytes;
}
