/* SPDX-License-Identifier: MIT */
/*
 * A picture of H.264 from VA's buffers to a packet; see h264.h.
 */
#include "h264.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "context.h"

#define MAX_FRAME_NUMS 0x10000u

static int open_state(struct context *context)
{
	struct h264_state *state = context->state;

	state->random_start = true;
	state->last_target = VA_INVALID_SURFACE;
	state->gaps = calloc(MAX_FRAME_NUMS / 8, 1);
	return state->gaps ? 0 : -ENOMEM;
}

static void close_state(struct context *context)
{
	struct h264_state *state = context->state;

	bytes_finish(&state->sps);
	bytes_finish(&state->pps);
	free(state->gaps);
}

static bool is_second_field(const struct h264_picture *picture)
{
	const struct content *before = &picture->before;

	return picture->pic->pic_fields.bits.field_pic_flag && before->valid &&
	       picture->state->last_target == picture->base.target->object.id &&
	       before->context == picture->base.context->object.id &&
	       before->fields == (picture->fields ^ H264_FRAME) &&
	       before->frame_num == picture->pic->frame_num;
}

static void begin(struct h264_picture *picture)
{
	const VAPictureParameterBufferH264 *pic = picture->pic;
	bool bottom = pic->CurrPic.flags & VA_PICTURE_H264_BOTTOM_FIELD;

	pthread_mutex_lock(&picture->base.target->lock);
	picture->before = picture->base.target->content;
	pthread_mutex_unlock(&picture->base.target->lock);
	picture->fields = H264_FRAME;
	if (pic->pic_fields.bits.field_pic_flag)
		picture->fields = bottom ? 2 : 1;
	picture->second_field = is_second_field(picture);
	h264_check_picture(picture);
}

bool h264_is_gap(const struct h264_state *state, uint32_t frame_num)
{
	return state->gaps[frame_num % MAX_FRAME_NUMS / 8] >> frame_num % 8 & 1;
}

static void set_gap(struct h264_state *state, uint32_t frame_num, bool gap)
{
	uint8_t bit = (uint8_t)(1 << frame_num % 8);

	frame_num %= MAX_FRAME_NUMS;
	state->gaps[frame_num / 8] &= (uint8_t)~bit;
	if (gap)
		state->gaps[frame_num / 8] |= bit;
}

/* 8.2.5.2: the numbers left out are references that were never decoded. Only the last ones can stay. */
static void note_gap(struct h264_picture *picture)
{
	struct h264_state *state = picture->state;
	uint32_t max = h264_max_frame_num(picture->pic);
	uint32_t frame_num = picture->header.frame_num;
	uint32_t distance = (frame_num - state->prev_ref_frame_num) & (max - 1);

	if (!state->started || distance <= 1)
		return;
	state->gap_seen = true;
	state->dpb.known = false;
	for (uint32_t i = 1; i < distance && i <= H264_MAX_REFERENCES; i++)
		set_gap(state, (frame_num - i) & (max - 1), true);
	state->prev_ref_frame_num = (frame_num - 1) & (max - 1);
}

/*
 * A client that comes to a picture without references, and whose stream did not empty its DPB, has sought:
 * the pictures before are no part of this sequence.
 */
static bool is_restart(const struct h264_picture *picture)
{
	const struct h264_dpb *dpb = &picture->state->dpb;

	return picture->state->started && !picture->second_field &&
	       picture->header.slice_type == H264_I && !h264_count_references(picture->pic) &&
	       !(dpb->known && !dpb->count);
}

/* With the first slice's header it is known what the picture is. */
static void start(struct h264_picture *picture)
{
	struct h264_state *state = picture->state;

	if (picture->header.nal_unit_type == H264_NAL_IDR && !picture->second_field) {
		state->idr_pic_id ^= 1;
		state->random_start = false;
		state->gap_seen = false;
		state->frame_num_base = 0;
		state->prev_ref_frame_num = 0;
		memset(state->gaps, 0, MAX_FRAME_NUMS / 8);
		state->dpb.count = 0;
		state->dpb.known = true;
	} else if (is_restart(picture)) {
		picture->reset = true;
		state->random_start = true;
		state->frame_num_base = picture->header.frame_num - 1;
		memset(state->gaps, 0, MAX_FRAME_NUMS / 8);
		state->dpb.known = false;
	} else if (!state->started) {
		state->frame_num_base = picture->header.frame_num - 1;
	} else if (!picture->second_field) {
		note_gap(picture);
	}
	h264_check_references(picture);
	h264_dpb_check(picture);
}

