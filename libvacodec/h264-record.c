/* SPDX-License-Identifier: MIT */
/*
 * h264-record.c - the parameter sets of H.264 in ISO base media files ("avcC")
 *
 * What follows the picture parameter sets (chroma format, bit depths, SPS extensions) says nothing
 * that the sets do not say, and is not read.
 * Source: ISO/IEC 14496-15, 5.3.3.1 (AVCDecoderConfigurationRecord).
 */
#include "h264.h"
#include "record.h"

#define SETS_AT   5 /* version, profile, compatibility, level, size of lengths */
#define TYPE_MASK 31

int h264_read_record(const uint8_t *data, size_t size_bytes, const struct unit_sink *sink,
		     unsigned int *length_bytes)
{
	struct record r = {.sink = sink};
	unsigned int n;
	int ret = record_open(&r, data, size_bytes, SETS_AT);

	if (ret <= 0)
		return ret;
	*length_bytes = r.length_bytes;
	ret = record_read_number(&r, 1, &n);
	if (ret == 0)
		ret = record_read_units(&r, n & 31, TYPE_MASK, H264_NAL_SPS);
	if (ret == 0)
		ret = record_read_number(&r, 1, &n);
	if (ret == 0)
		ret = record_read_units(&r, n, TYPE_MASK, H264_NAL_PPS);
	return ret < 0 ? ret : 1;
}
