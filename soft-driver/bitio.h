/* SPDX-License-Identifier: MIT */
/*
 * Bits in and out: a growing byte vector, a reader and a writer with H.264's Exp-Golomb codes, and the
 * emulation prevention of byte-stream NAL units. All of them are sticky: after the first failure (data
 * exhausted, no memory) they do nothing more, and one test at the end of a structure is enough.
 */
#ifndef SOFTVA_BITIO_H
#define SOFTVA_BITIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
	uint8_t *data;
	size_t size;
	size_t capacity;
	bool failed;
};

void bytes_append(struct bytes *bytes, const void *data, size_t size);
void bytes_append_byte(struct bytes *bytes, uint8_t byte);
void bytes_finish(struct bytes *bytes);
/* Takes over what with holds. Returns whether that differs. */
bool bytes_replace(struct bytes *bytes, struct bytes *with);

/* Appends a start code and the unit with emulation prevention bytes (H.264 7.4.1). */
void bytes_append_nal(struct bytes *bytes, const uint8_t *unit, size_t size);
/* Appends the unit without its emulation prevention bytes and trailing zero bytes. */
void bytes_append_unescaped(struct bytes *bytes, const uint8_t *unit, size_t size);

struct bit_reader {
	const uint8_t *data;
	size_t size_bits;
	size_t pos;
	bool failed;
};

void bit_reader_init(struct bit_reader *reader, const uint8_t *data, size_t size);
uint32_t bit_reader_get(struct bit_reader *reader, unsigned int count);
uint32_t bit_reader_ue(struct bit_reader *reader);
int32_t bit_reader_se(struct bit_reader *reader);

struct bit_writer {
	struct bytes bytes;
	size_t pos;
};

void bit_writer_put(struct bit_writer *writer, unsigned int count, uint32_t value);
void bit_writer_ue(struct bit_writer *writer, uint32_t value);
void bit_writer_se(struct bit_writer *writer, int32_t value);
/* Copies the bits [from, to) of data. */
void bit_writer_copy(struct bit_writer *writer, const uint8_t *data, size_t from, size_t to);
/* The stop bit and zeros up to the next byte (7.3.2.11). */
void bit_writer_trail(struct bit_writer *writer);
void bit_writer_finish(struct bit_writer *writer);

#endif
