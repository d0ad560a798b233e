/* SPDX-License-Identifier: MIT */
/*
 * av1-picture.c - one AV1 frame from its header to its slots and its place in the output
 *
 * Everything that can make a frame wait (an unanswered format, no free frame) comes before anything
 * that changes the slots, so that the header can be tried again.
 * Source: AV1 specification, 7.18 (output), 7.20 and 7.21 (reference frames).
 */
#include "av1.h"

#include <errno.h>
#include <string.h>

static bool has_slot(const struct av1_frame *frame, unsigned int slot)
{
	return memchr(frame->ref_frame_idx, (int)slot, AV1_REFS_PER_FRAME) != NULL;
}

static bool is_shown_key(const struct av1_frame *frame)
{
	return frame->frame_type == AV1_KEY_FRAME && frame->show_frame;
}

/* Of spatial layers only the highest one is output: 7.18.1. */
static bool is_output(const struct av1 *av1, const struct av1_frame *frame, uint8_t spatial_id)
{
	return frame->show_frame && spatial_id >= av1_get_max_spatial_id(&av1->sequence);
}

void av1_clear_slots(struct av1 *av1)
{
	unsigned int i;

	for (i = 0; i < AV1_NUM_REF_FRAMES; i++)
		av1->slots[i] = vacodec_frame_unref(av1->slots[i]);
	av1_refs_clear(&av1->refs);
	av1->unsure = 0;
}

void av1_drop_frames(struct av1 *av1)
{
	av1_clear_slots(av1);
	av1->clean = vacodec_frame_unref(av1->clean);
	av1->layer = vacodec_frame_unref(av1->layer);
	av1->in_frame = false;
	av1->has_timestamp = false;
	av1->lost_frames = false;
}

void av1_lose_frame(struct vacodec_decoder *decoder)
{
	av1_of(decoder)->lost_frames = true;
	av1_of(decoder)->unsure = UINT8_MAX;
	picture_damage(decoder);
}

/* ---- References ---- */

/* 5.9.7 and 7.9.2: what may refer to what. */
static bool fits(const struct av1_sequence *s, const struct av1_frame *frame,
		 const struct av1_ref *ref)
{
	const struct av1_size *size = &frame->size;

	return ref->bit_depth == s->color.bit_depth &&
	       ref->subsampling_x == s->color.subsampling_x &&
	       ref->subsampling_y == s->color.subsampling_y &&
	       ref->mono_chrome == s->color.mono_chrome &&
	       2 * size->frame_width >= ref->size.upscaled_width &&
	       2 * size->frame_height >= ref->size.frame_height &&
	       size->frame_width <= 16 * ref->size.upscaled_width &&
	       size->frame_height <= 16 * ref->size.frame_height;
}

static int check_references(struct av1 *av1, const struct av1_frame *frame)
{
	unsigned int i;

	if (av1_frame_is_intra(frame))
		return 0;
	for (i = 0; i < AV1_NUM_REF_FRAMES; i++) {
		if (has_slot(frame, i) && av1->refs.slots[i].valid &&
		    !fits(&av1->sequence, frame, &av1->refs.slots[i]))
			return -EBADMSG;
	}
	return 0;
}

static bool is_missing(const struct av1 *av1, const struct av1_frame *frame, unsigned int slot)
{
	return !av1->slots[slot] || (frame->lost_slots | frame->wrong_ids) & 1U << slot;
}

/* A frame of the slots, or one that is made: so that the driver always gets one. */
static int stand_in(struct vacodec_decoder *decoder, unsigned int slot)
{
	struct av1 *av1 = av1_of(decoder);
	unsigned int i;

	for (i = 0; i < AV1_NUM_REF_FRAMES; i++) {
		if (av1->slots[i] && av1->refs.slots[i].valid) {
			av1->slots[slot] = vacodec_frame_ref(av1->slots[i]);
			return 0;
		}
	}
	return conceal_make_frame(decoder, &av1->slots[slot]);
}

static int fill_slots(struct vacodec_decoder *decoder, const struct av1_frame *frame)
{
	struct av1 *av1 = av1_of(decoder);
	unsigned int i;
	int ret = 0;

	if (av1_frame_is_intra(frame))
		return 0;
	for (i = 0; i < AV1_NUM_REF_FRAMES && ret == 0; i++) {
		if (has_slot(frame, i) && !av1->slots[i])
			ret = stand_in(decoder, i);
	}
	return ret;
}

