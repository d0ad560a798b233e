/* SPDX-License-Identifier: MIT */
/*
 * hevc-sei.c - the SEI messages of HEVC that a decoder or its client has use for
 *
 * Source: Rec. ITU-T H.265, 7.3.5, D.2 and D.3.
 */
#include "hevc-parser.h"
#include "sei.h"

#include <errno.h>
#include <string.h>

enum payload_type {
	PIC_TIMING = 1,
	RECOVERY_POINT = 6,
	DECODED_PICTURE_HASH = 132,
	MASTERING_DISPLAY = 137,
	CONTENT_LIGHT_LEVEL = 144,
};

static void parse_pic_timing(struct bits *b, struct hevc_sei *sei)
{
	sei->pic_struct = (uint8_t)bits_u(b, 4);
	sei->source_scan_type = (uint8_t)bits_u(b, 2);
	sei->has |= HEVC_SEI_PIC_TIMING;
}

static void parse_recovery(struct bits *b, struct hevc_sei *sei)
{
	sei->recovery_poc_cnt = bits_se_range(b, -32768, 32767);
	bits_skip(b, 1); /* exact_match_flag */
	sei->broken_link_flag = bits_flag(b);
	sei->has |= HEVC_SEI_RECOVERY;
}

static void parse_mastering(struct bits *b, struct hevc_sei *sei)
{
	unsigned int i;

	for (i = 0; i < 3; i++) {
		sei->display_primaries[i][0] = (uint16_t)bits_u(b, 16);
		sei->display_primaries[i][1] = (uint16_t)bits_u(b, 16);
	}
	sei->white_point[0] = (uint16_t)bits_u(b, 16);
	sei->white_point[1] = (uint16_t)bits_u(b, 16);
	sei->max_display_mastering_luminance = bits_u(b, 32);
	sei->min_display_mastering_luminance = bits_u(b, 32);
	sei->has |= HEVC_SEI_MASTERING;
}

static void parse_light(struct bits *b, struct hevc_sei *sei)
{
	sei->max_content_light_level = (uint16_t)bits_u(b, 16);
	sei->max_pic_average_light_level = (uint16_t)bits_u(b, 16);
	sei->has |= HEVC_SEI_LIGHT;
}

/* As many components as the message's size says: monochrome has one. */
static void parse_hash(struct bits *b, const struct sei_message *message, struct hevc_sei *sei)
{
	static const uint8_t bytes[] = {16, 2, 4};
	unsigned int type = bits_u(b, 8);
	unsigned int c, i;

	if (type > 2)
		return;
	memset(sei->hash, 0, sizeof(sei->hash));
	for (c = 0; c < 3 && 1 + (c + 1) * bytes[type] <= message->size_bytes; c++) {
		for (i = 0; i < bytes[type]; i++)
			sei->hash[c][i] = (uint8_t)bits_u(b, 8);
	}
	sei->hash_type = (uint8_t)type;
	if (c > 0)
		sei->has |= HEVC_SEI_HASH;
}

static void parse_message(struct bits *b, const struct sei_message *message, bool suffix,
			  struct hevc_sei *sei)
{
	if (suffix) {
		if (message->type == DECODED_PICTURE_HASH)
			parse_hash(b, message, sei);
		return;
	}
	switch (message->type) {
	case PIC_TIMING:
		parse_pic_timing(b, sei);
		break;
	case RECOVERY_POINT:
		parse_recovery(b, sei);
		break;
	case MASTERING_DISPLAY:
		parse_mastering(b, sei);
		break;
	case CONTENT_LIGHT_LEVEL:
		parse_light(b, sei);
		break;
	}
}

int hevc_parse_sei(const uint8_t *data, size_t size_bytes, struct hevc_sei *sei)
{
	struct hevc_sei s = *sei;
	struct sei_message message;
	struct hevc_nal nal;
	struct bits b;
	int ret = hevc_parse_nal(data, size_bytes, &nal);

	if (ret < 0)
		return ret;
	bits_init(&b, data, size_bytes);
	bits_skip(&b, HEVC_NAL_HEADER_BITS);
	while (sei_next(&b, &message)) {
		parse_message(&b, &message, nal.nal_unit_type == HEVC_NAL_SUFFIX_SEI, &s);
		sei_skip(&b, &message);
		if (bits_ok(&b))
			*sei = s;
	}
	return bits_ok(&b) ? 0 : -EBADMSG;
}
