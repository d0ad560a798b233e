/* SPDX-License-Identifier: MIT */
/*
 * surface.c - surfaces: made in batches or over others' memory, waited for with a timeout
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "internal.h"

#define MAX_BATCH        1024
#define MAX_ATTRIBS      16 /* of the caller's */
#define MAX_OWN_ATTRIBS  5
#define MAX_MODIFIERS    1024
#define MAX_ERRORS       4096
#define FIRST_SLEEP_NS   50000
#define LONGEST_SLEEP_NS 2000000
#define MAX_BUSY         100  /* with a longest sleep between each two */
#define MAX_GIVEN_UP     2500 /* the same */

#define MAX_PRIME 4 /* objects, layers, planes of a descriptor */

/* VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME_3, which headers have from 1.21 on. */
#define MEM_TYPE_DRM_PRIME_3 0x08000000

struct vawrap_surface {
	struct handle handle;
	unsigned int width, height;
};

static void destroy(struct handle *handle)
{
	struct vawrap_display *display = handle->display;
	VASurfaceID id = handle->id;

	DISPLAY_DESTROY(display, vaDestroySurfaces, &id, 1);
	handle_retire(handle);
}

static const struct handle_class surface_class = {
	.kind = VAWRAP_KIND_SURFACE,
	.size_bytes = sizeof(struct vawrap_surface),
	.destroy = destroy,
};

/* ---- Making ---- */

static int read_params(const struct vawrap_surface_params *given,
		       struct vawrap_surface_params *params)
{
	if (handle_read_sized(params, sizeof(*params), given,
			      offsetof(struct vawrap_surface_params, attribs)))
		return -EINVAL;
	if (params->width == 0 || params->height == 0 || params->width > INT32_MAX ||
	    params->height > INT32_MAX)
		return -EINVAL;
	if (params->n_attribs >= MAX_ATTRIBS || (params->n_attribs > 0 && !params->attribs))
		return -EINVAL;
	if (params->n_modifiers > MAX_MODIFIERS || (params->n_modifiers > 0 && !params->modifiers))
		return -EINVAL;
	if (params->rt_format == 0)
		params->rt_format = VA_RT_FORMAT_YUV420;
	return 0;
}

/* The attributes of vaCreateSurfaces(), with what one of them points to. */
struct attribs {
	VASurfaceAttrib list[MAX_ATTRIBS + MAX_OWN_ATTRIBS];
	unsigned int n;
	VADRMFormatModifierList modifiers;
};

static void add_number(struct attribs *attribs, VASurfaceAttribType type, uint32_t value)
{
	if (value == 0)
		return;
	attribs->list[attribs->n++] = (VASurfaceAttrib){
		.type = type,
		.flags = VA_SURFACE_ATTRIB_SETTABLE,
		.value = {.type = VAGenericValueTypeInteger, .value = {.i = (int32_t)value}},
	};
}

static void add_pointer(struct attribs *attribs, VASurfaceAttribType type, const void *value)
{
	attribs->list[attribs->n++] = (VASurfaceAttrib){
		.type = type,
		.flags = VA_SURFACE_ATTRIB_SETTABLE,
		.value = {.type = VAGenericValueTypePointer,
			  .value = {.p = (void *)(uintptr_t)value}},
	};
}

static void list_attribs(const struct vawrap_surface_params *params, struct attribs *attribs)
{
	memset(attribs, 0, sizeof(*attribs));
	add_number(attribs, VASurfaceAttribPixelFormat, params->fourcc);
	add_number(attribs, VASurfaceAttribUsageHint, params->usage_hint);
	add_number(attribs, VASurfaceAttribMemoryType, params->memory_type);
	if (params->descriptor)
		add_pointer(attribs, VASurfaceAttribExternalBufferDescriptor, params->descriptor);
	if (params->n_modifiers > 0) {
		attribs->modifiers.num_modifiers = (uint32_t)params->n_modifiers;
		attribs->modifiers.modifiers = (uint64_t *)(uintptr_t)params->modifiers;
		add_pointer(attribs, VASurfaceAttribDRMFormatModifiers, &attribs->modifiers);
	}
	for (size_t i = 0; i < params->n_attribs; i++)
		attribs->list[attribs->n++] = params->attribs[i];
}

