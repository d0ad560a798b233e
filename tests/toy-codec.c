/* SPDX-License-Identifier: MIT */
/*
 * toy-codec.c - a codec that decodes nothing, to show what a codec is made of
 */
#include "toy-codec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define N_SLOTS 4

struct slot {
	struct vacodec_frame *frame;
	int64_t order;
};

struct toy {
	uint8_t sequence[4]; /* the newest header */
	bool has_sequence;
	bool keep;                  /* references, when it begins */
	struct slot slots[N_SLOTS]; /* references, the newest first */
	unsigned int n_slots;
	uint8_t type, order; /* of the current picture */
};

static const VAProfile profiles[] = {VAProfileVP8Version0_3, VAProfileNone};

static int toy_open(struct vacodec_decoder *decoder)
{
	decoder->codec = calloc(1, sizeof(struct toy));
	return decoder->codec ? 0 : -ENOMEM;
}

/* ---- References ---- */

static void drop_last(struct toy *toy)
{
	struct slot *slot = &toy->slots[--toy->n_slots];

	slot->frame->is_reference = false;
	slot->frame = vacodec_frame_unref(slot->frame);
}

static void toy_new_sequence(struct vacodec_decoder *decoder)
{
	struct toy *toy = decoder->codec;

	while (toy->n_slots > 0)
		drop_last(toy);
}

static void toy_close(struct vacodec_decoder *decoder)
{
	if (decoder->codec)
		toy_new_sequence(decoder);
	free(decoder->codec);
}

static void keep(struct vacodec_decoder *decoder, struct vacodec_frame *frame, int64_t order)
{
	struct toy *toy = decoder->codec;

	if (toy->n_slots == N_SLOTS || toy->n_slots == decoder->output_limits.max_frames)
		drop_last(toy);
	output_make_room(decoder, toy->n_slots);
	memmove(toy->slots + 1, toy->slots, toy->n_slots * sizeof(toy->slots[0]));
	toy->slots[0] = (struct slot){vacodec_frame_ref(frame), order};
	toy->n_slots++;
	frame->is_reference = true;
}

static bool get_order(const void *item, int64_t *order)
{
	*order = ((const struct slot *)item)->order;
	return true;
}

static const struct slot *find_nearest(const struct toy *toy, int64_t order)
{
	const struct conceal_candidates candidates = {toy->slots, toy->n_slots,
						      sizeof(toy->slots[0]), get_order};

	return conceal_find_nearest(&candidates, order);
}

static const struct slot *find_slot(struct vacodec_decoder *decoder, int64_t order)
{
	const struct slot *slot = find_nearest(decoder->codec, order);

	if (!slot || slot->order != order)
		picture_refer_missing(decoder, UINT64_MAX);
	return slot;
}

static int add_reference(struct vacodec_decoder *decoder, int64_t order)
{
	const struct slot *slot = find_slot(decoder, order);
	struct vacodec_frame *frame;
	int ret = 0;

	if (!slot) {
		ret = conceal_make_frame(decoder, &frame);
		if (ret < 0)
			return ret;
		keep(decoder, frame, order);
		vacodec_frame_unref(frame);
		slot = find_slot(decoder, order);
	}
	picture_refer(decoder, slot->frame);
	return submit_add_reference(decoder->current.frame, slot->frame);
}

/* ---- Pictures ---- */

static int begin_sequence(struct vacodec_decoder *decoder)
{
	const struct toy *toy = decoder->codec;
	struct vacodec_format format;

	memset(&format, 0, sizeof(format));
	format.profile = VAProfileVP8Version0_3;
	format.fourcc = VA_FOURCC_NV12;
	format.chroma = 420;
	format.bit_depth = 8;
	format.coded_width = 16U * toy->sequence[0];
	format.coded_height = 16U * toy->sequence[1];
	format.crop.width = format.coded_width;
	format.crop.height = format.coded_height;
	format.min_frames = toy->sequence[2] + 1U;
	format.max_reorder = toy->sequence[3];
	decoder->output_limits.max_frames = toy->sequence[2];
	decoder->output_limits.max_reorder = toy->sequence[3];
	return toy->keep ? decoder_change_format(decoder, &format)
			 : decoder_begin_sequence(decoder, &format);
}

/* Of a picture that is never output, in other surfaces. */
static int begin_layer(struct vacodec_decoder *decoder, const struct unit *unit)
{
	struct vacodec_format layer;
	int ret = begin_sequence(decoder);

	memcpy(&layer, &decoder->format, sizeof(layer));
	layer.coded_width = 16U * unit->data[2];
	layer.coded_height = 16U * unit->data[2];
	return ret < 0 ? ret : picture_begin_layer(decoder, unit->timestamp, &layer);
}

