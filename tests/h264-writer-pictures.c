// SPDX-License-Identifier: MIT
/*
 * The writer's pictures: which macroblocks a slice gets, what they look like by construction (8.4.2.3
 * for the weights, all vectors are zero), and the sums in output order. See h264-writer.h.
 */
#include "h264-writer.h"

#include <assert.h>
#include <md5.h>
#include <stdlib.h>
#include <string.h>

/* Lines that no field has; a surface of softva holds this until a picture is decoded into it. */
#define NO_FIELD 0x55

enum mb_kind { MB_PCM, MB_SKIP, MB_L0, MB_L1, MB_BI };

struct mb {
	enum mb_kind kind;
	int index[2]; /* into the lists; -1: the list is not used */
	int ref[2];   /* the pictures there */
};

static unsigned int list_length(const int *list)
{
	unsigned int n = 0;

	while (list[n])
		n++;
	return n;
}

static unsigned int picture_mbs(const struct h264w_stream *s)
{
	return s->active->width_mbs * s->active->height_mbs >>
	       (s->picture[s->n_pictures].structure != H264W_FRAME);
}

/* The n-th entry that may be used, counted round. */
static int list_pick(const int *list, unsigned int n)
{
	unsigned int length = list_length(list), at = n % length;

	for (unsigned int i = 0; i < length; i++, at = (at + 1) % length)
		if (list[at] != H264W_NONE)
			return at;
	assert(!"a list without a picture");
	return 0;
}

/* 8.4.1.2.3: the picture that the co-located macroblock refers to, or the list's first. */
static void mb_direct(const struct h264w_stream *s, const struct h264w_shot *shot, unsigned int i,
		      struct mb *mb)
{
	int col = s->picture[shot->list[1][0]].mb_ref[i];

	mb->index[0] = mb->index[1] = 0;
	if (!shot->temporal_direct || !col)
		return;
	while (shot->list[0][mb->index[0]] != col)
		mb->index[0]++;
	assert(mb->index[0] < H264W_MAX_LIST);
}

/* Each macroblock of a slice uses another entry, so that the whole lists show. */
static struct mb mb_choose(const struct h264w_stream *s, const struct h264w_shot *shot,
			   unsigned int i)
{
	struct mb mb = {.kind = MB_PCM, .index = {-1, -1}};
	unsigned int turn = i + s->n_pictures;

	/* References need much that is new, or they would all look like the first. */
	if (shot->type == H264W_I || turn % (shot->ref_idc ? 4 : picture_mbs(s)) == 0)
		return mb;
	if (shot->type == H264W_P) {
		mb.index[0] = list_pick(shot->list[0], i);
		mb.kind = mb.index[0] || i % 2 ? MB_L0 : MB_SKIP;
	} else if (shot->all_skipped) {
		mb.kind = MB_SKIP;
		mb_direct(s, shot, i, &mb);
	} else {
		mb.kind = MB_L0 + turn % 3;
		if (mb.kind != MB_L1)
			mb.index[0] = list_pick(shot->list[0], i / 3);
		if (mb.kind != MB_L0)
			mb.index[1] = list_pick(shot->list[1], i / 2);
	}
	for (int l = 0; l < 2; l++)
		mb.ref[l] = mb.index[l] < 0 ? 0 : shot->list[l][mb.index[l]];
	return mb;
}

static uint8_t clip8(int v)
{
	return v < 0 ? 0 : v > 255 ? 255 : v;
}

static int clip3(int low, int high, int v)
{
	return v < low ? low : v > high ? high : v;
}

/* The weight and offset of one list entry for a plane; the default without flags. */
static void weight_get(const struct h264w_shot *shot, int l, int index, int plane, int out[2])
{
	const struct h264w_weight *w = &shot->weights->entry[l][index];

	out[0] = 1 << shot->weights->log2_denom[!!plane];
	out[1] = 0;
	if (plane ? w->chroma_flag : w->luma_flag) {
		out[0] = w->weight[plane];
		out[1] = w->offset[plane];
	}
}

