/* SPDX-License-Identifier: MIT */
/*
 * hevc-writer-slice.c - slice segment headers, 7.3.6; see hevc-writer.h
 */
#include "hevc-writer.h"

#include <string.h>

static unsigned int list_length(const int *list)
{
	unsigned int n = 0;

	while (list[n])
		n++;
	return n;
}

static unsigned int ceil_log2(unsigned int n)
{
	unsigned int bits = 0;

	while (1u << bits < n)
		bits++;
	return bits;
}

static bool is_idr(const struct hevcw_shot *shot)
{
	return shot->unit == HEVCW_IDR_W_RADL || shot->unit == HEVCW_IDR_N_LP;
}

static void long_term_write(struct writer *w, const struct hevcw_sps *sps,
			    const struct hevcw_shot *shot)
{
	if (sps->n_lt)
		ue(w, shot->n_lt_sps);
	ue(w, shot->n_lt - shot->n_lt_sps);
	for (unsigned int i = 0; i < shot->n_lt; i++) {
		const struct hevcw_long_term *lt = &shot->long_term[i];

		if (i < shot->n_lt_sps) {
			put(w, ceil_log2(sps->n_lt), lt->of_sps - 1);
		} else {
			put(w, sps->log2_max_poc_lsb, lt->lsb);
			put(w, 1, lt->used);
		}
		put(w, 1, lt->msb_present);
		if (lt->msb_present)
			ue(w, lt->msb_cycle);
	}
}

static void references_write(struct writer *w, const struct hevcw_sps *sps,
			     const struct hevcw_shot *shot)
{
	put(w, sps->log2_max_poc_lsb, (uint32_t)shot->poc & ((1u << sps->log2_max_poc_lsb) - 1));
	put(w, 1, shot->rps_of_sps > 0);
	if (!shot->rps_of_sps)
		hevcw_rps_write(w, sps, &shot->rps);
	else
		put(w, ceil_log2(sps->n_rps), shot->rps_of_sps - 1);
	if (sps->long_term)
		long_term_write(w, sps, shot);
	if (sps->tmvp)
		put(w, 1, !shot->no_tmvp);
}

static void lists_write(struct writer *w, const struct hevcw_pps *pps,
			const struct hevcw_shot *shot, unsigned int n_lists)
{
	unsigned int total = shot->num_pic_total_curr;
	bool override = false;

	for (unsigned int i = 0; i < n_lists; i++)
		override |= list_length(shot->list[i]) !=
			    (pps->num_ref_default[i] ? pps->num_ref_default[i] : 1);
	put(w, 1, override);
	for (unsigned int i = 0; override && i < n_lists; i++)
		ue(w, list_length(shot->list[i]) - 1);
	for (unsigned int i = 0; pps->modification && total > 1 && i < n_lists; i++) {
		put(w, 1, shot->modification[i] != NULL);
		for (const char *entry = shot->modification[i]; entry && *entry; entry++)
			put(w, ceil_log2(total), (uint32_t)(*entry - '0'));
	}
}

static void list_weights_write(struct writer *w, const struct hevcw_sps *sps,
			       const struct hevcw_weight *entries, const struct hevcw_weights *all,
			       unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		put(w, 1, entries[i].luma);
	for (unsigned int i = 0; sps->chroma_format_idc && i < n; i++)
		put(w, 1, entries[i].chroma);
	for (unsigned int i = 0; i < n; i++) {
		if (entries[i].luma) {
			se(w, entries[i].delta[0]);
			se(w, entries[i].offset[0]);
		}
		for (int c = 1; entries[i].chroma && c < 3; c++) {
			int weight = (1 << all->log2_denom[1]) + entries[i].delta[c];

			se(w, entries[i].delta[c]); /* (7-56), solved for the element */
			se(w, entries[i].offset[c] - 128 + (128 * weight >> all->log2_denom[1]));
		}
	}
}

static void weights_write(struct writer *w, const struct hevcw_sps *sps,
			  const struct hevcw_shot *shot, unsigned int n_lists)
{
	const struct hevcw_weights *all = shot->weights;

	ue(w, all->log2_denom[0]);
	if (sps->chroma_format_idc)
		se(w, (int32_t)all->log2_denom[1] - (int32_t)all->log2_denom[0]);
	for (unsigned int i = 0; i < n_lists; i++)
		list_weights_write(w, sps, all->entry[i], all, list_length(shot->list[i]));
}

