/* SPDX-License-Identifier: MIT */
/*
 * The client's VP8 parameters against the surfaces, the frame's own header, and what was decoded
 * before. Only what the frame uses is compared: hardware reads no more.
 */
#include <string.h>

#include "context.h"
#include "vp8.h"

bool vp8_check(struct vp8_picture *picture, enum check check, bool good)
{
	return picture_check(&picture->base, check, good);
}

static bool is_same(const uint8_t *a, const uint8_t *b, size_t size)
{
	return memcmp(a, b, size) == 0;
}

static void check_size(struct vp8_picture *picture)
{
	const VAPictureParameterBufferVP8 *pic = picture->pic;
	const struct context *context = picture->base.context;
	const struct surface *target = picture->base.target;

	if (!vp8_check(picture, CHECK_PICTURE_SIZE_CONTEXT,
		       pic->frame_width <= align_up(context->width, 16) &&
			       pic->frame_height <= align_up(context->height, 16)))
		picture->unusable = true;
	if (!vp8_check(picture, CHECK_PICTURE_SIZE_SURFACE,
		       pic->frame_width <= align_up(target->width, 16) &&
			       pic->frame_height <= align_up(target->height, 16)))
		picture->unusable = true;
}

void vp8_check_picture(struct vp8_picture *picture)
{
	const VAPictureParameterBufferVP8 *pic = picture->pic;
	const struct format *format = picture->base.target->format;

	if (!vp8_check(picture, CHECK_FORMAT,
		       pic->frame_width && pic->frame_width <= 0x3fff && pic->frame_height &&
			       pic->frame_height <= 0x3fff && pic->pic_fields.bits.version <= 3))
		picture->unusable = true;
	if (!vp8_check(picture, CHECK_SURFACE_FORMAT,
		       format->rt_format & VA_RT_FORMAT_YUV420 && format->bits == 8))
		picture->unusable = true;
	check_size(picture);
}

/* ---- The data ---- */

/* 9.5: the sizes of all but the last partition stand before them. */
static bool are_partitions_good(const struct vp8_picture *picture)
{
	unsigned int count = 1u << picture->header.log2_partitions;
	size_t at = picture->first_size, left;

	if (picture->slice->num_of_partitions != count + 1 ||
	    picture->size - at < 3 * (size_t)(count - 1))
		return false;
	left = picture->size - at - 3 * (size_t)(count - 1);
	for (unsigned int i = 1; i < count; i++, at += 3) {
		const uint8_t *size = picture->data + at;

		if (picture->slice->partition_size[i] !=
			    (size[0] | (uint32_t)size[1] << 8 | (uint32_t)size[2] << 16) ||
		    picture->slice->partition_size[i] > left)
			return false;
		left -= picture->slice->partition_size[i];
	}
	return picture->slice->partition_size[count] == left;
}

/* Where the header ends, once it is parsed. */
void vp8_check_slice(struct vp8_picture *picture)
{
	const VABoolCoderContextVPX *coder = &picture->pic->bool_coder_ctx;
	const struct vp8_header *header = &picture->header;

	vp8_check(picture, CHECK_DATA_BIT_OFFSET,
		  picture->slice->macroblock_offset == header->bits &&
			  coder->range == header->range && coder->value == header->value &&
			  coder->count == (8 - header->bits % 8) % 8);
	vp8_check(picture, CHECK_PARTITIONS, are_partitions_good(picture));
}

/* ---- The header ---- */

static int within(int value, int most)
{
	if (value < 0)
		return 0;
	return value < most ? value : most;
}

/* The value of a segment; the first one's is the frame's where there are none. */
static int segment_value(const struct vp8_header *header, int value, int update)
{
	if (!header->segmentation)
		return value;
	return header->absolute ? update : value + update;
}

static unsigned int count_segments(const struct vp8_header *header)
{
	return header->segmentation ? 4 : 1;
}

static void check_flags(struct vp8_picture *picture)
{
	const VAPictureParameterBufferVP8 *pic = picture->pic;
	const struct vp8_header *header = &picture->header;

	vp8_check(picture, CHECK_REFERENCE_FLAG,
		  pic->pic_fields.bits.sign_bias_golden == header->bias[VP8_GOLDEN] &&
			  pic->pic_fields.bits.sign_bias_alternate == header->bias[VP8_ALTERNATE]);
	vp8_check(
		picture, CHECK_SEGMENTATION,
		pic->pic_fields.bits.segmentation_enabled == header->segmentation &&
			pic->pic_fields.bits.update_mb_segmentation_map == header->update_map &&
			(!header->segmentation ||
			 pic->pic_fields.bits.update_segment_feature_data == header->update_data) &&
			(!header->update_map ||
			 is_same(pic->mb_segment_tree_probs, header->tree, 3)));
}

static bool are_deltas_good(const VAPictureParameterBufferVP8 *pic, const struct vp8_header *header)
{
	for (int i = 0; i < 4 && header->adjust; i++)
		if (pic->loop_filter_deltas_ref_frame[i] != header->reference_deltas[i] ||
		    pic->loop_filter_deltas_mode[i] != header->mode_deltas[i])
			return false;
	return true;
}

