/* SPDX-License-Identifier: MIT */
/*
 * hevc-writer-picture.c - slice data, and what it looks like by construction
 *
 * See hevc-writer.h. Source: Rec. ITU-T H.265, 7.3.8, 9.3 (contexts, where they begin anew and go on),
 * 8.5.3.3.4 (mixing of predictions).
 */
#include "hevc-writer.h"

#include "cabac-writer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define SIDE 16

/* ---- Blocks and tiles, 6.5.1 ---- */

static void divide(unsigned int total, unsigned int n, const unsigned int *sizes,
		   unsigned int *begin)
{
	unsigned int at = 0;

	for (unsigned int i = 0; i <= n; i++) {
		begin[i] = sizes && i < n ? at : i * total / n;
		at += sizes && i < n ? sizes[i] : 0;
	}
	begin[n] = total;
}

static void tiles_set(struct hevcw_tiles *t, const struct hevcw_sps *sps,
		      const struct hevcw_pps *pps)
{
	unsigned int columns = pps->tile_columns ? pps->tile_columns : 1;
	unsigned int rows = pps->tile_rows ? pps->tile_rows : 1;
	bool uniform = !pps->column_width[0] && !pps->row_height[0];
	unsigned int x[9], y[9], n = 0;

	t->width = (sps->width + SIDE - 1) / SIDE;
	t->height = (sps->height + SIDE - 1) / SIDE;
	assert(t->width * t->height <= HEVCW_MAX_CTBS);
	divide(t->width, columns, uniform ? NULL : pps->column_width, x);
	divide(t->height, rows, uniform ? NULL : pps->row_height, y);
	for (unsigned int tile = 0; tile < columns * rows; tile++) {
		unsigned int c = tile % columns, r = tile / columns;

		for (unsigned int v = y[r]; v < y[r + 1]; v++)
			for (unsigned int u = x[c]; u < x[c + 1]; u++) {
				t->to_raster[n++] = v * t->width + u;
				t->tile[v * t->width + u] = tile;
				t->column[v * t->width + u] = u - x[c];
			}
	}
}

/* ---- What a block is, and what it looks like ---- */

struct block {
	int index[2]; /* into the lists; -1: not used */
	bool pcm;
};

static unsigned int list_length(const int *list)
{
	unsigned int n = 0;

	while (list[n])
		n++;
	return n;
}

static bool may_use(const struct hevcw_shot *shot, const struct block *b)
{
	return (b->index[0] < 0 || shot->list[0][b->index[0]] != HEVCW_NONE) &&
	       (b->index[1] < 0 || shot->list[1][b->index[1]] != HEVCW_NONE);
}

/* PCM, then each entry of the lists, then pairs of these, in turn. */
static struct block block_choose(const struct hevcw_shot *shot, enum hevcw_type type,
				 unsigned int turn)
{
	unsigned int n0 = type == HEVCW_I ? 0 : list_length(shot->list[0]);
	unsigned int n1 = type == HEVCW_B ? list_length(shot->list[1]) : 0;
	unsigned int pairs = n0 > n1 ? n0 : n1;
	unsigned int choice = turn % (1 + n0 + n1 + (n1 ? pairs : 0));
	struct block b = {{-1, -1}, choice == 0};

	if (choice == 0)
		return b;
	choice--;
	if (choice < n0) {
		b.index[0] = (int)choice;
	} else if (choice < n0 + n1) {
		b.index[1] = (int)(choice - n0);
	} else {
		b.index[0] = (int)((choice - n0 - n1) % n0);
		b.index[1] = (int)((choice - n0 - n1 + 1) % n1);
	}
	if (!may_use(shot, &b))
		return (struct block){{-1, -1}, true};
	return b;
}

static int clip(int value, int depth)
{
	int max = (1 << depth) - 1;

	return value < 0 ? 0 : value > max ? max : value;
}

struct mixing {
	bool explicit;
	int depth, log2_denom;
	int weight[2], offset[2];
};

static struct mixing mixing_of(const struct hevcw_stream *s, const struct hevcw_shot *shot,
			       enum hevcw_type type, const struct block *b, int plane)
{
	const struct hevcw_pps *pps = &s->pps[shot->pps];
	struct mixing m = {.explicit = type == HEVCW_P ? pps->weighted : pps->bipred};

