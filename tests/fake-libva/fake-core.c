/* SPDX-License-Identifier: MIT */
/*
 * fake-core.c - the fake libva's state, its objects, and the settings of a test
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "fake-internal.h"

struct fake fake = {.lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};
_Thread_local int fake_depth;

static void lock(void)
{
	fake_depth++;
	pthread_mutex_lock(&fake.lock);
}

static void unlock(void)
{
	pthread_mutex_unlock(&fake.lock);
	fake_depth--;
}

/* ---- Calls ---- */

void fake_misuse(const char *format, ...)
{
	va_list args;

	fake.misuses++;
	va_start(args, format);
	vsnprintf(fake.last_misuse, sizeof(fake.last_misuse), format, args);
	va_end(args);
}

static bool is_chosen(const char *name, VAStatus *status)
{
	if (fake.fail_name && !strcmp(fake.fail_name, name)) {
		*status = fake.fail_name_status;
		return true;
	}
	if (fake.fail_in == 0 || --fake.fail_in > 0)
		return false;
	*status = fake.fail_status;
	return true;
}

static struct fake_object *find_display(VADisplay dpy)
{
	for (struct fake_object *object = fake.objects; object; object = object->next) {
		if (object->kind == FAKE_DISPLAY && object->dpy == dpy)
			return object;
	}
	return NULL;
}

struct fake_call fake_begin_early(const char *name, VADisplay dpy)
{
	struct fake_call call = {.name = name};

	lock();
	fake.calls++;
	call.display = find_display(dpy);
	if (!call.display && dpy)
		call.display = fake_object_new(FAKE_DISPLAY, dpy);
	if (call.display)
		call.display->calls++;
	call.injected = is_chosen(name, &call.status);
	if (call.injected) {
		fake.failed = true;
		fake.failed_call = name;
	}
	return call;
}

struct fake_call fake_begin(const char *name, VADisplay dpy)
{
	struct fake_call call = fake_begin_early(name, dpy);

	if (!call.display || !call.display->initialized) {
		fake_misuse("%s on a display that is not open", name);
		call.status = VA_STATUS_ERROR_INVALID_DISPLAY;
	}
	return call;
}

VAStatus fake_end(struct fake_call *call)
{
	if (call->display)
		call->display->calls--;
	unlock();
	return call->status;
}

/* ---- Objects ---- */

struct fake_object *fake_object_new(enum fake_kind kind, VADisplay dpy)
{
	struct fake_object *object = calloc(1, sizeof(*object));

	if (!object)
		abort();
	object->kind = kind;
	object->dpy = dpy;
	/* Ids are never used twice, and none is of two kinds. */
	object->id = ((uint32_t)kind << 24) + ++fake.next_id;
	object->next = fake.objects;
	fake.objects = object;
	return object;
}

struct fake_object *fake_object_find(enum fake_kind kind, uint32_t id)
{
	for (struct fake_object *object = fake.objects; object; object = object->next) {
		if (object->kind == kind && object->id == id)
			return object;
	}
	return NULL;
}

static const VAStatus invalid[FAKE_N_KINDS] = {
	VA_STATUS_ERROR_INVALID_DISPLAY, VA_STATUS_ERROR_INVALID_CONFIG,
	VA_STATUS_ERROR_INVALID_CONTEXT, VA_STATUS_ERROR_INVALID_SURFACE,
	VA_STATUS_ERROR_INVALID_BUFFER,  VA_STATUS_ERROR_INVALID_IMAGE,
};

struct fake_object *fake_object_get(struct fake_call *call, enum fake_kind kind, uint32_t id)
{
	struct fake_object *object = fake_object_find(kind, id);

	if (object && call->display && object->dpy == call->display->dpy)
		return object;
	fake_misuse("%s with a dead or unknown id 0x%x", call->name, id);
	if (!call->status)
		call->status = invalid[kind];
	return NULL;
}

/* Freed content is overwritten first, so that who reads it later sees it. */
static void free_object(struct fake_object *object)
{
	if (object->data && !object->borrowed) {
		memset(object->data, 0xdb, object->size_bytes);
		free(object->data);
	}
	free(object->override);
	if (object->own)
		free(object->dpy);
	free(object);
}

void fake_object_free(struct fake_object *object)
{
	struct fake_object **link = &fake.objects;

	while (*link != object)
		link = &(*link)->next;
	*link = object->next;
	free_object(object);
}

unsigned int fake_pitch(unsigned int width)
{
	return (width + 63) / 64 * 64;
}

