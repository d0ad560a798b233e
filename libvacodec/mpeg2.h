/* SPDX-License-Identifier: MIT */
/*
 * mpeg2.h - the MPEG-2 decoder's state, shared by its files
 */
#ifndef LIBVACODEC_MPEG2_H
#define LIBVACODEC_MPEG2_H

#include "decoder.h"
#include "mpeg2-header.h"

#define MPEG2_NO_TEMPORAL_REFERENCE UINT32_MAX

struct mpeg2 {
	struct mpeg2_sequence sequence; /* the newest header, which the next picture is of */
	struct mpeg2_sequence active;   /* of the frames; extended once there is one */
	struct mpeg2_sequence doubtful; /* one that is not decoded, and came once */
	struct mpeg2_matrices matrices;
	struct mpeg2_group group;
	bool in_group;                /* its first I picture did not come yet */
	struct mpeg2_picture picture; /* whose header came last */
	bool waits;                   /* its first slice did not come yet, or waits for a frame */
	bool activating; /* a sequence; a flush may take the picture away that asked for it */
	/* The access unit that is about to begin. */
	bool has_timestamp;
	uint64_t timestamp;
	/* The current picture, in the decoder's current frame. */
	bool in_picture;
	bool frame_open; /* the current frame has one field and may get the other */
	struct mpeg2_picture current;
	unsigned int fields;      /* of the frame, with the current picture's */
	struct mpeg2_slice slice; /* the one at hand */
	uint32_t next_macroblock; /* that the next slice may begin with */
	/* Reference frames, the older one first; one of them or both may be missing. */
	struct vacodec_frame *references[2];
	bool lost;            /* a picture that could have been one of them */
	uint64_t lost_number; /* of the picture before it */
	int64_t order;        /* of the last reference frame, in output */
	int64_t n_b;          /* B frames since then */
	/* Of the newest reference frame, or none: that was lost. */
	uint32_t temporal_reference;
	/* A slice behind its start code, as drivers want it. */
	uint8_t *data;
	size_t capacity_bytes;
};

static inline struct mpeg2 *mpeg2_of(struct vacodec_decoder *decoder)
{
	return decoder->codec;
}

/* ---- mpeg2-format.c ---- */

/* "Main"; NULL for what is none of the standard's. */
const char *mpeg2_get_profile_name(const struct mpeg2_sequence *sequence);
/* What nothing here decodes of it, or NULL. */
const char *mpeg2_get_fault(const struct mpeg2_sequence *sequence);
/* The format as far as it does not depend on the display: without profile and fourcc. */
void mpeg2_describe_format(const struct mpeg2_sequence *sequence, struct vacodec_format *format);
/* The whole of it; -ENOTSUP with a warning that says why, or -errno of a VA call. */
int mpeg2_get_format(struct vacodec_decoder *decoder, const struct mpeg2_sequence *sequence,
		     struct vacodec_format *format);

/* ---- mpeg2-picture.c ---- */

/*
 * Begins the picture whose headers came; -EAGAIN as parse_unit() says. 0 without a picture where
 * the stream cannot be entered at it.
 */
int mpeg2_begin(struct vacodec_decoder *decoder);
/* As codec_ops.begin_picture(). */
void mpeg2_enter_picture(struct vacodec_decoder *decoder);
int mpeg2_finish_picture(struct vacodec_decoder *decoder);
/* No second field comes for the current frame. */
void mpeg2_close_frame(struct vacodec_decoder *decoder);

/* ---- mpeg2-va.c ---- */

int mpeg2_va_add_picture(struct vacodec_decoder *decoder);
int mpeg2_va_add_slice(struct vacodec_decoder *decoder, const struct unit *unit);

#endif
