/* SPDX-License-Identifier: MIT */
/*
 * av1-decoder.c - the AV1 codec's ops: OBUs in, frames and sequence headers out of them
 *
 * Source: AV1 specification, 5.3 (OBUs and the operating point), 7.5 (their order).
 */
#include "av1.h"
#include "probe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const VAProfile profiles[] = {
	VAProfileAV1Profile0,
	VAProfileAV1Profile1,
	VAProfileNone,
};

static int av1_open(struct vacodec_decoder *decoder)
{
	decoder->codec = calloc(1, sizeof(struct av1));
	return decoder->codec ? 0 : -ENOMEM;
}

static void av1_close(struct vacodec_decoder *decoder)
{
	if (!decoder->codec)
		return;
	av1_drop_frames(decoder->codec);
	free(av1_of(decoder)->tile_parameters);
	free(decoder->codec);
	decoder->codec = NULL;
}

static void av1_flush(struct vacodec_decoder *decoder)
{
	struct av1 *av1 = av1_of(decoder);

	av1_drop_frames(av1);
	av1->sought = av1->n_shown > 0;
}

static void av1_new_sequence(struct vacodec_decoder *decoder)
{
	av1_clear_slots(av1_of(decoder));
}

/* ---- Sequence ---- */

/* Where there is a sequence that is decoded, one that is not may be damage: it counts the second time. */
static bool is_doubtful(struct vacodec_decoder *decoder, const struct av1_sequence *sequence)
{
	struct av1 *av1 = av1_of(decoder);
	struct vacodec_format format;

	if (decoder->start.state == START_WAITING ||
	    memcmp(sequence, &av1->doubtful, sizeof(*sequence)) == 0 ||
	    av1_get_format(decoder, sequence, &format) != -ENOTSUP)
		return false;
	memcpy(&av1->doubtful, sequence, sizeof(*sequence));
	return true;
}

static int parse_sequence(struct vacodec_decoder *decoder, const struct av1_obu *obu)
{
	struct av1 *av1 = av1_of(decoder);
	struct av1_sequence sequence;
	int ret = av1_sequence_parse(obu->payload, obu->size_bytes, &sequence);

	if (ret < 0) {
		decoder_warn(decoder, "a damaged AV1 sequence header");
		return ret;
	}
	if (memcmp(&sequence, &av1->sequence, sizeof(sequence)) == 0)
		return 0;
	if (is_doubtful(decoder, &sequence))
		return -EBADMSG;
	memcpy(&av1->sequence, &sequence, sizeof(sequence));
	av1->format.codec = VACODEC_CODEC_NONE;
	return 0;
}

/* ---- Frames ---- */

static uint64_t get_timestamp(const struct av1 *av1, const struct unit *unit)
{
	return av1->has_timestamp ? av1->timestamp : unit->timestamp;
}

/* A header that is of no use: nobody knows what slots its frame went to. */
static int lose_header(struct vacodec_decoder *decoder)
{
	av1_lose_frame(decoder);
	if (decoder->start.state != START_WAITING)
		decoder_warn(decoder, "a damaged AV1 frame header");
	return -EBADMSG;
}

/* frame_header_copy() says again what the current frame's header does. */
static bool is_copy(const struct av1 *av1, const struct av1_obu *obu, const struct av1_frame *frame)
{
	return av1->in_frame && (obu->obu_type == AV1_OBU_REDUNDANT_FRAME_HEADER ||
				 memcmp(frame, &av1->frame, sizeof(*frame)) == 0);
}

static int begin_or_show(struct vacodec_decoder *decoder, const struct unit *unit,
			 const struct av1_obu *obu, const struct av1_frame *frame)
{
	struct av1 *av1 = av1_of(decoder);
	int ret = av1_finish_frame(decoder);

	if (ret < 0)
		return ret;
	if (frame->show_existing_frame)
		ret = obu->obu_type == AV1_OBU_FRAME
			      ? -EBADMSG
			      : av1_show_existing(decoder, frame, obu, get_timestamp(av1, unit));
	else
		ret = av1_begin_frame(decoder, frame, obu, get_timestamp(av1, unit));
	return ret == -EBADMSG ? lose_header(decoder) : ret;
}

static int parse_frame(struct vacodec_decoder *decoder, const struct unit *unit,
		       const struct av1_obu *obu)
{
	struct av1 *av1 = av1_of(decoder);
	struct av1_frame frame;
	size_t bits, header_bytes;
	int ret;

	if (!av1->sequence.valid)
		return 0; /* the stream is entered before its sequence header */
	ret = av1_frame_parse(obu, &av1->sequence, &av1->refs, &frame, &bits);
	if (ret == -ENOENT && decoder->start.state == START_WAITING)
		return 0;
	if (ret < 0)
		return lose_header(decoder);
	if (obu->obu_type != AV1_OBU_FRAME && is_copy(av1, obu, &frame))
		return 0;
	if (obu->obu_type == AV1_OBU_REDUNDANT_FRAME_HEADER)
		return -EBADMSG; /* of what? */
	ret = begin_or_show(decoder, unit, obu, &frame);
	if (ret < 0 || obu->obu_type != AV1_OBU_FRAME || !av1->in_frame)
		return ret;
	header_bytes = (bits + 7) / 8;
	return av1_add_tile_group(decoder, obu->payload + header_bytes,
				  obu->size_bytes - header_bytes);
}

