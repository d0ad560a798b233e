/* SPDX-License-Identifier: MIT */
/*
 * The driver's entry: libva calls __vaDriverInit_1_17() with a zeroed vtable. A newer libva tries the names
 * of all minor versions below its own, so this one name serves libva 2.17 and everything after it. All
 * state hangs on the display; there are no globals.
 */
#include "softva.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "context.h"
#include "vpp.h"

#define VENDOR "softva - software decoder driver " PACKAGE_VERSION

void softva_log(struct softva *softva, const char *format, ...)
{
	char message[256] = "softva: ";
	size_t used = strlen(message);
	va_list args;

	if (!softva->va->info_callback)
		return;
	va_start(args, format);
	vsnprintf(message + used, sizeof(message) - used - 1, format, args);
	va_end(args);
	strcat(message, "\n");
	softva->va->info_callback(softva->va, message);
}

VAStatus softva_enter(struct softva *softva)
{
	if (softva->quirks.lock_while_waiting) {
		pthread_mutex_lock(&softva->wait_lock);
		pthread_mutex_unlock(&softva->wait_lock);
	}
	return atomic_load(&softva->lost) ? VA_STATUS_ERROR_OPERATION_FAILED : VA_STATUS_SUCCESS;
}

static void drop_leaked(struct softva *softva, enum object_kind kind, const char *name)
{
	struct object *object;

	for (object = object_remove_any(&softva->heap, kind); object;
	     object = object_remove_any(&softva->heap, kind)) {
		softva_log(softva, "%s 0x%08x was never destroyed", name, object->id);
		check_event(&softva->checks, EVENT_OBJECTS_LEAKED);
		if (kind == OBJECT_CONTEXT)
			context_stop((struct context *)object);
		object_unref(object);
	}
}

static void softva_free(struct softva *softva)
{
	object_heap_finish(&softva->heap);
	pthread_mutex_destroy(&softva->wait_lock);
	free(softva->checks_path);
	free(softva->gate_path);
	free(softva);
}

static VAStatus terminate(VADriverContextP va)
{
	struct softva *softva = softva_of(va);

	/* Contexts first: their workers hold references on surfaces and buffers. */
	drop_leaked(softva, OBJECT_CONTEXT, "context");
	drop_leaked(softva, OBJECT_IMAGE, "image");
	drop_leaked(softva, OBJECT_BUFFER, "buffer");
	drop_leaked(softva, OBJECT_SURFACE, "surface");
	drop_leaked(softva, OBJECT_CONFIG, "config");
	if (softva->checks_path && check_report(&softva->checks, softva->checks_path))
		softva_log(softva, "cannot write the checks to %s", softva->checks_path);
	softva_free(softva);
	va->pDriverData = NULL;
	return VA_STATUS_SUCCESS;
}

static char *copy_env(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? strdup(value) : NULL;
}

/* SOFTVA_LIKE, and more on top of it. A hang that nothing ends is none to test with. */
static bool read_quirks(struct softva *softva)
{
	const char *driver = getenv("SOFTVA_LIKE");
	const char *quirks = getenv("SOFTVA_QUIRKS");

	if (driver && *driver && quirks_parse_driver(&softva->quirks, driver))
		return false;
	if (quirks && *quirks && quirks_parse(&softva->quirks, quirks))
		return false;
	return softva->quirks.sync != QUIRK_SYNC_HANG || softva->gate_path;
}

/* False if an option is not what it must be: a test that asks for the impossible must not pass. */
static bool read_options(struct softva *softva)
{
	const char *fail = getenv("SOFTVA_FAIL");
	const char *delay = getenv("SOFTVA_DELAY_US");
	const char *no_decode = getenv("SOFTVA_NO_DECODE");

	softva->checks_path = copy_env("SOFTVA_CHECKS");
	softva->gate_path = copy_env("SOFTVA_GATE");
	softva->delay_us = delay ? (unsigned int)strtoul(delay, NULL, 10) : 0;
	if (softva->delay_us > 10000000)
		softva->delay_us = 10000000;
	softva->no_decode = no_decode ? strtoul(no_decode, NULL, 10) : 0;
	if (!read_quirks(softva))
		return false;
	return !fail || !*fail || !fail_parse(&softva->fail, fail);
}

