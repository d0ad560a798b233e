/* SPDX-License-Identifier: MIT */
/*
 * The bit writer and the pictures; see softva-stream.h. Nothing here is shared with softva.
 */
#include "softva-stream.h"

#include <stdbool.h>
#include <string.h>

#define LOG2_MAX_FRAME_NUM 4
#define LOG2_MAX_POC_LSB   6
#define SLICE_P            0
#define SLICE_B            1
#define SLICE_I            2

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

static void finish_unit(struct stream_picture *picture, struct bits *bits)
{
	unsigned int zeros = 0;

	put(bits, 1, 1);
	bits->pos = (bits->pos + 7) / 8 * 8;
	picture->size = 0;
	for (size_t i = 0; i < bits->pos / 8; i++) {
		if (zeros == 2 && bits->data[i] <= 3) {
			picture->data[picture->size++] = 3;
			zeros = 0;
		}
		picture->data[picture->size++] = bits->data[i];
		zeros = bits->data[i] ? 0 : zeros + 1;
	}
	picture->slice.slice_data_size = (uint32_t)picture->size;
}

/* Far enough apart for the loop filter to leave their borders alone at QP 26. */
static const uint8_t colours[2][STREAM_MBS][3] = {
	{{40, 90, 30}, {80, 120, 50}, {120, 200, 60}, {160, 240, 20}},
	{{200, 20, 220}, {0, 60, 180}, {100, 100, 140}, {240, 140, 100}},
};

static VAPictureH264 no_picture(void)
{
	return (VAPictureH264){.picture_id = VA_INVALID_SURFACE, .flags = VA_PICTURE_H264_INVALID};
}

static VAPictureH264 short_reference(const struct stream_picture *from)
{
	VAPictureH264 entry = from->pic.CurrPic;

	entry.flags = VA_PICTURE_H264_SHORT_TERM_REFERENCE;
	return entry;
}

static VAPictureH264 long_reference(const struct stream_picture *from, uint32_t idx)
{
	VAPictureH264 entry = from->pic.CurrPic;

	entry.flags = VA_PICTURE_H264_LONG_TERM_REFERENCE;
	entry.frame_idx = idx;
	return entry;
}

static void fill_picture(struct stream_picture *picture, VASurfaceID target, uint16_t frame_num,
			 int poc)
{
	VAPictureParameterBufferH264 *pic = &picture->pic;

	memset(picture, 0, sizeof(*picture));
	picture->target = target;
	pic->CurrPic.picture_id = target;
	pic->CurrPic.frame_idx = frame_num;
	pic->CurrPic.TopFieldOrderCnt = poc;
	pic->CurrPic.BottomFieldOrderCnt = poc;
	for (int i = 0; i < 16; i++)
		pic->ReferenceFrames[i] = no_picture();
	pic->picture_width_in_mbs_minus1 = 1;
	pic->picture_height_in_mbs_minus1 = 1;
	pic->num_ref_frames = 4;
	pic->seq_fields.bits.chroma_format_idc = 1;
	pic->seq_fields.bits.frame_mbs_only_flag = 1;
	pic->seq_fields.bits.direct_8x8_inference_flag = 1;
	pic->seq_fields.bits.log2_max_frame_num_minus4 = LOG2_MAX_FRAME_NUM - 4;
	pic->seq_fields.bits.log2_max_pic_order_cnt_lsb_minus4 = LOG2_MAX_POC_LSB - 4;
	pic->pic_fields.bits.weighted_pred_flag = 1;
	pic->pic_fields.bits.weighted_bipred_idc = 2;
	pic->pic_fields.bits.deblocking_filter_control_present_flag = 1;
	pic->frame_num = frame_num;
	memset(&picture->iq, 16, sizeof(picture->iq));
	for (int i = 0; i < 32; i++)
		picture->slice.RefPicList0[i] = picture->slice.RefPicList1[i] = no_picture();
	picture->slice.slice_data_flag = VA_SLICE_DATA_FLAG_ALL;
	picture->slice.disable_deblocking_filter_idc = 1;
}

