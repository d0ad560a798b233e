/* SPDX-License-Identifier: MIT */
/*
 * hevc-headers.h - a small writer of HEVC headers, so that tests say what they mean
 */
#ifndef HEVC_HEADERS_H
#define HEVC_HEADERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "hevc-bits.h"
#include "libvacodec/hevc-parser.h"

/* What is not said is 0: 4:2:0, 8 bit, CTBs of 16, no tools. */
struct sps_setup {
	unsigned int profile_idc, sub_layers_minus1;
	unsigned int id, chroma, depth_minus8;
	unsigned int width, height; /* 0: 64 */
	unsigned int crop_right;    /* in units of chroma samples */
	unsigned int dpb_minus1, reorder, latency_plus1;
	unsigned int n_sets;     /* short-term sets: the n-th one has the n + 1 pictures before */
	bool scaling, long_term; /* lists: default; 2 long-term pictures in the SPS */
	bool sao, mvp, vui, range, scc;
};

struct pps_setup {
	unsigned int id, sps_id, extra_bits;
	bool dependent, output_flag, lists_modification, weighted, tiles, wavefront, range, scc;
	bool header_extension;
};

size_t write_vps(struct writer *w);
size_t write_sps(struct writer *w, const struct sps_setup *s);
size_t write_pps(struct writer *w, const struct pps_setup *s);
/* Fresh sets that hold both, as the parser reads them; its answer. */
int parse_headers(struct hevc_sets *sets, const struct sps_setup *sps, const struct pps_setup *pps);

#endif
