/* SPDX-License-Identifier: MIT */
/*
 * vawrap.h - refcounted, error-checked, leak-tracked handles over libva
 *
 * Every object is opaque and refcounted; a child holds what its VA id depends on, so any order of
 * unref is legal and vaTerminate() runs last, once. Every VA status is checked: it becomes -errno,
 * and the display keeps which call failed with which status. Policy and bitstreams live elsewhere.
 *
 * Common to all functions:
 *  - _new gives a handle with one reference; on failure *out is NULL and the inputs are still the
 *    caller's. _ref returns its argument; _unref always returns NULL. Both accept NULL, never fail
 *    and may run on any thread; a failed vaDestroy*() is logged and counted.
 *  - Functions that can fail return 0 (or a count) or -errno:
 *      -EINVAL misuse, -ENOMEM, -ENOTSUP profile or format not there, -ENODEV no device or lost,
 *      -EBUSY in use, -ETIMEDOUT, -EBADMSG decoding error, -ENOSPC array too small, -EMSGSIZE coded
 *      data does not fit, -ESHUTDOWN the display was shut down, -EILSEQ memory has not what the driver
 *      says, -EIO any other VA failure (see last error).
 *  - Threads: different handles of one display are used by different threads at once, one handle by
 *    one thread at a time; but references, waiting for a surface or a buffer, a surface's status, and
 *    all calls on the display are for any thread at any time.
 *
 * Source: va/va.h of VA-API 1.17 (libva 2.17) and newer.
 */
#ifndef VAWRAP_H
#define VAWRAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <va/va.h>
#include <va/va_drmcommon.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#pragma GCC visibility push(default)
#endif

struct vawrap_display;
struct vawrap_config;
struct vawrap_context;
struct vawrap_surface;
struct vawrap_buffer;
struct vawrap_image;
struct vawrap_picture;

/*
 * Where a handle was made. The constructors below are macros over functions that end in _at and
 * take the place as their last argument: a pointer to a literal, or NULL. It is kept when the
 * display was opened with track_sites.
 */
#define VAWRAP_STRINGIFY_(x) #x
#define VAWRAP_STRINGIFY(x)  VAWRAP_STRINGIFY_(x)
#define VAWRAP_SITE          (__FILE__ ":" VAWRAP_STRINGIFY(__LINE__))

/* ---- Errors and logging ---- */

/*
 * The one table of VAStatus to errno. X(VAStatus, errno).
 * Source: va/va.h, "Values for the return status".
 */
#define VAWRAP_STATUS_TABLE(X)                                                                     \
	X(VA_STATUS_SUCCESS, 0)                                                                    \
	X(VA_STATUS_ERROR_OPERATION_FAILED, EIO)                                                   \
	X(VA_STATUS_ERROR_ALLOCATION_FAILED, ENOMEM)                                               \
	X(VA_STATUS_ERROR_INVALID_DISPLAY, ENODEV)                                                 \
	X(VA_STATUS_ERROR_INVALID_CONFIG, EINVAL)                                                  \
	X(VA_STATUS_ERROR_INVALID_CONTEXT, EINVAL)                                                 \
	X(VA_STATUS_ERROR_INVALID_SURFACE, EINVAL)                                                 \
	X(VA_STATUS_ERROR_INVALID_BUFFER, EINVAL)                                                  \
	X(VA_STATUS_ERROR_INVALID_IMAGE, EINVAL)                                                   \
	X(VA_STATUS_ERROR_INVALID_SUBPICTURE, EINVAL)                                              \
	X(VA_STATUS_ERROR_ATTR_NOT_SUPPORTED, ENOTSUP)                                             \
	X(VA_STATUS_ERROR_MAX_NUM_EXCEEDED, ENOSPC)                                                \
	X(VA_STATUS_ERROR_UNSUPPORTED_PROFILE, ENOTSUP)                                            \
	X(VA_STATUS_ERROR_UNSUPPORTED_ENTRYPOINT, ENOTSUP)                                         \
	X(VA_STATUS_ERROR_UNSUPPORTED_RT_FORMAT, ENOTSUP)                                          \
	X(VA_STATUS_ERROR_UNSUPPORTED_BUFFERTYPE, ENOTSUP)                                         \
	X(VA_STATUS_ERROR_SURFACE_BUSY, EBUSY)                                                     \
	X(VA_STATUS_ERROR_FLAG_NOT_SUPPORTED, ENOTSUP)                                             \
	X(VA_STATUS_ERROR_INVALID_PARAMETER, EINVAL)                                               \
	X(VA_STATUS_ERROR_RESOLUTION_NOT_SUPPORTED, ENOTSUP)                                       \
	X(VA_STATUS_ERROR_UNIMPLEMENTED, ENOTSUP)                                                  \
	X(VA_STATUS_ERROR_SURFACE_IN_DISPLAYING, EBUSY)                                            \
	X(VA_STATUS_ERROR_INVALID_IMAGE_FORMAT, ENOTSUP)                                           \
	X(VA_STATUS_ERROR_DECODING_ERROR, EBADMSG)                                                 \
	X(VA_STATUS_ERROR_ENCODING_ERROR, EIO)                                                     \
	X(VA_STATUS_ERROR_INVALID_VALUE, EINVAL)                                                   \
	X(VA_STATUS_ERROR_UNSUPPORTED_FILTER, ENOTSUP)                                             \
	X(VA_STATUS_ERROR_INVALID_FILTER_CHAIN, EINVAL)                                            \
	X(VA_STATUS_ERROR_HW_BUSY, EBUSY)                                                          \
	X(VA_STATUS_ERROR_UNSUPPORTED_MEMORY_TYPE, ENOTSUP)                                        \
	X(VA_STATUS_ERROR_NOT_ENOUGH_BUFFER, ENOSPC)                                               \
	X(VA_STATUS_ERROR_TIMEDOUT, ETIMEDOUT)

