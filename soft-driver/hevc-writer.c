/* SPDX-License-Identifier: MIT */
/*
 * A slice segment header written from VA's parameters (7.3.6.1), in front of the stream's slice data. The
 * reference picture set is that of ReferenceFrames, every entry of RefPicList is named by a list
 * modification, so that the decoder's lists are the client's. Entry points are left out: one thread needs
 * none.
 */
#include "hevc.h"

#include <stdlib.h>
#include <string.h>

#include "context.h"

struct entry {
	/* In ReferenceFrames. */
	int index;
	/* From the current picture's; of a long-term reference, the order count. */
	int64_t poc;
	bool used;
};

/* ReferenceFrames by what they are to the picture, in the order in which they are written. */
struct sets {
	size_t count[3];
	struct entry entries[3][HEVC_MAX_REFERENCES];
};

enum {
	BEFORE,
	AFTER,
	LONG_TERM,
};

static int compare_distance(const void *a, const void *b)
{
	int64_t first = llabs(((const struct entry *)a)->poc);
	int64_t second = llabs(((const struct entry *)b)->poc);

	return first < second ? -1 : first > second;
}

static void sort_references(const VAPictureParameterBufferHEVC *pic, struct sets *sets)
{
	memset(sets, 0, sizeof(*sets));
	for (int i = 0; i < HEVC_MAX_REFERENCES; i++) {
		const VAPictureHEVC *reference = &pic->ReferenceFrames[i];
		bool is_long = reference->flags & VA_PICTURE_HEVC_LONG_TERM_REFERENCE;
		int64_t delta = (int64_t)reference->pic_order_cnt - pic->CurrPic.pic_order_cnt;
		int set = is_long ? LONG_TERM : delta < 0 ? BEFORE : AFTER;

		if (!hevc_is_valid(reference))
			continue;
		sets->entries[set][sets->count[set]++] =
			(struct entry){i, is_long ? reference->pic_order_cnt : delta,
				       reference->flags & HEVC_RPS_CURRENT};
	}
	for (int set = BEFORE; set <= AFTER; set++)
		qsort(sets->entries[set], sets->count[set], sizeof(sets->entries[set][0]),
		      compare_distance);
}

static void write_set(struct bit_writer *w, const struct sets *sets)
{
	bit_writer_put(w, 1, 0); /* short_term_ref_pic_set_sps_flag */
	bit_writer_ue(w, (uint32_t)sets->count[BEFORE]);
	bit_writer_ue(w, (uint32_t)sets->count[AFTER]);
	for (int set = BEFORE; set <= AFTER; set++) {
		int64_t last = 0;

		for (size_t i = 0; i < sets->count[set]; i++) {
			int64_t distance = llabs(sets->entries[set][i].poc);

			/* Two of one order count are the client's fault, which the checks have told. */
			bit_writer_ue(w, distance > last ? (uint32_t)(distance - last - 1) : 0);
			bit_writer_put(w, 1, sets->entries[set][i].used);
			last = distance;
		}
	}
	bit_writer_ue(w, (uint32_t)sets->count[LONG_TERM]);
	for (size_t i = 0; i < sets->count[LONG_TERM]; i++) {
		bit_writer_put(w, 16, (uint32_t)sets->entries[LONG_TERM][i].poc & 0xffff);
		bit_writer_put(w, 1, sets->entries[LONG_TERM][i].used);
		bit_writer_put(w, 1, 0); /* delta_poc_msb_present_flag */
	}
}

/* Where an entry stands in RefPicListTemp (8.3.4), 0 for one that is not of the current sets. */
static uint32_t find_place(const struct sets *sets, uint32_t list, uint8_t index)
{
	const int orders[2][3] = {{BEFORE, AFTER, LONG_TERM}, {AFTER, BEFORE, LONG_TERM}};
	uint32_t place = 0;

	for (int k = 0; k < 3; k++) {
		int set = orders[list][k];

		for (size_t i = 0; i < sets->count[set]; i++) {
			if (!sets->entries[set][i].used)
				continue;
			if (sets->entries[set][i].index == index)
				return place;
			place++;
		}
	}
	return 0;
}

