/* SPDX-License-Identifier: MIT */
/*
 * landing.c - reading surfaces out by the CPU, into a guest's scattered memory
 *
 * A derived image shows the surface's own memory and costs nothing; where the driver has none that
 * can be used, one image is kept for the stream and the driver transfers each picture into it.
 * Images of surfaces are kept as long as the stream's format, so that no picture needs a new one.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "landing.h"
#include "log.h"
#include "memory.h"
#include "params.h"
#include "vacodec.h"
#include "vawrap.h"
#include "virtio-video.h"

#define MAX_VIEWS 64 /* surfaces of a pool */

struct view {
	struct vawrap_surface *surface; /* held by the image */
	struct vawrap_image *image;
};

struct landing_ops {
	const char *name;
	/* Gives an image that shows the synced surface. */
	int (*acquire)(struct landing *landing, struct vawrap_surface *surface,
		       struct vawrap_image **out);
};

struct landing {
	struct vawrap_display *display;
	struct log *log;
	const struct landing_ops *ops; /* NULL: not chosen yet */
	struct view views[MAX_VIEWS];
	unsigned int n_views;
	struct vawrap_image *image; /* for transfers */
	unsigned int width, height; /* of the pictures */

	struct vawrap_image *mapped; /* not NULL: a picture is fetched */
	const uint8_t *samples;
	int status; /* of the fetched picture */
	uint64_t driver_bytes;
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
	struct log *log;

	if (!landing)
		return NULL;
	log = landing->log;
	landing_reset(landing);
	vawrap_display_unref(landing->display);
	log_unref(log);
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
	for (unsigned int i = 0; i < landing->n_views; i++)
		vawrap_image_unref(landing->views[i].image);
	landing->n_views = 0;
	landing->image = vawrap_image_unref(landing->image);
	landing->ops = NULL;
}

/* ---- Ways to see a surface ---- */

static bool image_serves(const struct landing *landing, struct vawrap_image *image)
{
	const struct vawrap_image_layout *layout = vawrap_image_get_layout(image);

	return layout->fourcc == VA_FOURCC_NV12 && layout->num_planes >= 2 &&
	       layout->width >= landing->width && layout->height >= landing->height;
}

static struct vawrap_image *find_view(const struct landing *landing,
				      const struct vawrap_surface *surface)
{
	for (unsigned int i = 0; i < landing->n_views; i++) {
		if (landing->views[i].surface == surface)
			return landing->views[i].image;
	}
	return NULL;
}

static int acquire_view(struct landing *landing, struct vawrap_surface *surface,
			struct vawrap_image **out)
{
	struct vawrap_image *image = find_view(landing, surface);
	int err;

	if (!image) {
		if (landing->n_views == MAX_VIEWS)
			return -ENOTSUP;
		err = vawrap_image_derive(surface, &image);
		if (err)
			return err;
		if (!image_serves(landing, image)) {
			vawrap_image_unref(image);
			return -ENOTSUP;
		}
		landing->views[landing->n_views++] = (struct view){surface, image};
	}
	*out = image;
	return 0;
}

static int acquire_transfer(struct landing *landing, struct vawrap_surface *surface,
			    struct vawrap_image **out)
{
	int err;

	if (!landing->image) {
		err = vawrap_image_new(landing->display, VA_FOURCC_NV12, landing->width,
				       landing->height, &landing->image);
		if (err)
			return err;
		if (!image_serves(landing, landing->image)) {
			landing->image = vawrap_image_unref(landing->image);
			return -ENOTSUP;
		}
	}
	err = vawrap_image_get(landing->image, surface, 0, 0, landing->width, landing->height);
	if (err)
		return err;
	landing->driver_bytes = vawrap_image_get_layout(landing->image)->size_bytes;
	*out = landing->image;
	return 0;
}

/* In order of preference. */
static const struct landing_ops ways[] = {
	{"derived image", acquire_view},
	{"vaGetImage", acquire_transfer},
};

#define N_WAYS (sizeof(ways) / sizeof(ways[0]))

static int show(struct landing *landing, const struct landing_ops *way,
		struct vawrap_surface *surface)
{
	struct vawrap_image *image;
	void *data;
	int err;

