/* SPDX-License-Identifier: MIT */
/*
 * fake-display.c - the fake libva's displays: made, initialized, asked what they can, terminated
 *
 * A VADisplay is a VADisplayContext as in libva, so that one that the caller built himself goes
 * through the same callbacks as there, of the older and of the newer kind.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <va/va_backend.h>
#include <va/va_drm.h>
#include "fake-internal.h"

typedef VAStatus (*get_driver_names_fn)(VADisplayContextP ctx, char **names, unsigned int *count);

/* ---- Made ---- */

static int own_is_valid(VADisplayContextP ctx)
{
	return ctx != NULL;
}

static void own_destroy(VADisplayContextP ctx)
{
	(void)ctx;
}

VADisplay vaGetDisplayDRM(int fd)
{
	struct VADisplayContext *ctx;
	struct fake_object *display;
	struct fake_call call = fake_begin_early("vaGetDisplayDRM", NULL);

	if (call.injected || fd < 0) {
		fake_end(&call);
		return NULL;
	}
	ctx = calloc(1, sizeof(*ctx));
	if (!ctx)
		abort();
	ctx->vadpy_magic = VA_DISPLAY_MAGIC;
	ctx->vaIsValid = own_is_valid;
	ctx->vaDestroy = own_destroy;
	display = fake_object_new(FAKE_DISPLAY, ctx);
	display->own = true;
	fake_end(&call);
	return ctx;
}

VAMessageCallback vaSetErrorCallback(VADisplay dpy, VAMessageCallback callback, void *cookie)
{
	struct fake_call call = fake_begin_early("vaSetErrorCallback", dpy);
	VAMessageCallback before = call.display->error_cb;

	call.display->error_cb = callback;
	call.display->error_cookie = cookie;
	fake_end(&call);
	return before;
}

VAMessageCallback vaSetInfoCallback(VADisplay dpy, VAMessageCallback callback, void *cookie)
{
	struct fake_call call = fake_begin_early("vaSetInfoCallback", dpy);
	VAMessageCallback before = call.display->info_cb;

	call.display->info_cb = callback;
	call.display->info_cookie = cookie;
	fake_end(&call);
	return before;
}

VAStatus vaSetDriverName(VADisplay dpy, char *driver_name)
{
	struct fake_call call = fake_begin_early("vaSetDriverName", dpy);

	if (!call.status && (!driver_name[0] || strlen(driver_name) >= 256))
		call.status = VA_STATUS_ERROR_INVALID_PARAMETER;
	if (!call.status) {
		free(call.display->override);
		call.display->override = strdup(driver_name);
	}
	return fake_end(&call);
}

/* ---- Initialized ---- */

static void take_name(char *name)
{
	snprintf(fake.used_driver, sizeof(fake.used_driver), "%s", name);
	free(name);
}

/* Asks in the way of libva before 2.20. */
static void ask_by_index(VADisplayContextP ctx, bool own)
{
	char *name = NULL;
	int count = 0;

	if (own)
		return;
	if (!ctx->vaGetNumCandidates || !ctx->vaGetDriverNameByIndex) {
		fake_misuse("a display without candidates");
		return;
	}
	if (ctx->vaGetNumCandidates(ctx, &count) || count < 1 ||
	    ctx->vaGetDriverNameByIndex(ctx, &name, 0) || !name) {
		fake_misuse("a display without candidates");
		return;
	}
	take_name(name);
	if (ctx->vaGetDriverNameByIndex(ctx, &name, count) == VA_STATUS_SUCCESS)
		fake_misuse("a driver name behind the last one");
}

/* Asks in the way of libva from 2.20 on; both must agree. */
static void ask_by_names(VADisplayContextP ctx, bool own)
{
	char *names[4] = {NULL};
	unsigned int count = 4;
	get_driver_names_fn fn;

#if VA_CHECK_VERSION(1, 20, 0)
	fn = ctx->vaGetDriverNames;
#else
	memcpy(&fn, &ctx->reserved[0], sizeof(fn));
#endif
	if (own)
		return;
	if (!fn) {
		fake_misuse("a display without driver names");
		return;
	}
	if (fn(ctx, names, &count) || count != 1 || strcmp(names[0], fake.used_driver))
		fake_misuse("the two ways to ask for drivers differ");
	for (unsigned int i = 0; i < 4; i++)
		free(names[i]);
}

static void choose_driver(const struct fake_object *display)
{
	const char *name = getenv("LIBVA_DRIVER_NAME");

	snprintf(fake.used_driver, sizeof(fake.used_driver), "fake");
	ask_by_index(display->dpy, display->own);
	ask_by_names(display->dpy, display->own);
	if (display->override)
		name = display->override;
	if (name)
		snprintf(fake.used_driver, sizeof(fake.used_driver), "%s", name);
}

