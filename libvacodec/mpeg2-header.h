/* SPDX-License-Identifier: MIT */
/*
 * mpeg2-header.h - MPEG-2's headers: sequence, group of pictures, picture and slice
 *
 * Source: Rec. ITU-T H.262 (ISO/IEC 13818-2), 6.2 and 6.3, where each field's name is from. A unit
 * is what follows a start code's prefix, so its first byte is the start code's value (Table 6-1).
 */
#ifndef LIBVACODEC_MPEG2_HEADER_H
#define LIBVACODEC_MPEG2_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mpeg2_start_code {
	MPEG2_PICTURE = 0x00,
	MPEG2_FIRST_SLICE = 0x01,
	MPEG2_LAST_SLICE = 0xaf,
	MPEG2_USER_DATA = 0xb2,
	MPEG2_SEQUENCE = 0xb3,
	MPEG2_EXTENSION = 0xb5,
	MPEG2_SEQUENCE_END = 0xb7,
	MPEG2_GROUP = 0xb8,
};

/* extension_start_code_identifier, Table 6-2 */
enum mpeg2_extension {
	MPEG2_EXT_SEQUENCE = 1,
	MPEG2_EXT_QUANT_MATRIX = 3,
	MPEG2_EXT_SCALABLE = 5,
	MPEG2_EXT_PICTURE_CODING = 8,
};

/* picture_coding_type, Table 6-12 */
enum mpeg2_coding_type {
	MPEG2_I = 1,
	MPEG2_P = 2,
	MPEG2_B = 3,
};

/* picture_structure, Table 6-14: as bits, the fields that it has */
enum mpeg2_structure {
	MPEG2_TOP = 1,
	MPEG2_BOTTOM = 2,
	MPEG2_FRAME = 3,
};

/* Above this many lines, slices have an extension of their position: 6.2.4. */
#define MPEG2_MAX_SHORT_LINES 2800

/* In the order in which they are sent, zig-zag; 6.3.11. Chroma's are those of luma in 4:2:0. */
struct mpeg2_matrices {
	uint8_t intra[64];
	uint8_t non_intra[64];
};

/* sequence_header() and sequence_extension(), 6.2.2.1 and 6.2.2.3 */
struct mpeg2_sequence {
	bool extended;            /* it has an extension: MPEG-1 has none */
	bool scalable;            /* sequence_scalable_extension(): an enhancement layer */
	uint16_t horizontal_size; /* 14 bits, at least 1 */
	uint16_t vertical_size;   /* the same */
	uint8_t frame_rate_code;
	uint8_t frame_rate_extension_n, frame_rate_extension_d;
	uint8_t profile_and_level_indication;
	bool progressive_sequence;
	uint8_t chroma_format; /* 1 to 3: 4:2:0, 4:2:2, 4:4:4 */
	bool low_delay;
};

/* group_of_pictures_header(), 6.2.2.6 */
struct mpeg2_group {
	bool closed_gop, broken_link;
};

/* picture_header() and picture_coding_extension(), 6.2.3 and 6.2.3.1 */
struct mpeg2_picture {
	bool extended;
	uint16_t temporal_reference;
	uint8_t picture_coding_type; /* 1 to 3 */
	uint8_t f_code[2][2];
	uint8_t intra_dc_precision;
	uint8_t picture_structure; /* 1 to 3 */
	bool top_field_first;
	bool frame_pred_frame_dct;
	bool concealment_motion_vectors;
	bool q_scale_type;
	bool intra_vlc_format;
	bool alternate_scan;
	bool repeat_first_field;
	bool progressive_frame;
};

/* slice(), 6.2.4, up to its first macroblock */
struct mpeg2_slice {
	uint16_t mb_row;    /* of the picture, which may be a field */
	uint16_t mb_column; /* of its first macroblock: 6.3.17.1 */
	uint8_t quantiser_scale_code;
	bool intra_slice_flag;
	uint32_t header_bits; /* from the start code's value up to the first macroblock */
};

/*
 * -EBADMSG fills nothing; so do all that follow. The header alone: matrices become its own, or the
 * defaults.
 */
int mpeg2_parse_sequence(const uint8_t *data, size_t size_bytes, struct mpeg2_sequence *sequence,
			 struct mpeg2_matrices *matrices);
/* What an extension is, or -EBADMSG. */
int mpeg2_get_extension(const uint8_t *data, size_t size_bytes);
int mpeg2_parse_sequence_extension(const uint8_t *data, size_t size_bytes,
				   struct mpeg2_sequence *sequence);
int mpeg2_parse_quant_matrix_extension(const uint8_t *data, size_t size_bytes,
				       struct mpeg2_matrices *matrices);
int mpeg2_parse_group(const uint8_t *data, size_t size_bytes, struct mpeg2_group *group);
int mpeg2_parse_picture(const uint8_t *data, size_t size_bytes, struct mpeg2_picture *picture);
int mpeg2_parse_picture_coding_extension(const uint8_t *data, size_t size_bytes,
					 struct mpeg2_picture *picture);
int mpeg2_parse_slice(const uint8_t *data, size_t size_bytes, const struct mpeg2_sequence *sequence,
		      const struct mpeg2_picture *picture, struct mpeg2_slice *slice);

/* 16 lines and columns each; of a frame. */
unsigned int mpeg2_count_columns(const struct mpeg2_sequence *sequence);
unsigned int mpeg2_count_rows(const struct mpeg2_sequence *sequence);

#endif
