/* SPDX-License-Identifier: MIT */
/*
 * VA ids: every object of a display is counted by references and found by an id that names its kind, its
 * slot and the slot's generation, so that a destroyed id does not name the next object in its place.
 */
#ifndef SOFTVA_OBJECT_H
#define SOFTVA_OBJECT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

enum object_kind {
	OBJECT_CONFIG = 1,
	OBJECT_CONTEXT,
	OBJECT_SURFACE,
	OBJECT_BUFFER,
	OBJECT_IMAGE,
	OBJECT_KINDS,
};

struct object {
	uint32_t id;
	enum object_kind kind;
	atomic_uint references;
	void (*free)(struct object *object);
};

struct object_slot {
	struct object *object;
	uint32_t generation;
	uint32_t next;
};

struct object_heap {
	pthread_mutex_t lock;
	struct object_slot *slots;
	uint32_t count;
	uint32_t first_free;
	uint32_t last_free;
};

int object_heap_init(struct object_heap *heap);
void object_heap_finish(struct object_heap *heap);

/* The object is born with one reference, which the heap takes over on success. */
void object_init(struct object *object, enum object_kind kind, void (*free)(struct object *object));
int object_add(struct object_heap *heap, struct object *object);
/* A new reference, or NULL if there is no such object. */
void *object_get(struct object_heap *heap, uint32_t id, enum object_kind kind);
/* The id becomes invalid; returns the heap's own reference, or NULL. */
void *object_remove(struct object_heap *heap, uint32_t id, enum object_kind kind);
/* Removes some object of the kind, or returns NULL if there is none left. */
void *object_remove_any(struct object_heap *heap, enum object_kind kind);
void *object_ref(struct object *object);
void object_unref(struct object *object);

#endif
