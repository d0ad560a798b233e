/* SPDX-License-Identifier: MIT */
/*
 * fake-objects.c - the fake libva's configs, surfaces, contexts and buffers
 *
 * What a client must not destroy early is checked here: a config before its contexts, a surface or
 * a buffer that a picture in progress uses.
 */
#include <stdlib.h>
#include <string.h>
#include <va/va_drmcommon.h>
#include "fake-internal.h"

/* ---- Configs ---- */

static bool knows_profile(VAProfile profile)
{
	if (!fake.n_profiles)
		return profile == VAProfileH264ConstrainedBaseline ||
		       profile == VAProfileH264Main || profile == VAProfileH264High ||
		       profile == VAProfileHEVCMain;
	for (int i = 0; i < fake.n_profiles; i++) {
		if (fake.profiles[i] == profile)
			return true;
	}
	return false;
}

static unsigned int get_rt_formats(void)
{
	return fake.rt_formats ? fake.rt_formats : VA_RT_FORMAT_YUV420 | VA_RT_FORMAT_YUV420_10;
}

static VAStatus check_config(VAProfile profile, VAEntrypoint entrypoint,
			     const VAConfigAttrib *attribs, int n)
{
	if (profile == VAProfileNone && entrypoint == VAEntrypointVideoProc)
		return VA_STATUS_SUCCESS;
	if (!knows_profile(profile))
		return VA_STATUS_ERROR_UNSUPPORTED_PROFILE;
	if (entrypoint != VAEntrypointVLD &&
	    (entrypoint != VAEntrypointEncSlice || profile != VAProfileH264Main))
		return VA_STATUS_ERROR_UNSUPPORTED_ENTRYPOINT;
	for (int i = 0; i < n; i++) {
		if (attribs[i].type == VAConfigAttribRTFormat &&
		    !(attribs[i].value & get_rt_formats()))
			return VA_STATUS_ERROR_UNSUPPORTED_RT_FORMAT;
	}
	return VA_STATUS_SUCCESS;
}

VAStatus vaCreateConfig(VADisplay dpy, VAProfile profile, VAEntrypoint entrypoint,
			VAConfigAttrib *attrib_list, int num_attribs, VAConfigID *config_id)
{
	struct fake_call call = fake_begin("vaCreateConfig", dpy);

	if (!call.status)
		call.status = check_config(profile, entrypoint, attrib_list, num_attribs);
	if (!call.status)
		*config_id = fake_object_new(FAKE_CONFIG, dpy)->id;
	return fake_end(&call);
}

VAStatus vaDestroyConfig(VADisplay dpy, VAConfigID config_id)
{
	struct fake_call call = fake_begin("vaDestroyConfig", dpy);
	struct fake_object *config = fake_object_get(&call, FAKE_CONFIG, config_id);

	for (struct fake_object *object = fake.objects; object; object = object->next) {
		if (object->kind == FAKE_CONTEXT && object->config == config_id)
			fake_misuse("a config destroyed before its context");
	}
	if (config)
		fake_object_free(config);
	return fake_end(&call);
}

static const VASurfaceAttrib surface_attribs[] = {
	{VASurfaceAttribPixelFormat,
	 VA_SURFACE_ATTRIB_GETTABLE | VA_SURFACE_ATTRIB_SETTABLE,
	 {VAGenericValueTypeInteger, {VA_FOURCC_NV12}}},
	{VASurfaceAttribMinWidth, VA_SURFACE_ATTRIB_GETTABLE, {VAGenericValueTypeInteger, {16}}},
	{VASurfaceAttribMaxWidth, VA_SURFACE_ATTRIB_GETTABLE, {VAGenericValueTypeInteger, {4096}}},
	{VASurfaceAttribMinHeight, VA_SURFACE_ATTRIB_GETTABLE, {VAGenericValueTypeInteger, {16}}},
	{VASurfaceAttribMaxHeight, VA_SURFACE_ATTRIB_GETTABLE, {VAGenericValueTypeInteger, {2304}}},
	{VASurfaceAttribMemoryType,
	 VA_SURFACE_ATTRIB_GETTABLE | VA_SURFACE_ATTRIB_SETTABLE,
	 {VAGenericValueTypeInteger, {VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME_2 | 1}}},
};