/* Whether each index and count stays within its array; for PRIME_3 too, which begins like this. */
static int check_prime(const VADRMPRIMESurfaceDescriptor *prime)
{
	bool sound = prime->num_objects >= 1 && prime->num_objects <= MAX_PRIME &&
		     prime->num_layers >= 1 && prime->num_layers <= MAX_PRIME;

	for (uint32_t i = 0; sound && i < prime->num_objects; i++)
		sound = prime->objects[i].fd >= 0;
	for (uint32_t i = 0; sound && i < prime->num_layers; i++) {
		uint32_t n = prime->layers[i].num_planes;

		sound = n >= 1 && n <= MAX_PRIME;
		for (uint32_t k = 0; sound && k < n; k++)
			sound = prime->layers[i].object_index[k] < prime->num_objects;
	}
	return sound ? 0 : -EINVAL;
}

/* Memory from outside: what its descriptor says must make sense for n surfaces. */
static int check_import(const struct vawrap_surface_params *params, size_t n)
{
	const VASurfaceAttribExternalBuffers *external = params->descriptor;

	switch (params->memory_type) {
	case VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME_2:
	case MEM_TYPE_DRM_PRIME_3:
		/* Without a descriptor it only asks for memory that can be exported. */
		return !external ? 0 : n == 1 ? check_prime(params->descriptor) : -EINVAL;
	case VA_SURFACE_ATTRIB_MEM_TYPE_USER_PTR:
	case VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME:
		if (!external)
			return params->memory_type == VA_SURFACE_ATTRIB_MEM_TYPE_USER_PTR ? -EINVAL
											  : 0;
		return external->buffers && external->num_buffers >= n &&
				       external->num_planes >= 1 && external->num_planes <= 4
			       ? 0
			       : -EINVAL;
	default:
		return 0;
	}
}

static int create(struct vawrap_display *display, const struct vawrap_surface_params *params,
		  VASurfaceID *ids, size_t n)
{
	struct attribs attribs;

	list_attribs(params, &attribs);
	return DISPLAY_CALL(display, vaCreateSurfaces, params->rt_format, params->width,
			    params->height, ids, (unsigned int)n, attribs.list, attribs.n);
}

/* Takes back what new_handles() made: out[0..n) up to the first hole. */
static void drop_handles(struct vawrap_surface **out, size_t n)
{
	for (size_t i = 0; i < n && out[i]; i++) {
		handle_retire(&out[i]->handle);
		out[i] = NULL;
	}
}

static int new_handles(struct vawrap_display *display, struct vawrap_surface **out, size_t n,
		       const char *site)
{
	for (size_t i = 0; i < n; i++) {
		out[i] = handle_new(display, &surface_class, site);
		if (!out[i]) {
			drop_handles(out, n);
			return -ENOMEM;
		}
	}
	return 0;
}

int vawrap_surface_new_batch_at(struct vawrap_display *display,
				const struct vawrap_surface_params *given,
				struct vawrap_surface **out, size_t n, const char *site)
{
	struct vawrap_surface_params params;
	VASurfaceID *ids;
	int error;

	for (size_t i = 0; i < n; i++)
		out[i] = NULL;
	error = read_params(given, &params);
	if (!error)
		error = check_import(&params, n);
	if (error || n == 0 || n > MAX_BATCH)
		return -EINVAL;
	ids = calloc(n, sizeof(*ids));
	if (!ids)
		return -ENOMEM;
	error = new_handles(display, out, n, site);
	if (!error) {
		error = create(display, &params, ids, n);
		if (error)
			drop_handles(out, n);
	}
	for (size_t i = 0; !error && i < n; i++) {
		out[i]->width = params.width;
		out[i]->height = params.height;
		handle_publish(&out[i]->handle, ids[i]);
	}
	free(ids);
	return error;
}

