/* SPDX-License-Identifier: MIT */
/*
 * A picture in memory that is not linear, for quirks of drivers that tile. No hardware's tiling is it: the
 * columns of 16 bytes stand in another order in each row, so that whoever takes it for rows sees it.
 */
#include <string.h>

#include "softva.h"

#define COLUMN_BYTES 16

/* What is left of a row behind the last whole column stays where it is. */
static void show_row(uint8_t *to, const uint8_t *from, uint32_t bytes, uint32_t turn)
{
	uint32_t columns = bytes / COLUMN_BYTES;

	for (uint32_t i = 0; i < columns; i++)
		memcpy(to + (size_t)COLUMN_BYTES * ((i + turn) % columns),
		       from + (size_t)COLUMN_BYTES * i, COLUMN_BYTES);
	memcpy(to + (size_t)COLUMN_BYTES * columns, from + (size_t)COLUMN_BYTES * columns,
	       bytes % COLUMN_BYTES);
}

void tiles_show(const struct surface *surface, uint8_t *memory, const struct surface_plane *planes)
{
	for (unsigned int plane = 0; plane < surface->format->num_planes; plane++) {
		uint32_t bytes = format_row_bytes(surface->format, plane, surface->width);
		uint32_t rows = format_rows(surface->format, plane, surface->height);

		for (uint32_t y = 0; y < rows; y++)
			show_row(memory + planes[plane].offset_bytes +
					 (size_t)planes[plane].pitch_bytes * y,
				 surface_row(surface, plane, y), bytes, y + 1);
	}
}
