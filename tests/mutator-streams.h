/* SPDX-License-Identifier: MIT */
/*
 * mutator-streams.h - the streams that mutants are made of, cut into units and pictures
 */
#ifndef TESTS_MUTATOR_STREAMS_H
#define TESTS_MUTATOR_STREAMS_H

#include "h264-syntax.h"
#include "mutator.h"

enum unit_type { UNIT_IDR = 5, UNIT_SPS = 7, UNIT_PPS = 8 };

/* A stream's file, and where its units and pictures begin. */
struct base {
	char name[64];
	uint8_t *data;
	struct mutator_unit *unit;
	uint32_t *key; /* of a parameter set: its type and id */
	unsigned int n_units;
	unsigned int *picture; /* its first unit, also of what precedes its slices */
	unsigned int n_pictures;
};

/* False for a file that is none, or whose pictures are large; then nothing is left. */
bool base_load(struct base *base, const char *folder, const char *name);
void base_finish(struct base *base);
/* Whether a picture has IDR slices. */
bool base_has_idr(const struct base *base, unsigned int picture);

/* nal_unit_type; 0 for what is too short. */
unsigned int unit_get_type(const struct mutator_unit *unit);
/* Of a parameter set: its type in the high and its id in the low 16 bits; else 0. */
uint32_t unit_get_key(const struct mutator_unit *unit);
void unit_read(const struct mutator_unit *unit, struct nal *nal);

#endif
