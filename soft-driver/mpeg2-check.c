/* SPDX-License-Identifier: MIT */
/*
 * The client's MPEG-2 parameters against each other, the surfaces, and the slice's own header.
 */
#include <string.h>

#include "context.h"
#include "mpeg2.h"

bool mpeg2_check(struct mpeg2_picture *picture, enum check check, bool good)
{
	return picture_check(&picture->base, check, good);
}

static bool has_zero(const uint8_t matrix[64])
{
	return memchr(matrix, 0, 64) != NULL;
}

/* What the syntax has room for. */
static bool is_decodable(const VAPictureParameterBufferMPEG2 *pic)
{
	return pic->horizontal_size && pic->horizontal_size <= SOFTVA_MAX_WIDTH &&
	       pic->vertical_size && pic->vertical_size <= SOFTVA_MAX_HEIGHT &&
	       pic->picture_coding_type >= MPEG2_I && pic->picture_coding_type <= MPEG2_B &&
	       pic->f_code >= 0 && pic->f_code <= 0xffff &&
	       pic->picture_coding_extension.bits.picture_structure;
}

static void check_size(struct mpeg2_picture *picture)
{
	const VAPictureParameterBufferMPEG2 *pic = picture->pic;
	const struct context *context = picture->base.context;
	const struct surface *target = picture->base.target;

	if (!mpeg2_check(picture, CHECK_PICTURE_SIZE_CONTEXT,
			 pic->horizontal_size <= align_up(context->width, 16) &&
				 pic->vertical_size <= align_up(context->height, 32)))
		picture->unusable = true;
	if (!mpeg2_check(picture, CHECK_PICTURE_SIZE_SURFACE,
			 pic->horizontal_size <= align_up(target->width, 16) &&
				 pic->vertical_size <= align_up(target->height, 32)))
		picture->unusable = true;
}

void mpeg2_check_picture(struct mpeg2_picture *picture)
{
	const struct format *format = picture->base.target->format;
	const struct mpeg2_state *state = picture->state;
	const VAPictureParameterBufferMPEG2 *pic = picture->pic;

	if (!mpeg2_check(picture, CHECK_FORMAT, is_decodable(pic)))
		picture->unusable = true;
	if (!mpeg2_check(picture, CHECK_SURFACE_FORMAT,
			 format->rt_format & VA_RT_FORMAT_YUV420 && format->bits == 8))
		picture->unusable = true;
	check_size(picture);
	/* Chroma's matrices are luma's in 4:2:0 (6.3.11). */
	mpeg2_check(picture, CHECK_SCALING_LISTS,
		    picture->iq->load_intra_quantiser_matrix &&
			    picture->iq->load_non_intra_quantiser_matrix &&
			    !has_zero(picture->iq->intra_quantiser_matrix) &&
			    !has_zero(picture->iq->non_intra_quantiser_matrix));
	/* A second field is of the frame before it, and of its other parity. */
	if (!mpeg2_check(picture, CHECK_TARGET_FIELD,
			 !picture->second_field ||
				 (state->last_target == picture->base.target->object.id &&
				  picture->fields == (state->last_fields ^ MPEG2_FRAME))))
		picture->unusable = true;
}

/* ---- References ---- */

static void check_reference(struct mpeg2_picture *picture, VASurfaceID id, uint32_t wanted)
{
	struct surface *surface = object_get(&picture->base.softva->heap, id, OBJECT_SURFACE);
	struct content content;
	bool is_target = surface == picture->base.target;

	/* The stream was entered here, or a group is closed: clients name what they have. */
	if (!wanted) {
		check_event(&picture->base.softva->checks, EVENT_REFERENCES_MISSING);
		if (surface)
			object_unref(&surface->object);
		return;
	}
	if (!mpeg2_check(picture, CHECK_REFERENCE_SURFACE, surface))
		return;
	pthread_mutex_lock(&surface->lock);
	content = surface->content;
	pthread_mutex_unlock(&surface->lock);
	object_unref(&surface->object);
	mpeg2_check(picture, CHECK_TARGET_NOT_REFERENCE, !is_target);
	mpeg2_check(picture, CHECK_REFERENCE_CONTENT,
		    content.valid && content.context == picture->base.context->object.id &&
			    content.frame_num == wanted);
}

