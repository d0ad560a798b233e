/* SPDX-License-Identifier: MIT */
/*
 * dmabuf.c - surfaces in memory of others
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
	VASurfaceAttrib attribs[2];
	struct vawrap_surface_params params = {
		.size_bytes = sizeof(params),
		.fourcc = dmabuf->fourcc,
		.width = dmabuf->width,
		.height = dmabuf->height,
		.attribs = attribs,
		.n_attribs = 2,
	};

	*out = NULL;
	if (dmabuf->num_planes == 0 || dmabuf->num_planes > 3)
		return -EINVAL;
	describe(dmabuf, &descriptor);
	memset(attribs, 0, sizeof(attribs));
	attribs[0].type = VASurfaceAttribMemoryType;
	attribs[0].flags = attribs[1].flags = VA_SURFACE_ATTRIB_SETTABLE;
	attribs[0].value.type = VAGenericValueTypeInteger;
	attribs[0].value.value.i = VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME_2;
	attribs[1].type = VASurfaceAttribExternalBufferDescriptor;
	attribs[1].value.type = VAGenericValueTypePointer;
	attribs[1].value.value.p = &descriptor;
	return vawrap_surface_new_batch_at(display, &params, out, 1, site);
}