struct vawrap_surface *vawrap_surface_ref(struct vawrap_surface *surface)
{
	return handle_ref((struct handle *)surface);
}

struct vawrap_surface *vawrap_surface_unref(struct vawrap_surface *surface)
{
	handle_unref((struct handle *)surface);
	return NULL;
}

VASurfaceID vawrap_surface_get_id(const struct vawrap_surface *surface)
{
	return surface->handle.id;
}

struct vawrap_display *vawrap_surface_get_display(const struct vawrap_surface *surface)
{
	return surface->handle.display;
}

void vawrap_surface_get_size(const struct vawrap_surface *surface, unsigned int *width,
			     unsigned int *height)
{
	*width = surface->width;
	*height = surface->height;
}

int vawrap_surface_copy(struct vawrap_surface *to, struct vawrap_surface *from)
{
	VACopyObject there = {.obj_type = VACopyObjectSurface};
	VACopyObject here = {.obj_type = VACopyObjectSurface};

	if (!from || to == from || from->handle.display != to->handle.display)
		return -EINVAL;
	there.object.surface_id = to->handle.id;
	here.object.surface_id = from->handle.id;
	return vpp_copy(to->handle.display, &there, &here);
}

/* ---- Export ---- */

void vawrap_export_finish(VADRMPRIMESurfaceDescriptor *exported)
{
	for (uint32_t i = 0; i < exported->num_objects && i < MAX_PRIME; i++) {
		if (exported->objects[i].fd >= 0)
			close(exported->objects[i].fd);
	}
	memset(exported, 0, sizeof(*exported));
}

int vawrap_surface_export(struct vawrap_surface *surface, uint32_t flags,
			  VADRMPRIMESurfaceDescriptor *out)
{
	const uint32_t layers =
		flags & (VA_EXPORT_SURFACE_SEPARATE_LAYERS | VA_EXPORT_SURFACE_COMPOSED_LAYERS);
	int error;

	memset(out, 0, sizeof(*out));
	if (!(flags & VA_EXPORT_SURFACE_READ_WRITE) || (layers & (layers - 1)) || !layers)
		return -EINVAL;
	error = DISPLAY_CALL(surface->handle.display, vaExportSurfaceHandle, surface->handle.id,
			     VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME_2, flags, out);
	if (error)
		memset(out, 0, sizeof(*out));
	if (error || !check_prime(out))
		return error;
	log_write(&surface->handle.display->log, VAWRAP_LOG_ERROR,
		  "export: the driver's descriptor is not sound");
	vawrap_export_finish(out);
	return -EIO;
}

/* ---- Waiting ---- */

static void sleep_ns(uint64_t ns)
{
	struct timespec span = {.tv_sec = (time_t)(ns / 1000000000u),
				.tv_nsec = (long)(ns % 1000000000u)};

	nanosleep(&span, NULL);
}

/*
 * Some drivers give up a wait without a limit (Mesa), or say that the hardware is busy (Intel), which may be
 * for ever: they are asked again, but not for ever. A wait that ends by itself has used up time of its own.
 */
static int sync_forever(struct vawrap_surface *surface)
{
	struct vawrap_display *display = surface->handle.display;
	unsigned int busy = 0, given_up = 0;
	VAStatus status;
	int error;

	for (;;) {
		error = display_enter(display);
		if (error)
			return error;
		status = vaSyncSurface(display->va, surface->handle.id);
		if (status == VA_STATUS_ERROR_TIMEDOUT && given_up++ == MAX_GIVEN_UP)
			return display_leave_as(display, "vaSyncSurface", status, -EBUSY);
		if (status != VA_STATUS_ERROR_TIMEDOUT &&
		    (status != VA_STATUS_ERROR_HW_BUSY || busy++ == MAX_BUSY))
			return display_leave(display, "vaSyncSurface", status);
		display_leave(display, "vaSyncSurface", VA_STATUS_SUCCESS);
		sleep_ns(LONGEST_SLEEP_NS);
	}
}

