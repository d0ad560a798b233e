/* SPDX-License-Identifier: MIT */
/*
 * vp8-decoder.c - the VP8 codec's ops: a frame in, a picture out
 *
 * Each packet is one frame, and a frame is decoded in one step: all that can make it wait comes
 * before anything that changes the decoder.
 *
 * Source: RFC 6386, 9.7 (which frames are kept) and 5 (frames that are not shown).
 */
#include "probe.h"
#include "surface-format.h"
#include "vp8.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const VAProfile profiles[] = {VAProfileVP8Version0_3, VAProfileNone};

static int vp8_open(struct vacodec_decoder *decoder)
{
	decoder->codec = calloc(1, sizeof(struct vp8));
	return decoder->codec ? 0 : -ENOMEM;
}

/* ---- References ---- */

static void set_reference(struct vp8 *vp8, enum vp8_reference which, struct vacodec_frame *frame)
{
	vacodec_frame_ref(frame);
	vacodec_frame_unref(vp8->references[which]);
	vp8->references[which] = frame;
}

static void drop_frames(struct vp8 *vp8)
{
	unsigned int i;

	for (i = 0; i < VP8_N_REFERENCES; i++)
		vp8->references[i] = vacodec_frame_unref(vp8->references[i]);
	vp8->shown = vacodec_frame_unref(vp8->shown);
	vp8->lost = false;
}

/* Where both copies are asked for, libvpx does the alternate frame's first. */
static void copy_references(struct vp8 *vp8)
{
	const struct vp8_frame *frame = &vp8->frame;

	if (frame->copy_buffer_to_alternate == VP8_COPY_LAST)
		set_reference(vp8, VP8_ALTERNATE, vp8->references[VP8_LAST]);
	else if (frame->copy_buffer_to_alternate == VP8_COPY_OTHER)
		set_reference(vp8, VP8_ALTERNATE, vp8->references[VP8_GOLDEN]);
	if (frame->copy_buffer_to_golden == VP8_COPY_LAST)
		set_reference(vp8, VP8_GOLDEN, vp8->references[VP8_LAST]);
	else if (frame->copy_buffer_to_golden == VP8_COPY_OTHER)
		set_reference(vp8, VP8_GOLDEN, vp8->references[VP8_ALTERNATE]);
}

/* 9.7: copies are of what there was before this frame. */
static void keep(struct vacodec_decoder *decoder)
{
	struct vp8 *vp8 = vp8_of(decoder);
	struct vacodec_frame *current = decoder->current.frame;

	copy_references(vp8);
	if (vp8->frame.refresh_golden_frame)
		set_reference(vp8, VP8_GOLDEN, current);
	if (vp8->frame.refresh_alternate_frame)
		set_reference(vp8, VP8_ALTERNATE, current);
	if (vp8->frame.refresh_last)
		set_reference(vp8, VP8_LAST, current);
}

static void vp8_close(struct vacodec_decoder *decoder)
{
	if (decoder->codec)
		drop_frames(decoder->codec);
	free(decoder->codec);
	decoder->codec = NULL;
}

static void vp8_new_sequence(struct vacodec_decoder *decoder)
{
	drop_frames(vp8_of(decoder));
}

/* ---- Format ---- */

void vp8_describe_format(const struct vp8_tag *tag, struct vacodec_format *format)
{
	memset(format, 0, sizeof(*format)); /* padding, too: formats are compared whole */
	format->codec = VACODEC_CODEC_VP8;
	format->profile = VAProfileVP8Version0_3;
	format->chroma = 420;
	format->bit_depth = 8;
	format->coded_width = (tag->width + 15U) & ~15U;
	format->coded_height = (tag->height + 15U) & ~15U;
	format->crop.width = tag->width;
	format->crop.height = tag->height;
	/* The references, what is shown again, and the frame at hand. */
	format->min_frames = VP8_N_REFERENCES + 2;
}

static int begin_sequence(struct vacodec_decoder *decoder, const struct vp8_tag *tag)
{
	struct vacodec_format format;
	int ret;

	vp8_describe_format(tag, &format);
	ret = surface_format_choose(decoder->display, &format);
	if (ret < 0) {
		decoder_warn(decoder, "VP8: the display has no surfaces for it");
		return ret == -EBADMSG ? -EIO : ret; /* the driver's, not the stream's */
	}
	return decoder_begin_sequence(decoder, &format);
}

