/* SPDX-License-Identifier: MIT */
/*
 * wrapped-stream.h - a picture of softva-stream.h decoded through libvawrap
 */
#ifndef TESTS_WRAPPED_STREAM_H
#define TESTS_WRAPPED_STREAM_H

#include "softva-stream.h"
#include "vawrap.h"

/* Adds the content to a new picture, submits it, and waits for it. */
static inline int wrapped_decode(struct vawrap_picture *picture,
				 const struct stream_picture *content)
{
	int error = vawrap_picture_add_data(picture, VAPictureParameterBufferType, &content->pic,
					    sizeof(content->pic));

	if (!error)
		error = vawrap_picture_add_data(picture, VAIQMatrixBufferType, &content->iq,
						sizeof(content->iq));
	if (!error)
		error = vawrap_picture_add_data(picture, VASliceParameterBufferType,
						&content->slice, sizeof(content->slice));
	if (!error)
		error = vawrap_picture_add_data(picture, VASliceDataBufferType, content->data,
						content->size);
	if (!error)
		error = vawrap_picture_submit(picture);
	return error ? error : vawrap_picture_sync(picture, -1);
}

#endif
