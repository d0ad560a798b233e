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
	readout->copy = vawrap_image_unref(readout->copy);
}

/* A kept image serves while size and format stay. */
static int make_copy_image(struct readout *readout, struct vawrap_display *display,
			   const struct vacodec_frame_info *info)
{
	const struct vawrap_image_layout *layout;

	if (readout->copy) {
		layout = vawrap_image_get_layout(readout->copy);
		if (layout->fourcc == info->fourcc && layout->width == info->coded_width &&
		    layout->height == info->coded_height)
			return 0;
		readout->copy = vawrap_image_unref(readout->copy);
	}
	return vawrap_image_new(display, info->fourcc, info->coded_width, info->coded_height,
				&readout->copy);
}

static int get_copy(struct readout *readout, struct vawrap_surface *surface,
		    const struct vacodec_frame_info *info)
{
	int ret = make_copy_image(readout, vawrap_surface_get_display(surface), info);

	if (ret == 0)
		ret = vawrap_image_get(readout->copy, surface, 0, 0, info->coded_width,
				       info->coded_height);
	if (ret < 0)
		return ret;
	readout->copied++;
	readout->image = vawrap_image_ref(readout->copy);
	return 0;
}

static int get_image(struct readout *readout, struct vawrap_surface *surface,
		     const struct vacodec_frame_info *info)
{
	int ret;

	if (!readout->no_derive) {
		ret = vawrap_image_derive(surface, &readout->image);
		if (ret == 0 && vawrap_image_get_layout(readout->image)->fourcc == info->fourcc) {
			readout->derived++;
			return 0;
		}
		readout->image = vawrap_image_unref(readout->image);
		if (ret == -ENODEV || ret == -ESHUTDOWN)
			return ret;
		readout->no_derive = true;
	}
	return get_copy(readout, surface, info);
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
	void *data;
	int ret = vacodec_frame_get_info(frame, &info);

	if (ret == 0)
		ret = get_image(readout, vacodec_frame_get_surface(frame), &info);
	if (ret < 0)
		return ret;
	ret = vawrap_image_map_for(readout->image, VAWRAP_MAP_READ, &data);
	if (ret < 0) {
		readout->image = vawrap_image_unref(readout->image);
		return ret;
	}
	ret = describe(vawrap_image_get_layout(readout->image), data, &info, picture);
	if (ret < 0)
		readout_unmap(readout);
	return ret;
}

void readout_unmap(struct readout *readout)
{
	if (!readout->image)
		return;
	vawrap_image_unmap(readout->image);
	readout->image = vawrap_image_unref(readout->image);
}