/* 8.4.2.3.1, implicit mode. */
static void weight_implicit(const struct h264w_stream *s, const struct h264w_shot *shot,
			    const struct mb *mb, int w[2])
{
	const struct h264w_picture *a = &s->picture[mb->ref[0]], *b = &s->picture[mb->ref[1]];
	int tb = clip3(-128, 127, shot->poc - a->poc), td = clip3(-128, 127, b->poc - a->poc);
	int tx, scale;

	w[0] = w[1] = 32;
	if (!td || a->long_term || b->long_term)
		return;
	tx = (16384 + abs(td / 2)) / td;
	scale = clip3(-1024, 1023, (tb * tx + 32) >> 6) >> 2;
	if (scale < -64 || scale > 128)
		return;
	w[0] = 64 - scale;
	w[1] = scale;
}

/* One sample by 8.4.2.3.2; v[l] is what list l's picture has there. */
static uint8_t sample_predict(const struct h264w_stream *s, const struct h264w_shot *shot,
			      const struct mb *mb, int plane, const int v[2])
{
	int w[2][2], implicit[2], l = mb->ref[0] ? 0 : 1, denom;

	if (!shot->weights && s->pps[shot->pps].weighted_bipred_idc == 2 && mb->ref[0] &&
	    mb->ref[1]) {
		weight_implicit(s, shot, mb, implicit);
		return clip8((v[0] * implicit[0] + v[1] * implicit[1] + 32) >> 6);
	}
	if (!shot->weights)
		return mb->ref[0] && mb->ref[1] ? (v[0] + v[1] + 1) >> 1 : v[l];
	denom = shot->weights->log2_denom[!!plane];
	for (int i = 0; i < 2; i++)
		if (mb->ref[i])
			weight_get(shot, i, mb->index[i], plane, w[i]);
	if (mb->ref[0] && mb->ref[1])
		return clip8(((v[0] * w[0][0] + v[1] * w[1][0] + (1 << denom)) >> (denom + 1)) +
			     ((w[0][1] + w[1][1] + 1) >> 1));
	if (!denom)
		return clip8(v[l] * w[l][0] + w[l][1]);
	return clip8(((v[l] * w[l][0] + (1 << (denom - 1))) >> denom) + w[l][1]);
}

/* What an I_PCM macroblock shows: every macroblock of every picture differs. */
static uint8_t sample_new(int picture, unsigned int i, int plane, unsigned int at)
{
	unsigned int width = plane ? 8 : 16;

	if ((picture + i) % 7 == 3 && at < 20)
		return 0; /* a run that needs emulation prevention */
	return 40 * plane + 37 * picture + 11 * i + 3 * (at % width) + 2 * (at / width);
}

/*
 * A reference's sample at the place. Chroma of a field of the other parity is a quarter of a line off
 * (Table 8-9): the bottom field's lines from above, the top field's from below, by 8.4.2.2.2.
 */
static uint8_t sample_reference(const struct h264w_stream *s, int ref, int plane, size_t x,
				size_t y)
{
	const struct h264w_picture *p = &s->picture[ref];
	enum h264w_structure current = s->picture[s->n_pictures].structure;
	bool is_field = current != H264W_FRAME;
	size_t size = plane ? 8 : 16, pitch = s->active->width_mbs * size << is_field;
	size_t last = (s->active->height_mbs * size >> is_field) - 1, other = y;

	assert(is_field == (p->structure != H264W_FRAME));
	if (plane && p->structure != current)
		other = current == H264W_TOP ? y - !!y : y + (y < last);
	if (!plane || p->structure == current)
		return p->plane[plane][y * pitch + x];
	return (6 * p->plane[plane][y * pitch + x] + 2 * p->plane[plane][other * pitch + x] + 4) >>
	       3;
}

static void mb_paint(struct h264w_stream *s, const struct h264w_shot *shot, unsigned int i,
		     const struct mb *mb)
{
	for (int plane = 0; plane < 3; plane++) {
		const struct h264w_picture *p = &s->picture[s->n_pictures];
		unsigned int size = plane ? 8 : 16, width = s->active->width_mbs * size;
		size_t left = i % s->active->width_mbs * size,
		       top = i / s->active->width_mbs * size;

		for (unsigned int at = 0; at < size * size; at++) {
			size_t x = left + at % size, y = top + at / size;
			uint8_t *out = &p->plane[plane][(y * width << !!p->structure) + x];
			int v[2] = {0};

			for (int l = 0; l < 2; l++)
				if (mb->ref[l])
					v[l] = sample_reference(s, mb->ref[l], plane, x, y);
			*out = mb->kind == MB_PCM ? sample_new(s->n_pictures, i, plane, at)
						  : sample_predict(s, shot, mb, plane, v);
		}
	}
	s->picture[s->n_pictures].mb_ref[i] = mb->ref[0] ? mb->ref[0] : mb->ref[1];
}

