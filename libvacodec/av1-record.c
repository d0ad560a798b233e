/* SPDX-License-Identifier: MIT */
/*
 * av1-record.c - the sequence header of AV1 in ISO base media and Matroska files ("av1C")
 *
 * Source: AV1 Codec ISO Media File Format Binding, 2.3 (AV1CodecConfigurationRecord).
 */
#include "av1.h"

#include <errno.h>

#define MARKER_AND_VERSION 0x81
#define OBUS_AT            4

int av1_read_record(const uint8_t *data, size_t size_bytes, const struct unit_sink *sink,
		    unsigned int *length_bytes)
{
	struct unit unit = {.data = NULL};
	struct av1_obu obu;
	size_t at = OBUS_AT;
	int ret;

	if (data[0] != MARKER_AND_VERSION)
		return 0;
	if (size_bytes < OBUS_AT)
		return -EBADMSG;
	*length_bytes = 0; /* samples are OBUs as they are in a stream */
	while (at < size_bytes) {
		if (av1_obu_parse(data + at, size_bytes - at, &obu) < 0)
			return -EBADMSG;
		unit.data = data + at;
		unit.size_bytes = (size_t)(obu.payload - unit.data) + obu.size_bytes;
		ret = sink->take(sink->cookie, &unit);
		if (ret < 0)
			return ret;
		at += unit.size_bytes;
	}
	return 1;
}
