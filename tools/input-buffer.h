/* SPDX-License-Identifier: MIT */
/*
 * input-buffer.h - bytes of a source that a reader looks at before it gives them away as a packet
 */
#ifndef TOOLS_INPUT_BUFFER_H
#define TOOLS_INPUT_BUFFER_H

#include <stdbool.h>
#include "tools/source.h"

/* No packet of a stream that can be decoded is larger. */
#define INPUT_MAX_PACKET_BYTES (64u << 20)

struct input_buffer {
	uint8_t *data;
	size_t size, capacity;
	size_t given; /* bytes of data that the last packet had */
	bool end;     /* of the source */
};

void input_buffer_finish(struct input_buffer *buffer);
/* Reads at most so many bytes more. -errno. */
int input_buffer_fill(struct input_buffer *buffer, struct source *source, size_t more);
/* Reads until there are so many bytes, or the source ends. Memory grows with what is there. */
int input_buffer_need(struct input_buffer *buffer, struct source *source, size_t size);
/* Lets go of the last packet. */
void input_buffer_drop(struct input_buffer *buffer);

#endif
