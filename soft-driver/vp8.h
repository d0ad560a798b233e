/* SPDX-License-Identifier: MIT */
/*
 * VP8: the frame is passed on behind a tag that says what the client said. Of the rest of its
 * header the decoder beneath takes nothing from VA, so it is parsed here, and every field is
 * compared.
 *
 * Section numbers are those of RFC 6386.
 */
#ifndef SOFTVA_VP8_H
#define SOFTVA_VP8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <va/va.h>
#include <va/va_dec_vp8.h>

#include "codec.h"
#include "softva.h"

#define VP8_COEFFICIENTS (4 * 8 * 3 * 11)
#define VP8_VECTORS      (2 * 19)
#define VP8_REFERENCES   3

extern const uint8_t vp8_coefficients[VP8_COEFFICIENTS];
extern const uint8_t vp8_coefficient_updates[VP8_COEFFICIENTS];
extern const uint8_t vp8_vectors[VP8_VECTORS];
extern const uint8_t vp8_vector_updates[VP8_VECTORS];

/* What refresh_entropy_probs 0 takes back after the frame (9.11). */
struct vp8_entropy {
	uint8_t coefficients[VP8_COEFFICIENTS];
	uint8_t vectors[VP8_VECTORS];
	uint8_t luma_modes[4];
	uint8_t chroma_modes[3];
};

/* The compressed header (19.2), with what stays from the frames before. */
struct vp8_header {
	struct vp8_entropy entropy;
	struct vp8_entropy saved;
	bool segmentation;
	bool update_map;
	bool update_data;
	bool absolute;
	int quantizer[4];
	int filter[4];
	uint8_t tree[3];
	bool simple_filter;
	int level;
	unsigned int sharpness;
	bool adjust;
	bool adjust_update;
	int reference_deltas[4];
	int mode_deltas[4];
	unsigned int log2_partitions;
	int base_index;
	/* y1 DC, y2 DC, y2 AC, uv DC, uv AC. */
	int index_deltas[5];
	bool refresh[VP8_REFERENCES];
	unsigned int copy[VP8_REFERENCES];
	bool bias[VP8_REFERENCES];
	bool refresh_entropy;
	bool skip;
	unsigned int skip_prob;
	unsigned int intra_prob;
	unsigned int last_prob;
	unsigned int golden_prob;
	/* Where it ends: bits read, and the decoder's state. */
	size_t bits;
	unsigned int range;
	unsigned int value;
};

enum vp8_reference {
	VP8_LAST,
	VP8_GOLDEN,
	VP8_ALTERNATE,
};

/* The client's side, under the context's lock. */
struct vp8_state {
	struct vp8_header header;
	bool started;
	uint32_t width;
	uint32_t height;
	/* Pictures, counted; which of them each reference is. */
	uint32_t count;
	uint32_t references[VP8_REFERENCES];
};

struct vp8_picture {
	struct picture base;
	struct vp8_state *state;
	const VAPictureParameterBufferVP8 *pic;
	const VAProbabilityDataBufferVP8 *probabilities;
	const VAIQMatrixBufferVP8 *iq;
	const VASliceParameterBufferVP8 *slice;
	const uint8_t *data;
	size_t size;
	/* Of vp8=lookback: bytes before the data, for which the driver takes the frame's tag. */
	size_t before_bytes;
	/* Of the data: the first partition, by the client's word. */
	size_t first_size;
	struct vp8_header header;
	bool unusable;
};

static inline bool vp8_is_key(const struct vp8_picture *picture)
{
	return !picture->pic->pic_fields.bits.key_frame;
}

/* vp8-header.c: from the first partition; header has what the frame before left. 0 or -EBADMSG. */
int vp8_header_parse(struct vp8_header *header, bool key, const uint8_t *data, size_t size);

/* vp8-check.c */
bool vp8_check(struct vp8_picture *picture, enum check check, bool good);
void vp8_check_picture(struct vp8_picture *picture);
void vp8_check_slice(struct vp8_picture *picture);
void vp8_check_header(struct vp8_picture *picture);
void vp8_check_references(struct vp8_picture *picture);

#endif
