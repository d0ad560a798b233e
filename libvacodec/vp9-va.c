/* SPDX-License-Identifier: MIT */
/*
 * vp9-va.c - a frame's buffers for the driver
 *
 * Source: va_dec_vp9.h; VP9 bitstream specification, 8.6.1 (scales of segments), 8.8.1 (their filter
 * levels).
 */
#include "vp9.h"

#include <string.h>

static void set_flags(VADecPictureParameterBufferVP9 *va, const struct vp9_header *h)
{
	/* libvpx's numbers, in which regular comes before smooth. */
	static const uint8_t filters[] = {1, 0, 2, 3, 4};

	va->pic_fields.bits.subsampling_x = h->samples.subsampling_x;
	va->pic_fields.bits.subsampling_y = h->samples.subsampling_y;
	va->pic_fields.bits.frame_type = !h->key_frame;
	va->pic_fields.bits.show_frame = h->show_frame;
	va->pic_fields.bits.error_resilient_mode = h->error_resilient_mode;
	va->pic_fields.bits.intra_only = h->intra_only;
	va->pic_fields.bits.allow_high_precision_mv = h->allow_high_precision_mv;
	if (!vp9_header_is_intra(h))
		va->pic_fields.bits.mcomp_filter_type = filters[h->interp_filter];
	va->pic_fields.bits.frame_parallel_decoding_mode = h->frame_parallel_decoding_mode;
	va->pic_fields.bits.reset_frame_context = h->reset_frame_context;
	va->pic_fields.bits.refresh_frame_context = h->refresh_frame_context;
	va->pic_fields.bits.frame_context_idx = h->frame_context_idx;
	va->pic_fields.bits.segmentation_enabled = h->segmentation_enabled;
	va->pic_fields.bits.segmentation_temporal_update = h->segmentation_temporal_update;
	va->pic_fields.bits.segmentation_update_map = h->segmentation_update_map;
	va->pic_fields.bits.lossless_flag = h->lossless;
}

static VASurfaceID get_surface(const struct vp9 *vp9, unsigned int slot)
{
	const struct vacodec_frame *frame = vp9->slots[slot].frame;

	return frame ? vawrap_surface_get_id(frame->surface) : VA_INVALID_SURFACE;
}

/* The slots, with what stands in for references in their places. */
static void set_references(VADecPictureParameterBufferVP9 *va, const struct vp9 *vp9)
{
	const struct vp9_header *h = &vp9->header;
	unsigned int i;

	for (i = 0; i < VP9_NUM_REF_FRAMES; i++)
		va->reference_frames[i] = get_surface(vp9, i);
	for (i = 0; i < VP9_REFS_PER_FRAME && !vp9_header_is_intra(h); i++)
		va->reference_frames[h->ref_frame_idx[i]] = get_surface(vp9, vp9->ref_slots[i]);
	va->pic_fields.bits.last_ref_frame = h->ref_frame_idx[0];
	va->pic_fields.bits.last_ref_frame_sign_bias = h->ref_frame_sign_bias[0];
	va->pic_fields.bits.golden_ref_frame = h->ref_frame_idx[1];
	va->pic_fields.bits.golden_ref_frame_sign_bias = h->ref_frame_sign_bias[1];
	va->pic_fields.bits.alt_ref_frame = h->ref_frame_idx[2];
	va->pic_fields.bits.alt_ref_frame_sign_bias = h->ref_frame_sign_bias[2];
}

static int add_picture(struct vacodec_frame *frame, const struct vp9 *vp9)
{
	const struct vp9_header *h = &vp9->header;
	VADecPictureParameterBufferVP9 va;

	memset(&va, 0, sizeof(va));
	va.frame_width = (uint16_t)h->size.width;
	va.frame_height = (uint16_t)h->size.height;
	set_flags(&va, h);
	set_references(&va, vp9);
	va.filter_level = h->loop_filter_level;
	va.sharpness_level = h->loop_filter_sharpness;
	va.log2_tile_rows = h->tile_rows_log2;
	va.log2_tile_columns = h->tile_cols_log2;
	va.frame_header_length_in_bytes = (uint8_t)h->uncompressed_bytes;
	va.first_partition_size = h->header_size_in_bytes;
	memcpy(va.mb_segment_tree_probs, h->tree_probs, sizeof(va.mb_segment_tree_probs));
	memcpy(va.segment_pred_probs, h->pred_probs, sizeof(va.segment_pred_probs));
	va.profile = h->profile;
	va.bit_depth = h->samples.bit_depth;
	return submit_add_data(frame, VAPictureParameterBufferType, &va, sizeof(va));
}