	m.depth = (int)s->active->depth[plane > 0];
	m.explicit = m.explicit && !b->pcm;
	if (!m.explicit)
		return m;
	m.log2_denom = (int)shot->weights->log2_denom[plane > 0];
	for (int list = 0; list < 2; list++) {
		const struct hevcw_weight *w;

		m.weight[list] = 1 << m.log2_denom;
		if (b->index[list] < 0)
			continue;
		w = &shot->weights->entry[list][b->index[list]];
		if (plane ? w->chroma : w->luma) {
			m.weight[list] += w->delta[plane];
			m.offset[list] = w->offset[plane] * (1 << (m.depth - 8));
		}
	}
	return m;
}

/* 8.5.3.3.4.2 and 8.5.3.3.4.3 for vectors of 0; p: samples, -1 where a list is not used. */
static int mix(const struct mixing *m, const int p[2])
{
	int shift = 14 - m->depth, log2_wd = m->log2_denom + shift;
	int list = p[0] < 0;

	if (p[0] >= 0 && p[1] >= 0) {
		int sum = (p[0] * m->weight[0] + p[1] * m->weight[1]) * (1 << shift);

		if (!m->explicit)
			return (p[0] + p[1] + 1) >> 1;
		sum += (m->offset[0] + m->offset[1] + 1) * (1 << log2_wd);
		return clip(sum >> (log2_wd + 1), m->depth);
	}
	if (!m->explicit)
		return p[list];
	return clip(((p[list] * (1 << shift) * m->weight[list] + (1 << (log2_wd - 1))) >> log2_wd) +
			    m->offset[list],
		    m->depth);
}

static const uint16_t *reference_of(const struct hevcw_stream *s, const struct hevcw_shot *shot,
				    const struct block *b, int list, int plane)
{
	return b->index[list] < 0 ? NULL
				  : s->picture[shot->list[list][b->index[list]]].plane[plane];
}

static unsigned int noise(struct hevcw_stream *s)
{
	s->noise = s->noise * 1664525 + 1013904223;
	return s->noise >> 16;
}

/* A sample of PCM: of few bits, so that streams are small. */
static unsigned int sample_choose(struct hevcw_stream *s, const struct hevcw_shot *shot, int plane,
				  unsigned int flat)
{
	unsigned int bits = s->active->pcm_depth[plane > 0];

	return (shot->flat ? flat : noise(s)) & ((1u << bits) - 1);
}

static void block_fill(struct hevcw_stream *s, const struct hevcw_shot *shot, enum hevcw_type type,
		       const struct block *b, unsigned int raster)
{
	const struct hevcw_sps *sps = s->active;
	unsigned int columns = (sps->width + SIDE - 1) / SIDE;

	for (int plane = 0; plane < hevcw_num_planes(sps); plane++) {
		unsigned int width = hevcw_plane_width(sps, plane), w = SIDE * width / sps->width;
		unsigned int h = SIDE * hevcw_plane_height(sps, plane) / sps->height;
		size_t first = (size_t)(raster / columns) * h * width + raster % columns * w;
		unsigned int flat = (1u << sps->pcm_depth[plane > 0]) / 2 + noise(s) % 16;
		struct mixing m = mixing_of(s, shot, type, b, plane);

		for (size_t i = 0; i < (size_t)w * h; i++) {
			size_t at = first + i / w * width + i % w;
			uint16_t *to = &s->picture[s->n_pictures].plane[plane][at];
			int p[2] = {-1, -1};

			for (int list = 0; list < 2; list++) {
				const uint16_t *from = reference_of(s, shot, b, list, plane);

				if (from)
					p[list] = from[at];
			}
			*to = b->pcm ? (uint16_t)(sample_choose(s, shot, plane, flat)
						  << (sps->depth[plane > 0] -
						      sps->pcm_depth[plane > 0]))
				     : (uint16_t)mix(&m, p);
		}
	}
}

/* ---- Slice data ---- */

struct contexts {
	struct cabac_context bypass, skip, pred_mode, part_mode, merge, inter_pred[5], ref_idx[2],
		mvd, mvp, root_cbf;
};

