/* SPDX-License-Identifier: MIT */
/*
 * Surfaces: one memfd each (or the client's memory), linear, and the state that vaSyncSurface waits
 * for. A surface that waits for its picture holds a poison pattern, so that a client that does not wait
 * sees it.
 */
#include "softva.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* Of sync=timedout and sync=busy. */
#define DRIVER_TIMEOUT_NS 2000000
#define BUSY_WAITS        2

static void surface_free(struct object *object)
{
	struct surface *surface = (struct surface *)object;

	if (surface->map)
		munmap(surface->map, surface->size_bytes);
	if (surface->foreign.map)
		munmap(surface->foreign.map, surface->foreign.size_bytes);
	if (surface->fd >= 0)
		close(surface->fd);
	if (surface->stream)
		object_unref(surface->stream);
	pthread_cond_destroy(&surface->done);
	pthread_mutex_destroy(&surface->lock);
	free(surface);
}

static int init_lock(struct surface *surface)
{
	pthread_condattr_t attributes;
	int ret = pthread_condattr_init(&attributes);

	if (ret)
		return -ret;
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	ret = pthread_cond_init(&surface->done, &attributes);
	pthread_condattr_destroy(&attributes);
	if (ret)
		return -ret;
	ret = pthread_mutex_init(&surface->lock, NULL);
	if (ret)
		pthread_cond_destroy(&surface->done);
	return -ret;
}

static struct surface *surface_new(uint32_t width, uint32_t height)
{
	struct surface *surface = calloc(1, sizeof(*surface));

	if (!surface)
		return NULL;
	object_init(&surface->object, OBJECT_SURFACE, surface_free);
	surface->width = width;
	surface->height = height;
	surface->fd = -1;
	surface->status = VA_STATUS_SUCCESS;
	if (init_lock(surface)) {
		free(surface);
		return NULL;
	}
	return surface;
}

