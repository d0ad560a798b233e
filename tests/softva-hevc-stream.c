/* SPDX-License-Identifier: MIT */
/*
 * The writer and the pictures; see softva-hevc-stream.h. Nothing here is shared with softva.
 */
#include "softva-hevc-stream.h"

#include <stdbool.h>
#include <string.h>

#include "cabac-writer.h"

#define SLICE_B 0
#define SLICE_P 1
#define SLICE_I 2
#define QP      26

#define BEFORE    VA_PICTURE_HEVC_RPS_ST_CURR_BEFORE
#define AFTER     VA_PICTURE_HEVC_RPS_ST_CURR_AFTER
#define LONG_TERM (VA_PICTURE_HEVC_RPS_LT_CURR | VA_PICTURE_HEVC_LONG_TERM_REFERENCE)

struct bits {
	uint8_t data[2048];
	size_t pos;
};

static void put(struct bits *bits, unsigned int count, uint32_t value)
{
	for (unsigned int i = count; i-- > 0; bits->pos++)
		if (value >> i & 1)
			bits->data[bits->pos / 8] |= (uint8_t)(0x80 >> bits->pos % 8);
}

static void put_one(void *bits, unsigned int bit)
{
	put(bits, 1, bit);
}

static void ue(struct bits *bits, uint32_t value)
{
	unsigned int length = 0;

	while ((value + 1) >> (length + 1))
		length++;
	put(bits, length, 0);
	put(bits, length + 1, value + 1);
}

static void se(struct bits *bits, int value)
{
	ue(bits, (uint32_t)(value > 0 ? 2 * value - 1 : -2 * value));
}

static VASliceParameterBufferHEVC *slice_of(struct hevc_picture *picture, unsigned int index)
{
	return &picture->slices[index].base;
}

static void finish_unit(struct hevc_picture *picture, struct bits *bits)
{
	unsigned int index = picture->num_slices++, zeros = 0;
	uint8_t *data = picture->data[index];
	size_t size = 0;

	for (size_t i = 0; i < (bits->pos + 7) / 8; i++) {
		if (zeros == 2 && bits->data[i] <= 3) {
			data[size++] = 3;
			zeros = 0;
		}
		data[size++] = bits->data[i];
		zeros = bits->data[i] ? 0 : zeros + 1;
	}
	slice_of(picture, index)->slice_data_size = (uint32_t)size;
}

static const uint8_t colours[2][HEVC_CTBS][3] = {
	{{40, 90, 30}, {80, 120, 50}, {120, 200, 60}, {160, 240, 20}},
	{{200, 20, 220}, {10, 60, 180}, {100, 100, 140}, {240, 140, 100}},
};

static void fill_sequence(VAPictureParameterBufferHEVC *pic)
{
	pic->pic_width_in_luma_samples = HEVC_SIZE;
	pic->pic_height_in_luma_samples = HEVC_SIZE;
	pic->pic_fields.bits.chroma_format_idc = 1;
	pic->pic_fields.bits.pcm_enabled_flag = 1;
	pic->sps_max_dec_pic_buffering_minus1 = 4;
	pic->pcm_sample_bit_depth_luma_minus1 = 7;
	pic->pcm_sample_bit_depth_chroma_minus1 = 7;
	pic->log2_min_luma_coding_block_size_minus3 = 1;
	pic->log2_diff_max_min_transform_block_size = 2;
	pic->log2_min_pcm_luma_coding_block_size_minus3 = 1;
	pic->slice_parsing_fields.bits.lists_modification_present_flag = 1;
	pic->slice_parsing_fields.bits.long_term_ref_pics_present_flag = 1;
	pic->slice_parsing_fields.bits.sps_temporal_mvp_enabled_flag = 1;
	pic->slice_parsing_fields.bits.cabac_init_present_flag = 1;
	pic->slice_parsing_fields.bits.dependent_slice_segments_enabled_flag = 1;
	pic->slice_parsing_fields.bits.sample_adaptive_offset_enabled_flag = 1;
	pic->slice_parsing_fields.bits.deblocking_filter_override_enabled_flag = 1;
	pic->log2_max_pic_order_cnt_lsb_minus4 = 4;
}

