/* SPDX-License-Identifier: MIT */
/*
 * vp9-header.c - a VP9 frame's uncompressed header, and what one frame leaves to the next
 *
 * Source: VP9 bitstream specification, 6.2 (syntax), 7.2 (semantics).
 */
#include "vp9-header.h"

#include "bits.h"

#include <errno.h>
#include <string.h>

#define FRAME_MARKER 2
#define SYNC_CODE    0x498342
#define MIN_TILE_B64 4
#define MAX_TILE_B64 64

/* su(n): the value, then its sign (4.10.6). */
static int read_su(struct bits *b, unsigned int n)
{
	int value = (int)bits_u(b, n);

	return bits_flag(b) ? -value : value;
}

/* What must have a value; anything else is damage. */
static void expect(struct bits *b, unsigned int n, uint32_t value)
{
	if (bits_u(b, n) != value && !b->err)
		b->err = -EBADMSG;
}

/* ---- 7.2.2: samples ---- */

static void read_subsampling(struct bits *b, struct vp9_samples *samples)
{
	samples->subsampling_x = bits_flag(b);
	samples->subsampling_y = bits_flag(b);
	/* 4:2:0 is of profiles 0 and 2. */
	if (samples->subsampling_x && samples->subsampling_y)
		b->err = -EBADMSG;
	expect(b, 1, 0);
}

static void read_color_config(struct bits *b, struct vp9_samples *samples)
{
	bool odd = samples->profile & 1;

	samples->bit_depth = 8;
	if (samples->profile >= 2)
		samples->bit_depth = bits_flag(b) ? 12 : 10;
	samples->color_space = (uint8_t)bits_u(b, 3);
	samples->subsampling_x = samples->subsampling_y = 1;
	if (samples->color_space != VP9_COLOR_RGB) {
		bits_skip(b, 1); /* color_range */
		if (odd)
			read_subsampling(b, samples);
		return;
	}
	samples->subsampling_x = samples->subsampling_y = 0;
	expect(b, odd ? 1 : 0, 0);
	/* RGB has no 4:2:0. */
	if (!odd)
		b->err = -EBADMSG;
}

/* ---- 7.2.3 to 7.2.5: sizes ---- */

static void read_frame_size(struct bits *b, struct vp9_size *size)
{
	size->width = bits_u(b, 16) + 1;
	size->height = bits_u(b, 16) + 1;
}

/* A hint for display; what is output is the frame. */
static void skip_render_size(struct bits *b)
{
	if (bits_flag(b))
		bits_skip(b, 32);
}

static int read_size_with_refs(struct bits *b, const struct vp9_state *state,
			       struct vp9_header *header)
{
	const struct vp9_slot_info *slot;
	unsigned int i;

	for (i = 0; i < VP9_REFS_PER_FRAME; i++) {
		if (bits_flag(b))
			break;
	}
	if (i == VP9_REFS_PER_FRAME) {
		read_frame_size(b, &header->size);
	} else {
		slot = &state->slots[header->ref_frame_idx[i]];
		if (!slot->valid)
			return -ENOENT;
		header->size = slot->size;
	}
	skip_render_size(b);
	return 0;
}

/* ---- Beginnings of frames ---- */

static void read_key_frame(struct bits *b, struct vp9_header *header)
{
	expect(b, 24, SYNC_CODE);
	read_color_config(b, &header->samples);
	read_frame_size(b, &header->size);
	skip_render_size(b);
	header->refresh_frame_flags = 0xff;
}

/* Without a color_config() of its own, as in profile 0, a frame is of 8 bits and 4:2:0. */
static void read_intra_only(struct bits *b, struct vp9_header *header)
{
	expect(b, 24, SYNC_CODE);
	header->samples.bit_depth = 8;
	header->samples.color_space = 0;
	header->samples.subsampling_x = header->samples.subsampling_y = 1;
	if (header->profile > 0)
		read_color_config(b, &header->samples);
	header->refresh_frame_flags = (uint8_t)bits_u(b, 8);
	read_frame_size(b, &header->size);
	skip_render_size(b);
}

static enum vp9_filter read_filter(struct bits *b)
{
	if (bits_flag(b))
		return VP9_FILTER_SWITCHABLE;
	return (enum vp9_filter)bits_u(b, 2);
}

