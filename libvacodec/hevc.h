/* SPDX-License-Identifier: MIT */
/*
 * hevc.h - the HEVC decoder's state, shared by its files
 */
#ifndef LIBVACODEC_HEVC_H
#define LIBVACODEC_HEVC_H

#include "decoder.h"
#include "hevc-dpb.h"
#include "hevc-parser.h"

/* A slice segment that waits: only the next one, or the picture's end, tells whether it is the last. */
struct hevc_pending {
	bool there;
	VASliceParameterBufferHEVCExtension va;
	uint8_t *data;
	size_t size_bytes, capacity_bytes;
};

struct hevc {
	struct hevc_sets sets;
	struct hevc_dpb dpb;
	/* The current picture, in the decoder's current frame. */
	bool in_picture;
	bool slice_waits; /* the one at hand has begun its picture, and waits for a frame */
	struct hevc_pps pps;
	struct hevc_picture current;
	struct hevc_slice first_slice;
	bool has_independent;
	struct hevc_slice independent; /* the last one that is not a dependent segment */
	uint32_t last_place;           /* of its last segment, in tile scan */
	bool has_slices;
	struct hevc_pending pending;
	bool activating; /* an SPS; a flush may take the slice away that asked for it */
	/* An SPS that is not decoded and came once. */
	struct hevc_sps doubtful_sps;
	bool doubt;              /* it is the newest */
	bool doubtful;           /* the current picture may be of it */
	struct hevc_slice slice; /* the one at hand */
	struct hevc_lists lists; /* its reference lists */
	/* The access unit that is about to begin. */
	bool has_timestamp;
	uint64_t timestamp;
	struct hevc_sei sei;
	struct hevc_sei after; /* what came behind the current picture's slices */
	/* Where the stream is. */
	bool entered;   /* a picture was decoded, whose order count others follow */
	bool after_end; /* an end of sequence came: NoRaslOutputFlag of the next IRAP picture */
	bool begins;    /* the current one: IRAP with NoRaslOutputFlag */
	bool skip_rasl; /* RASL pictures are of an IRAP picture whose references are not there */
	bool sought;    /* the stream is not at its begin */
	int64_t recovery_poc; /* of the recovery that is being counted from */
	/* Messages that hold for the whole sequence. */
	struct hevc_sei lasting;
};

static inline struct hevc *hevc_of(struct vacodec_decoder *decoder)
{
	return decoder->codec;
}

/* ---- hevc-format.c ---- */

/* What the SPS calls itself: "Main 4:2:2 10". */
void hevc_name_profile(const struct hevc_sps *sps, char *name, size_t size_bytes);
/* What no profile of VA-API has, "" where there is nothing of the kind. */
#define HEVC_FAULTS_BYTES 112
void hevc_name_faults(const struct hevc_sps *sps, char *text, size_t size_bytes);
/* The SPS's format as far as it does not depend on the display; vps: NULL, or its VPS. */
void hevc_describe_format(const struct hevc_sps *sps, const struct hevc_vps *vps,
			  struct vacodec_format *format);
/* The whole of it; -ENOTSUP with a warning that says why, or -errno of a VA call. */
int hevc_get_format(struct vacodec_decoder *decoder, const struct hevc_sps *sps,
		    const struct hevc_vps *vps, struct vacodec_format *format);
/* Pictures that the decoded picture buffer holds, the current one included. */
unsigned int hevc_get_dpb_frames(const struct hevc_sps *sps);
/* Whether a profile's parameter buffers are those with extensions. */
bool hevc_has_extensions(int32_t profile);

/* ---- hevc-record.c ---- */

/* As codec_ops.read_record(). */
int hevc_read_record(const uint8_t *data, size_t size_bytes, const struct unit_sink *sink,
		     unsigned int *length_bytes);

/* ---- hevc-va.c ---- */

/* The picture parameters and, where there are scaling lists, these. */
int hevc_va_add_picture(struct vacodec_decoder *decoder);
/* Makes the slice at hand the pending one. */
int hevc_va_hold_slice(struct hevc *hevc, const struct unit *unit);
/* Gives the driver the pending slice, if there is one. */
int hevc_va_add_slice(struct vacodec_decoder *decoder, bool last);

/* ---- hevc-picture.c ---- */

/* Begins the picture of hevc->slice; -EAGAIN as parse_unit() says. */
int hevc_begin(struct vacodec_decoder *decoder, uint64_t timestamp);
/* As codec_ops.begin_picture(). */
void hevc_enter_picture(struct vacodec_decoder *decoder);
int hevc_finish_picture(struct vacodec_decoder *decoder);
/* A reference for pictures that have none, so that the driver always gets one. */
int hevc_conceal_reference(struct vacodec_decoder *decoder);
/* Gives the pending slice; as picture_add_slice(). */
int hevc_give_slice(struct vacodec_decoder *decoder, bool last);

#endif
