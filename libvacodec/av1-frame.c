/* SPDX-License-Identifier: MIT */
/*
 * av1-frame.c - AV1's frame header, in the order of uncompressed_header() (5.9.2)
 */
#include "av1-frame.h"

#include <errno.h>
#include <string.h>

#define ALL_FRAMES               0xff
#define INTERPOLATION_SWITCHABLE 4

/* temporal_point_info(), 5.9.31 */
static void skip_temporal_point(struct av1_frame_parser *p)
{
	const struct av1_sequence *s = p->sequence;

	if (s->decoder_model_info_present_flag && !s->equal_picture_interval)
		bits_skip(&p->b, s->frame_presentation_time_length);
}

/* What of a frame that is shown again counts on: all that 7.21 loads. */
static void parse_existing(struct av1_frame_parser *p)
{
	struct av1_frame *f = p->f;
	const struct av1_ref *ref;

	f->frame_to_show_map_idx = (uint8_t)bits_u(&p->b, 3);
	ref = &p->refs->slots[f->frame_to_show_map_idx];
	skip_temporal_point(p);
	if (p->sequence->frame_id_numbers_present_flag &&
	    bits_u(&p->b, p->sequence->frame_id_length) != ref->frame_id)
		f->wrong_ids = (uint8_t)(1U << f->frame_to_show_map_idx);
	f->show_frame = true;
	f->frame_type = ref->frame_type;
	f->size = ref->size;
	f->order_hint = ref->order_hint;
	f->current_frame_id = ref->frame_id;
	f->film_grain = ref->film_grain;
	if (f->frame_type == AV1_KEY_FRAME)
		f->refresh_frame_flags = ALL_FRAMES;
}

static void parse_kind(struct av1_frame_parser *p)
{
	struct av1_frame *f = p->f;

	if (p->sequence->reduced_still_picture_header) {
		f->frame_type = AV1_KEY_FRAME;
		f->show_frame = true;
		f->error_resilient_mode = true;
		return;
	}
	f->frame_type = (uint8_t)bits_u(&p->b, 2);
	f->show_frame = bits_flag(&p->b);
	if (f->show_frame)
		skip_temporal_point(p);
	f->showable_frame = f->frame_type != AV1_KEY_FRAME;
	if (!f->show_frame)
		f->showable_frame = bits_flag(&p->b);
	f->error_resilient_mode = f->frame_type == AV1_SWITCH_FRAME ||
				  (f->frame_type == AV1_KEY_FRAME && f->show_frame) ||
				  bits_flag(&p->b);
}

static bool choose(struct bits *b, uint8_t forced)
{
	return forced == AV1_SELECT ? bits_flag(b) : forced != 0;
}

static void parse_tools(struct av1_frame_parser *p)
{
	const struct av1_sequence *s = p->sequence;
	struct av1_frame *f = p->f;

	f->disable_cdf_update = bits_flag(&p->b);
	f->allow_screen_content_tools = choose(&p->b, s->seq_force_screen_content_tools);
	if (f->allow_screen_content_tools)
		f->force_integer_mv = choose(&p->b, s->seq_force_integer_mv);
	if (s->frame_id_numbers_present_flag)
		f->current_frame_id = bits_u(&p->b, s->frame_id_length);
	f->frame_size_override_flag = f->frame_type == AV1_SWITCH_FRAME;
	if (f->frame_type != AV1_SWITCH_FRAME && !s->reduced_still_picture_header)
		f->frame_size_override_flag = bits_flag(&p->b);
	f->order_hint = (uint8_t)bits_u(&p->b, s->order_hint_bits);
	f->primary_ref_frame = AV1_PRIMARY_REF_NONE;
	if (!av1_frame_is_intra(f) && !f->error_resilient_mode)
		f->primary_ref_frame = (uint8_t)bits_u(&p->b, 3);
}

static void skip_removal_times(struct av1_frame_parser *p)
{
	const struct av1_sequence *s = p->sequence;
	unsigned int i;

	if (!s->decoder_model_info_present_flag || !bits_flag(&p->b))
		return;
	for (i = 0; i < s->n_operating_points; i++) {
		unsigned int idc = s->operating_points[i].idc;

		if (!s->operating_points[i].decoder_model_present)
			continue;
		if (idc == 0 || (idc >> p->temporal_id & 1 && idc >> (p->spatial_id + 8) & 1))
			bits_skip(&p->b, s->buffer_removal_time_length);
	}
}

/* refresh_frame_flags, and what a frame that may follow a loss says of the slots. */
static void parse_refresh(struct av1_frame_parser *p)
{
	struct av1_frame *f = p->f;
	bool all = f->frame_type == AV1_SWITCH_FRAME ||
		   (f->frame_type == AV1_KEY_FRAME && f->show_frame);
	unsigned int i;

	f->refresh_frame_flags = all ? ALL_FRAMES : (uint8_t)bits_u(&p->b, 8);
	if (f->frame_type == AV1_INTRA_ONLY_FRAME && f->refresh_frame_flags == ALL_FRAMES)
		p->b.err = -EBADMSG;
	for (i = 0; i < AV1_NUM_REF_FRAMES; i++)
		f->ref_order_hint[i] = p->refs->slots[i].order_hint;
	if ((av1_frame_is_intra(f) && f->refresh_frame_flags == ALL_FRAMES) ||
	    !f->error_resilient_mode || !p->sequence->enable_order_hint)
		return;
	for (i = 0; i < AV1_NUM_REF_FRAMES; i++) {
		f->ref_order_hint[i] = (uint8_t)bits_u(&p->b, p->sequence->order_hint_bits);
		if (!p->refs->slots[i].valid ||
		    f->ref_order_hint[i] != p->refs->slots[i].order_hint)
			f->lost_slots |= (uint8_t)(1U << i);
	}
}