static void fill_picture(struct hevc_picture *picture, VASurfaceID target, int32_t poc)
{
	VAPictureParameterBufferHEVC *pic = &picture->pic.base;

	memset(picture, 0, sizeof(*picture));
	picture->target = target;
	fill_sequence(pic);
	pic->CurrPic.picture_id = target;
	pic->CurrPic.pic_order_cnt = poc;
	for (int i = 0; i < 15; i++)
		pic->ReferenceFrames[i] = (VAPictureHEVC){.picture_id = VA_INVALID_SURFACE,
							  .flags = VA_PICTURE_HEVC_INVALID};
	memset(&picture->iq, 16, sizeof(picture->iq));
	for (unsigned int i = 0; i < HEVC_SLICES; i++) {
		VASliceParameterBufferHEVC *slice = slice_of(picture, i);

		memset(slice->RefPicList, 0xff, sizeof(slice->RefPicList));
		slice->slice_data_flag = VA_SLICE_DATA_FLAG_ALL;
		slice->LongSliceFlags.fields.slice_deblocking_filter_disabled_flag = 1;
		slice->LongSliceFlags.fields.collocated_from_l0_flag = 1;
	}
}

/* Those before the picture, then those after it, nearest first; then the long-term ones. */
static void add_reference(struct hevc_picture *picture, const struct hevc_picture *from,
			  uint32_t flags)
{
	VAPictureHEVC *entry = picture->pic.base.ReferenceFrames;

	while (!(entry->flags & VA_PICTURE_HEVC_INVALID))
		entry++;
	*entry = from->pic.base.CurrPic;
	entry->flags = flags;
}

static void write_set(struct bits *bits, VAPictureParameterBufferHEVC *pic)
{
	const VAPictureHEVC *entry;
	uint32_t counts[2] = {0, 0}, num_long = 0;
	int32_t last = pic->CurrPic.pic_order_cnt;
	size_t begin;

	put(bits, 1, 0); /* short_term_ref_pic_set_sps_flag */
	begin = bits->pos;
	for (entry = pic->ReferenceFrames; !(entry->flags & VA_PICTURE_HEVC_INVALID); entry++) {
		if (entry->flags & VA_PICTURE_HEVC_LONG_TERM_REFERENCE)
			num_long++;
		else
			counts[entry->pic_order_cnt > pic->CurrPic.pic_order_cnt]++;
	}
	ue(bits, counts[0]);
	ue(bits, counts[1]);
	entry = pic->ReferenceFrames;
	for (uint32_t i = 0; i < counts[0] + counts[1]; i++, entry++) {
		if (i == counts[0])
			last = pic->CurrPic.pic_order_cnt;
		ue(bits, (uint32_t)(i < counts[0] ? last - entry->pic_order_cnt
						  : entry->pic_order_cnt - last) -
				 1);
		put(bits, 1, (entry->flags & (BEFORE | AFTER)) != 0);
		last = entry->pic_order_cnt;
	}
	pic->st_rps_bits = (uint32_t)(bits->pos - begin);
	ue(bits, num_long);
	for (uint32_t i = 0; i < num_long; i++, entry++) {
		put(bits, 8, (uint32_t)entry->pic_order_cnt & 0xff);
		put(bits, 1, (entry->flags & VA_PICTURE_HEVC_RPS_LT_CURR) != 0);
		put(bits, 1, 0); /* delta_poc_msb_present_flag */
	}
}

/* RefPicListTemp0 of these pictures is in the order of ReferenceFrames. */
static void write_lists(struct bits *bits, const VASliceParameterBufferHEVC *slice, uint32_t total)
{
	bool is_b = slice->LongSliceFlags.fields.slice_type == SLICE_B;
	unsigned int width = total > 2 ? 2 : 1;

	put(bits, 1, 1); /* num_ref_idx_active_override_flag */
	ue(bits, slice->num_ref_idx_l0_active_minus1);
	if (is_b)
		ue(bits, slice->num_ref_idx_l1_active_minus1);
	if (total < 2)
		return;
	put(bits, 1, 1); /* ref_pic_list_modification_flag_l0 */
	for (int i = 0; i <= slice->num_ref_idx_l0_active_minus1; i++)
		put(bits, width, slice->RefPicList[0][i]);
	if (is_b)
		put(bits, 1, 0); /* ref_pic_list_modification_flag_l1 */
}

