/* SPDX-License-Identifier: MIT */
/*
 * input-private.h - the two kinds of input behind input.h
 */
#ifndef TOOLS_INPUT_PRIVATE_H
#define TOOLS_INPUT_PRIVATE_H

#include "tools/input.h"
#include "tools/source.h"

struct input;

struct input_ops {
	int (*read)(struct input *input, struct input_packet *packet);
	void (*close)(struct input *input);
};

struct input {
	const struct input_ops *ops;
	struct input_options options;
	struct source source;
	enum vacodec_codec codec;
	const uint8_t *extradata;
	size_t extradata_bytes;
	void *state; /* of the ops */
};

/* Each opens the input's source if it is of its kind, else -ENOTSUP and the reason. */
int input_annexb_open(struct input *input, const char **why);
int input_avformat_open(struct input *input, const char **why);

#endif
