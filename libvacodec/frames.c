/* SPDX-License-Identifier: MIT */
/*
 * frames.c - the format, and the frames that pictures are decoded into
 *
 * There is one pool for the format that the client knows. Pictures of another size that are never
 * output, as those of lower spatial layers, have small pools of their own, of which the client hears
 * nothing; they are decoded with the same context where it is large enough, since drivers keep with
 * it what pictures hand on to the next ones.
 */
#include "decoder.h"
#include "surface-format.h"

#include <errno.h>
#include <string.h>

/* ---- Format ---- */

void decoder_announce_format(struct vacodec_decoder *decoder)
{
	decoder->format_state = FORMAT_QUEUED;
	decoder_push_event(decoder, VACODEC_EVENT_FORMAT, 0);
}

static int set_format(struct vacodec_decoder *decoder, const struct vacodec_format *format,
		      bool anew)
{
	int ret;

	if (memcmp(&decoder->format, format, sizeof(*format)) == 0)
		return decoder->format_state == FORMAT_NONE ? 0 : -EAGAIN;
	ret = submit_wait_all(decoder);
	if (ret < 0)
		return ret;
	if (anew) {
		decoder->ops->new_sequence(decoder);
		start_reset(&decoder->start);
	}
	decoder_output_all(decoder);
	memcpy(&decoder->format, format, sizeof(*format)); /* with its padding: it is compared */
	decoder_announce_format(decoder);
	return -EAGAIN;
}

int decoder_begin_sequence(struct vacodec_decoder *decoder, const struct vacodec_format *format)
{
	return set_format(decoder, format, true);
}

int decoder_change_format(struct vacodec_decoder *decoder, const struct vacodec_format *format)
{
	return set_format(decoder, format, false);
}

/* ---- Pools ---- */

static int new_pool(struct vacodec_decoder *decoder, struct frame_pool_params *params,
		    struct frame_pool **pool)
{
	params->display = decoder->display;
	params->rt_format = surface_format_get_rt(params->format);
	params->wake = decoder->wake;
	return frame_pool_new(params, pool);
}

/* No picture is in flight: the pools' memory is needed, but for what is still referred to. */
static void retire_all(struct vacodec_decoder *decoder)
{
	unsigned int i;

	decoder->pool = frame_pool_retire(decoder->pool);
	for (i = 0; i < DECODER_MAX_LAYERS; i++)
		decoder->layers[i] = frame_pool_retire(decoder->layers[i]);
}

int frames_make(struct vacodec_decoder *decoder, const struct vacodec_frame_ops *ops,
		const struct vacodec_place *place, unsigned int n_frames)
{
	struct frame_pool_params params = {
		.format = &decoder->format,
		.ops = ops,
		.place = place,
		.n_frames = n_frames,
	};

	if (!ops && !place && decoder->pool &&
	    frame_pool_adapt(decoder->pool, &decoder->format, n_frames))
		return 0;
	retire_all(decoder);
	return new_pool(decoder, &params, &decoder->pool);
}

void frames_finish(struct vacodec_decoder *decoder)
{
	unsigned int i;

	decoder->pool = frame_pool_unref(decoder->pool);
	for (i = 0; i < DECODER_MAX_LAYERS; i++)
		decoder->layers[i] = frame_pool_unref(decoder->layers[i]);
}

static bool has_frames_for(const struct frame_pool *pool, const struct vacodec_format *format)
{
	const struct vacodec_format *has = pool ? frame_pool_get_format(pool) : NULL;

	return has && has->profile == format->profile && has->fourcc == format->fourcc &&
	       has->chroma == format->chroma && has->bit_depth == format->bit_depth &&
	       has->coded_width == format->coded_width && has->coded_height == format->coded_height;
}

static bool has_context_for(const struct frame_pool *pool, const struct vacodec_format *format)
{
	const struct vacodec_format *has = frame_pool_get_format(pool);

	return has->profile == format->profile && has->fourcc == format->fourcc &&
	       has->coded_width >= format->coded_width && has->coded_height >= format->coded_height;
}

/* In place of the pool that was made first. */
static int new_layer(struct vacodec_decoder *decoder, const struct vacodec_format *format)
{
	struct frame_pool_params params = {
		.format = format,
		.n_frames = format->min_frames,
		.context_of = has_context_for(decoder->pool, format) ? decoder->pool : NULL,
	};
	struct frame_pool **last = &decoder->layers[DECODER_MAX_LAYERS - 1];
	int ret = submit_wait_all(decoder);

	if (ret < 0)
		return ret;
	*last = frame_pool_retire(*last);
	memmove(decoder->layers + 1, decoder->layers,
		(DECODER_MAX_LAYERS - 1) * sizeof(decoder->layers[0]));
	decoder->layers[0] = NULL;
	return new_pool(decoder, &params, &decoder->layers[0]);
}

int frames_find_pool(struct vacodec_decoder *decoder, const struct vacodec_format *format,
		     struct frame_pool **out)
{
	unsigned int i;
	int ret;

	*out = decoder->pool;
	for (i = 0; i < DECODER_MAX_LAYERS && !has_frames_for(*out, format); i++)
		*out = decoder->layers[i];
	if (has_frames_for(*out, format))
		return 0;
	ret = new_layer(decoder, format);
	*out = decoder->layers[0];
	return ret;
}

/* ---- Frames ---- */

/* What is asked for. */
struct wish {
	struct frame_pool *pool;
	bool in_place;
	struct vacodec_frame *again; /* NULL: a frame of the pool */
};

static int try_acquire(const struct wish *wish, struct vacodec_frame **out)
{
	return wish->again ? frame_pool_acquire_again(wish->again, out)
			   : frame_pool_acquire(wish->pool, wish->in_place, out);
}

static int acquire(struct vacodec_decoder *decoder, const struct wish *wish,
		   struct vacodec_frame **out)
{
	int error = 0;
	int ret = try_acquire(wish, out);

	/* Frames that only their unfinished picture holds are ours to wait for. */
	while (ret == -EAGAIN && submit_wait_oldest(decoder, &error)) {
		if (error < 0)
			return error;
		ret = try_acquire(wish, out);
	}
	if (ret == -EAGAIN) {
		/* Armed before the last look, so that no free frame goes unseen. */
		wake_arm_frame(decoder->wake, true);
		ret = try_acquire(wish, out);
	}
	decoder->waiting_frame = ret == -EAGAIN;
	if (ret != -EAGAIN)
		wake_arm_frame(decoder->wake, false);
	return ret;
}

int decoder_acquire_frame(struct vacodec_decoder *decoder, struct vacodec_frame **out)
{
	return acquire(decoder, &(struct wish){.pool = decoder->pool}, out);
}

int frames_acquire(struct vacodec_decoder *decoder, struct frame_pool *pool,
		   struct vacodec_frame **out)
{
	return acquire(decoder, &(struct wish){.pool = pool, .in_place = true}, out);
}

int frames_acquire_again(struct vacodec_decoder *decoder, struct vacodec_frame *frame,
			 struct vacodec_frame **out)
{
	return acquire(decoder, &(struct wish){.again = frame}, out);
}