	err = way->acquire(landing, surface, &image);
	if (err)
		return err;
	err = vawrap_image_map(image, &data);
	if (err)
		return err;
	landing->mapped = image;
	landing->samples = data;
	return 0;
}

/* The first picture of a format tries the ways; what worked is kept, with the next behind it. */
static int show_by_any(struct landing *landing, struct vawrap_surface *surface)
{
	size_t i = landing->ops ? (size_t)(landing->ops - ways) : 0;
	int err = -ENOTSUP;

	for (; i < N_WAYS; i++) {
		err = show(landing, &ways[i], surface);
		if (!err)
			break;
		if (err == -ESHUTDOWN || err == -ENODEV || err == -ENOMEM)
			return err;
	}
	if (err)
		return err;
	if (landing->ops != &ways[i])
		log_printf(landing->log, LOG_LEVEL_DEBUG, "pictures are read by %s", ways[i].name);
	landing->ops = &ways[i];
	return 0;
}

int landing_fetch(struct landing *landing, struct vacodec_frame *frame,
		  const struct params_layout *layout)
{
	int err;

	if (landing->mapped)
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
	landing->driver_bytes = 0;
	err = show_by_any(landing, vacodec_frame_get_surface(frame));
	return err ? err : landing->status;
}

void landing_release(struct landing *landing)
{
	if (landing->mapped)
		vawrap_image_unmap(landing->mapped);
	landing->mapped = NULL;
	landing->samples = NULL;
}

uint64_t landing_get_driver_bytes(const struct landing *landing)
{
	return landing->driver_bytes;
}

/* ---- Copying ---- */

struct store {
	const struct landing *landing;
	const struct params_layout *layout;
	const struct resource *resource;
};

/* Every other sample of a row, maybe on its way to memory that only the kernel may touch. */
static int copy_picked(bool by_syscall, uint8_t *to, const uint8_t *from, size_t n)
{
	uint8_t row[PARAMS_MAX_SIZE], *into = by_syscall ? row : to;

	for (size_t i = 0; i < n; i++)
		into[i] = from[2 * i];
	return by_syscall ? memory_copy(true, to, row, n) : 0;
}

static int copy_row(struct resource_cursor *cursor, uint64_t pos, const uint8_t *from,
		    const struct store *store, const struct params_plane *plane)
{
	bool by_syscall = store->resource->by_syscall;
	size_t left = plane->width_bytes, n;
	int err = 0;

	for (; !err && left; pos += n, left -= n) {
		uint8_t *to;

		n = left;
		to = resource_cursor_at(cursor, pos, &n);
		if (!to)
			return -EFAULT;
		if (plane->samples == PARAMS_SAMPLES_ALL)
			err = memory_copy(by_syscall, to, from, n);
		else
			err = copy_picked(by_syscall, to, from, n);
		from += plane->samples == PARAMS_SAMPLES_ALL ? n : 2 * n;
	}
	return err;
}

static int copy_plane(const struct store *store, unsigned int i)
{
	const struct vawrap_image_layout *from = vawrap_image_get_layout(store->landing->mapped);
	const struct params_plane *plane = &store->layout->planes[i];
	const uint8_t *row = store->landing->samples + from->offset_bytes[plane->source];
	struct resource_cursor cursor;
	unsigned int in;
	uint64_t pos = params_plane_start(store->layout, store->resource, i, &in);
	int err = 0;

	if (plane->samples == PARAMS_SAMPLES_ODD)
		row++;
	resource_cursor_init(&cursor, store->resource, in);
	for (uint32_t y = 0; !err && y < plane->rows; y++) {
		err = copy_row(&cursor, pos, row, store, plane);
		row += from->pitch_bytes[plane->source];
		pos += plane->stride_bytes;
	}
	return err;
}

static int copy_planes(void *cookie)
{
	const struct store *store = cookie;
	int err = 0;

	for (unsigned int i = 0; !err && i < store->layout->num_planes; i++)
		err = copy_plane(store, i);
	return err;
}

int landing_store(struct landing *landing, const struct params_layout *layout,
		  const struct resource *resource)
{
	struct store store = {landing, layout, resource};

	return vvd_guard(copy_planes, &store);
}
