/* SPDX-License-Identifier: MIT */
/*
 * fake-image.c - the fake libva's images, with layouts that a test can spoil
 */
#include <stdlib.h>
#include <string.h>
#include "fake-internal.h"

static void spoil(VAImage *image)
{
	switch (fake.layout) {
	case FAKE_LAYOUT_GOOD:
		break;
	case FAKE_LAYOUT_SHORT:
		image->data_size--;
		break;
	case FAKE_LAYOUT_OFFSET:
		image->offsets[1] = 0xfffffff0;
		break;
	case FAKE_LAYOUT_PITCH:
		image->pitches[1] = image->width / 2;
		break;
	case FAKE_LAYOUT_PLANES:
		image->num_planes = 4;
		break;
	case FAKE_LAYOUT_NO_PLANES:
		image->num_planes = 0;
		break;
	}
}

static void lay_out(VAImage *image, uint32_t fourcc, unsigned int width, unsigned int height)
{
	unsigned int pitch = fake_pitch(width), rows = (height + 1) / 2;

	image->format.fourcc = fourcc;
	image->width = (uint16_t)width;
	image->height = (uint16_t)height;
	image->data_size = (uint32_t)fake_nv12_bytes(width, height);
	image->pitches[0] = pitch;
	image->offsets[1] = pitch * height;
	image->num_planes = fourcc == VA_FOURCC_NV12 ? 2 : 3;
	image->pitches[1] = fourcc == VA_FOURCC_NV12 ? pitch : pitch / 2;
	if (fourcc != VA_FOURCC_NV12) {
		image->pitches[2] = pitch / 2;
		image->offsets[2] = pitch * height + pitch / 2 * rows;
	}
	spoil(image);
}

static struct fake_object *new_image(VADisplay dpy, VAImage *image)
{
	struct fake_object *object = fake_object_new(FAKE_IMAGE, dpy);
	struct fake_object *buffer = fake_object_new(FAKE_BUFFER, dpy);

	object->width = image->width;
	object->height = image->height;
	object->image = buffer->id;
	buffer->image = object->id;
	buffer->type = VAImageBufferType;
	image->image_id = object->id;
	image->buf = buffer->id;
	return buffer;
}

VAStatus vaCreateImage(VADisplay dpy, VAImageFormat *format, int width, int height, VAImage *image)
{
	struct fake_call call = fake_begin("vaCreateImage", dpy);
	struct fake_object *buffer;

	if (!call.status && format->fourcc != VA_FOURCC_NV12 && format->fourcc != VA_FOURCC_I420)
		call.status = VA_STATUS_ERROR_INVALID_IMAGE_FORMAT;
	if (call.status)
		return fake_end(&call);
	lay_out(image, format->fourcc, (unsigned int)width, (unsigned int)height);
	buffer = new_image(dpy, image);
	buffer->size_bytes = fake_nv12_bytes((unsigned int)width, (unsigned int)height);
	buffer->data = calloc(1, buffer->size_bytes);
	if (!buffer->data)
		abort();
	return fake_end(&call);
}

VAStatus vaDeriveImage(VADisplay dpy, VASurfaceID surface, VAImage *image)
{
	struct fake_call call = fake_begin("vaDeriveImage", dpy);
	struct fake_object *object = fake_object_get(&call, FAKE_SURFACE, surface);
	struct fake_object *buffer;

	if (!object || call.status)
		return fake_end(&call);
	lay_out(image, VA_FOURCC_NV12, object->width, object->height);
	buffer = new_image(dpy, image);
	buffer->data = object->data;
	buffer->size_bytes = object->size_bytes;
	buffer->borrowed = true;
	fake_object_find(FAKE_IMAGE, image->image_id)->surface = surface;
	return fake_end(&call);
}

