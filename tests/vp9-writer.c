/* SPDX-License-Identifier: MIT */
/*
 * vp9-writer.c - VP9 frames with any uncompressed header
 *
 * Source: VP9 bitstream specification, 6.2 and Annex B.
 */
#include "vp9-writer.h"

#include <assert.h>
#include <string.h>

#define COMPRESSED_BYTES 16
#define TILE_BYTES       64

struct writer {
	uint8_t *data;
	size_t n; /* bits */
};

static void put(struct writer *w, unsigned int n, unsigned int value)
{
	while (n-- > 0) {
		assert(w->n < (VP9_WRITER_MAX_BYTES - COMPRESSED_BYTES - TILE_BYTES) * 8);
		w->data[w->n / 8] |= (uint8_t)((value >> n & 1) << (7 - w->n % 8));
		w->n++;
	}
}

static void put_signed(struct writer *w, unsigned int n, int value)
{
	put(w, n, (unsigned int)(value < 0 ? -value : value));
	put(w, 1, value < 0);
}

static void put_sync_code(struct writer *w, const struct vp9_setup *s)
{
	put(w, 24, s->sync_code ? s->sync_code : 0x498342);
}

static void put_color(struct writer *w, const struct vp9_setup *s)
{
	if (s->profile >= 2)
		put(w, 1, s->twelve_bits);
	put(w, 3, s->color_space);
	if (s->color_space != 7)
		put(w, 1, 0);
	if (s->profile & 1 && s->color_space != 7) {
		put(w, 1, s->subsampling_x);
		put(w, 1, s->subsampling_y);
	}
	if (s->profile & 1)
		put(w, 1, 0);
}

static void put_size(struct writer *w, const struct vp9_setup *s)
{
	put(w, 16, s->width - 1);
	put(w, 16, s->height - 1);
}

static void put_render_size(struct writer *w, const struct vp9_setup *s)
{
	put(w, 1, s->render_size);
	if (s->render_size)
		put(w, 32, 0x00630063);
}

static void put_inter(struct writer *w, const struct vp9_setup *s)
{
	put(w, 8, s->refresh);
	for (unsigned int i = 0; i < 3; i++) {
		put(w, 3, s->refs[i]);
		put(w, 1, s->biases[i]);
	}
	for (unsigned int i = 1; i <= 3; i++) {
		put(w, 1, s->size_of == i);
		if (s->size_of == i)
			break;
	}
	if (!s->size_of)
		put_size(w, s);
	put_render_size(w, s);
	put(w, 1, s->high_precision);
	put(w, 1, s->filter == 4);
	if (s->filter < 4)
		put(w, 2, s->filter);
}

static void put_kind(struct writer *w, const struct vp9_setup *s)
{
	put(w, 1, s->inter || s->intra_only);
	put(w, 1, !s->hidden);
	put(w, 1, s->resilient);
	if (!s->inter && !s->intra_only) {
		put_sync_code(w, s);
		put_color(w, s);
		put_size(w, s);
		put_render_size(w, s);
		return;
	}
	if (s->hidden)
		put(w, 1, s->intra_only);
	if (!s->resilient)
		put(w, 2, s->reset_context);
	if (s->inter) {
		put_inter(w, s);
		return;
	}
	put_sync_code(w, s);
	if (s->profile > 0)
		put_color(w, s);
	put(w, 8, s->refresh);
	put_size(w, s);
	put_render_size(w, s);
}

static void put_deltas(struct writer *w, const int *deltas, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		put(w, 1, 1);
		put_signed(w, 6, deltas[i]);
	}
}

static void put_filter(struct writer *w, const struct vp9_setup *s)
{
	put(w, 6, s->level);
	put(w, 3, s->sharpness);
	put(w, 1, s->deltas);
	if (!s->deltas)
		return;
	put(w, 1, s->update_deltas);
	if (s->update_deltas) {
		put_deltas(w, s->ref_deltas, 4);
		put_deltas(w, s->mode_deltas, 2);
	}
}

static void put_quantizers(struct writer *w, const struct vp9_setup *s)
{
	put(w, 8, s->q_index);
	for (unsigned int i = 0; i < 3; i++) {
		put(w, 1, s->q_deltas[i] != 0);
		if (s->q_deltas[i])
			put_signed(w, 4, s->q_deltas[i]);
	}
}

static void put_probs(struct writer *w, const unsigned int *probs, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		put(w, 1, probs[i] != 0);
		if (probs[i])
			put(w, 8, probs[i]);
	}
}

static void put_features(struct writer *w, const struct vp9_setup *s)
{
	static const unsigned int n_bits[4] = {8, 6, 2, 0};

	put(w, 1, s->absolute);
	for (unsigned int i = 0; i < 32; i++) {
		bool on = s->features[i / 4][i % 4];
		int value = s->data[i / 4][i % 4];

		put(w, 1, on);
		if (on && i % 4 < 2)
			put_signed(w, n_bits[i % 4], value);
		else if (on)
			put(w, n_bits[i % 4], (unsigned int)value);
	}
}

static void put_segmentation(struct writer *w, const struct vp9_setup *s)
{
	put(w, 1, s->segmentation);
	if (!s->segmentation)
		return;
	put(w, 1, s->update_map);
	if (s->update_map) {
		put_probs(w, s->tree_probs, 7);
		put(w, 1, s->temporal);
		if (s->temporal)
			put_probs(w, s->pred_probs, 3);
	}
	put(w, 1, s->update_data);
	if (s->update_data)
		put_features(w, s);
}

static void put_tiles(struct writer *w, const struct vp9_setup *s)
{
	for (unsigned int i = 0; i < s->max_tile_columns; i++) {
		put(w, 1, i < s->tile_columns);
		if (i >= s->tile_columns)
			break;
	}
	put(w, 1, s->tile_rows > 0);
	if (s->tile_rows)
		put(w, 1, s->tile_rows > 1);
}

static void put_header(struct writer *w, const struct vp9_setup *s)
{
	put_kind(w, s);
	if (!s->resilient) {
		put(w, 1, s->refresh_context);
		put(w, 1, s->parallel);
	}
	put(w, 2, s->context);
	put_filter(w, s);
	put_quantizers(w, s);
	put_segmentation(w, s);
	put_tiles(w, s);
	put(w, 16, s->no_compressed_header ? 0 : COMPRESSED_BYTES);
}

size_t vp9_write_frame(const struct vp9_setup *s, uint8_t data[VP9_WRITER_MAX_BYTES])
{
	struct writer w = {data, 0};

	memset(data, 0, VP9_WRITER_MAX_BYTES);
	put(&w, 2, 2);
	put(&w, 1, s->profile & 1);
	put(&w, 1, s->profile >> 1);
	if (s->profile == 3)
		put(&w, 1, 0);
	put(&w, 1, s->show_existing);
	if (s->show_existing) {
		put(&w, 3, s->existing);
		return (w.n + 7) / 8;
	}
	put_header(&w, s);
	return (w.n + 7) / 8 + COMPRESSED_BYTES + TILE_BYTES;
}

size_t vp9_write_index(uint8_t *end, const size_t *sizes, unsigned int n, unsigned int n_bytes)
{
	uint8_t marker = (uint8_t)(0xc0 | (n_bytes - 1) << 3 | (n - 1));
	size_t at = 0;

	end[at++] = marker;
	for (unsigned int i = 0; i < n; i++) {
		for (unsigned int j = 0; j < n_bytes; j++)
			end[at++] = (uint8_t)(sizes[i] >> 8 * j);
	}
	end[at++] = marker;
	return at;
}
