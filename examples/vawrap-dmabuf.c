/* SPDX-License-Identifier: MIT */
/*
 * vawrap-dmabuf.c - a surface's memory exported as dma-bufs, and another surface made over it
 *
 * What is put into the one must be seen in the other. There are drivers that accept an import and use
 * other memory, which shows here.
 *
 *     vawrap-dmabuf [NODE|DRIVER]
 */
#include "vawrap-example.h"

static int import(struct vawrap_display *display, const VADRMPRIMESurfaceDescriptor *exported,
		  struct vawrap_surface **out)
{
	struct vawrap_surface_params params = {
		.size_bytes = sizeof(params),
		.fourcc = VA_FOURCC_NV12,
		.width = EXAMPLE_WIDTH,
		.height = EXAMPLE_HEIGHT,
		.memory_type = VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME_2,
		.descriptor = exported,
	};

	return vawrap_surface_new_batch(display, &params, out, 1);
}

static int run(struct vawrap_display *display)
{
	struct vawrap_surface_params params = {.size_bytes = sizeof(params),
					       .fourcc = VA_FOURCC_NV12,
					       .width = EXAMPLE_WIDTH,
					       .height = EXAMPLE_HEIGHT,
					       .usage_hint = VA_SURFACE_ATTRIB_USAGE_HINT_EXPORT};
	VADRMPRIMESurfaceDescriptor exported = {.num_objects = 0};
	struct vawrap_surface *one = NULL, *other = NULL;
	int error = vawrap_surface_new_batch(display, &params, &one, 1);

	if (!error)
		error = vawrap_surface_export(
			one, VA_EXPORT_SURFACE_READ_WRITE | VA_EXPORT_SURFACE_COMPOSED_LAYERS,
			&exported);
	if (!error)
		error = import(display, &exported, &other);
	/* The surfaces have the memory now, whoever closes the fds. */
	vawrap_export_finish(&exported);
	if (!error)
		error = example_transfer(one, true);
	if (!error)
		error = example_transfer(other, false);
	vawrap_surface_unref(one);
	vawrap_surface_unref(other);
	return error;
}

int main(int argc, char **argv)
{
	struct vawrap_display *display = example_open(argc, argv);
	int differ;

	if (!display)
		return 3;
	differ = run(display);
	if (differ < 0)
		example_failed(display, differ);
	else
		printf("exported and imported, %d samples differ\n", differ);
	vawrap_display_unref(display);
	return differ == 0 ? 0 : 1;
}
