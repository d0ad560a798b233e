/* SPDX-License-Identifier: MIT */
/*
 * A picture of HEVC from VA's buffers to a packet; see hevc.h.
 */
#include "hevc.h"

#include <string.h>

#include "context.h"

static void close_state(struct context *context)
{
	struct hevc_state *state = context->state;

	bytes_finish(&state->sps);
	bytes_finish(&state->pps);
}

static bool check_source(struct hevc_picture *picture, const struct picture_slice *source)
{
	const VASliceParameterBufferHEVC *param = source->param;

	return hevc_check(
		picture, CHECK_SLICE_DATA,
		param->slice_data_flag == VA_SLICE_DATA_FLAG_ALL && param->slice_data_size >= 3 &&
			param->slice_data_offset <= source->data_size &&
			param->slice_data_size <= source->data_size - param->slice_data_offset);
}

/* A slice segment of the base layer (7.4.2.2). */
static bool is_slice_unit(const uint8_t unit[2])
{
	uint32_t type = unit[0] >> 1 & 0x3f;

	return !(unit[0] & 0x81) && !(unit[1] & 0xf8) && unit[1] & 7 &&
	       (type <= 9 || (type >= 16 && type <= 21));
}

/* A dependent segment has the parameters of the independent one before it. */
static void check_dependent(struct hevc_picture *picture, const struct hevc_slice *slice)
{
	VASliceParameterBufferHEVC param = *slice->param;
	const VASliceParameterBufferHEVC *independent = &picture->independent_param;

	param.slice_data_size = independent->slice_data_size;
	param.slice_data_offset = independent->slice_data_offset;
	param.slice_data_byte_offset = independent->slice_data_byte_offset;
	param.slice_segment_address = independent->slice_segment_address;
	param.num_entry_point_offsets = independent->num_entry_point_offsets;
	param.entry_offset_to_subset_array = independent->entry_offset_to_subset_array;
	param.slice_data_num_emu_prevn_bytes = independent->slice_data_num_emu_prevn_bytes;
	param.LongSliceFlags.fields.LastSliceOfPic =
		independent->LongSliceFlags.fields.LastSliceOfPic;
	param.LongSliceFlags.fields.dependent_slice_segment_flag = 0;
	hevc_check(picture, CHECK_DEPENDENT, !memcmp(&param, independent, sizeof(param)));
}

/* The syntax has no room for others. */
static bool is_writable(const struct hevc_slice *slice)
{
	return slice->param->LongSliceFlags.fields.slice_type <= HEVC_I &&
	       hevc_list_size(slice->param, 0) <= HEVC_MAX_LIST &&
	       hevc_list_size(slice->param, 1) <= HEVC_MAX_LIST;
}

static void add_parsed_slice(struct hevc_picture *picture, const struct hevc_slice *slice)
{
	if (!picture->num_slices) {
		picture->first = slice->header;
		hevc_check_references(picture);
	}
	hevc_check(picture, CHECK_LAST_SLICE, !picture->last_seen);
	picture->last_seen = slice->param->LongSliceFlags.fields.LastSliceOfPic;
	hevc_check_slice(picture, slice);
	picture->num_slices++;
	if (!is_writable(slice))
		return;
	if (slice->header.dependent_slice_segment_flag) {
		check_dependent(picture, slice);
	} else {
		picture->independent = slice->header;
		picture->independent_param = *slice->param;
		hevc_check_lists(picture, slice);
	}
	hevc_write_slice(picture, slice);
}

static void add_slice(struct picture *base, const struct picture_slice *source)
{
	struct hevc_picture *picture = (struct hevc_picture *)base;
	struct hevc_slice slice = {.param = source->param};
	const uint8_t *data = source->data;

	if (picture->unusable || !check_source(picture, source))
		return;
	if (picture->rext) {
		const VASliceParameterBufferHEVCExtension *extended = source->param;

		if (!hevc_check(picture, CHECK_BUFFER_SIZE,
				source->param_size == sizeof(*extended)))
			return;
		slice.rext = &extended->rext;
	}
	data += slice.param->slice_data_offset;
	if (!hevc_check(picture, CHECK_NAL_HEADER, is_slice_unit(data)))
		return;
	bytes_append_unescaped(&slice.unit, data, slice.param->slice_data_size);
	if (hevc_check(picture, CHECK_SLICE_HEADER,
		       slice.unit.size > 2 && !slice.unit.failed &&
			       !hevc_header_parse(picture, &slice.unit, &slice.header)))
		add_parsed_slice(picture, &slice);
	bytes_finish(&slice.unit);
}

