/* SPDX-License-Identifier: MIT */
/*
 * mutator-private.h - a mutator's insides: what its kinds fill in, and what they share
 */
#ifndef TESTS_MUTATOR_PRIVATE_H
#define TESTS_MUTATOR_PRIVATE_H

#include "mutator.h"

#define MUTATOR_ARENA_BYTES (8u << 20)

/* A kind's own struct begins with it. */
struct mutator {
	void (*make)(struct mutator *m); /* chooses units and changes them: m->mutant is empty */
	void (*finish)(struct mutator *m);
	unsigned int n_streams;
	uint64_t state;
	struct mutant mutant;
	uint8_t *arena; /* where changed units are */
	size_t used_bytes;
};

/* Both may lack streams: n_streams says. */
struct mutator *mutator_new_h264(const char *folder);
struct mutator *mutator_new_units(const char *folder, enum vacodec_codec codec);

uint64_t mutator_next(struct mutator *m);
void mutator_tell(struct mutator *m, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool mutator_has_room(const struct mutator *m, size_t size_bytes);
/* A copy that may be written to; NULL without room. */
uint8_t *mutator_own_unit(struct mutator *m, struct mutator_unit *unit);
/* Damages bytes and units, whatever they are. */
void mutator_change_bytes(struct mutator *m);

#endif