VAStatus vaDestroyImage(VADisplay dpy, VAImageID image)
{
	struct fake_call call = fake_begin("vaDestroyImage", dpy);
	struct fake_object *object = fake_object_get(&call, FAKE_IMAGE, image);
	struct fake_object *buffer = object ? fake_object_find(FAKE_BUFFER, object->image) : NULL;

	if (buffer && buffer->mapped)
		fake_misuse("an image destroyed while it is mapped");
	if (buffer)
		fake_object_free(buffer);
	if (object)
		fake_object_free(object);
	return fake_end(&call);
}

/* A rectangle of a surface against the top left corner of an image. */
struct transfer {
	struct fake_object *surface, *image, *buffer;
	int x, y;
	unsigned int width, height;
	bool to_surface;
};

static void copy_rows(const struct transfer *transfer, unsigned int plane)
{
	unsigned int pitch = fake_pitch(transfer->surface->width);
	unsigned int image_pitch = fake_pitch(transfer->image->width);
	unsigned int y = (unsigned int)transfer->y >> plane;
	unsigned int rows = (transfer->height + plane) >> plane;
	uint8_t *pixels = transfer->surface->data, *copy = transfer->buffer->data;

	pixels += plane * (size_t)pitch * transfer->surface->height;
	copy += plane * (size_t)image_pitch * transfer->image->height;
	for (unsigned int row = 0; row < rows; row++) {
		uint8_t *in_surface =
			pixels + (size_t)(y + row) * pitch + (unsigned int)transfer->x;
		uint8_t *in_image = copy + (size_t)row * image_pitch;

		if (transfer->to_surface)
			memcpy(in_surface, in_image, transfer->width);
		else
			memcpy(in_image, in_surface, transfer->width);
	}
}

static void run(struct fake_call *call, struct transfer *transfer)
{
	const struct transfer *t = transfer;

	if (!t->surface || !t->image || call->status)
		return;
	transfer->buffer = fake_object_find(FAKE_BUFFER, t->image->image);
	if (t->surface->pending)
		fake_misuse("pixels of a surface that is not synced");
	if (t->buffer->mapped)
		fake_misuse("a transfer with a mapped image");
	if (t->x < 0 || t->y < 0 || (unsigned int)t->x + t->width > t->surface->width ||
	    (unsigned int)t->y + t->height > t->surface->height || t->width > t->image->width ||
	    t->height > t->image->height) {
		fake_misuse("a rectangle outside");
		call->status = VA_STATUS_ERROR_INVALID_PARAMETER;
		return;
	}
	copy_rows(t, 0);
	copy_rows(t, 1);
}

VAStatus vaGetImage(VADisplay dpy, VASurfaceID surface, int x, int y, unsigned int width,
		    unsigned int height, VAImageID image)
{
	struct fake_call call = fake_begin("vaGetImage", dpy);
	struct transfer transfer = {.x = x, .y = y, .width = width, .height = height};

	transfer.surface = fake_object_get(&call, FAKE_SURFACE, surface);
	transfer.image = fake_object_get(&call, FAKE_IMAGE, image);
	run(&call, &transfer);
	return fake_end(&call);
}

VAStatus vaPutImage(VADisplay dpy, VASurfaceID surface, VAImageID image, int src_x, int src_y,
		    unsigned int src_width, unsigned int src_height, int dest_x, int dest_y,
		    unsigned int dest_width, unsigned int dest_height)
{
	struct fake_call call = fake_begin("vaPutImage", dpy);
	struct transfer transfer = {.x = dest_x,
				    .y = dest_y,
				    .width = dest_width,
				    .height = dest_height,
				    .to_surface = true};

	if (src_x || src_y || src_width != dest_width || src_height != dest_height)
		fake_misuse("vaPutImage that scales");
	transfer.surface = fake_object_get(&call, FAKE_SURFACE, surface);
	transfer.image = fake_object_get(&call, FAKE_IMAGE, image);
	run(&call, &transfer);
	return fake_end(&call);
}
