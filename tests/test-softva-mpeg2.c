/* SPDX-License-Identifier: MIT */
/*
 * Every mistake of a client that decodes MPEG-2 is seen: written pictures go through libvacodec,
 * one value of one buffer is changed on its way to softva, and just the checks named here fail, or
 * the picture shows something else. Unchanged, neither.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <va/va.h>

#include "frame-md5.h"
#include "mpeg2-writer.h"
#include "softva-mistake.h"
#include "softva-session.h"

#define MAX_FRAMES 8

struct mpeg2_mistake {
	struct mistake mistake;
	bool differs; /* a frame looks wrong */
};

static char expected[MAX_FRAMES][FRAME_MD5_SIZE];
static bool learning, differs;

#define PIC(name, change)                                                                          \
	static void name(void *data)                                                               \
	{                                                                                          \
		VAPictureParameterBufferMPEG2 *pic = data;                                         \
		change;                                                                            \
	}
#define SLICE(name, change)                                                                        \
	static void name(void *data)                                                               \
	{                                                                                          \
		VASliceParameterBufferMPEG2 *slice = data;                                         \
		change;                                                                            \
	}

PIC(large, pic->horizontal_size = 80)
PIC(no_height, pic->vertical_size = 0)
PIC(forward, pic->forward_reference_picture = pic->backward_reference_picture)
PIC(backward, pic->backward_reference_picture = pic->forward_reference_picture)
PIC(no_surface, pic->forward_reference_picture = VA_INVALID_SURFACE)
PIC(type_4, pic->picture_coding_type = 4)
PIC(structure, pic->picture_coding_extension.bits.picture_structure = 0)
PIC(precision, pic->picture_coding_extension.bits.intra_dc_precision = 1)
PIC(second_field, pic->picture_coding_extension.bits.is_first_field = 0;
    pic->picture_coding_extension.bits.picture_structure = 1)
SLICE(data_size, slice->slice_data_size += 9)
SLICE(data_flag, slice->slice_data_flag = VA_SLICE_DATA_FLAG_BEGIN)
SLICE(data_offset, slice->slice_data_offset++; slice->slice_data_size--)
SLICE(offset, slice->macroblock_offset--)
SLICE(row, slice->slice_vertical_position++)
SLICE(column, slice->slice_horizontal_position++)
SLICE(quantiser, slice->quantiser_scale_code++)
SLICE(intra_flag, slice->intra_slice_flag ^= 1)

static void matrix(void *data)
{
	((VAIQMatrixBufferMPEG2 *)data)->intra_quantiser_matrix[9] = 0;
}

static void not_loaded(void *data)
{
	((VAIQMatrixBufferMPEG2 *)data)->load_non_intra_quantiser_matrix = 0;
}

#define IN_PIC   VAPictureParameterBufferType
#define IN_SLICE VASliceParameterBufferType

static const struct mpeg2_mistake mistakes[] = {
	{{"no mistake", 0, IN_PIC, NULL, ""}, false},
	{{"a width beyond the surface", 3, IN_PIC, large,
	  "picture-size-context picture-size-surface "},
	 true},
	{{"no height", 3, IN_PIC, no_height, "format "}, true},
	{{"picture_coding_type", 3, IN_PIC, type_4, "format "}, true},
	{{"picture_structure", 3, IN_PIC, structure, "format "}, true},
	{{"intra_dc_precision", 2, IN_PIC, precision, ""}, true},
	{{"a second field of no frame", 3, IN_PIC, second_field, "target-field "}, true},
	{{"the forward reference", 3, IN_PIC, forward, "reference-content "}, false},
	{{"the backward reference", 3, IN_PIC, backward, "reference-content "}, false},
	{{"no surface", 3, IN_PIC, no_surface, "reference-surface "}, false},
	{{"a matrix with 0", 1, VAIQMatrixBufferType, matrix, "scaling-lists "}, false},
	{{"a matrix that is not loaded", 1, VAIQMatrixBufferType, not_loaded, "scaling-lists "},
	 false},
	{{"slice_data_size", 3, IN_SLICE, data_size, "slice-data "}, true},
	{{"slice_data_flag", 3, IN_SLICE, data_flag, "slice-data "}, true},
	{{"slice_data_offset", 3, IN_SLICE, data_offset, "slice-header "}, true},
	{{"macroblock_offset", 3, IN_SLICE, offset, "data-bit-offset "}, true},
	{{"slice_vertical_position", 3, IN_SLICE, row, "first-mb "}, true},
	{{"slice_horizontal_position", 3, IN_SLICE, column, "first-mb "}, true},
	{{"quantiser_scale_code", 3, IN_SLICE, quantiser, "qp-delta "}, false},
	{{"intra_slice_flag", 3, IN_SLICE, intra_flag, "slice-type "}, false},
};

#define N_MISTAKES (sizeof(mistakes) / sizeof(mistakes[0]))

/* ---- Pictures ---- */

static void check_frame(struct session *session, struct vacodec_frame *frame)
{
	char md5[FRAME_MD5_SIZE];

	frame_md5(frame, md5);
	assert_true(session->n_frames <= MAX_FRAMES);
	if (learning)
		memcpy(expected[session->n_frames - 1], md5, sizeof(md5));
	differs |= strcmp(md5, expected[session->n_frames - 1]) != 0;
}

/*
 * Two intra pictures, another one that both of the B picture's references are behind, and a P
 * picture.
 */
static void decode(struct session *session)
{
	static const struct mpeg2_written_picture pictures[] = {
		{.type = 1, .structure = 3, .grey = 30, .progressive = true},
		{.type = 2, .structure = 3, .progressive = true},
		{.type = 1, .structure = 3, .grey = -50, .progressive = true},
		{.type = 3, .structure = 3, .progressive = true},
		{.type = 2, .structure = 3, .progressive = true},
	};
	struct mpeg2_writer w = {0};

	mpeg2_write_sequence(&w, &(struct mpeg2_written_sequence){.progressive = true});
	mpeg2_write_group(&w, true, false);
	for (unsigned int i = 0; i < sizeof(pictures) / sizeof(pictures[0]); i++)
		mpeg2_write_picture(&w, &pictures[i]);
	assert_int_equal(session_send(session, w.data, mpeg2_writer_get_size(&w), 0), 0);
	assert_int_equal(session_drain(session), 0);
}

static void test_mistake_is_seen(void **state)
{
	struct session session = {.codec = VACODEC_CODEC_MPEG2, .on_frame = check_frame};
	const struct mpeg2_mistake *m = *state;
	char names[512];

	learning = m == mistakes;
	differs = false;
	assert_true(mistake_run(&m->mistake, &session, decode, names, sizeof(names)) > 0);
	assert_string_equal(names, m->mistake.checks);
	assert_int_equal(session.n_frames, 5);
	/* A failed check fails its picture. */
	assert_int_equal(session.n_corrupt > 0, names[0] != '\0');
	assert_int_equal(differs && !learning, m->differs);
}

int main(void)
{
	return mistake_run_tests("softva mpeg2", mistakes, N_MISTAKES, sizeof(mistakes[0]),
				 test_mistake_is_seen);
}
