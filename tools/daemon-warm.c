/* SPDX-License-Identifier: MIT */
/*
 * daemon-warm.c - a context that is made before system calls are restricted, and kept
 *
 * Drivers open files and start threads with the first context, not with the display, and may do for
 * that what the sandbox refuses later. The display stays open, since its end can unload the driver.
 */
#include <errno.h>
#include <string.h>
#include "tools/vhost-user-video.h"
#include "vacodec.h"

#define SIDE      640 /* as any stream may have; less or more where the driver wants that */
#define N_TARGETS 4

static unsigned int clamp(unsigned int least, unsigned int most)
{
	return SIDE < least ? least : SIDE > most ? most : SIDE;
}

static int warm(struct vawrap_display *display, struct vawrap_context **out)
{
	VAConfigAttrib format = {VAConfigAttribRTFormat, VA_RT_FORMAT_YUV420};
	struct vawrap_surface_params params = {.size_bytes = sizeof(params)};
	struct vawrap_surface *targets[N_TARGETS] = {NULL};
	struct vawrap_config *config = NULL;
	struct vacodec_caps caps;
	int error = vacodec_get_caps(display, &caps, 1);

	if (error < 1)
		return error ? error : -ENOTSUP;
	params.width = clamp(caps.min_width, caps.max_width);
	params.height = clamp(caps.min_height, caps.max_height);
	error = vawrap_config_new(display, (VAProfile)caps.profiles[0], VAEntrypointVLD, &format, 1,
				  &config);
	if (!error)
		error = vawrap_surface_new_batch(display, &params, targets, N_TARGETS);
	if (!error)
		error = vawrap_context_new(config, params.width, params.height, VA_PROGRESSIVE,
					   targets, N_TARGETS, out);
	for (int i = 0; i < N_TARGETS; i++)
		vawrap_surface_unref(targets[i]);
	vawrap_config_unref(config);
	return error;
}

struct vawrap_context *daemon_warm_up(const struct tool_common *common)
{
	struct vawrap_context *context = NULL;
	struct vawrap_display *display;
	int error = tool_open_display(common, &display);

	if (error)
		return NULL;
	error = warm(display, &context);
	if (error)
		daemon_log(common, VAWRAP_LOG_WARN, "no context before the sandbox closes: %s",
			   strerror(-error));
	vawrap_display_unref(display);
	return context;
}
