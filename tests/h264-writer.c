// SPDX-License-Identifier: MIT
/*
 * The writer's syntax: bits, NAL units, parameter sets, slice headers. See h264-writer.h.
 */
#include "h264-writer.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

void h264w_bits_u(struct h264w_bits *b, unsigned int n, uint32_t value)
{
	assert(n <= 32 && b->n_bits + n <= sizeof(b->data) * 8);
	while (n--) {
		uint8_t mask = 0x80 >> (b->n_bits & 7), *byte = &b->data[b->n_bits++ >> 3];

		*byte = value >> n & 1 ? *byte | mask : *byte & ~mask;
	}
}

void h264w_bits_ue(struct h264w_bits *b, uint32_t value)
{
	unsigned int n = 0;

	assert(value < UINT32_MAX);
	while ((value + 1) >> (n + 1))
		n++;
	h264w_bits_u(b, n, 0);
	h264w_bits_u(b, n + 1, value + 1);
}

void h264w_bits_se(struct h264w_bits *b, int32_t value)
{
	h264w_bits_ue(b, value > 0 ? 2u * value - 1 : 2u * -(int64_t)value);
}

void h264w_bits_trail(struct h264w_bits *b)
{
	h264w_bits_u(b, 1, 1);
	while (b->n_bits & 7)
		h264w_bits_u(b, 1, 0);
}

void h264w_unit_write(struct h264w_stream *s, unsigned int ref_idc, unsigned int type)
{
	unsigned int zeros = 0;

	fwrite("\0\0\0\1" + s->short_start_codes, 1, 4 - s->short_start_codes, s->units);
	fputc(ref_idc << 5 | type, s->units);
	for (size_t i = 0; i < s->bits.n_bits / 8; i++) {
		if (zeros >= 2 && s->bits.data[i] <= 3) {
			fputc(3, s->units);
			zeros = 0;
		}
		fputc(s->bits.data[i], s->units);
		zeros = s->bits.data[i] ? 0 : zeros + 1;
	}
	s->bits.n_bits = 0;
}

void h264w_unit_raw(struct h264w_stream *s, unsigned int type, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		h264w_bits_u(&s->bits, 8, (uint8_t)bytes[i]);
	h264w_unit_write(s, 0, type);
}

struct h264w_sps h264w_sps_default(void)
{
	return (struct h264w_sps){
		.profile_idc = 77,
		.level_idc = 10,
		.log2_max_frame_num = 4,
		.log2_max_poc_lsb = 6,
		.max_num_ref_frames = 4,
		.width_mbs = 5,
		.height_mbs = 4,
	};
}

static void sps_poc_write(struct h264w_bits *b, const struct h264w_sps *sps)
{
	h264w_bits_ue(b, sps->poc_type);
	if (sps->poc_type == 0)
		h264w_bits_ue(b, sps->log2_max_poc_lsb - 4);
	if (sps->poc_type != 1)
		return;
	h264w_bits_u(b, 1, sps->delta_pic_order_always_zero);
	h264w_bits_se(b, sps->offset_for_non_ref_pic);
	h264w_bits_se(b, sps->offset_for_top_to_bottom);
	h264w_bits_ue(b, sps->num_ref_frames_in_cycle);
	for (unsigned int i = 0; i < sps->num_ref_frames_in_cycle; i++)
		h264w_bits_se(b, sps->offset_for_ref_frame[i]);
}

/* E.1.1 with nothing but bitstream_restriction_flag. */
static void vui_write(struct h264w_bits *b, const struct h264w_sps *sps)
{
	h264w_bits_u(b, 8, 0); /* aspect ratio ... vcl_hrd_parameters_present_flag: seven absent */
	b->n_bits--;
	h264w_bits_u(b, 1, 0); /* pic_struct_present_flag */
	h264w_bits_u(b, 1, 1);
	h264w_bits_u(b, 1, 1);
	h264w_bits_ue(b, 0);
	h264w_bits_ue(b, 0);
	h264w_bits_ue(b, 16);
	h264w_bits_ue(b, 16);
	h264w_bits_ue(b, sps->max_num_reorder_frames);
	h264w_bits_ue(b, sps->max_dec_frame_buffering);
}