struct coder {
	struct hevcw_stream *s;
	const struct hevcw_shot *shot;
	struct hevcw_tiles tiles;
	struct cabac cabac;
	struct contexts now, saved, at_end; /* of wavefronts, of dependent segments */
	struct writer data;
	size_t substream;             /* where it begins, in bytes with emulation prevention */
	int slice_of[HEVCW_MAX_CTBS]; /* by raster address; -1: not coded yet */
	struct hevcw_segment segment;
};

static void put_one(void *data, unsigned int bit)
{
	put(data, 1, bit);
}

/* Tables 9-5 to 9-37, those that are used. */
static void contexts_set(struct coder *c)
{
	static const uint8_t inter_pred[5] = {95, 79, 63, 31, 31};
	bool swapped = c->s->pps[c->shot->pps].cabac_init && c->shot->poc & 1;
	bool first = (c->segment.type == HEVCW_P) != swapped; /* initType 1, not 2 */
	struct contexts *x = &c->now;
	int qp = hevcw_qp(c->shot);

	x->bypass = cabac_context_init(154, qp);
	x->skip = cabac_context_init(197, qp);
	x->pred_mode = cabac_context_init(first ? 149 : 134, qp);
	x->part_mode = cabac_context_init(c->segment.type == HEVCW_I ? 184 : 154, qp);
	x->merge = cabac_context_init(first ? 110 : 154, qp);
	for (int i = 0; i < 5; i++)
		x->inter_pred[i] = cabac_context_init(inter_pred[i], qp);
	x->ref_idx[0] = x->ref_idx[1] = cabac_context_init(153, qp);
	x->mvd = cabac_context_init(first ? 140 : 169, qp);
	x->mvp = cabac_context_init(168, qp);
	x->root_cbf = cabac_context_init(79, qp);
}

static void align(struct writer *w)
{
	w->n_bits = (w->n_bits + 7) / 8 * 8;
}

/* 9.3.3.2: a truncated unary code, of which two bins have contexts. */
static void ref_idx_write(struct coder *c, unsigned int index, unsigned int n)
{
	for (unsigned int bin = 0; bin + 1 < n && bin <= index; bin++) {
		if (bin < 2)
			cabac_encode(&c->cabac, &c->now.ref_idx[bin], bin < index);
		else
			cabac_bypass(&c->cabac, bin < index);
	}
}

static void inter_write(struct coder *c, const struct block *b)
{
	bool both = b->index[0] >= 0 && b->index[1] >= 0;

	cabac_encode(&c->cabac, &c->now.merge, false);
	if (c->segment.type == HEVCW_B) {
		cabac_encode(&c->cabac, &c->now.inter_pred[0], both);
		if (!both)
			cabac_encode(&c->cabac, &c->now.inter_pred[4], b->index[1] >= 0);
	}
	for (int list = 0; list < 2; list++) {
		if (b->index[list] < 0)
			continue;
		ref_idx_write(c, (unsigned int)b->index[list], list_length(c->shot->list[list]));
		if (!(list && both && c->shot->mvd_l1_zero)) {
			cabac_encode(&c->cabac, &c->now.mvd, false);
			cabac_encode(&c->cabac, &c->now.mvd, false);
		}
		cabac_encode(&c->cabac, &c->now.mvp, false);
	}
	cabac_encode(&c->cabac, &c->now.root_cbf, false);
}

static void samples_write(struct coder *c, unsigned int raster)
{
	const struct hevcw_sps *sps = c->s->active;
	const struct hevcw_picture *p = &c->s->picture[c->s->n_pictures];

	for (int plane = 0; plane < hevcw_num_planes(sps); plane++) {
		unsigned int width = hevcw_plane_width(sps, plane), w = SIDE * width / sps->width;
		unsigned int h = SIDE * hevcw_plane_height(sps, plane) / sps->height;
		unsigned int bits = sps->pcm_depth[plane > 0];
		size_t first =
			(size_t)(raster / c->tiles.width) * h * width + raster % c->tiles.width * w;

		for (size_t i = 0; i < (size_t)w * h; i++)
			put(&c->data, bits,
			    (uint32_t)p->plane[plane][first + i / w * width + i % w] >>
				    (sps->depth[plane > 0] - bits));
	}
}

