/* SPDX-License-Identifier: MIT */
/*
 * vp8-header.c - VP8's frame headers
 *
 * Source: RFC 6386, 9 and 19.2.
 */
#include "vp8-header.h"
#include "vp8-bool.h"

#include <errno.h>
#include <string.h>

#define TAG_BYTES            3
#define KEY_TAG_BYTES        10
#define PARTITION_SIZE_BYTES 3

/* ---- Uncompressed: 9.1 ---- */

static unsigned int read_le16(const uint8_t *data)
{
	return data[0] | (unsigned int)data[1] << 8;
}

static uint32_t read_le24(const uint8_t *data)
{
	return read_le16(data) | (uint32_t)data[2] << 16;
}

static int parse_key_start(const uint8_t *data, struct vp8_tag *tag)
{
	static const uint8_t start_code[] = {0x9d, 0x01, 0x2a};
	unsigned int width = read_le16(data + 6);
	unsigned int height = read_le16(data + 8);

	if (memcmp(data + TAG_BYTES, start_code, sizeof(start_code)) != 0)
		return -EBADMSG;
	tag->width = width & 0x3fff;
	tag->height = height & 0x3fff;
	tag->horizontal_scale = (uint8_t)(width >> 14);
	tag->vertical_scale = (uint8_t)(height >> 14);
	return tag->width && tag->height ? 0 : -EBADMSG;
}

int vp8_parse_tag(const uint8_t *data, size_t size_bytes, struct vp8_tag *out)
{
	struct vp8_tag tag = {.size_bytes = TAG_BYTES};
	uint32_t bits;

	if (size_bytes < TAG_BYTES)
		return -EBADMSG;
	bits = read_le24(data);
	tag.key_frame = !(bits & 1);
	tag.version = bits >> 1 & 7;
	tag.show_frame = bits >> 4 & 1;
	tag.first_part_size = bits >> 5;
	if (tag.version > VP8_MAX_VERSION)
		return -EBADMSG;
	if (tag.key_frame) {
		tag.size_bytes = KEY_TAG_BYTES;
		if (size_bytes < KEY_TAG_BYTES || parse_key_start(data, &tag) < 0)
			return -EBADMSG;
	}
	if (tag.first_part_size == 0 || tag.first_part_size > size_bytes - tag.size_bytes)
		return -EBADMSG;
	*out = tag;
	return 0;
}

/* ---- Compressed ---- */

static void set_default_probs(struct vp8_probs *probs)
{
	memcpy(probs->coeff, vp8_default_coeff_probs, sizeof(probs->coeff));
	memcpy(probs->mv, vp8_default_mv_probs, sizeof(probs->mv));
	memcpy(probs->y_mode, vp8_default_y_mode_probs, sizeof(probs->y_mode));
	memcpy(probs->uv_mode, vp8_default_uv_mode_probs, sizeof(probs->uv_mode));
}

/* A key frame begins anew. */
static void take_state(struct vp8_frame *frame, const struct vp8_state *state)
{
	if (frame->tag.key_frame) {
		set_default_probs(&frame->probs);
		return;
	}
	frame->probs = state->probs;
	frame->segmentation = state->segmentation;
	frame->lf_deltas = state->lf_deltas;
}

void vp8_leave_state(const struct vp8_frame *frame, struct vp8_state *state)
{
	if (frame->refresh_entropy_probs)
		state->probs = frame->probs;
	else if (frame->tag.key_frame)
		set_default_probs(&state->probs);
	state->segmentation = frame->segmentation;
	state->lf_deltas = frame->lf_deltas;
}

/* 9.3 */
static void parse_segmentation(struct vp8_bool *b, struct vp8_frame *frame)
{
	struct vp8_segmentation *s = &frame->segmentation;
	unsigned int i;

	frame->update_mb_segmentation_map = vp8_bool_flag(b);
	frame->update_segment_feature_data = vp8_bool_flag(b);
	if (frame->update_segment_feature_data) {
		s->segment_feature_mode = vp8_bool_flag(b);
		for (i = 0; i < VP8_N_SEGMENTS; i++)
			s->quantizer_update[i] = (int8_t)vp8_bool_optional(b, 7);
		for (i = 0; i < VP8_N_SEGMENTS; i++)
			s->lf_update[i] = (int8_t)vp8_bool_optional(b, 6);
	}
	if (!frame->update_mb_segmentation_map)
		return;
	for (i = 0; i < sizeof(s->tree_probs); i++)
		s->tree_probs[i] = vp8_bool_flag(b) ? (uint8_t)vp8_bool_literal(b, 8) : 255;
}