/* A missing call is no error, but noted. A driver that is busy has used up its time, if not ours. */
static int sync_timeout(struct vawrap_surface *surface, uint64_t timeout_ns)
{
	struct vawrap_display *display = surface->handle.display;
	int error = display_enter(display);
	VAStatus status;

	if (error)
		return error;
	status = vaSyncSurface2(display->va, surface->handle.id, timeout_ns);
	if (status == VA_STATUS_ERROR_UNIMPLEMENTED) {
		atomic_store_explicit(&display->no_sync2, true, memory_order_relaxed);
		status = VA_STATUS_SUCCESS;
	} else if (status == VA_STATUS_ERROR_HW_BUSY) {
		status = VA_STATUS_ERROR_TIMEDOUT;
	}
	return display_leave(display, "vaSyncSurface2", status);
}

/*
 * For drivers without vaSyncSurface2(). A surface that is done is synced for its errors. Where nobody can
 * ask for its status, either, there is no wait with a limit.
 */
static int sync_by_status(struct vawrap_surface *surface, uint64_t timeout_ns)
{
	uint64_t begin_ns = timeout_ns ? handle_now_ns() : 0;
	uint64_t sleep_next_ns = FIRST_SLEEP_NS;
	VASurfaceStatus status;
	uint64_t spent_ns, left_ns;
	int error;

	for (;;) {
		error = vawrap_surface_get_status(surface, &status);
		if (error == -EBADMSG || error == -ENOTSUP ||
		    (!error && !(status & VASurfaceRendering)))
			return sync_forever(surface);
		if (error)
			return error;
		spent_ns = timeout_ns ? handle_now_ns() - begin_ns : 0;
		if (spent_ns >= timeout_ns)
			return -ETIMEDOUT;
		left_ns = timeout_ns - spent_ns;
		sleep_ns(sleep_next_ns < left_ns ? sleep_next_ns : left_ns);
		if (sleep_next_ns < LONGEST_SLEEP_NS)
			sleep_next_ns *= 2;
	}
}

bool vawrap_display_lacks_sync2(const struct vawrap_display *display)
{
	return atomic_load_explicit(&display->no_sync2, memory_order_relaxed);
}

int surface_wait(struct vawrap_surface *surface, int64_t timeout_ns)
{
	const struct vawrap_display *display = surface->handle.display;
	int error = 0;

	if (timeout_ns < 0)
		return sync_forever(surface);
	if (!vawrap_display_lacks_sync2(display))
		error = sync_timeout(surface, (uint64_t)timeout_ns);
	if (error || !vawrap_display_lacks_sync2(display))
		return error;
	return sync_by_status(surface, (uint64_t)timeout_ns);
}

int vawrap_surface_sync(struct vawrap_surface *surface, int64_t timeout_ns)
{
	return surface_wait(surface, timeout_ns);
}

int vawrap_surface_get_status(struct vawrap_surface *surface, VASurfaceStatus *status)
{
	struct vawrap_display *display = surface->handle.display;

	return DISPLAY_CALL(display, vaQuerySurfaceStatus, surface->handle.id, status);
}

/* The list is the driver's, until its next call: it is copied while the display is entered. */
static int copy_errors(const VASurfaceDecodeMBErrors *list, VASurfaceDecodeMBErrors *errors,
		       size_t capacity)
{
	int n = 0;

	while (list && n < MAX_ERRORS && (size_t)n < capacity && list[n].status != -1) {
		errors[n] = list[n];
		n++;
	}
	return n;
}

int vawrap_surface_get_errors(struct vawrap_surface *surface, VASurfaceDecodeMBErrors *errors,
			      size_t capacity)
{
	struct vawrap_display *display = surface->handle.display;
	void *list = NULL;
	VAStatus status;
	int n = 0;
	int error = display_enter(display);

	if (error)
		return error;
	status = vaQuerySurfaceError(display->va, surface->handle.id,
				     VA_STATUS_ERROR_DECODING_ERROR, &list);
	if (status == VA_STATUS_SUCCESS)
		n = copy_errors(list, errors, capacity);
	error = display_leave(display, "vaQuerySurfaceError", status);
	return error ? error : n;
}
