// SPDX-License-Identifier: MIT
/*
 * input-avformat.c - containers, by libavformat
 *
 * H.264 and HEVC in MP4 or Matroska are length-prefixed there. They come so, with the container's
 * record, or a bitstream filter makes them byte streams with their parameter sets in place.
 */
#include "tools/input-private.h"
#include <errno.h>
#include <libavcodec/bsf.h>
#include <libavformat/avformat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IO_BYTES     65536
#define SEEK_STEP_NS INT64_C(1000000000)
#define MAX_DELAY_NS INT64_C(16000000000) /* from decoding to showing */

#define RECORD_SETS_AT 5  /* of avcC */
#define HVCC_ARRAYS_AT 22 /* of hvcC, in front of their number */

struct container {
	AVFormatContext *format;
	AVIOContext *io;
	AVBSFContext *filter;
	AVPacket *packet;
	int stream;
	bool at_end;
	bool pending; /* packet was read and not given out */
	bool as_stored;
	enum vacodec_codec codec;
};

static const struct {
	enum AVCodecID id;
	enum vacodec_codec codec;
	const char *filter;
} codecs[] = {
	{AV_CODEC_ID_AV1, VACODEC_CODEC_AV1, "null"},
	{AV_CODEC_ID_H264, VACODEC_CODEC_H264, "h264_mp4toannexb"},
	{AV_CODEC_ID_HEVC, VACODEC_CODEC_HEVC, "hevc_mp4toannexb"},
	{AV_CODEC_ID_VP9, VACODEC_CODEC_VP9, "null"},
	{AV_CODEC_ID_VP8, VACODEC_CODEC_VP8, "null"},
	{AV_CODEC_ID_MPEG2VIDEO, VACODEC_CODEC_MPEG2, "null"},
	{AV_CODEC_ID_VP9, VACODEC_CODEC_VP9, "null"},
};

static const AVRational ns = {1, 1000000000};
static char reason[128];

static int read_io(void *opaque, uint8_t *data, int size)
{
	ssize_t n = source_read(opaque, data, (size_t)size);

	return n == 0 ? AVERROR_EOF : n < 0 ? AVERROR(-(int)n) : (int)n;
}

static int64_t seek_io(void *opaque, int64_t offset, int whence)
{
	struct source *source = opaque;
	int ret;

	if (whence == AVSEEK_SIZE)
		return source->size_bytes ? (int64_t)source->size_bytes : AVERROR(ENOSYS);
	if (whence == SEEK_CUR)
		offset += (int64_t)source->position;
	else if (whence == SEEK_END)
		offset += (int64_t)source->size_bytes;
	if (offset < 0)
		return AVERROR(EINVAL);
	ret = source_seek(source, (uint64_t)offset);
	return ret < 0 ? AVERROR(-ret) : offset;
}

static void close_container(struct input *input)
{
	struct container *container = input->state;

	av_packet_free(&container->packet);
	av_bsf_free(&container->filter);
	avformat_close_input(&container->format);
	if (container->io)
		av_freep(&container->io->buffer);
	avio_context_free(&container->io);
	free(container);
	input->state = NULL;
}

static int open_io(struct container *container, struct source *source)
{
	uint8_t *buffer = av_malloc(IO_BYTES);

	if (!buffer)
		return -ENOMEM;
	container->io = avio_alloc_context(buffer, IO_BYTES, 0, source, read_io, NULL,
					   source->seekable ? seek_io : NULL);
	container->format = container->io ? avformat_alloc_context() : NULL;
	container->packet = container->format ? av_packet_alloc() : NULL;
	if (!container->io)
		av_free(buffer);
	if (!container->packet)
		return -ENOMEM;
	container->format->pb = container->io;
	return 0;
}

