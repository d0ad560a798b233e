/* SPDX-License-Identifier: MIT */
/*
 * The stream's slice segment header (7.3.6.1), read as a driver of the short slice format reads it: what of
 * the parameter sets its syntax depends on is taken from VA. Where the client is wrong there, what follows
 * differs from the client's word on the slice, or the header's end does.
 */
#include "hevc.h"

#include <errno.h>
#include <string.h>

#define MAX_ENTRY_POINTS (20 * 22 + 8192 / 16)

struct parser {
	const struct hevc_picture *picture;
	const VAPictureParameterBufferHEVC *pic;
	struct bit_reader reader;
	struct hevc_slice_header *header;
};

static bool flag(struct parser *p)
{
	return bit_reader_get(&p->reader, 1);
}

static uint32_t ue_max(struct parser *p, uint32_t max)
{
	uint32_t value = bit_reader_ue(&p->reader);

	if (value > max)
		p->reader.failed = true;
	return p->reader.failed ? 0 : value;
}

static void skip_bits(struct parser *p, uint32_t count)
{
	if (count > p->reader.size_bits - p->reader.pos)
		p->reader.failed = true;
	else
		p->reader.pos += count;
}

/* 7.3.7 of a set that stands alone, negative differences first. */
static void parse_plain_set(struct parser *p, struct hevc_set *set)
{
	uint32_t counts[2] = {ue_max(p, HEVC_MAX_SET), 0};

	counts[1] = ue_max(p, HEVC_MAX_SET);
	for (int sign = 0; sign < 2; sign++) {
		int32_t delta = 0;

		for (uint32_t i = 0; i < counts[sign]; i++) {
			int32_t step = (int32_t)ue_max(p, 0x7fff) + 1;

			delta += sign ? step : -step;
			set->delta_poc[set->count] = delta;
			set->used[set->count++] = flag(p);
		}
	}
	set->known = !p->reader.failed;
}

static void parse_short_term_set(struct parser *p)
{
	struct hevc_slice_header *h = p->header;
	size_t begin;

	if (flag(p)) { /* short_term_ref_pic_set_sps_flag */
		skip_bits(p, hevc_ceil_log2(p->pic->num_short_term_ref_pic_sets));
		return;
	}
	begin = p->reader.pos;
	if (!p->pic->num_short_term_ref_pic_sets || !flag(p)) {
		parse_plain_set(p, &h->set);
		h->set_bits = (uint32_t)(p->reader.pos - begin);
	} else {
		/* It is predicted from a set that VA does not have. */
		p->reader.pos = begin;
		skip_bits(p, p->pic->st_rps_bits);
		h->set_bits = p->pic->st_rps_bits;
	}
}

static void parse_long_term(struct parser *p)
{
	uint32_t in_sps = 0, count;

	if (p->pic->num_long_term_ref_pic_sps)
		in_sps = ue_max(p, 32);
	count = in_sps + ue_max(p, 32);
	p->header->num_long_term = count;
	for (uint32_t i = 0; i < count && !p->reader.failed; i++) {
		if (i < in_sps)
			skip_bits(p, hevc_ceil_log2(p->pic->num_long_term_ref_pic_sps));
		else
			skip_bits(p, p->pic->log2_max_pic_order_cnt_lsb_minus4 + 4u + 1u);
		if (flag(p)) /* delta_poc_msb_present_flag */
			bit_reader_ue(&p->reader);
	}
}

static void parse_references(struct parser *p)
{
	struct hevc_slice_header *h = p->header;

	if (h->nal_unit_type == HEVC_NAL_IDR || h->nal_unit_type == HEVC_NAL_IDR_LAST)
		return;
	h->slice_pic_order_cnt_lsb =
		bit_reader_get(&p->reader, p->pic->log2_max_pic_order_cnt_lsb_minus4 + 4u);
	parse_short_term_set(p);
	if (p->pic->slice_parsing_fields.bits.long_term_ref_pics_present_flag)
		parse_long_term(p);
	if (p->pic->slice_parsing_fields.bits.sps_temporal_mvp_enabled_flag)
		h->slice_temporal_mvp_enabled_flag = flag(p);
}

static void parse_list_sizes(struct parser *p)
{
	struct hevc_slice_header *h = p->header;

	h->num_ref_idx_active[0] = p->pic->num_ref_idx_l0_default_active_minus1 + 1u;
	if (h->slice_type == HEVC_B)
		h->num_ref_idx_active[1] = p->pic->num_ref_idx_l1_default_active_minus1 + 1u;
	if (!flag(p)) /* num_ref_idx_active_override_flag */
		return;
	for (uint32_t list = 0; list < hevc_num_lists(h->slice_type); list++)
		h->num_ref_idx_active[list] = ue_max(p, HEVC_MAX_LIST - 1) + 1;
}