/* coding_tree_unit() of one coding unit of 16x16. */
static void block_write(struct coder *c, unsigned int raster)
{
	struct block b =
		block_choose(c->shot, c->segment.type, raster + (unsigned int)c->s->n_pictures);

	block_fill(c->s, c->shot, c->segment.type, &b, raster);
	if (c->s->pps[c->shot->pps].bypass)
		cabac_encode(&c->cabac, &c->now.bypass, raster & 1);
	if (c->segment.type != HEVCW_I) {
		cabac_encode(&c->cabac, &c->now.skip, false);
		cabac_encode(&c->cabac, &c->now.pred_mode, b.pcm);
	}
	cabac_encode(&c->cabac, &c->now.part_mode, true); /* 2Nx2N */
	if (!b.pcm) {
		inter_write(c, &b);
		return;
	}
	cabac_terminate(&c->cabac, true); /* pcm_flag */
	align(&c->data);
	samples_write(c, raster);
	cabac_start(&c->cabac, put_one, &c->data);
}

/* Whether the block above and to the right of a row's first one is there, 6.4.1. */
static bool has_saved(const struct coder *c, unsigned int raster)
{
	unsigned int x = raster % c->tiles.width, above;

	if (raster < c->tiles.width || x + 1 >= c->tiles.width)
		return false;
	above = raster - c->tiles.width + 1;
	return c->slice_of[above] == (int)c->segment.slice_first &&
	       c->tiles.tile[above] == c->tiles.tile[raster];
}

/* 9.3.1: where the contexts of a block come from. */
static void block_begin(struct coder *c, unsigned int at)
{
	unsigned int raster = c->tiles.to_raster[at];
	bool wavefront = c->s->pps[c->shot->pps].wavefront && c->tiles.column[raster] == 0;
	bool of_tile =
		at == 0 || c->tiles.tile[raster] != c->tiles.tile[c->tiles.to_raster[at - 1]];

	if (at != c->segment.first && !of_tile && !wavefront)
		return;
	if (!of_tile && wavefront && has_saved(c, raster))
		c->now = c->saved;
	else if (!of_tile && !wavefront && c->segment.dependent)
		c->now = c->at_end;
	else
		contexts_set(c);
}

/* Bytes up to here as they stand in the unit; the header's last byte is not 0. */
static size_t count_escaped(const struct writer *w)
{
	size_t n = w->n_bits / 8, escaped = n;
	unsigned int zeros = 0;

	for (size_t i = 0; i < n; i++) {
		if (zeros >= 2 && w->data[i] <= 3) {
			escaped++;
			zeros = 0;
		}
		zeros = w->data[i] ? 0 : zeros + 1;
	}
	return escaped;
}

static bool ends_substream(const struct coder *c, unsigned int at)
{
	unsigned int next = c->tiles.to_raster[at + 1];

	return c->tiles.tile[next] != c->tiles.tile[c->tiles.to_raster[at]] ||
	       (c->s->pps[c->shot->pps].wavefront && c->tiles.column[next] == 0);
}

static void substream_end(struct coder *c)
{
	size_t n;

	cabac_terminate(&c->cabac, true); /* end_of_subset_one_bit */
	align(&c->data);
	n = count_escaped(&c->data);
	c->segment.entry[c->segment.n_entries++] = n - c->substream;
	c->substream = n;
	cabac_start(&c->cabac, put_one, &c->data);
}

static void data_write(struct coder *c)
{
	memset(&c->data, 0, sizeof(c->data));
	c->substream = 0;
	cabac_start(&c->cabac, put_one, &c->data);
	for (unsigned int at = c->segment.first; at < c->segment.end; at++) {
		unsigned int raster = c->tiles.to_raster[at];

		block_begin(c, at);
		block_write(c, raster);
		c->slice_of[raster] = (int)c->segment.slice_first;
		if (c->tiles.column[raster] == 1)
			c->saved = c->now;
		cabac_terminate(&c->cabac, at + 1 == c->segment.end);
		if (at + 1 < c->segment.end && ends_substream(c, at))
			substream_end(c);
	}
	align(&c->data);
	c->at_end = c->now;
}