/* Height to 32 rows, so that whole macroblock pairs always fit. */
static int allocate_own(struct surface *surface, const struct quirks *quirks)
{
	struct format_layout layout;

	surface->store_width = align_up(surface->width, 16);
	surface->store_height = align_up(surface->height, 32);
	format_lay_out(surface->format,
		       (const uint32_t[2]){surface->store_width, surface->store_height},
		       quirks_padding(quirks), &layout);
	for (int plane = 0; plane < FORMAT_MAX_PLANES; plane++)
		surface->planes[plane] = (struct surface_plane){layout.offset_bytes[plane],
								layout.pitch_bytes[plane]};
	surface->size_bytes = layout.size_bytes;
	surface->fd = memfd_create("softva", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (surface->fd < 0 || ftruncate(surface->fd, (off_t)surface->size_bytes))
		return -errno;
	fcntl(surface->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW);
	return 0;
}

static int adopt(struct surface *surface, const struct import *import)
{
	surface->store_width = surface->width;
	surface->store_height = surface->height;
	memcpy(surface->planes, import->planes, sizeof(surface->planes));
	surface->size_bytes = import->size_bytes;
	surface->fd = fcntl(import->fd, F_DUPFD_CLOEXEC, 0);
	return surface->fd < 0 ? -errno : 0;
}

static int map_memory(struct surface *surface)
{
	void *map =
		mmap(NULL, surface->size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, surface->fd, 0);

	if (map == MAP_FAILED)
		return -errno;
	surface->map = map;
	return 0;
}

/* The surface has memory of its own; what it has shows in the client's. */
static int map_foreign(struct surface *surface, const struct import *import)
{
	void *map =
		mmap(NULL, import->size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, import->fd, 0);

	if (map == MAP_FAILED)
		return -errno;
	surface->foreign.map = map;
	surface->foreign.size_bytes = import->size_bytes;
	memcpy(surface->foreign.planes, import->planes, sizeof(import->planes));
	return 0;
}

static int make_memory(struct surface *surface, const struct quirks *quirks,
		       const struct import *import)
{
	int ret;

	surface->imported = import->fd >= 0 && quirks->import != QUIRK_IMPORT_IGNORED &&
			    quirks->import != QUIRK_IMPORT_TILED;
	ret = surface->imported ? adopt(surface, import) : allocate_own(surface, quirks);
	if (!ret)
		ret = map_memory(surface);
	/* What is beside the picture is nobody's to read. */
	if (!ret && !surface->imported && (quirks->align || quirks->gap))
		memset(surface->map, SOFTVA_PADDING, surface->size_bytes);
	if (!ret && import->fd >= 0 && quirks->import == QUIRK_IMPORT_TILED)
		ret = map_foreign(surface, import);
	return ret;
}

static VAStatus create_one(struct softva *softva, const uint32_t size[2],
			   const struct import *import, VASurfaceID *id)
{
	struct surface *surface = surface_new(size[0], size[1]);
	int ret;

	if (!surface)
		return VA_STATUS_ERROR_ALLOCATION_FAILED;
	surface->format = import->format;
	surface->serial = atomic_fetch_add(&softva->num_surfaces, 1);
	ret = make_memory(surface, &softva->quirks, import);
	if (!ret)
		ret = object_add(&softva->heap, &surface->object);
	if (ret) {
		object_unref(&surface->object);
		return VA_STATUS_ERROR_ALLOCATION_FAILED;
	}
	*id = surface->object.id;
	return VA_STATUS_SUCCESS;
}

static VAStatus create_surface(struct softva *softva, unsigned int rt_format,
			       const uint32_t size[2], struct import *import, VASurfaceID *id)
{
	if (!import->format)
		import->format = format_find_rt(rt_format);
	if (!(import->format->rt_format & rt_format))
		return VA_STATUS_ERROR_UNSUPPORTED_RT_FORMAT;
	if (import->fd >= 0 && softva->quirks.import == QUIRK_IMPORT_NONE)
		return VA_STATUS_ERROR_UNSUPPORTED_MEMORY_TYPE;
	return create_one(softva, size, import, id);
}

VAStatus surface_create2(VADriverContextP va, unsigned int format, unsigned int width,
			 unsigned int height, VASurfaceID *ids, unsigned int count,
			 VASurfaceAttrib *attribs, unsigned int num_attribs)
{
	const uint32_t size[2] = {width, height};
	VAStatus status = VA_STATUS_SUCCESS;
	struct import import;
	unsigned int done;

	if (softva_enter(softva_of(va)))
		return VA_STATUS_ERROR_OPERATION_FAILED;
	if (!format_find_rt(format))
		return VA_STATUS_ERROR_UNSUPPORTED_RT_FORMAT;
	if (!count || !ids)
		return VA_STATUS_ERROR_INVALID_PARAMETER;
	if (!width || !height || width > SOFTVA_MAX_WIDTH || height > SOFTVA_MAX_HEIGHT)
		return VA_STATUS_ERROR_RESOLUTION_NOT_SUPPORTED;
	for (done = 0; done < count; done++) {
		status = import_parse(attribs, num_attribs, size, &import, done);
		if (status == VA_STATUS_SUCCESS)
			status = create_surface(softva_of(va), format, size, &import, &ids[done]);
		if (status != VA_STATUS_SUCCESS)
			break;
	}
	if (status != VA_STATUS_SUCCESS) {
		surface_destroy(va, ids, (int)done);
		for (unsigned int i = 0; i < count; i++)
			ids[i] = VA_INVALID_SURFACE;
	}
	return status;
}

VAStatus surface_create(VADriverContextP va, int width, int height, int format, int count,
			VASurfaceID *ids)
{
	if (width < 0 || height < 0 || count < 0)
		return VA_STATUS_ERROR_INVALID_PARAMETER;
	return surface_create2(va, (unsigned int)format, (unsigned int)width, (unsigned int)height,
			       ids, (unsigned int)count, NULL, 0);
}

/* All or nothing: with one wrong id in the list no surface is touched. */
VAStatus surface_destroy(VADriverContextP va, VASurfaceID *ids, int count)
{
	struct object_heap *heap = &softva_of(va)->heap;

	for (int i = 0; i < count; i++) {
		struct surface *surface = object_get(heap, ids[i], OBJECT_SURFACE);

		if (!surface)
			return VA_STATUS_ERROR_INVALID_SURFACE;
		object_unref(&surface->object);
	}
	for (int i = 0; i < count; i++) {
		struct surface *surface = object_remove(heap, ids[i], OBJECT_SURFACE);

		if (surface)
			object_unref(&surface->object);
	}
	return VA_STATUS_SUCCESS;
}

static struct timespec deadline_after(uint64_t timeout_ns)
{
	const uint64_t second = 1000000000;
	struct timespec deadline;
	uint64_t ns;

	clock_gettime(CLOCK_MONOTONIC, &deadline);
	ns = timeout_ns % second + (uint64_t)deadline.tv_nsec;
	deadline.tv_sec += (time_t)(timeout_ns / second + ns / second);
	deadline.tv_nsec = (long)(ns % second);
	return deadline;
}

static VAStatus wait_for(struct surface *surface, uint64_t timeout_ns)
{
	struct timespec deadline = deadline_after(timeout_ns);
	VAStatus status;
	int ret = 0;

	pthread_mutex_lock(&surface->lock);
	while (surface->pending && ret != ETIMEDOUT)
		if (timeout_ns == VA_TIMEOUT_INFINITE)
			ret = pthread_cond_wait(&surface->done, &surface->lock);
		else
			ret = pthread_cond_timedwait(&surface->done, &surface->lock, &deadline);
	status = surface->pending ? VA_STATUS_ERROR_TIMEDOUT : surface->status;
	pthread_mutex_unlock(&surface->lock);
	return status;
}

/* Until the test lets it end; both ends are open here, so that the pipe lives without the test's. */
static void hang(const char *gate)
{
	int fd = open(gate, O_RDWR | O_CLOEXEC);
	char byte;

	while (fd >= 0 && read(fd, &byte, 1) < 0 && errno == EINTR)
		;
	if (fd >= 0)
		close(fd);
}

static bool is_busy(struct surface *surface)
{
	bool busy;

	pthread_mutex_lock(&surface->lock);
	busy = surface->busy > 0;
	surface->busy -= busy;
	pthread_mutex_unlock(&surface->lock);
	return busy;
}

/* As long as the driver that is played would wait. */
static VAStatus wait_like_driver(struct softva *softva, struct surface *surface,
				 uint64_t timeout_ns)
{
	switch (softva->quirks.sync) {
	case QUIRK_SYNC_HANG:
		if (surface->used)
			hang(softva->gate_path);
		break;
	case QUIRK_SYNC_TIMEDOUT:
		if (timeout_ns == VA_TIMEOUT_INFINITE)
			timeout_ns = DRIVER_TIMEOUT_NS;
		break;
	case QUIRK_SYNC_BUSY:
		if (is_busy(surface))
			return VA_STATUS_ERROR_HW_BUSY;
		break;
	default:
		break;
	}
	return wait_for(surface, timeout_ns);
}

VAStatus surface_sync2(VADriverContextP va, VASurfaceID id, uint64_t timeout_ns)
{
	struct softva *softva = softva_of(va);
	struct surface *surface = object_get(&softva->heap, id, OBJECT_SURFACE);
	VAStatus status;

	if (!surface)
		return VA_STATUS_ERROR_INVALID_SURFACE;
	if (softva->quirks.lock_while_waiting)
		pthread_mutex_lock(&softva->wait_lock);
	status = wait_like_driver(softva, surface, timeout_ns);
	if (softva->quirks.lock_while_waiting)
		pthread_mutex_unlock(&softva->wait_lock);
	object_unref(&surface->object);
	return status;
}

VAStatus surface_sync(VADriverContextP va, VASurfaceID id)
{
	return surface_sync2(va, id, VA_TIMEOUT_INFINITE);
}

static bool is_pending(struct surface *surface)
{
	bool pending;

	pthread_mutex_lock(&surface->lock);
	pending = surface->pending > 0;
	pthread_mutex_unlock(&surface->lock);
	return pending;
}

void surface_access(struct softva *softva, struct surface *surface)
{
	if (check_count(&softva->checks, CHECK_READ_BEFORE_SYNC, !is_pending(surface)))
		return;
	softva_log(softva, "surface 0x%08x is accessed before vaSyncSurface", surface->object.id);
	surface_wait(surface);
}

void surface_wait(struct surface *surface)
{
	wait_for(surface, VA_TIMEOUT_INFINITE);
}

VAStatus surface_query_status(VADriverContextP va, VASurfaceID id, VASurfaceStatus *status)
{
	struct surface *surface = object_get(&softva_of(va)->heap, id, OBJECT_SURFACE);

	if (!surface)
		return VA_STATUS_ERROR_INVALID_SURFACE;
	*status = is_pending(surface) ? VASurfaceRendering : VASurfaceReady;
	object_unref(&surface->object);
	return VA_STATUS_SUCCESS;
}

/* The list lives in the surface and ends with status -1; libavcodec does not say which macroblocks. */
static void list_errors(struct surface *surface)
{
	uint32_t mbs = align_up(surface->width, 16) / 16 * (align_up(surface->height, 16) / 16);

	memset(surface->errors, 0, sizeof(surface->errors));
	surface->errors[0].status = -1;
	surface->errors[1].status = -1;
	if (surface->status == VA_STATUS_SUCCESS)
		return;
	surface->errors[0].status = 1;
	surface->errors[0].start_mb = 0;
	surface->errors[0].end_mb = mbs - 1;
	surface->errors[0].decode_error_type = VADecodeMBError;
	surface->errors[0].num_mb = mbs;
}

VAStatus surface_query_error(VADriverContextP va, VASurfaceID id, VAStatus status, void **info)
{
	struct surface *surface = object_get(&softva_of(va)->heap, id, OBJECT_SURFACE);
	VAStatus ret = VA_STATUS_SUCCESS;

	if (!surface)
		return VA_STATUS_ERROR_INVALID_SURFACE;
	pthread_mutex_lock(&surface->lock);
	if (status != VA_STATUS_ERROR_DECODING_ERROR || !info) {
		ret = VA_STATUS_ERROR_INVALID_PARAMETER;
	} else {
		list_errors(surface);
		*info = surface->errors;
	}
	pthread_mutex_unlock(&surface->lock);
	object_unref(&surface->object);
	return ret;
}

static void poison_surface(struct surface *surface)
{
	for (unsigned int plane = 0; plane < surface->format->num_planes; plane++) {
		uint32_t bytes = format_row_bytes(surface->format, plane, surface->store_width);
		uint32_t rows = format_rows(surface->format, plane, surface->store_height);

		for (uint32_t y = 0; y < rows; y++)
			memset(surface_row(surface, plane, y), SOFTVA_POISON, bytes);
	}
}

void surface_submit(struct surface *surface, bool poison)
{
	pthread_mutex_lock(&surface->lock);
	if (poison) {
		poison_surface(surface);
		surface->status = VA_STATUS_SUCCESS;
	}
	surface->pending++;
	surface->used = true;
	surface->busy = BUSY_WAITS;
	pthread_mutex_unlock(&surface->lock);
}

void surface_publish(struct surface *surface)
{
	if (surface->foreign.map)
		tiles_show(surface, surface->foreign.map, surface->foreign.planes);
}

void surface_lose(struct surface *surface)
{
	pthread_mutex_lock(&surface->lock);
	surface->status = VA_STATUS_ERROR_HW_BUSY;
	pthread_mutex_unlock(&surface->lock);
}

void surface_complete(struct surface *surface, bool good)
{
	pthread_mutex_lock(&surface->lock);
	if (!good)
		surface->status = VA_STATUS_ERROR_DECODING_ERROR;
	surface_publish(surface);
	if (!--surface->pending)
		pthread_cond_broadcast(&surface->done);
	pthread_mutex_unlock(&surface->lock);
}
