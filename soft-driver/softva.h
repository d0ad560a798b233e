/* SPDX-License-Identifier: MIT */
/*
 * What the files of the driver share: the display, its objects, and the calls of the VA vtable by topic.
 *
 * Locks, from the outside in: context->lock, then surface->lock, then the heap's. None is held while a
 * thread waits for a picture. A picture is parsed, checked and rewritten on the client's thread in
 * vaEndPicture; the context's worker only decodes the packet and copies the result into the surface.
 */
#ifndef SOFTVA_H
#define SOFTVA_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <va/va.h>
#include <va/va_backend.h>
#include <va/va_drmcommon.h>
#include <va/va_vpp.h>

#include "check.h"
#include "fail.h"
#include "format.h"
#include "object.h"
#include "quirks.h"

#define SOFTVA_MAX_WIDTH  8192
#define SOFTVA_MAX_HEIGHT 8192
#define SOFTVA_POISON     0x55
#define SOFTVA_PADDING    0xa7
/* At least as many as the table of pixel formats has. */
#define SOFTVA_MAX_FORMATS 24

struct codec;

struct softva {
	VADriverContextP va;
	struct object_heap heap;
	struct check_table checks;
	char *checks_path;
	char *gate_path;
	unsigned int delay_us;
	/* Of SOFTVA_NO_DECODE. */
	unsigned long no_decode;
	struct fail_rules fail;
	/* What the answers of video processing point to. */
	uint32_t vpp_fourccs[SOFTVA_MAX_FORMATS];
	VAProcColorStandardType vpp_standards[1];
	struct quirks quirks;
	/* Surfaces, counted as they are made. */
	atomic_uint num_surfaces;
	/* Of lost=N. */
	atomic_bool lost;
	/* Of lock-while-waiting: held by whoever waits for a picture. */
	pthread_mutex_t wait_lock;
};

struct config {
	struct object object;
	VAProfile profile;
	VAEntrypoint entrypoint;
	/* VA_RT_FORMAT_* of its surfaces. */
	uint32_t rt_format;
};

/* What a profile has: surfaces, and pictures of them. */
struct profile {
	VAProfile profile;
	const struct codec *codec;
	uint32_t rt_format;
	uint32_t chroma_format_idc;
	uint32_t bit_depth;
};

/* What was decoded into a surface, as the client's later references must describe it. */
struct content {
	bool valid;
	/* Bit 0 the top field, bit 1 the bottom field. */
	unsigned int fields;
	unsigned int reference_fields;
	/* Fields that the stream's own marking made long-term references. */
	unsigned int long_term_fields;
	uint32_t long_term_idx;
	uint32_t frame_num;
	int32_t poc[2];
	/* An MMCO 5 makes POCs relative to the picture's own afterwards; clients may use either. */
	int32_t reset_poc[2];
	bool reset;
	const struct format *format;
	/* Of the coded picture. */
	uint32_t width;
	uint32_t height;
	/* The context that decoded it. */
	VAContextID context;
};

struct surface_plane {
	size_t offset_bytes;
	uint32_t pitch_bytes;
};

/* Memory that shows a picture in tiles. */
struct tiles {
	uint8_t *map;
	size_t size_bytes;
	struct surface_plane planes[FORMAT_MAX_PLANES];
};

struct surface {
	struct object object;
	uint32_t width;
	uint32_t height;
	/* What may be written: the visible size for imported memory, whole macroblocks for own. */
	uint32_t store_width;
	uint32_t store_height;
	int fd;
	uint8_t *map;
	size_t size_bytes;
	bool imported;
	const struct format *format;
	struct surface_plane planes[FORMAT_MAX_PLANES];
	/* Of import=tiled: the client's memory, that shows what the surface has, but in tiles. */
	struct tiles foreign;
	/* How many were made before it. */
	unsigned int serial;
	pthread_mutex_t lock;
	pthread_cond_t done;
	unsigned int pending;
	VAStatus status;
	/* A picture was queued for it once; waits that say HW_BUSY are left. */
	bool used;
	unsigned int busy;
	VASurfaceDecodeMBErrors errors[2];
	struct content content;
	/* VP9: what decoded it, and goes on in another context; a reference. */
	struct object *stream;
};

struct buffer {
	struct object object;
	VABufferType type;
	unsigned int size_bytes;
	unsigned int num_elements;
	VAContextID context;
	uint8_t *data;
	/* Set for the buffer of a derived image: data is the surface's memory, but for derive=tiled. */
	struct surface *surface;
	bool mapped;
	/* Of vp8=lookback: bytes that stood before the client's data, and stand before data here. */
	unsigned int before_bytes;
	/* Pictures queued with this buffer as slice data and not decoded yet. */
	atomic_uint in_flight;
};

struct image {
	struct object object;
	const struct format *format;
	VAImage va;
	struct buffer *buffer;
};

static inline struct softva *softva_of(VADriverContextP va)
{
	return va->pDriverData;
}

static inline uint32_t align_up(uint32_t value, uint32_t alignment)
{
	return (value + alignment - 1) / alignment * alignment;
}

