/* SPDX-License-Identifier: MIT */
/*
 * mpeg2-header.c - MPEG-2's headers: sequence, group of pictures, picture and slice
 *
 * Source: Rec. ITU-T H.262, 6.2 and 6.3; Table B.1.
 */
#include "mpeg2-header.h"
#include "bits.h"

#include <errno.h>
#include <string.h>

/* 6.3.11, in zig-zag order. */
static const uint8_t default_intra[64] = {
	8,  16, 16, 19, 16, 19, 22, 22, 22, 22, 22, 22, 26, 24, 26, 27, 27, 27, 26, 26, 26, 26,
	27, 27, 27, 29, 29, 29, 34, 34, 34, 29, 29, 29, 27, 27, 29, 29, 32, 32, 34, 34, 37, 38,
	37, 35, 35, 34, 35, 38, 38, 40, 40, 40, 48, 48, 46, 46, 56, 56, 58, 69, 69, 83,
};

/* Behind the start code's value. */
static void begin(struct bits *b, const uint8_t *data, size_t size_bytes)
{
	bits_init_raw(b, data, size_bytes);
	bits_skip(b, 8);
}

/* No entry is 0, 6.3.11. */
static void parse_matrix(struct bits *b, uint8_t matrix[64])
{
	unsigned int i;

	for (i = 0; i < 64; i++) {
		matrix[i] = (uint8_t)bits_u(b, 8);
		if (matrix[i] == 0)
			b->err = -EBADMSG;
	}
}

static void parse_marker(struct bits *b)
{
	if (!bits_flag(b))
		b->err = -EBADMSG;
}

int mpeg2_parse_sequence(const uint8_t *data, size_t size_bytes, struct mpeg2_sequence *out,
			 struct mpeg2_matrices *matrices_out)
{
	struct mpeg2_sequence sequence;
	struct mpeg2_matrices matrices;
	struct bits b;

	memset(&sequence, 0, sizeof(sequence));
	memcpy(matrices.intra, default_intra, sizeof(matrices.intra));
	memset(matrices.non_intra, 16, sizeof(matrices.non_intra));
	begin(&b, data, size_bytes);
	sequence.horizontal_size = (uint16_t)bits_u(&b, 12);
	sequence.vertical_size = (uint16_t)bits_u(&b, 12);
	bits_skip(&b, 4); /* aspect_ratio_information */
	sequence.frame_rate_code = (uint8_t)bits_u(&b, 4);
	bits_skip(&b, 18); /* bit_rate_value */
	parse_marker(&b);
	bits_skip(&b, 10 + 1); /* vbv_buffer_size_value, constrained_parameters_flag */
	sequence.chroma_format = 1;
	if (bits_flag(&b))
		parse_matrix(&b, matrices.intra);
	if (bits_flag(&b))
		parse_matrix(&b, matrices.non_intra);
	if (!bits_ok(&b))
		return -EBADMSG;
	*out = sequence;
	*matrices_out = matrices;
	return 0;
}

int mpeg2_get_extension(const uint8_t *data, size_t size_bytes)
{
	return size_bytes < 2 ? -EBADMSG : data[1] >> 4;
}

static void begin_extension(struct bits *b, const uint8_t *data, size_t size_bytes)
{
	begin(b, data, size_bytes);
	bits_skip(b, 4);
}

int mpeg2_parse_sequence_extension(const uint8_t *data, size_t size_bytes,
				   struct mpeg2_sequence *out)
{
	struct mpeg2_sequence sequence = *out;
	struct bits b;

	begin_extension(&b, data, size_bytes);
	sequence.profile_and_level_indication = (uint8_t)bits_u(&b, 8);
	sequence.progressive_sequence = bits_flag(&b);
	sequence.chroma_format = (uint8_t)bits_u(&b, 2);
	sequence.horizontal_size =
		(uint16_t)((sequence.horizontal_size & 0xfff) | bits_u(&b, 2) << 12);
	sequence.vertical_size = (uint16_t)((sequence.vertical_size & 0xfff) | bits_u(&b, 2) << 12);
	bits_skip(&b, 12); /* bit_rate_extension */
	parse_marker(&b);
	bits_skip(&b, 8); /* vbv_buffer_size_extension */
	sequence.low_delay = bits_flag(&b);
	sequence.frame_rate_extension_n = (uint8_t)bits_u(&b, 2);
	sequence.frame_rate_extension_d = (uint8_t)bits_u(&b, 5);
	sequence.extended = true;
	if (!bits_ok(&b) || sequence.chroma_format == 0 || sequence.horizontal_size == 0 ||
	    sequence.vertical_size == 0)
		return -EBADMSG;
	*out = sequence;
	return 0;
}

int mpeg2_parse_quant_matrix_extension(const uint8_t *data, size_t size_bytes,
				       struct mpeg2_matrices *out)
{
	struct mpeg2_matrices matrices = *out;
	struct bits b;

	begin_extension(&b, data, size_bytes);
	if (bits_flag(&b))
		parse_matrix(&b, matrices.intra);
	if (bits_flag(&b))
		parse_matrix(&b, matrices.non_intra);
	if (!bits_ok(&b))
		return -EBADMSG;
	*out = matrices;
	return 0;
}

int mpeg2_parse_group(const uint8_t *data, size_t size_bytes, struct mpeg2_group *out)
{
	struct mpeg2_group group;
	struct bits b;

	begin(&b, data, size_bytes);
	bits_skip(&b, 25); /* time_code */
	group.closed_gop = bits_flag(&b);
	group.broken_link = bits_flag(&b);
	if (!bits_ok(&b))
		return -EBADMSG;
	*out = group;
	return 0;
}

