/* SPDX-License-Identifier: MIT */
/*
 * mutator.h - streams with damage of all kinds, most of it in header fields
 *
 * A mutant is a few pictures cut out of a stream, with the parameter sets before them, in which one
 * header has other values and is coded anew (H.264), or has bits that are changed, put in or taken away with
 * all that frames them kept right (the others), or units are damaged, lost, doubled or exchanged. The same
 * seed and number give the same mutant.
 */
#ifndef TESTS_MUTATOR_H
#define TESTS_MUTATOR_H

#include "vacodec.h"

#define MUTATOR_MAX_UNITS 512

struct mutator_unit {
	const uint8_t *data; /* with its start code, if it has one */
	size_t size_bytes;
	size_t start_bytes; /* of the start code */
};

struct mutant {
	struct mutator_unit unit[MUTATOR_MAX_UNITS];
	unsigned int n_units;
	/* A header's fields were changed: in which unit, and which slices are decoded by it. */
	bool header;
	unsigned int changed;
	bool uses[MUTATOR_MAX_UNITS];
	bool whole_start; /* begins where decoding can begin */
	char what[512];   /* the stream and what was done */
};

struct mutator;

/* Takes all streams of a folder whose pictures are small. NULL: none could be read. */
struct mutator *mutator_new(const char *folder, enum vacodec_codec codec);
struct mutator *mutator_free(struct mutator *mutator);
/* The mutant lives until the next one. */
const struct mutant *mutator_make(struct mutator *mutator, uint64_t seed, uint64_t number);
/* A number below n that follows from the mutant's seed, for what else is to vary with it. */
uint32_t mutator_pick(struct mutator *mutator, uint32_t n);

#endif