static void parse_modification(struct parser *p)
{
	uint32_t total = hevc_count_current(p->pic);

	if (!p->pic->slice_parsing_fields.bits.lists_modification_present_flag || total <= 1)
		return;
	for (uint32_t list = 0; list < hevc_num_lists(p->header->slice_type); list++)
		if (flag(p))
			skip_bits(p, p->header->num_ref_idx_active[list] * hevc_ceil_log2(total));
}

static int32_t chroma_offset(int32_t delta, int32_t weight, uint32_t denom)
{
	int32_t offset = 128 + delta - ((128 * weight) >> denom);

	return offset < -128 ? -128 : offset > 127 ? 127 : offset;
}

static void parse_chroma_weight(struct parser *p, uint32_t list, uint32_t i)
{
	struct hevc_weights *w = &p->header->weights;
	uint32_t denom = (uint32_t)((int32_t)w->luma_denom + w->delta_chroma_denom) & 7;

	for (int c = 0; c < 2; c++) {
		int32_t delta = bit_reader_se(&p->reader);
		int32_t offset = bit_reader_se(&p->reader);

		if (delta < -128 || delta > 127 || offset < -512 || offset > 511)
			p->reader.failed = true;
		if (p->reader.failed)
			return;
		w->delta_chroma_weight[list][i][c] = delta;
		w->chroma_offset[list][i][c] = chroma_offset(offset, (1 << denom) + delta, denom);
	}
}

static void parse_list_weights(struct parser *p, uint32_t list)
{
	struct hevc_weights *w = &p->header->weights;
	uint32_t count = p->header->num_ref_idx_active[list];
	bool luma[HEVC_MAX_LIST] = {0}, chroma[HEVC_MAX_LIST] = {0};

	if (count > HEVC_MAX_LIST) {
		p->reader.failed = true;
		return;
	}
	for (uint32_t i = 0; i < count; i++)
		luma[i] = flag(p);
	for (uint32_t i = 0; i < count && hevc_has_chroma(p->pic); i++)
		chroma[i] = flag(p);
	for (uint32_t i = 0; i < count; i++) {
		if (luma[i]) {
			w->delta_luma_weight[list][i] = bit_reader_se(&p->reader);
			w->luma_offset[list][i] = bit_reader_se(&p->reader);
		}
		if (chroma[i])
			parse_chroma_weight(p, list, i);
	}
}

static void parse_weights(struct parser *p)
{
	struct hevc_slice_header *h = p->header;

	h->weights.luma_denom = ue_max(p, 7);
	if (hevc_has_chroma(p->pic))
		h->weights.delta_chroma_denom = bit_reader_se(&p->reader);
	for (uint32_t list = 0; list < hevc_num_lists(h->slice_type); list++)
		parse_list_weights(p, list);
}

static void parse_prediction(struct parser *p)
{
	struct hevc_slice_header *h = p->header;

	parse_list_sizes(p);
	parse_modification(p);
	if (h->slice_type == HEVC_B)
		h->mvd_l1_zero_flag = flag(p);
	if (p->pic->slice_parsing_fields.bits.cabac_init_present_flag)
		h->cabac_init_flag = flag(p);
	h->collocated_from_l0_flag = true;
	if (h->slice_temporal_mvp_enabled_flag) {
		if (h->slice_type == HEVC_B)
			h->collocated_from_l0_flag = flag(p);
		if (h->num_ref_idx_active[!h->collocated_from_l0_flag] > 1)
			h->collocated_ref_idx = ue_max(p, HEVC_MAX_LIST - 1);
	}
	if (hevc_has_weights(p->pic, h->slice_type))
		parse_weights(p);
	h->five_minus_max_num_merge_cand = ue_max(p, 4);
}

static void parse_filters(struct parser *p)
{
	struct hevc_slice_header *h = p->header;
	bool overridden = false;

	if (p->pic->slice_parsing_fields.bits.deblocking_filter_override_enabled_flag)
		overridden = flag(p);
	h->slice_deblocking_filter_disabled_flag =
		p->pic->slice_parsing_fields.bits.pps_disable_deblocking_filter_flag;
	h->slice_beta_offset_div2 = p->pic->pps_beta_offset_div2;
	h->slice_tc_offset_div2 = p->pic->pps_tc_offset_div2;
	if (overridden) {
		h->slice_deblocking_filter_disabled_flag = flag(p);
		if (!h->slice_deblocking_filter_disabled_flag) {
			h->slice_beta_offset_div2 = bit_reader_se(&p->reader);
			h->slice_tc_offset_div2 = bit_reader_se(&p->reader);
		}
	}
	h->slice_loop_filter_across_slices_enabled_flag =
		p->pic->pic_fields.bits.pps_loop_filter_across_slices_enabled_flag;
	if (p->pic->pic_fields.bits.pps_loop_filter_across_slices_enabled_flag &&
	    (h->slice_sao_luma_flag || h->slice_sao_chroma_flag ||
	     !h->slice_deblocking_filter_disabled_flag))
		h->slice_loop_filter_across_slices_enabled_flag = flag(p);
}

