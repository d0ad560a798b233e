/* SPDX-License-Identifier: MIT */
/*
 * record.c - what the decoder configuration records of ISO base media files have in common
 */
#include "record.h"

#include "unit-splitter.h"

#include <errno.h>

#define RECORD_VERSION 1

int record_open(struct record *record, const uint8_t *data, size_t size_bytes, size_t at)
{
	if (data[0] != RECORD_VERSION)
		return 0;
	if (size_bytes <= at)
		return -EBADMSG;
	record->length_bytes = 1 + (data[at - 1] & 3U);
	if (record->length_bytes == 3)
		return -EBADMSG;
	record->data = data + at;
	record->left_bytes = size_bytes - at;
	return 1;
}

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