static void refer_to_slots(struct vacodec_decoder *decoder)
{
	struct av1 *av1 = av1_of(decoder);
	unsigned int i;

	if (av1_frame_is_intra(&av1->frame))
		return;
	for (i = 0; i < AV1_NUM_REF_FRAMES; i++) {
		if (!has_slot(&av1->frame, i))
			continue;
		if (!av1->refs.slots[i].valid || is_missing(av1, &av1->frame, i))
			picture_refer_missing(decoder, UINT64_MAX);
		picture_refer(decoder, av1->slots[i]);
	}
}

/* ---- Beginning ---- */

/* Whether decoding can begin here, or goes on. */
static bool can_start(struct vacodec_decoder *decoder, const struct av1_frame *frame)
{
	const struct av1 *av1 = decoder->codec;

	if (decoder->start.state != START_WAITING || decoder->show_incomplete)
		return true;
	/* A key frame that is hidden counts when it is shown. */
	return frame->frame_type == AV1_KEY_FRAME ||
	       (frame->frame_type == AV1_INTRA_ONLY_FRAME && !av1->sought);
}

static int find_format(struct vacodec_decoder *decoder)
{
	struct av1 *av1 = av1_of(decoder);
	int ret;

	if (av1->format.codec != VACODEC_CODEC_NONE)
		return 0;
	ret = av1_get_format(decoder, &av1->sequence, &av1->format);
	if (ret < 0)
		av1->format.codec = VACODEC_CODEC_NONE;
	return ret == -EBADMSG ? -EIO : ret; /* the driver's, not the stream's */
}

/* The format of what is output; what is not changes nothing of the crop. */
static int use_format(struct vacodec_decoder *decoder, const struct av1_frame *frame,
		      uint8_t spatial_id)
{
	struct av1 *av1 = av1_of(decoder);
	struct vacodec_format format;
	int ret = find_format(decoder);

	if (ret < 0)
		return ret;
	memcpy(&format, &av1->format, sizeof(format)); /* with its padding: it is compared */
	if (is_output(av1, frame, spatial_id)) {
		format.crop.width = frame->size.upscaled_width;
		format.crop.height = frame->size.frame_height;
	} else if (decoder->format.codec != VACODEC_CODEC_NONE) {
		format.crop = decoder->format.crop;
	}
	if (format.crop.width > format.coded_width || format.crop.height > format.coded_height)
		return -EBADMSG;
	return is_shown_key(frame) ? decoder_begin_sequence(decoder, &format)
				   : decoder_change_format(decoder, &format);
}

static int take_clean_frame(struct vacodec_decoder *decoder, const struct av1_frame *frame)
{
	struct av1 *av1 = av1_of(decoder);

	if (!frame->film_grain.apply_grain || decoder->skip_film_grain)
		av1->clean = vacodec_frame_unref(av1->clean);
	else if (!av1->clean)
		return decoder_acquire_frame(decoder, &av1->clean);
	return 0;
}

/* Without a temporal delimiter, where layers begin anew. */
static int end_unit_before(struct vacodec_decoder *decoder, const struct av1_frame *frame,
			   uint8_t spatial_id)
{
	const struct av1 *av1 = decoder->codec;

	if (!av1->layer || !frame->show_frame || spatial_id > av1->layer_spatial_id)
		return 0;
	return av1_end_temporal_unit(decoder);
}

int av1_begin_frame(struct vacodec_decoder *decoder, const struct av1_frame *frame,
		    const struct av1_obu *obu, uint64_t timestamp)
{
	struct av1 *av1 = av1_of(decoder);
	int ret;

	if (!can_start(decoder, frame))
		return 0;
	ret = check_references(av1, frame);
	if (ret == 0)
		ret = end_unit_before(decoder, frame, obu->spatial_id);
	if (ret == 0)
		ret = use_format(decoder, frame, obu->spatial_id);
	if (ret == 0)
		ret = fill_slots(decoder, frame);
	if (ret == 0)
		ret = take_clean_frame(decoder, frame);
	if (ret < 0)
		return ret;
	memcpy(&av1->frame, frame, sizeof(*frame)); /* with its padding: it is compared */
	av1->spatial_id = obu->spatial_id;
	return picture_begin(decoder, timestamp);
}

/* The stream is entered, or entered again, here. */
static void start(struct vacodec_decoder *decoder, uint64_t number)
{
	start_at_key(&decoder->start, number);
	av1_of(decoder)->lost_frames = false;
}

