/* SPDX-License-Identifier: MIT */
/*
 * MPEG-2: from VA's parameters and the entropy-coded data to a packet whose headers say what the
 * client said, with the checks of what cannot show in the picture.
 *
 * Section numbers are those of ITU-T H.262.
 */
#ifndef SOFTVA_MPEG2_H
#define SOFTVA_MPEG2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <va/va.h>

#include "bitio.h"
#include "codec.h"
#include "softva.h"

#define MPEG2_FRAME 3u

enum mpeg2_type {
	MPEG2_I = 1,
	MPEG2_P = 2,
	MPEG2_B = 3,
};

/* The client's side, under the context's lock. */
struct mpeg2_state {
	/* The sequence header that the decoder beneath has. */
	struct bytes sequence;
	uint32_t temporal_reference;
	/* Frames, counted; which of them the references are, the newer one last; 0 for none. */
	uint32_t count;
	uint32_t references[2];
	/* The frame that may get a second field. */
	VASurfaceID last_target;
	unsigned int last_fields;
	unsigned int last_type;
};

struct mpeg2_picture {
	struct picture base;
	struct mpeg2_state *state;
	const VAPictureParameterBufferMPEG2 *pic;
	const VAIQMatrixBufferMPEG2 *iq;
	/* 1 top, 2 bottom, 3 both. */
	unsigned int fields;
	bool second_field;
	bool unusable;
	struct bit_writer writer;
	size_t num_slices;
	/* Macroblocks before this one are decoded. */
	uint32_t next_address;
};

struct mpeg2_slice {
	const VASliceParameterBufferMPEG2 *param;
	const uint8_t *data;
	size_t size;
};

bool mpeg2_check(struct mpeg2_picture *picture, enum check check, bool good);

/* mpeg2-check.c */
void mpeg2_check_picture(struct mpeg2_picture *picture);
void mpeg2_check_references(struct mpeg2_picture *picture);
/* The parameters against the slice's own header; false if it cannot be written. */
bool mpeg2_check_slice(struct mpeg2_picture *picture, const struct mpeg2_slice *slice);

/* mpeg2-writer.c */
void mpeg2_write_sequence(struct bit_writer *writer, const VAPictureParameterBufferMPEG2 *pic);
void mpeg2_write_picture(struct bit_writer *writer, const struct mpeg2_picture *picture);
void mpeg2_write_slice(struct bit_writer *writer, const struct mpeg2_picture *picture,
		       const struct mpeg2_slice *slice);

#endif