void softva_log(struct softva *softva, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/*
 * What a call that needs the device does first: it waits for whoever waits under the driver's lock. Whether
 * the device is there.
 */
VAStatus softva_enter(struct softva *softva);

/* Of pictures. */
struct limits {
	uint32_t min_width, min_height;
	uint32_t max_width, max_height;
};

/* config.c */
struct limits config_limits(const struct softva *softva, const struct profile *profile);
/* NULL for a profile that softva does not have. */
const struct profile *profile_find(VAProfile profile);
VAStatus config_query_profiles(VADriverContextP va, VAProfile *list, int *count);
VAStatus config_query_entrypoints(VADriverContextP va, VAProfile profile, VAEntrypoint *list,
				  int *count);
VAStatus config_get_attributes(VADriverContextP va, VAProfile profile, VAEntrypoint entrypoint,
			       VAConfigAttrib *list, int count);
VAStatus config_create(VADriverContextP va, VAProfile profile, VAEntrypoint entrypoint,
		       VAConfigAttrib *list, int count, VAConfigID *id);
VAStatus config_destroy(VADriverContextP va, VAConfigID id);
VAStatus config_query_attributes(VADriverContextP va, VAConfigID id, VAProfile *profile,
				 VAEntrypoint *entrypoint, VAConfigAttrib *list, int *count);
VAStatus config_query_surface_attributes(VADriverContextP va, VAConfigID id, VASurfaceAttrib *list,
					 unsigned int *count);

/* surface.c */
VAStatus surface_create(VADriverContextP va, int width, int height, int format, int count,
			VASurfaceID *ids);
VAStatus surface_create2(VADriverContextP va, unsigned int format, unsigned int width,
			 unsigned int height, VASurfaceID *ids, unsigned int count,
			 VASurfaceAttrib *attribs, unsigned int num_attribs);
VAStatus surface_destroy(VADriverContextP va, VASurfaceID *ids, int count);
VAStatus surface_sync(VADriverContextP va, VASurfaceID id);
VAStatus surface_sync2(VADriverContextP va, VASurfaceID id, uint64_t timeout_ns);
VAStatus surface_query_status(VADriverContextP va, VASurfaceID id, VASurfaceStatus *status);
VAStatus surface_query_error(VADriverContextP va, VASurfaceID id, VAStatus status, void **info);
/* A picture was queued for the surface; one more surface_complete() is due. */
void surface_submit(struct surface *surface, bool poison);
void surface_complete(struct surface *surface, bool good);
/* Under its lock: its content has changed. */
void surface_publish(struct surface *surface);
/* What is queued for it will never be done. */
void surface_lose(struct surface *surface);
/* Until no picture is due for it. */
void surface_wait(struct surface *surface);
static inline uint8_t *surface_row(const struct surface *surface, unsigned int plane, uint32_t y)
{
	return surface->map + surface->planes[plane].offset_bytes +
	       (size_t)surface->planes[plane].pitch_bytes * y;
}
/*
 * The client is about to read or write the pixels: it should have waited. If it has not, it does now, as
 * the drivers of hardware let it: there are clients that rely on it.
 */
void surface_access(struct softva *softva, struct surface *surface);

/* tiles.c: all planes of a surface's picture; memory is planned as planes say. */
void tiles_show(const struct surface *surface, uint8_t *memory, const struct surface_plane *planes);

/* export.c */
VAStatus export_surface(VADriverContextP va, VASurfaceID id, uint32_t memory_type, uint32_t flags,
			void *descriptor);
/* What a surface is to be made of: own memory (fd < 0) or the client's. */
struct import {
	/* NULL where nothing names one. */
	const struct format *format;
	int fd;
	size_t size_bytes;
	struct surface_plane planes[FORMAT_MAX_PLANES];
};
VAStatus import_parse(const VASurfaceAttrib *attribs, unsigned int num_attribs,
		      const uint32_t size[2], struct import *import, unsigned int index);

/* copy.c */
VAStatus copy_surface(VADriverContextP va, VACopyObject *to, VACopyObject *from,
		      VACopyOption option);

/* buffer.c */
VAStatus buffer_create(VADriverContextP va, VAContextID context, VABufferType type,
		       unsigned int size, unsigned int count, void *data, VABufferID *id);
VAStatus buffer_set_num_elements(VADriverContextP va, VABufferID id, unsigned int count);
VAStatus buffer_map(VADriverContextP va, VABufferID id, void **data);
VAStatus buffer_unmap(VADriverContextP va, VABufferID id);
VAStatus buffer_destroy(VADriverContextP va, VABufferID id);
VAStatus buffer_info(VADriverContextP va, VABufferID id, VABufferType *type, unsigned int *size,
		     unsigned int *count);
/* surface: NULL for memory of its own. Takes a reference on it. */
struct buffer *buffer_new_image(struct softva *softva, unsigned int size, struct surface *surface);

/* image.c */
VAStatus image_query_formats(VADriverContextP va, VAImageFormat *list, int *count);
VAStatus image_create(VADriverContextP va, VAImageFormat *format, int width, int height,
		      VAImage *out);
VAStatus image_derive(VADriverContextP va, VASurfaceID surface, VAImage *out);
VAStatus image_destroy(VADriverContextP va, VAImageID id);
VAStatus image_get(VADriverContextP va, VASurfaceID surface, int x, int y, unsigned int width,
		   unsigned int height, VAImageID id);
VAStatus image_put(VADriverContextP va, VASurfaceID surface, VAImageID id, int src_x, int src_y,
		   unsigned int src_width, unsigned int src_height, int dest_x, int dest_y,
		   unsigned int dest_width, unsigned int dest_height);
void image_free(struct object *object);

/* stubs.c: what libva wants to be there */
void stubs_fill(struct VADriverVTable *vtable);

#endif