/* Up to where the kinds of slices differ. nal_ref_idc is 1 for references. */
static void begin_slice(struct stream_picture *picture, struct bits *bits, unsigned int nal_type,
			unsigned int slice_type)
{
	bool is_reference = slice_type != SLICE_B;

	memset(bits, 0, sizeof(*bits));
	picture->slice.slice_type = (uint8_t)slice_type;
	picture->pic.pic_fields.bits.reference_pic_flag = is_reference;
	put(bits, 8, (is_reference ? 0x20u : 0u) | nal_type);
	ue(bits, 0); /* first_mb_in_slice */
	ue(bits, slice_type);
	ue(bits, 0); /* pic_parameter_set_id */
	put(bits, LOG2_MAX_FRAME_NUM, picture->pic.frame_num);
	if (nal_type == 5)
		ue(bits, 0); /* idr_pic_id */
	put(bits, LOG2_MAX_POC_LSB, (uint32_t)picture->pic.CurrPic.TopFieldOrderCnt);
}

/* slice_qp_delta and the loop filter, and the end of the header. */
static void end_header(struct stream_picture *picture, struct bits *bits)
{
	se(bits, picture->slice.slice_qp_delta);
	ue(bits, picture->slice.disable_deblocking_filter_idc);
	if (picture->slice.disable_deblocking_filter_idc != 1) {
		se(bits, 0);
		se(bits, 0);
	}
	picture->slice.slice_data_bit_offset = (uint16_t)bits->pos;
}

static void write_pcm(struct stream_picture *picture, struct bits *bits,
		      const uint8_t colour[STREAM_MBS][3])
{
	for (int mb = 0; mb < STREAM_MBS; mb++) {
		ue(bits, 25); /* I_PCM */
		bits->pos = (bits->pos + 7) / 8 * 8;
		for (int plane = 0; plane < 3; plane++)
			for (int i = 0; i < (plane ? 64 : 256); i++)
				put(bits, 8, colour[mb][plane]);
	}
	memcpy(picture->expected, colour, sizeof(picture->expected));
}

/* P_L0_16x16 without motion or residual. ref_idx is te(v). */
static void write_copy(struct bits *bits, unsigned int ref_idx, unsigned int num_ref_idx)
{
	ue(bits, 0); /* mb_skip_run */
	ue(bits, 0); /* P_L0_16x16 */
	if (num_ref_idx == 2)
		put(bits, 1, !ref_idx);
	else
		ue(bits, ref_idx);
	se(bits, 0);
	se(bits, 0);
	ue(bits, 0); /* coded_block_pattern 0 */
}

static void make_idr(struct stream_picture *picture, VASurfaceID target)
{
	struct bits bits;

	fill_picture(picture, target, 0, 0);
	begin_slice(picture, &bits, 5, SLICE_I);
	put(&bits, 2, 0); /* no_output_of_prior_pics_flag, long_term_reference_flag */
	end_header(picture, &bits);
	write_pcm(picture, &bits, colours[0]);
	finish_unit(picture, &bits);
}

static void make_intra(struct stream_picture *p, VASurfaceID target)
{
	struct stream_picture *picture = &p[1];
	struct bits bits;

	fill_picture(picture, target, 1, 2);
	picture->pic.ReferenceFrames[0] = short_reference(&p[0]);
	begin_slice(picture, &bits, 1, SLICE_I);
	put(&bits, 1, 0); /* adaptive_ref_pic_marking_mode_flag */
	end_header(picture, &bits);
	write_pcm(picture, &bits, colours[1]);
	finish_unit(picture, &bits);
}

static void write_weights(struct stream_picture *picture, struct bits *bits)
{
	VASliceParameterBufferH264 *slice = &picture->slice;

	slice->luma_log2_weight_denom = 5;
	slice->chroma_log2_weight_denom = 0;
	slice->luma_weight_l0_flag = 1;
	slice->luma_weight_l0[0] = 32;
	slice->luma_weight_l0[1] = 16;
	slice->luma_offset_l0[1] = 5;
	slice->chroma_weight_l0_flag = 0;
	ue(bits, 5);
	ue(bits, 0);
	put(bits, 2, 0); /* the first: no luma, no chroma */
	put(bits, 1, 1);
	se(bits, 16);
	se(bits, 5);
	put(bits, 1, 0);
}