static void toy_begin_picture(struct vacodec_decoder *decoder)
{
	const struct toy *toy = decoder->codec;

	if (toy->type == 'K') {
		decoder_output_all(decoder);
		toy_new_sequence(decoder);
		start_at_key(&decoder->start, decoder->current.frame->number);
		frame_add_flags(decoder->current.frame, VACODEC_FRAME_KEY);
	} else if (toy->type == 'R') {
		start_recovery(&decoder->start, decoder->n_begun);
		start_reach(&decoder->start, toy->order, decoder->current.frame->number);
	}
	picture_place(decoder, toy->order);
	if (toy->type == 'H' || toy->type == 'L')
		picture_hide(decoder);
}

static int toy_finish_picture(struct vacodec_decoder *decoder)
{
	struct toy *toy = decoder->codec;
	int ret;

	if (!decoder->current.frame)
		return 0;
	ret = picture_submit(decoder, true);
	if (toy->type != 'B')
		keep(decoder, decoder->current.frame, toy->order);
	output_store(decoder, toy->n_slots, toy->order);
	picture_drop(decoder);
	return ret;
}

static int parse_picture(struct vacodec_decoder *decoder, const struct unit *unit)
{
	struct toy *toy = decoder->codec;
	int ret = toy_finish_picture(decoder);
	size_t i = unit->data[0] == 'L' ? 3 : 2;

	if (ret < 0 || !toy->has_sequence)
		return ret;
	toy->type = unit->data[0];
	toy->order = unit->data[1];
	if (decoder->start.state == START_WAITING && toy->type != 'K' && toy->type != 'R')
		return 0;
	ret = toy->type == 'L' ? begin_layer(decoder, unit) : begin_sequence(decoder);
	if (ret == 0 && toy->type != 'L')
		ret = picture_begin(decoder, unit->timestamp);
	for (; i < unit->size_bytes && ret == 0; i++)
		ret = add_reference(decoder, unit->data[i]);
	if (ret < 0)
		return ret;
	return picture_add_slice(decoder,
				 submit_add_data(decoder->current.frame, VASliceDataBufferType,
						 unit->data, unit->size_bytes));
}

static int show_again(struct vacodec_decoder *decoder, const struct unit *unit)
{
	int ret = toy_finish_picture(decoder);
	const struct slot *slot;

	if (ret < 0)
		return ret;
	slot = find_nearest(decoder->codec, unit->data[1]);
	return slot ? picture_show_again(decoder, slot->frame, unit->timestamp, 0) : -EBADMSG;
}

/* Units of one packet stand between bars. */
static int toy_split(const uint8_t *packet, size_t size_bytes, struct unit_part *parts)
{
	size_t at = 0;
	int n = 0;
	size_t i;

	for (i = 0; i <= size_bytes; i++) {
		if (i < size_bytes && packet[i] != '|')
			continue;
		if (n == UNIT_MAX_PARTS)
			return -EBADMSG;
		parts[n++] = (struct unit_part){at, i - at};
		at = i + 1;
	}
	return n;
}

static int toy_parse_unit(struct vacodec_decoder *decoder, const struct unit *unit)
{
	struct toy *toy = decoder->codec;

	if (unit->damaged || unit->size_bytes == 0)
		return -EBADMSG;
	switch (unit->data[0]) {
	case 'C':
	case 'S':
		if (unit->size_bytes != 5)
			return -EBADMSG;
		memcpy(toy->sequence, unit->data + 1, 4);
		toy->has_sequence = true;
		toy->keep = unit->data[0] == 'C';
		return 0;
	case 'K':
	case 'R':
	case 'P':
	case 'B':
	case 'H':
		return unit->size_bytes < 2 ? -EBADMSG : parse_picture(decoder, unit);
	case 'L':
		return unit->size_bytes < 3 ? -EBADMSG : parse_picture(decoder, unit);
	case '@':
		return unit->size_bytes < 2 ? -EBADMSG : show_again(decoder, unit);
	case '?':
		decoder_warn(decoder, "a toy cannot do that");
		return -ENOTSUP;
	}
	picture_damage(decoder);
	return -EBADMSG;
}

#define TOY_OPS(unit_syntax)                                                                       \
	{                                                                                          \
		.name = "toy", .profiles = profiles, .syntax = (unit_syntax),                      \
		.split_packet = toy_split, .open = toy_open, .close = toy_close,                   \
		.parse_unit = toy_parse_unit, .new_sequence = toy_new_sequence,                    \
		.begin_picture = toy_begin_picture, .finish_picture = toy_finish_picture,          \
		.flush = toy_new_sequence,                                                         \
	}

const struct codec_ops toy_codec_ops = TOY_OPS(UNIT_PACKETS);
const struct codec_ops toy_codec_stream_ops = TOY_OPS(UNIT_START_CODES);
