/* SPDX-License-Identifier: MIT */
/*
 * hevc-writer.h - a writer of HEVC for tests: any header, and blocks that need no transform
 *
 * Coding tree blocks are of 16x16 and one coding unit each: PCM, or a copy or mix of reference pictures
 * without motion and residual. What such a stream shows is known without a decoder. A test states by
 * hand, from the standard, what each picture's reference lists are and where the picture comes in output
 * order; nothing here derives that. If a decoder disagrees with a list, the blocks that use the entry
 * come out wrong. Only the deblocking filter is not modelled.
 * Source: Rec. ITU-T H.265.
 */
#ifndef TESTS_HEVC_WRITER_H
#define TESTS_HEVC_WRITER_H

#include "hevc-bits.h"

#include <stdbool.h>
#include <stdio.h>

#define HEVCW_MAX_PICTURES 64
#define HEVCW_MAX_CTBS     64
#define HEVCW_MAX_LIST     15
#define HEVCW_MAX_CUTS     12
#define HEVCW_SETS         4
/* An entry of a list that no block may use: a picture that is not there. */
#define HEVCW_NONE (-1)

enum hevcw_type { HEVCW_B, HEVCW_P, HEVCW_I };

enum hevcw_hash { HEVCW_NO_HASH, HEVCW_MD5, HEVCW_CRC, HEVCW_CHECKSUM };

/* nal_unit_type, Table 7-1 */
enum hevcw_unit {
	HEVCW_TRAIL_N,
	HEVCW_TRAIL_R,
	HEVCW_TSA_N,
	HEVCW_TSA_R,
	HEVCW_STSA_N,
	HEVCW_STSA_R,
	HEVCW_RADL_N,
	HEVCW_RADL_R,
	HEVCW_RASL_N,
	HEVCW_RASL_R,
	HEVCW_BLA_W_LP = 16,
	HEVCW_BLA_W_RADL,
	HEVCW_BLA_N_LP,
	HEVCW_IDR_W_RADL,
	HEVCW_IDR_N_LP,
	HEVCW_CRA,
	HEVCW_VPS = 32,
	HEVCW_SPS,
	HEVCW_PPS,
	HEVCW_AUD,
	HEVCW_EOS,
	HEVCW_EOB,
	HEVCW_FILLER,
	HEVCW_PREFIX_SEI,
	HEVCW_SUFFIX_SEI,
};

/*
 * st_ref_pic_set(), 7.3.7. Coded: the differences of the order counts, those before from the nearest on,
 * then those after; 0 ends. Bit i of unused: used_by_curr_pic_flag of the i-th is 0. Predicted from the
 * set that is `from` before it: a letter for each j: u used by the current picture, k kept, - dropped.
 */
struct hevcw_rps {
	int pics[16];
	unsigned int unused;
	const char *flags; /* predicted, when there */
	unsigned int from;
	int delta_rps;
};

/* A long-term picture of a slice header; of_sps: an index plus 1. In the order of the syntax. */
struct hevcw_long_term {
	unsigned int of_sps, lsb;
	bool used, msb_present;
	unsigned int msb_cycle; /* delta_poc_msb_cycle_lt */
};

/*
 * scaling_list_data(), 7.3.4: a letter for each of the 20 lists: d the default one, a digit the one so many
 * before, c coded. NULL: there is none; of an SPS, "": the default lists.
 */
#define HEVCW_LISTS 20

struct hevcw_vps {
	unsigned int id, sub_layers; /* 0: one */
	bool timing, hrd, extension;
};

struct hevcw_sps {
	unsigned int id, vps_id, profile_idc, sub_layers; /* sub_layers 0: one */
	unsigned int chroma_format_idc, depth[2], width, height;
	unsigned int window[4]; /* left, right, top, bottom, in units of chroma samples */
	unsigned int log2_max_poc_lsb, dpb, reorder, latency_plus1;
	bool ordering_for_all; /* of lower sub-layers less than of the highest one */
	unsigned int pcm_depth[2];
	bool pcm_filter_off;
	unsigned int n_rps;
	struct hevcw_rps rps[8];
	bool long_term;
	unsigned int n_lt, lt_lsb[4], lt_unused;
	bool tmvp, sao;
	bool tools; /* flags of tools that these blocks do not have */
	const char *scaling;
	bool vui, field_seq;         /* all of E.2.1, with HRD; field_seq_flag alone */
	unsigned int extension_bits; /* sps_range_extension_flag and so on, with data behind */
	unsigned int range_flags;    /* the nine flags of sps_range_extension(), and no other */
};

/* With deblocking_filter_control_present_flag. Sizes of tiles: all but the last; 0 is uniform. */
struct hevcw_pps {
	unsigned int id, sps_id;
	bool dependent, output_flag, sign_hiding, cabac_init;
	unsigned int extra_bits, num_ref_default[2]; /* 0: one */
	bool weighted, bipred;
	unsigned int tile_columns, tile_rows, column_width[8], row_height[8]; /* 0: no tiles */
	bool not_across_tiles, wavefront, across_slices;
	bool deblock, override, modification;
	bool header_extension;
	int init_qp_minus26;
	bool tools, range; /* all those that these blocks do not have; the range extension's */
	bool bypass;       /* every second block says that it is lossless */
	const char *scaling;
	unsigned int extension_bits;
};

/* Weights of a list entry: [luma, Cb, Cr], as differences from 1 and as offsets (7-56). */
struct hevcw_weight {
	bool luma, chroma;
	int delta[3], offset[3];
};

struct hevcw_weights {
	unsigned int log2_denom[2];
	struct hevcw_weight entry[2][HEVCW_MAX_LIST];
};