static void write_lists(struct bit_writer *w, const struct hevc_picture *picture,
			const struct hevc_slice *slice, const struct sets *sets)
{
	uint32_t total = hevc_count_current(picture->pic);

	bit_writer_put(w, 1, 1); /* num_ref_idx_active_override_flag */
	for (uint32_t list = 0; list < 2; list++)
		if (hevc_list_size(slice->param, list))
			bit_writer_ue(w, hevc_list_size(slice->param, list) - 1);
	for (uint32_t list = 0; list < 2 && total > 1; list++) {
		uint32_t size = hevc_list_size(slice->param, list);

		if (size)
			bit_writer_put(w, 1, 1); /* ref_pic_list_modification_flag */
		for (uint32_t i = 0; i < size; i++)
			bit_writer_put(w, hevc_ceil_log2(total),
				       find_place(sets, list, slice->param->RefPicList[list][i]));
	}
}

static void get_list_weights(const struct hevc_slice *slice, uint32_t list, bool has_chroma,
			     struct hevc_weights *w)
{
	const VASliceParameterBufferHEVC *param = slice->param;
	const int8_t *weight = list ? param->delta_luma_weight_l1 : param->delta_luma_weight_l0;
	const int8_t *offset = list ? param->luma_offset_l1 : param->luma_offset_l0;
	const int8_t(*chroma_weight)[2] =
		list ? param->delta_chroma_weight_l1 : param->delta_chroma_weight_l0;
	const int8_t(*chroma_offset)[2] = list ? param->ChromaOffsetL1 : param->ChromaOffsetL0;

	for (uint32_t i = 0; i < hevc_list_size(param, list); i++) {
		w->delta_luma_weight[list][i] = weight[i];
		w->luma_offset[list][i] = offset[i];
		for (int c = 0; c < 2 && has_chroma; c++) {
			w->delta_chroma_weight[list][i][c] = chroma_weight[i][c];
			w->chroma_offset[list][i][c] = chroma_offset[i][c];
		}
	}
}

void hevc_get_weights(const struct hevc_picture *picture, const struct hevc_slice *slice,
		      struct hevc_weights *w)
{
	bool has_chroma = hevc_has_chroma(picture->pic);

	memset(w, 0, sizeof(*w));
	w->luma_denom = slice->param->luma_log2_weight_denom;
	if (has_chroma)
		w->delta_chroma_denom = slice->param->delta_chroma_log2_weight_denom;
	get_list_weights(slice, 0, has_chroma, w);
	get_list_weights(slice, 1, has_chroma, w);
}

/* The syntax has the offset's difference from what the weight alone would do (7-56). */
static void write_chroma_weight(struct bit_writer *w, const struct hevc_weights *weights,
				uint32_t list, uint32_t i)
{
	uint32_t denom = (uint32_t)((int32_t)weights->luma_denom + weights->delta_chroma_denom) & 7;

	for (int c = 0; c < 2; c++) {
		int32_t delta = weights->delta_chroma_weight[list][i][c];
		int32_t weight = (1 << denom) + delta;

		bit_writer_se(w, delta);
		bit_writer_se(w,
			      weights->chroma_offset[list][i][c] - 128 + ((128 * weight) >> denom));
	}
}

static bool has_luma_weight(const struct hevc_weights *weights, uint32_t list, uint32_t i)
{
	return weights->delta_luma_weight[list][i] || weights->luma_offset[list][i];
}

static bool has_chroma_weight(const struct hevc_weights *weights, uint32_t list, uint32_t i)
{
	return weights->delta_chroma_weight[list][i][0] || weights->chroma_offset[list][i][0] ||
	       weights->delta_chroma_weight[list][i][1] || weights->chroma_offset[list][i][1];
}

