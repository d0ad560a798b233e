/* SPDX-License-Identifier: MIT */
/*
 * vp9-superframe.c - the frames of a packet
 *
 * Source: VP9 bitstream specification, Annex B. What it leaves open is as libvpx does it: an index whose
 * first byte is not its last one, or that is longer than its packet, spoils the packet; a frame that
 * is longer than what is left ends it.
 */
#include "vp9.h"

#include <errno.h>

/* The first byte of a frame that only shows another one; of profile 3 there are two (6.2). */
static size_t get_shown_bytes(const uint8_t *data, size_t size_bytes)
{
	if (size_bytes > 0 && (data[0] & 0xf0) == 0xb0)
		return (data[0] & 0x0c) == 0x04 ? 2 : 0;
	return size_bytes > 0 && (data[0] & 0xc8) == 0x88 ? 1 : 0;
}

/*
 * Without an index: such a frame may have others behind it, with zeros in between. Where any other
 * frame ends only its decoder knows.
 */
static int split_plain(const uint8_t *packet, size_t size_bytes, struct unit_part *parts)
{
	size_t at = 0;
	size_t n;
	int n_parts = 0;

	for (;;) {
		n = get_shown_bytes(packet + at, size_bytes - at);
		if (n == 0 || at + n >= size_bytes || n_parts == UNIT_MAX_PARTS - 1)
			break;
		parts[n_parts++] = (struct unit_part){at, n};
		for (at += n; at < size_bytes && packet[at] == 0; at++)
			;
		if (at == size_bytes)
			return n_parts;
	}
	parts[n_parts++] = (struct unit_part){at, size_bytes - at};
	return n_parts;
}

static size_t read_le(const uint8_t *data, unsigned int n)
{
	size_t value = 0;

	while (n-- > 0)
		value = value << 8 | data[n];
	return value;
}

int vp9_split_packet(const uint8_t *packet, size_t size_bytes, struct unit_part *parts)
{
	uint8_t marker = packet[size_bytes - 1];
	unsigned int n_frames = (marker & 7U) + 1;
	unsigned int n_bytes = (marker >> 3 & 3U) + 1;
	size_t index_bytes = 2 + (size_t)n_frames * n_bytes;
	const uint8_t *index;
	size_t at = 0;
	unsigned int i;
	int n = 0;

	if ((marker & 0xe0) != 0xc0)
		return split_plain(packet, size_bytes, parts);
	if (size_bytes < index_bytes || packet[size_bytes - index_bytes] != marker)
		return -EBADMSG;
	index = packet + size_bytes - index_bytes + 1;
	for (i = 0; i < n_frames; i++) {
		size_t frame_bytes = read_le(index + i * n_bytes, n_bytes);
		bool beyond = frame_bytes > size_bytes - at;

		/* Of one that is cut off nothing is of use. */
		parts[n++] = (struct unit_part){at, beyond ? 0 : frame_bytes};
		if (beyond)
			break;
		at += frame_bytes;
	}
	return n;
}
