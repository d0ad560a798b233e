/* SPDX-License-Identifier: MIT */
/*
 * The client's parameters against the frame's own header, the surfaces, and what was decoded before.
 */
#include <string.h>

#include "context.h"
#include "vp9.h"

/* ---- The picture and its target ---- */

/* Of profiles 0 and 1 are 8 bits, of 0 and 2 is 4:2:0 (Annex A). */
static bool is_of_profile(const struct vp9_picture *picture)
{
	static const VAProfile profiles[] = {VAProfileVP9Profile0, VAProfileVP9Profile1,
					     VAProfileVP9Profile2, VAProfileVP9Profile3};
	const VADecPictureParameterBufferVP9 *pic = picture->pic;
	bool is_420 = pic->pic_fields.bits.subsampling_x && pic->pic_fields.bits.subsampling_y;

	return pic->profile < 4 &&
	       picture->base.context->profile->profile == profiles[pic->profile] &&
	       (pic->profile < 2 ? pic->bit_depth == 8
				 : pic->bit_depth == 10 || pic->bit_depth == 12) &&
	       (pic->profile & 1 || is_420);
}

static bool is_surface_fit(const struct vp9_picture *picture)
{
	const VADecPictureParameterBufferVP9 *pic = picture->pic;
	const struct format *format = picture->base.target->format;

	return format->rt_format & picture->base.context->rt_format &&
	       format->bits == pic->bit_depth && format->num_components == 3 &&
	       format->h_shift == pic->pic_fields.bits.subsampling_x &&
	       format->v_shift == pic->pic_fields.bits.subsampling_y;
}

void vp9_check_picture(struct vp9_picture *picture)
{
	const VADecPictureParameterBufferVP9 *pic = picture->pic;
	const struct context *context = picture->base.context;
	const struct surface *target = picture->base.target;

	if (!vp9_check(picture, CHECK_FORMAT, is_of_profile(picture)))
		picture->unusable = true;
	if (!vp9_check(picture, CHECK_SURFACE_FORMAT, is_surface_fit(picture)))
		picture->unusable = true;
	if (!vp9_check(picture, CHECK_PICTURE_SIZE_CONTEXT,
		       pic->frame_width <= context->width && pic->frame_height <= context->height))
		picture->unusable = true;
	if (!vp9_check(picture, CHECK_PICTURE_SIZE_SURFACE,
		       pic->frame_width && pic->frame_height && pic->frame_width <= target->width &&
			       pic->frame_height <= target->height))
		picture->unusable = true;
}

/* ---- The header ---- */

static bool is_flags_good(const VADecPictureParameterBufferVP9 *va,
			  const VADecPictureParameterBufferVP9 *own, bool intra)
{
	VADecPictureParameterBufferVP9 masked = *va;

	masked.pic_fields.bits.last_ref_frame = own->pic_fields.bits.last_ref_frame;
	masked.pic_fields.bits.golden_ref_frame = own->pic_fields.bits.golden_ref_frame;
	masked.pic_fields.bits.alt_ref_frame = own->pic_fields.bits.alt_ref_frame;
	masked.pic_fields.bits.last_ref_frame_sign_bias =
		own->pic_fields.bits.last_ref_frame_sign_bias;
	masked.pic_fields.bits.golden_ref_frame_sign_bias =
		own->pic_fields.bits.golden_ref_frame_sign_bias;
	masked.pic_fields.bits.alt_ref_frame_sign_bias =
		own->pic_fields.bits.alt_ref_frame_sign_bias;
	/* Nothing is predicted from other frames. */
	if (intra) {
		masked.pic_fields.bits.mcomp_filter_type = 0;
		masked.pic_fields.bits.allow_high_precision_mv = 0;
	}
	/* All contexts are the same then. */
	if (own->pic_fields.bits.error_resilient_mode)
		masked.pic_fields.bits.frame_context_idx = own->pic_fields.bits.frame_context_idx;
	/* Without segments neither map nor prediction of it. */
	if (!own->pic_fields.bits.segmentation_enabled) {
		masked.pic_fields.bits.segmentation_update_map = 0;
		masked.pic_fields.bits.segmentation_temporal_update = 0;
	}
	if (!own->pic_fields.bits.segmentation_update_map)
		masked.pic_fields.bits.segmentation_temporal_update = 0;
	return masked.pic_fields.value == own->pic_fields.value && va->profile == own->profile &&
	       va->bit_depth == own->bit_depth;
}

static bool is_indices_good(const VADecPictureParameterBufferVP9 *va,
			    const VADecPictureParameterBufferVP9 *own)
{
	return va->pic_fields.bits.last_ref_frame == own->pic_fields.bits.last_ref_frame &&
	       va->pic_fields.bits.golden_ref_frame == own->pic_fields.bits.golden_ref_frame &&
	       va->pic_fields.bits.alt_ref_frame == own->pic_fields.bits.alt_ref_frame &&
	       va->pic_fields.bits.last_ref_frame_sign_bias ==
		       own->pic_fields.bits.last_ref_frame_sign_bias &&
	       va->pic_fields.bits.golden_ref_frame_sign_bias ==
		       own->pic_fields.bits.golden_ref_frame_sign_bias &&
	       va->pic_fields.bits.alt_ref_frame_sign_bias ==
		       own->pic_fields.bits.alt_ref_frame_sign_bias;
}

