/* SPDX-License-Identifier: MIT */
/*
 * handle.c - what all objects have in common: references, the live list, recycled memory
 *
 * A handle is listed from handle_new() to handle_retire(); it shows in reports while it has
 * references. Its memory then waits in the display's free list of its kind, so that making and
 * dropping buffers, images and pictures allocates nothing once as many have lived at a time.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "internal.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size)   ((void)(address), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#endif

/* A free handle keeps its body for the next object, but nobody may look at it meanwhile. */
static void poison(struct handle *handle)
{
	ASAN_POISON_MEMORY_REGION(handle + 1, handle->class->size_bytes - sizeof(*handle));
}

static void unpoison(struct handle *handle)
{
	ASAN_UNPOISON_MEMORY_REGION(handle + 1, handle->class->size_bytes - sizeof(*handle));
}

uint64_t handle_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void link_newest(struct vawrap_display *display, struct handle *handle)
{
	handle->prev = display->newest;
	handle->next = NULL;
	if (display->newest)
		display->newest->next = handle;
	else
		display->oldest = handle;
	display->newest = handle;
	display->n_live[handle->class->kind]++;
}

static void unlink_handle(struct vawrap_display *display, struct handle *handle)
{
	if (handle->prev)
		handle->prev->next = handle->next;
	else
		display->oldest = handle->next;
	if (handle->next)
		handle->next->prev = handle->prev;
	else
		display->newest = handle->prev;
	display->n_live[handle->class->kind]--;
}

void *handle_new(struct vawrap_display *display, const struct handle_class *class, const char *site)
{
	struct handle *fresh = NULL;
	struct handle *handle;

	pthread_mutex_lock(&display->live_lock);
	handle = display->free[class->kind];
	if (!handle) {
		pthread_mutex_unlock(&display->live_lock);
		fresh = calloc(1, class->size_bytes);
		if (!fresh)
			return NULL;
		fresh->class = class;
		atomic_init(&fresh->refs, 0);
		handle = fresh;
		pthread_mutex_lock(&display->live_lock);
	} else {
		display->free[class->kind] = handle->next;
		unpoison(handle);
	}
	handle->site = display->track_sites ? site : NULL;
	handle->born_ns = display->track_sites ? handle_now_ns() : 0;
	link_newest(display, handle);
	pthread_mutex_unlock(&display->live_lock);
	handle->display = vawrap_display_ref(display);
	return handle;
}

void handle_publish(struct handle *handle, uint32_t id)
{
	handle->id = id;
	atomic_store_explicit(&handle->refs, 1, memory_order_release);
}

void handle_retire(struct handle *handle)
{
	struct vawrap_display *display = handle->display;

	pthread_mutex_lock(&display->live_lock);
	unlink_handle(display, handle);
	handle->next = display->free[handle->class->kind];
	display->free[handle->class->kind] = handle;
	poison(handle);
	pthread_mutex_unlock(&display->live_lock);
	vawrap_display_unref(display);
}

void *handle_ref(struct handle *handle)
{
	unsigned int before;

	if (!handle)
		return NULL;
	before = atomic_fetch_add_explicit(&handle->refs, 1, memory_order_relaxed);
	assert(before > 0);
	(void)before;
	return handle;
}

void handle_unref(struct handle *handle)
{
	unsigned int before;

	if (!handle)
		return;
	before = atomic_fetch_sub_explicit(&handle->refs, 1, memory_order_acq_rel);
	assert(before > 0);
	if (before == 1)
		handle->class->destroy(handle);
}

void handle_finish(struct vawrap_display *display)
{
	for (int kind = 0; kind < VAWRAP_N_KINDS; kind++) {
		struct handle *next;

		for (struct handle *handle = display->free[kind]; handle; handle = next) {
			next = handle->next;
			unpoison(handle);
			if (handle->class->finish)
				handle->class->finish(handle);
			free(handle);
		}
		display->free[kind] = NULL;
	}
}

int handle_read_sized(void *ours, size_t bytes, const void *given, size_t least)
{
	size_t has;

	memcpy(&has, given, sizeof(has));
	memset(ours, 0, bytes);
	if (has < least)
		return -EINVAL;
	memcpy(ours, given, has < bytes ? has : bytes);
	return 0;
}

/* ---- What lives ---- */

unsigned int vawrap_display_get_live_count(struct vawrap_display *display, enum vawrap_kind kind)
{
	unsigned int count = 0;

	if (kind == VAWRAP_KIND_DISPLAY)
		return 1;
	pthread_mutex_lock(&display->live_lock);
	for (int i = 0; i < VAWRAP_N_KINDS; i++) {
		if ((int)kind == i || kind == VAWRAP_N_KINDS)
			count += display->n_live[i];
	}
	pthread_mutex_unlock(&display->live_lock);
	return count;
}

int vawrap_display_for_each_live(struct vawrap_display *display,
				 int (*each)(void *cookie, const struct vawrap_live *live),
				 void *cookie)
{
	uint64_t now_ns = display->track_sites ? handle_now_ns() : 0;
	int stop = 0;

	pthread_mutex_lock(&display->live_lock);
	for (struct handle *handle = display->oldest; handle && !stop; handle = handle->next) {
		struct vawrap_live live = {.kind = handle->class->kind, .site = handle->site};

		live.refs = atomic_load_explicit(&handle->refs, memory_order_acquire);
		if (live.refs == 0)
			continue;
		live.id = handle->id;
		if (handle->born_ns && now_ns > handle->born_ns)
			live.age_ns = now_ns - handle->born_ns;
		stop = each(cookie, &live);
	}
	pthread_mutex_unlock(&display->live_lock);
	return stop;
}

struct report {
	FILE *stream;
	unsigned int count;
};

static int report_one(void *cookie, const struct vawrap_live *live)
{
	struct report *report = cookie;

	report->count++;
	fprintf(report->stream, "%s 0x%" PRIx32 " refs %u", vawrap_kind_get_name(live->kind),
		live->id, live->refs);
	if (live->site) {
		fprintf(report->stream, " age %" PRIu64 ".%03u s from %s",
			live->age_ns / 1000000000u, (unsigned int)(live->age_ns / 1000000u % 1000u),
			live->site);
	}
	fputc('\n', report->stream);
	return 0;
}

unsigned int vawrap_display_report_live(struct vawrap_display *display, FILE *stream)
{
	struct report report = {.stream = stream};

	vawrap_display_for_each_live(display, report_one, &report);
	return report.count;
}
