/* SPDX-License-Identifier: MIT */
/*
 * VA ids; see object.h. An id is kind (4 bits), generation (12) and slot (16). Free slots are taken in the
 * order in which they became free, so that a generation takes long to come round.
 */
#include "object.h"

#include <errno.h>
#include <stdlib.h>

#define MAX_SLOTS  0x10000u
#define NO_SLOT    UINT32_MAX
#define GENERATION 0xfffu

int object_heap_init(struct object_heap *heap)
{
	heap->slots = NULL;
	heap->count = 0;
	heap->first_free = NO_SLOT;
	heap->last_free = NO_SLOT;
	return -pthread_mutex_init(&heap->lock, NULL);
}

void object_heap_finish(struct object_heap *heap)
{
	free(heap->slots);
	pthread_mutex_destroy(&heap->lock);
}

static void put_free(struct object_heap *heap, uint32_t index)
{
	heap->slots[index].object = NULL;
	heap->slots[index].next = NO_SLOT;
	if (heap->last_free == NO_SLOT)
		heap->first_free = index;
	else
		heap->slots[heap->last_free].next = index;
	heap->last_free = index;
}

static int grow(struct object_heap *heap)
{
	uint32_t count = heap->count ? heap->count * 2 : 64;
	struct object_slot *slots;

	if (count > MAX_SLOTS)
		return -ENOSPC;
	slots = realloc(heap->slots, count * sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	heap->slots = slots;
	for (uint32_t i = heap->count; i < count; i++) {
		slots[i].generation = 0;
		put_free(heap, i);
	}
	heap->count = count;
	return 0;
}

void object_init(struct object *object, enum object_kind kind, void (*free)(struct object *object))
{
	object->id = UINT32_MAX;
	object->kind = kind;
	atomic_init(&object->references, 1);
	object->free = free;
}

int object_add(struct object_heap *heap, struct object *object)
{
	struct object_slot *slot;
	uint32_t index;
	int ret = 0;

	pthread_mutex_lock(&heap->lock);
	if (heap->first_free == NO_SLOT)
		ret = grow(heap);
	if (!ret) {
		index = heap->first_free;
		slot = &heap->slots[index];
		heap->first_free = slot->next;
		if (heap->first_free == NO_SLOT)
			heap->last_free = NO_SLOT;
		slot->generation = (slot->generation + 1) & GENERATION;
		slot->object = object;
		object->id = (uint32_t)object->kind << 28 | slot->generation << 16 | index;
	}
	pthread_mutex_unlock(&heap->lock);
	return ret;
}

static struct object *find(struct object_heap *heap, uint32_t id, enum object_kind kind)
{
	uint32_t index = id & 0xffff;
	struct object *object;

	if (index >= heap->count)
		return NULL;
	object = heap->slots[index].object;
	return object && object->id == id && object->kind == kind ? object : NULL;
}

void *object_get(struct object_heap *heap, uint32_t id, enum object_kind kind)
{
	struct object *object;

	pthread_mutex_lock(&heap->lock);
	object = find(heap, id, kind);
	if (object)
		object_ref(object);
	pthread_mutex_unlock(&heap->lock);
	return object;
}

void *object_remove(struct object_heap *heap, uint32_t id, enum object_kind kind)
{
	struct object *object;

	pthread_mutex_lock(&heap->lock);
	object = find(heap, id, kind);
	if (object)
		put_free(heap, id & 0xffff);
	pthread_mutex_unlock(&heap->lock);
	return object;
}

void *object_remove_any(struct object_heap *heap, enum object_kind kind)
{
	struct object *object = NULL;

	pthread_mutex_lock(&heap->lock);
	for (uint32_t i = 0; i < heap->count && !object; i++) {
		object = heap->slots[i].object;
		if (object && object->kind == kind)
			put_free(heap, i);
		else
			object = NULL;
	}
	pthread_mutex_unlock(&heap->lock);
	return object;
}

void *object_ref(struct object *object)
{
	atomic_fetch_add_explicit(&object->references, 1, memory_order_relaxed);
	return object;
}

void object_unref(struct object *object)
{
	if (!object || atomic_fetch_sub_explicit(&object->references, 1, memory_order_acq_rel) != 1)
		return;
	object->free(object);
}