/* ---- Segments ---- */

static bool has_feature(const struct vp9_header *h, unsigned int segment,
			enum vp9_seg_feature feature)
{
	return h->segmentation_enabled && h->segmentation.enabled[segment] >> feature & 1;
}

/* A value of the frame's, or the segment's in its place or on top of it. */
static int get_value(const struct vp9_header *h, unsigned int segment, enum vp9_seg_feature feature,
		     int value)
{
	int data = h->segmentation.data[segment][feature];

	if (!has_feature(h, segment, feature))
		return value;
	return h->segmentation.abs_delta_update ? data : value + data;
}

static int clip(int value, int max)
{
	return value < 0 ? 0 : value > max ? max : value;
}

static void set_scales(VASegmentParameterVP9 *va, const struct vp9_header *h, unsigned int segment)
{
	int index = clip(get_value(h, segment, VP9_SEG_ALT_Q, h->base_q_idx), 255);
	unsigned int depth = h->samples.bit_depth;

	va->luma_dc_quant_scale = vp9_get_dc_scale(depth, index + h->delta_q_y_dc);
	va->luma_ac_quant_scale = vp9_get_ac_scale(depth, index);
	va->chroma_dc_quant_scale = vp9_get_dc_scale(depth, index + h->delta_q_uv_dc);
	va->chroma_ac_quant_scale = vp9_get_ac_scale(depth, index + h->delta_q_uv_ac);
}

/* The deltas count twice from level 32 on: the frame's level, in libvpx as in FFmpeg. */
static void set_filter_levels(VASegmentParameterVP9 *va, const struct vp9_header *h,
			      unsigned int segment)
{
	const struct vp9_loop_filter *filter = &h->loop_filter;
	int level = clip(get_value(h, segment, VP9_SEG_ALT_L, h->loop_filter_level), 63);
	int scale = h->loop_filter_level >= 32 ? 2 : 1;
	unsigned int ref, mode;
	int delta;

	for (ref = 0; ref < 4; ref++) {
		for (mode = 0; mode < 2; mode++) {
			delta = filter->delta_enabled ? filter->ref_deltas[ref] : 0;
			/* Intra blocks have no mode in this. */
			if (ref > 0 && filter->delta_enabled)
				delta += filter->mode_deltas[mode];
			va->filter_level[ref][mode] = (uint8_t)clip(level + delta * scale, 63);
		}
	}
}

static void set_segment(VASegmentParameterVP9 *va, const struct vp9_header *h, unsigned int segment)
{
	va->segment_flags.fields.segment_reference_enabled =
		has_feature(h, segment, VP9_SEG_REF_FRAME);
	if (has_feature(h, segment, VP9_SEG_REF_FRAME))
		va->segment_flags.fields.segment_reference =
			(uint16_t)h->segmentation.data[segment][VP9_SEG_REF_FRAME] & 3;
	va->segment_flags.fields.segment_reference_skipped = has_feature(h, segment, VP9_SEG_SKIP);
	set_filter_levels(va, h, segment);
	set_scales(va, h, segment);
}

static int add_slice(struct vacodec_frame *frame, const struct vp9_header *h,
		     const struct unit *unit)
{
	VASliceParameterBufferVP9 va;
	unsigned int i;

	memset(&va, 0, sizeof(va));
	va.slice_data_size = (uint32_t)unit->size_bytes;
	va.slice_data_flag = VA_SLICE_DATA_FLAG_ALL;
	for (i = 0; i < VP9_MAX_SEGMENTS; i++)
		set_segment(&va.seg_param[i], h, i);
	return submit_add_slice(frame, &va, sizeof(va), unit->data, unit->size_bytes);
}

/* All slots are named, so all are held; each frame once. */
static int add_references(struct vacodec_frame *frame, const struct vp9 *vp9)
{
	unsigned int i, j;
	int ret = 0;

	for (i = 0; i < VP9_NUM_REF_FRAMES && ret == 0; i++) {
		for (j = 0; j < i && vp9->slots[j].frame != vp9->slots[i].frame; j++)
			;
		if (j == i && vp9->slots[i].frame)
			ret = submit_add_reference(frame, vp9->slots[i].frame);
	}
	return ret;
}

int vp9_va_add_frame(struct vacodec_decoder *decoder, const struct unit *unit)
{
	const struct vp9 *vp9 = decoder->codec;
	struct vacodec_frame *frame = decoder->current.frame;
	int ret = add_references(frame, vp9);

	if (ret == 0)
		ret = add_picture(frame, vp9);
	return ret < 0 ? ret : add_slice(frame, &vp9->header, unit);
}
