/* SPDX-License-Identifier: MIT */
/*
 * Failures on demand; see fail.h. A call that fails does nothing: nothing is made, waited for or destroyed.
 * Only vaEndPicture ends the picture all the same, as with drivers of hardware.
 */
#include "fail.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "context.h"
#include "softva.h"

static const char *const names[] = {
	"vaCreateConfig",        "vaCreateSurfaces", "vaDestroySurfaces",    "vaCreateContext",
	"vaDestroyContext",      "vaCreateBuffer",   "vaMapBuffer",          "vaUnmapBuffer",
	"vaDestroyBuffer",       "vaBeginPicture",   "vaRenderPicture",      "vaEndPicture",
	"vaSyncSurface",         "vaSyncSurface2",   "vaQuerySurfaceStatus", "vaCreateImage",
	"vaDeriveImage",         "vaDestroyImage",   "vaGetImage",           "vaPutImage",
	"vaExportSurfaceHandle", "vaCopy",
};

static const char *find_name(const char *text, size_t length)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == length && !memcmp(names[i], text, length))
			return names[i];
	return NULL;
}

/* A number of C without sign; the rest of the text, or NULL. */
static const char *parse_number(const char *text, unsigned long *value)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return NULL;
	errno = 0;
	*value = strtoul(text, &end, 0);
	return errno ? NULL : end;
}

/* The rest of the text after one rule, or NULL. */
static const char *parse_rule(struct fail_rule *rule, const char *text)
{
	unsigned long status = VA_STATUS_ERROR_OPERATION_FAILED;
	size_t length = strcspn(text, ":");

	rule->call = find_name(text, length);
	if (!rule->call || text[length] != ':')
		return NULL;
	text = parse_number(text + length + 1, &rule->first);
	if (!text || !rule->first)
		return NULL;
	rule->for_good = *text == '+';
	text += rule->for_good;
	if (*text == ':')
		text = parse_number(text + 1, &status);
	if (!status || status > INT32_MAX)
		return NULL;
	rule->status = (VAStatus)status;
	atomic_init(&rule->calls, 0);
	return text;
}

int fail_parse(struct fail_rules *rules, const char *text)
{
	for (;;) {
		if (rules->count == FAIL_MAX_RULES)
			return -EINVAL;
		text = parse_rule(&rules->rules[rules->count++], text);
		if (!text || (*text && *text != ','))
			return -EINVAL;
		if (!*text)
			return 0;
		text++;
	}
}

/* What the call returns instead of being done; VA_STATUS_SUCCESS if it is to be done. */
static VAStatus failure(VADriverContextP va, const char *call)
{
	struct fail_rules *rules = &softva_of(va)->fail;
	VAStatus status = VA_STATUS_SUCCESS;

	for (unsigned int i = 0; i < rules->count; i++) {
		struct fail_rule *rule = &rules->rules[i];
		unsigned long nth;

		if (strcmp(rule->call, call))
			continue;
		nth = atomic_fetch_add(&rule->calls, 1) + 1;
		if (nth == rule->first || (rule->for_good && nth > rule->first))
			status = rule->status;
	}
	if (status != VA_STATUS_SUCCESS)
		softva_log(softva_of(va), "%s fails on demand", call);
	return status;
}

static VAStatus create_config(VADriverContextP va, VAProfile profile, VAEntrypoint entrypoint,
			      VAConfigAttrib *list, int count, VAConfigID *id)
{
	VAStatus status = failure(va, "vaCreateConfig");

	return status ? status : config_create(va, profile, entrypoint, list, count, id);
}

/* vaCreateSurfaces() comes here whenever there is a driver's vaCreateSurfaces2. */
static VAStatus create_surfaces(VADriverContextP va, unsigned int format, unsigned int width,
				unsigned int height, VASurfaceID *ids, unsigned int count,
				VASurfaceAttrib *attribs, unsigned int num_attribs)
{
	VAStatus status = failure(va, "vaCreateSurfaces");

	return status ? status
		      : surface_create2(va, format, width, height, ids, count, attribs,
					num_attribs);
}

static VAStatus destroy_surfaces(VADriverContextP va, VASurfaceID *ids, int count)
{
	VAStatus status = failure(va, "vaDestroySurfaces");

	return status ? status : surface_destroy(va, ids, count);
}

static VAStatus create_context(VADriverContextP va, VAConfigID config, int width, int height,
			       int flag, VASurfaceID *targets, int num_targets, VAContextID *id)
{
	VAStatus status = failure(va, "vaCreateContext");

	return status ? status
		      : context_create(va, config, width, height, flag, targets, num_targets, id);
}

static VAStatus destroy_context(VADriverContextP va, VAContextID id)
{
	VAStatus status = failure(va, "vaDestroyContext");

	return status ? status : context_destroy(va, id);
}

static VAStatus create_buffer(VADriverContextP va, VAContextID context, VABufferType type,
			      unsigned int size, unsigned int count, void *data, VABufferID *id)
{
	VAStatus status = failure(va, "vaCreateBuffer");

	return status ? status : buffer_create(va, context, type, size, count, data, id);
}