static void pcm_write(struct h264w_stream *s, enum h264w_type type, unsigned int i)
{
	static const unsigned int mb_type[] = {[H264W_P] = 30, [H264W_B] = 48, [H264W_I] = 25};

	h264w_bits_ue(&s->bits, mb_type[type]);
	while (s->bits.n_bits & 7)
		h264w_bits_u(&s->bits, 1, 0);
	for (int plane = 0; plane < 3; plane++)
		for (unsigned int at = 0; at < (plane ? 64 : 256); at++)
			h264w_bits_u(&s->bits, 8, sample_new(s->n_pictures, i, plane, at));
}

/* te(v) of 9.1 */
static void ref_idx_write(struct h264w_bits *b, const int *list, int index)
{
	unsigned int length = list_length(list);

	if (index < 0 || length < 2)
		return;
	if (length == 2)
		h264w_bits_u(b, 1, !index);
	else
		h264w_bits_ue(b, index);
}

/* 7.3.5 and 7.3.5.1 for one 16x16 partition without residual. */
static void inter_write(struct h264w_stream *s, const struct h264w_shot *shot, const struct mb *mb)
{
	struct h264w_bits *b = &s->bits;

	h264w_bits_ue(b, shot->type == H264W_P ? 0 : mb->kind - MB_L0 + 1);
	for (int l = 0; l < 2; l++)
		ref_idx_write(b, shot->list[l], mb->index[l]);
	for (int l = 0; l < 2; l++)
		if (mb->index[l] >= 0) {
			h264w_bits_se(b, 0);
			h264w_bits_se(b, 0);
		}
	h264w_bits_ue(b, 0); /* coded_block_pattern 0 of an inter macroblock */
}

static void slice_write(struct h264w_stream *s, const struct h264w_shot *shot)
{
	unsigned int end = shot->n_mbs ? shot->first_mb + shot->n_mbs : picture_mbs(s);
	unsigned int run = 0;
	bool short_codes = s->short_start_codes;

	h264w_header_write(s, shot);
	for (unsigned int i = shot->first_mb; i < end; i++) {
		struct mb mb = mb_choose(s, shot, i);

		mb_paint(s, shot, i, &mb);
		if (mb.kind == MB_SKIP) {
			run++;
			continue;
		}
		if (shot->type != H264W_I)
			h264w_bits_ue(&s->bits, run);
		run = 0;
		if (mb.kind == MB_PCM)
			pcm_write(s, shot->type, i);
		else
			inter_write(s, shot, &mb);
	}
	if (run)
		h264w_bits_ue(&s->bits, run);
	h264w_bits_trail(&s->bits);
	/* The zero byte of B.1.2 belongs before the first unit of a picture only. */
	s->short_start_codes = short_codes || shot->first_mb;
	h264w_unit_write(s, shot->ref_idc, shot->idr ? 5 : 1);
	s->short_start_codes = short_codes;
}

static void frame_new(struct h264w_stream *s, struct h264w_picture *p)
{
	size_t luma = (size_t)s->active->width_mbs * s->active->height_mbs * 256;

	p->frame[0] = malloc(luma * 3 / 2);
	assert(p->frame[0]);
	memset(p->frame[0], NO_FIELD, luma * 3 / 2);
	p->frame[1] = p->frame[0] + luma;
	p->frame[2] = p->frame[1] + luma / 4;
	s->pending[s->n_pending++] = s->n_pictures;
}

static void frame_borrow(struct h264w_picture *p, const struct h264w_picture *from)
{
	memcpy(p->frame, from->frame, sizeof(p->frame));
	p->borrowed = true;
}

static void lines_set(const struct h264w_stream *s, struct h264w_picture *p)
{
	for (int plane = 0; plane < 3; plane++)
		p->plane[plane] =
			p->frame[plane] + (p->structure == H264W_BOTTOM
						   ? s->active->width_mbs * (plane ? 8 : 16)
						   : 0);
}

