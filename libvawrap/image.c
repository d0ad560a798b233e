/* SPDX-License-Identifier: MIT */
/*
 * image.c - images: the CPU's view of pixels, own or derived from a surface
 *
 * The layout comes from the driver and is checked before anybody computes an address with it.
 */
#include <string.h>
#include "image.h"
#include "internal.h"

#define MAX_PLANES   3
#define COLUMN_BYTES 16 /* of tiles; all elements' sizes divide it */

struct vawrap_image {
	struct handle handle;
	struct vawrap_surface *surface; /* held when derived */
	VABufferID buffer;
	bool mapped;
	struct vawrap_image_layout layout;
};

static void destroy(struct handle *handle)
{
	struct vawrap_image *image = (struct vawrap_image *)handle;
	struct vawrap_display *display = handle->display;
	struct vawrap_surface *surface = image->surface;

	DISPLAY_DESTROY(display, vaDestroyImage, handle->id);
	handle_retire(handle);
	vawrap_surface_unref(surface);
}

static const struct handle_class image_class = {
	.kind = VAWRAP_KIND_IMAGE,
	.size_bytes = sizeof(struct vawrap_image),
	.destroy = destroy,
};

/* ---- Layout ---- */

/* A plane's row is ceil(width / 2^shift_x) elements, and it has ceil(height / 2^shift_y) rows. */
struct plane_shape {
	uint8_t element_bytes, shift_x, shift_y;
};

#define MAX_FOURCCS 9

struct format_shape {
	uint32_t num_planes; /* 0: any number */
	struct plane_shape planes[MAX_PLANES];
	uint32_t fourccs[MAX_FOURCCS];
};

/* Source: va.h, VA_FOURCC_*. */
static const struct format_shape shapes[] = {
	{2, {{1, 0, 0}, {2, 1, 1}}, {VA_FOURCC_NV12, VA_FOURCC_NV21}},
	{2, {{2, 0, 0}, {4, 1, 1}}, {VA_FOURCC_P010, VA_FOURCC_P012, VA_FOURCC_P016}},
	{3,
	 {{1, 0, 0}, {1, 1, 1}, {1, 1, 1}},
	 {VA_FOURCC_I420, VA_FOURCC_IYUV, VA_FOURCC_YV12, VA_FOURCC_IMC3}},
	{3, {{2, 0, 0}, {2, 1, 1}, {2, 1, 1}}, {VA_FOURCC_I010}},
	{3, {{1, 0, 0}, {1, 1, 0}, {1, 1, 0}}, {VA_FOURCC_422H}},
	{3, {{1, 0, 0}, {1, 0, 1}, {1, 0, 1}}, {VA_FOURCC_422V}},
	{3, {{1, 0, 0}, {1, 2, 0}, {1, 2, 0}}, {VA_FOURCC_411P}},
	{3, {{1, 0, 0}, {1, 0, 0}, {1, 0, 0}}, {VA_FOURCC_444P, VA_FOURCC_RGBP, VA_FOURCC_BGRP}},
	{1, {{1, 0, 0}}, {VA_FOURCC_Y800}},
	{1, {{4, 1, 0}}, {VA_FOURCC_YUY2, VA_FOURCC_UYVY, VA_FOURCC_YVYU, VA_FOURCC_VYUY}},
	{1, {{8, 1, 0}}, {VA_FOURCC_Y210, VA_FOURCC_Y212, VA_FOURCC_Y216}},
	{1,
	 {{4, 0, 0}},
	 {VA_FOURCC_AYUV, VA_FOURCC_XYUV, VA_FOURCC_Y410, VA_FOURCC_BGRA, VA_FOURCC_BGRX,
	  VA_FOURCC_RGBA, VA_FOURCC_RGBX, VA_FOURCC_ARGB, VA_FOURCC_ABGR}},
	{1, {{8, 0, 0}}, {VA_FOURCC_Y412, VA_FOURCC_Y416}},
	/* The end, and what is not in the table: each plane as large as the luma one. */
	{0, {{1, 0, 0}, {1, 0, 0}, {1, 0, 0}}, {0}},
};

static const struct format_shape *find_shape(uint32_t fourcc)
{
	const struct format_shape *shape = shapes;

	for (unsigned int i = 0; shape->num_planes && shape->fourccs[i] != fourcc;)
		if (++i == MAX_FOURCCS) {
			shape++;
			i = 0;
		}
	return shape;
}

