/* SPDX-License-Identifier: MIT */
/*
 * vp9-decoder.c - the VP9 codec's ops: frames in, pictures out of them
 *
 * A packet is a frame, or a superframe, of which the last frame is output: what is before it is hidden,
 * or a lower spatial layer. The client hears of the size of that one; frames of another size, which
 * are never output, are decoded beside.
 */
#include "vp9.h"
#include "probe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const VAProfile profiles[] = {
	VAProfileVP9Profile0, VAProfileVP9Profile1, VAProfileVP9Profile2,
	VAProfileVP9Profile3, VAProfileNone,
};

static int vp9_open(struct vacodec_decoder *decoder)
{
	decoder->codec = calloc(1, sizeof(struct vp9));
	return decoder->codec ? 0 : -ENOMEM;
}

static void vp9_close(struct vacodec_decoder *decoder)
{
	if (decoder->codec)
		vp9_refs_clear(decoder->codec);
	free(decoder->codec);
	decoder->codec = NULL;
}

static void vp9_drop_references(struct vacodec_decoder *decoder)
{
	vp9_refs_clear(vp9_of(decoder));
}

/* ---- Formats ---- */

/* The frame that a packet outputs: its samples and its size. */
struct shown {
	struct vp9_samples samples;
	struct vp9_size size;
};

/* Goes on from the frame at hand to its packet's last one, as far as headers can be read. */
static void find_shown(const struct vp9 *vp9, const struct unit *unit, struct shown *shown)
{
	struct vp9_header header = vp9->header;
	struct vp9_state state;
	unsigned int i;

	memcpy(&state, &vp9->state, sizeof(state));
	for (i = unit->part;; i++) {
		const struct vp9_slot_info *slot = &state.slots[header.frame_to_show_map_idx];

		if (!header.show_existing_frame)
			*shown = (struct shown){header.samples, header.size};
		else if (slot->valid)
			*shown = (struct shown){slot->samples, slot->size};
		vp9_state_update(&state, &header);
		if (i + 1 >= unit->n_parts ||
		    vp9_header_parse(unit->packet + unit->parts[i + 1].offset,
				     unit->parts[i + 1].size_bytes, &state, &header) < 0)
			return;
	}
}

/* Where there is a sequence that is decoded, one that is not counts when it comes twice. */
static int doubt(struct vacodec_decoder *decoder, const struct shown *shown)
{
	struct vp9 *vp9 = vp9_of(decoder);
	bool again = memcmp(&vp9->refused_samples, &shown->samples, sizeof(shown->samples)) == 0 &&
		     memcmp(&vp9->refused_size, &shown->size, sizeof(shown->size)) == 0;

	if (!decoder->pool || again)
		return -ENOTSUP;
	vp9->refused_samples = shown->samples;
	vp9->refused_size = shown->size;
	return -EBADMSG;
}

static int get_format(struct vacodec_decoder *decoder, const struct shown *shown,
		      struct vacodec_format *format)
{
	int ret = vp9_get_format(decoder, vp9_of(decoder), &shown->samples, &shown->size, format);

	return ret == -ENOTSUP ? doubt(decoder, shown) : ret;
}

/* A key frame needs nothing of what was before it. */
static int begin_format(struct vacodec_decoder *decoder, const struct unit *unit)
{
	const struct vp9 *vp9 = decoder->codec;
	struct vacodec_format format;
	struct shown shown;
	int ret;

	find_shown(vp9, unit, &shown);
	ret = get_format(decoder, &shown, &format);
	if (ret < 0)
		return ret;
	return vp9->header.key_frame && unit->part == 0 ? decoder_begin_sequence(decoder, &format)
							: decoder_change_format(decoder, &format);
}

/* ---- Frames ---- */

static void vp9_begin_picture(struct vacodec_decoder *decoder)
{
	const struct vp9 *vp9 = decoder->codec;
	struct vacodec_frame *frame = decoder->current.frame;

	/* An intra-only frame begins a stream, too, though not all slots are filled then. */
	if (vp9->header.key_frame || decoder->start.state == START_WAITING)
		start_at_key(&decoder->start, frame->number);
	if (vp9->header.key_frame)
		frame_add_flags(frame, VACODEC_FRAME_KEY);
	picture_place(decoder, (int64_t)frame->number);
}

