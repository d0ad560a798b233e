/* SPDX-License-Identifier: MIT */
/*
 * vacate.c - buffers that the client needs back before their pictures were shown from them
 *
 * A picture that the driver has is copied, for the client alone: later pictures still refer to it where it is,
 * since drivers keep with a surface what a copy has not (motion vectors). One that the driver has not yet is
 * given the decoder's own surface, in the parameters too that were made already.
 */
#include "buffer.h"
#include "decoder.h"

#include <errno.h>
#include <string.h>

int vacate_add_parameters(struct vacodec_frame *frame, const void *data, size_t size_bytes)
{
	int ret;

	vawrap_buffer_unref(frame->parameters);
	ret = vawrap_buffer_new(frame_pool_get_context(frame->pool), VAPictureParameterBufferType,
				size_bytes, 1, data, &frame->parameters);
	return ret < 0 ? ret
		       : vawrap_picture_add_buffer(frame->pictures[frame->current],
						   frame->parameters);
}

/* Of film grain's two surfaces only the one that is shown is in place. */
static int rename_target(const struct vacodec_frame *frame, const uint16_t *target_ids)
{
	VASurfaceID from = vawrap_surface_get_id(frame->surface);
	VASurfaceID to = vawrap_surface_get_id(frame->own), id;
	unsigned int i;
	void *data;
	int ret;

	if (!frame->parameters)
		return 0;
	ret = vawrap_buffer_map(frame->parameters, &data);
	if (ret < 0)
		return ret;
	for (i = 0; i < CODEC_MAX_TARGET_IDS && target_ids[i] > 0; i++) {
		uint8_t *at = (uint8_t *)data + target_ids[i] - 1;

		memcpy(&id, at, sizeof(id));
		if (id == from)
			memcpy(at, &to, sizeof(to));
	}
	return vawrap_buffer_unmap(frame->parameters);
}

/* The driver does not have the picture. */
static void retarget(struct vacodec_decoder *decoder, struct vacodec_frame *frame)
{
	int ret = rename_target(frame, decoder->ops->target_ids);

	if (ret == 0 && !frame->clean)
		ret = vawrap_picture_retarget(frame->pictures[0], frame->own);
	if (ret < 0 && frame == decoder->current.frame) {
		decoder->current.broken = true;
		picture_damage(decoder);
	}
	frame_pool_return_buffer(frame);
}

/* Returns the bytes that were copied. */
static uint64_t copy(struct vacodec_decoder *decoder, struct vacodec_frame *frame)
{
	int ret = vawrap_surface_copy(frame->own, frame->surface);

	if (ret < 0) {
		decoder_warn(decoder, "a picture is lost with its buffer (error %d)", -ret);
		atomic_store(&frame->vacated, FRAME_LOST);
		return 0;
	}
	atomic_store(&frame->vacated, FRAME_MOVED);
	return buffer_get_picture_bytes(frame->buffer);
}

static uint64_t vacate(struct vacodec_decoder *decoder, struct vacodec_frame *frame)
{
	if (vawrap_picture_get_state(frame->pictures[0]) != VAWRAP_PICTURE_NEW)
		return copy(decoder, frame);
	retarget(decoder, frame);
	return 0;
}

int64_t vacodec_decoder_vacate(struct vacodec_decoder *decoder, const void *cookie)
{
	unsigned int i, n;
	uint64_t n_bytes = 0;
	int ret;

	if (!decoder)
		return -EINVAL;
	ret = submit_wait_all(decoder);
	n = decoder->pool ? frame_pool_get_size(decoder->pool) : 0;
	for (i = 0; i < n; i++) {
		struct vacodec_frame *frame = frame_pool_hold(decoder->pool, i);

		if (frame && frame->buffer && vacodec_buffer_get_cookie(frame->buffer) == cookie &&
		    atomic_load(&frame->vacated) == FRAME_IN_PLACE)
			n_bytes += vacate(decoder, frame);
		vacodec_frame_unref(frame);
	}
	if (ret < 0)
		decoder_fail(decoder, ret);
	decoder_update_fd(decoder);
	return (int64_t)n_bytes;
}
