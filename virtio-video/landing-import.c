/* SPDX-License-Identifier: MIT */
/*
 * landing-import.c - the objects of resources as surfaces, for copies that the driver makes
 */
#include "landing-ways.h"
#include "vawrap.h"

static bool is_known(const struct landing_imports *imports, const struct resource *resource,
		     struct vawrap_surface **surface)
{
	for (unsigned int i = 0; i < imports->n; i++) {
		*surface = imports->slots[i].surface;
		if (imports->slots[i].resource == resource)
			return true;
	}
	return false;
}

struct vawrap_surface *landing_imports_find(const struct landing_imports *imports,
					    const struct resource *resource)
{
	struct vawrap_surface *surface;

	return is_known(imports, resource, &surface) ? surface : NULL;
}

/* Only surfaces' own layout can be theirs: two planes in one object. */
static struct vawrap_surface *import(struct vawrap_display *display,
				     const struct params_layout *layout,
				     const struct resource *resource)
{
	struct vawrap_dmabuf dmabuf = {
		.fd = resource->fds[0],
		.size_bytes = resource->size_bytes,
		.fourcc = VA_FOURCC_NV12,
		.width = layout->planes[0].width_bytes,
		.height = layout->planes[0].rows,
		.num_planes = layout->num_planes,
	};
	struct vawrap_surface *surface;
	unsigned int in;

	if (resource->n_objects != 1 || layout->format != VIRTIO_VIDEO_FORMAT_NV12)
		return NULL;
	for (unsigned int i = 0; i < layout->num_planes; i++) {
		dmabuf.offset_bytes[i] = params_plane_start(layout, resource, i, &in);
		dmabuf.pitch_bytes[i] = layout->planes[i].stride_bytes;
	}
	return vawrap_surface_new_dmabuf(display, &dmabuf, &surface) ? NULL : surface;
}

void landing_imports_add(struct landing_imports *imports, struct vawrap_display *display,
			 const struct params_layout *layout, struct resource *resource)
{
	struct vawrap_surface *surface;

	if (is_known(imports, resource, &surface))
		return;
	/* More than there can be at once: some have gone. */
	if (imports->n == 2 * PARAMS_MAX_BUFFERS)
		landing_imports_drop(imports, true);
	imports->slots[imports->n].surface = import(display, layout, resource);
	imports->slots[imports->n++].resource = resource_ref(resource);
}

void landing_imports_drop(struct landing_imports *imports, bool all)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < imports->n; i++) {
		if (all || imports->slots[i].resource->removed) {
			vawrap_surface_unref(imports->slots[i].surface);
			resource_unref(imports->slots[i].resource);
		} else {
			imports->slots[kept++] = imports->slots[i];
		}
	}
	imports->n = kept;
}
