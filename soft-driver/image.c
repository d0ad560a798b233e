/* SPDX-License-Identifier: MIT */
/*
 * Images: NV12 and I420 of their own memory, and NV12 derived from a surface.
 */
#include "softva.h"

#include <stdlib.h>
#include <string.h>

static const VAImageFormat formats[] = {
	{.fourcc = VA_FOURCC_NV12, .byte_order = VA_LSB_FIRST, .bits_per_pixel = 12},
	{.fourcc = VA_FOURCC_I420, .byte_order = VA_LSB_FIRST, .bits_per_pixel = 12},
};

#define NUM_FORMATS ((int)(sizeof(formats) / sizeof(formats[0])))

/* A rectangle to copy between an image and a surface. */
struct transfer {
	uint32_t surface_x, surface_y;
	uint32_t image_x, image_y;
	uint32_t width, height;
};

VAStatus image_query_formats(VADriverContextP va, VAImageFormat *list, int *count)
{
	(void)va;
	for (int i = 0; i < NUM_FORMATS; i++)
		list[i] = formats[i];
	*count = NUM_FORMATS;
	return VA_STATUS_SUCCESS;
}

void image_free(struct object *object)
{
	struct image *image = (struct image *)object;

	if (image->buffer)
		object_unref(&image->buffer->object);
	free(image);
}

static void lay_out(VAImage *va)
{
	uint32_t pitch = align_up(va->width, 64);
	uint32_t rows = align_up(va->height, 2);

	va->pitches[0] = pitch;
	va->offsets[1] = pitch * rows;
	if (va->format.fourcc == VA_FOURCC_NV12) {
		va->num_planes = 2;
		va->pitches[1] = pitch;
	} else {
		va->num_planes = 3;
		va->pitches[1] = va->pitches[2] = pitch / 2;
		va->offsets[2] = va->offsets[1] + pitch / 2 * (rows / 2);
	}
	va->data_size = pitch * rows / 2 * 3;
}

static VAStatus add_image(struct softva *softva, struct image *image, struct surface *surface,
			  VAImage *out)
{
	struct buffer *buffer = buffer_new_image(softva, image->va.data_size, surface);

	if (!buffer) {
		object_unref(&image->object);
		return VA_STATUS_ERROR_ALLOCATION_FAILED;
	}
	image->buffer = object_ref(&buffer->object);
	image->va.buf = buffer->object.id;
	if (object_add(&softva->heap, &image->object)) {
		object_unref(object_remove(&softva->heap, image->va.buf, OBJECT_BUFFER));
		object_unref(&image->object);
		return VA_STATUS_ERROR_ALLOCATION_FAILED;
	}
	image->va.image_id = image->object.id;
	*out = image->va;
	return VA_STATUS_SUCCESS;
}

static struct image *image_new(uint32_t fourcc, uint32_t width, uint32_t height)
{
	struct image *image = calloc(1, sizeof(*image));

	if (!image)
		return NULL;
	object_init(&image->object, OBJECT_IMAGE, image_free);
	for (int i = 0; i < NUM_FORMATS; i++)
		if (formats[i].fourcc == fourcc)
			image->va.format = formats[i];
	image->va.width = (uint16_t)width;
	image->va.height = (uint16_t)height;
	return image;
}

VAStatus image_create(VADriverContextP va, VAImageFormat *format, int width, int height,
		      VAImage *out)
{
	struct image *image;

	out->image_id = out->buf = VA_INVALID_ID;
	if (format->fourcc != VA_FOURCC_NV12 && format->fourcc != VA_FOURCC_I420)
		return VA_STATUS_ERROR_INVALID_IMAGE_FORMAT;
	if (width <= 0 || height <= 0 || width > SOFTVA_MAX_WIDTH || height > SOFTVA_MAX_HEIGHT)
		return VA_STATUS_ERROR_INVALID_PARAMETER;
	image = image_new(format->fourcc, (uint32_t)width, (uint32_t)height);
	if (!image)
		return VA_STATUS_ERROR_ALLOCATION_FAILED;
	lay_out(&image->va);
	return add_image(softva_of(va), image, NULL, out);
}

VAStatus image_derive(VADriverContextP va, VASurfaceID id, VAImage *out)
{
	struct softva *softva = softva_of(va);
	struct surface *surface = object_get(&softva->heap, id, OBJECT_SURFACE);
	VAStatus status = VA_STATUS_ERROR_ALLOCATION_FAILED;
	struct image *image;

	out->image_id = out->buf = VA_INVALID_ID;
	if (!surface)
		return VA_STATUS_ERROR_INVALID_SURFACE;
	image = image_new(VA_FOURCC_NV12, surface->width, surface->height);
	if (image) {
		image->va.num_planes = 2;
		image->va.data_size = (uint32_t)surface->size_bytes;
		for (int plane = 0; plane < 2; plane++) {
			image->va.offsets[plane] = (uint32_t)surface->planes[plane].offset_bytes;
			image->va.pitches[plane] = surface->planes[plane].pitch_bytes;
		}
		status = add_image(softva, image, surface, out);
	}
	object_unref(&surface->object);
	return status;
}

VAStatus image_destroy(VADriverContextP va, VAImageID id)
{
	struct object_heap *heap = &softva_of(va)->heap;
	struct image *image = object_remove(heap, id, OBJECT_IMAGE);

	if (!image)
		return VA_STATUS_ERROR_INVALID_IMAGE;
	object_unref(object_remove(heap, image->va.buf, OBJECT_BUFFER));
	object_unref(&image->object);
	return VA_STATUS_SUCCESS;
}

