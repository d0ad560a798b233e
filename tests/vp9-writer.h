/* SPDX-License-Identifier: MIT */
/*
 * vp9-writer.h - VP9 frames with any uncompressed header
 *
 * What follows the header is zeros, which decoders take: some picture without errors.
 */
#ifndef VP9_WRITER_H
#define VP9_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VP9_WRITER_MAX_BYTES 512

struct vp9_setup {
	unsigned int profile;
	bool show_existing;
	unsigned int existing; /* the slot */
	bool inter, hidden, resilient, intra_only;
	unsigned int reset_context;
	unsigned int sync_code; /* 0: the right one */
	bool twelve_bits;
	unsigned int color_space, subsampling_x, subsampling_y;
	unsigned int refresh;
	unsigned int refs[3];
	bool biases[3];
	unsigned int size_of; /* reference from 1 on; 0: width and height */
	unsigned int width, height;
	bool render_size;
	bool high_precision;
	unsigned int filter; /* 0 to 3 as coded, 4 switchable */
	bool refresh_context, parallel;
	unsigned int context;
	unsigned int level, sharpness;
	bool deltas, update_deltas;
	int ref_deltas[4], mode_deltas[2];
	unsigned int q_index;
	int q_deltas[3]; /* luma DC, chroma DC, chroma AC */
	bool segmentation, update_map, temporal, update_data, absolute;
	unsigned int tree_probs[7], pred_probs[3]; /* 0: none is sent */
	bool features[8][4];
	int data[8][4];
	unsigned int tile_columns, tile_rows; /* log2 */
	unsigned int max_tile_columns;        /* log2, as the width allows */
	bool no_compressed_header;
};

/* Returns the frame's bytes. */
size_t vp9_write_frame(const struct vp9_setup *setup, uint8_t data[VP9_WRITER_MAX_BYTES]);
/* Appends a superframe's index for frames of these sizes, each of so many bytes. */
size_t vp9_write_index(uint8_t *end, const size_t *sizes, unsigned int n, unsigned int n_bytes);

#endif