VAStatus vaInitialize(VADisplay dpy, int *major_version, int *minor_version)
{
	VADisplayContextP ctx = dpy;
	struct fake_call call = fake_begin_early("vaInitialize", dpy);
	struct fake_object *display = call.display;

	if (display->initialized)
		fake_misuse("vaInitialize twice");
	if (ctx->vadpy_magic != VA_DISPLAY_MAGIC || !ctx->vaIsValid || !ctx->vaIsValid(ctx))
		call.status = VA_STATUS_ERROR_INVALID_DISPLAY;
	if (display->info_cb)
		display->info_cb(display->info_cookie, "fake libva says hello\n");
	if (!call.status) {
		choose_driver(display);
		if (fake.driver && strcmp(fake.driver, fake.used_driver))
			call.status = VA_STATUS_ERROR_UNKNOWN;
	}
	if (!call.status && display->info_cb) {
		char message[300];

		snprintf(message, sizeof(message), "Trying to open /fake/dri/%s_drv_video.so\n",
			 strrchr(fake.used_driver, '/') ? strrchr(fake.used_driver, '/') + 1
							: fake.used_driver);
		display->info_cb(display->info_cookie, message);
	}
	if (call.status && display->error_cb)
		display->error_cb(display->error_cookie, "fake libva cannot start\n");
	if (!call.status) {
		display->initialized = true;
		*major_version = VA_MAJOR_VERSION;
		*minor_version = VA_MINOR_VERSION;
	}
	return fake_end(&call);
}

/* Moves a display out of the living: libva forgets it even when the driver fails to end. */
static void bury(struct fake_object *display)
{
	struct fake_object **link = &fake.objects;

	while (*link != display)
		link = &(*link)->next;
	*link = display->next;
	display->next = fake.dead_displays;
	fake.dead_displays = display;
}

static void drop_children(const struct fake_object *display)
{
	struct fake_object *next;

	for (struct fake_object *object = fake.objects; object; object = next) {
		next = object->next;
		if (object != display && object->dpy == display->dpy)
			fake_object_free(object);
	}
}

VAStatus vaTerminate(VADisplay dpy)
{
	VADisplayContextP ctx = dpy;
	struct fake_call call = fake_begin_early("vaTerminate", dpy);
	struct fake_object *display = call.display;

	fake.terminates++;
	if (display->calls != 1)
		fake_misuse("vaTerminate with calls in progress");
	if (!call.status)
		ctx->vaDestroy(ctx);
	drop_children(display);
	display->calls = 0;
	bury(display);
	call.display = NULL;
	return fake_end(&call);
}

const char *vaQueryVendorString(VADisplay dpy)
{
	(void)dpy;
	return "Fake libva driver - 1.0";
}

/* ---- What it can ---- */

static const VAProfile default_profiles[] = {
	VAProfileNone,     VAProfileH264ConstrainedBaseline, VAProfileH264Main, VAProfileH264High,
	VAProfileHEVCMain,
};

#define N_DEFAULT_PROFILES (int)(sizeof(default_profiles) / sizeof(default_profiles[0]))
#define MAX_PROFILES       64

static const VAImageFormat image_formats[] = {
	{.fourcc = VA_FOURCC_NV12, .byte_order = VA_LSB_FIRST, .bits_per_pixel = 12},
	{.fourcc = VA_FOURCC_I420, .byte_order = VA_LSB_FIRST, .bits_per_pixel = 12},
};

#define N_IMAGE_FORMATS (int)(sizeof(image_formats) / sizeof(image_formats[0]))

int vaMaxNumProfiles(VADisplay dpy)
{
	(void)dpy;
	return MAX_PROFILES;
}

int vaMaxNumEntrypoints(VADisplay dpy)
{
	(void)dpy;
	return 8;
}

int vaMaxNumImageFormats(VADisplay dpy)
{
	(void)dpy;
	return N_IMAGE_FORMATS;
}

VAStatus vaQueryConfigProfiles(VADisplay dpy, VAProfile *profile_list, int *num_profiles)
{
	struct fake_call call = fake_begin("vaQueryConfigProfiles", dpy);
	const VAProfile *profiles = fake.n_profiles ? fake.profiles : default_profiles;
	int n = fake.n_profiles ? fake.n_profiles : N_DEFAULT_PROFILES;

	if (!call.status) {
		memcpy(profile_list, profiles, (size_t)n * sizeof(*profiles));
		*num_profiles = fake.excess ? MAX_PROFILES + fake.excess : n;
	}
	return fake_end(&call);
}

VAStatus vaQueryConfigEntrypoints(VADisplay dpy, VAProfile profile, VAEntrypoint *entrypoint_list,
				  int *num_entrypoints)
{
	struct fake_call call = fake_begin("vaQueryConfigEntrypoints", dpy);

	if (!call.status) {
		*num_entrypoints = 1 + (profile == VAProfileH264Main);
		entrypoint_list[0] =
			profile == VAProfileNone ? VAEntrypointVideoProc : VAEntrypointVLD;
		entrypoint_list[1] = VAEntrypointEncSlice;
		if (fake.excess)
			*num_entrypoints = 8 + fake.excess;
	}
	return fake_end(&call);
}

struct attrib {
	VAEntrypoint entrypoint;
	VAConfigAttribType type;
	uint32_t value;
};