/* Macroblocks 0 and 2 from picture 1, 1 and 3 from picture 0 with half its luma and 5. */
static void make_weighted(struct stream_picture *p, VASurfaceID target)
{
	struct stream_picture *picture = &p[2];
	struct bits bits;

	fill_picture(picture, target, 2, 12);
	picture->pic.ReferenceFrames[0] = short_reference(&p[1]);
	picture->pic.ReferenceFrames[1] = short_reference(&p[0]);
	picture->slice.num_ref_idx_l0_active_minus1 = 1;
	picture->slice.RefPicList0[0] = short_reference(&p[1]);
	picture->slice.RefPicList0[1] = short_reference(&p[0]);
	begin_slice(picture, &bits, 1, SLICE_P);
	put(&bits, 1, 1); /* num_ref_idx_active_override_flag */
	ue(&bits, 1);
	put(&bits, 1, 0); /* ref_pic_list_modification_flag_l0 */
	write_weights(picture, &bits);
	put(&bits, 1, 1); /* adaptive_ref_pic_marking_mode_flag */
	ue(&bits, 4);     /* one long-term index */
	ue(&bits, 1);
	ue(&bits, 3); /* picture 0, two frame_num back, gets it */
	ue(&bits, 1);
	ue(&bits, 0);
	ue(&bits, 0);
	end_header(picture, &bits);
	for (unsigned int mb = 0; mb < STREAM_MBS; mb++) {
		write_copy(&bits, mb % 2, 2);
		memcpy(picture->expected[mb], p[mb % 2 ? 0 : 1].expected[mb], 3);
		if (mb % 2)
			picture->expected[mb][0] =
				(uint8_t)(((picture->expected[mb][0] * 16 + 16) >> 5) + 5);
	}
	finish_unit(picture, &bits);
}

/* All B_Skip: the mean of pictures 1 and 2, weighted by distance (8.4.2.3.1): 4 of 10 gives 39 and 25. */
static void make_bipredicted(struct stream_picture *p, VASurfaceID target)
{
	struct stream_picture *picture = &p[3];
	struct bits bits;

	fill_picture(picture, target, 3, 6);
	picture->pic.ReferenceFrames[0] = short_reference(&p[2]);
	picture->pic.ReferenceFrames[1] = short_reference(&p[1]);
	picture->pic.ReferenceFrames[2] = long_reference(&p[0], 0);
	picture->slice.num_ref_idx_l0_active_minus1 = 1;
	picture->slice.direct_spatial_mv_pred_flag = 1;
	picture->slice.RefPicList0[0] = short_reference(&p[1]);
	picture->slice.RefPicList0[1] = short_reference(&p[2]);
	picture->slice.RefPicList1[0] = short_reference(&p[2]);
	begin_slice(picture, &bits, 1, SLICE_B);
	put(&bits, 1, 1); /* direct_spatial_mv_pred_flag */
	put(&bits, 1, 1); /* num_ref_idx_active_override_flag */
	ue(&bits, 1);
	ue(&bits, 0);
	put(&bits, 2, 0); /* ref_pic_list_modification_flags */
	end_header(picture, &bits);
	ue(&bits, STREAM_MBS); /* mb_skip_run */
	for (int mb = 0; mb < STREAM_MBS; mb++)
		for (int i = 0; i < 3; i++)
			picture->expected[mb][i] = (uint8_t)((p[1].expected[mb][i] * 39 +
							      p[2].expected[mb][i] * 25 + 32) >>
							     6);
	finish_unit(picture, &bits);
}

/* Macroblock 0 from picture 2, 1 from picture 1, 2 from picture 0 by its long-term index, 3 skipped. */
static void make_long_term(struct stream_picture *p, VASurfaceID target)
{
	static const int sources[STREAM_MBS] = {2, 1, 0, 2};
	struct stream_picture *picture = &p[4];
	struct bits bits;

	fill_picture(picture, target, 3, 14);
	memcpy(picture->pic.ReferenceFrames, p[3].pic.ReferenceFrames,
	       sizeof(picture->pic.ReferenceFrames));
	picture->slice.num_ref_idx_l0_active_minus1 = 2;
	picture->slice.RefPicList0[0] = short_reference(&p[2]);
	picture->slice.RefPicList0[1] = short_reference(&p[1]);
	picture->slice.RefPicList0[2] = long_reference(&p[0], 0);
	picture->slice.disable_deblocking_filter_idc = 0;
	begin_slice(picture, &bits, 1, SLICE_P);
	put(&bits, 1, 1); /* num_ref_idx_active_override_flag */
	ue(&bits, 2);
	put(&bits, 1, 0); /* ref_pic_list_modification_flag_l0 */
	ue(&bits, 0);     /* denominators; no weights */
	ue(&bits, 0);
	put(&bits, 6, 0);
	put(&bits, 1, 0); /* adaptive_ref_pic_marking_mode_flag */
	end_header(picture, &bits);
	for (unsigned int mb = 0; mb < 3; mb++)
		write_copy(&bits, mb, 3);
	ue(&bits, 1); /* mb_skip_run */
	for (int mb = 0; mb < STREAM_MBS; mb++)
		memcpy(picture->expected[mb], p[sources[mb]].expected[mb], 3);
	finish_unit(picture, &bits);
}