static void fill_objects(struct VADriverVTable *vtable)
{
	vtable->vaTerminate = terminate;
	vtable->vaQueryConfigProfiles = config_query_profiles;
	vtable->vaQueryConfigEntrypoints = config_query_entrypoints;
	vtable->vaGetConfigAttributes = config_get_attributes;
	vtable->vaCreateConfig = config_create;
	vtable->vaDestroyConfig = config_destroy;
	vtable->vaQueryConfigAttributes = config_query_attributes;
	vtable->vaQuerySurfaceAttributes = config_query_surface_attributes;
	vtable->vaCreateSurfaces = surface_create;
	vtable->vaCreateSurfaces2 = surface_create2;
	vtable->vaDestroySurfaces = surface_destroy;
	vtable->vaSyncSurface = surface_sync;
	vtable->vaSyncSurface2 = surface_sync2;
	vtable->vaQuerySurfaceStatus = surface_query_status;
	vtable->vaQuerySurfaceError = surface_query_error;
	vtable->vaExportSurfaceHandle = export_surface;
	vtable->vaCopy = copy_surface;
	vtable->vaCreateBuffer = buffer_create;
	vtable->vaBufferSetNumElements = buffer_set_num_elements;
	vtable->vaMapBuffer = buffer_map;
	vtable->vaUnmapBuffer = buffer_unmap;
	vtable->vaDestroyBuffer = buffer_destroy;
	vtable->vaBufferInfo = buffer_info;
}

static void fill_pictures(struct VADriverVTable *vtable)
{
	vtable->vaCreateContext = context_create;
	vtable->vaDestroyContext = context_destroy;
	vtable->vaBeginPicture = picture_begin;
	vtable->vaRenderPicture = picture_render;
	vtable->vaEndPicture = picture_end;
	vtable->vaQueryImageFormats = image_query_formats;
	vtable->vaCreateImage = image_create;
	vtable->vaDeriveImage = image_derive;
	vtable->vaDestroyImage = image_destroy;
	vtable->vaGetImage = image_get;
	vtable->vaPutImage = image_put;
}

/* libva refuses a driver with any of these maxima 0. */
static void fill_limits(VADriverContextP va)
{
	va->version_major = VA_MAJOR_VERSION;
	va->version_minor = VA_MINOR_VERSION;
	va->max_profiles = 48;
	va->max_entrypoints = 2;
	va->max_attributes = 16;
	va->max_image_formats = (int)num_formats;
	va->max_subpic_formats = 1;
	va->max_display_attributes = 1;
	va->str_vendor = VENDOR;
}

VAStatus __attribute__((visibility("default"))) __vaDriverInit_1_17(VADriverContextP va);

VAStatus __vaDriverInit_1_17(VADriverContextP va)
{
	struct softva *softva = calloc(1, sizeof(*softva));

	if (!softva)
		return VA_STATUS_ERROR_ALLOCATION_FAILED;
	if (object_heap_init(&softva->heap)) {
		free(softva);
		return VA_STATUS_ERROR_ALLOCATION_FAILED;
	}
	softva->va = va;
	pthread_mutex_init(&softva->wait_lock, NULL);
	va->pDriverData = softva;
	if (!read_options(softva)) {
		softva_log(softva, "SOFTVA_FAIL, SOFTVA_LIKE or SOFTVA_QUIRKS: see the manual");
		softva_free(softva);
		va->pDriverData = NULL;
		return VA_STATUS_ERROR_INVALID_PARAMETER;
	}
	fill_objects(va->vtable);
	fill_pictures(va->vtable);
	vpp_fill(va->vtable_vpp);
	if (softva->fail.count)
		fail_fill(va->vtable);
	quirks_fill(&softva->quirks, va->vtable);
	stubs_fill(va->vtable);
	fill_limits(va);
	return VA_STATUS_SUCCESS;
}