/* The -errno for a VA status; an unknown status is -EIO. */
int vawrap_status_to_errno(VAStatus status);

enum vawrap_log_level {
	VAWRAP_LOG_ERROR,
	VAWRAP_LOG_WARN,
	VAWRAP_LOG_INFO,
	VAWRAP_LOG_DEBUG,
};

/*
 * A message without a newline at its end; runs on the thread that made it, with no lock held. libva's
 * own messages come from inside its calls: the callback must not shut the display down.
 */
struct vawrap_log {
	void (*write)(void *cookie, enum vawrap_log_level level, const char *message);
	void *cookie;
	enum vawrap_log_level level; /* messages above it are not even formatted */
};

/* What failed last; a timeout is no failure. */
struct vawrap_error {
	const char *call; /* the VA call, e.g. "vaEndPicture"; "" while nothing failed */
	VAStatus status;  /* its status */
	int error;        /* the -errno that it became */
	char text[160];   /* one readable line */
};

/* ---- Display ---- */

struct vawrap_display_options {
	size_t size_bytes;     /* sizeof(struct vawrap_display_options) */
	struct vawrap_log log; /* copied; write NULL is silent; libva's own messages go there too */
	const char *driver;    /* driver name for a DRM node, NULL lets libva choose; copied */
	bool track_sites;      /* keep where and when each handle was made */
	struct vawrap_error *error; /* filled when opening fails, may be NULL; the caller's */
	const char *node_folder; /* where render nodes are, NULL: /dev/dri; read during the call */
};

/*
 * Opens a display: on a DRM node by its path, on an open DRM fd (duplicated, so the caller's stays
 * the caller's), on the first render node (/dev/dri/renderD128..191, gaps allowed) whose driver
 * works, on a driver by name with no device at all (a software driver), or on a VADisplay from
 * elsewhere (X11, Wayland) that nobody has initialized, which is taken over, also on failure, except
 * for -EINVAL. options may be NULL.
 * Errors: -ENOENT, -EACCES and the like of open(2); -ENODEV no display or no driver for it (for
 * _new_first: no node works); -EINVAL driver name empty or longer than 255; -ENOMEM.
 * Threads: opening is not safe against another thread's setenv().
 */
int vawrap_display_new_path_at(const char *path, const struct vawrap_display_options *options,
			       struct vawrap_display **out, const char *site);
int vawrap_display_new_fd_at(int fd, const struct vawrap_display_options *options,
			     struct vawrap_display **out, const char *site);
int vawrap_display_new_first_at(const struct vawrap_display_options *options,
				struct vawrap_display **out, const char *site);
int vawrap_display_new_driver_at(const char *driver, const struct vawrap_display_options *options,
				 struct vawrap_display **out, const char *site);
int vawrap_display_new_va_at(VADisplay va, const struct vawrap_display_options *options,
			     struct vawrap_display **out, const char *site);
#define vawrap_display_new_path(path, options, out)                                                \
	vawrap_display_new_path_at(path, options, out, VAWRAP_SITE)
#define vawrap_display_new_fd(fd, options, out)                                                    \
	vawrap_display_new_fd_at(fd, options, out, VAWRAP_SITE)
#define vawrap_display_new_first(options, out)                                                     \
	vawrap_display_new_first_at(options, out, VAWRAP_SITE)
#define vawrap_display_new_driver(driver, options, out)                                            \
	vawrap_display_new_driver_at(driver, options, out, VAWRAP_SITE)
#define vawrap_display_new_va(va, options, out)                                                    \
	vawrap_display_new_va_at(va, options, out, VAWRAP_SITE)

#define VAWRAP_PATH_MAX 108

/* What became of one render node. */
struct vawrap_candidate {
	char path[VAWRAP_PATH_MAX];
	struct vawrap_display *display; /* NULL when it did not open; the caller's */
	struct vawrap_error error;      /* why not */
};

/*
 * Tries all render nodes, with gaps between them allowed, in the order of their numbers; fills up to
 * capacity candidates and returns how many nodes there are, which may be more, or 0.
 * options->error is not used. Errors: -EINVAL options.
 */
int vawrap_display_new_all_at(const struct vawrap_display_options *options,
			      struct vawrap_candidate *candidates, size_t capacity,
			      const char *site);
#define vawrap_display_new_all(options, candidates, capacity)                                      \
	vawrap_display_new_all_at(options, candidates, capacity, VAWRAP_SITE)

struct vawrap_display *vawrap_display_ref(struct vawrap_display *display);
struct vawrap_display *vawrap_display_unref(struct vawrap_display *display);