void h264w_sps_write(struct h264w_stream *s, unsigned int index)
{
	const struct h264w_sps *sps = &s->sps[index];
	struct h264w_bits *b = &s->bits;
	bool crop = sps->crop_left || sps->crop_right || sps->crop_top || sps->crop_bottom;

	h264w_bits_u(b, 8, sps->profile_idc);
	h264w_bits_u(b, 8, sps->constraint_flags);
	h264w_bits_u(b, 8, sps->level_idc);
	h264w_bits_ue(b, sps->id);
	h264w_bits_ue(b, sps->log2_max_frame_num - 4);
	sps_poc_write(b, sps);
	h264w_bits_ue(b, sps->max_num_ref_frames);
	h264w_bits_u(b, 1, sps->gaps_allowed);
	h264w_bits_ue(b, sps->width_mbs - 1);
	h264w_bits_ue(b, (sps->height_mbs >> sps->fields) - 1);
	h264w_bits_u(b, 1, !sps->fields); /* frame_mbs_only_flag */
	if (sps->fields)
		h264w_bits_u(b, 1, 0); /* mb_adaptive_frame_field_flag */
	h264w_bits_u(b, 1, 1);         /* direct_8x8_inference_flag */
	h264w_bits_u(b, 1, crop);
	if (crop) {
		h264w_bits_ue(b, sps->crop_left);
		h264w_bits_ue(b, sps->crop_right);
		h264w_bits_ue(b, sps->crop_top);
		h264w_bits_ue(b, sps->crop_bottom);
	}
	h264w_bits_u(b, 1, sps->vui);
	if (sps->vui)
		vui_write(b, sps);
	h264w_bits_trail(b);
	h264w_unit_write(s, 3, 7);
}

void h264w_pps_write(struct h264w_stream *s, unsigned int index)
{
	const struct h264w_pps *pps = &s->pps[index];
	struct h264w_bits *b = &s->bits;

	h264w_bits_ue(b, pps->id);
	h264w_bits_ue(b, pps->sps_id);
	h264w_bits_u(b, 1, 0);
	h264w_bits_u(b, 1, pps->pic_order_present);
	h264w_bits_ue(b, 0);
	for (int i = 0; i < 2; i++)
		h264w_bits_ue(b, pps->num_ref_idx_default[i] ? pps->num_ref_idx_default[i] - 1 : 0);
	h264w_bits_u(b, 1, pps->weighted_pred);
	h264w_bits_u(b, 2, pps->weighted_bipred_idc);
	for (int i = 0; i < 3; i++)
		h264w_bits_se(b, 0); /* pic_init_qp, pic_init_qs, chroma_qp_index_offset */
	/* deblocking_filter_control_present_flag, constrained_intra_pred_flag */
	h264w_bits_u(b, 2, 2);
	h264w_bits_u(b, 1, pps->redundant_pic_cnt_present);
	h264w_bits_trail(b);
	h264w_unit_write(s, 3, 8);
}

static const struct h264w_sps *sps_of(struct h264w_stream *s, const struct h264w_pps *pps)
{
	for (int i = 0; i < 4; i++)
		if (s->sps[i].width_mbs && s->sps[i].id == pps->sps_id)
			return &s->sps[i];
	assert(!"the test names an SPS that it has not filled in");
	return NULL;
}

static void header_poc_write(struct h264w_stream *s, const struct h264w_shot *shot)
{
	const struct h264w_pps *pps = &s->pps[shot->pps];
	struct h264w_bits *b = &s->bits;

	if (s->active->poc_type == 0) {
		/* shot->poc is the smaller of top and bottom. */
		int top = shot->poc - (shot->delta_bottom < 0 ? shot->delta_bottom : 0);

		h264w_bits_u(b, s->active->log2_max_poc_lsb,
			     top & ((1 << s->active->log2_max_poc_lsb) - 1));
		if (pps->pic_order_present && !shot->structure)
			h264w_bits_se(b, shot->delta_bottom);
	}
	if (s->active->poc_type == 1 && !s->active->delta_pic_order_always_zero) {
		h264w_bits_se(b, shot->delta);
		if (pps->pic_order_present && !shot->structure)
			h264w_bits_se(b, shot->delta_bottom);
	}
}

static unsigned int list_length(const int *list)
{
	unsigned int n = 0;

	while (list[n])
		n++;
	return n;
}

static void num_ref_write(struct h264w_bits *b, const struct h264w_pps *pps,
			  const struct h264w_shot *shot)
{
	unsigned int lists = shot->type == H264W_B ? 2 : 1;
	bool override = false;

	for (unsigned int i = 0; i < lists; i++)
		override |= list_length(shot->list[i]) !=
			    (pps->num_ref_idx_default[i] ? pps->num_ref_idx_default[i] : 1);
	h264w_bits_u(b, 1, override);
	for (unsigned int i = 0; override && i < lists; i++)
		h264w_bits_ue(b, list_length(shot->list[i]) - 1);
}