static int read_inter(struct bits *b, const struct vp9_state *state, struct vp9_header *header)
{
	unsigned int i;
	int ret;

	if (state->samples.bit_depth == 0)
		return -ENOENT;
	header->samples = state->samples;
	header->samples.profile = header->profile;
	header->refresh_frame_flags = (uint8_t)bits_u(b, 8);
	for (i = 0; i < VP9_REFS_PER_FRAME; i++) {
		header->ref_frame_idx[i] = (uint8_t)bits_u(b, 3);
		header->ref_frame_sign_bias[i] = bits_flag(b);
	}
	ret = read_size_with_refs(b, state, header);
	if (ret < 0)
		return ret;
	header->allow_high_precision_mv = bits_flag(b);
	header->interp_filter = read_filter(b);
	return 0;
}

static int read_frame_kind(struct bits *b, const struct vp9_state *state, struct vp9_header *header)
{
	header->key_frame = !bits_flag(b);
	header->show_frame = bits_flag(b);
	header->error_resilient_mode = bits_flag(b);
	if (header->key_frame) {
		read_key_frame(b, header);
		return 0;
	}
	header->intra_only = !header->show_frame && bits_flag(b);
	if (!header->error_resilient_mode)
		header->reset_frame_context = (uint8_t)bits_u(b, 2);
	if (!header->intra_only)
		return read_inter(b, state, header);
	read_intra_only(b, header);
	return 0;
}

static void read_contexts(struct bits *b, struct vp9_header *header)
{
	header->frame_parallel_decoding_mode = true;
	if (!header->error_resilient_mode) {
		header->refresh_frame_context = bits_flag(b);
		header->frame_parallel_decoding_mode = bits_flag(b);
	}
	header->frame_context_idx = (uint8_t)bits_u(b, 2);
	/* setup_past_independence() leaves the first context. */
	if (vp9_header_is_intra(header) || header->error_resilient_mode)
		header->frame_context_idx = 0;
}

/* ---- 7.2.8 to 7.2.11: filter, quantizers, segments, tiles ---- */

/* What setup_past_independence() sets, or what the last frame left. */
static void inherit(const struct vp9_state *state, struct vp9_header *header)
{
	static const struct vp9_loop_filter defaults = {
		.delta_enabled = true,
		.ref_deltas = {1, 0, -1, -1},
	};

	if (vp9_header_is_intra(header) || header->error_resilient_mode) {
		header->loop_filter = defaults;
		return;
	}
	header->loop_filter = state->loop_filter;
	header->segmentation = state->segmentation;
}

static void read_deltas(struct bits *b, int8_t *deltas, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (bits_flag(b))
			deltas[i] = (int8_t)read_su(b, 6);
	}
}

static void read_loop_filter(struct bits *b, struct vp9_header *header)
{
	header->loop_filter_level = (uint8_t)bits_u(b, 6);
	header->loop_filter_sharpness = (uint8_t)bits_u(b, 3);
	header->loop_filter.delta_enabled = bits_flag(b);
	if (header->loop_filter.delta_enabled && bits_flag(b)) {
		read_deltas(b, header->loop_filter.ref_deltas, 4);
		read_deltas(b, header->loop_filter.mode_deltas, 2);
	}
}

static int8_t read_delta_q(struct bits *b)
{
	return bits_flag(b) ? (int8_t)read_su(b, 4) : 0;
}

static void read_quantizers(struct bits *b, struct vp9_header *header)
{
	header->base_q_idx = (uint8_t)bits_u(b, 8);
	header->delta_q_y_dc = read_delta_q(b);
	header->delta_q_uv_dc = read_delta_q(b);
	header->delta_q_uv_ac = read_delta_q(b);
	header->lossless = header->base_q_idx == 0 && header->delta_q_y_dc == 0 &&
			   header->delta_q_uv_dc == 0 && header->delta_q_uv_ac == 0;
}

static void read_probs(struct bits *b, uint8_t *probs, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		probs[i] = bits_flag(b) ? (uint8_t)bits_u(b, 8) : 255;
}

static void read_segment(struct bits *b, struct vp9_segmentation *segmentation, unsigned int i)
{
	static const uint8_t n_bits[VP9_SEG_FEATURES] = {8, 6, 2, 0};
	unsigned int j;

	for (j = 0; j < VP9_SEG_FEATURES; j++) {
		if (!bits_flag(b))
			continue;
		segmentation->enabled[i] |= (uint8_t)(1U << j);
		/* Quantizer and filter level have a sign. */
		segmentation->data[i][j] =
			(int16_t)(j <= VP9_SEG_ALT_L ? read_su(b, n_bits[j])
						     : (int)bits_u(b, n_bits[j]));
	}
}

static void read_segmentation_data(struct bits *b, struct vp9_segmentation *segmentation)
{
	unsigned int i;

	memset(segmentation, 0, sizeof(*segmentation));
	segmentation->abs_delta_update = bits_flag(b);
	for (i = 0; i < VP9_MAX_SEGMENTS; i++)
		read_segment(b, segmentation, i);
}

