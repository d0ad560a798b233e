/* SPDX-License-Identifier: MIT */
/*
 * av1-va.c - AV1 frames and tiles as VA-API's parameter buffers
 *
 * Source: va/va_dec_av1.h; AV1 specification, 5.9 and 5.11 (tile groups).
 */
#include "av1.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define VA_MAX_TILE_SIZES 63

static void set_sequence(VADecPictureParameterBufferAV1 *va, const struct av1_sequence *s)
{
	va->profile = s->seq_profile;
	va->order_hint_bits_minus_1 = s->order_hint_bits ? (uint8_t)(s->order_hint_bits - 1) : 0;
	va->bit_depth_idx = (uint8_t)((s->color.bit_depth - 8) / 2);
	va->matrix_coefficients = s->color.matrix_coefficients;
	va->seq_info_fields.fields.still_picture = s->still_picture;
	va->seq_info_fields.fields.use_128x128_superblock = s->use_128x128_superblock;
	va->seq_info_fields.fields.enable_filter_intra = s->enable_filter_intra;
	va->seq_info_fields.fields.enable_intra_edge_filter = s->enable_intra_edge_filter;
	va->seq_info_fields.fields.enable_interintra_compound = s->enable_interintra_compound;
	va->seq_info_fields.fields.enable_masked_compound = s->enable_masked_compound;
	va->seq_info_fields.fields.enable_dual_filter = s->enable_dual_filter;
	va->seq_info_fields.fields.enable_order_hint = s->enable_order_hint;
	va->seq_info_fields.fields.enable_jnt_comp = s->enable_jnt_comp;
	va->seq_info_fields.fields.enable_cdef = s->enable_cdef;
	va->seq_info_fields.fields.mono_chrome = s->color.mono_chrome;
	va->seq_info_fields.fields.color_range = s->color.color_range;
	va->seq_info_fields.fields.subsampling_x = s->color.subsampling_x;
	va->seq_info_fields.fields.subsampling_y = s->color.subsampling_y;
	va->seq_info_fields.fields.film_grain_params_present = s->film_grain_params_present;
}

/* References stay without grain: their surfaces are the clean ones. */
static int set_references(VADecPictureParameterBufferAV1 *va, struct vacodec_decoder *decoder)
{
	const struct av1 *av1 = av1_of(decoder);
	unsigned int i;
	int ret;

	for (i = 0; i < AV1_NUM_REF_FRAMES; i++) {
		struct vacodec_frame *frame = av1->slots[i];

		va->ref_frame_map[i] = VA_INVALID_SURFACE;
		if (!frame || av1->frame.frame_type == AV1_KEY_FRAME)
			continue;
		frame = frame->clean ? frame->clean : frame;
		va->ref_frame_map[i] = vawrap_surface_get_id(frame->surface);
		ret = submit_add_reference(decoder->current.frame, frame);
		if (ret < 0)
			return ret;
	}
	memcpy(va->ref_frame_idx, av1->frame.ref_frame_idx, sizeof(va->ref_frame_idx));
	return 0;
}

static void set_segmentation(VASegmentationStructAV1 *va, const struct av1_segmentation *s)
{
	va->segment_info_fields.bits.enabled = s->enabled;
	va->segment_info_fields.bits.update_map = s->update_map;
	va->segment_info_fields.bits.temporal_update = s->temporal_update;
	va->segment_info_fields.bits.update_data = s->update_data;
	memcpy(va->feature_data, s->feature_data, sizeof(va->feature_data));
	memcpy(va->feature_mask, s->feature_mask, sizeof(va->feature_mask));
}

static void set_grain_points(VAFilmGrainStructAV1 *va, const struct av1_film_grain *g)
{
	va->num_y_points = g->num_y_points;
	memcpy(va->point_y_value, g->point_y_value, sizeof(va->point_y_value));
	memcpy(va->point_y_scaling, g->point_y_scaling, sizeof(va->point_y_scaling));
	va->num_cb_points = g->num_cb_points;
	memcpy(va->point_cb_value, g->point_cb_value, sizeof(va->point_cb_value));
	memcpy(va->point_cb_scaling, g->point_cb_scaling, sizeof(va->point_cb_scaling));
	va->num_cr_points = g->num_cr_points;
	memcpy(va->point_cr_value, g->point_cr_value, sizeof(va->point_cr_value));
	memcpy(va->point_cr_scaling, g->point_cr_scaling, sizeof(va->point_cr_scaling));
}