/* Probabilities count where a map is sent, those of its prediction where it is predicted. */
static bool is_probabilities_good(const VADecPictureParameterBufferVP9 *va,
				  const VADecPictureParameterBufferVP9 *own)
{
	return (!own->pic_fields.bits.segmentation_update_map ||
		!memcmp(va->mb_segment_tree_probs, own->mb_segment_tree_probs, 7)) &&
	       (!own->pic_fields.bits.segmentation_temporal_update ||
		!memcmp(va->segment_pred_probs, own->segment_pred_probs, 3));
}

static bool is_scales_good(const VASegmentParameterVP9 *va, const VASegmentParameterVP9 *own)
{
	return va->luma_dc_quant_scale == own->luma_dc_quant_scale &&
	       va->luma_ac_quant_scale == own->luma_ac_quant_scale &&
	       va->chroma_dc_quant_scale == own->chroma_dc_quant_scale &&
	       va->chroma_ac_quant_scale == own->chroma_ac_quant_scale;
}

static void check_segments(struct vp9_picture *picture)
{
	const struct vp9_header *header = &picture->header;
	bool enabled = header->pic.pic_fields.bits.segmentation_enabled;
	bool scales = true, levels = true, flags = true;

	/* Without segments there is the first one. */
	for (int i = 0; i < (enabled ? VP9_SEGMENTS : 1); i++) {
		const VASegmentParameterVP9 *va = &picture->slice->seg_param[i];
		const VASegmentParameterVP9 *own = &header->segments[i];

		scales = scales && is_scales_good(va, own);
		/* Without a level there is no filter. */
		levels = levels &&
			 (!header->pic.filter_level ||
			  !memcmp(va->filter_level, own->filter_level, sizeof(own->filter_level)));
		flags = flags && (!enabled || va->segment_flags.value == own->segment_flags.value);
	}
	vp9_check(picture, CHECK_QUANTIZERS, scales);
	vp9_check(picture, CHECK_DEBLOCKING,
		  levels && picture->pic->filter_level == header->pic.filter_level &&
			  picture->pic->sharpness_level == header->pic.sharpness_level);
	vp9_check(picture, CHECK_SEGMENTATION, flags);
}

void vp9_check_header(struct vp9_picture *picture)
{
	const VADecPictureParameterBufferVP9 *va = picture->pic;
	const VADecPictureParameterBufferVP9 *own = &picture->header.pic;

	vp9_check(picture, CHECK_PICTURE_SIZE,
		  va->frame_width == own->frame_width && va->frame_height == own->frame_height);
	vp9_check(picture, CHECK_FRAME_FLAGS, is_flags_good(va, own, picture->header.intra));
	vp9_check(picture, CHECK_PARTITIONS,
		  va->first_partition_size == own->first_partition_size &&
			  va->frame_header_length_in_bytes == own->frame_header_length_in_bytes);
	vp9_check(picture, CHECK_TILE_LOG2,
		  va->log2_tile_columns == own->log2_tile_columns &&
			  va->log2_tile_rows == own->log2_tile_rows);
	vp9_check(picture, CHECK_PROBABILITIES, is_probabilities_good(va, own));
	if (!picture->header.intra)
		vp9_check(picture, CHECK_REFERENCE_INDEX, is_indices_good(va, own));
	check_segments(picture);
}

/* ---- References ---- */

static bool is_content_good(struct vp9_picture *picture, struct surface *surface,
			    const struct vp9_slot *slot)
{
	bool good;

	pthread_mutex_lock(&surface->lock);
	good = surface->content.valid && surface->stream == &picture->stream->object &&
	       surface->content.frame_num == slot->number;
	pthread_mutex_unlock(&surface->lock);
	return good;
}

/* Where the stream was entered in its middle there is nothing to compare with. */
static void check_slot(struct vp9_picture *picture, VASurfaceID id, const struct vp9_slot *slot,
		       bool used)
{
	struct surface *surface = object_get(&picture->base.softva->heap, id, OBJECT_SURFACE);

	if (!slot->number && used) {
		check_event(&picture->base.softva->checks, EVENT_REFERENCES_MISSING);
		picture->base.failed = true;
	} else if (used || (slot->number && id != VA_INVALID_SURFACE)) {
		vp9_check(picture, CHECK_REFERENCE_SURFACE, surface);
		if (surface)
			vp9_check(picture, CHECK_REFERENCE_CONTENT,
				  is_content_good(picture, surface, slot));
		vp9_check(picture, CHECK_TARGET_NOT_REFERENCE, surface != picture->base.target);
	}
	object_unref(surface ? &surface->object : NULL);
}

void vp9_check_references(struct vp9_picture *picture)
{
	const VADecPictureParameterBufferVP9 *own = &picture->header.pic;
	unsigned int used = 0;

	if (!picture->header.intra)
		used = 1u << own->pic_fields.bits.last_ref_frame |
		       1u << own->pic_fields.bits.golden_ref_frame |
		       1u << own->pic_fields.bits.alt_ref_frame;
	/* A key frame leaves nothing of what was there. */
	for (unsigned int i = 0; i < VP9_SLOTS && own->pic_fields.bits.frame_type; i++)
		check_slot(picture, picture->pic->reference_frames[i],
			   &picture->stream->past.slots[i], used >> i & 1);
}
