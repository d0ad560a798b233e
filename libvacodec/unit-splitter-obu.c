/* SPDX-License-Identifier: MIT */
/*
 * unit-splitter-obu.c - the units of an AV1 stream, of the low-overhead form or of Annex B
 *
 * The form shows at the stream's beginning: Annex B has three lengths there, each within the one
 * before, and a temporal delimiter. A unit is one OBU, with its header. One without a size field, in
 * the low-overhead form, reaches to the end of its packet, as the last one of a sample in a file may.
 * Source: AV1 specification, 5.2, 5.3 and Annex B.
 */
#include "unit-splitter.h"

#include "av1-obu.h"

#include <string.h>

/* A temporal delimiter, and the first byte of a sequence header, both with a size. */
#define LANDMARK      UINT32_C(0x12000a)
#define LANDMARK_MASK UINT32_C(0xffffff)

static bool is_delimiter(const uint8_t *data, size_t size_bytes)
{
	struct av1_obu obu;

	return av1_obu_parse(data, size_bytes, &obu) == 0 &&
	       obu.obu_type == AV1_OBU_TEMPORAL_DELIMITER && obu.size_bytes == 0;
}

/* 1 Annex B, 0 not, -1 too few bytes. */
static int probe_annexb(const uint8_t *data, size_t size_bytes)
{
	uint32_t outer = UINT32_MAX;
	uint32_t length = 0;
	unsigned int level;
	size_t at = 0;
	int n;

	for (level = 0; level < UNIT_OBU_LEVELS; level++) {
		n = av1_leb128_read(data + at, size_bytes - at, &length);
		if (n == 0)
			return -1;
		/* None is empty, and what is within has a length, too. */
		if (n < 0 || length == 0 || (level > 0 && length > outer - (uint32_t)n))
			return 0;
		at += (size_t)n;
		outer = length;
	}
	/* With an extension and a size field it is three bytes long. */
	if (length > 3)
		return 0;
	if (length > size_bytes - at)
		return -1;
	return is_delimiter(data + at, length);
}

/* ---- One unit ---- */

static void lose(struct unit_splitter *s)
{
	s->lost = true;
	s->damaged = true;
	s->ready = true;
	s->in_unit = false;
	s->n_length = 0;
	s->obu.level = 0;
	s->obu.length = 0;
	s->obu.length_bytes = 0;
	s->obu.in_payload = false;
	s->obu.to_end = false;
	s->obu.last = 0;
}

static void begin_unit(struct unit_splitter *s, uint64_t timestamp)
{
	if (s->n_length++ == 0)
		s->timestamp = timestamp;
}

static void complete(struct unit_splitter *s)
{
	s->ready = true;
	s->in_unit = false;
	s->n_length = 0;
	s->obu.in_payload = false;
	s->obu.to_end = false;
}

/* ---- Low-overhead form ---- */

/* With one byte more of the header, is it whole? */
static void look_at_header(struct unit_splitter *s)
{
	size_t at = s->data[0] & 4 ? 2 : 1;
	uint32_t length = 0;
	int n;

	if (s->data[0] & 0x80) {
		lose(s);
		return;
	}
	if (s->size_bytes < at)
		return;
	if (!(s->data[0] & 2)) {
		s->obu.in_payload = true;
		s->obu.to_end = true;
		return;
	}
	n = av1_leb128_read(s->data + at, s->size_bytes - at, &length);
	if (n < 0 || length > UNIT_SPLITTER_MAX_BYTES)
		lose(s);
	if (n <= 0 || s->ready)
		return;
	s->obu.in_payload = true;
	s->left_bytes = length;
	if (length == 0)
		complete(s);
}

static int push_payload(struct unit_splitter *s, const uint8_t *data, size_t n)
{
	int ret = unit_splitter_append(s, data, n, false);

	if (ret < 0)
		return ret;
	s->left_bytes -= (uint32_t)n;
	if (s->left_bytes == 0)
		complete(s);
	return 0;
}

/* The size of an OBU that says it, and is here from its first byte to its last one; or 0. */
static size_t find_whole(const uint8_t *data, size_t size_bytes)
{
	struct av1_obu obu;

	if (!(data[0] & 2) || av1_obu_parse(data, size_bytes, &obu) < 0 ||
	    obu.size_bytes > UNIT_SPLITTER_MAX_BYTES)
		return 0;
	return (size_t)(obu.payload - data) + obu.size_bytes;
}