/* A picture. Others name it by what hevcw_picture() answered: 1, 2, ... */
struct hevcw_shot {
	enum hevcw_type type;
	enum hevcw_unit unit;
	unsigned int temporal_id, pps; /* index of the parameter set */
	int poc;                       /* also the place in output order */
	bool hidden;                   /* is not shown, whatever the reason */
	bool no_output, no_output_of_prior;
	unsigned int rps_of_sps; /* index plus 1; 0: rps */
	struct hevcw_rps rps;
	struct hevcw_long_term long_term[8];
	unsigned int n_lt_sps, n_lt;
	int list[2][HEVCW_MAX_LIST + 1]; /* the final lists; 0 ends */
	const char *modification[2];     /* list_entry, a digit each */
	unsigned int num_pic_total_curr; /* where the PPS allows modification */
	const struct hevcw_weights *weights;
	bool no_tmvp, collocated_l1, mvd_l1_zero;
	unsigned int collocated;
	int deblock; /* where the PPS lets it: 0 as the PPS, 1 on, -1 off */
	bool not_across_slices;
	int qp_less; /* SliceQpY is 51 less this: contexts begin by it */
	/* The first blocks of further segments, in tile scan; 0 ends. */
	unsigned int cut[HEVCW_MAX_CUTS];
	unsigned int dependent;       /* bit i: segment cut[i] is dependent */
	const char *types;            /* of each segment, I, P or B */
	unsigned int offset_bits;     /* of entry points; 0: as many as they need */
	unsigned int extension_bytes; /* slice_segment_header_extension_length */
	unsigned int zero_words;      /* cabac_zero_words behind the last segment */
	enum hevcw_hash hash;
	unsigned int pic_struct; /* a message of picture timing, when not 0 */
	bool flat;               /* PCM of one value a block, near to its neighbours */
};

struct hevcw_picture {
	uint16_t *plane[3];
	int poc;
	struct hevcw_sps sps;
};

struct hevcw_stream {
	FILE *units, *sums;
	struct hevcw_sps sps[HEVCW_SETS];
	struct hevcw_pps pps[HEVCW_SETS];
	const struct hevcw_sps *active;
	struct hevcw_picture picture[HEVCW_MAX_PICTURES + 1];
	int n_pictures;
	int pending[HEVCW_MAX_PICTURES];
	int n_pending;
	struct writer bits;
	unsigned int layer_id;
	unsigned int start_code_zeros;
	uint32_t noise;
};

/* Blocks of the picture as its PPS orders and parts them, 6.5.1. */
struct hevcw_tiles {
	unsigned int width, height; /* in blocks */
	unsigned int to_raster[HEVCW_MAX_CTBS];
	unsigned int tile[HEVCW_MAX_CTBS];   /* by raster address */
	unsigned int column[HEVCW_MAX_CTBS]; /* x within its tile, by raster address */
};

static inline unsigned int hevcw_plane_width(const struct hevcw_sps *sps, int plane)
{
	return sps->width >> (plane && sps->chroma_format_idc < 3);
}

static inline unsigned int hevcw_plane_height(const struct hevcw_sps *sps, int plane)
{
	return sps->height >> (plane && sps->chroma_format_idc == 1);
}

/* Those that are coded. */
static inline int hevcw_num_planes(const struct hevcw_sps *sps)
{
	return sps->chroma_format_idc ? 3 : 1;
}

/* ---- hevc-writer.c: syntax ---- */

struct hevcw_sps hevcw_sps_default(void);
/* The unit that is in s->bits, with start code and emulation prevention. */
void hevcw_unit_write(struct hevcw_stream *s);
/* Begins a unit of s->layer_id in s->bits. */
void hevcw_unit_begin(struct hevcw_stream *s, enum hevcw_unit type, unsigned int temporal_id);
/* A unit with these bytes, whole. */
void hevcw_unit_raw(struct hevcw_stream *s, unsigned int type, const char *bytes, size_t n);
void hevcw_vps_write(struct hevcw_stream *s, const struct hevcw_vps *vps);
void hevcw_sps_write(struct hevcw_stream *s, unsigned int index);
void hevcw_pps_write(struct hevcw_stream *s, unsigned int index);
const struct hevcw_sps *hevcw_sps_of(const struct hevcw_stream *s, const struct hevcw_shot *shot);

static inline int hevcw_qp(const struct hevcw_shot *shot)
{
	return 51 - shot->qp_less;
}

/* st_ref_pic_set() of a slice header. */
void hevcw_rps_write(struct writer *w, const struct hevcw_sps *sps, const struct hevcw_rps *rps);

/* ---- hevc-writer-slice.c ---- */

/* One segment: where it begins and ends in tile scan. */
struct hevcw_segment {
	enum hevcw_type type;
	unsigned int first, end, slice_first;
	bool dependent;
	unsigned int n_entries;
	size_t entry[HEVCW_MAX_CTBS]; /* bytes of the substreams but the last */
};

void hevcw_header_write(struct hevcw_stream *s, const struct hevcw_shot *shot,
			const struct hevcw_segment *segment, const struct hevcw_tiles *tiles);

/* ---- hevc-writer-picture.c ---- */

int hevcw_picture(struct hevcw_stream *s, const struct hevcw_shot *shot);

/* ---- hevc-writer-sums.c ---- */

/* Sums of all pictures that wait, by order count: where a sequence begins, and at the end. */
void hevcw_flush(struct hevcw_stream *s);
int hevcw_stream_open(struct hevcw_stream *s, const char *folder, const char *name);
int hevcw_stream_close(struct hevcw_stream *s);
/* The message with the hash of a picture, into s->bits. */
void hevcw_hash_write(struct hevcw_stream *s, const struct hevcw_picture *p, enum hevcw_hash hash);

#endif
