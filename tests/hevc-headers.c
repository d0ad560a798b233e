/* SPDX-License-Identifier: MIT */
/*
 * hevc-headers.c - a small writer of HEVC headers
 *
 * Source: Rec. ITU-T H.265, 7.3.
 */
#include "hevc-headers.h"
#include <string.h>

/* Bytes that are not 0, so that no emulation prevention is needed: constraint flags that say nothing. */
static void put_profile(struct writer *w, unsigned int idc, unsigned int sub_layers_minus1)
{
	unsigned int i;

	put(w, 3, 0);
	put(w, 5, idc);
	put(w, 32, idc < 32 ? UINT32_C(1) << (31 - idc) | 0x01010101 : 0x01010101);
	put(w, 32, 0x90101010);
	put(w, 16, 0x1010);
	put(w, 8, 93);
	for (i = 0; i < sub_layers_minus1; i++)
		put(w, 2, 1); /* a level, no profile */
	if (sub_layers_minus1 > 0)
		put(w, 2 * (8 - sub_layers_minus1), 0);
	for (i = 0; i < sub_layers_minus1; i++)
		put(w, 8, 60);
}

size_t write_vps(struct writer *w)
{
	begin(w, 32, 0);
	put(w, 4, 3);
	put(w, 2, 3);
	put(w, 6, 0);
	put(w, 3, 0);
	put(w, 1, 1);
	put(w, 16, 0xffff);
	put_profile(w, 1, 0);
	put(w, 1, 1);
	ue(w, 4);
	ue(w, 2);
	ue(w, 0);
	put(w, 6, 0);
	ue(w, 0);
	put(w, 1, 1);
	put(w, 32, 1001);
	put(w, 32, 30000);
	put(w, 2, 0);
	put(w, 1, 0);
	return end(w);
}

static void put_sets(struct writer *w, unsigned int n)
{
	unsigned int i, j;

	ue(w, n);
	for (i = 0; i < n; i++) {
		if (i > 0)
			put(w, 1, 0);
		ue(w, i + 1);
		ue(w, 0);
		for (j = 0; j <= i; j++) {
			ue(w, 0);
			put(w, 1, 1);
		}
	}
}

static void put_vui(struct writer *w)
{
	put(w, 4, 0);
	put(w, 1, 0);
	put(w, 2, 3); /* field_seq_flag, frame_field_info_present_flag */
	put(w, 1, 1); /* a default display window, which says nothing of the size */
	ue(w, 1);
	ue(w, 1);
	ue(w, 1);
	ue(w, 1);
	put(w, 1, 1);
	put(w, 32, 0x01010101);
	put(w, 32, 0x32323232);
	put(w, 1, 0);
	put(w, 1, 0);
	put(w, 1, 0);
}

static void put_sps_extensions(struct writer *w, const struct sps_setup *s)
{
	put(w, 1, s->range || s->scc);
	if (!s->range && !s->scc)
		return;
	put(w, 1, s->range);
	put(w, 2, 0);
	put(w, 1, s->scc);
	put(w, 4, 0);
	if (s->range)
		put(w, 9, 0x155);
	if (s->scc) {
		put(w, 2, 3);
		ue(w, 31);
		ue(w, 32);
		put(w, 1, 1);
		ue(w, 0);
		put(w, 8 + s->depth_minus8, 7);
		put(w, 8 + s->depth_minus8, 8);
		put(w, 8 + s->depth_minus8, 9);
		put(w, 2, 2);
		put(w, 1, 1);
	}
}