static void parse_intra(struct av1_frame_parser *p)
{
	struct av1_frame *f = p->f;

	av1_frame_parse_size(p);
	if (f->allow_screen_content_tools && f->size.upscaled_width == f->size.frame_width)
		f->allow_intrabc = bits_flag(&p->b);
}

static void parse_inter(struct av1_frame_parser *p)
{
	const struct av1_sequence *s = p->sequence;
	struct av1_frame *f = p->f;
	unsigned int i;

	av1_frame_parse_references(p);
	if (f->frame_size_override_flag && !f->error_resilient_mode)
		av1_frame_parse_size_with_refs(p);
	else
		av1_frame_parse_size(p);
	if (!f->force_integer_mv)
		f->allow_high_precision_mv = bits_flag(&p->b);
	f->interpolation_filter = INTERPOLATION_SWITCHABLE;
	if (!bits_flag(&p->b)) /* is_filter_switchable */
		f->interpolation_filter = (uint8_t)bits_u(&p->b, 2);
	f->is_motion_mode_switchable = bits_flag(&p->b);
	if (!f->error_resilient_mode && s->enable_ref_frame_mvs)
		f->use_ref_frame_mvs = bits_flag(&p->b);
	for (i = 0; i < AV1_REFS_PER_FRAME; i++)
		f->order_hints[i + 1] = f->ref_order_hint[f->ref_frame_idx[i]];
}

/* load_previous(), or setup_past_independence(): 7.20 and 7.21. -ENOENT without that frame. */
static int load_previous(struct av1_frame_parser *p)
{
	struct av1_frame *f = p->f;
	const struct av1_ref *ref;

	if (f->primary_ref_frame == AV1_PRIMARY_REF_NONE) {
		av1_frame_default_loop_filter(&f->loop_filter);
		return 0;
	}
	ref = &p->refs->slots[f->ref_frame_idx[f->primary_ref_frame]];
	if (!ref->valid)
		return -ENOENT;
	memcpy(f->loop_filter.ref_deltas, ref->loop_filter.ref_deltas,
	       sizeof(f->loop_filter.ref_deltas));
	memcpy(f->loop_filter.mode_deltas, ref->loop_filter.mode_deltas,
	       sizeof(f->loop_filter.mode_deltas));
	f->segmentation = ref->segmentation;
	return 0;
}

/* The second half, from tile_info() on. */
static void parse_decoding(struct av1_frame_parser *p)
{
	struct av1_frame *f = p->f;

	av1_frame_parse_tiles(p);
	av1_frame_parse_quant(p);
	av1_frame_parse_segmentation(p);
	av1_frame_parse_deltas(p);
	av1_frame_find_lossless(p);
	av1_frame_parse_loop_filter(p);
	av1_frame_parse_cdef(p);
	av1_frame_parse_restoration(p);
	if (!f->coded_lossless)
		f->tx_mode = bits_flag(&p->b) ? 2 : 1;
	if (!av1_frame_is_intra(f))
		f->reference_select = bits_flag(&p->b);
	if (av1_frame_allows_skip_mode(p))
		f->skip_mode_present = bits_flag(&p->b);
	if (!av1_frame_is_intra(f) && !f->error_resilient_mode && p->sequence->enable_warped_motion)
		f->allow_warped_motion = bits_flag(&p->b);
	f->reduced_tx_set = bits_flag(&p->b);
	av1_frame_parse_motion(p);
	av1_frame_parse_film_grain(p);
}

static int parse(struct av1_frame_parser *p)
{
	struct av1_frame *f = p->f;
	int ret;

	if (!p->sequence->reduced_still_picture_header)
		f->show_existing_frame = bits_flag(&p->b);
	if (f->show_existing_frame) {
		parse_existing(p);
		return 0;
	}
	parse_kind(p);
	parse_tools(p);
	skip_removal_times(p);
	parse_refresh(p);
	if (av1_frame_is_intra(f))
		parse_intra(p);
	else
		parse_inter(p);
	if (!p->sequence->reduced_still_picture_header && !f->disable_cdf_update)
		f->disable_frame_end_update_cdf = bits_flag(&p->b);
	else
		f->disable_frame_end_update_cdf = true;
	if (!bits_ok(&p->b))
		return 0;
	ret = load_previous(p);
	if (ret == 0)
		parse_decoding(p);
	return ret;
}

int av1_frame_parse(const struct av1_obu *obu, const struct av1_sequence *sequence,
		    const struct av1_refs *refs, struct av1_frame *frame, size_t *bits)
{
	struct av1_frame f;
	struct av1_frame_parser p = {
		.sequence = sequence,
		.refs = refs,
		.temporal_id = obu->temporal_id,
		.spatial_id = obu->spatial_id,
		.f = &f,
	};
	int ret;

	memset(&f, 0, sizeof(f));
	bits_init_raw(&p.b, obu->payload, obu->size_bytes);
	ret = parse(&p);
	if (!bits_ok(&p.b))
		return -EBADMSG;
	if (ret < 0)
		return ret;
	*bits = p.b.n_read;
	memcpy(frame, &f, sizeof(f));
	return 0;
}
