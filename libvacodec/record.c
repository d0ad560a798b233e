/* SPDX-License-Identifier: MIT */
/*
 * record.c - what the decoder configuration records of ISO base media files have in common
 */
#include "record.h"

#include "unit-splitter.h"

#include <errno.h>

int record_read_number(struct record *record, unsigned int bytes, unsigned int *number)
{
	if (record->left_bytes < bytes)
		return -EBADMSG;
	for (*number = 0; bytes > 0; bytes--, record->left_bytes--)
		*number = *number << 8 | *record->data++;
	return 0;
}

int record_read_units(struct record *record, unsigned int n, unsigned int mask, unsigned int value)
{
	struct unit unit = {.data = NULL};
	unsigned int size_bytes;
	int ret;

	for (; n > 0; n--) {
		ret = record_read_number(record, 2, &size_bytes);
		if (ret < 0)
			return ret;
		if (size_bytes == 0 || size_bytes > record->left_bytes ||
		    (record->data[0] & mask) != value)
			return -EBADMSG;
		unit.data = record->data;
		unit.size_bytes = size_bytes;
		ret = record->sink->take(record->sink->cookie, &unit);
		if (ret < 0)
			return ret;
		record->data += size_bytes;
		record->left_bytes -= size_bytes;
	}
	return 0;
}

unsigned int record_get_length_bytes(uint8_t byte)
{
	unsigned int bytes = 1 + (byte & 3U);

	return bytes == 3 ? 0 : bytes;
}