static int64_t push_section5(struct unit_splitter *s, const uint8_t *data, size_t size_bytes,
			     uint64_t timestamp)
{
	size_t n = 1;
	int ret;

	if (s->obu.to_end) {
		ret = unit_splitter_append(s, data, size_bytes, false);
		if (ret == 0)
			complete(s);
		return ret < 0 ? ret : (int64_t)size_bytes;
	}
	if (s->obu.in_payload) {
		n = size_bytes < s->left_bytes ? size_bytes : s->left_bytes;
		ret = push_payload(s, data, n);
		return ret < 0 ? ret : (int64_t)n;
	}
	s->in_unit = true;
	n = s->size_bytes == 0 ? find_whole(data, size_bytes) : 0;
	ret = unit_splitter_append(s, data, n ? n : 1, n > 0);
	if (ret < 0)
		return ret;
	begin_unit(s, timestamp);
	if (n > 0) {
		complete(s);
		return (int64_t)n;
	}
	look_at_header(s);
	return 1;
}

/* ---- Annex B ---- */

static void end_levels(struct unit_splitter *s)
{
	while (s->obu.level > 0 && s->obu.left[s->obu.level - 1] == 0)
		s->obu.level--;
	if (s->obu.level == 0)
		s->n_length = 0;
}

/* Takes n bytes off all that is open. */
static void count(struct unit_splitter *s, uint32_t n)
{
	unsigned int i;

	for (i = 0; i < s->obu.level; i++)
		s->obu.left[i] -= n;
}

static void push_length_byte(struct unit_splitter *s, uint8_t byte, uint64_t timestamp)
{
	struct unit_obu *obu = &s->obu;
	uint32_t outer = obu->level > 0 ? obu->left[obu->level - 1] : UNIT_SPLITTER_MAX_BYTES;

	begin_unit(s, timestamp);
	obu->length |= (uint64_t)(byte & 0x7f) << 7 * obu->length_bytes;
	obu->length_bytes++;
	count(s, 1);
	if (outer == 0 || (byte & 0x80 && (obu->length_bytes == 8 || outer == 1)) ||
	    (!(byte & 0x80) && obu->length > outer - (obu->level > 0))) {
		lose(s);
		return;
	}
	if (byte & 0x80)
		return;
	obu->left[obu->level++] = (uint32_t)obu->length;
	obu->length = 0;
	obu->length_bytes = 0;
	if (obu->level == UNIT_OBU_LEVELS)
		s->in_unit = true;
	/* An empty OBU has no header: 5.3.1 needs a byte. */
	if (obu->level == UNIT_OBU_LEVELS && obu->left[UNIT_OBU_LEVELS - 1] == 0)
		lose(s);
	end_levels(s);
}

static int64_t push_annexb(struct unit_splitter *s, const uint8_t *data, size_t size_bytes,
			   uint64_t timestamp)
{
	uint32_t n;
	int ret;

	if (s->obu.level < UNIT_OBU_LEVELS) {
		push_length_byte(s, data[0], timestamp);
		return 1;
	}
	n = s->obu.left[UNIT_OBU_LEVELS - 1];
	if (size_bytes < n)
		n = (uint32_t)size_bytes;
	ret = unit_splitter_append(s, data, n, n == s->obu.left[UNIT_OBU_LEVELS - 1]);
	if (ret < 0)
		return ret;
	count(s, n);
	if (s->obu.left[UNIT_OBU_LEVELS - 1] == 0) {
		end_levels(s);
		complete(s);
	}
	return n;
}

/* ---- Where order returns ---- */

/* Of the kinds that there are, and as long as it must be: 5.3.1 has trailing bits in all but two. */
static bool is_plausible(uint8_t header, const struct av1_obu *obu)
{
	bool known =
		(obu->obu_type >= AV1_OBU_SEQUENCE_HEADER && obu->obu_type <= AV1_OBU_TILE_LIST) ||
		obu->obu_type == AV1_OBU_PADDING;

	if (!known || header & 1) /* obu_reserved_1bit */
		return false;
	return obu->obu_type == AV1_OBU_TEMPORAL_DELIMITER
		       ? obu->size_bytes == 0
		       : obu->size_bytes > 0 || obu->obu_type == AV1_OBU_PADDING;
}

/*
 * From the first byte to the last one. The last OBU may be without a size, but not the only one, and not
 * where a unit would be broken off for it: any data looks so soon.
 */