size_t fake_nv12_bytes(unsigned int width, unsigned int height)
{
	return (size_t)fake_pitch(width) * (height + (height + 1) / 2);
}

/* ---- Settings ---- */

void fake_reset(void)
{
	lock();
	while (fake.objects)
		fake_object_free(fake.objects);
	while (fake.dead_displays) {
		struct fake_object *next = fake.dead_displays->next;

		free_object(fake.dead_displays);
		fake.dead_displays = next;
	}
	memset((char *)&fake + offsetof(struct fake, next_id), 0,
	       sizeof(fake) - offsetof(struct fake, next_id));
	unlock();
}

void fake_fail_call(unsigned int n, VAStatus status)
{
	lock();
	fake.fail_in = n;
	fake.fail_status = status;
	fake.failed = false;
	unlock();
}

void fake_fail_name(const char *call, VAStatus status)
{
	lock();
	fake.fail_name = call;
	fake.fail_name_status = status;
	fake.failed = false;
	unlock();
}

/* Reads a member under the lock. */
static unsigned int read_uint(const unsigned int *member)
{
	unsigned int value;

	lock();
	value = *member;
	unlock();
	return value;
}

static void write_uint(unsigned int *member, unsigned int value)
{
	lock();
	*member = value;
	unlock();
}

static void write_bool(bool *member, bool value)
{
	lock();
	*member = value;
	pthread_cond_broadcast(&fake.wake);
	unlock();
}

bool fake_has_failed(void)
{
	bool failed;

	lock();
	failed = fake.failed;
	unlock();
	return failed;
}

const char *fake_get_failed_call(void)
{
	return fake.failed_call ? fake.failed_call : "";
}

unsigned int fake_get_calls(void)
{
	return read_uint(&fake.calls);
}

void fake_set_polls(unsigned int polls)
{
	write_uint(&fake.polls, polls);
}

void fake_fail_decodes(unsigned int n)
{
	write_uint(&fake.fail_decodes, n);
}

void fake_set_decode_errors(unsigned int n, bool unterminated)
{
	write_uint(&fake.decode_errors, n);
	write_bool(&fake.unterminated, unterminated);
}

void fake_lack_sync2(bool lacking)
{
	write_bool(&fake.no_sync2, lacking);
}

void fake_block_sync(bool blocked)
{
	write_bool(&fake.blocked, blocked);
}

unsigned int fake_get_blocked(void)
{
	return read_uint(&fake.blocked_threads);
}

void fake_set_driver(const char *name)
{
	fake.driver = name;
}

const char *fake_get_driver(void)
{
	return fake.used_driver;
}

void fake_set_profiles(const VAProfile *profiles, int n)
{
	fake.profiles = profiles;
	fake.n_profiles = n;
}

void fake_set_formats(unsigned int rt_formats, uint32_t fourcc)
{
	fake.rt_formats = rt_formats;
	fake.fourcc = fourcc;
}

void fake_set_excess(int excess)
{
	fake.excess = excess;
}

void fake_set_layout(enum fake_layout layout)
{
	fake.layout = layout;
}

void fake_set_coded(const struct fake_coded *coded)
{
	fake.coded = *coded;
}

void fake_lack_sync_buffer(bool lacking)
{
	write_bool(&fake.no_sync_buffer, lacking);
}

void fake_set_export(enum fake_export fault)
{
	fake.export = fault;
}

bool fake_get_surface_attrib(VASurfaceAttribType type, VASurfaceAttrib *attrib)
{
	for (unsigned int i = 0; i < fake.n_attribs; i++) {
		*attrib = fake.attribs[i];
		if (attrib->type == type)
			return true;
	}
	return false;
}

uint32_t fake_get_map_flags(void)
{
	return fake.map_flags;
}

void fake_set_hooks(const struct fake_hooks *hooks)
{
	lock();
	fake.hooks = *hooks;
	unlock();
}

/* ---- What is seen ---- */

unsigned int fake_get_live(enum fake_kind kind)
{
	unsigned int count = 0;

	lock();
	for (struct fake_object *object = fake.objects; object; object = object->next)
		count += object->kind == kind;
	unlock();
	return count;
}

unsigned int fake_get_live_total(void)
{
	unsigned int count = 0;

	for (int kind = 0; kind < FAKE_N_KINDS; kind++)
		count += fake_get_live((enum fake_kind)kind);
	return count;
}

unsigned int fake_get_misuses(void)
{
	return read_uint(&fake.misuses);
}

const char *fake_get_last_misuse(void)
{
	return fake.last_misuse;
}

unsigned int fake_get_terminates(void)
{
	return read_uint(&fake.terminates);
}
