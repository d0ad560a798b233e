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
	unsigned int n_imports;
	struct resource *imports[2 * PARAMS_MAX_BUFFERS]; /* references, maybe without a buffer */
	bool no_blit, blit_seen;                          /* for this layout */
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
	landing_reset(landing, &landing->layout);
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

void landing_purge(struct landing *landing, bool all)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < landing->n_imports; i++) {
		struct resource *resource = landing->imports[i];

		if (all || resource->removed) {
			resource->buffer = vacodec_buffer_unref(resource->buffer);
			resource_unref(resource);
		} else {
			landing->imports[kept++] = resource;
		}
	}
	landing->n_imports = kept;
}

void landing_reset(struct landing *landing, const struct params_layout *layout)
{
	landing_release(landing);
	landing->layout = *layout;
	landing->view = vawrap_view_free(landing->view);
	landing_purge(landing, true);
	landing->no_blit = landing->blit_seen = false;
}

/* Only surfaces' own layout can be theirs: two planes in one object. */
static void import(struct landing *landing, struct resource *resource)
{
	const struct params_layout *layout = &landing->layout;
	struct vawrap_dmabuf dmabuf = {
		.fd = resource->fds[0],
		.size_bytes = resource->size_bytes,
		.fourcc = VA_FOURCC_NV12,
		.width = layout->planes[0].width_bytes,
		.height = layout->planes[0].rows,
		.num_planes = layout->num_planes,
	};
	unsigned int in;

	if (layout->format != VIRTIO_VIDEO_FORMAT_NV12)
		return;
	for (unsigned int i = 0; i < layout->num_planes; i++) {
		dmabuf.offset_bytes[i] = params_plane_start(layout, resource, i, &in);
		dmabuf.pitch_bytes[i] = layout->planes[i].stride_bytes;
	}
	vacodec_buffer_new(landing->display, &dmabuf, resource, &resource->buffer);
}

/* Surfaces go on this thread only, since that may block in the driver. */
struct vacodec_buffer *landing_import(struct landing *landing, struct resource *resource)
{
	for (unsigned int i = 0; i < landing->n_imports; i++) {
		if (landing->imports[i] == resource)
			return resource->buffer;
	}
	if (resource->n_objects != 1)
		return NULL;
	/* More than there can be at once: some have gone. */
	if (landing->n_imports == 2 * PARAMS_MAX_BUFFERS)
		landing_purge(landing, true);
	landing->imports[landing->n_imports++] = resource_ref(resource);
	import(landing, resource);
	return resource->buffer;
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
	return !landing->no_blit && resource->buffer;
}

bool landing_is_for(const struct landing *landing, const struct params_layout *layout)
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

	if (!landing_is_for(landing, layout))
		landing_reset(landing, layout);
	if (!landing->samples) {
		landing->status = vacodec_frame_sync(frame, -1);
		if (landing->status && landing->status != -EBADMSG)
			return landing->status;
	}
	if (vacodec_frame_get_place(frame) == resource)
		return landing->status;
	if (!landing->no_blit)
		landing_import(landing, resource);
	if (!landing->samples && !landing_is_direct(landing, resource))
		err = see(landing, vacodec_frame_get_surface(frame));
	return err ? err : landing->status;
}

/* Some drivers accept memory and write elsewhere: the first copy of a layout is looked at. */
static int blit(struct landing *landing, const struct resource *resource,
		const struct vacodec_frame *frame)
{
	int err = vacodec_buffer_copy(resource->buffer, frame, !landing->blit_seen);

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
	const struct landing_copy copy = {landing->samples, landing->image, layout, resource};

	/* The layout or the resource may be another one since. */
	if (!landing_is_for(landing, layout))
		return -EAGAIN;
	if (vacodec_frame_get_place(frame) == resource)
		return 0;
	if (landing_is_direct(landing, resource))
		return blit(landing, resource, frame);
	if (!landing->samples)
		return -EAGAIN;
	/* 4:2:0, and even. */
	landing->copied_bytes =
		UINT64_C(3) * layout->planes[0].width_bytes * layout->planes[0].rows / 2;
	landing->driver_bytes = vawrap_view_transfers(landing->view) ? landing->copied_bytes : 0;
	return landing_copy_run(&copy);
}

void landing_release(struct landing *landing)
{
	if (!landing)
		return;
	if (landing->samples)
		vawrap_view_unmap(landing->view);
	landing->samples = NULL;
	landing->copied_bytes = landing->driver_bytes = 0;
}

void landing_count_bytes(const struct landing *landing, uint64_t *ours, uint64_t *drivers)
{
	*ours += landing->copied_bytes;
	*drivers += landing->driver_bytes;
}
