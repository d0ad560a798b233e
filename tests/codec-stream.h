/* SPDX-License-Identifier: MIT */
/*
 * codec-stream.h - one of the project's streams of any codec, without its container, and its units
 *
 * A unit is the least that a packet may have: a NAL unit or what else a start code begins, an OBU, a frame
 * of VP8, a superframe of VP9. Nothing of libvacodec: what a test knows of a stream it finds out by itself.
 * Source: Rec. ITU-T H.264, B.1; Rec. ITU-T H.262, 6.2; AV1 specification, 5.3 and Annex B.
 */
#ifndef TESTS_CODEC_STREAM_H
#define TESTS_CODEC_STREAM_H

#include "vacodec.h"

#define CODEC_STREAM_MAX_UNITS 4096

struct codec_stream {
	enum vacodec_codec codec;
	char name[64]; /* of its file */
	uint8_t *data;
	size_t size_bytes;
	size_t unit[CODEC_STREAM_MAX_UNITS + 1]; /* where they begin; behind the last: the end */
	unsigned int n_units;
	bool packets; /* each unit is a packet of its own; else any bytes may be one */
};

/* NULL where there is no such file, or it has no units. */
struct codec_stream *codec_stream_load(const char *folder, const char *name);
struct codec_stream *codec_stream_free(struct codec_stream *stream);

static inline const uint8_t *codec_stream_get_unit(const struct codec_stream *stream,
						   unsigned int unit)
{
	return stream->data + stream->unit[unit];
}

static inline size_t codec_stream_get_size(const struct codec_stream *stream, unsigned int unit)
{
	return stream->unit[unit + 1] - stream->unit[unit];
}

/*
 * What a unit is, without its start code: for H.264 its nal_unit_type, for HEVC too, the start code's value
 * of MPEG-2, obu_type. 0 for VP8 and VP9.
 */
unsigned int codec_stream_get_type(const struct codec_stream *stream, unsigned int unit);
/* The headers before a unit's payload: start code and NAL unit header, OBU header and size. */
size_t codec_stream_get_header_size(const struct codec_stream *stream, unsigned int unit);

/*
 * Whether streams of a list are of all codecs that there are: a test of what is common to them must leave
 * none out. Those that the build's softva cannot decode count as there.
 */
bool codec_stream_names_all(const char *const *names, size_t n);
/* By a stream's name; NONE where it says nothing. */
enum vacodec_codec codec_stream_find_codec(const char *name);
/* Whether the build's softva decodes it. */
bool codec_stream_is_decodable(const char *name);

#endif
