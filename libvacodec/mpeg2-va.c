/* SPDX-License-Identifier: MIT */
/*
 * mpeg2-va.c - MPEG-2 pictures and slices as VA-API's parameter buffers
 *
 * Source: va/va.h, "MPEG-2 data structures"; Rec. ITU-T H.262, 6.3 and 7.6.
 */
#include "mpeg2.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX_BYTES 3 /* of a start code */

static void set_extension(VAPictureParameterBufferMPEG2 *va, const struct mpeg2 *mpeg2)
{
	const struct mpeg2_picture *picture = &mpeg2->current;

	va->picture_coding_extension.bits.intra_dc_precision = picture->intra_dc_precision;
	va->picture_coding_extension.bits.picture_structure = picture->picture_structure;
	va->picture_coding_extension.bits.top_field_first = picture->top_field_first;
	va->picture_coding_extension.bits.frame_pred_frame_dct = picture->frame_pred_frame_dct;
	va->picture_coding_extension.bits.concealment_motion_vectors =
		picture->concealment_motion_vectors;
	va->picture_coding_extension.bits.q_scale_type = picture->q_scale_type;
	va->picture_coding_extension.bits.intra_vlc_format = picture->intra_vlc_format;
	va->picture_coding_extension.bits.alternate_scan = picture->alternate_scan;
	va->picture_coding_extension.bits.repeat_first_field = picture->repeat_first_field;
	va->picture_coding_extension.bits.progressive_frame = picture->progressive_frame;
	va->picture_coding_extension.bits.is_first_field =
		mpeg2->fields == picture->picture_structure;
}

static int add_reference(struct vacodec_decoder *decoder, struct vacodec_frame *reference,
			 VASurfaceID *id)
{
	*id = vawrap_surface_get_id(reference->surface);
	if (reference == decoder->current.frame)
		return 0;
	return submit_add_reference(decoder->current.frame, reference);
}

/*
 * 7.6.2: of P pictures the newer one; a second field's other reference is its own frame, which VA
 * implies.
 */
static int set_references(VAPictureParameterBufferMPEG2 *va, struct vacodec_decoder *decoder)
{
	const struct mpeg2 *mpeg2 = mpeg2_of(decoder);
	unsigned int type = mpeg2->current.picture_coding_type;
	int ret;

	va->forward_reference_picture = VA_INVALID_SURFACE;
	va->backward_reference_picture = VA_INVALID_SURFACE;
	if (type == MPEG2_I)
		return 0;
	if (type == MPEG2_P)
		return add_reference(decoder,
				     mpeg2->references[1] ? mpeg2->references[1]
							  : decoder->current.frame,
				     &va->forward_reference_picture);
	/* B pictures of a closed group refer to what follows only. */
	ret = add_reference(decoder,
			    mpeg2->references[0] ? mpeg2->references[0] : mpeg2->references[1],
			    &va->forward_reference_picture);
	if (ret < 0)
		return ret;
	return add_reference(decoder, mpeg2->references[1], &va->backward_reference_picture);
}

static int add_picture_parameters(struct vacodec_decoder *decoder)
{
	const struct mpeg2 *mpeg2 = mpeg2_of(decoder);
	const struct mpeg2_picture *picture = &mpeg2->current;
	VAPictureParameterBufferMPEG2 va;
	int ret;

	memset(&va, 0, sizeof(va));
	va.horizontal_size = mpeg2->active.horizontal_size;
	va.vertical_size = mpeg2->active.vertical_size;
	ret = set_references(&va, decoder);
	if (ret < 0)
		return ret;
	va.picture_coding_type = picture->picture_coding_type;
	va.f_code = picture->f_code[0][0] << 12 | picture->f_code[0][1] << 8 |
		    picture->f_code[1][0] << 4 | picture->f_code[1][1];
	set_extension(&va, mpeg2);
	return submit_add_data(decoder->current.frame, VAPictureParameterBufferType, &va,
			       sizeof(va));
}

/* All are sent with each picture: what a driver has kept does not matter then. */
static int add_matrices(struct vacodec_decoder *decoder)
{
	const struct mpeg2_matrices *matrices = &mpeg2_of(decoder)->matrices;
	VAIQMatrixBufferMPEG2 va;

	memset(&va, 0, sizeof(va));
	va.load_intra_quantiser_matrix = 1;
	va.load_non_intra_quantiser_matrix = 1;
	va.load_chroma_intra_quantiser_matrix = 1;
	va.load_chroma_non_intra_quantiser_matrix = 1;
	memcpy(va.intra_quantiser_matrix, matrices->intra, 64);
	memcpy(va.non_intra_quantiser_matrix, matrices->non_intra, 64);
	memcpy(va.chroma_intra_quantiser_matrix, matrices->intra, 64);
	memcpy(va.chroma_non_intra_quantiser_matrix, matrices->non_intra, 64);
	return submit_add_data(decoder->current.frame, VAIQMatrixBufferType, &va, sizeof(va));
}

int mpeg2_va_add_picture(struct vacodec_decoder *decoder)
{
	int ret = add_picture_parameters(decoder);

	return ret < 0 ? ret : add_matrices(decoder);
}

static int reserve(struct mpeg2 *mpeg2, size_t size_bytes)
{
	uint8_t *data;

	if (size_bytes <= mpeg2->capacity_bytes)
		return 0;
	data = realloc(mpeg2->data, size_bytes);
	if (!data)
		return -ENOMEM;
	mpeg2->data = data;
	mpeg2->capacity_bytes = size_bytes;
	return 0;
}

/* With its start code: that is what drivers and other clients call a slice's data. */
int mpeg2_va_add_slice(struct vacodec_decoder *decoder, const struct unit *unit)
{
	struct mpeg2 *mpeg2 = mpeg2_of(decoder);
	const struct mpeg2_slice *slice = &mpeg2->slice;
	size_t size_bytes = PREFIX_BYTES + unit->size_bytes;
	VASliceParameterBufferMPEG2 va;
	int ret = reserve(mpeg2, size_bytes);

	if (ret < 0)
		return ret;
	memcpy(mpeg2->data, "\0\0\1", PREFIX_BYTES);
	memcpy(mpeg2->data + PREFIX_BYTES, unit->data, unit->size_bytes);
	memset(&va, 0, sizeof(va));
	va.slice_data_size = (uint32_t)size_bytes;
	va.slice_data_flag = VA_SLICE_DATA_FLAG_ALL;
	va.macroblock_offset = 8 * PREFIX_BYTES + slice->header_bits;
	va.slice_horizontal_position = slice->mb_column;
	va.slice_vertical_position = slice->mb_row;
	va.quantiser_scale_code = slice->quantiser_scale_code;
	va.intra_slice_flag = slice->intra_slice_flag;
	return submit_add_slice(decoder->current.frame, &va, sizeof(va), mpeg2->data, size_bytes);
}