size_t write_sps(struct writer *w, const struct sps_setup *s)
{
	begin(w, 33, 0);
	put(w, 4, 3);
	put(w, 3, s->sub_layers_minus1);
	put(w, 1, 1);
	put_profile(w, s->profile_idc, s->sub_layers_minus1);
	ue(w, s->id);
	ue(w, s->chroma ? s->chroma : 1);
	if (s->chroma == 3)
		put(w, 1, 0);
	ue(w, s->width ? s->width : 64);
	ue(w, s->height ? s->height : 64);
	put(w, 1, s->crop_right > 0);
	if (s->crop_right > 0) {
		ue(w, 0);
		ue(w, s->crop_right);
		ue(w, 1);
		ue(w, 0);
	}
	ue(w, s->depth_minus8);
	ue(w, s->depth_minus8);
	ue(w, 0); /* log2_max_pic_order_cnt_lsb_minus4: 16 */
	put(w, 1, 0);
	ue(w, s->dpb_minus1);
	ue(w, s->reorder);
	ue(w, s->latency_plus1);
	ue(w, 0); /* coding blocks of 8 to 16, transform blocks of 4 to 16 */
	ue(w, 1);
	ue(w, 0);
	ue(w, 2);
	ue(w, 1);
	ue(w, 1);
	put(w, 1, s->scaling);
	if (s->scaling)
		put(w, 1, 0);
	put(w, 1, 0);
	put(w, 1, s->sao);
	put(w, 1, 0);
	put_sets(w, s->n_sets);
	put(w, 1, s->long_term);
	if (s->long_term) {
		ue(w, 2);
		put(w, 5, 3 << 1 | 1);
		put(w, 5, 9 << 1);
	}
	put(w, 1, s->mvp);
	put(w, 1, 0);
	put(w, 1, s->vui);
	if (s->vui)
		put_vui(w);
	put_sps_extensions(w, s);
	return end(w);
}

static void put_pps_extensions(struct writer *w, const struct pps_setup *s)
{
	put(w, 1, s->range || s->scc);
	if (!s->range && !s->scc)
		return;
	put(w, 1, s->range);
	put(w, 2, 0);
	put(w, 1, s->scc);
	put(w, 4, 0);
	if (s->range) {
		put(w, 2, 3);
		ue(w, 1);
		ue(w, 1);
		se(w, -3);
		se(w, 4);
		se(w, 5);
		se(w, -6);
		ue(w, 1);
		ue(w, 2);
	}
	if (s->scc) {
		put(w, 3, 7);
		se(w, 1);
		se(w, 2);
		se(w, 3);
		put(w, 1, 0);
	}
}

size_t write_pps(struct writer *w, const struct pps_setup *s)
{
	begin(w, 34, 0);
	ue(w, s->id);
	ue(w, s->sps_id);
	put(w, 1, s->dependent);
	put(w, 1, s->output_flag);
	put(w, 3, s->extra_bits);
	put(w, 2, 0);
	ue(w, 0);
	ue(w, 0);
	se(w, -4);
	put(w, 2, 0);
	put(w, 1, 0);
	se(w, 2);
	se(w, -3);
	put(w, 1, 0);
	put(w, 2, s->weighted ? 3 : 0);
	put(w, 1, 0);
	put(w, 1, s->tiles);
	put(w, 1, s->wavefront);
	if (s->tiles) {
		ue(w, 1);
		ue(w, 1);
		put(w, 1, 0);
		ue(w, 0);
		ue(w, 2);
		put(w, 1, 1);
	}
	put(w, 1, 1);
	put(w, 1, 0);
	put(w, 1, 0);
	put(w, 1, s->lists_modification);
	ue(w, 0);
	put(w, 1, s->header_extension);
	put_pps_extensions(w, s);
	return end(w);
}

int parse_headers(struct hevc_sets *sets, const struct sps_setup *sps, const struct pps_setup *pps)
{
	struct writer w;
	size_t n = write_sps(&w, sps);
	int ret;

	memset(sets, 0, sizeof(*sets));
	ret = hevc_parse_sps(w.data, n, &sets->sps[sps->id]);
	if (ret < 0)
		return ret;
	n = write_pps(&w, pps);
	return hevc_parse_pps(w.data, n, &sets->pps[pps->id]);
}