static bool is_output(const struct vp9_header *header, const struct unit *unit)
{
	return header->show_frame && unit->part + 1 == unit->n_parts;
}

static int begin_picture(struct vacodec_decoder *decoder, const struct unit *unit)
{
	const struct vp9 *vp9 = decoder->codec;
	const struct shown own = {vp9->header.samples, vp9->header.size};
	struct vacodec_format format;
	int ret = get_format(decoder, &own, &format);

	if (ret < 0)
		return ret;
	if (format.coded_width == decoder->format.coded_width &&
	    format.coded_height == decoder->format.coded_height &&
	    format.profile == decoder->format.profile && format.fourcc == decoder->format.fourcc)
		return picture_begin(decoder, unit->timestamp);
	return picture_begin_layer(decoder, unit->timestamp, &format);
}

static int decode_frame(struct vacodec_decoder *decoder, const struct unit *unit)
{
	struct vp9 *vp9 = vp9_of(decoder);
	unsigned int missing;
	int ret = begin_format(decoder, unit);

	if (ret == 0)
		ret = vp9_refs_repair(vp9, &missing);
	if (ret == 0)
		ret = begin_picture(decoder, unit);
	if (ret < 0)
		return ret;
	if (!is_output(&vp9->header, unit))
		picture_hide(decoder);
	vp9_refs_depend(decoder, missing);
	ret = picture_add_slice(decoder, vp9_va_add_frame(decoder, unit));
	if (ret == 0)
		ret = picture_submit(decoder, true);
	vp9_refs_update(decoder);
	output_store(decoder, 0, decoder->current.order);
	picture_drop(decoder);
	return ret;
}

static int show_existing(struct vacodec_decoder *decoder, const struct unit *unit)
{
	struct vp9 *vp9 = vp9_of(decoder);
	const struct vp9_slot *slot = &vp9->slots[vp9->header.frame_to_show_map_idx];
	uint32_t flags = slot->doubtful ? VACODEC_FRAME_CORRUPT : 0;
	int ret;

	if (!slot->frame)
		return -EBADMSG;
	ret = begin_format(decoder, unit);
	if (ret < 0 || !is_output(&vp9->header, unit))
		return ret;
	return picture_show_again(decoder, slot->frame, unit->timestamp, flags);
}

/* What it would have refreshed nobody knows. */
static int lose_frame(struct vacodec_decoder *decoder)
{
	decoder_warn(decoder, "a damaged VP9 frame");
	vp9_refs_doubt(vp9_of(decoder));
	return -EBADMSG;
}

static int vp9_parse_unit(struct vacodec_decoder *decoder, const struct unit *unit)
{
	struct vp9 *vp9 = vp9_of(decoder);
	int ret = unit->damaged ? -EBADMSG
				: vp9_header_parse(unit->data, unit->size_bytes, &vp9->state,
						   &vp9->header);
	bool waiting = decoder->start.state == START_WAITING;

	/* The stream is entered where nothing is referred to. */
	if (waiting &&
	    (ret < 0 || vp9->header.show_existing_frame || !vp9_header_is_intra(&vp9->header)))
		return ret == -ENOENT ? 0 : ret;
	if (ret == 0)
		ret = vp9->header.show_existing_frame ? show_existing(decoder, unit)
						      : decode_frame(decoder, unit);
	return ret == -EBADMSG || ret == -ENOENT ? lose_frame(decoder) : ret;
}

/* A frame is complete with its unit. */
static int vp9_finish(struct vacodec_decoder *decoder)
{
	(void)decoder;
	return 0;
}

const struct codec_ops vp9_codec_ops = {
	.codec = VACODEC_CODEC_VP9,
	.name = "vp9",
	.profiles = profiles,
	.syntax = UNIT_PACKETS,
	.split_packet = vp9_split_packet,
	.open = vp9_open,
	.close = vp9_close,
	.parse_unit = vp9_parse_unit,
	.new_sequence = vp9_drop_references,
	.begin_picture = vp9_begin_picture,
	.finish_picture = vp9_finish,
	.flush = vp9_drop_references,
	.probe = &vp9_probe_ops,
};