static void write_weights(struct bit_writer *w, const struct hevc_picture *picture,
			  const struct hevc_slice *slice)
{
	bool has_chroma = hevc_has_chroma(picture->pic);
	struct hevc_weights weights;

	hevc_get_weights(picture, slice, &weights);
	bit_writer_ue(w, weights.luma_denom);
	if (has_chroma)
		bit_writer_se(w, weights.delta_chroma_denom);
	for (uint32_t list = 0; list < 2; list++) {
		uint32_t size = hevc_list_size(slice->param, list);

		for (uint32_t i = 0; i < size; i++)
			bit_writer_put(w, 1, has_luma_weight(&weights, list, i));
		for (uint32_t i = 0; i < size && has_chroma; i++)
			bit_writer_put(w, 1, has_chroma_weight(&weights, list, i));
		for (uint32_t i = 0; i < size; i++) {
			if (has_luma_weight(&weights, list, i)) {
				bit_writer_se(w, weights.delta_luma_weight[list][i]);
				bit_writer_se(w, weights.luma_offset[list][i]);
			}
			if (has_chroma && has_chroma_weight(&weights, list, i))
				write_chroma_weight(w, &weights, list, i);
		}
	}
}

static void write_prediction(struct bit_writer *w, const struct hevc_picture *picture,
			     const struct hevc_slice *slice, const struct sets *sets)
{
	const VASliceParameterBufferHEVC *param = slice->param;
	bool from_l0 = param->LongSliceFlags.fields.collocated_from_l0_flag;
	bool is_b = param->LongSliceFlags.fields.slice_type == HEVC_B;

	write_lists(w, picture, slice, sets);
	if (is_b)
		bit_writer_put(w, 1, param->LongSliceFlags.fields.mvd_l1_zero_flag);
	bit_writer_put(w, 1, param->LongSliceFlags.fields.cabac_init_flag);
	if (param->LongSliceFlags.fields.slice_temporal_mvp_enabled_flag) {
		if (is_b)
			bit_writer_put(w, 1, from_l0);
		if (hevc_list_size(param, is_b && !from_l0) > 1)
			bit_writer_ue(w, param->collocated_ref_idx);
	}
	if (hevc_has_weights(picture->pic, param->LongSliceFlags.fields.slice_type))
		write_weights(w, picture, slice);
	bit_writer_ue(w, param->five_minus_max_num_merge_cand);
}

static void write_references(struct bit_writer *w, const struct hevc_picture *picture,
			     const struct hevc_slice *slice, const struct sets *sets)
{
	if (picture->pic->slice_parsing_fields.bits.IdrPicFlag)
		return;
	bit_writer_put(w, 16, (uint32_t)picture->pic->CurrPic.pic_order_cnt & 0xffff);
	write_set(w, sets);
	if (picture->pic->slice_parsing_fields.bits.sps_temporal_mvp_enabled_flag)
		bit_writer_put(w, 1,
			       slice->param->LongSliceFlags.fields.slice_temporal_mvp_enabled_flag);
}

static void write_filters(struct bit_writer *w, const VASliceParameterBufferHEVC *param)
{
	bool disabled = param->LongSliceFlags.fields.slice_deblocking_filter_disabled_flag;

	bit_writer_put(w, 1, 1); /* deblocking_filter_override_flag */
	bit_writer_put(w, 1, disabled);
	if (!disabled) {
		bit_writer_se(w, param->slice_beta_offset_div2);
		bit_writer_se(w, param->slice_tc_offset_div2);
	}
	if (param->LongSliceFlags.fields.slice_sao_luma_flag ||
	    param->LongSliceFlags.fields.slice_sao_chroma_flag || !disabled)
		bit_writer_put(
			w, 1,
			param->LongSliceFlags.fields.slice_loop_filter_across_slices_enabled_flag);
}

