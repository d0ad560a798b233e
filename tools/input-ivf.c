// SPDX-License-Identifier: MIT
/*
 * input-ivf.c - IVF files, one frame a packet
 *
 * A header of 32 bytes or as many as it says ("DKIF", 0 and that length in 16 bits each, the codec's
 * four characters, width and height in 16 bits, rate, scale and number of frames in 32), then frames:
 * their size in 32 bits, the time in 64, in units of scale / rate seconds. All is little-endian.
 * What files in the world have, too: a rate of 0 (the frames count then), frames without bytes
 * (nothing is given for them), a last frame that is cut off (what is there is given), a number of
 * frames that is not theirs (it is not looked at).
 */
#include "tools/input-buffer.h"
#include "tools/input-private.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADER_BYTES       32
#define FRAME_HEADER_BYTES 12

struct ivf {
	struct input_buffer buffer;
	uint32_t rate, scale;
	uint64_t count;
	uint8_t head[FRAME_HEADER_BYTES]; /* of the frame that comes */
	bool begun;                       /* behind the header */
	size_t header_bytes;
	char why[80];
};

struct ivf_codec {
	char fourcc[5];
	const char *name;
	enum vacodec_codec codec;
};

/* clang-format off */
static const struct ivf_codec codecs[] = {
	{"AV01", "AV1", VACODEC_CODEC_AV1},
	{"H264", "H.264", VACODEC_CODEC_H264},
	{"H265", "HEVC", VACODEC_CODEC_HEVC},
	{"HEVC", "HEVC", VACODEC_CODEC_HEVC},
	{"VP80", "VP8", VACODEC_CODEC_VP8},
	{"VP90", "VP9", VACODEC_CODEC_VP9},
	{"VVC1", "VVC", VACODEC_CODEC_NONE},
};
/* clang-format on */

static uint32_t get_u32(const uint8_t *at)
{
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static uint64_t get_time_ns(const struct ivf *ivf, uint64_t time)
{
	/* Both are 32 bits wide, so that nothing is lost before a time of hundreds of years. */
	if (ivf->rate && ivf->scale)
		return (uint64_t)((__uint128_t)time * ivf->scale * 1000000000u / ivf->rate);
	return ivf->count * INPUT_FRAME_TIME_NS;
}

static int skip_header(struct input *input)
{
	struct ivf *ivf = input->state;
	int ret = input_buffer_need(&ivf->buffer, &input->source, ivf->header_bytes);

	if (ret < 0)
		return ret;
	ivf->buffer.given =
		ivf->buffer.size < ivf->header_bytes ? ivf->buffer.size : ivf->header_bytes;
	ivf->begun = true;
	return 0;
}

/* The next frame's header. It is taken out of the buffer: a frame begins where memory does. 0 when none is left. */
static int read_frame_header(struct input *input)
{
	struct ivf *ivf = input->state;
	uint32_t size;
	int ret;

	input_buffer_drop(&ivf->buffer);
	ret = input_buffer_need(&ivf->buffer, &input->source, FRAME_HEADER_BYTES);
	if (ret < 0)
		return ret;
	if (ivf->buffer.size < FRAME_HEADER_BYTES)
		return 0;
	memcpy(ivf->head, ivf->buffer.data, FRAME_HEADER_BYTES);
	ivf->buffer.given = FRAME_HEADER_BYTES;
	input_buffer_drop(&ivf->buffer);
	size = get_u32(ivf->head);
	if (size <= INPUT_MAX_PACKET_BYTES)
		return 1;
	snprintf(ivf->why, sizeof(ivf->why), "IVF frame %llu has %u bytes, which is too much",
		 (unsigned long long)ivf->count, size);
	input->error = ivf->why;
	return -EBADMSG;
}

/* 1 and a packet, 0 for a frame without bytes. */
static int read_frame(struct input *input, struct input_packet *packet)
{
	struct ivf *ivf = input->state;
	struct input_buffer *buffer = &ivf->buffer;
	size_t size = get_u32(ivf->head);
	uint64_t time = get_u32(ivf->head + 4) | (uint64_t)get_u32(ivf->head + 8) << 32;
	int ret = input_buffer_need(buffer, &input->source, size);

	if (ret < 0)
		return ret;
	buffer->given = size < buffer->size ? size : buffer->size;
	*packet = (struct input_packet){
		.data = buffer->data,
		.size_bytes = buffer->given,
		.timestamp_ns = get_time_ns(ivf, time),
	};
	ivf->count++;
	return packet->size_bytes > 0;
}

static int read_ivf(struct input *input, struct input_packet *packet)
{
	struct ivf *ivf = input->state;
	int ret = ivf->begun ? 0 : skip_header(input), found = 0;

	if (ret < 0)
		return ret;
	while (found == 0) {
		ret = read_frame_header(input);
		if (ret <= 0)
			return ret;
		found = read_frame(input, packet);
	}
	return found;
}

static void close_ivf(struct input *input)
{
	struct ivf *ivf = input->state;

	input_buffer_finish(&ivf->buffer);
	free(ivf);
}

static const struct input_ops ivf_ops = {.read = read_ivf, .close = close_ivf};

static void set_codec(struct input *input, const uint8_t *fourcc)
{
	for (size_t i = 0; i < sizeof(codecs) / sizeof(codecs[0]); i++) {
		if (memcmp(fourcc, codecs[i].fourcc, 4) == 0) {
			input->codec = codecs[i].codec;
			input->codec_name = codecs[i].name;
			return;
		}
	}
	input->codec_name = "a codec that is not known";
}

int input_ivf_open(struct input *input, const char **why)
{
	const uint8_t *head = input->source.head;
	struct ivf *ivf;

	if (input->source.head_bytes < HEADER_BYTES || memcmp(head, "DKIF", 4) != 0)
		return -ENOTSUP;
	if (head[4] || head[5]) {
		*why = "an IVF version that is not known";
		return -EBADMSG;
	}
	ivf = calloc(1, sizeof(*ivf));
	if (!ivf)
		return -ENOMEM;
	ivf->header_bytes = head[6] | (size_t)head[7] << 8;
	if (ivf->header_bytes < HEADER_BYTES)
		ivf->header_bytes = HEADER_BYTES;
	ivf->rate = get_u32(head + 16);
	ivf->scale = get_u32(head + 20);
	input->state = ivf;
	input->ops = &ivf_ops;
	set_codec(input, head + 8);
	return 0;
}