static void set_grain(VAFilmGrainStructAV1 *va, const struct av1_film_grain *g)
{
	if (!g->apply_grain)
		return;
	va->film_grain_info_fields.bits.apply_grain = 1;
	va->film_grain_info_fields.bits.chroma_scaling_from_luma = g->chroma_scaling_from_luma;
	va->film_grain_info_fields.bits.grain_scaling_minus_8 = g->grain_scaling_minus_8 & 3;
	va->film_grain_info_fields.bits.ar_coeff_lag = g->ar_coeff_lag & 3;
	va->film_grain_info_fields.bits.ar_coeff_shift_minus_6 = g->ar_coeff_shift_minus_6 & 3;
	va->film_grain_info_fields.bits.grain_scale_shift = g->grain_scale_shift & 3;
	va->film_grain_info_fields.bits.overlap_flag = g->overlap_flag;
	va->film_grain_info_fields.bits.clip_to_restricted_range = g->clip_to_restricted_range;
	va->grain_seed = g->grain_seed;
	set_grain_points(va, g);
	memcpy(va->ar_coeffs_y, g->ar_coeffs_y, sizeof(va->ar_coeffs_y));
	memcpy(va->ar_coeffs_cb, g->ar_coeffs_cb, sizeof(va->ar_coeffs_cb));
	memcpy(va->ar_coeffs_cr, g->ar_coeffs_cr, sizeof(va->ar_coeffs_cr));
	va->cb_mult = g->cb_mult;
	va->cb_luma_mult = g->cb_luma_mult;
	va->cb_offset = g->cb_offset;
	va->cr_mult = g->cr_mult;
	va->cr_luma_mult = g->cr_luma_mult;
	va->cr_offset = g->cr_offset;
}

/* Where there are 64, the last one is what the others leave. */
static void set_tiles(VADecPictureParameterBufferAV1 *va, const struct av1_tiles *t)
{
	unsigned int i;

	va->tile_cols = t->cols;
	va->tile_rows = t->rows;
	va->context_update_tile_id = t->context_update_tile_id;
	for (i = 0; i < t->cols && i < VA_MAX_TILE_SIZES; i++)
		va->width_in_sbs_minus_1[i] = (uint16_t)(t->width_in_sbs[i] - 1);
	for (i = 0; i < t->rows && i < VA_MAX_TILE_SIZES; i++)
		va->height_in_sbs_minus_1[i] = (uint16_t)(t->height_in_sbs[i] - 1);
}

static void set_picture_fields(VADecPictureParameterBufferAV1 *va, const struct av1_frame *f)
{
	va->pic_info_fields.bits.frame_type = f->frame_type & 3;
	va->pic_info_fields.bits.show_frame = f->show_frame;
	va->pic_info_fields.bits.showable_frame = f->showable_frame;
	va->pic_info_fields.bits.error_resilient_mode = f->error_resilient_mode;
	va->pic_info_fields.bits.disable_cdf_update = f->disable_cdf_update;
	va->pic_info_fields.bits.allow_screen_content_tools = f->allow_screen_content_tools;
	va->pic_info_fields.bits.force_integer_mv = f->force_integer_mv;
	va->pic_info_fields.bits.allow_intrabc = f->allow_intrabc;
	va->pic_info_fields.bits.use_superres = f->size.use_superres;
	va->pic_info_fields.bits.allow_high_precision_mv = f->allow_high_precision_mv;
	va->pic_info_fields.bits.is_motion_mode_switchable = f->is_motion_mode_switchable;
	va->pic_info_fields.bits.use_ref_frame_mvs = f->use_ref_frame_mvs;
	va->pic_info_fields.bits.disable_frame_end_update_cdf = f->disable_frame_end_update_cdf;
	va->pic_info_fields.bits.uniform_tile_spacing_flag = f->tiles.uniform_tile_spacing_flag;
	va->pic_info_fields.bits.allow_warped_motion = f->allow_warped_motion;
}

