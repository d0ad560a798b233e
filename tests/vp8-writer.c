/* SPDX-License-Identifier: MIT */
/*
 * vp8-writer.c - VP8 frames whose headers say whatever a test wants; see vp8-writer.h
 *
 * Source: RFC 6386, 7.3 (arithmetic encoder), 9 and 19.2 (header), 8 and 16 (modes), 13 (tokens).
 */
#include "vp8-writer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "libvacodec/vp8-header.h"

#define PROB_SKIP_FALSE 128
#define PROB_REFERENCE  128

/* ---- Arithmetic encoder ---- */

void vp8_writer_init(struct vp8_writer *w)
{
	memset(w, 0, sizeof(*w));
	w->range = 255;
	w->bit_count = 24;
}

static void carry(struct vp8_writer *w)
{
	size_t at = w->size_bytes;

	while (at > 0 && w->data[at - 1] == 255)
		w->data[--at] = 0;
	if (at > 0)
		w->data[at - 1]++;
}

void vp8_writer_put(struct vp8_writer *w, unsigned int prob, bool set)
{
	uint32_t split = 1 + ((w->range - 1) * prob >> 8);

	if (set) {
		w->bottom += split;
		w->range -= split;
	} else {
		w->range = split;
	}
	while (w->range < 128) {
		w->range <<= 1;
		if (w->bottom & UINT32_C(1) << 31)
			carry(w);
		w->bottom <<= 1;
		if (--w->bit_count == 0) {
			assert(w->size_bytes < sizeof(w->data));
			w->data[w->size_bytes++] = (uint8_t)(w->bottom >> 24);
			w->bottom &= (UINT32_C(1) << 24) - 1;
			w->bit_count = 8;
		}
	}
}

void vp8_writer_literal(struct vp8_writer *w, unsigned int n, unsigned int value)
{
	while (n-- > 0)
		vp8_writer_put(w, 128, value >> n & 1);
}

void vp8_writer_finish(struct vp8_writer *w)
{
	vp8_writer_literal(w, 16, 0);
	vp8_writer_literal(w, 16, 0);
}

static void flag(struct vp8_writer *w, bool set)
{
	vp8_writer_put(w, 128, set);
}

static void put_signed(struct vp8_writer *w, unsigned int n, int value)
{
	vp8_writer_literal(w, n, (unsigned int)abs(value));
	flag(w, value < 0);
}

static void optional(struct vp8_writer *w, unsigned int n, int value)
{
	flag(w, value != 0);
	if (value)
		put_signed(w, n, value);
}

/* ---- Header ---- */

static void write_segmentation(struct vp8_writer *w, const struct vp8_setup *setup)
{
	flag(w, setup->segmentation);
	if (!setup->segmentation)
		return;
	flag(w, setup->update_map);
	flag(w, setup->update_data);
	if (setup->update_data) {
		flag(w, setup->absolute);
		for (int i = 0; i < 4; i++)
			optional(w, 7, setup->quantizer[i]);
		for (int i = 0; i < 4; i++)
			optional(w, 6, setup->filter[i]);
	}
	for (int i = 0; i < 3 && setup->update_map; i++) {
		flag(w, setup->tree_probs[i] != 0);
		if (setup->tree_probs[i])
			vp8_writer_literal(w, 8, setup->tree_probs[i]);
	}
}

static void write_filter(struct vp8_writer *w, const struct vp8_setup *setup)
{
	flag(w, setup->simple_filter);
	vp8_writer_literal(w, 6, setup->filter_level);
	vp8_writer_literal(w, 3, setup->sharpness);
	flag(w, setup->deltas);
	if (!setup->deltas)
		return;
	flag(w, setup->update_deltas);
	if (!setup->update_deltas)
		return;
	for (int i = 0; i < 4; i++)
		optional(w, 6, setup->ref_deltas[i]);
	for (int i = 0; i < 4; i++)
		optional(w, 6, setup->mode_deltas[i]);
}

static void write_refresh(struct vp8_writer *w, const struct vp8_setup *setup)
{
	if (!setup->key_frame) {
		flag(w, setup->refresh_golden);
		flag(w, setup->refresh_alternate);
		if (!setup->refresh_golden)
			vp8_writer_literal(w, 2, setup->copy_to_golden);
		if (!setup->refresh_alternate)
			vp8_writer_literal(w, 2, setup->copy_to_alternate);
		flag(w, setup->bias_golden);
		flag(w, setup->bias_alternate);
	}
	flag(w, !setup->keep_entropy);
	if (!setup->key_frame)
		flag(w, !setup->keep_last);
}