static void record(struct hevc_picture *picture)
{
	const VAPictureParameterBufferHEVC *pic = picture->pic;
	struct surface *target = picture->base.target;
	struct content content = {
		.valid = true,
		.fields = 3,
		.reference_fields = 3,
		.poc = {pic->CurrPic.pic_order_cnt, pic->CurrPic.pic_order_cnt},
		.format = target->format,
		.width = pic->pic_width_in_luma_samples,
		.height = pic->pic_height_in_luma_samples,
		.context = picture->base.context->object.id,
	};

	hevc_keep_references(picture);
	pthread_mutex_lock(&target->lock);
	target->content = content;
	pthread_mutex_unlock(&target->lock);
}

/* Writes what the decoder does not have yet. */
static void append_headers(struct hevc_picture *picture, struct bytes *packet)
{
	struct hevc_state *state = picture->state;
	struct bytes sets = {0}, pps = {0};
	bool changed;

	hevc_write_sets(&sets, picture);
	hevc_write_pps(&pps, picture);
	changed = bytes_replace(&state->sps, &sets);
	if (changed)
		bytes_append(packet, state->sps.data, state->sps.size);
	/* A new SPS voids the PPS that refer to it. */
	if (bytes_replace(&state->pps, &pps) || changed)
		bytes_append(packet, state->pps.data, state->pps.size);
	packet->failed = packet->failed || state->sps.failed || state->pps.failed;
}

/* The packet stays empty if there is nothing to decode. */
static void end(struct hevc_picture *picture, struct bytes *packet)
{
	if (picture->num_slices) {
		hevc_check(picture, CHECK_LAST_SLICE, picture->last_seen);
		append_headers(picture, packet);
		bytes_append(packet, picture->slices.data, picture->slices.size);
		packet->failed = packet->failed || picture->slices.failed;
		record(picture);
	}
	bytes_finish(&picture->slices);
}

/* The extended buffers are the range extensions' (va_dec_hevc.h); a client may use them for all. */
static const VAPictureParameterBufferHEVCRext *find_rext(struct hevc_picture *picture, size_t size)
{
	const VAPictureParameterBufferHEVCExtension *extended = (const void *)picture->pic;
	VAProfile profile = picture->base.context->profile->profile;
	bool is_extended = size == sizeof(*extended);

	if (!hevc_check(picture, CHECK_BUFFER_SIZE,
			is_extended || profile == VAProfileHEVCMain ||
				profile == VAProfileHEVCMain10))
		picture->unusable = true;
	return is_extended ? &extended->rext : NULL;
}

static void build(struct context *context, struct job *job)
{
	size_t size = 0;
	struct hevc_picture picture = {
		.base = picture_start(context),
		.state = context->state,
		.pic = picture_find(context, VAPictureParameterBufferType, &size),
		.iq = picture_find(context, VAIQMatrixBufferType, NULL),
	};

	if (hevc_check(&picture, CHECK_BUFFERS_PRESENT,
		       picture.pic && (picture.iq ||
				       !picture.pic->pic_fields.bits.scaling_list_enabled_flag))) {
		hevc_check(&picture, CHECK_BUFFERS_PRESENT,
			   picture_find(context, VASliceParameterBufferType, NULL));
		picture.rext = find_rext(&picture, size);
		if (hevc_is_refused(&picture)) {
			job->refused = VA_STATUS_ERROR_UNIMPLEMENTED;
			return;
		}
		hevc_check_picture(&picture);
		picture_for_each_slice(&picture.base, add_slice);
		end(&picture, &job->packet);
		job->mono = !hevc_has_chroma(picture.pic);
	}
	job->fields = 3;
	job->failed = picture.base.failed;
}

/* Stand-ins for missing references come after the picture's own frame. */
static const struct decoder_kind decoder = {
	.name = "hevc", .target = DECODER_FIRST, .coverage = true};

const struct codec codec_hevc = {
	.name = "HEVC",
	.buffers =
		{
			{VAPictureParameterBufferType, sizeof(VAPictureParameterBufferHEVC),
			 sizeof(VAPictureParameterBufferHEVCExtension), false},
			{VAIQMatrixBufferType, sizeof(VAIQMatrixBufferHEVC), 0, false},
			{VASliceParameterBufferType, sizeof(VASliceParameterBufferHEVC),
			 sizeof(VASliceParameterBufferHEVCExtension), true},
		},
	.state_size = sizeof(struct hevc_state),
	.decoder = &decoder,
	.close = close_state,
	.build = build,
};
