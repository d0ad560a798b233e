/* SPDX-License-Identifier: MIT */
/*
 * vawrap-cost.c - the same decode loop by hand on libva and through libvawrap, to be counted
 *
 * A picture is four buffers, begin, render, end and sync, on softva, which is told not to decode. Run
 * by vawrap-cost.sh, which counts instructions.
 *
 *     vawrap-cost raw|vawrap|pool PICTURES
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/display.h"
#include "tests/wrapped-stream.h"

/* ---- By hand ---- */

struct raw {
	VADisplay display;
	VAConfigID config;
	VAContextID context;
	VASurfaceID surfaces[STREAM_PICTURES];
};

static int raw_buffer(struct raw *raw, VABufferType type, void *data, size_t size, VABufferID *id)
{
	return vaCreateBuffer(raw->display, raw->context, type, (unsigned int)size, 1, data, id);
}

/* Not inlined, as wrapped_picture(): the short form counts what is called by the two. */
__attribute__((noinline)) static int raw_picture(struct raw *raw, struct stream_picture *picture)
{
	VABufferID buffers[4];
	int status = raw_buffer(raw, VAPictureParameterBufferType, &picture->pic,
				sizeof(picture->pic), &buffers[0]);

	if (!status)
		status = raw_buffer(raw, VAIQMatrixBufferType, &picture->iq, sizeof(picture->iq),
				    &buffers[1]);
	if (!status)
		status = raw_buffer(raw, VASliceParameterBufferType, &picture->slice,
				    sizeof(picture->slice), &buffers[2]);
	if (!status)
		status = raw_buffer(raw, VASliceDataBufferType, picture->data, picture->size,
				    &buffers[3]);
	if (!status)
		status = vaBeginPicture(raw->display, raw->context, picture->target);
	if (!status)
		status = vaRenderPicture(raw->display, raw->context, buffers, 4);
	if (!status)
		status = vaEndPicture(raw->display, raw->context);
	if (!status)
		status = vaSyncSurface(raw->display, picture->target);
	for (int i = 0; i < 4 && !status; i++)
		status = vaDestroyBuffer(raw->display, buffers[i]);
	return status;
}

static int run_raw(int n)
{
	static struct stream stream;
	struct raw raw = {.display = display_new("softva")};
	int major, minor;
	int status = vaInitialize(raw.display, &major, &minor);

	if (!status)
		status = vaCreateConfig(raw.display, VAProfileH264High, VAEntrypointVLD, NULL, 0,
					&raw.config);
	if (!status)
		status = vaCreateSurfaces(raw.display, VA_RT_FORMAT_YUV420, STREAM_SIZE,
					  STREAM_SIZE, raw.surfaces, STREAM_PICTURES, NULL, 0);
	if (!status)
		status = vaCreateContext(raw.display, raw.config, STREAM_SIZE, STREAM_SIZE,
					 VA_PROGRESSIVE, raw.surfaces, STREAM_PICTURES,
					 &raw.context);
	stream_make(&stream, raw.surfaces);
	for (int i = 0; i < n && !status; i++)
		status = raw_picture(&raw, &stream.pictures[0]);
	vaTerminate(raw.display);
	return status;
}

/* ---- Through libvawrap ---- */

__attribute__((noinline)) static int wrapped_picture(struct vawrap_picture *picture,
						     const struct stream_picture *from,
						     struct vawrap_surface *target)
{
	int error = wrapped_decode(picture, from);

	return error ? error : vawrap_picture_reset(picture, target);
}

static int loop(struct vawrap_context *context, struct vawrap_surface *target, int n)
{
	static struct stream stream;
	VASurfaceID ids[STREAM_PICTURES] = {vawrap_surface_get_id(target)};
	struct vawrap_picture *picture;
	int error = vawrap_picture_new(context, target, &picture);

	stream_make(&stream, ids);
	for (int i = 0; i < n && !error; i++)
		error = wrapped_picture(picture, &stream.pictures[0], target);
	vawrap_picture_unref(picture);
	return error;
}

static int run_wrapped(int n, size_t pool)
{
	struct vawrap_surface_params params = {
		.size_bytes = sizeof(params), .width = STREAM_SIZE, .height = STREAM_SIZE};
	struct vawrap_surface *surfaces[STREAM_PICTURES] = {NULL};
	struct vawrap_display *display;
	struct vawrap_config *config = NULL;
	struct vawrap_context *context = NULL;
	int error = vawrap_display_new_driver("softva", NULL, &display);

	if (!error)
		error = vawrap_config_new(display, VAProfileH264High, VAEntrypointVLD, NULL, 0,
					  &config);
	if (!error)
		error = vawrap_surface_new_batch(display, &params, surfaces, STREAM_PICTURES);
	if (!error)
		error = vawrap_context_new(config, STREAM_SIZE, STREAM_SIZE, VA_PROGRESSIVE,
					   surfaces, STREAM_PICTURES, &context);
	if (!error)
		error = vawrap_context_set_pool(context, pool);
	if (!error)
		error = loop(context, surfaces[0], n);
	vawrap_context_unref(context);
	for (int i = 0; i < STREAM_PICTURES; i++)
		vawrap_surface_unref(surfaces[i]);
	vawrap_config_unref(config);
	vawrap_display_unref(display);
	return error;
}

int main(int argc, char **argv)
{
	int n = argc == 3 ? atoi(argv[2]) : 0;
	int status;

	if (n <= 0) {
		fputs("Usage: vawrap-cost raw|vawrap|pool PICTURES\n", stderr);
		return 2;
	}
	status = strcmp(argv[1], "raw") == 0 ? run_raw(n)
					     : run_wrapped(n, strcmp(argv[1], "pool") == 0 ? 8 : 0);
	if (status)
		fprintf(stderr, "%s: %d\n", argv[1], status);
	return status != 0;
}