static int open_format(struct container *container, const char **why)
{
	/* On failure libavformat frees the context and leaves NULL. */
	if (avformat_open_input(&container->format, NULL, NULL, NULL) < 0)
		return -ENOTSUP;
	if (avformat_find_stream_info(container->format, NULL) < 0)
		return -ENOTSUP;
	container->stream =
		av_find_best_stream(container->format, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
	if (container->stream >= 0)
		return 0;
	snprintf(reason, sizeof(reason), "it holds no video (%s)",
		 container->format->iformat->name);
	*why = reason;
	return -ENOTSUP;
}

static bool has_record(const uint8_t *data, size_t size)
{
	return data && size >= RECORD_SETS_AT && data[0] == 1;
}

static int open_filter(struct input *input, const char **why)
{
	struct container *container = input->state;
	const AVStream *stream = container->format->streams[container->stream];
	const AVBitStreamFilter *filter = NULL;
	size_t i = 0;

	while (i < sizeof(codecs) / sizeof(codecs[0]) && codecs[i].id != stream->codecpar->codec_id)
		i++;
	if (i == sizeof(codecs) / sizeof(codecs[0])) {
		snprintf(reason, sizeof(reason), "it holds %s, which is not supported",
			 avcodec_get_name(stream->codecpar->codec_id));
		*why = reason;
		return -ENOTSUP;
	}
	filter = av_bsf_get_by_name(container->as_stored ? "null" : codecs[i].filter);
	if (!filter || av_bsf_alloc(filter, &container->filter) < 0)
		return -ENOMEM;
	if (avcodec_parameters_copy(container->filter->par_in, stream->codecpar) < 0)
		return -ENOMEM;
	container->filter->time_base_in = stream->time_base;
	if (av_bsf_init(container->filter) < 0) {
		*why = "its parameter sets are damaged";
		return -ENOTSUP;
	}
	input->codec = codecs[i].codec;
	container->codec = codecs[i].codec;
	if (container->as_stored &&
	    has_record(stream->codecpar->extradata, (size_t)stream->codecpar->extradata_size)) {
		input->extradata = stream->codecpar->extradata;
		input->extradata_bytes = (size_t)stream->codecpar->extradata_size;
	}
	return 0;
}

/* One packet of our stream into the filter, or its end. */
static int feed_filter(struct container *container)
{
	int ret = av_read_frame(container->format, container->packet);

	if (ret < 0) {
		container->at_end = true;
		return av_bsf_send_packet(container->filter, NULL) < 0 ? -EIO : 0;
	}
	if (container->packet->stream_index != container->stream) {
		av_packet_unref(container->packet);
		return 0;
	}
	ret = av_bsf_send_packet(container->filter, container->packet);
	/* A packet that the filter cannot read costs its own frame only. */
	if (ret < 0)
		av_packet_unref(container->packet);
	return 0;
}

/* A record, or what of it is not read yet. */
struct record {
	const uint8_t *data;
	size_t left;
	size_t length_bytes; /* of the lengths in packets */
};

/* A big-endian number of one or two bytes; 0 at the end. */
static unsigned int read_number(struct record *r, size_t bytes)
{
	unsigned int number = 0;

	if (r->left < bytes)
		bytes = r->left = 0;
	for (; bytes > 0; bytes--, r->left--)
		number = number << 8 | *r->data++;
	return number;
}

/* Parameter sets as units behind lengths; returns their size. */
static size_t write_units(struct record *r, unsigned int count, uint8_t *out)
{
	size_t n = 0;

	for (; count > 0 && r->left >= 2; count--) {
		size_t size = read_number(r, 2);

		if (size > r->left)
			r->left = 0;
		if (r->left == 0)
			break;
		for (size_t i = r->length_bytes; i > 0; i--)
			out[n++] = i > 2 ? 0 : (uint8_t)(size >> 8 * (i - 1));
		memcpy(out + n, r->data, size);
		n += size;
		r->data += size;
		r->left -= size;
	}
	return n;
}

/* All of them, at most twice the record's size: two kinds in avcC, arrays in hvcC. */
static size_t write_sets(enum vacodec_codec codec, const uint8_t *record, size_t size, uint8_t *out)
{
	bool hevc = codec == VACODEC_CODEC_HEVC;
	size_t at = hevc ? HVCC_ARRAYS_AT : RECORD_SETS_AT;
	struct record r = {record + at, size - at, (record[at - 1] & 3) + 1U};
	unsigned int kinds = hevc ? read_number(&r, 1) : 2;
	size_t n = 0;

	for (unsigned int kind = 0; kind < kinds && r.left > 0; kind++) {
		if (hevc)
			read_number(&r, 1); /* the units' type */
		n += write_units(&r, read_number(&r, hevc ? 2 : 1) & (hevc || kind ? 0xffff : 31),
				 out + n);
	}
	return n;
}

/* Another record from here on: its parameter sets go into the packet, in front. */
static int take_new_record(struct container *container)
{
	AVPacket *packet = container->packet;
	int old = packet->size;
	size_t size, n;
	const uint8_t *record = av_packet_get_side_data(packet, AV_PKT_DATA_NEW_EXTRADATA, &size);
	uint8_t *sets;

	if (!has_record(record, size) ||
	    (container->codec == VACODEC_CODEC_HEVC && size < HVCC_ARRAYS_AT))
		return 0;
	sets = malloc(2 * size);
	if (!sets)
		return -ENOMEM;
	n = write_sets(container->codec, record, size, sets);
	if (av_grow_packet(packet, (int)n) < 0) {
		free(sets);
		return -ENOMEM;
	}
	memmove(packet->data + n, packet->data, (size_t)old);
	memcpy(packet->data, sets, n);
	free(sets);
	return 0;
}

/* Returns 1 and the container's packet, 0 at the end, -errno. */
static int receive_packet(struct container *container)
{
	int ret;

	av_packet_unref(container->packet);
	while ((ret = av_bsf_receive_packet(container->filter, container->packet)) ==
	       AVERROR(EAGAIN)) {
		if (container->at_end)
			return 0;
		ret = feed_filter(container);
		if (ret < 0)
			return ret;
	}
	if (ret == AVERROR_EOF)
		return 0;
	if (ret < 0)
		return ret == AVERROR(ENOMEM) ? -ENOMEM : -EIO;
	ret = container->as_stored ? take_new_record(container) : 0;
	return ret < 0 ? ret : 1;
}

static int64_t get_time_ns(const struct container *container)
{
	const AVPacket *packet = container->packet;
	int64_t pts = packet->pts != AV_NOPTS_VALUE ? packet->pts : packet->dts;

	return pts == AV_NOPTS_VALUE ? 0 : av_rescale_q(pts, container->filter->time_base_out, ns);
}

static int read_container(struct input *input, struct input_packet *out)
{
	struct container *container = input->state;
	const AVPacket *packet = container->packet;
	int ret = container->pending ? 1 : receive_packet(container);

	container->pending = false;
	if (ret <= 0)
		return ret;
	*out = (struct input_packet){
		.data = packet->data,
		.size_bytes = (size_t)packet->size,
		.timestamp_ns = (uint64_t)get_time_ns(container),
		.key = packet->flags & AV_PKT_FLAG_KEY,
	};
	return 1;
}

/* ---- Seeking ---- */

static int64_t get_start_ns(const struct container *container)
{
	const AVStream *stream = container->format->streams[container->stream];

	return stream->start_time == AV_NOPTS_VALUE
		       ? 0
		       : av_rescale_q(stream->start_time, stream->time_base, ns);
}

/*
 * The filter puts parameter sets before IDR pictures, but decoding may begin at another picture: they
 * go before the first one here, into its packet, so that they have its time.
 */
static int add_parameter_sets(struct container *container)
{
	const AVCodecParameters *par = container->filter->par_out;
	AVPacket *packet = container->packet;
	int old = packet->size;

	/* A record goes to the decoder beforehand. */
	if (par->extradata_size < 3 || par->extradata[0] || par->extradata[1])
		return 0;
	if (av_grow_packet(packet, par->extradata_size) < 0)
		return -ENOMEM;
	memmove(packet->data + par->extradata_size, packet->data, (size_t)old);
	memcpy(packet->data, par->extradata, (size_t)par->extradata_size);
	return 0;
}

/*
 * Goes to a time and has the first key frame from there on pending; indexes, where there are any, lead
 * to one at or before it. Returns 1, 0 when none follows, -errno.
 */
static int go_to(struct container *container, int64_t at_ns)
{
	const AVStream *stream = container->format->streams[container->stream];
	int64_t at = av_rescale_q(at_ns, ns, stream->time_base);
	int ret;

	if (av_seek_frame(container->format, container->stream, at, AVSEEK_FLAG_BACKWARD) < 0 &&
	    avformat_seek_file(container->format, -1, INT64_MIN, INT64_MIN, INT64_MAX, 0) < 0)
		return -EIO; /* the position may be anywhere now */
	av_bsf_flush(container->filter);
	container->at_end = false;
	do {
		ret = receive_packet(container);
	} while (ret > 0 && !(container->packet->flags & AV_PKT_FLAG_KEY));
	container->pending = ret > 0;
	return ret;
}

/*
 * Containers seek by decoding time, and some to any frame: what is found may be shown after the time,
 * so the way back is doubled until it is not, or the start was passed.
 */
static int seek_container(struct input *input, uint64_t time_ns)
{
	struct container *container = input->state;
	int64_t back = 0;
	bool passed;
	int ret;

	input->seek_at_ns = get_start_ns(container) + (int64_t)time_ns;
	if (!input->source.seekable)
		return 0;
	do {
		passed = back > (int64_t)time_ns + MAX_DELAY_NS;
		ret = go_to(container, input->seek_at_ns - back);
		back = 2 * back + SEEK_STEP_NS;
	} while (ret >= 0 && !passed && (ret == 0 || get_time_ns(container) > input->seek_at_ns));
	if (ret > 0)
		ret = add_parameter_sets(container);
	return ret < 0 ? ret : 0;
}

static const struct input_ops container_ops = {
	.read = read_container,
	.close = close_container,
	.seek = seek_container,
};

int input_avformat_open(struct input *input, const char **why)
{
	struct container *container = calloc(1, sizeof(*container));
	int ret;

	if (!container)
		return -ENOMEM;
	av_log_set_level(AV_LOG_QUIET);
	input->state = container;
	container->as_stored = input->options.as_stored;
	ret = open_io(container, &input->source);
	if (ret == 0)
		ret = open_format(container, why);
	if (ret == 0)
		ret = open_filter(input, why);
	if (ret < 0) {
		close_container(input);
		return ret;
	}
	input->ops = &container_ops;
	return 0;
}