static bool plane_fits(const VAImage *va, unsigned int plane, const struct plane_shape *shape)
{
	uint64_t columns = ((uint64_t)va->width + (1u << shape->shift_x) - 1) >> shape->shift_x;
	uint64_t rows = ((uint64_t)va->height + (1u << shape->shift_y) - 1) >> shape->shift_y;
	uint64_t pitch = va->pitches[plane];

	return pitch >= columns * shape->element_bytes &&
	       va->offsets[plane] + pitch * rows <= va->data_size;
}

static int read_layout(const VAImage *va, struct vawrap_image_layout *layout)
{
	const struct format_shape *shape = find_shape(va->format.fourcc);

	if (va->num_planes < 1 || va->num_planes > MAX_PLANES || va->width == 0 ||
	    va->height == 0 || (shape->num_planes && shape->num_planes != va->num_planes))
		return -EIO;
	*layout = (struct vawrap_image_layout){
		.fourcc = va->format.fourcc,
		.width = va->width,
		.height = va->height,
		.num_planes = va->num_planes,
		.size_bytes = va->data_size,
	};
	for (unsigned int i = 0; i < va->num_planes; i++) {
		if (!plane_fits(va, i, &shape->planes[i]))
			return -EIO;
		layout->offset_bytes[i] = va->offsets[i];
		layout->pitch_bytes[i] = va->pitches[i];
	}
	return 0;
}

/* Neither of the two is larger in memory than its layout says. */
bool image_is_same(const struct vawrap_image *a, const uint8_t *a_data,
		   const struct vawrap_image *b, const uint8_t *b_data, bool *telling)
{
	const struct vawrap_image_layout *la = &a->layout, *lb = &b->layout;
	const struct plane_shape *shape = find_shape(la->fourcc)->planes;
	unsigned int width = la->width < lb->width ? la->width : lb->width;
	unsigned int height = la->height < lb->height ? la->height : lb->height;
	bool same = la->fourcc == lb->fourcc && la->num_planes == lb->num_planes;

	for (unsigned int i = 0; same && i < la->num_planes; i++, shape++) {
		size_t bytes = ((width + (1u << shape->shift_x) - 1) >> shape->shift_x) *
			       (size_t)shape->element_bytes;
		unsigned int rows = (height + (1u << shape->shift_y) - 1) >> shape->shift_y;
		const uint8_t *ra = a_data + la->offset_bytes[i];
		const uint8_t *rb = b_data + lb->offset_bytes[i];

		for (; same && rows > 0; rows--) {
			same = !memcmp(ra, rb, bytes);
			*telling |= bytes > COLUMN_BYTES &&
				    memcmp(rb, rb + COLUMN_BYTES, bytes - COLUMN_BYTES) != 0;
			ra += la->pitch_bytes[i];
			rb += lb->pitch_bytes[i];
		}
	}
	return same;
}

/* ---- Making ---- */

static void destroy_refused(struct vawrap_display *display, VAImageID id)
{
	log_write(&display->log, VAWRAP_LOG_ERROR, "image: the driver's layout is not sound");
	DISPLAY_DESTROY(display, vaDestroyImage, id);
}

/* Ends the making of either kind; error is that of the VA call. */
static int finish_new(struct vawrap_image *image, const VAImage *va, int error,
		      struct vawrap_surface *surface, struct vawrap_image **out)
{
	struct vawrap_display *display = image->handle.display;

	if (!error) {
		error = read_layout(va, &image->layout);
		if (error)
			destroy_refused(display, va->image_id);
	}
	if (error) {
		handle_retire(&image->handle);
		return error;
	}
	image->surface = vawrap_surface_ref(surface);
	image->buffer = va->buf;
	image->mapped = false;
	handle_publish(&image->handle, va->image_id);
	*out = image;
	return 0;
}

static const VAImageFormat *find_format(const struct vawrap_display *display, uint32_t fourcc)
{
	for (int i = 0; i < display->n_formats; i++) {
		if (display->formats[i].fourcc == fourcc)
			return &display->formats[i];
	}
	return NULL;
}

int vawrap_image_new_at(struct vawrap_display *display, uint32_t fourcc, unsigned int width,
			unsigned int height, struct vawrap_image **out, const char *site)
{
	const VAImageFormat *found = find_format(display, fourcc);
	struct vawrap_image *image;
	VAImageFormat format;
	VAImage va;
	int error;

	*out = NULL;
	if (!found)
		return -ENOTSUP;
	if (width == 0 || height == 0 || width > UINT16_MAX || height > UINT16_MAX)
		return -EINVAL; /* VAImage keeps them in 16 bits */
	image = handle_new(display, &image_class, site);
	if (!image)
		return -ENOMEM;
	format = *found;
	memset(&va, 0, sizeof(va));
	error = DISPLAY_CALL(display, vaCreateImage, &format, (int)width, (int)height, &va);
	return finish_new(image, &va, error, NULL, out);
}

