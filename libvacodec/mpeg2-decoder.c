/* SPDX-License-Identifier: MIT */
/*
 * mpeg2-decoder.c - the MPEG-2 codec's ops: start codes in, headers and slices out of them
 *
 * Source: Rec. ITU-T H.262, 6.1.1 (order of pictures), 6.2 and 6.3.
 */
#include "mpeg2.h"
#include "probe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const VAProfile profiles[] = {VAProfileMPEG2Simple, VAProfileMPEG2Main, VAProfileNone};

static int mpeg2_open(struct vacodec_decoder *decoder)
{
	decoder->codec = calloc(1, sizeof(struct mpeg2));
	return decoder->codec ? 0 : -ENOMEM;
}

static void drop_pictures(struct mpeg2 *mpeg2)
{
	mpeg2->references[0] = vacodec_frame_unref(mpeg2->references[0]);
	mpeg2->references[1] = vacodec_frame_unref(mpeg2->references[1]);
	mpeg2->in_picture = false;
	mpeg2->frame_open = false;
	mpeg2->lost = false;
}

static void mpeg2_close(struct vacodec_decoder *decoder)
{
	struct mpeg2 *mpeg2 = mpeg2_of(decoder);

	if (!mpeg2)
		return;
	drop_pictures(mpeg2);
	free(mpeg2->data);
	free(mpeg2);
	decoder->codec = NULL;
}

static void mpeg2_new_sequence(struct vacodec_decoder *decoder)
{
	drop_pictures(mpeg2_of(decoder));
}

static void mpeg2_flush(struct vacodec_decoder *decoder)
{
	struct mpeg2 *mpeg2 = mpeg2_of(decoder);

	drop_pictures(mpeg2);
	mpeg2->waits = false;
	mpeg2->in_group = false;
	mpeg2->has_timestamp = false;
}

/* ---- Headers ---- */

/* A picture without its header: what it would have been referred to for is not there. */
static int lose_picture(struct vacodec_decoder *decoder)
{
	struct mpeg2 *mpeg2 = mpeg2_of(decoder);

	mpeg2->waits = false;
	mpeg2->has_timestamp = false;
	mpeg2->lost = true;
	mpeg2->lost_number = decoder->n_begun;
	start_spoil(&decoder->start, decoder->n_begun);
	decoder_warn(decoder, "a damaged MPEG-2 header");
	return -EBADMSG;
}

static int parse_sequence(struct vacodec_decoder *decoder, const struct unit *unit)
{
	struct mpeg2 *mpeg2 = mpeg2_of(decoder);
	int ret = mpeg2_parse_sequence(unit->data, unit->size_bytes, &mpeg2->sequence,
				       &mpeg2->matrices);

	if (ret < 0)
		decoder_warn(decoder, "a damaged MPEG-2 sequence header");
	return ret;
}

/* Without it the sequence would be one of MPEG-1; a damaged one says nothing new. */
static int parse_sequence_extension(struct mpeg2 *mpeg2, const struct unit *unit)
{
	int ret;

	if (mpeg2->sequence.extended || mpeg2->sequence.frame_rate_code == 0)
		return 0;
	ret = mpeg2_parse_sequence_extension(unit->data, unit->size_bytes, &mpeg2->sequence);
	if (ret < 0)
		mpeg2->sequence = mpeg2->active;
	return ret;
}

static int parse_extension(struct vacodec_decoder *decoder, const struct unit *unit)
{
	struct mpeg2 *mpeg2 = mpeg2_of(decoder);

	switch (mpeg2_get_extension(unit->data, unit->size_bytes)) {
	case MPEG2_EXT_SEQUENCE:
		return parse_sequence_extension(mpeg2, unit);
	case MPEG2_EXT_QUANT_MATRIX:
		return mpeg2_parse_quant_matrix_extension(unit->data, unit->size_bytes,
							  &mpeg2->matrices);
	case MPEG2_EXT_SCALABLE:
		mpeg2->sequence.scalable = true;
		return 0;
	case MPEG2_EXT_PICTURE_CODING:
		return mpeg2_parse_picture_coding_extension(unit->data, unit->size_bytes,
							    &mpeg2->picture);
	}
	return 0;
}

static int parse_group(struct vacodec_decoder *decoder, const struct unit *unit)
{
	struct mpeg2 *mpeg2 = mpeg2_of(decoder);
	int ret = mpeg2_parse_group(unit->data, unit->size_bytes, &mpeg2->group);

	mpeg2->in_group = ret == 0;
	return ret;
}

