/* SPDX-License-Identifier: MIT */
/*
 * fake-internal.h - what the files of the fake libva share
 */
#ifndef FAKE_INTERNAL_H
#define FAKE_INTERNAL_H

#include <pthread.h>
#include "fake-libva.h"

enum fake_state {
	FAKE_IDLE,
	FAKE_BEGUN,
	FAKE_RENDERED,
};

/* Any object; which members count depends on the kind. */
struct fake_object {
	struct fake_object *next;
	enum fake_kind kind;
	uint32_t id;
	VADisplay dpy;

	/* displays */
	bool initialized, own;
	unsigned int calls;
	char *override;
	VAMessageCallback error_cb, info_cb;
	void *error_cookie, *info_cookie;

	/* contexts: the config, and the picture in progress */
	uint32_t config;
	enum fake_state state;
	uint32_t target;

	/* surfaces: size, pixels (NV12), the work in progress */
	unsigned int width, height;
	bool pending, broken, derived;
	unsigned int polls_left;
	uint32_t context; /* that works on it; or the buffer's */

	/* buffers and images: content */
	VABufferType type;
	size_t size_bytes, n;
	void *data;
	bool borrowed; /* data is a surface's */
	bool mapped;
	uint32_t in_use_by; /* the surface whose pending picture reads the buffer */
	uint32_t image;     /* an image's buffer, or the image of a buffer */
	uint32_t surface;   /* an image was derived from it */
	uint32_t pointed;   /* hash of what a pipeline that is in use points to */
};

struct fake {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct fake_object *objects;
	struct fake_object *dead_displays;
	uint32_t next_id;
	unsigned int calls, misuses, terminates, blocked_threads;
	char last_misuse[160];

	unsigned int fail_in;
	VAStatus fail_status;
	const char *fail_name;
	VAStatus fail_name_status;
	bool failed;
	const char *failed_call;

	unsigned int polls, fail_decodes, decode_errors;
	bool unterminated, no_sync2, blocked;
	const char *driver;
	char used_driver[256];
	const VAProfile *profiles;
	int n_profiles;
	int excess;
	enum fake_layout layout;
	struct fake_hooks hooks;
};

extern struct fake fake;
/* Above 0 while this thread is in the fake: its allocations are not counted then. */
extern _Thread_local int fake_depth;

struct fake_call {
	const char *name;
	struct fake_object *display;
	VAStatus status;
	bool injected;
};

/* Locks the fake, checks the display, and decides whether the call is to fail. */
struct fake_call fake_begin(const char *name, VADisplay dpy);
/* The same for the calls that may come before vaInitialize(). */
struct fake_call fake_begin_early(const char *name, VADisplay dpy);
VAStatus fake_end(struct fake_call *call);

void fake_misuse(const char *format, ...) __attribute__((format(printf, 1, 2)));
struct fake_object *fake_object_new(enum fake_kind kind, VADisplay dpy);
/* Looks an id up; an unknown one is misuse, and sets the status of the call. */
struct fake_object *fake_object_get(struct fake_call *call, enum fake_kind kind, uint32_t id);
struct fake_object *fake_object_find(enum fake_kind kind, uint32_t id);
void fake_object_free(struct fake_object *object);
/* What a pipeline points to, in one number; and whether the ids that it names are alive. */
uint32_t fake_pipeline_hash(const VAProcPipelineParameterBuffer *pipeline);
void fake_pipeline_check(const VAProcPipelineParameterBuffer *pipeline);
/* Bytes of an NV12 picture with the fake's pitch, and that pitch. */
size_t fake_nv12_bytes(unsigned int width, unsigned int height);
unsigned int fake_pitch(unsigned int width);

#endif
