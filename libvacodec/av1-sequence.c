/* SPDX-License-Identifier: MIT */
/*
 * av1-sequence.c - AV1's sequence header
 */
#include "av1-sequence.h"

#include "av1-obu.h"

#include <errno.h>
#include <string.h>

#define MAX_PROFILE    2
#define CP_BT_709      1
#define CP_UNSPECIFIED 2
#define TC_SRGB        13
#define MC_IDENTITY    0

/* 5.5.3 */
static void parse_timing_info(struct bits *b, struct av1_sequence *s)
{
	s->num_units_in_display_tick = bits_u(b, 32);
	s->time_scale = bits_u(b, 32);
	s->equal_picture_interval = bits_flag(b);
	if (s->equal_picture_interval) {
		s->num_ticks_per_picture = av1_bits_uvlc(b);
		if (s->num_ticks_per_picture == UINT32_MAX)
			b->err = -EBADMSG;
		s->num_ticks_per_picture++;
	}
}

/* 5.5.4 */
static void parse_decoder_model_info(struct bits *b, struct av1_sequence *s)
{
	s->buffer_delay_length = (uint8_t)(bits_u(b, 5) + 1);
	bits_skip(b, 32); /* num_units_in_decoding_tick */
	s->buffer_removal_time_length = (uint8_t)(bits_u(b, 5) + 1);
	s->frame_presentation_time_length = (uint8_t)(bits_u(b, 5) + 1);
}

static void parse_operating_point(struct bits *b, struct av1_sequence *s,
				  struct av1_operating_point *op, bool has_display_delay)
{
	op->idc = (uint16_t)bits_u(b, 12);
	op->seq_level_idx = (uint8_t)bits_u(b, 5);
	if (op->seq_level_idx > 7)
		op->seq_tier = (uint8_t)bits_u(b, 1);
	if (s->decoder_model_info_present_flag)
		op->decoder_model_present = bits_flag(b);
	if (op->decoder_model_present) /* 5.5.5, operating_parameters_info() */
		bits_skip(b, 2U * s->buffer_delay_length + 1);
	if (has_display_delay && bits_flag(b))
		bits_skip(b, 4); /* initial_display_delay_minus_1 */
}

static void parse_operating_points(struct bits *b, struct av1_sequence *s)
{
	bool has_display_delay;
	unsigned int i;

	s->timing_info_present_flag = bits_flag(b);
	if (s->timing_info_present_flag) {
		parse_timing_info(b, s);
		s->decoder_model_info_present_flag = bits_flag(b);
		if (s->decoder_model_info_present_flag)
			parse_decoder_model_info(b, s);
	}
	has_display_delay = bits_flag(b);
	s->n_operating_points = (uint8_t)(bits_u(b, 5) + 1);
	for (i = 0; i < s->n_operating_points; i++)
		parse_operating_point(b, s, &s->operating_points[i], has_display_delay);
}

static void parse_size(struct bits *b, struct av1_sequence *s)
{
	s->frame_width_bits = (uint8_t)(bits_u(b, 4) + 1);
	s->frame_height_bits = (uint8_t)(bits_u(b, 4) + 1);
	s->max_frame_width = bits_u(b, s->frame_width_bits) + 1;
	s->max_frame_height = bits_u(b, s->frame_height_bits) + 1;
	if (!s->reduced_still_picture_header)
		s->frame_id_numbers_present_flag = bits_flag(b);
	if (s->frame_id_numbers_present_flag) {
		s->delta_frame_id_length = (uint8_t)(bits_u(b, 4) + 2);
		s->frame_id_length = (uint8_t)(bits_u(b, 3) + s->delta_frame_id_length + 1);
		if (s->frame_id_length > 16) /* 6.4.1 */
			b->err = -EBADMSG;
	}
}

/* What a reduced still picture header has not. */
static void parse_inter_tools(struct bits *b, struct av1_sequence *s)
{
	s->enable_interintra_compound = bits_flag(b);
	s->enable_masked_compound = bits_flag(b);
	s->enable_warped_motion = bits_flag(b);
	s->enable_dual_filter = bits_flag(b);
	s->enable_order_hint = bits_flag(b);
	if (s->enable_order_hint) {
		s->enable_jnt_comp = bits_flag(b);
		s->enable_ref_frame_mvs = bits_flag(b);
	}
	s->seq_force_screen_content_tools = AV1_SELECT;
	if (!bits_flag(b)) /* seq_choose_screen_content_tools */
		s->seq_force_screen_content_tools = (uint8_t)bits_u(b, 1);
	s->seq_force_integer_mv = AV1_SELECT;
	/* seq_choose_integer_mv */
	if (s->seq_force_screen_content_tools > 0 && !bits_flag(b))
		s->seq_force_integer_mv = (uint8_t)bits_u(b, 1);
	if (s->enable_order_hint)
		s->order_hint_bits = (uint8_t)(bits_u(b, 3) + 1);
}

