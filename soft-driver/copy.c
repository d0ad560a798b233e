/* SPDX-License-Identifier: MIT */
/*
 * vaCopy from surface to surface of one size and format, whatever memory they are in. It is done when the
 * call returns, also when the client asked for less.
 */
#include "softva.h"

#include <string.h>

static void copy_plane(struct surface *to, const struct surface *from, unsigned int plane)
{
	const struct surface_plane *a = &to->planes[plane], *b = &from->planes[plane];
	uint32_t rows = format_rows(to->format, plane, to->height);
	uint32_t row_bytes = format_row_bytes(to->format, plane, to->width);

	for (uint32_t y = 0; y < rows; y++)
		memcpy(to->map + a->offset_bytes + (size_t)a->pitch_bytes * y,
		       from->map + b->offset_bytes + (size_t)b->pitch_bytes * y, row_bytes);
}

static VAStatus copy(struct softva *softva, struct surface *to, struct surface *from)
{
	if (to == from || to->width != from->width || to->height != from->height ||
	    to->format != from->format)
		return VA_STATUS_ERROR_INVALID_PARAMETER;
	surface_access(softva, to);
	surface_access(softva, from);
	pthread_mutex_lock(&to->lock);
	for (unsigned int plane = 0; plane < to->format->num_planes; plane++)
		copy_plane(to, from, plane);
	to->content.valid = false;
	surface_publish(to);
	pthread_mutex_unlock(&to->lock);
	return VA_STATUS_SUCCESS;
}

VAStatus copy_surface(VADriverContextP va, VACopyObject *to, VACopyObject *from,
		      VACopyOption option)
{
	struct softva *softva = softva_of(va);
	struct surface *surfaces[2];
	VAStatus status = VA_STATUS_ERROR_INVALID_SURFACE;

	(void)option;
	if (to->obj_type != VACopyObjectSurface || from->obj_type != VACopyObjectSurface)
		return VA_STATUS_ERROR_UNIMPLEMENTED;
	surfaces[0] = object_get(&softva->heap, to->object.surface_id, OBJECT_SURFACE);
	surfaces[1] = object_get(&softva->heap, from->object.surface_id, OBJECT_SURFACE);
	if (surfaces[0] && surfaces[1])
		status = copy(softva, surfaces[0], surfaces[1]);
	for (int i = 0; i < 2; i++)
		if (surfaces[i])
			object_unref(&surfaces[i]->object);
	return status;
}