/*
 * Ends the display early: waits for VA calls in progress on other threads, then terminates the
 * driver. From then on the ids of all children are dead, calls on them are -ESHUTDOWN, and unref
 * stays legal. A second call does nothing. Returns 0, or -errno when vaTerminate() failed (the
 * display is shut down all the same).
 */
int vawrap_display_shutdown(struct vawrap_display *display);

/* The raw display, for calls that vawrap has not; valid while a reference is held. */
VADisplay vawrap_display_get_va(struct vawrap_display *display);
/* The driver's vendor string, owned by the display. */
const char *vawrap_display_get_vendor(struct vawrap_display *display);
/* The VA-API version that the driver speaks. */
void vawrap_display_get_version(struct vawrap_display *display, int *major, int *minor);
/* The path of the DRM node, or "" without one; owned by the display. */
const char *vawrap_display_get_path(struct vawrap_display *display);
/* The driver's name: that was asked for, or that libva chose; "" if unknown. Owned by the display. */
const char *vawrap_display_get_driver(struct vawrap_display *display);
/* What failed last on this display, on any thread; copied out. */
void vawrap_display_get_last_error(struct vawrap_display *display, struct vawrap_error *out);

/*
 * Capabilities. The lists are read once, when the display is opened (profiles) or at the first call
 * for a profile, and owned by the display; they live as long as it. Return the count.
 * Errors: -ENOTSUP the driver does not know the profile; -ENOSPC there are more than capacity;
 * -ESHUTDOWN; -EIO.
 */
int vawrap_display_get_profiles(struct vawrap_display *display, const VAProfile **profiles);
int vawrap_display_get_entrypoints(struct vawrap_display *display, VAProfile profile,
				   VAEntrypoint *entrypoints, size_t capacity);
/* Fills in the values of attribs[0..n); a value is VA_ATTRIB_NOT_SUPPORTED where there is none. */
int vawrap_display_get_config_attribs(struct vawrap_display *display, VAProfile profile,
				      VAEntrypoint entrypoint, VAConfigAttrib *attribs, size_t n);
/* The formats of vaCreateImage(), owned by the display. */
int vawrap_display_get_image_formats(struct vawrap_display *display, const VAImageFormat **formats);

/*
 * The display's attributes with their present values: copies up to capacity of them and returns how
 * many there are, which may be more; and sets some, at most 32.
 * Errors: -ENOTSUP none, or it cannot be set or not to that value; -EINVAL; -ENOMEM; -ESHUTDOWN; -EIO.
 * Source: va.h, vaQueryDisplayAttributes(), vaSetDisplayAttributes().
 */
int vawrap_display_get_attributes(struct vawrap_display *display, VADisplayAttribute *attributes,
				  size_t capacity);
int vawrap_display_set_attributes(struct vawrap_display *display,
				  const VADisplayAttribute *attributes, size_t n);

/* Names of things, for messages and dumps: "H264High", "VLD", "RTFormat"; "unknown" if so. */
const char *vawrap_profile_get_name(VAProfile profile);
const char *vawrap_entrypoint_get_name(VAEntrypoint entrypoint);
const char *vawrap_config_attrib_get_name(VAConfigAttribType type);

/* ---- What lives ---- */

enum vawrap_kind {
	VAWRAP_KIND_DISPLAY,
	VAWRAP_KIND_CONFIG,
	VAWRAP_KIND_CONTEXT,
	VAWRAP_KIND_SURFACE,
	VAWRAP_KIND_BUFFER,
	VAWRAP_KIND_IMAGE,
	VAWRAP_KIND_PICTURE,
	VAWRAP_N_KINDS,
};

struct vawrap_live {
	enum vawrap_kind kind;
	uint32_t id;       /* the VA id; 0 for the display and pictures */
	unsigned int refs; /* at the time of the call */
	const char *site;  /* "file:line", or NULL when sites are not tracked */
	uint64_t age_ns;   /* 0 when sites are not tracked */
};

/* The number of live handles of one kind on the display; VAWRAP_N_KINDS counts all but itself. */
unsigned int vawrap_display_get_live_count(struct vawrap_display *display, enum vawrap_kind kind);
/* The number of vaDestroy*() and vaTerminate() calls that failed. */
unsigned int vawrap_display_get_failed_destroys(struct vawrap_display *display);
/*
 * Calls each() for every live handle but the display itself, oldest first, until it returns
 * non-zero; that value is returned. each() must not call vawrap.
 */
int vawrap_display_for_each_live(struct vawrap_display *display,
				 int (*each)(void *cookie, const struct vawrap_live *live),
				 void *cookie);
/* Writes one line for each live handle to a stream; returns their number. */
unsigned int vawrap_display_report_live(struct vawrap_display *display, FILE *stream);
/* The kind's name: "surface". */
const char *vawrap_kind_get_name(enum vawrap_kind kind);

/* ---- Config ---- */

/*
 * Makes a config for a profile and an entry point; attribs may be NULL when n is 0.
 * Errors: -ENOTSUP profile, entry point or attribute; -ENOMEM; -ESHUTDOWN; -EIO.
 * Source: va.h, vaCreateConfig().
 */
