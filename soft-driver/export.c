/* SPDX-License-Identifier: MIT */
/*
 * Surfaces as file descriptors: handing out a surface's memfd, and surfaces in a descriptor's memory.
 */
#include "softva.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

/* <drm_fourcc.h>: DRM_FORMAT_MOD_LINEAR, I915_FORMAT_MOD_Y_TILED. */
#define DRM_LINEAR  0
#define DRM_Y_TILED UINT64_C(0x0100000000000002)

/* A plane as a layer of its own, in the names of <drm_fourcc.h>: one, or a pair of its components. */
static uint32_t plane_format(const struct format *format, unsigned int plane)
{
	static const uint32_t names[2][2] = {
		{VA_FOURCC('R', '8', ' ', ' '), VA_FOURCC('G', 'R', '8', '8')},
		{VA_FOURCC('R', '1', '6', ' '), VA_FOURCC('G', 'R', '3', '2')},
	};
	unsigned int components = 0;

	for (unsigned int c = 0; c < format->num_components; c++)
		components += format->component[c].plane == plane;
	/* What is packed has no other name than its own. */
	if (components > 2 || format->word_bytes > 2)
		return format->drm_format;
	return names[format->word_bytes - 1][components - 1];
}

static void describe_layers(const struct surface *surface, uint32_t flags,
			    VADRMPRIMESurfaceDescriptor *out)
{
	const struct format *format = surface->format;
	bool separate = flags & VA_EXPORT_SURFACE_SEPARATE_LAYERS;

	out->num_layers = separate ? format->num_planes : 1;
	for (uint32_t plane = 0; plane < format->num_planes; plane++) {
		uint32_t layer = separate ? plane : 0;
		uint32_t index = separate ? 0 : plane;

		out->layers[layer].drm_format =
			separate ? plane_format(format, plane) : format->drm_format;
		out->layers[layer].num_planes = separate ? 1 : format->num_planes;
		out->layers[layer].object_index[index] = 0;
		out->layers[layer].offset[index] = (uint32_t)surface->planes[plane].offset_bytes;
		out->layers[layer].pitch[index] = surface->planes[plane].pitch_bytes;
	}
}

