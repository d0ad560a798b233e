/* SPDX-License-Identifier: MIT */
/*
 * A frame of VP9 from VA's buffers to a packet; see vp9.h.
 */
#include "vp9.h"

#include <errno.h>

#include "context.h"

struct vp9_state {
	struct vp9_stream *stream;
};

static bool is_slice_whole(const struct vp9_picture *picture, const struct picture_slice *slice)
{
	const VASliceParameterBufferVP9 *param = slice->param;

	return !picture->slice && param->slice_data_flag == VA_SLICE_DATA_FLAG_ALL &&
	       param->slice_data_offset <= slice->data_size && param->slice_data_size &&
	       param->slice_data_size <= slice->data_size - param->slice_data_offset;
}

static void add_slice(struct picture *base, const struct picture_slice *slice)
{
	struct vp9_picture *picture = (struct vp9_picture *)base;
	const VASliceParameterBufferVP9 *param = slice->param;

	if (!vp9_check(picture, CHECK_SLICE_DATA, is_slice_whole(picture, slice)))
		return;
	picture->slice = param;
	picture->data = (const uint8_t *)slice->data + param->slice_data_offset;
	picture->size = param->slice_data_size;
}

/* ---- Whose stream it is ---- */

static struct vp9_stream *get_stream(struct softva *softva, VASurfaceID id)
{
	struct surface *surface = object_get(&softva->heap, id, OBJECT_SURFACE);
	struct object *stream = NULL;

	if (!surface)
		return NULL;
	pthread_mutex_lock(&surface->lock);
	if (surface->content.valid && surface->stream)
		stream = object_ref(surface->stream);
	pthread_mutex_unlock(&surface->lock);
	object_unref(&surface->object);
	return (struct vp9_stream *)stream;
}

/* A context that has none yet takes over the one of the pictures that its first picture refers to. */
static struct vp9_stream *choose_stream(struct vp9_picture *picture)
{
	bool key = !picture->pic->pic_fields.bits.frame_type;
	struct vp9_stream *stream = NULL;

	for (int i = 0; i < VP9_SLOTS && !key && !stream; i++)
		stream = get_stream(picture->base.softva, picture->pic->reference_frames[i]);
	return stream ? stream : vp9_stream_new();
}

/* ---- Pictures ---- */

static void record(struct vp9_picture *picture)
{
	const VADecPictureParameterBufferVP9 *pic = picture->pic;
	struct vp9_stream *stream = picture->stream;
	struct surface *target = picture->base.target;
	struct object *before;
	struct content content = {
		.valid = true,
		.frame_num = ++stream->count,
		.format = target->format,
		.context = picture->base.context->object.id,
	};

	stream->past = picture->header.past;
	for (int i = 0; i < VP9_SLOTS; i++)
		if (picture->header.refresh >> i & 1)
			stream->past.slots[i] = (struct vp9_slot){stream->count, pic->frame_width,
								  pic->frame_height};
	pthread_mutex_lock(&target->lock);
	before = target->stream;
	target->content = content;
	target->stream = object_ref(&stream->object);
	pthread_mutex_unlock(&target->lock);
	if (before)
		object_unref(before);
}

/* Where the stream was entered in its middle, a header may say too little. */
static bool is_header_there(struct vp9_picture *picture)
{
	int ret = vp9_header_parse(&picture->header, &picture->stream->past, picture->data,
				   picture->size);

	if (ret == -ENOENT) {
		check_event(&picture->base.softva->checks, EVENT_REFERENCES_MISSING);
		picture->base.failed = true;
		return false;
	}
	return vp9_check(picture, CHECK_SLICE_HEADER, !ret);
}

static void check_and_queue(struct vp9_picture *picture, struct job *job)
{
	struct vp9_stream *stream = picture->stream;

	pthread_mutex_lock(&stream->lock);
	if (is_header_there(picture)) {
		vp9_check_header(picture);
		vp9_check_references(picture);
		if (!vp9_stream_queue(stream, job)) {
			bytes_append(&job->packet, picture->data, picture->size);
			record(picture);
		}
	}
	pthread_mutex_unlock(&stream->lock);
}

static void build(struct context *context, struct job *job)
{
	struct vp9_state *state = context->state;
	struct vp9_picture picture = {
		.base = picture_start(context),
		.pic = picture_find(context, VAPictureParameterBufferType, NULL),
	};

	job->fields = 3;
	if (vp9_check(&picture, CHECK_BUFFERS_PRESENT, picture.pic)) {
		vp9_check_picture(&picture);
		picture_for_each_slice(&picture.base, add_slice);
		vp9_check(&picture, CHECK_BUFFERS_PRESENT, picture.slice);
		if (!state->stream)
			state->stream = choose_stream(&picture);
		picture.stream = state->stream;
		if (picture.slice && !picture.unusable && picture.stream)
			check_and_queue(&picture, job);
	}
	job->failed = picture.base.failed;
}

static void close_state(struct context *context)
{
	struct vp9_state *state = context->state;

	if (state->stream)
		object_unref(&state->stream->object);
}

const struct codec codec_vp9 = {
	.name = "VP9",
	.buffers =
		{
			{VAPictureParameterBufferType, sizeof(VADecPictureParameterBufferVP9), 0,
			 false},
			{VASliceParameterBufferType, sizeof(VASliceParameterBufferVP9), 0, false},
		},
	.state_size = sizeof(struct vp9_state),
	.close = close_state,
	.build = build,
	.decode = vp9_stream_decode,
};