static void inter_write(struct writer *w, const struct hevcw_stream *s,
			const struct hevcw_shot *shot, enum hevcw_type type)
{
	const struct hevcw_pps *pps = &s->pps[shot->pps];
	unsigned int n_lists = type == HEVCW_B ? 2 : 1;
	bool l1 = type == HEVCW_B && shot->collocated_l1;

	lists_write(w, pps, shot, n_lists);
	if (type == HEVCW_B)
		put(w, 1, shot->mvd_l1_zero);
	if (pps->cabac_init)
		put(w, 1, shot->poc & 1);
	if (s->active->tmvp && !shot->no_tmvp && !is_idr(shot)) {
		if (type == HEVCW_B)
			put(w, 1, !l1);
		if (list_length(shot->list[l1]) > 1)
			ue(w, shot->collocated);
	}
	if (type == HEVCW_P ? pps->weighted : pps->bipred)
		weights_write(w, s->active, shot, n_lists);
	ue(w, 4); /* one merge candidate */
}

static void filters_write(struct writer *w, const struct hevcw_pps *pps,
			  const struct hevcw_shot *shot)
{
	bool off = !pps->deblock;

	if (pps->override) {
		put(w, 1, shot->deblock != 0);
		if (shot->deblock) {
			off = shot->deblock < 0;
			put(w, 1, off);
		}
		if (shot->deblock > 0) {
			se(w, 6);
			se(w, 5);
		}
	}
	if (pps->across_slices && !off)
		put(w, 1, !shot->not_across_slices);
}

static void independent_write(struct hevcw_stream *s, const struct hevcw_shot *shot,
			      enum hevcw_type type)
{
	const struct hevcw_pps *pps = &s->pps[shot->pps];
	struct writer *w = &s->bits;

	put(w, pps->extra_bits, 5 & ((1u << pps->extra_bits) - 1));
	ue(w, type);
	if (pps->output_flag)
		put(w, 1, !shot->no_output);
	if (!is_idr(shot))
		references_write(w, s->active, shot);
	if (s->active->sao)
		put(w, s->active->chroma_format_idc ? 2 : 1, 0);
	if (type != HEVCW_I)
		inter_write(w, s, shot, type);
	se(w, hevcw_qp(shot) - 26 - pps->init_qp_minus26);
	if (pps->tools) {
		se(w, 3);
		se(w, -4);
	}
	if (pps->range)
		put(w, 1, shot->poc & 1); /* cu_chroma_qp_offset_enabled_flag */
	filters_write(w, pps, shot);
}

static void entry_points_write(struct writer *w, const struct hevcw_shot *shot,
			       const struct hevcw_segment *segment)
{
	size_t most = 1;
	unsigned int bits = 1;

	ue(w, segment->n_entries);
	if (!segment->n_entries)
		return;
	for (unsigned int i = 0; i < segment->n_entries; i++)
		if (segment->entry[i] > most)
			most = segment->entry[i];
	while (bits < 32 && most - 1 >= (size_t)1 << bits)
		bits++;
	if (shot->offset_bits)
		bits = shot->offset_bits;
	ue(w, bits - 1);
	for (unsigned int i = 0; i < segment->n_entries; i++)
		put(w, bits, (uint32_t)segment->entry[i] - 1);
}

void hevcw_header_write(struct hevcw_stream *s, const struct hevcw_shot *shot,
			const struct hevcw_segment *segment, const struct hevcw_tiles *tiles)
{
	const struct hevcw_pps *pps = &s->pps[shot->pps];
	struct writer *w = &s->bits;

	hevcw_unit_begin(s, shot->unit, shot->temporal_id);
	put(w, 1, segment->first == 0);
	if (shot->unit >= HEVCW_BLA_W_LP)
		put(w, 1, shot->no_output_of_prior);
	ue(w, pps->id);
	if (segment->first) {
		if (pps->dependent)
			put(w, 1, segment->dependent);
		put(w, ceil_log2(tiles->width * tiles->height), tiles->to_raster[segment->first]);
	}
	if (!segment->dependent)
		independent_write(s, shot, segment->type);
	if (pps->tile_columns || pps->wavefront)
		entry_points_write(w, shot, segment);
	if (pps->header_extension) {
		ue(w, shot->extension_bytes);
		for (unsigned int i = 0; i < shot->extension_bytes; i++)
			put(w, 8, i % 5 ? 0 : 0x80); /* with bytes to be escaped */
	}
	end(w); /* byte_alignment() */
}