static bool are_levels_good(const VAPictureParameterBufferVP8 *pic, const struct vp8_header *header)
{
	for (unsigned int i = 0; i < count_segments(header); i++)
		if (pic->loop_filter_level[i] !=
		    within(segment_value(header, header->level, header->filter[i]), 63))
			return false;
	return true;
}

/* Without a level nothing is filtered. */
static void check_filter(struct vp8_picture *picture)
{
	const VAPictureParameterBufferVP8 *pic = picture->pic;
	const struct vp8_header *header = &picture->header;

	vp8_check(picture, CHECK_DEBLOCKING,
		  pic->pic_fields.bits.filter_type == header->simple_filter &&
			  pic->pic_fields.bits.sharpness_level == header->sharpness &&
			  pic->pic_fields.bits.loop_filter_adj_enable == header->adjust &&
			  (!header->adjust || pic->pic_fields.bits.mode_ref_lf_delta_update ==
						      header->adjust_update) &&
			  pic->pic_fields.bits.loop_filter_disable == !header->level &&
			  (!header->level ||
			   (are_levels_good(pic, header) && are_deltas_good(pic, header))));
}

static bool are_mode_probs_good(const struct vp8_picture *picture)
{
	static const uint8_t key_luma[4] = {145, 156, 163, 128};
	static const uint8_t key_chroma[3] = {142, 114, 183};
	const struct vp8_entropy *entropy = &picture->header.entropy;
	const VAPictureParameterBufferVP8 *pic = picture->pic;

	if (vp8_is_key(picture))
		return is_same(pic->y_mode_probs, key_luma, 4) &&
		       is_same(pic->uv_mode_probs, key_chroma, 3);
	return is_same(pic->y_mode_probs, entropy->luma_modes, 4) &&
	       is_same(pic->uv_mode_probs, entropy->chroma_modes, 3);
}

static void check_probabilities(struct vp8_picture *picture)
{
	const VAPictureParameterBufferVP8 *pic = picture->pic;
	const struct vp8_header *header = &picture->header;
	bool inter = !vp8_is_key(picture);

	vp8_check(picture, CHECK_PROBABILITIES,
		  is_same(&picture->probabilities->dct_coeff_probs[0][0][0][0],
			  header->entropy.coefficients, VP8_COEFFICIENTS) &&
			  are_mode_probs_good(picture) &&
			  pic->pic_fields.bits.mb_no_coeff_skip == header->skip &&
			  (!header->skip || pic->prob_skip_false == header->skip_prob) &&
			  (!inter ||
			   (is_same(&pic->mv_probs[0][0], header->entropy.vectors, VP8_VECTORS) &&
			    pic->prob_intra == header->intra_prob &&
			    pic->prob_last == header->last_prob &&
			    pic->prob_gf == header->golden_prob)));
}

/* In VA's order the base index comes first. */
static bool are_indices_good(const VAIQMatrixBufferVP8 *iq, const struct vp8_header *header)
{
	for (unsigned int i = 0; i < count_segments(header); i++) {
		int base = within(segment_value(header, header->base_index, header->quantizer[i]),
				  127);

		if (iq->quantization_index[i][0] != base)
			return false;
		for (int j = 0; j < 5; j++)
			if (iq->quantization_index[i][j + 1] !=
			    within(base + header->index_deltas[j], 127))
				return false;
	}
	return true;
}

void vp8_check_header(struct vp8_picture *picture)
{
	check_flags(picture);
	check_filter(picture);
	check_probabilities(picture);
	vp8_check(picture, CHECK_QUANTIZERS, are_indices_good(picture->iq, &picture->header));
}

/* ---- References ---- */

static void check_reference(struct vp8_picture *picture, VASurfaceID id, uint32_t wanted)
{
	struct surface *surface = object_get(&picture->base.softva->heap, id, OBJECT_SURFACE);
	struct content content;

	if (!vp8_check(picture, CHECK_REFERENCE_SURFACE, surface))
		return;
	vp8_check(picture, CHECK_TARGET_NOT_REFERENCE, surface != picture->base.target);
	pthread_mutex_lock(&surface->lock);
	content = surface->content;
	pthread_mutex_unlock(&surface->lock);
	object_unref(&surface->object);
	if (vp8_check(picture, CHECK_REFERENCE_CONTENT,
		      content.valid && content.context == picture->base.context->object.id &&
			      content.frame_num == wanted))
		vp8_check(picture, CHECK_REFERENCE_SIZE,
			  align_up(content.width, 16) == align_up(picture->pic->frame_width, 16) &&
				  align_up(content.height, 16) ==
					  align_up(picture->pic->frame_height, 16));
}

void vp8_check_references(struct vp8_picture *picture)
{
	const VAPictureParameterBufferVP8 *pic = picture->pic;
	const struct vp8_state *state = picture->state;

	if (vp8_is_key(picture))
		return;
	check_reference(picture, pic->last_ref_frame, state->references[VP8_LAST]);
	check_reference(picture, pic->golden_ref_frame, state->references[VP8_GOLDEN]);
	check_reference(picture, pic->alt_ref_frame, state->references[VP8_ALTERNATE]);
	/* 9.1: only a key frame changes it. */
	vp8_check(picture, CHECK_PICTURE_SIZE,
		  pic->frame_width == state->width && pic->frame_height == state->height);
}
