/* SPDX-License-Identifier: MIT */
/*
 * vawrap-example.h - what the examples of libvawrap begin and end with
 */
#ifndef VAWRAP_EXAMPLE_H
#define VAWRAP_EXAMPLE_H

#include <stdio.h>
#include <string.h>
#include <vawrap.h>

/* Opens the node or the driver (without a device) of the command line, or the first node. */
static inline struct vawrap_display *example_open(int argc, char **argv)
{
	struct vawrap_error why = {.call = ""};
	struct vawrap_display_options options = {.size_bytes = sizeof(options), .error = &why};
	struct vawrap_display *display;

	if (argc > 1 && strchr(argv[1], '/'))
		vawrap_display_new_path(argv[1], &options, &display);
	else if (argc > 1)
		vawrap_display_new_driver(argv[1], &options, &display);
	else
		vawrap_display_new_first(&options, &display);
	if (!display)
		fprintf(stderr, "no display: %s\n", why.text);
	return display;
}

/* Says what failed: the display knows which call it was. */
static inline int example_failed(struct vawrap_display *display, int error)
{
	struct vawrap_error last;

	vawrap_display_get_last_error(display, &last);
	fprintf(stderr, "%s (%s)\n", strerror(-error), last.text);
	return error;
}

#define EXAMPLE_WIDTH  64
#define EXAMPLE_HEIGHT 48

/* A picture that is easy to know again: no two neighbours are alike. */
static inline uint8_t example_sample(unsigned int plane, unsigned int x, unsigned int y)
{
	return (uint8_t)(16 + (x * 3 + y * 5 + plane * 50) % 200);
}

/*
 * Fills an NV12 image with the picture, or with write false counts the samples that are not it. Plane 1
 * has Cb and Cr in turn.
 */
static inline unsigned int example_picture(const struct vawrap_image_layout *layout, uint8_t *data,
					   bool write)
{
	unsigned int differ = 0;

	for (unsigned int plane = 0; plane < 2; plane++) {
		uint8_t *row = data + layout->offset_bytes[plane];

		for (unsigned int y = 0; y < (unsigned int)EXAMPLE_HEIGHT >> plane; y++) {
			for (unsigned int x = 0; x < EXAMPLE_WIDTH; x++) {
				uint8_t value = plane ? example_sample(1 + (x & 1), x / 2, y)
						      : example_sample(0, x, y);

				if (write)
					row[x] = value;
				differ += row[x] != value;
			}
			row += layout->pitch_bytes[plane];
		}
	}
	return differ;
}

/* Puts the picture into a surface, or with write false compares; returns what differs, or -errno. */
static inline int example_transfer(struct vawrap_surface *surface, bool write)
{
	struct vawrap_image *image;
	void *data;
	int differ = 0;
	int error = vawrap_image_new(vawrap_surface_get_display(surface), VA_FOURCC_NV12,
				     EXAMPLE_WIDTH, EXAMPLE_HEIGHT, &image);

	if (!error && !write)
		error = vawrap_image_get(image, surface, 0, 0, EXAMPLE_WIDTH, EXAMPLE_HEIGHT);
	if (!error)
		error = vawrap_image_map(image, &data);
	if (!error) {
		differ = (int)example_picture(vawrap_image_get_layout(image), data, write);
		error = vawrap_image_unmap(image);
	}
	if (!error && write)
		error = vawrap_image_put(image, surface, 0, 0);
	vawrap_image_unref(image);
	return error ? error : differ;
}

#endif