static void write_coeff_probs(struct vp8_writer *w, const struct vp8_setup *setup)
{
	const uint8_t *update = &vp8_coeff_update_probs[0][0][0][0];

	for (unsigned int i = 0; i < sizeof(vp8_coeff_update_probs); i++) {
		bool sent = setup->coeff_prob && i == setup->coeff_index;

		vp8_writer_put(w, update[i], sent);
		if (sent)
			vp8_writer_literal(w, 8, setup->coeff_prob);
	}
}

static void write_mode_probs(struct vp8_writer *w, const unsigned int *probs, unsigned int n)
{
	flag(w, probs[0] != 0);
	for (unsigned int i = 0; i < n && probs[0]; i++)
		vp8_writer_literal(w, 8, probs[i]);
}

static void write_inter_probs(struct vp8_writer *w, const struct vp8_setup *setup)
{
	const uint8_t *update = &vp8_mv_update_probs[0][0];

	for (int i = 0; i < 3; i++)
		vp8_writer_literal(w, 8, PROB_REFERENCE);
	write_mode_probs(w, setup->y_mode_probs, 4);
	write_mode_probs(w, setup->uv_mode_probs, 3);
	for (unsigned int i = 0; i < sizeof(vp8_mv_update_probs); i++) {
		bool sent = setup->mv_prob && i == setup->mv_index;

		vp8_writer_put(w, update[i], sent);
		if (sent)
			vp8_writer_literal(w, 7, setup->mv_prob);
	}
}

static void write_header(struct vp8_writer *w, const struct vp8_setup *setup)
{
	if (setup->key_frame) {
		flag(w, setup->color_space);
		flag(w, setup->clamping_type);
	}
	write_segmentation(w, setup);
	write_filter(w, setup);
	vp8_writer_literal(w, 2, setup->log2_partitions);
	vp8_writer_literal(w, 7, setup->qi);
	for (int i = 0; i < 5; i++)
		optional(w, 4, setup->q_deltas[i]);
	write_refresh(w, setup);
	write_coeff_probs(w, setup);
	flag(w, true);
	vp8_writer_literal(w, 8, PROB_SKIP_FALSE);
	if (!setup->key_frame)
		write_inter_probs(w, setup);
}

/* ---- Macroblocks ---- */

/* Segment 1 for all where the map is sent. */
static void write_segment(struct vp8_writer *w, const struct vp8_setup *setup)
{
	if (!setup->segmentation || !setup->update_map)
		return;
	vp8_writer_put(w, setup->tree_probs[0] ? setup->tree_probs[0] : 255, false);
	vp8_writer_put(w, setup->tree_probs[1] ? setup->tree_probs[1] : 255, true);
}

/* Not made from a reference. */
static bool is_intra(const struct vp8_setup *setup)
{
	return setup->key_frame || setup->from == VP8_FROM_NONE;
}

static unsigned int get_mode_prob(const unsigned int *sent, unsigned int usual)
{
	return sent[0] ? sent[0] : usual;
}

/* DC prediction of both: as its neighbours are, or 128. The trees of key frames are others. */
static void write_intra(struct vp8_writer *w, const struct vp8_setup *setup)
{
	if (setup->key_frame) {
		vp8_writer_put(w, vp8_key_y_mode_probs[0], true);
		vp8_writer_put(w, vp8_key_y_mode_probs[1], false);
		vp8_writer_put(w, vp8_key_y_mode_probs[2], false);
		vp8_writer_put(w, vp8_key_uv_mode_probs[0], false);
		return;
	}
	vp8_writer_put(w, PROB_REFERENCE, false);
	vp8_writer_put(w, get_mode_prob(setup->y_mode_probs, vp8_default_y_mode_probs[0]), false);
	vp8_writer_put(w, get_mode_prob(setup->uv_mode_probs, vp8_default_uv_mode_probs[0]), false);
}

/* All neighbours that there are have not moved either: 18.3 counts them. */
static void write_inter(struct vp8_writer *w, enum vp8_from from, unsigned int x, unsigned int y)
{
	static const uint8_t zero_probs[6] = {7, 14, 135, 60, 159, 234};
	unsigned int n = (y > 0) * 2U + (x > 0) * 2U + (x > 0 && y > 0);

	vp8_writer_put(w, PROB_REFERENCE, true);
	vp8_writer_put(w, PROB_REFERENCE, from != VP8_FROM_LAST);
	if (from != VP8_FROM_LAST)
		vp8_writer_put(w, PROB_REFERENCE, from == VP8_FROM_ALTERNATE);
	vp8_writer_put(w, zero_probs[n], false);
}