VAStatus vaQuerySurfaceAttributes(VADisplay dpy, VAConfigID config, VASurfaceAttrib *attrib_list,
				  unsigned int *num_attribs)
{
	const unsigned int n = sizeof(surface_attribs) / sizeof(surface_attribs[0]);
	struct fake_call call = fake_begin("vaQuerySurfaceAttributes", dpy);

	if (!fake_object_get(&call, FAKE_CONFIG, config) || call.status)
		return fake_end(&call);
	if (!attrib_list) {
		*num_attribs = n;
	} else if (*num_attribs < n) {
		call.status = VA_STATUS_ERROR_MAX_NUM_EXCEEDED;
	} else {
		memcpy(attrib_list, surface_attribs, sizeof(surface_attribs));
		if (fake.fourcc)
			attrib_list[0].value.value.i = (int)fake.fourcc;
		*num_attribs = n + (unsigned int)fake.excess;
	}
	return fake_end(&call);
}

/* ---- Surfaces ---- */

static bool knows_memory(uint32_t type)
{
	return type == VA_SURFACE_ATTRIB_MEM_TYPE_VA ||
	       type == VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME_2 || type == 0x08000000 ||
	       type == VA_SURFACE_ATTRIB_MEM_TYPE_USER_PTR;
}

static VAStatus check_surfaces(unsigned int format, unsigned int width, unsigned int height,
			       const VASurfaceAttrib *attribs, unsigned int n)
{
	if (!(format & get_rt_formats()))
		return VA_STATUS_ERROR_UNSUPPORTED_RT_FORMAT;
	if (width < 1 || height < 1 || width > 4096 || height > 2304)
		return VA_STATUS_ERROR_RESOLUTION_NOT_SUPPORTED;
	for (unsigned int i = 0; i < n; i++) {
		if (attribs[i].type == VASurfaceAttribPixelFormat &&
		    (attribs[i].flags & VA_SURFACE_ATTRIB_SETTABLE) && !fake.rt_formats &&
		    attribs[i].value.value.i != VA_FOURCC_NV12)
			return VA_STATUS_ERROR_ATTR_NOT_SUPPORTED;
		if (attribs[i].type == VASurfaceAttribMemoryType &&
		    !knows_memory((uint32_t)attribs[i].value.value.i))
			return VA_STATUS_ERROR_UNSUPPORTED_MEMORY_TYPE;
	}
	return VA_STATUS_SUCCESS;
}

VAStatus vaCreateSurfaces(VADisplay dpy, unsigned int format, unsigned int width,
			  unsigned int height, VASurfaceID *surfaces, unsigned int num_surfaces,
			  VASurfaceAttrib *attrib_list, unsigned int num_attribs)
{
	struct fake_call call = fake_begin("vaCreateSurfaces", dpy);

	fake.n_attribs = num_attribs < 32 ? num_attribs : 32;
	if (num_attribs > 0)
		memcpy(fake.attribs, attrib_list, fake.n_attribs * sizeof(*attrib_list));
	if (!call.status)
		call.status = check_surfaces(format, width, height, attrib_list, num_attribs);
	for (unsigned int i = 0; !call.status && i < num_surfaces; i++) {
		struct fake_object *surface = fake_object_new(FAKE_SURFACE, dpy);

		surface->width = width;
		surface->height = height;
		surface->size_bytes = fake_nv12_bytes(width, height);
		surface->data = calloc(1, surface->size_bytes);
		if (!surface->data)
			abort();
		surfaces[i] = surface->id;
	}
	return fake_end(&call);
}

static bool is_target(const struct fake_object *context, VASurfaceID id)
{
	const VASurfaceID *targets = context->data;

	for (size_t i = 0; i < context->n; i++) {
		if (targets[i] == id)
			return true;
	}
	return context->state != FAKE_IDLE && context->target == id;
}

