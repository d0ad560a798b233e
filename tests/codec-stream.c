/* SPDX-License-Identifier: MIT */
/*
 * codec-stream.c - one of the project's streams, without its container; see codec-stream.h
 */
#include "codec-stream.h"

#include "nal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BYTES        (1u << 20)
#define IVF_HEADER_BYTES 32
#define IVF_FRAME_BYTES  12

/* ---- Which codec ---- */

/* H.264's and HEVC's have no codec in front of their names. */
enum vacodec_codec codec_stream_find_codec(const char *name)
{
	static const struct {
		const char *begin, *end;
		enum vacodec_codec codec;
	} rows[] = {
		{"", ".264", VACODEC_CODEC_H264},    {"", ".265", VACODEC_CODEC_HEVC},
		{"vp8-", ".ivf", VACODEC_CODEC_VP8}, {"vp9-", ".ivf", VACODEC_CODEC_VP9},
		{"av1-", ".ivf", VACODEC_CODEC_AV1}, {"av1-", ".obu", VACODEC_CODEC_AV1},
		{"", ".m2v", VACODEC_CODEC_MPEG2},
	};
	const char *end = strrchr(name, '.');

	for (size_t i = 0; end && i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!strcmp(end, rows[i].end) &&
		    !strncmp(name, rows[i].begin, strlen(rows[i].begin)))
			return rows[i].codec;
	}
	return VACODEC_CODEC_NONE;
}

bool codec_stream_is_decodable(const char *name)
{
#ifdef HAVE_DAV1D
	(void)name;
	return true;
#else
	return codec_stream_find_codec(name) != VACODEC_CODEC_AV1;
#endif
}

bool codec_stream_names_all(const char *const *names, size_t n)
{
	for (enum vacodec_codec codec = VACODEC_CODEC_NONE + 1; codec < VACODEC_N_CODECS; codec++) {
		size_t i = 0;

		while (i < n && codec_stream_find_codec(names[i]) != codec)
			i++;
		if (i == n && vacodec_codec_get_name(codec))
			return false;
	}
	return true;
}

/* ---- Units ---- */

static bool add_unit(struct codec_stream *s, size_t at)
{
	if (s->n_units == CODEC_STREAM_MAX_UNITS)
		return false;
	s->unit[s->n_units++] = at;
	s->unit[s->n_units] = s->size_bytes;
	return true;
}

static bool find_start_codes(struct codec_stream *s)
{
	size_t at = nal_find(s->data, s->size_bytes, 0, 0);
	bool room = true;

	for (; at < s->size_bytes && room; at = nal_find(s->data, s->size_bytes, at + 3, 0))
		room = add_unit(s, at);
	return room;
}

/* leb128(), 4.10.5: returns its bytes, 0 where it does not end. */
static size_t read_leb128(const uint8_t *data, size_t size, size_t *value)
{
	*value = 0;
	for (size_t i = 0; i < size && i < 8; i++) {
		*value |= (size_t)(data[i] & 0x7f) << 7 * i;
		if (!(data[i] & 0x80))
			return i + 1;
	}
	return 0;
}

/* 5.3.2: header, its extension, the size; 0 where the OBU has none. */
static size_t read_obu_header(const uint8_t *data, size_t size, size_t *payload_bytes)
{
	size_t at = size > 0 && data[0] & 4 ? 2 : 1, n;

	if (at >= size || !(data[0] & 2))
		return 0;
	n = read_leb128(data + at, size - at, payload_bytes);
	return n ? at + n : 0;
}

static bool find_obus(struct codec_stream *s)
{
	size_t payload_bytes, n;

	for (size_t at = 0; at < s->size_bytes; at += n + payload_bytes) {
		n = read_obu_header(s->data + at, s->size_bytes - at, &payload_bytes);
		if (n == 0 || payload_bytes > s->size_bytes - at - n || !add_unit(s, at))
			return false;
	}
	return true;
}