static void write_weights(struct bits *bits, const VASliceParameterBufferHEVC *slice)
{
	ue(bits, slice->luma_log2_weight_denom);
	se(bits, slice->delta_chroma_log2_weight_denom);
	put(bits, 2, 2); /* luma: the first has a weight */
	put(bits, 2, 1); /* chroma: the second one */
	se(bits, slice->delta_luma_weight_l0[0]);
	se(bits, slice->luma_offset_l0[0]);
	for (int c = 0; c < 2; c++) {
		/* (7-56) with a denominator of 2^4. */
		int weight = 16 + slice->delta_chroma_weight_l0[1][c];

		se(bits, slice->delta_chroma_weight_l0[1][c]);
		se(bits, slice->ChromaOffsetL0[1][c] - 128 + (128 * weight >> 4));
	}
}

static void write_prediction(struct bits *bits, const struct hevc_picture *picture,
			     const VASliceParameterBufferHEVC *slice)
{
	const VAPictureParameterBufferHEVC *pic = &picture->pic.base;
	bool is_b = slice->LongSliceFlags.fields.slice_type == SLICE_B;
	uint32_t total = 0;

	for (int i = 0; i < 15; i++)
		total += (pic->ReferenceFrames[i].flags &
			  (BEFORE | AFTER | VA_PICTURE_HEVC_RPS_LT_CURR)) != 0;
	write_lists(bits, slice, total);
	if (is_b)
		put(bits, 1, slice->LongSliceFlags.fields.mvd_l1_zero_flag);
	put(bits, 1, slice->LongSliceFlags.fields.cabac_init_flag);
	if (slice->LongSliceFlags.fields.slice_temporal_mvp_enabled_flag &&
	    slice->num_ref_idx_l0_active_minus1)
		ue(bits, slice->collocated_ref_idx);
	if (pic->pic_fields.bits.weighted_pred_flag)
		write_weights(bits, slice);
	ue(bits, slice->five_minus_max_num_merge_cand);
}

static void write_independent(struct bits *bits, struct hevc_picture *picture, bool is_idr,
			      const VASliceParameterBufferHEVC *slice)
{
	VAPictureParameterBufferHEVC *pic = &picture->pic.base;

	ue(bits, slice->LongSliceFlags.fields.slice_type);
	if (!is_idr) {
		put(bits, 8, (uint32_t)pic->CurrPic.pic_order_cnt & 0xff);
		write_set(bits, pic);
		put(bits, 1, slice->LongSliceFlags.fields.slice_temporal_mvp_enabled_flag);
	}
	put(bits, 2, 0); /* no sample adaptive offset */
	if (slice->LongSliceFlags.fields.slice_type != SLICE_I)
		write_prediction(bits, picture, slice);
	se(bits, slice->slice_qp_delta);
	put(bits, 2, 3); /* the deblocking filter is overridden, and off */
}

/* Up to slice data, from the parameters of the segment that is written next. */
static void write_header(struct bits *bits, struct hevc_picture *picture, bool is_idr)
{
	VASliceParameterBufferHEVC *slice = slice_of(picture, picture->num_slices);
	bool dependent = slice->LongSliceFlags.fields.dependent_slice_segment_flag;

	memset(bits, 0, sizeof(*bits));
	put(bits, 16, is_idr ? 19 << 9 | 1 : 1 << 9 | 1);
	put(bits, 1, !slice->slice_segment_address);
	if (is_idr)
		put(bits, 1, 0); /* no_output_of_prior_pics_flag */
	ue(bits, 0);             /* slice_pic_parameter_set_id */
	if (slice->slice_segment_address) {
		put(bits, 1, dependent);
		put(bits, 2, slice->slice_segment_address);
	}
	if (!dependent)
		write_independent(bits, picture, is_idr, slice);
	put(bits, 1, 1); /* byte_alignment() */
	bits->pos = (bits->pos + 7) / 8 * 8;
	slice->slice_data_byte_offset = (uint32_t)(bits->pos / 8);
}