static void set_loop_filter(VADecPictureParameterBufferAV1 *va, const struct av1_loop_filter *l)
{
	va->filter_level[0] = l->level[0];
	va->filter_level[1] = l->level[1];
	va->filter_level_u = l->level[2];
	va->filter_level_v = l->level[3];
	va->loop_filter_info_fields.bits.sharpness_level = l->sharpness & 7;
	va->loop_filter_info_fields.bits.mode_ref_delta_enabled = l->delta_enabled;
	va->loop_filter_info_fields.bits.mode_ref_delta_update = l->delta_update;
	memcpy(va->ref_deltas, l->ref_deltas, sizeof(va->ref_deltas));
	memcpy(va->mode_deltas, l->mode_deltas, sizeof(va->mode_deltas));
}

static void set_quant(VADecPictureParameterBufferAV1 *va, const struct av1_quant *q)
{
	va->base_qindex = q->base_q_idx;
	va->y_dc_delta_q = q->delta_y_dc;
	va->u_dc_delta_q = q->delta_u_dc;
	va->u_ac_delta_q = q->delta_u_ac;
	va->v_dc_delta_q = q->delta_v_dc;
	va->v_ac_delta_q = q->delta_v_ac;
	va->qmatrix_fields.bits.using_qmatrix = q->using_qmatrix;
	va->qmatrix_fields.bits.qm_y = q->qm_y & 15;
	va->qmatrix_fields.bits.qm_u = q->qm_u & 15;
	va->qmatrix_fields.bits.qm_v = q->qm_v & 15;
}

static void set_mode_control(VADecPictureParameterBufferAV1 *va, const struct av1_frame *f)
{
	va->mode_control_fields.bits.delta_q_present_flag = f->delta_q_present;
	va->mode_control_fields.bits.log2_delta_q_res = f->delta_q_res & 3;
	va->mode_control_fields.bits.delta_lf_present_flag = f->delta_lf_present;
	va->mode_control_fields.bits.log2_delta_lf_res = f->delta_lf_res & 3;
	va->mode_control_fields.bits.delta_lf_multi = f->delta_lf_multi;
	va->mode_control_fields.bits.tx_mode = f->tx_mode & 3;
	va->mode_control_fields.bits.reference_select = f->reference_select;
	va->mode_control_fields.bits.reduced_tx_set_used = f->reduced_tx_set;
	va->mode_control_fields.bits.skip_mode_present = f->skip_mode_present;
}

static void set_later_filters(VADecPictureParameterBufferAV1 *va, const struct av1_frame *f)
{
	const struct av1_cdef *c = &f->cdef;
	unsigned int i;

	va->cdef_damping_minus_3 = c->damping_minus_3;
	va->cdef_bits = c->bits;
	for (i = 0; i < 1U << c->bits; i++) {
		va->cdef_y_strengths[i] = (uint8_t)(c->y_pri[i] << 2 | c->y_sec[i]);
		va->cdef_uv_strengths[i] = (uint8_t)(c->uv_pri[i] << 2 | c->uv_sec[i]);
	}
	va->loop_restoration_fields.bits.yframe_restoration_type = f->restoration.type[0] & 3;
	va->loop_restoration_fields.bits.cbframe_restoration_type = f->restoration.type[1] & 3;
	va->loop_restoration_fields.bits.crframe_restoration_type = f->restoration.type[2] & 3;
	va->loop_restoration_fields.bits.lr_unit_shift = f->restoration.unit_shift & 3;
	va->loop_restoration_fields.bits.lr_uv_shift = f->restoration.uv_shift & 1;
}

static void set_motion(VADecPictureParameterBufferAV1 *va, const struct av1_frame *f)
{
	unsigned int i;

	for (i = 1; i < AV1_TOTAL_REFS; i++) {
		VAWarpedMotionParamsAV1 *wm = &va->wm[i - 1];

		wm->wmtype = (VAAV1TransformationType)f->motion[i].type;
		memcpy(wm->wmmat, f->motion[i].params, sizeof(f->motion[i].params));
		wm->invalid = !av1_motion_is_valid(&f->motion[i]);
	}
}

