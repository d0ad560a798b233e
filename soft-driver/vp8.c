/* SPDX-License-Identifier: MIT */
/*
 * A frame of VP8 from VA's buffers to a packet; see vp8.h.
 */
#include "vp8.h"

#include <string.h>

#include "context.h"

/* What the tag has room for (9.1). */
#define MAX_FIRST_SIZE ((1u << 19) - 1)

static bool is_slice_whole(const struct vp8_picture *picture, const struct picture_slice *slice)
{
	const VASliceParameterBufferVP8 *param = slice->param;

	return !picture->slice && param->slice_data_flag == VA_SLICE_DATA_FLAG_ALL &&
	       param->slice_data_offset <= slice->data_size &&
	       param->slice_data_size <= slice->data_size - param->slice_data_offset;
}

static void add_slice(struct picture *base, const struct picture_slice *slice)
{
	struct vp8_picture *picture = (struct vp8_picture *)base;
	const VASliceParameterBufferVP8 *param = slice->param;

	if (!vp8_check(picture, CHECK_SLICE_DATA, is_slice_whole(picture, slice)))
		return;
	picture->slice = param;
	picture->data = (const uint8_t *)slice->data + param->slice_data_offset;
	picture->size = param->slice_data_size;
	picture->before_bytes = slice->before_bytes;
	picture->first_size = param->partition_size[0] + ((size_t)param->macroblock_offset + 7) / 8;
}

/* 9.1; that the frame is shown makes no difference to what is decoded. */
static void append_tag(const struct vp8_picture *picture, struct bytes *packet)
{
	const VAPictureParameterBufferVP8 *pic = picture->pic;
	uint32_t tag = (uint32_t)!vp8_is_key(picture) | pic->pic_fields.bits.version << 1 | 1 << 4 |
		       (uint32_t)picture->first_size << 5;
	const uint8_t bytes[10] = {(uint8_t)tag,
				   (uint8_t)(tag >> 8),
				   (uint8_t)(tag >> 16),
				   0x9d,
				   0x01,
				   0x2a,
				   (uint8_t)pic->frame_width,
				   (uint8_t)(pic->frame_width >> 8),
				   (uint8_t)pic->frame_height,
				   (uint8_t)(pic->frame_height >> 8)};

	bytes_append(packet, bytes, vp8_is_key(picture) ? 10 : 3);
}

/* As libvpx does it: the alternate frame's copy comes first (9.7). */
static void update_references(struct vp8_state *state)
{
	uint32_t *references = state->references;
	const struct vp8_header *header = &state->header;

	if (header->copy[VP8_ALTERNATE] == 1)
		references[VP8_ALTERNATE] = references[VP8_LAST];
	if (header->copy[VP8_ALTERNATE] == 2)
		references[VP8_ALTERNATE] = references[VP8_GOLDEN];
	if (header->copy[VP8_GOLDEN] == 1)
		references[VP8_GOLDEN] = references[VP8_LAST];
	if (header->copy[VP8_GOLDEN] == 2)
		references[VP8_GOLDEN] = references[VP8_ALTERNATE];
	for (int i = 0; i < VP8_REFERENCES; i++)
		if (header->refresh[i])
			references[i] = state->count;
}

static void record(struct vp8_picture *picture)
{
	struct vp8_state *state = picture->state;
	struct surface *target = picture->base.target;
	struct content content = {
		.valid = true,
		.frame_num = ++state->count,
		.format = target->format,
		.width = picture->pic->frame_width,
		.height = picture->pic->frame_height,
		.context = picture->base.context->object.id,
	};

	state->header = picture->header;
	if (vp8_is_key(picture)) {
		state->started = true;
		state->width = picture->pic->frame_width;
		state->height = picture->pic->frame_height;
	}
	update_references(state);
	pthread_mutex_lock(&target->lock);
	target->content = content;
	pthread_mutex_unlock(&target->lock);
}

/* The stream was entered before a key frame: there is nothing to compare with. */
static bool is_entered_early(const struct vp8_picture *picture)
{
	if (vp8_is_key(picture) || picture->state->started)
		return false;
	check_event(&picture->base.softva->checks, EVENT_REFERENCES_MISSING);
	return true;
}

static void check_and_write(struct vp8_picture *picture, struct bytes *packet)
{
	if (is_entered_early(picture))
		return;
	if (!vp8_check(picture, CHECK_SLICE_HEADER,
		       picture->first_size <= picture->size &&
			       picture->first_size <= MAX_FIRST_SIZE &&
			       !vp8_header_parse(&picture->header, vp8_is_key(picture),
						 picture->data, picture->first_size)))
		return;
	vp8_check_slice(picture);
	vp8_check_header(picture);
	vp8_check_references(picture);
	if (picture->base.softva->quirks.vp8_lookback)
		bytes_append(packet, picture->data - picture->before_bytes, picture->before_bytes);
	else
		append_tag(picture, packet);
	bytes_append(packet, picture->data, picture->size);
	record(picture);
}

static void build(struct context *context, struct job *job)
{
	struct vp8_state *state = context->state;
	struct vp8_picture picture = {
		.base = picture_start(context),
		.state = state,
		.pic = picture_find(context, VAPictureParameterBufferType, NULL),
		.probabilities = picture_find(context, VAProbabilityBufferType, NULL),
		.iq = picture_find(context, VAIQMatrixBufferType, NULL),
		.header = state->header,
	};

	job->fields = 3;
	if (vp8_check(&picture, CHECK_BUFFERS_PRESENT,
		      picture.pic && picture.probabilities && picture.iq)) {
		vp8_check_picture(&picture);
		picture_for_each_slice(&picture.base, add_slice);
		vp8_check(&picture, CHECK_BUFFERS_PRESENT, picture.slice);
		if (picture.slice && !picture.unusable)
			check_and_write(&picture, &job->packet);
	}
	job->failed = picture.base.failed;
}

static const struct decoder_kind decoder = {.name = "vp8", .target = DECODER_LAST};

const struct codec codec_vp8 = {
	.name = "VP8",
	.buffers =
		{
			{VAPictureParameterBufferType, sizeof(VAPictureParameterBufferVP8), 0,
			 false},
			{VAProbabilityBufferType, sizeof(VAProbabilityDataBufferVP8), 0, false},
			{VAIQMatrixBufferType, sizeof(VAIQMatrixBufferVP8), 0, false},
			{VASliceParameterBufferType, sizeof(VASliceParameterBufferVP8), 0, false},
		},
	.state_size = sizeof(struct vp8_state),
	.decoder = &decoder,
	.build = build,
};
