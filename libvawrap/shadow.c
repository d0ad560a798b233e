/* SPDX-License-Identifier: MIT */
/*
 * shadow.c - copies a struct with what it points to, by the lists of pointers in types.c
 *
 * Two walks over the same lists: the first one measures, the second one copies. The driver reads the
 * pointers when it likes until the picture is done; the buffer that owns the shadow lives that long.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "shadow.h"

#define MAX_COUNT 65536
#define ALIGNMENT 16

/* Where the walk is; memory is NULL while measuring. */
struct walk {
	uint8_t *memory;
	size_t used;
};

/* Takes room for a block, and copies it there. */
static uint8_t *put(struct walk *walk, const void *from, size_t bytes)
{
	uint8_t *to = walk->memory ? walk->memory + walk->used : NULL;

	if (to)
		memcpy(to, from, bytes);
	walk->used += (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	return to;
}

static size_t read_count(const struct types_pointer *pointer, const uint8_t *from)
{
	uint32_t count32;

	if (pointer->count_bytes == 0)
		return 1;
	if (pointer->count_bytes == 1)
		return from[pointer->count_at];
	memcpy(&count32, from + pointer->count_at, sizeof(count32));
	return count32;
}

/* A struct at from, whose copy is at to; misc parameters stand where they are not aligned. */
static int walk_pointers(struct walk *walk, const struct types_pointer *pointers,
			 const uint8_t *from, uint8_t *to)
{
	int error = 0;

	for (; pointers->element_bytes && !error; pointers++) {
		size_t count = read_count(pointers, from);
		const uint8_t *target;
		uint8_t *copy;

		memcpy(&target, from + pointers->at, sizeof(target));
		if (!target)
			continue;
		if (count > MAX_COUNT)
			return -EINVAL;
		copy = put(walk, target, count * pointers->element_bytes);
		if (to)
			memcpy(to + pointers->at, &copy, sizeof(copy));
		if (pointers->nested)
			error = walk_pointers(walk, pointers->nested, target, copy);
	}
	return error;
}

static int walk_content(struct walk *walk, const struct types_content *content,
			const struct types_pointer *pointers)
{
	const uint8_t *from = content->data;
	uint8_t *to = put(walk, from, (size_t)content->size_bytes * content->n);
	int error = 0;

	for (unsigned int i = 0; i < content->n && !error; i++) {
		size_t at = (size_t)i * content->size_bytes;

		error = walk_pointers(walk, pointers, from + at, to ? to + at : NULL);
	}
	return error;
}

int shadow_reserve(struct shadow *shadow, size_t bytes)
{
	if (bytes <= shadow->capacity)
		return 0;
	free(shadow->memory);
	shadow->capacity = 0;
	shadow->memory = malloc(bytes);
	if (!shadow->memory)
		return -ENOMEM;
	shadow->capacity = bytes;
	return 0;
}

int shadow_copy(struct shadow *shadow, const struct types_content *content,
		const struct types_pointer *pointers)
{
	struct walk walk = {.memory = NULL};
	int error = walk_content(&walk, content, pointers);

	if (!error)
		error = shadow_reserve(shadow, walk.used);
	if (error)
		return error;
	walk = (struct walk){.memory = shadow->memory};
	return walk_content(&walk, content, pointers);
}

void shadow_finish(struct shadow *shadow)
{
	free(shadow->memory);
}
