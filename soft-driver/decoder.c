/* SPDX-License-Identifier: MIT */
/*
 * libavcodec beneath; see decoder.h. The picture is taken where the decoder asks for memory: for H.264 the
 * last frame asked for while a packet is decoded is the packet's own (gaps in frame_num ask before it), and
 * a second field asks for none. What the decoder puts out, in its order, is dropped.
 */
#include "decoder.h"

#include <errno.h>
#include <libavcodec/avcodec.h>
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
	coverage_mark(frame);
	av_frame_unref(decoder->target);
	decoder->allocated++;
	return av_frame_ref(decoder->target, frame);
}

int decoder_init(struct decoder *decoder)
{
	const AVCodec *codec = avcodec_find_decoder_by_name("h264");
	AVCodecContext *context;

	memset(decoder, 0, sizeof(*decoder));
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

static void copy_luma(const AVFrame *from, struct surface *to, uint32_t y, uint32_t width)
{
	memcpy(to->map + to->planes[0].offset_bytes + (size_t)to->planes[0].pitch_bytes * y,
	       from->data[0] + (ptrdiff_t)from->linesize[0] * y, width);
}

static void copy_chroma(const AVFrame *from, struct surface *to, uint32_t y, uint32_t width)
{
	uint8_t *uv = to->map + to->planes[1].offset_bytes + (size_t)to->planes[1].pitch_bytes * y;
	const uint8_t *u, *v;

	if (from->format == AV_PIX_FMT_GRAY8) {
		memset(uv, 128, (size_t)width * 2);
		return;
	}
	u = from->data[1] + (ptrdiff_t)from->linesize[1] * y;
	v = from->data[2] + (ptrdiff_t)from->linesize[2] * y;
	for (uint32_t x = 0; x < width; x++) {
		uv[2 * x] = u[x];
		uv[2 * x + 1] = v[x];
	}
}

static bool is_420(const AVFrame *frame)
{
	return frame->format == AV_PIX_FMT_YUV420P || frame->format == AV_PIX_FMT_YUVJ420P ||
	       frame->format == AV_PIX_FMT_GRAY8;
}

int decoder_copy(struct decoder *decoder, struct surface *surface, unsigned int fields)
{
	const AVFrame *frame = decoder->target;
	uint32_t width, height;

	if (!frame->buf[0] || !is_420(frame))
		return -ENOENT;
	width = (uint32_t)frame->width;
	height = (uint32_t)frame->height;
	if (width > surface->store_width)
		width = surface->store_width;
	if (height > surface->store_height)
		height = surface->store_height;
	for (uint32_t y = 0; y < height; y++)
		if (fields >> y % 2 & 1)
			copy_luma(frame, surface, y, width);
	for (uint32_t y = 0; y < (height + 1) / 2; y++)
		if (fields >> y % 2 & 1)
			copy_chroma(frame, surface, y, (width + 1) / 2);
	return coverage_is_whole(frame, fields) ? 0 : -EBADMSG;
}