static void check_surface_unused(const struct fake_object *surface)
{
	if (surface->pending)
		fake_misuse("a surface destroyed while it is decoded into");
	for (struct fake_object *object = fake.objects; object; object = object->next) {
		if (object->kind == FAKE_CONTEXT && is_target(object, surface->id))
			fake_misuse(
				"a surface destroyed before the context that it is a target of");
		if (object->kind == FAKE_IMAGE && object->surface == surface->id)
			fake_misuse("a surface destroyed before an image derived from it");
	}
}

VAStatus vaDestroySurfaces(VADisplay dpy, VASurfaceID *surfaces, int num_surfaces)
{
	struct fake_call call = fake_begin("vaDestroySurfaces", dpy);

	for (int i = 0; i < num_surfaces; i++) {
		struct fake_object *surface = fake_object_get(&call, FAKE_SURFACE, surfaces[i]);

		if (!surface)
			continue;
		check_surface_unused(surface);
		fake_object_free(surface);
	}
	return fake_end(&call);
}

/* ---- Contexts ---- */

VAStatus vaCreateContext(VADisplay dpy, VAConfigID config_id, int picture_width, int picture_height,
			 int flag, VASurfaceID *render_targets, int num_render_targets,
			 VAContextID *context)
{
	struct fake_call call = fake_begin("vaCreateContext", dpy);
	struct fake_object *object;
	size_t size_bytes = (size_t)num_render_targets * sizeof(VASurfaceID);

	(void)flag;
	fake_object_get(&call, FAKE_CONFIG, config_id);
	for (int i = 0; i < num_render_targets; i++)
		fake_object_get(&call, FAKE_SURFACE, render_targets[i]);
	if (!call.status && (picture_width < 1 || picture_height < 1 || picture_width > 4096 ||
			     picture_height > 2304))
		call.status = VA_STATUS_ERROR_RESOLUTION_NOT_SUPPORTED;
	if (call.status)
		return fake_end(&call);
	object = fake_object_new(FAKE_CONTEXT, dpy);
	object->config = config_id;
	object->n = (size_t)num_render_targets;
	object->size_bytes = size_bytes;
	object->data = malloc(size_bytes + 1);
	if (!object->data)
		abort();
	if (size_bytes)
		memcpy(object->data, render_targets, size_bytes);
	*context = object->id;
	return fake_end(&call);
}

VAStatus vaDestroyContext(VADisplay dpy, VAContextID context)
{
	struct fake_call call = fake_begin("vaDestroyContext", dpy);
	struct fake_object *found = fake_object_get(&call, FAKE_CONTEXT, context);

	if (found && found->state != FAKE_IDLE)
		fake_misuse("a context destroyed in the middle of a picture");
	for (struct fake_object *object = fake.objects; object; object = object->next) {
		if (object->kind == FAKE_BUFFER && object->context == context)
			fake_misuse("a context destroyed before its buffer");
		if (object->kind == FAKE_SURFACE && object->pending && object->context == context)
			fake_misuse("a context destroyed while it decodes");
	}
	if (found)
		fake_object_free(found);
	return fake_end(&call);
}

/* ---- Buffers ---- */

VAStatus vaCreateBuffer(VADisplay dpy, VAContextID context, VABufferType type, unsigned int size,
			unsigned int num_elements, void *data, VABufferID *buf_id)
{
	struct fake_call call = fake_begin("vaCreateBuffer", dpy);
	struct fake_object *buffer;

	fake_object_get(&call, FAKE_CONTEXT, context);
	if (!call.status && (int)type > VAEncDeltaQpPerBlockBufferType)
		call.status = VA_STATUS_ERROR_UNSUPPORTED_BUFFERTYPE;
	if (call.status)
		return fake_end(&call);
	buffer = fake_object_new(FAKE_BUFFER, dpy);
	buffer->context = context;
	buffer->type = type;
	buffer->n = num_elements;
	buffer->size_bytes = (size_t)size * num_elements;
	buffer->data = malloc(buffer->size_bytes);
	if (!buffer->data)
		abort();
	if (data)
		memcpy(buffer->data, data, buffer->size_bytes);
	else
		memset(buffer->data, 0xdb, buffer->size_bytes);
	*buf_id = buffer->id;
	return fake_end(&call);
}

