/* SPDX-License-Identifier: MIT */
/*
 * h264.h - the H.264 decoder's state, shared by its files
 */
#ifndef LIBVACODEC_H264_H
#define LIBVACODEC_H264_H

#include "decoder.h"
#include "h264-dpb.h"
#include "h264-parser.h"

/*
 * Where decoding stands after a start in the middle of the stream (D.2.8).
 *
 *   WAITING --recovery point--> RECOVERING --its frame_num reached--> RUNNING
 *      +--------------------------- IDR picture ------------------------^
 */
enum h264_start {
	H264_WAITING,
	H264_RECOVERING,
	H264_RUNNING,
};

struct h264 {
	struct h264_sets sets;
	struct h264_dpb dpb;
	unsigned int dpb_frames;  /* max_dec_frame_buffering or MaxDpbFrames */
	unsigned int max_reorder; /* frames that may wait for output */
	/* The current picture. */
	bool in_picture;
	bool frame_open; /* the current frame has one field and may get the other */
	bool output_current;
	struct h264_pps pps;
	struct h264_picture current; /* its fields and order counts: of all decoded so far */
	struct h264_slice first_slice;
	uint32_t last_mb; /* first_mb_in_slice of its last slice */
	unsigned int n_slices;
	bool broken;             /* its buffers could not be made: it is not submitted */
	struct h264_slice slice; /* the one at hand */
	struct h264_lists lists; /* its reference lists */
	/* The access unit that is about to begin. */
	bool has_timestamp;
	uint64_t timestamp;
	int64_t recovery_frame_cnt; /* -1 without a recovery point */
	/* Random access. */
	enum h264_start start;
	uint32_t recovery_frame_num;
	uint32_t recovery_count; /* frames from the recovery point's picture to it */
	bool has_recovery_poc;
	int32_t recovery_poc; /* what precedes it in output order is not shown */
};

static inline struct h264 *h264_of(struct vacodec_decoder *decoder)
{
	return decoder->codec;
}

/* ---- h264-format.c ---- */

/* The SPS's format; -ENOTSUP with a warning that says why. */
int h264_get_format(struct vacodec_decoder *decoder, const struct h264_sps *sps,
		    struct vacodec_format *format);
/* Frames that the decoded picture buffer holds, A.3.1 and E.2.1. */
unsigned int h264_get_dpb_frames(const struct h264_sps *sps);
unsigned int h264_get_max_reorder(const struct h264_sps *sps);

/* ---- h264-record.c ---- */

/* As codec_ops.read_record(). */
int h264_read_record(const uint8_t *data, size_t size_bytes, const struct unit_sink *sink,
		     unsigned int *length_bytes);

/* ---- h264-output.c: the bumping process, C.4 ---- */

/* Keeps the current picture if it is marked as a reference. */
void h264_store_reference(struct vacodec_decoder *decoder);
/* The current frame, which is whole, waits for output; outputs what its turn is. */
void h264_store_output(struct vacodec_decoder *decoder);
/* Makes room for one frame. */
void h264_make_room(struct vacodec_decoder *decoder);

/* ---- h264-va.c ---- */

int h264_va_add_picture(struct h264 *h264);
int h264_va_add_slice(struct h264 *h264, const struct unit *unit);

/* ---- h264-picture.c ---- */

/* Begins the picture of h264->slice; -EAGAIN as parse_unit() says. */
int h264_begin_picture(struct vacodec_decoder *decoder, uint64_t timestamp);
int h264_finish_picture(struct vacodec_decoder *decoder);
/* No second field comes for the current frame. */
void h264_close_frame(struct vacodec_decoder *decoder);
/* A reference for pictures that have none, so that the driver always gets one. */
int h264_conceal_reference(struct vacodec_decoder *decoder);

#endif
