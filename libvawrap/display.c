/* SPDX-License-Identifier: MIT */
/*
 * display.c - the display: opening, references, the frame around each VA call, shutdown
 *
 * The order at the end is vaTerminate(), then the fd, then the memory; the first two happen at
 * shutdown or with the last reference, whichever is first. Children hold the display, so with the
 * last reference there are none.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <va/va_drm.h>
#include "internal.h"

#define FIRST_RENDER_NODE 128
#define LAST_RENDER_NODE  191

/* ---- The frame around a VA call ---- */

int display_enter(struct vawrap_display *display)
{
	pthread_rwlock_rdlock(&display->calls);
	if (!atomic_load_explicit(&display->shut_down, memory_order_relaxed))
		return 0;
	pthread_rwlock_unlock(&display->calls);
	return -ESHUTDOWN;
}

/* What probing finds missing is part of normal life. */
static enum vawrap_log_level level_of(int code)
{
	switch (code) {
	case -ENOTSUP:
		return VAWRAP_LOG_INFO;
	case -EBADMSG:
		return VAWRAP_LOG_WARN;
	default:
		return VAWRAP_LOG_ERROR;
	}
}

static int report(struct vawrap_display *display, const char *call, VAStatus status, int code)
{
	struct vawrap_error error;

	if (code == -ETIMEDOUT)
		return code; /* not a failure, and polling must stay cheap */
	status_describe(&error, call, status, code);
	status_set_error(display, &error);
	if (log_wants(&display->log, level_of(code)))
		log_write(&display->log, level_of(code), "%s", error.text);
	return code;
}

static int check(struct vawrap_display *display, const char *call, VAStatus status)
{
	if (status == VA_STATUS_SUCCESS)
		return 0;
	return report(display, call, status, vawrap_status_to_errno(status));
}

int display_leave(struct vawrap_display *display, const char *call, VAStatus status)
{
	pthread_rwlock_unlock(&display->calls);
	return check(display, call, status);
}

int display_leave_as(struct vawrap_display *display, const char *call, VAStatus status, int code)
{
	pthread_rwlock_unlock(&display->calls);
	return status == VA_STATUS_SUCCESS ? 0 : report(display, call, status, code);
}

void display_leave_destroy(struct vawrap_display *display, const char *call, VAStatus status)
{
	if (display_leave(display, call, status))
		atomic_fetch_add_explicit(&display->failed_destroys, 1, memory_order_relaxed);
}

/* ---- The end ---- */

/* Ends the driver, then the device. */
static int terminate(struct vawrap_display *display)
{
	int error = 0;

	if (display->va) {
		error = check(display, "vaTerminate", vaTerminate(display->va));
		if (error)
			atomic_fetch_add(&display->failed_destroys, 1);
	}
	if (display->fd >= 0)
		close(display->fd);
	display->fd = -1;
	return error;
}

static void free_display(struct vawrap_display *display)
{
	caps_finish(display);
	handle_finish(display);
	nodevice_free(display->nodevice);
	pthread_rwlock_destroy(&display->calls);
	pthread_mutex_destroy(&display->error_lock);
	pthread_mutex_destroy(&display->live_lock);
	pthread_mutex_destroy(&display->caps_lock);
	free(display->vendor);
	free(display->path);
	free(display);
}

static void destroy(struct handle *handle)
{
	struct vawrap_display *display = (struct vawrap_display *)handle;

	if (!atomic_load(&display->shut_down))
		terminate(display);
	free_display(display);
}

static const struct handle_class display_class = {
	.kind = VAWRAP_KIND_DISPLAY,
	.size_bytes = sizeof(struct vawrap_display),
	.destroy = destroy,
};

struct vawrap_display *vawrap_display_ref(struct vawrap_display *display)
{
	return handle_ref((struct handle *)display);
}

struct vawrap_display *vawrap_display_unref(struct vawrap_display *display)
{
	handle_unref((struct handle *)display);
	return NULL;
}

int vawrap_display_shutdown(struct vawrap_display *display)
{
	int error;

	/* The flag first: no new call starts while the last ones end. */
	if (atomic_exchange(&display->shut_down, true))
		return 0;
	pthread_rwlock_wrlock(&display->calls);
	error = terminate(display);
	pthread_rwlock_unlock(&display->calls);
	return error;
}

/* ---- Opening ---- */

/* Where a display comes from: a VADisplay or an fd that it takes over, or a driver with no device. */
struct source {
	VADisplay va;
	int fd; /* -1 without one */
	const char *path;
	const char *driver;
	const char *site;
};

static int check_driver_name(const char *driver)
{
	size_t length = strlen(driver);

	return length == 0 || length > DRIVER_NAME_MAX ? -EINVAL : 0;
}

