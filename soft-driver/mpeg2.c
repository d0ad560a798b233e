/* SPDX-License-Identifier: MIT */
/*
 * A picture of MPEG-2 from VA's buffers to a packet; see mpeg2.h.
 */
#include "mpeg2.h"

#include <string.h>

#include "context.h"

static int open_state(struct context *context)
{
	struct mpeg2_state *state = context->state;

	state->last_target = VA_INVALID_SURFACE;
	return 0;
}

static void close_state(struct context *context)
{
	struct mpeg2_state *state = context->state;

	bytes_finish(&state->sequence);
}

static void add_slice(struct picture *base, const struct picture_slice *from)
{
	struct mpeg2_picture *picture = (struct mpeg2_picture *)base;
	const VASliceParameterBufferMPEG2 *param = from->param;
	struct mpeg2_slice slice = {.param = param};

	if (picture->unusable ||
	    !mpeg2_check(picture, CHECK_SLICE_DATA,
			 param->slice_data_flag == VA_SLICE_DATA_FLAG_ALL &&
				 param->slice_data_offset <= from->data_size &&
				 param->slice_data_size <=
					 from->data_size - param->slice_data_offset))
		return;
	slice.data = (const uint8_t *)from->data + param->slice_data_offset;
	slice.size = param->slice_data_size;
	if (!mpeg2_check_slice(picture, &slice))
		return;
	mpeg2_write_slice(&picture->writer, picture, &slice);
	picture->num_slices++;
}

/* A frame's references are those before it, also for its second field. */
static void record(struct mpeg2_picture *picture)
{
	const VAPictureParameterBufferMPEG2 *pic = picture->pic;
	struct mpeg2_state *state = picture->state;
	struct surface *target = picture->base.target;
	struct content content = {
		.valid = true,
		.fields = MPEG2_FRAME,
		.frame_num = state->count,
		.format = target->format,
		.width = pic->horizontal_size,
		.height = pic->vertical_size,
		.context = picture->base.context->object.id,
	};

	state->last_target = target->object.id;
	state->last_fields = picture->second_field ? MPEG2_FRAME : picture->fields;
	state->last_type = (unsigned int)pic->picture_coding_type;
	if (picture->second_field)
		return;
	content.frame_num = ++state->count;
	state->temporal_reference++;
	if (pic->picture_coding_type != MPEG2_B) {
		state->references[0] = state->references[1];
		state->references[1] = state->count;
	}
	pthread_mutex_lock(&target->lock);
	target->content = content;
	pthread_mutex_unlock(&target->lock);
}

/* A new sequence header makes the decoder beneath take the next field for a frame's first. */
static void append_sequence(struct mpeg2_picture *picture, struct bytes *packet)
{
	struct bit_writer writer = {0};

	if (picture->second_field)
		return;
	mpeg2_write_sequence(&writer, picture->pic);
	if (writer.bytes.failed)
		packet->failed = true;
	if (bytes_replace(&picture->state->sequence, &writer.bytes))
		bytes_append(packet, picture->state->sequence.data, picture->state->sequence.size);
}

static void write_packet(struct mpeg2_picture *picture, struct bytes *packet)
{
	append_sequence(picture, packet);
	picture_for_each_slice(&picture->base, add_slice);
	if (picture->num_slices)
		bytes_append(packet, picture->writer.bytes.data, picture->writer.bytes.size);
	else
		bytes_finish(packet);
	if (picture->writer.bytes.failed)
		packet->failed = true;
}

static void build(struct context *context, struct job *job)
{
	struct mpeg2_picture picture = {
		.base = picture_start(context),
		.state = context->state,
		.pic = picture_find(context, VAPictureParameterBufferType, NULL),
		.iq = picture_find(context, VAIQMatrixBufferType, NULL),
		.fields = MPEG2_FRAME,
	};

	if (mpeg2_check(&picture, CHECK_BUFFERS_PRESENT, picture.pic && picture.iq)) {
		mpeg2_check(&picture, CHECK_BUFFERS_PRESENT,
			    picture_find(context, VASliceParameterBufferType, NULL));
		picture.fields = picture.pic->picture_coding_extension.bits.picture_structure;
		picture.second_field = picture.fields != MPEG2_FRAME &&
				       !picture.pic->picture_coding_extension.bits.is_first_field;
		mpeg2_check_picture(&picture);
		if (!picture.unusable) {
			mpeg2_check_references(&picture);
			mpeg2_write_picture(&picture.writer, &picture);
			write_packet(&picture, &job->packet);
			record(&picture);
		}
		bit_writer_finish(&picture.writer);
	}
	job->fields = picture.fields;
	job->second_field = picture.second_field;
	job->failed = picture.base.failed;
}

/* Stand-ins for references that are missing are asked for behind the picture's own frame. */
static const struct decoder_kind decoder = {
	.name = "mpeg2video", .target = DECODER_FIRST, .coverage = true};

const struct codec codec_mpeg2 = {
	.name = "MPEG-2",
	.buffers =
		{
			{VAPictureParameterBufferType, sizeof(VAPictureParameterBufferMPEG2), 0,
			 false},
			{VAIQMatrixBufferType, sizeof(VAIQMatrixBufferMPEG2), 0, false},
			{VASliceParameterBufferType, sizeof(VASliceParameterBufferMPEG2), 0, true},
		},
	.state_size = sizeof(struct mpeg2_state),
	.decoder = &decoder,
	.open = open_state,
	.close = close_state,
	.build = build,
};
