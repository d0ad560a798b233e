/* SPDX-License-Identifier: MIT */
/*
 * MPEG-2's headers, written from the client's parameters (6.2).
 */
#include "mpeg2.h"

#define SEQUENCE_HEADER 0xb3
#define EXTENSION       0xb5
#define PICTURE_HEADER  0x00
/* Above this many lines slices have an extension of their position (6.2.4). */
#define MAX_SHORT_LINES 2800

static void begin(struct bit_writer *writer, uint32_t code)
{
	bit_writer_put(writer, 24, 1);
	bit_writer_put(writer, 8, code);
}

static void align(struct bit_writer *writer)
{
	while (writer->pos % 8)
		bit_writer_put(writer, 1, 0);
}

static void write_matrix(struct bit_writer *writer, bool loaded, const uint8_t matrix[64])
{
	bit_writer_put(writer, 1, loaded);
	for (int i = 0; i < 64 && loaded; i++)
		bit_writer_put(writer, 8, matrix[i]);
}

/*
 * VA has no progressive_sequence: a picture may always be of two fields here, and the rows of
 * macroblocks below the picture that this stands for need not come. Nor has it rates, which
 * nothing depends on.
 */
void mpeg2_write_sequence(struct bit_writer *writer, const VAPictureParameterBufferMPEG2 *pic)
{
	begin(writer, SEQUENCE_HEADER);
	bit_writer_put(writer, 12, pic->horizontal_size & 0xfff);
	bit_writer_put(writer, 12, pic->vertical_size & 0xfff);
	bit_writer_put(writer, 8, 0x15); /* square samples, 30 frames a second */
	bit_writer_put(writer, 18, 0x3ffff);
	bit_writer_put(writer, 1, 1);
	bit_writer_put(writer, 10, 112);
	bit_writer_put(writer, 3, 0); /* no matrices: they come with each picture */
	begin(writer, EXTENSION);
	bit_writer_put(writer, 4, 1);
	bit_writer_put(writer, 8, 0x44); /* Main profile, High level */
	bit_writer_put(writer, 1, 0);
	bit_writer_put(writer, 2, 1); /* 4:2:0 */
	bit_writer_put(writer, 2, pic->horizontal_size >> 12);
	bit_writer_put(writer, 2, pic->vertical_size >> 12);
	bit_writer_put(writer, 13, 1);
	bit_writer_put(writer, 16, 0);
	align(writer);
	begin(writer, 0xb8); /* a closed group: B pictures may come with one reference */
	bit_writer_put(writer, 27, 1u << 14 | 2);
	align(writer);
}

static void write_coding_extension(struct bit_writer *writer,
				   const VAPictureParameterBufferMPEG2 *pic)
{
	begin(writer, EXTENSION);
	bit_writer_put(writer, 4, 8);
	bit_writer_put(writer, 16, (uint32_t)pic->f_code & 0xffff);
	bit_writer_put(writer, 2, pic->picture_coding_extension.bits.intra_dc_precision);
	bit_writer_put(writer, 2, pic->picture_coding_extension.bits.picture_structure);
	bit_writer_put(writer, 1, pic->picture_coding_extension.bits.top_field_first);
	bit_writer_put(writer, 1, pic->picture_coding_extension.bits.frame_pred_frame_dct);
	bit_writer_put(writer, 1, pic->picture_coding_extension.bits.concealment_motion_vectors);
	bit_writer_put(writer, 1, pic->picture_coding_extension.bits.q_scale_type);
	bit_writer_put(writer, 1, pic->picture_coding_extension.bits.intra_vlc_format);
	bit_writer_put(writer, 1, pic->picture_coding_extension.bits.alternate_scan);
	bit_writer_put(writer, 1, pic->picture_coding_extension.bits.repeat_first_field);
	bit_writer_put(writer, 1, pic->picture_coding_extension.bits.progressive_frame);
	bit_writer_put(writer, 1, pic->picture_coding_extension.bits.progressive_frame);
	bit_writer_put(writer, 1, 0);
	align(writer);
}

void mpeg2_write_picture(struct bit_writer *writer, const struct mpeg2_picture *picture)
{
	const VAPictureParameterBufferMPEG2 *pic = picture->pic;

	begin(writer, PICTURE_HEADER);
	bit_writer_put(writer, 10, picture->state->temporal_reference & 0x3ff);
	bit_writer_put(writer, 3, (uint32_t)pic->picture_coding_type);
	bit_writer_put(writer, 16, 0xffff);
	if (pic->picture_coding_type != MPEG2_I)
		bit_writer_put(writer, 4, 7);
	if (pic->picture_coding_type == MPEG2_B)
		bit_writer_put(writer, 4, 7);
	bit_writer_put(writer, 1, 0);
	align(writer);
	write_coding_extension(writer, pic);
	begin(writer, EXTENSION);
	bit_writer_put(writer, 4, 3);
	write_matrix(writer, true, picture->iq->intra_quantiser_matrix);
	write_matrix(writer, true, picture->iq->non_intra_quantiser_matrix);
	write_matrix(writer, false, NULL);
	write_matrix(writer, false, NULL);
	align(writer);
}

void mpeg2_write_slice(struct bit_writer *writer, const struct mpeg2_picture *picture,
		       const struct mpeg2_slice *slice)
{
	uint32_t row = slice->param->slice_vertical_position;
	bool tall = picture->pic->vertical_size > MAX_SHORT_LINES;

	begin(writer, tall ? row % 128 + 1 : row + 1);
	if (tall)
		bit_writer_put(writer, 3, row / 128);
	bit_writer_put(writer, 5, (uint32_t)slice->param->quantiser_scale_code);
	if (slice->param->intra_slice_flag)
		bit_writer_put(writer, 9, 0x100);
	bit_writer_put(writer, 1, 0);
	bit_writer_copy(writer, slice->data, slice->param->macroblock_offset, 8 * slice->size);
	align(writer);
}