static void write_independent(struct bit_writer *w, const struct hevc_picture *picture,
			      const struct hevc_slice *slice)
{
	const VAPictureParameterBufferHEVC *pic = picture->pic;
	const VASliceParameterBufferHEVC *param = slice->param;
	struct sets sets;

	sort_references(pic, &sets);
	bit_writer_ue(w, param->LongSliceFlags.fields.slice_type);
	bit_writer_put(w, 1, 0); /* pic_output_flag: the decoder's order is nobody's */
	write_references(w, picture, slice, &sets);
	if (pic->slice_parsing_fields.bits.sample_adaptive_offset_enabled_flag) {
		bit_writer_put(w, 1, param->LongSliceFlags.fields.slice_sao_luma_flag);
		if (hevc_has_chroma(pic))
			bit_writer_put(w, 1, param->LongSliceFlags.fields.slice_sao_chroma_flag);
	}
	if (param->LongSliceFlags.fields.slice_type != HEVC_I)
		write_prediction(w, picture, slice, &sets);
	bit_writer_se(w, param->slice_qp_delta);
	bit_writer_se(w, param->slice_cb_qp_offset);
	bit_writer_se(w, param->slice_cr_qp_offset);
	if (picture->rext &&
	    picture->rext->range_extension_pic_fields.bits.chroma_qp_offset_list_enabled_flag)
		bit_writer_put(w, 1,
			       slice->rext->slice_ext_flags.bits.cu_chroma_qp_offset_enabled_flag);
	write_filters(w, param);
}

static uint32_t unit_type(const VAPictureParameterBufferHEVC *pic)
{
	if (pic->slice_parsing_fields.bits.IdrPicFlag)
		return HEVC_NAL_IDR;
	return pic->slice_parsing_fields.bits.RapPicFlag ? HEVC_NAL_CRA : HEVC_NAL_TRAIL_R;
}

static void write_header(struct bit_writer *w, const struct hevc_picture *picture,
			 const struct hevc_slice *slice)
{
	const VASliceParameterBufferHEVC *param = slice->param;
	uint32_t type = unit_type(picture->pic);
	bool dependent = param->LongSliceFlags.fields.dependent_slice_segment_flag;

	bit_writer_put(w, 7, type);
	bit_writer_put(w, 6, 0); /* nuh_layer_id */
	bit_writer_put(w, 3, 1); /* nuh_temporal_id_plus1 */
	bit_writer_put(w, 1, !param->slice_segment_address);
	if (type >= HEVC_NAL_IDR)
		bit_writer_put(w, 1, 0); /* no_output_of_prior_pics_flag */
	bit_writer_ue(w, 0);             /* slice_pic_parameter_set_id */
	if (param->slice_segment_address) {
		bit_writer_put(w, 1, dependent);
		bit_writer_put(w, hevc_ceil_log2(hevc_num_ctbs(picture->pic)),
			       param->slice_segment_address);
	}
	if (!param->slice_segment_address || !dependent)
		write_independent(w, picture, slice);
	if (picture->pic->pic_fields.bits.tiles_enabled_flag ||
	    picture->pic->pic_fields.bits.entropy_coding_sync_enabled_flag)
		bit_writer_ue(w, 0); /* num_entry_point_offsets */
	bit_writer_trail(w);
}

void hevc_write_slice(struct hevc_picture *picture, const struct hevc_slice *slice)
{
	size_t from = slice->param->slice_data_byte_offset;
	struct bit_writer w = {0};

	write_header(&w, picture, slice);
	if (from < slice->unit.size)
		bytes_append(&w.bytes, slice->unit.data + from, slice->unit.size - from);
	if (w.bytes.failed)
		picture->slices.failed = true;
	else
		bytes_append_nal(&picture->slices, w.bytes.data, w.bytes.size);
	bit_writer_finish(&w);
}