static void write_pcm(struct hevc_picture *picture, struct bits *bits,
		      const uint8_t colour[HEVC_CTBS][3])
{
	struct cabac_context part_mode = cabac_context_init(184, QP);
	struct cabac cabac;

	cabac_start(&cabac, put_one, bits);
	for (int ctb = 0; ctb < HEVC_CTBS; ctb++) {
		cabac_encode(&cabac, &part_mode, 1); /* 2Nx2N */
		cabac_terminate(&cabac, true);       /* pcm_flag */
		bits->pos = (bits->pos + 7) / 8 * 8;
		for (int plane = 0; plane < 3; plane++)
			for (int i = 0; i < (plane ? 64 : 256); i++)
				put(bits, 8, colour[ctb][plane]);
		cabac_start(&cabac, put_one, bits);
		cabac_terminate(&cabac, ctb == HEVC_CTBS - 1);
	}
	memcpy(picture->expected, colour, sizeof(picture->expected));
}

/* Of cu_skip_flag, through a slice; its dependent segments go on with them. */
struct skips {
	struct cabac_context contexts[3];
	unsigned int first;
};

static struct skips begin_skips(unsigned int first)
{
	return (struct skips){{cabac_context_init(197, QP), cabac_context_init(185, QP),
			       cabac_context_init(201, QP)},
			      first};
}

/* The context is the number of skipped neighbours in the slice (9.3.4.2.2). */
static void write_skips(struct bits *bits, struct skips *skips, unsigned int from, unsigned int to)
{
	struct cabac cabac;

	cabac_start(&cabac, put_one, bits);
	for (unsigned int ctb = from; ctb < to; ctb++) {
		unsigned int left = ctb % 2;
		unsigned int above = ctb >= skips->first + 2;

		cabac_encode(&cabac, &skips->contexts[left + above], true);
		cabac_terminate(&cabac, ctb == to - 1);
	}
}

static void make_intra(struct hevc_picture *p, unsigned int index, VASurfaceID target, int32_t poc)
{
	struct hevc_picture *picture = &p[index];
	VAPictureParameterBufferHEVC *pic = &picture->pic.base;
	struct bits bits;

	fill_picture(picture, target, poc);
	if (index)
		add_reference(picture, &p[0], 0);
	pic->slice_parsing_fields.bits.RapPicFlag = !index;
	pic->slice_parsing_fields.bits.IdrPicFlag = !index;
	pic->slice_parsing_fields.bits.IntraPicFlag = 1;
	slice_of(picture, 0)->LongSliceFlags.fields.slice_type = SLICE_I;
	slice_of(picture, 0)->LongSliceFlags.fields.LastSliceOfPic = 1;
	write_header(&bits, picture, !index);
	write_pcm(picture, &bits, colours[index]);
	finish_unit(picture, &bits);
}

/* Picture 0 with three quarters of its luma and 7 more; the chroma's weight is the other entry's. */
static void make_weighted(struct hevc_picture *p, VASurfaceID target)
{
	struct hevc_picture *picture = &p[2];
	VASliceParameterBufferHEVC *slice = slice_of(picture, 0);
	struct skips skips = begin_skips(0);
	struct bits bits;

	fill_picture(picture, target, 8);
	picture->pic.base.pic_fields.bits.weighted_pred_flag = 1;
	add_reference(picture, &p[1], BEFORE);
	add_reference(picture, &p[0], BEFORE);
	slice->LongSliceFlags.fields.slice_type = SLICE_P;
	slice->LongSliceFlags.fields.LastSliceOfPic = 1;
	slice->num_ref_idx_l0_active_minus1 = 1;
	slice->RefPicList[0][0] = 1;
	slice->RefPicList[0][1] = 0;
	slice->luma_log2_weight_denom = 5;
	slice->delta_chroma_log2_weight_denom = -1;
	slice->delta_luma_weight_l0[0] = -8;
	slice->luma_offset_l0[0] = 7;
	slice->delta_chroma_weight_l0[1][0] = 3;
	slice->ChromaOffsetL0[1][0] = -5;
	slice->delta_chroma_weight_l0[1][1] = -4;
	slice->ChromaOffsetL0[1][1] = 9;
	slice->five_minus_max_num_merge_cand = 4;
	write_header(&bits, picture, false);
	write_skips(&bits, &skips, 0, HEVC_CTBS);
	finish_unit(picture, &bits);
	memcpy(picture->expected, p[0].expected, sizeof(picture->expected));
	for (int ctb = 0; ctb < HEVC_CTBS; ctb++)
		picture->expected[ctb][0] =
			(uint8_t)(((picture->expected[ctb][0] * 24 + 16) >> 5) + 7);
}

