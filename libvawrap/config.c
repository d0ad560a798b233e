/* SPDX-License-Identifier: MIT */
/*
 * config.c - a profile and an entry point with their attributes, and the surfaces that they allow
 */
#include <stdlib.h>
#include <string.h>
#include "internal.h"

#define MAX_ATTRIBS         64
#define MAX_SURFACE_ATTRIBS 1024

struct vawrap_config {
	struct handle handle;
	VAProfile profile;
	VAEntrypoint entrypoint;
};

static void destroy(struct handle *handle)
{
	struct vawrap_display *display = handle->display;

	DISPLAY_DESTROY(display, vaDestroyConfig, handle->id);
	handle_retire(handle);
}

static const struct handle_class config_class = {
	.kind = VAWRAP_KIND_CONFIG,
	.size_bytes = sizeof(struct vawrap_config),
	.destroy = destroy,
};

int vawrap_config_new_at(struct vawrap_display *display, VAProfile profile, VAEntrypoint entrypoint,
			 const VAConfigAttrib *attribs, size_t n, struct vawrap_config **out,
			 const char *site)
{
	VAConfigAttrib copy[MAX_ATTRIBS]; /* the call takes the list as non-const */
	struct vawrap_config *config;
	VAConfigID id = VA_INVALID_ID;
	int error;

	*out = NULL;
	if (n > MAX_ATTRIBS || (n > 0 && !attribs))
		return -EINVAL;
	if (n > 0)
		memcpy(copy, attribs, n * sizeof(copy[0]));
	config = handle_new(display, &config_class, site);
	if (!config)
		return -ENOMEM;
	error = DISPLAY_CALL(display, vaCreateConfig, profile, entrypoint, n > 0 ? copy : NULL,
			     (int)n, &id);
	if (error) {
		handle_retire(&config->handle);
		return error;
	}
	config->profile = profile;
	config->entrypoint = entrypoint;
	handle_publish(&config->handle, id);
	*out = config;
	return 0;
}

struct vawrap_config *vawrap_config_ref(struct vawrap_config *config)
{
	return handle_ref((struct handle *)config);
}

struct vawrap_config *vawrap_config_unref(struct vawrap_config *config)
{
	handle_unref((struct handle *)config);
	return NULL;
}

VAConfigID vawrap_config_get_id(const struct vawrap_config *config)
{
	return config->handle.id;
}

struct vawrap_display *vawrap_config_get_display(const struct vawrap_config *config)
{
	return config->handle.display;
}

VAProfile vawrap_config_get_profile(const struct vawrap_config *config)
{
	return config->profile;
}

VAEntrypoint vawrap_config_get_entrypoint(const struct vawrap_config *config)
{
	return config->entrypoint;
}

int vawrap_config_get_surface_attribs(struct vawrap_config *config, VASurfaceAttrib *attribs,
				      size_t capacity)
{
	VASurfaceAttrib *all;
	struct vawrap_display *display = config->handle.display;
	unsigned int n = 0, size;
	int error = DISPLAY_CALL(display, vaQuerySurfaceAttributes, config->handle.id, NULL, &n);

	if (error)
		return error;
	if (n > MAX_SURFACE_ATTRIBS)
		return -EIO;
	/* Drivers fill what they counted, whatever the caller has room for. */
	size = n;
	all = calloc((size_t)size + 1, sizeof(*all));
	if (!all)
		return -ENOMEM;
	error = DISPLAY_CALL(display, vaQuerySurfaceAttributes, config->handle.id, all, &n);
	if (!error && n > size)
		error = -EIO;
	for (unsigned int i = 0; !error && i < n && i < capacity; i++)
		attribs[i] = all[i];
	free(all);
	return error ? error : (int)n;
}
