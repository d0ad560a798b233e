/* SPDX-License-Identifier: MIT */
/*
 * mutator.c - streams with damage of all kinds: what is common to all codecs; see mutator.h
 */
#include "mutator-private.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Numbers ---- */

/* splitmix64 */
uint64_t mutator_next(struct mutator *m)
{
	uint64_t z = m->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

uint32_t mutator_pick(struct mutator *m, uint32_t n)
{
	return n ? (uint32_t)((mutator_next(m) >> 32) % n) : 0;
}

void mutator_tell(struct mutator *m, const char *format, ...)
{
	size_t n = strlen(m->mutant.what);
	va_list args;

	va_start(args, format);
	vsnprintf(m->mutant.what + n, sizeof(m->mutant.what) - n, format, args);
	va_end(args);
}

/* ---- Making one ---- */

struct mutator *mutator_new(const char *folder, enum vacodec_codec codec)
{
	struct mutator *m = codec == VACODEC_CODEC_H264 ? mutator_new_h264(folder)
							: mutator_new_units(folder, codec);

	if (m)
		m->arena = malloc(MUTATOR_ARENA_BYTES);
	return m && m->arena && m->n_streams ? m : mutator_free(m);
}

struct mutator *mutator_free(struct mutator *m)
{
	if (!m)
		return NULL;
	m->finish(m);
	free(m->arena);
	free(m);
	return NULL;
}

bool mutator_has_room(const struct mutator *m, size_t size_bytes)
{
	return size_bytes <= MUTATOR_ARENA_BYTES - m->used_bytes;
}

/* ---- Mutants of bytes and units ---- */

/* A copy that may be written to. */
uint8_t *mutator_own_unit(struct mutator *m, struct mutator_unit *unit)
{
	uint8_t *out = m->arena + m->used_bytes;

	if (!mutator_has_room(m, unit->size_bytes))
		return NULL;
	memcpy(out, unit->data, unit->size_bytes);
	m->used_bytes += unit->size_bytes;
	unit->data = out;
	return out;
}

static void flip_bits(struct mutator *m, unsigned int i)
{
	struct mutator_unit *unit = &m->mutant.unit[i];
	uint8_t *data = mutator_own_unit(m, unit);
	size_t size = unit->size_bytes, near = mutator_pick(m, 2) ? size : size < 24 ? size : 24;

	mutator_tell(m, " flip bits of unit %u", i);
	for (unsigned int n = 1 + mutator_pick(m, 8); data && n; n--)
		data[mutator_pick(m, (uint32_t)near)] ^= (uint8_t)(1 << mutator_pick(m, 8));
}

static void drop_unit(struct mutator *m, unsigned int i)
{
	struct mutant *mutant = &m->mutant;

	mutator_tell(m, " drop unit %u", i);
	mutant->n_units--;
	memmove(&mutant->unit[i], &mutant->unit[i + 1],
		(mutant->n_units - i) * sizeof(mutant->unit[0]));
}

static void repeat_unit(struct mutator *m, unsigned int i)
{
	struct mutant *mutant = &m->mutant;
	unsigned int to = mutator_pick(m, mutant->n_units + 1);
	struct mutator_unit unit = mutant->unit[i];

	if (mutant->n_units == MUTATOR_MAX_UNITS)
		return;
	mutator_tell(m, " unit %u again at %u", i, to);
	memmove(&mutant->unit[to + 1], &mutant->unit[to],
		(mutant->n_units - to) * sizeof(mutant->unit[0]));
	mutant->unit[to] = unit;
	mutant->n_units++;
}

static void swap_units(struct mutator *m, unsigned int i)
{
	unsigned int j = mutator_pick(m, m->mutant.n_units);
	struct mutator_unit unit = m->mutant.unit[i];

	mutator_tell(m, " swap units %u and %u", i, j);
	m->mutant.unit[i] = m->mutant.unit[j];
	m->mutant.unit[j] = unit;
}

static void cut_unit(struct mutator *m, unsigned int i)
{
	struct mutator_unit *unit = &m->mutant.unit[i];

	unit->size_bytes = 1 + mutator_pick(m, (uint32_t)unit->size_bytes);
	if (unit->start_bytes > unit->size_bytes)
		unit->start_bytes = unit->size_bytes;
	mutator_tell(m, " cut unit %u to %zu bytes", i, unit->size_bytes);
}

/* Bytes at random over a part of a unit, start codes among them. */
static void spoil_unit(struct mutator *m, unsigned int i)
{
	struct mutator_unit *unit = &m->mutant.unit[i];
	uint8_t *data = mutator_own_unit(m, unit);
	size_t at = mutator_pick(m, (uint32_t)unit->size_bytes), n = 1 + mutator_pick(m, 64);

	mutator_tell(m, " %zu bytes of garbage in unit %u", n, i);
	for (; data && n && at < unit->size_bytes; n--)
		data[at++] = mutator_pick(m, 3) ? (uint8_t)mutator_pick(m, 256)
						: (uint8_t)mutator_pick(m, 2);
}

void mutator_change_bytes(struct mutator *m)
{
	static void (*const ways[])(struct mutator * m, unsigned int i) = {
		flip_bits, drop_unit, repeat_unit, swap_units, cut_unit, spoil_unit};

	for (unsigned int n = 1 + mutator_pick(m, 3); n && m->mutant.n_units > 1; n--)
		ways[mutator_pick(m, sizeof(ways) / sizeof(ways[0]))](
			m, mutator_pick(m, m->mutant.n_units));
}

const struct mutant *mutator_make(struct mutator *m, uint64_t seed, uint64_t number)
{
	m->state = seed;
	m->state = mutator_next(m) + number;
	memset(&m->mutant, 0, sizeof(m->mutant));
	m->used_bytes = 0;
	m->make(m);
	return &m->mutant;
}