static void modifications_write(struct h264w_bits *b, const struct h264w_modification *m)
{
	h264w_bits_u(b, 1, !!m->op);
	if (!m->op)
		return;
	for (; m->op; m++) {
		h264w_bits_ue(b, m->op == 'S' ? 0 : m->op == 'A' ? 1 : 2);
		h264w_bits_ue(b, m->op == 'L' ? m->value : m->value - 1);
	}
	h264w_bits_ue(b, 3);
}

static void weights_write(struct h264w_bits *b, const struct h264w_shot *shot)
{
	h264w_bits_ue(b, shot->weights->log2_denom[0]);
	h264w_bits_ue(b, shot->weights->log2_denom[1]);
	for (int l = 0; l <= (shot->type == H264W_B); l++)
		for (unsigned int i = 0; i < list_length(shot->list[l]); i++) {
			const struct h264w_weight *w = &shot->weights->entry[l][i];

			for (int c = 0; c < 3; c++) {
				if (c < 2)
					h264w_bits_u(b, 1, c ? w->chroma_flag : w->luma_flag);
				if (!(c ? w->chroma_flag : w->luma_flag))
					continue;
				h264w_bits_se(b, w->weight[c]);
				h264w_bits_se(b, w->offset[c]);
			}
		}
}

static void marking_write(struct h264w_bits *b, const struct h264w_shot *shot)
{
	const struct h264w_mmco *m = shot->mmco;

	if (shot->idr) {
		h264w_bits_u(b, 1, 0);
		h264w_bits_u(b, 1, shot->idr_long_term);
		return;
	}
	h264w_bits_u(b, 1, !!m->op);
	if (!m->op)
		return;
	for (; m->op; m++) {
		h264w_bits_ue(b, m->op);
		if (m->op != 5)
			h264w_bits_ue(b, m->op == 1 || m->op == 3 ? m->a - 1 : m->a);
		if (m->op == 3)
			h264w_bits_ue(b, m->b);
	}
	h264w_bits_ue(b, 0);
}

void h264w_header_write(struct h264w_stream *s, const struct h264w_shot *shot)
{
	const struct h264w_pps *pps = &s->pps[shot->pps];
	struct h264w_bits *b = &s->bits;

	s->active = sps_of(s, pps);
	h264w_bits_ue(b, shot->first_mb);
	h264w_bits_ue(b, shot->type);
	h264w_bits_ue(b, pps->id);
	h264w_bits_u(b, s->active->log2_max_frame_num, shot->frame_num);
	if (s->active->fields) {
		h264w_bits_u(b, 1, shot->structure != H264W_FRAME);
		if (shot->structure)
			h264w_bits_u(b, 1, shot->structure == H264W_BOTTOM);
	}
	if (shot->idr)
		h264w_bits_ue(b, shot->idr_pic_id);
	header_poc_write(s, shot);
	if (pps->redundant_pic_cnt_present)
		h264w_bits_ue(b, shot->redundant_pic_cnt);
	if (shot->type == H264W_B)
		h264w_bits_u(b, 1, !shot->temporal_direct);
	if (shot->type != H264W_I) {
		num_ref_write(b, pps, shot);
		modifications_write(b, shot->modification[0]);
		if (shot->type == H264W_B)
			modifications_write(b, shot->modification[1]);
	}
	if (shot->weights)
		weights_write(b, shot);
	if (shot->ref_idc)
		marking_write(b, shot);
	h264w_bits_se(b, 0); /* slice_qp_delta */
	h264w_bits_ue(b, 1); /* disable_deblocking_filter_idc */
}

int h264w_stream_open(struct h264w_stream *s, const char *folder, const char *name)
{
	char path[4096];

	memset(s, 0, sizeof(*s));
	snprintf(path, sizeof(path), "%s/%s.264", folder, name);
	s->units = fopen(path, "wb");
	if (!s->units)
		return -errno;
	snprintf(path, sizeof(path), "%s/%s.264.md5", folder, name);
	s->sums = fopen(path, "w");
	return s->sums ? 0 : -errno;
}

int h264w_stream_close(struct h264w_stream *s)
{
	int bad;

	h264w_flush(s);
	for (int i = 1; i <= s->n_pictures; i++)
		if (!s->picture[i].borrowed)
			free(s->picture[i].frame[0]);
	bad = fclose(s->units);
	return fclose(s->sums) || bad ? -EIO : 0;
}
