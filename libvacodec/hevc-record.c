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

#define ARRAYS_AT 22   /* their number */
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
	int ret = record_open(&r, data, size_bytes, ARRAYS_AT);

	if (ret <= 0)
		return ret;
	*length_bytes = r.length_bytes;
	ret = record_read_number(&r, 1, &n);
	for (; ret == 0 && n > 0; n--)
		ret = read_array(&r);
	return ret < 0 ? ret : 1;
}
