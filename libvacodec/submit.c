/* SPDX-License-Identifier: MIT */
/*
 * submit.c - a picture's way to the driver, and the ring of those in flight
 *
 * The ring holds a frame until its picture is synced, so that no frame in the pool has work pending.
 */
#include "decoder.h"

#include <errno.h>

#define MAX_MB_ERRORS 256 /* entries, each may be many macroblocks */

int submit_add_reference(struct vacodec_frame *frame, struct vacodec_frame *reference)
{
	return vawrap_picture_add_reference(frame->pictures[frame->current], reference->surface);
}

int submit_add_data(struct vacodec_frame *frame, VABufferType type, const void *data,
		    size_t size_bytes)
{
	if (type == VAPictureParameterBufferType && frame->buffer)
		return vacate_add_parameters(frame, data, size_bytes);
	return vawrap_picture_add_data(frame->pictures[frame->current], type, data, size_bytes);
}

int submit_add_array(struct vacodec_frame *frame, VABufferType type, const void *data,
		     size_t size_bytes, unsigned int n)
{
	return vawrap_picture_add_array(frame->pictures[frame->current], type, data, size_bytes, n);
}

int submit_add_slice(struct vacodec_frame *frame, const void *parameters, size_t parameters_bytes,
		     const void *data, size_t size_bytes)
{
	int ret = submit_add_data(frame, VASliceParameterBufferType, parameters, parameters_bytes);

	return ret < 0 ? ret : submit_add_data(frame, VASliceDataBufferType, data, size_bytes);
}

static bool is_fatal(int error)
{
	return error == -ENODEV || error == -ESHUTDOWN;
}

/* Why a call of VA failed, in words; error holds them. */
static const char *explain(struct vacodec_decoder *decoder, int ret, struct vawrap_error *error)
{
	if (ret == -ESHUTDOWN)
		return "the display was shut down";
	if (ret == -ENOMEM)
		return "no memory";
	vawrap_display_get_last_error(decoder->display, error);
	return error->text;
}

/*
 * A driver that gives up waiting says that it is busy: its GPU hangs, and nobody knows what becomes of
 * what was submitted. The device is lost then.
 */
static int sync_picture(struct vacodec_decoder *decoder, struct vawrap_picture *picture)
{
	int ret = vawrap_picture_sync(picture, -1);
	struct vawrap_error error;

	if (ret == -EBUSY)
		ret = -ENODEV;
	if (ret == 0 || ret == -EBADMSG)
		return ret;
	decoder_warn(decoder, "%s: %s", is_fatal(ret) ? "the device is lost" : "a picture failed",
		     explain(decoder, ret, &error));
	return ret;
}

/* How much of a picture the driver could not decode, where it says so. */
static void tell_errors(struct vacodec_decoder *decoder, const struct vacodec_frame *frame)
{
	VASurfaceDecodeMBErrors errors[MAX_MB_ERRORS];
	int n = vawrap_surface_get_errors(frame->surface, errors, MAX_MB_ERRORS);
	unsigned int macroblocks = 0;
	int i;

	for (i = 0; i < n; i++)
		macroblocks += errors[i].num_mb;
	if (macroblocks > 0)
		decoder_warn(decoder, "%u macroblocks of a picture are damaged", macroblocks);
	else
		decoder_warn(decoder, "a picture is damaged");
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
	ret = sync_picture(decoder, ring->jobs[first].picture);
	/* The driver may write what is shown later than the reference. */
	if (ret == 0 && frame->clean)
		ret = vawrap_surface_sync(frame->surface, -1);
	if (ret == -EBADMSG)
		tell_errors(decoder, frame);
	if (ret < 0)
		start_spoil(&decoder->start, frame->number);
	frame_add_error(frame, ret);
	if (ring->jobs[first].last)
		frame_set_result(frame, ret);
	vacodec_frame_unref(frame);
	if (is_fatal(ret))
		*error = ret;
	return true;
}

int submit_collect(struct vacodec_decoder *decoder)
{
	struct in_flight *ring = &decoder->in_flight;
	int error = 0;

	while (ring->n > 0 && frame_is_synced(ring->jobs[ring->first].frame))
		submit_wait_oldest(decoder, &error);
	return error;
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

/* The frame is lost, and with a lost device the session. */
static int note_refusal(struct vacodec_decoder *decoder, struct vacodec_frame *frame, bool last,
			int ret)
{
	int error = is_fatal(ret) ? ret : -EBADMSG;
	struct vawrap_error va;

	decoder_warn(decoder, "%s: %s",
		     is_fatal(ret) ? "the device is lost" : "the driver refused a picture",
		     explain(decoder, ret, &va));
	start_spoil(&decoder->start, frame->number);
	frame_add_error(frame, error);
	if (last)
		frame_set_result(frame, error);
	return is_fatal(ret) ? ret : 0;
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
	frame->parameters = vawrap_buffer_unref(frame->parameters);
	ret = run_picture(frame->pictures[frame->current]);
	if (ret < 0)
		return note_refusal(decoder, frame, last, ret);
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
