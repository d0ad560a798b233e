/* SPDX-License-Identifier: MIT */
/*
 * libavcodec beneath; see decoder.h. The picture is taken where the decoder asks for memory: one of the
 * frames asked for while a packet is decoded is the packet's own, the last for H.264 (gaps in frame_num ask
 * before it); a second field asks for none. What the decoder puts out, in its order, is dropped.
 */
#include "decoder.h"

#include <errno.h>
#include <libavcodec/avcodec.h>
#include <libavutil/pixdesc.h>
#include <string.h>

#include "coverage.h"
#include "softva.h"

_Static_assert(DECODER_PADDING >= AV_INPUT_BUFFER_PADDING_SIZE, "libavcodec reads further");

/* Beyond any level (of which libavutil keeps eight bits), so that nothing of the decoder's appears in the client's log. */
#define LOG_OFFSET 128

static int get_buffer(struct AVCodecContext *codec, AVFrame *frame, int flags)
{
	struct decoder *decoder = codec->opaque;
	int ret = avcodec_default_get_buffer2(codec, frame, flags);

	if (ret < 0)
		return ret;
	/* Macroblocks that no slice brings keep the poison. */
	for (int i = 0; i < AV_NUM_DATA_POINTERS && frame->buf[i]; i++)
		memset(frame->buf[i]->data, SOFTVA_POISON, frame->buf[i]->size);
	if (decoder->kind->coverage)
		coverage_mark(frame);
	if (decoder->allocated++ && decoder->kind->target == DECODER_FIRST)
		return 0;
	av_frame_unref(decoder->target);
	return av_frame_ref(decoder->target, frame);
}

int decoder_init(struct decoder *decoder, const struct decoder_kind *kind)
{
	const AVCodec *codec = avcodec_find_decoder_by_name(kind->name);
	AVCodecContext *context;

	memset(decoder, 0, sizeof(*decoder));
	decoder->kind = kind;
	if (!codec)
		return -ENOSYS;
	context = decoder->codec = avcodec_alloc_context3(codec);
	decoder->packet = av_packet_alloc();
	decoder->output = av_frame_alloc();
	decoder->target = av_frame_alloc();
	if (!context || !decoder->packet || !decoder->output || !decoder->target)
		return -ENOMEM;
	context->opaque = decoder;
	context->get_buffer2 = get_buffer;
	context->thread_count = 1;
	context->thread_type = FF_THREAD_SLICE;
	context->flags = AV_CODEC_FLAG_LOW_DELAY | AV_CODEC_FLAG_OUTPUT_CORRUPT;
	context->flags2 = AV_CODEC_FLAG2_SHOW_ALL;
	context->err_recognition = AV_EF_EXPLODE;
	context->error_concealment = 0;
	context->apply_cropping = 0;
	context->log_level_offset = LOG_OFFSET;
	return avcodec_open2(context, codec, NULL) < 0 ? -EIO : 0;
}

void decoder_finish(struct decoder *decoder)
{
	avcodec_free_context(&decoder->codec);
	av_packet_free(&decoder->packet);
	av_frame_free(&decoder->output);
	av_frame_free(&decoder->target);
}

void decoder_reset(struct decoder *decoder)
{
	avcodec_flush_buffers(decoder->codec);
	av_frame_unref(decoder->target);
}

static int drop_output(struct decoder *decoder)
{
	int ret;

	do {
		ret = avcodec_receive_frame(decoder->codec, decoder->output);
		av_frame_unref(decoder->output);
	} while (!ret);
	return ret == AVERROR(EAGAIN) || ret == AVERROR_EOF ? 0 : -EIO;
}

int decoder_decode(struct decoder *decoder, const uint8_t *data, size_t size, bool second_field)
{
	int ret, drained;

	if (size > INT32_MAX)
		return -EINVAL;
	decoder->allocated = 0;
	decoder->packet->data = (uint8_t *)(uintptr_t)data;
	decoder->packet->size = (int)size;
	ret = avcodec_send_packet(decoder->codec, decoder->packet);
	av_packet_unref(decoder->packet);
	drained = drop_output(decoder);
	if (!decoder->allocated && !second_field)
		av_frame_unref(decoder->target);
	return ret < 0 ? -EIO : drained;
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* What the loops below know: samples of one component each in a plane of its own, be they RGB. */
static bool is_planar(const AVPixFmtDescriptor *desc)
{
	uint64_t others = AV_PIX_FMT_FLAG_BITSTREAM | AV_PIX_FMT_FLAG_BE | AV_PIX_FMT_FLAG_HWACCEL;

	return desc && !(desc->flags & others) &&
	       (desc->nb_components == 1 ||
		(desc->nb_components == 3 && desc->flags & AV_PIX_FMT_FLAG_PLANAR));
}

/* Monochrome fits in all; what it lacks is filled. */
static bool fits(const AVPixFmtDescriptor *desc, const struct format *format, bool mono)
{
	unsigned int depth = (unsigned int)desc->comp[0].depth;

	if (depth > format->bits || (depth > 8) != (format->bits > 8))
		return false;
	return mono ||
	       (desc->nb_components == format->num_components &&
		desc->log2_chroma_w == format->h_shift && desc->log2_chroma_h == format->v_shift);
}

static void copy_component(const AVFrame *from, struct surface *to, unsigned int c,
			   unsigned int fields)
{
	const struct format *format = to->format;
	unsigned int depth =
		(unsigned int)av_pix_fmt_desc_get((enum AVPixelFormat)from->format)->comp[0].depth;
	uint32_t width = format_samples(format, c, least((uint32_t)from->width, to->store_width));
	uint32_t height = least((uint32_t)from->height, to->store_height);

	if (c)
		height = format_rows(format, 1, height);
	for (uint32_t y = 0; y < height; y++)
		if (fields >> y % 2 & 1)
			format_put_row(format, c, surface_row(to, format->component[c].plane, y),
				       from->data[c] + (ptrdiff_t)from->linesize[c] * y, width,
				       depth);
}

static void fill_component(const AVFrame *from, struct surface *to, unsigned int c,
			   unsigned int fields)
{
	const struct format *format = to->format;
	uint32_t width = format_samples(format, c, least((uint32_t)from->width, to->store_width));
	uint32_t height = format_rows(format, 1, least((uint32_t)from->height, to->store_height));

	for (uint32_t y = 0; y < height; y++)
		if (fields >> y % 2 & 1)
			format_fill_row(format, c, surface_row(to, format->component[c].plane, y),
					1u << (format->bits - 1), width);
}

int decoder_copy(struct decoder *decoder, struct surface *surface, unsigned int fields, bool mono)
{
	const AVFrame *frame = decoder->target;
	const AVPixFmtDescriptor *desc;

	if (!frame->buf[0])
		return -ENOENT;
	desc = av_pix_fmt_desc_get((enum AVPixelFormat)frame->format);
	if (!is_planar(desc) || !fits(desc, surface->format, mono))
		return -EINVAL;
	for (unsigned int c = 0; c < surface->format->num_components; c++) {
		if (c && mono)
			fill_component(frame, surface, c, fields);
		else
			copy_component(frame, surface, c, fields);
	}
	return !decoder->kind->coverage || coverage_is_whole(frame, fields) ? 0 : -EBADMSG;
}