static void place(struct vacodec_decoder *decoder)
{
	struct av1 *av1 = av1_of(decoder);

	if (is_shown_key(&av1->frame)) {
		start(decoder, decoder->n_begun);
		frame_add_flags(decoder->current.frame, VACODEC_FRAME_KEY);
	} else if (decoder->start.state == START_WAITING &&
		   av1->frame.frame_type == AV1_INTRA_ONLY_FRAME) {
		av1_clear_slots(av1);
		start(decoder, decoder->n_begun);
	}
	av1->n_shown++;
	/* A key frame on which nothing depends before it is shown is whole. */
	if (decoder->start.state == START_WAITING && av1->frame.frame_type == AV1_KEY_FRAME)
		decoder->current.frame->order = av1->n_shown;
	else
		picture_place(decoder, av1->n_shown);
	if (!is_output(av1, &av1->frame, av1->spatial_id))
		picture_hide(decoder);
}

void av1_enter_picture(struct vacodec_decoder *decoder)
{
	struct av1 *av1 = av1_of(decoder);
	struct vacodec_frame *frame = decoder->current.frame;

	av1->in_frame = true;
	av1->next_tile = 0;
	frame->crop = (struct vacodec_rect){.width = av1->frame.size.upscaled_width,
					    .height = av1->frame.size.frame_height};
	if (av1->clean && frame_decode_into(frame, av1->clean) < 0)
		decoder->current.broken = true;
	av1->clean = NULL;
	place(decoder);
	refer_to_slots(decoder);
	av1_refs_lose(&av1->refs, &av1->frame);
	if (av1->lost_frames && !av1_frame_is_intra(&av1->frame))
		picture_damage(decoder);
}

/* ---- Tiles ---- */

/* tile_group_obu(), 5.11.1, up to the first tile. */
static int parse_tile_group(const struct av1 *av1, const uint8_t *data, size_t size_bytes,
			    struct av1_tile_group *group)
{
	const struct av1_tiles *tiles = &av1->frame.tiles;
	unsigned int n = (unsigned int)tiles->cols * tiles->rows;
	unsigned int n_bits = tiles->cols_log2 + tiles->rows_log2;
	size_t header_bytes;
	struct bits b;

	bits_init_raw(&b, data, size_bytes);
	group->first = 0;
	group->last = n - 1;
	if (n > 1 && bits_flag(&b)) {
		group->first = bits_u(&b, n_bits);
		group->last = bits_u(&b, n_bits);
	}
	header_bytes = (size_t)(b.n_read + 7) / 8;
	if (!bits_ok(&b) || header_bytes >= size_bytes || group->first != av1->next_tile ||
	    group->last < group->first || group->last >= n)
		return -EBADMSG;
	group->data = data + header_bytes;
	group->size_bytes = size_bytes - header_bytes;
	return 0;
}

int av1_add_tile_group(struct vacodec_decoder *decoder, const uint8_t *data, size_t size_bytes)
{
	struct av1 *av1 = av1_of(decoder);
	struct av1_tile_group group;
	int ret = parse_tile_group(av1, data, size_bytes, &group);

	if (ret < 0) {
		decoder_warn(decoder, "a damaged AV1 tile group");
		picture_damage(decoder);
		return ret;
	}
	if (decoder->current.n_slices == 0)
		ret = av1_va_add_picture(decoder);
	if (ret == 0)
		ret = av1_va_add_tiles(decoder, &group);
	ret = picture_add_slice(decoder, ret);
	if (ret < 0)
		return ret;
	av1->next_tile = group.last + 1;
	if (av1->next_tile == (unsigned int)av1->frame.tiles.cols * av1->frame.tiles.rows)
		return av1_finish_frame(decoder);
	return 0;
}

/* ---- Finishing ---- */

static void set_slot(struct av1 *av1, unsigned int slot, struct vacodec_frame *frame)
{
	vacodec_frame_ref(frame);
	vacodec_frame_unref(av1->slots[slot]);
	av1->slots[slot] = frame;
}

static void update_slots(struct av1 *av1, const struct av1_frame *frame,
			 struct vacodec_frame *decoded)
{
	unsigned int i;

	av1_refs_update(&av1->refs, &av1->sequence, frame);
	for (i = 0; i < AV1_NUM_REF_FRAMES; i++) {
		if (frame->refresh_frame_flags & 1 << i)
			set_slot(av1, i, decoded);
	}
	av1->unsure &= (uint8_t)~frame->refresh_frame_flags;
}

static void keep_layer(struct av1 *av1, struct vacodec_frame *frame, uint8_t spatial_id,
		       uint64_t timestamp)
{
	vacodec_frame_ref(frame);
	vacodec_frame_unref(av1->layer);
	av1->layer = frame;
	av1->layer_spatial_id = spatial_id;
	av1->layer_timestamp = timestamp;
	av1->layer_flags = frame_get_flags(frame) & VACODEC_FRAME_KEY;
}

