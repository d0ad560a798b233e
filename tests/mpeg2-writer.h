/* SPDX-License-Identifier: MIT */
/*
 * mpeg2-writer.h - MPEG-2 pictures of 16x32 samples under any headers, known by construction
 *
 * An intra picture is of one grey; a P picture is a reference, whole and unmoved: of a field
 * picture the field that it selects.
 */
#ifndef MPEG2_WRITER_H
#define MPEG2_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MPEG2_WRITER_MAX_BYTES 4096
#define MPEG2_WRITER_WIDTH     16
#define MPEG2_WRITER_HEIGHT    32

struct mpeg2_writer {
	uint8_t data[MPEG2_WRITER_MAX_BYTES];
	size_t n_bits;
};

void mpeg2_writer_put(struct mpeg2_writer *w, unsigned int n, uint32_t value);
/* Aligns, and writes the prefix and the value. */
void mpeg2_writer_start(struct mpeg2_writer *w, unsigned int code);

struct mpeg2_written_sequence {
	bool mpeg1; /* no extension */
	bool progressive, low_delay;
	unsigned int width, height;  /* 0: the usual */
	unsigned int chroma_format;  /* 0: 4:2:0 */
	const uint8_t *intra_matrix; /* or NULL */
};

void mpeg2_write_sequence(struct mpeg2_writer *w, const struct mpeg2_written_sequence *sequence);
void mpeg2_write_group(struct mpeg2_writer *w, bool closed, bool broken);

struct mpeg2_written_picture {
	unsigned int type;      /* 1 to 3 */
	unsigned int structure; /* 1 top, 2 bottom, 3 frame */
	unsigned int temporal_reference;
	int grey;           /* of an intra picture: 128 and this, -127 to 127 */
	bool select_bottom; /* of a P field: the field that it is a copy of */
	bool top_first, progressive;
	bool no_extension;
	const uint8_t *intra_matrix; /* in a quant matrix extension, or NULL */
};

void mpeg2_write_picture(struct mpeg2_writer *w, const struct mpeg2_written_picture *picture);
/* Whole bytes so far. */
size_t mpeg2_writer_get_size(struct mpeg2_writer *w);

#endif