int vawrap_config_new_at(struct vawrap_display *display, VAProfile profile, VAEntrypoint entrypoint,
			 const VAConfigAttrib *attribs, size_t n, struct vawrap_config **out,
			 const char *site);
#define vawrap_config_new(display, profile, entrypoint, attribs, n, out)                           \
	vawrap_config_new_at(display, profile, entrypoint, attribs, n, out, VAWRAP_SITE)
struct vawrap_config *vawrap_config_ref(struct vawrap_config *config);
struct vawrap_config *vawrap_config_unref(struct vawrap_config *config);
VAConfigID vawrap_config_get_id(const struct vawrap_config *config);
struct vawrap_display *vawrap_config_get_display(const struct vawrap_config *config);
VAProfile vawrap_config_get_profile(const struct vawrap_config *config);
VAEntrypoint vawrap_config_get_entrypoint(const struct vawrap_config *config);
/*
 * The surface attributes that the config allows (formats, minimum and maximum size): copies up to
 * capacity of them and returns how many there are, which may be more.
 * Source: va.h, vaQuerySurfaceAttributes().
 */
int vawrap_config_get_surface_attribs(struct vawrap_config *config, VASurfaceAttrib *attribs,
				      size_t capacity);

/* ---- Surface ---- */

struct vawrap_surface_params {
	size_t size_bytes;              /* sizeof(struct vawrap_surface_params) */
	unsigned int rt_format;         /* VA_RT_FORMAT_*; 0 means YUV420 */
	uint32_t fourcc;                /* VA_FOURCC_*, 0 lets the driver choose */
	unsigned int width, height;     /* luma samples, at least 1 */
	const VASurfaceAttrib *attribs; /* more attributes, may be NULL; read during the call */
	size_t n_attribs;               /* at most 15 */
	unsigned int usage_hint;        /* VA_SURFACE_ATTRIB_USAGE_HINT_*, 0: none */
	uint32_t memory_type;           /* VA_SURFACE_ATTRIB_MEM_TYPE_*, 0: the driver's own */
	const void *descriptor;    /* of memory from outside, see below; read during the call */
	const uint64_t *modifiers; /* DRM format modifiers to choose from; the same */
	size_t n_modifiers;        /* at most 1024, 0: the driver's choice */
};

/*
 * Makes n surfaces by one call to the driver, into out[0..n): all or none.
 *
 * Over memory from outside, descriptor is what memory_type says: a VADRMPRIMESurfaceDescriptor for
 * DRM_PRIME_2, a VADRMPRIME3SurfaceDescriptor for DRM_PRIME_3 (from VA-API 1.21 on), both for one
 * surface; a VASurfaceAttribExternalBuffers with a buffer for each surface for DRM_PRIME and USER_PTR.
 * The fds stay the caller's, who may close them afterwards; a user pointer's memory must live as long
 * as the surface. There are drivers that accept this and use other memory: look before you rely on it.
 * Errors: -ENOTSUP format, size or memory type; -EINVAL, also a descriptor whose counts, indices or
 * fds make no sense; -ENOMEM; -ESHUTDOWN; -EIO.
 * Source: va.h, vaCreateSurfaces(); va_drmcommon.h.
 */
int vawrap_surface_new_batch_at(struct vawrap_display *display,
				const struct vawrap_surface_params *params,
				struct vawrap_surface **out, size_t n, const char *site);
#define vawrap_surface_new_batch(display, params, out, n)                                          \
	vawrap_surface_new_batch_at(display, params, out, n, VAWRAP_SITE)
struct vawrap_surface *vawrap_surface_ref(struct vawrap_surface *surface);
struct vawrap_surface *vawrap_surface_unref(struct vawrap_surface *surface);
/* Linear memory of somebody else, as a dma-buf. */
struct vawrap_dmabuf {
	int fd; /* the caller's, read during the call */
	uint32_t size_bytes;
	uint32_t fourcc; /* VA_FOURCC_NV12, ... */
	unsigned int width, height;
	unsigned int num_planes; /* at most 3, all in this object */
	uint32_t offset_bytes[3], pitch_bytes[3];
};

/*
 * Makes a surface whose samples are in the dma-buf. There are drivers that succeed and have them
 * elsewhere: whoever relies on it looks. Errors: as vawrap_surface_new_batch().
 * Source: va_drmcommon.h, VADRMPRIMESurfaceDescriptor.
 */
int vawrap_surface_new_dmabuf_at(struct vawrap_display *display, const struct vawrap_dmabuf *dmabuf,
				 struct vawrap_surface **out, const char *site);
#define vawrap_surface_new_dmabuf(display, dmabuf, out)                                            \
	vawrap_surface_new_dmabuf_at(display, dmabuf, out, VAWRAP_SITE)
VASurfaceID vawrap_surface_get_id(const struct vawrap_surface *surface);
struct vawrap_display *vawrap_surface_get_display(const struct vawrap_surface *surface);
void vawrap_surface_get_size(const struct vawrap_surface *surface, unsigned int *width,
			     unsigned int *height);
