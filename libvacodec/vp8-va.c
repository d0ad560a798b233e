/* SPDX-License-Identifier: MIT */
/*
 * vp8-va.c - VP8 frames as VA-API's parameter buffers
 *
 * Source: va/va_dec_vp8.h; RFC 6386, 9.
 */
#include "vp8.h"

#include <string.h>

static int clamp(int value, int max)
{
	if (value < 0)
		return 0;
	return value > max ? max : value;
}

/* A segment's value: the frame's own, that of the segment, or their sum (9.3). */
static int get_segment_value(const struct vp8_frame *frame, int value, int8_t update)
{
	if (!frame->segmentation_enabled)
		return value;
	return frame->segmentation.segment_feature_mode ? update : value + update;
}

static void set_fields(VAPictureParameterBufferVP8 *va, const struct vp8_frame *frame)
{
	va->pic_fields.bits.key_frame = !frame->tag.key_frame; /* 0 is a key frame */
	va->pic_fields.bits.version = frame->tag.version;
	va->pic_fields.bits.segmentation_enabled = frame->segmentation_enabled;
	va->pic_fields.bits.update_mb_segmentation_map = frame->update_mb_segmentation_map;
	va->pic_fields.bits.update_segment_feature_data = frame->update_segment_feature_data;
	va->pic_fields.bits.filter_type = frame->filter_type;
	va->pic_fields.bits.sharpness_level = frame->sharpness_level;
	va->pic_fields.bits.loop_filter_adj_enable = frame->loop_filter_adj_enable;
	va->pic_fields.bits.mode_ref_lf_delta_update = frame->mode_ref_lf_delta_update;
	va->pic_fields.bits.sign_bias_golden = frame->sign_bias_golden;
	va->pic_fields.bits.sign_bias_alternate = frame->sign_bias_alternate;
	va->pic_fields.bits.mb_no_coeff_skip = frame->mb_no_coeff_skip;
	va->pic_fields.bits.loop_filter_disable = frame->loop_filter_level == 0;
}

static void set_filter(VAPictureParameterBufferVP8 *va, const struct vp8_frame *frame)
{
	unsigned int i;

	for (i = 0; i < VP8_N_SEGMENTS; i++)
		va->loop_filter_level[i] =
			(uint8_t)clamp(get_segment_value(frame, frame->loop_filter_level,
							 frame->segmentation.lf_update[i]),
				       63);
	memcpy(va->mb_segment_tree_probs, frame->segmentation.tree_probs,
	       sizeof(va->mb_segment_tree_probs));
	memcpy(va->loop_filter_deltas_ref_frame, frame->lf_deltas.ref_frame,
	       sizeof(va->loop_filter_deltas_ref_frame));
	memcpy(va->loop_filter_deltas_mode, frame->lf_deltas.mode,
	       sizeof(va->loop_filter_deltas_mode));
}

/* The modes of key frames have probabilities of their own (11.2), which no header changes. */
static void set_probs(VAPictureParameterBufferVP8 *va, const struct vp8_frame *frame)
{
	bool key = frame->tag.key_frame;

	va->prob_skip_false = frame->prob_skip_false;
	va->prob_intra = frame->prob_intra;
	va->prob_last = frame->prob_last;
	va->prob_gf = frame->prob_gf;
	memcpy(va->y_mode_probs, key ? vp8_key_y_mode_probs : frame->probs.y_mode,
	       sizeof(va->y_mode_probs));
	memcpy(va->uv_mode_probs, key ? vp8_key_uv_mode_probs : frame->probs.uv_mode,
	       sizeof(va->uv_mode_probs));
	memcpy(va->mv_probs, frame->probs.mv, sizeof(va->mv_probs));
}

/* count: bits that are left of the byte that is read from, 0 where it is the next one. */
static void set_bool_coder(VAPictureParameterBufferVP8 *va, const struct vp8_frame *frame)
{
	va->bool_coder_ctx.range = frame->range;
	va->bool_coder_ctx.value = frame->value;
	va->bool_coder_ctx.count = (uint8_t)(-frame->header_bits & 7);
}

