/* SPDX-License-Identifier: MIT */
/*
 * A frame of AV1 from VA's buffers to a packet; see av1.h.
 */
#include "av1.h"

#include <stdlib.h>
#include <string.h>

#include "context.h"

#define OBU_FRAME 6

static bool is_good_size(const struct av1_picture *picture)
{
	const VADecPictureParameterBufferAV1 *pic = picture->pic;
	const struct surface *target = picture->base.target;

	return pic->frame_width_minus1 < target->width && pic->frame_height_minus1 < target->height;
}

static bool is_good_format(const struct av1_picture *picture)
{
	const VADecPictureParameterBufferAV1 *pic = picture->pic;
	const struct profile *profile = picture->base.context->profile;
	bool subsampled = pic->seq_info_fields.fields.subsampling_x &&
			  pic->seq_info_fields.fields.subsampling_y;

	return pic->profile == (profile->profile == VAProfileAV1Profile1) &&
	       pic->bit_depth_idx <= 1 && subsampled == (pic->profile == 0) &&
	       !(pic->profile == 1 && pic->seq_info_fields.fields.mono_chrome);
}

static bool has_good_tiles(const VADecPictureParameterBufferAV1 *pic)
{
	return pic->tile_cols >= 1 && pic->tile_cols <= 64 && pic->tile_rows >= 1 &&
	       pic->tile_rows <= 64 &&
	       pic->context_update_tile_id < pic->tile_cols * pic->tile_rows;
}

static bool is_good_superres(const VADecPictureParameterBufferAV1 *pic)
{
	uint8_t denom = pic->superres_scale_denominator;

	return pic->pic_info_fields.bits.use_superres ? denom >= 9 && denom <= 16 : denom == 8;
}

/* Whatever the rest says, without these nothing can be written. */
static bool check_picture(struct av1_picture *picture)
{
	const VADecPictureParameterBufferAV1 *pic = picture->pic;
	bool good = av1_check(picture, CHECK_FORMAT, is_good_format(picture));

	good = av1_check(picture, CHECK_TILES, has_good_tiles(pic)) && good;
	good = av1_check(picture, CHECK_PICTURE_SIZE, is_good_superres(pic)) && good;
	good = av1_check(picture, CHECK_PICTURE_SIZE_SURFACE, is_good_size(picture)) && good;
	good = av1_check(picture, CHECK_TARGET_ID,
			 pic->current_frame == picture->base.target->object.id) &&
	       good;
	return good && !pic->pic_info_fields.bits.large_scale_tile;
}

/* ---- Tiles ---- */

static void add_tile(struct picture *base, const struct picture_slice *slice)
{
	struct av1_picture *picture = (struct av1_picture *)base;
	const VASliceParameterBufferAV1 *param = slice->param;
	unsigned int at =
		(unsigned int)param->tile_row * picture->pic->tile_cols + param->tile_column;

	if (!av1_check(picture, CHECK_SLICE_DATA,
		       param->slice_data_flag == VA_SLICE_DATA_FLAG_ALL &&
			       param->slice_data_offset <= slice->data_size &&
			       param->slice_data_size > 0 &&
			       param->slice_data_size <=
				       slice->data_size - param->slice_data_offset))
		return;
	if (!av1_check(picture, CHECK_TILES,
		       param->tile_row < picture->pic->tile_rows &&
			       param->tile_column < picture->pic->tile_cols &&
			       !picture->tiles[at].data))
		return;
	picture->tiles[at].data = (const uint8_t *)slice->data + param->slice_data_offset;
	picture->tiles[at].size = param->slice_data_size;
	picture->num_given++;
}

/* tile_group_obu(), 5.11.1: all tiles. */
static void append_tiles(const struct av1_picture *picture, struct bytes *frame)
{
	if (picture->num_tiles > 1)
		bytes_append_byte(frame, 0); /* tile_start_and_end_present_flag */
	for (unsigned int i = 0; i < picture->num_tiles; i++) {
		uint32_t minus_1 = picture->tiles[i].size - 1;
		const uint8_t size[4] = {(uint8_t)minus_1, (uint8_t)(minus_1 >> 8),
					 (uint8_t)(minus_1 >> 16), (uint8_t)(minus_1 >> 24)};

		if (i + 1 < picture->num_tiles)
			bytes_append(frame, size, sizeof(size));
		bytes_append(frame, picture->tiles[i].data, picture->tiles[i].size);
	}
}