static int parse_picture(struct vacodec_decoder *decoder, const struct unit *unit)
{
	struct mpeg2 *mpeg2 = mpeg2_of(decoder);

	if (mpeg2_parse_picture(unit->data, unit->size_bytes, &mpeg2->picture) < 0)
		return lose_picture(decoder);
	mpeg2->waits = true;
	return 0;
}

/* An access unit begins with the first of these that follows slices. */
static void note_access_unit(struct mpeg2 *mpeg2, uint64_t timestamp)
{
	if (mpeg2->has_timestamp)
		return;
	mpeg2->has_timestamp = true;
	mpeg2->timestamp = timestamp;
}

static int parse_header(struct vacodec_decoder *decoder, const struct unit *unit)
{
	struct mpeg2 *mpeg2 = mpeg2_of(decoder);
	unsigned int type = unit->data[0];
	int ret = 0;

	if (type == MPEG2_EXTENSION)
		return parse_extension(decoder, unit);
	if (type == MPEG2_USER_DATA)
		return 0;
	ret = mpeg2_finish_picture(decoder);
	if (ret < 0)
		return ret;
	if (type == MPEG2_SEQUENCE || type == MPEG2_GROUP || type == MPEG2_PICTURE)
		note_access_unit(mpeg2, unit->timestamp);
	if (type == MPEG2_SEQUENCE)
		return parse_sequence(decoder, unit);
	if (type == MPEG2_GROUP)
		return parse_group(decoder, unit);
	return type == MPEG2_PICTURE ? parse_picture(decoder, unit) : 0;
}

/* ---- Slices ---- */

static int damage_slice(struct vacodec_decoder *decoder)
{
	picture_damage(decoder);
	decoder_warn(decoder, "a damaged MPEG-2 slice");
	return -EBADMSG;
}

/* Slices come in order, 6.1.2; the first one begins the picture. */
static int add_slice(struct vacodec_decoder *decoder, const struct unit *unit)
{
	struct mpeg2 *mpeg2 = mpeg2_of(decoder);
	uint32_t address;
	int ret = 0;

	if (unit->damaged || mpeg2_parse_slice(unit->data, unit->size_bytes, &mpeg2->active,
					       &mpeg2->current, &mpeg2->slice) < 0)
		return damage_slice(decoder);
	address =
		mpeg2->slice.mb_row * mpeg2_count_columns(&mpeg2->active) + mpeg2->slice.mb_column;
	if (address < mpeg2->next_macroblock)
		return damage_slice(decoder);
	if (mpeg2->next_macroblock == 0 && address != 0)
		picture_damage(decoder);
	mpeg2->next_macroblock = address + 1;
	if (decoder->current.n_slices == 0)
		ret = mpeg2_va_add_picture(decoder);
	if (ret == 0)
		ret = mpeg2_va_add_slice(decoder, unit);
	return picture_add_slice(decoder, ret);
}

static int parse_slice(struct vacodec_decoder *decoder, const struct unit *unit)
{
	struct mpeg2 *mpeg2 = mpeg2_of(decoder);
	int ret;

	if (mpeg2->waits) {
		ret = mpeg2_begin(decoder);
		if (ret == -EAGAIN)
			return ret;
		mpeg2->waits = false;
		mpeg2->has_timestamp = false;
		if (ret == -EBADMSG)
			return lose_picture(decoder);
		if (ret < 0)
			return ret;
	}
	return mpeg2->in_picture ? add_slice(decoder, unit) : 0;
}

static int mpeg2_parse_unit(struct vacodec_decoder *decoder, const struct unit *unit)
{
	unsigned int type;

	if (unit->size_bytes == 0)
		return damage_slice(decoder);
	type = unit->data[0];
	if (type >= MPEG2_FIRST_SLICE && type <= MPEG2_LAST_SLICE)
		return parse_slice(decoder, unit);
	return unit->damaged ? lose_picture(decoder) : parse_header(decoder, unit);
}

static int mpeg2_finish(struct vacodec_decoder *decoder)
{
	int ret = mpeg2_finish_picture(decoder);

	mpeg2_close_frame(decoder);
	return ret;
}

const struct codec_ops mpeg2_codec_ops = {
	.codec = VACODEC_CODEC_MPEG2,
	.name = "mpeg2",
	.profiles = profiles,
	.syntax = UNIT_WHOLE_START_CODES,
	.open = mpeg2_open,
	.close = mpeg2_close,
	.parse_unit = mpeg2_parse_unit,
	.new_sequence = mpeg2_new_sequence,
	.begin_picture = mpeg2_enter_picture,
	.finish_picture = mpeg2_finish,
	.flush = mpeg2_flush,
	.probe = &mpeg2_probe_ops,
};
