// SPDX-License-Identifier: MIT
/*
 * input-buffer.c - bytes of a source that a reader looks at; see input-buffer.h
 */
#include "tools/input-buffer.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define STEP_BYTES 65536

void input_buffer_finish(struct input_buffer *buffer)
{
	free(buffer->data);
	memset(buffer, 0, sizeof(*buffer));
}

static int reserve(struct input_buffer *buffer, size_t more)
{
	size_t capacity = buffer->capacity ? buffer->capacity : STEP_BYTES;
	uint8_t *data;

	while (capacity < buffer->size + more)
		capacity *= 2;
	if (capacity == buffer->capacity)
		return 0;
	data = realloc(buffer->data, capacity);
	if (!data)
		return -ENOMEM;
	buffer->data = data;
	buffer->capacity = capacity;
	return 0;
}

int input_buffer_fill(struct input_buffer *buffer, struct source *source, size_t more)
{
	int ret = reserve(buffer, more);
	ssize_t n;

	if (ret < 0)
		return ret;
	n = source_read(source, buffer->data + buffer->size, more);
	if (n < 0)
		return (int)n;
	buffer->end = n == 0;
	buffer->size += (size_t)n;
	return 0;
}

int input_buffer_need(struct input_buffer *buffer, struct source *source, size_t size)
{
	int ret = 0;

	while (ret == 0 && buffer->size < size && !buffer->end) {
		size_t more = size - buffer->size;
		size_t step = buffer->size < STEP_BYTES ? STEP_BYTES : buffer->size;

		ret = input_buffer_fill(buffer, source, more < step ? more : step);
	}
	return ret;
}

void input_buffer_drop(struct input_buffer *buffer)
{
	if (!buffer->given)
		return;
	memmove(buffer->data, buffer->data + buffer->given, buffer->size - buffer->given);
	buffer->size -= buffer->given;
	buffer->given = 0;
}
