/* SPDX-License-Identifier: MIT */
/*
 * av1.h - the AV1 decoder's state, shared by its files
 */
#ifndef LIBVACODEC_AV1_H
#define LIBVACODEC_AV1_H

#include "av1-frame.h"
#include "decoder.h"

struct av1 {
	struct av1_sequence sequence; /* the newest one */
	/* One that is not decoded and came once, where there is one that is. */
	struct av1_sequence doubtful;
	struct vacodec_format format; /* of the sequence, codec NONE while it was not asked for */
	struct av1_refs refs;
	struct vacodec_frame *slots[AV1_NUM_REF_FRAMES]; /* with references; NULL: nothing there */
	/* The current frame: its header was seen, not all its tiles were. */
	bool in_frame;
	uint8_t spatial_id;
	struct av1_frame frame;
	unsigned int next_tile;
	VASliceParameterBufferAV1 *tile_parameters; /* of a tile group; kept for the next one */
	unsigned int max_tile_parameters;
	struct vacodec_frame
		*clean;   /* for the next frame with grain; see struct vacodec_frame.clean */
	int64_t n_shown;  /* in output order */
	bool sought;      /* the stream is not at its begin */
	bool lost_frames; /* slots may not hold what the stream believes, up to the next key frame */
	uint8_t unsure; /* one bit a slot: not filled since a frame was lost that may have gone there */
	/* The temporal unit. */
	bool has_timestamp;
	uint64_t timestamp;
	/* Spatial layers: the highest one so far, where a higher one may come. */
	struct vacodec_frame *layer;
	uint8_t layer_spatial_id;
	uint64_t layer_timestamp;
	uint32_t layer_flags;
};

static inline struct av1 *av1_of(struct vacodec_decoder *decoder)
{
	return decoder->codec;
}

/* The highest spatial layer of the operating point, which is the first one. */
unsigned int av1_get_max_spatial_id(const struct av1_sequence *sequence);

/* ---- av1-format.c ---- */

/* What the sequence calls itself: "Main", "High", "Professional". */
const char *av1_name_profile(const struct av1_sequence *sequence);
/* What is not decoded, by name; "" where there is nothing of the kind. */
#define AV1_FAULTS_BYTES 112
void av1_name_faults(const struct av1_sequence *sequence, char *text, size_t size_bytes);
/* The format as far as it does not depend on the display: without profile and fourcc. */
void av1_describe_format(const struct av1_sequence *sequence, struct vacodec_format *format);
/* The whole of it; -ENOTSUP with a warning that says why, or -errno of a VA call. */
int av1_get_format(struct vacodec_decoder *decoder, const struct av1_sequence *sequence,
		   struct vacodec_format *format);
/* Frames of the pool: references, the current one, and for grain as many again. */
unsigned int av1_count_frames(const struct av1_sequence *sequence);

/* ---- av1-record.c ---- */

/* As codec_ops.read_record(). */
int av1_read_record(const uint8_t *data, size_t size_bytes, const struct unit_sink *sink,
		    unsigned int *length_bytes);

/* ---- av1-va.c ---- */

/* Tiles of one OBU, in a row. */
struct av1_tile_group {
	unsigned int first, last;
	const uint8_t *data; /* from the first one's size on */
	size_t size_bytes;
};

int av1_va_add_picture(struct vacodec_decoder *decoder);
/* -EBADMSG when a tile's size is wrong. */
int av1_va_add_tiles(struct vacodec_decoder *decoder, const struct av1_tile_group *group);

/* ---- av1-picture.c ---- */

/* Begins the frame of a header, or skips it; -EAGAIN as parse_unit() says. */
int av1_begin_frame(struct vacodec_decoder *decoder, const struct av1_frame *frame,
		    const struct av1_obu *obu, uint64_t timestamp);
/* The current frame's next tiles; data: from the tile group's header on. */
int av1_add_tile_group(struct vacodec_decoder *decoder, const uint8_t *data, size_t size_bytes);
/* As codec_ops.begin_picture(). */
void av1_enter_picture(struct vacodec_decoder *decoder);
/* A frame that was decoded before is shown (again). -EAGAIN as parse_unit() says. */
int av1_show_existing(struct vacodec_decoder *decoder, const struct av1_frame *frame,
		      const struct av1_obu *obu, uint64_t timestamp);
/* Of the current frame, if there is one: all tiles came, or no more will. */
int av1_finish_frame(struct vacodec_decoder *decoder);
/* The temporal unit ends: outputs the layer that waits. -EAGAIN as parse_unit() says. */
int av1_end_temporal_unit(struct vacodec_decoder *decoder);
/* Drops the current frame, and all others; the sequence header stays. */
void av1_drop_frames(struct av1 *av1);
void av1_clear_slots(struct av1 *av1);
/* A frame is not there: what follows may be wrong. */
void av1_lose_frame(struct vacodec_decoder *decoder);

#endif
