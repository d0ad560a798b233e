// SPDX-License-Identifier: MIT
/*
 * readout.c - a decoded frame's pixels in memory
 */
#include "tools/readout.h"
#include "tools/pixels.h"
#include <errno.h>

void readout_finish(struct readout *readout)
{
	readout_unmap(readout);
	readout->view = vawrap_view_free(readout->view);
}

/* A view serves while size and format stay. */
static int make_view(struct readout *readout, struct vawrap_display *display,
		     const struct vacodec_frame_info *info)
{
	if (readout->view && readout->fourcc == info->fourcc &&
	    readout->width == info->coded_width && readout->height == info->coded_height)
		return 0;
	readout->view = vawrap_view_free(readout->view);
	readout->fourcc = info->fourcc;
	readout->width = info->coded_width;
	readout->height = info->coded_height;
	return vawrap_view_new(display, info->fourcc, info->coded_width, info->coded_height,
			       &readout->view);
}

static int describe(const struct vawrap_image_layout *layout, const uint8_t *data,
		    const struct vacodec_frame_info *info, struct output_picture *picture)
{
	const struct pixel_format *format = pixel_format_find(info->fourcc);

	if (!format)
		return -ENOTSUP;
	*picture = (struct output_picture){
		.fourcc = info->fourcc,
		.chroma = info->chroma,
		.bit_depth = info->bit_depth,
		.width = info->crop.width,
		.height = info->crop.height,
	};
	for (unsigned int i = 0; i < layout->num_planes; i++) {
		picture->pitch_bytes[i] = layout->pitch_bytes[i];
		picture->plane[i] = data + layout->offset_bytes[i] +
				    pixel_plane_offset(format, i, info->crop.x, info->crop.y,
						       layout->pitch_bytes[i]);
	}
	return 0;
}

int readout_map(struct readout *readout, struct vacodec_frame *frame,
		struct output_picture *picture)
{
	struct vacodec_frame_info info = {.size_bytes = sizeof(info)};
	const struct vawrap_image_layout *layout;
	struct vawrap_surface *surface;
	const uint8_t *data;
	int ret = vacodec_frame_get_info(frame, &info);

	if (ret < 0)
		return ret;
	if (readout->whole)
		info.crop = (struct vacodec_rect){0, 0, info.coded_width, info.coded_height};
	surface = vacodec_frame_get_surface(frame);
	ret = make_view(readout, vawrap_surface_get_display(surface), &info);
	if (ret == 0)
		ret = vawrap_view_map(readout->view, surface, &data, &layout);
	if (ret < 0)
		return ret;
	if (vawrap_view_transfers(readout->view))
		readout->copied++;
	else
		readout->derived++;
	ret = describe(layout, data, &info, picture);
	if (ret < 0)
		readout_unmap(readout);
	return ret;
}

void readout_unmap(struct readout *readout)
{
	if (readout->view)
		vawrap_view_unmap(readout->view);
}