VAStatus vaDestroyBuffer(VADisplay dpy, VABufferID buffer_id)
{
	struct fake_call call = fake_begin("vaDestroyBuffer", dpy);
	struct fake_object *buffer = fake_object_get(&call, FAKE_BUFFER, buffer_id);

	if (buffer && buffer->in_use_by)
		fake_misuse("a buffer destroyed while a picture uses it");
	if (buffer && buffer->mapped)
		fake_misuse("a buffer destroyed while it is mapped");
	if (buffer && buffer->image)
		fake_misuse("an image's buffer destroyed on its own");
	if (buffer)
		fake_object_free(buffer);
	return fake_end(&call);
}

#define MAX_SEGMENTS 64

/* What the encoder left in a coded buffer: a list in front, and the same bytes for every piece. */
static void *list_segments(const struct fake_object *buffer)
{
	static VACodedBufferSegment list[MAX_SEGMENTS];
	unsigned int n = fake.coded.segments;

	if (n == 0 || n > MAX_SEGMENTS)
		return NULL;
	memset(list, 0, sizeof(list));
	for (unsigned int i = 0; i < n; i++) {
		list[i].size = fake.coded.segment_bytes;
		list[i].buf = buffer->data;
		list[i].next = i + 1 < n ? &list[i + 1] : NULL;
	}
	list[n - 1].status = fake.coded.status;
	list[n - 1].next = fake.coded.endless ? list : NULL;
	return list;
}

static void map(struct fake_call *call, VABufferID id, void **data)
{
	struct fake_object *buffer = fake_object_get(call, FAKE_BUFFER, id);

	if (!buffer || call->status)
		return;
	if (buffer->mapped)
		fake_misuse("a buffer mapped twice");
	buffer->mapped = true;
	*data = buffer->type == VAEncCodedBufferType ? list_segments(buffer) : buffer->data;
}

VAStatus vaMapBuffer(VADisplay dpy, VABufferID buf_id, void **pbuf)
{
	struct fake_call call = fake_begin("vaMapBuffer", dpy);

	map(&call, buf_id, pbuf);
	return fake_end(&call);
}

#if defined(VA_MAPBUFFER_FLAG_DEFAULT)
VAStatus vaMapBuffer2(VADisplay dpy, VABufferID buf_id, void **pbuf, uint32_t flags)
{
	struct fake_call call = fake_begin("vaMapBuffer2", dpy);

	fake.map_flags = flags;
	map(&call, buf_id, pbuf);
	return fake_end(&call);
}
#endif

VAStatus vaSyncBuffer(VADisplay dpy, VABufferID buf_id, uint64_t timeout_ns)
{
	struct fake_call call = fake_begin("vaSyncBuffer", dpy);
	struct fake_object *buffer = fake_object_get(&call, FAKE_BUFFER, buf_id);

	if (buffer && !call.status && fake.no_sync_buffer)
		call.status = VA_STATUS_ERROR_UNIMPLEMENTED;
	if (buffer && !call.status && fake.polls > 0 && timeout_ns != VA_TIMEOUT_INFINITE) {
		fake.polls--;
		call.status = VA_STATUS_ERROR_TIMEDOUT;
	}
	return fake_end(&call);
}

VAStatus vaUnmapBuffer(VADisplay dpy, VABufferID buf_id)
{
	struct fake_call call = fake_begin("vaUnmapBuffer", dpy);
	struct fake_object *buffer = fake_object_get(&call, FAKE_BUFFER, buf_id);

	if (buffer && !buffer->mapped)
		fake_misuse("a buffer unmapped that is not mapped");
	if (buffer)
		buffer->mapped = false;
	return fake_end(&call);
}