static void parse_subsampling(struct bits *b, const struct av1_sequence *s, struct av1_color *c)
{
	if (s->seq_profile == 0) {
		c->subsampling_x = true;
		c->subsampling_y = true;
	} else if (s->seq_profile == 2) {
		c->subsampling_x = true;
		if (c->bit_depth == 12)
			c->subsampling_x = bits_flag(b);
		if (c->bit_depth == 12 && c->subsampling_x)
			c->subsampling_y = bits_flag(b);
	}
	if (c->subsampling_x && c->subsampling_y)
		bits_skip(b, 2); /* chroma_sample_position */
}

/* 5.5.2 */
static void parse_color(struct bits *b, const struct av1_sequence *s, struct av1_color *c)
{
	bool high = bits_flag(b);

	c->bit_depth = high ? 10 : 8;
	if (s->seq_profile == 2 && high)
		c->bit_depth = bits_flag(b) ? 12 : 10;
	if (s->seq_profile != 1)
		c->mono_chrome = bits_flag(b);
	c->color_primaries = CP_UNSPECIFIED;
	c->transfer_characteristics = CP_UNSPECIFIED;
	c->matrix_coefficients = CP_UNSPECIFIED;
	if (bits_flag(b)) { /* color_description_present_flag */
		c->color_primaries = (uint8_t)bits_u(b, 8);
		c->transfer_characteristics = (uint8_t)bits_u(b, 8);
		c->matrix_coefficients = (uint8_t)bits_u(b, 8);
	}
	if (c->mono_chrome) {
		c->color_range = bits_flag(b);
		c->subsampling_x = true;
		c->subsampling_y = true;
		return;
	}
	if (c->color_primaries == CP_BT_709 && c->transfer_characteristics == TC_SRGB &&
	    c->matrix_coefficients == MC_IDENTITY) {
		c->color_range = true;
		/* 4:4:4, which profile 0 has not: 6.4.2 */
		if (s->seq_profile == 0 || (s->seq_profile == 2 && c->bit_depth != 12))
			b->err = -EBADMSG;
	} else {
		c->color_range = bits_flag(b);
		parse_subsampling(b, s, c);
	}
	if (c->matrix_coefficients == MC_IDENTITY && (c->subsampling_x || c->subsampling_y))
		b->err = -EBADMSG;
	c->separate_uv_delta_q = bits_flag(b);
}

/* 5.5.1 */
int av1_sequence_parse(const uint8_t *data, size_t size_bytes, struct av1_sequence *sequence)
{
	struct av1_sequence s;
	struct bits b;

	memset(&s, 0, sizeof(s));
	bits_init_raw(&b, data, size_bytes);
	s.seq_profile = (uint8_t)bits_u(&b, 3);
	s.still_picture = bits_flag(&b);
	s.reduced_still_picture_header = bits_flag(&b);
	if (s.seq_profile > MAX_PROFILE || (s.reduced_still_picture_header && !s.still_picture))
		return -EBADMSG;
	if (s.reduced_still_picture_header) {
		s.n_operating_points = 1;
		s.operating_points[0].seq_level_idx = (uint8_t)bits_u(&b, 5);
		s.seq_force_screen_content_tools = AV1_SELECT;
		s.seq_force_integer_mv = AV1_SELECT;
	} else {
		parse_operating_points(&b, &s);
	}
	parse_size(&b, &s);
	s.use_128x128_superblock = bits_flag(&b);
	s.enable_filter_intra = bits_flag(&b);
	s.enable_intra_edge_filter = bits_flag(&b);
	if (!s.reduced_still_picture_header)
		parse_inter_tools(&b, &s);
	s.enable_superres = bits_flag(&b);
	s.enable_cdef = bits_flag(&b);
	s.enable_restoration = bits_flag(&b);
	parse_color(&b, &s, &s.color);
	s.film_grain_params_present = bits_flag(&b);
	if (!bits_ok(&b))
		return -EBADMSG;
	s.valid = true;
	memcpy(sequence, &s, sizeof(s));
	return 0;
}
