/* SPDX-License-Identifier: MIT */
/*
 * mutator-h264.c - mutants of H.264 streams: header fields with other values, coded anew
 */
#include "mutator-private.h"

#include "mutator-streams.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_STREAMS     128
#define MAX_PICTURES    12
#define MAX_CHANGES     3
#define MAX_LISTED      400 /* fields of one header */
#define PERCENT_HEADERS 88

struct h264_mutator {
	struct mutator own;
	struct base base[MAX_STREAMS];
	unsigned int n_bases;
	struct nal nal, coded;
	struct h264s_sets before, after; /* of the stream as it was, and as it is now */
	/* Of the header at hand. */
	struct h264s_slice slice;
	struct h264s_sps sps;
	struct h264s_pps pps;
	unsigned int n_fields;
	unsigned int target[MAX_CHANGES], n_targets;
};

/* ---- Making one ---- */

static int is_stream(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);

	return n > 4 && strcmp(entry->d_name + n - 4, ".264") == 0;
}

static void finish(struct mutator *own)
{
	struct h264_mutator *m = (struct h264_mutator *)own;

	for (unsigned int i = 0; i < m->n_bases; i++)
		base_finish(&m->base[i]);
}

/* ---- Windows ---- */

static void add_unit(struct h264_mutator *m, const struct mutator_unit *unit)
{
	if (m->own.mutant.n_units < MUTATOR_MAX_UNITS)
		m->own.mutant.unit[m->own.mutant.n_units++] = *unit;
}

/* The parameter sets before a unit, each id's last one. */
static void add_sets(struct h264_mutator *m, const struct base *base, unsigned int end)
{
	for (unsigned int i = 0; i < end; i++) {
		bool last = base->key[i] != 0;

		for (unsigned int j = i + 1; j < end && last; j++)
			last = base->key[j] != base->key[i];
		if (last)
			add_unit(m, &base->unit[i]);
	}
}

/* Three out of four begin at an IDR picture. */
static unsigned int choose_start(struct h264_mutator *m, const struct base *base)
{
	unsigned int start = mutator_pick(&m->own, base->n_pictures);

	if (mutator_pick(&m->own, 4) == 0)
		return start;
	while (start > 0 && !base_has_idr(base, start))
		start--;
	return start;
}

static void choose_window(struct h264_mutator *m)
{
	const struct base *base = &m->base[mutator_pick(&m->own, m->n_bases)];
	unsigned int start = choose_start(m, base);
	unsigned int end = start + 1 + mutator_pick(&m->own, MAX_PICTURES);

	if (end > base->n_pictures)
		end = base->n_pictures;
	add_sets(m, base, base->picture[start]);
	for (unsigned int i = base->picture[start]; i < base->picture[end]; i++)
		add_unit(m, &base->unit[i]);
	m->own.mutant.whole_start = base_has_idr(base, start);
	mutator_tell(&m->own, "%s, pictures %u to %u:", base->name, start, end - 1);
}

/* ---- Fields ---- */

static int64_t near_or_random(struct h264_mutator *m, int64_t value)
{
	static const int64_t edges[] = {0,   1,   2,   3,     7,         15,
					16,  31,  32,  33,    64,        127,
					128, 255, 256, 65535, INT32_MAX, UINT32_MAX - 1};

	switch (mutator_pick(&m->own, 8)) {
	case 0:
	case 1:
		return value + 1;
	case 2:
	case 3:
		return value - 1;
	case 4:
	case 5:
		return mutator_pick(&m->own, 5);
	case 6:
		return mutator_pick(&m->own, 70);
	}
	return edges[mutator_pick(&m->own, sizeof(edges) / sizeof(edges[0]))];
}

static int64_t choose_value(struct h264_mutator *m, const struct h264s_field *field)
{
	int64_t value;

	if (field->kind == H264S_U && field->n_bits == 1)
		return !field->value;
	value = near_or_random(m, field->value);
	if (field->kind == H264S_U && mutator_pick(&m->own, 2))
		value = (int64_t)(mutator_next(&m->own) >> 32);
	if (field->kind == H264S_U)
		value &= (INT64_C(1) << field->n_bits) - 1;
	if (field->kind == H264S_SE && mutator_pick(&m->own, 3) == 0)
		value = -value;
	if (field->kind == H264S_UE && value < 0)
		value = 1;
	return value;
}

