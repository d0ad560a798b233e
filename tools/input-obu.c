// SPDX-License-Identifier: MIT
/*
 * input-obu.c - raw AV1 streams, one temporal unit a packet
 *
 * Source: the AV1 specification, 5.3 (OBUs), 4.10.5 (leb128) and Annex B (length-delimited units). Of
 * the low-overhead format each temporal unit begins with a temporal delimiter; in Annex B's each has
 * its size before it, which stays in the packet.
 */
#include "tools/input-buffer.h"
#include "tools/input-private.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TEMPORAL_DELIMITER 2
#define MAX_LEB128_BYTES   8
#define READ_BYTES         65536

struct obu {
	struct input_buffer buffer;
	bool delimited; /* Annex B */
	size_t scanned; /* bytes of whole OBUs in the unit at hand */
	uint64_t count;
};

/* leb128(): returns its length, 0 when it is not whole, or longer than it may be. */
static size_t read_leb128(const uint8_t *data, size_t size, uint64_t *value)
{
	*value = 0;
	for (size_t i = 0; i < size && i < MAX_LEB128_BYTES; i++) {
		*value |= (uint64_t)(data[i] & 0x7f) << 7 * i;
		if (!(data[i] & 0x80))
			return *value <= UINT32_MAX ? i + 1 : 0;
	}
	return 0;
}

static unsigned int get_type(uint8_t header)
{
	return header >> 3 & 15;
}

/* 5.3.2: forbidden bit and reserved bit are 0. */
static bool is_header(uint8_t header)
{
	return !(header & 0x81);
}

/* The size of an OBU that has its size in it; 0 when that cannot be read. */
static size_t get_obu_size(const uint8_t *data, size_t size)
{
	size_t header = size && data[0] & 4 ? 2 : 1, n;
	uint64_t value;

	if (size <= header || !is_header(data[0]) || !(data[0] & 2))
		return 0;
	n = read_leb128(data + header, size - header, &value);
	return n ? header + n + (size_t)value : 0;
}

/* ---- What it is ---- */

/* A temporal delimiter, which is empty, and another OBU behind it. */
static bool is_low_overhead(const uint8_t *head, size_t size)
{
	size_t n = get_obu_size(head, size);

	if (n < 2 || n > 3 || get_type(head[0]) != TEMPORAL_DELIMITER)
		return false;
	return size > n && get_obu_size(head + n, size - n) && get_type(head[n]) >= 1;
}

/* Sizes that fit into each other, and the first OBU of all is a temporal delimiter. */
static bool is_delimited(const uint8_t *head, size_t size)
{
	uint64_t unit, frame, obu;
	size_t a = read_leb128(head, size, &unit);
	size_t b = a ? read_leb128(head + a, size - a, &frame) : 0;
	size_t c = b ? read_leb128(head + a + b, size - a - b, &obu) : 0;
	size_t at = a + b + c;

	if (!c || at >= size || unit < b + frame || frame < c + obu || obu < 1 || obu > 3)
		return false;
	if (!is_header(head[at]) || get_type(head[at]) != TEMPORAL_DELIMITER)
		return false;
	/* The next OBU, in the same frame unit or the next one, begins where it should. */
	return frame > c + obu || unit > b + frame;
}

/* ---- Reading ---- */

static int fail(struct input *input, const char *why)
{
	input->error = why;
	return -EBADMSG;
}

/* The end of the temporal unit at the buffer's begin, or how much more must be there: 0. */
static int find_delimiter(struct input *input, size_t *end)
{
	struct obu *obu = input->state;
	struct input_buffer *buffer = &obu->buffer;

	while (obu->scanned < buffer->size) {
		const uint8_t *at = buffer->data + obu->scanned;
		size_t left = buffer->size - obu->scanned;
		size_t n = get_obu_size(at, left);

		if (obu->scanned && get_type(at[0]) == TEMPORAL_DELIMITER && is_header(at[0])) {
			*end = obu->scanned;
			return 1;
		}
		if (!n && left > 2 + MAX_LEB128_BYTES)
			return fail(input, "an OBU without its size, or damage");
		if (!n || n > left)
			return 0;
		obu->scanned += n;
	}
	return 0;
}

/* The size of Annex B's temporal unit, with the bytes that say it. */
static int find_size(struct input *input, size_t *end)
{
	struct obu *obu = input->state;
	uint64_t unit;
	size_t n = read_leb128(obu->buffer.data, obu->buffer.size, &unit);

	if (!n && obu->buffer.size >= MAX_LEB128_BYTES)
		return fail(input, "a temporal unit without its size, or damage");
	if (!n)
		return 0;
	if (unit > INPUT_MAX_PACKET_BYTES)
		return fail(input, "a temporal unit that is too large, or damage");
	*end = n + (size_t)unit;
	return *end <= obu->buffer.size;
}

static int read_obu(struct input *input, struct input_packet *packet)
{
	struct obu *obu = input->state;
	struct input_buffer *buffer = &obu->buffer;
	size_t end = 0;
	int found = 0, ret = 0;

	input_buffer_drop(buffer);
	obu->scanned = 0;
	for (;;) {
		found = obu->delimited ? find_size(input, &end) : find_delimiter(input, &end);
		if (found == 0 && buffer->size > INPUT_MAX_PACKET_BYTES + READ_BYTES)
			found = fail(input, "a temporal unit that is too large, or damage");
		if (found || buffer->end)
			break;
		ret = input_buffer_fill(buffer, &input->source, READ_BYTES);
		if (ret < 0)
			return ret;
	}
	if (found < 0)
		return found;
	/* The last one ends with the file, and may be cut off. */
	buffer->given = found ? end : buffer->size;
	*packet = (struct input_packet){
		.data = buffer->data,
		.size_bytes = buffer->given,
		.timestamp_ns = obu->count++ * INPUT_FRAME_TIME_NS,
	};
	return buffer->given > 0;
}

static void close_obu(struct input *input)
{
	struct obu *obu = input->state;

	input_buffer_finish(&obu->buffer);
	free(obu);
}

static const struct input_ops obu_ops = {.read = read_obu, .close = close_obu};

int input_obu_open(struct input *input, const char **why)
{
	const struct source *source = &input->source;
	bool low_overhead = is_low_overhead(source->head, source->head_bytes);
	struct obu *obu;

	(void)why;
	if (!low_overhead && !is_delimited(source->head, source->head_bytes))
		return -ENOTSUP;
	obu = calloc(1, sizeof(*obu));
	if (!obu)
		return -ENOMEM;
	obu->delimited = !low_overhead;
	input->state = obu;
	input->ops = &obu_ops;
	input->codec = VACODEC_CODEC_AV1;
	input->codec_name = "AV1";
	return 0;
}