static bool check_source(struct h264_picture *picture, const struct picture_slice *source)
{
	const VASliceParameterBufferH264 *param = source->param;

	return h264_check(
		picture, CHECK_SLICE_DATA,
		param->slice_data_flag == VA_SLICE_DATA_FLAG_ALL && param->slice_data_size >= 2 &&
			param->slice_data_offset <= source->data_size &&
			param->slice_data_size <= source->data_size - param->slice_data_offset);
}

static void add_parsed_slice(struct h264_picture *picture, const struct h264_slice *slice)
{
	if (!picture->num_slices) {
		picture->header = slice->header;
		start(picture);
	}
	picture->num_slices++;
	h264_check_slice(picture, slice);
	if (h264_list_size(slice->param, 0) > H264_MAX_LIST ||
	    h264_list_size(slice->param, 1) > H264_MAX_LIST ||
	    slice->param->slice_type % 5 > H264_I)
		return;
	h264_check_lists(picture, slice);
	h264_write_slice(picture, slice);
}

static void add_slice(struct picture *base, const struct picture_slice *source)
{
	struct h264_picture *picture = (struct h264_picture *)base;
	struct h264_slice slice = {.param = source->param};
	const uint8_t *data = source->data;
	uint8_t first;

	if (picture->unusable || !check_source(picture, source))
		return;
	first = data[slice.param->slice_data_offset];
	if (!h264_check(picture, CHECK_NAL_HEADER,
			!(first & 0x80) && ((first & 0x1f) == H264_NAL_SLICE ||
					    ((first & 0x1f) == H264_NAL_IDR && first & 0x60))))
		return;
	bytes_append_unescaped(&slice.unit, data + slice.param->slice_data_offset,
			       slice.param->slice_data_size);
	if (h264_check(picture, CHECK_SLICE_HEADER,
		       slice.unit.size && !slice.unit.failed &&
			       !h264_header_parse(picture->pic, slice.param, &slice.unit,
						  &slice.header)))
		add_parsed_slice(picture, &slice);
	bytes_finish(&slice.unit);
}

static bool has_mmco5(const struct h264_slice_header *header)
{
	for (size_t i = 0; i < header->num_mmco; i++)
		if (header->mmco[i].operation == 5)
			return true;
	return false;
}

/*
 * An MMCO 5 makes the picture's frame_num 0 and its order counts relative to itself (8.2.1). The second
 * field counts from there by itself.
 */
static void apply_reset(struct content *content)
{
	int32_t top = content->poc[0], bottom = content->poc[1], least = top;

	if (content->fields == 2 || (content->fields == H264_FRAME && bottom < top))
		least = bottom;
	content->reset = true;
	content->frame_num = 0;
	content->reset_poc[0] = (int32_t)((uint32_t)top - (uint32_t)least);
	content->reset_poc[1] = (int32_t)((uint32_t)bottom - (uint32_t)least);
}

static void record_content(struct h264_picture *picture, bool reset)
{
	const VAPictureParameterBufferH264 *pic = picture->pic;
	struct content content = {0};

	if (picture->second_field)
		content = picture->before;
	content.valid = true;
	content.fields |= picture->fields;
	if (picture->header.nal_ref_idc)
		content.reference_fields |= picture->fields;
	content.frame_num = pic->frame_num;
	if (picture->fields & 1)
		content.poc[0] = content.reset_poc[0] = pic->CurrPic.TopFieldOrderCnt;
	if (picture->fields & 2)
		content.poc[1] = content.reset_poc[1] = pic->CurrPic.BottomFieldOrderCnt;
	content.format = picture->base.target->format;
	content.width = (pic->picture_width_in_mbs_minus1 + 1u) * 16;
	content.height = (pic->picture_height_in_mbs_minus1 + 1u) * 16;
	content.context = picture->base.context->object.id;
	if (reset)
		apply_reset(&content);
	pthread_mutex_lock(&picture->base.target->lock);
	picture->base.target->content = content;
	pthread_mutex_unlock(&picture->base.target->lock);
}

