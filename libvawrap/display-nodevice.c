/* SPDX-License-Identifier: MIT */
/*
 * display-nodevice.c - a VADisplay with no device behind it, for a driver that needs none
 *
 * vaGetDisplayDRM() wants a real DRM fd from libva 2.17 on, so this one is built by hand from
 * <va/va_backend.h>, which no other file of the library includes. libva asks a display for its
 * drivers in one of two ways: by number of candidates and index before 2.20, by vaGetDriverNames()
 * from then on, in a slot that older headers call reserved. Both are filled, so that a binary
 * made against one libva runs on another.
 */
#include <stdlib.h>
#include <string.h>
#include <va/va_backend.h>
#include <va/va_drmcommon.h>
#include "internal.h"

struct nodevice {
	struct VADisplayContext display;
	struct VADriverContext driver;
	struct drm_state drm; /* for drivers that look at it: no fd */
	char *name;
};

typedef VAStatus (*get_driver_names_fn)(VADisplayContextP ctx, char **names, unsigned int *count);

/* libva owns and frees the names that it is given. */
static VAStatus copy_name(VADisplayContextP ctx, char **out)
{
	const struct nodevice *nodevice = ctx->opaque;

	*out = strdup(nodevice->name);
	return *out ? VA_STATUS_SUCCESS : VA_STATUS_ERROR_ALLOCATION_FAILED;
}

static int is_valid(VADisplayContextP ctx)
{
	return ctx && ctx->pDriverContext;
}

/* The memory is the nodevice's and outlives vaTerminate(). */
static void destroy(VADisplayContextP ctx)
{
	(void)ctx;
}

static VAStatus get_driver_name(VADisplayContextP ctx, char **name)
{
	return copy_name(ctx, name);
}

static VAStatus get_num_candidates(VADisplayContextP ctx, int *count)
{
	(void)ctx;
	*count = 1;
	return VA_STATUS_SUCCESS;
}

static VAStatus get_driver_name_by_index(VADisplayContextP ctx, char **name, int index)
{
	if (index != 0)
		return VA_STATUS_ERROR_INVALID_PARAMETER;
	return copy_name(ctx, name);
}

static VAStatus get_driver_names(VADisplayContextP ctx, char **names, unsigned int *count)
{
	VAStatus status;

	if (*count < 1)
		return VA_STATUS_ERROR_MAX_NUM_EXCEEDED;
	status = copy_name(ctx, &names[0]);
	*count = status == VA_STATUS_SUCCESS ? 1 : 0;
	return status;
}

/* What the driver says goes the way that libva's own messages go. */
static void pass_error(VADriverContextP ctx, const char *message)
{
	VADisplayContextP va = ctx->pDisplayContext;

	if (va->error_callback)
		va->error_callback(va->error_callback_user_context, message);
}

static void pass_info(VADriverContextP ctx, const char *message)
{
	VADisplayContextP va = ctx->pDisplayContext;

	if (va->info_callback)
		va->info_callback(va->info_callback_user_context, message);
}

static void set_get_driver_names(struct VADisplayContext *display)
{
	get_driver_names_fn fn = get_driver_names;

#if VA_CHECK_VERSION(1, 20, 0)
	display->vaGetDriverNames = fn;
#else
	_Static_assert(sizeof(fn) == sizeof(display->reserved[0]), "the slot holds a pointer");
	memcpy(&display->reserved[0], &fn, sizeof(fn));
#endif
}

struct nodevice *nodevice_new(const char *driver)
{
	struct nodevice *nodevice = calloc(1, sizeof(*nodevice));

	if (!nodevice)
		return NULL;
	nodevice->name = strdup(driver);
	if (!nodevice->name) {
		free(nodevice);
		return NULL;
	}
	nodevice->drm.fd = -1;
	nodevice->driver.pDisplayContext = &nodevice->display;
	nodevice->driver.display_type = VA_DISPLAY_DRM_RENDERNODES;
	nodevice->driver.drm_state = &nodevice->drm;
	nodevice->driver.error_callback = pass_error;
	nodevice->driver.info_callback = pass_info;
	nodevice->display.vadpy_magic = VA_DISPLAY_MAGIC;
	nodevice->display.pDriverContext = &nodevice->driver;
	nodevice->display.opaque = nodevice;
	nodevice->display.vaIsValid = is_valid;
	nodevice->display.vaDestroy = destroy;
	nodevice->display.vaGetDriverName = get_driver_name;
	nodevice->display.vaGetNumCandidates = get_num_candidates;
	nodevice->display.vaGetDriverNameByIndex = get_driver_name_by_index;
	set_get_driver_names(&nodevice->display);
	return nodevice;
}

VADisplay nodevice_get_va(struct nodevice *nodevice)
{
	return &nodevice->display;
}

void nodevice_free(struct nodevice *nodevice)
{
	if (!nodevice)
		return;
	free(nodevice->name);
	free(nodevice);
}
