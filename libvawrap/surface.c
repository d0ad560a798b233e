/* SPDX-License-Identifier: MIT */
/*
 * surface.c - surfaces: made in batches, waited for with a timeout
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "internal.h"

#define MAX_BATCH        1024
#define MAX_ATTRIBS      16
#define MAX_ERRORS       4096
#define FIRST_SLEEP_NS   50000
#define LONGEST_SLEEP_NS 2000000

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
	memset(params, 0, sizeof(*params));
	if (given->size_bytes < offsetof(struct vawrap_surface_params, attribs))
		return -EINVAL;
	memcpy(params, given,
	       given->size_bytes < sizeof(*params) ? given->size_bytes : sizeof(*params));
	if (params->width == 0 || params->height == 0 || params->width > INT32_MAX ||
	    params->height > INT32_MAX)
		return -EINVAL;
	if (params->n_attribs >= MAX_ATTRIBS || (params->n_attribs > 0 && !params->attribs))
		return -EINVAL;
	if (params->rt_format == 0)
		params->rt_format = VA_RT_FORMAT_YUV420;
	return 0;
}

static unsigned int list_attribs(const struct vawrap_surface_params *params,
				 VASurfaceAttrib list[MAX_ATTRIBS])
{
	unsigned int n = 0;

	memset(list, 0, MAX_ATTRIBS * sizeof(list[0]));
	if (params->fourcc) {
		list[n].type = VASurfaceAttribPixelFormat;
		list[n].flags = VA_SURFACE_ATTRIB_SETTABLE;
		list[n].value.type = VAGenericValueTypeInteger;
		list[n++].value.value.i = (int32_t)params->fourcc;
	}
	for (size_t i = 0; i < params->n_attribs; i++)
		list[n++] = params->attribs[i];
	return n;
}

static int create(struct vawrap_display *display, const struct vawrap_surface_params *params,
		  VASurfaceID *ids, size_t n)
{
	VASurfaceAttrib attribs[MAX_ATTRIBS];
	unsigned int n_attribs = list_attribs(params, attribs);

	return DISPLAY_CALL(display, vaCreateSurfaces, params->rt_format, params->width,
			    params->height, ids, (unsigned int)n, attribs, n_attribs);
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

int vawrap_surface_copy(struct vawrap_surface *to, struct vawrap_surface *from, unsigned int mode)
{
	VACopyObject there = {.obj_type = VACopyObjectSurface};
	VACopyObject here = {.obj_type = VACopyObjectSurface};

	if (!from || to == from || from->handle.display != to->handle.display)
		return -EINVAL;
	there.object.surface_id = to->handle.id;
	here.object.surface_id = from->handle.id;
	return vpp_copy(to->handle.display, &there, &here, mode);
}

/* ---- Waiting ---- */

static int sync_forever(struct vawrap_surface *surface)
{
	struct vawrap_display *display = surface->handle.display;

	return DISPLAY_CALL(display, vaSyncSurface, surface->handle.id);
}

/* Sets *missing when the driver has no such call, which is no error. */
static int sync_timeout(struct vawrap_surface *surface, uint64_t timeout_ns, bool *missing)
{
	struct vawrap_display *display = surface->handle.display;
	int error = display_enter(display);
	VAStatus status;

	if (error)
		return error;
	status = vaSyncSurface2(display->va, surface->handle.id, timeout_ns);
	*missing = status == VA_STATUS_ERROR_UNIMPLEMENTED;
	if (*missing)
		status = VA_STATUS_SUCCESS;
	return display_leave(display, "vaSyncSurface2", status);
}

static void sleep_ns(uint64_t ns)
{
	struct timespec span = {.tv_sec = (time_t)(ns / 1000000000u),
				.tv_nsec = (long)(ns % 1000000000u)};

	nanosleep(&span, NULL);
}

/* For drivers without vaSyncSurface2(). A surface that is done is synced for its errors. */
static int sync_by_status(struct vawrap_surface *surface, uint64_t timeout_ns)
{
	uint64_t begin_ns = timeout_ns ? handle_now_ns() : 0;
	uint64_t sleep_next_ns = FIRST_SLEEP_NS;
	VASurfaceStatus status;
	uint64_t spent_ns, left_ns;
	int error;

	for (;;) {
		error = vawrap_surface_get_status(surface, &status);
		if (error == -EBADMSG || (!error && !(status & VASurfaceRendering)))
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

int surface_wait(struct vawrap_surface *surface, int64_t timeout_ns)
{
	struct vawrap_display *display = surface->handle.display;
	bool missing = false;
	int error;

	if (timeout_ns < 0)
		return sync_forever(surface);
	if (!atomic_load_explicit(&display->no_sync2, memory_order_relaxed)) {
		error = sync_timeout(surface, (uint64_t)timeout_ns, &missing);
		if (!missing)
			return error;
		atomic_store_explicit(&display->no_sync2, true, memory_order_relaxed);
	}
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
