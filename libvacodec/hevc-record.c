/* SPDX-License-Identifier: MIT */
/*
 * hevc-record.c - the parameter sets of HEVC in ISO base media files ("hvcC")
 *
 * What stands before them is a summary of what they say.
 * Source: ISO/IEC 14496-15, 8.3.3.1 (HEVCDecoderConfigurationRecord).
 */
#include "hevc.h"
#include "record.h"

#include <errno.h>

#define LENGTH_AT 21 /* the size of lengths; a number of arrays follows */
#define ARRAYS_AT 22
#define TYPE_MASK 0x7e /* in a NAL unit's first byte */

/* An array of units of one type: parameter sets, or SEI. */
static int read_array(struct record *r)
{
	unsigned int type, n;
	int ret = record_read_number(r, 1, &type);

	if (ret == 0)
		ret = record_read_number(r, 2, &n);
	if (ret < 0)
		return ret;
	type &= 63;
	if (type < HEVC_NAL_VPS)
		return -EBADMSG;
	return record_read_units(r, n, TYPE_MASK, type << 1);
}

int hevc_read_record(const uint8_t *data, size_t size_bytes, const struct unit_sink *sink,
		     unsigned int *length_bytes)
{
	struct record r = {.sink = sink};
	unsigned int n;
	int ret;

	if (data[0] != RECORD_VERSION)
		return 0;
	if (size_bytes <= ARRAYS_AT)
		return -EBADMSG;
	*length_bytes = record_get_length_bytes(data[LENGTH_AT]);
	if (*length_bytes == 0)
		return -EBADMSG;
	r.data = data + ARRAYS_AT;
	r.left_bytes = size_bytes - ARRAYS_AT;
	ret = record_read_number(&r, 1, &n);
	for (; ret == 0 && n > 0; n--)
		ret = read_array(&r);
	return ret < 0 ? ret : 1;
}