static void read_segmentation(struct bits *b, struct vp9_header *header)
{
	memset(header->tree_probs, 255, sizeof(header->tree_probs));
	memset(header->pred_probs, 255, sizeof(header->pred_probs));
	header->segmentation_enabled = bits_flag(b);
	if (!header->segmentation_enabled)
		return;
	header->segmentation_update_map = bits_flag(b);
	if (header->segmentation_update_map) {
		read_probs(b, header->tree_probs, VP9_MAX_SEGMENTS - 1);
		header->segmentation_temporal_update = bits_flag(b);
		if (header->segmentation_temporal_update)
			read_probs(b, header->pred_probs, 3);
	}
	header->segmentation_update_data = bits_flag(b);
	if (header->segmentation_update_data)
		read_segmentation_data(b, &header->segmentation);
}

static void read_tiles(struct bits *b, struct vp9_header *header)
{
	uint32_t columns = (header->size.width + 63) / 64;
	unsigned int min = 0;
	unsigned int max = 1;

	while ((uint32_t)MAX_TILE_B64 << min < columns)
		min++;
	while (columns >> max >= MIN_TILE_B64)
		max++;
	max--;
	header->tile_cols_log2 = (uint8_t)min;
	while (header->tile_cols_log2 < max && bits_flag(b))
		header->tile_cols_log2++;
	header->tile_rows_log2 = bits_flag(b);
	if (header->tile_rows_log2)
		header->tile_rows_log2 += bits_flag(b);
}

/* ---- All of it ---- */

static void read_profile(struct bits *b, struct vp9_header *header)
{
	expect(b, 2, FRAME_MARKER);
	header->profile = bits_flag(b);
	header->profile |= (uint8_t)(bits_flag(b) << 1);
	if (header->profile == 3)
		expect(b, 1, 0);
	header->samples.profile = header->profile;
}

static int read_rest(struct bits *b, const struct vp9_state *state, struct vp9_header *header)
{
	read_contexts(b, header);
	inherit(state, header);
	read_loop_filter(b, header);
	read_quantizers(b, header);
	read_segmentation(b, header);
	read_tiles(b, header);
	header->header_size_in_bytes = (uint16_t)bits_u(b, 16);
	return bits_ok(b) && header->header_size_in_bytes > 0 ? 0 : -EBADMSG;
}

int vp9_header_parse(const uint8_t *data, size_t size_bytes, const struct vp9_state *state,
		     struct vp9_header *out)
{
	struct vp9_header header;
	struct bits b;
	int ret;

	memset(&header, 0, sizeof(header));
	bits_init_raw(&b, data, size_bytes);
	read_profile(&b, &header);
	header.show_existing_frame = bits_flag(&b);
	if (header.show_existing_frame) {
		header.frame_to_show_map_idx = (uint8_t)bits_u(&b, 3);
		header.show_frame = true;
		ret = bits_ok(&b) ? 0 : -EBADMSG;
	} else {
		ret = read_frame_kind(&b, state, &header);
		if (ret == 0)
			ret = read_rest(&b, state, &header);
	}
	header.uncompressed_bytes = (uint16_t)((b.n_read + 7) / 8);
	if (ret == 0 &&
	    (size_t)header.uncompressed_bytes + header.header_size_in_bytes > size_bytes)
		ret = -EBADMSG;
	if (ret == 0)
		*out = header;
	return ret;
}

void vp9_state_update(struct vp9_state *state, const struct vp9_header *header)
{
	unsigned int i;

	if (header->show_existing_frame)
		return;
	state->samples = header->samples;
	state->loop_filter = header->loop_filter;
	state->segmentation = header->segmentation;
	for (i = 0; i < VP9_NUM_REF_FRAMES; i++) {
		if (header->refresh_frame_flags >> i & 1)
			state->slots[i] =
				(struct vp9_slot_info){true, header->size, header->samples};
	}
}

bool vp9_slot_is_alike(const struct vp9_slot_info *slot, const struct vp9_header *header)
{
	const struct vp9_samples *a = &slot->samples;
	const struct vp9_samples *b = &header->samples;

	return slot->valid && a->bit_depth == b->bit_depth &&
	       a->subsampling_x == b->subsampling_x && a->subsampling_y == b->subsampling_y;
}

bool vp9_slot_scales(const struct vp9_slot_info *slot, const struct vp9_header *header)
{
	const struct vp9_size *ref = &slot->size;
	const struct vp9_size *size = &header->size;

	return 2 * size->width >= ref->width && 2 * size->height >= ref->height &&
	       size->width <= 16 * ref->width && size->height <= 16 * ref->height;
}
