/* SPDX-License-Identifier: MIT */
/*
 * view.c - surfaces read and written by the CPU: which way their samples are seen, and what is kept for it
 *
 * A derived image shows the surface's own memory and costs nothing; where the driver has none that
 * can be used, one image is kept and the driver transfers each picture into it. Derived memory may be
 * tiled or uncached, and no call says so: the first pictures are read in both ways and compared, until
 * one has more than one colour in a row. Nor does a driver say that a transfer into a surface does nothing:
 * the first one is looked for there.
 */
#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include "image.h"
#include "vawrap.h"

#define SLOW_NS 5000000 /* that reading derived memory may take longer than twice a transfer */

#define MAX_DERIVED 64 /* surfaces of a pool */

struct derived {
	struct vawrap_surface *surface; /* held by the image */
	struct vawrap_image *image;
};

struct vawrap_view {
	struct vawrap_display *display;
	uint32_t fourcc;
	unsigned int width, height;
	const char *transfers; /* why: deriving has failed, or serves worse; NULL: it does not */
	bool proven;           /* what is derived shows the picture */
	bool arrives;          /* what is stored shows in the surface */
	struct derived derived[MAX_DERIVED];
	unsigned int n_derived;
	struct vawrap_image *image;  /* for transfers */
	struct vawrap_image *mapped; /* or NULL */
};

int vawrap_view_new(struct vawrap_display *display, uint32_t fourcc, unsigned int width,
		    unsigned int height, struct vawrap_view **out)
{
	struct vawrap_view *view = calloc(1, sizeof(*view));

	*out = view;
	if (!view)
		return -ENOMEM;
	view->display = vawrap_display_ref(display);
	view->fourcc = fourcc;
	view->width = width;
	view->height = height;
	return 0;
}

static void drop_derived(struct vawrap_view *view)
{
	while (view->n_derived > 0)
		vawrap_image_unref(view->derived[--view->n_derived].image);
}

struct vawrap_view *vawrap_view_free(struct vawrap_view *view)
{
	if (!view)
		return NULL;
	vawrap_view_unmap(view);
	drop_derived(view);
	vawrap_image_unref(view->image);
	vawrap_display_unref(view->display);
	free(view);
	return NULL;
}

static bool serves(const struct vawrap_view *view, struct vawrap_image *image)
{
	const struct vawrap_image_layout *layout = vawrap_image_get_layout(image);

	return layout->fourcc == view->fourcc && layout->width >= view->width &&
	       layout->height >= view->height;
}

static int derive(struct vawrap_view *view, struct vawrap_surface *surface,
		  struct vawrap_image **out)
{
	int err;

	for (unsigned int i = 0; i < view->n_derived; i++) {
		if (view->derived[i].surface == surface) {
			*out = view->derived[i].image;
			return 0;
		}
	}
	if (view->n_derived == MAX_DERIVED)
		return -ENOTSUP;
	err = vawrap_image_derive(surface, out);
	if (err)
		return err;
	if (!serves(view, *out)) {
		*out = vawrap_image_unref(*out);
		return -ENOTSUP;
	}
	view->derived[view->n_derived++] = (struct derived){surface, *out};
	return 0;
}

static int transfer(struct vawrap_view *view, struct vawrap_surface *surface,
		    struct vawrap_image **out)
{
	int err = 0;

	if (!view->image)
		err = vawrap_image_new(view->display, view->fourcc, view->width, view->height,
				       &view->image);
	if (err)
		return err;
	if (!serves(view, view->image)) {
		view->image = vawrap_image_unref(view->image);
		return -ENOTSUP;
	}
	*out = view->image;
	return vawrap_image_get(view->image, surface, 0, 0, view->width, view->height);
}

/* In time of the CPU, so that nothing depends on what else runs. */
static uint64_t cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static bool is_fatal(int err)
{
	return err == -ESHUTDOWN || err == -ENODEV || err == -ENOMEM;
}

/* -ENOTSUP: the mapped image does not show what the driver reads, or takes too long to. */
static int prove(struct vawrap_view *view, struct vawrap_surface *surface,
		 struct vawrap_image *derived, const void *data, uint64_t map_ns)
{
	uint64_t begin_ns = cpu_ns(), between_ns;
	bool same, slow, telling = false;
	struct vawrap_image *image;
	void *got;
	int err = transfer(view, surface, &image);

	if (!err)
		err = vawrap_image_map_for(image, VAWRAP_MAP_READ, &got);
	/* Without another way this one has to do. */
	view->proven = err;
	if (err)
		return is_fatal(err) ? err : 0;
	between_ns = cpu_ns();
	same = image_is_same(derived, data, image, got, &telling);
	vawrap_image_unmap(image);
	slow = map_ns + cpu_ns() - between_ns > 2 * (between_ns - begin_ns) + SLOW_NS;
	if (!same || slow) {
		view->transfers = same ? "derived images take long to read"
				       : "derived images show other samples";
		return -ENOTSUP;
	}
	view->proven = telling;
	if (telling)
		view->image = vawrap_image_unref(view->image);
	return 0;
}

static int map(struct vawrap_view *view, struct vawrap_surface *surface, void **data)
{
	bool derives = !view->transfers;
	struct vawrap_image *image;
	int err = derives ? derive(view, surface, &image) : transfer(view, surface, &image);
	uint64_t begin_ns = cpu_ns();

	if (err)
		return err;
	err = vawrap_image_map_for(image, VAWRAP_MAP_READ, data);
	if (!err && derives && !view->proven) {
		err = prove(view, surface, image, *data, cpu_ns() - begin_ns);
		if (err)
			vawrap_image_unmap(image);
	}
	view->mapped = err ? NULL : image;
	return err;
}

int vawrap_view_map(struct vawrap_view *view, struct vawrap_surface *surface, const uint8_t **data,
		    const struct vawrap_image_layout **layout)
{
	void *at = NULL;
	bool derived;
	int err;

	if (view->mapped)
		return -EBUSY;
	derived = !view->transfers;
	err = map(view, surface, &at);
	if (err && derived && !is_fatal(err)) {
		if (!view->transfers)
			view->transfers = "no image is derived";
		drop_derived(view);
		err = map(view, surface, &at);
	}
	if (err)
		return err;
	*data = at;
	*layout = vawrap_image_get_layout(view->mapped);
	return 0;
}

void vawrap_view_unmap(struct vawrap_view *view)
{
	if (view->mapped)
		vawrap_image_unmap(view->mapped);
	view->mapped = NULL;
}

const char *vawrap_view_transfers(const struct vawrap_view *view)
{
	return view->transfers;
}

/* ---- Writing ---- */

static int look_for(struct vawrap_view *view, struct vawrap_surface *surface,
		    struct vawrap_image *image)
{
	const struct vawrap_image_layout *layout;
	bool same = false, telling = false;
	const uint8_t *seen;
	void *sent;
	int err = vawrap_view_map(view, surface, &seen, &layout);

	if (err)
		return err;
	err = vawrap_image_map_for(image, VAWRAP_MAP_READ, &sent);
	if (!err) {
		same = image_is_same(view->mapped, seen, image, sent, &telling);
		vawrap_image_unmap(image);
	}
	vawrap_view_unmap(view);
	view->arrives = same && telling;
	return err || same ? err : -EILSEQ;
}

int vawrap_view_store(struct vawrap_view *view, struct vawrap_surface *surface,
		      struct vawrap_image *image)
{
	int err = view->mapped ? -EBUSY : vawrap_image_put(image, surface, 0, 0);

	return err || view->arrives ? err : look_for(view, surface, image);
}
