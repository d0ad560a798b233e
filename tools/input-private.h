/* SPDX-License-Identifier: MIT */
/*
 * input-private.h - the kinds of input behind input.h
 */
#ifndef TOOLS_INPUT_PRIVATE_H
#define TOOLS_INPUT_PRIVATE_H

#include "tools/input.h"
#include "tools/source.h"

#define INPUT_FRAME_RATE    30 /* where the input does not say */
#define INPUT_FRAME_TIME_NS (1000000000u / INPUT_FRAME_RATE)

struct input;

struct input_ops {
	int (*read)(struct input *input, struct input_packet *packet);
	void (*close)(struct input *input);
	/* As input_seek(); sets seek_at_ns. NULL where packets have no times of their own. */
	int (*seek)(struct input *input, uint64_t time_ns);
};

struct input {
	const struct input_ops *ops;
	struct input_options options;
	struct source source;
	enum vacodec_codec codec;
	const char *codec_name; /* where there is no codec, the name for what it holds */
	const char *error;      /* what reading failed of, where errno does not tell */
	const uint8_t *extradata;
	size_t extradata_bytes;
	uint64_t seek_ns;   /* 0: from the start */
	int64_t seek_at_ns; /* the same as a packet's timestamp */
	uint64_t n_frames;  /* that input_is_before_seek() was asked of */
	void *state;        /* of the ops */
};

/* Each opens the input's source if it is of its kind, else -ENOTSUP and the reason. */
int input_annexb_open(struct input *input, const char **why);
int input_ivf_open(struct input *input, const char **why);
int input_obu_open(struct input *input, const char **why);
int input_avformat_open(struct input *input, const char **why);

#endif
