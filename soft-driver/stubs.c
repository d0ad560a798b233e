/* SPDX-License-Identifier: MIT */
/*
 * Calls that libva demands of every driver and that a decoder without a screen does not do: subpictures,
 * palettes, display attributes, output to windows.
 */
#include "softva.h"

static VAStatus put_surface(VADriverContextP va, VASurfaceID surface, void *draw, short srcx,
			    short srcy, unsigned short srcw, unsigned short srch, short destx,
			    short desty, unsigned short destw, unsigned short desth,
			    VARectangle *cliprects, unsigned int number_cliprects,
			    unsigned int flags)
{
	(void)va, (void)surface, (void)draw, (void)srcx, (void)srcy, (void)srcw, (void)srch;
	(void)destx, (void)desty, (void)destw, (void)desth, (void)cliprects;
	(void)number_cliprects, (void)flags;
	return VA_STATUS_ERROR_UNIMPLEMENTED;
}

static VAStatus set_image_palette(VADriverContextP va, VAImageID image, unsigned char *palette)
{
	(void)va, (void)image, (void)palette;
	return VA_STATUS_ERROR_UNIMPLEMENTED;
}

static VAStatus query_subpicture_formats(VADriverContextP va, VAImageFormat *list,
					 unsigned int *flags, unsigned int *count)
{
	(void)va, (void)list, (void)flags;
	if (count)
		*count = 0;
	return VA_STATUS_SUCCESS;
}

static VAStatus create_subpicture(VADriverContextP va, VAImageID image, VASubpictureID *subpicture)
{
	(void)va, (void)image;
	*subpicture = VA_INVALID_ID;
	return VA_STATUS_ERROR_UNIMPLEMENTED;
}

static VAStatus destroy_subpicture(VADriverContextP va, VASubpictureID subpicture)
{
	(void)va, (void)subpicture;
	return VA_STATUS_ERROR_INVALID_SUBPICTURE;
}

static VAStatus set_subpicture_image(VADriverContextP va, VASubpictureID subpicture,
				     VAImageID image)
{
	(void)va, (void)subpicture, (void)image;
	return VA_STATUS_ERROR_INVALID_SUBPICTURE;
}

static VAStatus set_subpicture_chromakey(VADriverContextP va, VASubpictureID subpicture,
					 unsigned int min, unsigned int max, unsigned int mask)
{
	(void)va, (void)subpicture, (void)min, (void)max, (void)mask;
	return VA_STATUS_ERROR_INVALID_SUBPICTURE;
}

static VAStatus set_subpicture_global_alpha(VADriverContextP va, VASubpictureID subpicture,
					    float alpha)
{
	(void)va, (void)subpicture, (void)alpha;
	return VA_STATUS_ERROR_INVALID_SUBPICTURE;
}

static VAStatus associate_subpicture(VADriverContextP va, VASubpictureID subpicture,
				     VASurfaceID *surfaces, int count, short src_x, short src_y,
				     unsigned short src_width, unsigned short src_height,
				     short dest_x, short dest_y, unsigned short dest_width,
				     unsigned short dest_height, unsigned int flags)
{
	(void)va, (void)subpicture, (void)surfaces, (void)count, (void)src_x, (void)src_y;
	(void)src_width, (void)src_height, (void)dest_x, (void)dest_y, (void)dest_width;
	(void)dest_height, (void)flags;
	return VA_STATUS_ERROR_INVALID_SUBPICTURE;
}

static VAStatus deassociate_subpicture(VADriverContextP va, VASubpictureID subpicture,
				       VASurfaceID *surfaces, int count)
{
	(void)va, (void)subpicture, (void)surfaces, (void)count;
	return VA_STATUS_ERROR_INVALID_SUBPICTURE;
}

static VAStatus query_display_attributes(VADriverContextP va, VADisplayAttribute *list, int *count)
{
	(void)va, (void)list;
	*count = 0;
	return VA_STATUS_SUCCESS;
}

static VAStatus get_display_attributes(VADriverContextP va, VADisplayAttribute *list, int count)
{
	(void)va, (void)list, (void)count;
	return VA_STATUS_ERROR_ATTR_NOT_SUPPORTED;
}

static VAStatus set_display_attributes(VADriverContextP va, VADisplayAttribute *list, int count)
{
	(void)va, (void)list, (void)count;
	return VA_STATUS_ERROR_ATTR_NOT_SUPPORTED;
}

void stubs_fill(struct VADriverVTable *vtable)
{
	vtable->vaPutSurface = put_surface;
	vtable->vaSetImagePalette = set_image_palette;
	vtable->vaQuerySubpictureFormats = query_subpicture_formats;
	vtable->vaCreateSubpicture = create_subpicture;
	vtable->vaDestroySubpicture = destroy_subpicture;
	vtable->vaSetSubpictureImage = set_subpicture_image;
	vtable->vaSetSubpictureChromakey = set_subpicture_chromakey;
	vtable->vaSetSubpictureGlobalAlpha = set_subpicture_global_alpha;
	vtable->vaAssociateSubpicture = associate_subpicture;
	vtable->vaDeassociateSubpicture = deassociate_subpicture;
	vtable->vaQueryDisplayAttributes = query_display_attributes;
	vtable->vaGetDisplayAttributes = get_display_attributes;
	vtable->vaSetDisplayAttributes = set_display_attributes;
}