static VAStatus map_buffer(VADriverContextP va, VABufferID id, void **data)
{
	VAStatus status = failure(va, "vaMapBuffer");

	return status ? status : buffer_map(va, id, data);
}

static VAStatus unmap_buffer(VADriverContextP va, VABufferID id)
{
	VAStatus status = failure(va, "vaUnmapBuffer");

	return status ? status : buffer_unmap(va, id);
}

static VAStatus destroy_buffer(VADriverContextP va, VABufferID id)
{
	VAStatus status = failure(va, "vaDestroyBuffer");

	return status ? status : buffer_destroy(va, id);
}

static VAStatus begin_picture(VADriverContextP va, VAContextID context, VASurfaceID target)
{
	VAStatus status = failure(va, "vaBeginPicture");

	return status ? status : picture_begin(va, context, target);
}

static VAStatus render_picture(VADriverContextP va, VAContextID context, VABufferID *buffers,
			       int count)
{
	VAStatus status = failure(va, "vaRenderPicture");

	return status ? status : picture_render(va, context, buffers, count);
}

static VAStatus end_picture(VADriverContextP va, VAContextID context)
{
	VAStatus status = failure(va, "vaEndPicture");

	if (!status)
		return picture_end(va, context);
	picture_abandon(va, context);
	return status;
}

static VAStatus sync_surface(VADriverContextP va, VASurfaceID id)
{
	VAStatus status = failure(va, "vaSyncSurface");

	return status ? status : surface_sync(va, id);
}

static VAStatus sync_surface2(VADriverContextP va, VASurfaceID id, uint64_t timeout_ns)
{
	VAStatus status = failure(va, "vaSyncSurface2");

	return status ? status : surface_sync2(va, id, timeout_ns);
}

static VAStatus query_surface_status(VADriverContextP va, VASurfaceID id, VASurfaceStatus *out)
{
	VAStatus status = failure(va, "vaQuerySurfaceStatus");

	return status ? status : surface_query_status(va, id, out);
}

static VAStatus create_image(VADriverContextP va, VAImageFormat *format, int width, int height,
			     VAImage *out)
{
	VAStatus status = failure(va, "vaCreateImage");

	return status ? status : image_create(va, format, width, height, out);
}

static VAStatus derive_image(VADriverContextP va, VASurfaceID surface, VAImage *out)
{
	VAStatus status = failure(va, "vaDeriveImage");

	return status ? status : image_derive(va, surface, out);
}

static VAStatus destroy_image(VADriverContextP va, VAImageID id)
{
	VAStatus status = failure(va, "vaDestroyImage");

	return status ? status : image_destroy(va, id);
}

static VAStatus get_image(VADriverContextP va, VASurfaceID surface, int x, int y,
			  unsigned int width, unsigned int height, VAImageID id)
{
	VAStatus status = failure(va, "vaGetImage");

	return status ? status : image_get(va, surface, x, y, width, height, id);
}

static VAStatus put_image(VADriverContextP va, VASurfaceID surface, VAImageID id, int src_x,
			  int src_y, unsigned int src_width, unsigned int src_height, int dest_x,
			  int dest_y, unsigned int dest_width, unsigned int dest_height)
{
	VAStatus status = failure(va, "vaPutImage");

	return status ? status
		      : image_put(va, surface, id, src_x, src_y, src_width, src_height, dest_x,
				  dest_y, dest_width, dest_height);
}

static VAStatus export_handle(VADriverContextP va, VASurfaceID id, uint32_t memory_type,
			      uint32_t flags, void *descriptor)
{
	VAStatus status = failure(va, "vaExportSurfaceHandle");

	return status ? status : export_surface(va, id, memory_type, flags, descriptor);
}

static VAStatus copy(VADriverContextP va, VACopyObject *to, VACopyObject *from, VACopyOption option)
{
	VAStatus status = failure(va, "vaCopy");

	return status ? status : copy_surface(va, to, from, option);
}

void fail_fill(struct VADriverVTable *vtable)
{
	vtable->vaCreateConfig = create_config;
	vtable->vaCreateSurfaces2 = create_surfaces;
	vtable->vaDestroySurfaces = destroy_surfaces;
	vtable->vaCreateContext = create_context;
	vtable->vaDestroyContext = destroy_context;
	vtable->vaCreateBuffer = create_buffer;
	vtable->vaMapBuffer = map_buffer;
	vtable->vaUnmapBuffer = unmap_buffer;
	vtable->vaDestroyBuffer = destroy_buffer;
	vtable->vaBeginPicture = begin_picture;
	vtable->vaRenderPicture = render_picture;
	vtable->vaEndPicture = end_picture;
	vtable->vaSyncSurface = sync_surface;
	vtable->vaSyncSurface2 = sync_surface2;
	vtable->vaQuerySurfaceStatus = query_surface_status;
	vtable->vaCreateImage = create_image;
	vtable->vaDeriveImage = derive_image;
	vtable->vaDestroyImage = destroy_image;
	vtable->vaGetImage = get_image;
	vtable->vaPutImage = put_image;
	vtable->vaExportSurfaceHandle = export_handle;
	vtable->vaCopy = copy;
}