/* 7.6.2.1; the frame that a second field is of has moved the references already. */
void mpeg2_check_references(struct mpeg2_picture *picture)
{
	const VAPictureParameterBufferMPEG2 *pic = picture->pic;
	const uint32_t *references = picture->state->references;

	if (pic->picture_coding_type == MPEG2_P)
		check_reference(picture, pic->forward_reference_picture,
				references[picture->second_field ? 0 : 1]);
	if (pic->picture_coding_type != MPEG2_B)
		return;
	check_reference(picture, pic->forward_reference_picture, references[0]);
	check_reference(picture, pic->backward_reference_picture, references[1]);
}

/* ---- Slices ---- */

/* Table B.1: how many macroblocks are left out, or -1. */
static int read_skipped(struct bit_reader *reader)
{
	static const struct {
		uint32_t length, code;
		int last; /* of the codes of this length, which count down from here */
		int count;
	} rows[] = {{1, 1, 1, 1}, {3, 2, 3, 2},  {4, 2, 5, 2},    {5, 2, 7, 2},
		    {7, 6, 9, 2}, {8, 6, 15, 6}, {10, 18, 21, 6}, {11, 24, 33, 12}};
	uint32_t code = 0, length = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		while (length < rows[i].length) {
			code = code << 1 | bit_reader_get(reader, 1);
			length++;
		}
		if (code >= rows[i].code && code < rows[i].code + (uint32_t)rows[i].count)
			return rows[i].last - (int)(code - rows[i].code) - 1;
	}
	return code == 8 ? 33 : -1;
}

struct header {
	uint32_t row;
	uint32_t column;
	uint32_t quantiser_scale_code;
	bool intra_slice_flag;
	size_t offset;
};

static bool read_header(const struct mpeg2_picture *picture, const struct mpeg2_slice *slice,
			struct header *header)
{
	struct bit_reader reader;
	int skipped;

	bit_reader_init(&reader, slice->data, slice->size);
	if (bit_reader_get(&reader, 24) != 1)
		return false;
	header->row = bit_reader_get(&reader, 8) - 1;
	if (header->row >= 0xaf)
		return false;
	if (picture->pic->vertical_size > 2800)
		header->row += bit_reader_get(&reader, 3) << 7;
	header->quantiser_scale_code = bit_reader_get(&reader, 5);
	header->intra_slice_flag = bit_reader_get(&reader, 1);
	if (header->intra_slice_flag) {
		bit_reader_get(&reader, 8);
		while (!reader.failed && bit_reader_get(&reader, 1))
			bit_reader_get(&reader, 8);
	}
	header->offset = reader.pos;
	header->column = 0;
	do {
		skipped = read_skipped(&reader);
		header->column += (uint32_t)skipped;
	} while (skipped == 33 && !reader.failed);
	return !reader.failed && skipped >= 0;
}

bool mpeg2_check_slice(struct mpeg2_picture *picture, const struct mpeg2_slice *slice)
{
	const VASliceParameterBufferMPEG2 *param = slice->param;
	uint32_t columns = align_up(picture->pic->horizontal_size, 16) / 16;
	uint32_t rows = align_up(picture->pic->vertical_size, 32) / 16 /
			(picture->fields == MPEG2_FRAME ? 1 : 2);
	struct header header = {0};

	if (!mpeg2_check(picture, CHECK_SLICE_HEADER, read_header(picture, slice, &header)))
		return false;
	mpeg2_check(picture, CHECK_QP_DELTA,
		    param->quantiser_scale_code == (int32_t)header.quantiser_scale_code);
	mpeg2_check(picture, CHECK_SLICE_TYPE,
		    !param->intra_slice_flag == !header.intra_slice_flag);
	if (!mpeg2_check(picture, CHECK_DATA_BIT_OFFSET, param->macroblock_offset == header.offset))
		return false;
	if (!mpeg2_check(picture, CHECK_FIRST_MB,
			 param->slice_vertical_position == header.row &&
				 param->slice_horizontal_position == header.column &&
				 header.row < rows && header.column < columns &&
				 header.row * columns + header.column >= picture->next_address))
		return false;
	picture->next_address = header.row * columns + header.column + 1;
	return param->quantiser_scale_code > 0 && param->quantiser_scale_code < 32;
}