/* ---- The packet ---- */

/* An OBU whose size has four bytes. */
static void append_frame(const struct bytes *frame, struct bytes *packet)
{
	size_t size = frame->size;
	const uint8_t header[5] = {OBU_FRAME << 3 | 2, (uint8_t)(size & 0x7f) | 0x80,
				   (uint8_t)(size >> 7 & 0x7f) | 0x80,
				   (uint8_t)(size >> 14 & 0x7f) | 0x80,
				   (uint8_t)(size >> 21 & 0x7f)};

	bytes_append(packet, header, sizeof(header));
	bytes_append(packet, frame->data, frame->size);
	packet->failed = packet->failed || frame->failed || size >> 28;
}

static void write_packet(struct av1_picture *picture, struct bytes *packet)
{
	struct bit_writer w = {.pos = 0};
	size_t from;

	if (!av1_slots_find(picture, packet)) {
		bytes_finish(packet);
		return;
	}
	from = packet->size;
	av1_slots_choose(picture);
	av1_write_sequence(picture, packet);
	av1_write_frame_header(picture, &w);
	picture->refresh_at += 8 * (packet->size - from + 5);
	w.pos = 8 * w.bytes.size;
	append_tiles(picture, &w.bytes);
	append_frame(&w.bytes, packet);
	bit_writer_finish(&w);
	if (!packet->failed)
		av1_slots_record(picture, packet, from);
}

/* Where grain comes out of the decoder itself, what it is put on is one of the decoder's surfaces. */
static bool may_show(const struct av1_picture *picture, const struct surface *display)
{
	struct context *context = picture->base.context;

	if (picture->base.softva->quirks.grain != QUIRK_GRAIN_EXTRA)
		return true;
	for (unsigned int i = 0; i < AV1_SLOTS; i++)
		if (picture->pic->ref_frame_map[i] == display->object.id)
			return false;
	return display->serial < context->serial && context_knows(context, display);
}

/* Where what is shown differs from what is referred to, the client names both. */
static void find_display(struct av1_picture *picture, struct job *job)
{
	const VADecPictureParameterBufferAV1 *pic = picture->pic;
	struct surface *display;

	if (!pic->film_grain_info.film_grain_info_fields.bits.apply_grain)
		return;
	display = object_get(&picture->base.softva->heap, pic->current_display_picture,
			     OBJECT_SURFACE);
	if (!av1_check(picture, CHECK_TARGET_ID,
		       display && display != picture->base.target &&
			       display->format == picture->base.target->format &&
			       may_show(picture, display))) {
		if (display)
			object_unref(&display->object);
		return;
	}
	job->display = display;
}

static void build_picture(struct av1_picture *picture, struct job *job)
{
	if (!check_picture(picture))
		return;
	picture->num_tiles = (unsigned int)picture->pic->tile_cols * picture->pic->tile_rows;
	picture->tiles = calloc(picture->num_tiles, sizeof(*picture->tiles));
	if (!picture->tiles)
		return;
	picture_for_each_slice(&picture->base, add_tile);
	if (av1_check(picture, CHECK_BUFFERS_PRESENT, picture->num_given == picture->num_tiles)) {
		find_display(picture, job);
		write_packet(picture, &job->packet);
	}
	free(picture->tiles);
}

static void build(struct context *context, struct job *job)
{
	struct av1_picture picture = {
		.base = picture_start(context),
		.state = context->state,
		.pic = picture_find(context, VAPictureParameterBufferType, NULL),
	};

	job->fields = 3;
	if (av1_check(&picture, CHECK_BUFFERS_PRESENT, picture.pic))
		build_picture(&picture, job);
	job->failed = picture.base.failed;
}

static int open_state(struct context *context)
{
	av1_slots_init(context->state);
	return 0;
}

static void close_state(struct context *context)
{
	struct av1_state *state = context->state;

	if (!state)
		return;
	bytes_finish(&state->last);
	av1_dav1d_close(context);
}

const struct codec codec_av1 = {
	.name = "AV1",
	.buffers =
		{
			{VAPictureParameterBufferType, sizeof(VADecPictureParameterBufferAV1), 0,
			 false},
			{VASliceParameterBufferType, sizeof(VASliceParameterBufferAV1), 0, true},
		},
	.state_size = sizeof(struct av1_state),
	.open = open_state,
	.close = close_state,
	.build = build,
	.decode = av1_dav1d_decode,
};
