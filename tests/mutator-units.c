/* SPDX-License-Identifier: MIT */
/*
 * mutator-units.c - mutants of the streams whose syntax the tests do not write anew: header bits changed,
 * put in or taken away
 *
 * What frames a header stays right: emulation prevention of HEVC, the sizes of OBUs, in half of them the
 * index of VP9's superframes.
 */
#include "mutator-private.h"

#include "codec-stream.h"
#include "nal.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#define MAX_STREAMS     96
#define MAX_WINDOW      48
#define MAX_CHANGES     3
#define PERCENT_HEADERS 95

struct unit_mutator {
	struct mutator own;
	enum vacodec_codec codec;
	struct codec_stream *stream[MAX_STREAMS];
	const struct codec_stream *at_hand;
	struct nal nal, changed;
};

static struct unit_mutator *of(struct mutator *own)
{
	return (struct unit_mutator *)own;
}

/* ---- Windows ---- */

/* From the stream's begin, seven times out of eight; else as if it were entered somewhere. */
static void choose_window(struct unit_mutator *m)
{
	const struct codec_stream *s = m->stream[mutator_pick(&m->own, m->own.n_streams)];
	unsigned int start = mutator_pick(&m->own, 8) ? 0 : mutator_pick(&m->own, s->n_units);
	unsigned int n = 2 + mutator_pick(&m->own, MAX_WINDOW);

	m->at_hand = s;
	m->own.mutant.whole_start = start == 0;
	for (unsigned int i = start; i < s->n_units && i < start + n; i++) {
		struct mutator_unit *unit = &m->own.mutant.unit[m->own.mutant.n_units++];

		unit->data = codec_stream_get_unit(s, i);
		unit->size_bytes = codec_stream_get_size(s, i);
		unit->start_bytes = codec_stream_get_header_size(s, i);
	}
	mutator_tell(&m->own, "%s, units %u to %u:", s->name, start,
		     start + m->own.mutant.n_units - 1);
}

/* ---- Bits ---- */

/* Where a codec's headers are: bits behind what frames the unit. */
static size_t count_header_bits(const struct unit_mutator *m)
{
	static const unsigned int bits[VACODEC_N_CODECS] = {
		[VACODEC_CODEC_HEVC] = 300, [VACODEC_CODEC_VP8] = 400,   [VACODEC_CODEC_VP9] = 200,
		[VACODEC_CODEC_AV1] = 240,  [VACODEC_CODEC_MPEG2] = 100,
	};
	size_t n = 8 * m->nal.size_bytes;

	return n < bits[m->codec] ? n : bits[m->codec];
}

/* The bits of m->nal with n_out at a place replaced by n_in. */
static void replace_bits(struct unit_mutator *m, size_t at, unsigned int n_out, unsigned int n_in)
{
	size_t n = 8 * m->nal.size_bytes, to = at;

	memset(&m->changed, 0, sizeof(m->changed));
	memcpy(m->changed.data, m->nal.data, at / 8 + 1);
	to = nal_put_bits(&m->changed, to, n_in, mutator_next(&m->own) & ((1U << n_in) - 1));
	for (size_t i = at + n_out; i < n; i++)
		to = nal_put_bits(&m->changed, to, 1, nal_get_bit(&m->nal, i));
	m->changed.size_bytes = (to + 7) / 8;
	m->nal = m->changed;
}

/* Three out of four leave what follows in its place. */
static void change_bits(struct unit_mutator *m)
{
	size_t at = mutator_pick(&m->own, (uint32_t)count_header_bits(m));
	unsigned int n = 1 + mutator_pick(&m->own, 4);

	switch (mutator_pick(&m->own, 8)) {
	case 0:
		mutator_tell(&m->own, " %u bits into %zu", n, at);
		replace_bits(m, at, 0, n);
		break;
	case 1:
		mutator_tell(&m->own, " %u bits out of %zu", n, at);
		replace_bits(m, at, n, 0);
		break;
	case 2:
	case 3:
		mutator_tell(&m->own, " %u bits at %zu", n, at);
		for (; n && at < 8 * m->nal.size_bytes; n--, at++)
			nal_put_bits(&m->nal, at, 1, mutator_pick(&m->own, 2));
		break;
	default:
		mutator_tell(&m->own, " bit %zu", at);
		nal_put_bits(&m->nal, at, 1, !nal_get_bit(&m->nal, at));
	}
}

/* The index at a superframe's end: a marker at both ends, frame sizes between. */
static void change_index(struct unit_mutator *m)
{
	uint8_t marker = m->nal.data[m->nal.size_bytes - 1];
	size_t index = 2 + (size_t)((marker >> 3 & 3) + 1) * ((marker & 7) + 1), at;

	if ((marker & 0xe0) != 0xc0 || index > m->nal.size_bytes)
		return;
	at = m->nal.size_bytes - 1 - mutator_pick(&m->own, (uint32_t)index);
	mutator_tell(&m->own, " index byte %zu", at);
	m->nal.data[at] ^= (uint8_t)(1 << mutator_pick(&m->own, 8));
}