static void picture_new(struct h264w_stream *s, const struct h264w_shot *shot)
{
	struct h264w_picture *p = &s->picture[++s->n_pictures];

	assert(s->n_pictures <= H264W_MAX_PICTURES);
	p->structure = shot->structure;
	if (shot->second)
		frame_borrow(p, p - 1);
	else
		frame_new(s, p);
	lines_set(s, p);
	assert(picture_mbs(s) <= H264W_MAX_MBS);
	p->poc = shot->poc;
	p->long_term = shot->idr_long_term;
}

void h264w_redundant(struct h264w_stream *s, const struct h264w_shot *shot, unsigned int n)
{
	struct h264w_shot slice = *shot;

	slice.type = H264W_I;
	slice.redundant_pic_cnt = n;
	h264w_header_write(s, &slice);
	for (unsigned int i = 0; i < picture_mbs(s); i++)
		pcm_write(s, slice.type, i);
	h264w_bits_trail(&s->bits);
	h264w_unit_write(s, slice.ref_idc, 1);
}

int h264w_view(struct h264w_stream *s, int picture, enum h264w_structure structure)
{
	struct h264w_picture *p = &s->picture[++s->n_pictures];

	assert(s->n_pictures <= H264W_MAX_PICTURES);
	*p = s->picture[picture];
	p->structure = structure;
	frame_borrow(p, &s->picture[picture]);
	lines_set(s, p);
	return s->n_pictures;
}

static void active_set(struct h264w_stream *s, const struct h264w_shot *shot)
{
	for (int i = 0; i < 4; i++)
		if (s->sps[i].width_mbs && s->sps[i].id == s->pps[shot->pps].sps_id)
			s->active = &s->sps[i];
	assert(s->active);
}

int h264w_picture_slices(struct h264w_stream *s, const struct h264w_shot *shots, unsigned int n)
{
	bool mmco5 = false;

	for (const struct h264w_mmco *m = shots->mmco; m->op; m++)
		mmco5 |= m->op == 5;
	if (shots->idr || mmco5)
		h264w_flush(s);
	active_set(s, shots);
	picture_new(s, shots);
	for (unsigned int i = 0; i < n; i++) {
		struct h264w_shot slice = *shots;

		slice.type = shots[i].type;
		slice.weights = shots[i].weights;
		slice.temporal_direct = shots[i].temporal_direct;
		slice.all_skipped = shots[i].all_skipped;
		slice.first_mb = shots[i].first_mb;
		slice.n_mbs = shots[i].n_mbs;
		memcpy(slice.list, shots[i].list, sizeof(slice.list));
		memcpy(slice.modification, shots[i].modification, sizeof(slice.modification));
		slice_write(s, &slice);
	}
	if (mmco5) /* 8.2.1: tempPicOrderCnt is taken from both fields */
		s->picture[s->n_pictures].poc = 0;
	return s->n_pictures;
}

int h264w_picture(struct h264w_stream *s, const struct h264w_shot *shot)
{
	return h264w_picture_slices(s, shot, 1);
}

static void picture_sum(struct h264w_stream *s, const struct h264w_picture *p)
{
	const struct h264w_sps *sps = s->active;
	char hex[MD5_DIGEST_STRING_LENGTH];
	MD5_CTX md5;

	MD5Init(&md5);
	for (int plane = 0; plane < 3; plane++) {
		unsigned int unit = plane ? 1 : 2, size = plane ? 8 : 16;
		unsigned int width = sps->width_mbs * size, height = sps->height_mbs * size;
		unsigned int lines = unit << sps->fields;

		for (unsigned int y = sps->crop_top * lines; y < height - sps->crop_bottom * lines;
		     y++)
			MD5Update(&md5, p->frame[plane] + (size_t)y * width + sps->crop_left * unit,
				  width - (sps->crop_left + sps->crop_right) * unit);
	}
	fprintf(s->sums, "%s\n", MD5End(&md5, hex));
}

/* The active SPS is still that of the pictures that wait. */
void h264w_flush(struct h264w_stream *s)
{
	while (s->n_pending) {
		int first = 0;

		for (int i = 1; i < s->n_pending; i++)
			if (s->picture[s->pending[i]].poc < s->picture[s->pending[first]].poc)
				first = i;
		picture_sum(s, &s->picture[s->pending[first]]);
		s->n_pending--;
		memmove(&s->pending[first], &s->pending[first + 1],
			(s->n_pending - first) * sizeof(s->pending[0]));
	}
}