/* Annex B: temporal units, each behind its size. */
static bool find_temporal_units(struct codec_stream *s)
{
	size_t unit_bytes, n;

	for (size_t at = 0; at < s->size_bytes; at += n + unit_bytes) {
		n = read_leb128(s->data + at, s->size_bytes - at, &unit_bytes);
		if (n == 0 || unit_bytes > s->size_bytes - at - n || !add_unit(s, at))
			return false;
	}
	return true;
}

/* Lays the frames of an IVF file one behind the other. */
static bool unwrap_ivf(struct codec_stream *s)
{
	size_t at = IVF_HEADER_BYTES, end = s->size_bytes, n;
	uint8_t *d = s->data;

	s->size_bytes = 0;
	if (end < at || memcmp(d, "DKIF", 4))
		return false;
	for (; at + IVF_FRAME_BYTES <= end; at += n) {
		n = (size_t)d[at] | (size_t)d[at + 1] << 8 | (size_t)d[at + 2] << 16;
		at += IVF_FRAME_BYTES;
		if (n > end - at || !add_unit(s, s->size_bytes))
			return false;
		memmove(d + s->size_bytes, d + at, n);
		s->size_bytes += n;
		s->unit[s->n_units] = s->size_bytes;
	}
	s->packets = s->codec != VACODEC_CODEC_AV1;
	if (!s->packets)
		s->n_units = 0;
	return true;
}

static bool find_units(struct codec_stream *s)
{
	if (strstr(s->name, ".ivf") && !unwrap_ivf(s))
		return false;
	if (s->packets)
		return true;
	if (s->codec != VACODEC_CODEC_AV1)
		return find_start_codes(s);
	return strstr(s->name, "annexb") ? find_temporal_units(s) : find_obus(s);
}

/* What is not needed of its memory; so that a reader beyond the end is seen, too. */
static uint8_t *give_back(uint8_t *data, size_t size_bytes)
{
	uint8_t *smaller = realloc(data, size_bytes);

	return smaller ? smaller : data;
}

struct codec_stream *codec_stream_load(const char *folder, const char *name)
{
	struct codec_stream *s = calloc(1, sizeof(*s));
	char path[4096];
	FILE *file;

	if (!s)
		return NULL;
	s->codec = codec_stream_find_codec(name);
	snprintf(s->name, sizeof(s->name), "%s", name);
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "rb");
	s->data = malloc(MAX_BYTES);
	if (file && s->data)
		s->size_bytes = fread(s->data, 1, MAX_BYTES, file);
	if (file)
		fclose(file);
	if (!s->data || s->size_bytes == MAX_BYTES || !find_units(s) || s->n_units == 0)
		return codec_stream_free(s);
	s->data = give_back(s->data, s->size_bytes);
	return s;
}

struct codec_stream *codec_stream_free(struct codec_stream *stream)
{
	if (stream)
		free(stream->data);
	free(stream);
	return NULL;
}

/* ---- What they are ---- */

unsigned int codec_stream_get_type(const struct codec_stream *stream, unsigned int unit)
{
	const uint8_t *data = codec_stream_get_unit(stream, unit);

	if (codec_stream_get_size(stream, unit) < 4 && stream->codec != VACODEC_CODEC_AV1)
		return 0;
	switch (stream->codec) {
	case VACODEC_CODEC_H264:
		return data[3] & 31;
	case VACODEC_CODEC_HEVC:
		return data[3] >> 1 & 63;
	case VACODEC_CODEC_MPEG2:
		return data[3];
	case VACODEC_CODEC_AV1:
		return data[0] >> 3 & 15;
	default:
		return 0;
	}
}

size_t codec_stream_get_header_size(const struct codec_stream *stream, unsigned int unit)
{
	size_t payload_bytes;

	switch (stream->codec) {
	case VACODEC_CODEC_HEVC:
		return 5;
	case VACODEC_CODEC_H264:
	case VACODEC_CODEC_MPEG2:
		return 4;
	case VACODEC_CODEC_AV1:
		return read_obu_header(codec_stream_get_unit(stream, unit),
				       codec_stream_get_size(stream, unit), &payload_bytes);
	default:
		return 0;
	}
}
