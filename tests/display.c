/* SPDX-License-Identifier: MIT */
/*
 * A VADisplayContext of our own: libva asks it for the driver's name and needs no device for the rest.
 */
#include "display.h"

#include <stdlib.h>
#include <string.h>
#include <va/va_backend.h>
#include <va/va_drmcommon.h>

struct display {
	struct VADisplayContext va;
	struct VADriverContext driver;
	struct drm_state drm;
	char name[128];
};

static int is_valid(VADisplayContextP va)
{
	return va->vadpy_magic == VA_DISPLAY_MAGIC;
}

static void destroy(VADisplayContextP va)
{
	struct display *display = (struct display *)va;

	free(display->driver.override_driver_name);
	free(display);
}

static VAStatus get_name(VADisplayContextP va, char **name)
{
	*name = strdup(((struct display *)va)->name);
	return *name ? VA_STATUS_SUCCESS : VA_STATUS_ERROR_ALLOCATION_FAILED;
}

static VAStatus get_count(VADisplayContextP va, int *count)
{
	(void)va;
	*count = 1;
	return VA_STATUS_SUCCESS;
}

static VAStatus get_name_by_index(VADisplayContextP va, char **name, int index)
{
	return index ? VA_STATUS_ERROR_INVALID_PARAMETER : get_name(va, name);
}

/* libva 2.20 and newer ask this instead; older headers call the word reserved. */
static VAStatus get_names(VADisplayContextP va, char **names, unsigned int *count)
{
	*count = 1;
	return get_name(va, names);
}

/* libva gives the driver these in displays of its own making: the client's callbacks, one step on. */
static void tell_error(VADriverContextP driver, const char *message)
{
	struct VADisplayContext *va = driver->pDisplayContext;

	if (va->error_callback)
		va->error_callback(va->error_callback_user_context, message);
}

static void tell_info(VADriverContextP driver, const char *message)
{
	struct VADisplayContext *va = driver->pDisplayContext;

	if (va->info_callback)
		va->info_callback(va->info_callback_user_context, message);
}

static void set_get_names(struct VADisplayContext *va)
{
#if VA_CHECK_VERSION(1, 20, 0)
	va->vaGetDriverNames = get_names;
#else
	va->reserved[0] = (unsigned long)get_names;
#endif
}

VADisplay display_new(const char *driver)
{
	struct display *display = calloc(1, sizeof(*display));

	if (!display || strlen(driver) >= sizeof(display->name)) {
		free(display);
		return NULL;
	}
	strcpy(display->name, driver);
	display->va.vadpy_magic = VA_DISPLAY_MAGIC;
	display->va.pDriverContext = &display->driver;
	display->va.vaIsValid = is_valid;
	display->va.vaDestroy = destroy;
	display->va.vaGetDriverName = get_name;
	display->va.vaGetNumCandidates = get_count;
	display->va.vaGetDriverNameByIndex = get_name_by_index;
	set_get_names(&display->va);
	display->driver.pDisplayContext = &display->va;
	display->driver.error_callback = tell_error;
	display->driver.info_callback = tell_info;
	display->driver.display_type = VA_DISPLAY_DRM;
	display->driver.drm_state = &display->drm;
	display->drm.fd = -1;
	return &display->va;
}