static const struct attrib attribs[] = {
	{VAEntrypointVLD, VAConfigAttribRTFormat, VA_RT_FORMAT_YUV420 | VA_RT_FORMAT_YUV420_10},
	{VAEntrypointVLD, VAConfigAttribDecSliceMode, VA_DEC_SLICE_MODE_NORMAL},
	{VAEntrypointVLD, VAConfigAttribMaxPictureWidth, 4096},
	{VAEntrypointVLD, VAConfigAttribMaxPictureHeight, 2304},
	{VAEntrypointEncSlice, VAConfigAttribRTFormat, VA_RT_FORMAT_YUV420 | 0x40000},
	{VAEntrypointEncSlice, VAConfigAttribRateControl, VA_RC_CQP | VA_RC_CBR | VA_RC_MB},
	{VAEntrypointEncSlice, VAConfigAttribEncPackedHeaders,
	 VA_ENC_PACKED_HEADER_SEQUENCE | VA_ENC_PACKED_HEADER_SLICE},
	{VAEntrypointEncSlice, VAConfigAttribEncMaxRefFrames, 0x00010002},
	{VAEntrypointEncSlice, VAConfigAttribEncInterlaced, 0},
	{VAEntrypointEncSlice, VAConfigAttribEncQualityRange, 7},
	{VAEntrypointEncSlice, VAConfigAttribMaxFrameSize, 3},
};

VAStatus vaGetConfigAttributes(VADisplay dpy, VAProfile profile, VAEntrypoint entrypoint,
			       VAConfigAttrib *attrib_list, int num_attribs)
{
	struct fake_call call = fake_begin("vaGetConfigAttributes", dpy);

	(void)profile;
	for (int i = 0; !call.status && i < num_attribs; i++) {
		attrib_list[i].value = VA_ATTRIB_NOT_SUPPORTED;
		for (size_t k = 0; k < sizeof(attribs) / sizeof(attribs[0]); k++) {
			if (attribs[k].entrypoint == entrypoint &&
			    attribs[k].type == attrib_list[i].type)
				attrib_list[i].value = attribs[k].value;
			if (fake.rt_formats && entrypoint == VAEntrypointVLD &&
			    attrib_list[i].type == VAConfigAttribRTFormat)
				attrib_list[i].value = fake.rt_formats;
		}
	}
	return fake_end(&call);
}

VAStatus vaQueryImageFormats(VADisplay dpy, VAImageFormat *format_list, int *num_formats)
{
	struct fake_call call = fake_begin("vaQueryImageFormats", dpy);

	if (!call.status) {
		memcpy(format_list, image_formats, sizeof(image_formats));
		*num_formats = N_IMAGE_FORMATS;
	}
	return fake_end(&call);
}

/* ---- Display attributes ---- */

static const VADisplayAttribute display_attributes[] = {
	{.type = VADisplayAttribBrightness,
	 .min_value = -100,
	 .max_value = 100,
	 .flags = VA_DISPLAY_ATTRIB_GETTABLE | VA_DISPLAY_ATTRIB_SETTABLE},
	{.type = VADisplayPCIID,
	 .max_value = 0x7fffffff,
	 .value = 0x80861234 & 0x7fffffff,
	 .flags = VA_DISPLAY_ATTRIB_GETTABLE},
};

#define N_DISPLAY_ATTRIBUTES (int)(sizeof(display_attributes) / sizeof(display_attributes[0]))

int vaMaxNumDisplayAttributes(VADisplay dpy)
{
	(void)dpy;
	return N_DISPLAY_ATTRIBUTES;
}

VAStatus vaQueryDisplayAttributes(VADisplay dpy, VADisplayAttribute *attr_list, int *num_attributes)
{
	struct fake_call call = fake_begin("vaQueryDisplayAttributes", dpy);

	if (!call.status) {
		memcpy(attr_list, display_attributes, sizeof(display_attributes));
		*num_attributes = N_DISPLAY_ATTRIBUTES + fake.excess;
	}
	return fake_end(&call);
}

VAStatus vaGetDisplayAttributes(VADisplay dpy, VADisplayAttribute *attr_list, int num_attributes)
{
	struct fake_call call = fake_begin("vaGetDisplayAttributes", dpy);

	for (int i = 0; !call.status && i < num_attributes; i++) {
		if (attr_list[i].type == VADisplayAttribBrightness)
			attr_list[i].value = call.display->brightness;
	}
	return fake_end(&call);
}

VAStatus vaSetDisplayAttributes(VADisplay dpy, VADisplayAttribute *attr_list, int num_attributes)
{
	struct fake_call call = fake_begin("vaSetDisplayAttributes", dpy);

	for (int i = 0; !call.status && i < num_attributes; i++) {
		if (attr_list[i].type != VADisplayAttribBrightness || attr_list[i].value < -100 ||
		    attr_list[i].value > 100)
			call.status = VA_STATUS_ERROR_ATTR_NOT_SUPPORTED;
		else
			call.display->brightness = attr_list[i].value;
	}
	return fake_end(&call);
}
