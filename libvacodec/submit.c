/* SPDX-License-Identifier: MIT */
/*
 * submit.c - a picture's way to the driver, and the ring of those in flight
 *
 * The ring holds a frame until its picture is synced, so that no frame in the pool has work pending.
 */
#include "decoder.h"

#include <errno.h>

int submit_add_reference(struct vacodec_frame *frame, struct vacodec_frame *reference)
{
	return vawrap_picture_add_reference(frame->pictures[frame->current], reference->surface);
}

int submit_add_data(struct vacodec_frame *frame, VABufferType type, const void *data,
		    size_t size_bytes)
{
	return vawrap_picture_add_data(frame->pictures[frame->current], type, data, size_bytes);
}

static bool is_fatal(int error)
{
	return error == -ENODEV || error == -ESHUTDOWN;
}

bool submit_wait_oldest(struct vacodec_decoder *decoder, int *error)
{
	struct in_flight *ring = &decoder->in_flight;
	struct vacodec_frame *frame;
	unsigned int first = ring->first;
	int ret;

	if (ring->n == 0)
		return false;
	frame = ring->jobs[first].frame;
	ring->first = (ring->first + 1) % DECODER_MAX_IN_FLIGHT;
	ring->n--;
	ret = vawrap_picture_sync(ring->jobs[first].picture, -1);
	if (ret < 0)
		start_spoil(&decoder->start, frame->number);
	if (ret < 0)
		decoder_warn(decoder, "a picture failed in the driver (error %d)", -ret);
	frame_add_error(frame, ret);
	if (ring->jobs[first].last)
		frame_set_result(frame, ret);
	vacodec_frame_unref(frame);
	if (is_fatal(ret))
		*error = ret;
	return true;
}

int submit_wait_all(struct vacodec_decoder *decoder)
{
	int error = 0;

	while (submit_wait_oldest(decoder, &error))
		;
	return error;
}

void submit_forget_all(struct vacodec_decoder *decoder)
{
	struct in_flight *ring = &decoder->in_flight;

	for (; ring->n > 0; ring->n--) {
		vacodec_frame_unref(ring->jobs[ring->first].frame);
		ring->first = (ring->first + 1) % DECODER_MAX_IN_FLIGHT;
	}
}

static int run_picture(struct vawrap_picture *picture)
{
	int ret = vawrap_picture_begin(picture);

	if (ret == 0)
		ret = vawrap_picture_render(picture);
	if (ret == 0)
		ret = vawrap_picture_end(picture);
	return ret;
}

int submit_picture(struct vacodec_decoder *decoder, struct vacodec_frame *frame, bool last)
{
	struct in_flight *ring = &decoder->in_flight;
	unsigned int at;
	int error = 0;
	int ret;

	while (error == 0 && ring->n >= ring->max)
		submit_wait_oldest(decoder, &error);
	if (error < 0)
		return error;
	decoder->stats.pictures++;
	ret = run_picture(frame->pictures[frame->current]);
	if (ret < 0) {
		decoder_warn(decoder, "the driver refused a picture (error %d)", -ret);
		frame_add_error(frame, is_fatal(ret) ? ret : -EBADMSG);
		if (last)
			frame_set_result(frame, is_fatal(ret) ? ret : -EBADMSG);
		return is_fatal(ret) ? ret : 0;
	}
	at = (ring->first + ring->n) % DECODER_MAX_IN_FLIGHT;
	ring->jobs[at].frame = vacodec_frame_ref(frame);
	ring->jobs[at].picture = frame->pictures[frame->current];
	ring->jobs[at].last = last;
	ring->n++;
	return 0;
}

void submit_complete(struct vacodec_decoder *decoder, struct vacodec_frame *frame)
{
	struct in_flight *ring = &decoder->in_flight;
	unsigned int i, at;

	for (i = 0; i < ring->n; i++) {
		at = (ring->first + i) % DECODER_MAX_IN_FLIGHT;
		if (ring->jobs[at].frame == frame) {
			ring->jobs[at].last = true;
			return;
		}
	}
	frame_set_result(frame, 0);
}