/* Those that are not sent stay. */
static void parse_deltas(struct vp8_bool *b, int8_t deltas[4])
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		if (vp8_bool_flag(b))
			deltas[i] = (int8_t)vp8_bool_signed(b, 6);
	}
}

/* 9.6 */
static void parse_filter(struct vp8_bool *b, struct vp8_frame *frame)
{
	frame->filter_type = vp8_bool_flag(b);
	frame->loop_filter_level = (uint8_t)vp8_bool_literal(b, 6);
	frame->sharpness_level = (uint8_t)vp8_bool_literal(b, 3);
	frame->loop_filter_adj_enable = vp8_bool_flag(b);
	if (!frame->loop_filter_adj_enable)
		return;
	frame->mode_ref_lf_delta_update = vp8_bool_flag(b);
	if (!frame->mode_ref_lf_delta_update)
		return;
	parse_deltas(b, frame->lf_deltas.ref_frame);
	parse_deltas(b, frame->lf_deltas.mode);
}

static void parse_quant(struct vp8_bool *b, struct vp8_quant *quant)
{
	quant->y_ac_qi = (uint8_t)vp8_bool_literal(b, 7);
	quant->y_dc_delta = (int8_t)vp8_bool_optional(b, 4);
	quant->y2_dc_delta = (int8_t)vp8_bool_optional(b, 4);
	quant->y2_ac_delta = (int8_t)vp8_bool_optional(b, 4);
	quant->uv_dc_delta = (int8_t)vp8_bool_optional(b, 4);
	quant->uv_ac_delta = (int8_t)vp8_bool_optional(b, 4);
}

/* 9.7, 9.10 and 9.11; a key frame refreshes all. */
static void parse_refresh(struct vp8_bool *b, struct vp8_frame *frame)
{
	if (frame->tag.key_frame) {
		frame->refresh_golden_frame = true;
		frame->refresh_alternate_frame = true;
		frame->refresh_last = true;
		frame->refresh_entropy_probs = vp8_bool_flag(b);
		return;
	}
	frame->refresh_golden_frame = vp8_bool_flag(b);
	frame->refresh_alternate_frame = vp8_bool_flag(b);
	if (!frame->refresh_golden_frame)
		frame->copy_buffer_to_golden = (uint8_t)vp8_bool_literal(b, 2);
	if (!frame->refresh_alternate_frame)
		frame->copy_buffer_to_alternate = (uint8_t)vp8_bool_literal(b, 2);
	frame->sign_bias_golden = vp8_bool_flag(b);
	frame->sign_bias_alternate = vp8_bool_flag(b);
	frame->refresh_entropy_probs = vp8_bool_flag(b);
	frame->refresh_last = vp8_bool_flag(b);
}

/* 13.4. Of more than a thousand flags all but a few are 0 in most frames, so that they are read by runs. */
static void parse_coeff_probs(struct vp8_bool *b, uint8_t probs[4][8][3][11])
{
	const size_t n = sizeof(probs[0][0]);
	unsigned int i;

	for (i = 0; i < 4 * 8; i++) {
		if (!vp8_bool_skip(b, &vp8_coeff_runs[i]))
			vp8_bool_update(b, vp8_coeff_update_probs[i / 8][i % 8][0],
					probs[i / 8][i % 8][0], n);
	}
}

/* 17.2: seven bits of eight; 0 stands for 1. */
static void parse_mv_probs(struct vp8_bool *b, uint8_t probs[2][19])
{
	const uint8_t *update = &vp8_mv_update_probs[0][0];
	uint8_t *prob = &probs[0][0];
	size_t n = sizeof(vp8_mv_update_probs);
	unsigned int x;
	size_t i;

	for (i = 0; i < n; i++) {
		i += vp8_bool_find(b, update + i, n - i);
		if (i >= n)
			return;
		x = vp8_bool_literal(b, 7);
		prob[i] = (uint8_t)(x ? x << 1 : 1);
	}
}

