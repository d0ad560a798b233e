/* SPDX-License-Identifier: MIT */
/*
 * Bits in and out; see bitio.h.
 */
#include "bitio.h"

#include <stdlib.h>
#include <string.h>

#define MAX_BYTES ((size_t)256 << 20)

static bool reserve(struct bytes *bytes, size_t more)
{
	size_t capacity = bytes->capacity ? bytes->capacity : 256;
	uint8_t *data;

	if (bytes->failed || more > MAX_BYTES - bytes->size) {
		bytes->failed = true;
		return false;
	}
	if (bytes->size + more <= bytes->capacity)
		return true;
	while (capacity < bytes->size + more)
		capacity *= 2;
	data = realloc(bytes->data, capacity);
	if (!data) {
		bytes->failed = true;
		return false;
	}
	bytes->data = data;
	bytes->capacity = capacity;
	return true;
}

void bytes_append(struct bytes *bytes, const void *data, size_t size)
{
	if (!size || !reserve(bytes, size))
		return;
	memcpy(bytes->data + bytes->size, data, size);
	bytes->size += size;
}

void bytes_append_byte(struct bytes *bytes, uint8_t byte)
{
	if (reserve(bytes, 1))
		bytes->data[bytes->size++] = byte;
}

void bytes_finish(struct bytes *bytes)
{
	free(bytes->data);
	memset(bytes, 0, sizeof(*bytes));
}

bool bytes_replace(struct bytes *bytes, struct bytes *with)
{
	bool same = bytes->size == with->size && !bytes->failed && !with->failed &&
		    (!with->size || !memcmp(bytes->data, with->data, with->size));

	bytes_finish(bytes);
	*bytes = *with;
	memset(with, 0, sizeof(*with));
	return !same;
}

void bytes_append_nal(struct bytes *bytes, const uint8_t *unit, size_t size)
{
	static const uint8_t start_code[] = {0, 0, 0, 1};
	unsigned int zeros = 0;

	bytes_append(bytes, start_code, sizeof(start_code));
	for (size_t i = 0; i < size; i++) {
		if (zeros == 2 && unit[i] <= 3) {
			bytes_append_byte(bytes, 3);
			zeros = 0;
		}
		bytes_append_byte(bytes, unit[i]);
		zeros = unit[i] ? 0 : zeros + 1;
	}
}

void bytes_append_unescaped(struct bytes *bytes, const uint8_t *unit, size_t size)
{
	unsigned int zeros = 0;

	for (size_t i = 0; i < size; i++) {
		if (zeros >= 2 && unit[i] == 3) {
			zeros = 0;
			continue;
		}
		bytes_append_byte(bytes, unit[i]);
		zeros = unit[i] ? 0 : zeros + 1;
	}
	while (bytes->size && !bytes->data[bytes->size - 1])
		bytes->size--;
}

void bit_reader_init(struct bit_reader *reader, const uint8_t *data, size_t size)
{
	*reader = (struct bit_reader){.data = data, .size_bits = size * 8};
}

uint32_t bit_reader_get(struct bit_reader *reader, unsigned int count)
{
	uint32_t value = 0;

	if (reader->failed || count > 32 || count > reader->size_bits - reader->pos) {
		reader->failed = true;
		return 0;
	}
	for (; count; count--, reader->pos++)
		value = value << 1 | (reader->data[reader->pos / 8] >> (7 - reader->pos % 8) & 1);
	return value;
}

uint32_t bit_reader_ue(struct bit_reader *reader)
{
	unsigned int zeros = 0;

	while (zeros < 32 && !reader->failed && !bit_reader_get(reader, 1))
		zeros++;
	if (zeros == 32)
		reader->failed = true;
	if (reader->failed)
		return 0;
	return (uint32_t)((1ULL << zeros) - 1 + bit_reader_get(reader, zeros));
}

int32_t bit_reader_se(struct bit_reader *reader)
{
	uint32_t code = bit_reader_ue(reader);
	int64_t magnitude = ((int64_t)code + 1) / 2;

	return (int32_t)(code & 1 ? magnitude : -magnitude);
}

void bit_writer_put(struct bit_writer *writer, unsigned int count, uint32_t value)
{
	for (unsigned int i = count; i-- > 0;) {
		if (writer->pos % 8 == 0)
			bytes_append_byte(&writer->bytes, 0);
		if (writer->bytes.failed)
			return;
		if (value >> i & 1)
			writer->bytes.data[writer->pos / 8] |= (uint8_t)(0x80 >> writer->pos % 8);
		writer->pos++;
	}
}

void bit_writer_ue(struct bit_writer *writer, uint32_t value)
{
	uint64_t code = (uint64_t)value + 1;
	unsigned int length = 0;

	while (code >> (length + 1))
		length++;
	bit_writer_put(writer, length, 0);
	bit_writer_put(writer, 1, 1);
	bit_writer_put(writer, length, (uint32_t)(code - (1ULL << length)));
}

void bit_writer_se(struct bit_writer *writer, int32_t value)
{
	int64_t wide = value;

	bit_writer_ue(writer, (uint32_t)(wide > 0 ? 2 * wide - 1 : -2 * wide));
}

void bit_writer_copy(struct bit_writer *writer, const uint8_t *data, size_t from, size_t to)
{
	while (from < to && writer->pos % 8) {
		bit_writer_put(writer, 1, data[from / 8] >> (7 - from % 8) & 1);
		from++;
	}
	if (from % 8 == 0 && to - from >= 8) {
		bytes_append(&writer->bytes, data + from / 8, (to - from) / 8);
		writer->pos += (to - from) / 8 * 8;
		from += (to - from) / 8 * 8;
	}
	for (; from < to; from++)
		bit_writer_put(writer, 1, data[from / 8] >> (7 - from % 8) & 1);
}

void bit_writer_trail(struct bit_writer *writer)
{
	bit_writer_put(writer, 1, 1);
	while (writer->pos % 8)
		bit_writer_put(writer, 1, 0);
}

void bit_writer_finish(struct bit_writer *writer)
{
	bytes_finish(&writer->bytes);
	writer->pos = 0;
}