static void write_macroblocks(struct vp8_writer *w, const struct vp8_setup *setup)
{
	for (unsigned int y = 0; y < (setup->height + 15) / 16; y++) {
		for (unsigned int x = 0; x < (setup->width + 15) / 16; x++) {
			bool coded = is_intra(setup) && setup->grey && x == 0 && y == 0;

			write_segment(w, setup);
			vp8_writer_put(w, PROB_SKIP_FALSE, !coded);
			if (is_intra(setup))
				write_intra(w, setup);
			else
				write_inter(w, setup->from, x, y);
		}
	}
}

/* ---- Tokens, of the first macroblock ---- */

static uint8_t get_prob(const struct vp8_setup *setup, const unsigned int at[4])
{
	unsigned int index = ((at[0] * 8 + at[1]) * 3 + at[2]) * 11 + at[3];

	if (setup->coeff_prob && index == setup->coeff_index)
		return (uint8_t)setup->coeff_prob;
	if (setup->left_prob && index == setup->left_index)
		return (uint8_t)setup->left_prob;
	return (&vp8_default_coeff_probs[0][0][0][0])[index];
}

static void put_token(struct vp8_writer *w, const struct vp8_setup *setup, unsigned int prob,
		      bool set)
{
	const unsigned int at[4] = {1, 0, 0, prob};

	vp8_writer_put(w, get_prob(setup, at), set);
}

/* The value of the first coefficient of Y2: 1 to 10. */
static void write_value(struct vp8_writer *w, const struct vp8_setup *setup, unsigned int value)
{
	put_token(w, setup, 0, true);
	put_token(w, setup, 1, true);
	put_token(w, setup, 2, value > 1);
	if (value == 1)
		return;
	put_token(w, setup, 3, value > 4);
	if (value <= 4) {
		put_token(w, setup, 4, value > 2);
		if (value > 2)
			put_token(w, setup, 5, value == 4);
		return;
	}
	put_token(w, setup, 6, false);
	put_token(w, setup, 7, value > 6);
	if (value <= 6) {
		vp8_writer_put(w, 159, value == 6);
	} else {
		vp8_writer_put(w, 165, value > 8);
		vp8_writer_put(w, 145, (value - 7) & 1);
	}
}

static void write_end(struct vp8_writer *w, const struct vp8_setup *setup, unsigned int type,
		      unsigned int band, unsigned int context)
{
	const unsigned int at[4] = {type, band, context, 0};

	vp8_writer_put(w, get_prob(setup, at), false);
}

static void write_tokens(struct vp8_writer *w, const struct vp8_setup *setup)
{
	unsigned int value = (unsigned int)abs(setup->grey);

	if (!is_intra(setup) || !value)
		return;
	write_value(w, setup, value);
	flag(w, setup->grey < 0);
	write_end(w, setup, 1, 1, value > 1 ? 2 : 1);
	for (int i = 0; i < 16; i++)
		write_end(w, setup, 0, 1, 0);
	for (int i = 0; i < 8; i++)
		write_end(w, setup, 2, 0, 0);
}

/* ---- The frame ---- */

static uint8_t *put_le(uint8_t *data, unsigned int n, uint32_t value)
{
	for (; n > 0; n--, value >>= 8)
		*data++ = (uint8_t)value;
	return data;
}

static uint8_t *write_tag(const struct vp8_setup *setup, uint8_t *data, size_t first_bytes)
{
	data = put_le(data, 3,
		      (uint32_t)((unsigned int)!setup->key_frame | setup->version << 1 |
				 (unsigned int)!setup->hidden << 4 | first_bytes << 5));
	if (!setup->key_frame)
		return data;
	data = put_le(data, 3, 0x2a019d);
	data = put_le(data, 2, setup->width | setup->scale << 14);
	return put_le(data, 2, setup->height | setup->scale << 14);
}

size_t vp8_write_frame(const struct vp8_setup *setup, uint8_t *data)
{
	unsigned int n = 1U << setup->log2_partitions;
	static struct vp8_writer first, tokens, empty;
	uint8_t *end;

	vp8_writer_init(&first);
	write_header(&first, setup);
	write_macroblocks(&first, setup);
	vp8_writer_finish(&first);
	vp8_writer_init(&tokens);
	write_tokens(&tokens, setup);
	vp8_writer_finish(&tokens);
	vp8_writer_init(&empty);
	vp8_writer_finish(&empty);
	end = write_tag(setup, data, first.size_bytes);
	memcpy(end, first.data, first.size_bytes);
	end += first.size_bytes;
	for (unsigned int i = 0; i + 1 < n; i++)
		end = put_le(end, 3, (uint32_t)(i ? empty.size_bytes : tokens.size_bytes));
	for (unsigned int i = 0; i < n; i++) {
		const struct vp8_writer *partition = i ? &empty : &tokens;

		memcpy(end, partition->data, partition->size_bytes);
		end += partition->size_bytes;
	}
	return (size_t)(end - data);
}