static void parse_quantisation(struct parser *p)
{
	const VAPictureParameterBufferHEVCRext *rext = p->picture->rext;
	struct hevc_slice_header *h = p->header;

	h->slice_qp_delta = bit_reader_se(&p->reader);
	if (p->pic->slice_parsing_fields.bits.pps_slice_chroma_qp_offsets_present_flag) {
		h->slice_cb_qp_offset = bit_reader_se(&p->reader);
		h->slice_cr_qp_offset = bit_reader_se(&p->reader);
	}
	if (rext && rext->range_extension_pic_fields.bits.chroma_qp_offset_list_enabled_flag)
		h->cu_chroma_qp_offset_enabled_flag = flag(p);
}

static void parse_independent(struct parser *p)
{
	struct hevc_slice_header *h = p->header;

	skip_bits(p, p->pic->num_extra_slice_header_bits);
	h->slice_type = ue_max(p, HEVC_I);
	if (p->pic->slice_parsing_fields.bits.output_flag_present_flag)
		flag(p);
	if (p->pic->pic_fields.bits.separate_colour_plane_flag)
		bit_reader_get(&p->reader, 2);
	parse_references(p);
	if (p->pic->slice_parsing_fields.bits.sample_adaptive_offset_enabled_flag) {
		h->slice_sao_luma_flag = flag(p);
		if (hevc_has_chroma(p->pic))
			h->slice_sao_chroma_flag = flag(p);
	}
	if (h->slice_type != HEVC_I)
		parse_prediction(p);
	parse_quantisation(p);
	parse_filters(p);
}

static void parse_place(struct parser *p)
{
	struct hevc_slice_header *h = p->header;
	bool dependent = false;
	uint32_t address = 0;

	h->first_slice_segment_in_pic_flag = flag(p);
	if (h->nal_unit_type >= 16 && h->nal_unit_type <= 23)
		flag(p);           /* no_output_of_prior_pics_flag */
	bit_reader_ue(&p->reader); /* slice_pic_parameter_set_id */
	if (!h->first_slice_segment_in_pic_flag) {
		if (p->pic->slice_parsing_fields.bits.dependent_slice_segments_enabled_flag)
			dependent = flag(p);
		address = bit_reader_get(&p->reader, hevc_ceil_log2(hevc_num_ctbs(p->pic)));
	}
	h->slice_segment_address = address;
	h->dependent_slice_segment_flag = dependent;
}

static void parse_entry_points(struct parser *p)
{
	uint32_t length, count;

	p->header->num_entry_point_offsets = 0;
	if (!p->pic->pic_fields.bits.tiles_enabled_flag &&
	    !p->pic->pic_fields.bits.entropy_coding_sync_enabled_flag)
		return;
	count = ue_max(p, MAX_ENTRY_POINTS);
	p->header->num_entry_point_offsets = count;
	if (!count)
		return;
	length = ue_max(p, 31) + 1;
	for (uint32_t i = 0; i < count; i++)
		skip_bits(p, length);
}

int hevc_header_parse(const struct hevc_picture *picture, const struct bytes *unit,
		      struct hevc_slice_header *header)
{
	struct parser p = {.picture = picture, .pic = picture->pic, .header = header};
	uint32_t type = unit->data[0] >> 1 & 0x3f;

	memset(header, 0, sizeof(*header));
	header->nal_unit_type = type;
	bit_reader_init(&p.reader, unit->data, unit->size);
	p.reader.pos = 16;
	parse_place(&p);
	if (header->dependent_slice_segment_flag) {
		struct hevc_slice_header own = *header;

		*header = picture->independent;
		header->nal_unit_type = type;
		header->first_slice_segment_in_pic_flag = false;
		header->dependent_slice_segment_flag = true;
		header->slice_segment_address = own.slice_segment_address;
	} else {
		parse_independent(&p);
	}
	parse_entry_points(&p);
	if (picture->pic->slice_parsing_fields.bits.slice_segment_header_extension_present_flag)
		skip_bits(&p, 8 * ue_max(&p, 256));
	/* byte_alignment() */
	if (!flag(&p))
		return -EBADMSG;
	header->size_bytes = (p.reader.pos + 7) / 8;
	return p.reader.failed ? -EBADMSG : 0;
}