static void count_field(void *cookie, struct h264s_field *field)
{
	struct h264_mutator *m = cookie;

	(void)field;
	m->n_fields++;
}

static void change_field(void *cookie, struct h264s_field *field)
{
	struct h264_mutator *m = cookie;
	int64_t value = field->value;

	for (unsigned int i = 0; i < m->n_targets; i++) {
		if (m->target[i] == m->n_fields)
			field->value = choose_value(m, field);
	}
	m->n_fields++;
	if (field->value != value)
		mutator_tell(&m->own, " %s %lld -> %lld", field->name, (long long)value,
			     (long long)field->value);
}

/* The three of the NAL header seldom: most other values make it another kind of unit. */
static void choose_targets(struct h264_mutator *m)
{
	unsigned int first = mutator_pick(&m->own, 16) ? 3 : 0;
	unsigned int n = m->n_fields < MAX_LISTED ? m->n_fields : MAX_LISTED;

	m->n_targets = mutator_pick(&m->own, 3) ? 1 : 1 + mutator_pick(&m->own, MAX_CHANGES);
	for (unsigned int i = 0; i < m->n_targets; i++)
		m->target[i] = first + mutator_pick(&m->own, n > first ? n - first : 1);
}

/* ---- Units ---- */

/* Reads a unit's header by the sets as they were; false for one that has none. */
static bool read_unit(struct h264_mutator *m, const struct mutator_unit *unit,
		      struct h264s_coder *c)
{
	unsigned int type = unit_get_type(unit);

	unit_read(unit, &m->nal);
	if (m->nal.size_bytes == NAL_MAX_BYTES)
		return false;
	h264s_begin_reading(c, &m->nal);
	if (type == UNIT_SPS) {
		memset(&m->sps, 0, sizeof(m->sps));
		m->sps.chroma_format_idc = 1;
		h264s_sps(c, &m->sps);
		return true;
	}
	if (type == UNIT_PPS) {
		memset(&m->pps, 0, sizeof(m->pps));
		return h264s_pps(c, &m->before, &m->pps);
	}
	h264s_slice_init(&m->slice);
	return h264s_is_slice(type) && h264s_slice(c, &m->before, &m->slice);
}

/* Writes what was read by the sets as they are now; false where a slice's are missing. */
static bool write_unit(struct h264_mutator *m, unsigned int type, const struct h264s_coder *from,
		       void (*on_field)(void *cookie, struct h264s_field *field))
{
	struct h264s_coder c;
	bool known;

	h264s_begin_writing(&c, &m->coded);
	c.on_field = on_field;
	c.cookie = m;
	m->n_fields = 0;
	if (type == UNIT_SPS) {
		h264s_sps(&c, &m->sps);
		return true;
	}
	if (type == UNIT_PPS) {
		h264s_pps(&c, &m->after, &m->pps);
		return true;
	}
	known = h264s_slice(&c, &m->after, &m->slice);
	h264s_copy_data(&c, from, known && m->after.pps[m->slice.pps_id & (H264S_N_PPS - 1)].cabac);
	return known;
}

/* m->coded in place of a unit. */
static void replace_unit(struct h264_mutator *m, struct mutator_unit *unit)
{
	uint8_t *out = m->own.arena + m->own.used_bytes;

	if (!mutator_has_room(&m->own, 4 + 2 * m->coded.size_bytes))
		return;
	memcpy(out, "\0\0\0\1", 4);
	*unit = (struct mutator_unit){
		out, 4 + nal_escape(&m->coded, out + 4, 2 * m->coded.size_bytes), 4};
	m->own.used_bytes += unit->size_bytes;
}

/* Changes fields of a unit's header; false where it cannot be read. */
static bool change_unit(struct h264_mutator *m, struct mutator_unit *unit)
{
	unsigned int type = unit_get_type(unit);
	struct h264s_coder c;

	if (!read_unit(m, unit, &c) || !write_unit(m, type, &c, count_field))
		return false;
	choose_targets(m);
	write_unit(m, type, &c, change_field);
	replace_unit(m, unit);
	return true;
}

/* Codes a unit behind the change by what is in force now. */
static void follow_unit(struct h264_mutator *m, struct mutator_unit *unit)
{
	struct h264s_coder c;

	if (read_unit(m, unit, &c) && write_unit(m, unit_get_type(unit), &c, NULL))
		replace_unit(m, unit);
}

/* ---- Mutants of headers ---- */