/* ---- Units ---- */

static bool read_unit(struct unit_mutator *m, const struct mutator_unit *unit)
{
	const uint8_t *data = unit->data + unit->start_bytes;
	size_t n = unit->size_bytes - unit->start_bytes;

	if (n == 0 || n >= NAL_MAX_BYTES - 64)
		return false;
	if (m->codec == VACODEC_CODEC_HEVC) {
		nal_unescape(&m->nal, data, n);
		return true;
	}
	memcpy(m->nal.data, data, n);
	m->nal.size_bytes = n;
	return true;
}

/* The header of an OBU with its new size, of which all 4 bytes are used. */
static size_t put_obu_header(const struct unit_mutator *m, const struct mutator_unit *unit,
			     uint8_t *out)
{
	size_t at = unit->data[0] & 4 ? 2 : 1;

	memcpy(out, unit->data, at);
	for (unsigned int i = 0; i < 4; i++)
		out[at + i] = (uint8_t)((m->nal.size_bytes >> 7 * i & 0x7f) | (i < 3 ? 0x80 : 0));
	return at + 4;
}

static void write_unit(struct unit_mutator *m, struct mutator_unit *unit)
{
	uint8_t *out = m->own.arena + m->own.used_bytes;
	size_t n = unit->start_bytes;

	if (!mutator_has_room(&m->own, 16 + 2 * m->nal.size_bytes))
		return;
	if (m->codec == VACODEC_CODEC_AV1 && !strstr(m->at_hand->name, "annexb"))
		n = put_obu_header(m, unit, out);
	else
		memcpy(out, unit->data, n);
	if (m->codec == VACODEC_CODEC_HEVC) {
		n += nal_escape(&m->nal, out + n, 2 * m->nal.size_bytes);
	} else {
		memcpy(out + n, m->nal.data, m->nal.size_bytes);
		n += m->nal.size_bytes;
	}
	*unit = (struct mutator_unit){out, n, unit->start_bytes};
	m->own.used_bytes += n;
}

/* The first units, which have the sequence's headers, as often as all others; of AV1 no delimiters. */
static unsigned int choose_unit(struct unit_mutator *m)
{
	const struct mutant *mutant = &m->own.mutant;
	unsigned int n = mutator_pick(&m->own, 2) || mutant->n_units < 4 ? mutant->n_units : 4;
	unsigned int unit = mutator_pick(&m->own, n);

	while (unit + 1 < mutant->n_units &&
	       mutant->unit[unit].size_bytes == mutant->unit[unit].start_bytes)
		unit++;
	return unit;
}

static bool change_header(struct unit_mutator *m)
{
	struct mutant *mutant = &m->own.mutant;
	struct mutator_unit *unit;
	unsigned int n;

	mutant->changed = choose_unit(m);
	unit = &mutant->unit[mutant->changed];
	if (!read_unit(m, unit))
		return false;
	mutator_tell(&m->own, " unit %u", mutant->changed);
	n = mutator_pick(&m->own, 4) ? 1 : 1 + mutator_pick(&m->own, MAX_CHANGES);
	for (; n && m->nal.size_bytes; n--)
		change_bits(m);
	if (m->codec == VACODEC_CODEC_VP9 && m->nal.size_bytes && !mutator_pick(&m->own, 3))
		change_index(m);
	write_unit(m, unit);
	mutant->header = true;
	return true;
}

/* ---- All ---- */

static void make(struct mutator *own)
{
	choose_window(of(own));
	if (mutator_pick(own, 100) >= PERCENT_HEADERS || !change_header(of(own)))
		mutator_change_bytes(own);
}

static void finish(struct mutator *own)
{
	for (unsigned int i = 0; i < own->n_streams; i++)
		codec_stream_free(of(own)->stream[i]);
}

static int is_file(const struct dirent *entry)
{
	return codec_stream_find_codec(entry->d_name) != VACODEC_CODEC_NONE;
}

struct mutator *mutator_new_units(const char *folder, enum vacodec_codec codec)
{
	struct unit_mutator *m = calloc(1, sizeof(*m));
	struct dirent **entries = NULL;
	int n = scandir(folder, &entries, is_file, alphasort);

	for (int i = 0; i < n; i++) {
		struct codec_stream *s = NULL;

		if (m && m->own.n_streams < MAX_STREAMS &&
		    codec_stream_find_codec(entries[i]->d_name) == codec)
			s = codec_stream_load(folder, entries[i]->d_name);
		if (s)
			m->stream[m->own.n_streams++] = s;
		free(entries[i]);
	}
	free(entries);
	if (!m)
		return NULL;
	m->codec = codec;
	m->own.make = make;
	m->own.finish = finish;
	return &m->own;
}
