/* SPDX-License-Identifier: MIT */
/*
 * mpeg2-writer.c - MPEG-2 pictures of 16x32 samples under any headers; see mpeg2-writer.h
 *
 * Source: Rec. ITU-T H.262, 6.2; Tables B.1 to B.3, B.10, B.12 and B.13.
 */
#include "mpeg2-writer.h"

#include <assert.h>
#include <stdlib.h>

void mpeg2_writer_put(struct mpeg2_writer *w, unsigned int n, uint32_t value)
{
	while (n-- > 0) {
		assert(w->n_bits / 8 < sizeof(w->data));
		if (value >> n & 1)
			w->data[w->n_bits / 8] |= (uint8_t)(0x80 >> w->n_bits % 8);
		w->n_bits++;
	}
}

size_t mpeg2_writer_get_size(struct mpeg2_writer *w)
{
	while (w->n_bits % 8)
		w->n_bits++;
	return w->n_bits / 8;
}

void mpeg2_writer_start(struct mpeg2_writer *w, unsigned int code)
{
	mpeg2_writer_get_size(w);
	mpeg2_writer_put(w, 24, 1);
	mpeg2_writer_put(w, 8, code);
}

static void put_matrix(struct mpeg2_writer *w, const uint8_t *matrix)
{
	mpeg2_writer_put(w, 1, matrix != NULL);
	for (unsigned int i = 0; i < 64 && matrix; i++)
		mpeg2_writer_put(w, 8, matrix[i]);
}

void mpeg2_write_sequence(struct mpeg2_writer *w, const struct mpeg2_written_sequence *sequence)
{
	unsigned int width = sequence->width ? sequence->width : MPEG2_WRITER_WIDTH;
	unsigned int height = sequence->height ? sequence->height : MPEG2_WRITER_HEIGHT;

	mpeg2_writer_start(w, 0xb3);
	mpeg2_writer_put(w, 12, width & 0xfff);
	mpeg2_writer_put(w, 12, height & 0xfff);
	mpeg2_writer_put(w, 8, 0x13); /* 25 frames a second */
	mpeg2_writer_put(w, 19, 0x3ffff << 1 | 1);
	mpeg2_writer_put(w, 11, 20 << 1);
	put_matrix(w, sequence->intra_matrix);
	put_matrix(w, NULL);
	if (sequence->mpeg1)
		return;
	mpeg2_writer_start(w, 0xb5);
	mpeg2_writer_put(w, 4, 1);
	mpeg2_writer_put(w, 8, 0x48); /* Main profile, Main level */
	mpeg2_writer_put(w, 1, sequence->progressive);
	mpeg2_writer_put(w, 2, sequence->chroma_format ? sequence->chroma_format : 1);
	mpeg2_writer_put(w, 2, width >> 12);
	mpeg2_writer_put(w, 2, height >> 12);
	mpeg2_writer_put(w, 13, 1);
	mpeg2_writer_put(w, 8, 0);
	mpeg2_writer_put(w, 1, sequence->low_delay);
	mpeg2_writer_put(w, 7, 0);
}

void mpeg2_write_group(struct mpeg2_writer *w, bool closed, bool broken)
{
	mpeg2_writer_start(w, 0xb8);
	mpeg2_writer_put(w, 25, 1 << 12);
	mpeg2_writer_put(w, 1, closed);
	mpeg2_writer_put(w, 1, broken);
}

/* ---- Pictures ---- */

static void put_extension(struct mpeg2_writer *w, const struct mpeg2_written_picture *picture)
{
	unsigned int type = picture->type;

	mpeg2_writer_start(w, 0xb5);
	mpeg2_writer_put(w, 4, 8);
	mpeg2_writer_put(w, 8, type > 1 ? 0x11 : 0xff);
	mpeg2_writer_put(w, 8, type > 2 ? 0x11 : 0xff);
	mpeg2_writer_put(w, 2, 0);
	mpeg2_writer_put(w, 2, picture->structure);
	mpeg2_writer_put(w, 1, picture->top_first);
	mpeg2_writer_put(w, 1, picture->structure == 3);
	mpeg2_writer_put(w, 6, 0);
	mpeg2_writer_put(w, 1, picture->progressive);
	mpeg2_writer_put(w, 2, (uint32_t)picture->progressive << 1);
	if (!picture->intra_matrix)
		return;
	mpeg2_writer_start(w, 0xb5);
	mpeg2_writer_put(w, 4, 3);
	put_matrix(w, picture->intra_matrix);
	mpeg2_writer_put(w, 3, 0);
}

/* Table B.12, then the difference. */
static void put_luma_dc(struct mpeg2_writer *w, int value)
{
	static const struct {
		unsigned int n, code;
	} sizes[] = {{3, 4}, {2, 0}, {2, 1}, {3, 5}, {3, 6}, {4, 14}, {5, 30}, {6, 62}};
	unsigned int size = 0;

	while (abs(value) >> size)
		size++;
	mpeg2_writer_put(w, sizes[size].n, sizes[size].code);
	mpeg2_writer_put(w, size, (uint32_t)(value < 0 ? value + (1 << size) - 1 : value));
}

static void put_intra(struct mpeg2_writer *w, int grey)
{
	mpeg2_writer_put(w, 1, 1);
	for (unsigned int i = 0; i < 4; i++) {
		put_luma_dc(w, i ? 0 : grey);
		mpeg2_writer_put(w, 2, 2);
	}
	for (unsigned int i = 0; i < 2; i++)
		mpeg2_writer_put(w, 4, 2);
}

/* Motion without residual, of vectors that are 0. */
static void put_copy(struct mpeg2_writer *w, const struct mpeg2_written_picture *picture)
{
	mpeg2_writer_put(w, 3, 1);
	if (picture->structure != 3) {
		mpeg2_writer_put(w, 2, 1);
		mpeg2_writer_put(w, 1, picture->select_bottom);
	}
	mpeg2_writer_put(w, 2, 3);
}

/* Interpolation of both references without residual. */
static void put_average(struct mpeg2_writer *w)
{
	mpeg2_writer_put(w, 2, 2);
	mpeg2_writer_put(w, 4, 15);
}

void mpeg2_write_picture(struct mpeg2_writer *w, const struct mpeg2_written_picture *picture)
{
	mpeg2_writer_start(w, 0);
	mpeg2_writer_put(w, 10, picture->temporal_reference);
	mpeg2_writer_put(w, 3, picture->type);
	mpeg2_writer_put(w, 16, 0xffff);
	if (picture->type > 1)
		mpeg2_writer_put(w, 4, 7);
	if (picture->type > 2)
		mpeg2_writer_put(w, 4, 7);
	mpeg2_writer_put(w, 1, 0);
	if (!picture->no_extension)
		put_extension(w, picture);
	for (unsigned int row = 0; row < (picture->structure == 3 ? 2 : 1); row++) {
		mpeg2_writer_start(w, row + 1);
		mpeg2_writer_put(w, 6, 2 << 1);
		mpeg2_writer_put(w, 1, 1);
		if (picture->type == 1)
			put_intra(w, picture->grey);
		else if (picture->type == 2)
			put_copy(w, picture);
		else
			put_average(w);
	}
	mpeg2_writer_get_size(w);
}