/* ---- Frames ---- */

static void vp8_begin_picture(struct vacodec_decoder *decoder)
{
	struct vp8 *vp8 = vp8_of(decoder);
	struct vacodec_frame *frame = decoder->current.frame;
	unsigned int i;

	if (vp8->frame.tag.key_frame) {
		start_at_key(&decoder->start, frame->number);
		frame_add_flags(frame, VACODEC_FRAME_KEY);
		vp8->lost = false;
	}
	picture_place(decoder, (int64_t)frame->number);
	if (!vp8->frame.tag.show_frame)
		picture_hide(decoder);
	if (vp8->frame.tag.key_frame)
		return;
	for (i = 0; i < VP8_N_REFERENCES; i++)
		picture_refer(decoder, vp8->references[i]);
	if (vp8->lost)
		picture_refer_missing(decoder, UINT64_MAX);
}

/* In the one step that a frame takes; there is nothing to complete later. */
static int decode_frame(struct vacodec_decoder *decoder, const struct unit *unit)
{
	struct vp8 *vp8 = vp8_of(decoder);
	int ret = picture_add_slice(decoder, vp8_va_add_picture(decoder, unit));

	if (ret == 0)
		ret = picture_submit(decoder, true);
	keep(decoder);
	if (vp8->frame.tag.show_frame) {
		vacodec_frame_unref(vp8->shown);
		vp8->shown = vacodec_frame_ref(decoder->current.frame);
	}
	output_store(decoder, 0, decoder->current.order);
	picture_drop(decoder);
	return ret;
}

/*
 * What a frame without a header would have changed is not known: all that follows may differ, up
 * to the next key frame. It had its place among what is shown, unless its first byte says
 * otherwise.
 */
static int lose_frame(struct vacodec_decoder *decoder, const struct unit *unit)
{
	struct vp8 *vp8 = vp8_of(decoder);
	bool hidden = unit->size_bytes > 0 && !(unit->data[0] & 0x10);
	int ret = 0;

	if (vp8->shown && !hidden)
		ret = picture_show_again(decoder, vp8->shown, unit->timestamp,
					 VACODEC_FRAME_CORRUPT);
	if (ret < 0)
		return ret;
	vp8->lost = true;
	start_spoil(&decoder->start, decoder->n_begun);
	decoder_warn(decoder, "a damaged VP8 frame");
	return -EBADMSG;
}

/* No bytes: the encoder dropped a frame, and the one before it stays. */
static int repeat_frame(struct vacodec_decoder *decoder, const struct unit *unit)
{
	struct vp8 *vp8 = vp8_of(decoder);

	return vp8->shown ? picture_show_again(decoder, vp8->shown, unit->timestamp, 0) : 0;
}

static int vp8_parse_unit(struct vacodec_decoder *decoder, const struct unit *unit)
{
	struct vp8 *vp8 = vp8_of(decoder);
	int ret;

	if (unit->size_bytes == 0 && !unit->damaged)
		return repeat_frame(decoder, unit);
	if (unit->damaged ||
	    vp8_parse_frame(unit->data, unit->size_bytes, &vp8->state, &vp8->frame) < 0)
		return lose_frame(decoder, unit);
	if (vp8->frame.tag.key_frame)
		ret = begin_sequence(decoder, &vp8->frame.tag);
	else
		ret = vp8->references[VP8_LAST] ? 0 : -ENODATA;
	if (ret == -ENODATA)
		return 0; /* the stream is entered before a key frame */
	if (ret == 0)
		ret = picture_begin(decoder, unit->timestamp);
	if (ret < 0)
		return ret;
	vp8_leave_state(&vp8->frame, &vp8->state);
	return decode_frame(decoder, unit);
}

static int vp8_finish_picture(struct vacodec_decoder *decoder)
{
	(void)decoder;
	return 0;
}

const struct codec_ops vp8_codec_ops = {
	.codec = VACODEC_CODEC_VP8,
	.name = "vp8",
	.profiles = profiles,
	.syntax = UNIT_PACKETS,
	.open = vp8_open,
	.close = vp8_close,
	.parse_unit = vp8_parse_unit,
	.new_sequence = vp8_new_sequence,
	.begin_picture = vp8_begin_picture,
	.finish_picture = vp8_finish_picture,
	.flush = vp8_new_sequence,
	.probe = &vp8_probe_ops,
};
