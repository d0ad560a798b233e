/* SPDX-License-Identifier: MIT */
/*
 * mutator-streams.c - the streams that mutants are made of; see mutator-streams.h
 */
#include "mutator-streams.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FILE_BYTES (1u << 20)
#define MAX_SAMPLES    (352 * 288)

static struct nal scratch;

unsigned int unit_get_type(const struct mutator_unit *unit)
{
	return unit->size_bytes > unit->start_bytes ? unit->data[unit->start_bytes] & 31u : 0;
}

/* first_mb_in_slice is ue(v) 0. */
static bool begins_picture(const struct mutator_unit *unit)
{
	return h264s_is_slice(unit_get_type(unit)) && unit->size_bytes > unit->start_bytes + 1 &&
	       unit->data[unit->start_bytes + 1] & 0x80;
}

void unit_read(const struct mutator_unit *unit, struct nal *nal)
{
	nal_unescape(nal, unit->data + unit->start_bytes, unit->size_bytes - unit->start_bytes);
}

uint32_t unit_get_key(const struct mutator_unit *unit)
{
	unsigned int type = unit_get_type(unit);
	uint32_t id;

	if (type != UNIT_SPS && type != UNIT_PPS)
		return 0;
	unit_read(unit, &scratch);
	nal_read_ue(&scratch, type == UNIT_SPS ? 32 : 8, &id);
	return type << 16 | (id & 0xffff);
}

static bool split(struct base *base, size_t size)
{
	unsigned int n = nal_count(base->data, size, 0);
	size_t at = nal_find(base->data, size, 0, 0);
	unsigned int begin = 0;

	base->unit = calloc(n + 1, sizeof(*base->unit));
	base->key = calloc(n + 1, sizeof(*base->key));
	base->picture = calloc(n + 1, sizeof(*base->picture));
	if (!base->unit || !base->key || !base->picture)
		return false;
	for (unsigned int i = 0; i < n; i++) {
		size_t end = nal_find(base->data, size, at + 3, 0);

		base->unit[i] = (struct mutator_unit){base->data + at, end - at, 3};
		base->key[i] = unit_get_key(&base->unit[i]);
		if (begins_picture(&base->unit[i]))
			base->picture[base->n_pictures++] = begin;
		if (h264s_is_slice(unit_get_type(&base->unit[i])))
			begin = i + 1;
		at = end;
	}
	base->n_units = n;
	base->picture[base->n_pictures] = n;
	return base->n_pictures > 0;
}

static bool is_small(const struct base *base)
{
	static struct h264s_sps sps;

	for (unsigned int i = 0; i < base->n_units; i++) {
		struct h264s_coder c;

		if (unit_get_type(&base->unit[i]) != UNIT_SPS)
			continue;
		unit_read(&base->unit[i], &scratch);
		h264s_begin_reading(&c, &scratch);
		memset(&sps, 0, sizeof(sps));
		h264s_sps(&c, &sps);
		if ((sps.width_minus1 + 1) * (sps.height_minus1 + 1) * 256 > MAX_SAMPLES)
			return false;
	}
	return true;
}

void base_finish(struct base *base)
{
	free(base->data);
	free(base->unit);
	free(base->key);
	free(base->picture);
}

bool base_load(struct base *base, const char *folder, const char *name)
{
	char path[4096];
	FILE *file;
	size_t n = 0;

	memset(base, 0, sizeof(*base));
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	snprintf(base->name, sizeof(base->name), "%.*s", (int)strcspn(name, "."), name);
	file = fopen(path, "rb");
	base->data = malloc(MAX_FILE_BYTES);
	if (file && base->data)
		n = fread(base->data, 1, MAX_FILE_BYTES, file);
	if (file)
		fclose(file);
	if (n && split(base, n) && is_small(base))
		return true;
	base_finish(base);
	return false;
}

bool base_has_idr(const struct base *base, unsigned int picture)
{
	for (unsigned int i = base->picture[picture]; i < base->picture[picture + 1]; i++) {
		if (unit_get_type(&base->unit[i]) == UNIT_IDR)
			return true;
	}
	return false;
}
