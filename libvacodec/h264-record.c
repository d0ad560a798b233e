/* SPDX-License-Identifier: MIT */
/*
 * h264-record.c - the parameter sets of H.264 in ISO base media files ("avcC")
 *
 * What follows the picture parameter sets (chroma format, bit depths, SPS extensions) says nothing
 * that the sets do not say, and is not read.
 * Source: ISO/IEC 14496-15, 5.3.3.1 (AVCDecoderConfigurationRecord).
 */
#include "h264.h"

#include <errno.h>

#define RECORD_VERSION 1
#define SETS_AT        5 /* version, profile, compatibility, level, size of lengths */

struct record {
	const uint8_t *data;
	size_t left_bytes;
	const struct unit_sink *sink;
};

/* Sets of one kind, each behind its 16 bit length. */
static int read_sets(struct record *r, unsigned int n, unsigned int nal_unit_type)
{
	struct unit unit = {.data = NULL};
	int ret;

	for (; n > 0; n--) {
		if (r->left_bytes < 2)
			return -EBADMSG;
		unit.size_bytes = (size_t)(r->data[0] << 8 | r->data[1]);
		unit.data = r->data + 2;
		r->left_bytes -= 2;
		if (unit.size_bytes == 0 || unit.size_bytes > r->left_bytes ||
		    (unit.data[0] & 31) != nal_unit_type)
			return -EBADMSG;
		ret = r->sink->take(r->sink->cookie, &unit);
		if (ret < 0)
			return ret;
		r->data = unit.data + unit.size_bytes;
		r->left_bytes -= unit.size_bytes;
	}
	return 0;
}

static int read_count(struct record *r, unsigned int mask, unsigned int *n)
{
	if (r->left_bytes == 0)
		return -EBADMSG;
	*n = r->data[0] & mask;
	r->data++;
	r->left_bytes--;
	return 0;
}

int h264_read_record(const uint8_t *data, size_t size_bytes, const struct unit_sink *sink,
		     unsigned int *length_bytes)
{
	struct record r = {.sink = sink};
	unsigned int n;
	int ret;

	if (data[0] != RECORD_VERSION)
		return 0;
	if (size_bytes <= SETS_AT)
		return -EBADMSG;
	*length_bytes = 1 + (data[SETS_AT - 1] & 3);
	if (*length_bytes == 3)
		return -EBADMSG;
	r.data = data + SETS_AT;
	r.left_bytes = size_bytes - SETS_AT;
	ret = read_count(&r, 31, &n);
	if (ret == 0)
		ret = read_sets(&r, n, H264_NAL_SPS);
	if (ret == 0)
		ret = read_count(&r, 255, &n);
	if (ret == 0)
		ret = read_sets(&r, n, H264_NAL_PPS);
	return ret < 0 ? ret : 1;
}