/* A failure that no VA call reported. */
static int fail(const struct vawrap_display_options *options, const char *what, int code)
{
	struct vawrap_error error = {.call = "", .error = code};

	error.status = code == -ENOMEM ? VA_STATUS_ERROR_ALLOCATION_FAILED
				       : VA_STATUS_ERROR_INVALID_DISPLAY;
	snprintf(error.text, sizeof(error.text), "%s: %s", what, strerror(-code));
	if (options->error)
		*options->error = error;
	log_write(&options->log, VAWRAP_LOG_INFO, "%s", error.text);
	return code;
}

static struct vawrap_display *new_display(const struct source *source,
					  const struct vawrap_display_options *options)
{
	struct vawrap_display *display = calloc(1, sizeof(*display));

	if (!display)
		return NULL;
	display->handle.class = &display_class;
	atomic_init(&display->handle.refs, 1);
	display->fd = -1;
	display->log = options->log;
	display->track_sites = options->track_sites;
	display->handle.site = options->track_sites ? source->site : NULL;
	display->error.call = "";
	pthread_rwlock_init(&display->calls, NULL);
	pthread_mutex_init(&display->error_lock, NULL);
	pthread_mutex_init(&display->live_lock, NULL);
	pthread_mutex_init(&display->caps_lock, NULL);
	display->path = strdup(source->path ? source->path : "");
	if (!display->path) {
		free_display(display);
		return NULL;
	}
	return display;
}

static int get_va(struct vawrap_display *display, const struct source *source)
{
	if (source->va) {
		display->va = source->va;
		return 0;
	}
	if (source->fd < 0) {
		display->nodevice = nodevice_new(source->driver);
		if (!display->nodevice)
			return -ENOMEM;
		display->va = nodevice_get_va(display->nodevice);
		return 0;
	}
	display->va = vaGetDisplayDRM(source->fd);
	return display->va ? 0 : -ENODEV;
}

/* The name is given to libva itself, so that no environment variable replaces it. */
static int set_driver(struct vawrap_display *display, const char *driver)
{
	char name[DRIVER_NAME_MAX + 1];

	if (!driver)
		return 0;
	memcpy(name, driver, strlen(driver) + 1);
	snprintf(display->driver, sizeof(display->driver), "%s", driver);
	return check(display, "vaSetDriverName", vaSetDriverName(display->va, name));
}

static int initialize(struct vawrap_display *display)
{
	VAStatus status = vaInitialize(display->va, &display->major, &display->minor);
	const char *vendor;
	int error = check(display, "vaInitialize", status);

	/* Whatever kept the driver from starting, there is none for this display. */
	if (error)
		return error == -ENOMEM ? error : -ENODEV;
	vendor = vaQueryVendorString(display->va);
	display->vendor = strdup(vendor ? vendor : "");
	if (!display->vendor)
		return -ENOMEM;
	return caps_init(display);
}

/* Takes over source->fd, also when it fails. */
static int open_display(const struct source *source, const struct vawrap_display_options *options,
			struct vawrap_display **out)
{
	const char *driver = source->driver ? source->driver : options->driver;
	struct vawrap_display *display = new_display(source, options);
	int error;

	if (!display) {
		if (source->fd >= 0)
			close(source->fd);
		return fail(options, "display", -ENOMEM);
	}
	display->fd = source->fd;
	error = get_va(display, source);
	if (!error) {
		log_bridge(display);
		error = set_driver(display, driver);
	}
	if (!error)
		error = initialize(display);
	if (error) {
		/* The call that failed is kept; the error code is the one that is returned. */
		display->error.error = error;
		if (display->error.status == VA_STATUS_SUCCESS)
			fail(options, "no VA display", error);
		else if (options->error)
			*options->error = display->error;
		terminate(display);
		free_display(display);
		return error;
	}
	log_write(&display->log, VAWRAP_LOG_INFO, "display: VA-API %d.%d, %s", display->major,
		  display->minor, display->vendor);
	*out = display;
	return 0;
}

static int open_path(const char *path, const struct vawrap_display_options *options,
		     struct vawrap_display **out, const char *site)
{
	struct source source = {.path = path, .site = site};

	*out = NULL;
	source.fd = open(path, O_RDWR | O_CLOEXEC);
	if (source.fd < 0)
		return fail(options, path, -errno);
	return open_display(&source, options, out);
}

/* Reads the options and empties the result: what all ways of opening begin with. */
static int begin_open(const struct vawrap_display_options *given,
		      struct vawrap_display_options *options, struct vawrap_display **out)
{
	int error;

	*out = NULL;
	*options = (struct vawrap_display_options){.size_bytes = sizeof(*options)};
	error = given ? handle_read_sized(options, sizeof(*options), given,
					  offsetof(struct vawrap_display_options, driver))
		      : 0;
	if (error)
		return error;
	if (options->error)
		*options->error = (struct vawrap_error){.call = ""};
	if (options->driver && check_driver_name(options->driver))
		return fail(options, "driver name", -EINVAL);
	return 0;
}