/* Each surface is named once to what keeps it alive. */
static int set_references(VAPictureParameterBufferVP8 *va, struct vacodec_decoder *decoder)
{
	struct vp8 *vp8 = vp8_of(decoder);
	VASurfaceID ids[VP8_N_REFERENCES];
	unsigned int i;
	int ret = 0;

	for (i = 0; i < VP8_N_REFERENCES; i++) {
		ids[i] = VA_INVALID_SURFACE;
		if (vp8->frame.tag.key_frame || ret < 0)
			continue;
		ids[i] = vawrap_surface_get_id(vp8->references[i]->surface);
		if ((i < 1 || ids[i] != ids[0]) && (i < 2 || ids[i] != ids[1]))
			ret = submit_add_reference(decoder->current.frame, vp8->references[i]);
	}
	va->last_ref_frame = ids[VP8_LAST];
	va->golden_ref_frame = ids[VP8_GOLDEN];
	va->alt_ref_frame = ids[VP8_ALTERNATE];
	va->out_of_loop_frame = VA_INVALID_SURFACE;
	return ret;
}

static int add_picture_parameters(struct vacodec_decoder *decoder)
{
	const struct vp8_frame *frame = &vp8_of(decoder)->frame;
	VAPictureParameterBufferVP8 va;
	int ret;

	memset(&va, 0, sizeof(va));
	va.frame_width = decoder->format.crop.width;
	va.frame_height = decoder->format.crop.height;
	ret = set_references(&va, decoder);
	if (ret < 0)
		return ret;
	set_fields(&va, frame);
	set_filter(&va, frame);
	set_probs(&va, frame);
	set_bool_coder(&va, frame);
	return submit_add_data(decoder->current.frame, VAPictureParameterBufferType, &va,
			       sizeof(va));
}

static int add_probabilities(struct vacodec_decoder *decoder)
{
	VAProbabilityDataBufferVP8 va;

	memset(&va, 0, sizeof(va));
	memcpy(va.dct_coeff_probs, vp8_of(decoder)->frame.probs.coeff, sizeof(va.dct_coeff_probs));
	return submit_add_data(decoder->current.frame, VAProbabilityBufferType, &va, sizeof(va));
}

/* 9.6 and 14.1: all are held to 0 to 127 before and after their deltas. */
static int add_quantizers(struct vacodec_decoder *decoder)
{
	const struct vp8_frame *frame = &vp8_of(decoder)->frame;
	const struct vp8_quant *quant = &frame->quant;
	const int deltas[6] = {0,
			       quant->y_dc_delta,
			       quant->y2_dc_delta,
			       quant->y2_ac_delta,
			       quant->uv_dc_delta,
			       quant->uv_ac_delta};
	VAIQMatrixBufferVP8 va;
	unsigned int i, j;
	int base;

	memset(&va, 0, sizeof(va));
	for (i = 0; i < VP8_N_SEGMENTS; i++) {
		base = clamp(get_segment_value(frame, quant->y_ac_qi,
					       frame->segmentation.quantizer_update[i]),
			     127);
		for (j = 0; j < 6; j++)
			va.quantization_index[i][j] = (uint16_t)clamp(base + deltas[j], 127);
	}
	return submit_add_data(decoder->current.frame, VAIQMatrixBufferType, &va, sizeof(va));
}

/* The data begins behind what is not compressed. */
static int add_slice(struct vacodec_decoder *decoder, const struct unit *unit)
{
	const struct vp8_frame *frame = &vp8_of(decoder)->frame;
	const uint8_t *data = unit->data + frame->tag.size_bytes;
	size_t size_bytes = unit->size_bytes - frame->tag.size_bytes;
	VASliceParameterBufferVP8 va;
	unsigned int i;

	memset(&va, 0, sizeof(va));
	va.slice_data_size = (uint32_t)size_bytes;
	va.slice_data_flag = VA_SLICE_DATA_FLAG_ALL;
	va.macroblock_offset = frame->header_bits;
	va.num_of_partitions = (uint8_t)(frame->n_partitions + 1);
	va.partition_size[0] = frame->tag.first_part_size - (frame->header_bits + 7) / 8;
	for (i = 0; i < frame->n_partitions; i++)
		va.partition_size[i + 1] = frame->partition_bytes[i];
	return submit_add_slice(decoder->current.frame, &va, sizeof(va), data, size_bytes);
}

int vp8_va_add_picture(struct vacodec_decoder *decoder, const struct unit *unit)
{
	int ret = add_picture_parameters(decoder);

	if (ret == 0)
		ret = add_probabilities(decoder);
	if (ret == 0)
		ret = add_quantizers(decoder);
	return ret < 0 ? ret : add_slice(decoder, unit);
}