static bool is_whole_obus(const uint8_t *data, size_t size_bytes, bool within)
{
	struct av1_obu obu;
	bool first = true;
	size_t n;

	for (; size_bytes > 0; first = false) {
		if ((first || within) && !(data[0] & 2))
			return false;
		if (av1_obu_parse(data, size_bytes, &obu) < 0 || !is_plausible(data[0], &obu))
			return false;
		n = (size_t)(obu.payload - data) + obu.size_bytes;
		data += n;
		size_bytes -= n;
	}
	return !first;
}

static bool is_whole_temporal_units(const uint8_t *data, size_t size_bytes)
{
	uint32_t length;
	int n;

	while (size_bytes > 0) {
		n = av1_leb128_read(data, size_bytes, &length);
		if (n <= 0 || length > size_bytes - (size_t)n ||
		    probe_annexb(data, size_bytes) != 1)
			return false;
		data += (size_t)n + length;
		size_bytes -= (size_t)n + length;
	}
	return true;
}

void unit_splitter_begin_obus(struct unit_splitter *s, const uint8_t *data, size_t size_bytes)
{
	bool within = s->n_length > 0 || s->obu.level > 0;

	if (s->obu.to_end) {
		complete(s);
		return;
	}
	if (!s->obu.known || (!s->lost && (!within || s->split)))
		return;
	if (s->obu.annexb ? !is_whole_temporal_units(data, size_bytes)
			  : !is_whole_obus(data, size_bytes, within)) {
		s->split |= within;
		return;
	}
	if (within)
		lose(s);
	s->lost = false;
}

/* In the low-overhead form, where a coded video sequence begins. */
static void search(struct unit_splitter *s, uint8_t byte, uint64_t timestamp)
{
	s->obu.last = (s->obu.last << 8 | byte) & LANDMARK_MASK;
	if (s->obu.annexb || s->obu.last != LANDMARK)
		return;
	s->lost = false;
	push_section5(s, &byte, 1, timestamp);
}

/* ---- All ---- */

static int64_t push_known(struct unit_splitter *s, const uint8_t *data, size_t size_bytes,
			  uint64_t timestamp)
{
	size_t i;

	if (!s->lost)
		return s->obu.annexb ? push_annexb(s, data, size_bytes, timestamp)
				     : push_section5(s, data, size_bytes, timestamp);
	for (i = 0; i < size_bytes && s->lost; i++)
		search(s, data[i], timestamp);
	return (int64_t)i;
}

/* The bytes that were seen before the form was known, up to a unit's end. */
static int replay(struct unit_splitter *s)
{
	struct unit_obu *obu = &s->obu;
	int64_t n;

	while (obu->probe_at < obu->n_probe && !s->ready) {
		/* One by one: they may be the beginning of a packet. */
		n = obu->to_end ? unit_splitter_append(s, obu->probe + obu->probe_at, 1, false)
				: push_known(s, obu->probe + obu->probe_at, 1, s->next_timestamp);
		if (n < 0)
			return (int)n;
		obu->probe_at++;
	}
	return 0;
}

static int64_t push_probe(struct unit_splitter *s, uint8_t byte, uint64_t timestamp)
{
	struct unit_obu *obu = &s->obu;
	const struct unit_obu before = *obu;
	int annexb;
	int ret;

	if (obu->n_probe == 0)
		s->next_timestamp = timestamp;
	obu->probe[obu->n_probe++] = byte;
	annexb = probe_annexb(obu->probe, obu->n_probe);
	if (annexb < 0 && obu->n_probe < UNIT_OBU_PROBE_BYTES)
		return 1;
	obu->annexb = annexb == 1;
	obu->known = true;
	ret = replay(s);
	if (ret < 0) { /* it is taken again */
		*obu = before;
		s->n_length = 0;
		s->in_unit = false;
		s->size_bytes = 0;
	}
	return ret < 0 ? ret : 1;
}

int64_t unit_splitter_push_obus(struct unit_splitter *s, const uint8_t *data, size_t size_bytes,
				uint64_t timestamp)
{
	if (!s->obu.known)
		return push_probe(s, data[0], timestamp);
	return push_known(s, data, size_bytes, timestamp);
}

void unit_splitter_next_obu(struct unit_splitter *s)
{
	if (replay(s) < 0)
		lose(s);
}

void unit_splitter_end_obus(struct unit_splitter *s)
{
	if (!s->obu.known && s->obu.n_probe > 0) {
		s->obu.known = true;
		if (replay(s) < 0)
			lose(s);
	}
	if (s->obu.to_end && !s->ready)
		complete(s);
	else if ((s->n_length > 0 || s->obu.level > 0) && !s->ready &&
		 s->obu.probe_at == s->obu.n_probe)
		lose(s);
	s->lost = false;
}