int mpeg2_parse_picture(const uint8_t *data, size_t size_bytes, struct mpeg2_picture *out)
{
	struct mpeg2_picture picture;
	struct bits b;

	memset(&picture, 0, sizeof(picture));
	begin(&b, data, size_bytes);
	picture.temporal_reference = (uint16_t)bits_u(&b, 10);
	picture.picture_coding_type = (uint8_t)bits_u(&b, 3);
	bits_skip(&b, 16); /* vbv_delay; what follows is of MPEG-1 */
	if (!bits_ok(&b) || picture.picture_coding_type < MPEG2_I ||
	    picture.picture_coding_type > MPEG2_B)
		return -EBADMSG;
	*out = picture;
	return 0;
}

int mpeg2_parse_picture_coding_extension(const uint8_t *data, size_t size_bytes,
					 struct mpeg2_picture *out)
{
	struct mpeg2_picture picture = *out;
	struct bits b;
	unsigned int i;

	begin_extension(&b, data, size_bytes);
	for (i = 0; i < 4; i++)
		picture.f_code[i / 2][i % 2] = (uint8_t)bits_u(&b, 4);
	picture.intra_dc_precision = (uint8_t)bits_u(&b, 2);
	picture.picture_structure = (uint8_t)bits_u(&b, 2);
	picture.top_field_first = bits_flag(&b);
	picture.frame_pred_frame_dct = bits_flag(&b);
	picture.concealment_motion_vectors = bits_flag(&b);
	picture.q_scale_type = bits_flag(&b);
	picture.intra_vlc_format = bits_flag(&b);
	picture.alternate_scan = bits_flag(&b);
	picture.repeat_first_field = bits_flag(&b);
	bits_skip(&b, 1); /* chroma_420_type */
	picture.progressive_frame = bits_flag(&b);
	picture.extended = true;
	if (!bits_ok(&b) || picture.picture_structure == 0)
		return -EBADMSG;
	*out = picture;
	return 0;
}

/* ---- Slices ---- */

unsigned int mpeg2_count_columns(const struct mpeg2_sequence *sequence)
{
	return (sequence->horizontal_size + 15U) / 16;
}

/* 6.3.3: of a frame that may be two fields, in pairs. */
unsigned int mpeg2_count_rows(const struct mpeg2_sequence *sequence)
{
	if (sequence->progressive_sequence)
		return (sequence->vertical_size + 15U) / 16;
	return (sequence->vertical_size + 31U) / 32 * 2;
}

/*
 * One code of Table B.1 at the begin of eleven bits: its length, and its value, 0 for the escape
 * code.
 */
static int read_increment(uint32_t bits, unsigned int *length)
{
	static const struct {
		uint16_t from; /* of the eleven bits */
		uint8_t length;
		uint8_t sum; /* the value is this less the code */
	} codes[] = {
		{1024, 1, 2}, {512, 3, 5}, {256, 4, 7},  {128, 5, 9},
		{96, 7, 15},  {48, 8, 21}, {36, 10, 39}, {24, 11, 57},
	};
	size_t i;

	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (bits < codes[i].from)
			continue;
		*length = codes[i].length;
		return codes[i].sum - (int)(bits >> (11 - codes[i].length));
	}
	*length = 11;
	return bits == 8 ? 0 : -EBADMSG;
}

/* Of what is left; zeros behind the end. */
static uint32_t peek(const struct bits *b, unsigned int n)
{
	struct bits copy = *b;
	uint32_t value = 0;

	while (n-- > 0)
		value = value << 1 | bits_u(&copy, 1);
	return value;
}

/* macroblock_escape and macroblock_address_increment, 6.2.5. */
static int parse_column(const struct bits *at, unsigned int columns)
{
	struct bits b = *at;
	unsigned int column = 0, length;
	int increment;

	do {
		increment = read_increment(peek(&b, 11), &length);
		bits_skip(&b, length);
		column += increment > 0 ? (unsigned int)increment - 1 : 33;
	} while (increment == 0 && bits_ok(&b) && column < columns);
	return increment > 0 && bits_ok(&b) && column < columns ? (int)column : -EBADMSG;
}

int mpeg2_parse_slice(const uint8_t *data, size_t size_bytes, const struct mpeg2_sequence *sequence,
		      const struct mpeg2_picture *picture, struct mpeg2_slice *out)
{
	unsigned int rows =
		mpeg2_count_rows(sequence) >> (picture->picture_structure != MPEG2_FRAME);
	struct mpeg2_slice slice;
	unsigned int position;
	struct bits b;
	int column;

	memset(&slice, 0, sizeof(slice));
	bits_init_raw(&b, data, size_bytes);
	position = bits_u(&b, 8);
	if (sequence->vertical_size > MPEG2_MAX_SHORT_LINES)
		position += bits_u(&b, 3) << 7;
	slice.quantiser_scale_code = (uint8_t)bits_u(&b, 5);
	slice.intra_slice_flag = bits_flag(&b);
	if (slice.intra_slice_flag) {
		bits_skip(&b, 8);
		while (bits_flag(&b)) /* ends with the data at last */
			bits_skip(&b, 8);
	}
	slice.header_bits = (uint32_t)b.n_read;
	column = bits_ok(&b) ? parse_column(&b, mpeg2_count_columns(sequence)) : -EBADMSG;
	if (column < 0 || position == 0 || position > rows || slice.quantiser_scale_code == 0)
		return -EBADMSG;
	slice.mb_row = (uint16_t)(position - 1);
	slice.mb_column = (uint16_t)column;
	*out = slice;
	return 0;
}