/* What the shown frame of a temporal unit does to its lower layers. */
static void follow_layers(struct vacodec_decoder *decoder)
{
	struct av1 *av1 = av1_of(decoder);

	if (!av1->frame.show_frame)
		return;
	if (is_output(av1, &av1->frame, av1->spatial_id)) {
		av1->layer = vacodec_frame_unref(av1->layer);
		av1->has_timestamp = false;
	} else if (decoder->start.state == START_RUNNING) {
		keep_layer(av1, decoder->current.frame, av1->spatial_id,
			   decoder->current.frame->timestamp);
	}
}

int av1_finish_frame(struct vacodec_decoder *decoder)
{
	struct av1 *av1 = av1_of(decoder);
	int ret;

	if (!av1->in_frame)
		return 0;
	av1->in_frame = false;
	if (av1->next_tile < (unsigned int)av1->frame.tiles.cols * av1->frame.tiles.rows) {
		decoder_warn(decoder, "tiles of an AV1 frame are missing");
		decoder->current.broken = true;
		picture_damage(decoder);
	}
	ret = picture_submit(decoder, true);
	update_slots(av1, &av1->frame, decoder->current.frame);
	follow_layers(decoder);
	output_store(decoder, 0, decoder->current.order);
	picture_drop(decoder);
	return ret;
}

/* ---- Showing what there is ---- */

int av1_end_temporal_unit(struct vacodec_decoder *decoder)
{
	struct av1 *av1 = av1_of(decoder);
	int ret;

	if (!av1->layer)
		return 0;
	ret = picture_show_again(decoder, av1->layer, av1->layer_timestamp, av1->layer_flags);
	if (ret == 0)
		av1->layer = vacodec_frame_unref(av1->layer);
	return ret;
}

/* Nothing to show: the stream is entered here, or the frame was lost. */
static int miss_existing(struct vacodec_decoder *decoder)
{
	if (decoder->start.state == START_WAITING)
		return 0;
	decoder_warn(decoder, "a lost AV1 frame is to be shown");
	return -EBADMSG;
}

/* It needs the slots, even where it clears them. */
static int show_again(struct vacodec_decoder *decoder, const struct av1_frame *frame,
		      uint8_t spatial_id, uint64_t timestamp)
{
	struct av1 *av1 = av1_of(decoder);
	unsigned int slot = frame->frame_to_show_map_idx;
	uint32_t flags = frame->frame_type == AV1_KEY_FRAME ? VACODEC_FRAME_KEY : 0;
	struct av1_frame as_inter = *frame;
	int ret;

	as_inter.frame_type = AV1_INTER_FRAME;
	ret = use_format(decoder, &as_inter, spatial_id);
	if (av1->unsure & 1U << slot)
		flags |= VACODEC_FRAME_CORRUPT;
	if (ret == 0)
		ret = picture_show_again(decoder, av1->slots[slot], timestamp, flags);
	if (ret == 0)
		av1->has_timestamp = false;
	return ret;
}

/* It takes all slots, 7.21; that the stream is entered here is true of the right one only. */
static void enter_at_existing(struct vacodec_decoder *decoder, const struct av1_frame *frame,
			      struct vacodec_frame *shown)
{
	struct av1 *av1 = av1_of(decoder);
	bool unsure = av1->unsure & 1U << frame->frame_to_show_map_idx;

	if (!unsure)
		start(decoder, shown->number);
	update_slots(av1, frame, shown);
	if (unsure)
		av1->unsure = UINT8_MAX;
}

int av1_show_existing(struct vacodec_decoder *decoder, const struct av1_frame *frame,
		      const struct av1_obu *obu, uint64_t timestamp)
{
	struct av1 *av1 = av1_of(decoder);
	unsigned int slot = frame->frame_to_show_map_idx;
	struct vacodec_frame *shown = av1->slots[slot];
	bool key = frame->frame_type == AV1_KEY_FRAME;
	bool enters = key && !(av1->unsure & 1U << slot);
	int ret;

	if (!shown || !av1->refs.slots[slot].valid ||
	    (decoder->start.state == START_WAITING && !enters))
		return miss_existing(decoder);
	ret = end_unit_before(decoder, frame, obu->spatial_id);
	if (ret == 0 && is_output(av1, frame, obu->spatial_id))
		ret = show_again(decoder, frame, obu->spatial_id, timestamp);
	else if (ret == 0)
		keep_layer(av1, shown, obu->spatial_id, timestamp);
	if (ret == 0 && key)
		enter_at_existing(decoder, frame, shown);
	return ret;
}
