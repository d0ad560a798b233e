/* SPDX-License-Identifier: MIT */
/*
 * dmabuf.c - surfaces in linear memory of others
 */
#include <string.h>
#include <va/va_drmcommon.h>
#include "internal.h"

/* One layer has all planes; DRM's code of a linear format is VA's. Source: va_drmcommon.h. */
static void describe(const struct vawrap_dmabuf *dmabuf, VADRMPRIMESurfaceDescriptor *out)
{
	memset(out, 0, sizeof(*out));
	out->fourcc = dmabuf->fourcc;
	out->width = dmabuf->width;
	out->height = dmabuf->height;
	out->num_objects = 1;
	out->objects[0].fd = dmabuf->fd;
	out->objects[0].size = dmabuf->size_bytes;
	out->num_layers = 1;
	out->layers[0].drm_format = dmabuf->fourcc;
	out->layers[0].num_planes = dmabuf->num_planes;
	for (unsigned int i = 0; i < dmabuf->num_planes; i++) {
		out->layers[0].offset[i] = dmabuf->offset_bytes[i];
		out->layers[0].pitch[i] = dmabuf->pitch_bytes[i];
	}
}

int vawrap_surface_new_dmabuf_at(struct vawrap_display *display, const struct vawrap_dmabuf *dmabuf,
				 struct vawrap_surface **out, const char *site)
{
	VADRMPRIMESurfaceDescriptor descriptor;
	struct vawrap_surface_params params = {
		.size_bytes = sizeof(params),
		.fourcc = dmabuf->fourcc,
		.width = dmabuf->width,
		.height = dmabuf->height,
		.memory_type = VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME_2,
		.descriptor = &descriptor,
	};

	*out = NULL;
	if (dmabuf->num_planes == 0 || dmabuf->num_planes > 3)
		return -EINVAL;
	describe(dmabuf, &descriptor);
	return vawrap_surface_new_batch_at(display, &params, out, 1, site);
}