static int parse_tile_group(struct vacodec_decoder *decoder, const struct av1_obu *obu)
{
	if (av1_of(decoder)->in_frame)
		return av1_add_tile_group(decoder, obu->payload, obu->size_bytes);
	return decoder->start.state == START_WAITING ? 0 : -EBADMSG;
}

/* ---- Units ---- */

static int parse_delimiter(struct vacodec_decoder *decoder)
{
	int ret = av1_finish_frame(decoder);

	if (ret == 0)
		ret = av1_end_temporal_unit(decoder);
	if (ret == 0)
		av1_of(decoder)->has_timestamp = false;
	return ret;
}

static void note_time(struct av1 *av1, const struct unit *unit)
{
	if (av1->has_timestamp)
		return;
	av1->has_timestamp = true;
	av1->timestamp = unit->timestamp;
}

/* 5.3.1: layers that the operating point has not are dropped. */
static bool is_dropped(const struct av1 *av1, const struct av1_obu *obu)
{
	unsigned int idc = av1->sequence.operating_points[0].idc;

	return obu->extension_flag && idc != 0 && obu->obu_type != AV1_OBU_SEQUENCE_HEADER &&
	       obu->obu_type != AV1_OBU_TEMPORAL_DELIMITER &&
	       !(idc >> obu->temporal_id & 1 && idc >> (obu->spatial_id + 8) & 1);
}

/* Annex C, which VA-API has, but no stream that is not made for it. */
static int refuse_tile_list(struct vacodec_decoder *decoder)
{
	decoder_warn(decoder, "AV1 large scale tiles: not supported");
	return av1_of(decoder)->n_shown > 0 ? -EBADMSG : -ENOTSUP;
}

static int parse_obu(struct vacodec_decoder *decoder, const struct unit *unit,
		     const struct av1_obu *obu)
{
	int ret;

	switch (obu->obu_type) {
	case AV1_OBU_SEQUENCE_HEADER:
		ret = av1_finish_frame(decoder);
		return ret < 0 ? ret : parse_sequence(decoder, obu);
	case AV1_OBU_TEMPORAL_DELIMITER:
		ret = parse_delimiter(decoder);
		if (ret == 0)
			note_time(av1_of(decoder), unit);
		return ret;
	case AV1_OBU_FRAME_HEADER:
	case AV1_OBU_REDUNDANT_FRAME_HEADER:
	case AV1_OBU_FRAME:
		return parse_frame(decoder, unit, obu);
	case AV1_OBU_TILE_GROUP:
		return parse_tile_group(decoder, obu);
	case AV1_OBU_TILE_LIST:
		return refuse_tile_list(decoder);
	default: /* metadata, padding, what may come one day */
		return 0;
	}
}

static int av1_parse_unit(struct vacodec_decoder *decoder, const struct unit *unit)
{
	struct av1 *av1 = av1_of(decoder);
	struct av1_obu obu;

	if (unit->damaged || av1_obu_parse(unit->data, unit->size_bytes, &obu) < 0) {
		decoder_warn(decoder, "a damaged AV1 OBU");
		av1_lose_frame(decoder);
		return -EBADMSG;
	}
	if (is_dropped(av1, &obu))
		return 0;
	if (obu.obu_type != AV1_OBU_TEMPORAL_DELIMITER)
		note_time(av1, unit);
	return parse_obu(decoder, unit, &obu);
}

static int av1_finish(struct vacodec_decoder *decoder)
{
	int ret = av1_finish_frame(decoder);

	return ret < 0 ? ret : av1_end_temporal_unit(decoder);
}

const struct codec_ops av1_codec_ops = {
	.codec = VACODEC_CODEC_AV1,
	.name = "av1",
	.profiles = profiles,
	.syntax = UNIT_OBUS,
	.read_record = av1_read_record,
	.open = av1_open,
	.close = av1_close,
	.parse_unit = av1_parse_unit,
	.new_sequence = av1_new_sequence,
	.begin_picture = av1_enter_picture,
	.finish_picture = av1_finish,
	.flush = av1_flush,
	.probe = &av1_probe_ops,
	.target_ids = {1 + offsetof(VADecPictureParameterBufferAV1, current_frame),
		       1 + offsetof(VADecPictureParameterBufferAV1, current_display_picture)},
};