/*
 * Waits until the surface's work is done: timeout_ns 0 polls, -1 waits for ever. Where the driver
 * has no vaSyncSurface2(), any other timeout polls the status and sleeps in between; where it has no
 * status, either, every wait is for ever.
 * Errors: -ETIMEDOUT; -EBADMSG decoding error; -EBUSY the hardware is busy and stays so, or a wait without
 * a limit ended by itself 2500 times: the device may be lost; -ESHUTDOWN; -EIO.
 */
int vawrap_surface_sync(struct vawrap_surface *surface, int64_t timeout_ns);
/* Whether a wait with a limit has found that the driver has no vaSyncSurface2(). */
bool vawrap_display_lacks_sync2(const struct vawrap_display *display);
/* Source: va.h, vaQuerySurfaceStatus(). */
int vawrap_surface_get_status(struct vawrap_surface *surface, VASurfaceStatus *status);
/*
 * After a sync that said -EBADMSG: copies up to capacity of the macroblock errors and returns how
 * many it copied. The driver's list is walked to its end mark, at most 4096 entries.
 * Source: va.h, vaQuerySurfaceError().
 */
int vawrap_surface_get_errors(struct vawrap_surface *surface, VASurfaceDecodeMBErrors *errors,
			      size_t capacity);
/*
 * Exports the surface's memory as dma-bufs. flags: VA_EXPORT_SURFACE_READ_ONLY, _WRITE_ONLY or
 * _READ_WRITE, and one of _SEPARATE_LAYERS (one layer a plane) and _COMPOSED_LAYERS. The fds in out are
 * the caller's, who ends with vawrap_export_finish(): it closes them all. Sync the surface before its
 * memory is read, and do not hand it to the driver while it is written to.
 * Errors: -ENOTSUP; -EINVAL flags; -ESHUTDOWN; -EIO, also a descriptor that makes no sense.
 * Source: va.h, vaExportSurfaceHandle().
 */
int vawrap_surface_export(struct vawrap_surface *surface, uint32_t flags,
			  VADRMPRIMESurfaceDescriptor *out);
void vawrap_export_finish(VADRMPRIMESurfaceDescriptor *exported);
/*
 * Copies the content of one surface into another of the same display, size and format, and waits
 * until it is there. A copy that should not be waited for, or that scales or converts, is a picture:
 * see vawrap_picture_add_source().
 * Errors: -ENOTSUP the driver does not copy; -EINVAL; -ESHUTDOWN; -EIO.
 * Source: va.h, vaCopy().
 */
int vawrap_surface_copy(struct vawrap_surface *to, struct vawrap_surface *from);

/* ---- Context ---- */

/*
 * Makes a context for pictures of width x height luma samples. targets[0..n) are the surfaces that
 * it will write into (some drivers size themselves by them); the context holds them.
 * flags: VA_PROGRESSIVE or 0.
 * Errors: -ENOTSUP size; -EINVAL; -ENOMEM; -ESHUTDOWN; -EIO.
 * Source: va.h, vaCreateContext().
 */
int vawrap_context_new_at(struct vawrap_config *config, unsigned int width, unsigned int height,
			  int flags, struct vawrap_surface *const *targets, size_t n,
			  struct vawrap_context **out, const char *site);
#define vawrap_context_new(config, width, height, flags, targets, n, out)                          \
	vawrap_context_new_at(config, width, height, flags, targets, n, out, VAWRAP_SITE)
struct vawrap_context *vawrap_context_ref(struct vawrap_context *context);
struct vawrap_context *vawrap_context_unref(struct vawrap_context *context);
VAContextID vawrap_context_get_id(const struct vawrap_context *context);
struct vawrap_display *vawrap_context_get_display(const struct vawrap_context *context);
/*
 * Lets the context keep up to n parameter and coded buffers that are used no more (0, the default:
 * none), and take them for new ones of the same type and size. Data buffers are always made anew.
 * Errors: -EINVAL more than 4096; -ENOMEM. Threads: any.
 */
int vawrap_context_set_pool(struct vawrap_context *context, size_t n);

/* ---- Buffer ---- */

/*
 * Makes a buffer of n elements of size_bytes each; data is copied by the driver, NULL leaves the
 * content undefined. A type that belongs to the context's profile and entry point has to have the
 * size of its struct; what the struct points to (regions, lists, HDR metadata...) is copied too, and
 * lives as long as the buffer, which a picture holds until it is synced. What its ids name has to
 * live that long: see vawrap_picture_add_reference() and _hold_buffer(). Types that are unknown
 * here, a vendor's or a newer codec's, pass as they are.
 * Errors: -ENOTSUP type; -EINVAL size or count 0, or not the type's size, or a list in it of more
 * than 65536 elements; -ENOMEM; -ESHUTDOWN; -EIO.
 * Source: va.h, vaCreateBuffer().
 */
int vawrap_buffer_new_at(struct vawrap_context *context, VABufferType type, size_t size_bytes,
			 size_t n, const void *data, struct vawrap_buffer **out, const char *site);
#define vawrap_buffer_new(context, type, size_bytes, n, data, out)                                 \
	vawrap_buffer_new_at(context, type, size_bytes, n, data, out, VAWRAP_SITE)