int av1_va_add_picture(struct vacodec_decoder *decoder)
{
	const struct av1 *av1 = av1_of(decoder);
	const struct av1_frame *f = &av1->frame;
	const struct vacodec_frame *frame = decoder->current.frame;
	VADecPictureParameterBufferAV1 va;
	int ret;

	memset(&va, 0, sizeof(va));
	set_sequence(&va, &av1->sequence);
	va.current_frame =
		vawrap_surface_get_id(frame->clean ? frame->clean->surface : frame->surface);
	va.current_display_picture = vawrap_surface_get_id(frame->surface);
	va.frame_width_minus1 = (uint16_t)(f->size.upscaled_width - 1);
	va.frame_height_minus1 = (uint16_t)(f->size.frame_height - 1);
	ret = set_references(&va, decoder);
	if (ret < 0)
		return ret;
	va.primary_ref_frame = f->primary_ref_frame;
	va.order_hint = f->order_hint;
	set_segmentation(&va.seg_info, &f->segmentation);
	if (frame->clean)
		set_grain(&va.film_grain_info, &f->film_grain);
	set_tiles(&va, &f->tiles);
	set_picture_fields(&va, f);
	va.superres_scale_denominator = f->size.superres_denom;
	va.interp_filter = f->interpolation_filter;
	set_loop_filter(&va, &f->loop_filter);
	set_quant(&va, &f->quant);
	set_mode_control(&va, f);
	set_later_filters(&va, f);
	set_motion(&va, f);
	return submit_add_data(decoder->current.frame, VAPictureParameterBufferType, &va,
			       sizeof(va));
}

/* ---- Tiles ---- */

/* tile_size_minus_1, le(TileSizeBytes): 0 when there is none, or it is wrong. */
static size_t read_tile_size(const uint8_t *data, size_t left, unsigned int size_bytes)
{
	uint64_t size = 0;
	unsigned int i;

	if (left < size_bytes)
		return 0;
	for (i = 0; i < size_bytes; i++)
		size |= (uint64_t)data[i] << 8 * i;
	return size < left - size_bytes ? (size_t)size + 1 : 0;
}

/* Where in the group's data the tiles are: 5.11.1. */
static int find_tiles(const struct av1 *av1, const struct av1_tile_group *group,
		      VASliceParameterBufferAV1 *va)
{
	unsigned int tile;
	size_t at = 0, size;

	for (tile = group->first; tile <= group->last; tile++, va++) {
		size = group->size_bytes - at;
		if (tile < group->last) {
			size = read_tile_size(group->data + at, size, av1->frame.tiles.size_bytes);
			at += av1->frame.tiles.size_bytes;
		}
		if (size == 0)
			return -EBADMSG;
		memset(va, 0, sizeof(*va));
		va->slice_data_size = (uint32_t)size;
		va->slice_data_offset = (uint32_t)at;
		va->slice_data_flag = VA_SLICE_DATA_FLAG_ALL;
		va->tile_row = (uint16_t)(tile / av1->frame.tiles.cols);
		va->tile_column = (uint16_t)(tile % av1->frame.tiles.cols);
		at += size;
	}
	return 0;
}

static int reserve_tiles(struct av1 *av1, unsigned int n)
{
	VASliceParameterBufferAV1 *va;

	if (n <= av1->max_tile_parameters)
		return 0;
	va = reallocarray(av1->tile_parameters, n, sizeof(*va));
	if (!va)
		return -ENOMEM;
	av1->tile_parameters = va;
	av1->max_tile_parameters = n;
	return 0;
}

/* An array of tiles' parameters and one buffer of data: what all drivers take. */
int av1_va_add_tiles(struct vacodec_decoder *decoder, const struct av1_tile_group *group)
{
	struct av1 *av1 = av1_of(decoder);
	unsigned int n = group->last - group->first + 1;
	int ret = reserve_tiles(av1, n);

	if (ret == 0)
		ret = find_tiles(av1, group, av1->tile_parameters);
	if (ret == 0)
		ret = submit_add_array(decoder->current.frame, VASliceParameterBufferType,
				       av1->tile_parameters, sizeof(*av1->tile_parameters), n);
	if (ret < 0)
		return ret;
	return submit_add_data(decoder->current.frame, VASliceDataBufferType, group->data,
			       group->size_bytes);
}
