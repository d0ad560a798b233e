/* SPDX-License-Identifier: MIT */
/*
 * fake-vawrap.c - stands in for the functions of libvawrap that virtio-video uses
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "fake-internal.h"

struct vawrap_display {
	int refs;
};

struct vawrap_image {
	struct vawrap_surface *surface; /* derived: held */
	struct vawrap_image_layout layout;
	uint8_t *data;
	bool mapped;
};

static int open_display(struct vawrap_display **out)
{
	if (fake.no_display)
		return -ENODEV;
	*out = fake_born(sizeof(**out));
	(*out)->refs = 1;
	return 0;
}

int vawrap_display_new_path_at(const char *path, const struct vawrap_display_options *options,
			       struct vawrap_display **out, const char *site)
{
	(void)site;
	fake.path = path;
	fake.driver = options->driver;
	return open_display(out);
}

int vawrap_display_new_driver_at(const char *driver, const struct vawrap_display_options *options,
				 struct vawrap_display **out, const char *site)
{
	(void)site;
	(void)options;
	fake.path = NULL;
	fake.driver = driver;
	return open_display(out);
}

int vawrap_display_new_first_at(const struct vawrap_display_options *options,
				struct vawrap_display **out, const char *site)
{
	(void)site;
	fake.path = NULL;
	fake.driver = options->driver;
	return open_display(out);
}

struct vawrap_display *vawrap_display_ref(struct vawrap_display *display)
{
	fake_add(&display->refs, 1);
	return display;
}

struct vawrap_display *vawrap_display_unref(struct vawrap_display *display)
{
	if (display && fake_add(&display->refs, -1) == 0)
		fake_gone(display);
	return NULL;
}

int vawrap_display_shutdown(struct vawrap_display *display)
{
	(void)display;
	fake.n_shutdowns++;
	return 0;
}

struct vawrap_surface *vawrap_surface_unref(struct vawrap_surface *surface)
{
	if (!surface || fake_add(&surface->refs, -1) > 0)
		return NULL;
	if (surface->dmabuf.size_bytes)
		close(surface->dmabuf.fd);
	fake_gone(surface);
	return NULL;
}

int vawrap_surface_sync(struct vawrap_surface *surface, int64_t timeout_ns)
{
	assert(surface && timeout_ns == -1);
	return 0;
}

/* What is copied into it is painted into the object itself. */
int vawrap_surface_new_dmabuf_at(struct vawrap_display *display, const struct vawrap_dmabuf *dmabuf,
				 struct vawrap_surface **out, const char *site)
{
	(void)display;
	(void)site;
	*out = NULL;
	fake.n_imports++;
	if (fake.no_import)
		return -ENOTSUP;
	assert(dmabuf->fourcc == VA_FOURCC_NV12 && dmabuf->num_planes == 2);
	*out = fake_born(sizeof(**out));
	**out = (struct vawrap_surface){
		.refs = 1, .width = dmabuf->width, .height = dmabuf->height};
	(*out)->dmabuf = *dmabuf;
	(*out)->dmabuf.fd = dup(dmabuf->fd);
	return 0;
}

static struct vawrap_image *new_image(unsigned int width, unsigned int height)
{
	struct vawrap_image *image = fake_born(sizeof(*image));
	unsigned int pitch = (width + 63) / 64 * 64;

	image->layout = (struct vawrap_image_layout){
		.fourcc = VA_FOURCC_NV12,
		.width = width,
		.height = height,
		.num_planes = 2,
		.offset_bytes = {0, pitch * height},
		.pitch_bytes = {pitch, pitch},
		.size_bytes = pitch * height + pitch * ((height + 1) / 2),
	};
	image->data = calloc(1, image->layout.size_bytes);
	return image;
}