struct vawrap_buffer *vawrap_buffer_ref(struct vawrap_buffer *buffer);
struct vawrap_buffer *vawrap_buffer_unref(struct vawrap_buffer *buffer);
VABufferID vawrap_buffer_get_id(const struct vawrap_buffer *buffer);
/*
 * Maps the buffer: *data is valid until unmap. The mapping holds a reference. intent is what will be
 * done with the memory, one or both of enum vawrap_map; without it both. Drivers that know it (from
 * VA-API 1.21 on) save a copy.
 * Errors: -EBUSY mapped already; -EINVAL intent; -ESHUTDOWN; -EIO. Unmap: -EINVAL not mapped.
 */
enum vawrap_map {
	VAWRAP_MAP_READ = 1,
	VAWRAP_MAP_WRITE = 2,
};
int vawrap_buffer_map(struct vawrap_buffer *buffer, void **data);
int vawrap_buffer_map_for(struct vawrap_buffer *buffer, unsigned int intent, void **data);
int vawrap_buffer_unmap(struct vawrap_buffer *buffer);
/*
 * Waits until the work that writes the buffer is done, as vawrap_surface_sync().
 * Errors: -ETIMEDOUT; -ENOTSUP the driver has no such call, so wait for the picture; -ESHUTDOWN; -EIO.
 * Source: va.h, vaSyncBuffer().
 */
int vawrap_buffer_sync(struct vawrap_buffer *buffer, int64_t timeout_ns);

/* A piece of coded data; valid until the buffer is unmapped. Source: va.h, VACodedBufferSegment. */
struct vawrap_coded {
	const void *data;
	size_t size_bytes;
	unsigned int bit_offset; /* where it begins in data */
	uint32_t status;         /* VA_CODED_BUF_STATUS_*: average QP, passes... */
};

/*
 * Maps a coded buffer (VAEncCodedBufferType) whose picture is done, and lists its pieces; returns
 * their number. Data that the encoder calls incomplete or wrong is never given: after an error the
 * buffer is not mapped. Errors: -EMSGSIZE a slice or the frame does not fit; -EBADMSG the
 * encoder made a bad bitstream; -ENOSPC more than capacity pieces; -EINVAL not such a buffer; -EBUSY;
 * -EIO, also for pieces larger than the buffer; -ESHUTDOWN.
 */
int vawrap_buffer_map_coded(struct vawrap_buffer *buffer, struct vawrap_coded *coded,
			    size_t capacity);
/* As vawrap_surface_copy(), for buffers. -EBUSY: one of them is mapped. */
int vawrap_buffer_copy(struct vawrap_buffer *to, struct vawrap_buffer *from);

/* ---- Image ---- */

/* An image's memory: planes within one mapping. Source: va.h, VAImage. */
struct vawrap_image_layout {
	uint32_t fourcc;
	unsigned int width, height; /* luma samples */
	unsigned int num_planes;    /* at most 3 */
	uint32_t offset_bytes[3];
	uint32_t pitch_bytes[3];
	uint32_t size_bytes; /* of the whole mapping */
};

/*
 * _new makes an image in the driver's memory; _derive gives a view of a surface's own memory and
 * holds the surface. A layout from the driver whose planes do not lie within its size is refused.
 * Errors: -ENOTSUP format, or the surface cannot be derived; -ENOMEM; -ESHUTDOWN; -EIO.
 * Source: va.h, vaCreateImage(), vaDeriveImage().
 */
int vawrap_image_new_at(struct vawrap_display *display, uint32_t fourcc, unsigned int width,
			unsigned int height, struct vawrap_image **out, const char *site);
int vawrap_image_derive_at(struct vawrap_surface *surface, struct vawrap_image **out,
			   const char *site);
#define vawrap_image_new(display, fourcc, width, height, out)                                      \
	vawrap_image_new_at(display, fourcc, width, height, out, VAWRAP_SITE)
#define vawrap_image_derive(surface, out) vawrap_image_derive_at(surface, out, VAWRAP_SITE)
struct vawrap_image *vawrap_image_ref(struct vawrap_image *image);
struct vawrap_image *vawrap_image_unref(struct vawrap_image *image);
VAImageID vawrap_image_get_id(const struct vawrap_image *image);
const struct vawrap_image_layout *vawrap_image_get_layout(const struct vawrap_image *image);
/*
 * Copies a rectangle of the surface, at x, y, into the image's top left corner, and back: the
 * whole image onto the same-sized rectangle of the surface at x, y. The surface must be synced.
 * Errors: -EINVAL outside; -ENOTSUP; -EBUSY the image is mapped; -ESHUTDOWN; -EIO.
 * Source: va.h, vaGetImage(), vaPutImage().
 */
int vawrap_image_get(struct vawrap_image *image, struct vawrap_surface *surface, int x, int y,
		     unsigned int width, unsigned int height);
int vawrap_image_put(struct vawrap_image *image, struct vawrap_surface *surface, int x, int y);
/* As for buffers. */
int vawrap_image_map(struct vawrap_image *image, void **data);
int vawrap_image_map_for(struct vawrap_image *image, unsigned int intent, void **data);
int vawrap_image_unmap(struct vawrap_image *image);

/* ---- View ---- */

/*
 * A way to read many surfaces of one format and size by the CPU: a derived image, kept for each
 * surface, or where the driver has none that can be used one image into which it transfers. Which one
 * is found with the first surfaces: a derived image that shows other samples than the driver's
 * transfer, or takes the CPU far longer to read, is not used. Used by one thread at a time; kept images
 * hold their surfaces.
 */
