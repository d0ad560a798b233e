// SPDX-License-Identifier: MIT
/*
 * input-annexb.c - raw H.264 and HEVC byte streams, in chunks or one access unit a packet
 *
 * Where an access unit begins: Rec. ITU-T H.264, 7.4.1.2.3, and Rec. ITU-T H.265, 7.4.2.4.4 (the NAL
 * unit types that may come first), and the first slice of a picture: first_mb_in_slice 0, or
 * first_slice_segment_in_pic_flag. That suffices to cut files at places where a front end would; the
 * decoder relies on none of it.
 */
#include "tools/input-buffer.h"
#include "tools/input-private.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What the first bytes of a NAL unit say of the access unit that it is of. */
struct kind {
	bool slice;  /* or a part of one */
	bool first;  /* the picture's first slice */
	bool leads;  /* comes before the slices, if it comes */
	bool enters; /* one that a stream must have: a slice or a sequence's parameters */
};

#define KIND_BYTES 3

struct annexb {
	struct input_buffer buffer;
	struct kind (*get_kind)(const uint8_t *unit); /* of its first three bytes */
	size_t scanned; /* no access unit begins before here, but at 0 */
	bool has_slice; /* of the access unit that begins at 0 */
	uint64_t count;
};

/* The next 00 00 01 at or after from; size where there is none. */
static size_t find_start_code(const uint8_t *data, size_t size, size_t from)
{
	for (size_t i = from; i + 3 <= size; i++) {
		const uint8_t *one = memchr(data + i + 2, 1, size - i - 2);

		if (!one)
			break;
		i = (size_t)(one - data) - 2;
		if (data[i] == 0 && data[i + 1] == 0)
			return i;
	}
	return size;
}

static struct kind get_h264_kind(const uint8_t *unit)
{
	unsigned int type = unit[0] & 0x1f;
	bool slice = type == 1 || type == 5;

	return (struct kind){
		.slice = slice,
		.first = slice && (unit[1] & 0x80), /* first_mb_in_slice is ue(v) 0 */
		.leads = (type >= 6 && type <= 9) || (type >= 14 && type <= 18),
		.enters = !(unit[0] & 0x80) && (slice || (type == 7 && (unit[0] & 0x60))),
	};
}

/* Only the base layer's units begin anything. */
static struct kind get_hevc_kind(const uint8_t *unit)
{
	unsigned int type = unit[0] >> 1 & 0x3f;
	bool base = !(unit[0] & 1) && unit[1] >> 3 == 0;
	bool slice = base && (type <= 9 || (type >= 16 && type <= 21));

	return (struct kind){
		.slice = slice,
		.first = slice && (unit[2] & 0x80), /* first_slice_segment_in_pic_flag */
		.leads = base && ((type >= 32 && type <= 35) || type == 39 ||
				  (type >= 41 && type <= 44) || (type >= 48 && type <= 55)),
		.enters = slice,
	};
}

/* The codec that the head's units are of. */
static enum vacodec_codec find_codec(const uint8_t *data, size_t size)
{
	enum vacodec_codec codec = VACODEC_CODEC_NONE;

	for (size_t i = find_start_code(data, size, 0); i + 4 < size;
	     i = find_start_code(data, size, i + 3)) {
		uint8_t header = data[i + 3];

		/* VPS, SPS and PPS of HEVC, with nuh_layer_id 0 and temporal id 0 */
		if ((header == 0x40 || header == 0x42 || header == 0x44) && data[i + 4] == 1)
			return VACODEC_CODEC_HEVC;
		/* start codes of MPEG-1/2: pack, sequence and GOP headers */
		if (header == 0xba || header == 0xb3 || header == 0xb8)
			return VACODEC_CODEC_NONE;
		if (get_h264_kind(data + i + 3).enters)
			codec = VACODEC_CODEC_H264;
	}
	return codec;
}

static bool begins_with_start_code(const uint8_t *data, size_t size)
{
	size_t zeros = 0;

	while (zeros < size && data[zeros] == 0)
		zeros++;
	return zeros >= 2 && zeros < size && data[zeros] == 1;
}

/*
 * True when the NAL unit whose start code is at i begins another access unit. Its first bytes are
 * there.
 */
static bool begins_unit(struct annexb *annexb, size_t i)
{
	struct kind kind = annexb->get_kind(annexb->buffer.data + i + 3);

	if (annexb->has_slice && (kind.leads || kind.first))
		return true;
	annexb->has_slice |= kind.slice;
	return false;
}

/* The size of the access unit at the buffer's begin; 0 when its end is not there yet. */
static size_t find_unit_end(struct annexb *annexb)
{
	size_t i = find_start_code(annexb->buffer.data, annexb->buffer.size, annexb->scanned);

	while (i + 3 + KIND_BYTES <= annexb->buffer.size) {
		if (begins_unit(annexb, i))
			return i > 0 && annexb->buffer.data[i - 1] == 0 ? i - 1 : i;
		annexb->scanned = i + 3;
		i = find_start_code(annexb->buffer.data, annexb->buffer.size, i + 3);
	}
	if (annexb->buffer.end || annexb->buffer.size > INPUT_MAX_PACKET_BYTES)
		return annexb->buffer.size;
	if (i == annexb->buffer.size && annexb->buffer.size > annexb->scanned + 2)
		annexb->scanned = annexb->buffer.size - 2;
	return 0;
}

static size_t find_packet_end(struct input *input)
{
	struct annexb *annexb = input->state;

	if (input->options.split == INPUT_SPLIT_UNITS)
		return find_unit_end(annexb);
	if (annexb->buffer.size >= input->options.chunk_bytes)
		return input->options.chunk_bytes;
	return annexb->buffer.end ? annexb->buffer.size : 0;
}

static int read_annexb(struct input *input, struct input_packet *packet)
{
	struct annexb *annexb = input->state;
	size_t size;
	int ret;

	if (annexb->buffer.given) {
		annexb->scanned = 0;
		annexb->has_slice = false;
	}
	input_buffer_drop(&annexb->buffer);
	while (!(size = find_packet_end(input)) && !annexb->buffer.end) {
		ret = input_buffer_fill(&annexb->buffer, &input->source,
					input->options.chunk_bytes);
		if (ret < 0)
			return ret;
	}
	if (!size)
		return 0;
	annexb->buffer.given = size;
	*packet = (struct input_packet){
		.data = annexb->buffer.data,
		.size_bytes = size,
		.timestamp_ns = annexb->count++ * INPUT_FRAME_TIME_NS,
	};
	return 1;
}

static void close_annexb(struct input *input)
{
	struct annexb *annexb = input->state;

	input_buffer_finish(&annexb->buffer);
	free(annexb);
}

static const struct input_ops annexb_ops = {.read = read_annexb, .close = close_annexb};

int input_annexb_open(struct input *input, const char **why)
{
	const struct source *source = &input->source;
	struct annexb *annexb;

	*why = "it is neither an H.264 nor an HEVC byte stream, nor a container that can be read";
	if (!begins_with_start_code(source->head, source->head_bytes))
		return -ENOTSUP;
	input->codec = find_codec(source->head, source->head_bytes);
	if (input->codec == VACODEC_CODEC_NONE)
		return -ENOTSUP;
	annexb = calloc(1, sizeof(*annexb));
	if (!annexb)
		return -ENOMEM;
	annexb->get_kind = input->codec == VACODEC_CODEC_HEVC ? get_hevc_kind : get_h264_kind;
	input->state = annexb;
	input->ops = &annexb_ops;
	return 0;
}