static uint8_t *surface_row(const struct surface *surface, int plane, uint32_t y)
{
	return surface->map + surface->planes[plane].offset_bytes +
	       (size_t)surface->planes[plane].pitch_bytes * y;
}

static uint8_t *image_row(const struct image *image, int plane, uint32_t y)
{
	return image->buffer->data + image->va.offsets[plane] +
	       (size_t)image->va.pitches[plane] * y;
}

static void copy_row(uint8_t *surface, uint8_t *image, size_t size, bool to_surface)
{
	if (to_surface)
		memmove(surface, image, size);
	else
		memmove(image, surface, size);
}

static void copy_planar_row(uint8_t *uv, uint8_t *u, uint8_t *v, uint32_t width, bool to_surface)
{
	for (uint32_t x = 0; x < width; x++) {
		if (to_surface) {
			uv[2 * x] = u[x];
			uv[2 * x + 1] = v[x];
		} else {
			u[x] = uv[2 * x];
			v[x] = uv[2 * x + 1];
		}
	}
}

/* Origins are even; an odd size includes the chroma sample of its last column or row. */
static void copy_chroma(struct surface *surface, struct image *image, const struct transfer *t,
			bool to_surface)
{
	uint32_t width = (t->width + 1) / 2;
	uint32_t height = (t->height + 1) / 2;
	uint32_t image_x = t->image_x / 2;

	for (uint32_t y = 0; y < height; y++) {
		uint8_t *uv = surface_row(surface, 1, t->surface_y / 2 + y) + t->surface_x / 2 * 2;
		uint32_t row = t->image_y / 2 + y;

		if (image->va.num_planes == 2)
			copy_row(uv, image_row(image, 1, row) + image_x * 2, width * 2, to_surface);
		else
			copy_planar_row(uv, image_row(image, 1, row) + image_x,
					image_row(image, 2, row) + image_x, width, to_surface);
	}
}

static void copy(struct surface *surface, struct image *image, const struct transfer *t,
		 bool to_surface)
{
	pthread_mutex_lock(&surface->lock);
	for (uint32_t y = 0; y < t->height; y++)
		copy_row(surface_row(surface, 0, t->surface_y + y) + t->surface_x,
			 image_row(image, 0, t->image_y + y) + t->image_x, t->width, to_surface);
	copy_chroma(surface, image, t, to_surface);
	if (to_surface)
		surface->content.valid = false;
	pthread_mutex_unlock(&surface->lock);
}

static bool fits(uint32_t at, uint32_t size, uint32_t limit)
{
	return size && at <= limit && size <= limit - at;
}

/* Both rectangles lie inside and begin at a chroma sample. */
static bool check_transfer(const struct surface *surface, const struct image *image,
			   const struct transfer *t)
{
	return fits(t->surface_x, t->width, surface->width) &&
	       fits(t->surface_y, t->height, surface->height) &&
	       fits(t->image_x, t->width, image->va.width) &&
	       fits(t->image_y, t->height, image->va.height) &&
	       (t->surface_x | t->surface_y | t->image_x | t->image_y) % 2 == 0;
}

static VAStatus transfer(struct softva *softva, const uint32_t ids[2], const struct transfer *t,
			 bool to_surface)
{
	struct surface *surface = object_get(&softva->heap, ids[0], OBJECT_SURFACE);
	struct image *image = object_get(&softva->heap, ids[1], OBJECT_IMAGE);
	VAStatus status = VA_STATUS_SUCCESS;

	if (!surface)
		status = VA_STATUS_ERROR_INVALID_SURFACE;
	else if (!image)
		status = VA_STATUS_ERROR_INVALID_IMAGE;
	else if (!check_transfer(surface, image, t))
		status = VA_STATUS_ERROR_INVALID_PARAMETER;
	if (status == VA_STATUS_SUCCESS) {
		surface_access(softva, surface);
		copy(surface, image, t, to_surface);
	}
	if (surface)
		object_unref(&surface->object);
	if (image)
		object_unref(&image->object);
	return status;
}

VAStatus image_get(VADriverContextP va, VASurfaceID surface, int x, int y, unsigned int width,
		   unsigned int height, VAImageID id)
{
	const struct transfer t = {(uint32_t)x, (uint32_t)y, 0, 0, width, height};

	if (x < 0 || y < 0)
		return VA_STATUS_ERROR_INVALID_PARAMETER;
	return transfer(softva_of(va), (const uint32_t[2]){surface, id}, &t, false);
}

VAStatus image_put(VADriverContextP va, VASurfaceID surface, VAImageID id, int src_x, int src_y,
		   unsigned int src_width, unsigned int src_height, int dest_x, int dest_y,
		   unsigned int dest_width, unsigned int dest_height)
{
	const struct transfer t = {(uint32_t)dest_x, (uint32_t)dest_y, (uint32_t)src_x,
				   (uint32_t)src_y,  dest_width,       dest_height};

	if (src_x < 0 || src_y < 0 || dest_x < 0 || dest_y < 0)
		return VA_STATUS_ERROR_INVALID_PARAMETER;
	if (src_width != dest_width || src_height != dest_height)
		return VA_STATUS_ERROR_UNIMPLEMENTED; /* no scaling */
	return transfer(softva_of(va), (const uint32_t[2]){surface, id}, &t, true);
}