struct vawrap_view;

/* Errors: -ENOMEM. */
int vawrap_view_new(struct vawrap_display *display, uint32_t fourcc, unsigned int width,
		    unsigned int height, struct vawrap_view **out);
/* Unmaps what is mapped. NULL is accepted; returns NULL. */
struct vawrap_view *vawrap_view_free(struct vawrap_view *view);
/*
 * Shows a synced surface; *data and *layout are valid until unmap. Errors: -EBUSY another one is
 * mapped; -ENOTSUP neither way serves; -ENOMEM; -ESHUTDOWN; -EIO.
 */
int vawrap_view_map(struct vawrap_view *view, struct vawrap_surface *surface, const uint8_t **data,
		    const struct vawrap_image_layout **layout);
void vawrap_view_unmap(struct vawrap_view *view);
/* Not NULL: the driver transfers, so that what is mapped is a copy; the text says why. */
const char *vawrap_view_transfers(const struct vawrap_view *view);
/*
 * The driver transfers an image of the view's format into a surface's top left corner. There are drivers that
 * succeed and do nothing: until a picture of more than one colour in a row has arrived, each is looked for in
 * the surface. Errors: -EILSEQ it is not there; those of vawrap_image_put() and vawrap_view_map().
 */
int vawrap_view_store(struct vawrap_view *view, struct vawrap_surface *surface,
		      struct vawrap_image *image);

/* ---- Picture ---- */

/*
 *          begin          render           end           sync
 *   NEW ----------> BEGUN ------> RENDERED ----> ENDED ----------> SYNCED
 *    ^                |  (again)     |             |                 |
 *    |                +---- abort ---+--> FAILED <-+ (a failed call) |
 *    +----------------------------- reset ----+----------------------+
 *
 * A hole in this drawing is -EINVAL, and the state stays. When render fails after begin, the
 * picture is ended at the driver (its content is lost), so that the context can begin the next.
 * What the driver may still read is not let go: the last unref and a reset of a picture that was
 * ended and not synced wait for it (for ever, if the driver never ends).
 */
enum vawrap_picture_state {
	VAWRAP_PICTURE_NEW,
	VAWRAP_PICTURE_BEGUN,
	VAWRAP_PICTURE_RENDERED,
	VAWRAP_PICTURE_ENDED,
	VAWRAP_PICTURE_SYNCED,
	VAWRAP_PICTURE_FAILED,
};

/*
 * Makes a picture on context with its target: what is decoded or processed into, or the input of an
 * encoder. It holds both, and whatever is added to it,
 * until it is reset or goes. Errors: -EINVAL another display's surface; -ENOMEM; -ESHUTDOWN.
 */
int vawrap_picture_new_at(struct vawrap_context *context, struct vawrap_surface *target,
			  struct vawrap_picture **out, const char *site);
#define vawrap_picture_new(context, target, out)                                                   \
	vawrap_picture_new_at(context, target, out, VAWRAP_SITE)
struct vawrap_picture *vawrap_picture_ref(struct vawrap_picture *picture);
struct vawrap_picture *vawrap_picture_unref(struct vawrap_picture *picture);
enum vawrap_picture_state vawrap_picture_get_state(const struct vawrap_picture *picture);
struct vawrap_surface *vawrap_picture_get_target(const struct vawrap_picture *picture);
/*
 * Holds a surface, or a buffer, that the picture's content names by its id (a reference, a coded
 * buffer, a filter) until the picture is synced; NEW, BEGUN or RENDERED.
 * Errors: -EINVAL state, or another display's; -ENOSPC more than 65536; -ENOMEM.
 */
int vawrap_picture_add_reference(struct vawrap_picture *picture, struct vawrap_surface *surface);
int vawrap_picture_hold_buffer(struct vawrap_picture *picture, struct vawrap_buffer *buffer);
/*
 * Adds a buffer of the same context to what the next render gives to the driver, in order; NEW,
 * BEGUN or RENDERED. Errors: -EBUSY the buffer is mapped; -ENOSPC more than 65536; -ENOMEM.
 */
int vawrap_picture_add_buffer(struct vawrap_picture *picture, struct vawrap_buffer *buffer);
/* Makes a buffer of one element and adds it. */
int vawrap_picture_add_data(struct vawrap_picture *picture, VABufferType type, const void *data,
			    size_t size_bytes);
/* The same of n elements, of size_bytes each. */
int vawrap_picture_add_array(struct vawrap_picture *picture, VABufferType type, const void *data,
			     size_t size_bytes, unsigned int n);
/*
 * The same for a VAEncMiscParameterBuffer with its content, of at most 1024 bytes, and for a packed
 * header with its parameters: bits are the header's length. Errors: as for vawrap_buffer_new().
 */
int vawrap_picture_add_misc(struct vawrap_picture *picture, VAEncMiscParameterType type,
			    const void *data, size_t size_bytes);
int vawrap_picture_add_packed_header(struct vawrap_picture *picture, uint32_t type,
				     const void *data, size_t bits, bool has_emulation_bytes);
