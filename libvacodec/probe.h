/* SPDX-License-Identifier: MIT */
/*
 * probe.h - what a stream is, without decoding it: the part that all codecs share
 *
 * A codec parses units into the result. What the display decodes is asked of the decoder's own code,
 * by way of a decoder that is never opened.
 */
#ifndef LIBVACODEC_PROBE_H
#define LIBVACODEC_PROBE_H

#include "decoder.h"

struct vacodec_probe {
	struct vacodec_decoder judge; /* only its display and its messages are used */
	const struct codec_ops *ops;
	struct vacodec_caps caps; /* of the display for this codec */
	struct unit_splitter splitter;
	struct vacodec_probe_result result;
	void *codec; /* the codec's own */
};

struct probe_ops {
	const char *const *features; /* names of the result's bits, from 0 on; ends with NULL */
	size_t codec_bytes;          /* of the codec's own state, which is zeroed */
	/* Notes what a unit says; an error makes it a bad unit. */
	int (*take_unit)(struct vacodec_probe *probe, const struct unit *unit);
	/* Completes the result; -ENODATA when no sequence header came. */
	int (*complete)(struct vacodec_probe *probe);
};

extern const struct probe_ops av1_probe_ops;
extern const struct probe_ops h264_probe_ops;
extern const struct probe_ops hevc_probe_ops;
extern const struct probe_ops vp8_probe_ops;
extern const struct probe_ops mpeg2_probe_ops;

/* ---- For the codecs ---- */

/* Names something that the display or the library does not decode. */
void probe_refuse(struct vacodec_probe *probe, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Refuses sizes that the driver does not take. */
void probe_check_size(struct vacodec_probe *probe, unsigned int width, unsigned int height);
/* The decoder's format for a sequence; the first one is the result's. */
void probe_take_format(struct vacodec_probe *probe, const struct vacodec_format *format,
		       bool first);
static inline void probe_note(struct vacodec_probe *probe, unsigned int feature, bool seen)
{
	probe->result.features |= (uint64_t)seen << feature;
}

#endif
