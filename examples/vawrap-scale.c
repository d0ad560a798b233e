/* SPDX-License-Identifier: MIT */
/*
 * vawrap-scale.c - a surface scaled by the driver's video processor, and back
 *
 *     vawrap-scale [NODE|DRIVER]
 */
#include "vawrap-example.h"

#include <errno.h>

struct scale {
	struct vawrap_context *context;
	struct vawrap_surface *small, *large, *again;
};

static int make_surface(struct vawrap_display *display, unsigned int factor,
			struct vawrap_surface **out)
{
	struct vawrap_surface_params params = {.size_bytes = sizeof(params),
					       .fourcc = VA_FOURCC_NV12,
					       .width = factor * EXAMPLE_WIDTH,
					       .height = factor * EXAMPLE_HEIGHT};

	return vawrap_surface_new_batch(display, &params, out, 1);
}

static int make(struct vawrap_display *display, struct scale *scale)
{
	struct vawrap_config *config;
	int error =
		vawrap_config_new(display, VAProfileNone, VAEntrypointVideoProc, NULL, 0, &config);

	if (!error)
		error = vawrap_context_new(config, 2 * EXAMPLE_WIDTH, 2 * EXAMPLE_HEIGHT, 0, NULL,
					   0, &scale->context);
	vawrap_config_unref(config);
	if (!error)
		error = make_surface(display, 1, &scale->small);
	if (!error)
		error = make_surface(display, 2, &scale->large);
	if (!error)
		error = make_surface(display, 1, &scale->again);
	return error;
}

/* Twice as large, then back: the second time a part of it, by a rectangle. */
static int run(struct vawrap_display *display)
{
	struct vawrap_process back = {
		.size_bytes = sizeof(back),
		.source = {.width = 2 * EXAMPLE_WIDTH, .height = 2 * EXAMPLE_HEIGHT},
		.filter_flags = VA_FILTER_SCALING_HQ,
	};
	struct scale scale = {NULL};
	int error = make(display, &scale);

	if (!error)
		error = example_transfer(scale.small, true);
	if (!error)
		error = vawrap_context_process(scale.context, scale.small, scale.large, NULL);
	if (!error)
		error = vawrap_context_process(scale.context, scale.large, scale.again, &back);
	if (!error)
		error = example_transfer(scale.again, false);
	vawrap_surface_unref(scale.small);
	vawrap_surface_unref(scale.large);
	vawrap_surface_unref(scale.again);
	vawrap_context_unref(scale.context);
	return error;
}

int main(int argc, char **argv)
{
	struct vawrap_display *display = example_open(argc, argv);
	int differ;

	if (!display)
		return 3;
	differ = run(display);
	if (differ == -ENOTSUP)
		fprintf(stderr, "the driver has no video processor\n");
	else if (differ < 0)
		example_failed(display, differ);
	else
		printf("scaled to %dx%d and back, %d samples differ\n", 2 * EXAMPLE_WIDTH,
		       2 * EXAMPLE_HEIGHT, differ);
	vawrap_display_unref(display);
	return differ >= 0 ? 0 : differ == -ENOTSUP ? 3 : 1;
}