/* -EBUSY while another picture is begun on the context; the state stays. */
int vawrap_picture_begin(struct vawrap_picture *picture);
/* Gives what was added since the last render; -EINVAL when there is nothing, and the state stays. */
int vawrap_picture_render(struct vawrap_picture *picture);
int vawrap_picture_end(struct vawrap_picture *picture);
/* The three in one. -EINVAL and -EBUSY as above leave a NEW picture NEW. */
int vawrap_picture_submit(struct vawrap_picture *picture);
/* Ends a begun or rendered picture at the driver without using it; it is FAILED then. */
int vawrap_picture_abort(struct vawrap_picture *picture);
/*
 * As vawrap_surface_sync(). Once the work is done, also with -EBADMSG, the buffers and references are
 * dropped. After -ETIMEDOUT the picture is ENDED as before, after any other failure FAILED.
 */
int vawrap_picture_sync(struct vawrap_picture *picture, int64_t timeout_ns);
/* Makes a SYNCED, FAILED or NEW picture NEW again, for another target on its context. */
int vawrap_picture_reset(struct vawrap_picture *picture, struct vawrap_surface *target);
/*
 * Another target for a NEW picture, which keeps what was added to it; parameters that name the old one are
 * the caller's to change. Errors: -EINVAL another state, a surface of another display.
 */
int vawrap_picture_retarget(struct vawrap_picture *picture, struct vawrap_surface *target);

/* ---- Video processing ---- */

/*
 * What the pipeline of a context of VAEntrypointVideoProc can do. The first two fill caller's arrays
 * and return a count. A filter's capabilities are structs of cap_bytes each: VAProcFilterCap,
 * VAProcFilterCapDeinterlacing, _ColorBalance and so on, as va_vpp.h says for the filter.
 * Errors: -ENOSPC more than capacity; -EINVAL a known filter has structs of another size; -ENOTSUP;
 * -ESHUTDOWN; -EIO. Source: va_vpp.h.
 */
int vawrap_context_get_filters(struct vawrap_context *context, VAProcFilterType *filters,
			       size_t capacity);
int vawrap_context_get_filter_caps(struct vawrap_context *context, VAProcFilterType filter,
				   void *caps, size_t cap_bytes, size_t capacity);
/*
 * The pipeline with those n filters (buffers of the context, none: n is 0). The lists in caps are the
 * caller's arrays with their capacities, or NULL; they are filled up to that, and counted.
 */
int vawrap_context_get_pipeline_caps(struct vawrap_context *context,
				     struct vawrap_buffer *const *filters, size_t n,
				     VAProcPipelineCaps *caps);

/*
 * How one surface comes into another: every member may be zero. The driver converts between the
 * surfaces' formats, and scales from one rectangle to the other.
 * Source: va_vpp.h, VAProcPipelineParameterBuffer.
 */
struct vawrap_process {
	size_t size_bytes;          /* sizeof(struct vawrap_process) */
	VARectangle source, target; /* 0 x 0: the whole surface */
	uint32_t rotation, mirror;  /* VA_ROTATION_*, VA_MIRROR_* */
	uint32_t filter_flags;      /* VA_FILTER_SCALING_*, VA_FILTER_INTERPOLATION_*... */
	uint32_t pipeline_flags;    /* VA_PROC_PIPELINE_* */
	uint32_t background;        /* ARGB around the target rectangle */
	VABlendState blend;         /* flags 0: the driver's default for the format */
	uint32_t source_flags;      /* VA_TOP_FIELD_FIRST...: how the surfaces are interlaced */
	uint32_t target_flags;
	VAProcMode mode;
	VAProcColorStandardType source_standard, target_standard;
	VAProcColorProperties source_color, target_color; /* for VAProcColorStandardExplicit */
	const VAHdrMetaData *hdr;              /* of the output, NULL: SDR; read during the call */
	struct vawrap_buffer *const *filters;  /* of VAProcFilterParameterBufferType, in order */
	size_t n_filters;                      /* at most 64, as the following ones */
	struct vawrap_surface *const *forward; /* reference frames, past ones */
	size_t n_forward;
	struct vawrap_surface *const *backward; /* future ones */
	size_t n_backward;
	struct vawrap_surface *const *outputs; /* more outputs beside the target */
	size_t n_outputs;
};

/*
 * Adds a surface that is processed into the picture's target; process may be NULL. All that it names
 * is held until the picture is synced. Several sources, rendered one after another, are composed.
 * Errors: -EINVAL state, a rectangle outside its surface, another display's or context's object;
 * -EBUSY a filter is mapped; -ENOSPC; -ENOMEM; -ENOTSUP; -ESHUTDOWN; -EIO.
 */
int vawrap_picture_add_source(struct vawrap_picture *picture, struct vawrap_surface *source,
			      const struct vawrap_process *process);
/*
 * The whole of it in one call: source is processed into target, and waited for. Errors: as above;
 * -EBUSY another picture is begun on the context.
 */
int vawrap_context_process_at(struct vawrap_context *context, struct vawrap_surface *source,
			      struct vawrap_surface *target, const struct vawrap_process *process,
			      const char *site);
#define vawrap_context_process(context, source, target, process)                                   \
	vawrap_context_process_at(context, source, target, process, VAWRAP_SITE)

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif

#endif
