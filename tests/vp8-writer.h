/* SPDX-License-Identifier: MIT */
/*
 * vp8-writer.h - VP8 frames whose headers say whatever a test wants and whose pictures are known
 *
 * A key frame is of one grey; an inter frame is, too, or is one of its references, whole and
 * unmoved. A filter that the header asks for changes nothing in a picture of one grey.
 */
#ifndef VP8_WRITER_H
#define VP8_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VP8_WRITER_MAX_BYTES 8192

/* RFC 6386, 7.3. */
struct vp8_writer {
	uint8_t data[VP8_WRITER_MAX_BYTES];
	size_t size_bytes;
	uint32_t range, bottom;
	int bit_count;
};

void vp8_writer_init(struct vp8_writer *w);
void vp8_writer_put(struct vp8_writer *w, unsigned int prob, bool set);
void vp8_writer_literal(struct vp8_writer *w, unsigned int n, unsigned int value);
void vp8_writer_finish(struct vp8_writer *w);

enum vp8_from {
	VP8_FROM_LAST,
	VP8_FROM_GOLDEN,
	VP8_FROM_ALTERNATE,
	VP8_FROM_NONE, /* of one grey, as a key frame */
};

struct vp8_setup {
	bool key_frame, hidden;
	unsigned int version, width, height, scale; /* scale: both sides' two bits */
	bool color_space, clamping_type;
	/* Segmentation */
	bool segmentation, update_map, update_data, absolute;
	int quantizer[4], filter[4];
	unsigned int tree_probs[3]; /* 0: not sent */
	/* Filter */
	bool simple_filter;
	unsigned int filter_level, sharpness;
	bool deltas, update_deltas;
	int ref_deltas[4], mode_deltas[4]; /* 0: not sent */
	/* Quantisers; 35 makes the grey's steps 1. */
	unsigned int log2_partitions, qi;
	int q_deltas[5];
	/* References */
	bool refresh_golden, refresh_alternate, keep_last;
	unsigned int copy_to_golden, copy_to_alternate;
	bool bias_golden, bias_alternate;
	/* Probabilities; with 0 nothing is sent. */
	bool keep_entropy; /* refresh_entropy_probs is 0 */
	unsigned int coeff_index, coeff_prob;
	unsigned int left_index, left_prob; /* sent by a frame before, and still there */
	unsigned int mv_index, mv_prob;     /* mv_prob: 7 bits */
	unsigned int y_mode_probs[4], uv_mode_probs[3];
	/* The picture */
	int grey;           /* 128 and this, -10 to 10; not of a reference */
	enum vp8_from from; /* of an inter frame */
};

/*
 * Writes a frame; returns its size. data has room for VP8_WRITER_MAX_BYTES. width and height: of
 * the picture.
 */
size_t vp8_write_frame(const struct vp8_setup *setup, uint8_t *data);

#endif