static void parse_mode_probs(struct vp8_bool *b, uint8_t *probs, size_t n)
{
	size_t i;

	if (!vp8_bool_flag(b))
		return;
	for (i = 0; i < n; i++)
		probs[i] = (uint8_t)vp8_bool_literal(b, 8);
}

static void parse_inter_probs(struct vp8_bool *b, struct vp8_frame *frame)
{
	frame->prob_intra = (uint8_t)vp8_bool_literal(b, 8);
	frame->prob_last = (uint8_t)vp8_bool_literal(b, 8);
	frame->prob_gf = (uint8_t)vp8_bool_literal(b, 8);
	parse_mode_probs(b, frame->probs.y_mode, sizeof(frame->probs.y_mode));
	parse_mode_probs(b, frame->probs.uv_mode, sizeof(frame->probs.uv_mode));
	parse_mv_probs(b, frame->probs.mv);
}

/* 19.2, in its order. */
static void parse_header(struct vp8_bool *b, struct vp8_frame *frame)
{
	if (frame->tag.key_frame) {
		frame->color_space = vp8_bool_flag(b);
		frame->clamping_type = vp8_bool_flag(b);
	}
	frame->segmentation_enabled = vp8_bool_flag(b);
	if (frame->segmentation_enabled)
		parse_segmentation(b, frame);
	parse_filter(b, frame);
	frame->n_partitions = 1U << vp8_bool_literal(b, 2);
	parse_quant(b, &frame->quant);
	parse_refresh(b, frame);
	parse_coeff_probs(b, frame->probs.coeff);
	frame->mb_no_coeff_skip = vp8_bool_flag(b);
	if (frame->mb_no_coeff_skip)
		frame->prob_skip_false = (uint8_t)vp8_bool_literal(b, 8);
	if (!frame->tag.key_frame)
		parse_inter_probs(b, frame);
}

/* 9.5: the sizes of all but the last one stand before them. None is empty. */
static int parse_partitions(const uint8_t *data, size_t size_bytes, struct vp8_frame *frame)
{
	size_t n_sizes = frame->n_partitions - 1;
	const uint8_t *size = data;
	size_t left;
	unsigned int i;

	if (size_bytes < n_sizes * PARTITION_SIZE_BYTES)
		return -EBADMSG;
	left = size_bytes - n_sizes * PARTITION_SIZE_BYTES;
	for (i = 0; i < n_sizes; i++, size += PARTITION_SIZE_BYTES) {
		frame->partition_bytes[i] = read_le24(size);
		if (frame->partition_bytes[i] == 0 || frame->partition_bytes[i] > left)
			return -EBADMSG;
		left -= frame->partition_bytes[i];
	}
	if (left == 0 || left > UINT32_MAX)
		return -EBADMSG;
	frame->partition_bytes[i] = (uint32_t)left;
	return 0;
}

int vp8_parse_frame(const uint8_t *data, size_t size_bytes, const struct vp8_state *state,
		    struct vp8_frame *frame)
{
	struct vp8_bool b;
	const uint8_t *first;

	memset(frame, 0, sizeof(*frame));
	if (vp8_parse_tag(data, size_bytes, &frame->tag) < 0)
		return -EBADMSG;
	take_state(frame, state);
	first = data + frame->tag.size_bytes;
	vp8_bool_init(&b, first, frame->tag.first_part_size);
	parse_header(&b, frame);
	if (!vp8_bool_ok(&b) ||
	    parse_partitions(first + frame->tag.first_part_size,
			     size_bytes - frame->tag.size_bytes - frame->tag.first_part_size,
			     frame) < 0)
		return -EBADMSG;
	frame->header_bits = (uint32_t)vp8_bool_get_bits(&b);
	frame->range = (uint8_t)b.range;
	frame->value = (uint8_t)(b.value >> 56);
	return 0;
}