int vawrap_image_derive_at(struct vawrap_surface *surface, struct vawrap_image **out,
			   const char *site)
{
	struct vawrap_display *display = vawrap_surface_get_display(surface);
	struct vawrap_image *image;
	VAStatus status;
	VAImage va;
	int error;

	*out = NULL;
	image = handle_new(display, &image_class, site);
	if (!image)
		return -ENOMEM;
	memset(&va, 0, sizeof(va));
	error = display_enter(display);
	if (!error) {
		status = vaDeriveImage(display->va, vawrap_surface_get_id(surface), &va);
		/* A failed operation is how va.h has a driver say that it cannot. */
		error = display_leave_as(display, "vaDeriveImage", status,
					 status == VA_STATUS_ERROR_OPERATION_FAILED
						 ? -ENOTSUP
						 : vawrap_status_to_errno(status));
	}
	return finish_new(image, &va, error, surface, out);
}

struct vawrap_image *vawrap_image_ref(struct vawrap_image *image)
{
	return handle_ref((struct handle *)image);
}

struct vawrap_image *vawrap_image_unref(struct vawrap_image *image)
{
	handle_unref((struct handle *)image);
	return NULL;
}

VAImageID vawrap_image_get_id(const struct vawrap_image *image)
{
	return image->handle.id;
}

const struct vawrap_image_layout *vawrap_image_get_layout(const struct vawrap_image *image)
{
	return &image->layout;
}

/* ---- Pixels ---- */

static int check_transfer(const struct vawrap_image *image, const struct vawrap_surface *surface,
			  const VARectangle *rectangle, int x, int y)
{
	unsigned int width, height;

	if (vawrap_surface_get_display(surface) != image->handle.display)
		return -EINVAL;
	vawrap_surface_get_size(surface, &width, &height);
	if (x < 0 || y < 0 || rectangle->width == 0 || rectangle->height == 0)
		return -EINVAL;
	if ((uint64_t)x + rectangle->width > width || (uint64_t)y + rectangle->height > height)
		return -EINVAL;
	return image->mapped ? -EBUSY : 0;
}

int vawrap_image_get(struct vawrap_image *image, struct vawrap_surface *surface, int x, int y,
		     unsigned int width, unsigned int height)
{
	struct vawrap_display *display = image->handle.display;
	VARectangle size = {.width = (uint16_t)width, .height = (uint16_t)height};
	int error;

	if (width > image->layout.width || height > image->layout.height)
		return -EINVAL;
	error = check_transfer(image, surface, &size, x, y);
	return error ? error
		     : DISPLAY_CALL(display, vaGetImage, vawrap_surface_get_id(surface), x, y,
				    width, height, image->handle.id);
}

int vawrap_image_put(struct vawrap_image *image, struct vawrap_surface *surface, int x, int y)
{
	struct vawrap_display *display = image->handle.display;
	unsigned int width = image->layout.width, height = image->layout.height;
	VARectangle size = {.width = (uint16_t)width, .height = (uint16_t)height};
	int error = check_transfer(image, surface, &size, x, y);

	return error ? error
		     : DISPLAY_CALL(display, vaPutImage, vawrap_surface_get_id(surface),
				    image->handle.id, 0, 0, width, height, x, y, width, height);
}

int vawrap_image_map_for(struct vawrap_image *image, unsigned int intent, void **data)
{
	int error;

	*data = NULL;
	if (image->mapped)
		return -EBUSY;
	error = buffer_map_id(image->handle.display, image->buffer, intent, data);
	if (error)
		return error;
	image->mapped = true;
	vawrap_image_ref(image);
	return 0;
}

int vawrap_image_map(struct vawrap_image *image, void **data)
{
	return vawrap_image_map_for(image, VAWRAP_MAP_READ | VAWRAP_MAP_WRITE, data);
}

int vawrap_image_unmap(struct vawrap_image *image)
{
	int error;

	if (!image->mapped)
		return -EINVAL;
	image->mapped = false;
	error = buffer_unmap_id(image->handle.display, image->buffer);
	vawrap_image_unref(image);
	return error;
}
