// SPDX-License-Identifier: MIT
/*
 * input.c - finds out what a file holds and gives it to the reader of its kind
 */
#include "tools/input-private.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static int (*const openers[])(struct input *input, const char **why) = {
	input_annexb_open,
	input_ivf_open,
	input_obu_open,
#ifdef HAVE_LIBAVFORMAT
	input_avformat_open,
#endif
};

static char reason[80];

int input_open(const char *path, const struct input_options *options, struct input **out,
	       const char **why)
{
	struct input *input = calloc(1, sizeof(*input));
	int ret = -ENOTSUP;

	*out = NULL;
	*why = NULL;
	if (!input)
		return -ENOMEM;
	input->options = *options;
	if (!input->options.chunk_bytes)
		input->options.chunk_bytes = 65536;
	ret = source_open(&input->source, path);
	if (ret < 0) {
		free(input);
		return ret;
	}
	ret = -ENOTSUP;
	*why = "the input is empty";
	for (size_t i = 0; i < sizeof(openers) / sizeof(openers[0]) && ret == -ENOTSUP; i++) {
		if (input->source.head_bytes)
			ret = openers[i](input, why);
	}
	if (ret == 0 && input->codec == VACODEC_CODEC_NONE && !options->any_codec) {
		snprintf(reason, sizeof(reason), "it holds %s, which is not supported",
			 input->codec_name);
		*why = reason;
		ret = -ENOTSUP;
	}
	if (ret < 0)
		input = input_free(input);
	*out = input;
	return ret;
}

enum vacodec_codec input_get_codec(const struct input *input)
{
	return input->codec;
}

const uint8_t *input_get_extradata(const struct input *input, size_t *size_bytes)
{
	*size_bytes = input->extradata_bytes;
	return input->extradata;
}

uint64_t input_get_size(const struct input *input)
{
	return input->source.size_bytes;
}

uint64_t input_get_position(const struct input *input)
{
	return input->source.position;
}

int input_seek(struct input *input, uint64_t time_ns)
{
	input->seek_ns = time_ns;
	return input->ops->seek && time_ns ? input->ops->seek(input, time_ns) : 0;
}

bool input_is_before_seek(struct input *input, uint64_t timestamp_ns)
{
	if (!input->seek_ns)
		return false;
	if (input->ops->seek)
		return (int64_t)timestamp_ns < input->seek_at_ns;
	return input->n_frames++ * 1000000000 / INPUT_FRAME_RATE < input->seek_ns;
}

int input_read(struct input *input, struct input_packet *packet)
{
	return input->ops->read(input, packet);
}

const char *input_get_error(const struct input *input)
{
	return input->error;
}

struct input *input_free(struct input *input)
{
	if (!input)
		return NULL;
	if (input->ops)
		input->ops->close(input);
	source_close(&input->source);
	free(input);
	return NULL;
}
