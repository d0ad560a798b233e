/* SPDX-License-Identifier: MIT */
/*
 * caps.c - what a display can do: profiles, entry points, config attributes, image formats
 *
 * Profiles and image formats are read when the display is opened and never change; entry points are
 * read at the first question for a profile. Counts from the driver are held to the sizes that it
 * stated before.
 */
#include <stdlib.h>
#include <string.h>
#include "internal.h"

#define MAX_LIST 4096 /* more than any driver's longest list */
#define MAX_SET  32   /* attributes set at once */

static int list_size(int stated)
{
	return stated < 1 ? 1 : stated > MAX_LIST ? MAX_LIST : stated;
}

static bool count_is_sane(int count, int size)
{
	return count >= 0 && count <= size;
}

static int read_profiles(struct vawrap_display *display)
{
	int size = list_size(vaMaxNumProfiles(display->va));
	int error;

	display->profiles = calloc((size_t)size, sizeof(*display->profiles));
	if (!display->profiles)
		return -ENOMEM;
	error = DISPLAY_CALL(display, vaQueryConfigProfiles, display->profiles,
			     &display->n_profiles);
	if (!error && !count_is_sane(display->n_profiles, size))
		error = -EIO;
	if (error)
		return error;
	display->caps = calloc((size_t)size, sizeof(*display->caps));
	return display->caps ? 0 : -ENOMEM;
}

static int read_formats(struct vawrap_display *display)
{
	int size = list_size(vaMaxNumImageFormats(display->va));
	int error;

	display->formats = calloc((size_t)size, sizeof(*display->formats));
	if (!display->formats)
		return -ENOMEM;
	error = DISPLAY_CALL(display, vaQueryImageFormats, display->formats, &display->n_formats);
	if (error == -ENOTSUP) {
		display->n_formats = 0;
		return 0;
	}
	if (!error && !count_is_sane(display->n_formats, size))
		error = -EIO;
	return error;
}

int caps_init(struct vawrap_display *display)
{
	int error = read_profiles(display);

	return error ? error : read_formats(display);
}

void caps_finish(struct vawrap_display *display)
{
	for (int i = 0; display->caps && i < display->n_profiles; i++)
		free(display->caps[i].entrypoints);
	free(display->caps);
	free(display->profiles);
	free(display->formats);
}

static int check_shutdown(struct vawrap_display *display)
{
	return atomic_load(&display->shut_down) ? -ESHUTDOWN : 0;
}

int vawrap_display_get_profiles(struct vawrap_display *display, const VAProfile **profiles)
{
	int error = check_shutdown(display);

	if (error)
		return error;
	*profiles = display->profiles;
	return display->n_profiles;
}

int vawrap_display_get_image_formats(struct vawrap_display *display, const VAImageFormat **formats)
{
	int error = check_shutdown(display);

	if (error)
		return error;
	*formats = display->formats;
	return display->n_formats;
}

/* A driver may list the same profile twice; the first one is looked at. */
static int find_profile(const struct vawrap_display *display, VAProfile profile)
{
	for (int i = 0; i < display->n_profiles; i++) {
		if (display->profiles[i] == profile)
			return i;
	}
	return -ENOTSUP;
}

static int query_entrypoints(struct vawrap_display *display, VAProfile profile, VAEntrypoint **out)
{
	int count = 0;
	int error = display_enter(display);
	int size;

	if (error)
		return error;
	size = list_size(vaMaxNumEntrypoints(display->va));
	*out = calloc((size_t)size, sizeof(**out));
	if (!*out)
		return display_leave(display, "vaQueryConfigEntrypoints",
				     VA_STATUS_ERROR_ALLOCATION_FAILED);
	error = display_leave(display, "vaQueryConfigEntrypoints",
			      vaQueryConfigEntrypoints(display->va, profile, *out, &count));
	if (!error && !count_is_sane(count, size))
		error = -EIO;
	return error ? error : count;
}

/* Two threads may ask the driver at once; the first answer is kept. Once known, it stays. */
static int read_entrypoints(struct vawrap_display *display, VAProfile profile,
			    struct caps_profile *caps)
{
	VAEntrypoint *entrypoints = NULL;
	bool known;
	int count;

	pthread_mutex_lock(&display->caps_lock);
	known = caps->known;
	pthread_mutex_unlock(&display->caps_lock);
	if (known)
		return 0;
	count = query_entrypoints(display, profile, &entrypoints);
	if (count < 0) {
		free(entrypoints);
		return count;
	}
	pthread_mutex_lock(&display->caps_lock);
	if (!caps->known) {
		caps->entrypoints = entrypoints;
		caps->n_entrypoints = count;
		caps->known = true;
		entrypoints = NULL;
	}
	pthread_mutex_unlock(&display->caps_lock);
	free(entrypoints);
	return 0;
}

int vawrap_display_get_entrypoints(struct vawrap_display *display, VAProfile profile,
				   VAEntrypoint *entrypoints, size_t capacity)
{
	int error = check_shutdown(display);
	int index = find_profile(display, profile);
	const struct caps_profile *caps;

	if (error || index < 0)
		return error ? error : index;
	error = read_entrypoints(display, profile, &display->caps[index]);
	if (error)
		return error;
	caps = &display->caps[index];
	if ((size_t)caps->n_entrypoints > capacity)
		return -ENOSPC;
	for (int i = 0; i < caps->n_entrypoints; i++)
		entrypoints[i] = caps->entrypoints[i];
	return caps->n_entrypoints;
}

int vawrap_display_get_config_attribs(struct vawrap_display *display, VAProfile profile,
				      VAEntrypoint entrypoint, VAConfigAttrib *attribs, size_t n)
{
	if (n > MAX_LIST)
		return -EINVAL;
	/* Some drivers leave alone what they do not know. */
	for (size_t i = 0; i < n; i++)
		attribs[i].value = VA_ATTRIB_NOT_SUPPORTED;
	return DISPLAY_CALL(display, vaGetConfigAttributes, profile, entrypoint, attribs, (int)n);
}

int vawrap_display_get_attributes(struct vawrap_display *display, VADisplayAttribute *attributes,
				  size_t capacity)
{
	int size = list_size(vaMaxNumDisplayAttributes(display->va)), n = 0;
	VADisplayAttribute *all = calloc((size_t)size, sizeof(*all));
	int error;

	if (!all)
		return -ENOMEM;
	error = DISPLAY_CALL(display, vaQueryDisplayAttributes, all, &n);
	if (!error && !count_is_sane(n, size))
		error = -EIO;
	if (!error && n > 0)
		error = DISPLAY_CALL(display, vaGetDisplayAttributes, all, n);
	for (int i = 0; !error && i < n && (size_t)i < capacity; i++)
		attributes[i] = all[i];
	free(all);
	return error ? error : n;
}

int vawrap_display_set_attributes(struct vawrap_display *display,
				  const VADisplayAttribute *attributes, size_t n)
{
	VADisplayAttribute copy[MAX_SET];

	if (n == 0 || n > MAX_SET || !attributes)
		return -EINVAL;
	memcpy(copy, attributes, n * sizeof(copy[0]));
	return DISPLAY_CALL(display, vaSetDisplayAttributes, copy, (int)n);
}
