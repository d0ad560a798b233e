/* SPDX-License-Identifier: MIT */
/*
 * av1-frame-filter.c - of AV1's frame header: the filters behind reconstruction
 *
 * Source: 5.9.11 (loop_filter_params), 5.9.19 (cdef_params), 5.9.20 (lr_params).
 */
#include "av1-frame.h"

#include <string.h>

void av1_frame_default_loop_filter(struct av1_loop_filter *filter)
{
	static const int8_t ref_deltas[AV1_TOTAL_REFS] = {1, 0, 0, 0, -1, 0, -1, -1};

	memset(filter, 0, sizeof(*filter));
	memcpy(filter->ref_deltas, ref_deltas, sizeof(ref_deltas));
}

static void parse_deltas(struct bits *b, int8_t *deltas, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (bits_flag(b))
			deltas[i] = (int8_t)av1_bits_su(b, 7);
	}
}

/* The deltas are those of the primary reference frame before. */
void av1_frame_parse_loop_filter(struct av1_frame_parser *p)
{
	struct av1_loop_filter *filter = &p->f->loop_filter;
	struct bits *b = &p->b;

	if (p->f->coded_lossless || p->f->allow_intrabc) {
		av1_frame_default_loop_filter(filter);
		return;
	}
	memset(filter->level, 0, sizeof(filter->level));
	filter->level[0] = (uint8_t)bits_u(b, 6);
	filter->level[1] = (uint8_t)bits_u(b, 6);
	if (!p->sequence->color.mono_chrome && (filter->level[0] || filter->level[1])) {
		filter->level[2] = (uint8_t)bits_u(b, 6);
		filter->level[3] = (uint8_t)bits_u(b, 6);
	}
	filter->sharpness = (uint8_t)bits_u(b, 3);
	filter->delta_enabled = bits_flag(b);
	filter->delta_update = filter->delta_enabled && bits_flag(b);
	if (!filter->delta_update)
		return;
	parse_deltas(b, filter->ref_deltas, AV1_TOTAL_REFS);
	parse_deltas(b, filter->mode_deltas, 2);
}

void av1_frame_parse_cdef(struct av1_frame_parser *p)
{
	struct av1_cdef *cdef = &p->f->cdef;
	struct bits *b = &p->b;
	unsigned int i;

	if (p->f->coded_lossless || p->f->allow_intrabc || !p->sequence->enable_cdef)
		return;
	cdef->damping_minus_3 = (uint8_t)bits_u(b, 2);
	cdef->bits = (uint8_t)bits_u(b, 2);
	for (i = 0; i < 1U << cdef->bits; i++) {
		cdef->y_pri[i] = (uint8_t)bits_u(b, 4);
		cdef->y_sec[i] = (uint8_t)bits_u(b, 2);
		if (p->sequence->color.mono_chrome)
			continue;
		cdef->uv_pri[i] = (uint8_t)bits_u(b, 4);
		cdef->uv_sec[i] = (uint8_t)bits_u(b, 2);
	}
}

static void parse_unit_shift(struct av1_frame_parser *p, bool chroma)
{
	const struct av1_color *color = &p->sequence->color;
	struct av1_restoration *r = &p->f->restoration;

	r->unit_shift = bits_flag(&p->b);
	if (p->sequence->use_128x128_superblock)
		r->unit_shift++;
	else if (r->unit_shift)
		r->unit_shift += bits_flag(&p->b);
	if (chroma && color->subsampling_x && color->subsampling_y)
		r->uv_shift = bits_flag(&p->b);
}

void av1_frame_parse_restoration(struct av1_frame_parser *p)
{
	/* Remap_Lr_Type */
	static const uint8_t types[4] = {AV1_RESTORE_NONE, AV1_RESTORE_SWITCHABLE,
					 AV1_RESTORE_WIENER, AV1_RESTORE_SGRPROJ};
	struct av1_restoration *r = &p->f->restoration;
	unsigned int n_planes = p->sequence->color.mono_chrome ? 1 : 3;
	unsigned int i;

	if (p->f->all_lossless || p->f->allow_intrabc || !p->sequence->enable_restoration)
		return;
	for (i = 0; i < n_planes; i++)
		r->type[i] = types[bits_u(&p->b, 2)];
	if (r->type[0] || r->type[1] || r->type[2])
		parse_unit_shift(p, r->type[1] || r->type[2]);
}