static void record(struct h264_picture *picture)
{
	struct h264_state *state = picture->state;
	bool reset = has_mmco5(&picture->header);

	h264_dpb_update(picture);
	record_content(picture, reset);
	if (reset)
		state->frame_num_base = 0;
	state->last_target = picture->base.target->object.id;
	if (picture->header.nal_ref_idc) {
		set_gap(state, picture->header.frame_num, false);
		state->prev_ref_frame_num = reset ? 0 : picture->header.frame_num;
	}
}

/* A recovery point SEI message lets the decoder begin at a picture that is not IDR (D.1.8). */
static void append_headers(struct h264_picture *picture, struct bytes *packet)
{
	static const uint8_t recovery_point[] = {0x06, 0x06, 0x01, 0x84, 0x80};
	struct h264_state *state = picture->state;
	bool begin = !state->started || picture->reset;
	struct bytes sps = {0}, pps = {0};

	h264_write_sps(&sps, picture->pic);
	h264_write_pps(&pps, picture->pic, picture->iq);
	/* A new SPS voids the PPS that refer to it. */
	if (bytes_replace(&state->sps, &sps) || begin) {
		bytes_append(packet, state->sps.data, state->sps.size);
		begin = true;
	}
	if (bytes_replace(&state->pps, &pps) || begin)
		bytes_append(packet, state->pps.data, state->pps.size);
	packet->failed = packet->failed || state->sps.failed || state->pps.failed;
	if ((!state->started || picture->reset) && picture->header.nal_unit_type != H264_NAL_IDR)
		bytes_append_nal(packet, recovery_point, sizeof(recovery_point));
	state->started = true;
}

/* Writes the packet, empty if there is nothing to decode, and records what the surface will hold. */
static void end(struct h264_picture *picture, struct bytes *packet)
{
	if (picture->num_slices) {
		append_headers(picture, packet);
		bytes_append(packet, picture->slices.data, picture->slices.size);
		packet->failed = packet->failed || picture->slices.failed;
		record(picture);
	} else {
		picture->state->dpb.known = false;
	}
	bytes_finish(&picture->slices);
}

static void build(struct context *context, struct job *job)
{
	struct h264_picture picture = {
		.base = picture_start(context),
		.state = context->state,
		.pic = picture_find(context, VAPictureParameterBufferType, NULL),
		.iq = picture_find(context, VAIQMatrixBufferType, NULL),
	};

	if (h264_check(&picture, CHECK_BUFFERS_PRESENT, picture.pic && picture.iq)) {
		h264_check(&picture, CHECK_BUFFERS_PRESENT,
			   picture_find(context, VASliceParameterBufferType, NULL));
		begin(&picture);
		picture_for_each_slice(&picture.base, add_slice);
		end(&picture, &job->packet);
		job->mono = !picture.pic->seq_fields.bits.chroma_format_idc;
	}
	job->fields = picture.fields;
	job->second_field = picture.second_field;
	job->reset = picture.reset;
	job->failed = picture.base.failed;
}

/* Gaps in frame_num ask for frames of their own first (decoder.h). */
static const struct decoder_kind decoder = {
	.name = "h264", .target = DECODER_LAST, .coverage = true};

const struct codec codec_h264 = {
	.name = "H.264",
	.buffers =
		{
			{VAPictureParameterBufferType, sizeof(VAPictureParameterBufferH264), 0,
			 false},
			{VAIQMatrixBufferType, sizeof(VAIQMatrixBufferH264), 0, false},
			{VASliceParameterBufferType, sizeof(VASliceParameterBufferH264), 0, true},
		},
	.state_size = sizeof(struct h264_state),
	.decoder = &decoder,
	.open = open_state,
	.close = close_state,
	.build = build,
};
