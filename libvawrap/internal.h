/* SPDX-License-Identifier: MIT */
/*
 * internal.h - what the files of libvawrap share: the handle, the display, the checked VA call
 *
 * A VA call stands between display_enter() and display_leave(), which is what DISPLAY_CALL() is.
 *
 * Locks, none of which is held while another one is taken: calls (read-held around each VA call),
 * live_lock (the live list and the free lists), error_lock (the last error), caps_lock.
 */
#ifndef VAWRAP_INTERNAL_H
#define VAWRAP_INTERNAL_H

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include "shadow.h"
#include "types.h"
#include "vawrap.h"

#define DRIVER_NAME_MAX 255

struct handle;
struct nodevice;

/* One per kind. */
struct handle_class {
	enum vawrap_kind kind;
	size_t size_bytes;
	void (*destroy)(struct handle *handle); /* the last reference went */
	void (*finish)(struct handle *handle); /* frees what a recycled handle keeps; may be NULL */
};

/* The shared part of all objects, always their first member. */
struct handle {
	const struct handle_class *class;
	struct vawrap_display *display; /* held, but for the display's own */
	struct handle *prev, *next;     /* in the live list; next in a free list too */
	const char *site;
	uint64_t born_ns;
	uint32_t id;
	atomic_uint refs; /* 0 while being made, while being destroyed and in a free list */
};

struct caps_profile {
	bool known;
	int n_entrypoints;
	VAEntrypoint *entrypoints;
};

struct vawrap_display {
	struct handle handle;
	VADisplay va;
	struct nodevice *nodevice; /* behind va when there is no device */
	int fd;                    /* -1 without a device */
	char *path, *vendor;
	char driver[DRIVER_NAME_MAX + 1]; /* that was named, or that libva opened */
	int major, minor;
	struct vawrap_log log;
	bool track_sites;

	pthread_rwlock_t calls;
	atomic_bool shut_down;
	atomic_bool no_sync2; /* the driver has no vaSyncSurface2() */
	atomic_uint failed_destroys;

	pthread_mutex_t error_lock;
	struct vawrap_error error;

	pthread_mutex_t live_lock;
	struct handle *oldest, *newest;
	struct handle *free[VAWRAP_N_KINDS];
	unsigned int n_live[VAWRAP_N_KINDS];

	VAProfile *profiles;
	int n_profiles;
	VAImageFormat *formats;
	int n_formats;
	pthread_mutex_t caps_lock;
	struct caps_profile *caps; /* one a profile */
};

/* ---- display.c ---- */

/* Read-locks the display for one VA call, or says -ESHUTDOWN. */
int display_enter(struct vawrap_display *display);
/* Ends it: every VA status of the library passes here. Returns -errno and keeps the last error. */
int display_leave(struct vawrap_display *display, const char *call, VAStatus status);
/* The same where a status means another errno than in the table. */
int display_leave_as(struct vawrap_display *display, const char *call, VAStatus status, int code);
/* The same for a vaDestroy*(), whose failures are counted. */
void display_leave_destroy(struct vawrap_display *display, const char *call, VAStatus status);

/* vaFoo(va, ...), checked: 0 or -errno. The destroying ones say nothing: there is nobody to tell. */
#define DISPLAY_CALL(display, call, ...)                                                           \
	(display_enter(display) ? -ESHUTDOWN                                                       \
				: display_leave(display, #call, call((display)->va, __VA_ARGS__)))
#define DISPLAY_DESTROY(display, call, ...)                                                        \
	(display_enter(display)                                                                    \
		 ? (void)0                                                                         \
		 : display_leave_destroy(display, #call, call((display)->va, __VA_ARGS__)))

/* ---- display-nodevice.c ---- */

/* driver is copied. */
struct nodevice *nodevice_new(const char *driver);
VADisplay nodevice_get_va(struct nodevice *nodevice);
void nodevice_free(struct nodevice *nodevice);

/* ---- caps.c ---- */

/* Reads what is fixed for the life of the display. */
int caps_init(struct vawrap_display *display);
void caps_finish(struct vawrap_display *display);

/* ---- handle.c ---- */

/*
 * Memory for a child: listed, holding the display, with 0 references until it is published. What
 * follows the shared part is as it was left by the last object that had this memory, zero at first.
 */
void *handle_new(struct vawrap_display *display, const struct handle_class *class,
		 const char *site);
void handle_publish(struct handle *handle, uint32_t id);
/* Ends an object that has no VA id (any more): unlisted, its memory recycled, display dropped. */
void handle_retire(struct handle *handle);
void *handle_ref(struct handle *handle);
void handle_unref(struct handle *handle);
/* Frees the free lists. */
void handle_finish(struct vawrap_display *display);
uint64_t handle_now_ns(void);
/*
 * A caller's struct, which begins with its size and may be shorter or longer than ours: what it has, and
 * 0 behind. -EINVAL: less than least bytes.
 */
int handle_read_sized(void *ours, size_t bytes, const void *given, size_t least);

/* ---- status.c ---- */

void status_describe(struct vawrap_error *error, const char *call, VAStatus status, int code);
const char *status_get_name(VAStatus status);
void status_set_error(struct vawrap_display *display, const struct vawrap_error *error);

/* ---- log.c ---- */

static inline bool log_wants(const struct vawrap_log *log, enum vawrap_log_level level)
{
	return log->write && level <= log->level;
}

void log_write(const struct vawrap_log *log, enum vawrap_log_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Sends libva's messages about this display to its log. */
void log_bridge(struct vawrap_display *display);

/* ---- surface.c, context.c, buffer.c, picture.c, vpp.c ---- */

/* Ends the wait for the surface's work, as vawrap_surface_sync(). */
int surface_wait(struct vawrap_surface *surface, int64_t timeout_ns);
/* Which buffers it takes. */
const struct types *context_get_types(const struct vawrap_context *context);
/* A buffer in a context's pool, or one that is looked for there. */
struct context_idle {
	VABufferType type;
	unsigned int size_bytes, n;
	VABufferID id;
};

/* Puts a buffer that is used no more into the pool; false: there is no room for such a one. */
bool context_keep(struct vawrap_context *context, const struct context_idle *buffer);
/* Finds one of that type and size, sets its id and takes it out. */
bool context_take(struct vawrap_context *context, struct context_idle *wanted);
/* A context has one begun picture at a time: -EBUSY while another one is. */
int context_claim(struct vawrap_context *context);
void context_release(struct vawrap_context *context);
/* Whether a picture on the context may take the buffer: -EINVAL another's, -EBUSY mapped. */
int buffer_check(const struct vawrap_buffer *buffer, const struct vawrap_context *context);
int buffer_map_id(struct vawrap_display *display, VABufferID id, unsigned int intent, void **data);
int buffer_unmap_id(struct vawrap_display *display, VABufferID id);
struct vawrap_context *picture_get_context(const struct vawrap_picture *picture);
/* Copies one object into another of the same kind, and waits for it. */
int vpp_copy(struct vawrap_display *display, VACopyObject *to, VACopyObject *from);

#endif
