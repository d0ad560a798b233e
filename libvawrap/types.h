/* SPDX-License-Identifier: MIT */
/*
 * types.h - what the content of a buffer is: its struct's size and the pointers in it
 */
#ifndef VAWRAP_TYPES_H
#define VAWRAP_TYPES_H

#include <stddef.h>
#include <stdint.h>
#include <va/va.h>

#define TYPES_KNOWN 67 /* buffer types below it may be in the table */

/* A pointer in a struct, and what it points to; a list of them ends with element_bytes 0. */
struct types_pointer {
	uint16_t at, element_bytes;
	uint16_t count_at, count_bytes;     /* the count's member; count_bytes 0: one element */
	const struct types_pointer *nested; /* in the one element */
};

/* One struct that a buffer may hold. */
struct types_row {
	uint8_t codec, job;
	uint8_t type;   /* VABufferType */
	int8_t subtype; /* the number that the content begins with, -1 without one */
	uint16_t size_bytes;
	const struct types_pointer *pointers; /* NULL when it has none */
};

/* A context's part of the table: for each buffer type its first row, or 255. */
struct types {
	uint8_t first[TYPES_KNOWN];
};

/* A type of the table with a size that none of its structs has is -EINVAL; an unknown type passes. */
struct types_content {
	VABufferType type;
	unsigned int size_bytes, n;
	const void *data;
};

void types_init(struct types *types, VAProfile profile, VAEntrypoint entrypoint);
/* 0 and the pointers of the content, NULL when it has none or is unknown; or -EINVAL. */
int types_check(const struct types *types, const struct types_content *content,
		const struct types_pointer **pointers);
/* The size of the struct of vaQueryVideoProcFilterCaps() for a filter; 0 when it is unknown. */
size_t types_get_filter_cap_bytes(VAProcFilterType filter);

#endif