/* The picture that is there now, in memory of its own. */
static int export_tiles(struct surface *surface)
{
	int fd = memfd_create("softva-tiles", MFD_CLOEXEC);
	void *map = MAP_FAILED;

	if (fd >= 0 && !ftruncate(fd, (off_t)surface->size_bytes))
		map = mmap(NULL, surface->size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	pthread_mutex_lock(&surface->lock);
	tiles_show(surface, map, surface->planes);
	pthread_mutex_unlock(&surface->lock);
	munmap(map, surface->size_bytes);
	return fd;
}

static VAStatus describe(struct surface *surface, uint32_t flags, bool tiled,
			 VADRMPRIMESurfaceDescriptor *out)
{
	int fd = tiled ? export_tiles(surface) : fcntl(surface->fd, F_DUPFD_CLOEXEC, 0);

	if (fd < 0)
		return VA_STATUS_ERROR_OPERATION_FAILED;
	memset(out, 0, sizeof(*out));
	out->fourcc = surface->format->fourcc;
	out->width = surface->width;
	out->height = surface->height;
	out->num_objects = 1;
	out->objects[0].fd = fd;
	out->objects[0].size = (uint32_t)surface->size_bytes;
	out->objects[0].drm_format_modifier = tiled ? DRM_Y_TILED : DRM_LINEAR;
	describe_layers(surface, flags, out);
	return VA_STATUS_SUCCESS;
}

VAStatus export_surface(VADriverContextP va, VASurfaceID id, uint32_t memory_type, uint32_t flags,
			void *descriptor)
{
	const uint32_t both = VA_EXPORT_SURFACE_SEPARATE_LAYERS | VA_EXPORT_SURFACE_COMPOSED_LAYERS;
	int quirk = softva_of(va)->quirks.export;
	struct surface *surface;
	VAStatus status;

	if (memory_type != VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME_2)
		return VA_STATUS_ERROR_UNSUPPORTED_MEMORY_TYPE;
	if (!descriptor || (flags & both) == both || flags & ~(both | VA_EXPORT_SURFACE_READ_WRITE))
		return VA_STATUS_ERROR_INVALID_PARAMETER;
	if (quirk == QUIRK_EXPORT_SEPARATE_ONLY && !(flags & VA_EXPORT_SURFACE_SEPARATE_LAYERS))
		return VA_STATUS_ERROR_INVALID_SURFACE;
	surface = object_get(&softva_of(va)->heap, id, OBJECT_SURFACE);
	if (!surface)
		return VA_STATUS_ERROR_INVALID_SURFACE;
	status = describe(surface, flags, quirk == QUIRK_EXPORT_MODIFIER, descriptor);
	object_unref(&surface->object);
	return status;
}

/* The planes lie in the object, one after the other, and the object is as large as it is said to be. */
static VAStatus check_import(const struct import *import, const uint32_t size[2])
{
	off_t real = import->fd < 0 ? -1 : lseek(import->fd, 0, SEEK_END);
	size_t end = 0;

	if (real < 0 || !import->size_bytes || (uint64_t)real < import->size_bytes)
		return VA_STATUS_ERROR_INVALID_PARAMETER;
	for (uint32_t plane = 0; plane < import->format->num_planes; plane++) {
		const struct surface_plane *p = &import->planes[plane];
		uint32_t row = format_row_bytes(import->format, plane, size[0]);
		uint32_t rows = format_rows(import->format, plane, size[1]);

		if (p->pitch_bytes < row || p->offset_bytes < end ||
		    p->offset_bytes > import->size_bytes ||
		    (uint64_t)p->pitch_bytes * (rows - 1) + row >
			    import->size_bytes - p->offset_bytes)
			return VA_STATUS_ERROR_INVALID_PARAMETER;
		end = p->offset_bytes + (size_t)p->pitch_bytes * (rows - 1) + row;
	}
	return VA_STATUS_SUCCESS;
}

/* The attribute and the descriptor must name the same format. */
static bool name_format(struct import *import, uint32_t fourcc)
{
	const struct format *format = format_find(fourcc);

	if (!format || !format->rt_format || (import->format && import->format != format))
		return false;
	import->format = format;
	return true;
}

static VAStatus import_prime(const VASurfaceAttribExternalBuffers *in, struct import *import,
			     unsigned int index)
{
	if (!name_format(import, in->pixel_format) ||
	    in->num_planes != import->format->num_planes || !in->buffers ||
	    index >= in->num_buffers ||
	    in->flags & (VA_SURFACE_EXTBUF_DESC_ENABLE_TILING | VA_SURFACE_EXTBUF_DESC_PROTECTED))
		return VA_STATUS_ERROR_INVALID_PARAMETER;
	import->fd = (int)in->buffers[index];
	import->size_bytes = in->data_size;
	for (unsigned int plane = 0; plane < import->format->num_planes; plane++)
		import->planes[plane] =
			(struct surface_plane){in->offsets[plane], in->pitches[plane]};
	return VA_STATUS_SUCCESS;
}

static VAStatus import_prime_2(const VADRMPRIMESurfaceDescriptor *in, struct import *import)
{
	bool composed, separate;
	uint32_t num_planes;

	if (!name_format(import, in->fourcc))
		return VA_STATUS_ERROR_INVALID_PARAMETER;
	num_planes = import->format->num_planes;
	composed = in->num_layers == 1 && in->layers[0].num_planes == num_planes;
	separate = in->num_layers == num_planes;
	for (uint32_t i = 0; separate && i < num_planes; i++)
		separate = in->layers[i].num_planes == 1;
	if (in->num_objects != 1 || (!composed && !separate) ||
	    in->objects[0].drm_format_modifier != DRM_LINEAR)
		return VA_STATUS_ERROR_INVALID_PARAMETER;
	import->fd = in->objects[0].fd;
	import->size_bytes = in->objects[0].size;
	for (uint32_t plane = 0; plane < num_planes; plane++) {
		uint32_t layer = composed ? 0 : plane, at = composed ? plane : 0;

		if (in->layers[layer].object_index[at] != 0)
			return VA_STATUS_ERROR_INVALID_PARAMETER;
		import->planes[plane] = (struct surface_plane){in->layers[layer].offset[at],
							       in->layers[layer].pitch[at]};
	}
	return VA_STATUS_SUCCESS;
}

static VAStatus read_attributes(const VASurfaceAttrib *attribs, unsigned int num_attribs,
				struct import *import, uint32_t *memory_type,
				const void **descriptor)
{
	for (unsigned int i = 0; i < num_attribs; i++) {
		const VAGenericValue *value = &attribs[i].value;

		switch (attribs[i].type) {
		case VASurfaceAttribPixelFormat:
			if (!name_format(import, (uint32_t)value->value.i))
				return VA_STATUS_ERROR_INVALID_VALUE;
			break;
		case VASurfaceAttribMemoryType:
			*memory_type = (uint32_t)value->value.i;
			break;
		case VASurfaceAttribExternalBufferDescriptor:
			*descriptor = value->value.p;
			break;
		case VASurfaceAttribUsageHint:
			break;
		default:
			return VA_STATUS_ERROR_ATTR_NOT_SUPPORTED;
		}
	}
	return VA_STATUS_SUCCESS;
}

VAStatus import_parse(const VASurfaceAttrib *attribs, unsigned int num_attribs,
		      const uint32_t size[2], struct import *import, unsigned int index)
{
	uint32_t type = VA_SURFACE_ATTRIB_MEM_TYPE_VA;
	const void *descriptor = NULL;
	VAStatus status;

	memset(import, 0, sizeof(*import));
	import->fd = -1;
	status = read_attributes(attribs, num_attribs, import, &type, &descriptor);
	if (status != VA_STATUS_SUCCESS || type == VA_SURFACE_ATTRIB_MEM_TYPE_VA)
		return status;
	if (type != VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME &&
	    type != VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME_2)
		return VA_STATUS_ERROR_UNSUPPORTED_MEMORY_TYPE;
	if (!descriptor)
		return VA_STATUS_ERROR_INVALID_PARAMETER;
	if (type == VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME)
		status = import_prime(descriptor, import, index);
	else
		status = import_prime_2((const VADRMPRIMESurfaceDescriptor *)descriptor + index,
					import);
	return status == VA_STATUS_SUCCESS ? check_import(import, size) : status;
}
