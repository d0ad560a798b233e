/* SPDX-License-Identifier: MIT */
/*
 * h264.h - the H.264 decoder's state, shared by its files
 */
#ifndef LIBVACODEC_H264_H
#define LIBVACODEC_H264_H

#include "decoder.h"
#include "h264-dpb.h"
#include "h264-parser.h"

struct h264 {
	struct h264_sets sets;
	struct h264_dpb dpb;
	/* The current picture, in the decoder's current frame. */
	bool in_picture;
	bool frame_open; /* the current frame has one field and may get the other */
	struct h264_pps pps;
	struct h264_picture current; /* its fields and order counts: of all decoded so far */
	struct h264_slice first_slice;
	uint32_t last_mb; /* first_mb_in_slice of its last slice */
	bool activating;  /* an SPS; a flush may take the slice away that asked for it */
	/* Pictures of several slices, as of the slices' order. */
	bool seen_order;    /* one of the sequence came in order */
	bool out_of_order;  /* the current one does not */
	bool last_disorder; /* the one before it did not */
	/* Parameter sets that are not decoded and came once. */
	struct h264_sps doubtful_sps;
	struct h264_pps doubtful_pps;
	bool doubt;              /* the doubtful SPS is the newest */
	bool doubtful;           /* the current picture may be of it */
	struct h264_slice slice; /* the one at hand */
	struct h264_lists lists; /* its reference lists */
	/* The access unit that is about to begin. */
	bool has_timestamp;
	uint64_t timestamp;
	int64_t recovery_frame_cnt; /* -1 without a recovery point */
	/* Of the recovery point that is being counted from. */
	uint32_t recovery_frame_num;
	uint32_t recovery_count; /* frames from its picture to the one that is right */
};

static inline struct h264 *h264_of(struct vacodec_decoder *decoder)
{
	return decoder->codec;
}

/* ---- h264-format.c ---- */

/* Named from VA-API 1.18 and 1.23 on; libva passes the numbers on. */
#define H264_PROFILE_HIGH_10  ((VAProfile)36)
#define H264_PROFILE_HIGH_422 ((VAProfile)40)

/* What the SPS calls itself: "High 4:2:2 Intra". */
void h264_name_profile(const struct h264_sps *sps, char *name, size_t size_bytes);
/* What no profile of VA-API has, "" where there is nothing of the kind: "4:4:4 chroma, ...". */
#define H264_FAULTS_BYTES 112
void h264_name_faults(const struct h264_sps *sps, char *text, size_t size_bytes);
/* The SPS's format as far as it does not depend on the display: without profile and fourcc. */
void h264_describe_format(const struct h264_sps *sps, struct vacodec_format *format);
/* The whole of it; -ENOTSUP with a warning that says why, or -errno of a VA call. */
int h264_get_format(struct vacodec_decoder *decoder, const struct h264_sps *sps,
		    struct vacodec_format *format);
/* Frames that the decoded picture buffer holds, A.3.1 and E.2.1. */
unsigned int h264_get_dpb_frames(const struct h264_sps *sps);
unsigned int h264_get_max_reorder(const struct h264_sps *sps);

/* ---- h264-reasons.c: tools that no sequence header tells ---- */

enum h264_reason {
	H264_REASON_FMO,
	H264_REASON_ASO,
	H264_REASON_PARTITIONS,
	H264_REASON_SWITCHING,
	H264_N_REASONS,
};

const char *h264_reason_get_name(enum h264_reason reason);
/* Says it in a warning and returns -ENOTSUP. */
int h264_refuse(struct vacodec_decoder *decoder, enum h264_reason reason);

/* ---- h264-record.c ---- */

/* As codec_ops.read_record(). */
int h264_read_record(const uint8_t *data, size_t size_bytes, const struct unit_sink *sink,
		     unsigned int *length_bytes);

/* ---- h264-va.c ---- */

int h264_va_add_picture(struct h264 *h264);
int h264_va_add_slice(struct h264 *h264, const struct unit *unit);

/* ---- h264-picture.c ---- */

/* Begins the picture of h264->slice; -EAGAIN as parse_unit() says. */
int h264_begin(struct vacodec_decoder *decoder, uint64_t timestamp);
/* As codec_ops.begin_picture(). */
void h264_enter_picture(struct vacodec_decoder *decoder);
int h264_finish_picture(struct vacodec_decoder *decoder);
/* No second field comes for the current frame. */
void h264_close_frame(struct vacodec_decoder *decoder);
/* A reference for pictures that have none, so that the driver always gets one. */
int h264_conceal_reference(struct vacodec_decoder *decoder);

#endif