/* The mean of pictures 1 and 2. */
static void make_bipredicted(struct hevc_picture *p, VASurfaceID target)
{
	struct hevc_picture *picture = &p[3];
	VASliceParameterBufferHEVC *slice = slice_of(picture, 0);
	struct skips skips = begin_skips(0);
	struct bits bits;

	fill_picture(picture, target, 4);
	add_reference(picture, &p[1], BEFORE);
	add_reference(picture, &p[0], BEFORE);
	add_reference(picture, &p[2], AFTER);
	slice->LongSliceFlags.fields.slice_type = SLICE_B;
	slice->num_ref_idx_l0_active_minus1 = 1;
	slice->RefPicList[0][0] = 0;
	slice->RefPicList[0][1] = 1;
	slice->RefPicList[1][0] = 2;
	slice->five_minus_max_num_merge_cand = 4;
	slice->LongSliceFlags.fields.mvd_l1_zero_flag = 1;
	write_header(&bits, picture, false);
	write_skips(&bits, &skips, 0, 2);
	finish_unit(picture, &bits);
	picture->slices[1].base = *slice;
	slice = slice_of(picture, 1);
	slice->LongSliceFlags.fields.LastSliceOfPic = 1;
	slice->LongSliceFlags.fields.dependent_slice_segment_flag = 1;
	slice->slice_segment_address = 2;
	write_header(&bits, picture, false);
	write_skips(&bits, &skips, 2, 4);
	finish_unit(picture, &bits);
	for (int ctb = 0; ctb < HEVC_CTBS; ctb++)
		for (int i = 0; i < 3; i++)
			picture->expected[ctb][i] =
				(uint8_t)((p[1].expected[ctb][i] + p[2].expected[ctb][i] + 1) >> 1);
}

static void write_long_term_slice(struct hevc_picture *p, unsigned int index)
{
	struct hevc_picture *picture = &p[4];
	VASliceParameterBufferHEVC *slice = slice_of(picture, index);
	struct skips skips = begin_skips(index * 2);
	struct bits bits;

	slice->LongSliceFlags.fields.slice_type = SLICE_P;
	slice->LongSliceFlags.fields.slice_temporal_mvp_enabled_flag = 1;
	slice->LongSliceFlags.fields.LastSliceOfPic = index == 1;
	slice->slice_segment_address = index * 2;
	slice->num_ref_idx_l0_active_minus1 = 1;
	slice->RefPicList[0][0] = index ? 0 : 1;
	slice->RefPicList[0][1] = index ? 1 : 0;
	/* Picture 0, which is intra. */
	slice->collocated_ref_idx = (uint8_t)index;
	slice->five_minus_max_num_merge_cand = 4;
	slice->slice_qp_delta = 0;
	write_header(&bits, picture, false);
	write_skips(&bits, &skips, index * 2, index * 2 + 2);
	finish_unit(picture, &bits);
	memcpy(picture->expected[index * 2], p[index ? 2 : 0].expected[index * 2],
	       2 * sizeof(picture->expected[0]));
}

void hevc_stream_make(struct hevc_picture pictures[HEVC_PICTURES],
		      const VASurfaceID surfaces[HEVC_PICTURES])
{
	make_intra(pictures, 0, surfaces[0], 0);
	make_intra(pictures, 1, surfaces[1], 2);
	make_weighted(pictures, surfaces[2]);
	make_bipredicted(pictures, surfaces[3]);
	fill_picture(&pictures[4], surfaces[4], 10);
	add_reference(&pictures[4], &pictures[2], BEFORE);
	add_reference(&pictures[4], &pictures[0], LONG_TERM);
	write_long_term_slice(pictures, 0);
	write_long_term_slice(pictures, 1);
}