static void segment_write(struct coder *c, bool last)
{
	struct writer *w = &c->s->bits;

	data_write(c);
	hevcw_header_write(c->s, c->shot, &c->segment, &c->tiles);
	assert(w->n_bits / 8 + c->data.n_bits / 8 < sizeof(w->data) - 64);
	memcpy(w->data + w->n_bits / 8, c->data.data, c->data.n_bits / 8);
	w->n_bits += c->data.n_bits;
	hevcw_unit_write(c->s);
	for (unsigned int i = 0; last && i < c->shot->zero_words; i++)
		fwrite("\0\0\3", 1, 3, c->s->units);
}

/* ---- Pictures ---- */

static enum hevcw_type type_of(const struct hevcw_shot *shot, unsigned int segment)
{
	if (!shot->types)
		return shot->type;
	return shot->types[segment] == 'I'   ? HEVCW_I
	       : shot->types[segment] == 'P' ? HEVCW_P
					     : HEVCW_B;
}

static void segments_write(struct coder *c)
{
	const struct hevcw_shot *shot = c->shot;
	unsigned int total = c->tiles.width * c->tiles.height;

	for (unsigned int i = 0; i == 0 || shot->cut[i - 1]; i++) {
		struct hevcw_segment *segment = &c->segment;
		unsigned int slice_first = segment->slice_first;

		memset(segment, 0, sizeof(*segment));
		segment->first = i ? shot->cut[i - 1] : 0;
		segment->end = shot->cut[i] ? shot->cut[i] : total;
		segment->dependent = i && shot->dependent >> (i - 1) & 1;
		segment->slice_first = segment->dependent ? slice_first : segment->first;
		segment->type = type_of(shot, i);
		segment_write(c, !shot->cut[i]);
	}
}

static void picture_new(struct hevcw_stream *s, const struct hevcw_shot *shot)
{
	struct hevcw_picture *p = &s->picture[++s->n_pictures];

	assert(s->n_pictures <= HEVCW_MAX_PICTURES);
	p->poc = shot->poc;
	p->sps = *s->active;
	for (int plane = 0; plane < hevcw_num_planes(s->active); plane++) {
		p->plane[plane] = calloc((size_t)hevcw_plane_width(s->active, plane) *
						 hevcw_plane_height(s->active, plane),
					 sizeof(uint16_t));
		assert(p->plane[plane]);
	}
}

/* pic_timing() with nothing but the fields of frame_field_info_present_flag. */
static void timing_write(struct hevcw_stream *s, const struct hevcw_shot *shot)
{
	hevcw_unit_begin(s, HEVCW_PREFIX_SEI, shot->temporal_id);
	put(&s->bits, 8, 1);
	put(&s->bits, 8, 1);
	put(&s->bits, 4, shot->pic_struct);
	put(&s->bits, 2, 0);
	put(&s->bits, 1, 0);
	put(&s->bits, 1, 1);
	end(&s->bits);
	hevcw_unit_write(s);
}

static void hash_write(struct hevcw_stream *s, const struct hevcw_shot *shot)
{
	hevcw_unit_begin(s, HEVCW_SUFFIX_SEI, shot->temporal_id);
	hevcw_hash_write(s, &s->picture[s->n_pictures], shot->hash);
	end(&s->bits);
	hevcw_unit_write(s);
}

int hevcw_picture(struct hevcw_stream *s, const struct hevcw_shot *shot)
{
	static struct coder c;

	memset(&c, 0, sizeof(c));
	memset(c.slice_of, 0xff, sizeof(c.slice_of));
	c.s = s;
	c.shot = shot;
	s->active = hevcw_sps_of(s, shot);
	tiles_set(&c.tiles, s->active, &s->pps[shot->pps]);
	picture_new(s, shot);
	if (shot->pic_struct)
		timing_write(s, shot);
	segments_write(&c);
	if (shot->hash)
		hash_write(s, shot);
	if (!shot->hidden)
		s->pending[s->n_pending++] = s->n_pictures;
	return s->n_pictures;
}