int vawrap_display_new_path_at(const char *path, const struct vawrap_display_options *given,
			       struct vawrap_display **out, const char *site)
{
	struct vawrap_display_options options;
	int error = begin_open(given, &options, out);

	return error ? error : open_path(path, &options, out, site);
}

int vawrap_display_new_fd_at(int fd, const struct vawrap_display_options *given,
			     struct vawrap_display **out, const char *site)
{
	struct vawrap_display_options options;
	struct source source = {.site = site};
	char link[32], path[64] = "";
	ssize_t length;
	int error = begin_open(given, &options, out);

	if (error)
		return error;
	source.fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (source.fd < 0)
		return fail(&options, "display fd", -errno);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", source.fd);
	length = readlink(link, path, sizeof(path) - 1);
	path[length > 0 ? length : 0] = '\0';
	source.path = path[0] == '/' ? path : "";
	return open_display(&source, &options, out);
}

/*
 * The next render node that is there, from *number on, which is left behind it; -ENODEV: none. The
 * numbers may have gaps.
 */
static int next_node(const struct vawrap_display_options *options, int *number,
		     char path[VAWRAP_PATH_MAX])
{
	const char *folder = options->node_folder ? options->node_folder : "/dev/dri";

	while (*number <= LAST_RENDER_NODE) {
		int n = snprintf(path, VAWRAP_PATH_MAX, "%s/renderD%d", folder, (*number)++);

		if (n < VAWRAP_PATH_MAX && !access(path, F_OK))
			return 0;
	}
	return -ENODEV;
}

int vawrap_display_new_first_at(const struct vawrap_display_options *given,
				struct vawrap_display **out, const char *site)
{
	struct vawrap_display_options options;
	int number = FIRST_RENDER_NODE;
	char path[VAWRAP_PATH_MAX];
	int error = begin_open(given, &options, out);

	if (error)
		return error;
	while (!next_node(&options, &number, path)) {
		if (!open_path(path, &options, out, site))
			return 0;
	}
	/* The error of the last node that was there is the more telling one. */
	if (options.error && options.error->error == 0)
		fail(&options, "no render node", -ENODEV);
	return -ENODEV;
}

int vawrap_display_new_all_at(const struct vawrap_display_options *given,
			      struct vawrap_candidate *candidates, size_t capacity,
			      const char *site)
{
	struct vawrap_display_options options;
	int number = FIRST_RENDER_NODE, n = 0;
	struct vawrap_display *none;
	char path[VAWRAP_PATH_MAX];
	int error = begin_open(given, &options, &none);

	if (error)
		return error;
	for (; !next_node(&options, &number, path); n++) {
		struct vawrap_candidate *candidate = &candidates[n];

		if ((size_t)n >= capacity)
			continue;
		memcpy(candidate->path, path, sizeof(path));
		candidate->error = (struct vawrap_error){.call = ""};
		options.error = &candidate->error;
		open_path(path, &options, &candidate->display, site);
	}
	return n;
}

int vawrap_display_new_va_at(VADisplay va, const struct vawrap_display_options *given,
			     struct vawrap_display **out, const char *site)
{
	struct vawrap_display_options options;
	struct source source = {.va = va, .fd = -1, .site = site};
	int error = begin_open(given, &options, out);

	if (!error && !va)
		error = fail(&options, "VADisplay", -EINVAL);
	return error ? error : open_display(&source, &options, out);
}

int vawrap_display_new_driver_at(const char *driver, const struct vawrap_display_options *given,
				 struct vawrap_display **out, const char *site)
{
	struct vawrap_display_options options;
	struct source source = {.fd = -1, .driver = driver, .site = site};
	int error = begin_open(given, &options, out);

	if (error)
		return error;
	if (!driver || check_driver_name(driver))
		return fail(&options, "driver name", -EINVAL);
	return open_display(&source, &options, out);
}

/* ---- Properties ---- */

VADisplay vawrap_display_get_va(struct vawrap_display *display)
{
	return display->va;
}

const char *vawrap_display_get_vendor(struct vawrap_display *display)
{
	return display->vendor;
}

void vawrap_display_get_version(struct vawrap_display *display, int *major, int *minor)
{
	*major = display->major;
	*minor = display->minor;
}

const char *vawrap_display_get_path(struct vawrap_display *display)
{
	return display->path;
}

const char *vawrap_display_get_driver(struct vawrap_display *display)
{
	return display->driver;
}

unsigned int vawrap_display_get_failed_destroys(struct vawrap_display *display)
{
	return atomic_load_explicit(&display->failed_destroys, memory_order_relaxed);
}
