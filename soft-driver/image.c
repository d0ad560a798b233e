/* SPDX-License-Identifier: MIT */
/*
 * Images of their own memory in any format, and images of a surface's.
 */
#include "softva.h"

#include <stdlib.h>
#include <string.h>

/* A rectangle to copy between an image and a surface. */
struct transfer {
	uint32_t surface_x, surface_y;
	uint32_t image_x, image_y;
	uint32_t width, height;
	bool to_surface;
};

static VAImageFormat describe(const struct format *format)
{
	return (VAImageFormat){.fourcc = format->fourcc,
			       .byte_order = VA_LSB_FIRST,
			       .bits_per_pixel = format->bits_per_pixel};
}

VAStatus image_query_formats(VADriverContextP va, VAImageFormat *list, int *count)
{
	(void)va;
	for (unsigned int i = 0; i < num_formats; i++)
		list[i] = describe(&formats[i]);
	*count = (int)num_formats;
	return VA_STATUS_SUCCESS;
}

void image_free(struct object *object)
{
	struct image *image = (struct image *)object;

	if (image->buffer)
		object_unref(&image->buffer->object);
	free(image);
}

/* A driver that takes the width for the pitch has images that are like it. */
static void lay_out(struct image *image, const struct quirks *quirks)
{
	static const struct format_padding none = {1, 1, 0};
	bool packed = quirks->getimage == QUIRK_GETIMAGE_WHOLE;
	struct format_layout layout;

	format_lay_out(image->format, (const uint32_t[2]){image->va.width, image->va.height},
		       packed ? &none : quirks_padding(quirks), &layout);
	image->va.data_size = (uint32_t)layout.size_bytes;
	for (int plane = 0; plane < FORMAT_MAX_PLANES; plane++) {
		image->va.offsets[plane] = (uint32_t)layout.offset_bytes[plane];
		image->va.pitches[plane] = layout.pitch_bytes[plane];
	}
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

static struct image *image_new(const struct format *format, uint32_t width, uint32_t height)
{
	struct image *image = calloc(1, sizeof(*image));

	if (!image)
		return NULL;
	object_init(&image->object, OBJECT_IMAGE, image_free);
	image->format = format;
	image->va.format = describe(format);
	image->va.num_planes = format->num_planes;
	image->va.width = (uint16_t)width;
	image->va.height = (uint16_t)height;
	return image;
}

VAStatus image_create(VADriverContextP va, VAImageFormat *format, int width, int height,
		      VAImage *out)
{
	const struct format *found = format_find(format->fourcc);
	struct image *image;

	out->image_id = out->buf = VA_INVALID_ID;
	if (!found)
		return VA_STATUS_ERROR_INVALID_IMAGE_FORMAT;
	if (width <= 0 || height <= 0 || width > SOFTVA_MAX_WIDTH || height > SOFTVA_MAX_HEIGHT)
		return VA_STATUS_ERROR_INVALID_PARAMETER;
	image = image_new(found, (uint32_t)width, (uint32_t)height);
	if (!image)
		return VA_STATUS_ERROR_ALLOCATION_FAILED;
	lay_out(image, &softva_of(va)->quirks);
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
	/* What was decoded before the device was lost can be read all the same. */
	softva_enter(softva);
	if (softva->quirks.derive == QUIRK_DERIVE_FAIL) {
		object_unref(&surface->object);
		return VA_STATUS_ERROR_OPERATION_FAILED;
	}
	image = image_new(surface->format, surface->width, surface->height);
	if (image) {
		image->va.data_size = (uint32_t)surface->size_bytes;
		for (int plane = 0; plane < FORMAT_MAX_PLANES; plane++) {
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

static uint8_t *image_row(const struct image *image, unsigned int plane, uint32_t y)
{
	return image->buffer->data + image->va.offsets[plane] +
	       (size_t)image->va.pitches[plane] * y;
}

/* One component of one row, between formats that are alike. */
static void convert_row(const struct surface *surface, const struct image *image,
			const struct transfer *t, unsigned int c, uint32_t y)
{
	const struct format *in = t->to_surface ? image->format : surface->format;
	const struct format *out = t->to_surface ? surface->format : image->format;
	unsigned int h_shift = c ? in->h_shift : 0, v_shift = c ? in->v_shift : 0;
	uint8_t *rows[2] = {
		image_row(image, image->format->component[c].plane, (t->image_y >> v_shift) + y) +
			(size_t)(t->image_x >> h_shift) * image->format->component[c].step,
		surface_row(surface, surface->format->component[c].plane,
			    (t->surface_y >> v_shift) + y) +
			(size_t)(t->surface_x >> h_shift) * surface->format->component[c].step,
	};
	uint16_t samples[SOFTVA_MAX_WIDTH];
	uint32_t count = format_samples(in, c, t->width);

	format_get_row(in, c, rows[!t->to_surface], samples, count);
	format_put_row(out, c, rows[t->to_surface], samples, count, out->bits);
}

/* Origins are at a chroma sample; an odd size includes that of its last column or row. */
static void convert(const struct surface *surface, const struct image *image,
		    const struct transfer *t)
{
	for (unsigned int c = 0; c < image->format->num_components; c++) {
		uint32_t rows = c ? format_rows(image->format, 1, t->height) : t->height;

		for (uint32_t y = 0; y < rows; y++)
			convert_row(surface, image, t, c, y);
	}
}

static void copy_planes(const struct surface *surface, const struct image *image,
			const struct transfer *t)
{
	for (unsigned int plane = 0; plane < image->format->num_planes; plane++) {
		uint32_t image_at = format_column_offset(image->format, plane, t->image_x);
		uint32_t surface_at = format_column_offset(surface->format, plane, t->surface_x);
		uint32_t bytes = format_row_bytes(image->format, plane, t->width);
		unsigned int shift = plane ? image->format->v_shift : 0;

		for (uint32_t y = 0; y < format_rows(image->format, plane, t->height); y++) {
			uint8_t *in_image =
				image_row(image, plane, (t->image_y >> shift) + y) + image_at;
			uint8_t *in_surface =
				surface_row(surface, plane, (t->surface_y >> shift) + y) +
				surface_at;

			if (t->to_surface)
				memmove(in_surface, in_image, bytes);
			else
				memmove(in_image, in_surface, bytes);
		}
	}
}

static void copy(struct surface *surface, struct image *image, const struct transfer *t)
{
	pthread_mutex_lock(&surface->lock);
	if (surface->format == image->format)
		copy_planes(surface, image, t);
	else
		convert(surface, image, t);
	if (t->to_surface) {
		surface->content.valid = false;
		surface_publish(surface);
	}
	pthread_mutex_unlock(&surface->lock);
}

/* Rows as long as the rectangle is wide, whatever the image's pitches are. */
static void copy_whole(struct surface *surface, const struct image *image, struct transfer t)
{
	static const struct format_padding none = {1, 1, 0};
	const uint32_t size[2] = {t.width, t.height};
	struct image packed = *image;
	struct format_layout layout;

	format_lay_out(image->format, size, &none, &layout);
	for (int plane = 0; plane < FORMAT_MAX_PLANES; plane++) {
		packed.va.offsets[plane] = (uint32_t)layout.offset_bytes[plane];
		packed.va.pitches[plane] = layout.pitch_bytes[plane];
	}
	t.surface_x = t.surface_y = 0;
	copy(surface, &packed, &t);
}

/* What the driver that is played reads into an image of another format. */
static VAStatus check_formats(const struct softva *softva, const struct surface *surface,
			      const struct image *image, bool to_surface)
{
	const struct quirks *quirks = &softva->quirks;

	if (!format_is_alike(surface->format, image->format))
		return VA_STATUS_ERROR_INVALID_IMAGE_FORMAT;
	if (to_surface || surface->format == image->format)
		return VA_STATUS_SUCCESS;
	return quirks->getimage == QUIRK_GETIMAGE_WHOLE ||
			       (quirks->getimage == QUIRK_GETIMAGE_NATIVE &&
				surface->format->fourcc != VA_FOURCC_NV12)
		       ? VA_STATUS_ERROR_OPERATION_FAILED
		       : VA_STATUS_SUCCESS;
}

static VAStatus run_transfer(struct softva *softva, struct surface *surface, struct image *image,
			     const struct transfer *t)
{
	bool whole = softva->quirks.getimage == QUIRK_GETIMAGE_WHOLE && !t->to_surface;

	/* Such a driver has no memory for a surface before the first picture. */
	if (whole && !surface->used)
		return VA_STATUS_ERROR_INVALID_CONTEXT;
	if (t->to_surface && softva->quirks.putimage_noop)
		return VA_STATUS_SUCCESS;
	surface_access(softva, surface);
	if (whole)
		copy_whole(surface, image, *t);
	else
		copy(surface, image, t);
	return VA_STATUS_SUCCESS;
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
	       !((t->surface_x | t->image_x) & ((1u << image->format->h_shift) - 1)) &&
	       !((t->surface_y | t->image_y) & ((1u << image->format->v_shift) - 1));
}

static VAStatus transfer(struct softva *softva, const uint32_t ids[2], const struct transfer *t)
{
	struct surface *surface = object_get(&softva->heap, ids[0], OBJECT_SURFACE);
	struct image *image = object_get(&softva->heap, ids[1], OBJECT_IMAGE);
	VAStatus status = VA_STATUS_SUCCESS;

	softva_enter(softva);
	if (!surface)
		status = VA_STATUS_ERROR_INVALID_SURFACE;
	else if (!image)
		status = VA_STATUS_ERROR_INVALID_IMAGE;
	else if (status == VA_STATUS_SUCCESS)
		status = check_formats(softva, surface, image, t->to_surface);
	if (status == VA_STATUS_SUCCESS && !check_transfer(surface, image, t))
		status = VA_STATUS_ERROR_INVALID_PARAMETER;
	if (status == VA_STATUS_SUCCESS)
		status = run_transfer(softva, surface, image, t);
	if (surface)
		object_unref(&surface->object);
	if (image)
		object_unref(&image->object);
	return status;
}

VAStatus image_get(VADriverContextP va, VASurfaceID surface, int x, int y, unsigned int width,
		   unsigned int height, VAImageID id)
{
	const struct transfer t = {(uint32_t)x, (uint32_t)y, 0, 0, width, height, false};

	if (x < 0 || y < 0)
		return VA_STATUS_ERROR_INVALID_PARAMETER;
	return transfer(softva_of(va), (const uint32_t[2]){surface, id}, &t);
}

VAStatus image_put(VADriverContextP va, VASurfaceID surface, VAImageID id, int src_x, int src_y,
		   unsigned int src_width, unsigned int src_height, int dest_x, int dest_y,
		   unsigned int dest_width, unsigned int dest_height)
{
	const struct transfer t = {(uint32_t)dest_x,
				   (uint32_t)dest_y,
				   (uint32_t)src_x,
				   (uint32_t)src_y,
				   dest_width,
				   dest_height,
				   true};

	if (src_x < 0 || src_y < 0 || dest_x < 0 || dest_y < 0)
		return VA_STATUS_ERROR_INVALID_PARAMETER;
	if (src_width != dest_width || src_height != dest_height)
		return VA_STATUS_ERROR_UNIMPLEMENTED; /* no scaling */
	return transfer(softva_of(va), (const uint32_t[2]){surface, id}, &t);
}