static void paint(struct vawrap_image *image, uint8_t value)
{
	const struct vawrap_image_layout *l = &image->layout;

	for (unsigned int y = 0; y < l->height; y++) {
		for (unsigned int x = 0; x < l->width; x++)
			image->data[y * l->pitch_bytes[0] + x] = fake_sample(value, 0, x, y);
	}
	for (unsigned int y = 0; y < l->height / 2; y++) {
		for (unsigned int x = 0; x < l->width; x++)
			image->data[l->offset_bytes[1] + y * l->pitch_bytes[1] + x] =
				fake_sample(value, 1 + x % 2, x / 2, y);
	}
}

static void write_row(const struct vawrap_surface *to, unsigned int plane, unsigned int y,
		      uint8_t value)
{
	uint8_t row[8192];

	for (unsigned int x = 0; x < to->width; x++)
		row[x] = plane ? fake_sample(value, 1 + x % 2, x / 2, y)
			       : fake_sample(value, 0, x, y);
	if (pwrite(to->dmabuf.fd, row, to->width,
		   to->dmabuf.offset_bytes[plane] + (off_t)to->dmabuf.pitch_bytes[plane] * y) < 0)
		abort();
}

int vawrap_surface_copy(struct vawrap_surface *to, struct vawrap_surface *from)
{
	if (fake.no_copy)
		return -ENOTSUP;
	if (fake.hang_in_copy)
		fake_hang();
	fake.n_copies++;
	if (fake.copies_elsewhere)
		return 0;
	for (unsigned int y = 0; y < to->height; y++)
		write_row(to, 0, y, from->value);
	for (unsigned int y = 0; y < to->height / 2; y++)
		write_row(to, 1, y, from->value);
	return 0;
}

int vawrap_image_new_at(struct vawrap_display *display, uint32_t fourcc, unsigned int width,
			unsigned int height, struct vawrap_image **out, const char *site)
{
	(void)display;
	(void)site;
	assert(fourcc == VA_FOURCC_NV12);
	*out = new_image(width, height);
	return 0;
}

int vawrap_image_derive_at(struct vawrap_surface *surface, struct vawrap_image **out,
			   const char *site)
{
	(void)site;
	if (fake.no_derive)
		return -ENOTSUP;
	*out = new_image(surface->width, surface->height);
	(*out)->surface = surface;
	fake_add(&surface->refs, 1);
	return 0;
}

struct vawrap_image *vawrap_image_unref(struct vawrap_image *image)
{
	if (!image)
		return NULL;
	assert(!image->mapped);
	vawrap_surface_unref(image->surface);
	free(image->data);
	fake_gone(image);
	return NULL;
}

const struct vawrap_image_layout *vawrap_image_get_layout(const struct vawrap_image *image)
{
	return &image->layout;
}

int vawrap_image_get(struct vawrap_image *image, struct vawrap_surface *surface, int x, int y,
		     unsigned int width, unsigned int height)
{
	assert(x == 0 && y == 0 && width == image->layout.width && height == image->layout.height);
	fake.n_transfers++;
	paint(image, surface->value);
	return 0;
}

/* The device stores nothing. */
int vawrap_image_put(struct vawrap_image *image, struct vawrap_surface *surface, int x, int y)
{
	(void)image, (void)surface, (void)x, (void)y;
	return -ENOTSUP;
}

int vawrap_image_map_for(struct vawrap_image *image, unsigned int intent, void **data)
{
	(void)intent;
	assert(!image->mapped);
	image->mapped = true;
	if (fake.slow)
		nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);
	if (image->surface)
		paint(image, image->surface->value);
	*data = image->data;
	return 0;
}

int vawrap_image_unmap(struct vawrap_image *image)
{
	assert(image->mapped);
	image->mapped = false;
	return 0;
}

/* As they are, on the images above. */
#include "libvawrap/view.c"
#include "libvacodec/buffer.c"

/* The transfer for it is none of a picture on its way. */
bool image_is_same(const struct vawrap_image *a, const uint8_t *a_data,
		   const struct vawrap_image *b, const uint8_t *b_data, bool *telling)
{
	fake.n_transfers--;
	*telling = true;
	return !memcmp(a_data, b_data,
		       a->layout.size_bytes < b->layout.size_bytes ? a->layout.size_bytes
								   : b->layout.size_bytes);
}