/* The arithmetic encoder (9.3.4.2), for bins that are always the more probable. */
struct arithmetic {
	struct bits *bits;
	uint32_t low;
	uint32_t range;
	unsigned int outstanding;
	bool first;
};

static void put_bit(struct arithmetic *coder, unsigned int bit)
{
	if (!coder->first)
		put(coder->bits, 1, bit);
	coder->first = false;
	for (; coder->outstanding; coder->outstanding--)
		put(coder->bits, 1, !bit);
}

static void renormalize(struct arithmetic *coder)
{
	for (; coder->range < 256; coder->range <<= 1, coder->low <<= 1) {
		if (coder->low < 256) {
			put_bit(coder, 0);
		} else if (coder->low >= 512) {
			coder->low -= 512;
			put_bit(coder, 1);
		} else {
			coder->low -= 256;
			coder->outstanding++;
		}
	}
}

/*
 * mb_skip_flag 1 of each macroblock: at QP 26 and cabac_init_idc 0 its context begins at state 6 with 1 the
 * more probable value. The rows are those of table 9-44 for states 6 to 9.
 */
static void write_cabac_skips(struct bits *bits)
{
	static const uint8_t lps[STREAM_MBS][4] = {{105, 128, 152, 175},
						   {100, 122, 144, 166},
						   {95, 116, 137, 158},
						   {90, 110, 130, 150}};
	struct arithmetic coder = {.bits = bits, .range = 510, .first = true};

	while (bits->pos % 8)
		put(bits, 1, 1); /* cabac_alignment_one_bit */
	for (int mb = 0; mb < STREAM_MBS; mb++) {
		coder.range -= lps[mb][coder.range >> 6 & 3];
		renormalize(&coder);
		coder.range -= 2; /* end_of_slice_flag */
		if (mb < STREAM_MBS - 1)
			renormalize(&coder);
	}
	coder.low += coder.range;
	coder.range = 2;
	renormalize(&coder);
	put_bit(&coder, coder.low >> 9 & 1);
	put(bits, 1, coder.low >> 8 & 1); /* the bit after it is the stop bit */
}

/* Everything skipped: picture 4 again. */
static void make_cabac(struct stream_picture *p, VASurfaceID target)
{
	struct stream_picture *picture = &p[5];
	struct bits bits;

	fill_picture(picture, target, 4, 16);
	picture->pic.pic_fields.bits.entropy_coding_mode_flag = 1;
	picture->pic.pic_fields.bits.weighted_pred_flag = 0;
	picture->pic.ReferenceFrames[0] = short_reference(&p[4]);
	memcpy(picture->pic.ReferenceFrames + 1, p[4].pic.ReferenceFrames,
	       3 * sizeof(picture->pic.ReferenceFrames[0]));
	picture->slice.RefPicList0[0] = short_reference(&p[4]);
	begin_slice(picture, &bits, 1, SLICE_P);
	put(&bits, 1, 0); /* num_ref_idx_active_override_flag */
	put(&bits, 1, 0); /* ref_pic_list_modification_flag_l0 */
	put(&bits, 1, 0); /* adaptive_ref_pic_marking_mode_flag */
	ue(&bits, 0);     /* cabac_init_idc */
	end_header(picture, &bits);
	write_cabac_skips(&bits);
	memcpy(picture->expected, p[4].expected, sizeof(picture->expected));
	finish_unit(picture, &bits);
}

void stream_make(struct stream *stream, const VASurfaceID surfaces[STREAM_PICTURES])
{
	struct stream_picture *p = stream->pictures;

	make_idr(&p[0], surfaces[0]);
	make_intra(p, surfaces[1]);
	make_weighted(p, surfaces[2]);
	make_bipredicted(p, surfaces[3]);
	make_long_term(p, surfaces[4]);
	make_cabac(p, surfaces[5]);
}