static void forget_sets(struct h264s_sets *sets)
{
	for (unsigned int i = 0; i < H264S_N_SPS; i++)
		sets->sps[i].valid = false;
	for (unsigned int i = 0; i < H264S_N_PPS; i++)
		sets->pps[i].valid = false;
}

static void note_unit(struct h264_mutator *m, struct h264s_sets *sets,
		      const struct mutator_unit *unit)
{
	unsigned int type = unit_get_type(unit);

	if (type != UNIT_SPS && type != UNIT_PPS)
		return;
	unit_read(unit, &m->nal);
	h264s_sets_note(sets, &m->nal);
}

/* Half of the changes are to slices; the rest goes to parameter sets where there are some. */
static unsigned int choose_unit(struct h264_mutator *m)
{
	static const unsigned int types[] = {1, 1, 1, UNIT_SPS, UNIT_PPS, UNIT_PPS};
	unsigned int type = types[mutator_pick(&m->own, sizeof(types) / sizeof(types[0]))];
	unsigned int start = mutator_pick(&m->own, m->own.mutant.n_units), i = start;

	do {
		unsigned int is = unit_get_type(&m->own.mutant.unit[i]);

		if (is == type || (type == 1 && is == UNIT_IDR))
			return i;
		i = (i + 1) % m->own.mutant.n_units;
	} while (i != start);
	return start;
}

/* Whether a slice behind a changed parameter set is decoded by it. */
static bool uses_change(struct h264_mutator *m, const struct mutator_unit *unit)
{
	const struct mutator_unit *changed = &m->own.mutant.unit[m->own.mutant.changed];
	uint32_t first, type, pps;
	size_t at = 8;

	if (!h264s_is_slice(unit_get_type(unit)))
		return false;
	unit_read(unit, &m->nal);
	at += nal_read_ue(&m->nal, at, &first);
	at += nal_read_ue(&m->nal, at, &type);
	nal_read_ue(&m->nal, at, &pps);
	if (pps >= H264S_N_PPS || !m->after.pps[pps].valid)
		return false;
	if (unit_get_type(changed) == UNIT_PPS)
		return unit_get_key(changed) == (UNIT_PPS << 16 | pps);
	return unit_get_key(changed) ==
	       (UNIT_SPS << 16 | (uint32_t)m->after.sps[m->after.pps[pps].sps_id].id);
}

/* Changes one header; what depends on it follows, three times out of four. */
static bool mutate_header(struct h264_mutator *m)
{
	struct mutant *mutant = &m->own.mutant;
	bool follow = mutator_pick(&m->own, 4) != 0, is_slice;

	mutant->changed = choose_unit(m);
	is_slice = h264s_is_slice(unit_get_type(&mutant->unit[mutant->changed]));
	mutator_tell(&m->own, " unit %u type %u", mutant->changed,
		     unit_get_type(&mutant->unit[mutant->changed]));
	forget_sets(&m->before);
	forget_sets(&m->after);
	for (unsigned int i = 0; i < mutant->n_units; i++) {
		struct mutator_unit original = mutant->unit[i];

		if (i == mutant->changed && !change_unit(m, &mutant->unit[i]))
			return false;
		if (i > mutant->changed && follow && !is_slice)
			follow_unit(m, &mutant->unit[i]);
		note_unit(m, &m->before, &original);
		note_unit(m, &m->after, &mutant->unit[i]);
		mutant->uses[i] = is_slice
					  ? i == mutant->changed
					  : i > mutant->changed && uses_change(m, &mutant->unit[i]);
	}
	mutant->header = true;
	return true;
}

/* ---- A mutant ---- */

static void make(struct mutator *own)
{
	struct h264_mutator *m = (struct h264_mutator *)own;

	choose_window(m);
	if (mutator_pick(own, 100) >= PERCENT_HEADERS || !mutate_header(m))
		mutator_change_bytes(own);
}

struct mutator *mutator_new_h264(const char *folder)
{
	struct h264_mutator *m = calloc(1, sizeof(*m));
	struct dirent **entries = NULL;
	int n = scandir(folder, &entries, is_stream, alphasort);

	for (int i = 0; i < n; i++) {
		if (m && m->n_bases < MAX_STREAMS)
			m->n_bases += base_load(&m->base[m->n_bases], folder, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	if (!m)
		return NULL;
	m->own.make = make;
	m->own.finish = finish;
	m->own.n_streams = m->n_bases;
	return &m->own;
}
