// SPDX-License-Identifier: MIT
/*
 * A writer of H.264 for tests: any header, and macroblocks that need no transform (I_PCM, skipped ones,
 * 16x16 copies without residual, in CAVLC). What such a stream shows is known without a decoder:
 * every macroblock is either new, or a copy or mix of reference pictures that the test names.
 *
 * A test states by hand, from the standard, what each picture's reference lists are and where the
 * picture comes in output order; nothing here derives that. If a decoder disagrees with a list, the
 * macroblocks that use the entry come out wrong.
 */
#ifndef TESTS_H264_WRITER_H
#define TESTS_H264_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define H264W_MAX_PICTURES 128
#define H264W_MAX_MBS      64
#define H264W_MAX_LIST     16
/* A list entry that no macroblock may use, such as a frame that a gap in frame_num stands for. */
#define H264W_NONE (-1)

enum h264w_type { H264W_P = 0, H264W_B = 1, H264W_I = 2 };
enum h264w_structure { H264W_FRAME, H264W_TOP, H264W_BOTTOM };

/* A writer of bits; the RBSP of one NAL unit. */
struct h264w_bits {
	uint8_t data[1 << 16];
	size_t n_bits;
};

/* 7.3.2.1.1; names are the standard's without log2's and minus's offsets. */
struct h264w_sps {
	unsigned int profile_idc, constraint_flags, level_idc, id;
	unsigned int log2_max_frame_num, poc_type, log2_max_poc_lsb;
	bool delta_pic_order_always_zero;
	int offset_for_non_ref_pic, offset_for_top_to_bottom;
	unsigned int num_ref_frames_in_cycle;
	int offset_for_ref_frame[8];
	unsigned int max_num_ref_frames;
	bool gaps_allowed;
	unsigned int width_mbs, height_mbs;
	bool fields; /* frame_mbs_only_flag is 0; height_mbs is the frame's and even */
	unsigned int crop_left, crop_right, crop_top,
		crop_bottom; /* in units of two pixels; of lines, four with fields */
	bool vui;            /* with bitstream_restriction only */
	unsigned int max_num_reorder_frames, max_dec_frame_buffering;
};

/* 7.3.2.2; always CAVLC, and with deblocking_filter_control_present_flag. */
struct h264w_pps {
	unsigned int id, sps_id;
	bool pic_order_present;
	unsigned int num_ref_idx_default[2];
	bool weighted_pred;
	unsigned int weighted_bipred_idc;
	bool redundant_pic_cnt_present;
};

/* One step of 7.3.3.1: op 'S' subtracts value from the predicted picture number, 'A' adds it, 'L' names
 * a long-term picture number; 0 ends the steps. */
struct h264w_modification {
	char op;
	unsigned int value;
};

/* One step of 7.3.3.3; op 0 ends. a and b are its operands in the order of the syntax, without minus1. */
struct h264w_mmco {
	unsigned int op, a, b;
};

/* Explicit weights of one list entry: [luma, Cb, Cr]; an entry without flags has the default. */
struct h264w_weight {
	bool luma_flag, chroma_flag;
	int weight[3], offset[3];
};

struct h264w_weights {
	unsigned int log2_denom[2]; /* luma, chroma */
	struct h264w_weight entry[2][H264W_MAX_LIST];
};

/* One picture, or one slice of it. Picture numbers are what h264w_picture() answered: 1, 2, ... */
struct h264w_shot {
	enum h264w_type type;
	unsigned int pps; /* index of the parameter set */
	enum h264w_structure structure;
	bool second; /* field of the frame before */
	bool idr, idr_long_term;
	unsigned int idr_pic_id;
	unsigned int ref_idc, frame_num;
	int poc;          /* what PicOrderCnt() must be; also the place in output order */
	int delta_bottom; /* delta_pic_order_cnt_bottom, or [1] of type 1 */
	int delta;        /* delta_pic_order_cnt[0] of type 1 */
	int list[2][H264W_MAX_LIST + 1]; /* picture numbers that the final lists have; 0 ends */
	struct h264w_modification modification[2][20];
	struct h264w_mmco mmco[8];
	const struct h264w_weights *weights;
	bool temporal_direct; /* direct_spatial_mv_pred_flag is 0 */
	unsigned int redundant_pic_cnt;
	bool all_skipped;             /* B: all macroblocks but one are B_Skip */
	unsigned int first_mb, n_mbs; /* of this slice; 0: to the picture's end */
};

struct h264w_picture {
	uint8_t *frame[3]; /* all lines */
	uint8_t *plane[3]; /* its own first line; a field has every other one */
	enum h264w_structure structure;
	bool borrowed; /* the lines are another picture's */
	int poc;
	bool long_term;            /* set by the test when it has marked it so */
	int mb_ref[H264W_MAX_MBS]; /* picture that a macroblock's vector refers to; 0 if intra */
};

struct h264w_stream {
	FILE *units, *sums;
	struct h264w_sps sps[4];
	struct h264w_pps pps[4];
	const struct h264w_sps *active;
	struct h264w_picture picture[H264W_MAX_PICTURES + 1];
	int n_pictures;
	int pending[H264W_MAX_PICTURES]; /* not yet in the sums, in decoding order */
	int n_pending;
	struct h264w_bits bits;
	bool short_start_codes;
};

/* Bits and units. */
void h264w_bits_u(struct h264w_bits *b, unsigned int n, uint32_t value);
void h264w_bits_ue(struct h264w_bits *b, uint32_t value);
void h264w_bits_se(struct h264w_bits *b, int32_t value);
void h264w_bits_trail(struct h264w_bits *b);
/* Start code, header, payload with emulation prevention. */
void h264w_unit_write(struct h264w_stream *s, unsigned int ref_idc, unsigned int type);
/* A unit of any type whose payload is these bytes. */
void h264w_unit_raw(struct h264w_stream *s, unsigned int type, const char *bytes, size_t n);

/* Parameter sets: write s->sps[index] or s->pps[index] into the stream. */
struct h264w_sps h264w_sps_default(void);
void h264w_sps_write(struct h264w_stream *s, unsigned int index);
void h264w_pps_write(struct h264w_stream *s, unsigned int index);

/* Slice header, 7.3.3. */
void h264w_header_write(struct h264w_stream *s, const struct h264w_shot *shot);

/* Pictures. The second form takes several slices; what is the picture's own comes from the first. */
int h264w_picture(struct h264w_stream *s, const struct h264w_shot *shot);
int h264w_picture_slices(struct h264w_stream *s, const struct h264w_shot *shots, unsigned int n);

/* A redundant coded picture of the last one, with other content; it is not shown. */
void h264w_redundant(struct h264w_stream *s, const struct h264w_shot *shot, unsigned int n);

/* A coded picture as what other pictures refer to: a frame's field, a pair as a frame. */
int h264w_view(struct h264w_stream *s, int picture, enum h264w_structure structure);

/* Sums of all pictures that wait, by POC: at the end, an IDR picture and after MMCO 5. */
void h264w_flush(struct h264w_stream *s);

int h264w_stream_open(struct h264w_stream *s, const char *folder, const char *name);
int h264w_stream_close(struct h264w_stream *s);

#endif
